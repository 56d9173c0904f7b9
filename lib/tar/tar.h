/*
 * tar - the canonical tar of format 1 (docs/format-1.md), and a strict reader.
 *
 * Writer: POSIX.1-2017 pax interchange format. Each entry is one ustar header, preceded by
 * a pax extended header only when a value does not fit: path, linkpath, size, uid, gid,
 * mtime, and SCHILY.xattr.* records. The same entries in the same order give the same
 * bytes. The writer refuses what would not be canonical: entries out of order
 * (stet_path_compare), a path twice, a hard link before its target, and what no tar holds
 * (see section 2 of docs/format-1.md). It gathers small writes: before finish, out may lack the
 * last bytes. The first failure is sticky.
 */
#ifndef STET_TAR_TAR_H
#define STET_TAR_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/entry/entry.h"

struct stet_tar_writer;
/* Writes into out (borrowed; not closed). NULL with err when out of memory. */
struct stet_tar_writer *stet_tar_writer_new(struct stet_writer *out, struct stet_error *err);
/* The header of e; then exactly e->size bytes of content must follow for a FILE. */
int stet_tar_writer_entry(struct stet_tar_writer *w, const struct stet_entry *e,
                          struct stet_error *err);
int stet_tar_writer_data(struct stet_tar_writer *w, const void *data, size_t len,
                         struct stet_error *err);
/* The two zero blocks at the end. A content that is short is STET_ERROR_INTERNAL. */
int stet_tar_writer_finish(struct stet_tar_writer *w, struct stet_error *err);
void stet_tar_writer_free(struct stet_tar_writer *w);

/* What a reader accepts before it gives up; 0 in a member: the default in brackets. */
struct stet_tar_limits {
    uint64_t entries;      /* [4 000 000] */
    uint64_t bytes;        /* of the whole archive [1 TiB] */
    uint64_t header_bytes; /* of one entry's extended headers [1 MiB] */
};

/*
 * Reader of v7, ustar, pax (x and g) and GNU (long name, long link, base-256, no sparse)
 * archives from an untrusted source. Checksums, number fields, record lengths and the agreement
 * of sizes are checked; the paths of entries are normalised with stet_path_normalize().
 * Where readers are known to disagree the archive is refused: two extended headers for one
 * entry, a size that differs between header and record, content under a type that has none,
 * NUL in a name, a path in a global header, data after the end, no end mark. The whole
 * input is read, to its end. Errors name the archive, the offset and the field.
 */
struct stet_tar_reader;
struct stet_tar_reader *stet_tar_reader_new(struct stet_reader *in, const char *name,
                                            const struct stet_tar_limits *limits,
                                            struct stet_error *err);
/* The next entry, borrowed until the next call: 1; the end: 0; -1 with err. Unread content is
 * skipped. */
int stet_tar_reader_next(struct stet_tar_reader *r, const struct stet_entry **e,
                         struct stet_error *err);
/* Up to len bytes of the entry's content; 0 at its end. */
ssize_t stet_tar_reader_read(struct stet_tar_reader *r, void *data, size_t len,
                             struct stet_error *err);
void stet_tar_reader_free(struct stet_tar_reader *r);

#endif
