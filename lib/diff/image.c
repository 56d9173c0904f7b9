/*
 * image - two images: their documents field by field, and their layers.
 *
 * A digest that differs because what it is of differs is no finding of its own: what differs there is told.
 */
#include "lib/diff/image.h"

#include "lib/diff/diff_json.h"
#include "lib/diff/evidence.h"

/* Two images under comparison, and what was told of their parts. */
struct images {
    struct diff *d;
    const struct diff_image *a, *b;
    struct diff_image_item *x, *y;
    bool same_form;                 /* not one of OCI and one of docker */
    bool evidence;                  /* what they tell of the builds is wanted */
    bool config_told, layers_other; /* layers_other: their number or order */
    bool layer_told[DIFF_LAYERS_MAX];
};

static int tell(struct diff *d, enum stet_diff_level level, unsigned layer, const char *what,
                const char *a, const char *b, struct stet_error *err)
{
    return stet_diff_add_at(d, level, layer, "", level == STET_DIFF_LAYER ? "tar" : "json", a, b,
                            err, "%s", what)
               ? 0
               : -1;
}

/* ---- documents ---- */

static int compare_texts(struct diff *d, const char *prefix, const struct diff_map *a,
                         const struct diff_map *b, struct stet_error *err)
{
    const struct diff_json_place place = {d, STET_DIFF_IMAGE, 0, "", "json", prefix};
    int n = stet_diff_json_texts(&place, &a->bytes, &b->bytes, err);

    if (n != 0)
        return n < 0 ? -1 : 0;
    return stet_diff_bytes_at(d, STET_DIFF_IMAGE, 0, "", "bytes", prefix, &a->bytes, &b->bytes,
                              err);
}

/* Is the content what the digest says? 1, 0, -1; 1 too where that cannot be told. */
static int holds(const struct diff_blob *b, char found[STET_DIGEST_TEXT_SIZE],
                 struct stet_error *err)
{
    struct stet_digest digest, said;

    if (!b->digest || stet_digest_parse_text(b->digest, &said, "", NULL) < 0)
        return 1;
    if (stet_diff_map_digest(&b->map, &digest, err) < 0)
        return -1;
    stet_digest_text(&digest, found);
    return stet_digest_equal(&digest, &said);
}

static int tell_digests(struct diff *d, enum stet_diff_level level, unsigned layer,
                        const char *name, const char *a, const char *b, struct stet_error *err)
{
    return stet_diff_add_at(d, level, layer, "", level == STET_DIFF_LAYER ? "tar" : "json",
                            a ? a : "as its digest says", b ? b : "as its digest says", err,
                            "content of %s", name)
               ? 0
               : -1;
}

/* Two documents that differ: whether each is what its digest says, and where they differ. */
static int compare_blobs(struct diff *d, const char *name, const struct diff_blob *a,
                         const struct diff_blob *b, struct stet_error *err)
{
    char found_a[STET_DIGEST_TEXT_SIZE], found_b[STET_DIGEST_TEXT_SIZE];

    if (!a->found || !b->found) {
        if (a->found == b->found)
            return 0;
        return stet_diff_add_at(d, STET_DIFF_IMAGE, 0, "", "json", a->found ? "there" : "missing",
                                b->found ? "there" : "missing", err, "%s", name)
                   ? 0
                   : -1;
    }
    if (stet_diff_map_equal(&a->map, &b->map))
        return 0;
    int holds_a = holds(a, found_a, err), holds_b = holds_a < 0 ? -1 : holds(b, found_b, err);
    if (holds_b < 0)
        return -1;
    if ((!holds_a || !holds_b) &&
        tell_digests(d, STET_DIFF_IMAGE, 0, name, holds_a ? NULL : found_a,
                     holds_b ? NULL : found_b, err) < 0)
        return -1;
    return compare_texts(d, name, &a->map, &b->map, err);
}

/* ---- what follows from something else ---- */

/* "prefix[N]rest": N; SIZE_MAX when it is none. */
static size_t numbered(const char *what, const char *prefix, const char **rest)
{
    size_t len = strlen(prefix), n = 0;

    if (strncmp(what, prefix, len) != 0 || what[len] != '[')
        return SIZE_MAX;
    const char *p = what + len + 1;
    for (; *p >= '0' && *p <= '9' && n < DIFF_LAYERS_MAX; p++)
        n = n * 10 + (size_t)(*p - '0');
    *rest = *p == ']' ? p + 1 : p;
    return *p == ']' ? n : SIZE_MAX;
}

static bool is_digest_or_size(const char *rest)
{
    return strcmp(rest, ".digest") == 0 || strcmp(rest, ".size") == 0;
}

static bool starts(const char *what, const char *prefix)
{
    return strncmp(what, prefix, strlen(prefix)) == 0;
}

/* Of the description of the layers. */
static bool is_of_layers(const char *what)
{
    return starts(what, "manifest.layers") || starts(what, "config.rootfs");
}

/* Of how the image was made: a container does not see it. */
static bool is_not_seen(const char *what)
{
    return is_of_layers(what) || starts(what, "config.history") ||
           strcmp(what, "config.created") == 0 || starts(what, "manifest.config.");
}

/* Does the difference follow from what was told elsewhere? */
static bool follows(const struct images *m, const char *what)
{
    const char *rest = "";
    size_t n;

    if (m->d->options->flatten && is_not_seen(what))
        return true;
    if (m->layers_other && is_of_layers(what))
        return true;
    if (m->config_told &&
        (strcmp(what, "manifest.config.digest") == 0 || strcmp(what, "manifest.config.size") == 0))
        return true;
    n = numbered(what, "manifest.layers", &rest);
    if (n < DIFF_LAYERS_MAX && m->layer_told[n] && is_digest_or_size(rest))
        return true;
    n = numbered(what, "config.rootfs.diff_ids", &rest);
    return n < DIFF_LAYERS_MAX && m->layer_told[n] && !*rest;
}

static void drop_what_follows(const struct images *m, size_t from)
{
    struct stet_diff_result *r = m->d->result;
    size_t kept = from;

    for (size_t i = from; i < r->count; i++) {
        struct stet_finding f = r->findings[i];
        memset(&r->findings[i], 0, sizeof f);
        if (f.level == STET_DIFF_IMAGE && follows(m, f.what))
            stet_diff_finding_release(&f);
        else
            r->findings[kept++] = f;
    }
    r->count = kept;
}

/* ---- layers ---- */

/* How a layer is called. */
static const char *blob_name(const struct diff_image_layer *l)
{
    return l->blob.digest ? l->blob.digest : l->blob.path ? l->blob.path : "";
}

static bool same_blob(const struct diff_image_layer *a, const struct diff_image_layer *b)
{
    if (a->blob.digest && b->blob.digest)
        return strcmp(a->blob.digest, b->blob.digest) == 0;
    return a->diff_id && b->diff_id && strcmp(a->diff_id, b->diff_id) == 0;
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

    if ((bad_a || bad_b) && tell_digests(d, STET_DIFF_LAYER, n, "the blob", bad_a ? x : NULL,
                                         bad_b ? y : NULL, err) < 0)
        return -1;
    /* Of a damaged blob it follows. */
    bad_a = !bad_a && said_otherwise(a->diff_id, &a->stream.tar_digest, x);
    bad_b = !bad_b && said_otherwise(b->diff_id, &b->stream.tar_digest, y);
    if (!bad_a && !bad_b)
        return 0;
    return tell_digests(d, STET_DIFF_LAYER, n, "the tar (diff_id)", bad_a ? x : NULL,
                        bad_b ? y : NULL, err);
}

static int compare_missing(struct diff *d, unsigned n, const struct diff_image_layer *a,
                           const struct diff_image_layer *b, struct stet_error *err)
{
    if (a->blob.found == b->blob.found)
        return 0; /* both: then the documents tell all there is */
    return stet_diff_add_at(d, STET_DIFF_LAYER, n, "", "tar", a->blob.found ? "there" : "missing",
                            b->blob.found ? "there" : "missing", err, "blob %s",
                            blob_name(a->blob.found ? b : a))
               ? 0
               : -1;
}

static int compare_layer(struct images *m, size_t i, size_t j, struct stet_error *err)
{
    struct diff_image_layer *a = &m->x->layers[i], *b = &m->y->layers[j];
    struct diff *d = m->d;
    unsigned n = (unsigned)i + 1;
    size_t before = d->result->count;
    int rc = 0;

    if (!a->blob.found || !b->blob.found) {
        rc = compare_missing(d, n, a, b, err);
    } else if (a->stream.is_open && b->stream.is_open) {
        rc = compare_digests(d, n, a, b, err);
        if (rc == 0)
            rc = stet_diff_streams(d, n, &a->stream, &b->stream, m->same_form, err);
    } else if (!stet_diff_map_equal(&a->stream.blob, &b->stream.blob)) {
        struct diff_pair p = {d, NULL, n, "", "", 0, a->stream.blob.bytes, b->stream.blob.bytes};
        rc = stet_diff_content(&p, err);
    }
    bool told = d->result->count > before || d->result->cut_short;
    m->layer_told[i] = m->layer_told[i] || told;
    m->layer_told[j] = m->layer_told[j] || told;
    return rc;
}

/* Which layer of b belongs to each of a: those of one digest, then the others in their order. */
static void pair_layers(const struct images *m, size_t *partner)
{
    const struct diff_image_item *x = m->x, *y = m->y;
    size_t n = x->layer_count, next = 0;
    bool taken[DIFF_LAYERS_MAX] = {false};

    for (size_t i = 0; i < n; i++) {
        partner[i] = SIZE_MAX;
        if (same_blob(&x->layers[i], &y->layers[i])) {
            partner[i] = i;
            taken[i] = true;
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n && partner[i] == SIZE_MAX; j++)
            if (!taken[j] && same_blob(&x->layers[i], &y->layers[j])) {
                partner[i] = j;
                taken[j] = true;
            }
    for (size_t i = 0; i < n; i++) {
        if (partner[i] != SIZE_MAX)
            continue;
        while (taken[next])
            next++;
        taken[next] = true;
        partner[i] = next;
    }
}

static int tell_positions(struct images *m, const size_t *partner, struct stet_error *err)
{
    for (size_t i = 0; i < m->x->layer_count; i++) {
        char a[32], b[32];
        if (partner[i] == i)
            continue;
        snprintf(a, sizeof a, "layer %zu", i + 1);
        snprintf(b, sizeof b, "layer %zu", partner[i] + 1);
        if (tell(m->d, STET_DIFF_LAYER, (unsigned)i + 1, "order of layers", a, b, err) < 0)
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

static int tell_both(struct images *m, struct stet_error *err)
{
    if (!m->evidence)
        return 0;
    return tell_evidence(&m->d->side[0], m->x, err) < 0 ||
                   tell_evidence(&m->d->side[1], m->y, err) < 0
               ? -1
               : 0;
}

static int compare_paired(struct images *m, struct stet_error *err)
{
    size_t n = m->x->layer_count, open = 0;
    _cleanup_free_ size_t *partner = calloc(n + 1, sizeof *partner);
    _cleanup_free_ struct diff_stream **streams = calloc(2 * n + 1, sizeof(struct diff_stream *));

    if (!partner || !streams)
        return stet_error_oom(err, "the layers of an image");
    pair_layers(m, partner);
    for (size_t i = 0; i < n; i++) {
        struct diff_image_layer *a = &m->x->layers[i], *b = &m->y->layers[partner[i]];
        if (!must_open(a, b))
            continue;
        a->stream.verify = b->stream.verify = true;
        streams[open++] = &a->stream;
        streams[open++] = &b->stream;
    }
    if (stet_diff_streams_open(m->d, streams, open, err) < 0 || tell_both(m, err) < 0 ||
        tell_positions(m, partner, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (compare_layer(m, i, partner[i], err) < 0)
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

static int compare_flat(struct images *m, struct stet_error *err)
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

static int compare_layers(struct images *m, struct stet_error *err)
{
    char a[32], b[32];
    bool flatten = m->d->options->flatten;

    if (m->x->layer_count == m->y->layer_count && !flatten)
        return compare_paired(m, err);
    m->layers_other = m->x->layer_count != m->y->layer_count;
    snprintf(a, sizeof a, "%zu", m->x->layer_count);
    snprintf(b, sizeof b, "%zu", m->y->layer_count);
    if (m->layers_other && !flatten &&
        tell(m->d, STET_DIFF_LAYER, 0, "number of layers", a, b, err) < 0)
        return -1;
    return compare_flat(m, err);
}

/* ---- one image ---- */

/* What the index says of an image that was asked for by name. */
static int compare_entries(const struct images *m, struct stet_error *err)
{
    static const char *const skipped[] = {"digest", "size", "RepoTags", "Config", "Layers"};
    const struct diff_json_place place = {m->d, STET_DIFF_IMAGE, 0, "", "json", "index"};
    json_t *a = json_deep_copy(m->x->entry), *b = json_deep_copy(m->y->entry);
    int rc = a && b ? 0 : stet_error_oom(err, "the index of an image");

    for (size_t i = 0; rc == 0 && i < sizeof skipped / sizeof skipped[0]; i++) {
        json_object_del(a, skipped[i]);
        json_object_del(b, skipped[i]);
    }
    if (rc == 0) {
        json_object_del(json_object_get(a, "annotations"), "org.opencontainers.image.ref.name");
        json_object_del(json_object_get(b, "annotations"), "org.opencontainers.image.ref.name");
        if (json_object_size(json_object_get(a, "annotations")) == 0)
            json_object_del(a, "annotations");
        if (json_object_size(json_object_get(b, "annotations")) == 0)
            json_object_del(b, "annotations");
        rc = json_equal(a, b) ? 0 : stet_diff_json_values(&place, a, b, err);
    }
    json_decref(a);
    json_decref(b);
    return rc < 0 ? -1 : 0;
}

static int compare_items(struct images *m, struct stet_error *err)
{
    struct stet_diff_result *r = m->d->result;
    size_t before = r->count;

    if (m->x->layer_count > DIFF_LAYERS_MAX || m->y->layer_count > DIFF_LAYERS_MAX)
        return stet_error_input(err, "more than %d layers", DIFF_LAYERS_MAX);
    if (compare_layers(m, err) < 0)
        return -1;
    size_t after_layers = r->count;
    if (compare_blobs(m->d, "config", &m->x->config, &m->y->config, err) < 0)
        return -1;
    drop_what_follows(m, after_layers);
    /* Where the layers differ, so do the configs, though nothing else is told of them. */
    m->config_told = !stet_diff_map_equal(&m->x->config.map, &m->y->config.map) &&
                     (r->count > before || r->cut_short);
    size_t after_config = r->count;
    if (m->same_form && !m->a->docker &&
        compare_blobs(m->d, "manifest", &m->x->manifest, &m->y->manifest, err) < 0)
        return -1;
    if (m->same_form && (m->a->reference || m->b->reference) && compare_entries(m, err) < 0)
        return -1;
    drop_what_follows(m, after_config);
    return 0;
}

/* ---- all images of two artifacts ---- */

static int compare_pair(struct diff *d, const struct diff_image *a, struct diff_image_item *x,
                        const struct diff_image *b, struct diff_image_item *y, bool evidence,
                        struct stet_error *err)
{
    struct images *m = calloc(1, sizeof *m);
    int rc;

    if (!m)
        return stet_error_oom(err, "comparing images");
    *m = (struct images){.d = d,
                         .a = a,
                         .b = b,
                         .x = x,
                         .y = y,
                         .same_form = a->docker == b->docker,
                         .evidence = evidence};
    rc = compare_items(m, err);
    free(m);
    return rc;
}

static struct diff_image_item *item_of(struct diff_image *i, const char *key, const bool *taken,
                                       size_t *at)
{
    for (*at = 0; *at < i->count; ++*at)
        if (!taken[*at] && strcmp(i->items[*at].key, key) == 0)
            return &i->items[*at];
    return NULL;
}

static int tell_missing(struct diff *d, const struct diff_image_item *item, bool first,
                        struct stet_error *err)
{
    const char *what = item->key[0] ? item->key : "without a name";
    struct stet_finding *f = stet_diff_add_at(
        d, STET_DIFF_IMAGE, 0, "", "json", first ? what : NULL, first ? NULL : what, err, "image");
    if (!f)
        return -1;
    return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err, "only the %s has it",
                             first ? "first" : "second");
}

static int compare_all(struct diff *d, struct diff_image *a, struct diff_image *b,
                       struct stet_error *err)
{
    bool taken[DIFF_IMAGES_MAX] = {false};
    size_t at;

    if (a->count == 1 && b->count == 1)
        return compare_pair(d, a, &a->items[0], b, &b->items[0], true, err);
    for (size_t i = 0; i < a->count; i++) {
        struct diff_image_item *y = item_of(b, a->items[i].key, taken, &at);
        if (y)
            taken[at] = true;
        if ((y ? compare_pair(d, a, &a->items[i], b, y, i == 0, err)
               : tell_missing(d, &a->items[i], true, err)) < 0)
            return -1;
    }
    for (size_t i = 0; i < b->count; i++)
        if (!taken[i] && tell_missing(d, &b->items[i], false, err) < 0)
            return -1;
    return 0;
}

/* ---- the index ---- */

static bool is_index_digest(const char *what)
{
    const char *rest = "";
    const char *at = strstr(what, "manifests");
    return at && numbered(at, "manifests", &rest) != SIZE_MAX && is_digest_or_size(rest);
}

/* Of docker's manifest.json: names that are digests. */
static bool is_docker_name(const char *what)
{
    return strstr(what, "].Config") || strstr(what, "].Layers[");
}

static int compare_indexes(struct diff *d, struct diff_image *a, struct diff_image *b, bool told,
                           struct stet_error *err)
{
    struct stet_diff_result *r = d->result;
    size_t before = r->count, kept = before;

    if (!stet_diff_map_equal(&a->index, &b->index) &&
        compare_texts(d, "index", &a->index, &b->index, err) < 0)
        return -1;
    for (size_t i = 0; i < a->nested_count && i < b->nested_count; i++)
        if (compare_blobs(d, "index.manifest", &a->nested[i], &b->nested[i], err) < 0)
            return -1;
    for (size_t i = before; i < r->count; i++) {
        struct stet_finding f = r->findings[i];
        memset(&r->findings[i], 0, sizeof f);
        if (told && (a->docker ? is_docker_name(f.what) : is_index_digest(f.what)))
            stet_diff_finding_release(&f);
        else
            r->findings[kept++] = f;
    }
    r->count = kept;
    return 0;
}

static int tell_damage(struct diff *d, const struct diff_image *a, const struct diff_image *b,
                       struct stet_error *err)
{
    bool bad_a = a->damage.kind, bad_b = b->damage.kind;

    if (bad_a == bad_b)
        return 0;
    return tell(d, STET_DIFF_IMAGE, 0, "index", bad_a ? a->damage.text : "readable",
                bad_b ? b->damage.text : "readable", err);
}

int stet_diff_images(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                     struct stet_error *err)
{
    struct diff_image *x = a->image, *y = b->image;
    size_t before = d->result->count;
    bool named = x->reference || y->reference, same_form = x->docker == y->docker;

    if (tell_damage(d, x, y, err) < 0 || compare_all(d, x, y, err) < 0)
        return -1;
    /* An image that was asked for by name is compared alone; and forms differ by their nature. */
    if (named || !same_form || d->options->flatten)
        return 0;
    bool told = d->result->count > before || d->result->cut_short;
    if (compare_indexes(d, x, y, told, err) < 0)
        return -1;
    if (x->archive != y->archive)
        return 0;
    if (stet_diff_image_files(d, a, b, err) < 0)
        return -1;
    if (d->result->count > before || !x->archive || stet_diff_map_equal(x->file, y->file))
        return 0;
    return stet_diff_bytes_at(d, STET_DIFF_IMAGE, 0, "", "bytes", "", &x->file->bytes,
                              &y->file->bytes, err);
}

int stet_diff_image_streams(struct diff *d, struct diff_image *i, struct diff_stream ***out,
                            size_t *count, struct stet_error *err)
{
    if (i->count != 1)
        return stet_error_input(err, "%s: holds %s: name one by its tag", i->name,
                                i->count ? "several images" : "no image that can be read");
    return open_all(d, &i->items[0], out, count, err);
}
