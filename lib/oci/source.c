/*
 * source - an image opened for reading: verified documents, layers as checked streams.
 */
#include "lib/oci/internal.h"

int stet_oci_source_reserve(struct stet_oci_source *s, size_t count, struct stet_error *err)
{
    s->layers = calloc(count + 1, sizeof(*s->layers));
    s->layer_paths = calloc(count + 1, sizeof(*s->layer_paths));
    if (!s->layers || !s->layer_paths)
        return stet_error_oom(err, s->path);
    s->info.layers = s->layers;
    s->info.layer_count = count;
    return 0;
}

/* ---- layouts and OCI archives ---- */

static int read_document(struct stet_oci_source *s, const struct stet_oci_descriptor *d, size_t max,
                         json_t **out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;

    if (stet_oci_files_read_blob(&s->files, &d->digest, d->size, max, &text, err) < 0)
        return -1;
    *out = stet_json_parse(text.data, text.len, max, s->path, err);
    return *out ? 0 : -1;
}

static int read_manifest(struct stet_oci_source *s, const char *reference, struct stet_error *err)
{
    struct stet_oci_descriptor d = {0};
    int rc = stet_oci_select(&s->files, reference, &d, err);

    if (rc == 0)
        rc = read_document(s, &d, STET_OCI_MANIFEST_MAX, &s->manifest, err);
    if (rc == 0)
        rc = stet_oci_check_manifest(s->manifest, s->path, d.media_type, err);
    s->info.has_manifest = true;
    s->info.manifest_digest = d.digest;
    s->info.manifest_size = d.size;
    s->info.manifest = s->manifest;
    stet_oci_descriptor_release(&d);
    return rc;
}

static int read_config(struct stet_oci_source *s, struct stet_error *err)
{
    struct stet_oci_descriptor d = {0};
    int rc = stet_oci_descriptor_parse(json_object_get(s->manifest, "config"), "config", &d, err);

    if (rc == 0 && !stet_oci_media_is_config(d.media_type))
        rc =
            stet_error_input(err, "%s: is no container image but an artifact: its config is \"%s\"",
                             s->path, d.media_type);
    if (rc == 0)
        rc = read_document(s, &d, STET_OCI_CONFIG_MAX, &s->config, err);
    s->info.config_digest = d.digest;
    s->info.config_size = d.size;
    s->info.config = s->config;
    stet_oci_descriptor_release(&d);
    return rc;
}

static int read_layer(struct stet_oci_source *s, const json_t *obj, size_t i,
                      struct stet_error *err)
{
    struct stet_oci_descriptor *d = &s->layers[i].descriptor;
    char where[32], hex[STET_DIGEST_HEX_SIZE];

    snprintf(where, sizeof(where), "layers[%zu]", i);
    if (stet_oci_descriptor_parse(obj, where, d, err) < 0)
        return -1;
    if (!stet_oci_media_is_layer(d->media_type))
        return stet_error_input(err, "%s: a layer of the unknown type \"%s\"", where,
                                d->media_type);
    stet_digest_hex(&d->digest, hex);
    s->layer_paths[i] = stet_format(err, STET_OCI_BLOB_DIR "/%s", hex);
    return s->layer_paths[i] ? 0 : -1;
}

static int read_layers(struct stet_oci_source *s, struct stet_error *err)
{
    const json_t *list = json_object_get(s->manifest, "layers");
    _cleanup_free_ struct stet_digest *diff_ids = NULL;
    size_t count = json_array_size(list), diff_count = 0;

    if (count > STET_OCI_LAYERS_MAX)
        return stet_error_input(err, "%s: more than %d layers", s->path, STET_OCI_LAYERS_MAX);
    if (stet_oci_config_diff_ids(s->config, s->path, &diff_ids, &diff_count, err) < 0)
        return -1;
    if (diff_count != count)
        return stet_error_input(err, "%s: the manifest has %zu layers, the config %zu", s->path,
                                count, diff_count);
    if (stet_oci_source_reserve(s, count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (read_layer(s, json_array_get(list, i), i, err) < 0)
            return stet_error_wrap(err, "%s", s->path);
        s->layers[i].diff_id = diff_ids[i];
    }
    return 0;
}

static int open_source(struct stet_oci_source *s, const struct stet_oci_place *place,
                       struct stet_error *err)
{
    bool archive = place->transport != STET_OCI_LAYOUT;

    if (place->transport == STET_OCI_TAR || place->transport == STET_OCI_ROOTFS)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "a tar or a root holds no image");
    s->path = stet_strdup(place->path, err);
    if (!s->path || stet_oci_files_open(&s->files, s->path, archive, err) < 0)
        return -1;
    if (place->transport == STET_OCI_DOCKER_ARCHIVE)
        return stet_oci_source_open_docker(s, place->reference, err);
    if (read_manifest(s, place->reference, err) < 0 || read_config(s, err) < 0)
        return -1;
    return read_layers(s, err);
}

struct stet_oci_source *stet_oci_source_open(const struct stet_oci_place *place,
                                             struct stet_error *err)
{
    struct stet_oci_source *s = calloc(1, sizeof(*s));

    if (!s) {
        stet_error_oom(err, place->path);
        return NULL;
    }
    s->files.fd = -1;
    if (open_source(s, place, err) < 0) {
        stet_oci_source_free(s);
        return NULL;
    }
    return s;
}

void stet_oci_source_free(struct stet_oci_source *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->info.layer_count && s->layers && s->layer_paths; i++) {
        stet_oci_descriptor_release(&s->layers[i].descriptor);
        free(s->layer_paths[i]);
    }
    free(s->layers);
    free(s->layer_paths);
    json_decref(s->manifest);
    json_decref(s->config);
    stet_oci_files_release(&s->files);
    free(s->path);
    free(s);
}

const struct stet_oci_source_info *stet_oci_source_info(const struct stet_oci_source *s)
{
    return &s->info;
}

/* ---- a layer's stream ---- */

struct layer_reader {
    struct stet_reader base;
    struct stet_oci_range range;
    struct stet_oci_span span;
    struct stet_digest_state state;
    struct stet_digest digest; /* as it must be */
    bool checked;
    char *name;
};

static int check_layer(struct layer_reader *r, struct stet_error *err)
{
    struct stet_digest found;

    r->checked = true;
    if (stet_digest_finish(&r->state, &found, err) < 0)
        return -1;
    if (!stet_digest_equal(&found, &r->digest))
        return stet_error_input(err, "%s: is damaged: its content has another digest", r->name);
    return 0;
}

static ssize_t layer_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct layer_reader *r = ctx;
    ssize_t n = stet_reader_read(&r->range.base, data, len, err);

    if (n < 0)
        return -1;
    if (n > 0 && stet_digest_update(&r->state, data, (size_t)n, err) < 0)
        return -1;
    /* Before the last bytes are handed out, for a reader who knows that they are the last. */
    if (r->range.left == 0 && !r->checked && check_layer(r, err) < 0)
        return -1;
    return n;
}

static const struct stet_reader_ops layer_ops = {layer_read, NULL};

static int open_layer(struct layer_reader *r, struct stet_oci_source *s, size_t i,
                      struct stet_error *err)
{
    const struct stet_oci_descriptor *d = &s->layers[i].descriptor;

    r->span.fd = -1;
    r->digest = d->digest;
    stet_reader_init(&r->base, &layer_ops, r);
    r->name = stet_format(err, "%s: %s", s->path, s->layer_paths[i]);
    if (!r->name || stet_oci_files_need(&s->files, s->layer_paths[i], &r->span, err) < 0 ||
        stet_digest_begin(&r->state, err) < 0)
        return -1;
    if (r->span.size != d->size)
        return stet_error_input(err, "%s: has %ju bytes, its descriptor says %ju", r->name,
                                (uintmax_t)r->span.size, (uintmax_t)d->size);
    stet_oci_range_init(&r->range, r->span.fd, r->span.offset, r->span.size, r->name);
    return 0;
}

struct stet_reader *stet_oci_source_layer(struct stet_oci_source *s, size_t i,
                                          struct stet_error *err)
{
    struct layer_reader *r = calloc(1, sizeof(*r));

    if (!r) {
        stet_error_oom(err, s->path);
        return NULL;
    }
    stet_reader_init(&r->base, &layer_ops, r);
    r->span.fd = -1;
    if (i >= s->info.layer_count) {
        stet_error_set(err, STET_ERROR_INTERNAL, 0, "%s: has no layer %zu", s->path, i);
    } else if (open_layer(r, s, i, err) == 0) {
        return &r->base;
    }
    stet_oci_source_layer_close(&r->base);
    return NULL;
}

void stet_oci_source_layer_close(struct stet_reader *reader)
{
    if (!reader)
        return;
    struct layer_reader *r = reader->ctx;
    stet_cleanup_close(&r->span.fd);
    stet_digest_release(&r->state);
    free(r->name);
    free(r);
}
