/* Patterns, as pacman judges them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/distro/arch/pattern.h"

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
        cmocka_unit_test(test_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
