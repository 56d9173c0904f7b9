/*
 * habits - how the headers of two archives are written, where they say the same: once for all entries when it is many.
 */
#include "lib/diff/sides.h"

enum {
    KINDS_MAX = 64,
    KIND_MAX = 96,
    FEW = 16, /* told entry by entry, unless they are all that there are */
    ALL = 4,
};

struct kind {
    char name[KIND_MAX];
    char a[64], b[64]; /* of the first entry; "": none */
    size_t count;
    size_t findings[FEW]; /* of the first ones */
    size_t told;
    bool many; /* told once */
};
struct diff_habits {
    struct diff *d;
    unsigned layer;
    const char *dialect_a, *dialect_b; /* NULL: the same */
    struct kind kinds[KINDS_MAX];
    size_t kind_count, count;
};

struct diff_habits *stet_diff_habits_new(struct diff *d, unsigned layer, const struct diff_tar *a,
                                         const struct diff_tar *b, struct stet_error *err)
{
    struct diff_habits *h = calloc(1, sizeof *h);

    if (!h) {
        stet_error_oom(err, "compare the headers of an archive");
        return NULL;
    }
    h->d = d;
    h->layer = layer;
    if (a && b && stet_diff_dialects_differ(a, b)) {
        h->dialect_a = stet_diff_tar_dialect(a);
        h->dialect_b = stet_diff_tar_dialect(b);
    }
    return h;
}

void stet_diff_habits_free(struct diff_habits *h)
{
    free(h);
}

struct diff *stet_diff_habits_of(const struct diff_habits *h, unsigned *layer)
{
    *layer = h->layer;
    return h->d;
}

size_t stet_diff_habits_count(const struct diff_habits *h)
{
    return h->count;
}

/* NULL: there are too many kinds. */
static struct kind *find_kind(struct diff_habits *h, const char *name)
{
    for (size_t i = 0; i < h->kind_count; i++)
        if (strncmp(h->kinds[i].name, name, KIND_MAX - 1) == 0)
            return &h->kinds[i];
    if (h->kind_count == KINDS_MAX)
        return NULL;
    struct kind *k = &h->kinds[h->kind_count++];
    snprintf(k->name, sizeof k->name, "%s", name);
    return k;
}

static int because(struct stet_finding *f, enum stet_diff_sureness sure, struct stet_error *err)
{
    return stet_diff_because(f, STET_CAUSE_ARCHIVER, sure, err,
                             "the headers say the same, written otherwise");
}

int stet_diff_habit(struct diff_habits *h, const char *path, const char *a, const char *b,
                    const char *name, struct stet_error *err)
{
    struct stet_diff_result *r = h->d->result;
    struct kind *k = find_kind(h, name);
    size_t before = r->count;

    h->count++;
    if (k && k->count++ == 0) {
        snprintf(k->a, sizeof k->a, "%s", a ? a : "");
        snprintf(k->b, sizeof k->b, "%s", b ? b : "");
    }
    if (k && (h->dialect_a || k->count > FEW))
        return 0;
    struct stet_finding *f =
        stet_diff_add_at(h->d, STET_DIFF_ARCHIVE, h->layer, path, "tar", a, b, err, "%s", name);
    if (!f || because(f, STET_DIFF_LIKELY, err) < 0)
        return -1;
    if (k && r->count > before)
        k->findings[k->told++] = before;
    return 0;
}

/* ---- many of a kind ---- */

/* "header.mode in 5458 entries: 0000644 → 000644 " */
static int detail_kind(struct stet_finding *f, const struct kind *k, struct stet_error *err)
{
    _cleanup_free_ char *text = stet_format(err, "%s in %zu %s, first %s → %s", k->name, k->count,
                                            k->count == 1 ? "entry" : "entries",
                                            k->a[0] ? k->a : "none", k->b[0] ? k->b : "none");

    return text ? stet_diff_detail(f, ' ', text, strlen(text), err) : -1;
}

static int tell_dialect(struct diff_habits *h, struct stet_error *err)
{
    struct stet_finding *f =
        stet_diff_add_at(h->d, STET_DIFF_ARCHIVE, h->layer, "", "tar", h->dialect_a, h->dialect_b,
                         err, "dialect of headers");

    if (!f || because(f, STET_DIFF_CERTAIN, err) < 0)
        return -1;
    for (size_t i = 0; i < h->kind_count; i++)
        if (detail_kind(f, &h->kinds[i], err) < 0)
            return -1;
    return 0;
}

static int tell_kind(struct diff_habits *h, const struct kind *k, struct stet_error *err)
{
    const struct stet_diff_result *r = h->d->result;
    struct stet_finding *f =
        stet_diff_add_at(h->d, STET_DIFF_ARCHIVE, h->layer, "", "tar", k->a[0] ? k->a : NULL,
                         k->b[0] ? k->b : NULL, err, "%s of %zu entries", k->name, k->count);

    if (!f || because(f, STET_DIFF_CERTAIN, err) < 0)
        return -1;
    for (size_t i = 0; i < k->told; i++) {
        const char *path = r->findings[k->findings[i]].path;
        if (stet_diff_detail(f, ' ', path, strlen(path), err) < 0)
            return -1;
    }
    if (k->count == k->told)
        return 0;
    _cleanup_free_ char *more = stet_format(err, "and %zu more", k->count - k->told);
    return more ? stet_diff_detail(f, '@', more, strlen(more), err) : -1;
}

/* Takes out the findings of single entries that belong to the marked kinds. */
static void drop_told(struct diff_habits *h)
{
    struct stet_diff_result *r = h->d->result;
    size_t kept = r->count;

    for (size_t i = 0; i < h->kind_count; i++) {
        const struct kind *k = &h->kinds[i];
        for (size_t n = 0; k->many && n < k->told; n++) {
            stet_diff_finding_release(&r->findings[k->findings[n]]);
            kept = k->findings[n] < kept ? k->findings[n] : kept;
        }
    }
    for (size_t i = kept; i < r->count; i++) {
        struct stet_finding f = r->findings[i];
        memset(&r->findings[i], 0, sizeof f);
        if (f.path)
            r->findings[kept++] = f;
    }
    r->count = kept;
}

int stet_diff_habits_finish(struct diff_habits *h, size_t compared, struct stet_error *err)
{
    if (h->dialect_a)
        return tell_dialect(h, err);
    for (size_t i = 0; i < h->kind_count; i++) {
        struct kind *k = &h->kinds[i];
        k->many = k->count > FEW || (k->count >= ALL && k->count == compared);
        if (k->many && tell_kind(h, k, err) < 0)
            return -1;
    }
    drop_told(h);
    return 0;
}
