/*
 * show - hostile text as it may be shown.
 */
#include <inttypes.h>

#include "lib/base/utf8.h"
#include "lib/report/private.h"

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && ranges[i].first <= c; i++)
        if (c <= ranges[i].last)
            return true;
    return false;
}

/* Characters that show nothing, or change the order or direction of what is around them (Unicode's
 * Default_Ignorable_Code_Point and Bidi_Control, line separators, annotations, noncharacters). */
static bool is_hidden(uint32_t c)
{
    static const struct range hidden[] = {
        {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x061c, 0x061c},   {0x115f, 0x1160},
        {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x206f}, {0x2800, 0x2800},   {0x3164, 0x3164},   {0xfdd0, 0xfdef},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
        {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };

    return is_in(c, hidden, sizeof(hidden) / sizeof(hidden[0])) || (c & 0xfffe) == 0xfffe;
}

/* Two columns on a terminal (Unicode's East_Asian_Width W and F, in coarse ranges). */
static bool is_wide(uint32_t c)
{
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},
        {0x2614, 0x2615},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
        {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},
        {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1aff0, 0x1b2ff}, {0x1f004, 0x1f004},
        {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f19a}, {0x1f200, 0x1f64f}, {0x1f680, 0x1f6ff},
        {0x1f7e0, 0x1f7f0}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
    };

    return is_in(c, wide, sizeof(wide) / sizeof(wide[0]));
}

static void escape(struct stet_report_glyph *out, const char *format, uint32_t c)
{
    int n = snprintf(out->text, sizeof(out->text), format, c);

    out->len = n > 0 ? (size_t)n : 0;
    out->columns = (unsigned)out->len;
}

bool stet_report_same_text(const char *a, const char *b)
{
    return a == b || strcmp(a ? a : "", b ? b : "") == 0;
}

size_t stet_report_glyph(const char *s, size_t len, struct stet_report_glyph *out)
{
    uint32_t c;
    size_t n = stet_utf8_decode(s, len, &c);

    if (n == 0) {
        escape(out, "\\x%02" PRIx32, (unsigned char)*s);
        return 1;
    }
    if (c == '\t') {
        /* As itself it could not be told from spaces. */
        memcpy(out->text, "\\t", 3);
        out->len = out->columns = 2;
    } else if (c < 0x20 || c == 0x7f) {
        escape(out, "\\x%02" PRIx32, c);
    } else if ((c >= 0x80 && c < 0xa0) || is_hidden(c)) {
        escape(out, "\\u{%" PRIx32 "}", c);
    } else {
        memcpy(out->text, s, n);
        out->text[n] = '\0';
        out->len = n;
        out->columns = is_wide(c) ? 2 : 1;
    }
    return n;
}

void stet_report_show(struct stet_buffer *out, const char *s)
{
    if (s)
        stet_report_show_cut(out, s, strlen(s), 0);
}

void stet_report_show_html_n(struct stet_buffer *out, const char *s, size_t len)
{
    struct stet_report_glyph g;

    while (len > 0) {
        size_t n = stet_report_glyph(s, len, &g);

        switch (g.text[0]) {
        case '&':
            stet_buffer_add_str(out, "&amp;");
            break;
        case '<':
            stet_buffer_add_str(out, "&lt;");
            break;
        case '>':
            stet_buffer_add_str(out, "&gt;");
            break;
        case '"':
            stet_buffer_add_str(out, "&quot;");
            break;
        case '\'':
            stet_buffer_add_str(out, "&#39;");
            break;
        default:
            stet_buffer_add(out, g.text, g.len);
        }
        s += n;
        len -= n;
    }
}

void stet_report_show_html(struct stet_buffer *out, const char *s)
{
    if (s)
        stet_report_show_html_n(out, s, strlen(s));
}

static unsigned columns_of(const char *s, size_t len, unsigned limit)
{
    struct stet_report_glyph g;
    unsigned columns = 0;

    while (len > 0 && columns <= limit) {
        size_t n = stet_report_glyph(s, len, &g);

        columns += g.columns;
        s += n;
        len -= n;
    }
    return columns;
}

unsigned stet_report_columns(const char *s, unsigned limit)
{
    return s ? columns_of(s, strlen(s), limit) : 0;
}

/* As many whole characters as fit; the bytes of s that they are. */
static size_t show_fitting(struct stet_buffer *out, const char *s, size_t len, unsigned columns)
{
    struct stet_report_glyph g;
    size_t done = 0;

    while (done < len) {
        size_t n = stet_report_glyph(s + done, len - done, &g);

        if (g.columns > columns)
            break;
        columns -= g.columns;
        stet_buffer_add(out, g.text, g.len);
        done += n;
    }
    return done;
}

void stet_report_show_cut(struct stet_buffer *out, const char *s, size_t len, unsigned columns)
{
    if (columns == 0 || columns_of(s, len, columns) <= columns) {
        show_fitting(out, s, len, UINT32_MAX);
        return;
    }
    show_fitting(out, s, len, columns - 1);
    stet_buffer_add_str(out, "…");
}

void stet_report_show_middle(struct stet_buffer *out, const char *s, unsigned columns)
{
    stet_report_show_middle_n(out, s ? s : "", s ? strlen(s) : 0, columns);
}

void stet_report_show_middle_n(struct stet_buffer *out, const char *s, size_t len, unsigned columns)
{
    if (columns < 3 || columns_of(s, len, columns) <= columns) {
        stet_report_show_cut(out, s, len, columns);
        return;
    }
    size_t done = show_fitting(out, s, len, (columns - 1) / 3);
    stet_buffer_add_str(out, "…");
    unsigned rest = columns - 1 - (columns - 1) / 3;
    while (done < len && columns_of(s + done, len - done, rest) > rest) {
        struct stet_report_glyph g;
        done += stet_report_glyph(s + done, len - done, &g);
    }
    show_fitting(out, s + done, len - done, rest);
}

void stet_report_number(struct stet_buffer *out, uint64_t n)
{
    if (n >= 1000) {
        stet_report_number(out, n / 1000);
        stet_buffer_addf(out, ",%03u", (unsigned)(n % 1000));
    } else {
        stet_buffer_addf(out, "%u", (unsigned)n);
    }
}

void stet_report_size(struct stet_buffer *out, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    uint64_t tenths;
    size_t unit = 0;

    if (bytes < 1024) {
        stet_report_plural(out, bytes, "byte", "bytes");
        return;
    }
    while (unit + 1 < sizeof(units) / sizeof(units[0]) && bytes >> (10 * (unit + 2)) > 0)
        unit++;
    tenths = (bytes >> (10 * unit)) * 10 / 1024;
    stet_buffer_addf(out, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
}

void stet_report_plural(struct stet_buffer *out, uint64_t n, const char *one, const char *many)
{
    stet_report_number(out, n);
    stet_buffer_addf(out, " %s", n == 1 ? one : many);
}

const char *stet_report_line(const char **text, size_t *len)
{
    const char *start = *text;

    if (!start || !*start)
        return NULL;
    const char *end = strchr(start, '\n');
    *len = end ? (size_t)(end - start) : strlen(start);
    *text = end ? end + 1 : start + *len;
    return start;
}

bool stet_report_is_hex(const struct stet_finding *f)
{
    const char *text = f->detail, *line;
    size_t len;

    while ((line = stet_report_line(&text, &len)))
        if (len > 0 && line[0] != '@')
            return strspn(line + 1, "0123456789abcdef") == 8 && strncmp(line + 9, "  ", 2) == 0;
    return false;
}
