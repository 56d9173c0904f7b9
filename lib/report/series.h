/*
 * series - what is said of many places is said once. Private to report.
 *
 * The findings of a cause are series, and those that are in none. A series is STET_REPORT_SERIES findings or more of one
 * cause, level, format and property, on the same sides. Two properties are the same when only numbers in them differ
 * ("config.history[3].created", "lines 3-5"), or the name of the record before a colon ("root: last change (days)").
 */
#ifndef STET_REPORT_SERIES_H
#define STET_REPORT_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/diff/diff.h"

/* Three findings are as short one by one. */
enum { STET_REPORT_SERIES = 4 };

/* What all findings of a series have in common. */
enum {
    STET_REPORT_SAME_VALUES = 1, /* both, or the one that there is */
    STET_REPORT_SAME_WHAT = 2,   /* the property to its last digit */
    STET_REPORT_SAME_PLACE = 4,  /* path and layer */
    STET_REPORT_SAME_LAYER = 8,
    STET_REPORT_SAME_REASON = 16, /* how sure, and the evidence */
    STET_REPORT_SAME_DETAIL = 32, /* none has any */
};

/* Findings by their places in order[]. */
struct stet_report_series {
    uint32_t start, count;
    uint8_t group, same;
};
/* Those of the series first, series after series, the largest first; then those in none. Within both they are in the
 * order of the result. */
struct stet_report_group {
    enum stet_diff_cause cause;
    uint32_t start, count;
    uint32_t series, series_count; /* in series[] */
    uint32_t singles;              /* where those in no series start */
};
/* Loud causes first, then the largest first, then in the order of the causes. 4 bytes for each finding, and at most half a
 * megabyte. */
struct stet_report_groups {
    struct stet_report_group items[STET_CAUSE_COUNT];
    size_t count;
    struct stet_report_series *series;
    size_t series_count;
    uint32_t *order; /* indexes of findings */
};
int stet_report_groups_make(const struct stet_diff_result *r, struct stet_report_groups *out,
                            struct stet_error *err);
void stet_report_groups_release(struct stet_report_groups *g);

/* Appends the property of a series, of which f is one: "…" stands for what is not the same in all. Not escaped. */
void stet_report_property(struct stet_buffer *out, const struct stet_finding *f, unsigned same);

#endif
