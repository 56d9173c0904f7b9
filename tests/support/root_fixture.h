/*
 * root_fixture - for unit tests of distributions: a store, a lock and an empty root, and looking at what became of it.
 * Whatever fails here fails the test.
 */
#ifndef STET_TESTS_SUPPORT_ROOT_FIXTURE_H
#define STET_TESTS_SUPPORT_ROOT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/distro/distro.h"

enum { EPOCH = 1600000000 };

struct fixture {
    char dir[64];
    struct stet_error err;
    struct stet_lock lock;
    struct stet_sandbox sandbox;
    struct stet_log log;
    struct stet_build_context ctx; /* its state is freed by those who made it */
    struct stet_buffer logged;     /* each message a line */
    void (*on_message)(struct fixture *f, const char *text);
    int64_t kept[64]; /* what keep_mtime was told, by any thread */
    size_t kept_count;
    bool prepared; /* the root */
};

/* Where only root may change owners: become root of a user namespace of our own. 77 when that is not possible. */
int become_root(void);

/* Directories are made in memory from now on, where there is such a file system: for tests that make hundreds of roots,
 * most of whose time would go into waiting for the disk. */
void fixtures_in_memory(void);

struct fixture *fixture_new(const char *name);
void fixture_free(struct fixture *f);

/* Puts bytes into store and lock under this name; returns its number. */
size_t add_bytes(struct fixture *f, const struct stet_buffer *bytes, const char *name,
                 const char *version, const char *architecture, unsigned stage);
/* The path of the file of package number i in the store; the caller frees it. */
char *stored_path(struct fixture *f, size_t i);

/* f->err is STET_ERROR_INPUT and one line that contains part. */
void assert_refused(const struct fixture *f, const char *part);

/* In the root: the whole content (in a static buffer), or NULL; stat without following; the permission bits; a file. */
const char *content(struct fixture *f, const char *path);
bool lookup(struct fixture *f, const char *path, struct stat *st);
unsigned mode_of(struct fixture *f, const char *path);
void put(struct fixture *f, const char *path, const char *text);

#endif
