/*
 * block - DEFLATE blocks from tokens: counting, and the cheapest of the three kinds. Private to
 * codec.
 */
#ifndef STET_CODEC_BLOCK_H
#define STET_CODEC_BLOCK_H

#include <stdbool.h>

#include "lib/codec/bits.h"
#include "lib/codec/match.h"

enum {
    LITLEN_SYMBOLS = 286, /* literals, end of block, lengths */
    LITLEN_END = 256,
    LENGTH_FIRST = 257,
    LENGTH_SYMBOLS = 29,
    DIST_SYMBOLS = 30,
    DIST_NONE = 30,      /* what a literal has in the place of a distance symbol */
    TOKEN_SYMBOLS = 512, /* literals, then lengths from 3 */
    STORED_MAX = 65535,  /* bytes in one stored block */
};

/*
 * A literal or a match, ready to be written:
 *   bits 0-8    a literal, or 256 + length - 3
 *   bits 9-13   the distance symbol, DIST_NONE for a literal
 *   bits 14-26  the distance's extra bits
 */
typedef uint32_t token;

/* How often each symbol occurs in a run of tokens. */
struct counts {
    uint32_t litlen[LITLEN_SYMBOLS];
    uint32_t dist[DIST_SYMBOLS];
};

/* RFC 1951, 3.2.5, by length and by distance - 1. */
extern const uint8_t stet_codec_length_symbol[MATCH_MAX + 1]; /* less LENGTH_FIRST */
extern const uint8_t stet_codec_dist_symbol[512]; /* below 256; else 256 + (distance - 1) / 128 */
extern const uint16_t stet_codec_dist_base[DIST_SYMBOLS];

static inline token token_literal(struct counts *c, unsigned char byte)
{
    c->litlen[byte]++;
    return byte | (uint32_t)DIST_NONE << 9;
}

static inline token token_match(struct counts *c, struct match m)
{
    uint32_t d = m.dist - 1;
    uint32_t symbol = stet_codec_dist_symbol[d < 256 ? d : 256 + (d >> 7)];

    c->litlen[LENGTH_FIRST + stet_codec_length_symbol[m.len]]++;
    c->dist[symbol]++;
    return (256 + m.len - 3) | symbol << 9 | (m.dist - stet_codec_dist_base[symbol]) << 14;
}

struct block {
    const token *tokens;
    size_t token_count;
    const struct counts *counts;
    const unsigned char *data; /* what the tokens stand for */
    size_t data_len;
    bool final;
};

/*
 * Writes a block, in the form that takes the fewest bits (docs/format-1.md, 4.6). The bytes never
 * exceed what storing takes: data_len + 5 for each begun STORED_MAX (one at least) + 1; and
 * BITS_SLACK bytes behind them are overwritten.
 */
void stet_codec_block_write(struct bits *out, const struct block *b);

#endif
