#include <errno.h>

#include "lib/tree/data.h"
#include "lib/tree/internal.h"

void stet_tree_content_init(struct tree_content *c, const struct stet_tree *t, int root)
{
    c->tree = t;
    c->next = 0;
    c->fd = -1;
    c->left = 0;
    stet_tree_view_init(&c->view, t);
    stet_tree_parent_init(&c->parent, root);
}

void stet_tree_content_release(struct tree_content *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    stet_tree_parent_release(&c->parent);
}

static int open_leaf(struct tree_parent *p, const struct stet_entry *e, struct stet_error *err)
{
    const char *leaf;
    int dir = stet_tree_parent_open(p, e->path, &leaf);
    if (dir < 0)
        return stet_error_errno(err, "cannot open the directory of \"%s\"", e->path);
    /* O_NONBLOCK: a pipe that took the file's place must not make this wait. */
    int fd = openat(dir, leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ELOOP)
        return stet_error_input(err, "\"%s\" became a symlink since it was scanned", e->path);
    if (fd < 0)
        return stet_error_errno(err, "cannot open \"%s\"", e->path);
    return fd;
}

static int check_file(int fd, const struct stet_entry *e, struct stet_error *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "cannot read the metadata of \"%s\"", e->path);
    if (!S_ISREG(st.st_mode))
        return stet_error_input(err, "\"%s\" is no longer a regular file since it was scanned",
                                e->path);
    if ((uint64_t)st.st_size != e->size)
        return stet_error_input(err,
                                "\"%s\" changed its size from %llu to %lld bytes since it was "
                                "scanned; stop what is changing it",
                                e->path, (unsigned long long)e->size, (long long)st.st_size);
    return 0;
}

int stet_tree_open_file(struct tree_parent *p, const struct stet_entry *e, struct stet_error *err)
{
    _cleanup_close_ int fd = open_leaf(p, e, err);
    if (fd < 0 || check_file(fd, e, err) < 0)
        return -1;
    return stet_steal_fd(&fd);
}

static int changed_while_read(const struct stet_entry *e, struct stet_error *err)
{
    return stet_error_input(
        err, "\"%s\" changed its size while it was read; stop what is changing it", e->path);
}

static ssize_t read_some(int fd, void *buf, size_t len)
{
    ssize_t n;
    do
        n = read(fd, buf, len);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Goes to the next file that has content and opens it: 1, or 0 when there is none. */
static int next_file(struct tree_content *c, struct stet_error *err)
{
    while (c->next < c->tree->count) {
        size_t i = c->next++;
        if (stet_tree_size(c->tree, i) == 0)
            continue;
        const struct stet_entry *e = stet_tree_view_at(&c->view, i);
        c->fd = open_leaf(&c->parent, e, err);
        if (c->fd < 0)
            return -1;
        c->left = e->size;
        return 1;
    }
    return 0;
}

/*
 * Reads all of the file just opened, for which buf has room, and a byte more: its size, or 0 when
 * it is to be read bit by bit. A file that gives just its bytes and then ends needs no further
 * look: a pipe or terminal in its place has no position to read at, a directory no bytes, and a
 * device that ends after exactly so many is something only root could put there.
 */
static ssize_t read_whole(struct tree_content *c, char *buf, struct stet_error *err)
{
    ssize_t n = pread(c->fd, buf, (size_t)c->left + 1, 0);
    if (n < 0 || (uint64_t)n != c->left)
        return check_file(c->fd, &c->view.entry, err);
    close(c->fd);
    c->fd = -1;
    return n;
}

/*
 * Reads of the open file what fits into buf, closes it at its end: the bytes, or -1. One
 * byte more than is left is asked for where there is room, so that growth shows
 * without a further call.
 */
static ssize_t read_current(struct tree_content *c, char *buf, size_t len, struct stet_error *err)
{
    size_t want = c->left < len ? (size_t)c->left + 1 : len;
    ssize_t n = read_some(c->fd, buf, want);
    if (n < 0)
        return stet_error_errno(err, "cannot read \"%s\"", c->view.path);
    if (n == 0 || (uint64_t)n > c->left)
        return changed_while_read(&c->view.entry, err);
    c->left -= (uint64_t)n;
    if (c->left > 0)
        return n;
    char extra;
    if ((size_t)n == want && read_some(c->fd, &extra, 1) != 0)
        return changed_while_read(&c->view.entry, err);
    close(c->fd);
    c->fd = -1;
    return n;
}

/* Reads from the beginning of the next file: the bytes, 0 at the end of all, or -1. */
static ssize_t read_next(struct tree_content *c, char *buf, size_t len, struct stet_error *err)
{
    int rc = next_file(c, err);
    if (rc <= 0)
        return rc;
    ssize_t n = c->left < len ? read_whole(c, buf, err) : check_file(c->fd, &c->view.entry, err);
    return n != 0 ? n : read_current(c, buf, len, err);
}

int stet_tree_content_read(struct tree_content *c, char *buf, size_t len, size_t *got,
                           struct stet_error *err)
{
    *got = 0;
    while (*got < len) {
        ssize_t n = c->fd < 0 ? read_next(c, buf + *got, len - *got, err)
                              : read_current(c, buf + *got, len - *got, err);
        if (n <= 0)
            return (int)n;
        *got += (size_t)n;
    }
    return 0;
}
