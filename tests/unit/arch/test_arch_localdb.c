/* The texts of the local database, against what pacman wrote for a package like this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/distro/arch/info.h"
#include "lib/distro/arch/localdb.h"

static const char info_text[] =
    "pkgname = every-thing\npkgbase = every-thing\nxdata = pkgtype=pkg\nxdata = other=a=b\n"
    "pkgver = 1:2.0-3\npkgdesc = Everything at once: ä\nurl = https://example.org/x\n"
    "builddate = 1500000000\npackager = Unknown Packager\nsize = 1084272\narch = x86_64\n"
    "license = MIT\nlicense = GPL-2.0-or-later\nreplaces = older\ngroup = g1\ngroup = g2\n"
    "conflict = other<2\nprovides = libevery.so=1-64\nprovides = virtual\nbackup = etc/every.conf\n"
    "backup = etc/dir/second.conf\ndepend = glibc>=2.1\noptdepend = foo: for bar\n"
    "optdepend = baz>=1: more\n";

static const char desc_text[] =
    "%NAME%\nevery-thing\n\n%VERSION%\n1:2.0-3\n\n%BASE%\nevery-thing\n\n"
    "%DESC%\nEverything at once: ä\n\n%URL%\nhttps://example.org/x\n\n%ARCH%\nx86_64\n\n"
    "%BUILDDATE%\n1500000000\n\n%INSTALLDATE%\n1600000000\n\n%PACKAGER%\nUnknown Packager\n\n"
    "%SIZE%\n1084272\n\n%REASON%\n1\n\n%GROUPS%\ng1\ng2\n\n%LICENSE%\nMIT\nGPL-2.0-or-later\n\n"
    "%VALIDATION%\npgp\n\n%REPLACES%\nolder\n\n%DEPENDS%\nglibc>=2.1\n\n"
    "%OPTDEPENDS%\nfoo: for bar\nbaz>=1: more\n\n%CONFLICTS%\nother<2\n\n"
    "%PROVIDES%\nlibevery.so=1-64\nvirtual\n\n%XDATA%\npkgtype=pkg\nother=a=b\n\n";

struct fixture {
    struct stet_lock_package locked;
    struct stet_arch_package p;
    struct stet_buffer out;
    struct stet_error err;
};

static void begin(struct fixture *f, const char *info)
{
    memset(f, 0, sizeof *f);
    f->p.locked = &f->locked;
    assert_int_equal(stet_arch_info_parse(info, strlen(info), "a", &f->p.info, &f->err), 0);
}

static void end(struct fixture *f)
{
    stet_arch_info_release(&f->p.info);
    stet_strv_release(&f->p.files);
    stet_strv_release(&f->locked.validation);
    stet_buffer_release(&f->out);
}

static void test_desc_whole(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, info_text);
    f.locked.reason = (char *)"dependency";
    assert_int_equal(stet_strv_add(&f.locked.validation, "pgp", &f.err), 0);
    assert_int_equal(stet_arch_localdb_desc(&f.p, 1600000000, &f.out, &f.err), 0);
    assert_string_equal(stet_buffer_str(&f.out), desc_text);
    end(&f);
}

/* "pkgdesc = " is an empty text and not none: libalpm writes it. */
static void test_desc_little(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, "pkgname = a\npkgver = 1-1\narch = any\npkgdesc = \nsize = 0\n");
    f.locked.reason = (char *)"requested";
    stet_buffer_add_str(&f.out, "before\n");
    assert_int_equal(stet_arch_localdb_desc(&f.p, 0, &f.out, &f.err), 0);
    assert_string_equal(stet_buffer_str(&f.out),
                        "before\n%NAME%\na\n\n%VERSION%\n1-1\n\n%DESC%\n\n\n%ARCH%\nany\n\n"
                        "%VALIDATION%\nsha256\n\n");
    end(&f);
}

static void test_files(void **state)
{
    static const char *const hashes[] = {"d41d8cd98f00b204e9800998ecf8427e", NULL};
    static const char *const paths[] = {"etc/", "etc/every.conf", "usr-x/", "usr/", "usr/ü b"};
    struct fixture f;
    (void)state;
    begin(&f, info_text);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(stet_strv_add(&f.p.files, paths[i], &f.err), 0);
    assert_int_equal(stet_arch_localdb_files(&f.p, hashes, &f.out, &f.err), 0);
    assert_string_equal(stet_buffer_str(&f.out),
                        "%FILES%\netc/\netc/every.conf\nusr-x/\nusr/\nusr/ü b\n\n"
                        "%BACKUP%\netc/every.conf\td41d8cd98f00b204e9800998ecf8427e\n"
                        "etc/dir/second.conf\t(null)\n\n");
    end(&f);
}

static void test_files_none(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, "pkgname = a\npkgver = 1-1\narch = any\n");
    assert_int_equal(stet_arch_localdb_files(&f.p, NULL, &f.out, &f.err), 0);
    assert_string_equal(stet_buffer_str(&f.out), "");
    end(&f);
}

/* ---- reading back ---- */

static void test_read(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv out = STET_STRV_INIT;
    /* A description may look like a key. */
    static const char tricky[] = "%NAME%\na\n\n%VERSION%\n1-1\n\n%DESC%\n%ARCH%\n\n%ARCH%\nany";
    (void)state;
    assert_int_equal(stet_arch_localdb_read_desc(desc_text, sizeof desc_text - 1, "d", &out, &err),
                     0);
    assert_int_equal(stet_arch_localdb_read_desc(tricky, sizeof tricky - 1, "d", &out, &err), 0);
    assert_int_equal(out.count, 2);
    assert_string_equal(out.items[0], "every-thing 1:2.0-3 x86_64");
    assert_string_equal(out.items[1], "a 1-1 any");
    stet_strv_release(&out);
}

static void test_read_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "%NAME%",
        "%NAME%\n",
        "%NAME%\na\n\n%VERSION%\n1-1\n\n",
        "%NAME%\n\n\n%VERSION%\n1-1\n\n%ARCH%\nany\n",
        "%NAME%\na b\n\n%VERSION%\n1-1\n\n%ARCH%\nany\n",
        "%NAME%\na\n\n%VERSION%\n1\x1b[0m\n\n%ARCH%\nany\n",
        "x\n%NAME%\na\n\n%VERSION%\n1-1\n\n%ARCH%\nany\n",
    };
    struct stet_strv out = STET_STRV_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_error err = STET_ERROR_INIT;
        int rc =
            stet_arch_localdb_read_desc(cases[i], strlen(cases[i]), "local/a/desc", &out, &err);
        if (rc != -1 || err.kind != STET_ERROR_INPUT || !strstr(err.text, "local/a/desc"))
            fail_msg("case %zu: %d \"%s\"", i, rc, err.text);
    }
    assert_int_equal(out.count, 0);
    stet_strv_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_desc_whole), cmocka_unit_test(test_desc_little),
        cmocka_unit_test(test_files),      cmocka_unit_test(test_files_none),
        cmocka_unit_test(test_read),       cmocka_unit_test(test_read_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
