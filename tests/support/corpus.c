/*
 * corpus - the kinds of input, and the list.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/corpus.h"

enum { WINDOW = 32768, CHUNK = 1 << 20 };

uint32_t corpus_random(uint32_t *state)
{
    uint32_t x = *state;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* A number below n, from the upper bits. */
static uint32_t below(uint32_t *state, uint32_t n)
{
    return (uint32_t)((uint64_t)corpus_random(state) * n >> 32);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* k with probability 2^-(k+1), at most max. */
static uint32_t geometric(uint32_t *state, uint32_t max)
{
    uint32_t k = 0, x = corpus_random(state);

    x ^= corpus_random(state) >> 16;
    while (k < max && (x >> k & 1))
        k++;
    return k;
}

/* One byte, over and over: the seed. */
static void run(unsigned char *p, size_t len, uint32_t seed)
{
    memset(p, (int)(seed & 255), len);
}

/* Noise: nothing to be found in it. */
static void noise(unsigned char *p, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (unsigned char)(corpus_random(&seed) >> 24);
}

/* Bytes of which 0 is half, 1 a quarter, and so on. */
static void skewed(unsigned char *p, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (unsigned char)geometric(&seed, 31);
}

/* Two, three or four different bytes in no order. */
static void few(unsigned char *p, size_t len, uint32_t seed)
{
    uint32_t n = 2 + seed % 3;

    for (size_t i = 0; i < len; i++)
        p[i] = (unsigned char)("acgt"[below(&seed, n)]);
}

/* Words of a made-up language, the first ones more often; lines of about 70 characters. */
static void text(unsigned char *p, size_t len, uint32_t seed)
{
    static const char syllables[][4] = {"ka", "ro", "mi", "ten", "su", "el", "dor", "va",
                                        "ni", "qu", "os", "pra", "he", "im", "lu",  "sta"};
    size_t i = 0, line = 0;

    while (i < len) {
        uint32_t rank = below(&seed, 1u << (1 + below(&seed, 12)));
        uint32_t word = rank * 2654435761u | 1;
        for (uint32_t k = 0; k < 1 + word % 4 && i < len; k++) {
            const char *s = syllables[corpus_random(&word) >> 28];
            for (; *s && i < len; line++)
                p[i++] = (unsigned char)*s++;
        }
        if (i < len)
            p[i++] = line > 70 ? '\n' : below(&seed, 12) ? ' ' : ',';
        line = line > 70 ? 0 : line + 1;
    }
}

/* Records of eight bytes with small steps between them, tables of zeros, and names: as programs
 * have. */
static void program(unsigned char *p, size_t len, uint32_t seed)
{
    uint32_t address = 0x401000;

    for (size_t i = 0; i < len;) {
        size_t n = smaller(len - i, 16 + below(&seed, 3000));
        uint32_t what = below(&seed, 4);
        if (what == 0) {
            memset(p + i, 0, n);
        } else if (what == 1) {
            text(p + i, n, seed);
        } else {
            for (size_t k = 0; k < n; k++) {
                if (k % 8 == 0)
                    address += 4 + (below(&seed, what == 2 ? 4 : 400) & ~3u);
                uint32_t word = k % 8 < 4 ? address : what == 2 ? 7 : seed >> 20;
                p[i + k] = (unsigned char)(word >> (8 * (k % 4)));
            }
        }
        i += n;
    }
}

/* Stretches that repeat at each distance at which RFC 1951's distance symbols begin and end. */
static void periods(unsigned char *p, size_t len, uint32_t seed)
{
    uint32_t symbol = 0;

    for (size_t i = 0; i < len; symbol = (symbol + 1) % 60) {
        uint32_t s = symbol / 2, extra = s < 4 ? 0 : s / 2 - 1;
        uint32_t base = s < 4 ? s + 1 : ((2 + (s & 1)) << extra) + 1;
        size_t period = symbol % 2 ? base + (1u << extra) - 1 : base;
        size_t n = smaller(len - i, period + 300 + below(&seed, 300));
        for (size_t k = 0; k < n; k++)
            p[i + k] = k < period ? (unsigned char)(corpus_random(&seed) >> 24) : p[i + k - period];
        i += n;
    }
}

/* Noise, with one stretch of 1000 bytes again at a distance of the seed, of which there must be
 * enough before the middle. */
static void again(unsigned char *p, size_t len, uint32_t seed)
{
    noise(p, len, seed);
    for (size_t k = 0, at = len / 2; k < 1000 && at + k < len; k++)
        p[at + k] = p[at + k - seed];
}

/* Noise, with three bytes now and then again at a distance of the seed. */
static void triples(unsigned char *p, size_t len, uint32_t seed)
{
    noise(p, len, seed);
    for (size_t i = seed; i + 3 <= len; i += 100)
        memcpy(p + i, p + i - seed, 3);
}

/* Copies of all lengths from 3 to 258 and from all distances, with literals between them. */
static void all_symbols(unsigned char *p, size_t len, uint32_t seed)
{
    size_t i = smaller(len, WINDOW);

    noise(p, i, seed);
    while (i < len) {
        size_t n = smaller(len - i, 3 + below(&seed, 256));
        size_t distance = below(&seed, WINDOW);
        distance = 1 + (distance >> below(&seed, 16));
        for (; n > 0; n--, i++)
            p[i] = p[i - distance];
        for (n = smaller(len - i, below(&seed, 6)); n > 0; n--)
            p[i++] = (unsigned char)(corpus_random(&seed) >> 24);
    }
}

/* Copies whose lengths are so uneven that a Huffman code without a limit would need words of more
 * than 15 bits; with seed odd, the distances too. */
static void deep(unsigned char *p, size_t len, uint32_t seed)
{
    static const uint16_t lengths[] = {4,  5,  6,  7,  8,  9,  10, 11, 13, 15, 17,
                                       19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99};
    uint32_t odd = seed & 1;
    size_t i = smaller(len, WINDOW);

    noise(p, i, seed);
    while (i < len) {
        size_t n = smaller(len - i, lengths[geometric(&seed, 21)]);
        uint32_t symbol = odd ? 29 - geometric(&seed, 26) : 29,
                 extra = symbol < 4 ? 0 : symbol / 2 - 1;
        uint32_t base = symbol < 4 ? symbol + 1 : ((2 + (symbol & 1)) << extra) + 1;
        size_t distance = base + below(&seed, 1u << extra);
        for (; n > 0; n--, i++)
            p[i] = p[i - distance];
    }
}

/* Words of four bytes with one and the same hash of format 1, more of them than a search looks at:
 * the inverse of the hash's factor finds them. With seed odd, of three bytes and their hash. */
static void collisions(unsigned char *p, size_t len, uint32_t seed)
{
    enum { WORDS = 40 };
    const uint32_t inverse = 0x0e8b2f51; /* times 2654435761 is 1 modulo 2^32 */
    uint32_t words[WORDS], hash = corpus_random(&seed), n = 0, odd = seed & 1;

    for (uint32_t low = 0; n < WORDS; low++) {
        uint32_t word = odd ? ((hash & 0xfffe0000) + low) * inverse
                            : ((hash & 0xffff8000) + (low & 0x7fff)) * inverse;
        if (odd && (word & 255) != 0)
            continue; /* three bytes are hashed as the upper three of four */
        words[n++] = odd ? word >> 8 : word;
    }
    for (size_t i = 0; i < len;) {
        uint32_t word = words[below(&seed, WORDS)];
        uint32_t bytes = odd ? 3 : 4;
        for (uint32_t k = 0; k < bytes && i < len; k++)
            p[i++] = (unsigned char)(word >> (8 * k));
        for (uint32_t k = below(&seed, 3); k > 0 && i < len; k--)
            p[i++] = (unsigned char)(corpus_random(&seed) >> 24);
    }
}

/* Stretches of all the kinds, some of them small: blocks of all forms in one chunk. */
static void mixture(unsigned char *p, size_t len, uint32_t seed)
{
    static void (*const kinds[])(unsigned char *, size_t, uint32_t) = {
        run, noise, skewed, few, text, program, periods, all_symbols, text, program, noise,
    };

    for (size_t i = 0; i < len;) {
        size_t n = smaller(len - i, 1 + below(&seed, 64u << below(&seed, 12)));
        uint32_t kind = below(&seed, sizeof(kinds) / sizeof(kinds[0]));
        kinds[kind](p + i, n, corpus_random(&seed));
        i += n;
    }
}

/* Text, with zeros or noise around the edge of each chunk, and what stands just before it again
 * just after. */
static void edges(unsigned char *p, size_t len, uint32_t seed)
{
    text(p, len, seed);
    for (size_t edge = CHUNK; edge + 70000 < len; edge += CHUNK) {
        if (edge / CHUNK % 2)
            memset(p + edge - 700, 0, 1400);
        else
            noise(p + edge - 40000, 40000, seed + (uint32_t)(edge / CHUNK));
        memcpy(p + edge + 700, p + edge + 700 - WINDOW, 20000);
    }
}

#define INPUT(kind, length, seed)                                                                  \
    {                                                                                              \
#kind "-" #length "-" #seed, kind, length, seed                                            \
    }

const struct corpus_input corpus_inputs[] = {
    INPUT(run, 0, 0),
    INPUT(run, 1, 0),
    INPUT(run, 1, 255),
    INPUT(run, 2, 97),
    INPUT(run, 3, 97),
    INPUT(run, 4, 97),
    INPUT(run, 5, 97),
    INPUT(run, 6, 97),
    INPUT(run, 7, 97),
    INPUT(run, 8, 200),
    INPUT(run, 9, 97),
    INPUT(run, 67, 97),
    INPUT(run, 68, 97),
    INPUT(run, 258, 97),
    INPUT(run, 259, 97),
    INPUT(run, 260, 97),
    INPUT(run, 263, 97),
    INPUT(run, 32768, 0),
    INPUT(run, 1048575, 0),
    INPUT(run, 1048576, 0),
    INPUT(run, 1048577, 0),
    INPUT(run, 3000000, 1),
    INPUT(noise, 1, 5),
    INPUT(noise, 2, 5),
    INPUT(noise, 3, 5),
    INPUT(noise, 4, 5),
    INPUT(noise, 5, 5),
    INPUT(noise, 511, 6),
    INPUT(noise, 512, 6),
    INPUT(noise, 513, 6),
    INPUT(noise, 1025, 6),
    INPUT(noise, 65023, 7),
    INPUT(noise, 65024, 7),
    INPUT(noise, 65025, 7),
    INPUT(noise, 65535, 7),
    INPUT(noise, 65536, 7),
    INPUT(noise, 1048575, 8),
    INPUT(noise, 1048576, 8),
    INPUT(noise, 1048577, 8),
    INPUT(noise, 1048580, 8),
    INPUT(skewed, 100, 1),
    INPUT(skewed, 5000, 2),
    INPUT(skewed, 400000, 3),
    INPUT(few, 50, 1),
    INPUT(few, 1000, 3),
    INPUT(few, 70000, 1),
    INPUT(few, 70000, 2),
    INPUT(few, 70000, 3),
    INPUT(text, 20, 1),
    INPUT(text, 100, 1),
    INPUT(text, 1000, 1),
    INPUT(text, 32767, 2),
    INPUT(text, 32768, 2),
    INPUT(text, 32769, 2),
    INPUT(text, 300000, 3),
    INPUT(text, 1048575, 4),
    INPUT(text, 1048576, 4),
    INPUT(text, 1048577, 4),
    INPUT(program, 500, 1),
    INPUT(program, 40000, 2),
    INPUT(program, 1500000, 3),
    INPUT(periods, 300000, 1),
    INPUT(periods, 900000, 2),
    INPUT(again, 100000, 32767),
    INPUT(again, 100000, 32768),
    INPUT(again, 100000, 32769),
    INPUT(again, 2097152, 32767),
    INPUT(again, 2097152, 32768),
    INPUT(again, 2097152, 32769),
    INPUT(again, 2097140, 32768),
    INPUT(triples, 40000, 8191),
    INPUT(triples, 40000, 8192),
    INPUT(triples, 40000, 8193),
    INPUT(all_symbols, 200000, 1),
    INPUT(all_symbols, 1200000, 2),
    INPUT(deep, 900000, 2),
    INPUT(deep, 900000, 3),
    INPUT(collisions, 3000, 2),
    INPUT(collisions, 60000, 3),
    INPUT(collisions, 60000, 4),
    INPUT(collisions, 60000, 5),
    INPUT(mixture, 3000, 1),
    INPUT(mixture, 30000, 2),
    INPUT(mixture, 300000, 3),
    INPUT(mixture, 1048577, 4),
    INPUT(mixture, 3200000, 5),
    INPUT(edges, 3300000, 1),
};

const size_t corpus_count = sizeof(corpus_inputs) / sizeof(corpus_inputs[0]);

unsigned char *corpus_make(const struct corpus_input *input)
{
    unsigned char *p = malloc(input->len ? input->len : 1);

    if (!p)
        abort();
    input->make(p, input->len, input->seed);
    return p;
}
