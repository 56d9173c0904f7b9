/*
 * fuzz_diff - a comparator fed with the two halves of an input. What it says must be sound: 0 or 1 or an error of bad
 * input, with findings exactly when it says 1, all of them complete and free of control characters.
 */
#ifndef STET_FUZZ_DIFF_H
#define STET_FUZZ_DIFF_H

#include <stdint.h>

#include "tests/unit/diff/comparing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_check_text(const char *s, bool lines)
{
    if (!s)
        return;
    if (!stet_utf8_valid(s, strlen(s)))
        abort();
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 && !(lines && (*s == '\n' || *s == '\t')))
            abort();
}

static inline void fuzz_check_finding(const struct stet_finding *f)
{
    if (!f->path || !f->format || !f->what || (!f->a && !f->b) ||
        (f->cause != STET_CAUSE_UNEXPLAINED && !f->evidence))
        abort();
    fuzz_check_text(f->what, false);
    fuzz_check_text(f->a, false);
    fuzz_check_text(f->b, false);
    fuzz_check_text(f->evidence, false);
    fuzz_check_text(f->detail, true);
}

static inline int fuzz_diff(diff_comparator *compare, const uint8_t *data, size_t size)
{
    struct comparing c;
    size_t half = size / 2;
    /* Two allocations of exactly these sizes: the contents are files of their own. */
    uint8_t *a = malloc(half ? half : 1), *b = malloc(size - half ? size - half : 1);
    if (!a || !b)
        abort();
    if (size > 0) {
        memcpy(a, data, half);
        memcpy(b, data + half, size - half);
    }
    /* Contents that are equal are never compared. */
    if (half != size - half || memcmp(a, b, half) != 0) {
        comparing_run(&c, compare, "file", a, half, b, size - half);
        if (c.status > 1 || (c.status == 1 && c.result.count == 0) ||
            (c.status < 0 && c.err.kind != STET_ERROR_INPUT))
            abort();
        for (size_t i = 0; i < c.result.count; i++)
            fuzz_check_finding(&c.result.findings[i]);
        comparing_release(&c);
    }
    free(a);
    free(b);
    return 0;
}

#define FUZZ_DIFF(compare)                                                                         \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                   \
    {                                                                                              \
        return fuzz_diff(compare, data, size);                                                     \
    }

#endif
