/*
 * dpkgdb - var/lib/dpkg, as dpkg leaves it after unpacking.
 */
#ifndef STET_DEBIAN_DPKGDB_H
#define STET_DEBIAN_DPKGDB_H

#include "lib/distro/debian/unpack.h"

/* Writes the control files of a package (all but "control") into info/ (a directory descriptor). */
int stet_dpkgdb_write_info(struct stet_build_context *ctx, int info,
                           const struct stet_debian_package *p, struct stet_error *err);
/* info/<infix>.list: the list less what was lost. */
int stet_dpkgdb_write_list(int info, const struct stet_debian_package *p, struct stet_error *err);
/* info/<infix>.md5sums as computed while unpacking, where the package brings none, as dpkg does. */
int stet_dpkgdb_write_md5sums(int info, const struct stet_debian_package *p,
                              struct stet_error *err);
/* Appends the package's paragraph, "install ok unpacked". */
int stet_dpkgdb_add_status(const struct stet_debian_package *p, struct stet_buffer *out,
                           struct stet_error *err);

/*
 * Records the trigger interests of a stage's packages in install order, and in Unincorp what they
 * activate. Only interests of earlier stages count: dpkg drops activations of packages that are not
 * configured yet.
 */
int stet_dpkgdb_write_triggers(struct stet_build_context *ctx, unsigned stage,
                               struct stet_error *err);

/* The content of the package's control file, or NULL. */
const struct stet_debian_control_file *stet_debian_control_find(const struct stet_debian_package *p,
                                                                const char *name);

#endif
