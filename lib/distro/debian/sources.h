/*
 * sources - where a Debian recipe's packages come from: apt's configuration of a machine, and the
 * pockets (suites) of a release with the mirrors to ask for each.
 */
#ifndef STET_DEBIAN_SOURCES_H
#define STET_DEBIAN_SOURCES_H

#include "lib/base/base.h"
#include "lib/recipe/recipe.h"

/* Who must have signed, as apt's Signed-By says it: keyring files or the text of a key. */
struct stet_debian_signers {
    struct stet_strv files;
    char *key; /* an armored key block, or NULL */
};

/* One "deb" entry of apt's sources. */
struct stet_debian_entry {
    struct stet_strv uris; /* http, https or file, without a trailing '/' */
    struct stet_strv suites;
    struct stet_strv architectures; /* empty: all */
    struct stet_debian_signers signers;
};
struct stet_debian_entries {
    struct stet_debian_entry *items;
    size_t count, cap;
};
void stet_debian_entries_release(struct stet_debian_entries *e);

/* One-line form (sources.list(5)). Appends; name is for errors. root is where "mirror+file:" lists
 * are looked up ("" normally). */
int stet_debian_sources_parse_list(const char *text, size_t len, const char *name, const char *root,
                                   struct stet_debian_entries *out, struct stet_error *err);
/* deb822 form. */
int stet_debian_sources_parse_deb822(const char *text, size_t len, const char *name,
                                     const char *root, struct stet_debian_entries *out,
                                     struct stet_error *err);
/* All that apt reads below root/etc/apt, in its order. Missing files are no error. */
int stet_debian_sources_read(const char *root, struct stet_debian_entries *out,
                             struct stet_error *err);

/* One suite to use, and the repositories that may have it. */
struct stet_debian_pocket {
    char *suite;
    bool required; /* else it is left out when no mirror has it */
    struct stet_strv mirrors;
    struct stet_debian_signers signers; /* of this machine's entry; for recipes without a keyring */
};
struct stet_debian_pockets {
    struct stet_debian_pocket *items;
    size_t count, cap;
};
void stet_debian_pockets_release(struct stet_debian_pockets *p);

/* The pockets of a completed recipe, in order of use. entries: this machine's, for "mirror:
 * system"; may be empty otherwise. */
int stet_debian_pockets_of(const struct stet_recipe *recipe,
                           const struct stet_debian_entries *entries,
                           struct stet_debian_pockets *out, struct stet_error *err);

#endif
