/*
 * package_file - the file of a locked package, from the store.
 */
#include "lib/distro/debian/package_file.h"

#include "lib/distro/common/package.h"
#include "lib/distro/debian/unpack.h"

int stet_debian_open_package(struct stet_build_context *ctx, size_t i, struct stet_deb *deb,
                             struct stet_error *err)
{
    struct stet_debian_state *state = ctx->state;
    struct stet_debian_package *p = &state->packages[i];
    _cleanup_close_ int fd = stet_distro_open_package(ctx->store, p->locked, &p->seen, err);
    if (fd < 0 || stet_deb_open(deb, fd, p->locked->size, p->locked->name, err) < 0)
        return -1;
    return stet_steal_fd(&fd);
}

int stet_debian_try_package(struct stet_build_context *ctx, size_t i, struct stet_deb *deb)
{
    struct stet_debian_state *state = ctx->state;
    struct stet_debian_package *p = &state->packages[i];
    const struct stet_lock_package *l = p->locked;
    struct stet_error ignored = STET_ERROR_INIT;
    struct stet_digest have;
    _cleanup_close_ int fd = stet_store_open_verified(ctx->store, &l->digest, (int64_t)l->size,
                                                      l->name, &p->seen, &have, &ignored);
    if (fd < 0 || stet_deb_open(deb, fd, l->size, l->name, &ignored) < 0)
        return -1;
    return stet_steal_fd(&fd);
}
