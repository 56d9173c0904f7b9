/*
 * extract - the files of one package into the root.
 *
 * No symbolic link is ever followed on the way to an entry: what a path of a package means does not depend on what
 * is in the root, two paths never mean one file, and nothing outside of the root is reached. libalpm refuses, or
 * replaces, such links (ARCHIVE_EXTRACT_SECURE_SYMLINKS).
 */
#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "lib/digest/digest.h"
#include "lib/distro/arch/package_file.h"
#include "lib/distro/arch/pattern.h"
#include "lib/distro/common/extraction.h"

enum seen { UNSEEN, EXTRACTED, LEFT_OUT };

struct extraction {
    struct stet_build_context *ctx;
    const struct stet_arch_package *package;
    struct stet_archive *reader;
    int database;
    char **hashes;       /* by number of backup file */
    unsigned char *seen; /* by number of file; of enum seen */
    struct stet_distro_parent parent;
    int64_t kept_mtime; /* reported last */
};

static int fail(const struct extraction *x, const char *path, const char *why,
                struct stet_error *err)
{
    return stet_error_input(err, "package %s: \"/%s\" %s", x->package->locked->name, path, why);
}

static int fail_errno(const struct extraction *x, const char *path, const char *what,
                      struct stet_error *err)
{
    return stet_error_errno(err, "package %s: %s /%s in the root", x->package->locked->name, what,
                            path);
}

/* ---- where to ---- */

/* Goes from *fd into the directory name (of len bytes), making it as libarchive makes what a package does not ship. */
static int enter(const struct extraction *x, int *fd, const char *name, size_t len,
                 const char *path, bool make, struct stet_error *err)
{
    char component[256];
    if (len == 0 || len >= sizeof component)
        return fail(x, path, "has an impossible path", err);
    memcpy(component, name, len);
    component[len] = '\0';
    const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int next = openat(*fd, component, flags);
    if (next < 0 && errno == ENOENT && make) {
        if (mkdirat(*fd, component, 0755) < 0 || fchmodat(*fd, component, 0755, 0) < 0)
            return fail_errno(x, path, "creating the directory of", err);
        next = openat(*fd, component, flags);
    }
    if (next < 0 && (errno == ELOOP || errno == ENOTDIR))
        return fail(x, path, "leads through something in the root that is no directory", err);
    if (next < 0)
        return fail_errno(x, path, "opening the directory of", err);
    stet_cleanup_close(fd);
    *fd = next;
    return 0;
}

/* The directory of path; a descriptor. */
static int open_parent(const struct extraction *x, const char *path, bool make,
                       struct stet_error *err)
{
    _cleanup_close_ int fd = fcntl(x->ctx->root, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return fail_errno(x, path, "opening the directory of", err);
    const char *name = path;
    for (const char *slash; (slash = strchr(name, '/')); name = slash + 1)
        if (enter(x, &fd, name, (size_t)(slash - name), path, make, err) < 0)
            return -1;
    return stet_steal_fd(&fd);
}

/* The same for the parent of an entry. */
static int open_entry_parent(void *ctx, const char *path, struct stet_error *err)
{
    return open_parent(ctx, path, true, err);
}

/* ---- the list of files ---- */

static int compare_path(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

/* The number of path (a directory's with '/') in the package's list, or -1. */
static ssize_t find_path(const struct extraction *x, const char *path)
{
    const struct stet_strv *files = &x->package->files;
    if (files->count == 0)
        return -1;
    char *const *found =
        bsearch(path, files->items, files->count, sizeof *files->items, compare_path);
    return found ? found - files->items : -1;
}

/* The number of path, which must be new; -1 with err. */
static ssize_t find_listed(const struct extraction *x, const char *path, struct stet_error *err)
{
    ssize_t n = find_path(x, path);
    if (n < 0)
        return fail(x, path, "is in its archive and not in its .MTREE", err);
    if (x->seen[n] != UNSEEN)
        return fail(x, path, "is in its archive twice", err);
    return n;
}

static int check_all_seen(const struct extraction *x, struct stet_error *err)
{
    const struct stet_strv *files = &x->package->files;
    for (size_t n = 0; n < files->count; n++)
        if (x->seen[n] == UNSEEN &&
            !stet_arch_match(&x->ctx->lock->recipe.noextract, files->items[n]))
            return fail(x, files->items[n], "is in its .MTREE and not in its archive", err);
    return 0;
}

/* ---- attributes ---- */

/* The time of name in dirfd, or of dirfd itself where name is NULL. */
static int set_mtime(struct extraction *x, int dirfd, const char *name, const struct stet_entry *e,
                     struct stet_error *err)
{
    int64_t mtime = stet_distro_clamp_mtime(x->ctx, e->mtime);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime}};
    int rc = name ? utimensat(dirfd, name, times, AT_SYMLINK_NOFOLLOW) : futimens(dirfd, times);
    if (rc < 0)
        return fail_errno(x, e->path, "setting the time of", err);
    return stet_distro_keep_mtime(x->ctx, &x->kept_mtime, mtime, err);
}

/* Of a file or directory. chown first: it clears set-id bits and capabilities. */
static int set_attributes(const struct extraction *x, int fd, const struct stet_entry *e,
                          struct stet_error *err)
{
    if (fchown(fd, e->uid, e->gid) < 0 || fchmod(fd, e->mode) < 0)
        return fail_errno(x, e->path, "setting owner and mode of", err);
    for (size_t i = 0; i < e->xattr_count; i++)
        if (fsetxattr(fd, e->xattrs[i].name, e->xattrs[i].value, e->xattrs[i].len, 0) < 0)
            return fail_errno(x, e->path, "setting an extended attribute of", err);
    return 0;
}

/* ---- writing ---- */

static int write_content(const struct extraction *x, int fd, const struct stet_entry *e,
                         struct stet_error *err)
{
    const void *data;
    size_t len;
    uint64_t offset, end = 0;
    int rc;
    while ((rc = stet_archive_block(x->reader, &data, &len, &offset, err)) > 0) {
        if (stet_cancel_check(err) < 0)
            return -1;
        if (offset != end && lseek(fd, (off_t)offset, SEEK_SET) < 0)
            return fail_errno(x, e->path, "writing", err);
        if (stet_fs_write_fd(fd, e->path, data, len, err) < 0)
            return stet_error_wrap(err, "package %s", x->package->locked->name);
        end = offset + len;
    }
    if (rc == 0 && end < e->size && ftruncate(fd, (off_t)e->size) < 0) /* a hole at the end */
        return fail_errno(x, e->path, "writing", err);
    return rc;
}

static int create_file(struct extraction *x, const struct stet_entry *e, const char *name,
                       struct stet_error *err)
{
    _cleanup_close_ int fd =
        openat(x->parent.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(x, e->path, "creating", err);
    if (write_content(x, fd, e, err) < 0 || set_attributes(x, fd, e, err) < 0)
        return -1;
    return set_mtime(x, fd, NULL, e, err);
}

static int create_symlink(struct extraction *x, const struct stet_entry *e, const char *name,
                          struct stet_error *err)
{
    if (symlinkat(e->link, x->parent.fd, name) < 0)
        return fail_errno(x, e->path, "creating the symlink", err);
    if (fchownat(x->parent.fd, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_errno(x, e->path, "setting the owner of", err);
    return set_mtime(x, x->parent.fd, name, e, err);
}

static int create_node(struct extraction *x, const struct stet_entry *e, const char *name,
                       struct stet_error *err)
{
    mode_t type = e->type == STET_ENTRY_FIFO   ? S_IFIFO
                  : e->type == STET_ENTRY_CHAR ? S_IFCHR
                                               : S_IFBLK;
    if (mknodat(x->parent.fd, name, type | 0600, makedev(e->major, e->minor)) < 0) {
        if (errno == EPERM)
            return stet_error_set(err, STET_ERROR_ENVIRONMENT, errno,
                                  "package %s: creating the %s /%s, which needs the real root user",
                                  x->package->locked->name, stet_entry_type_name(e->type), e->path);
        return fail_errno(x, e->path, "creating the node", err);
    }
    if (fchownat(x->parent.fd, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
        fchmodat(x->parent.fd, name, e->mode, 0) < 0)
        return fail_errno(x, e->path, "setting owner and mode of", err);
    return set_mtime(x, x->parent.fd, name, e, err);
}

/*
 * libarchive makes such a link by the target's name; here it must be this package's own earlier file. For a target that
 * NoExtract leaves out pacman has a warning and goes on without the file; no image should lack a file unnoticed.
 */
static int create_hardlink(struct extraction *x, const struct stet_entry *e, const char *name,
                           struct stet_error *err)
{
    ssize_t target = find_path(x, e->link);
    if (target >= 0 && x->seen[target] == LEFT_OUT)
        return stet_error_input(
            err,
            "package %s: \"/%s\" is a hard link to /%s, which noextract leaves out; leave "
            "out both or none",
            x->package->locked->name, e->path, e->link);
    if (target < 0 || x->seen[target] != EXTRACTED)
        return fail(x, e->path,
                    "is a hard link to something that is no earlier file of the package", err);
    _cleanup_close_ int fd = open_parent(x, e->link, false, err);
    if (fd < 0)
        return -1;
    const char *slash = strrchr(e->link, '/'), *leaf = slash ? slash + 1 : e->link;
    if (linkat(fd, leaf, x->parent.fd, name, 0) < 0)
        return fail_errno(x, e->path, "creating the hard link", err);
    return 0;
}

static int create(struct extraction *x, const struct stet_entry *e, const char *name,
                  struct stet_error *err)
{
    switch (e->type) {
    case STET_ENTRY_FILE:
        return create_file(x, e, name, err);
    case STET_ENTRY_SYMLINK:
        return create_symlink(x, e, name, err);
    case STET_ENTRY_HARDLINK:
        return create_hardlink(x, e, name, err);
    default:
        return create_node(x, e, name, err);
    }
}

/* ---- what is there already ---- */

/* Something that no package ships is in the way: it is replaced, unless it is a directory. */
static int make_way(const struct extraction *x, const struct stet_entry *e, const char *name,
                    struct stet_error *err)
{
    if (unlinkat(x->parent.fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno == EISDIR || errno == EPERM)
        return fail(x, e->path, "is a directory in the root already and something else in it", err);
    return fail_errno(x, e->path, "replacing", err);
}

static int extract_directory(struct extraction *x, const struct stet_entry *e, const char *leaf,
                             struct stet_error *err)
{
    struct stat st;
    if (fstatat(x->parent.fd, leaf, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if (S_ISDIR(st.st_mode)) /* whoever brought it first decides what it is like */
            return 0;
        if (make_way(x, e, leaf, err) < 0)
            return -1;
    } else if (errno != ENOENT) {
        return fail_errno(x, e->path, "looking at", err);
    }
    if (mkdirat(x->parent.fd, leaf, 0700) < 0)
        return fail_errno(x, e->path, "creating the directory", err);
    _cleanup_close_ int fd =
        openat(x->parent.fd, leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(x, e->path, "opening", err);
    return set_attributes(x, fd, e, err);
}

/* ---- backup files ---- */

static ssize_t find_backup(const struct extraction *x, const char *path)
{
    const struct stet_strv *backup = &x->package->info.backup;
    for (size_t n = 0; n < backup->count; n++)
        if (strcmp(backup->items[n], path) == 0)
            return (ssize_t)n;
    return -1;
}

/* The MD5 of the file at path with suffix, through links inside of the root as libalpm; *hash stays NULL when it is no file. */
static int hash_file(const struct extraction *x, const char *path, const char *suffix, char **hash,
                     struct stet_error *err)
{
    char hex[33];
    struct stat st;
    _cleanup_free_ char *full = stet_format(err, "%s%s", path, suffix);
    if (!full)
        return -1;
    struct stet_error ignored = STET_ERROR_INIT; /* a loop of links, for example */
    _cleanup_close_ int fd =
        stet_fs_try_open_in(x->ctx->root, full, O_RDONLY | O_NONBLOCK, &ignored);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    if (stet_digest_md5_hex_fd(fd, full, hex, err) < 0)
        return -1;
    *hash = stet_strdup(hex, err);
    return *hash ? 0 : -1;
}

/* A backup file that a scriptlet has made before: it stays, and ours goes beside it, unless they are equal. */
static int extract_beside(struct extraction *x, const struct stet_entry *e, const char *leaf,
                          char **hash, struct stet_error *err)
{
    _cleanup_free_ char *name = stet_format(err, "%s.pacnew", leaf);
    _cleanup_free_ char *there = NULL;
    if (!name || hash_file(x, e->path, "", &there, err) < 0 || make_way(x, e, name, err) < 0 ||
        create(x, e, name, err) < 0 || hash_file(x, e->path, ".pacnew", hash, err) < 0)
        return -1;
    if (there && *hash && strcmp(there, *hash) == 0) {
        if (renameat(x->parent.fd, name, x->parent.fd, leaf) < 0)
            return fail_errno(x, e->path, "replacing", err);
        return 0;
    }
    stet_log_message(x->ctx->log, STET_LOG_WARNING, "package %s: /%s installed as /%s.pacnew",
                     x->package->locked->name, e->path, e->path);
    return 0;
}

static int extract_backup(struct extraction *x, const struct stet_entry *e, const char *leaf,
                          size_t number, struct stet_error *err)
{
    struct stat st;
    char **hash = &x->hashes[number];
    free(*hash);
    *hash = NULL;
    if (fstatat(x->parent.fd, leaf, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if (S_ISDIR(st.st_mode))
            return make_way(x, e, leaf, err);
        return extract_beside(x, e, leaf, hash, err);
    }
    if (errno != ENOENT)
        return fail_errno(x, e->path, "looking at", err);
    return create(x, e, leaf, err) < 0 ? -1 : hash_file(x, e->path, "", hash, err);
}

/* ---- the package ---- */

/* Metadata: three of them are kept in the local database. */
static int extract_metadata(struct extraction *x, const struct stet_entry *e,
                            struct stet_error *err)
{
    static const char *const names[][2] = {
        {".INSTALL", "install"}, {".CHANGELOG", "changelog"}, {".MTREE", "mtree"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(e->path, names[i][0]) != 0)
            continue;
        _cleanup_close_ int fd = openat(x->database, names[i][1],
                                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
            return fail_errno(x, e->path, "writing the local database's", err);
        if (write_content(x, fd, e, err) < 0)
            return -1;
        if (fchown(fd, 0, 0) < 0 || fchmod(fd, 0644) < 0)
            return fail_errno(x, e->path, "setting owner and mode of the local database's", err);
        return set_mtime(x, fd, NULL, e, err);
    }
    return 0;
}

static bool is_late_metadata(const char *path)
{
    return strcmp(path, ".PKGINFO") == 0 || strcmp(path, ".BUILDINFO") == 0 ||
           strcmp(path, ".INSTALL") == 0 || strcmp(path, ".MTREE") == 0 ||
           strcmp(path, ".CHANGELOG") == 0;
}

static int extract_file(struct extraction *x, const struct stet_entry *e, struct stet_error *err)
{
    const char *leaf;
    bool directory = e->type == STET_ENTRY_DIRECTORY;
    _cleanup_free_ char *listed = stet_format(err, "%s%s", e->path, directory ? "/" : "");
    ssize_t number = listed ? find_listed(x, listed, err) : -1;
    if (number < 0)
        return -1;
    if (stet_arch_match(&x->ctx->lock->recipe.noextract, listed)) {
        x->seen[number] = LEFT_OUT;
        return 0;
    }
    if (stet_distro_parent_enter(&x->parent, e->path, &leaf, open_entry_parent, x, err) < 0)
        return -1;
    ssize_t backup = directory ? -1 : find_backup(x, e->path);
    int rc;
    if (directory)
        rc = extract_directory(x, e, leaf, err);
    else if (backup >= 0)
        rc = extract_backup(x, e, leaf, (size_t)backup, err);
    else
        rc = make_way(x, e, leaf, err) < 0 ? -1 : create(x, e, leaf, err);
    x->seen[number] = EXTRACTED;
    return rc;
}

static int extract_entries(struct extraction *x, struct stet_error *err)
{
    struct stet_entry e;
    bool head = true;
    int rc;
    stet_entry_init(&e);
    while ((rc = stet_archive_next(x->reader, &e, err)) > 0) {
        bool metadata = e.path[0] == '.';
        head = head && metadata;
        if (stet_cancel_check(err) < 0)
            rc = -1;
        else if (head)
            rc = extract_metadata(x, &e, err);
        else if (metadata)
            rc = is_late_metadata(e.path) ? fail(x, e.path, "comes after the first file", err) : 0;
        else
            rc = extract_file(x, &e, err);
        if (rc < 0)
            break;
    }
    stet_entry_release(&e);
    return rc < 0 ? -1 : check_all_seen(x, err);
}

int stet_arch_extract(struct stet_build_context *ctx, size_t i, struct stet_reader *in,
                      int database, char **hashes, struct stet_error *err)
{
    const struct stet_arch_state *state = ctx->state;
    struct extraction x = {.ctx = ctx,
                           .package = &state->packages[i],
                           .database = database,
                           .hashes = hashes,
                           .parent = STET_DISTRO_PARENT_INIT,
                           .kept_mtime = -1};
    x.seen = calloc(x.package->files.count + 1, 1);
    x.reader = x.seen ? stet_arch_archive_new(in, x.package->locked->name, err) : NULL;
    int rc = -1;
    if (!x.seen)
        stet_error_oom(err, "unpacking");
    else if (x.reader)
        rc = extract_entries(&x, err);
    stet_archive_free(x.reader);
    stet_distro_parent_release(&x.parent);
    free(x.seen);
    return rc;
}
