/* Versions and Replaces, as dpkg judges them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/distro/debian/rules.h"

/* Each is lower than the next (dpkg --compare-versions agrees). */
static void test_order(void **state)
{
    (void)state;
    static const char *const versions[] = {"0~~",
                                           "0~~a",
                                           "0~",
                                           "0",
                                           "0a",
                                           "0+",
                                           "1.0~rc1-1",
                                           "1.0-0.1",
                                           "1.0-1",
                                           "1.0-1+b1",
                                           "1.0-1.1",
                                           "1.0-2",
                                           "1.0-10",
                                           "1.0a-1",
                                           "1.0+x-1",
                                           "1.0.1-1",
                                           "1.2",
                                           "1.10",
                                           "2-2",
                                           "2-1-1",
                                           "99999999999999999999",
                                           "100000000000000000000",
                                           "1:0",
                                           "2:0",
                                           "10:0"};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        for (size_t j = 0; j < sizeof versions / sizeof *versions; j++) {
            int order = stet_dpkg_version_compare(versions[i], versions[j]);
            int expected = i < j ? -1 : i > j;
            if ((order < 0 ? -1 : order > 0) != expected)
                fail_msg("%s and %s: %d", versions[i], versions[j], order);
        }
}

static void test_equal(void **state)
{
    (void)state;
    assert_int_equal(stet_dpkg_version_compare("1.0", "0:1.0"), 0);
    assert_int_equal(stet_dpkg_version_compare("1.0", "1.0-0"), 0);
    assert_int_equal(stet_dpkg_version_compare("1.01", "1.1"), 0);
    assert_int_equal(stet_dpkg_version_compare("1.0-1", "1.0-01"), 0);
}

static bool replaces(const char *value, const char *name, const char *version)
{
    struct stet_deb822_field field = {(char *)"Replaces", (char *)value, (char *)value};
    struct stet_deb822 p = {&field, 1, 1};
    return stet_unpack_replaces(&p, name, version);
}

static void test_replaces(void **state)
{
    (void)state;
    assert_true(replaces("a", "a", "1"));
    assert_false(replaces("ab", "a", "1"));
    assert_false(replaces("a", "ab", "1"));
    assert_true(replaces("x (>= 9),\n a(<<2), y", "a", "1"));
    assert_false(replaces("a (<< 2)", "a", "2"));
    assert_true(replaces("a (<= 2)", "a", "2"));
    assert_true(replaces("a (= 2)", "a", "2"));
    assert_false(replaces("a (= 2)", "a", "2-1"));
    assert_true(replaces("a (>= 2)", "a", "2"));
    assert_false(replaces("a (>> 2)", "a", "2"));
    assert_true(replaces("a (>> 2)", "a", "2.1"));
    assert_true(replaces("a:any (<< 2~)", "a", "1"));
    assert_true(replaces("a (<< 1), a (>> 2)", "a", "3"));
    assert_false(replaces("", "a", "1"));
    assert_false(replaces(", ,", "a", "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_replaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
