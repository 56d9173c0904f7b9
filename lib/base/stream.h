/*
 * stet_writer, stet_reader - byte streams as small tables of operations.
 *
 * The first error is sticky: every later call fails with it, and close returns
 * it, so that a producer may write without looking and check once, at close.
 * A stream made over another ("filter") does not own the one below unless
 * its documentation says so.
 */
#ifndef STET_BASE_STREAM_H
#define STET_BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

struct stet_writer;
struct stet_writer_ops {
    /* Takes all len bytes or fails. */
    int (*write)(void *ctx, const void *data, size_t len, struct stet_error *err);
    /* Ends the stream: flush, trailer. Called once, even after a failure (then
     * failed is true and only resources are given back). */
    int (*close)(void *ctx, bool failed, struct stet_error *err);
};
struct stet_writer {
    const struct stet_writer_ops *ops;
    void *ctx;
    uint64_t written; /* bytes accepted so far */
    bool closed;
    struct stet_error error; /* the first failure */
};
void stet_writer_init(struct stet_writer *w, const struct stet_writer_ops *ops, void *ctx);
int stet_writer_write(struct stet_writer *w, const void *data, size_t len, struct stet_error *err);
/* Idempotent; returns the sticky error. Must be called on every path. */
int stet_writer_close(struct stet_writer *w, struct stet_error *err);

/* A writer into a descriptor; close does not close fd. name is borrowed, for errors. */
struct stet_fd_writer {
    struct stet_writer base;
    int fd;
    const char *name;
};
void stet_fd_writer_init(struct stet_fd_writer *w, int fd, const char *name);
/* A writer that appends to a buffer (borrowed). */
struct stet_buffer_writer {
    struct stet_writer base;
    struct stet_buffer *buffer;
};
void stet_buffer_writer_init(struct stet_buffer_writer *w, struct stet_buffer *buffer);

struct stet_reader_ops {
    /* Up to len bytes; 0 at the end of the stream, -1 with err. */
    ssize_t (*read)(void *ctx, void *data, size_t len, struct stet_error *err);
    void (*close)(void *ctx);
};
struct stet_reader {
    const struct stet_reader_ops *ops;
    void *ctx;
    uint64_t consumed; /* bytes delivered so far */
    struct stet_error error;
};
void stet_reader_init(struct stet_reader *r, const struct stet_reader_ops *ops, void *ctx);
ssize_t stet_reader_read(struct stet_reader *r, void *data, size_t len, struct stet_error *err);
/* Exactly len bytes: 1; a clean end before the first byte: 0; an end in
 * the middle is STET_ERROR_INPUT. */
int stet_reader_read_full(struct stet_reader *r, void *data, size_t len, struct stet_error *err);
void stet_reader_close(struct stet_reader *r);

/* A reader of a descriptor from its current offset; close does not close fd. */
struct stet_fd_reader {
    struct stet_reader base;
    int fd;
    const char *name;
};
void stet_fd_reader_init(struct stet_fd_reader *r, int fd, const char *name);
/* A reader of memory (borrowed). */
struct stet_memory_reader {
    struct stet_reader base;
    const unsigned char *data;
    size_t len;
};
void stet_memory_reader_init(struct stet_memory_reader *r, const void *data, size_t len);

#endif
