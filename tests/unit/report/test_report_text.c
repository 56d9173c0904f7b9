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
                                   "        4  unexplained: etc/issue, etc/motd\n"
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
    const char *loud =
                   strstr(stet_buffer_str(&text),
                          "\n!       2  random or key material, may be a secret: etc/shadow, …\n"),
               *most = strstr(stet_buffer_str(&text),
                              "\n       39  build time: mtime (38), config.created\n"),
               *less = strstr(stet_buffer_str(&text),
                              "\n        3  unexplained: padding, etc/motd, …\n");
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
    assert_int_equal(occurrences(stet_buffer_str(&text), "/changelog.gz"), 4);
    assert_has(stet_buffer_str(&text), "\n      … 33 more; --full shows all\n");
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

static void test_series(void **state)
{
    static const char expected[] =
        "\nowner or umask: 31 findings\n"
        "  Set owners and modes where the image is packed (tar --owner=0 --group=0\n"
        "  --numeric-owner, install -m in the build), and fix the umask (022) at the\n"
        "  beginning of the build.\n"
        "\n"
        "mode in 30 places\n"
        "    in usr 20, var 6, etc 4\n"
        "    in all of them: 0644 → 0600\n"
        "    likely: By the umask alone.\n"
        "      etc/c0\n"
        "      etc/c1\n"
        "      etc/c2\n"
        "      usr/share/a0\n"
        "      var/b0\n"
        "      … 25 more; --full shows all\n"
        "\n"
        "var/owned\n"
        "    owner: 0 → 1000\n"
        "      certain: Each is the user of its build.\n"
        "\n"
        "build time: 12 findings\n"
        "  Set SOURCE_DATE_EPOCH to a fixed time in the environment of the build; clamp\n"
        "  the mtimes of files when the image is packed (tar --clamp-mtime --mtime, or a\n"
        "  builder that does it), and delete logs.\n"
        "\n"
        "etc/shadow\n"
        "    …: last change (days), 6 times\n"
        "    in all of them: 20780 → 20781\n"
        "    certain: Both are within the span.\n"
        "      user0: last change (days)\n"
        "      user1: last change (days)\n"
        "      user2: last change (days)\n"
        "      user3: last change (days)\n"
        "      user4: last change (days)\n"
        "      user5: last change (days)\n"
        "\n"
        "pax record ctime in 5 places\n"
        "    below usr/lib\n"
        "    certain: Both are within the span.\n"
        "      usr/lib/e0: 1795457910 → 1795544368\n"
        "      usr/lib/e1: 1795457911 → 1795544368\n"
        "      usr/lib/e2: 1795457912 → 1795544368\n"
        "      usr/lib/e3: 1795457913 → 1795544368\n"
        "      usr/lib/e4: 1795457914 → 1795544368\n"
        "\n"
        "var/log/bootstrap.log\n"
        "    times: 18:18 → 19:19\n"
        "      likely: A log says when.\n"
        "\n"
        "unexplained: 4 findings\n"
        "\n"
        "lines …-… in 4 places  (text)\n"
        "    below usr/share/doc\n"
        "      usr/share/doc/t0, lines 2-0: 1795457910 → 2\n"
        "        @@ lines 1-2\n"
        "         one\n"
        "        -two\n"
        "        +2\n"
        "         three\n"
        "         four\n";
    struct stet_report_options options = {.width = 80};
    struct stet_buffer text;

    (void)state;
    report_of(&text, report_fixture_series, STET_REPORT_TEXT, &options);
    const char *from = strstr(stet_buffer_str(&text), "\nowner or umask: 31 findings\n");
    assert_non_null(from);
    char *begin = strndup(from, strlen(expected));
    assert_string_equal(begin, expected);
    free(begin);
    assert_has(stet_buffer_str(&text), "\n       31  owner or umask: mode (30), var/owned\n");
    assert_has(
        stet_buffer_str(&text),
        "\n       12  build time: etc/shadow, pax record ctime (5), var/log/bootstrap.log\n");
    stet_buffer_release(&text);

    /* All of them, and what they have in common is still said once. */
    options.full = true;
    report_of(&text, report_fixture_series, STET_REPORT_TEXT, &options);
    assert_int_equal(occurrences(stet_buffer_str(&text), "\n      usr/share/a"), 20);
    assert_int_equal(occurrences(stet_buffer_str(&text), "\n      var/b"), 6);
    assert_int_equal(occurrences(stet_buffer_str(&text), "By the umask alone."), 1);
    assert_int_equal(occurrences(stet_buffer_str(&text), "0644 → 0600"), 1);
    assert_hasnt(stet_buffer_str(&text), "--full");
    stet_buffer_release(&text);
}

/* Ten blocks of a cause: the first of each kind before the second of any. */
static void test_kinds_hide_none(void **state)
{
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text;

    (void)state;
    assert_int_equal(report_fixture_equal(&result, &err), 0);
    for (int i = 0; i < 60; i++) {
        char path[32], what[32];

        snprintf(path, sizeof(path), "usr/lib/f%02d", i);
        snprintf(what, sizeof(what), "section .%c%c", 'a' + i % 26, 'a' + i / 26);
        add(&result, STET_CAUSE_UNEXPLAINED, path, what, "1", "2", NULL);
        result.findings[i].format = stet_diff_shared_new(i == 40   ? "png"
                                                         : i == 59 ? "json"
                                                                   : "elf",
                                                         NULL);
    }
    report_into(&text, &result, STET_REPORT_TEXT, NULL);
    assert_has(stet_buffer_str(&text), "       60  unexplained: usr/lib/f00, usr/lib/f40, "
                                       "usr/lib/f59, usr/lib/f01, …\n");
    assert_int_equal(occurrences(stet_buffer_str(&text), "\nusr/lib/f"), 10);
    for (int i = 0; i < 8; i++) {
        char place[32];

        snprintf(place, sizeof(place), "\nusr/lib/f%02d\n", i);
        assert_has(stet_buffer_str(&text), place);
    }
    const char *png = strstr(stet_buffer_str(&text), "\nusr/lib/f40\n"),
               *json = strstr(stet_buffer_str(&text), "\nusr/lib/f59\n");
    assert_true(png && json && png < json);
    assert_has(stet_buffer_str(&text), "\n… 50 more in other places; --full shows all\n");
    stet_buffer_release(&text);
    stet_diff_result_release(&result);
}

/* However long the names of directories are, the line of them fits. */
static void test_where(void **state)
{
    struct stet_report_options options = {.width = 80};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text;

    (void)state;
    assert_int_equal(report_fixture_equal(&result, &err), 0);
    for (int i = 0; i < 28; i++) {
        char path[80];

        snprintf(path, sizeof(path), "d%c-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/f%d",
                 'a' + (i < 14 ? i / 2 : 6 + i % 3), i);
        add(&result, STET_CAUSE_UNEXPLAINED, path, "mode", "0644", i < 27 ? "0600" : "0400", NULL);
    }
    report_into(&text, &result, STET_REPORT_TEXT, &options);
    each_line(stet_buffer_str(&text), at_most_80, NULL);
    assert_has(stet_buffer_str(&text), "\n    in dg-aaa…aaaaaaaaaaaaa 7, ");
    assert_has(stet_buffer_str(&text), " and 6 elsewhere\n");
    assert_has(stet_buffer_str(&text), "/f2: 0644 → 0600\n");
    assert_hasnt(stet_buffer_str(&text), "in all of them");
    stet_buffer_release(&text);
    stet_diff_result_release(&result);
}

/* Three are told one by one; numbers in words are none. */
static void test_what_is_no_series(void **state)
{
    static const char *const whats[] = {"line 1", "line 2", "line 3", "x86", "x64", "x32", "x16"};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text;

    (void)state;
    assert_int_equal(report_fixture_equal(&result, &err), 0);
    for (size_t i = 0; i < 7; i++)
        add(&result, STET_CAUSE_UNEXPLAINED, "f", whats[i], "1", "2", NULL);
    report_into(&text, &result, STET_REPORT_TEXT, NULL);
    for (size_t i = 0; i < 7; i++)
        assert_has(stet_buffer_str(&text), whats[i]);
    assert_hasnt(stet_buffer_str(&text), "…");
    /* A fourth, and one that is on one side alone. */
    add(&result, STET_CAUSE_UNEXPLAINED, "f", "line 0x1f", "1", "2", NULL);
    add(&result, STET_CAUSE_UNEXPLAINED, "f", "line 5", NULL, "2", NULL);
    stet_buffer_release(&text);
    report_into(&text, &result, STET_REPORT_TEXT, NULL);
    assert_has(stet_buffer_str(&text), "\nf\n    line …, 4 times\n    in all of them: 1 → 2\n");
    assert_has(stet_buffer_str(&text), "    line 5, only in b: 2\n");
    stet_buffer_release(&text);
    stet_diff_result_release(&result);
}

/* Each cure of the summary is there in whole sentences, or not at all. */
static void test_cures_are_whole(void **state)
{
    static make_result *const makers[] = {report_fixture_series, report_fixture_all};
    size_t cures = 0;

    (void)state;
    for (unsigned width = 40; width < 140; width += 5) {
        struct stet_report_options options = {.width = width};
        struct stet_buffer text, words = STET_BUFFER_INIT;

        report_of(&text, makers[width % 2], STET_REPORT_TEXT, &options);
        *strstr(text.data, "\nLooked at") = '\0';
        for (const char *at = text.data; *at; at++)
            if (!(*at == '\n' || *at == ' ') || (words.len > 0 && words.data[words.len - 1] != ' '))
                stet_buffer_add_char(&words, *at == '\n' ? ' ' : *at);
        for (int c = 0; c < STET_CAUSE_COUNT; c++) {
            const char *cure = stet_diff_cause_info((enum stet_diff_cause)c)->cure;
            char *begin = cure ? strndup(cure, 16) : NULL, *sentence = cure ? strdup(cure) : NULL;

            if (cure && strstr(stet_buffer_str(&words), begin)) {
                for (char *at = sentence; (at = strstr(at, ". ")); at++)
                    if (at[2] >= 'A' && at[2] <= 'Z')
                        at[1] = '\0';
                assert_has(stet_buffer_str(&words), sentence);
                cures++;
            }
            free(begin);
            free(sentence);
        }
        stet_buffer_release(&words);
        stet_buffer_release(&text);
    }
    assert_in_range(cures, 10, 1000);
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
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_kinds_hide_none),
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_what_is_no_series),
        cmocka_unit_test(test_cures_are_whole),
        cmocka_unit_test(test_lines_fit_the_terminal),
        cmocka_unit_test(test_hostile_strings),
        cmocka_unit_test(test_colour_changes_nothing_else),
        cmocka_unit_test(test_any_width),
        cmocka_unit_test(test_write_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
