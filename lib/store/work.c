/*
 * Working directories. Beside the directory stet-XXXXXX lies the file stet-XXXXXX.lock, which is
 * made and locked before the directory and removed after it. So whoever gets the lock of a .lock
 * file that still has its name knows that its owner is gone, and a directory without one is none of
 * ours.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/mount.h>

#include "lib/store/internal.h"

static const char prefix[] = "stet-";
static const char suffix[] = ".lock";

enum { STEM_SIZE = sizeof("stet-") - 1 + STET_STORE_RANDOM };

static bool is_lock_name(const char *name)
{
    return strncmp(name, prefix, sizeof(prefix) - 1) == 0 &&
           strlen(name) == STEM_SIZE + sizeof(suffix) - 1 && strcmp(name + STEM_SIZE, suffix) == 0;
}

/* One that a dead process left, unless its lock says that it lives. Only our own: in a shared
 * folder anyone may put files with such names. */
static void clean_one(int dirfd, const char *dir, const char *lock_name, const struct stet_log *log)
{
    struct stat st;
    struct stet_error err = STET_ERROR_INIT;
    char name[STEM_SIZE + 1];
    memcpy(name, lock_name, STEM_SIZE);
    name[STEM_SIZE] = '\0';
    if (fstatat(dirfd, lock_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return;
    if (st.st_uid != geteuid()) {
        stet_log_message(log, STET_LOG_VERBOSE, "left %s/%s alone: it belongs to user %u", dir,
                         name, (unsigned)st.st_uid);
        return;
    }
    _cleanup_close_ int fd = stet_store_open_locked(dirfd, lock_name, 0);
    if (fd < 0)
        return;
    if (stet_fs_remove(dirfd, name, &err) < 0) {
        stet_log_message(log, STET_LOG_VERBOSE, "cannot remove the old working directory %s/%s: %s",
                         dir, name, err.text);
        return;
    }
    unlinkat(dirfd, lock_name, 0);
    stet_log_message(log, STET_LOG_VERBOSE, "removed the old working directory %s/%s", dir, name);
}

void stet_store_clean_work(int dirfd, const char *dir, const struct stet_log *log)
{
    int own = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = own >= 0 ? fdopendir(own) : NULL;
    if (d == NULL) {
        if (own >= 0)
            close(own);
        return;
    }
    const struct dirent *e;
    while ((e = readdir(d)) != NULL)
        if (is_lock_name(e->d_name))
            clean_one(dirfd, dir, e->d_name, log);
    closedir(d);
}

static int make_dir(int dirfd, const char *name, const char *dir, struct stet_error *err)
{
    if (mkdirat(dirfd, name, 0700) < 0)
        return stet_error_errno(err, "cannot make a working directory in %s", dir);
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchmod(fd, 0700) < 0) {
        stet_error_errno(err, "cannot open the working directory %s/%s", dir, name);
        if (fd >= 0)
            close(fd);
        unlinkat(dirfd, name, AT_REMOVEDIR);
        return -1;
    }
    return fd;
}

/* Tries one name. 1: it was taken. */
static int try_name(int dirfd, const char *dir, struct stet_store_work *out, struct stet_error *err)
{
    char random[STET_STORE_RANDOM + 1];
    char name[STEM_SIZE + 1];
    char lock_name[STEM_SIZE + sizeof(suffix)];
    struct stat st;
    if (stet_store_random_name(random, err) < 0)
        return -1;
    snprintf(name, sizeof(name), "%s%s", prefix, random);
    snprintf(lock_name, sizeof(lock_name), "%s%s", name, suffix);
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    int lock = stet_store_open_locked(dirfd, lock_name, O_CREAT | O_EXCL);
    if (lock == STET_STORE_BUSY || (lock == -1 && errno == EEXIST))
        return 1;
    if (lock < 0)
        return stet_error_errno(err, "cannot make a working directory in %s", dir);
    out->lock_fd = lock;
    out->path = stet_format(err, "%s%s%s", dir, dir[1] == '\0' ? "" : "/", name);
    if (out->path != NULL)
        out->fd = make_dir(dirfd, name, dir, err);
    if (out->fd >= 0)
        return 0;
    unlinkat(dirfd, lock_name, 0);
    free(stet_steal_pointer(&out->path));
    close(stet_steal_fd(&out->lock_fd));
    return -1;
}

int stet_store_work_new(struct stet_store *s, const char *parent, struct stet_store_work *out,
                        struct stet_error *err)
{
    enum { TRIES = 100 };
    *out = (struct stet_store_work){.fd = -1, .lock_fd = -1};
    _cleanup_free_ char *own = parent == NULL ? stet_format(err, "%s/work", s->dir) : NULL;
    if (parent == NULL && own == NULL)
        return -1;
    _cleanup_free_ char *dir = realpath(parent != NULL ? parent : own, NULL);
    if (dir == NULL)
        return stet_error_errno(err, "cannot use %s for working directories",
                                parent != NULL ? parent : own);
    _cleanup_close_ int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dirfd < 0)
        return stet_error_errno(err, "cannot open %s for working directories", dir);
    stet_store_clean_work(dirfd, dir, s->log);
    for (int i = 0; i < TRIES; i++) {
        int rc = try_name(dirfd, dir, out, err);
        if (rc <= 0)
            return rc;
    }
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                          "cannot find a free name for a working directory in %s", dir);
}

int stet_store_work_to_memory(struct stet_store_work *w, uint64_t max_bytes, struct stet_error *err)
{
    char data[64];
    snprintf(data, sizeof(data), "mode=0700,size=%" PRIu64, max_bytes);
    if (mount("stet", w->path, "tmpfs", MS_NOATIME, data) < 0)
        return stet_error_errno(err, "cannot mount a tmpfs on %s", w->path);
    int fd = open(w->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        stet_error_errno(err, "cannot open the working directory %s", w->path);
        umount2(w->path, MNT_DETACH);
        return -1;
    }
    close(w->fd);
    w->fd = fd;
    w->in_memory = true;
    return 0;
}

int stet_store_work_remove(struct stet_store_work *w, struct stet_error *err)
{
    int rc = 0;
    /* Before what is open in it is closed; hence detached. */
    if (w->in_memory && umount2(w->path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
        rc = stet_error_errno(err, "cannot unmount %s", w->path);
    if (rc == 0 && w->path != NULL) {
        rc = stet_fs_remove(AT_FDCWD, w->path, err);
        _cleanup_free_ char *lock_path = stet_format(NULL, "%s%s", w->path, suffix);
        /* After a failure the lock file stays, so that the rest is tried again later. */
        if (rc == 0 && lock_path != NULL)
            unlink(lock_path);
    }
    if (w->fd >= 0)
        close(w->fd);
    if (w->lock_fd >= 0)
        close(w->lock_fd);
    free(w->path);
    *w = (struct stet_store_work){.fd = -1, .lock_fd = -1};
    return rc;
}
