/*
 * gunzip - gzip (RFC 1952), one member after the other, over zlib.
 */
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

#include "lib/codec/decoder.h"

struct gunzip {
    z_stream z;
    bool in_member, any;
    unsigned empty;
    uint64_t output; /* of the member so far */
};

static void *gunzip_open(struct stet_error *err)
{
    struct gunzip *g = calloc(1, sizeof(*g));

    if (!g || inflateInit2(&g->z, MAX_WBITS + 16) != Z_OK) {
        free(g);
        stet_error_oom(err, "gunzip");
        return NULL;
    }
    return g;
}

static int next_member(struct gunzip *g, const struct stet_codec_window *w, const char *name,
                       struct stet_error *err)
{
    if (g->any && w->in[0] != 0x1f)
        return stet_error_input(err, "%s: trailing garbage after the gzip data", name);
    if (inflateReset(&g->z) != Z_OK)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "%s: zlib cannot be reset", name);
    g->any = g->in_member = true;
    g->output = 0;
    return 0;
}

static int inflate_some(struct gunzip *g, struct stet_codec_window *w, const char *name,
                        struct stet_error *err)
{
    uInt in = w->in_len < UINT32_MAX ? (uInt)w->in_len : UINT32_MAX;
    uInt out = w->out_len < UINT32_MAX ? (uInt)w->out_len : UINT32_MAX;

    g->z.next_in = w->in;
    g->z.avail_in = in;
    g->z.next_out = w->out;
    g->z.avail_out = out;
    int rc = inflate(&g->z, Z_NO_FLUSH);
    w->in += in - g->z.avail_in;
    w->in_len -= in - g->z.avail_in;
    w->out += out - g->z.avail_out;
    w->out_len -= out - g->z.avail_out;
    g->output += out - g->z.avail_out;
    if (rc == Z_MEM_ERROR)
        return stet_error_oom(err, name);
    if (rc != Z_OK && rc != Z_BUF_ERROR && rc != Z_STREAM_END)
        return stet_error_input(err, "%s: damaged gzip data: %s", name,
                                g->z.msg ? g->z.msg : "not deflate");
    return rc == Z_STREAM_END;
}

static enum stet_codec_step gunzip_step(void *state, struct stet_codec_window *w, const char *name,
                                        struct stet_error *err)
{
    struct gunzip *g = state;

    if (!g->in_member && w->in_len == 0)
        return w->last ? STET_CODEC_STEP_END : STET_CODEC_STEP_MORE;
    if (!g->in_member && next_member(g, w, name, err) < 0)
        return STET_CODEC_STEP_ERROR;
    int ended = inflate_some(g, w, name, err);
    if (ended < 0)
        return STET_CODEC_STEP_ERROR;
    if (!ended)
        return STET_CODEC_STEP_MORE;
    g->in_member = false;
    if (stet_codec_count_member(&g->empty, g->output, name, err) < 0)
        return STET_CODEC_STEP_ERROR;
    return w->last && w->in_len == 0 ? STET_CODEC_STEP_END : STET_CODEC_STEP_MORE;
}

static void gunzip_close(void *state)
{
    struct gunzip *g = state;

    inflateEnd(&g->z);
    free(g);
}

const struct stet_codec_decoder_ops stet_codec_gzip_decoder = {gunzip_open, gunzip_step,
                                                               gunzip_close};
