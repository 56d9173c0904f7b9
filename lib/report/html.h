/*
 * html - what the parts of the HTML report share. Private to report.
 */
#ifndef STET_REPORT_HTML_H
#define STET_REPORT_HTML_H

#include "lib/report/private.h"

/* Findings that a part of a list holds. Parts after the first stand in noscript elements: where there are scripts, they
 * are text that costs nothing until it is needed. page.js knows the number from the page. */
enum { STET_REPORT_PART = 50 };

/* A page under way: what may still be written, unless the report is full. */
struct stet_report_page {
    struct stet_report *report;
    uint32_t list_max;  /* findings of one list */
    size_t markup_left; /* bytes of findings */
    size_t detail_left; /* bytes of detail: over all, */
    size_t group_left;  /* and in this group */
};
void stet_report_page_init(struct stet_report_page *p, struct stet_report *r);

/* The series of a group, then its other findings. */
int stet_report_page_group(struct stet_report_page *p, const struct stet_report_group *g,
                           struct stet_error *err);

/* The style and the script (page.css, page.js), made into C by embed. */
extern const char stet_report_page_css[];
extern const char stet_report_page_js[];

#endif
