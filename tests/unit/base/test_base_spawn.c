#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "lib/base/spawn_private.h"
#include "tests/unit/base/base_test.h"

struct result {
    struct stet_buffer out, errout;
    struct stet_error err;
    int status;
};

static void result_release(struct result *r)
{
    stet_buffer_release(&r->out);
    stet_buffer_release(&r->errout);
}

/* Runs a script of the shell, which is on every system that builds stet. */
static void run_shell(struct result *r, const char *script, const struct stet_spawn *more)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct stet_spawn s = *more;

    memset(r, 0, sizeof(*r));
    s.argv = argv;
    s.out = &r->out;
    s.errout = &r->errout;
    if (s.output_max == 0)
        s.output_max = 100000;
    r->status = stet_spawn_run(&s, "dash", &r->err);
}

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const struct stet_spawn plain;

static void collects_output_and_status(void **state)
{
    struct result r;

    (void)state;
    run_shell(&r, "echo out; echo err >&2; exit 7", &plain);
    assert_ok(r.status, &r.err);
    assert_int_equal(r.status, 7);
    assert_string_equal(stet_buffer_str(&r.out), "out\n");
    assert_string_equal(stet_buffer_str(&r.errout), "err\n");
    result_release(&r);
}

static void reports_signals(void **state)
{
    struct result r;

    (void)state;
    run_shell(&r, "kill -TERM $$", &plain);
    assert_int_equal(r.status, 128 + SIGTERM);
    result_release(&r);
}

static void environment_is_exactly_what_is_given(void **state)
{
    static const char *const env[] = {"A=1", "B=two words", NULL};
    const char *const argv[] = {"env", NULL};
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_spawn s = {.argv = argv, .out = &out, .output_max = 1000};

    (void)state;
    assert_int_equal(setenv("STET_TEST_LEAK", "1", 1), 0);
    assert_int_equal(stet_spawn_run(&s, NULL, &err), 0);
    assert_string_equal(stet_buffer_str(&out), "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C\n");
    stet_buffer_clear(&out);
    s.env = env;
    assert_int_equal(stet_spawn_run(&s, NULL, &err), 0);
    assert_string_equal(stet_buffer_str(&out), "A=1\nB=two words\n");
    stet_buffer_release(&out);
}

static void standard_input_is_empty(void **state)
{
    struct result r;

    (void)state;
    run_shell(&r, "cat; echo end", &plain);
    assert_string_equal(stet_buffer_str(&r.out), "end\n");
    result_release(&r);
}

static void output_may_be_thrown_away(void **state)
{
    const char *const argv[] = {"sh", "-c", "echo a; echo b >&2; test ! -t 1", NULL};
    struct stet_error err = STET_ERROR_INIT;
    const struct stet_spawn s = {.argv = argv};

    (void)state;
    assert_int_equal(stet_spawn_run(&s, NULL, &err), 0);
}

/* ls itself opens one for the directory: all below 10 but 0 to 3 must be free. */
static void inherits_no_other_descriptor(void **state)
{
    struct scratch *s = *state;
    int high;
    struct result r;
    /* Without O_CLOEXEC, at a low and a high number. */
    int low = openat(s->fd, ".", O_RDONLY);

    assert_true(low >= 0);
    high = fcntl(low, F_DUPFD, 900);
    run_shell(&r, "for i in /proc/self/fd/*; do echo ${i##*/}; done | sort -n", &plain);
    close(low);
    if (high >= 0)
        close(high);
    assert_int_equal(r.status, 0);
    /* The shell expands the pattern itself, with at most one descriptor of its own (3). */
    assert_true(strcmp(stet_buffer_str(&r.out), "0\n1\n2\n") == 0 ||
                strcmp(stet_buffer_str(&r.out), "0\n1\n2\n3\n") == 0);
    result_release(&r);
}

/* from and to overlap in a circle: each must arrive where it is meant to. */
static void passes_descriptors_through_any_order(void **state)
{
    struct scratch *s = *state;
    struct stet_spawn_fd fds[3];
    struct stet_spawn more = {.fds = fds, .fd_count = 3};
    struct result r;
    int a;
    int b;
    int c;

    put_file(s->fd, "a", "A");
    put_file(s->fd, "b", "B");
    put_file(s->fd, "c", "C");
    a = openat(s->fd, "a", O_RDONLY | O_CLOEXEC);
    b = openat(s->fd, "b", O_RDONLY | O_CLOEXEC);
    c = openat(s->fd, "c", O_RDONLY | O_CLOEXEC);
    assert_true(a < 10 && b < 10 && c < 10); /* the shell names one digit alone */
    fds[0] = (struct stet_spawn_fd){a, b};
    fds[1] = (struct stet_spawn_fd){b, c};
    fds[2] = (struct stet_spawn_fd){c, a};
    {
        char script[128];

        (void)snprintf(script, sizeof(script), "cat <&%d; cat <&%d; cat <&%d", a, b, c);
        run_shell(&r, script, &more);
    }
    assert_string_equal(stet_buffer_str(&r.out), "CAB");
    assert_int_equal(fcntl(a, F_GETFD), FD_CLOEXEC);
    close(a);
    close(b);
    close(c);
    result_release(&r);
}

static void passes_standard_input(void **state)
{
    struct scratch *s = *state;
    struct stet_spawn_fd fd = {-1, 0};
    struct stet_spawn more = {.fds = &fd, .fd_count = 1};
    struct result r;

    put_file(s->fd, "in", "input");
    fd.from = openat(s->fd, "in", O_RDONLY | O_CLOEXEC);
    run_shell(&r, "cat", &more);
    close(fd.from);
    assert_string_equal(stet_buffer_str(&r.out), "input");
    result_release(&r);
}

static void refuses_a_bad_descriptor(void **state)
{
    static const struct stet_spawn_fd bad[] = {{-1, 3}, {0, -1}, {987, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stet_spawn more = {.fds = &bad[i], .fd_count = 1};
        struct result r;

        run_shell(&r, "true", &more);
        assert_int_equal(r.status, -1);
        assert_int_equal(r.err.errnum, EBADF);
        result_release(&r);
    }
}

/* Much more than a pipe holds, on both at once: neither may block the other. */
static void drains_both_and_keeps_the_beginning(void **state)
{
    const struct stet_spawn more = {.output_max = 1000};
    struct result r;

    (void)state;
    run_shell(&r,
              "head -c 3000000 /dev/zero | tr '\\0' a; head -c 3000000 /dev/zero | tr '\\0' b >&2;"
              "head -c 3000000 /dev/zero | tr '\\0' c; exit 3",
              &more);
    assert_int_equal(r.status, 3);
    assert_int_equal(r.out.len, 1000);
    assert_int_equal(r.errout.len, 1000);
    assert_int_equal(r.out.data[999], 'a');
    assert_int_equal(r.errout.data[999], 'b');
    result_release(&r);
}

static void appends_to_what_is_there(void **state)
{
    const char *const argv[] = {"echo", "new", NULL};
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    const struct stet_spawn s = {.argv = argv, .out = &out, .output_max = 3};

    (void)state;
    stet_buffer_add_str(&out, "old:");
    assert_int_equal(stet_spawn_run(&s, NULL, &err), 0);
    assert_string_equal(stet_buffer_str(&out), "old:new");
    stet_buffer_release(&out);
}

static void ends_what_takes_too_long(void **state)
{
    const struct stet_spawn more = {.timeout_ms = 200};
    struct result r;
    int64_t start = now_ms();

    (void)state;
    /* The shell waits for a child of its own, and ignores the polite signals. */
    run_shell(&r, "trap '' TERM INT HUP; echo begun; sleep 60; echo late", &more);
    assert_fails(r.status, &r.err, STET_ERROR_ENVIRONMENT, "sh");
    assert_int_equal(r.err.errnum, ETIMEDOUT);
    assert_true(now_ms() - start < 20000);
    result_release(&r);
}

static void kills_the_whole_group(void **state)
{
    const struct stet_spawn more = {.timeout_ms = 300};
    struct scratch *s = *state;
    char script[512];
    struct result r;
    struct stat st;

    (void)snprintf(script, sizeof(script), "(sleep 1; touch %s/alive) & wait", s->path);
    run_shell(&r, script, &more);
    assert_int_equal(r.status, -1);
    result_release(&r);
    (void)usleep(1500000);
    assert_int_equal(fstatat(s->fd, "alive", &st, 0), -1);
}

static void does_not_wait_for_grandchildren(void **state)
{
    struct result r;
    int64_t start = now_ms();

    (void)state;
    run_shell(&r, "sleep 60 & echo done", &plain);
    assert_int_equal(r.status, 0);
    assert_string_equal(stet_buffer_str(&r.out), "done\n");
    assert_true(now_ms() - start < 20000);
    result_release(&r);
}

static void stop(int signum)
{
    stet_cancel_request(signum);
}

static void stops_when_asked(void **state)
{
    const struct sigaction action = {.sa_handler = stop};
    struct sigaction old;
    struct result r;
    int64_t start = now_ms();

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    (void)alarm(1);
    run_shell(&r, "sleep 60", &plain);
    stet_cancel_request(0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    assert_fails(r.status, &r.err, STET_ERROR_INTERRUPTED, "14");
    assert_true(now_ms() - start < 20000);
    result_release(&r);
}

static void names_a_missing_program(void **state)
{
    const char *const argv[] = {"stet-no-such-program", NULL};
    const char *const path[] = {"/nonexistent/program", NULL};
    const char *const empty[] = {"", NULL};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_spawn s = {.argv = argv};

    (void)state;
    assert_fails(stet_spawn_run(&s, "gpgv", &err), &err, STET_ERROR_ENVIRONMENT,
                 "stet-no-such-program");
    assert_non_null(strstr(err.text, "package gpgv"));
    stet_error_clear(&err);
    assert_fails(stet_spawn_run(&s, NULL, &err), &err, STET_ERROR_ENVIRONMENT,
                 "stet-no-such-program");
    stet_error_clear(&err);
    s.argv = path;
    assert_fails(stet_spawn_run(&s, NULL, &err), &err, STET_ERROR_ENVIRONMENT,
                 "/nonexistent/program");
    stet_error_clear(&err);
    s.argv = empty;
    assert_int_equal(stet_spawn_run(&s, NULL, &err), -1);
}

static void reports_what_cannot_be_executed(void **state)
{
    struct scratch *s = *state;
    char path[300];
    const char *const argv[] = {path, NULL};
    struct stet_error err = STET_ERROR_INIT;
    const struct stet_spawn sp = {.argv = argv};

    (void)snprintf(path, sizeof(path), "%s/data", s->path);
    put_file(s->fd, "data", "no program");
    assert_fails(stet_spawn_run(&sp, NULL, &err), &err, STET_ERROR_ENVIRONMENT,
                 "Permission denied");
    assert_int_equal(fchmodat(s->fd, "data", 0755, 0), 0);
    stet_error_clear(&err);
    assert_fails(stet_spawn_run(&sp, NULL, &err), &err, STET_ERROR_ENVIRONMENT,
                 "Exec format error");
}

static void does_not_ask_the_path(void **state)
{
    struct scratch *s = *state;
    const char *const argv[] = {"env", NULL};
    struct stet_error err = STET_ERROR_INIT;
    const struct stet_spawn sp = {.argv = argv};
    char *old = strdup(getenv("PATH"));

    put_file(s->fd, "env", "#!/bin/sh\nexit 99\n");
    assert_int_equal(fchmodat(s->fd, "env", 0755, 0), 0);
    assert_int_equal(setenv("PATH", s->path, 1), 0);
    assert_int_equal(stet_spawn_run(&sp, NULL, &err), 0);
    assert_int_equal(setenv("PATH", old, 1), 0);
    free(old);
}

static void signals_are_as_by_default(void **state)
{
    struct result r;
    sigset_t set;

    (void)state;
    /* One that the C library keeps for itself too, as a parent that used posix_spawn() hands it on. */
    const void *ignored[8] = {(const void *)SIG_IGN};
    assert_int_equal(syscall(SYS_rt_sigaction, 32, ignored, NULL, NSIG / 8), 0);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    run_shell(&r, "grep -E '^Sig(Blk|Ign)' /proc/self/status", &plain);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    assert_string_equal(stet_buffer_str(&r.out),
                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    result_release(&r);
}

static int run_one(void *ctx, size_t i, struct stet_error *err)
{
    char script[64];
    char wanted[64];
    struct result r;
    int rc;

    (void)ctx;
    (void)snprintf(script, sizeof(script), "echo %zu; exit %zu", i, i % 100);
    (void)snprintf(wanted, sizeof(wanted), "%zu\n", i);
    run_shell(&r, script, &plain);
    rc = r.status == (int)(i % 100) && strcmp(stet_buffer_str(&r.out), wanted) == 0 ? 0 : -1;
    if (rc < 0)
        (void)stet_error_input(err, "%zu gave %d and %s", i, r.status, stet_buffer_str(&r.out));
    result_release(&r);
    return rc;
}

static void runs_from_many_threads(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_ok(stet_pool_run(8, 60, run_one, NULL, &err), &err);
}

static int use_all(void **state)
{
    (void)state;
    atomic_store(&stet_spawn_deny_recent, false);
    return 0;
}

static int use_old(void **state)
{
    (void)state;
    atomic_store(&stet_spawn_deny_recent, true);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(collects_output_and_status),
        cmocka_unit_test(reports_signals),
        cmocka_unit_test(environment_is_exactly_what_is_given),
        cmocka_unit_test(standard_input_is_empty),
        cmocka_unit_test(output_may_be_thrown_away),
        cmocka_unit_test_setup_teardown(inherits_no_other_descriptor, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(passes_descriptors_through_any_order, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(passes_standard_input, scratch_setup, scratch_teardown),
        cmocka_unit_test(refuses_a_bad_descriptor),
        cmocka_unit_test(drains_both_and_keeps_the_beginning),
        cmocka_unit_test(appends_to_what_is_there),
        cmocka_unit_test(ends_what_takes_too_long),
        cmocka_unit_test_setup_teardown(kills_the_whole_group, scratch_setup, scratch_teardown),
        cmocka_unit_test(does_not_wait_for_grandchildren),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test(names_a_missing_program),
        cmocka_unit_test_setup_teardown(reports_what_cannot_be_executed, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(does_not_ask_the_path, scratch_setup, scratch_teardown),
        cmocka_unit_test(signals_are_as_by_default),
        cmocka_unit_test(runs_from_many_threads),
    };

    int failed = cmocka_run_group_tests_name("recent kernels", tests, use_all, NULL);

    return failed + cmocka_run_group_tests_name("older kernels", tests, use_old, NULL);
}
