/*
 * text - what the two parts of the report for a terminal share. Private to report.
 */
#ifndef STET_REPORT_TEXT_H
#define STET_REPORT_TEXT_H

#include "lib/report/private.h"

enum stet_report_style {
    STET_REPORT_STRONG,
    STET_REPORT_FAINT,
    STET_REPORT_LOUD,
    STET_REPORT_A,
    STET_REPORT_B,
    STET_REPORT_PLACE,
};
/* Begin and end a style; nothing without colour. */
void stet_report_style(struct stet_report *r, enum stet_report_style style);
void stet_report_plain(struct stet_report *r);

/* The width of prose: that of the terminal within 40 and 100, 80 where there is none. */
unsigned stet_report_prose(const struct stet_report *r);
/* Prose in lines of at most width columns, each after indent spaces; at most max lines, the last cut with "…" (0: all).
 * Into out unless that is NULL. Returns the number of lines. */
unsigned stet_report_wrap(struct stet_buffer *out, const char *prose, unsigned indent,
                          unsigned width, unsigned max);

/* What stands above all else: at most STET_REPORT_SCREEN lines. */
enum { STET_REPORT_SCREEN = 24 };
void stet_report_summary(struct stet_report *r);

#endif
