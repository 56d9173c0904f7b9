/*
 * contents - what a finished image is made of: its packages, its lock.
 */
#include "lib/build/internal.h"
#include "lib/codec/codec.h"
#include "lib/tar/tar.h"

enum { DATABASE_MAX = 256 << 20 };
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

static const struct stet_distro *owner_of(const char *path)
{
    for (const struct stet_distro *const *d = stet_distro_all(); *d; d++)
        if (strcmp((*d)->database_path, path) == 0)
            return *d;
    return NULL;
}

static int read_database(struct stet_tar_reader *tar, const struct stet_entry *e,
                         struct stet_buffer *out, struct stet_error *err)
{
    if (e->size > DATABASE_MAX)
        return stet_error_input(err, "package database '%s' is larger than %d bytes", e->path,
                                DATABASE_MAX);
    stet_buffer_clear(out);
    char block[65536];
    ssize_t n;
    while ((n = stet_tar_reader_read(tar, block, sizeof(block), err)) > 0)
        stet_buffer_add(out, block, (size_t)n);
    return n < 0 ? -1 : stet_buffer_check(out, "package database", err);
}

static int list_packages(const struct stet_distro *distro, const struct stet_buffer *database,
                         struct stet_build_contents *out, struct stet_error *err)
{
    stet_strv_release(&out->packages);
    out->ecosystem = distro->name;
    return distro->list_packages(stet_buffer_str(database), database->len, &out->packages, err);
}

static int read_entries(struct stet_tar_reader *tar, struct stet_build_contents *out,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer database = STET_BUFFER_INIT;
    const struct stet_distro *distro = NULL;
    const struct stet_entry *e;
    int more;
    while ((more = stet_tar_reader_next(tar, &e, err)) > 0) {
        if (stet_cancel_check(err) < 0)
            return -1;
        out->entries++;
        const struct stet_distro *owner = e->type == STET_ENTRY_FILE ? owner_of(e->path) : NULL;
        if (!owner)
            continue;
        if (read_database(tar, e, &database, err) < 0)
            return -1;
        distro = owner;
    }
    if (more < 0)
        return -1;
    return distro ? list_packages(distro, &database, out, err) : 0;
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

static int read_tar(struct stet_reader *plain, const struct stet_digest *diff_id,
                    struct stet_build_contents *out, struct stet_error *err)
{
    struct hashing h = {.below = plain};
    if (stet_digest_begin(&h.state, err) < 0)
        return -1;
    stet_reader_init(&h.base, &hashing_ops, &h);
    struct stet_tar_reader *tar = stet_tar_reader_new(&h.base, "layer", NULL, err);
    int result = tar ? read_entries(tar, out, err) : -1;
    stet_tar_reader_free(tar);
    if (result == 0)
        result = check_diff_id(&h, diff_id, err);
    out->bytes += h.base.consumed;
    stet_digest_release(&h.state);
    return result;
}

static int read_layer(struct stet_oci_source *source, size_t i, struct stet_build_contents *out,
                      struct stet_error *err)
{
    struct stet_reader *blob = stet_oci_source_layer(source, i, err);
    if (!blob)
        return -1;
    struct stet_reader *plain = stet_codec_decoder_new(blob, "layer", layer_bytes_max, NULL, err);
    int result = -1;
    if (plain)
        result = read_tar(plain, &stet_oci_source_info(source)->layers[i].diff_id, out, err);
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

int stet_build_contents_read(struct stet_oci_source *source, struct stet_build_contents *out,
                             struct stet_error *err)
{
    const struct stet_oci_source_info *info = stet_oci_source_info(source);
    for (size_t i = 0; i < info->layer_count; i++)
        if (read_layer(source, i, out, err) < 0)
            return stet_error_wrap(err, "layer %zu", i + 1);
    return info->manifest ? read_lock(info->manifest, out, err) : 0;
}
