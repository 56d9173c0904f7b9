/* What stet writes into a finished Arch root and takes out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/distro/arch/image_private.h"
#include "lib/distro/arch/state.h"

struct fixture {
    char dir[64];
    int root;
    struct stet_lock lock;
    struct stet_arch_package packages[2];
    struct stet_arch_state state;
    struct stet_build_context ctx;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/stet-test-arch.XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->root = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stet_lock_init(&f->lock);
    f->state = (struct stet_arch_state){.packages = f->packages, .count = 2};
    f->ctx = (struct stet_build_context){.root = f->root, .lock = &f->lock, .state = &f->state};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < f->state.count; i++)
        stet_strv_release(&f->packages[i].files);
    stet_lock_release(&f->lock);
    close(f->root);
    stet_fs_remove(AT_FDCWD, f->dir, NULL);
    free(f);
    return 0;
}

static void put(const struct fixture *f, const char *path, const char *text, mode_t mode)
{
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_free_ char *dir = strdup(path);
    *strrchr(dir, '/') = '\0';
    if (stet_fs_mkdirs_in(f->root, dir, &err) < 0 ||
        stet_fs_write_in(f->root, path, text, strlen(text), mode, (uid_t)-1, (gid_t)-1, &err) < 0)
        fail_msg("%s", err.text);
}

/* NULL: there is no such file. */
static void expect(const struct fixture *f, const char *path, const char *text)
{
    _cleanup_buffer_ struct stet_buffer got = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    int rc = stet_fs_read_in(f->root, path, 1 << 20, &got, &err);
    if (!text) {
        assert_int_equal(rc, -2);
        return;
    }
    if (rc < 0)
        fail_msg("%s: %s", path, err.text);
    assert_string_equal(stet_buffer_str(&got), text);
}

static void finish(struct fixture *f)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_arch_finish(&f->ctx, &err) < 0)
        fail_msg("%s", err.text);
}

static void a_root_without_pacman_gets_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(stet_strv_add(&f->lock.recipe.noextract, "usr/share/man/*", NULL), 0);
    assert_int_equal(stet_strv_add(&f->lock.recipe.mirrors, "https://example.org", NULL), 0);
    finish(f);
    expect(f, "etc/pacman.conf", NULL);
    expect(f, "etc/pacman.d/mirrorlist", NULL);
}

static void servers_are_as_the_recipe_says(void **state)
{
    struct fixture *f = *state;
    struct stet_recipe *r = &f->lock.recipe;
    put(f, "etc/pacman.conf", "[options]\nArchitecture = auto\n", 0644);
    put(f, "etc/pacman.d/mirrorlist", "#Server = https://one.example.org/$repo\n", 0644);
    assert_int_equal(stet_strv_add(&r->mirrors, "https://a.example.org/$repo/os/$arch", NULL), 0);
    assert_int_equal(stet_strv_add(&r->mirrors, "file:///srv/own", NULL), 0);
    r->sources = STET_SOURCES_NONE;
    finish(f);
    expect(f, "etc/pacman.d/mirrorlist", "#Server = https://one.example.org/$repo\n");
    r->sources = STET_SOURCES_LOCKED;
    finish(f);
    expect(f, "etc/pacman.d/mirrorlist",
           "Server = https://a.example.org/$repo/os/$arch\nServer = file:///srv/own\n");
    r->sources = STET_SOURCES_OWN;
    assert_int_equal(stet_strv_add(&r->own_sources, "# mine", NULL), 0);
    assert_int_equal(stet_strv_add(&r->own_sources, "Server = https://b.example.org", NULL), 0);
    finish(f);
    expect(f, "etc/pacman.d/mirrorlist", "# mine\nServer = https://b.example.org\n");
    expect(f, "etc/pacman.conf", "[options]\nArchitecture = auto\n");
}

static void noextract_goes_into_the_options(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"# a\n[options]\nHoldPkg = pacman\n[core]\n",
         "# a\n[options]\nNoExtract = usr/share/man/*\nNoExtract = !a?b\nHoldPkg = "
         "pacman\n[core]\n"},
        {" [options] \r\nX\n", " [options] \r\nNoExtract = usr/share/man/*\nNoExtract = !a?b\nX\n"},
        {"[options]", "[options]\nNoExtract = usr/share/man/*\nNoExtract = !a?b\n"},
        {"#[options]\n[core]\n",
         "[options]\nNoExtract = usr/share/man/*\nNoExtract = !a?b\n#[options]\n[core]\n"},
        {"[options]x\n", "[options]\nNoExtract = usr/share/man/*\nNoExtract = !a?b\n[options]x\n"},
        {"", "[options]\nNoExtract = usr/share/man/*\nNoExtract = !a?b\n"},
    };
    _cleanup_strv_ struct stet_strv patterns = STET_STRV_INIT;
    assert_int_equal(stet_strv_add(&patterns, "usr/share/man/*", NULL), 0);
    assert_int_equal(stet_strv_add(&patterns, "!a b", NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        _cleanup_buffer_ struct stet_buffer got = STET_BUFFER_INIT;
        assert_int_equal(stet_arch_add_noextract(cases[i].before, &patterns, &got, NULL), 0);
        assert_string_equal(stet_buffer_str(&got), cases[i].after);
    }
}

static void run_rule(struct fixture *f, const char *name)
{
    struct stet_error err = STET_ERROR_INIT;
    const struct stet_scrub_rule *rule = stet_arch_scrub_rules;
    while (rule->name && strcmp(rule->name, name) != 0)
        rule++;
    assert_non_null(rule->name);
    if (rule->run(&f->ctx, &err) < 0)
        fail_msg("%s", err.text);
}

static void the_password_of_root_is_locked(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"bin:!*:1::::::\nroot::14871::::::\nx::1::::::\n",
         "bin:!*:1::::::\nroot:!:14871::::::\nx::1::::::\n"},
        {"root:$6$abc:14871::::::\n", "root:!$6$abc:14871::::::\n"},
        {"root:!:14871::::::\n", "root:!:14871::::::\n"},
        {"root:*:14871::::::\n", "root:*:14871::::::\n"},
        {"roots::14871::::::\n", "roots::14871::::::\n"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stat st;
        put(f, "etc/shadow", cases[i].before, 0600);
        run_rule(f, "root-password");
        expect(f, "etc/shadow", cases[i].after);
        assert_int_equal(stet_fs_stat_in(f->root, "etc/shadow", &st, NULL), 1);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    stet_fs_remove_in(f->root, "etc/shadow", NULL);
    run_rule(f, "root-password");
    expect(f, "etc/shadow", NULL);
}

static void what_a_package_ships_is_known(void **state)
{
    struct fixture *f = *state;
    static const char *const files[] = {"etc/",        "etc/a",    "usr/",     "usr/lib-x/",
                                        "usr/lib-x/a", "usr/lib/", "usr/lib/b"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(stet_strv_add(&f->packages[1].files, files[i], NULL), 0);
    assert_true(stet_arch_owns(&f->ctx, "etc"));
    assert_true(stet_arch_owns(&f->ctx, "etc/a"));
    assert_true(stet_arch_owns(&f->ctx, "usr/lib"));
    assert_true(stet_arch_owns(&f->ctx, "usr/lib/b"));
    assert_true(stet_arch_owns(&f->ctx, "usr/lib-x"));
    assert_false(stet_arch_owns(&f->ctx, "usr/li"));
    assert_false(stet_arch_owns(&f->ctx, "usr/lib/"
                                         "c"));
    assert_false(stet_arch_owns(&f->ctx, "zzz"));
    assert_false(stet_arch_owns(&f->ctx, "a"));
}

static void a_keyring_that_was_not_asked_for_goes(void **state)
{
    struct fixture *f = *state;
    put(f, "etc/pacman.d/gnupg/pubring.gpg", "x", 0644);
    f->lock.recipe.public_keyring = true;
    run_rule(f, "pacman-keyring");
    expect(f, "etc/pacman.d/gnupg/pubring.gpg", "x");
    f->lock.recipe.public_keyring = false;
    assert_int_equal(stet_strv_add(&f->packages[0].files, "etc/pacman.d/gnupg/", NULL), 0);
    run_rule(f, "pacman-keyring");
    expect(f, "etc/pacman.d/gnupg/pubring.gpg", "x");
    stet_strv_release(&f->packages[0].files);
    run_rule(f, "pacman-keyring");
    expect(f, "etc/pacman.d/gnupg/pubring.gpg", NULL);
}

static void a_public_keyring_needs_keyrings(void **state)
{
    struct fixture *f = *state;
    struct stet_error err = STET_ERROR_INIT;
    f->lock.recipe.public_keyring = true;
    assert_int_equal(stet_arch_finish(&f->ctx, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_non_null(strstr(err.text, "/usr/share/pacman/keyrings"));
    put(f, "usr/share/pacman/keyrings/README", "x", 0644);
    err = (struct stet_error)STET_ERROR_INIT;
    assert_int_equal(stet_arch_finish(&f->ctx, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_root_without_pacman_gets_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(servers_are_as_the_recipe_says, set_up, tear_down),
        cmocka_unit_test(noextract_goes_into_the_options),
        cmocka_unit_test_setup_teardown(the_password_of_root_is_locked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_package_ships_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_keyring_that_was_not_asked_for_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_public_keyring_needs_keyrings, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
