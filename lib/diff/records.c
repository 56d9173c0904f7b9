/*
 * records - parts of texts, lists of items with keys, their pairing and order.
 */
#include <inttypes.h>

#include "lib/diff/records.h"

/* ---- parts of texts ---- */

struct diff_text stet_diff_text_of(const struct diff_bytes *b)
{
    return (struct diff_text){b->data ? (const char *)b->data : "", b->len};
}

struct diff_text stet_diff_text_str(const char *s)
{
    return (struct diff_text){s, strlen(s)};
}

bool stet_diff_text_is(struct diff_text t, const char *s)
{
    return stet_diff_text_equal(t, stet_diff_text_str(s));
}

bool stet_diff_text_equal(struct diff_text a, struct diff_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

bool stet_diff_text_begins(struct diff_text t, const char *s)
{
    size_t len = strlen(s);
    return t.len >= len && memcmp(t.s, s, len) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct diff_text stet_diff_text_trim(struct diff_text t)
{
    while (t.len > 0 && is_blank(t.s[0])) {
        t.s++;
        t.len--;
    }
    while (t.len > 0 && is_blank(t.s[t.len - 1]))
        t.len--;
    return t;
}

bool stet_diff_text_line(struct diff_text *rest, struct diff_text *line)
{
    if (rest->len == 0)
        return false;
    *line = stet_diff_text_field(rest, '\n');
    return true;
}

struct diff_text stet_diff_text_field(struct diff_text *rest, char sep)
{
    struct diff_text field = *rest;
    const char *end = rest->len > 0 ? memchr(rest->s, sep, rest->len) : NULL;
    if (end)
        field.len = (size_t)(end - rest->s);
    rest->s += end ? field.len + 1 : field.len;
    rest->len -= end ? field.len + 1 : field.len;
    return field;
}

bool stet_diff_text_number(struct diff_text t, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (t.len == 0)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.s[i] < '0' || t.s[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(t.s[i] - '0'), &value) || value > max)
            return false;
    }
    *out = value;
    return true;
}

bool stet_diff_text_plain(struct diff_text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.s[i];
        if (c == 0x7f || (c < ' ' && c != '\t' && c != '\n' && c != '\r'))
            return false;
    }
    return true;
}

/* ---- places ---- */

/* The name of what is compared: a member's, or the file's. */
static const char *name_of(const struct diff_pair *p)
{
    const char *member = strrchr(p->path, '!');
    return p->depth > 0 && member ? member + 1 : p->file;
}

bool stet_diff_file_is(const struct diff_pair *p, const char *path)
{
    const char *name = name_of(p), *leaf = strrchr(path, '/');
    size_t len = strlen(name), want = strlen(path);
    if (!strchr(name, '/'))
        return strcmp(name, leaf ? leaf + 1 : path) == 0;
    return len >= want && strcmp(name + len - want, path) == 0 &&
           (len == want || name[len - want - 1] == '/');
}

static bool ends_as(const char *path, const char *glob)
{
    for (; path; path = strchr(path, '/')) {
        path += *path == '/';
        if (stet_path_match(glob, path, false))
            return true;
    }
    return false;
}

bool stet_diff_file_matches(const struct diff_pair *p, const char *glob)
{
    return ends_as(name_of(p), glob) || (p->depth > 0 && ends_as(p->file, glob));
}

/* ---- lists of items ---- */

void stet_diff_records_release(struct diff_records *i)
{
    free(i->items);
    *i = (struct diff_records){0};
}

int stet_diff_records_add(struct diff_records *i, struct diff_text key, struct diff_text value,
                          uint64_t at, struct stet_error *err)
{
    if (i->count >= DIFF_RECORDS_MAX) {
        i->full = true;
        return 0;
    }
    if (stet_grow(&i->items, &i->cap, i->count + 1, sizeof *i->items, err) < 0)
        return -1;
    i->items[i->count++] = (struct diff_record){key, value, at};
    return 0;
}

int stet_diff_records_lines(struct diff_records *i, struct diff_text text, struct stet_error *err)
{
    struct diff_text line;
    for (uint64_t n = 1; !i->full && stet_diff_text_line(&text, &line); n++)
        if (stet_diff_records_add(i, line, (struct diff_text){line.s + line.len, 0}, n, err) < 0)
            return -1;
    return 0;
}

/* ---- pairing ---- */

void stet_diff_record_pairs_release(struct diff_record_pairs *m)
{
    free(m->items);
    *m = (struct diff_record_pairs){0};
}

static int compare_keys(const struct diff_record *a, const struct diff_record *b)
{
    size_t len = a->key.len < b->key.len ? a->key.len : b->key.len;
    int order = len > 0 ? memcmp(a->key.s, b->key.s, len) : 0;
    if (order != 0)
        return order;
    return a->key.len < b->key.len ? -1 : a->key.len > b->key.len;
}

/* Items of one array: equal keys stay in their order. */
static int compare_sorted(const void *pa, const void *pb)
{
    const struct diff_record *const *a = pa, *const *b = pb;
    int order = compare_keys(*a, *b);
    return order != 0 ? order : *a < *b ? -1 : *a > *b;
}

static const struct diff_record **sorted(const struct diff_records *i, struct stet_error *err)
{
    const struct diff_record **order = calloc(i->count + 1, sizeof *order);
    if (!order) {
        stet_error_oom(err, "comparing lists");
        return NULL;
    }
    for (size_t n = 0; n < i->count; n++)
        order[n] = &i->items[n];
    qsort(order, i->count, sizeof *order, compare_sorted);
    return order;
}

/* Whom each item of a and b is paired with. */
static void pair(const struct diff_records *a, const struct diff_records *b,
                 const struct diff_record **sa, const struct diff_record **sb,
                 const struct diff_record **of_a, bool *b_taken)
{
    size_t i = 0, j = 0;
    while (i < a->count && j < b->count) {
        int order = compare_keys(sa[i], sb[j]);
        if (order == 0) {
            of_a[sa[i] - a->items] = sb[j];
            b_taken[sb[j] - b->items] = true;
            i++;
            j++;
        } else if (order < 0) {
            i++;
        } else {
            j++;
        }
    }
}

/*
 * Marks the least number of pairs that have to move so that the others stand in the same order on both sides: all but
 * the longest rising run of b's places. tail[k]: the match that ends the best run of length k + 1; before: the one that
 * stands before each in its run.
 */
static int mark_moved(struct diff_record_pairs *m, size_t from_a, struct stet_error *err)
{
    _cleanup_free_ size_t *tail = calloc(from_a + 1, sizeof *tail);
    _cleanup_free_ size_t *before = calloc(from_a + 1, sizeof *before);
    size_t longest = 0;
    if (!tail || !before)
        return stet_error_oom(err, "comparing the order of lists");
    for (size_t i = 0; i < from_a; i++) {
        size_t low = 0, high = longest;
        if (!m->items[i].b)
            continue;
        m->items[i].moved = true;
        m->common++;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (m->items[tail[middle]].b < m->items[i].b)
                low = middle + 1;
            else
                high = middle;
        }
        tail[low] = i;
        before[i] = low > 0 ? tail[low - 1] : SIZE_MAX;
        if (low == longest)
            longest++;
    }
    for (size_t i = longest > 0 ? tail[longest - 1] : SIZE_MAX; i != SIZE_MAX; i = before[i])
        m->items[i].moved = false;
    m->moved = m->common - longest;
    return 0;
}

int stet_diff_records_match(const struct diff_records *a, const struct diff_records *b,
                            struct diff_record_pairs *out, struct stet_error *err)
{
    _cleanup_free_ const struct diff_record **sa = sorted(a, err);
    _cleanup_free_ const struct diff_record **sb = sa ? sorted(b, err) : NULL;
    _cleanup_free_ const struct diff_record **of_a = calloc(a->count + 1, sizeof *of_a);
    _cleanup_free_ bool *b_taken = calloc(b->count + 1, sizeof *b_taken);
    *out = (struct diff_record_pairs){0};
    if (!sa || !sb)
        return -1;
    out->items = calloc(a->count + b->count + 1, sizeof *out->items);
    if (!of_a || !b_taken || !out->items) {
        stet_diff_record_pairs_release(out);
        return stet_error_oom(err, "comparing lists");
    }
    pair(a, b, sa, sb, of_a, b_taken);
    for (size_t i = 0; i < a->count; i++)
        out->items[out->count++] = (struct diff_record_pair){&a->items[i], of_a[i], false};
    for (size_t i = 0; i < b->count; i++)
        if (!b_taken[i])
            out->items[out->count++] = (struct diff_record_pair){NULL, &b->items[i], false};
    if (mark_moved(out, a->count, err) < 0) {
        stet_diff_record_pairs_release(out);
        return -1;
    }
    return 0;
}

/* ---- findings ---- */

struct stet_finding *stet_diff_add_text(const struct diff_pair *p, const char *format,
                                        struct diff_text a, struct diff_text b,
                                        struct stet_error *err, const char *what, ...)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT, ta = STET_BUFFER_INIT,
                                        tb = STET_BUFFER_INIT;
    va_list ap;
    va_start(ap, what);
    stet_buffer_addv(&name, what, ap);
    va_end(ap);
    if (stet_buffer_check(&name, "a finding", err) < 0 ||
        (a.s && stet_diff_printable(a.s, a.len, 200, &ta, err) < 0) ||
        (b.s && stet_diff_printable(b.s, b.len, 200, &tb, err) < 0))
        return NULL;
    return stet_diff_add(p, format, a.s ? stet_buffer_str(&ta) : NULL,
                         b.s ? stet_buffer_str(&tb) : NULL, err, "%s", stet_buffer_str(&name));
}

enum { DETAIL_LINES = 399 };

bool stet_diff_details_room(struct diff_details *d, size_t lines)
{
    if (d->left_out > 0 || d->lines + lines > DETAIL_LINES) {
        d->left_out += lines;
        return false;
    }
    d->lines += lines;
    return true;
}

int stet_diff_details_end(const struct diff_details *d, struct stet_error *err)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%zu more lines", d->left_out);
    return d->left_out == 0 ? 0 : stet_diff_detail(d->f, '@', text, (size_t)len, err);
}

/* "NAME (place 12 against 15)". Places count from 1. */
static int detail_moved(struct diff_details *d, const struct diff_record_pair *m,
                        const struct diff_records *a, const struct diff_records *b,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer line = STET_BUFFER_INIT;
    if (!stet_diff_details_room(d, 1))
        return 0;
    if (stet_diff_printable(m->a->key.s, m->a->key.len, 200, &line, err) < 0)
        return -1;
    stet_buffer_addf(&line, " (place %zu against %zu)", (size_t)(m->a - a->items) + 1,
                     (size_t)(m->b - b->items) + 1);
    if (stet_buffer_check(&line, "a finding", err) < 0)
        return -1;
    return stet_diff_detail(d->f, ' ', stet_buffer_str(&line), line.len, err);
}

struct stet_finding *stet_diff_records_order(const struct diff_pair *p, const char *format,
                                             const char *noun, const struct diff_records *a,
                                             const struct diff_records *b,
                                             const struct diff_record_pairs *m, bool *failed,
                                             struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    const struct diff_record_pair *first = NULL;
    struct stet_finding *f;
    *failed = false;
    for (size_t i = 0; m->moved > 0 && i < m->count && !first; i++)
        if (m->items[i].moved)
            first = &m->items[i];
    if (!first)
        return NULL;
    *failed = true;
    stet_buffer_addf(&ta, "%zu of %zu stand elsewhere, first ", m->moved, m->common);
    if (stet_diff_printable(first->a->key.s, first->a->key.len, 100, &ta, err) < 0)
        return NULL;
    stet_buffer_addf(&ta, " at place %zu", (size_t)(first->a - a->items) + 1);
    stet_buffer_addf(&tb, "there at place %zu", (size_t)(first->b - b->items) + 1);
    if (stet_buffer_check(&ta, "a finding", err) < 0 ||
        stet_buffer_check(&tb, "a finding", err) < 0)
        return NULL;
    f = stet_diff_add(p, format, stet_buffer_str(&ta), stet_buffer_str(&tb), err, "order of %s",
                      noun);
    struct diff_details detail = {f, 0, 0};
    for (size_t i = 0; f && i < m->count; i++)
        if (m->items[i].moved && detail_moved(&detail, &m->items[i], a, b, err) < 0)
            return NULL;
    *failed = !f || stet_diff_details_end(&detail, err) < 0;
    return *failed ? NULL : f;
}

static int detail_record(struct diff_details *d, char sign, const struct diff_record *item,
                         struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer line = STET_BUFFER_INIT;
    if (!stet_diff_details_room(d, 1))
        return 0;
    if (stet_diff_printable(item->key.s, item->key.len, 400, &line, err) < 0)
        return -1;
    struct diff_text rest = item->value, part;
    for (const char *before = ": "; stet_diff_text_line(&rest, &part); before = ", ") {
        stet_buffer_add_str(&line, before);
        if (stet_diff_printable(part.s, part.len, 400, &line, err) < 0)
            return -1;
        if (line.len > 1000)
            break;
    }
    if (stet_buffer_check(&line, "a finding", err) < 0)
        return -1;
    return stet_diff_detail(d->f, sign, stet_buffer_str(&line), line.len, err);
}

static bool changed(const struct diff_record_pair *m)
{
    return m->a && m->b && !stet_diff_text_equal(m->a->value, m->b->value);
}

static void count_text(struct stet_buffer *out, size_t all, size_t only, size_t other)
{
    stet_buffer_addf(out, "%zu", all);
    if (only > 0)
        stet_buffer_addf(out, ", %zu only here", only);
    if (other > 0)
        stet_buffer_addf(out, ", %zu with another value", other);
}

/* Those that only one side has, or whose values differ. */
static int add_changes(const struct diff_pair *p, const char *format, const char *noun,
                       const struct diff_records *a, const struct diff_records *b,
                       const struct diff_record_pairs *m, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct stet_finding *f;
    size_t other = 0;
    for (size_t i = 0; i < m->count; i++)
        other += changed(&m->items[i]);
    if (other == 0 && m->common == a->count && m->common == b->count)
        return 0;
    count_text(&ta, a->count, a->count - m->common, other);
    count_text(&tb, b->count, b->count - m->common, other);
    if (stet_buffer_check(&ta, "a finding", err) < 0 ||
        stet_buffer_check(&tb, "a finding", err) < 0)
        return -1;
    f = stet_diff_add(p, format, stet_buffer_str(&ta), stet_buffer_str(&tb), err, "%s", noun);
    if (!f)
        return -1;
    struct diff_details detail = {f, 0, 0};
    for (size_t i = 0; i < m->count; i++) {
        const struct diff_record_pair *one = &m->items[i];
        bool differs = !one->a || !one->b || changed(one);
        if ((differs && one->a && detail_record(&detail, '-', one->a, err) < 0) ||
            (differs && one->b && detail_record(&detail, '+', one->b, err) < 0))
            return -1;
    }
    return stet_diff_details_end(&detail, err) < 0 ? -1 : 1;
}

int stet_diff_records_compare(const struct diff_pair *p, const char *format, const char *noun,
                              const struct diff_records *a, const struct diff_records *b,
                              struct stet_error *err)
{
    struct diff_record_pairs m;
    bool failed;
    int count;
    if (a->full || b->full)
        return 0;
    if (stet_diff_records_match(a, b, &m, err) < 0)
        return -1;
    count = add_changes(p, format, noun, a, b, &m, err);
    if (count >= 0 && stet_diff_records_order(p, format, noun, a, b, &m, &failed, err))
        count++;
    else if (count >= 0 && failed)
        count = -1;
    stet_diff_record_pairs_release(&m);
    return count;
}

int stet_diff_add_value(const struct diff_pair *p, const char *format, const char *what,
                        struct diff_text a, struct diff_text b, struct stet_error *err)
{
    struct diff_records la = {0}, lb = {0};
    int count = 0;
    if ((a.len > 0 && memchr(a.s, '\n', a.len)) || (b.len > 0 && memchr(b.s, '\n', b.len))) {
        count = stet_diff_records_lines(&la, a, err) < 0 || stet_diff_records_lines(&lb, b, err) < 0
                    ? -1
                    : 1;
        if (count > 0)
            count = stet_diff_records_compare(p, format, what, &la, &lb, err);
        stet_diff_records_release(&la);
        stet_diff_records_release(&lb);
    }
    if (count == 0)
        count = stet_diff_add_text(p, format, a, b, err, "%s", what) ? 1 : -1;
    return count;
}

int stet_diff_add_time_text(struct stet_buffer *out, int64_t seconds, struct stet_error *err)
{
    char text[STET_TIME_TEXT_MAX];
    stet_buffer_addf(out, "%" PRId64, seconds);
    if (seconds >= 0 && seconds < INT64_C(253402300800)) {
        stet_time_format(seconds, text);
        stet_buffer_addf(out, " (%s)", text);
    }
    return stet_buffer_check(out, "a finding", err);
}

int stet_diff_add_microseconds(struct stet_buffer *out, uint64_t microseconds,
                               struct stet_error *err)
{
    char text[STET_TIME_TEXT_MAX];
    stet_buffer_addf(out, "%" PRIu64, microseconds);
    if (microseconds > 0 && microseconds / 1000000 < UINT64_C(253402300800)) {
        stet_time_format((int64_t)(microseconds / 1000000), text);
        stet_buffer_addf(out, " (%s)", text);
    }
    return stet_buffer_check(out, "a finding", err);
}

int stet_diff_because_time(const struct diff_pair *p, struct stet_finding *f, int64_t a, int64_t b,
                           const char *noun, struct stet_error *err)
{
    const struct diff_side *side = p->diff->side;
    if (!stet_diff_in_span(&side[0], a) || !stet_diff_in_span(&side[1], b))
        return 0;
    return stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN, err,
                             "each side's %s lies within the time of its build", noun);
}
