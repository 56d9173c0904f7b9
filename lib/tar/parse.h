/*
 * Parsing of what an untrusted header holds: number fields (field.c) and pax extended
 * headers (pax.c). Private to lib/tar.
 */
#ifndef STET_TAR_PARSE_H
#define STET_TAR_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/entry/entry.h"

/*
 * A number of a header: octal digits, after spaces if any, up to a space, a NUL or the
 * field's end; or GNU's base-256 (first bit set, two's complement). An empty field is 0.
 * what names the field in the error.
 */
int stet_tar_field_number(const char *field, size_t size, int64_t *out, const char *what,
                          struct stet_error *err);
/* The same within min..max. */
int stet_tar_field_range(const char *field, size_t size, int64_t min, int64_t max, int64_t *out,
                         const char *what, struct stet_error *err);

/* What extended headers say about the entry that follows. */
struct tar_pax {
    struct stet_buffer path, linkpath;
    uint64_t size;
    uint32_t uid, gid;
    int64_t mtime;
    uint32_t mtime_ns;
    bool has_path, has_linkpath, has_size, has_uid, has_gid, has_mtime;
};
void stet_tar_pax_release(struct tar_pax *p);
/* As if nothing had been said, but for what global says of owner and time. */
void stet_tar_pax_begin(struct tar_pax *p, const struct tar_pax *global);
/*
 * Adds the records; extended attributes go into e. The last of several records of a keyword
 * holds; an empty value takes back what was said. e NULL: it is a global header, which may
 * not name a path, a link, a size or attributes.
 */
int stet_tar_pax_parse(struct tar_pax *p, struct stet_entry *e, const char *data, size_t len,
                       struct stet_error *err);

#endif
