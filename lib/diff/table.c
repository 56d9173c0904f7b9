/*
 * table - an array that may be large: in memory while it is small, else in an unnamed file that is mapped, so that what
 * is not in use can leave the memory.
 */
#include <errno.h>
#include <sys/mman.h>

#include "lib/diff/sides.h"

enum { MEMORY_MAX = 4 << 20 };

static int grow_memory(struct diff_table *t, size_t cap, struct stet_error *err)
{
    void *data = realloc(t->data, cap);

    if (!data)
        return stet_error_oom(err, "the index of an archive");
    t->data = data;
    t->cap = cap;
    return 0;
}

static int move_to_file(const struct diff *d, struct diff_table *t, size_t cap,
                        struct stet_error *err)
{
    int fd = stet_diff_unnamed_file(d, err);

    if (fd < 0)
        return -1;
    /* A page without a place on the disk would end the program when it is touched. */
    if ((errno = posix_fallocate(fd, 0, (off_t)cap)) != 0) {
        stet_error_errno(err, "make room for the index of an archive");
        close(fd);
        return -1;
    }
    void *data = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
        stet_error_errno(err, "map the index of an archive");
        close(fd);
        return -1;
    }
    if (t->cap > 0)
        memcpy(data, t->data, t->cap);
    free(t->data);
    *t = (struct diff_table){data, cap, fd, true};
    return 0;
}

static int grow_file(struct diff_table *t, size_t cap, struct stet_error *err)
{
    if ((errno = posix_fallocate(t->fd, 0, (off_t)cap)) != 0)
        return stet_error_errno(err, "make room for the index of an archive");
    void *data = mremap(t->data, t->cap, cap, MREMAP_MAYMOVE);
    if (data == MAP_FAILED)
        return stet_error_errno(err, "map the index of an archive");
    t->data = data;
    t->cap = cap;
    return 0;
}

int stet_diff_table_reserve(const struct diff *d, struct diff_table *t, size_t size,
                            struct stet_error *err)
{
    size_t cap;

    if (size <= t->cap)
        return 0;
    if (__builtin_add_overflow(size, t->cap / 2 + 4096, &cap) || cap > SIZE_MAX / 2)
        return stet_error_oom(err, "the index of an archive");
    if (t->mapped)
        return grow_file(t, cap, err);
    /* Without a directory for it, memory has to do. */
    return cap <= MEMORY_MAX || d->temporary < 0 ? grow_memory(t, cap, err)
                                                 : move_to_file(d, t, cap, err);
}

void stet_diff_table_forget(const struct diff_table *t)
{
    if (t->mapped)
        (void)madvise(t->data, t->cap, MADV_DONTNEED);
}

void stet_diff_table_release(struct diff_table *t)
{
    if (t->mapped) {
        munmap(t->data, t->cap);
        close(t->fd);
    } else {
        free(t->data);
    }
    *t = (struct diff_table){0};
}
