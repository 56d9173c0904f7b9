/* Damaged and hostile packages are refused, and nothing appears outside of the root. */
#include "tests/unit/arch/package_fixture.h"

#include <errno.h>

/* A file beside the root, which nothing may touch. */
static void put_sentinel(struct fixture *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, "sentinel", 8), 8);
    close(fd);
}

static void check_sentinel(struct fixture *f, const char *name)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    struct stat st;
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    assert_int_equal(stet_fs_read(AT_FDCWD, path, 100, &b, NULL), 0);
    assert_string_equal(stet_buffer_str(&b), "sentinel");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_nlink, 1);
    stet_buffer_release(&b);
}

struct refusal {
    void (*fill)(struct package *p);
    const char *part;
};

/* ---- names that lead elsewhere ---- */

static void fill_dotdot(struct package *p)
{
    package_file(p, "a/../../outside", "x", 0644);
}
static void fill_absolute(struct package *p)
{
    package_file(p, "/outside", "x", 0644);
}
static void fill_dot_slash(struct package *p)
{
    package_file(p, "./file", "x", 0644);
}
static void fill_newline(struct package *p)
{
    package_file(p, "out\nside", "x", 0644);
}
static void fill_own_link(struct package *p)
{
    package_link(p, "link", "/", false);
    package_file(p, "link/outside", "x", 0644);
}
static void fill_own_link_deep(struct package *p)
{
    package_directory(p, "a/", 0755);
    package_link(p, "a/link", "../..", false);
    package_directory(p, "a/link/dir/", 0755);
}
static void fill_own_file(struct package *p)
{
    package_file(p, "a", "x", 0644);
    package_file(p, "a/b", "x", 0644);
}
static void fill_hard_outside(struct package *p)
{
    package_link(p, "hard", "../sentinel", true);
}
static void fill_hard_absolute(struct package *p)
{
    package_link(p, "hard", "/sentinel", true);
}
static void fill_hard_missing(struct package *p)
{
    package_link(p, "hard", "stray", true);
}
static void fill_hard_later(struct package *p)
{
    package_link(p, "hard", "later", true);
    package_file(p, "later", "x", 0644);
}
static void fill_hard_to_directory(struct package *p)
{
    package_directory(p, "d/", 0755);
    package_link(p, "hard", "d", true);
}
static void fill_hard_through_link(struct package *p)
{
    package_link(p, "l", "..", false);
    package_link(p, "hard", "l/sentinel", true);
}

/* ---- metadata ---- */

static void fill_no_info(struct package *p)
{
    p->without_info = true;
    package_file(p, "a", "x", 0644);
}
static void fill_late_info(struct package *p)
{
    p->without_info = true;
    package_file(p, "a", "x", 0644);
    struct archive_entry *e = package_file(p, "z", "pkgname = evil\n", 0644);
    archive_entry_set_pathname(e, ".PKGINFO");
}
static void fill_late_install(struct package *p)
{
    package_file(p, "a", "x", 0644);
    archive_entry_set_pathname(package_file(p, "z", "x", 0644), ".INSTALL");
}
static void fill_two_infos(struct package *p)
{
    package_metadata(p, ".PKGINFO", "pkgname = other\npkgver = 1-1\narch = any\n");
}
static void fill_install_link(struct package *p)
{
    package_metadata(p, ".INSTALL", "");
    archive_entry_set_filetype(p->members[0].entry, AE_IFLNK);
    archive_entry_set_symlink(p->members[0].entry, "/etc/passwd");
}
static void fill_install_nul(struct package *p)
{
    package_metadata(p, ".INSTALL", "");
    p->members[0].data = "a\0b";
    p->members[0].len = 3;
    archive_entry_set_size(p->members[0].entry, 3);
}
static void set_info(struct package *p, const char *text)
{
    stet_buffer_clear(&p->info);
    stet_buffer_add_str(&p->info, text);
}
static void fill_other_name(struct package *p)
{
    set_info(p, "pkgname = good\npkgver = 1.0-1\narch = any\n");
}
static void fill_other_version(struct package *p)
{
    set_info(p, "pkgname = evil\npkgver = 1.1-1\narch = any\n");
}
static void fill_other_architecture(struct package *p)
{
    set_info(p, "pkgname = evil\npkgver = 1.0-1\narch = x86_64\n");
}
static void fill_bad_info(struct package *p)
{
    stet_buffer_add_str(&p->info, "backup = ../../etc/passwd\n");
}

/* ---- lists ---- */

static void set_mtree(struct package *p, const char *text)
{
    package_file(p, "a", "x", 0644);
    stet_buffer_clear(&p->mtree);
    stet_buffer_add_str(&p->mtree, text);
}
static void fill_unlisted(struct package *p)
{
    set_mtree(p, "#mtree\n./b type=file\n");
}
static void fill_not_there(struct package *p)
{
    set_mtree(p, "#mtree\n./a type=file\n./b type=file\n");
}
static void fill_listed_as_directory(struct package *p)
{
    set_mtree(p, "#mtree\n./a type=dir\n");
}
static void fill_listed_twice(struct package *p)
{
    set_mtree(p, "#mtree\n./a type=file\n./a type=file\n");
}
static void fill_listed_as_both(struct package *p)
{
    set_mtree(p, "#mtree\n./a type=file\n./a type=dir\n");
}
static void fill_twice(struct package *p)
{
    package_file(p, "b", "x", 0644);
    set_mtree(p, "#mtree\n./a type=file\n./b type=file\n");
    archive_entry_set_pathname(p->members[0].entry, "a");
}
static void fill_no_magic(struct package *p)
{
    set_mtree(p, "./a type=file\n");
}
static void fill_classic(struct package *p)
{
    set_mtree(p, "#mtree\na type=file\n");
}
static void fill_mtree_dotdot(struct package *p)
{
    set_mtree(p, "#mtree\n./a type=file\n./b/../../c\n");
}
static void fill_mtree_escape(struct package *p)
{
    set_mtree(p, "#mtree\n./a type=file\n./b/\\056\\056/c\n");
}
static void fill_mtree_newline(struct package *p)
{
    set_mtree(p, "#mtree\n./a\\nb type=file\n");
}
static void fill_mtree_nul(struct package *p)
{
    set_mtree(p, "#mtree\n./a\\000 type=file\n");
}
static void fill_mtree_going_on(struct package *p)
{
    set_mtree(p, "#mtree\n./a \\\ntype=file\n");
}
static void fill_mtree_line(struct package *p)
{
    set_mtree(p, "#mtree\n./a ");
    for (int i = 0; i < 70000; i++)
        stet_buffer_add_char(&p->mtree, 'x');
}
static void fill_mtree_empty(struct package *p)
{
    set_mtree(p, "");
    p->without_gzip = true;
}

static const struct refusal refusals[] = {
    {fill_dotdot, ".."},
    {fill_absolute, "/outside"},
    {fill_dot_slash, "begins with \"./\""},
    {fill_newline, "control"},
    {fill_own_link, "leads through something"},
    {fill_own_link_deep, "leads through something"},
    {fill_own_file, "leads through something"},
    {fill_hard_outside, ".."},
    {fill_hard_absolute, "/sentinel"},
    {fill_hard_missing, "no earlier file"},
    {fill_hard_later, "no earlier file"},
    {fill_hard_to_directory, "no earlier file"},
    {fill_hard_through_link, "no earlier file"},
    {fill_no_info, ".PKGINFO is not among its first members"},
    {fill_late_info, ".PKGINFO is not among its first members"},
    {fill_late_install, "comes after the first file"},
    {fill_two_infos, ".PKGINFO is in it twice"},
    {fill_install_link, ".INSTALL is no regular file"},
    {fill_install_nul, ".INSTALL has a NUL byte"},
    {fill_other_name, "its name is good by its .PKGINFO and evil by the lock"},
    {fill_other_version, "its version is 1.1-1 by its .PKGINFO"},
    {fill_other_architecture, "its architecture is x86_64 by its .PKGINFO"},
    {fill_bad_info, "backup"},
    {fill_unlisted, "\"/a\" is in its archive and not in its .MTREE"},
    {fill_not_there, "\"/b\" is in its .MTREE and not in its archive"},
    {fill_listed_as_directory, "\"/a\" is in its archive and not in its .MTREE"},
    {fill_listed_twice, "list of files twice"},
    {fill_listed_as_both, "\"/a\" is in its list of files twice"},
    {fill_twice, "\"/a\" is in its archive twice"},
    {fill_no_magic, "does not begin with \"#mtree\""},
    {fill_classic, "line 2: a path that does not begin with \"./\""},
    {fill_mtree_dotdot, "line 3"},
    {fill_mtree_escape, "line 3"},
    {fill_mtree_newline, "line 2"},
    {fill_mtree_nul, "line 2: a NUL"},
    {fill_mtree_going_on, "line 2: a line that goes on"},
    {fill_mtree_line, "line 2: it is too long"},
    {fill_mtree_empty, "does not begin with \"#mtree\""},
};

static void test_refused(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        void *state = NULL;
        assert_int_equal(fixture_setup(&state), 0);
        struct fixture *f = state;
        struct package p;
        struct stat st;
        char outside[128];
        put_sentinel(f, "sentinel");
        package_begin(&p, "evil", "");
        refusals[i].fill(&p);
        add_package(f, &p, 0);
        install_refused(f, refusals[i].part);
        assert_non_null(strstr(f->err.text, "evil"));
        check_sentinel(f, "sentinel");
        snprintf(outside, sizeof outside, "%s/outside", f->dir);
        assert_true(stat(outside, &st) < 0 && errno == ENOENT);
        assert_false(((struct stet_arch_state *)f->ctx.state)->packages[0].installed);
        fixture_teardown(&state);
    }
}

/* ---- the file ---- */

static void test_changed_in_store(void **state)
{
    struct fixture *f = *state;
    struct package p;
    package_begin(&p, "evil", "");
    package_file(&p, "a", "x", 0644);
    size_t i = add_package(f, &p, 0);
    struct stet_buffer bytes = STET_BUFFER_INIT;
    _cleanup_free_ char *path = stored_path(f, i);
    assert_int_equal(stet_fs_read(AT_FDCWD, path, 1 << 20, &bytes, &f->err), 0);
    bytes.data[bytes.len / 2] ^= 1;
    assert_int_equal(stet_fs_write(AT_FDCWD, path, bytes.data, bytes.len, &f->err), 0);
    stet_buffer_release(&bytes);
    install_refused(f, "it was removed: run again");
    struct stat st;
    assert_true(stat(path, &st) < 0 && errno == ENOENT);
    assert_false(lookup(f, "a", &st));
    stet_error_clear(&f->err);
    assert_int_equal(stet_arch_read_stage(&f->ctx, 0, &f->err), -1);
    assert_non_null(strstr(f->err.text, "package evil 1.0-1 is not in the store"));
}

static struct stet_buffer good_package(int filter)
{
    struct stet_buffer bytes;
    struct package p;
    package_begin(&p, "evil", "backup = etc/c\n");
    p.filter = filter;
    package_metadata(&p, ".INSTALL", "post_install() { :; }\n");
    package_directory(&p, "etc/", 0755);
    package_file(&p, "etc/c", "conf", 0644);
    package_link(&p, "etc/l", "c", false);
    package_link(&p, "etc/h", "etc/c", true);
    package_end(&p, &bytes);
    return bytes;
}

/* With a SHA-256 that is right, as a hostile repository could have it. */
static bool installs(const struct stet_buffer *bytes)
{
    void *state = NULL;
    assert_int_equal(fixture_setup(&state), 0);
    struct fixture *f = state;
    f->ctx.threads = 2;
    put_sentinel(f, "sentinel");
    add_bytes(f, bytes, "evil", "1.0-1", "any", 0);
    int rc = install_all(f);
    if (rc < 0 && (!strstr(f->err.text, "evil") || strchr(f->err.text, '\n') ||
                   (f->err.kind != STET_ERROR_INPUT && f->err.kind != STET_ERROR_ENVIRONMENT)))
        fail_msg("kind %d: \"%s\"", f->err.kind, f->err.text);
    check_sentinel(f, "sentinel");
    fixture_teardown(&state);
    return rc == 0;
}

static void test_truncated(void **unused)
{
    struct stet_buffer bytes = good_package(ARCHIVE_FILTER_GZIP);
    (void)unused;
    assert_true(installs(&bytes));
    size_t whole = bytes.len;
    for (size_t len = 0; len < whole; len += 31) {
        bytes.len = len;
        assert_false(installs(&bytes));
    }
    bytes.len = whole - 1;
    assert_false(installs(&bytes));
    stet_buffer_release(&bytes);
}

static void test_changed_bytes(void **unused)
{
    struct stet_buffer bytes = good_package(ARCHIVE_FILTER_NONE);
    (void)unused;
    for (size_t i = 0; i < bytes.len; i += 101) {
        char was = bytes.data[i];
        bytes.data[i] = (char)(was ^ (1 << i % 8));
        installs(&bytes);
        bytes.data[i] = was;
    }
    stet_buffer_release(&bytes);
}

static void test_trailing_garbage(void **unused)
{
    struct stet_buffer bytes = good_package(ARCHIVE_FILTER_GZIP);
    (void)unused;
    stet_buffer_add_str(&bytes, "garbage");
    assert_false(installs(&bytes));
    stet_buffer_release(&bytes);
}

/* Whoever comes later is not begun. */
static void test_later_packages_wait(void **state)
{
    struct fixture *f = *state;
    struct package p;
    struct stat st;
    package_begin(&p, "evil", "");
    package_file(&p, "a", "x", 0644);
    package_file(&p, "b/../../c", "x", 0644);
    p.without_mtree = false;
    stet_buffer_clear(&p.mtree);
    stet_buffer_add_str(&p.mtree, "#mtree\n./a\n");
    add_package(f, &p, 0);
    package_begin(&p, "good", "");
    package_file(&p, "good", "x", 0644);
    add_package(f, &p, 0);
    f->ctx.threads = 4;
    install_refused(f, "package evil");
    assert_false(lookup(f, "good", &st));
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),          with_fixture(test_changed_in_store),
        cmocka_unit_test(test_truncated),        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_trailing_garbage), with_fixture(test_later_packages_wait),
    };
    int rc = become_root();
    fixtures_in_memory();
    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
