/*
 * fuzz_diff_at - comparators that look at the path too. The first byte of an input chooses one of a list of comparators
 * and paths, the next two (least significant first) say how long the first content is; what follows it is the second.
 */
#ifndef STET_FUZZ_DIFF_AT_H
#define STET_FUZZ_DIFF_AT_H

#include "tests/fuzz/fuzz_diff.h"

struct fuzz_place {
    diff_comparator *compare;
    const char *path;
};

static inline void fuzz_diff_two(const struct fuzz_place *place, const uint8_t *a, size_t a_len,
                                 const uint8_t *b, size_t b_len)
{
    struct comparing c;
    /* Contents that are equal are never compared. */
    if (a_len == b_len && memcmp(a, b, a_len) == 0)
        return;
    comparing_run(&c, place->compare, place->path, a, a_len, b, b_len);
    if (c.status > 1 || (c.status == 1 && c.result.count == 0) ||
        (c.status < 0 && c.err.kind != STET_ERROR_INPUT))
        abort();
    for (size_t i = 0; i < c.result.count; i++)
        fuzz_check_finding(&c.result.findings[i]);
    comparing_release(&c);
}

static inline int fuzz_diff_at(const struct fuzz_place *places, size_t count, const uint8_t *data,
                               size_t size)
{
    size_t a_len, b_len;
    uint8_t *a, *b;
    if (size < 3)
        return 0;
    a_len = (size_t)data[1] | (size_t)data[2] << 8;
    if (a_len > size - 3)
        a_len = size - 3;
    b_len = size - 3 - a_len;
    /* Two allocations of exactly these sizes: the contents are files of their own. */
    a = malloc(a_len ? a_len : 1);
    b = malloc(b_len ? b_len : 1);
    if (!a || !b)
        abort();
    memcpy(a, data + 3, a_len);
    memcpy(b, data + 3 + a_len, b_len);
    fuzz_diff_two(&places[data[0] % count], a, a_len, b, b_len);
    free(a);
    free(b);
    return 0;
}

#define FUZZ_DIFF_AT(places)                                                                       \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                   \
    {                                                                                              \
        return fuzz_diff_at(places, sizeof(places) / sizeof(places)[0], data, size);               \
    }

#endif
