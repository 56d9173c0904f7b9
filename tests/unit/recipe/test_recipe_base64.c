/* base64: the vectors of RFC 4648 section 10, and that no second text has the same value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/recipe/base64.h"

static const struct {
    const char *plain, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xef\xff", "++//"},
};

static void vectors_hold_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
        _cleanup_buffer_ struct stet_buffer plain = STET_BUFFER_INIT;
        struct stet_error err = STET_ERROR_INIT;
        size_t len = strlen(vectors[i].plain);
        stet_recipe_base64_encode(vectors[i].plain, len, &text);
        assert_string_equal(stet_buffer_str(&text), vectors[i].text);
        assert_int_equal(stet_recipe_base64_decode(text.data, text.len, &plain, &err), 0);
        assert_int_equal(plain.len, len);
        assert_memory_equal(stet_buffer_str(&plain), vectors[i].plain, len);
    }
}

static void every_length_and_byte_survives(void **state)
{
    (void)state;
    unsigned char data[259];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7 + (i >> 3));
    for (size_t len = 0; len <= sizeof data; len++) {
        _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
        _cleanup_buffer_ struct stet_buffer plain = STET_BUFFER_INIT;
        stet_recipe_base64_encode(data, len, &text);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_int_equal(stet_recipe_base64_decode(text.data, text.len, &plain, NULL), 0);
        assert_int_equal(plain.len, len);
        assert_memory_equal(stet_buffer_str(&plain), data, len);
    }
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Z",          "Zg",    "Zg=",      "Zg===",      "=",     "====",   "Zh==",
        "Zm9=",       "Zm8",   "Zg==Zg==", "Zm9v\nZg==", "Zm 9v", "Zm9-",   "Zm9_",
        "Zm\xc3\xa4", " Zm9v", "Zm9v ",    "Z===",       "Zg=a",  "Zm9vZ=",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
        struct stet_error err = STET_ERROR_INIT;
        if (stet_recipe_base64_decode(bad[i], strlen(bad[i]), &out, &err) == 0)
            fail_msg("'%s' was decoded", bad[i]);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_hold_both_ways),
        cmocka_unit_test(every_length_and_byte_survives),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
