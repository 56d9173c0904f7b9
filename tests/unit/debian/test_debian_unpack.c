/* What a package leaves in the root and in dpkg's database. */
#include "tests/unit/debian/deb_fixture.h"

#define INFO "var/lib/dpkg/info/"

static void test_files(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st;
    deb_begin(&d, "a", "Section: misc\n");
    deb_control(&d, "md5sums", "sums\n", 0644);
    deb_control(&d, "postinst", "#!/bin/sh\n", 0755);
    deb_directory(&d, "./usr/", 0755);
    deb_directory(&d, "./usr/bin/", 0711);
    deb_file(&d, "./usr/bin/su", "su\n", 04755);
    deb_link(&d, "./usr/bin/sh", "su", false);
    deb_link(&d, "./usr/bin/hard", "./usr/bin/su", true);
    add_deb(f, &d, 0);
    mode_t old = umask(0777); /* must not matter */
    unpack_ok(f);
    umask(old);
    assert_int_equal(mode_of(f, "."), 0755);
    assert_int_equal(mode_of(f, "usr/bin"), 0711);
    assert_int_equal(mode_of(f, "usr/bin/su"), 04755);
    assert_string_equal(content(f, "usr/bin/sh"), "su\n");
    assert_true(lookup(f, "usr/bin/hard", &st));
    assert_int_equal(st.st_nlink, 2);
    assert_int_equal(st.st_mtim.tv_sec, 1500000000);
    assert_int_equal(st.st_mtim.tv_nsec, 0);
    assert_true(lookup(f, "usr/bin/sh", &st));
    assert_int_equal(st.st_mtim.tv_sec, 1500000000);
    assert_string_equal(content(f, INFO "a.list"),
                        "/.\n/usr\n/usr/bin\n/usr/bin/su\n/usr/bin/sh\n/usr/bin/hard\n");
    assert_string_equal(content(f, INFO "a.md5sums"), "sums\n");
    assert_int_equal(mode_of(f, INFO "a.postinst"), 0755);
    assert_int_equal(mode_of(f, INFO "a.list"), 0644);
    assert_null(content(f, INFO "a.control"));
    assert_string_equal(content(f, INFO "format"), "1\n");
    assert_string_equal(content(f, "var/lib/dpkg/arch"), "amd64\n");
    assert_int_equal(f->kept[0], 1500000000);
}

/* The order of fields is that of dpkg's own status files. */
static void test_status(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    deb_begin(
        &d, "a",
        "Homepage: https://example.org/\nDepends: libc6 (>= 2), b\n , c\nMulti-Arch: same\n"
        "Essential: no\nInstalled-Size: 12\nPriority: optional\nConfig-Version: 9\nSource: s\n");
    deb_control(&d, "conffiles", "/etc/a.conf\nremove-on-upgrade /etc/old\n", 0644);
    deb_directory(&d, "./etc/", 0755);
    deb_file(&d, "./etc/a.conf", "a\n", 0640);
    add_deb(f, &d, 0);
    unpack_ok(f);
    assert_string_equal(
        content(f, "var/lib/dpkg/status"),
        "Package: a\nStatus: install ok unpacked\nPriority: optional\nInstalled-Size: 12\n"
        "Maintainer: T <t@example.org>\nArchitecture: amd64\nMulti-Arch: same\nSource: s\n"
        "Version: 1.0-1\nDepends: libc6 (>= 2), b\n , c\n"
        "Conffiles:\n /etc/a.conf newconffile\n /etc/old newconffile remove-on-upgrade\n"
        "Description: test\n more\nHomepage: https://example.org/\n\n");
    assert_non_null(content(f, INFO "a:amd64.list"));
    assert_non_null(content(f, INFO "a:amd64.conffiles"));
    assert_null(content(f, INFO "a.list"));
}

/* dpkg lists the files of a package without md5sums itself. md5sum says so about "hello\n". */
static void test_md5sums(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    deb_begin(&d, "a", "");
    deb_control(&d, "conffiles", "/conf\n", 0644);
    deb_file(&d, "./hello", "hello\n", 0644);
    deb_link(&d, "./hard", "./hello", true);
    deb_link(&d, "./soft", "hello", false);
    deb_file(&d, "./conf", "", 0644);
    add_deb(f, &d, 0);
    deb_begin(&d, "empty", "");
    add_deb(f, &d, 0);
    unpack_ok(f);
    assert_string_equal(content(f, INFO "a.md5sums"), "b1946ac92492d2347c6235b4d2611184  hello\n"
                                                      "b1946ac92492d2347c6235b4d2611184  hard\n"
                                                      "d41d8cd98f00b204e9800998ecf8427e  conf\n");
    assert_string_equal(content(f, INFO "empty.md5sums"), "");
    assert_string_equal(content(f, INFO "empty.list"), "/.\n");
}

static void test_conffiles(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st, other;
    for (unsigned stage = 0; stage < 2; stage++) {
        deb_begin(&d, stage ? "b" : "a", "");
        deb_control(&d, "conffiles", stage ? "/b.conf\n" : "/a.conf\n/a.hard\n", 0644);
        deb_file(&d, stage ? "./b.conf" : "./a.conf", "text\n", 0600);
        if (!stage)
            deb_link(&d, "./a.hard", "./a.conf", true);
        add_deb(f, &d, stage);
    }
    unpack_ok(f);
    assert_true(lookup(f, "a.conf", &st));
    assert_true(lookup(f, "a.conf.dpkg-new", &other));
    assert_int_equal(st.st_ino, other.st_ino);
    assert_true(lookup(f, "a.hard.dpkg-new", &other));
    assert_int_equal(st.st_ino, other.st_ino);
    assert_false(lookup(f, "b.conf", &st));
    assert_int_equal(mode_of(f, "b.conf.dpkg-new"), 0600);
    assert_string_equal(content(f, INFO "b.list"), "/.\n/b.conf\n");
}

static void test_mtime_is_clamped(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st;
    deb_begin(&d, "a", "");
    deb_control(&d, "md5sums", "", 0644);
    deb_file(&d, "./file", "", 0644);
    add_deb(f, &d, 0);
    f->lock.epoch = 1400000000;
    unpack_ok(f);
    assert_true(lookup(f, "file", &st));
    assert_int_equal(st.st_mtime, 1400000000);
    assert_true(lookup(f, INFO "a.md5sums", &st));
    assert_int_equal(st.st_mtime, 1400000000);
    for (size_t i = 0; i < f->kept_count; i++)
        assert_int_equal(f->kept[i], 1400000000);
    assert_true(f->kept_count > 0);
}

/* ---- several packages ---- */

/* The first package in install order decides, however threads run: the bigger package is started first. */
static void test_directory_modes(void **state)
{
    struct fixture *f = *state;
    static char big[60000];
    struct deb d;
    memset(big, 'x', sizeof big - 1);
    deb_begin(&d, "small", "");
    deb_directory(&d, "./dir/", 0750);
    add_deb(f, &d, 0);
    deb_begin(&d, "big", "");
    deb_directory(&d, "./dir/", 0700);
    deb_file(&d, "./dir/big", big, 0644);
    add_deb(f, &d, 0);
    deb_begin(&d, "later", "");
    deb_directory(&d, "./dir/", 0711);
    deb_directory(&d, "./new/", 01777);
    add_deb(f, &d, 1);
    unpack_ok(f);
    assert_int_equal(mode_of(f, "dir"), 0750);
    assert_int_equal(mode_of(f, "new"), 01777);
}

static void add_owner(struct fixture *f, const char *name, const char *fields, const char *text,
                      unsigned stage)
{
    struct deb d;
    deb_begin(&d, name, fields);
    deb_directory(&d, "./dir/", 0755);
    deb_file(&d, "./dir/file", text, 0644);
    add_deb(f, &d, stage);
}

static void test_conflict(void **state)
{
    struct fixture *f = *state;
    add_owner(f, "one", "", "1", 0);
    add_owner(f, "two", "Replaces: one (<< 1.0-1), oneself\n", "2", 0);
    unpack_refused(f, "packages one and two both ship /dir/file and neither replaces the other");
}

static void test_replaces_earlier(void **state)
{
    struct fixture *f = *state;
    add_owner(f, "one", "", "1", 0);
    add_owner(f, "two", "Replaces: x, one (<= 1.0-1)\n", "2", 0);
    unpack_ok(f);
    assert_string_equal(content(f, "dir/file"), "2");
    assert_string_equal(content(f, INFO "one.list"), "/.\n/dir\n");
    assert_string_equal(content(f, INFO "two.list"), "/.\n/dir\n/dir/file\n");
}

/* As if unpacked one after the other: who loses a file to a later package has hashed it before, who loses it to an earlier
 * one has not; whatever threads do. md5sum says so about "1". */
static void test_md5sums_of_the_loser(void **state)
{
    (void)state;
    for (int round = 0; round < 40; round++) {
        void *one;
        bool later_wins = round % 2;
        fixture_setup(&one);
        add_owner(one, "one", later_wins ? "" : "Replaces: two\n", "1", 0);
        add_owner(one, "two", later_wins ? "Replaces: one\n" : "", "2", 0);
        unpack_ok(one);
        assert_string_equal(content(one, INFO "one.md5sums"),
                            "c4ca4238a0b923820dcc509a6f75849b  dir/file\n");
        assert_string_equal(content(one, INFO "two.md5sums"),
                            later_wins ? "c81e728d9d4c2f636f067f89cc14862c  dir/file\n" : "");
        assert_string_equal(content(one, "dir/file"), later_wins ? "2" : "1");
        fixture_teardown(&one);
    }
}

static void test_replaces_later(void **state)
{
    struct fixture *f = *state;
    add_owner(f, "one", "Replaces: two\n", "1", 0);
    add_owner(f, "two", "", "2", 0);
    unpack_ok(f);
    assert_string_equal(content(f, "dir/file"), "1");
    assert_string_equal(content(f, INFO "two.list"), "/.\n/dir\n");
}

static void test_replaces_across_stages(void **state)
{
    struct fixture *f = *state;
    add_owner(f, "one", "", "1", 0);
    add_owner(f, "two", "Replaces: one\n", "2", 1);
    unpack_ok(f);
    assert_string_equal(content(f, "dir/file"), "2");
    assert_string_equal(content(f, INFO "one.list"), "/.\n/dir\n");
}

/* Files of scripts are nobody's; dpkg replaces them, but never a directory. */
static void test_replaces_stray_file(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(stet_fs_mkdirs_in(f->ctx.root, "dir", &f->err), 0);
    put(f, "dir/file", "stray");
    add_owner(f, "one", "", "1", 0);
    unpack_ok(f);
    assert_string_equal(content(f, "dir/file"), "1");
}

static void test_directory_in_the_way(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(stet_fs_mkdirs_in(f->ctx.root, "dir/file/x", &f->err), 0);
    add_owner(f, "one", "", "1", 0);
    unpack_refused(f, "\"/dir/file\" is a directory in the root");
}

static void test_link_and_directory(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    deb_begin(&d, "one", "");
    deb_link(&d, "./dir", "usr", false);
    add_deb(f, &d, 0);
    add_owner(f, "two", "", "2", 0);
    unpack_refused(f, "packages one and two both ship /dir as a directory and as something else");
}

/* Of a symlink of an earlier stage, dpkg follows it; a directory it keeps. */
static void test_link_and_directory_of_stages(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st;
    deb_begin(&d, "one", "");
    deb_directory(&d, "./real/", 0755);
    deb_link(&d, "./dir", "real", false);
    add_deb(f, &d, 0);
    add_owner(f, "two", "", "2", 1);
    deb_begin(&d, "three", "");
    deb_link(&d, "./real", "elsewhere", false);
    add_deb(f, &d, 2);
    unpack_ok(f);
    assert_string_equal(content(f, "real/file"), "2");
    assert_true(lookup(f, "real", &st));
    assert_true(S_ISDIR(st.st_mode));
}

/* ---- the layout of releases ---- */

static void test_merged_usr(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st;
    deb_begin(&d, "usr-is-merged", "");
    add_deb(f, &d, 0);
    deb_begin(&d, "one", "");
    deb_directory(&d, "./bin/", 0700);
    deb_file(&d, "./bin/x", "one", 0755);
    add_deb(f, &d, 0);
    deb_begin(&d, "two", ""); /* dpkg does not see that it is one place: the later has it */
    deb_directory(&d, "./usr/", 0755);
    deb_directory(&d, "./usr/bin/", 0755);
    deb_file(&d, "./usr/bin/x", "two", 0755);
    add_deb(f, &d, 0);
    unpack_ok(f);
    assert_true(lookup(f, "bin", &st) && S_ISLNK(st.st_mode));
    assert_true(lookup(f, "lib64", &st) && S_ISLNK(st.st_mode));
    assert_int_equal(mode_of(f, "usr/bin"), 0755);
    assert_string_equal(content(f, "usr/bin/x"), "two");
    assert_string_equal(content(f, INFO "one.list"), "/.\n/bin\n/bin/x\n");
}

/* From trixie on base-files brings the links, and must come before what goes through them. */
static void test_base_files_first(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st;
    deb_begin(&d, "a", "");
    deb_directory(&d, "./lib/", 0755);
    deb_file(&d, "./lib/x", "x", 0644);
    add_deb(f, &d, 0);
    deb_begin(&d, "base-files", "");
    deb_directory(&d, "./usr/", 0755);
    deb_directory(&d, "./usr/lib/", 0755);
    deb_link(&d, "./lib", "usr/lib", false);
    add_deb(f, &d, 0);
    unpack_ok(f);
    assert_true(lookup(f, "lib", &st) && S_ISLNK(st.st_mode));
    assert_int_equal(st.st_mtime, 1500000000);
    assert_string_equal(content(f, "usr/lib/x"), "x");
}

/* ---- dpkg's rules ---- */

static void test_diversion(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(stet_debian_prepare_root(&f->ctx, &f->err), 0);
    stet_debian_state_free(f->ctx.state);
    f->ctx.state = NULL;
    put(f, "var/lib/dpkg/diversions", "/dir/file\n/dir/file.real\ntwo\n");
    add_owner(f, "one", "", "1", 0);
    add_owner(f, "two", "", "2", 0);
    unpack_ok(f);
    assert_string_equal(content(f, "dir/file"), "2");
    assert_string_equal(content(f, "dir/file.real"), "1");
    assert_string_equal(content(f, INFO "one.list"), "/.\n/dir\n/dir/file\n");
}

static void test_stat_override(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(stet_fs_mkdirs_in(f->ctx.root, "etc", &f->err), 0);
    assert_int_equal(stet_fs_mkdirs_in(f->ctx.root, "var/lib/dpkg", &f->err), 0);
    put(f, "etc/passwd", "daemon:x:1:1:::\nroot:x:0:0:::\n");
    put(f, "etc/group", "rooty:x:7:\nroot:x:0:\n");
    put(f, "var/lib/dpkg/statoverride", "root #0 4750 /dir/file\nroot root 0700 /dir\n");
    add_owner(f, "one", "", "1", 0);
    unpack_ok(f);
    assert_int_equal(mode_of(f, "dir/file"), 04750);
    assert_int_equal(mode_of(f, "dir"), 0700);
}

static void test_stat_override_of_nobody(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(stet_fs_mkdirs_in(f->ctx.root, "var/lib/dpkg", &f->err), 0);
    put(f, "var/lib/dpkg/statoverride", "ghost root 0700 /dir\n");
    add_owner(f, "one", "", "1", 0);
    unpack_refused(f, "\"ghost\"");
}

static void test_triggers(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    deb_begin(&d, "lib", "Multi-Arch: same\n");
    deb_control(&d, "triggers",
                "# comment\n interest-noawait /usr/share/x \ninterest run\ninterest /dir/file\n"
                "activate-noawait run\n",
                0644);
    add_deb(f, &d, 0);
    deb_begin(&d, "user", "");
    deb_control(&d, "triggers", "activate run\ninterest-noawait run\n", 0644);
    deb_directory(&d, "./dir/", 0755);
    deb_file(&d, "./dir/file", "", 0644);
    add_deb(f, &d, 1);
    deb_begin(&d, "user2", "");
    deb_control(&d, "triggers", "activate-noawait other\nactivate-await run\n", 0644);
    add_deb(f, &d, 1);
    unpack_ok(f);
    assert_string_equal(content(f, "var/lib/dpkg/triggers/File"),
                        "/usr/share/x lib:amd64/noawait\n/dir/file lib:amd64\n");
    assert_string_equal(content(f, "var/lib/dpkg/triggers/run"), "lib:amd64\nuser/noawait\n");
    assert_string_equal(content(f, "var/lib/dpkg/triggers/Unincorp"),
                        "run user user2\n/dir/file user\nother -\n");
}

static void refuse_triggers(struct fixture *f, const char *text, const char *part)
{
    struct deb d;
    deb_begin(&d, "a", "");
    deb_control(&d, "triggers", text, 0644);
    add_deb(f, &d, 0);
    unpack_refused(f, part);
}

static void test_trigger_names(void **state)
{
    refuse_triggers(*state, "interest ../status\n", "invalid trigger \"../status\"");
}

static void test_trigger_directives(void **state)
{
    refuse_triggers(*state, "interested x\n", "unknown directive \"interested\"");
}

static void test_control_in_place(void **state)
{
    struct fixture *f = *state;
    struct deb d;
    struct stat st;
    deb_begin(&d, "a", "");
    deb_control(&d, "preinst", "#!/bin/sh\n", 0644);
    deb_control(&d, "templates", "t\n", 0644);
    add_deb(f, &d, 0);
    unpack_ok(f);
    assert_int_equal(stet_debian_place_control(&f->ctx, 0, &f->err), 0);
    assert_int_equal(mode_of(f, "var/lib/dpkg/tmp.ci/preinst"), 0755);
    assert_int_equal(mode_of(f, "var/lib/dpkg/tmp.ci/templates"), 0644);
    assert_non_null(content(f, "var/lib/dpkg/tmp.ci/control"));
    assert_int_equal(stet_debian_clear_control(&f->ctx, &f->err), 0);
    assert_false(lookup(f, "var/lib/dpkg/tmp.ci", &st));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_files),
        CASE(test_status),
        CASE(test_md5sums),
        CASE(test_conffiles),
        CASE(test_mtime_is_clamped),
        CASE(test_directory_modes),
        CASE(test_conflict),
        CASE(test_replaces_earlier),
        cmocka_unit_test(test_md5sums_of_the_loser),
        CASE(test_replaces_later),
        CASE(test_replaces_across_stages),
        CASE(test_replaces_stray_file),
        CASE(test_directory_in_the_way),
        CASE(test_link_and_directory),
        CASE(test_link_and_directory_of_stages),
        CASE(test_merged_usr),
        CASE(test_base_files_first),
        CASE(test_diversion),
        CASE(test_stat_override),
        CASE(test_stat_override_of_nobody),
        CASE(test_triggers),
        CASE(test_trigger_names),
        CASE(test_trigger_directives),
        CASE(test_control_in_place),
    };
    int rc = become_root();
    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
