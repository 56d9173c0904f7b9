#include <dirent.h>

#include "lib/tree/internal.h"

enum { LIST_SIZE = 32 * 1024 };

void stet_tree_names_release(struct tree_names *n)
{
    stet_buffer_release(&n->text);
    free(n->offsets);
    n->offsets = NULL;
    n->count = n->cap = 0;
}

int stet_tree_names_add(struct tree_names *n, const char *name, struct stet_error *err)
{
    if (stet_grow(&n->offsets, &n->cap, n->count + 1, sizeof(*n->offsets), err) < 0)
        return -1;
    n->offsets[n->count] = n->text.len;
    stet_buffer_add(&n->text, name, strlen(name) + 1);
    if (stet_buffer_check(&n->text, "listing a directory", err) < 0)
        return -1;
    n->count++;
    return 0;
}

const char *stet_tree_names_get(const struct tree_names *n, size_t i)
{
    return n->text.data + n->offsets[i];
}

static int compare_names(const void *a, const void *b, void *text)
{
    const char *base = text;
    return strcmp(base + *(const size_t *)a, base + *(const size_t *)b);
}

void stet_tree_names_sort(struct tree_names *n)
{
    if (n->count > 1)
        qsort_r(n->offsets, n->count, sizeof(*n->offsets), compare_names, n->text.data);
}

static int add_batch(const char *buf, size_t len, struct tree_names *out, struct stet_error *err)
{
    for (size_t at = 0; at < len;) {
        const struct dirent64 *d = (const struct dirent64 *)(const void *)(buf + at);
        at += d->d_reclen;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        if (stet_tree_names_add(out, d->d_name, err) < 0)
            return -1;
    }
    return 0;
}

int stet_tree_list(void *ctx, int fd, const char *what, struct tree_names *out,
                   struct stet_error *err)
{
    (void)ctx;
    _Alignas(struct dirent64) char buf[LIST_SIZE];
    for (;;) {
        ssize_t n = getdents64(fd, buf, sizeof(buf));
        if (n < 0)
            return stet_error_errno(err, "%s: cannot list the directory", what);
        if (n == 0)
            return 0;
        if (add_batch(buf, (size_t)n, out, err) < 0)
            return -1;
    }
}
