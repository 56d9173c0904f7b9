/*
 * Removing trees: never through a symbolic link, never into another file system.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "lib/base/fs_private.h"

enum { DEPTH_MAX = 4096 };

static int remove_below(int dirfd, const char *leaf, const char *path, dev_t dev, unsigned depth,
                        struct stet_error *err);

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int remove_entries(DIR *dir, const char *path, dev_t dev, unsigned depth,
                          struct stet_error *err)
{
    for (;;) {
        errno = 0;
        struct dirent *e = readdir(dir);
        if (!e && errno)
            return stet_error_errno(err, "cannot read directory '%s'", path);
        if (!e)
            return 0;
        if (!is_dot(e->d_name) && remove_below(dirfd(dir), e->d_name, path, dev, depth, err) < 0)
            return -1;
    }
}

/* Opens a directory for emptying, giving its owner the bits for it first where they lack. */
static int open_dir(int dirfd, const char *leaf)
{
    int fd = openat(dirfd, leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == EACCES && fchmodat(dirfd, leaf, 0700, 0) == 0)
        fd = openat(dirfd, leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd;
}

static int empty_dir(int dirfd, const char *leaf, const char *path, dev_t dev, unsigned depth,
                     struct stet_error *err)
{
    struct stat st;
    int fd = open_dir(dirfd, leaf);

    if (fd < 0)
        return stet_error_errno(err, "cannot remove '%s': cannot open '%s'", path, leaf);
    if (fstat(fd, &st) < 0 || (depth > 0 && st.st_dev != dev)) {
        close(fd);
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, EBUSY,
                              "cannot remove '%s': '%s' is a mount point", path, leaf);
    }
    if ((st.st_mode & 0700) != 0700)
        (void)!fchmod(fd, 0700);
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return stet_error_oom(err, "removing a directory");
    }
    int result = remove_entries(dir, path, st.st_dev, depth + 1, err);
    closedir(dir);
    return result;
}

static int remove_below(int dirfd, const char *leaf, const char *path, dev_t dev, unsigned depth,
                        struct stet_error *err)
{
    if (unlinkat(dirfd, leaf, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return stet_error_errno(err, "cannot remove '%s': '%s'", path, leaf);
    if (unlinkat(dirfd, leaf, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES)
        return stet_error_errno(err, "cannot remove '%s': '%s'", path, leaf);
    if (depth >= DEPTH_MAX)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, ELOOP, "cannot remove '%s'", path);
    if (empty_dir(dirfd, leaf, path, dev, depth, err) < 0)
        return -1;
    if (unlinkat(dirfd, leaf, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return stet_error_errno(err, "cannot remove '%s': '%s'", path, leaf);
    return 0;
}

int stet_fs_remove_at(int dirfd, const char *leaf, const char *path, struct stet_error *err)
{
    return remove_below(dirfd, leaf, path, 0, 0, err);
}

int stet_fs_remove(int dirfd, const char *path, struct stet_error *err)
{
    return remove_below(dirfd, path, path, 0, 0, err);
}

int stet_fs_remove_in(int root, const char *path, struct stet_error *err)
{
    const char *leaf;
    _cleanup_close_ int dir = stet_fs_try_open_parent_in(root, path, &leaf, err);

    if (dir < 0)
        return dir == -2 ? 0 : -1;
    return remove_below(dir, leaf, path, 0, 0, err);
}
