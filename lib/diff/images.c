/*
 * images - all images of two artifacts: which belong together, and what leads to them.
 */
#include "lib/diff/image.h"
#include "lib/diff/region.h"

/* Two artifacts under comparison. */
struct artifacts {
    struct diff *d;
    struct diff_image *a, *b;
    struct diff_roles roles;
    struct diff_legacy *legacy;      /* NULL: they are not of one form */
    size_t partner[DIFF_IMAGES_MAX]; /* of each of a; SIZE_MAX: none */
    bool taken[DIFF_IMAGES_MAX];     /* of b */
    bool lost;                       /* one side has more images, or layers of an image */
};

/* ---- which image belongs to which ---- */

typedef bool sameness(const struct diff_image_item *a, const struct diff_image_item *b);

static bool same_key(const struct diff_image_item *a, const struct diff_image_item *b)
{
    return strcmp(a->key, b->key) == 0;
}

/* A tag may hold the digest of what the image belongs to: "sha256-….sig". */
static bool same_but_digests(const struct diff_image_item *a, const struct diff_image_item *b)
{
    const char *x = stet_diff_name_in(a->key, strlen(a->key));
    const char *y = stet_diff_name_in(b->key, strlen(b->key));

    return x && y && x - a->key == y - b->key &&
           strncmp(a->key, b->key, (size_t)(x - a->key)) == 0 &&
           strcmp(x + DIFF_NAME_LEN, y + DIFF_NAME_LEN) == 0;
}

/* The same platform by another name. */
static bool same_platform(const struct diff_image_item *a, const struct diff_image_item *b)
{
    return strcmp(a->platform, b->platform) == 0;
}

static void pair_by(struct artifacts *s, sameness *same)
{
    for (size_t i = 0; i < s->a->count; i++)
        for (size_t j = 0; j < s->b->count && s->partner[i] == SIZE_MAX; j++)
            if (!s->taken[j] && same(&s->a->items[i], &s->b->items[j])) {
                s->partner[i] = j;
                s->taken[j] = true;
            }
}

static size_t count_left(const struct artifacts *s, bool first)
{
    size_t count = 0;

    for (size_t i = 0; i < (first ? s->a->count : s->b->count); i++)
        count += first ? s->partner[i] == SIZE_MAX : !s->taken[i];
    return count;
}

static void pair_images(struct artifacts *s)
{
    for (size_t i = 0; i < s->a->count; i++)
        s->partner[i] = SIZE_MAX;
    if (s->a->count == 1 && s->b->count == 1) {
        s->partner[0] = 0;
        s->taken[0] = true;
        return;
    }
    pair_by(s, same_key);
    pair_by(s, same_but_digests);
    /* The only one that is left has another name; of several nobody knows which. */
    if (count_left(s, true) == 1 && count_left(s, false) == 1)
        pair_by(s, same_platform);
}

/* ---- all images ---- */

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

static int compare_pair(struct artifacts *s, size_t i, struct stet_error *err)
{
    bool several = s->a->count > 1 || s->b->count > 1;
    struct diff_images *m = calloc(1, sizeof *m);

    if (!m)
        return stet_error_oom(err, "comparing images");
    *m = (struct diff_images){.d = s->d,
                              .a = s->a,
                              .b = s->b,
                              .x = &s->a->items[i],
                              .y = &s->b->items[s->partner[i]],
                              .place = several ? s->a->items[i].key : "",
                              .roles = &s->roles,
                              .same_form = s->a->docker == s->b->docker,
                              .evidence = i == 0};
    s->lost = s->lost || m->x->layer_count != m->y->layer_count;
    int rc = stet_diff_image_pair(m, err);
    if (rc == 0 && s->legacy)
        rc = stet_diff_legacy_pair(s->legacy, m, err);
    free(m);
    return rc;
}

static int compare_all(struct artifacts *s, struct stet_error *err)
{
    pair_images(s);
    s->lost = count_left(s, true) > 0 || count_left(s, false) > 0;
    for (size_t i = 0; i < s->a->count; i++)
        if ((s->partner[i] != SIZE_MAX ? compare_pair(s, i, err)
                                       : tell_missing(s->d, &s->a->items[i], true, err)) < 0)
            return -1;
    for (size_t i = 0; i < s->b->count; i++)
        if (!s->taken[i] && tell_missing(s->d, &s->b->items[i], false, err) < 0)
            return -1;
    return 0;
}

/* ---- the index ---- */

/* The size of what it leads to. */
static bool is_size(const struct stet_finding *f, void *unused)
{
    const char *rest = "", *at = strstr(f->what, "manifests");

    (void)unused;
    return at && stet_diff_image_numbered(at, "manifests", &rest) != SIZE_MAX &&
           stet_diff_image_is_reference(rest);
}

static int compare_index(struct artifacts *s, const char *name, const struct diff_map *a,
                         const struct diff_map *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    struct diff_bytes bytes;

    if (stet_diff_map_equal(a, b))
        return 0;
    if (stet_diff_roles_renamed(&s->roles, &b->bytes, DIFF_DOCUMENT_MAX, &text, &bytes, err) < 0)
        return -1;
    return diff_same(a->bytes, bytes)
               ? 0
               : stet_diff_image_texts(s->d, "", name, &a->bytes, &bytes, err);
}

/* told: something was told of what they lead to, so that names and sizes follow from it. */
static int compare_indexes(struct artifacts *s, bool told, struct stet_error *err)
{
    struct diff_image *a = s->a, *b = s->b;
    struct stet_diff_result *r = s->d->result;
    size_t before = r->count;

    for (size_t i = 0; i < a->nested_count && i < b->nested_count; i++) {
        const struct diff_blob *x = &a->nested[i], *y = &b->nested[i];
        int rc = told && x->found && y->found
                     ? compare_index(s, "index.manifest", &x->map, &y->map, err)
                     : stet_diff_image_documents(s->d, "", "index.manifest", x, y, err);
        if (rc < 0 || (!stet_diff_map_equal(&x->map, &y->map) &&
                       stet_diff_roles_add(&s->roles, x->digest, y->digest, err) < 0))
            return -1;
    }
    if (compare_index(s, "index", &a->index, &b->index, err) < 0)
        return -1;
    if (told)
        stet_diff_image_drop(r, before, is_size, NULL);
    return 0;
}

static int tell_damage(struct diff *d, const struct diff_image *a, const struct diff_image *b,
                       struct stet_error *err)
{
    bool bad_a = a->damage.kind, bad_b = b->damage.kind;

    if (bad_a == bad_b)
        return 0;
    return stet_diff_add_at(d, STET_DIFF_IMAGE, 0, "", "json", bad_a ? a->damage.text : "readable",
                            bad_b ? b->damage.text : "readable", err, "index")
               ? 0
               : -1;
}

/* ---- two artifacts ---- */

static int compare_artifacts(struct artifacts *s, struct diff_artifact *a, struct diff_artifact *b,
                             struct stet_error *err)
{
    struct diff_image *x = s->a, *y = s->b;
    struct stet_diff_result *r = s->d->result;
    size_t before = r->count;
    bool named = x->reference || y->reference, same_form = x->docker == y->docker;

    if (same_form && stet_diff_legacy_new(x, y, &s->legacy, err) < 0)
        return -1;
    if (tell_damage(s->d, x, y, err) < 0 || compare_all(s, err) < 0)
        return -1;
    /* An image that was asked for by name is compared alone; and forms differ by their nature. */
    if (named || !same_form || s->d->options->flatten)
        return 0;
    if (compare_indexes(s, r->count > before || r->cut_short, err) < 0)
        return -1;
    if (x->archive != y->archive)
        return 0;
    if (stet_diff_legacy_tell(s->legacy, s->d, err) < 0 ||
        stet_diff_image_files(s->d, a, b, &s->roles, s->lost, err) < 0)
        return -1;
    if (r->count > before || !x->archive || stet_diff_map_equal(x->file, y->file))
        return 0;
    return stet_diff_bytes_at(s->d, STET_DIFF_IMAGE, 0, "", "bytes", "", &x->file->bytes,
                              &y->file->bytes, err);
}

int stet_diff_images(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                     struct stet_error *err)
{
    struct artifacts *s = calloc(1, sizeof *s);

    if (!s)
        return stet_error_oom(err, "comparing images");
    s->d = d;
    s->a = a->image;
    s->b = b->image;
    int rc = compare_artifacts(s, a, b, err);
    stet_diff_legacy_free(s->legacy);
    stet_diff_roles_release(&s->roles);
    free(s);
    return rc;
}
