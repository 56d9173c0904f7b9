/*
 * The encoder: one output for every number of threads and size of writes, valid gzip, and no
 * hang or leak when the stream below fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "lib/codec/codec.h"
#include "tests/unit/codec/inflate.h"

enum { CHUNK = 1 << 20 };

/* Text-like bytes with some noise, so that matches, literals and stored blocks all occur. */
static unsigned char *make_content(size_t len)
{
    unsigned char *p = malloc(len + 1);
    uint32_t x = 12345;

    assert_non_null(p);
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        if (i / 100000 % 3 == 2)
            p[i] = (unsigned char)(x >> 24);
        else
            p[i] = (unsigned char)("the quick brown fox "[(i + (x >> 29)) % 20]);
    }
    return p;
}

static void compress_into(struct stet_buffer *out, const unsigned char *p, size_t len,
                          unsigned threads, size_t step)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer_writer below;

    stet_buffer_writer_init(&below, out);
    struct stet_writer *w = stet_codec_gzip_new(&below.base, threads, &err);
    assert_non_null(w);
    for (size_t i = 0; i < len; i += step)
        assert_int_equal(stet_writer_write(w, p + i, len - i < step ? len - i : step, &err), 0);
    assert_int_equal(stet_writer_close(w, &err), 0);
    stet_codec_gzip_free(w);
    assert_int_equal(stet_writer_close(&below.base, &err), 0);
}

static void test_empty_input_has_these_bytes(void **state)
{
    static const unsigned char want[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255,
                                         3,    0,    0, 0, 0, 0, 0, 0, 0, 0};
    struct stet_buffer out = STET_BUFFER_INIT;

    (void)state;
    compress_into(&out, (const unsigned char *)"", 0, 2, 1);
    assert_int_equal(out.len, sizeof(want));
    assert_memory_equal(out.data, want, sizeof(want));
    stet_buffer_release(&out);
}

static void test_edges_of_chunks(void **state)
{
    static const size_t sizes[] = {1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 77};
    unsigned char *p = make_content(3 * CHUNK + 77);

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct stet_buffer out = STET_BUFFER_INIT;
        compress_into(&out, p, sizes[i], 2, 65536);
        assert_inflates_to(&out, p, sizes[i]);
        stet_buffer_release(&out);
    }
    free(p);
}

static void test_threads_and_writes_do_not_matter(void **state)
{
    static const struct {
        unsigned threads;
        size_t step;
    } runs[] = {{0, 512}, {1, 512}, {2, 7919}, {2, CHUNK}, {3, 3 * CHUNK}, {8, 4096}, {64, 100000}};
    size_t len = 5 * CHUNK + 4321;
    unsigned char *p = make_content(len);
    struct stet_buffer first = STET_BUFFER_INIT;

    (void)state;
    compress_into(&first, p, len, 1, len);
    assert_inflates_to(&first, p, len);
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        struct stet_buffer out = STET_BUFFER_INIT;
        compress_into(&out, p, len, runs[i].threads, runs[i].step);
        assert_int_equal(out.len, first.len);
        assert_memory_equal(out.data, first.data, first.len);
        stet_buffer_release(&out);
    }
    stet_buffer_release(&first);
    free(p);
}

static void test_a_chunk_uses_the_one_before_as_dictionary(void **state)
{
    /* 32 KiB of noise at the end of one chunk and again at the start of the next: found again, it
     * costs almost nothing the second time. */
    unsigned char *p = calloc(2, CHUNK);
    struct stet_buffer out = STET_BUFFER_INIT;
    uint32_t x = 1;

    (void)state;
    assert_non_null(p);
    for (size_t i = CHUNK - 30000; i < CHUNK; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = p[i + 30000] = (unsigned char)(x >> 24);
    }
    compress_into(&out, p, 2 * CHUNK, 2, CHUNK);
    assert_inflates_to(&out, p, 2 * CHUNK);
    assert_in_range(out.len, 30000, 36000);
    stet_buffer_release(&out);
    free(p);
}

struct failing {
    struct stet_writer base;
    size_t left;
};

static int failing_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct failing *f = ctx;

    (void)data;
    if (len > f->left)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "disk full");
    f->left -= len;
    return 0;
}

static const struct stet_writer_ops failing_ops = {failing_write, NULL};

static void test_a_failure_below_is_reported(void **state)
{
    size_t len = 6 * CHUNK;
    unsigned char *p = make_content(len);

    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        for (size_t room = 10; room < 200000; room = room * 7 + 1) {
            struct failing f = {.left = room};
            struct stet_error err = STET_ERROR_INIT;
            stet_writer_init(&f.base, &failing_ops, &f);
            struct stet_writer *w = stet_codec_gzip_new(&f.base, threads, &err);
            assert_non_null(w);
            stet_writer_write(w, p, len, NULL);
            assert_int_equal(stet_writer_close(w, &err), -1);
            assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
            assert_string_equal(err.text, "disk full");
            stet_codec_gzip_free(w);
        }
    }
    free(p);
}

static void test_no_room_for_the_header(void **state)
{
    struct failing f = {.left = 9};
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_writer_init(&f.base, &failing_ops, &f);
    assert_null(stet_codec_gzip_new(&f.base, 2, &err));
    assert_string_equal(err.text, "disk full");
}

static void test_free_without_close(void **state)
{
    unsigned char *p = make_content(3 * CHUNK);
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_buffer_writer below;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_buffer_writer_init(&below, &out);
    struct stet_writer *w = stet_codec_gzip_new(&below.base, 2, &err);
    assert_non_null(w);
    assert_int_equal(stet_writer_write(w, p, 3 * CHUNK, &err), 0);
    stet_codec_gzip_free(w);
    stet_codec_gzip_free(NULL);
    stet_buffer_release(&out);
    free(p);
}

static void test_identity_is_the_formats(void **state)
{
    char want[32];

    (void)state;
    snprintf(want, sizeof(want), "stet-deflate/%d", STET_CODEC_FORMAT);
    assert_string_equal(stet_codec_identity(), want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_input_has_these_bytes),
        cmocka_unit_test(test_edges_of_chunks),
        cmocka_unit_test(test_threads_and_writes_do_not_matter),
        cmocka_unit_test(test_a_chunk_uses_the_one_before_as_dictionary),
        cmocka_unit_test(test_a_failure_below_is_reported),
        cmocka_unit_test(test_no_room_for_the_header),
        cmocka_unit_test(test_free_without_close),
        cmocka_unit_test(test_identity_is_the_formats),
    };

    return cmocka_run_group_tests_name("codec/gzip", tests, NULL, NULL);
}
