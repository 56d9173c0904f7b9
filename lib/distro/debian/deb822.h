/*
 * deb822 - paragraphs of "Field: value" as in deb822(5): control files, Release, apt's .sources.
 *
 * Field names compare without case. A value keeps its continuation lines: each is
 * joined by '\n' with the leading space removed ("." lines stay "."). Comment lines ('#' in column 0)
 * are dropped when the caller allows them. Input is untrusted: NUL bytes, a continuation line without a field, a field
 * twice in a paragraph, and a line without ':' are STET_ERROR_INPUT with name and line.
 */
#ifndef STET_DEBIAN_DEB822_H
#define STET_DEBIAN_DEB822_H

#include "lib/base/base.h"

struct stet_deb822_field {
    char *name, *value;
    char *
        raw; /* the value exactly as it stood after "Name:", with its newlines and leading spaces, less the final newline */
};
struct stet_deb822 {
    struct stet_deb822_field *fields; /* in the order of the file */
    size_t count, cap;
};

void stet_deb822_init(struct stet_deb822 *p);
void stet_deb822_release(struct stet_deb822 *p);
/* Parses the next paragraph from text[*pos..len). 1, 0 at the end, -1 with err. line is counted on (start at 1). */
int stet_deb822_next(const char *text, size_t len, size_t *pos, unsigned *line, bool comments,
                     const char *name, struct stet_deb822 *out, struct stet_error *err);
/* The value of a field, or NULL. */
const char *stet_deb822_get(const struct stet_deb822 *p, const char *field);

#endif
