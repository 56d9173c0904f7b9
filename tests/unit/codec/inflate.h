/*
 * What the tests of the encoder share: its output is read by zlib, which is not ours. After cmocka.h.
 */
#ifndef STET_TEST_CODEC_INFLATE_H
#define STET_TEST_CODEC_INFLATE_H

#include <stdlib.h>
#include <zlib.h>

#include "lib/base/base.h"

/* Inflates with zlib directly, which also checks the CRC and the length of the trailer. */
static inline void assert_inflates_to(const struct stet_buffer *gz, const unsigned char *p,
                                      size_t len)
{
    unsigned char *out = malloc(len + 1);
    z_stream z = {0};

    assert_non_null(out);
    assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
    z.next_in = (unsigned char *)gz->data;
    z.avail_in = (uInt)gz->len;
    z.next_out = out;
    z.avail_out = (uInt)len + 1;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    assert_int_equal(z.total_out, len);
    assert_memory_equal(out, p, len);
    inflateEnd(&z);
    free(out);
}

#endif
