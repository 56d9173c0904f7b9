/* Versions, dependencies and patterns, as pacman's own programs judge them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/distro/arch/version.h"

/* The results are what vercmp(8) printed. */
static void test_compare(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"1.0", "1.0", 0},
        {"1.0", "1.0.1", -1},
        {"1.0a", "1.0", -1},
        {"1.0a", "1.0b", -1},
        {"1.0rc1", "1.0", -1},
        {"1.0.rc1", "1.0", 1},
        {"1.0", "1.0.a", -1},
        {"1.0.", "1.0", 1},
        {"1.0.", "1.0..", 0},
        {"1.0.", "1.0a", 1},
        {"1._a", "1.a", 1},
        {"1..1", "1.1", 1},
        {"1-1", "1-2", -1},
        {"1-1", "1", 0},
        {"1", "1-9", 0},
        {"1.5-1", "1.5", 0},
        {"1:1", "2", 1},
        {"1:1", "1:1-3", 0},
        {"0:1.0", "1.0", 0},
        {"00:1", "1", 0},
        {":1", "1", 0},
        {"1:2", "01:2", 0},
        {"9:1", "10:1", -1},
        {"a:1", "1", -1},
        {"1:a:2", "1:a.2", 0},
        {"1a:1", "1:1", -1},
        {"1.10", "1.9", 1},
        {"1.010", "1.10", 0},
        {"1.0000000000000000000000000001", "1.1", 0},
        {"99999999999999999999999", "100000000000000000000000", -1},
        {"1.a", "1.1", -1},
        {"1.A", "1.a", -1},
        {"a", "b", -1},
        {"abc", "ab", 1},
        {"1_1", "1.1", 0},
        {"1+1", "1~1", 0},
        {"1~rc1", "1", 1},
        {"1^git", "1", 1},
        {"1.2-1.1", "1.2-1.10", -1},
        {"1.2-a-1", "1.2-a-2", -1},
        {"1-a-1", "1-b-1", -1},
        {"1.0-rc1-1", "1.0-1", 1},
        {"2025.01.01-1", "2024.12.31-2", 1},
        {"r1.abc", "r2.aaa", -1},
        {"20a", "20", -1},
        {"5.2.037-1", "5.2.37-1", 0},
        {"1é", "1", 1},
        {"1é1", "1.1", 1},
        {"é", "f", 1},
        {"~", "1", -1},
        {".", "-", 1},
        {"0", "00", 0},
        {"0", "a", 1},
        {"1.0.0", "1.0", 1},
        {"1.", "1", 1},
        {"a1", "1a", -1},
        {"1-1-1", "1-1", 1},
        {"", "", 0},
        {"", "1", -1},
        {"", "a", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int there = stet_arch_version_compare(cases[i].a, cases[i].b);
        int back = stet_arch_version_compare(cases[i].b, cases[i].a);
        there = (there > 0) - (there < 0);
        back = (back > 0) - (back < 0);
        if (there != cases[i].order || back != -cases[i].order)
            fail_msg("\"%s\" and \"%s\": %d and back %d, not %d", cases[i].a, cases[i].b, there,
                     back, cases[i].order);
    }
}

static void test_satisfies(void **state)
{
    static const char *const yes[] = {
        "bash",       "bash=5.2",    "bash=5.2-3",  "bash>=5.2-3", "bash<=5.2",    "bash<6",
        "bash>5.1.9", "bash<1:0",    "sh",          "lib.so",      "lib.so=2-64",  "lib.so>=1",
        "lib.so>1",   "lib.so<3-64", "bash: a use", "sh: a use",   "bash>=5: why", "at-least",
        "with",       "with=1",      "bash=0:5.2",
    };
    static const char *const no[] = {
        "",           "bas",         "bash5",       "bash=5.2-4",     "bash=5.1",
        "bash>5.2",   "bash<5.2",    "bash>=5.3",   "bash>=1:0",      "sh=5.2",
        "sh>=0",      "sh<9",        "lib.so<2",    "lib.so=2-32",    "lib.so=3",
        "at-least=2", "at-least>=1", "at-least>=2", "with=2",         "bash =5.2",
        "described",  "Bash",        "=5.2",        "bash>=5.3: why", "bash=5.2<6",
    };
    static const char *const provides[] = {"sh", "lib.so=2-64", "at-least>=2", "with=1: and why"};
    struct stet_arch_info info;
    (void)state;
    stet_arch_info_init(&info);
    info.name = stet_strdup("bash", NULL);
    info.version = stet_strdup("5.2-3", NULL);
    for (size_t i = 0; i < sizeof provides / sizeof *provides; i++)
        assert_int_equal(stet_strv_add(&info.provides, provides[i], NULL), 0);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!stet_arch_satisfies(&info, yes[i]))
            fail_msg("does not satisfy \"%s\"", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (stet_arch_satisfies(&info, no[i]))
            fail_msg("satisfies \"%s\"", no[i]);
    stet_arch_info_release(&info);
}

static void test_match(void **state)
{
    static const struct {
        const char *patterns[4], *path;
        bool matches;
    } cases[] = {
        {{NULL}, "usr", false},
        {{"usr/*"}, "usr/share/man/x", true},
        {{"usr/?"}, "usr/xy", false},
        {{"usr/?"}, "usr/x", true},
        {{"usr*x"}, "usr/share/x", true},
        {{"usr/share"}, "usr/share/", false},
        {{"*"}, ".hidden", true},
        {{"[a-c]*"}, "bash", true},
        {{"[!a-c]*"}, "bash", false},
        {{"a", "b"}, "a", true},
        {{"a", "b"}, "b", true},
        {{"a", "b"}, "c", false},
        {{"!a"}, "a", false},
        {{"!a"}, "b", false},
        {{"usr/*", "!usr/share/*"}, "usr/share/x", false},
        {{"usr/*", "!usr/share/*"}, "usr/lib/x", true},
        {{"!usr/share/*", "usr/*"}, "usr/share/x", true},
        {{"usr/*", "!usr/share/*", "usr/share/x"}, "usr/share/x", true},
        {{"usr/*", "!usr/share/*", "usr/share/x"}, "usr/share/y", false},
        {{"\\!a"}, "!a", true},
        {{"\\!a"}, "a", false},
        {{"!!a"}, "!a", false},
        {{"\\a"}, "a", true},
        {{"\\*"}, "anything", true}, /* only the first character escapes, and no more than once */
        {{"\\\\*"}, "*", true},
        {{"\\\\*"}, "anything", false},
        {{""}, "", true},
        {{"!"}, "", false},
        {{"["}, "[", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_strv patterns = STET_STRV_INIT;
        for (size_t j = 0; j < 4 && cases[i].patterns[j]; j++)
            assert_int_equal(stet_strv_add(&patterns, cases[i].patterns[j], NULL), 0);
        if (stet_arch_match(&patterns, cases[i].path) != cases[i].matches)
            fail_msg("case %zu: \"%s\"", i, cases[i].path);
        stet_strv_release(&patterns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_satisfies),
        cmocka_unit_test(test_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
