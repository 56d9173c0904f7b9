#!/usr/bin/env bats
# stet diff on artifacts that real tools made, on names, files and file systems that are hostile or odd, and on what happens
# around it: interrupts, full disks, closed descriptors, inputs that change.
bats_require_minimum_version 1.5.0
load common
load repository

setup_file() {
    e2e_setup_file
    FILE_DIR=$(mktemp -d "$STET_E2E_DIR/diff.XXXXXX")
    export FILE_DIR BASE=$FILE_DIR/base
    chmod 755 "$FILE_DIR"
    local DIR=$FILE_DIR
    make_base "$BASE" tiny
    mkdir -p "$DIR/src/greeting/usr/share/test"
    echo hello >"$DIR/src/greeting/usr/share/test/greeting"
    pack greeting
    "$MAKE_REPOSITORY" --key "$KEY" "$BASE" "$DIR/debs"/*.deb
    recipe "file://$BASE" "packages: [greeting]"
    own_stet build "$DIR/recipe.yaml" -q -o "oci:$DIR/built:test" -o "oci-archive:$DIR/built.tar:test" \
        -o "docker-archive:$DIR/docker.tar:example.org/test:1" -o "tar:$DIR/layer.tar" >/dev/null
    rm -rf "$DIR/store"
}

teardown_file() {
    if [ -n "${FILE_DIR-}" ]; then rm -rf "$FILE_DIR"; fi
    e2e_teardown_file
}

setup() {
    DIR=$(mktemp -d "$STET_E2E_DIR/one.XXXXXX")
    chmod 755 "$DIR"
    export TMPDIR=$DIR
}

teardown() {
    local mount
    while read -r mount; do umount -l "$mount"; done < <(mounts_below "$DIR")
    rm -rf "$DIR"
}

stet_diff() {
    "$STET_E2E_DIR/bin/stet" diff "$@"
}

# differs A B [OPTION...] - they do; $DIR/report.json tells where, and LINES too, as "level path: what" in order.
differs() {
    local status=0
    stet_diff --format json -o "$DIR/report.json" "$@" 2>"$DIR/errors" || status=$?
    if [ "$status" -ne 1 ] || [ -s "$DIR/errors" ]; then
        printf 'status %s\n' "$status"
        cat "$DIR/errors"
        return 1
    fi
    LINES=$(jq -r '.findings[] | "\(.level) \(.path): \(.what)"' "$DIR/report.json")
}

# same A B [OPTION...] - status 0, and a report that says so.
same() {
    local status=0
    stet_diff --format json "$@" >"$DIR/report.json" 2>"$DIR/errors" || status=$?
    if [ "$status" -ne 0 ] || [ -s "$DIR/errors" ] || [ "$(jq -r .verdict "$DIR/report.json")" = differs ]; then
        printf 'status %s\n' "$status"
        cat "$DIR/errors" "$DIR/report.json"
        return 1
    fi
}

# lacks OPTION... PATTERN FILE... - grep finds nothing, byte by byte.
lacks() {
    if LC_ALL=C grep -H "$@"; then return 1; fi
}

# expect_lines TEXT [PATTERN] - these lines, and besides them only such that match PATTERN.
expect_lines() {
    local lines=$LINES
    [ $# -eq 1 ] || lines=$(grep -Ev "$2" <<<"$LINES")
    [ "$lines" = "$1" ] || {
        printf 'expected:\n%s\ngot:\n%s\n' "$1" "$LINES"
        return 1
    }
}

# has_line PATTERN - all of a line matches it.
has_line() {
    grep -Eqx "$1" <<<"$LINES" || {
        printf 'no line is %s in:\n%s\n' "$1" "$LINES"
        return 1
    }
}

# fails STATUS PATTERN ARGUMENT... - with exactly one line on stderr, and nothing on stdout.
fails() {
    local wanted=$1 pattern=$2
    shift 2
    run --separate-stderr stet_diff "$@"
    expect_error "$wanted" "$pattern" || return 1
    # shellcheck disable=SC2154 # set by run --separate-stderr
    [ -z "$output" ] && [ "$(wc -l <<<"$stderr")" -eq 1 ]
}

# begin ARGUMENT... - in the background: PID is the program itself.
begin() {
    # A shell's background jobs ignore SIGINT.
    env --default-signal=INT "$STET_E2E_DIR/bin/stet" diff "$@" >"$DIR/output" 2>"$DIR/errors" 3>&- &
    PID=$!
}

# ended - its status, in STATUS.
ended() {
    STATUS=0
    wait "$PID" || STATUS=$?
}

# until COMMAND... - it succeeds.
until_true() {
    local i
    for ((i = 0; i < 500; i++)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.02
    done
    echo "never came to: $*"
    return 1
}

# ---- images ----

@test "one image in all forms that stet writes is the same" {
    same "oci:$FILE_DIR/built:test" "oci-archive:$FILE_DIR/built.tar:test"
    same "oci:$FILE_DIR/built:test" "$FILE_DIR/built"
    same "$FILE_DIR/docker.tar" "docker-archive:$FILE_DIR/docker.tar:example.org/test:1"
    same "$FILE_DIR/layer.tar" "oci:$FILE_DIR/built:test"
    same "$FILE_DIR/layer.tar" "$FILE_DIR/docker.tar"
}

@test "copies that skopeo and umoci make hold what stet wrote" {
    skopeo copy -q --preserve-digests "oci:$FILE_DIR/built:test" "oci:$DIR/oci:test"
    # It leaves the platform out of the index.
    differs "oci:$FILE_DIR/built:test" "oci:$DIR/oci:test"
    expect_lines "image : index.platform"
    skopeo copy -q --preserve-digests "oci:$FILE_DIR/built:test" "oci-archive:$DIR/oci.tar:test"
    differs "oci:$FILE_DIR/built:test" "oci-archive:$DIR/oci.tar:test"
    expect_lines "image : index.platform"
    skopeo copy -q "oci:$FILE_DIR/built:test" "docker-archive:$DIR/docker.tar:example.org/test:1"
    same "oci:$FILE_DIR/built:test" "docker-archive:$DIR/docker.tar" --flatten
    skopeo copy -q "oci:$FILE_DIR/built:test" "dir:$DIR/dir"
    differs "$FILE_DIR/built" "$DIR/dir"
    umoci unpack --image "$FILE_DIR/built:test" "$DIR/bundle"
    same "oci:$FILE_DIR/built:test" "rootfs:$DIR/bundle/rootfs"
    # One file of the tree is changed, and that alone is told.
    echo goodbye >"$DIR/bundle/rootfs/usr/share/test/greeting"
    touch -d @0 "$DIR/bundle/rootfs/usr/share/test/greeting"
    differs "oci:$FILE_DIR/built:test" "rootfs:$DIR/bundle/rootfs"
    expect_lines "entry usr/share/test/greeting: mtime
content usr/share/test/greeting: line 1"
}

@test "another layer by umoci and by buildah: the file that it holds" {
    cp -r "$FILE_DIR/built" "$DIR/more"
    umoci unpack --image "$DIR/more:test" "$DIR/bundle"
    echo new >"$DIR/bundle/rootfs/usr/share/test/new"
    rm "$DIR/bundle/rootfs/usr/share/test/greeting"
    umoci repack --image "$DIR/more:test" "$DIR/bundle"
    differs "oci:$FILE_DIR/built:test" "oci:$DIR/more:test" --flatten --ignore 'usr/share/test'
    expect_lines "entry usr/share/test/greeting: entry
entry usr/share/test/new: entry" '^image '
    differs "oci:$FILE_DIR/built:test" "oci:$DIR/more:test"
    has_line 'layer .*'
    has_line 'image .*'

    local storage=(--root "$DIR/storage" --runroot "$DIR/run" --storage-driver vfs) container
    # As a path with capitals it would be no name for buildah.
    container=$(cd "$FILE_DIR" && buildah "${storage[@]}" from oci:built:test)
    echo added >"$DIR/added"
    buildah "${storage[@]}" copy -q "$container" "$DIR/added" /usr/share/test/added >/dev/null
    buildah "${storage[@]}" commit -q "$container" "oci:$DIR/buildah:test" >/dev/null
    differs "oci:$FILE_DIR/built:test" "oci:$DIR/buildah:test" --flatten
    expect_lines "entry usr/share/test/added: entry" '^entry usr/share/test: |^image '
}

@test "the same layer, compressed otherwise, is a verdict of its own" {
    gzip -9n <"$FILE_DIR/layer.tar" >"$DIR/nine.gz"
    zstd -q -o "$DIR/zstd" "$FILE_DIR/layer.tar"
    differs "$DIR/nine.gz" "$DIR/zstd"
    [ "$(jq -r '.findings | map(.cause) | unique | join(" ")' "$DIR/report.json")" = compressor ]
    same "$DIR/nine.gz" "$DIR/zstd" --ignore compressor
    same "$DIR/nine.gz" "oci:$FILE_DIR/built:test"
}

# ---- packages ----

@test "packages by dpkg-deb and makepkg: the files in them, by their paths" {
    mkdir -p "$DIR/src/one/usr/share/one"
    echo one >"$DIR/src/one/usr/share/one/text"
    SOURCE_DATE_EPOCH=1700000000 pack one
    mv "$DIR/debs/one.deb" "$DIR/a.deb"
    SOURCE_DATE_EPOCH=1700000000 pack one
    same "$DIR/a.deb" "$DIR/debs/one.deb"
    echo other >"$DIR/src/one/usr/share/one/text"
    SOURCE_DATE_EPOCH=1700000000 pack one
    differs "$DIR/a.deb" "$DIR/debs/one.deb"
    has_line 'content !data.tar.gz!\(content\)!usr/share/one/text: line 1'
    [ "$(jq -r .a.kind "$DIR/report.json")" = "Debian package" ]

    mkdir "$DIR/arch"
    chmod 777 "$DIR/arch"
    cat >"$DIR/arch/PKGBUILD" <<'END'
pkgname=one
pkgver=1
pkgrel=1
arch=(any)
package() {
    install -Dm644 /dev/null "$pkgdir/usr/share/one/text"
    echo "$WORD" >"$pkgdir/usr/share/one/text"
}
END
    local word
    for word in one other; do
        (cd "$DIR/arch" && as_user SOURCE_DATE_EPOCH=1700000000 WORD=$word PKGDEST="$DIR/arch" BUILDDIR="$DIR/arch/build" \
            PKGEXT=.pkg.tar.zst PACKAGER="Test <test@example.org>" makepkg -fd >"$DIR/makepkg.log" 2>&1 </dev/null) ||
            { cat "$DIR/makepkg.log"; return 1; }
        mv "$DIR/arch/one-1-1-any.pkg.tar.zst" "$DIR/$word.pkg.tar.zst"
    done
    differs "$DIR/one.pkg.tar.zst" "$DIR/other.pkg.tar.zst"
    has_line 'content usr/share/one/text: line 1'
    [ "$(jq -r .a.kind "$DIR/report.json")" = "Arch package" ]
}

# ---- directories ----

@test "a directory as an ordinary user: what cannot be read is told, on both sides" {
    mkdir -p "$DIR/a/closed" "$DIR/b/closed"
    echo 1 >"$DIR/a/secret"
    echo 2 >"$DIR/b/secret"
    touch -d @0 "$DIR"/{a,b}/secret
    chmod 600 "$DIR"/{a,b}/secret
    touch -d @0 "$DIR"/{a,b}/closed "$DIR"/{a,b}
    run -1 as_user "$STET_E2E_DIR/bin/stet" diff --format json "$DIR/a" "$DIR/b"
    [ "$(jq -r '.findings[] | "\(.level) \(.path): \(.what)"' <<<"$output")" = "content secret: content cannot be read" ]
    differs "$DIR/a" "$DIR/b"
    expect_lines "content secret: line 1"
    # A directory that cannot be listed: nothing can be said of what is in it.
    chmod 700 "$DIR"/{a,b}/closed
    run --separate-stderr as_user "$STET_E2E_DIR/bin/stet" diff "$DIR/a" "$DIR/b"
    expect_error 3 'closed.*Permission denied'
}

@test "FIFOs, sockets, devices, loops of links and files of every size are compared and never opened" {
    local side
    for side in a b; do
        mkdir -p "$DIR/$side"
        mkfifo "$DIR/$side/fifo"
        mknod "$DIR/$side/null" c 1 3
        mknod "$DIR/$side/disk" b 7 255
        ln -s loop "$DIR/$side/loop"
        ln -s ../../../../../../etc/passwd "$DIR/$side/out"
        ln -s /dev/zero "$DIR/$side/zero"
        truncate -s 4T "$DIR/$side/sparse"
        # shellcheck disable=SC2016 # perl's variables
        perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])) or die' "$DIR/$side/socket"
        find "$DIR/$side" -exec touch -hd @0 {} +
    done
    same "$DIR/a" "$DIR/b"
    rm "$DIR/b/null" "$DIR/b/fifo" "$DIR/b/loop" "$DIR/b/socket"
    mknod "$DIR/b/null" c 1 5
    echo text >"$DIR/b/fifo"
    ln -s loops "$DIR/b/loop"
    printf x | dd of="$DIR/b/sparse" bs=1 seek=3000000000000 conv=notrunc status=none
    find "$DIR/b" -exec touch -hd @0 {} +
    differs "$DIR/a" "$DIR/b"
    expect_lines "entry fifo: type
entry loop: link
entry null: device
entry socket: entry
content sparse: first and last difference: bytes 3000000000000-3000000000000"
}

@test "names with newlines, escapes, marks of direction, bad UTF-8, and of any length" {
    local side name long
    long=$(printf '%0255d' 0)
    for side in a b; do
        mkdir "$DIR/$side"
        for name in $'new\nline' $'esc\e[31mape' $'bidi\xe2\x80\xaetxt.exe' $'bad\xff\xfeutf8' '-rf' ' ' '"quoted"' "it's" \
            '<img src=x onerror=alert(1)>' $'tab\there' 'C:\path' "$long"; do
            echo "$side" >"$DIR/$side/$name"
        done
        find "$DIR/$side" -exec touch -hd @0 {} +
    done
    differs "$DIR/a" "$DIR/b"
    jq -e '.count == 12' "$DIR/report.json" >/dev/null
    stet_diff --full "$DIR/a" "$DIR/b" >"$DIR/text" || [ $? -eq 1 ]
    stet_diff --full --color always "$DIR/a" "$DIR/b" >"$DIR/colour" || [ $? -eq 1 ]
    stet_diff --format html "$DIR/a" "$DIR/b" >"$DIR/html" || [ $? -eq 1 ]
    # No control characters but line ends, no marks of direction, and all of it UTF-8.
    lacks -P '[\x00-\x09\x0b-\x1f\x7f]' "$DIR/text"
    lacks $'\e\\[31mape' "$DIR/colour"
    lacks $'\xe2\x80\xae' "$DIR/text" "$DIR/colour" "$DIR/html" "$DIR/report.json"
    lacks '<img' "$DIR/html"
    iconv -f UTF-8 -t UTF-8 "$DIR/text" "$DIR/html" "$DIR/report.json" >/dev/null
    [ "$(grep -c '^new' "$DIR/text")" -le 1 ]
    # In an artifact's own name too.
    mkdir "$DIR/"$'na\nme\e[2J'
    fails 2 'there is no such file' "$DIR/"$'none\n\e[2J' "$DIR/a"
    stet_diff "$DIR/"$'na\nme\e[2J' "$DIR/a" >"$DIR/text" || [ $? -eq 1 ]
    lacks -P '[\x00-\x09\x0b-\x1f\x7f]' "$DIR/text"
}

@test "100,000 entries in a directory, and a path of 2000 directories" {
    local side
    mount -t tmpfs tmpfs "$DIR"
    for side in a b; do
        mkdir "$DIR/$side"
        (cd "$DIR/$side" && seq 100000 | xargs touch -d @0)
        (
            cd "$DIR/$side"
            perl -e 'for (1 .. 2000) { mkdir "d"; chdir "d" } open F, ">", "deepest"; print F "$ARGV[0]\n"; close F;
                utime 0, 0, "deepest"' "$side"
        )
        touch -d @0 "$DIR/$side"
    done
    rm "$DIR/b/77777"
    touch -d @0 "$DIR/b"
    differs "$DIR/a" "$DIR/b" --ignore build-time
    has_line 'entry 77777: entry'
    has_line 'content .*/d/deepest: line 1'
}

@test "equal by being the same file, however large" {
    truncate -s 1G "$DIR/a"
    printf x >>"$DIR/a"
    ln "$DIR/a" "$DIR/b"
    same "$DIR/a" "$DIR/b"
    same "$DIR" "$DIR"
}

# ---- what is asked for ----

@test "--ignore leaves out causes and globs, and counts them" {
    mkdir -p "$DIR/a/var/log" "$DIR/b/var/log"
    echo 1 >"$DIR/a/var/log/x"
    echo 2 >"$DIR/b/var/log/x"
    echo only >"$DIR/b/only"
    echo 1 >"$DIR/a/changed"
    echo 2 >"$DIR/b/changed"
    find "$DIR"/[ab] -exec touch -d @0 {} +
    differs "$DIR/a" "$DIR/b" --ignore missing --ignore '/var/log/**'
    expect_lines "content changed: line 1"
    [ "$(jq -c '.ignored | map([.rule, .count])' "$DIR/report.json")" = '[["missing",1],["/var/log/**",1]]' ]
    same "$DIR/a" "$DIR/b" --ignore missing --ignore '**'
    stet_diff "$DIR/a" "$DIR/b" --ignore missing >"$DIR/text" || [ $? -eq 1 ]
    grep -q missing "$DIR/text"
}

@test "--format is text, json or html; --output has the same bytes as standard output" {
    local format
    echo 1 >"$DIR/a"
    echo 2 >"$DIR/b"
    for format in text json html; do
        run -1 stet_diff --format "$format" -o "$DIR/$format" "$DIR/a" "$DIR/b"
        [ -z "$output" ]
        stet_diff --format "$format" "$DIR/a" "$DIR/b" >"$DIR/stdout" || [ $? -eq 1 ]
        cmp "$DIR/$format" "$DIR/stdout"
        [ -s "$DIR/$format" ]
    done
    jq -e '.verdict == "differs"' "$DIR/json" >/dev/null
    stet_diff --json "$DIR/a" "$DIR/b" >"$DIR/stdout" || [ $? -eq 1 ]
    cmp "$DIR/json" "$DIR/stdout"
    # Every cause that the program knows is in its manual page.
    jq -r '."$defs".cause.enum[]' "$REPOSITORY/docs/diff-report.schema.json" >"$DIR/causes"
    [ -s "$DIR/causes" ]
    while read -r cause; do grep -qx ".It Li $cause" "$REPOSITORY/man/stet-diff.1"; done <"$DIR/causes"
    grep -q '^<!DOCTYPE html>' "$DIR/html"
    fails 2 'format.*xml' --format xml "$DIR/a" "$DIR/b"
}

@test "bad usage and what cannot be compared: one line, status 2" {
    echo 1 >"$DIR/a"
    mkfifo "$DIR/fifo"
    mkdir "$DIR/dir"
    fails 2 'two things to compare' "$DIR/a"
    fails 2 'two things to compare' "$DIR/a" "$DIR/a" "$DIR/a"
    fails 2 'none: there is no such file' "$DIR/a" "$DIR/none"
    fails 2 'fifo: is no file that can be compared' "$DIR/a" "$DIR/fifo"
    fails 2 '/dev/zero: is no file that can be compared' /dev/zero "$DIR/a"
    fails 2 'none' "$DIR/a" "tar:$DIR/none"
    fails 2 'none' "$DIR/a" "rootfs:$DIR/none"
    fails 2 'none' "$DIR/a" "oci:$DIR/none:tag"
    fails 2 'holds no image' "$DIR/a" "oci:$DIR/dir:tag"
    fails 2 'no image tagged other' "$FILE_DIR/built" "oci:$FILE_DIR/built:other"
    fails 2 'other' "$FILE_DIR/docker.tar" "docker-archive:$FILE_DIR/docker.tar:other"
    fails 2 "a" "$DIR/a" "docker-archive:$DIR/a"
    fails 2 "option" --no-such-option "$DIR/a" "$DIR/a"
}

# ---- output that fails ----

# shellcheck disable=SC2016 # for the shells inside
@test "standard output closed or full, standard input closed" {
    echo 1 >"$DIR/a"
    echo 2 >"$DIR/b"
    run -3 --separate-stderr bash -c '"$0" diff "$1" "$2" >/dev/full' "$STET_E2E_DIR/bin/stet" "$DIR/a" "$DIR/b"
    expect_error 3 'standard output.*No space left'
    run -3 --separate-stderr bash -c '"$0" diff "$1" "$2" >&-' "$STET_E2E_DIR/bin/stet" "$DIR/a" "$DIR/b"
    expect_error 3 'standard output'
    run -1 bash -c '"$0" diff "$1" "$2" <&-' "$STET_E2E_DIR/bin/stet" "$DIR/a" "$DIR/b"
    run -1 bash -c '"$0" diff "$1" "$2" <&- 2>&-' "$STET_E2E_DIR/bin/stet" "$DIR/a" "$DIR/b"
    # A reader that goes away.
    run -3 --separate-stderr bash -c 'set -o pipefail; "$0" diff --format html "$1" "$2" | true' \
        "$STET_E2E_DIR/bin/stet" "$DIR/a" "$DIR/b"
}

@test "--output on a full disk, in a directory that is not there or not to be written: what was there stays" {
    mkdir "$DIR/small"
    mount -t tmpfs -o size=16k tmpfs "$DIR/small"
    seq 20000 >"$DIR/a"
    seq 2 20001 | tac >"$DIR/b"
    echo before >"$DIR/small/report"
    fails 3 'small/report.*No space left' --format html -o "$DIR/small/report" "$DIR/a" "$DIR/b"
    [ "$(ls -A "$DIR/small")" = report ]
    [ "$(cat "$DIR/small/report")" = before ]
    fails 3 'none/report' -o "$DIR/none/report" "$DIR/a" "$DIR/b"
    fails 3 'report' -o "/proc/self/report" "$DIR/a" "$DIR/b"
}

@test "no room for what is decompressed: one line that says what helps" {
    mkdir "$DIR/small"
    mount -t tmpfs -o size=64k tmpfs "$DIR/small"
    mkdir "$DIR/tree"
    head -c 20000000 /dev/zero >"$DIR/tree/zeroes"
    tar -C "$DIR/tree" -czf "$DIR/a.tar.gz" zeroes
    tar -C "$DIR/tree" --mtime=@0 -czf "$DIR/b.tar.gz" zeroes
    TMPDIR=$DIR/small fails 3 "no room for what is decompressed in $DIR/small.*TMPDIR" "$DIR/a.tar.gz" "$DIR/b.tar.gz"
    gzip -9n <"$DIR/tree/zeroes" >"$DIR/a.gz"
    printf x >>"$DIR/tree/zeroes"
    gzip -9n <"$DIR/tree/zeroes" >"$DIR/b.gz"
    TMPDIR=$DIR/small fails 3 "no room for what is decompressed in $DIR/small.*TMPDIR" "$DIR/a.gz" "$DIR/b.gz"
    [ -z "$(ls -A "$DIR/small")" ]
    TMPDIR=$DIR/none fails 2 "$DIR/none" "$DIR/a.gz" "$DIR/b.gz"
    TMPDIR=$DIR differs "$DIR/a.gz" "$DIR/b.gz"
}

# ---- what happens meanwhile ----

@test "SIGINT and SIGTERM: the status says so, and nothing is left" {
    local signal wanted
    # Compressed so well that it is read for many seconds, and written into a temporary file.
    local i
    head -c 10000000 /dev/zero | gzip -1n >"$DIR/part"
    for ((i = 0; i < 200; i++)); do cat "$DIR/part"; done >"$DIR/a.gz"
    rm "$DIR/part"
    cp "$DIR/a.gz" "$DIR/b.gz"
    printf x | gzip -1n >>"$DIR/b.gz"
    for signal in INT TERM; do
        case $signal in INT) wanted=130 ;; TERM) wanted=143 ;; esac
        echo before >"$DIR/report"
        begin --format html -o "$DIR/report" "$DIR/a.gz" "$DIR/b.gz"
        until_true sh -c "ls -l /proc/$PID/fd | grep -q '(deleted)'"
        kill "-$signal" "$PID"
        ended
        [ "$STATUS" -eq "$wanted" ]
        [ "$(grep -c '^stet: ' "$DIR/errors")" -eq 1 ]
        [ ! -s "$DIR/output" ]
        [ "$(cat "$DIR/report")" = before ]
        [ "$(find "$DIR" -mindepth 1 | wc -l)" -eq 5 ]
    done
}

# change_while_compared COMMAND... - of two directories with a file each that takes a while; STATUS and $DIR/errors.
change_while_compared() {
    local size
    mkdir -p "$DIR/x" "$DIR/y"
    rm -f "$DIR"/[xy]/large
    # Larger than what is held in memory: data, as holes take no time.
    for size in x y; do
        head -c 300000000 /dev/zero >"$DIR/$size/large"
    done
    begin "$@"
    until_true grep -q "/y/large" "/proc/$PID/maps"
}

@test "a file that is cut or written to while it is compared: one line that names it" {
    change_while_compared "$DIR/x" "$DIR/y"
    truncate -s 1000 "$DIR/y/large"
    ended
    cat "$DIR/errors"
    [ "$STATUS" -eq 2 ]
    [ "$(cat "$DIR/errors")" = "stet: $DIR/y/large changed its size while it was read, or its disk fails; stop what is changing it" ]
    [ ! -s "$DIR/output" ]

    change_while_compared "$DIR/x/large" "$DIR/y/large"
    truncate -s 1000 "$DIR/y/large"
    ended
    [ "$STATUS" -eq 2 ]
    grep -q "^stet: $DIR/y/large changed its size while it was read" "$DIR/errors"

    change_while_compared "$DIR/x/large" "$DIR/y/large"
    printf x | dd of="$DIR/y/large" bs=1 conv=notrunc status=none
    ended
    [ "$STATUS" -eq 2 ]
    [ "$(cat "$DIR/errors")" = "stet: $DIR/y/large changed while it was read; stop what is changing it" ]

    # Another file of its name takes nothing away from the one that is read.
    change_while_compared "$DIR/x/large" "$DIR/y/large"
    echo other >"$DIR/other"
    mv "$DIR/other" "$DIR/y/large"
    ended
    cat "$DIR/errors"
    [ "$STATUS" -eq 0 ]
}

@test "a directory in which files come and go while it is compared ends as it should" {
    local status i
    mkdir -p "$DIR/x" "$DIR/y"
    (cd "$DIR/x" && seq 1000 | split -l 1 -a 4 - f)
    cp -r "$DIR/x/." "$DIR/y"
    (
        for ((i = 0; ; i++)); do
            rm -f "$DIR/y/faab"*
            : >"$DIR/y/faac$((i % 9))"
            cp "$DIR/x/faaaa" "$DIR/y/faaba" && : >"$DIR/y/faaaa"
        done
    ) 2>/dev/null 3>&- &
    local changer=$!
    for ((i = 0; i < 5; i++)); do
        status=0
        stet_diff "$DIR/x" "$DIR/y" >"$DIR/output" 2>"$DIR/errors" || status=$?
        echo "$status"
        cat "$DIR/errors"
        [ "$status" -eq 1 ] || [ "$status" -eq 2 ]
        [ "$status" -eq 1 ] || [ "$(grep -c '^stet: .*while' "$DIR/errors")" -eq 1 ]
    done
    kill "$changer"
    wait "$changer" || true
}
