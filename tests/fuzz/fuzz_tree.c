/* Any bytes as an archive read into a tree: refused with one line, or what the tree promises. */
#include <stdint.h>

#include "lib/tree/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct stet_tree *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct stet_entry *e = &t->entries[i];
        if (stet_tree_find(t, e->path) != e)
            abort();
        if (i > 0 && stet_path_compare(t->entries[i - 1].path, e->path) >= 0)
            abort();
        if (e->type != STET_ENTRY_HARDLINK)
            continue;
        const struct stet_entry *target = stet_tree_find(t, e->link);
        if (target && (target->type != STET_ENTRY_FILE || target > e))
            abort();
    }
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
    if (stet_tree_from_tar(r, &tree, &err) == 0)
        check(&tree);
    else if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n'))
        abort();
    stet_tree_release(&tree);
    stet_tar_reader_free(r);
    return 0;
}
