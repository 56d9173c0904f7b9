/* URLs taken apart, redirects and credentials, file: URLs, stet_net_get(). */
#include "tests/unit/net/sink.h"

#include <sys/stat.h>

#include "lib/net/internal.h"

enum { SIZE = 5000 };

struct fixture {
    char *dir;
    unsigned char *bytes;
    struct stet_test_server server;
    struct stet_test_server other;
    struct sink sink;
    struct stet_net_options opt;
    struct stet_error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->dir = stet_test_dir_new();
    f->bytes = stet_test_bytes(SIZE, 2);
    f->opt = quick_options();
    f->opt.attempts = 1;
    clean_environment(f->dir);
    stet_test_write(f->dir, "a", f->bytes, SIZE);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->server.pid > 0)
        stet_test_server_stop(&f->server);
    if (f->other.pid > 0)
        stet_test_server_stop(&f->other);
    stet_buffer_release(&f->sink.got);
    stet_test_dir_remove(f->dir);
    free(f->bytes);
    free(f);
    return 0;
}

static int get(struct fixture *f, const char *url)
{
    const char *urls[] = {url, NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, -1);
    stet_buffer_clear(&f->sink.got);
    stet_error_clear(&f->err);
    return stet_net_run(&req, 1, &f->opt, NULL, &f->err);
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

/* ---- taking apart ---- */

static void test_url_parts(void **state)
{
    (void)state;
    struct stet_net_url u;
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(stet_net_url_parse("https://me:p%40ss@Example.ORG/x%20y?sig=1#top", &u, &err),
                     0);
    assert_string_equal(u.clean, "https://Example.ORG/x%20y?sig=1");
    assert_string_equal(u.shown, "https://Example.ORG/x%20y?...");
    assert_string_equal(u.origin, "https://example.org:443");
    assert_string_equal(u.user, "me");
    assert_string_equal(u.password, "p@ss");
    assert_int_equal(u.scheme, STET_NET_HTTPS);
    stet_net_url_release(&u);
    assert_int_equal(stet_net_url_parse("http://example.org:8080", &u, &err), 0);
    assert_string_equal(u.origin, "http://example.org:8080");
    assert_null(u.user);
    stet_net_url_release(&u);
    assert_int_equal(stet_net_url_parse("file:///a%20b/c", &u, &err), 0);
    assert_string_equal(u.path, "/a b/c");
    stet_net_url_release(&u);
}

static void test_url_refusals(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "example.org/a",
        "ftp://example.org/a",
        "gopher://example.org/",
        "http://",
        "http://exa mple.org/",
        "file://elsewhere.example.org/a",
        "file:///a%00b",
        "http://example.org:99999/",
        "/etc/passwd",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stet_net_url u;
        struct stet_error err = STET_ERROR_INIT;
        if (stet_net_url_parse(bad[i], &u, &err) == 0)
            fail_msg("\"%s\" was accepted", bad[i]);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    }
}

static void test_content_range(void **state)
{
    (void)state;
    int64_t a;
    int64_t b;
    int64_t t;
    assert_int_equal(stet_net_parse_content_range("bytes 5-9/10", &a, &b, &t), 0);
    assert_true(a == 5 && b == 9 && t == 10);
    assert_int_equal(stet_net_parse_content_range("bytes 0-0/*", &a, &b, &t), 0);
    assert_true(a == 0 && b == 0 && t == -1);
    static const char *const bad[] = {
        "",
        "bytes",
        "bytes */10",
        "bytes 5-4/10",
        "bytes 5-10/10",
        "bytes 5-9",
        "bytes 5-9/10x",
        "bytes -5-9/10",
        "items 5-9/10",
        "bytes 5-9/-1",
        "bytes5-9/10",
        "bytes 5-99999999999999999999/*",
        "bytes  5-9/10",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (stet_net_parse_content_range(bad[i], &a, &b, &t) == 0)
            fail_msg("\"%s\" was accepted", bad[i]);
}

static void test_errors_show_no_secrets(void **state)
{
    struct fixture *f = *state;
    char url[256];
    stet_test_server_start(&f->server, f->dir, NULL);
    snprintf(url, sizeof(url), "http://me:hunter2@127.0.0.1:%u/none?token=geheim", f->server.port);
    assert_int_equal(get(f, url), -1);
    assert_null(strstr(f->err.text, "hunter2"));
    assert_null(strstr(f->err.text, "geheim"));
    assert_says(f, STET_ERROR_ENVIRONMENT, "/none?...: the server answers 404");
    assert_int_equal(get(f, "htp://me:hunter2@example.org/"), -1);
    assert_null(strstr(f->err.text, "hunter2"));
    assert_int_equal(f->err.kind, STET_ERROR_INPUT);
}

/* ---- redirects ---- */

static void redirecting(struct fixture *f, const char *target)
{
    char fault[1024];
    const char *args[] = {"--fault", fault, "--fault", "/loop=redirect-loop", NULL};
    snprintf(fault, sizeof(fault), "/r=redirect:%s", target);
    stet_test_server_start(&f->server, f->dir, args);
}

static void test_redirect_is_followed(void **state)
{
    struct fixture *f = *state;
    stet_test_server_start(&f->other, f->dir, NULL);
    redirecting(f, stet_test_url(&f->other, "/a"));
    assert_int_equal(get(f, stet_test_url(&f->server, "/r")), 0);
    assert_got(f);
}

static void test_relative_redirect_keeps_credentials(void **state)
{
    struct fixture *f = *state;
    char url[256];
    redirecting(f, "a?from=r");
    snprintf(url, sizeof(url), "http://me:hunter2@127.0.0.1:%u/r", f->server.port);
    assert_int_equal(get(f, url), 0);
    assert_got(f);
    /* printf me:hunter2 | base64 */
    assert_int_equal(stet_test_requests(&f->server, "/r 302", "auth=Basic_bWU6aHVudGVyMg=="), 1);
    assert_int_equal(stet_test_requests(&f->server, "/a?from=r 200", "auth=Basic_bWU6aHVudGVyMg=="),
                     1);
}

static void test_credentials_stay_with_their_server(void **state)
{
    struct fixture *f = *state;
    char url[256];
    stet_test_server_start(&f->other, f->dir, NULL);
    redirecting(f, stet_test_url(&f->other, "/a"));
    snprintf(url, sizeof(url), "http://me:hunter2@127.0.0.1:%u/r", f->server.port);
    assert_int_equal(get(f, url), 0);
    assert_got(f);
    assert_int_equal(stet_test_requests(&f->server, "/r 302", "auth=Basic_"), 1);
    assert_int_equal(stet_test_requests(&f->other, "/a 200", "auth=- "), 1);
}

static void test_credentials_in_a_redirect_are_not_used(void **state)
{
    struct fixture *f = *state;
    char target[256];
    stet_test_server_start(&f->other, f->dir, NULL);
    snprintf(target, sizeof(target), "http://x:y@127.0.0.1:%u/a", f->other.port);
    redirecting(f, target);
    assert_int_equal(get(f, stet_test_url(&f->server, "/r")), 0);
    assert_int_equal(stet_test_requests(&f->other, "/a 200", "auth=- "), 1);
}

static void test_netrc_stays_with_its_server(void **state)
{
    struct fixture *f = *state;
    static const char netrc[] = "machine 127.0.0.1 login me password hunter2\n";
    stet_test_write(f->dir, ".netrc", netrc, sizeof(netrc) - 1);
    stet_test_server_start(&f->other, f->dir, NULL);
    redirecting(f, stet_test_url(&f->other, "/a"));
    assert_int_equal(get(f, stet_test_url(&f->server, "/r")), 0);
    assert_int_equal(stet_test_requests(&f->server, "/r 302", "auth=Basic_bWU6aHVudGVyMg=="), 1);
    assert_int_equal(stet_test_requests(&f->other, "/a 200", "auth=- "), 1);
}

static void test_wanted_credentials(void **state)
{
    struct fixture *f = *state;
    char url[256];
    const char *args[] = {"--auth", "me:hunter2", NULL};
    stet_test_server_start(&f->server, f->dir, args);
    assert_int_equal(get(f, stet_test_url(&f->server, "/a")), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "401 (credentials are wanted");
    snprintf(url, sizeof(url), "http://me:hunter2@127.0.0.1:%u/a", f->server.port);
    assert_int_equal(get(f, url), 0);
    assert_got(f);
}

static void test_redirect_loop(void **state)
{
    struct fixture *f = *state;
    redirecting(f, "/a");
    assert_int_equal(get(f, stet_test_url(&f->server, "/loop")), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "redirects more than 5 times");
    assert_int_equal(stet_test_requests(&f->server, "GET /loop", NULL), 6);
}

static void test_redirect_to_file_is_refused(void **state)
{
    struct fixture *f = *state;
    char target[512];
    snprintf(target, sizeof(target), "file://%s/a", f->dir);
    redirecting(f, target);
    assert_int_equal(get(f, stet_test_url(&f->server, "/r")), -1);
    assert_says(f, STET_ERROR_INPUT, "redirects to a file of this machine, which is refused");
    assert_int_equal(f->sink.datas, 0);
}

static void test_redirect_to_other_schemes_is_refused(void **state)
{
    struct fixture *f = *state;
    redirecting(f, "ftp://127.0.0.1/a");
    assert_int_equal(get(f, stet_test_url(&f->server, "/r")), -1);
    assert_says(f, STET_ERROR_INPUT, "the scheme ftp is not supported");
}

static void test_downgrade_is_refused(void **state)
{
    (void)state;
    assert_non_null(stet_net_redirect_refused(STET_NET_HTTPS, STET_NET_HTTP));
    assert_non_null(stet_net_redirect_refused(STET_NET_HTTPS, STET_NET_FILE));
    assert_null(stet_net_redirect_refused(STET_NET_HTTP, STET_NET_HTTPS));
    assert_null(stet_net_redirect_refused(STET_NET_HTTP, STET_NET_HTTP));
    assert_null(stet_net_redirect_refused(STET_NET_HTTPS, STET_NET_HTTPS));
}

static void test_proxy(void **state)
{
    struct fixture *f = *state;
    stet_test_server_start(&f->server, f->dir, NULL);
    setenv("http_proxy", stet_test_url(&f->server, ""), 1);
    int rc = get(f, "http://me:hunter2@mirror.example.org/a");
    unsetenv("http_proxy");
    assert_int_equal(rc, 0);
    assert_got(f);
    assert_int_equal(stet_test_requests(&f->server, "GET http://mirror.example.org/a 200",
                                        "auth=Basic_bWU6aHVudGVyMg=="),
                     1);
}

/* ---- file: ---- */

static const char *file_url(struct fixture *f, const char *name)
{
    static char url[512];
    snprintf(url, sizeof(url), "file://%s/%s", f->dir, name);
    return url;
}

static void test_file(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, file_url(f, "a")), 0);
    assert_got(f);
    stet_test_write(f->dir, "x y+z", f->bytes, SIZE);
    assert_int_equal(get(f, file_url(f, "x%20y+z")), 0);
    assert_got(f);
    stet_test_write(f->dir, "empty", "", 0);
    assert_int_equal(get(f, file_url(f, "empty")), 0);
    assert_int_equal(f->sink.got.len, 0);
}

static void test_file_is_resumed(void **state)
{
    struct fixture *f = *state;
    const char *urls[] = {file_url(f, "a"), NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, SIZE);
    stet_buffer_add(&f->sink.got, f->bytes, 1234);
    assert_int_equal(stet_net_run(&req, 1, &f->opt, NULL, &f->err), 0);
    assert_got(f);
    assert_int_equal(f->sink.restarts, 0);
}

static void test_file_of_wrong_size(void **state)
{
    struct fixture *f = *state;
    const char *urls[] = {file_url(f, "a"), NULL};
    struct stet_net_request req = sink_request(&f->sink, urls, SIZE + 1);
    assert_int_equal(stet_net_run(&req, 1, &f->opt, NULL, &f->err), -1);
    assert_says(f, STET_ERROR_INPUT, "5000 bytes, but 5001 are expected");
    assert_int_equal(f->sink.datas, 0);
}

static void test_file_missing(void **state)
{
    struct fixture *f = *state;
    struct stet_buffer out = STET_BUFFER_INIT;
    assert_int_equal(get(f, file_url(f, "none")), -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "there is no such file");
    assert_int_equal(stet_net_get(file_url(f, "none"), 100, true, &f->opt, &out, NULL), 0);
    assert_int_equal(stet_net_get(file_url(f, "a/b"), 100, true, &f->opt, &out, NULL), 0);
}

/* A folder, and a FIFO that nobody writes to: neither content nor a wait. */
static void test_file_of_other_kinds(void **state)
{
    struct fixture *f = *state;
    char fifo[512];
    snprintf(fifo, sizeof(fifo), "%s/fifo", f->dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(get(f, file_url(f, "fifo")), -1);
    assert_says(f, STET_ERROR_INPUT, "not a regular file");
    assert_int_equal(get(f, file_url(f, "")), -1);
    assert_says(f, STET_ERROR_INPUT, "not a regular file");
}

/* ---- one document ---- */

static void test_get(void **state)
{
    struct fixture *f = *state;
    const char *args[] = {"--fault", "/a=truncate@1", NULL};
    struct stet_buffer out = STET_BUFFER_INIT;
    stet_test_server_start(&f->server, f->dir, args);
    f->opt.attempts = 2;
    stet_buffer_add_str(&out, "before");
    assert_int_equal(
        stet_net_get(stet_test_url(&f->server, "/a"), SIZE, false, &f->opt, &out, &f->err), 1);
    assert_int_equal(out.len, 6 + SIZE);
    assert_memory_equal(out.data, "before", 6);
    assert_memory_equal(out.data + 6, f->bytes, SIZE);
    assert_int_equal(
        stet_net_get(stet_test_url(&f->server, "/a"), SIZE - 1, false, &f->opt, &out, &f->err), -1);
    assert_says(f, STET_ERROR_INPUT, "cannot get http://127.0.0.1:");
    assert_int_equal(out.len, 6 + SIZE);
    stet_error_clear(&f->err);
    assert_int_equal(
        stet_net_get(stet_test_url(&f->server, "/none"), SIZE, true, &f->opt, &out, &f->err), 0);
    assert_int_equal(
        stet_net_get(stet_test_url(&f->server, "/none"), SIZE, false, &f->opt, &out, &f->err), -1);
    assert_int_equal(out.len, 6 + SIZE);
    stet_buffer_release(&out);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url_parts),
        cmocka_unit_test(test_url_refusals),
        cmocka_unit_test(test_content_range),
        T(test_errors_show_no_secrets),
        T(test_redirect_is_followed),
        T(test_relative_redirect_keeps_credentials),
        T(test_credentials_stay_with_their_server),
        T(test_credentials_in_a_redirect_are_not_used),
        T(test_netrc_stays_with_its_server),
        T(test_wanted_credentials),
        T(test_redirect_loop),
        T(test_redirect_to_file_is_refused),
        T(test_redirect_to_other_schemes_is_refused),
        cmocka_unit_test(test_downgrade_is_refused),
        T(test_proxy),
        T(test_file),
        T(test_file_is_resumed),
        T(test_file_of_wrong_size),
        T(test_file_missing),
        T(test_file_of_other_kinds),
        T(test_get),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
