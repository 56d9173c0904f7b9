/*
 * The entries of any archive as a tree: sorted, each path once, and of several names of one
 * file the first in order the FILE, whichever of them the archive gave the content.
 */
#include "lib/tree/internal.h"

static int read_all(struct stet_tar_reader *r, struct stet_tree *t, struct stet_error *err)
{
    const struct stet_entry *e;
    int rc;
    while ((rc = stet_tar_reader_next(r, &e, err)) > 0) {
        struct stet_entry copy;
        if (stet_tree_entry_copy(&copy, e, err) < 0 || stet_tree_append(t, &copy, err) < 0) {
            stet_entry_release(&copy);
            return -1;
        }
        if (stet_cancel_check(err) < 0)
            return -1;
    }
    return rc;
}

static int compare_entries(const void *a, const void *b)
{
    return stet_path_compare(((const struct stet_entry *)a)->path,
                             ((const struct stet_entry *)b)->path);
}

static bool is_sorted(const struct stet_tree *t)
{
    for (size_t i = 1; i < t->count; i++) {
        if (compare_entries(&t->entries[i - 1], &t->entries[i]) > 0)
            return false;
    }
    return true;
}

static int sort(struct stet_tree *t, struct stet_error *err)
{
    if (!is_sorted(t))
        qsort(t->entries, t->count, sizeof(*t->entries), compare_entries);
    for (size_t i = 1; i < t->count; i++) {
        if (strcmp(t->entries[i - 1].path, t->entries[i].path) == 0)
            return stet_error_input(err, "\"%s\" occurs twice in the archive", t->entries[i].path);
    }
    return 0;
}

/* ---- hard links ---- */

enum { NO_ENTRY = -1 };

/* For each entry that is a hard link, the entry it leads to; NO_ENTRY: not in the archive. */
static ssize_t target_of(const struct stet_tree *t, size_t i)
{
    const struct stet_entry *e = stet_tree_find(t, t->entries[i].link);
    return e == NULL ? NO_ENTRY : e - t->entries;
}

/*
 * Follows links to links from i, and remembers the end for all on the way, so that long
 * chains cost no more than their length.
 */
static int resolve(const struct stet_tree *t, ssize_t *targets, size_t i, struct stet_error *err)
{
    size_t steps = 0;
    ssize_t end = (ssize_t)i;
    while (end != NO_ENTRY && t->entries[end].type == STET_ENTRY_HARDLINK) {
        end = targets[end];
        if (steps++ > t->count)
            return stet_error_input(err, "\"%s\" is a hard link in a circle", t->entries[i].path);
    }
    for (ssize_t at = (ssize_t)i; at != end && t->entries[at].type == STET_ENTRY_HARDLINK;) {
        ssize_t next = targets[at];
        targets[at] = end;
        at = next;
        if (at == NO_ENTRY)
            break;
    }
    return 0;
}

static int set_link(struct stet_entry *e, const char *path, struct stet_error *err)
{
    char *link = stet_strdup(path, err);
    if (link == NULL)
        return -1;
    free(e->link);
    e->link = link;
    return 0;
}

/* A further name of something that has no content: the same thing once more. */
static int make_equal(struct stet_entry *e, const struct stet_entry *target, struct stet_error *err)
{
    struct stet_entry copy;
    if (target->type == STET_ENTRY_DIRECTORY)
        return stet_error_input(err, "\"%s\" is a hard link to a directory", e->path);
    if (stet_tree_entry_copy(&copy, target, err) < 0) {
        stet_entry_release(&copy);
        return -1;
    }
    free(copy.path);
    copy.path = stet_steal_pointer(&e->path);
    stet_entry_release(e);
    *e = copy;
    return 0;
}

/* Exchanges everything but the paths. */
static void exchange(struct stet_entry *a, struct stet_entry *b)
{
    struct stet_entry old = *a;
    char *path_b = b->path;
    *a = *b;
    *b = old;
    b->path = path_b;
    a->path = old.path;
}

/* The link i, whose end is targets[i]; links are visited in order, so the first of a
 * file's names that precedes it takes over its place. */
static int place_link(struct stet_tree *t, ssize_t *targets, size_t i, struct stet_error *err)
{
    struct stet_entry *e = &t->entries[i];
    if (targets[i] == NO_ENTRY)
        return 0;
    size_t end = (size_t)targets[i];
    /* The file may have moved to its first name meanwhile. */
    if (t->entries[end].type == STET_ENTRY_HARDLINK && targets[end] != NO_ENTRY)
        end = (size_t)targets[end];
    struct stet_entry *file = &t->entries[end];
    if (file == e)
        return 0;
    if (file->type != STET_ENTRY_FILE)
        return make_equal(e, file, err);
    if (end < i)
        return set_link(e, file->path, err);
    exchange(e, file);
    targets[end] = (ssize_t)i;
    return set_link(file, e->path, err);
}

static int order_links(struct stet_tree *t, struct stet_error *err)
{
    _cleanup_free_ ssize_t *targets = calloc(t->count + 1, sizeof(*targets));
    bool any = false;
    if (targets == NULL)
        return stet_error_oom(err, "reading an archive");
    for (size_t i = 0; i < t->count; i++) {
        targets[i] = NO_ENTRY;
        if (t->entries[i].type == STET_ENTRY_HARDLINK) {
            targets[i] = target_of(t, i);
            any = true;
        }
    }
    for (size_t i = 0; any && i < t->count; i++) {
        if (t->entries[i].type == STET_ENTRY_HARDLINK && resolve(t, targets, i, err) < 0)
            return -1;
    }
    for (size_t i = 0; any && i < t->count; i++) {
        if (t->entries[i].type == STET_ENTRY_HARDLINK && place_link(t, targets, i, err) < 0)
            return -1;
    }
    return 0;
}

int stet_tree_from_tar(struct stet_tar_reader *r, struct stet_tree *out, struct stet_error *err)
{
    int rc = read_all(r, out, err);
    if (rc == 0)
        rc = sort(out, err);
    if (rc == 0)
        rc = order_links(out, err);
    if (rc < 0)
        stet_tree_release(out);
    return rc;
}
