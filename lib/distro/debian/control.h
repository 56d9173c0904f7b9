/*
 * control - the control member of a package, checked against the lock.
 */
#ifndef STET_DEBIAN_CONTROL_H
#define STET_DEBIAN_CONTROL_H

#include "lib/distro/debian/deb.h"
#include "lib/distro/debian/unpack.h"

/* Reads the control member into p: files, control, infix, conffiles, scripts. Times are clamped to
 * epoch. */
int stet_deb_read_control(const struct stet_deb *deb, int64_t epoch, struct stet_debian_package *p,
                          struct stet_error *err);

#endif
