#include "lib/tree/data.h"
#include "lib/tree/internal.h"

#define PHASE "seal"

/* Progress is told of after so many entries or bytes, for a line on a terminal costs more than
 * a small file. */
enum { TOLD_ITEMS = 256, TOLD_BYTES = 1 << 20 };

struct output {
    struct stet_tar_writer *tar;
    struct tree_readahead *files;
    const struct stet_log *log;
    uint64_t items, bytes; /* done, and not told of yet */
};

static void tell(struct output *o, const char *path)
{
    if (o->items > 0 || o->bytes > 0)
        stet_log_phase_advance(o->log, o->items, o->bytes, path);
    o->items = o->bytes = 0;
}

static void advance(struct output *o, uint64_t items, uint64_t bytes, const char *path)
{
    o->items += items;
    o->bytes += bytes;
    if (o->items >= TOLD_ITEMS || o->bytes >= TOLD_BYTES)
        tell(o, path);
}

static int write_content(struct output *o, const struct stet_entry *e, struct stet_error *err)
{
    for (uint64_t left = e->size; left > 0;) {
        const char *data;
        size_t len;
        size_t max = left < SIZE_MAX ? (size_t)left : SIZE_MAX;
        if (stet_tree_readahead_next(o->files, max, &data, &len, err) < 0 ||
            stet_tar_writer_data(o->tar, data, len, err) < 0)
            return -1;
        left -= len;
        advance(o, left == 0, len, e->path);
        if (left > 0 && stet_cancel_check(err) < 0)
            return -1;
    }
    return 0;
}

static int write_entries(const struct stet_tree *t, struct output *o, struct stet_error *err)
{
    struct stet_tree_view v;
    stet_tree_view_init(&v, t);
    for (size_t i = 0; i < t->count; i++) {
        const struct stet_entry *e = stet_tree_view_at(&v, i);
        if (stet_cancel_check(err) < 0 || stet_tar_writer_entry(o->tar, e, err) < 0)
            return -1;
        if (e->size == 0)
            advance(o, 1, 0, e->path);
        else if (write_content(o, e, err) < 0)
            return -1;
    }
    if (t->count > 0)
        tell(o, v.path);
    return stet_tar_writer_finish(o->tar, err);
}

static uint64_t content_bytes(const struct stet_tree *t)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (__builtin_add_overflow(sum, stet_tree_size(t, i), &sum))
            return 0; /* unknown */
    }
    return sum;
}

int stet_tree_write_tar(const struct stet_tree *t, int root, struct stet_writer *out,
                        unsigned threads, const struct stet_log *log, struct stet_error *err)
{
    struct output o = {.log = log};
    int rc = -1;
    o.tar = stet_tar_writer_new(out, err);
    if (o.tar == NULL)
        return -1;
    o.files = stet_tree_readahead_new(t, root, threads, err);
    if (o.files != NULL) {
        stet_log_phase_begin(log, PHASE, t->count, content_bytes(t));
        rc = write_entries(t, &o, err);
        stet_log_phase_end(log, PHASE);
    }
    stet_tree_readahead_free(o.files);
    stet_tar_writer_free(o.tar);
    return rc;
}
