/*
 * Contents made to take more than they are: each ends within the budget, with a finding that says so.
 */
#include <zlib.h>

#include "tests/unit/diff/image_fixture.h"

#include "tests/unit/diff/content_fixture.h"

static struct comparing c;

static void run(const struct stet_buffer *a, const struct stet_buffer *b)
{
    comparing_run(&c, compare_any, "f", a->data, a->len, b->data, b->len);
    assert_int_equal(c.status, 1);
    assert_true(c.result.count > 0);
}

static void need_limit(size_t i, const char *what)
{
    assert_true(i < c.result.count);
    if (strcmp(c.result.findings[i].what, what) != 0)
        comparing_print(&c, stderr);
    assert_string_equal(c.result.findings[i].what, what);
    assert_true(c.result.cut_short);
}

static const char too_deep[] = "budget of depth: it differs, and is nested too deep to be opened";

/* ---- a file that is in itself ---- */

/* Unpacks to itself; the two times differ, and with them the checksum that each holds of itself. */
static void make_quine(struct stet_buffer *out, bool second)
{
    static const unsigned char quine[] = {
        0x1f, 0x8b, 0x08, 0x08, 0x01, 0x00, 0x00, 0x00, 0x00, 0xff, 0x72, 0x00, 0x00, 0x11, 0x00,
        0xee, 0xff, 0x1f, 0x8b, 0x08, 0x08, 0x01, 0x00, 0x00, 0x00, 0x00, 0xff, 0x72, 0x00, 0x00,
        0x11, 0x00, 0xee, 0xff, 0x82, 0x0a, 0x20, 0x04, 0x00, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x82,
        0x0a, 0x20, 0x04, 0x00, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x00,
        0x14, 0x00, 0xeb, 0xff, 0x82, 0x0a, 0x20, 0x04, 0x00, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x00,
        0x05, 0x00, 0xfa, 0xff, 0x00, 0x14, 0x00, 0xeb, 0xff, 0x42, 0x88, 0x21, 0xc4, 0x00, 0x00,
        0x14, 0x00, 0xeb, 0xff, 0x42, 0x88, 0x21, 0xc4, 0x00, 0x00, 0x14, 0x00, 0xeb, 0xff, 0x42,
        0x88, 0x21, 0xc4, 0x00, 0x00, 0x14, 0x00, 0xeb, 0xff, 0x42, 0x88, 0x21, 0xc4, 0x00, 0x00,
        0x14, 0x00, 0xeb, 0xff, 0x42, 0x88, 0x21, 0xc4, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00,
        0x00, 0x00, 0xff, 0xff, 0x00, 0x12, 0x00, 0xed, 0xff, 0x42, 0x88, 0x21, 0xc4, 0x00, 0x00,
        0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00, 0x12, 0x00, 0xed, 0xff, 0x82,
        0x89, 0x20, 0x44, 0x00, 0x01, 0x00, 0x00, 0xff, 0xff, 0x78, 0x13, 0xac, 0x52, 0xc8, 0x00,
        0x00, 0x00, 0x82, 0x89, 0x20, 0x44, 0x00, 0x01, 0x00, 0x00, 0xff, 0xff, 0x78, 0x13, 0xac,
        0x52, 0xc8, 0x00, 0x00, 0x00,
    };
    static const unsigned char other[] = {0x9f, 0xcf, 0x48, 0x9c};

    stet_buffer_add(out, quine, sizeof quine);
    if (!second)
        return;
    out->data[4] = out->data[21] = 2;
    memcpy(out->data + 174, other, sizeof other);
    memcpy(out->data + 192, other, sizeof other);
}

static void a_gzip_quine_ends(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    make_quine(&a, false);
    make_quine(&b, true);
    run(&a, &b);
    /* Its time at each of the levels, then the limit. */
    assert_int_equal(c.result.count, 18);
    for (size_t i = 0; i < 17; i++)
        assert_string_equal(c.result.findings[i].what, "header field mtime");
    need_limit(17, too_deep);
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

/* ---- thousands of levels ---- */

enum { DEPTH = 10000, DEPTH_TAR = 3000 /* the budget of bytes comes first otherwise */ };

static void json_ends(void **state)
{
    (void)state;
    struct stet_buffer sides[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT};
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < DEPTH; i++)
            stet_buffer_add_char(&sides[k], '[');
        stet_buffer_add_char(&sides[k], k ? '2' : '1');
        for (int i = 0; i < DEPTH; i++)
            stet_buffer_add_char(&sides[k], ']');
    }
    run(&sides[0], &sides[1]);
    assert_int_equal(c.result.count, 2);
    need_limit(0, "budget of depth: it is nested too deep to be read as JSON");
    assert_string_equal(c.result.findings[0].a, "10000 levels");
    assert_string_equal(c.result.findings[1].format, "text");
    comparing_release(&c);
    stet_buffer_release(&sides[0]);
    stet_buffer_release(&sides[1]);
}

/* Brackets in a text are no reason to speak of JSON. */
static void brackets_are_no_json(void **state)
{
    (void)state;
    struct stet_buffer sides[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT};
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 100; i++)
            stet_buffer_add_char(&sides[k], '[');
        stet_buffer_add_str(&sides[k], k ? "b\n" : "a\n");
    }
    run(&sides[0], &sides[1]);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].format, "text");
    assert_false(c.result.cut_short);
    comparing_release(&c);
    stet_buffer_release(&sides[0]);
    stet_buffer_release(&sides[1]);
}

static void tar_header(unsigned char h[512], size_t size)
{
    unsigned sum = 0;
    char text[16];

    memset(h, 0, 512);
    memcpy(h, "t", 1);
    memcpy(h + 100, "0000644\0000000000\0000000000", 23);
    snprintf(text, sizeof text, "%011zo", size);
    memcpy(h + 124, text, 11);
    memcpy(h + 136, "00000000000\000        0", 21);
    memcpy(h + 257, "ustar\00000", 8);
    for (size_t i = 0; i < 512; i++)
        sum += h[i];
    snprintf(text, sizeof text, "%06o", sum);
    memcpy(h + 148, text, 7);
}

static void tars_end(void **state)
{
    (void)state;
    struct stet_buffer sides[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT};
    unsigned char h[512];
    for (int k = 0; k < 2; k++) {
        for (size_t i = DEPTH_TAR; i-- > 0;) {
            tar_header(h, (i + 1) * 512);
            stet_buffer_add(&sides[k], h, sizeof h);
        }
        memset(h, k, sizeof h);
        stet_buffer_add(&sides[k], h, sizeof h);
    }
    run(&sides[0], &sides[1]);
    need_limit(c.result.count - 1, too_deep);
    comparing_release(&c);
    stet_buffer_release(&sides[0]);
    stet_buffer_release(&sides[1]);
}

/* ---- memory ---- */

/* Two frames of zstd that say this of their window, and hold one byte. */
static void compare_windows(unsigned log)
{
    struct stet_buffer sides[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT};
    for (int k = 0; k < 2; k++) {
        const unsigned char head[] = {
            0x28, 0xb5, 0x2f, 0xfd, 0, (unsigned char)((log - 10) << 3), 1 | 1 << 3, 0, 0};
        stet_buffer_add(&sides[k], head, sizeof head);
        stet_buffer_add_char(&sides[k], k ? 'b' : 'a');
    }
    run(&sides[0], &sides[1]);
    stet_buffer_release(&sides[0]);
    stet_buffer_release(&sides[1]);
}

static void large_windows_end(void **state)
{
    (void)state;
    static const char text[] =
        "budget of memory: it differs, and takes too much of it to be opened";
    compare_windows(31);
    assert_int_equal(c.result.count, 1);
    need_limit(0, text);
    comparing_release(&c);
    compare_windows(20);
    assert_string_equal(c.result.findings[0].path, "f!(content)");
    assert_false(c.result.cut_short);
    comparing_release(&c);
}

/* A dictionary of 1.5 GiB in a header of xz whose checksum holds. */
static void large_dictionaries_end(void **state)
{
    (void)state;
    struct stet_buffer sides[2] = {STET_BUFFER_INIT, STET_BUFFER_INIT};
    for (int k = 0; k < 2; k++) {
        unsigned char block[12] = {2, 0, 0x21, 1, 37};
        uint32_t sum = (uint32_t)crc32(0, block, 8);
        for (unsigned i = 0; i < 4; i++)
            block[8 + i] = (unsigned char)(sum >> (8 * i));
        stet_buffer_add(&sides[k],
                        "\xfd"
                        "7zXZ\0\0\0\xff\x12\xd9\x41",
                        12);
        stet_buffer_add(&sides[k], block, sizeof block);
        stet_buffer_add_char(&sides[k], k ? 'b' : 'a');
    }
    run(&sides[0], &sides[1]);
    need_limit(0, "budget of memory: it differs, and takes too much of it to be opened");
    comparing_release(&c);
    stet_buffer_release(&sides[0]);
    stet_buffer_release(&sides[1]);
}

/* ---- the budget of bytes ---- */

/* What a content adds to the budget is in proportion to it. */
static void contents_bring_their_budget(void **state)
{
    (void)state;
    memset(&c, 0, sizeof c);
    stet_diff_result_init(&c.result);
    c.diff.options = &c.options;
    c.diff.result = &c.result;
    c.diff.bytes_left = 10;
    c.diff.bytes_later = 100;
    c.diff.temporary = -1;
    struct diff_pair p = {.diff = &c.diff,
                          .path = "f",
                          .file = "f",
                          .a = {(const unsigned char *)"a", 1},
                          .b = {(const unsigned char *)"b", 1}};
    assert_int_equal(stet_diff_content(&p, &c.err), 0);
    assert_int_equal(c.diff.bytes_left, 10 + 2 * DIFF_BUDGET_RATIO);
    assert_int_equal(c.diff.bytes_later, 100 - 2 * DIFF_BUDGET_RATIO);
    p.a = (struct diff_bytes){(const unsigned char *)"aaaaaaaa", 8};
    assert_int_equal(stet_diff_content(&p, &c.err), 0);
    assert_int_equal(c.diff.bytes_left, 110);
    assert_int_equal(c.diff.bytes_later, 0);
    comparing_release(&c);
}

/* ---- one path many times ---- */

static void duplicates_are_one_finding(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    char dir[] = "/tmp/stet-diff-bombs-XXXXXX";
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct stet_diff_options options = {0};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    unsigned char h[512];
    char pa[64], pb[64];

    assert_non_null(mkdtemp(dir));
    snprintf(pa, sizeof pa, "%s/a.tar", dir);
    snprintf(pb, sizeof pb, "%s/b.tar", dir);
    tar_header(h, 0);
    stet_buffer_add(&a, h, sizeof h);
    for (int i = 0; i <= MANY; i++)
        stet_buffer_add(&b, h, sizeof h);
    memset(h, 0, sizeof h);
    for (int i = 0; i < 2; i++) {
        stet_buffer_add(&a, h, sizeof h);
        stet_buffer_add(&b, h, sizeof h);
    }
    write_file(dir, "a.tar", a.data, a.len);
    write_file(dir, "b.tar", b.data, b.len);
    assert_int_equal(stet_diff(pa, pb, &options, &result, &err), 0);
    assert_int_equal(result.count, 1);
    const struct stet_finding *f = &result.findings[0];
    assert_string_equal(f->what, "more entries of this path");
    assert_string_equal(f->path, "t");
    assert_null(f->a);
    assert_string_equal(f->b, "5000");
    assert_int_equal(f->cause, STET_CAUSE_MISSING);
    assert_non_null(strstr(f->detail, "+file, mode 0644, 0 bytes\n"));
    assert_non_null(strstr(f->detail, "@and 4980 more\n"));
    assert_int_equal(result.entries, MANY + 1);
    stet_diff_result_release(&result);
    unlink(pa);
    unlink(pb);
    rmdir(dir);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gzip_quine_ends),           cmocka_unit_test(json_ends),
        cmocka_unit_test(brackets_are_no_json),        cmocka_unit_test(tars_end),
        cmocka_unit_test(large_windows_end),           cmocka_unit_test(large_dictionaries_end),
        cmocka_unit_test(contents_bring_their_budget), cmocka_unit_test(duplicates_are_one_finding),
    };
    return cmocka_run_group_tests_name("diff/bombs", tests, NULL, NULL);
}
