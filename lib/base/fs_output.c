/*
 * Files that appear whole or not at all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/fs_private.h"

enum { TEMP_TRIES = 64 };

atomic_bool stet_fs_deny_tmpfile;

int stet_fs_temp_name(char name[STET_FS_TEMP_NAME_SIZE])
{
    unsigned char random[8];
    char hex[17];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -1;
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(hex + 2 * i, 3, "%02x", random[i]);
    snprintf(name, STET_FS_TEMP_NAME_SIZE, ".stet-%s.tmp", hex);
    return 0;
}

int stet_fs_create_temp(int dirfd, char name[STET_FS_TEMP_NAME_SIZE], mode_t mode)
{
    for (int i = 0; i < TEMP_TRIES; i++) {
        if (stet_fs_temp_name(name) < 0)
            return -1;
        int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static int split_path(struct stet_fs_output *out, int dirfd, const char *path,
                      struct stet_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *leaf = slash ? slash + 1 : path;
    _cleanup_free_ char *dir = NULL;

    if (!*leaf || strcmp(leaf, ".") == 0 || strcmp(leaf, "..") == 0)
        return stet_error_input(err, "'%s' does not name a file", path);
    dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    out->leaf = strdup(leaf);
    out->path = strdup(path);
    if (!dir || !out->leaf || !out->path)
        return stet_error_oom(err, path);
    out->dirfd = openat(dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->dirfd < 0)
        return stet_error_errno(err, "cannot open directory '%s'", dir);
    return 0;
}

static int open_unnamed(struct stet_fs_output *out)
{
    if (atomic_load(&stet_fs_deny_tmpfile)) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return openat(out->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

int stet_fs_output_open(struct stet_fs_output *out, int dirfd, const char *path,
                        struct stet_error *err)
{
    char tmp[STET_FS_TEMP_NAME_SIZE];

    *out = (struct stet_fs_output)STET_FS_OUTPUT_INIT;
    if (split_path(out, dirfd, path, err) < 0)
        goto failed;
    out->fd = open_unnamed(out);
    if (out->fd >= 0)
        return 0;
    out->fd = stet_fs_create_temp(out->dirfd, tmp, 0666);
    if (out->fd < 0) {
        stet_error_errno(err, "cannot make '%s'", path);
        goto failed;
    }
    out->tmpname = strdup(tmp);
    if (!out->tmpname) {
        unlinkat(out->dirfd, tmp, 0);
        stet_error_oom(err, path);
        goto failed;
    }
    return 0;
failed:
    stet_fs_output_release(out);
    return -1;
}

/* Gives the unnamed file a hidden name, because linkat(2) does not replace and rename(2) does. */
static int give_temp_name(struct stet_fs_output *out)
{
    char name[STET_FS_TEMP_NAME_SIZE], self[64];

    snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
    for (int i = 0; i < TEMP_TRIES; i++) {
        if (stet_fs_temp_name(name) < 0)
            return -1;
        if (linkat(AT_FDCWD, self, out->dirfd, name, AT_SYMLINK_FOLLOW) == 0) {
            out->tmpname = strdup(name);
            if (!out->tmpname)
                unlinkat(out->dirfd, name, 0);
            return out->tmpname ? 0 : -1;
        }
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

int stet_fs_output_publish(struct stet_fs_output *out, struct stet_error *err)
{
    int result = 0;

    if (fsync(out->fd) < 0)
        result = stet_error_errno(err, "cannot write '%s' to disk", out->path);
    else if (!out->tmpname && give_temp_name(out) < 0)
        result = stet_error_errno(err, "cannot name '%s'", out->path);
    else if (renameat(out->dirfd, out->tmpname, out->dirfd, out->leaf) < 0)
        result = stet_error_errno(err, "cannot name '%s'", out->path);
    if (result == 0) {
        free(out->tmpname);
        out->tmpname = NULL;
    }
    stet_fs_output_release(out);
    return result;
}

void stet_fs_output_release(struct stet_fs_output *out)
{
    if (out->tmpname)
        unlinkat(out->dirfd, out->tmpname, 0);
    stet_cleanup_close(&out->fd);
    stet_cleanup_close(&out->dirfd);
    free(out->tmpname);
    free(out->leaf);
    free(out->path);
    *out = (struct stet_fs_output)STET_FS_OUTPUT_INIT;
}

int stet_fs_write(int dirfd, const char *path, const void *data, size_t len, struct stet_error *err)
{
    struct stet_fs_output out;

    if (stet_fs_output_open(&out, dirfd, path, err) < 0)
        return -1;
    int result = stet_fs_write_fd(out.fd, path, data, len, err);
    if (result == 0)
        result = stet_fs_output_publish(&out, err);
    stet_fs_output_release(&out);
    return result;
}
