#!/usr/bin/env bats
# stet diff beside diffoscope, on Debian roots that others made twice, a day and a locale apart: every entry and every
# content in which one of them finds a difference, the other finds too. What only one of them says of them is in
# docs/diff.md.
bats_require_minimum_version 1.5.0
load common

setup_file() {
    e2e_setup_file
    ROOTS=$STET_E2E_DIR/foreign
    export ROOTS
    [ -e "$ROOTS/docker-b.tar" ] || "$REPOSITORY/tests/support/make-foreign-roots" "$ROOTS" >&2
}

teardown_file() {
    rm -rf "$ROOTS"
    e2e_teardown_file
}

# compare NAME - writes stet's report on the two of that name.
compare() {
    run -1 "$STET_E2E_DIR/bin/stet" diff "$ROOTS/$1-a.tar" "$ROOTS/$1-b.tar" --format json -o "$ROOTS/$1.json"
}

# Entries and contents that diffoscope's report on two tars speaks of, a path on each line.
diffoscope_paths() {
    # Contents stand in the tree by their names; entries in a list as of tar -tv, a line for each side.
    jq -r '.. | objects | .source1? // empty | select(startswith("./"))' "$1" >"$1.paths"
    jq -r '.. | objects | select(.source1? == "file list") | .unified_diff' "$1" | grep '^[-+]' | sed -E '
        s/ (->|link to) .*//
        s/^.* [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ //' >>"$1.paths"
    sed -E 's#^\./##; s#/$##' "$1.paths" | LC_ALL=C sort -u
}

# The same of stet's report: what it says of entries and contents, but not of how they are packed.
stet_paths() {
    jq -r '.findings[] | select(.level == "entry" or .level == "content") | .path | sub("!.*"; "")' "$1" | LC_ALL=C sort -u
}

same_findings() {
    local name=$1
    diffoscope --no-progress --max-report-size 0 --max-diff-block-lines 0 --json "$ROOTS/$name.diffoscope.json" \
        "$ROOTS/$name-a.tar" "$ROOTS/$name-b.tar" || [ $? -eq 1 ]
    compare "$name"
    diffoscope_paths "$ROOTS/$name.diffoscope.json" >"$ROOTS/$name.theirs"
    stet_paths "$ROOTS/$name.json" >"$ROOTS/$name.ours"
    [ "$(wc -l <"$ROOTS/$name.theirs")" -gt 500 ]
    diff "$ROOTS/$name.theirs" "$ROOTS/$name.ours"
}

@test "two roots by mmdebstrap: the same entries and contents differ for diffoscope" {
    same_findings mmdebstrap
}

@test "two roots by debootstrap: the same, and what the packages' scripts wrote has its cause" {
    same_findings debootstrap
    jq -e '[.findings[] | select(.path == "var/cache/ldconfig/aux-cache" and .cause == "inode-cache")] | length > 0' "$ROOTS/debootstrap.json"
    jq -e '[.findings[] | select(.path == "var/log/dpkg.log" and .level == "content")] | length == 1 and .[0].cause == "build-time"' \
        "$ROOTS/debootstrap.json"
}

@test "as images by docker import: the same in their layers, and the images' own times" {
    [ -e "$ROOTS/debootstrap.ours" ] || same_findings debootstrap
    compare docker
    jq -e '.a.kind == "docker archive" and .b.kind == "docker archive"' "$ROOTS/docker.json"
    jq -e '.findings[] | select(.what == "config.created" and .cause == "build-time")' "$ROOTS/docker.json"
    # The names of layers and configs follow from what they hold.
    [ "$(jq '[.findings[] | select(.layer == null and .cause == "missing")] | length' "$ROOTS/docker.json")" -eq 0 ]
    jq '.findings |= map(select(.layer == 1))' "$ROOTS/docker.json" >"$ROOTS/layer.json"
    diff <(stet_paths "$ROOTS/layer.json") "$ROOTS/debootstrap.ours"
}
