/*
 * scopes - what was built apart from all around it: a package that is in something else. What it says of its own build
 * (.BUILDINFO, .PKGINFO, times of its members) is the evidence for what differs in it. Private to diff.
 */
#ifndef STET_DIFF_SCOPES_H
#define STET_DIFF_SCOPES_H

#include "lib/diff/private.h"

/* A place, and what its builds tell of themselves. */
struct diff_scope {
    unsigned layer;
    char *place;
    struct diff_side side[2];
};
enum { DIFF_SCOPES_MAX = 1024 };
struct diff_scopes {
    struct diff_scope items[DIFF_SCOPES_MAX];
    size_t count;
};
/* A new one for what is in p, to be told evidence and then finished; NULL with err, or without when there are too many. */
struct diff_scope *stet_diff_scope_add(const struct diff_pair *p, struct stet_error *err);
int stet_diff_scope_finish(struct diff_scope *s, struct stet_error *err);
void stet_diff_scopes_free(struct diff_scopes *all);

/* The innermost scope that path is in; NULL: none. */
const struct diff_scope *stet_diff_scope_of(const struct diff *d, unsigned layer, const char *path);
/* d's sides are as the scope tells, where it tells anything, until they are left. s NULL: nothing changes. */
void stet_diff_scope_enter(struct diff *d, const struct diff_scope *s, struct diff_side outer[2]);
void stet_diff_scope_leave(struct diff *d, const struct diff_side outer[2]);

#endif
