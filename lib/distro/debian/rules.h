/*
 * rules - what decides where dpkg puts a path and who wins it: diversions, stat overrides,
 * Replaces.
 */
#ifndef STET_DEBIAN_RULES_H
#define STET_DEBIAN_RULES_H

#include <sys/types.h>

#include "lib/base/base.h"
#include "lib/distro/debian/deb822.h"

/* A line of var/lib/dpkg/diversions. Paths without the leading '/'. */
struct stet_diversion {
    char *from, *to;
    char *package; /* whose own files stay; NULL: a local diversion, for every package */
};
struct stet_stat_override {
    char *path; /* without the leading '/' */
    uint32_t mode, uid, gid;
};
struct stet_unpack_rules {
    struct stet_diversion *diversions;
    size_t diversion_count, diversion_cap;
    struct stet_stat_override *overrides;
    size_t override_count, override_cap;
};

/* Reads both files below root; missing files are empty. Names in statoverride are looked up in the
 * root's etc/passwd and etc/group. */
int stet_unpack_rules_read(int root, struct stet_unpack_rules *out, struct stet_error *err);
void stet_unpack_rules_release(struct stet_unpack_rules *r);

/* The diversion that moves path when package ships it, or NULL. */
const struct stet_diversion *stet_unpack_rules_divert(const struct stet_unpack_rules *r,
                                                      const char *path, const char *package);
/* Any diversion of path, or NULL. */
const struct stet_diversion *stet_unpack_rules_diversion(const struct stet_unpack_rules *r,
                                                         const char *path);
const struct stet_stat_override *stet_unpack_rules_override(const struct stet_unpack_rules *r,
                                                            const char *path);

/* As dpkg compares versions (deb-version(7)): like strcmp. Accepts any text. */
int stet_dpkg_version_compare(const char *a, const char *b);

/* Does the control paragraph's Replaces cover package name in this version? */
bool stet_unpack_replaces(const struct stet_deb822 *control, const char *name, const char *version);

#endif
