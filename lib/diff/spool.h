/*
 * spool - bytes that are made while comparing (what was compressed): in memory, or where they are many in an unnamed file
 * that is mapped. Private to diff.
 */
#ifndef STET_DIFF_SPOOL_H
#define STET_DIFF_SPOOL_H

#include "lib/diff/sides.h"

enum { DIFF_SPOOL_MEMORY = 4 << 20 };

struct diff_spool {
    const struct diff *diff;
    struct stet_buffer memory; /* what is not yet in the file */
    int fd;                    /* -1: all is in memory */
    uint64_t written;          /* to the file */
    struct diff_map map;       /* of the file */
};

void stet_diff_spool_init(struct diff_spool *s, const struct diff *d);
void stet_diff_spool_release(struct diff_spool *s);

int stet_diff_spool_add(struct diff_spool *s, const void *data, size_t len, struct stet_error *err);
/* All that was added; valid until the release. Nothing may be added afterwards. */
int stet_diff_spool_bytes(struct diff_spool *s, struct diff_bytes *out, struct stet_error *err);

/* Decodes data (gzip, xz, zstd, bzip2; at most max bytes of content) into s: 1; 0 when it is none of these, damaged, or
 * longer, and why of the two last is set; -1 with err. */
int stet_diff_spool_decode(struct diff_spool *s, const struct diff_bytes *data, uint64_t max,
                           struct stet_error *why, struct stet_error *err);

#define _cleanup_spool_ __attribute__((cleanup(stet_diff_spool_release)))

#endif
