#include "lib/distro/debian/extract_private.h"

int stet_extract_fail(const struct extraction *x, const char *path, const char *why,
                      struct stet_error *err)
{
    return stet_error_input(err, "package %s: \"/%s\" %s", x->package->locked->name, path, why);
}

static const struct stet_debian_package *package_of(const struct extraction *x,
                                                    const struct stet_unpack_claim *c)
{
    return &x->state->packages[c->package];
}

bool stet_extract_same_time(const struct extraction *x, const struct stet_unpack_claim *c)
{
    return c->stage == x->package->locked->stage && !package_of(x, c)->first;
}

int stet_extract_conflict(const struct extraction *x, const struct stet_unpack_claim *c,
                          const char *path, const char *why, struct stet_error *err)
{
    size_t a = c->package < x->index ? c->package : x->index;
    size_t b = c->package < x->index ? x->index : c->package;
    return stet_error_input(err, "packages %s and %s both ship /%s %s; leave one of them out",
                            x->state->packages[a].locked->name, x->state->packages[b].locked->name,
                            path, why);
}

/* Does the one of number a replace files of the one of number b? */
static bool replaces(const struct extraction *x, size_t a, size_t b)
{
    const struct stet_debian_package *old = &x->state->packages[b];
    return stet_unpack_replaces(&x->state->packages[a].control, old->locked->name,
                                old->locked->version);
}

/* dpkg's rule, for packages taken in install order. */
static int decide(const struct extraction *x, const struct stet_unpack_claim *c, const char *path,
                  bool *mine, struct stet_error *err)
{
    size_t early = c->package < x->index ? c->package : x->index;
    size_t late = c->package < x->index ? x->index : c->package;
    if (replaces(x, late, early))
        *mine = late == x->index;
    else if (replaces(x, early, late))
        *mine = early == x->index;
    else
        return stet_extract_conflict(x, c, path, "and neither replaces the other", err);
    return 0;
}

/* One of us loses path: its list must not name it. */
static int hand_over(struct extraction *x, struct stet_unpack_claim *c, const char *path, bool mine,
                     struct stet_error *err)
{
    struct stet_debian_package *loser = mine ? &x->state->packages[c->package] : x->package;
    if (mine && c->link_target)
        return stet_extract_conflict(x, c, path, "to which a hard link of the first points", err);
    if (stet_strv_addf(&loser->lost, err, "/%s", path) < 0)
        return -1;
    bool to_earlier = mine ? x->index < c->package : c->package < x->index;
    if (to_earlier && stet_strv_add(&loser->unhashed, path, err) < 0)
        return -1;
    if (mine) {
        c->package = x->index;
        c->stage = x->package->locked->stage;
    }
    return 0;
}

/* The claim of a path that a package has claimed already. */
static int claim_taken(struct extraction *x, const struct stet_entry *e,
                       struct stet_unpack_claim *c, bool *mine, struct stet_error *err)
{
    if (c->package == x->index)
        return stet_extract_fail(x, e->path, "is in it twice", err);
    const struct stet_diversion *d = stet_unpack_rules_diversion(x->rules, e->path);
    if (d && d->package &&
        (strcmp(d->package, x->package->locked->name) == 0 ||
         strcmp(d->package, package_of(x, c)->locked->name) == 0)) {
        *mine = true; /* diverted: both have a place of their own */
        return 0;
    }
    if (c->type == STET_ENTRY_DIRECTORY) {
        /* dpkg never puts a symlink in place of a directory. Within a stage the outcome would
         * depend on the order. */
        if (e->type != STET_ENTRY_SYMLINK || stet_extract_same_time(x, c))
            return stet_extract_conflict(x, c, e->path, "as a directory and as something else",
                                         err);
        *mine = false;
        return 0;
    }
    if (decide(x, c, e->path, mine, err) < 0)
        return -1;
    x->winner = *mine ? x->index : c->package;
    if (*mine)
        c->type = e->type;
    return hand_over(x, c, e->path, *mine, err);
}

/* Two paths that mean one place (/bin/x and /usr/bin/x): the later package has it, as dpkg does not
 * notice. */
static int claim_place(struct extraction *x, const struct stet_entry *e, const struct place *p,
                       bool *mine, struct stet_error *err)
{
    struct stet_path_map *places = stet_unpack_registry_places(x->state->registry);
    struct stet_unpack_claim *c = stet_path_map_find(places, p->key);
    if (!c && !(c = stet_path_map_add(places, p->key, err)))
        return -1;
    else if (c->place && c->type == STET_ENTRY_DIRECTORY)
        return stet_extract_conflict(x, c, e->path, "as a directory and as something else", err);
    else if (c->place && strcmp(c->place, e->path) != 0) {
        const struct stet_unpack_claim *other =
            stet_path_map_find(stet_unpack_registry_paths(x->state->registry), c->place);
        *mine = c->package <= x->index;
        x->winner = *mine ? x->index : c->package;
        if (*mine && other && other->link_target)
            return stet_extract_conflict(x, c, e->path, "to which a hard link of the first points",
                                         err);
    }
    if (!*mine)
        return 0;
    free(c->place);
    c->place = stet_strdup(e->path, err);
    c->package = x->index;
    c->stage = x->package->locked->stage;
    c->type = e->type;
    return c->place ? 0 : -1;
}

int stet_extract_claim(struct extraction *x, const struct stet_entry *e, const struct place *p,
                       bool *mine, struct stet_error *err)
{
    struct stet_path_map *paths = stet_unpack_registry_paths(x->state->registry);
    struct stet_unpack_claim *c = stet_path_map_find(paths, e->path);
    *mine = true;
    x->winner = x->index;
    if (c) {
        if (claim_taken(x, e, c, mine, err) < 0)
            return -1;
    } else {
        if (!(c = stet_path_map_add(paths, e->path, err)))
            return -1;
        c->package = x->index;
        c->stage = x->package->locked->stage;
        c->type = e->type;
    }
    return *mine ? claim_place(x, e, p, mine, err) : 0;
}
