/* Downloads that nobody took up again. */
#include <dirent.h>
#include <errno.h>

#include "lib/store/internal.h"

enum { KEEP_SECONDS = 7 * 24 * 3600 };

static void clean_one(struct stet_store *s, const char *name, time_t now)
{
    struct stat st;
    if (fstatat(s->partial, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
        st.st_mtime > now - KEEP_SECONDS)
        return;
    _cleanup_close_ int fd = stet_store_open_locked(s->partial, name, 0);
    if (fd >= 0 && unlinkat(s->partial, name, 0) == 0)
        stet_log_message(s->log, STET_LOG_VERBOSE, "removed the old download %s/partial/%s", s->dir,
                         name);
    else if (fd == -1)
        stet_log_message(s->log, STET_LOG_VERBOSE, "cannot remove the old download %s/partial/%s",
                         s->dir, name);
}

void stet_store_clean_partial(struct stet_store *s)
{
    int own = openat(s->partial, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = own >= 0 ? fdopendir(own) : NULL;
    if (d == NULL) {
        if (own >= 0)
            close(own);
        return;
    }
    time_t now = time(NULL);
    const struct dirent *e;
    while ((e = readdir(d)) != NULL)
        clean_one(s, e->d_name, now);
    closedir(d);
}
