/*
 * private - what the formats share: a report under way, and showing hostile text.
 */
#ifndef STET_REPORT_PRIVATE_H
#define STET_REPORT_PRIVATE_H

#include <stdint.h>

#include "lib/report/report.h"
#include "lib/report/series.h"

/* A report under way. What is to be written is appended to text; flush passes it on. */
struct stet_report {
    const struct stet_diff_result *result;
    struct stet_report_groups groups;
    struct stet_report_options options;
    struct stet_buffer text;
    struct stet_writer *out;
};

int stet_report_text(struct stet_report *r, struct stet_error *err);
int stet_report_json(struct stet_report *r, struct stet_error *err);
int stet_report_html(struct stet_report *r, struct stet_error *err);

/* Passes on what is in r->text when that is much. -1 when an allocation or the writer failed. */
int stet_report_flush(struct stet_report *r, struct stet_error *err);

/* Findings by level, and those that are unexplained or may be a secret. */
struct stet_report_counts {
    size_t levels[STET_DIFF_LEVELS];
    size_t unexplained, loud;
    size_t ignored; /* over all rules */
};
void stet_report_count(const struct stet_report *r, struct stet_report_counts *out);

static inline const struct stet_finding *stet_report_at(const struct stet_report *r, uint32_t at)
{
    return &r->result->findings[r->groups.order[at]];
}

/* ---- what is shown of a group (blocks.c) ---- */

/* Are both of one place, so that it is named once? */
bool stet_report_same_place(const struct stet_finding *a, const struct stet_finding *b);
/* Of the findings in no series, those of one place begin at at: where they end. */
uint32_t stet_report_place_end(const struct stet_report *r, const struct stet_report_group *g,
                               uint32_t at);

/* A series, or findings of one place that are in none. start is a place in the order. */
struct stet_report_block {
    uint32_t start, count;
    const struct stet_report_series *series; /* or NULL */
};
/*
 * The blocks of a group that tell most: of each kind of findings (level and format) the largest series or, without one, the
 * first place; then the second of each, and so on. Returns how many they are.
 */
enum { STET_REPORT_BLOCKS = 10 };
size_t stet_report_blocks(const struct stet_report *r, const struct stet_report_group *g,
                          struct stet_report_block out[STET_REPORT_BLOCKS]);

/* Where the findings of a series are. */
enum { STET_REPORT_TOPS = 64 };
struct stet_report_where {
    /* The directory that has all of them: below_len bytes, with the '/' at its end. 0: it is the root. */
    const char *below;
    size_t below_len;
    /* What is in this directory, that with most findings first. */
    struct stet_report_top {
        const char *name;
        size_t len;
        uint32_t count, first; /* first: its first finding's place in the order */
        bool inside;           /* that one is below it, not it itself */
    } tops[STET_REPORT_TOPS];
    size_t count;
    bool many; /* there are more, not counted */
};
void stet_report_where(const struct stet_report *r, const struct stet_report_series *s,
                       struct stet_report_where *out);
/* "below usr/share: doc 31, man 7 and 2 elsewhere", of total findings, as it is shown; nothing where that says nothing. */
void stet_report_where_text(struct stet_buffer *out, const struct stet_report_where *where,
                            uint32_t total);

/* A few findings of a series, each of another directory as long as there are some, the largest ones: their places in the
 * order, rising. Returns how many they are. */
enum { STET_REPORT_EXAMPLES = 5 };
size_t stet_report_examples(const struct stet_report_series *s,
                            const struct stet_report_where *where,
                            uint32_t out[STET_REPORT_EXAMPLES]);

/* ---- showing text (show.c) ---- */

/* NULL is "". */
bool stet_report_same_text(const char *a, const char *b);

enum { STET_REPORT_GLYPH_MAX = 16 };
/* One character as it is shown: itself, "\x1b" for a control character or a byte that is no UTF-8, "\u{202e}" for what
 * reorders or hides text. */
struct stet_report_glyph {
    char text[STET_REPORT_GLYPH_MAX];
    size_t len;
    unsigned columns; /* of a terminal */
};
/* The first character of s (len bytes, not 0); the bytes that it takes. */
size_t stet_report_glyph(const char *s, size_t len, struct stet_report_glyph *out);

/* Appends s as it is shown. NULL is "". */
void stet_report_show(struct stet_buffer *out, const char *s);
/* The same with '&', '<', '>', '"' and "'" as HTML's character references. */
void stet_report_show_html(struct stet_buffer *out, const char *s);
void stet_report_show_html_n(struct stet_buffer *out, const char *s, size_t len);
/* Appends at most columns of s, the last of them "…" where it is longer. 0: all of it. */
void stet_report_show_cut(struct stet_buffer *out, const char *s, size_t len, unsigned columns);
/* The same, but what is left out is in the middle: names of files, whose ends matter most. */
void stet_report_show_middle(struct stet_buffer *out, const char *s, unsigned columns);
void stet_report_show_middle_n(struct stet_buffer *out, const char *s, size_t len,
                               unsigned columns);
/* Columns of s as it is shown; stops counting above limit. */
unsigned stet_report_columns(const char *s, unsigned limit);

/* "1,234,567" and "2.4 MiB". */
void stet_report_number(struct stet_buffer *out, uint64_t n);
void stet_report_size(struct stet_buffer *out, uint64_t bytes);
/* "1 finding", "12 findings". */
void stet_report_plural(struct stet_buffer *out, uint64_t n, const char *one, const char *many);

/* The next line of text: its start, its length in *len; NULL at the end. *text moves on. */
const char *stet_report_line(const char **text, size_t *len);
/* Is its detail rows of bytes, "00001000  7f 45 …", which keep their columns? */
bool stet_report_is_hex(const struct stet_finding *f);

#endif
