/*
 * compressed - gzip, xz, zstd and bzip2 streams: what can be told of how they were made. Private to diff.
 */
#ifndef STET_DIFF_COMPRESSED_H
#define STET_DIFF_COMPRESSED_H

#include "lib/diff/private.h"

/* "gzip", "xz", "zstd", "bzip2" by the first bytes, or NULL. Static. */
const char *stet_diff_compression_name(const struct diff_bytes *data);

/*
 * Appends one line that names the compressor's parameters as far as the stream shows them: "gzip: 1 member, …". Work is
 * bounded by the length of data and by 1 GiB of content. 1; 0 when it is not compressed or not readable (nothing is
 * appended); -1 with err.
 */
int stet_diff_compression_describe(const struct diff_bytes *data, struct stet_buffer *out,
                                   struct stet_error *err);

/*
 * Adds what differs in two compressed streams that both are readable. same: their contents are equal; then there is always
 * a finding ("compression", or fields of the header alone where nothing else differs), else only what
 * differs in the kind of compression and in fields of the header (the blocks differ anyway). The number of findings,
 * or -1.
 */
int stet_diff_compression(struct diff *d, enum stet_diff_level level, unsigned layer,
                          const char *path, const struct diff_bytes *a, const struct diff_bytes *b,
                          bool same, struct stet_error *err);

#endif
