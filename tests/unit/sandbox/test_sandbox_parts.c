/* The parts that need no privilege: maps, ranges, lines, the filters' building. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/sandbox/private.h"

static void identity_of_everything(void **state)
{
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    bool all = false;

    (void)state;
    assert_int_equal(
        stet_sandbox_identity_map("         0          0 4294967295\n", &out, &all, NULL), 0);
    assert_string_equal(stet_buffer_str(&out), "0 0 4294967295\n");
    assert_true(all);
}

static void identity_of_a_users_map(void **state)
{
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    bool all = true;

    (void)state;
    assert_int_equal(stet_sandbox_identity_map("0 1001 1\n1 100000 65535\n", &out, &all, NULL), 0);
    assert_string_equal(stet_buffer_str(&out), "0 0 1\n1 1 65535\n");
    assert_false(all);
}

static void identity_of_nonsense(void **state)
{
    static const char *const maps[] = {"0 0\n", "a b c\n", "0 0 99999999999999999999\n", "0 0 1",
                                       "0 0 1 1\n"};
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        bool all;

        assert_int_equal(stet_sandbox_identity_map(maps[i], &out, &all, &err), -1);
        assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
    }
}

static void ranges(void **state)
{
    static const struct {
        const char *text;
        int found;
        uint64_t start;
    } cases[] = {
        {"ann:100000:65536\n", 1, 100000},
        {"bob:1:65536\nann:200000:65535\n", 1, 200000},
        {"1001:300000:65536\n", 1, 300000},
        {"ann:100000:65536", 1, 100000},
        {"ann:100000:1000\nann:400000:65536\n", 1, 400000}, /* the first is too small */
        {"", 0, 0},
        {"\n\n", 0, 0},
        {"anna:100000:65536\n", 0, 0},
        {"an:100000:65536\n", 0, 0},
        {"10011:100000:65536\n", 0, 0},
        {"ann:100000:65534\n", 0, 0},
        {"ann:100000:65536x\n", 0, 0},
        {"ann:-1:65536\n", 0, 0},
        {"ann:100000\n65536\n", 0, 0},
        {"ann:4294967295:65536\n", 0, 0},
        {"ann:99999999999999999999:65536\n", 0, 0},
        {"# ann:100000:65536\n", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t start = 0;
        int found = stet_sandbox_find_range(cases[i].text, "ann", 1001, 65535, &start);

        if (found != cases[i].found || start != cases[i].start)
            print_message("case %zu\n", i);
        assert_int_equal(found, cases[i].found);
        assert_int_equal(start, cases[i].start);
    }
}

static void collect(void *ctx, const char *text)
{
    stet_buffer_addf(ctx, "<%s>", text);
}

static void lines(void **state)
{
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    static struct stet_sandbox_lines l;

    (void)state;
    l.call = collect;
    l.ctx = &out;
    stet_sandbox_lines_add(&l, "on", 2);
    stet_sandbox_lines_add(&l, "e\n\ntwo\n", 7);
    stet_sandbox_lines_add(&l, "a\0\033[m\x7f\t.\n", 9);
    stet_sandbox_lines_add(&l, "\xc2\x9b\xc3\xa4\xc2\xa0\n", 7);
    stet_sandbox_lines_add(&l, "rest", 4);
    stet_sandbox_lines_end(&l);
    stet_sandbox_lines_end(&l);
    assert_string_equal(stet_buffer_str(&out), "<one><><two><a??[m? .><?\xc3\xa4\xc2\xa0><rest>");
}

static void count(void *ctx, const char *text)
{
    size_t *counts = ctx;

    counts[0]++;
    counts[1] += strlen(text);
}

static void long_lines_come_in_pieces(void **state)
{
    static struct stet_sandbox_lines l;
    static char text[10000];
    size_t counts[2] = {0, 0};

    (void)state;
    memset(text, 'x', sizeof(text));
    l.call = count;
    l.ctx = counts;
    stet_sandbox_lines_add(&l, text, sizeof(text));
    stet_sandbox_lines_end(&l);
    assert_int_equal(counts[0], 3);
    assert_int_equal(counts[1], sizeof(text));
}

static void filters_are_built_once(void **state)
{
    struct sock_fprog first[2], second[2];

    (void)state;
    assert_int_equal(stet_sandbox_filters(first, NULL), 0);
    assert_int_equal(stet_sandbox_filters(second, NULL), 0);
    assert_ptr_equal(first[0].filter, second[0].filter);
    assert_ptr_equal(first[1].filter, second[1].filter);
    assert_true(first[0].len > 100);
    assert_true(first[1].len > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_of_everything),
        cmocka_unit_test(identity_of_a_users_map),
        cmocka_unit_test(identity_of_nonsense),
        cmocka_unit_test(ranges),
        cmocka_unit_test(lines),
        cmocka_unit_test(long_lines_come_in_pieces),
        cmocka_unit_test(filters_are_built_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
