#include "lib/digest/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <string.h>

/* FIPS 180-4's examples; the last is a million times 'a'. Checked with sha256sum and md5sum. */
static const struct {
    const char *text;
    const char *sha256, *md5;
} known[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "d41d8cd98f00b204e9800998ecf8427e"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "900150983cd24fb0d6963f7d28e17f72"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "8215ef0796a20bcaaae116d3876c664a"},
};
static const char million[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
static const char million_md5[] = "7707d6ae4e027c70eea2a935c2296f21";

static int temp_file(const void *data, size_t len)
{
    char path[] = "/tmp/stet-test-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write(fd, data, len), len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void assert_hex(const struct stet_digest *d, const char *wanted)
{
    char hex[STET_DIGEST_HEX_SIZE];

    stet_digest_hex(d, hex);
    assert_string_equal(hex, wanted);
}

static void hashes_known_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        struct stet_digest d;
        char md5[33];

        assert_int_equal(stet_digest_of(known[i].text, strlen(known[i].text), &d, &err), 0);
        assert_hex(&d, known[i].sha256);
        assert_int_equal(stet_digest_md5_hex(known[i].text, strlen(known[i].text), md5, &err), 0);
        assert_string_equal(md5, known[i].md5);
    }
}

static void hashes_in_pieces(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_digest_state s;
    struct stet_digest d;
    char block[1000];

    (void)state;
    memset(block, 'a', sizeof(block));
    assert_int_equal(stet_digest_begin(&s, &err), 0);
    for (size_t left = 1000000, n = 1; left > 0; left -= n) {
        n = n * 7 % 997 + 1;
        n = n < left ? n : left;
        assert_int_equal(stet_digest_update(&s, block, n, &err), 0);
    }
    assert_int_equal(stet_digest_update(&s, "", 0, &err), 0);
    assert_int_equal(stet_digest_finish(&s, &d, &err), 0);
    assert_hex(&d, million);
    assert_null(s.md);
    stet_digest_release(&s);
}

static void hashes_a_file_from_its_offset(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_digest d;
    uint64_t size = 0;
    char md5[33];
    char *data = malloc(1000003);
    int fd;

    (void)state;
    assert_non_null(data);
    memset(data, 'a', 1000003);
    memcpy(data, "xyz", 3);
    fd = temp_file(data, 1000003);
    assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
    assert_int_equal(stet_digest_of_fd(fd, "f", &d, &size, &err), 0);
    assert_hex(&d, million);
    assert_int_equal(size, 1000000);
    assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
    assert_int_equal(stet_digest_md5_hex_fd(fd, "f", md5, &err), 0);
    assert_string_equal(md5, million_md5);
    /* At its end there is nothing more. */
    assert_int_equal(stet_digest_of_fd(fd, "f", &d, NULL, &err), 0);
    assert_hex(&d, known[0].sha256);
    close(fd);
    free(data);
}

static void names_the_file_that_fails(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_digest d;
    char md5[33];
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_int_equal(stet_digest_of_fd(fd, "the layer", &d, NULL, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
    assert_non_null(strstr(err.text, "the layer"));
    stet_error_clear(&err);
    assert_int_equal(stet_digest_md5_hex_fd(fd, "the layer", md5, &err), -1);
    assert_non_null(strstr(err.text, "the layer"));
    close(fd);
}

static void stops_when_asked(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_digest d;
    int fd = temp_file("abc", 3);

    (void)state;
    stet_cancel_request(2);
    assert_int_equal(stet_digest_of_fd(fd, "f", &d, NULL, &err), -1);
    stet_cancel_request(0);
    assert_int_equal(err.kind, STET_ERROR_INTERRUPTED);
    close(fd);
}

static void prints_and_parses(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_digest d;
    struct stet_digest back;
    char text[STET_DIGEST_TEXT_SIZE];

    (void)state;
    assert_int_equal(stet_digest_of("abc", 3, &d, &err), 0);
    stet_digest_text(&d, text);
    assert_int_equal(strlen(text), STET_DIGEST_TEXT_SIZE - 1);
    assert_int_equal(strncmp(text, "sha256:", 7), 0);
    assert_string_equal(text + 7, known[1].sha256);
    memset(&back, 0, sizeof(back));
    assert_false(stet_digest_equal(&d, &back));
    assert_int_equal(stet_digest_parse_text(text, &back, "it", &err), 0);
    assert_true(stet_digest_equal(&d, &back));
    memset(&back, 0, sizeof(back));
    assert_int_equal(stet_digest_parse_hex(text + 7, &back, "it", &err), 0);
    assert_true(stet_digest_equal(&d, &back));
    back.bytes[31] ^= 1;
    assert_false(stet_digest_equal(&d, &back));
}

#define HEX63 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a"

static void refuses_other_texts(void **state)
{
    static const char *const bad_hex[] = {
        "",         HEX63,      HEX63 "dd", HEX63 "D",           HEX63 "g",
        HEX63 " ",  HEX63 "\n", " " HEX63,  "sha256:" HEX63 "d", HEX63 "d\n",
        "0x" HEX63, "BA7816",   HEX63 "/",  HEX63 "\xff"};
    static const char *const bad_text[] = {"",
                                           "sha256:",
                                           HEX63 "d",
                                           "sha256:" HEX63,
                                           "sha256:" HEX63 "dd",
                                           "SHA256:" HEX63 "d",
                                           "sha512:" HEX63 "d",
                                           "sha256-" HEX63 "d",
                                           " sha256:" HEX63 "d",
                                           "sha256: " HEX63,
                                           "sha256:" HEX63 "D",
                                           "sha256:../../../../../../etc/passwd"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad_hex) / sizeof(bad_hex[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        struct stet_digest d = {{0x55}};

        if (stet_digest_parse_hex(bad_hex[i], &d, "the package", &err) != -1)
            fail_msg("accepted \"%s\"", bad_hex[i]);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        assert_non_null(strstr(err.text, "the package"));
        assert_int_equal(d.bytes[0], 0x55);
    }
    for (size_t i = 0; i < sizeof(bad_text) / sizeof(bad_text[0]); i++) {
        struct stet_error err = STET_ERROR_INIT;
        struct stet_digest d = {{0x55}};

        if (stet_digest_parse_text(bad_text[i], &d, "the layer", &err) != -1)
            fail_msg("accepted \"%s\"", bad_text[i]);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        assert_non_null(strstr(err.text, "the layer"));
        assert_int_equal(d.bytes[0], 0x55);
    }
}

static void filter_passes_on_and_hashes(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stet_buffer_writer below;
    struct stet_digest_writer w;

    (void)state;
    stet_buffer_writer_init(&below, &b);
    assert_int_equal(stet_digest_writer_init(&w, &below.base, &err), 0);
    assert_int_equal(stet_writer_write(&w.base, "a", 1, &err), 0);
    assert_int_equal(stet_writer_write(&w.base, "bc", 2, &err), 0);
    assert_int_equal(stet_writer_close(&w.base, &err), 0);
    assert_hex(&w.digest, known[1].sha256);
    assert_string_equal(stet_buffer_str(&b), "abc");
    assert_int_equal(w.base.written, 3);
    assert_false(below.base.closed);
    assert_int_equal(stet_writer_write(&below.base, "!", 1, &err), 0);
    assert_int_equal(stet_writer_close(&below.base, &err), 0);
    stet_buffer_release(&b);
}

static void filter_works_alone(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_digest_writer w;

    (void)state;
    assert_int_equal(stet_digest_writer_init(&w, NULL, &err), 0);
    assert_int_equal(stet_writer_close(&w.base, &err), 0);
    assert_hex(&w.digest, known[0].sha256);
}

static int refuse(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    (void)ctx;
    (void)data;
    (void)len;
    return stet_error_input(err, "no room");
}

/* The state must be given back too: the leak checker is the judge. */
static void filter_fails_with_what_is_below(void **state)
{
    static const struct stet_writer_ops ops = {.write = refuse};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_writer below;
    struct stet_digest_writer w;

    (void)state;
    stet_writer_init(&below, &ops, NULL);
    assert_int_equal(stet_digest_writer_init(&w, &below, &err), 0);
    assert_int_equal(stet_writer_write(&w.base, "a", 1, &err), -1);
    assert_string_equal(err.text, "no room");
    stet_error_clear(&err);
    assert_int_equal(stet_writer_close(&w.base, &err), -1);
    assert_string_equal(err.text, "no room");
    assert_null(w.state.md);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_known_texts),
        cmocka_unit_test(hashes_in_pieces),
        cmocka_unit_test(hashes_a_file_from_its_offset),
        cmocka_unit_test(names_the_file_that_fails),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test(prints_and_parses),
        cmocka_unit_test(refuses_other_texts),
        cmocka_unit_test(filter_passes_on_and_hashes),
        cmocka_unit_test(filter_works_alone),
        cmocka_unit_test(filter_fails_with_what_is_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
