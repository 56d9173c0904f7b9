#include "lib/report/private.h"
#include "tests/unit/report/fixture.h"

static void assert_shown(const char *text, const char *shown)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    stet_report_show(&b, text);
    assert_string_equal(stet_buffer_str(&b), shown);
    stet_buffer_release(&b);
}

static void test_ordinary_text_is_itself(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown(NULL, "");
    assert_shown("etc/passwd", "etc/passwd");
    assert_shown("größe 日本 \xf0\x9f\x90\xa7", "größe 日本 \xf0\x9f\x90\xa7");
    assert_shown("back\\slash", "back\\slash");
}

static void test_controls_and_bad_bytes_are_escaped(void **state)
{
    (void)state;
    assert_shown("\x1b[31m", "\\x1b[31m");
    assert_shown("a\nb\rc\x7f", "a\\x0ab\\x0dc\\x7f");
    assert_shown("a\tb", "a\\tb");
    /* C1, as UTF-8 and as a byte. */
    assert_shown("\xc2\x9b", "\\u{9b}");
    assert_shown("\x9b", "\\x9b");
    /* Cut short, overlong, a surrogate, above U+10FFFF. */
    assert_shown("\xe2\x80", "\\xe2\\x80");
    assert_shown("\xc0\xaf", "\\xc0\\xaf");
    assert_shown("\xed\xa0\x80", "\\xed\\xa0\\x80");
    assert_shown("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
}

static void test_what_hides_or_reorders_is_escaped(void **state)
{
    static const uint32_t hidden[] = {0xad,   0x61c,  0x180e, 0x200b, 0x200c,  0x200d,  0x200e,
                                      0x200f, 0x2028, 0x2029, 0x202a, 0x202b,  0x202c,  0x202d,
                                      0x202e, 0x2060, 0x2066, 0x2067, 0x2068,  0x2069,  0x3164,
                                      0xfe0f, 0xfeff, 0xfffe, 0xffff, 0xe0001, 0xe0020, 0x10ffff};
    (void)state;
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        uint32_t c = hidden[i];
        char text[5] = {0}, shown[16];

        if (c < 0x800) {
            text[0] = (char)(0xc0 | c >> 6);
            text[1] = (char)(0x80 | (c & 63));
        } else if (c < 0x10000) {
            text[0] = (char)(0xe0 | c >> 12);
            text[1] = (char)(0x80 | (c >> 6 & 63));
            text[2] = (char)(0x80 | (c & 63));
        } else {
            text[0] = (char)(0xf0 | c >> 18);
            text[1] = (char)(0x80 | (c >> 12 & 63));
            text[2] = (char)(0x80 | (c >> 6 & 63));
            text[3] = (char)(0x80 | (c & 63));
        }
        snprintf(shown, sizeof(shown), "\\u{%x}", c);
        assert_shown(text, shown);
    }
}

static void test_html_has_no_markup(void **state)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    (void)state;
    stet_report_show_html(&b, "<a href=\"x\">'&amp;'</a>\x1b");
    assert_string_equal(stet_buffer_str(&b),
                        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;\\x1b");
    stet_buffer_release(&b);
}

static void assert_cut(const char *text, unsigned columns, const char *shown)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    stet_report_show_cut(&b, text, strlen(text), columns);
    assert_string_equal(stet_buffer_str(&b), shown);
    stet_buffer_release(&b);
}

static void test_cut(void **state)
{
    (void)state;
    assert_cut("abcdef", 0, "abcdef");
    assert_cut("abcdef", 6, "abcdef");
    assert_cut("abcdef", 5, "abcd…");
    assert_cut("abcdef", 1, "…");
    /* Two columns each; half of one is none, and an escape is whole or not there. */
    assert_cut("日本語", 6, "日本語");
    assert_cut("日本語", 5, "日本…");
    assert_cut("日本語", 4, "日…");
    assert_cut("a\x1b\x1b", 8, "a\\x1b…");
    assert_cut("a\x1b\x1b", 9, "a\\x1b\\x1b");
}

static void assert_middle(const char *text, unsigned columns, const char *shown)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    stet_report_show_middle(&b, text, columns);
    assert_string_equal(stet_buffer_str(&b), shown);
    assert_true(columns == 0 || stet_report_columns(stet_buffer_str(&b), 1000) <= columns);
    stet_buffer_release(&b);
}

static void test_middle(void **state)
{
    (void)state;
    assert_middle("oci:/a/long/name:tag", 0, "oci:/a/long/name:tag");
    assert_middle("oci:/a/long/name:tag", 20, "oci:/a/long/name:tag");
    assert_middle("oci:/a/long/name:tag", 13, "oci:…name:tag");
    assert_middle("日本語日本語日本語", 10, "日…日本語");
    assert_middle(NULL, 10, "");
}

static void assert_number(uint64_t n, const char *number, const char *size)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    stet_report_number(&b, n);
    assert_string_equal(stet_buffer_str(&b), number);
    stet_buffer_clear(&b);
    stet_report_size(&b, n);
    assert_string_equal(stet_buffer_str(&b), size);
    stet_buffer_release(&b);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_number(0, "0", "0 bytes");
    assert_number(1, "1", "1 byte");
    assert_number(999, "999", "999 bytes");
    assert_number(1000, "1,000", "1,000 bytes");
    assert_number(1024, "1,024", "1.0 KiB");
    assert_number(1536, "1,536", "1.5 KiB");
    assert_number(1048575, "1,048,575", "1023.9 KiB");
    assert_number(1048576, "1,048,576", "1.0 MiB");
    assert_number(UINT64_C(1000000007), "1,000,000,007", "953.6 MiB");
    assert_number(UINT64_MAX, "18,446,744,073,709,551,615", "15.9 EiB");
}

static void test_lines(void **state)
{
    const char *text = "-a\n\n+b", *none = NULL;
    size_t len = 99;

    (void)state;
    assert_memory_equal(stet_report_line(&text, &len), "-a", 2);
    assert_int_equal(len, 2);
    assert_non_null(stet_report_line(&text, &len));
    assert_int_equal(len, 0);
    assert_memory_equal(stet_report_line(&text, &len), "+b", 2);
    assert_int_equal(len, 2);
    assert_null(stet_report_line(&text, &len));
    assert_null(stet_report_line(&none, &len));
}

static void test_rows_of_bytes_are_known(void **state)
{
    static const struct {
        const char *detail;
        bool hex;
    } rows[] = {
        {NULL, false},
        {"", false},
        {"-", false},
        {"-00001000  00 01", true},
        {"@@ section .text\n 00001000  00 01", true},
        {"-00001000 00 01", false},
        {"-0000100", false},
        {"-00001000", false},
        {"-000010000  00", false},
        {"-text\n-00001000  00 01", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *detail = rows[i].detail ? strdup(rows[i].detail) : NULL;
        struct stet_finding f = {.detail = detail};

        if (stet_report_is_hex(&f) != rows[i].hex)
            fail_msg("%s", rows[i].detail);
        free(detail);
    }
}

static void test_names_of_formats(void **state)
{
    enum stet_report_format format = STET_REPORT_TEXT;

    (void)state;
    assert_true(stet_report_format_find("html", &format));
    assert_int_equal(format, STET_REPORT_HTML);
    assert_true(stet_report_format_find("json", &format));
    assert_int_equal(format, STET_REPORT_JSON);
    assert_true(stet_report_format_find("text", &format));
    assert_int_equal(format, STET_REPORT_TEXT);
    assert_false(stet_report_format_find("", &format));
    assert_false(stet_report_format_find("HTML", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_text_is_itself),
        cmocka_unit_test(test_controls_and_bad_bytes_are_escaped),
        cmocka_unit_test(test_what_hides_or_reorders_is_escaped),
        cmocka_unit_test(test_html_has_no_markup),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_middle),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_rows_of_bytes_are_known),
        cmocka_unit_test(test_names_of_formats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
