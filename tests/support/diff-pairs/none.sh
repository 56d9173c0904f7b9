# Pairs in which a cause suggests itself that is not the one.
# shellcheck shell=bash disable=SC2016

pair none-version 'the version of a release that is named by a date, built on the days of these releases' \
    'unexplained' 'not build-time' <<'END'
mkdir -p usr/share
v=20261120; [ "$side" = a ] || v=20261121
{ echo "Version: $v"; echo "source: app-$v.tar.gz"; echo "soname libapp.so.$v"; } >usr/share/release
settle "$time_a"
pack
END

pair none-random-time 'random bytes of which four happen to read as a time of the build' \
    'random possible' 'not build-time' <<'END'
mkdir -p var/lib
now=$time_a
# Drawn until four bytes of them read as a time of the build.
python3 - "$(clock date +%s)" >var/lib/blob.bin <<'PY'
import os, struct, sys
now = int(sys.argv[1])
while True:
    data = os.urandom(96)
    if any(abs(struct.unpack_from("<I", data, i)[0] - now) < 43200 for i in range(92)):
        break
sys.stdout.buffer.write(data)
PY
settle
pack
END

pair none-same-dates 'two texts of the same days' \
    'unexplained' 'not build-time' 'not locale' <<'END'
mkdir -p usr/share/doc
d1=$(faketime -f "@$time_a" date '+%a, %d %b %Y %H:%M:%S')
d2=$(faketime -f "@$time_b" date '+%a, %d %b %Y %H:%M:%S')
if [ "$side" = a ]; then
    printf '%s: the parser reads long lines\n%s: tests for it\n' "$d1" "$d2" >usr/share/doc/changes
else
    printf '%s: the writer is faster by a third\n%s: measurements of that\n' "$d1" "$d2" >usr/share/doc/changes
fi
settle "$time_a"
pack
END

pair none-hosts 'a configuration that names another server' \
    'unexplained' 'not host' <<'END'
mkdir -p etc
if [ "$side" = a ]; then server=db1; else server=db2; fi
printf 'host = %s\nuser = app\nserver: %s.example.org\n' $server $server >etc/app.conf
echo builder >etc/hostname
settle "$time_a"
pack
END

pair none-prefix 'a configuration that says another directory of libraries' \
    'unexplained' 'not build-path' <<'END'
mkdir -p etc
if [ "$side" = a ]; then dir=/usr/lib/app; else dir=/usr/local/lib/app; fi
printf 'plugins=%s/plugins\nthemes=%s/themes\nfonts=%s/fonts\n' $dir $dir $dir >etc/app.conf
settle "$time_a"
pack
END

pair none-chmod 'a program that was made setuid, and a file that was closed' \
    'unexplained' 'not owner' <<'END'
mkdir -p usr/bin etc
echo x >usr/bin/tool
echo x >etc/key
chmod 755 usr/bin/tool
[ "$side" = a ] || chmod 4755 usr/bin/tool
[ "$side" = a ] || chmod 600 etc/key
settle "$time_a"
pack
END

pair none-mail 'a maintainer with another address' \
    'unexplained' 'not host' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then who=jane@example.org; else who=joe@example.com; fi
echo "Maintainer: $who" >usr/share/about
settle "$time_a"
pack
END

pair none-words 'a rule whose words were exchanged' \
    'unexplained' 'not file-order' 'not parallel-order' <<'END'
mkdir -p etc
if [ "$side" = a ]; then echo 'allow users deny guests'; else echo 'allow guests deny users'; fi >etc/rules
settle "$time_a"
pack
END

pair none-kernel-package 'a dependency on another kernel' \
    'unexplained' 'not machine' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then v=6.1.0-13; else v=6.1.0-15; fi
printf 'Recommends: linux-image-%s-amd64\nlicence text, section %s\n' $v $v >usr/share/deps
settle "$time_a"
pack
END

pair none-checksums 'a list of checksums of files that changed' \
    'unexplained' 'not random' <<'END'
mkdir -p usr/share
for i in 1 2 3; do echo "$side $i" >f$i; done
sha256sum f1 f2 f3 >usr/share/sums
rm f1 f2 f3
settle "$time_a"
pack
END

pair none-old-dates 'dates of a document that are of other years than the builds' \
    'unexplained' 'not build-time' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then d=2019-03-04; else d=2020-07-08; fi
printf 'Last revised %s 10:00:00 UTC\nValid since 14%s00000\n' $d "$(echo $d | tr -cd '0-9' | cut -c1-3)" >usr/share/law
settle "$time_a"
pack
END

pair none-old-mtimes 'files of which one side has those of another year' \
    'unexplained' 'not build-time' <<'END'
mkdir -p usr/share
echo x >usr/share/f
echo y >usr/share/g
settle "$time_a"
if [ "$side" = a ]; then t='2021-02-03 04:05:06'; else t='2024-05-06 07:08:09'; fi
touch -d "$t UTC" usr/share/f
pack
END

pair none-compressor 'two texts, compressed by gzip -1 and -9' \
    'unexplained' 'may compressor' <<'END'
if [ "$side" = a ]; then level=-1; else level=-9; fi
{ some_text; echo "level $level"; } | gzip -n $level >"$out"
END

pair none-durations 'how long tests took' \
    'unexplained' 'not build-time' <<'END'
mkdir -p var/log
if [ "$side" = a ]; then s=1; else s=2; fi
start=$(date +%s%N)
sleep $s
printf 'elapsed 00:00:%02d\ntook %s.5 s\n' $(($(date +%s%N) / 1000000000 - start / 1000000000)) $s >var/log/tests
settle "$time_a"
pack
END

pair none-json-swap 'two values of a JSON object that were exchanged' \
    'unexplained' 'not file-order' <<'END'
mkdir -p etc
if [ "$side" = a ]; then set -- primary.example.org backup.example.org; else set -- backup.example.org primary.example.org; fi
perl -MJSON::PP -e 'print JSON::PP->new->canonical->pretty->encode({first => $ARGV[0], second => $ARGV[1]})' "$@" >etc/servers.json
settle "$time_a"
pack
END

pair none-uuid 'UUIDs of version 5, which follow from a name' \
    'unexplained' 'not random' <<'END'
mkdir -p etc
if [ "$side" = a ]; then n=one; else n=two; fi
python3 -c 'import sys, uuid; print("namespace", uuid.uuid5(uuid.NAMESPACE_DNS, sys.argv[1]))' $n >etc/ids
settle "$time_a"
pack
END

pair none-sentences 'two sentences with the same numbers' \
    'unexplained' 'not locale' <<'END'
mkdir -p usr/share
if [ "$side" = a ]; then echo 'The cache keeps 40 entries for 7 days.'; else echo 'No more than 40 clients within 7 minutes.'; fi >usr/share/text
settle "$time_a"
pack
END

pair none-numbers 'numbers of jobs and versions without a name that tells' \
    'unexplained' 'not machine' 'not locale' <<'END'
mkdir -p etc
if [ "$side" = a ]; then set -- 4 1.5; else set -- 8 2.5; fi
printf 'retries = %s\nscale = %s\nport 80%s0\n' "$1" "$2" "$1" >etc/limits
settle "$time_a"
pack
END

pair none-lines 'a configuration in which two directives were exchanged' \
    'unexplained' 'not file-order' 'not parallel-order' 'not locale' <<'END'
mkdir -p etc
if [ "$side" = a ]; then printf 'start first\nhosts: files dns\npasswd: files\nend last\n'; else printf 'start first\npasswd: files\nhosts: files dns\nend last\n'; fi >etc/switch
settle "$time_a"
pack
END

pair none-hash-order 'a JSON object as perl writes it from a hash, which is seeded at random' \
    'unexplained' 'not file-order' 'not parallel-order' <<'END'
mkdir -p etc
perl -MJSON::PP -e 'print JSON::PP->new->pretty->encode({map { $_ => length } qw(alpha beta gamma delta epsilon zeta eta theta)})' >etc/hash.json
settle "$time_a"
pack
END
