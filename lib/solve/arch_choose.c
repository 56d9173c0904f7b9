/*
 * Which packages are installed: the walk of libalpm's resolvedeps (deps.c of pacman 7.1) into an
 * empty root, and its check for conflicts. Where pacman would stop, this stops: another
 * provider is never tried.
 */
#include "lib/solve/arch.h"

struct frame {
    Id package;
    uint32_t next; /* of its dependencies to look at */
};

struct walk {
    struct stet_solver *s;
    Pool *pool;
    struct arch_choice *choice;
    int *rank; /* by solvable: place among the wanted from 1; 0: not wanted */
    Map names; /* of the packages chosen */
    struct frame *path;
    size_t depth, cap;
};

/* ---- who satisfies a dependency ---- */

static bool is_satisfied(const struct walk *w, const struct arch_relation *r)
{
    Pool *pool = w->pool;
    Id p, pp;
    FOR_PROVIDES(p, pp, r->name)
    if (w->choice->place[p] && stet_solve_arch_satisfies(pool, p, r))
        return true;
    return false;
}

/* The first that was asked for. */
static Id find_wanted(const struct walk *w, const struct arch_relation *r)
{
    Pool *pool = w->pool;
    Id p, pp, best = 0;
    FOR_PROVIDES(p, pp, r->name)
    if (w->rank[p] && (!best || w->rank[p] < w->rank[best]) &&
        stet_solve_arch_satisfies(pool, p, r))
        best = p;
    return best;
}

/* The package of that name, else a provider: the first in order of indexes and names, which is
 * the order of ids. Of a name that is chosen already no other version is taken. */
static Id find_in_indexes(const struct walk *w, const struct arch_relation *r)
{
    Pool *pool = w->pool;
    Id p, pp, literal = 0, provider = 0;
    FOR_PROVIDES(p, pp, r->name)
    {
        Id name = pool->solvables[p].name, *best = name == r->name ? &literal : &provider;
        if (MAPTST(&w->names, name) || (*best && *best < p))
            continue;
        if (name == r->name ? stet_solve_arch_is(pool, p, r)
                            : stet_solve_arch_satisfies(pool, p, r))
            *best = p;
    }
    return literal ? literal : provider;
}

/* ---- the walk ---- */

static int enter(struct walk *w, Id p, Id why, struct stet_error *err)
{
    Id name = w->pool->solvables[p].name;
    if (MAPTST(&w->names, name))
        return 0;
    if (stet_grow(&w->path, &w->cap, w->depth + 1, sizeof *w->path, err) < 0)
        return -1;
    MAPSET(&w->names, name);
    queue_push(&w->choice->packages, p);
    w->choice->place[p] = w->choice->packages.count;
    w->choice->why[p] = why;
    w->path[w->depth++] = (struct frame){p, 0};
    return 0;
}

static int step(struct walk *w, struct stet_error *err)
{
    struct frame *top = &w->path[w->depth - 1];
    const Solvable *s = w->pool->solvables + top->package;
    Id from = top->package;
    Id dep = s->requires ? s->repo->idarraydata[s->requires + top->next] : 0;
    if (!dep) {
        w->depth--;
        return 0;
    }
    top->next++;
    struct arch_relation r = stet_solve_arch_relation(w->pool, dep);
    if (is_satisfied(w, &r))
        return 0;
    Id p = find_wanted(w, &r);
    if (!p)
        p = find_in_indexes(w, &r);
    if (!p)
        return stet_solve_arch_explain_missing(w->s, w->choice, from, dep, err);
    return enter(w, p, from, err);
}

static int walk_all(struct walk *w, const Queue *wanted, struct stet_error *err)
{
    for (int i = 0; i < wanted->count; i++) {
        if (enter(w, wanted->elements[i], 0, err) < 0)
            return -1;
        while (w->depth > 0)
            if (step(w, err) < 0)
                return -1;
    }
    return 0;
}

/* The walk takes what was asked for as chosen where a package of that name is, in whatever version;
 * so all is looked at once more, as libalpm does. */
static int check_needs(const struct walk *w, struct stet_error *err)
{
    const Queue *packages = &w->choice->packages;
    for (int i = 0; i < packages->count; i++) {
        const Solvable *s = w->pool->solvables + packages->elements[i];
        if (!s->requires)
            continue;
        for (const Id *id = s->repo->idarraydata + s->requires; *id; id++) {
            struct arch_relation r = stet_solve_arch_relation(w->pool, *id);
            if (!is_satisfied(w, &r))
                return stet_solve_arch_explain_missing(w->s, w->choice, packages->elements[i], *id,
                                                       err);
        }
    }
    return 0;
}

Id stet_solve_arch_chosen(Pool *pool, const struct arch_choice *c, Id name)
{
    Id p, pp;
    FOR_PROVIDES(p, pp, name)
    if (c->place[p] && pool->solvables[p].name == name)
        return p;
    return 0;
}

/* ---- conflicts ---- */

/* The first chosen package that a conflict of p names; 0: none. A package is never in conflict with
 * itself. */
static Id find_conflicting(Pool *pool, const struct arch_choice *c, Id package, Id conflict)
{
    struct arch_relation r = stet_solve_arch_relation(pool, conflict);
    Id p, pp, best = 0;
    FOR_PROVIDES(p, pp, r.name)
    if (p != package && c->place[p] && (!best || c->place[p] < c->place[best]) &&
        stet_solve_arch_satisfies(pool, p, &r))
        best = p;
    return best;
}

static int check_conflicts(struct stet_solver *s, const struct arch_choice *c,
                           struct stet_error *err)
{
    for (int i = 0; i < c->packages.count; i++) {
        Id p = c->packages.elements[i];
        const Solvable *x = s->pool->solvables + p;
        if (!x->conflicts)
            continue;
        for (const Id *id = x->repo->idarraydata + x->conflicts; *id; id++) {
            Id q = find_conflicting(s->pool, c, p, *id);
            if (q)
                return stet_solve_arch_explain_conflict(s, c, p, q, *id, err);
        }
    }
    return 0;
}

int stet_solve_arch_choose(struct stet_solver *s, const Queue *wanted, struct arch_choice *out,
                           struct stet_error *err)
{
    struct walk w = {.s = s, .pool = s->pool, .choice = out};
    size_t n = (size_t)s->pool->nsolvables;
    out->place = calloc(n, sizeof *out->place);
    out->why = calloc(n, sizeof *out->why);
    w.rank = calloc(n, sizeof *w.rank);
    int result = -1;
    if (!out->place || !out->why || !w.rank) {
        free(w.rank);
        return stet_error_oom(err, "solving");
    }
    map_init(&w.names, s->pool->ss.nstrings);
    for (int i = 0; i < wanted->count; i++)
        w.rank[wanted->elements[i]] = i + 1;
    if (walk_all(&w, wanted, err) == 0 && check_needs(&w, err) == 0)
        result = check_conflicts(s, out, err);
    map_free(&w.names);
    free(w.path);
    free(w.rank);
    return result;
}
