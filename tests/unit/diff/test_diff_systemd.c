/* Files of systemd, and those that name the host or its locales. */
#include "tests/unit/diff/pairs.h"

static void catalog(void **state)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct comparing c;
    char *subject;
    (void)state;
    pairs_run(&c, stet_diff_catalog, "var/lib/systemd/catalog/database", "systemd-catalog");
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "messages", "2", "37, 35 only here");
    assert_true(pairs_shows(&c, "+0027229ca0644181a76c4e92458afa2e fr\n"));
    comparing_release(&c);

    pairs_read("systemd-catalog", "a", &a);
    stet_buffer_add(&b, a.data, a.len);
    subject = memmem(b.data, b.len, "Subject: ", 9);
    assert_non_null(subject);
    subject[9] = 'X';
    pairs_compare(&c, stet_diff_catalog, "var/lib/systemd/catalog/database", a.data, a.len, b.data,
                  b.len);
    assert_int_equal(c.result.count, 1);
    assert_true(strncmp(c.result.findings[0].what, "message ", 8) == 0);
    assert_true(pairs_shows(&c, "+Subject: X"));
    comparing_release(&c);
}

static void put64(unsigned char *p, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(value >> (8 * i));
}

/* Two messages, whose texts stand in this or the other order. */
static void two_messages(unsigned char out[164], bool swapped)
{
    memset(out, 0, 164);
    memcpy(out, "RHHHKSLP", 8);
    put64(out + 16, 40);
    put64(out + 24, 2);
    put64(out + 32, 56);
    out[40] = 1;
    out[96] = 2;
    put64(out + 40 + 48, swapped ? 6 : 0);
    put64(out + 96 + 48, swapped ? 0 : 6);
    memcpy(out + 152, swapped ? "tttt2" : "tttt1", 6);
    memcpy(out + 158, swapped ? "tttt1" : "tttt2", 6);
}

static void catalog_places(void **state)
{
    unsigned char a[164], b[164];
    struct comparing c;
    (void)state;
    two_messages(a, false);
    two_messages(b, true);
    pairs_compare(&c, stet_diff_catalog, "var/lib/systemd/catalog/database", a, sizeof a, b,
                  sizeof b);
    assert_int_equal(c.result.count, 1);
    pairs_cause(&c, "places of the texts", STET_CAUSE_FILE_ORDER, STET_DIFF_LIKELY);
    comparing_release(&c);
}

static void journal(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_journal, "var/log/journal/x/system.journal", "systemd-journal");
    assert_int_equal(c.status, 1);
    pairs_cause(&c, "file id", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
    pairs_cause(&c, "boot id", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
    pairs_expect(&c, "time of the first entry", "1795400000000000 (2026-11-23T02:13:20Z)",
                 "1795400100000000 (2026-11-23T02:15:00Z)");
    pairs_cause(&c, "time of the first entry", STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN);
    assert_int_equal(comparing_find(&c, "number of entries", NULL), 0);
    comparing_release(&c);
}

/* ---- a journal made here, by the documented format ---- */

enum { JOURNAL_MAX = 4096, JOURNAL_HEADER = 272 };

struct journal {
    unsigned char data[JOURNAL_MAX];
    size_t len;
    uint64_t objects[16]; /* data objects of the entry being made */
    size_t count;
    uint64_t entries;
    bool compact;
};

static void put(unsigned char *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static void journal_begin(struct journal *j, bool compact)
{
    memset(j, 0, sizeof *j);
    memcpy(j->data, "LPKSHHRH", 8);
    j->compact = compact;
    put(j->data + 12, compact ? 16 : 0, 4);
    put(j->data + 88, JOURNAL_HEADER, 8);
    j->len = JOURNAL_HEADER;
}

static unsigned char *journal_object(struct journal *j, unsigned type, size_t size)
{
    unsigned char *at = j->data + j->len;
    assert_true(j->len + size <= JOURNAL_MAX);
    at[0] = (unsigned char)type;
    put(at + 8, size, 8);
    put(j->data + 136, j->len, 8); /* the last one */
    j->len += (size + 7) / 8 * 8;
    return at;
}

static void journal_field(struct journal *j, const char *text)
{
    size_t header = j->compact ? 72 : 64;
    j->objects[j->count++] = j->len;
    memcpy(journal_object(j, 1, header + strlen(text)) + header, text, strlen(text));
}

static void journal_entry(struct journal *j, uint64_t realtime, char boot)
{
    size_t step = j->compact ? 4 : 16;
    unsigned char *at = journal_object(j, 3, 64 + j->count * step);
    put(at + 16, ++j->entries, 8);
    put(at + 24, realtime, 8);
    put(at + 32, 7, 8);
    memset(at + 40, boot, 16);
    for (size_t i = 0; i < j->count; i++)
        put(at + 64 + i * step, j->objects[i], j->compact ? 4 : 8);
    j->count = 0;
    put(j->data + 152, j->entries, 8);
}

static void journal_run(struct comparing *c, const struct journal *a, const struct journal *b)
{
    pairs_compare(c, stet_diff_journal, "var/log/journal/x/system.journal", a->data, a->len,
                  b->data, b->len);
    assert_true(c->status >= 0);
}

static void two_entries(struct journal *j, bool compact, const char *host, uint64_t realtime)
{
    char field[64];
    snprintf(field, sizeof field, "_HOSTNAME=%s", host);
    journal_begin(j, compact);
    journal_field(j, "MESSAGE=begin");
    journal_field(j, field);
    journal_entry(j, realtime, 'x');
    journal_field(j, field);
    journal_field(j, "SYSLOG_IDENTIFIER=build");
    snprintf(field, sizeof field, "MESSAGE=made on %s", host);
    journal_field(j, field);
    journal_entry(j, realtime + 1000000, 'x');
}

static void journal_entries(void **state)
{
    static struct journal a, b;
    struct comparing c;
    (void)state;
    two_entries(&a, false, "alpha", UINT64_C(1795400000000000));
    two_entries(&b, true, "beta", UINT64_C(1795400100000000));
    journal_run(&c, &a, &b);
    assert_int_equal(c.result.count, 4);
    pairs_expect(&c, "incompatible flags", "0", "16");
    pairs_expect(&c, "time of entries", "1795400000000000 (2026-11-23T02:13:20Z)",
                 "1795400100000000 (2026-11-23T02:15:00Z)");
    pairs_cause(&c, "time of entries", STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN);
    pairs_expect(&c, "field _HOSTNAME", "alpha", "beta");
    pairs_cause(&c, "field _HOSTNAME", STET_CAUSE_HOST, STET_DIFF_CERTAIN);
    pairs_expect(&c, "field MESSAGE", "made on alpha", "made on beta");
    assert_true(pairs_shows(&c, "entry 2 (build: made on beta): made on beta"));
    comparing_release(&c);
}

static void journal_entries_of_one_side(void **state)
{
    static struct journal a, b;
    struct comparing c;
    (void)state;
    two_entries(&a, true, "alpha", UINT64_C(1795400000000000));
    journal_begin(&b, true);
    journal_field(&b, "MESSAGE=made on alpha");
    journal_field(&b, "SYSLOG_IDENTIFIER=build");
    journal_field(&b, "_HOSTNAME=alpha");
    journal_field(&b, "PRIORITY=6");
    journal_entry(&b, UINT64_C(1795400001000000), 'y');
    journal_run(&c, &a, &b);
    assert_int_equal(c.result.count, 3);
    pairs_expect(&c, "entries", "2, 1 only here", "1, 0 only here");
    assert_true(pairs_shows(&c, "entry 1 (begin)"));
    pairs_cause(&c, "boot id of entries", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
    pairs_expect(&c, "field PRIORITY", NULL, "6");
    comparing_release(&c);
}

static void journal_damage(void **state)
{
    static struct journal a, b;
    struct comparing c;
    (void)state;
    two_entries(&a, false, "alpha", UINT64_C(1795400000000000));
    /* An object of a length that does not fit: the entries before it are compared. */
    b = a;
    put(b.data + b.len - 112 + 8, UINT64_MAX - 7, 8);
    journal_run(&c, &a, &b);
    pairs_only(&c, "objects");
    pairs_expect(&c, "entries", "2, 1 only here", "1, 0 only here");
    comparing_release(&c);
    /* What no entry shows is left to the next comparator. */
    b = a;
    b.data[JOURNAL_HEADER + 20] ^= 1;
    journal_run(&c, &a, &b);
    assert_int_equal(c.status, 0);
    comparing_release(&c);
    for (size_t i = 0; i < a.len; i++) {
        b = a;
        b.data[i] = (unsigned char)~b.data[i];
        journal_run(&c, &a, &b);
        comparing_release(&c);
        b = a;
        b.len = i;
        journal_run(&c, &a, &b);
        comparing_release(&c);
    }
}

static void hwdb(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_hwdb, "usr/lib/udev/hwdb.bin", "hwdb");
    assert_int_equal(c.status, 1);
    assert_true(pairs_shows(&c, "2.1 root"));
    comparing_release(&c);
}

static void machine_id(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_machine_id, "etc/machine-id", "machine-id");
    assert_int_equal(c.status, 1);
    pairs_cause(&c, "machine id", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
    comparing_release(&c);

    pairs_text(&c, stet_diff_machine_id, "etc/machine-id", "0123456789abcdef0123456789abcdef\n",
               "");
    pairs_expect(&c, "machine id", "0123456789abcdef0123456789abcdef", "");
    pairs_cause(&c, "machine id", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
    comparing_release(&c);

    pairs_text(&c, stet_diff_machine_id, "etc/machine-id", "uninitialized\n", "");
    pairs_cause(&c, "machine id", STET_CAUSE_UNEXPLAINED, STET_DIFF_POSSIBLE);
    comparing_release(&c);
    pairs_text(&c, stet_diff_machine_id, "etc/machine-id", "0123\n", "");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
    /* A newline is no other id. */
    pairs_text(&c, stet_diff_machine_id, "etc/machine-id", "0123456789abcdef0123456789abcdef",
               "0123456789abcdef0123456789abcdef\n");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
}

static void host(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_host, "etc/hostname", "one\n", "two\n");
    pairs_expect(&c, "host name", "one", "two");
    pairs_cause(&c, "host name", STET_CAUSE_HOST, STET_DIFF_CERTAIN);
    comparing_release(&c);

    pairs_text(&c, stet_diff_host, "etc/resolv.conf", "search a\nnameserver 127.0.0.1\n",
               "search a\nnameserver 127.0.0.2\n");
    assert_int_equal(c.status, 1);
    assert_true(c.result.count > 0);
    for (size_t i = 0; i < c.result.count; i++)
        assert_int_equal(c.result.findings[i].cause, STET_CAUSE_HOST);
    comparing_release(&c);
}

/* A locale archive with room for two names, of which one or both are used. */
static void locale_archive(unsigned char out[128], bool both)
{
    static const unsigned char magic[] = {0x09, 0x01, 0x02, 0xde};
    memset(out, 0, 128);
    memcpy(out, magic, 4);
    out[8] = 56;            /* offset of names */
    out[12] = both ? 2 : 1; /* used */
    out[16] = 2;            /* size */
    out[36] = both ? 2 : 1; /* locales */
    out[56 + 4] = 100;      /* offset of the name */
    out[56 + 8] = 120;      /* and of its locale */
    out[68 + 4] = 110;
    out[68 + 8] = both ? 124 : 0;
    memcpy(out + 100, "de_DE", 6);
    memcpy(out + 110, "fr_FR", 6);
}

static void locales(void **state)
{
    unsigned char a[128], b[128];
    struct comparing c;
    (void)state;
    locale_archive(a, false);
    locale_archive(b, true);
    pairs_compare(&c, stet_diff_locale_archive, "usr/lib/locale/locale-archive", a, sizeof a, b,
                  sizeof b);
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 2);
    assert_string_equal(pairs_only(&c, "locales")->detail, "+fr_FR\n");
    pairs_expect(&c, "number of locales", "1", "2");
    comparing_release(&c);

    /* A name outside of the file. */
    b[61] = 1;
    pairs_compare(&c, stet_diff_locale_archive, "usr/lib/locale/locale-archive", a, sizeof a, b,
                  sizeof b);
    assert_int_equal(c.status, 0);
    comparing_release(&c);
}

static void damaged(void **state)
{
    (void)state;
    pairs_damage(stet_diff_catalog, "var/lib/systemd/catalog/database", "systemd-catalog");
    pairs_damage(stet_diff_journal, "var/log/journal/x/system.journal", "systemd-journal");
    pairs_damage(stet_diff_hwdb, "usr/lib/udev/hwdb.bin", "hwdb");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalog),
        cmocka_unit_test(catalog_places),
        cmocka_unit_test(journal),
        cmocka_unit_test(journal_entries),
        cmocka_unit_test(journal_entries_of_one_side),
        cmocka_unit_test(journal_damage),
        cmocka_unit_test(hwdb),
        cmocka_unit_test(machine_id),
        cmocka_unit_test(host),
        cmocka_unit_test(locales),
        cmocka_unit_test(damaged),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
