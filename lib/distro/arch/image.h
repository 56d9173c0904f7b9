/*
 * image - what stet itself puts into a finished Arch root, cleans from it and reads in it.
 */
#ifndef STET_ARCH_IMAGE_H
#define STET_ARCH_IMAGE_H

#include "lib/distro/distro.h"

/*
 * After all packages and hooks: in a root with etc/pacman.conf the servers of etc/pacman.d/mirrorlist as the recipe's
 * "mirrorlist" says, and its noextract as NoExtract; then the public keyring, if the recipe asks for it.
 */
int stet_arch_finish(struct stet_build_context *ctx, struct stet_error *err);

/* The scrub rules of Arch roots. */
extern const struct stet_scrub_rule stet_arch_scrub_rules[];

/* Does a package bring path? See struct stet_distro. */
bool stet_arch_owns(const struct stet_build_context *ctx, const char *path);

#endif
