/*
 * unpack - .deb archives into a root, and dpkg's database as dpkg would leave it after unpacking.
 */
#ifndef STET_DEBIAN_UNPACK_H
#define STET_DEBIAN_UNPACK_H

#include "lib/distro/debian/deb822.h"
#include "lib/distro/distro.h"

/* What is known of one unpacked package. */
struct stet_debian_package {
    const struct stet_lock_package *locked; /* borrowed */
    struct stet_deb822 control;
    char *infix;                  /* "NAME" or "NAME:ARCH" (Multi-Arch: same): its files' names in info/ */
    struct stet_strv conffiles;   /* absolute paths, as in conffiles */
    struct stet_strv scripts;     /* "preinst", "postinst", "config", … that it has */
};

struct stet_debian_state {
    struct stet_debian_package *packages; /* by number of lock->packages; control is empty until read */
    size_t count;
};
struct stet_debian_state *stet_debian_state_new(const struct stet_lock *lock, struct stet_error *err);
void stet_debian_state_free(struct stet_debian_state *s);

/*
 * Makes an empty root: directory modes as in the release, usrmerge links (when the suite has merged /usr:
 * bookworm and later), var/lib/dpkg with its files (info/format, status, available, triggers/, updates/, …) as debootstrap and dpkg leave them.
 */
int stet_debian_prepare_root(struct stet_build_context *ctx, struct stet_error *err);

/*
 * Reads the control members of all packages of a stage (in parallel), checks that size, SHA-256 and the name, version and
 * architecture inside equal the lock's, and puts the maintainer scripts etc. that must exist before unpacking
 * (preinst) below var/lib/dpkg/tmp.ci/ as dpkg does - only for packages that have a preinst. Fills ctx->state.
 */
int stet_debian_read_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err);

/*
 * Unpacks the data members of all packages of a stage, in parallel on ctx->threads, writing below ctx->root, and writes info/ files,
 * "install ok unpacked" paragraphs in status, and triggers/File and triggers/Unincorp as dpkg's
 * unpack would. Honours var/lib/dpkg/diversions and statoverride and dpkg.cfg.d path-exclude rules are NOT applied (exclusion is
 * the recipe's). Every mtime set is reported by ctx->keep_mtime. Directory times are left alone.
 */
int stet_debian_unpack_stage(struct stet_build_context *ctx, unsigned stage,
                             struct stet_error *err);

#endif
