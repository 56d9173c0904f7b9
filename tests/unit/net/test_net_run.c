/* What a server may do to a download, and what becomes of it. */
#include "tests/unit/net/sink.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

enum { SIZE = 200000 };

struct fixture {
    char *dir;
    unsigned char *bytes;
    struct stet_test_server server;
    struct sink sink;
    struct stet_net_options opt;
    struct stet_error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->dir = stet_test_dir_new();
    f->bytes = stet_test_bytes(SIZE, 1);
    f->opt = quick_options();
    f->sink.want = f->bytes;
    f->sink.want_len = SIZE;
    clean_environment(f->dir);
    stet_test_write(f->dir, "a", f->bytes, SIZE);
    stet_test_write(f->dir, "b", f->bytes, SIZE);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->server.pid > 0)
        stet_test_server_stop(&f->server);
    stet_buffer_release(&f->sink.got);
    stet_test_dir_remove(f->dir);
    free(f->bytes);
    free(f);
    return 0;
}

static void serve(struct fixture *f, const char *fault1, const char *fault2)
{
    const char *args[] = {"--fault", fault1, fault2 != NULL ? "--fault" : NULL, fault2, NULL};
    stet_test_server_start(&f->server, f->dir, fault1 != NULL ? args : NULL);
}

/* Gets path, then (when it is not NULL) path2, as two URLs of one request. */
static int get(struct fixture *f, const char *path, const char *path2)
{
    const char *urls[] = {stet_test_url(&f->server, path),
                          path2 != NULL ? stet_test_url(&f->server, path2) : NULL, NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, SIZE);
    stet_error_clear(&f->err);
    int rc = stet_net_run(&req, 1, &f->opt, NULL, &f->err);
    if (rc == 0)
        assert_int_equal(req.status, STET_NET_DONE);
    return rc;
}

static void assert_got(struct fixture *f)
{
    if (f->err.kind != STET_ERROR_NONE)
        fail_msg("%s", f->err.text);
    assert_int_equal(f->sink.got.len, SIZE);
    assert_memory_equal(f->sink.got.data, f->bytes, SIZE);
}

static void assert_says(struct fixture *f, enum stet_error_kind kind, const char *part)
{
    if (strstr(f->err.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", f->err.text, part);
    assert_int_equal(f->err.kind, kind);
}

static void test_many_in_parallel(void **state)
{
    enum { COUNT = 40 };
    struct fixture *f = *state;
    struct sink sinks[COUNT] = {0};
    struct stet_net_request reqs[COUNT];
    const char *urls[2] = {NULL, NULL};
    serve(f, NULL, NULL);
    urls[0] = stet_test_url(&f->server, "/a");
    for (size_t i = 0; i < COUNT; i++)
        reqs[i] = sink_request(&sinks[i], urls, SIZE);
    sinks[7].start_result = 1;
    assert_int_equal(stet_net_run(reqs, COUNT, &f->opt, NULL, &f->err), 0);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(reqs[i].status, i == 7 ? STET_NET_SKIPPED : STET_NET_DONE);
        assert_int_equal(sinks[i].dones, i == 7 ? 0 : 1);
        if (i != 7)
            assert_memory_equal(sinks[i].got.data, f->bytes, SIZE);
        stet_buffer_release(&sinks[i].got);
    }
    assert_int_equal(stet_test_requests(&f->server, "GET /a 200", NULL), COUNT - 1);
}

static void test_request_is_plain(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    f->opt.user_agent = "tester/1";
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_int_equal(
        stet_test_requests(&f->server, "range=- auth=- encoding=- agent=tester/1", NULL), 1);
}

static void test_truncated_is_resumed(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=truncate:50000@1", NULL);
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_int_equal(f->sink.restarts, 0);
    assert_int_equal(stet_test_requests(&f->server, "206 range=bytes=50000-", NULL), 1);
}

static void test_truncated_for_ever_fails(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=truncate:10", NULL);
    f->opt.attempts = 2;
    assert_int_equal(get(f, "/a", NULL), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "broke off after 10 bytes");
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 2);
}

static void test_next_url_goes_on_where_the_first_broke_off(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=truncate:70000", NULL);
    f->opt.attempts = 1;
    assert_int_equal(get(f, "/a", "/b"), 0);
    assert_got(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /b 206 range=bytes=70000-", NULL), 1);
}

static void test_ignored_range_restarts(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=truncate@1", "/a=ignore-range");
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_int_equal(f->sink.restarts, 1);
}

static void test_wrong_range_asks_for_all(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=truncate@1", "/a=wrong-range");
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 200 range=- ", NULL), 2);
}

static void test_refused_range_asks_for_all(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=truncate@1", "/a=refuse-range");
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
}

static void test_damaged_rest_is_not_blamed_on_the_url(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    stet_buffer_add_str(&f->sink.got, "what an earlier run left, damaged");
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_int_equal(f->sink.dones, 2);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 206", NULL), 1);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 200", NULL), 1);
}

static void test_resume_at_the_end_starts_over(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    stet_buffer_add(&f->sink.got, f->bytes, SIZE);
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_int_equal(f->sink.restarts, 1);
}

static void test_busy_server_is_asked_again(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=status:503@2", NULL);
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 503", NULL), 2);
}

static void test_busy_for_ever_fails(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=status:503", NULL);
    assert_int_equal(get(f, "/a", NULL), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "cannot get thing: http://127.0.0.1:");
    assert_says(f, STET_ERROR_ENVIRONMENT, "503");
    assert_int_equal(stet_test_requests(&f->server, "GET /a 503", NULL), 3);
}

static void test_retry_after_is_kept(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=status:429:1@1", NULL);
    long long before = stet_test_now_ms();
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_in_range(stet_test_now_ms() - before, 1000, 5000);
}

static void test_missing_is_asked_once(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    assert_int_equal(get(f, "/none", NULL), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "404 (not found)");
    assert_int_equal(stet_test_requests(&f->server, "GET /none", NULL), 1);
}

static void test_urls_in_order(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=status:403", NULL);
    assert_int_equal(get(f, "/a", "/b"), 0);
    assert_got(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 403", NULL), 1);
    assert_int_equal(stet_test_requests(&f->server, "GET /b 200", NULL), 1);
    assert_int_equal(get(f, "/b", "/a"), 0);
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 1);
}

static void test_all_reasons_are_named(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=status:403", "/b=flip");
    assert_int_equal(get(f, "/a", "/b"), -1);
    assert_says(f, STET_ERROR_INPUT, "/a: the server answers 403 (forbidden); http://");
    assert_says(f, STET_ERROR_INPUT, "/b: this is not the content");
}

static int get_optional(struct fixture *f, const char *path, const char *path2, int *status)
{
    const char *urls[] = {stet_test_url(&f->server, path), stet_test_url(&f->server, path2), NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, SIZE);
    req.optional = true;
    int rc = stet_net_run(&req, 1, &f->opt, NULL, &f->err);
    *status = (int)req.status;
    return rc;
}

static void test_optional_may_be_absent(void **state)
{
    struct fixture *f = *state;
    int status;
    serve(f, "/gone=status:410", NULL);
    assert_int_equal(get_optional(f, "/none", "/gone", &status), 0);
    assert_int_equal(status, STET_NET_ABSENT);
    assert_int_equal(f->sink.dones, 0);
    assert_int_equal(get_optional(f, "/none", "/a", &status), 0);
    assert_int_equal(status, STET_NET_DONE);
}

static void test_optional_is_not_absent_when_a_server_failed(void **state)
{
    struct fixture *f = *state;
    int status;
    serve(f, "/a=status:403", NULL);
    assert_int_equal(get_optional(f, "/none", "/a", &status), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "403");
}

static void check_size_lie(struct fixture *f, const char *fault, const char *text, unsigned datas)
{
    char spec[64];
    snprintf(spec, sizeof(spec), "/a=%s", fault);
    serve(f, spec, NULL);
    assert_int_equal(get(f, "/a", NULL), -1);
    assert_says(f, STET_ERROR_INPUT, text);
    assert_in_range(f->sink.datas, 0, datas);
    assert_int_equal(f->sink.dones, 0);
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 1);
    assert_int_equal(get(f, "/a", "/b"), 0);
    assert_got(f);
}

static void test_longer(void **state)
{
    check_size_lie(*state, "longer", "a file of 200007 bytes, but 200000 are expected", 0);
}

static void test_shorter(void **state)
{
    check_size_lie(*state, "shorter", "a file of 199993 bytes, but 200000 are expected", 0);
}

static void test_longer_unannounced(void **state)
{
    check_size_lie(*state, "longer-chunked", "more than the 200000 bytes expected", 1000);
}

static void test_shorter_unannounced(void **state)
{
    check_size_lie(*state, "shorter-chunked", "sent 199993 bytes, but 200000 are expected", 1000);
}

static void test_empty(void **state)
{
    struct fixture *f = *state;
    stet_test_write(f->dir, "empty", "", 0);
    serve(f, NULL, NULL);
    const char *urls[] = {stet_test_url(&f->server, "/empty"), NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, 0);
    f->sink.want_len = 0;
    assert_int_equal(stet_net_run(&req, 1, &f->opt, NULL, &f->err), 0);
    assert_int_equal(f->sink.dones, 1);
    assert_int_equal(get(f, "/empty", NULL), -1);
    assert_says(f, STET_ERROR_INPUT, "a file of 0 bytes, but 200000 are expected");
}

static void test_no_length_is_no_fault(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=chunked", NULL);
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
}

static void test_damaged_content_goes_to_the_next_url(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=flip", NULL);
    assert_int_equal(get(f, "/a", "/b"), 0);
    assert_got(f);
    assert_int_equal(f->sink.dones, 2);
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 1);
    /* Nothing of the damaged content is kept. */
    assert_int_equal(stet_test_requests(&f->server, "GET /b 200 range=- ", NULL), 1);
}

/* Both kinds of silence at once, so that the test takes one timeout only. */
static void test_stalls(void **state)
{
    struct fixture *f = *state;
    struct sink other = {.want = f->bytes, .want_len = SIZE};
    serve(f, "/stall=stall", "/silent=silent");
    stet_test_write(f->dir, "stall", f->bytes, SIZE);
    const char *urls1[] = {stet_test_url(&f->server, "/stall"), stet_test_url(&f->server, "/a"),
                           NULL};
    const char *urls2[] = {stet_test_url(&f->server, "/silent"), stet_test_url(&f->server, "/b"),
                           NULL};
    struct stet_net_request reqs[] = {sink_request(&f->sink, urls1, SIZE),
                                      sink_request(&other, urls2, SIZE)};
    f->opt.attempts = 1;
    long long before = stet_test_now_ms();
    assert_int_equal(stet_net_run(reqs, 2, &f->opt, NULL, &f->err), 0);
    assert_in_range(stet_test_now_ms() - before, 1000, 5000);
    assert_got(f);
    assert_int_equal(other.got.len, SIZE);
    assert_int_equal(stet_test_requests(&f->server, "GET /a 206", NULL), 1);
    stet_buffer_release(&other.got);
}

static void test_stall_is_named(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=stall:100", NULL);
    f->opt.attempts = 1;
    assert_int_equal(get(f, "/a", NULL), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "/a: the server sent nothing for 1 seconds");
}

static void test_slow_is_no_stall(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=slow:160000", NULL);
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
    assert_int_equal(stet_test_requests(&f->server, "GET /a", NULL), 1);
}

static void test_closed_without_answer(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=close@1", NULL);
    assert_int_equal(get(f, "/a", NULL), 0);
    assert_got(f);
}

static void test_headers_without_end(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=headers", NULL);
    assert_int_equal(get(f, "/a", NULL), -1);
    assert_says(f, STET_ERROR_INPUT, "headers without end");
}

static void test_unknown_size_is_bounded(void **state)
{
    struct fixture *f = *state;
    serve(f, "/b=chunked", NULL);
    for (int i = 0; i < 2; i++) {
        const char *urls[] = {stet_test_url(&f->server, i == 0 ? "/a" : "/b"), NULL};
        struct stet_net_request req = sink_request(&f->sink, urls, -1);
        req.max_size = SIZE - 1;
        stet_error_clear(&f->err);
        assert_int_equal(stet_net_run(&req, 1, &f->opt, NULL, &f->err), -1);
        assert_says(f, STET_ERROR_INPUT, "larger than the 199999 bytes allowed");
        assert_true(f->sink.got.len < SIZE);
        req.max_size = SIZE;
        stet_buffer_clear(&f->sink.got);
        assert_int_equal(stet_net_run(&req, 1, &f->opt, NULL, &f->err), 0);
        stet_buffer_clear(&f->sink.got);
    }
}

static void test_unknown_size_is_not_pieced_together(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=truncate@1", NULL);
    const char *urls[] = {stet_test_url(&f->server, "/a"), NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, -1);
    assert_int_equal(stet_net_run(&req, 1, &f->opt, NULL, &f->err), 0);
    assert_got(f);
    assert_int_equal(f->sink.restarts, 1);
    assert_int_equal(stet_test_requests(&f->server, " 206 ", NULL), 0);
}

static void test_budget(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    f->opt.budget = SIZE - 1;
    assert_int_equal(get(f, "/a", "/b"), -1);
    assert_says(f, STET_ERROR_INPUT, "budget of 199999 bytes");
    assert_int_equal(stet_test_requests(&f->server, "GET /b", NULL), 0);
}

static void test_failing_sink_ends_everything(void **state)
{
    struct fixture *f = *state;
    serve(f, NULL, NULL);
    f->sink.data_fails = true;
    assert_int_equal(get(f, "/a", "/b"), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "cannot get thing: the sink is full");
    assert_int_equal(f->sink.datas, 1);
}

static void on_alarm(int signum)
{
    stet_cancel_request(signum);
}

static void test_cancel_is_prompt(void **state)
{
    struct fixture *f = *state;
    serve(f, "/a=silent", NULL);
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {.it_value = {.tv_usec = 100000}};
    f->opt.stall_timeout_s = 20;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    long long before = stet_test_now_ms();
    assert_int_equal(get(f, "/a", NULL), -1);
    stet_cancel_request(0);
    assert_int_equal(f->err.kind, STET_ERROR_INTERRUPTED);
    assert_in_range(stet_test_now_ms() - before, 90, 1500);
}

/* Counts messages that tell of another try. */
static void count_tries(void *ctx, enum stet_log_level level, const char *text)
{
    (void)level;
    if (strstr(text, "trying again") != NULL)
        ++*(unsigned *)ctx;
}

static void test_dead_server_is_waited_for_once(void **state)
{
    enum { COUNT = 10 };
    struct fixture *f = *state;
    struct sink sinks[COUNT] = {0};
    struct stet_net_request reqs[COUNT];
    unsigned tries = 0;
    struct stet_log log = {.ctx = &tries, .message = count_tries};
    serve(f, NULL, NULL);
    /* Port 1 of this machine: nobody listens there. */
    const char *urls[] = {"http://127.0.0.1:1/a", stet_test_url(&f->server, "/a"), NULL};
    for (size_t i = 0; i < COUNT; i++)
        reqs[i] = sink_request(&sinks[i], urls, SIZE);
    f->opt.parallel = 1;
    assert_int_equal(stet_net_run(reqs, COUNT, &f->opt, &log, &f->err), 0);
    assert_int_equal(tries, 2);
    for (size_t i = 0; i < COUNT; i++)
        stet_buffer_release(&sinks[i].got);
    /* But it is asked after all before a request fails. */
    const char *bad[] = {"http://127.0.0.1:1/a", stet_test_url(&f->server, "/none"), NULL};
    struct stet_net_request last[] = {sink_request(&f->sink, urls, SIZE),
                                      sink_request(&f->sink, bad, SIZE)};
    stet_buffer_clear(&f->sink.got);
    assert_int_equal(stet_net_run(last, 2, &f->opt, &log, &f->err), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "404 (not found); http://127.0.0.1:1/a: ");
}

/* A reserved name that no server knows: each try fails in the same way. */
static void test_unknown_host(void **state)
{
    struct fixture *f = *state;
    unsigned tries = 0;
    struct stet_log log = {.ctx = &tries, .message = count_tries};
    const char *urls[] = {"http://host.invalid/a", NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, SIZE);
    f->opt.connect_timeout_s = 1;
    assert_int_equal(stet_net_run(&req, 1, &f->opt, &log, &f->err), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "esolv");
    assert_int_equal(tries, 2);
}

struct progress {
    uint64_t items;
    uint64_t bytes;
};

static void on_advance(void *ctx, uint64_t items, uint64_t bytes, const char *item)
{
    struct progress *p = ctx;
    assert_string_equal(item, "thing");
    assert_in_range(bytes, 0, SIZE);
    p->items += items;
    p->bytes += bytes;
}

static void test_progress_counts_each_byte_once(void **state)
{
    struct fixture *f = *state;
    struct progress p = {0, 0};
    struct stet_log log = {.ctx = &p, .phase_advance = on_advance};
    serve(f, "/a=truncate@1", "/a=ignore-range");
    const char *urls[] = {stet_test_url(&f->server, "/a"), NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, SIZE);
    assert_int_equal(stet_net_run(&req, 1, &f->opt, &log, &f->err), 0);
    assert_int_equal(p.items, 1);
    assert_int_equal(p.bytes, SIZE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_many_in_parallel),
        T(test_request_is_plain),
        T(test_truncated_is_resumed),
        T(test_truncated_for_ever_fails),
        T(test_next_url_goes_on_where_the_first_broke_off),
        T(test_ignored_range_restarts),
        T(test_wrong_range_asks_for_all),
        T(test_refused_range_asks_for_all),
        T(test_damaged_rest_is_not_blamed_on_the_url),
        T(test_resume_at_the_end_starts_over),
        T(test_busy_server_is_asked_again),
        T(test_busy_for_ever_fails),
        T(test_retry_after_is_kept),
        T(test_missing_is_asked_once),
        T(test_urls_in_order),
        T(test_all_reasons_are_named),
        T(test_optional_may_be_absent),
        T(test_optional_is_not_absent_when_a_server_failed),
        T(test_longer),
        T(test_shorter),
        T(test_longer_unannounced),
        T(test_shorter_unannounced),
        T(test_empty),
        T(test_no_length_is_no_fault),
        T(test_damaged_content_goes_to_the_next_url),
        T(test_stalls),
        T(test_stall_is_named),
        T(test_slow_is_no_stall),
        T(test_closed_without_answer),
        T(test_headers_without_end),
        T(test_unknown_size_is_bounded),
        T(test_unknown_size_is_not_pieced_together),
        T(test_budget),
        T(test_failing_sink_ends_everything),
        T(test_cancel_is_prompt),
        T(test_dead_server_is_waited_for_once),
        T(test_unknown_host),
        T(test_progress_counts_each_byte_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
