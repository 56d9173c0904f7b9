/* Packages into a root, as pacman leaves them. */
#include "tests/unit/arch/package_fixture.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "lib/digest/digest.h"

static bool real_root; /* not that of a namespace with one id */

static void assert_mtime(struct fixture *f, const char *path, int64_t want)
{
    struct stat st;
    assert_true(lookup(f, path, &st));
    assert_int_equal(st.st_mtim.tv_sec, want);
    assert_int_equal(st.st_mtim.tv_nsec, 0);
}

static bool was_kept(const struct fixture *f, int64_t mtime)
{
    for (size_t i = 0; i < f->kept_count; i++)
        if (f->kept[i] == mtime)
            return true;
    return false;
}

static void assert_link(struct fixture *f, const char *path, const char *want)
{
    char target[256] = "";
    assert_true(readlinkat(f->ctx.root, path, target, sizeof target - 1) > 0);
    assert_string_equal(target, want);
}

/* ---- the empty root ---- */

static void test_prepare(void **state)
{
    static const struct {
        const char *path;
        unsigned mode;
    } directories[] = {{".", 0755},
                       {"var", 0755},
                       {"var/cache/pacman/pkg", 0755},
                       {"var/lib/pacman/local", 0755},
                       {"var/log", 0755},
                       {"dev", 0755},
                       {"run", 0755},
                       {"etc/pacman.d", 0755},
                       {"tmp", 01777},
                       {"proc", 0555},
                       {"sys", 0555}};
    struct fixture *f = *state;
    mode_t before = umask(077);
    prepare(f);
    umask(before);
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        assert_int_equal(mode_of(f, directories[i].path), directories[i].mode);
    assert_string_equal(content(f, "var/lib/pacman/local/ALPM_DB_VERSION"), "9\n");
    assert_int_equal(mode_of(f, "var/lib/pacman/local/ALPM_DB_VERSION"), 0644);
    assert_non_null(f->ctx.state);
}

/* ---- all kinds of entries ---- */

static void add_every(struct fixture *f, int filter)
{
    struct package p;
    package_begin(&p, "every", "size = 5\nbackup = etc/a.conf\nbackup = etc/none\n");
    p.filter = filter;
    package_metadata(&p, ".BUILDINFO", "format = 2\n");
    package_metadata(&p, ".INSTALL", "post_install() { :; }\n");
    package_metadata(&p, ".CHANGELOG", "changes\n");
    package_metadata(&p, ".FUTURE", "ignored\n");
    package_directory(&p, "etc/", 0755);
    package_file(&p, "etc/a.conf", "conf\n", 0600);
    package_directory(&p, "usr-x/", 0711);
    package_directory(&p, "usr/", 0755);
    package_directory(&p, "usr/sticky/", 01777);
    package_file(&p, "usr/suid", "#!", 04755);
    package_link(&p, "usr/hard", "usr/suid", true);
    package_link(&p, "usr/soft", "/no/where", false);
    package_link(&p, "usr/hardsoft", "usr/soft", true);
    package_file(&p, "usr/\xc3\xbc #\\x", "utf-8", 0644);
    package_file(&p, "usr/empty", "", 0444);
    archive_entry_set_mtime(package_file(&p, "usr/new", "new", 0644), EPOCH + 5, 0);
    package_add(&p, "usr/fifo", AE_IFIFO, 0640, NULL, 0);
    add_package(f, &p, 0);
}

static void check_every(struct fixture *f)
{
    struct stat st, other;
    assert_string_equal(content(f, "etc/a.conf"), "conf\n");
    assert_int_equal(mode_of(f, "etc/a.conf"), 0600);
    assert_int_equal(mode_of(f, "usr-x"), 0711);
    assert_int_equal(mode_of(f, "usr/sticky"), 01777);
    assert_int_equal(mode_of(f, "usr/suid"), 04755);
    assert_true(lookup(f, "usr/suid", &st) && lookup(f, "usr/hard", &other));
    assert_int_equal(st.st_ino, other.st_ino);
    assert_link(f, "usr/soft", "/no/where");
    assert_true(lookup(f, "usr/soft", &st) && lookup(f, "usr/hardsoft", &other));
    assert_int_equal(st.st_ino, other.st_ino);
    assert_mtime(f, "usr/soft", PACKAGE_TIME);
    assert_string_equal(content(f, "usr/\xc3\xbc #\\x"), "utf-8");
    assert_int_equal(mode_of(f, "usr/empty"), 0444);
    assert_mtime(f, "usr/empty", PACKAGE_TIME);
    assert_mtime(f, "usr/new", EPOCH);
    assert_true(lookup(f, "usr/fifo", &st) && S_ISFIFO(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_mtime(f, "usr/fifo", PACKAGE_TIME);
    assert_true(was_kept(f, PACKAGE_TIME) && was_kept(f, EPOCH));
    assert_false(was_kept(f, EPOCH + 5));
}

#define DB "var/lib/pacman/local/every-1.0-1/"

static void check_every_database(struct fixture *f)
{
    const struct stet_arch_state *s = f->ctx.state;
    assert_string_equal(content(f, DB "desc"),
                        "%NAME%\nevery\n\n%VERSION%\n1.0-1\n\n%ARCH%\nany\n\n%INSTALLDATE%\n"
                        "1600000000\n\n%SIZE%\n5\n\n%VALIDATION%\nsha256\n\n");
    assert_string_equal(content(f, DB "files"),
                        "%FILES%\netc/\netc/a.conf\nusr-x/\nusr/\nusr/empty\nusr/fifo\nusr/hard\n"
                        "usr/hardsoft\nusr/new\nusr/soft\nusr/sticky/\nusr/suid\n"
                        "usr/\xc3\xbc #\\x\n\n%BACKUP%\n"
                        "etc/a.conf\tb9a771b420047cfaa3543e66c78f44f6\netc/none\t(null)\n\n");
    assert_string_equal(content(f, DB "install"), "post_install() { :; }\n");
    assert_string_equal(content(f, DB "changelog"), "changes\n");
    static const char *const files[] = {"desc", "files", "install", "changelog", "mtree"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, DB "%s", files[i]);
        assert_int_equal(mode_of(f, path), 0644);
    }
    assert_int_equal(mode_of(f, DB), 0755);
    assert_mtime(f, DB "install", PACKAGE_TIME);
    assert_mtime(f, DB "mtree", PACKAGE_TIME);
    struct stat st;
    assert_true(lookup(f, DB "mtree", &st));
    assert_int_equal(st.st_size, s->packages[0].mtree_len);
    assert_false(lookup(f, ".PKGINFO", &st) || lookup(f, ".FUTURE", &st) ||
                 lookup(f, DB ".BUILDINFO", &st));
    assert_true(s->packages[0].installed);
    assert_string_equal(s->packages[0].install, "post_install() { :; }\n");
}

static void check_filter(struct fixture *f, int filter)
{
    add_every(f, filter);
    install_ok(f);
    check_every(f);
    check_every_database(f);
}

static void test_plain(void **state)
{
    check_filter(*state, ARCHIVE_FILTER_NONE);
}
static void test_gzip(void **state)
{
    check_filter(*state, ARCHIVE_FILTER_GZIP);
}
static void test_xz(void **state)
{
    struct fixture *f = *state;
    f->ctx.threads = 1;
    check_filter(f, ARCHIVE_FILTER_XZ);
}
static void test_zstd(void **state)
{
    mode_t before = umask(077);
    check_filter(*state, ARCHIVE_FILTER_ZSTD);
    umask(before);
}

static void test_read_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    add_every(f, ARCHIVE_FILTER_GZIP);
    prepare(f);
    assert_int_equal(stet_arch_read_stage(&f->ctx, 0, &f->err), 0);
    const struct stet_arch_package *p = &((struct stet_arch_state *)f->ctx.state)->packages[0];
    assert_false(p->installed);
    assert_string_equal(p->info.name, "every");
    assert_int_equal(p->files.count, 13);
    assert_int_equal(p->changelog_len, 8);
    assert_false(lookup(f, "usr", &st) || lookup(f, DB, &st));
}

static void test_without_mtree(void **state)
{
    struct fixture *f = *state;
    struct package p;
    struct stat st;
    package_begin(&p, "old", "");
    p.without_mtree = true;
    package_directory(&p, "usr/", 0755);
    package_file(&p, "usr/a", "a", 0644);
    package_directory(&p, "usr-b/", 0755);
    add_package(f, &p, 0);
    install_ok(f);
    assert_string_equal(content(f, "var/lib/pacman/local/old-1.0-1/files"),
                        "%FILES%\nusr-b/\nusr/\nusr/a\n\n");
    assert_false(lookup(f, "var/lib/pacman/local/old-1.0-1/mtree", &st));
}

static void test_plain_mtree(void **state)
{
    struct fixture *f = *state;
    struct package p;
    package_begin(&p, "plain", "");
    p.without_gzip = true;
    package_directory(&p, "usr/", 0755);
    package_file(&p, "usr/a", "a", 0644);
    stet_buffer_clear(&p.mtree);
    stet_buffer_add_str(&p.mtree, "#mtree v2.0\n\n/set type=dir\n. mode=755\n\t./usr \tmode=755\n"
                                  "# ./usr/no\n/unset type\n./usr/\\141 type=file");
    add_package(f, &p, 0);
    install_ok(f);
    assert_string_equal(content(f, "var/lib/pacman/local/plain-1.0-1/files"),
                        "%FILES%\nusr/\nusr/a\n\n");
}

/* ---- attributes ---- */

static void test_owners(void **state)
{
    struct fixture *f = *state;
    struct package p;
    struct stat st;
    if (!real_root)
        skip();
    package_begin(&p, "owned", "");
    package_directory(&p, "d/", 02750);
    archive_entry_set_uid(p.members[0].entry, 5);
    archive_entry_set_gid(p.members[0].entry, 6);
    struct archive_entry *e = package_file(&p, "d/f", "x", 06755);
    archive_entry_set_uid(e, 7);
    archive_entry_set_gid(e, 8);
    archive_entry_xattr_add_entry(
        e, "security.capability",
        "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
    package_link(&p, "d/l", "f", false);
    archive_entry_set_uid(p.members[2].entry, 9);
    add_package(f, &p, 0);
    install_ok(f);
    assert_true(lookup(f, "d", &st));
    assert_true(st.st_uid == 5 && st.st_gid == 6 && (st.st_mode & 07777) == 02750);
    assert_true(lookup(f, "d/f", &st));
    assert_true(st.st_uid == 7 && st.st_gid == 8 && (st.st_mode & 07777) == 06755);
    assert_true(lookup(f, "d/l", &st));
    assert_int_equal(st.st_uid, 9);
    int fd = openat(f->ctx.root, "d/f", O_RDONLY);
    assert_int_equal(fgetxattr(fd, "security.capability", NULL, 0), 20);
    close(fd);
}

static void test_xattrs(void **state)
{
    struct fixture *f = *state;
    struct package p;
    char value[16] = "";
    if (fsetxattr(f->ctx.root, "user.probe", "1", 1, 0) < 0)
        skip();
    package_begin(&p, "attrs", "");
    package_directory(&p, "d/", 0755);
    archive_entry_xattr_add_entry(p.members[0].entry, "user.d", "dir", 3);
    archive_entry_xattr_add_entry(package_file(&p, "d/f", "x", 0400), "user.f", "a\0b", 3);
    add_package(f, &p, 0);
    install_ok(f);
    int d = openat(f->ctx.root, "d", O_RDONLY), fd = openat(f->ctx.root, "d/f", O_RDONLY);
    assert_int_equal(fgetxattr(d, "user.d", value, sizeof value), 3);
    assert_memory_equal(value, "dir", 3);
    assert_int_equal(fgetxattr(fd, "user.f", value, sizeof value), 3);
    assert_memory_equal(value, "a\0b", 3);
    close(d);
    close(fd);
    assert_mtime(f, "d/f", PACKAGE_TIME);
}

static void test_sparse(void **state)
{
    enum { SIZE = 1 << 20 };
    struct fixture *f = *state;
    struct package p;
    char *data = calloc(1, SIZE), *have = malloc(SIZE);
    assert_true(data && have);
    memcpy(data + 500000, "middle", 6);
    package_begin(&p, "holes", "");
    struct archive_entry *e = package_add(&p, "sparse", AE_IFREG, 0644, data, SIZE);
    archive_entry_sparse_add_entry(e, 499712, 4096);
    package_file(&p, "after", "after", 0644);
    struct stet_buffer bytes;
    package_end(&p, &bytes);
    assert_true(bytes.len < SIZE);
    add_bytes(f, &bytes, "holes", "1.0-1", "any", 0);
    stet_buffer_release(&bytes);
    install_ok(f);
    struct stat st;
    assert_true(lookup(f, "sparse", &st));
    assert_int_equal(st.st_size, SIZE);
    int fd = openat(f->ctx.root, "sparse", O_RDONLY);
    assert_int_equal(read(fd, have, SIZE), SIZE);
    assert_memory_equal(have, data, SIZE);
    close(fd);
    assert_string_equal(content(f, "after"), "after");
    free(data);
    free(have);
}

static void test_device(void **state)
{
    struct fixture *f = *state;
    struct package p;
    struct stat st;
    package_begin(&p, "nodes", "");
    struct archive_entry *e = package_add(&p, "null", AE_IFCHR, 0666, NULL, 0);
    archive_entry_set_rdevmajor(e, 1);
    archive_entry_set_rdevminor(e, 3);
    add_package(f, &p, 0);
    if (install_all(f) == 0) {
        assert_true(lookup(f, "null", &st) && S_ISCHR(st.st_mode));
        assert_int_equal(st.st_mode & 07777, 0666);
        assert_true(st.st_rdev == makedev(1, 3));
    } else {
        assert_int_equal(f->err.kind, STET_ERROR_ENVIRONMENT);
        assert_non_null(strstr(f->err.text, "package nodes: creating the character device /null"));
    }
}

/* ---- what is in the root already ---- */

static void test_first_directory_decides(void **state)
{
    struct fixture *f = *state;
    struct package p;
    package_begin(&p, "one", "");
    package_directory(&p, "d/", 0700);
    package_directory(&p, "tmp/", 0755);
    package_file(&p, "d/one", "1", 0644);
    add_package(f, &p, 0);
    package_begin(&p, "two", "");
    package_directory(&p, "d/", 0755);
    package_file(&p, "d/two", "2", 0644);
    add_package(f, &p, 0);
    install_ok(f);
    assert_int_equal(mode_of(f, "d"), 0700);
    assert_int_equal(mode_of(f, "tmp"), 01777);
    assert_string_equal(content(f, "d/two"), "2");
}

static void test_replaces_what_nobody_ships(void **state)
{
    struct fixture *f = *state;
    struct package p;
    struct stat st;
    package_begin(&p, "one", "");
    package_directory(&p, "dir/", 0750);
    package_file(&p, "dir/in", "in", 0644);
    package_file(&p, "file", "package's", 0644);
    package_file(&p, "link", "package's", 0644);
    add_package(f, &p, 0);
    prepare(f);
    put(f, "file", "scriptlet's");
    put(f, "target", "scriptlet's");
    assert_int_equal(symlinkat("target", f->ctx.root, "link"), 0);
    assert_int_equal(symlinkat("var", f->ctx.root, "dir"), 0);
    install_ok(f);
    assert_string_equal(content(f, "file"), "package's");
    assert_string_equal(content(f, "link"), "package's");
    assert_string_equal(content(f, "target"), "scriptlet's");
    assert_int_equal(mode_of(f, "dir"), 0750);
    assert_false(lookup(f, "var/in", &st));
}

static void test_never_over_a_directory(void **state)
{
    struct fixture *f = *state;
    struct package p;
    package_begin(&p, "one", "backup = run\n");
    package_file(&p, "run", "x", 0644);
    add_package(f, &p, 0);
    install_refused(f, "package one: \"/run\" is a directory in the root already");
}

static void test_never_through_a_link(void **state)
{
    struct fixture *f = *state;
    struct package p;
    struct stat st;
    package_begin(&p, "one", "");
    package_file(&p, "link/x", "x", 0644);
    add_package(f, &p, 0);
    prepare(f);
    assert_int_equal(symlinkat("run", f->ctx.root, "link"), 0);
    install_refused(f, "package one: \"/link/x\" leads through something in the root");
    assert_false(lookup(f, "run/x", &st));
}

/* Directories that no package ships, or that NoExtract leaves out, are made for what is in them. */
static void test_missing_directories(void **state)
{
    struct fixture *f = *state;
    struct package p;
    package_begin(&p, "one", "");
    package_file(&p, "a/b/c", "x", 0644);
    add_package(f, &p, 0);
    mode_t before = umask(077);
    install_ok(f);
    umask(before);
    assert_int_equal(mode_of(f, "a"), 0755);
    assert_int_equal(mode_of(f, "a/b"), 0755);
}

/* ---- NoExtract ---- */

static void exclude(struct fixture *f, const char *pattern)
{
    assert_int_equal(stet_strv_add(&f->lock.recipe.noextract, pattern, &f->err), 0);
}

static void test_noextract(void **state)
{
    struct fixture *f = *state;
    struct package p;
    struct stat st;
    package_begin(&p, "docs", "backup = usr/share/man/conf\n");
    package_directory(&p, "usr/", 0755);
    package_directory(&p, "usr/share/", 0755);
    package_directory(&p, "usr/share/man/", 0711);
    package_file(&p, "usr/share/man/a.1", "a", 0644);
    package_file(&p, "usr/share/man/keep", "k", 0644);
    package_file(&p, "usr/share/man/conf", "c", 0644);
    package_link(&p, "usr/share/man/b.1", "usr/share/man/a.1", true);
    add_package(f, &p, 0);
    exclude(f, "usr/share/man/*");
    exclude(f, "!usr/share/man/keep");
    install_ok(f);
    assert_false(lookup(f, "usr/share/man/a.1", &st) || lookup(f, "usr/share/man/b.1", &st));
    assert_string_equal(content(f, "usr/share/man/keep"), "k");
    assert_int_equal(mode_of(f, "usr/share/man"), 0755); /* the package's own entry is left out */
    assert_non_null(strstr(content(f, "var/lib/pacman/local/docs-1.0-1/files"),
                           "usr/share/man/\nusr/share/man/a.1\nusr/share/man/b.1\n"));
    assert_non_null(strstr(content(f, "var/lib/pacman/local/docs-1.0-1/files"),
                           "usr/share/man/conf\t(null)\n"));
}

static void test_noextract_link_target(void **state)
{
    struct fixture *f = *state;
    struct package p;
    package_begin(&p, "docs", "");
    package_file(&p, "a", "a", 0644);
    package_link(&p, "b", "a", true);
    add_package(f, &p, 0);
    exclude(f, "a");
    install_refused(f, "package docs: \"/b\" is a hard link to /a, which noextract leaves out");
}

/* ---- backup files ---- */

static void add_backup(struct fixture *f)
{
    struct package p;
    package_begin(&p, "conf", "backup = etc/a\nbackup = etc/b\nbackup = etc/l\n");
    package_directory(&p, "etc/", 0755);
    package_file(&p, "etc/a", "package's", 0640);
    package_file(&p, "etc/b", "equal", 0640);
    package_link(&p, "etc/l", "b", false);
    add_package(f, &p, 0);
}

static void test_backup_stays(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    add_backup(f);
    prepare(f);
    put(f, "etc/a", "mine");
    put(f, "etc/b", "equal");
    put(f, "etc/a.pacnew", "older");
    install_ok(f);
    assert_string_equal(content(f, "etc/a"), "mine");
    assert_int_equal(mode_of(f, "etc/a"), 0644);
    assert_string_equal(content(f, "etc/a.pacnew"), "package's");
    assert_int_equal(mode_of(f, "etc/a.pacnew"), 0640);
    assert_string_equal(content(f, "etc/b"), "equal");
    assert_int_equal(mode_of(f, "etc/b"), 0640); /* the package's, as the two are equal */
    assert_mtime(f, "etc/b", PACKAGE_TIME);
    assert_false(lookup(f, "etc/b.pacnew", &st));
    assert_non_null(strstr(stet_buffer_str(&f->logged), "/etc/a installed as /etc/a.pacnew"));
    assert_string_equal(strstr(content(f, "var/lib/pacman/local/conf-1.0-1/files"), "%BACKUP%"),
                        "%BACKUP%\netc/a\t50a046035125bc6f617ea28ef234cd36\n"
                        "etc/b\t465289687a70db7aa7217cc240c29f0f\n"
                        "etc/l\t465289687a70db7aa7217cc240c29f0f\n\n");
}

/* ---- two packages ---- */

static void add_two(struct fixture *f, const char *a, unsigned type_a, const char *b,
                    unsigned type_b, unsigned stage_b)
{
    struct package p;
    package_begin(&p, "one", "");
    package_add(&p, a, type_a, 0755, NULL, 0);
    add_package(f, &p, 0);
    package_begin(&p, "two", "");
    package_add(&p, b, type_b, 0755, NULL, 0);
    add_package(f, &p, stage_b);
}

static void test_conflict(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    add_two(f, "usr/x", AE_IFREG, "usr/x", AE_IFREG, 0);
    install_refused(f, "packages one and two both ship /usr/x; leave one of them out");
    assert_false(lookup(f, "usr", &st));
}
static void test_conflict_of_stages(void **state)
{
    add_two(*state, "usr/x", AE_IFREG, "usr/x", AE_IFREG, 1);
    install_refused(*state, "packages one and two both ship /usr/x");
}
/* As when one ships /lib as a link and another a directory lib. */
static void test_conflict_of_types(void **state)
{
    add_two(*state, "lib", AE_IFREG, "lib/", AE_IFDIR, 0);
    install_refused(*state, "packages one and two both ship /lib, as a directory and as something");
}
static void test_conflict_of_types_reversed(void **state)
{
    add_two(*state, "lib/", AE_IFDIR, "lib", AE_IFREG, 0);
    install_refused(*state, "packages one and two both ship /lib, as a directory and as something");
}
static void test_no_conflict(void **state)
{
    add_two(*state, "lib/", AE_IFDIR, "lib/", AE_IFDIR, 0);
    install_ok(*state);
}
static void test_conflict_through_link(void **state)
{
    struct fixture *f = *state;
    struct package p;
    package_begin(&p, "one", "");
    package_directory(&p, "usr/", 0755);
    package_file(&p, "usr/x", "one's", 0644);
    package_link(&p, "lib", "usr", false);
    add_package(f, &p, 0);
    package_begin(&p, "two", "");
    package_file(&p, "lib/x", "two's", 0644);
    add_package(f, &p, 0);
    install_refused(f, "package two: \"/lib/x\" leads through something");
    assert_string_equal(content(f, "usr/x"), "one's");
}

/* Nobody makes up the entry of another in the local database. */
static void test_entry_of_another(void **state)
{
    struct fixture *f = *state;
    struct package p;
    package_begin(&p, "one", "");
    package_file(&p, "var/lib/pacman/local/two-1.0-1/desc", "x", 0644);
    add_package(f, &p, 0);
    package_begin(&p, "two", "");
    package_file(&p, "two", "x", 0644);
    add_package(f, &p, 0);
    install_refused(f, "package two: /var/lib/pacman/local/two-1.0-1 is in the root already");
}

/* ---- order ---- */

static void watch_order(struct fixture *f, const char *text)
{
    struct stat st;
    if (strstr(text, "one") && strstr(text, "pre_install"))
        assert_false(lookup(f, "one", &st));
    if (strstr(text, "one") && strstr(text, "post_install")) {
        assert_true(lookup(f, "one", &st));
        assert_true(lookup(f, "var/lib/pacman/local/one-1.0-1/desc", &st));
        assert_false(((struct stet_arch_state *)f->ctx.state)->packages[0].installed);
    }
    if (strstr(text, "two") && strstr(text, "pre_install")) {
        assert_false(lookup(f, "two", &st));
        assert_true(((struct stet_arch_state *)f->ctx.state)->packages[0].installed);
    }
}

/* The root has no shell, of which each scriptlet that does not run says a word. */
static void test_order(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"one", "two"};
    for (size_t i = 0; i < 2; i++) {
        struct package p;
        package_begin(&p, names[i], "");
        package_metadata(&p, ".INSTALL", "pre_install() { :; }\npost_install() { :; }\n");
        package_file(&p, names[i], "x", 0644);
        add_package(f, &p, 0);
    }
    f->on_message = watch_order;
    install_ok(f);
    const char *log = stet_buffer_str(&f->logged), *last = log;
    static const char *const order[] = {"one: its pre_install", "one: its post_install",
                                        "two: its pre_install", "two: its post_install"};
    for (size_t i = 0; i < 4; i++) {
        const char *at = strstr(log, order[i]);
        assert_true(at && at >= last);
        last = at;
    }
}

/* Many packages of several blocks each: what threads decode ahead is what one thread reads. */
static void check_many(struct fixture *f, unsigned threads)
{
    enum { PACKAGES = 12, SIZE = 900000 };
    char *data[PACKAGES], *have = malloc(SIZE);
    assert_non_null(have);
    f->ctx.threads = threads;
    for (int i = 0; i < PACKAGES; i++) {
        struct package p;
        char name[16];
        data[i] = malloc(SIZE);
        uint32_t random = (uint32_t)i + 1;
        for (size_t n = 0; n < SIZE; n++)
            data[i][n] = (char)((random = random * 1664525 + 1013904223) >> 24);
        snprintf(name, sizeof name, "p%02d", i);
        package_begin(&p, name, "");
        p.filter = i % 2 ? ARCHIVE_FILTER_ZSTD : ARCHIVE_FILTER_GZIP;
        package_add(&p, name, AE_IFREG, 0644, data[i], SIZE);
        add_package(f, &p, (unsigned)i / 8);
    }
    install_ok(f);
    for (int i = 0; i < PACKAGES; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%02d", i);
        int fd = openat(f->ctx.root, name, O_RDONLY);
        assert_int_equal(read(fd, have, SIZE), SIZE);
        assert_memory_equal(have, data[i], SIZE);
        close(fd);
        free(data[i]);
    }
    free(have);
}
static void test_many_one_thread(void **state)
{
    check_many(*state, 1);
}
static void test_many_threads(void **state)
{
    check_many(*state, 5);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(test_prepare),
        with_fixture(test_plain),
        with_fixture(test_gzip),
        with_fixture(test_xz),
        with_fixture(test_zstd),
        with_fixture(test_read_writes_nothing),
        with_fixture(test_without_mtree),
        with_fixture(test_plain_mtree),
        with_fixture(test_owners),
        with_fixture(test_xattrs),
        with_fixture(test_sparse),
        with_fixture(test_device),
        with_fixture(test_first_directory_decides),
        with_fixture(test_replaces_what_nobody_ships),
        with_fixture(test_never_over_a_directory),
        with_fixture(test_never_through_a_link),
        with_fixture(test_missing_directories),
        with_fixture(test_noextract),
        with_fixture(test_noextract_link_target),
        with_fixture(test_backup_stays),
        with_fixture(test_conflict),
        with_fixture(test_conflict_of_stages),
        with_fixture(test_conflict_of_types),
        with_fixture(test_conflict_of_types_reversed),
        with_fixture(test_no_conflict),
        with_fixture(test_conflict_through_link),
        with_fixture(test_entry_of_another),
        with_fixture(test_order),
        with_fixture(test_many_one_thread),
        with_fixture(test_many_threads),
    };
    real_root = geteuid() == 0;
    int rc = become_root();
    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
