#include "cmd/input.h"

#include "lib/codec/codec.h"

int read_lock(const char *path, struct stet_lock *lock, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (stet_fs_read(AT_FDCWD, path, STET_LOCK_SIZE_MAX, &text, err) < 0)
        return -1;
    return stet_lock_parse(stet_buffer_str(&text), text.len, path, STET_CODEC_FORMAT, lock, err);
}

int read_recipe_or_lock(const char *path, struct stet_recipe *recipe, struct stet_lock *lock,
                        bool *is_lock, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    *is_lock = false;
    if (strcmp(path, "-") == 0)
        return stet_recipe_read(path, recipe, err);
    if (stet_fs_read(AT_FDCWD, path, STET_LOCK_SIZE_MAX, &text, err) < 0)
        return -1;
    if (!stet_lock_looks_like(stet_buffer_str(&text), text.len))
        return stet_recipe_read(path, recipe, err);
    *is_lock = true;
    return stet_lock_parse(stet_buffer_str(&text), text.len, path, STET_CODEC_FORMAT, lock, err);
}

int resolve(struct stet_recipe *recipe, const struct common_options *options,
            struct stet_store *store, const struct stet_lock *previous, const struct stet_log *log,
            struct stet_lock *lock, struct stet_error *err)
{
    struct stet_resolve_options o = {
        .store = store,
        .offline = options->offline,
        .log = log,
        .now = (int64_t)time(NULL),
        .machine_root = "",
        .previous = previous,
    };
    int given = source_date_epoch(&o.epoch, err);
    if (given < 0)
        return -1;
    o.epoch_given = given > 0;
    return stet_build_resolve(recipe, &o, lock, err);
}
