# When it was built: clocks. Made apart from the rules: each was expected before it was compared.
# shellcheck shell=bash

apart c-date-time 'a program with __DATE__ and __TIME__, no build id' \
    days 'partly' 'build-time' <<'END'
echo "$SRC" >main.c
clock gcc -O2 -Wl,--build-id=none main.c -o m
mkdir -p r/usr/bin
cp m r/usr/bin/tool
pack_root r
END

apart c-date-buildid 'a program with __DATE__ and __TIME__, debug information and a build id' \
    days 'right' 'build-time' <<'END'
echo "$SRC" >main.c
clock gcc -g -O2 -Wl,--build-id main.c -o "$out"
END

apart c-epoch-const 'a program with the time of its build as a number' \
    minutes 'unexplained' 'build-time' 'yet unexplained' <<'END'
cat >v.c <<C
#include <stdio.h>
const long build_stamp = BUILD; const char *name = "server";
int main(void) { printf("%s %ld\n", name, build_stamp); }
C
gcc -O1 -DBUILD=$(clock date +%s)L -Wl,--build-id=none v.c -o "$out"
END

apart ar-times 'a static library whose members have times' \
    days 'unexplained' 'build-time' <<'END'
echo 'int a(void){return 1;}' >a.c
echo 'int b(void){return 2;}' >b.c
gcc -c a.c b.c
touch -d "$now UTC" a.o b.o
ar rcU libx.a a.o b.o
touch -d @1793491200 libx.a
mkdir -p r/usr/lib
cp libx.a r/usr/lib
pack_root r
END

apart gzip-man 'a manual page that gzip -9 compressed, with the time of the file' \
    days 'right' 'build-time' <<'END'
mkdir -p r/usr/share/man/man1
printf '.TH FOO 1\n.SH NAME\nfoo \\- do it\n' >r/usr/share/man/man1/foo.1
touch -d "$now UTC" r/usr/share/man/man1/foo.1
gzip -9 r/usr/share/man/man1/foo.1
pack_root r
END

apart pod2man 'a manual page by pod2man' \
    days 'unexplained' 'build-time' <<'END'
mkdir -p r/usr/share/man/man1
printf '=head1 NAME\n\nfoo - does it\n\n=head1 DESCRIPTION\n\nIt does.\n' >foo.pod
touch -d "$now UTC" foo.pod
clock pod2man --section=1 --release=1.2 foo.pod >r/usr/share/man/man1/foo.1
pack_root r
END

apart help2man 'a manual page by help2man, of two months' \
    months 'right' 'build-time' <<'END'
cat >foo <<'C'
#!/bin/sh
case $1 in --version) echo 'foo 1.2';; *) printf 'Usage: foo [OPTION]\nDo it.\n\n  --help  this text\n';; esac
C
chmod +x foo
clock help2man -N ./foo -o "$out"
END

apart texinfo 'an info file with @today' \
    days 'unexplained' 'build-time' <<'END'
printf '\\input texinfo\n@setfilename foo.info\n@settitle Foo\n@node Top\n@top Foo\nThis manual was made on @today{}.\n@bye\n' >foo.texi
clock makeinfo foo.texi -o foo.info
mkdir -p r/usr/share/info
cp foo.info r/usr/share/info/
gzip -9n r/usr/share/info/foo.info
pack_root r
END

apart groff-ps 'PostScript by groff' \
    days 'right' 'build-time' <<'END'
printf '.TH FOO 1 2020-01-01 Foo\n.SH NAME\nfoo \\- x\n' >f.1
clock groff -man -Tps f.1 >"$out"
END

apart pdf-gs 'a PDF by ghostscript' \
    days 'partly' 'build-time' 'may random' 'yet unexplained' <<'END'
printf '%%!PS\n/Helvetica findfont 12 scalefont setfont 72 72 moveto (Hello) show showpage\n' >f.ps
clock gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile="$out" f.ps
END

apart pdf-groff 'a PDF by groff' \
    days 'unexplained' 'build-time' <<'END'
printf '.TH FOO 1 2020-01-01 Foo\n.SH NAME\nfoo \\- x\n' >f.1
clock groff -man -Tpdf f.1 >f.pdf
mkdir -p r/usr/share/doc/foo
cp f.pdf r/usr/share/doc/foo/
pack_root r
END

apart wheel 'a zip like a wheel, by python -m zipfile' \
    days 'right' 'build-time' <<'END'
mkdir foo foo-1.0.dist-info
echo 'x = 1' >foo/__init__.py
printf 'Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n' >foo-1.0.dist-info/METADATA
find . -exec touch -d "$now UTC" {} +
/usr/bin/python3 -m zipfile -c "$out" foo foo-1.0.dist-info
END

apart pyc-times 'bytecode of sources that were written at two times' \
    days 'right' 'build-time' <<'END'
mkdir -p r/usr/lib/python3/dist-packages/foo
cd r/usr/lib/python3/dist-packages/foo
echo 'VALUE = {"a": 1, "b": (2, 3)}' >__init__.py
echo 'def f(x): return x + 1' >util.py
touch -d "$now UTC" *.py
/usr/bin/python3 -m compileall -q .
cd ../../../../../..
pack_root r
END

apart sqlite-created 'a database with times as text, as a number and as a Julian day' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
clock sqlite3 f.db "create table package(id integer primary key, name text, created_at text default current_timestamp, epoch integer default (strftime('%s','now')), julian real default (julianday('now'))); insert into package(name) values ('foo'),('bar');"
mkdir -p r/var/lib/foo
cp f.db r/var/lib/foo/state.db
pack_root r
END

apart apt-history 'the log of update-alternatives' \
    days 'right' 'build-time' <<'END'
mkdir -p r/var/log/apt r/etc/alternatives r/var/lib/dpkg/alternatives r/usr/bin
echo x >r/usr/bin/nano
echo y >r/usr/bin/vi
clock update-alternatives --altdir $PWD/r/etc/alternatives --admindir $PWD/r/var/lib/dpkg/alternatives --log $PWD/r/var/log/alternatives.log --install $PWD/r/usr/bin/editor editor $PWD/r/usr/bin/nano 40
find r/etc -type l -delete
pack_root r
END

apart wtmp 'a record of a boot in wtmp' \
    days 'unexplained' 'build-time' <<'END'
cat >w.c <<'C'
#include <utmpx.h>
#include <utmp.h>
#include <string.h>
#include <sys/time.h>
int main(void) { struct utmp u = {.ut_type = BOOT_TIME}; struct timeval t; gettimeofday(&t, 0); u.ut_tv.tv_sec = t.tv_sec; u.ut_tv.tv_usec = t.tv_usec; strcpy(u.ut_line, "~"); strcpy(u.ut_user, "reboot"); strcpy(u.ut_host, "6.1.0-18-amd64"); updwtmp("wtmp", &u); }
C
gcc w.c -o w
: >wtmp
clock ./w
mkdir -p r/var/log
cp wtmp r/var/log
pack_root r
END

apart useradd-shadow 'an account that useradd added on two days' \
    days 'unexplained' 'build-time' <<'END'
mkdir -p r/etc
echo root:x:0:0::/root:/bin/sh >r/etc/passwd
echo root:x:0: >r/etc/group
echo 'root:*:19000:0:99999:7:::' >r/etc/shadow
echo 'root:*::' >r/etc/gshadow
: >r/etc/subuid
: >r/etc/subgid
clock useradd --prefix $PWD/r -r -u 990 foo
rm -f r/etc/*-
pack_root r
END

apart pacman-local 'two packages that pacman installed at two times' \
    days 'right' 'database-time' 'may build-time' <<'END'
mkdir -p pk r/var/lib/pacman
cp -r $made/*.pkg.tar.gz pk/
clock pacman -r r -U --noconfirm --noscriptlet --config $made/pacman.conf pk/*.pkg.tar.*
rm -rf r/var/log r/etc
pack_root r
END

apart makepkg 'a package by makepkg' \
    days 'right' 'build-time' 'may compressor' <<'END'
mkdir k
cat >k/PKGBUILD <<'C'
pkgname=hold pkgver=1.0 pkgrel=1 pkgdesc=x arch=(any) license=(MIT)
package() { install -d "$pkgdir/usr/share/hold"; echo data >"$pkgdir/usr/share/hold/data"; }
C
chown -R nobody k
cd k
PKGEXT=.pkg.tar.xz setpriv --reuid nobody --clear-groups env HOME=/tmp faketime -f "@$now" makepkg -d --nosign
cp hold*.pkg.tar.xz "$out"
END

apart dpkg-deb-clock 'a package by dpkg-deb' \
    days 'right' 'build-time' <<'END'
mkdir -p d/DEBIAN d/usr/share/foo
printf 'Package: foo\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' >d/DEBIAN/control
echo data >d/usr/share/foo/data
(
    cd d
    md5sum usr/share/foo/data >DEBIAN/md5sums
)
find d -exec touch -d "$now UTC" {} +
clock dpkg-deb --root-owner-group -b d f.deb
cp f.deb "$out"
END

apart apk-like 'a package in the form of apk'\''s' \
    days 'right' 'build-time' <<'END'
mkdir c d
printf 'pkgname = foo\npkgver = 1.0-r0\nbuilddate = %s\narch = noarch\nsize = 5\n' $(clock date +%s) >c/.PKGINFO
mkdir -p d/usr
echo data >d/usr/data
find c d -exec touch -d "$now UTC" {} +
(
    cd c
    tar --format=pax --owner=0 --group=0 --pax-option=delete=atime,delete=ctime -b1 -cf - .PKGINFO | head -c -1024 | gzip -n >../1
)
(
    cd d
    tar --owner=0 --group=0 -cf - usr | gzip -n >../2
)
cat 1 2 >"$out"
END

apart umoci-image 'an image by umoci, which asks the kernel for the time' \
    days 'wrong' 'build-time' 'yet unexplained' <<'END'
mkdir f
echo data >f/data
touch -d @1793491200 f/data f
clock umoci init --layout i
clock umoci new --image i:t
clock umoci insert --image i:t f /opt
clock umoci config --image i:t --config.cmd /bin/sh
tar --sort=name --mtime=@0 --owner=0 --group=0 -C i -cf "$out" .
END

apart cpio-initramfs 'a compressed cpio of files of two times' \
    days 'right' 'build-time' 'may inode-cache' <<'END'
mkdir -p r/bin r/etc
echo '#!/bin/sh' >r/init
echo x >r/bin/sh
find r -exec touch -d "$now UTC" {} +
(
    cd r
    find . | sort | cpio --reproducible -o -H newc -R 0:0
) | gzip -9n >"$out"
END

apart linux-banner 'an object with the banner of a kernel that was built, of one release' \
    days 'wrong' 'build-time' 'may host' <<'END'
cat >mk.sh <<'C'
cat <<H
#define UTS_VERSION "#1 SMP PREEMPT_DYNAMIC $(date)"
#define LINUX_COMPILE_BY "builder"
#define LINUX_COMPILE_HOST "example"
H
C
clock sh mk.sh >compile.h
printf '#include "compile.h"\nconst char linux_banner[] = "Linux version 6.1.0 (" LINUX_COMPILE_BY "@" LINUX_COMPILE_HOST ") (gcc 12.2.0) " UTS_VERSION "\\n";\nconst char *get(void) { return linux_banner; }\n' >v.c
gcc -c v.c
cp v.o "$out"
END

apart tar-in-tar 'a tar within a tar' \
    days 'unexplained' 'build-time' <<'END'
mkdir -p in/src r/usr/src
echo 'int x;' >in/src/x.c
find in -exec touch -d "$now UTC" {} +
tar --format=gnu --sort=name --owner=0 --group=0 --numeric-owner -C in -c src | gzip -9n >r/usr/src/in.tar.gz
pack_root r
END

apart squashfs-time 'a squashfs with its time of creation' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
mkdir f
echo data >f/x
find f -exec touch -d @1793491200 {} +
clock mksquashfs f s -noappend -quiet -all-time 1793491200 -no-progress
cp s "$out"
END

apart ext4-times 'an ext4 file system' \
    months 'unexplained' 'build-time' 'may random' 'yet unexplained' <<'END'
clock mke2fs -q -t ext4 -O ^has_journal,^metadata_csum,^64bit -U 6c1f6b0e-2f63-4d14-9b71-a5ad1c2b6f4e -E hash_seed=6c1f6b0e-2f63-4d14-9b71-a5ad1c2b6f4f -b 1024 -N 16 f 60k
cp f "$out"
END

apart fontcache 'a cache of fontconfig' \
    days 'unexplained' 'build-time' <<'END'
mkdir -p r/usr/share/fonts r/etc/fonts r/var/cache/fontconfig
cp $(ls /usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf) r/usr/share/fonts/
printf '<?xml version="1.0"?><fontconfig><dir>/usr/share/fonts</dir><cachedir>/var/cache/fontconfig</cachedir></fontconfig>' >r/etc/fonts/fonts.conf
touch -d "$now UTC" r/usr/share/fonts/* r/usr/share/fonts
fc-cache --sysroot=$PWD/r -s -f
rm -rf r/usr r/etc
pack_root r
END

apart mandb 'an index of man-db' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
mkdir -p m/man1
printf '.TH FOO 1\n.SH NAME\nfoo \\- do it\n' >m/man1/foo.1
printf '.TH BAR 1\n.SH NAME\nbar \\- do it\n' >m/man1/bar.1
touch -d "$now UTC" m/man1/*
mandb -q -c -u $PWD/m
mkdir -p r/var/cache/man
cp m/index.db r/var/cache/man
pack_root r
END

apart sevenzip 'a 7z archive' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
echo data >x
touch -d "$now UTC" x
7z a -mhc=off -mtc=off f.7z x >/dev/null
cp f.7z "$out"
END

apart xar 'a xar archive, whose table of contents is compressed' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
echo data >x
touch -d "$now UTC" x
clock bsdtar --format=xar --numeric-owner -cf "$out" x
END

apart certificate 'a self-signed certificate with its own key' \
    days 'right' 'random' 'may build-time' <<'END'
mkdir -p r/etc/ssl/certs
clock openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out r/etc/ssl/certs/ssl-cert-snakeoil.pem -days 3650 -subj /CN=localhost
pack_root r
END

apart certificate-same-key 'a certificate of one key' \
    days 'right' 'build-time' 'may random' <<'END'
cp $made/key.pem k
clock openssl req -x509 -key k -out "$out" -days 365 -subj /CN=localhost -set_serial 17
END

apart storable 'a file of perl'\''s Storable with a time' \
    days 'unexplained' 'build-time' <<'END'
clock perl -MStorable=nstore -e '$Storable::canonical = 1; nstore({name => "foo", built => time, list => [1, 2]}, "o")'
mkdir -p r/var/cache/foo
cp o r/var/cache/foo/index.storable
pack_root r
END

apart pickle 'a file of Python'\''s pickle with times' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
clock /usr/bin/python3 -c 'import pickle,time,datetime; pickle.dump({"name":"foo","built":int(time.time()),"when":datetime.datetime.utcnow().replace(microsecond=0)}, open("o","wb"), 4)'
cp o "$out"
END

apart stamp-ns 'a stamp in nanoseconds, as systemd-update-done writes it' \
    days 'unexplained' 'build-time' <<'END'
mkdir -p r/etc
clock date +'TIMESTAMP_NSEC=%s%N' >r/etc/.updated
pack_root r
END

apart compact-date 'a version that is made of the date' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
mkdir -p r/usr/share/foo
clock date +'VERSION=2.1+git%Y%m%d.%H%M
BUILD=%Y%m%d%H%M%S' >r/usr/share/foo/version
pack_root r
END

apart ordinal-date 'the day of the year and the week' \
    months 'unexplained' 'build-time' 'yet unexplained' <<'END'
clock date +'static const char build_id[] = "%y%j";
#define BUILD_WEEK "%G-W%V"' >"$out"
END

apart hex-epoch 'an id that is the time in hex' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
printf '{"id":"%x","name":"foo"}\n' $(clock date +%s) >"$out"
END

apart debian-changelog 'a C header with a date and days since 1970' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
cat >h.c <<C
#define PACKAGE_DATE "$(clock date -R)"
#define PACKAGE_DAYS $(($(clock date +%s) / 86400))
C
cp h.c "$out"
END

apart ninja-log 'ninja'\''s log' \
    days 'unexplained' 'build-time' 'yet unexplained' <<'END'
printf 'rule cc\n command = gcc -c $in -o "$out"\nbuild a.o: cc a.c\n' >build.ninja
echo 'int a;' >a.c
clock ninja
grep -q a.o .ninja_log
touch -d "$now UTC" a.o
clock ninja -t restat a.o
cp .ninja_log "$out"
END

apart buildinfo 'a .buildinfo by dpkg-genbuildinfo' \
    days 'right' 'build-time' <<'END'
mkdir -p foo/debian
cd foo
printf 'foo (1.0-1) unstable; urgency=low\n\n  * x\n\n -- x <x@example.org>  Sun, 01 Nov 2026 00:00:00 +0000\n' >debian/changelog
printf 'Source: foo\nMaintainer: x <x@example.org>\n\nPackage: foo\nArchitecture: all\nDescription: x\n' >debian/control
echo data >../foo_1.0-1_all.deb
echo 'foo_1.0-1_all.deb misc optional' >debian/files
clock dpkg-genbuildinfo --build=all -O$PWD/o
cp o "$out"
END

apart buildah-image 'an image by buildah' \
    days 'right' 'build-time' <<'END'
echo data >x
touch -d @1793491200 x
printf 'FROM scratch\nCOPY x /x\nCMD ["/x"]\n' >Dockerfile
clock buildah --root $PWD/s --runroot $PWD/rr --storage-driver vfs bud --isolation chroot -q -t t .
clock buildah --root $PWD/s --runroot $PWD/rr --storage-driver vfs push t oci:$PWD/i:t
tar --sort=name --mtime=@0 --owner=0 --group=0 -C i -cf "$out" .
END
