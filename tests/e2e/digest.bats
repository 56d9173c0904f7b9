#!/usr/bin/env bats
# One digest, whatever the conditions. Every test builds the same lock of real packages and
# compares with the digest of the first build.
bats_require_minimum_version 1.5.0
load common
load variations

setup_file() {
    e2e_setup_file
    EXPECTED=$(digest_of debian)
    export EXPECTED
}

teardown_file() {
    e2e_teardown_file
}

setup() {
    LOCK=$(locked debian)
    DIR=$(mktemp -d "$STET_E2E_DIR/digest.XXXXXX")
    chmod 755 "$DIR"
}

teardown() {
    take_down
}

@test "the digest printed is the manifest's, and the manifest names the layer's" {
    local image=$STET_E2E_DIR/images manifest
    manifest=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "debian").digest' "$image/index.json")
    [ "$manifest" = "$EXPECTED" ]
    [ "sha256:$(sha256sum <"$image/blobs/sha256/${manifest#sha256:}" | cut -d' ' -f1)" = "$manifest" ]
    local layer diff_id config
    layer=$(jq -r '.layers[0].digest' "$image/blobs/sha256/${manifest#sha256:}")
    config=$(jq -r '.config.digest' "$image/blobs/sha256/${manifest#sha256:}")
    diff_id=$(jq -r '.rootfs.diff_ids[0]' "$image/blobs/sha256/${config#sha256:}")
    [ "sha256:$(sha256sum <"$image/blobs/sha256/${layer#sha256:}" | cut -d' ' -f1)" = "$layer" ]
    [ "sha256:$(gzip -dc <"$image/blobs/sha256/${layer#sha256:}" | sha256sum | cut -d' ' -f1)" = "$diff_id" ]
}

@test "one job and two" {
    same stet build "$LOCK" -q --jobs 1 -o "oci:$DIR/one"
    same stet build "$LOCK" -q --jobs 2 -o "oci:$DIR/two"
}

@test "time zone, locale, no HOME, other environment" {
    same env -u HOME TZ=Pacific/Kiritimati LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 DEBIAN_FRONTEND=dialog \
        PERL5OPT=-w POSIXLY_CORRECT=1 "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$STET_E2E_DIR/store" -o "oci:$DIR/out"
}

@test "umask 077 and umask 000" {
    (umask 077 && same stet build "$LOCK" -q -o "oci:$DIR/closed")
    (umask 000 && same stet build "$LOCK" -q -o "oci:$DIR/open")
}

@test "another host name" {
    same unshare --uts sh -c 'hostname not-the-same.example.org && exec "$@"' sh \
        "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$STET_E2E_DIR/store" -o "oci:$DIR/out"
}

@test "wall clock a year later, by faketime for stet itself" {
    case $STET in *sanitize*) skip "libfaketime and AddressSanitizer both want to be loaded first" ;; esac
    same faketime '+1 year' "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$STET_E2E_DIR/store" -o "oci:$DIR/out"
}

@test "wall clock a year later and before the epoch, by the kernel's own clock" {
    # What the kernel's clock could change, the times of files, is varied in
    # tests/unit/build/test_build_finished.c on every run.
    same_by_kernel_clock
}

@test "work directory on tmpfs" {
    same_on_tmpfs
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

@test "another build path, deep and with odd characters" {
    same_in_deep_path
}

@test "cold store" {
    same "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$DIR/store" -o "oci:$DIR/out"
}

@test "offline, from the store alone" {
    same unshare --net "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --offline --store "$STET_E2E_DIR/store" -o "oci:$DIR/out"
}

@test "an ordinary user, who is not root anywhere" {
    same_by_ordinary_user
}

@test "builds of stet by gcc and clang, -O0 and -O3" {
    case $STET in *sanitize*) skip "once is enough: compilers are varied here anyway" ;; esac
    local compiler level
    for compiler in gcc clang; do
        for level in 0 3; do
            CC=$compiler meson setup "$DIR/$compiler$level" "$REPOSITORY" -Dtests=false -Dbuildtype=plain \
                -Doptimization="$level" >/dev/null
            ninja -C "$DIR/$compiler$level" >/dev/null
            same "$DIR/$compiler$level/cmd/stet" build "$LOCK" -q --store "$STET_E2E_DIR/store" -o "oci:$DIR/out"
        done
    done
}

@test "from the recipe: the lock it makes is the same twice, and builds to the same digest" {
    stet lock "$REPOSITORY/recipes/debian.yaml" -q -o "$DIR/again.json"
    cmp "$DIR/again.json" "$LOCK" || skip "the mirror changed meanwhile"
    same stet build "$REPOSITORY/recipes/debian.yaml" -q --lock-out "$DIR/used.json" -o "oci:$DIR/out"
    cmp "$DIR/used.json" "$LOCK"
}

@test "several destinations at once hold the same image" {
    same stet build "$LOCK" -q -o "oci:$DIR/out:a" -o "oci-archive:$DIR/a.tar:a" -o "docker-archive:$DIR/d.tar:stet:a" \
        -o "tar:$DIR/layer.tar" -o "rootfs:$DIR/root"
    local config
    config=$(jq -r .config.digest "$DIR/out/blobs/sha256/${EXPECTED#sha256:}")
    [ "$(tar -xOf "$DIR/a.tar" index.json | jq -r '.manifests[0].digest')" = "$EXPECTED" ]
    [ "sha256:$(tar -xOf "$DIR/d.tar" "${config#sha256:}.json" | sha256sum | cut -d' ' -f1)" = "$config" ]
    [ "sha256:$(sha256sum <"$DIR/layer.tar" | cut -d' ' -f1)" = "$(jq -r '.rootfs.diff_ids[0]' "$DIR/out/blobs/sha256/${config#sha256:}")" ]
    "$REPOSITORY/tests/support/tree-listing" "$DIR/layer.tar" >"$DIR/layer.list"
    "$REPOSITORY/tests/support/tree-listing" "$DIR/root" >"$DIR/root.list"
    cmp "$DIR/layer.list" "$DIR/root.list"
}

@test "--expect: 0 with the right digest; 1 and nothing published with another" {
    same stet build "$LOCK" -q --expect "$EXPECTED" -o "oci:$DIR/right"
    run --separate-stderr stet build "$LOCK" -q --expect "sha256:$(printf '0%.0s' {1..64})" -o "oci:$DIR/wrong"
    expect_error 1 "$EXPECTED"
    [ ! -e "$DIR/wrong" ]
}

@test "a layer that is not compressed: the same tar, and the lock in the image knows" {
    local digest manifest config
    digest=$(stet build "$LOCK" -q --compression none --lock-out "$DIR/none.json" -o "oci:$DIR/none:t")
    [ "$digest" != "$EXPECTED" ]
    [ "$(stet build "$DIR/none.json" -q -o "oci:$DIR/again:t")" = "$digest" ]
    same stet build "$DIR/none.json" -q --compression gzip -o "oci:$DIR/gzip:t"
    manifest=$DIR/none/blobs/sha256/${digest#sha256:}
    [ "$(jq -r '.layers[0].mediaType' "$manifest")" = application/vnd.oci.image.layer.v1.tar ]
    config=$DIR/none/blobs/sha256/$(jq -r '.config.digest | ltrimstr("sha256:")' "$manifest")
    [ "$(jq -r '.layers[0].digest' "$manifest")" = "$(jq -r '.rootfs.diff_ids[0]' "$config")" ]
    # The config, which is the image's id for container engines, is the same.
    [ "$(jq -r '.config.digest' "$manifest")" = "$(manifest_field .config.digest)" ]
    skopeo --insecure-policy copy -q "oci:$DIR/none:t" "dir:$DIR/copy"
    [ "$(sha256_of <"$DIR/copy/manifest.json")" = "$digest" ]
}

# manifest_field FILTER - of the first build's image.
manifest_field() {
    jq -r "$1" "$STET_E2E_DIR/images/blobs/sha256/${EXPECTED#sha256:}"
}

sha256_of() {
    echo "sha256:$(sha256sum | cut -d' ' -f1)"
}

@test "stet tar and stet gzip make the same layer of the same root; GNU tar makes the same tar" {
    local root=$DIR/root config
    same stet build "$LOCK" -q -o "rootfs:$root"
    "$STET_E2E_DIR/bin/stet" tar "$root" -q >"$DIR/tar"
    config=$STET_E2E_DIR/images/blobs/sha256/$(manifest_field '.config.digest | ltrimstr("sha256:")')
    [ "$(sha256_of <"$DIR/tar")" = "$(jq -r '.rootfs.diff_ids[0]' "$config")" ]
    [ "$("$STET_E2E_DIR/bin/stet" gzip -j 1 <"$DIR/tar" | sha256_of)" = "$(manifest_field '.layers[0].digest')" ]
    [ "$("$STET_E2E_DIR/bin/stet" gzip -j 3 <"$DIR/tar" | sha256_of)" = "$(manifest_field '.layers[0].digest')" ]
    # The command that docs/format-1.md gives.
    (
        export LC_ALL=C TZ=UTC
        tar -C "$root" --format=pax --sort=name --numeric-owner -b1 \
            --xattrs --xattrs-include='user.*' --xattrs-include=security.capability \
            --pax-option='exthdr.name=././@PaxHeader,delete=atime,delete=ctime,exthdr.mtime={1970-01-01 00:00Z}' \
            --transform='flags=rh;s,^\./,,' -cf - .
    ) | cmp - "$DIR/tar"
}
