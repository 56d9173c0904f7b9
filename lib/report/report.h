/*
 * report - what a comparison found, for a person at a terminal, for a program, and as one HTML file.
 *
 * Everything in a result is hostile: names and contents come from the artifacts. Text and HTML show control
 * characters, bytes that are no UTF-8, and characters that reorder or hide text (bidirectional controls, zero width)
 * as \xNN or \u{XXXX}; HTML escapes its markup besides. JSON holds strings as they are in the result, except for bytes that
 * are no UTF-8, which are written \xNN.
 *
 * The output is a function of the result, the format and the options: no time, locale or environment enters it.
 */
#ifndef STET_REPORT_REPORT_H
#define STET_REPORT_REPORT_H

#include <stdbool.h>

#include "lib/base/base.h"
#include "lib/diff/diff.h"

enum stet_report_format {
    STET_REPORT_TEXT, /* a summary of at most 24 lines, then the findings by cause */
    STET_REPORT_JSON, /* docs/diff-report.md; always complete */
    STET_REPORT_HTML, /* one file without any reference to another */
};

struct stet_report_options {
    bool color; /* text: with ANSI colours */
    /* All findings and all of each. Without it, text: at most 10 series and places of a cause, 5 findings of a series, 10 of
     * a place, 12 lines of detail each. HTML: at most 20 000 findings in 16 MiB, and 8 MiB of detail. */
    bool full;
    /* Text: columns of the terminal. Longer lines of detail and values are shortened with "…" (without full). 0: not
     * a terminal, nothing is shortened, prose is wrapped at 80. */
    unsigned width;
};

/* "text", "json" or "html"; false when it is none of them. */
bool stet_report_format_find(const char *name, enum stet_report_format *out);

/*
 * Writes the report to out, which stays open. options may be NULL: all zero. -1 with err when writing fails or memory is
 * out.
 */
int stet_report_diff(const struct stet_diff_result *result, enum stet_report_format format,
                     const struct stet_report_options *options, struct stet_writer *out,
                     struct stet_error *err);

#endif
