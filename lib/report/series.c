/*
 * series - findings in the order of causes and series.
 *
 * A table of properties is filled in a first pass, which counts. Then each group and series has its place in the
 * order, and a second pass puts the findings there. So a finding costs the four bytes of its index alone.
 */
#include "lib/report/private.h"

/* Properties beyond so many are in no series, nor those that are made to have the hashes of others. */
enum { PROPERTIES_MAX = 16384, SLOTS = 4 * PROPERTIES_MAX, PROBES = 64, NONE = 0 };

struct property {
    uint32_t first, count; /* the index of its first finding; how many there are */
    uint32_t next;         /* where in the order the next one belongs */
    uint8_t same;
};
struct table {
    const struct stet_diff_result *result;
    struct property *items;
    size_t count, cap;
    uint32_t *slots; /* 1 + the item's place, NONE: free */
};

/* ---- properties ---- */

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* The length of the number at s; 0 where it is part of a word, as in "x86". */
static size_t number(const char *s, bool in_word)
{
    size_t n;

    if (in_word || *s < '0' || *s > '9')
        return 0;
    if (s[0] == '0' && s[1] == 'x')
        n = 2 + strspn(s + 2, "0123456789abcdef");
    else
        n = strspn(s, "0123456789");
    return is_word(s[n]) ? 0 : n;
}

/* A property, character by character, as series see it. */
struct reader {
    const char *at;
    bool in_word;
};
enum { END = 0, ANY = 256 };

static struct reader read_property(const char *what)
{
    const char *record = what ? strstr(what, ": ") : NULL;

    return (struct reader){record ? record : what ? what : "", false};
}

static int next(struct reader *r)
{
    size_t n = number(r->at, r->in_word);

    if (n > 0) {
        r->at += n;
        r->in_word = true;
        return ANY;
    }
    if (*r->at == '\0')
        return END;
    r->in_word = is_word(*r->at);
    return (unsigned char)*r->at++;
}

static unsigned sides(const struct stet_finding *f)
{
    return (f->a ? 1 : 0) + (f->b ? 2 : 0);
}

static bool same_property(const struct stet_finding *a, const struct stet_finding *b)
{
    if (a->cause != b->cause || a->level != b->level || sides(a) != sides(b) ||
        !stet_report_same_text(a->format, b->format))
        return false;
    if (a->what == b->what)
        return true;
    struct reader x = read_property(a->what), y = read_property(b->what);
    for (;;) {
        int c = next(&x);

        if (c != next(&y))
            return false;
        if (c == END)
            return true;
    }
}

/* FNV-1a. */
static uint32_t add_hash(uint32_t hash, unsigned value)
{
    return (hash ^ value) * UINT32_C(16777619);
}

static uint32_t hash_property(const struct stet_finding *f)
{
    uint32_t hash = add_hash(UINT32_C(2166136261), f->cause);
    struct reader r = read_property(f->what);
    int c;

    hash = add_hash(add_hash(hash, f->level), sides(f));
    for (const char *s = f->format ? f->format : ""; *s; s++)
        hash = add_hash(hash, (unsigned char)*s);
    while ((c = next(&r)) != END)
        hash = add_hash(hash, (unsigned)c);
    return hash ^ hash >> 15;
}

void stet_report_property(struct stet_buffer *out, const struct stet_finding *f, unsigned same)
{
    const char *what = f->what ? f->what : "";
    struct reader r = read_property(what);

    if (same & STET_REPORT_SAME_WHAT) {
        stet_buffer_add_str(out, what);
        return;
    }
    if (r.at != what)
        stet_buffer_add_str(out, "…");
    for (int c; (c = next(&r)) != END;) {
        if (c == ANY)
            stet_buffer_add_str(out, "…");
        else
            stet_buffer_add_char(out, (char)c);
    }
}

/* ---- the table ---- */

/* Where the property of f is in the table, or its free place; NULL: there is none. */
static uint32_t *slot_of(const struct table *t, const struct stet_finding *f)
{
    uint32_t hash = hash_property(f);

    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t *slot = &t->slots[(hash + i) % SLOTS];

        if (*slot == NONE || same_property(&t->result->findings[t->items[*slot - 1].first], f))
            return slot;
    }
    return NULL;
}

static struct property *series_of(struct table *t, const struct stet_finding *f)
{
    const uint32_t *slot = slot_of(t, f);
    struct property *p = slot && *slot != NONE ? &t->items[*slot - 1] : NULL;

    return p && p->count >= STET_REPORT_SERIES ? p : NULL;
}

/* What f has in common with the first of its series. */
static unsigned common(const struct stet_finding *f, const struct stet_finding *first)
{
    unsigned same = 0;

    if (stet_report_same_text(f->a, first->a) && stet_report_same_text(f->b, first->b))
        same |= STET_REPORT_SAME_VALUES;
    if (stet_report_same_text(f->what, first->what))
        same |= STET_REPORT_SAME_WHAT;
    if (f->layer == first->layer && stet_report_same_text(f->image, first->image))
        same |= STET_REPORT_SAME_LAYER;
    if (stet_report_same_place(f, first))
        same |= STET_REPORT_SAME_PLACE;
    if (f->sure == first->sure && stet_report_same_text(f->evidence, first->evidence))
        same |= STET_REPORT_SAME_REASON;
    if (!f->detail)
        same |= STET_REPORT_SAME_DETAIL;
    return same;
}

static int count(struct table *t, uint32_t index, struct stet_error *err)
{
    const struct stet_finding *f = &t->result->findings[index];
    uint32_t *slot = slot_of(t, f);

    if (!slot || (*slot == NONE && t->count == PROPERTIES_MAX))
        return 0;
    if (*slot == NONE) {
        if (stet_grow(&t->items, &t->cap, t->count + 1, sizeof(*t->items), err) < 0)
            return -1;
        t->items[t->count++] = (struct property){.first = index, .same = UINT8_MAX};
        *slot = (uint32_t)t->count;
    }
    struct property *p = &t->items[*slot - 1];
    p->count++;
    p->same &= (uint8_t)common(f, &t->result->findings[p->first]);
    return 0;
}

/* ---- groups ---- */

/* Loud ones first, then by size; the caller's order is that of the causes. */
static bool goes_before(const struct stet_report_group *a, const struct stet_report_group *b)
{
    bool loud_a = stet_diff_cause_info(a->cause)->loud,
         loud_b = stet_diff_cause_info(b->cause)->loud;
    return loud_a != loud_b ? loud_a : a->count > b->count;
}

static void make_groups(const struct stet_diff_result *r, struct stet_report_groups *out)
{
    uint32_t counts[STET_CAUSE_COUNT] = {0}, start = 0;

    for (size_t i = 0; i < r->count; i++)
        counts[r->findings[i].cause]++;
    for (int c = 0; c < STET_CAUSE_COUNT; c++) {
        struct stet_report_group item = {.cause = (enum stet_diff_cause)c, .count = counts[c]};
        size_t at = out->count;

        if (counts[c] == 0)
            continue;
        for (; at > 0 && goes_before(&item, &out->items[at - 1]); at--)
            out->items[at] = out->items[at - 1];
        out->items[at] = item;
        out->count++;
    }
    for (size_t i = 0; i < out->count; i++) {
        out->items[i].start = start;
        start += out->items[i].count;
    }
}

/* By group, then the largest first; start is still the index of the first finding. */
static int compare_series(const void *a, const void *b)
{
    const struct stet_report_series *x = a, *y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

static int make_series(const struct table *t, struct stet_report_groups *out,
                       struct stet_error *err)
{
    uint8_t group_of[STET_CAUSE_COUNT] = {0};
    size_t cap = 0;

    for (size_t i = 0; i < out->count; i++)
        group_of[out->items[i].cause] = (uint8_t)i;
    for (size_t i = 0; i < t->count; i++) {
        const struct property *p = &t->items[i];

        if (p->count < STET_REPORT_SERIES)
            continue;
        if (stet_grow(&out->series, &cap, out->series_count + 1, sizeof(*out->series), err) < 0)
            return -1;
        out->series[out->series_count++] = (struct stet_report_series){
            p->first, p->count, group_of[t->result->findings[p->first].cause], p->same};
    }
    if (out->series_count > 0)
        qsort(out->series, out->series_count, sizeof(*out->series), compare_series);
    return 0;
}

/* Gives each series and the rest of each group its place in the order. */
static void make_room(struct table *t, struct stet_report_groups *out)
{
    uint32_t at = 0;

    for (size_t i = 0; i < out->count; i++) {
        struct stet_report_group *g = &out->items[i];

        g->series = at;
        g->singles = g->start;
        for (; at < out->series_count && out->series[at].group == i; at++) {
            struct stet_report_series *s = &out->series[at];

            series_of(t, &t->result->findings[s->start])->next = g->singles;
            s->start = g->singles;
            g->singles += s->count;
        }
        g->series_count = at - g->series;
    }
}

static void put(struct table *t, struct stet_report_groups *out)
{
    uint32_t singles[STET_CAUSE_COUNT] = {0};

    for (size_t i = 0; i < out->count; i++)
        singles[out->items[i].cause] = out->items[i].singles;
    for (size_t i = 0; i < t->result->count; i++) {
        const struct stet_finding *f = &t->result->findings[i];
        struct property *p = series_of(t, f);

        out->order[p ? p->next++ : singles[f->cause]++] = (uint32_t)i;
    }
}

static int make(struct table *t, struct stet_report_groups *out, struct stet_error *err)
{
    const struct stet_diff_result *r = t->result;

    t->slots = calloc(SLOTS, sizeof(*t->slots));
    out->order = calloc(r->count, sizeof(*out->order));
    if (!t->slots || !out->order)
        return stet_error_oom(err, "group the findings");
    for (size_t i = 0; i < r->count; i++)
        if (count(t, (uint32_t)i, err) < 0)
            return -1;
    make_groups(r, out);
    if (make_series(t, out, err) < 0)
        return -1;
    make_room(t, out);
    put(t, out);
    return 0;
}

int stet_report_groups_make(const struct stet_diff_result *r, struct stet_report_groups *out,
                            struct stet_error *err)
{
    struct table t = {.result = r};
    int status = 0;

    *out = (struct stet_report_groups){0};
    if (r->count > UINT32_MAX)
        return stet_error_input(err, "a report of %zu findings is too large", r->count);
    if (r->count > 0)
        status = make(&t, out, err);
    free(t.items);
    free(t.slots);
    if (status < 0)
        stet_report_groups_release(out);
    return status;
}

void stet_report_groups_release(struct stet_report_groups *g)
{
    free(g->order);
    free(g->series);
    *g = (struct stet_report_groups){0};
}
