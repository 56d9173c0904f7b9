#!/usr/bin/env bats
# Everything that can be wrong with an Arch repository: one line that names the thing, the place and the reason, exit
# status 2, and nothing half-written.
bats_require_minimum_version 1.5.0
load common
load repository
load arch

setup_file() {
    e2e_setup_file
    arch_setup
}

teardown_file() {
    e2e_teardown_file
}

setup() {
    arch_setup
    DIR=$(mktemp -d "$STET_E2E_DIR/arch-bad.XXXXXX")
    OUT=$DIR/image
}

teardown() {
    stop_serving
    rm -rf "$DIR"
}

# refused_build PATTERN - of $DIR/recipe.yaml, with a store of its own.
refused_build() {
    refused 2 "$1" own_stet build "$DIR/recipe.yaml" -q -o "oci:$OUT"
}

# builds - $DIR/recipe.yaml is no bad input.
builds() {
    own_stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root" >/dev/null
    rm -rf "$DIR/root.last"
    mv "$DIR/root" "$DIR/root.last"
}

# simple NAME [LINE...] - a package with one file, 1-1.
simple() {
    mkdir -p "$DIR/src/$1/usr/share/$1"
    echo "$1" >"$DIR/src/$1/usr/share/$1/file"
    arch_pack "$1" 1-1 "${@:2}"
}

# one_package [OPTION...] - the repository "test" with the package "thing", and a recipe that asks for it.
one_package() {
    simple thing
    with_arch_packages "$@"
    test_recipe 'packages: [thing]'
    PACKAGE=$POOL/thing-1-1-any.pkg.tar.zst
}

# edit_database NAME SED - of the entry of a package in the repository "test".
edit_database() {
    local tree=$DIR/database
    rm -rf "$tree"
    mkdir "$tree"
    tar -C "$tree" -xzf "$POOL/test.db.tar.gz"
    sed -i "$2" "$tree/$1"-*/desc
    (cd "$tree" && tar --owner=0 --group=0 -czf "$POOL/test.db.tar.gz" -- */)
}

sign_with() {
    gpg --homedir "$1/home" --batch --quiet --no-tty --yes --pinentry-mode loopback --passphrase '' --detach-sign --output "$3" "${@:4}" "$2" \
        2>/dev/null
    gpgconf --homedir "$1/home" --kill all
}

# ---- signatures ----

@test "a package that is not signed" {
    one_package --signatures none
    refused_build "thing 1-1.*not signed.*$PACKAGE.sig"
    # Unless the recipe says so.
    test_recipe 'packages: [thing]' 'siglevel: optional'
    builds
}

@test "a signature of another package, of no package, that is empty, that is a text" {
    simple other
    one_package
    cp "$POOL/other-1-1-any.pkg.tar.zst.sig" "$PACKAGE.sig"
    refused_build 'thing.*signature'
    test_recipe 'packages: [thing]' 'siglevel: optional'
    refused_build 'thing.*signature'
    test_recipe 'packages: [thing]'
    : >"$PACKAGE.sig"
    refused_build 'thing.*signature'
    echo 'this is no signature' >"$PACKAGE.sig"
    refused_build 'thing.*signature'
    head -c 100000 /dev/zero >"$PACKAGE.sig"
    refused_build 'thing.*\.sig.*larger'
    rm "$PACKAGE.sig"
    refused_build 'thing.*not signed'
    test_recipe 'packages: [thing]' 'siglevel: never'
    builds
}

@test "a package that was changed after it was signed, and the database with it" {
    one_package
    cp "$PACKAGE.sig" "$DIR/sig"
    echo evil >"$DIR/src/thing/usr/share/thing/file"
    simple thing
    with_arch_packages
    cp "$DIR/sig" "$PACKAGE.sig"
    refused_build 'thing.*signature'
}

@test "a signature in the database counts as one beside the package, and is checked like it" {
    one_package
    with_arch_packages --signatures database
    rm "$PACKAGE.sig"
    builds
    grep -qx pgp "$DIR/root.last/var/lib/pacman/local/thing-1-1/desc"
    edit_database thing '/^%PGPSIG%$/{n;s/.\{20\}$/AAAAAAAAAAAAAAAAAAAA/}'
    refused_build 'thing.*signature'
    edit_database thing '/^%PGPSIG%$/{n;s/.*/this is no base64/}'
    refused_build 'thing.*(signature|PGPSIG)'
}

@test "a key that the keyring does not have" {
    one_package --key "$DIR/other-key"
    refused_build "thing.*key"
    test_recipe 'packages: [thing]' "keyring: $DIR/other-key/keyring.gpg" 'repositories: [test]'
    builds
}

# dated_key FOLDER - a key of 2023 that expired in 2025.
dated_key() {
    mkdir -p "$1/home"
    chmod 700 "$1/home"
    gpg --homedir "$1/home" --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' --faked-system-time 20230101T000000 \
        --quick-generate-key 'dated <test@example.org>' ed25519 sign 2025-01-01 2>/dev/null
    gpg --homedir "$1/home" --batch --export >"$1/keyring.gpg"
    gpgconf --homedir "$1/home" --kill all
}

@test "a key that expired, unless the mirror is a snapshot of a day when it was good" {
    dated_key "$DIR/dated"
    one_package
    sign_with "$DIR/dated" "$PACKAGE" "$PACKAGE.sig" --faked-system-time 20240601T000000
    test_recipe 'packages: [thing]' "keyring: $DIR/dated/keyring.gpg" 'repositories: [test]'
    refused_build 'thing.*expired'
    local day
    for day in 2024/06/02 2025/06/01; do
        mkdir -p "$DIR/repos/$day"
        cp -r "$DIR/mirror/test" "$DIR/repos/$day/"
    done
    # shellcheck disable=SC2016
    test_recipe 'packages: [thing]' "keyring: $DIR/dated/keyring.gpg" 'repositories: [test]' "mirror: file://$DIR/repos/2025/06/01/\$repo/os/\$arch"
    refused_build 'thing.*expired'
    # shellcheck disable=SC2016
    test_recipe 'packages: [thing]' "keyring: $DIR/dated/keyring.gpg" 'repositories: [test]' "mirror: file://$DIR/repos/2024/06/02/\$repo/os/\$arch"
    run --separate-stderr own_stet build "$DIR/recipe.yaml" -o "rootfs:$DIR/root"
    # shellcheck disable=SC2154 # set by run --separate-stderr
    [ "$status" -eq 0 ] || echo "$stderr"
    [ "$status" -eq 0 ]
    # It says so.
    grep -Eq '2024-06-02' <<<"$stderr"
}

@test "a key that was revoked" {
    "$ARCH_REPOSITORY" --key "$DIR/revoked" --packages-only "$DIR/mirror"
    local fingerprint
    fingerprint=$(arch_fingerprint "$DIR/revoked")
    one_package --key "$DIR/revoked"
    sed 's/^:---/---/' "$DIR/revoked/home/openpgp-revocs.d/$fingerprint.rev" |
        gpg --homedir "$DIR/revoked/home" --batch --quiet --import 2>/dev/null
    gpg --homedir "$DIR/revoked/home" --batch --export >"$DIR/revoked/revoked.gpg"
    gpgconf --homedir "$DIR/revoked/home" --kill all
    test_recipe 'packages: [thing]' "keyring: $DIR/revoked/revoked.gpg" 'repositories: [test]'
    refused_build 'thing.*revoked'
    # And by the list beside the keyring.
    cp "$DIR/revoked/keyring.gpg" "$DIR/revoked/named.gpg"
    test_recipe 'packages: [thing]' "keyring: $DIR/revoked/named.gpg" 'repositories: [test]'
    builds
    echo "$fingerprint" >"$DIR/revoked/named-revoked"
    rm -rf "$DIR/store"
    refused_build 'thing'
}

@test "a database: not signed though it must be, wrongly signed, signed by somebody else" {
    one_package
    test_recipe 'packages: [thing]' 'repositories: [test]' 'database-siglevel: required'
    refused_build 'repository test.*database is not signed'
    with_arch_packages --sign-database
    builds
    with_arch_packages --sign-database --key "$DIR/other-key"
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --repository test --packages-only "$DIR/mirror" "$DIR"/packages/*.zst
    refused_build 'test\.db.*not signed by a key'
    # One that is there must be good even where none is asked for.
    test_recipe 'packages: [thing]' 'repositories: [test]'
    refused_build 'test\.db.*not signed by a key'
    test_recipe 'packages: [thing]' 'repositories: [test]' 'database-siglevel: never'
    builds
}

@test "a keyring that is missing, that is none, that is empty" {
    one_package
    test_recipe 'packages: [thing]' "keyring: $DIR/none.gpg"
    refused_build "$DIR/none.gpg"
    test_recipe 'packages: [thing]' 'keyring: none-of-this-name.gpg'
    refused_build 'none-of-this-name.gpg'
    echo 'no keys' >"$DIR/text.gpg"
    test_recipe 'packages: [thing]' "keyring: $DIR/text.gpg"
    refused_build "thing|text.gpg|filesystem"
    : >"$DIR/empty.gpg"
    test_recipe 'packages: [thing]' "keyring: $DIR/empty.gpg"
    refused_build "thing|empty.gpg|filesystem"
}

# ---- the database and what is in it ----

@test "a database that disagrees with the package: name, version, architecture, hash, size" {
    one_package
    edit_database thing '/^%SHA256SUM%$/{n;y/0123456789abcdef/123456789abcdef0/}'
    refused_build 'thing-1-1-any.pkg.tar.zst.*(SHA-256|sha256|digest|hash)'
    with_arch_packages
    edit_database thing '/^%CSIZE%$/{n;s/$/0/}'
    refused_build 'thing-1-1-any.pkg.tar.zst.*(size|bytes)'
    with_arch_packages
    edit_database thing '/^%CSIZE%$/{n;s/.$//}'
    refused_build 'thing-1-1-any.pkg.tar.zst.*(size|bytes|larger|longer)'
    with_arch_packages
    edit_database thing '/^%VERSION%$/{n;s/.*/2-1/}'
    refused_build 'thing.*(1-1.*2-1|2-1.*1-1)'
    with_arch_packages
    edit_database thing '/^%ARCH%$/{n;s/.*/'"$ARCH"'/}'
    refused_build "thing.*(any.*$ARCH|$ARCH.*any)"
    with_arch_packages
    edit_database thing '/^%NAME%$/{n;s/.*/thong/}'
    test_recipe 'packages: [thong]'
    refused_build 'thong'
}

@test "a database entry without what must be there, or with what must not" {
    one_package
    edit_database thing '/^%FILENAME%$/,/^$/d'
    refused_build 'thing'
    with_arch_packages
    edit_database thing '/^%FILENAME%$/{n;s,.*,../../../../etc/passwd,}'
    refused_build 'test\.db|thing|filename'
    with_arch_packages
    edit_database thing '/^%NAME%$/{n;s,.*,../thing,}'
    refused_build 'test\.db|thing'
    with_arch_packages
    edit_database thing '/^%CSIZE%$/{n;s/.*/99999999999999999999999/}'
    refused_build 'thing'
    # Without a hash nothing but the signature ties the file to the name, which is enough for pacman.
    with_arch_packages
    edit_database thing '/^%SHA256SUM%$/{n;s/.*/nonsense/}'
    refused_build 'thing|SHA256SUM'
}

@test "no database, one that is no archive, one that is cut off, one that is empty" {
    one_package
    cp "$POOL/test.db.tar.gz" "$DIR/good"
    echo 'this is no archive' >"$POOL/test.db.tar.gz"
    refused_build 'test\.db'
    head -c 150 "$DIR/good" >"$POOL/test.db.tar.gz"
    refused_build 'test\.db'
    : >"$POOL/test.db.tar.gz"
    refused_build 'test\.db'
    tar -czf "$POOL/test.db.tar.gz" -T /dev/null
    refused_build 'thing'
    rm "$POOL/test.db" "$POOL/test.db.tar.gz"
    refused_build "$POOL/test\.db"
    test_recipe 'packages: [thing]' 'repositories: [test, nowhere]'
    refused_build "test\.db|nowhere"
}

@test "a package that the database has and the mirror has not" {
    one_package
    rm "$PACKAGE"
    refused 3 "$PACKAGE.*no such file" own_stet build "$DIR/recipe.yaml" -q -o "oci:$OUT"
}

# ---- dependencies ----

@test "what nobody has: a package, a group, a provider, a version" {
    simple needy 'depend = nothing-like-it>=2'
    simple middle 'depend = needy'
    simple late 'depend = bash>=99'
    with_arch_packages
    test_recipe 'packages: [no-such-package]'
    refused_build 'no-such-package'
    test_recipe 'packages: [needy]'
    refused_build 'needy.*nothing-like-it>=2'
    test_recipe 'packages: [middle]'
    refused_build 'needy.*nothing-like-it>=2'
    test_recipe 'packages: [late]'
    refused_build 'late.*bash>=99'
    test_recipe 'packages: ["bash=99"]'
    refused_build 'bash.*99'
}

@test "packages that conflict: by name, by what they provide, through a dependency" {
    simple fire 'conflict = water'
    simple water
    simple ice 'provides = water=2'
    simple steam 'depend = water=1' 'depend = fire'
    simple own 'provides = thing' 'conflict = thing'
    with_arch_packages
    test_recipe 'packages: [fire, water]'
    refused_build 'fire.*water|water.*fire'
    test_recipe 'packages: [fire, ice]'
    refused_build 'fire.*ice|ice.*fire'
    test_recipe 'packages: [steam]'
    refused_build 'fire.*water|water.*fire'
    # What conflicts with what it provides itself is fine.
    test_recipe 'packages: [own]'
    builds
}

@test "two packages with one path; directories may be shared" {
    mkdir -p "$DIR"/src/{one,two,three}/usr/share/shared "$DIR/src/three/usr/share/shared/file"
    echo 1 >"$DIR/src/one/usr/share/shared/file"
    echo 2 >"$DIR/src/two/usr/share/shared/file"
    arch_pack one 1-1
    arch_pack two 1-1
    arch_pack three 1-1
    with_arch_packages
    test_recipe 'packages: [one, two]'
    refused_build 'usr/share/shared/file.*(one.*two|two.*one)|(one.*two|two.*one).*usr/share/shared/file'
    # A directory and a file of the same name are two things, too.
    test_recipe 'packages: [one, three]'
    refused_build 'usr/share/shared/file'
}

@test "two packages with one path, by way of a link to a directory" {
    mkdir -p "$DIR"/src/one/usr/bin "$DIR"/src/two/bin
    echo 1 >"$DIR/src/one/usr/bin/thing"
    echo 2 >"$DIR/src/two/bin/thing"
    arch_pack one 1-1 'depend = filesystem'
    arch_pack two 1-1 'depend = filesystem'
    with_arch_packages
    test_recipe 'packages: [filesystem, one, two]'
    refused_build 'bin/thing|two'
}

# ---- packages ----

# spoiled - $PACKAGE was changed by the caller: the database and the signature follow, so that only its own bytes tell.
spoiled() {
    cp "$PACKAGE" "$DIR/spoiled"
    local sum size
    sum=$(sha256sum <"$PACKAGE" | cut -d' ' -f1)
    size=$(stat -c %s "$PACKAGE")
    edit_database thing "/^%SHA256SUM%\$/{n;s/.*/$sum/}; /^%CSIZE%\$/{n;s/.*/$size/}"
    sign_with "$ARCH_KEY" "$PACKAGE" "$PACKAGE.sig"
}

@test "a package that is cut off, damaged, empty, no archive at all; but rightly signed" {
    head -c 300000 /dev/urandom >"$DIR/noise"
    mkdir -p "$DIR/src/thing/usr/share/thing"
    cp "$DIR/noise" "$DIR/src/thing/usr/share/thing/noise"
    one_package
    cp "$PACKAGE" "$DIR/good"
    head -c 200000 "$DIR/good" >"$PACKAGE"
    spoiled
    refused_build 'package thing'
    { head -c 150000 "$DIR/good"; printf 'damage'; tail -c +150007 "$DIR/good"; } >"$PACKAGE"
    spoiled
    refused_build 'package thing'
    echo 'this is no archive' >"$PACKAGE"
    spoiled
    refused_build 'package thing'
    : >"$PACKAGE"
    spoiled
    refused_build 'package thing'
    # A whole tar, but the compressed stream goes on with something else.
    { cat "$DIR/good"; echo garbage; } >"$PACKAGE"
    spoiled
    refused_build 'package thing'
}

@test "a package without .PKGINFO, with an unreadable one, with names that are paths" {
    one_package
    local text
    tar -C "$DIR/src/thing" --owner=0 --group=0 -cf - usr | zstd -q -1 >"$PACKAGE"
    spoiled
    refused_build 'thing 1-1.*PKGINFO'
    for text in '' 'pkgname = thing' 'pkgname = ../thing' 'pkgname = thing/../..' 'pkgname' 'pkgname = other'; do
        mkdir -p "$DIR/by-hand"
        pkginfo thing 1-1 | grep -v '^pkgname' >"$DIR/by-hand/.PKGINFO"
        [ "$text" != 'pkgname = thing' ] || sed -i '/^pkgver/d' "$DIR/by-hand/.PKGINFO"
        echo "$text" >>"$DIR/by-hand/.PKGINFO"
        { tar -C "$DIR/by-hand" --owner=0 --group=0 -cf - .PKGINFO; } | zstd -q -1 >"$PACKAGE"
        spoiled
        refused_build 'thing'
    done
}

# traversal NAME - $DIR/bad.tar is in the package; the build must fail and the file outside must stay.
traversal() {
    rm -f "$DIR"/packages/*
    arch_pack_tar thing "$DIR/bad.tar" "${@:2}"
    with_arch_packages
    test_recipe 'packages: [thing]'
    refused_build "thing.*$1" || return 1
    [ ! -e "$DIR/escaped" ]
    [ ! -e /stet-e2e-escaped ]
}

@test "traversal: .., absolute paths, its own links, hard links to what is outside" {
    mkdir -p "$DIR/in/usr/share" "$DIR/evil"
    echo evil >"$DIR/evil/file"
    local up=../../../../../../../../../../../..
    tar -C "$DIR/evil" --owner=0 --group=0 -P --transform="s,^file\$,usr/$up$DIR/escaped," -cf "$DIR/bad.tar" file
    traversal '\.\.'
    tar -C "$DIR/evil" --owner=0 --group=0 -P --transform="s,^file\$,/stet-e2e-escaped," -cf "$DIR/bad.tar" file
    # libarchive takes a leading slash away; both are well.
    rm -f "$DIR"/packages/*
    arch_pack_tar thing "$DIR/bad.tar"
    with_arch_packages
    test_recipe 'packages: [thing]'
    run --separate-stderr own_stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root"
    [ ! -e /stet-e2e-escaped ]
    [ "$status" -eq 2 ] || [ -f "$DIR/root/stet-e2e-escaped" ]
    rm -rf "$DIR/root"
    # Through a link of its own.
    ln -s "$DIR" "$DIR/in/usr/share/out"
    tar -C "$DIR/in" --owner=0 --group=0 -cf "$DIR/bad.tar" usr/share/out
    tar -C "$DIR/evil" --owner=0 --group=0 --transform='s,^file$,usr/share/out/escaped,' -rf "$DIR/bad.tar" file
    rm -f "$DIR"/packages/*
    arch_pack_tar thing "$DIR/bad.tar"
    with_arch_packages
    run --separate-stderr own_stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root"
    [ ! -e "$DIR/escaped" ]
    # If it was followed, then inside of the root.
    [ "$status" -eq 2 ] || [ -f "$DIR/root$DIR/escaped" ] || [ -f "$DIR/root/usr/share/out/escaped" ]
    rm -rf "$DIR/root"
    # A hard link to a file of this machine.
    echo secret >"$DIR/secret"
    ln "$DIR/secret" "$DIR/in/usr/share/secret"
    tar -C "$DIR" --owner=0 --group=0 -P --transform="s,^in/,,;s,^secret\$,$up$DIR/secret,RSh" -cf "$DIR/bad.tar" secret in/usr/share/secret
    traversal ''
    run ! grep -rq secret "$DIR/store"
}

@test "devices, sockets and names that no package has" {
    mkdir -p "$DIR/in/usr/share"
    mknod "$DIR/in/usr/share/device" c 1 3
    tar -C "$DIR/in" --owner=0 --group=0 -cf "$DIR/bad.tar" usr/share/device
    rm -f "$DIR"/packages/*
    arch_pack_tar thing "$DIR/bad.tar"
    with_arch_packages
    test_recipe 'packages: [thing]'
    # pacman extracts a device, and so may stet where it can; without it: an error, and not a file of another kind.
    run --separate-stderr own_stet build "$DIR/recipe.yaml" -q -o "rootfs:$DIR/root"
    [ "$status" -eq 2 ] || [ -c "$DIR/root/usr/share/device" ]
    # A name with a line feed would forge lines of the database.
    rm "$DIR/in/usr/share/device"
    touch "$DIR/in/usr/share/"$'line\n%BACKUP%'
    tar -C "$DIR/in" --owner=0 --group=0 -cf "$DIR/bad.tar" usr/share
    traversal ''
}

@test "a file where another package has a directory, and the other way round" {
    mkdir -p "$DIR/src/directory/usr/share/place" "$DIR/src/file/usr/share"
    touch "$DIR/src/file/usr/share/place" "$DIR/src/directory/usr/share/place/inside"
    arch_pack directory 1-1
    arch_pack file 1-1 'depend = directory'
    with_arch_packages
    test_recipe 'packages: [file]'
    refused_build 'usr/share/place'
    arch_pack file 1-1
    arch_pack directory 1-1 'depend = file'
    with_arch_packages
    test_recipe 'packages: [directory]'
    refused_build 'usr/share/place'
}

# ---- what the packages run ----

@test "a scriptlet that fails: which, in which package, with which status, and what it said" {
    scriptlet thing <<'END'
post_install() {
    echo 'what went wrong'
    exit 7
}
END
    simple thing 'depend = bash'
    with_arch_packages
    test_recipe 'packages: [thing]'
    refused_build 'thing.*post_install.*7.*what went wrong'
    scriptlet thing <<'END'
pre_install() {
    echo 'too early'
    return 9
}
END
    simple thing 'depend = bash'
    with_arch_packages
    refused_build 'thing.*pre_install.*9.*too early'
    scriptlet thing <<'END'
post_install() {
    if then
END
    simple thing 'depend = bash'
    with_arch_packages
    refused_build 'thing.*post_install'
    scriptlet thing <<'END'
post_install() {
    kill -KILL $$
}
END
    simple thing 'depend = bash'
    with_arch_packages
    refused_build 'thing.*post_install'
}

# hook NAME - of the package "thing", from standard input.
hook() {
    mkdir -p "$DIR/src/thing/usr/share/libalpm/hooks"
    cat >"$DIR/src/thing/usr/share/libalpm/hooks/$1.hook"
}

@test "a hook with an error in it: where" {
    local text number=0
    while IFS= read -r text; do
        number=$((number + 1))
        rm -rf "$DIR/src" "$DIR/packages"
        printf '%b' "$text" | hook bad
        simple thing 'depend = bash'
        with_arch_packages
        test_recipe 'packages: [thing]'
        refused_build 'usr/share/libalpm/hooks/bad.hook' || {
            printf 'of:\n%b\n' "$text"
            return 1
        }
    done <<'END'
[Trigger]\nOperation = Install\nType = Package\nTarget = *\n[Action]\nWhen = PostTransaction\nExec = /usr/bin/true\nNonsense = 1\n
[Trigger]\nOperation = Sideways\nType = Package\nTarget = *\n[Action]\nWhen = PostTransaction\nExec = /usr/bin/true\n
[Trigger]\nOperation = Install\nType = Package\nTarget = *\n[Action]\nWhen = Sometimes\nExec = /usr/bin/true\n
[Trigger]\nOperation = Install\nType = Package\nTarget = *\n[Action]\nWhen = PostTransaction\n
[Trigger]\nOperation = Install\nTarget = *\n[Action]\nWhen = PostTransaction\nExec = /usr/bin/true\n
[Trigger]\nOperation = Install\nType = Package\nTarget = *\n[Action]\nWhen = PostTransaction\nExec = /usr/bin/true "open\n
[Nonsense]\nA = B\n
Operation = Install\n
[Trigger]\nOperation = Install\nType = Package\n[Action]\nWhen = PostTransaction\nExec = /usr/bin/true\n
END
    [ "$number" -eq 9 ]
}

@test "a PreTransaction hook with AbortOnFail stops the second stage" {
    hook abort <<'END'
[Trigger]
Operation = Install
Type = Package
Target = second
[Action]
When = PreTransaction
Exec = /usr/bin/bash -c 'echo must not be; exit 5'
AbortOnFail
END
    simple thing 'depend = bash'
    simple second 'depend = thing'
    with_arch_packages
    test_recipe 'packages: [second]'
    own_stet lock "$DIR/recipe.yaml" -q -o "$DIR/lock.json"
    own_stet build "$DIR/lock.json" -q -o "oci:$DIR/fine" >/dev/null
    jq '.packages |= map(if .name == "second" then .stage = 1 else . end)' "$DIR/lock.json" >"$DIR/two.json"
    refused 2 'abort.hook' own_stet build "$DIR/two.json" -q -o "oci:$OUT"
}

# ---- locks ----

@test "a lock whose package is another one: hash, name, version" {
    one_package
    own_stet lock "$DIR/recipe.yaml" -q -o "$DIR/lock.json"
    jq '(.packages[] | select(.name == "thing")).version = "3-1"' "$DIR/lock.json" >"$DIR/bad.json"
    refused 2 'thing.*(1-1.*3-1|3-1.*1-1)' own_stet build "$DIR/bad.json" -q -o "oci:$OUT"
    jq '(.packages[] | select(.name == "thing")).name = "thong"' "$DIR/lock.json" >"$DIR/bad.json"
    refused 2 'thong' own_stet build "$DIR/bad.json" -q -o "oci:$OUT"
    rm -rf "$DIR/store"
    echo more >>"$PACKAGE"
    refused 2 'thing-1-1' own_stet build "$DIR/lock.json" -q -o "oci:$OUT"
}

# ---- recipes ----

@test "recipe: a mirror that Arch can not have, keys of other ecosystems, a wrong siglevel" {
    one_package
    test_recipe 'packages: [thing]' 'mirror: system'
    refused_build 'mirror'
    test_recipe 'packages: [thing]' 'siglevel: sometimes'
    refused_build 'recipe.yaml:[0-9]+:[0-9]+: .*siglevel.*sometimes'
    test_recipe 'packages: [thing]' 'suite: trixie'
    refused_build 'suite'
    test_recipe 'packages: [thing]' 'repositories: [local]'
    refused_build 'local'
    test_recipe 'packages: [thing]' 'pacman-keyring: private'
    refused_build 'pacman-keyring.*private'
    test_recipe 'packages: [filesystem, bash]' 'pacman-keyring: public'
    refused_build 'pacman-keyring'
}

# ---- what is no error ----

@test "a second mirror is tried where the first has nothing; a plain folder is a mirror; HTTP" {
    one_package
    # shellcheck disable=SC2016
    test_recipe 'packages: [thing]' "mirror: ['file://$DIR/nowhere/\$repo/os/\$arch', 'file://$DIR/mirror/\$repo/os/\$arch']"
    builds
    mkdir "$DIR/folder"
    cp -r "$POOL"/. "$DIR/folder/"
    test_recipe 'packages: [thing]' "mirror: file://$DIR/folder" 'repositories: [test]'
    builds
    serve "$DIR/mirror"
    # shellcheck disable=SC2016
    test_recipe 'packages: [thing]' "mirror: $URL/\$repo/os/\$arch"
    rm -rf "$DIR/store"
    builds
}
