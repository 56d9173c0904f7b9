/*
 * image_layers - the layers of two images: which belong together, how each is stored, and what is in it.
 */
#include "lib/diff/evidence.h"
#include "lib/diff/image.h"
#include "lib/diff/region.h"

static int tell(struct diff *d, unsigned layer, const char *what, const char *a, const char *b,
                struct stet_error *err)
{
    return stet_diff_add_at(d, STET_DIFF_LAYER, layer, "", "tar", a, b, err, "%s", what) ? 0 : -1;
}

/* ---- one layer ---- */

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Do they say that they hold the same? */
static bool same_content(const struct diff_image_layer *a, const struct diff_image_layer *b)
{
    return same_text(a->blob.digest, b->blob.digest) || same_text(a->diff_id, b->diff_id);
}

static int said_otherwise(const char *said, const struct stet_digest *found, char *text)
{
    struct stet_digest digest;

    if (!said || stet_digest_parse_text(said, &digest, "", NULL) < 0 ||
        stet_digest_equal(&digest, found))
        return 0;
    stet_digest_text(found, text);
    return 1;
}

/* Blobs and tars that are not what their digests say. */
static int compare_digests(struct diff *d, unsigned n, const struct diff_image_layer *a,
                           const struct diff_image_layer *b, struct stet_error *err)
{
    char x[STET_DIGEST_TEXT_SIZE], y[STET_DIGEST_TEXT_SIZE];
    int bad_a = said_otherwise(a->blob.digest, &a->stream.blob_digest, x);
    int bad_b = said_otherwise(b->blob.digest, &b->stream.blob_digest, y);

    if ((bad_a || bad_b) && stet_diff_image_digests(d, STET_DIFF_LAYER, n, "", "the blob",
                                                    bad_a ? x : NULL, bad_b ? y : NULL, err) < 0)
        return -1;
    /* Of a damaged blob it follows. */
    bad_a = !bad_a && said_otherwise(a->diff_id, &a->stream.tar_digest, x);
    bad_b = !bad_b && said_otherwise(b->diff_id, &b->stream.tar_digest, y);
    if (!bad_a && !bad_b)
        return 0;
    return stet_diff_image_digests(d, STET_DIFF_LAYER, n, "", "the tar (diff_id)", bad_a ? x : NULL,
                                   bad_b ? y : NULL, err);
}

static int compare_missing(struct diff *d, unsigned n, const struct diff_image_layer *a,
                           const struct diff_image_layer *b, struct stet_error *err)
{
    if (a->blob.found == b->blob.found)
        return 0; /* both: then the documents tell all there is */
    return stet_diff_add_at(d, STET_DIFF_LAYER, n, "", "tar", a->blob.found ? "there" : "missing",
                            b->blob.found ? "there" : "missing", err, "blob %s",
                            stet_diff_blob_name(a->blob.found ? &b->blob : &a->blob))
               ? 0
               : -1;
}

/* Layers that are no tars: documents, which name images by their digests. */
static int compare_document(struct diff_images *m, unsigned n, const struct diff_image_layer *a,
                            const struct diff_image_layer *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    struct diff_bytes bytes;

    if (stet_diff_roles_renamed(m->roles, &b->stream.blob.bytes, DIFF_DOCUMENT_MAX, &text, &bytes,
                                err) < 0)
        return -1;
    struct diff_pair p = {m->d, NULL, n, "", "", 0, a->stream.blob.bytes, bytes};
    return diff_same(p.a, p.b) ? 0 : stet_diff_content(&p, err);
}

static int compare_layer(struct diff_images *m, size_t i, size_t j, struct stet_error *err)
{
    struct diff_image_layer *a = &m->x->layers[i], *b = &m->y->layers[j];
    struct diff *d = m->d;
    unsigned n = (unsigned)i + 1;
    size_t before = d->result->count;
    int rc = 0;

    if (m->repeated[i]) {
        m->layer_told[i] = m->layer_told[j] = true;
        return 0;
    }
    if (!a->blob.found || !b->blob.found) {
        rc = compare_missing(d, n, a, b, err);
    } else if (a->stream.is_open && b->stream.is_open) {
        rc = compare_digests(d, n, a, b, err);
        if (rc == 0)
            rc = stet_diff_streams(d, n, &a->stream, &b->stream, m->same_form, err);
    } else if (!stet_diff_map_equal(&a->stream.blob, &b->stream.blob)) {
        rc = compare_document(m, n, a, b, err);
    }
    /* What differs in names alone follows from what they name. */
    bool names = !a->stream.is_open && a->blob.found && b->blob.found &&
                 !stet_diff_map_equal(&a->stream.blob, &b->stream.blob);
    bool told = names || d->result->count > before || d->result->cut_short;
    m->layer_told[i] = m->layer_told[i] || told;
    m->layer_told[j] = m->layer_told[j] || told;
    return rc;
}

/* Which layer of y belongs to each of x: those of one content, then, where both have as many, the others in their order. */
static void pair_layers(struct diff_images *m)
{
    const struct diff_image_item *x = m->x, *y = m->y;
    bool taken[DIFF_LAYERS_MAX] = {false};
    size_t next = 0;

    for (size_t i = 0; i < x->layer_count; i++) {
        m->partner[i] = SIZE_MAX;
        if (i < y->layer_count && same_content(&x->layers[i], &y->layers[i])) {
            m->partner[i] = i;
            taken[i] = true;
        }
    }
    for (size_t i = 0; i < x->layer_count; i++)
        for (size_t j = 0; j < y->layer_count && m->partner[i] == SIZE_MAX; j++)
            if (!taken[j] && same_content(&x->layers[i], &y->layers[j])) {
                m->partner[i] = j;
                taken[j] = true;
            }
    for (size_t i = 0; i < x->layer_count && x->layer_count == y->layer_count; i++) {
        if (m->partner[i] != SIZE_MAX)
            continue;
        while (taken[next])
            next++;
        taken[next] = true;
        m->partner[i] = next;
    }
}

/* The same, or known to be of two that belong together. */
static bool is_known(struct diff_images *m, const char *a, const char *b)
{
    return a && b && stet_diff_roles_same(m->roles, a, b);
}

/* Images of one artifact share layers: which of them were compared before. */
static void find_repeated(struct diff_images *m)
{
    for (size_t i = 0; i < m->x->layer_count; i++) {
        if (m->partner[i] == SIZE_MAX)
            continue;
        const struct diff_image_layer *a = &m->x->layers[i], *b = &m->y->layers[m->partner[i]];
        bool named = a->blob.digest || b->blob.digest;
        m->repeated[i] = is_known(m, a->diff_id, b->diff_id) &&
                         (!named || is_known(m, a->blob.digest, b->blob.digest)) &&
                         !same_content(a, b);
    }
}

/* The names of blobs that differ. */
static int add_names(struct diff_images *m, struct stet_error *err)
{
    for (size_t i = 0; i < m->x->layer_count; i++) {
        if (m->partner[i] == SIZE_MAX)
            continue;
        const struct diff_image_layer *a = &m->x->layers[i], *b = &m->y->layers[m->partner[i]];
        if (!stet_diff_map_equal(&a->stream.blob, &b->stream.blob) &&
            (stet_diff_roles_add(m->roles, a->diff_id, b->diff_id, err) < 0 ||
             stet_diff_roles_add(m->roles, stet_diff_blob_name(&a->blob),
                                 stet_diff_blob_name(&b->blob), err) < 0))
            return -1;
    }
    return 0;
}

static int tell_positions(struct diff_images *m, struct stet_error *err)
{
    for (size_t i = 0; i < m->x->layer_count; i++) {
        char a[32], b[32];
        if (m->partner[i] == i)
            continue;
        snprintf(a, sizeof a, "layer %zu", i + 1);
        snprintf(b, sizeof b, "layer %zu", m->partner[i] + 1);
        if (tell(m->d, (unsigned)i + 1, "order of layers", a, b, err) < 0)
            return -1;
        m->layers_other = true;
    }
    return 0;
}

static bool must_open(const struct diff_image_layer *a, const struct diff_image_layer *b)
{
    return a->blob.found && b->blob.found && a->is_tar && b->is_tar &&
           !stet_diff_map_equal(&a->stream.blob, &b->stream.blob);
}

static int tell_evidence(struct diff_side *side, const struct diff_image_item *item,
                         struct stet_error *err)
{
    const json_t *history = json_object_get(item->config_doc, "history");

    stet_diff_evidence_created(side,
                               json_string_value(json_object_get(item->config_doc, "created")));
    for (size_t i = 0; i < json_array_size(history); i++)
        stet_diff_evidence_history(
            side, json_string_value(json_object_get(json_array_get(history, i), "created")));
    for (size_t i = 0; i < item->layer_count; i++) {
        struct diff_stream *s = &item->layers[i].stream;
        struct diff_list list;
        if (s->is_open && (stet_diff_list_tar(&s->index, &list, err) < 0 ||
                           stet_diff_list_evidence(side, &list, err) < 0))
            return -1;
    }
    return stet_diff_evidence_finish(side, err);
}

static int tell_both(struct diff_images *m, struct stet_error *err)
{
    if (!m->evidence)
        return 0;
    return tell_evidence(&m->d->side[0], m->x, err) < 0 ||
                   tell_evidence(&m->d->side[1], m->y, err) < 0
               ? -1
               : 0;
}

static int compare_paired(struct diff_images *m, struct stet_error *err)
{
    size_t n = m->x->layer_count, open = 0;
    _cleanup_free_ struct diff_stream **streams = calloc(2 * n + 1, sizeof(struct diff_stream *));

    if (!streams)
        return stet_error_oom(err, "the layers of an image");
    for (size_t i = 0; i < n; i++) {
        struct diff_image_layer *a = &m->x->layers[i], *b = &m->y->layers[m->partner[i]];
        if (m->repeated[i] || !must_open(a, b))
            continue;
        a->stream.verify = b->stream.verify = true;
        streams[open++] = &a->stream;
        streams[open++] = &b->stream;
    }
    if (stet_diff_streams_open(m->d, streams, open, err) < 0 || tell_both(m, err) < 0 ||
        tell_positions(m, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (compare_layer(m, i, m->partner[i], err) < 0)
            return -1;
    return 0;
}

/* All layers of an image that are tars, open. */
static int open_all(struct diff *d, struct diff_image_item *item, struct diff_stream ***out,
                    size_t *count, struct stet_error *err)
{
    *out = calloc(item->layer_count + 1, sizeof(struct diff_stream *));
    *count = 0;
    if (!*out)
        return stet_error_oom(err, "the layers of an image");
    for (size_t i = 0; i < item->layer_count; i++)
        if (item->layers[i].blob.found && item->layers[i].is_tar)
            (*out)[(*count)++] = &item->layers[i].stream;
    if (stet_diff_streams_open(d, *out, *count, err) == 0)
        return 0;
    free(*out);
    *out = NULL;
    return -1;
}

static int flat_list(struct diff_stream **streams, size_t count, struct diff_list *out,
                     struct stet_error *err)
{
    _cleanup_free_ struct diff_tar **tars = calloc(count + 1, sizeof(struct diff_tar *));

    if (!tars)
        return stet_error_oom(err, "the layers of an image");
    for (size_t i = 0; i < count; i++)
        tars[i] = &streams[i]->index;
    if (stet_diff_list_flat(tars, count, out, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        out->damaged = out->damaged || streams[i]->damage.kind;
    return 0;
}

static int compare_flat(struct diff_images *m, struct stet_error *err)
{
    struct diff_stream **sa = NULL, **sb = NULL;
    struct diff_list la = {0}, lb = {0};
    size_t na, nb;
    int rc = -1;

    if (open_all(m->d, m->x, &sa, &na, err) == 0 && open_all(m->d, m->y, &sb, &nb, err) == 0 &&
        tell_both(m, err) == 0 && flat_list(sa, na, &la, err) == 0 &&
        flat_list(sb, nb, &lb, err) == 0)
        rc = stet_diff_entries(m->d, 0, &la, &lb, false, err);
    stet_diff_list_free(&la);
    stet_diff_list_free(&lb);
    free(sa);
    free(sb);
    return rc;
}

static int compare_layers(struct diff_images *m, struct stet_error *err)
{
    char a[32], b[32];
    bool flatten = m->d->options->flatten;

    pair_layers(m);
    find_repeated(m);
    if (add_names(m, err) < 0)
        return -1;
    if (m->x->layer_count == m->y->layer_count && !flatten)
        return compare_paired(m, err);
    m->layers_other = m->x->layer_count != m->y->layer_count;
    snprintf(a, sizeof a, "%zu", m->x->layer_count);
    snprintf(b, sizeof b, "%zu", m->y->layer_count);
    if (m->layers_other && !flatten && tell(m->d, 0, "number of layers", a, b, err) < 0)
        return -1;
    return compare_flat(m, err);
}

int stet_diff_image_layers(struct diff_images *m, struct stet_error *err)
{
    m->d->image = m->place[0] ? m->place : NULL;
    int rc = compare_layers(m, err);
    m->d->image = NULL;
    return rc;
}

int stet_diff_image_streams(struct diff *d, struct diff_image *i, struct diff_stream ***out,
                            size_t *count, struct stet_error *err)
{
    if (i->count != 1)
        return stet_error_input(err, "%s: holds %s: name one by its tag", i->name,
                                i->count ? "several images" : "no image that can be read");
    return open_all(d, &i->items[0], out, count, err);
}
