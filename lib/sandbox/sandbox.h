/*
 * sandbox - run one program inside a root, with nothing of the host in reach.
 *
 * Depends on base/ alone, so that it can be audited by itself; docs/threat-model.md
 * says what it defends against and what it does not. The root being entered is untrusted.
 *
 * What a program inside gets:
 *   - its own user, mount, PID, UTS, IPC, network and (where the kernel has them) cgroup
 *     namespaces; in the network one only a loopback that is down;
 *   - the tree as its root by pivot_root, nosuid and nodev, the old root detached;
 *   - uid and gid 0 of the caller's id map, no supplementary groups, CAP_CHOWN, DAC_OVERRIDE,
 *     FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, SETFCAP and SYS_CHROOT over the ids of
 *     that map, no other capability ever (bounding set, no_new_privs);
 *   - a seccomp filter that answers ENOSYS to whatever is not on a list (seccomp.c);
 *   - a minimal /dev on a tmpfs, a new /proc of which only the parts that are about the
 *     sandbox's own processes are real, and an empty read-only /sys;
 *   - a session without a controlling terminal, umask 022, signals at their defaults, fixed
 *     resource limits, descriptors 0, 1, 2 (and 3 where asked for) and no other;
 *   - exactly the environment given.
 *
 * What it sees of the machine is fixed, whatever machine that is: host name, kernel name and
 * release, one CPU, 4 GiB of memory, an uptime of one second, and a wall clock that stands at the
 * epoch for clock_gettime, gettimeofday and time, however a program makes the call (clock.c).
 * Not fixed: monotonic clocks, the timestamps of files, secure randomness, process numbers.
 * A program that waits for an absolute CLOCK_REALTIME time is compared with the real clock.
 * fsync and its like succeed at once without doing anything.
 *
 * Every process in the sandbox dies when the program ends, when the caller gives up, and when
 * the caller is killed.
 *
 * Linux 5.10 or newer. There is no mode with less: where a part cannot be had, running fails with a
 * STET_ERROR_ENVIRONMENT that names the part and what to change. One exception, for real root
 * alone: where the kernel has no user namespaces, the capabilities above are the real ones.
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
 * ids of /etc/subuid and /etc/subgid, through newuidmap and newgidmap. Also a new mount
 * namespace (private), so that no mount made later is visible outside. As root (all ids mapped):
 * only the private mount namespace. Called once, by cmd/, before any thread is started.
 *
 * On failure the process is unchanged, or in a namespace in which it can do nothing more: the
 * caller must give up.
 */
int stet_sandbox_become_root(struct stet_error *err);

struct stet_sandbox {
    int root;               /* directory descriptor of the tree, opened in this mount namespace */
    const char *host_name;  /* NULL: "stet" */
    int64_t epoch;          /* what every wall clock inside says, seconds since 1970 */
    const char *machine;    /* uname -m inside, e.g. "x86_64"; NULL: this machine's */
    const char *release;    /* uname -r inside, fixed; NULL: "6.1.0-stet" */
    uint64_t max_processes; /* processes and threads at one time; more: all are killed. 0: 4096 */
    bool keep_tmp;          /* /tmp is the tree's own; false: an empty tmpfs for the run's time */
    bool private_run;       /* /run is an empty tmpfs for the run's time; false: the tree's own */
};

struct stet_sandbox_command {
    const char *const *argv; /* argv[0]: absolute path in the root */
    const char *const *env;  /* the whole environment, "NAME=value" */
    const char *directory;   /* working directory in the root; NULL: "/" */
    const void *input;       /* standard input; NULL: empty */
    size_t input_len;
    /*
     * Each line of standard output and error (one pipe), without its newline, control bytes
     * replaced by '?', at most 4095 bytes (longer ones come in pieces). Called in the caller's
     * thread. May be NULL.
     */
    void (*line)(void *ctx, const char *text);
    /* Each line the program writes to descriptor 3, which exists only when this is not NULL. */
    void (*status_line)(void *ctx, const char *text);
    void *ctx;
    unsigned timeout_s; /* 0: 3600; then everything inside is killed: STET_ERROR_ENVIRONMENT */
};

/*
 * Runs the command. *status is its exit status, or 128 + signal. -1 with err when it could not be
 * run at all, on a timeout, on too many processes, or on stet_cancel_request() (within 200 ms).
 * When it returns, no process and no mount of the sandbox exists.
 *
 * /dev, /proc and /sys must be real directories in the tree (STET_ERROR_INPUT otherwise); what
 * is in them is neither seen nor changed. May be called from several threads at one time, on
 * different trees. The calling process must have CAP_SYS_ADMIN over its mount namespace: it is
 * root, or stet_sandbox_become_root() was called.
 */
int stet_sandbox_run(const struct stet_sandbox *sandbox, const struct stet_sandbox_command *command,
                     int *status, struct stet_error *err);

#endif
