/*
 * How a tree is kept in memory: one record of fixed size for each entry, all names in one run
 * of text, and tables of what many entries share. A million entries take about 32 MB and
 * their names. Private to lib/tree and its tests.
 */
#ifndef STET_TREE_DATA_H
#define STET_TREE_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/tree/tree.h"

/* ---- memory that grows without being copied (region.c) ---- */

/* Bytes in pages of their own. Room that was never used costs no memory. */
struct tree_region {
    char *base; /* moves when it grows */
    size_t len, cap;
};
void stet_tree_region_release(struct tree_region *r);
/* Appends len bytes; what they are is for the error. */
int stet_tree_region_add(struct tree_region *r, const void *data, size_t len, const char *what,
                         struct stet_error *err);

/* ---- what was added before (cache.c) ---- */

/*
 * Numbers by a hash of what they stand for. It forgets when it is crowded, so that no input makes
 * it slow or large: what is not found is then kept twice, which is no error.
 */
enum { TREE_CACHE_SLOTS = 1024 };
struct tree_cache {
    struct {
        uint32_t hash, number; /* number + 1; 0 is free */
    } slots[TREE_CACHE_SLOTS];
};
enum { TREE_HASH_START = 0x811c9dc5 };
/* Continues a hash over more bytes. */
uint32_t stet_tree_hash(uint32_t hash, const void *data, size_t len);
typedef bool (*tree_same_fn)(const void *ctx, uint32_t number);
/* Finds a number with this hash for which same() holds. */
bool stet_tree_cache_find(const struct tree_cache *c, uint32_t hash, tree_same_fn same,
                          const void *ctx, uint32_t *number);
void stet_tree_cache_put(struct tree_cache *c, uint32_t hash, uint32_t number);

/* ---- records ---- */

/* A path: a directory and the last component. ("", "") is the root itself. */
struct tree_place {
    uint32_t dir;  /* number of the directory that it is in */
    uint32_t name; /* offset in text */
};

struct tree_record {
    struct tree_place place;
    uint32_t meta;     /* number of its mode, owner and xattrs */
    uint32_t mtime_ns; /* nanoseconds */
    int64_t mtime;
    union {
        uint64_t size;           /* FILE */
        uint64_t target;         /* SYMLINK: offset in text */
        struct tree_place first; /* HARDLINK */
        uint32_t device[2];      /* CHAR and BLOCK: major, minor */
    };
};
_Static_assert(sizeof(struct tree_record) == 32, "a record is what a large tree consists of");

/* What many entries share. No padding: it is compared and hashed as bytes. */
struct tree_meta {
    uint32_t uid, gid;
    uint32_t xattrs; /* number of the set + 1, or 0 */
    uint16_t mode;
    uint16_t type; /* enum stet_entry_type */
};

/* Extended attributes; names and values follow in the same piece of memory. */
struct tree_xattrs {
    size_t count;
    struct stet_xattr items[];
};

struct stet_tree_data {
    struct tree_region records; /* struct tree_record */
    struct tree_region text;    /* each string followed by NUL; "" at 0 */
    struct tree_region dirs;    /* struct tree_place of directories; number 0 is the root */
    struct tree_region metas;   /* struct tree_meta */
    struct tree_region xattrs;  /* struct tree_xattrs *, each owned */
    struct tree_cache meta_cache, xattr_cache;
};

static inline struct tree_record *stet_tree_record(const struct stet_tree *t, size_t i)
{
    return (struct tree_record *)(void *)t->data->records.base + i;
}
static inline const char *stet_tree_text(const struct stet_tree *t, uint64_t offset)
{
    return t->data->text.base + offset;
}
static inline const struct tree_place *stet_tree_dir(const struct stet_tree *t, uint32_t number)
{
    return (const struct tree_place *)(const void *)t->data->dirs.base + number;
}
static inline const struct tree_meta *stet_tree_meta(const struct stet_tree *t, uint32_t number)
{
    return (const struct tree_meta *)(const void *)t->data->metas.base + number;
}
static inline enum stet_entry_type stet_tree_type(const struct stet_tree *t, size_t i)
{
    return (enum stet_entry_type)stet_tree_meta(t, stet_tree_record(t, i)->meta)->type;
}

/* Bytes of entry i's content. */
static inline uint64_t stet_tree_size(const struct stet_tree *t, size_t i)
{
    return stet_tree_type(t, i) == STET_ENTRY_FILE ? stet_tree_record(t, i)->size : 0;
}

/* The path alone of entry i, in the view. */
const char *stet_tree_view_path(struct stet_tree_view *v, size_t i);

/* ---- filling a tree (append.c) ---- */

/* Makes t->data, with the root as directory 0, unless it is there. */
int stet_tree_begin(struct stet_tree *t, struct stet_error *err);
/* Adds a string to the text. */
int stet_tree_add_text(struct stet_tree *t, const char *s, size_t len, uint32_t *offset,
                       struct stet_error *err);
/* A directory that entries are in, whether it is itself an entry or not. */
int stet_tree_add_dir(struct stet_tree *t, struct tree_place place, uint32_t *number,
                      struct stet_error *err);
/*
 * Puts the entry name of directory dir at the end. e's path is not looked at, nor is the link
 * of a HARDLINK, which is for the caller to put into the record.
 */
int stet_tree_append(struct stet_tree *t, uint32_t dir, const char *name,
                     const struct stet_entry *e, struct stet_error *err);
/* Makes record i a hard link to the record first: same metadata. */
int stet_tree_make_link(struct stet_tree *t, size_t i, size_t first, struct stet_error *err);

/*
 * Turns paths into places. Neighbours share their directories; a directory that is met again
 * later is added once more, which only costs memory.
 */
struct tree_places {
    struct stet_buffer path; /* of the directory found last */
    uint32_t dir;
};
void stet_tree_places_release(struct tree_places *p);
/* *leaf is the last component of path. */
int stet_tree_places_find(struct tree_places *p, struct stet_tree *t, const char *path,
                          uint32_t *dir, const char **leaf, struct stet_error *err);

#endif
