/*
 * gzip - format 0 of the layer encoder: chunks deflated in parallel, written in order.
 *
 * The caller of write() fills a ring of chunks; workers deflate them in any order; the
 * caller alone writes them below, in order. So the stream below is used by one thread,
 * and nothing in the output depends on which worker was quicker.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <zlib.h>

#include "lib/codec/codec.h"

enum {
    LEVEL = 4,
    MEM_LEVEL = 8,
    CHUNK_SIZE = 1 << 20,
    WINDOW_SIZE = 1 << 15,
    THREADS_MAX = 256,
    FLUSH_ROOM = 64, /* above deflateBound(), which does not count a sync flush */
};

enum chunk_state { CHUNK_FREE, CHUNK_FULL, CHUNK_TAKEN, CHUNK_DONE, CHUNK_FAILED };

struct chunk {
    enum chunk_state state;
    size_t dict_len, in_len, out_len;
    uLong crc;
    unsigned char *in; /* WINDOW_SIZE of dictionary, then CHUNK_SIZE of content */
    unsigned char *out;
};

struct gzip_writer;
struct worker {
    struct gzip_writer *owner;
    pthread_t thread;
    z_stream z;
};

struct gzip_writer {
    struct stet_writer base;
    struct stet_writer *below;
    struct chunk *chunks; /* a ring: head is the oldest unwritten, tail is being filled */
    size_t chunk_count, head, tail;
    size_t out_cap;
    struct worker *workers;
    size_t worker_count; /* with an initialised z_stream */
    size_t thread_count; /* that run; 0: the caller deflates itself */
    uLong crc;
    uint32_t size; /* of the content, modulo 2^32 as the trailer has it */
    pthread_mutex_t mutex;
    pthread_cond_t full, done;
    size_t next; /* index of the next chunk to be taken by a worker */
    bool stop;
};

static char identity[64];

static void make_identity(void)
{
    snprintf(identity, sizeof(identity), "zlib/%s level %d", zlibVersion(), LEVEL);
}

const char *stet_codec_identity(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_identity);
    return identity;
}

/* Deflates one chunk. Given whole and with room for all output, so that zlib has no buffer
 * edges on which its decisions could depend. */
static bool deflate_chunk(z_stream *z, struct chunk *c, size_t out_cap)
{
    unsigned char *content = c->in + WINDOW_SIZE;

    c->crc = crc32_z(0, content, c->in_len);
    if (deflateReset(z) != Z_OK)
        return false;
    if (c->dict_len > 0 &&
        deflateSetDictionary(z, content - c->dict_len, (uInt)c->dict_len) != Z_OK)
        return false;
    z->next_in = content;
    z->avail_in = (uInt)c->in_len;
    z->next_out = c->out;
    z->avail_out = (uInt)out_cap;
    if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in != 0 || z->avail_out == 0)
        return false;
    c->out_len = out_cap - z->avail_out;
    return true;
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
        bool ok = deflate_chunk(&worker->z, c, g->out_cap);
        pthread_mutex_lock(&g->mutex);
        c->state = ok ? CHUNK_DONE : CHUNK_FAILED;
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
    while (c->state == CHUNK_FULL || c->state == CHUNK_TAKEN)
        pthread_cond_wait(&g->done, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
    if (c->state != CHUNK_DONE)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0,
                              "gzip: zlib failed to deflate a chunk of %zu bytes", c->in_len);
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
static int submit_tail(struct gzip_writer *g, struct stet_error *err)
{
    struct chunk *c = &g->chunks[g->tail];
    size_t after = (g->tail + 1) % g->chunk_count;

    /* Before the workers may have it: the ring's next chunk must be free to take the dictionary. */
    while (after == g->head && g->tail != g->head)
        if (write_head(g, err) < 0)
            return -1;
    struct chunk *n = &g->chunks[after];
    n->in_len = 0;
    n->dict_len = c->in_len < WINDOW_SIZE ? c->in_len : WINDOW_SIZE;
    memcpy(n->in + WINDOW_SIZE - n->dict_len, c->in + WINDOW_SIZE + c->in_len - n->dict_len,
           n->dict_len);
    g->tail = after;
    if (g->thread_count == 0) {
        c->state = deflate_chunk(&g->workers[0].z, c, g->out_cap) ? CHUNK_DONE : CHUNK_FAILED;
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
        struct chunk *c = &g->chunks[g->tail];
        size_t room = CHUNK_SIZE - c->in_len;
        size_t n = len < room ? len : room;
        memcpy(c->in + WINDOW_SIZE + c->in_len, p, n);
        c->in_len += n;
        p += n;
        len -= n;
        if (c->in_len == CHUNK_SIZE && submit_tail(g, err) < 0)
            return -1;
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

static int write_end(struct gzip_writer *g, struct stet_error *err)
{
    /* An empty final block (BFINAL 1, fixed codes, end of block), CRC32, ISIZE. */
    unsigned char end[10] = {0x03, 0x00};

    put_le32(end + 2, (uint32_t)g->crc);
    put_le32(end + 6, g->size);
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
    if (g->chunks[g->tail].in_len > 0 && submit_tail(g, err) < 0)
        return -1;
    while (g->head != g->tail)
        if (write_head(g, err) < 0)
            return -1;
    return write_end(g, err);
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
        int rc = deflateInit2(&w->z, LEVEL, Z_DEFLATED, -MAX_WBITS, MEM_LEVEL, Z_DEFAULT_STRATEGY);
        if (rc == Z_MEM_ERROR)
            return stet_error_oom(err, "gzip");
        if (rc != Z_OK)
            return stet_error_set(err, STET_ERROR_INTERNAL, 0, "gzip: zlib refuses level %d",
                                  LEVEL);
    }
    g->out_cap = deflateBound(&g->workers[0].z, CHUNK_SIZE) + FLUSH_ROOM;
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
        g->chunks[i].out = malloc(g->out_cap);
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
        deflateEnd(&g->workers[i].z);
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
