/* How runs begin and end, and that nothing outlives them. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/unit/sandbox/harness.h"

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void exit_statuses(void **state)
{
    struct box *b = *state;

    assert_int_equal(box_probe(b, "exit", "0", NULL), 0);
    assert_int_equal(b->exit_status, 0);
    assert_int_equal(box_probe(b, "exit", "7", NULL), 0);
    assert_int_equal(b->exit_status, 7);
    assert_int_equal(box_probe(b, "exit", "127", NULL), 0);
    assert_int_equal(b->exit_status, 127);
    assert_int_equal(box_probe(b, "kill", "15", NULL), 0);
    assert_int_equal(b->exit_status, 128 + 15);
    assert_int_equal(box_probe(b, "kill", "9", NULL), 0);
    assert_int_equal(b->exit_status, 128 + 9);
}

static void programs_that_can_not_be_run(void **state)
{
    const char *missing[] = {"/no/such/program", NULL}, *text[] = {"/text", NULL},
               *directory[] = {"/area", NULL}, *relative[] = {"probe", NULL};
    struct box *b = *state;

    b->command.argv = missing;
    assert_int_equal(box_probe(b, NULL), -1);
    assert_int_equal(b->err.kind, STET_ERROR_INPUT);
    assert_int_equal(b->err.errnum, ENOENT);
    assert_non_null(strstr(b->err.text, "/no/such/program"));
    box_write(b, "text", "neither ELF nor script", 0755);
    b->command.argv = text;
    assert_int_equal(box_probe(b, NULL), -1);
    assert_int_equal(b->err.errnum, ENOEXEC);
    b->command.argv = directory;
    assert_int_equal(box_probe(b, NULL), -1);
    assert_int_equal(b->err.errnum, EACCES);
    b->command.argv = relative;
    assert_int_equal(box_probe(b, NULL), -1);
    assert_int_equal(b->err.kind, STET_ERROR_INTERNAL);
    b->command.argv = NULL;
    b->command.directory = "/nowhere";
    assert_int_equal(box_probe(b, "exit", "0", NULL), -1);
    assert_int_equal(b->err.kind, STET_ERROR_INPUT);
    assert_int_equal(b->err.errnum, ENOENT);
}

static void signals_and_job_control(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "signals", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "10 caught\n5 caught\n15 caught\n17 caught\n"
                                                  "stopped 19\nstill stopped\ncontinued 5\n");
}

/* Its number and those of the other threads go; the bound is on what lives at one time. */
static void a_thread_may_exec(void **state)
{
    struct box *b = *state;

    b->sandbox.max_processes = 20;
    box_probe_ok(b, "thread-exec", "1700000000", "50", NULL);
}

static void clocks_under_load(void **state)
{
    struct box *b = *state;

    box_probe_ok(b, "stress", "1700000000", NULL);
    assert_string_equal(stet_buffer_str(&b->out), "bad 0\n");
}

/* A daemon keeps the output pipe open; the run ends with the program all the same. */
static void daemons_die_with_the_program(void **state)
{
    struct box *b = *state;

    assert_int_equal(box_probe(b, "daemon", NULL), 0);
    assert_int_equal(b->exit_status, 3);
    assert_string_equal(stet_buffer_str(&b->out), "started\n");
    assert_int_equal(box_processes(b), 0);
}

static void bombs_are_stopped(void **state)
{
    static const char *const kinds[] = {"bomb", "thread-bomb"};
    struct box *b = *state;

    b->sandbox.max_processes = 200;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(box_probe(b, kinds[i], NULL), -1);
        assert_int_equal(b->err.kind, STET_ERROR_ENVIRONMENT);
        assert_non_null(strstr(b->err.text, "too many processes"));
        assert_int_equal(box_processes(b), 0);
    }
    b->sandbox.max_processes = 1;
    box_probe_ok(b, "exit", "0", NULL);
}

static void timeouts(void **state)
{
    struct box *b = *state;
    int64_t start = now_ms();

    b->command.timeout_s = 1;
    assert_int_equal(box_probe(b, "sleep", "1000", NULL), -1);
    assert_int_equal(b->err.kind, STET_ERROR_ENVIRONMENT);
    assert_non_null(strstr(b->err.text, "after 1 s"));
    assert_string_equal(stet_buffer_str(&b->out), "asleep\n");
    assert_true(now_ms() - start >= 1000);
    assert_int_equal(box_processes(b), 0);
}

struct cancelled {
    struct box *box;
    int64_t requested;
};

static void *cancel_soon(void *p)
{
    struct cancelled *c = p;

    box_wait_processes(c->box, 1);
    c->requested = now_ms();
    stet_cancel_request(SIGINT);
    return NULL;
}

/* The request lasts as long as the process, so this is tried in a child. */
static void cancelled_run(struct box *b)
{
    struct cancelled c = {b, 0};
    pthread_t t;
    int64_t end;

    pthread_create(&t, NULL, cancel_soon, &c);
    if (box_probe(b, "sleep", "1000", NULL) != -1 || b->err.kind != STET_ERROR_INTERRUPTED)
        _exit(1);
    end = now_ms();
    pthread_join(t, NULL);
    if (box_processes(b) != 0)
        _exit(2);
    /* 200 ms are promised; a loaded machine is forgiven more. */
    if (end - c.requested > 2000)
        _exit(3);
    if (box_probe(b, "exit", "0", NULL) != -1 || b->err.kind != STET_ERROR_INTERRUPTED)
        _exit(4);
    _exit(0);
}

static void cancelling(void **state)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        cancelled_run(*state);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* kill -9 of the caller reaches everything that it started. */
static void killed_caller(void **state)
{
    struct box *b = *state;
    pid_t child = fork();

    if (child == 0) {
        box_probe(b, "sleep", "1000", NULL);
        _exit(0);
    }
    assert_true(box_wait_processes(b, 1));
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(box_wait_processes(b, 0));
}

/* The same for the process between caller and sandbox: an error, and nothing is left. */
static void killed_supervisor(void **state)
{
    struct box *b = *state;
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        int r = box_probe(b, "sleep", "1000", NULL);

        _exit(r == -1 && b->err.kind == STET_ERROR_ENVIRONMENT &&
                      strstr(b->err.text, "supervisor") != NULL
                  ? 0
                  : 1);
    }
    assert_true(box_wait_processes(b, 1));
    _cleanup_buffer_ struct stet_buffer children = STET_BUFFER_INIT;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)child, (int)child);
    if (stet_fs_read(AT_FDCWD, path, 4096, &children, NULL) < 0) {
        kill(child, SIGKILL); /* a kernel without CONFIG_PROC_CHILDREN */
        waitpid(child, NULL, 0);
        skip();
    }
    kill((pid_t)strtol(stet_buffer_str(&children), NULL, 10), SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(box_wait_processes(b, 0));
}

static void nothing_is_left(void **state)
{
    _cleanup_buffer_ struct stet_buffer before = STET_BUFFER_INIT, after = STET_BUFFER_INIT;
    struct box *b = *state;
    int fd = dup(0), again;

    close(fd);
    assert_int_equal(stet_fs_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &before, NULL), 0);
    for (int i = 0; i < 5; i++)
        box_probe_ok(b, "exit", "0", NULL);
    assert_int_equal(stet_fs_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &after, NULL), 0);
    assert_string_equal(stet_buffer_str(&before), stet_buffer_str(&after));
    again = dup(0);
    close(again);
    assert_int_equal(fd, again); /* no descriptor leaks */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(box_processes(b), 0);
}

static void *allocate_for_ever(void *p)
{
    volatile bool *stop = p;

    while (!*stop) {
        char *volatile memory = malloc(5000);

        free(memory);
    }
    return NULL;
}

static void *run_some(void *p)
{
    struct box *b = p;

    for (int i = 0; i < 10; i++) {
        if (box_probe(b, "is-epoch", "1700000000", NULL) != 0 || b->exit_status != 0)
            return b;
    }
    return NULL;
}

/* Several runs at one time, out of a process whose other threads hold malloc's locks. */
static void many_threads(void **state)
{
    pthread_t busy[2], runner[3];
    volatile bool stop = false;
    void *boxes[3] = {*state, NULL, NULL}, *bad[3];

    assert_int_equal(box_make(&boxes[1]), 0);
    assert_int_equal(box_make(&boxes[2]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&busy[i], NULL, allocate_for_ever, (void *)&stop), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&runner[i], NULL, run_some, boxes[i]), 0);
    for (size_t i = 0; i < 3; i++)
        pthread_join(runner[i], &bad[i]);
    stop = true;
    for (size_t i = 0; i < 2; i++)
        pthread_join(busy[i], NULL);
    for (size_t i = 0; i < 3; i++)
        assert_null(bad[i]);
    box_remove(&boxes[1]);
    box_remove(&boxes[2]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, box_make, box_remove)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(exit_statuses),
        TEST(programs_that_can_not_be_run),
        TEST(signals_and_job_control),
        TEST(a_thread_may_exec),
        TEST(clocks_under_load),
        TEST(daemons_die_with_the_program),
        TEST(bombs_are_stopped),
        TEST(timeouts),
        TEST(cancelling),
        TEST(killed_caller),
        TEST(killed_supervisor),
        TEST(nothing_is_left),
        TEST(many_threads),
    };

    harness_begin(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
