/*
 * package - the file of a locked package, from the store.
 */
#ifndef STET_DISTRO_COMMON_PACKAGE_H
#define STET_DISTRO_COMMON_PACKAGE_H

#include "lib/distro/distro.h"

/*
 * Opens the file of p, whose SHA-256 is checked unless seen says that it was before and the file is as it was then. The
 * descriptor, at its beginning, which is the caller's; or -1 with err. A file that does not match is also
 * discarded from the store, so that the next run fetches it again.
 */
int stet_distro_open_package(struct stet_store *store, const struct stet_lock_package *p,
                             struct stet_store_seen *seen, struct stet_error *err);

#endif
