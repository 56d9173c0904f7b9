/*
 * lock - what printing and parsing a lock share. Private to lib/recipe.
 */
#ifndef STET_RECIPE_LOCK_H
#define STET_RECIPE_LOCK_H

#include "lib/recipe/recipe.h"

/* The largest integer that every JSON reader keeps exact: 2^53. */
#define STET_LOCK_INTEGER_MAX (INT64_C(1) << 53)
/* 9999-12-31T23:59:59Z, the last time RFC 3339 can write. */
#define STET_LOCK_TIME_MAX INT64_C(253402300799)

/*
 * Checks the values of indexes, packages and epoch (not the recipe's, which are checked as they are
 * read): STET_ERROR_INPUT names the member ("packages[3].name: …"). Done before printing as well as
 * after parsing, so that no lock is written that could not be read.
 */
int stet_lock_check(const struct stet_lock *l, struct stet_error *err);

#endif
