#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/fs_private.h"

atomic_bool stet_fs_deny_tmpfile;

static bool is_name(const char *leaf)
{
    return *leaf != '\0' && strcmp(leaf, ".") != 0 && strcmp(leaf, "..") != 0;
}

/* Opens the directory of path in out->dirfd and keeps the last component in out->leaf. */
static int open_parent(struct stet_fs_output *out, int dirfd, const char *path,
                       struct stet_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *leaf = slash == NULL ? path : slash + 1;
    _cleanup_free_ char *parent = NULL;

    if (!is_name(leaf))
        return stet_error_input(err, "the path \"%s\" does not end in a file name", path);
    out->path = stet_strdup(path, err);
    out->leaf = stet_strdup(leaf, err);
    if (out->path == NULL || out->leaf == NULL)
        return -1;
    /* With the slash, so that the directory of "/x" is "/". */
    parent = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (parent == NULL)
        return stet_error_oom(err, "cannot copy a path");
    out->dirfd = openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->dirfd < 0 && errno == EACCES)
        out->dirfd = openat(dirfd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (out->dirfd < 0)
        return stet_error_errno(err, "cannot open the directory of %s", path);
    return 0;
}

/*
 * Renaming over a device, or over /dev/stdout (a link into /proc), would destroy it
 * for everyone on the machine: only files, and links to files, are replaced.
 */
static int check_target(const struct stet_fs_output *out, struct stet_error *err)
{
    char target[8];
    struct stat st;
    ssize_t n = readlinkat(out->dirfd, out->leaf, target, sizeof(target));
    bool in_proc = n >= 6 && memcmp(target, "/proc/", 6) == 0;

    if (!in_proc && (fstatat(out->dirfd, out->leaf, &st, 0) < 0 || S_ISREG(st.st_mode)))
        return 0;
    return stet_error_input(err, "%s exists and is not a regular file: name another file",
                            out->path);
}

/* Does the file system lack O_TMPFILE? Old kernels take it for opening a directory. */
static bool lacks_tmpfile(int errnum)
{
    return errnum == EOPNOTSUPP || errnum == EISDIR || errnum == ENOENT || errnum == EINVAL ||
           errnum == ENOSYS;
}

static int open_file(struct stet_fs_output *out, struct stet_error *err)
{
    char temp[STET_FS_TEMP_NAME_SIZE];

    if (!atomic_load(&stet_fs_deny_tmpfile))
        out->fd = openat(out->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    else
        errno = EOPNOTSUPP;
    if (out->fd >= 0)
        return 0;
    if (lacks_tmpfile(errno)) {
        out->fd = stet_fs_create_temp(out->dirfd, temp, 0666);
        if (out->fd >= 0) {
            out->tmpname = stet_strdup(temp, err);
            if (out->tmpname != NULL)
                return 0;
            (void)unlinkat(out->dirfd, temp, 0);
            return -1;
        }
    }
    return stet_error_errno(err, "cannot create %s", out->path);
}

int stet_fs_output_open(struct stet_fs_output *out, int dirfd, const char *path,
                        struct stet_error *err)
{
    *out = (struct stet_fs_output)STET_FS_OUTPUT_INIT;
    if (open_parent(out, dirfd, path, err) == 0 && check_target(out, err) == 0 &&
        open_file(out, err) == 0)
        return 0;
    stet_fs_output_release(out);
    return -1;
}

/* Gives the nameless file a name. Linking the descriptor itself needs a privilege; its
 * name in /proc needs /proc. */
static int link_fd(int fd, int dirfd, const char *name)
{
    char self[32];

    if (linkat(fd, "", dirfd, name, AT_EMPTY_PATH) == 0)
        return 0;
    if (errno == EEXIST)
        return -1;
    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, self, dirfd, name, AT_SYMLINK_FOLLOW);
}

/* A name can be linked only where there is none, so a target is replaced by renaming. */
static int publish_nameless(struct stet_fs_output *out)
{
    char temp[STET_FS_TEMP_NAME_SIZE];
    int saved;

    if (link_fd(out->fd, out->dirfd, out->leaf) == 0)
        return 0;
    if (errno != EEXIST)
        return -1;
    do {
        if (stet_fs_temp_name(temp) < 0)
            return -1;
        if (link_fd(out->fd, out->dirfd, temp) == 0)
            break;
    } while (errno == EEXIST);
    if (renameat(out->dirfd, temp, out->dirfd, out->leaf) == 0)
        return 0;
    saved = errno;
    (void)unlinkat(out->dirfd, temp, 0);
    errno = saved;
    return -1;
}

static int publish(struct stet_fs_output *out, struct stet_error *err)
{
    int rc;

    if (out->fd < 0)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "publish of an output that is not open");
    if (fsync(out->fd) < 0)
        return stet_error_errno(err, "cannot write %s to disk", out->path);
    if (check_target(out, err) < 0)
        return -1;
    if (out->tmpname == NULL)
        rc = publish_nameless(out);
    else
        rc = renameat(out->dirfd, out->tmpname, out->dirfd, out->leaf);
    if (rc < 0)
        return stet_error_errno(err, "cannot create %s", out->path);
    free(out->tmpname);
    out->tmpname = NULL;
    /* The name is there already, and must not be reported as missing. */
    (void)fsync(out->dirfd);
    return 0;
}

int stet_fs_output_publish(struct stet_fs_output *out, struct stet_error *err)
{
    int rc = publish(out, err);

    stet_fs_output_release(out);
    return rc;
}

void stet_fs_output_release(struct stet_fs_output *out)
{
    if (out->tmpname != NULL && out->dirfd >= 0)
        (void)unlinkat(out->dirfd, out->tmpname, 0);
    stet_cleanup_close(&out->fd);
    stet_cleanup_close(&out->dirfd);
    free(out->leaf);
    free(out->tmpname);
    free(out->path);
    *out = (struct stet_fs_output)STET_FS_OUTPUT_INIT;
}

int stet_fs_write(int dirfd, const char *path, const void *data, size_t len, struct stet_error *err)
{
    struct stet_fs_output out = STET_FS_OUTPUT_INIT;

    if (stet_fs_output_open(&out, dirfd, path, err) < 0)
        return -1;
    if (stet_fs_write_fd(out.fd, path, data, len, err) < 0) {
        stet_fs_output_release(&out);
        return -1;
    }
    return stet_fs_output_publish(&out, err);
}
