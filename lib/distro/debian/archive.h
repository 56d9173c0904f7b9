/*
 * archive - the signed indexes of a Debian archive: InRelease documents and the Packages files they
 * name.
 */
#ifndef STET_DEBIAN_ARCHIVE_H
#define STET_DEBIAN_ARCHIVE_H

#include "lib/distro/debian/release.h"
#include "lib/distro/debian/sources.h"
#include "lib/distro/distro.h"
#include "lib/openpgp/openpgp.h"

/* One suite on one mirror. */
struct stet_debian_archive {
    const struct stet_debian_pocket *pocket; /* borrowed */
    const char *mirror;                      /* borrowed from the pocket */
    char *url;                               /* of InRelease */
    bool present;
    struct stet_buffer document;
    struct stet_digest digest; /* of document */
    struct stet_debian_release release;
    struct stet_strv signed_by;
};
struct stet_debian_archives {
    struct stet_debian_archive *items; /* by pocket, then by mirror */
    size_t count, cap;
};
void stet_debian_archives_release(struct stet_debian_archives *a);

/*
 * Gets and verifies the InRelease documents of all pockets on all their mirrors: signature, suite,
 * dates, and that none is older than the last one seen at its URL. Archives that are not there are
 * left out; a pocket that is required or was there before must be on one mirror.
 */
int stet_debian_archives_get(const struct stet_resolve_context *ctx,
                             const struct stet_recipe *recipe,
                             const struct stet_debian_pockets *pockets,
                             struct stet_debian_archives *out, struct stet_error *err);

/* One Packages file. */
struct stet_debian_index {
    const struct stet_debian_archive *archive; /* the first mirror's */
    const char *component;                     /* borrowed from the recipe */
    char *path;                                /* "main/binary-amd64/Packages.xz" */
    uint64_t size;
    struct stet_digest digest;
    char *url;                /* on the first mirror, by hash where it has that */
    struct stet_strv urls;    /* all places of the file */
    struct stet_strv mirrors; /* those whose signed document names the same file */
    bool plain_known;
    uint64_t plain_size; /* of the content without compression */
    struct stet_digest plain_digest;
    struct stet_buffer text;
};
struct stet_debian_indexes {
    struct stet_debian_index *items;
    size_t count, cap;
};
void stet_debian_indexes_release(struct stet_debian_indexes *x);

/* Gets the Packages files of the recipe's components and architecture, with their text, in order of
 * use. */
int stet_debian_indexes_get(const struct stet_resolve_context *ctx,
                            const struct stet_recipe *recipe,
                            const struct stet_debian_archives *archives,
                            struct stet_debian_indexes *out, struct stet_error *err);

#endif
