/*
 * neutral - no service is started while packages are configured.
 */
#ifndef STET_DEBIAN_NEUTRAL_H
#define STET_DEBIAN_NEUTRAL_H

#include "lib/base/base.h"

/* Puts a policy-rc.d that forbids and a start-stop-daemon that does nothing in place below root;
 * the packages' own files wait beside them. Idempotent. */
int stet_debian_neutralise(int root, struct stet_error *err);
/* Undoes it. The packages' files are the same inodes as before. */
int stet_debian_restore(int root, struct stet_error *err);

#endif
