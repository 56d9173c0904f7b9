/* From recipes to locks over the small archive of tests/data/debian-archive, which is the argument.
 */
#include "lib/distro/debian/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static const char *data;

enum { JANUARY_10 = 1768003200, MARCH_1 = 1772323200 };

struct place {
    char dir[64];
    struct stet_store *store;
};

static int set_up(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    (void)snprintf(p->dir, sizeof p->dir, "/tmp/stet-test-resolve-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    char *store = stet_format(&err, "%s/store", p->dir);
    p->store = stet_store_open(store, NULL, &err);
    free(store);
    assert_non_null(p->store);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    struct stet_error err = STET_ERROR_INIT;
    stet_store_free(p->store);
    assert_int_equal(stet_fs_remove(AT_FDCWD, p->dir, &err), 0);
    free(p);
    return 0;
}

struct run {
    const char *mirrors; /* words; "@" stands for the data's folder, "%" for the test's */
    const char *suite;
    const char *suites; /* words; NULL: not given */
    const char *packages, *base, *keyring, *components;
    bool any_time, offline;
    int64_t now;
    const char *apt_root;
};

static void add_words(struct stet_strv *out, const char *words, const struct place *p)
{
    struct stet_error err = STET_ERROR_INIT;
    while (words && *(words += strspn(words, " "))) {
        size_t len = strcspn(words, " ");
        if (*words == '@')
            assert_int_equal(
                stet_strv_addf(out, &err, "file://%s%.*s", data, (int)len - 1, words + 1), 0);
        else if (*words == '%')
            assert_int_equal(
                stet_strv_addf(out, &err, "file://%s%.*s", p->dir, (int)len - 1, words + 1), 0);
        else
            assert_int_equal(stet_strv_addf(out, &err, "%.*s", (int)len, words), 0);
        words += len;
    }
}

static void fill_recipe(const struct run *r, const struct place *p, struct stet_recipe *out)
{
    struct stet_error err = STET_ERROR_INIT;
    stet_recipe_init(out);
    out->name = stet_strdup("test", &err);
    out->ecosystem = stet_strdup("debian", &err);
    out->suite = stet_strdup(r->suite ? r->suite : "trixie", &err);
    out->architecture = stet_strdup("amd64", &err);
    out->keyring = stet_format(&err, "%s/%s", data, r->keyring ? r->keyring : "keyring.gpg");
    out->base = stet_strdup(r->base, &err);
    out->check_valid_until = !r->any_time;
    out->epoch_auto = true;
    out->suites_given = r->suites != NULL;
    add_words(&out->suites, r->suites, p);
    add_words(&out->mirrors, r->mirrors ? r->mirrors : "@/archive", p);
    add_words(&out->packages, r->packages, p);
    add_words(&out->components, r->components, p);
}

static int resolve(const struct run *r, const struct place *p, struct stet_lock *lock,
                   struct stet_error *err)
{
    struct stet_resolve_context ctx = {.store = p->store,
                                       .offline = r->offline,
                                       .now = r->now ? r->now : JANUARY_10,
                                       .apt_root = r->apt_root ? r->apt_root : p->dir};
    stet_lock_init(lock);
    lock->format = 1;
    fill_recipe(r, p, &lock->recipe);
    if (stet_debian_complete_recipe(&lock->recipe, err) < 0)
        return -1;
    return stet_debian_resolve(&ctx, lock, err);
}

/* "name version reason stage" and so on of all packages, a line each. */
static void write_packages(const struct stet_lock *lock, struct stet_buffer *out)
{
    for (size_t i = 0; i < lock->package_count; i++) {
        const struct stet_lock_package *p = &lock->packages[i];
        stet_buffer_addf(out, "%s %s %s %s %u\n", p->name, p->version, p->reason,
                         p->needed_by ? p->needed_by : "-", p->stage);
    }
}

static void expect_packages(const struct run *r, const struct place *p, const char *packages)
{
    struct stet_buffer got = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    if (resolve(r, p, &lock, &err) < 0)
        fail_msg("%s", err.text);
    write_packages(&lock, &got);
    assert_string_equal(stet_buffer_str(&got), packages);
    stet_buffer_release(&got);
    stet_lock_release(&lock);
}

static void expect_error(const struct run *r, const struct place *p, const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    assert_int_equal(resolve(r, p, &lock, &err), -1);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" is not in \"%s\"", text, err.text);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    stet_lock_release(&lock);
}

#define MINBASE                                                                                    \
    "libc6 2.41-1 dependency base-files 0\n"                                                       \
    "base-files 13 essential - 0\n"                                                                \
    "sh 1 essential - 0\n"                                                                         \
    "apt 3.0 base - 1\n"                                                                           \
    "passwd 1 required - 1\n"

/* MINBASE with tool and what it needs. */
#define WITH_TOOL(libtool, tool)                                                                   \
    "libc6 2.41-1 dependency base-files 0\n"                                                       \
    "base-files 13 essential - 0\n"                                                                \
    "sh 1 essential - 0\n"                                                                         \
    "apt 3.0 base - 1\n"                                                                           \
    "libtool " libtool " dependency tool 1\n"                                                      \
    "passwd 1 required - 1\n"                                                                      \
    "tool " tool " requested - 1\n"

static void base_sets(void **state)
{
    expect_packages(&(struct run){0}, *state, MINBASE);
    expect_packages(&(struct run){.base = "essential"}, *state,
                    "libc6 2.41-1 dependency base-files 0\n"
                    "base-files 13 essential - 0\n"
                    "sh 1 essential - 0\n");
    expect_packages(&(struct run){.base = "essential", .packages = "apt sh passwd"}, *state,
                    "libc6 2.41-1 dependency base-files 0\n"
                    "base-files 13 essential - 0\n"
                    "sh 1 essential - 0\n"
                    "apt 3.0 requested - 1\n"
                    "passwd 1 requested - 1\n");
}

static void pockets(void **state)
{
    /* The default takes -updates, which this mirror has, and -security only where a mirror has it.
     */
    expect_packages(&(struct run){.packages = "tool"}, *state, WITH_TOOL("1+2", "1.1"));
    expect_packages(&(struct run){.packages = "tool", .mirrors = "@/archive/ @/security"}, *state,
                    WITH_TOOL("1+2+deb13u1", "1.1"));
    expect_packages(&(struct run){.packages = "tool", .suites = ""}, *state,
                    WITH_TOOL("1+2", "1.0"));
    expect_packages(&(struct run){.packages = "tool=1.0"}, *state, WITH_TOOL("1+2", "1.0"));
    expect_packages(&(struct run){.mirrors = "%/none @/archive"}, *state, MINBASE);
}

static void fills_the_lock(void **state)
{
    struct place *p = *state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    char *want;
    struct run r = {.mirrors = "@/archive @/security @/archive/.", .packages = "libtool"};
    if (resolve(&r, p, &lock, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(lock.index_count, 3);
    assert_string_equal(lock.indexes[0].suite, "trixie");
    assert_string_equal(lock.indexes[1].suite, "trixie-updates");
    assert_string_equal(lock.indexes[2].suite, "trixie-security");
    assert_string_equal(lock.indexes[0].component, "main");
    assert_int_equal(lock.indexes[0].release_date, 1767225600);
    assert_int_equal(lock.epoch, 1767398400); /* the newest: trixie-security's */
    assert_int_equal(lock.indexes[0].signed_by.count, 1);
    want = stet_format(&err, "file://%s/archive", data);
    assert_string_equal(lock.indexes[0].mirror, want);
    free(want);
    assert_non_null(strstr(lock.indexes[0].url, "/main/binary-amd64/by-hash/SHA256/"));
    assert_non_null(strstr(lock.indexes[1].url, "/main/binary-amd64/Packages.gz"));
    assert_non_null(strstr(lock.indexes[2].url, "/main/binary-amd64/Packages"));
    const struct stet_lock_package *tool = &lock.packages[lock.package_count - 2];
    for (size_t i = 0; i < lock.package_count; i++)
        if (strcmp(lock.packages[i].name, "apt") == 0)
            tool = &lock.packages[i];
    assert_string_equal(tool->name, "apt");
    assert_int_equal(tool->size, 100);
    assert_int_equal(tool->urls.count, 2); /* the same archive under two URLs */
    want = stet_format(&err, "file://%s/archive/pool/main/apt_3.0_amd64.deb", data);
    assert_string_equal(tool->urls.items[0], want);
    free(want);
    struct stet_buffer text = STET_BUFFER_INIT, again = STET_BUFFER_INIT;
    struct stet_lock second;
    assert_int_equal(stet_lock_print(&lock, STET_JSON_INDENTED, &text, &err), 0);
    assert_int_equal(resolve(&r, p, &second, &err), 0);
    assert_int_equal(stet_lock_print(&second, STET_JSON_INDENTED, &again, &err), 0);
    assert_string_equal(text.data, again.data);
    stet_buffer_release(&text);
    stet_buffer_release(&again);
    stet_lock_release(&lock);
    stet_lock_release(&second);
}

static void keeps_a_given_epoch(void **state)
{
    struct place *p = *state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    struct run r = {0};
    struct stet_resolve_context ctx = {.store = p->store, .now = JANUARY_10, .apt_root = ""};
    stet_lock_init(&lock);
    fill_recipe(&r, p, &lock.recipe);
    lock.recipe.epoch_auto = false;
    lock.recipe.epoch = lock.epoch = 1000;
    assert_int_equal(stet_debian_complete_recipe(&lock.recipe, &err), 0);
    assert_int_equal(stet_debian_resolve(&ctx, &lock, &err), 0);
    assert_int_equal(lock.epoch, 1000);
    stet_lock_release(&lock);
}

static void refuses(void **state)
{
    static const struct {
        struct run run;
        const char *error;
    } cases[] = {
        {{.now = MARCH_1}, "it was valid until 2026-02-01T00:00:00Z, and now is 2026-03-01T"},
        {{.now = 1767000000}, "in the future; this machine's clock says 2025-12-29T"},
        {{.keyring = "none.gpg"}, "none.gpg: it does not exist; install Debian's package"},
        {{.mirrors = "@/wrong", .suite = "other-key"}, "not signed by a key of the keyring"},
        {{.mirrors = "@/wrong", .suite = "unsigned"}, "it is not signed"},
        {{.mirrors = "@/wrong", .suite = "altered"}, "wrong signature"},
        {{.mirrors = "@/wrong", .suite = "expired-key", .keyring = "expired.gpg"}, "has expired"},
        {{.mirrors = "@/wrong", .suite = "forky"},
         "it is the index of trixie (trixie), not of forky; the mirror is broken"},
        {{.suite = "bookworm"}, "suite bookworm: no mirror has it (file://"},
        {{.suites = "trixie-backports"}, "suite trixie-backports: no mirror has it (file://"},
        {{.components = "main contrib"},
         "it has no packages of component contrib for amd64 (its components: main)"},
        {{.packages = "tol"},
         "there is no package tol for amd64 in the indexes; similar names: tool"},
        {{.base = "standard"}, "base: \"standard\" is not one of Debian's"},
        {{.suite = "../x"}, "suite: \"../x\" is not the name of a suite"},
        {{.suites = "a/../b"}, "suites: \"a/../b\" is not a name"},
        {{.components = "-x"}, "components: \"-x\" is not a name"},
        {{.packages = "a/trixie"}, "packages: \"a/trixie\" is not a name"},
        {{.mirrors = "@/security", .suite = "trixie-security"}, "it has no essential packages"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(&cases[i].run, *state, cases[i].error);
}

static void refuses_another_index(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    struct run r = {.mirrors = "@/wrong"};
    assert_int_equal(resolve(&r, *state, &lock, &err), -1);
    assert_non_null(strstr(err.text, "Packages"));
    stet_lock_release(&lock);
}

static void snapshots(void **state)
{
    expect_packages(&(struct run){.now = MARCH_1, .any_time = true}, *state, MINBASE);
    expect_packages(&(struct run){.mirrors = "@/wrong",
                                  .suite = "expired-key",
                                  .any_time = true,
                                  .keyring = "expired.gpg"},
                    *state, MINBASE);
}

static void offline(void **state)
{
    struct run on = {.packages = "tool"}, off = {.packages = "tool", .offline = true};
    const char *want = WITH_TOOL("1+2", "1.1");
    expect_error(&off, *state, "it was never fetched; run again without --offline");
    expect_packages(&on, *state, want);
    expect_packages(&off, *state, want);
    off.now = MARCH_1;
    expect_error(&off, *state, "it was valid until 2026-02-01T00:00:00Z");
}

static void point_mirror(const struct place *p, const char *name)
{
    struct stet_error err = STET_ERROR_INIT;
    char *link = stet_format(&err, "%s/mirror", p->dir);
    char *target = stet_format(&err, "%s/%s", data, name);
    (void)unlink(link);
    assert_int_equal(symlink(target, link), 0);
    free(link);
    free(target);
}

#define ESSENTIAL_WITH_TOOL(tool)                                                                  \
    "libc6 2.41-1 dependency base-files 0\n"                                                       \
    "base-files 13 essential - 0\n"                                                                \
    "sh 1 essential - 0\n"                                                                         \
    "libtool 1+2 dependency tool 1\n"                                                              \
    "tool " tool " requested - 1\n"

static void rollback(void **state)
{
    struct run r = {.mirrors = "%/mirror", .suites = "", .packages = "tool", .base = "essential"};
    point_mirror(*state, "older");
    expect_packages(&r, *state, ESSENTIAL_WITH_TOOL("0.9"));
    point_mirror(*state, "archive");
    expect_packages(&r, *state, ESSENTIAL_WITH_TOOL("1.0"));
    point_mirror(*state, "older");
    expect_error(&r, *state,
                 "it is dated 2025-12-01T00:00:00Z, but one dated 2026-01-01T00:00:00Z was seen "
                 "there before");
    r.any_time = true;
    expect_packages(&r, *state, ESSENTIAL_WITH_TOOL("0.9"));
    /* Looking at an old state on purpose does not make it the newest one seen. */
    r.any_time = false;
    expect_error(&r, *state, "was seen there before");
}

static void withheld_pocket(void **state)
{
    struct run r = {.mirrors = "%/mirror"};
    point_mirror(*state, "archive");
    expect_packages(&r, *state, MINBASE);
    struct stet_error err = STET_ERROR_INIT;
    struct place *p = *state;
    /* The same mirror without trixie-updates. */
    char *link = stet_format(&err, "%s/mirror", p->dir);
    char *dists = stet_format(&err, "%s/mirror/dists", p->dir);
    char *from = stet_format(&err, "%s/archive/dists/trixie", data);
    char *to = stet_format(&err, "%s/mirror/dists/trixie", p->dir);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(stet_fs_mkdirs(AT_FDCWD, dists, &err), 0);
    assert_int_equal(symlink(from, to), 0);
    expect_error(&r, p, "it was there before and is gone; if that is right, list the suites");
    r.suites = "";
    expect_packages(&r, p, MINBASE);
    free(link);
    free(dists);
    free(from);
    free(to);
}

static void write_sources(const struct place *p, const char *signed_by)
{
    struct stet_error err = STET_ERROR_INIT;
    char *dir = stet_format(&err, "%s/etc/apt/sources.list.d", p->dir);
    char *path = stet_format(&err, "%s/debian.sources", dir);
    char *text =
        stet_format(&err,
                    "Types: deb\nURIs: file://%s/archive\nSuites: bookworm "
                    "bookworm-updates\nComponents: main\n%s\n\nTypes: deb\nURIs: "
                    "file://%s/security\nSuites: bookworm-security\nComponents: main\n%s\n",
                    data, signed_by, data, signed_by);
    assert_int_equal(stet_fs_mkdirs(AT_FDCWD, dir, &err), 0);
    assert_int_equal(stet_fs_write(AT_FDCWD, path, text, strlen(text), &err), 0);
    free(dir);
    free(path);
    free(text);
}

static void system_mirror(void **state)
{
    /* The machine runs another release; its sources carry this one as well, pocket for pocket. */
    write_sources(*state, "Signed-By: /nonexistent.gpg");
    expect_packages(&(struct run){.mirrors = "system", .packages = "tool"}, *state,
                    WITH_TOOL("1+2+deb13u1", "1.1"));
}

/* As a completed recipe is where the default keyring is not installed: the machine's entries decide. */
static int resolve_without_keyring(const struct place *p, struct stet_error *err)
{
    struct stet_resolve_context ctx = {.store = p->store, .now = JANUARY_10, .apt_root = p->dir};
    struct run r = {.mirrors = "system"};
    struct stet_lock lock;
    stet_lock_init(&lock);
    fill_recipe(&r, p, &lock.recipe);
    free(lock.recipe.keyring);
    lock.recipe.keyring = NULL;
    lock.recipe.base = stet_strdup("minbase", err);
    assert_int_equal(stet_strv_add(&lock.recipe.components, "main", err), 0);
    int result = stet_debian_resolve(&ctx, &lock, err);
    if (result == 0)
        assert_int_equal(lock.package_count, 5);
    stet_lock_release(&lock);
    return result;
}

/* The text of a file of the data, each line with a space before it, as a field's value. */
static char *as_field(const char *name)
{
    struct stet_buffer text = STET_BUFFER_INIT, out = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    char *path = stet_format(&err, "%s/%s", data, name), *save = NULL;
    assert_int_equal(stet_fs_read(AT_FDCWD, path, 1 << 16, &text, &err), 0);
    stet_buffer_add_str(&out, "Signed-By:");
    /* strtok_r passes over the one empty line, which is the second. */
    for (char *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        stet_buffer_addf(&out, "\n %s%s", line, strstr(line, "BEGIN") ? "\n ." : "");
    free(path);
    stet_buffer_release(&text);
    return stet_buffer_detach(&out);
}

static void machine_keyring(void **state)
{
    struct place *p = *state;
    struct stet_error err = STET_ERROR_INIT;
    char *target = stet_format(&err, "%s/keyring.asc", data);
    char *link = stet_format(&err, "%s/machine.asc", p->dir);
    assert_int_equal(symlink(target, link), 0);
    write_sources(p, "Signed-By: /machine.asc");
    if (resolve_without_keyring(p, &err) < 0)
        fail_msg("%s", err.text);
    char *embedded = as_field("keyring.asc");
    write_sources(p, embedded);
    if (resolve_without_keyring(p, &err) < 0)
        fail_msg("%s", err.text);
    write_sources(p, "Signed-By: 0123456789ABCDEF0123456789ABCDEF01234567");
    assert_int_equal(resolve_without_keyring(p, &err), -1);
    assert_non_null(strstr(err.text, "no keyring to check it with; install Debian's package"));
    stet_error_clear(&err);
    write_sources(p, "Signed-By: /nonexistent.gpg");
    assert_int_equal(resolve_without_keyring(p, &err), -1);
    assert_non_null(strstr(err.text, "/nonexistent.gpg: it does not exist"));
    free(embedded);
    free(target);
    free(link);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(base_sets),           TEST(pockets),       TEST(fills_the_lock),
        TEST(keeps_a_given_epoch), TEST(refuses),       TEST(refuses_another_index),
        TEST(snapshots),           TEST(offline),       TEST(rollback),
        TEST(withheld_pocket),     TEST(system_mirror), TEST(machine_keyring),
    };
    if (argc != 2)
        return 2;
    data = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
