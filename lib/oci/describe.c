/*
 * describe - the config and the manifest of an image (docs/format-1.md, "Image JSON").
 */
#include "lib/oci/internal.h"

static const int64_t created_max = INT64_C(253402300799); /* the end of year 9999 */

void stet_oci_image_init(struct stet_oci_image *image)
{
    memset(image, 0, sizeof(*image));
    image->layer.fd = -1;
}

void stet_oci_image_release(struct stet_oci_image *image)
{
    stet_buffer_release(&image->config);
    stet_buffer_release(&image->manifest);
    stet_oci_image_init(image);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct stet_oci_pair *x = a, *y = b;

    return strcmp(x->key, y->key);
}

/* A sorted copy of pairs (NULL when there are none), that the caller frees. */
static int sort_pairs(const struct stet_oci_pair *pairs, size_t count, const char *what,
                      struct stet_oci_pair **out, struct stet_error *err)
{
    *out = NULL;
    if (count == 0)
        return 0;
    _cleanup_free_ struct stet_oci_pair *sorted = calloc(count, sizeof(*sorted));
    if (!sorted)
        return stet_error_oom(err, what);
    memcpy(sorted, pairs, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_pairs);
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].key[0] == '\0')
            return stet_error_input(err, "image %s: an empty name", what);
        if (i > 0 && strcmp(sorted[i - 1].key, sorted[i].key) == 0)
            return stet_error_input(err, "image %s: \"%s\" is given twice", what, sorted[i].key);
    }
    *out = stet_steal_pointer(&sorted);
    return 0;
}

static int write_env(struct stet_json_writer *w, const struct stet_oci_description *d,
                     struct stet_error *err)
{
    _cleanup_free_ struct stet_oci_pair *env = NULL;

    if (sort_pairs(d->env, d->env_count, "env", &env, err) < 0)
        return -1;
    if (!env)
        return 0;
    stet_json_key(w, "Env");
    stet_json_array_begin(w);
    for (size_t i = 0; i < d->env_count; i++) {
        if (strchr(env[i].key, '='))
            return stet_error_input(err, "image env: the name \"%s\" has a '='", env[i].key);
        _cleanup_free_ char *assignment =
            stet_format(err, "%s=%s", env[i].key, env[i].value ? env[i].value : "");
        if (!assignment)
            return -1;
        stet_json_string(w, assignment);
    }
    stet_json_array_end(w);
    return 0;
}

/* A set, as JSON of the field has it: {"/data":{},"/logs":{}}. */
static int write_set(struct stet_json_writer *w, const char *key, const struct stet_strv *set,
                     struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv sorted = STET_STRV_INIT;

    if (!set || set->count == 0)
        return 0;
    if (stet_strv_copy(&sorted, set, err) < 0)
        return -1;
    stet_strv_sort_unique(&sorted);
    stet_json_key(w, key);
    stet_json_object_begin(w);
    for (size_t i = 0; i < sorted.count; i++) {
        stet_json_key(w, sorted.items[i]);
        stet_json_object_begin(w);
        stet_json_object_end(w);
    }
    stet_json_object_end(w);
    return 0;
}

static int write_map(struct stet_json_writer *w, const char *key, const char *what,
                     const struct stet_oci_pair *pairs, size_t count, struct stet_error *err)
{
    _cleanup_free_ struct stet_oci_pair *sorted = NULL;

    if (sort_pairs(pairs, count, what, &sorted, err) < 0)
        return -1;
    if (!sorted)
        return 0;
    stet_json_key(w, key);
    stet_json_object_begin(w);
    for (size_t i = 0; i < count; i++) {
        stet_json_key(w, sorted[i].key);
        stet_json_string(w, sorted[i].value ? sorted[i].value : "");
    }
    stet_json_object_end(w);
    return 0;
}

static void write_text(struct stet_json_writer *w, const char *key, const char *value)
{
    if (value && *value)
        stet_json_key_string(w, key, value);
}

static void write_list(struct stet_json_writer *w, const char *key, const struct stet_strv *list)
{
    if (list && list->count > 0)
        stet_json_key_strings(w, key, list);
}

/* What a container runs with; the order of keys is that of image-spec's own structure. */
static int write_execution(struct stet_json_writer *w, const struct stet_oci_description *d,
                           struct stet_error *err)
{
    stet_json_key(w, "config");
    stet_json_object_begin(w);
    write_text(w, "User", d->user);
    if (write_set(w, "ExposedPorts", d->exposed_ports, err) < 0 || write_env(w, d, err) < 0)
        return -1;
    write_list(w, "Entrypoint", d->entrypoint);
    write_list(w, "Cmd", d->cmd);
    if (write_set(w, "Volumes", d->volumes, err) < 0)
        return -1;
    write_text(w, "WorkingDir", d->working_dir);
    if (write_map(w, "Labels", "labels", d->labels, d->label_count, err) < 0)
        return -1;
    write_text(w, "StopSignal", d->stop_signal);
    stet_json_object_end(w);
    return 0;
}

static void write_rootfs(struct stet_json_writer *w, const struct stet_oci_layer *layer)
{
    char diff_id[STET_DIGEST_TEXT_SIZE];

    stet_digest_text(&layer->diff_id, diff_id);
    stet_json_key(w, "rootfs");
    stet_json_object_begin(w);
    stet_json_key_string(w, "type", "layers");
    stet_json_key(w, "diff_ids");
    stet_json_array_begin(w);
    stet_json_string(w, diff_id);
    stet_json_array_end(w);
    stet_json_object_end(w);
}

static void write_history(struct stet_json_writer *w, const struct stet_oci_description *d,
                          const char *created)
{
    stet_json_key(w, "history");
    stet_json_array_begin(w);
    stet_json_object_begin(w);
    stet_json_key_string(w, "created", created);
    write_text(w, "created_by", d->history);
    stet_json_object_end(w);
    stet_json_array_end(w);
}

static int write_config(const struct stet_oci_description *d, const struct stet_oci_layer *layer,
                        struct stet_buffer *out, struct stet_error *err)
{
    struct stet_json_writer w;
    char created[STET_TIME_TEXT_MAX];

    stet_time_format(d->created, created);
    stet_json_writer_init(&w, STET_JSON_COMPACT, out);
    stet_json_object_begin(&w);
    stet_json_key_string(&w, "created", created);
    stet_json_key_string(&w, "architecture", d->architecture);
    write_text(&w, "variant", d->variant);
    stet_json_key_string(&w, "os", d->os);
    if (write_execution(&w, d, err) < 0)
        return -1;
    write_rootfs(&w, layer);
    write_history(&w, d, created);
    stet_json_object_end(&w);
    return stet_json_writer_finish(&w, err);
}

static void write_descriptor(struct stet_json_writer *w, const char *media_type,
                             const struct stet_digest *digest, uint64_t size)
{
    char text[STET_DIGEST_TEXT_SIZE];

    stet_digest_text(digest, text);
    stet_json_object_begin(w);
    stet_json_key_string(w, "mediaType", media_type);
    stet_json_key_string(w, "digest", text);
    stet_json_key_integer(w, "size", (int64_t)size);
    stet_json_object_end(w);
}

static int write_manifest(const struct stet_oci_description *d, const struct stet_oci_image *image,
                          struct stet_buffer *out, struct stet_error *err)
{
    struct stet_json_writer w;
    const struct stet_oci_layer *layer = &image->layer;

    stet_json_writer_init(&w, STET_JSON_COMPACT, out);
    stet_json_object_begin(&w);
    stet_json_key_integer(&w, "schemaVersion", 2);
    stet_json_key_string(&w, "mediaType", STET_OCI_MEDIA_MANIFEST);
    stet_json_key(&w, "config");
    write_descriptor(&w, STET_OCI_MEDIA_CONFIG, &image->config_digest, image->config.len);
    stet_json_key(&w, "layers");
    stet_json_array_begin(&w);
    write_descriptor(&w, layer->media_type, &layer->digest, layer->size);
    stet_json_array_end(&w);
    if (write_map(&w, "annotations", "annotations", d->annotations, d->annotation_count, err) < 0)
        return -1;
    stet_json_object_end(&w);
    return stet_json_writer_finish(&w, err);
}

static int check_description(const struct stet_oci_description *d, struct stet_error *err)
{
    if (!d->architecture || !*d->architecture || !d->os || !*d->os)
        return stet_error_input(err, "image: architecture and os must be given");
    if (d->created < 0 || d->created > created_max)
        return stet_error_input(err, "image: the creation time %jd is not within 1970 to 9999",
                                (intmax_t)d->created);
    return 0;
}

/* The layer's media type as a string that outlives the layer. */
static const char *layer_media_type(const char *media_type)
{
    if (media_type && strcmp(media_type, STET_OCI_MEDIA_LAYER_GZIP) == 0)
        return STET_OCI_MEDIA_LAYER_GZIP;
    if (media_type && strcmp(media_type, STET_OCI_MEDIA_LAYER_TAR) == 0)
        return STET_OCI_MEDIA_LAYER_TAR;
    return NULL;
}

static int describe(const struct stet_oci_description *d, struct stet_oci_image *out,
                    struct stet_error *err)
{
    if (write_config(d, &out->layer, &out->config, err) < 0 ||
        stet_digest_of(out->config.data, out->config.len, &out->config_digest, err) < 0)
        return -1;
    if (write_manifest(d, out, &out->manifest, err) < 0 ||
        stet_digest_of(out->manifest.data, out->manifest.len, &out->manifest_digest, err) < 0)
        return -1;
    /* What no reader would accept must not be written. */
    if (out->config.len > STET_OCI_CONFIG_MAX || out->manifest.len > STET_OCI_MANIFEST_MAX)
        return stet_error_input(err, "image: its labels and annotations are too large");
    return 0;
}

int stet_oci_describe(const struct stet_oci_description *d, const struct stet_oci_layer *layer,
                      struct stet_oci_image *out, struct stet_error *err)
{
    const char *media_type = layer_media_type(layer->media_type);

    if (!media_type || layer->size > INT64_MAX)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "image: a layer of type %s, %ju bytes",
                              layer->media_type ? layer->media_type : "none",
                              (uintmax_t)layer->size);
    if (check_description(d, err) < 0)
        return -1;
    stet_oci_image_release(out);
    out->layer = *layer;
    out->layer.media_type = media_type;
    if (describe(d, out, err) < 0) {
        stet_oci_image_release(out);
        return -1;
    }
    return 0;
}
