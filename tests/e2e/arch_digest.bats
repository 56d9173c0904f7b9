#!/usr/bin/env bats
# One digest of an Arch image, whatever the conditions. Every test builds the same lock and compares with the digest of
# the first build.
bats_require_minimum_version 1.5.0
load common
load variations
load arch

setup_file() {
    e2e_setup_file
    arch_setup
    EXPECTED=$(arch_digest)
    export EXPECTED
}

teardown_file() {
    e2e_teardown_file
}

setup() {
    arch_setup
    LOCK=$(arch_lock)
    DIR=$(mktemp -d "$STET_E2E_DIR/arch-digest.XXXXXX")
    chmod 755 "$DIR"
}

teardown() {
    take_down
}

@test "one job and two" {
    same stet build "$LOCK" -q --jobs 1 -o "oci:$DIR/one"
    same stet build "$LOCK" -q --jobs 2 -o "oci:$DIR/two"
}

@test "time zone, locale, no HOME, other environment, umask, host name" {
    same env -u HOME TZ=Pacific/Kiritimati LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 POSIXLY_CORRECT=1 BASH_ENV=/nowhere GNUPGHOME=/nowhere \
        CHROOT=/nowhere "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$STET_E2E_DIR/store" -o "oci:$DIR/out"
    (umask 077 && same stet build "$LOCK" -q -o "oci:$DIR/closed")
    (umask 000 && same stet build "$LOCK" -q -o "oci:$DIR/open")
    same unshare --uts sh -c 'hostname not-the-same.example.org && exec "$@"' sh \
        "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$STET_E2E_DIR/store" -o "oci:$DIR/named"
}

@test "wall clock some years later and before the epoch, by faketime for stet itself" {
    case $STET in *sanitize*) skip "libfaketime and AddressSanitizer both want to be loaded first" ;; esac
    local date
    for date in '2028-03-01 12:00:00' '2041-01-01 00:00:00' '2019-05-05 05:05:05'; do
        same faketime "$date" "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$STET_E2E_DIR/store" -o "oci:$DIR/out"
    done
}

@test "wall clock a year later and before the epoch, by the kernel's own clock" {
    same_by_kernel_clock
}

@test "work directory on tmpfs, and another path, deep and with odd characters" {
    same_on_tmpfs
    same_in_deep_path
}

@test "work directory on ext4" {
    same_on_ext4
}

@test "work directory on overlay" {
    same_on_overlay
}

@test "work directory under disorderfs with shuffled directory order" {
    same_on_disorderfs
}

@test "cold store; offline, from the store alone" {
    same "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$DIR/store" -o "oci:$DIR/out"
    same unshare --net "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --offline --store "$DIR/store" -o "oci:$DIR/offline"
}

@test "an ordinary user, who is not root anywhere" {
    same_by_ordinary_user
}

@test "from the recipe, with one thread and with two: the lock it makes is the same, and builds to the same digest" {
    stet lock "$(arch_full_recipe)" -q --jobs 1 -o "$DIR/again.json"
    cmp "$DIR/again.json" "$LOCK"
    same "$STET_E2E_DIR/bin/stet" build "$(arch_full_recipe)" -q --store "$DIR/store" --lock-out "$DIR/used.json" -o "oci:$DIR/out"
    cmp "$DIR/used.json" "$LOCK"
}

@test "from the recipe on another day and in another place" {
    case $STET in *sanitize*) skip "libfaketime and AddressSanitizer both want to be loaded first" ;; esac
    TZ=America/St_Johns LC_ALL=C faketime '2031-01-01 00:00:00' "$STET_E2E_DIR/bin/stet" lock "$(arch_full_recipe)" -q --store "$DIR/store" \
        -o "$DIR/later.json"
    cmp "$DIR/later.json" "$LOCK"
}

# without_pacman COMMAND... - on a machine that has no package manager of Arch; hooks, a configuration and programs that fail are
# where those of this machine would be.
without_pacman() {
    mkdir -p "$DIR"/{bin,share,etc}/{upper,work} "$DIR/share/upper/libalpm/hooks" "$DIR/etc/upper/pacman.d/hooks" "$DIR/etc/upper/pacman.d/gnupg"
    printf '#!/bin/sh\necho "$0 $*" >>%s\nexit 1\n' "$DIR/trapped" >"$DIR/trap"
    local name
    for name in pacman pacman-key pacman-conf makepkg repo-add vercmp; do
        install -m 755 "$DIR/trap" "$DIR/bin/upper/$name"
    done
    cp "$ARCH_PACKAGES/hooks/50-overridden.hook" "$DIR/share/upper/libalpm/hooks/00-of-the-host.hook"
    cp "$ARCH_PACKAGES/hooks/50-overridden.hook" "$DIR/etc/upper/pacman.d/hooks/01-of-the-host.hook"
    echo broken >"$DIR/etc/upper/pacman.conf"
    # shellcheck disable=SC2016 # for the shell inside
    unshare --mount bash -ec 'dir=$1
        shift
        mount -t overlay none -o "lowerdir=/usr/bin,upperdir=$dir/bin/upper,workdir=$dir/bin/work" /usr/bin
        mount -t overlay none -o "lowerdir=/usr/share,upperdir=$dir/share/upper,workdir=$dir/share/work" /usr/share
        mount -t overlay none -o "lowerdir=/etc,upperdir=$dir/etc/upper,workdir=$dir/etc/work" /etc
        exec "$@"' bash "$DIR" "$@"
}

@test "a machine without pacman, or with one that is broken: stet uses nothing of it" {
    same without_pacman "$STET_E2E_DIR/bin/stet" build "$(arch_full_recipe)" -q --store "$DIR/store" -o "oci:$DIR/out"
    [ ! -e "$DIR/trapped" ] || {
        cat "$DIR/trapped"
        return 1
    }
    # The traps do work.
    run -1 without_pacman pacman -V
    [ -s "$DIR/trapped" ]
}

# Building can not be watched so: what runs in the sandbox is traced already. The traps above are for that.
@test "resolving opens no file of this machine's pacman" {
    case $STET in *sanitize*) skip "the leak check does not work under strace" ;; esac
    strace -f -qq -e trace=file -o "$DIR/trace" \
        "$STET_E2E_DIR/bin/stet" lock "$(arch_full_recipe)" -q --store "$DIR/store" -o "$DIR/lock.json"
    cmp "$DIR/lock.json" "$LOCK"
    grep -q core.db "$DIR/trace"
    run ! grep -E '"/(usr/s?bin/(pacman|makepkg|repo-add|vercmp)|usr/share/(libalpm|pacman|makepkg)|etc/(pacman|makepkg)|var/(lib|cache)/pacman)' "$DIR/trace"
}

@test "several destinations hold the same image; what is in the tar is in the root" {
    same stet build "$LOCK" -q -o "oci:$DIR/out:a" -o "oci-archive:$DIR/a.tar:a" -o "tar:$DIR/layer.tar"
    [ "$(tar -xOf "$DIR/a.tar" index.json | jq -r '.manifests[0].digest')" = "$EXPECTED" ]
    "$REPOSITORY/tests/support/tree-listing" "$DIR/layer.tar" >"$DIR/layer.list"
    "$REPOSITORY/tests/support/tree-listing" "$ARCH_DIR/root" >"$DIR/root.list"
    cmp "$DIR/layer.list" "$DIR/root.list"
}
