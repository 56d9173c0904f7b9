/* Its argument is tests/data/debian-archive. */
#include "lib/distro/debian/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *data;

/* ---- gpgv's status lines ---- */

#define P40            "04B54C3CDCA79751B16BC6B5225629DF75B188BD"
#define Q40            "41587F7DB8C774BCCF131416762F67A0B2C39DE4"
#define GOOD           "[GNUPG:] GOODSIG 225629DF75B188BD Somebody\n"
#define VALID(primary) "[GNUPG:] VALIDSIG " Q40 " 2026-09-12 1789199778 0 4 0 1 8 01 " primary "\n"
#define NEW            "[GNUPG:] NEWSIG\n"

static void judges(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        bool allow_expired;
        int signers; /* or -1: refused, with error in it */
        const char *error;
    } cases[] = {
        {NEW GOOD VALID(P40), false, 1, NULL},
        {NEW GOOD VALID(P40) NEW GOOD VALID(Q40), false, 2, NULL},
        {NEW GOOD VALID(P40) NEW GOOD VALID(P40), false, 1, NULL},
        {NEW "[GNUPG:] ERRSIG X 1 8 01 1 9 X\n[GNUPG:] NO_PUBKEY X\n" NEW GOOD VALID(P40), false, 1,
         NULL},
        {NEW "[GNUPG:] EXPKEYSIG X Old\n" VALID(P40), true, 1, NULL},
        {NEW "[GNUPG:] EXPKEYSIG X Old\n" VALID(P40) NEW GOOD VALID(Q40), false, 1, NULL},
        {NEW "[GNUPG:] EXPKEYSIG X Old\n" VALID(P40), false, -1, "has expired"},
        /* An expired signature's VALIDSIG must not count for a GOODSIG before it, nor the reverse.
         */
        {NEW GOOD NEW "[GNUPG:] EXPKEYSIG X Old\n" VALID(P40), false, -1, "has expired"},
        {NEW "[GNUPG:] REVKEYSIG X Gone\n" VALID(P40), false, -1, "no valid signature"},
        {NEW "[GNUPG:] REVKEYSIG X Gone\n" VALID(P40), true, -1, "no valid signature"},
        {NEW "[GNUPG:] EXPSIG X Gone\n" VALID(P40), true, -1, "no valid signature"},
        {NEW "[GNUPG:] BADSIG X Somebody\n", false, -1, "wrong signature"},
        {NEW GOOD VALID(P40) NEW "[GNUPG:] BADSIG X Y\n", true, -1, "wrong signature"},
        {NEW GOOD VALID(P40) "[GNUPG:] ERROR proc_pkt.plaintext 89_BAD_DATA\n", false, -1,
         "wrong signature"},
        {"[GNUPG:] NODATA 1\n", false, -1, "wrong signature"},
        {NEW "[GNUPG:] NO_PUBKEY X\n", false, -1, "not signed by a key of the keyring"},
        {NEW GOOD, false, -1, "no valid signature"},
        {NEW VALID(P40), false, -1, "no valid signature"},
        {"", false, -1, "no valid signature"},
        {"GOODSIG X\nVALIDSIG " Q40 " a 1 0 4 0 1 8 01 " P40 "\n", false, -1, "no valid"},
        /* SHA-1 (2); a signature of a key, not of a document (class 13); half a fingerprint. */
        {NEW GOOD "[GNUPG:] VALIDSIG " Q40 " 2026-09-12 1 0 4 0 1 2 01 " P40 "\n", false, -1,
         "no valid signature"},
        {NEW GOOD "[GNUPG:] VALIDSIG " Q40 " 2026-09-12 1 0 4 0 1 8 13 " P40 "\n", false, -1,
         "no valid signature"},
        {NEW GOOD VALID("04B54C3CDCA79751"), false, -1, "no valid signature"},
        {NEW GOOD "[GNUPG:] VALIDSIG " Q40 "\n", false, -1, "no valid signature"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_strv signers = STET_STRV_INIT;
        struct stet_error err = STET_ERROR_INIT;
        int got = stet_debian_judge_status(cases[i].status, "InRelease", cases[i].allow_expired,
                                           &signers, &err);
        assert_int_equal(got, cases[i].signers < 0 ? -1 : 0);
        if (cases[i].signers >= 0)
            assert_int_equal(signers.count, cases[i].signers);
        else
            assert_non_null(strstr(err.text, cases[i].error));
        stet_strv_release(&signers);
    }
}

/* ---- armor ---- */

#define BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
#define END   "-----END PGP PUBLIC KEY BLOCK-----\n"

static void dearmors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int len; /* -1: refused */
        const char *bytes;
    } cases[] = {
        {BEGIN "\nAAEC\n" END, 3, "\0\1\2"},
        {BEGIN "\nAAECAw==\n=abcd\n" END, 4, "\0\1\2\3"},
        {BEGIN "\nAAECAwQ=\n=abcd\n" END, 5, "\0\1\2\3\4"},
        {BEGIN "Version: 1\r\nComment: x\r\n\r\nAA\r\nEC\r\n" END, 3, "\0\1\2"},
        {"words\n" BEGIN "\nAAEC\n" END "more\n" BEGIN "\n/+8=\n" END, 5, "\0\1\2\xff\xef"},
        {BEGIN "\n" END, -1, NULL},
        {BEGIN "AAEC\n" END, -1, NULL},
        {BEGIN "\nAAE\n" END, -1, NULL},
        {BEGIN "\nAA*C\n" END, -1, NULL},
        {BEGIN "\nAA=C\n" END, -1, NULL},
        {BEGIN "\nA===\n" END, -1, NULL},
        {BEGIN "\nAAEC\n", -1, NULL},
        {"", -1, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_buffer out = STET_BUFFER_INIT;
        struct stet_error err = STET_ERROR_INIT;
        int got = stet_debian_dearmor(cases[i].text, strlen(cases[i].text), "key", &out, &err);
        assert_int_equal(got, cases[i].len < 0 ? -1 : 0);
        if (cases[i].len >= 0) {
            assert_int_equal(out.len, cases[i].len);
            assert_memory_equal(out.data, cases[i].bytes, out.len);
        }
        stet_buffer_release(&out);
    }
}

static void read_data(const char *name, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    char *path = stet_format(&err, "%s/%s", data, name);
    if (stet_fs_read(AT_FDCWD, path, 1 << 20, out, &err) < 0)
        fail_msg("%s", err.text);
    free(path);
}

/* gpg's own armor of the very same key. */
static void dearmors_as_gpg(void **state)
{
    (void)state;
    struct stet_buffer armored = STET_BUFFER_INIT, want = STET_BUFFER_INIT, got = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    read_data("keyring.asc", &armored);
    read_data("keyring.gpg", &want);
    assert_int_equal(stet_debian_dearmor(armored.data, armored.len, "key", &got, &err), 0);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.data, want.data, want.len);
    stet_buffer_release(&armored);
    stet_buffer_release(&want);
    stet_buffer_release(&got);
}

/* ---- with gpgv ---- */

/* The error's text, "" when it verified (static); text and signer as they came. */
static const char *verify(const char *document, const char *keyring, bool allow_expired,
                          struct stet_buffer *text, struct stet_strv *signers)
{
    static struct stet_error err;
    struct stet_buffer doc = STET_BUFFER_INIT;
    struct stet_debian_keyring k = {NULL, 0, 0};
    stet_error_clear(&err);
    read_data(document, &doc);
    char *path = stet_format(&err, "%s/%s", data, keyring);
    if (stet_debian_keyring_add_file(&k, path, &err) == 0)
        (void)stet_debian_verify(&k, doc.data, doc.len, "InRelease", allow_expired, text, signers,
                                 &err);
    free(path);
    stet_debian_keyring_release(&k);
    stet_buffer_release(&doc);
    return err.text;
}

static void verifies(void **state)
{
    (void)state;
    static const char *const keyrings[] = {"keyring.gpg", "keyring.asc", "expired.gpg"};
    for (size_t i = 0; i < 3; i++) {
        struct stet_buffer text = STET_BUFFER_INIT;
        struct stet_strv signers = STET_STRV_INIT;
        assert_string_equal(
            verify("archive/dists/trixie/InRelease", keyrings[i], false, &text, &signers), "");
        assert_int_equal(strncmp(text.data, "Origin: Debian\nLabel: Debian\n", 29), 0);
        assert_null(strstr(text.data, "-----"));
        assert_int_equal(signers.count, 1);
        assert_int_equal(strlen(signers.items[0]), 40);
        stet_buffer_release(&text);
        stet_strv_release(&signers);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *document, *keyring;
        bool allow_expired;
        const char *error;
    } cases[] = {
        {"wrong/dists/altered/InRelease", "keyring.gpg", true, "wrong signature"},
        {"wrong/dists/unsigned/InRelease", "keyring.gpg", true, "InRelease: it is not signed"},
        {"wrong/dists/other-key/InRelease", "keyring.gpg", true, "not signed by a key of"},
        {"wrong/dists/expired-key/InRelease", "expired.gpg", false, "has expired"},
        {"archive/dists/trixie/InRelease", "none.gpg", false, "it does not exist"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_buffer text = STET_BUFFER_INIT;
        struct stet_strv signers = STET_STRV_INIT;
        const char *got =
            verify(cases[i].document, cases[i].keyring, cases[i].allow_expired, &text, &signers);
        assert_non_null(strstr(got, cases[i].error));
        assert_int_equal(signers.count, 0);
        stet_buffer_release(&text);
        stet_strv_release(&signers);
    }
}

static void allows_expired_keys_when_told(void **state)
{
    (void)state;
    struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_strv signers = STET_STRV_INIT;
    assert_string_equal(
        verify("wrong/dists/expired-key/InRelease", "expired.gpg", true, &text, &signers), "");
    assert_int_equal(signers.count, 1);
    stet_buffer_release(&text);
    stet_strv_release(&signers);
}

/* What stands before, after or between signed texts is nobody's word. */
static void takes_signed_text_alone(void **state)
{
    (void)state;
    struct stet_buffer doc = STET_BUFFER_INIT, text = STET_BUFFER_INIT;
    struct stet_debian_keyring k = {NULL, 0, 0};
    struct stet_strv signers = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer keys = STET_BUFFER_INIT;
    read_data("keyring.gpg", &keys);
    assert_int_equal(stet_debian_keyring_add(&k, keys.data, keys.len, "key", &err), 0);
    stet_buffer_add_str(&doc, "Evil: yes\n\n");
    read_data("archive/dists/trixie/InRelease", &doc);
    assert_int_equal(stet_debian_verify(&k, doc.data, doc.len, "D", false, &text, &signers, &err),
                     -1);
    assert_string_equal(err.text, "D: it is not signed");
    stet_error_clear(&err);
    stet_buffer_clear(&doc);
    read_data("archive/dists/trixie/InRelease", &doc);
    stet_buffer_add_str(&doc, "Evil: yes\n");
    (void)stet_debian_verify(&k, doc.data, doc.len, "D", false, &text, &signers, &err);
    assert_null(strstr(stet_buffer_str(&text), "Evil"));
    stet_error_clear(&err);
    stet_buffer_clear(&doc);
    stet_buffer_clear(&text);
    read_data("archive/dists/trixie/InRelease", &doc);
    read_data("archive/dists/trixie-updates/InRelease", &doc);
    assert_int_equal(stet_debian_verify(&k, doc.data, doc.len, "D", false, &text, &signers, &err),
                     -1);
    stet_debian_keyring_release(&k);
    stet_buffer_release(&keys);
    stet_buffer_release(&doc);
    stet_buffer_release(&text);
    stet_strv_release(&signers);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(dearmors),
        cmocka_unit_test(dearmors_as_gpg),
        cmocka_unit_test(verifies),
        cmocka_unit_test(refuses),
        cmocka_unit_test(allows_expired_keys_when_told),
        cmocka_unit_test(takes_signed_text_alone),
    };
    if (argc != 2)
        return 2;
    data = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
