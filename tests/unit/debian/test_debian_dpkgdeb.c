/* Packages as dpkg-deb makes them, in every compression. */
#include "tests/unit/debian/deb_fixture.h"

#include <errno.h>

static void write_file(const char *dir, const char *name, const char *text, unsigned mode)
{
    struct stet_error err = STET_ERROR_INIT;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(stet_fs_write(AT_FDCWD, path, text, strlen(text), &err), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void make_tree(const char *dir)
{
    struct stet_error err = STET_ERROR_INIT;
    char path[256];
    umask(022);
    snprintf(path, sizeof path, "%s/DEBIAN", dir);
    assert_int_equal(stet_fs_mkdirs(AT_FDCWD, path, &err), 0);
    snprintf(path, sizeof path, "%s/usr/share/doc", dir);
    assert_int_equal(stet_fs_mkdirs(AT_FDCWD, path, &err), 0);
    write_file(dir, "DEBIAN/control",
               "Package: real\nVersion: 1:2-3\nArchitecture: all\nMaintainer: T <t@example.org>\n"
               "Description: made by dpkg-deb\n",
               0644);
    write_file(dir, "DEBIAN/postinst", "#!/bin/sh\n", 0755);
    write_file(dir, "usr/share/doc/text", "a text\n", 0600);
    snprintf(path, sizeof path, "%s/usr/share/link", dir);
    assert_int_equal(symlink("doc/text", path), 0);
}

static void check(const char *compression)
{
    void *one;
    char tree[128], deb[128];
    struct stet_buffer bytes = STET_BUFFER_INIT;
    fixture_setup(&one);
    struct fixture *f = one;
    snprintf(tree, sizeof tree, "%s/tree", f->dir);
    snprintf(deb, sizeof deb, "%s/out.deb", f->dir);
    make_tree(tree);
    const char *argv[] = {
        "dpkg-deb", compression, "--uniform-compression", "--root-owner-group", "--build", tree,
        deb,        NULL};
    struct stet_spawn spawn = {.argv = argv, .output_max = 1000};
    assert_int_equal(stet_spawn_run(&spawn, "dpkg", &f->err), 0);
    assert_int_equal(stet_fs_read(AT_FDCWD, deb, 1 << 20, &bytes, &f->err), 0);
    add_bytes(f, &bytes, "real", "1:2-3", "all", 0);
    stet_buffer_release(&bytes);
    unpack_ok(f);
    assert_string_equal(content(f, "usr/share/link"), "a text\n");
    assert_int_equal(mode_of(f, "usr/share/doc/text"), 0600);
    assert_string_equal(
        content(f, "var/lib/dpkg/info/real.list"),
        "/.\n/usr\n/usr/share\n/usr/share/doc\n/usr/share/doc/text\n/usr/share/link\n");
    assert_int_equal(mode_of(f, "var/lib/dpkg/info/real.postinst"), 0755);
    fixture_teardown(&one);
}

static void test_none(void **state)
{
    (void)state;
    check("-Znone");
}
static void test_gzip(void **state)
{
    (void)state;
    check("-Zgzip");
}
static void test_xz(void **state)
{
    (void)state;
    check("-Zxz");
}
static void test_zstd(void **state)
{
    (void)state;
    check("-Zzstd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_xz),
        cmocka_unit_test(test_zstd),
    };
    int rc = become_root();
    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
