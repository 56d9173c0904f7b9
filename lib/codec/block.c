/*
 * block - the three forms of a DEFLATE block, what each costs, and writing them.
 */
#include "lib/codec/block.h"
#include "lib/codec/huffman.h"

enum {
    FIXED_LITLEN_SYMBOLS = 288,
    HEADER_SYMBOLS = 19,
    HEADER_LENGTH_MAX = 7,
    REPEAT_LENGTH = 16, /* symbols of the code for code lengths (RFC 1951, 3.2.7) */
    REPEAT_ZERO = 17,
    REPEAT_ZERO_LONG = 18,
    LITLEN_SENT_MIN = 257, /* the fewest code lengths that can be sent */
    DIST_SENT_MIN = 1,
    HEADER_SENT_MIN = 4,
};

enum kind { KIND_STORED = 0, KIND_FIXED = 1, KIND_DYNAMIC = 2 }; /* BTYPE */

static const uint8_t length_extra[LENGTH_SYMBOLS] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                     2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint8_t dist_extra[DIST_SYMBOLS] = {0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
                                                 4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
                                                 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
static const uint8_t header_order[HEADER_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};

struct codes {
    uint8_t litlen_len[FIXED_LITLEN_SYMBOLS], dist_len[DIST_SYMBOLS];
    uint16_t litlen[FIXED_LITLEN_SYMBOLS], dist[DIST_SYMBOLS];
};

/* The description of a dynamic block's codes: the code lengths, as symbols of a third code. */
struct header {
    unsigned litlen_sent, dist_sent, header_sent;
    uint8_t symbol[LITLEN_SYMBOLS + DIST_SYMBOLS];
    uint8_t extra[LITLEN_SYMBOLS + DIST_SYMBOLS]; /* value of the extra bits of each */
    unsigned symbol_count;
    uint8_t len[HEADER_SYMBOLS];
    uint16_t code[HEADER_SYMBOLS];
    uint64_t bits; /* of all that precedes the tokens, the block's first three bits included */
};

static unsigned header_extra(unsigned symbol)
{
    return symbol == REPEAT_LENGTH      ? 2
           : symbol == REPEAT_ZERO      ? 3
           : symbol == REPEAT_ZERO_LONG ? 7
                                        : 0;
}

static void add_symbol(struct header *h, unsigned symbol, unsigned extra)
{
    h->symbol[h->symbol_count] = (uint8_t)symbol;
    h->extra[h->symbol_count] = (uint8_t)extra;
    h->symbol_count++;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Adds run times the same code length. */
static void add_run(struct header *h, unsigned length, unsigned run)
{
    if (length == 0) {
        for (; run >= 11; run -= smaller(run, 138))
            add_symbol(h, REPEAT_ZERO_LONG, smaller(run, 138) - 11);
        if (run >= 3) {
            add_symbol(h, REPEAT_ZERO, run - 3);
            run = 0;
        }
    } else {
        add_symbol(h, length, 0);
        for (run--; run >= 3; run -= smaller(run, 6))
            add_symbol(h, REPEAT_LENGTH, smaller(run, 6) - 3);
    }
    for (; run > 0; run--)
        add_symbol(h, length, 0);
}

/* How many of count code lengths are left without the zeros at the end, but not below min. */
static unsigned trim(const uint8_t *lengths, unsigned count, unsigned min)
{
    while (count > min && lengths[count - 1] == 0)
        count--;
    return count;
}

static void add_runs(struct header *h, const struct codes *c)
{
    uint8_t all[LITLEN_SYMBOLS + DIST_SYMBOLS];
    unsigned n = h->litlen_sent + h->dist_sent;

    memcpy(all, c->litlen_len, h->litlen_sent);
    memcpy(all + h->litlen_sent, c->dist_len, h->dist_sent);
    for (unsigned i = 0, run; i < n; i += run) {
        for (run = 1; i + run < n && all[i + run] == all[i];)
            run++;
        add_run(h, all[i], run);
    }
}

static void describe_codes(struct header *h, const struct codes *c)
{
    uint32_t freq[HEADER_SYMBOLS] = {0};

    h->symbol_count = 0;
    h->litlen_sent = trim(c->litlen_len, LITLEN_SYMBOLS, LITLEN_SENT_MIN);
    h->dist_sent = trim(c->dist_len, DIST_SYMBOLS, DIST_SENT_MIN);
    add_runs(h, c);
    for (unsigned i = 0; i < h->symbol_count; i++)
        freq[h->symbol[i]]++;
    stet_codec_huffman_lengths(freq, HEADER_SYMBOLS, HEADER_LENGTH_MAX, h->len);
    stet_codec_huffman_codes(h->len, HEADER_SYMBOLS, h->code);
    h->header_sent = HEADER_SYMBOLS;
    while (h->header_sent > HEADER_SENT_MIN && h->len[header_order[h->header_sent - 1]] == 0)
        h->header_sent--;
    h->bits = 3 + 5 + 5 + 4 + 3 * h->header_sent;
    for (unsigned s = 0; s < HEADER_SYMBOLS; s++)
        h->bits += (uint64_t)freq[s] * (h->len[s] + header_extra(s));
}

/* What the tokens and the end of the block take in these codes. */
static uint64_t body_bits(const struct counts *n, const struct codes *c)
{
    uint64_t bits = c->litlen_len[LITLEN_END];

    for (unsigned s = 0; s < LITLEN_SYMBOLS; s++)
        bits += (uint64_t)n->litlen[s] * c->litlen_len[s];
    for (unsigned s = 0; s < LENGTH_SYMBOLS; s++)
        bits += (uint64_t)n->litlen[LENGTH_FIRST + s] * length_extra[s];
    for (unsigned s = 0; s < DIST_SYMBOLS; s++)
        bits += (uint64_t)n->dist[s] * (c->dist_len[s] + dist_extra[s]);
    return bits;
}

/* All stored blocks that the data needs, the first beginning after count bits of a byte. */
static uint64_t stored_bits(size_t data_len, unsigned count)
{
    uint64_t pieces = data_len == 0 ? 1 : (data_len + STORED_MAX - 1) / STORED_MAX;
    uint64_t first_align = (0u - (count + 3)) & 7;

    /* From the second on, three bits and five to align them. */
    return 3 + first_align + 32 + (pieces - 1) * (8 + 32) + 8 * (uint64_t)data_len;
}

static void fixed_lengths(struct codes *c)
{
    for (unsigned s = 0; s < FIXED_LITLEN_SYMBOLS; s++)
        c->litlen_len[s] = s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8;
    memset(c->dist_len, 5, sizeof(c->dist_len));
}

static void dynamic_lengths(struct codes *c, const struct counts *n)
{
    uint32_t litlen[LITLEN_SYMBOLS];

    memcpy(litlen, n->litlen, sizeof(litlen));
    litlen[LITLEN_END] = 1;
    memset(c->litlen_len, 0, sizeof(c->litlen_len));
    stet_codec_huffman_lengths(litlen, LITLEN_SYMBOLS, HUFFMAN_LENGTH_MAX, c->litlen_len);
    stet_codec_huffman_lengths(n->dist, DIST_SYMBOLS, HUFFMAN_LENGTH_MAX, c->dist_len);
}

static void make_codes(struct codes *c)
{
    stet_codec_huffman_codes(c->litlen_len, FIXED_LITLEN_SYMBOLS, c->litlen);
    stet_codec_huffman_codes(c->dist_len, DIST_SYMBOLS, c->dist);
}

static void write_stored(struct bits *out, const struct block *b)
{
    const unsigned char *p = b->data;
    size_t left = b->data_len;

    do {
        size_t n = left < STORED_MAX ? left : STORED_MAX;
        left -= n;
        bits_put(out, (b->final && left == 0) | KIND_STORED << 1, 3);
        bits_align(out);
        bits_put(out, n | (n ^ 0xffff) << 16, 32);
        bits_flush(out);
        memcpy(out->out, p, n);
        out->out += n;
        p += n;
    } while (left > 0);
}

static void write_header(struct bits *out, const struct header *h)
{
    bits_put(out, h->litlen_sent - LITLEN_SENT_MIN, 5);
    bits_put(out, h->dist_sent - DIST_SENT_MIN, 5);
    bits_put(out, h->header_sent - HEADER_SENT_MIN, 4);
    bits_flush(out);
    for (unsigned i = 0; i < h->header_sent; i++) {
        bits_put(out, h->len[header_order[i]], 3);
        bits_flush(out);
    }
    for (unsigned i = 0; i < h->symbol_count; i++) {
        unsigned s = h->symbol[i];
        bits_put(out, h->code[s], h->len[s]);
        bits_put(out, h->extra[i], header_extra(s));
        bits_flush(out);
    }
}

/* What is written for a token: one lookup for its literal or length, one for its distance, which of
 * a literal has no bits. So no branch depends on which of the two it is. */
struct write_tables {
    struct {
        uint32_t code; /* and after it the extra bits of a length */
        uint32_t bits;
    } litlen[TOKEN_SYMBOLS];
    struct {
        uint16_t code;
        uint8_t code_bits, bits; /* bits: extra bits included */
    } dist[32];
};

static void make_tables(struct write_tables *t, const struct codes *c)
{
    unsigned first = 3; /* the shortest length of the symbol */

    for (unsigned i = 0; i < 256; i++) {
        t->litlen[i].code = c->litlen[i];
        t->litlen[i].bits = c->litlen_len[i];
    }
    for (unsigned len = 3; len <= MATCH_MAX; len++) {
        unsigned symbol = stet_codec_length_symbol[len], s = LENGTH_FIRST + symbol;
        if (symbol != stet_codec_length_symbol[len - 1])
            first = len;
        t->litlen[256 + len - 3].code = c->litlen[s] | (len - first) << c->litlen_len[s];
        t->litlen[256 + len - 3].bits = c->litlen_len[s] + length_extra[symbol];
    }
    for (unsigned s = 0; s < DIST_SYMBOLS; s++) {
        t->dist[s].code = c->dist[s];
        t->dist[s].code_bits = c->dist_len[s];
        t->dist[s].bits = (uint8_t)(c->dist_len[s] + dist_extra[s]);
    }
    memset(&t->dist[DIST_NONE], 0, sizeof(t->dist[DIST_NONE]));
}

static void write_tokens(struct bits *out, const struct block *b, struct codes *c)
{
    struct write_tables t;
    struct bits bits = *out; /* a copy that needs no memory */

    make_codes(c);
    make_tables(&t, c);
    for (size_t i = 0; i < b->token_count; i++) {
        uint32_t x = b->tokens[i], litlen = x & 511, dist = x >> 9 & 31, extra = x >> 14;
        uint64_t second = t.dist[dist].code | extra << t.dist[dist].code_bits;
        /* At most 15 + 5 + 15 + 13 bits. */
        bits_put(&bits, t.litlen[litlen].code | second << t.litlen[litlen].bits,
                 t.litlen[litlen].bits + t.dist[dist].bits);
        bits_flush(&bits);
    }
    bits_put(&bits, c->litlen[LITLEN_END], c->litlen_len[LITLEN_END]);
    bits_flush(&bits);
    *out = bits;
}

void stet_codec_block_write(struct bits *out, const struct block *b)
{
    struct codes fixed, dynamic;
    struct header header;

    fixed_lengths(&fixed);
    dynamic_lengths(&dynamic, b->counts);
    describe_codes(&header, &dynamic);
    uint64_t stored_cost = stored_bits(b->data_len, out->count);
    uint64_t fixed_cost = 3 + body_bits(b->counts, &fixed);
    uint64_t dynamic_cost = header.bits + body_bits(b->counts, &dynamic);
    if (stored_cost <= fixed_cost && stored_cost <= dynamic_cost) {
        write_stored(out, b);
    } else if (fixed_cost <= dynamic_cost) {
        bits_put(out, (unsigned)b->final | KIND_FIXED << 1, 3);
        write_tokens(out, b, &fixed);
    } else {
        bits_put(out, (unsigned)b->final | KIND_DYNAMIC << 1, 3);
        write_header(out, &header);
        write_tokens(out, b, &dynamic);
    }
}
