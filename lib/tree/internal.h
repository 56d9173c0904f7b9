/*
 * What the parts of tree share. Private to lib/tree and its tests.
 */
#ifndef STET_TREE_INTERNAL_H
#define STET_TREE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/tree/tree.h"

enum {
    TREE_PATH_MAX = 4095,   /* bytes of a path in a tree, as stet_path_normalize() allows */
    TREE_XATTR_MAX = 65536, /* the kernel's limit for a value and for a list of names */
};

/* ---- opening below a root (open.c) ---- */

/*
 * Opens path, relative to root and in normal form ("" is root itself), without following
 * any symlink on the way. A descriptor, or -1 with errno.
 */
int stet_tree_open_beneath(int root, const char *path, int flags);
/* The same component by component, for kernels and seccomp filters without openat2; path is not "".
 */
int stet_tree_open_walk(int root, const char *path, int flags);

/* The directory that held the last path asked for, kept open for its neighbours. */
struct tree_parent {
    int root; /* borrowed */
    int fd;   /* -1: none yet */
    struct stet_buffer path;
};
void stet_tree_parent_init(struct tree_parent *p, int root);
void stet_tree_parent_release(struct tree_parent *p);
/* The descriptor (borrowed) of the directory that holds path (not ""), *leaf at its last
 * component; -1 with errno. */
int stet_tree_parent_open(struct tree_parent *p, const char *path, const char **leaf);

/* ---- names in a directory (list.c) ---- */

struct tree_names {
    struct stet_buffer text; /* each followed by NUL */
    size_t *offsets;         /* into text */
    size_t count, cap;
};
void stet_tree_names_release(struct tree_names *n);
int stet_tree_names_add(struct tree_names *n, const char *name, struct stet_error *err);
const char *stet_tree_names_get(const struct tree_names *n, size_t i);
/* Bytewise. */
void stet_tree_names_sort(struct tree_names *n);

/* Lists fd (at its start) in whatever order; "." and ".." left out. what names it in errors. */
typedef int (*tree_list_fn)(void *ctx, int fd, const char *what, struct tree_names *out,
                            struct stet_error *err);
int stet_tree_list(void *ctx, int fd, const char *what, struct tree_names *out,
                   struct stet_error *err);

/* ---- scanning (scan.c) ---- */

/* stet_tree_scan() with the listing of directories as a parameter, so that a test can
 * return names in another order. list is called with list_ctx. */
int stet_tree_scan_with(int root, const char *name, const struct stet_tree_scan_options *options,
                        const struct stet_log *log, tree_list_fn list, void *list_ctx,
                        struct stet_tree *out, struct stet_error *err);

/* Whether an xattr is kept in a tree. */
bool stet_tree_xattr_wanted(const char *name);
/* Turns a version 3 security.capability into version 2, which has no root id. */
size_t stet_tree_capability_plain(unsigned char *value, size_t len);

/* ---- contents (content.c) ---- */

/* The contents of all files of a tree, one after the other, as one run of bytes. */
struct tree_content {
    const struct stet_tree *tree;
    struct tree_parent parent;
    size_t next;                /* entry to open next */
    int fd;                     /* of the current one, or -1 */
    uint64_t left;              /* bytes of it still to be read */
    struct stet_tree_view view; /* shows the current one */
};
void stet_tree_content_init(struct tree_content *c, const struct stet_tree *t, int root);
void stet_tree_content_release(struct tree_content *c);
/* Fills buf as far as there is content; *got < len only at the end of all. */
int stet_tree_content_read(struct tree_content *c, char *buf, size_t len, size_t *got,
                           struct stet_error *err);
/* Opens the file of e and checks that it still is one of e->size bytes. */
int stet_tree_open_file(struct tree_parent *p, const struct stet_entry *e, struct stet_error *err);

/* The same read ahead by a thread of its own (readahead.c). */
struct tree_readahead;
/* With threads below 2, or when no thread can be started, contents are read as they are asked for.
 */
struct tree_readahead *stet_tree_readahead_new(const struct stet_tree *t, int root,
                                               unsigned threads, struct stet_error *err);
/* The next piece, at least 1 byte and at most max, borrowed until the next call. */
int stet_tree_readahead_next(struct tree_readahead *r, size_t max, const char **data, size_t *len,
                             struct stet_error *err);
void stet_tree_readahead_free(struct tree_readahead *r);

#endif
