/*
 * The entries of any archive as a tree: sorted, each path once, and of several names of one
 * file the first in order the FILE, whichever of them the archive gave the content.
 */
#include "lib/tree/data.h"
#include "lib/tree/internal.h"

struct reading {
    struct stet_tree *tree;
    struct tree_places paths, links;
    bool sorted, any_links;
};

static int add_link(struct reading *g, const char *link, struct stet_error *err)
{
    uint32_t dir, name;
    const char *leaf;
    if (stet_tree_places_find(&g->links, g->tree, link, &dir, &leaf, err) < 0 ||
        stet_tree_add_text(g->tree, leaf, strlen(leaf), &name, err) < 0)
        return -1;
    stet_tree_record(g->tree, g->tree->count - 1)->first = (struct tree_place){dir, name};
    g->any_links = true;
    return 0;
}

static int add_entry(struct reading *g, const struct stet_entry *e, struct stet_error *err)
{
    uint32_t dir;
    const char *leaf;
    if (stet_tree_places_find(&g->paths, g->tree, e->path, &dir, &leaf, err) < 0 ||
        stet_tree_append(g->tree, dir, leaf, e, err) < 0)
        return -1;
    return e->type == STET_ENTRY_HARDLINK ? add_link(g, e->link, err) : 0;
}

static int read_all(struct stet_tar_reader *r, struct reading *g, struct stet_error *err)
{
    const struct stet_entry *e;
    int rc;
    _cleanup_buffer_ struct stet_buffer last = STET_BUFFER_INIT;
    g->sorted = true;
    while ((rc = stet_tar_reader_next(r, &e, err)) > 0) {
        if (g->tree->count > 0 && stet_path_compare(stet_buffer_str(&last), e->path) >= 0)
            g->sorted = false;
        stet_buffer_clear(&last);
        stet_buffer_add_str(&last, e->path);
        if (stet_buffer_check(&last, "reading an archive", err) < 0 || add_entry(g, e, err) < 0 ||
            stet_cancel_check(err) < 0)
            return -1;
    }
    return rc;
}

/* ---- order ---- */

/* What comparing records needs: the paths of both, of which the directories often stay. */
struct comparison {
    struct stet_tree_view a, b;
};

static int compare_numbers(const void *pa, const void *pb, void *ctx)
{
    struct comparison *c = ctx;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    const struct stet_tree *t = c->a.tree;
    struct tree_place at = stet_tree_record(t, a)->place, bt = stet_tree_record(t, b)->place;
    if (at.dir == bt.dir)
        return strcmp(stet_tree_text(t, at.name), stet_tree_text(t, bt.name));
    return stet_path_compare(stet_tree_view_path(&c->a, a), stet_tree_view_path(&c->b, b));
}

/* Brings the records into the order of numbers, which is used up. */
static void permute(const struct stet_tree *t, uint32_t *numbers)
{
    for (uint32_t start = 0; start < t->count; start++) {
        struct tree_record first = *stet_tree_record(t, start);
        uint32_t at = start;
        while (numbers[at] != start) {
            uint32_t from = numbers[at];
            *stet_tree_record(t, at) = *stet_tree_record(t, from);
            numbers[at] = at;
            at = from;
        }
        *stet_tree_record(t, at) = first;
        numbers[at] = at;
    }
}

static int sort(struct stet_tree *t, struct stet_error *err)
{
    struct comparison c;
    _cleanup_free_ uint32_t *numbers = calloc(t->count, sizeof(*numbers));
    if (numbers == NULL)
        return stet_error_oom(err, "reading an archive");
    stet_tree_view_init(&c.a, t);
    stet_tree_view_init(&c.b, t);
    for (uint32_t i = 0; i < t->count; i++)
        numbers[i] = i;
    qsort_r(numbers, t->count, sizeof(*numbers), compare_numbers, &c);
    for (size_t i = 1; i < t->count; i++) {
        if (compare_numbers(&numbers[i - 1], &numbers[i], &c) == 0)
            return stet_error_input(err, "\"%s\" occurs twice in the archive",
                                    stet_tree_view_path(&c.a, numbers[i]));
    }
    permute(t, numbers);
    return 0;
}

/* ---- hard links ---- */

static const uint32_t NO_ENTRY = UINT32_MAX;

struct links {
    struct stet_tree *tree;
    uint32_t *targets; /* for each entry that is a hard link, the entry that it leads to */
    struct stet_tree_view link, found;
};

static bool is_link(const struct links *l, uint32_t i)
{
    return stet_tree_type(l->tree, i) == STET_ENTRY_HARDLINK;
}

/* NO_ENTRY: not in the archive. */
static uint32_t target_of(struct links *l, uint32_t i)
{
    const char *path = stet_tree_view_at(&l->link, i)->link;
    return stet_tree_view_find(&l->found, path) == NULL ? NO_ENTRY : (uint32_t)l->found.index;
}

static int circle(struct links *l, uint32_t i, struct stet_error *err)
{
    return stet_error_input(err, "\"%s\" is a hard link in a circle",
                            stet_tree_view_path(&l->link, i));
}

/*
 * Follows links to links from i, and remembers the end for all on the way, so that long
 * chains cost no more than their length.
 */
static int resolve(struct links *l, uint32_t i, struct stet_error *err)
{
    size_t steps = 0;
    uint32_t end = i;
    while (end != NO_ENTRY && is_link(l, end)) {
        end = l->targets[end];
        if (steps++ > l->tree->count)
            return circle(l, i, err);
    }
    for (uint32_t at = i; at != end && at != NO_ENTRY && is_link(l, at);) {
        uint32_t next = l->targets[at];
        l->targets[at] = end;
        at = next;
    }
    return 0;
}

/* Everything of from but its path becomes that of to. */
static void copy_all_but_path(struct tree_record *to, const struct tree_record *from)
{
    struct tree_place place = to->place;
    *to = *from;
    to->place = place;
}

/* The link i, whose end is targets[i]; links are visited in order, so the first of a
 * file's names that precedes it takes over its place. */
static int place_link(struct links *l, uint32_t i, struct stet_error *err)
{
    struct tree_record *r = stet_tree_record(l->tree, i);
    uint32_t end = l->targets[i];
    if (end == NO_ENTRY)
        return 0;
    /* The file may have moved to its first name meanwhile. */
    if (is_link(l, end) && l->targets[end] != NO_ENTRY)
        end = l->targets[end];
    if (end == i)
        return 0;
    struct tree_record *file = stet_tree_record(l->tree, end);
    enum stet_entry_type type = stet_tree_type(l->tree, end);
    if (type == STET_ENTRY_DIRECTORY)
        return stet_error_input(err, "\"%s\" is a hard link to a directory",
                                stet_tree_view_path(&l->link, i));
    if (type != STET_ENTRY_FILE) {
        copy_all_but_path(r, file); /* it has no content: the same thing once more */
        return 0;
    }
    if (end > i) {
        struct tree_record link = *r;
        copy_all_but_path(r, file);
        copy_all_but_path(file, &link);
        l->targets[end] = i;
        file->first = r->place;
        return 0;
    }
    r->first = file->place;
    return 0;
}

static int order_links(struct stet_tree *t, struct stet_error *err)
{
    struct links l = {.tree = t};
    _cleanup_free_ uint32_t *targets = calloc(t->count, sizeof(*targets));
    if (targets == NULL)
        return stet_error_oom(err, "reading an archive");
    l.targets = targets;
    stet_tree_view_init(&l.link, t);
    stet_tree_view_init(&l.found, t);
    for (uint32_t i = 0; i < t->count; i++)
        targets[i] = is_link(&l, i) ? target_of(&l, i) : NO_ENTRY;
    for (uint32_t i = 0; i < t->count; i++) {
        if (is_link(&l, i) && resolve(&l, i, err) < 0)
            return -1;
    }
    for (uint32_t i = 0; i < t->count; i++) {
        if (is_link(&l, i) && place_link(&l, i, err) < 0)
            return -1;
    }
    return 0;
}

int stet_tree_from_tar(struct stet_tar_reader *r, struct stet_tree *out, struct stet_error *err)
{
    struct reading g = {.tree = out};
    int rc = read_all(r, &g, err);
    stet_tree_places_release(&g.paths);
    stet_tree_places_release(&g.links);
    if (rc == 0 && !g.sorted)
        rc = sort(out, err);
    if (rc == 0 && g.any_links)
        rc = order_links(out, err);
    if (rc < 0)
        stet_tree_release(out);
    return rc;
}
