#include "lib/base/stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"

/* Reports the sticky error in the caller's err. */
static int report(const struct stet_error *sticky, struct stet_error *err)
{
    if (err != NULL && err->kind == STET_ERROR_NONE)
        stet_error_copy(err, sticky);
    return -1;
}

void stet_writer_init(struct stet_writer *w, const struct stet_writer_ops *ops, void *ctx)
{
    w->ops = ops;
    w->ctx = ctx;
    w->written = 0;
    w->closed = false;
    w->error = (struct stet_error)STET_ERROR_INIT;
}

int stet_writer_write(struct stet_writer *w, const void *data, size_t len, struct stet_error *err)
{
    if (w->error.kind != STET_ERROR_NONE)
        return report(&w->error, err);
    if (w->closed) {
        (void)stet_error_set(&w->error, STET_ERROR_INTERNAL, 0, "write to a closed stream");
        return report(&w->error, err);
    }
    if (len == 0)
        return 0;
    if (w->ops->write(w->ctx, data, len, &w->error) < 0) {
        (void)stet_error_set(&w->error, STET_ERROR_INTERNAL, 0, "a stream failed without a reason");
        return report(&w->error, err);
    }
    w->written += len;
    return 0;
}

int stet_writer_close(struct stet_writer *w, struct stet_error *err)
{
    if (!w->closed) {
        bool failed = w->error.kind != STET_ERROR_NONE;

        w->closed = true;
        if (w->ops->close != NULL && w->ops->close(w->ctx, failed, &w->error) < 0)
            (void)stet_error_set(&w->error, STET_ERROR_INTERNAL, 0,
                                 "a stream failed to end without a reason");
    }
    return w->error.kind == STET_ERROR_NONE ? 0 : report(&w->error, err);
}

static int fd_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct stet_fd_writer *w = ctx;

    return stet_fs_write_fd(w->fd, w->name, data, len, err);
}

void stet_fd_writer_init(struct stet_fd_writer *w, int fd, const char *name)
{
    static const struct stet_writer_ops ops = {.write = fd_write};

    stet_writer_init(&w->base, &ops, w);
    w->fd = fd;
    w->name = name;
}

static int buffer_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct stet_buffer_writer *w = ctx;

    stet_buffer_add(w->buffer, data, len);
    return stet_buffer_check(w->buffer, "cannot keep a stream in memory", err);
}

void stet_buffer_writer_init(struct stet_buffer_writer *w, struct stet_buffer *buffer)
{
    static const struct stet_writer_ops ops = {.write = buffer_write};

    stet_writer_init(&w->base, &ops, w);
    w->buffer = buffer;
}

void stet_reader_init(struct stet_reader *r, const struct stet_reader_ops *ops, void *ctx)
{
    r->ops = ops;
    r->ctx = ctx;
    r->consumed = 0;
    r->error = (struct stet_error)STET_ERROR_INIT;
}

ssize_t stet_reader_read(struct stet_reader *r, void *data, size_t len, struct stet_error *err)
{
    ssize_t n;

    if (r->error.kind != STET_ERROR_NONE)
        return report(&r->error, err);
    if (r->ops == NULL) {
        (void)stet_error_set(&r->error, STET_ERROR_INTERNAL, 0, "read from a closed stream");
        return report(&r->error, err);
    }
    if (len == 0)
        return 0;
    n = r->ops->read(r->ctx, data, len, &r->error);
    if (n < 0 || (size_t)n > len) {
        (void)stet_error_set(&r->error, STET_ERROR_INTERNAL, 0, "a stream failed without a reason");
        return report(&r->error, err);
    }
    r->consumed += (size_t)n;
    return n;
}

int stet_reader_read_full(struct stet_reader *r, void *data, size_t len, struct stet_error *err)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = stet_reader_read(r, (char *)data + got, len - got, err);

        if (n < 0)
            return -1;
        if (n == 0 && got == 0)
            return 0;
        if (n == 0) {
            (void)stet_error_input(&r->error,
                                   "the data ends at byte %llu, %zu bytes too early: cut short?",
                                   (unsigned long long)r->consumed, len - got);
            return report(&r->error, err);
        }
        got += (size_t)n;
    }
    return 1;
}

void stet_reader_close(struct stet_reader *r)
{
    if (r->ops != NULL && r->ops->close != NULL)
        r->ops->close(r->ctx);
    r->ops = NULL;
}

static ssize_t fd_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct stet_fd_reader *r = ctx;
    ssize_t n;

    do
        n = read(r->fd, data, len);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return stet_error_errno(err, "cannot read %s", r->name);
    return n;
}

void stet_fd_reader_init(struct stet_fd_reader *r, int fd, const char *name)
{
    static const struct stet_reader_ops ops = {.read = fd_read};

    stet_reader_init(&r->base, &ops, r);
    r->fd = fd;
    r->name = name;
}

static ssize_t memory_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct stet_memory_reader *r = ctx;
    size_t n = len < r->len ? len : r->len;

    (void)err;
    if (n > 0)
        memcpy(data, r->data, n);
    r->data += n;
    r->len -= n;
    return (ssize_t)n;
}

void stet_memory_reader_init(struct stet_memory_reader *r, const void *data, size_t len)
{
    static const struct stet_reader_ops ops = {.read = memory_read};

    stet_reader_init(&r->base, &ops, r);
    r->data = data;
    r->len = len;
}
