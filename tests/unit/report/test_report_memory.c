/*
 * Each allocation fails once, made to by the test (linked with --wrap): a report is then an error and no half of one.
 */
#include "tests/unit/report/fixture.h"

static size_t allowed = SIZE_MAX;

static bool is_refused(void)
{
    if (allowed == SIZE_MAX)
        return false;
    if (allowed-- > 0)
        return false;
    /* Once: what comes after it must not be what tells of it. allowed is SIZE_MAX now. */
    return true;
}

void *__real_realloc(void *p, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_realloc(void *p, size_t size)
{
    return is_refused() ? NULL : __real_realloc(p, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

/* What was written: a sum of each byte and its place (FNV-1a). */
static int sum_bytes(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    uint64_t *sum = ctx;

    (void)err;
    for (size_t i = 0; i < len; i++)
        *sum = (*sum ^ ((const unsigned char *)data)[i]) * UINT64_C(0x100000001b3);
    return 0;
}

static int nothing_to_close(void *ctx, bool failed, struct stet_error *err)
{
    (void)ctx, (void)failed, (void)err;
    return 0;
}

/* The sum of the report when so many allocations succeed, then one fails; 0: it failed. */
static uint64_t report_with(const struct stet_diff_result *result, enum stet_report_format format,
                            size_t allocations)
{
    static const struct stet_writer_ops ops = {sum_bytes, nothing_to_close};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_writer writer;
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    stet_writer_init(&writer, &ops, &sum);
    allowed = allocations;
    int status = stet_report_diff(result, format, NULL, &writer, &err);
    allowed = SIZE_MAX;
    assert_int_equal(status < 0, err.kind != STET_ERROR_NONE);
    stet_writer_close(&writer, NULL);
    return status < 0 ? 0 : sum;
}

static void test_no_memory(void **state)
{
    enum { MANY = 5000 };
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_int_equal(report_fixture_all(&result, &err), 0);
    for (int format = STET_REPORT_TEXT; format <= STET_REPORT_HTML; format++) {
        uint64_t whole = report_with(&result, (enum stet_report_format)format, SIZE_MAX);
        size_t n = 0;

        assert_true(whole != 0);
        while (n < MANY) {
            uint64_t sum = report_with(&result, (enum stet_report_format)format, n++);
            assert_true(sum == 0 || sum == whole);
            if (sum == whole)
                break;
        }
        /* More than the groups needed memory, and in the end there was enough. */
        assert_in_range(n, 8, MANY - 1);
    }
    stet_diff_result_release(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
