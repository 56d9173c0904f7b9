/*
 * What the tests of reports share: a report of a result made by hand, as one text.
 */
#ifndef STET_TESTS_UNIT_REPORT_FIXTURE_H
#define STET_TESTS_UNIT_REPORT_FIXTURE_H

#include "lib/report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#include "tests/support/report_fixture.h"

typedef int make_result(struct stet_diff_result *out, struct stet_error *err);

static inline void report_into(struct stet_buffer *out, const struct stet_diff_result *result,
                               enum stet_report_format format,
                               const struct stet_report_options *options)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer_writer writer;

    stet_buffer_init(out);
    stet_buffer_writer_init(&writer, out);
    if (stet_report_diff(result, format, options, &writer.base, &err) < 0)
        fail_msg("failed: %s", err.text);
    assert_int_equal(stet_writer_close(&writer.base, &err), 0);
    assert_non_null(stet_buffer_str(out));
}

static inline void report_of(struct stet_buffer *out, make_result *make,
                             enum stet_report_format format,
                             const struct stet_report_options *options)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_diff_result result;

    assert_int_equal(make(&result, &err), 0);
    report_into(out, &result, format, options);
    stet_diff_result_release(&result);
}

/* Not by strstr(): under AddressSanitizer each call of that takes the length of all that follows. */
static inline size_t occurrences(const char *text, const char *part)
{
    size_t n = 0, len = strlen(part);

    for (; *text; text++)
        if (*text == *part && strncmp(text, part, len) == 0)
            n++;
    return n;
}

#define assert_has(text, part)   assert_non_null(strstr(text, part))
#define assert_hasnt(text, part) assert_null(strstr(text, part))

/* A writer that takes so many bytes and then fails, as a full disk does. */
struct full_writer {
    struct stet_writer base;
    size_t left;
};

static inline int full_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct full_writer *w = ctx;

    (void)data;
    if (len > w->left)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "the disk is full");
    w->left -= len;
    return 0;
}

static inline int full_close(void *ctx, bool failed, struct stet_error *err)
{
    (void)ctx, (void)failed, (void)err;
    return 0;
}

/* The error of the writer is that of the report, at the first byte and at a later one. */
static inline void assert_write_error_is_told(enum stet_report_format format)
{
    static const struct stet_writer_ops ops = {full_write, full_close};
    static const size_t rooms[] = {0, 100000};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(report_fixture_large(2000, &result, &err), 0);
    for (size_t i = 0; i < 2; i++) {
        struct stet_report_options options = {.full = true};
        struct full_writer w = {.left = rooms[i]};

        stet_writer_init(&w.base, &ops, &w);
        stet_error_clear(&err);
        assert_int_equal(stet_report_diff(&result, format, &options, &w.base, &err), -1);
        assert_string_equal(err.text, "the disk is full");
        stet_writer_close(&w.base, NULL);
    }
    stet_diff_result_release(&result);
}

#endif
