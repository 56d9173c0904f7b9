/*
 * causes_clock - when the two builds were, as the times in their contents tell, where nothing around them does.
 *
 * Many builds set all mtimes to one fixed time (SOURCE_DATE_EPOCH) and still write the clock's into files. What then is
 * known is that they were built after it. Whole times in the contents say when: the builds were where most of them are.
 */
#include "lib/diff/causes.h"

enum {
    APART = 10 * 366,   /* days between two builds that are compared, at most */
    AFTER = 3 * 366,    /* days from the fixed time to a build, at most */
    SUPPORT = 2,        /* so many times agree before others are judged by them */
    FORGET = 2 * 86400, /* seconds: what is so near is of one build */
};

static int64_t distance(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

bool stet_cause_spans_known(const struct causes *c)
{
    return c->d->side[0].time_max != 0 && c->d->side[1].time_max != 0;
}

bool stet_cause_spans_told(const struct causes *c)
{
    return stet_cause_spans_known(c) && !c->learned;
}

void stet_cause_set_aside_fixed(struct causes *c)
{
    struct diff_side *side = c->d->side;
    if (!stet_cause_spans_known(c) || side[0].time_max != side[1].time_max)
        return;
    c->fixed = side[0].time_max;
    for (int i = 0; i < 2; i++)
        side[i].time_min = side[i].time_max = 0;
}

bool stet_cause_after_fixed(const struct causes *c, int64_t t)
{
    return c->fixed == 0 ||
           (t >= c->fixed - DIFF_TIME_DAY && t <= c->fixed + AFTER * (int64_t)DIFF_TIME_DAY);
}

void stet_cause_keep_clock(struct causes *c, int64_t a, int64_t b)
{
    if (c->clock_count == CAUSE_CLOCKS_MAX || a == b || !stet_cause_after_fixed(c, a) ||
        !stet_cause_after_fixed(c, b) || distance(a, b) > APART * (int64_t)DIFF_TIME_DAY)
        return;
    c->clocks[c->clock_count++] = (struct cause_clock){a, b};
}

static bool is_near(const struct cause_clock *x, const struct cause_clock *y)
{
    return distance(x->a, y->a) <= FORGET && distance(x->b, y->b) <= FORGET;
}

/* The times that most others are near to; the newest of those. */
static const struct cause_clock *best_clock(const struct causes *c, size_t *support)
{
    const struct cause_clock *best = NULL;
    *support = 0;
    for (size_t i = 0; i < c->clock_count; i++) {
        size_t count = 0;
        for (size_t k = 0; k < c->clock_count; k++)
            count += is_near(&c->clocks[i], &c->clocks[k]);
        if (count > *support || (count == *support && best && c->clocks[i].a > best->a)) {
            *support = count;
            best = &c->clocks[i];
        }
    }
    return best;
}

static void widen(struct diff_side *s, int64_t t)
{
    s->time_min = s->time_min == 0 || t < s->time_min ? t : s->time_min;
    s->time_max = t > s->time_max ? t : s->time_max;
}

void stet_cause_learn_spans(struct causes *c)
{
    size_t support;
    const struct cause_clock *best = best_clock(c, &support);
    if (stet_cause_spans_known(c) || support < SUPPORT)
        return;
    for (int i = 0; i < 2; i++)
        c->d->side[i].time_min = c->d->side[i].time_max = 0;
    for (size_t i = 0; i < c->clock_count; i++)
        if (is_near(&c->clocks[i], best)) {
            widen(&c->d->side[0], c->clocks[i].a);
            widen(&c->d->side[1], c->clocks[i].b);
        }
    c->learned = true;
    c->support = support;
}

bool stet_cause_in_build(const struct causes *c, int side, int64_t t)
{
    if (stet_cause_spans_known(c) && stet_diff_in_span(&c->d->side[side], t))
        return true;
    return c->fixed != 0 && stet_cause_after_fixed(c, t);
}
