/*
 * archive - what two tars are as a whole: order of entries, what is no entry, the end.
 */
#include "lib/diff/region.h"
#include "lib/diff/sides.h"

enum {
    MOVED_MAX = 8,
    DETAIL_MAX = 20,
    GAPS_MAX = 100,
    RECORD = 20 * DIFF_BLOCK,
    HEX_MAX = 32,
    LARGE = 64 << 20, /* bytes of both sides that are not looked at range by range */
};

/* ---- bytes at any level ---- */

static int relevel(struct diff *d, size_t from, enum stet_diff_level level, const char *what,
                   struct stet_error *err)
{
    for (size_t i = from; i < d->result->count; i++) {
        struct stet_finding *f = &d->result->findings[i];
        f->level = level;
        if (!what[0])
            continue;
        _cleanup_free_ char *text = stet_format(err, "%s: %s", what, f->what);
        char *shared = text ? stet_diff_shared_new(text, err) : NULL;
        if (!shared)
            return -1;
        stet_diff_shared_release(f->what);
        f->what = shared;
    }
    return 0;
}

int stet_diff_bytes_at(struct diff *d, enum stet_diff_level level, unsigned layer, const char *path,
                       const char *format, const char *what, const struct diff_bytes *a,
                       const struct diff_bytes *b, struct stet_error *err)
{
    struct diff_pair p = {d, NULL, layer, path, path, 0, *a, *b};
    size_t before = d->result->count;

    if ((a->len > LARGE || b->len > LARGE ? stet_diff_large(&p, err)
                                          : stet_diff_raw(&p, format, err)) < 0)
        return -1;
    return relevel(d, before, level, what, err);
}

/* ---- dialect ---- */

const char *stet_diff_tar_dialect(const struct diff_tar *t)
{
    switch (t->dialects) {
    case 0:
        return "none";
    case DIFF_DIALECT_V7:
        return "v7";
    case DIFF_DIALECT_GNU:
        return "GNU";
    case DIFF_DIALECT_USTAR:
        return "ustar";
    case DIFF_DIALECT_PAX:
    case DIFF_DIALECT_PAX | DIFF_DIALECT_USTAR:
        return "pax";
    default:
        return "mixed";
    }
}

/* ustar and pax have one magic: their records are told one by one. */
static unsigned magic_of(const struct diff_tar *t)
{
    return t->dialects & DIFF_DIALECT_PAX ? (t->dialects & ~DIFF_DIALECT_PAX) | DIFF_DIALECT_USTAR
                                          : t->dialects;
}

bool stet_diff_dialects_differ(const struct diff_tar *a, const struct diff_tar *b)
{
    unsigned x = magic_of(a), y = magic_of(b);

    /* Each has one of them. */
    return x && y && x != y && !(x & (x - 1)) && !(y & (y - 1));
}

/* ---- order ---- */

#define NONE UINT32_MAX

struct order {
    uint32_t *partner; /* of each entry of a: the one of b, or NONE */
    uint32_t *tails, *before;
    bool *stays;
    size_t pairs, moved;
};

static void release_order(struct order *o)
{
    free(o->partner);
    free(o->tails);
    free(o->before);
    free(o->stays);
}

static bool pair_entries(const struct diff_tar *a, const struct diff_tar *b, struct order *o)
{
    bool ordered = true;
    uint32_t last = 0;

    for (size_t i = 0; i < a->count; i++)
        o->partner[i] = NONE;
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        if (i % DIFF_TAR_FORGET == 0)
            stet_diff_tar_forget(a);
        if (j % DIFF_TAR_FORGET == 0)
            stet_diff_tar_forget(b);
        int c = stet_path_compare(stet_diff_tar_path(a, a->order[i]),
                                  stet_diff_tar_path(b, b->order[j]));
        if (c == 0) {
            o->partner[a->order[i]] = b->order[j];
            o->pairs++;
        }
        i += c <= 0;
        j += c >= 0;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (o->partner[i] == NONE)
            continue;
        ordered = ordered && o->partner[i] >= last;
        last = o->partner[i];
    }
    return ordered;
}

/* Marks a longest run of entries that keep their order: the fewest others have moved. */
static void find_moved(const struct diff_tar *a, struct order *o)
{
    size_t length = 0;

    for (uint32_t i = 0; i < a->count; i++) {
        if (o->partner[i] == NONE)
            continue;
        size_t low = 0, high = length;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (o->partner[o->tails[middle]] < o->partner[i])
                low = middle + 1;
            else
                high = middle;
        }
        o->before[i] = low ? o->tails[low - 1] : NONE;
        o->tails[low] = i;
        length = low == length ? length + 1 : length;
    }
    for (uint32_t i = length ? o->tails[length - 1] : NONE; i != NONE; i = o->before[i])
        o->stays[i] = true;
    o->moved = o->pairs - length;
}

static bool is_sorted(const struct diff_tar *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->order[i] != i)
            return false;
    return true;
}

static int tell_moved(struct diff *d, unsigned layer, const struct diff_tar *a,
                      const struct diff_tar *b, const struct order *o, struct stet_error *err)
{
    for (size_t i = 0; i < a->count; i++) {
        if (o->partner[i] == NONE || o->stays[i])
            continue;
        size_t j = o->partner[i];
        _cleanup_free_ char *va =
            stet_format(err, "entry %zu%s%s", i + 1, i ? ", after " : ", the first",
                        i ? stet_diff_tar_path(a, i - 1) : "");
        _cleanup_free_ char *vb =
            stet_format(err, "entry %zu%s%s", j + 1, j ? ", after " : ", the first",
                        j ? stet_diff_tar_path(b, j - 1) : "");
        if (!va || !vb ||
            !stet_diff_add_at(d, STET_DIFF_ARCHIVE, layer, stet_diff_tar_path(a, i), "tar", va, vb,
                              err, "order of entries"))
            return -1;
    }
    return 0;
}

/* The first entries whose places differ, as lines. */
static int detail_order(struct stet_finding *f, const struct diff_tar *a, const struct diff_tar *b,
                        struct stet_error *err)
{
    size_t shown = 0;

    for (size_t i = 0; i < a->count && i < b->count && shown < DETAIL_MAX; i++) {
        const char *pa = stet_diff_tar_path(a, i), *pb = stet_diff_tar_path(b, i);
        if (strcmp(pa, pb) == 0)
            continue;
        if (stet_diff_detail(f, '-', pa, strlen(pa), err) < 0 ||
            stet_diff_detail(f, '+', pb, strlen(pb), err) < 0)
            return -1;
        shown++;
    }
    return 0;
}

static int tell_order(struct diff *d, unsigned layer, const struct diff_tar *a,
                      const struct diff_tar *b, const struct order *o, struct stet_error *err)
{
    const char *words[] = {"not sorted by path", "sorted by path"};
    bool sorted_a = is_sorted(a), sorted_b = is_sorted(b);

    if (o->moved <= MOVED_MAX)
        return tell_moved(d, layer, a, b, o, err);
    struct stet_finding *f =
        stet_diff_add_at(d, STET_DIFF_ARCHIVE, layer, "", "tar", words[sorted_a], words[sorted_b],
                         err, "order of entries: %zu of %zu stand elsewhere", o->moved, o->pairs);
    return f ? detail_order(f, a, b, err) : -1;
}

static int compare_order(struct diff *d, unsigned layer, const struct diff_tar *a,
                         const struct diff_tar *b, struct stet_error *err)
{
    struct order o = {.partner = malloc((a->count + 1) * sizeof *o.partner)};
    int rc = 0;

    if (!o.partner)
        return stet_error_oom(err, "the order of an archive");
    if (!pair_entries(a, b, &o)) {
        o.tails = malloc((a->count + 1) * sizeof *o.tails);
        o.before = malloc((a->count + 1) * sizeof *o.before);
        o.stays = calloc(a->count + 1, sizeof *o.stays);
        rc = o.tails && o.before && o.stays ? 0 : stet_error_oom(err, "the order of an archive");
        if (rc == 0) {
            find_moved(a, &o);
            rc = tell_order(d, layer, a, b, &o, err);
        }
    }
    release_order(&o);
    return rc;
}

/* ---- what is no entry ---- */

static struct diff_bytes part(const struct diff_tar *t, uint64_t from, uint64_t to)
{
    return (struct diff_bytes){t->map->bytes.data + from, (size_t)(to - from)};
}

static char *range_text(const struct diff_tar_gap *g, struct stet_error *err)
{
    return stet_format(err, "%ju bytes at %ju are no entry", (uintmax_t)(g->to - g->from),
                       (uintmax_t)g->from);
}

static int tell_gap(struct diff *d, unsigned layer, const struct diff_tar *a,
                    const struct diff_tar_gap *ga, const struct diff_tar *b,
                    const struct diff_tar_gap *gb, struct stet_error *err)
{
    struct diff_bytes ba = ga ? part(a, ga->from, ga->to) : (struct diff_bytes){0};
    struct diff_bytes bb = gb ? part(b, gb->from, gb->to) : (struct diff_bytes){0};
    const struct diff_tar *t = ga ? a : b;
    size_t after = ga ? ga->after : gb->after;
    const char *path = after ? stet_diff_tar_path(t, after - 1) : "";
    _cleanup_free_ char *va = ga ? range_text(ga, err) : NULL;
    _cleanup_free_ char *vb = gb ? range_text(gb, err) : NULL;

    if ((ga && !va) || (gb && !vb))
        return -1;
    if (ga && gb && diff_same(ba, bb))
        return 0;
    if (!stet_diff_add_at(d, STET_DIFF_ARCHIVE, layer, path, "tar", va, vb, err,
                          "damage after this entry"))
        return -1;
    return ga && gb ? stet_diff_bytes_at(d, STET_DIFF_ARCHIVE, layer, path, "tar", "damage", &ba,
                                         &bb, err)
                    : 0;
}

static int compare_gaps(struct diff *d, unsigned layer, const struct diff_tar *a,
                        const struct diff_tar *b, struct stet_error *err)
{
    size_t n = a->gap_count > b->gap_count ? a->gap_count : b->gap_count;

    for (size_t i = 0; i < n && i < GAPS_MAX; i++)
        if (tell_gap(d, layer, a, i < a->gap_count ? &a->gaps[i] : NULL, b,
                     i < b->gap_count ? &b->gaps[i] : NULL, err) < 0)
            return -1;
    if (n <= GAPS_MAX)
        return 0;
    _cleanup_free_ char *va = stet_format(err, "%zu", a->gap_count);
    _cleanup_free_ char *vb = stet_format(err, "%zu", b->gap_count);
    return va && vb &&
                   stet_diff_add_at(d, STET_DIFF_ARCHIVE, layer, "", "tar", va, vb, err,
                                    "places that are no entries; the first %d are listed", GAPS_MAX)
               ? 0
               : -1;
}

/* ---- the end ---- */

static size_t zeroes(const struct diff_tar *t)
{
    const unsigned char *p = t->map->bytes.data + t->end,
                        *end = t->map->bytes.data + t->map->bytes.len;
    const unsigned char *start = p;

    while (p < end && *p == 0)
        p++;
    /* Whole blocks: what a block begins with is a part of what follows. */
    size_t n = (size_t)(p - start);
    return p == end ? n : n - n % DIFF_BLOCK;
}

static char *zeroes_text(size_t n, struct stet_error *err)
{
    if (n == 0)
        return stet_format(err, "none");
    if (n % DIFF_BLOCK == 0)
        return stet_format(err, "%zu block%s of zeroes", n / DIFF_BLOCK,
                           n == DIFF_BLOCK ? "" : "s");
    return stet_format(err, "%zu bytes of zeroes", n);
}

static int tell_trailing(struct diff *d, unsigned layer, struct diff_bytes a, struct diff_bytes b,
                         struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;

    if (diff_same(a, b))
        return 0;
    if (a.len > 0 && b.len > 0)
        return stet_diff_bytes_at(d, STET_DIFF_ARCHIVE, layer, "", "tar", "trailing bytes", &a, &b,
                                  err);
    stet_diff_hex(&ta, a, HEX_MAX);
    stet_diff_hex(&tb, b, HEX_MAX);
    if (stet_buffer_check(&ta, "trailing bytes", err) < 0 ||
        stet_buffer_check(&tb, "trailing bytes", err) < 0)
        return -1;
    return stet_diff_add_at(
               d, STET_DIFF_ARCHIVE, layer, "", "tar", a.len ? stet_buffer_str(&ta) : NULL,
               b.len ? stet_buffer_str(&tb) : NULL, err, "trailing bytes (%zu)", a.len + b.len)
               ? 0
               : -1;
}

/* Is it filled up to a whole record, of 20 blocks as most archivers write them? */
static bool is_filled_up(const struct diff_tar *t, size_t zeroes)
{
    return t->map->bytes.len % RECORD == 0 && zeroes >= 2 * DIFF_BLOCK &&
           zeroes < 2 * DIFF_BLOCK + RECORD;
}

static char *read_text(const struct diff_tar *t, struct stet_error *err)
{
    if (!t->cut_short)
        return stet_format(err, "all %zu entries", t->count);
    return stet_format(err, "%zu entries, not the %ju bytes behind them", t->count,
                       (uintmax_t)(t->map->bytes.len - t->end));
}

/* One of them has more entries than are read. */
static int tell_cut_short(struct diff *d, unsigned layer, const struct diff_tar *a,
                          const struct diff_tar *b, struct stet_error *err)
{
    struct diff_bytes x = part(a, a->end, a->map->bytes.len),
                      y = part(b, b->end, b->map->bytes.len);

    if (stet_diff_bytes_equal(&x, &y))
        return 0;
    _cleanup_free_ char *ta = read_text(a, err);
    _cleanup_free_ char *tb = read_text(b, err);
    d->result->cut_short = true;
    return ta && tb &&
                   stet_diff_add_at(d, STET_DIFF_ARCHIVE, layer, "", "tar", ta, tb, err,
                                    "budget of entries: what was read")
               ? 0
               : -1;
}

static int compare_ends(struct diff *d, unsigned layer, const struct diff_tar *a,
                        const struct diff_tar *b, struct stet_error *err)
{
    if (a->cut_short || b->cut_short)
        return tell_cut_short(d, layer, a, b, err);
    size_t za = zeroes(a), zb = zeroes(b);
    _cleanup_free_ char *va = zeroes_text(za, err);
    _cleanup_free_ char *vb = zeroes_text(zb, err);

    if (!va || !vb)
        return -1;
    /* Then it follows from what comes before. */
    bool follows = a->end != b->end && is_filled_up(a, za) && is_filled_up(b, zb);
    if (za != zb && !follows) {
        struct stet_finding *f = stet_diff_add_at(d, STET_DIFF_ARCHIVE, layer, "", "tar", va, vb,
                                                  err, "end of the archive");
        if (!f || stet_diff_because(f, STET_CAUSE_ARCHIVER, STET_DIFF_LIKELY, err,
                                    "archives are filled up to records of another size") < 0)
            return -1;
    }
    return tell_trailing(d, layer, part(a, a->end + za, a->map->bytes.len),
                         part(b, b->end + zb, b->map->bytes.len), err);
}

/* ---- */

int stet_diff_archive(struct diff *d, unsigned layer, const struct diff_tar *a,
                      const struct diff_tar *b, struct stet_error *err)
{
    if (compare_order(d, layer, a, b, err) < 0 || compare_gaps(d, layer, a, b, err) < 0)
        return -1;
    return compare_ends(d, layer, a, b, err);
}
