#include "lib/base/utf8.h"
#include "lib/report/private.h"
#include "tests/unit/report/fixture.h"

static void test_equal(void **state)
{
    struct stet_buffer text;

    (void)state;
    report_of(&text, report_fixture_equal, STET_REPORT_TEXT, NULL);
    assert_string_equal(stet_buffer_str(&text),
                        "a  oci:debian:a (OCI layout)\n"
                        "b  oci:debian:b (OCI layout)\n"
                        "\n"
                        "The same, byte for byte.\n"
                        "\n"
                        "Looked at 8,412 entries and 0 contents, 120.0 MiB.\n");
    stet_buffer_release(&text);
}

static void test_partial(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_diff_result result;
    struct stet_buffer text;

    (void)state;
    assert_int_equal(report_fixture_equal(&result, &err), 0);
    result.partial = true;
    report_into(&text, &result, STET_REPORT_TEXT, NULL);
    assert_has(stet_buffer_str(&text),
               "The same entries and contents; how they are packed was not compared.\n");
    stet_buffer_release(&text);
    stet_diff_result_release(&result);
}

static char *copy(const char *s)
{
    return s ? stet_diff_shared_new(s, NULL) : NULL;
}

static void add(struct stet_diff_result *r, enum stet_diff_cause cause, const char *path,
                const char *what, const char *a, const char *b, const char *detail)
{
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(stet_grow(&r->findings, &r->cap, r->count + 1, sizeof(*r->findings), &err), 0);
    r->findings[r->count++] = (struct stet_finding){.level = STET_DIFF_CONTENT,
                                                    .path = copy(path),
                                                    .what = copy(what),
                                                    .a = copy(a),
                                                    .b = copy(b),
                                                    .detail = detail ? strdup(detail) : NULL,
                                                    .cause = cause,
                                                    .sure = STET_DIFF_LIKELY};
}

static void test_a_few_findings(void **state)
{
    static const char expected[] = "a  oci:debian:a (OCI layout)\n"
                                   "b  oci:debian:b (OCI layout)\n"
                                   "\n"
                                   "They differ: 4 findings, 4 of them unexplained.\n"
                                   "content 4\n"
                                   "\n"
                                   "        4  unexplained\n"
                                   "\n"
                                   "Looked at 8,412 entries and 0 contents, 120.0 MiB.\n"
                                   "\n"
                                   "unexplained: 4 findings\n"
                                   "\n"
                                   "etc/issue\n"
                                   "    lines 1-2: one → two\n"
                                   "      @@ lines 1-3\n"
                                   "      -one\n"
                                   "      +two\n"
                                   "       three\n"
                                   "    line 9, only in b: new\n"
                                   "\n"
                                   "etc/motd\n"
                                   "    line 1\n"
                                   "      - a value of forty characters, as it were.\n"
                                   "      + another of forty characters, as it were\n"
                                   "    mode\n";
    struct stet_report_options options = {.width = 80};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text;

    (void)state;
    assert_int_equal(report_fixture_equal(&result, &err), 0);
    add(&result, STET_CAUSE_UNEXPLAINED, "etc/issue", "lines 1-2", "one", "two",
        "@@ lines 1-3\n-one\n+two\n three\n");
    add(&result, STET_CAUSE_UNEXPLAINED, "etc/issue", "line 9", NULL, "new", NULL);
    add(&result, STET_CAUSE_UNEXPLAINED, "etc/motd", "line 1",
        "a value of forty characters, as it were.", "another of forty characters, as it were",
        NULL);
    add(&result, STET_CAUSE_UNEXPLAINED, "etc/motd", "mode", NULL, NULL, NULL);
    report_into(&text, &result, STET_REPORT_TEXT, &options);
    assert_string_equal(stet_buffer_str(&text), expected);
    stet_buffer_release(&text);
    stet_diff_result_release(&result);
}

/* Calls f for each line. */
static void each_line(const char *text, void (*f)(const char *line, size_t len, void *ctx),
                      void *ctx)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        assert_non_null(end);
        f(text, (size_t)(end - text), ctx);
        text = end + 1;
    }
}

static void at_most_80(const char *line, size_t len, void *ctx)
{
    struct stet_report_glyph g;
    unsigned columns = 0;

    (void)ctx;
    for (size_t i = 0; i < len; columns += g.columns)
        i += stet_report_glyph(line + i, len - i, &g);
    if (columns > 80)
        fail_msg("%u columns: %.*s", columns, (int)len, line);
}

static void count_line(const char *line, size_t len, void *ctx)
{
    (void)line, (void)len;
    ++*(unsigned *)ctx;
}

/* The summary is what stands above the first heading of details. */
static void assert_one_screen(const char *text, const char *heading)
{
    char *summary = strdup(text), *end = strstr(summary, heading);
    unsigned lines = 0;

    assert_non_null(end);
    *end = '\0';
    each_line(summary, count_line, &lines);
    each_line(summary, at_most_80, NULL);
    assert_in_range(lines, 6, 24);
    free(summary);
}

static void test_summary_is_one_screen(void **state)
{
    struct stet_report_options options = {.width = 80};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text;

    (void)state;
    assert_int_equal(report_fixture_all(&result, &err), 0);
    /* The worst: every cause, every line of the end, names of 4,000 bytes, rules without an end. */
    free(result.a);
    free(result.ignored[0].rule);
    result.a = calloc(4000, 1);
    result.ignored[0].rule = calloc(4000, 1);
    assert_true(result.a && result.ignored[0].rule);
    memset(result.a, 'x', 3999);
    memset(result.ignored[0].rule, '\x1b', 3999);
    result.cut_short = true;
    report_into(&text, &result, STET_REPORT_TEXT, &options);
    assert_one_screen(stet_buffer_str(&text), "\n! random or key material: 2 findings\n");
    assert_has(stet_buffer_str(&text), "Not all was compared");
    assert_has(stet_buffer_str(&text), "\n           and 3 causes more, below\n");
    stet_buffer_release(&text);
    stet_diff_result_release(&result);

    report_of(&text, report_fixture_hostile, STET_REPORT_TEXT, &options);
    assert_one_screen(stet_buffer_str(&text), "\n! random or key material: 1 finding\n");
    stet_buffer_release(&text);
}

static void test_largest_first_and_loud_before_all(void **state)
{
    struct stet_report_options options = {.width = 80};
    struct stet_buffer text;

    (void)state;
    report_of(&text, report_fixture_all, STET_REPORT_TEXT, &options);
    const char *loud = strstr(stet_buffer_str(&text), "!       2  random or key material"),
               *most =
                   strstr(stet_buffer_str(&text), "       39  build time: Set SOURCE_DATE_EPOCH"),
               *less = strstr(stet_buffer_str(&text), "        3  unexplained");
    assert_true(loud && most && less && loud < most && most < less);
    assert_has(stet_buffer_str(&text), "Ignored: 15 findings (file-order 12, var/log/** 3)\n");
    stet_buffer_release(&text);
}

static void test_limits_and_full(void **state)
{
    struct stet_report_options options = {.width = 80};
    struct stet_buffer text;

    (void)state;
    report_of(&text, report_fixture_all, STET_REPORT_TEXT, &options);
    assert_int_equal(occurrences(stet_buffer_str(&text), "/changelog.gz"), 8);
    assert_has(stet_buffer_str(&text), "\n… 29 more findings; --full shows all\n");
    assert_int_equal(occurrences(stet_buffer_str(&text), "      -Version: 1."), 6);
    assert_int_equal(occurrences(stet_buffer_str(&text), "      +Version: 1."), 6);
    assert_has(stet_buffer_str(&text), "\n      … 268 more lines; --full shows all\n");
    stet_buffer_release(&text);

    options.full = true;
    report_of(&text, report_fixture_all, STET_REPORT_TEXT, &options);
    assert_int_equal(occurrences(stet_buffer_str(&text), "/changelog.gz"), 37);
    assert_int_equal(occurrences(stet_buffer_str(&text), "      +Version: 1."), 140);
    assert_hasnt(stet_buffer_str(&text), "--full");
    assert_has(stet_buffer_str(&text),
               "built on a machine with 16 processors and 64 GiB of memory\n");
    stet_buffer_release(&text);
}

static void test_lines_fit_the_terminal(void **state)
{
    struct stet_report_options options = {.width = 80};
    struct stet_buffer text;

    (void)state;
    report_of(&text, report_fixture_all, STET_REPORT_TEXT, &options);
    each_line(stet_buffer_str(&text), at_most_80, NULL);
    assert_has(stet_buffer_str(&text), "built on a machine with 16 processors and 64 Gi…\n");
    stet_buffer_release(&text);
    /* Where there is no terminal nothing is shortened. */
    report_of(&text, report_fixture_all, STET_REPORT_TEXT, NULL);
    assert_has(stet_buffer_str(&text),
               "built on a machine with 16 processors and 64 GiB of memory\n");
    stet_buffer_release(&text);
}

/* Printable UTF-8 alone, and between colour and plain whole sequences of ours. */
static void assert_printable(const char *text, bool color)
{
    while (*text) {
        struct stet_report_glyph g;

        if (*text == '\n') {
            text++;
            continue;
        }
        if (color && *text == '\x1b') {
            size_t n = 2 + strspn(text + 2, "0123456789;");
            assert_int_equal(text[1], '[');
            assert_int_equal(text[n], 'm');
            text += n + 1;
            continue;
        }
        size_t n = stet_report_glyph(text, strlen(text), &g);
        if (g.len != n || memcmp(g.text, text, n) != 0)
            fail_msg("not printable: %s at %.20s", g.text, text + n);
        text += n;
    }
}

static void test_hostile_strings(void **state)
{
    struct stet_report_options options = {.full = true};
    struct stet_buffer text;

    (void)state;
    report_of(&text, report_fixture_hostile, STET_REPORT_TEXT, &options);
    assert_printable(stet_buffer_str(&text), false);
    assert_has(stet_buffer_str(&text), "\na\\u{202e}txt.exe  (layer 1, package p\\xc3)\n");
    assert_has(stet_buffer_str(&text), "      +\\u{2066}isolate\\u{2069} \\u{9b} tab\\there\n");
    assert_has(stet_buffer_str(&text), "a  <title>\\x1b[2J\\xff</title> (<i>)\n");
    stet_buffer_release(&text);

    options.color = true;
    report_of(&text, report_fixture_hostile, STET_REPORT_TEXT, &options);
    assert_has(stet_buffer_str(&text), "\x1b[");
    assert_printable(stet_buffer_str(&text), true);
    stet_buffer_release(&text);
}

/* Without its sequences a coloured report is the plain one. */
static void test_colour_changes_nothing_else(void **state)
{
    struct stet_report_options options = {.width = 80};
    struct stet_buffer plain, color, stripped = STET_BUFFER_INIT;

    (void)state;
    report_of(&plain, report_fixture_all, STET_REPORT_TEXT, &options);
    options.color = true;
    report_of(&color, report_fixture_all, STET_REPORT_TEXT, &options);
    assert_hasnt(stet_buffer_str(&plain), "\x1b");
    for (const char *at = stet_buffer_str(&color); *at; at++) {
        if (*at == '\x1b')
            at += strcspn(at, "m");
        else
            stet_buffer_add_char(&stripped, *at);
    }
    assert_string_equal(stet_buffer_str(&stripped), stet_buffer_str(&plain));
    stet_buffer_release(&plain);
    stet_buffer_release(&color);
    stet_buffer_release(&stripped);
}

static void test_any_width(void **state)
{
    (void)state;
    for (unsigned width = 1; width < 200; width += 7) {
        struct stet_report_options options = {.width = width};
        struct stet_buffer text;

        report_of(&text, report_fixture_hostile, STET_REPORT_TEXT, &options);
        assert_printable(stet_buffer_str(&text), false);
        stet_buffer_release(&text);
    }
}

static void test_write_error(void **state)
{
    (void)state;
    assert_write_error_is_told(STET_REPORT_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_a_few_findings),
        cmocka_unit_test(test_summary_is_one_screen),
        cmocka_unit_test(test_largest_first_and_loud_before_all),
        cmocka_unit_test(test_limits_and_full),
        cmocka_unit_test(test_lines_fit_the_terminal),
        cmocka_unit_test(test_hostile_strings),
        cmocka_unit_test(test_colour_changes_nothing_else),
        cmocka_unit_test(test_any_width),
        cmocka_unit_test(test_write_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
