/*
 * The supervisor: starts init in new namespaces, traces everything in there, counts it, and
 * ends it. It stays outside of all namespaces and keeps the caller's capabilities, but takes
 * nothing from inside except the numbers in wait statuses and registers.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "lib/sandbox/private.h"

/* For the signal handler; this process is a fork of its own with one thread. */
static volatile sig_atomic_t init_pidfd = -1;

void stet_sandbox_report(enum stet_sandbox_step step, const char *detail, int status)
{
    struct stet_sandbox_report r;

    memset(&r, 0, sizeof(r));
    r.step = (int)step;
    r.errnum = errno;
    r.status = status;
    snprintf(r.detail, sizeof(r.detail), "%s", detail);
    /* If this can't be written the caller sees the pipe close, which is an error as well. */
    while (write(STET_SANDBOX_FD_REPORT, &r, sizeof(r)) < 0 && errno == EINTR)
        ;
}

noreturn void stet_sandbox_die(enum stet_sandbox_step step, const char *detail)
{
    stet_sandbox_report(step, detail, 0);
    _exit(127);
}

int stet_sandbox_sync_send(int fd, char message)
{
    return send(fd, &message, 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int stet_sandbox_sync_wait(int fd, char message)
{
    char got = 0;
    ssize_t n = recv(fd, &got, 1, 0);

    if (n == 0)
        errno = ECONNRESET;
    return n == 1 && got == message ? 0 : -1;
}

/* ---- ending it ---- */

/* Killing PID 1 of a PID namespace kills all of it. The pidfd can't name another process. */
static void kill_everything(void)
{
    if (init_pidfd >= 0)
        syscall(SYS_pidfd_send_signal, (int)init_pidfd, SIGKILL, NULL, 0);
}

static void on_stop(int sig)
{
    int saved = errno;

    (void)sig;
    kill_everything();
    errno = saved;
}

static void let_stop_in(bool let)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(let ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

/* ---- starting it ---- */

/*
 * Tied to the caller before anything else: when the thread that forked this process dies, so does
 * this process, and with it (PTRACE_O_EXITKILL, init's own PR_SET_PDEATHSIG) all it started. The
 * caller may have died before the prctl, hence the look at the parent after it.
 */
static void tie_to_caller(const struct stet_sandbox_plan *plan)
{
    struct sigaction act = {.sa_handler = SIG_DFL};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != plan->caller)
        _exit(127);
    setsid(); /* the terminal's signals are for the caller, which then asks this process */
    for (int sig = 1; sig < NSIG; sig++)
        sigaction(sig, &act, NULL);
    act.sa_handler = on_stop; /* no SA_RESTART: blocking calls return */
    sigaction(SIGTERM, &act, NULL);
}

/*
 * New namespaces, all but the user namespace, for the child, which is PID 1 of its PID namespace.
 * The current directory is translated into the new mount namespace by the kernel, which is how the
 * tree is found there without any path.
 */
static long clone_init(int *pidfd)
{
    unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |
                          CLONE_PIDFD | SIGCHLD;
    long pid = syscall(SYS_clone, flags | CLONE_NEWCGROUP, NULL, pidfd, NULL, 0UL);

    if (pid < 0 && errno == EINVAL) /* a kernel without cgroups: nothing to hide then */
        pid = syscall(SYS_clone, flags, NULL, pidfd, NULL, 0UL);
    return pid;
}

static pid_t start_init(const struct stet_sandbox_plan *plan)
{
    int pair[2], pidfd = -1;
    long pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_DESCRIPTORS, "socketpair");
    /* The lowest free descriptors, after the proc directory: these two are. */
    if (pair[0] != STET_SANDBOX_FD_SYNC || pair[1] != STET_SANDBOX_FD_SYNC_PEER) {
        errno = EBADF;
        stet_sandbox_die(STET_SANDBOX_STEP_DESCRIPTORS, "socketpair");
    }
    /* Init's id maps and its tracing need it dumpable until it says otherwise, and a change of ids
     * in the caller's past may have taken that away. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (fchdir(STET_SANDBOX_FD_ROOT) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_ROOT, "");
    pid = clone_init(&pidfd);
    if (pid < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_NAMESPACES, "");
    if (pid == 0) {
        close(STET_SANDBOX_FD_SYNC_PEER);
        close(STET_SANDBOX_FD_PROC);
        close(STET_SANDBOX_FD_ROOT);
        stet_sandbox_init_main(plan);
    }
    init_pidfd = pidfd;
    close(STET_SANDBOX_FD_SYNC);
    close(STET_SANDBOX_FD_ROOT);
    for (int fd = STET_SANDBOX_FD_INPUT; fd <= STET_SANDBOX_FD_STATUS; fd++)
        close(fd); /* so that the pipes end when the sandbox does */
    if (chdir("/") < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_ROOT, "");
    return (pid_t)pid;
}

static int write_map(pid_t pid, const char *name, const struct stet_buffer *map)
{
    char path[64];
    int fd;
    ssize_t n;

    snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
    fd = openat(STET_SANDBOX_FD_PROC, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    n = write(fd, map->data, map->len);
    close(fd);
    return n == (ssize_t)map->len ? 0 : -1;
}

/* Follows init until it is ready to be traced. Init reports its own failures, so a socket that
 * closes needs no second report. False: it is over. */
static bool follow_init(const struct stet_sandbox_plan *plan, pid_t init)
{
    char message = 0;
    ssize_t n = recv(STET_SANDBOX_FD_SYNC_PEER, &message, 1, 0);

    if (n == 1 && message == STET_SANDBOX_SYNC_MAP) {
        if (write_map(init, "uid_map", &plan->uid_map) < 0 ||
            write_map(init, "gid_map", &plan->gid_map) < 0) {
            stet_sandbox_report(STET_SANDBOX_STEP_ID_MAP, "", 0);
            return false;
        }
        if (stet_sandbox_sync_send(STET_SANDBOX_FD_SYNC_PEER, STET_SANDBOX_SYNC_MAP) < 0)
            return false;
        n = recv(STET_SANDBOX_FD_SYNC_PEER, &message, 1, 0);
    }
    return n == 1 && message == STET_SANDBOX_SYNC_READY;
}

/* ---- while it runs ---- */

enum { MOUNTS_MAX = 256 };

struct watch {
    const struct stet_sandbox_plan *plan;
    pid_t init;
    pid_t program;  /* 0 until its first stop */
    bool executed;  /* the program has become what was asked for */
    bool refused;   /* the reason has been reported */
    int status;     /* of the program, -1 until it ended */
    uint64_t count; /* processes and threads that exist */
    struct stat own;
    uint64_t mounts[MOUNTS_MAX]; /* the sandbox's, by mount id; nobody inside can make more */
    size_t mount_count;
};

static bool mark(struct watch *w, pid_t pid, bool here)
{
    unsigned char *byte, bit;
    bool was;

    if (pid <= 0 || pid >= STET_SANDBOX_PID_MAX)
        return here;
    byte = &w->plan->seen[pid / 8];
    bit = (unsigned char)(1U << (pid % 8));
    was = (*byte & bit) != 0;
    *byte = here ? (unsigned char)(*byte | bit) : (unsigned char)(*byte & ~bit);
    return was;
}

/*
 * Takes down the ids of init's mounts (the first number of each line of mountinfo), and this
 * program's own file.
 */
static int note_mounts(struct watch *w)
{
    char path[64], text[4096];
    uint64_t id = 0;
    bool in_id = true;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%d/mountinfo", (int)w->init);
    fd = openat(STET_SANDBOX_FD_PROC, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstatat(STET_SANDBOX_FD_PROC, "self/exe", &w->own, 0) < 0)
        return -1;
    while ((n = read(fd, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (in_id && text[i] >= '0' && text[i] <= '9') {
                id = id * 10 + (uint64_t)(text[i] - '0');
            } else if (in_id) {
                if (w->mount_count == MOUNTS_MAX)
                    return -1;
                w->mounts[w->mount_count++] = id;
                in_id = false;
            } else if (text[i] == '\n') {
                id = 0;
                in_id = true;
            }
        }
    }
    close(fd);
    return n < 0 || w->mount_count == 0 ? -1 : 0;
}

static void refuse(struct watch *w, enum stet_sandbox_step step)
{
    if (!w->refused)
        stet_sandbox_report(step, "", 0);
    w->refused = true;
    kill_everything();
}

/*
 * A process or thread is counted when it is first heard of, from itself or from its parent,
 * whichever comes first. RLIMIT_NPROC would not do: it counts by user, all over the machine, and
 * does not bind root.
 */
static void count_in(struct watch *w, pid_t pid)
{
    if (mark(w, pid, true))
        return;
    w->count++;
    /* Init forks once, and the rest descends from that: the first stranger is the program. */
    if (w->program == 0 && pid != w->init)
        w->program = pid;
    if (w->count > w->plan->max_processes + 1)
        refuse(w, STET_SANDBOX_STEP_TOO_MANY);
}

static void count_out(struct watch *w, pid_t pid)
{
    if (mark(w, pid, false))
        w->count--;
}

static bool in_sandbox(const struct watch *w, uint64_t mount)
{
    for (size_t i = 0; i < w->mount_count; i++) {
        if (w->mounts[i] == mount)
            return true;
    }
    return false;
}

/*
 * "#!/proc/self/exe" in the tree makes the kernel run the host's own stet as the interpreter of the
 * first program, and binfmt_misc may have the host's emulator run any. Through /proc/self/exe
 * root inside then has a handle on that file, and may write to it once it no longer runs
 * (CVE-2019-5736). So before the first instruction after every exec: the executable is not
 * this one, and is on a mount of the sandbox, or else is nothing that ids of the sandbox can write
 * to: a file of an owner who has no id here (an ordinary user's build with an emulator that
 * belongs to the host's root), or one without a name (a memfd).
 */
static bool leads_out(const struct watch *w, pid_t pid)
{
    const uid_t no_id = 65534; /* what the kernel shows for an owner without one */
    struct statx theirs;
    char path[64];

    snprintf(path, sizeof(path), "%d/exe", (int)pid);
    if (statx(STET_SANDBOX_FD_PROC, path, 0, STATX_BASIC_STATS | STATX_MNT_ID, &theirs) < 0 ||
        (theirs.stx_mask & STATX_MNT_ID) == 0)
        return true;
    if (makedev(theirs.stx_dev_major, theirs.stx_dev_minor) == w->own.st_dev &&
        theirs.stx_ino == w->own.st_ino)
        return true;
    if (in_sandbox(w, theirs.stx_mnt_id) || theirs.stx_nlink == 0)
        return false;
    return theirs.stx_uid != no_id || (theirs.stx_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* Whether the program may run on. */
static bool on_exec(struct watch *w, pid_t pid)
{
    unsigned long former = 0;

    /* A thread that executes takes over the number of its group's leader. */
    if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &former) == 0 && (pid_t)former != pid)
        count_out(w, (pid_t)former);
    if (leads_out(w, pid)) {
        kill(pid, SIGKILL); /* itself, at once: the end of init reaches it only later */
        refuse(w, STET_SANDBOX_STEP_EXEC_HOST);
        return false;
    }
    w->executed = true;
    stet_sandbox_hide_vdso(pid);
    return true;
}

static void on_new(struct watch *w, pid_t parent)
{
    unsigned long child = 0;

    if (ptrace(PTRACE_GETEVENTMSG, parent, NULL, &child) == 0)
        count_in(w, (pid_t)child);
}

/* Every ptrace request below may fail with ESRCH: the tracee was killed while it was stopped, and
 * its end is the next thing wait reports. */
static void on_stopped(struct watch *w, pid_t pid, int status)
{
    int sig = WSTOPSIG(status), event = status >> 16;

    count_in(w, pid);
    switch (event) {
    case PTRACE_EVENT_SECCOMP:
        stet_sandbox_answer(w->plan, pid);
        break;
    case PTRACE_EVENT_EXEC:
        if (!on_exec(w, pid))
            return;
        break;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
        on_new(w, pid);
        break;
    case PTRACE_EVENT_STOP:
        /* SIGTRAP: a new tracee, or one that SIGCONT woke. Otherwise job control stopped it, and
         * it has to stay stopped, yet hear of SIGCONT. */
        if (sig != SIGTRAP) {
            ptrace(PTRACE_LISTEN, pid, NULL, NULL);
            return;
        }
        break;
    default:
        if (event == 0) { /* a signal on its way: pass it on */
            ptrace(PTRACE_CONT, pid, NULL, (void *)(long)sig);
            return;
        }
    }
    ptrace(PTRACE_CONT, pid, NULL, NULL);
}

static void on_ended(struct watch *w, pid_t pid, int status)
{
    count_out(w, pid);
    if (pid == w->program) {
        w->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        kill_everything(); /* daemons included */
    }
}

/* Until nothing is left to wait for: then no process of the sandbox exists. */
static void watch(struct watch *w)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);

        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            return;
        if (WIFSTOPPED(status))
            on_stopped(w, pid, status);
        else
            on_ended(w, pid, status);
    }
}

static const long trace_options = PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                  PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP;

/* Init is traced first, so that the program is from its birth, with no moment in between. */
static bool trace_init(struct watch *w)
{
    if (note_mounts(w) < 0) {
        stet_sandbox_report(STET_SANDBOX_STEP_MASK, "self/mountinfo", 0);
        return false;
    }
    if (ptrace(PTRACE_SEIZE, w->init, NULL, (void *)trace_options) < 0) {
        stet_sandbox_report(STET_SANDBOX_STEP_TRACE, "", 0);
        return false;
    }
    return stet_sandbox_sync_send(STET_SANDBOX_FD_SYNC_PEER, STET_SANDBOX_SYNC_GO) == 0;
}

noreturn void stet_sandbox_supervise(const struct stet_sandbox_plan *plan)
{
    struct watch w = {.plan = plan, .status = -1};

    tie_to_caller(plan);
    w.init = start_init(plan);
    mark(&w, w.init, true);
    w.count = 1;
    let_stop_in(true);
    if (!follow_init(plan, w.init) || !trace_init(&w))
        kill_everything();
    close(STET_SANDBOX_FD_SYNC_PEER);
    watch(&w);
    if (w.status >= 0 && !w.refused && w.executed)
        stet_sandbox_report(STET_SANDBOX_STEP_NONE, "", w.status);
    _exit(0);
}
