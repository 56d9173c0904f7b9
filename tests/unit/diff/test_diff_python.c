/* Compiled Python, made by several versions of it. */
#include "tests/unit/diff/pairs.h"

static void test_source_time(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_python, "pyc-source-time");
    assert_int_equal(c.result.count, 1);
    const struct stet_finding *f =
        pairs_expect(&c, "source mtime", "2026-11-23T10:00:00Z", "2026-11-24T11:30:05Z");
    pairs_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN);
    comparing_release(&c);
}

static void test_build_path(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_python, "pyc-build-path");
    assert_int_equal(c.result.count, 1);
    const struct stet_finding *f =
        pairs_expect(&c, "file name", "/tmp/pairs/one/shop.py", "/tmp/pairs/another/shop.py");
    pairs_because(f, STET_CAUSE_BUILD_PATH, STET_DIFF_CERTAIN);
    comparing_release(&c);
}

static void test_set_order(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_python, "pyc-set-order");
    assert_int_equal(c.result.count, 1);
    const struct stet_finding *f =
        pairs_expect(&c, "is_fruit: constants[1]: order of constants in a set (hash seed)",
                     "date, banana, cherry, elder, apple", "date, elder, cherry, apple, banana");
    pairs_because(f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY);
    comparing_release(&c);
}

/* A set with another element is no set in another order. */
static void test_set_with_other_element(void **state)
{
    struct comparing c;
    size_t len;
    (void)state;
    unsigned char *a = pairs_load("pyc-set-order", "a", &len);
    unsigned char *b = pairs_load("pyc-set-order", "b", &len);
    unsigned char *apple = memmem(b, len, "apple", 5);
    assert_non_null(apple);
    memcpy(apple, "grape", 5);
    comparing_run(&c, stet_diff_python, "x.pyc", a, len, b, len);
    assert_int_equal(c.status, 1);
    for (size_t i = 0; i < c.result.count; i++)
        assert_null(strstr(c.result.findings[i].what, "order of constants"));
    comparing_release(&c);
    free(a);
    free(b);
}

static void test_constants(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_python, "pyc-constants");
    pairs_expect(&c, "source size", "229", "230");
    pairs_expect(&c, "Shop.price.<locals>.<lambda>: constants[1][1]", "2.500000", "3.500000");
    pairs_expect(&c, "Shop.price.<locals>.<lambda>: constants[1][4]", "text", "other");
    comparing_release(&c);
}

/* What was added is told, whatever moved by that. */
static void test_tuples_of_other_lengths(void **state)
{
    static const unsigned char before[] = {')', 5, 0xe9, 1, 0, 0, 0, 'g'};
    struct comparing c;
    unsigned char *longer;
    size_t len;
    (void)state;
    unsigned char *a = pairs_load("pyc-constants", "a", &len);
    unsigned char *at = memmem(a, len, before, sizeof before);
    assert_non_null(at);
    size_t kept = (size_t)(at - a) + 2;
    longer = malloc(len + 1);
    assert_non_null(longer);
    memcpy(longer, a, kept);
    longer[kept - 1] = 6;
    longer[kept] = 'F';
    memcpy(longer + kept + 1, a + kept, len - kept);
    comparing_run(&c, stet_diff_python, "x.pyc", a, len, longer, len + 1);
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    const struct stet_finding *f =
        pairs_expect(&c, "Shop.price.<locals>.<lambda>: constants[1]", "tuple of 5", "tuple of 6");
    assert_string_equal(f->detail, "+False\n");
    comparing_release(&c);
    free(longer);
    free(a);
}

static void test_version(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_python, "pyc-version");
    pairs_expect(&c, "Python version", "3.10 (3439)", "3.11 (3495)");
    pairs_expect(&c, "code", "724 bytes", "871 bytes");
    comparing_release(&c);
}

/* The same objects; whether they may be referred to depends on what else the compiling process held. */
static void test_references(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_python, "pyc-references");
    assert_int_equal(c.result.count, 1);
    assert_int_equal(comparing_find(&c, "how equal objects are marshalled", NULL), 1);
    comparing_release(&c);
}

static void test_every_byte(void **state)
{
    (void)state;
    pairs_flip(stet_diff_python, "pyc-source-time", 1, 50);
    pairs_flip(stet_diff_python, "pyc-set-order", 1, 50);
    pairs_cut(stet_diff_python, "pyc-source-time", 1);
}

/* Tuples that refer to the one before twice, thirty times over: 2^30 comparisons if each were followed. */
static void add_tuples(struct stet_buffer *out, unsigned char leaf)
{
    stet_buffer_add(out, "\xa9\x02", 2);
    stet_buffer_add_char(out, 'i');
    stet_buffer_add(out, (unsigned char[4]){leaf, 0, 0, 0}, 4);
    stet_buffer_add_char(out, 'N');
}

static void test_references_upon_references(void **state)
{
    struct comparing c;
    struct stet_buffer sides[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT};
    (void)state;
    for (unsigned side = 0; side < 2; side++) {
        struct stet_buffer *b = &sides[side];
        stet_buffer_add(b, "\xa7\x0d\r\n\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        /* Code of Python 3.11 whose bytecode is such a tuple of tuples. */
        stet_buffer_add_char(b, 'c');
        for (unsigned i = 0; i < 20; i++)
            stet_buffer_add_char(b, '\0');
        stet_buffer_add(b, "\xa9\x1f", 2);
        add_tuples(b, (unsigned char)side);
        for (unsigned char i = 1; i < 31; i++) {
            stet_buffer_add(b, "\xa9\x02", 2);
            for (unsigned k = 0; k < 2; k++) {
                stet_buffer_add_char(b, 'r');
                stet_buffer_add(b, (unsigned char[4]){i, 0, 0, 0}, 4);
            }
        }
        stet_buffer_add(b, "NNNNNNN\0\0\0\0NN", 13);
        assert_int_equal(stet_buffer_check(b, "test", NULL), 0);
    }
    comparing_run(&c, stet_diff_python, "x.pyc", sides[0].data, sides[0].len, sides[1].data,
                  sides[1].len);
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].a, "0");
    assert_string_equal(c.result.findings[0].b, "1");
    comparing_release(&c);
    stet_buffer_release(&sides[0]);
    stet_buffer_release(&sides[1]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_time), cmocka_unit_test(test_build_path),
        cmocka_unit_test(test_set_order),   cmocka_unit_test(test_set_with_other_element),
        cmocka_unit_test(test_constants),   cmocka_unit_test(test_tuples_of_other_lengths),
        cmocka_unit_test(test_version),     cmocka_unit_test(test_references),
        cmocka_unit_test(test_every_byte),  cmocka_unit_test(test_references_upon_references),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
