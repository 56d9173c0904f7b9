/*
 * decoder - recognises a compression and reads through its decoder, within a budget.
 */
#include <errno.h>

#include "lib/codec/decoder.h"

enum { INPUT_SIZE = 64 << 10, MAGIC_MAX = 6 };

struct decoder {
    struct stet_reader base;
    struct stet_reader *below;
    char *name;
    const struct stet_codec_decoder_ops *ops;
    void *state;
    uint64_t max_bytes, produced;
    size_t pos, len; /* of the input that is there */
    bool eof, ended;
    unsigned char in[INPUT_SIZE];
};

const char *stet_codec_kind_name(enum stet_codec_kind kind)
{
    switch (kind) {
    case STET_CODEC_NONE:
        return "none";
    case STET_CODEC_GZIP:
        return "gzip";
    case STET_CODEC_XZ:
        return "xz";
    case STET_CODEC_ZSTD:
        return "zstd";
    }
    return "unknown";
}

int stet_codec_count_member(unsigned *empty, uint64_t output, const char *name,
                            struct stet_error *err)
{
    if (output > 0 || ++*empty <= STET_CODEC_EMPTY_MAX)
        return 0;
    return stet_error_input(err, "%s: more than %d empty compressed members", name,
                            STET_CODEC_EMPTY_MAX);
}

static void *none_open(struct stet_error *err)
{
    (void)err;
    static char nothing;
    return &nothing;
}

static enum stet_codec_step none_step(void *state, struct stet_codec_window *w, const char *name,
                                      struct stet_error *err)
{
    size_t n = w->in_len < w->out_len ? w->in_len : w->out_len;

    (void)state;
    (void)name;
    (void)err;
    if (w->in_len == 0 && w->last)
        return STET_CODEC_STEP_END;
    memcpy(w->out, w->in, n);
    w->in += n;
    w->in_len -= n;
    w->out += n;
    w->out_len -= n;
    return STET_CODEC_STEP_MORE;
}

static void none_close(void *state)
{
    (void)state;
}

const struct stet_codec_decoder_ops stet_codec_none_decoder = {none_open, none_step, none_close};

static int refill(struct decoder *d, struct stet_error *err)
{
    if (d->pos == d->len)
        d->pos = d->len = 0;
    if (d->eof || d->len == INPUT_SIZE)
        return 0;
    ssize_t n = stet_reader_read(d->below, d->in + d->len, INPUT_SIZE - d->len, err);
    if (n < 0)
        return -1;
    d->len += (size_t)n;
    d->eof = n == 0;
    return 0;
}

static enum stet_codec_step advance(struct decoder *d, unsigned char *out, size_t len, size_t *got,
                                    struct stet_error *err)
{
    struct stet_codec_window w = {d->in + d->pos, d->len - d->pos, d->eof, out, len};
    size_t before = w.in_len;
    enum stet_codec_step step = d->ops->step(d->state, &w, d->name, err);

    d->pos += before - w.in_len;
    *got = len - w.out_len;
    if (step != STET_CODEC_STEP_MORE || *got > 0 || before != w.in_len)
        return step;
    if (before == 0 && !d->eof)
        return step;
    stet_error_input(err,
                     d->eof && before == 0 ? "%s: compressed data end too early"
                                           : "%s: the decompressor makes no progress",
                     d->name);
    return STET_CODEC_STEP_ERROR;
}

static ssize_t decoder_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct decoder *d = ctx;
    size_t got = 0;

    while (!d->ended && got == 0 && len > 0) {
        if (d->pos == d->len && refill(d, err) < 0)
            return -1;
        enum stet_codec_step step = advance(d, data, len, &got, err);
        if (step == STET_CODEC_STEP_ERROR)
            return -1;
        d->ended = step == STET_CODEC_STEP_END;
    }
    if (got > d->max_bytes - d->produced) {
        stet_error_input(err, "%s: decompresses to more than %ju bytes", d->name,
                         (uintmax_t)d->max_bytes);
        return stet_codec_limit(err, EFBIG);
    }
    d->produced += got;
    return (ssize_t)got;
}

static void decoder_close(void *ctx)
{
    struct decoder *d = ctx;

    if (d->state)
        d->ops->close(d->state);
    d->state = NULL;
}

static const struct stet_reader_ops decoder_ops = {decoder_read, decoder_close};

static enum stet_codec_kind recognise(const unsigned char *p, size_t len)
{
    if (len >= 2 && memcmp(p, "\x1f\x8b", 2) == 0)
        return STET_CODEC_GZIP;
    if (len >= 6 && memcmp(p,
                           "\xfd"
                           "7zXZ\0",
                           6) == 0)
        return STET_CODEC_XZ;
    if (len >= 4 && memcmp(p, "\x28\xb5\x2f\xfd", 4) == 0)
        return STET_CODEC_ZSTD;
    /* A skippable frame, which parallel compressors put first. */
    if (len >= 4 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0)
        return STET_CODEC_ZSTD;
    return STET_CODEC_NONE;
}

static int open_kind(struct decoder *d, enum stet_codec_kind *kind, struct stet_error *err)
{
    static const struct stet_codec_decoder_ops *const table[] = {
        [STET_CODEC_NONE] = &stet_codec_none_decoder,
        [STET_CODEC_GZIP] = &stet_codec_gzip_decoder,
        [STET_CODEC_XZ] = &stet_codec_xz_decoder,
        [STET_CODEC_ZSTD] = &stet_codec_zstd_decoder,
    };

    while (d->len < MAGIC_MAX && !d->eof)
        if (refill(d, err) < 0)
            return -1;
    enum stet_codec_kind found = recognise(d->in, d->len);
    if (kind)
        *kind = found;
    d->ops = table[found];
    d->state = d->ops->open(err);
    return d->state ? 0 : -1;
}

struct stet_reader *stet_codec_decoder_new(struct stet_reader *below, const char *name,
                                           uint64_t max_bytes, enum stet_codec_kind *kind,
                                           struct stet_error *err)
{
    struct decoder *d = calloc(1, sizeof(*d));

    if (!d) {
        stet_error_oom(err, name);
        return NULL;
    }
    stet_reader_init(&d->base, &decoder_ops, d);
    d->below = below;
    d->max_bytes = max_bytes;
    d->name = stet_strdup(name, err);
    if (!d->name || open_kind(d, kind, err) < 0) {
        stet_codec_decoder_free(&d->base);
        return NULL;
    }
    return &d->base;
}

void stet_codec_decoder_free(struct stet_reader *r)
{
    if (!r)
        return;
    struct decoder *d = r->ctx;
    decoder_close(d);
    free(d->name);
    free(d);
}
