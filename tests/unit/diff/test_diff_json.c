/* JSON by path. */
#include "lib/diff/diff_json.h"
#include "tests/unit/diff/content_fixture.h"

static struct comparing c;

static void compare(const char *a, const char *b, int status, size_t findings)
{
    compare_strings(&c, stet_diff_json_compare, a, b, status, findings);
}

static void values_by_path(void **state)
{
    (void)state;
    compare("{\"config\":{\"Env\":[\"A=1\",\"B=2\"],\"Labels\":{\"org.x\":\"1\"}},\"n\":1,\"gone\":"
            "[1]}",
            "{\"config\":{\"Env\":[\"A=1\",\"B=3\"],\"Labels\":{\"org.x\":\"2\"}},\"n\":\"1\","
            "\"new\":null}",
            1, 5);
    assert_finding(&c, 0, "f", "json", "config.Env[1]", "B=2", "B=3");
    assert_finding(&c, 1, "f", "json", "config.Labels[\"org.x\"]", "1", "2");
    assert_finding(&c, 2, "f", "json", "n", "1", "\"1\"");
    assert_finding(&c, 3, "f", "json", "gone", "[1]", NULL);
    assert_finding(&c, 4, "f", "json", "new", NULL, "null");
    comparing_release(&c);
}

static void lists(void **state)
{
    (void)state;
    compare("[1,2,4]", "[1,2,3,4]", 1, 1);
    assert_finding(&c, 0, "f", "json", "[2]", NULL, "3");
    comparing_release(&c);
    compare("[0,1,2,3,9]", "[0,3,1,2,9]", 1, 1);
    assert_finding(&c, 0, "f", "json", "order of items, from [1] on", "1", "3");
    comparing_release(&c);
    compare("{\"l\":[{\"a\":1,\"b\":2},3]}", "{\"l\":[3,{\"b\":2,\"a\":1}]}", 1, 1);
    assert_finding(&c, 0, "f", "json", "l: order of items, from [0] on", "{\"a\":1,\"b\":2}", "3");
    comparing_release(&c);
    compare("[1,1,2]", "[1,2,2]", 1, 1);
    assert_finding(&c, 0, "f", "json", "[1]", "1", "2");
    comparing_release(&c);
}

static void items_with_names(void **state)
{
    (void)state;
    compare("{\"p\":[{\"name\":\"a\",\"v\":1},{\"name\":\"c\",\"v\":1},{\"name\":\"d\",\"v\":1}]}",
            "{\"p\":[{\"name\":\"b\",\"v\":1},{\"name\":\"a\",\"v\":2},{\"name\":\"d\",\"v\":1}]}",
            1, 3);
    assert_finding(&c, 0, "f", "json", "p[a].v", "1", "2");
    assert_finding(&c, 1, "f", "json", "p[b]", NULL, "{\"name\":\"b\",\"v\":1}");
    assert_finding(&c, 2, "f", "json", "p[c]", "{\"name\":\"c\",\"v\":1}", NULL);
    comparing_release(&c);
    /* In another order, besides. */
    compare("[{\"name\":\"a\",\"v\":1},{\"name\":\"b\",\"v\":1}]",
            "[{\"name\":\"b\",\"v\":1},{\"name\":\"a\",\"v\":2}]", 1, 2);
    assert_finding(&c, 0, "f", "json", "[a].v", "1", "2");
    assert_finding(&c, 1, "f", "json", "order of items, from [0] on", "a", "b");
    comparing_release(&c);
    /* Names that come twice are none. */
    compare("[{\"name\":\"a\",\"v\":1},{\"name\":\"a\",\"v\":2}]",
            "[{\"name\":\"a\",\"v\":1},{\"name\":\"a\",\"v\":3}]", 1, 1);
    assert_finding(&c, 0, "f", "json", "[1].v", "2", "3");
    comparing_release(&c);
}

static void json_in_strings(void **state)
{
    (void)state;
    compare("{\"lock\":\"{\\\"n\\\":[1,2]}\"}", "{\"lock\":\"{\\\"n\\\":[1,3]}\"}", 1, 1);
    assert_finding(&c, 0, "f", "json", "lock!n[1]", "2", "3");
    comparing_release(&c);
    /* What is written otherwise alone differs all the same. */
    compare("{\"lock\":\"{ }\"}", "{\"lock\":\"{}\"}", 1, 1);
    assert_finding(&c, 0, "f", "json", "lock", "{ }", "{}");
    comparing_release(&c);
}

static void order_of_members(void **state)
{
    (void)state;
    compare("{\"a\":1,\"o\":{\"x\":1,\"y\":2,\"z\":3}}",
            "{\"a\":1,\"o\":{\"x\":1,\"z\":3,\"y\":2}}", 1, 1);
    assert_finding(&c, 0, "f", "json", "o: order of members", "y, z", "z, y");
    comparing_release(&c);
    /* Those that one side has alone are no other order. */
    compare("{\"a\":1,\"b\":2}", "{\"a\":1,\"n\":0,\"b\":2}", 1, 1);
    assert_finding(&c, 0, "f", "json", "n", NULL, "0");
    comparing_release(&c);
    /* Within lists that are equal otherwise. */
    compare("[{\"a\":1,\"b\":2}]", "[{\"b\":2,\"a\":1}]", 1, 1);
    assert_finding(&c, 0, "f", "json", "[0]: order of members", "a, b", "b, a");
    comparing_release(&c);
}

static void how_it_is_written(void **state)
{
    (void)state;
    compare("{\"a\": 1}\n", "{\"a\":1}\n", 1, 1);
    assert_finding(&c, 0, "f", "json", "white space", "2 bytes of it", "1 byte of it");
    comparing_release(&c);
    compare("{\"a\":1}\n", "{\"a\":1}", 1, 1);
    assert_finding(&c, 0, "f", "json", "final newline", "one", "none");
    comparing_release(&c);
    compare("{\"a\":\"\xc3\xa9\"}", "{\"a\":\"\\u00e9\"}", 1, 1);
    assert_finding(&c, 0, "f", "json", "notation of equal values", "\"é\"", "\"\\u00e9\"");
    comparing_release(&c);
    compare("[1.0]", "[1.00]", 1, 1);
    assert_finding(&c, 0, "f", "json", "notation of equal values", "1.0", "1.00");
    comparing_release(&c);
    compare("[1.0, 2]", "[1.00,2]", 1, 2);
    comparing_release(&c);
    /* Indented on one side alone, and a value. */
    compare("{\"a\":1}", "{\n  \"a\": 2\n}\n", 1, 2);
    assert_finding(&c, 1, "f", "json", "white space", "0 bytes of it", "6 bytes of it");
    comparing_release(&c);
}

static void no_json(void **state)
{
    (void)state;
    compare("{\"a\":1", "{\"a\":2", 0, 0);
    comparing_release(&c);
    compare("1", "2", 0, 0);
    comparing_release(&c);
    compare("{\"a\":1,\"a\":2}", "{\"a\":2}", 0, 0);
    comparing_release(&c);
    compare("{}", "", 0, 0);
    comparing_release(&c);
}

static void many_differences_are_counted(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    for (int i = 0; i < 1500; i++) {
        stet_buffer_addf(&a, "%c%d", i ? ',' : '[', i);
        stet_buffer_addf(&b, "%c%d", i ? ',' : '[', -i - 1);
    }
    stet_buffer_add_char(&a, ']');
    stet_buffer_add_char(&b, ']');
    compare(a.data, b.data, 1, 1001);
    assert_finding(&c, 1000, "f", "json", "more values that differ", "500 values", "500 values");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void other_levels(void **state)
{
    (void)state;
    comparing_run(&c, stet_diff_text_compare, "f", "", 0, "", 0);
    struct diff_json_place place = {&c.diff, STET_DIFF_IMAGE, 0, "", "oci", "config"};
    json_t *a = json_pack("{s:{s:s}}", "x", "y", "1"), *b = json_pack("{s:{s:s}}", "x", "y", "2");
    assert_int_equal(stet_diff_json_values(&place, a, b, NULL), 1);
    assert_finding(&c, 0, "", "oci", "config.x.y", "1", "2");
    assert_int_equal(c.result.findings[0].level, STET_DIFF_IMAGE);
    assert_int_equal(stet_diff_json_values(&place, a, a, NULL), 0);
    json_decref(a);
    json_decref(b);
    comparing_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_path),   cmocka_unit_test(lists),
        cmocka_unit_test(order_of_members), cmocka_unit_test(how_it_is_written),
        cmocka_unit_test(no_json),          cmocka_unit_test(many_differences_are_counted),
        cmocka_unit_test(other_levels),     cmocka_unit_test(items_with_names),
        cmocka_unit_test(json_in_strings),
    };
    return cmocka_run_group_tests_name("diff/json", tests, NULL, NULL);
}
