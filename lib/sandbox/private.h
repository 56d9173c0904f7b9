/*
 * What the parts of sandbox/ share. Three processes take part in a run:
 *
 *   caller      stet itself, possibly with many threads (sandbox.c). It prepares a plan,
 *               forks the supervisor, and reads pipes.
 *   supervisor  single-threaded, in the caller's namespaces (supervise.c, clock.c). It starts and
 *               traces everything inside; when it dies, the kernel kills all of that.
 *   init        PID 1 of the new PID namespace (inside.c, mounts.c). It builds the mounts, gives up
 *               its privileges, starts the program, and sleeps.
 *
 * Supervisor and init run between fork and exec of a program that may have had threads: they
 * make system calls and touch memory that the caller prepared, nothing else. No malloc, no
 * stdio, no locks.
 */
#ifndef STET_SANDBOX_PRIVATE_H
#define STET_SANDBOX_PRIVATE_H

#include <linux/filter.h>
#include <stdnoreturn.h>
#include <sys/types.h>
#include <sys/utsname.h>

#include "lib/sandbox/sandbox.h"

/* Descriptors in the supervisor and init, moved to these numbers first of all. */
enum {
    STET_SANDBOX_FD_INPUT = 0,
    STET_SANDBOX_FD_OUTPUT = 1,
    STET_SANDBOX_FD_ERROR = 2,
    STET_SANDBOX_FD_STATUS = 3, /* only with status_line */
    STET_SANDBOX_FD_REPORT = 4, /* struct stet_sandbox_report to the caller */
    STET_SANDBOX_FD_ROOT = 5,
    STET_SANDBOX_FD_PROC = 6, /* the host's /proc, supervisor alone */
    STET_SANDBOX_FD_SYNC = 7, /* socket between supervisor and init */
    STET_SANDBOX_FD_SYNC_PEER = 8,
    STET_SANDBOX_FD_COUNT = 9,
};

/* The step that failed; sandbox.c has the sentence for each. */
enum stet_sandbox_step {
    STET_SANDBOX_STEP_NONE,
    STET_SANDBOX_STEP_DESCRIPTORS,
    STET_SANDBOX_STEP_NAMESPACES,
    STET_SANDBOX_STEP_USER_NAMESPACE,
    STET_SANDBOX_STEP_ID_MAP,
    STET_SANDBOX_STEP_IDS,
    STET_SANDBOX_STEP_TRACE,
    STET_SANDBOX_STEP_HOST_NAME,
    STET_SANDBOX_STEP_PRIVATE,
    STET_SANDBOX_STEP_ROOT,
    STET_SANDBOX_STEP_ROOT_FLAGS,
    STET_SANDBOX_STEP_DIRECTORY_MISSING,
    STET_SANDBOX_STEP_MOUNT,
    STET_SANDBOX_STEP_DEVICE,
    STET_SANDBOX_STEP_PROC,
    STET_SANDBOX_STEP_MASK,
    STET_SANDBOX_STEP_PIVOT,
    STET_SANDBOX_STEP_CAPABILITIES,
    STET_SANDBOX_STEP_SECCOMP,
    STET_SANDBOX_STEP_LIMITS,
    STET_SANDBOX_STEP_START,
    STET_SANDBOX_STEP_WORKING_DIRECTORY,
    STET_SANDBOX_STEP_EXEC,
    STET_SANDBOX_STEP_EXEC_HOST,
    STET_SANDBOX_STEP_TOO_MANY,
};

enum { STET_SANDBOX_DETAIL_MAX = 64 };

/* One message on the report pipe; smaller than PIPE_BUF, so it arrives whole. */
struct stet_sandbox_report {
    int step;   /* NONE: the program ended with status */
    int errnum; /* of the step */
    int status;
    char detail[STET_SANDBOX_DETAIL_MAX]; /* what the step was about, or "" */
};

/* A file with fixed content, in place of one of /proc or below /proc/sys. */
struct stet_sandbox_text {
    const char *path; /* "version", "sys/kernel/osrelease" */
    struct stet_buffer text;
};

/* Everything a run needs, made by the caller before the fork and only read after. */
struct stet_sandbox_plan {
    struct stet_strv argv, env; /* copies: init blanks the memory of this process's own */
    char *directory;
    pid_t caller;
    bool keep_tmp, private_run, has_input;
    bool initial_user_namespace; /* real root: a run without user namespace is bearable */
    bool has_status_fd;
    int64_t epoch;
    struct utsname uts;
    struct stet_sandbox_text *texts;
    size_t text_count;
    struct stet_buffer uid_map, gid_map; /* the identity over this namespace's ids */
    struct sock_fprog filters[2];
    unsigned char *seen; /* one bit for each process number (mmap) */
    uint64_t max_processes;
    char *args; /* where the kernel shows this process's arguments and environment from */
    size_t args_len;
};

enum { STET_SANDBOX_PID_MAX = 1 << 22 }; /* PID_MAX_LIMIT of 64-bit kernels */

/* ---- prepared by the caller ---- */

/* fixed.c: the texts in place of /proc's. release() frees them. */
int stet_sandbox_fixed_make(struct stet_sandbox_plan *plan, struct stet_error *err);
void stet_sandbox_fixed_release(struct stet_sandbox_plan *plan);

/* seccomp.c: the two filters, built once in a process and kept. */
int stet_sandbox_filters(struct sock_fprog filters[2], struct stet_error *err);

/* idmap.c: "inside outside count" lines of a map file as lines of the identity over
 * its inside ids. all: whether every 32-bit id is in it. */
int stet_sandbox_identity_map(const char *map, struct stet_buffer *out, bool *all,
                              struct stet_error *err);
/* idmap.c: the first range of at least need ids that text (/etc/subuid) gives to name (may be
 * NULL) or to the decimal id. 1, or 0 when there is none; lines that make no sense are passed. */
int stet_sandbox_find_range(const char *text, const char *name, uid_t id, uint64_t need,
                            uint64_t *start);

/* lines.c: a stream cut into lines. */
struct stet_sandbox_lines {
    void (*call)(void *ctx, const char *text);
    void *ctx;
    size_t len;
    char text[4096];
};
void stet_sandbox_lines_add(struct stet_sandbox_lines *l, const char *data, size_t len);
void stet_sandbox_lines_end(struct stet_sandbox_lines *l);

/* ---- after the fork ---- */

/* Sends the failure of a step with errno, and exits. The first one sent is the one shown. */
noreturn void stet_sandbox_die(enum stet_sandbox_step step, const char *detail);
void stet_sandbox_report(enum stet_sandbox_step step, const char *detail, int status);

/* supervise.c: the supervisor's life. Signals are blocked on entry. */
noreturn void stet_sandbox_supervise(const struct stet_sandbox_plan *plan);

/* inside.c: init's life. The current directory is the tree. */
noreturn void stet_sandbox_init_main(const struct stet_sandbox_plan *plan);

/* What supervisor and init say to each other, one byte each. */
enum {
    STET_SANDBOX_SYNC_MAP = 'M',   /* init: has a user namespace, wants its map; and the answer */
    STET_SANDBOX_SYNC_READY = 'R', /* init: everything is prepared, wants to be traced */
    STET_SANDBOX_SYNC_GO = 'G',    /* supervisor: is tracing */
};
int stet_sandbox_sync_send(int fd, char message);
int stet_sandbox_sync_wait(int fd, char message);

/* mounts.c: builds the tree of mounts and makes it the root. Current directory: "/". */
void stet_sandbox_mounts(const struct stet_sandbox_plan *plan);

/* clock.c: answers the system call at which tracee pid is stopped, if it is one of ours. */
void stet_sandbox_answer(const struct stet_sandbox_plan *plan, pid_t pid);
/* clock.c: hides the vDSO from the program that pid has just executed. */
void stet_sandbox_hide_vdso(pid_t pid);

#endif
