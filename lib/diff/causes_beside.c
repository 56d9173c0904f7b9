/*
 * causes_beside - what follows from the causes of other findings of the same content.
 */
#include "lib/diff/causes.h"

/* ---- what is computed from the rest ---- */

static bool is_computed(const struct stet_finding *f)
{
    static const char *const names[] = {
        "build-id", "CRC in .gnu_debuglink", "checksum", "digest", "size", "length"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(f->what, names[i]) == 0)
            return true;
    return false;
}

/* The cause that all findings that are not computed have; UNEXPLAINED: there is no such. */
static enum stet_diff_cause common_cause(const struct stet_finding *all, size_t from, size_t to)
{
    enum stet_diff_cause cause = STET_CAUSE_UNEXPLAINED;
    for (size_t i = from; i < to; i++) {
        if (is_computed(&all[i]))
            continue;
        if (all[i].cause == STET_CAUSE_UNEXPLAINED ||
            (cause != STET_CAUSE_UNEXPLAINED && cause != all[i].cause))
            return STET_CAUSE_UNEXPLAINED;
        cause = all[i].cause;
    }
    return cause;
}

static int by_computation(struct stet_finding *all, size_t from, size_t to, struct stet_error *err)
{
    enum stet_diff_cause cause = common_cause(all, from, to);
    for (size_t i = from; i < to && cause != STET_CAUSE_UNEXPLAINED && cause != STET_CAUSE_MISSING;
         i++)
        if (all[i].cause == STET_CAUSE_UNEXPLAINED && is_computed(&all[i]) &&
            diff_because(&all[i], cause, STET_DIFF_LIKELY, err,
                         "it is computed from the content, in which everything else that differs "
                         "has this cause") < 0)
            return -1;
    return 0;
}

/* ---- times of day beside dates ---- */

static bool is_sure(const struct stet_finding *f, enum stet_diff_cause cause)
{
    return f->cause == cause && f->sure >= STET_DIFF_LIKELY;
}

static bool any_sure(const struct stet_finding *all, size_t from, size_t to,
                     enum stet_diff_cause cause)
{
    for (size_t i = from; i < to; i++)
        if (is_sure(&all[i], cause))
            return true;
    return false;
}

static void raise_times(struct stet_finding *all, size_t from, size_t to)
{
    if (!any_sure(all, from, to, STET_CAUSE_BUILD_TIME))
        return;
    for (size_t i = from; i < to; i++)
        if (all[i].cause == STET_CAUSE_BUILD_TIME && all[i].sure == STET_DIFF_POSSIBLE)
            all[i].sure = STET_DIFF_LIKELY;
}

/* ---- messages in another language ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Are the digits and paths of both the same, and words there? What differs may then be a translation. */
static bool same_but_words(struct cause_text a, struct cause_text b)
{
    size_t i = 0, j = 0, letters = 0;
    for (;;) {
        for (; i < a.len && !is_digit(a.s[i]); i++)
            letters += cause_is_word(a.s[i]);
        while (j < b.len && !is_digit(b.s[j]))
            j++;
        if (i == a.len || j == b.len)
            return i == a.len && j == b.len && letters > 3;
        if (a.s[i++] != b.s[j++])
            return false;
    }
}

static int by_translation(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    struct cause_lines *l = &c->lines;
    cause_lines_read(f, l);
    if (l->hex || l->cut || l->a_count == 0 || l->a_count != l->b_count)
        return 0;
    for (size_t i = 0; i < l->a_count; i++)
        if (!same_but_words(l->a[i], l->b[i]))
            return 0;
    return diff_because(f, STET_CAUSE_LOCALE, STET_DIFF_POSSIBLE, err,
                        "the words differ and the numbers do not, in a text of which other lines "
                        "differ by their language");
}

int cause_by_others(struct causes *c, size_t from, size_t to, struct stet_error *err)
{
    struct stet_finding *all = c->d->result->findings;
    if (to - from < 2)
        return 0;
    raise_times(all, from, to);
    if (any_sure(all, from, to, STET_CAUSE_LOCALE) && strcmp(all[from].format, "text") == 0)
        for (size_t i = from; i < to; i++)
            if (all[i].cause == STET_CAUSE_UNEXPLAINED && by_translation(c, &all[i], err) < 0)
                return -1;
    return by_computation(all, from, to, err);
}
