/*
 * spool - bytes in memory, or in an unnamed file.
 */
#include "lib/diff/spool.h"

#include <archive.h>

#include "lib/codec/codec.h"
#include "lib/diff/compressed.h"

enum { PIECE = 64 << 10 };

void stet_diff_spool_init(struct diff_spool *s, const struct diff *d)
{
    *s = (struct diff_spool){.diff = d, .fd = -1};
}

void stet_diff_spool_release(struct diff_spool *s)
{
    stet_diff_map_release(&s->map);
    if (s->fd >= 0)
        close(s->fd);
    stet_buffer_release(&s->memory);
    stet_diff_spool_init(s, s->diff);
}

static int flush(struct diff_spool *s, struct stet_error *err)
{
    if (s->memory.len == 0)
        return 0;
    if (stet_diff_unnamed_write(s->diff, s->fd, s->memory.data, s->memory.len, err) < 0)
        return -1;
    s->written += s->memory.len;
    stet_buffer_clear(&s->memory);
    return 0;
}

int stet_diff_spool_add(struct diff_spool *s, const void *data, size_t len, struct stet_error *err)
{
    bool full = s->memory.len + len > DIFF_SPOOL_MEMORY;

    if (full && stet_cancel_check(err) < 0)
        return -1;
    /* Without a directory for it, memory has to do. */
    if (full && s->fd < 0 && s->diff->temporary >= 0) {
        s->fd = stet_diff_unnamed_file(s->diff, err);
        if (s->fd < 0)
            return -1;
    }
    if (full && s->fd >= 0 && flush(s, err) < 0)
        return -1;
    stet_buffer_add(&s->memory, data, len);
    return stet_buffer_check(&s->memory, "what was compressed", err);
}

int stet_diff_spool_bytes(struct diff_spool *s, struct diff_bytes *out, struct stet_error *err)
{
    if (s->fd < 0) {
        *out = (struct diff_bytes){(const unsigned char *)s->memory.data, s->memory.len};
        return 0;
    }
    if (flush(s, err) < 0)
        return -1;
    stet_buffer_release(&s->memory);
    if (stet_diff_map_fd(s->diff->guard, s->fd, 0, s->written, "a temporary file", &s->map, err) <
        0)
        return -1;
    *out = s->map.bytes;
    return 0;
}

/* ---- decoding ---- */

static int decode_codec(struct diff_spool *s, const struct diff_bytes *data, uint64_t max,
                        struct stet_error *why, struct stet_error *err)
{
    struct stet_memory_reader memory;
    unsigned char piece[PIECE];
    int rc = 0;

    stet_memory_reader_init(&memory, data->data, data->len);
    struct stet_reader *r = stet_codec_decoder_new(&memory.base, "the content", max, NULL, why);
    for (ssize_t n = 1; r && n > 0 && rc == 0;) {
        n = stet_reader_read(r, piece, sizeof piece, why);
        if (n > 0)
            rc = stet_diff_spool_add(s, piece, (size_t)n, err);
    }
    stet_codec_decoder_free(r);
    stet_reader_close(&memory.base);
    return rc;
}

/* libarchive's "raw" is what is inside, whatever it is. NULL when it cannot be read, or is empty. */
static struct archive *open_bzip2(const struct diff_bytes *data, bool *empty)
{
    struct archive *a = archive_read_new();
    struct archive_entry *e;
    int rc = ARCHIVE_FATAL;

    /* A warning says that it would run a program for it. */
    if (a && archive_read_support_filter_bzip2(a) == ARCHIVE_OK &&
        archive_read_support_format_raw(a) == ARCHIVE_OK &&
        archive_read_support_format_empty(a) == ARCHIVE_OK &&
        archive_read_open_memory(a, data->data, data->len) == ARCHIVE_OK &&
        archive_filter_code(a, 0) == ARCHIVE_FILTER_BZIP2)
        rc = archive_read_next_header(a, &e);
    if (rc == ARCHIVE_OK)
        return a;
    *empty = rc == ARCHIVE_EOF;
    archive_read_free(a);
    return NULL;
}

static int decode_bzip2(struct diff_spool *s, const struct diff_bytes *data, uint64_t max,
                        struct stet_error *why, struct stet_error *err)
{
    bool empty = false;
    struct archive *a = open_bzip2(data, &empty);
    unsigned char piece[PIECE];
    uint64_t total = 0;
    int rc = 0;

    if (!a && !empty)
        stet_error_input(why, "the content is damaged bzip2 data");
    for (la_ssize_t n = 1; a && n > 0 && rc == 0;) {
        n = archive_read_data(a, piece, sizeof piece);
        if (n < 0) {
            stet_error_input(why, "the content is damaged bzip2 data");
        } else if ((total += (uint64_t)n) > max) {
            stet_error_input(why, "the content is longer than allowed");
            break;
        } else {
            rc = stet_diff_spool_add(s, piece, (size_t)n, err);
        }
    }
    archive_read_free(a);
    return rc;
}

int stet_diff_spool_decode(struct diff_spool *s, const struct diff_bytes *data, uint64_t max,
                           struct stet_error *why, struct stet_error *err)
{
    const char *name = stet_diff_compression_name(data);
    int rc = 0;

    if (!name)
        return 0;
    if (strcmp(name, "bzip2") == 0)
        rc = decode_bzip2(s, data, max, why, err);
    else
        rc = decode_codec(s, data, max, why, err);
    if (rc < 0)
        return -1;
    if (why->kind != STET_ERROR_NONE && why->kind != STET_ERROR_INPUT) {
        stet_error_copy(err, why);
        return -1;
    }
    return why->kind == STET_ERROR_NONE;
}
