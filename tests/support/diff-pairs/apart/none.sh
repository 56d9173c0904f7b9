# What only looks like a cause. Made apart from the rules: each was expected before it was compared.
# shellcheck shell=bash

apart t-version-date 'a version that is a date, long before the build' \
    days 'right' 'unexplained' 'not build-time' <<'END'
mkdir -p r/usr/share/tz
echo "# tzdata $(either 2024a 2024b)
version 2024$(either 0201 0904)" >r/usr/share/tz/version
pack_root r
END

apart t-version-date-now 'a serial number that is a date, long before the build' \
    days 'right' 'unexplained' 'may build-time' <<'END'
mkdir -p r/usr/share/db
echo "serial 2024$(either 020100 090401)" >r/usr/share/db/zone
pack_root r now
END

apart t-const-epoch 'a constant of a program that is a time of years ago' \
    days 'right' 'unexplained' 'not build-time' <<'END'
printf '#define EXPIRES %s\nint valid(long t) { return t < EXPIRES; }\n' $(either 1699999999 1731535999) >v.c
gcc -O1 -c v.c
cp v.o "$out"
END

apart t-hosts-text 'another server in a configuration' \
    days 'right' 'unexplained' 'not host' <<'END'
mkdir -p r/etc/foo
printf '[db]\nserver = %s\nport = 5432\n' $(either db1.example.org cache7.example.org) >r/etc/foo/foo.conf
pack_root r
END

apart t-elf-constant 'another constant in a program' \
    days 'right' 'unexplained' <<'END'
printf 'int limit = %s; int f(int x) { return x > %s ? limit : x; }\n' $(either '4096 10' '8192 12') >v.c
gcc -O1 -c v.c
cp v.o "$out"
END

apart t-gz-content 'other text, compressed alike' \
    days 'right' 'unexplained' 'not compressor' 'not random' <<'END'
{
    seq 2000
    echo "The $(either quick slow) fox"
} | gzip -9n >"$out"
END

apart t-gz-level-content 'other text, compressed otherwise' \
    days 'right' 'unexplained' 'may compressor' 'not random' <<'END'
{
    seq 2000
    echo "The $(either quick slow) fox"
} | gzip -n$(either 1 9) >"$out"
END

apart t-squashfs-content 'other text in a squashfs' \
    days 'right' 'unexplained' 'not random' 'not build-time' <<'END'
mkdir f
{
    echo "The $(either quick slow) fox"
    seq 2000
} >f/x
find f -exec touch -d @1793491200 {} +
mksquashfs f s -noappend -quiet -mkfs-time 1793491200 -all-time 1793491200 -no-progress
cp s "$out"
END

apart t-lz4-content 'other text by lz4' \
    days 'right' 'unexplained' 'not random' 'not compressor' <<'END'
{
    echo "The $(either quick slow) fox"
    seq 3000 | tr 0-9 a-j
} >x
lz4 -q x x.lz4
cp x.lz4 "$out"
END

apart t-uid-config 'another uid in a configuration' \
    days 'right' 'unexplained' 'not owner' <<'END'
mkdir -p r/etc
printf '[global]\nuid = %s\ngid = %s\nmax = 10\n' $(either '33 33' '1000 1000') >r/etc/rsync.conf
pack_root r
END

apart t-prefix 'another prefix of installation' \
    days 'right' 'unexplained' 'not build-path' <<'END'
printf 'prefix=%s\nlibdir=${prefix}/lib\nName: foo\n' $(either /usr /usr/local) >"$out"
END

apart t-config-dir 'other directories in a configuration' \
    days 'right' 'unexplained' 'not build-path' <<'END'
mkdir -p r/etc/foo
printf 'DocumentRoot %s\nErrorLog %s/error.log\n' $(either '/var/www/html /var/log/apache2' '/srv/http /var/log/httpd') >r/etc/foo/site.conf
pack_root r
END

apart t-nsswitch 'another order of services' \
    days 'right' 'unexplained' 'not file-order' 'not parallel-order' 'not locale' <<'END'
mkdir -p r/etc
printf 'passwd: files\nhosts: %s\n' "$(either 'files mymachines dns' 'dns files mymachines')" >r/etc/nsswitch.conf
pack_root r
END

apart t-script-order 'two lines of a script exchanged' \
    days 'wrong' 'unexplained' 'not file-order' 'not parallel-order' 'not locale' <<'END'
mkdir -p r/usr/bin
either "$(printf '#!/bin/sh\nset -e\nstop_service\nmigrate_data\nstart_service')" "$(printf '#!/bin/sh\nset -e\nmigrate_data\nstop_service\nstart_service')" >r/usr/bin/upgrade
chmod +x r/usr/bin/upgrade
pack_root r
END

apart t-setuid 'a program that is made setuid' \
    days 'right' 'unexplained' 'not owner' <<'END'
mkdir -p r/usr/bin
echo x >r/usr/bin/sudo
chmod $(either 0755 4755) r/usr/bin/sudo
pack_root r
END

apart t-kernel-doc 'another kernel in a sentence' \
    days 'wrong' 'unexplained' 'not machine' <<'END'
mkdir -p r/usr/share/doc/foo
printf 'Requirements\n\nLinux %s or later, on x86_64.\nPython 3.9.\n' $(either 5.10 6.1) >r/usr/share/doc/foo/README
pack_root r
END

apart t-arch-list 'another machine in a list' \
    days 'right' 'unexplained' 'not machine' <<'END'
printf 'Supported: %s\nFormat: 3\n' "$(either 'x86_64, armv7' 'x86_64, aarch64')" >"$out"
END

apart t-spelling 'British spelling' \
    days 'right' 'unexplained' 'not locale' <<'END'
mkdir -p r/usr/share/doc/foo
printf 'Set the %s of the %s.\nSee also foo(1).\n' $(either 'color center' 'colour centre') >r/usr/share/doc/foo/README
pack_root r
END

apart t-offset 'another number that looks like a zone' \
    days 'right' 'unexplained' 'not locale' 'not build-time' <<'END'
printf '[display]\noffset = %s\nscale = 2\n' $(either +0100 +0200) >"$out"
END

apart t-data-uri 'another picture in base64' \
    days 'right' 'unexplained' 'not random' <<'END'
echo ".logo { background: url(data:image/svg+xml;base64,$(echo "<svg xmlns='http://www.w3.org/2000/svg'><circle r='$(either 10 12)' fill='$(either red blue)'/></svg>" | base64 -w0)) }" >"$out"
END

apart t-git-commit 'another commit' \
    days 'right' 'unexplained' 'not random' 'not build-time' <<'END'
export HOME=$PWD GIT_AUTHOR_DATE='2025-03-01 00:00:00 +0000' GIT_COMMITTER_DATE='2025-03-01 00:00:00 +0000'
git init -q g
cd g
echo "$(either one two)" >x
git add x
git -c user.name=x -c user.email=x@example.org commit -qm x
echo "VERSION = \"1.2+g$(git rev-parse --short=10 HEAD)\"" >"$out"
END

apart t-hashed-assets 'a script that is named by its checksum' \
    days 'right' 'missing' 'may unexplained' 'not random' <<'END'
mkdir -p r/usr/share/js
echo "console.log('$(either one two)')" >app.js
h=$(md5sum app.js | cut -c1-8)
cp app.js r/usr/share/js/app.$h.js
echo "<script src=app.$h.js></script>" >r/usr/share/js/index.html
pack_root r
END

apart t-cron 'another time in a crontab' \
    days 'right' 'unexplained' 'not build-time' 'not random' <<'END'
mkdir -p r/etc/cron.d
echo "$(either '17 3' '44 10') * * * root /usr/bin/foo" >r/etc/cron.d/foo
pack_root r
END

apart t-duration 'another duration' \
    days 'right' 'unexplained' 'not build-time' <<'END'
mkdir -p r/var/log
printf 'tests: 12 passed\nFinished in %s seconds\n' $(either 3.217 4.018) >r/var/log/tests.log
pack_root r
END

apart t-pid 'another process id' \
    days 'right' 'unexplained' 'not build-time' 'not random' <<'END'
mkdir -p r/run
sh -c 'echo $$' >r/run/foo.pid
is_b || { for i in 1 2 3; do true; done; }
pack_root r
END

apart t-optlevel 'another level of optimization' \
    days 'right' 'unexplained' 'not machine' 'not random' <<'END'
printf 'int f(const int *a, int n) { int s = 0; for (int i = 0; i < n; i++) s += a[i] * i; return s; }\n' >m.c
gcc $(either -O1 -O3) -c m.c
cp m.o "$out"
END

apart t-author 'another author' \
    days 'right' 'unexplained' 'not host' <<'END'
printf '.TH FOO 1\n.SH AUTHOR\nWritten by %s.\n.SH COPYRIGHT\n2019\n' $(either alice bob) >"$out"
END

apart t-requires 'a control file that is an example' \
    days 'right' 'unexplained' 'not package-version' <<'END'
mkdir -p r/usr/share/foo
printf 'Package: libfoo\nVersion: %s\n\nThis is how a control file looks.\n' $(either 1.2 1.3) >r/usr/share/foo/example.txt
pack_root r
END

apart t-copyright-year 'another year of copyright' \
    days 'right' 'unexplained' 'not build-time' <<'END'
mkdir -p r/usr/share/doc/foo
printf 'Copyright %s The Foo Authors\nLicense: MIT\n' $(either 2019-2022 2019-2023) >r/usr/share/doc/foo/copyright
pack_root r
END

apart t-expires 'other dates of expiry' \
    days 'right' 'unexplained' 'may build-time' <<'END'
mkdir -p r/usr/share/foo
printf '{"keys":[{"id":1,"expires":"%s"}],"n":2}\n' $(either 2031-05-01T00:00:00Z 2033-08-01T00:00:00Z) >r/usr/share/foo/keys.json
pack_root r now
END

apart t-png-pixels 'another pixel' \
    days 'right' 'unexplained' 'not compressor' 'not random' <<'END'
printf 'P3 4 4 255\n%s' "$(
    for i in $(seq 15); do echo 10 20 30; done
    either "40 50 60" "60 50 40"
)\n" | pnmtopng >"$out"
END

apart t-port 'another port' \
    days 'right' 'unexplained' 'not build-time' 'not owner' 'not random' <<'END'
mkdir -p r/etc
printf 'listen 0.0.0.0:%s\nworkers 1\n' $(either 8080 9443) >r/etc/foo.conf
pack_root r
END

apart t-workers 'other numbers of workers in a configuration' \
    days 'right' 'unexplained' 'not machine' <<'END'
mkdir -p r/etc
printf 'listen 80\nworker_processes %s;\nthreads = %s\n' $(either '4 8' '8 16') >r/etc/foo.conf
pack_root r
END

apart t-home-user 'another user in a service' \
    days 'right' 'unexplained' 'not host' 'not build-path' <<'END'
mkdir -p r/etc
printf '[Service]\nUser=%s\nExecStart=/usr/bin/food\n' $(either www-data nobody) >r/etc/foo.service
pack_root r
END

apart t-lang-conf 'other names that begin with a language' \
    days 'right' 'unexplained' 'not locale' <<'END'
printf 'models:\n  - name: %s\n    size: 10\n' $(either de_core_news en_core_web) >"$out"
END

apart t-base64-json 'another message in base64' \
    days 'right' 'unexplained' 'not random' <<'END'
printf '{"payload":"%s"}\n' "$(echo "the $(either first second) message is $(either short 'rather longer')" | base64 -w0)" >"$out"
END

apart t-hash-order 'a set of strings as Python orders it' \
    days 'right' 'unexplained' 'not file-order' <<'END'
PYTHONHASHSEED=$(either 1 2) /usr/bin/python3 -c 'print("features:", {"zlib","lzma","bzip2","zstd","brotli"})' >"$out"
END

apart t-sum-file 'a checksum of other data' \
    days 'right' 'unexplained' 'not random' <<'END'
mkdir -p r/usr/share/foo
echo "value $(either 1 2)" >r/usr/share/foo/data
(
    cd r
    sha256sum usr/share/foo/data >usr/share/foo/SHA256SUMS
)
pack_root r
END

apart t-counter 'another counter' \
    days 'right' 'unexplained' 'not build-time' 'not random' <<'END'
printf '{"nextId":%s,"items":["a","b"]}\n' $(either 1041 1187) >"$out"
END

apart t-temp-order-path 'another order of directories in PATH' \
    days 'right' 'unexplained' 'not file-order' 'not build-path' <<'END'
mkdir -p r/etc
echo "PATH=$(either /usr/local/bin:/usr/bin:/bin /usr/bin:/bin:/usr/local/bin)" >r/etc/environment
pack_root r
END

apart t-elf-swap-functions 'two functions exchanged in a source' \
    days 'right' 'unexplained' 'may file-order' 'not build-time' 'not random' 'not parallel-order' <<'END'
a='int alpha(int x) { return x + 3; }'
b='int beta(int x) { return x * 7; }'
{
    either "$a" "$b"
    either "$b" "$a"
} >m.c
gcc -O1 -c m.c
cp m.o "$out"
END
