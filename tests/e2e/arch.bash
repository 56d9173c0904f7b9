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
# All that the repository has and that fits together.
ARCH_TARGETS=(base features feature-mail-versioned)
ARCH_NOEXTRACT=('usr/share/doc/*' '!usr/share/doc/feature-doc/keep*' 'usr/share/doc/feature-doc/keep-it/not*' 'usr/share/man/*'
    etc/feature-backup/unextracted.conf)

# To be called from setup_file after e2e_setup_file, and from each test that needs more than the environment.
arch_setup() {
    ARCH_DIR=$STET_E2E_DIR/arch
    ARCH_KEY=$ARCH_DIR/key
    ARCH_MIRROR=file://$ARCH_DIR/mirror
    mkdir -p "$ARCH_DIR"
    chmod 755 "$ARCH_DIR"
    arch_repository
}

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

# Two folders with a PKGBUILD each for all trees that have no folder of their own, for two at a time.
arch_pkgbuilds() {
    local package needs globs names=('' '') number=0 half
    for half in 0 1; do
        rm -rf "$ARCH_DIR/pkgbuilds/files-$half"
        mkdir -p "$ARCH_DIR/pkgbuilds/files-$half"
    done
    while IFS=: read -r package needs globs; do
        if [ "$package" = - ] || [ -e "$ARCH_PACKAGES/$package" ]; then continue; fi
        half=$((number++ % 2))
        names[half]+=" $package"
        cat >>"$ARCH_DIR/pkgbuilds/files-$half/PKGBUILD" <<END
package_$package() {
    pkgdesc='$package, of Debian files'
    url=https://example.org/$package
    depends=($needs)
    cp -a "\$CONTENT/$package/." "\$pkgdir/"
}
END
    done < <(arch_table)
    for half in 0 1; do
        cat >>"$ARCH_DIR/pkgbuilds/files-$half/PKGBUILD" <<END
pkgbase=files-$half
pkgname=(${names[half]})
pkgver=1.0
pkgrel=1
arch=('$ARCH')
license=(custom)
END
    done
}

# The packages of the folders and of Debian's files, once: in the repositories core and extra of $ARCH_DIR/mirror.
arch_repository() {
    local name folders=() own=()
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
    # As the official ones: signatures of packages are in the databases, too.
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --signatures database "$ARCH_DIR/mirror" "${folders[@]}" || return 1
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

# arch_recipe [LINE...] - a recipe with the repository of this file; of two lines with one key the later counts.
arch_recipe() {
    {
        cat <<END
stet: 1
name: arch-test
ecosystem: arch
mirror: $ARCH_MIRROR/\$repo/os/\$arch
repositories: [core, extra]
siglevel: required
keyring: $ARCH_KEY/keyring.gpg
epoch: $ARCH_EPOCH
END
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } | tac | awk -F: '!seen[$1]++' | tac
}

# yaml_list WORD... - as a list of quoted strings.
yaml_list() {
    local list
    list=$(printf "'%s', " "$@")
    printf '[%s]' "${list%, }"
}

# The recipe, the lock and the digest of everything; each made once.
arch_full_recipe() {
    local recipe=$ARCH_DIR/recipe.yaml
    [ -e "$recipe" ] || arch_recipe "packages: $(yaml_list "${ARCH_TARGETS[@]}")" "noextract: $(yaml_list "${ARCH_NOEXTRACT[@]}")" \
        "pacman-keyring: public" "image: {cmd: [bash], env: {LANG: C.UTF-8}}" >"$recipe"
    echo "$recipe"
}

arch_lock() {
    local lock=$ARCH_DIR/lock.json
    [ -e "$lock" ] || stet lock "$(arch_full_recipe)" -q -o "$lock" >&2 || return 1
    echo "$lock"
}

arch_digest() {
    local lock
    lock=$(arch_lock) || return 1
    if [ ! -e "$ARCH_DIR/digest" ]; then
        stet build "$lock" -q -o "oci:$ARCH_DIR/images:arch" -o "docker-archive:$ARCH_DIR/docker.tar:stet-e2e:arch" \
            -o "rootfs:$ARCH_DIR/root" >"$ARCH_DIR/digest.new" || return 1
        mv "$ARCH_DIR/digest.new" "$ARCH_DIR/digest"
    fi
    cat "$ARCH_DIR/digest"
}

# ---- pacman, the judge ----

# pacman_root ROOT [LINE...] - an empty root as pacstrap makes it, ROOT.conf and ROOT.gnupg; lines go into [options].
# shellcheck disable=SC2016 # $repo and $arch are pacman's
pacman_root() {
    local root=$1 gpg=$1.gnupg
    shift
    mkdir -p "$root"/var/{cache/pacman/pkg,lib/pacman,log} "$root"/{dev,run,etc/pacman.d}
    mkdir -m 1777 "$root/tmp"
    mkdir -m 0555 "$root"/{sys,proc}
    mkdir -m 700 "$gpg"
    gpg --homedir "$gpg" --batch --quiet --import "$ARCH_KEY/keyring.gpg" 2>/dev/null
    echo "$(arch_fingerprint "$ARCH_KEY"):6:" | gpg --homedir "$gpg" --batch --quiet --import-ownertrust 2>/dev/null
    gpgconf --homedir "$gpg" --kill all
    {
        printf '%s\n' '[options]' "RootDir = $root" "DBPath = $root/var/lib/pacman/" "CacheDir = $root/var/cache/pacman/pkg/" \
            "LogFile = $root/var/log/pacman.log" "GPGDir = $gpg/" "HookDir = $root/etc/pacman.d/hooks/" 'Architecture = auto'
        grep -q '^SigLevel' <<<"$(printf '%s\n' "$@")" || echo 'SigLevel = Required DatabaseOptional'
        [ $# -eq 0 ] || printf '%s\n' "$@"
        printf '[%s]\nServer = %s/$repo/os/$arch\n' core "$ARCH_MIRROR" extra "$ARCH_MIRROR"
    } >"$root.conf"
}

# The environment that scriptlets get from stet.
clean() {
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC "$@"
}

# pacman_install ROOT TARGET... - by the pacman of this machine. The root must be a mount point for CheckSpace and the
# like, so it is one for this command.
pacman_install() {
    local root=$1
    shift
    # shellcheck disable=SC2016 # for the shell inside
    clean unshare --mount bash -c 'mount --bind "$1" "$1" && mount --bind /dev "$1/dev" && mount -t proc proc "$1/proc" &&
        exec pacman --config "$1.conf" -Sy --noconfirm --noprogressbar --color never "${@:2}"' bash "$root" "$@" \
        </dev/null >>"$root.said" 2>&1 || {
        cat "$root.said"
        return 1
    }
}

# pacman71_install CHROOT ROOT TARGET... - by the pacman inside of CHROOT, a root of the repository.
pacman71_install() {
    local chroot=$1 root=$2
    shift 2
    # shellcheck disable=SC2016 # for the shell inside
    clean STET_E2E_DIR="$STET_E2E_DIR" unshare --mount bash -ec 'chroot=$1 root=$2
        mount --bind /dev "$chroot/dev"
        mount -t proc proc "$chroot/proc"
        mkdir -p "$chroot$STET_E2E_DIR"
        mount --rbind "$STET_E2E_DIR" "$chroot$STET_E2E_DIR"
        mkdir -p "$root/etc/pacman.d/hooks"
        mount --bind /dev "$chroot$root/dev"
        mount -t proc proc "$chroot$root/proc"
        unset STET_E2E_DIR
        exec chroot "$chroot" pacman --config "$root.conf" -Sy --disable-sandbox --noconfirm --noprogressbar --color never "${@:3}"
        ' bash "$chroot" "$root" "$@" </dev/null >>"$root.said" 2>&1 || {
        cat "$root.said"
        return 1
    }
}

# in_root ROOT COMMAND... - in a chroot with /dev and /proc.
in_root() {
    local root=$1
    shift
    # shellcheck disable=SC2016 # for the shell inside
    clean unshare --mount bash -ec 'mount --bind /dev "$1/dev"; mount -t proc proc "$1/proc"; exec chroot "$@"' bash "$root" "$@"
}

# ---- packages of one test, by hand: also such as makepkg would not make ----

# pkginfo NAME VERSION [LINE...] - .PKGINFO on standard output.
pkginfo() {
    local name=$1 version=$2 line given
    shift 2
    given=$(printf '%s\n' "$@")
    for line in "pkgname = $name" "pkgbase = $name" "pkgver = $version" "pkgdesc = of a test" 'url = https://example.org' \
        "builddate = $ARCH_BUILT" 'packager = Test <test@example.org>' 'size = 1' 'arch = any'; do
        grep -q "^${line%% = *} = " <<<"$given" || echo "$line"
    done
    [ -z "$given" ] || echo "$given"
}

# arch_pack NAME VERSION [LINE...] - $DIR/src/NAME, with .INSTALL if it has one, becomes a package in $DIR/packages.
arch_pack() {
    local name=$1 version=$2 tree=$DIR/src/$1
    shift 2
    mkdir -p "$tree" "$DIR/packages"
    pkginfo "$name" "$version" "$@" >"$tree/.PKGINFO"
    rm -f "$tree/.MTREE"
    (
        cd "$tree" || exit
        shopt -s dotglob nullglob
        bsdtar -czf "$DIR/$name.mtree" --format=mtree --options='!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link' -- *
        mv "$DIR/$name.mtree" .MTREE
        rest=()
        for file in *; do
            case $file in .PKGINFO | .MTREE | .INSTALL) ;; *) rest+=("$file") ;; esac
        done
        [ ! -e .INSTALL ] || rest=(.INSTALL "${rest[@]}")
        tar --owner=0 --group=0 --mtime="@$ARCH_BUILT" -cf - .MTREE .PKGINFO "${rest[@]}"
    ) | zstd -q -1 >"$DIR/packages/$name-$version-any.pkg.tar.zst"
}

# arch_pack_tar NAME TAR [LINE...] - version 1-1, with a tar that the test has made as its files, and no .MTREE.
arch_pack_tar() {
    local name=$1 tar=$2 work=$DIR/by-hand/$1
    shift 2
    mkdir -p "$work" "$DIR/packages"
    pkginfo "$name" 1-1 "$@" >"$work/.PKGINFO"
    tar -C "$work" --owner=0 --group=0 --mtime="@$ARCH_BUILT" -cf "$work/package.tar" .PKGINFO
    tar -Af "$work/package.tar" "$tar"
    zstd -q -1 <"$work/package.tar" >"$DIR/packages/$name-1-1-any.pkg.tar.zst"
}

# scriptlet NAME - .INSTALL of $DIR/src/NAME, from standard input.
scriptlet() {
    mkdir -p "$DIR/src/$1"
    cat >"$DIR/src/$1/.INSTALL"
}

# with_arch_packages [OPTION...] - $DIR/mirror: core as everywhere, and "test" with what is in $DIR/packages.
with_arch_packages() {
    mkdir -p "$DIR/mirror"
    ln -sfn "$ARCH_DIR/mirror/core" "$DIR/mirror/core"
    "$ARCH_REPOSITORY" --key "$ARCH_KEY" --repository test "$@" "$DIR/mirror" "$DIR"/packages/*.pkg.tar.*
    POOL=$DIR/mirror/test/os/$ARCH
}

# test_recipe [LINE...] - writes $DIR/recipe.yaml for that mirror.
test_recipe() {
    # shellcheck disable=SC2016
    arch_recipe "mirror: file://$DIR/mirror/\$repo/os/\$arch" 'repositories: [test, core]' "$@" >"$DIR/recipe.yaml"
}
