/*
 * registry - who ships which path, while packages are unpacked in parallel.
 *
 * One map by path as packages name it (dpkg's view: overwriting, Replaces), one by place (parent
 * directory and leaf: two paths can mean one file through /bin -> usr/bin). The map by place holds
 * for one stage only, as scripts may move directories. Nothing here locks but
 * stet_unpack_registry_lock().
 */
#ifndef STET_DEBIAN_REGISTRY_H
#define STET_DEBIAN_REGISTRY_H

#include <sys/types.h>

#include "lib/base/base.h"
#include "lib/entry/entry.h"

struct stet_unpack_claim {
    char *key;   /* owned by the map */
    char *place; /* of a directory: its path in the root; owned; else NULL */
    size_t package;
    unsigned stage;
    enum stet_entry_type type;
    uint32_t mode, uid, gid; /* of a directory */
    bool made;               /* a directory that this stage made */
    bool link_target;        /* a file that a hard link of the same package points to */
};

struct stet_path_map {
    struct stet_unpack_claim *slots; /* key NULL: free */
    size_t count, size;              /* size: 0 or a power of two */
};
void stet_path_map_release(struct stet_path_map *m);
/* The claim of key, or NULL. Valid until the next add. */
struct stet_unpack_claim *stet_path_map_find(const struct stet_path_map *m, const char *key);
/* Adds a key that is not there yet. NULL with err. */
struct stet_unpack_claim *stet_path_map_add(struct stet_path_map *m, const char *key,
                                            struct stet_error *err);

struct stet_unpack_registry;
struct stet_unpack_registry *stet_unpack_registry_new(struct stet_error *err);
void stet_unpack_registry_free(struct stet_unpack_registry *r);
void stet_unpack_registry_lock(struct stet_unpack_registry *r);
void stet_unpack_registry_unlock(struct stet_unpack_registry *r);
/* With the lock held. */
struct stet_path_map *stet_unpack_registry_paths(struct stet_unpack_registry *r);
struct stet_path_map *stet_unpack_registry_places(struct stet_unpack_registry *r);
void stet_unpack_registry_forget_places(struct stet_unpack_registry *r);

#endif
