/* Files locked by name, with locks of open file descriptions: they exclude the threads of a process
 * as well as processes, and vanish with the last descriptor, however the process ends. */
#include <errno.h>
#include <sys/random.h>

#include "lib/store/internal.h"

static int lock_file(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &lock);
}

/* Is name still the file that fd has open? */
static bool still_named(int dirfd, const char *name, int fd)
{
    struct stat here;
    struct stat there;
    return fstat(fd, &here) == 0 && fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

int stet_store_open_locked(int dirfd, const char *name, int flags)
{
    enum { TRIES = 100 };
    for (int i = 0; i < TRIES; i++) {
        _cleanup_close_ int fd =
            openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags, 0600);
        if (fd < 0)
            return errno == ENOENT ? STET_STORE_NO_FILE : -1;
        if (lock_file(fd) < 0)
            return errno == EAGAIN || errno == EACCES ? STET_STORE_BUSY : -1;
        if (still_named(dirfd, name, fd))
            return stet_steal_fd(&fd);
        if (flags & O_EXCL)
            return STET_STORE_BUSY; /* someone cleaned it away at once */
    }
    return STET_STORE_BUSY;
}

int stet_store_random_name(char out[STET_STORE_RANDOM + 1], struct stet_error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char bytes[STET_STORE_RANDOM];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return stet_error_errno(err, "cannot get random bytes");
    for (size_t i = 0; i < sizeof(bytes); i++)
        out[i] = letters[bytes[i] % 32];
    out[STET_STORE_RANDOM] = '\0';
    return 0;
}
