/*
 * directory - a directory on disk as a list of entries.
 */
#include "lib/diff/sides.h"
#include "lib/tree/tree.h"

struct directory {
    struct stet_tree tree;
    const char *name; /* as given, borrowed */
    struct diff_guard *guard;
    int root;
    struct stet_tree_view paths[2], meta;
};

static const char *directory_path(struct diff_list *l, size_t i)
{
    struct directory *dir = l->data;
    return stet_tree_view_at(&dir->paths[i % 2], i)->path;
}

static int set_attributes(const struct stet_entry *e, struct diff_meta *m, struct stet_error *err)
{
    if (stet_grow(&m->list, &m->cap, e->xattr_count, sizeof *m->list, err) < 0)
        return -1;
    for (size_t i = 0; i < e->xattr_count; i++) {
        const struct stet_xattr *x = &e->xattrs[i];
        m->list[i] = (struct diff_attribute){x->name, strlen(x->name), {x->value, x->len}};
    }
    m->xattrs = m->list;
    m->xattr_count = e->xattr_count;
    return 0;
}

static int directory_meta(struct diff_list *l, size_t i, struct diff_meta *m,
                          struct stet_error *err)
{
    struct directory *dir = l->data;
    const struct stet_entry *e = stet_tree_view_at(&dir->meta, i);

    if (stet_diff_guard_check(dir->guard, err) < 0)
        return -1;
    m->path = e->path;
    m->type = e->type;
    m->flag = S_ISSOCK(e->mode) ? 's' : 0;
    m->mode = (struct diff_number){e->mode & 07777, true};
    m->uid = (struct diff_number){e->uid, true};
    m->gid = (struct diff_number){e->gid, true};
    m->mtime = (struct diff_number){e->mtime, true};
    m->mtime_ns = e->mtime_ns;
    m->major = (struct diff_number){e->major, true};
    m->minor = (struct diff_number){e->minor, true};
    m->size = e->size;
    m->link = e->link;
    return set_attributes(e, m, err);
}

static int directory_content(struct diff_list *l, size_t i, struct diff_map *out,
                             struct stet_error *err)
{
    struct directory *dir = l->data;
    const char *path = stet_tree_view_at(&dir->meta, i)->path;
    _cleanup_free_ char *name = stet_format(err, "%s/%s", dir->name, path);
    struct stat st;
    _cleanup_close_ int fd =
        stet_fs_open_in(dir->root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, err);

    if (!name)
        return -1;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return stet_diff_map_fd(dir->guard, fd, 0, (uint64_t)st.st_size, name, out, err) < 0 ? -1
                                                                                             : 1;
    if (fd >= 0)
        stet_error_input(err, "%s is no regular file any more", path);
    return 0;
}

static void directory_free(struct diff_list *l)
{
    struct directory *dir = l->data;

    stet_tree_release(&dir->tree);
    stet_cleanup_close(&dir->root);
    free(dir);
}

static const struct diff_list_ops directory_ops = {directory_path, directory_meta,
                                                   directory_content, directory_free};

int stet_diff_list_directory(const struct diff *d, const char *path, struct diff_list *out,
                             struct stet_error *err)
{
    struct directory *dir = calloc(1, sizeof *dir);
    struct stet_tree_scan_options options = {.threads = d->options->threads, .everything = true};

    if (!dir)
        return stet_error_oom(err, path);
    *out = (struct diff_list){.ops = &directory_ops, .format = "directory", .data = dir};
    dir->name = path;
    dir->guard = d->guard;
    stet_tree_init(&dir->tree);
    dir->root = stet_fs_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
    if (dir->root < 0 ||
        stet_tree_scan(dir->root, path, &options, d->options->log, &dir->tree, err) < 0) {
        stet_diff_list_free(out);
        return -1;
    }
    stet_tree_view_init(&dir->paths[0], &dir->tree);
    stet_tree_view_init(&dir->paths[1], &dir->tree);
    stet_tree_view_init(&dir->meta, &dir->tree);
    out->count = dir->tree.count;
    return 0;
}
