/* Any bytes as an archive read into a tree: refused with one line, or what the tree promises. */
#include <stdint.h>

#include "lib/tree/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct stet_tree *t)
{
    static struct stet_tree_view view, other;
    stet_tree_view_init(&view, t);
    stet_tree_view_init(&other, t);
    for (size_t i = 0; i < t->count; i++) {
        const struct stet_entry *e = stet_tree_view_at(&view, i);
        if (!stet_tree_view_find(&other, e->path) || other.index != i)
            abort();
        if (i > 0 && stet_path_compare(stet_tree_view_at(&other, i - 1)->path, e->path) >= 0)
            abort();
        if (e->type != STET_ENTRY_HARDLINK)
            continue;
        const struct stet_entry *target = stet_tree_view_find(&other, e->link);
        if (target && (target->type != STET_ENTRY_FILE || other.index > i))
            abort();
    }
}

static bool drop(void *ctx, const char *path)
{
    (void)ctx;
    return path[0] != '\0';
}

/* Without its empty directories a tree still is one. */
static void check_pruned(struct stet_tree *t)
{
    size_t before = t->count;
    stet_tree_prune(t, drop, NULL);
    if (t->count > before)
        abort();
    check(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct stet_tar_limits limits = {
        .entries = 1000, .bytes = 1 << 24, .header_bytes = 1 << 16};
    struct stet_memory_reader in;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_tree tree;
    stet_memory_reader_init(&in, data, size);
    struct stet_tar_reader *r = stet_tar_reader_new(&in.base, "fuzz", &limits, NULL);
    if (!r)
        return 0;
    stet_tree_init(&tree);
    if (stet_tree_from_tar(r, &tree, &err) == 0) {
        check(&tree);
        check_pruned(&tree);
    } else if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n')) {
        abort();
    }
    stet_tree_release(&tree);
    stet_tar_reader_free(r);
    return 0;
}
