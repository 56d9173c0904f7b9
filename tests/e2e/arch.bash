# Arch repositories for the end-to-end tests, on top of common.bash: packages of makepkg from the files of Debian's
# packages, and packages with everything that a package can have (the folders below tests/e2e/arch).
#
# What takes long is made once in a run and kept in $STET_E2E_DIR/arch. The packages are Debian's of the suite that has
# pacman 7.1, so that their trees together are also a place where that pacman runs, as a judge.
# shellcheck shell=bash

ARCH_REPOSITORY=$REPOSITORY/tests/support/arch-repository
ARCH_PACKAGES=$BATS_TEST_DIRNAME/arch
ARCH=$(uname -m)
# When the packages were built, and what the recipes say the epoch is.
ARCH_BUILT=1767225600
ARCH_EPOCH=2026-02-03T04:05:06Z

# For each package: what it depends on, and globs of the Debian packages whose files it has. The first line that
# matches wins.
arch_table() {
    cat <<'END'
glibc: filesystem: libc6 libc-bin
gcc-libs: glibc: libgcc-s1 libstdc++6
ncurses: gcc-libs: libtinfo* libncurses* ncurses-base
readline: glibc ncurses: libreadline* readline-common
bash: readline glibc ncurses: bash
coreutils: glibc openssl libs: coreutils libacl1* libattr1* libselinux1* libpcre2-8-*
grep: glibc coreutils: grep
sed: glibc coreutils: sed
mawk: glibc: mawk
findutils: glibc coreutils: findutils
tar: glibc coreutils: tar
gzip: bash coreutils: gzip
zlib: glibc: zlib1g*
xz: bash: xz-utils liblzma5*
zstd: gcc-libs zlib xz: zstd libzstd1*
openssl: glibc zlib: openssl libssl3*
libcap: glibc: libcap2 libcap2-bin
gnupg: libs readline bash: gpg gpgv gpg-agent gpgconf pinentry-curses libassuan* libgpg-error* libgcrypt* libksba* libnpth*
gpgme: gnupg: libgpgme*
libarchive: libs xz zstd zlib: libarchive1* libarchive-tools
curl: ca-certificates openssl libs: libcurl*
ca-certificates: bash coreutils findutils: ca-certificates
pacman: bash coreutils curl gpgme libarchive: pacman-package-manager libalpm*
-:: libaudit* libpam* libsystemd* libdb5* libdebconf* libmount* libblkid* libsmartcols* libudev* libcap-ng*
-:: libc-gconv*
libs: gcc-libs zlib: lib*
END
}

# arch_package_of DEBIAN-PACKAGE - the line of the table.
arch_package_of() {
    local - package needs glob globs
    set -f
    while IFS=: read -r package needs globs; do
        for glob in $globs; do
            # shellcheck disable=SC2053 # a pattern on purpose
            if [[ $1 == $glob ]]; then
                echo "$package"
                return
            fi
        done
    done < <(arch_table)
    echo -
}

# Debian's packages, in $ARCH_DIR/debs.
arch_debs() {
    local debs=$ARCH_DIR/debs name hex url kept
    [ ! -e "$debs/complete" ] || return 0
    mkdir -p "$debs"
    cat >"$debs/recipe.yaml" <<'END'
stet: 1
name: content
ecosystem: debian
suite: forky
suites: []
mirror: system
check-valid-until: false
base: essential
packages: [pacman-package-manager, gpg, gpgv, gpg-agent, zstd, xz-utils, ca-certificates, openssl, libcap2-bin, libarchive-tools]
END
    stet lock "$debs/recipe.yaml" -q -o "$debs/lock.json" || return 1
    while read -r name hex url; do
        kept=$STET_E2E_DIR/store/sha256/${hex:0:2}/$hex
        if [ "$(arch_package_of "$name")" = - ]; then continue; fi
        if [ -e "$kept" ]; then
            cp --reflink=auto "$kept" "$debs/$name.deb"
        else
            printf 'url = "%s"\noutput = "%s"\n' "$url" "$debs/$name.deb" >>"$debs/curl"
        fi
        echo "$hex  $debs/$name.deb" >>"$debs/sums"
    done < <(jq -r '.packages[] | [.name, (.digest | ltrimstr("sha256:")), .urls[0]] | join(" ")' "$debs/lock.json")
    [ ! -e "$debs/curl" ] || curl -fsS --no-progress-meter --parallel --retry 3 --config "$debs/curl" || return 1
    sha256sum --status -c "$debs/sums" || return 1
    touch "$debs/complete"
}

# The trees of the packages: $ARCH_DIR/content/PACKAGE, with everything below usr/bin as Arch has it, and without
# what is large and of no use here.
arch_content() {
    local content=$ARCH_DIR/content deb package
    [ ! -e "$content/complete" ] || return 0
    arch_debs || return 1
    for deb in "$ARCH_DIR"/debs/*.deb; do
        package=$(arch_package_of "$(basename "$deb" .deb)")
        mkdir -p "$content/$package"
        dpkg-deb --fsys-tarfile "$deb" | tar -C "$content/$package" -xp --wildcards --exclude='./usr/share/doc/*' \
            --exclude='./usr/share/man/*' --exclude='./usr/share/info/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/lintian/*' \
            --exclude='./usr/share/bash-completion/*' --exclude='./usr/share/zsh/*' --exclude='*/perl*' \
            --exclude='./usr/lib/systemd/*' --exclude='./usr/share/apport/*' --exclude='./usr/share/debconf/*' \
            --exclude='./usr/lib/*/ossl-modules/*' || return 1
    done
    for package in "$content"/*/; do
        if [ -d "$package/usr/sbin" ]; then
            mkdir -p "$package/usr/bin"
            mv "$package"/usr/sbin/* "$package/usr/bin/"
            rmdir "$package/usr/sbin"
        fi
        find "$package" -depth -mindepth 1 -type d -empty -delete
    done
    # What Arch's packages have and Debian's make when they are installed.
    ln -s bash "$content/bash/usr/bin/sh"
    ln -s mawk "$content/mawk/usr/bin/awk"
    chmod -R go+rX "$content"
    touch "$content/complete"
}

# Folders with a PKGBUILD for each tree: $ARCH_DIR/pkgbuilds/PACKAGE.
arch_pkgbuilds() {
    local package needs globs folder
    while IFS=: read -r package needs globs; do
        if [ "$package" = - ] || [ -e "$ARCH_PACKAGES/$package" ]; then continue; fi
        folder=$ARCH_DIR/pkgbuilds/$package
        mkdir -p "$folder"
        cat >"$folder/PKGBUILD" <<END
pkgname=$package
pkgver=1.0
pkgrel=1
pkgdesc='$package, of Debian files'
arch=('$ARCH')
url=https://example.org/$package
license=(custom)
depends=($needs)
package() {
    cp -a "\$CONTENT/$package/." "\$pkgdir/"
}
END
    done < <(arch_table)
}

# The packages of this folder and of Debian's files, once: in $ARCH_DIR/core and $ARCH_DIR/extra; and their key.
arch_repository() {
    local name folders=() own=()
    ARCH_KEY=$ARCH_DIR/key
    ARCH_MIRROR=file://$ARCH_DIR/mirror
    [ ! -e "$ARCH_DIR/mirror/complete" ] || return 0
    arch_content || return 1
    arch_pkgbuilds
    arch_keyring || return 1
    for name in "$ARCH_DIR"/pkgbuilds/*; do folders+=("$name"); done
    for name in "$ARCH_PACKAGES"/*; do
        case ${name##*/} in
        feature-* | hooks-own | scriptlets) own+=("$name") ;;
        *) folders+=("$name") ;;
        esac
    done
    export CONTENT=$ARCH_DIR/content SOURCE_DATE_EPOCH=$ARCH_BUILT
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" "$ARCH_DIR/mirror" "${folders[@]}" || return 1
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --repository extra --signatures database --sign-database "$ARCH_DIR/mirror" "${own[@]}" ||
        return 1
    unset CONTENT SOURCE_DATE_EPOCH
    touch "$ARCH_DIR/mirror/complete"
}

# The key, and its public part as a package of keys has it.
arch_keyring() {
    local keyring=$ARCH_DIR/content/keyring
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --packages-only "$ARCH_DIR/mirror" || return 1
    mkdir -p "$keyring"
    cp "$ARCH_KEY/keyring.gpg" "$keyring/test.gpg"
    echo "$(arch_fingerprint "$ARCH_KEY"):4:" >"$keyring/test-trusted"
    : >"$keyring/test-revoked"
}

# arch_fingerprint KEY - of the key in FOLDER/keyring.gpg.
arch_fingerprint() {
    gpg --homedir "$1/home" --batch --with-colons --show-keys "$1/keyring.gpg" 2>/dev/null |
        awk -F: '$1 == "fpr" {print $10; exit}'
}
