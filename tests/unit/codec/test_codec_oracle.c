/*
 * The encoder's bytes are those of simple_gzip(), which was made from docs/format-1.md alone.
 *
 * With STET_TEST_LONG=N in the environment all of the corpus, all sizes around a chunk and N more
 * random inputs are compared; without it, what takes a few seconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/codec/codec.h"
#include "tests/support/corpus.h"
#include "tests/support/simple_gzip.h"

enum { CHUNK = 1 << 20, SHORT_MAX = 900000, SHORT_COUNT = 300 };

static uint64_t more; /* STET_TEST_LONG */

static void real_gzip(const unsigned char *in, size_t len, unsigned threads, size_t part,
                      struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer_writer below;

    stet_buffer_writer_init(&below, out);
    struct stet_writer *w = stet_codec_gzip_new(&below.base, threads, &err);
    assert_non_null(w);
    for (size_t i = 0; i < len; i += part)
        stet_writer_write(w, in + i, len - i < part ? len - i : part, NULL);
    assert_int_equal(stet_writer_close(w, &err), 0);
    stet_codec_gzip_free(w);
    assert_int_equal(stet_writer_close(&below.base, &err), 0);
}

static void compare(const char *name, const unsigned char *in, size_t len, unsigned threads,
                    size_t part)
{
    _cleanup_buffer_ struct stet_buffer want = STET_BUFFER_INIT, got = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(simple_gzip(in, len, &want, &err), 0);
    real_gzip(in, len, threads, part, &got);
    size_t same = 0, both = want.len < got.len ? want.len : got.len;
    while (same < both && want.data[same] == got.data[same])
        same++;
    if (same < want.len || same < got.len)
        fail_msg("%s (%zu bytes): %zu bytes where the specification wants %zu; equal up to %zu",
                 name, len, got.len, want.len, same);
}

/* ---- Random inputs ---- */

/* How an input is made: which pieces, of how many different bytes. */
struct style {
    uint32_t random; /* of corpus_random() */
    uint32_t letters;
    uint32_t longest; /* piece */
    uint32_t pieces;  /* a bit for each kind that occurs */
};

static uint32_t below(struct style *s, uint32_t n)
{
    return (uint32_t)((uint64_t)corpus_random(&s->random) * n >> 32);
}

static unsigned char letter(struct style *s)
{
    return (unsigned char)(s->letters == 256 ? below(s, 256) : 'a' + below(s, s->letters));
}

/* Distances at which something changes, and others: near ones as often as far ones. */
static size_t some_distance(struct style *s)
{
    static const size_t edges[] = {1,    2,    3,     4,     257,   258,   4096,  8191,
                                   8192, 8193, 24576, 24577, 32767, 32768, 32769, 32770};

    if (below(s, 3) == 0)
        return edges[below(s, sizeof edges / sizeof edges[0])];
    return 1 + below(s, 2u << below(s, 16));
}

/* What stood at a distance before, with a byte changed now and then. */
static void copy_piece(struct style *s, unsigned char *in, size_t p, size_t n, int changed)
{
    size_t distance = some_distance(s);
    for (size_t i = p; i < p + n; i++) {
        int other = i < distance || (changed && below(s, 20) == 0);
        in[i] = other ? letter(s) : in[i - distance];
    }
}

/* At least one byte. Returns how many. */
static size_t add_piece(struct style *s, unsigned char *in, size_t p, size_t room)
{
    size_t n = 1 + below(s, 1 + below(s, s->longest));
    uint32_t kind;

    do
        kind = below(s, 5);
    while ((s->pieces >> kind & 1) == 0);
    if (n > room)
        n = room;
    if (kind == 0)
        memset(in + p, letter(s), n);
    else if (kind <= 2)
        copy_piece(s, in, p, n, kind == 2);
    else
        for (size_t i = p; i < p + n; i++)
            in[i] = kind == 3 ? letter(s) : (unsigned char)below(s, 256);
    return n;
}

static unsigned char *make_input(uint32_t seed, size_t len)
{
    static const uint32_t alphabets[] = {1, 2, 3, 4, 8, 26, 100, 256};
    struct style s = {.random = seed * 2654435761u + 1};
    unsigned char *in = malloc(len ? len : 1);

    assert_non_null(in);
    for (int i = 0; i < 8; i++)
        corpus_random(&s.random);
    s.letters = alphabets[below(&s, 8)];
    s.longest = 4u << below(&s, 10);
    s.pieces = 1 + below(&s, 31);
    for (size_t p = 0; p < len;)
        p += add_piece(&s, in, p, len - p);
    return in;
}

static void compare_seed(uint32_t seed, size_t len)
{
    static const size_t parts[] = {1 << 20, 512, 10240, 65537, 3000001};
    char name[32];

    snprintf(name, sizeof name, "seed %u", seed);
    _cleanup_free_ unsigned char *in = make_input(seed, len);
    compare(name, in, len, 1 + seed % 3, parts[seed % 5]);
}

/* ---- Tests ---- */

static void of_the_corpus(void **state)
{
    (void)state;
    for (size_t i = 0; i < corpus_count; i++) {
        const struct corpus_input *input = &corpus_inputs[i];
        if (input->len > SHORT_MAX && more == 0)
            continue;
        _cleanup_free_ unsigned char *in = corpus_make(input);
        compare(input->name, in, input->len, 2, CHUNK);
    }
}

/* Sizes at which a match, a piece, a stored block or the hash of the last bytes begins to fit. */
static void of_odd_sizes(void **state)
{
    static const size_t sizes[] = {0,   1,   2,    3,    4,     5,     6,     7,     8,
                                   9,   63,  64,   65,   66,    67,    68,    257,   258,
                                   259, 260, 261,  511,  512,   513,   514,   770,   771,
                                   772, 773, 1024, 1025, 32768, 32769, 65534, 65535, 65536};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t times = sizes[i] < 2000 ? 10 : 2;
        for (uint32_t k = 0; k < times; k++)
            compare_seed((uint32_t)(1000 * (i + 1) + k), sizes[i]);
    }
}

static void of_random_inputs(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SHORT_COUNT; i++) {
        uint32_t random = i + 1;
        for (int k = 0; k < 8; k++)
            corpus_random(&random);
        compare_seed(100000 + i, random >> 14 >> i % 16);
    }
}

/* Noise of so many different bytes, from a lowest one on. */
static void add_noise(struct style *s, unsigned char *in, size_t n, uint32_t lowest,
                      uint32_t different)
{
    for (size_t i = 0; i < n; i++)
        in[i] = (unsigned char)(lowest + below(s, different));
}

/* Noise of one kind and another: to end a block where it changes costs as much as not to. */
static void of_drifting_noise(void **state)
{
    enum { LEN = 60000, STRETCH = 2000 };
    _cleanup_free_ unsigned char *in = malloc(LEN + STRETCH);

    (void)state;
    assert_non_null(in);
    for (uint32_t seed = 1; seed <= 30 + more / 10; seed++) {
        struct style s = {.random = seed * 2654435761u + 1};
        for (size_t n, i = 0; i < LEN; i += n) {
            n = 200 + below(&s, STRETCH - 200);
            uint32_t lowest = below(&s, 256);
            add_noise(&s, in + i, n, lowest, 40 + below(&s, 217));
        }
        compare("drifting noise", in, LEN, 1, LEN);
    }
}

/* A second block, which begins at any bit, and is as long stored as it is with codes of its own. */
static void of_hardly_stored_blocks(void **state)
{
    enum { FIRST = 2048, LEN = 3100 };
    unsigned char in[LEN];

    (void)state;
    for (uint32_t seed = 1; seed <= 400 + more; seed++) {
        struct style s = {.random = seed * 2654435761u + 1};
        size_t second = 600 + below(&s, LEN - FIRST - 600);
        add_noise(&s, in, FIRST, 0, 40);
        add_noise(&s, in + FIRST, second, 40, 140 + below(&s, 70));
        compare("hardly stored", in, FIRST + second, 1, LEN);
    }
}

/* The end of a chunk cuts matches, and the last three bytes of one are not searched. */
static void around_a_chunk(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= 10; i++) {
        if (more > 0 || i == 4 || i == 5 || i == 6)
            compare_seed(200000 + i, CHUNK + i - 5);
    }
    compare_seed(200020, 2 * CHUNK + 100);
}

static void of_more_random_inputs(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < more; i++) {
        uint32_t random = 77777 + i;
        for (int k = 0; k < 8; k++)
            corpus_random(&random);
        compare_seed(300000 + i, random >> 10 >> i % 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_odd_sizes),          cmocka_unit_test(of_random_inputs),
        cmocka_unit_test(of_the_corpus),         cmocka_unit_test(around_a_chunk),
        cmocka_unit_test(of_drifting_noise),     cmocka_unit_test(of_hardly_stored_blocks),
        cmocka_unit_test(of_more_random_inputs),
    };
    const char *given = getenv("STET_TEST_LONG");
    struct stet_error err = STET_ERROR_INIT;

    if (given && stet_number_parse(given, 100000000, &more, "STET_TEST_LONG", &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
