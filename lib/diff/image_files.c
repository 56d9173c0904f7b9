/*
 * image_files - what is in two layouts or archives beside the images: files that no image refers to, and in archives how
 * every file is held. Files of one role belong together, though their names are digests that differ.
 */
#include "lib/diff/evidence.h"
#include "lib/diff/image.h"

/* ---- one side's files, by the names that the first side has for them ---- */

struct file {
    char *path;
    size_t at;        /* in the list that it is of */
    bool is_held;     /* how it is held is compared, and not its content, which was */
    unsigned renamed; /* fields in which other names stand */
};
struct files {
    struct diff_list list; /* all of the side */
    struct diff_tar tar;   /* of an archive: a copy with an order of its own */
    struct file *items;
    size_t count, cap;
    struct diff_roles *roles; /* NULL: names are as they are */
    struct stet_buffer link, content;
};

static void free_items(struct files *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->items[i].path);
    f->count = 0;
}

static void release_files(struct files *f)
{
    free_items(f);
    free(f->items);
    free(f->tar.order);
    stet_diff_list_free(&f->list);
    stet_buffer_release(&f->link);
    stet_buffer_release(&f->content);
}

static const char *file_path(struct diff_list *l, size_t i)
{
    const struct files *f = l->data;
    return f->items[i].path;
}

static int file_meta(struct diff_list *l, size_t i, struct diff_meta *out, struct stet_error *err)
{
    struct files *f = l->data;

    if (f->list.ops->meta(&f->list, f->items[i].at, out, err) < 0)
        return -1;
    out->path = f->items[i].path;
    if (!f->roles || !out->link)
        return 0;
    stet_buffer_clear(&f->link);
    stet_buffer_add_str(&f->link, out->link);
    if (stet_buffer_check(&f->link, "a link", err) < 0)
        return -1;
    if (f->link.len > 0 && stet_diff_roles_rename(f->roles, f->link.data, f->link.len) > 0)
        f->items[i].renamed |= DIFF_FIELD_LINK;
    out->link = stet_buffer_str(&f->link);
    return 0;
}

/* Documents name files too. */
static int file_content(struct diff_list *l, size_t i, struct diff_map *out, struct stet_error *err)
{
    struct files *f = l->data;

    *out = (struct diff_map){0};
    if (f->items[i].is_held)
        return 1;
    int rc = f->list.ops->content(&f->list, f->items[i].at, out, err);
    struct diff_bytes bytes;
    if (rc <= 0 || !f->roles)
        return rc;
    if (stet_diff_roles_renamed(f->roles, &out->bytes, DIFF_DOCUMENT_MAX, &f->content, &bytes,
                                err) < 0)
        return -1;
    if (bytes.data != out->bytes.data) {
        f->items[i].renamed |= DIFF_FIELD_CONTENT;
        stet_diff_map_release(out);
        *out = (struct diff_map){.bytes = bytes};
    }
    return rc;
}

/* Names follow from what they are of, and how long something is from what is in it. */
static unsigned file_told(struct diff_list *l, size_t i)
{
    const struct files *f = l->data;

    return f->items[i].renamed | (f->items[i].is_held ? DIFF_FIELD_SIZE | DIFF_FIELD_CONTENT : 0);
}

static const struct diff_list_ops file_ops = {file_path, file_meta, file_content, NULL, file_told};

static bool find_file(const struct files *f, const char *path, size_t *at)
{
    size_t low = 0, high = f->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stet_path_compare(f->items[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return low < f->count && strcmp(f->items[low].path, path) == 0;
}

static bool has_path(const struct files *f, const char *path)
{
    size_t at;
    return find_file(f, path, &at);
}

static int compare_files(const void *pa, const void *pb)
{
    const struct file *a = pa, *b = pb;
    int order = stet_path_compare(a->path, b->path);

    return order ? order : (a->at > b->at) - (a->at < b->at);
}

typedef bool is_wanted(const char *path, const void *data);

/* The files that are wanted, by their paths under the names of roles. */
static int select_files(struct files *f, is_wanted *wanted, const void *data,
                        struct stet_error *err)
{
    free_items(f);
    for (size_t i = 0; i < f->list.count; i++) {
        const char *path = f->list.ops->path(&f->list, i);
        if (!wanted(path, data))
            continue;
        if (stet_grow(&f->items, &f->cap, f->count + 1, sizeof *f->items, err) < 0)
            return -1;
        char *copy = stet_strdup(path, err);
        if (!copy)
            return -1;
        bool renamed = f->roles && stet_diff_roles_rename(f->roles, copy, strlen(copy)) > 0;
        f->items[f->count++] =
            (struct file){.path = copy, .at = i, .renamed = renamed ? DIFF_FIELD_NAME : 0};
    }
    if (f->count > 1)
        qsort(f->items, f->count, sizeof *f->items, compare_files);
    return 0;
}

/* The selection as a list. */
static int list_files(struct files *f, struct diff_list *out, struct stet_error *err)
{
    *out = f->list;
    out->ops = &file_ops;
    out->data = f;
    out->count = f->count;
    if (!f->list.tar)
        return 0;
    free(f->tar.order);
    f->tar = *f->list.tar;
    f->tar.order = calloc(f->count + 1, sizeof *f->tar.order);
    if (!f->tar.order)
        return stet_error_oom(err, "the files of an image");
    for (size_t i = 0; i < f->count; i++)
        f->tar.order[i] = f->list.tar->order[f->items[i].at];
    out->tar = &f->tar;
    return 0;
}

/* ---- files of which no image says what they are ---- */

/* One whose name is a digest or an id. */
struct stray {
    char *kind; /* those of one kind may belong together */
    const char *path;
    uint64_t size;
    /* That its content says it has; "": none. What is above stands on what it names. */
    char id[DIFF_NAME_SIZE], below[DIFF_NAME_SIZE];
    unsigned depth;
};
struct strays {
    struct stray *items;
    size_t count, cap;
};

enum { STRAYS_MAX = 1 << 10, DEPTH_MAX = 128 };

static void release_strays(struct strays *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->items[i].kind);
    free(s->items);
}

/* What its JSON is like: the names of its members. */
static int add_members(const struct diff_map *m, struct stray *stray, struct stet_buffer *kind,
                       struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv keys = STET_STRV_INIT;
    const unsigned char *first = m->bytes.data;
    const char *key;
    json_t *value, *doc;
    int rc = 0;

    if (m->bytes.len == 0 || (first[0] != '{' && first[0] != '['))
        return 0;
    doc = stet_json_parse((const char *)first, m->bytes.len, DIFF_DOCUMENT_MAX, "a file", NULL);
    stet_diff_name_of(doc, "id", stray->id);
    stet_diff_name_of(doc, "parent", stray->below);
    json_object_foreach(doc, key, value) if (rc == 0) rc = stet_strv_add(&keys, key, err);
    if (doc)
        stet_buffer_add_str(kind, " json");
    json_decref(doc);
    stet_strv_sort_unique(&keys);
    for (size_t i = 0; i < keys.count; i++)
        stet_buffer_addf(kind, " %s", keys.items[i]);
    return rc;
}

/* Its path without the name, its first bytes, and what is in it when it is JSON. */
static int add_stray(struct strays *s, const char *path, const struct diff_map *m,
                     struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer kind = STET_BUFFER_INIT;
    const char *name = stet_diff_name_in(path, strlen(path));

    if (!name || s->count == STRAYS_MAX)
        return 0;
    if (stet_grow(&s->items, &s->cap, s->count + 1, sizeof *s->items, err) < 0)
        return -1;
    struct stray *stray = &s->items[s->count];
    *stray = (struct stray){.path = path, .size = m->bytes.len};
    stet_buffer_addf(&kind, "%.*s*%s", (int)(name - path), path, name + DIFF_NAME_LEN);
    for (size_t i = 0; i < 4 && i < m->bytes.len; i++)
        stet_buffer_addf(&kind, " %02x", m->bytes.data[i]);
    if (add_members(m, stray, &kind, err) < 0 || stet_buffer_check(&kind, "a file", err) < 0)
        return -1;
    stray->kind = stet_buffer_detach(&kind);
    s->count++;
    return 0;
}

/* How many are below each, as far as they can be followed. */
static void find_depths(struct strays *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct stray *at = &s->items[i];
        while (at && at->below[0] && s->items[i].depth < DEPTH_MAX) {
            const char *below = at->below;
            at = NULL;
            for (size_t k = 0; k < s->count && !at; k++)
                if (strcmp(s->items[k].id, below) == 0)
                    at = &s->items[k];
            s->items[i].depth++;
        }
    }
}

static int compare_strays(const void *pa, const void *pb)
{
    const struct stray *a = pa, *b = pb;
    int order = strcmp(a->kind, b->kind);

    if (order == 0)
        order = (a->depth > b->depth) - (a->depth < b->depth);
    if (order == 0)
        order = (a->size > b->size) - (a->size < b->size);
    return order ? order : strcmp(a->path, b->path);
}

/* Of the files of f those that the other side does not have under their name. */
static int find_strays(struct files *f, const struct files *other, struct strays *out,
                       struct stet_error *err)
{
    struct diff_meta m = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < f->count; i++) {
        struct diff_map map = {0};
        if (has_path(other, f->items[i].path))
            continue;
        rc = f->list.ops->meta(&f->list, f->items[i].at, &m, err);
        if (rc < 0 || m.type != STET_ENTRY_FILE ||
            f->list.ops->content(&f->list, f->items[i].at, &map, NULL) <= 0)
            continue;
        rc = add_stray(out, f->items[i].path, &map, err);
        stet_diff_map_release(&map);
    }
    stet_diff_meta_release(&m);
    find_depths(out);
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_strays);
    return rc;
}

/* Those of one kind belong together, in the order of their sizes. told: something was, from which their ids may follow. */
static int pair_strays(const struct strays *a, const struct strays *b, bool told,
                       struct diff_roles *roles, struct stet_error *err)
{
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        const struct stray *x = &a->items[i], *y = &b->items[j];
        int order = strcmp(x->kind, y->kind);
        if (order == 0 && (stet_diff_roles_add(roles, x->path, y->path, err) < 0 ||
                           (told && stet_diff_roles_add(roles, x->id, y->id, err) < 0)))
            return -1;
        i += order <= 0;
        j += order >= 0;
    }
    return 0;
}

/* Does none of the two images refer to the file? */
static bool is_beside(const char *path, const void *images)
{
    const struct diff_image *const *both = images;

    return !stet_diff_image_refers(both[0], path) && !stet_diff_image_refers(both[1], path);
}

static int name_strays(struct files *x, struct files *y, const struct diff_image *a,
                       const struct diff_image *b, bool told, struct stet_error *err)
{
    const struct diff_image *images[] = {a, b};
    struct diff_roles *roles = y->roles;
    struct strays sa = {0}, sb = {0};
    int rc = -1;

    if (select_files(x, is_beside, images, err) == 0 &&
        select_files(y, is_beside, images, err) == 0 && find_strays(x, y, &sa, err) == 0 &&
        find_strays(y, x, &sb, err) == 0)
        rc = pair_strays(&sa, &sb, told, roles, err);
    release_strays(&sa);
    release_strays(&sb);
    return rc;
}

/* ---- archives ---- */

static bool is_any(const char *path, const void *unused)
{
    (void)path;
    (void)unused;
    return true;
}

/* Of "ID/…" the file "ID/layer.tar", when it is a layer of an image. */
static bool is_of_layer(const struct diff_image *i, const char *path, struct stet_buffer *real)
{
    char layer[DIFF_NAME_SIZE + sizeof "/layer.tar"];

    if (stet_diff_name_in(path, strlen(path)) != path)
        return false;
    snprintf(layer, sizeof layer, "%.*s/layer.tar", DIFF_NAME_LEN, path);
    return stet_diff_image_resolve(i, layer, real) &&
           stet_diff_image_refers(i, stet_buffer_str(real));
}

/* Marks what is held alone, and takes out what the other side lacks because it lacks the image or layer: lost says that
 * it was told that one lacks some. */
static void settle(struct files *f, const struct files *other, const struct diff_image *image,
                   bool lost)
{
    struct stet_buffer real = STET_BUFFER_INIT;
    size_t kept = 0;

    for (size_t i = 0; i < f->count; i++) {
        struct file *file = &f->items[i];
        const char *path = f->list.ops->path(&f->list, file->at);
        bool lacks = !has_path(other, file->path);
        file->is_held = stet_diff_image_refers(image, path);
        if (lacks && (file->is_held || (lost && is_of_layer(image, path, &real)))) {
            free(file->path);
            file->path = NULL;
        }
    }
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].path)
            f->items[kept++] = f->items[i];
    f->count = kept;
    stet_buffer_release(&real);
}

/* What is compared of an archive's entries, after the images. */
struct sides {
    struct diff *d;
    const struct diff_image *a, *b;
    struct files x, y;
};

/* Of docker's manifest.json, where it describes layers as an index does. */
static bool is_of_source(const struct stet_finding *f, void *unused)
{
    const char *source = strstr(f->what, "].LayerSources["), *dot = strrchr(f->what, '.');

    (void)unused;
    return strcmp(f->path, "manifest.json") == 0 && source && dot && strcmp(dot, ".size") == 0;
}

static int compare_entries(struct sides *s, bool lost, struct stet_error *err)
{
    struct diff_list lx, ly;
    size_t before = s->d->result->count;

    if (select_files(&s->x, is_any, NULL, err) < 0 || select_files(&s->y, is_any, NULL, err) < 0)
        return -1;
    settle(&s->x, &s->y, s->a, lost);
    settle(&s->y, &s->x, s->b, lost);
    if (list_files(&s->x, &lx, err) < 0 || list_files(&s->y, &ly, err) < 0 ||
        stet_diff_entries(s->d, 0, &lx, &ly, true, err) < 0)
        return -1;
    stet_diff_image_drop(s->d->result, before, is_of_source, NULL);
    return 0;
}

static int compare_archives(struct sides *s, bool lost, struct stet_error *err)
{
    if (stet_diff_map_equal(s->a->file, s->b->file))
        return 0;
    return stet_diff_archive(s->d, 0, &s->a->files, &s->b->files, err) < 0
               ? -1
               : compare_entries(s, lost, err);
}

/* ---- layouts ---- */

/* What a layout is counted for: files by path and content. */
static int compare_file(struct diff *d, const char *path, struct diff_list *a, size_t i,
                        struct diff_list *b, size_t j, struct stet_error *err)
{
    struct diff_map x = {0}, y = {0};
    int rc = 0;

    int has_a = a->ops->content(a, i, &x, err);
    int has_b = has_a < 0 ? -1 : b->ops->content(b, j, &y, err);
    if (has_b < 0) {
        rc = -1;
    } else if (!stet_diff_map_equal(&x, &y)) {
        struct diff_pair p = {d, NULL, 0, path, path, 0, x.bytes, y.bytes};
        rc = stet_diff_content(&p, err);
    }
    stet_diff_map_release(&x);
    stet_diff_map_release(&y);
    return rc;
}

static int tell_file(struct diff *d, const char *path, const struct diff_meta *m, bool first,
                     struct stet_error *err)
{
    _cleanup_free_ char *text = stet_format(err, "%ju bytes", (uintmax_t)m->size);
    struct stet_finding *f =
        text ? stet_diff_add_at(d, STET_DIFF_IMAGE, 0, path, "layout", first ? text : NULL,
                                first ? NULL : text, err, "file that no image refers to")
             : NULL;
    if (!f)
        return -1;
    return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err, "only the %s has it",
                             first ? "first" : "second");
}

static int compare_one(struct diff *d, int order, struct diff_list *a, size_t i,
                       struct diff_list *b, size_t j, struct diff_meta *m, struct stet_error *err)
{
    struct diff_list *l = order <= 0 ? a : b;
    size_t k = order <= 0 ? i : j;

    if (l->ops->meta(l, k, m, err) < 0)
        return -1;
    if (m->type != STET_ENTRY_FILE && m->type != STET_ENTRY_HARDLINK)
        return 0;
    d->result->entries++;
    return order ? tell_file(d, m->path, m, order < 0, err)
                 : compare_file(d, m->path, a, i, b, j, err);
}

static int compare_layouts(struct sides *s, struct stet_error *err)
{
    const struct diff_image *images[] = {s->a, s->b};
    struct diff_meta m = {0};
    struct diff_list a, b;
    int rc = 0;

    if (select_files(&s->x, is_beside, images, err) < 0 ||
        select_files(&s->y, is_beside, images, err) < 0 || list_files(&s->x, &a, err) < 0 ||
        list_files(&s->y, &b, err) < 0)
        return -1;
    for (size_t i = 0, j = 0; rc == 0 && (i < a.count || j < b.count);) {
        int order = i == a.count   ? 1
                    : j == b.count ? -1
                                   : stet_path_compare(s->x.items[i].path, s->y.items[j].path);
        rc = compare_one(s->d, order, &a, i, &b, j, &m, err);
        i += order <= 0;
        j += order >= 0;
    }
    stet_diff_meta_release(&m);
    return rc;
}

/* ---- */

static int list_of(struct diff *d, struct diff_artifact *a, struct diff_list *out,
                   struct stet_error *err)
{
    return a->image->archive ? stet_diff_list_tar(&a->image->files, out, err)
                             : stet_diff_list_directory(d, a->place.path, out, err);
}

int stet_diff_image_files(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                          struct diff_roles *roles, bool lost, struct stet_error *err)
{
    struct sides s = {.d = d, .a = a->image, .b = b->image, .y = {.roles = roles}};
    int rc = -1;

    if (list_of(d, a, &s.x.list, err) == 0 && list_of(d, b, &s.y.list, err) == 0 &&
        name_strays(&s.x, &s.y, s.a, s.b, d->result->count > 0, err) == 0)
        rc = s.a->archive ? compare_archives(&s, lost, err) : compare_layouts(&s, err);
    release_files(&s.x);
    release_files(&s.y);
    return rc;
}
