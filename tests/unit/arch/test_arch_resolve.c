/* From recipes to locks: completing, mirrors, databases, rollback, offline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/distro/arch/repository.h"
#include "tests/support/server.h"
#include "tests/unit/arch/resolve_fixture.h"

#define BASE     "lib 1-1 dependency base Good\nbase 2-1 requested - Good\n"
#define TOOL     "lib 1-1 dependency tool Good\ntool 1:3-1 requested - Good\n"
#define UNSIGNED "lib 1-1 dependency base\nbase 2-1 requested -\n"

static const struct fixture_recipe never = {.siglevel = STET_SIGLEVEL_NEVER,
                                            .database = STET_SIGLEVEL_NEVER};
static const struct fixture_recipe usual = {.database = STET_SIGLEVEL_OPTIONAL};

static struct fixture_recipe at(const char *mirrors)
{
    struct fixture_recipe r = usual;
    r.mirrors = mirrors;
    return r;
}

static struct fixture_recipe never_at(const char *mirrors)
{
    struct fixture_recipe r = never;
    r.mirrors = mirrors;
    return r;
}

/* ---- completing ---- */

static void completes(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_recipe r;
    (void)state;
    stet_recipe_init(&r);
    assert_int_equal(stet_strv_add(&r.mirrors, "https://mirror.example.org/$repo", &err), 0);
    assert_int_equal(stet_strv_add(&r.packages, "base", &err), 0);
    if (stet_arch_complete_recipe(&r, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(r.repositories.count, 2);
    assert_string_equal(r.repositories.items[0], "core");
    assert_string_equal(r.repositories.items[1], "extra");
    assert_string_equal(r.keyring, "archlinux.gpg");
    assert_non_null(stet_arch_machine(r.architecture));
    stet_recipe_release(&r);
    stet_recipe_init(&r);
    r.siglevel = r.database_siglevel = STET_SIGLEVEL_NEVER;
    assert_int_equal(stet_strv_add(&r.mirrors, "https://mirror.example.org/$repo", &err), 0);
    assert_int_equal(stet_strv_add(&r.packages, "base", &err), 0);
    assert_int_equal(stet_arch_complete_recipe(&r, &err), 0);
    assert_null(r.keyring);
    stet_recipe_release(&r);
}

static void refuses_what_is_not_of_arch(void **state)
{
    static const struct {
        const char *suite, *component, *base, *key, *mirror, *repository, *architecture, *error;
        bool nothing;
    } cases[] = {
        {.nothing = true, .error = "packages: an Arch recipe names what to install"},
        {.suite = "trixie", .error = "suite: Arch has none"},
        {.component = "main", .error = "components: Arch has none; it has \"repositories\""},
        {.base = "minbase", .error = "base: Arch has none; list \"base\" among the packages"},
        {.key = "/etc/key", .error = "keys: Arch recipes name a keyring file"},
        {.mirror = "system", .error = "mirror: what pacman uses on this machine is not looked at"},
        {.repository = "../core", .error = "repositories: \"../core\" is not the name"},
        {.repository = "a/b", .error = "repositories: \"a/b\" is not the name"},
        {.repository = ".x", .error = "repositories: \".x\" is not the name"},
        {.repository = "local", .error = "repositories: \"local\" is not the name"},
        {.repository = "", .error = "repositories: \"\" is not the name"},
        {.architecture = "amd64", .error = "architecture: \"amd64\" is not one that stet knows"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_error err = STET_ERROR_INIT;
        struct stet_recipe r;
        stet_recipe_init(&r);
        r.suite = stet_strdup(cases[i].suite, &err);
        r.base = stet_strdup(cases[i].base, &err);
        r.architecture = stet_strdup(cases[i].architecture, &err);
        const char *mirror = cases[i].mirror ? cases[i].mirror : "file:///x";
        assert_int_equal(stet_strv_add(&r.mirrors, mirror, &err), 0);
        if (!cases[i].nothing)
            assert_int_equal(stet_strv_add(&r.packages, "base", &err), 0);
        if (cases[i].component)
            assert_int_equal(stet_strv_add(&r.components, cases[i].component, &err), 0);
        if (cases[i].key)
            assert_int_equal(stet_strv_add(&r.keys, cases[i].key, &err), 0);
        if (cases[i].repository)
            assert_int_equal(stet_strv_add(&r.repositories, cases[i].repository, &err), 0);
        assert_int_equal(stet_arch_complete_recipe(&r, &err), -1);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        if (!strstr(err.text, cases[i].error))
            fail_msg("\"%s\" instead of \"%s\"", err.text, cases[i].error);
        stet_recipe_release(&r);
    }
}

static void architectures(void **state)
{
    static const struct {
        const char *arch, *machine, *oci, *variant;
    } cases[] = {
        {"x86_64", "x86_64", "amd64", NULL},
        {"aarch64", "aarch64", "arm64", "v8"},
        {"armv7h", "armv7l", "arm", "v7"},
        {"i686", "i686", "386", NULL},
        {"riscv64", "riscv64", "riscv64", NULL},
        {"loong64", "loongarch64", "loong64", NULL},
        {"any", NULL, NULL, NULL},
        {"amd64", NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *variant = NULL;
        const char *oci = stet_arch_oci_architecture(cases[i].arch, &variant);
        const char *machine = stet_arch_machine(cases[i].arch);
        assert_int_equal(!oci, !cases[i].oci);
        assert_int_equal(!machine, !cases[i].machine);
        assert_int_equal(!variant, !cases[i].variant);
        if (!oci)
            continue;
        assert_string_equal(oci, cases[i].oci);
        assert_string_equal(machine, cases[i].machine);
        assert_string_equal(stet_arch_of_machine(machine), cases[i].arch);
        if (variant)
            assert_string_equal(variant, cases[i].variant);
    }
    assert_string_equal(stet_arch_of_machine("armv8l"), "armv7h");
    assert_null(stet_arch_of_machine("s390x"));
}

static void snapshot_dates(void **state)
{
    static const struct {
        const char *url;
        int64_t date;
    } cases[] = {
        {"https://a.example.org/repos/2024/05/06/core/os/x86_64/core.db", 1715039999},
        {"file:///srv/2024/05/06/core.db", 1715039999},
        {"https://a.example.org/2024/05/06", 1715039999},
        {"https://a.example.org/2024/05/06?x", 1715039999},
        {"https://a.example.org/2024/02/29/", 1709251199},
        {"https://a.example.org/2024/13/01/2024/05/06/", 1715039999},
        {"https://a.example.org/2023/02/29/", INT64_MIN},
        {"https://a.example.org/2024/04/31/", INT64_MIN},
        {"https://a.example.org/2024/00/01/", INT64_MIN},
        {"https://a.example.org/2024/01/00/", INT64_MIN},
        {"https://a.example.org/1969/01/01/", INT64_MIN},
        {"https://a.example.org/2024/5/6/", INT64_MIN},
        {"https://a.example.org/2024-05-06/", INT64_MIN},
        {"https://a.example.org/x2024/05/06/", INT64_MIN},
        {"https://a.example.org/2024/05/06x/", INT64_MIN},
        {"https://a.example.org/20240/05/06/", INT64_MIN},
        {"https://a.example.org/2024/05/", INT64_MIN},
        {"https://a.example.org/x?/2024/05/06/", INT64_MIN},
        {"https://2024/05/06/x", INT64_MIN},
        {"https://a.example.org", INT64_MIN},
        {"", INT64_MIN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (stet_arch_snapshot_date(cases[i].url) != cases[i].date)
            fail_msg("%s", cases[i].url);
}

/* ---- the lock ---- */

static void fills_the_lock(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    (void)state;
    fixture_run("rm -rf m; mkdir -p m/core/os/x86_64 m/extra/os/x86_64\n"
                "cp good/*.pkg.tar.gz* good/core.db m/core/os/x86_64\n"
                "cp good/*.pkg.tar.gz* good/extra.db m/extra/os/x86_64");
    struct fixture_recipe r = at("%/nowhere/$repo/os/$arch %/m/$repo/os/$arch/ %/other");
    r.packages = "tool";
    if (fixture_resolve(&r, &lock, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(lock.epoch, 1583000000);
    assert_int_equal(lock.index_count, 2);
    const struct stet_lock_index *x = &lock.indexes[1];
    char *want = stet_format(&err, "file://%s/m/extra/os/x86_64", fixture_dir);
    assert_string_equal(x->suite, "extra");
    assert_null(x->component);
    assert_string_equal(x->mirror, want);
    free(want);
    want = stet_format(&err, "file://%s/m/extra/os/x86_64/extra.db", fixture_dir);
    assert_string_equal(x->url, want);
    assert_string_equal(x->release_url, want);
    free(want);
    assert_true(stet_digest_equal(&x->digest, &x->release_digest));
    assert_int_equal(x->release_date, 1583000000);
    assert_int_equal(x->signed_by.count, 0);
    assert_int_equal(lock.package_count, 2);
    const struct stet_lock_package *p = &lock.packages[1];
    assert_string_equal(p->name, "tool");
    assert_string_equal(p->architecture, "x86_64");
    assert_int_equal(p->urls.count, 3);
    static const char *const places[] = {"m/extra/os/x86_64", "nowhere/extra/os/x86_64", "other"};
    for (size_t i = 0; i < 3; i++) {
        want =
            stet_format(&err, "file://%s/%s/tool-1:3-1-x86_64.pkg.tar.gz", fixture_dir, places[i]);
        assert_string_equal(p->urls.items[i], want);
        free(want);
    }
    struct stet_buffer text = STET_BUFFER_INIT;
    if (stet_lock_print(&lock, STET_JSON_INDENTED, &text, &err) < 0)
        fail_msg("%s", err.text);
    stet_buffer_release(&text);
    stet_lock_release(&lock);
}

static void packages_of_a_folder(void **state)
{
    (void)state;
    fixture_expect(&usual, BASE);
    struct fixture_recipe r = usual;
    r.packages = "tool";
    fixture_expect(&r, TOOL);
    r.repositories = "core";
    fixture_refuse(&r, "tool");
}

/* Nothing but the database is looked at, so that packages need not even be there. */
static void never_looks(void **state)
{
    (void)state;
    fixture_run("rm -rf bare; mkdir bare; cp good/*.db bare; echo no > bare/core.db.sig");
    struct fixture_recipe r = never_at("%/bare");
    r.keyring = "none.gpg";
    fixture_expect(&r, UNSIGNED);
}

static void compressions(void **state)
{
    (void)state;
    static const char *const tools[] = {"xz", "zstd -q", "cat"};
    for (size_t i = 0; i < 3; i++) {
        char script[256];
        (void)snprintf(script, sizeof script,
                       "rm -rf c; mkdir c; for d in core extra; do gzip -dc good/$d.db | %s "
                       "> c/$d.db; done",
                       tools[i]);
        fixture_run(script);
        struct fixture_recipe r = never_at("%/c");
        fixture_expect(&r, UNSIGNED);
    }
    fixture_run("head -c 60 good/core.db > c/core.db");
    struct fixture_recipe r = never_at("%/c");
    fixture_refuse(&r, "core.db");
    fixture_run("echo words > c/core.db");
    fixture_refuse(&r, "core.db");
}

static void wrong_entries(void **state)
{
    static const struct {
        const char *sed, *error;
    } cases[] = {
        {"/SHA256SUM/,+2d", "gives no SHA-256 of it"},
        {"/FILENAME/,+2d", "it has no %FILENAME%"},
        {"s,^lib-1-1-x86_64.pkg,../lib-1-1-x86_64.pkg,", "an impossible file name, ../lib-1-1"},
        {"s,^lib-1-1-x86_64.pkg,.lib-1-1-x86_64.pkg,", "an impossible file name, .lib-1-1"},
        {"/CSIZE/,+2d", "it has no %CSIZE%"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char script[256];
        (void)snprintf(script, sizeof script,
                       "rm -rf w; cp -a good w; edit w lib '%s'; db w core base lib", cases[i].sed);
        fixture_run(script);
        struct fixture_recipe r = never_at("%/w");
        fixture_refuse(&r, cases[i].error);
    }
}

/* ---- mirrors ---- */

static void falls_back(void **state)
{
    struct stet_test_server server;
    struct stet_error err = STET_ERROR_INIT;
    (void)state;
    stet_test_server_start(&server, fixture_dir, NULL);
    char *mirrors =
        stet_format(&err, "http://127.0.0.1:1/x %s %%/good", stet_test_url(&server, "/none/$repo"));
    struct fixture_recipe r = at(mirrors);
    fixture_expect(&r, BASE);
    assert_int_equal(stet_test_requests(&server, "/none/core/core.db ", "404"), 1);
    free(mirrors);
    mirrors = stet_format(&err, "%s %%/none", stet_test_url(&server, "/good"));
    r = at(mirrors);
    fixture_expect(&r, BASE);
    assert_int_equal(stet_test_requests(&server, "/good/core.db ", "200"), 1);
    assert_int_equal(stet_test_requests(&server, "/good/core.db.sig", "404"), 1);
    /* It came with the database. */
    assert_int_equal(stet_test_requests(&server, "/good/base-2-1-x86_64.pkg.tar.gz.sig", NULL), 0);
    free(mirrors);
    stet_test_server_stop(&server);
}

static void no_mirror_has_it(void **state)
{
    (void)state;
    struct fixture_recipe r = at("%/a %/b");
    r.repositories = "core";
    fixture_refuse(&r, "repository core: no mirror has it (file://");
    fixture_refuse(&r, "/a/core.db and file://");
    fixture_refuse(&r, "/b/core.db do not exist)");
    r.mirrors = "http://127.0.0.1:1/x %/b";
    fixture_refuse(&r, "http://127.0.0.1:1/x/core.db");
    fixture_refuse(&r, "/b/core.db does not exist");
    r.mirrors = "%/good";
    r.repositories = "multilib";
    fixture_refuse(&r, "repository multilib: no mirror has it (file://");
}

/* ---- databases: signatures ---- */

static void database_signatures(void **state)
{
    struct fixture_recipe r = never_at("%/d");
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    (void)state;
    r.repositories = "core";
    fixture_run("rm -rf d; cp -a good d");
    r.database = STET_SIGLEVEL_REQUIRED;
    fixture_refuse(&r, "repository core: its database is not signed (file://");
    r.database = STET_SIGLEVEL_OPTIONAL;
    fixture_expect(&r, UNSIGNED);
    fixture_run("sign Good 20200301T000000 d/core.db");
    fixture_expect(&r, UNSIGNED);
    r.database = STET_SIGLEVEL_REQUIRED;
    if (fixture_resolve(&r, &lock, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(lock.indexes[0].signed_by.count, 1);
    stet_lock_release(&lock);
    fixture_run("sign Stranger 20200301T000000 d/core.db");
    fixture_refuse(&r, "core.db: it is not signed by a key of the keyring, but by ");
    r.database = STET_SIGLEVEL_OPTIONAL;
    fixture_refuse(&r, "core.db: it is not signed by a key of the keyring, but by ");
    fixture_run("sign Good 20200301T000000 d/extra.db; mv d/extra.db.sig d/core.db.sig");
    fixture_refuse(&r, "core.db: wrong signature");
    r.database = STET_SIGLEVEL_NEVER;
    fixture_expect(&r, UNSIGNED);
}

/* ---- rollback and offline ---- */

static void rollback(void **state)
{
    struct fixture_recipe r = never_at("%/roll");
    (void)state;
    r.repositories = "core";
    fixture_run("rm -rf roll; built=1583000000; pkg roll lib 1-1; pkg roll base 2-1 lib; db roll "
                "core base lib");
    fixture_expect(&r, UNSIGNED);
    fixture_run("built=1582000000; pkg roll lib 1-1; pkg roll base 2-1 lib; db roll core base lib");
    fixture_refuse(&r, "core.db: its newest package is of 2020-02-18T04:26:40Z, but one of "
                       "2020-02-29T18:13:20Z was seen there before");
    /* Two days back are no attack; but they do not add up. */
    fixture_run("built=1582827200; pkg roll lib 1-1; pkg roll base 2-1 lib; db roll core base lib");
    fixture_expect(&r, UNSIGNED);
    fixture_run("built=1582654400; pkg roll lib 1-1; pkg roll base 2-1 lib; db roll core base lib");
    fixture_refuse(&r, "but one of 2020-02-29T18:13:20Z was seen there before");
    fixture_run("built=1583000001; pkg roll lib 1-1; pkg roll base 2-1 lib; db roll core base lib");
    fixture_expect(&r, UNSIGNED);
    fixture_run("built=4000000000; pkg roll lib 1-1; pkg roll base 2-1 lib; db roll core base lib");
    fixture_refuse(&r, "its newest package is of 2096-10-02T07:06:40Z, which is in the future");
    fixture_run("built=1583000001; pkg roll lib 1-1; pkg roll base 2-1 lib; db roll core base lib");
    fixture_expect(&r, UNSIGNED);
}

static void offline(void **state)
{
    struct fixture_recipe r = at("%/away %/off"), off = r;
    (void)state;
    off.offline = true;
    fixture_run("rm -rf off; cp -a good off; sign Good 20200301T000000 off/core.db");
    fixture_refuse(&off, "/away/core.db: it was never fetched; run again without --offline");
    fixture_expect(&r, BASE);
    fixture_run("rm -rf off");
    fixture_expect(&off, BASE);
    off.packages = "tool";
    fixture_refuse(&off, "package tool: its signature was never asked for; run again without");
    off.siglevel = STET_SIGLEVEL_NEVER;
    fixture_expect(&off, "lib 1-1 dependency tool\ntool 1:3-1 requested -\n");
    off.database = STET_SIGLEVEL_REQUIRED;
    off.repositories = "core";
    off.packages = "base";
    fixture_expect(&off, UNSIGNED);
    off.repositories = "extra";
    off.packages = "tool";
    fixture_refuse(&off, "repository extra: its database is not signed");
}

static void offline_after_never(void **state)
{
    struct fixture_recipe r = never, off = usual;
    (void)state;
    off.offline = true;
    fixture_expect(&r, UNSIGNED);
    fixture_refuse(&off, "core.db.sig: it was never asked for; run again without --offline");
    off.database = STET_SIGLEVEL_NEVER;
    fixture_refuse(&off, "package lib: its signature was never asked for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
        TEST(completes),
        TEST(refuses_what_is_not_of_arch),
        TEST(architectures),
        TEST(snapshot_dates),
        TEST(fills_the_lock),
        TEST(packages_of_a_folder),
        TEST(never_looks),
        TEST(compressions),
        TEST(wrong_entries),
        TEST(falls_back),
        TEST(no_mirror_has_it),
        TEST(database_signatures),
        TEST(rollback),
        TEST(offline),
        TEST(offline_after_never),
    };
    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
