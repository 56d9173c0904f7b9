/*
 * package_fixture - for unit tests: packages made in memory, also such as makepkg would never make, and installed. Whatever fails here fails the test.
 */
#ifndef STET_TESTS_ARCH_PACKAGE_FIXTURE_H
#define STET_TESTS_ARCH_PACKAGE_FIXTURE_H

#include <archive.h>
#include <archive_entry.h>

#include "lib/distro/arch/unpack.h"
#include "tests/support/root_fixture.h"

enum { PACKAGE_TIME = 1500000000, MEMBERS_MAX = 64 };

/* cmocka's setup and teardown; *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A package in the making. */
struct package {
    char name[64], version[64], architecture[64];
    struct stet_buffer info; /* .PKGINFO */
    struct stet_buffer mtree;
    bool without_info, without_mtree, without_gzip; /* of .MTREE */
    int filter;                                     /* ARCHIVE_FILTER_*; gzip at first */
    struct member {
        struct archive_entry *entry;
        const void *data;
        size_t len;
        bool head; /* before the other members, after .PKGINFO and .MTREE */
    } members[MEMBERS_MAX];
    size_t count;
};
/* info: further lines of .PKGINFO, each ended by a newline; or "". */
void package_begin(struct package *p, const char *name, const char *info);
/* Adds a member, owned by root, of PACKAGE_TIME, and its line to .MTREE. What is returned may be changed. data is borrowed. */
struct archive_entry *package_add(struct package *p, const char *path, unsigned type, unsigned mode,
                                  const void *data, size_t len);
void package_directory(struct package *p, const char *path, unsigned mode);
struct archive_entry *package_file(struct package *p, const char *path, const char *text,
                                   unsigned mode);
void package_link(struct package *p, const char *path, const char *target, bool hard);
/* .INSTALL and its like: a member of the head, not in .MTREE. */
void package_metadata(struct package *p, const char *path, const char *text);
/* The bytes; the caller releases out. p is gone. */
void package_end(struct package *p, struct stet_buffer *out);

/* Puts it into store and lock; returns its number. */
size_t add_package(struct fixture *f, struct package *p, unsigned stage);

/* prepare_root once (after all packages were added), and all stages read and installed. */
int install_all(struct fixture *f);
void prepare(struct fixture *f);
/* The same, must succeed. */
void install_ok(struct fixture *f);
/* Must fail with STET_ERROR_INPUT and one line that contains part. */
void install_refused(struct fixture *f, const char *part);

#endif
