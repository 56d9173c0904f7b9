/*
 * Reading what `stet lock` and `stet build` are given: a recipe or a lock.
 */
#ifndef STET_CMD_INPUT_H
#define STET_CMD_INPUT_H

#include "cmd/command.h"
#include "lib/build/build.h"

/* A file of either kind; exactly one of recipe and lock is filled in. *is_lock says which. */
int read_recipe_or_lock(const char *path, struct stet_recipe *recipe, struct stet_lock *lock,
                        bool *is_lock, struct stet_error *err);
int read_lock(const char *path, struct stet_lock *lock, struct stet_error *err);

/* Resolves with the settings of the command line and the environment. */
int resolve(struct stet_recipe *recipe, const struct common_options *options,
            struct stet_store *store, const struct stet_lock *previous, const struct stet_log *log,
            struct stet_lock *lock, struct stet_error *err);

#endif
