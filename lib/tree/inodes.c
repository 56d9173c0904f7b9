#include "lib/tree/data.h"
#include "lib/tree/scan.h"

void stet_tree_inodes_release(struct tree_inodes *v)
{
    free(v->items);
    free(v->devs);
    *v = (struct tree_inodes){0};
}

static int number_of(struct tree_inodes *v, dev_t dev, uint32_t *number, struct stet_error *err)
{
    size_t i = 0;
    while (i < v->dev_count && v->devs[i] != dev)
        i++;
    if (i == v->dev_count) {
        if (stet_grow(&v->devs, &v->dev_cap, i + 1, sizeof(*v->devs), err) < 0)
            return -1;
        v->devs[v->dev_count++] = dev;
    }
    *number = (uint32_t)i;
    return 0;
}

/* A tree has fewer than 2^32 entries, and so is index. */
int stet_tree_inodes_add(struct tree_inodes *v, dev_t dev, uint64_t ino, size_t index,
                         struct stet_error *err)
{
    struct tree_inode inode = {.ino = ino, .index = (uint32_t)index};
    if (number_of(v, dev, &inode.dev, err) < 0 ||
        stet_grow(&v->items, &v->cap, v->count + 1, sizeof(*v->items), err) < 0)
        return -1;
    v->items[v->count++] = inode;
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

int stet_tree_inodes_link(struct tree_inodes *v, struct stet_tree *t, struct stet_error *err)
{
    if (v->count == 0)
        return 0;
    /* One inode has one set of metadata: what the filter made of the first name holds for all. */
    qsort(v->items, v->count, sizeof(*v->items), compare_inodes);
    const struct tree_inode *first = &v->items[0];
    for (size_t i = 1; i < v->count; i++) {
        if (!same_inode(first, &v->items[i]))
            first = &v->items[i];
        else if (stet_tree_make_link(t, v->items[i].index, first->index, err) < 0)
            return -1;
    }
    return 0;
}
