#include "lib/diff/links.h"

enum { CHAIN_MAX = 8 };

void stet_diff_links_release(struct diff_links *l)
{
    free(l->items);
    l->items = NULL;
    l->count = l->cap = 0;
}

/* The place of the last entry of this path; SIZE_MAX: there is none. */
static size_t find(struct diff_list *l, const char *path)
{
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stet_path_compare(l->ops->path(l, middle), path) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && strcmp(l->ops->path(l, low - 1), path) == 0 ? low - 1 : SIZE_MAX;
}

int stet_diff_links_see(struct diff_links *l, size_t i, const struct diff_meta *m,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer target = STET_BUFFER_INIT;

    if (m->type != STET_ENTRY_HARDLINK || m->flag)
        return 0;
    if (stet_diff_meta_target(m, &target, err) < 0 ||
        stet_grow(&l->items, &l->cap, l->count + 1, sizeof *l->items, err) < 0)
        return -1;
    l->items[l->count++] = (struct diff_link){i, find(l->list, stet_buffer_str(&target))};
    return 0;
}

/* ---- groups ---- */

static int compare_entries(const void *pa, const void *pb)
{
    const struct diff_link *a = pa, *b = pb;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

static int compare_leaders(const void *pa, const void *pb)
{
    const struct diff_link *a = pa, *b = pb;
    int order = (a->leader > b->leader) - (a->leader < b->leader);

    return order ? order : compare_entries(a, b);
}

static struct diff_link *find_entry(const struct diff_links *l, size_t entry)
{
    const struct diff_link key = {entry, 0};
    return l->count ? bsearch(&key, l->items, l->count, sizeof key, compare_entries) : NULL;
}

/* Links to links lead to the file; those that lead to none, or to themselves, are dropped. */
static void follow(struct diff_links *l)
{
    size_t kept = 0;

    if (l->count > 1)
        qsort(l->items, l->count, sizeof *l->items, compare_entries);
    for (size_t i = 0; i < l->count; i++) {
        const struct diff_link *next = find_entry(l, l->items[i].leader);
        for (unsigned n = 0; next && n < CHAIN_MAX; n++) {
            l->items[i].leader = next->leader;
            next = find_entry(l, l->items[i].leader);
        }
        if (next)
            l->items[i].leader = SIZE_MAX;
    }
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].leader != SIZE_MAX && l->items[i].leader != l->items[i].entry)
            l->items[kept++] = l->items[i];
    l->count = kept;
}

/* The file that links lead to is one of its names. */
static int add_leaders(struct diff_links *l, struct stet_error *err)
{
    size_t count = l->count;

    if (count > 1)
        qsort(l->items, count, sizeof *l->items, compare_leaders);
    for (size_t i = 0; i < count; i++) {
        size_t leader = l->items[i].leader;
        if (i > 0 && l->items[i - 1].leader == leader)
            continue;
        if (stet_grow(&l->items, &l->cap, l->count + 1, sizeof *l->items, err) < 0)
            return -1;
        l->items[l->count++] = (struct diff_link){leader, leader};
    }
    if (l->count > 1)
        qsort(l->items, l->count, sizeof *l->items, compare_leaders);
    return 0;
}

/* Of each group the first name that the other side has too takes the place of the leader: the others are missing there. */
static void choose(struct diff_links *l, struct diff_list *other)
{
    for (size_t i = 0, end; i < l->count; i = end) {
        size_t leader = l->items[i].leader, first = SIZE_MAX;
        for (end = i; end < l->count && l->items[end].leader == leader; end++)
            if (first == SIZE_MAX &&
                find(other, l->list->ops->path(l->list, l->items[end].entry)) != SIZE_MAX)
                first = l->items[end].entry;
        for (size_t k = i; k < end; k++)
            l->items[k].leader = first;
    }
    if (l->count > 1)
        qsort(l->items, l->count, sizeof *l->items, compare_entries);
}

/* ---- telling ---- */

/* A copy, as paths are valid for a short time only. "": the name is the first of its file. */
static char *leader_of(const struct diff_links *l, size_t entry, struct stet_error *err)
{
    const struct diff_link *link = find_entry(l, entry);

    if (!link || link->leader == SIZE_MAX || link->leader == entry)
        return stet_strdup("", err);
    return stet_strdup(l->list->ops->path(l->list, link->leader), err);
}

static int tell(struct diff *d, unsigned layer, const char *path, const char *a, const char *b,
                struct stet_error *err)
{
    static const char own[] = "a file of its own";
    _cleanup_free_ char *x = stet_format(err, "one file with %s", a);
    _cleanup_free_ char *y = x ? stet_format(err, "one file with %s", b) : NULL;

    return y && stet_diff_add_at(d, STET_DIFF_ENTRY, layer, path, "entry", a[0] ? x : own,
                                 b[0] ? y : own, err, "hard links")
               ? 0
               : -1;
}

/* Entry i of a against the one of its name. seen: by the other side's turn. */
static int compare_one(struct diff *d, unsigned layer, const struct diff_links *a, size_t i,
                       const struct diff_links *b, bool turned, struct stet_error *err)
{
    _cleanup_free_ char *path = stet_strdup(a->list->ops->path(a->list, i), err);
    size_t j = path ? find(b->list, path) : SIZE_MAX;

    if (!path)
        return -1;
    if (j == SIZE_MAX || (turned && find_entry(b, j)))
        return 0;
    _cleanup_free_ char *x = leader_of(a, i, err);
    _cleanup_free_ char *y = x ? leader_of(b, j, err) : NULL;
    if (!y || strcmp(x, y) == 0)
        return y ? 0 : -1;
    return tell(d, layer, path, turned ? y : x, turned ? x : y, err);
}

int stet_diff_links_compare(struct diff *d, unsigned layer, struct diff_links *a,
                            struct diff_links *b, struct stet_error *err)
{
    if (a->count == 0 && b->count == 0)
        return 0;
    follow(a);
    follow(b);
    if (add_leaders(a, err) < 0 || add_leaders(b, err) < 0)
        return -1;
    choose(a, b->list);
    choose(b, a->list);
    for (size_t i = 0; i < a->count; i++)
        if (compare_one(d, layer, a, a->items[i].entry, b, false, err) < 0)
            return -1;
    for (size_t i = 0; i < b->count; i++)
        if (compare_one(d, layer, b, b->items[i].entry, a, true, err) < 0)
            return -1;
    return 0;
}
