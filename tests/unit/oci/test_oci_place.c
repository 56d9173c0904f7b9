/*
 * Places as the user writes them.
 */
#include "fixture.h"

static void test_what_is_a_place(void **state)
{
    static const struct {
        const char *text;
        enum stet_oci_transport transport;
        const char *path, *reference;
    } cases[] = {
        {"oci:out", STET_OCI_LAYOUT, "out", NULL},
        {"oci:out:trixie", STET_OCI_LAYOUT, "out", "trixie"},
        {"oci:/a/b.c:example.org/debian:12-slim@x", STET_OCI_LAYOUT, "/a/b.c",
         "example.org/debian:12-slim@x"},
        {"oci:out:a--b+c", STET_OCI_LAYOUT, "out", "a--b+c"},
        {"oci-archive:x.tar", STET_OCI_ARCHIVE, "x.tar", NULL},
        {"oci-archive:x.tar:v1.0_2", STET_OCI_ARCHIVE, "x.tar", "v1.0_2"},
        {"docker-archive:x.tar", STET_OCI_DOCKER_ARCHIVE, "x.tar", NULL},
        {"docker-archive:x.tar:debian", STET_OCI_DOCKER_ARCHIVE, "x.tar", "debian:latest"},
        {"docker-archive:x.tar:debian:12", STET_OCI_DOCKER_ARCHIVE, "x.tar", "debian:12"},
        {"docker-archive:x.tar:a/b__c/d---e", STET_OCI_DOCKER_ARCHIVE, "x.tar",
         "a/b__c/d---e:latest"},
        {"docker-archive:x.tar:localhost:5000/a:T_1", STET_OCI_DOCKER_ARCHIVE, "x.tar",
         "localhost:5000/a:T_1"},
        {"docker-archive:x.tar:Example.ORG/a", STET_OCI_DOCKER_ARCHIVE, "x.tar",
         "Example.ORG/a:latest"},
        {"tar:a:b", STET_OCI_TAR, "a:b", NULL},
        {"rootfs:/srv/root", STET_OCI_ROOTFS, "/srv/root", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stet_oci_place p;
        struct stet_error err = STET_ERROR_INIT;
        need(stet_oci_place_parse(cases[i].text, &p, &err), &err);
        assert_int_equal(p.transport, cases[i].transport);
        assert_string_equal(p.path, cases[i].path);
        if (cases[i].reference)
            assert_string_equal(p.reference, cases[i].reference);
        else
            assert_null(p.reference);
        stet_oci_place_release(&p);
        assert_null(p.path);
    }
}

static void assert_no_place(const char *text)
{
    struct stet_oci_place p;
    struct stet_error err = STET_ERROR_INIT;

    if (stet_oci_place_parse(text, &p, &err) == 0)
        fail_msg("\"%s\" is taken for a place", text);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_true(strlen(err.text) > 10);
}

static void test_what_is_no_place(void **state)
{
    static const char *const cases[] = {
        "",
        "out",
        "oci",
        "oci:",
        "oci::tag",
        "OCI:out",
        "oci:out:",
        "oci:out:-a",
        "oci:out:a-",
        "oci:out:a..b",
        "oci:out:a---b",
        "oci:out:a/",
        "oci:out:/a",
        "oci:out:a b",
        "oci:out:a\nb",
        "oci:out:\xc3\xa9",
        "oci-archive:",
        "oci-archive:x:a//b",
        "docker-archive:x:",
        "docker-archive:x:Debian",
        "docker-archive:x:debian:",
        "docker-archive:x:debian:-x",
        "docker-archive:x:debian:a b",
        "docker-archive:x:a___b",
        "docker-archive:x:a/",
        "docker-archive:x:-a",
        "docker-archive:x:a.",
        "docker-archive:x:exa..mple/a",
        "docker-archive:x:example.org:/a",
        "docker-archive:x:example-.org/a",
        "docker-archive:x:debian@sha256:0000",
        "docker-archive:x:debian:1@sha256:0000",
        "docker://example.org/a",
        "tar:",
        "rootfs:",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_no_place(cases[i]);
}

static void test_length_limits(void **state)
{
    char text[700];

    (void)state;
    for (int len = 255; len <= 256; len++) {
        struct stet_oci_place p = {0};
        struct stet_error err = STET_ERROR_INIT;
        memset(text, 'a', sizeof(text));
        memcpy(text, "oci:x:", 6);
        text[6 + len] = '\0';
        assert_int_equal(stet_oci_place_parse(text, &p, &err), len == 255 ? 0 : -1);
        stet_oci_place_release(&p);
    }
    memset(text, 'a', sizeof(text));
    memcpy(text, "docker-archive:x:b:", 19);
    text[19 + 129] = '\0';
    assert_no_place(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_place),
        cmocka_unit_test(test_what_is_no_place),
        cmocka_unit_test(test_length_limits),
    };

    return cmocka_run_group_tests_name("oci/place", tests, NULL, NULL);
}
