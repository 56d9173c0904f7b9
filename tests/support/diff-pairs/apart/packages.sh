# Versions, keys and caches. Made apart from the rules: each was expected before it was compared.
# shellcheck shell=bash

apart pv-dpkg-root 'a root with two versions of a package, by dpkg' \
    same 'right' 'package-version' 'may build-time' <<'END'
v=$(either 1.0-1 1.0-2)
mkdir -p d/DEBIAN d/usr/share/foo d/usr/bin r/var/lib/dpkg/info r/var/lib/dpkg/updates
: >r/var/lib/dpkg/status
printf 'Package: foo\nVersion: %s\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n' $v >d/DEBIAN/control
echo "data of $v" >d/usr/share/foo/data
echo 'int x = '${v#*-}';' >d/usr/bin/x
(
    cd d
    md5sum usr/share/foo/data usr/bin/x >DEBIAN/md5sums
)
find d -exec touch -d @17934$(either 11 22)200 {} +
dpkg-deb --root-owner-group -b d f.deb
dpkg --root=$PWD/r --force-not-root --log=/dev/null -i f.deb
pack_root r
END

apart pv-pacman-root 'a root with two versions of a package, by pacman' \
    same 'right' 'package-version' 'may database-time' 'may build-time' <<'END'
v=$(either 1.0 1.1)
mkdir k
cat >k/PKGBUILD <<C
pkgname=hold pkgver=$v pkgrel=1 pkgdesc=x arch=(any) license=(MIT)
package() { install -d "\$pkgdir/usr/share/hold"; echo data $v >"\$pkgdir/usr/share/hold/data"; echo same >"\$pkgdir/usr/share/hold/same"; }
C
chown -R nobody k
(
    cd k
    PKGEXT=.pkg.tar.gz setpriv --reuid nobody --clear-groups env HOME=/tmp makepkg -d --nosign
)
mkdir -p r/var/lib/pacman
clock pacman -r r -U --noconfirm --config $made/pacman.conf k/*.pkg.tar.gz
rm -rf r/var/log r/etc
pack_root r
END

apart pv-apk-installed 'apk'\''s database with two versions of a package' \
    same 'partly' 'package-version' <<'END'
mkdir -p r/lib/apk/db r/usr/bin
printf 'C:Q1%s\nP:busybox\nV:1.36.1-r%s\nA:x86_64\nS:500\nI:900\nT:x\nF:usr\nF:usr/bin\nR:bb\nZ:Q1%s\n\nC:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\nP:zlib\nV:1.3.1-r2\nA:x86_64\nS:100\nI:200\nT:z\nF:lib\n\n' $(either 'aa4ZvVzc0YWq6kCPHvzYKHpSnUg=' 'FbNUY5ml6+UZjZnDfWbDYxkFHaQ=') $(either 29 30) $(either 'EpmDDbLqTjZtS8kX9qEXGqHkRiE=' 'h9cO0rCx0zN3aPmsIc1eJdpdCOo=') >r/lib/apk/db/installed
echo "bb $side" >r/usr/bin/bb
pack_root r
END

apart pv-dist-info 'two versions of a Python distribution' \
    same 'unexplained' 'package-version' 'may missing' 'may unexplained' 'yet unexplained' <<'END'
v=$(either 1.0 1.1)
d=r/usr/lib/python3/dist-packages
mkdir -p $d/foo-$v.dist-info $d/foo
printf 'Metadata-Version: 2.1\nName: foo\nVersion: %s\n' $v >$d/foo-$v.dist-info/METADATA
echo "__version__ = '$v'" >$d/foo/__init__.py
pack_root r
END

apart ra-openssl-key 'a private key by openssl' \
    same 'right' 'random' <<'END'
mkdir -p r/etc/ssl/private
openssl genpkey -algorithm ed25519 -out r/etc/ssl/private/foo.key
pack_root r
END

apart ra-gpg 'a key of GnuPG' \
    same 'right' 'random' 'may build-time' <<'END'
mkdir -m 700 g
gpg --homedir $PWD/g --batch --passphrase '' --faked-system-time 20261101T000000 --quick-gen-key 'x <x@example.org>' ed25519 sign never
gpg --homedir $PWD/g --export >k
gpgconf --homedir $PWD/g --kill all
mkdir -p r/etc/apt/trusted.gpg.d
cp k r/etc/apt/trusted.gpg.d/x.gpg
pack_root r
END

apart ra-chpasswd 'a password hash in shadow' \
    same 'right' 'random' 'may build-time' <<'END'
mkdir -p r/etc/pam.d
echo root:x:0:0::/root:/bin/sh >r/etc/passwd
echo 'root:*:19000:0:99999:7:::' >r/etc/shadow
echo root:x:0: >r/etc/group
echo root:secret | chpasswd -P $PWD/r -c SHA512 2>/dev/null || {
    h=$(mkpasswd -m yescrypt secret)
    sed -i "s,^root:[^:]*,root:$h," r/etc/shadow
}
rm -f r/etc/shadow-
pack_root r
END

apart ra-htpasswd 'a password hash in another file' \
    same 'unexplained' 'random' <<'END'
mkdir -p r/etc/nginx
echo "admin:$(openssl passwd -6 secret)" >r/etc/nginx/htpasswd
pack_root r
END

apart ra-machine-id 'a machine id' \
    same 'right' 'random' <<'END'
mkdir -p r/etc r/var/lib/dbus
systemd-id128 new >r/etc/machine-id
cp r/etc/machine-id r/var/lib/dbus/
pack_root r
END

apart ra-swap-uuid 'a swap file with its UUID' \
    same 'unexplained' 'random' <<'END'
truncate -s 40k f
mkswap -q f
cp f "$out"
END

apart ra-lto-seed 'an object for link-time optimization' \
    same 'unexplained' 'random' <<'END'
echo 'int f(int x) { return x * 3; }' >m.c
gcc -O1 -flto -ffat-lto-objects -c m.c
cp m.o "$out"
END

apart ra-openssl-enc 'a file that openssl encrypted' \
    same 'unexplained' 'random' <<'END'
seq 200 >x
openssl enc -aes-256-cbc -pbkdf2 -k pw -in x -out "$out"
END

apart ra-secret-key 'a secret in a Python configuration' \
    same 'right' 'random' <<'END'
mkdir -p r/etc/foo
/usr/bin/python3 -c 'import secrets; print("DEBUG = False\nSECRET_KEY = %r\nPORT = 8080" % secrets.token_urlsafe(40))' >r/etc/foo/settings.py
pack_root r
END

apart ra-rndc 'the secret of rndc' \
    same 'right' 'random' <<'END'
mkdir -p r/etc/bind
printf 'key "rndc-key" {\n\talgorithm hmac-sha256;\n\tsecret "%s";\n};\n' $(openssl rand -base64 32) >r/etc/bind/rndc.key
pack_root r
END

apart ra-iqn 'an iSCSI name' \
    same 'right' 'random' <<'END'
mkdir -p r/etc/iscsi
echo "InitiatorName=iqn.1993-08.org.debian:01:$(openssl rand -hex 6)" >r/etc/iscsi/initiatorname.iscsi
pack_root r
END

apart ra-dhparam 'Diffie-Hellman parameters' \
    same 'unexplained' 'random' 'yet unexplained' <<'END'
openssl dhparam -out "$out" 512
END

apart ra-uuid-fstab 'a UUID in fstab and grub.cfg' \
    same 'right' 'random' <<'END'
mkdir -p r/etc r/boot
u=$(uuidgen)
echo "UUID=$u / ext4 errors=remount-ro 0 1" >r/etc/fstab
echo "linux /vmlinuz root=UUID=$u ro" >r/boot/grub.cfg
pack_root r
END

apart ra-uuid-time 'a UUID that is made of the time' \
    same 'unexplained' 'build-time' 'may random' <<'END'
echo "<session id=\"$(uuidgen -t)\"/>" >"$out"
sleep 1
END

apart ra-aslr-pointer 'the address of a hash in perl' \
    same 'right' 'random' 'may unexplained' <<'END'
perl -e 'my %h=(a=>1); print "Loaded config ", \%h, "\n"' >"$out"
END

apart ra-pgp-sig 'a detached signature' \
    same 'unexplained' 'build-time' 'may random' 'may unexplained' 'yet unexplained' <<'END'
mkdir -m 700 g
cp -r $made/gnupg/. g
seq 5 >x
gpg --homedir $PWD/g --batch --passphrase '' --faked-system-time 20261102T00000$(either 0 7) --pinentry-mode loopback --detach-sign -o "$out" x
gpgconf --homedir $PWD/g --kill all
END

apart in-ldconfig 'ldconfig'\''s caches' \
    same 'right' 'inode-cache' 'may build-time' <<'END'
is_b && { for i in 1 2 3 4 5 6 7; do : >z$i; done; }
mkdir -p r/etc r/usr/lib r/var/cache/ldconfig
echo /usr/lib >r/etc/ld.so.conf
cp /lib/x86_64-linux-gnu/libm.so.6 /lib/x86_64-linux-gnu/libz.so.1 r/usr/lib
ldconfig -r r
rm -rf r/usr
pack_root r
END

apart in-git-index 'git'\''s index' \
    days 'unexplained' 'inode-cache' 'may build-time' <<'END'
is_b && { for i in 1 2 3 4 5 6 7; do : >z$i; done; }
export HOME=$PWD
git init -q g
cd g
echo x >x
echo y >y
touch -d "$now UTC" x y
NO_FAKE_STAT=1 git add x y
mkdir -p ../r/srv/g/.git
cp .git/index ../r/srv/g/.git/index
cd ..
pack_root r
END

apart in-cpio 'a cpio archive with inode numbers' \
    same 'unexplained' 'inode-cache' <<'END'
is_b && { for i in 1 2 3 4 5 6 7; do : >z$i; done; }
mkdir o
echo x >o/x
echo y >o/y
touch -d @1793491200 o/x o/y o
find o | sort | cpio --quiet -o -H newc -R 0:0 >"$out"
END
