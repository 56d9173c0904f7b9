/*
 * flatten - layers laid over each other: what a container sees.
 *
 * Whiteouts as in the OCI image specification, "Image Layer Filesystem Changeset": ".wh.NAME" takes NAME of the layers below
 * away, ".wh..wh..opq" all that is in its directory. They hold for lower layers only.
 */
#include "lib/diff/sides.h"

#define WHITEOUT ".wh."
#define OPAQUE   ".wh..wh..opq"
#define RESERVED ".wh..wh."

struct flat_entry {
    uint32_t layer, entry;
};
struct flat {
    struct diff_tar *const *layers;
    struct diff_tar **owned; /* the list of layers */
    struct flat_entry *items;
    size_t count;
};

/* What a layer takes away from those below. */
struct removal {
    const char *path;
    char *own; /* path, when it was made here */
    bool self; /* path itself */
    bool below;
};
struct removals {
    struct removal *items;
    size_t count, cap;
};

static const char *flat_name(const struct flat *f, size_t i)
{
    return stet_diff_tar_path(f->layers[f->items[i].layer], f->items[i].entry);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_whiteout(const char *path)
{
    return strncmp(base_name(path), WHITEOUT, strlen(WHITEOUT)) == 0;
}

/* ---- what is taken away ---- */

static int add_whiteout(const char *path, struct removal *r, struct stet_error *err)
{
    const char *base = base_name(path);
    size_t dir = (size_t)(base - path);

    if (strcmp(base, OPAQUE) == 0) {
        r->own = stet_format(err, "%.*s", (int)(dir ? dir - 1 : 0), path);
        r->below = true;
    } else if (strncmp(base, RESERVED, strlen(RESERVED)) != 0) {
        r->own = stet_format(err, "%.*s%s", (int)dir, path, base + strlen(WHITEOUT));
        r->self = r->below = true;
    } else {
        r->own = stet_strdup(path, err); /* aufs' own business */
    }
    r->path = r->own;
    return r->own ? 0 : -1;
}

static int compare_removals(const void *pa, const void *pb)
{
    const struct removal *a = pa, *b = pb;
    return stet_path_compare(a->path, b->path);
}

static void release_removals(struct removals *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->items[i].own);
    free(r->items);
}

static int find_removals(const struct diff_tar *t, struct removals *out, struct stet_error *err)
{
    for (size_t i = 0; i < t->count; i++) {
        const char *path = stet_diff_tar_path(t, i);
        if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
            return -1;
        struct removal *r = &out->items[out->count++];
        *r = (struct removal){0};
        if (is_whiteout(path)) {
            if (add_whiteout(path, r, err) < 0) {
                out->count--;
                return -1;
            }
            continue;
        }
        /* An entry takes the place of a lower one; of a directory's content it leaves nothing, unless it is one. */
        r->path = path;
        r->self = true;
        r->below = t->entries[i].type != '5';
    }
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_removals);
    return 0;
}

/* Is path below dir? */
static bool is_below(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    if (len == 0)
        return path[0] != '\0';
    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

/* Takes what is removed out of the items, which are in order. */
static void apply_removals(struct flat *f, const struct removals *r)
{
    size_t kept = 0, k = 0;
    const char *below = NULL;

    for (size_t i = 0; i < f->count; i++) {
        const char *path = flat_name(f, i);
        bool gone = false;
        for (; k < r->count && stet_path_compare(r->items[k].path, path) <= 0; k++) {
            const struct removal *x = &r->items[k];
            gone = gone || (x->self && strcmp(x->path, path) == 0);
            if (x->below && !(below && is_below(x->path, below)))
                below = x->path;
        }
        gone = gone || (below && is_below(path, below));
        if (!gone)
            f->items[kept++] = f->items[i];
    }
    f->count = kept;
}

/* ---- what is added ---- */

/* Of several entries of one path the last one holds. */
static bool is_last(const struct diff_tar *t, size_t i)
{
    return i + 1 == t->count ||
           strcmp(stet_diff_tar_path(t, t->order[i]), stet_diff_tar_path(t, t->order[i + 1])) != 0;
}

static int merge(struct flat *f, uint32_t layer, struct stet_error *err)
{
    const struct diff_tar *t = f->layers[layer];
    struct flat_entry *items = malloc((f->count + t->count + 1) * sizeof *items);
    size_t n = 0, i = 0;

    if (!items)
        return stet_error_oom(err, "the entries of all layers");
    for (size_t j = 0; j < t->count; j++) {
        const char *path = stet_diff_tar_path(t, t->order[j]);
        if (!is_last(t, j) || is_whiteout(path))
            continue;
        while (i < f->count && stet_path_compare(flat_name(f, i), path) < 0)
            items[n++] = f->items[i++];
        items[n++] = (struct flat_entry){layer, t->order[j]};
    }
    while (i < f->count)
        items[n++] = f->items[i++];
    free(f->items);
    f->items = items;
    f->count = n;
    return 0;
}

static int add_layer(struct flat *f, uint32_t layer, struct stet_error *err)
{
    struct removals r = {0};
    int rc = find_removals(f->layers[layer], &r, err);

    if (rc == 0) {
        apply_removals(f, &r);
        rc = merge(f, layer, err);
    }
    release_removals(&r);
    return rc;
}

/* ---- as a list ---- */

static const char *flat_path(struct diff_list *l, size_t i)
{
    return flat_name(l->data, i);
}

static int flat_meta(struct diff_list *l, size_t i, struct diff_meta *out, struct stet_error *err)
{
    const struct flat *f = l->data;
    return stet_diff_tar_meta(f->layers[f->items[i].layer], f->items[i].entry, out, err);
}

static bool flat_find(const struct flat *f, const char *path, size_t *out)
{
    size_t low = 0, high = f->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stet_path_compare(flat_name(f, middle), path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return low < f->count && strcmp(flat_name(f, low), path) == 0;
}

/* A hard link may lead to a file of a lower layer. */
static int flat_content(struct diff_list *l, size_t i, struct diff_map *out, struct stet_error *err)
{
    const struct flat *f = l->data;
    const struct diff_tar *t = f->layers[f->items[i].layer];
    _cleanup_buffer_ struct stet_buffer target = STET_BUFFER_INIT;
    struct diff_meta m = {0};
    size_t j;

    if (t->entries[f->items[i].entry].type != '1')
        return stet_diff_tar_content(t, f->items[i].entry, out, err);
    int rc = stet_diff_tar_meta(t, f->items[i].entry, &m, err);
    if (rc == 0)
        rc = stet_diff_meta_target(&m, &target, err);
    stet_diff_meta_release(&m);
    if (rc < 0)
        return -1;
    if (flat_find(f, stet_buffer_str(&target), &j) && j != i)
        return stet_diff_tar_content(f->layers[f->items[j].layer], f->items[j].entry, out, err);
    return stet_diff_tar_content(t, f->items[i].entry, out, err);
}

static void flat_free(struct diff_list *l)
{
    struct flat *f = l->data;

    free(f->owned);
    free(f->items);
    free(f);
}

static const struct diff_list_ops flat_ops = {flat_path, flat_meta, flat_content, flat_free};

int stet_diff_list_flat(struct diff_tar *const *layers, size_t count, struct diff_list *out,
                        struct stet_error *err)
{
    struct flat *f = calloc(1, sizeof *f);

    if (!f)
        return stet_error_oom(err, "the entries of all layers");
    *out = (struct diff_list){.ops = &flat_ops, .format = "tar", .data = f};
    f->layers = f->owned = calloc(count + 1, sizeof *f->owned);
    if (!f->owned) {
        stet_diff_list_free(out);
        return stet_error_oom(err, "the entries of all layers");
    }
    for (uint32_t i = 0; i < count; i++) {
        f->owned[i] = layers[i];
        out->damaged = out->damaged || layers[i]->cut_short;
        if (add_layer(f, i, err) < 0) {
            stet_diff_list_free(out);
            return -1;
        }
    }
    out->count = f->count;
    return 0;
}
