/*
 * bits - writing a DEFLATE bit stream (RFC 1951, 3.1.1: least significant bit first), and reading
 * little-endian words. Private to codec.
 */
#ifndef STET_CODEC_BITS_H
#define STET_CODEC_BITS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Room that must be left behind the last byte written: bits_flush() stores whole words. */
enum { BITS_SLACK = 8 };

struct bits {
    uint64_t pending;   /* not yet stored; the lowest bit comes first */
    unsigned count;     /* of pending bits; below 8 after a flush */
    unsigned char *out; /* where the next whole byte goes */
};

/* Appends the n lowest bits of v, which has no others. Between two flushes at most 56 bits may be
 * appended. */
static inline void bits_put(struct bits *b, uint64_t v, unsigned n)
{
    b->pending |= v << b->count;
    b->count += n;
}

/* Stores all whole bytes. */
static inline void bits_flush(struct bits *b)
{
    uint64_t le = htole64(b->pending);

    memcpy(b->out, &le, sizeof(le));
    b->out += b->count >> 3;
    b->pending >>= b->count & ~7u;
    b->count &= 7;
}

/* Fills the last byte with zero bits and stores it. */
static inline void bits_align(struct bits *b)
{
    bits_flush(b);
    b->count = (b->count + 7) & ~7u;
    bits_flush(b);
}

/* The 4 bytes at p as a little-endian number. */
static inline uint32_t load32(const unsigned char *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return le32toh(v);
}

/* The 8 bytes at p as a little-endian number. */
static inline uint64_t load64(const unsigned char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return le64toh(v);
}

#endif
