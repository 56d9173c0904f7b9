/*
 * state - what is known of the packages of a lock while a root is built from them.
 */
#ifndef STET_ARCH_STATE_H
#define STET_ARCH_STATE_H

#include "lib/distro/distro.h"

/* What .PKGINFO says (PKGINFO as makepkg writes it, "key = value"). Absent texts are NULL, but for name, version and
 * architecture, which every package has; lists are in the order of the file. */
struct stet_arch_info {
    char *name, *version, *base, *description, *url, *architecture, *packager;
    int64_t build_date; /* seconds since 1970; 0: absent */
    uint64_t size;      /* bytes when installed; 0: absent */
    struct stet_strv groups, licenses, replaces, depends, optdepends, conflicts, provides;
    struct stet_strv backup; /* paths without a leading '/' */
    struct stet_strv xdata;  /* "name=value" */
};
void stet_arch_info_init(struct stet_arch_info *info);
void stet_arch_info_release(struct stet_arch_info *info);

/* One package of the lock. */
struct stet_arch_package {
    const struct stet_lock_package *locked; /* borrowed */
    struct stet_arch_info info;             /* empty until its stage was read */
    /* The paths it brings, as the local database lists them: without a leading '/', directories with a '/' at the
     * end, sorted bytewise; what NoExtract leaves out is among them. */
    struct stet_strv files;
    char *install; /* the text of .INSTALL, or NULL; it may hold any byte but NUL */
    size_t install_len;
    char *mtree; /* .MTREE as it is in the package, or NULL */
    size_t mtree_len;
    char *changelog; /* .CHANGELOG, or NULL */
    size_t changelog_len;
    bool installed; /* it is in the root and in its local database */
};

struct stet_arch_unpack; /* unpack.c's own */

struct stet_arch_state {
    struct stet_arch_package *packages; /* by number of lock->packages */
    size_t count;
    struct stet_arch_unpack *unpack; /* or NULL */
};
struct stet_arch_state *stet_arch_state_new(const struct stet_lock *lock, struct stet_error *err);
/* With the unpack member. NULL is allowed. */
void stet_arch_state_free(struct stet_arch_state *s);

#endif
