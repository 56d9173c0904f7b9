/* A sink that keeps everything in memory, and counts. */
#ifndef STET_TESTS_UNIT_NET_SINK_H
#define STET_TESTS_UNIT_NET_SINK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/net/net.h"
#include "tests/support/server.h"

struct sink {
    struct stet_buffer got;
    unsigned restarts;
    unsigned datas;
    unsigned dones;
    const void *want; /* done refuses anything else; NULL: takes all */
    size_t want_len;
    int start_result;
    bool data_fails;
};

static inline int sink_start(void *ctx, int64_t *resume_from, struct stet_error *err)
{
    struct sink *s = ctx;
    (void)err;
    *resume_from = (int64_t)s->got.len;
    return s->start_result;
}

static inline int sink_restart(void *ctx, struct stet_error *err)
{
    struct sink *s = ctx;
    (void)err;
    s->restarts++;
    stet_buffer_clear(&s->got);
    return 0;
}

static inline int sink_data(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct sink *s = ctx;
    s->datas++;
    if (s->data_fails)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "the sink is full");
    stet_buffer_add(&s->got, data, len);
    return stet_buffer_check(&s->got, "keeping", err);
}

static inline int sink_done(void *ctx, const char *url, struct stet_error *err)
{
    struct sink *s = ctx;
    assert_non_null(url);
    s->dones++;
    if (s->want != NULL &&
        (s->got.len != s->want_len || memcmp(stet_buffer_str(&s->got), s->want, s->want_len) != 0))
        return stet_error_input(err, "this is not the content");
    return 0;
}

static inline struct stet_net_request sink_request(struct sink *s, const char *const *urls,
                                                   int64_t size)
{
    return (struct stet_net_request){
        .urls = urls,
        .name = "thing",
        .size = size,
        .max_size = 1 << 20,
        .ctx = s,
        .start = sink_start,
        .restart = sink_restart,
        .data = sink_data,
        .done = sink_done,
    };
}

static inline struct stet_net_options quick_options(void)
{
    return (struct stet_net_options){.retry_ms = 5, .stall_timeout_s = 1, .connect_timeout_s = 2};
}

/* The environment of the one who runs the tests must not matter. */
static inline void clean_environment(const char *home)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY",  "no_proxy",    "NO_PROXY",    "NETRC"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    setenv("HOME", home, 1);
}

#endif
