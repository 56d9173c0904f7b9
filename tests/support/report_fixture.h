/*
 * report_fixture - results of comparisons made by hand, for tests of the reports: every level, every cause, hostile
 * strings, long details.
 */
#ifndef STET_TESTS_REPORT_FIXTURE_H
#define STET_TESTS_REPORT_FIXTURE_H

#include "lib/diff/diff.h"

/* Nothing differs. */
int report_fixture_equal(struct stet_diff_result *out, struct stet_error *err);
/* Every level and every cause. */
int report_fixture_all(struct stet_diff_result *out, struct stet_error *err);
/* Names and contents that mean something to a terminal, to HTML, to a script, to a reader's eye. */
int report_fixture_hostile(struct stet_diff_result *out, struct stet_error *err);
/* Series: 30 modes with the same values; 5 times with values and 6 records of one file each; 4 texts with details; and a
 * single finding of the cause of each. */
int report_fixture_series(struct stet_diff_result *out, struct stet_error *err);
/* count findings, of which some are in each of a few causes. */
int report_fixture_large(size_t count, struct stet_diff_result *out, struct stet_error *err);

#endif
