/*
 * journal - systemd's journals (https://systemd.io/JOURNAL_FILE_FORMAT/) as lists of entries. Private to diff.
 */
#ifndef STET_DIFF_JOURNAL_H
#define STET_DIFF_JOURNAL_H

#include "lib/diff/records.h"

enum { DIFF_JOURNAL_HEADER = 208 };

/* "NAME=value", in the file or (where it was compressed) in memory. */
struct diff_journal_field {
    const char *s;
    uint32_t name_len, len;
};
struct diff_journal_entry {
    uint64_t sequence, realtime, monotonic;
    const unsigned char *boot; /* 16 bytes */
    size_t first, count;       /* of its fields, sorted by name, then by value */
};
struct diff_journal {
    struct diff_journal_entry *entries;
    size_t count, cap;
    struct diff_journal_field *fields;
    size_t field_count, field_cap;
    char **unpacked; /* contents that were compressed */
    size_t unpacked_count, unpacked_cap;
    uint64_t unpacked_left; /* of the budget for them */
    uint64_t damage;        /* offset of what cannot be read; 0: all can */
    bool full;              /* there are more entries than are kept */
};
/* c begins with a header of DIFF_JOURNAL_HEADER bytes at least. What it borrows from c stays borrowed. */
int stet_diff_journal_read(const struct diff_bytes *c, struct diff_journal *out,
                           struct stet_error *err);
void stet_diff_journal_release(struct diff_journal *j);
/* The value of an entry's first field of that name; s NULL: there is none. */
struct diff_text stet_diff_journal_value(const struct diff_journal *j,
                                         const struct diff_journal_entry *e, const char *name);

/* Compares entries. The number of findings, or -1. */
int stet_diff_journal_entries(const struct diff_pair *p, const struct diff_journal *a,
                              const struct diff_journal *b, struct stet_error *err);

#endif
