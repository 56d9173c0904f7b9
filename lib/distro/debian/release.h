/*
 * release - Debian's Release documents: what they say, and whether it may be believed today.
 */
#ifndef STET_DEBIAN_RELEASE_H
#define STET_DEBIAN_RELEASE_H

#include "lib/base/base.h"
#include "lib/digest/digest.h"

struct stet_debian_release {
    char *suite, *codename; /* at least one is there */
    int64_t date;
    bool has_valid_until;
    int64_t valid_until;
    bool by_hash;      /* Acquire-By-Hash: yes */
    bool separate_all; /* packages of architecture "all" may be in an index of their own */
    struct stet_strv components;
    char *sha256; /* the field's lines: digest, size, path */
};
void stet_debian_release_release(struct stet_debian_release *r);

/* Parses the signed text; name is for errors. */
int stet_debian_release_parse(const char *text, size_t len, const char *name,
                              struct stet_debian_release *out, struct stet_error *err);
/* Size and digest of the file at path (relative to the document): 1, 0 when it is not listed, -1
 * with err. */
int stet_debian_release_find(const struct stet_debian_release *r, const char *path, uint64_t *size,
                             struct stet_digest *digest, struct stet_error *err);
/* Is this the document of suite ("trixie", "stable-updates", "buster/updates")? Else an error. */
int stet_debian_release_check_suite(const struct stet_debian_release *r, const char *suite,
                                    const char *name, struct stet_error *err);
/*
 * Is it current at now? Not when Valid-Until is past, nor when Date is more than a day ahead of now
 * (then this machine's clock is wrong, and Valid-Until would mean nothing).
 */
int stet_debian_release_check_time(const struct stet_debian_release *r, int64_t now,
                                   const char *name, struct stet_error *err);

#endif
