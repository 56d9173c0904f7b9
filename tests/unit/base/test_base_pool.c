#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/base/base_test.h"

enum { JOBS = 500 };

struct work {
    atomic_int runs[JOBS];
    atomic_int started;
    size_t fail_from; /* jobs of this number and above fail */
    bool in_order;    /* whether each job was started after those before */
    atomic_size_t last;
    pthread_t caller;
    atomic_bool only_caller;
    pthread_barrier_t barrier;
};

static int count_job(void *ctx, size_t i, struct stet_error *err)
{
    struct work *w = ctx;

    atomic_fetch_add(&w->runs[i], 1);
    atomic_fetch_add(&w->started, 1);
    if (!pthread_equal(pthread_self(), w->caller))
        w->only_caller = false;
    return i >= w->fail_from ? stet_error_input(err, "job %zu", i) : 0;
}

static void work_init(struct work *w)
{
    memset(w, 0, sizeof(*w));
    w->fail_from = SIZE_MAX;
    w->caller = pthread_self();
    w->only_caller = true;
}

static void runs_each_job_once(void **state)
{
    static const unsigned threads[] = {0, 1, 2, 7, 64, 1000};

    (void)state;
    for (size_t t = 0; t < sizeof(threads) / sizeof(threads[0]); t++) {
        struct stet_error err = STET_ERROR_INIT;
        struct work w;

        work_init(&w);
        assert_ok(stet_pool_run(threads[t], JOBS, count_job, &w, &err), &err);
        for (size_t i = 0; i < JOBS; i++)
            assert_int_equal(atomic_load(&w.runs[i]), 1);
        if (threads[t] <= 1)
            assert_true(w.only_caller);
    }
}

static void runs_nothing(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct work w;

    (void)state;
    work_init(&w);
    assert_ok(stet_pool_run(4, 0, count_job, &w, &err), &err);
    assert_int_equal(atomic_load(&w.started), 0);
}

static int note_order(void *ctx, size_t i, struct stet_error *err)
{
    struct work *w = ctx;

    (void)err;
    if (i != atomic_fetch_add(&w->last, 1))
        w->in_order = false;
    return 0;
}

static void runs_in_order_alone(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct work w;

    (void)state;
    work_init(&w);
    w.in_order = true;
    assert_ok(stet_pool_run(1, JOBS, note_order, &w, &err), &err);
    assert_true(w.in_order);
}

static int meet(void *ctx, size_t i, struct stet_error *err)
{
    struct work *w = ctx;

    (void)i;
    (void)err;
    (void)pthread_barrier_wait(&w->barrier);
    return 0;
}

/* Ends only when four jobs are under way at the same time. */
static void runs_at_the_same_time(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct work w;

    (void)state;
    work_init(&w);
    assert_int_equal(pthread_barrier_init(&w.barrier, NULL, 4), 0);
    assert_ok(stet_pool_run(4, 8, meet, &w, &err), &err);
    (void)pthread_barrier_destroy(&w.barrier);
}

static void stops_after_a_failure(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct work w;

    (void)state;
    work_init(&w);
    w.fail_from = 10;
    assert_fails(stet_pool_run(1, JOBS, count_job, &w, &err), &err, STET_ERROR_INPUT, "job 10");
    assert_int_equal(atomic_load(&w.started), 11);
    work_init(&w);
    w.fail_from = 0;
    stet_error_clear(&err);
    assert_int_equal(stet_pool_run(4, JOBS, count_job, &w, &err), -1);
    assert_true(atomic_load(&w.started) <= 4);
}

/* All four are under way before any fails, and fail in the opposite order. */
static int fail_backwards(void *ctx, size_t i, struct stet_error *err)
{
    struct work *w = ctx;

    (void)pthread_barrier_wait(&w->barrier);
    while (atomic_load(&w->started) != 3 - (int)i)
        ;
    (void)stet_error_input(err, "job %zu", i);
    atomic_fetch_add(&w->started, 1);
    return -1;
}

static void reports_the_lowest_failure(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct stet_error err = STET_ERROR_INIT;
        struct work w;

        work_init(&w);
        assert_int_equal(pthread_barrier_init(&w.barrier, NULL, 4), 0);
        assert_fails(stet_pool_run(4, 4, fail_backwards, &w, &err), &err, STET_ERROR_INPUT,
                     "job 0");
        (void)pthread_barrier_destroy(&w.barrier);
    }
}

static int fail_silently(void *ctx, size_t i, struct stet_error *err)
{
    (void)ctx;
    (void)i;
    (void)err;
    return -1;
}

static void a_silent_failure_is_an_error(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_int_equal(stet_pool_run(2, 2, fail_silently, NULL, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INTERNAL);
    assert_int_equal(stet_pool_run(2, 2, fail_silently, NULL, NULL), -1);
}

static void counts_cpus(void **state)
{
    (void)state;
    assert_true(stet_pool_cpus() >= 1);
    assert_true(stet_pool_cpus() <= (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}

/* ---- the log, which is called from such jobs ---- */

struct record {
    struct stet_buffer text;
    int inside;
    bool overlapped;
    const struct stet_log *log;
};

static void record_message(void *ctx, enum stet_log_level level, const char *text)
{
    struct record *r = ctx;

    if (r->inside++ > 0)
        r->overlapped = true;
    stet_buffer_addf(&r->text, "%d:%s\n", (int)level, text);
    r->inside--;
}

static void record_begin(void *ctx, const char *phase, uint64_t items, uint64_t bytes)
{
    struct record *r = ctx;

    stet_buffer_addf(&r->text, "begin %s %d %d\n", phase, (int)items, (int)bytes);
}

static void record_advance(void *ctx, uint64_t items, uint64_t bytes, const char *item)
{
    struct record *r = ctx;

    stet_buffer_addf(&r->text, "advance %d %d %s\n", (int)items, (int)bytes,
                     item == NULL ? "-" : item);
}

static void record_end(void *ctx, const char *phase)
{
    struct record *r = ctx;

    stet_buffer_addf(&r->text, "end %s\n", phase);
}

static void passes_on_what_is_said(void **state)
{
    struct record r = {.text = STET_BUFFER_INIT};
    const struct stet_log log = {&r, record_message, record_begin, record_advance, record_end};

    (void)state;
    stet_log_phase_begin(&log, "fetch", 3, 100);
    stet_log_phase_advance(&log, 1, 10, "a\x1b[0mb");
    stet_log_phase_advance(&log, 1, 10, NULL);
    stet_log_message(&log, STET_LOG_VERBOSE, "%s\n", "rule");
    stet_log_phase_end(&log, "fetch");
    assert_string_equal(stet_buffer_str(&r.text), "begin fetch 3 100\nadvance 1 10 a?[0mb\n"
                                                  "advance 1 10 -\n2:rule?\nend fetch\n");
    stet_buffer_release(&r.text);
}

static void says_nothing_to_nobody(void **state)
{
    const struct stet_log empty = {0};
    const struct stet_log *const logs[] = {NULL, &empty};

    (void)state;
    for (int i = 0; i < 2; i++) {
        stet_log_message(logs[i], STET_LOG_WARNING, "x");
        stet_log_phase_begin(logs[i], "x", 0, 0);
        stet_log_phase_advance(logs[i], 0, 0, "x");
        stet_log_phase_end(logs[i], "x");
    }
}

static int say(void *ctx, size_t i, struct stet_error *err)
{
    (void)err;
    stet_log_message(((struct record *)ctx)->log, STET_LOG_INFO, "%zu", i);
    return 0;
}

static void says_one_thing_at_a_time(void **state)
{
    struct record r = {.text = STET_BUFFER_INIT};
    const struct stet_log log = {&r, record_message, NULL, NULL, NULL};
    struct stet_error err = STET_ERROR_INIT;
    size_t lines = 0;

    (void)state;
    r.log = &log;
    assert_ok(stet_pool_run(8, 2000, say, &r, &err), &err);
    assert_false(r.overlapped);
    for (size_t i = 0; i < r.text.len; i++)
        lines += r.text.data[i] == '\n';
    assert_int_equal(lines, 2000);
    stet_buffer_release(&r.text);
}

static void remembers_a_request_to_stop(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_int_equal(stet_cancel_requested(), 0);
    assert_int_equal(stet_cancel_check(&err), 0);
    stet_cancel_request(15);
    assert_int_equal(stet_cancel_requested(), 15);
    assert_fails(stet_cancel_check(&err), &err, STET_ERROR_INTERRUPTED, "15");
    stet_cancel_request(0);
    assert_int_equal(stet_cancel_check(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_each_job_once),
        cmocka_unit_test(runs_nothing),
        cmocka_unit_test(runs_in_order_alone),
        cmocka_unit_test(runs_at_the_same_time),
        cmocka_unit_test(stops_after_a_failure),
        cmocka_unit_test(reports_the_lowest_failure),
        cmocka_unit_test(a_silent_failure_is_an_error),
        cmocka_unit_test(counts_cpus),
        cmocka_unit_test(passes_on_what_is_said),
        cmocka_unit_test(says_nothing_to_nobody),
        cmocka_unit_test(says_one_thing_at_a_time),
        cmocka_unit_test(remembers_a_request_to_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
