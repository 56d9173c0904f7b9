/*
 * The encoder on any bytes: what it writes inflates to them, and is the same for every number of
 * threads and every size of writes.
 *
 * The first bytes say how: threads, the size of writes, and how often the rest is repeated, each
 * time with one byte changed, so that short inputs reach past a chunk.
 */
#include <zlib.h>

#include "lib/codec/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOW = 3, CONTENT_MAX = 9 << 17, REPEAT_FROM = 252, WRITES_MAX = 500 };

static void compress_into(struct stet_buffer *out, const unsigned char *p, size_t len,
                          unsigned threads, size_t step)
{
    struct stet_buffer_writer below;
    struct stet_error err = STET_ERROR_INIT;

    stet_buffer_writer_init(&below, out);
    struct stet_writer *w = stet_codec_gzip_new(&below.base, threads, &err);
    if (!w)
        abort();
    for (size_t i = 0; i < len; i += step)
        if (stet_writer_write(w, p + i, len - i < step ? len - i : step, &err) < 0)
            abort();
    if (stet_writer_close(w, &err) < 0)
        abort();
    stet_codec_gzip_free(w);
    stet_writer_close(&below.base, NULL);
}

/* zlib's inflate is not ours, and checks CRC and length too. */
static void must_inflate_to(const struct stet_buffer *gz, const unsigned char *p, size_t len)
{
    unsigned char *out = malloc(len + 1);
    z_stream z = {0};

    if (!out || inflateInit2(&z, MAX_WBITS + 16) != Z_OK)
        abort();
    z.next_in = (unsigned char *)gz->data;
    z.avail_in = (uInt)gz->len;
    z.next_out = out;
    z.avail_out = (uInt)len + 1;
    if (inflate(&z, Z_FINISH) != Z_STREAM_END || z.avail_in != 0 || z.total_out != len ||
        (len > 0 && memcmp(out, p, len) != 0))
        abort();
    inflateEnd(&z);
    free(out);
}

static unsigned char *repeat(const uint8_t *data, size_t size, size_t times)
{
    unsigned char *p = malloc(size * times + 1);

    if (!p)
        abort();
    for (size_t i = 0; size > 0 && i < times; i++) {
        memcpy(p + i * size, data, size);
        p[i * size + i * 7919 % size] ^= (unsigned char)i;
    }
    return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer gz = STET_BUFFER_INIT, same = STET_BUFFER_INIT;

    if (size < HOW)
        return 0;
    unsigned threads = data[0] % 4;
    size_t step = (size_t)(1 + data[1] % 16) << data[1] / 16;
    size_t times =
        data[2] < REPEAT_FROM ? 1u + data[2] % 4 : (size_t)16 << 5 * (data[2] - REPEAT_FROM);
    size -= HOW;
    if (size > 0 && times > CONTENT_MAX / size)
        times = CONTENT_MAX / size ? CONTENT_MAX / size : 1;
    if (step < size * times / WRITES_MAX)
        step = size * times / WRITES_MAX;
    unsigned char *p = repeat(data + HOW, size, times);
    compress_into(&gz, p, size * times, 1, size * times + 1);
    must_inflate_to(&gz, p, size * times);
    compress_into(&same, p, size * times, threads, step);
    if (same.len != gz.len || memcmp(same.data, gz.data, gz.len) != 0)
        abort();
    free(p);
    stet_buffer_release(&gz);
    stet_buffer_release(&same);
    return 0;
}
