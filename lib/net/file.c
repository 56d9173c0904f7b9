/* file: URLs. Read here and not by libcurl, which waits on FIFOs, takes directories for empty
 * files and does not say why a file could not be opened. */
#include <errno.h>

#include "lib/net/internal.h"

enum { CHUNK = 128 * 1024 };

static void cannot(struct stet_net_transfer *t, const char *what, int errnum)
{
    t->outcome = STET_NET_GIVE_UP;
    stet_error_clear(&t->failure);
    stet_error_set(&t->failure, STET_ERROR_ENVIRONMENT, errnum, "%s", what);
}

static int open_file(struct stet_net_transfer *t, struct stat *st)
{
    int fd = open(t->now.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        stet_net_stop(t, STET_NET_MISSING, STET_ERROR_ENVIRONMENT, "there is no such file");
        return -1;
    }
    if (fd < 0) {
        cannot(t, "cannot be opened", errno);
        return -1;
    }
    if (fstat(fd, st) < 0)
        cannot(t, "cannot be looked at", errno);
    else if (!S_ISREG(st->st_mode))
        stet_net_stop(t, STET_NET_GIVE_UP, STET_ERROR_INPUT, "this is not a regular file");
    else
        return fd;
    close(fd);
    return -1;
}

static int copy(struct stet_net_transfer *t, int fd)
{
    _cleanup_free_ char *chunk = malloc(CHUNK);
    if (chunk == NULL) {
        t->outcome = STET_NET_FATAL;
        stet_error_clear(&t->failure);
        return stet_error_oom(&t->failure, "reading a file");
    }
    for (;;) {
        ssize_t n = read(fd, chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            cannot(t, "cannot be read", errno);
        if (n <= 0)
            return n < 0 ? -1 : 0;
        if (stet_net_sink_data(t, chunk, (size_t)n) < 0)
            return -1;
        stet_error_clear(&t->failure);
        if (stet_cancel_check(&t->failure) < 0) {
            t->outcome = STET_NET_FATAL;
            return -1;
        }
    }
}

void stet_net_file_run(struct stet_net_transfer *t)
{
    struct stat st;
    _cleanup_close_ int fd = open_file(t, &st);
    if (fd < 0)
        return;
    int64_t first = t->have <= st.st_size ? t->have : 0;
    if (stet_net_sink_begin(t, first, st.st_size - first) < 0)
        return;
    if (lseek(fd, first, SEEK_SET) < 0) {
        cannot(t, "cannot be read", errno);
        return;
    }
    if (copy(t, fd) == 0)
        stet_net_sink_end(t);
}
