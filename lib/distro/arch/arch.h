/*
 * arch - Arch Linux and what is made like it: packages of makepkg, databases of repo-add, a root as
 * pacman would leave it.
 */
#ifndef STET_ARCH_ARCH_H
#define STET_ARCH_ARCH_H

#include "lib/distro/distro.h"

extern const struct stet_distro stet_arch;

#endif
