/* Compressed contents: what is inside, and how it was compressed. Argument: tests/data/diff. */
#include <zlib.h>

#include "lib/diff/compressed.h"
#include "lib/diff/spool.h"
#include "tests/unit/diff/content_fixture.h"

static const char *data;
static struct comparing c;

static void assert_compression(const char *format, const char *a, const char *b)
{
    assert_finding(&c, 0, "f", format, "compression", a, b);
    assert_cause(&c, 0, STET_CAUSE_COMPRESSOR);
    assert_int_equal(c.result.findings[0].sure, STET_DIFF_CERTAIN);
    comparing_release(&c);
}

static void gzip_parameters(void **state)
{
    (void)state;
    compare_data(&c, data, "gzip-level", 1);
    assert_compression(
        "gzip",
        "gzip: XFL 4 (fastest), OS 3 (Unix), 1 block (1 dynamic, 0 fixed, 0 stored), "
        "40000 bytes in each on average",
        "gzip: XFL 2 (best), OS 3 (Unix), 2 blocks (2 dynamic, 0 fixed, 0 stored), "
        "20000 bytes in each on average");
    compare_data(&c, data, "gzip-flushes", 1);
    assert_compression("gzip",
                       "gzip: XFL 0, OS 3 (Unix), 1 block (1 dynamic, 0 fixed, 0 stored), "
                       "310559 bytes in each on average",
                       "gzip: XFL 0, OS 3 (Unix), 3 blocks (3 dynamic, 0 fixed, 0 stored), 103519 "
                       "bytes in each on average, flushes at multiples of 131072 bytes (as pigz "
                       "does)");
}

static void gzip_header(void **state)
{
    (void)state;
    compare_data(&c, data, "gzip-header", 2);
    assert_finding(&c, 0, "f", "gzip", "header field mtime", "2026-11-20T10:12:13Z",
                   "2026-11-21T17:48:39Z");
    assert_cause(&c, 0, STET_CAUSE_BUILD_TIME);
    assert_int_equal(c.result.findings[0].sure, STET_DIFF_CERTAIN);
    assert_finding(&c, 1, "f", "gzip", "header field name", "one.txt", "two.txt");
    comparing_release(&c);
}

static void other_formats(void **state)
{
    (void)state;
    compare_data(&c, data, "xz-blocks", 1);
    assert_compression(
        "xz", "xz: check CRC64, LZMA2 dictionary 8 MiB, no sizes in block headers, 1 block",
        "xz: check CRC32, LZMA2 dictionary 8 MiB, sizes in block headers, 4 blocks of up to 100 "
        "KiB");
    compare_data(&c, data, "zstd-frame", 1);
    assert_compression("zstd",
                       "zstd: 1 frame, single segment, checksum, content size 40000, blocks: 1 "
                       "compressed, 0 raw, 0 RLE",
                       "zstd: 1 frame, window 2 MiB, no checksum, no content size, blocks: 1 "
                       "compressed, 0 raw, 0 RLE");
    compare_data(&c, data, "bzip2-level", 1);
    assert_compression("bzip2", "bzip2: blocks of up to 100 kB, 5097 bytes compressed",
                       "bzip2: blocks of up to 900 kB, 5097 bytes compressed");
    compare_data(&c, data, "compressed-format", 1);
    assert_compression("gzip",
                       "gzip: XFL 0, OS 3 (Unix), 1 block (1 dynamic, 0 fixed, 0 stored), 40000 "
                       "bytes in each on average",
                       "xz: check CRC64, LZMA2 dictionary 8 MiB, no sizes in block headers, 1 "
                       "block");
}

static void contents_are_compared(void **state)
{
    (void)state;
    compare_data(&c, data, "gzip-content", 1);
    assert_finding(&c, 0, "f!(content)", "text", "line 5", "5", "five");
    comparing_release(&c);
}

/* ---- made here ---- */

/* One member; level 0 stores. */
static void compress_to(struct stet_buffer *out, const void *content, size_t len, int level)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, len);
    unsigned char *made = malloc(room);
    assert_non_null(made);
    z.next_in = (Bytef *)(uintptr_t)content;
    z.avail_in = (uInt)len;
    z.next_out = made;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    stet_buffer_add(out, made, room - z.avail_out);
    deflateEnd(&z);
    free(made);
}

static void compare_buffers(const struct stet_buffer *a, const struct stet_buffer *b)
{
    comparing_run(&c, compare_any, "f", a->data, a->len, b->data, b->len);
    assert_int_equal(c.status, 1);
}

static void damage_is_compared_as_bytes(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    compress_to(&a, "some content", 12, 9);
    stet_buffer_add(&b, a.data, a.len);
    b.data[b.len - 8] ^= 1; /* the checksum */
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].format, "bytes");
    comparing_release(&c);
    compare_buffers(&b, &a);
    assert_string_equal(c.result.findings[0].format, "bytes");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void members_are_counted(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    compress_to(&a, "onetwo", 6, 0);
    compress_to(&b, "one", 3, 0);
    compress_to(&b, "two", 3, 0);
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 1);
    assert_non_null(strstr(c.result.findings[0].b, "2 members, 2 blocks (0 dynamic, 0 fixed, 2 "
                                                   "stored)"));
    assert_null(strstr(c.result.findings[0].a, "members"));
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void beside_what_is_not_compressed(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    compress_to(&a, "the same", 8, 9);
    stet_buffer_add_str(&b, "the same");
    compare_buffers(&a, &b);
    assert_string_equal(c.result.findings[0].what, "compression");
    assert_string_equal(c.result.findings[0].b, "not compressed");
    assert_cause(&c, 0, STET_CAUSE_COMPRESSOR);
    comparing_release(&c);
    stet_buffer_add_str(&b, "!");
    compare_buffers(&a, &b);
    assert_string_equal(c.result.findings[0].format, "bytes");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void bombs_end_with_a_finding(void **state)
{
    (void)state;
    enum { LENGTH = 40 << 20 };
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    char *content = calloc(1, LENGTH);
    assert_non_null(content);
    compress_to(&a, content, LENGTH, 9);
    content[LENGTH - 1] = 1;
    compress_to(&b, content, LENGTH, 9);
    free(content);
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(
        c.result.findings[0].what,
        "budget of bytes: it differs, and what is compressed in it is too long to be opened");
    assert_true(c.result.cut_short);
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void nesting_ends_with_a_finding(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    stet_buffer_add_str(&a, "a");
    stet_buffer_add_str(&b, "b");
    for (int i = 0; i < 40; i++) {
        struct stet_buffer *sides[] = {&a, &b};
        for (int k = 0; k < 2; k++) {
            struct stet_buffer out = STET_BUFFER_INIT;
            compress_to(&out, sides[k]->data, sides[k]->len, 9);
            stet_buffer_release(sides[k]);
            *sides[k] = out;
        }
    }
    compare_buffers(&a, &b);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].what,
                        "budget of depth: it differs, and is nested too deep to be opened");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void descriptions(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, out = STET_BUFFER_INIT;
    struct diff_bytes none = {NULL, 0};
    assert_int_equal(stet_diff_compression_describe(&none, &out, NULL), 0);
    compress_to(&a, "abc", 3, 9);
    for (size_t len = 0; len < a.len; len++) {
        struct diff_bytes cut = {(unsigned char *)a.data, len};
        assert_int_equal(stet_diff_compression_describe(&cut, &out, NULL), 0);
        assert_int_equal(out.len, 0);
    }
    struct diff_bytes whole = {(unsigned char *)a.data, a.len};
    assert_int_equal(stet_diff_compression_describe(&whole, &out, NULL), 1);
    assert_string_equal(out.data, "gzip: XFL 2 (best), OS 3 (Unix), 1 block (0 dynamic, 1 fixed, 0 "
                                  "stored), 3 bytes in each on average");
    stet_buffer_release(&a);
    stet_buffer_release(&out);
}

static void spools(void **state)
{
    (void)state;
    struct diff_pair p;
    comparing_run(&c, compare_any, "f", "a", 1, "b", 1);
    p.diff = &c.diff;
    c.diff.temporary = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(c.diff.temporary >= 0);
    struct diff_spool s;
    struct diff_bytes out;
    stet_diff_spool_init(&s, p.diff);
    assert_int_equal(stet_diff_spool_bytes(&s, &out, NULL), 0);
    assert_int_equal(out.len, 0);
    char piece[100000];
    for (unsigned i = 0; i < 100; i++) {
        memset(piece, (int)i, sizeof piece);
        assert_int_equal(stet_diff_spool_add(&s, piece, sizeof piece, NULL), 0);
    }
    assert_true(s.fd >= 0);
    assert_int_equal(stet_diff_spool_bytes(&s, &out, NULL), 0);
    assert_int_equal(out.len, 100 * sizeof piece);
    for (size_t i = 0; i < out.len; i++)
        assert_true(out.data[i] == i / sizeof piece);
    stet_diff_spool_release(&s);
    close(c.diff.temporary);
    comparing_release(&c);
}

int main(int argc, char **argv)
{
    data = argc > 1 ? argv[1] : "tests/data/diff";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_parameters),
        cmocka_unit_test(gzip_header),
        cmocka_unit_test(other_formats),
        cmocka_unit_test(contents_are_compared),
        cmocka_unit_test(damage_is_compared_as_bytes),
        cmocka_unit_test(members_are_counted),
        cmocka_unit_test(beside_what_is_not_compressed),
        cmocka_unit_test(bombs_end_with_a_finding),
        cmocka_unit_test(nesting_ends_with_a_finding),
        cmocka_unit_test(descriptions),
        cmocka_unit_test(spools),
    };
    return cmocka_run_group_tests_name("diff/compressed", tests, NULL, NULL);
}
