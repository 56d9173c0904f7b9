/*
 * extract_private - what extract.c (writing) and claim.c (who may write) share.
 */
#ifndef STET_DEBIAN_EXTRACT_PRIVATE_H
#define STET_DEBIAN_EXTRACT_PRIVATE_H

#include <sys/stat.h>

#include "lib/distro/common/extraction.h"
#include "lib/distro/debian/extract.h"

/* One package being unpacked. */
struct extraction {
    struct stet_build_context *ctx;
    struct stet_debian_state *state;
    struct stet_debian_package *package;
    const struct stet_unpack_rules *rules;
    struct stet_deb_reader *reader;
    size_t index;
    bool wants_md5sums;
    struct stet_path_map symlinks; /* that this package ships */
    struct stet_distro_parent parent;
    struct stat parent_stat;
    size_t winner;      /* who has the entry that claim() said is not ours */
    int64_t kept_mtime; /* reported last */
};

/* Where one entry goes. */
struct place {
    const char *path; /* in the root, diversion applied */
    char *owned;      /* what path points to, when it is not the entry's */
    const char *leaf; /* in path */
    char *name;       /* the leaf on disk: with .dpkg-new for a conffile */
    char *key;        /* parent directory's identity and leaf */
    bool conffile;
};

/* STET_ERROR_INPUT naming the package and path. */
int stet_extract_fail(const struct extraction *x, const char *path, const char *why,
                      struct stet_error *err);

/* The same for a path that c has, too. Names both packages in install order, so that it does not depend on timing. */
int stet_extract_conflict(const struct extraction *x, const struct stet_unpack_claim *c,
                          const char *path, const char *why, struct stet_error *err);

/* Is the package of c unpacked at the same time as this one, so that their order is left to chance? */
bool stet_extract_same_time(const struct extraction *x, const struct stet_unpack_claim *c);

/*
 * Does e, which is no directory, belong to this package (*mine)? x->winner says whose it is. With the registry's lock held, which the caller
 * keeps until e has its name in the root, so that claims and names change together.
 */
int stet_extract_claim(struct extraction *x, const struct stet_entry *e, const struct place *p,
                       bool *mine, struct stet_error *err);

#endif
