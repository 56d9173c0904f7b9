#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <dirent.h>
#include <string.h>

static json_t *parse(const char *text, struct stet_error *err)
{
    return stet_json_parse(text, strlen(text), 1 << 20, "lock.json", err);
}

static json_t *must_parse(const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    json_t *value = parse(text, &err);

    if (value == NULL)
        fail_msg("%s", err.text);
    return value;
}

static void assert_says(const struct stet_error *err, const char *text)
{
    assert_int_equal(err->kind, STET_ERROR_INPUT);
    if (strstr(err->text, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err->text, text);
}

static void refuses(void **state)
{
    static const struct {
        const char *text;
        size_t len; /* 0: strlen */
        const char *says;
    } cases[] = {
        {"", 0, "lock.json:"},
        {"{\n  \"a\": 1,\n  \"a\": 2\n}", 0, "lock.json:3:"},
        {"{\"x\": {\"a\": 1, \"\\u0061\": 2}}", 0, "lock.json:1:"},
        {"1 2", 0, "lock.json:1:"},
        {"{} x", 0, "lock.json:1:"},
        {"{}\0", 3, "lock.json:1:3: not valid JSON: a NUL byte"},
        {"1\0", 2, "lock.json:1:2:"},
        {"[1\0]", 4, "lock.json:1:3:"},
        {"\"a\0b\"", 5, "lock.json:"},
        {"\"a\\u0000b\"", 0, "lock.json:"},
        {"{\"a\\u0000b\": 1}", 0, "lock.json:"},
        {"\"\xff\"", 0, "lock.json:"},
        {"\"\xed\xa0\x80\"", 0, "lock.json:"},
        {"\"\\ud800\"", 0, "lock.json:"},
        {"\xef\xbb\xbf{}", 0, "lock.json:"},
        {"[1,]", 0, "lock.json:1:"},
        {"{'a': 1}", 0, "lock.json:1:"},
        {"[01]", 0, "lock.json:1:"},
        {"[NaN]", 0, "lock.json:1:"},
        {"// x\n1", 0, "lock.json:1:"},
        {"99999999999999999999", 0, "lock.json:"},
        {"1e999", 0, "lock.json:"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        size_t len = cases[i].len == 0 ? strlen(cases[i].text) : cases[i].len;
        json_t *value = stet_json_parse(cases[i].text, len, 1000, "lock.json", &err);

        if (value != NULL)
            fail_msg("accepted case %zu: %s", i, cases[i].text);
        assert_says(&err, cases[i].says);
    }
}

static void limits_size(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    json_t *value = stet_json_parse("[1]", 3, 3, "lock.json", &err);

    (void)state;
    assert_non_null(value);
    json_decref(value);
    assert_null(stet_json_parse("[1] ", 4, 3, "lock.json", &err));
    assert_says(&err, "lock.json");
    stet_error_clear(&err);
    assert_null(stet_json_parse(NULL, 0, 3, "lock.json", &err));
    assert_int_equal(err.kind, STET_ERROR_INPUT);
}

static void nested(char *out, int depth, char open, char close)
{
    memset(out, open, (size_t)depth);
    memset(out + depth, close, (size_t)depth);
    out[2 * depth] = '\0';
}

static void limits_depth(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    char text[4 * STET_JSON_DEPTH_MAX];
    json_t *value;

    (void)state;
    nested(text, STET_JSON_DEPTH_MAX, '[', ']');
    value = parse(text, &err);
    assert_non_null(value);
    json_decref(value);
    nested(text, STET_JSON_DEPTH_MAX + 1, '[', ']');
    assert_null(parse(text, &err));
    assert_says(&err, "lock.json:1:65: nested more than 64 levels");
    /* Brackets in strings, and beside each other, are no nesting. */
    value =
        must_parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\","
                   "\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]");
    json_decref(value);
    {
        struct stet_buffer many = STET_BUFFER_INIT;

        stet_buffer_add_str(&many, "[");
        for (int i = 0; i < 200; i++)
            stet_buffer_add_str(&many, "[{}],");
        stet_buffer_add_str(&many, "0]");
        value = must_parse(stet_buffer_str(&many));
        json_decref(value);
        stet_buffer_release(&many);
    }
}

static void gets_members(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    json_t *obj = must_parse("{\"s\":\"text\",\"i\":-5,\"o\":{},\"a\":[\"x\",\"y\"],\"e\":[]}");
    struct stet_strv v = STET_STRV_INIT;
    const char *s = NULL;
    int64_t i = 0;
    json_t *j = NULL;

    (void)state;
    assert_int_equal(stet_json_get_string(obj, "w", "s", &s, &err), 0);
    assert_string_equal(s, "text");
    assert_int_equal(stet_json_opt_string(obj, "w", "s", &s, &err), 1);
    assert_int_equal(stet_json_opt_string(obj, "w", "none", &s, &err), 0);
    assert_int_equal(stet_json_get_integer(obj, "w", "i", -5, -5, &i, &err), 0);
    assert_int_equal(i, -5);
    assert_int_equal(stet_json_opt_integer(obj, "w", "i", INT64_MIN, INT64_MAX, &i, &err), 1);
    assert_int_equal(stet_json_opt_integer(obj, "w", "none", 0, 0, &i, &err), 0);
    assert_int_equal(i, -5);
    assert_int_equal(stet_json_get_object(obj, "w", "o", &j, &err), 0);
    assert_true(json_is_object(j));
    assert_int_equal(stet_json_opt_object(obj, "w", "none", &j, &err), 0);
    assert_int_equal(stet_json_get_array(obj, "w", "a", &j, &err), 0);
    assert_int_equal(json_array_size(j), 2);
    assert_int_equal(stet_json_opt_array(obj, "w", "none", &j, &err), 0);
    assert_int_equal(stet_json_get_strings(obj, "w", "a", &v, &err), 0);
    assert_int_equal(stet_json_opt_strings(obj, "w", "e", &v, &err), 1);
    assert_int_equal(stet_json_opt_strings(obj, "w", "none", &v, &err), 0);
    assert_int_equal(stet_json_opt_strings(obj, "w", "a", &v, &err), 1);
    assert_int_equal(v.count, 4);
    assert_string_equal(v.items[3], "y");
    assert_int_equal(err.kind, STET_ERROR_NONE);
    stet_strv_release(&v);
    json_decref(obj);
}

static void names_what_is_missing(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    json_t *obj = must_parse("{}");
    struct stet_strv v = STET_STRV_INIT;
    const char *s;
    int64_t i;
    json_t *j;

    (void)state;
    assert_int_equal(stet_json_get_string(obj, "packages[3]", "sha256", &s, &err), -1);
    assert_says(&err, "packages[3]");
    assert_says(&err, "'sha256' is missing");
    stet_error_clear(&err);
    assert_int_equal(stet_json_get_string(obj, "", "top", &s, &err), -1);
    assert_string_equal(err.text, "'top' is missing");
    stet_error_clear(&err);
    assert_int_equal(stet_json_get_integer(obj, "w", "k", 0, 1, &i, &err), -1);
    stet_error_clear(&err);
    assert_int_equal(stet_json_get_object(obj, "w", "k", &j, &err), -1);
    stet_error_clear(&err);
    assert_int_equal(stet_json_get_array(obj, "w", "k", &j, &err), -1);
    stet_error_clear(&err);
    assert_int_equal(stet_json_get_strings(obj, "w", "k", &v, &err), -1);
    assert_says(&err, "missing");
    json_decref(obj);
}

static void refuses_other_types(void **state)
{
    static const char *const values[] = {"null", "true", "1",   "1.0",         "\"1\"",
                                         "[]",   "{}",   "[1]", "[\"a\",null]"};

    (void)state;
    for (size_t n = 0; n < sizeof(values) / sizeof(values[0]); n++) {
        char text[64];
        struct stet_error err[8] = {STET_ERROR_INIT};
        struct stet_strv v = STET_STRV_INIT;
        const char *s;
        int64_t i;
        json_t *j;
        json_t *obj;
        const bool is_string = n == 4;
        const bool is_integer = n == 2;
        const bool is_object = n == 6;
        const bool is_array = n == 5 || n >= 7;

        (void)snprintf(text, sizeof(text), "{\"k\": %s}", values[n]);
        obj = must_parse(text);
        assert_int_equal(stet_json_get_string(obj, "w", "k", &s, &err[0]), is_string ? 0 : -1);
        assert_int_equal(stet_json_opt_string(obj, "w", "k", &s, &err[1]), is_string ? 1 : -1);
        assert_int_equal(stet_json_get_integer(obj, "w", "k", 0, 9, &i, &err[2]),
                         is_integer ? 0 : -1);
        assert_int_equal(stet_json_opt_object(obj, "w", "k", &j, &err[3]), is_object ? 1 : -1);
        assert_int_equal(stet_json_opt_array(obj, "w", "k", &j, &err[4]), is_array ? 1 : -1);
        assert_int_equal(stet_json_get_strings(obj, "w", "k", &v, &err[5]), n == 5 ? 0 : -1);
        for (int e = 0; e < 6; e++)
            if (err[e].kind != STET_ERROR_NONE)
                assert_says(&err[e], "'k");
        stet_strv_release(&v);
        json_decref(obj);
    }
}

static void limits_integers(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    json_t *obj = must_parse("{\"k\": 10}");
    int64_t i = 0;

    (void)state;
    assert_int_equal(stet_json_get_integer(obj, "w", "k", 10, 10, &i, &err), 0);
    assert_int_equal(stet_json_get_integer(obj, "w", "k", 11, 20, &i, &err), -1);
    assert_says(&err, "'k' is 10, which is not from 11 to 20");
    stet_error_clear(&err);
    assert_int_equal(stet_json_opt_integer(obj, "w", "k", 0, 9, &i, &err), -1);
    json_decref(obj);
}

/* An optional member of what is no object must not pass for an absent one. */
static void refuses_members_of_other_values(void **state)
{
    static const char *const none[] = {NULL};
    struct stet_error err = STET_ERROR_INIT;
    json_t *array = must_parse("[1]");
    const char *s;

    (void)state;
    assert_int_equal(stet_json_opt_string(array, "w", "k", &s, &err), -1);
    assert_says(&err, "object");
    stet_error_clear(&err);
    assert_int_equal(stet_json_get_string(array, "", "k", &s, &err), -1);
    assert_says(&err, "object");
    stet_error_clear(&err);
    assert_int_equal(stet_json_only_keys(array, "w", none, &err), -1);
    assert_says(&err, "object");
    stet_error_clear(&err);
    assert_int_equal(stet_json_opt_string(NULL, "w", "k", &s, &err), -1);
    json_decref(array);
}

static void refuses_unknown_keys(void **state)
{
    static const char *const keys[] = {"a", "b", NULL};
    static const char *const none[] = {NULL};
    struct stet_error err = STET_ERROR_INIT;
    json_t *obj = must_parse("{\"b\":1,\"a\":2}");

    (void)state;
    assert_int_equal(stet_json_only_keys(obj, "w", keys, &err), 0);
    assert_int_equal(stet_json_only_keys(obj, "w", none, &err), -1);
    assert_says(&err, "unknown member 'b'");
    json_decref(obj);
    obj = must_parse("{}");
    stet_error_clear(&err);
    assert_int_equal(stet_json_only_keys(obj, "w", none, &err), 0);
    json_decref(obj);
}

static void reads_a_file(void **state)
{
    char path[] = "/tmp/stet-test-XXXXXX";
    struct stet_error err = STET_ERROR_INIT;
    int fd = mkstemp(path);
    json_t *value;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "[1,\n2", 5), 5);
    assert_null(stet_json_read(AT_FDCWD, path, 100, &err));
    assert_says(&err, path);
    assert_says(&err, ":2:");
    assert_int_equal(write(fd, "]", 1), 1);
    value = stet_json_read(AT_FDCWD, path, 6, NULL);
    assert_non_null(value);
    json_decref(value);
    stet_error_clear(&err);
    assert_null(stet_json_read(AT_FDCWD, path, 5, &err));
    assert_says(&err, path);
    close(fd);
    assert_int_equal(unlink(path), 0);
    stet_error_clear(&err);
    assert_null(stet_json_read(AT_FDCWD, path, 5, &err));
    assert_says(&err, path);
}

/* ---- the public corpus: y_ is accepted, n_ refused, i_ either ---- */

/* Valid JSON that stet refuses on purpose: a second occurrence of a key, a NUL in a string. */
static bool refused_on_purpose(const char *name)
{
    static const char *const names[] = {
        "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
        "y_object_escaped_null_in_key.json", "y_string_null_escape.json"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void check_case(int dirfd, const char *name)
{
    struct stet_error err = STET_ERROR_INIT;
    json_t *value = stet_json_read(dirfd, name, 1 << 20, &err);
    bool must = name[0] == 'y' && !refused_on_purpose(name);
    bool must_not = name[0] == 'n' || refused_on_purpose(name);

    if (value == NULL && must)
        fail_msg("%s is refused: %s", name, err.text);
    if (value != NULL && must_not)
        fail_msg("%s is accepted", name);
    if (value == NULL && err.kind != STET_ERROR_INPUT)
        fail_msg("%s: %s", name, err.text);
    json_decref(value);
}

static void passes_the_corpus(void **state)
{
    const char *given = getenv("STET_CORPORA");
    char path[1024];
    const struct dirent *d;
    int count = 0;
    DIR *dir;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/json",
                   given == NULL ? STET_SOURCE_ROOT "/../shared/corpora" : given);
    dir = opendir(path);
    if (dir == NULL) {
        print_message("skipped: there is no JSON corpus at %s (set STET_CORPORA)\n", path);
        skip();
    }
    while ((d = readdir(dir)) != NULL) {
        if (d->d_name[0] == '.' || strstr(d->d_name, ".json") == NULL)
            continue;
        check_case(dirfd(dir), d->d_name);
        count++;
    }
    (void)closedir(dir);
    assert_true(count > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(limits_size),
        cmocka_unit_test(limits_depth),
        cmocka_unit_test(gets_members),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(refuses_other_types),
        cmocka_unit_test(limits_integers),
        cmocka_unit_test(refuses_members_of_other_values),
        cmocka_unit_test(refuses_unknown_keys),
        cmocka_unit_test(reads_a_file),
        cmocka_unit_test(passes_the_corpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
