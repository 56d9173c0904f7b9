/*
 * content_fixture - contents compared as the engine does it. Header only. A pair of tests/data/diff is compared under the
 * name "f".
 */
#ifndef STET_TESTS_DIFF_CONTENT_FIXTURE_H
#define STET_TESTS_DIFF_CONTENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/diff/comparing.h"

static inline int compare_any(const struct diff_pair *p, struct stet_error *err)
{
    return stet_diff_content(p, err) < 0 ? -1 : 1;
}

/* Two strings; status, and the number of findings, are checked. */
static inline void compare_strings(struct comparing *c, diff_comparator *compare, const char *a,
                                   const char *b, int status, size_t findings)
{
    comparing_run(c, compare, "f", a, strlen(a), b, strlen(b));
    if (c->status != status || c->result.count != findings)
        comparing_print(c, stderr);
    assert_int_equal(c->status, status);
    assert_int_equal(c->result.count, findings);
}

static inline void assert_finding(const struct comparing *c, size_t i, const char *path,
                                  const char *format, const char *what, const char *a,
                                  const char *b)
{
    assert_true(i < c->result.count);
    const struct stet_finding *f = &c->result.findings[i];
    assert_string_equal(f->path, path);
    assert_string_equal(f->format, format);
    assert_string_equal(f->what, what);
    assert_string_equal(f->a ? f->a : "(none)", a ? a : "(none)");
    assert_string_equal(f->b ? f->b : "(none)", b ? b : "(none)");
}

static inline void assert_detail(const struct comparing *c, size_t i, const char *detail)
{
    assert_true(i < c->result.count);
    assert_string_equal(c->result.findings[i].detail ? c->result.findings[i].detail : "", detail);
}

static inline void assert_cause(const struct comparing *c, size_t i, enum stet_diff_cause cause)
{
    assert_true(i < c->result.count);
    assert_int_equal(c->result.findings[i].cause, cause);
    assert_true(cause == STET_CAUSE_UNEXPLAINED || c->result.findings[i].evidence);
}

static inline void read_data(const char *data, const char *pair, const char *side,
                             struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_free_ char *path = stet_format(&err, "%s/%s/%s", data, pair, side);
    if (!path || stet_fs_read(AT_FDCWD, path, 1 << 20, out, &err) < 0)
        fail_msg("%s", err.text);
}

/* A pair of the folder data; there must be so many findings. */
static inline void compare_data(struct comparing *c, const char *data, const char *pair,
                                size_t findings)
{
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;

    read_data(data, pair, "a", &a);
    read_data(data, pair, "b", &b);
    comparing_run(c, compare_any, "f", a.data, a.len, b.data, b.len);
    if (c->status != 1 || c->result.count != findings)
        comparing_print(c, stderr);
    assert_int_equal(c->status, 1);
    assert_int_equal(c->result.count, findings);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

#endif
