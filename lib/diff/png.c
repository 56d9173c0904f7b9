/* Two PNG images: chunk by chunk, the image data by its pixels. */
#include "lib/diff/png.h"
#include "lib/diff/formats.h"

#include <zlib.h>

enum {
    CHUNKS_MAX = 1 << 16,
    IMAGE_MAX = 32 << 20, /* bytes of pixels of a side */
    TEXT_MAX = 1 << 20,   /* of a compressed text */
};

static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

struct chunk {
    char type[5];
    struct diff_bytes data;
    uint32_t crc;
    size_t at;
    unsigned occurrence; /* of this type before it; one for all IDAT */
    bool matched;
};

struct png {
    struct diff_bytes file;
    struct chunk *chunks;
    size_t count, cap;
    size_t end; /* of the last chunk */
    struct diff_png_header header;
    unsigned char *image; /* the data of all IDAT together */
    size_t image_len;
};

/* ---- reading ---- */

static void png_release(struct png *p)
{
    free(p->chunks);
    free(p->image);
}

static bool is_type(const struct chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

/* 1, 0: damaged, -1. */
static int read_chunk(struct png *p, struct stet_error *err)
{
    struct diff_bytes head = diff_part(p->file, p->end, 8);
    if (!head.data || p->count >= CHUNKS_MAX)
        return 0;
    uint32_t len = diff_get32(head.data, true);
    struct chunk c = {.data = diff_part(p->file, p->end + 8, len), .at = p->end};
    struct diff_bytes crc = diff_part(p->file, p->end + 8 + (uint64_t)len, 4);
    if (!c.data.data || !crc.data)
        return 0;
    memcpy(c.type, head.data + 4, 4);
    for (size_t i = 0; i < 4; i++)
        if (!((c.type[i] >= 'A' && c.type[i] <= 'Z') || (c.type[i] >= 'a' && c.type[i] <= 'z')))
            return 0;
    c.crc = diff_get32(crc.data, true);
    if (stet_grow(&p->chunks, &p->cap, p->count + 1, sizeof *p->chunks, err) < 0)
        return -1;
    p->chunks[p->count++] = c;
    p->end += 12 + (size_t)len;
    return 1;
}

static bool read_header(struct png *p)
{
    const struct chunk *c = &p->chunks[0];
    if (p->count == 0 || !is_type(c, "IHDR") || c->data.len != 13)
        return false;
    const unsigned char *d = c->data.data;
    p->header = (struct diff_png_header){
        diff_get32(d, true), diff_get32(d + 4, true), d[8], d[9], d[10], d[11], d[12]};
    return true;
}

static int join_image(struct png *p, struct stet_error *err)
{
    for (size_t i = 0; i < p->count; i++)
        if (is_type(&p->chunks[i], "IDAT"))
            p->image_len += p->chunks[i].data.len;
    p->image = malloc(p->image_len ? p->image_len : 1);
    if (!p->image)
        return stet_error_oom(err, "comparing images");
    size_t at = 0;
    for (size_t i = 0; i < p->count; i++)
        if (is_type(&p->chunks[i], "IDAT") && p->chunks[i].data.len > 0) {
            memcpy(p->image + at, p->chunks[i].data.data, p->chunks[i].data.len);
            at += p->chunks[i].data.len;
        }
    return 0;
}

static int png_read(struct diff_bytes file, struct png *p, struct stet_error *err)
{
    memset(p, 0, sizeof *p);
    p->file = file;
    p->end = sizeof signature;
    if (file.len < sizeof signature || memcmp(file.data, signature, sizeof signature) != 0)
        return 0;
    for (bool last = false; !last;) {
        int status = read_chunk(p, err);
        if (status <= 0)
            return status;
        last = is_type(&p->chunks[p->count - 1], "IEND");
    }
    if (!read_header(p))
        return 0;
    return join_image(p, err) < 0 ? -1 : 1;
}

/* ---- header ---- */

/* Of the type that follows as a number. */
static const char *colour_name(uint32_t type)
{
    static const char *const names[] = {
        " (grey)", "", " (colour)", " (palette)", " (grey with alpha)", "", " (colour with alpha)"};

    return type < sizeof names / sizeof *names ? names[type] : "";
}

static int compare_header(const struct diff_pair *p, const struct png *a, const struct png *b,
                          struct stet_error *err)
{
    const struct {
        const char *what;
        uint32_t a, b;
        const char *(*name)(uint32_t value);
    } fields[] = {
        {"width", a->header.width, b->header.width},
        {"height", a->header.height, b->header.height},
        {"bit depth", a->header.depth, b->header.depth},
        {"colour type", a->header.colour, b->header.colour, colour_name},
        {"compression method", a->header.compression, b->header.compression},
        {"filter method", a->header.filter, b->header.filter},
        {"interlace method", a->header.interlace, b->header.interlace},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].a == fields[i].b)
            continue;
        const char *name_a = fields[i].name ? fields[i].name(fields[i].a) : "";
        const char *name_b = fields[i].name ? fields[i].name(fields[i].b) : "";
        _cleanup_free_ char *va = stet_format(err, "%u%s", fields[i].a, name_a);
        _cleanup_free_ char *vb = stet_format(err, "%u%s", fields[i].b, name_b);
        if (!va || !vb || !stet_diff_add(p, "png", va, vb, err, "header: %s", fields[i].what))
            return -1;
    }
    return 0;
}

/* ---- image data ---- */

static int add_same_pixels(const struct diff_pair *p, const struct png *a, const struct png *b,
                           const char *what, const char *evidence, struct stet_error *err)
{
    _cleanup_free_ char *va = stet_format(err, "%zu bytes compressed", a->image_len);
    _cleanup_free_ char *vb = stet_format(err, "%zu bytes compressed", b->image_len);
    if (!va || !vb)
        return -1;
    struct stet_finding *f = stet_diff_add(p, "png", va, vb, err, "%s", what);
    return f ? stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err, "%s", evidence)
             : -1;
}

static int add_pixels(const struct diff_pair *p, const struct diff_png_header *h,
                      struct diff_bytes a, struct diff_bytes b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    size_t first = 0, differing = 0, begin, len;
    uint32_t x, y;
    while (a.data[first] == b.data[first])
        first++;
    for (size_t i = first; i < a.len; i++)
        differing += a.data[i] != b.data[i];
    stet_diff_png_locate(h, first, a.data[first] ^ b.data[first], &x, &y, &begin, &len);
    stet_diff_hex(&va, diff_part(a, begin, len), len);
    stet_diff_hex(&vb, diff_part(b, begin, len), len);
    if (stet_buffer_check(&va, "a pixel", err) < 0 || stet_buffer_check(&vb, "a pixel", err) < 0)
        return -1;
    struct stet_finding *f = stet_diff_add(p, "png", stet_buffer_str(&va), stet_buffer_str(&vb),
                                           err, "pixel at column %u, row %u", x, y);
    return f ? stet_diff_detailf(f, ' ', err, "%zu of %zu bytes of the pixels differ", differing,
                                 a.len)
             : -1;
}

/* Both inflated to the length that the header asks for. 0, -1; 1: damaged. */
static int compare_pixels(const struct diff_pair *p, const struct png *a, const struct png *b,
                          struct diff_bytes ia, struct diff_bytes ib, struct stet_error *err)
{
    if (diff_same(ia, ib))
        return add_same_pixels(p, a, b, "compression of the image data",
                               "both inflate to the same image data", err);
    if (!stet_diff_png_unfilter(&a->header, (unsigned char *)(uintptr_t)ia.data, ia.len) ||
        !stet_diff_png_unfilter(&b->header, (unsigned char *)(uintptr_t)ib.data, ib.len))
        return 1;
    if (diff_same(ia, ib))
        return add_same_pixels(p, a, b, "filters and compression of the image data",
                               "both decode to the same pixels", err);
    return add_pixels(p, &a->header, ia, ib, err);
}

static int compare_bytes(const struct diff_pair *p, const char *name, struct diff_bytes a,
                         struct diff_bytes b, size_t at, struct stet_error *err)
{
    struct diff_region region = {.pair = p,
                                 .format = "png",
                                 .name = name,
                                 .of = "",
                                 .a = a,
                                 .b = b,
                                 .base = at,
                                 .big = true};
    return stet_diff_region_compare(&region, err) < 0 ? -1 : 0;
}

static bool same_header(const struct png *a, const struct png *b)
{
    const struct diff_png_header *x = &a->header, *y = &b->header;
    return x->width == y->width && x->height == y->height && x->depth == y->depth &&
           x->colour == y->colour && x->interlace == y->interlace;
}

static bool same_split(const struct png *a, const struct png *b)
{
    size_t i = 0, j = 0;
    for (;; i++, j++) {
        while (i < a->count && !is_type(&a->chunks[i], "IDAT"))
            i++;
        while (j < b->count && !is_type(&b->chunks[j], "IDAT"))
            j++;
        if (i == a->count || j == b->count)
            return i == a->count && j == b->count;
        if (a->chunks[i].data.len != b->chunks[j].data.len)
            return false;
    }
}

static unsigned count_image(const struct png *p)
{
    unsigned count = 0;
    for (size_t i = 0; i < p->count; i++)
        count += is_type(&p->chunks[i], "IDAT");
    return count;
}

static int compare_split(const struct diff_pair *p, const struct png *a, const struct png *b,
                         struct stet_error *err)
{
    if (same_split(a, b))
        return 0;
    _cleanup_free_ char *va = stet_format(err, "%u IDAT chunks", count_image(a));
    _cleanup_free_ char *vb = stet_format(err, "%u IDAT chunks", count_image(b));
    if (!va || !vb)
        return -1;
    struct stet_finding *f = stet_diff_add(p, "png", va, vb, err, "lengths of the IDAT chunks");
    return f ? stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err,
                                 "the same compressed data is cut into chunks elsewhere")
             : -1;
}

static int compare_image(const struct diff_pair *p, const struct png *a, const struct png *b,
                         struct stet_error *err)
{
    struct diff_bytes ca = {a->image, a->image_len}, cb = {b->image, b->image_len}, ia = {NULL, 0},
                      ib = {NULL, 0};
    size_t size = same_header(a, b) ? stet_diff_png_size(&a->header, IMAGE_MAX) : 0, used_a, used_b;
    if (diff_same(ca, cb))
        return compare_split(p, a, b, err);
    int status = size > 0 ? stet_diff_inflate(p, ca, size, &ia, &used_a, err) : 0;
    if (status > 0)
        status = stet_diff_inflate(p, cb, size, &ib, &used_b, err);
    if (status >= 0) {
        bool whole =
            status > 0 && ia.len == size && ib.len == size && used_a == ca.len && used_b == cb.len;
        status = whole ? compare_pixels(p, a, b, ia, ib, err) : 1;
    }
    /* Damaged, too large, or of another shape: then as it stands. */
    if (status > 0)
        status = compare_bytes(p, "compressed image data (IDAT)", ca, cb, 0, err);
    diff_bytes_free(&ia);
    diff_bytes_free(&ib);
    return status;
}

/* ---- chunks with known content ---- */

static bool time_text(const struct chunk *c, char *out, size_t size)
{
    const unsigned char *d = c->data.data;
    if (c->data.len != 7 || d[2] < 1 || d[2] > 12 || d[3] < 1 || d[3] > 31)
        return false;
    snprintf(out, size, "%04u-%02u-%02uT%02u:%02u:%02uZ", diff_get16(d, true), d[2], d[3], d[4],
             d[5], d[6]);
    return true;
}

static int compare_time(const struct diff_pair *p, const struct chunk *a, const struct chunk *b,
                        struct stet_error *err)
{
    char va[40], vb[40];
    if (!time_text(a, va, sizeof va) || !time_text(b, vb, sizeof vb))
        return 1;
    struct stet_finding *f =
        stet_diff_add(p, "png", va, vb, err, "tIME (last change of the image)");
    return f ? stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN, err,
                                 "the chunk holds when the image was last changed")
             : -1;
}

/* A keyword and its text. What is compressed is inflated into *own. 1, 0: damaged, -1. */
static int read_text(const struct diff_pair *p, const struct chunk *c, struct diff_bytes *keyword,
                     struct diff_bytes *text, struct diff_bytes *own, struct stet_error *err)
{
    size_t end = c->data.len ? strnlen((const char *)c->data.data, c->data.len) : 0, at = end + 1;
    bool compressed = is_type(c, "zTXt");
    if (end == 0 || end == c->data.len)
        return 0;
    *keyword = diff_part(c->data, 0, end);
    if (is_type(c, "iTXt")) {
        if (!diff_has(c->data, at, 2))
            return 0;
        compressed = c->data.data[at] == 1;
        at += 2;
        /* Language and translated keyword. */
        for (unsigned i = 0; i < 2; i++) {
            if (at >= c->data.len)
                return 0;
            at += strnlen((const char *)c->data.data + at, c->data.len - at) + 1;
        }
    } else if (compressed) {
        at++;
    }
    if (at > c->data.len)
        return 0;
    *text = diff_part(c->data, at, c->data.len - at);
    if (!compressed)
        return 1;
    int status = stet_diff_inflate(p, *text, TEXT_MAX, own, NULL, err);
    *text = *own;
    return status;
}

static int add_text(const struct diff_pair *p, const struct chunk *a, struct diff_bytes keyword,
                    struct diff_bytes ta, struct diff_bytes tb, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT;
    if (stet_diff_printable(keyword.data, keyword.len, 79, &name, err) < 0)
        return -1;
    return stet_diff_add_bytes(p, "png", ta, tb, err, "%s %s", a->type, stet_buffer_str(&name))
               ? 0
               : -1;
}

static int compare_text(const struct diff_pair *p, const struct chunk *a, const struct chunk *b,
                        struct stet_error *err)
{
    struct diff_bytes ka, kb, ta, tb, own_a = {NULL, 0}, own_b = {NULL, 0};
    int status = read_text(p, a, &ka, &ta, &own_a, err);
    if (status > 0)
        status = read_text(p, b, &kb, &tb, &own_b, err);
    if (status > 0)
        status = diff_same(ka, kb) && !diff_same(ta, tb) ? add_text(p, a, ka, ta, tb, err) : 1;
    else if (status == 0)
        status = 1;
    diff_bytes_free(&own_a);
    diff_bytes_free(&own_b);
    return status;
}

static int compare_chunk(const struct diff_pair *p, const struct chunk *a, const struct chunk *b,
                         struct stet_error *err)
{
    int status = 1;
    if (diff_same(a->data, b->data)) {
        if (a->crc == b->crc)
            return 0;
        _cleanup_free_ char *va = stet_format(err, "%08x", a->crc);
        _cleanup_free_ char *vb = stet_format(err, "%08x", b->crc);
        return va && vb && stet_diff_add(p, "png", va, vb, err, "CRC of chunk %s", a->type) ? 0
                                                                                            : -1;
    }
    if (is_type(a, "IHDR"))
        return 0;
    if (is_type(a, "tIME"))
        status = compare_time(p, a, b, err);
    else if (is_type(a, "tEXt") || is_type(a, "zTXt") || is_type(a, "iTXt"))
        status = compare_text(p, a, b, err);
    if (status <= 0)
        return status;
    char name[16];
    snprintf(name, sizeof name, "chunk %s", a->type);
    struct diff_region region = {.pair = p,
                                 .format = "png",
                                 .name = name,
                                 .of = "",
                                 .a = a->data,
                                 .b = b->data,
                                 .big = true};
    return stet_diff_region_compare(&region, err) < 0 ? -1 : 0;
}

/* ---- which chunks belong together ---- */

struct match {
    struct chunk *a, *b;
};

/* Texts belong together by their keyword too. */
static struct diff_bytes key_of(const struct chunk *c)
{
    struct diff_bytes key = {(const unsigned char *)"", 0};
    if (c->data.len > 0 && (is_type(c, "tEXt") || is_type(c, "zTXt") || is_type(c, "iTXt"))) {
        key.data = c->data.data;
        key.len = strnlen((const char *)c->data.data, c->data.len < 80 ? c->data.len : 80);
    }
    return key;
}

static int compare_keys(const struct chunk *a, const struct chunk *b)
{
    int order = memcmp(a->type, b->type, 4);
    return order ? order : stet_diff_bytes_order(key_of(a), key_of(b));
}

static int compare_chunks_order(const void *x, const void *y)
{
    const struct chunk *const *a = x, *const *b = y;
    int order = compare_keys(*a, *b);
    return order ? order : (*a > *b) - (*a < *b);
}

/* All but IDAT, by type, keyword and place. */
static struct chunk **sort_chunks(struct png *p, size_t *count, struct stet_error *err)
{
    struct chunk **sorted = calloc(p->count, sizeof *sorted);
    if (!sorted) {
        stet_error_oom(err, "comparing images");
        return NULL;
    }
    for (size_t i = 0; i < p->count; i++)
        if (!is_type(&p->chunks[i], "IDAT"))
            sorted[(*count)++] = &p->chunks[i];
    qsort(sorted, *count, sizeof *sorted, compare_chunks_order);
    return sorted;
}

static int add_unmatched(const struct diff_pair *p, const struct chunk *c, bool is_a,
                         struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer value = STET_BUFFER_INIT;
    char time[40];
    if (is_type(c, "tIME") && time_text(c, time, sizeof time))
        stet_buffer_add_str(&value, time);
    else if (is_type(c, "tEXt") &&
             stet_diff_printable(c->data.data, c->data.len, 200, &value, err) < 0)
        return -1;
    else if (value.len == 0)
        stet_buffer_addf(&value, "%zu bytes", c->data.len);
    if (stet_buffer_check(&value, "a chunk", err) < 0)
        return -1;
    return stet_diff_add(p, "png", is_a ? stet_buffer_str(&value) : NULL,
                         is_a ? NULL : stet_buffer_str(&value), err, "chunk %s", c->type)
               ? 0
               : -1;
}

static int compare_sorted(const struct diff_pair *p, struct chunk **a, size_t count_a,
                          struct chunk **b, size_t count_b, struct stet_error *err)
{
    for (size_t i = 0, j = 0; i < count_a || j < count_b;) {
        int order = i == count_a ? 1 : j == count_b ? -1 : compare_keys(a[i], b[j]);
        int status;
        if (order == 0) {
            a[i]->matched = b[j]->matched = true;
            status = compare_chunk(p, a[i++], b[j++], err);
        } else if (order < 0) {
            status = add_unmatched(p, a[i++], true, err);
        } else {
            status = add_unmatched(p, b[j++], false, err);
        }
        if (status < 0)
            return -1;
    }
    return 0;
}

static const struct chunk *next_matched(const struct png *p, size_t *at)
{
    bool after_image = *at > 0 && is_type(&p->chunks[*at - 1], "IDAT");
    while (*at < p->count && !p->chunks[*at].matched &&
           (!is_type(&p->chunks[*at], "IDAT") || after_image)) {
        after_image = is_type(&p->chunks[*at], "IDAT");
        ++*at;
    }
    return *at < p->count ? &p->chunks[(*at)++] : NULL;
}

/* The order of those that both have, the image data being one. */
static int compare_order(const struct diff_pair *p, const struct png *a, const struct png *b,
                         struct stet_error *err)
{
    for (size_t i = 0, j = 0;;) {
        const struct chunk *x = next_matched(a, &i), *y = next_matched(b, &j);
        if (!x || !y)
            return 0;
        if (compare_keys(x, y) != 0 && !(is_type(x, "IDAT") && is_type(y, "IDAT")))
            return stet_diff_add(p, "png", x->type, y->type, err, "order of chunks") ? 0 : -1;
    }
}

static int compare_chunks(const struct diff_pair *p, struct png *a, struct png *b,
                          struct stet_error *err)
{
    size_t count_a = 0, count_b = 0;
    _cleanup_free_ struct chunk **sa = sort_chunks(a, &count_a, err);
    _cleanup_free_ struct chunk **sb = sort_chunks(b, &count_b, err);
    if (!sa || !sb || compare_sorted(p, sa, count_a, sb, count_b, err) < 0)
        return -1;
    return compare_order(p, a, b, err);
}

int stet_diff_png(const struct diff_pair *p, struct stet_error *err)
{
    struct png a, b;
    size_t first = p->diff->result->count;
    memset(&b, 0, sizeof b);
    int status = png_read(p->a, &a, err);
    if (status > 0)
        status = png_read(p->b, &b, err);
    if (status > 0) {
        size_t end = a.end;
        if (compare_header(p, &a, &b, err) < 0 || compare_chunks(p, &a, &b, err) < 0 ||
            compare_image(p, &a, &b, err) < 0 ||
            compare_bytes(p, "bytes after the image", diff_part(p->a, a.end, p->a.len - a.end),
                          diff_part(p->b, b.end, p->b.len - b.end), end, err) < 0)
            status = -1;
    }
    png_release(&a);
    png_release(&b);
    return status > 0 ? p->diff->result->count > first : status;
}
