/*
 * tree - a root as a sorted list of entries.
 *
 * Invariant: entries are in the canonical order (stet_path_compare), each path once, the
 * root directory itself ("") first (a tree read from an archive that has no entry for the root
 * has none either). Of several names of one inode the first in this order is the FILE and
 * the others are HARDLINKs to it, with the same mode, owner, time and xattrs. Only regular
 * files are HARDLINKs: further names of symlinks, devices and pipes stand for themselves.
 */
#ifndef STET_TREE_TREE_H
#define STET_TREE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/entry/entry.h"
#include "lib/tar/tar.h"

struct stet_tree_data;
struct stet_tree {
    size_t count;
    struct stet_tree_data *data; /* private: entries are looked at through a view */
};

void stet_tree_init(struct stet_tree *t);
void stet_tree_release(struct stet_tree *t);

enum { STET_TREE_PATH_SIZE = 4096 }; /* bytes of the longest path and its NUL */

/*
 * One entry of a tree at a time, put together in the view's own memory. Going through a tree in
 * order is cheapest, any other order works as well. A tree may have many views, in
 * several threads; it must not change meanwhile. A view needs no release, and must not be
 * copied.
 */
struct stet_tree_view {
    struct stet_entry entry; /* never to be released; valid until the next entry is looked at */
    size_t index;            /* of this entry */
    /* private */
    const struct stet_tree *tree;
    uint32_t dir;  /* whose path is in path[] */
    size_t prefix; /* bytes of it, with the '/' behind it */
    char path[STET_TREE_PATH_SIZE], link[STET_TREE_PATH_SIZE];
};
void stet_tree_view_init(struct stet_tree_view *v, const struct stet_tree *t);
/* Entry i, which is below t->count: v->entry. */
const struct stet_entry *stet_tree_view_at(struct stet_tree_view *v, size_t i);
/* The entry at path, or NULL. Binary search. */
const struct stet_entry *stet_tree_view_find(struct stet_tree_view *v, const char *path);

/*
 * Takes empty directories out: drop is called, from the last to the first, for each one but the
 * root that has nothing below it, or nothing any more, and returns whether it goes.
 */
void stet_tree_prune(struct stet_tree *t, bool (*drop)(void *ctx, const char *path), void *ctx);

struct stet_tree_scan_options {
    /*
     * Called for every entry in an unspecified order before hard links are worked out; may change
     * mode, ids, times and xattrs (with stet_entry_set_xattr()), but not the strings. Returns 1
     * to keep it, 0 to leave it out (with all below it, if a directory), -1 with err. May be
     * NULL. May be called from several threads at once.
     */
    int (*filter)(void *ctx, struct stet_entry *e, struct stet_error *err);
    void *ctx;
    unsigned threads; /* 0: 1. At most so many are used; today's scan needs one */
    /* To compare it, not to make an image of it: names are kept whatever is in them, and sockets too, as FIFOs whose mode
     * has S_IFSOCK besides the permission bits. */
    bool everything;
};

/*
 * Scans the directory root (borrowed): lstat, readlink and xattrs of everything below,
 * without following any symlink, never crossing into another file system
 * (a mount point is STET_ERROR_INPUT). The xattrs kept are security.capability, user.* and
 * system.posix_acl_* ; security.selinux and the like belong to the host and are
 * dropped. security.capability is brought to its plain version-2 form when the kernel
 * returned version 3. Sockets are left out (tar has no form for them) with a verbose log line.
 */
int stet_tree_scan(int root, const char *name, const struct stet_tree_scan_options *options,
                   const struct stet_log *log, struct stet_tree *out, struct stet_error *err);

/*
 * Writes the tree as a canonical tar, reading contents from root (borrowed; files are opened
 * beneath it with O_NOFOLLOW; a file whose size changed since the scan is an error that names it).
 * Reading runs ahead of writing on one further thread when threads > 1. Progress goes to log.
 */
int stet_tree_write_tar(const struct stet_tree *t, int root, struct stet_writer *out,
                        unsigned threads, const struct stet_log *log, struct stet_error *err);

/*
 * Makes a copy of the tree as a directory: dest (borrowed descriptor of an empty
 * directory) gets every entry with its mode, owner, times and xattrs. Hard links stay links.
 */
int stet_tree_copy_to(const struct stet_tree *t, int root, int dest, struct stet_error *err);

/*
 * Reads all entries of a tar (contents are skipped) in archive order, sorts them; a path
 * that occurs twice is STET_ERROR_INPUT. Hard links are put as the invariant says: a content that
 * the archive has under a later name belongs to the first name here, a link to
 * a link leads to the file, a link to a symlink or device is another of these, and
 * a link whose target is not in the archive stays as it is.
 */
int stet_tree_from_tar(struct stet_tar_reader *r, struct stet_tree *out, struct stet_error *err);

#endif
