/*
 * resolve - from an Arch recipe to a lock: databases, solving, packages with their signatures.
 */
#ifndef STET_ARCH_RESOLVE_H
#define STET_ARCH_RESOLVE_H

#include "lib/distro/distro.h"

/* See struct stet_distro. Defaults: architecture this machine's; repositories core and extra; siglevel required;
 * keyring archlinux.gpg. */
int stet_arch_complete_recipe(struct stet_recipe *recipe, struct stet_error *err);

/*
 * See struct stet_distro. A lock made here pins packages that were verified: unless siglevel is never, every package
 * file is fetched into the store and its signature checked, so that building from the lock needs its SHA-256 alone.
 * Also checked: that name, version, architecture and size of each package equal its entry in the database.
 */
int stet_arch_resolve(const struct stet_resolve_context *ctx, struct stet_lock *lock,
                      struct stet_error *err);

/* OCI (Go) architecture and variant; uname -m. NULL when not known. */
const char *stet_arch_oci_architecture(const char *architecture, const char **variant);
const char *stet_arch_machine(const char *architecture);
/* Arch's name for what uname -m says; NULL when there is none. */
const char *stet_arch_of_machine(const char *machine);

#endif
