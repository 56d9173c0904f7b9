/*
 * parse - descriptors, indexes, manifests and configs that others wrote.
 */
#include <strings.h>

#include "lib/oci/internal.h"

static bool is_among(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(s, *list) == 0)
            return true;
    return false;
}

enum stet_oci_class stet_oci_media_class(const char *media_type)
{
    static const char *const manifests[] = {
        STET_OCI_MEDIA_MANIFEST, "application/vnd.docker.distribution.manifest.v2+json", NULL};
    static const char *const indexes[] = {
        STET_OCI_MEDIA_INDEX, "application/vnd.docker.distribution.manifest.list.v2+json", NULL};

    if (is_among(media_type, manifests))
        return STET_OCI_CLASS_MANIFEST;
    return is_among(media_type, indexes) ? STET_OCI_CLASS_INDEX : STET_OCI_CLASS_OTHER;
}

bool stet_oci_media_is_config(const char *media_type)
{
    static const char *const configs[] = {STET_OCI_MEDIA_CONFIG,
                                          "application/vnd.docker.container.image.v1+json", NULL};

    return is_among(media_type, configs);
}

bool stet_oci_media_is_layer(const char *media_type)
{
    static const char *const layers[] = {
        STET_OCI_MEDIA_LAYER_GZIP,
        STET_OCI_MEDIA_LAYER_TAR,
        STET_OCI_MEDIA_LAYER_ZSTD,
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        NULL};

    return is_among(media_type, layers);
}

void stet_oci_descriptor_release(struct stet_oci_descriptor *d)
{
    free(d->media_type);
    memset(d, 0, sizeof(*d));
}

int stet_oci_descriptor_parse(const json_t *obj, const char *where, struct stet_oci_descriptor *out,
                              struct stet_error *err)
{
    const char *media_type, *digest;
    int64_t size;

    memset(out, 0, sizeof(*out));
    if (!json_is_object(obj))
        return stet_error_input(err, "%s: is not an object", where);
    if (stet_json_get_string(obj, where, "mediaType", &media_type, err) < 0 ||
        stet_json_get_string(obj, where, "digest", &digest, err) < 0 ||
        stet_json_get_integer(obj, where, "size", 0, INT64_MAX, &size, err) < 0 ||
        stet_digest_parse_text(digest, &out->digest, where, err) < 0)
        return -1;
    out->size = (uint64_t)size;
    out->media_type = stet_strdup(media_type, err);
    return out->media_type ? 0 : -1;
}

/*
 * A document that two readers could take for different things is nobody's image (CVE-2021-41190).
 * Some readers ignore the case of keys, so a key that differs by case alone counts too.
 */
static int check_members(const json_t *doc, const char *name, const char *const *needed,
                         const char *const *forbidden, struct stet_error *err)
{
    int64_t version;
    const char *key;
    json_t *value;

    if (!json_is_object(doc))
        return stet_error_input(err, "%s: is not an object", name);
    if (stet_json_get_integer(doc, name, "schemaVersion", 2, 2, &version, err) < 0)
        return -1;
    json_object_foreach((json_t *)doc, key, value)
    {
        for (size_t i = 0; forbidden[i]; i++)
            if (strcasecmp(key, forbidden[i]) == 0)
                return stet_error_input(err, "%s: \"%s\" beside \"%s\" is ambiguous: refused", name,
                                        key, needed[0]);
        for (size_t i = 0; needed[i]; i++)
            if (strcasecmp(key, needed[i]) == 0 && strcmp(key, needed[i]) != 0)
                return stet_error_input(err, "%s: \"%s\" is not \"%s\" but like it: refused", name,
                                        key, needed[i]);
    }
    return 0;
}

static int check_media_type(const json_t *doc, const char *name, enum stet_oci_class class,
                            const char *promised, struct stet_error *err)
{
    const char *own = NULL;

    if (stet_json_opt_string(doc, name, "mediaType", &own, err) < 0)
        return -1;
    if (own && stet_oci_media_class(own) != class)
        return stet_error_input(err, "%s: its media type \"%s\" is not what its members say", name,
                                own);
    if (own && promised && strcmp(own, promised) != 0)
        return stet_error_input(err, "%s: says it is \"%s\", its descriptor says \"%s\"", name, own,
                                promised);
    return 0;
}

int stet_oci_check_index(const json_t *doc, const char *name, const char *media_type,
                         struct stet_error *err)
{
    static const char *const needed[] = {"manifests", NULL};
    static const char *const forbidden[] = {"layers", "config", "fsLayers", NULL};
    json_t *manifests;

    if (check_members(doc, name, needed, forbidden, err) < 0 ||
        check_media_type(doc, name, STET_OCI_CLASS_INDEX, media_type, err) < 0)
        return -1;
    return stet_json_get_array(doc, name, "manifests", &manifests, err);
}

int stet_oci_check_manifest(const json_t *doc, const char *name, const char *media_type,
                            struct stet_error *err)
{
    static const char *const needed[] = {"config", "layers", NULL};
    static const char *const forbidden[] = {"manifests", "fsLayers", NULL};
    json_t *layers, *config;

    if (check_members(doc, name, needed, forbidden, err) < 0 ||
        check_media_type(doc, name, STET_OCI_CLASS_MANIFEST, media_type, err) < 0)
        return -1;
    if (stet_json_get_object(doc, name, "config", &config, err) < 0)
        return -1;
    return stet_json_get_array(doc, name, "layers", &layers, err);
}

static int parse_diff_ids(const json_t *list, const char *name, struct stet_digest *out,
                          struct stet_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text)
            return stet_error_input(err, "%s: rootfs.diff_ids[%zu] is not a string", name, i);
        if (stet_digest_parse_text(text, &out[i], "rootfs.diff_ids", err) < 0)
            return stet_error_wrap(err, "%s", name);
    }
    return 0;
}

int stet_oci_config_diff_ids(const json_t *config, const char *name, struct stet_digest **out,
                             size_t *count, struct stet_error *err)
{
    json_t *rootfs, *list;
    const char *type, *architecture, *os;

    if (!json_is_object(config))
        return stet_error_input(err, "%s: is not an object", name);
    if (stet_json_get_string(config, name, "architecture", &architecture, err) < 0 ||
        stet_json_get_string(config, name, "os", &os, err) < 0 ||
        stet_json_get_object(config, name, "rootfs", &rootfs, err) < 0 ||
        stet_json_get_string(rootfs, "rootfs", "type", &type, err) < 0 ||
        stet_json_get_array(rootfs, "rootfs", "diff_ids", &list, err) < 0)
        return -1;
    if (strcmp(type, "layers") != 0)
        return stet_error_input(err, "%s: a rootfs of type \"%s\", not \"layers\"", name, type);
    if (json_array_size(list) > STET_OCI_LAYERS_MAX)
        return stet_error_input(err, "%s: more than %d layers", name, STET_OCI_LAYERS_MAX);
    _cleanup_free_ struct stet_digest *digests =
        calloc(json_array_size(list) + 1, sizeof(*digests));
    if (!digests)
        return stet_error_oom(err, name);
    if (parse_diff_ids(list, name, digests, err) < 0)
        return -1;
    *count = json_array_size(list);
    *out = stet_steal_pointer(&digests);
    return 0;
}
