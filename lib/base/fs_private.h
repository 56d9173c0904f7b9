/*
 * What the sources of stet_fs share, and the seams its tests use.
 */
#ifndef STET_BASE_FS_PRIVATE_H
#define STET_BASE_FS_PRIVATE_H

#include <stdatomic.h>

#include "lib/base/fs.h"

/* Tests set these to force the ways taken where the kernel or file system lacks one. */
extern atomic_bool stet_fs_deny_openat2;
extern atomic_bool stet_fs_deny_tmpfile;
extern atomic_bool stet_fs_deny_copy_range;

enum { STET_FS_TEMP_NAME_SIZE = 32 };

/* path without leading '/' and "./"; the root itself gives ".". */
const char *stet_fs_strip(const char *path);

/* Opens path below root; a descriptor, or -1 with errno. path is stripped and checked. */
int stet_fs_resolve(int root, const char *path, int flags, mode_t mode);

/* As stet_fs_open_parent_in(); a missing parent gives -2 with errno, err untouched. */
int stet_fs_try_open_parent_in(int root, const char *path, const char **leaf,
                               struct stet_error *err);

/* A new file ".stet-<random>.tmp" in dirfd, opened for reading and writing; its name in
 * name. -1 with errno. */
int stet_fs_create_temp(int dirfd, char name[STET_FS_TEMP_NAME_SIZE], mode_t mode);

/* A fresh name for it alone. */
int stet_fs_temp_name(char name[STET_FS_TEMP_NAME_SIZE]);

/* Removes leaf in dirfd with all below it; path is for errors. */
int stet_fs_remove_at(int dirfd, const char *leaf, const char *path, struct stet_error *err);

#endif
