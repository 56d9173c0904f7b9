#!/usr/bin/env bats
# What a maintainer script can reach, which is nothing of the host: a package's postinst looks around and
# writes what it finds into the image, once in a build by root and once in one by an ordinary user.
bats_require_minimum_version 1.5.0
load common
load repository

setup_file() {
    e2e_setup_file
    FILE_DIR=$(mktemp -d "$STET_E2E_DIR/sandbox.XXXXXX")
    chmod 755 "$FILE_DIR"
    MARKER=stet-marker-$$
    # A number that no other process of the machine sleeps for; with a digit before it, another one.
    NAP=600.$RANDOM
    BASE=$FILE_DIR/tiny
    export FILE_DIR MARKER NAP BASE
    touch "/$MARKER" "/tmp/$MARKER" "/home/$MARKER" "$FILE_DIR/$MARKER"
    make_base "$BASE" tiny
    local DIR=$FILE_DIR
    serve --log "$FILE_DIR/requests" "$BASE"
    SERVER=$HTTPD_PID
    sleep "$NAP" 3>&- &
    SLEEPER=$!
    export SERVER SLEEPER URL
    id "$USER_NAME" >/dev/null 2>&1 || MADE_USER=1
    look_around
    prepare_refusals
}

teardown_file() {
    if [ -n "${SERVER-}" ]; then kill "$SERVER" "${SLEEPER:-$SERVER}" 2>/dev/null || true; fi
    if [ -n "${MARKER-}" ]; then rm -f "/$MARKER" "/tmp/$MARKER" "/home/$MARKER"; fi
    if [ -n "${FILE_DIR-}" ]; then rm -rf "$FILE_DIR"; fi
    if id stet-e2e-bare >/dev/null 2>&1; then userdel stet-e2e-bare; fi
    if [ -n "${MADE_USER-}" ]; then userdel --remove "$USER_NAME" 2>/dev/null; fi
    e2e_teardown_file
}

setup() {
    DIR=$(mktemp -d "$STET_E2E_DIR/sbx.XXXXXX")
    chmod 755 "$DIR"
    OUT=$DIR/image
    HOLDER=
    ROOT_REPORT=$FILE_DIR/report.root
}

teardown() {
    if [ -n "$HOLDER" ]; then kill "$HOLDER" 2>/dev/null || true; fi
    rm -rf "$DIR"
}

# bounded [COMMAND...] PROGRAM ARGUMENT... - the program with the store of $DIR, for two minutes at most.
bounded() {
    timeout -k 10 120 "$@" --store "$DIR/store"
}

# The package that looks around, built by root and by an ordinary user: $FILE_DIR/report.{root,user}.
look_around() {
    local tree=$DIR/src/probe/usr/share/test
    mkdir -p "$tree"
    gcc -static -Wall -Wextra -o "$tree/probe" "$REPOSITORY/tests/support/probe.c"
    {
        echo "server=${URL##*:} marker=$MARKER host_folder=$FILE_DIR nap=$NAP"
        cat <<'END'
exec >/usr/share/test/report
env | LC_ALL=C sort | sed 's/^/env /'
echo "umask $(umask)"
echo "id $(id -u) $(id -g) $(id -G)"
echo "directory $(pwd)"
echo "host $(hostname)"
echo "uname $(uname -a)"
echo "processors $(nproc)"
echo "cores $(ulimit -c)"
echo "date $(date +%s)"
echo "perl $(perl -e 'print time')"
echo "bash $(bash -c 'echo $EPOCHSECONDS')"
echo "busybox $(busybox date +%s)"
ls /proc >/tmp/processes
echo "processes $(grep -c '^[0-9]' /tmp/processes)"
for f in /proc/[0-9]*/cmdline; do tr '\0' ' ' <$f; echo; done >/tmp/arguments
grep -e "sleep $nap" -e 'stet build' /tmp/arguments | sed 's/^/foreign-process /'
echo "arguments $(grep -c -e probe.postinst -e 'dpkg --' /tmp/arguments)"
echo "markers $(find / -xdev -name "$marker" 2>/dev/null | wc -l)"
ls -d "/$marker" "/tmp/$marker" "/home/$marker" "$host_folder" /proc/[0-9]*/root/"$marker" \
    /proc/[0-9]*/cwd/"$marker" 2>/dev/null | sed 's/^/host-file /'
echo "devices $(ls /dev | tr '\n' ' ')"
grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr '\t' ' ' | sed 's/^/status /'
getent hosts example.org && echo "name-service answers"
perl -MSocket -e 'print "perl-resolver ", (gethostbyname("localhost.example.org") ? "answers" : "fails"), "\n"'
perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); print "perl-connect ",
    (connect(S, sockaddr_in($ARGV[0], inet_aton("127.0.0.1"))) ? "done" : "fails"), "\n"' "$server"
/usr/share/test/probe "$server" "$marker" </dev/null
exit 0
END
    } | maintainer_script probe postinst
    # It is run by stet and not by dpkg, which would close some descriptors itself.
    maintainer_script probe preinst <<'END'
mkdir -p /usr/share/test
perl -e 'print join(" ", grep { -e "/proc/self/fd/$_" } 0 .. 4095), "\n"' >/usr/share/test/descriptors
END
    pack probe "Architecture: $(dpkg --print-architecture)"
    make_base "$FILE_DIR/full" essential
    "$MAKE_REPOSITORY" --key "$KEY" "$FILE_DIR/full" "$DIR/debs/probe.deb"
    rm -r "$DIR/debs"
    recipe "file://$FILE_DIR/full" "packages: [probe, busybox-static]" "epoch: 2026-01-02T03:04:05Z"
    bounded "$STET_E2E_DIR/bin/stet" lock "$DIR/recipe.yaml" -q -o "$FILE_DIR/lock.json"
    # With a terminal, and with more that must not come through.
    cat >"$DIR/build-as-root" <<END
export LEAK=leaked LC_TIME=tr_TR.UTF-8 TZ=Pacific/Kiritimati DEBCONF_DEBUG=developer
umask 077
exec 7</etc/passwd 8>"$FILE_DIR/leak"
: </dev/tty >"$FILE_DIR/had-terminal" || exit 1
"$STET_E2E_DIR/bin/stet" build "$FILE_DIR/lock.json" -q --store "$DIR/store" -o "tar:$FILE_DIR/root.tar" >"$FILE_DIR/digest.root"
END
    SHELL=/bin/sh timeout -k 10 120 script -qec ". '$DIR/build-as-root'" /dev/null </dev/null
    tar -xOf "$FILE_DIR/root.tar" usr/share/test/report >"$FILE_DIR/report.root"
    tar -xOf "$FILE_DIR/root.tar" usr/share/test/descriptors >"$FILE_DIR/descriptors"
    ensure_user
    mkdir "$FILE_DIR/user"
    cp -r "$DIR/store" "$FILE_DIR/user/store"
    chown -R "$USER_NAME:" "$FILE_DIR/user"
    chmod 644 "$FILE_DIR/lock.json"
    as_user LEAK=leaked timeout -k 10 120 "$STET_E2E_DIR/bin/stet" build "$FILE_DIR/lock.json" -q --store "$FILE_DIR/user/store" \
        -o "tar:$FILE_DIR/user/user.tar" >"$FILE_DIR/digest.user"
    tar -xOf "$FILE_DIR/user/user.tar" usr/share/test/report >"$FILE_DIR/report.user"
}

# told NAME [FILE] - what the report says of it.
told() {
    sed -n "s/^$1 //p" "${2-$ROOT_REPORT}"
}

# says NAME VALUE - the report has exactly this.
says() {
    local value
    value=$(told "$1")
    [ "$value" = "$2" ] || {
        echo "$1 is \"$value\", not \"$2\""
        return 1
    }
}

# refuses ERROR NAME... - what the probe tried failed so. Another error may mean that it was permitted: see probe.c.
refuses() {
    local error=$1 name
    shift
    for name in "$@"; do
        says "$name" "$error" || return 1
    done
}

@test "root and an ordinary user get the same answers, and the same image" {
    diff "$FILE_DIR/report.root" "$FILE_DIR/report.user"
    cmp "$FILE_DIR/digest.root" "$FILE_DIR/digest.user"
    [ "$(wc -l <"$ROOT_REPORT")" -gt 50 ]
    [ "$(tail -n 1 "$ROOT_REPORT")" = "no-new-privileges 1" ]
}

@test "no network: no connection to the host or beyond, no interface but lo, no names" {
    # The server is there for the host.
    curl -fsS "http://127.0.0.1:$(cat "$FILE_DIR/port")/dists/test/InRelease" >/dev/null
    refuses ENETUNREACH connect-loopback connect-outside
    says perl-connect fails
    [[ $(told interfaces) =~ ^(lo)?$ ]]
    refuses EAFNOSUPPORT packet-socket
    refuses EPERM raw-socket
    says perl-resolver fails
    [ -z "$(told name-service)" ]
    [ "$(grep -vc unsandboxed "$FILE_DIR/requests")" -eq 1 ]
}

@test "no file of the host" {
    says markers 0
    [ -z "$(told host-file)" ]
    says climb root
    says devices "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero "
}

@test "no mounts, no namespaces, no devices, no power over the machine" {
    refuses EPERM mount bind-mount remount umount unshare-mounts unshare-user unshare-network mknod-block \
        set-host-name set-domain-name set-clock set-time-of-day adjust-clock reboot bpf
    refuses ENOSYS keyring
    refuses ENXIO open-tty
    [ -e "$FILE_DIR/had-terminal" ]
    grep -qx 'status CapEff: 00000000800401fb' "$ROOT_REPORT"
    grep -qx 'status CapBnd: 00000000800401fb' "$ROOT_REPORT"
    grep -qx 'status NoNewPrivs: 1' "$ROOT_REPORT"
    grep -qx 'status Seccomp: 2' "$ROOT_REPORT"
    [ "$(hostname)" != stet ]
}

@test "no process of the host" {
    kill -0 "$SLEEPER"
    [ -z "$(told foreign-process)" ]
    # It could have seen them: itself and dpkg it did.
    [ "$(told arguments)" -ge 2 ]
    [ "$(told processes)" -lt 12 ]
}

@test "the clock stands at the epoch, for every kind of program" {
    local epoch
    epoch=$(date -u -d '2026-01-02T03:04:05Z' +%s)
    says date "$epoch"
    says perl "$epoch"
    says bash "$epoch"
    says busybox "$epoch"
    says time "$epoch"
    says gettimeofday "$epoch.000000"
    says clock_gettime "$epoch.000000000"
    says clock_gettime-coarse "$epoch.000000000"
    says system-call "$epoch.000000000"
}

@test "host name, kernel, processors, ids, umask, working directory, limits, descriptors are fixed" {
    says host stet
    says uname "Linux stet 6.1.0-stet #1 SMP stet $(uname -m) GNU/Linux"
    says processors 1
    says id "0 0 0"
    says umask 0022
    says directory /
    says cores 0
    says descriptors "0 1 2"
    [ "$(cat "$FILE_DIR/descriptors")" = "0 1 2" ]
    [ -e "$FILE_DIR/leak" ] && [ ! -s "$FILE_DIR/leak" ]
}

@test "the environment is exactly the fixed one" {
    cat >"$DIR/expected" <<END
DEBCONF_NONINTERACTIVE_SEEN=true
DEBIAN_FRONTEND=noninteractive
DPKG_ADMINDIR=/var/lib/dpkg
DPKG_FORCE=security-mac,downgrade
DPKG_MAINTSCRIPT_ARCH=$(dpkg --print-architecture)
DPKG_MAINTSCRIPT_DEBUG=0
DPKG_MAINTSCRIPT_NAME=postinst
DPKG_MAINTSCRIPT_PACKAGE=probe
DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1
DPKG_ROOT=
DPKG_RUNNING_VERSION=$(jq -r '.packages[] | select(.name == "dpkg").version' "$FILE_DIR/lock.json")
HOME=/root
LANG=C.UTF-8
LANGUAGE=C.UTF-8
LC_ALL=C.UTF-8
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PERL_HASH_SEED=0
PWD=/
PYTHONHASHSEED=0
SOURCE_DATE_EPOCH=$(date -u -d '2026-01-02T03:04:05Z' +%s)
END
    diff "$DIR/expected" <(told env)
}

# ---- scripts that do not end as they should ----

# build_as WHO - the recipe of the test into $OUT, which is of that user as is all else of the test.
build_as() {
    ensure_user
    chown -R "$1:" "$DIR"
    rm -rf "$OUT"
    bounded setpriv --reuid "$1" --regid "$1" --init-groups \
        "$STET_E2E_DIR/bin/stet" build "$DIR/recipe.yaml" -q -o "oci:$OUT"
}

# script_package - a package whose postinst is on standard input, and its recipe.
script_package() {
    maintainer_script script postinst
    pack script
    with_packages
    recipe "file://$DIR/repository" "packages: [script]"
}

@test "a daemon that a script leaves behind is gone after the build" {
    script_package <<END
(setsid sh -c 'echo \$\$ >/tmp/daemon; sleep 1$NAP & sleep 2$NAP' </dev/null >/dev/null 2>&1 &)
sleep 0.3
kill -0 "\$(cat /tmp/daemon)"
END
    local who
    for who in root "$USER_NAME"; do
        build_as "$who"
        gone pgrep -f "sleep [12]$NAP"
        nothing_left "$DIR/store"
    done
}

@test "a daemon that keeps standard output open does not hold up the build" {
    script_package <<END
sleep 3$NAP &
kill -0 \$!
END
    local who
    for who in root "$USER_NAME"; do
        build_as "$who"
        gone pgrep -f "sleep 3$NAP"
    done
}

@test "a fork bomb ends, and the build with it" {
    # Twice the processes that may be, and no more, should nobody stop it; under a name of its own.
    script_package <<END
cat >/usr/bin/bomb-$MARKER <<'BOMB'
#!/bin/sh
[ "\$1" -gt 0 ] || exec sleep 4$NAP
"\$0" \$((\$1 - 1)) & "\$0" \$((\$1 - 1)) & wait
BOMB
chmod 755 /usr/bin/bomb-$MARKER
bomb-$MARKER 12
END
    local who
    for who in root "$USER_NAME"; do
        run --separate-stderr build_as "$who"
        expect_error 3 'too many processes'
        gone pgrep -f "sleep 4$NAP"
        gone pgrep -f "bomb-$MARKER"
        nothing_left "$DIR/store" "$OUT"
    done
}

@test "a script that stops and kills what it can reach hurts only itself" {
    # It looks first whether that is little, so that nothing happens to a machine whose processes are in reach.
    script_package <<END
[ "\$(uname -r)" = 6.1.0-stet ] || exit 66
[ "\$(ls /proc | grep -c '^[0-9]')" -lt 12 ] || exit 66
for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <\$f; echo; done >/tmp/arguments
! grep "sleep $NAP" /tmp/arguments || exit 66
echo looked
kill -STOP -1
kill -KILL -1
kill -KILL 1
exit 1
END
    local who
    for who in root "$USER_NAME"; do
        run --separate-stderr build_as "$who"
        expect_error 2 'dpkg --configure failed with exit status 137; its last output: looked'
        kill -0 "$SLEEPER"
        nothing_left "$DIR/store" "$OUT"
    done
}

# ---- where no sandbox can be had ----

# A build whose script would leave a mark if it ever ran where files or the network of the host are in reach:
# $FILE_DIR/refused.json, $FILE_DIR/marks, and requests for /unsandboxed.
prepare_refusals() {
    local DIR=$FILE_DIR/refused
    mkdir -p "$DIR" "$FILE_DIR/marks"
    chmod 1777 "$FILE_DIR/marks"
    maintainer_script script postinst <<END
touch "$FILE_DIR/marks/\$1"
url=$URL/unsandboxed-\$1
if command -v busybox; then busybox wget -q -O /dev/null "\$url"; else curl -sS -o /dev/null "\$url"; fi
exit 0
END
    pack script
    with_packages
    recipe "file://$DIR/repository" "packages: [script]"
    bounded "$STET_E2E_DIR/bin/stet" lock "$DIR/recipe.yaml" -q -o "$FILE_DIR/refused.json"
    chmod 644 "$FILE_DIR/refused.json"
}

# What the script of prepare_refusals left where it should not.
marks() {
    ls -A "$FILE_DIR/marks"
    grep unsandboxed "$FILE_DIR/requests" || true
}

# refused_sandbox PATTERN COMMAND... - run with the rest of the command line for the build, it fails with a
# clear error, and no script was run.
refused_sandbox() {
    local pattern=$1
    shift
    run --separate-stderr bounded "$@" "$STET_E2E_DIR/bin/stet" build "$FILE_DIR/refused.json" -q -o "oci:$OUT"
    expect_error 3 "$pattern" || return 1
    [ -z "$output" ] || return 1
    [ -z "$(marks)" ] || return 1
    nothing_left "$DIR/store" "$OUT"
}

# The directory of the test belongs to that user.
test_of() {
    chown "$1:" "$DIR"
}

@test "a script that ran outside of a sandbox would be noticed" {
    # The build succeeds where it can, without a mark.
    bounded "$STET_E2E_DIR/bin/stet" build "$FILE_DIR/refused.json" -q -o "oci:$OUT"
    [ -z "$(marks)" ]
    PATH=$PATH timeout 20 sh "$FILE_DIR/refused/src/script/DEBIAN/postinst" control
    [ "$(marks | wc -l)" -eq 2 ]
    rm "$FILE_DIR/marks/control"
    sed -i /unsandboxed-control/d "$FILE_DIR/requests"
}

@test "no user namespaces for ordinary users: their number is limited to none" {
    ensure_user
    test_of "$USER_NAME"
    local limit outside i
    limit=$(cat /proc/sys/user/max_user_namespaces)
    outside=$(readlink /proc/self/ns/user)
    # In a user namespace with all ids, which has a limit of its own: the machine's is not touched.
    timeout 120 unshare --user sleep 120 3>&- &
    HOLDER=$!
    local holder=
    for ((i = 0; i < 100; i++)); do
        holder=$(pgrep -P "$HOLDER" || true)
        [ -z "$holder" ] || [ "$(readlink "/proc/$holder/ns/user")" = "$outside" ] || break
        sleep 0.02
    done
    [ "$(readlink "/proc/$holder/ns/user")" != "$outside" ]
    echo '0 0 4294967295' >"/proc/$holder/gid_map"
    echo '0 0 4294967295' >"/proc/$holder/uid_map"
    cat >"$DIR/limited" <<END
#!/bin/sh
[ "\$(readlink /proc/self/ns/user)" != '$outside' ] || exit 66
echo 0 >/proc/sys/user/max_user_namespaces || exit 67
exec setpriv --reuid $USER_NAME --regid $USER_NAME --clear-groups "\$@"
END
    chmod 755 "$DIR/limited"
    refused_sandbox 'sandbox: no user namespace.*raise the sysctl user\.max_user_namespaces' \
        nsenter --user="/proc/$holder/ns/user" --setuid 0 --setgid 0 -- "$DIR/limited"
    [ "$(cat /proc/sys/user/max_user_namespaces)" = "$limit" ]
}

@test "no user namespaces for ordinary users: forbidden, as in a chroot" {
    ensure_user
    test_of "$USER_NAME"
    mkdir "$DIR/slash"
    # The mount is in a namespace that ends with the command, so that nothing is ever removed through it.
    cat >"$DIR/in-chroot" <<END
#!/bin/sh
mount --rbind / "$DIR/slash" || exit 66
exec chroot --userspec=$USER_NAME:$USER_NAME "$DIR/slash" "\$@"
END
    chmod 755 "$DIR/in-chroot"
    refused_sandbox 'sandbox: no user namespace.*in a chroot.*not permitted' \
        unshare --mount --propagation private "$DIR/in-chroot"
    [ -z "$(ls -A "$DIR/slash")" ]
}

@test "an ordinary user without subordinate ids" {
    id stet-e2e-bare >/dev/null 2>&1 || useradd --system --shell /bin/sh stet-e2e-bare
    test_of stet-e2e-bare
    refused_sandbox '/etc/subuid gives user stet-e2e-bare no range of 65535 ids' \
        setpriv --reuid stet-e2e-bare --regid stet-e2e-bare --clear-groups
}

@test "an ordinary user whose newuidmap is not there, or may not map" {
    ensure_user
    test_of "$USER_NAME"
    local program
    program=$(command -v newuidmap)
    # In its place, for this command alone.
    cat >"$DIR/instead" <<END
#!/bin/sh
mount --bind "\$1" "$program" || exit 66
shift
exec setpriv --reuid $USER_NAME --regid $USER_NAME --clear-groups "\$@"
END
    chmod 755 "$DIR/instead"
    refused_sandbox 'newuidmap' unshare --mount --propagation private "$DIR/instead" /dev/null
    # A copy has no privilege.
    cp "$program" "$DIR/newuidmap"
    refused_sandbox 'newuidmap' unshare --mount --propagation private "$DIR/instead" "$DIR/newuidmap"
    [ -u "$program" ] || [ -n "$(getcap "$program")" ]
}

@test "root of a user namespace that has too few ids" {
    refused_sandbox 'sandbox: root of a user namespace with 1 of the ids' unshare --user --map-root-user
}
