/*
 * causes_bytes - times and texts in the bytes of a hex window, and bytes without any pattern.
 */
#include "lib/diff/causes.h"

enum { WINDOW = 256 }; /* bytes of a hex window that are looked at */

/* A window of both sides: bytes from..from+len of the contents. */
struct window {
    unsigned char a[WINDOW], b[WINDOW];
    uint64_t from;
    size_t len; /* of both */
    bool cut;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "0000abcd  00 11 …  |..|": the offset and up to 16 bytes. */
static bool read_row(struct cause_text t, uint64_t *at, unsigned char out[16], size_t *count)
{
    size_t i = 0;
    *at = 0;
    *count = 0;
    for (; i < t.len && i < 16 && hex_digit(t.s[i]) >= 0; i++)
        *at = *at * 16 + (unsigned)hex_digit(t.s[i]);
    if (i < 8 || i >= t.len || t.s[i] != ' ')
        return false;
    while (i < t.len && *count < 16) {
        while (i < t.len && t.s[i] == ' ')
            i++;
        if (i + 1 >= t.len || hex_digit(t.s[i]) < 0 || hex_digit(t.s[i + 1]) < 0)
            break;
        out[(*count)++] = (unsigned char)(hex_digit(t.s[i]) * 16 + hex_digit(t.s[i + 1]));
        i += 2;
    }
    return *count > 0;
}

/* The rows in order; a row that both share stands once. False when they do not fit together. */
static bool read_window(const char *detail, struct window *w)
{
    size_t len[2] = {0, 0};
    *w = (struct window){0};
    for (const char *p = detail; *p;) {
        const char *end = strchrnul(p, '\n');
        struct cause_text line = {p + 1, (size_t)(end - p) - (end > p)};
        uint64_t at;
        unsigned char row[16];
        size_t count;
        w->cut |= *p == '@';
        if (*p != '@' && read_row(line, &at, row, &count)) {
            if (len[0] == 0 && len[1] == 0)
                w->from = at;
            for (int side = 0; side < 2; side++) {
                if (*p == (side == 0 ? '+' : '-'))
                    continue;
                if (at != w->from + len[side] || len[side] + count > WINDOW)
                    return false;
                memcpy((side == 0 ? w->a : w->b) + len[side], row, count);
                len[side] += count;
            }
        }
        p = end + (*end == '\n');
    }
    w->len = len[0];
    return len[0] == len[1] && len[0] > 0;
}

/* ---- binary times ---- */

struct encoding {
    const char *name;
    size_t size;
    int64_t (*read)(const unsigned char *p); /* seconds since 1970; -1: none */
};

static int64_t little32(const unsigned char *p)
{
    return (int64_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                     (uint32_t)p[3] << 24);
}

static int64_t big32(const unsigned char *p)
{
    return (int64_t)((uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 |
                     (uint32_t)p[0] << 24);
}

static int64_t little64(const unsigned char *p)
{
    return little32(p + 4) == 0 ? little32(p) : -1;
}

static int64_t big64(const unsigned char *p)
{
    return big32(p) == 0 ? big32(p + 4) : -1;
}

/* As in zip: the time before the date. */
static int64_t dos(const unsigned char *p)
{
    return stet_diff_time_dos((uint16_t)(p[2] | p[3] << 8), (uint16_t)(p[0] | p[1] << 8));
}

static int64_t scaled(uint64_t value, uint64_t unit)
{
    uint64_t seconds = value / unit;
    return seconds > 0 && seconds < UINT32_MAX ? (int64_t)seconds : -1;
}

static uint64_t word64(const unsigned char *p)
{
    return (uint64_t)little32(p) | (uint64_t)little32(p + 4) << 32;
}

static int64_t microseconds(const unsigned char *p)
{
    return scaled(word64(p), 1000000);
}

static int64_t nanoseconds(const unsigned char *p)
{
    return scaled(word64(p), 1000000000);
}

static int64_t milliseconds_big(const unsigned char *p)
{
    return scaled((uint64_t)big32(p) << 32 | (uint64_t)big32(p + 4), 1000);
}

/* As JavaScript has it. */
static int64_t float_milliseconds(const unsigned char *p)
{
    uint64_t bits = word64(p);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value > 1e11 && value < 1e13 ? (int64_t)(value / 1000) : -1;
}

/* As Windows and 7z have it. */
static int64_t since_1601(const unsigned char *p)
{
    int64_t seconds = (int64_t)(word64(p) / 10000000) - INT64_C(11644473600);
    return seconds > 0 && seconds < UINT32_MAX ? seconds : -1;
}

/* As struct timeval and timespec have it in 32 bits: what is below a second comes after. */
static int64_t little_and_rest(const unsigned char *p)
{
    return little32(p + 4) < 1000000000 ? little32(p) : -1;
}

static int64_t big_and_rest(const unsigned char *p)
{
    return big32(p + 4) < 1000000000 ? big32(p) : -1;
}

static const struct encoding encodings[] = {
    {"64-bit little-endian seconds since 1970", 8, little64},
    {"64-bit big-endian seconds since 1970", 8, big64},
    {"32-bit little-endian seconds since 1970", 4, little32},
    {"32-bit big-endian seconds since 1970", 4, big32},
    {"64-bit microseconds since 1970", 8, microseconds},
    {"64-bit nanoseconds since 1970", 8, nanoseconds},
    {"64-bit big-endian milliseconds since 1970", 8, milliseconds_big},
    {"32-bit little-endian seconds since 1970 and what is below a second", 8, little_and_rest},
    {"32-bit big-endian seconds since 1970 and what is below a second", 8, big_and_rest},
    {"64-bit floating-point milliseconds since 1970", 8, float_milliseconds},
    {"64-bit units of 100 ns since 1601", 8, since_1601},
    {"DOS date and time", 4, dos},
};

/* Is there an encoding by which bytes around from..to are times of the two builds? */
static const struct encoding *find_time(const struct causes *c, const struct window *w, size_t from,
                                        size_t to, int64_t *x, int64_t *y)
{
    for (size_t e = 0; e < sizeof encodings / sizeof *encodings; e++) {
        size_t size = encodings[e].size;
        for (size_t at = to > size ? to - size : 0; at <= from && at + size <= w->len; at++) {
            *x = encodings[e].read(w->a + at);
            *y = encodings[e].read(w->b + at);
            if (stet_cause_in_build(c, 0, *x) && stet_cause_in_build(c, 1, *y))
                return &encodings[e];
        }
    }
    return NULL;
}

/* The next bytes that differ, from *at on. */
static bool next_range(const struct window *w, size_t *at, size_t *from, size_t *to)
{
    size_t i = *at;
    while (i < w->len && w->a[i] == w->b[i])
        i++;
    if (i == w->len)
        return false;
    *from = i;
    size_t last = i;
    for (; i < w->len && i - last < 3; i++)
        if (w->a[i] != w->b[i])
            last = i;
    *to = *at = last + 1;
    return true;
}

/* ---- text in bytes ---- */

static bool printable(unsigned char c)
{
    return c >= 0x20 && c < 0x7f;
}

/* The printable run around a range that differs, of both sides at once; it must be text on both. */
static bool text_around(const struct window *w, size_t *from, size_t *to)
{
    for (size_t i = *from; i < *to; i++)
        if (!printable(w->a[i]) || !printable(w->b[i]))
            return false;
    while (*from > 0 && printable(w->a[*from - 1]) && w->a[*from - 1] == w->b[*from - 1])
        --*from;
    while (*to < w->len && printable(w->a[*to]) && printable(w->b[*to]))
        ++*to;
    return *to - *from >= 6;
}

/* Is all that differs text? */
static bool is_all_text(const struct window *w)
{
    size_t at = 0, from, to;
    while (next_range(w, &at, &from, &to))
        if (!text_around(w, &from, &to))
            return false;
    return true;
}

/* ---- verdicts ---- */

/* Every range that differs is within one word that is a time on both sides. */
static int by_binary_time(const struct causes *c, struct stet_finding *f, const struct window *w,
                          struct stet_error *err)
{
    size_t at = 0, from, to, ranges = 0;
    const struct encoding *encoding = NULL;
    int64_t x = 0, y = 0;
    if (!stet_cause_spans_known(c) && is_all_text(w))
        return 0; /* many texts read as times of some year */
    while (next_range(w, &at, &from, &to)) {
        int64_t x2, y2;
        const struct encoding *found = find_time(c, w, from, to, &x2, &y2);
        /* Bytes that just happen to read as a time are rare, and rarer in a short range. */
        if (!found || to - from > found->size || ++ranges > 4)
            return 0;
        if (!encoding) {
            encoding = found;
            x = x2;
            y = y2;
        }
    }
    if (!encoding)
        return 0;
    char tx[STET_TIME_TEXT_MAX], ty[STET_TIME_TEXT_MAX];
    stet_time_format(x, tx);
    stet_time_format(y, ty);
    _cleanup_free_ char *told = stet_format(err, "%s and %s", tx, ty);
    if (!told || stet_diff_detail(f, '@', told, strlen(told), err) < 0)
        return -1;
    bool told_spans = stet_cause_spans_told(c);
    return stet_diff_because(f, STET_CAUSE_BUILD_TIME,
                             told_spans ? STET_DIFF_LIKELY : STET_DIFF_POSSIBLE, err,
                             told_spans ? "the bytes are times within the builds' spans, as %s"
                             : c->fixed ? "the bytes may be times after the fixed one of the "
                                          "builds' files, as %s"
                                        : "the bytes may be times near others in which the "
                                          "contents differ, as %s",
                             encoding->name) < 0
               ? -1
               : 1;
}

/* A finding like that of the texts, to be judged by the rules for text: each run of characters is a line. */
static int by_text(struct causes *c, struct stet_finding *f, const struct window *w,
                   struct stet_error *err)
{
    size_t at = 0, from, to;
    struct cause_lines *l = &c->lines;
    l->a_count = l->b_count = 0;
    while (next_range(w, &at, &from, &to)) {
        if (!text_around(w, &from, &to))
            return 0;
        l->a[l->a_count++] = (struct cause_text){(const char *)w->a + from, to - from};
        l->b[l->b_count++] = (struct cause_text){(const char *)w->b + from, to - from};
        at = to;
    }
    l->hex = l->cut = false;
    int rc = stet_cause_by_text(c, f, err);
    l->a_count = l->b_count = 0;
    return rc;
}

/* ---- random ---- */

/* Version 4 and its variant (RFC 9562); little: the first three parts are numbers of that order, as in a GPT. */
static bool is_random_uuid(const unsigned char *p, bool little)
{
    return p[little ? 7 : 6] >> 4 == 4 && p[8] >> 6 == 2;
}

/* 16 bytes that are random UUIDs on both sides, and nothing else that differs. */
static int by_uuid(struct stet_finding *f, const struct window *w, struct stet_error *err)
{
    size_t at = 0, from, to, rest, from2, to2;
    if (!next_range(w, &at, &from, &to) || to - from < 13 || to - from > 16)
        return 0;
    rest = to;
    if (next_range(w, &rest, &from2, &to2))
        return 0;
    for (size_t i = to >= 16 ? to - 16 : 0; i <= from && i + 16 <= w->len; i++)
        for (int little = 0; little < 2; little++)
            if (is_random_uuid(w->a + i, little) && is_random_uuid(w->b + i, little))
                return stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY, err,
                                         "the bytes are random identifiers (UUIDs of version 4)") <
                               0
                           ? -1
                           : 1;
    return 0;
}

/* What "openssl enc" writes: a random salt, and what is encrypted with it. */
static int by_salt(struct stet_finding *f, const struct window *w, struct stet_error *err)
{
    static const char magic[] = "Salted__";
    size_t n = sizeof magic - 1;
    if (w->from != 0 || w->len < 2 * n || memcmp(w->a, magic, n) != 0 ||
        memcmp(w->b, magic, n) != 0 || memcmp(w->a + n, w->b + n, n) == 0)
        return 0;
    return stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY, err,
                             "the file is encrypted, with a random salt") < 0
               ? -1
               : 1;
}

/* So many different bytes that chance alone gives them; a text or table has fewer. */
static bool is_dense(const unsigned char *p, size_t len)
{
    bool seen[256] = {false};
    size_t distinct = 0, high = 0, zero = 0;
    for (size_t i = 0; i < len; i++) {
        distinct += !seen[p[i]];
        seen[p[i]] = true;
        high += p[i] >= 0x80;
        zero += p[i] == 0;
    }
    /* Of 64 random bytes about 56 are distinct, of 128 about 100. */
    return distinct * 100 >= len * (len <= 64 ? 75 : 65) && high * 3 >= len &&
           high * 3 <= len * 2 && zero * 16 <= len;
}

/* Names that say of a whole file that it is random. */
static bool is_random_name(const char *path)
{
    static const char *const words[] = {"seed",  "random", "salt",    "secret", "entropy",
                                        "nonce", "cookie", "keyfile", ".key",   "_key"};
    const char *base = stet_cause_base_name(path);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(base, words[i]))
            return true;
    return false;
}

/* The whole of a small file, from its first byte on, without a pattern on either side, and of one length. */
static int by_density(struct stet_finding *f, const struct window *w, struct stet_error *err)
{
    if (w->from != 0 || w->len < 32 || strcmp(f->format, "bytes") != 0 ||
        strncmp(f->what, "bytes 0-", 8) != 0)
        return 0;
    size_t len = w->len < 128 ? w->len : 128, equal = 0;
    for (size_t i = 0; i < len; i++)
        equal += w->a[i] == w->b[i];
    if (equal * 16 > len || !is_dense(w->a, len) || !is_dense(w->b, len))
        return 0;
    bool named = is_random_name(f->path);
    return stet_diff_because(f, STET_CAUSE_RANDOM, named ? STET_DIFF_LIKELY : STET_DIFF_POSSIBLE,
                             err, "the bytes have no pattern on either side%s",
                             named ? ", and the file is named as a random one" : "") < 0
               ? -1
               : 1;
}

int stet_cause_by_bytes(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    struct window w;
    if (!c->lines.hex || !f->detail || !read_window(f->detail, &w))
        return 0;
    if (c->counting)
        return w.cut ? 0 : by_text(c, f, &w, err);
    int rc = w.cut ? 0 : by_binary_time(c, f, &w, err);
    if (rc == 0 && !w.cut)
        rc = by_text(c, f, &w, err);
    if (rc == 0 && !w.cut)
        rc = by_uuid(f, &w, err);
    if (rc == 0)
        rc = by_salt(f, &w, err);
    return rc != 0 ? rc : by_density(f, &w, err);
}
