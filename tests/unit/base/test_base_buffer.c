#include "tests/unit/base/base_test.h"

/* Linked with --wrap: the allocation of this number (counted down) and all later ones fail. */
static int allocations_left = -1;

void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

static bool may_allocate(void)
{
    if (allocations_left < 0)
        return true;
    if (allocations_left == 0)
        return false;
    allocations_left--;
    return true;
}

void *__wrap_realloc(void *p, size_t size)
{
    return may_allocate() ? __real_realloc(p, size) : NULL;
}

char *__wrap_strdup(const char *s)
{
    return may_allocate() ? __real_strdup(s) : NULL;
}

static void appends(void **state)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_string_equal(stet_buffer_str(&b), "");
    stet_buffer_add_str(&b, "ab");
    stet_buffer_add(&b, "c\0d", 3);
    stet_buffer_add_char(&b, 'e');
    stet_buffer_addf(&b, "%03d", 7);
    stet_buffer_add(&b, NULL, 0);
    assert_int_equal(b.len, 9);
    assert_memory_equal(b.data, "abc\0de007", 10);
    assert_int_equal(stet_buffer_check(&b, "x", &err), 0);
    stet_buffer_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(stet_buffer_str(&b), "");
    stet_buffer_release(&b);
    assert_null(b.data);
}

static void grows_past_every_size(void **state)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    (void)state;
    for (size_t i = 0; i < 10000; i++) {
        stet_buffer_add_char(&b, (char)('a' + i % 26));
        assert_true(b.len < b.cap);
        assert_int_equal(b.data[b.len], 0);
    }
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    stet_buffer_release(&b);
}

static void formats_long_text(void **state)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    (void)state;
    stet_buffer_add_str(&b, "<");
    stet_buffer_addf(&b, "%5000s", "x");
    stet_buffer_add_str(&b, ">");
    assert_int_equal(b.len, 5002);
    assert_int_equal(b.data[5000], 'x');
    assert_int_equal(b.data[5001], '>');
    stet_buffer_release(&b);
}

static void overflow_is_sticky(void **state)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_buffer_add_str(&b, "kept");
    stet_buffer_reserve(&b, SIZE_MAX);
    stet_buffer_add_str(&b, "lost");
    stet_buffer_addf(&b, "lost");
    stet_buffer_clear(&b);
    stet_buffer_add_char(&b, 'x');
    assert_int_equal(b.len, 0);
    assert_fails(stet_buffer_check(&b, "reading it", &err), &err, STET_ERROR_ENVIRONMENT,
                 "reading it");
    assert_null(stet_buffer_detach(&b));
    /* Detached is as after init. */
    stet_buffer_add_char(&b, 'x');
    assert_string_equal(stet_buffer_str(&b), "x");
    stet_buffer_release(&b);
    stet_buffer_reserve(&b, PTRDIFF_MAX);
    assert_true(b.failed);
    stet_buffer_release(&b);
    assert_false(b.failed);
}

static void failed_allocation_is_sticky(void **state)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_buffer_add_str(&b, "kept");
    allocations_left = 0;
    stet_buffer_reserve(&b, 100000);
    allocations_left = -1;
    stet_buffer_add_str(&b, "lost");
    assert_string_equal(stet_buffer_str(&b), "kept");
    assert_int_equal(stet_buffer_check(&b, "x", &err), -1);
    assert_int_equal(err.errnum, ENOMEM);
    stet_buffer_release(&b);
}

static void detaches(void **state)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    char *s;

    (void)state;
    s = stet_buffer_detach(&b);
    assert_string_equal(s, "");
    free(s);
    stet_buffer_add_str(&b, "abc");
    s = stet_buffer_detach(&b);
    assert_string_equal(s, "abc");
    free(s);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
}

static void strings_end_with_null(void **state)
{
    struct stet_strv v = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_ok(stet_strv_addf(&v, &err, "%d", i), &err);
        assert_int_equal(v.count, i + 1);
        assert_null(v.items[v.count]);
    }
    assert_string_equal(v.items[42], "42");
    assert_true(stet_strv_contains(&v, "99"));
    assert_false(stet_strv_contains(&v, "100"));
    stet_strv_release(&v);
    assert_int_equal(v.count, 0);
    assert_false(stet_strv_contains(&v, "99"));
}

static void sorts_bytewise_and_keeps_one(void **state)
{
    static const char *const in[] = {"b", "\xc3\xa4", "a", "B", "b", "", "a", "ab", "b"};
    static const char *const out[] = {"", "B", "a", "ab", "b", "\xc3\xa4"};
    struct stet_strv v = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    stet_strv_sort_unique(&v);
    assert_int_equal(v.count, 0);
    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
        assert_ok(stet_strv_add(&v, in[i], &err), &err);
    stet_strv_sort_unique(&v);
    assert_int_equal(v.count, sizeof(out) / sizeof(out[0]));
    for (size_t i = 0; i < v.count; i++)
        assert_string_equal(v.items[i], out[i]);
    assert_null(v.items[v.count]);
    stet_strv_release(&v);
}

static void copies_a_list(void **state)
{
    struct stet_strv a = STET_STRV_INIT;
    struct stet_strv b = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_ok(stet_strv_add(&a, "one", &err), &err);
    assert_ok(stet_strv_add(&b, "gone", &err), &err);
    assert_ok(stet_strv_copy(&b, &a, &err), &err);
    assert_int_equal(b.count, 1);
    assert_string_equal(b.items[0], "one");
    assert_ptr_not_equal(b.items[0], a.items[0]);
    assert_ok(stet_strv_copy(&b, &b, &err), &err);
    assert_string_equal(b.items[0], "one");
    stet_strv_release(&a);
    assert_ok(stet_strv_copy(&b, &a, &err), &err);
    assert_int_equal(b.count, 0);
    stet_strv_release(&b);
}

static void list_survives_failed_allocation(void **state)
{
    struct stet_strv v = STET_STRV_INIT;
    struct stet_strv copy = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_ok(stet_strv_add(&v, "one", &err), &err);
    assert_ok(stet_strv_add(&copy, "old", &err), &err);
    for (int i = 0; i < 2; i++) {
        stet_error_clear(&err);
        allocations_left = i;
        assert_int_equal(stet_strv_copy(&copy, &v, &err), -1);
        allocations_left = -1;
        assert_int_equal(err.errnum, ENOMEM);
        assert_string_equal(copy.items[0], "old");
    }
    stet_error_clear(&err);
    allocations_left = 0;
    assert_int_equal(stet_strv_addf(&v, &err, "two"), -1);
    allocations_left = -1;
    assert_int_equal(v.count, 1);
    stet_strv_release(&v);
    stet_strv_release(&copy);
}

static void grows_an_array_zeroed(void **state)
{
    struct item {
        int a;
        char b;
    } *items = NULL;
    size_t cap = 0;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    for (size_t n = 1; n <= 1000; n++) {
        assert_ok(stet_grow(&items, &cap, n, sizeof(*items), &err), &err);
        assert_true(cap >= n);
        assert_int_equal(items[n - 1].a, 0);
        items[n - 1].a = (int)n;
    }
    for (size_t n = 1; n <= 1000; n++)
        assert_int_equal(items[n - 1].a, n);
    for (size_t n = 1000; n < cap; n++)
        assert_int_equal(items[n].a, 0);
    free(items);
}

static void refuses_an_array_too_large(void **state)
{
    uint64_t *items = NULL;
    size_t cap = 0;
    struct stet_error err = STET_ERROR_INIT;

    (void)state;
    assert_int_equal(stet_grow(&items, &cap, SIZE_MAX, sizeof(*items), &err), -1);
    assert_int_equal(err.errnum, ENOMEM);
    stet_error_clear(&err);
    assert_int_equal(stet_grow(&items, &cap, SIZE_MAX / 8 + 1, sizeof(*items), &err), -1);
    assert_null(items);
    assert_int_equal(cap, 0);
}

static void duplicates_and_formats(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    char *s;

    (void)state;
    assert_null(stet_strdup(NULL, &err));
    assert_int_equal(err.kind, STET_ERROR_NONE);
    s = stet_strdup("a", &err);
    assert_string_equal(s, "a");
    free(s);
    s = stet_format(&err, "%s-%d", "a", 1);
    assert_string_equal(s, "a-1");
    free(s);
    allocations_left = 0;
    assert_null(stet_strdup("a", &err));
    assert_int_equal(err.errnum, ENOMEM);
    stet_error_clear(&err);
    assert_null(stet_format(&err, "a"));
    allocations_left = -1;
    assert_int_equal(err.errnum, ENOMEM);
}

static void steals(void **state)
{
    char text[] = "x";
    char *p = text;
    char *q = stet_steal_pointer(&p);

    (void)state;
    assert_null(p);
    assert_ptr_equal(q, text);
}

static void decodes_utf8(void **state)
{
    static const struct {
        const char *bytes;
        size_t length; /* 0: refused */
        uint32_t character;
    } cases[] = {
        {"a", 1, 'a'},
        {"\x7f", 1, 0x7f},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xee\x80\x80", 3, 0xe000},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\x80", 0, 0},
        {"\xbf", 0, 0},
        {"\xc0\x80", 0, 0},         /* overlong */
        {"\xc1\xbf", 0, 0},         /* overlong */
        {"\xe0\x9f\xbf", 0, 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
        {"\xed\xa0\x80", 0, 0},     /* surrogate */
        {"\xed\xbf\xbf", 0, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0, 0}, /* above the last */
        {"\xf5\x80\x80\x80", 0, 0},
        {"\xff", 0, 0},
        {"\xc2", 0, 0}, /* cut short */
        {"\xe2\x82", 0, 0},
        {"\xf0\x90\x80", 0, 0},
        {"\xc2"
         "a",
         0, 0},
        {"\xe2\x82"
         "a",
         0, 0},
        {"", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t c = 0;
        size_t len = strlen(cases[i].bytes);

        assert_int_equal(stet_utf8_decode(cases[i].bytes, len, &c), cases[i].length);
        assert_int_equal(c, cases[i].character);
        assert_int_equal(stet_utf8_valid(cases[i].bytes, len), cases[i].length > 0 || len == 0);
    }
    assert_false(stet_utf8_valid("abc\xff", 4));
    assert_true(stet_utf8_valid("abc\xff", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends),
        cmocka_unit_test(grows_past_every_size),
        cmocka_unit_test(formats_long_text),
        cmocka_unit_test(overflow_is_sticky),
        cmocka_unit_test(failed_allocation_is_sticky),
        cmocka_unit_test(detaches),
        cmocka_unit_test(strings_end_with_null),
        cmocka_unit_test(sorts_bytewise_and_keeps_one),
        cmocka_unit_test(copies_a_list),
        cmocka_unit_test(list_survives_failed_allocation),
        cmocka_unit_test(grows_an_array_zeroed),
        cmocka_unit_test(refuses_an_array_too_large),
        cmocka_unit_test(duplicates_and_formats),
        cmocka_unit_test(steals),
        cmocka_unit_test(decodes_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
