#include "lib/distro/debian/release.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LIST                                                                                       \
    "SHA256:\n " HASH "       12 main/binary-amd64/Packages\n " HASH                               \
    " 34 main/binary-amd64/Packages.xz\n"

static int parse(const char *text, struct stet_debian_release *out, struct stet_error *err)
{
    return stet_debian_release_parse(text, strlen(text), "InRelease", out, err);
}

static void parses(void **state)
{
    (void)state;
    struct stet_debian_release r;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_digest digest;
    uint64_t size = 0;
    assert_int_equal(parse("Origin: Debian\nSuite: stable\nCodename: trixie\n"
                           "Date: Sat, 12 Sep 2026 07:55:41 UTC\nAcquire-By-Hash: yes\n"
                           "Architectures: all amd64\nComponents: main  contrib\n" LIST,
                           &r, &err),
                     0);
    assert_int_equal(r.date, 1789199741);
    assert_false(r.has_valid_until);
    assert_true(r.by_hash);
    assert_true(r.separate_all);
    assert_int_equal(r.components.count, 2);
    assert_string_equal(r.components.items[1], "contrib");
    assert_int_equal(
        stet_debian_release_find(&r, "main/binary-amd64/Packages.xz", &size, &digest, &err), 1);
    assert_int_equal(size, 34);
    assert_int_equal(
        stet_debian_release_find(&r, "main/binary-amd64/Packages", &size, &digest, &err), 1);
    assert_int_equal(size, 12);
    assert_int_equal(digest.bytes[0], 0x01);
    assert_int_equal(stet_debian_release_find(&r, "binary-amd64/Packages", &size, &digest, &err),
                     0);
    assert_int_equal(stet_debian_release_find(&r, "main/binary-amd64", &size, &digest, &err), 0);
    stet_debian_release_release(&r);
}

static void separate_all(void **state)
{
    (void)state;
    struct stet_debian_release r;
    struct stet_error err = STET_ERROR_INIT;
#define WITH(extra) "Suite: s\nDate: Sat, 12 Sep 2026 07:55:41 UTC\n" extra LIST
    assert_int_equal(parse(WITH("Architectures: amd64\n"), &r, &err), 0);
    assert_false(r.separate_all);
    assert_false(r.by_hash);
    stet_debian_release_release(&r);
    assert_int_equal(parse(WITH("Architectures: all amd64\n"
                                "No-Support-for-Architecture-all: Packages\n"),
                           &r, &err),
                     0);
    assert_false(r.separate_all);
    stet_debian_release_release(&r);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "InRelease: it is empty"},
        {"Suite: s\n" LIST, "InRelease: it has no Date"},
        {"Suite: s\nDate: Sat, 12 Sep 2026 07:55:41 UTC\n",
         "InRelease: it lists no SHA256 digests"},
        {"Date: Sat, 12 Sep 2026 07:55:41 UTC\n" LIST, "InRelease: it names no suite"},
        {WITH("") "\nSuite: t\n", "InRelease: more than one paragraph"},
    };
    struct stet_debian_release r;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_error err = STET_ERROR_INIT;
        assert_int_equal(parse(cases[i].text, &r, &err), -1);
        assert_string_equal(err.text, cases[i].error);
    }
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(parse("Suite: s\nDate: yesterday\n" LIST, &r, &err), -1);
    assert_non_null(strstr(err.text, "InRelease: Date: "));
    stet_error_clear(&err);
    assert_int_equal(parse(WITH("Valid-Until: never\n"), &r, &err), -1);
    assert_non_null(strstr(err.text, "InRelease: Valid-Until: "));
}

static void refuses_listed_nonsense(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "SHA256:\n abc 12 P\n",
        "SHA256:\n " HASH " -1 P\n",
        "SHA256:\n " HASH " 99999999999999999999 P\n",
        "SHA256:\n " HASH " 1x P\n",
        "SHA256:\n " HASH " P\n",
        "SHA256:\n P P\n",
        "SHA256:\n 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef 1 P\n",
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct stet_debian_release r;
        struct stet_error err = STET_ERROR_INIT;
        struct stet_digest digest;
        uint64_t size;
        char *text =
            stet_format(&err, "Suite: s\nDate: Sat, 12 Sep 2026 07:55:41 UTC\n%s", lists[i]);
        assert_int_equal(parse(text, &r, &err), 0);
        assert_int_equal(stet_debian_release_find(&r, "P", &size, &digest, &err), -1);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        stet_debian_release_release(&r);
        free(text);
    }
}

static void checks_suite(void **state)
{
    (void)state;
    static const struct {
        const char *suite, *codename, *asked;
        bool right;
    } cases[] = {
        {"stable", "trixie", "trixie", true},
        {"stable", "trixie", "stable", true},
        {"stable", "trixie", "testing", false},
        {"stable", "trixie", "trixi", false},
        {"stable", "trixie", "trixie-security", false},
        {"stable-security", "trixie-security", "trixie-security", true},
        {"stable-security", "trixie-security", "trixie", false},
        {"oldoldstable", "buster", "buster/updates", true},
        {"oldoldstable", "buster", "stretch/updates", false},
        {"oldoldstable", "buster", "/updates", false},
        {"", "sid", "sid", true},
        {"unstable", "", "unstable", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_debian_release r = {0};
        struct stet_error err = STET_ERROR_INIT;
        r.suite = *cases[i].suite ? stet_strdup(cases[i].suite, &err) : NULL;
        r.codename = *cases[i].codename ? stet_strdup(cases[i].codename, &err) : NULL;
        int got = stet_debian_release_check_suite(&r, cases[i].asked, "InRelease", &err);
        assert_int_equal(got, cases[i].right ? 0 : -1);
        stet_debian_release_release(&r);
    }
}

/* Seconds relative to now; NONE: the field is missing. */
static void checks_time(void **state)
{
    (void)state;
    enum { NONE = INT32_MIN, DAY = 86400, NOW = 1800000000 };
    static const struct {
        int date, until;
        bool right;
    } cases[] = {
        {0, NONE, true},         {-1000 * DAY, NONE, true}, /* a stable release never expires */
        {-8 * DAY, -DAY, false}, {-8 * DAY, -1, false},
        {-7 * DAY, 0, true},                        /* valid until that second, inclusive */
        {-6 * DAY, DAY, true},   {DAY, NONE, true}, /* a little ahead: clocks differ */
        {DAY + 1, NONE, false},  {2 * DAY, 9 * DAY, false},
        {-DAY, -2 * DAY, false}, /* expired before it was made */
        {3600, -1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_debian_release r = {.date = NOW + (int64_t)cases[i].date};
        struct stet_error err = STET_ERROR_INIT;
        r.has_valid_until = cases[i].until != NONE;
        r.valid_until = r.has_valid_until ? NOW + (int64_t)cases[i].until : 0;
        int got = stet_debian_release_check_time(&r, NOW, "InRelease", &err);
        assert_int_equal(got, cases[i].right ? 0 : -1);
    }
}

static void time_errors(void **state)
{
    (void)state;
    struct stet_debian_release r = {
        .date = 1789199741, .has_valid_until = true, .valid_until = 1789804541};
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(stet_debian_release_check_time(&r, 1795423677, "U", &err), -1);
    assert_string_equal(err.text,
                        "U: it was valid until 2026-09-19T07:55:41Z, and now is "
                        "2026-11-23T08:47:57Z; use a current mirror, or \"check-valid-until: "
                        "false\" for a dated snapshot");
    stet_error_clear(&err);
    assert_int_equal(stet_debian_release_check_time(&r, 1700000000, "U", &err), -1);
    assert_string_equal(err.text, "U: it is dated 2026-09-12T07:55:41Z, in the future; this "
                                  "machine's clock says 2023-11-14T22:13:20Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),       cmocka_unit_test(separate_all),
        cmocka_unit_test(refuses),      cmocka_unit_test(refuses_listed_nonsense),
        cmocka_unit_test(checks_suite), cmocka_unit_test(checks_time),
        cmocka_unit_test(time_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
