/*
 * signature - the packages of a lock, verified: who signed each file, and that it is what the database says.
 */
#ifndef STET_ARCH_SIGNATURE_H
#define STET_ARCH_SIGNATURE_H

#include "lib/distro/arch/repository.h"

/* A package of the lock that is being made. */
struct stet_arch_candidate {
    bool in_database; /* its signature is the database's */
    size_t package;   /* its number in the lock */
    const struct stet_arch_repository *repository;
    struct stet_arch_document signature; /* present: from the database */
    struct stet_strv expired;            /* keys that count only because of the snapshot's date */
};
struct stet_arch_candidates {
    struct stet_arch_candidate *items;
    size_t count, cap;
};
void stet_arch_candidates_release(struct stet_arch_candidates *c);

/*
 * Fetches the files of all packages into the store and verifies each: its signature, which is downloaded from beside the
 * file where the database had none; and that name, version and architecture in the file are the lock's. Fills signed_by
 * of the lock's packages. Does nothing when the recipe's siglevel is never.
 */
int stet_arch_signatures_check(const struct stet_resolve_context *ctx,
                               const struct stet_arch_keyring *keyring,
                               struct stet_arch_candidates *candidates, struct stet_lock *lock,
                               struct stet_error *err);

#endif
