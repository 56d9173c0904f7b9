/*
 * layer - two tars as they are stored: how they are compressed, whether they are damaged, and what is in them.
 */
#include <errno.h>

#include "lib/diff/compressed.h"
#include "lib/diff/sides.h"

static int tell(struct diff *d, unsigned layer, const char *what, const char *a, const char *b,
                struct stet_error *err)
{
    return stet_diff_add_at(d, STET_DIFF_LAYER, layer, "", "tar", a, b, err, "%s", what) ? 0 : -1;
}

/* The decoder's message begins with the name of what was read, which differs anyway. */
static const char *damage_text(const struct diff_stream *s)
{
    size_t len = strlen(s->name);
    const char *text = s->damage.text;

    if (s->damage.kind == STET_ERROR_NONE)
        return "whole";
    return strncmp(text, s->name, len) == 0 && strncmp(text + len, ": ", 2) == 0 ? text + len + 2
                                                                                 : text;
}

static bool is_damaged(const struct diff_stream *s)
{
    return s->damage.kind != STET_ERROR_NONE;
}

/* Was it a limit that ended it? */
static bool is_limited(const struct diff_stream *s)
{
    return is_damaged(s) && (s->damage.errnum == ENOMEM || s->damage.errnum == EFBIG);
}

static bool same_tar(const struct diff_stream *a, const struct diff_stream *b)
{
    if (a->tar.bytes.len != b->tar.bytes.len)
        return false;
    if (a->verify && b->verify)
        return stet_digest_equal(&a->tar_digest, &b->tar_digest);
    return stet_diff_map_equal(&a->tar, &b->tar);
}

/* How two readable streams are compressed, where that differs. */
static int compare_compression(struct diff *d, unsigned layer, const struct diff_stream *a,
                               const struct diff_stream *b, bool same, struct stet_error *err)
{
    if (a->kind != STET_CODEC_NONE && b->kind != STET_CODEC_NONE) {
        int n = stet_diff_compression(d, STET_DIFF_LAYER, layer, "", &a->blob.bytes, &b->blob.bytes,
                                      same, err);
        stet_diff_map_forget(&a->blob, 0, SIZE_MAX);
        stet_diff_map_forget(&b->blob, 0, SIZE_MAX);
        return n < 0 ? -1 : 0;
    }
    if (a->kind == b->kind)
        return 0;
    struct stet_finding *f =
        stet_diff_add_at(d, STET_DIFF_LAYER, layer, "", "tar", stet_codec_kind_name(a->kind),
                         stet_codec_kind_name(b->kind), err, "compression");
    if (!f)
        return -1;
    return stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err,
                             "one of them is compressed, the other is not");
}

static int compare_tars(struct diff *d, unsigned layer, struct diff_stream *a,
                        struct diff_stream *b, struct stet_error *err)
{
    struct diff_list la, lb;

    if (stet_diff_archive(d, layer, &a->index, &b->index, err) < 0 ||
        stet_diff_list_tar(&a->index, &la, err) < 0 || stet_diff_list_tar(&b->index, &lb, err) < 0)
        return -1;
    la.damaged = la.damaged || is_damaged(a);
    lb.damaged = lb.damaged || is_damaged(b);
    return stet_diff_entries(d, layer, &la, &lb, true, err);
}

/* Nothing that is known of the formats shows the difference. */
static int compare_raw(struct diff *d, unsigned layer, struct diff_stream *a, struct diff_stream *b,
                       struct stet_error *err)
{
    bool tars = !stet_diff_map_equal(&a->tar, &b->tar);

    return stet_diff_bytes_at(
        d, STET_DIFF_LAYER, layer, "", "bytes", tars ? "tar" : "compressed data",
        tars ? &a->tar.bytes : &a->blob.bytes, tars ? &b->tar.bytes : &b->blob.bytes, err);
}

int stet_diff_streams(struct diff *d, unsigned layer, struct diff_stream *a, struct diff_stream *b,
                      bool compression, struct stet_error *err)
{
    size_t before = d->result->count;
    bool damaged = is_damaged(a) || is_damaged(b);

    d->result->bytes += a->tar.bytes.len + b->tar.bytes.len;
    if (stet_diff_map_equal(&a->blob, &b->blob))
        return 0;
    bool limited = is_limited(a) || is_limited(b);
    if (damaged && (limited || strcmp(damage_text(a), damage_text(b)) != 0) &&
        tell(d, layer, "compressed data", damage_text(a), damage_text(b), err) < 0)
        return -1;
    if (limited)
        d->result->cut_short = true;
    bool same = same_tar(a, b);
    if (same && !compression && !damaged)
        return 0;
    if (compression && !damaged && compare_compression(d, layer, a, b, same, err) < 0)
        return -1;
    if (!same && compare_tars(d, layer, a, b, err) < 0)
        return -1;
    if (d->result->count > before || d->result->cut_short)
        return 0;
    return compare_raw(d, layer, a, b, err);
}
