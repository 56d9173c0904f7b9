/*
 * Code lengths: the optimum where the limit allows it, complete codes always, every tie as the
 * specification has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/codec/huffman.h"

static void assert_lengths(const uint32_t *freq, unsigned n, unsigned limit, const uint8_t *want)
{
    uint8_t got[HUFFMAN_SYMBOLS_MAX];

    stet_codec_huffman_lengths(freq, n, limit, got);
    assert_memory_equal(got, want, n);
}

/* The sum of 2^-length over all words, times 2^15: 2^15 exactly if no bits lead nowhere. */
static unsigned kraft(const uint8_t *lengths, unsigned n)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < n; i++)
        sum += lengths[i] ? 1u << (HUFFMAN_LENGTH_MAX - lengths[i]) : 0;
    return sum;
}

static void test_none_or_one_symbol_gets_company(void **state)
{
    (void)state;
    assert_lengths((const uint32_t[]){0, 0, 0}, 3, 15, (const uint8_t[]){1, 1, 0});
    assert_lengths((const uint32_t[]){5, 0, 0}, 3, 15, (const uint8_t[]){1, 1, 0});
    assert_lengths((const uint32_t[]){0, 0, 5}, 3, 15, (const uint8_t[]){1, 0, 1});
}

static void test_ties(void **state)
{
    (void)state;
    /* The first two are a pair, then the next two; the fifth goes with the first pair. */
    assert_lengths((const uint32_t[]){1, 1, 1, 1, 1}, 5, 15, (const uint8_t[]){3, 3, 2, 2, 2});
    /* The pair 1+1 is no lighter than the leaf 2: the leaf is taken first. */
    assert_lengths((const uint32_t[]){1, 1, 2, 2}, 4, 15, (const uint8_t[]){2, 2, 2, 2});
    assert_lengths((const uint32_t[]){2, 1, 1}, 3, 15, (const uint8_t[]){1, 2, 2});
    assert_lengths((const uint32_t[]){3, 1, 2, 1}, 4, 15, (const uint8_t[]){1, 3, 2, 3});
}

static void test_the_limit_halves_the_frequencies(void **state)
{
    (void)state;
    /* Halved they are 4 2 1 1 1: the leaf 2 is taken before the equal pair. */
    assert_lengths((const uint32_t[]){8, 4, 2, 1, 1}, 5, 4, (const uint8_t[]){1, 2, 3, 4, 4});
    assert_lengths((const uint32_t[]){8, 4, 2, 1, 1}, 5, 3, (const uint8_t[]){1, 3, 3, 3, 3});
}

static void test_fibonacci_stays_within_limits(void **state)
{
    uint32_t freq[30] = {1, 1};
    uint8_t lengths[30];

    (void)state;
    for (unsigned i = 2; i < 30; i++)
        freq[i] = freq[i - 1] + freq[i - 2];
    for (unsigned n = 2; n <= 30; n++)
        for (unsigned limit = 7; limit <= 15; limit++) {
            stet_codec_huffman_lengths(freq, n, limit, lengths);
            assert_int_equal(kraft(lengths, n), 1 << HUFFMAN_LENGTH_MAX);
            for (unsigned i = 0; i < n; i++)
                assert_in_range(lengths[i], 1, limit);
        }
}

static void test_many_symbols_are_sorted(void **state)
{
    uint32_t freq[286];
    uint8_t lengths[286];

    (void)state;
    for (unsigned i = 0; i < 286; i++)
        freq[i] = 1 + (i * 7919 % 286) * 300;
    stet_codec_huffman_lengths(freq, 286, 15, lengths);
    assert_int_equal(kraft(lengths, 286), 1 << HUFFMAN_LENGTH_MAX);
    for (unsigned a = 0; a < 286; a++)
        for (unsigned b = 0; b < 286; b++)
            if (freq[a] < freq[b])
                assert_true(lengths[a] >= lengths[b]);
}

static void test_codes_as_in_rfc_1951(void **state)
{
    /* The example of 3.2.2: A to H are 010 011 100 101 110 00 1110 1111, here last bit first. */
    static const uint8_t lengths[] = {3, 3, 3, 3, 3, 2, 4, 4};
    static const uint16_t want[] = {2, 6, 1, 5, 3, 0, 7, 15};
    uint16_t codes[8];

    (void)state;
    stet_codec_huffman_codes(lengths, 8, codes);
    assert_memory_equal(codes, want, sizeof(want));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_or_one_symbol_gets_company),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_the_limit_halves_the_frequencies),
        cmocka_unit_test(test_fibonacci_stays_within_limits),
        cmocka_unit_test(test_many_symbols_are_sorted),
        cmocka_unit_test(test_codes_as_in_rfc_1951),
    };

    return cmocka_run_group_tests_name("codec/huffman", tests, NULL, NULL);
}
