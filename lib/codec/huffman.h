/*
 * huffman - prefix codes of limited length for DEFLATE. Private to codec.
 *
 * The rules, with every tie-break, are docs/format-1.md, 4.7.
 */
#ifndef STET_CODEC_HUFFMAN_H
#define STET_CODEC_HUFFMAN_H

#include <stdint.h>

enum {
    HUFFMAN_SYMBOLS_MAX = 288,
    HUFFMAN_LENGTH_MAX = 15,
};

/*
 * The lengths of a Huffman code for count symbols (2 to HUFFMAN_SYMBOLS_MAX) with these frequencies
 * (whose sum is below 2^23), none longer than limit. Symbols of frequency 0 get length 0. Where
 * fewer than two occur, the lowest others are counted as occurring once, so that every code is
 * complete.
 */
void stet_codec_huffman_lengths(const uint32_t *freq, unsigned count, unsigned limit,
                                uint8_t *lengths);

/* The canonical codes of those lengths (RFC 1951, 3.2.2), with their bits reversed: as they are
 * packed, first bit lowest. 0 for symbols of length 0. */
void stet_codec_huffman_codes(const uint8_t *lengths, unsigned count, uint16_t *codes);

#endif
