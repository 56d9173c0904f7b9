/* What the reader accepts, how it reads it, and what it refuses with which reason. */
#include "tests/unit/tar/support.h"

#include "lib/tar/tar.h"

struct reading {
    struct stet_memory_reader in;
    struct stet_tar_reader *r;
    const struct stet_entry *e;
    struct stet_error err;
};

static void open_reading(struct reading *t, const struct stet_buffer *b,
                         const struct stet_tar_limits *limits)
{
    *t = (struct reading){0};
    stet_memory_reader_init(&t->in, b->data == NULL ? "" : b->data, b->len);
    t->r = stet_tar_reader_new(&t->in.base, "test.tar", limits, &t->err);
    assert_non_null(t->r);
}

static const struct stet_entry *next(struct reading *t)
{
    if (stet_tar_reader_next(t->r, &t->e, &t->err) != 1)
        fail_msg("no entry: %s", t->err.text);
    return t->e;
}

static void close_reading(struct reading *t)
{
    stet_tar_reader_free(t->r);
}

/* All entries are accepted, and there are so many. */
static void expect_count(struct stet_buffer *b, int count)
{
    struct reading t;
    int n = 0, rc;
    open_reading(&t, b, NULL);
    while ((rc = stet_tar_reader_next(t.r, &t.e, &t.err)) > 0)
        n++;
    if (rc < 0)
        fail_msg("%s", t.err.text);
    assert_int_equal(n, count);
    assert_int_equal(stet_tar_reader_next(t.r, &t.e, &t.err), 0);
    close_reading(&t);
    stet_buffer_release(b);
}

static void expect_refusal_within(struct stet_buffer *b, const struct stet_tar_limits *limits,
                                  const char *reason)
{
    struct reading t;
    int rc;
    open_reading(&t, b, limits);
    while ((rc = stet_tar_reader_next(t.r, &t.e, &t.err)) > 0)
        ;
    if (rc == 0)
        fail_msg("accepted, though: %s", reason);
    if (strstr(t.err.text, reason) == NULL)
        fail_msg("refused with \"%s\", not \"%s\"", t.err.text, reason);
    assert_int_equal(t.err.kind, STET_ERROR_INPUT);
    assert_non_null(strstr(t.err.text, "test.tar: offset "));
    /* The error stays. */
    struct stet_error again = STET_ERROR_INIT;
    char byte;
    assert_int_equal(stet_tar_reader_next(t.r, &t.e, &again), -1);
    assert_string_equal(again.text, t.err.text);
    assert_int_equal(stet_tar_reader_read(t.r, &byte, 1, NULL), -1);
    close_reading(&t);
    stet_buffer_release(b);
}

static void expect_refusal(struct stet_buffer *b, const char *reason)
{
    expect_refusal_within(b, NULL, reason);
}

#define PAX(b, records) add_extended(b, 'x', records, sizeof(records) - 1)

/* ---- numbers ---- */

static void test_octal(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    add_header(&b, &(struct raw_header){
                       .type = '0', .mode = "100755 ", .uid = "   7  ", .mtime = "77777777777"});
    add_header(&b, &(struct raw_header){.name = "b", .type = '0', .uid = " ", .mode = "07777777"});
    add_end(&b);
    open_reading(&t, &b, NULL);
    next(&t);
    assert_int_equal(t.e->mode, 0755);
    assert_int_equal(t.e->uid, 7);
    assert_int_equal(t.e->mtime, INT64_C(077777777777));
    next(&t);
    assert_int_equal(t.e->uid, 0);
    assert_int_equal(t.e->mode, 07777);
    close_reading(&t);
    stet_buffer_release(&b);
}

static void test_base256(void **state)
{
    (void)state;
    static const struct {
        const char *mtime;
        int64_t value;
    } good[] = {
        {"\200\0\0\0\0\0\0\0\0\0\0\1", 1},
        {"\200\0\0\0\177\377\377\377\377\377\377\377", INT64_MAX},
        {"\377\377\377\377\377\377\377\377\377\377\377\377", -1},
        {"\377\377\377\377\200\0\0\0\0\0\0\0", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct stet_buffer b = STET_BUFFER_INIT;
        struct reading t;
        add_header(&b, &(struct raw_header){.type = '0'});
        memcpy(b.data + 136, good[i].mtime, 12);
        raw_checksum((unsigned char *)b.data);
        add_end(&b);
        open_reading(&t, &b, NULL);
        assert_int_equal(next(&t)->mtime, good[i].value);
        close_reading(&t);
        stet_buffer_release(&b);
    }
}

static void refuse_field(size_t at, const char *bytes, size_t len, const char *reason)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    add_header(&b, &(struct raw_header){.type = '0'});
    memcpy(b.data + at, bytes, len);
    raw_checksum((unsigned char *)b.data);
    add_end(&b);
    expect_refusal(&b, reason);
}

static void test_bad_numbers(void **state)
{
    (void)state;
    refuse_field(124, "\377\377\377\377\377\377\377\377\377\377\377\377", 12, "size field's -1");
    refuse_field(124, "\200\0\0\0\200\0\0\0\0\0\0\0", 12, "size field is not a number");
    refuse_field(124, "\277\377\377\377\377\377\377\377\377\377\377\377", 12,
                 "size field is not a number");
    refuse_field(124, "\200\0\0\0\177\377\377\377\377\377\377\377", 12, "is out of range");
    refuse_field(124, "-0000000001", 12, "size field is not a number");
    refuse_field(124, "0000000008", 11, "size field is not a number");
    refuse_field(124, "00000 00001", 11, "size field is not a number");
    refuse_field(108, "\200\0\0\1\0\0\0\0", 8, "uid field's 4294967296");
    refuse_field(108, "\200\0\0\0\377\377\377\377", 8, "uid field's 4294967295");
    refuse_field(116, "\377\377\377\377\377\377\377\377", 8, "gid field's -1");
    refuse_field(100, "0x1", 4, "mode field is not a number");
    refuse_field(136, "9", 1, "mtime field is not a number");
}

static void test_devices(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    add_header(&b, &(struct raw_header){.type = '3', .devmajor = "0000005"});
    add_end(&b);
    open_reading(&t, &b, NULL);
    next(&t);
    assert_int_equal(t.e->type, STET_ENTRY_CHAR);
    assert_int_equal(t.e->major, 5);
    close_reading(&t);
    stet_buffer_release(&b);
    add_header(&b, &(struct raw_header){.type = '4', .devmajor = "five"});
    add_end(&b);
    expect_refusal(&b, "devmajor field is not a number");
}

/* ---- headers ---- */

static void test_checksum(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    add_file(&b, "a", "content");
    add_end(&b);
    b.data[0] = 'b';
    expect_refusal(&b, "checksum field does not match");
    /* The sum of signed bytes, as some old programs had it: 0xe4 counts -28. */
    add_file(&b, "\344", "");
    char text[8];
    unsigned sum = 0;
    memset(b.data + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)b.data[i];
    snprintf(text, sizeof(text), "%06o", sum - 256);
    memcpy(b.data + 148, text, 7);
    add_end(&b);
    expect_count(&b, 1);
}

static void test_formats(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    add_header(&b, &(struct raw_header){.name = "n", .prefix = "p/q", .type = '0'});
    add_header(&b,
               &(struct raw_header){.name = "g", .prefix = "p", .type = '0', .magic = "ustar  "});
    add_header(&b, &(struct raw_header){.name = "v7/", .magic = "\0\0\0\0\0\0\0"});
    add_end(&b);
    open_reading(&t, &b, NULL);
    assert_string_equal(next(&t)->path, "p/q/n");
    assert_string_equal(next(&t)->path, "g");
    assert_string_equal(next(&t)->path, "v7");
    assert_int_equal(t.e->type, STET_ENTRY_DIRECTORY);
    close_reading(&t);
    stet_buffer_release(&b);
    add_header(&b, &(struct raw_header){.type = '0', .magic = "ustar-ng"});
    add_end(&b);
    expect_refusal(&b, "magic field");
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        char flag;
        const char *reason;
    } bad[] = {
        {'S', "sparse"},
        {'M', "type field's 0x4d"},
        {'D', "type field's 0x44"},
        {'V', "type field's 0x56"},
        {'8', "type field's 0x38"},
        {'X', "type field's 0x58"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stet_buffer b = STET_BUFFER_INIT;
        add_header(&b, &(struct raw_header){.type = bad[i].flag});
        add_end(&b);
        expect_refusal(&b, bad[i].reason);
    }
}

/* ---- paths ---- */

static void test_paths(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    add_header(&b, &(struct raw_header){.name = "./", .type = '5'});
    add_header(&b, &(struct raw_header){.name = "./a//b/./c/", .type = '5'});
    add_header(&b, &(struct raw_header){.name = "h", .link = "./a//b", .type = '1'});
    add_header(&b, &(struct raw_header){.name = "s", .link = "..//x/", .type = '2'});
    add_end(&b);
    open_reading(&t, &b, NULL);
    assert_string_equal(next(&t)->path, "");
    assert_string_equal(next(&t)->path, "a/b/c");
    assert_string_equal(next(&t)->link, "a/b");
    assert_string_equal(next(&t)->link, "..//x/");
    close_reading(&t);
    stet_buffer_release(&b);
}

static void test_bad_paths(void **state)
{
    (void)state;
    static const struct {
        struct raw_header h;
        const char *reason;
    } bad[] = {
        {{.name = "/etc/passwd", .type = '0'}, "absolute"},
        {{.name = "a/../b", .type = '0'}, "\"..\""},
        {{.name = "..", .type = '5'}, "\"..\""},
        {{.name = "a\nb", .type = '0'}, "control"},
        {{.name = "a\033[2Jb", .type = '0'}, "control"},
        {{.name = "", .type = '0'}, "path field"},
        {{.name = ".", .type = '0'}, "the root is a file"},
        {{.name = "./", .type = '2', .link = "x"}, "the root is a symlink"},
        {{.name = "l", .type = '1', .link = "../x"}, "link name field"},
        {{.name = "l", .type = '1', .link = "/x"}, "link name field"},
        {{.name = "l", .type = '1', .link = "./l"}, "hard link to itself"},
        {{.name = "l", .type = '1', .link = "./"}, "hard link to itself or to the root"},
        {{.name = "l", .type = '1', .link = ""}, "link name field is empty"},
        {{.name = "l", .type = '2', .link = ""}, "link name field is empty"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stet_buffer b = STET_BUFFER_INIT;
        add_header(&b, &bad[i].h);
        add_end(&b);
        expect_refusal(&b, bad[i].reason);
    }
}

static void test_gnu_long(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    char name[301] = {0};
    memset(name, 'n', 300);
    name[150] = '/';
    add_extended(&b, 'L', name, 301);
    add_extended(&b, 'K', "target", 6);
    add_header(&b, &(struct raw_header){
                       .name = "short", .link = "other", .type = '2', .magic = "ustar  "});
    add_file(&b, "after", "");
    add_end(&b);
    open_reading(&t, &b, NULL);
    next(&t);
    assert_string_equal(t.e->path, name);
    assert_string_equal(t.e->link, "target");
    assert_string_equal(next(&t)->path, "after");
    close_reading(&t);
    stet_buffer_release(&b);

    add_extended(&b, 'L', "a\0b", 4);
    add_file(&b, "x", "");
    expect_refusal(&b, "has a NUL in it");
    add_extended(&b, 'L', "", 0);
    add_file(&b, "x", "");
    expect_refusal(&b, "a long name is empty");
    add_extended(&b, 'L', "a", 2);
    add_extended(&b, 'L', "b", 2);
    add_file(&b, "x", "");
    expect_refusal(&b, "two long names");
    add_extended(&b, 'L', "a", 2);
    PAX(&b, "9 path=b\n");
    add_file(&b, "x", "");
    expect_refusal(&b, "two long names");
    add_extended(&b, 'L', "a", 2);
    add_end(&b);
    expect_refusal(&b, "no entry after it");
}

/* ---- pax ---- */

static void test_pax(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    PAX(&b, "14 path=first\n"
            "15 path=second\n"
            "11 uid=123\n"
            "18 gid=4294967294\n"
            "15 mtime=-1.25\n"
            "16 atime=123456\n"
            "26 SCHILY.xattr.user.z=\0\n\n"
            "28 SCHILY.xattr.user.a=x=y\n\n"
            "24 SCHILY.xattr.user.0=\n"
            "27 LIBARCHIVE.xattr.q=abcd\n"
            "15 comment=abc\n");
    add_file(&b, "x", "");
    add_file(&b, "plain", "");
    add_end(&b);
    open_reading(&t, &b, NULL);
    next(&t);
    assert_string_equal(t.e->path, "second");
    assert_int_equal(t.e->uid, 123);
    assert_int_equal(t.e->gid, 4294967294);
    assert_int_equal(t.e->mtime, -2);
    assert_int_equal(t.e->mtime_ns, 750000000);
    assert_int_equal(t.e->xattr_count, 3);
    assert_string_equal(t.e->xattrs[0].name, "user.0");
    assert_int_equal(t.e->xattrs[0].len, 0);
    assert_string_equal(t.e->xattrs[1].name, "user.a");
    assert_int_equal(t.e->xattrs[1].len, 4);
    assert_memory_equal(t.e->xattrs[1].value, "x=y\n", 4);
    assert_int_equal(t.e->xattrs[2].len, 2);
    assert_memory_equal(t.e->xattrs[2].value, "\0\n", 2);
    next(&t);
    assert_string_equal(t.e->path, "plain");
    assert_int_equal(t.e->uid, 0);
    assert_int_equal(t.e->mtime, 0);
    assert_int_equal(t.e->xattr_count, 0);
    close_reading(&t);
    stet_buffer_release(&b);
}

static void test_pax_times(void **state)
{
    (void)state;
    static const struct {
        const char *record; /* without its length, of two digits */
        int64_t seconds;
        uint32_t ns;
    } good[] = {
        {"mtime=1\n", 1, 0},
        {"mtime=1.1234567899\n", 1, 123456789},
        {"mtime=2.\n", 2, 0},
        {"mtime=-0.001\n", -1, 999000000},
        {"mtime=-9223372036854775808\n", INT64_MIN, 0},
        {"mtime=-9223372036854775807.5\n", INT64_MIN, 500000000},
        {"mtime=9223372036854775807.5\n", INT64_MAX, 500000000},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct stet_buffer b = STET_BUFFER_INIT;
        struct reading t;
        char text[64];
        snprintf(text, sizeof(text), "%zu %s", strlen(good[i].record) + 3, good[i].record);
        add_extended(&b, 'x', text, strlen(text));
        add_file(&b, "x", "");
        open_reading(&t, &b, NULL);
        next(&t);
        assert_int_equal(t.e->mtime, good[i].seconds);
        assert_int_equal(t.e->mtime_ns, good[i].ns);
        close_reading(&t);
        stet_buffer_release(&b);
    }
}

static void test_bad_pax(void **state)
{
    (void)state;
#define BAD(records, why)                                                                          \
    {                                                                                              \
        records, sizeof(records) - 1, why                                                          \
    }
    static const struct {
        const char *records;
        size_t len;
        const char *reason;
    } bad[] = {
        BAD("path=x\n", "malformed"),
        BAD("0 path=x\n", "malformed"),
        BAD("09 path=x\n", "malformed"),
        BAD("-9 path=x\n", "malformed"),
        BAD(" 9 path=x\n", "malformed"),
        BAD("8 path=x\n", "malformed"),
        BAD("11 path=x\n", "malformed"),
        BAD("99999999999999999999999 path=x\n", "malformed"),
        BAD("18446744073709551617 path=x\n", "malformed"),
        BAD("2 ", "malformed"),
        BAD("3 \n", "malformed"),
        BAD("7 path\n", "malformed"),
        BAD("5 =x\n", "malformed"),
        BAD("10 pa\0th=x\n", "malformed"),
        BAD("9 path=x\n\0\0", "malformed"),
        BAD("12 path=a\0b\n", "path has a NUL"),
        BAD("15 linkpath=a\0\n", "linkpath has a NUL"),
        BAD("11 size=-1\n", "size is not a number"),
        BAD("11 size=+1\n", "size is not a number"),
        BAD("12 size=0x1\n", "size is not a number"),
        BAD("28 size=9223372036854775807\n", "size is not a number"),
        BAD("18 uid=4294967295\n", "uid is not a user"),
        BAD("9 gid=-1\n", "gid is not a user"),
        BAD("11 mtime=-\n", "mtime is not a time"),
        BAD("14 mtime=1e10\n", "mtime is not a time"),
        BAD("13 mtime=1.x\n", "mtime is not a time"),
        BAD("29 mtime=9223372036854775808\n", "mtime is not a time"),
        BAD("30 mtime=-9223372036854775809\n", "mtime is not a time"),
        BAD("32 mtime=-9223372036854775808.5\n", "mtime is not a time"),
        BAD("19 SCHILY.xattr.=x\n", "names no possible extended attribute"),
        BAD("22 GNU.sparse.major=1\n", "sparse"),
        BAD("12 path=../\n", "\"..\""),
        BAD("11 path=/a\n", "absolute"),
        BAD("9 path=\n\n", "control"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stet_buffer b = STET_BUFFER_INIT;
        add_extended(&b, 'x', bad[i].records, bad[i].len);
        add_header(&b, &(struct raw_header){.link = "target", .type = '2'});
        add_end(&b);
        expect_refusal(&b, bad[i].reason);
    }
}

static void test_pax_sequence(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    PAX(&b, "9 path=a\n");
    PAX(&b, "9 path=b\n");
    add_file(&b, "x", "");
    expect_refusal(&b, "two extended headers");
    PAX(&b, "9 path=a\n");
    add_extended(&b, 'g', "13 comment=x\n", 13);
    add_file(&b, "x", "");
    expect_refusal(&b, "between an extended header and its entry");
    PAX(&b, "9 path=a\n");
    add_end(&b);
    expect_refusal(&b, "no entry after it");
    PAX(&b, "9 path=a\n");
    expect_refusal(&b, "without an end mark");
}

/* An empty value takes back what an earlier record said. */
static void test_pax_empty(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    PAX(&b, "9 path=a\n8 path=\n8 uid=5\n7 uid=\n");
    add_file(&b, "x", "");
    add_end(&b);
    open_reading(&t, &b, NULL);
    next(&t);
    assert_string_equal(t.e->path, "x");
    assert_int_equal(t.e->uid, 0);
    close_reading(&t);
    stet_buffer_release(&b);
}

static void test_global(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    static const char first[] = "8 uid=5\n11 mtime=7\n13 comment=x\n";
    add_extended(&b, 'g', first, sizeof(first) - 1);
    add_file(&b, "a", "");
    PAX(&b, "8 uid=6\n");
    add_file(&b, "b", "");
    add_file(&b, "c", "");
    PAX(&b, "7 uid=\n");
    add_file(&b, "d", "");
    add_extended(&b, 'g', "8 gid=9\n", 8);
    add_file(&b, "e", "");
    add_end(&b);
    open_reading(&t, &b, NULL);
    assert_int_equal(next(&t)->uid, 5);
    assert_int_equal(t.e->mtime, 7);
    assert_int_equal(next(&t)->uid, 6);
    assert_int_equal(next(&t)->uid, 5);
    assert_int_equal(next(&t)->uid, 0);
    assert_int_equal(t.e->mtime, 7);
    assert_int_equal(next(&t)->gid, 9);
    assert_int_equal(t.e->uid, 5);
    close_reading(&t);
    stet_buffer_release(&b);
    static const struct {
        const char *records;
        const char *reason;
    } bad[] = {
        {"9 path=x\n", "path stands in a global header"},
        {"14 linkpath=x\n", "linkpath stands in a global header"},
        {"9 size=1\n", "size stands in a global header"},
        {"25 SCHILY.xattr.user.a=1\n", "stands in a global header"},
        {"22 GNU.sparse.major=1\n", "sparse"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        add_extended(&b, 'g', bad[i].records, strlen(bad[i].records));
        add_file(&b, "x", "");
        expect_refusal(&b, bad[i].reason);
    }
}

/* ---- sizes ---- */

static void test_sizes_agree(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct reading t;
    char data[16];
    PAX(&b, "9 size=5\n");
    add_file(&b, "a", "12345");
    add_file(&b, "b", "678");
    add_end(&b);
    open_reading(&t, &b, NULL);
    assert_int_equal(next(&t)->size, 5);
    assert_int_equal(stet_tar_reader_read(t.r, data, 2, &t.err), 2);
    assert_int_equal(next(&t)->size, 3);
    assert_int_equal(stet_tar_reader_read(t.r, data, sizeof(data), &t.err), 3);
    assert_memory_equal(data, "678", 3);
    assert_int_equal(stet_tar_reader_read(t.r, data, sizeof(data), &t.err), 0);
    close_reading(&t);
    stet_buffer_release(&b);
}

/* CVE-2025-62518: a header of size 0, a record of another size, and an archive within. */
static void test_sizes_disagree(void **state)
{
    (void)state;
    struct stet_buffer inner = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    add_file(&inner, "hidden", "evil");
    assert_int_equal(inner.len, 1024);
    PAX(&b, "13 size=1024\n");
    add_header(&b, &(struct raw_header){.name = "outer", .type = '0'});
    add_content(&b, inner.data, inner.len);
    add_end(&b);
    expect_refusal(&b, "size field says 0 and the extended header 1024");
    PAX(&b, "9 size=0\n");
    add_file(&b, "outer", "12345");
    add_end(&b);
    expect_refusal(&b, "size field says 5 and the extended header 0");
    PAX(&b, "20 size=17179869184\n");
    add_file(&b, "outer", "12345");
    add_end(&b);
    expect_refusal(&b, "size field says 5 and the extended header 17179869184");
    stet_buffer_release(&inner);
    /* Too large for the field: 0 or its highest number may stand there. */
    static const char *const fields[] = {"00000000000", "77777777777"};
    for (size_t i = 0; i < 2; i++) {
        struct reading t;
        PAX(&b, "20 size=17179869184\n");
        add_header(&b, &(struct raw_header){.type = '0', .size = fields[i]});
        open_reading(&t, &b, NULL);
        assert_int_equal(next(&t)->size, INT64_C(17179869184));
        close_reading(&t);
        stet_buffer_release(&b);
    }
}

static void test_size_of_no_file(void **state)
{
    (void)state;
    static const char flags[] = "123456";
    for (size_t i = 0; i < 6; i++) {
        struct stet_buffer b = STET_BUFFER_INIT;
        add_header(&b, &(struct raw_header){.type = flags[i], .link = "t", .size = "00000001000"});
        add_zeros(&b, 512);
        add_end(&b);
        expect_refusal(&b, "512 bytes of content");
    }
    struct stet_buffer b = STET_BUFFER_INIT;
    PAX(&b, "9 size=1\n");
    add_header(&b, &(struct raw_header){.type = '5', .size = "00000000001"});
    add_end(&b);
    expect_refusal(&b, "a directory 1 bytes");
    add_header(&b, &(struct raw_header){.name = "d/", .type = '0', .size = "00000000001"});
    add_end(&b);
    expect_refusal(&b, "a directory 1 bytes");
}

/* ---- the end, and budgets ---- */

static void test_end(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    add_zeros(&b, 1024);
    expect_count(&b, 0);
    add_zeros(&b, 512);
    expect_count(&b, 0);
    add_file(&b, "a", "x");
    add_zeros(&b, 10240 - 1024 + 7);
    expect_count(&b, 1);
    expect_refusal(&b, "without an end mark");
    add_zeros(&b, 100);
    expect_refusal(&b, "in the middle of a header");
    add_zeros(&b, 1000);
    expect_refusal(&b, "in the middle of its end mark");
    add_zeros(&b, 512);
    add_file(&b, "a", "x");
    expect_refusal(&b, "lone zero block");
    add_zeros(&b, 1024);
    add_file(&b, "a", "x");
    expect_refusal(&b, "data after its end mark");
    add_zeros(&b, 200000);
    stet_buffer_add_char(&b, 'x');
    expect_refusal(&b, "data after its end mark");
}

/* Cut anywhere, an archive is refused and never crashes the reader. */
static void test_truncated(void **state)
{
    (void)state;
    struct stet_buffer whole = STET_BUFFER_INIT;
    PAX(&whole, "15 path=longer\n8 uid=5\n");
    add_file(&whole, "a", "content");
    add_extended(&whole, 'L', "name", 5);
    add_file(&whole, "b", "");
    size_t complete = whole.len + 512;
    add_end(&whole);
    for (size_t len = 0; len < whole.len; len++) {
        struct reading t;
        struct stet_buffer b = {whole.data, len, len, false};
        int rc;
        open_reading(&t, &b, NULL);
        while ((rc = stet_tar_reader_next(t.r, &t.e, &t.err)) > 0)
            ;
        assert_int_equal(rc, len == complete ? 0 : -1);
        close_reading(&t);
    }
    stet_buffer_release(&whole);
}

static void test_limits(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT;
    for (int i = 0; i < 4; i++)
        add_file(&b, "a", "x");
    add_end(&b);
    expect_refusal_within(&b, &(struct stet_tar_limits){.entries = 3}, "more than 3 entries");
    add_file(&b, "a", "x");
    add_end(&b);
    struct stet_buffer copy = STET_BUFFER_INIT;
    stet_buffer_add(&copy, b.data, b.len);
    expect_refusal_within(&copy, &(struct stet_tar_limits){.bytes = b.len - 1},
                          "larger than the limit of 2047 bytes");
    struct reading t;
    open_reading(&t, &b, &(struct stet_tar_limits){.bytes = b.len});
    next(&t);
    assert_int_equal(stet_tar_reader_next(t.r, &t.e, &t.err), 0);
    close_reading(&t);
    stet_buffer_release(&b);
    /* A size that alone is over the budget is refused before any of it is read. */
    add_header(&b, &(struct raw_header){.type = '0', .size = "77777777777"});
    expect_refusal_within(&b, &(struct stet_tar_limits){.bytes = 65536}, "larger than the limit");
    PAX(&b, "15 comment=abc\n");
    add_file(&b, "a", "");
    expect_refusal_within(&b, &(struct stet_tar_limits){.header_bytes = 14},
                          "extended headers of more than 14 bytes");
    /* A pax bomb: the header promises 8 GiB of records. */
    add_header(&b, &(struct raw_header){.type = 'x', .size = "77777777777"});
    expect_refusal(&b, "extended headers of more than 1048576 bytes");
    /* The budget is for all headers of an entry together. */
    add_extended(&b, 'g', "15 comment=abc\n", 15);
    add_extended(&b, 'x', "15 comment=abc\n", 15);
    add_file(&b, "a", "");
    expect_refusal_within(&b, &(struct stet_tar_limits){.header_bytes = 29},
                          "extended headers of more than 29 bytes");
    /* Headers without entries count as well. */
    for (int i = 0; i < 10; i++)
        add_extended(&b, 'g', "", 0);
    add_end(&b);
    expect_refusal_within(&b, &(struct stet_tar_limits){.entries = 9}, "more than 9 entries");
}

static void test_xattr_bomb(void **state)
{
    (void)state;
    struct stet_buffer b = STET_BUFFER_INIT, records = STET_BUFFER_INIT;
    for (int i = 0; i < 5000; i++)
        stet_buffer_addf(&records, "28 SCHILY.xattr.user.%04d=x\n", i);
    add_extended(&b, 'x', records.data, records.len);
    add_file(&b, "a", "");
    expect_refusal(&b, "one extended attribute too many");
    stet_buffer_release(&records);
}

/* The canonical archives of the golden files are accepted, entry by entry. */
static void test_golden_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int entries;
    } golden[] = {
        {"types", 17}, {"names", 11}, {"numbers", 7}, {"attributes", 3}, {"hand", 7}, {"empty", 0},
    };
    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
        char relative[64];
        struct stet_buffer b;
        snprintf(relative, sizeof(relative), "tests/data/tar/golden/%s.tar", golden[i].file);
        char *path = source_path(relative);
        assert_true(slurp(path, &b));
        free(path);
        expect_count(&b, golden[i].entries);
    }
}

/* Delivers one byte at a time, as a slow pipe may. */
static ssize_t drip(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct stet_memory_reader *in = ctx;
    return stet_reader_read(&in->base, data, len > 0 ? 1 : 0, err);
}

static void test_short_reads(void **state)
{
    (void)state;
    static const struct stet_reader_ops ops = {drip, NULL};
    struct stet_buffer b = STET_BUFFER_INIT, content = STET_BUFFER_INIT;
    struct stet_memory_reader memory;
    struct stet_reader in;
    struct stet_error err = STET_ERROR_INIT;
    const struct stet_entry *e;
    char piece[64];
    ssize_t n;
    PAX(&b, "16 path=renamed\n");
    add_file(&b, "a", "some content");
    add_end(&b);
    stet_memory_reader_init(&memory, b.data, b.len);
    stet_reader_init(&in, &ops, &memory);
    struct stet_tar_reader *r = stet_tar_reader_new(&in, "slow", NULL, &err);
    assert_int_equal(stet_tar_reader_next(r, &e, &err), 1);
    assert_string_equal(e->path, "renamed");
    while ((n = stet_tar_reader_read(r, piece, sizeof(piece), &err)) > 0)
        stet_buffer_add(&content, piece, (size_t)n);
    assert_string_equal(stet_buffer_str(&content), "some content");
    assert_int_equal(stet_tar_reader_next(r, &e, &err), 0);
    stet_tar_reader_free(r);
    stet_buffer_release(&b);
    stet_buffer_release(&content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octal),
        cmocka_unit_test(test_base256),
        cmocka_unit_test(test_bad_numbers),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_bad_paths),
        cmocka_unit_test(test_gnu_long),
        cmocka_unit_test(test_pax),
        cmocka_unit_test(test_pax_times),
        cmocka_unit_test(test_bad_pax),
        cmocka_unit_test(test_pax_sequence),
        cmocka_unit_test(test_pax_empty),
        cmocka_unit_test(test_global),
        cmocka_unit_test(test_sizes_agree),
        cmocka_unit_test(test_sizes_disagree),
        cmocka_unit_test(test_size_of_no_file),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_xattr_bomb),
        cmocka_unit_test(test_golden_is_read),
        cmocka_unit_test(test_short_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
