# Pairs of the same entries, packed by other programs or with other options.
# shellcheck shell=bash disable=SC2016

pair archiver-dialect 'one tree packed by GNU tar with --format=gnu and with --format=ustar, owners with and without names' \
    'archiver certain' 'not file-order' <<'END'
mkdir -p etc usr/share/doc/a-package-whose-name-is-so-long-that-it-does-not-fit/and-a-directory-in-it-whose-name-is-long-too
echo text >etc/file
echo more >usr/share/doc/a-package-whose-name-is-so-long-that-it-does-not-fit/and-a-directory-in-it-whose-name-is-long-too/copyright
ln -s file etc/link
settle "$time_a"
format=gnu
[ "$side" = a ] || format=ustar
find . -printf '%P\n' | sed 's/^$/./' | LC_ALL=C sort | tar --format=$format --owner=root:0 --group=root:0 --no-recursion -b1 -T - -cf "$out"
END

pair archiver-record 'one tree packed by GNU tar with records of 1 and of 20 blocks' \
    'archiver likely' <<'END'
mkdir -p etc
echo text >etc/file
settle "$time_a"
blocks=1
[ "$side" = a ] || blocks=20
tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner -b$blocks -cf "$out" etc
END

pair archiver-programs 'one tree packed by GNU tar and by bsdtar, both as ustar' \
    'archiver likely' <<'END'
mkdir -p etc
for i in 1 2 3; do echo "text $i" >etc/file$i; done
settle "$time_a"
files=$(find etc | LC_ALL=C sort)
if [ "$side" = a ]; then
    tar --format=ustar --owner=0 --group=0 --numeric-owner --no-recursion -b1 -cf "$out" $files
else
    bsdtar --format=ustar --uid 0 --gid 0 --numeric-owner --no-recursion -b1 -cf "$out" $files
fi
END
