/*
 * The finished root: what is left out, and which times are kept. The times here are those that a
 * kernel would have given on other days: none may show.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/build/internal.h"

enum { EPOCH = 1000000, PACKAGE_TIME = 900000, LATER_PACKAGE_TIME = 1100000 };

struct fixture {
    char path[64];
    int root;
    struct stet_lock lock;
    struct stet_mtimes mtimes;
    struct stet_tree tree;
    struct stet_tree_view view;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    snprintf(f->path, sizeof(f->path), "/tmp/stet-test-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    f->root = open(f->path, O_RDONLY | O_DIRECTORY);
    assert_true(f->root >= 0);
    stet_lock_init(&f->lock);
    f->lock.epoch = EPOCH;
    stet_mtimes_init(&f->mtimes);
    assert_int_equal(stet_mtimes_add(&f->mtimes, PACKAGE_TIME, NULL), 0);
    assert_int_equal(stet_mtimes_add(&f->mtimes, LATER_PACKAGE_TIME, NULL), 0);
    stet_tree_init(&f->tree);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    stet_tree_release(&f->tree);
    stet_mtimes_release(&f->mtimes);
    stet_lock_release(&f->lock);
    close(f->root);
    assert_int_equal(stet_fs_remove(AT_FDCWD, f->path, NULL), 0);
    free(f);
    return 0;
}

static void set_time(struct fixture *f, const char *path, time_t seconds, long ns)
{
    struct timespec times[2] = {{seconds, ns}, {seconds, ns}};
    assert_int_equal(utimensat(f->root, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void make_file(struct fixture *f, const char *path, time_t seconds, long ns)
{
    int fd = openat(f->root, path, O_CREAT | O_WRONLY, 0644);
    assert_true(fd >= 0);
    close(fd);
    set_time(f, path, seconds, ns);
}

static void make_dir(struct fixture *f, const char *path)
{
    assert_int_equal(mkdirat(f->root, path, 0755), 0);
}

static void scan(struct fixture *f)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_finished_tree(f->root, &f->lock, &f->mtimes, 2, NULL, &f->tree, &err) < 0)
        fail_msg("%s", err.text);
}

/* Valid until the next one. */
static const struct stet_entry *find(struct fixture *f, const char *path)
{
    stet_tree_view_init(&f->view, &f->tree);
    return stet_tree_view_find(&f->view, path);
}

static int64_t time_of(struct fixture *f, const char *path)
{
    const struct stet_entry *e = find(f, path);
    assert_non_null(e);
    assert_int_equal(e->mtime_ns, 0);
    return e->mtime;
}

static void test_times(void **state)
{
    struct fixture *f = *state;
    make_dir(f, "dir");
    make_file(f, "packaged", PACKAGE_TIME, 0);
    make_file(f, "packaged-too-new", LATER_PACKAGE_TIME, 0);
    make_file(f, "written-by-a-script-now", 2000000, 5);
    make_file(f, "written-with-the-clock-behind", 100, 5);
    make_file(f, "written-in-the-second-of-a-package", PACKAGE_TIME, 123);
    make_file(f, "touched-to-some-day", 5000, 0);
    assert_int_equal(symlinkat("packaged", f->root, "link"), 0);
    set_time(f, "link", PACKAGE_TIME, 0);
    set_time(f, "dir", PACKAGE_TIME, 0);
    scan(f);
    assert_int_equal(time_of(f, ""), EPOCH);
    assert_int_equal(time_of(f, "dir"), EPOCH);
    assert_int_equal(time_of(f, "packaged"), PACKAGE_TIME);
    assert_int_equal(time_of(f, "link"), PACKAGE_TIME);
    assert_int_equal(time_of(f, "packaged-too-new"), EPOCH);
    assert_int_equal(time_of(f, "written-by-a-script-now"), EPOCH);
    assert_int_equal(time_of(f, "written-with-the-clock-behind"), EPOCH);
    assert_int_equal(time_of(f, "written-in-the-second-of-a-package"), EPOCH);
    assert_int_equal(time_of(f, "touched-to-some-day"), EPOCH);
}

static void test_exclude(void **state)
{
    struct fixture *f = *state;
    make_dir(f, "doc");
    make_dir(f, "doc/bash");
    make_dir(f, "doc/empty");
    make_dir(f, "doc/empty/deep");
    make_file(f, "doc/bash/copyright", 1, 1);
    make_file(f, "doc/bash/README", 1, 1);
    make_file(f, "keep", 1, 1);
    assert_int_equal(stet_strv_add(&f->lock.recipe.exclude, "doc/**", NULL), 0);
    assert_int_equal(stet_strv_add(&f->lock.recipe.include, "doc/*/copyright", NULL), 0);
    scan(f);
    assert_non_null(find(f, "keep"));
    assert_non_null(find(f, "doc"));
    assert_non_null(find(f, "doc/bash"));
    assert_non_null(find(f, "doc/bash/copyright"));
    assert_null(find(f, "doc/bash/README"));
    assert_null(find(f, "doc/empty"));
    assert_null(find(f, "doc/empty/deep"));
    assert_int_equal(f->tree.count, 5);
}

static void test_exclude_alone(void **state)
{
    struct fixture *f = *state;
    make_dir(f, "man");
    make_dir(f, "man/man1");
    make_file(f, "man/man1/ls.1", 1, 1);
    make_file(f, "manual", 1, 1);
    assert_int_equal(stet_strv_add(&f->lock.recipe.exclude, "man/**", NULL), 0);
    scan(f);
    assert_non_null(find(f, "man"));
    assert_non_null(find(f, "manual"));
    assert_int_equal(f->tree.count, 3);
}

/* A hard link whose first name is left out: the next name is the file. */
static void test_exclude_hard_link(void **state)
{
    struct fixture *f = *state;
    make_file(f, "a", 1, 1);
    assert_int_equal(linkat(f->root, "a", f->root, "b", 0), 0);
    assert_int_equal(linkat(f->root, "a", f->root, "c", 0), 0);
    assert_int_equal(stet_strv_add(&f->lock.recipe.exclude, "a", NULL), 0);
    scan(f);
    assert_null(find(f, "a"));
    assert_int_equal(find(f, "b")->type, STET_ENTRY_FILE);
    assert_int_equal(find(f, "c")->type, STET_ENTRY_HARDLINK);
    assert_string_equal(find(f, "c")->link, "b");
}

static void test_mtimes_set(void **state)
{
    struct fixture *f = *state;
    for (int64_t i = -5000; i < 5000; i++)
        assert_int_equal(stet_mtimes_add(&f->mtimes, i * 7919, NULL), 0);
    for (int64_t i = -5000; i < 5000; i++)
        assert_true(stet_mtimes_has(&f->mtimes, i * 7919));
    assert_false(stet_mtimes_has(&f->mtimes, 1));
    assert_false(stet_mtimes_has(&f->mtimes, INT64_MIN));
    assert_int_equal(stet_mtimes_add(&f->mtimes, INT64_MIN, NULL), 0);
    assert_false(stet_mtimes_has(&f->mtimes, INT64_MIN));
}

static void test_place_files(void **state)
{
    struct fixture *f = *state;
    struct stet_recipe_file files[] = {
        {.to = (char *)"/etc/deep/motd",
         .mode = 0640,
         .content = (unsigned char *)"hi\n",
         .content_len = 3},
    };
    struct stet_recipe recipe = {.files = files, .file_count = 1};
    if (getuid() != 0)
        skip(); /* gives files to root */
    umask(0);
    assert_int_equal(stet_place_files(f->root, &recipe, NULL), 0);
    struct stat st;
    assert_int_equal(fstatat(f->root, "etc/deep/motd", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(fstatat(f->root, "etc/deep", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
}

static int remove_marker(struct stet_build_context *ctx, struct stet_error *err)
{
    return stet_fs_remove_in(ctx->root, "by-function", err);
}

static void test_scrub(void **state)
{
    static const char *const remove[] = {"var/log/**", "cache", NULL};
    static const char *const keep[] = {"var/log/keep", NULL};
    static const char *const empty[] = {"etc/*-id", NULL};
    static const struct stet_scrub_rule rules[] = {
        {.name = "a", .why = "-", .remove = remove, .keep = keep},
        {.name = "b", .why = "-", .truncate = empty, .run = remove_marker},
        {.name = NULL},
    };
    struct fixture *f = *state;
    make_dir(f, "var");
    make_dir(f, "var/log");
    make_dir(f, "cache");
    make_dir(f, "cache/below");
    make_dir(f, "cachelike");
    make_dir(f, "etc");
    make_file(f, "var/log/x", 1, 1);
    make_file(f, "var/log/keep", 1, 1);
    make_file(f, "cache/below/y", 1, 1);
    make_file(f, "by-function", 1, 1);
    assert_int_equal(stet_fs_write_in(f->root, "etc/machine-id", "x", 1, 0444, -1, -1, NULL), 0);
    struct stet_build_context ctx = {.root = f->root, .threads = 1};
    struct stet_error err = STET_ERROR_INIT;
    if (stet_scrub(&ctx, rules, NULL, &err) < 0)
        fail_msg("%s", err.text);
    scan(f);
    assert_null(find(f, "var/log/x"));
    assert_null(find(f, "cache"));
    assert_null(find(f, "by-function"));
    assert_non_null(find(f, "var/log/keep"));
    assert_non_null(find(f, "cachelike"));
    assert_int_equal(find(f, "etc/machine-id")->size, 0);
}

static bool owns_log(const struct stet_build_context *ctx, const char *path)
{
    (void)ctx;
    return strcmp(path, "log") == 0 || strcmp(path, "log/packaged") == 0;
}

static void test_scrub_leaves_what_a_package_ships(void **state)
{
    static const char *const remove[] = {"log", "log/**", NULL};
    static const struct stet_scrub_rule rules[] = {
        {.name = "a", .why = "-", .remove = remove},
        {.name = NULL},
    };
    struct fixture *f = *state;
    make_dir(f, "log");
    make_file(f, "log/packaged", 1, 1);
    make_file(f, "log/generated", 1, 1);
    struct stet_build_context ctx = {.root = f->root, .threads = 1};
    struct stet_error err = STET_ERROR_INIT;
    if (stet_scrub(&ctx, rules, owns_log, &err) < 0)
        fail_msg("%s", err.text);
    scan(f);
    assert_non_null(find(f, "log/packaged"));
    assert_null(find(f, "log/generated"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exclude, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exclude_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exclude_hard_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mtimes_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_place_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scrub, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scrub_leaves_what_a_package_ships, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
