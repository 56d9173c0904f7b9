/*
 * Helpers of the tree tests: a scratch directory, and files made in it.
 */
#ifndef TESTS_UNIT_TREE_SUPPORT_H
#define TESTS_UNIT_TREE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "lib/base/base.h"
#include "lib/tree/data.h"
#include "lib/tree/internal.h"
#include "lib/tree/tree.h"

struct scratch {
    char path[256];
    int fd;
};

static inline void scratch_make(struct scratch *s)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(s->path, sizeof(s->path), "%s/stet-test-tree-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(s->path));
    assert_int_equal(chmod(s->path, 0755), 0);
    s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(s->fd >= 0);
}

static inline void scratch_remove(struct scratch *s)
{
    struct stet_error err = STET_ERROR_INIT;
    close(s->fd);
    if (stet_fs_remove(AT_FDCWD, s->path, &err) < 0)
        fail_msg("%s", err.text);
}

static inline void make_file(const struct scratch *s, const char *path, const char *content)
{
    int fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(fchmod(fd, 0644), 0);
    close(fd);
}

static inline void make_dir(const struct scratch *s, const char *path)
{
    assert_int_equal(mkdirat(s->fd, path, 0755), 0);
    assert_int_equal(fchmodat(s->fd, path, 0755, 0), 0);
}

static inline void set_time(const struct scratch *s, const char *path, int64_t seconds, long ns)
{
    struct timespec t[2] = {{seconds, ns}, {seconds, ns}};
    assert_int_equal(utimensat(s->fd, path, t, AT_SYMLINK_NOFOLLOW), 0);
}

/* False where the file system has no such attributes, or this user may not set them. */
static inline bool set_attribute(const struct scratch *s, const char *path, const char *name,
                                 const void *value, size_t len)
{
    char full[512];
    snprintf(full, sizeof(full), "%s/%s", s->path, path);
    return lsetxattr(full, name, value, len, 0) == 0;
}

static inline void scan(const struct scratch *s, struct stet_tree *t)
{
    struct stet_error err = STET_ERROR_INIT;
    stet_tree_init(t);
    if (stet_tree_scan(s->fd, "scratch", NULL, NULL, t, &err) < 0)
        fail_msg("%s", err.text);
}

static inline void scan_refused(const struct scratch *s, const char *reason)
{
    struct stet_tree t;
    struct stet_error err = STET_ERROR_INIT;
    stet_tree_init(&t);
    if (stet_tree_scan(s->fd, "scratch", NULL, NULL, &t, &err) == 0)
        fail_msg("accepted, though: %s", reason);
    if (strstr(err.text, reason) == NULL)
        fail_msg("refused with \"%s\", not \"%s\"", err.text, reason);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_int_equal(t.count, 0);
}

/* Some entries of the trees of a test, each in a view of its own, so that they can be compared. */
static inline struct stet_tree_view *next_view(const struct stet_tree *t)
{
    static struct stet_tree_view views[16];
    static size_t used;
    struct stet_tree_view *v = &views[used++ % 16];
    stet_tree_view_init(v, t);
    return v;
}

static inline const struct stet_entry *entry_at(const struct stet_tree *t, size_t i)
{
    return stet_tree_view_at(next_view(t), i);
}

static inline const struct stet_entry *try_find(const struct stet_tree *t, const char *path)
{
    return stet_tree_view_find(next_view(t), path);
}

static inline size_t index_of(const struct stet_tree *t, const char *path)
{
    struct stet_tree_view v;
    stet_tree_view_init(&v, t);
    return stet_tree_view_find(&v, path) == NULL ? SIZE_MAX : v.index;
}

static inline const struct stet_entry *find(const struct stet_tree *t, const char *path)
{
    const struct stet_entry *e = try_find(t, path);
    if (e == NULL)
        fail_msg("no \"%s\" in the tree", path);
    return e;
}

static inline const struct stet_xattr *find_xattr(const struct stet_entry *e, const char *name)
{
    for (size_t i = 0; i < e->xattr_count; i++) {
        if (strcmp(e->xattrs[i].name, name) == 0)
            return &e->xattrs[i];
    }
    return NULL;
}

/* The same entries in everything that an archive holds, and nanoseconds when asked. */
static inline void assert_same_tree(const struct stet_tree *a, const struct stet_tree *b, bool ns)
{
    struct stet_tree_view in_a, in_b;
    stet_tree_view_init(&in_a, a);
    stet_tree_view_init(&in_b, b);
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct stet_entry *x = stet_tree_view_at(&in_a, i), *y = stet_tree_view_at(&in_b, i);
        if (strcmp(x->path, y->path) != 0)
            fail_msg("entry %zu is \"%s\", not \"%s\"", i, y->path, x->path);
        if (x->type != y->type || x->mode != y->mode || x->uid != y->uid || x->gid != y->gid ||
            x->size != y->size || x->mtime != y->mtime || (ns && x->mtime_ns != y->mtime_ns) ||
            x->major != y->major || x->minor != y->minor || x->xattr_count != y->xattr_count)
            fail_msg("\"%s\": type %d/%d mode %o/%o owner %u:%u/%u:%u size %llu/%llu time "
                     "%lld.%u/%lld.%u attributes %zu/%zu",
                     x->path, x->type, y->type, x->mode, y->mode, x->uid, x->gid, y->uid, y->gid,
                     (unsigned long long)x->size, (unsigned long long)y->size, (long long)x->mtime,
                     x->mtime_ns, (long long)y->mtime, y->mtime_ns, x->xattr_count, y->xattr_count);
        assert_true((x->link == NULL) == (y->link == NULL));
        if (x->link != NULL)
            assert_string_equal(x->link, y->link);
        for (size_t j = 0; j < x->xattr_count; j++) {
            assert_string_equal(x->xattrs[j].name, y->xattrs[j].name);
            assert_int_equal(x->xattrs[j].len, y->xattrs[j].len);
            assert_memory_equal(x->xattrs[j].value, y->xattrs[j].value, x->xattrs[j].len);
        }
    }
    assert_int_equal(a->count, b->count);
}

/* Every type of entry that this user may make here. */
static inline void make_sample(const struct scratch *s)
{
    static const unsigned char capability[20] = {1, 0, 0, 2, 0, 0x20};
    make_dir(s, "etc");
    make_file(s, "etc/hostname", "stet\n");
    make_file(s, "etc/empty", "");
    make_dir(s, "etc.d");
    make_dir(s, "etc/conf");
    make_file(s, "etc/conf/deep", "deep");
    make_file(s, "zz", "linked");
    assert_int_equal(linkat(s->fd, "zz", s->fd, "etc/first", 0), 0);
    assert_int_equal(linkat(s->fd, "zz", s->fd, "etc/second", 0), 0);
    assert_int_equal(symlinkat("../nowhere", s->fd, "etc/symlink"), 0);
    assert_int_equal(mkfifoat(s->fd, "fifo", 0640), 0);
    assert_int_equal(fchmodat(s->fd, "fifo", 0640, 0), 0);
    make_file(s, "setuid", "#!");
    if (geteuid() == 0) {
        assert_int_equal(fchownat(s->fd, "setuid", 11, 22, 0), 0);
        assert_int_equal(fchownat(s->fd, "etc/symlink", 33, 44, AT_SYMLINK_NOFOLLOW), 0);
        if (mknodat(s->fd, "null", S_IFCHR | 0600, makedev(1, 3)) == 0)
            assert_int_equal(fchmodat(s->fd, "null", 0666, 0), 0);
        (void)set_attribute(s, "etc/conf/deep", "security.capability", capability,
                            sizeof(capability));
    }
    assert_int_equal(fchmodat(s->fd, "setuid", 06755, 0), 0);
    (void)set_attribute(s, "etc", "user.b", "2", 1);
    (void)set_attribute(s, "etc", "user.a", "1", 1);
    (void)set_attribute(s, "etc/first", "user.linked", "yes", 3);
    static const char *const paths[] = {
        "etc/hostname", "etc/empty", "etc/conf/deep", "etc/first", "etc/symlink", "fifo", "setuid",
        "etc/conf",     "etc.d",     "etc",           "."};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        set_time(s, paths[i], 1000000000 + (int64_t)i, 123456789);
    if (faccessat(s->fd, "null", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        set_time(s, "null", 1, 0);
    set_time(s, ".", -1, 5);
}

#endif
