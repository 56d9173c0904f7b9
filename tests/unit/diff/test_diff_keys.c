/* Keys, certificates and seeds: what is public is named, what is private is never shown. */
#include "tests/unit/diff/pairs.h"

/* A private key of both sides is told, and hidden. */
static void private_pair(diff_comparator *compare, const char *path, const char *name,
                         const char *what)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    struct comparing c;
    const char *body_a, *body_b;
    pairs_run(&c, compare, path, name);
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    pairs_cause(&c, what, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
    pairs_read(name, "a", &a);
    pairs_read(name, "b", &b);
    body_a = strchr(a.data, '\n') + 1;
    body_b = strchr(b.data, '\n') + 1;
    pairs_hides(&c, body_a, (size_t)(strstr(body_a, "-----END") - body_a));
    pairs_hides(&c, body_b, (size_t)(strstr(body_b, "-----END") - body_b));
    comparing_release(&c);
}

static void private_keys(void **state)
{
    (void)state;
    private_pair(stet_diff_pem, "etc/ssl/private/ssl-cert-snakeoil.key", "private-key",
                 "block 1 (PRIVATE KEY)");
    private_pair(stet_diff_pem, "etc/ssh/ssh_host_ed25519_key", "ssh-host-key",
                 "block 1 (OPENSSH PRIVATE KEY)");
    private_pair(stet_diff_secrets, "etc/ssh/ssh_host_ed25519_key", "ssh-host-key", "content");
    private_pair(stet_diff_pem, "root/key.asc", "openpgp-private-key",
                 "block 1 (PGP PRIVATE KEY BLOCK)");
}

static const char key_text[] = "-----BEGIN RSA PRIVATE KEY-----\n"
                               "c2VjcmV0LXNlY3JldC1zZWNyZXQ=\n%s-----END RSA PRIVATE KEY-----\n";

/* A text with a private key is never left to others, whatever differs in it. */
static void private_texts(void **state)
{
    _cleanup_free_ char *key = stet_format(NULL, key_text, "");
    _cleanup_free_ char *longer = stet_format(NULL, key_text, "YWJj\n");
    static const char *const forms[][2] = {
        {"%s", "%s\n"}, {"# one\n%s", "# two\n%s"}, {"%s", ""}, {"%s%s", "%s"}, {"%s", " %s"},
    };
    struct comparing c;
    (void)state;
    assert_true(key && longer);
    pairs_text(&c, stet_diff_pem, "etc/app.conf", key, longer);
    assert_int_equal(c.status, 1);
    pairs_expect(&c, "block 1 (RSA PRIVATE KEY)", "a private key, 28 characters",
                 "a private key, 33 characters");
    comparing_release(&c);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        _cleanup_free_ char *a = stet_format(NULL, forms[i][0], key, key);
        _cleanup_free_ char *b = stet_format(NULL, forms[i][1], key);
        pairs_text(&c, stet_diff_pem, "etc/app.conf", a, b);
        assert_int_equal(c.status, 1);
        assert_true(c.result.count > 0);
        pairs_hides(&c, "c2VjcmV0LXNlY3JldC1zZWNyZXQ=", 28);
        comparing_release(&c);
    }
    /* In the midst of a line, or all of it in one. */
    pairs_text(&c, stet_diff_pem, "etc/app.json",
               "{\"key\": \"-----BEGIN PRIVATE KEY-----\\nc2VjcmV0LXNlY3JldA==\\n-----END PRIVATE "
               "KEY-----\\n\",\n\"x\": 1}\n",
               "{\"key\": \"-----BEGIN PRIVATE KEY-----\\nb3RoZXItb3RoZXItb3Ro\\n-----END PRIVATE "
               "KEY-----\\n\",\n\"x\": 2}\n");
    assert_int_equal(c.status, 1);
    pairs_hides(&c, "c2VjcmV0LXNlY3JldA==", 20);
    pairs_only(&c, "block 1 (PRIVATE KEY)");
    assert_string_equal(pairs_only(&c, "lines around the blocks")->detail,
                        "-\"x\": 1}\n+\"x\": 2}\n");
    comparing_release(&c);
    pairs_text(
        &c, stet_diff_pem, "etc/app.env",
        "KEY='-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldA==\n",
        "KEY='-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldB==\n-----END PRIVATE KEY-----'\n");
    assert_int_equal(c.status, 1);
    pairs_hides(&c, "c2VjcmV0LXNlY3JldA==", 20);
    comparing_release(&c);
    /* Cut short, it is one still. */
    pairs_text(&c, stet_diff_pem, "etc/app.conf",
               "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldA==\n",
               "-----BEGIN PRIVATE KEY-----\nb3RoZXItb3RoZXItb3Ro\n");
    assert_int_equal(c.status, 1);
    pairs_hides(&c, "c2VjcmV0LXNlY3JldA==", 20);
    comparing_release(&c);
}

static void certificates(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_pem, "etc/ssl/certs/ssl-cert-snakeoil.pem", "certificate");
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 4);
    pairs_cause(&c, "certificate CN = example.org: serial number", STET_CAUSE_RANDOM,
                STET_DIFF_LIKELY);
    pairs_cause(&c, "certificate CN = example.org: not before", STET_CAUSE_BUILD_TIME,
                STET_DIFF_CERTAIN);
    pairs_cause(&c, "certificate CN = example.org: not after", STET_CAUSE_BUILD_TIME,
                STET_DIFF_CERTAIN);
    pairs_expect(&c, "certificate CN = example.org: not after", "2036-11-20T16:39:30Z",
                 "2036-11-20T16:39:31Z");
    pairs_cause(&c, "certificate CN = example.org: public key", STET_CAUSE_RANDOM,
                STET_DIFF_LIKELY);
    comparing_release(&c);
}

static void bundles(void **state)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT;
    struct comparing c;
    const char *second;
    (void)state;
    pairs_run(&c, stet_diff_pem, "etc/ssl/certs/ca-certificates.crt", "certificates-order");
    assert_int_equal(c.result.count, 1);
    pairs_cause(&c, "order of blocks", STET_CAUSE_FILE_ORDER, STET_DIFF_LIKELY);
    assert_true(pairs_shows(&c, "O = Example, CN = Root 3"));
    comparing_release(&c);

    /* Without the first. */
    pairs_read("certificates-order", "a", &a);
    second = strstr(a.data + 1, "-----BEGIN");
    pairs_text(&c, stet_diff_pem, "etc/ssl/certs/ca-certificates.crt", a.data, second);
    assert_int_equal(c.result.count, 1);
    assert_null(pairs_only(&c, "certificate")->b);
    comparing_release(&c);
}

static void signatures(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_openpgp, "x.sig", "openpgp-signature");
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    pairs_cause(&c, "signature", STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN);
    assert_true(pairs_shows(&c, "signature of a document (0x00) by "));
    comparing_release(&c);
}

static void keyrings(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_openpgp, "etc/apt/trusted.gpg", "openpgp-keyring");
    assert_int_equal(c.status, 1);
    pairs_cause(&c, "packets", STET_CAUSE_RANDOM, STET_DIFF_LIKELY);
    assert_true(pairs_shows(&c, ", EdDSA, created 2026-11-23T"));
    assert_false(pairs_shows(&c, "user Build"));
    comparing_release(&c);
    pairs_run(&c, stet_diff_openpgp, "etc/other", "openpgp-keyring");
    assert_int_equal(c.status, 0);
    comparing_release(&c);

    pairs_run(&c, stet_diff_keybox, "root/.gnupg/pubring.kbx", "keybox");
    assert_int_equal(c.status, 1);
    pairs_cause(&c, "time of creation", STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN);
    pairs_cause(&c, "packets", STET_CAUSE_RANDOM, STET_DIFF_LIKELY);
    comparing_release(&c);

    pairs_run(&c, stet_diff_trustdb, "root/.gnupg/trustdb.gpg", "trustdb");
    assert_int_equal(c.status, 1);
    pairs_cause(&c, "time of creation", STET_CAUSE_BUILD_TIME, STET_DIFF_CERTAIN);
    pairs_only(&c, "trusted keys");
    comparing_release(&c);
}

static void host_keys(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_ssh_public, "etc/ssh/ssh_host_ed25519_key.pub", "ssh-host-pub");
    assert_int_equal(c.result.count, 2);
    pairs_cause(&c, "public key", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
    pairs_cause(&c, "comment", STET_CAUSE_HOST, STET_DIFF_LIKELY);
    pairs_expect(&c, "comment", "root@build-a", "root@build-b");
    comparing_release(&c);
}

static void seeds(void **state)
{
    static const char *const paths[] = {
        "var/lib/systemd/random-seed",
        "var/lib/systemd/credential.secret",
        "boot/loader/random-seed",
        "root/.gnupg/private-keys-v1.d/0123.key",
    };
    struct comparing c;
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        pairs_text(&c, stet_diff_secrets, paths[i], "a-secret-seed", "another-secret-seed");
        assert_int_equal(c.status, 1);
        pairs_cause(&c, "content", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN);
        assert_false(pairs_shows(&c, "secret-seed"));
        assert_true(pairs_shows(&c, ", 13 bytes"));
        comparing_release(&c);
    }
}

static void damaged(void **state)
{
    (void)state;
    pairs_damage(stet_diff_pem, "etc/ssl/certs/c.pem", "certificate");
    pairs_damage(stet_diff_openpgp, "etc/apt/trusted.gpg", "openpgp-keyring");
    pairs_damage(stet_diff_openpgp, "x.sig", "openpgp-signature");
    pairs_damage(stet_diff_keybox, "root/.gnupg/pubring.kbx", "keybox");
    pairs_damage(stet_diff_trustdb, "root/.gnupg/trustdb.gpg", "trustdb");
    pairs_damage(stet_diff_ssh_public, "k.pub", "ssh-host-pub");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_keys), cmocka_unit_test(private_texts),
        cmocka_unit_test(certificates), cmocka_unit_test(bundles),
        cmocka_unit_test(signatures),   cmocka_unit_test(keyrings),
        cmocka_unit_test(host_keys),    cmocka_unit_test(seeds),
        cmocka_unit_test(damaged),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
