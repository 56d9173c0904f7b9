/*
 * lines - two texts as sequences of line numbers, and how one becomes the other. Private to diff.
 */
#ifndef STET_DIFF_LINES_H
#define STET_DIFF_LINES_H

#include "lib/diff/private.h"

enum { DIFF_LINES_MAX = 1 << 20 }; /* that differ, both sides together */

/* One text. */
struct diff_lined {
    const char *data;
    size_t len;
    size_t
        *starts; /* count + 1 offsets of the lines that are compared; the last is where they end */
    size_t count;
    uint32_t *ids; /* equal for equal lines, with their line ends, on both sides */
};

/* What remains of two texts without their common lines at begin and end. */
struct stet_diff_lines {
    struct diff_lined a, b;
    size_t before;     /* common lines at the beginning */
    size_t begin;      /* where they end, in bytes */
    size_t end;        /* bytes of the common lines at the end */
    uint32_t distinct; /* ids are below it */
    bool too_many;     /* more than DIFF_LINES_MAX: starts and ids are NULL, count is right */
};

/* data is borrowed. */
int stet_diff_lines_split(struct stet_diff_lines *l, const struct diff_bytes *a,
                          const struct diff_bytes *b, struct stet_error *err);
void stet_diff_lines_release(struct stet_diff_lines *l);

/* Lines a[0..a_count) were replaced by b[0..b_count); one of them may be none. Numbers from 0, without l->before. */
struct diff_line_run {
    size_t a, a_count, b, b_count;
};
struct diff_line_runs {
    struct diff_line_run *items;
    size_t count, cap;
};

/* The runs by which a and b differ, in order. Few, but not always the fewest. */
int stet_diff_lines_runs(const struct stet_diff_lines *l, struct diff_line_runs *out,
                         struct stet_error *err);

/* Where one of the texts, which have the same lines, is sorted by bytes and the other by letters: gives f that cause
 * (causes_order.c). -1 with err. */
int stet_diff_because_collation(struct stet_finding *f, const struct diff_lined *a,
                                const struct diff_lined *b, struct stet_error *err);

/* Line i of t, without its '\n'. */
void stet_diff_lines_get(const struct diff_lined *t, size_t i, const char **line, size_t *len);

/* stet_diff_lines() of what was split. */
int stet_diff_lines_add(const struct diff_pair *p, const char *format,
                        const struct stet_diff_lines *l, struct stet_error *err);

/* As stet_diff_detail() with sign: a long line is shown around offset at. */
int stet_diff_detail_at(struct stet_finding *f, char sign, const char *text, size_t len, size_t at,
                        struct stet_error *err);

#endif
