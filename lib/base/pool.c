#include "lib/base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct run {
    size_t count;
    int (*job)(void *ctx, size_t i, struct stet_error *err);
    void *ctx;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock;    /* of what follows */
    size_t failed_job;       /* the lowest that failed */
    struct stet_error error; /* its error */
};

static void note_failure(struct run *run, size_t i, const struct stet_error *err)
{
    (void)pthread_mutex_lock(&run->lock);
    if (!atomic_load(&run->failed) || i < run->failed_job) {
        run->failed_job = i;
        stet_error_copy(&run->error, err);
        (void)stet_error_set(&run->error, STET_ERROR_INTERNAL, 0, "a job failed without a reason");
        atomic_store(&run->failed, true);
    }
    (void)pthread_mutex_unlock(&run->lock);
}

static void *work(void *arg)
{
    struct run *run = arg;

    while (!atomic_load(&run->failed)) {
        struct stet_error err = STET_ERROR_INIT;
        size_t i = atomic_fetch_add(&run->next, 1);

        if (i >= run->count)
            break;
        if (run->job(run->ctx, i, &err) < 0)
            note_failure(run, i, &err);
    }
    return NULL;
}

/* Signals are left to the caller's thread, so that its waits are the ones interrupted. Not those of a fault, which is the
 * thread's own: where they are blocked, nobody who handles them is asked, and the process ends. */
static size_t start(pthread_t *threads, size_t wanted, struct run *run)
{
    sigset_t all;
    sigset_t old;
    size_t started = 0;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGBUS);
    (void)sigdelset(&all, SIGSEGV);
    (void)sigdelset(&all, SIGILL);
    (void)sigdelset(&all, SIGFPE);
    (void)pthread_sigmask(SIG_BLOCK, &all, &old);
    while (started < wanted && pthread_create(&threads[started], NULL, work, run) == 0)
        started++;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

int stet_pool_run(unsigned threads, size_t count,
                  int (*job)(void *ctx, size_t i, struct stet_error *err), void *ctx,
                  struct stet_error *err)
{
    struct run run = {.count = count, .job = job, .ctx = ctx, .lock = PTHREAD_MUTEX_INITIALIZER};
    size_t helpers = threads > 1 ? threads - 1 : 0;
    size_t started = 0;
    pthread_t *ids = NULL;

    if (helpers >= count)
        helpers = count > 0 ? count - 1 : 0;
    if (helpers > 0)
        ids = calloc(helpers, sizeof(*ids));
    /* Fewer threads than asked for, or none, only make it slower. */
    if (ids != NULL)
        started = start(ids, helpers, &run);
    (void)work(&run);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(ids[i], NULL);
    free(ids);
    (void)pthread_mutex_destroy(&run.lock);
    if (!atomic_load(&run.failed))
        return 0;
    if (err != NULL && err->kind == STET_ERROR_NONE)
        stet_error_copy(err, &run.error);
    return -1;
}

unsigned stet_pool_cpus(void)
{
    /* Kernels with more CPUs than a cpu_set_t holds want a larger mask. */
    for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 2) {
        size_t size = CPU_ALLOC_SIZE(cpus);
        cpu_set_t *set = CPU_ALLOC(cpus);
        int n = 0;

        if (set == NULL)
            return 1;
        if (sched_getaffinity(0, size, set) == 0)
            n = CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (n > 0)
            return (unsigned)n;
    }
    return 1;
}
