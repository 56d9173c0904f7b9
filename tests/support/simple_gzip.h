/*
 * simple_gzip - the gzip stream of docs/format-1.md, section 4, made the plain way.
 *
 * Written from that text alone, and from nothing of lib/codec. It shows that the text is
 * complete, and is what the real encoder's bytes are compared with. Slow; all in memory.
 */
#ifndef STET_TESTS_SIMPLE_GZIP_H
#define STET_TESTS_SIMPLE_GZIP_H

#include <stddef.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/*
 * Appends the gzip member of in[0..len-1] to out; in is not NULL, even when len is 0. 0, or -1 with
 * err when out of memory.
 */
int simple_gzip(const unsigned char *in, size_t len, struct stet_buffer *out,
                struct stet_error *err);

#endif
