/* What the writer refuses, its state, and that the bytes do not depend on how they are written. */
#include "tests/unit/tar/support.h"

#include "lib/tar/tar.h"

struct writing {
    struct stet_buffer bytes;
    struct stet_buffer_writer out;
    struct stet_tar_writer *w;
    struct stet_error err;
};

static void open_writing(struct writing *t)
{
    *t = (struct writing){0};
    stet_buffer_writer_init(&t->out, &t->bytes);
    t->w = stet_tar_writer_new(&t->out.base, &t->err);
    assert_non_null(t->w);
}

static void close_writing(struct writing *t)
{
    stet_tar_writer_free(t->w);
    stet_writer_close(&t->out.base, NULL);
    stet_buffer_release(&t->bytes);
}

static void add(struct writing *t, const char *path, enum stet_entry_type type, uint64_t size,
                const char *link)
{
    struct stet_entry e = {
        .path = (char *)path, .type = type, .mode = 0644, .size = size, .link = (char *)link};
    if (stet_tar_writer_entry(t->w, &e, &t->err) < 0)
        fail_msg("%s", t->err.text);
}

static void expect_refusal(struct writing *t, const struct stet_entry *e, enum stet_error_kind kind,
                           const char *reason)
{
    assert_int_equal(stet_tar_writer_entry(t->w, e, &t->err), -1);
    if (strstr(t->err.text, reason) == NULL)
        fail_msg("refused with \"%s\", not \"%s\"", t->err.text, reason);
    assert_int_equal(t->err.kind, kind);
    /* The first failure stays. */
    struct stet_error again = STET_ERROR_INIT;
    struct stet_entry fine = {.path = (char *)"zzz"};
    assert_int_equal(stet_tar_writer_entry(t->w, &fine, NULL), -1);
    assert_int_equal(stet_tar_writer_data(t->w, "x", 1, NULL), -1);
    assert_int_equal(stet_tar_writer_finish(t->w, &again), -1);
    assert_string_equal(again.text, t->err.text);
    close_writing(t);
}

static void test_order(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        const char *reason; /* NULL: fine */
    } pairs[] = {
        {"a", "b", NULL},
        {"", "a", NULL},
        {"a", "a/b", NULL},
        {"a/b", "a.b", NULL},
        {"a", "a\344", NULL},
        {"b", "a", "out of order"},
        {"a.b", "a/b", "out of order"},
        {"a\344", "a\303", "out of order"},
        {"a", "", "out of order"},
        {"a", "a", "occurs twice"},
        {"", "", "occurs twice"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct writing t;
        struct stet_entry e = {.path = (char *)pairs[i].second, .type = STET_ENTRY_DIRECTORY};
        open_writing(&t);
        add(&t, pairs[i].first, STET_ENTRY_DIRECTORY, 0, NULL);
        if (pairs[i].reason != NULL) {
            expect_refusal(&t, &e, STET_ERROR_INTERNAL, pairs[i].reason);
            continue;
        }
        if (stet_tar_writer_entry(t.w, &e, &t.err) < 0)
            fail_msg("%s, then %s: %s", pairs[i].first, pairs[i].second, t.err.text);
        close_writing(&t);
    }
}

static struct stet_xattr equals[] = {{(char *)"user.a=b", (unsigned char *)"", 0}};
static struct stet_xattr newline[] = {{(char *)"user.a\nb", (unsigned char *)"", 0}};
static struct stet_xattr unsorted[] = {{(char *)"user.b", (unsigned char *)"", 0},
                                       {(char *)"user.a", (unsigned char *)"", 0}};
static struct stet_xattr twice[] = {{(char *)"user.b", (unsigned char *)"", 0},
                                    {(char *)"user.b", (unsigned char *)"", 0}};

static void test_refusals(void **state)
{
    (void)state;
    char *long_link = malloc(4097);
    assert_non_null(long_link);
    memset(long_link, 'x', 4096);
    long_link[4096] = '\0';
#define E(...)                                                                                     \
    {                                                                                              \
        .path = (char *)"p", __VA_ARGS__                                                           \
    }
    const struct {
        struct stet_entry e;
        enum stet_error_kind kind;
        const char *reason;
    } bad[] = {
        {{.path = (char *)""}, STET_ERROR_INPUT, "root of the archive is a file"},
        {{.path = (char *)"/p"}, STET_ERROR_INPUT, "absolute"},
        {{.path = (char *)"p/../q"}, STET_ERROR_INPUT, ".."},
        {{.path = (char *)"p\nq"}, STET_ERROR_INPUT, "control"},
        {{.path = (char *)"./p"}, STET_ERROR_INTERNAL, "not normalised"},
        {{.path = (char *)"p/"}, STET_ERROR_INTERNAL, "not normalised"},
        {{.path = (char *)"."}, STET_ERROR_INTERNAL, "not normalised"},
        {E(.mode = 010000), STET_ERROR_INTERNAL, "mode"},
        {E(.type = STET_ENTRY_FIFO, .size = 1), STET_ERROR_INTERNAL, "size 1"},
        {E(.uid = UINT32_MAX), STET_ERROR_INPUT, "owner"},
        {E(.gid = UINT32_MAX), STET_ERROR_INPUT, "owner"},
        {E(.size = UINT64_MAX), STET_ERROR_INPUT, "too many"},
        {E(.size = INT64_MAX), STET_ERROR_INPUT, "too many"},
        {E(.type = STET_ENTRY_CHAR, .major = 010000000), STET_ERROR_INPUT, "device number"},
        {E(.type = STET_ENTRY_BLOCK, .minor = 010000000), STET_ERROR_INPUT, "device number"},
        {E(.type = STET_ENTRY_SYMLINK), STET_ERROR_INPUT, "target is empty"},
        {E(.type = STET_ENTRY_SYMLINK, .link = (char *)""), STET_ERROR_INPUT, "target is empty"},
        {E(.type = STET_ENTRY_SYMLINK, .link = long_link), STET_ERROR_INPUT, "longer than 4095"},
        {E(.type = STET_ENTRY_HARDLINK, .link = (char *)"q"), STET_ERROR_INTERNAL, "no earlier"},
        {E(.type = STET_ENTRY_HARDLINK, .link = (char *)"d"), STET_ERROR_INTERNAL, "no earlier"},
        {E(.type = STET_ENTRY_HARDLINK, .link = (char *)"h"), STET_ERROR_INTERNAL, "no earlier"},
        {E(.type = STET_ENTRY_HARDLINK, .link = (char *)"p"), STET_ERROR_INTERNAL, "no earlier"},
        {E(.xattrs = equals, .xattr_count = 1), STET_ERROR_INPUT, "'='"},
        {E(.xattrs = newline, .xattr_count = 1), STET_ERROR_INPUT, "control byte"},
        {E(.xattrs = unsorted, .xattr_count = 2), STET_ERROR_INTERNAL, "not sorted"},
        {E(.xattrs = twice, .xattr_count = 2), STET_ERROR_INTERNAL, "not sorted"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct writing t;
        open_writing(&t);
        if (bad[i].e.path[0] != '\0') {
            add(&t, "", STET_ENTRY_DIRECTORY, 0, NULL);
            /* '+' to ',' sort before all of the above but the wrong ones. */
            add(&t, "+file", STET_ENTRY_FILE, 0, NULL);
            add(&t, "d", STET_ENTRY_DIRECTORY, 0, NULL);
            add(&t, "h", STET_ENTRY_HARDLINK, 0, "+file");
        }
        expect_refusal(&t, &bad[i].e, bad[i].kind, bad[i].reason);
    }
    free(long_link);
}

static void test_too_many_xattr_bytes(void **state)
{
    (void)state;
    enum { COUNT = 20, SIZE = 65536 };
    static unsigned char value[SIZE];
    static char names[COUNT][24];
    struct stet_xattr xattrs[COUNT];
    struct writing t;
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "user.%02d", i);
        xattrs[i] = (struct stet_xattr){names[i], value, SIZE};
    }
    struct stet_entry e = {.path = (char *)"p", .xattrs = xattrs, .xattr_count = 15};
    open_writing(&t);
    assert_int_equal(stet_tar_writer_entry(t.w, &e, &t.err), 0);
    e.path = (char *)"q";
    e.xattr_count = COUNT;
    expect_refusal(&t, &e, STET_ERROR_INPUT, "more than 1 MiB");
}

static void test_content_length(void **state)
{
    (void)state;
    struct writing t;
    open_writing(&t);
    add(&t, "a", STET_ENTRY_FILE, 3, NULL);
    assert_int_equal(stet_tar_writer_data(t.w, "xxxx", 4, &t.err), -1);
    assert_int_equal(t.err.kind, STET_ERROR_INTERNAL);
    close_writing(&t);

    open_writing(&t);
    add(&t, "a", STET_ENTRY_FILE, 3, NULL);
    assert_int_equal(stet_tar_writer_data(t.w, "xx", 2, &t.err), 0);
    assert_int_equal(stet_tar_writer_finish(t.w, &t.err), -1);
    assert_int_equal(t.err.kind, STET_ERROR_INTERNAL);
    assert_non_null(strstr(t.err.text, "a: 1 bytes of its content were not written"));
    close_writing(&t);

    open_writing(&t);
    add(&t, "a", STET_ENTRY_FILE, 3, NULL);
    struct stet_entry b = {.path = (char *)"b"};
    assert_int_equal(stet_tar_writer_entry(t.w, &b, &t.err), -1);
    close_writing(&t);

    open_writing(&t);
    assert_int_equal(stet_tar_writer_data(t.w, "x", 1, &t.err), -1);
    close_writing(&t);

    open_writing(&t);
    assert_int_equal(stet_tar_writer_finish(t.w, &t.err), 0);
    assert_int_equal(stet_tar_writer_entry(t.w, &b, &t.err), -1);
    close_writing(&t);
}

/* Large contents go past the writer's own buffer; the pieces must not show. */
static void write_pieces(struct stet_buffer *out, size_t piece)
{
    enum { SIZE = 300000 };
    struct writing t;
    char *data = malloc(SIZE);
    assert_non_null(data);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (char)(i * 7 + i / 251);
    open_writing(&t);
    add(&t, "a", STET_ENTRY_FILE, 5, NULL);
    assert_int_equal(stet_tar_writer_data(t.w, "12345", 5, &t.err), 0);
    add(&t, "b", STET_ENTRY_FILE, SIZE, NULL);
    for (size_t at = 0; at < SIZE; at += piece) {
        size_t n = SIZE - at < piece ? SIZE - at : piece;
        assert_int_equal(stet_tar_writer_data(t.w, data + at, n, &t.err), 0);
    }
    add(&t, "c", STET_ENTRY_HARDLINK, 0, "b");
    assert_int_equal(stet_tar_writer_finish(t.w, &t.err), 0);
    assert_int_equal(t.bytes.len, 512 + 512 + 512 + (SIZE + 511) / 512 * 512 + 512 + 1024);
    assert_memory_equal(t.bytes.data + 1536, data, SIZE);
    stet_buffer_add(out, t.bytes.data, t.bytes.len);
    close_writing(&t);
    free(data);
}

static void test_pieces(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 7, 512, 16383, 16384, 65535, 65536, 65537, 300000};
    struct stet_buffer first = STET_BUFFER_INIT;
    write_pieces(&first, 4096);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct stet_buffer b = STET_BUFFER_INIT;
        write_pieces(&b, pieces[i]);
        assert_same_bytes(&b, first.data, first.len, "another size of pieces");
        stet_buffer_release(&b);
    }
    stet_buffer_release(&first);
}

static int refuse_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    (void)ctx;
    (void)data;
    (void)len;
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "disk full");
}

static void test_output_fails(void **state)
{
    (void)state;
    static const struct stet_writer_ops ops = {refuse_write, NULL};
    struct stet_writer out;
    struct stet_error err = STET_ERROR_INIT;
    stet_writer_init(&out, &ops, NULL);
    struct stet_tar_writer *w = stet_tar_writer_new(&out, &err);
    assert_non_null(w);
    assert_int_equal(stet_tar_writer_finish(w, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
    assert_string_equal(err.text, "disk full");
    stet_tar_writer_free(w);
}

/* Nanoseconds have no place in format 1. */
static void test_no_nanoseconds(void **state)
{
    (void)state;
    struct writing a, b;
    struct stet_entry e = {.path = (char *)"p", .mtime = 5};
    open_writing(&a);
    assert_int_equal(stet_tar_writer_entry(a.w, &e, &a.err), 0);
    assert_int_equal(stet_tar_writer_finish(a.w, &a.err), 0);
    e.mtime_ns = 999999999;
    open_writing(&b);
    assert_int_equal(stet_tar_writer_entry(b.w, &e, &b.err), 0);
    assert_int_equal(stet_tar_writer_finish(b.w, &b.err), 0);
    assert_same_bytes(&a.bytes, b.bytes.data, b.bytes.len, "with nanoseconds");
    close_writing(&a);
    close_writing(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_many_xattr_bytes),
        cmocka_unit_test(test_content_length),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_output_fails),
        cmocka_unit_test(test_no_nanoseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
