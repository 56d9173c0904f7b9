/* Documents by a key, one file each, replaced whole. */
#include <errno.h>

#include "lib/store/internal.h"

enum { MEMO_MAX = 256 * 1024 * 1024 };

static int memo_name(const char *key, char out[STET_DIGEST_HEX_SIZE], struct stet_error *err)
{
    struct stet_digest digest;
    if (stet_digest_of(key, strlen(key), &digest, err) < 0)
        return -1;
    stet_digest_hex(&digest, out);
    return 0;
}

int stet_store_memo_get(struct stet_store *s, const char *key, struct stet_buffer *out,
                        struct stet_error *err)
{
    char name[STET_DIGEST_HEX_SIZE];
    if (memo_name(key, name, err) < 0)
        return -1;
    _cleanup_close_ int fd = openat(s->index, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return stet_error_errno(err, "cannot open %s/index/%s", s->dir, name);
    return stet_fs_read_fd(fd, name, MEMO_MAX, out, err) < 0 ? -1 : 1;
}

/* Synced, other than contents: no digest would tell a torn document from a forged one. */
static int write_memo(struct stet_store *s, int fd, const char *temp, const char *name,
                      const void *data, size_t len, struct stet_error *err)
{
    struct stet_error local = STET_ERROR_INIT;
    if (stet_fs_write_fd(fd, temp, data, len, &local) < 0)
        return stet_store_write_error(s, local.errnum, err);
    if (fchmod(fd, 0644) < 0 || fdatasync(fd) < 0 || renameat(s->partial, temp, s->index, name) < 0)
        return stet_store_write_error(s, errno, err);
    return 0;
}

int stet_store_memo_put(struct stet_store *s, const char *key, const void *data, size_t len,
                        struct stet_error *err)
{
    char name[STET_DIGEST_HEX_SIZE];
    if (memo_name(key, name, err) < 0)
        return -1;
    _cleanup_free_ char *temp = NULL;
    _cleanup_close_ int fd = stet_store_new_temp(s, name, &temp, err);
    if (fd < 0)
        return -1;
    if (write_memo(s, fd, temp, name, data, len, err) == 0)
        return 0;
    unlinkat(s->partial, temp, 0);
    return -1;
}
