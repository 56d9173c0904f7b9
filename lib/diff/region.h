/*
 * region - a part of two contents that belong together (a section, a chunk, a page): its differing bytes and strings,
 * named by where they are in the format; and the reading of numbers from untrusted bytes.
 */
#ifndef STET_DIFF_REGION_H
#define STET_DIFF_REGION_H

#include "lib/diff/private.h"

/* ---- numbers; the caller has checked that the bytes are there ---- */

static inline uint16_t diff_get16(const unsigned char *p, bool big)
{
    return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}
static inline uint32_t diff_get32(const unsigned char *p, bool big)
{
    return big ? (uint32_t)diff_get16(p, big) << 16 | diff_get16(p + 2, big)
               : (uint32_t)diff_get16(p + 2, big) << 16 | diff_get16(p, big);
}
static inline uint64_t diff_get64(const unsigned char *p, bool big)
{
    return big ? (uint64_t)diff_get32(p, big) << 32 | diff_get32(p + 4, big)
               : (uint64_t)diff_get32(p + 4, big) << 32 | diff_get32(p, big);
}

/* Are there len bytes at offset? */
static inline bool diff_has(struct diff_bytes b, uint64_t offset, uint64_t len)
{
    return offset <= b.len && len <= b.len - offset;
}
/* Those bytes, or none at all when they are not there. */
static inline struct diff_bytes diff_part(struct diff_bytes b, uint64_t offset, uint64_t len)
{
    struct diff_bytes part = {NULL, 0};
    if (diff_has(b, offset, len)) {
        part.data = b.data + offset;
        part.len = (size_t)len;
    }
    return part;
}
static inline bool diff_same(struct diff_bytes a, struct diff_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
/* By length where one is the beginning of the other. */
int stet_diff_bytes_order(struct diff_bytes a, struct diff_bytes b);

/* Seconds since 1970 as a value: "2026-11-23T10:00:00Z", or the number where it is no year from 1970 to 9999. */
void stet_diff_time_text(int64_t seconds, char out[STET_TIME_TEXT_MAX]);

/* ---- texts ---- */

/* stet_diff_add() with the values given as bytes (data NULL: there is none on that side). */
struct stet_finding *stet_diff_add_bytes(const struct diff_pair *p, const char *format,
                                         struct diff_bytes a, struct diff_bytes b,
                                         struct stet_error *err, const char *what, ...)
    __attribute__((format(printf, 6, 7)));
/* One line of detail from a format. */
int stet_diff_detailf(struct stet_finding *f, char sign, struct stet_error *err, const char *fmt,
                      ...) __attribute__((format(printf, 4, 5)));
/* "48 8b 05", at most max bytes, then " …". */
void stet_diff_hex(struct stet_buffer *out, struct diff_bytes b, size_t max);

/* ---- regions ---- */

struct diff_region {
    const struct diff_pair *pair;
    const char *format;
    const char *name; /* "section .text": what the findings are of */
    const char *of;   /* " in .text": put after the place of a string; "" for none */
    struct diff_bytes a, b;
    uint64_t base; /* the address of the first byte, as shown */
    bool big;      /* byte order of numbers in it */
    bool strings;  /* text in it is told apart from other bytes */
    bool list; /* with strings: it is nothing but a list of them, whose order is of no account */
    /* Appends what is at an address of side a: " (main+0x10)"; may be NULL. */
    void (*place)(void *ctx, uint64_t address, struct stet_buffer *out);
    void *ctx;
};

/*
 * Adds what differs: with strings, the first texts that differ one by one ("string at 0x2004 in .rodata"), all else as one
 * finding under the region's name: the first range as values, all ranges (up to a limit, then a count) as detail.
 * Returns the number of findings, 0 when nothing differs, -1 with err. Work: a small factor of the lengths.
 */
int stet_diff_region_compare(const struct diff_region *r, struct stet_error *err);

/* ---- directories in texts ---- */

/*
 * Do two texts differ in one absolute path each, by the directories at its beginning: "/tmp/one/src/x.c" and
 * "/tmp/two/src/x.c" by "/tmp/one" and "/tmp/two"? Sets these (into a and b), and whether a common rest of the path
 * follows them. Not for directories of an installed system ("/usr/lib/…").
 */
bool stet_diff_directories(struct diff_bytes a, struct diff_bytes b, struct diff_bytes *dir_a,
                           struct diff_bytes *dir_b, bool *followed);

/*
 * Gives the findings from number first on, of this pair's place, whose values differ by such directories the cause
 * BUILD_PATH, when the directories are the same pair in all of them: certain where it is a debug section's or
 * proven is set, else likely.
 */
int stet_diff_build_paths(const struct diff_pair *p, size_t first, bool proven,
                          struct stet_error *err);

/* ---- compressed parts ---- */

/*
 * Inflates a zlib stream of exactly or at most max bytes of content. out is malloc'd. 1; 0 when it is damaged, cut short or
 * longer than max; -1 with err. used (may be NULL): the bytes of in that it takes.
 */
int stet_diff_inflate(const struct diff_pair *p, struct diff_bytes in, size_t max,
                      struct diff_bytes *out, size_t *used, struct stet_error *err);
static inline void diff_bytes_free(struct diff_bytes *b)
{
    free((void *)(uintptr_t)b->data);
    b->data = NULL;
    b->len = 0;
}

#endif
