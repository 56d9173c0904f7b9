# Pairs that differ by user, umask, language, host, directory, machine.
# shellcheck shell=bash disable=SC2016

pair owner-tar 'a tree made by two users' \
    'owner certain' <<'END'
chmod 777 .
if [ "$side" = a ]; then user=nobody; else user=daemon; fi
runuser -u "$user" -- sh -c 'mkdir -p opt/app && echo 1 >opt/app/one && echo 2 >opt/app/two'
chmod 755 .
settle "$time_a"
tar --format=ustar --sort=name -b1 -cf "$out" opt
END

pair owner-umask 'a tree made with umask 022 and 002' \
    'owner likely' <<'END'
if [ "$side" = a ]; then umask 022; else umask 002; fi
mkdir -p opt/app/bin
for f in one two three; do echo 1 >opt/app/$f; done
echo 'int main(void) { return 0; }' >opt/app/bin/main.c
umask 022
settle "$time_a"
tar --format=ustar --sort=name --owner=0 --group=0 -b1 -cf "$out" opt
END

pair owner-deb 'a package built by dpkg-deb from the files of two users' \
    'owner likely' <<'END'
mkdir -p deb/DEBIAN deb/usr/share/hello
printf 'Package: hello\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: greets\n' >deb/DEBIAN/control
echo hello >deb/usr/share/hello/text
if [ "$side" = a ]; then chown -R nobody: deb; else chown -R daemon: deb; fi
(cd deb && settle "$time_a")
SOURCE_DATE_EPOCH=1795000000 dpkg-deb -b deb "$out.deb" >/dev/null
mv "$out.deb" "$out"
END

pair owner-cpio 'a cpio archive of the files of two users' \
    'owner likely' 'may inode-cache' <<'END'
mkdir -p opt
echo hello >opt/text
if [ "$side" = a ]; then chown -R nobody: opt; else chown -R daemon: opt; fi
settle "$time_a"
bsdtar --format=newc -cf "$out" opt opt/text
END

pair locale-date 'the output of date in English and German' \
    'locale likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then language en_US.UTF-8; else language de_DE.UTF-8; fi
now=$time_a
{ echo "Built: $(clock date)"; clock date '+%A, %d. %B %Y'; } >usr/share/built
settle
pack
END

pair locale-sort 'a list of words sorted in English and by bytes' \
    'locale likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then export LC_ALL=C; else language en_US.UTF-8; fi
printf '%s\n' zebra Apple apple _under Banana banana-split bananas Zoo cherry 'Cherry tree' delta | sort >usr/share/words
settle "$time_a"
pack
END

pair locale-zone 'one time written in two time zones, with the zone and without' \
    'locale likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then zone=UTC; else zone=Europe/Berlin; fi
epoch=$(date -d "$time_a UTC" +%s)
(
    export FAKETIME_FMT=%s TZ=$zone
    echo "built: $(faketime -f "@$epoch" date '+%Y-%m-%d %H:%M:%S %z')"
    echo "log: $(faketime -f "@$epoch" date '+%Y-%m-%d %H:%M:%S')"
) >usr/share/built
settle "$time_a"
pack
END

pair locale-zip 'a zip archive made in two time zones: it keeps local time' \
    'locale likely' <<'END'
echo one >one.txt
settle "$time_a"
mkdir -p "$work/shared/$side"
if [ "$side" = a ]; then export TZ=UTC; else export TZ=Asia/Tokyo; fi
zip -q -X "$work/shared/$side/files.zip" one.txt
export TZ=UTC
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair locale-number 'numbers written with a point and a comma' \
    'locale likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then language en_US.UTF-8; else language de_DE.UTF-8; fi
{ env printf 'ratio %.3f\n' "$(LC_ALL=C printf 1)"; env printf 'size: %.1f MB\n' 2; } >usr/share/numbers
settle "$time_a"
pack
END

pair locale-messages 'the messages of a tool in two languages, with dates beside them' \
    'locale possible' <<'END'
mkdir -p var/log
if [ "$side" = a ]; then language en_US.UTF-8; else language de_DE.UTF-8; fi
now=$time_a
{
    clock date
    seq 5
    ls /nonexistent/17 2>&1 || true
} >var/log/build.log
settle
pack
END

pair locale-environment 'the environment of a build, as it was written down' \
    'locale certain' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then language en_US.UTF-8; zone=UTC; else language de_DE.UTF-8; zone=Europe/Berlin; fi
env -i LANG="$LANG" LC_ALL="$LC_ALL" TZ=$zone HOME=/ PATH=/usr/bin:/bin env | LC_ALL=C sort >usr/share/environment
settle "$time_a"
pack
END

pair locale-timezone 'a root whose time zone was set from the machine that made it' \
    'locale certain' <<'END'
mkdir -p etc
if [ "$side" = a ]; then zone=Etc/UTC; else zone=Europe/Berlin; fi
echo $zone >etc/timezone
ln -s /usr/share/zoneinfo/$zone etc/localtime
settle "$time_a"
pack
END

pair host-text 'a banner with user and host name' \
    'host likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then host=build-7; else host=worker-green; fi
on_host $host sh -c 'echo "compiled by $(id -un)@$(hostname)"' >usr/share/banner
settle "$time_a"
pack
END

pair host-file 'the host name in a root, and in what was configured from it' \
    'host certain' <<'END'
mkdir -p etc
if [ "$side" = a ]; then host=build7; else host=green; fi
on_host $host sh -c 'hostname >etc/hostname; printf "127.0.0.1 localhost\n127.0.1.1 %s\n" "$(hostname)" >etc/hosts; echo "smtpd_banner = $(hostname) ready" >etc/mail.cf'
settle "$time_a"
pack
END

pair host-uname 'what uname says on two hosts' \
    'host likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then host=build-7; else host=worker-green; fi
# The kernel's release without what names this machine's.
on_host $host sh -c 'echo "$(uname -sn) $(uname -r | cut -d- -f1) #1 SMP $(uname -mo)"' >usr/share/uname
settle "$time_a"
pack
END

pair host-elf 'an object with the host name in it' \
    'host likely' <<'END'
if [ "$side" = a ]; then host=build-7; else host=build-8; fi
echo 'const char where[] = "built by " WHO;' >t.c
on_host $host sh -c 'gcc -c -DWHO="\"$(id -un)@$(hostname)\"" -o where.o t.c'
rm t.c
mkdir etc
on_host $host hostname >etc/hostname
settle "$time_a"
pack
END

pair host-user 'an image configuration and a log that name the user' \
    'host likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then user=nobody; else user=daemon; fi
runuser -u $user -- sh -c 'echo "build_user=$(id -un)"' >usr/share/build.conf
settle "$time_a"
pack
END

pair build-path-elf 'an object compiled with -g in two directories' \
    'build-path likely' <<'END'
if [ "$side" = a ]; then dir=$(mktemp -d /tmp/build.XXXXXX); else dir=$(mktemp -d /tmp/tree-b.XXXXXXXX); fi
mkdir "$dir/src"
echo 'const char *where(void) { return __FILE__; }' >"$dir/src/where.c"
(cd "$dir" && gcc -g -gno-as-loc-support -c -o "$work/root/where.o" "$dir/src/where.c")
rm -r "$dir"
settle "$time_a"
pack
END

pair build-path-text 'files for pkg-config and libtool that keep where they were made' \
    'build-path likely' <<'END'
if [ "$side" = a ]; then dir=$(mktemp -d /tmp/app.XXXXXXXX); else dir=$(mktemp -d /var/tmp/build-app-XXXXXX); fi
cat >"$dir/configure" <<'CONFIGURE'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
echo "srcdir=$here/src"
echo "Cflags: -I$here/include -I/usr/include/app"
echo "# made by $here/configure --prefix=/usr"
CONFIGURE
mkdir -p usr/lib
sh "$dir/configure" >usr/lib/app.pc
rm -r "$dir"
settle "$time_a"
pack
END

pair build-path-python 'bytecode with the directory of its source' \
    'build-path likely' <<'END'
dir=$(mktemp -d)
echo 'def f(): return 1' >"$dir/mod.py"
touch -d "$time_a UTC" "$dir/mod.py"
python3 -c 'import py_compile, sys; py_compile.compile(sys.argv[1], cfile="mod.pyc")' "$dir/mod.py"
rm -r "$dir"
settle "$time_a"
pack
END

pair build-path-json 'the database of compilations of a CMake or ninja build' \
    'build-path likely' <<'END'
mkdir -p usr/share
dir=$(mktemp -d)
(cd "$dir" && printf 'rule cc\n  command = gcc -I%s/include -c $in -o $out\nbuild a.o: cc %s/a.c\nbuild b.o: cc %s/b.c\n' "$dir" "$dir" "$dir" >build.ninja && ninja -t compdb cc) >usr/share/compile_commands.json
rm -r "$dir"
settle "$time_a"
pack
END

pair machine-personality 'what uname says of the machine, on one side with the personality of 32 bits' \
    'machine likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then as=linux64; else as=linux32; fi
setarch $as sh -c 'echo "uname -m: $(uname -m)"; echo "build_cpu=$(uname -m)"' >usr/share/config
settle "$time_a"
pack
END

pair machine-kernel 'what uname says of the kernel, on one side with the personality of an old one' \
    'machine likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then option=''; else option=--uname-2.6; fi
# shellcheck disable=SC2086
setarch "$(uname -m)" $option sh -c 'release=$(uname -r | cut -d- -f1); echo "Kernel: $release-amd64"; echo "configured on Linux $release-amd64, as uname says"' >usr/share/config
settle "$time_a"
pack
END

pair machine-processors 'a configuration with the number of processors' \
    'machine likely' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then set -- taskset -c 0; else set -- taskset -c 0,1; fi
"$@" sh -c 'echo "nproc=$(nproc)"; echo "cpus: $(nproc)"' >usr/share/config
settle "$time_a"
pack
END

pair machine-elf 'an object compiled for two levels of the processor, with the switches recorded' \
    'machine likely' 'may unexplained' <<'END'
if [ "$side" = a ]; then level=x86-64-v2; else level=x86-64-v3; fi
echo 'int f(int x) { return x + 1; }' >f.c
gcc -O1 -march=$level -frecord-gcc-switches -c f.c
rm f.c
settle "$time_a"
pack
END
