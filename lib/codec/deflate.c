/*
 * deflate - from a chunk's bytes to tokens, and from tokens to blocks.
 *
 * Tokens are made in pieces. After each, the piece either joins the block that is being collected
 * or, when its statistics are different enough to pay for a description of its own, has that block
 * written and begins another (docs/format-1.md, 4.4 and 4.5).
 */
#include <stdlib.h>

#include "lib/codec/block.h"
#include "lib/codec/deflate.h"

enum {
    PIECE_TOKENS = 512,
    BLOCK_TOKENS_MAX = 65535,
    SPLIT_BITS = 600, /* what a block of its own must save */
    LOG_BITS = 10,    /* of the fraction in logarithms */
    LOG_CURVE = 22,   /* how much log2 bends between powers of two */
    WEIGHT_TABLE = 2048,
};

struct stet_codec_deflate {
    struct match_finder finder;
    struct bits bits;
    uint32_t pos, end;                             /* in the finder's data */
    struct match pending;                          /* at pos, if there is one */
    token tokens[BLOCK_TOKENS_MAX + PIECE_TOKENS]; /* the block's, then the piece's */
    uint32_t block_tokens, piece_tokens;
    uint32_t block_start, piece_start; /* positions of their first tokens */
    struct counts block, piece;
    uint64_t block_cost;
    uint32_t weights[WEIGHT_TABLE];
};

static unsigned log2_floor(uint32_t n)
{
    return 31 - (unsigned)__builtin_clz(n);
}

/* n * log2(n) in units of 2^-LOG_BITS, the logarithm between powers of two by a parabola. */
static uint64_t weigh(uint32_t n)
{
    if (n == 0)
        return 0;
    unsigned whole = log2_floor(n);
    uint32_t part = (uint32_t)(((uint64_t)n << LOG_BITS >> whole) - (1u << LOG_BITS));
    uint32_t bend = (part * ((1u << LOG_BITS) - part) * LOG_CURVE) >> 16;
    return (uint64_t)n * ((whole << LOG_BITS) + part + bend);
}

static inline uint64_t weight(const struct stet_codec_deflate *d, uint32_t n)
{
    return n < WEIGHT_TABLE ? d->weights[n] : weigh(n);
}

/* The entropy of count symbols, in bits times 2^LOG_BITS, all of them together. */
static uint64_t entropy(const struct stet_codec_deflate *d, const uint32_t *n, size_t count)
{
    uint64_t parts = 0;
    uint32_t total = 0;

    for (size_t i = 0; i < count; i++) {
        parts += weight(d, n[i]);
        total += n[i];
    }
    return weigh(total) - parts;
}

static uint64_t counts_cost(const struct stet_codec_deflate *d, const struct counts *c)
{
    return entropy(d, c->litlen, LITLEN_SYMBOLS) + entropy(d, c->dist, DIST_SYMBOLS);
}

static void add_counts(struct counts *to, const struct counts *c)
{
    for (size_t i = 0; i < LITLEN_SYMBOLS; i++)
        to->litlen[i] += c->litlen[i];
    for (size_t i = 0; i < DIST_SYMBOLS; i++)
        to->dist[i] += c->dist[i];
}

static void write_block(struct stet_codec_deflate *d, bool final)
{
    struct block b = {
        .tokens = d->tokens,
        .token_count = d->block_tokens,
        .counts = &d->block,
        .data = d->finder.data + d->block_start,
        .data_len = d->piece_start - d->block_start,
        .final = final,
    };
    stet_codec_block_write(&d->bits, &b);
}

static void begin_piece(struct stet_codec_deflate *d)
{
    memset(&d->piece, 0, sizeof(d->piece));
    d->piece_tokens = 0;
    d->piece_start = d->pos;
}

/* The piece joins the block, or begins a new one. */
static void end_piece(struct stet_codec_deflate *d)
{
    struct counts both = d->block;
    uint64_t piece_cost = counts_cost(d, &d->piece), both_cost;

    add_counts(&both, &d->piece);
    both_cost = counts_cost(d, &both);
    if (d->block_tokens > 0 &&
        (d->block_tokens + d->piece_tokens > BLOCK_TOKENS_MAX ||
         both_cost > d->block_cost + piece_cost + ((uint64_t)SPLIT_BITS << LOG_BITS))) {
        write_block(d, false);
        memmove(d->tokens, d->tokens + d->block_tokens, d->piece_tokens * sizeof(d->tokens[0]));
        d->block = d->piece;
        d->block_cost = piece_cost;
        d->block_tokens = d->piece_tokens;
        d->block_start = d->piece_start;
    } else {
        d->block = both;
        d->block_cost = both_cost;
        d->block_tokens += d->piece_tokens;
    }
    begin_piece(d);
}

/* Whether next, one position later, is worth more than m: four for each byte of length, less one
 * for each bit of distance, must be three more. */
static inline bool is_better(struct match next, struct match m)
{
    int gain = 4 * ((int)next.len - (int)m.len);

    return next.dist > 0 && gain + (int)log2_floor(m.dist) - (int)log2_floor(next.dist) > 2;
}

/* Makes tokens until the piece is full or the chunk is at its end. */
static void make_piece(struct stet_codec_deflate *d)
{
    struct match_finder *f = &d->finder;
    token *t = d->tokens + d->block_tokens, *full = t + PIECE_TOKENS;
    struct match m = d->pending;
    uint32_t p = d->pos;

    while (t < full && p < d->end) {
        if (p + MATCH_AHEAD > d->end) {
            *t++ = token_literal(&d->piece, f->data[p++]);
            continue;
        }
        match_ready(f, p);
        if (m.dist == 0)
            m = match_search(f, p, 2, MATCH_DEPTH);
        if (m.dist == 0) {
            *t++ = token_literal(&d->piece, f->data[p++]);
            continue;
        }
        if (m.len < MATCH_NICE && p + 1 + MATCH_AHEAD <= d->end) {
            struct match next = match_search(f, p + 1, m.len - 1, MATCH_DEPTH_LAZY);
            if (is_better(next, m)) {
                *t++ = token_literal(&d->piece, f->data[p++]);
                m = next;
                continue;
            }
        }
        *t++ = token_match(&d->piece, m);
        p += m.len;
        m.dist = 0;
    }
    d->pending = m;
    d->pos = p;
    d->piece_tokens = (uint32_t)(t - d->tokens) - d->block_tokens;
}

struct stet_codec_deflate *stet_codec_deflate_new(void)
{
    struct stet_codec_deflate *d = malloc(sizeof(*d));

    if (!d)
        return NULL;
    for (uint32_t n = 0; n < WEIGHT_TABLE; n++)
        d->weights[n] = (uint32_t)weigh(n);
    return d;
}

void stet_codec_deflate_free(struct stet_codec_deflate *d)
{
    free(d);
}

/* An empty stored block. */
static void write_edge(struct bits *bits)
{
    bits_put(bits, 0, 3);
    bits_align(bits);
    bits_put(bits, 0xffff0000, 32);
    bits_flush(bits);
}

size_t stet_codec_deflate_chunk(struct stet_codec_deflate *d, const unsigned char *data,
                                size_t window, size_t len, bool last, unsigned char *out)
{
    stet_codec_match_begin(&d->finder, data, (uint32_t)(window + len));
    d->bits = (struct bits){.out = out};
    d->pos = d->block_start = (uint32_t)window;
    d->end = (uint32_t)(window + len);
    d->pending = (struct match){0, 0};
    d->block_tokens = 0;
    d->block_cost = 0;
    memset(&d->block, 0, sizeof(d->block));
    begin_piece(d);
    while (d->pos < d->end) {
        make_piece(d);
        end_piece(d);
    }
    write_block(d, last);
    if (last)
        bits_align(&d->bits);
    else
        write_edge(&d->bits);
    return (size_t)(d->bits.out - out);
}
