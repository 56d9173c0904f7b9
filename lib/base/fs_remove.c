/*
 * Removing whole trees. A tree may be deeper than there are descriptors, or than the stack
 * is long: a directory DEPTH_MAX levels down is first moved up beside the others
 * of the top directory, and comes up again in one of its later passes.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "lib/base/fs_private.h"

enum { DEPTH_MAX = 48, PASSES_MAX = 1 << 16 };

struct removal {
    int top; /* descriptor of the top directory */
    const char *path;
    bool has_mount_id;
    uint64_t mount_id;
    dev_t dev;
};

static int failed(const struct removal *r, const char *name, struct stet_error *err)
{
    return stet_error_errno(err, "cannot remove %s (at \"%s\")", r->path, name);
}

/* The mount that fd is in. Bind mounts share st_dev, so the kernel's mount id is asked for. */
static int mount_of(int fd, struct removal *r)
{
    struct statx sx;
    struct stat st;

    r->has_mount_id = false;
    if (fstat(fd, &st) < 0)
        return -1;
    r->dev = st.st_dev;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) == 0 && (sx.stx_mask & STATX_MNT_ID) != 0) {
        r->has_mount_id = true;
        r->mount_id = sx.stx_mnt_id;
    }
    return 0;
}

static int same_mount(const struct removal *r, int fd)
{
    struct removal other;

    if (mount_of(fd, &other) < 0)
        return -1;
    if (r->has_mount_id && other.has_mount_id)
        return r->mount_id == other.mount_id;
    return r->dev == other.dev;
}

/* Opens a directory for reading and emptying, with its owner's permissions given if need be. */
static int open_dir(const struct removal *r, int dirfd, const char *name, struct stet_error *err)
{
    _cleanup_close_ int probe = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    int same;
    int fd;

    if (probe < 0 || fstat(probe, &st) < 0)
        return failed(r, name, err);
    same = same_mount(r, probe);
    if (same < 0)
        return failed(r, name, err);
    if (same == 0)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                              "cannot remove %s: \"%s\" in it is a mount point; unmount it first",
                              r->path, name);
    if ((st.st_mode & 0700) != 0700)
        (void)fchmodat(dirfd, name, 0700, AT_SYMLINK_NOFOLLOW);
    fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? failed(r, name, err) : fd;
}

static int remove_name(const struct removal *r, int dirfd, const char *name, int depth,
                       struct stet_error *err);

/* Goes through the directory once, removing; *found counts what was there. */
static int remove_entries(const struct removal *r, DIR *dir, int depth, size_t *found,
                          struct stet_error *err)
{
    for (;;) {
        const struct dirent *d;

        errno = 0;
        d = readdir(dir);
        if (d == NULL && errno != 0)
            return stet_error_errno(err, "cannot read a directory of %s", r->path);
        if (d == NULL)
            return 0;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        ++*found;
        if (remove_name(r, dirfd(dir), d->d_name, depth + 1, err) < 0)
            return -1;
    }
}

/* One reading of the directory fd, opened anew: some file systems (FUSE ones among them)
 * make the list once for each opening, so that rewinding shows what is long gone. */
static int empty_once(const struct removal *r, int fd, int depth, size_t *found,
                      struct stet_error *err)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    int rc;

    if (dir == NULL) {
        rc = stet_error_errno(err, "cannot read a directory of %s", r->path);
        stet_cleanup_close(&own);
        return rc;
    }
    rc = remove_entries(r, dir, depth, found, err);
    (void)closedir(dir);
    return rc;
}

/* Takes fd over. */
static int empty_dir(const struct removal *r, int fd, int depth, struct stet_error *err)
{
    size_t found;
    int rc;
    int passes = 0;

    /* A directory that changes while it is read may hide entries from one pass. */
    do {
        found = 0;
        rc = empty_once(r, fd, depth, &found, err);
    } while (rc == 0 && found > 0 && ++passes < PASSES_MAX);
    close(fd);
    return rc;
}

static int move_up(const struct removal *r, int dirfd, const char *name, struct stet_error *err)
{
    char temp[STET_FS_TEMP_NAME_SIZE];

    /* Moving a directory writes its "..": it must be writable itself. */
    (void)fchmodat(dirfd, name, 0700, AT_SYMLINK_NOFOLLOW);
    if (stet_fs_temp_name(temp) < 0 || renameat(dirfd, name, r->top, temp) < 0)
        return failed(r, name, err);
    return 0;
}

static int remove_name(const struct removal *r, int dirfd, const char *name, int depth,
                       struct stet_error *err)
{
    struct stat st;
    int fd;

    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return 0;
    /* What unlink says of a directory differs between systems, so it is looked at. */
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode)) {
        if (unlinkat(dirfd, name, 0) == 0)
            return 0;
        return failed(r, name, err);
    }
    fd = open_dir(r, dirfd, name, err);
    if (fd < 0)
        return -1;
    if (depth >= DEPTH_MAX) {
        close(fd);
        return move_up(r, dirfd, name, err);
    }
    if (empty_dir(r, fd, depth, err) < 0)
        return -1;
    if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return failed(r, name, err);
    return 0;
}

int stet_fs_remove_at(int dirfd, const char *leaf, const char *path, struct stet_error *err)
{
    struct removal r = {.top = -1, .path = path};
    _cleanup_close_ int top = -1;
    struct stat st;

    if (unlinkat(dirfd, leaf, 0) == 0 || errno == ENOENT)
        return 0;
    if (fstatat(dirfd, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
        return failed(&r, leaf, err);
    if (mount_of(dirfd, &r) < 0)
        return failed(&r, leaf, err);
    top = open_dir(&r, dirfd, leaf, err);
    if (top < 0)
        return -1;
    r.top = top;
    return remove_name(&r, dirfd, leaf, 0, err);
}

int stet_fs_remove_in(int root, const char *path, struct stet_error *err)
{
    const char *leaf = NULL;
    _cleanup_close_ int parent = stet_fs_try_open_parent_in(root, path, &leaf, err);

    if (parent == -2)
        return 0;
    return parent < 0 ? -1 : stet_fs_remove_at(parent, leaf, path, err);
}

int stet_fs_remove(int dirfd, const char *path, struct stet_error *err)
{
    _cleanup_free_ char *copy = stet_strdup(path, err);
    _cleanup_close_ int parent = -1;
    size_t len = strlen(path);
    const char *leaf;
    char *slash;

    if (copy == NULL)
        return -1;
    while (len > 1 && copy[len - 1] == '/')
        copy[--len] = '\0';
    slash = strrchr(copy, '/');
    leaf = slash == NULL ? copy : slash + 1;
    if (*leaf == '\0' || strcmp(leaf, ".") == 0 || strcmp(leaf, "..") == 0)
        return stet_error_input(err, "the path \"%s\" does not end in a name", path);
    if (slash != NULL && slash != copy)
        *slash = '\0';
    parent = openat(dirfd,
                    slash == NULL   ? "."
                    : slash == copy ? "/"
                                    : copy,
                    O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (parent < 0)
        return stet_error_errno(err, "cannot remove %s", path);
    return stet_fs_remove_at(parent, leaf, path, err);
}
