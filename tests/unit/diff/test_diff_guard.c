/*
 * Files that become shorter while they are mapped: an error that names them, and not the end of the program; and what
 * else happens to temporary files.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/diff/spool.h"

enum { PAGE = 4096, LENGTH = 8 * PAGE };

static char dir[] = "/tmp/stet-diff-guard-XXXXXX";

/* A file of LENGTH bytes 'x', without a name. */
static int file_of_x(void)
{
    char page[PAGE];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    memset(page, 'x', sizeof page);
    for (int i = 0; i < LENGTH / PAGE; i++)
        assert_int_equal(write(fd, page, sizeof page), PAGE);
    return fd;
}

static struct sigaction action_of_bus(void)
{
    struct sigaction is;

    assert_int_equal(sigaction(SIGBUS, NULL, &is), 0);
    return is;
}

/* ---- */

static void a_file_that_shrinks_is_an_error(void **state)
{
    struct sigaction was = action_of_bus();
    struct stet_error err = STET_ERROR_INIT;
    struct diff_guard guard;
    struct diff_map map, other;
    int fd = file_of_x(), other_fd = file_of_x();

    (void)state;
    assert_int_equal(stet_diff_guard_begin(&guard, NULL), 0);
    assert_int_equal(stet_diff_map_fd(&guard, fd, 0, LENGTH, "its/name", &map, NULL), 0);
    assert_int_equal(stet_diff_map_fd(&guard, other_fd, 0, LENGTH, "another", &other, NULL), 0);
    assert_int_equal(map.bytes.data[LENGTH - 1], 'x');
    assert_int_equal(ftruncate(fd, 2 * PAGE), 0);
    assert_int_equal(map.bytes.data[PAGE], 'x');
    assert_int_equal(stet_diff_guard_check(&guard, NULL), 0);
    assert_false(stet_diff_map_equal(&map, &other));
    assert_int_equal(map.bytes.data[LENGTH - 1], 0);
    assert_int_equal(map.bytes.data[2 * PAGE], 0);
    assert_int_equal(map.bytes.data[PAGE], 'x');
    assert_int_equal(other.bytes.data[LENGTH - 1], 'x');
    assert_int_equal(stet_diff_guard_check(&guard, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_non_null(strstr(err.text, "its/name changed its size while it was read"));
    /* Also when it is no longer mapped; and that is then all that is said. */
    stet_diff_map_release(&other);
    stet_diff_map_release(&map);
    stet_error_clear(&err);
    (void)stet_error_input(&err, "something that follows from it");
    assert_int_equal(stet_diff_guard_end(&guard, &err), -1);
    assert_memory_equal(err.text, "its/name changed", strlen("its/name changed"));
    assert_true(action_of_bus().sa_handler == was.sa_handler);
    close(fd);
    close(other_fd);
}

/* Some of those who read are threads of a pool, in which signals are blocked. */
static int read_last(void *ctx, size_t i, struct stet_error *err)
{
    struct diff_map *maps = ctx;

    (void)err;
    /* All of the threads are to have work. */
    usleep(2000);
    return maps[i].bytes.data[LENGTH - 1] == 0 ? 0 : -1;
}

static void on_all_threads(void **state)
{
    enum { COUNT = 64 };
    struct diff_map maps[COUNT];
    struct diff_guard guard;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_int_equal(stet_diff_guard_begin(&guard, NULL), 0);
    for (size_t i = 0; i < COUNT; i++) {
        int fd = file_of_x();
        assert_int_equal(stet_diff_map_fd(&guard, fd, 0, LENGTH, "a file", &maps[i], NULL), 0);
        assert_int_equal(ftruncate(fd, PAGE), 0);
        close(fd);
    }
    assert_int_equal(stet_pool_run(4, COUNT, read_last, maps, NULL), 0);
    for (size_t i = 0; i < COUNT; i++)
        stet_diff_map_release(&maps[i]);
    assert_int_equal(stet_diff_guard_end(&guard, &err), -1);
}

/* ---- what is not ours ---- */

static sigjmp_buf back;

static void jump_back(int signum)
{
    siglongjmp(back, signum);
}

static void others_are_asked_as_before(void **state)
{
    struct sigaction theirs = {.sa_handler = jump_back}, was;
    struct stet_error err = STET_ERROR_INIT;
    struct diff_guard outer, inner;
    volatile int caught = 0;
    int fd = file_of_x();

    (void)state;
    assert_int_equal(sigaction(SIGBUS, &theirs, &was), 0);
    volatile char *map = mmap(NULL, LENGTH, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(stet_diff_guard_begin(&outer, NULL), 0);
    assert_int_equal(stet_diff_guard_begin(&inner, NULL), 0);
    assert_int_equal(stet_diff_guard_end(&inner, &err), 0);
    if (sigsetjmp(back, 1) == 0)
        (void)map[0];
    else
        caught++;
    if (sigsetjmp(back, 1) == 0)
        raise(SIGBUS);
    else
        caught++;
    assert_int_equal(caught, 2);
    assert_int_equal(stet_diff_guard_end(&outer, &err), 0);
    assert_true(action_of_bus().sa_handler == jump_back);
    assert_int_equal(sigaction(SIGBUS, &was, NULL), 0);
    munmap((void *)(uintptr_t)map, LENGTH);
    close(fd);
}

/* The signal that ends a child that touches what is gone; 0: it ended by itself. */
static int end_of_child(bool guarded, bool blocked)
{
    struct sigaction fallback = {.sa_handler = SIG_DFL};
    struct diff_guard guard;
    struct diff_map map;
    int status, fd = file_of_x();
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        sigset_t bus;
        setrlimit(RLIMIT_CORE, &none);
        sigaction(SIGBUS, &fallback, NULL);
        sigemptyset(&bus);
        sigaddset(&bus, SIGBUS);
        sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &bus, NULL);
        if (stet_diff_guard_begin(&guard, NULL) < 0 ||
            stet_diff_map_fd(guarded ? &guard : NULL, fd, 0, LENGTH, "f", &map, NULL) < 0 ||
            ftruncate(fd, 0) < 0 || map.bytes.data[PAGE] != 0 ||
            stet_diff_guard_end(&guard, NULL) == 0)
            _exit(2);
        sigprocmask(SIG_BLOCK, NULL, &bus);
        _exit((sigismember(&bus, SIGBUS) == 1) == blocked ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(fd);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void without_a_guard_it_is_the_end(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(false, false), SIGBUS);
    assert_int_equal(end_of_child(true, false), 0);
    assert_int_equal(end_of_child(true, true), 0);
}

/* ---- large files ---- */

/* A file of a TiB, nearly all of it a hole; -1 where the file system has none such. */
static int sparse_file(const char *name, const char *data, off_t at)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    if (ftruncate(fd, (off_t)1 << 40) < 0) {
        close(fd);
        return -1;
    }
    assert_int_equal(pwrite(fd, data, strlen(data), at), strlen(data));
    return fd;
}

static void holes_take_no_time(void **state)
{
    struct stet_diff_options options = {.temporary = dir};
    struct stet_diff_result result;
    char path[2][4096];
    int a = sparse_file("a", "here", (off_t)3 << 38), b = sparse_file("b", "here", (off_t)3 << 38);

    (void)state;
    snprintf(path[0], sizeof path[0], "%s/a", dir);
    snprintf(path[1], sizeof path[1], "%s/b", dir);
    if (a >= 0 && b >= 0) {
        assert_int_equal(stet_diff(path[0], path[1], &options, &result, NULL), 0);
        assert_int_equal(result.count, 0);
        stet_diff_result_release(&result);
        assert_int_equal(pwrite(b, "?", 1, 1), 1);
        assert_int_equal(pwrite(b, "r", 1, (off_t)1 << 39), 1);
        assert_int_equal(stet_diff(path[0], path[1], &options, &result, NULL), 0);
        assert_int_equal(result.count, 1);
        assert_true(result.cut_short);
        assert_string_equal(result.findings[0].what,
                            "first and last difference: bytes 1-549755813888");
        assert_memory_equal(result.findings[0].a, "00 00", 5);
        assert_memory_equal(result.findings[0].b, "3f 00", 5);
        stet_diff_result_release(&result);
        /* Zeroes that are data are the same as a hole. */
        assert_int_equal(pwrite(b, "", 1, 1), 1);
        assert_int_equal(pwrite(b, "", 1, (off_t)1 << 39), 1);
        assert_int_equal(stet_diff(path[0], path[1], &options, &result, NULL), 0);
        assert_int_equal(result.count, 0);
        stet_diff_result_release(&result);
        assert_int_equal(ftruncate(b, ((off_t)1 << 40) - 1), 0);
        assert_int_equal(stet_diff(path[0], path[1], &options, &result, NULL), 0);
        assert_int_equal(result.count, 1);
        assert_string_equal(result.findings[0].what,
                            "first and last difference: bytes 1099511627775-1099511627775");
        stet_diff_result_release(&result);
        /* What is too large for memory is compared as bytes too. */
        assert_int_equal(ftruncate(a, 120 << 20) | ftruncate(b, 120 << 20), 0);
        assert_int_equal(pwrite(b, "x", 1, 100 << 20), 1);
        assert_int_equal(stet_diff(path[0], path[1], &options, &result, NULL), 0);
        assert_int_equal(result.count, 1);
        assert_string_equal(result.findings[0].what,
                            "first and last difference: bytes 104857600-104857600");
        assert_non_null(strstr(result.findings[0].detail, "too large"));
        stet_diff_result_release(&result);
    }
    close(a);
    close(b);
    unlink(path[0]);
    unlink(path[1]);
}

/* ---- temporary files ---- */

static void a_full_disk_is_told(void **state)
{
    struct stet_diff_options options = {.temporary = dir};
    struct diff d = {.options = &options, .temporary = open(dir, O_RDONLY | O_DIRECTORY)};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, was;
    struct rlimit limit, small = {1 << 20, RLIM_INFINITY};
    struct stet_error err = STET_ERROR_INIT;
    struct diff_spool s;
    char piece[1 << 16] = {1};
    int rc = 0;

    (void)state;
    /* A limit of the process is as good as a full disk. */
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &was), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small.rlim_max = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    stet_diff_spool_init(&s, &d);
    for (int i = 0; rc == 0 && i < 1000; i++)
        rc = stet_diff_spool_add(&s, piece, sizeof piece, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(sigaction(SIGXFSZ, &was, NULL), 0);
    assert_int_equal(rc, -1);
    assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
    assert_non_null(strstr(err.text, dir));
    assert_non_null(strstr(err.text, "TMPDIR"));
    stet_diff_spool_release(&s);
    close(d.temporary);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_shrinks_is_an_error),
        cmocka_unit_test(on_all_threads),
        cmocka_unit_test(others_are_asked_as_before),
        cmocka_unit_test(without_a_guard_it_is_the_end),
        cmocka_unit_test(holes_take_no_time),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests_name("diff/guard", tests, set_up, tear_down);
}
