/*
 * The frozen bytes of format 1: for every input of the corpus the digest of what it becomes, as
 * docs/format-1.md, section 4, demands; whatever the number of threads and the size of writes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <zlib.h>

#include "lib/codec/codec.h"
#include "tests/support/corpus.h"
#include "tests/unit/codec/inflate.h"

enum { HEX = 65, NAME_MAX_LEN = 63 };

struct vector {
    char name[NAME_MAX_LEN + 1];
    size_t len;
    char input[HEX], output[HEX];
};

static const char *vectors_path;

static void hex_digest(const void *p, size_t len, char *hex)
{
    unsigned char sum[32];

    assert_int_equal(EVP_Digest(p, len, sum, NULL, EVP_sha256(), NULL), 1);
    for (int i = 0; i < 32; i++)
        snprintf(hex + (size_t)i * 2, 3, "%02x", sum[i]);
}

/* The next line that is not a comment; false at the end. */
static bool next_vector(FILE *f, struct vector *v)
{
    char line[256];

    while (fgets(line, sizeof(line), f)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (sscanf(line, "%63s %zu %64s %64s", v->name, &v->len, v->input, v->output) != 4)
            fail_msg("%s: bad line: %s", vectors_path, line);
        return true;
    }
    return false;
}

/* Compresses in writes of up to step bytes, their lengths by chance; step 0: in one. */
static void compress_into(struct stet_buffer *out, const unsigned char *p, size_t len,
                          unsigned threads, uint32_t step)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer_writer below;
    uint32_t random = 1 + threads;

    stet_buffer_writer_init(&below, out);
    struct stet_writer *w = stet_codec_gzip_new(&below.base, threads, &err);
    assert_non_null(w);
    for (size_t i = 0, n; i < len; i += n) {
        n = step ? 1 + corpus_random(&random) % step : len;
        n = n < len - i ? n : len - i;
        assert_int_equal(stet_writer_write(w, p + i, n, &err), 0);
    }
    assert_int_equal(stet_writer_close(w, &err), 0);
    stet_codec_gzip_free(w);
    assert_int_equal(stet_writer_close(&below.base, &err), 0);
}

static void assert_vector(const struct corpus_input *input, const struct vector *v)
{
    struct stet_buffer gz = STET_BUFFER_INIT;
    unsigned char *p = corpus_make(input);
    char in[HEX], out[HEX];

    compress_into(&gz, p, input->len, 1, 0);
    assert_inflates_to(&gz, p, input->len);
    hex_digest(p, input->len, in);
    hex_digest(gz.data, gz.len, out);
    if (strcmp(input->name, v->name) != 0 || input->len != v->len || strcmp(in, v->input) != 0 ||
        strcmp(out, v->output) != 0) {
        print_error("%s\n should be\n", v->name);
        print_error("%s %zu %s %s\n", input->name, input->len, in, out);
        fail();
    }
    stet_buffer_release(&gz);
    free(p);
}

static void test_every_input_has_the_bytes_of_format_1(void **state)
{
    FILE *f = fopen(vectors_path, "re");
    struct vector v;

    (void)state;
    assert_non_null(f);
    for (size_t i = 0; i < corpus_count; i++) {
        if (!next_vector(f, &v))
            fail_msg("%s: ends before %s", vectors_path, corpus_inputs[i].name);
        assert_vector(&corpus_inputs[i], &v);
    }
    assert_false(next_vector(f, &v));
    fclose(f);
}

static const struct corpus_input *find_input(const char *name)
{
    for (size_t i = 0; i < corpus_count; i++)
        if (strcmp(corpus_inputs[i].name, name) == 0)
            return &corpus_inputs[i];
    fail_msg("no input %s", name);
    return NULL;
}

static void assert_same_however_written(const char *name)
{
    static const uint32_t steps[] = {100, 5000, 70000, 3 << 20};
    const struct corpus_input *input = find_input(name);
    unsigned char *p = corpus_make(input);
    struct stet_buffer first = STET_BUFFER_INIT;

    compress_into(&first, p, input->len, 0, 0);
    for (unsigned threads = 1; threads <= 16; threads++) {
        struct stet_buffer out = STET_BUFFER_INIT;
        compress_into(&out, p, input->len, threads, steps[threads % 4]);
        assert_int_equal(out.len, first.len);
        assert_memory_equal(out.data, first.data, first.len);
        stet_buffer_release(&out);
    }
    stet_buffer_release(&first);
    free(p);
}

static void test_threads_and_writes_do_not_matter(void **state)
{
    (void)state;
    assert_same_however_written("run-0-0");
    assert_same_however_written("text-1000-1");
    assert_same_however_written("noise-1048576-8");
    assert_same_however_written("text-1048577-4");
    assert_same_however_written("mixture-3200000-5");
}

/* Worked out on paper: a literal, a match of the four that follow at distance 1, the end, in fixed
 * codes 10010001, 0000010, 00000, 0000000 after the header's bits 1, 1, 0. */
static void test_a_run_by_hand(void **state)
{
    static const unsigned char want[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 0x4b, 0x04, 0x01, 0};
    struct stet_buffer out = STET_BUFFER_INIT;

    (void)state;
    compress_into(&out, (const unsigned char *)"aaaaa", 5, 1, 0);
    assert_inflates_to(&out, (const unsigned char *)"aaaaa", 5);
    assert_int_equal(out.len, sizeof(want) + 8);
    assert_memory_equal(out.data, want, sizeof(want));
    stet_buffer_release(&out);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_input_has_the_bytes_of_format_1),
        cmocka_unit_test(test_threads_and_writes_do_not_matter),
        cmocka_unit_test(test_a_run_by_hand),
    };

    if (argc != 2)
        return 2;
    vectors_path = argv[1];
    return cmocka_run_group_tests_name("codec/vectors", tests, NULL, NULL);
}
