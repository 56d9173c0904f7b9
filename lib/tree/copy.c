/*
 * A tree as a directory. Directories are made open to their owner and get their own metadata
 * last, children before parents, so that neither a mode without write permission nor
 * the making of children gets in the way.
 */
#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "lib/tree/internal.h"

struct copy {
    const struct stet_tree *tree;
    struct tree_parent from, to;
};

static int failed(const struct stet_entry *e, const char *what, struct stet_error *err)
{
    return stet_error_errno(err, "cannot %s \"%s\"", what, e->path[0] == '\0' ? "." : e->path);
}

/* ---- metadata ---- */

static int set_times(int dir, const char *leaf, const struct stet_entry *e, struct stet_error *err)
{
    struct timespec t = {.tv_sec = e->mtime, .tv_nsec = e->mtime_ns};
    struct timespec times[2] = {t, t};
    if (utimensat(dir, leaf, times, AT_SYMLINK_NOFOLLOW) < 0)
        return failed(e, "set the time of", err);
    return 0;
}

/* For an open file or directory. Owner first, for it takes set-id bits and capabilities away. */
static int set_metadata_fd(int fd, const struct stet_entry *e, struct stet_error *err)
{
    struct timespec t = {.tv_sec = e->mtime, .tv_nsec = e->mtime_ns};
    struct timespec times[2] = {t, t};
    if (fchown(fd, e->uid, e->gid) < 0)
        return failed(e, "set the owner of", err);
    if (fchmod(fd, e->mode) < 0)
        return failed(e, "set the mode of", err);
    for (size_t i = 0; i < e->xattr_count; i++) {
        const struct stet_xattr *x = &e->xattrs[i];
        if (fsetxattr(fd, x->name, x->value, x->len, 0) < 0)
            return stet_error_errno(err, "cannot set the extended attribute %s of \"%s\"", x->name,
                                    e->path);
    }
    if (futimens(fd, times) < 0)
        return failed(e, "set the time of", err);
    return 0;
}

/* For what cannot be opened without side effects: links, devices, pipes. */
static int set_metadata_at(int dir, const char *leaf, const struct stet_entry *e,
                           struct stet_error *err)
{
    char file[sizeof("/proc/self/fd/") + 16 + NAME_MAX + 1];
    snprintf(file, sizeof(file), "/proc/self/fd/%d/%s", dir, leaf);
    if (fchownat(dir, leaf, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0)
        return failed(e, "set the owner of", err);
    if (e->type != STET_ENTRY_SYMLINK && fchmodat(dir, leaf, e->mode, 0) < 0)
        return failed(e, "set the mode of", err);
    for (size_t i = 0; i < e->xattr_count; i++) {
        const struct stet_xattr *x = &e->xattrs[i];
        if (lsetxattr(file, x->name, x->value, x->len, 0) < 0)
            return stet_error_errno(err, "cannot set the extended attribute %s of \"%s\"", x->name,
                                    e->path);
    }
    return set_times(dir, leaf, e, err);
}

/* ---- entries ---- */

static int copy_file(struct copy *c, int dir, const char *leaf, const struct stet_entry *e,
                     struct stet_error *err)
{
    _cleanup_close_ int from = stet_tree_open_file(&c->from, e, err);
    if (from < 0)
        return -1;
    _cleanup_close_ int to =
        openat(dir, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return failed(e, "make the file", err);
    if (e->size > 0 && stet_fs_copy_fd(from, to, e->size, e->path, err) < 0)
        return -1;
    /* Whatever the copy used, the size must be the scanned one: a shorter source shows here. */
    struct stat st;
    if (fstat(to, &st) < 0)
        return failed(e, "read the metadata of", err);
    if ((uint64_t)st.st_size != e->size)
        return stet_error_input(err, "\"%s\" changed its size while it was read", e->path);
    return set_metadata_fd(to, e, err);
}

static int copy_hard_link(struct copy *c, int dir, const char *leaf, const struct stet_entry *e,
                          struct stet_error *err)
{
    struct tree_parent target;
    const char *target_leaf;
    stet_tree_parent_init(&target, c->to.root);
    int target_dir = stet_tree_parent_open(&target, e->link, &target_leaf);
    int rc = target_dir < 0 ? -1 : linkat(target_dir, target_leaf, dir, leaf, 0);
    if (rc < 0)
        stet_error_errno(err, "cannot make the hard link \"%s\" to \"%s\"", e->path, e->link);
    stet_tree_parent_release(&target);
    return rc;
}

static int make_node(int dir, const char *leaf, const struct stet_entry *e, mode_t type,
                     struct stet_error *err)
{
    if (mknodat(dir, leaf, type | 0600, makedev(e->major, e->minor)) == 0)
        return set_metadata_at(dir, leaf, e, err);
    if (errno == EPERM && type != S_IFIFO)
        return stet_error_errno(err,
                                "cannot make the device \"%s\" (a user namespace may not; leave "
                                "devices out or run as root)",
                                e->path);
    return failed(e, "make", err);
}

static int copy_entry(struct copy *c, const struct stet_entry *e, struct stet_error *err)
{
    const char *leaf;
    int dir = stet_tree_parent_open(&c->to, e->path, &leaf);
    if (dir < 0)
        return failed(e, "open the directory for", err);
    switch (e->type) {
    case STET_ENTRY_FILE:
        return copy_file(c, dir, leaf, e, err);
    case STET_ENTRY_HARDLINK:
        return copy_hard_link(c, dir, leaf, e, err);
    case STET_ENTRY_SYMLINK:
        if (symlinkat(e->link, dir, leaf) < 0)
            return failed(e, "make the symlink", err);
        return set_metadata_at(dir, leaf, e, err);
    case STET_ENTRY_DIRECTORY:
        if (mkdirat(dir, leaf, 0700) < 0 || fchmodat(dir, leaf, 0700, 0) < 0)
            return failed(e, "make the directory", err);
        return 0;
    case STET_ENTRY_CHAR:
        return make_node(dir, leaf, e, S_IFCHR, err);
    case STET_ENTRY_BLOCK:
        return make_node(dir, leaf, e, S_IFBLK, err);
    case STET_ENTRY_FIFO:
        return make_node(dir, leaf, e, S_IFIFO, err);
    }
    return stet_error_set(err, STET_ERROR_INTERNAL, 0, "%s: entry of no known type", e->path);
}

static int finish_directory(struct copy *c, const struct stet_entry *e, struct stet_error *err)
{
    _cleanup_close_ int fd = stet_tree_open_beneath(c->to.root, e->path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return failed(e, "open the directory", err);
    return set_metadata_fd(fd, e, err);
}

static int copy_all(struct copy *c, struct stet_error *err)
{
    const struct stet_tree *t = c->tree;
    struct stet_tree_view v;
    stet_tree_view_init(&v, t);
    for (size_t i = 0; i < t->count; i++) {
        const struct stet_entry *e = stet_tree_view_at(&v, i);
        if (stet_cancel_check(err) < 0)
            return -1;
        if (e->path[0] != '\0' && copy_entry(c, e, err) < 0)
            return -1;
    }
    for (size_t i = t->count; i > 0; i--) {
        const struct stet_entry *e = stet_tree_view_at(&v, i - 1);
        if (e->type == STET_ENTRY_DIRECTORY && finish_directory(c, e, err) < 0)
            return -1;
    }
    return 0;
}

/* What new files would inherit from dest's own access control list is not the tree's. */
static int drop_default_acl(int dest, struct stet_error *err)
{
    _cleanup_close_ int fd = openat(dest, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return stet_error_errno(err, "cannot open the directory to copy to");
    if (fremovexattr(fd, "system.posix_acl_default") == 0 || errno == ENODATA || errno == ENOTSUP)
        return 0;
    return stet_error_errno(err, "cannot remove the default access control list of the directory "
                                 "to copy to");
}

int stet_tree_copy_to(const struct stet_tree *t, int root, int dest, struct stet_error *err)
{
    struct copy c = {.tree = t};
    if (drop_default_acl(dest, err) < 0)
        return -1;
    stet_tree_parent_init(&c.from, root);
    stet_tree_parent_init(&c.to, dest);
    int rc = copy_all(&c, err);
    stet_tree_parent_release(&c.from);
    stet_tree_parent_release(&c.to);
    return rc;
}
