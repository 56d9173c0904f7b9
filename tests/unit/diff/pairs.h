/*
 * pairs - a comparator run over a pair of tests/data/diff, and what tests ask of its findings. Header only. The
 * first argument of the test program is that folder.
 */
#ifndef STET_TESTS_DIFF_PAIRS_H
#define STET_TESTS_DIFF_PAIRS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/diff/comparing.h"

static const char *pairs_folder;

static inline void pairs_start(int argc, char **argv)
{
    pairs_folder = argc > 1 ? argv[1] : "tests/data/diff";
}

static inline void pairs_read(const char *name, const char *side, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_free_ char *path = stet_format(&err, "%s/%s/%s", pairs_folder, name, side);
    assert_non_null(path);
    if (stet_fs_read(AT_FDCWD, path, 1 << 20, out, &err) < 0)
        fail_msg("%s", err.text);
}

/* Copies of exactly these lengths, so that sanitizers see every byte read past them. */
static inline void pairs_compare(struct comparing *c, diff_comparator *compare, const char *path,
                                 const void *a, size_t a_len, const void *b, size_t b_len)
{
    char *ca = malloc(a_len ? a_len : 1), *cb = malloc(b_len ? b_len : 1);
    assert_true(ca && cb);
    if (a_len > 0)
        memcpy(ca, a, a_len);
    if (b_len > 0)
        memcpy(cb, b, b_len);
    comparing_run(c, compare, path, ca, a_len, cb, b_len);
    free(ca);
    free(cb);
}

static inline void pairs_run(struct comparing *c, diff_comparator *compare, const char *path,
                             const char *name)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    pairs_read(name, "a", &a);
    pairs_read(name, "b", &b);
    pairs_compare(c, compare, path, a.data, a.len, b.data, b.len);
    if (c->status < 0)
        fail_msg("%s: %s", name, c->err.text);
}

/* At a place of that name; something must be told. */
static inline void pairs_tell(struct comparing *c, diff_comparator *compare, const char *name)
{
    pairs_run(c, compare, name, name);
    if (c->status != 1)
        comparing_print(c, stderr);
    assert_int_equal(c->status, 1);
}

static inline void pairs_text(struct comparing *c, diff_comparator *compare, const char *path,
                              const char *a, const char *b)
{
    pairs_compare(c, compare, path, a, strlen(a), b, strlen(b));
    if (c->status < 0)
        fail_msg("%s: %s", path, c->err.text);
}

/* The one finding of this property. */
static inline const struct stet_finding *pairs_only(const struct comparing *c, const char *what)
{
    const struct stet_finding *f = NULL;
    if (comparing_find(c, what, &f) != 1) {
        comparing_print(c, stderr);
        fail_msg("there is not one finding \"%s\"", what);
    }
    return f;
}

/* The same, with these values (NULL: none on that side). */
static inline const struct stet_finding *pairs_expect(const struct comparing *c, const char *what,
                                                      const char *a, const char *b)
{
    const struct stet_finding *f = pairs_only(c, what);
    assert_string_equal(f->a ? f->a : "(none)", a ? a : "(none)");
    assert_string_equal(f->b ? f->b : "(none)", b ? b : "(none)");
    return f;
}

static inline void pairs_because(const struct stet_finding *f, enum stet_diff_cause cause,
                                 enum stet_diff_sureness sure)
{
    assert_int_equal(f->cause, cause);
    if (cause != STET_CAUSE_UNEXPLAINED) {
        assert_int_equal(f->sure, sure);
        assert_non_null(f->evidence);
    }
}

static inline void pairs_cause(const struct comparing *c, const char *what,
                               enum stet_diff_cause cause, enum stet_diff_sureness sure)
{
    pairs_because(pairs_only(c, what), cause, sure);
}

static inline bool pairs_shows(const struct comparing *c, const char *text)
{
    for (size_t i = 0; i < c->result.count; i++) {
        const struct stet_finding *f = &c->result.findings[i];
        const char *const all[] = {f->what, f->a, f->b, f->detail, f->evidence};
        for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
            if (all[k] && strstr(all[k], text))
                return true;
    }
    return false;
}

/* No eight bytes of secret stand in any finding. */
static inline void pairs_hides(const struct comparing *c, const char *secret, size_t len)
{
    char window[9] = "";
    assert_true(len >= 8);
    for (size_t i = 0; i + 8 <= len; i++) {
        memcpy(window, secret + i, 8);
        if (!strchr(window, '\n') && pairs_shows(c, window))
            fail_msg("a finding shows \"%s\" of a secret", window);
    }
}

/* Cut short at every length, or with any byte changed: whatever it says, it reads nothing beyond and does not fail. */
static inline void pairs_damage(diff_comparator *compare, const char *path, const char *name)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct comparing c;
    size_t step;
    pairs_read(name, "a", &a);
    pairs_read(name, "b", &b);
    step = b.len / 500 + 1;
    for (size_t len = 0; len < b.len; len += step) {
        pairs_compare(&c, compare, path, a.data, a.len, b.data, len);
        assert_true(c.status >= 0);
        comparing_release(&c);
    }
    for (size_t i = 0; i < b.len; i += step) {
        b.data[i] = (char)~b.data[i];
        pairs_compare(&c, compare, path, a.data, a.len, b.data, b.len);
        assert_true(c.status >= 0);
        comparing_release(&c);
        b.data[i] = (char)~b.data[i];
    }
}

/* One side of a pair, to be changed and compared. malloc'd. */
static inline unsigned char *pairs_load(const char *name, const char *side, size_t *len)
{
    struct stet_buffer content = STET_BUFFER_INIT;
    pairs_read(name, side, &content);
    *len = content.len;
    return (unsigned char *)stet_buffer_detach(&content);
}

/*
 * The bytes of a file changed, one at a time in steps: the comparator must not fail, must say 0 or tell of a difference,
 * and must tell of one at least so often (in percent).
 */
static inline void pairs_flip(diff_comparator *compare, const char *name, size_t step,
                              unsigned percent)
{
    size_t len, told = 0, count = 0;
    unsigned char *a = pairs_load(name, "a", &len), *b = malloc(len);
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
static inline void pairs_cut(diff_comparator *compare, const char *name, size_t step)
{
    size_t len;
    unsigned char *a = pairs_load(name, "a", &len);
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
