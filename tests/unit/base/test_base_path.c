#include <fnmatch.h>

#include "tests/unit/base/base_test.h"

static void normalizes(void **state)
{
    static const struct {
        const char *in;
        const char *out; /* NULL: refused */
    } cases[] = {
        {"usr/bin/env", "usr/bin/env"},
        {"./usr/bin/env", "usr/bin/env"},
        {"./", ""},
        {".", ""},
        {"././.", ""},
        {"./usr/", "usr"},
        {"usr//bin", "usr/bin"},
        {"usr/./bin/.", "usr/bin"},
        {".//usr", "usr"},
        {"...", "..."},
        {"..a", "..a"},
        {"a..", "a.."},
        {".a", ".a"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"not-utf8-\xff", "not-utf8-\xff"},
        {"back\\slash", "back\\slash"},
        {"a b", "a b"},
        {"", NULL},
        {"/", NULL},
        {"/usr", NULL},
        {"//usr", NULL},
        {"..", NULL},
        {"../a", NULL},
        {"a/..", NULL},
        {"a/../b", NULL},
        {"./../a", NULL},
        {"a\nb", NULL},
        {"a\tb", NULL},
        {"a\x01", NULL},
        {"a\x7f", NULL},
        {"\x1b[2J", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_buffer out = STET_BUFFER_INIT;
        struct stet_error err = STET_ERROR_INIT;
        int rc;

        stet_buffer_add_str(&out, "before:");
        rc = stet_path_normalize(cases[i].in, &out, &err);
        if (rc == 0 && cases[i].out == NULL)
            fail_msg("accepted \"%s\"", cases[i].in);
        if (cases[i].out == NULL) {
            assert_int_equal(err.kind, STET_ERROR_INPUT);
            assert_string_equal(stet_buffer_str(&out), "before:");
        } else {
            assert_ok(rc, &err);
            assert_string_equal(stet_buffer_str(&out) + 7, cases[i].out);
        }
        stet_buffer_release(&out);
    }
}

/* A path of components of that length whose normal form has exactly total bytes. */
static char *long_path(size_t component, size_t total)
{
    char *path = malloc(total + 1);

    assert_non_null(path);
    for (size_t i = 0; i < total; i++)
        path[i] = i % (component + 1) == component && i + 1 < total ? '/' : 'x';
    path[total] = '\0';
    return path;
}

static void limits_lengths(void **state)
{
    static const struct {
        size_t component, total;
        bool good;
    } cases[] = {{255, 255, true}, {256, 256, false}, {255, 4095, true}, {255, 4097, false},
                 {1, 4095, true},  {1, 4097, false},  {300, 4000, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_buffer out = STET_BUFFER_INIT;
        struct stet_error err = STET_ERROR_INIT;
        char *path = long_path(cases[i].component, cases[i].total);

        assert_int_equal(stet_path_normalize(path, &out, &err), cases[i].good ? 0 : -1);
        free(path);
        stet_buffer_release(&out);
    }
}

static void orders_directories_before_what_is_in_them(void **state)
{
    static const char *const order[] = {"",      "a",    "a/b",  "a/b/c",    "a/c",
                                        "a\x01", "a b",  "a-b",  "a.b",      "ab",
                                        "b",     "\x7f", "\x80", "\xc3\xa4", "\xff"};
    const size_t count = sizeof(order) / sizeof(order[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int c = stet_path_compare(order[i], order[j]);

            if ((c > 0) - (c < 0) != (i > j) - (i < j))
                fail_msg("\"%s\" and \"%s\" compare as %d", order[i], order[j], c);
        }
    }
}

static void matches_globs(void **state)
{
    static const struct {
        const char *glob;
        const char *path;
        bool plain, dpkg;
    } cases[] = {
        {"a", "a", true, true},
        {"a", "b", false, false},
        {"a", "", false, false},
        {"", "", true, true},
        {"*", "abc", true, true},
        {"*", "a/b", false, true},
        {"a*c", "abbc", true, true},
        {"a*c", "ab/c", false, true},
        {"*.py?", "x.pyc", true, true},
        {"a?b", "a/b", false, true},
        {"a?b", "axb", true, true},
        {"a?b",
         "a\xc3\xa4"
         "b",
         true, true},
        {"usr/share/doc/*", "usr/share/doc/x", true, true},
        {"usr/share/doc/*", "usr/share/doc/x/y", false, true},
        {"usr/share/doc/**", "usr/share/doc/x/y", true, true},
        {"usr/share/doc/**", "usr/share/doc", false, false},
        {"usr/share/doc/**", "usr/share/docs", false, false},
        {"**/doc/**", "usr/doc", false, false},
        {"**/doc/**", "usr/doc/x", true, true},
        {"**/doc/**", "doc/doc", true, false},
        {"doc/**/**", "doc/x", true, false},
        {"doc/**/**", "doc", false, false},
        {"usr/share/doc/*/*", "usr/share/doc/x/y", true, true},
        {"**", "a/b/c", true, true},
        {"**", "", false, true},
        {"**/c", "a/b/c", true, true},
        {"**/c", "c", true, false},
        {"a/**/c", "a/c", true, false},
        {"a/**/c", "a/b/b/c", true, true},
        {"a/**/c", "a/b/cc", false, false},
        {"a/**/b/**/c", "a/x/b/y/z/c", true, true},
        {"a/**/b/**/c", "a/x/c/y/b", false, false},
        {"**/**/a", "x/a", true, false},
        {"a**c", "abc", true, true},
        {"a**c", "a/c", false, true},
        {"[ab]c", "bc", true, true},
        {"[!ab]c", "bc", false, false},
        {"[^ab]c", "xc", true, true},
        {"[a-c]", "b", true, true},
        {"[a-c]", "d", false, false},
        {"[]]", "]", true, true},
        {"[!]]", "x", true, true},
        {"[a-]", "-", true, true},
        {"[[:digit:]]", "5", true, true},
        {"[[:digit:]x]", "x", true, true},
        {"[![:upper:]]", "A", false, false},
        {"[", "[", true, true},
        {"[a", "[a", true, true},
        {"a[!b]c", "a/c", false, true},
        {"\\*", "*", true, true},
        {"\\*", "x", false, false},
        {"[\\]]", "]", true, true},
        {"\\", "\\", false, false},
        {"a*", "a", true, true},
        {"a/", "a", true, false},
        {"*/locale/*", "usr/share/locale/de", false, true},
        {"?", "\xff", true, true},
        {"\xff", "\xff", true, true},
        {"[\xc3\xa0-\xc3\xbf]", "\xc3\xa4", true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (stet_path_match(cases[i].glob, cases[i].path, false) != cases[i].plain)
            fail_msg("\"%s\" on \"%s\" is wrong", cases[i].glob, cases[i].path);
        if (stet_path_match(cases[i].glob, cases[i].path, true) != cases[i].dpkg)
            fail_msg("dpkg's \"%s\" on \"%s\" is wrong", cases[i].glob, cases[i].path);
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void random_text(uint32_t *seed, const char *alphabet, char *out, size_t max)
{
    size_t len = next_random(seed) % max;

    for (size_t i = 0; i < len; i++)
        out[i] = alphabet[next_random(seed) % strlen(alphabet)];
    out[len] = '\0';
}

/* dpkg means fnmatch(3); the C library is the judge where both are defined. */
static void agrees_with_fnmatch(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        char glob[12];
        char path[12];

        random_text(&seed, "ab/*?.", glob, sizeof(glob));
        random_text(&seed, "ab/.", path, sizeof(path));
        if (stet_path_match(glob, path, true) != (fnmatch(glob, path, 0) == 0))
            fail_msg("dpkg's \"%s\" on \"%s\" is not as fnmatch", glob, path);
        /* The root has no components, so that '*' does not match it. */
        if (*path != '\0' && strstr(glob, "**") == NULL && strchr(glob, '/') == NULL &&
            stet_path_match(glob, path, false) != (fnmatch(glob, path, FNM_PATHNAME) == 0) &&
            strchr(path, '/') == NULL)
            fail_msg("\"%s\" on \"%s\" is not as fnmatch", glob, path);
    }
}

/* A naive matcher takes 2^n steps here. */
static void takes_no_exponential_time(void **state)
{
    char glob[512];
    char path[4096];

    (void)state;
    for (size_t i = 0; i + 2 < sizeof(glob); i += 2)
        memcpy(glob + i, "*a", 3);
    glob[sizeof(glob) - 2] = 'b';
    glob[sizeof(glob) - 1] = '\0';
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_false(stet_path_match(glob, path, true));
    assert_false(stet_path_match(glob, path, false));
    for (size_t i = 0; i + 4 < sizeof(glob); i += 5)
        memcpy(glob + i, "**/a/", 5);
    glob[510] = '\0';
    memcpy(glob + 509, "b", 2);
    for (size_t i = 1; i < sizeof(path) - 1; i += 2)
        path[i] = '/';
    assert_false(stet_path_match(glob, path, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalizes),
        cmocka_unit_test(limits_lengths),
        cmocka_unit_test(orders_directories_before_what_is_in_them),
        cmocka_unit_test(matches_globs),
        cmocka_unit_test(agrees_with_fnmatch),
        cmocka_unit_test(takes_no_exponential_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
