/*
 * sandbox - run one program inside a root, with nothing of the host in reach.
 *
 * Depends on base/ alone, so that it can be audited by itself. The root being
 * entered is untrusted. What a program inside gets: its own user, mount, PID, UTS, IPC and network
 * namespaces (only a loopback that is down), the tree as its root by pivot_root, a fixed host
 * name and kernel name, exactly the environment given, umask 022, uid and gid 0 of the id map, no supplementary groups, no
 * controlling terminal, no inherited descriptor, a reduced capability set, no_new_privs,
 * a seccomp filter, a minimal /dev, a new /proc, empty /sys, /run, /tmp where asked, and a wall clock that stands at the epoch
 * (lib/sandbox/clock.c). Every process in it dies when the program ends, when the caller ends, and when the
 * caller is killed.
 *
 * There is no mode with less: where a part cannot be had, running fails with a
 * STET_ERROR_ENVIRONMENT that names the part and what to change.
 */
#ifndef STET_SANDBOX_SANDBOX_H
#define STET_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"

/*
 * For an ordinary user: moves the calling process (which must be single-threaded) into a new user
 * namespace in which it is root, with 65536 ids: 0 is the user, 1..65535 the subordinate
 * ids of /etc/subuid and /etc/subgid, through newuidmap and newgidmap. Also a new mount namespace (private), so that
 * no mount made later is visible outside. As root (all ids mapped): only the private mount namespace.
 * Called once, by cmd/, before any thread is started.
 */
int stet_sandbox_become_root(struct stet_error *err);

struct stet_sandbox {
    int root;               /* directory descriptor of the tree */
    const char *host_name;  /* "stet" */
    int64_t epoch;          /* what every wall clock inside says, seconds since 1970 */
    const char *machine;    /* uname -m inside, e.g. "x86_64" */
    const char *release;    /* uname -r inside, fixed, e.g. "6.1.0-stet" */
    uint64_t max_processes; /* 0: 4096 */
};

struct stet_sandbox_command {
    const char *const *argv; /* argv[0]: absolute path in the root */
    const char *const *env;  /* the whole environment, "NAME=value" */
    const char *directory;   /* working directory in the root; NULL: "/" */
    const void *input;       /* standard input; NULL: empty */
    size_t input_len;
    /* Each line of standard output and error (one pipe), without newline, control bytes replaced. May be NULL. */
    void (*line)(void *ctx, const char *text);
    /* Each line the program writes to descriptor 3, which exists only when this is not NULL. */
    void (*status_line)(void *ctx, const char *text);
    void *ctx;
    unsigned timeout_s; /* 0: 3600; then everything inside is killed: STET_ERROR_ENVIRONMENT */
};

/*
 * Runs the command. *status is its exit status, or 128 + signal. -1 with err when it could not be run at all, or on a timeout or
 * stet_cancel_request(). When it returns, no process and no mount of the sandbox exists.
 */
int stet_sandbox_run(const struct stet_sandbox *sandbox,
                     const struct stet_sandbox_command *command, int *status,
                     struct stet_error *err);

#endif
