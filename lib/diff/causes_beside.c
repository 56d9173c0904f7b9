/*
 * causes_beside - what follows from the causes of other findings of the same content.
 */
#include "lib/diff/causes.h"

/* ---- what is computed from the rest ---- */

static bool begins_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_length(const char *s)
{
    size_t n = s ? strspn(s, "0123456789") : 0;
    return n > 0 && (strcmp(s + n, " bytes") == 0 || strcmp(s + n, " byte") == 0);
}

/* Where parts of an object lie, which follows from how long its strings are. */
static bool is_layout(const struct stet_finding *f)
{
    static const char *const names[] = {"header: offset of",  "position of sections",
                                        "header of section ", "section .rel",
                                        "section .shstrtab",  "section headers"};
    if (strcmp(f->format, "elf") != 0)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (begins_with(f->what, names[i]))
            return true;
    return begins_with(f->what, "section ") && is_length(f->a) && is_length(f->b);
}

static bool is_computed(const struct stet_finding *f)
{
    static const char *const names[] = {
        "build-id", "CRC in .gnu_debuglink", "STRSZ in .dynamic", "checksum", "digest", "size",
        "length"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(f->what, names[i]) == 0)
            return true;
    size_t n = strlen(f->what);
    static const char go_id[] = " in .note.go.buildid";
    if (n >= sizeof go_id && strcmp(f->what + n - sizeof go_id + 1, go_id) == 0)
        return true;
    if (strcmp(f->format, "zip") == 0 && begins_with(f->what, "version made by and needed"))
        return true; /* by the way of compression */
    return is_layout(f);
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
            stet_diff_because(
                &all[i], cause, is_layout(&all[i]) ? STET_DIFF_POSSIBLE : STET_DIFF_LIKELY, err,
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

enum { NUMBERS_MAX = 64 };

/* The numbers of a line but times of day, in rising order; false: too many. */
static bool numbers_of(struct cause_text t, unsigned long long out[NUMBERS_MAX], size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < t.len;) {
        struct diff_time when;
        if (t.s[i] < '0' || t.s[i] > '9') {
            i++;
            continue;
        }
        if (stet_diff_time_scan(t.s + i, t.len - i, 0, &when) && when.form == DIFF_TIME_CLOCK) {
            i += when.len;
            continue;
        }
        unsigned long long value = 0;
        for (; i < t.len && t.s[i] >= '0' && t.s[i] <= '9'; i++)
            value = value * 10 + (unsigned)(t.s[i] - '0');
        if (*count == NUMBERS_MAX)
            return false;
        size_t k = (*count)++;
        for (; k > 0 && out[k - 1] > value; k--)
            out[k] = out[k - 1];
        out[k] = value;
    }
    return true;
}

/* Are the numbers of both the same, and words there? What differs may then be a translation. */
static bool same_but_words(struct cause_text a, struct cause_text b)
{
    unsigned long long x[NUMBERS_MAX], y[NUMBERS_MAX];
    size_t n, k, letters = 0;
    for (size_t i = 0; i < a.len; i++)
        letters += stet_cause_is_word(a.s[i]);
    return letters > 3 && numbers_of(a, x, &n) && numbers_of(b, y, &k) && n == k &&
           memcmp(x, y, n * sizeof *x) == 0;
}

static int by_translation(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    struct cause_lines *l = &c->lines;
    stet_cause_lines_read(f, l);
    if (l->hex || l->cut || l->a_count == 0 || l->a_count != l->b_count)
        return 0;
    for (size_t i = 0; i < l->a_count; i++)
        if (!same_but_words(l->a[i], l->b[i]))
            return 0;
    return stet_diff_because(
        f, STET_CAUSE_LOCALE, STET_DIFF_POSSIBLE, err,
        "the words differ and the numbers do not, in a text of which other lines "
        "differ by their language");
}

/* The index of symbols in a static library, which follows from its members and their order. path is "lib.a!/". */
static int by_members(const struct stet_finding *all, size_t from, size_t to,
                      struct stet_finding *first, struct stet_error *err)
{
    const char *path = all[from].path;
    size_t outer = strlen(path) < 2 ? 0 : strlen(path) - 2;
    if (strlen(path) < 2 || strcmp(path + outer, "!/") != 0)
        return 0;
    for (size_t i = from; i > 0 && from - i < 1000; i--) {
        const struct stet_finding *f = &all[i - 1];
        if (strlen(f->path) != outer || memcmp(f->path, path, outer) != 0 ||
            strcmp(f->what, "order of members") != 0 || f->cause == STET_CAUSE_UNEXPLAINED)
            continue;
        for (size_t k = from; k < to; k++, first++)
            if (first->cause == STET_CAUSE_UNEXPLAINED &&
                stet_diff_because(first, f->cause, STET_DIFF_LIKELY, err,
                                  "the index of symbols follows from the order of the members") < 0)
                return -1;
        break;
    }
    return 0;
}

int stet_cause_by_others(struct causes *c, size_t from, size_t to, struct stet_error *err)
{
    struct stet_finding *all = c->d->result->findings;
    if (by_members(all, from, to, all + from, err) < 0)
        return -1;
    if (to - from < 2)
        return 0;
    raise_times(all, from, to);
    if (any_sure(all, from, to, STET_CAUSE_LOCALE) &&
        (strcmp(all[from].format, "text") == 0 || strcmp(all[from].format, "log") == 0))
        for (size_t i = from; i < to; i++)
            if (all[i].cause == STET_CAUSE_UNEXPLAINED && by_translation(c, &all[i], err) < 0)
                return -1;
    return by_computation(all, from, to, err);
}

/* ---- caches of libraries ---- */

enum { CACHES_MAX = 16 }; /* that are looked at: for each library all findings are */

/* The library that a line of the cache names: "name (kind): /lib/name". Empty: none. */
static const char *library_of(struct cause_text line, char path[], size_t size)
{
    const char *at = memmem(line.s, line.len, ": /", 3);
    size_t n = at ? line.len - (size_t)(at - line.s) - 3 : 0;
    if (n == 0 || n >= size)
        return NULL;
    memcpy(path, at + 3, n);
    path[n] = '\0';
    return path;
}

/* What explains that only one side has the library; UNEXPLAINED: nothing. */
static enum stet_diff_cause cause_of_library(const struct diff *d, const char *path)
{
    const struct stet_diff_result *r = d->result;
    const char *base = stet_cause_base_name(path);
    for (size_t i = 0; i < r->count; i++) {
        const struct stet_finding *f = &r->findings[i];
        if ((f->cause == STET_CAUSE_MISSING || f->cause == STET_CAUSE_PACKAGE_VERSION) &&
            f->level == STET_DIFF_ENTRY && strcmp(stet_cause_base_name(f->path), base) == 0)
            return f->cause;
    }
    return STET_CAUSE_UNEXPLAINED;
}

static enum stet_diff_cause cause_of_libraries(const struct causes *c,
                                               const struct cause_text *lines, size_t count,
                                               enum stet_diff_cause cause, bool *ok)
{
    char path[4096];
    for (size_t i = 0; i < count && *ok; i++) {
        const char *library = library_of(lines[i], path, sizeof path);
        enum stet_diff_cause one =
            library ? cause_of_library(c->d, library) : STET_CAUSE_UNEXPLAINED;
        *ok = one != STET_CAUSE_UNEXPLAINED && (cause == STET_CAUSE_UNEXPLAINED || cause == one);
        cause = one;
    }
    return cause;
}

int stet_cause_by_libraries(struct causes *c, struct stet_error *err)
{
    struct stet_diff_result *r = c->d->result;
    for (size_t i = 0, seen = 0; i < r->count && seen < CACHES_MAX; i++) {
        struct stet_finding *f = &r->findings[i];
        struct cause_lines *l = &c->lines;
        bool ok = true;
        if (f->cause != STET_CAUSE_UNEXPLAINED || strcmp(f->format, "ldconfig cache") != 0 ||
            strcmp(f->what, "entries") != 0 || !f->detail)
            continue;
        seen++;
        stet_cause_lines_read(f, l);
        enum stet_diff_cause cause =
            cause_of_libraries(c, l->a, l->a_count, STET_CAUSE_UNEXPLAINED, &ok);
        cause = cause_of_libraries(c, l->b, l->b_count, cause, &ok);
        if (ok && !l->cut && cause != STET_CAUSE_UNEXPLAINED &&
            stet_diff_because(f, cause, STET_DIFF_LIKELY, err,
                              "the cache lists the libraries, of which only one side has these") <
                0)
            return -1;
    }
    return 0;
}
