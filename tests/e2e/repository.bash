# A small repository of the tests' own, on top of common.bash: real packages of Debian as its base, and
# packages that a test makes. Used by the files about bad input, interruption and the sandbox.
#
# HTTPD           stet-test-httpd; by default the one that was built beside the program under test
# shellcheck shell=bash

MAKE_REPOSITORY=$REPOSITORY/tests/support/make-repository
# The smallest set in which packages can be configured by their own dpkg; with busybox for a userland.
TINY_BASE="dpkg tar dash busybox-static libc6 libc-bin libgcc-s1 gcc-14-base libbz2-1.0 liblzma5
 libmd0 libselinux1 libpcre2-8-0 libzstd1 zlib1g libacl1"

# Real packages: $DEBS/NAME_….deb for all of base essential and busybox-static, fetched once.
real_debs() {
    DEBS=$STET_E2E_DIR/debs
    export DEBS
    [ ! -e "$DEBS/complete" ] || return 0
    mkdir -p "$DEBS"
    cat >"$DEBS/recipe.yaml" <<'END'
stet: 1
name: real
ecosystem: debian
suite: trixie
suites: []
mirror: system
base: essential
packages: [busybox-static]
END
    stet lock "$DEBS/recipe.yaml" -q -o "$DEBS/lock.json" || return 1
    local name version architecture hex url
    while read -r name version architecture hex url; do
        local file="$DEBS/${name}_${version//:/%3a}_$architecture.deb"
        local kept="$STET_E2E_DIR/store/sha256/${hex:0:2}/$hex"
        if [ -e "$kept" ]; then
            cp --reflink=auto "$kept" "$file"
        else
            curl -fsS --retry 3 -o "$file" "$url" || return 1
        fi
        sha256sum --status -c <<<"$hex  $file" || return 1
    done < <(jq -r '.packages[] | [.name, .version, .architecture, (.digest | ltrimstr("sha256:")), .urls[0]] | join(" ")' "$DEBS/lock.json")
    chmod 644 "$DEBS"/*.deb
    touch "$DEBS/complete"
}

# make_base DIR tiny|essential - the base of a repository; the key of all repositories of the file.
make_base() {
    local dir=$1 name debs=()
    real_debs || return 1
    KEY=${KEY:-$dir-key}
    export KEY
    if [ "$2" = essential ]; then
        debs=("$DEBS"/*.deb)
    else
        for name in $TINY_BASE; do
            debs+=("$DEBS/$name"_*.deb)
        done
        tiny_base_deb "$dir.base" || return 1
        debs+=("$dir.base"/debs/*.deb)
    fi
    "$MAKE_REPOSITORY" --key "$KEY" "$dir" "${debs[@]}"
    rm -rf "$dir.base"
}

# What base-files, coreutils and the like bring in a real system, by links to busybox.
tiny_base_deb() {
    local DIR=$1 tree=$1/src/base-files tool
    mkdir -p "$tree"/{dev,etc,home,proc,root,run,sys,tmp,usr/{bin,lib,lib64,sbin},var/cache,var/log,var/tmp}
    chmod 1777 "$tree/tmp" "$tree/var/tmp"
    for tool in bin lib lib64 sbin; do
        ln -s "usr/$tool" "$tree/$tool"
    done
    for tool in awk basename cat chgrp chmod chown cmp cp cut date diff dirname env expr find grep head hostname id ip \
        ln ls mkdir mkfifo mktemp mv od printf pwd readlink rm rmdir sed seq setsid sleep sort stat tail test touch tr true \
        false uname uniq wc xargs; do
        ln -s busybox "$tree/usr/bin/$tool"
    done
    echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
    echo 'root:x:0:' >"$tree/etc/group"
    pack base-files "Version: 99" "Essential: yes" "Provides: debianutils (= 99)" \
        "Depends: busybox-static, dpkg, dash, libc-bin"
}

# ---- packages ----

# maintainer_script PACKAGE SCRIPT - of $DIR/src/PACKAGE, from standard input.
maintainer_script() {
    mkdir -p "$DIR/src/$1/DEBIAN"
    {
        echo '#!/bin/sh'
        cat
    } >"$DIR/src/$1/DEBIAN/$2"
    chmod 755 "$DIR/src/$1/DEBIAN/$2"
}

# control PACKAGE [FIELD...] - a control file on standard output; "Version: 2" and so on replace or add to the
# usual fields.
control() {
    local name=$1 field given
    shift
    given=$(printf '%s\n' "$@")
    for field in "Package: $name" "Version: 1.0" "Architecture: all" "Maintainer: Test <test@example.org>" \
        "Description: a package for a test"; do
        grep -q "^${field%%:*}:" <<<"$given" || echo "$field"
    done
    [ -z "$given" ] || echo "$given"
}

# pack PACKAGE [FIELD...] - $DIR/src/PACKAGE becomes $DIR/debs/PACKAGE.deb.
pack() {
    mkdir -p "$DIR/src/$1/DEBIAN" "$DIR/debs"
    control "$@" >"$DIR/src/$1/DEBIAN/control"
    dpkg-deb --build --root-owner-group -Zgzip -z1 "$DIR/src/$1" "$DIR/debs/$1.deb" >/dev/null
}

# pack_by_hand PACKAGE DATA.tar [FIELD...] - what dpkg-deb would not make: any tar as the data.
pack_by_hand() {
    local work=$DIR/by-hand/$1 data=$2 name=$1
    shift 2
    mkdir -p "$work" "$DIR/debs"
    control "$name" "$@" >"$work/control"
    echo 2.0 >"$work/debian-binary"
    tar -C "$work" --owner=0 --group=0 -cf "$work/control.tar" ./control
    cp "$data" "$work/data.tar"
    rm -f "$DIR/debs/$name.deb"
    (cd "$work" && ar -rcSD "$DIR/debs/$name.deb" debian-binary control.tar data.tar)
}

# ---- repositories, recipes and runs of one test ----

# with_packages [OPTION...] - $DIR/repository: the base of the file, and what is in $DIR/debs.
with_packages() {
    local debs=()
    [ -d "$DIR/repository" ] || cp -r --reflink=auto "$BASE" "$DIR/repository"
    [ ! -d "$DIR/debs" ] || debs=("$DIR"/debs/*.deb)
    "$MAKE_REPOSITORY" --key "$KEY" "$@" "$DIR/repository" "${debs[@]}"
}

# recipe MIRROR [LINE...] - writes $DIR/recipe.yaml, with lines such as "packages: [a]". What is large and of no use
# here is left out of the image: sealing it would take most of the time.
recipe() {
    local mirror=$1
    shift
    {
        cat <<END
stet: 1
name: test
ecosystem: debian
suite: test
suites: []
mirror: $mirror
keyring: $KEY/keyring.gpg
base: essential
exclude: [/usr/share/**, /usr/lib/*/gconv/**]
include: [/usr/share/test/**]
END
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$DIR/recipe.yaml"
}

# own_stet ARGUMENT... - the program with the store of the test.
own_stet() {
    "$STET_E2E_DIR/bin/stet" "$@" --store "$DIR/store"
}

# serve [OPTION...] FOLDER - starts stet-test-httpd; sets URL and HTTPD_PID.
serve() {
    local httpd=${HTTPD:-$(dirname "$STET")/../tests/support/stet-test-httpd} i
    "$httpd" "$@" >"$DIR/port" 2>"$DIR/httpd.errors" 3>&- &
    HTTPD_PID=$!
    for ((i = 0; i < 100; i++)); do
        [ ! -s "$DIR/port" ] || break
        sleep 0.05
    done
    # shellcheck disable=SC2034 # for the caller
    URL=http://127.0.0.1:$(cat "$DIR/port")
}

stop_serving() {
    [ -n "${HTTPD_PID-}" ] || return 0
    kill "$HTTPD_PID" 2>/dev/null || true
    wait "$HTTPD_PID" 2>/dev/null || true
    HTTPD_PID=
}

# ---- what must not be left ----

# gone COMMAND... - it fails within two seconds: what was killed with stet needs a moment.
gone() {
    local i
    for ((i = 0; i < 100; i++)); do
        if ! "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.02
    done
    echo "still there: $*"
    "$@"
    return 1
}

# nothing_left STORE [OUTPUT...] - no working directory, no mount, no output and nothing beside it.
nothing_left() {
    local store=$1 left
    shift
    left=$([ ! -e "$store/work" ] || find "$store/work" -mindepth 1)
    [ -z "$left" ] || {
        printf 'left in the store:\n%s\n' "$left"
        return 1
    }
    left=$(mounts_below "$DIR")
    [ -z "$left" ] || {
        printf 'still mounted:\n%s\n' "$left"
        return 1
    }
    local output
    for output in "$@"; do
        left=$(compgen -G "$output*" || true)
        [ -z "$left" ] || {
            printf 'written in spite of the failure:\n%s\n' "$left"
            return 1
        }
    done
}

# refused STATUS PATTERN COMMAND... - fails with that status and exactly one line, and leaves nothing in $DIR/store and $OUT.
refused() {
    local wanted=$1 pattern=$2
    shift 2
    run --separate-stderr "$@"
    expect_error "$wanted" "$pattern" || return 1
    # shellcheck disable=SC2154
    [ "$(wc -l <<<"$stderr")" -eq 1 ] || {
        printf 'more than a line:\n%s\n' "$stderr"
        return 1
    }
    [ -z "$output" ] || {
        printf 'on standard output: %s\n' "$output"
        return 1
    }
    nothing_left "$DIR/store" "$OUT"
}
