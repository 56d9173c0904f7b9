/* SQLite databases made by sqlite3. */
#include "lib/diff/sqlite.h"
#include "tests/unit/diff/pairs.h"

static void test_table_without_rowids(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_sqlite, "sqlite-meta");
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "string at 0x3f0 in page 4", "!built2026-11-23", "!built2026-11-24");
    comparing_release(&c);
}

static void test_rows(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_sqlite, "sqlite-rows");
    pairs_expect(&c, "header: file change counter", "6", "9");
    pairs_expect(&c, "header: number of freelist pages", "0", "2");
    pairs_expect(&c, "table files, row 7, column mtime", "1795428000", "1795514400");
    pairs_expect(&c, "table files, row 100", "/usr/share/f100 | 1795428000 | n", NULL);
    /* Of a value on overflow pages, where it differs. */
    const struct stet_finding *f = NULL;
    assert_int_equal(comparing_find(&c, "table files, row 121, column note", &f), 1);
    assert_int_equal(strncmp(f->b, "…x", 4), 0);
    assert_string_equal(f->b + strlen(f->b) - 2, "xy");
    comparing_release(&c);
}

static void test_leftovers(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_sqlite, "sqlite-leftover");
    pairs_expect(&c, "header: first freelist page", "0", "15");
    pairs_expect(&c, "string at 0x3e8 in page 15", NULL, ";password of the builder");
    pairs_expect(&c, "freelist, page 15", NULL, "1024 bytes");
    comparing_release(&c);
}

static void test_page_size(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_sqlite, "sqlite-page-size");
    pairs_expect(&c, "header: page size", "1024", "4096");
    pairs_expect(&c, "table files, row 3, column mtime", "1795428000", "0");
    comparing_release(&c);
}

static void test_auto_vacuum(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_sqlite, "sqlite-auto-vacuum");
    assert_int_equal(c.result.count, 3);
    pairs_expect(&c, "table a, row -5, column y", "minus", "two");
    comparing_release(&c);
}

static void test_every_byte(void **state)
{
    (void)state;
    /* Once it is known for a database, every byte is of some page. */
    pairs_flip(stet_diff_sqlite, "sqlite-auto-vacuum", 3, 99);
    pairs_flip(stet_diff_sqlite, "sqlite-rows", 7, 99);
    pairs_cut(stet_diff_sqlite, "sqlite-auto-vacuum", 61);
}

/* A tree whose pages are its own children. */
static void test_loop(void **state)
{
    struct comparing c;
    size_t len;
    (void)state;
    unsigned char *a = pairs_load("sqlite-rows", "a", &len), *b = malloc(len);
    assert_non_null(b);
    for (size_t page = 1; page < len / 1024; page++)
        if (a[page * 1024] == 5)
            memset(a + page * 1024 + 8, 0, 3), a[page * 1024 + 11] = (unsigned char)(page + 1);
    memcpy(b, a, len);
    b[len - 1] ^= 1;
    comparing_run(&c, stet_diff_sqlite, "x.db", a, len, b, len);
    assert_true(c.status == 0 || (c.status == 1 && c.result.count > 0));
    comparing_release(&c);
    free(a);
    free(b);
}

static void expect_column(const char *sql, unsigned column, const char *name)
{
    struct diff_bytes text = {(const unsigned char *)sql, strlen(sql)};
    struct diff_bytes found = stet_diff_sqlite_column(text, column);

    assert_int_equal(found.len, strlen(name));
    assert_memory_equal(found.data ? found.data : (const unsigned char *)"", name, found.len);
}

static void test_column_names(void **state)
{
    static const char sql[] =
        "CREATE TABLE \"a (,\"(x INTEGER DEFAULT (1, 2),\n\"y, z\" text, [w],`v`";
    (void)state;
    expect_column(sql, 0, "x");
    expect_column(sql, 1, "y, z");
    expect_column(sql, 2, "w");
    expect_column(sql, 3, "v");
    expect_column(sql, 4, "");
    /* What cannot be known for sure. */
    expect_column("CREATE TABLE t(a, b AS (a * 2), c)", 2, "");
    expect_column("CREATE TABLE t(a, -- , b\nc)", 1, "");
    expect_column("CREATE TABLE t(\"a", 0, "");
    expect_column("CREATE TABLE t(,\"", 0, "");
    expect_column("CREATE TABLE t(a)", 1, "");
    expect_column(")))(a", 0, "");
    expect_column("", 0, "");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_without_rowids),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_leftovers),
        cmocka_unit_test(test_page_size),
        cmocka_unit_test(test_auto_vacuum),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_column_names),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
