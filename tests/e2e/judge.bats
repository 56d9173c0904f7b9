#!/usr/bin/env bats
# The same tree as the independent judge's: mmdebstrap makes a root of the same package versions, and
# every path, type, mode, owner, size, link target, xattr and content must be equal, but for what
# docs/debian.md lists under "Where the tree differs from mmdebstrap's".
bats_require_minimum_version 1.5.0
load common

setup_file() {
    e2e_setup_file
}

teardown_file() {
    e2e_teardown_file
}

setup() {
    DIR=$(mktemp -d "$STET_E2E_DIR/judge.XXXXXX")
}

teardown() {
    rm -rf "$DIR"
}

# The globs of the list, one a line: the first column of the table in the document.
listed_differences() {
    sed -n '/^## Where the tree differs/,/^## /p' "$REPOSITORY/docs/debian.md" |
        sed -n 's/^| `\([^`]*\)` |.*/\1/p'
}

# sources_of LOCK - the indexes of a lock as lines of sources.list(5).
sources_of() {
    jq -r '.indexes[] | "deb " + .mirror + " " + .suite + " " + .component' "$1"
}

# versions LISTING-OF-STATUS - "name version architecture", sorted.
versions() {
    awk '/^Package: /{p = $2} /^Version: /{v = $2} /^Architecture: /{a = $2} /^$/{print p, v, a}
        END{if (p) print p, v, a}' "$1" | sort -u
}

# compare RECIPE-FILE SUITE [--include=…] - builds by both and compares.
compare() {
    local recipe=$1 suite=$2 unlisted
    shift 2
    stet lock "$recipe" -q -o "$DIR/lock.json"
    stet build "$DIR/lock.json" -q -o "tar:$DIR/stet.tar" >/dev/null
    mapfile -t sources < <(sources_of "$DIR/lock.json")
    # The judge dates accounts by this variable; stet's own scripts see a clock that stands there.
    SOURCE_DATE_EPOCH=$(date -d "$(jq -r .epoch "$DIR/lock.json")" +%s) mmdebstrap --quiet --variant=minbase "$@" "$suite" "$DIR/judge.tar" "${sources[@]}"

    mkdir "$DIR/a" "$DIR/b"
    tar -xOf "$DIR/judge.tar" ./var/lib/dpkg/status >"$DIR/a/status"
    tar -xOf "$DIR/stet.tar" var/lib/dpkg/status >"$DIR/b/status"
    diff <(versions "$DIR/a/status") <(versions "$DIR/b/status") || {
        echo "the judge took other versions"
        return 1
    }
    "$REPOSITORY/tests/support/tree-listing" "$DIR/judge.tar" >"$DIR/judge.list"
    "$REPOSITORY/tests/support/tree-listing" "$DIR/stet.tar" >"$DIR/stet.list"
    listed_differences >"$DIR/globs"
    [ -s "$DIR/globs" ]
    unlisted=$(diff "$DIR/judge.list" "$DIR/stet.list" | sed -n 's/^[<>] //p' | while IFS= read -r line; do
        path=${line%%$'\t'*}
        while IFS= read -r glob; do
            # shellcheck disable=SC2053 # a pattern on purpose
            [[ $path == $glob ]] && continue 2
        done <"$DIR/globs"
        printf '%s\n' "$line"
    done)
    [ -z "$unlisted" ] || {
        printf 'differs without a reason in docs/debian.md:\n%s\n' "$unlisted"
        return 1
    }
    # What is compared is a whole system, not two empty lists.
    [ "$(wc -l <"$DIR/stet.list")" -gt 4000 ]
}

recipe() {
    cat >"$DIR/recipe.yaml"
    echo "$DIR/recipe.yaml"
}

@test "trixie minbase" {
    compare "$(recipe <<'EOF'
stet: 1
name: judge
ecosystem: debian
suite: trixie
mirror: system
base: minbase
EOF
)" trixie
}

@test "bookworm minbase" {
    compare "$(recipe <<'EOF'
stet: 1
name: judge
ecosystem: debian
suite: bookworm
mirror: system
base: minbase
EOF
)" bookworm
}

@test "trixie with ca-certificates, python3-minimal and openssh-server" {
    compare "$(recipe <<'EOF'
stet: 1
name: judge
ecosystem: debian
suite: trixie
mirror: system
base: minbase
packages: [ca-certificates, python3-minimal, openssh-server]
EOF
)" trixie --include=ca-certificates,python3-minimal,openssh-server
}

# In the image itself: what dpkg and apt say of it. apt needs the network of this machine for one more package.
@test "dpkg --audit and apt-get check are silent, and apt-get install works in the image" {
    local root=$DIR/root output
    stet build "$(locked debian)" -q -o "rootfs:$root" >/dev/null
    output=$(chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg --audit 2>&1)
    [ -z "$output" ]
    output=$(chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin apt-get -qq check 2>&1)
    [ -z "$output" ]
    [ "$(chroot "$root" dpkg --verify 2>&1)" = "" ]
    cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
    cp /etc/hosts "$root/etc/hosts"
    mount -t proc none "$root/proc"
    mount --bind /dev "$root/dev"
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        sh -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends hello >/dev/null && hello' >"$DIR/said" 2>"$DIR/errors" || {
        cat "$DIR/said" "$DIR/errors"
        umount "$root/dev" "$root/proc"
        return 1
    }
    umount "$root/dev" "$root/proc"
    grep -q 'Hello, world!' "$DIR/said"
}

@test "debian-slim keeps copyright files, drops the rest, and later installs do the same" {
    local root=$DIR/root
    stet build "$(locked debian-slim)" -q -o "rootfs:$root" >/dev/null
    [ -s "$root/usr/share/doc/bash/copyright" ]
    [ -z "$(find "$root/usr/share/doc" -type f ! -name copyright -print -quit)" ]
    [ ! -e "$root/usr/share/man/man1" ] || [ -z "$(find "$root/usr/share/man" -type f -print -quit)" ]
    [ -z "$(find "$root/usr/share/locale" -name '*.mo' -print -quit)" ]
    cp /etc/hosts "$root/etc/hosts"
    cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
    mount --bind /dev "$root/dev"
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        sh -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends hello >/dev/null' || {
        umount "$root/dev"
        return 1
    }
    umount "$root/dev"
    [ -s "$root/usr/share/doc/hello/copyright" ]
    [ "$(find "$root/usr/share/doc/hello" -type f | wc -l)" -eq 1 ]
    [ -z "$(find "$root/usr/share/man" -name 'hello*' -print -quit)" ]
}
