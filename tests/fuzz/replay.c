/*
 * replay - a fuzz target as an ordinary test: feeds it every file of the folders given, in the
 * order of their names.
 *
 *   replay NAME SEEDS CRASHES
 *
 * SEEDS holds what the fuzzer starts from and must not be empty: one test for all of it. CRASHES
 * need not exist: what once broke the target, a test for each file.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/base.h"

enum { INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An allocation of exactly this size, so that sanitizers see every byte read past it. */
static void feed(const char *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, data, len);
    assert_int_equal(LLVMFuzzerTestOneInput(copy, len), 0);
    free(copy);
}

static void feed_file(const char *path)
{
    struct stet_buffer content = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    /* Targets abort: the last line tells at which file. */
    fprintf(stderr, "%s\n", path);
    if (stet_fs_read(AT_FDCWD, path, INPUT_MAX, &content, &err) < 0)
        fail_msg("%s", err.text);
    feed(stet_buffer_str(&content), content.len);
    stet_buffer_release(&content);
}

/* The files in dir, sorted; none when it does not exist. */
static void list_files(const char *dir, struct stet_strv *out)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (e->d_name[0] != '.' && stet_strv_addf(out, NULL, "%s/%s", dir, e->d_name) < 0)
            exit(2);
    if (d)
        closedir(d);
    stet_strv_sort_unique(out);
}

static void seeds(void **state)
{
    struct stet_strv files = STET_STRV_INIT;
    list_files(*state, &files);
    assert_true(files.count > 0);
    feed("", 0);
    for (size_t i = 0; i < files.count; i++)
        feed_file(files.items[i]);
    stet_strv_release(&files);
}

static void crash(void **state)
{
    feed_file(*state);
}

int main(int argc, char **argv)
{
    struct stet_strv files = STET_STRV_INIT;
    if (argc != 4) {
        fprintf(stderr, "usage: %s NAME SEEDS CRASHES\n", argv[0]);
        return 2;
    }
    list_files(argv[3], &files);
    struct CMUnitTest *tests = calloc(files.count + 1, sizeof *tests);
    if (!tests)
        return 2;
    tests[0] = (struct CMUnitTest){"seeds", seeds, NULL, NULL, argv[2]};
    for (size_t i = 0; i < files.count; i++)
        tests[i + 1] = (struct CMUnitTest){files.items[i], crash, NULL, NULL, files.items[i]};
    int failed = _cmocka_run_group_tests(argv[1], tests, files.count + 1, NULL, NULL);
    free(tests);
    stet_strv_release(&files);
    return failed;
}
