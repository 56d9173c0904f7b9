#include "lib/base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "lib/base/utf8.h"

/* One lock for all tables: a table is const and has no room for one. Recursive, so
 * that an implementation that logs about itself does not stop the program. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static atomic_int cancelled;

void stet_log_message(const struct stet_log *log, enum stet_log_level level, const char *fmt, ...)
{
    char text[STET_ERROR_TEXT_MAX];
    va_list ap;

    if (log == NULL || log->message == NULL)
        return;
    va_start(ap, fmt);
    if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
        (void)snprintf(text, sizeof(text), "(a message that cannot be formatted)");
    va_end(ap);
    stet_utf8_make_printable(text);
    (void)pthread_mutex_lock(&lock);
    log->message(log->ctx, level, text);
    (void)pthread_mutex_unlock(&lock);
}

void stet_log_phase_begin(const struct stet_log *log, const char *phase, uint64_t items,
                          uint64_t bytes)
{
    if (log == NULL || log->phase_begin == NULL)
        return;
    (void)pthread_mutex_lock(&lock);
    log->phase_begin(log->ctx, phase, items, bytes);
    (void)pthread_mutex_unlock(&lock);
}

void stet_log_phase_advance(const struct stet_log *log, uint64_t items, uint64_t bytes,
                            const char *item)
{
    char name[512];

    if (log == NULL || log->phase_advance == NULL)
        return;
    if (item != NULL) {
        (void)snprintf(name, sizeof(name), "%s", item);
        stet_utf8_make_printable(name);
    }
    (void)pthread_mutex_lock(&lock);
    log->phase_advance(log->ctx, items, bytes, item == NULL ? NULL : name);
    (void)pthread_mutex_unlock(&lock);
}

void stet_log_phase_end(const struct stet_log *log, const char *phase)
{
    if (log == NULL || log->phase_end == NULL)
        return;
    (void)pthread_mutex_lock(&lock);
    log->phase_end(log->ctx, phase);
    (void)pthread_mutex_unlock(&lock);
}

void stet_cancel_request(int signum)
{
    atomic_store(&cancelled, signum);
}

int stet_cancel_requested(void)
{
    return atomic_load(&cancelled);
}

int stet_cancel_check(struct stet_error *err)
{
    int signum = stet_cancel_requested();

    if (signum == 0)
        return 0;
    return stet_error_set(err, STET_ERROR_INTERRUPTED, 0, "interrupted by signal %d", signum);
}
