/* Contents, memos, places; what is cleaned away on opening. */
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <sys/resource.h>

static const char abc_name[] = "deep/store/sha256/ba/ba7816bf8f01cfea414140de5dae2223"
                               "b00361a396177a9cb410ff61f20015ad";

static void test_put(void **state)
{
    struct fixture *f = *state;
    struct stet_digest d;
    char hex[STET_DIGEST_HEX_SIZE];
    char path[1024];
    struct stat st;
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    stet_digest_hex(&d, hex);
    assert_string_equal(hex, strrchr(abc_name, '/') + 1);
    assert_true(stet_test_same(f->dir, abc_name, "abc", 3));
    snprintf(path, sizeof(path), "%s/%s", f->dir, abc_name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0444);
    ino_t ino = st.st_ino;
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_ino, ino);
    snprintf(path, sizeof(path), "%s/deep/store/partial", f->dir);
    assert_int_equal(rmdir(path), 0); /* nothing is left in it */
    assert_int_equal(mkdir(path, 0755), 0);
}

static void test_put_repairs_a_cut_content(void **state)
{
    struct fixture *f = *state;
    struct stet_digest d;
    char path[1024];
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    snprintf(path, sizeof(path), "%s/%s", f->dir, abc_name);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(truncate(path, 1), 0);
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    assert_true(stet_test_same(f->dir, abc_name, "abc", 3));
}

static void test_put_nothing(void **state)
{
    struct fixture *f = *state;
    struct stet_digest d;
    assert_int_equal(stet_store_put(f->store, "", 0, &d, &f->err), 0);
    int fd = stet_store_open_content(f->store, &d, 0, &f->err);
    assert_true(fd >= 0);
    close(fd);
}

static void test_open_content(void **state)
{
    struct fixture *f = *state;
    struct stet_digest d;
    char got[8];
    assert_int_equal(stet_store_open_content(f->store, &f->digest, -1, &f->err), -2);
    assert_int_equal(f->err.kind, STET_ERROR_NONE);
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    int fd = stet_store_open_content(f->store, &d, 3, &f->err);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, sizeof(got)), 3);
    assert_memory_equal(got, "abc", 3);
    close(fd);
    fd = stet_store_open_content(f->store, &d, -1, &f->err);
    assert_true(fd >= 0);
    close(fd);
    /* Another size: damaged, and gone. */
    assert_int_equal(stet_store_open_content(f->store, &d, 4, &f->err), -2);
    assert_false(exists(f, abc_name));
}

static const char abc_text[] =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static int open_verified(struct fixture *f, const struct stet_digest *d, int64_t size,
                         struct stet_store_seen *seen, struct stet_digest *have)
{
    stet_error_clear(&f->err);
    return stet_store_open_verified(f->store, d, size, "package x", seen, have, &f->err);
}

static void check_verified(struct fixture *f, const struct stet_digest *d,
                           struct stet_store_seen *seen, const char *text)
{
    struct stet_digest have;
    char got[8];
    int fd = open_verified(f, d, 3, seen, &have);
    assert_true(fd >= 0);
    assert_true(stet_digest_equal(&have, d));
    assert_int_equal(read(fd, got, sizeof(got)), 3);
    assert_memory_equal(got, text, 3);
    close(fd);
}

/* Puts text where "abc" is, into the same file. */
static void overwrite_abc(struct fixture *f, const char *text)
{
    char path[1024];
    const struct timespec tick = {0, 20000000};
    nanosleep(&tick, NULL); /* the kernel's time of files goes in steps of up to 10 ms */
    snprintf(path, sizeof(path), "%s/%s", f->dir, abc_name);
    assert_int_equal(chmod(path, 0644), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, text, 3), 3);
    close(fd);
}

static void test_open_verified(void **state)
{
    struct fixture *f = *state;
    struct stet_digest d, have;
    char text[STET_DIGEST_TEXT_SIZE];
    assert_int_equal(open_verified(f, &f->digest, 3, NULL, &have), -2);
    assert_int_equal(f->err.kind, STET_ERROR_NONE);
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    check_verified(f, &d, NULL, "abc");
    overwrite_abc(f, "abd");
    assert_int_equal(open_verified(f, &d, 3, NULL, &have), -3);
    assert_int_equal(f->err.kind, STET_ERROR_NONE);
    stet_digest_text(&have, text);
    assert_string_equal(text,
                        "sha256:a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9");
    assert_true(exists(f, abc_name)); /* until it is discarded */
    assert_int_equal(open_verified(f, &d, 4, NULL, &have), -2);
    assert_false(exists(f, abc_name));
}

/* Once it was right, it is not read again until something about the file changes. */
static void test_open_verified_seen(void **state)
{
    struct fixture *f = *state;
    struct stet_store_seen seen = {0}, never = {0};
    struct stet_digest d, have, other;
    char path[1024];
    struct stat st;
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    stet_digest_text(&d, path);
    assert_string_equal(path, abc_text);
    check_verified(f, &d, &seen, "abc");
    check_verified(f, &d, &seen, "abc");
    snprintf(path, sizeof(path), "%s/%s", f->dir, abc_name);
    assert_int_equal(stat(path, &st), 0);
    assert_true(seen.ino == st.st_ino && seen.dev == st.st_dev && seen.size == 3);
    /* A lie about the digest is believed: nothing was read. */
    struct stet_store_seen lie = seen;
    overwrite_abc(f, "abd");
    assert_int_equal(stat(path, &st), 0);
    lie.mtime = st.st_mtim;
    lie.ctime = st.st_ctim;
    check_verified(f, &d, &lie, "abd");
    assert_int_equal(open_verified(f, &d, 3, &seen, &other), -3);
    /* The same bytes again: read anew, and then remembered. */
    overwrite_abc(f, "abc");
    check_verified(f, &d, &seen, "abc");
    assert_int_equal(open_verified(f, &f->digest, 3, &never, &have), -2);
    assert_int_equal(never.ino, 0);
    /* Another file of the same size and times. */
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    assert_int_equal(unlink(path), 0);
    stet_test_write(f->dir, abc_name, "abd", 3);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(open_verified(f, &d, 3, &seen, &have), -3);
}

static void test_open_verified_names_it(void **state)
{
    struct fixture *f = *state;
    struct stet_digest d, have;
    struct rlimit limit;
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    /* No descriptor is left. */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {0, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int fd = open_verified(f, &d, 3, NULL, &have);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(fd, -1);
    assert_says(f, STET_ERROR_ENVIRONMENT, "package x: cannot open ");
}

static void test_link_is_no_content(void **state)
{
    struct fixture *f = *state;
    struct stet_digest d;
    char path[1024];
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    snprintf(path, sizeof(path), "%s/%s", f->dir, abc_name);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(stet_store_open_content(f->store, &d, -1, &f->err), -2);
    assert_false(exists(f, abc_name));
}

static void test_discard(void **state)
{
    struct fixture *f = *state;
    struct stet_digest d;
    assert_int_equal(stet_store_put(f->store, "abc", 3, &d, &f->err), 0);
    stet_store_discard(f->store, &d);
    assert_int_equal(stet_store_open_content(f->store, &d, 3, &f->err), -2);
    stet_store_discard(f->store, &d); /* missing: fine */
}

static void test_memo(void **state)
{
    struct fixture *f = *state;
    struct stet_buffer out = STET_BUFFER_INIT;
    const char *key = "http://example.org/dists/x/InRelease";
    assert_int_equal(stet_store_memo_get(f->store, key, &out, &f->err), 0);
    assert_int_equal(stet_store_memo_put(f->store, key, "first", 5, &f->err), 0);
    assert_int_equal(stet_store_memo_put(f->store, key, "second", 6, &f->err), 0);
    assert_int_equal(stet_store_memo_put(f->store, "another", "x", 1, &f->err), 0);
    fixture_open(f);
    assert_int_equal(stet_store_memo_get(f->store, key, &out, &f->err), 1);
    assert_string_equal(stet_buffer_str(&out), "second");
    assert_int_equal(stet_store_memo_get(f->store, "another", &out, &f->err), 1);
    assert_string_equal(stet_buffer_str(&out), "secondx");
    stet_buffer_release(&out);
}

static const char *fake_xdg;
static const char *fake_home;
static const char *fake_getenv(const char *name)
{
    if (strcmp(name, "XDG_CACHE_HOME") == 0)
        return fake_xdg;
    return strcmp(name, "HOME") == 0 ? fake_home : NULL;
}

static void check_place(const char *xdg, const char *home, unsigned uid, const char *want)
{
    struct stet_error err = STET_ERROR_INIT;
    fake_xdg = xdg;
    fake_home = home;
    char *dir = stet_store_default_dir(fake_getenv, uid, &err);
    if (want == NULL) {
        assert_null(dir);
        assert_int_equal(err.kind, STET_ERROR_ENVIRONMENT);
        assert_non_null(strstr(err.text, "--store"));
        return;
    }
    assert_string_equal(dir, want);
    free(dir);
}

static void test_default_dir(void **state)
{
    (void)state;
    check_place("/x", "/h", 1000, "/x/stet");
    check_place(NULL, "/h", 1000, "/h/.cache/stet");
    check_place("", "/h", 1000, "/h/.cache/stet");
    check_place("relative", "/h", 1000, "/h/.cache/stet");
    check_place("/x", "/h", 0, "/var/cache/stet");
    check_place(NULL, NULL, 0, "/var/cache/stet");
    check_place(NULL, NULL, 1000, NULL);
    check_place(NULL, "", 1000, NULL);
}

static void age(struct fixture *f, const char *name, int days)
{
    char path[1024];
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - days * 86400L}};
    snprintf(path, sizeof(path), "%s/deep/store/partial/%s", f->dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void test_old_partials_are_cleaned(void **state)
{
    struct fixture *f = *state;
    char path[1024];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    age(f, "old", 8);
    age(f, "younger", 6);
    age(f, "locked", 8);
    snprintf(path, sizeof(path), "%s/deep/store/partial/locked", f->dir);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    fixture_open(f);
    assert_false(exists(f, "deep/store/partial/old"));
    assert_true(exists(f, "deep/store/partial/younger"));
    assert_true(exists(f, "deep/store/partial/locked"));
    close(fd);
    fixture_open(f);
    assert_false(exists(f, "deep/store/partial/locked"));
}

static void test_store_that_cannot_be_made(void **state)
{
    struct fixture *f = *state;
    char path[1024];
    snprintf(path, sizeof(path), "%s/a/store", f->dir); /* a is a file */
    assert_null(stet_store_open(path, NULL, &f->err));
    assert_says(f, STET_ERROR_ENVIRONMENT, "--store");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_put),
        T(test_put_repairs_a_cut_content),
        T(test_put_nothing),
        T(test_open_content),
        T(test_open_verified),
        T(test_open_verified_seen),
        T(test_open_verified_names_it),
        T(test_link_is_no_content),
        T(test_discard),
        T(test_memo),
        cmocka_unit_test(test_default_dir),
        T(test_old_partials_are_cleaned),
        T(test_store_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
