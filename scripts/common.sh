# shellcheck shell=sh disable=SC2034 # the lists are used by those who source this
# What scripts/demo, scripts/test and bench/ share: packages, building. Sourced, with the
# repository's root as working directory.

# To build stet.
BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkgconf libsolv-dev libsolvext-dev libarchive-dev
 libseccomp-dev libjansson-dev libyaml-dev libcurl4-openssl-dev libssl-dev liblzma-dev libzstd-dev
 zlib1g-dev"
# To run it: signatures, ids of ordinary users, certificates for https mirrors.
RUN_PACKAGES="gpgv uidmap ca-certificates debian-archive-keyring archlinux-keyring"
# To test it: unit tests, style, sanitizers, judges and clients.
TEST_PACKAGES="libcmocka-dev bats clang clang-format libclang-rt-14-dev shellcheck mandoc
 binutils attr acl jq curl gnupg apt-utils dpkg-dev mmdebstrap debootstrap locales diffoscope-minimal faketime disorderfs fuse3 strace util-linux bsdutils
 docker.io skopeo umoci podman buildah python3-jsonschema procps passwd xz-utils zstd
 pacman-package-manager makepkg libarchive-tools libcap2-bin fakeroot chromium fonts-dejavu-core"
# To make the pairs of tests/data/diff anew (tests/support/make-diff-pairs).
PAIRS_PACKAGES="autoconf automake binutils bzip2 cmake cpio dosfstools disorderfs dpkg-dev e2fsprogs faketime
 fontconfig fonts-dejavu-core gcc gettext ghostscript git gnupg groff help2man libarchive-tools libc-bin
 locales lz4 makepkg man-db netpbm ninja-build openssh-client openssl p7zip-full
 pacman-package-manager passwd pigz python3 sqlite3 squashfs-tools systemd systemd-journal-remote texinfo umoci
 buildah util-linux uuid-runtime whois xz-utils zip zopfli zstd"
# To measure it against its peers.
BENCH_PACKAGES="mmdebstrap diffoscope-minimal time pigz libdeflate-tools isal umoci buildah jq"

say() {
    printf '%s\n' "== $*" >&2
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Installs those of the named Debian packages that are missing.
install_packages() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing:$missing"
    as_root apt-get -qq update
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        $missing >/dev/null
}

# build DIR [meson setup options] - configures DIR when it is new, then compiles.
build() {
    dir=$1
    shift
    [ -e "$dir/build.ninja" ] || meson setup "$dir" "$@" >"$dir.log" 2>&1 || {
        cat "$dir.log" >&2
        return 1
    }
    rm -f "$dir.log"
    ninja -C "$dir" >"$dir/compile.log" 2>&1 || {
        grep -v '^\[' "$dir/compile.log" >&2
        return 1
    }
}
