#include "lib/tree/tree.h"
#include "lib/tree/internal.h"

void stet_tree_init(struct stet_tree *t)
{
    *t = (struct stet_tree){0};
}

void stet_tree_release(struct stet_tree *t)
{
    for (size_t i = 0; i < t->count; i++)
        stet_entry_release(&t->entries[i]);
    free(t->entries);
    stet_tree_init(t);
}

int stet_tree_append(struct stet_tree *t, struct stet_entry *e, struct stet_error *err)
{
    if (stet_grow(&t->entries, &t->cap, t->count + 1, sizeof(*t->entries), err) < 0)
        return -1;
    t->entries[t->count++] = *e;
    stet_entry_init(e);
    return 0;
}

int stet_tree_entry_copy(struct stet_entry *dst, const struct stet_entry *src,
                         struct stet_error *err)
{
    *dst = *src;
    dst->path = NULL;
    dst->link = NULL;
    dst->xattrs = NULL;
    dst->xattr_count = 0;
    dst->path = stet_strdup(src->path, err);
    if (dst->path == NULL)
        return -1;
    dst->link = stet_strdup(src->link, err);
    if (dst->link == NULL && src->link != NULL)
        return -1;
    for (size_t i = 0; i < src->xattr_count; i++) {
        const struct stet_xattr *x = &src->xattrs[i];
        if (stet_entry_set_xattr(dst, x->name, x->value, x->len, err) < 0)
            return -1;
    }
    return 0;
}

const struct stet_entry *stet_tree_find(const struct stet_tree *t, const char *path)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = stet_path_compare(path, t->entries[middle].path);
        if (order == 0)
            return &t->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
