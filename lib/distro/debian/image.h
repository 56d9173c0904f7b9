/*
 * image - what stet itself puts into a finished Debian root, cleans from it and reads in it.
 */
#ifndef STET_DEBIAN_IMAGE_H
#define STET_DEBIAN_IMAGE_H

#include "lib/distro/distro.h"

/*
 * Writes what apt finds configured, as the recipe's "apt-sources" says:
 * etc/apt/sources.list.d/debian.sources (deb822) with the lock's mirrors, suites and components; or
 * the recipe's own lines in etc/apt/sources.list; or nothing. Without apt in the root (no
 * etc/apt/sources.list.d) the lock's mirrors are not written.
 */
int stet_debian_write_sources(struct stet_build_context *ctx, struct stet_error *err);

/* The scrub rules of Debian roots. */
extern const struct stet_scrub_rule stet_debian_scrub_rules[];

/* The packages that var/lib/dpkg/status calls installed: see struct stet_distro. */
int stet_debian_list_packages(const char *status, size_t len, struct stet_strv *out,
                              struct stet_error *err);

#endif
