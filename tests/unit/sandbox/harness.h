/*
 * What the sandbox's tests share: a small root that holds one static program (probe.c), and a run
 * of that program with everything it said.
 */
#ifndef STET_TEST_SANDBOX_HARNESS_H
#define STET_TEST_SANDBOX_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/sandbox/sandbox.h"

enum { TEST_EPOCH = 1700000000 };

struct box {
    char path[64];
    int root;
    struct stet_sandbox sandbox;
    struct stet_sandbox_command command;
    struct stet_buffer out;    /* lines, each with its newline */
    struct stet_buffer status; /* of descriptor 3, when status_wanted */
    bool status_wanted;
    struct stet_error err;
    int exit_status;
};

/*
 * Brings the process where a run is possible: "root" as stet itself does it (and as an ordinary
 * user where the tests are run by one), "mapped" in a user namespace with 65536 ids that
 * are not the host's, as an ordinary user's stet is, made by root. Skips all tests (77) where that
 * can't be had. To be called first in main.
 */
void harness_begin(int argc, char **argv);

/* cmocka setup and teardown: a fresh root for each test. */
int box_make(void **state);
int box_remove(void **state);

/* Runs /probe with these arguments (up to the NULL); the result of stet_sandbox_run. */
int box_probe(struct box *b, ...) __attribute__((sentinel));
/* The same, and asserts that it ran and ended with status 0. */
void box_probe_ok(struct box *b, ...) __attribute__((sentinel));

/* How many processes run the root's /probe, in any namespace below this one. */
size_t box_processes(const struct box *b);
/* Waits until there are so many; false after five seconds. */
bool box_wait_processes(const struct box *b, size_t want);

/* Puts a file into the root. */
void box_write(struct box *b, const char *path, const char *text, mode_t mode);

#endif
