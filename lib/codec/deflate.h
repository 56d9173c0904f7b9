/*
 * deflate - one chunk of the format-1 stream. Private to codec.
 */
#ifndef STET_CODEC_DEFLATE_H
#define STET_CODEC_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DEFLATE_CHUNK = 1 << 20,
    DEFLATE_WINDOW = 1 << 15,
    /* Room for what a chunk may become: each block may be stored, at five bytes for it; it has 512
     * bytes or more but for the last two. 64 is for those, the end and what is written past it. */
    DEFLATE_OUT_MAX = DEFLATE_CHUNK + DEFLATE_CHUNK / 512 * 5 + DEFLATE_CHUNK / 65535 * 5 + 64,
};

/* The memory of one compressor. What it did before has no influence on a chunk's bytes. */
struct stet_codec_deflate;

/* NULL when there is no memory. Free with stet_codec_deflate_free(), which takes NULL. */
struct stet_codec_deflate *stet_codec_deflate_new(void);
void stet_codec_deflate_free(struct stet_codec_deflate *d);

/*
 * Deflates the len bytes (to DEFLATE_CHUNK) at data + window, before which stand window bytes (to
 * DEFLATE_WINDOW) of what went before. Writes at most DEFLATE_OUT_MAX bytes to out and returns how
 * many. They begin and end at a byte's edge; the last chunk ends the stream.
 */
size_t stet_codec_deflate_chunk(struct stet_codec_deflate *d, const unsigned char *data,
                                size_t window, size_t len, bool last, unsigned char *out);

#endif
