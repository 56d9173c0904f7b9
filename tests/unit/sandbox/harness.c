#include "tests/unit/sandbox/harness.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Opened before any change of namespace: the build directory may be closed to the ids mapped. */
static int probe_fd = -1;

static void write_all(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        perror(path);
        _exit(1);
    }
    close(fd);
}

/* The parent stays outside, maps ids 0..65535 to 100000..165535, and passes the status on. */
static void enter_mapped_namespace(void)
{
    int ready[2], mapped[2], status = 0;
    char c = 0;
    pid_t child;

    if (pipe(ready) < 0 || pipe(mapped) < 0 || (child = fork()) < 0)
        _exit(1);
    if (child == 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
            _exit(77);
        if (write(ready[1], "", 1) != 1 || read(mapped[0], &c, 1) != 1)
            _exit(1);
        if (syscall(SYS_setgroups, (size_t)0, NULL) < 0 || setresgid(0, 0, 0) < 0 ||
            setresuid(0, 0, 0) < 0)
            _exit(1);
        return;
    }
    close(ready[1]);
    if (read(ready[0], &c, 1) == 1) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)child);
        write_all(path, "0 100000 65536\n");
        snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)child);
        write_all(path, "0 100000 65536\n");
        if (write(mapped[1], "", 1) != 1)
            _exit(1);
    }
    waitpid(child, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

void harness_begin(int argc, char **argv)
{
    struct stet_error err = STET_ERROR_INIT;
    bool mapped = argc > 1 && strcmp(argv[1], "mapped") == 0;

    probe_fd = open(SANDBOX_PROBE, O_RDONLY | O_CLOEXEC);
    if (probe_fd < 0) {
        perror(SANDBOX_PROBE);
        _exit(1);
    }
    if (mapped && geteuid() != 0) {
        printf("skipped: needs root\n");
        exit(77);
    }
    if (mapped)
        enter_mapped_namespace();
    if (stet_sandbox_become_root(&err) < 0) {
        printf("skipped: %s\n", err.text);
        exit(77);
    }
}

/* ---- the root ---- */

static void copy_probe(int root)
{
    int fd = openat(root, "probe", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
    char buffer[65536];
    off_t at = 0;
    ssize_t n;

    assert_true(fd >= 0);
    while ((n = pread(probe_fd, buffer, sizeof(buffer), at)) > 0) {
        assert_int_equal(write(fd, buffer, (size_t)n), n);
        at += n;
    }
    assert_int_equal(n, 0);
    assert_int_equal(fchmod(fd, 0755), 0);
    close(fd);
}

static void add_line(void *ctx, const char *text)
{
    stet_buffer_add_str(ctx, text);
    stet_buffer_add_char(ctx, '\n');
}

static void add_out(void *ctx, const char *text)
{
    add_line(&((struct box *)ctx)->out, text);
}

static void add_status(void *ctx, const char *text)
{
    add_line(&((struct box *)ctx)->status, text);
}

int box_make(void **state)
{
    static const char *const directories[] = {"dev", "proc", "sys", "tmp", "run", "area"};
    static const char *const env[] = {"PATH=/bin", "STET_TEST=a b", NULL};
    struct box *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    snprintf(b->path, sizeof(b->path), "/tmp/stet-test-XXXXXX");
    assert_non_null(mkdtemp(b->path));
    assert_int_equal(chmod(b->path, 0755), 0);
    b->root = open(b->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(b->root >= 0);
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        assert_int_equal(mkdirat(b->root, directories[i], 0755), 0);
    copy_probe(b->root);
    b->sandbox.root = b->root;
    b->sandbox.epoch = TEST_EPOCH;
    b->command.env = env;
    b->command.line = add_out;
    b->command.ctx = b;
    b->command.timeout_s = 60;
    *state = b;
    return 0;
}

int box_remove(void **state)
{
    struct box *b = *state;
    int r = stet_fs_remove(AT_FDCWD, b->path, NULL);

    close(b->root);
    stet_buffer_release(&b->out);
    stet_buffer_release(&b->status);
    free(b);
    return r;
}

void box_write(struct box *b, const char *path, const char *text, mode_t mode)
{
    assert_int_equal(
        stet_fs_write_in(b->root, path, text, strlen(text), mode, (uid_t)-1, (gid_t)-1, &b->err),
        0);
}

/* ---- runs ---- */

static int probe_va(struct box *b, va_list ap)
{
    const char *argv[16] = {"/probe"};
    size_t n = 1;

    while (n < 15 && (argv[n] = va_arg(ap, const char *)) != NULL)
        n++;
    argv[n] = NULL;
    if (b->command.argv != NULL) /* a test's own program, with these arguments */
        argv[0] = b->command.argv[0];
    struct stet_sandbox_command c = b->command;
    c.argv = argv;
    if (b->status_wanted)
        c.status_line = add_status;
    stet_buffer_clear(&b->out);
    stet_buffer_clear(&b->status);
    stet_error_clear(&b->err);
    b->exit_status = -1;
    return stet_sandbox_run(&b->sandbox, &c, &b->exit_status, &b->err);
}

int box_probe(struct box *b, ...)
{
    va_list ap;
    int r;

    va_start(ap, b);
    r = probe_va(b, ap);
    va_end(ap);
    return r;
}

void box_probe_ok(struct box *b, ...)
{
    va_list ap;
    int r;

    va_start(ap, b);
    r = probe_va(b, ap);
    va_end(ap);
    if (r != 0 || b->exit_status != 0)
        print_message("%s\nstatus %d\n%s", b->err.text, b->exit_status, stet_buffer_str(&b->out));
    assert_int_equal(r, 0);
    assert_int_equal(b->exit_status, 0);
}

size_t box_processes(const struct box *b)
{
    DIR *proc = opendir("/proc");
    struct dirent *d;
    struct stat want, got;
    size_t count = 0;

    assert_non_null(proc);
    assert_int_equal(fstatat(b->root, "probe", &want, 0), 0);
    while ((d = readdir(proc)) != NULL) {
        char path[300];

        snprintf(path, sizeof(path), "%s/exe", d->d_name);
        if (d->d_name[0] >= '0' && d->d_name[0] <= '9' &&
            fstatat(dirfd(proc), path, &got, 0) == 0 && got.st_ino == want.st_ino &&
            got.st_dev == want.st_dev)
            count++;
    }
    closedir(proc);
    return count;
}

bool box_wait_processes(const struct box *b, size_t want)
{
    for (int i = 0; i < 500; i++) {
        if (box_processes(b) == want)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}
