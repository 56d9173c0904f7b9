/* Working directories, and the remains of those whose owner died. */
#include "tests/unit/store/fixture.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

/* Where the fixture's store has its working directories. */
#define WORK "deep/store/work"

/* Their entries and locks. */
static size_t count_work(struct fixture *f)
{
    char path[1024];
    size_t n = 0;
    snprintf(path, sizeof(path), "%s/%s", f->dir, WORK);
    DIR *d = opendir(path);
    assert_non_null(d);
    const struct dirent *e;
    while ((e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            n++;
    closedir(d);
    return n;
}

static void test_new_and_remove(void **state)
{
    struct fixture *f = *state;
    struct stet_store_work w;
    struct stat st;
    struct stat st2;
    char prefix[600];
    assert_int_equal(stet_store_work_new(f->store, NULL, &w, &f->err), 0);
    snprintf(prefix, sizeof(prefix), "%s/%s/stet-", f->dir, WORK);
    assert_memory_equal(w.path, prefix, strlen(prefix));
    assert_int_equal(strlen(w.path), strlen(prefix) + 6);
    assert_int_equal(stat(w.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(fstat(w.fd, &st2), 0);
    assert_int_equal(st.st_ino, st2.st_ino);
    assert_int_equal(mkdirat(w.fd, "d", 0700), 0);
    assert_int_equal(symlinkat("/", w.fd, "d/root"), 0);
    assert_int_equal(stet_store_work_remove(&w, &f->err), 0);
    assert_int_equal(count_work(f), 0);
    assert_true(w.fd == -1 && w.lock_fd == -1 && w.path == NULL);
}

static void test_living_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct stet_store_work a;
    struct stet_store_work b;
    assert_int_equal(stet_store_work_new(f->store, NULL, &a, &f->err), 0);
    fixture_open(f);
    assert_int_equal(stet_store_work_new(f->store, NULL, &b, &f->err), 0);
    assert_int_equal(faccessat(AT_FDCWD, a.path, F_OK, 0), 0);
    assert_int_equal(count_work(f), 4);
    assert_int_equal(stet_store_work_remove(&a, &f->err), 0);
    assert_int_equal(stet_store_work_remove(&b, &f->err), 0);
}

/* A child that makes a working directory and is killed. */
static void leave_remains(struct fixture *f, const char *parent)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct stet_store_work w;
        if (stet_store_work_new(f->store, parent, &w, &f->err) == 0 &&
            mkdirat(w.fd, "d", 0700) == 0 && mkdirat(w.fd, "d/e", 0) == 0)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void test_remains_are_removed(void **state)
{
    struct fixture *f = *state;
    struct stet_store_work w;
    leave_remains(f, NULL);
    assert_int_equal(count_work(f), 2);
    fixture_open(f);
    assert_int_equal(count_work(f), 0);
    leave_remains(f, NULL);
    assert_int_equal(stet_store_work_new(f->store, NULL, &w, &f->err), 0);
    assert_int_equal(count_work(f), 2);
    assert_int_equal(stet_store_work_remove(&w, &f->err), 0);
}

static void test_other_parent(void **state)
{
    struct fixture *f = *state;
    struct stet_store_work w;
    char parent[600];
    snprintf(parent, sizeof(parent), "%s/elsewhere", f->dir);
    assert_int_equal(stet_store_work_new(f->store, parent, &w, &f->err), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "/elsewhere");
    stet_error_clear(&f->err);
    assert_int_equal(mkdir(parent, 0755), 0);
    stet_test_write(parent, "stet-notours.lock", "", 0);
    stet_test_write(parent, "stet-abcdef", "", 0);
    leave_remains(f, parent);
    assert_int_equal(stet_store_work_new(f->store, parent, &w, &f->err), 0);
    assert_memory_equal(w.path, parent, strlen(parent));
    assert_int_equal(stet_store_work_remove(&w, &f->err), 0);
    /* Names that are not ours, and a directory without a lock file, stay; nothing else does. */
    assert_true(exists(f, "elsewhere/stet-notours.lock"));
    assert_true(exists(f, "elsewhere/stet-abcdef"));
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(unlinkat(fd, "stet-abcdef", 0), 0);
    assert_int_equal(unlinkat(fd, "stet-notours.lock", 0), 0);
    close(fd);
    assert_int_equal(rmdir(parent), 0);
}

static void test_remains_of_others_are_left(void **state)
{
    struct fixture *f = *state;
    char path[600];
    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof(path), "%s/%s", f->dir, WORK);
    stet_test_write(path, "stet-abcdef.lock", "", 0);
    stet_test_write(path, "stet-abcdef", "", 0);
    snprintf(path, sizeof(path), "%s/%s/stet-abcdef.lock", f->dir, WORK);
    assert_int_equal(chown(path, 12345, 12345), 0);
    fixture_open(f);
    assert_int_equal(count_work(f), 2);
    assert_int_equal(chown(path, 0, 0), 0);
    fixture_open(f);
    assert_int_equal(count_work(f), 0);
}

static void find_complaint(void *ctx, enum stet_log_level level, const char *text)
{
    if (level == STET_LOG_VERBOSE &&
        strstr(text, "cannot remove the old working directory") != NULL)
        ++*(unsigned *)ctx;
}

/* As nobody. 0 when the store is usable in spite of remains that cannot be removed. */
static int open_as_nobody(struct fixture *f)
{
    unsigned complaints = 0;
    struct stet_log log = {.ctx = &complaints, .message = find_complaint};
    struct stet_store_work w;
    if (setgid(65534) < 0 || setuid(65534) < 0)
        return 1;
    struct stet_store *s = stet_store_open(f->store_dir, &log, &f->err);
    if (s == NULL || complaints != 1)
        return 2;
    if (stet_store_work_new(s, NULL, &w, &f->err) < 0 || complaints != 2)
        return 3;
    return stet_store_work_remove(&w, &f->err) < 0 ? 4 : 0;
}

/* What the sandbox left under another user's id. */
static void test_remains_that_cannot_be_removed(void **state)
{
    struct fixture *f = *state;
    char path[600];
    int status;
    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof(path), "%s/%s", f->dir, WORK);
    stet_test_write(path, "stet-abcdef.lock", "", 0);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(fd, "stet-abcdef", 0700), 0);
    assert_int_equal(mkdirat(fd, "stet-abcdef/theirs", 0700), 0);
    assert_int_equal(mkdirat(fd, "stet-abcdef/theirs/x", 0700), 0);
    assert_int_equal(fchownat(fd, "stet-abcdef", 65534, 65534, 0), 0);
    assert_int_equal(fchownat(fd, "stet-abcdef.lock", 65534, 65534, 0), 0);
    assert_int_equal(fchown(fd, 65534, 65534), 0);
    close(fd);
    assert_int_equal(chmod(f->dir, 0755), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(open_as_nobody(f));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(count_work(f), 2);
}

/* In a private mount namespace, as stet_sandbox_become_root() makes it. 0 when all went as it should. */
static int work_in_memory(struct fixture *f)
{
    struct stet_store_work w;
    struct statvfs fs;
    struct stat st;
    if ((geteuid() != 0 && unshare(CLONE_NEWUSER) < 0) || unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return 77;
    if (stet_store_work_new(f->store, NULL, &w, &f->err) < 0 ||
        stet_store_work_to_memory(&w, 8 << 20, &f->err) < 0)
        return 1;
    if (!w.in_memory || fstatvfs(w.fd, &fs) < 0 || fs.f_blocks * fs.f_frsize != 8 << 20)
        return 2;
    if (fstat(w.fd, &st) < 0 || (st.st_mode & 07777) != 0700)
        return 3;
    if (mkdirat(w.fd, "d", 0700) < 0)
        return 4;
    /* What is still open does not keep the mount from going. */
    int fd = openat(w.fd, "d", O_RDONLY | O_CLOEXEC);
    _cleanup_free_ char *path = strdup(w.path);
    if (fd < 0 || path == NULL || stet_store_work_remove(&w, &f->err) < 0)
        return 5;
    return stat(path, &st) < 0 && errno == ENOENT ? 0 : 6;
}

static void test_in_memory(void **state)
{
    struct fixture *f = *state;
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(work_in_memory(f));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
    assert_int_equal(count_work(f), 0);
}

/* Killed in the middle: the mount went with its namespace, and the next start removes the rest. */
static void test_in_memory_and_killed(void **state)
{
    struct fixture *f = *state;
    int status;
    if (geteuid() != 0)
        skip();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct stet_store_work w;
        if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
            stet_store_work_new(f->store, NULL, &w, &f->err) == 0 &&
            stet_store_work_to_memory(&w, 8 << 20, &f->err) == 0 && mkdirat(w.fd, "d", 0) == 0)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(count_work(f), 2);
    fixture_open(f);
    assert_int_equal(count_work(f), 0);
}

static void test_in_memory_refused(void **state)
{
    struct fixture *f = *state;
    struct stet_store_work w;
    char nowhere[] = "/nowhere";
    assert_int_equal(stet_store_work_new(f->store, NULL, &w, &f->err), 0);
    char *path = w.path;
    w.path = nowhere;
    assert_int_equal(stet_store_work_to_memory(&w, 8 << 20, &f->err), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "cannot mount a tmpfs on /nowhere");
    stet_error_clear(&f->err);
    w.path = path;
    assert_false(w.in_memory);
    assert_int_equal(mkdirat(w.fd, "d", 0700), 0);
    assert_int_equal(stet_store_work_remove(&w, &f->err), 0);
    assert_int_equal(count_work(f), 0);
}

/* Makes and removes working directories while others clean. 0 when none was taken away. */
static int churn(struct fixture *f)
{
    for (int i = 0; i < 60; i++) {
        struct stet_store_work w;
        struct stat st;
        struct stet_store *s = stet_store_open(f->store_dir, NULL, &f->err);
        if (s == NULL || stet_store_work_new(s, NULL, &w, &f->err) < 0)
            return 1;
        if (mkdirat(w.fd, "x", 0700) < 0 || stat(w.path, &st) < 0)
            return 2;
        sched_yield();
        if (fstatat(w.fd, "x", &st, 0) < 0 || stet_store_work_remove(&w, &f->err) < 0)
            return 3;
        stet_store_free(s);
    }
    return 0;
}

static void test_cleaning_does_not_race_with_making(void **state)
{
    enum { PROCESSES = 4 };
    struct fixture *f = *state;
    pid_t pids[PROCESSES];
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(churn(f));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count_work(f), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_new_and_remove),
        T(test_living_is_left_alone),
        T(test_remains_are_removed),
        T(test_in_memory),
        T(test_in_memory_and_killed),
        T(test_in_memory_refused),
        T(test_other_parent),
        T(test_remains_of_others_are_left),
        T(test_remains_that_cannot_be_removed),
        T(test_cleaning_does_not_race_with_making),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
