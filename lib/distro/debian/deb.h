/*
 * deb - reading one .deb (deb(5), format 2.x): an ar archive of debian-binary, control.tar and
 * data.tar.
 *
 * Input is untrusted. Members that start with '_' and whatever follows data.tar are ignored, as
 * deb(5) says; everything else out of order, truncated or unknown is STET_ERROR_INPUT.
 */
#ifndef STET_DEBIAN_DEB_H
#define STET_DEBIAN_DEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/codec/codec.h"
#include "lib/entry/entry.h"

/* Budgets: far above any real package, far below what would hurt. */
#define STET_DEB_CONTROL_MAX (UINT64_C(64) << 20)
#define STET_DEB_DATA_MAX    (UINT64_C(64) << 30)
enum { STET_DEB_ENTRIES_MAX = 2000000 };

struct stet_deb_member {
    uint64_t offset, size;     /* of the content in the file */
    enum stet_codec_kind kind; /* by its name */
};

struct stet_deb {
    int fd;           /* borrowed; read with pread(2) alone */
    const char *name; /* borrowed; for errors */
    struct stet_deb_member control, data;
};

/* Finds the members of the file fd of size bytes. */
int stet_deb_open(struct stet_deb *deb, int fd, uint64_t size, const char *name,
                  struct stet_error *err);

/* The tar of one member. Opaque. */
struct stet_deb_reader;
/* max_bytes: of the tar. NULL with err. */
struct stet_deb_reader *stet_deb_reader_new(const struct stet_deb *deb,
                                            const struct stet_deb_member *member,
                                            uint64_t max_bytes, struct stet_error *err);
void stet_deb_reader_free(struct stet_deb_reader *r);
/*
 * The next entry, in archive order: 1; 0 at the end, after the whole member was decoded and its
 * checksums held; -1 with err. Paths and hard-link targets are in normal form; what does not belong
 * in a package (devices, fifos, sockets, sparse files, xattrs other than security.capability and
 * user.*) is STET_ERROR_INPUT. e is released and filled anew.
 */
int stet_deb_reader_next(struct stet_deb_reader *r, struct stet_entry *e, struct stet_error *err);
/* The next piece of the entry's content, valid until the next call: 1; 0 when all e->size bytes
 * were delivered. */
int stet_deb_reader_block(struct stet_deb_reader *r, const void **data, size_t *len,
                          struct stet_error *err);

#endif
