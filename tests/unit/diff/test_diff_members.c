/* Archives in contents. Argument: tests/data/diff. */
#include <zlib.h>

#include "tests/unit/diff/content_fixture.h"

static const char *data;
static struct comparing c;

static void tars(void **state)
{
    (void)state;
    compare_data(&c, data, "tar-in-gzip", 5);
    assert_finding(&c, 0, "f!(content)", "tar", "order of members", "x", "y");
    assert_finding(&c, 1, "f!(content)", "tar", "uid of 4 members", "0", "1000");
    assert_finding(&c, 2, "f!(content)", "tar", "mtime of 2 members", "2026-11-20T10:12:13Z",
                   "2026-11-21T17:48:39Z");
    assert_detail(&c, 2,
                  "@x\n-2026-11-20T10:12:13Z\n+2026-11-21T17:48:39Z\n"
                  "@y\n-2026-11-20T10:12:13Z\n+2026-11-21T17:48:39Z\n");
    assert_finding(&c, 3, "f!(content)", "tar", "user name of 4 members", "root", "builder");
    assert_finding(&c, 4, "f!(content)!z", "text", "line 7", "7", "seven");
    comparing_release(&c);
}

static void cpio(void **state)
{
    (void)state;
    compare_data(&c, data, "cpio-inodes", 2);
    assert_string_equal(c.result.findings[0].what, "mtime of 3 members");
    assert_string_equal(c.result.findings[1].what, "inode of 3 members");
    comparing_release(&c);
}

static void zips(void **state)
{
    (void)state;
    compare_data(&c, data, "zip-level", 2);
    assert_finding(&c, 0, "f", "zip", "compression level of 3 members", "fast", "maximum");
    assert_cause(&c, 0, STET_CAUSE_COMPRESSOR);
    assert_finding(&c, 1, "f!z", "zip", "compression", "515 bytes compressed",
                   "525 bytes compressed");
    assert_cause(&c, 1, STET_CAUSE_COMPRESSOR);
    comparing_release(&c);
    compare_data(&c, data, "zip-content", 3);
    assert_finding(&c, 0, "f", "zip", "mtime of 3 members", "2026-11-20T10:12:13Z",
                   "2026-11-21T17:48:39Z");
    assert_finding(&c, 1, "f", "zip", "date and time of 3 members", "2026-11-20 10:12:14",
                   "2026-11-21 17:48:40");
    assert_finding(&c, 2, "f!z", "text", "line 9", "9", "nine");
    comparing_release(&c);
}

static void ars(void **state)
{
    (void)state;
    compare_data(&c, data, "ar-mtime", 1);
    assert_finding(&c, 0, "f", "ar", "mtime of 2 members", "2026-11-20T10:12:13Z",
                   "2026-11-21T17:48:39Z");
    comparing_release(&c);
}

static void packages_of_other_versions(void **state)
{
    (void)state;
    compare_data(&c, data, "deb-version", 1);
    assert_finding(&c, 0, "f", "deb", "version of the package", "demo 1.0-1 all", "demo 1.0-2 all");
    assert_cause(&c, 0, STET_CAUSE_PACKAGE_VERSION);
    comparing_release(&c);
    compare_data(&c, data, "pacman-version", 1);
    assert_finding(&c, 0, "f", "package", "version of the package", "demo 1-1 any", "demo 1-2 any");
    assert_cause(&c, 0, STET_CAUSE_PACKAGE_VERSION);
    comparing_release(&c);
}

static void packages_of_one_version(void **state)
{
    (void)state;
    compare_data(&c, data, "deb-content", 1);
    assert_finding(&c, 0, "f!data.tar.xz!(content)!usr/share/doc/demo/readme", "text", "line 1",
                   "one", "two");
    comparing_release(&c);
    compare_data(&c, data, "apk-content", 1);
    assert_finding(&c, 0, "f!(content)!f", "text", "line 1", "one", "two");
    comparing_release(&c);
    compare_data(&c, data, "deb-compression", 3);
    assert_finding(&c, 0, "f", "ar", "name of 2 members", "control.tar.xz", "control.tar.gz");
    for (size_t i = 0; i < 3; i++)
        assert_cause(&c, i, STET_CAUSE_COMPRESSOR);
    assert_string_equal(c.result.findings[2].path, "f!data.tar.xz");
    comparing_release(&c);
}

/* ---- made here ---- */

static void ar_member(struct stet_buffer *out, const char *name, unsigned long mtime, size_t len)
{
    stet_buffer_addf(out, "%-16s%-12lu%-6u%-6u%-8o%-10zu`\n", name, mtime, 0, 0, 0100644u, len);
}

static void ar_of(struct stet_buffer *out, const char *const *names, const char *const *contents)
{
    stet_buffer_clear(out);
    stet_buffer_add_str(out, "!<arch>\n");
    for (size_t i = 0; names[i]; i++) {
        ar_member(out, names[i], 0, strlen(contents[i]));
        stet_buffer_add_str(out, contents[i]);
        if (strlen(contents[i]) % 2)
            stet_buffer_add_char(out, '\n');
    }
}

static void compare_buffers(const struct stet_buffer *a, const struct stet_buffer *b)
{
    comparing_run(&c, compare_any, "f", a->data, a->len, b->data, b->len);
    assert_int_equal(c.status, 1);
}

static void names_that_come_twice(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    ar_of(&a, (const char *[]){"x/", "y/", "x/", NULL}, (const char *[]){"1", "2", "3"});
    ar_of(&b, (const char *[]){"x/", "x/", "z/", NULL}, (const char *[]){"1", "4", "5"});
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 3);
    assert_finding(&c, 0, "f!y", "ar", "member", "1 byte", NULL);
    assert_finding(&c, 1, "f!z", "ar", "member", NULL, "1 byte");
    assert_finding(&c, 2, "f!x", "text", "line 1", "3", "4");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void only_the_order(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    ar_of(&a, (const char *[]){"x/", "y/", "z/", NULL}, (const char *[]){"1", "2", "3"});
    ar_of(&b, (const char *[]){"z/", "x/", "y/", NULL}, (const char *[]){"3", "1", "2"});
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 1);
    assert_finding(&c, 0, "f", "ar", "order of members", "x", "z");
    assert_detail(&c, 0, "@1 of 3 members stand elsewhere; the first place is member 1\n");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void padding_and_what_follows(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    ar_of(&a, (const char *[]){"x/", "y/", NULL}, (const char *[]){"1", "22"});
    ar_of(&b, (const char *[]){"x/", "y/", NULL}, (const char *[]){"1", "22"});
    b.data[8 + 60 + 1] = 'P';
    stet_buffer_add_str(&a, "one");
    stet_buffer_add_str(&b, "two");
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 2);
    assert_finding(&c, 0, "f!x", "ar", "padding", "at 0: 0a", "at 0: 50");
    assert_finding(&c, 1, "f!(after the last member)", "text", "line 1", "one", "two");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void a_damaged_archive_is_bytes(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    ar_of(&a, (const char *[]){"x/", NULL}, (const char *[]){"1\x01\x02\x03"});
    ar_of(&b, (const char *[]){"x/", NULL}, (const char *[]){"1\x01\x02\x03"});
    memcpy(b.data + 8 + 48, "99999", 5);
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].path, "f");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void missing_members_are_counted(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    stet_buffer_add_str(&a, "!<arch>\n");
    stet_buffer_add_str(&b, "!<arch>\n");
    ar_member(&b, "last/", 0, 0);
    for (unsigned i = 0; i < 250; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%u/", i);
        ar_member(&a, name, 0, 0);
    }
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 102);
    assert_finding(&c, 99, "f!m99", "ar", "member", "0 bytes", NULL);
    assert_finding(&c, 100, "f", "ar", "members", "150 more members", NULL);
    assert_cause(&c, 100, STET_CAUSE_MISSING);
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

/* Ten thousand archives in each other. */
static void deep_nesting_ends(void **state)
{
    (void)state;
    enum { DEPTH = 10000, LEVEL = 68 };
    struct stet_buffer sides[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT};
    for (unsigned k = 0; k < 2; k++) {
        for (size_t i = 0; i < DEPTH; i++) {
            stet_buffer_add_str(&sides[k], "!<arch>\n");
            ar_member(&sides[k], "m/", 0, (DEPTH - i - 1) * LEVEL + 2);
        }
        stet_buffer_add_str(&sides[k], k ? "b\n" : "a\n");
    }
    comparing_run(&c, compare_any, "f", sides[0].data, sides[0].len, sides[1].data, sides[1].len);
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].what,
                        "budget of depth: it differs, and is nested too deep to be opened");
    comparing_release(&c);
    stet_buffer_release(&sides[0]);
    stet_buffer_release(&sides[1]);
}

/* ---- zip ---- */

static void put(struct stet_buffer *out, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        stet_buffer_add_char(out, (char)(v >> (8 * i)));
}

static void zip_fields(struct stet_buffer *out, size_t packed, size_t len, size_t name)
{
    put(out, 20, 2); /* needed */
    put(out, 0, 2);
    put(out, 8, 2); /* DEFLATE */
    put(out, 0, 4);
    put(out, 0, 4);
    put(out, packed, 4);
    put(out, len, 4);
    put(out, name, 2);
    put(out, 0, 2);
}

/* So many entries of the directory, all of which are the same zeroes but for the last byte. */
static void zip_bomb(struct stet_buffer *out, unsigned entries, char last)
{
    enum { LENGTH = 4 << 20 };
    unsigned char *content = calloc(1, LENGTH), *packed = malloc(LENGTH);
    assert_true(content && packed);
    content[LENGTH - 1] = (unsigned char)last;
    z_stream z = {.next_in = content, .avail_in = LENGTH, .next_out = packed, .avail_out = LENGTH};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t len = LENGTH - z.avail_out;
    deflateEnd(&z);

    stet_buffer_add(out, "PK\3\4", 4);
    zip_fields(out, len, LENGTH, 1);
    stet_buffer_add_char(out, 'x');
    stet_buffer_add(out, packed, len);
    size_t directory = out->len;
    for (unsigned i = 0; i < entries; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%u", i);
        stet_buffer_add(out, "PK\1\2\24\0", 6);
        zip_fields(out, len, LENGTH, strlen(name));
        put(out, 0, 8);
        put(out, 0, 6);
        stet_buffer_add_str(out, name);
    }
    size_t end = out->len;
    stet_buffer_add(out, "PK\5\6\0\0\0\0", 8);
    put(out, entries, 2);
    put(out, entries, 2);
    put(out, end - directory, 4);
    put(out, directory, 4);
    put(out, 0, 2);
    free(content);
    free(packed);
}

static void overlapping_members_end(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    zip_bomb(&a, 500, 1);
    zip_bomb(&b, 500, 2);
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 1);
    assert_finding(&c, 0, "f", "zip", "members that share bytes with others: they are not opened",
                   "500 of 500", "500 of 500");
    assert_true(c.result.cut_short);
    assert_int_equal(c.diff.bytes_left, 64 << 20);
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

int main(int argc, char **argv)
{
    data = argc > 1 ? argv[1] : "tests/data/diff";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tars),
        cmocka_unit_test(cpio),
        cmocka_unit_test(zips),
        cmocka_unit_test(ars),
        cmocka_unit_test(packages_of_other_versions),
        cmocka_unit_test(packages_of_one_version),
        cmocka_unit_test(names_that_come_twice),
        cmocka_unit_test(only_the_order),
        cmocka_unit_test(padding_and_what_follows),
        cmocka_unit_test(a_damaged_archive_is_bytes),
        cmocka_unit_test(missing_members_are_counted),
        cmocka_unit_test(deep_nesting_ends),
        cmocka_unit_test(overlapping_members_end),
    };
    return cmocka_run_group_tests_name("diff/members", tests, NULL, NULL);
}
