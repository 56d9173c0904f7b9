/* The parts that distributions share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/distro/common/extraction.h"
#include "lib/distro/common/index.h"
#include "lib/distro/common/package.h"
#include "lib/distro/common/program.h"

struct fixture {
    char dir[64];
    struct stet_store *store;
    struct stet_error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->dir, sizeof f->dir, "/tmp/stet-distro-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->store = stet_store_open(f->dir, NULL, &f->err);
    assert_non_null(f->store);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    stet_store_free(f->store);
    assert_int_equal(stet_fs_remove(AT_FDCWD, f->dir, NULL), 0);
    free(f);
    return 0;
}

/* ---- package ---- */

static void test_package(void **state)
{
    static char name[] = "bash", version[] = "5.3-1";
    struct fixture *f = *state;
    struct stet_lock_package p = {.name = name, .version = version, .size = 3};
    struct stet_store_seen seen = {0};
    char path[256], hex[STET_DIGEST_HEX_SIZE], got[8];
    assert_int_equal(stet_store_put(f->store, "abc", 3, &p.digest, &f->err), 0);
    int fd = stet_distro_open_package(f->store, &p, &seen, &f->err);
    assert_true(fd >= 0 && seen.ino != 0);
    assert_int_equal(read(fd, got, sizeof got), 3);
    close(fd);
    stet_digest_hex(&p.digest, hex);
    snprintf(path, sizeof path, "%s/sha256/%.2s/%s", f->dir, hex, hex);
    assert_int_equal(stet_fs_write(AT_FDCWD, path, "abd", 3, &f->err), 0);
    assert_int_equal(stet_distro_open_package(f->store, &p, &seen, &f->err), -1);
    assert_int_equal(f->err.kind, STET_ERROR_INPUT);
    assert_string_equal(
        f->err.text,
        "package bash 5.3-1: its file in the store, "
        "sha256/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, is damaged "
        "(it now has SHA-256 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9); "
        "it was removed: run again to fetch it anew");
    stet_error_clear(&f->err);
    assert_int_equal(stet_distro_open_package(f->store, &p, &seen, &f->err), -1);
    assert_int_equal(f->err.kind, STET_ERROR_INPUT);
    assert_string_equal(
        f->err.text,
        "package bash 5.3-1 is not in the store; run again, without --offline, to fetch it");
}

/* ---- extraction ---- */

struct opening {
    char asked[64]; /* the paths, each after a ' ' */
    bool fail;
};

static int count_opening(void *ctx, const char *path, struct stet_error *err)
{
    struct opening *o = ctx;
    size_t len = strlen(o->asked);
    snprintf(o->asked + len, sizeof o->asked - len, " %s", path);
    return o->fail ? stet_error_input(err, "no") : open("/", O_PATH | O_CLOEXEC);
}

static void test_parent(void **state)
{
    struct stet_distro_parent p = STET_DISTRO_PARENT_INIT;
    struct opening o = {"", false};
    const char *leaf;
    static const char *const paths[] = {"a", "b", "d/a", "d/b", "d/e/a", "da", "d/a", "e/a"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(stet_distro_parent_enter(&p, paths[i], &leaf, count_opening, &o, NULL), 0);
        assert_ptr_equal(leaf, paths[i] + strlen(paths[i]) - (strcmp(paths[i], "da") ? 1 : 2));
        assert_true(p.fd >= 0);
    }
    assert_string_equal(o.asked, " a d/a d/e/a da d/a e/a");
    /* After a failure nothing is taken for the one before. */
    o = (struct opening){"", true};
    assert_int_equal(stet_distro_parent_enter(&p, "x/a", &leaf, count_opening, &o, NULL), -1);
    assert_int_equal(stet_distro_parent_enter(&p, "e/a", &leaf, count_opening, &o, NULL), -1);
    assert_string_equal(o.asked, " x/a e/a");
    stet_distro_parent_release(&p);
    assert_int_equal(p.fd, -1);
}

static int keep(void *ctx, int64_t mtime, struct stet_error *err)
{
    (void)err;
    *(int64_t *)ctx = *(int64_t *)ctx * 10 + mtime;
    return 0;
}

static void test_mtime(void **state)
{
    const struct stet_lock lock = {.epoch = 100};
    int64_t told = 0, last = -1;
    struct stet_build_context ctx = {.lock = &lock};
    (void)state;
    assert_int_equal(stet_distro_clamp_mtime(&ctx, 99), 99);
    assert_int_equal(stet_distro_clamp_mtime(&ctx, 101), 100);
    assert_int_equal(stet_distro_keep_mtime(&ctx, &last, 1, NULL), 0);
    ctx.keep_mtime = keep;
    ctx.keep_ctx = &told;
    const int64_t times[] = {1, 1, 2, 2, 1};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_int_equal(stet_distro_keep_mtime(&ctx, &last, times[i], NULL), 0);
    assert_int_equal(told, 121);
}

/* ---- program ---- */

static void test_environment(void **state)
{
    static const char *const variables[] = {"B=1", "A=2", NULL};
    const struct stet_lock lock = {.epoch = 100};
    const struct stet_build_context ctx = {.lock = &lock};
    _cleanup_strv_ struct stet_strv env = STET_STRV_INIT;
    (void)state;
    assert_int_equal(stet_distro_make_environment(&ctx, variables, &env, NULL), 0);
    assert_int_equal(env.count, 3);
    assert_string_equal(env.items[0], "B=1");
    assert_string_equal(env.items[1], "A=2");
    assert_string_equal(env.items[2], "SOURCE_DATE_EPOCH=100");
}

static void check_output(const struct stet_distro_output *o, const char *text)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    stet_distro_output_describe(o, &b);
    assert_string_equal(stet_buffer_str(&b), text);
}

static void test_output(void **state)
{
    struct stet_distro_output o = {.count = 0};
    char line[1000];
    (void)state;
    check_output(&o, "it printed nothing");
    stet_distro_output_add(&o, "");
    check_output(&o, "it printed nothing");
    stet_distro_output_add(&o, "one");
    check_output(&o, "its last output: one");
    stet_distro_output_add(&o, "two");
    stet_distro_output_add(&o, "");
    stet_distro_output_add(&o, "three");
    check_output(&o, "its last output: one | two | three");
    stet_distro_output_add(&o, "four");
    check_output(&o, "its last output: two | three | four");
    o.count = 0;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    stet_distro_output_add(&o, line);
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    stet_distro_output_describe(&o, &b);
    assert_int_equal(b.len, strlen("its last output: ") + STET_DISTRO_LAST_LINE_MAX - 1);
}

/* ---- index ---- */

static void test_url(void **state)
{
    static const char path[] = "pool/a b/\303\244+1:2~3_amd64%.deb?#[]";
    (void)state;
    _cleanup_free_ char *url = stet_distro_url("https://mirror.example.org/x", path, NULL);
    assert_string_equal(url, "https://mirror.example.org/x/pool/a%20b/%C3%A4+1:2~3_amd64%25.deb"
                             "%3F%23%5B%5D");
}

static void test_decode(void **state)
{
    enum { SIZE = 600001 };
    struct fixture *f = *state;
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT, packed = STET_BUFFER_INIT;
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_buffer_writer below;
    struct stet_memory_reader in;
    for (size_t i = 0; i < SIZE; i++)
        stet_buffer_add_char(&text, (char)(i % 251));
    stet_buffer_writer_init(&below, &packed);
    struct stet_writer *gzip = stet_codec_gzip_new(&below.base, 1, NULL);
    assert_int_equal(stet_writer_write(gzip, text.data, text.len, NULL), 0);
    assert_int_equal(stet_writer_close(gzip, NULL), 0);
    stet_codec_gzip_free(gzip);
    stet_buffer_add_str(&out, "before");
    stet_memory_reader_init(&in, packed.data, packed.len);
    assert_int_equal(stet_distro_decode(&in.base, "x", SIZE, "reading", &out, &f->err), 0);
    assert_int_equal(out.len, SIZE + 6);
    assert_memory_equal(out.data, "before", 6);
    assert_memory_equal(out.data + 6, text.data, SIZE);
    assert_int_equal(out.data[out.len], '\0');
    stet_memory_reader_init(&in, packed.data, packed.len);
    assert_int_equal(stet_distro_decode(&in.base, "x", SIZE - 1, "reading", &out, &f->err), -1);
    assert_int_equal(f->err.kind, STET_ERROR_INPUT);
    assert_int_equal(strncmp(f->err.text, "x: ", 3), 0);
    stet_writer_close(&below.base, NULL);
}

static void test_dates(void **state)
{
    struct fixture *f = *state;
    int64_t date = 0;
    assert_int_equal(stet_distro_recall_date(f->store, "a#date", &date, &f->err), 0);
    assert_int_equal(stet_distro_remember_date(f->store, "a#date", 1700000000, &f->err), 0);
    assert_int_equal(stet_distro_recall_date(f->store, "b#date", &date, &f->err), 0);
    assert_int_equal(stet_distro_recall_date(f->store, "a#date", &date, &f->err), 1);
    assert_int_equal(date, 1700000000);
    assert_int_equal(stet_store_memo_put(f->store, "a#date", "yesterday", 9, &f->err), 0);
    assert_int_equal(stet_distro_recall_date(f->store, "a#date", &date, &f->err), -1);
    assert_non_null(strstr(f->err.text, "a remembered date"));
}

static void test_is_among(void **state)
{
    struct stet_store_item items[2] = {{.size = 1}, {.size = 2}};
    struct stet_digest other;
    (void)state;
    assert_int_equal(stet_digest_of("a", 1, &items[0].digest, NULL), 0);
    assert_int_equal(stet_digest_of("b", 1, &items[1].digest, NULL), 0);
    assert_int_equal(stet_digest_of("b", 1, &other, NULL), 0);
    assert_true(stet_distro_is_among(items, 2, &other));
    assert_false(stet_distro_is_among(items, 1, &other));
    assert_false(stet_distro_is_among(NULL, 0, &other));
}

static void test_lock_package(void **state)
{
    struct stet_lock lock;
    const struct stet_solve_package p = {.name = "a",
                                         .version = "1",
                                         .architecture = "all",
                                         .size = 7,
                                         .stage = 2,
                                         .needed_by = "b"};
    (void)state;
    stet_lock_init(&lock);
    const struct stet_lock_package *out = stet_distro_lock_package(&lock, &p, "dependency", NULL);
    assert_string_equal(out->name, "a");
    assert_string_equal(out->version, "1");
    assert_string_equal(out->architecture, "all");
    assert_string_equal(out->reason, "dependency");
    assert_string_equal(out->needed_by, "b");
    assert_int_equal(out->size, 7);
    assert_int_equal(out->stage, 2);
    out = stet_distro_lock_package(&lock, &p, "essential", NULL);
    assert_string_equal(out->reason, "essential");
    assert_null(out->needed_by);
    assert_int_equal(lock.package_count, 2);
    stet_lock_release(&lock);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_package),
        cmocka_unit_test(test_parent),
        cmocka_unit_test(test_mtime),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_url),
        T(test_decode),
        T(test_dates),
        cmocka_unit_test(test_is_among),
        cmocka_unit_test(test_lock_package),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
