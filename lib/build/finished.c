/*
 * The finished root as a tree: which paths are left out, and which times are kept.
 */
#include "lib/build/internal.h"

struct view {
    const struct stet_lock *lock;
    const struct stet_mtimes *mtimes;
};

static bool any_glob(const struct stet_strv *globs, const char *path)
{
    for (size_t i = 0; i < globs->count; i++)
        if (stet_path_match(globs->items[i], path, false))
            return true;
    return false;
}

static bool is_excluded(const struct stet_recipe *recipe, const char *path)
{
    return any_glob(&recipe->exclude, path) && !any_glob(&recipe->include, path);
}

/*
 * Directories always get the epoch: their own time says when something was last put into or
 * taken out of them, which is a matter of how the build went, not of what it made.
 */
static int64_t stable_mtime(const struct view *v, const struct stet_entry *e)
{
    bool from_package = e->type != STET_ENTRY_DIRECTORY && e->mtime_ns == 0 &&
                        e->mtime <= v->lock->epoch && stet_mtimes_has(v->mtimes, e->mtime);
    return from_package ? e->mtime : v->lock->epoch;
}

static int view_entry(void *ctx, struct stet_entry *e, struct stet_error *err)
{
    const struct view *v = ctx;
    (void)err;
    e->mtime = stable_mtime(v, e);
    e->mtime_ns = 0;
    if (e->path[0] == '\0' || !is_excluded(&v->lock->recipe, e->path))
        return 1;
    /* A directory may still hold something that "include" wants back. */
    return e->type == STET_ENTRY_DIRECTORY && v->lock->recipe.include.count > 0;
}

/* Excluded directories that turned out to hold nothing go as well. */
static bool drop_empty(void *ctx, const char *path)
{
    return is_excluded(ctx, path);
}

int stet_finished_tree(int root, const struct stet_lock *lock, const struct stet_mtimes *mtimes,
                       unsigned threads, const struct stet_log *log, struct stet_tree *out,
                       struct stet_error *err)
{
    struct view view = {lock, mtimes};
    struct stet_tree_scan_options options = {
        .filter = view_entry, .ctx = &view, .threads = threads};
    if (stet_tree_scan(root, "the root", &options, log, out, err) < 0)
        return -1;
    if (lock->recipe.include.count > 0)
        stet_tree_prune(out, drop_empty, (void *)&lock->recipe);
    return 0;
}

static int place_file(int root, const struct stet_recipe_file *f, struct stet_error *err)
{
    const char *path = f->to;
    while (*path == '/')
        path++;
    const char *slash = strrchr(path, '/');
    if (slash) {
        _cleanup_free_ char *parent = strndup(path, (size_t)(slash - path));
        if (!parent)
            return stet_error_oom(err, "files");
        if (stet_fs_mkdirs_in(root, parent, err) < 0)
            return -1;
    }
    return stet_fs_write_in(root, path, f->content, f->content_len, f->mode, 0, 0, err);
}

int stet_place_files(int root, const struct stet_recipe *recipe, struct stet_error *err)
{
    for (size_t i = 0; i < recipe->file_count; i++)
        if (place_file(root, &recipe->files[i], err) < 0)
            return stet_error_wrap(err, "cannot place the recipe's file '%s'", recipe->files[i].to);
    return 0;
}
