#!/usr/bin/env bats
# The same tree and the same package database as pacman's own: 6.0.2, which is this machine's, and 7.1, which is in the
# repository. Every path, type, mode, owner, size, link target, xattr, time and content must be equal, but for what
# docs/arch.md lists under "Where the tree differs from pacman's".
bats_require_minimum_version 1.5.0
load common
load arch

setup_file() {
    e2e_setup_file
    arch_setup
    arch_digest
    JUDGES=$(mktemp -d "$STET_E2E_DIR/arch-judges.XXXXXX")
    export JUDGES
    pacman_root "$JUDGES/6" "NoExtract = ${ARCH_NOEXTRACT[*]}"
    pacman_install "$JUDGES/6" "${ARCH_TARGETS[@]}"
    cp -a "$JUDGES/6" "$JUDGES/chroot"
    pacman_root "$JUDGES/7" "NoExtract = ${ARCH_NOEXTRACT[*]}"
    pacman71_install "$JUDGES/chroot" "$JUDGES/7" "${ARCH_TARGETS[@]}"
    # From here on it is asked about its packages: it has no databases, as the image, and the same NoExtract.
    rm -rf "$JUDGES/chroot/var/lib/pacman/sync"
    sed -i "/^\[options\]/a NoExtract = ${ARCH_NOEXTRACT[*]}" "$JUDGES/chroot/etc/pacman.conf"
}

teardown_file() {
    if [ -n "${JUDGES-}" ]; then rm -rf "$JUDGES"; fi
    e2e_teardown_file
}

setup() {
    arch_setup
    DIR=$(mktemp -d "$STET_E2E_DIR/arch-judge.XXXXXX")
    REPOSITORIES=(test core)
    chmod 755 "$DIR"
}

teardown() {
    rm -rf "$DIR"
}

# The globs of the list, one a line: the first column of the table in the document.
listed_differences() {
    sed -n '/^## Where the tree differs/,/^## /p' "$REPOSITORY/docs/arch.md" | sed -n 's/^| `\([^`]*\)` |.*/\1/p'
}

# Times of files and links; directories have the time when the last name was added to them.
times() {
    (cd "$1" && find . ! -type d -printf '/%P\t%TY-%Tm-%Td %TT\n') | sort
}

# unlisted COMMAND A B - what differs between COMMAND A and COMMAND B and is on no list.
unlisted() {
    local path glob line
    listed_differences >"$DIR/globs"
    [ -s "$DIR/globs" ] || echo "no list in docs/arch.md"
    diff <("$1" "$2") <("$1" "$3") | sed -n 's/^\([<>]\) \(.*\)/\2\t\1/p' | sort | while IFS= read -r line; do
        path=${line%%$'\t'*}
        # What the test's own package says of its surroundings.
        [[ $path == /var/lib/scriptlets/*.world ]] && continue
        while IFS= read -r glob; do
            # shellcheck disable=SC2053 # a pattern on purpose
            [[ $path == $glob ]] && continue 2
        done <"$DIR/globs"
        printf '%s\n' "$line"
    done
}

# The dates of installation differ, of course. In the text of SED more may be removed.
without_dates() {
    local sed=${2:-}
    find "$1/var/lib/pacman/local" -name desc -exec sed -i -e '/^%INSTALLDATE%$/{n;s/^[0-9]*$/DATE/}' -e "$sed" {} +
}

listing() {
    "$REPOSITORY/tests/support/tree-listing" "$1"
}

# same_tree JUDGE ROOT - in everything.
same_tree() {
    local differences
    differences=$(unlisted listing "$1" "$2")
    [ -z "$differences" ] || {
        printf 'differs from pacman without a reason in docs/arch.md:\n%s\n' "$differences"
        return 1
    }
}

# same_times JUDGE ROOT - of what packages brought.
same_times() {
    local differences epoch
    differences=$(unlisted times "$1" "$2")
    # What scriptlets and hooks made has the time of that, or the epoch.
    epoch=$(date -u -d "$ARCH_EPOCH" '+%Y-%m-%d %T')
    differences=$(awk -F '\t' -v epoch="$epoch" '$2 !~ "^" epoch && $3 == ">" || $2 ~ /^(1999|2001|2026-01-01)/' <<<"$differences")
    [ -z "$differences" ] || {
        printf 'times differ:\n%s\n' "$differences"
        return 1
    }
}

@test "the tree, the database and the hooks' work are those of pacman 6.0.2" {
    # It knows no %XDATA%.
    cp -a "$ARCH_DIR/root" "$DIR/root"
    [ "$(grep -c '^%XDATA%$' "$DIR"/root/var/lib/pacman/local/*/desc | grep -c ':1$')" -eq 1 ]
    without_dates "$DIR/root" '/^%XDATA%$/,/^$/d'
    without_dates "$JUDGES/6"
    same_tree "$JUDGES/6" "$DIR/root"
    # What is compared is a whole system, not two empty lists.
    [ "$(listing "$DIR/root" | wc -l)" -gt 900 ]
    [ "$(find "$DIR/root/var/lib/pacman/local" -name desc | wc -l)" -gt 40 ]
}

@test "the tree, the database and the hooks' work are those of pacman 7.1" {
    cp -a "$ARCH_DIR/root" "$DIR/root"
    without_dates "$DIR/root"
    without_dates "$JUDGES/7"
    diff -r "$JUDGES/7/var/lib/pacman/local" "$DIR/root/var/lib/pacman/local"
    same_tree "$JUDGES/7" "$DIR/root"
}

@test "times of files are the packages'; dates of installation are the epoch" {
    same_times "$JUDGES/6" "$ARCH_DIR/root"
    [ "$(TZ=UTC stat -c %y "$ARCH_DIR/root/usr/share/feature-files/read-only")" = '2026-01-01 00:00:00.000000000 +0000' ]
    [ "$(awk 'FNR == 1 {d = 0} d {print; d = 0} /^%INSTALLDATE%$/ {d = 1}' "$ARCH_DIR"/root/var/lib/pacman/local/*/desc | sort -u)" = \
        "$(date -d "$ARCH_EPOCH" +%s)" ]
}

@test "hooks ran in pacman's order with pacman's targets" {
    local log=var/lib/hook-log
    # The same is in the trees that were compared; this shows what it is.
    diff "$JUDGES/6/$log/order" "$ARCH_DIR/root/$log/order"
    diff "$JUDGES/6/$log/targets" "$ARCH_DIR/root/$log/targets"
    grep -q '^58-linked ' "$ARCH_DIR/root/$log/order"
    grep -Fxq '50-overridden [of] [the] [administrator]' "$ARCH_DIR/root/$log/order"
    run ! grep -E '^(55-disabled|56-masked|61-|66-|80-pre|99-)' "$ARCH_DIR/root/$log/order"
    [ "$(awk '/^hook / {n = 0} {n++} n > most {most = n} END {print most}' "$ARCH_DIR/root/$log/targets")" -gt 700 ]
}

@test "scriptlets see a clean world: the epoch's clock, no variables of the caller" {
    local world=$ARCH_DIR/root/var/lib/scriptlets/post_install.world
    cat "$world"
    grep -q '^PATH=.*/usr/bin' "$world"
    [ "$(tail -n 1 "$world")" = "$ARCH_EPOCH" ]
    grep -qx "SOURCE_DATE_EPOCH=$(date -d "$ARCH_EPOCH" +%s)" "$world"
    cmp "$world" "$ARCH_DIR/root/var/lib/scriptlets/pre_install.world"
    # There is nothing else, whoever runs this.
    run ! grep -v -E '^(PATH|HOME|LANG|LC_ALL|TZ|PWD|SOURCE_DATE_EPOCH|TERM|PERL_HASH_SEED|PYTHONHASHSEED)=|^[0-9T:-]*Z$' "$world"
}

@test "file capabilities, hard links and set-id bits are in the image" {
    [ "$(getcap "$ARCH_DIR/root/usr/bin/feature-caps")" = "$ARCH_DIR/root/usr/bin/feature-caps cap_net_raw=ep" ]
    [ "$(stat -c %h "$ARCH_DIR/root/usr/share/feature-files/first")" -eq 4 ]
    [ "$(stat -c %a "$ARCH_DIR/root/usr/share/feature-files/first")" = 4755 ]
    [ "$(stat -c %i "$ARCH_DIR/root/usr/share/feature-files/first")" = "$(stat -c %i "$ARCH_DIR/root/var/lib/feature-files/fourth")" ]
}

# Stage 0 and stage 1 as two transactions.
@test "two stages are two transactions: PreTransaction hooks, hooks of the first stage in the second" {
    local lock
    lock=$(arch_lock)
    pacman_root "$DIR/judge" "NoExtract = ${ARCH_NOEXTRACT[*]}"
    pacman_install "$DIR/judge" base
    pacman_install "$DIR/judge" features feature-mail-versioned
    jq '.packages |= map(if .name | test("^(feature-|hooks-own|scriptlets)") then .stage = 1 else . end)' "$lock" >"$DIR/lock.json"
    stet build "$DIR/lock.json" -q -o "rootfs:$DIR/root" >/dev/null
    diff "$DIR/judge/var/lib/hook-log/order" "$DIR/root/var/lib/hook-log/order"
    diff "$DIR/judge/var/lib/hook-log/targets" "$DIR/root/var/lib/hook-log/targets"
    grep -q '^80-pre ' "$DIR/root/var/lib/hook-log/order"
    without_dates "$DIR/root" '/^%XDATA%$/,/^$/d'
    without_dates "$DIR/judge"
    same_tree "$DIR/judge" "$DIR/root"
}

# said ROOT OPTION - what the root's own pacman says of its packages, of all of them.
said() {
    in_root "$1" pacman --color never --disable-sandbox "$2" 2>&1 | grep -v '^Install Date'
}

@test "pacman -Qkk, -Qi, -Ql, -Qet and -Dk in the image say what they say in pacman's own root" {
    local option
    cp -a "$ARCH_DIR/root" "$DIR/root"
    for option in -Qi -Ql -Qet -Qdt -Q; do
        said "$JUDGES/chroot" "$option" >"$DIR/judge.said"
        said "$DIR/root" "$option" >"$DIR/said"
        [ -s "$DIR/said" ] || [ "$option" = -Qdt ]
        # The judge knows no %XDATA%, which is shown as a type.
        diff <(grep -v '^Package Type' "$DIR/judge.said") <(grep -v '^Package Type' "$DIR/said")
    done
    in_root "$DIR/root" pacman -Dk --disable-sandbox
    # Files that the image changes on purpose.
    said "$JUDGES/chroot" -Qkk | grep -v -E '/etc/(pacman\.conf|pacman\.d/mirrorlist|shadow) ' >"$DIR/judge.said" || true
    said "$DIR/root" -Qkk | grep -v -E '/etc/(pacman\.conf|pacman\.d/mirrorlist|shadow) ' >"$DIR/said" || true
    diff "$DIR/judge.said" "$DIR/said"
    # Of the real packages nothing is altered.
    [ "$(grep -c -E '^(glibc|bash|coreutils|gnupg|openssl|libs|zstd): [0-9]+ total files, 0 altered files$' "$DIR/said")" -eq 7 ]
}

# test_judge TARGET... - the same from the repositories of $DIR/mirror by pacman, in $DIR/judge.
test_judge() {
    pacman_root "$DIR/judge"
    sed -i '/^\[core\]/,$d' "$DIR/judge.conf"
    local name
    for name in "${REPOSITORIES[@]}"; do
        # shellcheck disable=SC2016 # pacman's
        printf '[%s]\nServer = file://%s/mirror/$repo/os/$arch\n' "$name" "$DIR" >>"$DIR/judge.conf"
    done
    pacman_install "$DIR/judge" "$@"
}

@test "what no signature vouches for is registered by its hash" {
    local lines=("packages: [bash, feature-split-b]" 'siglevel: never' 'database-siglevel: never')
    arch_recipe "${lines[@]}" >"$DIR/recipe.yaml"
    sed -i '/^keyring:/d' "$DIR/recipe.yaml"
    stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root" >/dev/null
    pacman_root "$DIR/judge" 'SigLevel = Never'
    pacman_install "$DIR/judge" bash feature-split-b
    without_dates "$DIR/root"
    without_dates "$DIR/judge"
    same_tree "$DIR/judge" "$DIR/root"
    grep -qx sha256 "$DIR"/root/var/lib/pacman/local/bash-*/desc
}

@test "what a signature beside the package vouches for is registered by signature and hash" {
    mkdir -p "$DIR/src/thing/usr/share/thing"
    arch_pack thing 1-1
    with_arch_packages
    test_recipe 'packages: [thing]'
    stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root" >/dev/null
    test_judge thing
    diff <(sed -n '/^%VALIDATION%$/,/^$/p' "$DIR/judge/var/lib/pacman/local/thing-1-1/desc") \
        <(sed -n '/^%VALIDATION%$/,/^$/p' "$DIR/root/var/lib/pacman/local/thing-1-1/desc")
}

@test "a file newer than the epoch gets the epoch; older ones keep their time, links, too" {
    mkdir -p "$DIR/in/usr/share/thing"
    touch -d '2001-02-03 04:05:06 UTC' "$DIR/in/usr/share/thing/old"
    touch -d '2026-08-09 10:11:12 UTC' "$DIR/in/usr/share/thing/new"
    ln -s old "$DIR/in/usr/share/thing/link"
    touch -h -d '1999-12-31 23:59:59 UTC' "$DIR/in/usr/share/thing/link"
    tar -C "$DIR/in" --owner=0 --group=0 -cf "$DIR/thing.tar" usr
    arch_pack_tar thing "$DIR/thing.tar"
    with_arch_packages
    test_recipe 'packages: [thing]'
    stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root" >/dev/null
    [ "$(cd "$DIR/root/usr/share/thing" && TZ=UTC stat -c %y old new link)" = "2001-02-03 04:05:06.000000000 +0000
2026-02-03 04:05:06.000000000 +0000
1999-12-31 23:59:59.000000000 +0000" ]
}

# ---- order ----

# ordered NAME[=VERSION] [LINE...] - a package that writes its name and version into /var/order when it is installed.
ordered() {
    local name=${1%%=*} version=1-1
    [[ $1 != *=* ]] || version=${1#*=}
    scriptlet "$name" <<END
post_install() {
    echo "$name \$1" >>/var/order
}
END
    mkdir -p "$DIR/src/$name/usr/share/$name"
    arch_pack "$name" "$version" 'depend = bash' "${@:2}"
}

# same_order TARGET... - the same packages by the same reasons in the same order, of $DIR/mirror; prints them.
same_order() {
    rm -rf "$DIR"/{root,judge}*
    test_recipe "packages: $(yaml_list "$@")" "repositories: $(yaml_list "${REPOSITORIES[@]}")"
    stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root" >/dev/null
    test_judge "$@"
    diff "$DIR/judge/var/order" "$DIR/root/var/order"
    diff <(cd "$DIR/judge/var/lib/pacman/local" && ls && grep -A1 -r REASON . | sort) \
        <(cd "$DIR/root/var/lib/pacman/local" && ls && grep -A1 -r REASON . | sort)
    cat "$DIR/root/var/order"
}

@test "a circle of dependencies is installed in pacman's order" {
    ordered one 'depend = two'
    ordered two 'depend = three'
    ordered three 'depend = one'
    ordered last 'depend = three'
    with_arch_packages
    same_order last
    [ "$(wc -l <"$DIR/root/var/order")" -eq 4 ]
}

@test "order: chains, diamonds, providers, groups, and names that sort otherwise" {
    ordered zebra 'group = zoo'
    ordered ant 'depend = zebra>=1' 'group = zoo'
    ordered middle 'depend = thing' 'depend = yak'
    ordered yak 'provides = thing=3'
    ordered Bear 'depend = middle' 'depend = thing>2' 'group = zoo'
    ordered alone
    with_arch_packages
    same_order zoo alone
    [ "$(wc -l <"$DIR/root/var/order")" -eq 6 ]
}

# Two repositories with packages of the same names, groups in both, and several who provide the same.
@test "choice: repositories in their order, providers, groups, versions" {
    ordered lib
    ordered user 'depend = lib>=2'
    ordered plain 'depend = lib'
    ordered provider-a 'provides = virtual=1'
    ordered provider-b 'provides = virtual=3'
    ordered any-user 'depend = virtual'
    ordered new-user 'depend = virtual>=2'
    ordered between 'depend = virtual>1' 'depend = virtual<3'
    ordered provides-literal 'provides = literal'
    ordered literal-user 'depend = literal'
    ordered member-1 'group = club'
    ordered member-2 'group = club'
    ordered epoch=1:1-1
    ordered itself 'depend = itself'
    with_arch_packages
    rm "$DIR"/packages/*
    ordered lib=2-1
    ordered aa-provider 'provides = virtual=2'
    ordered literal
    ordered member-2=2-1 'group = club'
    ordered member-3 'group = club'
    ordered old-user 'depend = epoch>1.5'
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --repository second "$DIR/mirror" "$DIR"/packages/*
    REPOSITORIES=(test second core)
    same_order user any-user literal-user club
    [ "$(cut -d' ' -f1 "$DIR/root/var/order" | sort | tr '\n' ' ')" = \
        'any-user lib literal literal-user member-1 member-2 member-3 provider-a user ' ]
    same_order plain new-user old-user itself
    same_order between virtual literal
    REPOSITORIES=(second test core)
    same_order plain any-user club
}
