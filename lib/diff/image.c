/*
 * image - two images: their documents field by field. Their layers: image_layers.c.
 *
 * A digest that differs because what it is of differs is no finding of its own: what differs there is told.
 */
#include "lib/diff/image.h"

#include "lib/diff/diff_json.h"

/* ---- documents ---- */

int stet_diff_image_texts(struct diff *d, const char *place, const char *name,
                          const struct diff_bytes *a, const struct diff_bytes *b,
                          struct stet_error *err)
{
    const struct diff_json_place json = {d, STET_DIFF_IMAGE, 0, place, "json", name};
    int n = stet_diff_json_texts(&json, a, b, err);

    if (n != 0)
        return n < 0 ? -1 : 0;
    return stet_diff_bytes_at(d, STET_DIFF_IMAGE, 0, place, "bytes", name, a, b, err);
}

/* Is the content what the digest says? 1, 0, -1; 1 too where that cannot be told. */
static int holds(const struct diff_blob *b, char found[STET_DIGEST_TEXT_SIZE],
                 struct stet_error *err)
{
    struct stet_digest digest, said;

    if (!b->digest || stet_digest_parse_text(b->digest, &said, "", NULL) < 0)
        return 1;
    if (stet_diff_map_digest(&b->map, &digest, err) < 0)
        return -1;
    stet_digest_text(&digest, found);
    return stet_digest_equal(&digest, &said);
}

int stet_diff_image_digests(struct diff *d, enum stet_diff_level level, unsigned layer,
                            const char *place, const char *name, const char *a, const char *b,
                            struct stet_error *err)
{
    return stet_diff_add_at(d, level, layer, place, level == STET_DIFF_LAYER ? "tar" : "json",
                            a ? a : "as its digest says", b ? b : "as its digest says", err,
                            "content of %s", name)
               ? 0
               : -1;
}

/* Two documents that differ: whether each is what its digest says, and where they differ. */
int stet_diff_image_documents(struct diff *d, const char *place, const char *name,
                              const struct diff_blob *a, const struct diff_blob *b,
                              struct stet_error *err)
{
    char found_a[STET_DIGEST_TEXT_SIZE], found_b[STET_DIGEST_TEXT_SIZE];

    if (!a->found || !b->found) {
        if (a->found == b->found)
            return 0;
        return stet_diff_add_at(d, STET_DIFF_IMAGE, 0, place, "json",
                                a->found ? "there" : "missing", b->found ? "there" : "missing", err,
                                "%s", name)
                   ? 0
                   : -1;
    }
    if (stet_diff_map_equal(&a->map, &b->map))
        return 0;
    int holds_a = holds(a, found_a, err), holds_b = holds_a < 0 ? -1 : holds(b, found_b, err);
    if (holds_b < 0)
        return -1;
    if ((!holds_a || !holds_b) &&
        stet_diff_image_digests(d, STET_DIFF_IMAGE, 0, place, name, holds_a ? NULL : found_a,
                                holds_b ? NULL : found_b, err) < 0)
        return -1;
    return stet_diff_image_texts(d, place, name, &a->map.bytes, &b->map.bytes, err);
}

/* ---- what follows from something else ---- */

/* "prefix[N]rest": N; SIZE_MAX when it is none. */
size_t stet_diff_image_numbered(const char *what, const char *prefix, const char **rest)
{
    size_t len = strlen(prefix), n = 0;

    if (strncmp(what, prefix, len) != 0 || what[len] != '[')
        return SIZE_MAX;
    const char *p = what + len + 1;
    for (; *p >= '0' && *p <= '9' && n < DIFF_LAYERS_MAX; p++)
        n = n * 10 + (size_t)(*p - '0');
    *rest = *p == ']' ? p + 1 : p;
    return *p == ']' ? n : SIZE_MAX;
}

bool stet_diff_image_is_reference(const char *rest)
{
    return strcmp(rest, ".digest") == 0 || strcmp(rest, ".size") == 0;
}

static bool starts(const char *what, const char *prefix)
{
    return strncmp(what, prefix, strlen(prefix)) == 0;
}

/* Of the description of the layers. */
static bool is_of_layers(const char *what)
{
    return starts(what, "manifest.layers") || starts(what, "config.rootfs");
}

/* Of how the image was made: a container does not see it. */
static bool is_not_seen(const char *what)
{
    return is_of_layers(what) || starts(what, "config.history") ||
           strcmp(what, "config.created") == 0 || starts(what, "manifest.config.");
}

/* Does the difference follow from what was told elsewhere? */
static bool follows(const struct diff_images *m, const char *what)
{
    const char *rest = "";
    size_t n;

    if (m->d->options->flatten && is_not_seen(what))
        return true;
    if (m->layers_other && is_of_layers(what))
        return true;
    if (m->config_told &&
        (strcmp(what, "manifest.config.digest") == 0 || strcmp(what, "manifest.config.size") == 0))
        return true;
    n = stet_diff_image_numbered(what, "manifest.layers", &rest);
    if (n < DIFF_LAYERS_MAX && m->layer_told[n] && stet_diff_image_is_reference(rest))
        return true;
    n = stet_diff_image_numbered(what, "config.rootfs.diff_ids", &rest);
    return n < DIFF_LAYERS_MAX && m->layer_told[n] && !*rest;
}

static bool does_follow(const struct stet_finding *f, void *images)
{
    return f->level == STET_DIFF_IMAGE && follows(images, f->what);
}

void stet_diff_image_drop(struct stet_diff_result *r, size_t from, diff_image_judge *judge,
                          void *data)
{
    size_t kept = from;

    for (size_t i = from; i < r->count; i++) {
        struct stet_finding f = r->findings[i];
        memset(&r->findings[i], 0, sizeof f);
        if (judge(&f, data))
            stet_diff_finding_release(&f);
        else
            r->findings[kept++] = f;
    }
    if (from < r->count)
        r->count = kept;
}

/* ---- one image ---- */

/* What the index says of an image that was asked for by name. */
static int compare_entries(const struct diff_images *m, struct stet_error *err)
{
    static const char *const skipped[] = {"digest", "size", "RepoTags", "Config", "Layers"};
    const struct diff_json_place place = {m->d, STET_DIFF_IMAGE, 0, m->place, "json", "index"};
    json_t *a = json_deep_copy(m->x->entry), *b = json_deep_copy(m->y->entry);
    int rc = a && b ? 0 : stet_error_oom(err, "the index of an image");

    for (size_t i = 0; rc == 0 && i < sizeof skipped / sizeof skipped[0]; i++) {
        json_object_del(a, skipped[i]);
        json_object_del(b, skipped[i]);
    }
    if (rc == 0) {
        json_object_del(json_object_get(a, "annotations"), "org.opencontainers.image.ref.name");
        json_object_del(json_object_get(b, "annotations"), "org.opencontainers.image.ref.name");
        if (json_object_size(json_object_get(a, "annotations")) == 0)
            json_object_del(a, "annotations");
        if (json_object_size(json_object_get(b, "annotations")) == 0)
            json_object_del(b, "annotations");
        rc = json_equal(a, b) ? 0 : stet_diff_json_values(&place, a, b, err);
    }
    json_decref(a);
    json_decref(b);
    return rc < 0 ? -1 : 0;
}

/* Ids in the configs: of the image and the container that the last step was made of. */
static int explain_ids(struct diff_images *m, size_t from, struct stet_error *err)
{
    struct stet_diff_result *r = m->d->result;
    bool created = false;

    for (size_t i = from; i < r->count; i++)
        created = created || strcmp(r->findings[i].what, "config.created") == 0;
    for (size_t i = from; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        const char *dot = strrchr(f->what, '.');
        if (!f->a || !f->b || !stet_diff_name_in(f->a, strlen(f->a)) ||
            !stet_diff_name_in(f->b, strlen(f->b)))
            continue;
        if (stet_diff_roles_add(m->roles, f->a, f->b, err) < 0)
            return -1;
        if (created && dot && strcmp(dot, ".Image") == 0 &&
            stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY, err,
                              "it is a digest over the config of the image that the last step "
                              "began with, which holds its time of creation") < 0)
            return -1;
    }
    return 0;
}

static int add_name(struct diff_images *m, const struct diff_blob *a, const struct diff_blob *b,
                    struct stet_error *err)
{
    if (stet_diff_map_equal(&a->map, &b->map))
        return 0;
    return stet_diff_roles_add(m->roles, stet_diff_blob_name(a), stet_diff_blob_name(b), err);
}

/* Of documents that differ. */
static int add_names(struct diff_images *m, struct stet_error *err)
{
    return add_name(m, &m->x->config, &m->y->config, err) < 0 ||
                   add_name(m, &m->x->manifest, &m->y->manifest, err) < 0
               ? -1
               : 0;
}

int stet_diff_image_pair(struct diff_images *m, struct stet_error *err)
{
    struct stet_diff_result *r = m->d->result;
    size_t before = r->count;

    if (m->x->layer_count > DIFF_LAYERS_MAX || m->y->layer_count > DIFF_LAYERS_MAX)
        return stet_error_input(err, "more than %d layers", DIFF_LAYERS_MAX);
    if (stet_diff_image_layers(m, err) < 0)
        return -1;
    size_t after_layers = r->count;
    if (stet_diff_image_documents(m->d, m->place, "config", &m->x->config, &m->y->config, err) < 0)
        return -1;
    stet_diff_image_drop(r, after_layers, does_follow, m);
    if (explain_ids(m, after_layers, err) < 0)
        return -1;
    /* Where the layers differ, so do the configs, though nothing else is told of them. */
    m->config_told = !stet_diff_map_equal(&m->x->config.map, &m->y->config.map) &&
                     (r->count > before || r->cut_short);
    size_t after_config = r->count;
    if (m->same_form && !m->a->docker &&
        stet_diff_image_documents(m->d, m->place, "manifest", &m->x->manifest, &m->y->manifest,
                                  err) < 0)
        return -1;
    if (m->same_form && (m->a->reference || m->b->reference) && compare_entries(m, err) < 0)
        return -1;
    stet_diff_image_drop(r, after_config, does_follow, m);
    return add_names(m, err);
}
