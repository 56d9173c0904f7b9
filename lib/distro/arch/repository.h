/*
 * repository - the databases of the recipe's repositories: which mirror, whose signature, how new.
 */
#ifndef STET_ARCH_REPOSITORY_H
#define STET_ARCH_REPOSITORY_H

#include "lib/distro/arch/download.h"
#include "lib/distro/arch/keyring.h"

struct stet_arch_repository {
    const char *name; /* borrowed from the recipe */
    struct stet_strv
        servers; /* the mirrors with $repo and $arch filled in, without a final '/', in the recipe's order */
    struct stet_strv urls; /* of the database on each */
    size_t from;           /* number of the one that served it */
    int64_t as_of;         /* the date of the snapshot that this is, INT64_MIN: none */
    uint64_t size;         /* of the file at that URL */
    struct stet_digest digest;
    struct stet_buffer text; /* the tar in it */
    struct stet_arch_document signature;
    char *signature_url;
    struct stet_strv signed_by;
    struct stet_strv expired; /* of these, keys that count only because of as_of */
    int64_t date;             /* newest build date; the caller's to set, from the solver */
};
struct stet_arch_repositories {
    struct stet_arch_repository *items; /* in the recipe's order */
    size_t count, cap;
};
void stet_arch_repositories_release(struct stet_arch_repositories *r);

/*
 * Gets the database of each repository from the first mirror that has it (offline: that is remembered), keeps it in the
 * store, and checks its signature as the recipe wants. keyring is not used when signatures are never looked at.
 */
int stet_arch_repositories_get(const struct stet_resolve_context *ctx,
                               const struct stet_recipe *recipe,
                               const struct stet_arch_keyring *keyring,
                               struct stet_arch_repositories *out, struct stet_error *err);

/* With all dates set: refuses a database that is newer than ctx->now, or older than one seen at its URL before; then
 * remembers what there is, for the next time and for offline. */
int stet_arch_repositories_check_dates(const struct stet_resolve_context *ctx,
                                       const struct stet_arch_repositories *r,
                                       struct stet_error *err);

/* The end of the day (UTC) that a dated mirror's path names (…/2024/05/06/…), INT64_MIN when it names none. */
int64_t stet_arch_snapshot_date(const char *url);

#endif
