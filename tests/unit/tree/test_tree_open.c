/* Opening beneath a root, by openat2 and component by component: both must agree. */
#include "tests/unit/tree/support.h"

typedef int (*open_fn)(int root, const char *path, int flags);

static void check_opener(open_fn open_it)
{
    struct scratch s;
    scratch_make(&s);
    make_dir(&s, "dir");
    make_dir(&s, "dir/sub");
    make_file(&s, "dir/sub/file", "content");
    assert_int_equal(symlinkat("dir", s.fd, "link"), 0);
    assert_int_equal(symlinkat("file", s.fd, "dir/sub/link"), 0);
    assert_int_equal(symlinkat("/etc", s.fd, "out"), 0);
    static const struct {
        const char *path;
        int flags;
        bool opens;
    } cases[] = {
        {"dir/sub/file", O_RDONLY, true},      {"dir/sub", O_RDONLY | O_DIRECTORY, true},
        {"dir", O_PATH | O_DIRECTORY, true},   {".", O_RDONLY | O_DIRECTORY, true},
        {"dir/sub/link", O_RDONLY, false},     {"link", O_RDONLY, false},
        {"link/sub/file", O_RDONLY, false},    {"out/passwd", O_RDONLY, false},
        {"..", O_RDONLY | O_DIRECTORY, false}, {"dir/../..", O_RDONLY | O_DIRECTORY, false},
        {"../dir", O_RDONLY, false},           {"dir/nothing", O_RDONLY, false},
        {"dir/sub/file/x", O_RDONLY, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = open_it(s.fd, cases[i].path, cases[i].flags);
        if ((fd >= 0) != cases[i].opens)
            fail_msg("%s: %s", cases[i].path, fd >= 0 ? "opened" : "not opened");
        if (fd < 0)
            continue;
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        close(fd);
    }
    scratch_remove(&s);
}

static void test_beneath(void **state)
{
    (void)state;
    check_opener(stet_tree_open_beneath);
}

static void test_walk(void **state)
{
    (void)state;
    check_opener(stet_tree_open_walk);
    char name[300];
    memset(name, 'n', 299);
    name[299] = '\0';
    assert_int_equal(stet_tree_open_walk(AT_FDCWD, name, O_RDONLY), -1);
    assert_int_equal(errno, ENAMETOOLONG);
}

/* The parent's descriptor is kept for neighbours and renewed for others. */
static void test_parent(void **state)
{
    (void)state;
    struct scratch s;
    struct tree_parent p;
    const char *leaf;
    struct stat a, b;
    scratch_make(&s);
    make_dir(&s, "a");
    make_dir(&s, "a/b");
    make_file(&s, "a/b/one", "");
    make_file(&s, "a/two", "");
    stet_tree_parent_init(&p, s.fd);
    int fd = stet_tree_parent_open(&p, "a/b/one", &leaf);
    assert_true(fd >= 0);
    assert_string_equal(leaf, "one");
    assert_int_equal(stet_tree_parent_open(&p, "a/b/other", &leaf), fd);
    assert_int_equal(fstatat(s.fd, "a", &a, 0), 0);
    fd = stet_tree_parent_open(&p, "a/two", &leaf);
    assert_int_equal(fstat(fd, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    assert_string_equal(leaf, "two");
    fd = stet_tree_parent_open(&p, "top", &leaf);
    assert_string_equal(leaf, "top");
    assert_int_equal(fstat(s.fd, &a), 0);
    assert_int_equal(fstat(fd, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    assert_int_equal(stet_tree_parent_open(&p, "missing/x", &leaf), -1);
    assert_int_equal(errno, ENOENT);
    assert_true(stet_tree_parent_open(&p, "a/two", &leaf) >= 0);
    stet_tree_parent_release(&p);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beneath),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
