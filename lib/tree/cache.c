#include "lib/tree/data.h"

enum { LOOKED_AT = 8 }; /* slots */

/* FNV-1a. */
uint32_t stet_tree_hash(uint32_t hash, const void *data, size_t len)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * 0x01000193u;
    return hash;
}

/* The low bits of FNV-1a alone are no good. */
static size_t slot_of(uint32_t hash, size_t step)
{
    return ((hash ^ hash >> 16) + step) % TREE_CACHE_SLOTS;
}

bool stet_tree_cache_find(const struct tree_cache *c, uint32_t hash, tree_same_fn same,
                          const void *ctx, uint32_t *number)
{
    for (size_t i = 0; i < LOOKED_AT; i++) {
        size_t slot = slot_of(hash, i);
        if (c->slots[slot].number == 0)
            return false;
        if (c->slots[slot].hash == hash && same(ctx, c->slots[slot].number - 1)) {
            *number = c->slots[slot].number - 1;
            return true;
        }
    }
    return false;
}

void stet_tree_cache_put(struct tree_cache *c, uint32_t hash, uint32_t number)
{
    size_t slot = slot_of(hash, 0);
    for (size_t i = 0; i < LOOKED_AT; i++) {
        if (c->slots[slot_of(hash, i)].number == 0) {
            slot = slot_of(hash, i);
            break;
        }
    }
    c->slots[slot].hash = hash;
    c->slots[slot].number = number + 1;
}
