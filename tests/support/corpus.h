/*
 * corpus - inputs for tests of the encoder, the same on every machine.
 *
 * Each is made from its kind, length and seed by whole-number arithmetic alone. What a kind makes
 * never changes: tests/data/codec/vectors.txt holds the digests of these inputs and of what becomes
 * of them.
 */
#ifndef STET_TESTS_CORPUS_H
#define STET_TESTS_CORPUS_H

#include <stddef.h>
#include <stdint.h>

struct corpus_input {
    const char *name; /* KIND-LENGTH-SEED */
    void (*make)(unsigned char *p, size_t len, uint32_t seed);
    size_t len;
    uint32_t seed;
};

extern const struct corpus_input corpus_inputs[];
extern const size_t corpus_count;

/* The bytes of an input, in an allocation of exactly their number (1 for none). Aborts without
 * memory. Free with free(). */
unsigned char *corpus_make(const struct corpus_input *input);

/* The generator behind all of it: xorshift of 32 bits. *state must not be 0. */
uint32_t corpus_random(uint32_t *state);

#endif
