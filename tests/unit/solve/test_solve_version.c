/* Versions and dependencies of Arch, as pacman's own programs judge them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/solve/solve.h"

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
        int there = stet_solve_arch_vercmp(cases[i].a, cases[i].b);
        int back = stet_solve_arch_vercmp(cases[i].b, cases[i].a);
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
    struct stet_strv list = STET_STRV_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof provides / sizeof *provides; i++)
        assert_int_equal(stet_strv_add(&list, provides[i], NULL), 0);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!stet_solve_arch_satisfied(yes[i], "bash", "5.2-3", &list))
            fail_msg("does not satisfy \"%s\"", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (stet_solve_arch_satisfied(no[i], "bash", "5.2-3", &list))
            fail_msg("satisfies \"%s\"", no[i]);
    stet_strv_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_satisfies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
