/* What stet puts into a finished root, what it cleans from it and what it reads in it. */
#include "lib/distro/debian/architecture.h"
#include "lib/distro/debian/image.h"
#include "tests/unit/debian/deb_fixture.h"

#define DEBIAN   "https://deb.example.org/debian"
#define SECURITY "https://security.example.org/debian-security"

static const char sources_file[] = "etc/apt/sources.list.d/debian.sources";
static const char own_file[] = "etc/apt/sources.list";

/* ---- apt's sources ---- */

static void add_index(struct fixture *f, const char *mirror, const char *suite,
                      const char *component)
{
    struct stet_lock_index *i = stet_lock_add_index(&f->lock, &f->err);
    assert_non_null(i);
    i->mirror = stet_strdup(mirror, NULL);
    i->suite = stet_strdup(suite, NULL);
    i->component = stet_strdup(component, NULL);
    assert_true(i->mirror && i->suite && (i->component || !component));
}

static void make_directory(struct fixture *f, const char *path)
{
    if (stet_fs_mkdirs_in(f->ctx.root, path, &f->err) < 0)
        fail_msg("%s", f->err.text);
}

static void set_keyring(struct fixture *f, const char *path)
{
    f->lock.recipe.keyring = stet_strdup(path, NULL);
    assert_non_null(f->lock.recipe.keyring);
}

static void write_sources(struct fixture *f)
{
    if (stet_debian_write_sources(&f->ctx, &f->err) < 0)
        fail_msg("%s", f->err.text);
}

static void assert_content(struct fixture *f, const char *path, const char *expected)
{
    const char *got = content(f, path);
    assert_non_null(got);
    assert_string_equal(got, expected);
}

static bool exists(struct fixture *f, const char *path)
{
    struct stat st;
    return lookup(f, path, &st);
}

static void assert_no_sources(struct fixture *f)
{
    assert_false(exists(f, sources_file));
    assert_false(exists(f, own_file));
}

static void locked_sources(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    make_directory(f, "etc/apt/sources.list.d");
    add_index(f, DEBIAN, "trixie", "main");
    write_sources(f);
    assert_content(f, sources_file,
                   "Types: deb\nURIs: " DEBIAN "\nSuites: trixie\nComponents: main\n");
    assert_true(lookup(f, sources_file, &st));
    assert_int_equal(st.st_mode, S_IFREG | 0644);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_gid, 0);
    assert_false(exists(f, own_file));
}

/* A paragraph for each mirror, in the order of the lock; every word once, in that order too. */
static void locked_sources_of_several_mirrors(void **state)
{
    struct fixture *f = *state;
    make_directory(f, "etc/apt/sources.list.d");
    add_index(f, DEBIAN, "trixie", "main");
    add_index(f, DEBIAN, "trixie", "contrib");
    add_index(f, SECURITY, "trixie-security", "main");
    add_index(f, DEBIAN, "trixie-updates", "main");
    add_index(f, DEBIAN, "trixie-updates", "contrib");
    add_index(f, SECURITY, "trixie-security", "contrib");
    write_sources(f);
    assert_content(f, sources_file,
                   "Types: deb\n"
                   "URIs: " DEBIAN "\n"
                   "Suites: trixie trixie-updates\n"
                   "Components: main contrib\n"
                   "\n"
                   "Types: deb\n"
                   "URIs: " SECURITY "\n"
                   "Suites: trixie-security\n"
                   "Components: main contrib\n");
}

static void locked_sources_replace_the_package_s(void **state)
{
    struct fixture *f = *state;
    make_directory(f, "etc/apt/sources.list.d");
    put(f, sources_file, "Types: deb\nURIs: http://old.example.org/\n");
    add_index(f, DEBIAN, "trixie", "main");
    write_sources(f);
    assert_null(strstr(content(f, sources_file), "old.example.org"));
}

static void locked_sources_without_apt(void **state)
{
    struct fixture *f = *state;
    make_directory(f, "etc");
    add_index(f, DEBIAN, "trixie", "main");
    write_sources(f);
    assert_no_sources(f);
    assert_false(exists(f, "etc/apt"));
}

static void no_sources(void **state)
{
    struct fixture *f = *state;
    make_directory(f, "etc/apt/sources.list.d");
    add_index(f, DEBIAN, "trixie", "main");
    f->lock.recipe.sources = STET_SOURCES_NONE;
    write_sources(f);
    assert_no_sources(f);
}

/* Verbatim, and with apt or without it. */
static void own_sources(void **state)
{
    struct fixture *f = *state;
    struct stet_strv *own = &f->lock.recipe.own_sources;
    f->lock.recipe.sources = STET_SOURCES_OWN;
    add_index(f, DEBIAN, "trixie", "main");
    assert_int_equal(stet_strv_add(own, "# a\ndeb  [a=b] " DEBIAN " trixie main", NULL), 0);
    assert_int_equal(stet_strv_add(own, "", NULL), 0);
    assert_int_equal(stet_strv_add(own, "deb " SECURITY " trixie-security main ", NULL), 0);
    write_sources(f);
    assert_content(f, own_file,
                   "# a\ndeb  [a=b] " DEBIAN " trixie main\n"
                   "\n"
                   "deb " SECURITY " trixie-security main \n");
    assert_int_equal(mode_of(f, own_file), 0644);
    assert_false(exists(f, "etc/apt/sources.list.d"));
}

/* ---- Signed-By ---- */

#define PGP "usr/share/keyrings/debian-archive-keyring.pgp"
#define GPG "usr/share/keyrings/debian-archive-keyring.gpg"

/* keyring: the recipe's, or NULL; in_image: a file of the image, or NULL; expected: the field's
 * value, or NULL. */
static void assert_signed_by(struct fixture *f, const char *keyring, const char *in_image,
                             const char *expected)
{
    char line[128];
    make_directory(f, "etc/apt/sources.list.d");
    make_directory(f, "usr/share/keyrings");
    if (in_image)
        put(f, in_image, "");
    if (keyring)
        set_keyring(f, keyring);
    add_index(f, DEBIAN, "trixie", "main");
    add_index(f, SECURITY, "trixie-security", "main");
    write_sources(f);
    snprintf(line, sizeof line, "Components: main\nSigned-By: /%s\n", expected ? expected : "");
    const char *got = content(f, sources_file);
    const char *first = strstr(got, expected ? line : "Signed-By:");
    assert_int_equal(first != NULL, expected != NULL);
    if (first) /* of both mirrors */
        assert_non_null(strstr(first + strlen(line), line));
}

static void signed_by_the_keyring_of_the_image(void **state)
{
    assert_signed_by(*state, "/" GPG, GPG, GPG);
}

static void signed_by_its_newer_name(void **state)
{
    struct fixture *f = *state;
    make_directory(f, "usr/share/keyrings");
    put(f, GPG, "");
    assert_signed_by(f, "/" GPG, PGP, PGP);
}

/* A copy of Debian's keyring elsewhere on the machine is the same keyring. */
static void signed_by_wherever_the_recipe_has_it(void **state)
{
    assert_signed_by(*state, "/home/user/debian-archive-keyring.gpg", GPG, GPG);
}

static void not_signed_by_what_the_image_has_not(void **state)
{
    assert_signed_by(*state, "/" GPG, NULL, NULL);
}

/* Another keyring verified the indexes: Debian's would make apt refuse them. */
static void not_signed_by_another_keyring(void **state)
{
    assert_signed_by(*state, "/usr/share/keyrings/example-archive-keyring.gpg", GPG, NULL);
}

static void not_signed_by_an_unknown_keyring(void **state)
{
    assert_signed_by(*state, NULL, GPG, NULL);
}

/* ---- the packages of an image ---- */

static void lists_installed_packages(void **state)
{
    (void)state;
    static const char status[] =
        "Package: dash\nStatus: install ok installed\nVersion: 0.5.12-12\nArchitecture: amd64\n"
        "\n"
        "Package: base-files\nEssential: yes\nStatus: install ok installed\n"
        "Architecture: amd64\nDescription: short\n long\n .\n Package: folded\nVersion: 13.8\n"
        "\n"
        "Package: libc6\nStatus: hold ok installed\nArchitecture: i386\nVersion: 1:2.41-12\n"
        "\n"
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.41-12\n"
        "\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"
        "\n"
        "Package: never\nStatus: unknown ok not-installed\nArchitecture: all\n"
        "\n"
        "Package: half\nStatus: install reinstreq half-installed\nVersion: 1\nArchitecture: all\n"
        "\n"
        "Package: half\nStatus: install ok unpacked\nVersion: 1\nArchitecture: all\n"
        "\n"
        "Package: stateless\nVersion: 1\nArchitecture: all\n"
        "\n"
        "Package: odd\nStatus: installed\nVersion: 1\nArchitecture: all\n";
    static const char *const expected[] = {"base-files 13.8 amd64", "dash 0.5.12-12 amd64",
                                           "libc6 1:2.41-12 i386", "libc6 2.41-12 amd64"};
    struct stet_strv got = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    if (stet_debian_list_packages(status, strlen(status), &got, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(got.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(got.items[i], expected[i]);
    stet_strv_release(&got);
}

static void lists_nothing(void **state)
{
    (void)state;
    struct stet_strv got = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(stet_debian_list_packages("", 0, &got, &err), 0);
    assert_int_equal(stet_debian_list_packages("\n\n", 2, &got, &err), 0);
    assert_int_equal(got.count, 0);
    stet_strv_release(&got);
}

static void refuses_a_damaged_status(void **state)
{
    (void)state;
    static const struct {
        const char *status, *part;
    } cases[] = {
        {"Package: a\nStatus: install ok installed\nVersion: 1\n", "without a valid"},
        {"Package: a\nStatus: install ok installed\nArchitecture: all\n", "without a valid"},
        {"Status: install ok installed\nVersion: 1\nArchitecture: all\n", "without a valid"},
        {"Package:\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n",
         "without a valid"},
        /* A name that is two lines of the list, or more words than it should be. */
        {"Package: a\n b 2 all\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n",
         "without a valid"},
        {"Package: a\nStatus: install ok installed\nVersion: 1 2\nArchitecture: all\n",
         "without a valid"},
        {"Package: a\nStatus: install ok installed\nVersion: 1\033[2J\nArchitecture: all\n",
         "without a valid"},
        {"Package: a\nPackage: b\n", "var/lib/dpkg/status:2"},
        {"no field\n", "var/lib/dpkg/status:1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_strv got = STET_STRV_INIT;
        struct stet_error err = STET_ERROR_INIT;
        assert_int_equal(
            stet_debian_list_packages(cases[i].status, strlen(cases[i].status), &got, &err), -1);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        if (!strstr(err.text, cases[i].part))
            fail_msg("case %zu: %s", i, err.text);
        stet_strv_release(&got);
    }
}

/* ---- architectures ---- */

/* As "go tool dist list" and GOARM have them, and uname -m. */
static void names_architectures(void **state)
{
    (void)state;
    static const struct {
        const char *debian, *oci, *variant, *machine;
    } cases[] = {
        {"amd64", "amd64", NULL, "x86_64"},      {"arm64", "arm64", "v8", "aarch64"},
        {"armel", "arm", "v5", "armv5tel"},      {"armhf", "arm", "v7", "armv7l"},
        {"i386", "386", NULL, "i686"},           {"loong64", "loong64", NULL, "loongarch64"},
        {"ppc64el", "ppc64le", NULL, "ppc64le"}, {"riscv64", "riscv64", NULL, "riscv64"},
        {"s390x", "s390x", NULL, "s390x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *variant = "unset";
        assert_string_equal(stet_debian_oci_architecture(cases[i].debian, &variant), cases[i].oci);
        if (cases[i].variant)
            assert_string_equal(variant, cases[i].variant);
        else
            assert_null(variant);
        assert_string_equal(stet_debian_machine(cases[i].debian), cases[i].machine);
    }
}

static void knows_no_other_architecture(void **state)
{
    (void)state;
    static const char *const names[] = {"", "all", "any", "AMD64", "x86_64", "amd64 ", "hurd-i386"};
    const char *variant = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_null(stet_debian_oci_architecture(names[i], &variant));
        assert_null(stet_debian_machine(names[i]));
    }
}

/* ---- scrub rules ---- */

static bool matches(const char *const *globs, const char *path)
{
    for (; globs && *globs; globs++)
        if (stet_path_match(*globs, path, false))
            return true;
    return false;
}

/* The rules that remove or empty path, as "-rule" and "=rule". */
static void touched_by(const char *path, struct stet_buffer *out)
{
    for (const struct stet_scrub_rule *r = stet_debian_scrub_rules; r->name; r++) {
        if (matches(r->remove, path) && !matches(r->keep, path))
            stet_buffer_addf(out, "-%s", r->name);
        if (matches(r->truncate, path))
            stet_buffer_addf(out, "=%s", r->name);
    }
}

static const struct {
    const char *path, *rule; /* "": stays */
} scrubbed[] = {
    {"var/log", ""},
    {"var/log/alternatives.log", "-package-logs"},
    {"var/log/apt", ""},
    {"var/log/apt/history.log", "-package-logs"},
    {"var/log/apt/a/b", "-package-logs"},
    {"var/log/bootstrap.log", "-package-logs"},
    {"var/log/dpkg.log", "-package-logs"},
    {"var/log/dpkg.log.1", ""},
    {"var/log/fontconfig.log", "-package-logs"},
    {"var/log/own/dpkg.log", ""},
    {"var/log/README", ""},
    {"var/log/btmp", "=login-records"},
    {"var/log/faillog", "=login-records"},
    {"var/log/lastlog", "=login-records"},
    {"var/log/wtmp", "=login-records"},
    {"var/log/wtmp.db", ""},
    {"var/cache/apt", ""},
    {"var/cache/apt/archives", ""},
    {"var/cache/apt/archives/a_1_all.deb", "-apt-state"},
    {"var/cache/apt/archives/lock", "-apt-state"},
    {"var/cache/apt/archives/partial", ""},
    {"var/cache/apt/pkgcache.bin", "-apt-state"},
    {"var/cache/apt/srcpkgcache.bin", "-apt-state"},
    {"var/lib/apt/extended_states", ""},
    {"var/lib/apt/lists", ""},
    {"var/lib/apt/lists/deb.example.org_debian_dists_trixie_InRelease", "-apt-state"},
    {"var/lib/apt/lists/lock", "-apt-state"},
    {"var/lib/apt/lists/partial", ""},
    {"var/lib/apt/lists/partial/a", "-apt-state"},
    {"var/lib/dpkg", ""},
    {"var/lib/dpkg/available", ""},
    {"var/lib/dpkg/diversions", ""},
    {"var/lib/dpkg/diversions-old", "-dpkg-backups"},
    {"var/lib/dpkg/statoverride-old", "-dpkg-backups"},
    {"var/lib/dpkg/status", ""},
    {"var/lib/dpkg/status-old", "-dpkg-backups"},
    {"var/lib/dpkg/info/x-old.list", ""},
    {"var/lib/dpkg/info/x-old", ""},
    {"var/lib/dpkg/tmp.ci", "-dpkg-backups"},
    {"var/lib/dpkg/lock", "-dpkg-locks"},
    {"var/lib/dpkg/lock-frontend", "-dpkg-locks"},
    {"var/lib/dpkg/triggers/Lock", "-dpkg-locks"},
    {"var/lib/dpkg/triggers/File", ""},
    {"var/cache/debconf/config.dat", ""},
    {"var/cache/debconf/config.dat-old", "-dpkg-backups"},
    {"var/cache/debconf/templates.dat-old", "-dpkg-backups"},
    {"usr/share/doc/var/log/dpkg.log", ""},
};

static void scrubs_what_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scrubbed / sizeof *scrubbed; i++) {
        struct stet_buffer got = STET_BUFFER_INIT;
        touched_by(scrubbed[i].path, &got);
        if (strcmp(stet_buffer_str(&got), scrubbed[i].rule) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", scrubbed[i].path, stet_buffer_str(&got),
                     scrubbed[i].rule);
        stet_buffer_release(&got);
    }
}

static bool tried(const char *glob, const char *mark, const char *name)
{
    for (size_t i = 0; i < sizeof scrubbed / sizeof *scrubbed; i++) {
        const char *rule = scrubbed[i].rule;
        bool same = mark ? *rule == *mark && strcmp(rule + 1, name) == 0 : *rule == '\0';
        if (same && stet_path_match(glob, scrubbed[i].path, false))
            return true;
    }
    return false;
}

static void assert_all_tried(const char *const *globs, const char *mark, const char *name)
{
    for (; globs && *globs; globs++) {
        if (!tried(*globs, mark, name))
            fail_msg("%s: no path of this test shows what %s does", name, *globs);
        assert_true(**globs != '/');
    }
}

/* Every glob of the table has a path above that it is there for; every rule has a reason. */
static void tries_every_glob(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct stet_scrub_rule *r = stet_debian_scrub_rules; r->name; r++, count++) {
        assert_all_tried(r->remove, "-", r->name);
        assert_all_tried(r->keep, NULL, r->name);
        assert_all_tried(r->truncate, "=", r->name);
        assert_true(r->why && *r->why);
        assert_true(r->remove || r->truncate || r->run);
    }
    assert_true(count >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        IN_ROOT(locked_sources),
        IN_ROOT(locked_sources_of_several_mirrors),
        IN_ROOT(locked_sources_replace_the_package_s),
        IN_ROOT(locked_sources_without_apt),
        IN_ROOT(no_sources),
        IN_ROOT(own_sources),
        IN_ROOT(signed_by_the_keyring_of_the_image),
        IN_ROOT(signed_by_its_newer_name),
        IN_ROOT(signed_by_wherever_the_recipe_has_it),
        IN_ROOT(not_signed_by_what_the_image_has_not),
        IN_ROOT(not_signed_by_another_keyring),
        IN_ROOT(not_signed_by_an_unknown_keyring),
        cmocka_unit_test(lists_installed_packages),
        cmocka_unit_test(lists_nothing),
        cmocka_unit_test(refuses_a_damaged_status),
        cmocka_unit_test(names_architectures),
        cmocka_unit_test(knows_no_other_architecture),
        cmocka_unit_test(scrubs_what_it_should),
        cmocka_unit_test(tries_every_glob),
    };
    int root = become_root();
    return root ? root : cmocka_run_group_tests_name("debian/image", tests, NULL, NULL);
}
