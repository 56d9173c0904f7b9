#!/bin/sh
# Computes the golden archives without stet. See README.
set -eu
export LC_ALL=C TZ=UTC
out=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

gnu_tar() { # FOLDER
    tar -C "$1" --format=pax --sort=name --numeric-owner -b1 \
        --xattrs --xattrs-include='user.*' --xattrs-include=security.capability \
        --pax-option='exthdr.name=././@PaxHeader,delete=atime,delete=ctime,exthdr.mtime={1970-01-01 00:00Z}' \
        --transform='flags=rh;s,^\./,,' -cf - .
}
repeat() { # CHARACTER COUNT
    head -c "$2" /dev/zero | tr '\0' "$1"
}
settle() { # FOLDER: one time for everything
    find "$1" -exec touch -h -d @1700000000 {} +
}
umask 022

# types
mkdir -p types/dir/sub types/dir.d types/tmp
: > types/dir/empty
printf 'hello\n' > types/dir/file
repeat a 511 > types/dir/file511
repeat b 512 > types/dir/file512
repeat c 513 > types/dir/file513
ln types/dir/file types/dir/sub/linked
ln types/dir/file types/zz-linked
ln -s ../file types/dir/sub/symlink
mkfifo types/fifo
mknod types/null c 1 3
mknod types/loop b 7 300
printf 'x' > types/dir.d/setuid
chmod 6755 types/dir.d/setuid
chmod 1777 types/tmp
chmod 0 types/dir/empty
chmod 0640 types/dir/file
chown 1:2 types/dir/file
chmod 0700 types/dir/sub
settle types
gnu_tar types > "$out/types.tar"

# names
mkdir names
: > "names/$(repeat a 99)"
: > "names/$(repeat a 100)"
: > "names/$(repeat a 101)"
mkdir "names/$(repeat b 99)" "names/$(repeat b 100)"
: > "names/$(repeat b 99)/$(repeat c 200)"
ln "names/$(repeat b 99)/$(repeat c 200)" names/d-long
ln "names/$(repeat a 100)" names/e-fits
ln -s "$(repeat s 100)" names/f-100
ln -s "$(repeat s 101)" names/f-101
settle names
gnu_tar names > "$out/names.tar"

# numbers
mkdir numbers
for n in a b c d e f; do : > numbers/$n; done
settle numbers
chown 2097151:2097151 numbers/a
chown 2097152:2097151 numbers/b
chown 2097151:4294967294 numbers/c
touch -d @8589934591 numbers/d
touch -d @8589934592 numbers/e
touch -d @-1 numbers/f
touch -d @1700000000 numbers
gnu_tar numbers > "$out/numbers.tar"

# attributes
mkdir attributes
printf 'a' > attributes/a
printf 'p' > attributes/ping
setfattr -n user.one -v value attributes/a
setcap cap_net_raw+ep attributes/ping
settle attributes
gnu_tar attributes > "$out/attributes.tar"

# a size that fits, and one that does not: the headers alone
mkdir big
truncate -s 8589934591 big/file
settle big
gnu_tar big 2>/dev/null | head -c 1024 > "$out/big-fits.head" || true
truncate -s 8589934592 big/file
settle big
gnu_tar big 2>/dev/null | head -c 2048 > "$out/big.head" || true

# by hand
field() { # WIDTH FORMAT VALUE: padded with NUL
    { printf "$2" "$3"; head -c "$1" /dev/zero; } | head -c "$1"
}
header() { # NAME MODE UID GID SIZE MTIME TYPE LINK
    {
        field 100 %b "$1"
        field 8 %07o "$2"; field 8 %07o "$3"; field 8 %07o "$4"
        field 12 %011o "$5"; field 12 %011o "$6"
        printf '        %s' "$7"
        field 100 %b "$8"
        printf 'ustar\00000'
        head -c 64 /dev/zero
        # GNU tar leaves the device fields of an extended header empty; so does format 1
        if [ "$7" = x ]; then head -c 16 /dev/zero; else printf '0000000\0000000000\000'; fi
        head -c 167 /dev/zero
    } > header
    sum=$(od -An -v -tu1 header | awk '{ for (i = 1; i <= NF; i++) s += $i } END { print s }')
    head -c 148 header
    printf '%06o\000 ' "$sum"
    tail -c +157 header
}
padded() { # FILE
    cat "$1"
    head -c $(((512 - $(wc -c < "$1") % 512) % 512)) /dev/zero
}
long=$(repeat n 120)
target=$(repeat t 130)
{
    header ./ 0755 0 0 0 0 5 ''
    # all records of one entry, in their order; it is a symlink, so there is no size
    {
        printf '130 path=%s\n' "$long"
        printf '144 linkpath=%s\n' "$target"
        printf '15 uid=3000000\n15 gid=3000001\n30 mtime=-9223372036854775808\n'
        printf '28 SCHILY.xattr.user.A=last\n'
        printf '28 SCHILY.xattr.user.a=\000x\n\377\n'
        printf '25 SCHILY.xattr.user.aa=\n'
        printf '28 SCHILY.xattr.user.b=a=b\n\n'
    } > records
    header ././@PaxHeader 0644 0 0 "$(wc -c < records)" 0 x ''
    padded records
    header "$(repeat n 100)" 0777 0 0 0 0 2 "$(repeat t 100)"
    # UTF-8, then Latin-1, in the header as they are
    header 's\303\244ge' 0644 0 0 0 0 0 ''
    header 's\344ge' 0644 0 0 0 0 0 ''
    # bytes that are not UTF-8 in a record
    printf '116 path=%s\377%s\n' "$(repeat t 90)" "$(repeat u 15)" > records
    header ././@PaxHeader 0644 0 0 "$(wc -c < records)" 0 x ''
    padded records
    header "$(repeat t 90)\\377$(repeat u 9)" 0644 0 0 0 0 0 ''
    # the further name of a file repeats its attributes, which GNU tar leaves out
    printf '25 SCHILY.xattr.user.a=1\n' > records
    printf 'content' > content
    header ././@PaxHeader 0644 0 0 "$(wc -c < records)" 0 x ''
    padded records
    header u 0640 7 8 7 9 0 ''
    padded content
    header ././@PaxHeader 0644 0 0 "$(wc -c < records)" 0 x ''
    padded records
    header v 0640 7 8 0 9 1 u
    head -c 1024 /dev/zero
} > "$out/hand.tar"

head -c 1024 /dev/zero > "$out/empty.tar"
