/*
 * A directory as a tree. Directories are walked depth first with the names of each sorted, which
 * gives the canonical order without sorting paths.
 */
#include <errno.h>
#include <sys/sysmacros.h>

#include "lib/tree/data.h"
#include "lib/tree/internal.h"
#include "lib/tree/scan.h"

enum {
    OPEN_LEVELS = 64, /* directories kept open on the way down; deeper ones are opened anew */
    SHOWN_MAX = 250,  /* bytes of a path in an error */
};

/* A directory on the way down to the one being read. */
struct level {
    int fd;          /* -1: closed meanwhile, for lack of descriptors */
    size_t path_len; /* of its own path, which its entries' begin with */
    uint32_t number; /* among the tree's directories */
    struct stat st;  /* as the directory was when it was entered */
    struct tree_names names;
    size_t next; /* name to look at next */
};

struct scan {
    int root;
    const char *name;
    const struct stet_tree_scan_options *options;
    const struct stet_log *log;
    tree_list_fn list;
    void *list_ctx;
    struct stet_tree *out;
    struct tree_xattr_reader xattrs;
    struct tree_inodes inodes;
    struct stet_buffer path; /* of what is looked at */
    struct level *levels;
    size_t depth, levels_cap;
    dev_t dev; /* of the root */
};

static void level_release(struct level *l)
{
    if (l->fd >= 0)
        close(l->fd);
    stet_tree_names_release(&l->names);
}

static void scan_release(struct scan *s)
{
    for (size_t i = 0; i < s->depth; i++)
        level_release(&s->levels[i]);
    free(s->levels);
    stet_tree_xattr_reader_release(&s->xattrs);
    stet_tree_inodes_release(&s->inodes);
    stet_buffer_release(&s->path);
}

/* ---- one entry ---- */

/* path for an error, as untrusted as it is: control bytes as \xHH, and not endless. */
static void show_path(const char *path, struct stet_buffer *out)
{
    for (const unsigned char *p = (const unsigned char *)path; *p != '\0'; p++) {
        bool start = (*p & 0xc0) != 0x80; /* of a UTF-8 sequence */
        if (start && out->len >= SHOWN_MAX) {
            stet_buffer_add_str(out, "...");
            return;
        }
        if (*p < 0x20 || *p == 0x7f || *p == '\\')
            stet_buffer_addf(out, "\\x%02x", *p);
        else
            stet_buffer_add_char(out, (char)*p);
    }
}

/* An input error about path. */
static int refuse(struct scan *s, const char *path, struct stet_error *err, const char *reason)
{
    _cleanup_buffer_ struct stet_buffer shown = STET_BUFFER_INIT;
    show_path(path, &shown);
    return stet_error_input(err, "%s: \"%s\" %s", s->name, stet_buffer_str(&shown), reason);
}

static bool has_control_byte(const char *name)
{
    for (const unsigned char *p = (const unsigned char *)name; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f)
            return true;
    }
    return false;
}

/* s->path becomes that of name in the directory whose path is the first dir_len bytes of it. */
static int set_path(struct scan *s, size_t dir_len, const char *name, struct stet_error *err)
{
    stet_buffer_reserve(&s->path, 0);
    s->path.len = dir_len;
    if (dir_len > 0)
        stet_buffer_add_char(&s->path, '/');
    stet_buffer_add_str(&s->path, name);
    return stet_buffer_check(&s->path, "scanning a directory", err);
}

/* The path of a directory on the way down, for its own sake. */
static const char *level_path(struct scan *s, const struct level *l)
{
    s->path.len = l->path_len;
    s->path.data[l->path_len] = '\0';
    return s->path.data;
}

static bool keeps_everything(const struct scan *s)
{
    return s->options != NULL && s->options->everything;
}

static int check_name(struct scan *s, const struct stet_entry *e, const char *name,
                      struct stet_error *err)
{
    if (has_control_byte(name) && !keeps_everything(s))
        return refuse(s, e->path, err,
                      "has a control byte in its name, which an image cannot hold; rename it");
    if (s->path.len > TREE_PATH_MAX)
        return refuse(s, e->path, err,
                      "is nested too deeply (a path has at most 4095 bytes); move it up");
    return 0;
}

/* Overlay file systems report other devices for files than for directories, so that the
 * device counts for directories alone where the kernel tells mount points itself. */
static bool is_mount_point(const struct scan *s, const struct statx *x)
{
    if (x->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) {
        if (x->stx_attributes & STATX_ATTR_MOUNT_ROOT)
            return true;
        if (!S_ISDIR(x->stx_mode))
            return false;
    }
    return makedev(x->stx_dev_major, x->stx_dev_minor) != s->dev;
}

static int fill_type(struct stet_entry *e, const struct statx *x)
{
    switch (x->stx_mode & S_IFMT) {
    case S_IFREG:
        e->type = STET_ENTRY_FILE;
        e->size = x->stx_size;
        return 0;
    case S_IFDIR:
        e->type = STET_ENTRY_DIRECTORY;
        return 0;
    case S_IFLNK:
        e->type = STET_ENTRY_SYMLINK;
        return 0;
    case S_IFCHR:
    case S_IFBLK:
        e->type = S_ISCHR(x->stx_mode) ? STET_ENTRY_CHAR : STET_ENTRY_BLOCK;
        e->major = x->stx_rdev_major;
        e->minor = x->stx_rdev_minor;
        return 0;
    case S_IFIFO:
    case S_IFSOCK:
        e->type = STET_ENTRY_FIFO;
        return 0;
    default:
        return -1;
    }
}

static void fill_common(struct stet_entry *e, const struct statx *x)
{
    e->mode = x->stx_mode & 07777;
    e->uid = x->stx_uid;
    e->gid = x->stx_gid;
    e->mtime = x->stx_mtime.tv_sec;
    e->mtime_ns = x->stx_mtime.tv_nsec;
}

/* target has room for TREE_PATH_MAX + 2 bytes. */
static int read_link(struct scan *s, int dirfd, const char *name, struct stet_entry *e,
                     char *target, struct stet_error *err)
{
    ssize_t n = readlinkat(dirfd, name, target, TREE_PATH_MAX + 1);
    if (n < 0)
        return stet_error_errno(err, "%s: cannot read the symlink %s", s->name, e->path);
    if (n == 0 || n > TREE_PATH_MAX)
        return refuse(s, e->path, err, "is a symlink whose target is empty or over 4095 bytes");
    target[n] = '\0';
    e->link = target;
    return 0;
}

static int stat_entry(struct scan *s, int dirfd, const char *name, const char *path,
                      struct statx *x, struct stet_error *err)
{
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name[0] == '\0' ? AT_EMPTY_PATH : 0);
    if (statx(dirfd, name, flags, STATX_BASIC_STATS, x) == 0)
        return 0;
    if (errno == ENOENT)
        return refuse(s, path, err,
                      "vanished while the directory was scanned; stop what is changing it");
    return stet_error_errno(err, "%s: cannot read the metadata of \"%s\"", s->name, path);
}

/* e from the file name in dirfd: 1, or 0 when it is left out. e->path is set. A link's target
 * goes to target. */
static int read_entry(struct scan *s, int dirfd, const char *name, struct stet_entry *e,
                      struct statx *x, char *target, struct stet_error *err)
{
    if (stat_entry(s, dirfd, name, e->path, x, err) < 0)
        return -1;
    if (name[0] != '\0' && is_mount_point(s, x))
        return refuse(s, e->path, err,
                      "is a mount point; unmount it, or scan a tree without other file systems");
    if (S_ISSOCK(x->stx_mode) && !keeps_everything(s)) {
        stet_log_message(s->log, STET_LOG_VERBOSE, "%s: socket %s left out", s->name, e->path);
        return 0;
    }
    if (fill_type(e, x) < 0)
        return refuse(s, e->path, err, "is of a type that an image cannot hold; remove it");
    fill_common(e, x);
    if (S_ISSOCK(x->stx_mode))
        e->mode |= S_IFSOCK;
    if (e->type == STET_ENTRY_SYMLINK) {
        if (read_link(s, dirfd, name, e, target, err) < 0)
            return -1;
    } else if (stet_tree_xattr_read(&s->xattrs, dirfd, name, e, err) < 0) {
        return stet_error_wrap(err, "%s", s->name);
    }
    if (s->options == NULL || s->options->filter == NULL)
        return 1;
    return s->options->filter(s->options->ctx, e, err);
}

/* ---- directories ---- */

static int changed(struct scan *s, const char *path, struct stet_error *err)
{
    return refuse(s, path, err,
                  "changed while the directory was scanned; stop what is changing it");
}

/* The directory's descriptor, opened anew if it was closed on the way down. */
static int level_fd(struct scan *s, struct level *l, struct stet_error *err)
{
    if (l->fd >= 0)
        return l->fd;
    const char *path = level_path(s, l);
    l->fd = stet_tree_open_beneath(s->root, path, O_RDONLY | O_DIRECTORY);
    if (l->fd < 0)
        return stet_error_errno(err, "%s: cannot open \"%s\" again", s->name, path);
    struct stat st;
    if (fstat(l->fd, &st) < 0)
        return stet_error_errno(err, "%s: cannot read the metadata of \"%s\"", s->name, path);
    if (st.st_dev != l->st.st_dev || st.st_ino != l->st.st_ino)
        return changed(s, path, err);
    return l->fd;
}

static int read_level(struct scan *s, struct level *l, const struct statx *x,
                      struct stet_error *err)
{
    const char *path = stet_buffer_str(&s->path);
    if (fstat(l->fd, &l->st) < 0)
        return stet_error_errno(err, "%s: cannot read the metadata of \"%s\"", s->name, path);
    if (l->st.st_ino != x->stx_ino || l->st.st_dev != makedev(x->stx_dev_major, x->stx_dev_minor))
        return changed(s, path, err);
    if (s->list(s->list_ctx, l->fd, path, &l->names, err) < 0)
        return stet_error_wrap(err, "%s", s->name);
    stet_tree_names_sort(&l->names);
    return 0;
}

/* The entry added last is a directory: the number that it has as one. */
static int number_of_last(struct scan *s, uint32_t *number, struct stet_error *err)
{
    struct tree_place place = stet_tree_record(s->out, s->out->count - 1)->place;
    *number = 0;
    return s->depth == 0 ? 0 : stet_tree_add_dir(s->out, place, number, err);
}

/* Goes down into the directory name of dirfd, whose path is s->path, and which was added last. */
static int enter(struct scan *s, int dirfd, const char *name, const struct statx *x,
                 struct stet_error *err)
{
    struct level l = {.fd = -1, .path_len = s->path.len};
    if (stet_grow(&s->levels, &s->levels_cap, s->depth + 1, sizeof(*s->levels), err) < 0 ||
        number_of_last(s, &l.number, err) < 0)
        return -1;
    l.fd = openat(dirfd, name[0] == '\0' ? "." : name,
                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (l.fd < 0)
        return stet_error_errno(err, "%s: cannot open the directory \"%s\"", s->name,
                                stet_buffer_str(&s->path));
    s->levels[s->depth++] = l;
    if (s->depth > OPEN_LEVELS) {
        struct level *far = &s->levels[s->depth - 1 - OPEN_LEVELS];
        if (far->fd >= 0)
            close(far->fd);
        far->fd = -1;
    }
    return read_level(s, &s->levels[s->depth - 1], x, err);
}

static int add_entry(struct scan *s, uint32_t dir, const char *name, const struct stet_entry *e,
                     const struct statx *x, struct stet_error *err)
{
    if (e->type == STET_ENTRY_FILE && x->stx_nlink > 1) {
        dev_t dev = makedev(x->stx_dev_major, x->stx_dev_minor);
        if (stet_tree_inodes_add(&s->inodes, dev, x->stx_ino, s->out->count, err) < 0)
            return -1;
    }
    if (stet_tree_append(s->out, dir, name, e, err) < 0)
        return stet_error_wrap(err, "%s", s->name);
    return 0;
}

/* Reads name of dirfd into the tree, and goes down if it is a directory. dir is the tree's
 * number of the directory, and the first dir_len bytes of s->path are its path. */
static int visit(struct scan *s, int dirfd, const char *name, uint32_t dir, size_t dir_len,
                 struct stet_error *err)
{
    struct statx x;
    struct stet_entry e;
    char target[TREE_PATH_MAX + 2];
    if (set_path(s, dir_len, name, err) < 0)
        return -1;
    stet_entry_init(&e);
    e.path = s->path.data;
    int rc = check_name(s, &e, name, err);
    if (rc == 0)
        rc = read_entry(s, dirfd, name, &e, &x, target, err);
    if (rc > 0) {
        rc = add_entry(s, dir, name, &e, &x, err);
        if (rc == 0 && e.type == STET_ENTRY_DIRECTORY)
            rc = enter(s, dirfd, name, &x, err);
    }
    e.path = e.link = NULL; /* the scan's, and on the stack */
    stet_entry_release(&e);
    return rc;
}

static int walk(struct scan *s, struct stet_error *err)
{
    while (s->depth > 0) {
        struct level *l = &s->levels[s->depth - 1];
        if (l->next == l->names.count) {
            level_release(l);
            s->depth--;
            continue;
        }
        if (l->next == 0 && stet_cancel_check(err) < 0)
            return -1;
        int fd = level_fd(s, l, err);
        if (fd < 0)
            return -1;
        /* The name is read before visit() may move the levels. */
        size_t i = l->next++;
        if (visit(s, fd, stet_tree_names_get(&l->names, i), l->number, l->path_len, err) < 0)
            return -1;
    }
    return 0;
}

static int scan_root(struct scan *s, struct stet_error *err)
{
    struct stat st;
    if (fstat(s->root, &st) < 0)
        return stet_error_errno(err, "%s: cannot read the metadata of the directory", s->name);
    if (!S_ISDIR(st.st_mode))
        return stet_error_input(err, "%s: is not a directory", s->name);
    s->dev = st.st_dev;
    if (visit(s, s->root, "", 0, 0, err) < 0)
        return -1;
    if (s->out->count == 0)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "%s: the root itself was filtered out",
                              s->name);
    if (walk(s, err) < 0)
        return -1;
    return stet_tree_inodes_link(&s->inodes, s->out, err);
}

int stet_tree_scan_with(int root, const char *name, const struct stet_tree_scan_options *options,
                        const struct stet_log *log, tree_list_fn list, void *list_ctx,
                        struct stet_tree *out, struct stet_error *err)
{
    struct scan s = {.root = root,
                     .name = name,
                     .options = options,
                     .log = log,
                     .list = list,
                     .list_ctx = list_ctx,
                     .out = out};
    int rc = stet_tree_xattr_reader_init(&s.xattrs, err);
    if (rc == 0)
        rc = scan_root(&s, err);
    scan_release(&s);
    if (rc < 0)
        stet_tree_release(out);
    return rc;
}

int stet_tree_scan(int root, const char *name, const struct stet_tree_scan_options *options,
                   const struct stet_log *log, struct stet_tree *out, struct stet_error *err)
{
    return stet_tree_scan_with(root, name, options, log, stet_tree_list, NULL, out, err);
}
