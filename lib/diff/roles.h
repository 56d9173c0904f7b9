/*
 * roles - names that are digests or ids drawn from contents (64 hexadecimal digits), in two artifacts: which of them stand
 * for the same thing. Where what they are of differs, so do they: that is a consequence, and no difference of its own.
 * Private to diff.
 */
#ifndef STET_DIFF_ROLES_H
#define STET_DIFF_ROLES_H

#include "lib/diff/private.h"
#include "lib/json/json.h"

enum {
    DIFF_NAME_LEN = 64,
    DIFF_NAME_SIZE = DIFF_NAME_LEN + 1,
    DIFF_ROLES_MAX = 1 << 16, /* what is past it is told as a difference */
};

struct diff_role {
    char name[2][DIFF_NAME_SIZE]; /* of the first and of the second side */
};
struct diff_roles {
    struct diff_role *items;
    size_t count, cap;
    bool sorted;
};

/* Where the first name in text begins: 64 hexadecimal digits in lower case, and no more; NULL: there is none. */
const char *stet_diff_name_in(const char *text, size_t len);

/* A member of an object, when it is a name and nothing else; else "". */
void stet_diff_name_of(const json_t *object, const char *key, char out[DIFF_NAME_SIZE]);

/* The first names in a and b stand for the same thing. Nothing is kept where one has none, or both are equal. */
int stet_diff_roles_add(struct diff_roles *r, const char *a, const char *b, struct stet_error *err);
void stet_diff_roles_release(struct diff_roles *r);

/* Are the two texts the same, but for names that stand for the same? */
bool stet_diff_roles_same(struct diff_roles *r, const char *a, const char *b);
/* In a text of the second side, the names that the first side has for it take the place of its own. How many did. */
size_t stet_diff_roles_rename(struct diff_roles *r, char *text, size_t len);
/* The same for bytes of at most max: out is in memory where any did, else as they are. */
int stet_diff_roles_renamed(struct diff_roles *r, const struct diff_bytes *bytes, size_t max,
                            struct stet_buffer *memory, struct diff_bytes *out,
                            struct stet_error *err);

#endif
