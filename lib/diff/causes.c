/*
 * causes - looks for the causes of what no comparator explained.
 */
#include "lib/diff/causes.h"

#include "lib/diff/scopes.h"

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The end of the findings of one place that begin at from. */
static size_t place_end(const struct stet_diff_result *r, size_t from)
{
    const struct stet_finding *f = &r->findings[from];
    size_t to = from + 1;
    while (to < r->count && r->findings[to].layer == f->layer &&
           r->findings[to].level == f->level && same_text(r->findings[to].image, f->image) &&
           strcmp(r->findings[to].path, f->path) == 0)
        to++;
    return to;
}

typedef int place_rule(struct causes *c, size_t from, size_t to, struct stet_error *err);

static int for_places(struct causes *c, place_rule *rule, struct stet_error *err)
{
    const struct stet_diff_result *r = c->d->result;
    for (size_t i = 0; i < r->count;) {
        size_t to = place_end(r, i);
        if (rule(c, i, to, err) < 0)
            return -1;
        i = to;
    }
    return 0;
}

static int explain(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    static int (*const rules[])(struct causes *, struct stet_finding *, struct stet_error *) = {
        stet_cause_by_place, stet_cause_by_line_order, stet_cause_by_text, stet_cause_by_messages,
        stet_cause_by_bytes};
    stet_cause_lines_read(f, &c->lines);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        int rc = rules[i](c, f, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* The times by which a comparator told of the clock. */
static void keep_told_clock(struct causes *c, const struct stet_finding *f)
{
    struct diff_time x, y;
    if (f->cause == STET_CAUSE_BUILD_TIME && f->a && f->b &&
        stet_diff_time_scan(f->a, strlen(f->a), 0, &x) &&
        stet_diff_time_scan(f->b, strlen(f->b), 0, &y) && x.grain == 1 && y.grain == 1 &&
        x.form < DIFF_TIME_HEX && y.form < DIFF_TIME_HEX)
        stet_cause_keep_clock(c, x.seconds, y.seconds);
}

/* Gathers the directories by which findings differ, for which it counts how often they do, and times. */
static int gather(struct causes *c, struct stet_error *err)
{
    struct stet_diff_result *r = c->d->result;
    c->counting = true;
    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        if (f->cause != STET_CAUSE_UNEXPLAINED) {
            keep_told_clock(c, f);
            continue;
        }
        stet_cause_lines_read(f, &c->lines);
        if (stet_cause_by_text(c, f, err) < 0 || stet_cause_by_bytes(c, f, err) < 0)
            return -1;
    }
    c->counting = false;
    return 0;
}

/* What is in a package is explained by what the package says of its build. */
static int explain_inside(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    struct diff_side outer[2];
    stet_diff_scope_enter(c->d, stet_diff_scope_of(c->d, f->layer, f->path), outer);
    int rc = explain(c, f, err);
    stet_diff_scope_leave(c->d, outer);
    return rc;
}

static int explain_all(struct causes *c, struct stet_error *err)
{
    struct stet_diff_result *r = c->d->result;
    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        if (f->cause == STET_CAUSE_UNEXPLAINED && explain_inside(c, f, err) < 0)
            return -1;
        stet_diff_recent_replace(&c->d->recent, &f->evidence);
    }
    return 0;
}

static void set_years(struct causes *c)
{
    for (int i = 0; i < 2; i++)
        if (c->d->side[i].time_max)
            c->year[i] = stet_diff_time_year(c->d->side[i].time_max);
}

int stet_diff_explain(struct diff *d, struct stet_error *err)
{
    _cleanup_free_ struct causes *c = calloc(1, sizeof *c);
    if (!c)
        return stet_error_oom(err, "look for causes");
    c->d = d;
    for (int i = 0; i < 2; i++)
        if (stet_diff_evidence_finish(&d->side[i], err) < 0)
            return -1;
    set_years(c);
    stet_cause_set_aside_fixed(c);
    if (stet_cause_by_package(c, err) < 0 || gather(c, err) < 0)
        return -1;
    stet_cause_learn_spans(c);
    set_years(c);
    if (for_places(c, stet_cause_by_order, err) < 0 || explain_all(c, err) < 0 ||
        stet_cause_by_umask(c, err) < 0 || stet_cause_by_libraries(c, err) < 0)
        return -1;
    return for_places(c, stet_cause_by_others, err);
}
