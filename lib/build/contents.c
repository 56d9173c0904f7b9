/*
 * contents - what a finished image is made of: its packages, its lock.
 */
#include "lib/build/internal.h"
#include "lib/codec/codec.h"
#include "lib/tar/tar.h"

static const uint64_t layer_bytes_max = UINT64_C(1) << 40;

void stet_build_contents_init(struct stet_build_contents *c)
{
    memset(c, 0, sizeof(*c));
    stet_strv_init(&c->packages);
    stet_lock_init(&c->lock);
}

void stet_build_contents_release(struct stet_build_contents *c)
{
    stet_strv_release(&c->packages);
    stet_lock_release(&c->lock);
    stet_build_contents_init(c);
}

/* An image being read. */
struct reading {
    struct stet_build_contents *out;
    struct stet_databases databases;
};

static int read_entries(struct stet_tar_reader *tar, size_t layer, struct reading *r,
                        struct stet_error *err)
{
    const struct stet_entry *e;
    int more;
    while ((more = stet_tar_reader_next(tar, &e, err)) > 0) {
        if (stet_cancel_check(err) < 0 ||
            stet_databases_take(&r->databases, tar, e, layer, err) < 0)
            return -1;
        r->out->entries++;
    }
    return more;
}

/* Reads what the tar reader left, so that the digest of the whole stream is known. */
static int drain(struct stet_reader *in, struct stet_error *err)
{
    char block[65536];
    ssize_t n;
    while ((n = stet_reader_read(in, block, sizeof(block), err)) > 0)
        ;
    return n < 0 ? -1 : 0;
}

/* A reader that hashes what passes through it. */
struct hashing {
    struct stet_reader base;
    struct stet_reader *below;
    struct stet_digest_state state;
};

static ssize_t hashing_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct hashing *h = ctx;
    ssize_t n = stet_reader_read(h->below, data, len, err);
    if (n > 0 && stet_digest_update(&h->state, data, (size_t)n, err) < 0)
        return -1;
    return n;
}

static const struct stet_reader_ops hashing_ops = {.read = hashing_read};

static int check_diff_id(struct hashing *h, const struct stet_digest *diff_id,
                         struct stet_error *err)
{
    struct stet_digest digest;
    if (drain(&h->base, err) < 0 || stet_digest_finish(&h->state, &digest, err) < 0)
        return -1;
    if (stet_digest_equal(&digest, diff_id))
        return 0;
    char text[STET_DIGEST_TEXT_SIZE];
    stet_digest_text(diff_id, text);
    return stet_error_input(err, "the layer's content is not the diff_id %s that the config names",
                            text);
}

static int read_tar(struct stet_reader *plain, const struct stet_digest *diff_id, size_t layer,
                    struct reading *r, struct stet_error *err)
{
    struct hashing h = {.below = plain};
    if (stet_digest_begin(&h.state, err) < 0)
        return -1;
    stet_reader_init(&h.base, &hashing_ops, &h);
    struct stet_tar_reader *tar = stet_tar_reader_new(&h.base, "layer", NULL, err);
    int result = tar ? read_entries(tar, layer, r, err) : -1;
    stet_tar_reader_free(tar);
    if (result == 0)
        result = check_diff_id(&h, diff_id, err);
    r->out->bytes += h.base.consumed;
    stet_digest_release(&h.state);
    return result;
}

static int read_layer(struct stet_oci_source *source, size_t i, struct reading *r,
                      struct stet_error *err)
{
    struct stet_reader *blob = stet_oci_source_layer(source, i, err);
    if (!blob)
        return -1;
    struct stet_reader *plain = stet_codec_decoder_new(blob, "layer", layer_bytes_max, NULL, err);
    int result = -1;
    if (plain)
        result = read_tar(plain, &stet_oci_source_info(source)->layers[i].diff_id, i, r, err);
    if (result == 0)
        result = drain(blob, err);
    stet_codec_decoder_free(plain);
    stet_oci_source_layer_close(blob);
    return result;
}

static const char *annotation(const json_t *manifest, const char *key)
{
    return json_string_value(json_object_get(json_object_get(manifest, "annotations"), key));
}

static int read_lock(const json_t *manifest, struct stet_build_contents *out,
                     struct stet_error *err)
{
    const char *digest = annotation(manifest, STET_ANNOTATION_LOCK_DIGEST);
    const char *text = annotation(manifest, STET_ANNOTATION_LOCK);
    struct stet_digest named, actual;
    if (!digest)
        return 0;
    if (stet_digest_parse_text(digest, &named, STET_ANNOTATION_LOCK_DIGEST, err) < 0)
        return -1;
    stet_digest_text(&named, out->lock_digest);
    if (!text)
        return 0;
    if (stet_lock_parse(text, strlen(text), STET_ANNOTATION_LOCK, STET_CODEC_FORMAT, &out->lock,
                        err) < 0 ||
        stet_lock_digest(&out->lock, &actual, err) < 0)
        return -1;
    if (!stet_digest_equal(&named, &actual))
        return stet_error_input(err, "the lock in the manifest is not the %s that it names",
                                out->lock_digest);
    out->has_lock = true;
    return 0;
}

static int read_layers(struct stet_oci_source *source, struct reading *r, struct stet_error *err)
{
    for (size_t i = 0; i < stet_oci_source_info(source)->layer_count; i++)
        if (read_layer(source, i, r, err) < 0)
            return stet_error_wrap(err, "layer %zu", i + 1);
    return stet_databases_list(&r->databases, &r->out->packages, &r->out->ecosystem, err);
}

int stet_build_contents_read(struct stet_oci_source *source, struct stet_build_contents *out,
                             struct stet_error *err)
{
    const struct stet_oci_source_info *info = stet_oci_source_info(source);
    struct reading r = {.out = out};
    int result = read_layers(source, &r, err);
    stet_databases_release(&r.databases);
    if (result < 0)
        return -1;
    return info->manifest ? read_lock(info->manifest, out, err) : 0;
}
