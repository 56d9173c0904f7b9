/* Message catalogues made by msgfmt. */
#include "tests/unit/diff/pairs.h"

static void test_messages(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_mo, "mo-date");
    assert_int_equal(c.result.count, 4);
    /* When a translator worked on it is not when it was built. */
    const struct stet_finding *f = pairs_expect(&c, "header: PO-Revision-Date",
                                                "2026-11-23 10:00+0000", "2026-11-24 10:00+0000");
    assert_int_equal(f->cause, STET_CAUSE_UNEXPLAINED);
    pairs_expect(&c, "message \"open\" in context \"menu\"", "offen 1\\x00alle offen",
                 "offen 2\\x00alle offen");
    pairs_expect(&c, "message \"number 1\"", "Nummer", NULL);
    pairs_expect(&c, "message \"number 2\"", NULL, "Nummer");
    comparing_release(&c);
}

/* Newer releases of msgfmt leave the field out, older ones keep it: as they do, with PO-Revision-Date renamed. */
static void test_creation_date(void **state)
{
    struct comparing c;
    size_t len;
    (void)state;
    unsigned char *sides[2];
    for (size_t i = 0; i < 2; i++) {
        sides[i] = pairs_load("mo-date", "a", &len);
        unsigned char *field = memmem(sides[i], len, "PO-Revision-Date: 2026-11-23 10", 31);
        assert_non_null(field);
        memcpy(field - 2,
               i == 0 ? "\nPOT-Creation-Date: 2026-11-23 10" : "\nPOT-Creation-Date: 2026-11-24 10",
               33);
    }
    comparing_run(&c, stet_diff_mo, "x.mo", sides[0], len, sides[1], len);
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    const struct stet_finding *f = pairs_expect(&c, "header: POT-Creation-Date",
                                                "2026-11-23 10:00+0000", "2026-11-24 10:00+0000");
    pairs_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY);
    comparing_release(&c);
    free(sides[0]);
    free(sides[1]);
}

static void test_byte_order(void **state)
{
    struct comparing c;
    (void)state;
    pairs_tell(&c, stet_diff_mo, "mo-byte-order");
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "byte order", "least significant first", "most significant first");
    comparing_release(&c);
}

static void test_damaged(void **state)
{
    (void)state;
    pairs_flip(stet_diff_mo, "mo-date", 1, 30);
    pairs_cut(stet_diff_mo, "mo-date", 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_creation_date),
        cmocka_unit_test(test_byte_order),
        cmocka_unit_test(test_damaged),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
