/* The store's directories, and contents by their digest. */
#include <errno.h>
#include <limits.h>

#include "lib/store/internal.h"

/* ---- opening ---- */

static int open_part(struct stet_store *s, const char *name, struct stet_error *err)
{
    if (mkdirat(s->fd, name, 0755) < 0 && errno != EEXIST) {
        stet_store_write_error(s, errno, err);
        return -1;
    }
    int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        stet_error_errno(err, "cannot open the store's folder %s/%s", s->dir, name);
    return fd;
}

static int open_dirs(struct stet_store *s, const char *dir, struct stet_error *err)
{
    if (stet_fs_mkdirs(AT_FDCWD, dir, err) < 0)
        return stet_error_wrap(err, "cannot make the store (choose another place with --store)");
    s->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->fd < 0)
        return stet_error_errno(err, "cannot open the store %s", dir);
    s->dir = realpath(dir, NULL);
    if (s->dir == NULL)
        return stet_error_errno(err, "cannot find the path of the store %s", dir);
    s->contents = open_part(s, "sha256", err);
    if (s->contents < 0)
        return -1;
    s->partial = open_part(s, "partial", err);
    if (s->partial < 0)
        return -1;
    s->index = open_part(s, "index", err);
    if (s->index < 0)
        return -1;
    s->work = open_part(s, "work", err);
    return s->work < 0 ? -1 : 0;
}

struct stet_store *stet_store_open(const char *dir, const struct stet_log *log,
                                   struct stet_error *err)
{
    struct stet_store *s = malloc(sizeof(*s));
    if (s == NULL) {
        stet_error_oom(err, "opening the store");
        return NULL;
    }
    *s = (struct stet_store){
        .fd = -1, .contents = -1, .partial = -1, .index = -1, .work = -1, .log = log};
    if (open_dirs(s, dir, err) < 0) {
        stet_store_free(s);
        return NULL;
    }
    stet_store_clean_partial(s);
    _cleanup_free_ char *work = stet_format(NULL, "%s/work", s->dir);
    if (work != NULL)
        stet_store_clean_work(s->work, work, log);
    return s;
}

void stet_store_free(struct stet_store *s)
{
    if (s == NULL)
        return;
    int fds[] = {s->fd, s->contents, s->partial, s->index, s->work};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(s->dir);
    free(s);
}

char *stet_store_default_dir(const char *(*getenv_fn)(const char *name), unsigned uid,
                             struct stet_error *err)
{
    if (uid == 0)
        return stet_strdup("/var/cache/stet", err);
    /* The base directory specification has relative paths ignored. */
    const char *cache = getenv_fn("XDG_CACHE_HOME");
    if (cache != NULL && cache[0] == '/')
        return stet_format(err, "%s/stet", cache);
    const char *home = getenv_fn("HOME");
    if (home != NULL && home[0] == '/')
        return stet_format(err, "%s/.cache/stet", home);
    stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                   "there is no place for the store: neither XDG_CACHE_HOME nor HOME is an "
                   "absolute path; name one with --store");
    return NULL;
}

int stet_store_write_error(const struct stet_store *s, int errnum, struct stet_error *err)
{
    const char *cure = "check it, or choose another place with --store";
    if (errnum == ENOSPC || errnum == EDQUOT)
        cure = "free some space, or choose another place with --store";
    else if (errnum == EACCES || errnum == EPERM || errnum == EROFS)
        cure = "choose a place you may write to with --store";
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, errnum, "cannot write to the store %s (%s)",
                          s->dir, cure);
}

/* ---- contents ---- */

void stet_store_content_path(const struct stet_digest *digest, char out[STET_STORE_PATH_SIZE])
{
    stet_digest_hex(digest, out + 3);
    out[0] = out[3];
    out[1] = out[4];
    out[2] = '/';
}

static bool is_content(const struct stat *st, int64_t size)
{
    return S_ISREG(st->st_mode) && (size < 0 || st->st_size == size);
}

int stet_store_has(struct stet_store *s, const struct stet_digest *digest, int64_t size,
                   struct stet_error *err)
{
    char path[STET_STORE_PATH_SIZE];
    struct stat st;
    stet_store_content_path(digest, path);
    if (fstatat(s->contents, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return 0;
        return stet_error_errno(err, "cannot look at %s/sha256/%s", s->dir, path);
    }
    if (is_content(&st, size))
        return 1;
    stet_store_discard(s, digest);
    return 0;
}

int stet_store_open_content(struct stet_store *s, const struct stet_digest *digest, int64_t size,
                            struct stet_error *err)
{
    char path[STET_STORE_PATH_SIZE];
    struct stat st;
    stet_store_content_path(digest, path);
    _cleanup_close_ int fd =
        openat(s->contents, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return -2;
    if (fd < 0 && errno != ELOOP)
        return stet_error_errno(err, "cannot open %s/sha256/%s", s->dir, path);
    if (fd >= 0 && fstat(fd, &st) < 0)
        return stet_error_errno(err, "cannot look at %s/sha256/%s", s->dir, path);
    if (fd < 0 || !is_content(&st, size)) {
        stet_store_discard(s, digest);
        return -2;
    }
    return stet_steal_fd(&fd);
}

void stet_store_discard(struct stet_store *s, const struct stet_digest *digest)
{
    char path[STET_STORE_PATH_SIZE];
    stet_store_content_path(digest, path);
    if (unlinkat(s->contents, path, 0) == 0)
        stet_log_message(s->log, STET_LOG_INFO, "removed %s/sha256/%s, which was damaged", s->dir,
                         path);
    else if (errno != ENOENT)
        stet_log_message(s->log, STET_LOG_WARNING, "cannot remove %s/sha256/%s, which is damaged",
                         s->dir, path);
}

/*
 * No fsync: it would cost a few milliseconds to tens of them for each of some hundred packages, and
 * buys nothing that is not had otherwise. After a power failure a content may be cut off or hold
 * zeroes: the first is seen by its size, the second by its readers, who have the digest computed
 * (see stet_store_open_verified()) and discard what is damaged; then it is simply downloaded again.
 */
int stet_store_publish(struct stet_store *s, int fd, const char *name,
                       const struct stet_digest *digest, struct stet_error *err)
{
    char path[STET_STORE_PATH_SIZE];
    char folder[3];
    stet_store_content_path(digest, path);
    memcpy(folder, path, 2);
    folder[2] = '\0';
    if (fchmod(fd, 0444) < 0)
        return stet_store_write_error(s, errno, err);
    if (renameat(s->partial, name, s->contents, path) == 0)
        return 0;
    if (errno != ENOENT || (mkdirat(s->contents, folder, 0755) < 0 && errno != EEXIST) ||
        renameat(s->partial, name, s->contents, path) < 0)
        return stet_store_write_error(s, errno, err);
    return 0;
}

int stet_store_new_temp(struct stet_store *s, const char *stem, char **name, struct stet_error *err)
{
    enum { TRIES = 100 };
    char random[STET_STORE_RANDOM + 1];
    for (int i = 0; i < TRIES; i++) {
        if (stet_store_random_name(random, err) < 0)
            return -1;
        _cleanup_free_ char *candidate = stet_format(err, "%s.%s", stem, random);
        if (candidate == NULL)
            return -1;
        int fd = stet_store_open_locked(s->partial, candidate, O_CREAT | O_EXCL);
        if (fd >= 0) {
            *name = stet_steal_pointer(&candidate);
            return fd;
        }
        if (fd == -1 && errno != EEXIST)
            break;
    }
    return stet_store_write_error(s, errno, err);
}

int stet_store_put(struct stet_store *s, const void *data, size_t len, struct stet_digest *digest,
                   struct stet_error *err)
{
    char hex[STET_DIGEST_HEX_SIZE];
    if (stet_digest_of(data, len, digest, err) < 0)
        return -1;
    int there = stet_store_has(s, digest, (int64_t)len, err);
    if (there != 0)
        return there < 0 ? -1 : 0;
    stet_digest_hex(digest, hex);
    _cleanup_free_ char *name = NULL;
    _cleanup_close_ int fd = stet_store_new_temp(s, hex, &name, err);
    if (fd < 0)
        return -1;
    struct stet_error local = STET_ERROR_INIT;
    int rc = 0;
    if (stet_fs_write_fd(fd, name, data, len, &local) < 0)
        rc = stet_store_write_error(s, local.errnum, err);
    else
        rc = stet_store_publish(s, fd, name, digest, err);
    if (rc < 0)
        unlinkat(s->partial, name, 0);
    return rc;
}
