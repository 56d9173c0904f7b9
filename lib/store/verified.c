/* Contents whose digest is computed again. */
#include "lib/store/internal.h"

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static struct stet_store_seen seen_of(const struct stat *st)
{
    return (struct stet_store_seen){.dev = st->st_dev,
                                    .ino = st->st_ino,
                                    .size = st->st_size,
                                    .mtime = st->st_mtim,
                                    .ctime = st->st_ctim};
}

static bool is_same(const struct stet_store_seen *a, const struct stet_store_seen *b)
{
    return a->ino != 0 && a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           same_time(&a->mtime, &b->mtime) && same_time(&a->ctime, &b->ctime);
}

/* 1 fd has the digest, 0 it has not, -1. */
static int matches(int fd, const struct stet_digest *digest, const char *name,
                   struct stet_store_seen *seen, struct stet_digest *have, struct stet_error *err)
{
    struct stat st;
    /* Before it is read: what changes meanwhile is another file the next time. */
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "looking at the file of %s", name);
    struct stet_store_seen now = seen_of(&st);
    *have = *digest;
    if (seen && is_same(seen, &now))
        return 1;
    if (stet_digest_of_fd(fd, name, have, NULL, err) < 0)
        return -1;
    if (!stet_digest_equal(have, digest))
        return 0;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return stet_error_errno(err, "reading the file of %s", name);
    if (seen)
        *seen = now;
    return 1;
}

int stet_store_open_verified(struct stet_store *s, const struct stet_digest *digest, int64_t size,
                             const char *name, struct stet_store_seen *seen,
                             struct stet_digest *have, struct stet_error *err)
{
    _cleanup_close_ int fd = stet_store_open_content(s, digest, size, err);
    if (fd < 0)
        return fd == -1 ? stet_error_wrap(err, "%s", name) : fd;
    int match = matches(fd, digest, name, seen, have, err);
    if (match <= 0)
        return match < 0 ? -1 : -3;
    return stet_steal_fd(&fd);
}
