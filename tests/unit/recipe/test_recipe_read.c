/* Recipes from files, with the contents of "files" beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/recipe/recipe.h"

#define HEAD "stet: 1\nname: t\necosystem: debian\n"

struct fixture {
    char dir[64];
    int fd;
    char *recipe;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->dir, sizeof f->dir, "/tmp/stet-test-recipe-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->fd >= 0);
    assert_int_equal(mkdirat(f->fd, "in", 0755), 0);
    f->recipe = stet_format(NULL, "%s/in/r.yaml", f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(stet_fs_remove(AT_FDCWD, f->dir, NULL), 0);
    close(f->fd);
    free(f->recipe);
    free(f);
    return 0;
}

static void put(const struct fixture *f, const char *path, const void *data, size_t len)
{
    int fd = openat(f->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(stet_fs_write_fd(fd, path, data, len, NULL), 0);
    close(fd);
}

static void put_recipe(const struct fixture *f, const char *text)
{
    put(f, "in/r.yaml", text, strlen(text));
}

static void read_ok(const struct fixture *f, struct stet_recipe *r)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_recipe_read(f->recipe, r, &err) < 0)
        fail_msg("%s", err.text);
}

static void read_fails(const struct fixture *f, enum stet_error_kind kind, const char *part)
{
    struct stet_recipe r;
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(stet_recipe_read(f->recipe, &r, &err), -1);
    assert_int_equal(err.kind, kind);
    if (!strstr(err.text, part))
        fail_msg("'%s' has not '%s'", err.text, part);
}

static void contents_are_embedded(void **state)
{
    struct fixture *f = *state;
    struct stet_recipe r;
    put(f, "in/motd", "a\0b\n", 4);
    put(f, "in/empty", "", 0);
    put_recipe(f, HEAD "files:\n- {from: motd, to: /etc/motd}\n- {from: ./empty, to: /e}\n");
    read_ok(f, &r);
    assert_int_equal(r.file_count, 2);
    assert_int_equal(r.files[0].content_len, 4);
    assert_memory_equal(r.files[0].content, "a\0b\n", 4);
    assert_string_equal(r.files[0].from, "motd");
    assert_int_equal(r.files[1].content_len, 0);
    stet_recipe_release(&r);
}

static void a_missing_file_is_named_with_its_place(void **state)
{
    struct fixture *f = *state;
    put_recipe(f, HEAD "files:\n- {from: none, to: /etc/motd}\n");
    read_fails(f, STET_ERROR_INPUT,
               "/in/r.yaml:5:10: 'from': there is no file 'none' below the recipe's directory");
}

static void nothing_outside_the_directory_is_read(void **state)
{
    struct fixture *f = *state;
    put(f, "secret", "secret", 6);
    put_recipe(f, HEAD "files:\n- {from: ../secret, to: /s}\n");
    read_fails(f, STET_ERROR_INPUT, "'../secret' is not a path below the recipe's directory");
    assert_int_equal(symlinkat("../secret", f->fd, "in/link"), 0);
    put_recipe(f, HEAD "files:\n- {from: link, to: /s}\n");
    read_fails(f, STET_ERROR_INPUT, "there is no file 'link'");
    assert_int_equal(symlinkat("..", f->fd, "in/up"), 0);
    put_recipe(f, HEAD "files:\n- {from: up/secret, to: /s}\n");
    read_fails(f, STET_ERROR_INPUT, "there is no file 'up/secret'");
}

static void a_directory_is_no_file(void **state)
{
    struct fixture *f = *state;
    struct stet_recipe r;
    assert_int_equal(mkdirat(f->fd, "in/dir", 0755), 0);
    put_recipe(f, HEAD "files:\n- {from: dir, to: /s}\n");
    assert_int_equal(stet_recipe_read(f->recipe, &r, NULL), -1);
}

static void sizes_are_limited(void **state)
{
    struct fixture *f = *state;
    struct stet_recipe r;
    char *large = calloc(1, STET_RECIPE_FILE_MAX + 1);
    assert_non_null(large);
    put(f, "in/large", large, STET_RECIPE_FILE_MAX);
    put_recipe(f, HEAD "files:\n- {from: large, to: /l}\n");
    read_ok(f, &r);
    assert_int_equal(r.files[0].content_len, STET_RECIPE_FILE_MAX);
    stet_recipe_release(&r);
    put(f, "in/large", large, STET_RECIPE_FILE_MAX + 1);
    read_fails(f, STET_ERROR_INPUT, "/in/r.yaml:5:10: ");
    put(f, "in/r.yaml", large, (1 << 20) + 1);
    assert_int_equal(stet_recipe_read(f->recipe, &r, NULL), -1);
    free(large);
}

static void a_missing_recipe_is_an_error(void **state)
{
    struct fixture *f = *state;
    read_fails(f, STET_ERROR_INPUT, "r.yaml");
}

static void standard_input_is_a_dash(void **state)
{
    struct fixture *f = *state;
    struct stet_recipe r;
    struct stet_error err = STET_ERROR_INIT;
    put_recipe(f, HEAD "base: X\n");
    int saved = dup(STDIN_FILENO), fd = open(f->recipe, O_RDONLY | O_CLOEXEC);
    assert_true(saved >= 0 && fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    assert_int_equal(stet_recipe_read("-", &r, &err), -1);
    assert_string_equal(err.text, "standard input:4:7: 'base': 'X' is not valid here; use "
                                  "lower-case letters, digits and '-'");
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(contents_are_embedded),
        TEST(a_missing_file_is_named_with_its_place),
        TEST(nothing_outside_the_directory_is_read),
        TEST(a_directory_is_no_file),
        TEST(sizes_are_limited),
        TEST(a_missing_recipe_is_an_error),
        TEST(standard_input_is_a_dash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
