/* PNG images made by pnmtopng. */
#include "tests/unit/diff/pairs.h"

static void test_time(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_png, "png-time");
    assert_int_equal(c.result.count, 2);
    pairs_expect(&c, "tEXt Creation-Time", "2026-11-23 10:00:00", "2026-11-24 11:30:05");
    const struct stet_finding *f = pairs_expect(&c, "tIME (last change of the image)",
                                                "2026-11-23T10:00:00Z", "2026-11-24T11:30:05Z");
    pairs_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN);
    comparing_release(&c);
}

static void test_compression(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_png, "png-compression");
    assert_int_equal(c.result.count, 1);
    const struct stet_finding *f = pairs_expect(&c, "compression of the image data",
                                                "151 bytes compressed", "86 bytes compressed");
    pairs_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN);
    comparing_release(&c);
}

static void test_filters(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_png, "png-filter");
    assert_int_equal(c.result.count, 1);
    const struct stet_finding *f = pairs_expect(&c, "filters and compression of the image data",
                                                "186 bytes compressed", "168 bytes compressed");
    pairs_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN);
    comparing_release(&c);
}

static void test_pixels(void **state)
{
    static const char *const names[] = {"png-pixel", "png-pixel-interlaced"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct comparing c;
        pairs_tell(&c, stet_diff_png, names[i]);
        assert_int_equal(c.result.count, 1);
        const struct stet_finding *f =
            pairs_expect(&c, "pixel at column 5, row 9", "ac 00 4b", "ff ff ff");
        assert_int_equal(f->cause, STET_CAUSE_UNEXPLAINED);
        comparing_release(&c);
    }
}

static void test_trailing_bytes(void **state)
{
    struct comparing c;
    size_t len;
    (void)state;
    unsigned char *a = pairs_load("png-time", "a", &len), *b = malloc(len + 3);
    assert_non_null(b);
    memcpy(b, a, len);
    memcpy(b + len, "abc", 3);
    comparing_run(&c, stet_diff_png, "x.png", a, len, b, len + 3);
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].what, "bytes after the image");
    comparing_release(&c);
    free(a);
    free(b);
}

/* A file is a signature, chunks and nothing else: all of it is told but for what is no PNG any more. */
static void test_every_byte(void **state)
{
    (void)state;
    pairs_flip(stet_diff_png, "png-time", 1, 60);
    pairs_flip(stet_diff_png, "png-filter", 1, 60);
    pairs_cut(stet_diff_png, "png-time", 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time),           cmocka_unit_test(test_compression),
        cmocka_unit_test(test_filters),        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_trailing_bytes), cmocka_unit_test(test_every_byte),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
