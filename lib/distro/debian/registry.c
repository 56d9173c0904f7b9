#include "lib/distro/debian/registry.h"

#include <pthread.h>

struct stet_unpack_registry {
    pthread_mutex_t lock;
    struct stet_path_map paths, places;
};

static uint64_t hash(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return h ^ (h >> 32);
}

void stet_path_map_release(struct stet_path_map *m)
{
    for (size_t i = 0; i < m->size; i++) {
        free(m->slots[i].key);
        free(m->slots[i].place);
    }
    free(m->slots);
    *m = (struct stet_path_map){NULL, 0, 0};
}

/* The slot of key, or the free one where it belongs. */
static struct stet_unpack_claim *slot(struct stet_unpack_claim *slots, size_t size, const char *key)
{
    size_t i = (size_t)hash(key) & (size - 1);
    while (slots[i].key && strcmp(slots[i].key, key) != 0)
        i = (i + 1) & (size - 1);
    return &slots[i];
}

struct stet_unpack_claim *stet_path_map_find(const struct stet_path_map *m, const char *key)
{
    if (m->size == 0)
        return NULL;
    struct stet_unpack_claim *c = slot(m->slots, m->size, key);
    return c->key ? c : NULL;
}

static int grow(struct stet_path_map *m, struct stet_error *err)
{
    size_t size = m->size ? m->size * 2 : 1024;
    struct stet_unpack_claim *slots = calloc(size, sizeof *slots);
    if (!slots)
        return stet_error_oom(err, "unpacking");
    for (size_t i = 0; i < m->size; i++)
        if (m->slots[i].key)
            *slot(slots, size, m->slots[i].key) = m->slots[i];
    free(m->slots);
    m->slots = slots;
    m->size = size;
    return 0;
}

struct stet_unpack_claim *stet_path_map_add(struct stet_path_map *m, const char *key,
                                            struct stet_error *err)
{
    if (m->count >= m->size / 2 && grow(m, err) < 0)
        return NULL;
    char *copy = stet_strdup(key, err);
    if (!copy)
        return NULL;
    struct stet_unpack_claim *c = slot(m->slots, m->size, key);
    c->key = copy;
    m->count++;
    return c;
}

struct stet_unpack_registry *stet_unpack_registry_new(struct stet_error *err)
{
    struct stet_unpack_registry *r = calloc(1, sizeof *r);
    if (!r) {
        stet_error_oom(err, "unpacking");
        return NULL;
    }
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void stet_unpack_registry_free(struct stet_unpack_registry *r)
{
    if (!r)
        return;
    stet_path_map_release(&r->paths);
    stet_path_map_release(&r->places);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void stet_unpack_registry_lock(struct stet_unpack_registry *r)
{
    pthread_mutex_lock(&r->lock);
}

void stet_unpack_registry_unlock(struct stet_unpack_registry *r)
{
    pthread_mutex_unlock(&r->lock);
}

struct stet_path_map *stet_unpack_registry_paths(struct stet_unpack_registry *r)
{
    return &r->paths;
}

struct stet_path_map *stet_unpack_registry_places(struct stet_unpack_registry *r)
{
    return &r->places;
}

void stet_unpack_registry_forget_places(struct stet_unpack_registry *r)
{
    stet_path_map_release(&r->places);
}
