/*
 * region_private - what region.c and region_text.c share.
 */
#ifndef STET_DIFF_REGION_PRIVATE_H
#define STET_DIFF_REGION_PRIVATE_H

#include "lib/diff/region.h"

enum { DIFF_VALUE_MAX = 200 }; /* characters of a value, as stet_diff_add() keeps them */

/* Bytes that differ, with few equal ones between them. */
struct diff_span {
    size_t begin, end;
};

/* Where the first byte differs, from there on; the end of the shorter side when none does. */
size_t stet_diff_first_difference(const struct diff_region *r, size_t from);
/* The next run after run->end, within what both sides have. false: there is none. */
bool stet_diff_next_span(const struct diff_region *r, struct diff_span *run);
/* "0x401020 (main+0x10)" of an offset into the region. */
void stet_diff_region_place(const struct diff_region *r, size_t offset, struct stet_buffer *out);

/*
 * Is the run part of a text on both sides? Then it is widened to the end of these texts, which are set (into the
 * region; may be NULL). For sides of one length.
 */
bool stet_diff_span_text(const struct diff_region *r, struct diff_span *run, struct diff_bytes *a,
                         struct diff_bytes *b);
/*
 * Adds a finding for each of the first texts that differ; their number is returned, and the number of runs they stand for
 * set (0 where the sides are of different lengths). -1 with err.
 */
int stet_diff_region_texts(const struct diff_region *r, size_t *runs, struct stet_error *err);

#endif
