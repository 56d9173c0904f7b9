/* Findings and their bounds, dispatch, members, bytes. */
#include "tests/unit/diff/content_fixture.h"

static struct comparing c;

/* A comparison without anything compared. */
static struct diff_pair begin(void)
{
    comparing_run(&c, compare_any, "f", "a", 1, "b", 1);
    stet_diff_take_back(&c.result, 0);
    c.diff.details = 0;
    return (struct diff_pair){.diff = &c.diff, .path = "f", .file = "f"};
}

static void assert_printable(const char *data, size_t len, size_t max, const char *wanted)
{
    struct stet_buffer out = STET_BUFFER_INIT;
    assert_int_equal(stet_diff_printable(data, len, max, &out, NULL), 0);
    assert_string_equal(stet_buffer_str(&out), wanted);
    stet_buffer_release(&out);
}

static void text_is_made_printable(void **state)
{
    (void)state;
    assert_printable("", 0, 10, "");
    assert_printable("caf\xc3\xa9", 5, 10, "café");
    assert_printable("a\tb\nc\0d", 7, 10, "a\\x09b\\x0ac\\x00d");
    assert_printable("\xff\xc3", 2, 10, "\\xff\\xc3");
    assert_printable("12345", 5, 5, "12345");
    assert_printable("123456", 6, 5, "12345…");
    /* C1, and what turns the direction of text: they deceive whoever reads it. */
    assert_printable("\xc2\x85", 2, 10, "\\xc2\\x85");
    assert_printable("a\xe2\x80\xae"
                     "b",
                     5, 10, "a\\xe2\\x80\\xaeb");
    assert_printable("\xef\xbb\xbf", 3, 10, "\\xef\\xbb\\xbf");
    /* What was made printable stays as it is. */
    assert_printable("a\\x09…", 8, 10, "a\\x09…");
}

static void values_are_copied_and_shortened(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    char value[301];
    memset(value, 'x', 300);
    value[300] = '\0';
    struct stet_finding *f = stet_diff_add(&p, "text", value, NULL, NULL, "what %d\n", 7);
    assert_non_null(f);
    assert_string_equal(f->what, "what 7\\x0a");
    assert_int_equal(strlen(f->a), 200 + strlen("…"));
    assert_null(f->b);
    assert_int_equal(f->level, STET_DIFF_CONTENT);
    assert_int_equal(
        stet_diff_because(f, STET_CAUSE_HOST, STET_DIFF_LIKELY, NULL, "it says %s", "\x1b"), 0);
    assert_string_equal(f->evidence, "it says \\x1b");
    assert_int_equal(f->cause, STET_CAUSE_HOST);
    assert_int_equal(f->sure, STET_DIFF_LIKELY);
    comparing_release(&c);
}

static void detail_ends_with_a_count(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    struct stet_finding *f = stet_diff_add(&p, "text", "a", "b", NULL, "x");
    for (int i = 0; i < 1234; i++)
        assert_int_equal(stet_diff_detail(f, '+', "a\tb\n", 4, NULL), 0);
    size_t lines = 0;
    for (const char *s = f->detail; *s; s++)
        lines += *s == '\n';
    assert_int_equal(lines, 401);
    assert_memory_equal(f->detail, "+a\tb\\x0a\n", 9);
    const char *end = "\n@834 more lines\n";
    assert_string_equal(f->detail + strlen(f->detail) - strlen(end), end);
    comparing_release(&c);
}

static void long_details_end_too(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    struct stet_finding *f = stet_diff_add(&p, "text", "a", "b", NULL, "x");
    char line[1000];
    memset(line, 0xff, sizeof line); /* four characters each */
    for (int i = 0; i < 100; i++)
        assert_int_equal(stet_diff_detail(f, '-', line, sizeof line, NULL), 0);
    assert_in_range(strlen(f->detail), 60000, 70000);
    assert_non_null(strstr(f->detail, " more lines\n"));
    comparing_release(&c);
}

static void all_details_have_a_budget(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    char line[400];
    memset(line, 'x', sizeof line);
    size_t total = 0, kept = 0;
    for (int i = 0; i < 900; i++) {
        struct stet_finding *f = stet_diff_add(&p, "text", "a", "b", NULL, "x");
        for (int k = 0; k < 160; k++)
            assert_int_equal(stet_diff_detail(f, '-', line, sizeof line, NULL), 0);
    }
    assert_int_equal(c.result.count, 900);
    for (size_t i = 0; i < c.result.count; i++) {
        total += strlen(c.result.findings[i].detail);
        kept += c.result.findings[i].detail[0] == '-';
    }
    assert_in_range(total, 20 << 20, 26 << 20);
    assert_in_range(kept, 350, 449);
    assert_string_equal(c.result.findings[898].detail,
                        "@the details of all findings together are too long to be kept\n");
    comparing_release(&c);
}

static void findings_have_a_budget(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    c.options.budget_findings = 3;
    for (int i = 0; i < 10; i++)
        assert_non_null(stet_diff_add(&p, "text", "a", "b", NULL, "x%d", i));
    assert_int_equal(stet_diff_tell_left_out(p.diff, NULL), 0);
    assert_int_equal(c.result.count, 4);
    assert_true(c.result.cut_short);
    assert_string_equal(c.result.findings[2].what, "x2");
    assert_string_equal(c.result.findings[3].a, "7 more");
    comparing_release(&c);
}

static void entries_leave_room_for_contents(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    c.options.budget_findings = 80;
    for (int i = 0; i < 100; i++)
        assert_non_null(
            stet_diff_add_at(p.diff, STET_DIFF_ENTRY, 0, "e", "tar", "a", "b", NULL, "mtime"));
    assert_int_equal(c.result.count, 70);
    for (int i = 0; i < 5; i++)
        assert_non_null(stet_diff_add(&p, "text", "a", "b", NULL, "x%d", i));
    assert_int_equal(stet_diff_tell_left_out(p.diff, NULL), 0);
    assert_int_equal(c.result.count, 76);
    assert_string_equal(c.result.findings[74].what, "x4");
    assert_string_equal(c.result.findings[75].a, "30 more");
    comparing_release(&c);
}

static void hashes_of_passwords_are_hidden(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    struct stet_finding *f =
        stet_diff_add(&p, "text", "a:$6$salt$0123456789abcdef:1", "$apr1$x$short", NULL, "x");
    assert_int_equal(
        stet_diff_detail(f, '-', "x $2y$10$0123456789abcdef0 y $y$j9T$abcdefghijklmnop", 52, NULL),
        0);
    assert_non_null(stet_diff_add(&p, "text", "$HOME$PATH/0123456789abcdef", NULL, NULL, "x"));
    assert_int_equal(stet_diff_hide_hashes(&c.result, NULL), 0);
    f = &c.result.findings[0];
    assert_string_equal(f->a, "a:$6$(hidden):1");
    assert_string_equal(f->b, "$apr1$x$short");
    assert_string_equal(f->detail, "-x $2y$(hidden) y $y$(hidden)\n");
    assert_string_equal(c.result.findings[1].a, "$HOME$PATH/0123456789abcdef");
    comparing_release(&c);
}

/* ---- members ---- */

static void equal_members_are_nothing(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    struct diff_bytes x = {(const unsigned char *)"same", 4}, none = {NULL, 0};
    assert_int_equal(stet_diff_member(&p, "m", &x, &x, NULL), 0);
    assert_int_equal(stet_diff_member(&p, "m", &none, &none, NULL), 0);
    assert_int_equal(c.result.count, 0);
    comparing_release(&c);
}

static void missing_members_are_told(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    struct diff_bytes x = {(const unsigned char *)"same", 4};
    assert_int_equal(stet_diff_member(&p, "m\n", &x, NULL, NULL), 1);
    assert_int_equal(stet_diff_member(&p, "n", NULL, &x, NULL), 1);
    assert_finding(&c, 0, "f!m\\x0a", "member", "member", "4 bytes", NULL);
    assert_finding(&c, 1, "f!n", "member", "member", NULL, "4 bytes");
    assert_cause(&c, 0, STET_CAUSE_MISSING);
    comparing_release(&c);
}

static void depth_has_a_budget(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    struct diff_bytes x = {(const unsigned char *)"one", 3}, y = {(const unsigned char *)"two", 3};
    p.depth = 15;
    assert_int_equal(stet_diff_member(&p, "m", &x, &y, NULL), 1);
    assert_string_equal(c.result.findings[0].what, "line 1");
    assert_false(c.result.cut_short);
    p.depth = 16;
    assert_int_equal(stet_diff_member(&p, "m", &x, &y, NULL), 1);
    assert_string_equal(c.result.findings[1].what,
                        "budget of depth: it differs, and is nested too deep to be opened");
    assert_true(c.result.cut_short);
    comparing_release(&c);
}

static void bytes_have_a_budget(void **state)
{
    (void)state;
    struct diff_pair p = begin();
    struct diff_bytes x = {(const unsigned char *)"one", 3}, y = {(const unsigned char *)"two!", 4};
    c.diff.bytes_left = 13;
    assert_int_equal(stet_diff_member(&p, "m", &x, &y, NULL), 1);
    assert_int_equal(c.diff.bytes_left, 6);
    assert_int_equal(stet_diff_member(&p, "m", &x, &y, NULL), 1);
    assert_string_equal(c.result.findings[1].what,
                        "budget of bytes: it differs, and is not opened");
    assert_true(c.result.cut_short);
    assert_int_equal(c.result.contents, 1);
    comparing_release(&c);
}

/* ---- bytes ---- */

static void ranges_of_bytes(void **state)
{
    (void)state;
    unsigned char a[100], b[100];
    for (unsigned i = 0; i < 100; i++)
        a[i] = b[i] = (unsigned char)i;
    b[3] = 0xff;
    b[40] = 0xfe; /* near enough to the next */
    b[50] = 0xfd;
    comparing_run(&c, stet_diff_bytes_compare, "f", a, 100, b, 100);
    assert_int_equal(c.result.count, 2);
    assert_finding(&c, 0, "f", "bytes", "byte 3", "03", "ff");
    assert_finding(&c, 1, "f", "bytes", "bytes 40-50", "28 29 2a 2b 2c 2d 2e 2f 30 31 32",
                   "fe 29 2a 2b 2c 2d 2e 2f 30 31 fd");
    assert_detail(&c, 0,
                  "-00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  "
                  "|................|\n"
                  "+00000000  00 01 02 ff 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  "
                  "|................|\n"
                  " 00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  "
                  "|................|\n");
    assert_detail(&c, 1,
                  " 00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  "
                  "|................|\n"
                  "-00000020  20 21 22 23 24 25 26 27  28 29 2a 2b 2c 2d 2e 2f  "
                  "| !\"#$%&'()*+,-./|\n"
                  "+00000020  20 21 22 23 24 25 26 27  fe 29 2a 2b 2c 2d 2e 2f  "
                  "| !\"#$%&'.)*+,-./|\n"
                  "-00000030  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  "
                  "|0123456789:;<=>?|\n"
                  "+00000030  30 31 fd 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  "
                  "|01.3456789:;<=>?|\n"
                  " 00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  "
                  "|@ABCDEFGHIJKLMNO|\n");
    comparing_release(&c);
}

static void bytes_of_other_lengths(void **state)
{
    (void)state;
    comparing_run(&c, stet_diff_bytes_compare, "f", "\0abcdef", 7, "\0abXXcdef", 9);
    assert_int_equal(c.result.count, 1);
    assert_finding(&c, 0, "f", "bytes", "bytes 3-4", NULL, "58 58");
    comparing_release(&c);
    comparing_run(&c, stet_diff_bytes_compare, "f", "\0ab", 3, NULL, 0);
    assert_finding(&c, 0, "f", "bytes", "bytes 0-2", "00 61 62", NULL);
    comparing_release(&c);
    /* The same byte again: nothing else than the length says where. */
    comparing_run(&c, stet_diff_bytes_compare, "f", "aaa", 3, "aaaa", 4);
    assert_finding(&c, 0, "f", "bytes", "byte 3", NULL, "61");
    comparing_release(&c);
}

static void many_ranges_are_counted(void **state)
{
    (void)state;
    static unsigned char a[10000], b[10000];
    memset(b, 0, sizeof b);
    for (size_t i = 0; i < sizeof b; i += 50)
        b[i] = 1;
    comparing_run(&c, stet_diff_bytes_compare, "f", a, sizeof a, b, sizeof b);
    assert_int_equal(c.result.count, 101);
    assert_finding(&c, 99, "f", "bytes", "byte 4950", "00", "01");
    assert_finding(&c, 100, "f", "bytes", "100 more ranges within bytes 5000-9950", "100 bytes",
                   "100 bytes");
    comparing_release(&c);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(stet_diff_level_name(STET_DIFF_IMAGE), "image");
    assert_string_equal(stet_diff_level_name(STET_DIFF_CONTENT), "content");
    assert_string_equal(stet_diff_sureness_name(STET_DIFF_CERTAIN), "certain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_made_printable),
        cmocka_unit_test(values_are_copied_and_shortened),
        cmocka_unit_test(detail_ends_with_a_count),
        cmocka_unit_test(long_details_end_too),
        cmocka_unit_test(all_details_have_a_budget),
        cmocka_unit_test(findings_have_a_budget),
        cmocka_unit_test(entries_leave_room_for_contents),
        cmocka_unit_test(hashes_of_passwords_are_hidden),
        cmocka_unit_test(equal_members_are_nothing),
        cmocka_unit_test(missing_members_are_told),
        cmocka_unit_test(depth_has_a_budget),
        cmocka_unit_test(bytes_have_a_budget),
        cmocka_unit_test(ranges_of_bytes),
        cmocka_unit_test(bytes_of_other_lengths),
        cmocka_unit_test(many_ranges_are_counted),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("diff/content", tests, NULL, NULL);
}
