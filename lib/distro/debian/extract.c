#include "lib/distro/debian/extract_private.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/xattr.h>

static void place_release(struct place *p)
{
    free(p->owned);
    free(p->name);
    free(p->key);
}

static int fail_errno(const struct extraction *x, const char *path, const char *what,
                      struct stet_error *err)
{
    return stet_error_errno(err, "package %s: %s /%s in the root", x->package->locked->name, what,
                            path);
}

/* ---- where to ---- */

/* Archives that lead through their own symlinks are how files end up elsewhere; no package does
 * that. */
static int check_own_symlinks(const struct extraction *x, const char *path, struct stet_error *err)
{
    _cleanup_free_ char *copy = NULL;
    if (x->symlinks.count == 0)
        return 0;
    if (!(copy = stet_strdup(path, err)))
        return -1;
    for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (stet_path_map_find(&x->symlinks, copy))
            return stet_extract_fail(x, path, "leads through a symlink of the same package", err);
        *slash = '/';
    }
    return 0;
}

static int open_parent(const struct extraction *x, const char *path, const char **leaf,
                       struct stet_error *err)
{
    struct stet_error e = STET_ERROR_INIT;
    int fd = stet_fs_open_parent_in(x->ctx->root, path, leaf, &e);
    if (fd >= 0)
        return fd;
    if (e.errnum == ENOENT || e.errnum == ENOTDIR)
        return stet_extract_fail(x, path, "comes without its directory", err);
    stet_error_copy(err, &e);
    return stet_error_wrap(err, "package %s", x->package->locked->name);
}

/* The same for the parent of an entry. */
static int open_entry_parent(void *ctx, const char *path, struct stet_error *err)
{
    struct extraction *x = ctx;
    const char *leaf;
    if (check_own_symlinks(x, path, err) < 0)
        return -1;
    _cleanup_close_ int fd = open_parent(x, path, &leaf, err);
    if (fd < 0)
        return -1;
    if (fstat(fd, &x->parent_stat) < 0)
        return fail_errno(x, path, "looking at the directory of", err);
    return stet_steal_fd(&fd);
}

/* What identifies a name in the root, whichever path leads to it. */
static char *place_key(const struct stat *parent, const char *leaf, struct stet_error *err)
{
    return stet_format(err, "%ju:%ju/%s", (uintmax_t)parent->st_dev, (uintmax_t)parent->st_ino,
                       leaf);
}

static bool is_conffile(const struct extraction *x, const char *path)
{
    for (size_t i = 0; i < x->package->conffiles.count; i++)
        if (strcmp(x->package->conffiles.items[i] + 1, path) == 0)
            return true;
    return false;
}

static int find_place(struct extraction *x, const struct stet_entry *e, struct place *p,
                      struct stet_error *err)
{
    *p = (struct place){.path = e->path};
    const struct stet_diversion *d =
        e->type == STET_ENTRY_DIRECTORY
            ? NULL /* dpkg has no diverted directories */
            : stet_unpack_rules_divert(x->rules, e->path, x->package->locked->name);
    if (d && !(p->path = p->owned = stet_strdup(d->to, err)))
        return -1;
    if (stet_distro_parent_enter(&x->parent, p->path, &p->leaf, open_entry_parent, x, err) < 0)
        return -1;
    p->conffile = e->type != STET_ENTRY_DIRECTORY && is_conffile(x, e->path);
    p->name = stet_format(err, "%s%s", p->leaf, p->conffile ? ".dpkg-new" : "");
    p->key = p->name ? place_key(&x->parent_stat, p->leaf, err) : NULL;
    return p->key ? 0 : -1;
}

/* ---- writing ---- */

/* Something that no package ships is in the way: dpkg replaces it, unless it is a directory. */
static int make_way(const struct extraction *x, const struct place *p, struct stet_error *err)
{
    if (unlinkat(x->parent.fd, p->name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno == EISDIR || errno == EPERM)
        return stet_extract_fail(
            x, p->path, "is a directory in the root already and something else in it", err);
    return fail_errno(x, p->path, "replacing", err);
}

static void owner_of(const struct extraction *x, const struct stet_entry *e, uint32_t *mode,
                     uint32_t *uid, uint32_t *gid)
{
    const struct stet_stat_override *o = stet_unpack_rules_override(x->rules, e->path);
    *mode = o ? o->mode : e->mode;
    *uid = o ? o->uid : e->uid;
    *gid = o ? o->gid : e->gid;
}

static int create_file(struct extraction *x, const struct place *p, int *fd, struct stet_error *err)
{
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    *fd = openat(x->parent.fd, p->name, flags, 0600);
    if (*fd < 0 && errno == EEXIST) {
        if (make_way(x, p, err) < 0)
            return -1;
        *fd = openat(x->parent.fd, p->name, flags, 0600);
    }
    if (*fd < 0)
        return fail_errno(x, p->path, "creating", err);
    return 0;
}

/*
 * Scripts of the first stage run before any conffile was configured; see unpack.h. Linked when the file is
 * complete: a FUSE file system without stable inode numbers would go on showing the new name as it was then.
 */
static int link_early(const struct extraction *x, const struct place *p, struct stet_error *err)
{
    if (p->conffile && x->package->locked->stage == 0 &&
        linkat(x->parent.fd, p->name, x->parent.fd, p->leaf, 0) < 0 && errno != EEXIST)
        return fail_errno(x, p->path, "linking", err);
    return 0;
}

static int write_content(struct extraction *x, int fd, const char *path, struct stet_error *err)
{
    const void *data;
    size_t len;
    int rc;
    while ((rc = stet_deb_reader_block(x->reader, &data, &len, err)) > 0)
        if (stet_fs_write_fd(fd, path, data, len, err) < 0)
            return -1;
    return rc;
}

static int finish_file(struct extraction *x, int fd, const struct stet_entry *e,
                       struct stet_error *err)
{
    uint32_t mode, uid, gid;
    owner_of(x, e, &mode, &uid, &gid);
    /* chown first: it clears set-id bits and capabilities. */
    if (fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0)
        return fail_errno(x, e->path, "setting owner and mode of", err);
    for (size_t i = 0; i < e->xattr_count; i++)
        if (fsetxattr(fd, e->xattrs[i].name, e->xattrs[i].value, e->xattrs[i].len, 0) < 0)
            return fail_errno(x, e->path, "setting an extended attribute of", err);
    int64_t mtime = stet_distro_clamp_mtime(x->ctx, e->mtime);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime}};
    if (futimens(fd, times) < 0)
        return fail_errno(x, e->path, "setting the time of", err);
    return stet_distro_keep_mtime(x->ctx, &x->kept_mtime, mtime, err);
}

/* What dpkg computes where a package has no md5sums. From the open file, as its name may be another package's by now. */
static int add_md5sum(struct extraction *x, int fd, const struct stet_entry *e,
                      struct stet_error *err)
{
    char hex[33];
    if (!x->wants_md5sums)
        return 0;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return fail_errno(x, e->path, "reading", err);
    if (stet_digest_md5_hex_fd(fd, e->path, hex, err) < 0)
        return -1;
    return stet_strv_addf(&x->package->md5sums, err, "%s  %s", hex, e->path);
}

/* dpkg unpacks one package after the other, so one that loses a file to a later package has hashed it before. */
static int hash_lost(struct extraction *x, const struct stet_entry *e, struct stet_error *err)
{
    if (!x->wants_md5sums || x->winner <= x->index)
        return 0;
    _cleanup_close_ int fd = memfd_create("stet-lost", MFD_CLOEXEC);
    if (fd < 0)
        return fail_errno(x, e->path, "hashing", err);
    if (write_content(x, fd, e->path, err) < 0)
        return -1;
    return add_md5sum(x, fd, e, err);
}

static int extract_file(struct extraction *x, const struct stet_entry *e, const struct place *p,
                        struct stet_error *err)
{
    _cleanup_close_ int fd = -1;
    bool mine;
    stet_unpack_registry_lock(x->state->registry);
    int rc = stet_extract_claim(x, e, p, &mine, err);
    if (rc == 0 && mine)
        rc = create_file(x, p, &fd, err);
    stet_unpack_registry_unlock(x->state->registry);
    if (rc < 0)
        return rc;
    if (!mine)
        return hash_lost(x, e, err);
    if (write_content(x, fd, e->path, err) < 0 || finish_file(x, fd, e, err) < 0 ||
        link_early(x, p, err) < 0)
        return -1;
    return add_md5sum(x, fd, e, err);
}

/* ---- links ---- */

static int create_symlink(struct extraction *x, const struct stet_entry *e, const struct place *p,
                          struct stet_error *err)
{
    struct stat st;
    int64_t mtime = stet_distro_clamp_mtime(x->ctx, e->mtime);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime}};
    if (fstatat(x->parent.fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if (S_ISDIR(st.st_mode)) /* dpkg keeps a directory */
            return 0;
        if (make_way(x, p, err) < 0)
            return -1;
    }
    if (symlinkat(e->link, x->parent.fd, p->name) < 0)
        return fail_errno(x, p->path, "creating the symlink", err);
    if (fchownat(x->parent.fd, p->name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
        utimensat(x->parent.fd, p->name, times, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_errno(x, p->path, "setting owner and time of", err);
    return stet_distro_keep_mtime(x->ctx, &x->kept_mtime, mtime, err);
}

static int extract_symlink(struct extraction *x, const struct stet_entry *e, const struct place *p,
                           struct stet_error *err)
{
    bool mine;
    if (!stet_path_map_find(&x->symlinks, e->path) &&
        !stet_path_map_add(&x->symlinks, e->path, err))
        return -1;
    stet_unpack_registry_lock(x->state->registry);
    int rc = stet_extract_claim(x, e, p, &mine, err);
    if (rc == 0 && mine)
        rc = create_symlink(x, e, p, err);
    stet_unpack_registry_unlock(x->state->registry);
    return rc;
}

/* The target must be a file that this package unpacked before, and still be that file in the root. */
static int claim_link_target(struct extraction *x, const struct stet_entry *e, const char *key,
                             struct stet_error *err)
{
    struct stet_unpack_claim *c =
        stet_path_map_find(stet_unpack_registry_paths(x->state->registry), e->link);
    const struct stet_unpack_claim *there =
        stet_path_map_find(stet_unpack_registry_places(x->state->registry), key);
    if (!c || c->package != x->index || !there || there->package != x->index ||
        (c->type != STET_ENTRY_FILE && c->type != STET_ENTRY_HARDLINK))
        return stet_extract_fail(
            x, e->path, "is a hard link to something that is no earlier file of the package", err);
    c->link_target = true;
    return 0;
}

static int create_hardlink(struct extraction *x, const struct place *p, int target_fd,
                           const char *target, struct stet_error *err)
{
    if (make_way(x, p, err) < 0)
        return -1;
    if (linkat(target_fd, target, x->parent.fd, p->name, 0) < 0)
        return fail_errno(x, p->path, "creating the hard link", err);
    return 0;
}

static int extract_hardlink(struct extraction *x, const struct stet_entry *e, const struct place *p,
                            struct stet_error *err)
{
    const struct stet_diversion *d =
        stet_unpack_rules_divert(x->rules, e->link, x->package->locked->name);
    const char *path = d ? d->to : e->link, *leaf;
    bool mine;
    if (*e->link == '\0')
        return stet_extract_fail(x, e->path, "is a hard link without a target", err);
    if (check_own_symlinks(x, e->link, err) < 0)
        return -1;
    _cleanup_close_ int fd = open_parent(x, path, &leaf, err);
    if (fd < 0)
        return -1;
    _cleanup_free_ char *name =
        stet_format(err, "%s%s", leaf, is_conffile(x, e->link) ? ".dpkg-new" : "");
    struct stat st;
    if (fstat(fd, &st) < 0)
        return fail_errno(x, path, "looking at the directory of", err);
    _cleanup_free_ char *key = name ? place_key(&st, leaf, err) : NULL;
    if (!key)
        return -1;
    _cleanup_close_ int opened = -1;
    stet_unpack_registry_lock(x->state->registry);
    int rc = claim_link_target(x, e, key, err);
    if (rc == 0)
        rc = stet_extract_claim(x, e, p, &mine, err);
    if (rc == 0 && mine)
        rc = create_hardlink(x, p, fd, name, err);
    /* Opened while the target is ours for certain. */
    bool hashed = x->wants_md5sums && x->winner >= x->index;
    if (rc == 0 && hashed && (opened = stet_fs_open(fd, name, O_RDONLY | O_NOFOLLOW, 0, err)) < 0)
        rc = -1;
    stet_unpack_registry_unlock(x->state->registry);
    return rc == 0 && hashed ? add_md5sum(x, opened, e, err) : rc;
}

/* ---- directories ---- */

/* Is path, which exists, a directory or a symlink to one? */
static int check_directory(struct extraction *x, const struct stet_entry *e, const struct place *p,
                           bool *through_link, struct stet_error *err)
{
    struct stat st;
    if (fstatat(x->parent.fd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_errno(x, e->path, "looking at", err);
    *through_link = S_ISLNK(st.st_mode);
    if (S_ISDIR(st.st_mode))
        return 0;
    if (*through_link) {
        _cleanup_close_ int fd =
            stet_fs_try_open_in(x->ctx->root, e->path, O_PATH | O_DIRECTORY, err);
        if (fd >= 0)
            return 0;
        if (fd == -1)
            return -1;
    }
    return stet_extract_fail(x, e->path,
                             "is a directory in it and something else in the root already", err);
}

/* Remembers what the directory shall be like: the first package in install order decides. */
static int remember_directory(struct extraction *x, const struct stet_entry *e,
                              const struct place *p, bool made, struct stet_error *err)
{
    struct stet_path_map *places = stet_unpack_registry_places(x->state->registry);
    struct stet_unpack_claim *c = stet_path_map_find(places, p->key);
    if (c && c->type != STET_ENTRY_DIRECTORY)
        return stet_extract_conflict(x, c, e->path, "as a directory and as something else", err);
    if (!c && !(c = stet_path_map_add(places, p->key, err)))
        return -1;
    c->made = c->made || made;
    if (c->place && c->package <= x->index)
        return 0;
    free(c->place);
    c->place = stet_strdup(e->path, err);
    c->type = STET_ENTRY_DIRECTORY;
    c->package = x->index;
    c->stage = x->package->locked->stage;
    owner_of(x, e, &c->mode, &c->uid, &c->gid);
    return c->place ? 0 : -1;
}

static int claim_directory(struct extraction *x, const struct stet_entry *e, struct stet_error *err)
{
    struct stet_path_map *paths = stet_unpack_registry_paths(x->state->registry);
    struct stet_unpack_claim *c = stet_path_map_find(paths, e->path);
    if (!c) {
        if (!(c = stet_path_map_add(paths, e->path, err)))
            return -1;
        c->package = x->index;
        c->stage = x->package->locked->stage;
        c->type = STET_ENTRY_DIRECTORY;
        return 0;
    }
    if (c->type == STET_ENTRY_DIRECTORY)
        return 0;
    if (c->package == x->index)
        return stet_extract_fail(x, e->path, "is in it twice", err);
    /* Over an older symlink to a directory dpkg unpacks through it. */
    if (c->type != STET_ENTRY_SYMLINK || stet_extract_same_time(x, c))
        return stet_extract_conflict(x, c, e->path, "as a directory and as something else", err);
    return 0;
}

static int make_directory(struct extraction *x, const struct stet_entry *e, const struct place *p,
                          struct stet_error *err)
{
    bool through_link = false;
    if (claim_directory(x, e, err) < 0)
        return -1;
    /* Its own mode comes when all is unpacked. */
    bool made = mkdirat(x->parent.fd, p->name, 0755) == 0;
    if (!made && errno != EEXIST)
        return fail_errno(x, e->path, "creating the directory", err);
    if (!made && check_directory(x, e, p, &through_link, err) < 0)
        return -1;
    return through_link ? 0 : remember_directory(x, e, p, made, err);
}

static int extract_directory(struct extraction *x, const struct stet_entry *e,
                             const struct place *p, struct stet_error *err)
{
    stet_unpack_registry_lock(x->state->registry);
    int rc = make_directory(x, e, p, err);
    stet_unpack_registry_unlock(x->state->registry);
    return rc;
}

static int apply_directory(struct stet_build_context *ctx, const struct stet_unpack_claim *c,
                           struct stet_error *err)
{
    _cleanup_close_ int fd =
        stet_fs_open_in(ctx->root, c->place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, err);
    if (fd < 0)
        return -1;
    if (fchown(fd, c->uid, c->gid) < 0 || fchmod(fd, c->mode) < 0)
        return stet_error_errno(err, "setting owner and mode of /%s in the root", c->place);
    return 0;
}

int stet_deb_extract_directories(struct stet_build_context *ctx, unsigned stage,
                                 struct stet_error *err)
{
    struct stet_debian_state *state = ctx->state;
    struct stet_path_map *places = stet_unpack_registry_places(state->registry);
    for (size_t i = 0; i < places->size; i++) {
        const struct stet_unpack_claim *c = &places->slots[i];
        if (!c->key || c->type != STET_ENTRY_DIRECTORY || !c->place)
            continue;
        /* What prepare_root made counts as new. */
        if ((c->made || stage == 0) && apply_directory(ctx, c, err) < 0)
            return -1;
    }
    stet_unpack_registry_forget_places(state->registry);
    return 0;
}

/* ---- the package ---- */

static int extract_entry(struct extraction *x, const struct stet_entry *e, struct stet_error *err)
{
    struct place p;
    if (stet_strv_addf(&x->package->list, err, "/%s", *e->path ? e->path : ".") < 0)
        return -1;
    if (*e->path == '\0') {
        if (e->type != STET_ENTRY_DIRECTORY)
            return stet_extract_fail(x, "", "is no directory in it", err);
        return 0; /* the root itself stays as it is */
    }
    int rc = find_place(x, e, &p, err);
    if (rc == 0) {
        switch (e->type) {
        case STET_ENTRY_FILE:
            rc = extract_file(x, e, &p, err);
            break;
        case STET_ENTRY_SYMLINK:
            rc = extract_symlink(x, e, &p, err);
            break;
        case STET_ENTRY_HARDLINK:
            rc = extract_hardlink(x, e, &p, err);
            break;
        case STET_ENTRY_DIRECTORY:
            rc = extract_directory(x, e, &p, err);
            break;
        default:
            rc = stet_extract_fail(x, e->path, "is of a type that packages must not hold", err);
        }
    }
    place_release(&p);
    return rc;
}

static int extract_entries(struct extraction *x, struct stet_error *err)
{
    struct stet_entry e;
    int rc;
    stet_entry_init(&e);
    while ((rc = stet_deb_reader_next(x->reader, &e, err)) > 0) {
        rc = stet_cancel_check(err);
        if (rc == 0)
            rc = extract_entry(x, &e, err);
        if (rc < 0)
            break;
    }
    stet_entry_release(&e);
    return rc;
}

int stet_deb_extract(struct stet_build_context *ctx, const struct stet_unpack_rules *rules,
                     const struct stet_deb *deb, size_t i, struct stet_error *err)
{
    struct stet_debian_state *state = ctx->state;
    struct extraction x = {.ctx = ctx,
                           .state = state,
                           .package = &state->packages[i],
                           .rules = rules,
                           .index = i,
                           .parent = STET_DISTRO_PARENT_INIT,
                           .kept_mtime = -1};
    x.wants_md5sums = true;
    for (size_t f = 0; f < x.package->file_count; f++)
        if (strcmp(x.package->files[f].name, "md5sums") == 0)
            x.wants_md5sums = false;
    x.reader = stet_deb_reader_new(deb, &deb->data, STET_DEB_DATA_MAX, err);
    int rc = x.reader ? extract_entries(&x, err) : -1;
    stet_deb_reader_free(x.reader);
    stet_path_map_release(&x.symlinks);
    stet_distro_parent_release(&x.parent);
    return rc;
}
