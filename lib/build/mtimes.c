#include "lib/build/internal.h"

#define FREE_SLOT INT64_MIN

void stet_mtimes_init(struct stet_mtimes *m)
{
    memset(m, 0, sizeof(*m));
    pthread_mutex_init(&m->lock, NULL);
}

void stet_mtimes_release(struct stet_mtimes *m)
{
    free(m->slots);
    pthread_mutex_destroy(&m->lock);
    memset(m, 0, sizeof(*m));
}

static size_t slot_of(const int64_t *slots, size_t size, int64_t value)
{
    uint64_t h = (uint64_t)value * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = (size_t)(h >> 20) & (size - 1);
    while (slots[i] != FREE_SLOT && slots[i] != value)
        i = (i + 1) & (size - 1);
    return i;
}

static int grow(struct stet_mtimes *m, struct stet_error *err)
{
    size_t size = m->size ? m->size * 2 : 1024;
    int64_t *slots = calloc(size, sizeof(*slots));
    if (!slots)
        return stet_error_oom(err, "modification times");
    for (size_t i = 0; i < size; i++)
        slots[i] = FREE_SLOT;
    for (size_t i = 0; i < m->size; i++)
        if (m->slots[i] != FREE_SLOT)
            slots[slot_of(slots, size, m->slots[i])] = m->slots[i];
    free(m->slots);
    m->slots = slots;
    m->size = size;
    return 0;
}

int stet_mtimes_add(void *ctx, int64_t mtime, struct stet_error *err)
{
    struct stet_mtimes *m = ctx;
    int result = 0;
    pthread_mutex_lock(&m->lock);
    if (m->used * 2 >= m->size)
        result = grow(m, err);
    if (result == 0 && mtime != FREE_SLOT) {
        size_t i = slot_of(m->slots, m->size, mtime);
        m->used += m->slots[i] == FREE_SLOT;
        m->slots[i] = mtime;
    }
    pthread_mutex_unlock(&m->lock);
    return result;
}

bool stet_mtimes_has(const struct stet_mtimes *m, int64_t mtime)
{
    return m->size && mtime != FREE_SLOT && m->slots[slot_of(m->slots, m->size, mtime)] == mtime;
}
