#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/fs_private.h"
#include "lib/base/log.h"

enum { CHUNK = 64 * 1024, COPY_RANGE_MAX = 16 * 1024 * 1024 };

atomic_bool stet_fs_deny_copy_range;

int stet_fs_open(int dirfd, const char *path, int flags, mode_t mode, struct stet_error *err)
{
    int fd;

    do
        fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    /* A name that leads to nothing is the user's mistake, not the machine's. */
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EISDIR))
        return stet_error_set(err, STET_ERROR_INPUT, errno, "cannot open %s", path);
    if (fd < 0)
        return stet_error_errno(err, "cannot open %s", path);
    return fd;
}

/* One read(2) of at most len bytes, through EINTR. */
static ssize_t read_some(int fd, void *data, size_t len)
{
    ssize_t n;

    do
        n = read(fd, data, len);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Room for what the file seems to hold, so that most are read in one piece. */
static void reserve_for(int fd, size_t max, struct stet_buffer *out)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
        return;
    if ((uint64_t)st.st_size <= max && (uint64_t)st.st_size < SIZE_MAX)
        stet_buffer_reserve(out, (size_t)st.st_size + 1);
}

static int read_all(int fd, const char *name, size_t max, struct stet_buffer *out,
                    struct stet_error *err)
{
    size_t total = 0;

    reserve_for(fd, max, out);
    for (;;) {
        size_t room;
        ssize_t n;

        if (!out->failed && out->cap - out->len < 2)
            stet_buffer_reserve(out, CHUNK);
        if (stet_buffer_check(out, "cannot keep a file in memory", err) < 0)
            return stet_error_wrap(err, "%s", name);
        room = out->cap - out->len - 1;
        n = read_some(fd, out->data + out->len, room);
        if (n < 0)
            return stet_error_errno(err, "cannot read %s", name);
        if (n == 0)
            return 0;
        if ((size_t)n > max - total)
            return stet_error_input(err, "%s is larger than the limit of %zu bytes", name, max);
        total += (size_t)n;
        out->len += (size_t)n;
        out->data[out->len] = '\0';
    }
}

int stet_fs_read_fd(int fd, const char *name, size_t max, struct stet_buffer *out,
                    struct stet_error *err)
{
    size_t start = out->len;

    if (read_all(fd, name, max, out, err) == 0)
        return 0;
    out->len = start;
    if (out->data != NULL)
        out->data[start] = '\0';
    return -1;
}

int stet_fs_read(int dirfd, const char *path, size_t max, struct stet_buffer *out,
                 struct stet_error *err)
{
    _cleanup_close_ int fd = stet_fs_open(dirfd, path, O_RDONLY | O_NOCTTY, 0, err);

    return fd < 0 ? -1 : stet_fs_read_fd(fd, path, max, out, err);
}

int stet_fs_write_fd(int fd, const char *name, const void *data, size_t len, struct stet_error *err)
{
    const char *p = data;

    while (len > 0) {
        ssize_t n = write(fd, p, len > SSIZE_MAX ? SSIZE_MAX : len);

        if (n < 0 && errno == EAGAIN) {
            /* Someone else's pipe may be set not to block. */
            struct pollfd wait = {.fd = fd, .events = POLLOUT};

            if (stet_cancel_check(err) < 0)
                return -1;
            (void)poll(&wait, 1, 1000);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return stet_error_errno(err, "cannot write %s", name);
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

/* ---- below an untrusted root ---- */

static int check_regular(int fd, const char *path, struct stet_error *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "cannot stat %s in the tree", path);
    if (!S_ISREG(st.st_mode))
        return stet_error_input(err, "%s in the tree is not a regular file", path);
    return 0;
}

int stet_fs_read_in(int root, const char *path, size_t max, struct stet_buffer *out,
                    struct stet_error *err)
{
    /* Looked at before it is opened: opening a device or a FIFO can have effects. */
    _cleanup_close_ int probe = stet_fs_try_open_in(root, path, O_PATH, err);
    _cleanup_close_ int fd = -1;

    if (probe < 0)
        return probe;
    if (check_regular(probe, path, err) < 0)
        return -1;
    fd = stet_fs_try_open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, err);
    if (fd < 0)
        return fd;
    if (check_regular(fd, path, err) < 0)
        return -1;
    return stet_fs_read_fd(fd, path, max, out, err);
}

int stet_fs_temp_name(char name[STET_FS_TEMP_NAME_SIZE])
{
    unsigned long long number = 0;

    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return -1;
    (void)snprintf(name, STET_FS_TEMP_NAME_SIZE, ".stet-%016llx.tmp", number);
    return 0;
}

int stet_fs_create_temp(int dirfd, char name[STET_FS_TEMP_NAME_SIZE], mode_t mode)
{
    for (int i = 0; i < 100; i++) {
        int fd;

        if (stet_fs_temp_name(name) < 0)
            return -1;
        fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* Gives the new file its bytes, owner, mode and name. */
static int fill_in(int dirfd, int fd, const char *temp, const char *leaf, const char *path,
                   const void *data, size_t len, mode_t mode, uid_t uid, gid_t gid,
                   struct stet_error *err)
{
    if (stet_fs_write_fd(fd, path, data, len, err) < 0)
        return -1;
    if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) < 0)
        return stet_error_errno(err, "cannot set the owner of %s in the tree", path);
    /* After the owner: a change of owner takes set-id bits away. */
    if (fchmod(fd, mode & 07777) < 0)
        return stet_error_errno(err, "cannot set the mode of %s in the tree", path);
    if (renameat(dirfd, temp, dirfd, leaf) < 0)
        return stet_error_errno(err, "cannot replace %s in the tree", path);
    return 0;
}

int stet_fs_write_in(int root, const char *path, const void *data, size_t len, mode_t mode,
                     uid_t uid, gid_t gid, struct stet_error *err)
{
    char temp[STET_FS_TEMP_NAME_SIZE];
    const char *leaf = NULL;
    _cleanup_close_ int dirfd = stet_fs_open_parent_in(root, path, &leaf, err);
    _cleanup_close_ int fd = -1;

    if (dirfd < 0)
        return -1;
    fd = stet_fs_create_temp(dirfd, temp, 0600);
    if (fd < 0)
        return stet_error_errno(err, "cannot make a file beside %s in the tree", path);
    if (fill_in(dirfd, fd, temp, leaf, path, data, len, mode, uid, gid, err) < 0) {
        (void)unlinkat(dirfd, temp, 0);
        return -1;
    }
    return 0;
}

/* ---- directories ---- */

static int make_dir(int dirfd, const char *path, struct stet_error *err)
{
    struct stat st;

    if (mkdirat(dirfd, path, 0777) == 0)
        return 0;
    /* A read-only or unreadable parent may say so before it says that path exists. */
    if (errno == EEXIST || errno == EROFS || errno == EACCES || errno == EPERM) {
        int saved = errno;

        if (fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
            return 0;
        errno = saved == EEXIST ? ENOTDIR : saved;
    }
    return stet_error_errno(err, "cannot make the directory %s", path);
}

int stet_fs_mkdirs(int dirfd, const char *path, struct stet_error *err)
{
    _cleanup_free_ char *prefix = stet_strdup(path, err);
    size_t len = strlen(path);

    if (prefix == NULL)
        return -1;
    if (len == 0)
        return stet_error_input(err, "the path of a directory is empty");
    for (size_t i = 1; i <= len; i++) {
        if ((path[i] != '/' && path[i] != '\0') || path[i - 1] == '/')
            continue;
        prefix[i] = '\0';
        if (make_dir(dirfd, prefix, err) < 0)
            return -1;
        prefix[i] = path[i];
    }
    return 0;
}

/* ---- copying ---- */

/* Is this a reason to copy through memory instead? */
static bool cannot_copy_range(int errnum)
{
    return errnum == EXDEV || errnum == EINVAL || errnum == ENOSYS || errnum == EOPNOTSUPP ||
           errnum == EBADF || errnum == EPERM || errnum == ETXTBSY || errnum == EISDIR;
}

/* Copies inside the kernel for as long as it can; 0 with *left lowered, or -1 with err. */
static int copy_range(int src, int dst, uint64_t *left, const char *name, struct stet_error *err)
{
    while (*left > 0 && !atomic_load(&stet_fs_deny_copy_range)) {
        size_t want = *left > COPY_RANGE_MAX ? COPY_RANGE_MAX : (size_t)*left;
        ssize_t n = copy_file_range(src, NULL, dst, NULL, want, 0);

        if (n < 0 && errno == EINTR)
            continue;
        /* 0 may also be said of a file whose size is not known beforehand (/proc). */
        if (n == 0 || (n < 0 && cannot_copy_range(errno)))
            return 0;
        if (n < 0)
            return stet_error_errno(err, "cannot copy %s", name);
        *left -= (uint64_t)n;
        if (stet_cancel_check(err) < 0)
            return -1;
    }
    return 0;
}

int stet_fs_copy_fd(int src, int dst, uint64_t len, const char *name, struct stet_error *err)
{
    uint64_t left = len;
    char chunk[CHUNK];

    if (copy_range(src, dst, &left, name, err) < 0)
        return -1;
    while (left > 0) {
        ssize_t n = read_some(src, chunk, left > CHUNK ? CHUNK : (size_t)left);

        if (n < 0)
            return stet_error_errno(err, "cannot read %s", name);
        if (n == 0 && len == UINT64_MAX)
            return 0;
        if (n == 0)
            return stet_error_input(err, "%s ends after %llu of %llu bytes", name,
                                    (unsigned long long)(len - left), (unsigned long long)len);
        if (stet_fs_write_fd(dst, name, chunk, (size_t)n, err) < 0)
            return -1;
        left -= (uint64_t)n;
        if (stet_cancel_check(err) < 0)
            return -1;
    }
    return 0;
}
