/*
 * image - what stet itself puts into a finished Arch root, cleans from it and reads in it.
 */
#ifndef STET_ARCH_IMAGE_H
#define STET_ARCH_IMAGE_H

#include "lib/distro/distro.h"

/*
 * After all packages and hooks: the servers of etc/pacman.d/mirrorlist and NoExtract in etc/pacman.conf as the recipe
 * has them, a locked password of root, the public keyring if the recipe asks for one.
 */
int stet_arch_finish(struct stet_build_context *ctx, struct stet_error *err);

/* The scrub rules of Arch roots. */
extern const struct stet_scrub_rule stet_arch_scrub_rules[];

#endif
