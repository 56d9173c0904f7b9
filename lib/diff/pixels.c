/* The pixels of a PNG image: passes, rows and filters (ISO/IEC 15948, 7 to 9). */
#include "lib/diff/png.h"

struct pass {
    uint32_t x, y, step_x, step_y; /* the first pixel, and from one to the next */
    uint64_t width, height;
    size_t row; /* bytes of a row with its filter byte */
};
enum { PASSES = 7 };

static unsigned bits_of(const struct diff_png_header *h)
{
    static const unsigned char samples[] = {1, 0, 3, 1, 2, 0, 4};
    return h->colour < sizeof samples ? samples[h->colour] * h->depth : 0;
}

static bool is_valid(const struct diff_png_header *h)
{
    return h->width > 0 && h->height > 0 && h->width <= INT32_MAX && h->height <= INT32_MAX &&
           h->depth > 0 && h->depth <= 16 && (h->depth & (h->depth - 1)) == 0 && bits_of(h) > 0 &&
           h->interlace <= 1;
}

/* 1 for an image that is not interlaced, else 7 (Adam7). */
static size_t list_passes(const struct diff_png_header *h, struct pass passes[PASSES])
{
    static const unsigned char adam[PASSES][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8},
                                                  {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2},
                                                  {0, 1, 1, 2}};
    size_t count = h->interlace ? PASSES : 1;
    for (size_t i = 0; i < count; i++) {
        struct pass *p = &passes[i];
        *p = (struct pass){.step_x = 1, .step_y = 1};
        if (h->interlace)
            *p = (struct pass){adam[i][0], adam[i][1], adam[i][2], adam[i][3], 0, 0, 0};
        p->width = h->width > p->x ? (h->width - p->x + p->step_x - 1) / p->step_x : 0;
        p->height = h->height > p->y ? (h->height - p->y + p->step_y - 1) / p->step_y : 0;
        p->row = p->width ? (size_t)((p->width * bits_of(h) + 7) / 8) + 1 : 0;
    }
    return count;
}

size_t stet_diff_png_size(const struct diff_png_header *h, size_t max)
{
    struct pass passes[PASSES];
    uint64_t total = 0;
    if (!is_valid(h))
        return 0;
    size_t count = list_passes(h, passes);
    for (size_t i = 0; i < count; i++) {
        uint64_t size;
        /* Rows are below 2^35 bytes, and their number is below 2^31. */
        if (__builtin_mul_overflow((uint64_t)passes[i].row, passes[i].height, &size) ||
            size > max - total)
            return 0;
        total += size;
    }
    return (size_t)total;
}

static unsigned char paeth(unsigned char a, unsigned char b, unsigned char c)
{
    int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

static bool unfilter_row(unsigned char *row, const unsigned char *above, size_t len, size_t pixel)
{
    unsigned char filter = row[0];
    row[0] = 0;
    if (filter > 4)
        return false;
    for (size_t i = 1; filter != 0 && i < len; i++) {
        unsigned char left = i > pixel ? row[i - pixel] : 0, up = above ? above[i] : 0;
        unsigned char corner = above && i > pixel ? above[i - pixel] : 0;
        row[i] = (unsigned char)(row[i] + (filter == 1   ? left
                                           : filter == 2 ? up
                                           : filter == 3 ? (left + up) / 2
                                                         : paeth(left, up, corner)));
    }
    return true;
}

bool stet_diff_png_unfilter(const struct diff_png_header *h, unsigned char *data, size_t len)
{
    struct pass passes[PASSES];
    size_t count = list_passes(h, passes), pixel = (bits_of(h) + 7) / 8, at = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned char *above = NULL;
        for (uint64_t y = 0; y < passes[i].height && passes[i].row > 0; y++) {
            if (passes[i].row > len - at || !unfilter_row(data + at, above, passes[i].row, pixel))
                return false;
            above = data + at;
            at += passes[i].row;
        }
    }
    return at == len;
}

void stet_diff_png_locate(const struct diff_png_header *h, size_t offset, unsigned char changed,
                          uint32_t *x, uint32_t *y, size_t *begin, size_t *len)
{
    struct pass passes[PASSES];
    size_t count = list_passes(h, passes), pixel = (bits_of(h) + 7) / 8, i = 0, start = 0;
    while (i + 1 < count && offset - start >= passes[i].row * passes[i].height) {
        start += passes[i].row * passes[i].height;
        i++;
    }
    unsigned skipped = 0;
    size_t row = (offset - start) / passes[i].row, in_row = (offset - start) % passes[i].row;
    size_t byte = in_row ? in_row - 1 : 0;
    size_t first = byte / pixel;
    if (bits_of(h) < 8) {
        first = byte * 8 / bits_of(h);
        for (unsigned bit = 0x80; bit > 0 && !(changed & bit); bit >>= 1)
            skipped++;
        first += skipped / bits_of(h);
    }
    *x = (uint32_t)(passes[i].x + first * passes[i].step_x);
    *y = (uint32_t)(passes[i].y + row * passes[i].step_y);
    *begin = start + row * passes[i].row + 1 + byte / pixel * pixel;
    *len = pixel;
}
