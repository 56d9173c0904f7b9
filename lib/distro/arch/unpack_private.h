/*
 * unpack_private - what the sources behind unpack.h share.
 */
#ifndef STET_ARCH_UNPACK_PRIVATE_H
#define STET_ARCH_UNPACK_PRIVATE_H

#include <sys/stat.h>

#include "lib/distro/arch/unpack.h"

/* Who ships which path: paths without a '/' at the end, in a hash table. */
struct stet_arch_owner {
    const char *path; /* borrowed from the package's list; NULL: a free slot */
    size_t len;
    size_t package;
    bool directory;
};

struct stet_arch_unpack {
    struct stet_store_seen *seen; /* by number of package: its file when its SHA-256 was right */
    struct stet_arch_owner *owners;
    size_t owner_count, owner_size; /* size: 0 or a power of two */
};

/* NULL is allowed. */
void stet_arch_unpack_free(struct stet_arch_unpack *u);

/* Makes what is missing of ctx->state and its unpack. */
int stet_arch_unpack_begin(struct stet_build_context *ctx, struct stet_error *err);

/* Reads the metadata of package number i. */
int stet_arch_read_package(struct stet_build_context *ctx, size_t i, struct stet_error *err);
/* The same from in, its decoded file. */
int stet_arch_read_metadata(struct stet_arch_package *p, struct stet_reader *in,
                            struct stet_error *err);

/* Appends the paths of .MTREE (mtree(5) as bsdtar writes it, plain or compressed) that are no metadata, directories with
 * a '/' at the end, in its order. name is the package's, for errors. */
int stet_arch_mtree_files(const void *data, size_t len, const char *name, struct stet_strv *out,
                          struct stet_error *err);

/* Adds the paths of package number i to the owners; one that another has, too, unless it is a directory in both, is
 * STET_ERROR_INPUT. */
int stet_arch_claim_paths(struct stet_arch_state *state, size_t i, struct stet_error *err);

/* Extracts the files of package number i from in. hashes[n] becomes the MD5 of backup file n (malloc'd) or stays NULL.
 * database: descriptor of its directory in the local database, for the metadata that are kept there. */
int stet_arch_extract(struct stet_build_context *ctx, size_t i, struct stet_reader *in,
                      int database, char **hashes, struct stet_error *err);

/*
 * The decoded packages numbers[0..count), in this order, one after the other. With ctx->threads above 1 others decode
 * ahead of it into unnamed files in ctx->work, at most a window of bytes.
 */
struct stet_arch_ahead;
struct stet_arch_ahead *stet_arch_ahead_new(struct stet_build_context *ctx, const size_t *numbers,
                                            size_t count, struct stet_error *err);
/* Ends the threads, wherever they are. NULL is allowed. */
void stet_arch_ahead_free(struct stet_arch_ahead *a);
/* The content of the next package, valid until the next call. NULL with err. Errors of decoding come by reading. */
struct stet_reader *stet_arch_ahead_next(struct stet_arch_ahead *a, struct stet_error *err);

#endif
