/*
 * match - the links between positions of equal hash.
 */
#include "lib/codec/match.h"

enum { LINK3_SHIFT = 32 - MATCH_HASH3_BITS, LINK4_SHIFT = 32 - MATCH_HASH4_BITS };

/* 2^32 divided by the golden ratio, made odd: neighbouring keys come to lie far apart. */
#define HASH_FACTOR 0x9e3779b1u

static void link_range(struct match_finder *f, uint32_t from, uint32_t to)
{
    const unsigned char *data = f->data;

    for (uint32_t i = from; i < to; i++) {
        uint32_t v = load32(data + i), at = i + MATCH_RING;
        uint32_t h4 = (v * HASH_FACTOR) >> LINK4_SHIFT;
        uint32_t h3 = ((v << 8) * HASH_FACTOR) >> LINK3_SHIFT;
        uint32_t d4 = at - f->head4[h4], d3 = at - f->head3[h3];
        f->head4[h4] = at;
        f->head3[h3] = at;
        f->link4[(uint16_t)i] = (uint16_t)(d4 < MATCH_NONE ? d4 : MATCH_NONE);
        f->link3[(uint16_t)i] = (uint16_t)(d3 < MATCH_NONE ? d3 : MATCH_NONE);
    }
}

void stet_codec_match_link(struct match_finder *f)
{
    uint32_t left = f->end - f->linked - (MATCH_AHEAD - 1);
    uint32_t n = left < MATCH_STRIDE ? left : MATCH_STRIDE;

    link_range(f, f->linked, f->linked + n);
    f->linked += n;
}

void stet_codec_match_begin(struct match_finder *f, const unsigned char *data, uint32_t end)
{
    f->data = data;
    f->end = end;
    f->linked = 0;
    memset(f->head4, 0, sizeof(f->head4));
    memset(f->head3, 0, sizeof(f->head3));
}
