# Pairs that differ by the clock.
# shellcheck shell=bash disable=SC2016

pair build-time-text 'a program whose --version text holds the output of date(1), built on two days' \
    'build-time certain' <<'END'
mkdir -p usr/bin
printf '#!/bin/sh\necho "tool 1.4, built on %s"\n' "$(clock date)" >usr/bin/tool
chmod 755 usr/bin/tool
settle
pack
END

pair build-time-iso 'a release file with three times as date(1) writes them: ISO 8601, RFC 2822, RFC 3339' \
    'build-time certain' <<'END'
mkdir -p etc
{
    echo "NAME=example"
    echo "BUILT=$(clock date -Iseconds)"
    echo "STAMP=$(clock date -R)"
    echo "TIME=$(clock date --rfc-3339=seconds)"
} >etc/build-info
settle
pack
END

pair build-time-seconds 'a header with seconds since 1970, in decimal and hexadecimal, and milliseconds' \
    'build-time likely' <<'END'
mkdir -p usr/include
{
    echo "#define BUILD_TIME $(clock date +%s)L"
    echo "#define BUILD_STAMP 0x$(printf %x "$(clock date +%s)")"
    echo "static const long long build_ms = $(clock date +%s%3N);"
} >usr/include/stamp.h
settle
pack
END

pair build-time-dates 'dates of day alone: ISO, day first, month first, compact, with the name of the month' \
    'build-time likely' <<'END'
mkdir -p usr/share
{
    echo "Generated: $(clock date +%Y-%m-%d)"
    echo "on $(clock date +%d/%m/%Y) in Europe, $(clock date +%m/%d/%Y) in America"
    echo "build date: $(clock date +%Y%m%d)"
    echo "It was $(clock date '+%B %d, %Y')"
} >usr/share/about.txt
settle
pack
END

pair build-time-syslog 'a log of configuration with times without a year, and with slashes' \
    'build-time likely' <<'END'
mkdir -p var/log
{
    echo "$(clock date '+%b %e %H:%M:%S') configure: started"
    echo "$(clock date '+%Y/%m/%d %H:%M:%S') configure: done"
} >var/log/configure.log
settle
pack
END

pair build-time-man 'a manual page made by pod2man, which dates it' \
    'build-time likely' <<'END'
mkdir -p usr/share/man/man1
printf '=head1 NAME\n\ntool - does something\n' >tool.pod
settle
clock pod2man --section=1 --release=1.4 tool.pod usr/share/man/man1/tool.1
rm tool.pod
settle
pack
END

pair build-time-json 'metadata of a build, written by perl with its own clock' \
    'build-time certain' <<'END'
mkdir -p usr/lib/app
clock perl -MPOSIX=strftime -MJSON::PP -e 'print JSON::PP->new->canonical->pretty->encode({name => "app", builtAt => strftime("%Y-%m-%dT%H:%M:%SZ", gmtime), epoch => time, version => "1.4.0"})' >usr/lib/app/meta.json
settle
pack
END

pair build-time-elf 'an object compiled by gcc from a source with __DATE__ and __TIME__' \
    'build-time likely' <<'END'
echo 'const char banner[] = "tool 1.4 (" __DATE__ ", " __TIME__ ")";' >t.c
clock gcc -c -o tool.o t.c
rm t.c
settle
pack
END

pair build-time-gzip 'a text compressed by gzip, which keeps the time' \
    'build-time likely' <<'END'
seq 200 >numbers
settle
gzip -c numbers >"$out"
END

pair build-time-zip 'a zip archive of two files made at that time' \
    'build-time likely' <<'END'
echo one >one.txt
echo two >two.txt
settle
zip -q -X "$out.zip" one.txt two.txt
mv "$out.zip" "$out"
END

pair build-time-ar 'a static library of which ar keeps the times of the objects' \
    'build-time likely' <<'END'
mkdir -p usr/lib
echo 'int f(void) { return 1; }' >f.c
gcc -c f.c
settle
ar rcU usr/lib/libf.a f.o
rm f.o f.c
settle
pack
END

pair build-time-tar 'a tree of which nothing but the times differs' \
    'build-time certain' <<'END'
mkdir -p usr/share/doc
echo text >usr/share/doc/a
echo text >usr/share/doc/b
settle
pack
END

pair build-time-cpio 'a cpio archive as an initramfs has' \
    'build-time likely' <<'END'
mkdir -p bin
echo text >bin/tool
settle
bsdtar --format=newc --uid 0 --gid 0 -cf "$out" bin bin/tool
END

pair build-time-xz 'a dated text compressed by xz' \
    'build-time likely' <<'END'
{ echo "# generated at $(clock date -Iseconds)"; seq 100; } >list
mkdir -p usr
xz -c list >usr/list.xz
rm list
settle
pack
END

pair build-time-zstd 'a dated text compressed by zstd' \
    'build-time likely' <<'END'
{ echo "# generated at $(clock date -Iseconds)"; seq 100; } >list
mkdir -p usr
zstd -q -c list >usr/list.zst
rm list
settle
pack
END

pair build-time-python 'bytecode compiled by Python, which embeds the time of the source' \
    'build-time likely' <<'END'
echo 'def f(): return 1' >mod.py
settle
python3 -c 'import py_compile; py_compile.compile("mod.py", cfile="mod.pyc")'
rm mod.py
settle
pack
END

pair build-time-sqlite 'a database in which a row has the time of its making' \
    'build-time likely' <<'END'
mkdir -p var/lib
clock sqlite3 var/lib/app.db "pragma page_size=512; create table meta(key text, value text); insert into meta values('created', datetime('now')), ('version', '3');"
settle
pack
END

pair build-time-png 'a picture with the chunk tIME' \
    'build-time likely' <<'END'
clock python3 -c '
import struct, sys, time, zlib
def chunk(t, d): return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
n = time.gmtime()
sys.stdout.buffer.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
    + chunk(b"tIME", struct.pack(">HBBBBB", n.tm_year, n.tm_mon, n.tm_mday, n.tm_hour, n.tm_min, n.tm_sec))
    + chunk(b"IDAT", zlib.compress(b"\0\1\2\0\3\4")) + chunk(b"IEND", b""))' >icon.png
settle
pack
END

pair build-time-shadow 'an account made by useradd, which writes the day' \
    'build-time likely' <<'END'
mkdir etc
echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
echo 'root:x:0:' >etc/group
echo 'root:*:20000:0:99999:7:::' >etc/shadow
clock useradd --prefix "$PWD" --uid 900 --no-create-home --no-user-group --gid 0 --no-log-init service 2>/dev/null
rm -f etc/*-
settle
pack
END

pair build-time-dpkg-log 'the log of dpkg after the installation of a package' \
    'build-time likely' <<'END'
mkdir -p deb/DEBIAN deb/usr/share/hello var/lib/dpkg/info var/lib/dpkg/updates var/log
printf 'Package: hello\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: greets\n' >deb/DEBIAN/control
dpkg-deb --root-owner-group -b deb hello.deb >/dev/null
rm -r deb
: >var/lib/dpkg/status
clock dpkg --root="$PWD" --log=var/log/dpkg.log -i hello.deb >/dev/null 2>&1
rm hello.deb
rm -r var/lib
settle
pack
END

pair build-time-deb 'a package built by dpkg-deb without SOURCE_DATE_EPOCH' \
    'build-time likely' <<'END'
mkdir -p deb/DEBIAN deb/usr/share/hello
printf 'Package: hello\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: greets\n' >deb/DEBIAN/control
echo hello >deb/usr/share/hello/text
(cd deb && settle)
clock dpkg-deb --root-owner-group -b deb "$out.deb" >/dev/null
mv "$out.deb" "$out"
END

pair build-time-pkg 'a package built by makepkg at two times' \
    'build-time likely' <<'END'
chmod 755 .
cat >PKGBUILD <<'PKGBUILD'
pkgname=hello
pkgver=1.0
pkgrel=1
pkgdesc='greets'
arch=(any)
license=(MIT)
package() { install -Dm644 /dev/stdin "$pkgdir/usr/share/hello/text" <<<hello; }
PKGBUILD
SOURCE_DATE_EPOCH=$(clock date +%s) "$here/arch-repository" --signatures none --packages-only --key "$work/key" "$PWD/repo" "$PWD"
mv repo/core/os/*/hello-1.0-1-any.pkg.tar.zst "$out"
END

pair build-time-apk 'a package as apk has it: three streams of tar and gzip, with the time of the build' \
    'build-time likely' <<'END'
mkdir -p data/usr/share/hello control
echo hello >data/usr/share/hello/text
printf 'pkgname = hello\npkgver = 1.0-r0\nbuilddate = %s\narch = noarch\n' "$(clock date +%s)" >control/.PKGINFO
settle
{
    (cd control && tar --format=ustar --owner=0 --group=0 -b1 -cf - .PKGINFO | head -c -1024 | gzip -n)
    (cd data && tar --format=ustar --owner=0 --group=0 -b1 -cf - usr | gzip -n)
} >"$out"
END

pair build-time-little 'a cache whose header has the time in 32 bits, little-endian' \
    'build-time likely' <<'END'
mkdir -p var/cache
clock perl -e 'print pack("a8 V V V", "CACHE01", 3, time, 7), "x" x 40' >var/cache/index.bin
settle
pack
END

pair build-time-big 'a boot image whose header has the time in 32 bits, big-endian' \
    'build-time likely' <<'END'
mkdir -p boot
clock perl -e 'print pack("N a12 N N", 0x27051956, "vmlinuz", time, 512), "\0" x 64' >boot/image.bin
settle
pack
END

pair build-time-oci 'an image that umoci made twice, one after the other' \
    'build-time likely' <<'END'
sleep 2
mkdir -p usr/share
echo text >usr/share/file
settle '2026-11-20 10:00:00'
umoci init --layout "$work/shared/$side" >/dev/null
umoci new --image "$work/shared/$side:latest" >/dev/null
umoci insert --image "$work/shared/$side:latest" usr /usr >/dev/null
umoci config --image "$work/shared/$side:latest" --config.cmd sh --architecture amd64 --os linux >/dev/null
umoci gc --layout "$work/shared/$side" >/dev/null 2>&1
tar --format=ustar --sort=name --owner=0 --group=0 --mtime=@0 -b1 -cf "$out" -C "$work/shared/$side" .
END

pair build-time-gettext 'a catalog of translations with the date of its template' \
    'build-time likely' <<'END'
mkdir -p usr/share/locale/de
echo 'int main(void) { return puts(_("hello")); }' >h.c
printf 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"POT-Creation-Date: %s\\n"\n\nmsgid "hello"\nmsgstr "hallo"\n' "$(clock date '+%Y-%m-%d %H:%M%z')" >de.po
msgfmt -o usr/share/locale/de/hello.mo de.po
rm h.c de.po
settle
pack
END

pair database-time-pacman 'two installations of one package by pacman on two days' \
    'database-time likely' 'may build-time' <<'END'
[ -e "$work/hello.pkg" ] || {
    mkdir "$work/hello" && chmod 755 "$work/hello"
    cat >"$work/hello/PKGBUILD" <<'PKGBUILD'
pkgname=hello
pkgver=1.0
pkgrel=1
pkgdesc='greets'
arch=(any)
license=(MIT)
package() { install -Dm644 /dev/stdin "$pkgdir/usr/share/hello/text" <<<hello; }
PKGBUILD
    "$here/arch-repository" --signatures none --packages-only --key "$work/key" "$work/hello/repo" "$work/hello"
    mv "$work"/hello/repo/core/os/*/hello-1.0-1-any.pkg.tar.zst "$work/hello.pkg"
}
mkdir -p var/lib/pacman
clock pacman -r "$PWD" --config /dev/null --noconfirm --cachedir "$work/cache" --logfile /dev/null -U "$work/hello.pkg" >/dev/null 2>&1
settle "$time_a"
pack
END

pair build-time-catalog 'a catalog of systemd messages, of which one holds when it was made' \
    'build-time likely' <<'END'
mkdir -p usr/lib/systemd/catalog
printf -- '-- 7d4958e842da4a758f6c1cdc7b36dcc5\nSubject: hello\nDefined-By: test\n\nMade on %s.\n' "$(clock date -Iseconds)" >usr/lib/systemd/catalog/test.catalog
journalctl --update-catalog --root="$PWD"
settle
pack
END

pair build-time-journal 'a journal of one message, written by a journald of its own on two days' \
    'build-time likely' 'may random' 'may unexplained' <<'END'
export shared side now
# shellcheck disable=SC2016
timeout -s KILL 20 unshare --mount --uts sh -ec '
    mount -t tmpfs none /run
    mkdir -p /run/systemd/journal /run/log/journal /run/systemd/journald.conf.d
    echo 0123456789abcdef0123456789abcdef >"$shared/id"
    mount --bind "$shared/id" /etc/machine-id
    printf "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRuntimeMaxFileSize=512K\nRuntimeMaxUse=1M\n" >/run/systemd/journald.conf.d/test.conf
    hostname test
    timeout -s KILL 3 faketime -f "@$now" /lib/systemd/systemd-journald >/dev/null 2>&1 &
    sleep 1
    echo "hello from the build" | systemd-cat -t build
    sleep 1
    cp /run/log/journal/*/system.journal "$shared/$side.journal"
    wait || true'
mkdir -p var/log/journal
cp "$shared/$side.journal" var/log/journal/system.journal
settle
find . ! -type d -printf '%P\n' | tar --format=ustar --owner=0 --group=0 --no-recursion -b1 -T - -cf - | zstd -q -19 >"$out"
END
