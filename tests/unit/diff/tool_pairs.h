/*
 * tool_pairs - what tests of comparators on binary formats share: running a pair that a real tool made, saying what is
 * expected of it, and changing its bytes one by one. The test's first argument is tests/data/diff.
 */
#ifndef STET_TESTS_DIFF_TOOL_PAIRS_H
#define STET_TESTS_DIFF_TOOL_PAIRS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/diff/comparing.h"

static const char *tool_data;

static inline void tool_start(int argc, char **argv)
{
    tool_data = argc > 1 ? argv[1] : "tests/data/diff";
}

static inline void tool_run(struct comparing *c, diff_comparator *compare, const char *name)
{
    assert_int_equal(comparing_pair(c, compare, tool_data, name), 0);
    if (c->status != 1)
        comparing_print(c, stderr);
    assert_int_equal(c->status, 1);
}

/* Exactly one finding of this property, with these values (NULL: none on that side). It is returned. */
static inline const struct stet_finding *tool_expect(const struct comparing *c, const char *what,
                                                     const char *a, const char *b)
{
    const struct stet_finding *f = NULL;
    if (comparing_find(c, what, &f) != 1) {
        comparing_print(c, stderr);
        fail_msg("\"%s\" is not found once", what);
    }
    assert_int_equal(a == NULL, f->a == NULL);
    assert_int_equal(b == NULL, f->b == NULL);
    if (a)
        assert_string_equal(f->a, a);
    if (b)
        assert_string_equal(f->b, b);
    return f;
}

static inline void tool_expect_cause(const struct stet_finding *f, enum stet_diff_cause cause,
                                     enum stet_diff_sureness sure)
{
    assert_int_equal(f->cause, cause);
    assert_int_equal(f->sure, sure);
    assert_non_null(f->evidence);
}

/* One side of a pair, to be changed and compared. malloc'd. */
static inline unsigned char *tool_read(const char *name, const char *side, size_t *len)
{
    struct stet_buffer content = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", tool_data, name, side);
    assert_int_equal(stet_fs_read(AT_FDCWD, path, 1 << 20, &content, &err), 0);
    *len = content.len;
    return (unsigned char *)stet_buffer_detach(&content);
}

/*
 * The bytes of a file changed, one at a time in steps: the comparator must not fail, must say 0 or tell of a difference,
 * and must tell of one at least so often (in percent).
 */
static inline void tool_flip(diff_comparator *compare, const char *name, size_t step,
                             unsigned percent)
{
    size_t len, told = 0, count = 0;
    unsigned char *a = tool_read(name, "a", &len), *b = malloc(len);
    assert_non_null(b);
    memcpy(b, a, len);
    for (size_t i = 0; i < len; i += step, count++) {
        struct comparing c;
        b[i] ^= 0x41;
        comparing_run(&c, compare, name, a, len, b, len);
        assert_true(c.status == 0 || c.status == 1);
        assert_true(c.status == 0 || c.result.count > 0);
        told += c.status == 1;
        comparing_release(&c);
        b[i] ^= 0x41;
    }
    free(a);
    free(b);
    if (told * 100 < count * percent)
        fail_msg("%s: %zu of %zu changed bytes are told", name, told, count);
}

/* The file cut short everywhere, against itself. */
static inline void tool_cut(diff_comparator *compare, const char *name, size_t step)
{
    size_t len;
    unsigned char *a = tool_read(name, "a", &len);
    for (size_t i = 0; i < len; i += step) {
        struct comparing c;
        /* Of exactly this size, so that sanitizers see every byte read past it. */
        unsigned char *b = malloc(i ? i : 1);
        assert_non_null(b);
        memcpy(b, a, i);
        comparing_run(&c, compare, name, a, len, b, i);
        assert_true(c.status == 0 || (c.status == 1 && c.result.count > 0));
        comparing_release(&c);
        free(b);
    }
    free(a);
}

#endif
