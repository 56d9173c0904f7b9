/*
 * Whole files: reading, writing, copying.
 */
#include <errno.h>
#include <string.h>

#include "lib/base/fs_private.h"

enum { READ_STEP = 65536 };

atomic_bool stet_fs_deny_copy_range;

int stet_fs_open(int dirfd, const char *path, int flags, mode_t mode, struct stet_error *err)
{
    int fd;

    do
        fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EISDIR))
        return stet_error_set(err, STET_ERROR_INPUT, errno, "cannot open '%s'", path);
    return fd < 0 ? stet_error_errno(err, "cannot open '%s'", path) : fd;
}

int stet_fs_read_fd(int fd, const char *name, size_t max, struct stet_buffer *out,
                    struct stet_error *err)
{
    size_t before = out->len;

    for (;;) {
        stet_buffer_reserve(out, READ_STEP);
        if (stet_buffer_check(out, name, err) < 0)
            return -1;
        ssize_t n = read(fd, out->data + out->len, READ_STEP);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return stet_error_errno(err, "cannot read '%s'", name);
        if (n == 0)
            return 0;
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (out->len - before > max)
            return stet_error_input(err, "'%s' is larger than the %zu bytes allowed", name, max);
    }
}

int stet_fs_read(int dirfd, const char *path, size_t max, struct stet_buffer *out,
                 struct stet_error *err)
{
    _cleanup_close_ int fd = stet_fs_open(dirfd, path, O_RDONLY | O_NOCTTY, 0, err);

    return fd < 0 ? -1 : stet_fs_read_fd(fd, path, max, out, err);
}

static int require_regular(int fd, const char *path, struct stet_error *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "cannot look at '%s'", path);
    return S_ISREG(st.st_mode) ? 0 : stet_error_input(err, "'%s' is not a regular file", path);
}

int stet_fs_read_in(int root, const char *path, size_t max, struct stet_buffer *out,
                    struct stet_error *err)
{
    /* O_NONBLOCK: a fifo in the tree must not make the open wait. */
    _cleanup_close_ int fd = stet_fs_try_open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, err);

    if (fd < 0)
        return fd;
    if (require_regular(fd, path, err) < 0)
        return -1;
    return stet_fs_read_fd(fd, path, max, out, err);
}

int stet_fs_write_fd(int fd, const char *name, const void *data, size_t len, struct stet_error *err)
{
    const char *p = data;

    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return stet_error_errno(err, "cannot write '%s'", name);
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

static int fill_new(int fd, const char *path, const void *data, size_t len, mode_t mode, uid_t uid,
                    gid_t gid, struct stet_error *err)
{
    if (stet_fs_write_fd(fd, path, data, len, err) < 0)
        return -1;
    if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) < 0)
        return stet_error_errno(err, "cannot set the owner of '%s'", path);
    /* After the owner, because changing that clears setuid bits. */
    if (fchmod(fd, mode) < 0)
        return stet_error_errno(err, "cannot set the mode of '%s'", path);
    return 0;
}

int stet_fs_write_in(int root, const char *path, const void *data, size_t len, mode_t mode,
                     uid_t uid, gid_t gid, struct stet_error *err)
{
    char tmp[STET_FS_TEMP_NAME_SIZE];
    const char *leaf;
    _cleanup_close_ int dir = stet_fs_open_parent_in(root, path, &leaf, err);

    if (dir < 0)
        return -1;
    _cleanup_close_ int fd = stet_fs_create_temp(dir, tmp, 0600);
    if (fd < 0)
        return stet_error_errno(err, "cannot make a file beside '%s'", path);
    int result = fill_new(fd, path, data, len, mode, uid, gid, err);
    if (result == 0 && renameat(dir, tmp, dir, leaf) < 0)
        result = stet_error_errno(err, "cannot replace '%s'", path);
    if (result < 0)
        unlinkat(dir, tmp, 0);
    return result;
}

int stet_fs_mkdirs(int dirfd, const char *path, struct stet_error *err)
{
    _cleanup_free_ char *copy = stet_strdup(path, err);

    if (!copy)
        return -1;
    for (char *p = copy + (*copy == '/');; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (*copy && mkdirat(dirfd, copy, 0777) < 0 && errno != EEXIST)
            return stet_error_errno(err, "cannot make directory '%s'", copy);
        *p = kept;
        if (kept == '\0')
            break;
    }
    _cleanup_close_ int fd = openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? stet_error_errno(err, "cannot make directory '%s'", path) : 0;
}

/* 1 with *moved bytes, 0 at the end, -1 when this way is not to be had for these files. */
static int copy_in_kernel(int src, int dst, uint64_t len, uint64_t *moved)
{
    size_t step = len < (1u << 30) ? (size_t)len : (size_t)1 << 30;

    if (atomic_load(&stet_fs_deny_copy_range))
        return -1;
    ssize_t n = copy_file_range(src, NULL, dst, NULL, step, 0);
    if (n < 0)
        return -1;
    *moved = (uint64_t)n;
    return n > 0;
}

static int copy_by_hand(int src, int dst, uint64_t len, const char *name, struct stet_error *err)
{
    char block[READ_STEP];

    while (len > 0) {
        ssize_t n = read(src, block, len < sizeof(block) ? (size_t)len : sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return stet_error_errno(err, "cannot read '%s'", name);
        if (n == 0)
            return 1;
        if (stet_fs_write_fd(dst, name, block, (size_t)n, err) < 0)
            return -1;
        len -= (uint64_t)n;
    }
    return 0;
}

int stet_fs_copy_fd(int src, int dst, uint64_t len, const char *name, struct stet_error *err)
{
    bool to_end = len == UINT64_MAX;
    uint64_t moved;
    int more = 1;

    while (len > 0 && (more = copy_in_kernel(src, dst, len, &moved)) > 0)
        len -= to_end ? 0 : moved;
    /* Some file systems say 0 for files that are not empty: the end is asked of read(2). */
    int left = len > 0 && more <= 0 ? copy_by_hand(src, dst, len, name, err) : 0;
    if (left > 0 && !to_end)
        return stet_error_input(err, "'%s' ended before all of it was copied", name);
    return left < 0 ? -1 : 0;
}
