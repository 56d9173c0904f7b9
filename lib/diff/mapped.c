/*
 * mapped - parts of files in memory, compared and hashed without staying there.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "lib/diff/sides.h"

enum { WINDOW = 4 << 20 };

static size_t page_size(void)
{
    long size = sysconf(_SC_PAGESIZE);
    return size > 0 ? (size_t)size : 4096;
}

/* Where the file system has none without a name: one that loses its name at once. */
static int named_file(int dirfd)
{
    unsigned long long random;
    char name[40];

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return -1;
    snprintf(name, sizeof name, ".stet-%016llx.tmp", random);
    int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)unlinkat(dirfd, name, 0);
    return fd;
}

static const char *temporary_name(const struct diff *d)
{
    return d->options->temporary ? d->options->temporary : "/var/tmp";
}

int stet_diff_unnamed_file(const struct diff *d, struct stet_error *err)
{
    int fd = openat(d->temporary, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        fd = named_file(d->temporary);
    if (fd < 0)
        return stet_error_errno(err, "make a temporary file in %s", temporary_name(d));
    return fd;
}

int stet_diff_unnamed_write(const struct diff *d, int fd, const void *data, size_t len,
                            struct stet_error *err)
{
    struct stet_error why = STET_ERROR_INIT;

    if (stet_fs_write_fd(fd, "a temporary file", data, len, &why) == 0)
        return 0;
    if (why.errnum == ENOSPC || why.errnum == EDQUOT || why.errnum == EFBIG)
        return stet_error_set(
            err, STET_ERROR_ENVIRONMENT, why.errnum,
            "no room for what is decompressed in %s; give it some, or name another "
            "directory with TMPDIR",
            temporary_name(d));
    return stet_error_set(err, why.kind, 0, "%s", why.text);
}

int stet_diff_map_fd(struct diff_guard *guard, int fd, uint64_t offset, uint64_t len,
                     const char *name, struct diff_map *out, struct stet_error *err)
{
    uint64_t skip = offset % page_size();
    size_t length;

    *out = (struct diff_map){.bytes = {(const unsigned char *)"", 0}};
    if (len == 0)
        return 0;
    if (__builtin_add_overflow(len, skip, &length) || length > SIZE_MAX / 2)
        return stet_error_input(err, "%s: is too large for this machine", name);
    void *base = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, (off_t)(offset - skip));
    if (base == MAP_FAILED)
        return stet_error_errno(err, "map %s", name);
    (void)madvise(base, length, MADV_SEQUENTIAL);
    out->range = guard ? stet_diff_guard_add(guard, base, length, name, err) : NULL;
    if (guard && !out->range) {
        munmap(base, length);
        return -1;
    }
    out->base = base;
    out->length = length;
    out->bytes.data = (const unsigned char *)base + skip;
    out->bytes.len = (size_t)len;
    return 0;
}

int stet_diff_map_file(struct diff_guard *guard, const char *path, struct diff_map *out,
                       struct stet_error *err)
{
    struct stat st;

    *out = (struct diff_map){0};
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return -2;
    if (fd < 0)
        return stet_error_errno(err, "open %s", path);
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "look at %s", path);
    if (!S_ISREG(st.st_mode))
        return -2;
    return stet_diff_map_fd(guard, fd, 0, (uint64_t)st.st_size, path, out, err);
}

void stet_diff_map_part(const struct diff_map *m, uint64_t offset, uint64_t len,
                        struct diff_map *out)
{
    size_t from = offset < m->bytes.len ? (size_t)offset : m->bytes.len;
    size_t left = m->bytes.len - from;

    *out = *m;
    out->bytes = (struct diff_bytes){m->bytes.data + from, len < left ? (size_t)len : left};
    out->borrowed = true;
}

void stet_diff_map_release(struct diff_map *m)
{
    if (m->range && !m->borrowed)
        stet_diff_guard_remove(m->range);
    if (m->base && !m->borrowed)
        munmap(m->base, m->length);
    *m = (struct diff_map){0};
}

void stet_diff_map_forget(const struct diff_map *m, size_t offset, size_t len)
{
    size_t page = page_size();
    if (!m->base || offset >= m->bytes.len)
        return;
    /* Whole pages, and some of a neighbour's at the most: they are only read again. */
    size_t from = (size_t)(m->bytes.data - (const unsigned char *)m->base) + offset;
    size_t to = from + (len < m->bytes.len - offset ? len : m->bytes.len - offset);
    from -= from % page;
    (void)madvise((char *)m->base + from, to - from, MADV_DONTNEED);
}

bool stet_diff_map_equal(const struct diff_map *a, const struct diff_map *b)
{
    size_t len = a->bytes.len;

    if (len != b->bytes.len)
        return false;
    if (a->bytes.data == b->bytes.data)
        return true;
    for (size_t i = 0; i < len; i += WINDOW) {
        size_t n = len - i < WINDOW ? len - i : WINDOW;
        bool same = memcmp(a->bytes.data + i, b->bytes.data + i, n) == 0;
        if (len > WINDOW) {
            stet_diff_map_forget(a, i, n);
            stet_diff_map_forget(b, i, n);
        }
        if (!same)
            return false;
    }
    return true;
}

int stet_diff_map_digest(const struct diff_map *m, struct stet_digest *out, struct stet_error *err)
{
    struct stet_digest_state state;

    if (stet_digest_begin(&state, err) < 0)
        return -1;
    for (size_t i = 0; i < m->bytes.len; i += WINDOW) {
        size_t n = m->bytes.len - i < WINDOW ? m->bytes.len - i : WINDOW;
        if (stet_cancel_check(err) < 0 ||
            stet_digest_update(&state, m->bytes.data + i, n, err) < 0) {
            stet_digest_release(&state);
            return -1;
        }
        stet_diff_map_forget(m, i, n);
    }
    return stet_digest_finish(&state, out, err);
}
