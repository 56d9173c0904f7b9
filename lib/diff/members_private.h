/*
 * members_private - a comparison of two containers. Private to members.c and members_fields.c.
 */
#ifndef STET_DIFF_MEMBERS_PRIVATE_H
#define STET_DIFF_MEMBERS_PRIVATE_H

#include "lib/diff/members.h"

/* All fields: numbers, then bytes, then these. */
enum {
    DIFF_M_LINK = DIFF_N_COUNT + DIFF_B_COUNT,
    DIFF_M_NAME,
    DIFF_M_HEADER,
    DIFF_M_PADDING,
    DIFF_M_PACKING,
    DIFF_M_COUNT
};

enum { DIFF_GROUP_SHOWN = 20 }; /* members in the detail of a finding about several */

/* Members that differ in one field. */
struct diff_member_group {
    size_t count;
    uint32_t a[DIFF_GROUP_SHOWN], b[DIFF_GROUP_SHOWN]; /* the first ones */
};

struct diff_members {
    const struct diff_pair *p;
    const struct diff_container *a, *b;
    uint32_t *of_a, *of_b; /* the other side's member; NONE */
    struct diff_member_group groups[DIFF_M_COUNT];
};

/* Notes that members i and k differ in a field. */
void stet_diff_members_note(struct diff_members *c, size_t field, uint32_t i, uint32_t k);
/* Notes all fields in which they differ. */
void stet_diff_members_fields(struct diff_members *c, uint32_t i, uint32_t k);
/* Adds the finding of a field that was noted. */
int stet_diff_members_tell(const struct diff_members *c, size_t field, struct stet_error *err);
/* p's place, with a member. */
int stet_diff_members_path(const struct diff_pair *p, const char *name, struct stet_buffer *out,
                           struct stet_error *err);

#endif
