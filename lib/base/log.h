/*
 * stet_log - what a library has to say while it works, passed in as a table.
 *
 * Libraries never print; they call these, and cmd/ decides what is shown. All
 * members may be NULL, and so may the table: the stet_log_* functions below check.
 * Calls may come from any thread, one at a time per table (the implementation locks).
 */
#ifndef STET_BASE_LOG_H
#define STET_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

enum stet_log_level {
    STET_LOG_WARNING, /* shown unless --quiet */
    STET_LOG_INFO,    /* shown unless --quiet */
    STET_LOG_VERBOSE, /* shown with --verbose: one line per rule, file or request */
};

struct stet_log {
    void *ctx;
    void (*message)(void *ctx, enum stet_log_level level, const char *text);
    /* A phase begins: its name ("fetch"), and how much is to do where known (0: unknown). */
    void (*phase_begin)(void *ctx, const char *phase, uint64_t items, uint64_t bytes);
    /* So much more was done; item (may be NULL) names what is being worked on. */
    void (*phase_advance)(void *ctx, uint64_t items, uint64_t bytes, const char *item);
    void (*phase_end)(void *ctx, const char *phase);
};

void stet_log_message(const struct stet_log *log, enum stet_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void stet_log_phase_begin(const struct stet_log *log, const char *phase, uint64_t items,
                          uint64_t bytes);
void stet_log_phase_advance(const struct stet_log *log, uint64_t items, uint64_t bytes,
                            const char *item);
void stet_log_phase_end(const struct stet_log *log, const char *phase);

/*
 * The request to stop. cmd/ installs the signal handlers and sets it; long loops
 * ask. Async-signal-safe. stet_cancel_check() is 0, or -1 with
 * STET_ERROR_INTERRUPTED in err.
 */
void stet_cancel_request(int signum);
int stet_cancel_requested(void); /* the signal's number, or 0 */
int stet_cancel_check(struct stet_error *err);

#endif
