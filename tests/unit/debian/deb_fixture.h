/*
 * deb_fixture - for unit tests: packages made in memory, also such as no tool would make, and unpacked. Whatever fails here fails the test.
 */
#ifndef STET_TESTS_DEBIAN_DEB_FIXTURE_H
#define STET_TESTS_DEBIAN_DEB_FIXTURE_H

#include "lib/distro/debian/configure.h"
#include "tests/support/root_fixture.h"

struct archive;

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

/* Puts it into store and lock; returns its number. */
size_t add_deb(struct fixture *f, struct deb *d, unsigned stage);

/* prepare_root, and all stages read and unpacked. */
int unpack_all(struct fixture *f);
/* The same, must succeed. */
void unpack_ok(struct fixture *f);
/* Must fail with STET_ERROR_INPUT and one line that contains part. */
void unpack_refused(struct fixture *f, const char *part);

#endif
