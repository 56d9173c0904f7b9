/*
 * simple_gzip_private - what the two halves of simple_gzip share: tokens and blocks, and bits.
 * Section numbers are those of docs/format-1.md, section 4.
 */
#ifndef STET_TESTS_SIMPLE_GZIP_PRIVATE_H
#define STET_TESTS_SIMPLE_GZIP_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"

enum { LITLEN_COUNT = 286, DISTANCE_COUNT = 30 };

/* Where bits go: after those of buffer, or nowhere (buffer NULL), to be counted alone. */
struct bits {
    struct stet_buffer *buffer;
    uint64_t count; /* from the beginning of the member */
    unsigned byte;  /* the count % 8 bits that are not in buffer yet */
};

/* A literal has length 0. */
struct token {
    unsigned length, distance;
    unsigned char literal;
};

/* l and d of 4.5. */
struct frequencies {
    uint32_t l[LITLEN_COUNT], d[DISTANCE_COUNT];
};

/* Tokens, and the bytes that they stand for. */
struct block {
    const struct token *tokens;
    size_t count;
    const unsigned char *bytes;
    size_t len;
};

void simple_put_bits(struct bits *o, unsigned value, unsigned n);
void simple_put_zeros_to_byte(struct bits *o);

/* The frequencies in count tokens. */
void simple_count(const struct token *tokens, size_t count, struct frequencies *f);

/* 4.6: the block in its shortest form. */
void simple_put_block(struct bits *o, const struct block *b, unsigned final);

/* One stored block of at most 65535 bytes. */
void simple_put_stored_block(struct bits *o, const unsigned char *bytes, unsigned len,
                             unsigned final);

/* The largest e with 2^e <= n, for n > 0. */
unsigned simple_floor_log2(uint64_t n);

#endif
