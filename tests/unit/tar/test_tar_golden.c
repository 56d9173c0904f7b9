/* The frozen bytes: entries given here must come out as archives that other tools computed. */
#include "tests/unit/tar/support.h"

#include "lib/tar/tar.h"

#define T INT64_C(1700000000)

struct sample {
    struct stet_entry e;
    const char *text; /* content, or NULL */
    char fill;        /* content is e.size of these otherwise */
};

#define A10  "aaaaaaaaaa"
#define A90  A10 A10 A10 A10 A10 A10 A10 A10 A10
#define B10  "bbbbbbbbbb"
#define B90  B10 B10 B10 B10 B10 B10 B10 B10 B10
#define C10  "cccccccccc"
#define C100 C10 C10 C10 C10 C10 C10 C10 C10 C10 C10
#define N10  "nnnnnnnnnn"
#define N120 N10 N10 N10 N10 N10 N10 N10 N10 N10 N10 N10 N10
#define S10  "ssssssssss"
#define S100 S10 S10 S10 S10 S10 S10 S10 S10 S10 S10
#define T10  "tttttttttt"
#define T90  T10 T10 T10 T10 T10 T10 T10 T10 T10
#define T130 T90 T10 T10 T10 T10

#define DIRECTORY(p, m, t)                                                                         \
    {                                                                                              \
        .e = {.path = (char *)(p), .type = STET_ENTRY_DIRECTORY, .mode = (m), .mtime = (t) }       \
    }
#define FILE_OF(p, m, s, f)                                                                        \
    {                                                                                              \
        .e = {.path = (char *)(p), .mode = (m), .mtime = T, .size = (s)}, .fill = (f)              \
    }
#define EMPTY(p) FILE_OF(p, 0644, 0, 0)
#define OWNED(p, u, g)                                                                             \
    {                                                                                              \
        .e = {.path = (char *)(p), .mode = 0644, .mtime = T, .uid = (u), .gid = (g) }              \
    }
#define LINKED(p, ty, m, l)                                                                        \
    {                                                                                              \
        .e = {.path = (char *)(p), .type = (ty), .mode = (m), .mtime = T, .link = (char *)(l) }    \
    }

static const struct sample types[] = {
    DIRECTORY("", 0755, T),
    DIRECTORY("dir", 0755, T),
    FILE_OF("dir/empty", 0, 0, 0),
    {.e = {.path = (char *)"dir/file", .mode = 0640, .uid = 1, .gid = 2, .mtime = T, .size = 6},
     .text = "hello\n"},
    FILE_OF("dir/file511", 0644, 511, 'a'),
    FILE_OF("dir/file512", 0644, 512, 'b'),
    FILE_OF("dir/file513", 0644, 513, 'c'),
    DIRECTORY("dir/sub", 0700, T),
    {.e = {.path = (char *)"dir/sub/linked",
           .type = STET_ENTRY_HARDLINK,
           .mode = 0640,
           .uid = 1,
           .gid = 2,
           .mtime = T,
           .link = (char *)"dir/file"}},
    LINKED("dir/sub/symlink", STET_ENTRY_SYMLINK, 0777, "../file"),
    DIRECTORY("dir.d", 0755, T),
    FILE_OF("dir.d/setuid", 06755, 1, 'x'),
    {.e = {.path = (char *)"fifo", .type = STET_ENTRY_FIFO, .mode = 0644, .mtime = T}},
    {.e = {.path = (char *)"loop",
           .type = STET_ENTRY_BLOCK,
           .mode = 0644,
           .mtime = T,
           .major = 7,
           .minor = 300}},
    {.e = {.path = (char *)"null",
           .type = STET_ENTRY_CHAR,
           .mode = 0644,
           .mtime = T,
           .major = 1,
           .minor = 3}},
    DIRECTORY("tmp", 01777, T),
    {.e = {.path = (char *)"zz-linked",
           .type = STET_ENTRY_HARDLINK,
           .mode = 0640,
           .uid = 1,
           .gid = 2,
           .mtime = T,
           .link = (char *)"dir/file"}},
};

static const struct sample names[] = {
    DIRECTORY("", 0755, T),
    EMPTY(A90 "aaaaaaaaa"),
    EMPTY(A90 A10),
    EMPTY(A90 A10 "a"),
    DIRECTORY(B90 "bbbbbbbbb", 0755, T),
    EMPTY(B90 "bbbbbbbbb/" C100 C100),
    DIRECTORY(B90 B10, 0755, T),
    LINKED("d-long", STET_ENTRY_HARDLINK, 0644, B90 "bbbbbbbbb/" C100 C100),
    LINKED("e-fits", STET_ENTRY_HARDLINK, 0644, A90 A10),
    LINKED("f-100", STET_ENTRY_SYMLINK, 0777, S100),
    LINKED("f-101", STET_ENTRY_SYMLINK, 0777, S100 "s"),
};

static const struct sample numbers[] = {
    DIRECTORY("", 0755, T),
    OWNED("a", 2097151, 2097151),
    OWNED("b", 2097152, 2097151),
    OWNED("c", 2097151, 4294967294),
    {.e = {.path = (char *)"d", .mode = 0644, .mtime = INT64_C(8589934591)}},
    {.e = {.path = (char *)"e", .mode = 0644, .mtime = INT64_C(8589934592)}},
    {.e = {.path = (char *)"f", .mode = 0644, .mtime = -1}},
};

/* cap_net_raw+ep: version 2, effective; permitted bit 13. */
static unsigned char capability[20] = {1, 0, 0, 2, 0, 0x20};
static struct stet_xattr one[] = {{(char *)"user.one", (unsigned char *)"value", 5}};
static struct stet_xattr ping[] = {{(char *)"security.capability", capability, sizeof(capability)}};

static const struct sample attributes[] = {
    DIRECTORY("", 0755, T),
    {.e = {.path = (char *)"a",
           .mode = 0644,
           .mtime = T,
           .size = 1,
           .xattrs = one,
           .xattr_count = 1},
     .text = "a"},
    {.e = {.path = (char *)"ping",
           .mode = 0644,
           .mtime = T,
           .size = 1,
           .xattrs = ping,
           .xattr_count = 1},
     .text = "p"},
};

static struct stet_xattr several[] = {
    {(char *)"user.A", (unsigned char *)"last", 4},
    {(char *)"user.a", (unsigned char *)"\0x\n\377", 4},
    {(char *)"user.aa", (unsigned char *)"", 0},
    {(char *)"user.b", (unsigned char *)"a=b\n", 4},
};

static struct stet_xattr repeated[] = {{(char *)"user.a", (unsigned char *)"1", 1}};

static const struct sample hand[] = {
    DIRECTORY("", 0755, 0),
    {.e = {.path = (char *)N120,
           .type = STET_ENTRY_SYMLINK,
           .mode = 0777,
           .uid = 3000000,
           .gid = 3000001,
           .mtime = INT64_MIN,
           .link = (char *)T130,
           .xattrs = several,
           .xattr_count = 4}},
    {.e = {.path = (char *)"s\303\244ge", .mode = 0644}},
    {.e = {.path = (char *)"s\344ge", .mode = 0644}},
    {.e = {.path = (char *)(T90 "\377uuuuuuuuuuuuuuu"), .mode = 0644}},
    {.e = {.path = (char *)"u",
           .mode = 0640,
           .uid = 7,
           .gid = 8,
           .mtime = 9,
           .size = 7,
           .xattrs = repeated,
           .xattr_count = 1},
     .text = "content"},
    {.e = {.path = (char *)"v",
           .type = STET_ENTRY_HARDLINK,
           .mode = 0640,
           .uid = 7,
           .gid = 8,
           .mtime = 9,
           .link = (char *)"u",
           .xattrs = repeated,
           .xattr_count = 1}},
};

static void write_sample(struct stet_tar_writer *w, const struct sample *s)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_tar_writer_entry(w, &s->e, &err) < 0)
        fail_msg("%s", err.text);
    for (uint64_t i = 0; i < s->e.size; i++) {
        const char *c = s->text == NULL ? &s->fill : s->text + i;
        assert_int_equal(stet_tar_writer_data(w, c, 1, &err), 0);
    }
}

static void check(const struct sample *samples, size_t count, const char *golden)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer got, want;
    struct stet_buffer_writer out;
    stet_buffer_init(&got);
    stet_buffer_writer_init(&out, &got);
    struct stet_tar_writer *w = stet_tar_writer_new(&out.base, &err);
    assert_non_null(w);
    for (size_t i = 0; i < count; i++)
        write_sample(w, &samples[i]);
    assert_int_equal(stet_tar_writer_finish(w, &err), 0);
    stet_tar_writer_free(w);
    assert_int_equal(stet_writer_close(&out.base, &err), 0);

    char *path = source_path(golden);
    if (!slurp(path, &want))
        fail_msg("%s is not there", path);
    assert_true(want.len >= 1024);
    assert_same_bytes(&got, want.data, want.len, golden);
    stet_buffer_release(&got);
    stet_buffer_release(&want);
    free(path);
}

#define GOLDEN(name)                                                                               \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        check(name, sizeof(name) / sizeof(name[0]), "tests/data/tar/golden/" #name ".tar");        \
    }
GOLDEN(types)
GOLDEN(names)
GOLDEN(numbers)
GOLDEN(attributes)
GOLDEN(hand)

static void test_empty(void **state)
{
    (void)state;
    check(NULL, 0, "tests/data/tar/golden/empty.tar");
}

/* Keeps the first bytes and takes the rest without keeping it. */
struct head {
    struct stet_buffer bytes;
    size_t max;
};

static int head_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct head *h = ctx;
    (void)err;
    if (h->bytes.len < h->max)
        stet_buffer_add(&h->bytes, data, len < h->max - h->bytes.len ? len : h->max - h->bytes.len);
    return 0;
}

static int head_close(void *ctx, bool failed, struct stet_error *err)
{
    (void)ctx;
    (void)failed;
    (void)err;
    return 0;
}

/* Sizes around 8 GiB: the headers, and at the true size the archive's length. */
static void check_big(uint64_t size, const char *golden)
{
    static const struct stet_writer_ops ops = {head_write, head_close};
    static char zeros[1 << 20];
    const struct sample root = DIRECTORY("", 0755, T);
    const struct sample file = FILE_OF("file", 0644, size, 0);
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer want;
    struct stet_writer out;
    char *path = source_path(golden);
    assert_true(slurp(path, &want));
    struct head head = {STET_BUFFER_INIT, want.len};
    stet_writer_init(&out, &ops, &head);
    struct stet_tar_writer *w = stet_tar_writer_new(&out, &err);
    assert_non_null(w);
    write_sample(w, &root);
    assert_int_equal(stet_tar_writer_entry(w, &file.e, &err), 0);
    for (uint64_t left = size; left > 0;) {
        size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
        assert_int_equal(stet_tar_writer_data(w, zeros, n, &err), 0);
        left -= n;
    }
    assert_int_equal(stet_tar_writer_finish(w, &err), 0);
    stet_tar_writer_free(w);
    stet_writer_close(&out, &err);
    assert_same_bytes(&head.bytes, want.data, want.len, golden);
    assert_int_equal(out.written, want.len + (size + 511) / 512 * 512 + 1024);
    stet_buffer_release(&head.bytes);
    stet_buffer_release(&want);
    free(path);
}

static void test_big(void **state)
{
    (void)state;
    check_big(UINT64_C(077777777777), "tests/data/tar/golden/big-fits.head");
    check_big(UINT64_C(0100000000000), "tests/data/tar/golden/big.head");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_hand),    cmocka_unit_test(test_empty),
        cmocka_unit_test(test_big),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
