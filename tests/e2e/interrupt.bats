#!/usr/bin/env bats
# SIGINT, SIGTERM and kill -9 in every phase: the right exit status, no process, no mount, nothing
# half-written; and the next run cleans up, succeeds and gives the right digest. Also builds side by side.
bats_require_minimum_version 1.5.0
load common
load repository

setup_file() {
    e2e_setup_file
    FILE_DIR=$(mktemp -d "$STET_E2E_DIR/interrupt.XXXXXX")
    BASE=$FILE_DIR/base
    # A number that no other process of the machine sleeps for.
    NAP=2.50$RANDOM
    export FILE_DIR BASE NAP
    make_base "$BASE" tiny
    local DIR=$FILE_DIR
    # Large enough that unpacking, sealing and publishing take a moment each.
    mkdir -p "$DIR/src/large/usr/share/test"
    for part in 1 2 3 4; do
        yes "$part" | head -c 100000000 >"$DIR/src/large/usr/share/test/large-$part" || true
    done
    pack large
    echo "sleep $NAP" | maintainer_script sleeper postinst
    pack sleeper
    "$MAKE_REPOSITORY" --key "$KEY" "$BASE" "$DIR/debs"/*.deb
    rm -r "$DIR/debs" "$DIR/src"
    make_lock large
    make_lock sleeper
}

teardown_file() {
    if [ -n "${FILE_DIR-}" ]; then rm -rf "$FILE_DIR"; fi
    e2e_teardown_file
}

# The lock $FILE_DIR/NAME.json of a recipe with this package, and the digest that it gives undisturbed.
make_lock() {
    recipe "file://$BASE" "packages: [$1]"
    own_stet lock "$DIR/recipe.yaml" -q -o "$FILE_DIR/$1.json"
    own_stet build "$FILE_DIR/$1.json" -q -o "tar:$FILE_DIR/layer.tar" >"$FILE_DIR/$1.digest"
    rm "$FILE_DIR/layer.tar"
}

setup() {
    DIR=$(mktemp -d "$STET_E2E_DIR/int.XXXXXX")
    OUT=$DIR/image
    cp -rl "$FILE_DIR/store" "$DIR/store"
    BUILD=
}

teardown() {
    if [ -n "$BUILD" ]; then kill -9 "$BUILD" 2>/dev/null || true; fi
    stop_serving
    rm -rf "$DIR"
}

# begin ARGUMENT... - runs stet in the background: BUILD is its process.
begin() {
    "$STET_E2E_DIR/bin/stet" "$@" --store "$DIR/store" --verbose >"$DIR/output" 2>"$DIR/errors" 3>&- &
    BUILD=$!
}

# await COMMAND... - until it succeeds, while the build runs.
await() {
    local i
    for ((i = 0; i < 1500; i++)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        kill -0 "$BUILD" 2>/dev/null || break
        sleep 0.02
    done
    echo "never came to: $*"
    cat "$DIR/errors"
    return 1
}

# end SIGNAL - sends it and checks the exit status and what is left.
end() {
    local status=0 wanted
    kill -0 "$BUILD"
    kill "-$1" "$BUILD"
    wait "$BUILD" || status=$?
    BUILD=
    case $1 in INT) wanted=130 ;; TERM) wanted=143 ;; KILL) wanted=137 ;; esac
    [ "$status" -eq "$wanted" ] || {
        echo "status $status after $1, not $wanted"
        cat "$DIR/errors"
        return 1
    }
    [ ! -s "$DIR/output" ]
    gone pgrep -f "sleep $NAP"
    [ -z "$(mounts_below "$DIR")" ]
    if [ "$1" != KILL ]; then
        [ "$(grep -c '^stet: ' "$DIR/errors")" -eq 1 ]
        nothing_left "$DIR/store" "$OUT"
    fi
}

# no_image - neither a destination nor, in a layout, an image; kill -9 leaves temporary files at most.
no_image() {
    [ ! -e "$OUT/index.json" ] || [ "$(jq '.manifests | length' "$OUT/index.json")" -eq 0 ]
    [ ! -e "$OUT/usr" ]
}

# again LOCK DESTINATION - the next run succeeds, with the right digest, and leaves no rubbish.
again() {
    [ "$(own_stet build "$FILE_DIR/$1.json" -q -o "$2")" = "$(cat "$FILE_DIR/$1.digest")" ]
    nothing_left "$DIR/store"
}

@test "while the index is fetched" {
    local signal
    serve --fault '*/InRelease=slow:50@3' --log "$DIR/requests" "$BASE"
    recipe "$URL"
    for signal in INT TERM KILL; do
        : >"$DIR/requests"
        begin lock "$DIR/recipe.yaml" -o "$OUT"
        await grep -q InRelease "$DIR/requests"
        end "$signal"
        [ ! -e "$OUT" ]
    done
    own_stet lock "$DIR/recipe.yaml" -q -o "$OUT"
    jq -e .packages "$OUT" >/dev/null
}

@test "while packages are fetched; what was there is not fetched again" {
    local signal digest
    rm -r "$DIR/store"
    serve --fault '*/dpkg_*=slow:200000@3' --log "$DIR/requests" "$BASE"
    recipe "$URL"
    own_stet lock "$DIR/recipe.yaml" -q -o "$DIR/lock.json"
    for signal in INT TERM KILL; do
        : >"$DIR/requests"
        begin build "$DIR/lock.json" -o "oci:$OUT"
        await grep -q '/dpkg_' "$DIR/requests"
        await test -n "$(find "$DIR/store/partial" -type f -size +0 2>/dev/null || true)" || true
        sleep 0.2
        end "$signal"
        [ ! -e "$OUT" ]
    done
    : >"$DIR/requests"
    digest=$(own_stet build "$DIR/lock.json" -q -o "oci:$OUT")
    grep -Eq 'dpkg_.* 206 range=bytes=[1-9]' "$DIR/requests"
    [ "$(own_stet build "$DIR/lock.json" -q -o "oci:$DIR/second")" = "$digest" ]
    [ "$("$STET_E2E_DIR/bin/stet" build "$DIR/lock.json" -q --store "$DIR/cold" -o "oci:$DIR/third")" = "$digest" ]
}

# root_has PATH [WORK_DIR] - seen through the build's own mounts: its root may be in memory.
root_has() {
    compgen -G "/proc/$BUILD/root${2-$DIR/store/work}/stet-*/root/$1"
}

@test "while packages are unpacked" {
    local signal
    for signal in INT TERM KILL; do
        begin build "$FILE_DIR/large.json" --jobs 1 -o "oci:$OUT"
        await root_has usr/share/test/large-1
        end "$signal"
        [ ! -e "$OUT" ]
    done
    again large "oci:$OUT"
}

@test "while packages are unpacked, on disk" {
    local signal
    mkdir "$DIR/work"
    for signal in INT KILL; do
        begin build "$FILE_DIR/large.json" --jobs 1 --work-dir "$DIR/work" -o "oci:$OUT"
        await root_has usr/share/test/large-1 "$DIR/work"
        end "$signal"
        [ ! -e "$OUT" ]
    done
    # What the killed one left is removed by the next that works there.
    [ -n "$(ls "$DIR/work")" ]
    own_stet build "$FILE_DIR/large.json" -q --work-dir "$DIR/work" -o "oci:$OUT" >"$DIR/digest"
    cmp "$DIR/digest" "$FILE_DIR/large.digest"
    [ -z "$(ls "$DIR/work")" ]
}

@test "while scripts run" {
    local signal
    for signal in INT TERM KILL; do
        begin build "$FILE_DIR/sleeper.json" -o "oci:$OUT"
        await pgrep -f "sleep $NAP"
        end "$signal"
        [ ! -e "$OUT" ]
    done
    again sleeper "oci:$OUT"
}

@test "while scripts run, as an ordinary user" {
    ensure_user
    local i
    chmod 755 "$DIR" "$FILE_DIR"
    mkdir "$DIR/user"
    cp -r "$FILE_DIR/store" "$DIR/user/store"
    chown -R "$USER_NAME:" "$DIR/user"
    for signal in INT TERM KILL; do
        # setpriv keeps the process id, which runuser would not.
        setpriv --reuid "$USER_NAME" --regid "$USER_NAME" --init-groups env -i HOME="/home/$USER_NAME" PATH="$PATH" \
            ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS" \
            "$STET_E2E_DIR/bin/stet" build "$FILE_DIR/sleeper.json" --verbose --store "$DIR/user/store" \
            -o "oci:$DIR/user/image" >"$DIR/output" 2>"$DIR/errors" 3>&- &
        BUILD=$!
        await pgrep -f "sleep $NAP"
        end "$signal"
        [ ! -e "$DIR/user/image" ]
        [ "$signal" = KILL ] || nothing_left "$DIR/user/store" "$DIR/user/image"
    done
    [ "$(as_user "$STET_E2E_DIR/bin/stet" build "$FILE_DIR/sleeper.json" -q --store "$DIR/user/store" -o "oci:$DIR/user/image")" = \
        "$(cat "$FILE_DIR/sleeper.digest")" ]
    nothing_left "$DIR/user/store"
}

@test "while the root is scrubbed and sealed" {
    local signal
    for signal in INT TERM KILL; do
        begin build "$FILE_DIR/large.json" --jobs 1 -o "oci:$OUT"
        await grep -q '^scrub ' "$DIR/errors"
        end "$signal"
        [ ! -e "$OUT" ]
    done
    again large "oci:$OUT"
}

# Whatever is at or beside the destination.
something_published() {
    compgen -G "$DIR/image*"
}

@test "while the image is published: a directory tree" {
    local signal
    for signal in INT TERM KILL; do
        begin build "$FILE_DIR/large.json" --jobs 1 -o "rootfs:$OUT"
        await something_published
        end "$signal"
        [ ! -e "$OUT" ]
    done
    # Beside it kill -9 may leave a tree under another name; the next run is not disturbed by that.
    again large "rootfs:$OUT"
    [ "$(stat -c %s "$OUT/usr/share/test/large-1")" -eq 100000000 ]
}

@test "while the image is published: one tar" {
    local signal
    for signal in INT TERM KILL; do
        # A destination that is slow to take it: what is written to it is synced before it gets its name.
        begin build "$FILE_DIR/large.json" --jobs 1 -o "tar:$DIR/first.tar" -o "tar:$OUT"
        await test -e "$DIR/first.tar"
        end "$signal"
        [ ! -e "$OUT" ]
        rm -f "$DIR/first.tar"
    done
    again large "tar:$OUT"
}

@test "an image layout that is being added to keeps the images it has" {
    local signal before
    own_stet build "$FILE_DIR/sleeper.json" -q -o "oci:$DIR/layout:old" >/dev/null
    before=$(jq -c '.manifests[0]' "$DIR/layout/index.json")
    for signal in TERM KILL; do
        # Not compressed, its layer takes a while to be copied.
        begin build "$FILE_DIR/large.json" --jobs 1 --compression none -o "tar:$DIR/first.tar" -o "oci:$DIR/layout:new"
        await test -e "$DIR/first.tar"
        end "$signal"
        # The one it had; the new one is there whole (it may have come just before the signal) or not at all.
        [ "$(jq -c '.manifests[0]' "$DIR/layout/index.json")" = "$before" ]
        jq -r '.manifests[].digest | ltrimstr("sha256:")' "$DIR/layout/index.json" |
            while read -r digest; do [ -e "$DIR/layout/blobs/sha256/$digest" ] || exit 1; done
        rm -f "$DIR/first.tar"
    done
    again large "oci:$DIR/layout:new"
    [ "$(jq -r '.manifests[] | .annotations["org.opencontainers.image.ref.name"]' "$DIR/layout/index.json" | sort | paste -sd,)" = new,old ]
    # No blob is there that no image needs, and none is wrong.
    local blob
    for blob in "$DIR/layout/blobs/sha256"/*; do
        [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "$(basename "$blob")" ]
    done
}

@test "two builds at once with one store, which is empty at first" {
    rm -r "$DIR/store"
    local one two
    own_stet build "$FILE_DIR/large.json" -q -o "oci:$DIR/one" >"$DIR/one.digest" 3>&- &
    one=$!
    own_stet build "$FILE_DIR/large.json" -q -o "oci:$DIR/two" >"$DIR/two.digest" 3>&- &
    two=$!
    wait "$one"
    wait "$two"
    cmp "$DIR/one.digest" "$FILE_DIR/large.digest"
    cmp "$DIR/two.digest" "$FILE_DIR/large.digest"
    nothing_left "$DIR/store"
    [ -z "$(ls "$DIR/store/partial")" ]
}

@test "a build that is killed does not disturb one that runs beside it" {
    local other
    own_stet build "$FILE_DIR/sleeper.json" -q -o "oci:$DIR/other" >"$DIR/other.digest" 3>&- &
    other=$!
    begin build "$FILE_DIR/large.json" --jobs 1 -o "oci:$OUT"
    await root_has usr/share/test/large-1
    kill -9 "$BUILD"
    wait "$BUILD" || true
    BUILD=
    # Opening the store cleans up after the dead, and only after them.
    own_stet build "$FILE_DIR/large.json" -q --expect "$(cat "$FILE_DIR/large.digest")" -o "tar:$DIR/layer.tar" >/dev/null
    wait "$other"
    cmp "$DIR/other.digest" "$FILE_DIR/sleeper.digest"
    nothing_left "$DIR/store"
}

@test "two builds into one image layout under different tags, and two under the same" {
    local one two
    own_stet build "$FILE_DIR/sleeper.json" -q -o "oci:$OUT:one" >/dev/null 3>&- &
    one=$!
    own_stet build "$FILE_DIR/sleeper.json" -q -o "oci:$OUT:two" -o "oci:$OUT:same" >/dev/null 3>&- &
    two=$!
    wait "$one"
    wait "$two"
    [ "$(jq -r '.manifests[] | .annotations["org.opencontainers.image.ref.name"]' "$OUT/index.json" | sort | paste -sd,)" = one,same,two ]
    [ "$(jq -r '.manifests[].digest' "$OUT/index.json" | sort -u)" = "$(cat "$FILE_DIR/sleeper.digest")" ]
    [ "$(find "$OUT" -type f | wc -l)" -eq 5 ]
}
