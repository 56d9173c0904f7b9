/*
 * work - where a root is put together: in memory when there is plenty, on disk otherwise.
 *
 * The image is the same. In memory nothing waits for a disk, and whatever becomes of this process, nothing is
 * left behind.
 */
#include <inttypes.h>
#include <sys/statvfs.h>

#include "lib/base/memory.h"
#include "lib/build/internal.h"

/*
 * Bytes that a build keeps in its working directory, guessed from what is known: packages grow to about four times their
 * size (text: eight times), and the compressed layer comes on top.
 */
static uint64_t guess_need(const struct stet_lock *lock)
{
    enum { GROWTH = 8, BASE = 64 << 20 };
    uint64_t sum = 0, need;

    for (size_t i = 0; i < lock->package_count; i++)
        if (__builtin_add_overflow(sum, lock->packages[i].size, &sum))
            return UINT64_MAX;
    if (__builtin_mul_overflow(sum, GROWTH, &need) || __builtin_add_overflow(need, BASE, &need))
        return UINT64_MAX;
    return need;
}

int stet_work_begin(const struct stet_lock *lock, const struct stet_build_options *options,
                    bool on_disk, struct stet_store_work *out, struct stet_error *err)
{
    struct stet_error ignored = STET_ERROR_INIT;
    /* Half of it: scripts, the page cache and everybody else need the other. */
    uint64_t most = stet_memory_available("") / 2;

    if (stet_store_work_new(options->store, options->work_parent, out, err) < 0)
        return -1;
    if (on_disk || options->work_parent || guess_need(lock) > most)
        return 0;
    if (stet_store_work_to_memory(out, most, &ignored) < 0)
        stet_log_message(options->log, STET_LOG_VERBOSE, "on disk: %s", ignored.text);
    return 0;
}

bool stet_work_is_full(const struct stet_store_work *work)
{
    struct statvfs fs;

    /* A program that met the end may have removed what it wrote: so, nearly full. */
    return work->in_memory && fstatvfs(work->fd, &fs) == 0 &&
           (fs.f_bavail < fs.f_blocks / 8 || (fs.f_files && fs.f_favail < fs.f_files / 8));
}
