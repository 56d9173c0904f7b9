/*
 * plain - two files as they are.
 */
#include "lib/diff/sides.h"

int stet_diff_files(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                    struct stet_error *err)
{
    const char *slash = strrchr(a->place.path, '/');
    /* Where it is does not say what it is; its name may. */
    struct diff_pair p = {.diff = d,
                          .path = "",
                          .file = slash ? slash + 1 : a->place.path,
                          .a = a->file.bytes,
                          .b = b->file.bytes};

    d->result->contents++;
    d->result->bytes += p.a.len + p.b.len;
    if (stet_diff_map_equal(&a->file, &b->file))
        return 0;
    return stet_diff_map_content(&p, &a->file, &b->file, err);
}
