/*
 * gzip - the member around the chunks (docs/format-1.md, 4.1 and 4.2): deflated in parallel,
 * written in order.
 *
 * The caller of write() fills a ring of chunks; workers deflate them in any order; the
 * caller alone writes them below, in order. So the stream below is used by one thread,
 * and nothing in the output depends on which worker was quicker.
 *
 * A full chunk is handed on only when more content comes or the end: the last one is
 * deflated otherwise than the rest, even if it is full.
 */
#include <pthread.h>
#include <signal.h>
#include <zlib.h>

#include "lib/codec/codec.h"
#include "lib/codec/deflate.h"

enum {
    CHUNK_SIZE = DEFLATE_CHUNK,
    WINDOW_SIZE = DEFLATE_WINDOW,
    THREADS_MAX = 256,
};

enum chunk_state { CHUNK_FREE, CHUNK_FULL, CHUNK_TAKEN, CHUNK_DONE };

struct chunk {
    enum chunk_state state;
    size_t window_len, in_len, out_len;
    bool last; /* ends the stream */
    uLong crc;
    unsigned char *in; /* window_len bytes of what went before end at WINDOW_SIZE; then
                          * CHUNK_SIZE of content */
    unsigned char *out;
};

struct gzip_writer;
struct worker {
    struct gzip_writer *owner;
    pthread_t thread;
    struct stet_codec_deflate *deflate;
};

struct gzip_writer {
    struct stet_writer base;
    struct stet_writer *below;
    struct chunk *chunks; /* a ring: head is the oldest unwritten, tail is being filled */
    size_t chunk_count, head, tail;
    struct worker *workers;
    size_t worker_count; /* with memory to deflate */
    size_t thread_count; /* that run; 0: the caller deflates itself */
    uLong crc;
    uint32_t size; /* of the content, modulo 2^32 as the trailer has it */
    pthread_mutex_t mutex;
    pthread_cond_t full, done;
    size_t next; /* index of the next chunk to be taken by a worker */
    bool stop;
};

const char *stet_codec_identity(void)
{
    return "stet-deflate/1";
}

static void deflate_chunk(struct stet_codec_deflate *d, struct chunk *c)
{
    const unsigned char *content = c->in + WINDOW_SIZE;

    c->crc = crc32_z(0, content, c->in_len);
    c->out_len = stet_codec_deflate_chunk(d, content - c->window_len, c->window_len, c->in_len,
                                          c->last, c->out);
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct gzip_writer *g = worker->owner;

    pthread_mutex_lock(&g->mutex);
    while (!g->stop) {
        struct chunk *c = &g->chunks[g->next];
        if (c->state != CHUNK_FULL) {
            pthread_cond_wait(&g->full, &g->mutex);
            continue;
        }
        c->state = CHUNK_TAKEN;
        g->next = (g->next + 1) % g->chunk_count;
        pthread_mutex_unlock(&g->mutex);
        deflate_chunk(worker->deflate, c);
        pthread_mutex_lock(&g->mutex);
        c->state = CHUNK_DONE;
        pthread_cond_signal(&g->done);
    }
    pthread_mutex_unlock(&g->mutex);
    return NULL;
}

/* Waits for the oldest chunk and writes it below. */
static int write_head(struct gzip_writer *g, struct stet_error *err)
{
    struct chunk *c = &g->chunks[g->head];

    pthread_mutex_lock(&g->mutex);
    while (c->state != CHUNK_DONE)
        pthread_cond_wait(&g->done, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
    if (stet_writer_write(g->below, c->out, c->out_len, err) < 0)
        return -1;
    g->crc = crc32_combine(g->crc, c->crc, (z_off_t)c->in_len);
    g->size += (uint32_t)c->in_len;
    pthread_mutex_lock(&g->mutex);
    c->state = CHUNK_FREE;
    pthread_mutex_unlock(&g->mutex);
    g->head = (g->head + 1) % g->chunk_count;
    return 0;
}

static bool head_is_done(struct gzip_writer *g)
{
    pthread_mutex_lock(&g->mutex);
    bool done = g->chunks[g->head].state == CHUNK_DONE;
    pthread_mutex_unlock(&g->mutex);
    return done;
}

/* Hands the chunk at the tail to the workers and makes the next one ready to be filled. */
static int submit_tail(struct gzip_writer *g, bool last, struct stet_error *err)
{
    struct chunk *c = &g->chunks[g->tail];
    size_t after = (g->tail + 1) % g->chunk_count;

    c->last = last;

    /* Before the workers may have it: the ring's next chunk must be free to take the window. */
    while (after == g->head && g->tail != g->head)
        if (write_head(g, err) < 0)
            return -1;
    struct chunk *n = &g->chunks[after];
    n->in_len = 0;
    n->window_len = c->in_len < WINDOW_SIZE ? c->in_len : WINDOW_SIZE;
    memcpy(n->in + WINDOW_SIZE - n->window_len, c->in + WINDOW_SIZE + c->in_len - n->window_len,
           n->window_len);
    g->tail = after;
    if (g->thread_count == 0) {
        deflate_chunk(g->workers[0].deflate, c);
        c->state = CHUNK_DONE;
    } else {
        pthread_mutex_lock(&g->mutex);
        c->state = CHUNK_FULL;
        pthread_cond_signal(&g->full);
        pthread_mutex_unlock(&g->mutex);
    }
    while (g->head != g->tail && head_is_done(g))
        if (write_head(g, err) < 0)
            return -1;
    return 0;
}

static int gzip_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct gzip_writer *g = ctx;
    const unsigned char *p = data;

    while (len > 0) {
        if (g->chunks[g->tail].in_len == CHUNK_SIZE && submit_tail(g, false, err) < 0)
            return -1;
        struct chunk *c = &g->chunks[g->tail];
        size_t room = CHUNK_SIZE - c->in_len;
        size_t n = len < room ? len : room;
        memcpy(c->in + WINDOW_SIZE + c->in_len, p, n);
        c->in_len += n;
        p += n;
        len -= n;
    }
    return 0;
}

static void put_le32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}

static int write_header(struct gzip_writer *g, struct stet_error *err)
{
    static const unsigned char header[10] = {
        0x1f, 0x8b,       /* ID1, ID2 */
        8,                /* CM: deflate */
        0,                /* FLG: no name, no comment, no extra field */
        0,    0,    0, 0, /* MTIME: none */
        0,                /* XFL */
        255,              /* OS: unknown */
    };
    return stet_writer_write(g->below, header, sizeof(header), err);
}

static int write_trailer(struct gzip_writer *g, struct stet_error *err)
{
    unsigned char end[8];

    put_le32(end, (uint32_t)g->crc);
    put_le32(end + 4, g->size);
    return stet_writer_write(g->below, end, sizeof(end), err);
}

static void stop_threads(struct gzip_writer *g)
{
    pthread_mutex_lock(&g->mutex);
    g->stop = true;
    pthread_cond_broadcast(&g->full);
    pthread_mutex_unlock(&g->mutex);
    for (size_t i = 0; i < g->thread_count; i++)
        pthread_join(g->workers[i].thread, NULL);
    g->thread_count = 0;
}

static int finish(struct gzip_writer *g, struct stet_error *err)
{
    if (submit_tail(g, true, err) < 0)
        return -1;
    while (g->head != g->tail)
        if (write_head(g, err) < 0)
            return -1;
    return write_trailer(g, err);
}

static int gzip_close(void *ctx, bool failed, struct stet_error *err)
{
    struct gzip_writer *g = ctx;
    int rc = failed ? 0 : finish(g, err);

    stop_threads(g);
    return rc;
}

static const struct stet_writer_ops gzip_ops = {gzip_write, gzip_close};

static int make_workers(struct gzip_writer *g, unsigned threads, struct stet_error *err)
{
    g->workers = calloc(threads, sizeof(*g->workers));
    if (!g->workers)
        return stet_error_oom(err, "gzip");
    for (; g->worker_count < threads; g->worker_count++) {
        struct worker *w = &g->workers[g->worker_count];
        w->owner = g;
        w->deflate = stet_codec_deflate_new();
        if (!w->deflate)
            return stet_error_oom(err, "gzip");
    }
    return 0;
}

static int make_chunks(struct gzip_writer *g, unsigned threads, struct stet_error *err)
{
    /* One more than twice the workers: one chunk is filled while each worker has the next at hand.
     */
    g->chunk_count = threads > 1 ? 2 * (size_t)threads + 1 : 2;
    g->chunks = calloc(g->chunk_count, sizeof(*g->chunks));
    if (!g->chunks)
        return stet_error_oom(err, "gzip");
    for (size_t i = 0; i < g->chunk_count; i++) {
        g->chunks[i].in = malloc(WINDOW_SIZE + CHUNK_SIZE);
        g->chunks[i].out = malloc(DEFLATE_OUT_MAX);
        if (!g->chunks[i].in || !g->chunks[i].out)
            return stet_error_oom(err, "gzip");
    }
    return 0;
}

/* A thread that cannot be had is done without: the output is the same. Signals stay with the
 * program's own threads. */
static void start_threads(struct gzip_writer *g)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (g->thread_count < g->worker_count) {
        struct worker *w = &g->workers[g->thread_count];
        if (pthread_create(&w->thread, NULL, work, w) != 0)
            break;
        g->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct stet_writer *stet_codec_gzip_new(struct stet_writer *below, unsigned threads,
                                        struct stet_error *err)
{
    struct gzip_writer *g = calloc(1, sizeof(*g));

    if (!g) {
        stet_error_oom(err, "gzip");
        return NULL;
    }
    threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    stet_writer_init(&g->base, &gzip_ops, g);
    g->below = below;
    g->crc = crc32_z(0, NULL, 0);
    pthread_mutex_init(&g->mutex, NULL);
    pthread_cond_init(&g->full, NULL);
    pthread_cond_init(&g->done, NULL);
    if (make_workers(g, threads, err) < 0 || make_chunks(g, threads, err) < 0 ||
        write_header(g, err) < 0) {
        stet_codec_gzip_free(&g->base);
        return NULL;
    }
    if (threads > 1)
        start_threads(g);
    return &g->base;
}

void stet_codec_gzip_free(struct stet_writer *w)
{
    if (!w)
        return;
    struct gzip_writer *g = w->ctx;
    stop_threads(g);
    for (size_t i = 0; i < g->worker_count; i++)
        stet_codec_deflate_free(g->workers[i].deflate);
    for (size_t i = 0; g->chunks && i < g->chunk_count; i++) {
        free(g->chunks[i].in);
        free(g->chunks[i].out);
    }
    pthread_cond_destroy(&g->done);
    pthread_cond_destroy(&g->full);
    pthread_mutex_destroy(&g->mutex);
    free(g->chunks);
    free(g->workers);
    free(g);
}
