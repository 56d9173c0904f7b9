/* Regions: the texts in them, and the directories in these texts. */
#include "lib/diff/region_private.h"

enum {
    TEXT_MIN = 4,        /* fewer printable characters in a row are no text */
    BACK_MAX = 256,      /* looked at before a difference */
    TEXT_MAX = 1024,     /* and after it */
    TEXTS_SHOWN = 16,    /* findings of a region */
    TEXTS_MAX = 1 << 20, /* texts of a side that are kept */
};

static bool is_text(unsigned char c)
{
    return (c >= 0x20 && c < 0x7f) || c == '\t';
}

/* ---- sides of one length ---- */

static size_t text_end(struct diff_bytes side, size_t from)
{
    size_t end = from;
    while (end < side.len && end - from < TEXT_MAX && is_text(side.data[end]))
        end++;
    return end;
}

bool stet_diff_span_text(const struct diff_region *r, struct diff_span *span, struct diff_bytes *a,
                         struct diff_bytes *b)
{
    size_t begin = span->begin;
    while (begin > 0 && span->begin - begin < BACK_MAX && is_text(r->a.data[begin - 1]))
        begin--;
    size_t end_a = text_end(r->a, span->begin), end_b = text_end(r->b, span->begin);
    if (end_a - begin < TEXT_MIN || end_b - begin < TEXT_MIN)
        return false;
    /* What follows the shorter one is its padding, or no text of its own: looked at again when it is. */
    size_t end = end_a < end_b ? end_a : end_b, longer = end_a < end_b ? end_b : end_a;
    const struct diff_bytes shorter = end_a < end_b ? r->a : r->b;
    while (end < longer && shorter.data[end] == 0)
        end++;
    span->end = end > span->begin ? end : span->begin + 1;
    if (a && b) {
        *a = diff_part(r->a, begin, end_a - begin);
        *b = diff_part(r->b, begin, end_b - begin);
    }
    return true;
}

static int add_text(const struct diff_region *r, struct diff_bytes a, struct diff_bytes b,
                    struct stet_error *err)
{
    size_t at = a.data ? (size_t)(a.data - r->a.data) : (size_t)(b.data - r->b.data);
    return stet_diff_add_bytes(r->pair, r->format, a, b, err, "string at 0x%llx%s",
                               (unsigned long long)(r->base + at), r->of)
               ? 0
               : -1;
}

static int texts_in_place(const struct diff_region *r, size_t *runs, struct stet_error *err)
{
    struct diff_bytes a, b;
    for (struct diff_span run = {0, 0}; *runs < TEXTS_SHOWN && stet_diff_next_span(r, &run);) {
        if (!stet_diff_span_text(r, &run, &a, &b))
            continue;
        if (add_text(r, a, b, err) < 0)
            return -1;
        ++*runs;
    }
    return (int)*runs;
}

/* ---- lists of texts, and sides of different lengths: the texts of one that the other does not have ---- */

struct text {
    struct diff_bytes bytes;
    bool common;
};
struct texts {
    struct text *items;
    struct text **sorted;
    size_t count, cap;
};

static void texts_release(struct texts *t)
{
    free(t->items);
    free(t->sorted);
}

static int compare_texts(const void *x, const void *y)
{
    const struct text *a = *(struct text *const *)x, *b = *(struct text *const *)y;
    int order = stet_diff_bytes_order(a->bytes, b->bytes);
    return order ? order : (a->bytes.data > b->bytes.data) - (a->bytes.data < b->bytes.data);
}

static int texts_read(struct diff_bytes side, struct texts *out, struct stet_error *err)
{
    for (size_t at = 0; at < side.len && out->count < TEXTS_MAX;) {
        size_t begin = at;
        while (at < side.len && is_text(side.data[at]))
            at++;
        if (at - begin >= TEXT_MIN) {
            if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
                return -1;
            out->items[out->count++].bytes = diff_part(side, begin, at - begin);
        }
        at++;
    }
    out->sorted = calloc(out->count ? out->count : 1, sizeof(struct text *));
    if (!out->sorted)
        return stet_error_oom(err, "comparing texts");
    for (size_t i = 0; i < out->count; i++)
        out->sorted[i] = &out->items[i];
    qsort(out->sorted, out->count, sizeof(struct text *), compare_texts);
    return 0;
}

static void mark_common(struct texts *a, struct texts *b)
{
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        int order = stet_diff_bytes_order(a->sorted[i]->bytes, b->sorted[j]->bytes);
        if (order == 0) {
            a->sorted[i]->common = b->sorted[j]->common = true;
            i++;
            j++;
        } else if (order < 0) {
            i++;
        } else {
            j++;
        }
    }
}

/* The next in the order of the alphabet that the other side does not have. */
static const struct diff_bytes *next_own(const struct texts *t, size_t *at)
{
    while (*at < t->count && t->sorted[*at]->common)
        ++*at;
    return *at < t->count ? &t->sorted[*at]->bytes : NULL;
}

static size_t count_own(const struct texts *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += !t->items[i].common;
    return count;
}

static size_t common_begin(struct diff_bytes a, struct diff_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len, n = 0;
    while (n < len && a.data[n] == b.data[n])
        n++;
    return n;
}

static size_t common_rest(struct diff_bytes a, struct diff_bytes b, size_t begin)
{
    size_t len = (a.len < b.len ? a.len : b.len) - begin, n = 0;
    while (n < len && a.data[a.len - 1 - n] == b.data[b.len - 1 - n])
        n++;
    return n;
}

/* Are these two versions of one text, rather than two texts? */
static bool is_alike(struct diff_bytes a, struct diff_bytes b)
{
    size_t begin = common_begin(a, b), shorter = a.len < b.len ? a.len : b.len;
    return begin + common_rest(a, b, begin) >= shorter / 2;
}

static int add_own(const struct diff_region *r, const struct texts *a, const struct texts *b,
                   struct stet_error *err)
{
    size_t left_a = count_own(a), left_b = count_own(b), i = 0, j = 0;
    int added = 0;
    for (; added < TEXTS_SHOWN && left_a + left_b > 0; added++) {
        const struct diff_bytes none = {NULL, 0}, *x = next_own(a, &i), *y = next_own(b, &j);
        if (x && y && left_a != left_b && !is_alike(*x, *y)) {
            if (stet_diff_bytes_order(*x, *y) < 0)
                y = NULL;
            else
                x = NULL;
        }
        i += x != NULL;
        j += y != NULL;
        left_a -= x != NULL;
        left_b -= y != NULL;
        if (add_text(r, x ? *x : none, y ? *y : none, err) < 0)
            return -1;
    }
    return added;
}

static int texts_of_own(const struct diff_region *r, struct stet_error *err)
{
    struct texts a = {NULL}, b = {NULL};
    int status = -1;
    if (texts_read(r->a, &a, err) == 0 && texts_read(r->b, &b, err) == 0) {
        mark_common(&a, &b);
        /* Of a list that is not whole nothing can be said to be missing. */
        status = a.count < TEXTS_MAX && b.count < TEXTS_MAX ? add_own(r, &a, &b, err) : 0;
    }
    texts_release(&a);
    texts_release(&b);
    return status;
}

int stet_diff_region_texts(const struct diff_region *r, size_t *runs, struct stet_error *err)
{
    *runs = 0;
    return r->list || r->a.len != r->b.len ? texts_of_own(r, err) : texts_in_place(r, runs, err);
}

/* ---- directories ---- */

static bool is_path(unsigned char c)
{
    return c > 0x20 && c < 0x7f && !memchr("\"'`=:;,()<>[]{}|&?*\\", c, 20);
}

/* Where the absolute path begins that holds position at; SIZE_MAX: it is none. */
static size_t path_begin(struct diff_bytes s, size_t at)
{
    size_t begin = at;
    while (begin > 0 && is_path(s.data[begin - 1]))
        begin--;
    /* As options have it: -I/usr/include */
    if (at - begin > 2 && s.data[begin] == '-' && memchr("ILBF", s.data[begin + 1], 4))
        begin += 2;
    return begin < at && s.data[begin] == '/' ? begin : SIZE_MAX;
}

static size_t component_end(struct diff_bytes s, size_t at)
{
    while (at < s.len && s.data[at] != '/' && is_path(s.data[at]))
        at++;
    return at;
}

static bool all_path(struct diff_bytes s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_path(s.data[i]))
            return false;
    return s.len > 1;
}

/* A directory where things are installed, not built. */
static bool is_system(struct diff_bytes dir)
{
    static const char *const installed[] = {"/usr/",  "/etc/", "/bin/",     "/sbin/", "/lib",
                                            "/proc/", "/sys/", "/var/lib/", "/dev/",  "/run/"};
    static const char *const built[] = {"/usr/src/", "/dev/shm/"};
    for (size_t i = 0; i < sizeof built / sizeof *built; i++)
        if (dir.len >= strlen(built[i]) && memcmp(dir.data, built[i], strlen(built[i])) == 0)
            return false;
    for (size_t i = 0; i < sizeof installed / sizeof *installed; i++)
        if (dir.len >= strlen(installed[i]) &&
            memcmp(dir.data, installed[i], strlen(installed[i])) == 0)
            return true;
    return false;
}

bool stet_diff_directories(struct diff_bytes a, struct diff_bytes b, struct diff_bytes *dir_a,
                           struct diff_bytes *dir_b, bool *followed)
{
    size_t begin = common_begin(a, b), path = path_begin(a, begin);
    if (path == SIZE_MAX)
        return false;
    /* "/tmp/x.c" and "/tmp/one/x.c": the slash belongs to the rest. */
    size_t slash = begin > path + 1 && a.data[begin - 1] == '/' ? 1 : 0;
    size_t rest = common_rest(a, b, begin - slash);
    size_t end_a = component_end(a, a.len - rest), end_b = component_end(b, b.len - rest);
    *dir_a = diff_part(a, path, end_a - path);
    *dir_b = diff_part(b, path, end_b - path);
    *followed = end_a < a.len && a.data[end_a] == '/' && end_b < b.len && b.data[end_b] == '/';
    return end_a > path && end_b > path && all_path(*dir_a) && all_path(*dir_b) &&
           !diff_same(*dir_a, *dir_b) && !is_system(*dir_a) && !is_system(*dir_b);
}

static struct diff_bytes string_bytes(const char *s)
{
    return (struct diff_bytes){(const unsigned char *)s, s ? strlen(s) : 0};
}

struct directories {
    struct diff_bytes a, b;
    bool followed;
};

static bool finding_directories(const struct stet_finding *f, struct directories *out)
{
    return f->a && f->b && f->cause == STET_CAUSE_UNEXPLAINED &&
           stet_diff_directories(string_bytes(f->a), string_bytes(f->b), &out->a, &out->b,
                                 &out->followed);
}

static int name_build_path(struct stet_finding *f, const struct directories *d, bool certain,
                           struct stet_error *err)
{
    return stet_diff_because(
        f, STET_CAUSE_BUILD_PATH, certain ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY, err,
        "all paths that differ do so by one directory: %.*s and %.*s", (int)d->a.len,
        (const char *)d->a.data, (int)d->b.len, (const char *)d->b.data);
}

int stet_diff_build_paths(const struct diff_pair *p, size_t first, bool proven,
                          struct stet_error *err)
{
    const struct stet_diff_result *r = p->diff->result;
    struct directories all = {{NULL, 0}, {NULL, 0}, false}, one;
    bool debug = false;
    for (size_t i = first; i < r->count; i++) {
        if (!finding_directories(&r->findings[i], &one))
            continue;
        if (all.a.data && (!diff_same(all.a, one.a) || !diff_same(all.b, one.b)))
            return 0;
        /* The longer-lived of the two: set once, valid as long as the findings. */
        bool followed = all.followed || one.followed;
        all = one;
        all.followed = followed;
        debug = debug || strstr(r->findings[i].what, " .debug_");
    }
    if (!all.a.data || (!all.followed && !debug && !proven))
        return 0;
    for (size_t i = first; i < r->count; i++)
        if (finding_directories(&r->findings[i], &one) &&
            name_build_path(&r->findings[i], &all, debug || proven, err) < 0)
            return -1;
    return 0;
}
