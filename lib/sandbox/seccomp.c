/*
 * Which system calls exist inside.
 *
 * A list of what is allowed, not of what is denied: the kernel grows system calls every
 * release, many of them new ways to mount or to reach other processes, and a list of bad
 * ones would be out of date on the day it ships. It is also what makes kernels look alike:
 * a call that is not on the list does not exist (ENOSYS) on any of them, so programs take
 * the same path everywhere. libc falls back from every newer call to an older one.
 *
 * Two filters, both of which every call passes; the kernel takes the stricter answer. The first
 * looks at the number alone, which lets the kernel answer most calls from a table. The second
 * looks at arguments and allows what it does not name. One filter would not do: libseccomp
 * can't state "all but this value" for the low 32 bits of an argument, and comparing all 64
 * is the hole of CVE-2019-7303 (the kernel ignores the upper half).
 *
 * Calls of another instruction set (i386, x32 on x86-64) end the process.
 */
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include "lib/sandbox/private.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const char *const allowed[] = {
    /* files */
    "access", "chdir", "chmod", "chown", "chroot", "close", "close_range", "copy_file_range",
    "creat", "dup", "dup2", "dup3", "faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir",
    "fchmod", "fchmodat", "fchown", "fchownat", "fcntl", "fgetxattr", "flistxattr", "flock",
    "fremovexattr", "fsetxattr", "fstat", "fstatfs", "ftruncate", "futimesat", "getcwd", "getdents",
    "getdents64", "getxattr", "ioctl", "lchown", "lgetxattr", "link", "linkat", "listxattr",
    "llistxattr", "lremovexattr", "lseek", "lsetxattr", "lstat", "mkdir", "mkdirat", "mknod",
    "mknodat", "newfstatat", "open", "openat", "openat2", "pipe", "pipe2", "pread64", "preadv",
    "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat",
    "readv", "removexattr", "rename", "renameat", "renameat2", "rmdir", "sendfile", "setxattr",
    "splice", "stat", "statfs", "statx", "symlink", "symlinkat", "tee", "truncate", "umask",
    "unlink", "unlinkat", "utime", "utimensat", "utimes", "vmsplice", "write", "writev",
    /* waiting for files */
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd",
    "eventfd2", "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "poll",
    "ppoll", "pselect6", "select",
    /* memory */
    "brk", "madvise", "membarrier", "memfd_create", "mincore", "mlock", "mlock2", "mlockall",
    "mmap", "mprotect", "mremap", "msync", "munlock", "munlockall", "munmap", "pkey_alloc",
    "pkey_free", "pkey_mprotect", "remap_file_pages",
    /* processes */
    "arch_prctl", "capget", "capset", "clone", "execve", "execveat", "exit", "exit_group", "fork",
    "getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getpid", "getppid",
    "getpriority", "getresgid", "getresuid", "getrlimit", "getrusage", "getsid", "gettid", "getuid",
    "ioprio_get", "ioprio_set", "kill", "pidfd_open", "pidfd_send_signal", "prctl", "prlimit64",
    "sched_get_priority_max", "sched_get_priority_min", "sched_getattr", "sched_getparam",
    "sched_getscheduler", "sched_rr_get_interval", "sched_setattr", "sched_setparam",
    "sched_setscheduler", "sched_yield", "set_robust_list", "get_robust_list", "set_thread_area",
    "get_thread_area", "set_tid_address", "setfsgid", "setfsuid", "setgid", "setgroups", "setpgid",
    "setpriority", "setregid", "setresgid", "setresuid", "setreuid", "setrlimit", "setsid",
    "setuid", "tgkill", "tkill", "unshare", "vfork", "wait4", "waitid",
    /* signals and waking each other */
    "futex", "pause", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
    "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo",
    "sigaltstack", "signalfd", "signalfd4",
    /* time; some are answered by the tracer, see below */
    "alarm", "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer", "gettimeofday",
    "nanosleep", "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun",
    "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime", "timerfd_settime",
    "times",
    /* each other, in a network namespace of their own */
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
    "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    "socket", "socketpair", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
    "mq_timedsend", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget",
    "semop", "semtimedop", "shmat", "shmctl", "shmdt", "shmget",
    /* the machine, answered by the tracer, see below */
    "getcpu", "getrandom", "sched_getaffinity", "sysinfo", "uname"};

/* Calls that need a privilege nobody inside has: "not permitted" tells a program more than "no
 * such call", and it is what it hears in other containers. */
static const char *const not_permitted[] = {"acct",
                                            "adjtimex",
                                            "bpf",
                                            "clock_adjtime",
                                            "clock_settime",
                                            "delete_module",
                                            "fanotify_init",
                                            "finit_module",
                                            "init_module",
                                            "ioperm",
                                            "iopl",
                                            "kcmp",
                                            "kexec_file_load",
                                            "kexec_load",
                                            "lookup_dcookie",
                                            "mount",
                                            "open_by_handle_at",
                                            "perf_event_open",
                                            "pidfd_getfd",
                                            "pivot_root",
                                            "process_vm_readv",
                                            "process_vm_writev",
                                            "ptrace",
                                            "quotactl",
                                            "reboot",
                                            "setdomainname",
                                            "sethostname",
                                            "setns",
                                            "settimeofday",
                                            "swapoff",
                                            "swapon",
                                            "syslog",
                                            "umount2",
                                            "vhangup"};

/*
 * Done without being done. The tree is sealed or thrown away by the process that waits for this
 * one, so nothing has to reach the disk now; and sync(2) would flush the whole machine. The CPU
 * mask is an answer of the tracer's, so there is nothing to set.
 */
static const char *const pretended[] = {"fdatasync",       "fsync",  "sync",
                                        "sync_file_range", "syncfs", "sched_setaffinity"};

/* Stopped at whatever their arguments, for clock.c. */
static const char *const answered[] = {"getcpu",  "gettimeofday", "sched_getaffinity",
                                       "sysinfo", "time",         "uname"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* A rule for every name in the list; a name that this machine or this libseccomp does not
 * know has no number, so there is nothing to allow. */
static int add_names(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]), r;

        if (number < 0)
            continue;
        r = seccomp_rule_add(ctx, action, number, 0);
        if (r < 0)
            return r;
    }
    return 0;
}

/* A rule for calls whose argument, in its low 32 bits, is value where mask has ones. */
static int add_masked(scmp_filter_ctx ctx, uint32_t action, const char *name, unsigned argument,
                      uint32_t mask, uint32_t value)
{
    int number = seccomp_syscall_resolve_name(name);
    struct scmp_arg_cmp compare = SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value);

    return number < 0 ? 0 : seccomp_rule_add_array(ctx, action, number, 1, &compare);
}

static int fill_first(scmp_filter_ctx ctx)
{
    /* personality(2) also switches to other instruction sets and old address space layouts. */
    static const uint32_t personalities[] = {0, ADDR_NO_RANDOMIZE, 0xffffffff};
    int r = add_names(ctx, SCMP_ACT_ALLOW, allowed, COUNT(allowed));

    if (r == 0)
        r = add_names(ctx, SCMP_ACT_ERRNO(EPERM), not_permitted, COUNT(not_permitted));
    if (r == 0)
        r = add_names(ctx, SCMP_ACT_ERRNO(0), pretended, COUNT(pretended));
    for (size_t i = 0; r == 0 && i < COUNT(personalities); i++)
        r = add_masked(ctx, SCMP_ACT_ALLOW, "personality", 0, 0xffffffff, personalities[i]);
    return r;
}

/*
 * Flags of clone(2) and unshare(2). clone3(2) has its flags in memory, where a filter can't look:
 * it is not on the list, and libc falls back to clone. CLONE_UNTRACED would make a child that
 * nobody counts and whose clock nobody sets.
 */
static int deny_flags(scmp_filter_ctx ctx)
{
    static const uint32_t both[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                    CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
    int r = add_masked(ctx, SCMP_ACT_ERRNO(EPERM), "clone", 0, CLONE_UNTRACED, CLONE_UNTRACED);

    if (r == 0)
        r = add_masked(ctx, SCMP_ACT_ERRNO(EPERM), "unshare", 0, CLONE_NEWTIME, CLONE_NEWTIME);
    for (size_t i = 0; r == 0 && i < COUNT(both); i++) {
        r = add_masked(ctx, SCMP_ACT_ERRNO(EPERM), "clone", 0, both[i], both[i]);
        if (r == 0)
            r = add_masked(ctx, SCMP_ACT_ERRNO(EPERM), "unshare", 0, both[i], both[i]);
    }
    return r;
}

static int deny_devices(scmp_filter_ctx ctx)
{
    static const uint32_t types[] = {S_IFCHR, S_IFBLK};
    int r = 0;

    for (size_t i = 0; r == 0 && i < COUNT(types); i++) {
        r = add_masked(ctx, SCMP_ACT_ERRNO(EPERM), "mknod", 1, S_IFMT, types[i]);
        if (r == 0)
            r = add_masked(ctx, SCMP_ACT_ERRNO(EPERM), "mknodat", 2, S_IFMT, types[i]);
    }
    return r;
}

/*
 * Only AF_UNIX, AF_INET and AF_INET6: the rest is attack surface. EAFNOSUPPORT, since libaudit and
 * resolvers take it for a kernel without the feature and go on. The comparison with the highest
 * family covers all 64 bits, so that set upper bits lead to the refusal.
 */
static int deny_families(scmp_filter_ctx ctx)
{
    static const char *const calls[] = {"socket", "socketpair"};
    int r = 0;

    for (size_t i = 0; r == 0 && i < COUNT(calls); i++) {
        int number = seccomp_syscall_resolve_name(calls[i]);
        struct scmp_arg_cmp above = SCMP_CMP(0, SCMP_CMP_GT, AF_INET6);

        r = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), number, 1, &above);
        for (uint32_t family = 0; r == 0 && family < AF_INET6; family++) {
            if (family != AF_UNIX && family != AF_INET)
                r = add_masked(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), calls[i], 0, 0xffffffff, family);
        }
    }
    return r;
}

static int stop_at_clocks(scmp_filter_ctx ctx)
{
    static const uint32_t wall[] = {CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_REALTIME_ALARM,
                                    CLOCK_TAI};
    int r = add_names(ctx, SCMP_ACT_TRACE(0), answered, COUNT(answered));

    for (size_t i = 0; r == 0 && i < COUNT(wall); i++)
        r = add_masked(ctx, SCMP_ACT_TRACE(0), "clock_gettime", 0, 0xffffffff, wall[i]);
    return r;
}

static int fill_second(scmp_filter_ctx ctx)
{
    /* Both put bytes into a terminal's input, which the shell behind it would read. */
    static const uint32_t terminal[] = {TIOCSTI, TIOCLINUX};
    int r = deny_flags(ctx);

    if (r == 0)
        r = deny_devices(ctx);
    if (r == 0)
        r = deny_families(ctx);
    if (r == 0)
        r = stop_at_clocks(ctx);
    for (size_t i = 0; r == 0 && i < COUNT(terminal); i++)
        r = add_masked(ctx, SCMP_ACT_ERRNO(EPERM), "ioctl", 1, 0xffffffff, terminal[i]);
    return r;
}

/* ---- as programs for the kernel ---- */

/* libseccomp 2.5 writes a program to a descriptor only. */
static int export_filter(scmp_filter_ctx ctx, struct sock_fprog *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    _cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
    int r;

    if (fd < 0)
        return stet_error_errno(err, "sandbox: memfd_create");
    r = seccomp_export_bpf(ctx, fd);
    if (r < 0)
        return stet_error_set(err, STET_ERROR_INTERNAL, -r, "sandbox: seccomp_export_bpf");
    if (lseek(fd, 0, SEEK_SET) < 0)
        return stet_error_errno(err, "sandbox: lseek");
    if (stet_fs_read_fd(fd, "seccomp filter", 1 << 20, &b, err) < 0)
        return -1;
    if (b.len == 0 || b.len % sizeof(struct sock_filter) != 0 ||
        b.len / sizeof(struct sock_filter) > BPF_MAXINSNS)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0,
                              "sandbox: the seccomp filter has %zu bytes", b.len);
    out->len = (unsigned short)(b.len / sizeof(struct sock_filter));
    out->filter = (void *)stet_buffer_detach(&b);
    return out->filter != NULL ? 0 : stet_error_oom(err, "sandbox: seccomp filter");
}

static int build(uint32_t otherwise, int (*fill)(scmp_filter_ctx), struct sock_fprog *out,
                 struct stet_error *err)
{
    scmp_filter_ctx ctx = seccomp_init(otherwise);
    int r;

    if (ctx == NULL)
        return stet_error_oom(err, "sandbox: seccomp filter");
    r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (r == 0) /* a binary tree instead of a chain */
        r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (r == 0)
        r = fill(ctx);
    r = r < 0 ? stet_error_set(err, STET_ERROR_INTERNAL, -r, "sandbox: the seccomp filter")
              : export_filter(ctx, out, err);
    seccomp_release(ctx);
    return r;
}

int stet_sandbox_filters(struct sock_fprog filters[2], struct stet_error *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct sock_fprog built[2];
    int r = 0;

    pthread_mutex_lock(&lock);
    if (built[0].filter == NULL)
        r = build(SCMP_ACT_ERRNO(ENOSYS), fill_first, &built[0], err);
    if (r == 0 && built[1].filter == NULL)
        r = build(SCMP_ACT_ALLOW, fill_second, &built[1], err);
    if (r == 0)
        memcpy(filters, built, sizeof(built));
    pthread_mutex_unlock(&lock);
    return r;
}
