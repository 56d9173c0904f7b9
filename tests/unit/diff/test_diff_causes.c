/*
 * The parts of the search for causes: times in text, evidence of two builds, which package ships what, single rules.
 * Whole artifacts are in test_diff_pairs.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/diff/evidence.h"
#include "lib/diff/times.h"

/* ---- times ---- */

static const struct {
    const char *text;
    size_t len; /* 0: no time */
    int64_t seconds;
    unsigned grain;
} times[] = {
    /* date -d '…' +%s */
    {"2026-11-20T10:12:13Z", 20, 1795169533, 1},
    {"2026-11-20T10:12:13.123456789Z", 30, 1795169533, 1},
    {"2026-11-20 11:12:13 +0100, and more", 25, 1795169533, 1},
    {"2026-11-20T11:12:13+01:00", 25, 1795169533, 1},
    {"2026/11/20 10:12:13", 19, 1795169533, 1},
    {"2026:11:20 10:12:13", 19, 1795169533, 1},
    {"2026:11:20", 0, 0, 0},
    {"2026-11-20", 10, 1795132800, DIFF_TIME_DAY},
    {"2026-11-20 10:12", 16, 1795169520, DIFF_TIME_MINUTE},
    {"20/11/2026", 10, 1795132800, DIFF_TIME_DAY},
    {"11/20/2026", 10, 1795132800, DIFF_TIME_DAY},
    {"11/20/26", 8, 1795132800, DIFF_TIME_DAY},
    {"20.11.2026 10:12:13", 19, 1795169533, 1},
    {"20261120", 8, 1795132800, DIFF_TIME_DAY},
    {"20261120101213", 14, 1795169533, 1},
    {"20261120T101213Z", 16, 1795169533, 1},
    {"20261120111213+01'00'", 21, 1795169533, 1},
    {"1795169533", 10, 1795169533, 1},
    {"1795169533.250", 14, 1795169533, 1},
    {"1795169533250", 13, 1795169533, 1},
    {"1795169533250000000", 19, 1795169533, 1},
    {"0x6b0025fd", 10, 1795171837, 1},
    {"Fri Nov 20 10:12:13 2026", 24, 1795169533, 1},
    {"Fri Nov 20 10:12:13 UTC 2026", 28, 1795169533, 1},
    {"Fri Nov 20 10:12:13 AM UTC 2026", 31, 1795169533, 1},
    {"Fri, 20 Nov 2026 10:12:13 +0000", 31, 1795169533, 1},
    {"Fr 20. Nov 10:12:13 UTC 2026", 28, 1795169533, 1},
    {"ven. 20 nov. 2026 11:12:13 CET", 30, 1795169533, 1},
    {"mar. 24 nov. 2026", 17, 1795478400, DIFF_TIME_DAY},
    {"20 de noviembre de 2026", 23, 1795132800, DIFF_TIME_DAY},
    {"November 20, 2026", 17, 1795132800, DIFF_TIME_DAY},
    {"Nov 20 2026, 10:12:13", 21, 1795169533, 1},
    {"20-Nov-2026", 11, 1795132800, DIFF_TIME_DAY},
    {"November 2026", 13, 1793491200, DIFF_TIME_MONTH},
    {"Nov 20 10:12:13 host", 15, 1795169533, 1}, /* with the year of the hint */
    {"10:12:13", 8, 36733, 1},
    /* none */
    {"", 0, 0, 0},
    {"2026-13-20", 0, 0, 0},
    {"2027-02-29", 0, 0, 0},
    {"31/11/2026", 0, 0, 0},
    {"1.2.3", 0, 0, 0},
    {"Marching on", 0, 0, 0},
    {"May", 0, 0, 0},
    {"12345", 0, 0, 0},
    {"0123456789", 0, 0, 0},
    {"99:99:99", 0, 0, 0},
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct diff_time t;
        bool found = stet_diff_time_scan(times[i].text, strlen(times[i].text), 2026, &t);
        if (found != (times[i].len > 0))
            fail_msg("%s: %s", times[i].text, found ? "is taken for a time" : "is not found");
        if (found &&
            (t.len != times[i].len || t.seconds != times[i].seconds || t.grain != times[i].grain))
            fail_msg("%s: %zu characters, %lld, %u", times[i].text, t.len, (long long)t.seconds,
                     t.grain);
    }
}

/* Names of each language; capitals do not matter, and what a word goes on with does. */
static void test_time_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned number;
    } names[] = {
        {"January", 1},  {"jan", 1},        {"Mär", 3},     {"Mrz", 3},      {"février", 2},
        {"août", 8},     {"déc", 12},       {"enero", 1},   {"dic", 12},     {"giugno", 6},
        {"luglio", 7},   {"ottobre", 10},   {"março", 3},   {"outubro", 10}, {"mei", 5},
        {"maj", 5},      {"okt", 10},       {"MONDAY", 21}, {"Mi", 23},      {"Sonntag", 27},
        {"jeudi", 24},   {"miércoles", 23}, {"sábado", 26}, {"venerdì", 25}, {"quinta-feira", 24},
        {"vrijdag", 25}, {"zo", 27},        {"lördag", 26}, {"tis", 22},     {"Tue", 22},
        {"wo", 23},      {"terça", 22},     {"gio", 24},    {"abr", 4},
    };
    unsigned languages, number;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i].name);
        if (stet_diff_time_name(names[i].name, len, &languages, &number) != len ||
            number != names[i].number || languages == 0)
            fail_msg("%s: %u", names[i].name, number);
    }
    assert_int_equal(stet_diff_time_name("Marching", 8, &languages, &number), 0);
    assert_int_equal(stet_diff_time_name("m", 1, &languages, &number), 0);
}

/* Nothing is read behind the end. */
static void test_times_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        for (size_t n = 0; n <= strlen(times[i].text); n++) {
            _cleanup_free_ char *copy = malloc(n + (n == 0));
            struct diff_time t;
            assert_non_null(copy);
            memcpy(copy, times[i].text, n);
            if (stet_diff_time_scan(copy, n, 2026, &t))
                assert_true(t.len > 0 && t.len <= n);
        }
}

static void test_calendar(void **state)
{
    (void)state;
    assert_int_equal(stet_diff_time_make(1970, 1, 1, 0), 0);
    assert_int_equal(stet_diff_time_make(2000, 2, 29, 1), 951782401);
    assert_int_equal(stet_diff_time_year(stet_diff_time_make(2026, 12, 31, 86399)), 2026);
    assert_int_equal(stet_diff_time_year(stet_diff_time_make(2027, 1, 1, 0)), 2027);
    assert_int_equal(stet_diff_time_year(stet_diff_time_make(2099, 1, 1, 0)), 2099);
    /* 2026-11-20 10:12:14, as zip writes it */
    assert_int_equal(stet_diff_time_dos(0x5d74, 0x5187), 1795169534);
    assert_int_equal(stet_diff_time_dos(0x5d60, 0), -1);
}

/* ---- evidence ---- */

static void tell(struct diff_side *s, const char *path, const char *content)
{
    struct stet_error err = STET_ERROR_INIT;
    const struct diff_bytes bytes = {(const unsigned char *)content, strlen(content)};
    assert_true(stet_diff_evidence_wants(path));
    assert_int_equal(stet_diff_evidence_file(s, path, &bytes, &err), 0);
}

static void finish(struct diff_side *s)
{
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(stet_diff_evidence_finish(s, &err), 0);
}

static void test_span(void **state)
{
    (void)state;
    const int64_t created = 1795169533, day = 86400;
    struct diff_side s = {0};

    /* Near times make one span; a file of the future and old ones are none of it. */
    stet_diff_evidence_mtime(&s, created - 3600);
    stet_diff_evidence_mtime(&s, created - 400 * day);
    stet_diff_evidence_mtime(&s, created + 4000 * day);
    stet_diff_evidence_created(&s, "2026-11-20T10:12:13Z");
    stet_diff_evidence_history(&s, "2026-11-19T10:12:13Z");
    stet_diff_evidence_history(&s, "2025-01-01T00:00:00Z");
    stet_diff_evidence_created(&s, "nonsense");
    finish(&s);
    assert_int_equal(s.time_min, created - day);
    assert_int_equal(s.time_max, created);
    stet_diff_side_release(&s);

    /* An image that says 1970: its files tell. */
    stet_diff_evidence_created(&s, "1970-01-01T00:00:00Z");
    stet_diff_evidence_mtime(&s, created);
    finish(&s);
    assert_int_equal(s.time_max, created);
    stet_diff_side_release(&s);

    /* An image that was packed long after: its files tell. */
    stet_diff_evidence_created(&s, "2026-12-30T10:12:13Z");
    stet_diff_evidence_mtime(&s, created);
    finish(&s);
    assert_int_equal(s.time_max, created);
    assert_int_equal(s.time_min, created);
    stet_diff_side_release(&s);

    /* Logs and records. */
    tell(&s, "var/log/dpkg.log",
         "2026-11-20 10:12:13 startup archives install\n2026-11-20 10:13:13 status x\n");
    tell(&s, ".BUILDINFO", "format = 2\nbuilddate = 1795169500\nbuilddir = /build/x\n");
    finish(&s);
    assert_int_equal(s.time_min, 1795169500);
    assert_int_equal(s.time_max, 1795169593);
    assert_string_equal(s.build_paths.items[0], "/build/x");
    stet_diff_side_release(&s);

    finish(&s);
    assert_int_equal(s.time_max, 0);
}

/* However the days come, the newest are kept. */
static void test_span_order(void **state)
{
    (void)state;
    const int64_t first = 1700000000, day = 86400;
    for (int order = 0; order < 2; order++) {
        struct diff_side s = {0};
        for (int64_t i = 0; i < 200; i++)
            stet_diff_evidence_mtime(&s, first + (order ? i : 199 - i) * 30 * day);
        finish(&s);
        assert_int_equal(s.time_min, first + 199 * 30 * day);
        assert_int_equal(s.time_max, s.time_min);
        stet_diff_side_release(&s);
    }
}

static void test_names(void **state)
{
    (void)state;
    struct diff_side s = {0};
    tell(&s, "etc/hostname", "build7\n");
    tell(&s, "etc/hosts",
         "127.0.0.1 localhost\n127.0.1.1\tbuild7.example.org build7 # me\n10.0.0.1 other\n");
    tell(&s, "var/log/apt/history.log",
         "Start-Date: 2026-11-20  10:12:13\nRequested-By: alice (1000)\n");
    finish(&s);
    assert_int_equal(s.hosts.count, 2);
    assert_string_equal(s.hosts.items[0], "build7");
    assert_string_equal(s.hosts.items[1], "build7.example.org");
    assert_int_equal(s.users.count, 1);
    assert_string_equal(s.users.items[0], "alice");
    assert_int_equal(s.time_max, 1795169533);
    stet_diff_side_release(&s);
}

static void test_owners(void **state)
{
    (void)state;
    struct diff_side s = {0};
    tell(&s, "var/lib/dpkg/status",
         "Package: hello\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: "
         "amd64\nDescription: x\n Package: no\n\n"
         "Package: libx\nArchitecture: amd64\nVersion: 2\n\nPackage: libx\nArchitecture: "
         "i386\nVersion: 3\n");
    tell(&s, "var/lib/dpkg/info/hello.list", "/.\n/usr\n/usr/bin\n/usr/bin/hello\n/lib/x.so\n");
    tell(&s, "var/lib/dpkg/info/libx:amd64.list", "/.\n/usr\n/usr/lib/libx.so\n");
    tell(&s, "var/lib/pacman/local/my-pkg-5.2-1/desc",
         "%NAME%\nmy-pkg\n\n%VERSION%\n5.2-1\n\n%ARCH%\nany\n");
    tell(&s, "var/lib/pacman/local/my-pkg-5.2-1/files",
         "%FILES%\nopt/\nopt/my\n\n%BACKUP%\netc/my.conf\t0\n");
    tell(&s, "lib/apk/db/installed",
         "P:musl\nV:1.2-r0\nA:x86_64\nF:srv\nR:ld\n\nP:none\nV:1\nF:\nR:top\n");
    finish(&s);
    assert_string_equal(stet_diff_evidence_owner(&s, "usr/bin/hello"), "hello");
    assert_string_equal(stet_diff_evidence_owner(&s, "usr/lib/x.so"), "hello"); /* /usr is merged */
    assert_string_equal(stet_diff_evidence_owner(&s, "usr/lib/libx.so"), "libx");
    assert_null(stet_diff_evidence_owner(&s, "usr")); /* of both */
    assert_null(stet_diff_evidence_owner(&s, "etc/my.conf"));
    assert_string_equal(stet_diff_evidence_owner(&s, "opt/my"), "my-pkg");
    assert_string_equal(stet_diff_evidence_owner(&s, "srv/ld"), "musl");
    assert_string_equal(stet_diff_evidence_owner(&s, "top"), "none");
    assert_string_equal(stet_diff_evidence_owner(&s, "var/lib/dpkg/info/hello.postinst"), "hello");
    assert_string_equal(stet_diff_evidence_owner(&s, "var/lib/pacman/local/my-pkg-5.2-1/desc"),
                        "my-pkg");
    assert_string_equal(stet_diff_evidence_version(&s, "hello"), "1.0-1");
    assert_null(stet_diff_evidence_version(&s, "libx")); /* two of them */
    assert_null(stet_diff_evidence_version(&s, "no"));
    assert_int_equal(s.packages.count, 6);
    assert_string_equal(s.packages.items[0], "hello 1.0-1 amd64");
    stet_diff_side_release(&s);
}

/* ---- rules ---- */

struct search {
    struct diff diff;
    struct stet_diff_result result;
    struct stet_diff_options options;
};

static void begin(struct search *s, bool spans)
{
    *s = (struct search){0};
    s->diff.options = &s->options;
    s->diff.result = &s->result;
    stet_diff_result_init(&s->result);
    if (spans) {
        stet_diff_evidence_created(&s->diff.side[0], "2026-11-20T10:12:13Z");
        stet_diff_evidence_created(&s->diff.side[1], "2026-11-21T17:48:39Z");
    }
}

static struct stet_finding *add(struct search *s, enum stet_diff_level level, const char *path,
                                const char *format, const char *what, const char *a, const char *b)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_finding *f =
        stet_diff_add_at(&s->diff, level, 0, path, format, a, b, &err, "%s", what);
    assert_non_null(f);
    return f;
}

static void line(struct stet_finding *f, const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(stet_diff_detail(f, text[0], text + 1, strlen(text + 1), &err), 0);
}

static void explain(struct search *s)
{
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(stet_diff_explain(&s->diff, &err), 0);
}

static void end(struct search *s)
{
    stet_diff_result_release(&s->result);
    stet_diff_side_release(&s->diff.side[0]);
    stet_diff_side_release(&s->diff.side[1]);
    stet_diff_recent_release(&s->diff.recent);
}

/* Two values of a text, on their own. */
static const struct {
    const char *a, *b;
    enum stet_diff_cause with, without; /* spans of the builds */
} values[] = {
    {"built 2026-11-20 10:12:13", "built 2026-11-21 17:48:39", STET_CAUSE_BUILD_TIME,
     STET_CAUSE_BUILD_TIME},
    {"x 1795169533 y", "x 1795283319 y", STET_CAUSE_BUILD_TIME, 0},
    {"x 1795169533 y", "x 1795283319 z", 0, 0},
    {"x 1595169533 y", "x 1595283319 y", 0, 0},
    {"Version: 1:20261120-1", "Version: 1:20261121-1", 0, 0},
    {"app-20261120.tar.gz", "app-20261121.tar.gz", 0, 0},
    {"libapp.so.20261120", "libapp.so.20261121", 0, 0},
    {"v2026-11-20", "v2026-11-21", 0, 0},
    {"release 2026-11-20", "release 2026-11-21", 0, 0},
    {"abc12795169533", "abc12795283319", 0, 0},
    {"D:20261120101213+01'00'", "D:20261121174839+01'00'", STET_CAUSE_BUILD_TIME,
     STET_CAUSE_BUILD_TIME},
    {"at 20/11/2026, done", "at 21/11/2026, done", STET_CAUSE_BUILD_TIME, STET_CAUSE_BUILD_TIME},
    {"Mon Nov  2 10:12:13 2020", "Sat Nov 21 17:48:39 2026", 0, STET_CAUSE_BUILD_TIME},
    {"took 00:01:02", "took 00:01:03", 0, 0},
    {"vendredi", "Friday", STET_CAUSE_LOCALE, STET_CAUSE_LOCALE},
    {"lundi", "Friday", 0, 0},
    {"2026-11-20 10:12:13 +0000", "2026-11-20 11:12:13 +0100", STET_CAUSE_LOCALE,
     STET_CAUSE_LOCALE},
    {"LANG=C", "LANG=de_DE.UTF-8", STET_CAUSE_LOCALE, STET_CAUSE_LOCALE},
    {"SLANG=C", "SLANG=D", 0, 0},
    {"pi 3,14", "pi 3.14", STET_CAUSE_LOCALE, STET_CAUSE_LOCALE},
    {"pi 3,14", "pi 3.15", 0, 0},
    {"by root@build-1 on", "by root@build-2 on", STET_CAUSE_HOST, STET_CAUSE_HOST},
    {"by jane@example.org", "by joe@example.org", 0, 0},
    {"from /tmp/tmp.AbCd12/src/a.c", "from /tmp/tmp.Xy34Zz/src/a.c", STET_CAUSE_BUILD_PATH,
     STET_CAUSE_BUILD_PATH},
    {"from /usr/lib/a.c", "from /usr/local/lib/a.c", 0, 0},
    {"socket /tmp/alpha", "socket /tmp/beta", 0, 0},
    {"http://a.example.org/build/x", "http://b.example.org/build/x", 0, 0},
    {"-march=x86-64-v2", "-march=x86-64-v3", STET_CAUSE_MACHINE, STET_CAUSE_MACHINE},
    {"kernel: 6.1.0-13-amd64", "kernel: 6.1.0-15-amd64", STET_CAUSE_MACHINE, STET_CAUSE_MACHINE},
    {"linux-image-6.1.0-13-amd64", "linux-image-6.1.0-15-amd64", 0, 0},
    {"jobs 4", "jobs 8", 0, 0},
    {"id 613154ff-1580-4493-be99-bf4f684e4180", "id 0111c185-d72c-464f-b668-d457742af5c0",
     STET_CAUSE_RANDOM, STET_CAUSE_RANDOM},
    {"id 613154ff-1580-1493-be99-bf4f684e4180", "id 0111c185-d72c-164f-b668-d457742af5c0", 0, 0},
    {"sha256: 6a03830a1811a4a0f43d6bf891c9461728aa0f1b49f389fcdc8b36e67e6560c2",
     "sha256: 589c6d2e4ee1b2066d742b58d046f24162e29a1eb03c9788ac1d8511b4dc233a", 0, 0},
    {"salt=935750295f6f48e2f1fc9b8dd63eeb51", "salt=b62e88d1b419fc5a0a4bab6f82a9e326",
     STET_CAUSE_RANDOM, STET_CAUSE_RANDOM},
    {"salt=aaaaaaaaaaaaaaaaaaaa1", "salt=bbbbbbbbbbbbbbbbbbbb1", 0, 0},
    {"obj at 0x7f0011223344>", "obj at 0x7fa0b1c2d3e4>", STET_CAUSE_RANDOM, STET_CAUSE_RANDOM},
    {"a.c b.c c.c", "c.c a.c b.c", STET_CAUSE_FILE_ORDER, STET_CAUSE_FILE_ORDER},
    {"one, two, three", "two, one, three", STET_CAUSE_FILE_ORDER, STET_CAUSE_FILE_ORDER},
    {"copy a to b", "copy b to a", 0, 0},
    {"one text", "another", 0, 0},
    /* a time that someone chose */
    {"expires: 2026-11-20T10:12:13Z", "expires: 2026-11-21T17:48:39Z", 0, 0},
    {"id dac3fc80-e4ca-11f1-8054-02fc00000001", "id c881b580-e5d3-11f1-8054-02fc00000001",
     STET_CAUSE_BUILD_TIME, STET_CAUSE_BUILD_TIME},
    {"D:20261120101213Z00'00'", "D:20261121174839Z00'00'", STET_CAUSE_BUILD_TIME,
     STET_CAUSE_BUILD_TIME},
    {"unused variable 'x' [-W]", "unused variable \u2018x\u2019 [-W]", STET_CAUSE_LOCALE,
     STET_CAUSE_LOCALE},
    {"size 1234567 bytes", "size 1,234,567 bytes", STET_CAUSE_LOCALE, STET_CAUSE_LOCALE},
    {"size 1234567 bytes", "size 1,234,568 bytes", 0, 0},
    {"size 1234567 bytes", "size 123,4567 bytes", 0, 0},
    {"Linux 5.10 or later", "Linux 6.1 or later", 0, 0},
    {"Linux one 5.10.0 #1 SMP", "Linux one 6.1.0 #1 SMP", STET_CAUSE_MACHINE, STET_CAUSE_MACHINE},
    {"Linux version 6.1.0 (x@y) #1 SMP Fri Nov 20 10:12:13 UTC 2026",
     "Linux version 6.1.0 (x@y) #1 SMP Sat Nov 21 17:48:39 UTC 2026", STET_CAUSE_BUILD_TIME,
     STET_CAUSE_BUILD_TIME},
    {"host_triplet=x86_64-pc-linux-gnu", "host_triplet=i686-pc-linux-gnu", STET_CAUSE_MACHINE,
     STET_CAUSE_MACHINE},
    {"kernel: 5.10 or newer", "kernel: 6.1 or newer", 0, 0},
    {"for x86_64-pc-linux-gnu", "for i686-pc-linux-gnu", 0, 0},
    {"make -j4 all", "make -j16 all", STET_CAUSE_MACHINE, STET_CAUSE_MACHINE},
    {"ls -job4", "ls -job8", 0, 0},
    {"LINUX_COMPILE_BY \"alice\"", "LINUX_COMPILE_BY \"bob\"", STET_CAUSE_HOST, STET_CAUSE_HOST},
    {"x $6$1aL2.uJK/r6OpWlq$oH9Dj1LgW00KNt0/JxCD5MudsFrWKtzmekcvD5hf8",
     "x $6$1227I159HSAsRlw8$Xf0ZlTBjaIp7.ar3kP1ZqQGRVHk6luvJq8mR8rTZZ", STET_CAUSE_RANDOM,
     STET_CAUSE_RANDOM},
    {"cost $12 and $15", "cost $13 and $15", 0, 0},
    {"./o uid=1500 uname=alice mode=755 type=dir", "./o uid=1600 uname=bob mode=755 type=dir",
     STET_CAUSE_OWNER, STET_CAUSE_OWNER},
    {"uid = 33", "uid = 1000", 0, 0},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (int spans = 0; spans < 2; spans++) {
            struct search s;
            enum stet_diff_cause want = spans ? values[i].with : values[i].without;
            begin(&s, spans);
            add(&s, STET_DIFF_CONTENT, "usr/share/x", "text", "line 1", values[i].a, values[i].b);
            explain(&s);
            const struct stet_finding *f = &s.result.findings[0];
            if (f->cause != want)
                fail_msg("%s | %s: %s instead of %s (%s)", values[i].a, values[i].b,
                         stet_diff_cause_info(f->cause)->name, stet_diff_cause_info(want)->name,
                         f->evidence ? f->evidence : "");
            assert_int_equal(f->evidence != NULL, f->cause != STET_CAUSE_UNEXPLAINED);
            end(&s);
        }
}

/* Both sides say one fixed time: what they have of times after it is when they were built, and what is before it is not. */
static void test_fixed_time(void **state)
{
    (void)state;
    struct search s;
    begin(&s, false);
    for (int i = 0; i < 2; i++)
        stet_diff_evidence_mtime(&s.diff.side[i], 1793491200); /* 2026-11-01 */
    add(&s, STET_DIFF_CONTENT, "a", "text", "line 1", "2026-11-20 10:12:13", "2026-11-21 17:48:39");
    add(&s, STET_DIFF_CONTENT, "b", "text", "line 1", "on 2026-11-20 10:12:20",
        "on 2026-11-21 17:48:45");
    add(&s, STET_DIFF_CONTENT, "c", "text", "line 1", "x 1795169533 y", "x 1795283319 y");
    add(&s, STET_DIFF_CONTENT, "d", "text", "line 1", "2024-02-01 10:12:13", "2024-09-04 17:48:39");
    add(&s, STET_DIFF_CONTENT, "e", "text", "line 1", "x 1699999999 y", "x 1731535999 y");
    add(&s, STET_DIFF_CONTENT, "g", "text", "line 1", "x 1801234567 y", "x 1812345678 y");
    add(&s, STET_DIFF_ENTRY, "f", "tar", "pax header.mtime", "15300016375", "15300354567");
    explain(&s);
    static const enum stet_diff_cause want[] = {
        STET_CAUSE_BUILD_TIME, STET_CAUSE_BUILD_TIME, STET_CAUSE_BUILD_TIME, 0, 0, 0,
        STET_CAUSE_BUILD_TIME};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct stet_finding *f = &s.result.findings[i];
        if (f->cause != want[i] || (want[i] && f->sure > STET_DIFF_LIKELY))
            fail_msg("%s: %s, %s", f->path, stet_diff_cause_info(f->cause)->name,
                     f->evidence ? f->evidence : "");
    }
    end(&s);
}

/* What some lines say of a word holds for others. */
static void test_learned(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        enum stet_diff_cause cause;
    } texts[] = {
        {"hostname = one", "hostname = two", STET_CAUSE_HOST},
        {"made on one today", "made on two today", STET_CAUSE_HOST},
        {"made on two today", "made on one today", 0},
        {"Linux-6.1.0-x86_64-with-glibc2.36", "Linux-5.10.0-x86_64-with-glibc2.36",
         STET_CAUSE_MACHINE},
        {"needs 6.1.0 here", "needs 5.10.0 here", STET_CAUSE_MACHINE},
        {"needs 6.1 here", "needs 5.1 here", 0},
        {"url: file:///tmp/pip-Ab12Cd34", "url: file:///tmp/pip-Xy34Zz56", STET_CAUSE_BUILD_PATH},
    };
    struct search s;
    begin(&s, true);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add(&s, STET_DIFF_CONTENT, "x", "text", "line 1", texts[i].a, texts[i].b);
    struct stet_finding *f = add(&s, STET_DIFF_CONTENT, "y", "log", "line 1", NULL, "x");
    line(f, "+bash: warning: setlocale: LC_ALL: cannot change locale (de_DE.UTF-8)");
    f = add(&s, STET_DIFF_CONTENT, "y", "log", "line 2", "x", "y");
    line(f, "-3 files on 21 Nov at 09:16:20");
    line(f, "+am 21. Nov. um 18:16:20 3 Dateien");
    explain(&s);
    size_t n = sizeof texts / sizeof *texts;
    for (size_t i = 0; i < n; i++)
        if (s.result.findings[i].cause != texts[i].cause)
            fail_msg("%s: %s", texts[i].a, stet_diff_cause_info(s.result.findings[i].cause)->name);
    assert_int_equal(s.result.findings[n].cause, STET_CAUSE_LOCALE);
    assert_int_equal(s.result.findings[n + 1].cause, STET_CAUSE_LOCALE);
    end(&s);
}

/* Lines beside each other: all of them must be explained. */
static void test_lines(void **state)
{
    (void)state;
    struct search s;
    begin(&s, true);
    struct stet_finding *f = add(&s, STET_DIFF_CONTENT, "a", "text", "lines 1-2", "…", "…");
    line(f, "-by root@one, Fri Nov 20 10:12:13 UTC 2026");
    line(f, "-made 2026-11-20");
    line(f, "+by root@two, Sat Nov 21 17:48:39 UTC 2026");
    line(f, "+made 2026-11-21");
    f = add(&s, STET_DIFF_CONTENT, "b", "text", "lines 1-2", "…", "…");
    line(f, "-made 2026-11-20");
    line(f, "-colour red");
    line(f, "+made 2026-11-21");
    line(f, "+colour blue");
    explain(&s);
    assert_int_equal(s.result.findings[0].cause, STET_CAUSE_BUILD_TIME);
    /* The values stand beside it: the sentence has none of them, so that all findings of a kind share it. */
    assert_string_equal(
        s.result.findings[0].evidence,
        "both are times within the builds' spans; beside it both are users at hosts");
    assert_int_equal(s.result.findings[1].cause, STET_CAUSE_UNEXPLAINED);
    end(&s);
}

static void lines(struct stet_finding *f, const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\n");
        assert_int_equal(stet_diff_detail(f, p[0], p + 1, n - 1, &err), 0);
        p += n + (p[n] == '\n');
    }
}

static enum stet_diff_cause cause_of_bytes(const char *a, const char *b, const char *what)
{
    struct search s;
    begin(&s, true);
    struct stet_finding *f = add(&s, STET_DIFF_CONTENT, "x", "bytes", what, "…", "…");
    lines(f, a);
    lines(f, b);
    explain(&s);
    enum stet_diff_cause cause = s.result.findings[0].cause;
    end(&s);
    return cause;
}

static void test_bytes(void **state)
{
    (void)state;
    /* 1795169533 = 0x6b001cfd, 1795283319 = 0x6b01d977 */
    assert_int_equal(
        cause_of_bytes(
            "-00000010  01 00 00 00 fd 1c 00 6b  00 00 00 00 00 00 00 00  |................|",
            "+00000010  01 00 00 00 77 d9 01 6b  00 00 00 00 00 00 00 00  |................|",
            "bytes 20-22"),
        STET_CAUSE_BUILD_TIME);
    assert_int_equal(
        cause_of_bytes(
            "-00000010  01 00 00 00 6b 00 1c fd  00 00 00 00 00 00 00 00  |................|",
            "+00000010  01 00 00 00 6b 01 d9 77  00 00 00 00 00 00 00 00  |................|",
            "bytes 21-23"),
        STET_CAUSE_BUILD_TIME);
    /* DOS time and date: 2026-11-20 10:12:14 and 2026-11-21 17:48:40 */
    assert_int_equal(
        cause_of_bytes(
            "-00000000  50 4b 03 04 87 51 74 5d  00 00 00 00 00 00 00 00  |PK..............|",
            "+00000000  50 4b 03 04 14 8e 75 5d  00 00 00 00 00 00 00 00  |PK..............|",
            "bytes 4-6"),
        STET_CAUSE_BUILD_TIME);
    /* Two random UUIDs; and two of which one is none. */
    assert_int_equal(
        cause_of_bytes(
            "-00000010  e8 3a 44 00 4a fc 43 c2  aa a8 87 2a e5 be b2 08  |................|",
            "+00000010  15 85 72 5b dd 46 49 1e  99 ac 5e fc 43 bb 21 59  |................|",
            "bytes 16-31"),
        STET_CAUSE_RANDOM);
    assert_int_equal(
        cause_of_bytes(
            "-00000010  e8 3a 44 00 4a fc 13 c2  aa a8 87 2a e5 be b2 08  |................|",
            "+00000010  15 85 72 5b dd 46 49 1e  99 ac 5e fc 53 bb 21 59  |................|",
            "bytes 16-31"),
        STET_CAUSE_UNEXPLAINED);
    /* Two texts in one window. */
    assert_int_equal(
        cause_of_bytes(
            "-00000000  32 30 32 36 2d 31 31 2d  32 30 00 01 02 03 04 32  |2026-11-20.....2|\n"
            "-00000010  30 32 36 2d 31 31 2d 32  30 00 00 00 00 00 00 00  |026-11-20.......|",
            "+00000000  32 30 32 36 2d 31 31 2d  32 31 00 01 02 03 04 32  |2026-11-21.....2|\n"
            "+00000010  30 32 36 2d 31 31 2d 32  31 00 00 00 00 00 00 00  |026-11-21.......|",
            "bytes 9-24"),
        STET_CAUSE_BUILD_TIME);
    /* Among others that differ, a time is chance. */
    assert_int_equal(
        cause_of_bytes(
            "-00000010  11 22 33 44 fd 1c 00 6b  55 66 77 88 99 aa bb cc  |................|",
            "+00000010  a1 b2 c3 d4 77 d9 01 6b  e5 f6 07 18 29 3a 4b 5c  |................|",
            "bytes 16-31"),
        STET_CAUSE_UNEXPLAINED);
    /* A number that is no time. */
    assert_int_equal(
        cause_of_bytes(
            "-00000010  01 00 00 00 fd 1c 00 00  00 00 00 00 00 00 00 00  |................|",
            "+00000010  01 00 00 00 77 d9 01 00  00 00 00 00 00 00 00 00  |................|",
            "bytes 20-22"),
        STET_CAUSE_UNEXPLAINED);
}

static size_t modes_named(const char *const *modes, size_t count)
{
    struct search s;
    size_t named = 0;
    begin(&s, false);
    for (size_t i = 0; i < count; i++) {
        char path[16];
        snprintf(path, sizeof path, "f%zu", i);
        add(&s, STET_DIFF_ENTRY, path, "tar", "mode", modes[2 * i], modes[2 * i + 1]);
    }
    explain(&s);
    for (size_t i = 0; i < s.result.count; i++)
        named += s.result.findings[i].cause == STET_CAUSE_OWNER;
    end(&s);
    return named;
}

static void test_umask(void **state)
{
    (void)state;
    static const char *const same[] = {"0644", "0664", "0755", "0775", "0644", "0664"};
    static const char *const mixed[] = {"0644", "0664", "0755", "0775",
                                        "0644", "0600", "0755", "4755"};
    assert_int_equal(modes_named(same, 1), 0); /* one alone may have been meant */
    assert_int_equal(modes_named(same, 3), 3);
    assert_int_equal(modes_named(mixed, 4), 2);
}

/* A package of another version is one finding; what may be a secret stays, and so does what is nobody's. */
static void test_package(void **state)
{
    (void)state;
    struct search s;
    struct stet_error err = STET_ERROR_INIT;
    begin(&s, false);
    for (int i = 0; i < 2; i++) {
        tell(&s.diff.side[i], "var/lib/dpkg/status",
             i == 0
                 ? "Package: hello\nVersion: 1.0\nArchitecture: all\n\nPackage: same\nVersion: 1\n"
                 : "Package: hello\nVersion: 1.1\nArchitecture: all\n\nPackage: same\nVersion: "
                   "1\n\nPackage: more\nVersion: 2\n");
        tell(&s.diff.side[i], "var/lib/dpkg/info/hello.list",
             "/usr/bin/hello\n/usr/share/hello\n/etc/hello.key\n");
        tell(&s.diff.side[i], "var/lib/dpkg/info/same.list", "/usr/bin/same\n");
    }
    tell(&s.diff.side[1], "var/lib/dpkg/info/more.list", "/usr/bin/more\n");
    add(&s, STET_DIFF_ENTRY, "usr/bin/hello", "tar", "mtime", "2020-01-01T00:00:00Z",
        "2021-01-01T00:00:00Z");
    add(&s, STET_DIFF_ENTRY, "usr/bin/more", "tar", "entry", NULL, "file, mode 0755, 1 byte");
    add(&s, STET_DIFF_ENTRY, "usr/bin/same", "tar", "mode", "0755", "0700");
    struct stet_finding *key =
        add(&s, STET_DIFF_CONTENT, "etc/hello.key", "pem", "block 1", "a key", "a key");
    assert_int_equal(stet_diff_because(key, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, &err, "a key"),
                     0);
    add(&s, STET_DIFF_CONTENT, "usr/bin/hello", "text", "line 1", "x", "y");
    add(&s, STET_DIFF_CONTENT, "usr/share/hello!member", "text", "line 1", "x", "y");
    explain(&s);

    assert_int_equal(s.result.count, 4);
    const struct stet_finding *f = &s.result.findings[0];
    assert_string_equal(f->what, "package hello");
    assert_string_equal(f->package, "hello");
    assert_string_equal(f->a, "1.0");
    assert_string_equal(f->b, "1.1");
    assert_int_equal(f->cause, STET_CAUSE_PACKAGE_VERSION);
    assert_non_null(strstr(f->detail, "3 differences"));
    assert_non_null(strstr(f->detail, "usr/share/hello!member: line 1"));
    f = &s.result.findings[1];
    assert_string_equal(f->what, "package more");
    assert_int_equal(f->cause, STET_CAUSE_MISSING);
    assert_null(f->a);
    f = &s.result.findings[2];
    assert_string_equal(f->path, "usr/bin/same");
    assert_string_equal(f->package, "same");
    assert_int_equal(f->cause, STET_CAUSE_UNEXPLAINED);
    assert_int_equal(s.result.findings[3].cause, STET_CAUSE_RANDOM);
    end(&s);
}

/* What a comparator said stays. */
static void test_explained_stays(void **state)
{
    (void)state;
    struct search s;
    struct stet_error err = STET_ERROR_INIT;
    begin(&s, true);
    struct stet_finding *f = add(&s, STET_DIFF_CONTENT, "x", "text", "line 1",
                                 "2026-11-20 10:12:13", "2026-11-21 17:48:39");
    assert_int_equal(stet_diff_because(f, STET_CAUSE_MACHINE, STET_DIFF_POSSIBLE, &err, "as said"),
                     0);
    explain(&s);
    assert_int_equal(s.result.findings[0].cause, STET_CAUSE_MACHINE);
    assert_string_equal(s.result.findings[0].evidence, "as said");
    end(&s);
}

/* ---- names ---- */

static void test_table(void **state)
{
    (void)state;
    for (int i = 0; i < STET_CAUSE_COUNT; i++) {
        const struct stet_diff_cause_info *info = stet_diff_cause_info((enum stet_diff_cause)i);
        enum stet_diff_cause found;
        assert_non_null(info->name);
        assert_non_null(info->title);
        assert_true(stet_diff_cause_find(info->name, &found));
        assert_int_equal(found, i);
        assert_int_equal(info->cure == NULL, i == STET_CAUSE_UNEXPLAINED);
        assert_int_equal(info->loud, i == STET_CAUSE_RANDOM);
    }
    enum stet_diff_cause found;
    assert_false(stet_diff_cause_find("weather", &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),     cmocka_unit_test(test_time_names),
        cmocka_unit_test(test_times_cut), cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_span),      cmocka_unit_test(test_span_order),
        cmocka_unit_test(test_names),     cmocka_unit_test(test_owners),
        cmocka_unit_test(test_values),    cmocka_unit_test(test_fixed_time),
        cmocka_unit_test(test_learned),   cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bytes),     cmocka_unit_test(test_umask),
        cmocka_unit_test(test_package),   cmocka_unit_test(test_explained_stays),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
