/*
 * stet_pool - run n independent jobs on a few threads.
 *
 * Jobs are started in the order of their numbers, so results that depend on
 * order are put in order by the caller by number, never by completion.
 */
#ifndef STET_BASE_POOL_H
#define STET_BASE_POOL_H

#include <stddef.h>

#include "lib/base/error.h"

/*
 * Calls job(ctx, i, err) for i in 0..count-1 on at most threads threads (the caller's
 * among them; threads 1 runs everything in the caller). After the first failure
 * no further job is started. When several fail, the error of the lowest i that
 * failed is reported, so that the message does not depend on timing more than it must.
 */
int stet_pool_run(unsigned threads, size_t count,
                  int (*job)(void *ctx, size_t i, struct stet_error *err), void *ctx,
                  struct stet_error *err);

/* CPUs this process may run on (sched_getaffinity), at least 1. */
unsigned stet_pool_cpus(void);

#endif
