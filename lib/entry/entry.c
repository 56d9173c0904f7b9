#include "lib/entry/entry.h"

#include <string.h>

void stet_entry_init(struct stet_entry *e)
{
    memset(e, 0, sizeof(*e));
}

void stet_entry_release(struct stet_entry *e)
{
    for (size_t i = 0; i < e->xattr_count; i++) {
        free(e->xattrs[i].name);
        free(e->xattrs[i].value);
    }
    free(e->xattrs);
    free(e->path);
    free(e->link);
    stet_entry_init(e);
}

/* Where name is, or where it belongs. */
static size_t xattr_place(const struct stet_entry *e, const char *name, bool *found)
{
    size_t i = 0;

    *found = false;
    while (i < e->xattr_count && strcmp(e->xattrs[i].name, name) < 0)
        i++;
    *found = i < e->xattr_count && strcmp(e->xattrs[i].name, name) == 0;
    return i;
}

static int insert_xattr(struct stet_entry *e, size_t at, char *name, unsigned char *value,
                        size_t len, struct stet_error *err)
{
    struct stet_xattr *grown = realloc(e->xattrs, (e->xattr_count + 1) * sizeof(*grown));

    if (!grown)
        return stet_error_oom(err, "extended attributes");
    e->xattrs = grown;
    memmove(grown + at + 1, grown + at, (e->xattr_count - at) * sizeof(*grown));
    grown[at] = (struct stet_xattr){name, value, len};
    e->xattr_count++;
    return 0;
}

int stet_entry_set_xattr(struct stet_entry *e, const char *name, const void *value, size_t len,
                         struct stet_error *err)
{
    bool found;
    size_t at = xattr_place(e, name, &found);
    /* One byte more, so that an empty value is memory as well. */
    _cleanup_free_ unsigned char *copy = malloc(len + 1);

    if (!copy)
        return stet_error_oom(err, "extended attributes");
    if (len)
        memcpy(copy, value, len);
    if (found) {
        free(e->xattrs[at].value);
        e->xattrs[at].value = stet_steal_pointer(&copy);
        e->xattrs[at].len = len;
        return 0;
    }
    _cleanup_free_ char *own_name = stet_strdup(name, err);
    if (!own_name || insert_xattr(e, at, own_name, copy, len, err) < 0)
        return -1;
    (void)stet_steal_pointer(&own_name);
    (void)stet_steal_pointer(&copy);
    return 0;
}

const char *stet_entry_type_name(enum stet_entry_type type)
{
    switch (type) {
    case STET_ENTRY_FILE:
        return "file";
    case STET_ENTRY_HARDLINK:
        return "hard link";
    case STET_ENTRY_SYMLINK:
        return "symlink";
    case STET_ENTRY_DIRECTORY:
        return "directory";
    case STET_ENTRY_CHAR:
        return "character device";
    case STET_ENTRY_BLOCK:
        return "block device";
    case STET_ENTRY_FIFO:
        return "fifo";
    }
    return "unknown";
}
