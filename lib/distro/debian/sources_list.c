/*
 * What apt finds configured inside the image: from the recipe and the lock, never from the host.
 */
#include "lib/distro/debian/image.h"

static const char sources_dir[] = "etc/apt/sources.list.d";
static const char sources_file[] = "etc/apt/sources.list.d/debian.sources";

/* The keyring that verified the indexes, where the image has it under the usual name. Debian 13
 * calls the binary form .pgp; older releases know .gpg alone. */
static const char *image_keyring(int root, const struct stet_recipe *recipe)
{
    static const char *const candidates[] = {"/usr/share/keyrings/debian-archive-keyring.pgp",
                                             "/usr/share/keyrings/debian-archive-keyring.gpg"};
    if (!recipe->keyring || !strstr(recipe->keyring, "/debian-archive-keyring."))
        return NULL;
    for (size_t i = 0; i < 2; i++)
        if (stet_fs_stat_in(root, candidates[i], NULL, NULL) == 1)
            return candidates[i];
    return NULL;
}

/* "name: a b c", each word once, in the order of the indexes that pass. */
static int add_words(struct stet_buffer *out, const char *name, const struct stet_lock *lock,
                     const char *mirror, const char *suite, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv seen = STET_STRV_INIT;
    stet_buffer_addf(out, "%s:", name);
    for (size_t i = 0; i < lock->index_count; i++) {
        const struct stet_lock_index *index = &lock->indexes[i];
        if (strcmp(index->mirror, mirror) != 0 || (suite && strcmp(index->suite, suite) != 0))
            continue;
        const char *word = suite ? index->component : index->suite;
        if (!word || stet_strv_contains(&seen, word))
            continue;
        if (stet_strv_add(&seen, word, err) < 0)
            return -1;
        stet_buffer_addf(out, " %s", word);
    }
    stet_buffer_add_char(out, '\n');
    return 0;
}

static int add_mirror(struct stet_buffer *out, const struct stet_lock *lock, const char *mirror,
                      const char *suite, const char *keyring, struct stet_error *err)
{
    stet_buffer_addf(out, "%sTypes: deb\nURIs: %s\n", out->len ? "\n" : "", mirror);
    if (add_words(out, "Suites", lock, mirror, NULL, err) < 0 ||
        add_words(out, "Components", lock, mirror, suite, err) < 0)
        return -1;
    if (keyring)
        stet_buffer_addf(out, "Signed-By: %s\n", keyring);
    return 0;
}

static int locked_sources(const struct stet_lock *lock, const char *keyring,
                          struct stet_buffer *out, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv done = STET_STRV_INIT;
    for (size_t i = 0; i < lock->index_count; i++) {
        const struct stet_lock_index *index = &lock->indexes[i];
        if (stet_strv_contains(&done, index->mirror))
            continue;
        if (stet_strv_add(&done, index->mirror, err) < 0 ||
            add_mirror(out, lock, index->mirror, index->suite, keyring, err) < 0)
            return -1;
    }
    return stet_buffer_check(out, "apt sources", err);
}

static int own_sources(const struct stet_strv *lines, struct stet_buffer *out,
                       struct stet_error *err)
{
    for (size_t i = 0; i < lines->count; i++)
        stet_buffer_addf(out, "%s\n", lines->items[i]);
    return stet_buffer_check(out, "apt sources", err);
}

int stet_debian_write_sources(struct stet_build_context *ctx, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    const struct stet_recipe *recipe = &ctx->lock->recipe;
    if (recipe->sources == STET_SOURCES_NONE)
        return 0;
    if (recipe->sources == STET_SOURCES_OWN) {
        if (own_sources(&recipe->own_sources, &text, err) < 0 ||
            stet_fs_mkdirs_in(ctx->root, "etc/apt", err) < 0)
            return -1;
        return stet_fs_write_in(ctx->root, "etc/apt/sources.list", text.data, text.len, 0644, 0, 0,
                                err);
    }
    int has_apt = stet_fs_stat_in(ctx->root, sources_dir, NULL, err);
    if (has_apt <= 0)
        return has_apt;
    if (locked_sources(ctx->lock, image_keyring(ctx->root, recipe), &text, err) < 0)
        return -1;
    return stet_fs_write_in(ctx->root, sources_file, text.data, text.len, 0644, 0, 0, err);
}
