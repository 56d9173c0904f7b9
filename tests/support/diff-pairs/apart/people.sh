# Owners, languages, zones, hosts and users. Made apart from the rules: each was expected before it was compared.
# shellcheck shell=bash

apart ow-tar-user 'a tar of two users' \
    same 'right' 'owner' <<'END'
mkdir o
echo x >o/x
as_user $(either alice bob) $(either 1500 1600) sh -c 'umask 022; touch -d @1793491200 o/x o; tar -cf t.tar o'
cp t.tar "$out"
END

apart ow-umask 'files of two umasks' \
    same 'right' 'owner' <<'END'
umask $(either 022 077)
mkdir -p r/etc/foo r/usr/bin
echo x >r/etc/foo/a.conf
echo y >r/usr/bin/tool
chmod +x r/usr/bin/tool
chmod 755 r
pack_root r
END

apart ow-zip-user 'a zip of two users' \
    same 'unexplained' 'owner' <<'END'
mkdir o
echo x >o/x
as_user $(either alice bob) $(either 1500 1600) sh -c 'umask 022; touch -d @1793491200 o/x o; zip -q -r z.zip o'
cp z.zip "$out"
END

apart ow-ar-user 'a static library of two users' \
    same 'right' 'owner' 'may build-time' <<'END'
echo 'int a;' >a.c
gcc -c a.c
touch -d @1793491200 a.o
as_user $(either alice bob) $(either 1500 1600) ar rcU x.a a.o
cp x.a "$out"
END

apart ow-cpio 'a cpio archive of two users' \
    same 'right' 'owner' 'may inode-cache' <<'END'
mkdir o
echo x >o/x
touch -d @1793491200 o/x o
as_user $(either alice bob) $(either 1500 1600) sh -c 'find o | sort | cpio --reproducible -o -H newc >z'
cp z "$out"
END

apart ow-deb 'a package that is built by two users' \
    same 'right' 'owner' <<'END'
mkdir -p d/DEBIAN d/usr/share/foo
printf 'Package: foo\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' >d/DEBIAN/control
echo data >d/usr/share/foo/data
find d -exec touch -d @1793491200 {} +
as_user $(either alice bob) $(either 1500 1600) env SOURCE_DATE_EPOCH=1793491200 dpkg-deb -b d f.deb
cp f.deb "$out"
END

apart ow-mtree 'an mtree of two users' \
    same 'unexplained' 'owner' <<'END'
mkdir o
echo x >o/x
touch -d @1793491200 o/x o
as_user $(either alice bob) $(either 1500 1600) bsdtar --format=mtree -cf m o
cp m "$out"
END

apart ow-umask-deb 'a package that is built with two umasks' \
    same 'unexplained' 'owner' <<'END'
umask $(either 022 002)
mkdir -p d/DEBIAN d/usr/share/foo
chmod 755 d/DEBIAN
printf 'Package: foo\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' >d/DEBIAN/control
chmod 644 d/DEBIAN/control
echo data >d/usr/share/foo/data
find d -exec touch -d @1793491200 {} +
SOURCE_DATE_EPOCH=1793491200 dpkg-deb --root-owner-group -b d f.deb
cp f.deb "$out"
END

apart ow-useradd-order 'two accounts that are added in two orders' \
    same 'wrong' 'unexplained' 'may owner' 'not random' 'not build-time' <<'END'
mkdir -p r/etc
echo root:x:0:0::/root:/bin/sh >r/etc/passwd
echo root:x:0: >r/etc/group
echo 'root:*:19000:0:99999:7:::' >r/etc/shadow
echo 'root:*::' >r/etc/gshadow
: >r/etc/subuid
: >r/etc/subgid
for u in $(either 'messagebus sshd' 'sshd messagebus'); do clock useradd --prefix $PWD/r -r $u; done
rm -f r/etc/*-
pack_root r
END

apart lo-collate 'a list that is sorted in two languages' \
    same 'right' 'locale' <<'END'
export LC_ALL=$(either C en_US.UTF-8)
printf '%s\n' Zebra apple Banana cherry _init Makefile README alpha.c | sort >l
mkdir -p r/usr/share/foo
cp l r/usr/share/foo/index
pack_root r
END

apart lo-collate-ls 'checksums of files that the shell lists in two languages' \
    same 'wrong' 'locale' <<'END'
mkdir d
for f in Makefile README a.c B.c main.c _x.h; do echo $f >d/$f; done
export LC_ALL=$(either C.UTF-8 en_US.UTF-8)
(
    cd d
    sha256sum *
) >"$out"
END

apart lo-date-de 'a date in English and German' \
    same 'right' 'locale' <<'END'
export LC_ALL=$(either en_US.UTF-8 de_DE.UTF-8)
echo "# generated $(date -d @1793500000 '+%A, %d. %B %Y')" >"$out"
echo 'key=value' >>"$out"
END

apart lo-tz-same-instant 'one time in two zones, with offsets' \
    same 'right' 'locale' <<'END'
export TZ=$(either UTC Asia/Tokyo)
mkdir -p r/usr/share/foo
echo "Built: $(date -d @1793500000 '+%Y-%m-%d %H:%M:%S %z')" >r/usr/share/foo/build-info
pack_root r
END

apart lo-tz-abbrev 'one time in two zones, with their names' \
    same 'right' 'locale' <<'END'
export TZ=$(either America/New_York Europe/Berlin)
echo "#define BUILD \"$(date -d @1793500000)\"" >"$out"
END

apart lo-tz-7z-sde 'a zip with one local time in two zones' \
    same 'right' 'locale' <<'END'
export TZ=$(either UTC Asia/Tokyo)
printf 'import zipfile,time\nz=zipfile.ZipFile("z.zip","w")\ni=zipfile.ZipInfo("x.txt",time.localtime(1793500000)[:6])\nz.writestr(i,"data")\nz.close()\n' >z.py
/usr/bin/python3 z.py
cp z.zip "$out"
END

apart lo-gcc-quotes 'warnings of gcc in C and C.UTF-8' \
    same 'unexplained' 'locale' <<'END'
export LC_ALL=$(either C C.UTF-8)
echo 'int f(void) { int unused; undeclared(); return 0; }' >f.c
gcc -Wall -c f.c 2>b.log
mkdir -p r/usr/share/doc/foo
cp b.log r/usr/share/doc/foo/build.log
pack_root r
END

apart lo-groff-utf8 'a formatted manual page in ASCII and UTF-8' \
    same 'unexplained' 'locale' 'yet unexplained' <<'END'
printf '.TH FOO 1 2020-01-01 Foo\n.SH NAME\nfoo \\- the \\(lqbig\\(rq one\n.SH OPTIONS\n\\(bu well\\-known\n' >f.1
LC_ALL=$(either C C.UTF-8)
export LC_ALL
groff -man -T$(either ascii utf8) f.1 >o
cp o "$out"
END

apart lo-thousands 'a number with marks between its digits' \
    same 'unexplained' 'locale' <<'END'
export LC_ALL=$(either C de_DE.UTF-8)
printf "Size: %'d bytes\nRatio: %.2f\n" 1234567 3 >"$out"
END

apart lo-messages 'messages of coreutils in English and German' \
    same 'unexplained' 'locale' 'yet unexplained' <<'END'
export LC_ALL=$(either C.UTF-8 de_DE.UTF-8)
{
    ls /nonexistent
    cp
} 2>l || true
mkdir -p r/var/log
cp l r/var/log/install.log
pack_root r
END

apart lo-env-profile 'an environment with two languages' \
    same 'right' 'locale' <<'END'
export LANG=$(either C.UTF-8 en_US.UTF-8)
unset LC_ALL
mkdir -p r/etc
env -i LANG=$LANG PATH=/usr/bin:/bin sh -c 'export -p' >r/etc/build-env
pack_root r
END

apart lo-msginit 'a catalogue by msginit for two languages' \
    same 'unexplained' 'locale' 'yet unexplained' <<'END'
printf 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"POT-Creation-Date: 2026-01-01 00:00+0000\\n"\n\nmsgid "hello"\nmsgstr ""\n' >m.pot
clock msginit --no-translator -l $(either de fr) -i m.pot -o "$out"
END

apart ho-elf 'a program with the name of its host in a sentence' \
    same 'unexplained' 'host' 'yet unexplained' <<'END'
on_host $(either buildd-07 worker-big) sh -c 'gcc -O1 -Wl,--build-id=none -DHOST=\"$(hostname)\" -x c -o o - <<C
#include <stdio.h>
static const char id[] = "tool 1.2 on " HOST;
int main(void) { puts(id); puts("done"); }
C'
cp o "$out"
END

apart ho-configlog 'autoconf'\''s config.log and config.status' \
    same 'partly' 'host' <<'END'
printf 'AC_INIT([foo],[1.0])\nAC_CONFIG_FILES([x])\nAC_OUTPUT\n' >configure.ac
echo '@PACKAGE_NAME@' >x.in
autoconf
on_host $(either buildd-07 worker-big) ./configure -q
mkdir -p r/usr/share/doc/foo
cp config.log config.status r/usr/share/doc/foo
pack_root r
END

apart ho-compile-by 'the header of a kernel with the user' \
    same 'unexplained' 'host' <<'END'
as_user $(either alice bob) 1500 sh -c 'printf "#define LINUX_COMPILE_BY \"%s\"\n#define LINUX_COMPILE_HOST \"example\"\n" $(whoami) >o'
cp o "$out"
END

apart ho-manifest 'the manifest of a jar with the user' \
    same 'right' 'host' <<'END'
as_user $(either alice jenkins) 1500 sh -c 'printf "Manifest-Version: 1.0\r\nCreated-By: Maven\r\nBuilt-By: %s\r\nBuild-Jdk: 17\r\n\r\n" $(id -un) >M'
mkdir -p o/META-INF
cp M o/META-INF/MANIFEST.MF
echo x >o/x
find o -exec touch -d @1793491200 {} +
cd o
zip -q -X ../z.zip META-INF/MANIFEST.MF x
cp ../z.zip "$out"
END

apart ho-mailname 'the host name in three files' \
    same 'partly' 'host' <<'END'
mkdir -p r/etc/postfix
on_host $(either buildd-07 worker-big) sh -c 'hostname >r/etc/hostname; echo "127.0.1.1 $(hostname)" >r/etc/hosts; printf "myhostname = %s.example.org\nmydestination = localhost\n" $(hostname) >r/etc/postfix/main.cf'
pack_root r
END

apart ho-ssh-pub 'a host key of ssh, with the host as comment' \
    same 'right' 'random' 'may host' <<'END'
mkdir -p r/etc/ssh
on_host $(either buildd-07 worker-big) ssh-keygen -q -t ed25519 -N '' -f r/etc/ssh/ssh_host_ed25519_key
pack_root r
END

apart ho-home 'a cache in the home directory' \
    same 'unexplained' 'host' 'may build-path' 'yet build-path' <<'END'
as_user $(either alice jenkins) 1500 sh -c 'printf "[core]\n\teditor = vi\n[cache]\n\tdir = /home/$(whoami)/.cache/foo\n" >o'
cp o "$out"
END

apart ho-json-user 'a record with user and host' \
    same 'right' 'host' <<'END'
mkdir -p r/usr/share/foo
on_host $(either ci-4711 ci-4755) sh -c 'printf "{\"version\":\"1.2\",\"builder\":\"%s@%s\",\"jobs\":4}\n" root $(uname -n)' >r/usr/share/foo/build.json
pack_root r
END
