/*
 * html - what the parts of the HTML report share. Private to report.
 */
#ifndef STET_REPORT_HTML_H
#define STET_REPORT_HTML_H

#include "lib/report/private.h"

/* Findings that a part of a group's list holds. Parts after the first stand in noscript elements: where there are
 * scripts, they are text that costs nothing until it is needed. page.js knows the number from the data. */
enum { STET_REPORT_PART = 50 };

/* How many findings of a group are in the file. */
size_t stet_report_html_shown(const struct stet_report *r, const struct stet_diff_group *g);

/* The list of a group's findings; id numbers them through the whole file, and moves on. */
int stet_report_html_list(struct stet_report *r, const struct stet_diff_group *g, size_t *id,
                          struct stet_error *err);

/* What the script searches, filters and makes the tree from: one JSON object in a script element (html_data.c). */
int stet_report_html_data(struct stet_report *r, struct stet_error *err);

/* The style and the script (page.css, page.js), made into C by embed. */
extern const char stet_report_page_css[];
extern const char stet_report_page_js[];

#endif
