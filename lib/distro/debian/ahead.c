/*
 * ahead - decoding packages of later stages while the scripts of an earlier one run.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/statvfs.h>

#include "lib/codec/codec.h"
#include "lib/distro/debian/package_file.h"
#include "lib/distro/debian/unpack.h"

/* Bytes of tar that may wait in the working directory, which may be in memory. */
#define AHEAD_MAX (UINT64_C(256) << 20)

struct stet_debian_ahead {
    struct stet_build_context *ctx;
    unsigned stage;
    pthread_t thread;
    atomic_bool stop;
    uint64_t max; /* bytes that the file may grow to */
};

/* A member as a stream. */
struct member {
    const struct stet_deb *deb;
    uint64_t pos, end;
};

static ssize_t member_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct member *m = ctx;
    if (len > m->end - m->pos)
        len = (size_t)(m->end - m->pos);
    if (len == 0)
        return 0;
    ssize_t n = pread(m->deb->fd, data, len, (off_t)m->pos);
    if (n < 0)
        return stet_error_errno(err, "reading %s", m->deb->name);
    m->pos += (uint64_t)n;
    return n;
}

/* Appends to the file. The number of bytes; 0 after a failure, when told to stop, or when it is too much. */
static uint64_t copy_decoded(struct stet_debian_ahead *a, struct stet_reader *in)
{
    static const size_t block = 256 << 10;
    struct stet_debian_state *state = a->ctx->state;
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_free_ char *data = malloc(block);
    uint64_t sum = 0;
    ssize_t n = data ? 1 : -1;
    while (n > 0 && !atomic_load(&a->stop)) {
        n = stet_reader_read(in, data, block, &err);
        if (n > 0 && (state->ahead_end + sum + (uint64_t)n > a->max ||
                      stet_fs_write_fd(state->ahead_fd, "ahead", data, (size_t)n, &err) < 0))
            n = -1;
        if (n > 0)
            sum += (uint64_t)n;
    }
    return n == 0 ? sum : 0;
}

static uint64_t decode(struct stet_debian_ahead *a, const struct stet_deb *deb)
{
    static const struct stet_reader_ops ops = {member_read, NULL};
    struct stet_error err = STET_ERROR_INIT;
    struct member m = {deb, deb->data.offset, deb->data.offset + deb->data.size};
    struct stet_reader raw;
    enum stet_codec_kind kind;
    stet_reader_init(&raw, &ops, &m);
    struct stet_reader *in =
        stet_codec_decoder_new(&raw, deb->name, STET_DEB_DATA_MAX, &kind, &err);
    if (!in)
        return 0;
    uint64_t sum = kind == deb->data.kind ? copy_decoded(a, in) : 0;
    stet_codec_decoder_free(in);
    return sum;
}

static void decode_package(struct stet_debian_ahead *a, size_t i)
{
    struct stet_debian_state *state = a->ctx->state;
    struct stet_deb deb;
    /* What is wrong with it is said when it is its turn. */
    _cleanup_close_ int fd = stet_debian_try_package(a->ctx, i, &deb);
    if (fd < 0 || deb.data.kind == STET_CODEC_NONE)
        return;
    /* Over what one before may have left unfinished. */
    if (lseek(state->ahead_fd, (off_t)state->ahead_end, SEEK_SET) < 0)
        return;
    uint64_t size = decode(a, &deb);
    /* Nothing stays of what is of no use: scripts may need the room. */
    if (size == 0 && ftruncate(state->ahead_fd, (off_t)state->ahead_end) < 0)
        atomic_store(&a->stop, true);
    state->packages[i].ahead_offset = state->ahead_end;
    state->packages[i].ahead_size = size;
    state->ahead_end += size;
}

static void *run(void *arg)
{
    struct stet_debian_ahead *a = arg;
    const struct stet_lock *lock = a->ctx->lock;
    for (size_t i = 0; i < lock->package_count && !atomic_load(&a->stop); i++)
        if (lock->packages[i].stage > a->stage &&
            ((struct stet_debian_state *)a->ctx->state)->packages[i].ahead_size == 0)
            decode_package(a, i);
    return NULL;
}

/* An eighth of what is free, so that those who need room have it. */
static uint64_t room(const struct stet_debian_state *state)
{
    struct statvfs fs;
    if (fstatvfs(state->ahead_fd, &fs) < 0)
        return 0;
    uint64_t eighth = (uint64_t)fs.f_bavail * fs.f_frsize / 8;
    return state->ahead_end + (eighth < AHEAD_MAX ? eighth : AHEAD_MAX);
}

/* Signals are for the main thread. */
static int start(struct stet_debian_ahead *a)
{
    sigset_t all, old;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
        return -1;
    int rc = pthread_create(&a->thread, NULL, run, a);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc == 0 ? 0 : -1;
}

void stet_debian_ahead_begin(struct stet_build_context *ctx, unsigned stage)
{
    struct stet_debian_state *state = ctx->state;
    if (ctx->threads < 2 || state->ahead)
        return;
    if (state->ahead_fd < 0)
        state->ahead_fd = openat(ctx->work, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    struct stet_debian_ahead *a = state->ahead_fd < 0 ? NULL : calloc(1, sizeof *a);
    if (!a)
        return;
    a->ctx = ctx;
    a->stage = stage;
    a->max = room(state);
    if (start(a) < 0)
        free(a);
    else
        state->ahead = a;
}

void stet_debian_ahead_end(struct stet_build_context *ctx)
{
    struct stet_debian_state *state = ctx->state;
    if (!state || !state->ahead)
        return;
    atomic_store(&state->ahead->stop, true);
    pthread_join(state->ahead->thread, NULL);
    free(state->ahead);
    state->ahead = NULL;
}

void stet_debian_ahead_use(struct stet_build_context *ctx, size_t i, struct stet_deb *deb)
{
    const struct stet_debian_state *state = ctx->state;
    const struct stet_debian_package *p = &state->packages[i];
    if (p->ahead_size == 0)
        return;
    deb->fd = state->ahead_fd;
    deb->data = (struct stet_deb_member){p->ahead_offset, p->ahead_size, STET_CODEC_NONE};
}

void stet_debian_ahead_drop(struct stet_build_context *ctx, unsigned stage)
{
    struct stet_debian_state *state = ctx->state;
    for (size_t i = 0; i < state->count; i++)
        if (state->packages[i].ahead_size > 0 && state->packages[i].locked->stage > stage)
            return;
    stet_cleanup_close(&state->ahead_fd);
    state->ahead_fd = -1;
    state->ahead_end = 0;
}
