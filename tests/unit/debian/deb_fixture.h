/*
 * deb_fixture - for unit tests: a store, a lock and an empty root, and packages made in memory, also such as
 * no tool would make. Whatever fails here fails the test.
 */
#ifndef STET_TESTS_DEBIAN_DEB_FIXTURE_H
#define STET_TESTS_DEBIAN_DEB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/distro/debian/configure.h"

struct archive;

struct fixture {
    char dir[64];
    struct stet_error err;
    struct stet_lock lock;
    struct stet_sandbox sandbox;
    struct stet_build_context ctx;
    int64_t kept[64]; /* what keep_mtime was told */
    size_t kept_count;
};

enum { EPOCH = 1600000000 };

/* Where only root may change owners: become root of a user namespace of our own. 77 when that is not possible. */
int become_root(void);

/* cmocka's setup and teardown; *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A package in the making. */
struct deb {
    struct archive *control, *data;
    struct stet_buffer control_tar, data_tar;
    char name[64], version[64], architecture[64];
};
/* fields: further lines of control, each ended by a newline; or "". */
void deb_begin(struct deb *d, const char *name, const char *fields);
void deb_control(struct deb *d, const char *name, const char *text, unsigned mode);
void deb_directory(struct deb *d, const char *path, unsigned mode);
void deb_file(struct deb *d, const char *path, const char *text, unsigned mode);
void deb_link(struct deb *d, const char *path, const char *target, bool hard);
void deb_fifo(struct deb *d, const char *path);
/* The bytes of the .deb; the caller releases out. */
void deb_end(struct deb *d, struct stet_buffer *out);
/* One member of an ar archive. */
void ar_member(struct stet_buffer *out, const char *name, const void *data, size_t len);

/* Puts bytes into store and lock under this name; returns its number. */
size_t add_bytes(struct fixture *f, const struct stet_buffer *bytes, const char *name,
                 const char *version, const char *architecture, unsigned stage);
size_t add_deb(struct fixture *f, struct deb *d, unsigned stage);

/* prepare_root, and all stages read and unpacked. */
int unpack_all(struct fixture *f);
/* The same, must succeed. */
void unpack_ok(struct fixture *f);
/* Must fail with STET_ERROR_INPUT and a text that contains part. */
void unpack_refused(struct fixture *f, const char *part);

/* In the root: the whole content (in a static buffer), or NULL; stat without following; the permission bits. */
const char *content(struct fixture *f, const char *path);
bool lookup(struct fixture *f, const char *path, struct stat *st);
unsigned mode_of(struct fixture *f, const char *path);
void put(struct fixture *f, const char *path, const char *text);

#endif
