#!/usr/bin/env bats
# Everything that can be wrong with what stet is given: one line that names the thing, the place and the
# reason, the right exit status, and nothing half-written.
bats_require_minimum_version 1.5.0
load common
load repository

setup_file() {
    e2e_setup_file
    FILE_DIR=$(mktemp -d "$STET_E2E_DIR/badinput.XXXXXX")
    BASE=$FILE_DIR/base
    LOCK=$FILE_DIR/lock.json
    export FILE_DIR BASE LOCK
    make_base "$BASE" tiny
    DIR=$FILE_DIR
    recipe "file://$BASE"
    "$STET_E2E_DIR/bin/stet" lock "$FILE_DIR/recipe.yaml" -q --store "$FILE_DIR/store" -o "$LOCK"
    start_stalled_build
}

teardown_file() {
    if [ -n "${STALLED_SERVER-}" ]; then kill "$STALLED_SERVER" "$STALLED_BUILD" 2>/dev/null || true; fi
    if [ -n "${FILE_DIR-}" ]; then rm -rf "$FILE_DIR"; fi
    e2e_teardown_file
}

setup() {
    DIR=$(mktemp -d "$STET_E2E_DIR/bad.XXXXXX")
    OUT=$DIR/image
}

teardown() {
    stop_serving
    local mount
    while read -r mount; do umount -l "$mount"; done < <(mounts_below "$DIR")
    rm -rf "$DIR"
}

# A server that stalls takes 30 seconds to be noticed: this build waits while the other tests run.
start_stalled_build() {
    local DIR=$FILE_DIR/stalled
    mkdir "$DIR"
    serve --fault '*/dpkg_*.deb=stall:100000@1' --log "$DIR/requests" "$BASE"
    STALLED_SERVER=$HTTPD_PID
    recipe "$URL"
    (
        own_stet build "$DIR/recipe.yaml" --jobs 1 -o "oci:$DIR/out" >"$DIR/digest" 2>"$DIR/errors" 3>&-
        echo $? >"$DIR/status"
    ) 3>&- &
    STALLED_BUILD=$!
    export STALLED_SERVER STALLED_BUILD
}

# own_stet on a machine that says it has as much memory as $DIR/meminfo.
own_stet_with_memory() {
    # shellcheck disable=SC2016 # for the shell inside
    unshare --mount bash -c 'mount --bind "$1" /proc/meminfo && shift && exec "$@"' bash \
        "$DIR/meminfo" "$STET_E2E_DIR/bin/stet" "$@" --store "$DIR/store"
}

# refused_build STATUS PATTERN [ARGUMENT...] - of $DIR/recipe.yaml.
refused_build() {
    local wanted=$1 pattern=$2
    shift 2
    refused "$wanted" "$pattern" own_stet build "$DIR/recipe.yaml" -q -o "oci:$OUT" "$@"
}

# refused_lock STATUS PATTERN - a build of $DIR/lock.json.
refused_lock() {
    refused "$1" "$2" own_stet build "$DIR/lock.json" -q -o "oci:$OUT"
}

line_of() {
    grep -n "$1" "$DIR/recipe.yaml" | cut -d: -f1
}

# ---- recipes ----

@test "recipe: an unknown key, with file, line and column and what was meant" {
    recipe "file://$BASE" "pacakges: [dpkg]"
    refused_build 2 "^stet: $DIR/recipe.yaml:$(line_of pacakges):1: .*pacakges.*packages"
    refused 2 "recipe.yaml:$(line_of pacakges):1: " own_stet lock "$DIR/recipe.yaml" -q -o "$OUT"
}

@test "recipe: a wrong type" {
    recipe "file://$BASE" "packages: dpkg" "architecture: [amd64]"
    refused_build 2 "^stet: $DIR/recipe.yaml:$(line_of packages):11: 'packages' must be .*not a string"
}

@test "recipe: a bad value, also one that only the distribution can judge" {
    recipe "file://$BASE" "epoch: yesterday"
    refused_build 2 "^stet: $DIR/recipe.yaml:$(line_of epoch):8: .*epoch.*yesterday"
    recipe "file://$BASE"
    sed -i 's/^base: .*/base: everything/' "$DIR/recipe.yaml"
    refused_build 2 'base.*everything.*minbase'
    sed -i 's/^base: .*/base: essential/; s/^ecosystem: .*/ecosystem: debain/' "$DIR/recipe.yaml"
    refused_build 2 'debain.*debian'
}

@test "recipe: no YAML, no such file, a keyring that is not there" {
    printf 'stet: 1\nname: [a\n' >"$DIR/recipe.yaml"
    refused_build 2 "^stet: $DIR/recipe.yaml:[0-9]+:[0-9]+: "
    rm "$DIR/recipe.yaml"
    refused_build 2 "$DIR/recipe.yaml.*No such file"
    recipe "file://$BASE"
    sed -i "s,^keyring: .*,keyring: $DIR/none.gpg," "$DIR/recipe.yaml"
    refused_build 2 "keyring $DIR/none.gpg.*does not exist"
}

@test "recipe: a mirror that is not there" {
    recipe "file://$DIR/nowhere"
    refused_build 2 "suite test.*$DIR/nowhere/dists/test/InRelease"
    recipe "http://127.0.0.1:1"
    refused_build 3 'http://127.0.0.1:1/dists/test/InRelease.*(onnect|refused)'
}

# ---- dependencies ----

@test "an unknown package, asked for and depended on" {
    recipe "file://$BASE" "packages: [no-such-package]"
    refused_build 2 'no-such-package'
    pack needy "Depends: no-such-library (>= 2)"
    with_packages
    recipe "file://$DIR/repository" "packages: [needy]"
    refused_build 2 'needy.*no-such-library \(>= 2\)'
}

@test "a version that is not there" {
    recipe "file://$BASE" "packages: [dpkg=99.99]"
    refused_build 2 'dpkg.*99\.99'
}

@test "a dependency that cannot be met: which one, and through whom" {
    pack old-library
    pack middle "Depends: old-library (>= 2)"
    pack top "Depends: middle"
    with_packages
    recipe "file://$DIR/repository" "packages: [top]"
    refused_build 2 'middle 1\.0.*old-library \(>= 2\)'
    # shellcheck disable=SC2154 # set by run --separate-stderr
    grep -q 'top' <<<"$stderr"
}

@test "packages that conflict" {
    pack fire "Conflicts: water"
    pack water
    with_packages
    recipe "file://$DIR/repository" "packages: [fire, water]"
    refused_build 2 'fire 1\.0 conflicts with water'
}

# ---- the signed index ----

@test "an index past its date of expiry" {
    with_packages --valid-until '2026-01-08 00:00:00 UTC'
    recipe "file://$DIR/repository"
    refused_build 2 "$DIR/repository/dists/test/InRelease.*valid until 2026-01-08T00:00:00Z"
    # For a dated snapshot the recipe may say otherwise.
    recipe "file://$DIR/repository" "check-valid-until: false"
    own_stet lock "$DIR/recipe.yaml" -q -o "$DIR/lock.json"
    [ -s "$DIR/lock.json" ]
}

@test "an index from the future" {
    with_packages --date '2096-01-01 00:00:00 UTC'
    recipe "file://$DIR/repository"
    refused_build 2 'InRelease.*2096-01-01T00:00:00Z.*future'
}

@test "an index that is not signed, or by another key" {
    with_packages --unsigned
    recipe "file://$DIR/repository"
    refused_build 2 "$DIR/repository/dists/test/InRelease: it is not signed"
    with_packages --key "$DIR/other-key"
    refused_build 2 'InRelease.*not signed by a key of the keyring'
}

@test "an index whose text was changed after signing, before it, or whose signature is another's" {
    with_packages
    recipe "file://$DIR/repository"
    local release=$DIR/repository/dists/test/InRelease
    cp "$release" "$DIR/right"
    sed -i 's/^Origin: Test/Origin: Evil/' "$release"
    refused_build 2 'InRelease.*wrong signature'
    # Text outside the signature is not part of what was signed, so it must not pass silently.
    { echo "Origin: Evil"; cat "$DIR/right"; } >"$release"
    refused_build 2 'InRelease.*not signed'
    with_packages --date '2026-02-02 00:00:00 UTC'
    cp "$release" "$DIR/later"
    { sed '/BEGIN PGP SIGNATURE/,$d' "$DIR/right"; sed -n '/BEGIN PGP SIGNATURE/,$p' "$DIR/later"; } >"$release"
    refused_build 2 'InRelease.*wrong signature'
    sed '/BEGIN PGP SIGNATURE/,$d' "$DIR/right" >"$release"
    refused_build 2 'InRelease'
    : >"$release"
    refused_build 2 'InRelease'
}

@test "an index of another suite" {
    with_packages --suite other
    mv "$DIR/repository/dists/other/InRelease" "$DIR/repository/dists/test/InRelease"
    recipe "file://$DIR/repository"
    refused_build 2 'InRelease.*index of other.*not of test'
}

@test "an older index than one seen before: by the store's memory and by a lock's" {
    with_packages --date '2026-03-03 00:00:00 UTC'
    recipe "file://$DIR/repository"
    own_stet lock "$DIR/recipe.yaml" -q -o "$DIR/new.json"
    with_packages --date '2026-02-02 00:00:00 UTC'
    refused_build 2 'InRelease.*2026-02-02T00:00:00Z.*2026-03-03T00:00:00Z'
    rm -rf "$DIR/store"
    refused 2 'InRelease.*2026-02-02T00:00:00Z.*2026-03-03T00:00:00Z' \
        own_stet lock "$DIR/recipe.yaml" -q --previous "$DIR/new.json" -o "$OUT"
    # Another mirror of it is no way around.
    mv "$DIR/repository" "$DIR/mirror"
    recipe "file://$DIR/mirror"
    refused 2 'mirror/.*InRelease.*2026-02-02T00:00:00Z.*2026-03-03T00:00:00Z' \
        own_stet lock "$DIR/recipe.yaml" -q --previous "$DIR/new.json" -o "$OUT"
}

@test "Packages that are not the ones the index names" {
    with_packages
    recipe "file://$DIR/repository"
    local packages
    packages=$(echo "$DIR/repository/dists/test/main"/binary-*/Packages)
    sed -i 's/^Version: 99$/Version: 98/' "$packages"
    xz -0 -k -f "$packages"
    refused_build 2 'Packages\.xz'
    printf 'x' >>"$packages.xz"
    refused_build 2 'Packages\.xz'
    rm "$packages.xz" "$packages"
    refused_build 3 'Packages\.xz'
}

# ---- packages ----

# A repository with one small package; VICTIM is its file there.
with_victim() {
    mkdir -p "$DIR/src/victim/usr/share/test"
    head -c 100000 /dev/zero | tr '\0' v >"$DIR/src/victim/usr/share/test/victim"
    pack victim
    with_packages
    VICTIM=$DIR/repository/pool/victim.deb
    recipe "file://$DIR/repository" "packages: [victim]"
}

@test "a package with a flipped bit, cut off, too long, gone" {
    with_victim
    cp "$VICTIM" "$DIR/victim.deb"
    printf '\377' | dd of="$VICTIM" bs=1 seek=300 conv=notrunc status=none
    refused_build 2 "victim.*pool/victim\.deb.*SHA-256"
    head -c 400 "$DIR/victim.deb" >"$VICTIM"
    refused_build 2 'victim.*pool/victim\.deb.*400.*bytes'
    { cat "$DIR/victim.deb"; echo more; } >"$VICTIM"
    refused_build 2 'victim.*pool/victim\.deb.*bytes'
    rm "$VICTIM"
    refused_build 3 'victim.*pool/victim\.deb'
    [ -z "$(find "$DIR/store/sha256" -name "$(sha256sum <"$DIR/victim.deb" | cut -d' ' -f1)")" ]
}

@test "a package that was damaged in the store" {
    with_victim
    own_stet build "$DIR/recipe.yaml" -q -o "oci:$DIR/good" >"$DIR/digest"
    local hex file
    hex=$(sha256sum <"$VICTIM" | cut -d' ' -f1)
    file=$DIR/store/sha256/${hex:0:2}/$hex
    chmod u+w "$file"
    printf '\377' | dd of="$file" bs=1 seek=300 conv=notrunc status=none
    refused_build 2 "victim 1\.0.*$hex.*damaged"
    # It was thrown away, so the next run is right again.
    [ "$(own_stet build "$DIR/recipe.yaml" -q -o "oci:$OUT")" = "$(cat "$DIR/digest")" ]
}

@test "a package that is another one inside: name, version, architecture" {
    with_victim
    local packages
    packages=$(echo "$DIR/repository/dists/test/main"/binary-*/Packages)
    cp "$packages" "$DIR/right"
    sed '/^Package: victim$/,/^$/s/^Package: victim/Package: other/' "$DIR/right" >"$DIR/packages"
    with_packages --packages "$DIR/packages"
    recipe "file://$DIR/repository" "packages: [other]"
    refused_build 2 'other.*victim'
    sed '/^Package: victim$/,/^$/s/^Version: .*/Version: 2.0/' "$DIR/right" >"$DIR/packages"
    with_packages --packages "$DIR/packages"
    recipe "file://$DIR/repository" "packages: [victim]"
    refused_build 2 'victim.*1\.0.*2\.0|victim.*2\.0.*1\.0'
    sed "/^Package: victim\$/,/^\$/s/^Architecture: .*/Architecture: $(dpkg --print-architecture)/" "$DIR/right" >"$DIR/packages"
    with_packages --packages "$DIR/packages"
    refused_build 2 'victim.*all'
}

@test "a file that is no package at all, though the index has its hash" {
    mkdir "$DIR/debs"
    pack victim
    with_packages
    local packages
    packages=$(echo "$DIR/repository/dists/test/main"/binary-*/Packages)
    echo 'not a package' >"$DIR/repository/pool/victim.deb"
    sed "/^Package: victim\$/,/^\$/{s/^Size: .*/Size: 14/;s/^SHA256: .*/SHA256: $(echo 'not a package' | sha256sum | cut -d' ' -f1)/}" \
        "$packages" >"$DIR/packages"
    rm -r "$DIR/debs"
    with_packages --packages "$DIR/packages"
    recipe "file://$DIR/repository" "packages: [victim]"
    refused_build 2 'victim is not a valid Debian package'
}

# evil_data TAR-ARGUMENT... - $DIR/data.tar from the folder $DIR/evil.
evil_data() {
    tar -C "$DIR/evil" --owner=0 --group=0 --no-recursion -cPf "$DIR/data.tar" "$@"
}

# refused_package PATTERN - a package with $DIR/data.tar is refused; $ESCAPE was not made.
refused_package() {
    rm -rf "$DIR/debs" "$DIR/repository"
    pack_by_hand evil "$DIR/data.tar"
    with_packages
    recipe "file://$DIR/repository" "packages: [evil]"
    refused_build 2 "evil.*$1" || return 1
    [ ! -e "$ESCAPE" ] || {
        echo "written outside: $ESCAPE"
        return 1
    }
    [ "$(cat "$DIR/host-file")" = untouched ] || {
        echo "changed outside"
        return 1
    }
}

@test "path traversal: .., absolute paths, symlinks, hard links" {
    local up=../../../../../../../../../../../..
    ESCAPE=$DIR/escaped
    mkdir -p "$DIR/evil/usr/share" "$DIR/evil/usr/lib"
    echo untouched >"$DIR/host-file"
    echo evil >"$DIR/evil/usr/share/file"

    evil_data --transform "s,^usr/share/file\$,./usr/share/$up$ESCAPE," usr usr/share usr/share/file
    refused_package '\.\.'
    # GNU tar writes it for the root's own path as it is: absolute.
    evil_data --transform "s,^usr/share/file\$,$ESCAPE," usr usr/share usr/share/file
    refused_package "(absolute|$ESCAPE|directory)"
    # Through a symlink of its own, absolute and relative.
    ln -s "$DIR" "$DIR/evil/usr/lib/link"
    evil_data --transform 's,^usr/share/file$,./usr/lib/link/escaped,rSH' usr usr/share usr/lib usr/lib/link usr/share/file
    refused_package 'symlink'
    ln -sfn "$up$DIR" "$DIR/evil/usr/lib/link"
    evil_data --transform 's,^usr/share/file$,./usr/lib/link/escaped,rSH' usr usr/share usr/lib usr/lib/link usr/share/file
    refused_package 'symlink'
    # In place of a file that was a symlink first.
    ln -sfn "$DIR/host-file" "$DIR/evil/usr/lib/link"
    evil_data --transform 's,^usr/share/file$,./usr/lib/link,rSH' usr usr/share usr/lib usr/lib/link usr/share/file
    refused_package 'twice'
    # A hard link to a file of the host, then content for it.
    rm "$DIR/evil/usr/lib/link"
    cp "$DIR/evil/usr/share/file" "$DIR/evil/usr/lib/file"
    ln "$DIR/evil/usr/share/file" "$DIR/evil/usr/share/hard"
    evil_data --transform "s,^usr/share/file\$,./usr/share/$up$DIR/host-file,RSh" usr usr/share usr/share/file usr/share/hard
    refused_package '\.\.'
    evil_data --transform "s,^usr/share/file\$,$DIR/host-file,RSh" usr usr/share usr/share/file usr/share/hard
    refused_package 'hard link|absolute|host-file'
}

@test "path traversal over two packages: one brings the symlink, the other goes through it" {
    mkdir -p "$DIR/outside" "$DIR/src/a-link/opt" "$DIR/src/b-file/opt/way"
    ln -s "$DIR/outside" "$DIR/src/a-link/opt/way"
    echo evil >"$DIR/src/b-file/opt/way/escaped"
    pack a-link
    pack b-file
    with_packages
    recipe "file://$DIR/repository" "packages: [a-link, b-file]"
    refused_build 2 'a-link and b-file both ship /opt/way'
    [ -z "$(ls "$DIR/outside")" ]
}

@test "a script that makes the symlink at build time leads nowhere either" {
    mkdir -p "$DIR/outside" "$DIR/src/late/opt/way"
    maintainer_script late preinst <<END
mkdir -p "$DIR/outside" && touch "$DIR/outside/inside-the-root"
mkdir -p /opt && ln -s "$DIR/outside" /opt/way
END
    echo late >"$DIR/src/late/opt/way/file"
    pack late
    with_packages
    recipe "file://$DIR/repository" "packages: [late]"
    # The root may hold the path, the host must not.
    run --separate-stderr own_stet build "$DIR/recipe.yaml" -q -o "tar:$DIR/layer.tar"
    [ -z "$(ls "$DIR/outside")" ]
    nothing_left "$DIR/store"
}

@test "devices and set-id extended attributes in a package" {
    ESCAPE=$DIR/none
    echo untouched >"$DIR/host-file"
    mkdir -p "$DIR/evil/usr"
    mknod "$DIR/evil/usr/disk" b 7 0
    evil_data usr usr/disk
    refused_package '/?usr/disk.*device'
    rm "$DIR/evil/usr/disk"
    mkfifo "$DIR/evil/usr/pipe"
    evil_data usr usr/pipe
    refused_package '/?usr/pipe.*fifo'
}

@test "two packages that ship the same file" {
    mkdir -p "$DIR/src/one/usr/share/x" "$DIR/src/two/usr/share/x"
    echo one >"$DIR/src/one/usr/share/x/file"
    echo two >"$DIR/src/two/usr/share/x/file"
    pack one
    pack two
    with_packages
    recipe "file://$DIR/repository" "packages: [one, two]"
    refused_build 2 'packages one and two both ship /usr/share/x/file'
}

# ---- servers ----

# served FAULT... - the victim's repository over HTTP.
served() {
    local faults=() fault
    for fault in "$@"; do faults+=(--fault "$fault"); done
    stop_serving
    rm -f "$DIR/port"
    serve "${faults[@]}" --log "$DIR/requests" "$DIR/repository"
    recipe "$URL" "packages: [victim]"
}

@test "a server that sends another length than announced, with and without saying so" {
    with_victim
    local fault
    for fault in longer shorter longer-chunked shorter-chunked; do
        rm -rf "$DIR/store"
        served "*/victim.deb=$fault"
        refused_build 2 "victim.*$URL/pool/victim\.deb.*bytes"
    done
    rm -rf "$DIR/store"
    served '*/victim.deb=flip'
    refused_build 2 "victim.*$URL/pool/victim\.deb.*SHA-256"
}

@test "a server that cuts off, closes, fails, and does so every time" {
    with_victim
    served '*/victim.deb=truncate'
    refused_build 3 "victim.*$URL/pool/victim\.deb"
    served '*/victim.deb=close'
    refused_build 3 "victim.*$URL/pool/victim\.deb"
    served '*/victim.deb=status:500'
    refused_build 3 "victim.*$URL/pool/victim\.deb.*500"
    served '*/victim.deb=status:403'
    refused_build 3 "victim.*$URL/pool/victim\.deb.*403"
    [ "$(grep -c 'GET /pool/victim.deb' "$DIR/requests")" -ge 1 ]
}

@test "a server that redirects in a circle, to a file, and one that sends headers without end" {
    with_victim
    served '*/victim.deb=redirect-loop'
    refused_build 3 "victim.*$URL/pool/victim\.deb.*redirects more than 5 times"
    served "*/victim.deb=redirect:file://$DIR/repository/pool/victim.deb"
    refused_build 2 "victim.*$URL/pool/victim\.deb.*redirects.*refused"
    served '*/victim.deb=headers'
    refused_build 2 "victim.*$URL/pool/victim\.deb"
}

@test "a server whose signed index is cut off, endless in length or missing" {
    with_victim
    served '*/InRelease=shorter:200'
    refused_build 2 'InRelease'
    served '*/InRelease=status:404'
    refused_build 2 'suite test.*InRelease'
    served '*/InRelease=status:500'
    refused_build 3 'InRelease.*500'
    served '*/Packages.xz=flip'
    refused_build 2 'Packages\.xz.*SHA-256'
}

@test "what a server got wrong once is tried again, and resumed" {
    with_victim
    served '*/victim.deb=truncate@1' '*/dpkg_*=status:503@1' '*/Packages.xz=close@1'
    own_stet build "$DIR/recipe.yaml" -q -o "tar:$DIR/layer.tar" >/dev/null
    tar -xOf "$DIR/layer.tar" usr/share/test/victim | cmp - "$DIR/src/victim/usr/share/test/victim"
    grep -Eq '^GET /pool/victim.deb 206 range=bytes=[1-9]' "$DIR/requests"
}

# ---- maintainer scripts ----

@test "a failing postinst: the package and the script's last words" {
    maintainer_script victim postinst <<'END'
echo first words
echo "cannot frobnicate: no frob in /etc" >&2
exit 7
END
    with_victim
    refused_build 2 'package victim.*status 7.*cannot frobnicate: no frob in /etc'
}

@test "a failing preinst, and one whose interpreter is not there" {
    maintainer_script victim preinst <<'END'
echo "this machine is too old"
exit 3
END
    with_victim
    refused_build 2 'package victim.*preinst.*status 3.*this machine is too old'
    printf '#!/usr/bin/no-such-interpreter\n' >"$DIR/src/victim/DEBIAN/preinst"
    with_victim
    refused_build 2 'victim.*preinst.*No such file'
}

@test "control bytes of a script do not reach the terminal" {
    maintainer_script victim postinst <<'END'
printf 'red \033[31m alert\007\n'
exit 1
END
    with_victim
    refused_build 2 'package victim.*red \?\[31m alert\?'
}

# ---- locks ----

# edit_lock JQ-EXPRESSION
edit_lock() {
    jq "$1" "$LOCK" >"$DIR/lock.json"
}

@test "lock: a digest that is not the package's, a size that is not" {
    edit_lock '.packages[0].digest = "sha256:" + ("0" * 64)'
    local name
    name=$(jq -r '.packages[0].name' "$LOCK")
    refused_lock 2 "$name.*SHA-256.*0{64}"
    edit_lock '.packages[0].size += 1'
    refused_lock 2 "$name.*bytes"
    edit_lock '.packages[0].version = "0.0.1"'
    refused_lock 2 "$name.*0\.0\.1"
}

@test "lock: an unknown member, a missing one, a wrong type, a member twice" {
    edit_lock '.packages[0].frobnicate = true'
    refused_lock 2 "$DIR/lock.json.*frobnicate"
    edit_lock 'del(.packages[0].digest)'
    refused_lock 2 "$DIR/lock.json.*digest"
    edit_lock '.packages[0].size = "1"'
    refused_lock 2 "$DIR/lock.json.*size"
    sed 's/^  "epoch": .*/&&/' "$LOCK" >"$DIR/lock.json"
    refused_lock 2 "$DIR/lock.json.*epoch"
    edit_lock '.packages[0].digest = "sha256:../../../etc/passwd"'
    refused_lock 2 "$DIR/lock.json.*digest"
}

@test "lock: a newer schema, a newer output format, cut off, empty" {
    edit_lock '."stet-lock" = 99'
    refused_lock 2 "$DIR/lock.json.*99.*newer"
    edit_lock '.format = 99'
    refused_lock 2 "$DIR/lock.json.*99.*newer"
    head -c 1000 "$LOCK" >"$DIR/lock.json"
    refused_lock 2 "$DIR/lock.json"
    : >"$DIR/lock.json"
    refused_lock 2 "$DIR/lock.json"
}

@test "lock: --expect another digest publishes nothing and exits with 1; no digest at all is bad usage" {
    cp "$LOCK" "$DIR/lock.json"
    refused 1 "0{64} was expected; nothing was published" \
        own_stet build "$LOCK" -q --expect "sha256:$(printf '0%.0s' {1..64})" -o "oci:$OUT"
    refused 2 '^stet: --expect' own_stet build "$LOCK" -q --expect sha256:abc -o "oci:$OUT"
}

# ---- disks ----

small_disk() {
    mkdir -p "$1"
    mount -t tmpfs -o "size=$2" none "$1"
}

@test "a full disk: the store" {
    small_disk "$DIR/store" 4m
    run --separate-stderr own_stet build "$LOCK" -q -o "oci:$OUT"
    expect_error 3 "$DIR/store.*No space left on device"
    [ ! -e "$OUT" ]
    [ -z "$(ls "$DIR/store/work")" ]
}

@test "a full disk: the work directory" {
    small_disk "$DIR/work" 8m
    run --separate-stderr own_stet build "$LOCK" -q --work-dir "$DIR/work" -o "oci:$OUT"
    expect_error 3 "$DIR/work.*No space left on device"
    [ ! -e "$OUT" ]
    [ -z "$(ls -A "$DIR/work")" ]
}

# The kernel tells stet of 200 MB, which a guess from the packages' sizes finds enough, and 300 MB come.
@test "less memory than the build needs: it starts again on disk, and the image is the same" {
    mkdir -p "$DIR/src/large/usr/share/test"
    truncate -s 300M "$DIR/src/large/usr/share/test/zeros"
    pack large
    with_packages
    recipe "file://$DIR/repository" "packages: [large]" "epoch: 2026-01-02T03:04:05Z"
    own_stet lock "$DIR/recipe.yaml" -q -o "$DIR/lock.json"
    sed 's/^MemAvailable:.*/MemAvailable:     400000 kB/' /proc/meminfo >"$DIR/meminfo"
    run --separate-stderr own_stet_with_memory build "$DIR/lock.json" -o "oci:$OUT"
    [ "$status" -eq 0 ] || echo "$stderr"
    [ "$status" -eq 0 ]
    grep -q 'it starts again on disk' <<<"$stderr"
    mkdir "$DIR/work"
    [ "$output" = "$(own_stet build "$DIR/lock.json" -q --work-dir "$DIR/work" -o "oci:$DIR/again")" ]
    [ -z "$(ls "$DIR/store/work")" ]
}

@test "a full disk: the output, whatever its kind" {
    small_disk "$DIR/small" 1m
    local kind
    for kind in oci oci-archive docker-archive tar rootfs; do
        run --separate-stderr own_stet build "$LOCK" -q -o "$kind:$DIR/small/out"
        expect_error 3 "$DIR/small/out.*No space left on device"
        # A layout keeps what every layout has; no image is in it.
        [ -z "$(find "$DIR/small" -mindepth 1 -type f ! -name oci-layout ! -name index.json)" ]
        [ ! -e "$DIR/small/out/index.json" ] || [ "$(jq '.manifests | length' "$DIR/small/out/index.json")" -eq 0 ]
        rm -rf "$DIR/small/out"
        [ -z "$(ls -A "$DIR/small")" ]
    done
    [ -z "$(ls "$DIR/store/work")" ]
}

@test "a place that cannot be written: store, work directory, output" {
    small_disk "$DIR/fixed" 1m
    mount -o remount,ro "$DIR/fixed"
    run --separate-stderr "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$DIR/fixed/store" -o "oci:$OUT"
    expect_error 3 "$DIR/fixed/store.*Read-only file system"
    run --separate-stderr own_stet build "$LOCK" -q --work-dir "$DIR/fixed" -o "oci:$OUT"
    expect_error 3 "$DIR/fixed.*Read-only file system"
    run --separate-stderr own_stet build "$LOCK" -q --work-dir "$DIR/missing" -o "oci:$OUT"
    expect_error 3 "$DIR/missing.*No such file"
    local kind
    for kind in oci rootfs; do
        run --separate-stderr own_stet build "$LOCK" -q -o "$kind:$DIR/fixed/out"
        expect_error 3 "$DIR/fixed/out.*Read-only file system"
    done
    [ ! -e "$OUT" ]
    [ -z "$(ls "$DIR/store/work")" ]
}

@test "rootfs: into a directory that is not empty" {
    mkdir "$DIR/full"
    echo mine >"$DIR/full/file"
    run --separate-stderr own_stet build "$LOCK" -q -o "rootfs:$DIR/full"
    expect_error 2 "$DIR/full.*not empty"
    [ "$(ls -A "$DIR/full")" = file ]
    [ "$(compgen -G "$DIR/full*")" = "$DIR/full" ]
}

# ---- usage ----

@test "bad destinations" {
    local place
    for place in '' oci oci: oci::tag nowhere:x docker-archive: 'oci:dir:a tag' 'docker-archive:f:UPPER CASE' ./dir; do
        refused 2 '^stet: ' own_stet build "$LOCK" -q -o "$place"
        grep -Fq -e "\"$place\"" <<<"$stderr" || grep -Fq -e "'$place'" <<<"$stderr"
    done
    [ ! -e dir ]
}

@test "bad usage" {
    refused 2 '^stet: a command is needed' "$STET_E2E_DIR/bin/stet"
    refused 2 '^stet: .*frobnicate' "$STET_E2E_DIR/bin/stet" frobnicate
    refused 2 '^stet: .*--frobnicate' "$STET_E2E_DIR/bin/stet" --frobnicate
    refused 2 '^stet: .*--frobnicate' own_stet build "$LOCK" --frobnicate -o "oci:$OUT"
    refused 2 '^stet: .*-x' own_stet lock -x "$LOCK"
    refused 2 'zstd is not offered.*version' own_stet build "$LOCK" --compression zstd -o "oci:$OUT"
    refused 2 'there are gzip and none' own_stet lock "$DIR/recipe.yaml" --compression xz
    refused 2 "^stet: .*-o.* needs a value" "$STET_E2E_DIR/bin/stet" build "$LOCK" -o
    refused 2 "^stet: .*--store.* needs a value" "$STET_E2E_DIR/bin/stet" build "$LOCK" -o "oci:$OUT" --store
    refused 2 '^stet: .*destination' own_stet build "$LOCK"
    refused 2 '^stet: .*exactly one' own_stet build -o "oci:$OUT"
    refused 2 '^stet: .*exactly one' own_stet build "$LOCK" "$LOCK" -o "oci:$OUT"
    refused 2 '^stet: .*exactly one' own_stet lock
    refused 2 '^stet: .*--jobs' own_stet build "$LOCK" --jobs 0 -o "oci:$OUT"
    refused 2 '^stet: .*--jobs' own_stet build "$LOCK" --jobs many -o "oci:$OUT"
    refused 2 '^stet: .*--jobs' own_stet build "$LOCK" --jobs 4294967297 -o "oci:$OUT"
    refused 2 '^stet: .*missing' "$STET_E2E_DIR/bin/stet" inspect "oci:$DIR/missing"
}

@test "bad usage of tar and gzip, and what they cannot read or write" {
    refused 2 'exactly one directory' "$STET_E2E_DIR/bin/stet" tar
    refused 2 'takes no file' "$STET_E2E_DIR/bin/stet" gzip file
    refused 2 '^stet: .*--jobs' "$STET_E2E_DIR/bin/stet" gzip -j 0
    refused 2 'unknown option .--store' "$STET_E2E_DIR/bin/stet" tar --store here "$DIR"
    refused 2 'nowhere' "$STET_E2E_DIR/bin/stet" tar "$DIR/nowhere"
    refused 3 'cannot read standard input' bash -c '"$1" gzip <"$2" >"$2/out"' bash "$STET_E2E_DIR/bin/stet" "$DIR"
    run ! gzip -t "$DIR/out"
    refused 3 'cannot write standard output' bash -c '"$1" gzip </dev/zero | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"' bash "$STET_E2E_DIR/bin/stet"
    refused 3 'cannot write standard output' bash -c '"$1" tar -q "$2" >/dev/full' bash "$STET_E2E_DIR/bin/stet" "$DIR"
    run script -qec "'$STET_E2E_DIR/bin/stet' gzip 2>'$DIR/said'" /dev/null </dev/null
    [ "$status" -eq 2 ]
    grep -q 'not written to a terminal' "$DIR/said"
}

@test "standard output that is full or closed" {
    refused 3 '^stet: cannot write to standard output' bash -c '"$@" >/dev/full' bash "$STET_E2E_DIR/bin/stet" --help
    refused 3 '^stet: cannot write to standard output' bash -c '"$@" >&-' bash "$STET_E2E_DIR/bin/stet" --version
    recipe "file://$BASE"
    refused 3 '^stet: cannot write to standard output' \
        bash -c '"$@" >/dev/full' bash "$STET_E2E_DIR/bin/stet" lock "$DIR/recipe.yaml" -q --store "$DIR/store"
    refused 3 '^stet: cannot write to standard output' \
        bash -c '"$@" >&-' bash "$STET_E2E_DIR/bin/stet" build "$LOCK" -q --store "$DIR/store" -o "tar:$DIR/layer.tar"
    # With all three closed: an exit status is left, and nothing is written into a wrong file.
    run bash -c '"$@" <&- >&- 2>&-' bash "$STET_E2E_DIR/bin/stet" lock "$DIR/recipe.yaml" -q --store "$DIR/store" -o "$DIR/closed.json"
    [ "$status" -eq 0 ]
    cmp "$DIR/closed.json" "$LOCK"
}

@test "SOURCE_DATE_EPOCH that is no number of seconds is fatal" {
    recipe "file://$BASE"
    local value
    for value in yesterday 1.5 -1 0x10 ' 1' '1 ' 99999999999999999999 253402300800; do
        export SOURCE_DATE_EPOCH=$value
        refused_build 2 '^stet: .*SOURCE_DATE_EPOCH'
        refused 2 '^stet: .*SOURCE_DATE_EPOCH' own_stet lock "$DIR/recipe.yaml" -q -o "$OUT"
    done
    SOURCE_DATE_EPOCH=1700000000 own_stet lock "$DIR/recipe.yaml" -q -o "$DIR/lock.json"
    [ "$(jq -r .epoch "$DIR/lock.json")" = 2023-11-14T22:13:20Z ]
}

# ---- the one that takes long: last, so that its time has passed meanwhile ----

@test "a server that stalls: noticed after half a minute, and resumed where it stopped" {
    local i
    for ((i = 0; i < 450; i++)); do
        [ ! -s "$FILE_DIR/stalled/status" ] || break
        sleep 0.1
    done
    cat "$FILE_DIR/stalled/errors"
    [ "$(cat "$FILE_DIR/stalled/status")" -eq 0 ]
    grep -q 'dpkg: .*trying again' "$FILE_DIR/stalled/errors"
    grep -Eq 'GET /pool/dpkg_.* 206 range=bytes=100000-' "$FILE_DIR/stalled/requests"
    grep -q '^sha256:' "$FILE_DIR/stalled/digest"
}
