/*
 * debian - the Debian ecosystem: apt's repositories, dpkg's packages and database.
 */
#ifndef STET_DISTRO_DEBIAN_H
#define STET_DISTRO_DEBIAN_H

#include "lib/distro/distro.h"

extern const struct stet_distro stet_debian;

#endif
