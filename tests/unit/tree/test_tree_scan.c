/* What a scan finds, keeps, leaves out and refuses; and that the order of readdir never shows. */
#include "tests/unit/tree/support.h"

#include "lib/tree/scan.h"

#include <sys/socket.h>
#include <sys/un.h>

static void test_sample(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    scratch_make(&s);
    make_sample(&s);
    scan(&s, &t);
    const struct stet_entry *e = find(&t, "");
    assert_string_equal(e->path, entry_at(&t, 0)->path);
    assert_int_equal(e->type, STET_ENTRY_DIRECTORY);
    assert_int_equal(e->mode, 0755);
    assert_int_equal(e->mtime, -1);
    assert_int_equal(e->mtime_ns, 5);
    assert_int_equal(e->size, 0);
    e = find(&t, "etc/hostname");
    assert_int_equal(e->type, STET_ENTRY_FILE);
    assert_int_equal(e->size, 5);
    assert_int_equal(e->mtime, 1000000000);
    assert_int_equal(e->mtime_ns, 123456789);
    assert_null(e->link);
    e = find(&t, "etc/symlink");
    assert_int_equal(e->type, STET_ENTRY_SYMLINK);
    assert_string_equal(e->link, "../nowhere");
    assert_int_equal(e->size, 0);
    assert_int_equal(find(&t, "fifo")->type, STET_ENTRY_FIFO);
    assert_int_equal(find(&t, "setuid")->mode, 06755);
    assert_null(try_find(&t, "etc/nothing"));
    assert_null(try_find(&t, "a"));
    assert_null(try_find(&t, "zzz"));
    for (size_t i = 1; i < t.count; i++) {
        assert_true(stet_path_compare(entry_at(&t, i - 1)->path, entry_at(&t, i)->path) < 0);
        assert_int_equal(index_of(&t, entry_at(&t, i)->path), i);
    }
    /* "etc.d" sorts after everything in "etc". */
    assert_true(index_of(&t, "etc.d") > index_of(&t, "etc/symlink"));
    stet_tree_release(&t);
    scratch_remove(&s);
}

static void test_owner_and_devices(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    if (geteuid() != 0)
        skip();
    scratch_make(&s);
    make_sample(&s);
    scan(&s, &t);
    assert_int_equal(find(&t, "setuid")->uid, 11);
    assert_int_equal(find(&t, "setuid")->gid, 22);
    assert_int_equal(find(&t, "etc/symlink")->uid, 33);
    const struct stet_entry *null = try_find(&t, "null");
    if (null != NULL) {
        assert_int_equal(null->type, STET_ENTRY_CHAR);
        assert_int_equal(null->major, 1);
        assert_int_equal(null->minor, 3);
    }
    stet_tree_release(&t);
    scratch_remove(&s);
}

static void test_hard_links(void **state)
{
    (void)state;
    struct scratch s, outside;
    struct stet_tree t;
    scratch_make(&s);
    scratch_make(&outside);
    make_sample(&s);
    /* A second name elsewhere does not make a hard link. */
    make_file(&s, "alone", "x");
    assert_int_equal(linkat(s.fd, "alone", outside.fd, "other", 0), 0);
    /* Symlinks are not linked, whatever the file system has. */
    assert_int_equal(symlinkat("t", s.fd, "sym1"), 0);
    assert_int_equal(linkat(s.fd, "sym1", s.fd, "sym2", 0), 0);
    scan(&s, &t);
    const struct stet_entry *first = find(&t, "etc/first");
    assert_int_equal(first->type, STET_ENTRY_FILE);
    assert_int_equal(first->size, 6);
    static const char *const others[] = {"etc/second", "zz"};
    for (size_t i = 0; i < 2; i++) {
        const struct stet_entry *e = find(&t, others[i]);
        assert_int_equal(e->type, STET_ENTRY_HARDLINK);
        assert_string_equal(e->link, "etc/first");
        assert_int_equal(e->size, 0);
        assert_int_equal(e->mtime, first->mtime);
        assert_int_equal(e->xattr_count, first->xattr_count);
    }
    assert_int_equal(find(&t, "alone")->type, STET_ENTRY_FILE);
    assert_int_equal(find(&t, "sym2")->type, STET_ENTRY_SYMLINK);
    stet_tree_release(&t);
    scratch_remove(&s);
    scratch_remove(&outside);
}

/* Order in which the names of a directory are handed to the scan. */
struct shuffle {
    unsigned seed;
    bool reverse;
};

static int list_shuffled(void *ctx, int fd, const char *what, struct tree_names *out,
                         struct stet_error *err)
{
    struct shuffle *s = ctx;
    if (stet_tree_list(NULL, fd, what, out, err) < 0)
        return -1;
    for (size_t i = out->count; i > 1; i--) {
        s->seed = s->seed * 1103515245 + 12345;
        size_t j = s->reverse ? 0 : (s->seed >> 8) % i;
        size_t old = out->offsets[i - 1];
        out->offsets[i - 1] = out->offsets[j];
        out->offsets[j] = old;
    }
    return 0;
}

static void test_directory_order(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree plain;
    scratch_make(&s);
    make_sample(&s);
    for (int i = 0; i < 50; i++) {
        char name[32];
        snprintf(name, sizeof(name), "etc.d/%c-%d", 'a' + i % 26, i);
        make_file(&s, name, "");
        if (i % 3 == 0) {
            char other[48];
            snprintf(other, sizeof(other), "etc/conf/%d", i);
            assert_int_equal(linkat(s.fd, name, s.fd, other, 0), 0);
        }
    }
    scan(&s, &plain);
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct shuffle shuffle = {seed, seed == 20};
        struct stet_tree t;
        struct stet_error err = STET_ERROR_INIT;
        stet_tree_init(&t);
        assert_int_equal(
            stet_tree_scan_with(s.fd, "scratch", NULL, NULL, list_shuffled, &shuffle, &t, &err), 0);
        assert_same_tree(&plain, &t, true);
        stet_tree_release(&t);
    }
    stet_tree_release(&plain);
    scratch_remove(&s);
}

static void test_xattrs(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    scratch_make(&s);
    make_file(&s, "file", "");
    if (!set_attribute(&s, "file", "user.z", "last", 4)) {
        scratch_remove(&s);
        skip();
    }
    assert_true(set_attribute(&s, "file", "user.a", "", 0));
    assert_true(set_attribute(&s, "file", "user.binary", "\0\n\377", 3));
    if (geteuid() == 0)
        (void)set_attribute(&s, "file", "trusted.overlay.origin", "x", 1);
    scan(&s, &t);
    const struct stet_entry *e = find(&t, "file");
    assert_int_equal(e->xattr_count, 3);
    assert_string_equal(e->xattrs[0].name, "user.a");
    assert_int_equal(e->xattrs[0].len, 0);
    assert_string_equal(e->xattrs[1].name, "user.binary");
    assert_memory_equal(e->xattrs[1].value, "\0\n\377", 3);
    assert_string_equal(e->xattrs[2].name, "user.z");
    stet_tree_release(&t);
    scratch_remove(&s);
}

/* With the system call that older kernels have not, and without; a list of any length. */
static void test_xattr_ways(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_error err = STET_ERROR_INIT;
    char name[128];
    size_t count = 0;
    scratch_make(&s);
    make_file(&s, "file", "");
    assert_int_equal(symlinkat("nowhere", s.fd, "link"), 0);
    for (; count < 15; count++) {
        snprintf(name, sizeof(name), "user.%0*zu", 100, count);
        if (!set_attribute(&s, "file", name, "x", 1) || !set_attribute(&s, ".", name, "y", 1))
            break;
    }
    for (int way = 0; way < 2; way++) {
        static const char *const names[] = {"file", "", "link"};
        struct tree_xattr_reader r;
        assert_int_equal(stet_tree_xattr_reader_init(&r, &err), 0);
        if (way == 1)
            r.list_at = false;
        for (size_t i = 0; i < 3; i++) {
            struct stet_entry e;
            stet_entry_init(&e);
            if (stet_tree_xattr_read(&r, s.fd, names[i], &e, &err) < 0)
                fail_msg("%s", err.text);
            assert_int_equal(e.xattr_count, i < 2 ? count : 0);
            stet_entry_release(&e);
        }
        stet_tree_xattr_reader_release(&r);
    }
    scratch_remove(&s);
}

static void test_wanted_xattrs(void **state)
{
    (void)state;
    assert_true(stet_tree_xattr_wanted("security.capability"));
    assert_true(stet_tree_xattr_wanted("user.x"));
    assert_true(stet_tree_xattr_wanted("system.posix_acl_access"));
    assert_true(stet_tree_xattr_wanted("system.posix_acl_default"));
    assert_false(stet_tree_xattr_wanted("security.selinux"));
    assert_false(stet_tree_xattr_wanted("security.ima"));
    assert_false(stet_tree_xattr_wanted("trusted.overlay.opaque"));
    assert_false(stet_tree_xattr_wanted("system.nfs4_acl"));
    assert_false(stet_tree_xattr_wanted("users"));
}

/* Version 3 is what the kernel returns for a capability set in a user namespace. */
static void test_capability(void **state)
{
    (void)state;
    unsigned char v3[24] = {1, 0, 0, 3, 0, 0x20, [20] = 0xe8, [21] = 0x03};
    const unsigned char v2[20] = {1, 0, 0, 2, 0, 0x20};
    unsigned char value[24];
    memcpy(value, v3, sizeof(v3));
    assert_int_equal(stet_tree_capability_plain(value, 24), 20);
    assert_memory_equal(value, v2, 20);
    memcpy(value, v2, sizeof(v2));
    assert_int_equal(stet_tree_capability_plain(value, 20), 20);
    assert_memory_equal(value, v2, 20);
    struct scratch s;
    struct stet_tree t;
    scratch_make(&s);
    make_file(&s, "file", "");
    /* Set with a root id, by a caller that may. */
    if (geteuid() == 0 && set_attribute(&s, "file", "security.capability", v3, sizeof(v3))) {
        scan(&s, &t);
        const struct stet_xattr *x = find_xattr(find(&t, "file"), "security.capability");
        assert_non_null(x);
        assert_int_equal(x->len, 20);
        assert_memory_equal(x->value, v2, 20);
        stet_tree_release(&t);
    }
    scratch_remove(&s);
}

static void test_bad_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *shown;
    } bad[] = {
        {"new\nline", "\"etc/new\\x0aline\" has a control byte"},
        {"esc\033[31m", "\"etc/esc\\x1b[31m\" has a control byte"},
        {"del\177", "\"etc/del\\x7f\" has a control byte"},
        {"back\\slash\n", "\"etc/back\\x5cslash\\x0a\" has a control byte"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct scratch s;
        char path[64];
        scratch_make(&s);
        make_dir(&s, "etc");
        snprintf(path, sizeof(path), "etc/%s", bad[i].name);
        make_file(&s, path, "");
        scan_refused(&s, bad[i].shown);
        scratch_remove(&s);
    }
}

/* Any other bytes are names. */
static void test_odd_names(void **state)
{
    (void)state;
    static const char *const names[] = {" ",  "\344", "\303\244", "\"'",
                                        "\\", "a b",  "-",        "\377\376"};
    struct scratch s;
    struct stet_tree t;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        make_file(&s, names[i], "");
    scan(&s, &t);
    assert_int_equal(t.count, 1 + sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)find(&t, names[i]);
    stet_tree_release(&t);
    scratch_remove(&s);
}

/* Makes levels nested directories of one letter. */
static void make_deep(const struct scratch *s, int levels, const char *name)
{
    int dir = dup(s->fd);
    for (int i = 0; i < levels; i++) {
        assert_int_equal(mkdirat(dir, name, 0755), 0);
        int next = openat(dir, name, O_RDONLY | O_DIRECTORY);
        assert_true(next >= 0);
        close(dir);
        dir = next;
    }
    int fd = openat(dir, "file", O_WRONLY | O_CREAT, 0644);
    assert_true(fd >= 0);
    close(fd);
    close(dir);
}

static size_t open_descriptors(void)
{
    size_t n = 0;
    struct tree_names names = {.text = STET_BUFFER_INIT};
    int fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    assert_int_equal(stet_tree_list(NULL, fd, "fd", &names, NULL), 0);
    n = names.count;
    close(fd);
    stet_tree_names_release(&names);
    return n;
}

static void test_deep(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    scratch_make(&s);
    make_deep(&s, 1500, "d");
    /* On the way up there is more to do, in directories closed on the way down. */
    for (int i = 1; i < 1500; i += 100) {
        struct stet_buffer path = STET_BUFFER_INIT;
        for (int j = 0; j < i; j++)
            stet_buffer_add_str(&path, "d/");
        stet_buffer_add_str(&path, "sibling");
        assert_int_equal(mkdirat(s.fd, stet_buffer_str(&path), 0700), 0);
        stet_buffer_release(&path);
    }
    size_t before = open_descriptors();
    scan(&s, &t);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(t.count, 1 + 1500 + 1 + 15);
    for (size_t i = 1; i < t.count; i++)
        assert_true(stet_path_compare(entry_at(&t, i - 1)->path, entry_at(&t, i)->path) < 0);
    stet_tree_release(&t);
    scratch_remove(&s);
}

static void test_too_deep(void **state)
{
    (void)state;
    struct scratch s;
    char name[201];
    memset(name, 'n', 200);
    name[200] = '\0';
    scratch_make(&s);
    make_deep(&s, 21, name);
    scan_refused(&s, "is nested too deeply");
    scratch_remove(&s);
}

/* Keeps what a filter was asked. */
struct seen {
    size_t calls;
    const char *drop;
};

static int filter(void *ctx, struct stet_entry *e, struct stet_error *err)
{
    struct seen *seen = ctx;
    seen->calls++;
    assert_int_not_equal(e->type, STET_ENTRY_HARDLINK);
    if (strcmp(e->path, "etc/empty") == 0 && seen->drop == NULL)
        return stet_error_input(err, "no empty files here");
    if (seen->drop != NULL && strcmp(e->path, seen->drop) == 0)
        return 0;
    if (e->mtime > 1000000003)
        e->mtime = 1000000003;
    e->uid = 77;
    return stet_entry_set_xattr(e, "user.filtered", "1", 1, err) < 0 ? -1 : 1;
}

static void test_filter(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    struct stet_error err = STET_ERROR_INIT;
    struct seen seen = {0, "etc/conf"};
    struct stet_tree_scan_options options = {.filter = filter, .ctx = &seen};
    scratch_make(&s);
    make_sample(&s);
    stet_tree_init(&t);
    assert_int_equal(stet_tree_scan(s.fd, "scratch", &options, NULL, &t, &err), 0);
    assert_null(try_find(&t, "etc/conf"));
    assert_null(try_find(&t, "etc/conf/deep"));
    assert_int_equal(seen.calls, t.count + 1);
    for (size_t i = 0; i < t.count; i++) {
        assert_true(entry_at(&t, i)->mtime <= 1000000003);
        assert_int_equal(entry_at(&t, i)->uid, 77);
        assert_non_null(find_xattr(entry_at(&t, i), "user.filtered"));
    }
    stet_tree_release(&t);
    /* The first name left out, the next one is the file. */
    seen.drop = "etc/first";
    assert_int_equal(stet_tree_scan(s.fd, "scratch", &options, NULL, &t, &err), 0);
    assert_int_equal(find(&t, "etc/second")->type, STET_ENTRY_FILE);
    assert_string_equal(find(&t, "zz")->link, "etc/second");
    stet_tree_release(&t);
    seen.drop = NULL;
    assert_int_equal(stet_tree_scan(s.fd, "scratch", &options, NULL, &t, &err), -1);
    assert_string_equal(err.text, "no empty files here");
    stet_error_clear(&err);
    seen.drop = "";
    assert_int_equal(stet_tree_scan(s.fd, "scratch", &options, NULL, &t, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INTERNAL);
    scratch_remove(&s);
}

static void keep_message(void *ctx, enum stet_log_level level, const char *text)
{
    assert_int_equal(level, STET_LOG_VERBOSE);
    snprintf(ctx, 256, "%s", text);
}

static void test_socket(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    struct stet_error err = STET_ERROR_INIT;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char message[256] = "";
    struct stet_log log = {.ctx = message, .message = keep_message};
    scratch_make(&s);
    make_file(&s, "file", "");
    snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/sock", s.path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    stet_tree_init(&t);
    assert_int_equal(stet_tree_scan(s.fd, "scratch", NULL, &log, &t, &err), 0);
    assert_int_equal(t.count, 2);
    assert_non_null(strstr(message, "sock"));
    stet_tree_release(&t);
    /* Not where everything is wanted, and names that an image cannot hold neither. */
    struct stet_tree_scan_options everything = {.everything = true};
    make_file(&s, "new\nline", "");
    stet_tree_init(&t);
    assert_int_equal(stet_tree_scan(s.fd, "scratch", &everything, NULL, &t, &err), 0);
    assert_int_equal(t.count, 4);
    const struct stet_entry *e = find(&t, "sock");
    assert_int_equal(e->type, STET_ENTRY_FIFO);
    assert_true(S_ISSOCK(e->mode));
    assert_non_null(find(&t, "new\nline"));
    stet_tree_release(&t);
    scratch_remove(&s);
}

static void test_not_a_directory(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree t;
    struct stet_error err = STET_ERROR_INIT;
    scratch_make(&s);
    make_file(&s, "file", "");
    int fd = openat(s.fd, "file", O_RDONLY);
    stet_tree_init(&t);
    assert_int_equal(stet_tree_scan(fd, "scratch", NULL, NULL, &t, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    close(fd);
    scratch_remove(&s);
}

/* A descriptor with O_PATH will do. */
static void test_path_descriptor(void **state)
{
    (void)state;
    struct scratch s;
    struct stet_tree a, b;
    struct stet_error err = STET_ERROR_INIT;
    scratch_make(&s);
    make_sample(&s);
    scan(&s, &a);
    int fd = open(s.path, O_PATH | O_DIRECTORY);
    stet_tree_init(&b);
    if (stet_tree_scan(fd, "scratch", NULL, NULL, &b, &err) < 0)
        fail_msg("%s", err.text);
    assert_same_tree(&a, &b, true);
    close(fd);
    stet_tree_release(&a);
    stet_tree_release(&b);
    scratch_remove(&s);
}

static void test_mount_point(void **state)
{
    (void)state;
    struct stet_tree t;
    struct stet_error err = STET_ERROR_INIT;
    struct stat dev, pts;
    /* Wherever devpts is mounted below /dev, a scan of /dev meets a mount point. */
    if (stat("/dev", &dev) < 0 || stat("/dev/pts", &pts) < 0 || dev.st_dev == pts.st_dev)
        skip();
    int fd = open("/dev", O_RDONLY | O_DIRECTORY);
    stet_tree_init(&t);
    assert_int_equal(stet_tree_scan(fd, "dev", NULL, NULL, &t, &err), -1);
    if (strstr(err.text, "is a mount point") == NULL)
        fail_msg("%s", err.text);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_owner_and_devices),
        cmocka_unit_test(test_hard_links),
        cmocka_unit_test(test_directory_order),
        cmocka_unit_test(test_xattrs),
        cmocka_unit_test(test_xattr_ways),
        cmocka_unit_test(test_wanted_xattrs),
        cmocka_unit_test(test_capability),
        cmocka_unit_test(test_bad_names),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_too_deep),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_socket),
        cmocka_unit_test(test_not_a_directory),
        cmocka_unit_test(test_path_descriptor),
        cmocka_unit_test(test_mount_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
