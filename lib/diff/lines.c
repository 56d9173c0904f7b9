/*
 * lines - splitting texts into lines, and the shortest script between them.
 */
#include "lib/diff/lines.h"

/* ---- splitting ---- */

static size_t common_prefix(const struct diff_bytes *a, const struct diff_bytes *b, size_t max)
{
    size_t i = 0;

    while (max - i >= 4096 && memcmp(a->data + i, b->data + i, 4096) == 0)
        i += 4096;
    while (i < max && a->data[i] == b->data[i])
        i++;
    return i;
}

static size_t common_suffix(const struct diff_bytes *a, const struct diff_bytes *b, size_t max)
{
    size_t n = 0;

    while (max - n >= 4096 &&
           memcmp(a->data + a->len - n - 4096, b->data + b->len - n - 4096, 4096) == 0)
        n += 4096;
    while (n < max && a->data[a->len - n - 1] == b->data[b->len - n - 1])
        n++;
    return n;
}

/* Shortens begin and end to whole lines. */
static void find_common(struct stet_diff_lines *l, const struct diff_bytes *a,
                        const struct diff_bytes *b)
{
    size_t max = a->len < b->len ? a->len : b->len;

    l->begin = max ? common_prefix(a, b, max) : 0;
    while (l->begin > 0 && a->data[l->begin - 1] != '\n')
        l->begin--;
    l->end = max > l->begin ? common_suffix(a, b, max - l->begin) : 0;
    /* The first of the common bytes must begin a line on both sides. */
    const unsigned char *end = a->len ? a->data + a->len : NULL;
    const unsigned char *p = l->end ? memchr(end - l->end, '\n', l->end) : NULL;
    bool whole = l->end > 0 && (a->len == l->end || end[-(ptrdiff_t)l->end - 1] == '\n') &&
                 (b->len == l->end || b->data[b->len - l->end - 1] == '\n');
    if (!whole)
        l->end = p ? (size_t)(end - p) - 1 : 0;
}

static size_t count_lines(const char *s, size_t len)
{
    size_t n = 0;
    const char *end = s + len;

    for (const char *p = s; len && p < end; p++, n++)
        if (!(p = memchr(p, '\n', (size_t)(end - p))))
            return n + 1;
    return n;
}

static int find_starts(struct diff_lined *t, struct stet_error *err)
{
    size_t n = 0;

    t->starts = calloc(t->count + 1, sizeof *t->starts);
    t->ids = calloc(t->count + 1, sizeof *t->ids);
    if (!t->starts || !t->ids)
        return stet_error_oom(err, "comparing lines");
    for (size_t at = 0; at < t->len;) {
        const char *end = memchr(t->data + at, '\n', t->len - at);
        t->starts[n++] = at;
        at = end ? (size_t)(end - t->data) + 1 : t->len;
    }
    t->starts[n] = t->len;
    return 0;
}

/* ---- equal lines have equal numbers ---- */

struct line_ref {
    const char *data;
    size_t len;
    uint32_t *id;
};

static int compare_refs(const void *x, const void *y)
{
    const struct line_ref *a = x, *b = y;
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void refer(const struct diff_lined *t, struct line_ref *refs)
{
    for (size_t i = 0; i < t->count; i++)
        refs[i] =
            (struct line_ref){t->data + t->starts[i], t->starts[i + 1] - t->starts[i], &t->ids[i]};
}

/* By sorting, since no input makes it slow. */
static int number_lines(struct stet_diff_lines *l, struct stet_error *err)
{
    size_t count = l->a.count + l->b.count;
    _cleanup_free_ struct line_ref *refs = calloc(count + 1, sizeof *refs);

    if (!refs)
        return stet_error_oom(err, "comparing lines");
    refer(&l->a, refs);
    refer(&l->b, refs + l->a.count);
    qsort(refs, count, sizeof *refs, compare_refs);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_refs(&refs[i - 1], &refs[i]) != 0)
            l->distinct++;
        *refs[i].id = l->distinct;
    }
    l->distinct++;
    return 0;
}

int stet_diff_lines_split(struct stet_diff_lines *l, const struct diff_bytes *a,
                          const struct diff_bytes *b, struct stet_error *err)
{
    *l = (struct stet_diff_lines){0};
    find_common(l, a, b);
    l->before = count_lines((const char *)a->data, l->begin);
    l->a.data = (const char *)a->data + l->begin;
    l->a.len = a->len - l->begin - l->end;
    l->b.data = (const char *)b->data + l->begin;
    l->b.len = b->len - l->begin - l->end;
    l->a.count = count_lines(l->a.data, l->a.len);
    l->b.count = count_lines(l->b.data, l->b.len);
    l->too_many = l->a.count > DIFF_LINES_MAX || l->b.count > DIFF_LINES_MAX - l->a.count;
    if (l->too_many)
        return 0;
    if (find_starts(&l->a, err) == 0 && find_starts(&l->b, err) == 0 && number_lines(l, err) == 0)
        return 0;
    stet_diff_lines_release(l);
    return -1;
}

void stet_diff_lines_release(struct stet_diff_lines *l)
{
    free(l->a.starts);
    free(l->a.ids);
    free(l->b.starts);
    free(l->b.ids);
    *l = (struct stet_diff_lines){0};
}

void stet_diff_lines_get(const struct diff_lined *t, size_t i, const char **line, size_t *len)
{
    *line = t->data + t->starts[i];
    *len = t->starts[i + 1] - t->starts[i];
    *len -= *len > 0 && (*line)[*len - 1] == '\n';
}

/* ---- the script (E. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986) ---- */

enum { STEPS = 100000000, D_MIN = 64, D_MAX = 1500 };

struct search {
    const uint32_t *a, *b;
    size_t n, m;           /* lines of them */
    size_t done_a, done_b; /* decided so far */
    int64_t max;           /* edits of one round */
    int64_t *reach;        /* by diagonal + max + 1: how far a is used up, from done_a */
    int32_t *trace;        /* round d has its 2 d + 1 values from d * d on */
    struct diff_line_runs *out;
};

/* Adds to the last run where it continues it. */
static int add_run(struct diff_line_runs *out, size_t a, size_t a_count, size_t b, size_t b_count,
                   struct stet_error *err)
{
    struct diff_line_run *last = out->count ? &out->items[out->count - 1] : NULL;

    if (last && last->a + last->a_count == a && last->b + last->b_count == b) {
        last->a_count += a_count;
        last->b_count += b_count;
        return 0;
    }
    if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    out->items[out->count++] = (struct diff_line_run){a, a_count, b, b_count};
    return 0;
}

/* One step of the path: down (a line of b comes) or right (one of a goes), then equal lines. Returns whether the end was reached. */
static bool extend(struct search *s, int64_t d, int64_t k)
{
    int64_t *v = s->reach + s->max + 1;
    int64_t n = (int64_t)(s->n - s->done_a), m = (int64_t)(s->m - s->done_b);
    bool down = k == -d || (k != d && v[k - 1] < v[k + 1]);
    int64_t x = d == 0 ? 0 : down ? v[k + 1] : v[k - 1] + 1;
    int64_t y = x - k;

    while (x < n && y < m && s->a[s->done_a + (size_t)x] == s->b[s->done_b + (size_t)y]) {
        x++;
        y++;
    }
    v[k] = x;
    s->trace[d * d + (k + d)] = (int32_t)x;
    return x >= n && y >= m;
}

/* The furthest diagonal after round d, of those inside. */
static int64_t furthest(const struct search *s, int64_t d)
{
    int64_t n = (int64_t)(s->n - s->done_a), m = (int64_t)(s->m - s->done_b);
    int64_t best = d, best_sum = -1;

    for (int64_t k = -d; k <= d; k += 2) {
        int64_t x = s->reach[s->max + 1 + k], y = x - k;
        if (x <= n && y <= m && x + y > best_sum) {
            best = k;
            best_sum = x + y;
        }
    }
    return best;
}

/* Follows the trace back from diagonal k of round d, and adds its edits from the first on. */
static int add_path(struct search *s, int64_t d, int64_t k, struct stet_error *err)
{
    _cleanup_free_ int64_t *path = calloc((size_t)d + 1, sizeof *path);
    int64_t end_x = s->trace[d * d + (k + d)], end_y = end_x - k;

    if (!path)
        return stet_error_oom(err, "comparing lines");
    for (int64_t i = d; i > 0; i--) {
        const int32_t *v = s->trace + (i - 1) * (i - 1) + (i - 1);
        path[i] = k;
        bool down = k == -i || (k != i && v[k - 1] < v[k + 1]);
        k += down ? 1 : -1;
    }
    for (int64_t i = 1; i <= d; i++) {
        const int32_t *v = s->trace + (i - 1) * (i - 1) + (i - 1);
        bool down = path[i] < k;
        size_t x = s->done_a + (size_t)v[k], y = s->done_b + (size_t)(v[k] - k);
        if (add_run(s->out, x, !down, y, down, err) < 0)
            return -1;
        k = path[i];
    }
    s->done_a += (size_t)end_x;
    s->done_b += (size_t)end_y;
    return 0;
}

/* One round: to the end, or as far as max edits go. */
static int advance(struct search *s, struct stet_error *err)
{
    int64_t d = 0, k = 0;

    for (; d <= s->max; d++)
        for (k = -d; k <= d; k += 2)
            if (extend(s, d, k))
                return add_path(s, d, k, err);
    d = s->max;
    return add_path(s, d, furthest(s, d), err);
}

int stet_diff_lines_runs(const struct stet_diff_lines *l, struct diff_line_runs *out,
                         struct stet_error *err)
{
    struct search s = {l->a.ids, l->b.ids, l->a.count, l->b.count, .out = out};
    size_t total = s.n + s.m;

    s.max = (int64_t)(STEPS / (total + 1));
    s.max = s.max < D_MIN ? D_MIN : s.max > D_MAX ? D_MAX : s.max;
    if ((size_t)s.max > total)
        s.max = (int64_t)total;
    _cleanup_free_ int64_t *reach = calloc((size_t)(2 * s.max + 3), sizeof *reach);
    _cleanup_free_ int32_t *trace = calloc((size_t)((s.max + 1) * (s.max + 1)), sizeof *trace);
    if (!reach || !trace)
        return stet_error_oom(err, "comparing lines");
    s.reach = reach;
    s.trace = trace;
    while (s.done_a < s.n || s.done_b < s.m)
        if (advance(&s, err) < 0)
            return -1;
    return 0;
}
