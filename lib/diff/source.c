/*
 * source - opening an image: the index, manifests, configs and layers it leads to.
 */
#include <errno.h>

#include "lib/diff/image.h"

#define REF_NAME  "org.opencontainers.image.ref.name"
#define DESCRIBES "vnd.docker.reference.digest"

enum { LINKS_MAX = 8 };

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* ---- files ---- */

const char *stet_diff_image_index_name(const struct diff_image *i)
{
    return i->docker ? "manifest.json" : "index.json";
}

static int layout_file(const struct diff_image *i, const char *path, struct diff_map *out,
                       struct stet_error *err)
{
    struct stat st;
    _cleanup_close_ int fd = stet_fs_try_open_in(i->dir, path, O_RDONLY | O_NONBLOCK, err);

    if (fd == -2)
        return 0;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "look at %s", path);
    if (!S_ISREG(st.st_mode))
        return 0;
    return stet_diff_map_fd(i->guard, fd, 0, (uint64_t)st.st_size, path, out, err) < 0 ? -1 : 1;
}

/* "a/b" and "../c/d" are "c/d". False: it leads out of the archive. */
static bool follow_link(struct stet_buffer *path, const char *link)
{
    const char *base = strrchr(stet_buffer_str(path), '/');
    size_t len = base ? (size_t)(base - stet_buffer_str(path)) : 0;

    if (link[0] == '/' || !link[0])
        return false;
    while (strncmp(link, "../", 3) == 0 || strncmp(link, "./", 2) == 0) {
        if (link[1] == '.') {
            if (len == 0)
                return false;
            while (len > 0 && path->data[len - 1] != '/')
                len--;
            len -= len > 0;
        }
        link = strchr(link, '/') + 1;
    }
    char *next = stet_format(NULL, "%.*s%s%s", (int)len, path->data, len ? "/" : "", link);
    stet_buffer_clear(path);
    stet_buffer_add_str(path, next ? next : "");
    path->failed = path->failed || !next;
    free(next);
    return !path->failed;
}

bool stet_diff_image_resolve(const struct diff_image *i, const char *path, struct stet_buffer *out)
{
    struct diff_meta m = {0};
    size_t entry;
    bool found = false;

    stet_buffer_clear(out);
    stet_buffer_add_str(out, path);
    for (unsigned links = 0; links < LINKS_MAX && !out->failed; links++) {
        if (!stet_diff_tar_find(&i->files, stet_buffer_str(out), &entry))
            break;
        found = i->files.entries[entry].type != '2';
        if (found || stet_diff_tar_meta(&i->files, entry, &m, NULL) < 0 || !m.link ||
            !follow_link(out, m.link))
            break;
    }
    stet_diff_meta_release(&m);
    return found;
}

int stet_diff_image_file(const struct diff_image *i, const char *path, struct diff_map *out,
                         struct stet_error *err)
{
    struct stet_error why = STET_ERROR_INIT;
    _cleanup_buffer_ struct stet_buffer real = STET_BUFFER_INIT;
    size_t entry;

    *out = (struct diff_map){0};
    if (!i->archive)
        return layout_file(i, path, out, err);
    if (!stet_diff_image_resolve(i, path, &real))
        return stet_buffer_check(&real, path, err);
    if (!stet_diff_tar_find(&i->files, stet_buffer_str(&real), &entry))
        return 0;
    char type = i->files.entries[entry].type;
    if (type != '0' && type != '\0' && type != '7' && type != '1')
        return 0;
    int rc = stet_diff_tar_content(&i->files, entry, out, &why);
    if (rc < 0)
        stet_error_copy(err, &why);
    return rc;
}

const char *stet_diff_blob_name(const struct diff_blob *b)
{
    return b->digest ? b->digest : b->path ? b->path : "";
}

static void release_blob(struct diff_blob *b)
{
    free(b->digest);
    free(b->path);
    stet_diff_map_release(&b->map);
}

/* "sha256:hex" is in blobs/sha256/hex; anything that could be more than that is nowhere. */
static char *blob_path(const char *digest, struct stet_error *err)
{
    const char *colon = strchr(digest, ':');
    size_t algorithm = colon ? (size_t)(colon - digest) : 0;
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    if (algorithm == 0 || strspn(digest, allowed) != algorithm || !colon[1] ||
        strspn(colon + 1, allowed) != strlen(colon + 1) || strlen(digest) > 200)
        return NULL;
    return stet_format(err, "blobs/%.*s/%s", (int)algorithm, digest, colon + 1);
}

static int open_blob(const struct diff_image *i, struct diff_blob *b, struct stet_error *err)
{
    int rc = b->path ? stet_diff_image_file(i, b->path, &b->map, err) : 0;

    b->found = rc > 0;
    return rc < 0 ? -1 : 0;
}

static int blob_by_digest(const struct diff_image *i, const char *digest, struct diff_blob *b,
                          struct stet_error *err)
{
    struct stet_error failed = STET_ERROR_INIT;

    if (!digest)
        return 0;
    b->digest = stet_strdup(digest, &failed);
    b->path = blob_path(digest, &failed);
    if (failed.kind) {
        stet_error_copy(err, &failed);
        return -1;
    }
    return open_blob(i, b, err);
}

/* Files of docker's archives are called by their digests: "HEX.json", "blobs/sha256/HEX", "sha256:HEX", "HEX.tar.gz". But
 * "ID/layer.tar" says nothing. */
static bool is_named_by_digest(const char *path, const char **hex)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

    base += strncmp(base, "sha256:", 7) == 0 ? 7 : 0;
    *hex = stet_diff_name_in(base, strlen(base));
    return *hex == base && (base[DIFF_NAME_LEN] == '\0' || base[DIFF_NAME_LEN] == '.');
}

static int open_path(const struct diff_image *i, struct diff_blob *b, const char *path,
                     struct stet_error *err)
{
    const char *hex;

    b->path = stet_strdup(path, err);
    if (!b->path)
        return -1;
    if (is_named_by_digest(path, &hex)) {
        b->digest = stet_format(err, "sha256:%.*s", DIFF_NAME_LEN, hex);
        if (!b->digest)
            return -1;
    }
    return open_blob(i, b, err);
}

/* ---- documents ---- */

static json_t *parse(const struct diff_map *m, const char *name, struct stet_error *why)
{
    return stet_json_parse((const char *)m->bytes.data, m->bytes.len, DIFF_DOCUMENT_MAX, name, why);
}

static int keep_doc(struct diff_image *i, json_t *doc, struct stet_error *err)
{
    if (stet_grow(&i->docs, &i->doc_cap, i->doc_count + 1, sizeof(json_t *), err) < 0) {
        json_decref(doc);
        return -1;
    }
    i->docs[i->doc_count++] = doc;
    return 0;
}

/* ---- layers ---- */

static bool is_tar_type(const char *media_type)
{
    return !media_type || strstr(media_type, ".tar") || strstr(media_type, "+tar");
}

static int open_layer(struct diff_image *i, struct diff_image_layer *l, const char *path,
                      struct stet_error *err)
{
    if (path && open_path(i, &l->blob, path, err) < 0)
        return -1;
    l->stream.name = stet_format(err, "%s: %s", i->name, l->blob.path ? l->blob.path : "a layer");
    l->stream.blob = l->blob.map;
    l->blob.map = (struct diff_map){0};
    return l->stream.name ? 0 : -1;
}

/* Layers of an OCI manifest (descriptors), or of docker's (paths). */
static int open_layers(struct diff_image *i, struct diff_image_item *item, const json_t *list,
                       struct stet_error *err)
{
    const json_t *ids = json_object_get(json_object_get(item->config_doc, "rootfs"), "diff_ids");
    size_t count = json_array_size(list);

    if (count > DIFF_LAYERS_MAX)
        return stet_error_input(err, "%s: more than %d layers", i->name, DIFF_LAYERS_MAX);
    item->layers = calloc(count + 1, sizeof *item->layers);
    if (!item->layers)
        return stet_error_oom(err, i->name);
    for (size_t k = 0; k < count; k++) {
        const json_t *entry = json_array_get(list, k);
        struct diff_image_layer *l = &item->layers[item->layer_count++];
        l->diff_id = json_string_value(json_array_get(ids, k));
        l->is_tar = is_tar_type(text_of(entry, "mediaType"));
        if (blob_by_digest(i, text_of(entry, "digest"), &l->blob, err) < 0 ||
            open_layer(i, l, json_string_value(entry), err) < 0)
            return -1;
    }
    return 0;
}

/* ---- images ---- */

static struct diff_image_item *add_item(struct diff_image *i, const json_t *entry,
                                        struct stet_error *err)
{
    if (i->count == DIFF_IMAGES_MAX) {
        stet_error_input(err, "%s: more than %d images", i->name, DIFF_IMAGES_MAX);
        return NULL;
    }
    if (stet_grow(&i->items, &i->cap, i->count + 1, sizeof *i->items, err) < 0)
        return NULL;
    struct diff_image_item *item = &i->items[i->count++];
    *item = (struct diff_image_item){.entry = (json_t *)entry};
    return item;
}

/* What an attestation is of, among the list that names both; else the entry itself. */
static const json_t *described(const json_t *list, const json_t *entry)
{
    const char *digest = text_of(json_object_get(entry, "annotations"), DESCRIBES);

    for (size_t k = 0; digest && k < json_array_size(list); k++) {
        const char *other = text_of(json_array_get(list, k), "digest");
        if (other && strcmp(other, digest) == 0)
            return json_array_get(list, k);
    }
    return entry;
}

/* What belongs together in two artifacts has one key: "tag os/architecture/variant". */
static int set_key(struct diff_image_item *item, const json_t *list, const json_t *entry,
                   const char *reference, struct stet_error *err)
{
    const json_t *of = described(list, entry), *platform = json_object_get(of, "platform");
    const char *os = text_of(platform, "os"), *machine = text_of(platform, "architecture");
    const char *variant = text_of(platform, "variant");
    bool known = os || machine || variant || of != entry;

    item->key = stet_format(err, "%s%s%s%s%s%s%s%s", reference ? reference : "",
                            reference && known ? " " : "", of == entry ? "" : "attestation of ",
                            os ? os : "", known ? "/" : "", machine ? machine : "",
                            variant ? "/" : "", variant ? variant : "");
    if (!item->key)
        return -1;
    item->platform = item->key + (reference ? strlen(reference) + known : 0);
    return 0;
}

static int add_oci(struct diff_image *i, const json_t *list, const json_t *entry,
                   const char *reference, struct stet_error *err)
{
    struct diff_image_item *item = add_item(i, entry, err);

    if (!item)
        return -1;
    if (set_key(item, list, entry, reference, err) < 0 ||
        blob_by_digest(i, text_of(entry, "digest"), &item->manifest, err) < 0)
        return -1;
    item->manifest_doc = item->manifest.found ? parse(&item->manifest.map, i->name, NULL) : NULL;
    const char *config = text_of(json_object_get(item->manifest_doc, "config"), "digest");
    if (blob_by_digest(i, config, &item->config, err) < 0)
        return -1;
    item->config_doc = item->config.found ? parse(&item->config.map, i->name, NULL) : NULL;
    return open_layers(i, item, json_object_get(item->manifest_doc, "layers"), err);
}

static bool is_index(const json_t *entry)
{
    const char *type = text_of(entry, "mediaType");
    return type && (strstr(type, "image.index.") || strstr(type, "manifest.list."));
}

static int read_index(struct diff_image *i, const json_t *doc, const char *above, unsigned depth,
                      struct stet_error *err);

static int add_nested(struct diff_image *i, const json_t *entry, const char *reference,
                      unsigned depth, struct stet_error *err)
{
    if (depth == DIFF_INDEX_DEPTH_MAX || i->nested_count == DIFF_IMAGES_MAX)
        return stet_error_input(err, "%s: too many indexes in indexes", i->name);
    if (stet_grow(&i->nested, &i->nested_cap, i->nested_count + 1, sizeof *i->nested, err) < 0)
        return -1;
    struct diff_blob *b = &i->nested[i->nested_count++];
    if (blob_by_digest(i, text_of(entry, "digest"), b, err) < 0)
        return -1;
    json_t *doc = b->found ? parse(&b->map, i->name, NULL) : NULL;
    if (!doc)
        return 0;
    if (keep_doc(i, doc, err) < 0)
        return -1;
    return read_index(i, doc, reference, depth + 1, err);
}

/* above: the reference of the index that led here, which is all its images'. */
static int read_index(struct diff_image *i, const json_t *doc, const char *above, unsigned depth,
                      struct stet_error *err)
{
    const json_t *list = json_object_get(doc, "manifests");

    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *entry = json_array_get(list, k);
        const char *own = text_of(json_object_get(entry, "annotations"), REF_NAME);
        const char *reference = above ? above : own;
        if (i->reference && (!reference || strcmp(reference, i->reference) != 0))
            continue;
        if ((is_index(entry) ? add_nested(i, entry, reference, depth, err)
                             : add_oci(i, list, entry, reference, err)) < 0)
            return -1;
    }
    return 0;
}

/* ---- docker's archives ---- */

/* "docker.io/library/debian:12" and "debian:12" are one name. */
static const char *short_name(const char *name)
{
    static const char *const prefixes[] = {"docker.io/library/", "docker.io/", "localhost/"};

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return name + strlen(prefixes[i]);
    return name;
}

static bool has_tag(const json_t *entry, const char *reference)
{
    const json_t *tags = json_object_get(entry, "RepoTags");

    for (size_t k = 0; k < json_array_size(tags); k++) {
        const char *tag = json_string_value(json_array_get(tags, k));
        if (tag && strcmp(short_name(tag), short_name(reference)) == 0)
            return true;
    }
    return false;
}

static int add_docker(struct diff_image *i, const json_t *entry, struct stet_error *err)
{
    const char *tag = json_string_value(json_array_get(json_object_get(entry, "RepoTags"), 0));
    const char *config = text_of(entry, "Config");
    struct diff_image_item *item = add_item(i, entry, err);

    if (!item)
        return -1;
    item->key = stet_strdup(tag ? tag : "", err);
    if (!item->key)
        return -1;
    item->platform = "";
    if (config && open_path(i, &item->config, config, err) < 0)
        return -1;
    item->config_doc = item->config.found ? parse(&item->config.map, i->name, NULL) : NULL;
    if (open_layers(i, item, json_object_get(entry, "Layers"), err) < 0)
        return -1;
    for (size_t k = 0; k < item->layer_count; k++)
        item->layers[k].is_tar = true;
    return 0;
}

static int read_docker(struct diff_image *i, const json_t *doc, struct stet_error *err)
{
    for (size_t k = 0; k < json_array_size(doc); k++) {
        const json_t *entry = json_array_get(doc, k);
        if ((!i->reference || has_tag(entry, i->reference)) && add_docker(i, entry, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- */

static int open_files(const struct diff *d, struct diff_artifact *a, struct diff_image *i,
                      struct stet_error *err)
{
    if (i->archive) {
        i->file = &a->file;
        return stet_diff_tar_index(d, &a->file, &i->files, err);
    }
    i->dir = stet_fs_open(AT_FDCWD, a->place.path, O_RDONLY | O_DIRECTORY, 0, err);
    return i->dir < 0 ? -1 : 0;
}

static int read_image(struct diff_image *i, struct stet_error *err)
{
    const char *name = stet_diff_image_index_name(i);
    int rc = stet_diff_image_file(i, name, &i->index, err);

    if (rc == 0)
        return stet_error_input(err, "%s: has no %s: it holds no image", i->name, name);
    if (rc < 0)
        return stet_error_wrap(err, "%s", i->name);
    json_t *doc = parse(&i->index, name, &i->damage);
    if (!doc && i->damage.kind != STET_ERROR_INPUT) {
        stet_error_copy(err, &i->damage);
        return -1;
    }
    if (!doc)
        return 0;
    if (keep_doc(i, doc, err) < 0 ||
        (i->docker ? read_docker(i, doc, err) : read_index(i, doc, NULL, 0, err)) < 0)
        return -1;
    if (i->count == 0 && i->reference)
        return stet_error_input(err, "%s: holds no image tagged %s", i->name, i->reference);
    return 0;
}

int stet_diff_image_open(const struct diff *d, struct diff_artifact *a, struct stet_error *err)
{
    struct diff_image *i = calloc(1, sizeof *i);

    if (!i)
        return stet_error_oom(err, a->name);
    a->image = i;
    i->guard = d->guard;
    i->name = a->place.path;
    i->reference = a->place.reference;
    i->docker = a->place.transport == STET_OCI_DOCKER_ARCHIVE;
    i->archive = a->place.transport != STET_OCI_LAYOUT;
    i->dir = -1;
    if (open_files(d, a, i, err) < 0)
        return -1;
    return read_image(i, err);
}

static void release_item(struct diff_image_item *item)
{
    for (size_t k = 0; k < item->layer_count; k++) {
        release_blob(&item->layers[k].blob);
        stet_diff_stream_release(&item->layers[k].stream);
    }
    free(item->layers);
    free(item->key);
    release_blob(&item->manifest);
    release_blob(&item->config);
    json_decref(item->manifest_doc);
    json_decref(item->config_doc);
}

void stet_diff_image_free(struct diff_image *i)
{
    if (!i)
        return;
    for (size_t k = 0; k < i->count; k++)
        release_item(&i->items[k]);
    for (size_t k = 0; k < i->nested_count; k++)
        release_blob(&i->nested[k]);
    for (size_t k = 0; k < i->doc_count; k++)
        json_decref(i->docs[k]);
    free(i->items);
    free(i->nested);
    free(i->docs);
    stet_diff_map_release(&i->index);
    stet_diff_tar_release(&i->files);
    stet_cleanup_close(&i->dir);
    free(i);
}

static bool blob_is(const struct diff_blob *b, const char *path)
{
    return b->path && strcmp(b->path, path) == 0;
}

static bool item_refers(const struct diff_image_item *item, const char *path)
{
    for (size_t k = 0; k < item->layer_count; k++)
        if (blob_is(&item->layers[k].blob, path))
            return true;
    return blob_is(&item->manifest, path) || blob_is(&item->config, path);
}

bool stet_diff_image_refers(const struct diff_image *i, const char *path)
{
    for (size_t k = 0; k < i->nested_count; k++)
        if (blob_is(&i->nested[k], path))
            return true;
    for (size_t k = 0; k < i->count; k++)
        if (item_refers(&i->items[k], path))
            return true;
    return strcmp(path, stet_diff_image_index_name(i)) == 0;
}
