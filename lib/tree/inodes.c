#include "lib/tree/scan.h"

void stet_tree_inodes_release(struct tree_inodes *v)
{
    free(v->items);
    *v = (struct tree_inodes){0};
}

int stet_tree_inodes_add(struct tree_inodes *v, const struct tree_inode *inode,
                         struct stet_error *err)
{
    if (stet_grow(&v->items, &v->cap, v->count + 1, sizeof(*v->items), err) < 0)
        return -1;
    v->items[v->count++] = *inode;
    return 0;
}

static bool same_inode(const struct tree_inode *a, const struct tree_inode *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

static int compare_inodes(const void *pa, const void *pb)
{
    const struct tree_inode *a = pa, *b = pb;
    if (a->dev != b->dev)
        return a->dev < b->dev ? -1 : 1;
    if (a->ino != b->ino)
        return a->ino < b->ino ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/*
 * e becomes a further name of first. One inode has one set of metadata, so what the
 * filter made of the first name holds for all.
 */
static int make_link(struct stet_entry *e, const struct stet_entry *first, struct stet_error *err)
{
    struct stet_entry link;
    int rc = stet_tree_entry_copy(&link, first, err);
    if (rc == 0) {
        free(link.link);
        link.link = link.path;
        link.path = stet_steal_pointer(&e->path);
        link.type = STET_ENTRY_HARDLINK;
        link.size = 0;
        stet_entry_release(e);
        *e = link;
        return 0;
    }
    stet_entry_release(&link);
    return rc;
}

int stet_tree_inodes_link(struct tree_inodes *v, struct stet_tree *t, struct stet_error *err)
{
    if (v->count == 0)
        return 0;
    qsort(v->items, v->count, sizeof(*v->items), compare_inodes);
    const struct tree_inode *first = &v->items[0];
    for (size_t i = 1; i < v->count; i++) {
        if (!same_inode(first, &v->items[i]))
            first = &v->items[i];
        else if (make_link(&t->entries[v->items[i].index], &t->entries[first->index], err) < 0)
            return -1;
    }
    return 0;
}
