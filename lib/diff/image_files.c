/*
 * image_files - what is in two layouts or archives beside the images: files that no image refers to, and in archives how
 * every file is held.
 */
#include "lib/diff/evidence.h"
#include "lib/diff/image.h"

/* Of an archive's list, the entries that are compared here. */
static bool is_compared(const struct diff_image *own, const struct diff_image *other,
                        const char *path, size_t entry)
{
    struct diff_map a = {0}, b = {0};
    size_t partner;

    if (!stet_diff_image_refers(own, path) && !stet_diff_image_refers(other, path))
        return true;
    /* What an image refers to was compared; how both hold the same bytes was not. */
    return stet_diff_tar_find(&other->files, path, &partner) &&
           stet_diff_tar_content(&own->files, entry, &a, NULL) > 0 &&
           stet_diff_tar_content(&other->files, partner, &b, NULL) > 0 &&
           stet_diff_map_equal(&a, &b);
}

/* A copy of the index whose order has only these. */
static int select_entries(const struct diff_image *own, const struct diff_image *other,
                          struct diff_tar *out, size_t *count, struct stet_error *err)
{
    const struct diff_tar *t = &own->files;

    *out = *t;
    *count = 0;
    out->order = malloc((t->count + 1) * sizeof *out->order);
    if (!out->order)
        return stet_error_oom(err, "the files of an image");
    for (size_t i = 0; i < t->count; i++)
        if (is_compared(own, other, stet_diff_tar_path(t, t->order[i]), t->order[i]))
            out->order[(*count)++] = t->order[i];
    return 0;
}

static int compare_archives(struct diff *d, const struct diff_image *a, const struct diff_image *b,
                            struct stet_error *err)
{
    struct diff_tar x = {0}, y = {0};
    struct diff_list lx, ly;
    size_t nx, ny;
    int rc = -1;

    if (stet_diff_map_equal(a->file, b->file))
        return 0;
    if (select_entries(a, b, &x, &nx, err) == 0 && select_entries(b, a, &y, &ny, err) == 0 &&
        stet_diff_archive(d, 0, &a->files, &b->files, err) == 0 &&
        stet_diff_list_tar(&x, &lx, err) == 0 && stet_diff_list_tar(&y, &ly, err) == 0) {
        lx.count = nx;
        ly.count = ny;
        rc = stet_diff_entries(d, 0, &lx, &ly, true, err);
    }
    free(x.order);
    free(y.order);
    return rc;
}

/* ---- layouts ---- */

/* What a layout is counted for: files by path and content. */
static int compare_file(struct diff *d, const char *path, struct diff_list *a, size_t i,
                        struct diff_list *b, size_t j, struct stet_error *err)
{
    struct diff_map x = {0}, y = {0};
    int rc = 0;

    int has_a = a->ops->content(a, i, &x, err);
    int has_b = has_a < 0 ? -1 : b->ops->content(b, j, &y, err);
    if (has_b < 0) {
        rc = -1;
    } else if (!stet_diff_map_equal(&x, &y)) {
        struct diff_pair p = {d, NULL, 0, path, path, 0, x.bytes, y.bytes};
        rc = stet_diff_content(&p, err);
    }
    stet_diff_map_release(&x);
    stet_diff_map_release(&y);
    return rc;
}

static int tell_file(struct diff *d, const char *path, const struct diff_meta *m, bool first,
                     struct stet_error *err)
{
    _cleanup_free_ char *text = stet_format(err, "%ju bytes", (uintmax_t)m->size);
    struct stet_finding *f =
        text ? stet_diff_add_at(d, STET_DIFF_IMAGE, 0, path, "layout", first ? text : NULL,
                                first ? NULL : text, err, "file that no image refers to")
             : NULL;
    if (!f)
        return -1;
    return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err, "only the %s has it",
                             first ? "first" : "second");
}

static int compare_one(struct diff *d, int order, struct diff_list *a, size_t i,
                       struct diff_list *b, size_t j, struct diff_meta *m, struct stet_error *err)
{
    struct diff_list *l = order <= 0 ? a : b;
    size_t k = order <= 0 ? i : j;

    if (l->ops->meta(l, k, m, err) < 0)
        return -1;
    if (m->type != STET_ENTRY_FILE && m->type != STET_ENTRY_HARDLINK)
        return 0;
    d->result->entries++;
    return order ? tell_file(d, m->path, m, order < 0, err)
                 : compare_file(d, m->path, a, i, b, j, err);
}

static int compare_lists(struct diff *d, const struct diff_image *x, struct diff_list *a,
                         const struct diff_image *y, struct diff_list *b, struct stet_error *err)
{
    struct diff_meta m = {0};
    int rc = 0;

    for (size_t i = 0, j = 0; rc == 0 && (i < a->count || j < b->count);) {
        const char *pa = i < a->count ? a->ops->path(a, i) : NULL;
        const char *pb = j < b->count ? b->ops->path(b, j) : NULL;
        int order = !pa ? 1 : !pb ? -1 : stet_path_compare(pa, pb);
        const char *path = order <= 0 ? pa : pb;
        if (!stet_diff_image_refers(x, path) && !stet_diff_image_refers(y, path))
            rc = compare_one(d, order, a, i, b, j, &m, err);
        i += order <= 0;
        j += order >= 0;
    }
    stet_diff_meta_release(&m);
    return rc;
}

static int compare_layouts(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                           struct stet_error *err)
{
    struct diff_list x = {0}, y = {0};
    int rc = -1;

    if (stet_diff_list_directory(d, a->place.path, &x, err) == 0 &&
        stet_diff_list_directory(d, b->place.path, &y, err) == 0)
        rc = compare_lists(d, a->image, &x, b->image, &y, err);
    stet_diff_list_free(&x);
    stet_diff_list_free(&y);
    return rc;
}

int stet_diff_image_files(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                          struct stet_error *err)
{
    if (a->image->archive)
        return compare_archives(d, a->image, b->image, err);
    return compare_layouts(d, a, b, err);
}
