/*
 * records - contents that are a list of records with keys: accounts, packages, cache entries. They are paired by key, so that
 * what is added, missing, changed and moved is told each for itself.
 */
#ifndef STET_DIFF_RECORDS_H
#define STET_DIFF_RECORDS_H

#include "lib/diff/private.h"

/* A part of a content, borrowed. */
struct diff_text {
    const char *s;
    size_t len;
};

struct diff_text stet_diff_text_of(const struct diff_bytes *b);
struct diff_text stet_diff_text_str(const char *s);
bool stet_diff_text_is(struct diff_text t, const char *s);
bool stet_diff_text_equal(struct diff_text a, struct diff_text b);
bool stet_diff_text_begins(struct diff_text t, const char *s);
/* Without blanks and tabs around it. */
struct diff_text stet_diff_text_trim(struct diff_text t);
/* Takes the next line (without its newline) off rest; false at the end. */
bool stet_diff_text_line(struct diff_text *rest, struct diff_text *line);
/* Takes what stands before the next sep, and sep, off rest: all of it when there is no sep. */
struct diff_text stet_diff_text_field(struct diff_text *rest, char sep);
/* Decimal digits alone, at most max. */
bool stet_diff_text_number(struct diff_text t, uint64_t max, uint64_t *out);
/* Text without control characters but tabs, newlines and returns? */
bool stet_diff_text_plain(struct diff_text t);

/* Is the file this one ("etc/shadow", as the end of a path, or its last component when only that is known)? */
bool stet_diff_file_is(const struct diff_pair *p, const char *path);
/* Does the path of the file, or of what is opened in it, end as glob (stet_path_match())? */
bool stet_diff_file_matches(const struct diff_pair *p, const char *glob);

struct diff_record {
    struct diff_text key;
    struct diff_text value;
    uint64_t at; /* whatever its maker wants to know of it */
};
/* Memory stays bounded: past DIFF_RECORDS_MAX items are dropped and full is set; the comparator then says 0. */
enum { DIFF_RECORDS_MAX = 1 << 19 };
struct diff_records {
    struct diff_record *items;
    size_t count, cap;
    bool full;
};
void stet_diff_records_release(struct diff_records *i);
int stet_diff_records_add(struct diff_records *i, struct diff_text key, struct diff_text value,
                          uint64_t at, struct stet_error *err);
/* Every line, its own key. */
int stet_diff_records_lines(struct diff_records *i, struct diff_text text, struct stet_error *err);

struct diff_record_pair {
    const struct diff_record *a, *b; /* NULL: there is none on that side */
    bool moved; /* it stands elsewhere among those that both have; the least number of such */
};
/* Those of a in a's order, then those that only b has in b's. */
struct diff_record_pairs {
    struct diff_record_pair *items;
    size_t count;
    size_t common, moved;
};
void stet_diff_record_pairs_release(struct diff_record_pairs *m);
/* The nth item of a key belongs to the nth item of that key on the other side. */
int stet_diff_records_match(const struct diff_records *a, const struct diff_records *b,
                            struct diff_record_pairs *out, struct stet_error *err);

/* One finding "order of <noun>" when items moved. Returns it, NULL when none did, or failed is set. */
struct stet_finding *stet_diff_records_order(const struct diff_pair *p, const char *format,
                                             const char *noun, const struct diff_records *a,
                                             const struct diff_records *b,
                                             const struct diff_record_pairs *m, bool *failed,
                                             struct stet_error *err);
/*
 * Two lists whose items are said by key and value (values may be empty): one finding <noun> for those that only one side
 * has or whose values differ, and one "order of <noun>". The number of findings, or -1.
 */
int stet_diff_records_compare(const struct diff_pair *p, const char *format, const char *noun,
                              const struct diff_records *a, const struct diff_records *b,
                              struct stet_error *err);

/* The detail of a finding that may be long: only lines that there is room for are made and given to stet_diff_detail(); the
 * others are counted. stet_diff_details_end() is called before the next finding is added. */
struct diff_details {
    struct stet_finding *f;
    size_t lines, left_out;
};
bool stet_diff_details_room(struct diff_details *d, size_t lines);
int stet_diff_details_end(const struct diff_details *d, struct stet_error *err);

/* A finding of two parts of the contents; a NULL s is a side that has none. */
struct stet_finding *stet_diff_add_text(const struct diff_pair *p, const char *format,
                                        struct diff_text a, struct diff_text b,
                                        struct stet_error *err, const char *what, ...)
    __attribute__((format(printf, 6, 7)));
/* Two values of a field: as they are, or, where one has several lines, as lists of lines. The number of findings, at least
 * one, or -1. */
int stet_diff_add_value(const struct diff_pair *p, const char *format, const char *what,
                        struct diff_text a, struct diff_text b, struct stet_error *err);
/* "<number> (<date>)" of a time in seconds since 1970 ("2026-09-12T07:55:41Z"). */
int stet_diff_add_time_text(struct stet_buffer *out, int64_t seconds, struct stet_error *err);
/* The same of microseconds: the date where there is one. */
int stet_diff_add_microseconds(struct stet_buffer *out, uint64_t microseconds,
                               struct stet_error *err);
/* f tells of two times: the cause is BUILD_TIME when each is within its build's span. noun names them in the evidence. */
int stet_diff_because_time(const struct diff_pair *p, struct stet_finding *f, int64_t a, int64_t b,
                           const char *noun, struct stet_error *err);

#endif
