/*
 * Parts of scanning: extended attributes (xattr.c) and hard links (inodes.c).
 * Private to lib/tree.
 */
#ifndef STET_TREE_SCAN_H
#define STET_TREE_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/tree/internal.h"

struct tree_xattr_reader {
    char *names;          /* TREE_XATTR_MAX bytes */
    unsigned char *value; /* TREE_XATTR_MAX bytes */
    bool list_at;         /* the kernel lists them relative to a directory */
};
/* Fails when /proc is not there, through which xattrs of a leaf are reached. */
int stet_tree_xattr_reader_init(struct tree_xattr_reader *r, struct stet_error *err);
void stet_tree_xattr_reader_release(struct tree_xattr_reader *r);
/* Adds the kept xattrs of name in dirfd ("": dirfd itself), not a symlink, to e. */
int stet_tree_xattr_read(struct tree_xattr_reader *r, int dirfd, const char *name,
                         struct stet_entry *e, struct stet_error *err);

/* A file with several names: where it is, and which entry one name of it is. */
struct tree_inode {
    uint64_t ino;
    uint32_t dev; /* number among devs */
    uint32_t index;
};
struct tree_inodes {
    struct tree_inode *items;
    size_t count, cap;
    dev_t *devs; /* one, but on file systems that consist of several */
    size_t dev_count, dev_cap;
};
void stet_tree_inodes_release(struct tree_inodes *v);
int stet_tree_inodes_add(struct tree_inodes *v, dev_t dev, uint64_t ino, size_t index,
                         struct stet_error *err);
/* Of the entries of one inode, all but the first become hard links to it. */
int stet_tree_inodes_link(struct tree_inodes *v, struct stet_tree *t, struct stet_error *err);

#endif
