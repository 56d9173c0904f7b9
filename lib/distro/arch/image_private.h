/*
 * image_private - what the sources behind image.h share.
 */
#ifndef STET_ARCH_IMAGE_PRIVATE_H
#define STET_ARCH_IMAGE_PRIVATE_H

#include "lib/distro/arch/image.h"

/*
 * Makes etc/pacman.d/gnupg with the keys of the keyrings in usr/share/pacman/keyrings of the image, and no private key:
 * by the gpg of the image, in the sandbox, whose clock stands at the epoch. The keys of NAME-trusted get ultimate
 * trust, those of NAME-revoked are disabled. Without gpg, keyring or trusted keys: STET_ERROR_INPUT.
 */
int stet_arch_public_keyring(struct stet_build_context *ctx, struct stet_error *err);

/*
 * Appends the text of pacman.conf(5) with a NoExtract line for each pattern in its [options], which is added in front
 * when it is missing. A space in a pattern, which the file cannot hold, becomes '?'.
 */
int stet_arch_add_noextract(const char *conf, const struct stet_strv *patterns,
                            struct stet_buffer *out, struct stet_error *err);

#endif
