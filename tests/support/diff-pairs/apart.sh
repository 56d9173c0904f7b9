# Pairs that were made without looking at the rules, and before these: what a stranger's builds would show. How many were
# named right at the first comparison is kept in each EXPECT, and told in docs/diff.md.
# shellcheck shell=bash

# The clocks of the two builds, by how far they are apart.
set_times() {
    case $1 in
    minutes) time_a='2026-11-22 03:21:44' time_b='2026-11-22 03:29:02' ;;
    days) time_a='2026-11-22 03:21:44' time_b='2026-11-23 19:05:07' ;;
    months) time_a='2026-03-05 16:40:11' time_b='2026-08-17 08:02:59' ;;
    same) time_a='2026-11-22 03:21:44' time_b=$time_a ;;
    esac
}

# apart NAME README TIMES FIRST EXPECT... <<COMMANDS - a pair; FIRST: what came of the first comparison (right, partly,
# unexplained, wrong). COMMANDS are run in a file system that reads directories by when their files were made.
apart() {
    local name=$1 readme=$2 time_a time_b first=$4
    set_times "$3"
    shift 4
    pair "apart-$name" "$readme" "$@" "first $first" < <(
        echo 'begin_apart'
        cat
    )
}

memory=/dev/shm/make-diff-pairs
begin_apart() {
    rm -rf "$memory"
    mkdir -m 755 "$memory"
    cd "$memory" || exit
    export LOCPATH=$locales PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec >"$work/log" 2>&1
}

is_b() {
    [ "$side" = b ]
}

either() {
    if is_b; then echo "$2"; else echo "$1"; fi
}

# pack_root DIR [now] - as a builder packs that sets all times to a fixed one; or does not.
pack_root() {
    if [ "${2:-}" = now ]; then
        find "$1" -depth -exec touch -h -d "$now UTC" {} +
        set -- "$1"
    else
        set -- "$1" --mtime=@1793491200
    fi
    tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner "${@:2}" -C "$1" -b1 -cf "$out" .
}

# as_user NAME UID COMMAND... - as a user whom the system knows by this name.
as_user() {
    local name=$1 uid=$2
    shift 2
    { grep -v "^$name:" /etc/passwd && echo "$name:x:$uid:$uid::/home/$name:/bin/sh"; } >"$work/passwd"
    { grep -v "^$name:" /etc/group && echo "$name:x:$uid:"; } >"$work/group"
    chown -R "$uid:$uid" .
    unshare --mount sh -c 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group
        name=$2 uid=$3
        shift 3
        HOME=/tmp USER=$name LOGNAME=$name exec setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"' \
        sh "$work" "$name" "$uid" "$@"
}

# scatter - names, in another order on side b: in which their files are made.
scatter() {
    if is_b; then shuf --random-source=<(yes 7); else cat; fi
}

SRC='#include <stdio.h>
int table[4] = {3, 1, 4, 1};
static int sum(int n) { int s = 0; for (int i = 0; i < n; i++) s += table[i]; return s; }
int main(int argc, char **argv) { printf("tool %s (built %s %s), %d\n", argv[0], __DATE__, __TIME__, sum(argc & 3)); return 0; }'

# What several pairs begin with: two packages, keys.
made=$work/made
make_made() {
    local name
    mkdir "$made"
    mkdir -m 700 "$made/gnupg"
    printf '[options]\nArchitecture = auto\nSigLevel = Never\n' >"$made/pacman.conf"
    for name in one two; do
        mkdir "$made/$name"
        cat >"$made/$name/PKGBUILD" <<END
pkgname=$name pkgver=1.0 pkgrel=1 pkgdesc=x arch=(any) license=(MIT)
package() { install -d "\$pkgdir/usr/share/$name"; echo data >"\$pkgdir/usr/share/$name/data"; }
END
        chown -R nobody "$made/$name"
        (cd "$made/$name" && PKGEXT=.pkg.tar.gz setpriv --reuid nobody --clear-groups env HOME=/tmp \
            faketime -f '@2026-10-01 00:00:00' makepkg -d --nosign >"$work/log" 2>&1) || cat "$work/log" >&2
        mv "$made/$name/$name"-*.pkg.tar.gz "$made"
    done
    openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out "$made/key.pem" 2>/dev/null
    gpg --homedir "$made/gnupg" --batch --passphrase '' --faked-system-time 20261101T000000 \
        --quick-gen-key 'x <x@example.org>' rsa2048 sign never 2>/dev/null
    gpgconf --homedir "$made/gnupg" --kill all
    language en_US.UTF-8
    language de_DE.UTF-8
}

if [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]}" == *" apart-"* ]]; then
    (make_made)
    for part in "$here"/diff-pairs/apart/*.sh; do
        # shellcheck source=/dev/null
        . "$part"
    done
    rm -rf "$memory"
fi
