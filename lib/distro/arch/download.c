#include "lib/distro/arch/download.h"

static int restart(void *ctx, struct stet_error *err)
{
    struct stet_arch_document *d = ctx;
    (void)err;
    stet_buffer_clear(&d->content);
    return 0;
}

static int take(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct stet_arch_document *d = ctx;
    stet_buffer_add(&d->content, data, len);
    return stet_buffer_check(&d->content, d->name, err);
}

static int done(void *ctx, const char *url, struct stet_error *err)
{
    (void)ctx;
    (void)url;
    (void)err;
    return 0;
}

static struct stet_net_request request_of(struct stet_arch_document *d, const char *const *urls)
{
    return (struct stet_net_request){.urls = urls,
                                     .name = d->name,
                                     .size = -1,
                                     .max_size = d->max,
                                     .optional = true,
                                     .ctx = d,
                                     .restart = restart,
                                     .data = take,
                                     .done = done};
}

int stet_arch_find(const struct stet_resolve_context *ctx, struct stet_arch_document *d,
                   struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer reasons = STET_BUFFER_INIT;
    enum stet_error_kind kind = STET_ERROR_NONE;
    /* One after the other: a request with several URLs does not tell which of them served it, as its server may
     * redirect. */
    for (d->from = 0; d->urls[d->from]; d->from++) {
        const char *const one[] = {d->urls[d->from], NULL};
        struct stet_net_request request = request_of(d, one);
        struct stet_error why = STET_ERROR_INIT;
        stet_buffer_clear(&d->content);
        if (stet_net_run(&request, 1, &ctx->net, ctx->log, &why) == 0) {
            d->present = request.status == STET_NET_DONE;
            if (d->present)
                return 0;
            stet_buffer_addf(&reasons, "; %s does not exist", one[0]);
            continue;
        }
        if (why.kind != STET_ERROR_ENVIRONMENT && why.kind != STET_ERROR_INPUT) {
            stet_error_copy(err, &why);
            return -1;
        }
        kind = kind == STET_ERROR_INPUT ? kind : why.kind;
        stet_buffer_addf(&reasons, "; %s", why.text);
    }
    if (stet_buffer_check(&reasons, d->name, err) < 0)
        return -1;
    return kind == STET_ERROR_NONE
               ? 0
               : stet_error_set(err, kind, 0, "%s", stet_buffer_str(&reasons) + 2);
}

int stet_arch_download(const struct stet_resolve_context *ctx, struct stet_arch_document *documents,
                       size_t count, struct stet_error *err)
{
    if (count == 0)
        return 0;
    _cleanup_free_ struct stet_net_request *requests = calloc(count, sizeof *requests);
    if (!requests)
        return stet_error_oom(err, "getting documents of repositories");
    for (size_t i = 0; i < count; i++)
        requests[i] = request_of(&documents[i], documents[i].urls);
    if (stet_net_run(requests, count, &ctx->net, ctx->log, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        documents[i].present = requests[i].status == STET_NET_DONE;
    return 0;
}

/* That there was none is remembered as an empty document: an empty one is no good for anything either. */
int stet_arch_remember(const struct stet_resolve_context *ctx, const char *key,
                       const struct stet_arch_document *document, struct stet_error *err)
{
    bool there = document->present && document->content.len > 0;
    return stet_store_memo_put(ctx->store, key, there ? document->content.data : "",
                               there ? document->content.len : 0, err);
}

int stet_arch_recall(const struct stet_resolve_context *ctx, const char *key,
                     struct stet_arch_document *document, struct stet_error *err)
{
    int got = stet_store_memo_get(ctx->store, key, &document->content, err);
    if (got > 0)
        document->present = document->content.len > 0;
    return got;
}
