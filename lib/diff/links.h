/*
 * links - hard links of two lists that say them in different ways: which names are one file. Private to diff.
 */
#ifndef STET_DIFF_LINKS_H
#define STET_DIFF_LINKS_H

#include "lib/diff/sides.h"

struct diff_link {
    size_t entry, leader; /* places in the list; SIZE_MAX: it leads nowhere */
};
/* Of one list; all zeroes but list is empty. */
struct diff_links {
    struct diff_list *list;
    struct diff_link *items;
    size_t count, cap;
};
void stet_diff_links_release(struct diff_links *l);
/* Entry i, of which m tells, is seen: kept when it is a hard link. */
int stet_diff_links_see(struct diff_links *l, size_t i, const struct diff_meta *m,
                        struct stet_error *err);
/* All were seen. Tells of names that both lists have, and that are one file with other names. */
int stet_diff_links_compare(struct diff *d, unsigned layer, struct diff_links *a,
                            struct diff_links *b, struct stet_error *err);

#endif
