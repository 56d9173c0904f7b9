#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "lib/tree/scan.h"

#define CAPABILITY "security.capability"

/* Since Linux 6.13; the number is the same on every architecture but Alpha. */
#if !defined(SYS_listxattrat) && !defined(__alpha__)
#define SYS_listxattrat 465
#endif

/* A list that fits into this is read without the kernel setting pages aside for it. */
enum {
    LIST_USUAL = 1024,
    PROC_PATH_SIZE = sizeof("/proc/self/fd/") + 16 + NAME_MAX + 1,
};

bool stet_tree_xattr_wanted(const char *name)
{
    return strcmp(name, CAPABILITY) == 0 || strncmp(name, "user.", 5) == 0 ||
           strcmp(name, "system.posix_acl_access") == 0 ||
           strcmp(name, "system.posix_acl_default") == 0;
}

/*
 * struct vfs_ns_cap_data (linux/capability.h) is little-endian words: revision in the
 * top byte of the first, two pairs of sets, and from revision 3 on the root id.
 */
size_t stet_tree_capability_plain(unsigned char *value, size_t len)
{
    enum { V2_SIZE = 20, V3_SIZE = 24, REVISION = 3 };
    if (len != V3_SIZE || value[REVISION] != 3)
        return len;
    value[REVISION] = 2;
    return V2_SIZE;
}

int stet_tree_xattr_reader_init(struct tree_xattr_reader *r, struct stet_error *err)
{
    *r = (struct tree_xattr_reader){0};
    if (access("/proc/self/fd", X_OK) < 0)
        return stet_error_errno(err, "extended attributes are read through /proc/self/fd, which "
                                     "cannot be used; mount /proc");
    r->names = malloc(TREE_XATTR_MAX);
    r->value = malloc(TREE_XATTR_MAX);
    if (r->names == NULL || r->value == NULL)
        return stet_error_oom(err, "scanning a directory");
#ifdef SYS_listxattrat
    r->list_at = true;
#endif
    return 0;
}

void stet_tree_xattr_reader_release(struct tree_xattr_reader *r)
{
    free(r->names);
    free(r->value);
    *r = (struct tree_xattr_reader){0};
}

static int read_one(struct tree_xattr_reader *r, const char *file, const char *name,
                    struct stet_entry *e, struct stet_error *err)
{
    ssize_t n = lgetxattr(file, name, r->value, TREE_XATTR_MAX);
    if (n < 0)
        return stet_error_errno(err, "cannot read the extended attribute %s of \"%s\"", name,
                                e->path);
    size_t len = (size_t)n;
    if (strcmp(name, CAPABILITY) == 0)
        len = stet_tree_capability_plain(r->value, len);
    return stet_entry_set_xattr(e, name, r->value, len, err);
}

/* A leaf is reached through its directory's magic link; the l-calls do not follow the leaf. */
static void path_of(char *file, size_t size, int dirfd, const char *name)
{
    snprintf(file, size, "/proc/self/fd/%d/%s", dirfd, name);
}

static ssize_t list_with(struct tree_xattr_reader *r, int dirfd, const char *name, size_t size)
{
#ifdef SYS_listxattrat
    if (r->list_at) {
        long n = syscall(SYS_listxattrat, dirfd, name[0] == '\0' ? "." : name, AT_SYMLINK_NOFOLLOW,
                         r->names, size);
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return n;
        r->list_at = false; /* an older kernel, or a filter of system calls */
    }
#endif
    char file[PROC_PATH_SIZE];
    path_of(file, sizeof(file), dirfd, name);
    return llistxattr(file, r->names, size);
}

int stet_tree_xattr_read(struct tree_xattr_reader *r, int dirfd, const char *name,
                         struct stet_entry *e, struct stet_error *err)
{
    ssize_t total = list_with(r, dirfd, name, LIST_USUAL);
    if (total < 0 && errno == ERANGE)
        total = list_with(r, dirfd, name, TREE_XATTR_MAX);
    if (total == 0 || (total < 0 && errno == ENOTSUP))
        return 0;
    if (total < 0)
        return stet_error_errno(err, "cannot list the extended attributes of \"%s\"", e->path);
    char file[PROC_PATH_SIZE];
    path_of(file, sizeof(file), dirfd, name);
    for (const char *p = r->names; p < r->names + total; p += strlen(p) + 1) {
        if (stet_tree_xattr_wanted(p) && read_one(r, file, p, e, err) < 0)
            return -1;
    }
    return 0;
}
