#!/bin/sh
# Makes the archives of this folder anew. Needs gpg, xz and gzip. All dates are fixed; the keys are new each time.
set -eu
cd "$(dirname "$0")"
rm -rf archive security older wrong ./*.gpg ./*.asc
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT
g() { gpg --batch --quiet --no-tty --passphrase '' --pinentry-mode loopback "$@"; }
# Before every date that is signed, so that the test's clock does not matter to gpgv.
at() { printf '%s!' "$1"; }
g --faked-system-time "$(at 20250101T000000)" --quick-gen-key 'Archive key for tests' ed25519 sign never
g --faked-system-time "$(at 20250101T000000)" --quick-gen-key 'Other key for tests' ed25519 sign never
g --faked-system-time "$(at 20250101T000000)" --quick-gen-key 'Expired key for tests' ed25519 sign 20250601T000000
g --export '=Archive key for tests' > keyring.gpg
g --armor --export '=Archive key for tests' > keyring.asc
g --export '=Archive key for tests' '=Expired key for tests' > expired.gpg

package() { # name version priority extra-lines
    printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nPriority: %s\n' "$1" "$2" "$3"
    printf 'Filename: pool/main/%s_%s_amd64.deb\nSize: 100\n' "$1" "$2"
    printf 'SHA256: %s\n' "$(printf '%s %s' "$1" "$2" | sha256sum | cut -d' ' -f1)"
    printf '%s\n' "$4"
}
base() { # version-of-tool
    package base-files 13 required 'Essential: yes
Pre-Depends: libc6
'
    package libc6 2.41-1 optional ''
    package sh 1 required 'Essential: yes
Depends: libc6
'
    package passwd 1 required 'Depends: libc6
'
    package apt 3.0 important 'Depends: libc6
Breaks: tool (<< 1)
'
    package tool "$1" optional 'Depends: libtool
'
    package libtool 1+2 optional ''
}
# FOLDER SUITE CODENAME DATE VALID-UNTIL BY-HASH: signs what lies below FOLDER/main
release() {
    {
        printf 'Origin: Debian\nLabel: Debian\nSuite: %s\nCodename: %s\nDate: %s\n' "$2" "$3" "$4"
        [ -z "$5" ] || printf 'Valid-Until: %s\n' "$5"
        [ -z "$6" ] || printf 'Acquire-By-Hash: yes\n'
        printf 'Architectures: all amd64\nNo-Support-for-Architecture-all: Packages\n'
        printf 'Components: main\nSHA256:\n'
        (cd "$1" && find main -type f ! -path '*/by-hash/*' | LC_ALL=C sort | while read -r f; do
            printf ' %s %8d %s\n' "$(sha256sum "$f" | cut -d' ' -f1)" "$(stat -c %s "$f")" "$f"
        done)
    } > "$1/Release"
}
sign() { # FOLDER KEY TIME
    g --faked-system-time "$(at "$3")" --local-user "=$2" --clearsign --output "$1/InRelease" "$1/Release"
    rm "$1/Release"
}
by_hash() { # FOLDER: moves the files to their names by hash; the plain names vanish
    mkdir -p "$1/main/binary-amd64/by-hash/SHA256"
    for f in "$1"/main/binary-amd64/Packages*; do
        mv "$f" "$1/main/binary-amd64/by-hash/SHA256/$(sha256sum "$f" | cut -d' ' -f1)"
    done
    # The plain text is signed, but mirrors serve the compressed file alone.
    rm -f "$1/main/binary-amd64/by-hash/SHA256/$2"
}
KEY='Archive key for tests'
for spec in "archive 1.0 Thu,_01_Jan_2026_00:00:00_UTC Sun,_01_Feb_2026_00:00:00_UTC 20260101T000100" \
            "older 0.9 Mon,_01_Dec_2025_00:00:00_UTC Sun,_01_Feb_2026_00:00:00_UTC 20251201T000100"; do
    # shellcheck disable=SC2086 # words are wanted
    set -- $spec
    f=$1/dists/trixie
    mkdir -p "$f/main/binary-amd64"
    base "$2" > "$f/main/binary-amd64/Packages"
    xz -k "$f/main/binary-amd64/Packages"
    release "$f" stable trixie "$(echo "$3" | tr _ ' ')" "$(echo "$4" | tr _ ' ')" yes
    sign "$f" "$KEY" "$5"
    by_hash "$f" "$(sha256sum < "$f/main/binary-amd64/Packages" | cut -d' ' -f1)"
done
f=archive/dists/trixie-updates
mkdir -p "$f/main/binary-amd64"
package tool 1.1 optional 'Depends: libtool
' > "$f/main/binary-amd64/Packages"
gzip -kn "$f/main/binary-amd64/Packages"
release "$f" stable-updates trixie-updates 'Fri, 02 Jan 2026 00:00:00 UTC' 'Sun, 01 Feb 2026 00:00:00 UTC' ''
sign "$f" "$KEY" 20260102T000100
rm "$f/main/binary-amd64/Packages"
f=security/dists/trixie-security
mkdir -p "$f/main/binary-amd64"
package libtool 1+2+deb13u1 optional '' > "$f/main/binary-amd64/Packages"
release "$f" stable-security trixie-security 'Sat, 03 Jan 2026 00:00:00 UTC' 'Sun, 01 Feb 2026 00:00:00 UTC' ''
sign "$f" "$KEY" 20260103T000100

mkdir -p wrong/dists
for d in trixie forky altered unsigned expired-key other-key; do
    f=wrong/dists/$d
    mkdir -p "$f/main/binary-amd64"
    base 1.0 > "$f/main/binary-amd64/Packages"
    code=$d
    [ "$d" != forky ] || code=trixie
    release "$f" "$code" "$code" 'Thu, 01 Jan 2026 00:00:00 UTC' '' ''
    case $d in
    unsigned) mv "$f/Release" "$f/InRelease" ;;
    expired-key) sign "$f" 'Expired key for tests' 20250301T000000 ;;
    other-key) sign "$f" 'Other key for tests' 20260101T000100 ;;
    *) sign "$f" "$KEY" 20260101T000100 ;;
    esac
done
sed -i 's/^Size: 100$/Size: 101/' wrong/dists/trixie/main/binary-amd64/Packages
sed -i 's/^Label: Debian$/Label: Debiam/' wrong/dists/altered/InRelease
for d in forky altered unsigned expired-key other-key; do
    [ "$d" = expired-key ] || rm -r "wrong/dists/$d/main"
done
