/* One small document into memory. */
#include "lib/net/net.h"

struct document {
    struct stet_buffer *out;
    size_t before; /* what was in it already */
};

static int doc_restart(void *ctx, struct stet_error *err)
{
    struct document *doc = ctx;
    (void)err;
    if (doc->out->data != NULL) {
        doc->out->len = doc->before;
        doc->out->data[doc->before] = '\0';
    }
    return 0;
}

static int doc_data(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct document *doc = ctx;
    stet_buffer_add(doc->out, data, len);
    return stet_buffer_check(doc->out, "keeping a document", err);
}

static int doc_done(void *ctx, const char *url, struct stet_error *err)
{
    (void)ctx;
    (void)url;
    (void)err;
    return 0;
}

int stet_net_get(const char *url, uint64_t max, bool optional,
                 const struct stet_net_options *options, struct stet_buffer *out,
                 struct stet_error *err)
{
    struct document doc = {out, out->len};
    const char *urls[] = {url, NULL};
    struct stet_net_request req = {
        .urls = urls,
        .size = -1,
        .max_size = max,
        .optional = optional,
        .ctx = &doc,
        .restart = doc_restart,
        .data = doc_data,
        .done = doc_done,
    };
    if (stet_net_run(&req, 1, options, NULL, err) < 0) {
        doc_restart(&doc, NULL);
        return -1;
    }
    return req.status == STET_NET_DONE ? 1 : 0;
}
