/*
 * docker - reading what `docker save` and its like write: manifest.json, a config and plain layers.
 */
#include "lib/oci/internal.h"

/* "docker.io/library/debian:12" and "debian:12" are one name to Docker. */
static const char *familiar(const char *name)
{
    static const char *const prefixes[] = {"docker.io/library/", "docker.io/", "localhost/", NULL};

    for (size_t i = 0; prefixes[i]; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return name + strlen(prefixes[i]);
    return name;
}

static bool has_tag(const json_t *image, const char *reference)
{
    const json_t *tags = json_object_get(image, "RepoTags");

    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        if (tag && strcmp(familiar(tag), familiar(reference)) == 0)
            return true;
    }
    return false;
}

static void list_tags(const json_t *images, struct stet_buffer *out)
{
    for (size_t i = 0; i < json_array_size(images) && i < 20; i++) {
        const json_t *tags = json_object_get(json_array_get(images, i), "RepoTags");
        for (size_t j = 0; j < json_array_size(tags) && j < 20; j++) {
            const char *tag = json_string_value(json_array_get(tags, j));
            if (tag)
                stet_buffer_addf(out, "%s%s", out->len > 0 ? ", " : "", tag);
        }
    }
    if (out->len == 0)
        stet_buffer_add_str(out, "none");
}

/* The image that is meant, borrowed from images. */
static const json_t *choose(const json_t *images, const char *path, const char *reference,
                            struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer tags = STET_BUFFER_INIT;
    const json_t *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *image = json_array_get(images, i);
        if (reference && !has_tag(image, reference))
            continue;
        found = image;
        count++;
    }
    if (count == 1)
        return found;
    list_tags(images, &tags);
    stet_error_input(err, "%s: holds %s%s%s (references: %s)", path,
                     count == 0 ? "no image" : "several images", reference ? " named " : "",
                     reference    ? reference
                     : count == 0 ? ""
                                  : ": name one by its reference",
                     stet_buffer_str(&tags));
    return NULL;
}

/* When the name of a file holds a digest, it must be its content's. */
static int check_name(const char *path, const struct stet_digest *found, struct stet_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    char hex[STET_DIGEST_HEX_SIZE];
    size_t len = strcspn(base, ".");

    stet_digest_hex(found, hex);
    if (len != STET_DIGEST_HEX_SIZE - 1 || strspn(base, "0123456789abcdef") < len)
        return 0;
    if (strncmp(base, hex, len) != 0)
        return stet_error_input(err, "%s: is damaged: its content has the digest %s", path, hex);
    return 0;
}

static int read_config(struct stet_oci_source *s, const char *name, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT, path = STET_BUFFER_INIT;

    if (stet_path_normalize(name, &path, err) < 0 ||
        stet_oci_files_read(&s->files, stet_buffer_str(&path), STET_OCI_CONFIG_MAX, &text, err) <
            0 ||
        stet_digest_of(text.data, text.len, &s->info.config_digest, err) < 0 ||
        check_name(stet_buffer_str(&path), &s->info.config_digest, err) < 0)
        return -1;
    s->config = stet_json_parse(text.data, text.len, STET_OCI_CONFIG_MAX, name, err);
    s->info.config = s->config;
    s->info.config_size = text.len;
    return s->config ? 0 : -1;
}

/* A compressed layer's digest stands nowhere in such an archive: it is computed. */
static int describe_span(const struct stet_oci_span *span, struct stet_oci_source_layer *layer,
                         const char *name, struct stet_error *err)
{
    struct stet_oci_range r;
    enum stet_codec_kind kind;
    const char *media_type = STET_OCI_MEDIA_LAYER_TAR;

    if (stet_oci_span_kind(span, name, &kind, err) < 0)
        return -1;
    stet_oci_range_init(&r, span->fd, span->offset, span->size, name);
    layer->descriptor.size = span->size;
    layer->descriptor.digest = layer->diff_id;
    if (kind == STET_CODEC_XZ)
        return stet_error_input(err, "%s: a layer compressed by xz is not supported", name);
    if (kind == STET_CODEC_GZIP)
        media_type = STET_OCI_MEDIA_LAYER_GZIP;
    if (kind == STET_CODEC_ZSTD)
        media_type = STET_OCI_MEDIA_LAYER_ZSTD;
    layer->descriptor.media_type = stet_strdup(media_type, err);
    if (!layer->descriptor.media_type)
        return -1;
    return kind == STET_CODEC_NONE
               ? 0
               : stet_oci_digest_reader(&r.base, &layer->descriptor.digest, err);
}

static int read_layer(struct stet_oci_source *s, const json_t *name, size_t i,
                      struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer path = STET_BUFFER_INIT;
    struct stet_oci_span span;

    if (!json_is_string(name))
        return stet_error_input(err, "Layers[%zu] is not a string", i);
    if (stet_path_normalize(json_string_value(name), &path, err) < 0)
        return -1;
    s->layer_paths[i] = stet_strdup(stet_buffer_str(&path), err);
    if (!s->layer_paths[i] || stet_oci_files_need(&s->files, s->layer_paths[i], &span, err) < 0)
        return -1;
    int rc = describe_span(&span, &s->layers[i], s->layer_paths[i], err);
    close(span.fd);
    return rc;
}

static int read_layers(struct stet_oci_source *s, const json_t *image, struct stet_error *err)
{
    _cleanup_free_ struct stet_digest *diff_ids = NULL;
    size_t diff_count = 0;
    json_t *list;

    if (stet_oci_config_diff_ids(s->config, s->path, &diff_ids, &diff_count, err) < 0 ||
        stet_json_get_array(image, STET_OCI_DOCKER_INDEX_FILE, "Layers", &list, err) < 0)
        return -1;
    if (json_array_size(list) != diff_count)
        return stet_error_input(err, "%s: %s has %zu layers, the config %zu", s->path,
                                STET_OCI_DOCKER_INDEX_FILE, json_array_size(list), diff_count);
    if (stet_oci_source_reserve(s, diff_count, err) < 0)
        return -1;
    for (size_t i = 0; i < diff_count; i++) {
        s->layers[i].diff_id = diff_ids[i];
        if (read_layer(s, json_array_get(list, i), i, err) < 0)
            return stet_error_wrap(err, "%s", s->path);
    }
    return 0;
}

static int read_image(struct stet_oci_source *s, const json_t *images, const char *reference,
                      struct stet_error *err)
{
    const char *config;

    if (!json_is_array(images))
        return stet_error_input(err, "%s: %s is not an array", s->path, STET_OCI_DOCKER_INDEX_FILE);
    const json_t *image = choose(images, s->path, reference, err);
    if (!image)
        return -1;
    if (!json_is_object(image))
        return stet_error_input(err, "%s: %s holds what is no object", s->path,
                                STET_OCI_DOCKER_INDEX_FILE);
    if (stet_json_get_string(image, STET_OCI_DOCKER_INDEX_FILE, "Config", &config, err) < 0 ||
        read_config(s, config, err) < 0)
        return stet_error_wrap(err, "%s", s->path);
    return read_layers(s, image, err);
}

int stet_oci_source_open_docker(struct stet_oci_source *s, const char *reference,
                                struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_oci_span span;
    int rc = stet_oci_files_find(&s->files, STET_OCI_DOCKER_INDEX_FILE, &span, err);

    if (rc < 0)
        return -1;
    if (rc == 0)
        return stet_error_input(
            err,
            "%s: has no manifest.json: it is no archive of `docker save`, or one "
            "of Docker before 1.10",
            s->path);
    close(span.fd);
    if (stet_oci_files_read(&s->files, STET_OCI_DOCKER_INDEX_FILE, STET_OCI_MANIFEST_MAX, &text,
                            err) < 0)
        return -1;
    json_t *images = stet_json_parse(text.data, text.len, STET_OCI_MANIFEST_MAX,
                                     STET_OCI_DOCKER_INDEX_FILE, err);
    if (!images)
        return stet_error_wrap(err, "%s", s->path);
    rc = read_image(s, images, reference, err);
    json_decref(images);
    return rc;
}
