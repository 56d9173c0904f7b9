#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "lib/tree/internal.h"

static int open_kernel(int root, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

int stet_tree_open_walk(int root, const char *path, int flags)
{
    _cleanup_close_ int held = -1;
    int dir = root;
    char name[NAME_MAX + 1];
    for (;;) {
        size_t len = strcspn(path, "/");
        if (len > NAME_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        if (strcmp(name, "..") == 0) {
            errno = EXDEV; /* as RESOLVE_BENEATH has it */
            return -1;
        }
        if (path[len] == '\0')
            return openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC);
        int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return -1;
        if (held >= 0)
            close(held);
        held = dir = fd;
        path += len + 1;
    }
}

int stet_tree_open_beneath(int root, const char *path, int flags)
{
    if (path[0] == '\0')
        path = ".";
    int fd = open_kernel(root, path, flags);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return fd;
    return stet_tree_open_walk(root, path, flags);
}

void stet_tree_parent_init(struct tree_parent *p, int root)
{
    p->root = root;
    p->fd = -1;
    stet_buffer_init(&p->path);
}

void stet_tree_parent_release(struct tree_parent *p)
{
    if (p->fd >= 0)
        close(p->fd);
    stet_buffer_release(&p->path);
    p->fd = -1;
}

int stet_tree_parent_open(struct tree_parent *p, const char *path, const char **leaf)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    *leaf = slash == NULL ? path : slash + 1;
    if (p->fd >= 0 && p->path.len == len && memcmp(stet_buffer_str(&p->path), path, len) == 0)
        return p->fd;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    stet_buffer_clear(&p->path);
    stet_buffer_add(&p->path, path, len);
    if (stet_buffer_check(&p->path, "opening a directory", NULL) < 0) {
        errno = ENOMEM;
        return -1;
    }
    p->fd = stet_tree_open_beneath(p->root, stet_buffer_str(&p->path), O_PATH | O_DIRECTORY);
    return p->fd;
}
