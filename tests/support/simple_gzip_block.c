/* The form of a block, and its codes: 4.6 to 4.8. See simple_gzip.h. */
#include <string.h>

#include "tests/support/simple_gzip_private.h"

enum { CLEN_COUNT = 19, END_OF_BLOCK = 256, STORED_MAX = 65535 };

static const size_t none = SIZE_MAX;

/* A code of 4.7: lengths, and words with the first bit highest. */
struct code {
    unsigned length[LITLEN_COUNT + 2];
    unsigned word[LITLEN_COUNT + 2];
};

/* The codes of a block, and what describes them. */
struct codes {
    struct code l, d;
};

/* A symbol of 4.8, and its extra bits. */
struct run_symbol {
    unsigned symbol, extra_bits, extra;
};

struct description {
    unsigned hlit, hdist, hclen; /* the counts themselves, not what is left of them in the field */
    struct code code;
    size_t count;
    struct run_symbol symbols[LITLEN_COUNT + DISTANCE_COUNT];
};

/* ---- Bits (RFC 1951, 3.1.1) ---- */

static void put_bit(struct bits *o, unsigned bit)
{
    o->byte |= bit << (o->count % 8);
    o->count++;
    if (o->count % 8 == 0) {
        if (o->buffer)
            stet_buffer_add_char(o->buffer, (char)o->byte);
        o->byte = 0;
    }
}

/* Lowest bit first: everything but Huffman codes. */
void simple_put_bits(struct bits *o, unsigned value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put_bit(o, value >> i & 1);
}

/* Highest bit first. */
static void put_word(struct bits *o, const struct code *code, unsigned symbol)
{
    for (unsigned i = code->length[symbol]; i > 0; i--)
        put_bit(o, code->word[symbol] >> (i - 1) & 1);
}

void simple_put_zeros_to_byte(struct bits *o)
{
    while (o->count % 8 != 0)
        put_bit(o, 0);
}

/* ---- The symbols of lengths and distances (RFC 1951, 3.2.5) ---- */

static const unsigned length_base[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                       15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                       67, 83, 99, 115, 131, 163, 195, 227, 258};
static const unsigned length_extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                        2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const unsigned distance_base[] = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const unsigned distance_extra[] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                          6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

/* The last of count bases that is not greater than value. */
static unsigned symbol_of(const unsigned *base, unsigned count, unsigned value)
{
    unsigned i = count - 1;
    while (base[i] > value)
        i--;
    return i;
}

static unsigned length_index(unsigned length)
{
    return symbol_of(length_base, 29, length);
}

static unsigned distance_symbol(unsigned distance)
{
    return symbol_of(distance_base, DISTANCE_COUNT, distance);
}

void simple_count(const struct token *tokens, size_t count, struct frequencies *f)
{
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < count; i++) {
        const struct token *t = &tokens[i];
        if (t->length == 0) {
            f->l[t->literal]++;
        } else {
            f->l[257 + length_index(t->length)]++;
            f->d[distance_symbol(t->distance)]++;
        }
    }
}

/* ---- 4.7 Codes ---- */

struct node {
    uint64_t weight;
    size_t parent; /* its pair, none for the last */
};

/* Leaves by rising weight, then pairs in the order of their making: both queues of step 3. */
struct forest {
    struct node nodes[2 * LITLEN_COUNT];
    unsigned symbol[LITLEN_COUNT]; /* of a leaf */
    size_t leaves, count;
    size_t leaf, pair; /* the first one of either queue */
};

/* Step 1 */
static void make_two(uint32_t *frequency, unsigned k)
{
    unsigned used = 0;
    for (unsigned s = 0; s < k; s++)
        used += frequency[s] > 0;
    for (unsigned s = 0; s < k && used < 2; s++) {
        if (frequency[s] == 0) {
            frequency[s] = 1;
            used++;
        }
    }
}

/* Step 2: insertion after all leaves of smaller and equal weight. */
static void make_leaves(struct forest *t, const uint32_t *frequency, unsigned k)
{
    t->leaves = 0;
    for (unsigned s = 0; s < k; s++) {
        if (frequency[s] == 0)
            continue;
        size_t i = t->leaves++;
        for (; i > 0 && t->nodes[i - 1].weight > frequency[s]; i--) {
            t->nodes[i] = t->nodes[i - 1];
            t->symbol[i] = t->symbol[i - 1];
        }
        t->nodes[i] = (struct node){frequency[s], none};
        t->symbol[i] = s;
    }
    t->count = t->leaves;
    t->leaf = 0;
    t->pair = t->leaves;
}

static size_t take_node(struct forest *t)
{
    if (t->pair == t->count)
        return t->leaf++;
    if (t->leaf < t->leaves && t->nodes[t->leaf].weight <= t->nodes[t->pair].weight)
        return t->leaf++;
    return t->pair++;
}

/* Step 3 */
static void make_pairs(struct forest *t)
{
    while ((t->leaves - t->leaf) + (t->count - t->pair) > 1) {
        size_t a = take_node(t), b = take_node(t);
        t->nodes[a].parent = t->nodes[b].parent = t->count;
        t->nodes[t->count++] = (struct node){t->nodes[a].weight + t->nodes[b].weight, none};
    }
}

/* Step 4. Returns the greatest length. */
static unsigned measure(const struct forest *t, unsigned k, struct code *code)
{
    unsigned longest = 0;
    for (unsigned s = 0; s < k; s++)
        code->length[s] = 0;
    for (size_t i = 0; i < t->leaves; i++) {
        unsigned length = 0;
        for (size_t n = t->nodes[i].parent; n != none; n = t->nodes[n].parent)
            length++;
        code->length[t->symbol[i]] = length;
        if (length > longest)
            longest = length;
    }
    return longest;
}

/* Step 6: RFC 1951, 3.2.2, said as: shorter words first, of one length by rising symbol. */
static void make_words(struct code *code, unsigned k)
{
    unsigned word = 0;
    for (unsigned length = 1; length <= 15; length++) {
        word <<= 1;
        for (unsigned s = 0; s < k; s++) {
            if (code->length[s] == length)
                code->word[s] = word++;
        }
    }
}

static void make_code(const uint32_t *frequencies, unsigned k, unsigned limit, struct code *code)
{
    uint32_t f[LITLEN_COUNT];
    struct forest t;

    memcpy(f, frequencies, k * sizeof *f);
    make_two(f, k);
    for (;;) {
        make_leaves(&t, f, k);
        make_pairs(&t);
        if (measure(&t, k, code) <= limit)
            break;
        for (unsigned s = 0; s < k; s++) /* step 5; 0 stays 0 */
            f[s] = (f[s] + 1) / 2;
    }
    make_words(code, k);
}

/* The fixed codes (RFC 1951, 3.2.6). Symbols 286 and 287 take part in making the words. */
static void fixed_codes(struct codes *codes)
{
    for (unsigned s = 0; s < 288; s++)
        codes->l.length[s] = s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8;
    make_words(&codes->l, 288);
    for (unsigned s = 0; s < 32; s++)
        codes->d.length[s] = 5;
    make_words(&codes->d, 32);
}

/* 4.6, the last paragraph */
static void dynamic_codes(const struct frequencies *frequencies, struct codes *codes)
{
    struct frequencies f = *frequencies;
    f.l[END_OF_BLOCK] = 1;
    make_code(f.l, LITLEN_COUNT, 15, &codes->l);
    make_code(f.d, DISTANCE_COUNT, 15, &codes->d);
}

/* ---- 4.8 The description of the codes ---- */

/* As few of the first count lengths as keep all above 0. */
static unsigned needed(const unsigned *length, unsigned count)
{
    while (count > 0 && length[count - 1] == 0)
        count--;
    return count;
}

static void add_symbol(struct description *d, unsigned symbol, unsigned bits, unsigned extra)
{
    d->symbols[d->count++] = (struct run_symbol){symbol, bits, extra};
}

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void add_run_of_zeros(struct description *d, unsigned r)
{
    while (r >= 11) {
        unsigned n = min(r, 138);
        add_symbol(d, 18, 7, n - 11);
        r -= n;
    }
    if (r >= 3) {
        add_symbol(d, 17, 3, r - 3);
        r = 0;
    }
    for (; r > 0; r--)
        add_symbol(d, 0, 0, 0);
}

static void add_run(struct description *d, unsigned v, unsigned r)
{
    add_symbol(d, v, 0, 0);
    r--;
    while (r >= 3) {
        unsigned n = min(r, 6);
        add_symbol(d, 16, 2, n - 3);
        r -= n;
    }
    for (; r > 0; r--)
        add_symbol(d, v, 0, 0);
}

static void add_runs(struct description *d, const unsigned *length, unsigned count)
{
    unsigned r;
    d->count = 0;
    for (unsigned i = 0; i < count; i += r) {
        for (r = 1; i + r < count && length[i + r] == length[i];)
            r++;
        if (length[i] == 0)
            add_run_of_zeros(d, r);
        else
            add_run(d, length[i], r);
    }
}

static const unsigned clen_order[CLEN_COUNT] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                11, 4,  12, 3, 13, 2, 14, 1, 15};

static void describe(const struct codes *codes, struct description *d)
{
    unsigned length[LITLEN_COUNT + DISTANCE_COUNT], ordered[CLEN_COUNT];
    uint32_t f[CLEN_COUNT] = {0};

    d->hlit = needed(codes->l.length, LITLEN_COUNT);
    d->hdist = needed(codes->d.length, DISTANCE_COUNT);
    memcpy(length, codes->l.length, d->hlit * sizeof *length);
    memcpy(length + d->hlit, codes->d.length, d->hdist * sizeof *length);
    add_runs(d, length, d->hlit + d->hdist);
    for (size_t i = 0; i < d->count; i++)
        f[d->symbols[i].symbol]++;
    make_code(f, CLEN_COUNT, 7, &d->code);
    for (unsigned i = 0; i < CLEN_COUNT; i++)
        ordered[i] = d->code.length[clen_order[i]];
    d->hclen = needed(ordered, CLEN_COUNT);
    if (d->hclen < 4)
        d->hclen = 4;
}

static void put_description(struct bits *o, const struct codes *codes)
{
    struct description d;

    describe(codes, &d);
    simple_put_bits(o, d.hlit - 257, 5);
    simple_put_bits(o, d.hdist - 1, 5);
    simple_put_bits(o, d.hclen - 4, 4);
    for (unsigned i = 0; i < d.hclen; i++)
        simple_put_bits(o, d.code.length[clen_order[i]], 3);
    for (size_t i = 0; i < d.count; i++) {
        put_word(o, &d.code, d.symbols[i].symbol);
        simple_put_bits(o, d.symbols[i].extra, d.symbols[i].extra_bits);
    }
}

/* ---- 4.6 The form of a block ---- */

void simple_put_stored_block(struct bits *o, const unsigned char *in, unsigned len, unsigned final)
{
    simple_put_bits(o, final, 1);
    simple_put_bits(o, 0, 2);
    simple_put_zeros_to_byte(o);
    simple_put_bits(o, len, 16);
    simple_put_bits(o, len ^ 0xffff, 16);
    for (unsigned i = 0; i < len; i++)
        simple_put_bits(o, in[i], 8);
}

static void put_stored(struct bits *o, const struct block *b, unsigned final)
{
    size_t i = 0;
    for (; b->len - i > STORED_MAX; i += STORED_MAX)
        simple_put_stored_block(o, b->bytes + i, STORED_MAX, 0);
    simple_put_stored_block(o, b->bytes + i, (unsigned)(b->len - i), final);
}

static void put_tokens(struct bits *o, const struct block *b, const struct codes *codes)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct token *t = &b->tokens[i];
        if (t->length == 0) {
            put_word(o, &codes->l, t->literal);
            continue;
        }
        unsigned l = length_index(t->length), d = distance_symbol(t->distance);
        put_word(o, &codes->l, 257 + l);
        simple_put_bits(o, t->length - length_base[l], length_extra[l]);
        put_word(o, &codes->d, d);
        simple_put_bits(o, t->distance - distance_base[d], distance_extra[d]);
    }
    put_word(o, &codes->l, END_OF_BLOCK);
}

static void put_fixed(struct bits *o, const struct block *b, unsigned final)
{
    struct codes codes;

    fixed_codes(&codes);
    simple_put_bits(o, final, 1);
    simple_put_bits(o, 1, 2);
    put_tokens(o, b, &codes);
}

static void put_dynamic(struct bits *o, const struct block *b, unsigned final)
{
    struct frequencies f;
    struct codes codes;

    simple_count(b->tokens, b->count, &f);
    dynamic_codes(&f, &codes);
    simple_put_bits(o, final, 1);
    simple_put_bits(o, 2, 2);
    put_description(o, &codes);
    put_tokens(o, b, &codes);
}

typedef void put_form(struct bits *o, const struct block *b, unsigned final);

static put_form *const forms[] = {put_stored, put_fixed, put_dynamic};

void simple_put_block(struct bits *o, const struct block *b, unsigned final)
{
    put_form *shortest = NULL;
    uint64_t shortest_end = 0;

    for (unsigned i = 0; i < 3; i++) {
        struct bits counted = {.count = o->count};
        forms[i](&counted, b, final);
        if (!shortest || counted.count < shortest_end) {
            shortest = forms[i];
            shortest_end = counted.count;
        }
    }
    shortest(o, b, final);
}
