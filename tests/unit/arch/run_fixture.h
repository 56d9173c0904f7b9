/* A root, some packages, and all that was logged: for what runs programs of the root. */
#ifndef STET_TEST_ARCH_RUN_FIXTURE_H
#define STET_TEST_ARCH_RUN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/distro/arch/state.h"

enum { RUN_EPOCH = 1700000000 };

struct run_fixture {
    char path[64];
    struct stet_lock lock;
    struct stet_arch_state *state; /* made by the first run_begin() */
    struct stet_sandbox sandbox;
    struct stet_log log;
    struct stet_buffer
        logged; /* "warning: …", "verbose: …", "begin …", "advance …", "end …", one a line */
    struct stet_build_context ctx;
    struct stet_error err;
};

/* cmocka setup and teardown. */
int run_setup(void **state);
int run_teardown(void **state);

/* Adds a package to the lock; to be called before run_begin(). */
void run_add_package(struct run_fixture *f, const char *name, const char *version, unsigned stage);
/* Makes the state of the packages added. */
void run_begin(struct run_fixture *f);
/* Adds paths, up to a NULL, to package number i. */
void run_add_files(struct run_fixture *f, size_t i, ...) __attribute__((sentinel));

/* Puts a file, with its parents, or a link into the root. */
void run_put(struct run_fixture *f, const char *path, const char *text, mode_t mode);
void run_link(struct run_fixture *f, const char *path, const char *target);
bool run_exists(struct run_fixture *f, const char *path);

#endif
