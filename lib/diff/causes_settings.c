/*
 * causes_settings - how a builder is set up: its language, its time zone, its kernel and processors.
 */
#include "lib/diff/causes.h"

/* ---- language and time zone ---- */

static size_t to_end(struct cause_text t, size_t i)
{
    size_t n = t.len - i;
    while (n > 0 && strchr(" \t\r\"',;", t.s[i + n - 1]))
        n--;
    return n;
}

/* Is the whole name before the token one of these environment variables? */
static bool is_variable(const struct cause_walk *w, const char *const *names)
{
    size_t end = w->i;
    while (end > 0 && strchr("=\"'", w->a.s[end - 1]))
        end--;
    if (end == w->i || end == 0)
        return false;
    for (; *names; names++) {
        size_t n = strlen(*names);
        if (end >= n && memcmp(w->a.s + end - n, *names, n) == 0 &&
            (end == n || !stet_cause_is_word(w->a.s[end - n - 1])))
            return true;
    }
    return false;
}

/* 1,5 and 1.5 */
static bool match_decimal(const struct cause_walk *w, struct cause_match *m)
{
    const char *p = w->a.s + w->i, *q = w->b.s + w->j;
    size_t left = w->a.len - w->i < w->b.len - w->j ? w->a.len - w->i : w->b.len - w->j;
    size_t n = 0, marks = 0;
    if (w->i > 0 && (stet_cause_is_word(p[-1]) || p[-1] == '.' || p[-1] == ','))
        return false;
    for (; n < left && n < 40; n++) {
        bool digit = p[n] >= '0' && p[n] <= '9';
        if (digit ? p[n] != q[n] : !((p[n] == ',' && q[n] == '.') || (p[n] == '.' && q[n] == ',')))
            break;
        if (!digit && (n == 0 || p[n - 1] < '0'))
            return false;
        marks += !digit;
    }
    if (n < 3 || marks != 1 || p[n - 1] < '0' ||
        (n < left && (stet_cause_is_word(p[n]) || stet_cause_is_word(q[n])) && p[n] != q[n]))
        return false;
    m->a = m->b = n;
    return stet_cause_say(m, STET_CAUSE_LOCALE, STET_DIFF_LIKELY,
                          "both are one number, with two decimal signs");
}

/* The digits of a number with or without marks between groups of three; its length in the text, 0: none. */
static size_t grouped(struct cause_text t, size_t i, char digits[32], size_t *count, size_t *marks)
{
    size_t n = 0, group = 0;
    *count = *marks = 0;
    if (i > 0 && (stet_cause_is_word(t.s[i - 1]) || strchr(".,-", t.s[i - 1])))
        return 0;
    while (i + n < t.len && *count < 32) {
        char c = t.s[i + n];
        bool digit = c >= '0' && c <= '9';
        bool next = i + n + 1 < t.len && t.s[i + n + 1] >= '0' && t.s[i + n + 1] <= '9';
        if (!digit && !((c == ',' || c == '.' || c == '\'') && next))
            break;
        if (!digit && (*marks ? group != 3 : group == 0 || group > 3))
            return 0;
        if (digit)
            digits[(*count)++] = c;
        *marks += !digit;
        group = digit ? group + 1 : 0;
        n++;
    }
    if ((*marks && group != 3) || (i + n < t.len && stet_cause_is_word(t.s[i + n])))
        return 0;
    return n;
}

/* 1234567 and 1,234,567 */
static bool match_groups(const struct cause_walk *w, struct cause_match *m)
{
    char x[32], y[32];
    size_t n, k, marks_a, marks_b;
    m->a = grouped(w->a, w->i, x, &n, &marks_a);
    m->b = grouped(w->b, w->j, y, &k, &marks_b);
    if (m->a == 0 || m->b == 0 || n != k || memcmp(x, y, n) != 0 || marks_a + marks_b < 2)
        return false;
    return stet_cause_say(m, STET_CAUSE_LOCALE, STET_DIFF_LIKELY,
                          "both are one number, with other marks between its digits");
}

/* A quotation mark in UTF-8: its length. */
static size_t curly_quote(struct cause_text t, size_t i)
{
    static const char *const marks[] = {"\u2018", "\u2019", "\u201c", "\u201d", "\u201e",
                                        "\u2010", "\u2212", "\u00ab", "\u00bb"};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
        size_t n = strlen(marks[k]);
        if (t.len - i >= n && memcmp(t.s + i, marks[k], n) == 0)
            return n;
    }
    return 0;
}

/* Quotation marks and hyphens of ASCII where a locale with UTF-8 has its own. */
bool stet_cause_match_mark(const struct cause_walk *w, struct cause_match *m)
{
    static const char plain[] = "'`\"-<>";
    size_t a = curly_quote(w->a, w->i), b = curly_quote(w->b, w->j);
    if (!a == !b || !strchr(plain, a ? w->b.s[w->j] : w->a.s[w->i]))
        return false;
    m->a = a ? a : 1;
    m->b = b ? b : 1;
    return stet_cause_say(m, STET_CAUSE_LOCALE, STET_DIFF_POSSIBLE,
                          "the marks are those of ASCII on one side, and of UTF-8 on the other");
}

bool stet_cause_match_locale(const struct cause_walk *w, struct cause_match *m)
{
    static const char *const languages[] = {
        "LANG",        "LC_ALL",     "LANGUAGE",    "LC_CTYPE", "LC_TIME", "LC_COLLATE",
        "LC_MESSAGES", "LC_NUMERIC", "LC_MONETARY", "LC_PAPER", NULL};
    static const char *const zones[] = {"TZ", "TIMEZONE", "timezone", NULL};
    struct cause_text a, b;
    if (match_decimal(w, m) || match_groups(w, m))
        return true;
    bool language = is_variable(w, languages), zone = is_variable(w, zones);
    if (!language && !zone)
        return false;
    a = (struct cause_text){w->a.s + w->i, to_end(w->a, w->i)};
    b = (struct cause_text){w->b.s + w->j, to_end(w->b, w->j)};
    m->a = a.len;
    m->b = b.len;
    return a.len < CAUSE_WORD_MAX && b.len < CAUSE_WORD_MAX &&
           stet_cause_say(m, STET_CAUSE_LOCALE, STET_DIFF_CERTAIN,
                          language ? "both are settings of the language"
                                   : "both are settings of the time zone");
}

/* What programs say of a locale that is set and not installed. */
static bool is_complaint(struct cause_text t)
{
    static const char *const words[] = {"cannot change locale", "Setting locale failed",
                                        "Falling back to the standard locale", "Cannot set LC_",
                                        "Can't set locale"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memmem(t.s, t.len, words[i], strlen(words[i])))
            return true;
    return false;
}

int stet_cause_by_messages(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    const struct cause_lines *l = &c->lines;
    if (l->hex || l->cut || (l->a_count > 0) == (l->b_count > 0))
        return 0;
    for (size_t i = 0; i < l->a_count + l->b_count; i++)
        if (!is_complaint(l->a_count > 0 ? l->a[i] : l->b[i]))
            return 0;
    return stet_diff_because(f, STET_CAUSE_LOCALE, STET_DIFF_LIKELY, err,
                             "only one side complains of the locale that is set") < 0
               ? -1
               : 1;
}

/* ---- machine ---- */

/* "6.1.0-13-amd64" */
static bool is_release(struct cause_text t)
{
    size_t dots = 0, i = 0;
    for (; i < t.len && ((t.s[i] >= '0' && t.s[i] <= '9') || t.s[i] == '.'); i++)
        dots += t.s[i] == '.';
    return i > 2 && dots >= 2 && dots <= 3 && t.s[0] != '.';
}

static bool is_level(struct cause_text t)
{
    return t.len == 9 && memcmp(t.s, "x86-64-v", 8) == 0;
}

static bool is_architecture(struct cause_text t)
{
    static const char *const names[] = {"x86_64",  "i386",    "i486",   "i586",   "i686",
                                        "amd64",   "aarch64", "armv7l", "armv8l", "arm64",
                                        "ppc64le", "s390x",   "riscv64"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (stet_cause_text_is(t, names[i]))
            return true;
    return false;
}

/* "Linux host 6.1.0-13-amd64 #1 …", or without the host. */
static bool is_uname_line(struct cause_text t)
{
    return t.len > 6 && memcmp(t.s, "Linux ", 6) == 0 && memmem(t.s, t.len, " #", 2);
}

/* The line is of uname or of the kernel's own words. */
static bool is_kernel_line(const struct cause_walk *w)
{
    return is_uname_line(w->a) || stet_cause_has_word(w->a, "uname") ||
           stet_cause_has_word(w->a, "Linux version") ||
           stet_cause_is_named(
               w,
               "kernel|kernel release|kernel version|osrelease|uname|uname r|running kernel|build "
               "kernel|os release|built on kernel|build system|build os|host kernel");
}

/* Does something before it differ, too? A kernel of the same release that only has another time was built, not run. */
static bool starts_otherwise(const struct cause_walk *w)
{
    return w->i != w->j || memcmp(w->a.s, w->b.s, w->i) != 0;
}

/* "Linux-6.1.0-x86_64-with-glibc2.36", as Python's platform has it: what is before the release. */
static bool is_after_linux(const struct cause_walk *w)
{
    return w->i >= 6 && memcmp(w->a.s + w->i - 6, "Linux-", 6) == 0;
}

/* The release up to the machine that both end in. */
static bool match_platform(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a = {w->a.s + w->i, 0}, b = {w->b.s + w->j, 0};
    while (w->i + a.len < w->a.len && stet_cause_is_name(a.s[a.len]))
        a.len++;
    while (w->j + b.len < w->b.len && stet_cause_is_name(b.s[b.len]))
        b.len++;
    m->a = a.len;
    m->b = b.len;
    if (!is_release(a) || !is_release(b) || !memmem(a.s, a.len, "-with-", 6) ||
        !memmem(b.s, b.len, "-with-", 6))
        return false;
    stet_cause_learn(w, STET_CAUSE_MACHINE, a, b);
    return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                          "both are platforms with the release of the kernel");
}

/* "x86_64-pc-linux-gnu" */
static bool is_triplet(struct cause_text t)
{
    const char *hyphen = memchr(t.s, '-', t.len);
    size_t n = hyphen ? (size_t)(hyphen - t.s) : 0;
    return is_architecture((struct cause_text){t.s, n}) && memchr(hyphen + 1, '-', t.len - n - 1);
}

/* "-j4" */
static size_t jobs_at(struct cause_text t, size_t i)
{
    size_t n = 2;
    if (t.len - i < 3 || memcmp(t.s + i, "-j", 2) != 0 || (i > 0 && !strchr(" =\"'", t.s[i - 1])))
        return 0;
    while (i + n < t.len && t.s[i + n] >= '0' && t.s[i + n] <= '9')
        n++;
    return n > 2 && n < 6 && (i + n == t.len || !stet_cause_is_word(t.s[i + n])) ? n : 0;
}

static bool match_jobs(const struct cause_walk *w, struct cause_match *m)
{
    m->a = jobs_at(w->a, w->i);
    m->b = jobs_at(w->b, w->j);
    return m->a > 0 && m->b > 0 &&
           stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_POSSIBLE,
                          "both are numbers of jobs, which builders take from the processors");
}

bool stet_cause_match_machine(const struct cause_walk *w, struct cause_match *m)
{
    struct cause_text a, b;
    if (match_jobs(w, m))
        return true;
    if (stet_cause_is_named(
            w, "model name|vendor id|cpu family|microcode|cpu mhz|bogomips|stepping|cache size|"
               "cpu flags|flags\t|cpu model|processor model")) {
        a = (struct cause_text){w->a.s + w->i, to_end(w->a, w->i)};
        b = (struct cause_text){w->b.s + w->j, to_end(w->b, w->j)};
        m->a = a.len;
        m->b = b.len;
        return a.len < 4 * CAUSE_WORD_MAX && b.len < 4 * CAUSE_WORD_MAX &&
               stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "the values describe a processor");
    }
    /* "Linux host 6.1.0-13-amd64 #1 SMP …": what follows is of the kernel's own build. */
    if (w->i > 0 && w->a.s[w->i - 1] == '#' && is_uname_line(w->a) && starts_otherwise(w)) {
        m->a = to_end(w->a, w->i);
        m->b = to_end(w->b, w->j);
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "the values are the kernel's own version, as uname tells it");
    }
    if (is_after_linux(w) && match_platform(w, m))
        return true;
    if (!stet_cause_both_words(w, m, &a, &b))
        return false;
    if (is_triplet(a) && is_triplet(b) &&
        stet_cause_is_named(w, "host triplet|build triplet|host alias|build alias|host|build|"
                               "machine|triplet|hosttype|machtype"))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "both are machines, as config.guess names them");
    if (is_level(a) && is_level(b))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "both are levels of the processor");
    if (stet_cause_is_named(w, "march|mtune|mcpu|target cpu"))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "both are processors that were compiled for");
    if (is_release(a) && is_release(b) && is_kernel_line(w)) {
        stet_cause_learn(w, STET_CAUSE_MACHINE, a, b);
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "both are releases of the kernel");
    }
    if (is_release(a) && is_release(b) && stet_cause_is_learned(w, STET_CAUSE_MACHINE, a, b, true))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "other lines name both as releases of the kernel");
    if (is_architecture(a) && is_architecture(b) &&
        (is_kernel_line(w) ||
         stet_cause_is_named(w, "machine|uname m|host cpu|build cpu|build arch")))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "both are machines, as uname names them");
    bool numbers =
        a.s[0] >= '0' && a.s[0] <= '9' && b.s[0] >= '0' && b.s[0] <= '9' && a.len < 5 && b.len < 5;
    if (numbers &&
        stet_cause_is_named(w, "nproc|cpus|cpu count|processors|cores|siblings|cpu cores|number of "
                               "processors|ncpu|ncpus|num cpus|hardware concurrency"))
        return stet_cause_say(m, STET_CAUSE_MACHINE, STET_DIFF_LIKELY,
                              "both are named as numbers of processors");
    return false;
}
