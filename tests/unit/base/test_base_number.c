#include "tests/unit/base/base_test.h"

static void parses_decimal(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t value;
    } cases[] = {
        {"0", 0, true, 0},
        {"7", UINT64_MAX, true, 7},
        {"007", 7, true, 7},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999999", UINT64_MAX, false, 0},
        {"8", 7, false, 0},
        {"", 7, false, 0},
        {" 1", 7, false, 0},
        {"1 ", 7, false, 0},
        {"+1", 7, false, 0},
        {"-1", 7, false, 0},
        {"-0", 7, false, 0},
        {"0x1", 7, false, 0},
        {"1.0", 7, false, 0},
        {"1e0", 7, false, 0},
        {"\n1", 7, false, 0},
        {"1\xc2\xa0", 7, false, 0},
        {"\xd9\xa1", 7, false, 0}, /* a digit, but no ASCII one */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        uint64_t out = 12345;
        int rc = stet_number_parse(cases[i].text, cases[i].max, &out, "the size", &err);

        if (cases[i].good) {
            assert_ok(rc, &err);
            assert_true(out == cases[i].value);
        } else {
            assert_fails(rc, &err, STET_ERROR_INPUT, "the size");
            assert_int_equal(out, 12345);
        }
    }
}

static void parses_octal(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    uint64_t out = 0;

    (void)state;
    assert_ok(stet_number_parse_octal("0644", 07777, &out, "mode", &err), &err);
    assert_int_equal(out, 0644);
    assert_ok(stet_number_parse_octal("7777", 07777, &out, "mode", &err), &err);
    assert_int_equal(out, 07777);
    assert_ok(stet_number_parse_octal("1777777777777777777777", UINT64_MAX, &out, "mode", &err),
              &err);
    assert_true(out == UINT64_MAX);
    assert_fails(stet_number_parse_octal("2000000000000000000000", UINT64_MAX, &out, "mode", &err),
                 &err, STET_ERROR_INPUT, "mode");
    stet_error_clear(&err);
    assert_fails(stet_number_parse_octal("10000", 07777, &out, "mode", &err), &err,
                 STET_ERROR_INPUT, "at most 07777");
    stet_error_clear(&err);
    assert_fails(stet_number_parse_octal("8", 07777, &out, "mode", &err), &err, STET_ERROR_INPUT,
                 "octal");
}

/* Checked with date -u -d @N. */
static const struct {
    int64_t seconds;
    const char *text;
} times[] = {
    {0, "1970-01-01T00:00:00Z"},
    {1, "1970-01-01T00:00:01Z"},
    {86399, "1970-01-01T23:59:59Z"},
    {951782400, "2000-02-29T00:00:00Z"},
    {951868800, "2000-03-01T00:00:00Z"},
    {1078012800, "2004-02-29T00:00:00Z"},
    {1789199741, "2026-09-12T07:55:41Z"},
    {2147483648, "2038-01-19T03:14:08Z"},
    {4107542399, "2100-02-28T23:59:59Z"},
    {4107542400, "2100-03-01T00:00:00Z"},
    {253402300799, "9999-12-31T23:59:59Z"},
};

static void formats_and_parses_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        char text[STET_TIME_TEXT_MAX];
        int64_t back = -1;

        stet_time_format(times[i].seconds, text);
        assert_string_equal(text, times[i].text);
        assert_ok(stet_time_parse_rfc3339(text, &back, &err), &err);
        assert_true(back == times[i].seconds);
    }
}

/* Every day of 1970 to 2120, against the C library's calendar. */
static void agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 365 * 150; day++) {
        time_t t = (time_t)(day * 86400 + day * 7 % 86400);
        char text[STET_TIME_TEXT_MAX];
        char theirs[STET_TIME_TEXT_MAX];
        struct tm tm;

        assert_non_null(gmtime_r(&t, &tm));
        assert_true(strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
        stet_time_format(t, text);
        assert_string_equal(text, theirs);
    }
}

static void formats_even_the_extremes(void **state)
{
    char text[STET_TIME_TEXT_MAX];

    (void)state;
    stet_time_format(INT64_MAX, text);
    assert_string_equal(text, "292277026596-12-04T15:30:07Z");
    stet_time_format(INT64_MIN, text);
    assert_string_equal(text, "-292277022657-01-27T08:29:52Z");
    stet_time_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
}

static void parses_offsets(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"1970-01-01T02:00:00+02:00", 0},          {"1969-12-31T22:00:00-02:00", 0},
        {"1970-01-01T00:00:00-00:00", 0},          {"1970-01-01t00:00:00z", 0},
        {"2026-09-12T13:25:41+05:30", 1789199741}, {"2026-09-11T07:56:41-23:59", 1789199741},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        int64_t out = -1;

        assert_ok(stet_time_parse_rfc3339(cases[i].text, &out, &err), &err);
        assert_true(out == cases[i].value);
    }
}

static void refuses_other_times(void **state)
{
    static const char *const cases[] = {
        "",
        "1970",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01 00:00:00Z",
        "1970-01-01T00:00:00.5Z",
        "1970-01-01T00:00Z",
        "1970-1-1T00:00:00Z",
        "1970-01-01T00:00:00Z ",
        " 1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00ZZ",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z",
        "1970-00-01T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-32T00:00:00Z",
        "1970-04-31T00:00:00Z",
        "1970-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "1970-01-02T00:00:00+24:00",
        "1970-01-02T00:00:00+00:60",
        "1970-01-02T00:00:00+0000",
        "1970-01-02T00:00:00+00",
        "10000-01-01T00:00:00Z",
        "+970-01-01T00:00:00Z",
        "1970-01-01T-1:00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        int64_t out = 77;

        if (stet_time_parse_rfc3339(cases[i], &out, &err) != -1)
            fail_msg("accepted \"%s\"", cases[i]);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        assert_int_equal(out, 77);
    }
}

static void parses_release_dates(void **state)
{
    static const char *const good[] = {
        "Sat, 12 Sep 2026 07:55:41 UTC", "Sat, 12 Sep 2026 07:55:41 GMT",
        "Sat, 12 Sep 2026 07:55:41 Z", "Sat, 12 Sep 2026 07:55:41 +0000"};
    struct stet_error err = STET_ERROR_INIT;
    int64_t out = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_ok(stet_time_parse_rfc2822(good[i], &out, &err), &err);
        assert_true(out == 1789199741);
    }
    assert_ok(stet_time_parse_rfc2822("Thu, 1 Jan 1970 00:00:00 UTC", &out, &err), &err);
    assert_true(out == 0);
    assert_ok(stet_time_parse_rfc2822("Thu, 01 Jan 1970 00:00:00 UTC", &out, &err), &err);
    assert_true(out == 0);
    assert_ok(stet_time_parse_rfc2822("Fri, 31 Dec 9999 23:59:59 UTC", &out, &err), &err);
    assert_true(out == 253402300799);
}

static void names_every_month(void **state)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const days[] = {"Thu", "Sun", "Sun", "Wed", "Fri", "Mon",
                                       "Wed", "Sat", "Tue", "Thu", "Sun", "Tue"};

    (void)state;
    for (int i = 0; i < 12; i++) {
        struct stet_error err = STET_ERROR_INIT;
        char date[64];
        char text[STET_TIME_TEXT_MAX];
        char wanted[STET_TIME_TEXT_MAX];
        int64_t out = 0;

        (void)snprintf(date, sizeof(date), "%s, 01 %s 1970 00:00:00 UTC", days[i], months[i]);
        (void)snprintf(wanted, sizeof(wanted), "1970-%02d-01T00:00:00Z", i + 1);
        assert_ok(stet_time_parse_rfc2822(date, &out, &err), &err);
        stet_time_format(out, text);
        assert_string_equal(text, wanted);
    }
}

static void refuses_other_dates(void **state)
{
    static const char *const cases[] = {
        "",
        "12 Sep 2026 07:55:41 UTC",
        "Sat 12 Sep 2026 07:55:41 UTC",
        "Sat,12 Sep 2026 07:55:41 UTC",
        "sat, 12 sep 2026 07:55:41 UTC",
        "Sun, 12 Sep 2026 07:55:41 UTC",
        "Saturday, 12 Sep 2026 07:55:41 UTC",
        "Sat, 12 September 2026 07:55:41 UTC",
        "Sat, 12 Sep 26 07:55:41 UTC",
        "Sat, 12 Sep 2026 7:55:41 UTC",
        "Sat, 12 Sep 2026 07:55 UTC",
        "Sat, 12 Sep 2026 07:55:41",
        "Sat, 12 Sep 2026 07:55:41 ",
        "Sat, 12 Sep 2026 07:55:41 CET",
        "Sat, 12 Sep 2026 07:55:41 +0100",
        "Sat, 12 Sep 2026 07:55:41 -0000",
        "Sat, 12 Sep 2026 07:55:41 UTC ",
        "Sat, 12 Sep 2026 24:00:00 UTC",
        "Mon, 31 Sep 2026 00:00:00 UTC",
        "Wed, 31 Dec 1969 23:59:59 UTC",
        "Sam, 12 Sep 2026 07:55:41 UTC",
        "Sat, 012 Sep 2026 07:55:41 UTC",
        "Sat,  2 Sep 2026 07:55:41 UTC",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        int64_t out = 77;

        if (stet_time_parse_rfc2822(cases[i], &out, &err) != -1)
            fail_msg("accepted \"%s\"", cases[i]);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_decimal),
        cmocka_unit_test(parses_octal),
        cmocka_unit_test(formats_and_parses_back),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(formats_even_the_extremes),
        cmocka_unit_test(parses_offsets),
        cmocka_unit_test(refuses_other_times),
        cmocka_unit_test(parses_release_dates),
        cmocka_unit_test(names_every_month),
        cmocka_unit_test(refuses_other_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
