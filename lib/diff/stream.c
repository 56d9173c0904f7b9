/*
 * stream - a tar as it is stored: decoded into an unnamed file, hashed, indexed.
 */
#include <errno.h>

#include "lib/diff/sides.h"
#include "lib/diff/spool.h"

enum { CHUNK = 256 << 10, FORGET = 4 << 20 };

/* ---- the blob as a stream that hashes what is read and forgets it ---- */

struct blob_reader {
    struct stet_reader base;
    const struct diff_map *map;
    size_t pos, forgotten;
    struct stet_digest_state *state; /* NULL: nothing is hashed */
};

static ssize_t blob_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct blob_reader *r = ctx;
    size_t left = r->map->bytes.len - r->pos, n = len < left ? len : left;

    if (n == 0)
        return 0;
    memcpy(data, r->map->bytes.data + r->pos, n);
    if (r->state && stet_digest_update(r->state, data, n, err) < 0)
        return -1;
    r->pos += n;
    if (r->pos - r->forgotten > FORGET) {
        stet_diff_map_forget(r->map, r->forgotten, r->pos - r->forgotten);
        r->forgotten = r->pos;
    }
    return (ssize_t)n;
}

static const struct stet_reader_ops blob_ops = {blob_read, NULL};

/* ---- decoding ---- */

struct decoding {
    const struct diff *diff;
    struct diff_stream *stream;
    struct blob_reader in;
    struct stet_digest_state blob, tar;
    int fd;
    uint64_t written;
};

static int keep(struct decoding *c, const void *data, size_t len, struct stet_error *err)
{
    if (c->stream->verify && stet_digest_update(&c->tar, data, len, err) < 0)
        return -1;
    c->written += len;
    return stet_diff_unnamed_write(c->diff, c->fd, data, len, err);
}

/* What the decoder does not like is kept as damage. */
static int decode(struct decoding *c, struct stet_reader *in, char *buffer, struct stet_error *err)
{
    for (;;) {
        if (stet_cancel_check(err) < 0 || stet_diff_guard_check(c->diff->guard, err) < 0)
            return -1;
        ssize_t n = stet_reader_read(in, buffer, CHUNK, &c->stream->damage);
        if (n < 0 && c->stream->damage.kind == STET_ERROR_INPUT)
            return 0;
        if (n < 0) {
            stet_error_copy(err, &c->stream->damage);
            return -1;
        }
        if (n == 0)
            return 0;
        if (keep(c, buffer, (size_t)n, err) < 0)
            return -1;
    }
}

/*
 * A decoder that fails keeps back what it decoded since it was last asked: it is asked again, for one byte at a time once
 * it comes to where the first attempt ended.
 */
static int decode_last(struct decoding *c, uint64_t max, char *buffer, struct stet_error *err)
{
    struct blob_reader in = {.map = &c->stream->blob};
    uint64_t skip = c->written;
    ssize_t n = 1;
    int rc = 0;

    stet_reader_init(&in.base, &blob_ops, &in);
    struct stet_reader *r = stet_codec_decoder_new(&in.base, c->stream->name, max, NULL, NULL);
    while (r && rc == 0 && n > 0) {
        n = stet_reader_read(r, buffer, skip > CHUNK ? CHUNK : skip ? (size_t)skip : 1, NULL);
        if (n > 0 && skip == 0)
            rc = keep(c, buffer, (size_t)n, err);
        skip -= n > 0 && skip > 0 ? (uint64_t)n : 0;
        if (rc == 0 && skip > 0)
            rc = stet_cancel_check(err);
    }
    stet_codec_decoder_free(r);
    return rc;
}

/* The rest of the blob, which a decoder that failed did not read. */
static int read_rest(struct decoding *c, char *buffer, struct stet_error *err)
{
    ssize_t n;

    while ((n = stet_reader_read(&c->in.base, buffer, CHUNK, err)) > 0)
        if (stet_cancel_check(err) < 0)
            return -1;
    return n < 0 ? -1 : 0;
}

/* Layers are longer than contents, and few. */
static uint64_t max_of(const struct diff *d, const struct diff_stream *s)
{
    if (d->options->budget_bytes)
        return d->options->budget_bytes;
    uint64_t max = 2 * DIFF_BUDGET_FIRST + s->blob.bytes.len * DIFF_BUDGET_RATIO;
    return max < DIFF_BUDGET_BYTES ? max : DIFF_BUDGET_BYTES;
}

static int decode_all(struct decoding *c, struct stet_error *err)
{
    const struct diff *d = c->diff;
    struct diff_stream *s = c->stream;
    uint64_t max = max_of(d, s);
    _cleanup_free_ char *buffer = malloc(CHUNK);

    if (!buffer)
        return stet_error_oom(err, s->name);
    struct stet_reader *in =
        stet_codec_decoder_new(&c->in.base, s->name, max, &s->kind, &s->damage);
    int rc = in ? decode(c, in, buffer, err) : 0;
    stet_codec_decoder_free(in);
    if (rc == 0 && s->damage.kind && s->damage.kind != STET_ERROR_INPUT) {
        stet_error_copy(err, &s->damage);
        return -1;
    }
    if (rc == 0 && s->damage.kind && c->written < max)
        rc = decode_last(c, max, buffer, err);
    if (rc == 0 && s->verify)
        rc = read_rest(c, buffer, err);
    return rc < 0 ? -1 : stet_diff_map_fd(d->guard, c->fd, 0, c->written, s->name, &s->tar, err);
}

static int finish_digests(struct decoding *c, struct stet_error *err)
{
    struct diff_stream *s = c->stream;

    if (!s->verify)
        return 0;
    return stet_digest_finish(&c->blob, &s->blob_digest, err) < 0 ||
                   stet_digest_finish(&c->tar, &s->tar_digest, err) < 0
               ? -1
               : 0;
}

static int open_compressed(const struct diff *d, struct diff_stream *s, struct stet_error *err)
{
    struct decoding c = {.diff = d, .stream = s, .fd = stet_diff_unnamed_file(d, err)};
    int rc = -1;

    if (c.fd < 0)
        return -1;
    stet_reader_init(&c.in.base, &blob_ops, &c.in);
    c.in.map = &s->blob;
    c.in.state = s->verify ? &c.blob : NULL;
    if (!s->verify ||
        (stet_digest_begin(&c.blob, err) == 0 && stet_digest_begin(&c.tar, err) == 0)) {
        rc = decode_all(&c, err);
        if (rc == 0)
            rc = finish_digests(&c, err);
    }
    stet_digest_release(&c.blob);
    stet_digest_release(&c.tar);
    close(c.fd);
    return rc;
}

static enum stet_codec_kind kind_of(const struct diff_bytes *b)
{
    static const struct {
        enum stet_codec_kind kind;
        size_t len;
        const char *magic;
    } magics[] = {{STET_CODEC_GZIP, 2, "\x1f\x8b"},
                  {STET_CODEC_XZ, 6,
                   "\xfd"
                   "7zXZ\0"},
                  {STET_CODEC_ZSTD, 4, "\x28\xb5\x2f\xfd"}};

    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (b->len >= magics[i].len && memcmp(b->data, magics[i].magic, magics[i].len) == 0)
            return magics[i].kind;
    return STET_CODEC_NONE;
}

int stet_diff_stream_open(const struct diff *d, struct diff_stream *s, struct stet_error *err)
{
    if (s->is_open)
        return 0;
    s->kind = kind_of(&s->blob.bytes);
    if (s->kind == STET_CODEC_NONE) {
        stet_diff_map_part(&s->blob, 0, UINT64_MAX, &s->tar);
        if (s->verify && stet_diff_map_digest(&s->blob, &s->blob_digest, err) < 0)
            return -1;
        s->tar_digest = s->blob_digest;
    } else if (open_compressed(d, s, err) < 0) {
        return -1;
    }
    if (stet_diff_tar_index(d, &s->tar, &s->index, err) < 0)
        return -1;
    s->is_open = true;
    return 0;
}

void stet_diff_stream_release(struct diff_stream *s)
{
    stet_diff_tar_release(&s->index);
    stet_diff_map_release(&s->tar);
    stet_diff_map_release(&s->blob);
    free(s->name);
    *s = (struct diff_stream){0};
}

/* ---- several at once ---- */

struct job {
    const struct diff *d;
    struct diff_stream **streams;
};

static int open_one(void *ctx, size_t i, struct stet_error *err)
{
    struct job *job = ctx;
    return stet_diff_stream_open(job->d, job->streams[i], err);
}

int stet_diff_streams_open(const struct diff *d, struct diff_stream **streams, size_t count,
                           struct stet_error *err)
{
    struct job job = {d, streams};
    unsigned threads = d->options->threads ? d->options->threads : 1;

    return stet_pool_run(threads, count, open_one, &job, err);
}
