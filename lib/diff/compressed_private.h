/*
 * compressed_private - the streams of each compression. Private to compressed.c, gzip.c and frames.c.
 */
#ifndef STET_DIFF_COMPRESSED_PRIVATE_H
#define STET_DIFF_COMPRESSED_PRIVATE_H

#include "lib/diff/private.h"

/* As stet_diff_compression_describe(), of a stream that begins as it should. */
int stet_diff_gzip_describe(const struct diff_bytes *data, struct stet_buffer *out,
                            struct stet_error *err);
int stet_diff_xz_describe(const struct diff_bytes *data, struct stet_buffer *out,
                          struct stet_error *err);
int stet_diff_zstd_describe(const struct diff_bytes *data, struct stet_buffer *out,
                            struct stet_error *err);
int stet_diff_bzip2_describe(const struct diff_bytes *data, struct stet_buffer *out,
                             struct stet_error *err);

/* RFC 1952, 2.3. What is borrowed from the stream has no data where the header has none. */
struct stet_diff_gzip_header {
    uint32_t mtime;
    unsigned char flags, xfl, os;
    struct diff_bytes extra, name, comment;
    size_t len; /* of the header */
};
bool stet_diff_gzip_header(const struct diff_bytes *data, struct stet_diff_gzip_header *out);
/* The number of findings, one for each field that differs; of those that stet_diff_gzip_describe() has, only with
 * parameters. */
int stet_diff_gzip_header_compare(struct diff *d, enum stet_diff_level level, unsigned layer,
                                  const char *path, const struct stet_diff_gzip_header *a,
                                  const struct stet_diff_gzip_header *b, bool parameters,
                                  struct stet_error *err);

#endif
