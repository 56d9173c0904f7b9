#include <sys/mman.h>

#include "lib/tree/data.h"

enum { FIRST_SIZE = 64 * 1024 };

void stet_tree_region_release(struct tree_region *r)
{
    if (r->base != NULL)
        munmap(r->base, r->cap);
    *r = (struct tree_region){0};
}

/*
 * realloc() may copy a block, and then both are there for a moment; pages are moved. Twice
 * the size costs nothing until it is used.
 */
static int grow(struct tree_region *r, size_t need, const char *what, struct stet_error *err)
{
    size_t cap = r->cap == 0 ? FIRST_SIZE : r->cap;
    while (cap < need) {
        if (__builtin_mul_overflow(cap, 2, &cap) || cap > PTRDIFF_MAX)
            return stet_error_oom(err, what);
    }
    void *base = r->base == NULL
                     ? mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                     : mremap(r->base, r->cap, cap, MREMAP_MAYMOVE);
    if (base == MAP_FAILED)
        return stet_error_oom(err, what);
    r->base = base;
    r->cap = cap;
    return 0;
}

int stet_tree_region_add(struct tree_region *r, const void *data, size_t len, const char *what,
                         struct stet_error *err)
{
    size_t need;
    if (__builtin_add_overflow(r->len, len, &need))
        return stet_error_oom(err, what);
    if (need > r->cap && grow(r, need, what, err) < 0)
        return -1;
    memcpy(r->base + r->len, data, len);
    r->len = need;
    return 0;
}
