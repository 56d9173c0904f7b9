/* The recipes that come with stet are recipes. The folder is the program's argument. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/recipe/recipe.h"

static const char *folder;

static void check(const char *name)
{
    struct stet_recipe r;
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_free_ char *path = stet_format(NULL, "%s/%s", folder, name);
    assert_non_null(path);
    if (stet_recipe_read(path, &r, &err) < 0)
        fail_msg("%s", err.text);
    /* The file is called as the recipe. */
    assert_int_equal(strncmp(name, r.name, strlen(r.name)), 0);
    assert_string_equal(name + strlen(r.name), ".yaml");
    stet_recipe_release(&r);
}

static void every_recipe_is_read(void **state)
{
    (void)state;
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (len < 5 || strcmp(e->d_name + len - 5, ".yaml") != 0)
            continue;
        check(e->d_name);
        count++;
    }
    closedir(dir);
    assert_true(count >= 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recipe_is_read),
    };
    if (argc != 2)
        return 2;
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
