# Pairs that differ by an order.
# shellcheck shell=bash disable=SC2016

pair file-order-tar 'one directory, packed by tar in the order in which it was read' \
    'file-order likely' <<'END'
sources src 5
settle "$time_a"
read_in_order "$side" "$PWD"
bsdtar --format=ustar --uid 0 --gid 0 -b1 -cf "$out" -C "$reader" src
END

pair file-order-text 'a list of files, as find writes them' \
    'file-order likely' <<'END'
sources src 8
read_in_order "$side" "$PWD"
mkdir -p "$work/shared/$side/usr/share"
(cd "$reader" && find src -type f) >"$work/shared/$side/usr/share/files.list"
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair file-order-line 'a list of sources on one line, as a script reads them' \
    'file-order likely' <<'END'
sources src 7
read_in_order "$side" "$PWD"
mkdir -p "$work/shared/$side/usr/share"
perl -e 'opendir(my $d, $ARGV[0]); print "SOURCES = ", join(" ", grep { /\.c$/ } readdir $d), "\n"' "$reader/src" >"$work/shared/$side/usr/share/sources.mk"
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair file-order-ar 'a static library of objects in the order of the directory' \
    'file-order likely' <<'END'
sources src 3
(cd src && gcc -c *.c && rm *.c)
settle "$time_a"
read_in_order "$side" "$PWD"
(cd "$reader/src" && find . -name '*.o' -printf '%f\n' | xargs ar rcD "$out.ar")
mv "$out.ar" "$out"
END

pair file-order-zip 'a zip archive in the order of the directory' \
    'file-order likely' <<'END'
sources src 5
settle "$time_a"
read_in_order "$side" "$PWD"
(cd "$reader" && find src -type f | zip -q -X -@ "$out.zip")
mv "$out.zip" "$out"
END

pair file-order-cpio 'a cpio archive in the order of the directory' \
    'file-order likely' 'may inode-cache' 'may unexplained' <<'END'
sources src 5
settle "$time_a"
read_in_order "$side" "$PWD"
(cd "$reader" && find src -type f -print0 | bsdtar --null --uid 0 --gid 0 --format=newc -cf "$out" -n -T -)
END

pair file-order-json 'an index of modules, in the order in which they were found' \
    'file-order possible' <<'END'
sources src 6
read_in_order "$side" "$PWD"
mkdir -p "$work/shared/$side/usr/share"
perl -MJSON::PP -e 'opendir(my $d, $ARGV[0]); print JSON::PP->new->pretty->encode({modules => [grep { /\.c$/ } readdir $d]})' "$reader/src" >"$work/shared/$side/usr/share/modules.json"
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair parallel-order-text 'the log of make -j with jobs of differing length' \
    'parallel-order likely' <<'END'
mkdir -p "$work/shared/$side/var/log"
if [ "$side" = a ]; then order='0.1 0.2 0.3 0.4 0.5'; else order='0.4 0.1 0.5 0.2 0.3'; fi
# shellcheck disable=SC2086
set -- $order
printf 'all: alpha.o beta.o gamma.o delta.o epsilon.o\nalpha.o: ; @sleep %s && echo "CC alpha.o"\nbeta.o: ; @sleep %s && echo "CC beta.o"\ngamma.o: ; @sleep %s && echo "CC gamma.o"\ndelta.o: ; @sleep %s && echo "CC delta.o"\nepsilon.o: ; @sleep %s && echo "CC epsilon.o"\n' "$@" >Makefile
make -s -j5 >"$work/shared/$side/var/log/build.log"
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair parallel-order-ninja 'the log of ninja, which numbers what it has done' \
    'parallel-order likely' <<'END'
mkdir -p "$work/shared/$side/var/log"
if [ "$side" = a ]; then set -- 0.1 0.3 0.5 0.7; else set -- 0.5 0.1 0.7 0.3; fi
{
    printf 'rule cc\n  command = sleep $t && touch $out\n  description = Building $out\n'
    printf 'build alpha.o: cc\n  t = %s\nbuild beta.o: cc\n  t = %s\nbuild gamma.o: cc\n  t = %s\nbuild delta.o: cc\n  t = %s\n' "$@"
} >build.ninja
ninja -j4 >"$work/shared/$side/var/log/build.log"
cd "$work/shared/$side"
settle "$time_a"
pack
END

pair parallel-order-workers 'the log of four workers that say when they come to an end' \
    'parallel-order likely' <<'END'
mkdir -p var/log
now=$time_a
if [ "$side" = a ]; then set -- 1 2 3 4; else set -- 3 1 4 2; fi
clock sh -c 'for i in 1 2 3 4; do (sleep "$1"; echo "$(date "+%Y-%m-%d %H:%M:%S") worker $i: finished part $i of the index") & shift; done; wait' sh "$@" >var/log/index.log
settle
pack
END
