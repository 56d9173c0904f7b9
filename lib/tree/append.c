/*
 * Filling a tree: records, and what they refer to.
 */
#include <sys/stat.h>

#include "lib/tree/data.h"
#include "lib/tree/internal.h"

static const char doing[] = "keeping the entries of a tree";

int stet_tree_begin(struct stet_tree *t, struct stet_error *err)
{
    static const struct tree_place root;
    if (t->data != NULL)
        return 0;
    struct stet_tree_data *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return stet_error_oom(err, doing);
    t->data = d;
    if (stet_tree_region_add(&d->text, "", 1, doing, err) < 0 ||
        stet_tree_region_add(&d->dirs, &root, sizeof(root), doing, err) < 0)
        return -1;
    return 0;
}

/* The number that the next item of size bytes in r gets. */
static int next_number(const struct tree_region *r, size_t size, uint32_t *number,
                       struct stet_error *err)
{
    if (r->len / size >= UINT32_MAX - 1)
        return stet_error_input(err,
                                "there are more than %u entries in one tree, which is more "
                                "than an image can hold; split it",
                                UINT32_MAX - 2);
    *number = (uint32_t)(r->len / size);
    return 0;
}

int stet_tree_add_text(struct stet_tree *t, const char *s, size_t len, uint32_t *offset,
                       struct stet_error *err)
{
    struct tree_region *text = &t->data->text;
    if (len == 0) {
        *offset = 0;
        return 0;
    }
    if (len > TREE_PATH_MAX)
        return stet_error_input(err, "a path or a link's target has over 4095 bytes");
    if (text->len > UINT32_MAX - (TREE_PATH_MAX + 1))
        return stet_error_input(err, "the names and link targets of all entries together take more "
                                     "than 4 GiB, which is more than an image can hold; split it");
    *offset = (uint32_t)text->len;
    if (stet_tree_region_add(text, s, len, doing, err) < 0)
        return -1;
    return stet_tree_region_add(text, "", 1, doing, err);
}

int stet_tree_add_dir(struct stet_tree *t, struct tree_place place, uint32_t *number,
                      struct stet_error *err)
{
    if (next_number(&t->data->dirs, sizeof(place), number, err) < 0)
        return -1;
    return stet_tree_region_add(&t->data->dirs, &place, sizeof(place), doing, err);
}

/* ---- what entries share ---- */

struct wanted {
    const struct stet_tree *tree;
    const struct stet_entry *entry;
    struct tree_meta meta;
};

static struct tree_xattrs **xattr_set(const struct stet_tree *t, uint32_t number)
{
    return (struct tree_xattrs **)(void *)t->data->xattrs.base + number;
}

static bool same_xattrs(const void *ctx, uint32_t number)
{
    const struct wanted *w = ctx;
    const struct tree_xattrs *set = *xattr_set(w->tree, number);
    if (set->count != w->entry->xattr_count)
        return false;
    for (size_t i = 0; i < set->count; i++) {
        const struct stet_xattr *a = &set->items[i], *b = &w->entry->xattrs[i];
        if (a->len != b->len || strcmp(a->name, b->name) != 0 ||
            memcmp(a->value, b->value, a->len) != 0)
            return false;
    }
    return true;
}

static struct tree_xattrs *copy_xattrs(const struct stet_entry *e, struct stet_error *err)
{
    size_t head = 0, size = 0;
    bool over = __builtin_mul_overflow(e->xattr_count, sizeof(struct stet_xattr), &head) ||
                __builtin_add_overflow(head, sizeof(struct tree_xattrs), &head);
    size = head;
    for (size_t i = 0; i < e->xattr_count && !over; i++)
        over = __builtin_add_overflow(size, strlen(e->xattrs[i].name) + 1, &size) ||
               __builtin_add_overflow(size, e->xattrs[i].len, &size);
    struct tree_xattrs *set = over ? NULL : malloc(size);
    if (set == NULL) {
        stet_error_oom(err, doing);
        return NULL;
    }
    set->count = e->xattr_count;
    char *at = (char *)set + head;
    for (size_t i = 0; i < set->count; i++) {
        const struct stet_xattr *x = &e->xattrs[i];
        size_t name_size = strlen(x->name) + 1;
        set->items[i] = (struct stet_xattr){at, (unsigned char *)at + name_size, x->len};
        memcpy(at, x->name, name_size);
        if (x->len > 0)
            memcpy(at + name_size, x->value, x->len);
        at += name_size + x->len;
    }
    return set;
}

static int find_xattrs(struct stet_tree *t, const struct wanted *w, uint32_t *number,
                       struct stet_error *err)
{
    struct stet_tree_data *d = t->data;
    uint32_t hash = TREE_HASH_START;
    for (size_t i = 0; i < w->entry->xattr_count; i++) {
        const struct stet_xattr *x = &w->entry->xattrs[i];
        hash = stet_tree_hash(hash, x->name, strlen(x->name) + 1);
        hash = stet_tree_hash(hash, x->value, x->len);
    }
    if (stet_tree_cache_find(&d->xattr_cache, hash, same_xattrs, w, number))
        return 0;
    struct tree_xattrs *set = copy_xattrs(w->entry, err);
    if (set == NULL)
        return -1;
    if (next_number(&d->xattrs, sizeof(set), number, err) < 0 ||
        stet_tree_region_add(&d->xattrs, &set, sizeof(set), doing, err) < 0) {
        free(set);
        return -1;
    }
    stet_tree_cache_put(&d->xattr_cache, hash, *number);
    return 0;
}

static bool same_meta(const void *ctx, uint32_t number)
{
    const struct wanted *w = ctx;
    return memcmp(stet_tree_meta(w->tree, number), &w->meta, sizeof(w->meta)) == 0;
}

static int find_meta(struct stet_tree *t, const struct wanted *w, uint32_t *number,
                     struct stet_error *err)
{
    struct stet_tree_data *d = t->data;
    uint32_t hash = stet_tree_hash(TREE_HASH_START, &w->meta, sizeof(w->meta));
    if (stet_tree_cache_find(&d->meta_cache, hash, same_meta, w, number))
        return 0;
    if (next_number(&d->metas, sizeof(w->meta), number, err) < 0 ||
        stet_tree_region_add(&d->metas, &w->meta, sizeof(w->meta), doing, err) < 0)
        return -1;
    stet_tree_cache_put(&d->meta_cache, hash, *number);
    return 0;
}

/* ---- entries ---- */

static int fill_meta(struct stet_tree *t, const struct stet_entry *e, uint32_t *number,
                     struct stet_error *err)
{
    struct wanted w = {.tree = t, .entry = e};
    w.meta.uid = e->uid;
    w.meta.gid = e->gid;
    w.meta.mode = (uint16_t)e->mode;
    w.meta.type = (uint16_t)e->type;
    /* A socket has its type there: see struct stet_tree_scan_options. */
    if ((e->mode & ~(uint32_t)S_IFSOCK) > 07777)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "%s: mode %o of an entry", e->path,
                              e->mode);
    if (e->xattr_count > 0) {
        if (find_xattrs(t, &w, &w.meta.xattrs, err) < 0)
            return -1;
        w.meta.xattrs++;
    }
    return find_meta(t, &w, number, err);
}

static int fill_value(struct stet_tree *t, const struct stet_entry *e, struct tree_record *r,
                      struct stet_error *err)
{
    uint32_t offset = 0;
    switch (e->type) {
    case STET_ENTRY_FILE:
        r->size = e->size;
        return 0;
    case STET_ENTRY_SYMLINK:
        if (e->link != NULL && stet_tree_add_text(t, e->link, strlen(e->link), &offset, err) < 0)
            return -1;
        r->target = offset;
        return 0;
    case STET_ENTRY_CHAR:
    case STET_ENTRY_BLOCK:
        r->device[0] = e->major;
        r->device[1] = e->minor;
        return 0;
    case STET_ENTRY_HARDLINK:
    case STET_ENTRY_DIRECTORY:
    case STET_ENTRY_FIFO:
        break;
    }
    return 0;
}

int stet_tree_append(struct stet_tree *t, uint32_t dir, const char *name,
                     const struct stet_entry *e, struct stet_error *err)
{
    if (stet_tree_begin(t, err) < 0)
        return -1;
    struct tree_record r = {
        .place = {.dir = dir}, .mtime = e->mtime, .mtime_ns = e->mtime_ns, .size = 0};
    uint32_t number;
    if (next_number(&t->data->records, sizeof(r), &number, err) < 0 ||
        stet_tree_add_text(t, name, strlen(name), &r.place.name, err) < 0 ||
        fill_meta(t, e, &r.meta, err) < 0 || fill_value(t, e, &r, err) < 0 ||
        stet_tree_region_add(&t->data->records, &r, sizeof(r), doing, err) < 0)
        return -1;
    t->count++;
    return 0;
}

int stet_tree_make_link(struct stet_tree *t, size_t i, size_t first, struct stet_error *err)
{
    struct tree_record *r = stet_tree_record(t, i);
    const struct tree_record *of = stet_tree_record(t, first);
    struct wanted w = {.tree = t, .meta = *stet_tree_meta(t, of->meta)};
    w.meta.type = STET_ENTRY_HARDLINK;
    if (find_meta(t, &w, &r->meta, err) < 0)
        return -1;
    r->mtime = of->mtime;
    r->mtime_ns = of->mtime_ns;
    r->first = of->place;
    return 0;
}

/* ---- paths to places ---- */

void stet_tree_places_release(struct tree_places *p)
{
    stet_buffer_release(&p->path);
    p->dir = 0;
}

/* Goes up from the directory found last until it is path or one above. */
static void go_up(struct tree_places *p, const struct stet_tree *t, const char *path, size_t len)
{
    const char *last = stet_buffer_str(&p->path);
    while (p->path.len > 0 && (p->path.len > len || memcmp(last, path, p->path.len) != 0 ||
                               (p->path.len < len && path[p->path.len] != '/'))) {
        const char *slash = memrchr(last, '/', p->path.len);
        p->path.len = slash == NULL ? 0 : (size_t)(slash - last);
        p->dir = stet_tree_dir(t, p->dir)->dir;
    }
}

static int go_down(struct tree_places *p, struct stet_tree *t, const char *path, size_t len,
                   struct stet_error *err)
{
    while (p->path.len < len) {
        struct tree_place place = {.dir = p->dir};
        size_t start = p->path.len + (p->path.len > 0);
        const char *slash = memchr(path + start, '/', len - start);
        size_t end = slash == NULL ? len : (size_t)(slash - path);
        if (stet_tree_add_text(t, path + start, end - start, &place.name, err) < 0 ||
            stet_tree_add_dir(t, place, &p->dir, err) < 0)
            return -1;
        stet_buffer_add(&p->path, path + p->path.len, end - p->path.len);
        if (stet_buffer_check(&p->path, doing, err) < 0)
            return -1;
    }
    return 0;
}

int stet_tree_places_find(struct tree_places *p, struct stet_tree *t, const char *path,
                          uint32_t *dir, const char **leaf, struct stet_error *err)
{
    if (stet_tree_begin(t, err) < 0)
        return -1;
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (strlen(path) > TREE_PATH_MAX)
        return stet_error_input(err, "the path \"%.64s...\" has over 4095 bytes", path);
    go_up(p, t, path, len);
    if (go_down(p, t, path, len, err) < 0)
        return -1;
    *dir = p->dir;
    *leaf = slash == NULL ? path : slash + 1;
    return 0;
}
