# What the end-to-end tests share. Loaded by every .bats file. Needs root.
#
# STET            the program under test
# STET_E2E_DIR    a directory kept over all files of one run (the warm store, the locks);
#                 made anew for a file when it is not set
# shellcheck shell=bash

REPOSITORY=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
USER_NAME=stet-e2e

# To be called from setup_file.
e2e_setup_file() {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    : "${STET:?names the program under test}"
    if [ -z "${STET_E2E_DIR-}" ]; then
        STET_E2E_DIR=$(mktemp -d /var/tmp/stet-e2e.XXXXXX)
        export E2E_OWN_DIR=1
    fi
    export STET_E2E_DIR
    chmod 755 "$STET_E2E_DIR"
    mkdir -p "$STET_E2E_DIR/bin"
    # A copy, because an ordinary user may not be allowed to look into the build directory.
    install -m 755 "$STET" "$STET_E2E_DIR/bin/stet"
    # LeakSanitizer stops the process with ptrace, which does not work for some of the processes here.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:exitcode=99}
    export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1:exitcode=99}
    unset SOURCE_DATE_EPOCH
}

e2e_teardown_file() {
    if [ "${E2E_OWN_DIR-}" = 1 ]; then
        rm -rf "$STET_E2E_DIR"
    fi
}

# stet ARGUMENT... - the program with the shared, warm store.
stet() {
    "$STET_E2E_DIR/bin/stet" "$@" --store "$STET_E2E_DIR/store"
}

# A lock of the named recipe of the repository, resolved once against this machine's mirrors; its path.
locked() {
    local lock=$STET_E2E_DIR/$1.lock.json
    if [ ! -e "$lock" ]; then
        stet lock "$REPOSITORY/recipes/$1.yaml" -q -o "$lock" >&2 || return 1
    fi
    echo "$lock"
}

# The digest that the first build of a lock gave: what all others must give.
digest_of() {
    local lock
    lock=$(locked "$1") || return 1
    if [ ! -e "$STET_E2E_DIR/$1.digest" ]; then
        stet build "$lock" -q -o "oci:$STET_E2E_DIR/images:$1" >"$STET_E2E_DIR/$1.digest.new" || return 1
        mv "$STET_E2E_DIR/$1.digest.new" "$STET_E2E_DIR/$1.digest"
    fi
    cat "$STET_E2E_DIR/$1.digest"
}

# An ordinary user with subordinate ids.
ensure_user() {
    id "$USER_NAME" >/dev/null 2>&1 || useradd --create-home --shell /bin/sh "$USER_NAME"
    grep -q "^$USER_NAME:" /etc/subuid || usermod --add-subuids 500000-565535 --add-subgids 500000-565535 "$USER_NAME"
}

# as_user COMMAND... - in a clean login environment of that user, working directory kept.
as_user() {
    ensure_user
    runuser -u "$USER_NAME" -- env -i HOME="/home/$USER_NAME" PATH="$PATH" LANG=C.UTF-8 \
        ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS" "$@"
}

# Mounts below a directory, in this process's namespace.
mounts_below() {
    awk -v dir="$1" 'index($5 "/", dir "/") == 1 {print $5}' /proc/self/mountinfo
}

# expect_error STATUS PATTERN - the last run failed so, with exactly one line on stderr, matched by the
# extended regular expression. For use after: run --separate-stderr …
expect_error() {
    if [ "$status" -ne "$1" ]; then
        printf 'status %s, not %s\nstdout: %s\nstderr: %s\n' "$status" "$1" "$output" "$stderr"
        return 1
    fi
    # shellcheck disable=SC2154 # set by run --separate-stderr
    if [ "$(printf '%s\n' "$stderr" | grep -c '^stet: ')" -ne 1 ] || ! grep -Eq "$2" <<<"$stderr"; then
        printf 'no single error line that matches %s in:\n%s\n' "$2" "$stderr"
        return 1
    fi
}

# A dockerd of its own in $DIR; DOCKER is the client.
start_docker() {
    dockerd --data-root "$DIR/docker" --exec-root "$DIR/exec" --pidfile "$DIR/docker.pid" --iptables=false \
        --bridge=none --storage-driver=vfs --host "unix://$DIR/docker.sock" >"$DIR/docker.log" 2>&1 3>&- &
    DOCKER_PID=$!
    DOCKER=(docker -H "unix://$DIR/docker.sock")
    local i
    for ((i = 0; i < 300; i++)); do
        "${DOCKER[@]}" version >/dev/null 2>&1 && return 0
        kill -0 "$DOCKER_PID" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$DIR/docker.log"
    return 1
}

stop_docker() {
    if [ -n "${DOCKER_PID-}" ]; then
        kill "$DOCKER_PID" 2>/dev/null || true
        wait "$DOCKER_PID" 2>/dev/null || true
    fi
    # dockerd mounts its directory on itself, and does not always take it off in time.
    local mount
    while read -r mount; do umount -l "$mount"; done < <(mounts_below "$DIR" | tac)
}
