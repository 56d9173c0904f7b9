/* Databases of package managers by package and field, and their logs without times. */
#include "tests/unit/diff/pairs.h"

static void dpkg_status(void **state)
{
    struct comparing c;
    const struct stet_finding *f;
    (void)state;
    pairs_run(&c, stet_diff_paragraphs, "var/lib/dpkg/status", "dpkg-status");
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 2);
    pairs_expect(&c, "two:all: Version", "1.0", "1.1");
    pairs_cause(&c, "two:all: Version", STET_CAUSE_PACKAGE_VERSION, STET_DIFF_CERTAIN);
    f = pairs_only(&c, "two:all: Version");
    assert_string_equal(f->detail, "-Version: 1.0\n+Version: 1.1\n");
    pairs_expect(&c, "package three:all", "(none)", "3.0");
    comparing_release(&c);
}

static void fields(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_paragraphs, "var/lib/dpkg/status",
               "Package: p\nStatus: install ok installed\nConffiles:\n /etc/a 1\n /etc/b 2\n",
               "Package: p\nConffiles:\n /etc/b 2\n /etc/c 3\nStatus: install ok unpacked\n");
    pairs_expect(&c, "p: Status", "install ok installed", "install ok unpacked");
    assert_string_equal(pairs_only(&c, "p: Conffiles")->detail, "- /etc/a 1\n+ /etc/c 3\n");
    pairs_only(&c, "order of fields of p");
    assert_int_equal(c.result.count, 3);
    comparing_release(&c);
}

static void order_of_packages(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(
        &c, stet_diff_paragraphs, "var/lib/apt/extended_states",
        "Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: b\n\nPackage: c\n\n",
        "Package: b\n\nPackage: a\nArchitecture: amd64\nAuto-Installed: 0\n\nPackage: c\n\n");
    assert_int_equal(c.result.count, 2);
    pairs_expect(&c, "a:amd64: Auto-Installed", "1", "0");
    pairs_only(&c, "order of packages");
    comparing_release(&c);
}

static void no_database(void **state)
{
    struct comparing c;
    (void)state;
    /* Lines that are no fields, paragraphs without a name, blank lines alone: others tell of these. */
    pairs_text(&c, stet_diff_paragraphs, "var/lib/dpkg/status", "Package: p\nA: 1\n",
               "Package: p\nA: 1\ngarbage\n");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
    pairs_text(&c, stet_diff_paragraphs, "var/lib/dpkg/status", "A: 1\n", "A: 2\n");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
    pairs_text(&c, stet_diff_paragraphs, "var/lib/dpkg/status", "Package: p\n\n", "Package: p\n");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
    pairs_text(&c, stet_diff_paragraphs, "var/lib/other/status", "Package: p\nA: 1\n",
               "Package: p\nA: 2\n");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
}

static void passwords_of_questions(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_paragraphs, "var/cache/debconf/passwords.dat",
               "Name: passwd/root-password\nValue: hidden-secret\n",
               "Name: passwd/root-password\nValue: other-secret\n");
    assert_int_equal(c.status, 1);
    pairs_cause(&c, "passwd/root-password: Value", STET_CAUSE_RANDOM, STET_DIFF_LIKELY);
    assert_false(pairs_shows(&c, "-secret"));
    comparing_release(&c);
}

static void dpkg_lists(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_dpkg_list, "var/lib/dpkg/info/two.md5sums", "dpkg-md5sums");
    assert_int_equal(c.result.count, 1);
    assert_true(pairs_shows(&c, "+usr/share/two/more: "));
    assert_true(pairs_shows(&c, "-usr/share/two/data: "));
    assert_false(pairs_shows(&c, "two.conf"));
    comparing_release(&c);

    pairs_text(&c, stet_diff_dpkg_list, "var/lib/dpkg/info/p.list", "/.\n/a\n/b\n", "/.\n/b\n/a\n");
    assert_int_equal(c.result.count, 1);
    pairs_only(&c, "order of paths");
    comparing_release(&c);
}

static void pacman(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_pacman, "var/lib/pacman/local/one-1.0-1/desc", "pacman-desc");
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    pairs_cause(&c, "%INSTALLDATE%", STET_CAUSE_DATABASE_TIME, STET_DIFF_CERTAIN);
    assert_true(pairs_shows(&c, " (2026-11-23T"));
    comparing_release(&c);

    pairs_text(
        &c, stet_diff_pacman, "var/lib/pacman/local/p-1-1/files",
        "%FILES%\netc/\netc/a\n\n%BACKUP%\netc/a\t11\netc/b\t22\n\n",
        "%FILES%\netc/a\netc/\n\n%BACKUP%\netc/a\t33\netc/b\t22\n\n%XDATA%\npkgtype=pkg\n\n");
    pairs_only(&c, "order of %FILES%");
    assert_string_equal(pairs_only(&c, "%BACKUP%")->detail, "-etc/a: 11\n+etc/a: 33\n");
    pairs_expect(&c, "%XDATA%", "(none)", "pkgtype=pkg");
    assert_int_equal(c.result.count, 3);
    comparing_release(&c);
}

static void apk(void **state)
{
    struct comparing c;
    (void)state;
    pairs_text(&c, stet_diff_apk, "lib/apk/db/installed",
               "C:Q1aaa=\nP:musl\nV:1.2.5-r0\nA:x86_64\nt:1790000000\nF:lib\nR:ld.so\na:0:0:755\nZ:"
               "Q1xxx=\n"
               "\nP:zlib\nV:1\n\n",
               "C:Q1bbb=\nP:musl\nV:1.2.5-r0\nA:x86_64\nt:1790000001\nF:lib\nR:ld.so\na:0:0:755\nZ:"
               "Q1yyy=\n"
               "R:new\n\nP:busybox\nV:2\n\n");
    assert_int_equal(c.status, 1);
    pairs_expect(&c, "musl: checksum (C:)", "Q1aaa=", "Q1bbb=");
    pairs_expect(&c, "musl: build time (t:)", "1790000000 (2026-09-21T14:13:20Z)",
                 "1790000001 (2026-09-21T14:13:21Z)");
    pairs_expect(&c, "package zlib", "1", "(none)");
    pairs_expect(&c, "package busybox", "(none)", "2");
    assert_string_equal(pairs_only(&c, "musl: files")->detail, "-lib/ld.so: a:0:0:755, Z:Q1xxx=\n"
                                                               "+lib/ld.so: a:0:0:755, Z:Q1yyy=\n"
                                                               "+lib/new\n");
    assert_int_equal(c.result.count, 5);
    comparing_release(&c);
}

static void log_times(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_logs, "var/log/dpkg.log", "dpkg-log-times");
    assert_int_equal(c.status, 1);
    assert_int_equal(c.result.count, 1);
    pairs_expect(&c, "times of 7 lines", "2026-11-22 12:00:00", "2026-11-23 12:00:00");
    pairs_cause(&c, "times of 7 lines", STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY);
    comparing_release(&c);
}

static void log_lines(void **state)
{
    struct comparing c;
    (void)state;
    pairs_run(&c, stet_diff_logs, "var/log/dpkg.log", "dpkg-log-packages");
    assert_int_equal(c.status, 1);
    pairs_cause(&c, "times", STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY);
    assert_true(pairs_shows(&c, "+<time> install two:all <none> 1.1"));
    assert_false(pairs_shows(&c, "-<time> install one:all"));
    comparing_release(&c);

    /* The line end at the very end is part of it. */
    pairs_text(&c, stet_diff_logs, "var/log/apt/history.log", "Start-Date: 2026-01-02  03:04:05\n",
               "Start-Date: 2026-01-02  03:04:06");
    assert_int_equal(c.status, 1);
    assert_true(c.result.count > 1);
    comparing_release(&c);
    pairs_text(&c, stet_diff_logs, "var/log/apt/history.log", "no time\n", "none\n");
    assert_int_equal(c.status, 0);
    comparing_release(&c);
}

static void damaged(void **state)
{
    (void)state;
    pairs_damage(stet_diff_paragraphs, "var/lib/dpkg/status", "dpkg-status");
    pairs_damage(stet_diff_dpkg_list, "var/lib/dpkg/info/two.md5sums", "dpkg-md5sums");
    pairs_damage(stet_diff_pacman, "var/lib/pacman/local/one-1.0-1/desc", "pacman-desc");
    pairs_damage(stet_diff_logs, "var/log/dpkg.log", "dpkg-log-packages");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dpkg_status),
        cmocka_unit_test(fields),
        cmocka_unit_test(order_of_packages),
        cmocka_unit_test(no_database),
        cmocka_unit_test(passwords_of_questions),
        cmocka_unit_test(dpkg_lists),
        cmocka_unit_test(pacman),
        cmocka_unit_test(apk),
        cmocka_unit_test(log_times),
        cmocka_unit_test(log_lines),
        cmocka_unit_test(damaged),
    };
    pairs_start(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
