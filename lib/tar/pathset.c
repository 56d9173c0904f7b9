#include "lib/tar/pathset.h"

enum { FIRST_CAP = 1024 };

void stet_tar_pathset_release(struct tar_pathset *s)
{
    free(s->slots);
    *s = (struct tar_pathset){0};
}

/* FNV-1a with a final mix, so that the low bits are usable as a slot number. */
static uint64_t hash_path(const char *path)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *p = (const unsigned char *)path; *p != '\0'; p++)
        h = (h ^ *p) * UINT64_C(0x100000001b3);
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    return h == 0 ? 1 : h;
}

/* The slot that holds hash, or the free one where it belongs. cap is a power of two. */
static size_t find_slot(const uint64_t *slots, size_t cap, uint64_t hash)
{
    size_t i = (size_t)hash & (cap - 1);
    while (slots[i] != 0 && slots[i] != hash)
        i = (i + 1) & (cap - 1);
    return i;
}

static int grow(struct tar_pathset *s, struct stet_error *err)
{
    size_t cap = s->cap == 0 ? FIRST_CAP : s->cap;
    if (s->cap != 0 && __builtin_mul_overflow(s->cap, 2, &cap))
        return stet_error_oom(err, "remembering a path of the archive");
    uint64_t *slots = calloc(cap, sizeof(*slots));
    if (slots == NULL)
        return stet_error_oom(err, "remembering a path of the archive");
    for (size_t i = 0; i < s->cap; i++) {
        if (s->slots[i] != 0)
            slots[find_slot(slots, cap, s->slots[i])] = s->slots[i];
    }
    free(s->slots);
    s->slots = slots;
    s->cap = cap;
    return 0;
}

int stet_tar_pathset_add(struct tar_pathset *s, const char *path, struct stet_error *err)
{
    if (s->count >= s->cap / 2 && grow(s, err) < 0)
        return -1;
    uint64_t hash = hash_path(path);
    size_t i = find_slot(s->slots, s->cap, hash);
    if (s->slots[i] == 0) {
        s->slots[i] = hash;
        s->count++;
    }
    return 0;
}

bool stet_tar_pathset_has(const struct tar_pathset *s, const char *path)
{
    if (s->cap == 0)
        return false;
    uint64_t hash = hash_path(path);
    return s->slots[find_slot(s->slots, s->cap, hash)] == hash;
}
