/*
 * unpack_private - what the sources behind unpack.h share.
 */
#ifndef STET_ARCH_UNPACK_PRIVATE_H
#define STET_ARCH_UNPACK_PRIVATE_H

#include "lib/distro/arch/unpack.h"

/* NULL is allowed. */
void stet_arch_unpack_free(struct stet_arch_unpack *u);

#endif
