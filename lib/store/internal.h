/*
 * Private parts of store: the directories' descriptors, and files that are locked by name.
 */
#ifndef STET_STORE_INTERNAL_H
#define STET_STORE_INTERNAL_H

#include "lib/store/store.h"

struct stet_store {
    char *dir; /* absolute, for errors */
    int fd;
    int contents; /* sha256/ */
    int partial;
    int index;
    int work;
    const struct stet_log *log;
};

/* "ab/abcdef…" below sha256/ */
enum { STET_STORE_PATH_SIZE = 3 + STET_DIGEST_HEX_SIZE };
void stet_store_content_path(const struct stet_digest *digest, char out[STET_STORE_PATH_SIZE]);

/* Fills err with what a user can do about it. Returns -1. */
int stet_store_write_error(const struct stet_store *s, int errnum, struct stet_error *err);

/*
 * Opens dirfd/name for reading and writing, with these flags added, and takes its lock. A lock
 * counts only when the name still is that of the locked file: whoever holds it may rename or remove
 * the file. A descriptor; STET_STORE_BUSY when another holds the lock; STET_STORE_NO_FILE when
 * there is none (and flags do not make one); -1 with errno.
 */
enum { STET_STORE_BUSY = -3, STET_STORE_NO_FILE = -2 };
int stet_store_open_locked(int dirfd, const char *name, int flags);

/* Is the content there, with this size (-1: whatever)? A wrong one is removed. 1, 0, or -1 with
 * err. */
int stet_store_has(struct stet_store *s, const struct stet_digest *digest, int64_t size,
                   struct stet_error *err);

/* Makes the file fd, which is partial/name, the content of digest. */
int stet_store_publish(struct stet_store *s, int fd, const char *name,
                       const struct stet_digest *digest, struct stet_error *err);

/* A new file partial/<stem>.<random>, locked. name is malloc'd. A descriptor or -1. */
int stet_store_new_temp(struct stet_store *s, const char *stem, char **name,
                        struct stet_error *err);

/* STET_STORE_RANDOM random letters and digits, and NUL. */
enum { STET_STORE_RANDOM = 6 };
int stet_store_random_name(char out[STET_STORE_RANDOM + 1], struct stet_error *err);

/* Removes what dead processes left; what cannot be removed is only logged. */
void stet_store_clean_partial(struct stet_store *s);
void stet_store_clean_work(int dirfd, const char *dir, const struct stet_log *log);

#endif
