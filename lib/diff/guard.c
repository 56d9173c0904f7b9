/*
 * guard - SIGBUS in mapped files becomes an error.
 */
#include "lib/diff/guard.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/base.h"

struct diff_range {
    _Atomic(struct diff_range *) next;
    _Atomic(struct diff_range *) *link; /* what points to this one */
    struct diff_guard *guard;
    char *base;
    size_t length;
    char *name;
};

/* The handler walks the list without the lock: what it may hold is freed when nobody walks. */
static _Atomic(struct diff_range *) ranges;
static atomic_uint walking;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of changes of the list, and of these: */
static unsigned guards;
static struct sigaction before;

/* ---- the handler: nothing but atomic variables, mmap and sigaction ---- */

static struct diff_range *find(const char *at)
{
    struct diff_range *r = atomic_load(&ranges);

    while (r && ((uintptr_t)at < (uintptr_t)r->base || (size_t)(at - r->base) >= r->length))
        r = atomic_load(&r->next);
    return r;
}

/* All from the page on: what is behind it is most likely gone as well, and it is an error anyway. */
static bool mend(struct diff_range *r, const char *at, size_t page)
{
    size_t offset = (size_t)(at - r->base);
    struct diff_range *none = NULL;

    offset -= offset % page;
    if (mmap(r->base + offset, r->length - offset, PROT_READ,
             MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
        return false;
    if (!atomic_exchange(&r->guard->failed, true))
        (void)atomic_compare_exchange_strong(&r->guard->lost, &none, r);
    return true;
}

static void pass_on(int signum, siginfo_t *info, void *context)
{
    bool sent = info->si_code <= 0; /* by a process: it does not come again by itself */
    struct sigaction fallback = {.sa_handler = SIG_DFL};

    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signum, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signum);
    } else if (before.sa_handler == SIG_DFL || !sent) {
        (void)sigaction(SIGBUS, &fallback, NULL);
        if (sent)
            (void)raise(signum);
    }
}

static void on_bus(int signum, siginfo_t *info, void *context)
{
    int saved = errno;
    long page = sysconf(_SC_PAGESIZE);
    bool mended = false;

    if (info->si_code > 0) {
        atomic_fetch_add(&walking, 1);
        struct diff_range *r = find(info->si_addr);
        mended = r && mend(r, info->si_addr, page > 0 ? (size_t)page : 4096);
        atomic_fetch_sub(&walking, 1);
    }
    if (!mended)
        pass_on(signum, info, context);
    errno = saved;
}

/* ---- taking the signal ---- */

static int take_signal(struct stet_error *err)
{
    struct sigaction ours = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    /* Asked for first: the handler may run as soon as it is installed. */
    if (sigaction(SIGBUS, NULL, &before) < 0 || sigaction(SIGBUS, &ours, NULL) < 0)
        return stet_error_errno(err, "cannot take SIGBUS");
    return 0;
}

int stet_diff_guard_begin(struct diff_guard *g, struct stet_error *err)
{
    sigset_t bus, old;
    int rc = 0;

    *g = (struct diff_guard){NULL};
    (void)pthread_mutex_lock(&lock);
    if (guards == 0)
        rc = take_signal(err);
    guards += rc == 0;
    (void)pthread_mutex_unlock(&lock);
    if (rc < 0)
        return -1;
    /* Where it is blocked the kernel ends the process. */
    (void)sigemptyset(&bus);
    (void)sigaddset(&bus, SIGBUS);
    (void)pthread_sigmask(SIG_UNBLOCK, &bus, &old);
    g->blocked = sigismember(&old, SIGBUS) == 1;
    return 0;
}

int stet_diff_guard_end(struct diff_guard *g, struct stet_error *err)
{
    struct stet_error lost = STET_ERROR_INIT;
    sigset_t bus;
    int rc = stet_diff_guard_check(g, &lost);

    (void)pthread_mutex_lock(&lock);
    if (--guards == 0)
        (void)sigaction(SIGBUS, &before, NULL);
    (void)pthread_mutex_unlock(&lock);
    (void)sigemptyset(&bus);
    (void)sigaddset(&bus, SIGBUS);
    if (g->blocked)
        (void)pthread_sigmask(SIG_BLOCK, &bus, NULL);
    free(g->name);
    g->name = NULL;
    if (rc < 0 && err)
        stet_error_copy(err, &lost);
    return rc;
}

int stet_diff_guard_check(struct diff_guard *g, struct stet_error *err)
{
    if (!g || !atomic_load(&g->failed))
        return 0;
    (void)pthread_mutex_lock(&lock);
    struct diff_range *r = atomic_load(&g->lost);
    (void)stet_error_input(err,
                           "%s changed its size while it was read, or its disk fails; stop what is "
                           "changing it",
                           r         ? r->name
                           : g->name ? g->name
                                     : "a file");
    (void)pthread_mutex_unlock(&lock);
    return -1;
}

bool stet_diff_guard_failed(const struct diff_range *r)
{
    return r && atomic_load(&r->guard->failed);
}

/* ---- mappings ---- */

struct diff_range *stet_diff_guard_add(struct diff_guard *g, void *base, size_t length,
                                       const char *name, struct stet_error *err)
{
    struct diff_range *r = calloc(1, sizeof *r);
    char *copy = stet_strdup(name, err);

    if (!r || !copy) {
        (void)stet_error_oom(err, name);
        free(copy);
        free(r);
        return NULL;
    }
    r->guard = g;
    r->base = base;
    r->length = length;
    r->name = copy;
    (void)pthread_mutex_lock(&lock);
    struct diff_range *first = atomic_load(&ranges);
    atomic_store(&r->next, first);
    r->link = &ranges;
    if (first)
        first->link = &r->next;
    atomic_store(&ranges, r);
    (void)pthread_mutex_unlock(&lock);
    return r;
}

void stet_diff_guard_remove(struct diff_range *r)
{
    (void)pthread_mutex_lock(&lock);
    struct diff_range *next = atomic_load(&r->next);
    atomic_store(r->link, next);
    if (next)
        next->link = r->link;
    if (atomic_load(&r->guard->lost) == r) {
        r->guard->name = r->name;
        r->name = NULL;
        atomic_store(&r->guard->lost, NULL);
    }
    (void)pthread_mutex_unlock(&lock);
    while (atomic_load(&walking) > 0)
        (void)sched_yield();
    free(r->name);
    free(r);
}

bool stet_diff_guard_find(const void *data, void **base, size_t *length)
{
    (void)pthread_mutex_lock(&lock);
    struct diff_range *r = find(data);
    if (r) {
        *base = r->base;
        *length = r->length;
    }
    (void)pthread_mutex_unlock(&lock);
    return r != NULL;
}

void stet_diff_guard_forget(struct diff_guard *g)
{
    (void)pthread_mutex_lock(&lock);
    for (struct diff_range *r = atomic_load(&ranges); g && r; r = atomic_load(&r->next))
        if (r->guard == g)
            (void)madvise(r->base, r->length, MADV_DONTNEED);
    (void)pthread_mutex_unlock(&lock);
}
