/*
 * png - a PNG image (ISO/IEC 15948) as read for comparison. pixels.c undoes the filters, png.c compares.
 */
#ifndef STET_DIFF_PNG_H
#define STET_DIFF_PNG_H

#include "lib/diff/region.h"

struct diff_png_header {
    uint32_t width, height;
    unsigned char depth, colour, compression, filter, interlace;
};

/* Bytes of the image data once inflated; 0: the header is not valid, or they are more than max. */
size_t stet_diff_png_size(const struct diff_png_header *h, size_t max);
/* Undoes the filters in place and sets the filter bytes to 0. false: the data is damaged. */
bool stet_diff_png_unfilter(const struct diff_png_header *h, unsigned char *data, size_t len);
/* Which pixel a byte of the image data belongs to (of several, the first with changed bits), and where its bytes are. */
void stet_diff_png_locate(const struct diff_png_header *h, size_t offset, unsigned char changed,
                          uint32_t *x, uint32_t *y, size_t *begin, size_t *len);

#endif
