#include "lib/distro/common/extraction.h"

void stet_distro_parent_release(struct stet_distro_parent *p)
{
    stet_cleanup_close(&p->fd);
    free(p->path);
    *p = (struct stet_distro_parent)STET_DISTRO_PARENT_INIT;
}

int stet_distro_parent_enter(struct stet_distro_parent *p, const char *path, const char **leaf,
                             int (*open)(void *ctx, const char *path, struct stet_error *err),
                             void *ctx, struct stet_error *err)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    *leaf = slash ? slash + 1 : path;
    if (p->path && strlen(p->path) == len && memcmp(p->path, path, len) == 0)
        return 0;
    stet_distro_parent_release(p);
    p->fd = open(ctx, path, err);
    if (p->fd < 0)
        return -1;
    p->path = stet_format(err, "%.*s", (int)len, path);
    return p->path ? 0 : -1;
}

int64_t stet_distro_clamp_mtime(const struct stet_build_context *ctx, int64_t mtime)
{
    return mtime < ctx->lock->epoch ? mtime : ctx->lock->epoch;
}

int stet_distro_keep_mtime(const struct stet_build_context *ctx, int64_t *last, int64_t mtime,
                           struct stet_error *err)
{
    if (mtime == *last || !ctx->keep_mtime)
        return 0;
    *last = mtime;
    return ctx->keep_mtime(ctx->keep_ctx, mtime, err);
}
