#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <string.h>

static void begin(struct stet_json_writer *w, enum stet_json_layout layout, struct stet_buffer *b)
{
    stet_buffer_init(b);
    stet_json_writer_init(w, layout, b);
}

/* The document must end without an error and be these bytes. */
static void assert_written(struct stet_json_writer *w, struct stet_buffer *b, const char *text)
{
    struct stet_error err = STET_ERROR_INIT;

    if (stet_json_writer_finish(w, &err) < 0)
        fail_msg("failed: %s", err.text);
    assert_string_equal(stet_buffer_str(b), text);
    assert_int_equal(b->len, strlen(text));
    stet_buffer_release(b);
}

static void assert_refused(struct stet_json_writer *w, struct stet_buffer *b,
                           enum stet_error_kind kind)
{
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(stet_json_writer_finish(w, &err), -1);
    assert_int_equal(err.kind, kind);
    assert_int_equal(stet_json_writer_finish(w, NULL), -1);
    stet_buffer_release(b);
}

static void write_sample(struct stet_json_writer *w)
{
    struct stet_strv v = STET_STRV_INIT;

    stet_json_object_begin(w);
    stet_json_key_integer(w, "schemaVersion", 2);
    stet_json_key_string(w, "absent", NULL);
    stet_json_key(w, "layers");
    stet_json_array_begin(w);
    stet_json_object_begin(w);
    stet_json_key_string(w, "digest", "sha256:00");
    stet_json_key_boolean(w, "ok", true);
    stet_json_object_end(w);
    stet_json_array_begin(w);
    stet_json_array_end(w);
    stet_json_integer(w, -1);
    stet_json_boolean(w, false);
    stet_json_array_end(w);
    stet_json_key(w, "empty");
    stet_json_object_begin(w);
    stet_json_object_end(w);
    stet_json_key_strings(w, "none", &v);
    assert_int_equal(stet_strv_add(&v, "a", NULL), 0);
    assert_int_equal(stet_strv_add(&v, "b", NULL), 0);
    stet_json_key_strings(w, "some", &v);
    stet_json_object_end(w);
    stet_strv_release(&v);
}

static void writes_compact(void **state)
{
    struct stet_json_writer w;
    struct stet_buffer b;

    (void)state;
    begin(&w, STET_JSON_COMPACT, &b);
    write_sample(&w);
    assert_written(&w, &b,
                   "{\"schemaVersion\":2,\"layers\":[{\"digest\":\"sha256:00\",\"ok\":true},[],-1,"
                   "false],\"empty\":{},\"none\":[],\"some\":[\"a\",\"b\"]}");
}

static void writes_indented(void **state)
{
    struct stet_json_writer w;
    struct stet_buffer b;

    (void)state;
    begin(&w, STET_JSON_INDENTED, &b);
    write_sample(&w);
    assert_written(&w, &b,
                   "{\n"
                   "  \"schemaVersion\": 2,\n"
                   "  \"layers\": [\n"
                   "    {\n"
                   "      \"digest\": \"sha256:00\",\n"
                   "      \"ok\": true\n"
                   "    },\n"
                   "    [],\n"
                   "    -1,\n"
                   "    false\n"
                   "  ],\n"
                   "  \"empty\": {},\n"
                   "  \"none\": [],\n"
                   "  \"some\": [\n"
                   "    \"a\",\n"
                   "    \"b\"\n"
                   "  ]\n"
                   "}\n");
}

static void writes_single_values(void **state)
{
    struct stet_json_writer w;
    struct stet_buffer b;

    (void)state;
    begin(&w, STET_JSON_COMPACT, &b);
    stet_json_integer(&w, INT64_MIN);
    assert_written(&w, &b, "-9223372036854775808");
    begin(&w, STET_JSON_COMPACT, &b);
    stet_json_integer(&w, INT64_MAX);
    assert_written(&w, &b, "9223372036854775807");
    begin(&w, STET_JSON_INDENTED, &b);
    stet_json_object_begin(&w);
    stet_json_object_end(&w);
    assert_written(&w, &b, "{}\n");
    begin(&w, STET_JSON_INDENTED, &b);
    stet_json_string(&w, "");
    assert_written(&w, &b, "\"\"\n");
}

static void escapes(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain /slash 'x' <&>", "\"plain /slash 'x' <&>\""},
        {"\"\\", "\"\\\"\\\\\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x02\x07\x0b\x0e\x0f\x10\x1a\x1f",
         "\"\\u0001\\u0002\\u0007\\u000b\\u000e\\u000f\\u0010\\u001a\\u001f\""},
        {"\x1f ~\x7f\xc2\x80", "\"\\u001f ~\\u007f\xc2\x80\""},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x80\xa8",
         "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x80\xa8\""},
        {"a\"b\"c", "\"a\\\"b\\\"c\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_json_writer w;
        struct stet_buffer b;

        begin(&w, STET_JSON_COMPACT, &b);
        stet_json_string(&w, cases[i].in);
        assert_written(&w, &b, cases[i].out);
    }
    {
        struct stet_json_writer w;
        struct stet_buffer b;

        begin(&w, STET_JSON_COMPACT, &b);
        stet_json_object_begin(&w);
        stet_json_key_string(&w, "a\nb", "");
        stet_json_object_end(&w);
        assert_written(&w, &b, "{\"a\\nb\":\"\"}");
    }
}

static void refuses_what_is_not_utf8(void **state)
{
    static const char *const bad[] = {
        "\xff", "a\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stet_json_writer w;
        struct stet_buffer b;

        begin(&w, STET_JSON_COMPACT, &b);
        stet_json_string(&w, bad[i]);
        assert_refused(&w, &b, STET_ERROR_INPUT);
        begin(&w, STET_JSON_COMPACT, &b);
        stet_json_object_begin(&w);
        stet_json_key_integer(&w, bad[i], 1);
        stet_json_object_end(&w);
        assert_refused(&w, &b, STET_ERROR_INPUT);
    }
}

static void unbalanced(struct stet_json_writer *w, int which)
{
    switch (which) {
    case 0: /* nothing at all */
        break;
    case 1:
        stet_json_object_begin(w);
        break;
    case 2:
        stet_json_object_begin(w);
        stet_json_array_end(w);
        break;
    case 3:
        stet_json_array_begin(w);
        stet_json_object_end(w);
        break;
    case 4:
        stet_json_object_end(w);
        break;
    case 5:
        stet_json_array_end(w);
        break;
    case 6: /* a value without a key */
        stet_json_object_begin(w);
        stet_json_integer(w, 1);
        stet_json_object_end(w);
        break;
    case 7: /* a key without a value */
        stet_json_object_begin(w);
        stet_json_key(w, "a");
        stet_json_object_end(w);
        break;
    case 8:
        stet_json_object_begin(w);
        stet_json_key(w, "a");
        stet_json_key(w, "b");
        stet_json_integer(w, 1);
        stet_json_object_end(w);
        break;
    case 9:
        stet_json_array_begin(w);
        stet_json_key(w, "a");
        stet_json_array_end(w);
        break;
    case 10:
        stet_json_key(w, "a");
        stet_json_integer(w, 1);
        break;
    case 11: /* two documents */
        stet_json_integer(w, 1);
        stet_json_integer(w, 2);
        break;
    case 12:
        stet_json_object_begin(w);
        stet_json_object_end(w);
        stet_json_object_begin(w);
        stet_json_object_end(w);
        break;
    case 13:
        stet_json_string(w, NULL);
        break;
    default:
        for (int i = 0; i < STET_JSON_DEPTH_MAX + 1; i++)
            stet_json_array_begin(w);
        for (int i = 0; i < STET_JSON_DEPTH_MAX + 1; i++)
            stet_json_array_end(w);
    }
}

static void refuses_unbalanced_documents(void **state)
{
    (void)state;
    for (int i = 0; i <= 14; i++) {
        struct stet_json_writer w;
        struct stet_buffer b;

        begin(&w, i % 2 == 0 ? STET_JSON_COMPACT : STET_JSON_INDENTED, &b);
        unbalanced(&w, i);
        assert_refused(&w, &b, STET_ERROR_INTERNAL);
    }
}

static void nests_to_the_limit(void **state)
{
    struct stet_json_writer w;
    struct stet_buffer b;
    char wanted[2 * STET_JSON_DEPTH_MAX + 1];

    (void)state;
    begin(&w, STET_JSON_COMPACT, &b);
    for (int i = 0; i < STET_JSON_DEPTH_MAX; i++)
        stet_json_array_begin(&w);
    for (int i = 0; i < STET_JSON_DEPTH_MAX; i++)
        stet_json_array_end(&w);
    memset(wanted, '[', STET_JSON_DEPTH_MAX);
    memset(wanted + STET_JSON_DEPTH_MAX, ']', STET_JSON_DEPTH_MAX);
    wanted[2 * STET_JSON_DEPTH_MAX] = '\0';
    assert_written(&w, &b, wanted);
}

static void keeps_the_first_error(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_json_writer w;
    struct stet_buffer b;
    size_t len;

    (void)state;
    begin(&w, STET_JSON_COMPACT, &b);
    stet_json_array_begin(&w);
    stet_json_string(&w, "\xff");
    len = b.len;
    stet_json_object_end(&w);
    stet_json_integer(&w, 1);
    assert_int_equal(b.len, len);
    (void)stet_error_set(&err, STET_ERROR_DIFFERS, 0, "earlier");
    assert_int_equal(stet_json_writer_finish(&w, &err), -1);
    assert_string_equal(err.text, "earlier");
    stet_error_clear(&err);
    assert_int_equal(stet_json_writer_finish(&w, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    stet_buffer_release(&b);
}

static void reports_failed_allocation(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_json_writer w;
    struct stet_buffer b;

    (void)state;
    begin(&w, STET_JSON_COMPACT, &b);
    stet_buffer_reserve(&b, SIZE_MAX);
    stet_json_integer(&w, 1);
    assert_int_equal(stet_json_writer_finish(&w, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
    stet_buffer_release(&b);
}

/* Every character that JSON can hold comes back through the other implementation. */
static void agrees_with_the_reader(void **state)
{
    struct stet_json_writer w;
    struct stet_buffer b;
    struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    json_t *back;

    (void)state;
    for (int c = 1; c < 0x80; c++)
        stet_buffer_add_char(&text, (char)c);
    stet_buffer_add_str(&text, "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf");
    begin(&w, STET_JSON_INDENTED, &b);
    stet_json_object_begin(&w);
    stet_json_key_string(&w, stet_buffer_str(&text), stet_buffer_str(&text));
    stet_json_object_end(&w);
    assert_int_equal(stet_json_writer_finish(&w, &err), 0);
    back = stet_json_parse(b.data, b.len, b.len, "back", &err);
    if (back == NULL)
        fail_msg("%s", err.text);
    assert_string_equal(json_string_value(json_object_get(back, stet_buffer_str(&text))),
                        stet_buffer_str(&text));
    json_decref(back);
    stet_buffer_release(&b);
    stet_buffer_release(&text);
}

static void writes_what_was_read(void **state)
{
    static const char text[] = "{\"b\":[1,-2,true,false,\"\\u0001\"],\"a\":{},\"c\":{\"d\":[]}}";
    static const char *const refused[] = {"null", "1.5", "[null]", "{\"a\":[1e3]}"};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_json_writer w;
    struct stet_buffer b;
    json_t *value = stet_json_parse(text, strlen(text), 1000, "it", &err);

    (void)state;
    assert_non_null(value);
    begin(&w, STET_JSON_COMPACT, &b);
    stet_json_value(&w, value);
    assert_written(&w, &b, text);
    json_decref(value);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        value = stet_json_parse(refused[i], strlen(refused[i]), 1000, "it", &err);
        assert_non_null(value);
        begin(&w, STET_JSON_INDENTED, &b);
        stet_json_value(&w, value);
        assert_refused(&w, &b, STET_ERROR_INPUT);
        json_decref(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_compact),
        cmocka_unit_test(writes_indented),
        cmocka_unit_test(writes_single_values),
        cmocka_unit_test(escapes),
        cmocka_unit_test(refuses_what_is_not_utf8),
        cmocka_unit_test(refuses_unbalanced_documents),
        cmocka_unit_test(nests_to_the_limit),
        cmocka_unit_test(keeps_the_first_error),
        cmocka_unit_test(reports_failed_allocation),
        cmocka_unit_test(agrees_with_the_reader),
        cmocka_unit_test(writes_what_was_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
