/*
 * pathset - the paths seen so far, as 64-bit hashes. Private to lib/tar.
 *
 * It answers "was this path added?" without keeping the paths: a path that was added is
 * always found; one that was not is found with a chance of about n / 2^64.
 */
#ifndef STET_TAR_PATHSET_H
#define STET_TAR_PATHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"

struct tar_pathset {
    uint64_t *slots; /* 0: free */
    size_t count, cap;
};

void stet_tar_pathset_release(struct tar_pathset *s);
int stet_tar_pathset_add(struct tar_pathset *s, const char *path, struct stet_error *err);
bool stet_tar_pathset_has(const struct tar_pathset *s, const char *path);

#endif
