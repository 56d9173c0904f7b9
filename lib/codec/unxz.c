/*
 * unxz - the .xz format (1.1.0), concatenated streams and stream padding, over liblzma.
 */
#include <errno.h>
#include <lzma.h>

#include "lib/codec/decoder.h"

/* Enough for a dictionary of 128 MiB; xz -9 has one of 64. */
static const uint64_t memory_max = UINT64_C(160) << 20;

static void *unxz_open(struct stet_error *err)
{
    static const lzma_stream empty = LZMA_STREAM_INIT;
    lzma_stream *z = malloc(sizeof(*z));

    if (z)
        *z = empty;
    /* A check that this liblzma does not know must not pass as verified. */
    if (!z || lzma_stream_decoder(z, memory_max, LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK) !=
                  LZMA_OK) {
        free(z);
        stet_error_oom(err, "unxz");
        return NULL;
    }
    return z;
}

static int unxz_error(lzma_ret rc, const char *name, struct stet_error *err)
{
    switch (rc) {
    case LZMA_MEM_ERROR:
        return stet_error_oom(err, name);
    case LZMA_MEMLIMIT_ERROR:
        stet_error_input(err, "%s: xz data need more than %ju MiB of memory", name,
                         (uintmax_t)(memory_max >> 20));
        return stet_codec_limit(err, ENOMEM);
    case LZMA_FORMAT_ERROR:
        return stet_error_input(err, "%s: trailing garbage after the xz data", name);
    case LZMA_UNSUPPORTED_CHECK:
    case LZMA_OPTIONS_ERROR:
        return stet_error_input(err, "%s: xz data with options that are not supported", name);
    default:
        return stet_error_input(err, "%s: damaged xz data", name);
    }
}

static enum stet_codec_step unxz_step(void *state, struct stet_codec_window *w, const char *name,
                                      struct stet_error *err)
{
    lzma_stream *z = state;

    z->next_in = w->in;
    z->avail_in = w->in_len;
    z->next_out = w->out;
    z->avail_out = w->out_len;
    lzma_ret rc = lzma_code(z, w->last ? LZMA_FINISH : LZMA_RUN);
    w->in = z->next_in;
    w->in_len = z->avail_in;
    w->out = z->next_out;
    w->out_len = z->avail_out;
    if (rc == LZMA_STREAM_END)
        return STET_CODEC_STEP_END;
    if (rc != LZMA_OK && rc != LZMA_BUF_ERROR) {
        unxz_error(rc, name, err);
        return STET_CODEC_STEP_ERROR;
    }
    return STET_CODEC_STEP_MORE;
}

static void unxz_close(void *state)
{
    lzma_end(state);
    free(state);
}

const struct stet_codec_decoder_ops stet_codec_xz_decoder = {unxz_open, unxz_step, unxz_close};
