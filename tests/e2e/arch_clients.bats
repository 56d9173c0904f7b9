#!/usr/bin/env bats
# The Arch image in the hands of docker, and the pacman inside of it: it installs more, with signatures checked, and
# without a private key in the image.
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
    DIR=$(mktemp -d "$STET_E2E_DIR/arch-client.XXXXXX")
    chmod 755 "$DIR"
}

teardown() {
    stop_docker
    rm -rf "$DIR" 2>/dev/null || { sleep 1; rm -rf "$DIR"; }
}

# A repository "more" with a signed package, one signed by somebody else, and one that nobody signed; and what finds it.
more_packages() {
    local name
    for name in signed unsigned foreign; do
        mkdir -p "$DIR/src/$name/usr/share/more"
        echo "$name" >"$DIR/src/$name/usr/share/more/$name"
        arch_pack "$name" 1-1 'depend = bash'
    done
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --repository more --packages-only "$DIR/mirror" "$DIR"/packages/signed-*.zst
    "$ARCH_REPOSITORY" --key "$DIR/foreign-key" --repository more --packages-only "$DIR/mirror" "$DIR"/packages/foreign-*.zst
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --repository more --signatures none "$DIR/mirror" "$DIR"/packages/unsigned-*.zst
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --repository more --packages-only "$DIR/mirror" "$DIR"/packages/signed-*.zst
    "$ARCH_REPOSITORY" --key "$DIR/foreign-key" --repository more --packages-only "$DIR/mirror" "$DIR"/packages/foreign-*.zst
    cat >"$DIR/mirror/more.conf" <<'END'
[options]
Architecture = auto
SigLevel = Required DatabaseOptional
[more]
Server = file:///mirror/$repo/os/$arch
END
}

# What the container does. Packages of a repository are checked as of "Required".
write_session() {
    cat >"$DIR/mirror/session" <<'END'
set -eu
pacman -Q bash
pacman -Sy --config /mirror/more.conf --disable-sandbox --noconfirm --noprogressbar signed
cat /usr/share/more/signed
pacman -Qi signed | grep '^Validated By'
for refused in unsigned foreign; do
    if pacman -S --config /mirror/more.conf --disable-sandbox --noconfirm --noprogressbar $refused; then
        echo "installed $refused"
        exit 1
    fi
    test ! -e /usr/share/more/$refused
done
gpg --homedir /etc/pacman.d/gnupg --batch --list-keys test@example.org
echo well
END
}

@test "docker load and docker run; the pacman inside installs one more package, with signatures required" {
    start_docker
    "${DOCKER[@]}" load -q -i "$ARCH_DIR/docker.tar"
    local config
    config=$(jq -r .config.digest "$ARCH_DIR/images/blobs/sha256/${EXPECTED#sha256:}")
    [ "$("${DOCKER[@]}" image inspect --format '{{.Id}}' stet-e2e:arch)" = "$config" ]
    run "${DOCKER[@]}" run --rm --network none stet-e2e:arch bash -c '. /etc/os-release && echo "$ID" && pacman -Q 2>/dev/null | wc -l'
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = test ]
    [ "${lines[1]}" -gt 40 ]
    more_packages
    write_session
    run "${DOCKER[@]}" run --rm --network none --volume "$DIR/mirror:/mirror:ro" stet-e2e:arch bash /mirror/session
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = well ]
    grep -Eq '^Validated By *: .*Signature$' <<<"$output"
}

@test "the same in a chroot, with a writable keyring and again after it" {
    cp -a "$ARCH_DIR/root" "$DIR/root"
    more_packages
    write_session
    mkdir "$DIR/root/mirror"
    cp -a "$DIR/mirror/." "$DIR/root/mirror/"
    run in_root "$DIR/root" bash /mirror/session
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = well ]
    # And pacman's own files agree with each other afterwards.
    in_root "$DIR/root" pacman -Dk --disable-sandbox
}

@test "no private key is in the image, and nothing that gpg leaves behind" {
    local root=$ARCH_DIR/root
    [ -s "$root/etc/pacman.d/gnupg/pubring.gpg" ] || [ -s "$root/etc/pacman.d/gnupg/pubring.kbx" ]
    [ -z "$(find "$root" \( -name 'private-keys*' -o -name 'openpgp-revocs*' -o -name 'secring*' -o -name '*.key' -path '*gnupg*' -o \
        -name 'random_seed' -o -name '.#lk*' -o -name 'S.gpg-agent*' -o -name '*.gpg~' -o -name '*.kbx~' \) -print)" ]
    [ -z "$(find "$root/root" -mindepth 1 -print)" ]
    # gpg itself says so, in a copy: it writes what it does not find.
    cp -a "$root" "$DIR/root"
    [ -z "$(in_root "$DIR/root" gpg --homedir /etc/pacman.d/gnupg --batch --list-secret-keys 2>/dev/null)" ]
    in_root "$DIR/root" gpg --homedir /etc/pacman.d/gnupg --batch --with-colons --list-keys 2>/dev/null | grep -q '^pub:u:'
}

@test "the image holds no trace of its making: logs, caches, databases, machine id" {
    local root=$ARCH_DIR/root path
    for path in var/log/pacman.log var/lib/pacman/sync var/lib/pacman/db.lck var/cache/ldconfig/aux-cache etc/machine-id etc/hostname; do
        [ ! -e "$root/$path" ] || [ ! -s "$root/$path" ] || {
            echo "there is /$path"
            return 1
        }
    done
    [ -z "$(find "$root/var/cache/pacman/pkg" "$root/tmp" "$root/run" -mindepth 1 -print)" ]
    grep -q '^root:[!*]' "$root/etc/shadow"
    [ "$(stat -c '%a %u:%g' "$root/etc/shadow")" = '600 0:0' ]
    # What pacman needs is configured.
    grep -Fxq "Server = $ARCH_MIRROR/\$repo/os/\$arch" "$root/etc/pacman.d/mirrorlist"
    in_root "$root" pacman-conf NoExtract >"$DIR/noextract"
    diff "$DIR/noextract" <(printf '%s\n' "${ARCH_NOEXTRACT[@]}")
}

@test "stet inspect lists the packages of the image" {
    "$STET_E2E_DIR/bin/stet" inspect --json "oci:$ARCH_DIR/images:arch" >"$DIR/inspect.json"
    [ "$(jq -r .manifestDigest "$DIR/inspect.json")" = "$EXPECTED" ]
    diff <(jq -r '.packages[] | .name + " " + .version' "$DIR/inspect.json" | sort) \
        <(in_root "$ARCH_DIR/root" pacman -Q | sort)
    diff <(jq -S .lock "$DIR/inspect.json") <(jq -S . "$(arch_lock)")
}

@test "a keyring that the recipe does not ask for is not there, and a mirror list is the recipe's" {
    arch_recipe 'packages: [pacman]' 'mirrorlist: ["Server = https://mirror.example.org/$repo/os/$arch"]' >"$DIR/recipe.yaml"
    stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root" >/dev/null
    [ ! -e "$DIR/root/etc/pacman.d/gnupg" ]
    # shellcheck disable=SC2016 # pacman's
    [ "$(cat "$DIR/root/etc/pacman.d/mirrorlist")" = 'Server = https://mirror.example.org/$repo/os/$arch' ]
    arch_recipe 'packages: [pacman]' 'mirrorlist: none' >"$DIR/recipe.yaml"
    stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/none" >/dev/null
    grep -q '^## Worldwide' "$DIR/none/etc/pacman.d/mirrorlist"
}

@test "the public keyring has its keys also when the epoch is older than they are" {
    grep -v '^epoch' "$(arch_full_recipe)" >"$DIR/recipe.yaml"
    echo 'epoch: 2001-02-03T04:05:06Z' >>"$DIR/recipe.yaml"
    stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root"
    run gpg --homedir "$DIR/root/etc/pacman.d/gnupg" --no-permission-warning --batch --with-colons --list-keys
    grep -q '^pub:u:' <<<"$output"
}
