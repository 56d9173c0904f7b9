/* Its argument is tests/data/debian-archive. */
#include "lib/openpgp/openpgp.h"

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
        {NEW "[GNUPG:] REVKEYSIG X Gone\n" VALID(P40), false, -1, "a key that was revoked (X)"},
        {NEW "[GNUPG:] REVKEYSIG X Gone\n" VALID(P40), true, -1, "a key that was revoked (X)"},
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
        struct stet_openpgp_policy policy = STET_OPENPGP_POLICY_INIT;
        policy.allow_expired = cases[i].allow_expired;
        int got = stet_openpgp_judge_status(cases[i].status, "InRelease", &policy, &signers, &err);
        assert_int_equal(got, cases[i].signers < 0 ? -1 : 0);
        if (cases[i].signers >= 0)
            assert_int_equal(signers.count, cases[i].signers);
        else
            assert_non_null(strstr(err.text, cases[i].error));
        stet_strv_release(&signers);
    }
}

/* Whose expiry gpgv tells is to be found out from the order of its lines, which these are as it gives them. */
#define EXPIRED(seconds) "[GNUPG:] KEYEXPIRED " seconds "\n"
#define ID               "[GNUPG:] SIG_ID x 2018-10-01 1538352000\n"
#define SIGNED_2018                                                                                \
    "[GNUPG:] EXPKEYSIG X Old\n[GNUPG:] VALIDSIG " Q40 " 2018-10-01 1538352000 0 4 0 22 8 00 " P40 \
    "\n"
#define IN_2019 "1546300800"
#define IN_2023 "1672531200"
#define IN_2024 "1704067200"
#define IN_2100 "4102444800"

static void judges_as_of(void **state)
{
    (void)state;
    enum { AS_OF_2018 = 1540000000, AS_OF_2022 = 1650000000, AS_OF_2023 = 1680000000 };
    static const struct {
        const char *lines;
        int64_t as_of;
        bool good;
    } cases[] = {
        /* The primary key alone. */
        {NEW EXPIRED(IN_2019) ID SIGNED_2018, AS_OF_2018, true},
        {NEW EXPIRED(IN_2019) ID SIGNED_2018, AS_OF_2022, false},
        {NEW EXPIRED(IN_2019) ID SIGNED_2018, INT64_MIN, false},
        /* A subkey without an expiry of its own. */
        {NEW EXPIRED(IN_2019) EXPIRED("0") ID EXPIRED(IN_2019) SIGNED_2018, AS_OF_2018, true},
        {NEW EXPIRED(IN_2019) EXPIRED("0") ID EXPIRED(IN_2019) SIGNED_2018, AS_OF_2022, false},
        /* A second subkey signed. */
        {NEW EXPIRED(IN_2024) EXPIRED(IN_2019) EXPIRED(IN_2024) EXPIRED(IN_2023) EXPIRED(IN_2023)
             ID EXPIRED(IN_2024) EXPIRED(IN_2019) SIGNED_2018,
         AS_OF_2022, true},
        {NEW EXPIRED(IN_2024) EXPIRED(IN_2019) EXPIRED(IN_2024) EXPIRED(IN_2023) EXPIRED(IN_2023)
             ID EXPIRED(IN_2024) EXPIRED(IN_2019) SIGNED_2018,
         AS_OF_2023, false},
        /* A subkey that has not expired, of a primary key that has. */
        {NEW EXPIRED(IN_2019) EXPIRED(IN_2100) ID SIGNED_2018, AS_OF_2018, true},
        {NEW EXPIRED(IN_2019) EXPIRED(IN_2100) ID SIGNED_2018, AS_OF_2022, false},
        /* Nothing that tells when, and another signature's lines. */
        {NEW ID SIGNED_2018, AS_OF_2018, false},
        {NEW EXPIRED("x") ID SIGNED_2018, AS_OF_2018, false},
        {NEW EXPIRED(IN_2019) ID NEW ID SIGNED_2018, AS_OF_2018, false},
        /* Made when the key had expired already, and when nobody knows. */
        {NEW EXPIRED("1538351999") ID SIGNED_2018, 1500000000, false},
        {NEW EXPIRED(IN_2019) ID "[GNUPG:] EXPKEYSIG X Old\n[GNUPG:] VALIDSIG " Q40
                                 " 2018-10-01 20181001T000000 0 4 0 22 8 00 " P40 "\n",
         AS_OF_2018, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_strv signers = STET_STRV_INIT, expired = STET_STRV_INIT;
        struct stet_error err = STET_ERROR_INIT;
        struct stet_openpgp_policy policy = {false, cases[i].as_of, NULL, NULL, &expired};
        int got = stet_openpgp_judge_status(cases[i].lines, "file", &policy, &signers, &err);
        assert_int_equal(got, cases[i].good ? 0 : -1);
        assert_int_equal(signers.count, cases[i].good);
        assert_int_equal(expired.count, cases[i].good);
        if (!cases[i].good)
            assert_non_null(strstr(err.text, "file: it is signed by a key that has expired ("));
        stet_strv_release(&signers);
        stet_strv_release(&expired);
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
        int got = stet_openpgp_dearmor(cases[i].text, strlen(cases[i].text), "key", &out, &err);
        assert_int_equal(got, cases[i].len < 0 ? -1 : 0);
        if (cases[i].len >= 0) {
            assert_int_equal(out.len, cases[i].len);
            assert_memory_equal(out.data, cases[i].bytes, out.len);
        }
        stet_buffer_release(&out);
    }
}

static void reads_base64(void **state)
{
    (void)state;
    static const struct {
        const char *text, *bytes; /* NULL: refused */
    } cases[] = {
        {"QUJD", "ABC"}, {"QUI=", "AB"},    {"QQ==", "A"},       {"QUJDQQ==", "ABCA"},
        {"", NULL},      {"====", NULL},    {"Q===", NULL},      {"QUJ", NULL},
        {"QUJDQ", NULL}, {"QUJD\n", NULL},  {"QUI=QUJD", NULL},  {" QUJD", NULL},
        {"QU*D", NULL},  {"QUJDQQ=", NULL}, {"QUJD\nQUJ", NULL}, {"=abc", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_buffer out = STET_BUFFER_INIT;
        struct stet_error err = STET_ERROR_INIT;
        int got = stet_openpgp_from_base64(cases[i].text, "x", &out, &err);
        assert_int_equal(got, cases[i].bytes ? 0 : -1);
        assert_string_equal(got < 0 ? err.text : stet_buffer_str(&out),
                            got < 0 ? "x: not base64" : cases[i].bytes);
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
    assert_int_equal(stet_openpgp_dearmor(armored.data, armored.len, "key", &got, &err), 0);
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
    struct stet_openpgp_keyring k = {NULL, 0, 0};
    struct stet_openpgp_policy policy = STET_OPENPGP_POLICY_INIT;
    policy.allow_expired = allow_expired;
    stet_error_clear(&err);
    read_data(document, &doc);
    char *path = stet_format(&err, "%s/%s", data, keyring);
    if (stet_openpgp_keyring_add_file(&k, path, "debian-archive-keyring", &err) == 0)
        (void)stet_openpgp_verify_clearsigned(&k, doc.data, doc.len, "InRelease", &policy, text,
                                              signers, &err);
    free(path);
    stet_openpgp_keyring_release(&k);
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
    static const struct stet_openpgp_policy policy = STET_OPENPGP_POLICY_INIT;
    struct stet_buffer doc = STET_BUFFER_INIT, text = STET_BUFFER_INIT;
    struct stet_openpgp_keyring k = {NULL, 0, 0};
    struct stet_strv signers = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer keys = STET_BUFFER_INIT;
    read_data("keyring.gpg", &keys);
    assert_int_equal(stet_openpgp_keyring_add(&k, keys.data, keys.len, "key", &err), 0);
    stet_buffer_add_str(&doc, "Evil: yes\n\n");
    read_data("archive/dists/trixie/InRelease", &doc);
    assert_int_equal(
        stet_openpgp_verify_clearsigned(&k, doc.data, doc.len, "D", &policy, &text, &signers, &err),
        -1);
    assert_string_equal(err.text, "D: it is not signed");
    stet_error_clear(&err);
    stet_buffer_clear(&doc);
    read_data("archive/dists/trixie/InRelease", &doc);
    stet_buffer_add_str(&doc, "Evil: yes\n");
    (void)stet_openpgp_verify_clearsigned(&k, doc.data, doc.len, "D", &policy, &text, &signers,
                                          &err);
    assert_null(strstr(stet_buffer_str(&text), "Evil"));
    stet_error_clear(&err);
    stet_buffer_clear(&doc);
    stet_buffer_clear(&text);
    read_data("archive/dists/trixie/InRelease", &doc);
    read_data("archive/dists/trixie-updates/InRelease", &doc);
    assert_int_equal(
        stet_openpgp_verify_clearsigned(&k, doc.data, doc.len, "D", &policy, &text, &signers, &err),
        -1);
    stet_openpgp_keyring_release(&k);
    stet_buffer_release(&keys);
    stet_buffer_release(&doc);
    stet_buffer_release(&text);
    stet_strv_release(&signers);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(judges_as_of),
        cmocka_unit_test(dearmors),
        cmocka_unit_test(reads_base64),
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
