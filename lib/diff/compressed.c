/*
 * compressed - what is inside of a compressed content, and how it was compressed.
 */
#include "lib/diff/compressed.h"

#include <errno.h>

#include "lib/diff/compressed_private.h"
#include "lib/diff/formats.h"
#include "lib/diff/spool.h"

const char *stet_diff_compression_name(const struct diff_bytes *data)
{
    const unsigned char *s = data->data;

    if (data->len >= 10 && memcmp(s, "\x1f\x8b\x08", 3) == 0)
        return "gzip";
    if (data->len >= 12 && memcmp(s,
                                  "\xfd"
                                  "7zXZ",
                                  6) == 0)
        return "xz";
    if (data->len >= 4 && (memcmp(s, "\x28\xb5\x2f\xfd", 4) == 0 ||
                           (memcmp(s + 1, "\x2a\x4d\x18", 3) == 0 && s[0] >= 0x50 && s[0] <= 0x5f)))
        return "zstd";
    if (data->len >= 14 && memcmp(s, "BZh", 3) == 0 && s[3] >= '1' && s[3] <= '9' &&
        (memcmp(s + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
         memcmp(s + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0))
        return "bzip2";
    return NULL;
}

int stet_diff_compression_describe(const struct diff_bytes *data, struct stet_buffer *out,
                                   struct stet_error *err)
{
    const char *name = stet_diff_compression_name(data);
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    int rc = 0;

    if (name && strcmp(name, "gzip") == 0)
        rc = stet_diff_gzip_describe(data, &text, err);
    else if (name && strcmp(name, "xz") == 0)
        rc = stet_diff_xz_describe(data, &text, err);
    else if (name && strcmp(name, "zstd") == 0)
        rc = stet_diff_zstd_describe(data, &text, err);
    else if (name)
        rc = stet_diff_bzip2_describe(data, &text, err);
    if (rc > 0)
        stet_buffer_add(out, text.data, text.len);
    if (rc > 0 && stet_buffer_check(out, "describing a compression", err) < 0)
        return -1;
    return rc;
}

/* ---- what differs in the streams themselves ---- */

static int add_compression(struct diff *d, enum stet_diff_level level, unsigned layer,
                           const char *path, const struct diff_bytes *a, const struct diff_bytes *b,
                           bool same, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer x = STET_BUFFER_INIT, y = STET_BUFFER_INIT;
    const char *a_name = stet_diff_compression_name(a), *b_name = stet_diff_compression_name(b);

    if (stet_diff_compression_describe(a, &x, err) < 0 ||
        stet_diff_compression_describe(b, &y, err) < 0)
        return -1;
    struct stet_finding *f =
        stet_diff_add_at(d, level, layer, path,
                         a_name   ? a_name
                         : b_name ? b_name
                                  : "none",
                         x.len ? stet_buffer_str(&x) : "not compressed",
                         y.len ? stet_buffer_str(&y) : "not compressed", err, "compression");
    if (!f)
        return -1;
    if (!same && a_name == b_name)
        return 1;
    return stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err,
                             same ? "what was compressed is equal on both sides, byte for byte"
                                  : "it is compressed by another format") < 0
               ? -1
               : 1;
}

static bool is_equal(struct diff_bytes a, struct diff_bytes b)
{
    return stet_diff_bytes_equal(&a, &b);
}

/* Without it when it cannot be read. */
static struct diff_bytes after_header(const struct diff_bytes *x, size_t header)
{
    return (struct diff_bytes){x->data + header, x->len - header};
}

int stet_diff_compression(struct diff *d, enum stet_diff_level level, unsigned layer,
                          const char *path, const struct diff_bytes *a, const struct diff_bytes *b,
                          bool same, struct stet_error *err)
{
    const char *a_name = stet_diff_compression_name(a), *b_name = stet_diff_compression_name(b);
    struct stet_diff_gzip_header x, y;
    bool alone = !same; /* is there no finding "compression"? */
    int n = 0;

    if (a_name && a_name == b_name && strcmp(a_name, "gzip") == 0 && stet_diff_gzip_header(a, &x) &&
        stet_diff_gzip_header(b, &y)) {
        alone = alone || is_equal(after_header(a, x.len), after_header(b, y.len));
        n = stet_diff_gzip_header_compare(d, level, layer, path, &x, &y, alone, err);
        if (n < 0)
            return -1;
    }
    if (a_name == b_name && alone && (n > 0 || !same))
        return n;
    return add_compression(d, level, layer, path, a, b, same, err) < 0 ? -1 : n + 1;
}

/* ---- the comparator ---- */

/* Decodes one side within what is left of the budget. limit: the one that ended it, if one did. */
static int decode(const struct diff_pair *p, struct diff_spool *s, const struct diff_bytes *data,
                  const char **limit, struct stet_error *err)
{
    struct stet_error why = STET_ERROR_INIT;
    uint64_t left = p->diff->bytes_left / 2;
    int rc = stet_diff_spool_decode(s, data, left, &why, err);
    uint64_t made = s->written + s->memory.len;

    /* What cannot be read costs as well. */
    if (rc == 0)
        p->diff->bytes_left -= made < p->diff->bytes_left ? made : p->diff->bytes_left;
    if (rc == 0 && made + (64 << 10) >= left)
        *limit =
            "budget of bytes: it differs, and what is compressed in it is too long to be opened";
    else if (rc == 0 && why.errnum == ENOMEM)
        *limit = "budget of memory: it differs, and takes too much of it to be opened";
    return rc;
}

static int add_spent(const struct diff_pair *p, const char *limit, struct stet_error *err)
{
    _cleanup_free_ char *a = stet_format(err, "%zu bytes", p->a.len);
    _cleanup_free_ char *b = stet_format(err, "%zu bytes", p->b.len);

    if (!a || !b || !stet_diff_add(p, "compressed", a, b, err, "%s", limit))
        return -1;
    p->diff->result->cut_short = true;
    return 1;
}

/* Decodes what is compressed; the other as it is. */
static int open_side(const struct diff_pair *p, struct diff_spool *s, const struct diff_bytes *data,
                     struct diff_bytes *out, const char **limit, struct stet_error *err)
{
    if (!stet_diff_compression_name(data)) {
        *out = *data;
        return 1;
    }
    int rc = decode(p, s, data, limit, err);
    if (rc <= 0)
        return rc;
    return stet_diff_spool_bytes(s, out, err) < 0 ? -1 : 1;
}

static bool is_tar(const struct diff_bytes *x)
{
    return x->len > 262 && memcmp(x->data + 257, "ustar", 5) == 0;
}

static int compare_inside(const struct diff_pair *p, const struct diff_bytes *x,
                          const struct diff_bytes *y, struct stet_error *err)
{
    bool same = stet_diff_bytes_equal(x, y);
    bool both = stet_diff_compression_name(&p->a) && stet_diff_compression_name(&p->b);

    /* A file beside another that happens to be compressed. */
    if (!both && !same && !(is_tar(x) && is_tar(y)))
        return 0;
    if (same)
        p->diff->bytes_left -=
            x->len + y->len < p->diff->bytes_left ? x->len + y->len : p->diff->bytes_left;
    int n = stet_diff_compression(p->diff, STET_DIFF_CONTENT, p->layer, p->path, &p->a, &p->b, same,
                                  err);
    if (n < 0 || same)
        return n < 0 ? -1 : 1;
    return stet_diff_member(p, "(content)", x, y, err) < 0 ? -1 : 1;
}

int stet_diff_compressed_compare(const struct diff_pair *p, struct stet_error *err)
{
    _cleanup_spool_ struct diff_spool a, b;
    struct diff_bytes x, y;
    const char *limit = NULL;

    stet_diff_spool_init(&a, p->diff);
    stet_diff_spool_init(&b, p->diff);
    if (!stet_diff_compression_name(&p->a) && !stet_diff_compression_name(&p->b))
        return 0;
    int rc = open_side(p, &a, &p->a, &x, &limit, err);
    if (rc > 0)
        rc = open_side(p, &b, &p->b, &y, &limit, err);
    if (rc == 0 && limit)
        return add_spent(p, limit, err);
    return rc > 0 ? compare_inside(p, &x, &y, err) : rc;
}
