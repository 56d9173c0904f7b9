/*
 * extract - the data member of one package into the root. Called from several threads, one package
 * each.
 */
#ifndef STET_DEBIAN_EXTRACT_H
#define STET_DEBIAN_EXTRACT_H

#include "lib/distro/debian/deb.h"
#include "lib/distro/debian/registry.h"
#include "lib/distro/debian/rules.h"
#include "lib/distro/debian/unpack.h"

/* Unpacks package number i; fills its list (and md5sums, where it brings none). */
int stet_deb_extract(struct stet_build_context *ctx, const struct stet_unpack_rules *rules,
                     const struct stet_deb *deb, size_t i, struct stet_error *err);

/* After all packages of the stage: gives the directories mode and owner. */
int stet_deb_extract_directories(struct stet_build_context *ctx, unsigned stage,
                                 struct stet_error *err);

#endif
