/*
 * legacy - ids of layers in docker archives (Docker Image Specification v1.0 and 1.1): each layer has a directory that is
 * called by an id, with VERSION, json and layer.tar. The id is a digest over the layer's json (without the id), its content
 * and the id of the layer below, so that it differs wherever one of them does.
 */
#include "lib/diff/image.h"
#include "lib/diff/times.h"

enum {
    DIRECTORIES_MAX = 1 << 12, /* of one side */
    ATTEMPTS_MAX = 64,         /* directories that may be an image's highest layer */
};

/* A directory called by an id. */
struct directory {
    char id[DIFF_NAME_SIZE];
    char parent[DIFF_NAME_SIZE]; /* "": none */
    json_t *json;                /* without id and parent */
    char *layer;                 /* the file that its layer.tar leads to, or NULL */
    bool has_children;
    const struct directory *other; /* that was told of with it */
};
struct directories {
    struct directory *items; /* sorted by id */
    size_t count, cap;
};
/* Two directories of one layer. */
struct told {
    const struct directory *a, *b;
};
struct diff_legacy {
    struct directories side[2];
    struct told *told; /* whose ids differ, in the order of the images and their layers */
    size_t count, cap;
    bool created, other; /* what else of them differs: the times in their json; something else */
};

/* ---- reading ---- */

/* "ID/json" */
static bool is_description(const char *path)
{
    return strlen(path) == DIFF_NAME_LEN + 5 && strcmp(path + DIFF_NAME_LEN, "/json") == 0 &&
           stet_diff_name_in(path, DIFF_NAME_LEN) == path;
}

static int resolve(const struct diff_image *i, const char *path, char **out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer real = STET_BUFFER_INIT;

    *out = NULL;
    if (!stet_diff_image_resolve(i, path, &real))
        return stet_buffer_check(&real, "the files of an image", err);
    *out = stet_strdup(stet_buffer_str(&real), err);
    return *out ? 0 : -1;
}

static int read_directory(const struct diff_image *i, const char *path, struct directories *out,
                          struct stet_error *err)
{
    char layer[DIFF_NAME_SIZE + sizeof "/layer.tar"];
    struct diff_map map = {0};

    if (stet_diff_image_file(i, path, &map, err) < 0 ||
        stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    struct directory *dir = &out->items[out->count++];
    *dir = (struct directory){0};
    memcpy(dir->id, path, DIFF_NAME_LEN);
    dir->json =
        stet_json_parse((const char *)map.bytes.data, map.bytes.len, DIFF_DOCUMENT_MAX, path, NULL);
    stet_diff_name_of(dir->json, "parent", dir->parent);
    json_object_del(dir->json, "parent");
    json_object_del(dir->json, "id");
    snprintf(layer, sizeof layer, "%s/layer.tar", dir->id);
    return resolve(i, layer, &dir->layer, err);
}

static int compare_ids(const void *pa, const void *pb)
{
    const struct directory *a = pa, *b = pb;
    return strcmp(a->id, b->id);
}

static struct directory *find(const struct directories *all, const char *id)
{
    struct directory key = {0};

    memcpy(key.id, id, strnlen(id, DIFF_NAME_LEN));
    return all->count ? bsearch(&key, all->items, all->count, sizeof key, compare_ids) : NULL;
}

static int read_directories(const struct diff_image *i, struct directories *out,
                            struct stet_error *err)
{
    for (size_t k = 0; k < i->files.count && out->count < DIRECTORIES_MAX; k++) {
        const char *path = stet_diff_tar_path(&i->files, i->files.order[k]);
        if (is_description(path) && read_directory(i, path, out, err) < 0)
            return -1;
    }
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_ids);
    for (size_t k = 0; k < out->count; k++) {
        struct directory *parent = find(out, out->items[k].parent);
        if (parent)
            parent->has_children = true;
    }
    return 0;
}

int stet_diff_legacy_new(const struct diff_image *a, const struct diff_image *b,
                         struct diff_legacy **out, struct stet_error *err)
{
    struct diff_legacy *l = calloc(1, sizeof *l);

    *out = l;
    if (!l)
        return stet_error_oom(err, "the layers of an image");
    return (a->docker && read_directories(a, &l->side[0], err) < 0) ||
                   (b->docker && read_directories(b, &l->side[1], err) < 0)
               ? -1
               : 0;
}

void stet_diff_legacy_free(struct diff_legacy *l)
{
    for (size_t side = 0; l && side < 2; side++) {
        for (size_t i = 0; i < l->side[side].count; i++) {
            json_decref(l->side[side].items[i].json);
            free(l->side[side].items[i].layer);
        }
        free(l->side[side].items);
    }
    if (l)
        free(l->told);
    free(l);
}

/* ---- which directory is which layer's ---- */

/* The directories of an image's layers, the lowest first. */
struct chain {
    struct directory *items[DIFF_LAYERS_MAX];
    size_t count;
};

/* Does dir, with those below it, stand for all layers? */
static bool make_chain(const struct directories *all, struct directory *dir, char *const *layers,
                       size_t count, struct chain *out)
{
    out->count = count;
    for (size_t i = count; i-- > 0; dir = find(all, dir->parent)) {
        if (!dir || !dir->layer || !layers[i] || strcmp(dir->layer, layers[i]) != 0)
            return false;
        out->items[i] = dir;
        if (i == 0)
            return !dir->parent[0];
    }
    return false;
}

/* The directory that the path of the highest layer names, else one that leads to the same file. */
static bool find_chain(const struct directories *all, const struct diff_image_item *item,
                       char *const *layers, struct chain *out)
{
    size_t n = item->layer_count;
    const char *path = item->layers[n - 1].blob.path;
    struct directory *own = path ? find(all, path) : NULL;
    unsigned attempts = 0;

    if (own && make_chain(all, own, layers, n, out))
        return true;
    for (int children = 0; children < 2; children++)
        for (size_t i = 0; i < all->count && attempts < ATTEMPTS_MAX; i++) {
            struct directory *dir = &all->items[i];
            if (dir->has_children != children || !dir->layer || !layers[n - 1] ||
                strcmp(dir->layer, layers[n - 1]) != 0)
                continue;
            attempts++;
            if (make_chain(all, dir, layers, n, out))
                return true;
        }
    return false;
}

static int chain_of(const struct diff_image *i, const struct diff_image_item *item,
                    const struct directories *all, struct chain *out, bool *found,
                    struct stet_error *err)
{
    size_t n = item->layer_count;
    char **layers = calloc(n + 1, sizeof *layers);
    int rc = layers ? 0 : stet_error_oom(err, "the layers of an image");

    for (size_t k = 0; rc == 0 && k < n; k++)
        if (item->layers[k].blob.path)
            rc = resolve(i, item->layers[k].blob.path, &layers[k], err);
    *found = rc == 0 && n > 0 && find_chain(all, item, layers, out);
    for (size_t k = 0; layers && k < n; k++)
        free(layers[k]);
    free(layers);
    return rc;
}

/* ---- telling ---- */

/* A time within its build's span. */
static bool is_created(const struct diff_side *side, const json_t *json)
{
    const char *text = json_string_value(json_object_get(json, "created"));
    struct diff_time t;

    return text && stet_diff_time_scan(text, strlen(text), 0, &t) && t.grain == 1 &&
           stet_diff_in_span(side, t.seconds);
}

/* NULL: there is none. */
static bool same_json(const json_t *a, const json_t *b)
{
    return a == b || json_equal(a, b);
}

static void note(struct diff_legacy *l, const struct diff *d, const struct directory *a,
                 const struct directory *b)
{
    json_t *rest_a = json_copy(a->json), *rest_b = json_copy(b->json);

    if (!same_json(json_object_get(rest_a, "created"), json_object_get(rest_b, "created"))) {
        if (is_created(&d->side[0], rest_a) && is_created(&d->side[1], rest_b))
            l->created = true;
        else
            l->other = true;
    }
    json_object_del(rest_a, "created");
    json_object_del(rest_b, "created");
    l->other = l->other || !same_json(rest_a, rest_b);
    json_decref(rest_a);
    json_decref(rest_b);
}

static int add_layer(struct diff_legacy *l, const struct diff_images *m, size_t i,
                     struct directory *a, const struct directory *b, struct stet_error *err)
{
    if (strcmp(a->id, b->id) == 0 || a->other == b)
        return 0;
    if (stet_grow(&l->told, &l->cap, l->count + 1, sizeof *l->told, err) < 0)
        return -1;
    a->other = b;
    l->told[l->count++] = (struct told){a, b};
    note(l, m->d, a, b);
    l->other = l->other || m->layer_told[i];
    return stet_diff_roles_add(m->roles, a->id, b->id, err);
}

int stet_diff_legacy_pair(struct diff_legacy *l, const struct diff_images *m,
                          struct stet_error *err)
{
    struct chain *chains = calloc(2, sizeof *chains), *x = chains, *y = chains + 1;
    bool has_x = false, has_y = false;
    int rc = chains ? 0 : stet_error_oom(err, "the layers of an image");

    if (rc == 0 && l->side[0].count > 0 && l->side[1].count > 0 &&
        (chain_of(m->a, m->x, &l->side[0], x, &has_x, err) < 0 ||
         chain_of(m->b, m->y, &l->side[1], y, &has_y, err) < 0))
        rc = -1;
    for (size_t i = 0; rc == 0 && has_x && has_y && i < x->count; i++)
        if (m->partner[i] != SIZE_MAX)
            rc = add_layer(l, m, i, x->items[i], y->items[m->partner[i]], err);
    free(chains);
    return rc;
}

static int because(const struct diff_legacy *l, struct stet_finding *f, struct stet_error *err)
{
    if (!l->created)
        return 0;
    return stet_diff_because(
        f, STET_CAUSE_BUILD_TIME, l->other ? STET_DIFF_LIKELY : STET_DIFF_CERTAIN, err,
        "an id is a digest over the layer's json, its content and the id below; %s the time of "
        "creation in the json differs",
        l->other ? "among others" : "of these only");
}

/* Where nothing of what is told says why, ids differ as digests do: for what differs in the layers. */
int stet_diff_legacy_tell(struct diff_legacy *l, struct diff *d, struct stet_error *err)
{
    if (l->count == 0 || (l->other && !l->created))
        return 0;
    struct stet_finding *f =
        stet_diff_add_at(d, STET_DIFF_IMAGE, 0, "", "json", l->told[0].a->id, l->told[0].b->id, err,
                         "%s of the layer%s", l->count > 1 ? "ids" : "id", l->count > 1 ? "s" : "");
    if (!f)
        return -1;
    for (size_t i = 0; l->count > 1 && i < l->count; i++)
        if (stet_diff_detail(f, '-', l->told[i].a->id, DIFF_NAME_LEN, err) < 0 ||
            stet_diff_detail(f, '+', l->told[i].b->id, DIFF_NAME_LEN, err) < 0)
            return -1;
    return because(l, f, err);
}
