/*
 * store - files by their SHA-256, shared by processes.
 *
 * Layout below the store's directory:
 *   sha256/ab/abcdef...   verified contents, mode 0444, never changed
 *   partial/<hex>         a download under way, locked (OFD lock) by the process that writes it
 *   index/<hex>           small documents by the SHA-256 of their URL, see stet_store_memo_put()
 *   work/stet-XXXXXX/     working directories of builds, and
 *   work/stet-XXXXXX.lock the files that are locked while these are in use
 *
 * Safe for any number of processes: contents appear by rename(2), whole. Contents are not synced to
 * the disk: what a power failure damages is found by its readers and downloaded again.
 */
#ifndef STET_STORE_STORE_H
#define STET_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "lib/base/base.h"
#include "lib/digest/digest.h"
#include "lib/net/net.h"

struct stet_store;

/* Opens (and makes, with parents, mode 0755) the store at dir. Removes working directories and
 * partial files of processes that are gone (partials older than 7 days only, so that they can be
 * resumed). log is borrowed for the store's lifetime. */
struct stet_store *stet_store_open(const char *dir, const struct stet_log *log,
                                   struct stet_error *err);
void stet_store_free(struct stet_store *s);

/* The place used when the user names none: $XDG_CACHE_HOME/stet, else $HOME/.cache/stet, else, as
 * root, /var/cache/stet (uid 0 always uses the last). getenv is passed in. The caller frees it.
 * NULL with err when there is no place. */
char *stet_store_default_dir(const char *(*getenv_fn)(const char *name), unsigned uid,
                             struct stet_error *err);

/* Opens the content for reading: a descriptor, -2 when it is not there (err untouched), -1 with
 * err. size: when not -1, a file of another size is removed and counts as not there. The hash is
 * not computed again here. */
int stet_store_open_content(struct stet_store *s, const struct stet_digest *digest, int64_t size,
                            struct stet_error *err);

/* The file of a content as it was when its digest was found to be right. All zero: it never was. */
struct stet_store_seen {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime, ctime;
};
/*
 * Opens the content as above, and computes its SHA-256, unless seen (may be NULL; updated) says that it was right
 * before and the file still is that one, unchanged. name is for errors: "package bash". A descriptor at the file's
 * beginning; -2 when it is not there (err untouched); -3 when it is not what digest says (err untouched): *have is
 * its SHA-256, and it stays until the caller discards it, as not everyone who looks may; -1 with err.
 */
int stet_store_open_verified(struct stet_store *s, const struct stet_digest *digest, int64_t size,
                             const char *name, struct stet_store_seen *seen,
                             struct stet_digest *have, struct stet_error *err);
/* Removes a content that was found to be damaged. */
void stet_store_discard(struct stet_store *s, const struct stet_digest *digest);
/* Adds bytes; the digest is computed and returned. */
int stet_store_put(struct stet_store *s, const void *data, size_t len, struct stet_digest *digest,
                   struct stet_error *err);

struct stet_store_item {
    struct stet_digest digest;
    int64_t size;            /* exact */
    const char *const *urls; /* NULL-terminated; borrowed */
    const char *name;        /* borrowed */
    bool optional;           /* see stet_net_request; absent: present stays false */
    bool present;            /* out */
};

/*
 * Makes sure that all items are in the store, downloading what is missing, in parallel. Size and
 * SHA-256 are checked before a content gets its name. A download cut off is resumed from partial/;
 * one that another process is making is waited for. offline: nothing is downloaded, and what is
 * missing is an error that names the first missing item and how many there are (but optional items
 * that are missing then count as absent).
 */
int stet_store_fetch(struct stet_store *s, struct stet_store_item *items, size_t count,
                     bool offline, const struct stet_net_options *net, const struct stet_log *log,
                     struct stet_error *err);

/*
 * A document remembered by a key (a URL): for documents whose hash is not known beforehand
 * (InRelease). The caller verifies them; the store only keeps the last one. get appends to out: 1,
 * or 0 when there is none.
 */
int stet_store_memo_get(struct stet_store *s, const char *key, struct stet_buffer *out,
                        struct stet_error *err);
int stet_store_memo_put(struct stet_store *s, const char *key, const void *data, size_t len,
                        struct stet_error *err);

/*
 * A private working directory below parent (NULL: the store's work/), mode 0700, named stet-XXXXXX,
 * locked while this process lives; remains of dead processes are removed by the next
 * stet_store_open() or stet_store_work_new() with the same parent.
 */
struct stet_store_work {
    int fd;      /* of the directory */
    int lock_fd; /* holds the lock */
    char *path;  /* absolute */
    bool in_memory;
};
int stet_store_work_new(struct stet_store *s, const char *parent, struct stet_store_work *out,
                        struct stet_error *err);
/*
 * Lays a tmpfs of at most max_bytes over the directory, which must be empty, and lets w->fd be its root. For a process
 * in a private mount namespace (stet_sandbox_become_root()): nobody else sees the mount, and it is gone when the
 * process is, however that ends. On failure w is as it was.
 */
int stet_store_work_to_memory(struct stet_store_work *w, uint64_t max_bytes,
                              struct stet_error *err);
/* Removes the directory with all in it. */
int stet_store_work_remove(struct stet_store_work *w, struct stet_error *err);

#endif
