/*
 * text - texts, line by line. What concerns all lines alike is told once: line ends, encoding, order.
 */
#include "lib/diff/formats.h"
#include "lib/diff/lines.h"
#include "lib/diff/region.h"

enum { ORDER_SHOWN = 20 };

static const char FORMAT[] = "text";

/* ---- recognising ---- */

struct text_kind {
    bool ok;
    bool utf8;       /* or ASCII */
    bool mark;       /* begins with a byte order mark */
    size_t crlf, lf; /* line ends of each kind */
};

/* Control characters that texts have. */
static bool is_text_control(unsigned char c)
{
    return (c >= '\t' && c <= '\r') || c == '\b' || c == 0x1b;
}

static struct text_kind kind_of(const struct diff_bytes *x)
{
    struct text_kind k = {0};
    size_t controls = 0, high = 0;
    const char *s = (const char *)x->data;

    if (x->len && memchr(s, 0, x->len))
        return k;
    for (size_t i = 0; i < x->len; i++) {
        unsigned char c = x->data[i];
        controls += c < 0x20 && !is_text_control(c);
        high += c >= 0x80;
        k.lf += c == '\n';
        k.crlf += c == '\n' && i > 0 && s[i - 1] == '\r';
    }
    k.lf -= k.crlf;
    k.utf8 = stet_utf8_valid(s, x->len);
    k.mark = k.utf8 && x->len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0;
    /* Compressed data has no NUL either, if it is short; but it has bytes of every kind. */
    k.ok = k.utf8 ? controls <= x->len / 64 : controls == 0 && high <= x->len / 3;
    return k;
}

/* ---- one text made equal to the other ---- */

static bool is_equal(const struct stet_buffer *a, const struct stet_buffer *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* As UTF-8, without a mark, with '\n' alone. */
static int normalise(const struct diff_bytes *x, const struct text_kind *k, bool ends,
                     struct stet_buffer *out, struct stet_error *err)
{
    size_t from = k->mark ? 3 : 0;

    stet_buffer_reserve(out, x->len);
    for (size_t i = from; i < x->len; i++) {
        unsigned char c = x->data[i];
        if (ends && c == '\r' && i + 1 < x->len && x->data[i + 1] == '\n')
            continue;
        if (k->utf8 || c < 0x80) {
            stet_buffer_add_char(out, (char)c);
        } else {
            stet_buffer_add_char(out, (char)(0xc0 | c >> 6));
            stet_buffer_add_char(out, (char)(0x80 | (c & 0x3f)));
        }
    }
    return stet_buffer_check(out, "comparing texts", err);
}

static const char *encoding_name(const struct text_kind *k)
{
    if (!k->utf8)
        return "ISO 8859-1";
    return k->mark ? "UTF-8 with a byte order mark" : "UTF-8";
}

static int describe_ends(const struct text_kind *k, struct stet_buffer *out, struct stet_error *err)
{
    if (k->crlf == 0)
        stet_buffer_add_str(out, "LF");
    else if (k->lf == 0)
        stet_buffer_add_str(out, "CR LF");
    else
        stet_buffer_addf(out, "CR LF (%zu lines), LF (%zu lines)", k->crlf, k->lf);
    return stet_buffer_check(out, "comparing texts", err);
}

static int add_encoding(const struct diff_pair *p, const struct text_kind *a,
                        const struct text_kind *b, struct stet_error *err)
{
    return stet_diff_add(p, FORMAT, encoding_name(a), encoding_name(b), err, "encoding") ? 1 : -1;
}

static int add_ends(const struct diff_pair *p, const struct text_kind *a, const struct text_kind *b,
                    struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer x = STET_BUFFER_INIT, y = STET_BUFFER_INIT;

    if (describe_ends(a, &x, err) < 0 || describe_ends(b, &y, err) < 0)
        return -1;
    return stet_diff_add(p, FORMAT, stet_buffer_str(&x), stet_buffer_str(&y), err, "line ends")
               ? 1
               : -1;
}

/* Does the text differ in encoding, in line ends, or in both, and in nothing else? */
static int same_but_for(const struct diff_pair *p, const struct text_kind *a,
                        const struct text_kind *b, bool ends, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer x = STET_BUFFER_INIT, y = STET_BUFFER_INIT;

    if (normalise(&p->a, a, ends, &x, err) < 0 || normalise(&p->b, b, ends, &y, err) < 0)
        return -1;
    return is_equal(&x, &y);
}

static int compare_form(const struct diff_pair *p, const struct text_kind *a,
                        const struct text_kind *b, struct stet_error *err)
{
    bool ends = a->crlf != b->crlf, encoding = a->utf8 != b->utf8 || a->mark != b->mark;

    if (!ends && !encoding)
        return 0;
    int same = same_but_for(p, a, b, ends, err);
    if (same <= 0)
        return same;
    if (encoding && add_encoding(p, a, b, err) < 0)
        return -1;
    return ends ? add_ends(p, a, b, err) : 1;
}

/* ---- final newline ---- */

static const char *newlines(size_t n)
{
    return n == 0 ? "none" : n == 1 ? "one" : "several";
}

static size_t final_newlines(const struct diff_bytes *x)
{
    size_t n = 0;

    while (n < x->len && x->data[x->len - n - 1] == '\n')
        n++;
    return n;
}

static int compare_final(const struct diff_pair *p, struct stet_error *err)
{
    size_t a = final_newlines(&p->a), b = final_newlines(&p->b);

    if (a == b || p->a.len - a != p->b.len - b || p->a.len == a ||
        memcmp(p->a.data, p->b.data, p->a.len - a) != 0)
        return 0;
    if (a < 2 && b < 2)
        return stet_diff_add(p, FORMAT, newlines(a), newlines(b), err, "final newline") ? 1 : -1;
    _cleanup_free_ char *x = stet_format(err, "%zu", a), *y = stet_format(err, "%zu", b);
    return x && y && stet_diff_add(p, FORMAT, x, y, err, "final newlines") ? 1 : -1;
}

/* ---- order ---- */

/* Do both have every line equally often? Lines without content are no sign of it. */
static int is_reordered(const struct stet_diff_lines *l, bool *out, struct stet_error *err)
{
    *out = false;
    if (l->too_many || l->a.count != l->b.count || l->a.count < 2)
        return 0;
    _cleanup_free_ int32_t *balance = calloc((size_t)l->distinct + 1, sizeof *balance);
    if (!balance)
        return stet_error_oom(err, "comparing lines");
    for (size_t i = 0; i < l->a.count; i++) {
        balance[l->a.ids[i]]++;
        balance[l->b.ids[i]]--;
    }
    *out = true;
    for (uint32_t i = 0; i < l->distinct; i++)
        *out = *out && balance[i] == 0;
    return 0;
}

/* The first lines of one side of a run. */
static int order_side(struct stet_finding *f, char sign, const struct diff_lined *t, size_t from,
                      size_t count, size_t *shown, struct stet_error *err)
{
    for (size_t i = 0; i < count && i < ORDER_SHOWN / 4; i++, ++*shown) {
        const char *line;
        size_t len;
        stet_diff_lines_get(t, from + i, &line, &len);
        if (stet_diff_detail_at(f, sign, line, len, 0, err) < 0)
            return -1;
    }
    return 0;
}

static int order_detail(struct stet_finding *f, const struct stet_diff_lines *l,
                        const struct diff_line_runs *runs, struct stet_error *err)
{
    size_t shown = 0;

    for (size_t i = 0; i < runs->count && shown < ORDER_SHOWN; i++) {
        const struct diff_line_run *run = &runs->items[i];
        _cleanup_free_ char *at = stet_format(err, "line %zu", l->before + run->a + 1);
        if (!at || stet_diff_detail(f, '@', at, strlen(at), err) < 0 ||
            order_side(f, '-', &l->a, run->a, run->a_count, &shown, err) < 0 ||
            order_side(f, '+', &l->b, run->b, run->b_count, &shown, err) < 0)
            return -1;
    }
    return 0;
}

static int line_value(const struct diff_lined *t, size_t i, size_t number, struct stet_buffer *out,
                      struct stet_error *err)
{
    const char *line;
    size_t len;

    stet_diff_lines_get(t, i, &line, &len);
    stet_buffer_addf(out, "line %zu: ", number);
    return stet_diff_printable(line, len, 160, out, err);
}

static int add_order(const struct diff_pair *p, const struct stet_diff_lines *l,
                     struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct diff_line_runs runs = {0};
    size_t moved = 0;
    int rc = stet_diff_lines_runs(l, &runs, err);

    for (size_t i = 0; i < runs.count; i++)
        moved += runs.items[i].a_count;
    /* The first line of the part that differs does differ. */
    if (rc == 0)
        rc = line_value(&l->a, 0, l->before + 1, &a, err) < 0
                 ? -1
                 : line_value(&l->b, 0, l->before + 1, &b, err);
    struct stet_finding *f = NULL;
    if (rc == 0)
        f = stet_diff_add(p, FORMAT, stet_buffer_str(&a), stet_buffer_str(&b), err,
                          "order of lines");
    if (f) {
        _cleanup_free_ char *text = stet_format(
            err, "%zu of the lines stand elsewhere; the lines themselves are the same", moved);
        rc = text ? stet_diff_detail(f, '@', text, strlen(text), err) : -1;
        if (rc == 0)
            rc = order_detail(f, l, &runs, err);
        if (rc == 0)
            rc = stet_diff_because_collation(f, &l->a, &l->b, err);
    }
    free(runs.items);
    return f && rc == 0 ? 1 : -1;
}

/* ---- UTF-8, and encodings of one byte ---- */

static int compare_lines(const struct diff_pair *p, struct stet_error *err)
{
    struct stet_diff_lines l;
    bool reordered = false;
    int n = -1;

    if (stet_diff_lines_split(&l, &p->a, &p->b, err) < 0)
        return -1;
    if (is_reordered(&l, &reordered, err) == 0)
        n = reordered ? add_order(p, &l, err) : stet_diff_lines_add(p, FORMAT, &l, err);
    stet_diff_lines_release(&l);
    return n < 0 ? -1 : n > 0;
}

static int compare_utf8(const struct diff_pair *p, struct stet_error *err)
{
    struct text_kind a = kind_of(&p->a), b = kind_of(&p->b);

    if (!a.ok || !b.ok)
        return 0;
    int rc = compare_form(p, &a, &b, err);
    if (rc == 0)
        rc = compare_final(p, err);
    return rc != 0 ? rc : compare_lines(p, err);
}

/* ---- UTF-16 ---- */

enum { UTF16_MAX = 16 << 20 };

static const char *utf16_name(bool big)
{
    return big ? "UTF-16, most significant byte first" : "UTF-16, least significant byte first";
}

static void add_utf8(struct stet_buffer *out, uint32_t c)
{
    if (c < 0x80) {
        stet_buffer_add_char(out, (char)c);
        return;
    }
    if (c < 0x800) {
        stet_buffer_add_char(out, (char)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            stet_buffer_add_char(out, (char)(0xe0 | c >> 12));
        } else {
            stet_buffer_add_char(out, (char)(0xf0 | c >> 18));
            stet_buffer_add_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        stet_buffer_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    stet_buffer_add_char(out, (char)(0x80 | (c & 0x3f)));
}

/* A text that begins with a byte order mark, as UTF-8 without it. 1; 0: it is none, or what it holds is not valid; -1 with err. */
static int from_utf16(const struct diff_bytes *x, bool *big, struct stet_buffer *out,
                      struct stet_error *err)
{
    if (x->len < 4 || x->len % 2 != 0 || x->len > UTF16_MAX ||
        diff_get16(x->data, x->data[0] == 0xfe) != 0xfeff)
        return 0;
    *big = x->data[0] == 0xfe;
    for (size_t i = 2; i < x->len; i += 2) {
        uint32_t c = diff_get16(x->data + i, *big);
        if (c >= 0xd800 && c < 0xdc00 && i + 4 <= x->len) {
            uint32_t low = diff_get16(x->data + i + 2, *big);
            if (low < 0xdc00 || low > 0xdfff)
                return 0;
            c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
            i += 2;
        } else if ((c >= 0xd800 && c < 0xe000) || c == 0) {
            return 0;
        }
        add_utf8(out, c);
    }
    return stet_buffer_check(out, "comparing texts", err) < 0 ? -1 : 1;
}

/* Both as UTF-8: what differs is told in its lines. */
static int compare_utf16(const struct diff_pair *p, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer x = STET_BUFFER_INIT, y = STET_BUFFER_INIT;
    struct diff_pair read = *p;
    bool big_a = false, big_b = false;
    int rc = from_utf16(&p->a, &big_a, &x, err);

    if (rc > 0)
        rc = from_utf16(&p->b, &big_b, &y, err);
    if (rc <= 0)
        return rc;
    read.a = (struct diff_bytes){(const unsigned char *)stet_buffer_str(&x), x.len};
    read.b = (struct diff_bytes){(const unsigned char *)stet_buffer_str(&y), y.len};
    if (!kind_of(&read.a).ok || !kind_of(&read.b).ok)
        return 0;
    if (big_a != big_b &&
        !stet_diff_add(p, FORMAT, utf16_name(big_a), utf16_name(big_b), err, "encoding"))
        return -1;
    return diff_same(read.a, read.b) ? 1 : compare_utf8(&read, err);
}

/* ---- all ---- */

int stet_diff_text_compare(const struct diff_pair *p, struct stet_error *err)
{
    int rc = compare_utf16(p, err);

    return rc != 0 ? rc : compare_utf8(p, err);
}
