/*
 * archive - the tar of a package, read through libarchive as a stream of entries with checked fields.
 *
 * For packages of any making (ustar, GNU, pax), whose bytes nobody promises. Layers, whose bytes count, are lib/tar's.
 *
 * Input is untrusted: what is damaged, out of range, over a budget, or allowed by no option is STET_ERROR_INPUT. What is
 * read does not depend on the locale.
 */
#ifndef STET_ARCHIVE_ARCHIVE_H
#define STET_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/entry/entry.h"

enum { STET_ARCHIVE_XATTRS_MAX = 256 }; /* of one entry */

struct stet_archive_options {
    const char *name; /* of the package, which errors begin with: "package bash"; copied */
    const char *
        part; /* which archive of the package it is, for errors: "data.tar"; NULL: it has no other. Copied */
    uint64_t max_entries;
    uint64_t max_bytes;    /* of the content of all files together, with their holes */
    bool may_be_empty;     /* no byte at all is an archive without entries; else it is damaged */
    bool may_have_holes;   /* sparse files */
    bool may_have_devices; /* and fifos */
    /* May be NULL. Is asked about each path and target of a hard link as the archive has it, before it is brought into
     * normal form: 0, or -1 with err. */
    int (*check_path)(const char *name, const char *path, struct stet_error *err);
};

/* Opaque. */
struct stet_archive;

/* in is the tar, decoded; borrowed. NULL with err. */
struct stet_archive *stet_archive_new(struct stet_reader *in,
                                      const struct stet_archive_options *options,
                                      struct stet_error *err);
/* NULL is allowed. */
void stet_archive_free(struct stet_archive *a);

/*
 * The next entry, in archive order: 1; 0 at the end, after in was read to its end, so that checksums held; -1 with err,
 * where an error of in is passed on as it is. e is released and filled anew.
 *
 * The path and the target of a hard link are in normal form ("" is the root itself); a hard link has no content, and
 * whether its target came before is not looked at, nor whether a path came twice. The target of a symbolic link is 1 to
 * 4095 bytes, whichever. Owners are below 2^32 - 1, times not before 1970, without their nanoseconds. Extended attributes
 * are security.capability and user.* alone, of files and directories alone. Access control lists and file flags
 * are left out.
 */
int stet_archive_next(struct stet_archive *a, struct stet_entry *e, struct stet_error *err);

/*
 * The next piece of the entry's content and where it belongs in it, valid until the next call: 1; 0 at the end; -1 with
 * err. Ascending, and never past e->size; without may_have_holes one follows the other and all e->size bytes come.
 * Content that is not asked for is skipped.
 */
int stet_archive_block(struct stet_archive *a, const void **data, size_t *len, uint64_t *offset,
                       struct stet_error *err);

#endif
