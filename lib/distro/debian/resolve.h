/*
 * resolve - from a recipe to a lock: apt's sources, signed indexes, the base sets, solving.
 */
#ifndef STET_DEBIAN_RESOLVE_H
#define STET_DEBIAN_RESOLVE_H

#include "lib/distro/distro.h"

/* See struct stet_distro: complete_recipe and resolve. */
int stet_debian_complete_recipe(struct stet_recipe *recipe, struct stet_error *err);
int stet_debian_resolve(const struct stet_resolve_context *ctx, struct stet_lock *lock,
                        struct stet_error *err);

#endif
