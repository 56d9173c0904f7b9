/*
 * Helpers of the tar tests: files of the source tree, and headers built byte by byte.
 */
#ifndef TESTS_UNIT_TAR_SUPPORT_H
#define TESTS_UNIT_TAR_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/base.h"

/* A path below the source root, which the build passes in the environment. */
static inline char *source_path(const char *relative)
{
    const char *root = getenv("STET_SOURCE_ROOT");
    char *path = stet_format(NULL, "%s/%s", root == NULL ? "." : root, relative);
    assert_non_null(path);
    return path;
}

/* The whole file into out (initialised here); false when it is not there. */
static inline int slurp(const char *path, struct stet_buffer *out)
{
    FILE *f = fopen(path, "rb");
    stet_buffer_init(out);
    if (f == NULL)
        return 0;
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        stet_buffer_add(out, piece, n);
    fclose(f);
    return 1;
}

/* Says where two byte strings differ before failing. */
static inline void assert_same_bytes(const struct stet_buffer *got, const char *want, size_t len,
                                     const char *what)
{
    for (size_t i = 0; i < got->len && i < len; i++) {
        if (got->data[i] != want[i])
            fail_msg("%s: byte %zu (block %zu + %zu) is %02x, not %02x", what, i, i / 512, i % 512,
                     (unsigned char)got->data[i], (unsigned char)want[i]);
    }
    if (got->len != len)
        fail_msg("%s: %zu bytes, not %zu", what, got->len, len);
}

/* ---- headers ---- */

struct raw_header {
    const char *name, *link, *prefix;
    char type;
    const char *size, *mode, *uid, *mtime; /* NULL: a plain value */
    const char *magic;                     /* 8 bytes; NULL: POSIX */
    const char *devmajor;
};

static inline void raw_field(unsigned char *at, size_t width, const char *text, const char *other)
{
    const char *s = text == NULL ? other : text;
    size_t len = strlen(s);
    memcpy(at, s, len < width ? len : width);
}

static inline void raw_checksum(unsigned char *h)
{
    unsigned sum = 0;
    char text[8];
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += h[i];
    snprintf(text, sizeof(text), "%06o", sum);
    memcpy(h + 148, text, 7);
}

static inline void add_header(struct stet_buffer *b, const struct raw_header *r)
{
    unsigned char h[512] = {0};
    raw_field(h, 100, r->name, "file");
    raw_field(h + 100, 8, r->mode, "0000644");
    raw_field(h + 108, 8, r->uid, "0000000");
    raw_field(h + 116, 8, NULL, "0000000");
    raw_field(h + 124, 12, r->size, "00000000000");
    raw_field(h + 136, 12, r->mtime, "00000000000");
    h[156] = (unsigned char)r->type;
    raw_field(h + 157, 100, r->link, "");
    memcpy(h + 257,
           r->magic == NULL ? "ustar\0"
                              "00"
                            : r->magic,
           8);
    raw_field(h + 329, 8, r->devmajor, "0000000");
    raw_field(h + 337, 8, NULL, "0000000");
    raw_field(h + 345, 155, r->prefix, "");
    raw_checksum(h);
    stet_buffer_add(b, h, sizeof(h));
}

static inline void add_zeros(struct stet_buffer *b, size_t len)
{
    while (len-- > 0)
        stet_buffer_add_char(b, '\0');
}

static inline void add_content(struct stet_buffer *b, const void *data, size_t len)
{
    stet_buffer_add(b, data, len);
    add_zeros(b, (512 - len % 512) % 512);
}

/* A header of the given type (x, g, L, K) with its content. */
static inline void add_extended(struct stet_buffer *b, char type, const void *data, size_t len)
{
    char size[24];
    snprintf(size, sizeof(size), "%011zo", len);
    add_header(b, &(struct raw_header){.name = "ext", .type = type, .size = size});
    add_content(b, data, len);
}

static inline void add_file(struct stet_buffer *b, const char *name, const char *content)
{
    char size[24];
    snprintf(size, sizeof(size), "%011zo", strlen(content));
    add_header(b, &(struct raw_header){.name = name, .type = '0', .size = size});
    add_content(b, content, strlen(content));
}

static inline void add_end(struct stet_buffer *b)
{
    add_zeros(b, 1024);
}

#endif
