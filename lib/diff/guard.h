/*
 * guard - mapped files that become shorter while they are compared, or whose disk fails. The kernel tells of that by
 * SIGBUS at the byte that is gone: as long as a comparison runs, zeroes take the place of such bytes in its own mappings,
 * and the comparison ends with an error that names the file. A SIGBUS of anything else goes to who was asked before.
 * Private to diff.
 */
#ifndef STET_DIFF_GUARD_H
#define STET_DIFF_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

/* A mapping that is watched. */
struct diff_range;

/* Of one comparison. Not copied while it is in use. */
struct diff_guard {
    _Atomic(struct diff_range *) lost; /* the first that lost a part, as long as it is mapped */
    atomic_bool failed;
    char *name;   /* of the one that was lost, when it is no longer mapped */
    bool blocked; /* this thread did not take SIGBUS before */
};

/* Takes SIGBUS, when no other comparison of this process has taken it. Called and ended on one thread. */
int stet_diff_guard_begin(struct diff_guard *g, struct stet_error *err);
/* Gives it back. 0; or -1 when a mapping lost a part: then err says that alone, whatever it said before. */
int stet_diff_guard_end(struct diff_guard *g, struct stet_error *err);
/* 0, or -1 with err when a mapping lost a part. Any thread; g may be NULL. */
int stet_diff_guard_check(struct diff_guard *g, struct stet_error *err);
/* Did one of the guard's mappings lose a part? r may be NULL. */
bool stet_diff_guard_failed(const struct diff_range *r);

/* Watches a mapping until it is removed, just before it is unmapped. name is copied. Any thread. */
struct diff_range *stet_diff_guard_add(struct diff_guard *g, void *base, size_t length,
                                       const char *name, struct stet_error *err);
void stet_diff_guard_remove(struct diff_range *r);

/* The watched mapping that these bytes are in: where it begins and how long it is; false when they are not in one. */
bool stet_diff_guard_find(const void *data, void **base, size_t *length);
/* The pages of all that g watches may leave the memory; they come back when they are touched. g may be NULL. */
void stet_diff_guard_forget(struct diff_guard *g);

#endif
