/*
 * Between fork and exec only async-signal-safe calls are made and nothing is allocated:
 * another thread may hold any lock at the moment of the fork. So all that the child
 * needs is laid out in struct plan before.
 */
#include "lib/base/spawn_private.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"

/* How often a request to stop is looked for; an event of the child wakes at once. */
enum { TICK_MS = 100, TICK_BLIND_MS = 10 };

atomic_bool stet_spawn_deny_recent;

static const char *const default_env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
static const char *const places[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                     "/usr/bin",        "/sbin",          "/bin"};

struct plan {
    char *program;
    char **argv;
    char **envp;
    struct stet_spawn_fd *fds; /* the caller's, and 0, 1 and 2 */
    int *high;                 /* the child's copies of fds[].from */
    size_t fd_count;
    int lowest_free; /* above every fds[].to */
    int status_fd;   /* the errno of a failure before exec is written here */
    pid_t parent;
    sigset_t mask; /* the caller's */
};

static void plan_release(struct plan *p)
{
    free(p->program);
    free(p->fds);
    free(p->high);
}

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static int missing(const char *name, const char *package, struct stet_error *err)
{
    if (package == NULL)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, ENOENT, "cannot run %s", name);
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                          "cannot run %s: it is not installed; install the Debian package %s", name,
                          package);
}

static int find_program(const char *name, const char *package, char **out, struct stet_error *err)
{
    if (strchr(name, '/') != NULL) {
        if (access(name, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
            return missing(name, package, err);
        *out = stet_strdup(name, err);
        return *out == NULL ? -1 : 0;
    }
    for (size_t i = 0; *name != '\0' && i < sizeof(places) / sizeof(places[0]); i++) {
        _cleanup_free_ char *path = stet_format(err, "%s/%s", places[i], name);

        if (path == NULL)
            return -1;
        if (is_program(path)) {
            *out = stet_steal_pointer(&path);
            return 0;
        }
    }
    return missing(name, package, err);
}

/* Lays out the child's descriptors: 0, 1 and 2 first, so that the caller's own win. */
static int plan_fds(struct plan *p, const struct stet_spawn *s, int null, int out, int errout,
                    struct stet_error *err)
{
    const struct stet_spawn_fd standard[3] = {{null, 0}, {out, 1}, {errout, 2}};

    p->fds = calloc(s->fd_count + 3, sizeof(*p->fds));
    p->high = calloc(s->fd_count + 3, sizeof(*p->high));
    if (p->fds == NULL || p->high == NULL)
        return stet_error_oom(err, "cannot run a program");
    memcpy(p->fds, standard, sizeof(standard));
    for (size_t i = 0; i < s->fd_count; i++)
        p->fds[i + 3] = s->fds[i];
    p->fd_count = s->fd_count + 3;
    p->lowest_free = 3;
    for (size_t i = 0; i < p->fd_count; i++) {
        if (p->fds[i].from < 0 || p->fds[i].to < 0 || p->fds[i].to >= 1 << 20)
            return stet_error_set(err, STET_ERROR_INTERNAL, EBADF,
                                  "cannot run %s: descriptor %d as %d", s->argv[0], p->fds[i].from,
                                  p->fds[i].to);
        if (p->fds[i].to >= p->lowest_free)
            p->lowest_free = p->fds[i].to + 1;
    }
    return 0;
}

/* ---- in the child ---- */

__attribute__((noreturn)) static void child_fail(int status_fd)
{
    int errnum = errno;

    (void)!write(status_fd, &errnum, sizeof(errnum));
    _exit(127);
}

/* Kernels before 5.11, or a filter: the open descriptors are listed by /proc. */
static int close_listed_on_exec(void)
{
    char buffer[4096] __attribute__((aligned(8)));
    int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n;

    if (dir < 0)
        return -1;
    while ((n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < n;) {
            const struct dirent64 *d = (const struct dirent64 *)(buffer + at);
            int fd = 0;

            for (const char *c = d->d_name; *c >= '0' && *c <= '9'; c++)
                fd = fd * 10 + (*c - '0');
            if (fd > 2)
                (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
            at += d->d_reclen;
        }
    }
    close(dir);
    return n < 0 ? -1 : 0;
}

static int close_all_on_exec(void)
{
    enum { RANGE_CLOEXEC = 1 << 2 }; /* CLOSE_RANGE_CLOEXEC, which older headers lack */

    if (!atomic_load(&stet_spawn_deny_recent) &&
        syscall(SYS_close_range, 3U, ~0U, RANGE_CLOEXEC) == 0)
        return 0;
    return close_listed_on_exec();
}

/* All sources move above every target first, so that no target overwrites a source. */
static int arrange_fds(struct plan *p)
{
    p->status_fd = fcntl(p->status_fd, F_DUPFD_CLOEXEC, p->lowest_free);
    if (p->status_fd < 0)
        return -1;
    for (size_t i = 0; i < p->fd_count; i++) {
        p->high[i] = fcntl(p->fds[i].from, F_DUPFD_CLOEXEC, p->lowest_free);
        if (p->high[i] < 0)
            return -1;
    }
    if (close_all_on_exec() < 0)
        return -1;
    for (size_t i = 0; i < p->fd_count; i++)
        if (dup2(p->high[i], p->fds[i].to) < 0)
            return -1;
    return 0;
}

/*
 * No handler of the parent may run here, and an ignored signal would stay ignored. The C library does not let go of the
 * two signals that it uses itself, which glibc's posix_spawn() leaves ignored in its children: the kernel is asked.
 */
static void reset_signals(const sigset_t *mask)
{
    /* The kernel's struct sigaction, SIG_DFL and nothing else: all zero, and on no architecture larger. */
    static const unsigned char fallback[64];

    for (int i = 1; i < NSIG; i++)
        (void)syscall(SYS_rt_sigaction, i, fallback, NULL, NSIG / 8);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
}

__attribute__((noreturn)) static void child(struct plan *p)
{
    sigset_t none;
    int status_fd = p->status_fd;

    (void)setpgid(0, 0);
    /* The parent may have died before this took effect: then it is not the parent now. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        child_fail(status_fd);
    if (getppid() != p->parent)
        _exit(127);
    if (arrange_fds(p) < 0)
        child_fail(p->status_fd < 0 ? status_fd : p->status_fd);
    (void)sigemptyset(&none);
    reset_signals(&none);
    (void)execve(p->program, p->argv, p->envp);
    child_fail(p->status_fd);
}

/* ---- in the parent ---- */

struct sink {
    int fd;
    struct stet_buffer *out;
    size_t kept;
};

struct watch {
    pid_t pid;
    int pidfd; /* -1 where the kernel has none */
    struct sink sinks[2];
    size_t output_max;
    int64_t deadline; /* on the monotonic clock in ms; INT64_MAX: none */
};

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads once; what is over the limit is dropped, so that the child never blocks. */
static ssize_t drain(struct watch *w, struct sink *sink)
{
    char chunk[16 * 1024];
    ssize_t n = read(sink->fd, chunk, sizeof(chunk));

    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        stet_cleanup_close(&sink->fd);
    if (n > 0) {
        size_t room = w->output_max - sink->kept;
        size_t take = (size_t)n < room ? (size_t)n : room;

        stet_buffer_add(sink->out, chunk, take);
        sink->kept += take;
    }
    return n;
}

static bool has_exited(const struct watch *w)
{
    siginfo_t info = {0};

    /* WNOWAIT: while it is not reaped, its process group's number cannot be another's. */
    if (waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return errno != EINTR;
    return info.si_pid == w->pid;
}

static int wait_ms(const struct watch *w)
{
    int tick = w->pidfd >= 0 ? TICK_MS : TICK_BLIND_MS;
    int64_t left = w->deadline == INT64_MAX ? tick : w->deadline - now_ms();

    if (left < 0)
        return 0;
    return left < tick ? (int)left : tick;
}

/* Until the child ends, the time is over, or a stop is requested. */
static int watch_child(struct watch *w, const char *name, struct stet_error *err)
{
    while (!has_exited(w)) {
        struct pollfd fds[3] = {{.fd = w->pidfd, .events = POLLIN},
                                {.fd = w->sinks[0].fd, .events = POLLIN},
                                {.fd = w->sinks[1].fd, .events = POLLIN}};

        if (stet_cancel_check(err) < 0)
            return -1;
        if (w->deadline != INT64_MAX && now_ms() >= w->deadline)
            return stet_error_set(err, STET_ERROR_ENVIRONMENT, ETIMEDOUT, "%s took too long", name);
        if (poll(fds, 3, wait_ms(w)) <= 0)
            continue;
        for (int i = 0; i < 2; i++)
            if (fds[i + 1].revents != 0)
                (void)drain(w, &w->sinks[i]);
    }
    /* What it wrote last; a grandchild that keeps the pipe open is not waited for. */
    for (int i = 0; i < 2; i++) {
        if (w->sinks[i].fd >= 0)
            (void)fcntl(w->sinks[i].fd, F_SETFL, O_NONBLOCK);
        while (w->sinks[i].fd >= 0 && (drain(w, &w->sinks[i]) > 0 || errno == EINTR))
            ;
    }
    return 0;
}

/* Ends what is left of the child's process group, and the child; its wait status. */
static int reap(const struct watch *w)
{
    int status = 0;

    (void)kill(-w->pid, SIGKILL);
    (void)kill(w->pid, SIGKILL);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* The errno of a child that could not exec, or 0. */
static int exec_errno(int fd)
{
    int errnum = 0;
    ssize_t n;

    do
        n = read(fd, &errnum, sizeof(errnum));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(errnum) ? errnum : 0;
}

static pid_t fork_child(struct plan *p)
{
    sigset_t all;
    pid_t pid;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &p->mask);
    p->parent = getpid();
    pid = fork();
    if (pid == 0)
        child(p);
    (void)pthread_sigmask(SIG_SETMASK, &p->mask, NULL);
    return pid;
}

struct pipes {
    int null;
    int out[2];
    int errout[2];
    int status[2];
};

static void pipes_release(struct pipes *p)
{
    stet_cleanup_close(&p->null);
    for (int i = 0; i < 2; i++) {
        stet_cleanup_close(&p->out[i]);
        stet_cleanup_close(&p->errout[i]);
        stet_cleanup_close(&p->status[i]);
    }
}

static int pipes_open(struct pipes *p, const struct stet_spawn *s, struct stet_error *err)
{
    p->null = stet_fs_open(AT_FDCWD, "/dev/null", O_RDWR, 0, err);
    if (p->null < 0)
        return -1;
    if (pipe2(p->status, O_CLOEXEC) < 0 || (s->out != NULL && pipe2(p->out, O_CLOEXEC) < 0) ||
        (s->errout != NULL && pipe2(p->errout, O_CLOEXEC) < 0))
        return stet_error_errno(err, "cannot make a pipe for %s", s->argv[0]);
    return 0;
}

static int check_output(const struct stet_spawn *s, struct stet_error *err)
{
    if (s->out != NULL && stet_buffer_check(s->out, "cannot keep a program's output", err) < 0)
        return -1;
    if (s->errout != NULL &&
        stet_buffer_check(s->errout, "cannot keep a program's output", err) < 0)
        return -1;
    return 0;
}

static int supervise(struct watch *w, struct pipes *pipes, const struct stet_spawn *s,
                     struct stet_error *err)
{
    int errnum;
    int status;
    int rc = 0;

    stet_cleanup_close(&pipes->status[1]);
    stet_cleanup_close(&pipes->out[1]);
    stet_cleanup_close(&pipes->errout[1]);
    errnum = exec_errno(pipes->status[0]);
    if (errnum == 0)
        rc = watch_child(w, s->argv[0], err);
    status = reap(w);
    if (errnum != 0)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, errnum, "cannot run %s", s->argv[0]);
    if (rc < 0 || check_output(s, err) < 0)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(struct plan *plan, struct pipes *pipes, const struct stet_spawn *s,
               struct stet_error *err)
{
    struct watch w = {.output_max = s->output_max, .deadline = INT64_MAX};
    int rc;

    plan->argv = (char **)(uintptr_t)s->argv;
    plan->envp = (char **)(uintptr_t)(s->env == NULL ? default_env : s->env);
    plan->status_fd = pipes->status[1];
    if (s->timeout_ms > 0)
        w.deadline = now_ms() + s->timeout_ms;
    w.pid = fork_child(plan);
    if (w.pid < 0)
        return stet_error_errno(err, "cannot run %s", s->argv[0]);
    /* Both sides do it, so that neither has to wait for the other. */
    (void)setpgid(w.pid, w.pid);
    w.pidfd = atomic_load(&stet_spawn_deny_recent) ? -1 : (int)syscall(SYS_pidfd_open, w.pid, 0);
    w.sinks[0] = (struct sink){stet_steal_fd(&pipes->out[0]), s->out, 0};
    w.sinks[1] = (struct sink){stet_steal_fd(&pipes->errout[0]), s->errout, 0};
    rc = supervise(&w, pipes, s, err);
    stet_cleanup_close(&w.pidfd);
    stet_cleanup_close(&w.sinks[0].fd);
    stet_cleanup_close(&w.sinks[1].fd);
    return rc;
}

int stet_spawn_run(const struct stet_spawn *s, const char *package, struct stet_error *err)
{
    struct plan plan = {0};
    struct pipes pipes = {-1, {-1, -1}, {-1, -1}, {-1, -1}};
    int rc = -1;

    if (stet_cancel_check(err) == 0 && find_program(s->argv[0], package, &plan.program, err) == 0 &&
        pipes_open(&pipes, s, err) == 0 &&
        plan_fds(&plan, s, pipes.null, s->out == NULL ? pipes.null : pipes.out[1],
                 s->errout == NULL ? pipes.null : pipes.errout[1], err) == 0)
        rc = run(&plan, &pipes, s, err);
    pipes_release(&pipes);
    plan_release(&plan);
    return rc;
}
