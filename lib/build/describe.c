/*
 * describe - config and manifest of an image, from its lock and its layer.
 */
#include "lib/build/internal.h"
#include "lib/codec/codec.h"

/* What runtimes assume when an image says nothing; said, so that all of them agree. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct pairs {
    struct stet_oci_pair *items;
    size_t count, cap;
};

static int add_pair(struct pairs *p, const char *key, const char *value, struct stet_error *err)
{
    if (stet_grow(&p->items, &p->cap, p->count + 1, sizeof(*p->items), err) < 0)
        return -1;
    p->items[p->count++] = (struct stet_oci_pair){key, value};
    return 0;
}

static int add_map(struct pairs *p, const struct stet_recipe_map *map, struct stet_error *err)
{
    for (size_t i = 0; i < map->count; i++)
        if (add_pair(p, map->items[i].key, map->items[i].value, err) < 0)
            return -1;
    return 0;
}

static bool map_has(const struct stet_recipe_map *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i].key, key) == 0)
            return true;
    return false;
}

struct texts {
    char format[24], created[STET_TIME_TEXT_MAX], lock_digest[STET_DIGEST_TEXT_SIZE];
    struct stet_buffer lock;
};

static int fill_texts(const struct stet_lock *lock, struct texts *t, struct stet_error *err)
{
    struct stet_digest digest;
    snprintf(t->format, sizeof(t->format), "%u", lock->format);
    stet_time_format(lock->epoch, t->created);
    if (stet_lock_digest(lock, &digest, err) < 0)
        return -1;
    stet_digest_text(&digest, t->lock_digest);
    return stet_lock_print(lock, STET_JSON_COMPACT, &t->lock, err);
}

static int add_annotations(struct pairs *p, const struct texts *t,
                           enum stet_compression compression, struct stet_error *err)
{
    const char *encoder = compression == STET_COMPRESSION_GZIP ? stet_codec_identity() : "none";
    if (add_pair(p, STET_ANNOTATION_FORMAT, t->format, err) < 0 ||
        add_pair(p, STET_ANNOTATION_ENCODER, encoder, err) < 0 ||
        add_pair(p, STET_ANNOTATION_LOCK_DIGEST, t->lock_digest, err) < 0 ||
        add_pair(p, "org.opencontainers.image.created", t->created, err) < 0)
        return -1;
    if (t->lock.len > STET_BUILD_LOCK_INLINE_MAX)
        return 0;
    return add_pair(p, STET_ANNOTATION_LOCK, stet_buffer_str(&t->lock), err);
}

static int describe(const struct stet_lock *lock, const struct stet_distro *distro,
                    const struct stet_oci_layer *layer, const struct texts *texts,
                    struct pairs sets[3], struct stet_oci_image *out, struct stet_error *err)
{
    const struct stet_recipe *recipe = &lock->recipe;
    const struct stet_recipe_image *image = &recipe->image;
    struct pairs *env = &sets[0], *labels = &sets[1], *annotations = &sets[2];
    if (!map_has(&image->env, "PATH") && add_pair(env, "PATH", DEFAULT_PATH, err) < 0)
        return -1;
    if (add_map(env, &image->env, err) < 0 || add_map(labels, &image->labels, err) < 0 ||
        add_annotations(annotations, texts, lock->compression, err) < 0)
        return -1;
    const char *variant = NULL;
    const char *architecture = distro->oci_architecture(recipe->architecture, &variant);
    if (!architecture)
        return stet_error_input(err, "architecture '%s' has no name in OCI images",
                                recipe->architecture);
    _cleanup_free_ char *history = stet_format(err, "stet, format %u", lock->format);
    if (!history)
        return -1;
    struct stet_oci_description d = {
        .architecture = architecture,
        .variant = variant,
        .os = "linux",
        .created = lock->epoch,
        .history = history,
        .cmd = &image->cmd,
        .entrypoint = &image->entrypoint,
        .exposed_ports = &image->exposed_ports,
        .volumes = &image->volumes,
        .env = env->items,
        .env_count = env->count,
        .labels = labels->items,
        .label_count = labels->count,
        .annotations = annotations->items,
        .annotation_count = annotations->count,
        .user = image->user,
        .working_dir = image->working_dir,
        .stop_signal = image->stop_signal,
    };
    return stet_oci_describe(&d, layer, out, err);
}

int stet_describe(const struct stet_lock *lock, const struct stet_distro *distro,
                  const struct stet_oci_layer *layer, struct stet_oci_image *out,
                  struct stet_error *err)
{
    struct texts texts = {.lock = STET_BUFFER_INIT};
    struct pairs sets[3] = {{0}, {0}, {0}};
    int result = fill_texts(lock, &texts, err);
    if (result == 0)
        result = describe(lock, distro, layer, &texts, sets, out, err);
    for (size_t i = 0; i < 3; i++)
        free(sets[i].items);
    stet_buffer_release(&texts.lock);
    return result;
}
