/*
 * decoder - one decompressor behind stet_codec_decoder_new(). Private to codec.
 *
 * A decoder is a step function over a window of input; the frame around it (decoder.c) refills
 * the window, counts the output against the budget and insists on progress.
 */
#ifndef STET_CODEC_DECODER_H
#define STET_CODEC_DECODER_H

#include "lib/codec/codec.h"

struct stet_codec_window {
    const unsigned char *in; /* what is there to be read */
    size_t in_len;
    bool last;          /* nothing comes after it */
    unsigned char *out; /* where to write */
    size_t out_len;
};

enum stet_codec_step {
    STET_CODEC_STEP_ERROR = -1,
    STET_CODEC_STEP_MORE, /* consumed input, made output, or both; or needs more input */
    STET_CODEC_STEP_END,  /* the stream is complete and there is no more input */
};

struct stet_codec_decoder_ops {
    void *(*open)(struct stet_error *err);
    /* Advances in and out (and lowers the lengths) by what was used. */
    enum stet_codec_step (*step)(void *state, struct stet_codec_window *w, const char *name,
                                 struct stet_error *err);
    void (*close)(void *state);
};

extern const struct stet_codec_decoder_ops stet_codec_gzip_decoder;
extern const struct stet_codec_decoder_ops stet_codec_xz_decoder;
extern const struct stet_codec_decoder_ops stet_codec_zstd_decoder;
extern const struct stet_codec_decoder_ops stet_codec_none_decoder;

/* A limit ended it, not damage: errnum says which one, without a text of its own. Returns -1. */
static inline int stet_codec_limit(struct stet_error *err, int errnum)
{
    if (err)
        err->errnum = errnum;
    return -1;
}

/* Members or frames without content that one stream may hold: each costs time and brings nothing.
 */
enum { STET_CODEC_EMPTY_MAX = 1024 };

/* Counts a member that ended after output bytes. -1 with err when there were too many empty ones.
 */
int stet_codec_count_member(unsigned *empty, uint64_t output, const char *name,
                            struct stet_error *err);

#endif
