# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # $side and the like are for the scripts, given by make-diff-pairs
# Roots with apk's database of installed packages (lib/apk/db/installed), as apk-tools 2 writes it (apk-package(5) and the
# index format of apk-tools): this machine has no apk. Digests and sizes are of the files that are there.

# sum1 FILE - as apk has it: base64 of SHA-1, after "Q1".
sum1() {
    printf 'Q1%s' "$(openssl dgst -sha1 -binary "$1" | base64)"
}

# installed NAME VERSION TIME DIR - the record of a package whose files are in DIR, in the order of the directory; they
# are put into the root.
installed() {
    local name=$1 version=$2 time=$3 dir=$4 folder file
    printf 'pkgname = %s\npkgver = %s\nbuilddate = %s\n' "$name" "$version" "$time" >"$work/control"
    printf 'C:%s\nP:%s\nV:%s\nA:x86_64\nS:%s\nI:%s\nT:%s for a test\nU:https://example.org/%s\nL:MIT\no:%s\n' \
        "$(sum1 "$work/control")" "$name" "$version" 4096 "$(find "$dir" -type f -exec cat {} + | wc -c)" \
        "$name" "$name" "$name"
    printf 'm:Nobody <nobody@example.org>\nt:%s\nc:0123456789abcdef0123456789abcdef01234567\nD:so:libc.musl-x86_64.so.1\np:cmd:%s=%s\n' \
        "$time" "$name" "$version"
    find "$dir" -mindepth 1 -type d -printf '%P\n' | LC_ALL=C sort | while read -r folder; do
        echo "F:$folder"
        find "$dir/$folder" -maxdepth 1 -type f -printf '%f\n' | LC_ALL=C sort | while read -r file; do
            printf 'R:%s\na:0:0:755\nZ:%s\n' "$file" "$(sum1 "$dir/$folder/$file")"
        done
    done
    echo
    cp -r "$dir/." .
    rm -r "$dir"
}

# program DIR NAME VERSION - what a package ships.
program() {
    mkdir -p "$1/usr/bin" "$1/usr/share/$2"
    printf '#!/bin/sh\necho %s %s\n' "$2" "$3" >"$1/usr/bin/$2"
    printf '%s, version %s\n' "$2" "$3" >"$1/usr/share/$2/text"
    chmod 755 "$1/usr/bin/$2"
}

pair package-version-apk 'a root with two versions of one package of apk, in its database and its files' \
    'package-version certain' <<'END'
mkdir -p lib/apk/db
if [ "$side" = a ]; then version=1.0-r0 time=1767225600; else version=1.1-r0 time=1769904000; fi
program "$shared/base" base 3-r2
program "$shared/hello" hello "$version"
{
    installed base 3-r2 1767225600 "$shared/base"
    installed hello "$version" "$time" "$shared/hello"
} >"$shared/installed"
mv "$shared/installed" lib/apk/db/installed
now=$time_a
settle
pack
END

pair missing-package-apk 'a root that has one package of apk more' \
    'missing certain' <<'END'
mkdir -p lib/apk/db
program "$shared/base" base 3-r2
program "$shared/hello" hello 1.0-r0
{
    installed base 3-r2 1767225600 "$shared/base"
    [ "$side" = a ] || installed hello 1.0-r0 1767225600 "$shared/hello"
} >"$shared/installed"
mv "$shared/installed" lib/apk/db/installed
now=$time_a
settle
pack
END
