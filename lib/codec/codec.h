/*
 * codec - compressing layers (our bytes) and decompressing what others wrote.
 *
 * What is compressed is one gzip member with the bytes of format 1, which docs/format-1.md, section
 * 4, lays down and which never change: they depend on the content alone, not on the number of
 * threads, the size of writes, the machine or a library. (zlib only computes the CRC, and decodes.)
 */
#ifndef STET_CODEC_CODEC_H
#define STET_CODEC_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"

enum { STET_CODEC_FORMAT = 1 }; /* the output format number that images and locks carry */

/* The encoder's identity as an image annotation: "stet-deflate/1". Static. */
const char *stet_codec_identity(void);

/*
 * A filter: gzip into below (borrowed, not closed). threads (0 and 1: the caller's own) compress;
 * below is written by the caller's thread alone; memory is bounded by a few chunks a thread.
 * Closing ends the gzip member. NULL with err on failure. Free with stet_codec_gzip_free() after
 * close.
 */
struct stet_writer *stet_codec_gzip_new(struct stet_writer *below, unsigned threads,
                                        struct stet_error *err);
void stet_codec_gzip_free(struct stet_writer *w);

enum stet_codec_kind { STET_CODEC_NONE, STET_CODEC_GZIP, STET_CODEC_XZ, STET_CODEC_ZSTD };
const char *stet_codec_kind_name(enum stet_codec_kind kind);

/*
 * A reader of the decompressed content of below (borrowed, not closed); the compression is
 * recognised by its first bytes and written to *kind (may be NULL). Concatenated members and frames
 * are read on; trailing garbage, truncation, a wrong checksum and more than max_bytes of output are
 * STET_ERROR_INPUT with name. Memory for xz is limited to 160 MiB, zstd's window to 128. Where a
 * limit ended it, errnum is EFBIG (max_bytes) or ENOMEM. Decoders that make no progress fail.
 */
struct stet_reader *stet_codec_decoder_new(struct stet_reader *below, const char *name,
                                           uint64_t max_bytes, enum stet_codec_kind *kind,
                                           struct stet_error *err);
void stet_codec_decoder_free(struct stet_reader *r);

#endif
