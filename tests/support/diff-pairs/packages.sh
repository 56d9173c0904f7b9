# Pairs that differ by packages, random values, caches, compressors, missing files.
# shellcheck shell=bash disable=SC2016

# hello_deb VERSION OUT
hello_deb() {
    local dir
    dir=$(mktemp -d)
    mkdir -p "$dir/DEBIAN" "$dir/usr/share/hello" "$dir/usr/bin"
    printf 'Package: hello\nVersion: %s\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: greets\n' "$1" >"$dir/DEBIAN/control"
    printf '#!/bin/sh\necho hello %s\n' "$1" >"$dir/usr/bin/hello"
    chmod 755 "$dir/usr/bin/hello" "$dir"
    for i in 1 2 3; do echo "page $i of hello $1" >"$dir/usr/share/hello/page$i"; done
    [ "$1" = 1.0-1 ] || echo new >"$dir/usr/share/hello/news"
    (cd "$dir" && settle '2026-01-01 00:00:00')
    SOURCE_DATE_EPOCH=1767225600 dpkg-deb --root-owner-group -b "$dir" "$2" >/dev/null
    rm -r "$dir"
}

# install_deb FILE... - into the current directory.
install_deb() {
    mkdir -p var/lib/dpkg/info var/lib/dpkg/updates
    [ -e var/lib/dpkg/status ] || : >var/lib/dpkg/status
    dpkg --root="$PWD" --force-not-root --log=/dev/null -i "$@" >/dev/null 2>&1
    rm -rf var/lib/dpkg/*-old var/lib/dpkg/lock* var/lib/dpkg/triggers var/lib/dpkg/updates var/lib/dpkg/alternatives
}

pair package-version-dpkg 'a root with two versions of one package' \
    'package-version certain' <<'END'
if [ "$side" = a ]; then version=1.0-1; else version=1.1-1; fi
hello_deb $version "$work/hello.deb"
install_deb "$work/hello.deb"
settle "$time_a"
pack
END

pair package-version-status 'the status of dpkg alone' \
    'package-version certain' 'may unexplained' <<'END'
if [ "$side" = a ]; then version=1.0-1; else version=1.1-1; fi
hello_deb $version "$work/hello.deb"
install_deb "$work/hello.deb"
settle "$time_a"
mkdir -p "$work/shared/$side/var/lib/dpkg"
cp -p var/lib/dpkg/status "$work/shared/$side/var/lib/dpkg"
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair package-version-pacman 'a root with two versions of one package of pacman' \
    'package-version certain' 'may database-time' <<'END'
if [ "$side" = a ]; then version=1.0; else version=1.1; fi
mkdir "$work/shared/$side" && chmod 755 "$work/shared/$side"
cat >"$work/shared/$side/PKGBUILD" <<PKGBUILD
pkgname=hello
pkgver=$version
pkgrel=1
pkgdesc='greets'
arch=(any)
license=(MIT)
package() { for i in 1 2 3; do install -Dm644 /dev/stdin "\$pkgdir/usr/share/hello/page\$i" <<<"page \$i of $version"; done; }
PKGBUILD
"$here/arch-repository" --signatures none --packages-only --key "$work/key" "$work/shared/$side/repo" "$work/shared/$side"
mkdir -p var/lib/pacman
now=$time_a
clock pacman -r "$PWD" --config /dev/null --noconfirm --cachedir "$work/cache" --logfile /dev/null -U "$work/shared/$side"/repo/core/os/*/hello-*.pkg.tar.zst >/dev/null 2>&1
settle
pack
END

pair missing-package 'a root that has one package more' \
    'missing certain' <<'END'
hello_deb 1.0-1 "$work/hello.deb"
dir=$(mktemp -d)
mkdir -p "$dir/DEBIAN" "$dir/usr/share/base"
printf 'Package: base\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: base\n' >"$dir/DEBIAN/control"
echo base >"$dir/usr/share/base/text"
chmod 755 "$dir"
SOURCE_DATE_EPOCH=1767225600 dpkg-deb --root-owner-group -b "$dir" "$work/base.deb" >/dev/null
rm -r "$dir"
install_deb "$work/base.deb"
[ "$side" = a ] || install_deb "$work/hello.deb"
settle "$time_a"
pack
END

pair random-ssh 'the host keys of ssh' \
    'random certain' <<'END'
mkdir -p etc/ssh
on_host same ssh-keygen -q -t ed25519 -N '' -C root@same -f etc/ssh/ssh_host_ed25519_key
settle "$time_a"
pack
END

pair random-machine-id 'the machine id that systemd makes' \
    'random certain' <<'END'
mkdir -p etc
systemd-machine-id-setup --root="$PWD" >/dev/null 2>&1
[ -s etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
settle "$time_a"
pack
END

pair random-uuid 'a configuration with a UUID of version 4' \
    'random certain' <<'END'
mkdir -p etc
echo "instance = $(cat /proc/sys/kernel/random/uuid)" >etc/app.conf
settle "$time_a"
pack
END

pair random-seed 'a seed of random numbers' \
    'random certain' <<'END'
mkdir -p var/lib/systemd
head -c 512 /dev/urandom >var/lib/systemd/random-seed
settle "$time_a"
pack
END

pair random-bytes 'bytes from the kernel in a file that is named as a key' \
    'random possible' <<'END'
mkdir -p etc
head -c 96 /dev/urandom >etc/cluster.key
settle "$time_a"
pack
END

pair random-token 'a cookie secret in a configuration' \
    'random likely' <<'END'
mkdir -p etc
echo "cookie_secret = $(head -c 24 /dev/urandom | base64)" >etc/web.conf
settle "$time_a"
pack
END

pair random-pem 'a private key made by openssl' \
    'random likely' <<'END'
mkdir -p etc
openssl genpkey -algorithm ed25519 -out etc/service.pem 2>/dev/null
settle "$time_a"
pack
END

pair random-openpgp 'a key made by gpg' \
    'random likely' 'may build-time' <<'END'
mkdir -p "$work/shared/$side" usr/share/keyrings
chmod 700 "$work/shared/$side"
now=$time_a
gpg --homedir "$work/shared/$side" --batch --quiet --passphrase '' --faked-system-time 20261120T101213 --quick-generate-key 'Test <test@example.org>' ed25519 sign never 2>/dev/null
gpg --homedir "$work/shared/$side" --batch --quiet --export >usr/share/keyrings/test.gpg
settle
pack
END

pair random-salt 'a password in shadow, hashed with two salts' \
    'random likely' <<'END'
mkdir -p etc
echo "root:$(openssl passwd -6 secret):20000:0:99999:7:::" >etc/shadow
settle "$time_a"
pack
END

pair random-sqlite 'a database with a random identifier in a row' \
    'random likely' <<'END'
mkdir -p var/lib
sqlite3 var/lib/app.db "pragma page_size=512; create table meta(key text, value text); insert into meta values('instance', '$(cat /proc/sys/kernel/random/uuid)'), ('version', '3');"
settle "$time_a"
pack
END

pair inode-cache-ldconfig 'the auxiliary cache of ldconfig in two roots' \
    'inode-cache certain' <<'END'
mkdir -p usr/lib etc var/cache/ldconfig
touch etc/ld.so.conf
for n in one two; do
    echo "int $n(void) { return 1; }" | gcc -x c -shared -nostdlib -Wl,-soname,lib$n.so.1 -o usr/lib/lib$n.so.1 -
done
ln -s usr/lib lib
ldconfig -r "$PWD"
mkdir -p "$work/shared/$side/etc" "$work/shared/$side/var/cache/ldconfig"
cp var/cache/ldconfig/aux-cache "$work/shared/$side/var/cache/ldconfig"
cp etc/ld.so.cache "$work/shared/$side/etc"
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair missing-ldconfig 'the cache of ldconfig where one root has a library more' \
    'missing certain' <<'END'
mkdir -p usr/lib etc var/cache/ldconfig
touch etc/ld.so.conf
libraries='one two'
[ "$side" = a ] || libraries='one two three'
for n in $libraries; do
    echo "int $n(void) { return 1; }" | gcc -x c -shared -nostdlib -Wl,-soname,lib$n.so.1 -o usr/lib/lib$n.so.1 -
done
ln -s usr/lib lib
ldconfig -r "$PWD"
mkdir -p "$work/shared/$side/etc"
cp etc/ld.so.cache "$work/shared/$side/etc"
for n in $libraries; do mkdir -p "$work/shared/$side/usr/lib" && : >"$work/shared/$side/usr/lib/lib$n.so.1"; done
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair compressor-gzip 'one text, compressed by gzip -1 and -9' \
    'compressor certain' <<'END'
if [ "$side" = a ]; then level=-1; else level=-9; fi
some_text | gzip -n $level >"$out"
END

pair compressor-pigz 'one text, compressed by gzip and by pigz with two jobs' \
    'compressor certain' <<'END'
for i in $(seq 30); do some_text; done >text
if [ "$side" = a ]; then gzip -n <text >"$out"; else pigz -n -p 2 -b 128 <text >"$out"; fi
END

pair compressor-zopfli 'one text, compressed by pigz -9 and -11, which is zopfli' \
    'compressor certain' <<'END'
if [ "$side" = a ]; then level=-9; else level=-11; fi
some_text | pigz -n $level >"$out"
END

pair compressor-xz 'one text, compressed by xz -0 and -9' \
    'compressor certain' <<'END'
if [ "$side" = a ]; then level=-0; else level=-9; fi
some_text | xz $level >"$out"
END

pair compressor-zstd 'one text, compressed by zstd -1 and -19' \
    'compressor certain' <<'END'
if [ "$side" = a ]; then level=-1; else level=-19; fi
some_text | zstd -q $level >"$out"
END

pair compressor-zip 'one text, deflated by zip -1 and -9' \
    'compressor likely' <<'END'
if [ "$side" = a ]; then level=-1; else level=-9; fi
some_text >text
settle "$time_a"
zip -q -X $level "$out.zip" text
mv "$out.zip" "$out"
END

pair compressor-layer 'one tree, packed by tar and compressed by gzip and zstd' \
    'compressor certain' <<'END'
mkdir -p usr/share
some_text >usr/share/text
settle "$time_a"
if [ "$side" = a ]; then tar --sort=name --owner=0 --group=0 -b1 -cf - usr | gzip -n >"$out"; else tar --sort=name --owner=0 --group=0 -b1 -cf - usr | zstd -q >"$out"; fi
END

pair compressor-deb 'one package, compressed by dpkg-deb with xz and with gzip' \
    'compressor likely' 'may missing' <<'END'
mkdir -p deb/DEBIAN deb/usr/share/hello
printf 'Package: hello\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: greets\n' >deb/DEBIAN/control
some_text >deb/usr/share/hello/text
(cd deb && settle "$time_a")
if [ "$side" = a ]; then level=1; else level=9; fi
SOURCE_DATE_EPOCH=1795000000 dpkg-deb --root-owner-group -Zgzip -z$level -b deb "$out.deb" >/dev/null
mv "$out.deb" "$out"
END

pair compressor-oci 'an image whose layer was compressed by gzip -1 and -9' \
    'compressor certain' 'may build-time' 'may unexplained' <<'END'
mkdir -p usr/share
some_text >usr/share/file
settle '2026-11-20 10:00:00'
tar --format=ustar --sort=name --owner=0 --group=0 -b1 -cf "$work/layer.tar" usr
if [ "$side" = a ]; then level=-1; else level=-9; fi
gzip -n $level <"$work/layer.tar" >"$work/layer.tar.gz"
sha() { sha256sum "$1" | cut -d' ' -f1; }
size() { stat -c %s "$1"; }
layout=$work/shared/$side
mkdir -p "$layout/blobs/sha256"
put() { cp "$1" "$layout/blobs/sha256/$(sha "$1")"; }
put "$work/layer.tar.gz"
printf '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created_by":"test"}]}' "$(sha "$work/layer.tar")" >"$work/config"
put "$work/config"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%s}]}' \
    "$(sha "$work/config")" "$(size "$work/config")" "$(sha "$work/layer.tar.gz")" "$(size "$work/layer.tar.gz")" >"$work/manifest"
put "$work/manifest"
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"latest"}}]}' \
    "$(sha "$work/manifest")" "$(size "$work/manifest")" >"$layout/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
tar --format=ustar --sort=name --owner=0 --group=0 --mtime=@0 -b1 -cf "$out" -C "$layout" .
END

pair missing-cache 'a tree in which a program was run, so that its bytecode is there' \
    'missing certain' <<'END'
mkdir -p usr/lib/app
echo 'VALUE = 1' >usr/lib/app/mod.py
settle "$time_a"
[ "$side" = a ] || (cd usr/lib/app && python3 -c 'import mod')
settle "$time_a"
pack
END

pair missing-log 'a root with a log that the other lacks' \
    'missing certain' <<'END'
mkdir -p var/log
echo base >var/log/README
[ "$side" = b ] || (clock date && echo done) >var/log/install.log
settle "$time_a"
pack
END

pair missing-zip 'a zip archive with one member more' \
    'missing certain' <<'END'
echo one >one.txt
echo two >two.txt
settle "$time_a"
if [ "$side" = a ]; then set -- one.txt; else set -- one.txt two.txt; fi
zip -q -X "$out.zip" "$@"
mv "$out.zip" "$out"
END
