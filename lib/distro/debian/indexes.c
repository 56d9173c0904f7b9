/* Packages files: which ones, where, and their text. */
#include "lib/codec/codec.h"
#include "lib/distro/common/index.h"
#include "lib/distro/debian/archive.h"

/* Debian's largest is 60 MB. */
enum { COMPRESSED_MAX = 512 << 20, PLAIN_MAX = 1 << 30 };

void stet_debian_indexes_release(struct stet_debian_indexes *x)
{
    for (size_t i = 0; i < x->count; i++) {
        struct stet_debian_index *index = &x->items[i];
        free(index->path);
        free(index->url);
        stet_strv_release(&index->urls);
        stet_strv_release(&index->mirrors);
        stet_buffer_release(&index->text);
    }
    free(x->items);
    *x = (struct stet_debian_indexes){NULL, 0, 0};
}

/* ---- which files ---- */

static const char *const compressions[] = {".xz", ".gz", "", NULL};

/* The file that the signed document lists, most compressed first: 1, or 0 when it lists none. */
static int find_listed(const struct stet_debian_archive *archive, const char *plain,
                       struct stet_debian_index *out, struct stet_error *err)
{
    int got = stet_debian_release_find(&archive->release, plain, &out->plain_size,
                                       &out->plain_digest, err);
    if (got < 0)
        return -1;
    out->plain_known = got > 0;
    for (size_t i = 0; compressions[i]; i++) {
        free(out->path);
        out->path = stet_format(err, "%s%s", plain, compressions[i]);
        if (!out->path)
            return -1;
        got = stet_debian_release_find(&archive->release, out->path, &out->size, &out->digest, err);
        if (got != 0)
            return got;
    }
    return 0;
}

static int add_place(const struct stet_debian_archive *archive, struct stet_debian_index *out,
                     struct stet_error *err)
{
    char hex[STET_DIGEST_HEX_SIZE];
    const char *mirror = archive->mirror, *suite = archive->pocket->suite;
    if (stet_strv_add(&out->mirrors, mirror, err) < 0)
        return -1;
    if (archive->release.by_hash) {
        int directory = (int)(strrchr(out->path, '/') - out->path);
        stet_digest_hex(&out->digest, hex);
        if (stet_strv_addf(&out->urls, err, "%s/dists/%s/%.*s/by-hash/SHA256/%s", mirror, suite,
                           directory, out->path, hex) < 0)
            return -1;
    }
    return stet_strv_addf(&out->urls, err, "%s/dists/%s/%s", mirror, suite, out->path);
}

/* Other mirrors serve as well when their own signed document names the same file. */
static int add_places(const struct stet_debian_archives *archives, struct stet_debian_index *out,
                      struct stet_error *err)
{
    if (add_place(out->archive, out, err) < 0)
        return -1;
    out->url = stet_strdup(out->urls.items[0], err);
    if (!out->url)
        return -1;
    for (const struct stet_debian_archive *x = out->archive + 1;
         x < archives->items + archives->count && x->pocket == out->archive->pocket; x++) {
        uint64_t size;
        struct stet_digest digest;
        if (!x->present)
            continue;
        int got = stet_debian_release_find(&x->release, out->path, &size, &digest, err);
        if (got < 0)
            return -1;
        if (got > 0 && size == out->size && stet_digest_equal(&digest, &out->digest) &&
            add_place(x, out, err) < 0)
            return -1;
    }
    return 0;
}

static int no_component(const struct stet_debian_archive *a, const char *component,
                        const char *architecture, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer have = STET_BUFFER_INIT;
    for (size_t i = 0; i < a->release.components.count; i++)
        stet_buffer_addf(&have, "%s%s", i ? ", " : "", a->release.components.items[i]);
    return stet_error_input(err,
                            "%s: it has no packages of component %s for %s (its components: %s)",
                            a->url, component, architecture, stet_buffer_str(&have));
}

/* 1 when the index was added, 0 when the archive has none. */
static int add_index(const struct stet_debian_archives *archives,
                     const struct stet_debian_archive *archive, const char *component,
                     const char *architecture, struct stet_debian_indexes *out,
                     struct stet_error *err)
{
    _cleanup_free_ char *plain = stet_format(err, "%s/binary-%s/Packages", component, architecture);
    if (!plain || stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    struct stet_debian_index *index = &out->items[out->count++];
    *index = (struct stet_debian_index){.archive = archive, .component = component};
    int got = find_listed(archive, plain, index, err);
    if (got > 0)
        return add_places(archives, index, err) < 0 ? -1 : 1;
    if (got == 0) {
        free(index->path);
        out->count--;
    }
    return got;
}

static int add_component(const struct stet_debian_archives *archives,
                         const struct stet_debian_archive *archive, const char *component,
                         const char *architecture, struct stet_debian_indexes *out,
                         struct stet_error *err)
{
    int got = add_index(archives, archive, component, architecture, out, err);
    if (got < 0)
        return -1;
    if (got == 0 && archive->pocket->required)
        return no_component(archive, component, architecture, err);
    if (archive->release.separate_all)
        got = add_index(archives, archive, component, "all", out, err);
    return got < 0 ? -1 : 0;
}

static int list_indexes(const struct stet_recipe *recipe,
                        const struct stet_debian_archives *archives,
                        struct stet_debian_indexes *out, struct stet_error *err)
{
    const struct stet_debian_pocket *last = NULL;
    for (size_t i = 0; i < archives->count; i++) {
        const struct stet_debian_archive *x = &archives->items[i];
        if (!x->present || x->pocket == last)
            continue;
        last = x->pocket;
        for (size_t k = 0; k < recipe->components.count; k++)
            if (add_component(archives, x, recipe->components.items[k], recipe->architecture, out,
                              err) < 0)
                return -1;
    }
    return 0;
}

/* ---- their content ---- */

struct loading {
    const struct stet_resolve_context *ctx;
    struct stet_debian_indexes *indexes;
    bool *loaded;
};

/* The plain content, when an earlier run left it in the store: decompressing takes longest of all.
 */
static int load_plain(void *ctx, size_t i, struct stet_error *err)
{
    const struct loading *l = ctx;
    struct stet_debian_index *index = &l->indexes->items[i];
    struct stet_digest digest;
    if (!index->plain_known || index->plain_size > PLAIN_MAX)
        return 0;
    l->loaded[i] = index->plain_size == 0;
    if (l->loaded[i])
        return 0;
    _cleanup_close_ int fd = stet_store_open_content(l->ctx->store, &index->plain_digest,
                                                     (int64_t)index->plain_size, err);
    if (fd < 0)
        return fd == -2 ? 0 : -1;
    stet_buffer_reserve(&index->text, (size_t)index->plain_size + STET_DISTRO_DECODE_PIECE + 1);
    if (stet_fs_read_fd(fd, index->path, PLAIN_MAX, &index->text, err) < 0 ||
        stet_digest_of(index->text.data, index->text.len, &digest, err) < 0)
        return -1;
    l->loaded[i] = stet_digest_equal(&digest, &index->plain_digest);
    if (!l->loaded[i]) {
        stet_store_discard(l->ctx->store, &index->plain_digest);
        stet_buffer_clear(&index->text);
    }
    return 0;
}

static int fetch(const struct loading *l, struct stet_error *err)
{
    size_t count = 0, total = l->indexes->count;
    _cleanup_free_ struct stet_store_item *items = calloc(total + 1, sizeof *items);
    if (!items)
        return stet_error_oom(err, "getting package indexes");
    for (size_t i = 0; i < total; i++) {
        const struct stet_debian_index *index = &l->indexes->items[i];
        if (l->loaded[i] || stet_distro_is_among(items, count, &index->digest))
            continue;
        if (index->size > COMPRESSED_MAX)
            return stet_error_input(err, "%s: a package index of over 512 MiB", index->url);
        items[count++] = (struct stet_store_item){.digest = index->digest,
                                                  .size = (int64_t)index->size,
                                                  .urls = (const char *const *)index->urls.items,
                                                  .name = index->url};
    }
    return count == 0 ? 0
                      : stet_store_fetch(l->ctx->store, items, count, l->ctx->offline, &l->ctx->net,
                                         l->ctx->log, err);
}

static int check_digest(const struct stet_digest *got, const struct stet_digest *want,
                        const struct stet_debian_index *index, struct stet_error *err)
{
    if (stet_digest_equal(got, want))
        return 0;
    return stet_error_input(err, "%s: its content is not the one that %s names", index->url,
                            index->archive->url);
}

/* Reads fd through the decoder, hashing what is read on the way. */
static int decode(int fd, struct stet_debian_index *index, struct stet_error *err)
{
    struct stet_fd_reader file;
    uint64_t max = index->plain_known ? index->plain_size : PLAIN_MAX;
    if (max > PLAIN_MAX)
        return stet_error_input(err, "%s: a package index of over 1 GiB", index->url);
    stet_fd_reader_init(&file, fd, index->url);
    if (index->plain_known)
        stet_buffer_reserve(&index->text, (size_t)max + STET_DISTRO_DECODE_PIECE + 1);
    int result = stet_distro_decode(&file.base, index->url, max, "reading a package index",
                                    &index->text, err);
    stet_reader_close(&file.base);
    return result;
}

static int load_compressed(void *ctx, size_t i, struct stet_error *err)
{
    const struct loading *l = ctx;
    struct stet_debian_index *index = &l->indexes->items[i];
    struct stet_digest digest;
    if (l->loaded[i])
        return 0;
    _cleanup_close_ int fd = stet_store_open_verified(
        l->ctx->store, &index->digest, (int64_t)index->size, index->url, NULL, &digest, err);
    if (fd == -2)
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "%s: it vanished from the store",
                              index->url);
    if (fd == -3) {
        stet_store_discard(l->ctx->store, &index->digest);
        return check_digest(&digest, &index->digest, index, err);
    }
    if (fd < 0)
        return -1;
    if (decode(fd, index, err) < 0 ||
        stet_store_put(l->ctx->store, index->text.data, index->text.len, &digest, err) < 0)
        return -1;
    if (index->plain_known && check_digest(&digest, &index->plain_digest, index, err) < 0) {
        stet_store_discard(l->ctx->store, &digest);
        return -1;
    }
    return 0;
}

int stet_debian_indexes_get(const struct stet_resolve_context *ctx,
                            const struct stet_recipe *recipe,
                            const struct stet_debian_archives *archives,
                            struct stet_debian_indexes *out, struct stet_error *err)
{
    if (list_indexes(recipe, archives, out, err) < 0)
        return -1;
    _cleanup_free_ bool *loaded = calloc(out->count + 1, sizeof *loaded);
    struct loading l = {ctx, out, loaded};
    if (!loaded)
        return stet_error_oom(err, "getting package indexes");
    unsigned threads = stet_pool_cpus();
    if (stet_pool_run(threads, out->count, load_plain, &l, err) < 0 || fetch(&l, err) < 0)
        return -1;
    return stet_pool_run(threads, out->count, load_compressed, &l, err);
}
