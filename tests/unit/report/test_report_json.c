#include "lib/json/json.h"
#include "tests/unit/report/fixture.h"

static json_t *parsed(make_result *make)
{
    struct stet_buffer text;
    struct stet_error err = STET_ERROR_INIT;

    report_of(&text, make, STET_REPORT_JSON, NULL);
    json_t *value = stet_json_parse(text.data, text.len, text.len, "report", &err);
    if (!value)
        fail_msg("%s", err.text);
    stet_buffer_release(&text);
    return value;
}

static const char *string_at(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    if (!s)
        fail_msg("no string %s", key);
    return s;
}

static json_int_t integer_at(const json_t *object, const char *key)
{
    if (!json_is_integer(json_object_get(object, key)))
        fail_msg("no integer %s", key);
    return json_integer_value(json_object_get(object, key));
}

static void test_nothing_differs(void **state)
{
    static const char expected[] =
        "{\n  \"schema\": 1,\n  \"a\": {\n    \"name\": \"oci:debian:a\",\n    \"kind\": \"OCI "
        "layout\"\n  },\n  \"b\": {\n    \"name\": \"oci:debian:b\",\n    \"kind\": \"OCI "
        "layout\"\n  "
        "},\n  \"verdict\": \"same\",\n  \"count\": 0,\n  \"levels\": {\n    \"image\": 0,\n    "
        "\"layer\": 0,\n    \"archive\": 0,\n    \"entry\": 0,\n    \"content\": 0\n  },\n  "
        "\"groups\": [],\n  \"ignored\": [],\n  \"examined\": {\n    \"entries\": 8412,\n    "
        "\"contents\": 0,\n    \"bytes\": 125829120\n  },\n  \"cutShort\": false,\n  \"findings\": "
        "[]\n}\n";
    struct stet_buffer text;

    (void)state;
    report_of(&text, report_fixture_equal, STET_REPORT_JSON, NULL);
    assert_string_equal(stet_buffer_str(&text), expected);
    stet_buffer_release(&text);
}

static void same_or_absent(const json_t *object, const char *key, const char *value)
{
    if (value)
        assert_string_equal(string_at(object, key), value);
    else
        assert_null(json_object_get(object, key));
}

/* Every member of every finding is that of the result. */
static void test_every_finding(void **state)
{
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    json_t *report = parsed(report_fixture_all);
    const json_t *findings = json_object_get(report, "findings");

    (void)state;
    assert_int_equal(report_fixture_all(&result, &err), 0);
    assert_int_equal(json_array_size(findings), result.count);
    assert_int_equal(integer_at(report, "count"), result.count);
    for (size_t i = 0; i < result.count; i++) {
        const struct stet_finding *f = &result.findings[i];
        const json_t *j = json_array_get(findings, i);
        bool explained = f->cause != STET_CAUSE_UNEXPLAINED;

        same_or_absent(j, "level", stet_diff_level_name(f->level));
        same_or_absent(j, "path", f->path);
        same_or_absent(j, "format", f->format);
        same_or_absent(j, "what", f->what);
        same_or_absent(j, "a", f->a);
        same_or_absent(j, "b", f->b);
        same_or_absent(j, "cause", stet_diff_cause_info(f->cause)->name);
        same_or_absent(j, "sure", explained ? stet_diff_sureness_name(f->sure) : NULL);
        same_or_absent(j, "evidence", explained ? f->evidence : NULL);
        same_or_absent(j, "package", f->package);
        if (f->layer > 0)
            assert_int_equal(integer_at(j, "layer"), f->layer);
        else
            assert_null(json_object_get(j, "layer"));
        assert_int_equal(!f->detail, !json_object_get(j, "detail"));
        if (f->detail) {
            struct stet_buffer joined = STET_BUFFER_INIT;
            size_t k;
            json_t *line;
            json_array_foreach(json_object_get(j, "detail"), k, line)
                stet_buffer_addf(&joined, "%s\n", json_string_value(line));
            assert_string_equal(stet_buffer_str(&joined), f->detail);
            stet_buffer_release(&joined);
        }
    }
    stet_diff_result_release(&result);
    json_decref(report);
}

static void test_groups_hold_each_finding_once(void **state)
{
    json_t *report = parsed(report_fixture_all), *group, *index;
    json_t *findings = json_object_get(report, "findings");
    unsigned char seen[1000] = {0};
    size_t i, k, total = 0;

    (void)state;
    assert_string_equal(string_at(report, "verdict"), "differs");
    assert_int_equal(json_array_size(json_object_get(report, "groups")), STET_CAUSE_COUNT);
    json_array_foreach(json_object_get(report, "groups"), i, group)
    {
        const char *cause = string_at(group, "cause");
        assert_int_equal(integer_at(group, "count"),
                         json_array_size(json_object_get(group, "findings")));
        json_array_foreach(json_object_get(group, "findings"), k, index)
        {
            json_int_t at = json_integer_value(index);
            assert_true(at >= 0 && (size_t)at < json_array_size(findings) && !seen[at]);
            seen[at] = 1;
            total++;
            assert_string_equal(string_at(json_array_get(findings, (size_t)at), "cause"), cause);
        }
    }
    assert_int_equal(total, json_array_size(findings));
    const json_t *first = json_array_get(json_object_get(report, "groups"), 0);
    assert_string_equal(string_at(first, "cause"), "random");
    assert_true(json_is_true(json_object_get(first, "loud")));
    const json_t *ignored = json_array_get(json_object_get(report, "ignored"), 1);
    assert_string_equal(string_at(ignored, "rule"), "var/log/**");
    assert_int_equal(integer_at(ignored, "count"), 3);
    assert_int_equal(integer_at(json_object_get(report, "levels"), "entry"), 40);
    json_decref(report);
}

static void test_series(void **state)
{
    json_t *report = parsed(report_fixture_series), *groups = json_object_get(report, "groups");
    const json_t *build_time = json_array_get(groups, 1);
    const json_t *series = json_object_get(build_time, "series");

    (void)state;
    assert_string_equal(string_at(build_time, "cause"), "build-time");
    assert_int_equal(json_array_size(series), 2);
    const json_t *shadow = json_array_get(series, 0);
    assert_string_equal(string_at(shadow, "level"), "content");
    assert_string_equal(string_at(shadow, "format"), "accounts");
    assert_string_equal(string_at(shadow, "what"), "…: last change (days)");
    assert_int_equal(integer_at(shadow, "count"), 6);
    assert_int_equal(integer_at(shadow, "first"), 36);
    assert_string_equal(string_at(json_array_get(series, 1), "what"), "pax record ctime");
    assert_int_equal(integer_at(json_array_get(series, 1), "first"), 0);
    json_decref(report);
}

static void test_hostile_strings(void **state)
{
    json_t *report = parsed(report_fixture_hostile);

    (void)state;
    assert_string_equal(string_at(json_object_get(report, "a"), "name"),
                        "<title>\x1b[2J\\xff</title>");
    const json_t *finding = json_array_get(json_object_get(report, "findings"), 3);
    assert_string_equal(string_at(finding, "path"), "a\xe2\x80\xaetxt.exe");
    assert_string_equal(string_at(finding, "package"), "p\\xc3");
    assert_string_equal(json_string_value(json_array_get(json_object_get(finding, "detail"), 0)),
                        "-\x1b[31mred\\x9b");
    assert_true(json_is_true(json_object_get(report, "cutShort")));
    json_decref(report);
}

static void test_only_what_was_ignored(void **state)
{
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_diff_ignored rule = {strdup("build-time"), 4};
    struct stet_buffer text;

    (void)state;
    assert_int_equal(report_fixture_equal(&result, &err), 0);
    result.ignored = &rule;
    result.ignored_count = 1;
    report_into(&text, &result, STET_REPORT_JSON, NULL);
    assert_has(stet_buffer_str(&text), "\"verdict\": \"ignored\"");
    stet_buffer_release(&text);
    result.ignored = NULL;
    result.ignored_count = 0;
    free(rule.rule);
    stet_diff_result_release(&result);
}

/* Numbers beyond what JSON's readers take are not wrapped. */
static void test_great_numbers(void **state)
{
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text;

    (void)state;
    assert_int_equal(report_fixture_equal(&result, &err), 0);
    result.bytes = UINT64_MAX;
    report_into(&text, &result, STET_REPORT_JSON, NULL);
    assert_has(stet_buffer_str(&text), "\"bytes\": 9223372036854775807\n");
    stet_buffer_release(&text);
    stet_diff_result_release(&result);
}

static void test_options_change_nothing(void **state)
{
    struct stet_report_options options = {.color = true, .full = true, .width = 30};
    struct stet_buffer plain, other;

    (void)state;
    report_of(&plain, report_fixture_all, STET_REPORT_JSON, NULL);
    report_of(&other, report_fixture_all, STET_REPORT_JSON, &options);
    assert_string_equal(stet_buffer_str(&plain), stet_buffer_str(&other));
    stet_buffer_release(&plain);
    stet_buffer_release(&other);
}

static void test_write_error(void **state)
{
    (void)state;
    assert_write_error_is_told(STET_REPORT_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_differs),
        cmocka_unit_test(test_every_finding),
        cmocka_unit_test(test_groups_hold_each_finding_once),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_hostile_strings),
        cmocka_unit_test(test_only_what_was_ignored),
        cmocka_unit_test(test_great_numbers),
        cmocka_unit_test(test_options_change_nothing),
        cmocka_unit_test(test_write_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
