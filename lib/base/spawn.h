/*
 * stet_spawn - run a host program and wait for it.
 *
 * For the few helpers of the host that stet uses (gpgv, newuidmap, newgidmap).
 * No shell; the environment is exactly what is given; standard input is
 * /dev/null unless given; descriptors above 2 are not inherited but those listed.
 * The child dies with the caller (PR_SET_PDEATHSIG).
 */
#ifndef STET_BASE_SPAWN_H
#define STET_BASE_SPAWN_H

#include <stddef.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

struct stet_spawn_fd {
    int from; /* descriptor here */
    int to;   /* number in the child */
};

struct stet_spawn {
    /* NULL-terminated; argv[0] is looked up in /usr/local/sbin:…:/bin unless it has a '/' */
    const char *const *argv;
    const char *const *env; /* NULL: PATH=/usr/sbin:/usr/bin:/sbin:/bin and LC_ALL=C alone */
    const struct stet_spawn_fd *fds;
    size_t fd_count;
    struct stet_buffer *out;    /* standard output, or NULL: /dev/null */
    struct stet_buffer *errout; /* standard error, or NULL: /dev/null */
    size_t output_max;          /* bytes kept of each; the rest is read and dropped */
    int timeout_ms;             /* 0: none; then it is killed and STET_ERROR_ENVIRONMENT */
};

/* The exit status 0..255, 128 + signal when killed by one, or -1 with err when it
 * could not be run (a missing program is named with the Debian package, if package
 * is not NULL). */
int stet_spawn_run(const struct stet_spawn *s, const char *package, struct stet_error *err);

#endif
