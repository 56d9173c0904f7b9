/* Runs the case files given as arguments; their form is in tests/data/solve/README.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/solve/solve.h"
#include "tests/unit/solve/arch_db.h"

enum { INDEXES_MAX = 4 };

struct given_index {
    unsigned id;
    struct stet_strv paragraphs;
};

struct given {
    struct stet_strv install, favor, first;
    bool recommends, arch;
    struct given_index indexes[INDEXES_MAX];
    size_t index_count;
    struct stet_buffer expect; /* lines, or the error */
    bool error;
};

static void given_release(struct given *g)
{
    stet_strv_release(&g->install);
    stet_strv_release(&g->favor);
    stet_strv_release(&g->first);
    for (size_t i = 0; i < g->index_count; i++)
        stet_strv_release(&g->indexes[i].paragraphs);
    stet_buffer_release(&g->expect);
}

/* ---- reading a case ---- */

static void add_words(struct stet_strv *out, const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    while (*(text += strspn(text, " "))) {
        size_t len = strcspn(text, " ");
        assert_int_equal(stet_strv_addf(out, &err, "%.*s", (int)len, text), 0);
        text += len;
    }
}

static bool has_field(const char *paragraph, const char *field)
{
    const char *hit = strcasestr(paragraph, field);
    return hit && (hit == paragraph || hit[-1] == '\n');
}

/* What every real paragraph has, and a case need not repeat. */
static void complete_paragraph(struct stet_buffer *p)
{
    const char *name = p->data + strcspn(p->data, " ") + 1;
    int len = (int)strcspn(name, "\n");
    struct stet_buffer more = STET_BUFFER_INIT;
    if (!has_field(p->data, "Architecture:"))
        stet_buffer_add_str(&more, "Architecture: amd64\n");
    if (!has_field(p->data, "Filename:"))
        stet_buffer_addf(&more, "Filename: pool/%.*s.deb\nSize: 1\nSHA256: %064d\n", len, name, 7);
    stet_buffer_add(p, more.data, more.len);
    stet_buffer_release(&more);
}

static void end_paragraph(const struct given *g, struct given_index *index, struct stet_buffer *p)
{
    struct stet_error err = STET_ERROR_INIT;
    if (p->len == 0)
        return;
    if (!g->arch)
        complete_paragraph(p);
    assert_int_equal(stet_strv_add(&index->paragraphs, p->data, &err), 0);
    stet_buffer_clear(p);
}

static bool starts(const char *line, const char *word)
{
    size_t n = strlen(word);
    return strncmp(line, word, n) == 0 && (line[n] == ' ' || line[n] == '\0');
}

enum section { HEAD, INDEX, EXPECT };

static enum section directive(struct given *g, const char *line)
{
    const char *rest = line + strcspn(line, " ");
    rest += strspn(rest, " ");
    if (starts(line, "@install"))
        add_words(&g->install, rest);
    else if (starts(line, "@favor"))
        add_words(&g->favor, rest);
    else if (starts(line, "@first"))
        add_words(&g->first, rest);
    else if (starts(line, "@recommends"))
        g->recommends = true;
    else if (starts(line, "@arch"))
        g->arch = true;
    else if (starts(line, "@index")) {
        assert_true(g->index_count < INDEXES_MAX);
        g->indexes[g->index_count++].id = *rest ? (unsigned)strtoul(rest, NULL, 10) : 0;
        return INDEX;
    } else if (starts(line, "@expect"))
        return EXPECT;
    else if (starts(line, "@error")) {
        g->error = true;
        stet_buffer_add_str(&g->expect, rest);
    } else
        fail_msg("unknown section: %s", line);
    return HEAD;
}

static void read_case(const char *path, struct given *g)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text = STET_BUFFER_INIT, paragraph = STET_BUFFER_INIT;
    enum section section = HEAD;
    if (stet_fs_read(AT_FDCWD, path, 1 << 20, &text, &err) < 0)
        fail_msg("%s", err.text);
    for (char *line = text.data, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        struct given_index *index = section == INDEX ? &g->indexes[g->index_count - 1] : NULL;
        if (index && (!*line || *line == '@'))
            end_paragraph(g, index, &paragraph);
        if (*line == '@')
            section = directive(g, line);
        else if (index && *line)
            stet_buffer_addf(&paragraph, "%s\n", line);
        else if (section == EXPECT)
            stet_buffer_addf(&g->expect, "%s\n", line);
    }
    stet_buffer_release(&paragraph);
    stet_buffer_release(&text);
    assert_true(g->install.count > 0);
    assert_true(g->expect.len > 0);
}

/* ---- running it ---- */

/* Paragraph i of n in one of the orders tried. */
static size_t shuffled(size_t i, size_t n, unsigned order)
{
    if (order == 0)
        return i;
    return order == 1 ? n - 1 - i : (i + order - 1) % n;
}

/* The words of a value, if there are any, as a field of a desc. */
static void add_field(struct stet_buffer *desc, const char *field, const char *words)
{
    struct stet_strv values = STET_STRV_INIT;
    add_words(&values, words);
    if (values.count > 0)
        stet_buffer_addf(desc, "%%%s%%\n", field);
    for (size_t i = 0; i < values.count; i++)
        stet_buffer_addf(desc, "%s\n", values.items[i]);
    stet_buffer_add_char(desc, '\n');
    stet_strv_release(&values);
}

/* The value of "Field: value" in a paragraph; the caller frees it. */
static char *value_of(const char *paragraph, const char *field, const char *other)
{
    const char *hit = has_field(paragraph, field) ? strcasestr(paragraph, field) : NULL;
    const char *value = hit ? hit + strlen(field) : other;
    char *copy = strndup(value, strcspn(value, "\n"));
    assert_non_null(copy);
    return copy;
}

/* A paragraph as an entry of a database. */
static void add_package(struct stet_buffer *tar, const char *paragraph)
{
    static const char *const fields[][2] = {{"Depends:", "DEPENDS"},
                                            {"Optdepends:", "OPTDEPENDS"},
                                            {"Conflicts:", "CONFLICTS"},
                                            {"Provides:", "PROVIDES"},
                                            {"Groups:", "GROUPS"}};
    struct stet_buffer desc = STET_BUFFER_INIT;
    _cleanup_free_ char *name = value_of(paragraph, "Name: ", "");
    _cleanup_free_ char *version = value_of(paragraph, "Version: ", "1-1");
    _cleanup_free_ char *arch = value_of(paragraph, "Arch: ", "x86_64");
    _cleanup_free_ char *path = stet_format(NULL, "%s-%s/desc", name, version);
    stet_buffer_addf(&desc, "%%NAME%%\n%s\n\n%%VERSION%%\n%s\n\n%%ARCH%%\n%s\n\n", name, version,
                     arch);
    stet_buffer_addf(&desc, "%%FILENAME%%\n%s-%s.pkg.tar.zst\n\n%%CSIZE%%\n1\n\n", name, version);
    stet_buffer_addf(&desc, "%%SHA256SUM%%\n%064d\n\n", 7);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        _cleanup_free_ char *value = value_of(paragraph, fields[i][0], "");
        add_field(&desc, fields[i][1], value);
    }
    db_add_text(tar, path, stet_buffer_str(&desc));
    stet_buffer_release(&desc);
}

static void join_arch(const struct given_index *index, unsigned order, struct stet_buffer *out)
{
    size_t n = index->paragraphs.count;
    for (size_t i = 0; i < n; i++)
        add_package(out, index->paragraphs.items[shuffled(i, n, order)]);
    db_end(out);
}

static void join(const struct given_index *index, unsigned order, struct stet_buffer *out)
{
    size_t n = index->paragraphs.count;
    for (size_t i = 0; i < n; i++)
        stet_buffer_addf(out, "%s\n", index->paragraphs.items[shuffled(i, n, order)]);
}

static void write_result(const struct given *g, const struct stet_solve_result *r,
                         struct stet_buffer *out)
{
    bool several = g->index_count > 1;
    for (size_t i = 0; i < r->count; i++) {
        const struct stet_solve_package *p = &r->packages[i];
        stet_buffer_addf(out, "%s %s %u %s", p->name, p->version, p->stage,
                         p->needed_by ? p->needed_by : "-");
        if (several)
            stet_buffer_addf(out, " %u", p->index_id);
        stet_buffer_add_char(out, '\n');
        /* Nobody but a package that was not asked for has a needed_by, except by Recommends. */
        if (!g->recommends)
            assert_int_equal(p->requested, p->needed_by == NULL);
        assert_int_equal(p->size, 1);
        assert_true(p->has_digest);
        assert_int_equal(p->digest.bytes[31], 7);
    }
}

static void run_order(const struct given *g, unsigned order)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer texts[INDEXES_MAX] = {0}, got = STET_BUFFER_INIT;
    struct stet_solve_request request = {&g->install, &g->favor, &g->first, g->recommends};
    struct stet_solve_result result;
    struct stet_solver *s = g->arch ? stet_solver_new(STET_SOLVE_ARCH, "x86_64", &err)
                                    : stet_solver_new(STET_SOLVE_DEBIAN, "amd64", &err);
    assert_non_null(s);
    for (size_t i = 0; i < g->index_count; i++) {
        if (g->arch)
            join_arch(&g->indexes[i], order, &texts[i]);
        else
            join(&g->indexes[i], order, &texts[i]);
        if (stet_solver_add_index(s, "index", texts[i].data, texts[i].len, g->indexes[i].id, &err) <
            0)
            fail_msg("%s", err.text);
    }
    if (stet_solve(s, &request, &result, &err) < 0) {
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        assert_null(result.packages);
        stet_buffer_add_str(&got, err.text);
    } else
        write_result(g, &result, &got);
    assert_string_equal(stet_buffer_str(&got), stet_buffer_str(&g->expect));
    assert_int_equal(err.kind != STET_ERROR_NONE, g->error);
    stet_solve_result_release(&result);
    stet_solver_free(s);
    for (size_t i = 0; i < g->index_count; i++)
        stet_buffer_release(&texts[i]);
    stet_buffer_release(&got);
}

static void run_case(void **state)
{
    struct given g = {0};
    read_case(*state, &g);
    for (unsigned order = 0; order < 5; order++)
        run_order(&g, order);
    given_release(&g);
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc((size_t)argc, sizeof *tests);
    int n = argc - 1;
    if (!tests || n < 1) {
        fprintf(stderr, "usage: %s CASE.test...\n", argv[0]);
        return 2;
    }
    for (int i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){strrchr(argv[i + 1], '/') ? strrchr(argv[i + 1], '/') + 1
                                                                 : argv[i + 1],
                                       run_case, NULL, NULL, argv[i + 1]};
    int failed = _cmocka_run_group_tests("solve/cases", tests, (size_t)n, NULL, NULL);
    free(tests);
    return failed;
}
