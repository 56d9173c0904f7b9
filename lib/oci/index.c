/*
 * index - what stands beside a manifest: index.json of a layout, manifest.json of Docker's
 * archives.
 */
#include "lib/oci/internal.h"

int stet_oci_config_platform(const json_t *config, struct stet_oci_platform *out,
                             struct stet_error *err)
{
    const char *created = NULL;

    memset(out, 0, sizeof(*out));
    if (stet_json_get_string(config, "config", "architecture", &out->architecture, err) < 0 ||
        stet_json_get_string(config, "config", "os", &out->os, err) < 0 ||
        stet_json_opt_string(config, "config", "variant", &out->variant, err) < 0 ||
        stet_json_opt_string(config, "config", "created", &created, err) < 0)
        return -1;
    return created ? stet_time_parse_rfc3339(created, &out->created, err) : 0;
}

const char *stet_oci_entry_reference(const json_t *entry)
{
    const json_t *annotations = json_object_get(entry, "annotations");

    return json_string_value(json_object_get(annotations, STET_OCI_ANNOTATION_REF));
}

static int write_entry(const struct stet_oci_image *image, const struct stet_oci_platform *platform,
                       const char *reference, struct stet_buffer *out, struct stet_error *err)
{
    struct stet_json_writer w;
    char digest[STET_DIGEST_TEXT_SIZE];

    stet_digest_text(&image->manifest_digest, digest);
    stet_json_writer_init(&w, STET_JSON_COMPACT, out);
    stet_json_object_begin(&w);
    stet_json_key_string(&w, "mediaType", STET_OCI_MEDIA_MANIFEST);
    stet_json_key_string(&w, "digest", digest);
    stet_json_key_integer(&w, "size", (int64_t)image->manifest.len);
    stet_json_key(&w, "platform");
    stet_json_object_begin(&w);
    stet_json_key_string(&w, "architecture", platform->architecture);
    stet_json_key_string(&w, "os", platform->os);
    stet_json_key_string(&w, "variant", platform->variant);
    stet_json_object_end(&w);
    if (reference) {
        stet_json_key(&w, "annotations");
        stet_json_object_begin(&w);
        stet_json_key_string(&w, STET_OCI_ANNOTATION_REF, reference);
        stet_json_object_end(&w);
    }
    stet_json_object_end(&w);
    return stet_json_writer_finish(&w, err);
}

/* What another tool wrote, as it wrote it but for white space. */
static int keep_value(const json_t *value, struct stet_buffer *out, struct stet_error *err)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    if (!text)
        return stet_error_oom(err, STET_OCI_INDEX_FILE);
    stet_buffer_add_str(out, text);
    free(text);
    return 0;
}

/* Does the new image stand in for this entry? */
static bool is_replaced(const json_t *entry, const char *reference)
{
    const char *other = stet_oci_entry_reference(entry);
    const char *media_type = json_string_value(json_object_get(entry, "mediaType"));

    if (reference)
        return other && strcmp(other, reference) == 0;
    return !other && media_type && stet_oci_media_class(media_type) == STET_OCI_CLASS_MANIFEST;
}

static int write_entries(const json_t *old, const struct stet_buffer *entry, const char *reference,
                         struct stet_buffer *out, struct stet_error *err)
{
    const json_t *entries = json_object_get(old, "manifests");
    const char *separator = "";
    bool placed = false;

    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *e = json_array_get(entries, i);
        bool replaced = is_replaced(e, reference);
        if (replaced && placed)
            continue;
        stet_buffer_add_str(out, separator);
        separator = ",";
        if (replaced)
            stet_buffer_add(out, entry->data, entry->len);
        else if (keep_value(e, out, err) < 0)
            return -1;
        placed = placed || replaced;
    }
    if (!placed) {
        stet_buffer_add_str(out, separator);
        stet_buffer_add(out, entry->data, entry->len);
    }
    return 0;
}

/* Members of an old index beyond those that stet writes stay, behind them. */
static int keep_members(const json_t *old, struct stet_buffer *out, struct stet_error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)old, key, value)
    {
        if (strcmp(key, "schemaVersion") == 0 || strcmp(key, "mediaType") == 0 ||
            strcmp(key, "manifests") == 0)
            continue;
        json_t *name = json_string(key);
        if (!name)
            return stet_error_oom(err, STET_OCI_INDEX_FILE);
        stet_buffer_add_char(out, ',');
        int rc = keep_value(name, out, err);
        stet_buffer_add_char(out, ':');
        if (rc == 0)
            rc = keep_value(value, out, err);
        json_decref(name);
        if (rc < 0)
            return -1;
    }
    return 0;
}

int stet_oci_index_write(const json_t *old, const struct stet_oci_image *image,
                         const struct stet_oci_platform *platform, const char *reference,
                         struct stet_buffer *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer entry = STET_BUFFER_INIT;

    if (write_entry(image, platform, reference, &entry, err) < 0)
        return -1;
    stet_buffer_add_str(out, "{\"schemaVersion\":2,\"mediaType\":\"" STET_OCI_MEDIA_INDEX
                             "\",\"manifests\":[");
    if (write_entries(old, &entry, reference, out, err) < 0)
        return -1;
    stet_buffer_add_char(out, ']');
    if (keep_members(old, out, err) < 0)
        return -1;
    stet_buffer_add_char(out, '}');
    return stet_buffer_check(out, STET_OCI_INDEX_FILE, err);
}

int stet_oci_docker_index_write(const struct stet_oci_image *image, const char *reference,
                                struct stet_buffer *out, struct stet_error *err)
{
    struct stet_json_writer w;
    char config[STET_DIGEST_HEX_SIZE + sizeof(".json")],
        layer[STET_DIGEST_HEX_SIZE + sizeof(".tar")];
    char hex[STET_DIGEST_HEX_SIZE];

    stet_digest_hex(&image->config_digest, hex);
    snprintf(config, sizeof(config), "%s.json", hex);
    stet_digest_hex(&image->layer.diff_id, hex);
    snprintf(layer, sizeof(layer), "%s.tar", hex);
    stet_json_writer_init(&w, STET_JSON_COMPACT, out);
    stet_json_array_begin(&w);
    stet_json_object_begin(&w);
    stet_json_key_string(&w, "Config", config);
    stet_json_key(&w, "RepoTags");
    stet_json_array_begin(&w);
    if (reference)
        stet_json_string(&w, reference);
    stet_json_array_end(&w);
    stet_json_key(&w, "Layers");
    stet_json_array_begin(&w);
    stet_json_string(&w, layer);
    stet_json_array_end(&w);
    stet_json_object_end(&w);
    stet_json_array_end(&w);
    return stet_json_writer_finish(&w, err);
}
