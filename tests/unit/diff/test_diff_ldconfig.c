/* ldconfig's caches: entries, order, versions of ldconfig, and what is keyed by inodes. */
#include "tests/unit/diff/pairs.h"

static void entries(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_ldconfig, "etc/ld.so.cache", "ld.so.cache");
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "entries", "4", "5, 1 only here");
    assert_string_equal(c.result.findings[0].detail,
                        "+libacl.so.1 (libc6,x86-64): /usr/lib/x86_64-linux-gnu/libacl.so.1\n");
    comparing_release(&c);
}

static void inodes(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_ldconfig_aux, "var/cache/ldconfig/aux-cache", "ldconfig-aux-cache");
    assert_int_equal(c.status, 1);
    pairs_cause(&c, "inode numbers", STET_CAUSE_INODE_CACHE, STET_DIFF_CERTAIN);
    pairs_cause(&c, "change times", STET_CAUSE_INODE_CACHE, STET_DIFF_CERTAIN);
    assert_int_equal(comparing_find(&c, "entries", NULL), 0);
    assert_true(pairs_shows(&c, "libz.so.1 (libc6,x86-64, 121280 bytes): "));
    comparing_release(&c);
}

static void put32(char *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (char)(value >> (8 * i));
}

/* The old format, with one entry and its two strings. */
static size_t old_cache(char *p, const char *soname, const char *path)
{
    memset(p, 0, 28);
    memcpy(p, "ld.so-1.7.0", 11);
    put32(p + 12, 1);
    put32(p + 16, 3);
    put32(p + 24, (uint32_t)strlen(soname) + 1);
    memcpy(p + 28, soname, strlen(soname) + 1);
    memcpy(p + 28 + strlen(soname) + 1, path, strlen(path) + 1);
    return 28 + strlen(soname) + strlen(path) + 2;
}

static void old_format(void **state)
{
    char a[128], b[128];
    struct comparing c;
    size_t la = old_cache(a, "libx.so.1", "/lib/libx.so.1"),
           lb = old_cache(b, "libx.so.1", "/usr/lib/libx.so.1");
    (void)state;
    pairs_compare(&c, stet_diff_ldconfig, "etc/ld.so.cache", a, la, b, lb);
    assert_int_equal(c.status, 1);
    pairs_expect(&c, "entries of the old format", "1, 1 with another value",
                 "1, 1 with another value");
    assert_string_equal(c.result.findings[0].detail, "-libx.so.1 (libc6): /lib/libx.so.1\n"
                                                     "+libx.so.1 (libc6): /usr/lib/libx.so.1\n");
    comparing_release(&c);

    /* A path that does not end is no path. */
    pairs_compare(&c, stet_diff_ldconfig, "etc/ld.so.cache", a, la, b, lb - 1);
    assert_int_equal(c.status, 0);
    comparing_release(&c);
}

static void generator(void **state)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct comparing c;
    char *at;
    (void)state;
    pairs_read("ld.so.cache", "a", &a);
    stet_buffer_add(&b, a.data, a.len);
    at = memmem(b.data, b.len, "version 2.36", 12);
    assert_non_null(at);
    at[11] = '7';
    pairs_compare(&c, stet_diff_ldconfig, "etc/ld.so.cache", a.data, a.len, b.data, b.len);
    assert_int_equal(c.result.count, 1);
    pairs_cause(&c, "generator", STET_CAUSE_PACKAGE_VERSION, STET_DIFF_CERTAIN);
    comparing_release(&c);
}

/* The same entries in another order, in the file alone. */
static void order(void **state)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct comparing c;
    (void)state;
    pairs_read("ld.so.cache", "a", &a);
    stet_buffer_add(&b, a.data, a.len);
    memcpy(b.data + 48, a.data + 72, 24);
    memcpy(b.data + 72, a.data + 48, 24);
    pairs_compare(&c, stet_diff_ldconfig, "etc/ld.so.cache", a.data, a.len, b.data, b.len);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].what, "order of entries");
    assert_true(pairs_shows(&c, "1 of 4 stand elsewhere, first "));
    comparing_release(&c);
}

static void damaged(void **state)
{
    (void)state;
    pairs_damage(stet_diff_ldconfig, "etc/ld.so.cache", "ld.so.cache");
    pairs_damage(stet_diff_ldconfig_aux, "var/cache/ldconfig/aux-cache", "ldconfig-aux-cache");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries),   cmocka_unit_test(inodes), cmocka_unit_test(old_format),
        cmocka_unit_test(generator), cmocka_unit_test(order),  cmocka_unit_test(damaged),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
