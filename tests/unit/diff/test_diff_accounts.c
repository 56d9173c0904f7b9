/* Accounts by field; hashes of passwords are never shown. */
#include "tests/unit/diff/pairs.h"

static void days_and_hash(void **state)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct comparing c;
    const char *hash_a, *hash_b;
    (void)state;
    pairs_run(&c, stet_diff_accounts, "etc/shadow", "shadow");
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 3);
    pairs_expect(&c, "service: last change (days)", "20779 (2026-11-22)", "20780 (2026-11-23)");
    pairs_cause(&c, "service: last change (days)", STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN);
    pairs_cause(&c, "user: password", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
    pairs_expect(&c, "user: password", "a password hash (SHA-512 crypt, 106 characters)",
                 "a password hash (SHA-512 crypt, 106 characters)");
    pairs_read("shadow", "a", &a);
    pairs_read("shadow", "b", &b);
    hash_a = strstr(a.data, "$6$");
    hash_b = strstr(b.data, "$6$");
    assert_true(hash_a && hash_b);
    pairs_hides(&c, hash_a, 106);
    pairs_hides(&c, hash_b, 106);
    comparing_release(&c);
}

static void outside_the_builds(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_accounts, "etc/shadow", "root:*:18000:0:99999:7:::\n",
               "root:*:18001:0:99999:7:::\n");
    pairs_cause(&c, "root: last change (days)", STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE);
    comparing_release(&c);
}

static void locked(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_accounts, "etc/shadow", "root:*:20000:0:99999:7:::\n",
               "root:!$y$j9T$abcdefghijklmnop:20000:0:99999:7:::\n");
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "root: password", "*", "locked, a password hash (yescrypt, 23 characters)");
    pairs_cause(&c, "root: password", STET_CAUSE_RANDOM, STET_DIFF_LIKELY);
    comparing_release(&c);

    pairs_text(&c, stet_diff_accounts, "etc/shadow", "root:*:20000:0:99999:7:::\n",
               "root:!*:20000:0:99999:7:::\n");
    pairs_expect(&c, "root: password", "*", "!*");
    pairs_cause(&c, "root: password", STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE);
    comparing_release(&c);
}

static const char secret[] = "$6$saltsalt$abcdefghijklmnopqrstuvwxyz";

/* Whatever is wrong with the file, a hash in it stays hidden. */
static void never_shown(void **state)
{
    static const char *const pairs[][3] = {
        {"etc/shadow", "root:%s:20000:0:99999:7:::\n", ""},
        {"etc/shadow", "root:%s:20000:0\n", "root:x\n"},
        {"etc/shadow", "%s\nroot:*:1:::::::::::\n", "\n"},
        {"etc/shadow", "%s", "%s\n"},
        {"etc/shadow-", "root:%s:20000:0:99999:7:::\n", "root:%s:20000:0:99999:7:::"},
        {"etc/gshadow", "root:%s::\n", "wheel:%s::\nroot:%s::\n"},
        {"etc/passwd", "root:%s:0:0:root:/root\n", "root:%s:0:0:root:/root:/bin/sh\n"},
        {"var/backups/old", "root:%s:20000:0:99999:7:::\n", "user:%s:20000:0:99999:7:::\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        _cleanup_free_ char *a = stet_format(NULL, pairs[i][1], secret);
        _cleanup_free_ char *b = stet_format(NULL, pairs[i][2], secret, secret);
        struct comparing c;
        pairs_text(&c, stet_diff_accounts, pairs[i][0], a, b);
        assert_int_equal(c.status, 1);
        assert_true(c.result.count > 0);
        pairs_hides(&c, secret, strlen(secret));
        comparing_release(&c);
    }
}

static void lines(void **state)
{
    struct comparing c;
    const struct stet_finding *f;
    (void)state;
    pairs_text(&c, stet_diff_accounts, "etc/group", "root:x:0:\na:x:1:u\nb:x:2:\nc:x:3:\n",
               "root:x:0:\nc:x:3:\na:x:1:u,v\nd:x:4:\n");
    assert_int_equal(c.result.count, 4);
    pairs_expect(&c, "a: members", "u", "u,v");
    pairs_expect(&c, "account b", "b:x:2:", "(none)");
    pairs_expect(&c, "account d", "(none)", "d:x:4:");
    f = pairs_only(&c, "order of lines");
    assert_string_equal(f->a, "1 of 3 stand elsewhere, first a at place 2");
    assert_string_equal(f->b, "there at place 3");
    comparing_release(&c);
}

static void end_of_file(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_accounts, "etc/group", "root:x:0:\n", "root:x:0:");
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "newline at the end", "there", "not there");
    comparing_release(&c);
}

static void ranges(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_accounts, "etc/subuid", "u:100000:65536\nu:300000:10\n",
               "u:100000:65536\nu:300000:20\n");
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "u: number of ids", "10", "20");
    comparing_release(&c);
    /* Without a secret in it, what is malformed is text. */
    pairs_text(&c, stet_diff_accounts, "etc/subuid", "u:100000\n", "u:100001\n");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
}

static void other_files(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_accounts, "etc/shadowy", "root:x:0:\n", "root:x:1:\n");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
    pairs_text(&c, stet_diff_accounts, "srv/roots/one/etc/group", "root:x:0:\n", "root:x:1:\n");
    assert_int_equal(c.status, 1);
    comparing_release(&c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_hash), cmocka_unit_test(outside_the_builds),
        cmocka_unit_test(locked),        cmocka_unit_test(never_shown),
        cmocka_unit_test(lines),         cmocka_unit_test(end_of_file),
        cmocka_unit_test(ranges),        cmocka_unit_test(other_files),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
