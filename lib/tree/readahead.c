/*
 * A ring of buffers between a thread that reads files and the one that writes the archive.
 * Contents follow each other without gaps, so small files share a buffer; both sides know
 * the sizes, so no marks are needed between them.
 */
#include <pthread.h>
#include <signal.h>

#include "lib/tree/internal.h"

enum {
    PIECES = 8,
    PIECE_SIZE = 256 * 1024,
};

struct piece {
    char *data;
    size_t len;
};

struct tree_readahead {
    struct tree_content content;
    struct piece pieces[PIECES];
    const char *rest; /* of the piece in use */
    size_t rest_len;
    bool in_use; /* pieces[first] is being read by the caller */

    bool threaded;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    size_t first, filled; /* full pieces are first .. first + filled - 1, modulo PIECES */
    bool ended, stop;
    struct stet_error error; /* of the thread */
};

static void *read_ahead(void *arg)
{
    struct tree_readahead *r = arg;
    struct stet_error err = STET_ERROR_INIT;
    size_t got = PIECE_SIZE;
    int rc = 0;
    pthread_mutex_lock(&r->lock);
    while (rc == 0 && got == PIECE_SIZE) {
        while (r->filled == PIECES && !r->stop)
            pthread_cond_wait(&r->changed, &r->lock);
        if (r->stop)
            break;
        struct piece *p = &r->pieces[(r->first + r->filled) % PIECES];
        pthread_mutex_unlock(&r->lock);
        rc = stet_tree_content_read(&r->content, p->data, PIECE_SIZE, &got, &err);
        p->len = got;
        pthread_mutex_lock(&r->lock);
        /* What was read before a failure is delivered first, so that the failure is
         * reported at its place. */
        if (got > 0)
            r->filled++;
        pthread_cond_signal(&r->changed);
    }
    if (rc < 0)
        stet_error_copy(&r->error, &err);
    r->ended = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static bool start_thread(struct tree_readahead *r)
{
    /* Signals are for the program's own threads. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&r->thread, NULL, read_ahead, r);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc == 0;
}

struct tree_readahead *stet_tree_readahead_new(const struct stet_tree *t, int root,
                                               unsigned threads, struct stet_error *err)
{
    struct tree_readahead *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        stet_error_oom(err, "reading files");
        return NULL;
    }
    stet_tree_content_init(&r->content, t, root);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    for (size_t i = 0; i < (threads > 1 ? PIECES : 1); i++) {
        r->pieces[i].data = malloc(PIECE_SIZE);
        if (r->pieces[i].data == NULL) {
            stet_error_oom(err, "reading files");
            stet_tree_readahead_free(r);
            return NULL;
        }
    }
    r->threaded = threads > 1 && start_thread(r);
    return r;
}

void stet_tree_readahead_free(struct tree_readahead *r)
{
    if (r == NULL)
        return;
    if (r->threaded) {
        pthread_mutex_lock(&r->lock);
        r->stop = true;
        pthread_cond_signal(&r->changed);
        pthread_mutex_unlock(&r->lock);
        pthread_join(r->thread, NULL);
    }
    for (size_t i = 0; i < PIECES; i++)
        free(r->pieces[i].data);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    stet_tree_content_release(&r->content);
    free(r);
}

/* Waits for a full piece in the ring and takes it in use; gives the last one back. */
static int take_piece(struct tree_readahead *r, struct stet_error *err)
{
    pthread_mutex_lock(&r->lock);
    if (r->in_use) {
        r->first = (r->first + 1) % PIECES;
        r->filled--;
        r->in_use = false;
        pthread_cond_signal(&r->changed);
    }
    while (r->filled == 0 && !r->ended)
        pthread_cond_wait(&r->changed, &r->lock);
    bool have = r->filled > 0;
    if (have) {
        r->rest = r->pieces[r->first].data;
        r->rest_len = r->pieces[r->first].len;
        r->in_use = true;
    } else if (err != NULL && err->kind == STET_ERROR_NONE) {
        stet_error_copy(err, &r->error);
    }
    pthread_mutex_unlock(&r->lock);
    return have ? 0 : -1;
}

/* Without a thread. A failure after some bytes shows at the next call: the error is sticky. */
static int read_piece(struct tree_readahead *r, struct stet_error *err)
{
    r->rest = r->pieces[0].data;
    if (r->error.kind == STET_ERROR_NONE)
        stet_tree_content_read(&r->content, r->pieces[0].data, PIECE_SIZE, &r->rest_len, &r->error);
    if (r->rest_len > 0)
        return 0;
    if (err != NULL && err->kind == STET_ERROR_NONE)
        stet_error_copy(err, &r->error);
    return -1;
}

int stet_tree_readahead_next(struct tree_readahead *r, size_t max, const char **data, size_t *len,
                             struct stet_error *err)
{
    if (r->rest_len == 0 && (r->threaded ? take_piece(r, err) : read_piece(r, err)) < 0)
        return -1;
    *data = r->rest;
    *len = r->rest_len < max ? r->rest_len : max;
    r->rest += *len;
    r->rest_len -= *len;
    return 0;
}
