/*
 * mapped - parts of files in memory, compared and hashed without staying there.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "lib/diff/compressed.h"
#include "lib/diff/region.h"
#include "lib/diff/sides.h"

enum {
    WINDOW = 4 << 20,
    SPARSE_MIN = 64 << 20,  /* smaller files are read, holes and all */
    VALUE_MAX = 16,         /* bytes of a value */
    MEMORY_MAX = 192 << 20, /* of two contents that are looked at as a whole */
};

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

/* A descriptor of its own for a large file that has holes, or 0: also when there are too many descriptors. */
static int sparse_fd(int fd, uint64_t len)
{
    struct stat st;

    if (len < SPARSE_MIN || fstat(fd, &st) < 0 ||
        (uint64_t)st.st_blocks * 512 >= (uint64_t)st.st_size)
        return 0;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? 0 : copy;
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
    out->sparse = sparse_fd(fd, len);
    out->offset = offset - skip;
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
    if (m->sparse && !m->borrowed)
        close(m->sparse);
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

/* ---- comparing ---- */

/* Where the file has data again, from i on: zeroes up to there. */
static size_t next_data(const struct diff_map *m, size_t i)
{
    uint64_t at = m->offset + (uint64_t)(m->bytes.data - (const unsigned char *)m->base) + i;
    off_t data = lseek(m->sparse, (off_t)at, SEEK_DATA);

    if (data < 0)
        return errno == ENXIO ? m->bytes.len : i;
    return (uint64_t)data - at < m->bytes.len - i ? i + (size_t)((uint64_t)data - at)
                                                  : m->bytes.len;
}

/* The next part of the first len bytes that may differ, from *at on, in memory; false at the end, or when all is to end.
 * What lies before it is forgotten. */
static bool next_window(const struct diff_map *a, const struct diff_map *b, size_t len, size_t *at,
                        size_t *n)
{
    if (len > WINDOW && *n > 0) {
        stet_diff_map_forget(a, *at, *n);
        stet_diff_map_forget(b, *at, *n);
    }
    *at += *n;
    if (a->sparse && b->sparse && *at < len) {
        size_t x = next_data(a, *at), y = next_data(b, *at), next = x < y ? x : y;
        *at = next < len ? next : len;
    }
    *n = len - *at < WINDOW ? len - *at : WINDOW;
    return *n > 0;
}

static bool is_to_end(const struct diff_map *a, const struct diff_map *b)
{
    return stet_cancel_requested() || stet_diff_guard_failed(a->range) ||
           stet_diff_guard_failed(b->range);
}

bool stet_diff_map_equal(const struct diff_map *a, const struct diff_map *b)
{
    size_t len = a->bytes.len, at = 0, n = 0;

    if (len != b->bytes.len)
        return false;
    if (a->bytes.data == b->bytes.data)
        return true;
    while (next_window(a, b, len, &at, &n))
        if (is_to_end(a, b) || memcmp(a->bytes.data + at, b->bytes.data + at, n) != 0)
            return false;
    return true;
}

/* What differs of the first len bytes: from the first to behind the last of them. False when nothing does. */
static bool find_range(const struct diff_map *a, const struct diff_map *b, size_t len, size_t *from,
                       size_t *to)
{
    bool found = false;

    for (size_t at = 0, n = 0; next_window(a, b, len, &at, &n) && !is_to_end(a, b);) {
        const unsigned char *x = a->bytes.data + at, *y = b->bytes.data + at;
        size_t first = 0, last = n;
        if (memcmp(x, y, n) == 0)
            continue;
        while (x[first] == y[first])
            first++;
        while (x[last - 1] == y[last - 1])
            last--;
        *from = found ? *from : at + first;
        *to = at + last;
        found = true;
    }
    return found;
}

/* Is it one of those that are opened member by member? */
static bool is_archive(const struct diff_bytes *b)
{
    static const struct {
        size_t at;
        const char *magic;
    } magics[] = {{0, "!<arch>\n"}, {0, "PK\3\4"}, {0, "07070"}, {257, "ustar"}};

    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        size_t len = strlen(magics[i].magic);
        if (diff_has(*b, magics[i].at, len) &&
            memcmp(b->data + magics[i].at, magics[i].magic, len) == 0)
            return true;
    }
    return stet_diff_compression_name(b) != NULL;
}

bool stet_diff_is_large(const struct diff_pair *p)
{
    const struct stet_diff_options *o = p->diff->options;
    uint64_t budget = o->budget_bytes ? o->budget_bytes : DIFF_BUDGET_BYTES;

    if (p->a.len > budget || p->b.len > budget)
        return true;
    return p->a.len + p->b.len > MEMORY_MAX && !(is_archive(&p->a) && is_archive(&p->b));
}

/* The bytes as a part of the mapping that they are in, or of none. */
static struct diff_map map_of(const struct diff_bytes *b)
{
    struct diff_map m = {.bytes = *b, .borrowed = true};

    if (b->len > WINDOW)
        (void)stet_diff_guard_find(b->data, &m.base, &m.length);
    return m;
}

bool stet_diff_bytes_equal(const struct diff_bytes *a, const struct diff_bytes *b)
{
    struct diff_map x = map_of(a), y = map_of(b);
    return stet_diff_map_equal(&x, &y);
}

static int compare_large(const struct diff_pair *p, const struct diff_map *a,
                         const struct diff_map *b, struct stet_error *err)
{
    static const char note[] = "too large to be looked into: compared as bytes";
    size_t len = a->bytes.len < b->bytes.len ? a->bytes.len : b->bytes.len, from = len, to = len;
    _cleanup_buffer_ struct stet_buffer x = STET_BUFFER_INIT, y = STET_BUFFER_INIT;

    (void)find_range(a, b, len, &from, &to);
    if (a->bytes.len != b->bytes.len)
        to = a->bytes.len > b->bytes.len ? a->bytes.len : b->bytes.len;
    size_t end = to - from < VALUE_MAX ? to : from + VALUE_MAX;
    stet_diff_hex(&x, diff_part(a->bytes, from, (end < a->bytes.len ? end : a->bytes.len) - from),
                  VALUE_MAX);
    stet_diff_hex(&y, diff_part(b->bytes, from, (end < b->bytes.len ? end : b->bytes.len) - from),
                  VALUE_MAX);
    if (stet_buffer_check(&x, "what differs", err) < 0 ||
        stet_buffer_check(&y, "what differs", err) < 0)
        return -1;
    struct stet_finding *f =
        stet_diff_add(p, "bytes", from < a->bytes.len ? stet_buffer_str(&x) : NULL,
                      from < b->bytes.len ? stet_buffer_str(&y) : NULL, err,
                      "first and last difference: bytes %zu-%zu", from, to - 1);
    p->diff->result->cut_short = true;
    return f ? stet_diff_detail(f, '@', note, strlen(note), err) : -1;
}

int stet_diff_large(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_map a = map_of(&p->a), b = map_of(&p->b);

    if (compare_large(p, &a, &b, err) < 0 || stet_cancel_check(err) < 0)
        return -1;
    return stet_diff_guard_check(p->diff->guard, err);
}

int stet_diff_map_content(const struct diff_pair *p, const struct diff_map *a,
                          const struct diff_map *b, struct stet_error *err)
{
    int rc = stet_diff_is_large(p) ? compare_large(p, a, b, err) : stet_diff_content(p, err);

    if (rc < 0 || stet_cancel_check(err) < 0 || stet_diff_guard_check(p->diff->guard, err) < 0)
        return -1;
    return 0;
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
