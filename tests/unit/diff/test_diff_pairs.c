/*
 * Pairs whose cause is known (tests/data/diff/cause-*, made by tests/support/make-diff-pairs): each must be given the
 * causes that its EXPECT says, and no other. The confusion table over all of them is docs/diff.md; it is
 * compared with what is found, and written anew when STET_UPDATE is set.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "lib/base/base.h"
#include "lib/diff/diff.h"

enum { PAIRS_MAX = 400 };

struct expectation {
    bool must[STET_CAUSE_COUNT], may[STET_CAUSE_COUNT], must_not[STET_CAUSE_COUNT];
    bool yet[STET_CAUSE_COUNT]; /* named as long as what must be named is not, or not alone */
    char at_first[16];          /* what came of the first comparison; "": not known */
    enum stet_diff_sureness sure[STET_CAUSE_COUNT];
    int first; /* for which the pair was made */
};

/* ---- EXPECT ---- */

static enum stet_diff_sureness read_sureness(const char *s)
{
    for (int i = STET_DIFF_POSSIBLE; i <= STET_DIFF_CERTAIN; i++)
        if (strcmp(s, stet_diff_sureness_name((enum stet_diff_sureness)i)) == 0)
            return (enum stet_diff_sureness)i;
    fail_msg("EXPECT: no sureness \"%s\"", s);
    return STET_DIFF_POSSIBLE;
}

static void read_line(struct expectation *e, char *line)
{
    char *rest = strchr(line, ' ');
    enum stet_diff_cause cause;
    if (rest)
        *rest++ = '\0';
    bool *words[] = {e->may, e->must_not, e->yet};
    static const char *const names[] = {"may", "not", "yet"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(line, names[i]) != 0)
            continue;
        if (!rest || !stet_diff_cause_find(rest, &cause))
            fail_msg("EXPECT: no cause after \"%s\"", line);
        words[i][cause] = true;
        return;
    }
    if (strcmp(line, "first") == 0) {
        snprintf(e->at_first, sizeof e->at_first, "%s", rest ? rest : "");
        return;
    }
    if (!stet_diff_cause_find(line, &cause))
        fail_msg("EXPECT: no cause \"%s\"", line);
    e->must[cause] = true;
    e->sure[cause] = rest ? read_sureness(rest) : STET_DIFF_POSSIBLE;
    if (e->first < 0)
        e->first = (int)cause;
}

static void read_expectation(int dir, const char *name, struct expectation *e)
{
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    char path[512];
    *e = (struct expectation){.first = -1};
    snprintf(path, sizeof path, "%s/EXPECT", name);
    if (stet_fs_read(dir, path, 65536, &text, &err) < 0)
        fail_msg("%s", err.text);
    for (char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        read_line(e, line);
    }
    assert_true(e->first >= 0);
}

/* ---- one pair ---- */

struct outcome {
    char name[128];
    int first;
    size_t named[STET_CAUSE_COUNT];
    enum stet_diff_sureness sure[STET_CAUSE_COUNT]; /* the greatest */
    char at_first[16];
    const char *now; /* the same, today */
};

static void note(const struct stet_diff_result *r, struct outcome *o)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct stet_finding *f = &r->findings[i];
        if (o->named[f->cause]++ == 0 || f->sure > o->sure[f->cause])
            o->sure[f->cause] = f->sure;
    }
}

static void show(const char *name, const struct stet_diff_result *r)
{
    print_error("%s:\n", name);
    for (size_t i = 0; i < r->count; i++) {
        const struct stet_finding *f = &r->findings[i];
        print_error("  %s %s: %s: %s [%s %s] %s\n    - %s\n    + %s\n",
                    stet_diff_level_name(f->level), f->path, f->format, f->what,
                    stet_diff_cause_info(f->cause)->name,
                    f->cause ? stet_diff_sureness_name(f->sure) : "",
                    f->evidence ? f->evidence : "", f->a ? f->a : "(none)", f->b ? f->b : "(none)");
        if (f->detail && getenv("STET_DETAIL"))
            print_error("%s", f->detail);
    }
}

/* As in "first": what was expected, and all of it; beside what is unexplained; nothing; or another cause. */
static const char *outcome_of(const struct outcome *o, const struct expectation *e)
{
    bool must = true, other = false, unexplained = false;
    for (int c = 0; c < STET_CAUSE_COUNT; c++) {
        must &= !e->must[c] || o->named[c] > 0;
        if (o->named[c] > 0 && !e->must[c] && !e->may[c])
            *(c == STET_CAUSE_UNEXPLAINED ? &unexplained : &other) = true;
    }
    return other ? "wrong" : !must ? "unexplained" : unexplained ? "partly" : "right";
}

/* How many of the expectations fail. */
static int judge(const struct outcome *o, const struct expectation *e)
{
    int wrong = 0;
    bool yet = false;
    for (int c = 0; c < STET_CAUSE_COUNT; c++)
        yet |= e->yet[c];
    if (yet && strcmp(o->now, "right") == 0) {
        print_error("%s: all is named that is expected, and \"yet\" too much\n", o->name);
        wrong++;
    }
    for (int c = 0; c < STET_CAUSE_COUNT; c++) {
        const char *name = stet_diff_cause_info((enum stet_diff_cause)c)->name;
        if (e->must[c] && o->named[c] == 0 && !yet) {
            print_error("%s: %s is not named\n", o->name, name);
            wrong++;
        } else if (e->must[c] && c != STET_CAUSE_UNEXPLAINED && o->sure[c] < e->sure[c]) {
            print_error("%s: %s is only %s\n", o->name, name, stet_diff_sureness_name(o->sure[c]));
            wrong++;
        }
        if (o->named[c] > 0 && !e->yet[c] && (e->must_not[c] || (!e->must[c] && !e->may[c]))) {
            print_error("%s: %s is named, %zu times\n", o->name, name, o->named[c]);
            wrong++;
        }
    }
    return wrong;
}

static int run(const char *data, int dir, struct outcome *o)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_diff_options options = {.temporary = "/tmp"};
    struct stet_diff_result r;
    struct expectation e;
    read_expectation(dir, o->name, &e);
    o->first = e.first;
    _cleanup_free_ char *a = stet_format(&err, "%s/%s/a", data, o->name);
    _cleanup_free_ char *b = stet_format(&err, "%s/%s/b", data, o->name);
    assert_true(a && b);
    if (stet_diff(a, b, &options, &r, &err) < 0)
        fail_msg("%s: %s", o->name, err.text);
    note(&r, o);
    memcpy(o->at_first, e.at_first, sizeof o->at_first);
    o->now = outcome_of(o, &e);
    int wrong = judge(o, &e);
    if (r.count == 0) {
        print_error("%s: no difference\n", o->name);
        wrong++;
    }
    if (wrong > 0 || getenv("STET_SHOW"))
        show(o->name, &r);
    stet_diff_result_release(&r);
    return wrong;
}

/* ---- the table ---- */

static void add_header(struct stet_buffer *out)
{
    stet_buffer_add_str(out, "| the cause is |");
    for (int c = 1; c <= STET_CAUSE_COUNT; c++)
        stet_buffer_addf(out, " %s |",
                         stet_diff_cause_info((enum stet_diff_cause)(c % STET_CAUSE_COUNT))->name);
    stet_buffer_add_str(out, " pairs |\n|---|");
    for (int c = 0; c <= STET_CAUSE_COUNT; c++)
        stet_buffer_add_str(out, "---|");
    stet_buffer_add_str(out, "\n");
}

static void add_row(struct stet_buffer *out, const struct outcome *all, size_t count, int row)
{
    size_t pairs = 0, cells[STET_CAUSE_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        if (all[i].first != row)
            continue;
        pairs++;
        for (int c = 0; c < STET_CAUSE_COUNT; c++)
            cells[c] += all[i].named[c] > 0;
    }
    if (pairs == 0)
        return;
    stet_buffer_addf(out, "| **%s** |",
                     row == 0 ? "none of them"
                              : stet_diff_cause_info((enum stet_diff_cause)row)->name);
    for (int c = 1; c <= STET_CAUSE_COUNT; c++)
        if (cells[c % STET_CAUSE_COUNT])
            stet_buffer_addf(out, c % STET_CAUSE_COUNT == row ? " **%zu** |" : " %zu |",
                             cells[c % STET_CAUSE_COUNT]);
        else
            stet_buffer_add_str(out, " |");
    stet_buffer_addf(out, " %zu |\n", pairs);
}

static void add_list(struct stet_buffer *out, const struct outcome *all, size_t count)
{
    stet_buffer_add_str(out, "\n| pair | causes named, and how surely at most |\n|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        stet_buffer_addf(out, "| %s |", all[i].name + strlen("cause-"));
        const char *separator = "";
        for (int c = 1; c <= STET_CAUSE_COUNT; c++) {
            int k = c % STET_CAUSE_COUNT;
            if (all[i].named[k] == 0)
                continue;
            stet_buffer_addf(out, "%s %s", separator,
                             stet_diff_cause_info((enum stet_diff_cause)k)->name);
            if (k != 0)
                stet_buffer_addf(out, ", %s", stet_diff_sureness_name(all[i].sure[k]));
            separator = ";";
        }
        stet_buffer_add_str(out, " |\n");
    }
}

/* Of the pairs that were made apart from the rules: what came of them. */
static void add_apart(struct stet_buffer *out, const struct outcome *all, size_t count)
{
    static const char *const words[] = {"right", "partly", "unexplained", "wrong"};
    static const char *const means[] = {
        "the cause, and no other", "the cause, beside findings that stay unexplained",
        "no cause, or only one that is also true", "a cause that is not true"};
    size_t first[4] = {0}, now[4] = {0}, pairs = 0;
    for (size_t i = 0; i < count; i++) {
        if (!all[i].at_first[0])
            continue;
        pairs++;
        for (size_t k = 0; k < 4; k++) {
            first[k] += strcmp(all[i].at_first, words[k]) == 0;
            now[k] += strcmp(all[i].now, words[k]) == 0;
        }
    }
    stet_buffer_addf(
        out,
        "\n%zu pairs, whose names begin with `apart-`, were made without looking at the rules, and "
        "their causes were written down before they were compared. What came of the first "
        "comparison "
        "says how well the builds of strangers are explained; what comes of it now does not, as "
        "rules were repaired by these pairs (where that could be done in general).\n\n"
        "| what is named | at first | now |\n|---|---|---|\n",
        pairs);
    for (size_t k = 0; k < 4; k++)
        stet_buffer_addf(out, "| %s: %s | %zu | %zu |\n", words[k], means[k], first[k], now[k]);
    stet_buffer_add_str(out, "\nNot right now:");
    for (size_t i = 0; i < count; i++)
        if (all[i].at_first[0] && strcmp(all[i].now, "right") != 0)
            stet_buffer_addf(out, " %s (%s),", all[i].name + strlen("cause-"), all[i].now);
    if (out->len > 0 && out->data[out->len - 1] == ',')
        out->data[out->len - 1] = '.';
    stet_buffer_add_str(out, "\n");
}

#define BEGINS                                                                                     \
    "<!-- The confusion table: written by tests/unit/diff/test_diff_pairs.c with STET_UPDATE=1, "  \
    "and checked by it. -->\n"
#define ENDS "<!-- The end of the confusion table. -->\n"

static void make_table(struct stet_buffer *out, const struct outcome *all, size_t count)
{
    stet_buffer_add_str(
        out,
        BEGINS "\nRows: why the two sides of a pair differ. Columns: the causes that at least one "
               "finding of the pair was given. A number is of pairs.\n\n");
    add_header(out);
    for (int c = 1; c <= STET_CAUSE_COUNT; c++)
        add_row(out, all, count, c % STET_CAUSE_COUNT);
    add_apart(out, all, count);
    stet_buffer_add_str(out, "\n" ENDS);
}

static void make_list(struct stet_buffer *out, const struct outcome *all, size_t count)
{
    stet_buffer_add_str(out,
                        "# What is named for each pair\n\n"
                        "<!-- Written by tests/unit/diff/test_diff_pairs.c with STET_UPDATE=1, "
                        "and checked by it. -->\n\n"
                        "The pairs are in `tests/data/diff`; [diff.md](diff.md) has the confusion "
                        "table over all of them.\n");
    add_list(out, all, count);
}

/* A document of the repository is as it should be; or is made so. */
static void check_document(const char *path, const struct stet_buffer *then,
                           const struct stet_buffer *now)
{
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(stet_buffer_check(now, path, &err), 0);
    if (getenv("STET_UPDATE"))
        assert_int_equal(stet_fs_write(AT_FDCWD, path, now->data, now->len, &err), 0);
    else
        assert_string_equal(stet_buffer_str(now), stet_buffer_str(then));
}

static void read_document(const char *path, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;

    if (stet_fs_read(AT_FDCWD, path, 1 << 20, out, &err) < 0)
        fail_msg("%s", err.text);
}

/* The table stands in the page on stet diff, the list in a page of its own. */
static void check_documents(const char *root, const struct outcome *all, size_t count)
{
    _cleanup_buffer_ struct stet_buffer then = STET_BUFFER_INIT, now = STET_BUFFER_INIT;
    char path[4096];

    snprintf(path, sizeof path, "%s/docs/diff.md", root);
    read_document(path, &then);
    const char *begin = strstr(stet_buffer_str(&then), BEGINS);
    const char *end = begin ? strstr(begin, ENDS) : NULL;
    assert_non_null(end);
    stet_buffer_add(&now, then.data, (size_t)(begin - then.data));
    make_table(&now, all, count);
    stet_buffer_add_str(&now, end + strlen(ENDS));
    check_document(path, &then, &now);

    stet_buffer_clear(&then);
    stet_buffer_clear(&now);
    snprintf(path, sizeof path, "%s/docs/diff-confusion.md", root);
    read_document(path, &then);
    make_list(&now, all, count);
    check_document(path, &then, &now);
}

/* ---- all ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct outcome *)a)->name, ((const struct outcome *)b)->name);
}

static size_t list_pairs(const char *data, struct outcome *all)
{
    size_t count = 0;
    const char *only = getenv("STET_PAIR");
    DIR *d = opendir(data);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));) {
        if (strncmp(e->d_name, "cause-", 6) != 0 || (only && strcmp(only, e->d_name + 6) != 0))
            continue;
        assert_true(count < PAIRS_MAX && strlen(e->d_name) < sizeof all->name);
        snprintf(all[count].name, sizeof all->name, "%s", e->d_name);
        count++;
    }
    closedir(d);
    qsort(all, count, sizeof *all, compare_names);
    return count;
}

static void test_pairs(void **state)
{
    (void)state;
    const char *root = getenv("STET_SOURCE_ROOT");
    static struct outcome all[PAIRS_MAX];
    char data[4096];
    int wrong = 0;
    assert_non_null(root);
    snprintf(data, sizeof data, "%s/tests/data/diff", root);
    size_t count = list_pairs(data, all);
    int dir = open(data, O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0 && count > 0);
    for (size_t i = 0; i < count; i++)
        wrong += run(data, dir, &all[i]);
    close(dir);
    if (!getenv("STET_PAIR"))
        check_documents(root, all, count);
    assert_int_equal(wrong, 0);
}

/* Every cause has a pair, and there are pairs for what only looks like one. */
static void test_all_causes(void **state)
{
    (void)state;
    const char *root = getenv("STET_SOURCE_ROOT");
    static struct outcome all[PAIRS_MAX];
    char data[4096];
    size_t seen[STET_CAUSE_COUNT] = {0}, tempting = 0;
    snprintf(data, sizeof data, "%s/tests/data/diff", root);
    if (getenv("STET_PAIR"))
        return;
    size_t count = list_pairs(data, all);
    int dir = open(data, O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct expectation e;
        read_expectation(dir, all[i].name, &e);
        seen[e.first]++;
        bool forbids = false;
        for (int c = 0; c < STET_CAUSE_COUNT; c++)
            forbids |= e.must_not[c];
        tempting += forbids;
    }
    close(dir);
    for (int c = 0; c < STET_CAUSE_COUNT; c++)
        if (seen[c] == 0)
            fail_msg("no pair for %s", stet_diff_cause_info((enum stet_diff_cause)c)->name);
    assert_true(tempting >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_all_causes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
