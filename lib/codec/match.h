/*
 * match - finding earlier occurrences of the bytes ahead. Private to codec.
 *
 * What is found is defined without regard to how (docs/format-1.md, 4.3): the candidates at p are
 * the most recent positions q < p, at most MATCH_WINDOW back, whose first four bytes have the same
 * hash. So the links between positions of equal hash can be made in a pass of their own, ahead of
 * the search, where the processor overlaps the misses of the hash table; and the search itself
 * only follows links.
 */
#ifndef STET_CODEC_MATCH_H
#define STET_CODEC_MATCH_H

#include <stdbool.h>

#include "lib/codec/bits.h"

enum {
    MATCH_WINDOW = 32768,
    MATCH_MAX = 258,
    MATCH_AHEAD = 4,      /* bytes that must be ahead for a match to be searched */
    MATCH_NICE = 64,      /* long enough to stop searching */
    MATCH_DEPTH = 16,     /* candidates looked at */
    MATCH_DEPTH_LAZY = 8, /* the same, for the position after a match */
    MATCH_NEAR = 8192,    /* how far back a match of three bytes may be */
    MATCH_HASH4_BITS = 17,
    MATCH_HASH3_BITS = 15,
    MATCH_NONE = 0xffff,
    MATCH_RING = 65536,  /* positions whose links are kept: the window and what is linked ahead */
    MATCH_STRIDE = 8192, /* positions linked in one go */
};

/* dist 0: no match. */
struct match {
    uint32_t len, dist;
};

struct match_finder {
    const unsigned char *data;
    uint32_t end;    /* of data; no match reaches past it */
    uint32_t linked; /* positions below are linked */
    /* The last position of each hash, plus MATCH_RING, so that 0 is out of reach of all. */
    uint32_t head4[1 << MATCH_HASH4_BITS], head3[1 << MATCH_HASH3_BITS];
    /* Distance to the position before of the same hash, MATCH_NONE: none in reach. By position
     * modulo MATCH_RING. */
    uint16_t link4[MATCH_RING], link3[MATCH_RING];
};

/*
 * Begins with data (borrowed) of end bytes, of which those from 0 are candidates. end is at most
 * 2^31.
 */
void stet_codec_match_begin(struct match_finder *f, const unsigned char *data, uint32_t end);

/* Links some more positions. */
void stet_codec_match_link(struct match_finder *f);

/* Sees to it that position p and the one after it are linked, as far as they can begin a match. */
static inline void match_ready(struct match_finder *f, uint32_t p)
{
    while (p + 2 > f->linked && f->linked + MATCH_AHEAD <= f->end)
        stet_codec_match_link(f);
}

/* How many of the first max bytes at a and b are equal. */
static inline uint32_t match_extend(const unsigned char *a, const unsigned char *b, uint32_t max)
{
    uint32_t len = 0;

    for (; len + 8 <= max; len += 8) {
        uint64_t differ = load64(a + len) ^ load64(b + len);
        if (differ)
            return len + ((uint32_t)__builtin_ctzll(differ) >> 3);
    }
    while (len < max && a[len] == b[len])
        len++;
    return len;
}

/*
 * The longest match at p among the first depth candidates that is longer than floor (at least 2),
 * the nearest of those; the first that is MATCH_NICE long ends the search. When there is none
 * of four bytes or more, and floor is 2, the nearest position of the same three-byte hash, if it is
 * at most MATCH_NEAR back and those bytes are equal. p must be ready and MATCH_AHEAD
 * bytes ahead.
 */
static inline __attribute__((always_inline)) struct match
match_search(const struct match_finder *f, uint32_t p, uint32_t floor, unsigned depth)
{
    const unsigned char *here = f->data + p;
    uint32_t max = f->end - p < MATCH_MAX ? f->end - p : MATCH_MAX;
    uint32_t nice = max < MATCH_NICE ? max : MATCH_NICE;
    uint32_t best = floor < 3 ? 3 : floor, found = 0, dist = 0;

    if (best >= max)
        return (struct match){0, 0};
    uint32_t last = load32(here + best - 3);
    for (uint16_t q = (uint16_t)p; depth > 0; depth--) {
        uint32_t step = f->link4[q];
        dist += step;
        if (dist > MATCH_WINDOW)
            break;
        q = (uint16_t)(q - step);
        const unsigned char *there = here - dist;
        /* A longer match has also the four bytes that end one past the best. */
        if (load32(there + best - 3) != last)
            continue;
        uint32_t len = match_extend(here, there, max);
        if (len <= best)
            continue;
        best = len;
        found = dist;
        if (len >= nice)
            break;
        last = load32(here + best - 3);
    }
    if (found == 0 && floor < 3) {
        found = f->link3[(uint16_t)p];
        best = 3;
        if (found > MATCH_NEAR || ((load32(here) ^ load32(here - found)) & 0xffffff) != 0)
            found = 0;
    }
    return (struct match){best, found};
}

#endif
