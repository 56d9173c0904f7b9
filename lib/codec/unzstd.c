/*
 * unzstd - Zstandard frames (RFC 8878), one after the other, over libzstd.
 */
#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "lib/codec/decoder.h"

/* 128 MiB, zstd's own default and what --long=27 writes. */
enum { WINDOW_LOG_MAX = 27 };

struct unzstd {
    ZSTD_DCtx *z;
    bool in_frame;
    unsigned empty;
    uint64_t output; /* of the frame so far */
};

static void unzstd_close(void *state)
{
    struct unzstd *u = state;

    ZSTD_freeDCtx(u->z);
    free(u);
}

static void *unzstd_open(struct stet_error *err)
{
    struct unzstd *u = calloc(1, sizeof(*u));

    if (u)
        u->z = ZSTD_createDCtx();
    if (!u || !u->z ||
        ZSTD_isError(ZSTD_DCtx_setParameter(u->z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        if (u)
            unzstd_close(u);
        stet_error_oom(err, "unzstd");
        return NULL;
    }
    return u;
}

static int unzstd_error(size_t rc, const char *name, struct stet_error *err)
{
    switch (ZSTD_getErrorCode(rc)) {
    case ZSTD_error_memory_allocation:
        return stet_error_oom(err, name);
    case ZSTD_error_prefix_unknown:
        return stet_error_input(err, "%s: trailing garbage after the zstd data", name);
    case ZSTD_error_frameParameter_windowTooLarge:
        stet_error_input(err, "%s: zstd data need a window over %d MiB", name,
                         1 << (WINDOW_LOG_MAX - 20));
        return stet_codec_limit(err, ENOMEM);
    default:
        return stet_error_input(err, "%s: damaged zstd data: %s", name, ZSTD_getErrorName(rc));
    }
}

static enum stet_codec_step unzstd_step(void *state, struct stet_codec_window *w, const char *name,
                                        struct stet_error *err)
{
    struct unzstd *u = state;
    ZSTD_inBuffer in = {w->in, w->in_len, 0};
    ZSTD_outBuffer out = {w->out, w->out_len, 0};

    if (!u->in_frame && w->in_len == 0)
        return w->last ? STET_CODEC_STEP_END : STET_CODEC_STEP_MORE;
    size_t rc = ZSTD_decompressStream(u->z, &out, &in);
    if (ZSTD_isError(rc)) {
        unzstd_error(rc, name, err);
        return STET_CODEC_STEP_ERROR;
    }
    w->in += in.pos;
    w->in_len -= in.pos;
    w->out += out.pos;
    w->out_len -= out.pos;
    if (!u->in_frame)
        u->output = 0;
    u->output += out.pos;
    u->in_frame = rc != 0;
    if (u->in_frame)
        return STET_CODEC_STEP_MORE;
    if (stet_codec_count_member(&u->empty, u->output, name, err) < 0)
        return STET_CODEC_STEP_ERROR;
    return w->last && w->in_len == 0 ? STET_CODEC_STEP_END : STET_CODEC_STEP_MORE;
}

const struct stet_codec_decoder_ops stet_codec_zstd_decoder = {unzstd_open, unzstd_step,
                                                               unzstd_close};
