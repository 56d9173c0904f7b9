/*
 * huffman - code lengths from frequencies, codes from lengths.
 */
#include <stdbool.h>
#include <string.h>

#include "lib/codec/huffman.h"

enum {
    KEY_SYMBOL_BITS = 9, /* a sort key is a frequency above a symbol */
    KEY_SYMBOL_MASK = (1 << KEY_SYMBOL_BITS) - 1,
    INSERTION_MAX = 24, /* keys sorted by insertion */
};

static void sort_by_insertion(uint32_t *keys, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        uint32_t key = keys[i];
        unsigned j = i;
        for (; j > 0 && keys[j - 1] > key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

/* Sorts keys that are already in the order of their symbols: stable passes over the frequency's
 * bytes. */
static void sort_keys(uint32_t *keys, unsigned n)
{
    uint32_t other[HUFFMAN_SYMBOLS_MAX], *from = keys, *to = other, all = 0;

    if (n <= INSERTION_MAX) {
        sort_by_insertion(keys, n);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        all |= keys[i];
    for (unsigned shift = KEY_SYMBOL_BITS; shift < 32 && all >> shift; shift += 8) {
        uint16_t start[257] = {0};
        for (unsigned i = 0; i < n; i++)
            start[(from[i] >> shift & 255) + 1]++;
        for (unsigned i = 0; i < 255; i++)
            start[i + 1] = (uint16_t)(start[i + 1] + start[i]);
        for (unsigned i = 0; i < n; i++)
            to[start[from[i] >> shift & 255]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, n * sizeof(*keys));
}

/* Nodes 0 to n-1 are the leaves, by weight; those after them the pairs, in the order they are made,
 * which is by weight too. */
struct tree {
    uint32_t weight[2 * HUFFMAN_SYMBOLS_MAX];
    uint16_t parent[2 * HUFFMAN_SYMBOLS_MAX];
    unsigned leaves, leaf, pairs, pair; /* leaf and pair: the next of each without a parent */
};

/* The lightest node without a parent; of equal ones a leaf. */
static unsigned take_lightest(struct tree *t)
{
    if (t->pair == t->pairs || (t->leaf < t->leaves && t->weight[t->leaf] <= t->weight[t->pair]))
        return t->leaf++;
    return t->pair++;
}

static void build_tree(struct tree *t, const uint32_t *keys, unsigned n)
{
    t->leaves = t->pair = t->pairs = n;
    t->leaf = 0;
    for (unsigned i = 0; i < n; i++)
        t->weight[i] = keys[i] >> KEY_SYMBOL_BITS;
    while (t->pairs < 2 * n - 1) {
        unsigned a = take_lightest(t), b = take_lightest(t);
        t->weight[t->pairs] = t->weight[a] + t->weight[b];
        t->parent[a] = t->parent[b] = (uint16_t)t->pairs;
        t->pairs++;
    }
}

/* Writes each leaf's depth; false when one is deeper than limit. */
static bool assign_depths(const struct tree *t, const uint32_t *keys, unsigned limit,
                          uint8_t *lengths)
{
    uint16_t depth[2 * HUFFMAN_SYMBOLS_MAX];

    depth[t->pairs - 1] = 0;
    for (unsigned i = t->pairs - 1; i-- > 0;)
        depth[i] = (uint16_t)(depth[t->parent[i]] + 1);
    if (depth[0] > limit) /* the lightest leaf is the deepest */
        return false;
    for (unsigned i = 0; i < t->leaves; i++)
        lengths[keys[i] & KEY_SYMBOL_MASK] = (uint8_t)depth[i];
    return true;
}

/* The keys of the symbols that occur, at least two. */
static unsigned collect_keys(const uint32_t *freq, unsigned count, uint32_t *keys)
{
    unsigned used = 0, n = 0;

    for (unsigned i = 0; i < count; i++)
        used += freq[i] != 0;
    for (unsigned i = 0; i < count; i++) {
        uint32_t f = freq[i];
        if (f == 0 && used < 2) {
            f = 1;
            used++;
        }
        if (f > 0)
            keys[n++] = f << KEY_SYMBOL_BITS | i;
    }
    return n;
}

/* Halves all frequencies, rounding up, and restores the order. */
static void flatten(uint32_t *keys, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t f = keys[i] >> KEY_SYMBOL_BITS;
        keys[i] = ((f + 1) >> 1) << KEY_SYMBOL_BITS | (keys[i] & KEY_SYMBOL_MASK);
    }
    sort_by_insertion(keys, n);
}

void stet_codec_huffman_lengths(const uint32_t *freq, unsigned count, unsigned limit,
                                uint8_t *lengths)
{
    uint32_t keys[HUFFMAN_SYMBOLS_MAX];
    struct tree tree;
    unsigned n = collect_keys(freq, count, keys);

    memset(lengths, 0, count);
    sort_keys(keys, n);
    build_tree(&tree, keys, n);
    while (!assign_depths(&tree, keys, limit, lengths)) {
        flatten(keys, n);
        build_tree(&tree, keys, n);
    }
}

static uint16_t reverse(unsigned code, unsigned length)
{
    unsigned r = 0;

    for (unsigned i = 0; i < length; i++)
        r |= (code >> i & 1) << (length - 1 - i);
    return (uint16_t)r;
}

void stet_codec_huffman_codes(const uint8_t *lengths, unsigned count, uint16_t *codes)
{
    unsigned having[HUFFMAN_LENGTH_MAX + 1] = {0}, next[HUFFMAN_LENGTH_MAX + 1] = {0};

    for (unsigned i = 0; i < count; i++)
        having[lengths[i]]++;
    having[0] = 0;
    for (unsigned l = 1; l <= HUFFMAN_LENGTH_MAX; l++)
        next[l] = (next[l - 1] + having[l - 1]) << 1;
    for (unsigned i = 0; i < count; i++)
        codes[i] = lengths[i] ? reverse(next[lengths[i]]++, lengths[i]) : 0;
}
