/*
 * stet_fs - files, reached relative to a directory descriptor.
 *
 * "root" below is a directory descriptor of an untrusted tree. Paths given
 * with it are relative to it (leading '/' and "./" are ignored), may contain no
 * empty component, and are resolved with openat2(RESOLVE_IN_ROOT |
 * RESOLVE_NO_MAGICLINKS), or, where the kernel or a seccomp filter denies
 * openat2, component by component with the same meaning. Symbolic links are
 * followed as a process chrooted to the tree would, so nothing outside the
 * tree is ever reached. ".." components are accepted by the resolver (they
 * stop at the root); callers that read archives refuse them earlier with
 * stet_path_check(). Descriptors are O_CLOEXEC.
 */
#ifndef STET_BASE_FS_H
#define STET_BASE_FS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

static inline void stet_cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
#define _cleanup_close_ __attribute__((cleanup(stet_cleanup_close)))

/* The descriptor in *fd, which becomes -1. */
static inline int stet_steal_fd(int *fd)
{
    int value = *fd;
    *fd = -1;
    return value;
}

/* ---- below an untrusted root ---- */

/* Opens path below root; flags and mode as openat(2). Follows a final symlink
 * unless O_NOFOLLOW is given. A descriptor, or -1 with err. */
int stet_fs_open_in(int root, const char *path, int flags, mode_t mode, struct stet_error *err);

/* As stet_fs_open_in() but a missing file (ENOENT or ENOTDIR) returns -2 and
 * leaves err alone. */
int stet_fs_try_open_in(int root, const char *path, int flags, struct stet_error *err);

/*
 * Opens the directory that holds path's last component, following symlinks
 * inside root. *leaf points into path at the last component (which never is
 * ".", ".." or empty; that is STET_ERROR_INPUT). The leaf itself is not looked
 * at. A descriptor (O_PATH|O_DIRECTORY), or -1 with err.
 */
int stet_fs_open_parent_in(int root, const char *path, const char **leaf, struct stet_error *err);

/* Makes path and its missing parents (mode 0755 exactly, whatever the umask),
 * following symlinks to directories inside root. */
int stet_fs_mkdirs_in(int root, const char *path, struct stet_error *err);

/* Does path exist below root? Does not follow a final symlink. 1, 0, or -1 with
 * err; st may be NULL. */
int stet_fs_stat_in(int root, const char *path, struct stat *st, struct stet_error *err);

/* The whole regular file below root, at most max bytes (more is STET_ERROR_INPUT).
 * Appended to out. -2 with err untouched when it does not exist. */
int stet_fs_read_in(int root, const char *path, size_t max, struct stet_buffer *out,
                    struct stet_error *err);

/* Replaces path below root by a regular file of these bytes, mode and owner
 * (uid_t)-1: leave as created). The parent must exist. Written under another
 * name in the same directory and renamed. */
int stet_fs_write_in(int root, const char *path, const void *data, size_t len, mode_t mode,
                     uid_t uid, gid_t gid, struct stet_error *err);

/* Removes path below root, whatever it is, with everything under it; mount
 * points are not crossed; a missing path is fine. */
int stet_fs_remove_in(int root, const char *path, struct stet_error *err);

/* ---- the user's own files ---- */

/* Opens path relative to dirfd (or AT_FDCWD) as openat(2), with O_CLOEXEC. */
int stet_fs_open(int dirfd, const char *path, int flags, mode_t mode, struct stet_error *err);

/* The whole file, at most max bytes, appended to out. "-" is not special. */
int stet_fs_read(int dirfd, const char *path, size_t max, struct stet_buffer *out,
                 struct stet_error *err);

/* Reads fd to its end, at most max bytes, appended to out; name is for errors. */
int stet_fs_read_fd(int fd, const char *name, size_t max, struct stet_buffer *out,
                    struct stet_error *err);

/* All of it, through short writes and EINTR. */
int stet_fs_write_fd(int fd, const char *name, const void *data, size_t len,
                     struct stet_error *err);

/* Makes path and its missing parents, modes by the umask. */
int stet_fs_mkdirs(int dirfd, const char *path, struct stet_error *err);

/* Removes a file or a whole directory tree; does not follow symlinks; a missing
 * path is fine. Directories without permission bits are given them first. */
int stet_fs_remove(int dirfd, const char *path, struct stet_error *err);

/* Copies len bytes (UINT64_MAX: to the end of src) between descriptors' current
 * offsets; reflink or copy_file_range where the file system can. */
int stet_fs_copy_fd(int src, int dst, uint64_t len, const char *name, struct stet_error *err);

/*
 * A file that appears whole or not at all. It has no name until published
 * (O_TMPFILE; where the file system lacks that, a hidden ".stet-*.tmp" name
 * beside the target, gone on release), so that an interrupt or a full disk leaves
 * nothing. Mode is 0666 less the umask.
 */
struct stet_fs_output {
    int fd;        /* write here; -1 after publish or release */
    int dirfd;     /* directory of the target */
    char *leaf;    /* target's name in it */
    char *tmpname; /* NULL with O_TMPFILE */
    char *path;    /* for errors */
};
#define STET_FS_OUTPUT_INIT                                                                        \
    {                                                                                              \
        -1, -1, NULL, NULL, NULL                                                                   \
    }
int stet_fs_output_open(struct stet_fs_output *out, int dirfd, const char *path,
                        struct stet_error *err);
/* fsync, then give it its name, replacing what is there; releases out. On
 * failure nothing new is visible. */
int stet_fs_output_publish(struct stet_fs_output *out, struct stet_error *err);
void stet_fs_output_release(struct stet_fs_output *out);

/* Atomically replaces path by a file of these bytes. */
int stet_fs_write(int dirfd, const char *path, const void *data, size_t len,
                  struct stet_error *err);

/* ---- names ---- */

/*
 * Checks and normalises a path read from an archive: strips leading "./" and
 * "/"-less; refuses absolute paths, "..", empty names, NUL, newline and other
 * control bytes, components over 255 and paths over 4095 bytes; collapses
 * repeated '/', and drops "." components and trailing '/'. The root itself gives
 * "". Appends the normal form ("usr/bin/env") to out. STET_ERROR_INPUT otherwise.
 */
int stet_path_normalize(const char *path, struct stet_buffer *out, struct stet_error *err);

/*
 * Order of paths in a tree (the canonical order of format 1): compares
 * bytewise with '/' lower than every other byte, so that a directory is
 * directly followed by what is in it. Like strcmp.
 */
int stet_path_compare(const char *a, const char *b);

/*
 * Does a glob of a recipe or dpkg configuration match path? Both without a
 * leading '/'. '*' and '?' and [classes] do not match '/', a component "**" matches
 * any number of components, and at the end of the glob at least one: "doc/" and two stars match
 * what is below doc, but not doc. With dpkg_style, '*' and '?' match '/' as well
 * (fnmatch(3) without FNM_PATHNAME), as dpkg's path-exclude means it.
 */
bool stet_path_match(const char *glob, const char *path, bool dpkg_style);

#endif
