#!/usr/bin/env bats
# The manual pages are clean mdoc, and --help says what they say.

setup() {
    root=$BATS_TEST_DIRNAME/../..
}

@test "mandoc has nothing to warn of" {
    for page in "$root"/man/*.1; do
        run mandoc -T lint -W warning "$page"
        echo "$output"
        [ "$status" -eq 0 ]
        [ -z "$output" ]
    done
}

@test "help has every option of its page, in lines that fit a terminal" {
    for page in "$root"/man/*.1; do
        help=$("$root/scripts/help-from-man" "$page")
        [ "${help%% *}" = "Usage:" ]
        [ -z "$(grep '.\{80\}' <<<"$help")" ]
        [ -z "$(grep -F '\' <<<"$help")" ]
        for option in $(sed -n 's/^\.It .*Fl -\([a-z-]*\).*/\1/p' "$page"); do
            grep -q -e "--$option" <<<"$help"
        done
    done
}

@test "a macro that help does not know is an error, not a hole" {
    printf '.Sh OPTIONS\n.Bl -tag\n.It Fl a\n.Bogus b\n.El\n' >"$BATS_TEST_TMPDIR/bad.1"
    run "$root/scripts/help-from-man" "$BATS_TEST_TMPDIR/bad.1"
    [ "$status" -ne 0 ]
    [[ $output == *"bad.1:4: not known in a list: .Bogus"* ]]
}

@test "the C array holds the same text" {
    "$root/scripts/help-from-man" "$root/man/stet-build.1" >"$BATS_TEST_TMPDIR/text"
    "$root/scripts/help-from-man" --c help_build "$root/man/stet-build.1" >"$BATS_TEST_TMPDIR/help.c"
    cat >"$BATS_TEST_TMPDIR/main.c" <<'END'
#include <stdio.h>
extern const char *const help_build[];
int main(void)
{
    for (const char *const *line = help_build; *line; line++)
        puts(*line);
    return 0;
}
END
    "${CC:-cc}" -Wall -Wextra -Werror -o "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR"/{main,help}.c
    "$BATS_TEST_TMPDIR/main" | cmp - "$BATS_TEST_TMPDIR/text"
}
