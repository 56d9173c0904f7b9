/* Detached signatures by keys that gpg makes, as of many dates. */
#include "lib/openpgp/openpgp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/gpg.h"
#include "tests/support/server.h"

enum { MAY_2020 = 1588291200, JANUARY_2021 = 1609459200, YEAR_2022 = 1640995200 };

static char *dir;

static int set_up(void **state)
{
    (void)state;
    dir = stet_test_dir_new();
    stet_test_gpg(
        dir,
        "key Good 20200101T000000 never\n"
        "key Other 20200101T000000 never\n"
        "key Stranger 20200101T000000 never\n"
        "key Old 20200101T000000 20210101T000000\n"
        "key Gone 20200101T000000 never\n"
        "at 20180101T000000 --quick-gen-key Sub ed25519 cert never\n"
        "f=$(fingerprint Sub)\n"
        "at 20180101T000000 --quick-add-key \"$f\" ed25519 sign 20190101T000000\n"
        "at 20190201T000000 --quick-add-key \"$f\" ed25519 sign 20210101T000000\n"
        "echo data > data; cp data again; echo other > other\n"
        "for k in Good Other Stranger Old Gone Sub; do\n"
        "  sign $k 20200301T000000 data; mv data.sig $k.sig\n"
        "  fingerprint $k > $k.fpr\n"
        "done\n"
        "sign Old 20201231T235959 data; mv data.sig Last.sig\n"
        "at 20200301T000000 --local-user =Good --armor --detach-sign --output armored.sig data\n"
        "at 20200301T000000 --local-user =Good --sign --output message.sig data\n"
        "at 20200301T000000 --local-user =Good --clearsign --output clear.sig data\n"
        "at 20200301T000000 --local-user =Good --digest-algo SHA1 --detach-sign --output weak.sig "
        "data\n"
        "at 20200301T000000 --local-user =Good --default-sig-expire 20200401T000000 --detach-sign "
        "--output expired.sig data\n"
        "cat Stranger.sig Good.sig > both.sig; cat Good.sig Other.sig > two.sig\n"
        "cat Good.sig message.sig > mixed.sig; head -c 40 Good.sig > short.sig\n"
        ": > empty.sig; echo words > words.sig\n"
        "sed 's/^:\\(---\\)/\\1/' \"$GNUPGHOME/openpgp-revocs.d/$(cat Gone.fpr).rev\" | g "
        "--import\n"
        "g --export =Good =Other =Old =Gone =Sub > keyring.gpg\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stet_test_gpg_stop(dir);
    stet_test_dir_remove(dir);
    return 0;
}

static void read_file(const char *name, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    char *path = stet_format(&err, "%s/%s", dir, name);
    if (stet_fs_read(AT_FDCWD, path, 1 << 20, out, &err) < 0)
        fail_msg("%s", err.text);
    free(path);
}

static char *fingerprint(const char *key)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text = STET_BUFFER_INIT;
    char *name = stet_format(&err, "%s.fpr", key);
    read_file(name, &text);
    free(name);
    assert_int_equal(text.len, 41);
    text.data[40] = '\0';
    return stet_buffer_detach(&text);
}

struct result {
    char error[STET_ERROR_TEXT_MAX];
    struct stet_strv signers, expired;
};

static void result_release(struct result *r)
{
    stet_strv_release(&r->signers);
    stet_strv_release(&r->expired);
}

static struct result verify(const char *signature, const char *file,
                            struct stet_openpgp_policy policy)
{
    struct result r = {"", STET_STRV_INIT, STET_STRV_INIT};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer sig = STET_BUFFER_INIT;
    struct stet_openpgp_keyring k = {NULL, 0, 0};
    char *path = stet_format(&err, "%s/keyring.gpg", dir);
    char *data = stet_format(&err, "%s/%s", dir, file);
    char byte;
    read_file(signature, &sig);
    policy.expired = &r.expired;
    int fd = stet_fs_open(AT_FDCWD, data, O_RDONLY, 0, &err);
    /* Where the descriptor stands is neither looked at nor changed. */
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(stet_openpgp_keyring_add_file(&k, path, "x", &err), 0);
    int got =
        stet_openpgp_verify_detached(&k, sig.data, sig.len, fd, "file", &policy, &r.signers, &err);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 1);
    assert_int_equal(got, err.text[0] ? -1 : 0);
    if (got < 0)
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    (void)snprintf(r.error, sizeof r.error, "%s", err.text);
    close(fd);
    free(path);
    free(data);
    stet_buffer_release(&sig);
    stet_openpgp_keyring_release(&k);
    return r;
}

static struct stet_openpgp_policy as_of(int64_t date)
{
    struct stet_openpgp_policy policy = STET_OPENPGP_POLICY_INIT;
    policy.as_of = date;
    return policy;
}

/* Accepted, by these keys (words), and because expired ones are allowed or not. */
static void accepts(const char *signature, int64_t date, const char *keys, bool as_expired)
{
    struct result r = verify(signature, "data", as_of(date));
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv want = STET_STRV_INIT;
    assert_string_equal(r.error, "");
    char *words = stet_strdup(keys, &err), *save = NULL;
    for (char *key = strtok_r(words, " ", &save); key; key = strtok_r(NULL, " ", &save)) {
        char *f = fingerprint(key);
        assert_int_equal(stet_strv_add(&want, f, &err), 0);
        free(f);
    }
    stet_strv_sort_unique(&want);
    assert_int_equal(r.signers.count, want.count);
    for (size_t i = 0; i < want.count; i++)
        assert_string_equal(r.signers.items[i], want.items[i]);
    assert_int_equal(r.expired.count, as_expired);
    free(words);
    stet_strv_release(&want);
    result_release(&r);
}

static void refuses(const char *signature, const char *file, struct stet_openpgp_policy policy,
                    const char *error)
{
    struct result r = verify(signature, file, policy);
    if (!strstr(r.error, error))
        fail_msg("%s: \"%s\" instead of \"%s\"", signature, r.error, error);
    assert_int_equal(r.signers.count, 0);
    assert_int_equal(r.expired.count, 0);
    result_release(&r);
}

static void good(void **state)
{
    (void)state;
    accepts("Good.sig", INT64_MIN, "Good", false);
    accepts("armored.sig", INT64_MIN, "Good", false);
    accepts("both.sig", INT64_MIN, "Good", false);
    accepts("two.sig", INT64_MIN, "Good Other", false);
    accepts("Good.sig", MAY_2020, "Good", false);
}

static void wrong(void **state)
{
    (void)state;
    const struct stet_openpgp_policy any = {true, MAY_2020, NULL, NULL, NULL};
    refuses("Good.sig", "other", any, "file: wrong signature; it was altered or damaged");
    refuses("both.sig", "other", any, "wrong signature");
    refuses("Stranger.sig", "data", any, "file: it is not signed by a key of the keyring, but by ");
    char *f = fingerprint("Stranger");
    refuses("Stranger.sig", "data", any, f + 24);
    free(f);
    refuses("weak.sig", "data", any, "file: it has no valid signature");
    refuses("expired.sig", "data", any, "file: it has no valid signature");
}

static void no_signature(void **state)
{
    (void)state;
    const struct stet_openpgp_policy any = {true, MAY_2020, NULL, NULL, NULL};
    static const char *const names[] = {"message.sig", "clear.sig", "mixed.sig",  "short.sig",
                                        "empty.sig",   "words.sig", "keyring.gpg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        refuses(names[i], "data", any, "what came as its signature is not an OpenPGP signature");
        /* The message says nothing of this file, however good it is by itself. */
        refuses(names[i], "other", any, "is not an OpenPGP signature");
    }
}

static void expired(void **state)
{
    (void)state;
    char *f = fingerprint("Old");
    struct stet_error err = STET_ERROR_INIT;
    char *error = stet_format(&err,
                              "file: it is signed by a key that has expired (%s, on "
                              "2021-01-01T00:00:00Z); use a newer keyring",
                              f);
    refuses("Old.sig", "data", as_of(INT64_MIN), error);
    refuses("Old.sig", "data", as_of(YEAR_2022), error);
    refuses("Old.sig", "data", as_of(JANUARY_2021), error);
    refuses("Old.sig", "other", as_of(MAY_2020), "wrong signature");
    struct stet_openpgp_policy cure = as_of(YEAR_2022);
    cure.expired_cure = "take another";
    refuses("Old.sig", "data", cure, "on 2021-01-01T00:00:00Z); take another");
    accepts("Old.sig", JANUARY_2021 - 1, "Old", true);
    accepts("Old.sig", MAY_2020, "Old", true);
    accepts("Last.sig", MAY_2020, "Old", true);
    struct stet_openpgp_policy any = STET_OPENPGP_POLICY_INIT;
    any.allow_expired = true;
    struct result r = verify("Old.sig", "data", any);
    assert_string_equal(r.error, "");
    result_release(&r);
    free(error);
    free(f);
}

/* A subkey that expired earlier than the one that signed does not matter. */
static void expired_subkeys(void **state)
{
    (void)state;
    accepts("Sub.sig", MAY_2020, "Sub", true);
    refuses("Sub.sig", "data", as_of(INT64_MIN), "has expired");
    refuses("Sub.sig", "data", as_of(JANUARY_2021), "on 2021-01-01T00:00:00Z");
}

static void revoked(void **state)
{
    (void)state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv list = STET_STRV_INIT;
    struct stet_openpgp_policy policy = {true, MAY_2020, &list, NULL, NULL};
    char *gone = fingerprint("Gone"), *good_key = fingerprint("Good"), *sub = fingerprint("Sub");
    refuses("Gone.sig", "data", policy, "file: it is signed by a key that was revoked (");
    refuses("Gone.sig", "data", policy, gone + 24);
    assert_int_equal(stet_strv_add(&list, good_key, &err), 0);
    assert_int_equal(stet_strv_add(&list, sub, &err), 0);
    refuses("Good.sig", "data", policy, "file: it is signed by a key that was revoked (");
    refuses("Good.sig", "data", policy, good_key);
    refuses("Sub.sig", "data", policy, "by a key that was revoked (");
    struct result r = verify("two.sig", "data", policy);
    assert_string_equal(r.error, "");
    assert_int_equal(r.signers.count, 1);
    assert_string_not_equal(r.signers.items[0], good_key);
    result_release(&r);
    stet_strv_release(&list);
    free(gone);
    free(good_key);
    free(sub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),
        cmocka_unit_test(wrong),
        cmocka_unit_test(no_signature),
        cmocka_unit_test(expired),
        cmocka_unit_test(expired_subkeys),
        cmocka_unit_test(revoked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
