/*
 * helpers - findings of lines and of bytes.
 */
#include "lib/diff/formats.h"
#include "lib/diff/lines.h"

enum {
    CONTEXT = 3, /* lines around a run */
    RUNS_MAX = 200,
    RUN_LINES = 200,  /* of each side that are shown */
    LINE_SHOWN = 300, /* bytes of a line that are shown */
    LINE_LEAD = 80,   /* of them before the first difference */
};

char *stet_diff_length_text(uint64_t bytes, struct stet_error *err)
{
    return stet_format(err, "%llu byte%s", (unsigned long long)bytes, bytes == 1 ? "" : "s");
}

bool stet_diff_in_span(const struct diff_side *side, int64_t value)
{
    const int64_t day = 86400;

    if (side->time_min == 0 || side->time_max == 0 || value <= 0)
        return false;
    return value >= side->time_min - day && value - day <= side->time_max;
}

/* ---- lines ---- */

/* The part of a line that is shown, with what comes before it in len bytes around offset at. */
static void window(const char *text, size_t len, size_t at, size_t *from, size_t *to)
{
    *from = 0;
    *to = len;
    if (len <= LINE_SHOWN)
        return;
    *from = at > LINE_LEAD && at <= len ? at - LINE_LEAD : 0;
    /* Not within a character of UTF-8. */
    for (unsigned i = 0; i < 3 && *from > 0 && ((unsigned char)text[*from] & 0xc0) == 0x80; i++)
        (*from)--;
    *to = len - *from > LINE_SHOWN ? *from + LINE_SHOWN : len;
    for (unsigned i = 0; i < 3 && *to < len && ((unsigned char)text[*to] & 0xc0) == 0x80; i++)
        (*to)++;
}

static void add_window(struct stet_buffer *out, const char *text, size_t len, size_t at)
{
    size_t from, to;

    window(text, len, at, &from, &to);
    if (from > 0)
        stet_buffer_add_str(out, "…");
    stet_buffer_add(out, text + from, to - from);
    if (to < len)
        stet_buffer_add_str(out, "…");
}

int stet_diff_detail_at(struct stet_finding *f, char sign, const char *text, size_t len, size_t at,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer part = STET_BUFFER_INIT;

    if (len <= LINE_SHOWN)
        return stet_diff_detail(f, sign, text, len, err);
    add_window(&part, text, len, at);
    if (stet_buffer_check(&part, "the detail of a finding", err) < 0)
        return -1;
    return stet_diff_detail(f, sign, part.data, part.len, err);
}

/* Where the first lines of a run begin to differ. */
static size_t first_difference(const struct stet_diff_lines *l, const struct diff_line_run *run)
{
    const char *a, *b;
    size_t a_len, b_len, i = 0;

    if (run->a_count == 0 || run->b_count == 0)
        return 0;
    stet_diff_lines_get(&l->a, run->a, &a, &a_len);
    stet_diff_lines_get(&l->b, run->b, &b, &b_len);
    while (i < a_len && i < b_len && a[i] == b[i])
        i++;
    return i;
}

/* A run's lines of one side as a value; an empty buffer when there are none. */
static int run_value(const struct diff_lined *t, size_t from, size_t count, size_t at,
                     struct stet_buffer *out, struct stet_error *err)
{
    const char *line;
    size_t len;

    if (count == 0)
        return 0;
    stet_diff_lines_get(t, from, &line, &len);
    size_t begin, end;
    window(line, len, at, &begin, &end);
    if (begin > 0)
        stet_buffer_add_str(out, "…");
    /* With room for what follows. */
    if (stet_diff_printable(line + begin, end - begin, 160, out, err) < 0)
        return -1;
    if (count > 1)
        stet_buffer_addf(out, " (and %zu more line%s)", count - 1, count > 2 ? "s" : "");
    return stet_buffer_check(out, "the lines of a finding", err);
}

static int run_detail(struct stet_finding *f, char sign, const struct diff_lined *t, size_t from,
                      size_t count, size_t at, bool at_all, struct stet_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *line;
        size_t len;
        if (i == RUN_LINES) {
            _cleanup_free_ char *more = stet_format(err, "%zu more lines of the %s", count - i,
                                                    sign == '-' ? "first" : "second");
            return more ? stet_diff_detail(f, '@', more, strlen(more), err) : -1;
        }
        stet_diff_lines_get(t, from + i, &line, &len);
        if (stet_diff_detail_at(f, sign, line, len, at_all || i == 0 ? at : 0, err) < 0)
            return -1;
    }
    return 0;
}

/* Common lines before the ones that were split. */
static int context_before(struct stet_finding *f, const struct stet_diff_lines *l, size_t want,
                          struct stet_error *err)
{
    const char *begin = l->a.data - l->begin, *p = l->a.data;
    size_t have = 0;

    while (p > begin && have < want) {
        const char *nl = p - 1 > begin ? memrchr(begin, '\n', (size_t)(p - 1 - begin)) : NULL;
        p = nl ? nl + 1 : begin;
        have++;
    }
    while (p < l->a.data) {
        const char *nl = memchr(p, '\n', (size_t)(l->a.data - p));
        size_t len = nl ? (size_t)(nl - p) : (size_t)(l->a.data - p);
        if (stet_diff_detail_at(f, ' ', p, len, 0, err) < 0)
            return -1;
        p += len + 1;
    }
    return 0;
}

static int context_after(struct stet_finding *f, const struct stet_diff_lines *l, size_t want,
                         struct stet_error *err)
{
    const char *p = l->a.data + l->a.len, *end = p + l->end;

    for (size_t i = 0; i < want && p < end; i++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t len = nl ? (size_t)(nl - p) : (size_t)(end - p);
        if (stet_diff_detail_at(f, ' ', p, len, 0, err) < 0)
            return -1;
        p += nl ? len + 1 : len;
    }
    return 0;
}

/* Up to CONTEXT unchanged lines between the run before (it ends at after) and this one. */
static int lead_in(struct stet_finding *f, const struct stet_diff_lines *l,
                   const struct diff_line_run *run, size_t after, bool is_first,
                   struct stet_error *err)
{
    size_t have = run->a - after;

    if (have >= CONTEXT || !is_first) {
        have = have < CONTEXT ? have : CONTEXT;
    } else if (context_before(f, l, CONTEXT - have, err) < 0) {
        return -1;
    }
    return run_detail(f, ' ', &l->a, run->a - have, have, 0, true, err);
}

static int lead_out(struct stet_finding *f, const struct stet_diff_lines *l,
                    const struct diff_line_run *run, const struct diff_line_run *next,
                    struct stet_error *err)
{
    size_t from = run->a + run->a_count;
    size_t have = (next ? next->a : l->a.count) - from;
    size_t shown = have < CONTEXT ? have : CONTEXT;

    if (run_detail(f, ' ', &l->a, from, shown, 0, true, err) < 0)
        return -1;
    return next ? 0 : context_after(f, l, CONTEXT - shown, err);
}

/* "line 3", "lines 3-5", numbered from 1. */
static int name_lines(struct stet_buffer *out, size_t from, size_t count, struct stet_error *err)
{
    if (count == 1)
        stet_buffer_addf(out, "line %zu", from + 1);
    else
        stet_buffer_addf(out, "lines %zu-%zu", from + 1, from + count);
    return stet_buffer_check(out, "the lines of a finding", err);
}

/* A last line without its end looks like one that has it. */
static int note_ends(struct stet_finding *f, const struct stet_diff_lines *l,
                     const struct diff_line_run *run, struct stet_error *err)
{
    static const char *const notes[] = {"no newline at the end of the first",
                                        "no newline at the end of the second"};
    const struct diff_lined *sides[] = {&l->a, &l->b};
    size_t ends[] = {run->a_count ? run->a + run->a_count : 0,
                     run->b_count ? run->b + run->b_count : 0};

    for (unsigned i = 0; i < 2; i++) {
        const struct diff_lined *t = sides[i];
        if (l->end == 0 && ends[i] > 0 && ends[i] == t->count && t->data[t->len - 1] != '\n' &&
            stet_diff_detail(f, '@', notes[i], strlen(notes[i]), err) < 0)
            return -1;
    }
    return 0;
}

static int add_run_finding(const struct diff_pair *p, const char *format,
                           const struct stet_diff_lines *l, const struct diff_line_run *run,
                           const struct diff_line_run *prev, const struct diff_line_run *next,
                           struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT,
                                        what = STET_BUFFER_INIT;
    size_t at = first_difference(l, run);

    if (run_value(&l->a, run->a, run->a_count, at, &a, err) < 0 ||
        run_value(&l->b, run->b, run->b_count, at, &b, err) < 0 ||
        name_lines(&what, l->before + (run->a_count ? run->a : run->b),
                   run->a_count ? run->a_count : run->b_count, err) < 0)
        return -1;
    struct stet_finding *f =
        stet_diff_add(p, format, run->a_count ? stet_buffer_str(&a) : NULL,
                      run->b_count ? stet_buffer_str(&b) : NULL, err, "%s", stet_buffer_str(&what));
    if (!f)
        return -1;
    bool paired = run->a_count == run->b_count;
    if (lead_in(f, l, run, prev ? prev->a + prev->a_count : 0, !prev, err) < 0 ||
        run_detail(f, '-', &l->a, run->a, run->a_count, at, paired, err) < 0 ||
        run_detail(f, '+', &l->b, run->b, run->b_count, at, paired, err) < 0 ||
        note_ends(f, l, run, err) < 0)
        return -1;
    return lead_out(f, l, run, next, err);
}

static int add_more_runs(const struct diff_pair *p, const char *format,
                         const struct diff_line_runs *runs, struct stet_error *err)
{
    size_t a = 0, b = 0;

    for (size_t i = RUNS_MAX; i < runs->count; i++) {
        a += runs->items[i].a_count;
        b += runs->items[i].b_count;
    }
    _cleanup_free_ char *a_text = stet_format(err, "%zu lines", a);
    _cleanup_free_ char *b_text = stet_format(err, "%zu lines", b);
    if (!a_text || !b_text ||
        !stet_diff_add(p, format, a_text, b_text, err, "%zu more places where lines differ",
                       runs->count - RUNS_MAX))
        return -1;
    return 0;
}

/* Too many lines to be compared one by one. */
static int add_all_lines(const struct diff_pair *p, const char *format,
                         const struct stet_diff_lines *l, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer what = STET_BUFFER_INIT;
    _cleanup_free_ char *a = stet_format(err, "%zu lines", l->a.count);
    _cleanup_free_ char *b = stet_format(err, "%zu lines", l->b.count);
    const struct diff_lined *t = l->a.count ? &l->a : &l->b;

    if (!a || !b || name_lines(&what, l->before, t->count, err) < 0)
        return -1;
    struct stet_finding *f = stet_diff_add(p, format, l->a.count ? a : NULL, l->b.count ? b : NULL,
                                           err, "%s", stet_buffer_str(&what));
    if (!f)
        return -1;
    static const char note[] = "too many lines to be compared one by one; the first ones are";
    if (stet_diff_detail(f, '@', note, sizeof note - 1, err) < 0)
        return -1;
    const struct diff_lined *sides[] = {&l->a, &l->b};
    for (unsigned i = 0; i < 2; i++) {
        const char *s = sides[i]->data, *end = s + sides[i]->len;
        for (unsigned n = 0; n < 5 && s < end; n++) {
            const char *nl = memchr(s, '\n', (size_t)(end - s));
            size_t len = nl ? (size_t)(nl - s) : (size_t)(end - s);
            if (stet_diff_detail_at(f, i ? '+' : '-', s, len, 0, err) < 0)
                return -1;
            s += nl ? len + 1 : len;
        }
    }
    return 1;
}

int stet_diff_lines_add(const struct diff_pair *p, const char *format,
                        const struct stet_diff_lines *l, struct stet_error *err)
{
    struct diff_line_runs runs = {0};
    size_t shown = 0;
    int rc = 0;

    if (l->too_many)
        return add_all_lines(p, format, l, err);
    rc = stet_diff_lines_runs(l, &runs, err);
    for (; rc == 0 && shown < runs.count && shown < RUNS_MAX; shown++)
        rc =
            add_run_finding(p, format, l, &runs.items[shown], shown ? &runs.items[shown - 1] : NULL,
                            shown + 1 < runs.count ? &runs.items[shown + 1] : NULL, err);
    if (rc == 0 && runs.count > RUNS_MAX) {
        shown++;
        rc = add_more_runs(p, format, &runs, err);
    }
    free(runs.items);
    return rc < 0 ? -1 : (int)shown;
}

int stet_diff_lines(const struct diff_pair *p, const char *format, struct stet_error *err)
{
    struct stet_diff_lines l;

    if (stet_diff_lines_split(&l, &p->a, &p->b, err) < 0)
        return -1;
    int n = stet_diff_lines_add(p, format, &l, err);
    stet_diff_lines_release(&l);
    return n;
}
