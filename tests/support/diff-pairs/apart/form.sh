# Compressors, and what one side lacks. Made apart from the rules: each was expected before it was compared.
# shellcheck shell=bash

apart co-man-level 'a manual page, by gzip -6 and -9' \
    same 'right' 'compressor' <<'END'
mkdir -p r/usr/share/man/man1
zcat -f /usr/share/man/man1/tar.1.gz >t.1 2>/dev/null || seq 2000 >t.1
[ -s t.1 ] || seq 3000 >t.1
gzip -n$(either 6 9) <t.1 >r/usr/share/man/man1/t.1.gz
pack_root r
END

apart co-optipng 'a PNG of two levels of compression' \
    same 'right' 'compressor' <<'END'
pngtopnm /dev/null 2>/dev/null || true
/usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(b"P6 64 64 255\n"+bytes((x*y*c)%256 for y in range(64) for x in range(64) for c in (1,3,7)))' >f.ppm
pnmtopng -compression $(either 1 9) f.ppm >f.png
mkdir -p r/usr/share/icons
cp f.png r/usr/share/icons
pack_root r
END

apart co-initramfs 'a cpio, by gzip and zopfli' \
    same 'right' 'compressor' <<'END'
mkdir -p r
seq 3000 >r/x
touch -d @1793491200 r/x r
(
    cd r
    find . | sort | cpio --quiet --reproducible -o -H newc -R 0:0 --renumber-inodes --ignore-devno
) >c
is_b && {
    zopfli --i3 c
    cp c.gz "$out"
} || gzip -9n <c >"$out"
END

apart co-pkg-zst 'a package, by zstd -3 and -19' \
    same 'right' 'compressor' <<'END'
zcat $made/one-1.0-1-any.pkg.tar.gz >p.tar
seq 2000 >>/dev/null
zstd -q -$(either 3 19) p.tar -o p.zst
cp p.zst "$out.z"
mv "$out.z" "$out"
END

apart co-xz-check 'xz with two checks' \
    same 'right' 'compressor' <<'END'
seq 3000 >x
xz -k -C $(either crc32 crc64) x
cp x.xz "$out"
END

apart co-xz-threads 'xz with one block and several' \
    same 'right' 'compressor' <<'END'
seq 30000 >x
xz -k $(either -T1 '-T2 --block-size=50000') x
cp x.xz "$out"
END

apart co-gzip-name 'gzip with and without name and time' \
    same 'wrong' 'compressor' <<'END'
seq 3000 >x
touch -d @1793491200 x
if is_b; then gzip -9n x; else gzip -9N x; fi
cp x.gz "$out"
END

apart co-bzip2 'bzip2 -1 and -9' \
    same 'right' 'compressor' <<'END'
seq 22000 >x
tar --mtime=@0 --owner=0 --group=0 -cf x.tar x
bzip2 -$(either 1 9) x.tar
cp x.tar.bz2 "$out"
END

apart co-jar-store 'a zip, stored and deflated' \
    same 'partly' 'compressor' 'yet unexplained' <<'END'
mkdir o
seq 500 >o/x
seq 300 >o/y
touch -d @1793491200 o/x o/y
cd o
zip -q -X -$(either 0 9) ../z.zip x y
cp ../z.zip "$out"
END

apart co-deb-xz-zstd 'a package, by xz and zstd' \
    same 'right' 'compressor' <<'END'
mkdir -p d/DEBIAN d/usr/share/foo
printf 'Package: foo\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' >d/DEBIAN/control
seq 900 >d/usr/share/foo/data
find d -exec touch -d @1793491200 {} +
SOURCE_DATE_EPOCH=1793491200 dpkg-deb -Z$(either xz zstd) --root-owner-group -b d f.deb >/dev/null
cp f.deb "$out"
END

apart co-git-object 'an object of git, of two levels' \
    same 'unexplained' 'compressor' 'may unexplained' 'yet unexplained' <<'END'
export HOME=$PWD
git init -q g
cd g
git config core.compression $(either 1 9)
seq 2000 >x
git hash-object -w x >/dev/null
cp .git/objects/??/* ../o
mkdir -p ../r/srv/g/objects/either
cp ../o ../r/srv/g/objects/either/obj
cd ..
pack_root r
END

apart co-debug-sections 'debug sections, compressed and not' \
    same 'right' 'compressor' 'may unexplained' <<'END'
{ for i in $(seq 40); do echo "struct s$i { int a; long b; char c[$i]; }; int f$i(struct s$i *p) { return p->a + (int)p->b; }"; done; } >m.c
gcc -g -c m.c
objcopy --compress-debug-sections=$(either none zlib) m.o
cp m.o "$out"
END

apart co-lz4 'lz4 -1 and -9' \
    same 'unexplained' 'compressor' 'may unexplained' 'yet unexplained' <<'END'
seq 3000 >x
lz4 -q -$(either 1 9) x x.lz4
cp x.lz4 "$out"
END

apart co-buildah-layer 'an OCI archive with a layer by gzip -1 and -9' \
    same 'partly' 'compressor' <<'END'
mkdir i
seq 2000 >f
touch -d @1793491200 f
tar --format=ustar --owner=0 --group=0 --numeric-owner -cf l.tar f
mkdir -p i/blobs/sha256
printf '{"imageLayoutVersion":"1.0.0"}' >i/oci-layout
gzip -n$(either 1 9) <l.tar >l.gz
dd=$(sha256sum <l.tar | cut -d' ' -f1)
g=$(sha256sum <l.gz | cut -d' ' -f1)
cp l.gz i/blobs/sha256/$g
printf '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' $dd >c
c=$(sha256sum <c | cut -d' ' -f1)
cp c i/blobs/sha256/$c
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%s}]}' $c $(stat -c %s c) $g $(stat -c %s l.gz) >m
m=$(sha256sum <m | cut -d' ' -f1)
cp m i/blobs/sha256/$m
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s}]}' $m $(stat -c %s m) >i/index.json
tar --sort=name --mtime=@0 --owner=0 --group=0 -C i -cf "$out" .
END

apart mi-pycache 'bytecode on one side only' \
    same 'right' 'missing' <<'END'
mkdir -p r/usr/lib/python3/foo
echo 'x=1' >r/usr/lib/python3/foo/a.py
touch -d @1793491200 r/usr/lib/python3/foo/a.py
is_b && /usr/bin/python3 -m compileall -q r/usr/lib/python3/foo
pack_root r
END

apart mi-log 'a log on one side only' \
    same 'right' 'missing' <<'END'
mkdir -p r/var/log
is_b && echo x >r/var/log/bootstrap.log
pack_root r
END

apart mi-hardlink 'a hard link on one side, a copy on the other' \
    same 'right' 'unexplained' 'may missing' <<'END'
mkdir -p r/usr/bin
echo x >r/usr/bin/perl
is_b && cp r/usr/bin/perl r/usr/bin/perl5 || ln r/usr/bin/perl r/usr/bin/perl5
pack_root r
END

apart mi-renamed 'a library of two names' \
    same 'right' 'missing' <<'END'
mkdir -p r/usr/lib
echo lib >r/usr/lib/libfoo.so.1.$(either 2 3)
pack_root r
END
