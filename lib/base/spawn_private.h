/*
 * The seam that tests of stet_spawn use.
 */
#ifndef STET_BASE_SPAWN_PRIVATE_H
#define STET_BASE_SPAWN_PRIVATE_H

#include <stdatomic.h>

#include "lib/base/spawn.h"

/* As on kernels before 5.11, or under a filter: neither close_range nor pidfd_open. */
extern atomic_bool stet_spawn_deny_recent;

#endif
