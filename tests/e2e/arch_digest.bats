#!/usr/bin/env bats
# One digest of an Arch image, whatever the conditions. Every test builds the same lock and compares with the digest of
# the first build.
bats_require_minimum_version 1.5.0
load common
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

# The uptime goes on whatever the clock is set to.
restore_clock() {
    [ -n "${BOOT-}" ] || return 0
    date -s "@$(awk -v boot="$BOOT" '{printf "%.3f", boot + $1}' /proc/uptime)" >/dev/null
    BOOT=
}

teardown() {
    restore_clock
    for mount in "$DIR/mount" "$DIR/below"; do
        if mountpoint -q "$mount"; then umount -l "$mount"; fi
    done
    rm -rf "$DIR"
}

# same COMMAND... - runs it and compares the last line of its output with the digest expected.
same() {
    local digest
    digest=$("$@" | tail -n 1)
    [ "$digest" = "$EXPECTED" ] || {
        echo "got $digest, expected $EXPECTED"
        return 1
    }
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
    # Everything on the machine sees it, so only where that is asked for.
    [ "${STET_TEST_SET_CLOCK-}" = 1 ] || skip "set STET_TEST_SET_CLOCK=1 on a machine of your own"
    local now later before
    now=$(date +%s)
    # Kept for teardown: what the clock says at an uptime of 0.
    BOOT=$(awk -v now="$(date +%s.%N)" '{printf "%.3f", now - $1}' /proc/uptime)
    date -s "@$((now + 31536000))" >/dev/null
    later=$(stet build "$LOCK" -q -o "oci:$DIR/later" | tail -n 1) || true
    date -s "@$((now - 4 * 31536000))" >/dev/null
    before=$(stet build "$LOCK" -q -o "oci:$DIR/before" | tail -n 1) || true
    restore_clock
    echo "a year later $later, four years before $before"
    [ "$later" = "$EXPECTED" ]
    [ "$before" = "$EXPECTED" ]
}

@test "work directory on tmpfs, and another path, deep and with odd characters" {
    mkdir "$DIR/mount"
    mount -t tmpfs none "$DIR/mount"
    same stet build "$LOCK" -q --work-dir "$DIR/mount" -o "oci:$DIR/out"
    local deep
    deep="$DIR/a b/çöğ/$(printf 'x%.0s' {1..100})"
    mkdir -p "$deep"
    (cd "$deep" && same stet build "$LOCK" -q --work-dir . -o oci:out)
}

@test "work directory on ext4" {
    mkdir "$DIR/mount"
    truncate -s 2G "$DIR/ext4.img"
    mkfs.ext4 -q "$DIR/ext4.img"
    mount -o loop "$DIR/ext4.img" "$DIR/mount" || skip "no loop devices"
    [ "$(stat -f -c %T "$DIR/mount")" = ext2/ext3 ]
    same stet build "$LOCK" -q --work-dir "$DIR/mount" -o "oci:$DIR/out"
}

@test "work directory on overlay" {
    mkdir "$DIR/mount" "$DIR/below"
    mount -t tmpfs none "$DIR/below"
    mkdir "$DIR/below/lower" "$DIR/below/upper" "$DIR/below/work"
    mount -t overlay none -o "lowerdir=$DIR/below/lower,upperdir=$DIR/below/upper,workdir=$DIR/below/work" "$DIR/mount"
    same stet build "$LOCK" -q --work-dir "$DIR/mount" -o "oci:$DIR/out"
}

@test "work directory under disorderfs with shuffled directory order" {
    mkdir "$DIR/mount" "$DIR/below"
    disorderfs --multi-user=yes --shuffle-dirents=yes "$DIR/below" "$DIR/mount" >/dev/null 2>&1 || skip "no FUSE"
    same stet build "$LOCK" -q --work-dir "$DIR/mount" -o "oci:$DIR/out"
}

@test "cold store; offline, from the store alone" {
    same "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$DIR/store" -o "oci:$DIR/out"
    same unshare --net "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --offline --store "$DIR/store" -o "oci:$DIR/offline"
}

@test "an ordinary user, who is not root anywhere" {
    ensure_user
    mkdir "$DIR/user"
    chown "$USER_NAME:" "$DIR/user"
    cp -r "$STET_E2E_DIR/store" "$DIR/user/store"
    chown -R "$USER_NAME:" "$DIR/user/store"
    chmod 644 "$LOCK"
    chmod 755 "$STET_E2E_DIR"
    same as_user "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$DIR/user/store" -o "oci:$DIR/user/out"
    [ -z "$(find "$DIR/user" ! -user "$USER_NAME")" ]
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
