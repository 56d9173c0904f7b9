/* The member, chunks, matches, tokens and blocks: 4.1 to 4.5. See simple_gzip.h. */
#include "tests/support/simple_gzip.h"

#include <string.h>

#include "tests/support/simple_gzip_private.h"

enum {
    CHUNK = 1048576,
    WINDOW = 32768,
    HASH4_COUNT = 1 << 17,
    HASH3_COUNT = 1 << 15,
    MIN_INDEXED = 4,
    MATCH_MAX = 258,
    GOOD_LENGTH = 64,
    FAR_3 = 8192,
    PIECE = 512,
    BLOCK_TOKENS_MAX = 65535,
    SPLIT_PRICE = 614400,
};

static const size_t none = SIZE_MAX;

struct chunk {
    const unsigned char *in;
    size_t s, e;
    /* Element i is of position base + i: the nearest one before it that has the same hash, or
     * none. Positions before base are in no window of this chunk. */
    size_t base;
    size_t same4[WINDOW + CHUNK], same3[WINDOW + CHUNK];
    size_t last4[HASH4_COUNT], last3[HASH3_COUNT];
    size_t count;
    struct token tokens[CHUNK];
};

/* ---- Arithmetic ---- */

unsigned simple_floor_log2(uint64_t n)
{
    unsigned e = 0;
    while (n >> (e + 1) != 0)
        e++;
    return e;
}

/* ---- 4.3 Candidates and matches ---- */

static uint64_t four_bytes(const unsigned char *in, size_t p)
{
    return in[p] + ((uint64_t)in[p + 1] << 8) + ((uint64_t)in[p + 2] << 16) +
           ((uint64_t)in[p + 3] << 24);
}

static size_t hash4(const unsigned char *in, size_t p)
{
    return (four_bytes(in, p) * 2654435761 & 0xffffffff) >> 15;
}

static size_t hash3(const unsigned char *in, size_t p)
{
    return ((four_bytes(in, p) & 0xffffff) * 256 * 2654435761 & 0xffffffff) >> 17;
}

/* Candidates of p lie before p, so that their four bytes end before E where those of p do. */
static void index_positions(struct chunk *c)
{
    c->base = c->s > WINDOW ? c->s - WINDOW : 0;
    for (size_t h = 0; h < HASH4_COUNT; h++)
        c->last4[h] = none;
    for (size_t h = 0; h < HASH3_COUNT; h++)
        c->last3[h] = none;
    for (size_t p = c->base; p + MIN_INDEXED <= c->e; p++) {
        size_t h4 = hash4(c->in, p), h3 = hash3(c->in, p);
        c->same4[p - c->base] = c->last4[h4];
        c->same3[p - c->base] = c->last3[h3];
        c->last4[h4] = p;
        c->last3[h3] = p;
    }
}

static unsigned match_length(const struct chunk *c, size_t p, size_t q)
{
    unsigned n = 0;
    while (n < MATCH_MAX && p + n < c->e && c->in[p + n] == c->in[q + n])
        n++;
    return n;
}

/* The last part of search(): a match of three bytes, or none (length 0). */
static struct token search3(const struct chunk *c, size_t p)
{
    struct token best = {0};
    size_t q = c->same3[p - c->base];
    if (q != none && p - q <= FAR_3 && memcmp(c->in + q, c->in + p, 3) == 0) {
        best.length = 3;
        best.distance = (unsigned)(p - q);
    }
    return best;
}

/* A match, or a token of length 0 for none. */
static struct token search(const struct chunk *c, size_t p, unsigned depth)
{
    struct token best = {.length = 3};
    size_t q = c->same4[p - c->base];
    for (unsigned i = 0; i < depth && q != none && p - q <= WINDOW; i++) {
        unsigned n = match_length(c, p, q);
        if (n > best.length) {
            best.length = n;
            best.distance = (unsigned)(p - q);
            if (n >= GOOD_LENGTH)
                break;
        }
        q = c->same4[q - c->base];
    }
    return best.distance > 0 ? best : search3(c, p);
}

/* ---- 4.4 Tokens ---- */

static int next_is_better(struct token m, struct token k)
{
    return k.length >= m.length && 4 * ((int)k.length - (int)m.length) +
                                           (int)simple_floor_log2(m.distance) -
                                           (int)simple_floor_log2(k.distance) >
                                       2;
}

static void add_literal(struct chunk *c, size_t p)
{
    c->tokens[c->count++] = (struct token){.literal = c->in[p]};
}

static void make_tokens(struct chunk *c)
{
    size_t p = c->s;
    struct token m = {0};

    c->count = 0;
    while (p < c->e) {
        if (m.length == 0 && p + 4 <= c->e)
            m = search(c, p, 16);
        if (m.length == 0) {
            add_literal(c, p++);
            continue;
        }
        if (m.length < GOOD_LENGTH && p + 1 + 4 <= c->e) {
            struct token k = search(c, p + 1, 8);
            if (k.length != 0 && next_is_better(m, k)) {
                add_literal(c, p++);
                m = k;
                continue;
            }
        }
        c->tokens[c->count++] = m;
        p += m.length;
        m.length = 0;
    }
}

/* ---- 4.5 Blocks ---- */

static int64_t weight(int64_t n)
{
    if (n == 0)
        return 0;
    int64_t e = simple_floor_log2((uint64_t)n), f = n * 1024 / ((int64_t)1 << e) - 1024;
    return n * (1024 * e + f + f * (1024 - f) * 22 / 65536);
}

static int64_t spread(const uint32_t *n, unsigned count)
{
    int64_t total = 0, weights = 0;
    for (unsigned i = 0; i < count; i++) {
        total += n[i];
        weights += weight(n[i]);
    }
    return weight(total) - weights;
}

static int64_t cost(const struct frequencies *f)
{
    return spread(f->l, LITLEN_COUNT) + spread(f->d, DISTANCE_COUNT);
}

static struct frequencies sum(const struct frequencies *x, const struct frequencies *y)
{
    struct frequencies both;
    for (unsigned s = 0; s < LITLEN_COUNT; s++)
        both.l[s] = x->l[s] + y->l[s];
    for (unsigned s = 0; s < DISTANCE_COUNT; s++)
        both.d[s] = x->d[s] + y->d[s];
    return both;
}

/* The frequencies in the piece that begins with that token. Returns its number of tokens. */
static size_t count_piece(const struct chunk *c, size_t token, struct frequencies *f)
{
    size_t n = c->count - token < PIECE ? c->count - token : PIECE;
    simple_count(c->tokens + token, n, f);
    return n;
}

/* The number of tokens of the block that begins with token first. */
static size_t block_size(const struct chunk *c, size_t first)
{
    struct frequencies b, p, both;
    size_t tokens = count_piece(c, first, &b);

    while (first + tokens < c->count) {
        size_t n = count_piece(c, first + tokens, &p);
        both = sum(&b, &p);
        if (tokens + n > BLOCK_TOKENS_MAX || cost(&both) > cost(&b) + cost(&p) + SPLIT_PRICE)
            break;
        b = both;
        tokens += n;
    }
    return tokens;
}

static size_t bytes_of_tokens(const struct token *tokens, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += tokens[i].length == 0 ? 1 : tokens[i].length;
    return bytes;
}

static void put_blocks(struct bits *o, const struct chunk *c, int last_chunk)
{
    size_t done = 0;
    const unsigned char *bytes = c->in + c->s;
    do {
        struct block b = {.tokens = c->tokens + done, .bytes = bytes};
        b.count = block_size(c, done);
        b.len = bytes_of_tokens(b.tokens, b.count);
        done += b.count;
        bytes += b.len;
        simple_put_block(o, &b, last_chunk && done == c->count);
    } while (done < c->count);
}

/* ---- 4.2 Chunks ---- */

static void put_chunk(struct bits *o, struct chunk *c, int last)
{
    index_positions(c);
    make_tokens(c);
    put_blocks(o, c, last);
    if (last)
        simple_put_zeros_to_byte(o);
    else
        simple_put_stored_block(o, NULL, 0, 0);
}

static void put_chunks(struct bits *o, const unsigned char *in, size_t len, struct chunk *c)
{
    c->in = in;
    c->e = 0;
    do {
        c->s = c->e;
        c->e = len - c->s > CHUNK ? c->s + CHUNK : len;
        put_chunk(o, c, c->e == len);
    } while (c->e < len);
}

/* ---- 4.1 The member ---- */

static uint32_t crc32(const unsigned char *in, size_t len)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < len; i++) {
        crc ^= in[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

static void put_bytes(struct bits *o, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        simple_put_bits(o, bytes[i], 8);
}

int simple_gzip(const unsigned char *in, size_t len, struct stet_buffer *out,
                struct stet_error *err)
{
    static const unsigned char header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
    struct bits o = {.buffer = out};
    struct chunk *c = malloc(sizeof *c);

    if (!c)
        return stet_error_oom(err, "simple gzip");
    put_bytes(&o, header, sizeof header);
    put_chunks(&o, in, len, c);
    simple_put_bits(&o, crc32(in, len), 32);
    simple_put_bits(&o, (unsigned)(len & 0xffffffff), 32);
    free(c);
    return stet_buffer_check(out, "simple gzip", err);
}
