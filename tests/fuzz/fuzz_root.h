/*
 * A root for targets that read files of one: a folder of its own, removed when the program ends.
 */
#ifndef STET_FUZZ_ROOT_H
#define STET_FUZZ_ROOT_H

#include "lib/base/base.h"

static char fuzz_root_path[] = "/tmp/stet-fuzz-XXXXXX";
static int fuzz_root_fd = -1;

static void fuzz_root_remove(void)
{
    stet_fs_remove(AT_FDCWD, fuzz_root_path, NULL);
}

/* The root with the directories given in it, made by the first call. */
static int fuzz_root(const char *const *directories)
{
    if (fuzz_root_fd >= 0)
        return fuzz_root_fd;
    if (!mkdtemp(fuzz_root_path))
        abort();
    atexit(fuzz_root_remove);
    fuzz_root_fd = open(fuzz_root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (; *directories; directories++)
        if (stet_fs_mkdirs_in(fuzz_root_fd, *directories, NULL) < 0)
            abort();
    return fuzz_root_fd;
}

/* In place, which is much faster than stet_fs_write_in(). */
static void fuzz_root_write(const char *path, const void *data, size_t len)
{
    int fd = openat(fuzz_root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || stet_fs_write_fd(fd, path, data, len, NULL) < 0)
        abort();
    close(fd);
}

#endif
