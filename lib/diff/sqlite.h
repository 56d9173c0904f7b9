/*
 * sqlite - an SQLite database as read for comparison, by its file format alone (sqlite.org/fileformat2.html).
 *
 * sqlite_read.c finds out to which table or index each page belongs; sqlite_rows.c compares the rows of tables; sqlite.c
 * compares the header and pages.
 */
#ifndef STET_DIFF_SQLITE_H
#define STET_DIFF_SQLITE_H

#include "lib/diff/region.h"

enum {
    DIFF_SQLITE_HEADER = 100,
    DIFF_SQLITE_OBJECTS_MAX = 4096,
    DIFF_SQLITE_ROWS_MAX = 1 << 20,
    /* What a page is, other than a part of an object; objects are numbered from 0. */
    DIFF_SQLITE_UNKNOWN = -1,
    DIFF_SQLITE_FREE = -2,
    DIFF_SQLITE_POINTERS = -3, /* the map of auto-vacuum */
};

/* A table or index. Number 0 is sqlite_schema itself. */
struct diff_sqlite_object {
    bool table; /* with rowids */
    struct diff_bytes name;
    struct diff_bytes sql; /* that made it, perhaps cut; empty: not known */
    uint32_t root;
    bool told;      /* its rows are: its pages need not be */
    uint32_t pages; /* that belong to it, once owners are known */
};

struct stet_diff_sqlite {
    struct diff_bytes file;
    uint32_t page_size, usable, pages;
    int32_t *owners; /* of page i + 1 */
    struct diff_sqlite_object *objects;
    size_t object_count, object_cap;
};

/* A row of a table. */
struct diff_sqlite_row {
    int64_t id;
    struct diff_bytes payload; /* what is on the leaf */
    uint64_t size;             /* of the whole payload */
    uint32_t overflow;         /* page with the rest; 0: none */
};
struct diff_sqlite_rows {
    struct diff_sqlite_row *items;
    size_t count, cap;
};

/* A column's value in a record. */
struct diff_sqlite_value {
    uint64_t type; /* serial type */
    struct diff_bytes bytes;
};
/* The columns of a record, one by one. */
struct diff_sqlite_record {
    struct diff_bytes payload;
    size_t header, header_end, body;
};

/* 1; 0: none, or damaged; -1 with err. To be released in any case. */
int stet_diff_sqlite_read(struct diff_bytes file, struct stet_diff_sqlite *out,
                          struct stet_error *err);
void stet_diff_sqlite_release(struct stet_diff_sqlite *s);
struct diff_bytes stet_diff_sqlite_page(const struct stet_diff_sqlite *s, uint32_t number);

/* All rows of a table in the order of its tree, from pages that belong to it alone. 1, 0: damaged, or too many; -1 with err. */
int stet_diff_sqlite_rows_read(const struct stet_diff_sqlite *s,
                               const struct diff_sqlite_object *table, struct diff_sqlite_rows *out,
                               struct stet_error *err);

/* A variable-length integer; 0: there is none, else its length. */
size_t stet_diff_sqlite_varint(struct diff_bytes b, size_t at, uint64_t *out);
bool stet_diff_sqlite_record_begin(struct diff_sqlite_record *r, struct diff_bytes payload);
/* false: no further column. Bytes are cut where the payload is. */
bool stet_diff_sqlite_record_next(struct diff_sqlite_record *r, struct diff_sqlite_value *out);

/* The name of a column, from 0, as the statement CREATE TABLE gives it. Empty: not known. */
struct diff_bytes stet_diff_sqlite_column(struct diff_bytes sql, unsigned column);

/* The rows of one table on both sides. The number of findings; -1 with err. */
int stet_diff_sqlite_compare_rows(const struct diff_pair *p, const struct stet_diff_sqlite *a,
                                  const struct diff_sqlite_object *ta,
                                  const struct stet_diff_sqlite *b,
                                  const struct diff_sqlite_object *tb, struct stet_error *err);

#endif
