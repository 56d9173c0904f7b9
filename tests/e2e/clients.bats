#!/usr/bin/env bats
# Real clients read what stet writes: docker, skopeo, umoci, podman, and the image-spec's own schemas.
bats_require_minimum_version 1.5.0
load common

setup_file() {
    e2e_setup_file
    EXPECTED=$(digest_of debian)
    IMAGES=$(mktemp -d "$STET_E2E_DIR/clients.XXXXXX")
    stet build "$(locked debian)" -q -o "oci:$IMAGES/oci:debian" -o "oci-archive:$IMAGES/oci.tar:debian" \
        -o "docker-archive:$IMAGES/docker.tar:stet-e2e:debian" >/dev/null
    CONFIG=$(jq -r .config.digest "$IMAGES/oci/blobs/sha256/${EXPECTED#sha256:}")
    export EXPECTED IMAGES CONFIG
}

teardown_file() {
    if [ -n "${IMAGES-}" ]; then rm -rf "$IMAGES"; fi
    e2e_teardown_file
}

setup() {
    DIR=$(mktemp -d "$STET_E2E_DIR/client.XXXXXX")
}

teardown() {
    stop_docker
    rm -rf "$DIR" 2>/dev/null || { sleep 1; rm -rf "$DIR"; }
}

@test "docker load and docker run --network none; the image id is the config digest" {
    start_docker
    "${DOCKER[@]}" load -q -i "$IMAGES/docker.tar"
    [ "$("${DOCKER[@]}" image inspect --format '{{.Id}}' stet-e2e:debian)" = "$CONFIG" ]
    run "${DOCKER[@]}" run --rm --network none stet-e2e:debian cat /etc/debian_version
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == 13.* ]]
}

@test "skopeo inspect and skopeo copy; the manifest digest is preserved" {
    [ "$(skopeo inspect "oci:$IMAGES/oci:debian" | jq -r .Digest)" = "$EXPECTED" ]
    [ "$(skopeo inspect "oci-archive:$IMAGES/oci.tar:debian" | jq -r .Digest)" = "$EXPECTED" ]
    skopeo copy -q --preserve-digests "oci:$IMAGES/oci:debian" "oci:$DIR/copy:debian"
    [ "$(jq -r '.manifests[0].digest' "$DIR/copy/index.json")" = "$EXPECTED" ]
    skopeo copy -q --preserve-digests "oci-archive:$IMAGES/oci.tar:debian" "oci:$DIR/copy2:debian"
    [ "$(jq -r '.manifests[0].digest' "$DIR/copy2/index.json")" = "$EXPECTED" ]
    [ "sha256:$(skopeo inspect --raw --config "docker-archive:$IMAGES/docker.tar:stet-e2e:debian" | sha256sum | cut -d' ' -f1)" = "$CONFIG" ]
}

@test "umoci unpack gives the tree that stet sealed" {
    umoci unpack --image "$IMAGES/oci:debian" "$DIR/bundle"
    gzip -dc <"$IMAGES/oci/blobs/sha256/$(jq -r '.layers[0].digest' "$IMAGES/oci/blobs/sha256/${EXPECTED#sha256:}" | cut -d: -f2)" >"$DIR/layer.tar"
    "$REPOSITORY/tests/support/tree-listing" "$DIR/bundle/rootfs" >"$DIR/umoci.list"
    "$REPOSITORY/tests/support/tree-listing" "$DIR/layer.tar" >"$DIR/layer.list"
    diff "$DIR/umoci.list" "$DIR/layer.list"
}

@test "podman load of both archives; the image id is the config digest" {
    local podman=(podman --root "$DIR/podman" --runroot "$DIR/run" --storage-driver vfs)
    "${podman[@]}" load -q -i "$IMAGES/docker.tar"
    [ "sha256:$("${podman[@]}" image inspect --format '{{.Id}}' stet-e2e:debian)" = "$CONFIG" ]
    "${podman[@]}" rmi -f -a >/dev/null
    "${podman[@]}" load -q -i "$IMAGES/oci.tar"
    [ "sha256:$("${podman[@]}" images -q --no-trunc | head -n 1 | cut -d: -f2)" = "$CONFIG" ]
    "${podman[@]}" system reset -f >/dev/null 2>&1 || true
}

@test "buildah takes it as a base" {
    local buildah=(buildah --root "$DIR/buildah" --runroot "$DIR/run" --storage-driver vfs) container
    # It makes a name of the path, and names have no capitals.
    ln -s "$IMAGES/oci" "/tmp/stet-e2e-$$"
    container=$("${buildah[@]}" from "oci:/tmp/stet-e2e-$$:debian") || { rm "/tmp/stet-e2e-$$"; return 1; }
    rm "/tmp/stet-e2e-$$"
    [ "$("${buildah[@]}" inspect --format '{{.FromImageDigest}}' "$container")" = "$EXPECTED" ]
    "${buildah[@]}" rm -a >/dev/null
    "${buildah[@]}" rmi -f -a >/dev/null
}

@test "index, manifest, config and layout validate against the image-spec's JSON schemas" {
    local schemas=${STET_CORPORA:-$REPOSITORY/../shared/corpora}/oci-schema
    [ -d "$schemas" ] || skip "the schemas are not beside the checkout"
    # They name themselves by an address of the web and refer to each other by file name; without
    # the former the latter are found beside each other.
    local file
    mkdir "$DIR/schemas"
    for file in "$schemas"/*.json; do
        jq 'walk(if type == "object" and (.id | type) == "string" then del(.id) else . end)' "$file" >"$DIR/schemas/${file##*/}"
    done
    validate() {
        /usr/bin/python3 -m jsonschema --base-uri "file://$DIR/schemas/$2" -i "$1" "$DIR/schemas/$2"
    }
    validate "$IMAGES/oci/index.json" image-index-schema.json
    validate "$IMAGES/oci/oci-layout" image-layout-schema.json
    validate "$IMAGES/oci/blobs/sha256/${EXPECTED#sha256:}" image-manifest-schema.json
    validate "$IMAGES/oci/blobs/sha256/${CONFIG#sha256:}" config-schema.json
    # And the check can fail.
    jq 'del(.layers)' "$IMAGES/oci/blobs/sha256/${EXPECTED#sha256:}" >"$DIR/broken.json"
    run validate "$DIR/broken.json" image-manifest-schema.json
    [ "$status" -ne 0 ]
}

@test "stet inspect shows the image, its packages and its lock, for people and for programs" {
    run --separate-stderr "$STET_E2E_DIR/bin/stet" inspect "oci:$IMAGES/oci:debian"
    [ "$status" -eq 0 ]
    grep -q "^manifest *$EXPECTED$" <<<"$output"
    grep -q "^config *$CONFIG$" <<<"$output"
    grep -Eq '^  bash [0-9]' <<<"$output"
    local lock=$STET_E2E_DIR/debian.lock.json
    grep -q "sha256:$(sha256sum <"$lock" | cut -d' ' -f1)" <<<"$output"
    "$STET_E2E_DIR/bin/stet" inspect --json "oci:$IMAGES/oci:debian" >"$DIR/inspect.json"
    [ "$(jq -r .manifestDigest "$DIR/inspect.json")" = "$EXPECTED" ]
    [ "$(jq '.packages | length' "$DIR/inspect.json")" -eq "$(jq '.packages | length' "$lock")" ]
    jq -e '.packages[] | select(.name == "bash") | .version' "$DIR/inspect.json"
    diff <(jq -S .lock "$DIR/inspect.json") <(jq -S . "$lock")
    "$STET_E2E_DIR/bin/stet" inspect --json "docker-archive:$IMAGES/docker.tar" >"$DIR/docker.json"
    [ "$(jq -r .configDigest "$DIR/docker.json")" = "$CONFIG" ]
    [ "$("$STET_E2E_DIR/bin/stet" inspect --json "oci-archive:$IMAGES/oci.tar" | jq -r .manifestDigest)" = "$EXPECTED" ]
}

@test "the lock that an image carries builds the same image" {
    "$STET_E2E_DIR/bin/stet" inspect --json "oci:$IMAGES/oci:debian" | jq .lock >"$DIR/lock.json"
    [ "$(stet build "$DIR/lock.json" -q -o "oci:$DIR/again")" = "$EXPECTED" ]
}
