# Orders of directories and of jobs. Made apart from the rules: each was expected before it was compared.
# shellcheck shell=bash

apart fo-ar 'a static library of objects in the order of the directory' \
    same 'right' 'file-order' <<'END'
for i in alpha beta gamma delta omega; do
    echo "int $i(void){return ${#i};}" >$i.c
    gcc -c $i.c
done
mkdir o
ls *.o | scatter | while read f; do cp $f o/; done
cd o
touch -d @1793491200 *
ar rcD ../x.a $(ls -U)
cp ../x.a "$out"
END

apart fo-tar 'a tar in the order of the directory' \
    same 'right' 'file-order' <<'END'
mkdir o
seq -f 'file%g.txt' 9 | scatter | while read f; do echo $f >o/$f; done
find o -exec touch -d @1793491200 {} +
tar --owner=0 --group=0 --numeric-owner -cf "$out" o
END

apart fo-ca-bundle 'a bundle of certificates, concatenated by find' \
    same 'right' 'file-order' <<'END'
mkdir o
ls /usr/share/ca-certificates/mozilla/*.crt | head -6 | scatter | while read f; do cp $f o/; done
mkdir -p r/etc/ssl/certs
find o -type f | xargs cat >r/etc/ssl/certs/ca-certificates.crt
pack_root r
END

apart fo-link 'a shared object linked in the order of the directory' \
    same 'unexplained' 'file-order' 'yet unexplained' <<'END'
for i in alpha beta gamma delta; do
    echo "int $i(int x){return x * ${#i} + 3;}" >$i.c
    gcc -O1 -c $i.c
done
mkdir o
ls *.o | scatter | while read f; do cp $f o/; done
cd o
gcc -shared -o ../l.so -Wl,--build-id=none $(ls -U)
cp ../l.so "$out"
END

apart fo-zip 'a zip in the order of the directory' \
    same 'right' 'file-order' <<'END'
mkdir o
printf '%s\n' A.class B.class C.class D.class META.txt | scatter | while read f; do echo $f >o/$f; done
find o -exec touch -d @1793491200 {} +
cd o
zip -q -X -r ../x.zip .
cp ../x.zip "$out"
END

apart fo-listdir-json 'a list of modules by os.listdir' \
    same 'right' 'file-order' <<'END'
mkdir o
printf '%s\n' alpha.py beta.py gamma.py delta.py | scatter | while read f; do : >o/$f; done
/usr/bin/python3 -c 'import json,os; print(json.dumps({"version": "1.0", "modules": os.listdir("o")}, indent=1))' >m.json
mkdir -p r/usr/share/foo
cp m.json r/usr/share/foo
pack_root r
END

apart fo-md5sums 'md5sums of a package by find' \
    same 'right' 'file-order' <<'END'
mkdir -p d/DEBIAN d/usr/share/foo
printf 'Package: foo\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' >d/DEBIAN/control
printf '%s\n' one two three four five | scatter | while read f; do echo $f >d/usr/share/foo/$f; done
(
    cd d
    find usr -type f -exec md5sum {} + >DEBIAN/md5sums
)
find d -exec touch -d @1793491200 {} +
SOURCE_DATE_EPOCH=1793491200 dpkg-deb --root-owner-group -b d f.deb >/dev/null
cp f.deb "$out"
END

apart fo-c-array 'a table in C that is made from a directory' \
    same 'right' 'file-order' <<'END'
mkdir t
printf '%s\n' login logout upload search | scatter | while read f; do echo x >t/$f.c; done
{
    echo '#include "test.h"'
    for f in $(ls -U t); do echo "extern int test_${f%.c}(void);"; done
    echo 'struct test tests[] = {'
    for f in $(ls -U t); do echo "    { \"${f%.c}\", test_${f%.c} },"; done
    echo '};'
} >"$out"
END

apart fo-html-index 'an HTML index that is made from a directory' \
    same 'right' 'file-order' <<'END'
mkdir t
printf '%s\n' intro install usage faq | scatter | while read f; do echo x >t/$f.html; done
{
    echo '<html><body><ul>'
    for f in $(ls -U t); do echo "<li><a href=\"$f\">$f</a></li>"; done
    echo '</ul></body></html>'
} >i
mkdir -p r/usr/share/doc/foo
cp i r/usr/share/doc/foo/index.html
pack_root r
END

apart fo-sqlite-rows 'rows that are added in the order of a directory' \
    same 'unexplained' 'file-order' <<'END'
mkdir t
printf '%s\n' intro.html install.html usage.html faq.html | scatter | while read f; do echo x >t/$f; done
{
    echo 'create table page(id integer primary key, file text);'
    for f in $(ls -U t); do echo "insert into page(file) values ('$f');"; done
} | sqlite3 o.db
cp o.db "$out"
END

apart fo-concat-conf 'parts of a configuration, concatenated' \
    same 'right' 'file-order' <<'END'
mkdir t
for f in $(printf "%s\n" 10-main 20-cache 30-log | scatter); do printf '[%s]\nenabled=true\npath=/etc/%s\n\n' $f $f >t/$f; done
(
    cd t
    cat $(ls -U)
) >c
mkdir -p r/etc
cp c r/etc/foo.conf
pack_root r
END

apart fo-iso-like 'a compressed cpio in the order of the directory' \
    same 'partly' 'file-order' 'yet unexplained' <<'END'
mkdir -p o/usr/share
printf '%s\n' one two three four five | scatter | while read f; do echo $f >o/usr/share/$f; done
find o -exec touch -d @1793491200 {} +
cd o
bsdtar --format=cpio --uid 0 --gid 0 -cf - $(ls -U usr/share | sed s,^,usr/share/,) | gzip -n >"$out"
END

apart po-make-log 'the output of make -j8' \
    same 'right' 'parallel-order' <<'END'
export SEED=$(either 3 5)
{
    printf 'all: %s\n' "$(seq -f m%g -s' ' 8)"
    seq 8 | while read i; do printf 'm%s:\n\t@sleep 0.%s; echo "  CC      src/mod%s.o"\n' $i $(((i * SEED) % 9)) $i; done
} >Makefile
make -j8 >"$out"
END

apart po-tests-tsv 'results of tests that ran at once' \
    same 'right' 'parallel-order' <<'END'
export SEED=$(either 3 5)
seq 9 | xargs -P9 -I{} sh -c 'sleep 0.$(( ({} * SEED) % 10 )); echo "ok - test_case_{}"' >t
mkdir -p r/usr/share/doc/foo
cp t r/usr/share/doc/foo/tests.log
pack_root r
END

apart po-ar-append 'a static library to which jobs append' \
    same 'unexplained' 'parallel-order' 'may file-order' 'yet file-order' <<'END'
export SEED=$(either 3 5)
for i in 1 2 3 4 5 6; do echo "int f$i(void){return $i;}" >f$i.c; done
seq 6 | xargs -P6 -I{} sh -c 'gcc -c f{}.c; sleep 0.$(( ({} * SEED) % 7 )); flock l ar qcSD x.a f{}.o'
cp x.a "$out"
END

apart po-cargo-like 'lines of a compiler that works on several crates' \
    same 'right' 'parallel-order' <<'END'
export SEED=$(either 3 5)
for c in serde log libc rand syn; do echo $c; done | xargs -P5 -I{} sh -c 'n=$(printf %s {} | wc -c); sleep 0.$(( (n * SEED) % 9 )); echo "   Compiling {} v1.0.$n"' >"$out"
END
