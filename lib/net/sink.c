/* The request's functions, called in one way whatever the protocol: sizes and budgets are checked
 * here, before anything reaches the sink. */
#include <inttypes.h>
#include <stdarg.h>

#include "lib/net/internal.h"

int stet_net_stop(struct stet_net_transfer *t, enum stet_net_outcome outcome,
                  enum stet_error_kind kind, const char *fmt, ...)
{
    char text[STET_ERROR_TEXT_MAX / 2];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    t->outcome = outcome;
    stet_error_clear(&t->failure);
    return stet_error_set(&t->failure, kind, 0, "%s", text);
}

/* A wrong content: what the sink holds of it is worth nothing. */
static int wrong_size(struct stet_net_transfer *t, const char *what, int64_t size)
{
    t->fresh = true;
    return stet_net_stop(t, STET_NET_GIVE_UP, STET_ERROR_INPUT,
                         "%s %" PRId64 " bytes, but %" PRId64
                         " are expected: the file there is another one",
                         what, size, t->req->size);
}

static int too_large(struct stet_net_transfer *t)
{
    t->fresh = true;
    return stet_net_stop(t, STET_NET_GIVE_UP, STET_ERROR_INPUT,
                         "the file is larger than the %" PRIu64 " bytes allowed here",
                         t->req->max_size);
}

int stet_net_sink_restart(struct stet_net_transfer *t)
{
    stet_error_clear(&t->failure);
    if (t->req->restart(t->req->ctx, &t->failure) < 0) {
        t->outcome = STET_NET_FATAL;
        return -1;
    }
    t->have = 0;
    t->fresh = false;
    t->mixed = false;
    return 0;
}

int stet_net_sink_begin(struct stet_net_transfer *t, int64_t first, int64_t length)
{
    if (first == 0 && t->have > 0 && stet_net_sink_restart(t) < 0)
        return -1;
    t->mixed = first > 0;
    int64_t size = -1;
    if (length < 0)
        return 0;
    if (__builtin_add_overflow(first, length, &size))
        return stet_net_stop(t, STET_NET_GIVE_UP, STET_ERROR_INPUT,
                             "the length it states is absurd");
    if (t->req->size >= 0 && size != t->req->size)
        return wrong_size(t, "the server has a file of", size);
    if (t->req->size < 0 && (uint64_t)size > t->req->max_size)
        return too_large(t);
    return 0;
}

static int within_budget(struct stet_net_transfer *t, size_t len)
{
    struct stet_net_runner *run = t->run;
    if (len > run->opt.budget - run->received)
        return stet_net_stop(t, STET_NET_FATAL, STET_ERROR_INPUT,
                             "the downloads exceed their budget of %" PRIu64 " bytes",
                             run->opt.budget);
    run->received += len;
    t->received += len;
    return 0;
}

int stet_net_sink_data(struct stet_net_transfer *t, const void *data, size_t len)
{
    if (within_budget(t, len) < 0)
        return -1;
    if (t->discard)
        return 0;
    if (t->req->size >= 0 && (uint64_t)(t->req->size - t->have) < len) {
        t->fresh = true;
        return stet_net_stop(t, STET_NET_GIVE_UP, STET_ERROR_INPUT,
                             "the server sends more than the %" PRId64
                             " bytes expected: the file there is another one",
                             t->req->size);
    }
    if (t->req->size < 0 && len > t->req->max_size - (uint64_t)t->have)
        return too_large(t);
    stet_error_clear(&t->failure);
    if (t->req->data(t->req->ctx, data, len, &t->failure) < 0) {
        t->outcome = STET_NET_FATAL;
        return -1;
    }
    t->have += (int64_t)len;
    if (t->have > t->reported) {
        stet_log_phase_advance(t->run->log, 0, (uint64_t)(t->have - t->reported), t->req->name);
        t->reported = t->have;
    }
    return 0;
}

void stet_net_sink_end(struct stet_net_transfer *t)
{
    if (t->req->size >= 0 && t->have != t->req->size) {
        wrong_size(t, "the server sent", t->have);
        return;
    }
    stet_error_clear(&t->failure);
    if (t->req->done(t->req->ctx, t->now.shown, &t->failure) == 0) {
        t->outcome = STET_NET_COMPLETE;
        return;
    }
    t->fresh = true;
    if (t->failure.kind != STET_ERROR_INPUT)
        t->outcome = STET_NET_FATAL;
    else
        /* Resumed bytes may be the damaged ones: the URL is not to blame until it was asked for
         * all. */
        t->outcome = t->mixed ? STET_NET_REDO : STET_NET_GIVE_UP;
}
