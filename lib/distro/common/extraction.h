/*
 * extraction - what putting the entries of a package into a root shares, whichever way a distribution looks at paths.
 */
#ifndef STET_DISTRO_COMMON_EXTRACTION_H
#define STET_DISTRO_COMMON_EXTRACTION_H

#include "lib/distro/distro.h"

/* The directory of the entry before, as most entries share it with the next. */
struct stet_distro_parent {
    int fd;     /* or -1 */
    char *path; /* of fd, in the root; NULL: none yet */
};
#define STET_DISTRO_PARENT_INIT                                                                    \
    {                                                                                              \
        -1, NULL                                                                                   \
    }
void stet_distro_parent_release(struct stet_distro_parent *p);
/*
 * Makes p the directory of path, by open() unless it is already: open returns a descriptor of it, which is p's, or -1
 * with err. *leaf becomes the last component, in path.
 */
int stet_distro_parent_enter(struct stet_distro_parent *p, const char *path, const char **leaf,
                             int (*open)(void *ctx, const char *path, struct stet_error *err),
                             void *ctx, struct stet_error *err);

/* What mtime of an archive becomes: no later than the lock's epoch. */
int64_t stet_distro_clamp_mtime(const struct stet_build_context *ctx, int64_t mtime);
/* Tells ctx->keep_mtime of mtime, unless *last, the one told before (-1: none), is the same. */
int stet_distro_keep_mtime(const struct stet_build_context *ctx, int64_t *last, int64_t mtime,
                           struct stet_error *err);

#endif
