#include "tests/unit/base/base_test.h"

static void says_what_and_why(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_int_equal(stet_error_set(&err, STET_ERROR_ENVIRONMENT, ENOSPC, "cannot write %s", "x"),
                     -1);
    assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
    assert_int_equal(err.errnum, ENOSPC);
    assert_string_equal(err.text, "cannot write x: No space left on device");
}

static void keeps_its_first_content(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    (void)stet_error_input(&err, "first");
    assert_int_equal(stet_error_set(&err, STET_ERROR_INTERNAL, EIO, "second"), -1);
    assert_string_equal(err.text, "first");
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_int_equal(err.errnum, 0);
    stet_error_clear(&err);
    assert_int_equal(err.kind, STET_ERROR_NONE);
    (void)stet_error_oom(&err, "third");
    assert_string_equal(err.text, "third: Cannot allocate memory");
}

static void allows_null(void **state)
{
    (void)state;
    assert_int_equal(stet_error_input(NULL, "%d", 1), -1);
    assert_int_equal(stet_error_errno(NULL, "%d", 1), -1);
    assert_int_equal(stet_error_wrap(NULL, "%d", 1), -1);
    stet_error_clear(NULL);
    stet_error_copy(NULL, NULL);
}

static void takes_and_keeps_errno(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    errno = ELOOP;
    assert_int_equal(stet_error_errno(&err, "open %s", "a"), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(err.errnum, ELOOP);
    assert_string_equal(err.text, "open a: Too many levels of symbolic links");
}

static void numbers_an_unknown_errno(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    (void)stet_error_set(&err, STET_ERROR_ENVIRONMENT, 9999, "x");
    assert_string_equal(err.text, "x: error 9999");
}

static void wraps_with_context(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    (void)stet_error_set(&err, STET_ERROR_INPUT, 0, "bad checksum");
    assert_int_equal(stet_error_wrap(&err, "header %d", 3), -1);
    assert_int_equal(stet_error_wrap(&err, "archive %s", "a.tar"), -1);
    assert_string_equal(err.text, "archive a.tar: header 3: bad checksum");
    assert_int_equal(err.kind, STET_ERROR_INPUT);
}

static void wraps_its_own_text(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    (void)stet_error_input(&err, "inner");
    (void)stet_error_wrap(&err, "<%s>", err.text);
    assert_string_equal(err.text, "<inner>: inner");
}

static void wrapping_nothing_is_an_error_too(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    (void)stet_error_wrap(&err, "context");
    assert_string_equal(err.text, "context");
    assert_int_equal(err.kind, STET_ERROR_INTERNAL);
}

/* Names come from archives and end on terminals. */
static void shows_no_control_bytes(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    (void)stet_error_input(&err, "a\nb\x1b[31mc\x7f\xc2\x9b"
                                 "d\xff"
                                 "e\xc3\xa4\t");
    assert_string_equal(err.text, "a?b?[31mc??d?e\xc3\xa4?");
    (void)stet_error_wrap(&err, "\r%s", "\x01");
    assert_string_equal(err.text, "??: a?b?[31mc??d?e\xc3\xa4?");
}

static void keeps_the_reason_of_a_long_text(void **state)
{
    static const char reason[] = ": No such file or directory";
    struct stet_error err = STET_ERROR_INIT;
    char name[5000];

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)stet_error_set(&err, STET_ERROR_INPUT, ENOENT, "%s", name);
    assert_true(strlen(err.text) < STET_ERROR_TEXT_MAX);
    assert_true(strlen(err.text) > STET_ERROR_TEXT_MAX - 64);
    assert_string_equal(err.text + strlen(err.text) - strlen(reason), reason);
}

static void keeps_the_reason_under_a_long_context(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    char name[5000];

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)stet_error_input(&err, "the reason");
    for (int i = 0; i < 3; i++) {
        (void)stet_error_wrap(&err, "%s", name);
        assert_true(strlen(err.text) < STET_ERROR_TEXT_MAX);
    }
    (void)stet_error_wrap(&err, "short");
    assert_int_equal(strncmp(err.text, "short: nnn", 10), 0);
    stet_error_clear(&err);
    (void)stet_error_input(&err, "the reason");
    (void)stet_error_wrap(&err, "%s", name);
    assert_string_equal(err.text + strlen(err.text) - 12, ": the reason");
}

static void cuts_between_characters(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    char name[6001];

    (void)state;
    for (int shift = 0; shift < 3; shift++) {
        memset(name, 'x', (size_t)shift);
        for (size_t i = (size_t)shift; i + 3 < sizeof(name); i += 3)
            memcpy(name + i, "\xe2\x82\xac", 4);
        stet_error_clear(&err);
        (void)stet_error_set(&err, STET_ERROR_INPUT, EIO, "%s", name);
        assert_true(stet_utf8_valid(err.text, strlen(err.text)));
        assert_null(strchr(err.text, '?'));
        (void)stet_error_wrap(&err, "%s", name);
        assert_true(stet_utf8_valid(err.text, strlen(err.text)));
        assert_null(strchr(err.text, '?'));
    }
}

static void copies_whatever_was_there(void **state)
{
    struct stet_error a = STET_ERROR_INIT;
    struct stet_error b = STET_ERROR_INIT;

    (void)state;
    (void)stet_error_input(&a, "a");
    (void)stet_error_set(&b, STET_ERROR_DIFFERS, 0, "b");
    stet_error_copy(&a, &b);
    assert_string_equal(a.text, "b");
    assert_int_equal(a.kind, STET_ERROR_DIFFERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_and_why),
        cmocka_unit_test(keeps_its_first_content),
        cmocka_unit_test(allows_null),
        cmocka_unit_test(takes_and_keeps_errno),
        cmocka_unit_test(numbers_an_unknown_errno),
        cmocka_unit_test(wraps_with_context),
        cmocka_unit_test(wraps_its_own_text),
        cmocka_unit_test(wrapping_nothing_is_an_error_too),
        cmocka_unit_test(shows_no_control_bytes),
        cmocka_unit_test(keeps_the_reason_of_a_long_text),
        cmocka_unit_test(keeps_the_reason_under_a_long_context),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(copies_whatever_was_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
