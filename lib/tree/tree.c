#include "lib/tree/tree.h"
#include "lib/tree/data.h"

void stet_tree_init(struct stet_tree *t)
{
    *t = (struct stet_tree){0};
}

void stet_tree_release(struct stet_tree *t)
{
    struct stet_tree_data *d = t->data;
    if (d != NULL) {
        struct tree_xattrs **sets = (struct tree_xattrs **)(void *)d->xattrs.base;
        for (size_t i = 0; i < d->xattrs.len / sizeof(*sets); i++)
            free(sets[i]);
        stet_tree_region_release(&d->records);
        stet_tree_region_release(&d->text);
        stet_tree_region_release(&d->dirs);
        stet_tree_region_release(&d->metas);
        stet_tree_region_release(&d->xattrs);
        free(d);
    }
    stet_tree_init(t);
}

/* ---- paths ---- */

/* Writes the path of a directory and a '/' behind it into path: their length. */
static size_t put_dir(const struct stet_tree *t, uint32_t dir, char *path)
{
    size_t len = 0;
    for (uint32_t d = dir; d != 0; d = stet_tree_dir(t, d)->dir)
        len += strlen(stet_tree_text(t, stet_tree_dir(t, d)->name)) + 1;
    char *at = path + len;
    for (uint32_t d = dir; d != 0; d = stet_tree_dir(t, d)->dir) {
        const char *name = stet_tree_text(t, stet_tree_dir(t, d)->name);
        size_t n = strlen(name);
        *--at = '/';
        at -= n;
        memcpy(at, name, n);
    }
    return len;
}

/* What was put into the tree had at most STET_TREE_PATH_SIZE - 1 bytes. */
static void put_name(const struct stet_tree *t, uint32_t name, char *at)
{
    const char *text = stet_tree_text(t, name);
    memcpy(at, text, strlen(text) + 1);
}

/* ---- views ---- */

void stet_tree_view_init(struct stet_tree_view *v, const struct stet_tree *t)
{
    stet_entry_init(&v->entry);
    v->index = 0;
    v->tree = t;
    v->dir = 0;
    v->prefix = 0;
    v->path[0] = '\0';
}

const char *stet_tree_view_path(struct stet_tree_view *v, size_t i)
{
    struct tree_place place = stet_tree_record(v->tree, i)->place;
    if (place.dir != v->dir) {
        v->prefix = put_dir(v->tree, place.dir, v->path);
        v->dir = place.dir;
    }
    put_name(v->tree, place.name, v->path + v->prefix);
    return v->path;
}

static void show_meta(struct stet_tree_view *v, const struct tree_meta *m)
{
    struct stet_entry *e = &v->entry;
    e->type = (enum stet_entry_type)m->type;
    e->mode = m->mode;
    e->uid = m->uid;
    e->gid = m->gid;
    e->xattrs = NULL;
    e->xattr_count = 0;
    if (m->xattrs > 0) {
        struct tree_xattrs *set =
            ((struct tree_xattrs **)(void *)v->tree->data->xattrs.base)[m->xattrs - 1];
        e->xattrs = set->items;
        e->xattr_count = set->count;
    }
}

static void show_value(struct stet_tree_view *v, const struct tree_record *r)
{
    struct stet_entry *e = &v->entry;
    e->size = 0;
    e->link = NULL;
    e->major = e->minor = 0;
    switch (e->type) {
    case STET_ENTRY_FILE:
        e->size = r->size;
        break;
    case STET_ENTRY_HARDLINK:
        put_name(v->tree, r->first.name, v->link + put_dir(v->tree, r->first.dir, v->link));
        e->link = v->link;
        break;
    case STET_ENTRY_SYMLINK:
        put_name(v->tree, (uint32_t)r->target, v->link);
        e->link = v->link;
        break;
    case STET_ENTRY_CHAR:
    case STET_ENTRY_BLOCK:
        e->major = r->device[0];
        e->minor = r->device[1];
        break;
    case STET_ENTRY_DIRECTORY:
    case STET_ENTRY_FIFO:
        break;
    }
}

const struct stet_entry *stet_tree_view_at(struct stet_tree_view *v, size_t i)
{
    const struct tree_record *r = stet_tree_record(v->tree, i);
    v->index = i;
    stet_tree_view_path(v, i);
    v->entry.path = v->path;
    show_meta(v, stet_tree_meta(v->tree, r->meta));
    show_value(v, r);
    v->entry.mtime = r->mtime;
    v->entry.mtime_ns = r->mtime_ns;
    return &v->entry;
}

const struct stet_entry *stet_tree_view_find(struct stet_tree_view *v, const char *path)
{
    size_t low = 0, high = v->tree->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = stet_path_compare(path, stet_tree_view_path(v, middle));
        if (order == 0)
            return stet_tree_view_at(v, middle);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- pruning ---- */

static bool is_below(const char *path, const char *dir)
{
    size_t len = strlen(dir);
    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

void stet_tree_prune(struct stet_tree *t, bool (*drop)(void *ctx, const char *path), void *ctx)
{
    struct stet_tree_view view, next;
    stet_tree_view_init(&view, t);
    stet_tree_view_init(&next, t);
    size_t kept = t->count; /* records kept.. are those that stay, packed at the end */
    for (size_t i = t->count; i-- > 0;) {
        const struct tree_record *r = stet_tree_record(t, i);
        if (stet_tree_type(t, i) == STET_ENTRY_DIRECTORY && r->place.name != 0) {
            const char *path = stet_tree_view_path(&view, i);
            bool empty = kept == t->count || !is_below(stet_tree_view_path(&next, kept), path);
            if (empty && drop(ctx, path))
                continue;
        }
        if (--kept != i)
            *stet_tree_record(t, kept) = *r;
    }
    if (t->count == 0)
        return;
    t->count -= kept;
    memmove(stet_tree_record(t, 0), stet_tree_record(t, kept),
            t->count * sizeof(struct tree_record));
    t->data->records.len = t->count * sizeof(struct tree_record);
}
