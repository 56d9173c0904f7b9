/*
 * owners - which package ships a path, by the databases of dpkg, pacman and apk. Private to evidence.c.
 */
#ifndef STET_DIFF_OWNERS_H
#define STET_DIFF_OWNERS_H

#include "lib/diff/private.h"

struct diff_owner {
    size_t key,
        value;   /* offsets of strings: a path and its package, or a package and its version */
    bool shared; /* there are several */
};
struct diff_owners_list {
    struct diff_owner *items;
    size_t count, cap;
};
struct diff_owners {
    struct stet_buffer text; /* strings, each with its NUL */
    struct diff_owners_list paths, versions;
};

void stet_diff_owners_release(struct diff_owners *o);
/* Is path one of a database's files? */
bool stet_diff_owners_wants(const char *path);
/* Reads it; packages get "name version architecture". Memory is bounded: what is past it has no owner. */
int stet_diff_owners_read(struct diff_owners *o, struct stet_strv *packages, const char *path,
                          const char *data, size_t len, struct stet_error *err);
int stet_diff_owners_finish(struct diff_owners *o, struct stet_error *err);
const char *stet_diff_owners_find(const struct diff_owners *o, const char *path);
const char *stet_diff_owners_version(const struct diff_owners *o, const char *package);

#endif
