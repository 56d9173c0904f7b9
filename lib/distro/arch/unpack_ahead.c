/*
 * unpack_ahead - decoding packages ahead of the one thread that writes.
 *
 * Each package is decoded into an unnamed file of its own, which the writer reads while it grows. All that is decoded
 * and not read yet is at most a window of bytes; but the decoder of the package that is being read may
 * always go on while less than the window of that package alone is unread, so that nobody waits for ever.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/statvfs.h>

#include "lib/distro/arch/package_file.h"

#define WINDOW_MAX (UINT64_C(256) << 20)
enum { BLOCK = 256 << 10, PUNCH = 8 << 20, DECODERS_MAX = 16 };

/* One package of the stage. */
struct slot {
    int fd;                           /* the unnamed file */
    uint64_t produced, read, punched; /* bytes */
    bool done;                        /* nothing more comes; error says why, if it is not the end */
    struct stet_error error;
};

struct stet_arch_ahead {
    struct stet_build_context *ctx;
    const size_t *numbers;
    size_t count;
    size_t next;    /* the slot that ahead_next() opens next; the one before is being read */
    size_t decoded; /* the next slot that a decoder takes */
    uint64_t window, unread;
    bool stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t threads[DECODERS_MAX];
    size_t thread_count;
    struct slot *slots; /* NULL: everything in the caller's thread */
    struct stet_reader reader;
    /* Without threads: the package being read. */
    int fd;
    struct stet_arch_decoder direct;
};

static const char *name_of(const struct stet_arch_ahead *a, size_t n)
{
    const struct stet_arch_state *state = a->ctx->state;
    return state->packages[a->numbers[n]].locked->name;
}

/* ---- decoding ---- */

/* With the lock. May slot n grow now? */
static bool has_room(const struct stet_arch_ahead *a, size_t n)
{
    if (a->unread < a->window)
        return true;
    const struct slot *s = &a->slots[n];
    return n + 1 <= a->next && s->produced - s->read < a->window;
}

/* False when it is time to stop. */
static bool wait_for_room(struct stet_arch_ahead *a, size_t n)
{
    pthread_mutex_lock(&a->lock);
    while (!a->stop && !has_room(a, n))
        pthread_cond_wait(&a->changed, &a->lock);
    bool go_on = !a->stop;
    pthread_mutex_unlock(&a->lock);
    return go_on;
}

static void add_produced(struct stet_arch_ahead *a, size_t n, uint64_t bytes)
{
    pthread_mutex_lock(&a->lock);
    a->slots[n].produced += bytes;
    a->unread += bytes;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

static int copy_decoded(struct stet_arch_ahead *a, size_t n, struct stet_reader *in,
                        struct stet_error *err)
{
    _cleanup_free_ char *data = malloc(BLOCK);
    ssize_t len;
    if (!data)
        return stet_error_oom(err, "decoding a package");
    while (wait_for_room(a, n)) {
        if ((len = stet_reader_read(in, data, BLOCK, err)) <= 0)
            return (int)len;
        if (stet_fs_write_fd(a->slots[n].fd, name_of(a, n), data, (size_t)len, err) < 0)
            return -1;
        add_produced(a, n, (uint64_t)len);
    }
    return 0;
}

static void decode(struct stet_arch_ahead *a, size_t n)
{
    struct slot *s = &a->slots[n];
    struct stet_error err = STET_ERROR_INIT;
    struct stet_arch_decoder d;
    _cleanup_close_ int fd = stet_arch_open_package(a->ctx, a->numbers[n], &err);
    if (fd >= 0 && stet_arch_decoder_open(&d, fd, name_of(a, n), &err) == 0) {
        copy_decoded(a, n, d.decoded, &err);
        stet_arch_decoder_close(&d);
    }
    pthread_mutex_lock(&a->lock);
    stet_error_copy(&s->error, &err);
    s->done = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

/* The number of the next slot to decode, or count. */
static size_t take(struct stet_arch_ahead *a)
{
    pthread_mutex_lock(&a->lock);
    while (!a->stop && a->decoded < a->count && !has_room(a, a->decoded))
        pthread_cond_wait(&a->changed, &a->lock);
    size_t n = a->stop || a->decoded >= a->count ? a->count : a->decoded++;
    if (n < a->count) {
        a->slots[n].fd = openat(a->ctx->work, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (a->slots[n].fd < 0)
            stet_error_errno(&a->slots[n].error, "creating a file in the working directory");
    }
    pthread_mutex_unlock(&a->lock);
    return n;
}

static void finish(struct stet_arch_ahead *a, size_t n)
{
    pthread_mutex_lock(&a->lock);
    a->slots[n].done = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

static void *run(void *arg)
{
    struct stet_arch_ahead *a = arg;
    for (size_t n = take(a); n < a->count; n = take(a)) {
        if (a->slots[n].fd < 0)
            finish(a, n);
        else
            decode(a, n);
    }
    return NULL;
}

/* ---- reading ---- */

static void drop(struct stet_arch_ahead *a, struct slot *s)
{
    pthread_mutex_lock(&a->lock);
    a->unread -= s->produced - s->read;
    s->read = s->produced;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    stet_cleanup_close(&s->fd);
}

/* Gives back what was read of a long file. Only saves room: errors do not matter. */
static void punch(struct slot *s)
{
    if (s->read - s->punched < PUNCH)
        return;
    if (fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)s->punched,
                  (off_t)(s->read - s->punched)) == 0)
        s->punched = s->read;
}

static ssize_t read_slot(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct stet_arch_ahead *a = ctx;
    struct slot *s = &a->slots[a->next - 1];
    pthread_mutex_lock(&a->lock);
    while (!s->done && s->produced == s->read)
        pthread_cond_wait(&a->changed, &a->lock);
    uint64_t there = s->produced - s->read;
    pthread_mutex_unlock(&a->lock);
    if (there == 0) {
        if (s->error.kind == STET_ERROR_NONE)
            return 0;
        stet_error_copy(err, &s->error);
        return -1;
    }
    ssize_t n = pread(s->fd, data, len < there ? len : (size_t)there, (off_t)s->read);
    if (n <= 0)
        return n < 0 ? stet_error_errno(err, "reading the decoded package %s",
                                        name_of(a, a->next - 1))
                     : stet_error_set(err, STET_ERROR_INTERNAL, 0, "a decoded package shrank");
    pthread_mutex_lock(&a->lock);
    s->read += (uint64_t)n;
    a->unread -= (uint64_t)n;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    punch(s);
    return n;
}

static void close_direct(struct stet_arch_ahead *a)
{
    stet_arch_decoder_close(&a->direct);
    stet_cleanup_close(&a->fd);
}

struct stet_reader *stet_arch_ahead_next(struct stet_arch_ahead *a, struct stet_error *err)
{
    static const struct stet_reader_ops ops = {read_slot, NULL};
    size_t n = a->next;
    if (!a->slots) {
        close_direct(a);
        a->next++;
        a->fd = stet_arch_open_package(a->ctx, a->numbers[n], err);
        if (a->fd < 0 || stet_arch_decoder_open(&a->direct, a->fd, name_of(a, n), err) < 0)
            return NULL;
        return a->direct.decoded;
    }
    if (n > 0)
        drop(a, &a->slots[n - 1]);
    pthread_mutex_lock(&a->lock);
    a->next++;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    stet_reader_init(&a->reader, &ops, a);
    return &a->reader;
}

/* ---- beginning and end ---- */

/* An eighth of what is free, so that those who need room have it. */
static uint64_t window(int work)
{
    struct statvfs fs;
    if (fstatvfs(work, &fs) < 0)
        return 0;
    uint64_t eighth = (uint64_t)fs.f_bavail * fs.f_frsize / 8;
    return eighth < WINDOW_MAX ? eighth : WINDOW_MAX;
}

/* Are there unnamed files? Else all is decoded where it is needed. */
static bool can_decode_ahead(const struct stet_arch_ahead *a)
{
    if (a->ctx->threads < 2 || a->count == 0 || a->window < BLOCK)
        return false;
    _cleanup_close_ int fd = openat(a->ctx->work, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0;
}

/* Signals are for the main thread. */
static void start_threads(struct stet_arch_ahead *a)
{
    size_t want = a->ctx->threads - 1;
    if (want > a->count)
        want = a->count;
    if (want > DECODERS_MAX)
        want = DECODERS_MAX;
    sigset_t all, old;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
        return;
    while (a->thread_count < want &&
           pthread_create(&a->threads[a->thread_count], NULL, run, a) == 0)
        a->thread_count++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct stet_arch_ahead *stet_arch_ahead_new(struct stet_build_context *ctx, const size_t *numbers,
                                            size_t count, struct stet_error *err)
{
    struct stet_arch_ahead *a = calloc(1, sizeof *a);
    if (!a) {
        stet_error_oom(err, "unpacking");
        return NULL;
    }
    a->ctx = ctx;
    a->numbers = numbers;
    a->count = count;
    a->fd = -1;
    a->window = ctx->threads < 2 ? 0 : window(ctx->work);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    if (!can_decode_ahead(a) || !(a->slots = calloc(count, sizeof *a->slots)))
        return a;
    for (size_t n = 0; n < count; n++)
        a->slots[n].fd = -1;
    start_threads(a);
    if (a->thread_count == 0) {
        free(a->slots);
        a->slots = NULL;
    }
    return a;
}

void stet_arch_ahead_free(struct stet_arch_ahead *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    for (size_t i = 0; i < a->thread_count; i++)
        pthread_join(a->threads[i], NULL);
    for (size_t n = 0; a->slots && n < a->count; n++)
        stet_cleanup_close(&a->slots[n].fd);
    close_direct(a);
    free(a->slots);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->changed);
    free(a);
}
