#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/base/fs_private.h"
#include "tests/unit/base/base_test.h"

static void opens_close_on_exec(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    int fd;

    put_file(s->fd, "f", "x");
    fd = stet_fs_open(s->fd, "f", O_RDONLY, 0, &err);
    assert_ok(fd, &err);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    assert_fails(stet_fs_open(s->fd, "g", O_RDONLY, 0, &err), &err, STET_ERROR_INPUT,
                 "cannot open g: No such file");
}

static void reads_up_to_the_limit(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer out = STET_BUFFER_INIT;

    put_file(s->fd, "f", "hello");
    put_file(s->fd, "empty", "");
    assert_ok(stet_fs_read(s->fd, "f", 5, &out, &err), &err);
    assert_ok(stet_fs_read(s->fd, "empty", 0, &out, &err), &err);
    assert_ok(stet_fs_read(s->fd, "f", SIZE_MAX, &out, &err), &err);
    assert_string_equal(stet_buffer_str(&out), "hellohello");
    assert_fails(stet_fs_read(s->fd, "f", 4, &out, &err), &err, STET_ERROR_INPUT,
                 "f is larger than the limit of 4 bytes");
    assert_string_equal(stet_buffer_str(&out), "hellohello");
    stet_error_clear(&err);
    assert_fails(stet_fs_read(s->fd, ".", 4, &out, &err), &err, STET_ERROR_ENVIRONMENT,
                 "Is a directory");
    stet_buffer_release(&out);
}

/* Its size is not known beforehand. */
static void reads_a_pipe(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer out = STET_BUFFER_INIT;
    char block[30000];
    int pipes[2];

    (void)state;
    memset(block, 'p', sizeof(block));
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    assert_int_equal(write(pipes[1], block, sizeof(block)), sizeof(block));
    close(pipes[1]);
    assert_ok(stet_fs_read_fd(pipes[0], "pipe", sizeof(block), &out, &err), &err);
    close(pipes[0]);
    assert_int_equal(out.len, sizeof(block));
    assert_memory_equal(out.data, block, sizeof(block));
    stet_buffer_release(&out);
}

static void reads_what_is_endless_to_the_limit(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer out = STET_BUFFER_INIT;

    (void)state;
    assert_fails(stet_fs_read(AT_FDCWD, "/dev/zero", 1000000, &out, &err), &err, STET_ERROR_INPUT,
                 "larger");
    assert_int_equal(out.len, 0);
    stet_buffer_release(&out);
}

/* A pipe that does not block, with a reader that comes late. */
static void writes_through_a_full_pipe(void **state)
{
    enum { SIZE = 1 << 20 };
    struct stet_error err = STET_ERROR_INIT;
    char *data = calloc(1, SIZE);
    size_t total = 0;
    int pipes[2];
    int status;
    pid_t pid;

    (void)state;
    assert_non_null(data);
    assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
    pid = fork();
    if (pid == 0) {
        close(pipes[0]);
        _exit(stet_fs_write_fd(pipes[1], "pipe", data, SIZE, &err) == 0 ? 0 : 1);
    }
    close(pipes[1]);
    (void)fcntl(pipes[0], F_SETFL, 0);
    (void)usleep(50000);
    for (;;) {
        char block[5000];
        ssize_t n = read(pipes[0], block, sizeof(block));

        if (n <= 0)
            break;
        total += (size_t)n;
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(total, SIZE);
    close(pipes[0]);
    free(data);
}

static void makes_directories(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    struct stat st;
    char path[300];

    assert_ok(stet_fs_mkdirs(s->fd, "a/b//c/", &err), &err);
    assert_ok(stet_fs_mkdirs(s->fd, "a/b/c", &err), &err);
    assert_ok(stet_fs_mkdirs(s->fd, ".", &err), &err);
    assert_ok(stet_fs_mkdirs(AT_FDCWD, "/", &err), &err);
    assert_int_equal(fstatat(s->fd, "a/b/c", &st, 0), 0);
    (void)snprintf(path, sizeof(path), "%s/x/y", s->path);
    assert_ok(stet_fs_mkdirs(AT_FDCWD, path, &err), &err);
    assert_int_equal(fstatat(s->fd, "x/y", &st, 0), 0);
    assert_int_equal(symlinkat("a", s->fd, "link"), 0);
    assert_ok(stet_fs_mkdirs(s->fd, "link/d", &err), &err);
    assert_int_equal(fstatat(s->fd, "a/d", &st, 0), 0);
    put_file(s->fd, "file", "");
    assert_int_equal(stet_fs_mkdirs(s->fd, "file", &err), -1);
    assert_int_equal(err.errnum, ENOTDIR);
    stet_error_clear(&err);
    assert_int_equal(stet_fs_mkdirs(s->fd, "file/x", &err), -1);
    stet_error_clear(&err);
    assert_int_equal(stet_fs_mkdirs(s->fd, "", &err), -1);
}

/* ---- copying ---- */

static void copies(void **state)
{
    struct scratch *s = *state;

    for (int deny = 0; deny < 2; deny++) {
        struct stet_error err = STET_ERROR_INIT;
        int src;
        int dst;

        atomic_store(&stet_fs_deny_copy_range, deny == 1);
        put_file(s->fd, "src", "0123456789");
        src = openat(s->fd, "src", O_RDONLY | O_CLOEXEC);
        dst = openat(s->fd, "dst", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_ok(stet_fs_copy_fd(src, dst, 3, "src", &err), &err);
        assert_ok(stet_fs_copy_fd(src, dst, 0, "src", &err), &err);
        assert_ok(stet_fs_copy_fd(src, dst, UINT64_MAX, "src", &err), &err);
        assert_ok(stet_fs_copy_fd(src, dst, UINT64_MAX, "src", &err), &err);
        assert_file(s->fd, "dst", "0123456789");
        assert_int_equal(lseek(src, 0, SEEK_CUR), 10);
        assert_int_equal(lseek(dst, 0, SEEK_CUR), 10);
        assert_int_equal(lseek(src, 4, SEEK_SET), 4);
        assert_fails(stet_fs_copy_fd(src, dst, 7, "src", &err), &err, STET_ERROR_INPUT,
                     "src ends after 6 of 7 bytes");
        close(src);
        close(dst);
    }
    atomic_store(&stet_fs_deny_copy_range, false);
}

/* The kernel says that such files are empty until they are read. */
static void copies_files_without_a_size(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    int src = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    int dst = openat(s->fd, "dst", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (src < 0) {
        print_message("skipped: /proc is not mounted\n");
        skip();
    }
    assert_ok(stet_fs_copy_fd(src, dst, UINT64_MAX, "status", &err), &err);
    assert_true(lseek(dst, 0, SEEK_END) > 100);
    close(src);
    close(dst);
}

static void copies_large_files(void **state)
{
    enum { SIZE = 40 << 20 };
    struct scratch *s = *state;

    for (int deny = 0; deny < 2; deny++) {
        struct stet_error err = STET_ERROR_INIT;
        int src = openat(s->fd, "src", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        int dst = openat(s->fd, "dst", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        struct stat st;
        char end[4] = "";

        atomic_store(&stet_fs_deny_copy_range, deny == 1);
        assert_int_equal(ftruncate(src, SIZE - 3), 0);
        assert_int_equal(pwrite(src, "end", 3, SIZE - 3), 3);
        assert_ok(stet_fs_copy_fd(src, dst, UINT64_MAX, "src", &err), &err);
        assert_int_equal(fstat(dst, &st), 0);
        assert_int_equal(st.st_size, SIZE);
        assert_int_equal(pread(dst, end, 3, SIZE - 3), 3);
        assert_string_equal(end, "end");
        close(src);
        close(dst);
    }
    atomic_store(&stet_fs_deny_copy_range, false);
}

static void copying_stops_when_asked(void **state)
{
    struct scratch *s = *state;

    for (int deny = 0; deny < 2; deny++) {
        struct stet_error err = STET_ERROR_INIT;
        int src;
        int dst;

        put_file(s->fd, "src", "0123456789");
        src = openat(s->fd, "src", O_RDONLY | O_CLOEXEC);
        dst = openat(s->fd, "dst", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        atomic_store(&stet_fs_deny_copy_range, deny == 1);
        stet_cancel_request(2);
        assert_fails(stet_fs_copy_fd(src, dst, UINT64_MAX, "src", &err), &err,
                     STET_ERROR_INTERRUPTED, "signal 2");
        stet_cancel_request(0);
        close(src);
        close(dst);
    }
    atomic_store(&stet_fs_deny_copy_range, false);
}

/* ---- removing ---- */

static void removes_anything(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(mkdirat(s->fd, "keep", 0755), 0);
    put_file(s->fd, "keep/file", "kept");
    assert_int_equal(mkdirat(s->fd, "d", 0755), 0);
    assert_int_equal(mkdirat(s->fd, "d/e", 0755), 0);
    put_file(s->fd, "d/e/f", "x");
    assert_int_equal(symlinkat("../keep", s->fd, "d/link"), 0);
    assert_int_equal(mkfifoat(s->fd, "d/fifo", 0600), 0);
    assert_ok(stet_fs_remove(s->fd, "d/", &err), &err);
    assert_int_equal(faccessat(s->fd, "d", F_OK, 0), -1);
    assert_file(s->fd, "keep/file", "kept");
    assert_int_equal(symlinkat("keep", s->fd, "link"), 0);
    assert_ok(stet_fs_remove(s->fd, "link", &err), &err);
    assert_file(s->fd, "keep/file", "kept");
    assert_ok(stet_fs_remove(s->fd, "keep/file", &err), &err);
    assert_ok(stet_fs_remove(s->fd, "missing", &err), &err);
    assert_ok(stet_fs_remove(s->fd, "missing/x", &err), &err);
    assert_fails(stet_fs_remove(s->fd, ".", &err), &err, STET_ERROR_INPUT, "name");
    stet_error_clear(&err);
    assert_fails(stet_fs_remove(s->fd, "keep/..", &err), &err, STET_ERROR_INPUT, "name");
    stet_error_clear(&err);
    assert_fails(stet_fs_remove(AT_FDCWD, "/", &err), &err, STET_ERROR_INPUT, "name");
    stet_error_clear(&err);
    assert_fails(stet_fs_remove(s->fd, "", &err), &err, STET_ERROR_INPUT, "name");
}

/* Deeper than descriptors and than any path that could be given. */
static void removes_deep_trees(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    struct rlimit old;
    struct rlimit low;
    int dir = openat(s->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i < 3000; i++) {
        int next;

        assert_int_equal(mkdirat(dir, "d", 0755), 0);
        next = openat(dir, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        if (i % 100 == 0)
            put_file(next, "file", "x");
        close(dir);
        dir = next;
    }
    close(dir);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    low = old;
    low.rlim_cur = 128;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_ok(stet_fs_remove(s->fd, "d", &err), &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(faccessat(s->fd, "d", F_OK, 0), -1);
}

static void removes_many_names(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(mkdirat(s->fd, "d", 0755), 0);
    for (int i = 0; i < 5000; i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "d/a-name-of-some-length-%d", i);
        assert_int_equal(symlinkat("x", s->fd, name), 0);
    }
    assert_ok(stet_fs_remove(s->fd, "d", &err), &err);
    assert_int_equal(faccessat(s->fd, "d", F_OK, 0), -1);
}

/* Runs test in a child, as a user without privileges; skips where that cannot be. */
static void as_plain_user(struct scratch *s, void (*test)(struct scratch *s))
{
    int status = 0;
    pid_t pid;

    assert_int_equal(fchown(s->fd, geteuid() == 0 ? 65534 : geteuid(), (gid_t)-1), 0);
    pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
            _exit(77);
        test(s);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("skipped: cannot become another user\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void remove_locked(struct scratch *s)
{
    struct stet_error err = STET_ERROR_INIT;

    if (mkdirat(s->fd, "d", 0700) < 0 || mkdirat(s->fd, "d/e", 0700) < 0 ||
        mkdirat(s->fd, "d/e/f", 0700) < 0 || mkdirat(s->fd, "d/g", 0) < 0 ||
        fchmodat(s->fd, "d/e/f", 0, 0) < 0 || fchmodat(s->fd, "d/e", 0500, 0) < 0 ||
        fchmodat(s->fd, "d", 0, 0) < 0)
        _exit(2);
    if (stet_fs_remove(s->fd, "d", &err) < 0)
        _exit(3);
    if (faccessat(s->fd, "d", F_OK, 0) == 0)
        _exit(4);
}

static void removes_directories_without_permissions(void **state)
{
    as_plain_user(*state, remove_locked);
}

/* A file system mounted inside a tree, and one bound there, are left alone. */
static void does_not_cross_mount_points(void **state)
{
    struct scratch *s = *state;
    int status;
    pid_t pid;

    assert_int_equal(mkdirat(s->fd, "keep", 0755), 0);
    put_file(s->fd, "keep/file", "kept");
    assert_int_equal(mkdirat(s->fd, "d", 0755), 0);
    assert_int_equal(mkdirat(s->fd, "d/mnt", 0755), 0);
    pid = fork();
    if (pid == 0) {
        struct stet_error err = STET_ERROR_INIT;

        if ((unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || chdir(s->path) < 0 ||
            mount("keep", "d/mnt", NULL, MS_BIND, NULL) < 0)
            _exit(77);
        if (stet_fs_remove(AT_FDCWD, "d", &err) == 0 || strstr(err.text, "mount point") == NULL)
            _exit(2);
        stet_error_clear(&err);
        if (stet_fs_remove(AT_FDCWD, "d/mnt", &err) == 0)
            _exit(3);
        stet_error_clear(&err);
        {
            int root = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);

            if (stet_fs_remove_in(root, "mnt", &err) == 0)
                _exit(4);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_file(s->fd, "keep/file", "kept");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("skipped: cannot mount here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

/* ---- outputs ---- */

static int count_names(struct scratch *s)
{
    int n = 0;
    DIR *dir = fdopendir(openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    (void)closedir(dir);
    return n - 2;
}

static void output_appears_whole(void **state)
{
    struct scratch *s = *state;

    for (int round = 0; round < 4; round++) {
        struct stet_fs_output out;
        struct stet_error err = STET_ERROR_INIT;
        const mode_t mask = umask(0027);
        struct stat st;

        atomic_store(&stet_fs_deny_tmpfile, round % 2 == 1);
        assert_ok(stet_fs_output_open(&out, s->fd, "out", &err), &err);
        (void)umask(mask);
        assert_ok(
            stet_fs_write_fd(out.fd, "out", round < 2 ? "new" : "newer", round < 2 ? 3 : 5, &err),
            &err);
        if (round == 0)
            assert_int_equal(faccessat(s->fd, "out", F_OK, 0), -1);
        else if (round == 2)
            assert_file(s->fd, "out", "new");
        assert_ok(stet_fs_output_publish(&out, &err), &err);
        assert_int_equal(out.fd, -1);
        assert_file(s->fd, "out", round < 2 ? "new" : "newer");
        assert_int_equal(fstatat(s->fd, "out", &st, 0), 0);
        assert_int_equal(st.st_mode & 07777, 0640);
        assert_int_equal(count_names(s), 1);
        stet_fs_output_release(&out);
        assert_file(s->fd, "out", round < 2 ? "new" : "newer");
    }
    atomic_store(&stet_fs_deny_tmpfile, false);
}

static void output_disappears_whole(void **state)
{
    struct scratch *s = *state;

    put_file(s->fd, "out", "old");
    for (int deny = 0; deny < 2; deny++) {
        struct stet_fs_output out;
        struct stet_error err = STET_ERROR_INIT;

        atomic_store(&stet_fs_deny_tmpfile, deny == 1);
        assert_ok(stet_fs_output_open(&out, s->fd, "out", &err), &err);
        assert_ok(stet_fs_write_fd(out.fd, "out", "new", 3, &err), &err);
        stet_fs_output_release(&out);
        stet_fs_output_release(&out);
        assert_file(s->fd, "out", "old");
        assert_int_equal(count_names(s), 1);
    }
    atomic_store(&stet_fs_deny_tmpfile, false);
}

static void output_that_cannot_be_published_is_gone(void **state)
{
    struct scratch *s = *state;

    for (int deny = 0; deny < 2; deny++) {
        struct stet_fs_output out;
        struct stet_error err = STET_ERROR_INIT;

        atomic_store(&stet_fs_deny_tmpfile, deny == 1);
        assert_ok(stet_fs_output_open(&out, s->fd, "out", &err), &err);
        assert_int_equal(mkdirat(s->fd, "out", 0755), 0);
        assert_int_equal(stet_fs_output_publish(&out, &err), -1);
        assert_int_equal(out.fd, -1);
        assert_int_equal(count_names(s), 1);
        assert_int_equal(unlinkat(s->fd, "out", AT_REMOVEDIR), 0);
        stet_error_clear(&err);
        assert_fails(stet_fs_output_publish(&out, &err), &err, STET_ERROR_INTERNAL, "not open");
    }
    atomic_store(&stet_fs_deny_tmpfile, false);
}

/* Renaming over /dev/null as root would break the machine. */
static void output_spares_what_is_no_file(void **state)
{
    static const char *const refused[] = {"dir", "fifo", "todir", "tofifo", "stdout",
                                          "",    "dir/", ".",     "..",     "nodir/x"};
    struct scratch *s = *state;

    assert_int_equal(mkdirat(s->fd, "dir", 0755), 0);
    assert_int_equal(mkfifoat(s->fd, "fifo", 0600), 0);
    put_file(s->fd, "file", "file");
    assert_int_equal(symlinkat("dir", s->fd, "todir"), 0);
    assert_int_equal(symlinkat("fifo", s->fd, "tofifo"), 0);
    assert_int_equal(symlinkat("file", s->fd, "tofile"), 0);
    assert_int_equal(symlinkat("/proc/self/fd/1", s->fd, "stdout"), 0);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;

        if (stet_fs_write(s->fd, refused[i], "x", 1, &err) == 0)
            fail_msg("replaced \"%s\"", refused[i]);
        assert_int_equal(count_names(s), 7);
    }
    {
        struct stet_error err = STET_ERROR_INIT;

        assert_ok(stet_fs_write(s->fd, "tofile", "x", 1, &err), &err);
        assert_file(s->fd, "tofile", "x");
        assert_file(s->fd, "file", "file");
    }
}

static void writes_by_absolute_path(void **state)
{
    struct scratch *s = *state;
    struct stet_error err = STET_ERROR_INIT;
    char path[300];

    (void)snprintf(path, sizeof(path), "%s/abs", s->path);
    assert_ok(stet_fs_write(AT_FDCWD, path, "a\0b", 3, &err), &err);
    assert_file(s->fd, "abs", "a");
    assert_fails(stet_fs_write(s->fd, "no/such/dir", "x", 1, &err), &err, STET_ERROR_ENVIRONMENT,
                 "no/such/dir");
}

static void full_disk(struct scratch *s)
{
    struct stet_error err = STET_ERROR_INIT;
    const struct rlimit limit = {100, 100};
    char data[200] = "";

    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        _exit(77);
    if (stet_fs_write(s->fd, "out", data, sizeof(data), &err) == 0 || err.errnum != EFBIG)
        _exit(2);
    if (count_names(s) != 0)
        _exit(3);
}

static void a_full_disk_leaves_nothing(void **state)
{
    for (int deny = 0; deny < 2; deny++) {
        atomic_store(&stet_fs_deny_tmpfile, deny == 1);
        as_plain_user(*state, full_disk);
    }
    atomic_store(&stet_fs_deny_tmpfile, false);
}

int main(void)
{
#define in_scratch(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        in_scratch(opens_close_on_exec),
        in_scratch(reads_up_to_the_limit),
        cmocka_unit_test(reads_a_pipe),
        cmocka_unit_test(reads_what_is_endless_to_the_limit),
        cmocka_unit_test(writes_through_a_full_pipe),
        in_scratch(makes_directories),
        in_scratch(copies),
        in_scratch(copies_files_without_a_size),
        in_scratch(copies_large_files),
        in_scratch(copying_stops_when_asked),
        in_scratch(removes_anything),
        in_scratch(removes_deep_trees),
        in_scratch(removes_many_names),
        in_scratch(removes_directories_without_permissions),
        in_scratch(does_not_cross_mount_points),
        in_scratch(output_appears_whole),
        in_scratch(output_disappears_whole),
        in_scratch(output_that_cannot_be_published_is_gone),
        in_scratch(output_spares_what_is_no_file),
        in_scratch(writes_by_absolute_path),
        in_scratch(a_full_disk_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
