# One digest whatever the conditions: what the files about it share. A test sets LOCK, EXPECTED (its digest) and DIR.
# shellcheck shell=bash

# same COMMAND... - runs it and compares the last line of its output with the digest expected.
same() {
    local digest
    digest=$("$@" | tail -n 1)
    [ "$digest" = "$EXPECTED" ] || {
        echo "got $digest, expected $EXPECTED"
        return 1
    }
}

# To be called from teardown: the clock, the mounts and the files of a test.
take_down() {
    restore_clock
    for mount in "$DIR/mount" "$DIR/below"; do
        if mountpoint -q "$mount"; then umount -l "$mount"; fi
    done
    rm -rf "$DIR"
}

# The uptime goes on whatever the clock is set to.
restore_clock() {
    [ -n "${BOOT-}" ] || return 0
    date -s "@$(awk -v boot="$BOOT" '{printf "%.3f", boot + $1}' /proc/uptime)" >/dev/null
    BOOT=
}

# Everything on the machine sees it, so only where that is asked for.
same_by_kernel_clock() {
    [ "${STET_TEST_SET_CLOCK-}" = 1 ] || skip "set STET_TEST_SET_CLOCK=1 on a machine of your own"
    local now later before
    now=$(date +%s)
    # Kept for take_down: what the clock says at an uptime of 0.
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

same_on_tmpfs() {
    mkdir "$DIR/mount"
    mount -t tmpfs none "$DIR/mount"
    same stet build "$LOCK" -q --work-dir "$DIR/mount" -o "oci:$DIR/out"
}

same_on_ext4() {
    mkdir "$DIR/mount"
    truncate -s 2G "$DIR/ext4.img"
    mkfs.ext4 -q "$DIR/ext4.img"
    mount -o loop "$DIR/ext4.img" "$DIR/mount" || skip "no loop devices"
    [ "$(stat -f -c %T "$DIR/mount")" = ext2/ext3 ]
    same stet build "$LOCK" -q --work-dir "$DIR/mount" -o "oci:$DIR/out"
}

same_on_overlay() {
    mkdir "$DIR/mount" "$DIR/below"
    mount -t tmpfs none "$DIR/below"
    mkdir "$DIR/below/lower" "$DIR/below/upper" "$DIR/below/work"
    mount -t overlay none -o "lowerdir=$DIR/below/lower,upperdir=$DIR/below/upper,workdir=$DIR/below/work" "$DIR/mount"
    same stet build "$LOCK" -q --work-dir "$DIR/mount" -o "oci:$DIR/out"
}

same_on_disorderfs() {
    mkdir "$DIR/mount" "$DIR/below"
    disorderfs --multi-user=yes --shuffle-dirents=yes "$DIR/below" "$DIR/mount" >/dev/null 2>&1 || skip "no FUSE"
    same stet build "$LOCK" -q --work-dir "$DIR/mount" -o "oci:$DIR/out"
}

same_in_deep_path() {
    local deep
    deep="$DIR/a b/çöğ/$(printf 'x%.0s' {1..100})"
    mkdir -p "$deep"
    (cd "$deep" && same stet build "$LOCK" -q --work-dir . -o oci:out)
}

same_by_ordinary_user() {
    ensure_user
    mkdir "$DIR/user"
    chown "$USER_NAME:" "$DIR/user"
    cp -r "$STET_E2E_DIR/store" "$DIR/user/store"
    chown -R "$USER_NAME:" "$DIR/user/store"
    chmod 644 "$LOCK"
    chmod 755 "$STET_E2E_DIR"
    same as_user "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$DIR/user/store" -o "oci:$DIR/user/out"
    # What was written is the user's own.
    [ -z "$(find "$DIR/user" ! -user "$USER_NAME")" ]
}
