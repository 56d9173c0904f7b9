/*
 * unpack - .deb archives into a root, and dpkg's database as dpkg would leave it after unpacking.
 *
 * Nothing of a package appears in the root before the SHA-256 of its file matched the lock. What a
 * stage leaves in the root depends on the packages and their order in the lock alone, not on
 * threads or their timing:
 *   - a directory gets mode and owner from the first package in install order that ships it, unless
 * it was there before the stage (dpkg's rule);
 *   - a file shipped by two packages belongs to the one that Replaces the other; without Replaces
 * it is an error that names both;
 *   - times are the archive's, clamped to the lock's epoch.
 * Damaged or hostile packages are STET_ERROR_INPUT; a content whose digest does not match is also
 * discarded from the store, so that the next run fetches it again.
 */
#ifndef STET_DEBIAN_UNPACK_H
#define STET_DEBIAN_UNPACK_H

#include <sys/types.h>

#include "lib/distro/debian/deb822.h"
#include "lib/distro/distro.h"

/* One file of the control member. */
struct stet_debian_control_file {
    char *name; /* "md5sums", "postinst", … : [A-Za-z0-9_-]+ */
    unsigned char *data;
    size_t len;
    uint32_t mode;
    int64_t mtime; /* clamped to the epoch */
};

/* What is known of one package of the lock. */
struct stet_debian_package {
    const struct stet_lock_package *locked; /* borrowed */
    struct stet_deb822 control;
    char *infix; /* "NAME" or "NAME:ARCH" (Multi-Arch: same): its files' names in info/, and how
                    dpkg names it */
    struct stet_strv conffiles; /* absolute paths, as in conffiles */
    struct stet_strv scripts;   /* "preinst", "postinst", "config", … that it has */
    bool first; /* unpacked before the others of its stage: base-files, for its links */
    struct stet_debian_control_file *files; /* until unpacked */
    size_t file_count, file_cap;
    struct stet_strv list;    /* what its info/NAME.list says: "/.", "/usr", … in archive order */
    struct stet_strv md5sums; /* "HASH  usr/bin/x", computed; only where the package brings none */
    struct stet_strv lost;    /* paths of list that another package took over by Replaces */
    /* Those of the lost that dpkg would not have hashed, as an earlier package keeps them; "usr/x". */
    struct stet_strv unhashed;
    struct stet_store_seen seen; /* its file when its digest matched; guards the second opening */
    /* Where the tar of its data member is in ahead_fd, if ahead_size > 0; see package_file.h. */
    uint64_t ahead_offset, ahead_size;
};

struct stet_debian_ahead;

struct stet_unpack_registry; /* who ships which path */

struct stet_debian_state {
    struct stet_debian_package
        *packages; /* by number of lock->packages; control is empty until read */
    size_t count;
    struct stet_unpack_registry *registry;
    struct stet_debian_ahead *ahead; /* that runs; or NULL */
    int ahead_fd;                    /* what was decoded ahead of time; or -1 */
    uint64_t ahead_end;              /* bytes of it in use */
};
struct stet_debian_state *stet_debian_state_new(const struct stet_lock *lock,
                                                struct stet_error *err);
void stet_debian_state_free(struct stet_debian_state *s);

/*
 * Makes an empty root: mode 0755, usrmerge links (when the lock has usr-is-merged or usrmerge; from
 * trixie on base-files ships them), var/lib/dpkg with status, arch, info/format and its
 * directories, as mmdebstrap and dpkg leave them. ctx->state is made if it is NULL.
 */
int stet_debian_prepare_root(struct stet_build_context *ctx, struct stet_error *err);

/*
 * Reads the control members of all packages of a stage (in parallel): checks that size and SHA-256
 * equal the lock's and that the name, version and architecture inside do, too. Fills ctx->state;
 * writes nothing.
 */
int stet_debian_read_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err);

/*
 * Puts the control files of package number i (read before) into var/lib/dpkg/tmp.ci as dpkg has
 * them while it runs preinst; and removes that directory.
 */
int stet_debian_place_control(struct stet_build_context *ctx, size_t i, struct stet_error *err);
int stet_debian_clear_control(struct stet_build_context *ctx, struct stet_error *err);

/*
 * Unpacks the data members of all packages of a stage (read before), in parallel on ctx->threads,
 * below ctx->root, and writes info/ files, "install ok unpacked" paragraphs in status,
 * triggers/File, triggers/<name> and triggers/Unincorp as dpkg's unpack would. Conffiles get the
 * name NAME.dpkg-new; in stage 0, where scripts run on a root that never was configured, also NAME
 * (a hard link; dpkg removes the other when it configures). Honours var/lib/dpkg/diversions and
 * statoverride; path-exclude rules of dpkg.cfg.d are NOT applied (exclusion is the recipe's). Every
 * mtime set is reported by ctx->keep_mtime. Directory times are left alone.
 */
int stet_debian_unpack_stage(struct stet_build_context *ctx, unsigned stage,
                             struct stet_error *err);

#endif
