/*
 * causes_order - the same lines or words in another order, and why.
 */
#include <ctype.h>

#include "lib/diff/causes.h"
#include "lib/diff/lines.h"

enum { SHORT = 4 }; /* fewer lines than that are in any order by chance */

/* ---- kinds of lines ---- */

static size_t digits(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && s[n] >= '0' && s[n] <= '9')
        n++;
    return n;
}

/* "[3/17] ", "[ 42%] ", "worker 3: ", "thread-2 ", "[job 4] ": what is before the job itself. */
static size_t job_prefix(struct cause_text t)
{
    static const char *const workers[] = {"worker", "thread", "job", "task", "proc", "process"};
    size_t i = 0;
    while (i < t.len && (t.s[i] == '[' || t.s[i] == '(' || t.s[i] == ' ' || t.s[i] == '#'))
        i++;
    size_t n = digits(t.s + i, t.len - i);
    if (i > 0 && n > 0) {
        size_t at = i + n;
        if (at < t.len && (t.s[at] == '/' || t.s[at] == '%')) {
            at += 1 + (t.s[at] == '/' ? digits(t.s + at + 1, t.len - at - 1) : 0);
            return at + (at < t.len && (t.s[at] == ']' || t.s[at] == ')'));
        }
    }
    for (size_t k = 0; k < sizeof workers / sizeof *workers; k++) {
        size_t len = strlen(workers[k]);
        if (t.len < i + len || strncasecmp(t.s + i, workers[k], len) != 0)
            continue;
        size_t at = i + len;
        while (at < t.len && strchr(" -#_", t.s[at]))
            at++;
        n = digits(t.s + at, t.len - at);
        if (n > 0) {
            at += n;
            while (at < t.len && strchr("])", t.s[at]))
                at++;
            return at;
        }
    }
    return 0;
}

/* Without the time that a line of a log begins with. */
static struct cause_text without_time(struct cause_text t)
{
    struct diff_time when;
    size_t begin = t.len > 0 && t.s[0] == '[';
    if (!stet_diff_time_scan(t.s + begin, t.len - begin, 2000, &when))
        return t;
    size_t n = begin + when.len;
    while (n < t.len && strchr("] :", t.s[n]))
        n++;
    return (struct cause_text){t.s + n, t.len - n};
}

/* A line of a build's log. */
static bool is_job(struct cause_text t)
{
    t = without_time(t);
    static const char *const commands[] = {
        "CC ",        "CXX ",      "LD ",      "AR ",         "AS ",         "gcc ",
        "cc ",        "g++ ",      "clang ",   "make[",       "cp ",         "install ",
        "Compiling ", "Building ", "Linking ", "Generating ", "Processing ", "Running ",
        "Finished ",  "done ",     "Done ",    "PASS",        "FAIL",        "ok "};
    if (job_prefix(t) > 0)
        return true;
    while (t.len > 0 && (t.s[0] == ' ' || t.s[0] == '\t')) {
        t.s++;
        t.len--;
    }
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
        if (t.len >= strlen(commands[k]) && memcmp(t.s, commands[k], strlen(commands[k])) == 0)
            return true;
    return false;
}

/* Ends the line in a name of a file: with a '/' or an extension, and no sentence? */
static bool is_file_name(struct cause_text t)
{
    if (!t.s)
        return false;
    while (t.len > 0 && strchr(" \t\r\"',;\\:)]}", t.s[t.len - 1]))
        t.len--;
    size_t words = 0, begin = 0;
    for (size_t i = 0; i < t.len; i++)
        if (t.s[i] == ' ' || t.s[i] == '\t') {
            words++;
            begin = i + 1;
        }
    struct cause_text last = {t.s + begin, t.len - begin};
    while (last.len > 0 && strchr("\"'([{<", last.s[0])) {
        last.s++;
        last.len--;
    }
    if (!last.s || last.len < 2 || words > 8)
        return false;
    if (memchr(last.s, '/', last.len))
        return true;
    const char *dot = memrchr(last.s, '.', last.len);
    size_t extension = dot ? last.len - (size_t)(dot - last.s) - 1 : 0;
    if (!dot || dot == last.s || extension < 1 || extension > 6 || words > 3)
        return false;
    bool letter = false;
    for (size_t i = 1; i <= extension; i++)
        letter |= dot[i] >= 'a' && dot[i] <= 'z';
    return letter;
}

/* ---- sorted, and by which rule ---- */

static int compare_bytes(struct cause_text a, struct cause_text b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.s, b.s, n);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* As locales like en_US do at first: letters and digits alone, whatever their case. */
static int compare_letters(struct cause_text a, struct cause_text b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.len && !stet_cause_is_word(a.s[i]))
            i++;
        while (i < a.len && a.s[i] == '_')
            i++;
        while (j < b.len && (!stet_cause_is_word(b.s[j]) || b.s[j] == '_'))
            j++;
        while (i < a.len && (!stet_cause_is_word(a.s[i]) || a.s[i] == '_'))
            i++;
        if (i == a.len || j == b.len)
            return (i < a.len) - (j < b.len);
        int x = a.s[i] >= 'A' && a.s[i] <= 'Z' ? a.s[i] | 0x20 : (unsigned char)a.s[i];
        int y = b.s[j] >= 'A' && b.s[j] <= 'Z' ? b.s[j] | 0x20 : (unsigned char)b.s[j];
        if (x != y)
            return x - y;
        i++;
        j++;
    }
}

/* What a line is sorted by: the name behind a checksum, else all of it. */
static struct cause_text sort_key(struct cause_text t)
{
    size_t n = 0;
    while (n < t.len && ((t.s[n] >= '0' && t.s[n] <= '9') || (t.s[n] >= 'a' && t.s[n] <= 'f')))
        n++;
    if (n < 32 || n + 2 >= t.len || t.s[n] != ' ')
        return t;
    return (struct cause_text){t.s + n + 2, t.len - n - 2};
}

typedef int compare_texts(struct cause_text a, struct cause_text b);

static bool is_sorted(const struct cause_text *lines, size_t count, compare_texts *compare)
{
    for (size_t i = 1; i < count; i++)
        if (compare(sort_key(lines[i - 1]), sort_key(lines[i])) > 0)
            return false;
    return true;
}

/* Is one side sorted by bytes and the other by letters? */
static bool is_collation(const struct cause_text *a, size_t a_count, const struct cause_text *b,
                         size_t b_count)
{
    bool a_bytes = is_sorted(a, a_count, compare_bytes),
         b_bytes = is_sorted(b, b_count, compare_bytes);
    if (a_bytes == b_bytes)
        return false;
    return a_bytes ? is_sorted(b, b_count, compare_letters)
                   : is_sorted(a, a_count, compare_letters);
}

static const char COLLATION[] = "the same lines are sorted by bytes on one side and by letters, as "
                                "in a language, on the other";

int stet_diff_because_collation(struct stet_finding *f, const struct diff_lined *a,
                                const struct diff_lined *b, struct stet_error *err)
{
    if (a->count < 3 || a->count != b->count)
        return 0;
    _cleanup_free_ struct cause_text *x = calloc(a->count, 2 * sizeof *x);
    if (!x)
        return stet_error_oom(err, "compare the order of lines");
    struct cause_text *y = x + a->count;
    for (size_t i = 0; i < a->count; i++) {
        stet_diff_lines_get(a, i, &x[i].s, &x[i].len);
        stet_diff_lines_get(b, i, &y[i].s, &y[i].len);
    }
    return is_collation(x, a->count, y, b->count)
               ? stet_diff_because(f, STET_CAUSE_LOCALE, STET_DIFF_LIKELY, err, "%s", COLLATION)
               : 0;
}

/* ---- the verdict on lines ---- */

struct lists {
    struct cause_text *a, *b;
    size_t a_count, b_count;
    bool cut;
};

typedef bool line_test(struct cause_text t);

static bool most(const struct lists *l, line_test *test)
{
    size_t yes = 0;
    for (size_t i = 0; i < l->a_count; i++)
        yes += test(l->a[i]);
    for (size_t i = 0; i < l->b_count; i++)
        yes += test(l->b[i]);
    return yes * 5 >= (l->a_count + l->b_count) * 4;
}

static int decide(const struct stet_finding *f, const struct lists *l,
                  enum stet_diff_sureness *sure, const char **why)
{
    bool few = l->a_count < SHORT || l->b_count < SHORT;
    *sure = l->cut || few ? STET_DIFF_POSSIBLE : STET_DIFF_LIKELY;
    if (l->a_count >= 3 && l->b_count >= 3 && is_collation(l->a, l->a_count, l->b, l->b_count)) {
        *why = COLLATION;
        return STET_CAUSE_LOCALE;
    }
    *sure = l->cut ? STET_DIFF_POSSIBLE : STET_DIFF_LIKELY;
    if (most(l, is_job)) {
        *why = "the same lines of jobs are there, in another order";
        return STET_CAUSE_PARALLEL_ORDER;
    }
    if (most(l, is_file_name)) {
        *why = "the same names of files are there, in another order";
        return STET_CAUSE_FILE_ORDER;
    }
    /* A few lines, or accounts, which stand as they were added: someone may have meant it. */
    if (few || strcmp(f->format, "accounts") == 0)
        return STET_CAUSE_UNEXPLAINED;
    *sure = STET_DIFF_POSSIBLE;
    *why = "the same lines are there, in another order";
    return STET_CAUSE_FILE_ORDER;
}

static int set(struct stet_finding *f, const struct lists *l, struct stet_error *err)
{
    enum stet_diff_sureness sure;
    const char *why;
    int cause = decide(f, l, &sure, &why);
    if (cause == STET_CAUSE_UNEXPLAINED)
        return 0;
    return stet_diff_because(f, (enum stet_diff_cause)cause, sure, err, "%s", why) < 0 ? -1 : 1;
}

/* "order of lines", told by the comparator. */
static int by_told_order(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    const char *order = strstr(f->what, "order of ");
    if (!order || (order != f->what && order[-1] != ' '))
        return 0;
    if (strstr(f->what, "order of lines")) {
        struct cause_lines *l = &c->lines;
        struct lists lists = {l->a, l->b, l->a_count, l->b_count, false};
        return set(f, &lists, err);
    }
    /* Accounts come as they are added; layers, packages and history as they are resolved and built. */
    if (strcmp(f->format, "accounts") == 0 || f->level == STET_DIFF_IMAGE)
        return 0;
    return stet_diff_because(f, STET_CAUSE_FILE_ORDER, STET_DIFF_POSSIBLE, err,
                             "the same items are on both sides, in another order") < 0
               ? -1
               : 1;
}

/* ---- words of one line ---- */

struct words {
    struct cause_text items[CAUSE_LINES_MAX];
    size_t count;
    size_t commas;
};

static bool is_separator(char c)
{
    return strchr(" \t,;:", c) != NULL;
}

static bool split(struct cause_text t, struct words *out)
{
    out->count = out->commas = 0;
    for (size_t i = 0; i < t.len;) {
        while (i < t.len && is_separator(t.s[i]))
            out->commas += t.s[i++] == ',';
        size_t begin = i;
        while (i < t.len && !is_separator(t.s[i]))
            i++;
        if (i == begin)
            continue;
        if (out->count == CAUSE_LINES_MAX)
            return false;
        out->items[out->count++] = (struct cause_text){t.s + begin, i - begin};
    }
    return true;
}

static int compare_items(const void *a, const void *b)
{
    return compare_bytes(*(const struct cause_text *)a, *(const struct cause_text *)b);
}

static bool same_items(struct cause_text *a, struct cause_text *b, size_t count)
{
    qsort(a, count, sizeof *a, compare_items);
    qsort(b, count, sizeof *b, compare_items);
    for (size_t i = 0; i < count; i++)
        if (compare_bytes(a[i], b[i]) != 0)
            return false;
    return true;
}

/* One line that lists the same items: sure when they are files. 1, 0. */
static bool is_shuffled(struct cause_text a, struct cause_text b, bool *files)
{
    struct words x, y;
    if (!split(a, &x) || !split(b, &y) || x.count != y.count || x.count < 3)
        return false;
    /* What begins and ends both is no part of the list. */
    size_t begin = 0, end = x.count;
    while (begin < end && compare_bytes(x.items[begin], y.items[begin]) == 0)
        begin++;
    while (end > begin && compare_bytes(x.items[end - 1], y.items[end - 1]) == 0)
        end--;
    struct lists l = {x.items + begin, y.items + begin, end - begin, end - begin, false};
    bool comma_list = x.commas == y.commas && x.commas + 1 >= x.count - begin;
    *files &= most(&l, is_file_name);
    return l.a_count >= 2 && (most(&l, is_file_name) || comma_list) &&
           same_items(l.a, l.b, l.a_count);
}

/* Members of an object, as a hash table had them: which is no order of files. */
static bool is_hash_order(const struct stet_finding *f)
{
    const char *order = strstr(f->what, "order of members");
    return order && strcmp(f->format, "json") == 0;
}

int stet_cause_by_line_order(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    const struct cause_lines *l = &c->lines;
    bool files = true;
    if (is_hash_order(f))
        return 0;
    int rc = by_told_order(c, f, err);
    if (rc != 0)
        return rc;
    if (l->hex || l->cut || l->a_count == 0 || l->a_count != l->b_count)
        return 0;
    for (size_t i = 0; i < l->a_count; i++)
        if (!is_shuffled(l->a[i], l->b[i], &files))
            return 0;
    return stet_diff_because(
               f, STET_CAUSE_FILE_ORDER, files ? STET_DIFF_LIKELY : STET_DIFF_POSSIBLE, err,
               "the line lists the same %s in another order", files ? "files" : "items") < 0
               ? -1
               : 1;
}

/* ---- lines of a whole place ---- */

struct line {
    char *text;   /* without the job's number and with its times blotted out */
    bool changed; /* that made a difference to it */
};
struct pile {
    struct line *items;
    size_t count, cap;
};

static void release(struct pile *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->items[i].text);
    free(p->items);
}

static bool starts_word(struct cause_text t, size_t i)
{
    return i == 0 || !stet_cause_is_word(t.s[i - 1]);
}

static int add(const struct causes *c, struct pile *p, struct cause_text t, int side,
               struct stet_error *err)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    size_t prefix = job_prefix(t);
    bool changed = prefix > 0;
    stet_buffer_add_str(&b, "");
    for (size_t i = prefix; i < t.len;) {
        struct diff_time when;
        if (starts_word(t, i) && stet_diff_time_scan(t.s + i, t.len - i, c->year[side], &when) &&
            when.grain == 1) {
            stet_buffer_add_char(&b, '\1');
            i += when.len;
            changed = true;
        } else {
            stet_buffer_add_char(&b, t.s[i++]);
        }
    }
    if (stet_buffer_check(&b, "compare the order of lines", err) < 0 ||
        stet_grow(&p->items, &p->cap, p->count + 1, sizeof *p->items, err) < 0) {
        stet_buffer_release(&b);
        return -1;
    }
    p->items[p->count++] = (struct line){stet_buffer_detach(&b), changed};
    return p->items[p->count - 1].text ? 0 : stet_error_oom(err, "compare the order of lines");
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

/* Are they the same lines, in another order? */
static bool is_permutation(struct pile *a, struct pile *b)
{
    bool moved = false;
    if (a->count != b->count || a->count < 2)
        return false;
    for (size_t i = 0; i < a->count; i++)
        moved |= strcmp(a->items[i].text, b->items[i].text) != 0;
    qsort(a->items, a->count, sizeof *a->items, compare_lines);
    qsort(b->items, b->count, sizeof *b->items, compare_lines);
    for (size_t i = 0; moved && i < a->count; i++)
        moved = strcmp(a->items[i].text, b->items[i].text) == 0;
    return moved;
}

/* Lines as they come, for decide(). */
struct view {
    struct cause_text *items;
    size_t count, cap;
};

static int view(struct view *v, struct cause_text t, struct stet_error *err)
{
    if (stet_grow(&v->items, &v->cap, v->count + 1, sizeof *v->items, err) < 0)
        return -1;
    v->items[v->count++] = t;
    return 0;
}

struct gathered {
    struct pile a, b;
    struct view view_a, view_b;
    bool cut;
};

/* The value of a row of a table, which another row may have on the other side. */
static bool is_row(const struct stet_finding *f)
{
    return strcmp(f->format, "sqlite") == 0 && strstr(f->what, ", row ") && f->a && f->b &&
           !f->detail;
}

static int gather(struct causes *c, const struct stet_finding *f, struct gathered *g,
                  struct stet_error *err)
{
    struct cause_lines *l = &c->lines;
    stet_cause_lines_read(f, l);
    g->cut |= l->cut || l->hex || !(f->detail || is_row(f));
    for (size_t i = 0; i < l->a_count && !l->hex; i++)
        if (add(c, &g->a, l->a[i], 0, err) < 0 || view(&g->view_a, l->a[i], err) < 0)
            return -1;
    for (size_t i = 0; i < l->b_count && !l->hex; i++)
        if (add(c, &g->b, l->b[i], 1, err) < 0 || view(&g->view_b, l->b[i], err) < 0)
            return -1;
    return 0;
}

static bool is_lines(const struct stet_finding *f)
{
    bool lines = strncmp(f->what, "line ", 5) == 0 || strncmp(f->what, "lines ", 6) == 0;
    return is_row(f) || (f->level == STET_DIFF_CONTENT && lines);
}

int stet_cause_by_order(struct causes *c, size_t from, size_t to, struct stet_error *err)
{
    struct stet_finding *all = c->d->result->findings;
    struct gathered g = {0};
    int rc = 0;
    for (size_t i = from; i < to; i++)
        if (!is_lines(&all[i]) || all[i].cause != STET_CAUSE_UNEXPLAINED)
            return 0;
    for (size_t i = from; rc == 0 && i < to; i++)
        rc = gather(c, &all[i], &g, err);
    if (rc == 0 && !g.cut && is_permutation(&g.a, &g.b)) {
        struct lists l = {g.view_a.items, g.view_b.items, g.view_a.count, g.view_b.count, false};
        for (size_t i = from; rc >= 0 && i < to; i++)
            rc = set(&all[i], &l, err);
    }
    release(&g.a);
    release(&g.b);
    free(g.view_a.items);
    free(g.view_b.items);
    return rc;
}
