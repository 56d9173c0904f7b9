/* A copied directory scans as the original, whatever the umask, and contents are the same. */
#include "tests/unit/tree/support.h"

static void test_copy(void **state)
{
    (void)state;
    static const mode_t umasks[] = {0, 022, 077, 0777};
    for (size_t i = 0; i < sizeof(umasks) / sizeof(umasks[0]); i++) {
        struct scratch s, to;
        struct stet_tree a, b;
        struct stet_error err = STET_ERROR_INIT;
        struct stet_buffer content = STET_BUFFER_INIT;
        scratch_make(&s);
        scratch_make(&to);
        make_sample(&s);
        assert_int_equal(fchmodat(s.fd, "etc/conf", 0555, 0), 0);
        scan(&s, &a);
        mode_t old = umask(umasks[i]);
        int rc = stet_tree_copy_to(&a, s.fd, to.fd, &err);
        umask(old);
        if (rc < 0)
            fail_msg("%s", err.text);
        scan(&to, &b);
        assert_same_tree(&a, &b, true);
        assert_int_equal(stet_fs_read_in(to.fd, "etc/first", 100, &content, &err), 0);
        assert_string_equal(stet_buffer_str(&content), "linked");
        stet_buffer_release(&content);
        stet_tree_release(&a);
        stet_tree_release(&b);
        scratch_remove(&s);
        scratch_remove(&to);
    }
}

/* A default access control list of the destination is not handed down. */
static void test_default_acl(void **state)
{
    (void)state;
    static const unsigned char acl[] = {
        2, 0,  0,    0,    1,    0,    7,    0, 0xff, 0xff, 0xff, 0xff, 2,    0,    7,
        0, 99, 0,    0,    0,    4,    0,    0, 0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,
        7, 0,  0xff, 0xff, 0xff, 0xff, 0x20, 0, 0,    0,    0xff, 0xff, 0xff, 0xff};
    struct scratch s, to;
    struct stet_tree a, b;
    struct stet_error err = STET_ERROR_INIT;
    scratch_make(&s);
    scratch_make(&to);
    if (!set_attribute(&to, ".", "system.posix_acl_default", acl, sizeof(acl))) {
        scratch_remove(&s);
        scratch_remove(&to);
        skip();
    }
    make_sample(&s);
    scan(&s, &a);
    if (stet_tree_copy_to(&a, s.fd, to.fd, &err) < 0)
        fail_msg("%s", err.text);
    scan(&to, &b);
    assert_same_tree(&a, &b, true);
    stet_tree_release(&a);
    stet_tree_release(&b);
    /* One that belongs to the tree is kept, and does not reach what is below it. */
    assert_true(set_attribute(&s, "etc", "system.posix_acl_default", acl, sizeof(acl)));
    scan(&s, &a);
    assert_non_null(find_xattr(find(&a, "etc"), "system.posix_acl_default"));
    scratch_remove(&to);
    scratch_make(&to);
    assert_int_equal(stet_tree_copy_to(&a, s.fd, to.fd, &err), 0);
    scan(&to, &b);
    assert_same_tree(&a, &b, true);
    stet_tree_release(&a);
    stet_tree_release(&b);
    scratch_remove(&s);
    scratch_remove(&to);
}

static void expect_failure(const struct scratch *s, const struct stet_tree *t, int dest,
                           const char *reason)
{
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(stet_tree_copy_to(t, s->fd, dest, &err), -1);
    if (strstr(err.text, reason) == NULL)
        fail_msg("\"%s\", not \"%s\"", err.text, reason);
}

static void test_changed(void **state)
{
    (void)state;
    struct scratch s, to;
    struct stet_tree t;
    scratch_make(&s);
    make_sample(&s);
    scan(&s, &t);
    make_file(&s, "etc/hostname", "another");
    scratch_make(&to);
    expect_failure(&s, &t, to.fd, "\"etc/hostname\" changed its size");
    scratch_remove(&to);
    /* A destination that is not empty, even by a symlink that leads out. */
    scratch_make(&to);
    assert_int_equal(symlinkat("/tmp", to.fd, "etc"), 0);
    expect_failure(&s, &t, to.fd, "cannot make the directory \"etc\"");
    stet_tree_release(&t);
    scratch_remove(&s);
    scratch_remove(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_default_acl),
        cmocka_unit_test(test_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
