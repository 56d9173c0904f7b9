/*
 * entry - one file's metadata, as a tree holds it and a tar carries it.
 */
#ifndef STET_ENTRY_ENTRY_H
#define STET_ENTRY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"

enum stet_entry_type {
    STET_ENTRY_FILE,
    STET_ENTRY_HARDLINK, /* a further name of an earlier file; link is that file's path */
    STET_ENTRY_SYMLINK,
    STET_ENTRY_DIRECTORY,
    STET_ENTRY_CHAR,
    STET_ENTRY_BLOCK,
    STET_ENTRY_FIFO,
};

struct stet_xattr {
    char *name;           /* "security.capability" */
    unsigned char *value; /* any bytes */
    size_t len;
};

struct stet_entry {
    char *path; /* normal form, no leading '/'; "" is the root itself */
    enum stet_entry_type type;
    uint32_t mode; /* permission bits, 07777 */
    uint32_t uid, gid;
    uint64_t size;         /* bytes of content; 0 unless a FILE */
    int64_t mtime;         /* seconds since 1970 */
    uint32_t mtime_ns;     /* nanoseconds 0..999999999; format 1 does not store them */
    char *link;            /* target of SYMLINK (verbatim) or HARDLINK (normal form), else NULL */
    uint32_t major, minor; /* CHAR and BLOCK */
    struct stet_xattr *xattrs; /* sorted bytewise by name */
    size_t xattr_count;
};

void stet_entry_init(struct stet_entry *e);
void stet_entry_release(struct stet_entry *e);
/* Copies value; keeps the list sorted; a second value for a name replaces the first. */
int stet_entry_set_xattr(struct stet_entry *e, const char *name, const void *value, size_t len,
                         struct stet_error *err);
/* "file", "hard link", "symlink", "directory", "character device", "block device", "fifo". */
const char *stet_entry_type_name(enum stet_entry_type type);

#endif
