/*
 * causes_time - two times at one place: of two builds, or one time in two zones or languages.
 */
#include "lib/diff/causes.h"

enum {
    QUARTER = 900,
    ZONES = 14 * 3600,
    YEARS = 10 * 366 * 86400,
    MANY = 4, /* times that agree by chance no more */
};

static const struct diff_side *side(const struct cause_walk *w, int which)
{
    return &w->c->d->side[which];
}

static int64_t distance(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

/* Is t within the span, in one of its readings? A month is in it when it has a day that is. */
static bool in_span(const struct diff_side *s, const struct diff_time *t)
{
    if (t->grain == DIFF_TIME_MONTH) {
        for (int day = 0; day <= 31; day += 1)
            if (stet_diff_in_span(s, t->seconds + day * (int64_t)DIFF_TIME_DAY))
                return true;
        return false;
    }
    int64_t rest = t->grain - 1; /* to the end of the day */
    return stet_diff_in_span(s, t->seconds) || stet_diff_in_span(s, t->seconds + rest) ||
           stet_diff_in_span(s, t->other) || stet_diff_in_span(s, t->other + rest);
}

/* ---- what must not be taken for a time ---- */

static bool is_version_line(const struct cause_walk *w)
{
    static const char *const words[] = {"version", "versions", "release",  "revision", "ver",
                                        "depends", "provides", "snapshot", "tag"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (stet_cause_has_word(w->a, words[i]) ||
            (w->f->what &&
             stet_cause_has_word((struct cause_text){w->f->what, strlen(w->f->what)}, words[i])))
            return true;
    return false;
}

/* "1.0-20261123", "1:20261123", "v20261123", "20261123-1", "20261123.gz". */
static bool is_glued(struct cause_text t, size_t i, size_t len)
{
    char before = i > 0 ? t.s[i - 1] : ' ', second = i > 1 ? t.s[i - 2] : ' ';
    size_t end = i + len;
    if (before == ':' && second >= '0' && second <= '9')
        return true;
    if (stet_cause_is_word(before) || strchr("-.~+/", before))
        return true;
    return end + 1 < t.len && strchr("-.~+:/", t.s[end]) && stet_cause_is_word(t.s[end + 1]);
}

/* The property of an archive's member that is a time by its format. */
static bool is_member_time(const struct stet_finding *f)
{
    return strncmp(f->what, "mtime", 5) == 0 || strncmp(f->what, "date and time", 13) == 0;
}

static bool telling_name(const struct cause_walk *w)
{
    if (is_member_time(w->f))
        return true;
    return stet_cause_is_named(
        w, "date|time|timestamp|built|build|built at|built on|created|generated|compiled|"
           "modified|updated|creation|generated on|generated at|created on|created at|on|"
           "epoch|mtime|ctime|since|start|end|last change|at|builddate|installdate|buildtime|"
           "stamp|nsec");
}

/* ---- judging ---- */

static bool same_shape(const struct cause_walk *w, const struct diff_time *x,
                       const struct diff_time *y)
{
    if (x->form != y->form)
        return false;
    if (x->form != DIFF_TIME_DATE)
        return true;
    const char *p = w->a.s + w->i, *q = w->b.s + w->j;
    size_t n = strspn(p, "0123456789"), m = strspn(q, "0123456789");
    return (n == 4) == (m == 4) && p[n] == q[m];
}

/* One time in two languages, in two ways of writing, or in two zones. */
static bool judge_locale(const struct cause_walk *w, const struct diff_time *x,
                         const struct diff_time *y, struct cause_match *m)
{
    int64_t apart = distance(x->seconds, y->seconds);
    bool one_day = apart < DIFF_TIME_DAY || distance(x->other, y->seconds) < DIFF_TIME_DAY ||
                   distance(x->seconds, y->other) < DIFF_TIME_DAY;
    bool both_in = in_span(side(w, 0), x) && in_span(side(w, 1), y);

    if (x->languages && y->languages && (x->languages & y->languages) == 0 && (one_day || both_in))
        return stet_cause_say(m, STET_CAUSE_LOCALE, one_day ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY,
                              "the dates are in two languages");
    if (x->form == DIFF_TIME_CLOCK || y->form == DIFF_TIME_CLOCK)
        return false;
    if (x->zoned && y->zoned && x->offset != y->offset && x->form < DIFF_TIME_NUMBER &&
        y->form < DIFF_TIME_NUMBER && (apart == 0 || both_in))
        return stet_cause_say(m, STET_CAUSE_LOCALE,
                              apart == 0 ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY,
                              apart == 0 ? "both are one time, in two time zones"
                                         : "the times are told in two time zones");
    if (!same_shape(w, x, y) && x->form < DIFF_TIME_NUMBER && y->form < DIFF_TIME_NUMBER && one_day)
        return stet_cause_say(m, STET_CAUSE_LOCALE, STET_DIFF_LIKELY,
                              "both are one date, written in two ways");
    return false;
}

/* Is it the fixed time of both builds, in whatever zone? */
static bool is_fixed(const struct cause_walk *w, const struct diff_time *x)
{
    return w->c->fixed != 0 && distance(x->seconds, w->c->fixed) <= ZONES;
}

/* Local times that differ by whole quarters of an hour, where the builds do not. */
static bool judge_zone(const struct cause_walk *w, const struct diff_time *x,
                       const struct diff_time *y, struct cause_match *m)
{
    int64_t apart = y->seconds - x->seconds;
    if (x->zoned || y->zoned || x->grain != 1 || y->grain != 1 || x->form == DIFF_TIME_CLOCK ||
        !same_shape(w, x, y) || apart == 0 || apart % QUARTER != 0 || distance(apart, 0) > ZONES)
        return false;
    bool told = stet_cause_spans_told(w->c), known = told || (is_fixed(w, x) && is_fixed(w, y));
    int64_t builds = side(w, 1)->time_max - side(w, 0)->time_max;
    if (told && (!in_span(side(w, 0), x) || !in_span(side(w, 1), y)))
        return false;
    if (told && distance(builds, 0) > QUARTER / 2 && distance(apart, builds) < QUARTER / 2)
        return false;
    return stet_cause_say(m, STET_CAUSE_LOCALE, known ? STET_DIFF_LIKELY : STET_DIFF_POSSIBLE,
                          "the times are whole quarters of an hour apart, as one time is in two "
                          "time zones");
}

static bool is_manual(const struct cause_walk *w)
{
    return strstr(w->f->path, "man/") || (w->a.len > 3 && memcmp(w->a.s, ".TH", 3) == 0);
}

/* How sure one is of a time in the span; -1: not enough. */
static int sureness_in_span(const struct cause_walk *w, const struct diff_time *x)
{
    switch (x->form) {
    case DIFF_TIME_DATE:
    case DIFF_TIME_NAMED:
        if (x->grain == DIFF_TIME_MONTH)
            return is_manual(w) ? STET_DIFF_LIKELY : STET_DIFF_POSSIBLE;
        return x->grain == 1 ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY;
    case DIFF_TIME_COMPACT:
        return x->grain == DIFF_TIME_DAY && !telling_name(w) ? -1 : STET_DIFF_LIKELY;
    case DIFF_TIME_NUMBER:
        return telling_name(w) ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY;
    default:
        return STET_DIFF_LIKELY;
    }
}

/* The same when it is not known when the builds were. */
static int sureness_alone(const struct cause_walk *w, const struct diff_time *x,
                          const struct diff_time *y)
{
    if (distance(x->seconds, y->seconds) > YEARS)
        return -1;
    if (w->c->fixed) {
        unsigned rest = x->grain - 1; /* to the end of the day or month */
        if (!stet_cause_after_fixed(w->c, x->seconds + rest) ||
            !stet_cause_after_fixed(w->c, y->seconds + rest))
            return -1;
        if (x->form == DIFF_TIME_NUMBER) /* by itself, it may be an id */
            return telling_name(w) ? STET_DIFF_LIKELY : -1;
    }
    if (x->form == DIFF_TIME_DATE || x->form == DIFF_TIME_NAMED)
        return x->grain <= DIFF_TIME_MINUTE && telling_name(w) ? STET_DIFF_LIKELY
                                                               : STET_DIFF_POSSIBLE;
    if (x->form == DIFF_TIME_COMPACT)
        return x->grain == 1 || telling_name(w) ? STET_DIFF_POSSIBLE : -1;
    return x->form == DIFF_TIME_NUMBER && telling_name(w) ? STET_DIFF_POSSIBLE : -1;
}

enum { NEARBY = 64 }; /* characters before a time that say what it is */

static bool has_one_of(struct cause_text t, const char *const *words)
{
    for (; *words; words++)
        if (stet_cause_has_word(t, *words))
            return true;
    return false;
}

static bool is_duration(const struct cause_walk *w)
{
    static const char *const words[] = {"elapsed", "duration", "took",    "real", "user",
                                        "uptime",  "length",   "runtime", NULL};
    return has_one_of(w->a, words);
}

/* A time that someone chose: until when something holds. */
static bool is_of_the_future(const struct cause_walk *w)
{
    static const char *const words[] = {"expires",  "expiry",      "expiration",  "expire",
                                        "deadline", "valid until", "valid to",    "not after",
                                        "eol",      "end of life", "support end", NULL};
    size_t n = w->i < NEARBY ? w->i : NEARBY;
    return has_one_of((struct cause_text){w->a.s + w->i - n, n}, words) ||
           stet_cause_is_named(w, "expires|expiry|until|notafter|eol");
}

/* Whole times tell when the builds were, if nothing else does. */
static void keep(const struct cause_walk *w, const struct diff_time *x, const struct diff_time *y)
{
    bool whole = x->grain == 1 && y->grain == 1 && !x->no_year && !y->no_year;
    if (w->c->counting && whole &&
        (x->form < DIFF_TIME_NUMBER || (x->form == DIFF_TIME_NUMBER && telling_name(w))))
        stet_cause_keep_clock(w->c, x->seconds, y->seconds);
}

/* Where nothing but the times in the contents tells when the builds were, one is less sure. */
static bool judge_untold(const struct cause_walk *w, const struct diff_time *x,
                         const struct diff_time *y, struct cause_match *m)
{
    int sure = sureness_alone(w, x, y);
    bool near = w->c->learned && in_span(side(w, 0), x) && in_span(side(w, 1), y);
    if (near) {
        int most = w->c->fixed && w->c->support >= MANY ? STET_DIFF_LIKELY : STET_DIFF_POSSIBLE;
        int here = sureness_in_span(w, x);
        here = here > most ? most : here;
        sure = here > sure ? here : sure;
    }
    return sure >= 0 &&
           stet_cause_say(m, STET_CAUSE_BUILD_TIME, (enum stet_diff_sureness)sure,
                          near          ? "both are times near others in which the contents differ"
                          : w->c->fixed ? "both are times after the fixed one of the builds' files"
                                        : "both are times");
}

static bool judge_told(const struct cause_walk *w, const struct diff_time *x, struct cause_match *m)
{
    int sure = sureness_in_span(w, x);
    return sure >= 0 && stet_cause_say(m, STET_CAUSE_BUILD_TIME, (enum stet_diff_sureness)sure,
                                       "both are times within the builds' spans");
}

static bool judge_clock(const struct cause_walk *w, const struct diff_time *x,
                        const struct diff_time *y, struct cause_match *m)
{
    if (x->form != y->form || is_duration(w))
        return false;
    return stet_cause_say(m, STET_CAUSE_BUILD_TIME, STET_DIFF_POSSIBLE,
                          "both are times of day, and nothing else differs");
}

/* The image's own words for when it was made: true whatever the files say. */
static bool is_image_time(const struct stet_finding *f)
{
    return f->level == STET_DIFF_IMAGE && f->what && strstr(f->what, "created");
}

bool stet_cause_judge_times(const struct cause_walk *w, const struct diff_time *x,
                            const struct diff_time *y, struct cause_match *m)
{
    m->a = x->len;
    m->b = y->len;
    if (judge_locale(w, x, y, m) || judge_zone(w, x, y, m))
        return true;
    if (x->form == DIFF_TIME_CLOCK || y->form == DIFF_TIME_CLOCK)
        return judge_clock(w, x, y, m);
    if (!same_shape(w, x, y) || x->grain != y->grain)
        return false;
    if (is_of_the_future(w))
        return false;
    keep(w, x, y);
    if (!stet_cause_spans_told(w->c))
        return judge_untold(w, x, y, m);
    if (in_span(side(w, 0), x) && in_span(side(w, 1), y))
        return judge_told(w, x, m);
    return is_image_time(w->f) && stet_cause_say(m, STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY,
                                                 "both are when the image says that it was made");
}

/* ---- finding them ---- */

/* A name of a month or day alone. */
static bool match_name(const struct cause_walk *w, struct cause_match *m)
{
    unsigned l1, l2, n1, n2;
    m->a = stet_diff_time_name(w->a.s + w->i, w->a.len - w->i, &l1, &n1);
    m->b = stet_diff_time_name(w->b.s + w->j, w->b.len - w->j, &l2, &n2);
    if (m->a < 3 || m->b < 3 || n1 != n2 || (l1 & l2) != 0)
        return false;
    return stet_cause_say(m, STET_CAUSE_LOCALE, STET_DIFF_LIKELY,
                          n1 > 12 ? "both are one day of the week, in two languages"
                                  : "both are one month, in two languages");
}

static bool all_digits(struct cause_text t, size_t i, size_t n)
{
    for (size_t k = i; k < i + n; k++)
        if (k >= t.len || t.s[k] < '0' || t.s[k] > '9')
            return false;
    return i + n == t.len || !stet_cause_is_word(t.s[i + n]);
}

static int number(const char *s, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + s[i] - '0';
    return value;
}

/* A year alone, in the head of a manual page. */
static bool match_year(const struct cause_walk *w, struct cause_match *m)
{
    if (!(w->a.len > 3 && memcmp(w->a.s, ".TH", 3) == 0) || !all_digits(w->a, w->i, 4) ||
        !all_digits(w->b, w->j, 4) || number(w->a.s + w->i, 4) != w->c->year[0] ||
        number(w->b.s + w->j, 4) != w->c->year[1])
        return false;
    if (w->c->year[0] == w->c->year[1])
        return false;
    m->a = m->b = 4;
    return stet_cause_say(m, STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY,
                          "both are the years of the builds");
}

/* Days since 1970, in a line of shadow(5). */
static bool match_days(const struct cause_walk *w, struct cause_match *m)
{
    const char *base = stet_cause_base_name(w->f->path);
    if ((strcmp(base, "shadow") != 0 && strcmp(base, "shadow-") != 0) || w->i == 0 ||
        w->a.s[w->i - 1] != ':' || !all_digits(w->a, w->i, 5) || !all_digits(w->b, w->j, 5))
        return false;
    int64_t x = number(w->a.s + w->i, 5) * (int64_t)DIFF_TIME_DAY,
            y = number(w->b.s + w->j, 5) * (int64_t)DIFF_TIME_DAY;
    m->a = m->b = 5;
    return stet_diff_in_span(side(w, 0), x) && stet_diff_in_span(side(w, 1), y) &&
           stet_cause_say(m, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN,
                          "both are days since 1970, within the builds' spans");
}

/* The end of a number that a C compiler reads: "1795169533UL". */
static size_t suffix(struct cause_text t, size_t end)
{
    size_t n = 0;
    while (n < 3 && end + n < t.len && strchr("uUlL", t.s[end + n]))
        n++;
    return n;
}

static bool word_goes_on(struct cause_text t, size_t end, const struct diff_time *x)
{
    if (x->form == DIFF_TIME_NUMBER || x->form == DIFF_TIME_HEX)
        end += suffix(t, end);
    return end < t.len && stet_cause_is_word(t.s[end]) && stet_cause_is_word(t.s[end - 1]);
}

/* Where a time may not begin: in the middle of a word, a number or a version. */
static bool bad_begin(struct cause_text t, size_t i, const struct diff_time *x)
{
    char c = i > 0 ? t.s[i - 1] : ' ';
    if (x->form == DIFF_TIME_NUMBER || x->form == DIFF_TIME_HEX)
        return stet_cause_is_word(c) || c == '.' || c == '-' || c == '+' || c == '~';
    return (stet_cause_is_word(c) && c != '_') ||
           (c == '.' && i > 1 && stet_cause_is_word(t.s[i - 2]));
}

static bool may_be_time(const struct cause_walk *w, struct cause_text t, size_t i,
                        const struct diff_time *x)
{
    if (bad_begin(t, i, x) || word_goes_on(t, i + x->len, x))
        return false;
    /* A PDF's "D:2026…" begins a date, whatever is before it. */
    if (x->form == DIFF_TIME_COMPACT && i > 1 && t.s[i - 1] == ':' && t.s[i - 2] == 'D')
        return true;
    bool vague = x->form == DIFF_TIME_COMPACT || x->form == DIFF_TIME_NUMBER ||
                 (x->form == DIFF_TIME_DATE && x->grain == DIFF_TIME_DAY);
    return !vague || (!is_glued(t, i, x->len) && !is_version_line(w));
}

/* "20777 (2026-11-20)": a number, and the time that it is. Its length; 0: none. */
static size_t explained_number(struct cause_text t, size_t i, struct diff_time *x)
{
    size_t n = 0;
    while (i + n < t.len && t.s[i + n] >= '0' && t.s[i + n] <= '9')
        n++;
    if (n == 0 || i + n + 2 >= t.len || memcmp(t.s + i + n, " (", 2) != 0 ||
        (i > 0 && stet_cause_is_word(t.s[i - 1])))
        return 0;
    n += 2;
    if (!stet_diff_time_scan(t.s + i + n, t.len - i - n, 0, x) || x->form != DIFF_TIME_DATE ||
        i + n + x->len >= t.len || t.s[i + n + x->len] != ')')
        return 0;
    return n + x->len + 1;
}

static bool match_explained(const struct cause_walk *w, struct cause_match *m)
{
    struct diff_time x, y;
    x.len = explained_number(w->a, w->i, &x);
    y.len = explained_number(w->b, w->j, &y);
    return x.len > 0 && y.len > 0 && stet_cause_judge_times(w, &x, &y, m);
}

bool stet_cause_match_time(const struct cause_walk *w, struct cause_match *m)
{
    struct diff_time x, y;
    if (match_year(w, m) || match_days(w, m) || match_explained(w, m))
        return true;
    if (stet_diff_time_scan(w->a.s + w->i, w->a.len - w->i, w->c->year[0], &x) &&
        stet_diff_time_scan(w->b.s + w->j, w->b.len - w->j, w->c->year[1], &y) &&
        may_be_time(w, w->a, w->i, &x) && may_be_time(w, w->b, w->j, &y))
        return stet_cause_judge_times(w, &x, &y, m);
    return match_name(w, m);
}
