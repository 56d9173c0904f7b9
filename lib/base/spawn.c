/*
 * Running a program of the host. Between fork and exec only async-signal-safe calls are made,
 * because other threads of the parent may have held any lock at the fork.
 */
#include "lib/base/spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"

enum { TICK_MS = 100, FDS_MAX = 8 };

static const char *const plain_env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
static const char *const search_path[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                          "/usr/bin",        "/sbin",          "/bin"};

static char *find_program(const char *name, struct stet_error *err)
{
    if (strchr(name, '/'))
        return stet_strdup(name, err);
    for (size_t i = 0; i < sizeof(search_path) / sizeof(search_path[0]); i++) {
        char *path = stet_format(err, "%s/%s", search_path[i], name);
        if (!path || access(path, X_OK) == 0)
            return path;
        free(path);
    }
    errno = ENOENT;
    return NULL;
}

struct child {
    const struct stet_spawn *spawn;
    const char *program;
    int out[2], errout[2]; /* pipes; 0 is read here */
    int failure[2];        /* errno of a failed exec */
    pid_t parent;
};

static int redirect(int from, int to)
{
    return dup2(from, to) < 0 ? -1 : 0;
}

/* Moves the caller's descriptors out of the way of each other before giving them their numbers. */
static int pass_fds(const struct stet_spawn *s, int *highest)
{
    int moved[FDS_MAX];

    for (size_t i = 0; i < s->fd_count; i++) {
        moved[i] = fcntl(s->fds[i].from, F_DUPFD, 64);
        if (moved[i] < 0)
            return -1;
    }
    for (size_t i = 0; i < s->fd_count; i++) {
        if (redirect(moved[i], s->fds[i].to) < 0)
            return -1;
        if (s->fds[i].to > *highest)
            *highest = s->fds[i].to;
    }
    return 0;
}

static bool is_passed(const struct stet_spawn *s, int fd)
{
    for (size_t i = 0; i < s->fd_count; i++)
        if (s->fds[i].to == fd)
            return true;
    return false;
}

static int set_up_fds(const struct child *c, int failure, int *failure_out)
{
    int highest = 2;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    /* Above everything that is given a number, so that it is not overwritten. */
    *failure_out = fcntl(failure, F_DUPFD_CLOEXEC, 128);
    if (null < 0 || *failure_out < 0 || redirect(null, 0) < 0 ||
        redirect(c->out[1] >= 0 ? c->out[1] : null, 1) < 0 ||
        redirect(c->errout[1] >= 0 ? c->errout[1] : null, 2) < 0 ||
        pass_fds(c->spawn, &highest) < 0)
        return -1;
    for (int fd = 3; fd < *failure_out; fd++)
        if (!is_passed(c->spawn, fd))
            close(fd);
    syscall(SYS_close_range, (unsigned)*failure_out + 1, ~0U, 0);
    return 0;
}

_Noreturn static void run_child(const struct child *c)
{
    int failure = c->failure[1];
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != c->parent)
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (set_up_fds(c, c->failure[1], &failure) == 0)
        execve(c->program, (char *const *)c->spawn->argv,
               (char *const *)(c->spawn->env ? c->spawn->env : plain_env));
    int saved = errno;
    (void)!write(failure, &saved, sizeof(saved));
    _exit(127);
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Reads what is there; 0 at the end. */
static int drain(int fd, struct stet_buffer *out, size_t max)
{
    char block[4096];
    ssize_t n = read(fd, block, sizeof(block));

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    if (n > 0 && out && out->len < max)
        stet_buffer_add(out, block, (size_t)n < max - out->len ? (size_t)n : max - out->len);
    return n > 0;
}

static int collect(struct child *c, pid_t pid, struct stet_error *err)
{
    const struct stet_spawn *s = c->spawn;
    struct pollfd fds[2] = {{c->out[0], POLLIN, 0}, {c->errout[0], POLLIN, 0}};
    struct stet_buffer *buffers[2] = {s->out, s->errout};
    int64_t deadline = s->timeout_ms ? now_ms() + s->timeout_ms : INT64_MAX;

    for (;;) {
        siginfo_t info = {0};
        bool open = fds[0].fd >= 0 || fds[1].fd >= 0;
        if (!open && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 &&
            info.si_pid == pid)
            return 0;
        if (stet_cancel_check(err) < 0)
            return -1;
        if (now_ms() >= deadline)
            return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "'%s' did not end within %d ms",
                                  s->argv[0], s->timeout_ms);
        poll(fds, 2, open ? TICK_MS : 5);
        for (int i = 0; i < 2; i++)
            if (fds[i].fd >= 0 && fds[i].revents && !drain(fds[i].fd, buffers[i], s->output_max))
                fds[i].fd = -1;
    }
}

static int start_failure(struct child *c, const char *package, struct stet_error *err)
{
    int errnum = 0;

    if (read(c->failure[0], &errnum, sizeof(errnum)) != (ssize_t)sizeof(errnum))
        return 0;
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, errnum, "cannot run '%s'%s%s%s", c->program,
                          package ? " (Debian package " : "", package ? package : "",
                          package ? ")" : "");
}

static int finish(struct child *c, pid_t pid, const char *package, struct stet_error *err)
{
    int status, result;

    stet_cleanup_close(&c->out[1]);
    stet_cleanup_close(&c->errout[1]);
    stet_cleanup_close(&c->failure[1]);
    result = start_failure(c, package, err);
    if (result == 0)
        result = collect(c, pid, err);
    /* The group as well: a helper of the program must not outlive it. */
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (result < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int make_pipes(struct child *c, struct stet_error *err)
{
    if ((c->spawn->out && pipe2(c->out, O_CLOEXEC) < 0) ||
        (c->spawn->errout && pipe2(c->errout, O_CLOEXEC) < 0) || pipe2(c->failure, O_CLOEXEC) < 0)
        return stet_error_errno(err, "cannot make a pipe for '%s'", c->spawn->argv[0]);
    return 0;
}

static void close_pipes(struct child *c)
{
    for (int i = 0; i < 2; i++) {
        stet_cleanup_close(&c->out[i]);
        stet_cleanup_close(&c->errout[i]);
        stet_cleanup_close(&c->failure[i]);
    }
}

int stet_spawn_run(const struct stet_spawn *s, const char *package, struct stet_error *err)
{
    struct child c = {s, NULL, {-1, -1}, {-1, -1}, {-1, -1}, getpid()};
    int result = -1;

    if (s->fd_count > FDS_MAX)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "too many descriptors for '%s'",
                              s->argv[0]);
    _cleanup_free_ char *program = find_program(s->argv[0], err);
    if (!program)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                              "'%s' is not installed; it is in Debian's package %s", s->argv[0],
                              package ? package : s->argv[0]);
    c.program = program;
    if (make_pipes(&c, err) == 0) {
        pid_t pid = fork();
        if (pid == 0)
            run_child(&c);
        result = pid < 0 ? stet_error_errno(err, "cannot start '%s'", program)
                         : finish(&c, pid, package, err);
    }
    close_pipes(&c);
    return result;
}
