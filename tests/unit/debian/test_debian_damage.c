/* Damaged and hostile packages are refused, and leave nothing behind. */
#include "tests/unit/debian/deb_fixture.h"

#include <archive.h>

/* One package whose data member is made by fill, and an error that contains part. */
static void refuse(struct fixture *f, void (*fill)(struct deb *d), const char *part)
{
    struct deb d;
    deb_begin(&d, "evil", "");
    fill(&d);
    add_deb(f, &d, 0);
    unpack_refused(f, part);
    assert_non_null(strstr(f->err.text, "evil"));
}

/* ---- names that lead elsewhere ---- */

static void fill_dotdot(struct deb *d)
{
    deb_file(d, "./a/../../outside", "x", 0644);
}
static void fill_absolute(struct deb *d)
{
    deb_file(d, "/outside", "x", 0644);
}
static void fill_newline(struct deb *d)
{
    deb_file(d, "./out\nside", "x", 0644);
}
static void fill_own_link(struct deb *d)
{
    deb_link(d, "./link", "/", false);
    deb_file(d, "./link/outside", "x", 0644);
}
static void fill_own_link_deep(struct deb *d)
{
    deb_directory(d, "./a/", 0755);
    deb_link(d, "./a/link", "..", false);
    deb_directory(d, "./a/link/dir/", 0755);
}
static void fill_hard_outside(struct deb *d)
{
    deb_link(d, "./hard", "../sentinel", true);
}
static void fill_hard_absolute(struct deb *d)
{
    deb_link(d, "./hard", "/etc/passwd", true);
}
static void fill_hard_missing(struct deb *d)
{
    deb_link(d, "./hard", "./stray", true);
}
static void fill_hard_to_link(struct deb *d)
{
    deb_link(d, "./soft", "stray", false);
    deb_link(d, "./hard", "./soft", true);
}
static void fill_fifo(struct deb *d)
{
    deb_fifo(d, "./fifo");
}
static void fill_twice(struct deb *d)
{
    deb_file(d, "./file", "1", 0644);
    deb_link(d, "./file", "stray", false);
}
static void fill_file_then_directory(struct deb *d)
{
    deb_link(d, "./dir", "stray", false);
    deb_directory(d, "./dir/", 0755);
}
static void fill_orphan(struct deb *d)
{
    deb_file(d, "./no/such/file", "x", 0644);
}

static void test_hostile_paths(void **state)
{
    (void)state;
    static const struct {
        void (*fill)(struct deb *d);
        const char *part;
    } cases[] = {
        {fill_dotdot, ".."},
        {fill_absolute, "/outside"},
        {fill_newline, "data.tar"},
        {fill_own_link, "\"/link/outside\" leads through a symlink of the same package"},
        {fill_own_link_deep, "\"/a/link/dir\" leads through a symlink"},
        {fill_hard_outside, ".."},
        {fill_hard_absolute, "/etc/passwd"},
        {fill_hard_missing, "\"/hard\" is a hard link to something that is no earlier file"},
        {fill_hard_to_link, "no earlier file"},
        {fill_fifo, "\"fifo\" in its data.tar is a device, fifo or socket"},
        {fill_twice, "\"/file\" is in it twice"},
        {fill_file_then_directory, "\"/dir\" is in it twice"},
        {fill_orphan, "\"/no/such/file\" comes without its directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *one;
        struct stat st;
        fixture_setup(&one);
        struct fixture *f = one;
        char path[128];
        snprintf(path, sizeof path, "%s/sentinel", f->dir);
        assert_int_equal(stet_fs_write(AT_FDCWD, path, "s", 1, &f->err), 0);
        put(f, "stray", "stray");
        refuse(f, cases[i].fill, cases[i].part);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_nlink, 1);
        snprintf(path, sizeof path, "%s/outside", f->dir);
        assert_int_equal(stat(path, &st), -1);
        assert_false(lookup(f, "outside", &st));
        fixture_teardown(&one);
    }
}

/* A hard link to the file of another package would let one package's name decide another's content. */
static void test_hard_link_across_packages(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    deb_begin(&d, "one", "");
    deb_file(&d, "./file", "1", 0644);
    add_deb(f, &d, 0);
    deb_begin(&d, "two", "");
    deb_link(&d, "./hard", "./file", true);
    add_deb(f, &d, 1);
    unpack_refused(f, "package two: \"/hard\" is a hard link to something");
}

/* Through /bin -> usr/bin two packages mean one file. Which of them a hard link gets must not be left to chance. */
static void test_hard_link_to_aliased_file(void **state)
{
    (void)state;
    for (int linker_first = 0; linker_first < 2; linker_first++) {
        void *one;
        struct deb d;
        fixture_setup(&one);
        struct fixture *f = one;
        deb_begin(&d, "usr-is-merged", "");
        add_deb(f, &d, 0);
        for (int i = 0; i < 2; i++) {
            bool linker = (i == 0) == linker_first;
            deb_begin(&d, linker ? "linker" : "other", "");
            if (!linker)
                deb_directory(&d, "./usr/", 0755);
            deb_directory(&d, linker ? "./bin/" : "./usr/bin/", 0755);
            deb_file(&d, linker ? "./bin/x" : "./usr/bin/x", d.name, 0755);
            if (linker)
                deb_link(&d, "./bin/y", "./bin/x", true);
            add_deb(f, &d, 0);
        }
        if (linker_first) /* the later package has the name, so the link would be to the other's */
            unpack_refused(f, "hard link");
        else
            unpack_ok(f);
        assert_true(linker_first || strcmp(content(f, "usr/bin/y"), "linker") == 0);
        fixture_teardown(&one);
    }
}

/* A symlink of the root that points out of it is followed inside the root only. */
static void test_link_out_of_the_root(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st;
    char path[128];
    deb_begin(&d, "one", "");
    deb_link(&d, "./up", "../../../..", false);
    deb_directory(&d, "./tmp/", 0755);
    add_deb(f, &d, 0);
    deb_begin(&d, "two", "");
    deb_directory(&d, "./up/", 0755);
    deb_file(&d, "./up/landed", "x", 0644);
    add_deb(f, &d, 1);
    unpack_ok(f);
    assert_true(lookup(f, "landed", &st));
    snprintf(path, sizeof path, "%s/landed", f->dir);
    assert_int_equal(stat(path, &st), -1);
}

/* ---- what the store holds ---- */

static void add_simple(struct fixture *f)
{
    struct deb d;
    deb_begin(&d, "a", "");
    deb_directory(&d, "./usr/", 0755);
    deb_file(&d, "./usr/file", "content\n", 0644);
    add_deb(f, &d, 0);
}

static void test_flipped_bit(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    unsigned char byte;
    add_simple(f);
    _cleanup_free_ char *path = stored_path(f, 0);
    assert_int_equal(chmod(path, 0644), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    /* In the padding at the end of data.tar, where no parser would notice. */
    assert_int_equal(pread(fd, &byte, 1, (off_t)f->lock.packages[0].size - 10), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)f->lock.packages[0].size - 10), 1);
    close(fd);
    unpack_refused(f, "package a 1.0-1: its file in the store, sha256/");
    assert_non_null(strstr(f->err.text, "run again"));
    assert_int_equal(stat(path, &st), -1); /* so that it is fetched again */
    assert_false(lookup(f, "usr", &st));
    assert_false(lookup(f, "var/lib/dpkg/info/a.list", &st));
    assert_string_equal(content(f, "var/lib/dpkg/status"), "");
}

static void test_truncated_in_store(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    add_simple(f);
    _cleanup_free_ char *path = stored_path(f, 0);
    assert_int_equal(truncate(path, 100), 0);
    unpack_refused(f, "package a 1.0-1 is not in the store");
    assert_false(lookup(f, "usr", &st));
}

/* Between reading and unpacking. */
static void test_changed_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    add_simple(f);
    assert_int_equal(stet_debian_prepare_root(&f->ctx, &f->err), 0);
    assert_int_equal(stet_debian_read_stage(&f->ctx, 0, &f->err), 0);
    _cleanup_free_ char *path = stored_path(f, 0);
    assert_int_equal(chmod(path, 0644), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "X", 1, 700), 1);
    close(fd);
    assert_int_equal(stet_debian_unpack_stage(&f->ctx, 0, &f->err), -1);
    assert_non_null(strstr(f->err.text, "is damaged"));
    assert_false(lookup(f, "usr", &st));
}

/* ---- what the lock says ---- */

static void refuse_locked(struct fixture *f, const char *name, const char *version,
                          const char *architecture, const char *part)
{
    struct deb d;
    struct stat st;
    struct stet_buffer bytes;
    deb_begin(&d, "a", "");
    deb_directory(&d, "./usr/", 0755);
    deb_end(&d, &bytes);
    add_bytes(f, &bytes, name, version, architecture, 0);
    stet_buffer_release(&bytes);
    unpack_refused(f, part);
    assert_false(lookup(f, "usr", &st));
}

static void test_other_name(void **state)
{
    refuse_locked(*state, "b", "1.0-1", "amd64", "says \"Package: a\" inside, the lock says b");
}
static void test_other_version(void **state)
{
    refuse_locked(*state, "a", "1.0-2", "amd64",
                  "says \"Version: 1.0-1\" inside, the lock says 1.0-2");
}
static void test_other_architecture(void **state)
{
    refuse_locked(*state, "a", "1.0-1", "all", "says \"Architecture: amd64\" inside");
}

/* ---- control members ---- */

static void refuse_control(struct fixture *f, const char *name, const char *text, const char *part)
{
    struct deb d;
    deb_begin(&d, "a", "");
    deb_control(&d, name, text, 0644);
    add_deb(f, &d, 0);
    unpack_refused(f, part);
}

static void test_control_in_folder(void **state)
{
    refuse_control(*state, "sub/postinst", "", "\"sub/postinst\", which is no control file");
}
static void test_control_twice(void **state)
{
    refuse_control(*state, "control", "Package: b\n", "\"control\" twice");
}
static void test_conffile_outside(void **state)
{
    refuse_control(*state, "conffiles", "/../../etc/passwd\n", "..");
}
static void test_conffile_relative(void **state)
{
    refuse_control(*state, "conffiles", "etc/passwd\n", "not absolute");
}

static void test_dotted_control_file_is_ignored(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st;
    deb_begin(&d, "a", "");
    deb_control(&d, "post.inst", "x", 0644);
    add_deb(f, &d, 0);
    unpack_ok(f);
    assert_false(lookup(f, "var/lib/dpkg/info/a.post.inst", &st));
}

/* ---- the ar archive ---- */

struct member {
    const char *name, *text; /* text NULL: a valid tar of that kind */
};

static void make_ar(struct stet_buffer *out, const struct member *m, size_t count)
{
    struct deb d;
    struct stet_buffer whole;
    deb_begin(&d, "a", "");
    stet_buffer_init(out);
    stet_buffer_add_str(out, "!<arch>\n");
    for (size_t i = 0; i < count; i++) {
        /* Both tars are complete only after their end, which deb_end() writes. */
        archive_write_close(d.control);
        archive_write_close(d.data);
        const struct stet_buffer *tar = strstr(m[i].name, "data") ? &d.data_tar : &d.control_tar;
        ar_member(out, m[i].name, m[i].text ? m[i].text : tar->data,
                  m[i].text ? strlen(m[i].text) : tar->len);
    }
    deb_end(&d, &whole);
    stet_buffer_release(&whole);
}

#define AR(...)                                                                                    \
    (const struct member[]){__VA_ARGS__},                                                          \
        sizeof((struct member[]){__VA_ARGS__}) / sizeof(struct member)
#define VERSION                                                                                    \
    {                                                                                              \
        "debian-binary", "2.0\n"                                                                   \
    }
#define CONTROL                                                                                    \
    {                                                                                              \
        "control.tar", NULL                                                                        \
    }
#define DATA                                                                                       \
    {                                                                                              \
        "data.tar", NULL                                                                           \
    }

static void check_ar(const char *part, const struct member *m, size_t count)
{
    void *one;
    struct stet_buffer bytes;
    fixture_setup(&one);
    struct fixture *f = one;
    make_ar(&bytes, m, count);
    add_bytes(f, &bytes, "a", "1.0-1", "amd64", 0);
    if (part)
        unpack_refused(f, part);
    else
        unpack_ok(f);
    stet_buffer_release(&bytes);
    fixture_teardown(&one);
}

static void test_ar(void **state)
{
    (void)state;
    check_ar(NULL, AR(VERSION, CONTROL, DATA));
    check_ar(NULL, AR({"debian-binary/", "2.1\nmore\n"}, {"_gpg", "x"}, CONTROL, {"_x", ""}, DATA,
                      {"later", "x"}));
    check_ar("a member is missing", AR(VERSION, CONTROL));
    check_ar("the first member is not debian-binary", AR(CONTROL, DATA));
    check_ar("does not say 2.x", AR({"debian-binary", "3.0\n"}, CONTROL, DATA));
    check_ar("does not say 2.x", AR({"debian-binary", "2.\n\n"}, CONTROL, DATA));
    check_ar("expected control.tar, found \"data.tar\"", AR(VERSION, DATA, CONTROL));
    check_ar("expected control.tar, found \"other\"", AR(VERSION, {"other", "x"}, CONTROL, DATA));
    check_ar("not supported", AR(VERSION, CONTROL, {"data.tar.bz2", NULL}));
    check_ar("by content and", AR(VERSION, CONTROL, {"data.tar.xz", NULL}));
    check_ar("control file", AR(VERSION, {"control.tar", ""}, DATA));
    check_ar("its data.tar is damaged", AR(VERSION, CONTROL, {"data.tar", "no tar at all"}));
}

static void refuse_bytes(struct fixture *f, const void *data, size_t len, const char *part)
{
    struct stet_buffer bytes = {(char *)data, len, len, false};
    add_bytes(f, &bytes, "a", "1.0-1", "amd64", 0);
    unpack_refused(f, part);
}

static void test_no_ar(void **state)
{
    refuse_bytes(*state, "PK\3\4 something else", 18, "it is no ar archive");
}
static void test_short(void **state)
{
    refuse_bytes(*state, "!<ar", 4, "it is truncated");
}
static void test_member_past_the_end(void **state)
{
    static const char text[] = "!<arch>\n"
                               "debian-binary   0           0     0     100644  999       `\n2.0\n";
    refuse_bytes(*state, text, sizeof text - 1, "past the end");
}
static void test_size_is_no_number(void **state)
{
    static const char text[] = "!<arch>\n"
                               "debian-binary   0           0     0     100644  -4        `\n2.0\n";
    refuse_bytes(*state, text, sizeof text - 1, "size of an ar member");
}

/* Every truncation of a valid package is refused, with the digest of what is left, so that nothing but
 * the parser can notice. */
static void test_every_truncation(void **state)
{
    (void)state;
    struct deb d;
    struct stet_buffer bytes;
    deb_begin(&d, "a", "");
    deb_file(&d, "./file", "content\n", 0644);
    deb_end(&d, &bytes);
    size_t full = bytes.len;
    /* The tar's own padding is 20 blocks; cutting that off loses nothing. */
    for (size_t len = 1; len < full; len += len < 80 ? 7 : 499) {
        void *one;
        fixture_setup(&one);
        struct fixture *f = one;
        bytes.len = len;
        add_bytes(f, &bytes, "a", "1.0-1", "amd64", 0);
        unpack_refused(f, "a");
        fixture_teardown(&one);
    }
    stet_buffer_release(&bytes);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_paths),
        CASE(test_hard_link_across_packages),
        cmocka_unit_test(test_hard_link_to_aliased_file),
        CASE(test_link_out_of_the_root),
        CASE(test_flipped_bit),
        CASE(test_truncated_in_store),
        CASE(test_changed_meanwhile),
        CASE(test_other_name),
        CASE(test_other_version),
        CASE(test_other_architecture),
        CASE(test_control_in_folder),
        CASE(test_control_twice),
        CASE(test_conffile_outside),
        CASE(test_conffile_relative),
        CASE(test_dotted_control_file_is_ignored),
        cmocka_unit_test(test_ar),
        CASE(test_no_ar),
        CASE(test_short),
        CASE(test_member_past_the_end),
        CASE(test_size_is_no_number),
        cmocka_unit_test(test_every_truncation),
    };
    int rc = become_root();
    fixtures_in_memory();
    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
