/* Regions: ranges of differing bytes with their places, and what all formats need to say values. */
#include "lib/diff/region_private.h"

#include <zlib.h>

enum {
    JOIN = 8,          /* ranges with fewer equal bytes between them are one */
    SHOWN_RANGES = 60, /* in detail */
    SHOWN_LINES = 4,   /* of 16 bytes, of one range and side */
    SHOWN_BYTES = 16,  /* in a value */
};

int stet_diff_bytes_order(struct diff_bytes a, struct diff_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

void stet_diff_time_text(int64_t seconds, char out[STET_TIME_TEXT_MAX])
{
    if (seconds >= 0 && seconds <= INT64_C(253402300799))
        stet_time_format(seconds, out);
    else
        snprintf(out, STET_TIME_TEXT_MAX, "%lld", (long long)seconds);
}

/* The first byte of two values that is shown: not in the middle of a character. */
static size_t skipped_beginning(struct diff_bytes a, struct diff_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len, n = 0;
    while (n < len && a.data[n] == b.data[n])
        n++;
    if (n < DIFF_VALUE_MAX / 2)
        return 0;
    n -= DIFF_VALUE_MAX / 4;
    while (n > 0 && (a.data[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static int value_part(struct diff_bytes value, size_t from, struct stet_buffer *out,
                      struct stet_error *err)
{
    if (!value.data)
        return 0;
    if (from > 0)
        stet_buffer_add_str(out, "…");
    return stet_diff_printable(value.data + from, value.len - from, DIFF_VALUE_MAX - (from > 0),
                               out, err);
}

struct stet_finding *stet_diff_add_bytes(const struct diff_pair *p, const char *format,
                                         struct diff_bytes a, struct diff_bytes b,
                                         struct stet_error *err, const char *what, ...)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT, va = STET_BUFFER_INIT,
                                        vb = STET_BUFFER_INIT;
    /* Of long values, where they begin to differ. */
    size_t skipped = skipped_beginning(a, b);
    va_list ap;
    va_start(ap, what);
    stet_buffer_addv(&name, what, ap);
    va_end(ap);
    if (value_part(a, skipped, &va, err) < 0 || value_part(b, skipped, &vb, err) < 0 ||
        stet_buffer_check(&name, "a finding", err) < 0)
        return NULL;
    return stet_diff_add(p, format, a.data ? stet_buffer_str(&va) : NULL,
                         b.data ? stet_buffer_str(&vb) : NULL, err, "%s", stet_buffer_str(&name));
}

int stet_diff_detailf(struct stet_finding *f, char sign, struct stet_error *err, const char *fmt,
                      ...)
{
    _cleanup_buffer_ struct stet_buffer line = STET_BUFFER_INIT;
    va_list ap;
    va_start(ap, fmt);
    stet_buffer_addv(&line, fmt, ap);
    va_end(ap);
    if (stet_buffer_check(&line, "a finding", err) < 0)
        return -1;
    return stet_diff_detail(f, sign, stet_buffer_str(&line), line.len, err);
}

void stet_diff_hex(struct stet_buffer *out, struct diff_bytes b, size_t max)
{
    for (size_t i = 0; i < b.len && i < max; i++)
        stet_buffer_addf(out, "%s%02x", i ? " " : "", b.data[i]);
    if (b.len > max)
        stet_buffer_add_str(out, " …");
}

size_t stet_diff_first_difference(const struct diff_region *r, size_t from)
{
    size_t len = r->a.len < r->b.len ? r->a.len : r->b.len;
    for (size_t block = 4096; len - from >= block;) {
        if (memcmp(r->a.data + from, r->b.data + from, block) != 0)
            break;
        from += block;
    }
    while (from < len && r->a.data[from] == r->b.data[from])
        from++;
    return from;
}

bool stet_diff_next_span(const struct diff_region *r, struct diff_span *run)
{
    size_t len = r->a.len < r->b.len ? r->a.len : r->b.len;
    run->begin = run->end < len ? stet_diff_first_difference(r, run->end) : len;
    if (run->begin == len)
        return false;
    run->end = run->begin + 1;
    for (size_t i = run->end; i < len && i - run->end < JOIN; i++)
        if (r->a.data[i] != r->b.data[i])
            run->end = i + 1;
    return true;
}

void stet_diff_region_place(const struct diff_region *r, size_t offset, struct stet_buffer *out)
{
    stet_buffer_addf(out, "0x%llx", (unsigned long long)(r->base + offset));
    if (r->place)
        r->place(r->ctx, r->base + offset, out);
}

/* The bytes of one side in lines of a hex dump. */
static int hex_lines(struct stet_finding *f, char sign, const struct diff_region *r,
                     struct diff_bytes side, const struct diff_span *run, struct stet_error *err)
{
    unsigned lines = 0;
    for (size_t at = run->begin; at < run->end; at += 16) {
        if (lines++ == SHOWN_LINES)
            return stet_diff_detailf(f, ' ', err, "… %zu more byte%s", run->end - at,
                                     run->end - at == 1 ? "" : "s");
        size_t len = run->end - at < 16 ? run->end - at : 16;
        _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
        stet_buffer_addf(&text, "%08llx  ", (unsigned long long)(r->base + at));
        for (size_t i = 0; i < 16; i++)
            if (i < len)
                stet_buffer_addf(&text, "%02x ", side.data[at + i]);
            else
                stet_buffer_add_str(&text, "   ");
        stet_buffer_add_str(&text, " |");
        for (size_t i = 0; i < len; i++)
            stet_buffer_add_char(&text, side.data[at + i] >= 0x20 && side.data[at + i] < 0x7f
                                            ? (char)side.data[at + i]
                                            : '.');
        stet_buffer_add_char(&text, '|');
        if (stet_buffer_check(&text, "a finding", err) < 0 ||
            stet_diff_detail(f, sign, stet_buffer_str(&text), text.len, err) < 0)
            return -1;
    }
    return 0;
}

static int range_detail(struct stet_finding *f, const struct diff_region *r,
                        const struct diff_span *run, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    stet_diff_region_place(r, run->begin, &text);
    stet_buffer_addf(&text, ", %zu byte%s", run->end - run->begin,
                     run->end - run->begin == 1 ? "" : "s");
    if (stet_buffer_check(&text, "a finding", err) < 0 ||
        stet_diff_detail(f, '@', stet_buffer_str(&text), text.len, err) < 0 ||
        hex_lines(f, '-', r, r->a, run, err) < 0)
        return -1;
    return hex_lines(f, '+', r, r->b, run, err);
}

/* Numbers of this width around the run that are times of the two builds. */
static bool run_is_time(const struct diff_region *r, const struct diff_span *run, size_t width,
                        int64_t times[2])
{
    size_t at = run->begin - run->begin % width;
    const struct diff_side *side = r->pair->diff->side;
    if (run->end > at + width || at + width > r->a.len || at + width > r->b.len)
        return false;
    const unsigned char *a = r->a.data + at, *b = r->b.data + at;
    times[0] = width == 8 ? (int64_t)diff_get64(a, r->big) : diff_get32(a, r->big);
    times[1] = width == 8 ? (int64_t)diff_get64(b, r->big) : diff_get32(b, r->big);
    return stet_diff_in_span(&side[0], times[0]) && stet_diff_in_span(&side[1], times[1]);
}

static void run_value(const struct diff_region *r, struct diff_bytes side,
                      const struct diff_span *run, const int64_t *time, struct stet_buffer *out)
{
    if (r->a.len != r->b.len)
        stet_buffer_addf(out, "%zu byte%s%s", side.len, side.len == 1 ? "" : "s",
                         run->begin < run->end ? "; " : "");
    if (run->begin == run->end)
        return;
    stet_diff_region_place(r, run->begin, out);
    stet_buffer_add_str(out, ": ");
    if (time) {
        char text[STET_TIME_TEXT_MAX];
        stet_diff_time_text(*time, text);
        stet_buffer_addf(out, "%lld (%s)", (long long)*time, text);
        return;
    }
    stet_diff_hex(out, diff_part(side, run->begin, run->end - run->begin), SHOWN_BYTES);
}

static struct stet_finding *add_first(const struct diff_region *r, const struct diff_span *run,
                                      struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    int64_t times[2];
    bool is_time = run->begin < run->end && r->a.len == r->b.len &&
                   (run_is_time(r, run, 4, times) || run_is_time(r, run, 8, times));
    run_value(r, r->a, run, is_time ? &times[0] : NULL, &a);
    run_value(r, r->b, run, is_time ? &times[1] : NULL, &b);
    if (stet_buffer_check(&a, "a finding", err) < 0 || stet_buffer_check(&b, "a finding", err) < 0)
        return NULL;
    return stet_diff_add(r->pair, r->format, r->a.data ? stet_buffer_str(&a) : NULL,
                         r->b.data ? stet_buffer_str(&b) : NULL, err, "%s", r->name);
}

/* How much of the end is equal, where the lengths differ. */
static size_t common_end(const struct diff_region *r, size_t from)
{
    size_t len = (r->a.len < r->b.len ? r->a.len : r->b.len) - from, n = 0;
    while (n < len && r->a.data[r->a.len - 1 - n] == r->b.data[r->b.len - 1 - n])
        n++;
    return n;
}

/* A region that grew or shrank: only where it begins and ends to differ is worth saying. */
static int add_resized(const struct diff_region *r, struct stet_error *err)
{
    size_t begin = stet_diff_first_difference(r, 0), end = common_end(r, begin);
    struct diff_span run = {begin, begin}, a = {begin, r->a.len - end}, b = {begin, r->b.len - end};
    struct stet_finding *f = add_first(r, &run, err);
    if (!f)
        return -1;
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    stet_diff_region_place(r, begin, &text);
    size_t now = b.end - b.begin;
    stet_buffer_addf(&text, ": %zu byte%s instead of %zu", now, now == 1 ? "" : "s",
                     a.end - a.begin);
    if (end > 0)
        stet_buffer_addf(&text, ", then %zu equal one%s", end, end == 1 ? "" : "s");
    if (stet_buffer_check(&text, "a finding", err) < 0 ||
        stet_diff_detail(f, '@', stet_buffer_str(&text), text.len, err) < 0 ||
        hex_lines(f, '-', r, r->a, &a, err) < 0 || hex_lines(f, '+', r, r->b, &b, err) < 0)
        return -1;
    return 1;
}

struct ranges {
    struct stet_finding *finding;
    size_t count, bytes, texts;
};

/* All ranges that are not among the texts reported one by one. */
static int add_ranges(const struct diff_region *r, size_t texts, struct stet_error *err)
{
    struct ranges all = {NULL, 0, 0, 0};
    for (struct diff_span run = {0, 0}; stet_diff_next_span(r, &run);) {
        if (r->strings && stet_diff_span_text(r, &run, NULL, NULL) && all.texts < texts) {
            all.texts++;
            continue;
        }
        all.bytes += run.end - run.begin;
        if (!all.finding && !(all.finding = add_first(r, &run, err)))
            return -1;
        if (all.count++ < SHOWN_RANGES && range_detail(all.finding, r, &run, err) < 0)
            return -1;
    }
    if (all.count > 1 && stet_diff_detailf(all.finding, ' ', err, "%zu bytes differ in %zu ranges",
                                           all.bytes, all.count) < 0)
        return -1;
    return all.finding != NULL;
}

int stet_diff_region_compare(const struct diff_region *r, struct stet_error *err)
{
    if (diff_same(r->a, r->b))
        return 0;
    size_t texts = 0;
    int added = r->strings ? stet_diff_region_texts(r, &texts, err) : 0;
    if (added < 0)
        return -1;
    if (r->list && added > 0 && r->a.len == r->b.len)
        return added;
    int more = r->a.len == r->b.len ? add_ranges(r, texts, err) : add_resized(r, err);
    return more < 0 ? -1 : added + more;
}

static size_t start_size(size_t in, size_t max)
{
    size_t guess = in < SIZE_MAX / 4 ? in * 4 + 64 : in;
    return guess < max ? guess : max;
}

/* Grows out until the stream ends. 1, 0: not a whole stream within max, -1. */
static int inflate_all(z_stream *z, struct stet_buffer *out, size_t max, struct stet_error *err)
{
    for (int status = Z_OK; status != Z_STREAM_END;) {
        /* One byte above max shows that there is more. */
        if (out->len > max)
            return 0;
        size_t room = out->len ? out->len : start_size(z->avail_in, max);
        if (room > max + 1 - out->len)
            room = max + 1 - out->len;
        if (room > 1 << 30)
            room = 1 << 30;
        stet_buffer_reserve(out, room);
        if (stet_buffer_check(out, "inflating", err) < 0)
            return -1;
        z->next_out = (unsigned char *)out->data + out->len;
        z->avail_out = (unsigned)room;
        status = inflate(z, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END)
            return status == Z_MEM_ERROR ? stet_error_oom(err, "inflating") : 0;
        out->len += room - z->avail_out;
    }
    return out->len <= max;
}

int stet_diff_inflate(const struct diff_pair *p, struct diff_bytes in, size_t max,
                      struct diff_bytes *out, size_t *used, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer buffer = STET_BUFFER_INIT;
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)in.data};
    out->data = NULL;
    out->len = 0;
    if (max > p->diff->bytes_left)
        max = p->diff->bytes_left;
    if (in.len > UINT32_MAX || max > SIZE_MAX / 2)
        return 0;
    z.avail_in = (unsigned)in.len;
    if (inflateInit(&z) != Z_OK)
        return stet_error_oom(err, "inflating");
    int status = inflate_all(&z, &buffer, max, err);
    inflateEnd(&z);
    p->diff->bytes_left -= buffer.len < p->diff->bytes_left ? buffer.len : p->diff->bytes_left;
    if (status <= 0)
        return status;
    if (used)
        *used = in.len - z.avail_in;
    out->len = buffer.len;
    /* Never NULL, also for no bytes at all. */
    stet_buffer_add_char(&buffer, '\0');
    out->data = (unsigned char *)stet_buffer_detach(&buffer);
    return out->data ? 1 : stet_error_oom(err, "inflating");
}
