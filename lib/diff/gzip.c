/*
 * gzip - the header and the DEFLATE blocks of gzip streams (RFC 1952, RFC 1951).
 */
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

#include "lib/diff/compressed_private.h"

enum { FTEXT = 1, FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };
enum { FIXED_PART = 10, TRAILER = 8, OUT_SIZE = 64 << 10, VALUE_MAX = 200 };

#define CONTENT_MAX (UINT64_C(1) << 30)

/* ---- header ---- */

static bool take_string(const struct diff_bytes *data, size_t *at, struct diff_bytes *out)
{
    const unsigned char *from = data->data + *at;
    const unsigned char *end = *at < data->len ? memchr(from, 0, data->len - *at) : NULL;

    if (!end)
        return false;
    *out = (struct diff_bytes){from, (size_t)(end - from)};
    *at += out->len + 1;
    return true;
}

static bool take_extra(const struct diff_bytes *data, size_t *at, struct diff_bytes *out)
{
    if (data->len - *at < 2)
        return false;
    size_t n = data->data[*at] | (size_t)data->data[*at + 1] << 8;
    *at += 2;
    if (data->len - *at < n)
        return false;
    *out = (struct diff_bytes){data->data + *at, n};
    *at += n;
    return true;
}

bool stet_diff_gzip_header(const struct diff_bytes *data, struct stet_diff_gzip_header *out)
{
    const unsigned char *s = data->data;
    size_t at = FIXED_PART;

    *out = (struct stet_diff_gzip_header){0};
    if (data->len < FIXED_PART || memcmp(s, "\x1f\x8b\x08", 3) != 0 || (s[3] & RESERVED))
        return false;
    out->flags = s[3];
    out->mtime = s[4] | (uint32_t)s[5] << 8 | (uint32_t)s[6] << 16 | (uint32_t)s[7] << 24;
    out->xfl = s[8];
    out->os = s[9];
    if (((out->flags & FEXTRA) && !take_extra(data, &at, &out->extra)) ||
        ((out->flags & FNAME) && !take_string(data, &at, &out->name)) ||
        ((out->flags & FCOMMENT) && !take_string(data, &at, &out->comment)))
        return false;
    if (out->flags & FHCRC) {
        if (data->len - at < 2)
            return false;
        at += 2;
    }
    out->len = at;
    return true;
}

/* ---- fields that differ ---- */

struct place {
    struct diff *diff;
    enum stet_diff_level level;
    unsigned layer;
    const char *path;
    int added;
};

static struct stet_finding *add_field(struct place *at, const char *what, const char *a,
                                      const char *b, struct stet_error *err)
{
    struct stet_finding *f =
        stet_diff_add_at(at->diff, at->level, at->layer, at->path, "gzip", a, b, err, "%s", what);

    at->added += f != NULL;
    return f;
}

static void time_text(uint32_t mtime, char out[STET_TIME_TEXT_MAX])
{
    if (mtime == 0)
        snprintf(out, STET_TIME_TEXT_MAX, "0 (none)");
    else
        stet_time_format(mtime, out);
}

static int compare_mtime(struct place *at, uint32_t a, uint32_t b, struct stet_error *err)
{
    const uint32_t year_1990 = 631152000;
    char x[STET_TIME_TEXT_MAX], y[STET_TIME_TEXT_MAX];

    if (a == b)
        return 0;
    time_text(a, x);
    time_text(b, y);
    struct stet_finding *f = add_field(at, "header field mtime", x, y, err);
    if (!f)
        return -1;
    if (!a || !b)
        return stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err,
                                 "whether the header has a time is the compressor's to decide "
                                 "(gzip -n)");
    if (a < year_1990 || b < year_1990)
        return 0;
    bool known =
        stet_diff_in_span(&at->diff->side[0], a) && stet_diff_in_span(&at->diff->side[1], b);
    return stet_diff_because(
        f, STET_CAUSE_BUILD_TIME, known ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY, err,
        "the gzip header holds the time of the compressed file or of its compression%s",
        known ? ", and it is within the time of the build" : "");
}

static int compare_bytes(struct place *at, const char *what, const struct diff_bytes *a,
                         const struct diff_bytes *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer x = STET_BUFFER_INIT, y = STET_BUFFER_INIT;

    if (!a->data == !b->data && a->len == b->len &&
        (a->len == 0 || memcmp(a->data, b->data, a->len) == 0))
        return 0;
    if (stet_diff_printable(a->data, a->len, VALUE_MAX, &x, err) < 0 ||
        stet_diff_printable(b->data, b->len, VALUE_MAX, &y, err) < 0)
        return -1;
    struct stet_finding *f = add_field(at, what, a->data ? stet_buffer_str(&x) : NULL,
                                       b->data ? stet_buffer_str(&y) : NULL, err);
    if (f && !a->data != !b->data && strcmp(what, "header field name") == 0)
        return stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err,
                                 "whether the header has a name is the compressor's to decide "
                                 "(gzip -n)");
    return f ? 0 : -1;
}

static const char *os_name(unsigned char os)
{
    switch (os) {
    case 0:
        return "FAT";
    case 3:
        return "Unix";
    case 7:
        return "Macintosh";
    case 10:
    case 11:
        return "NTFS";
    case 255:
        return "unknown";
    default:
        return NULL;
    }
}

static const char *xfl_name(unsigned char xfl)
{
    return xfl == 2 ? "best" : xfl == 4 ? "fastest" : NULL;
}

static void number_text(unsigned char n, const char *name, char out[32])
{
    if (name)
        snprintf(out, 32, "%u (%s)", n, name);
    else
        snprintf(out, 32, "%u", n);
}

/* A field that only the compressor sets. */
static int compare_parameter(struct place *at, const char *what, unsigned char a, unsigned char b,
                             const char *(*name)(unsigned char), struct stet_error *err)
{
    char x[32], y[32];

    if (a == b)
        return 0;
    number_text(a, name ? name(a) : NULL, x);
    number_text(b, name ? name(b) : NULL, y);
    struct stet_finding *f = add_field(at, what, x, y, err);
    return f ? stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err,
                                 "this field says how it was compressed, not what")
             : -1;
}

int stet_diff_gzip_header_compare(struct diff *d, enum stet_diff_level level, unsigned layer,
                                  const char *path, const struct stet_diff_gzip_header *a,
                                  const struct stet_diff_gzip_header *b, bool parameters,
                                  struct stet_error *err)
{
    struct place at = {d, level, layer, path, 0};
    const unsigned char others = FTEXT | FHCRC;

    if (compare_mtime(&at, a->mtime, b->mtime, err) < 0 ||
        (parameters &&
         (compare_parameter(&at, "header field XFL", a->xfl, b->xfl, xfl_name, err) < 0 ||
          compare_parameter(&at, "header field OS", a->os, b->os, os_name, err) < 0)) ||
        compare_bytes(&at, "header field name", &a->name, &b->name, err) < 0 ||
        compare_bytes(&at, "header field comment", &a->comment, &b->comment, err) < 0 ||
        compare_bytes(&at, "header field extra", &a->extra, &b->extra, err) < 0 ||
        compare_parameter(&at, "header flags", a->flags & others, b->flags & others, NULL, err) < 0)
        return -1;
    return at.added;
}

/* ---- blocks ---- */

struct blocks {
    uint64_t members, content;
    uint64_t count[4]; /* stored, fixed, dynamic; the last is none */
    uint64_t flushes, last_flush;
    uint64_t
        interval; /* they are at multiples of it; some compressors need none where a byte ends by chance */
    bool cut; /* only the beginning was looked at */
};

/* The type of the block whose header begins at this bit. */
static unsigned type_at(const struct diff_bytes *data, uint64_t bit)
{
    uint64_t byte = (bit + 1) / 8;
    unsigned shift = (unsigned)((bit + 1) % 8);

    if (byte >= data->len)
        return 3;
    unsigned v = data->data[byte];
    if (byte + 1 < data->len)
        v |= (unsigned)data->data[byte + 1] << 8;
    return (v >> shift) & 3;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* An empty block, stored or fixed, is what a flush leaves, but for the last of a stream. */
static void count_block(struct blocks *s, unsigned type, uint64_t len, bool last)
{
    if (type == 2 || len != 0) {
        s->count[type]++;
        return;
    }
    uint64_t distance = s->content - s->last_flush;
    if (last || distance == 0)
        return;
    s->last_flush = s->content;
    s->flushes++;
    s->interval = common_divisor(distance, s->interval);
}

/* Inflates one member's blocks from *at on, which is then behind them. 1, 0 damaged. */
static int read_blocks(struct blocks *s, z_stream *z, const struct diff_bytes *data, size_t *at,
                       unsigned char *out)
{
    const struct diff_bytes rest = {data->data + *at, data->len - *at};
    unsigned type = type_at(&rest, 0);
    uint64_t begin = s->content, used = 0;

    for (int rc = Z_OK; rc == Z_OK;) {
        size_t left = rest.len - (size_t)used;
        uInt in = left < UINT32_MAX / 2 ? (uInt)left : UINT32_MAX / 2;
        z->next_in = rest.data + used;
        z->avail_in = in;
        z->next_out = out;
        z->avail_out = OUT_SIZE;
        rc = inflate(z, Z_BLOCK);
        used += in - z->avail_in;
        s->content += OUT_SIZE - z->avail_out;
        if (rc != Z_OK && rc != Z_STREAM_END)
            return 0;
        /* It stops behind the last block as well, before it is done. */
        if (rc == Z_OK && (z->data_type & 128)) {
            count_block(s, type, s->content - begin, z->data_type & 64);
            begin = s->content;
            type = type_at(&rest, used * 8 - (unsigned)(z->data_type & 7));
        }
        s->cut = s->content > CONTENT_MAX;
        if (s->cut)
            return 1;
        if (rc == Z_OK && in == z->avail_in && z->avail_out == OUT_SIZE && !(z->data_type & 128))
            return 0;
    }
    *at += (size_t)used;
    return 1;
}

static int read_members(struct blocks *s, z_stream *z, const struct diff_bytes *data,
                        unsigned char *out)
{
    for (size_t at = 0; at < data->len && !s->cut;) {
        struct diff_bytes rest = {data->data + at, data->len - at};
        struct stet_diff_gzip_header h;
        if (!stet_diff_gzip_header(&rest, &h))
            return 0;
        at += h.len;
        if (inflateReset(z) != Z_OK || !read_blocks(s, z, data, &at, out))
            return 0;
        s->members++;
        s->last_flush = s->content;
        if (!s->cut && data->len - at < TRAILER)
            return 0;
        at += s->cut ? 0 : TRAILER;
    }
    return 1;
}

/* Who writes this. Several do the same, so that none is named alone where others are known. */
static const char *who_flushes(uint64_t interval)
{
    return interval == 128 << 10 ? " (as pigz does)"
           : interval == 1 << 20 ? " (as stet and pgzip do)"
                                 : "";
}

static void describe_blocks(const struct blocks *s, struct stet_buffer *out)
{
    uint64_t n = s->count[0] + s->count[1] + s->count[2];

    stet_buffer_addf(out, ", %llu block%s", (unsigned long long)n, n == 1 ? "" : "s");
    stet_buffer_addf(out, " (%llu dynamic, %llu fixed, %llu stored)",
                     (unsigned long long)s->count[2], (unsigned long long)s->count[1],
                     (unsigned long long)s->count[0]);
    if (n > 0)
        stet_buffer_addf(out, ", %llu bytes in each on average",
                         (unsigned long long)(s->content / n));
    if (s->interval >= 4096)
        stet_buffer_addf(out, ", flushes at multiples of %llu bytes%s",
                         (unsigned long long)s->interval, who_flushes(s->interval));
    else if (s->flushes > 0)
        stet_buffer_addf(out, ", %llu flushes", (unsigned long long)s->flushes);
    if (s->cut)
        stet_buffer_add_str(out, ", as far as the first 1 GiB goes");
}

int stet_diff_gzip_describe(const struct diff_bytes *data, struct stet_buffer *out,
                            struct stet_error *err)
{
    struct blocks s = {0};
    struct stet_diff_gzip_header h;
    char xfl[32], os[32];
    z_stream z = {0};

    if (!stet_diff_gzip_header(data, &h))
        return 0;
    _cleanup_free_ unsigned char *buffer = malloc(OUT_SIZE);
    if (!buffer || inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return stet_error_oom(err, "describing a compression");
    int ok = read_members(&s, &z, data, buffer);
    inflateEnd(&z);
    if (!ok)
        return 0;
    number_text(h.xfl, xfl_name(h.xfl), xfl);
    number_text(h.os, os_name(h.os), os);
    stet_buffer_addf(out, "gzip: XFL %s, OS %s", xfl, os);
    if (s.members != 1)
        stet_buffer_addf(out, ", %llu members", (unsigned long long)s.members);
    describe_blocks(&s, out);
    return stet_buffer_check(out, "describing a compression", err) < 0 ? -1 : 1;
}
