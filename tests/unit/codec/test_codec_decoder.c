/*
 * The decoders: every kind is recognised and read through members, and whatever is
 * damaged, cut, padded or too large is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/codec/codec.h"

/* printf 'hello\n' | gzip -n9, written by GNU gzip 1.12. */
static const unsigned char hello_gz[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                         0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 0x02, 0x00,
                                         0x20, 0x30, 0x3a, 0x36, 0x06, 0x00, 0x00, 0x00};

/* A stream that gives at most step bytes a read. */
struct trickle {
    struct stet_reader base;
    const unsigned char *p;
    size_t left, step;
};

static ssize_t trickle_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct trickle *t = ctx;
    size_t n = t->step < t->left ? t->step : t->left;

    (void)err;
    n = n < len ? n : len;
    memcpy(data, t->p, n);
    t->p += n;
    t->left -= n;
    return (ssize_t)n;
}

static const struct stet_reader_ops trickle_ops = {trickle_read, NULL};

struct reading {
    size_t in_step, out_step;
    uint64_t max;
};
static const struct reading plain = {SIZE_MAX, 65536, UINT64_MAX};

/* Decodes p into out. The result of the last read: 0 at a clean end. */
static int decode(const void *p, size_t len, struct reading how, struct stet_buffer *out,
                  enum stet_codec_kind *kind, struct stet_error *err)
{
    struct trickle t = {.p = p, .left = len, .step = how.in_step};
    unsigned char *piece = malloc(how.out_step);
    ssize_t n;

    assert_non_null(piece);
    stet_reader_init(&t.base, &trickle_ops, &t);
    struct stet_reader *r = stet_codec_decoder_new(&t.base, "x.deb", how.max, kind, err);
    assert_non_null(r);
    while ((n = stet_reader_read(r, piece, how.out_step, err)) > 0)
        stet_buffer_add(out, piece, (size_t)n);
    if (n == 0)
        assert_int_equal(stet_reader_read(r, piece, how.out_step, err), 0);
    stet_codec_decoder_free(r);
    free(piece);
    return (int)n;
}

static void assert_refused(const void *p, size_t len, uint64_t max, const char *why)
{
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct reading how = plain;

    how.max = max;
    assert_int_equal(decode(p, len, how, &out, NULL, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_int_equal(strncmp(err.text, "x.deb: ", 7), 0);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    stet_buffer_release(&out);
}

static void assert_decodes(const struct stet_buffer *in, struct reading how, const void *want,
                           size_t len, enum stet_codec_kind want_kind)
{
    struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    enum stet_codec_kind kind;

    int rc = decode(in->data, in->len, how, &out, &kind, &err);
    if (rc != 0)
        fail_msg("%s", err.text);
    assert_int_equal(kind, want_kind);
    assert_int_equal(out.len, len);
    if (len > 0)
        assert_memory_equal(out.data, want, len);
    stet_buffer_release(&out);
}

/* ---- samples ---- */

enum { SAMPLE = 300000 };

static unsigned char *make_sample(void)
{
    unsigned char *p = malloc(SAMPLE);
    uint32_t x = 7;

    assert_non_null(p);
    for (size_t i = 0; i < SAMPLE; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = i % 7 ? (unsigned char)('a' + i % 13) : (unsigned char)(x >> 24);
    }
    return p;
}

static void add_gzip(struct stet_buffer *b, const void *p, size_t len)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
    stet_buffer_reserve(b, deflateBound(&z, len));
    z.next_in = (unsigned char *)p;
    z.avail_in = (uInt)len;
    z.next_out = (unsigned char *)b->data + b->len;
    z.avail_out = (uInt)deflateBound(&z, len);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b->len += z.total_out;
    deflateEnd(&z);
}

static void add_xz(struct stet_buffer *b, const void *p, size_t len, uint32_t dict)
{
    lzma_options_lzma options;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t room = lzma_stream_buffer_bound(len), used = 0;

    assert_false(lzma_lzma_preset(&options, 0));
    options.dict_size = dict;
    stet_buffer_reserve(b, room);
    lzma_stream z = LZMA_STREAM_INIT;
    assert_int_equal(lzma_stream_encoder(&z, filters, LZMA_CHECK_CRC64), LZMA_OK);
    z.next_in = p;
    z.avail_in = len;
    z.next_out = (unsigned char *)b->data + b->len;
    z.avail_out = room;
    assert_int_equal(lzma_code(&z, LZMA_FINISH), LZMA_STREAM_END);
    used = room - z.avail_out;
    lzma_end(&z);
    b->len += used;
}

static void add_zstd(struct stet_buffer *b, const void *p, size_t len, int window_log)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(len) + 64;
    ZSTD_inBuffer in = {p, len, 0};

    assert_non_null(z);
    stet_buffer_reserve(b, room);
    ZSTD_outBuffer out = {b->data + b->len, room, 0};
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    if (window_log)
        ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log);
    /* In two steps, so that the size is not known in front and the window stays as set. */
    assert_false(ZSTD_isError(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush)));
    assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
    b->len += out.pos;
    ZSTD_freeCCtx(z);
}

typedef void add_fn(struct stet_buffer *b, const void *p, size_t len);

static void add_xz_small(struct stet_buffer *b, const void *p, size_t len)
{
    add_xz(b, p, len, 1 << 20);
}

static void add_zstd_small(struct stet_buffer *b, const void *p, size_t len)
{
    add_zstd(b, p, len, 0);
}

static const struct {
    enum stet_codec_kind kind;
    add_fn *add;
    const char *name;
} kinds[] = {
    {STET_CODEC_GZIP, add_gzip, "gzip"},
    {STET_CODEC_XZ, add_xz_small, "xz"},
    {STET_CODEC_ZSTD, add_zstd_small, "zstd"},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* ---- tests ---- */

static void test_gzip_of_gnu_gzip(void **state)
{
    struct stet_buffer in = STET_BUFFER_INIT;

    (void)state;
    stet_buffer_add(&in, hello_gz, sizeof(hello_gz));
    assert_decodes(&in, plain, "hello\n", 6, STET_CODEC_GZIP);
    stet_buffer_release(&in);
}

static void test_every_kind_in_every_step(void **state)
{
    static const size_t steps[] = {1, 2, 3, 511, 65536, SIZE_MAX};
    unsigned char *p = make_sample();

    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct stet_buffer in = STET_BUFFER_INIT;
        kinds[k].add(&in, p, SAMPLE);
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            struct reading how = {steps[i], 65536, SAMPLE};
            assert_decodes(&in, how, p, SAMPLE, kinds[k].kind);
            how = (struct reading){65536, steps[i] == SIZE_MAX ? 1 << 20 : steps[i], SAMPLE};
            assert_decodes(&in, how, p, SAMPLE, kinds[k].kind);
        }
        assert_string_equal(stet_codec_kind_name(kinds[k].kind), kinds[k].name);
        stet_buffer_release(&in);
    }
    free(p);
}

static void test_members_are_read_on(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct stet_buffer in = STET_BUFFER_INIT;
        kinds[k].add(&in, "one ", 4);
        kinds[k].add(&in, "", 0);
        kinds[k].add(&in, "two", 3);
        struct reading how = {1, 1, 7};
        assert_decodes(&in, how, "one two", 7, kinds[k].kind);
        assert_decodes(&in, plain, "one two", 7, kinds[k].kind);
        stet_buffer_release(&in);
    }
}

static void test_empty_members_are_bounded(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct stet_buffer in = STET_BUFFER_INIT;
        if (kinds[k].kind == STET_CODEC_XZ)
            continue; /* liblzma reads streams on by itself, in time linear to the input */
        for (int i = 0; i < 1024; i++)
            kinds[k].add(&in, "", 0);
        assert_decodes(&in, plain, "", 0, kinds[k].kind);
        kinds[k].add(&in, "", 0);
        assert_refused(in.data, in.len, 100, "empty");
        stet_buffer_release(&in);
    }
}

static void test_trailing_garbage_is_refused(void **state)
{
    static const char *const tails[] = {"x", "\n", "garbage after the end"};

    (void)state;
    for (int k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
            struct stet_buffer in = STET_BUFFER_INIT;
            kinds[k].add(&in, "content", 7);
            stet_buffer_add_str(&in, tails[i]);
            assert_refused(in.data, in.len, 100, "");
            stet_buffer_release(&in);
        }
    }
    unsigned char zeros[sizeof(hello_gz) + 512] = {0};
    memcpy(zeros, hello_gz, sizeof(hello_gz));
    assert_refused(zeros, sizeof(zeros), 100, "trailing garbage");
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        struct stet_buffer in = STET_BUFFER_INIT;
        kinds[k].add(&in, "some content to be cut", 22);
        for (size_t len = kinds[k].kind == STET_CODEC_XZ ? 6 : 4; len < in.len; len++)
            assert_refused(in.data, len, 100, "");
        stet_buffer_release(&in);
    }
}

static void test_a_wrong_checksum_is_refused(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        /* Random bytes are stored, so the change keeps the structure and only the check sees it. */
        struct stet_buffer in = STET_BUFFER_INIT;
        unsigned char noise[256];
        uint32_t x = 99;
        for (size_t i = 0; i < sizeof(noise); i++) {
            x = x * 1664525 + 1013904223;
            noise[i] = (unsigned char)(x >> 24);
        }
        kinds[k].add(&in, noise, sizeof(noise));
        in.data[100] ^= 0x10;
        assert_refused(in.data, in.len, 1000, "");
        stet_buffer_release(&in);
    }
}

static void test_the_budget_is_kept(void **state)
{
    unsigned char *zeros = calloc(1, 1 << 20);

    (void)state;
    assert_non_null(zeros);
    for (int k = 0; k < KINDS; k++) {
        struct stet_buffer in = STET_BUFFER_INIT;
        struct reading how = {SIZE_MAX, 4096, 1 << 20};
        kinds[k].add(&in, zeros, 1 << 20);
        assert_decodes(&in, how, zeros, 1 << 20, kinds[k].kind);
        assert_refused(in.data, in.len, (1 << 20) - 1, "more than 1048575 bytes");
        assert_refused(in.data, in.len, 0, "more than 0 bytes");
        stet_buffer_release(&in);
    }
    assert_refused("plain", 5, 4, "more than 4 bytes");
    free(zeros);
}

static void test_what_is_not_compressed_passes(void **state)
{
    static const char *const texts[] = {"", "a", "\x1f", "\xfd\x37zX", "(\xb5/", "plain text"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct stet_buffer in = STET_BUFFER_INIT;
        struct reading how = {1, 3, 100};
        stet_buffer_add_str(&in, texts[i]);
        assert_decodes(&in, how, texts[i], strlen(texts[i]), STET_CODEC_NONE);
        assert_decodes(&in, plain, texts[i], strlen(texts[i]), STET_CODEC_NONE);
        stet_buffer_release(&in);
    }
    assert_string_equal(stet_codec_kind_name(STET_CODEC_NONE), "none");
}

static void test_a_skippable_frame_may_come_first(void **state)
{
    struct stet_buffer in = STET_BUFFER_INIT;

    (void)state;
    stet_buffer_add(&in, "\x50\x2a\x4d\x18\x04\0\0\0skip", 12);
    add_zstd(&in, "content", 7, 0);
    assert_decodes(&in, plain, "content", 7, STET_CODEC_ZSTD);
    stet_buffer_release(&in);
}

static void test_zstd_windows_are_limited(void **state)
{
    struct stet_buffer in = STET_BUFFER_INIT;

    (void)state;
    /* RFC 8878, 3.1.1.1.2: a window descriptor's exponent of 17 is 2^27, of 18 is 2^28. */
    stet_buffer_add(&in, "\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00", 9);
    assert_decodes(&in, plain, "", 0, STET_CODEC_ZSTD);
    in.data[5] = (char)0x90;
    assert_refused(in.data, in.len, 100, "window");
    stet_buffer_release(&in);
}

static void test_xz_memory_is_limited(void **state)
{
    struct stet_buffer in = STET_BUFFER_INIT;

    (void)state;
    add_xz(&in, "content", 7, 4096);
    /* The block header (.xz 1.1.0, section 3.1): size, flags, filter 0x21, size 1, dictionary. */
    assert_int_equal((unsigned char)in.data[14], 0x21);
    in.data[16] = 33; /* 384 MiB */
    uint32_t crc = lzma_crc32((unsigned char *)in.data + 12, 8, 0);
    for (int i = 0; i < 4; i++)
        in.data[20 + i] = (char)(crc >> (8 * i));
    assert_refused(in.data, in.len, 100, "160 MiB");
    stet_buffer_release(&in);
}

static void test_xz_padding_is_part_of_the_format(void **state)
{
    struct stet_buffer in = STET_BUFFER_INIT;

    (void)state;
    add_xz(&in, "con", 3, 4096);
    stet_buffer_add(&in, "\0\0\0\0", 4);
    add_xz(&in, "tent", 4, 4096);
    assert_decodes(&in, plain, "content", 7, STET_CODEC_XZ);
    stet_buffer_add(&in, "\0\0\0", 3);
    assert_refused(in.data, in.len, 100, "");
    stet_buffer_release(&in);
}

static void test_a_failure_below_is_passed_on(void **state)
{
    struct trickle t = {.p = hello_gz, .left = sizeof(hello_gz), .step = 10};
    struct stet_error err = STET_ERROR_INIT;
    char piece[16];

    (void)state;
    stet_reader_init(&t.base, &trickle_ops, &t);
    struct stet_reader *r = stet_codec_decoder_new(&t.base, "x", 100, NULL, &err);
    assert_non_null(r);
    stet_error_set(&t.base.error, STET_ERROR_ENVIRONMENT, 0, "the network is gone");
    assert_int_equal(stet_reader_read(r, piece, sizeof(piece), &err), -1);
    assert_string_equal(err.text, "the network is gone");
    stet_codec_decoder_free(r);
    assert_null(stet_codec_decoder_new(&t.base, "x", 100, NULL, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gzip_of_gnu_gzip),
        cmocka_unit_test(test_every_kind_in_every_step),
        cmocka_unit_test(test_members_are_read_on),
        cmocka_unit_test(test_empty_members_are_bounded),
        cmocka_unit_test(test_trailing_garbage_is_refused),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_a_wrong_checksum_is_refused),
        cmocka_unit_test(test_the_budget_is_kept),
        cmocka_unit_test(test_what_is_not_compressed_passes),
        cmocka_unit_test(test_a_skippable_frame_may_come_first),
        cmocka_unit_test(test_zstd_windows_are_limited),
        cmocka_unit_test(test_xz_memory_is_limited),
        cmocka_unit_test(test_xz_padding_is_part_of_the_format),
        cmocka_unit_test(test_a_failure_below_is_passed_on),
    };

    return cmocka_run_group_tests_name("codec/decoder", tests, NULL, NULL);
}
