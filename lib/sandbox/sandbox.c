/*
 * The caller's side of a run: prepare a plan, fork the supervisor, read its pipes until they
 * end, and say what became of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/sandbox/private.h"

enum {
    DEFAULT_TIMEOUT_S = 3600,
    DEFAULT_PROCESSES = 4096,
    POLL_MS = 100,   /* how late a request to stop is seen at most */
    GRACE_MS = 5000, /* for the supervisor to end what it started, before it is killed itself */
};

enum { OUTPUT, STATUS, REPORT, PIPES };

struct run {
    struct stet_sandbox_plan plan;
    int root, input, proc;
    int pipe[PIPES][2];
    pid_t supervisor;
    struct stet_sandbox_lines lines[2]; /* OUTPUT, STATUS */
    struct stet_sandbox_report failure, end;
    bool failed, ended;
    int64_t deadline_ms, kill_ms; /* monotonic; kill_ms 0: not asked to stop yet */
    bool timed_out;
};

/* ---- the plan ---- */

static int copy_name(char *to, size_t size, const char *from, const char *what,
                     struct stet_error *err)
{
    int n = snprintf(to, size, "%s", from);

    if (n <= 0 || (size_t)n >= size)
        return stet_error_input(err, "sandbox: %s \"%s\" is empty or longer than %zu bytes", what,
                                from, size - 1);
    return 0;
}

static int plan_names(struct utsname *u, const struct stet_sandbox *s, struct stet_error *err)
{
    const char *host = s->host_name != NULL ? s->host_name : "stet";
    const char *release = s->release != NULL ? s->release : "6.1.0-stet";
    struct utsname here;

    if (uname(&here) < 0)
        return stet_error_errno(err, "sandbox: uname");
    memset(u, 0, sizeof(*u));
    if (copy_name(u->sysname, sizeof(u->sysname), "Linux", "system name", err) < 0 ||
        copy_name(u->version, sizeof(u->version), "#1 SMP stet", "kernel version", err) < 0 ||
        copy_name(u->domainname, sizeof(u->domainname), "(none)", "domain name", err) < 0 ||
        copy_name(u->nodename, sizeof(u->nodename), host, "host name", err) < 0 ||
        copy_name(u->release, sizeof(u->release), release, "kernel release", err) < 0)
        return -1;
    return copy_name(u->machine, sizeof(u->machine), s->machine != NULL ? s->machine : here.machine,
                     "machine", err);
}

static int plan_map(const char *file, struct stet_buffer *map, bool *all, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;

    if (stet_fs_read(AT_FDCWD, file, 65536, &text, err) < 0)
        return stet_error_wrap(err, "sandbox");
    return stet_sandbox_identity_map(stet_buffer_str(&text), map, all, err);
}

/*
 * Where the kernel finds what it shows as this process's arguments and environment: fields 48 to
 * 51 of stat (proc(5)). Init blanks its copy, since everyone inside may read /proc/1/cmdline.
 */
static int plan_args(struct stet_sandbox_plan *plan, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    unsigned long long start = 0, end = 0;
    const char *at;

    if (stet_fs_read(AT_FDCWD, "/proc/self/stat", 65536, &text, err) < 0)
        return stet_error_wrap(err, "sandbox");
    at = strrchr(stet_buffer_str(&text), ')'); /* the name before it may hold anything */
    for (int field = 2; at != NULL && field < 48; field++)
        at = strchr(at + 1, ' ');
    if (at != NULL && sscanf(at, " %llu %*s %*s %llu", &start, &end) == 2 && start != 0 &&
        end > start) {
        plan->args = (char *)(uintptr_t)start;
        plan->args_len = (size_t)(end - start);
    }
    return 0;
}

static int copy_list(struct stet_strv *to, const char *const *from, struct stet_error *err)
{
    for (; *from != NULL; from++) {
        if (stet_strv_add(to, *from, err) < 0)
            return -1;
    }
    return 0;
}

static int plan_command(struct stet_sandbox_plan *plan, const struct stet_sandbox_command *c,
                        struct stet_error *err)
{
    static const char *const nothing[] = {NULL};

    if (c->argv == NULL || c->argv[0] == NULL || c->argv[0][0] != '/')
        return stet_error_set(err, STET_ERROR_INTERNAL, 0,
                              "sandbox: the program to run needs an absolute path");
    plan->has_status_fd = c->status_line != NULL;
    plan->has_input = c->input != NULL;
    plan->directory = stet_strdup(c->directory != NULL ? c->directory : "/", err);
    if (plan->directory == NULL || copy_list(&plan->argv, c->argv, err) < 0)
        return -1;
    return copy_list(&plan->env, c->env != NULL ? c->env : nothing, err);
}

static int plan_make(struct run *r, const struct stet_sandbox *s,
                     const struct stet_sandbox_command *c, struct stet_error *err)
{
    struct stet_sandbox_plan *plan = &r->plan;
    bool all_uids = false, all_gids = false;

    plan->caller = getpid();
    plan->keep_tmp = s->keep_tmp;
    plan->private_run = s->private_run;
    plan->epoch = s->epoch;
    plan->max_processes = s->max_processes != 0 ? s->max_processes : DEFAULT_PROCESSES;
    if (plan_command(plan, c, err) < 0 || plan_names(&plan->uts, s, err) < 0 ||
        plan_map("/proc/self/uid_map", &plan->uid_map, &all_uids, err) < 0 ||
        plan_map("/proc/self/gid_map", &plan->gid_map, &all_gids, err) < 0 ||
        plan_args(plan, err) < 0 || stet_sandbox_fixed_make(plan, err) < 0 ||
        stet_sandbox_filters(plan->filters, err) < 0)
        return -1;
    plan->initial_user_namespace = all_uids && all_gids;
    plan->seen = mmap(NULL, STET_SANDBOX_PID_MAX / 8, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (plan->seen == MAP_FAILED) {
        plan->seen = NULL;
        return stet_error_oom(err, "sandbox: process table");
    }
    return 0;
}

static void plan_release(struct stet_sandbox_plan *plan)
{
    stet_sandbox_fixed_release(plan);
    stet_strv_release(&plan->argv);
    stet_strv_release(&plan->env);
    free(plan->directory);
    stet_buffer_release(&plan->uid_map);
    stet_buffer_release(&plan->gid_map);
    if (plan->seen != NULL)
        munmap(plan->seen, STET_SANDBOX_PID_MAX / 8);
}

/* ---- descriptors ---- */

/* Standard input is a file in memory: no pipe to feed while reading others. Sealed, so that
 * nothing inside can make it grow. */
static int open_input(const struct stet_sandbox_command *c, struct stet_error *err)
{
    _cleanup_close_ int fd = -1;

    if (c->input == NULL)
        return stet_fs_open(AT_FDCWD, "/dev/null", O_RDONLY, 0, err);
    fd = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return stet_error_errno(err, "sandbox: standard input");
    if (stet_fs_write_fd(fd, "standard input", c->input, c->input_len, err) < 0)
        return -1;
    if (lseek(fd, 0, SEEK_SET) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) < 0)
        return stet_error_errno(err, "sandbox: standard input");
    return stet_steal_fd(&fd);
}

static int open_all(struct run *r, const struct stet_sandbox_command *c, struct stet_error *err)
{
    r->input = open_input(c, err);
    if (r->input < 0)
        return -1;
    r->proc = stet_fs_open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0, err);
    if (r->proc < 0)
        return -1;
    for (int i = 0; i < PIPES; i++) {
        if (pipe2(r->pipe[i], O_CLOEXEC) < 0)
            return stet_error_errno(err, "sandbox: pipe");
    }
    return 0;
}

static void close_pair_ends(struct run *r, int end)
{
    for (int i = 0; i < PIPES; i++)
        stet_cleanup_close(&r->pipe[i][end]);
}

/* After the fork: every descriptor to its number, none above. Copies above the numbers first, so
 * that none is overwritten before it is moved. */
static void move_descriptors(const struct run *r)
{
    const int from[] = {r->input,
                        r->pipe[OUTPUT][1],
                        r->pipe[OUTPUT][1],
                        r->plan.has_status_fd ? r->pipe[STATUS][1] : r->input,
                        r->pipe[REPORT][1],
                        r->root,
                        r->proc};
    enum { N = sizeof(from) / sizeof(from[0]) };
    int copy[N];

    for (int i = 0; i < N; i++) {
        copy[i] = fcntl(from[i], F_DUPFD_CLOEXEC, STET_SANDBOX_FD_COUNT);
        if (copy[i] < 0)
            _exit(127);
    }
    for (int i = 0; i < N; i++) {
        if (dup3(copy[i], i, O_CLOEXEC) < 0)
            _exit(127);
    }
    if (syscall(SYS_close_range, N, ~0U, 0) < 0)
        stet_sandbox_die(STET_SANDBOX_STEP_DESCRIPTORS, "close_range");
}

/* ---- the supervisor ---- */

/* All signals are blocked across the fork, so that none of the caller's handlers runs in the
 * supervisor, which sets its own before it lets any in. */
static int start(struct run *r, struct stet_error *err)
{
    sigset_t all, before;
    int saved;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r->supervisor = fork();
    saved = errno;
    if (r->supervisor == 0) {
        move_descriptors(r);
        stet_sandbox_supervise(&r->plan);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    if (r->supervisor < 0)
        return stet_error_errno(err, "sandbox: fork");
    close_pair_ends(r, 1);
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Asks the supervisor to end it once, and kills the supervisor if that takes too long. */
static void end_if_due(struct run *r)
{
    int64_t now = now_ms();

    if (r->kill_ms == 0) {
        r->timed_out = now >= r->deadline_ms;
        if (!r->timed_out && !stet_cancel_requested())
            return;
        kill(r->supervisor, SIGTERM);
        r->kill_ms = now + GRACE_MS;
    } else if (now >= r->kill_ms) {
        kill(r->supervisor, SIGKILL);
    }
}

static void take_report(struct run *r, const char *data, size_t len)
{
    struct stet_sandbox_report report;

    /* Each is written at once and is smaller than PIPE_BUF: they arrive whole. */
    for (; len >= sizeof(report); data += sizeof(report), len -= sizeof(report)) {
        memcpy(&report, data, sizeof(report));
        report.detail[sizeof(report.detail) - 1] = '\0';
        if (report.step == STET_SANDBOX_STEP_NONE) {
            r->end = report;
            r->ended = true;
        } else if (!r->failed) {
            r->failure = report;
            r->failed = true;
        }
    }
}

/* Reads what is there. The pipe is closed at its end. */
static void drain(struct run *r, int i)
{
    char buffer[sizeof(struct stet_sandbox_report) * 128];
    ssize_t n = read(r->pipe[i][0], buffer, sizeof(buffer));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0)
        stet_cleanup_close(&r->pipe[i][0]);
    else if (i == REPORT)
        take_report(r, buffer, (size_t)n);
    else
        stet_sandbox_lines_add(&r->lines[i], buffer, (size_t)n);
}

/* Until every pipe has ended, which is when every process of the sandbox has. */
static void follow(struct run *r)
{
    for (;;) {
        struct pollfd p[PIPES];
        bool open = false;

        for (int i = 0; i < PIPES; i++) {
            p[i] = (struct pollfd){.fd = r->pipe[i][0], .events = POLLIN};
            open = open || r->pipe[i][0] >= 0;
        }
        if (!open)
            break;
        if (poll(p, PIPES, POLL_MS) > 0) {
            for (int i = 0; i < PIPES; i++) {
                if (p[i].fd >= 0 && p[i].revents != 0)
                    drain(r, i);
            }
        }
        end_if_due(r);
    }
    while (waitpid(r->supervisor, NULL, 0) < 0 && errno == EINTR)
        ;
    stet_sandbox_lines_end(&r->lines[OUTPUT]);
    stet_sandbox_lines_end(&r->lines[STATUS]);
}

/* ---- what became of it ---- */

static const struct {
    enum stet_sandbox_step step;
    enum stet_error_kind kind;
    const char *text; /* %s: detail */
} failures[] = {
    {STET_SANDBOX_STEP_DESCRIPTORS, STET_ERROR_ENVIRONMENT, "descriptors could not be set up (%s)"},
    {STET_SANDBOX_STEP_NAMESPACES, STET_ERROR_ENVIRONMENT,
     "no new mount, PID, UTS, IPC and network namespaces%s (inside a container, it must be run "
     "with "
     "CAP_SYS_ADMIN and without a seccomp profile that denies clone; see also the sysctls "
     "user.max_*_namespaces)"},
    {STET_SANDBOX_STEP_USER_NAMESPACE, STET_ERROR_ENVIRONMENT,
     "no new user namespace%s (see the sysctls user.max_user_namespaces and "
     "kernel.apparmor_restrict_unprivileged_userns, and whether this process is in a chroot)"},
    {STET_SANDBOX_STEP_ID_MAP, STET_ERROR_ENVIRONMENT,
     "the id map of the user namespace could not be written%s (is /proc this PID namespace's?)"},
    {STET_SANDBOX_STEP_IDS, STET_ERROR_ENVIRONMENT, "could not become uid and gid 0%s"},
    {STET_SANDBOX_STEP_TRACE, STET_ERROR_ENVIRONMENT,
     "processes could not be traced with ptrace%s (see the sysctl kernel.yama.ptrace_scope, which "
     "must not be 3, and the seccomp profile of a container around this)"},
    {STET_SANDBOX_STEP_HOST_NAME, STET_ERROR_ENVIRONMENT, "the host name could not be set%s"},
    {STET_SANDBOX_STEP_PRIVATE, STET_ERROR_ENVIRONMENT, "mounts could not be made private%s"},
    {STET_SANDBOX_STEP_ROOT, STET_ERROR_ENVIRONMENT,
     "the root could not be bind-mounted%s (nothing may be mounted below it)"},
    {STET_SANDBOX_STEP_ROOT_FLAGS, STET_ERROR_ENVIRONMENT,
     "the root could not be remounted nosuid and nodev%s"},
    {STET_SANDBOX_STEP_DIRECTORY_MISSING, STET_ERROR_INPUT, "/%s in the root is not a directory"},
    {STET_SANDBOX_STEP_MOUNT, STET_ERROR_ENVIRONMENT, "a file system could not be mounted on /%s"},
    {STET_SANDBOX_STEP_DEVICE, STET_ERROR_ENVIRONMENT,
     "the device %s of this machine could not be brought in"},
    {STET_SANDBOX_STEP_PROC, STET_ERROR_ENVIRONMENT,
     "/proc could not be set up %s(in a container around this, /proc must not be masked)"},
    {STET_SANDBOX_STEP_MASK, STET_ERROR_ENVIRONMENT, "/proc/%s could not be masked or read"},
    {STET_SANDBOX_STEP_PIVOT, STET_ERROR_ENVIRONMENT,
     "pivot_root%s (it does not work where / is an initramfs)"},
    {STET_SANDBOX_STEP_CAPABILITIES, STET_ERROR_ENVIRONMENT, "capabilities could not be reduced%s"},
    {STET_SANDBOX_STEP_SECCOMP, STET_ERROR_ENVIRONMENT,
     "the seccomp filter could not be installed%s (the kernel needs CONFIG_SECCOMP_FILTER)"},
    {STET_SANDBOX_STEP_LIMITS, STET_ERROR_ENVIRONMENT, "resource limits could not be set%s"},
    {STET_SANDBOX_STEP_START, STET_ERROR_ENVIRONMENT, "no process for the program%s"},
    {STET_SANDBOX_STEP_WORKING_DIRECTORY, STET_ERROR_INPUT, "the working directory in the root%s"},
    {STET_SANDBOX_STEP_EXEC, STET_ERROR_INPUT, "it could not be executed%s"},
    {STET_SANDBOX_STEP_EXEC_HOST, STET_ERROR_INPUT,
     "a program would run that is not of the root but leads out of it%s (an interpreter by way of "
     "/proc, or an emulator that binfmt_misc keeps open: build for another architecture as an "
     "ordinary user)"},
    {STET_SANDBOX_STEP_TOO_MANY, STET_ERROR_ENVIRONMENT, "it made too many processes%s"},
};

static int tell_failure(const struct run *r, struct stet_error *err)
{
    const char *program = r->plan.argv.items[0];
    int step = r->failure.step;
    char text[512];

    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if ((int)failures[i].step != step)
            continue;
        bool counts = step != STET_SANDBOX_STEP_TOO_MANY && step != STET_SANDBOX_STEP_EXEC_HOST;

        snprintf(text, sizeof(text), failures[i].text, r->failure.detail);
        return stet_error_set(err, failures[i].kind, counts ? r->failure.errnum : 0,
                              "sandbox: %s: %s", program, text);
    }
    return stet_error_set(err, STET_ERROR_INTERNAL, 0, "sandbox: %s: unknown failure %d", program,
                          step);
}

static int conclude(const struct run *r, unsigned timeout, int *status, struct stet_error *err)
{
    const char *program = r->plan.argv.items[0];

    if (r->failed)
        return tell_failure(r, err);
    if (r->timed_out)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                              "sandbox: %s: still running after %u s; it was killed", program,
                              timeout);
    if (r->kill_ms != 0)
        return stet_cancel_check(err);
    if (!r->ended)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                              "sandbox: %s: its supervisor was killed (out of memory?)", program);
    *status = r->end.status;
    return 0;
}

static void run_release(struct run *r)
{
    stet_cleanup_close(&r->input);
    stet_cleanup_close(&r->proc);
    close_pair_ends(r, 0);
    close_pair_ends(r, 1);
    plan_release(&r->plan);
    free(r);
}

int stet_sandbox_run(const struct stet_sandbox *sandbox, const struct stet_sandbox_command *command,
                     int *status, struct stet_error *err)
{
    unsigned timeout = command->timeout_s != 0 ? command->timeout_s : DEFAULT_TIMEOUT_S;
    struct run *r = calloc(1, sizeof(*r));
    int result;

    if (r == NULL)
        return stet_error_oom(err, "sandbox");
    r->root = sandbox->root;
    r->input = r->proc = -1;
    for (int i = 0; i < PIPES; i++)
        r->pipe[i][0] = r->pipe[i][1] = -1;
    r->lines[OUTPUT].call = command->line;
    r->lines[STATUS].call = command->status_line;
    r->lines[OUTPUT].ctx = r->lines[STATUS].ctx = command->ctx;
    result = stet_cancel_check(err);
    if (result == 0)
        result = plan_make(r, sandbox, command, err);
    if (result == 0)
        result = open_all(r, command, err);
    if (result == 0) {
        r->deadline_ms = now_ms() + (int64_t)timeout * 1000;
        result = start(r, err);
    }
    if (result == 0) {
        follow(r);
        result = conclude(r, timeout, status, err);
    }
    run_release(r);
    return result;
}
