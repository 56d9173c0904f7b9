/*
 * raw - ranges of bytes that differ.
 */
#include "lib/diff/formats.h"

enum {
    RANGES_MAX = 100, /* findings */
    NEAR = 16,        /* equal bytes between two ranges that are told as one */
    ROW = 16,         /* bytes of a line of hexadecimal */
    ROWS_MAX = 8,     /* lines of a window, each side */
    HEX_MAX = 24,     /* bytes of a value */
    STEP = 4096,
};

/* What lies between two common parts. */
struct range {
    size_t a, a_len, b, b_len;
};

/* ---- finding them ---- */

/* How many of the first max bytes are equal. */
static size_t equal_bytes(const unsigned char *a, const unsigned char *b, size_t max)
{
    size_t i = 0;

    while (max - i >= STEP && memcmp(a + i, b + i, STEP) == 0)
        i += STEP;
    while (i < max && a[i] == b[i])
        i++;
    return i;
}

/* The next range of two parts of one length, from *at on; false at the end. */
static bool next_range(const unsigned char *a, const unsigned char *b, size_t len, size_t *at,
                       size_t *from, size_t *to)
{
    size_t i = *at + equal_bytes(a + *at, b + *at, len - *at);

    if (i == len)
        return false;
    *from = i;
    size_t last = i;
    for (; i < len && i - last <= NEAR; i++)
        if (a[i] != b[i])
            last = i;
    *to = *at = last + 1;
    return true;
}

/* ---- telling them ---- */

static int add_hex(struct stet_buffer *out, const unsigned char *data, size_t len,
                   struct stet_error *err)
{
    for (size_t i = 0; i < len && i < HEX_MAX; i++)
        stet_buffer_addf(out, "%s%02x", i ? " " : "", data[i]);
    if (len > HEX_MAX)
        stet_buffer_addf(out, " … (%zu bytes)", len);
    return stet_buffer_check(out, "the bytes of a finding", err);
}

/* One line as hexdump -C has it. */
static int add_row(struct stet_finding *f, char sign, const struct diff_bytes *x, size_t at,
                   struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer line = STET_BUFFER_INIT;
    size_t n = x->len - at < ROW ? x->len - at : ROW;

    stet_buffer_addf(&line, "%08zx ", at);
    for (size_t i = 0; i < ROW; i++) {
        if (i < n)
            stet_buffer_addf(&line, "%s%02x", i == ROW / 2 ? "  " : " ", x->data[at + i]);
        else
            stet_buffer_add_str(&line, i == ROW / 2 ? "    " : "   ");
    }
    stet_buffer_add_str(&line, "  |");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = x->data[at + i];
        stet_buffer_add_char(&line, c >= 0x20 && c < 0x7f ? (char)c : '.');
    }
    stet_buffer_add_char(&line, '|');
    if (stet_buffer_check(&line, "the bytes of a finding", err) < 0)
        return -1;
    return stet_diff_detail(f, sign, line.data, line.len, err);
}

/* The rows that hold len bytes from at on: a part that is not there has the row where it would be. */
static size_t row_count(const struct diff_bytes *x, size_t at, size_t len)
{
    size_t first = at - at % ROW;

    if (first >= x->len)
        return 0;
    return len == 0 ? 1 : (at + len - 1 - first) / ROW + 1;
}

static bool is_same_row(const struct diff_pair *p, size_t a, size_t b)
{
    size_t a_len = p->a.len - a < ROW ? p->a.len - a : ROW;
    size_t b_len = p->b.len - b < ROW ? p->b.len - b : ROW;

    return a == b && a_len == b_len && memcmp(p->a.data + a, p->b.data + b, a_len) == 0;
}

/* A row that both have, before or after what differs: one sees what the bytes are part of. */
static int add_context(const struct diff_pair *p, struct stet_finding *f, const struct range *r,
                       size_t at, struct stet_error *err)
{
    if (r->a != r->b || r->a_len != r->b_len || at >= p->a.len || at >= p->b.len ||
        !is_same_row(p, at, at))
        return 0;
    return add_row(f, ' ', &p->a, at, err);
}

static int add_windows(const struct diff_pair *p, struct stet_finding *f, const struct range *r,
                       struct stet_error *err)
{
    size_t a = r->a - r->a % ROW, b = r->b - r->b % ROW;
    size_t a_rows = row_count(&p->a, r->a, r->a_len), b_rows = row_count(&p->b, r->b, r->b_len);

    if (a >= ROW && add_context(p, f, r, a - ROW, err) < 0)
        return -1;
    for (size_t i = 0; i < ROWS_MAX && (i < a_rows || i < b_rows); i++) {
        if (i < a_rows && i < b_rows && is_same_row(p, a + i * ROW, b + i * ROW)) {
            if (add_row(f, ' ', &p->a, a + i * ROW, err) < 0)
                return -1;
            continue;
        }
        if ((i < a_rows && add_row(f, '-', &p->a, a + i * ROW, err) < 0) ||
            (i < b_rows && add_row(f, '+', &p->b, b + i * ROW, err) < 0))
            return -1;
    }
    if (a_rows <= ROWS_MAX && b_rows <= ROWS_MAX)
        return add_context(p, f, r, a + a_rows * ROW, err);
    size_t rest = (a_rows > b_rows ? a_rows : b_rows) - ROWS_MAX;
    _cleanup_free_ char *more = stet_format(err, "%zu more rows of 16 bytes", rest);
    return more ? stet_diff_detail(f, '@', more, strlen(more), err) : -1;
}

static int add_range(const struct diff_pair *p, const char *format, const struct range *r,
                     struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    size_t from = r->a_len ? r->a : r->b, len = r->a_len ? r->a_len : r->b_len;
    struct stet_finding *f;

    if (add_hex(&a, p->a.data + r->a, r->a_len, err) < 0 ||
        add_hex(&b, p->b.data + r->b, r->b_len, err) < 0)
        return -1;
    const char *a_text = r->a_len ? stet_buffer_str(&a) : NULL;
    const char *b_text = r->b_len ? stet_buffer_str(&b) : NULL;
    if (len == 1)
        f = stet_diff_add(p, format, a_text, b_text, err, "byte %zu", from);
    else
        f = stet_diff_add(p, format, a_text, b_text, err, "bytes %zu-%zu", from, from + len - 1);
    return f ? add_windows(p, f, r, err) : -1;
}

/* Those that come after the last finding, counted. */
static int add_more(const struct diff_pair *p, const char *format, size_t at, size_t len,
                    struct stet_error *err)
{
    size_t from, to, count = 0, bytes = 0, first = 0, last = 0;

    while (next_range(p->a.data, p->b.data, len, &at, &from, &to)) {
        if (count++ == 0)
            first = from;
        last = to;
        bytes += to - from;
    }
    if (count == 0)
        return 0;
    _cleanup_free_ char *text = stet_diff_length_text(bytes, err);
    if (!text || !stet_diff_add(p, format, text, text, err, "%zu more ranges within bytes %zu-%zu",
                                count, first, last - 1))
        return -1;
    return 1;
}

/* Ranges of the first len bytes, which both have. The number of findings. */
static int add_ranges(const struct diff_pair *p, const char *format, size_t len,
                      struct stet_error *err)
{
    size_t at = 0, from, to;
    int n = 0;

    while (n < RANGES_MAX && next_range(p->a.data, p->b.data, len, &at, &from, &to)) {
        struct range r = {from, to - from, from, to - from};
        if (add_range(p, format, &r, err) < 0)
            return -1;
        n++;
    }
    if (n < RANGES_MAX)
        return n;
    int more = add_more(p, format, at, len, err);
    return more < 0 ? -1 : n + more;
}

/* Of other lengths: what lies between the common begin and the common end. */
static int add_middle(const struct diff_pair *p, const char *format, struct stet_error *err)
{
    const struct diff_bytes *a = &p->a, *b = &p->b;
    size_t max = a->len < b->len ? a->len : b->len;
    size_t begin = max ? equal_bytes(a->data, b->data, max) : 0, end = 0;

    while (end < max - begin && a->data[a->len - end - 1] == b->data[b->len - end - 1])
        end++;
    struct range r = {begin, a->len - begin - end, begin, b->len - begin - end};
    return add_range(p, format, &r, err) < 0 ? -1 : 1;
}

int stet_diff_raw(const struct diff_pair *p, const char *format, struct stet_error *err)
{
    if (p->a.len != p->b.len)
        return add_middle(p, format, err);
    return add_ranges(p, format, p->a.len, err);
}

int stet_diff_bytes_compare(const struct diff_pair *p, struct stet_error *err)
{
    int n = stet_diff_raw(p, "bytes", err);

    return n < 0 ? -1 : n > 0;
}
