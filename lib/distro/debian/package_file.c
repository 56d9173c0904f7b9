/*
 * package_file - the file of a locked package, from the store.
 */
#include <errno.h>
#include <sys/stat.h>

#include "lib/distro/debian/package_file.h"
#include "lib/distro/debian/unpack.h"

static int open_content(struct stet_build_context *ctx, const struct stet_lock_package *l,
                        struct stet_error *err)
{
    int fd = stet_store_open_content(ctx->store, &l->digest, (int64_t)l->size, err);
    if (fd == -2)
        return stet_error_input(
            err,
            "package %s %s is not in the store; run again, without --offline, to "
            "fetch it",
            l->name, l->version);
    return fd < 0 ? stet_error_wrap(err, "package %s", l->name) : fd;
}

static void remember_file(struct stet_debian_package *p, const struct stat *st)
{
    p->verified.dev = st->st_dev;
    p->verified.ino = st->st_ino;
    p->verified.mtime = st->st_mtim;
    p->verified.ctime = st->st_ctim;
    p->verified.size = st->st_size;
}

static bool is_remembered(const struct stet_debian_package *p, const struct stat *st)
{
    return p->verified.dev == st->st_dev && p->verified.ino == st->st_ino &&
           p->verified.size == st->st_size && p->verified.mtime.tv_sec == st->st_mtim.tv_sec &&
           p->verified.mtime.tv_nsec == st->st_mtim.tv_nsec &&
           p->verified.ctime.tv_sec == st->st_ctim.tv_sec &&
           p->verified.ctime.tv_nsec == st->st_ctim.tv_nsec;
}

static int fail_damaged(struct stet_build_context *ctx, const struct stet_lock_package *l,
                        const struct stet_digest *have, struct stet_error *err)
{
    char hex[STET_DIGEST_HEX_SIZE], other[STET_DIGEST_HEX_SIZE];
    stet_digest_hex(&l->digest, hex);
    stet_digest_hex(have, other);
    stet_store_discard(ctx->store, &l->digest);
    return stet_error_input(
        err,
        "package %s %s: its file in the store, sha256/%.2s/%s, is damaged (it now has "
        "SHA-256 %s); it was removed: run again to fetch it anew",
        l->name, l->version, hex, hex, other);
}

/* Hashes the whole file and compares it with the lock: 1 it matches, 0 it does not (have says what it is). */
static int matches(struct stet_debian_package *p, int fd, struct stet_digest *have,
                   struct stet_error *err)
{
    const struct stet_lock_package *l = p->locked;
    uint64_t size;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "looking at the file of package %s", l->name);
    if (is_remembered(p, &st))
        return 1;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return stet_error_errno(err, "reading the file of package %s", l->name);
    if (stet_digest_of_fd(fd, l->name, have, &size, err) < 0)
        return -1;
    if (size != l->size || !stet_digest_equal(have, &l->digest))
        return 0;
    remember_file(p, &st);
    return 1;
}

int stet_debian_open_package(struct stet_build_context *ctx, size_t i, struct stet_deb *deb,
                             struct stet_error *err)
{
    struct stet_debian_state *state = ctx->state;
    const struct stet_lock_package *l = state->packages[i].locked;
    struct stet_digest have;
    _cleanup_close_ int fd = open_content(ctx, l, err);
    int match = fd < 0 ? -1 : matches(&state->packages[i], fd, &have, err);
    if (match == 0)
        return fail_damaged(ctx, l, &have, err);
    if (match < 0 || stet_deb_open(deb, fd, l->size, l->name, err) < 0)
        return -1;
    return stet_steal_fd(&fd);
}

int stet_debian_try_package(struct stet_build_context *ctx, size_t i, struct stet_deb *deb)
{
    struct stet_debian_state *state = ctx->state;
    const struct stet_lock_package *l = state->packages[i].locked;
    struct stet_error ignored = STET_ERROR_INIT;
    struct stet_digest have;
    _cleanup_close_ int fd = open_content(ctx, l, &ignored);
    if (fd < 0 || matches(&state->packages[i], fd, &have, &ignored) != 1 ||
        stet_deb_open(deb, fd, l->size, l->name, &ignored) < 0)
        return -1;
    return stet_steal_fd(&fd);
}
