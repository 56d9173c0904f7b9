/*
 * The documented preference among alternatives, computed as if nothing conflicted: what has only
 * one way is followed to its end first, so that a choice sees everything that is "wanted anyway";
 * then the first open choice is made, and so on. Work is in the order of names, so that nothing
 * depends on the order of an index.
 */
#include "lib/solve/internal.h"

struct preference {
    struct stet_solver *s;
    Pool *pool;
    const struct stet_solve_request *request;
    const Map *banned;
    Map *chosen;
    Queue todo; /* packages chosen whose dependencies were not looked at yet */
    Queue open; /* dependencies with more than one way */
    int *rank;  /* by name id: place in request->favor from 1; 0: none */
};

static bool usable(const struct preference *f, Id p)
{
    return stet_solve_installable(f->s, p) && !MAPTST(f->banned, p);
}

static bool satisfied(const struct preference *f, Id dep)
{
    Pool *pool = f->pool;
    Id p, pp;
    FOR_PROVIDES(p, pp, dep)
    if (MAPTST(f->chosen, p))
        return true;
    return false;
}

static void choose(struct preference *f, Id p)
{
    if (MAPTST(f->chosen, p))
        return;
    MAPSET(f->chosen, p);
    queue_push(&f->todo, p);
}

/* 1 when all usable providers of dep have one name, 0 when there is none, 2 when there are several.
 */
static int ways(const struct preference *f, Id dep)
{
    Pool *pool = f->pool;
    Id p, pp, name = 0;
    FOR_PROVIDES(p, pp, dep)
    {
        if (!usable(f, p) || pool->solvables[p].name == name)
            continue;
        if (name)
            return 2;
        name = pool->solvables[p].name;
    }
    return name != 0;
}

/* Is package a better than b for a dependency on name? The real package, then favored ones,
 * then by name; of one name the newest, of one version the earliest index. */
static bool better(const struct preference *f, Id name, Id a, Id b)
{
    const Solvable *sa = f->pool->solvables + a, *sb = f->pool->solvables + b;
    if (sa->name == sb->name) {
        int c = pool_evrcmp(f->pool, sa->evr, sb->evr, EVRCMP_COMPARE);
        return c ? c > 0 : a < b;
    }
    if (sa->name == name || sb->name == name)
        return sa->name == name;
    int ra = f->rank[sa->name], rb = f->rank[sb->name];
    if (ra != rb)
        return ra && (!rb || ra < rb);
    return strcmp(pool_id2str(f->pool, sa->name), pool_id2str(f->pool, sb->name)) < 0;
}

/* The best usable provider of one alternative, or 0. */
static Id best_of(const struct preference *f, Id dep)
{
    Pool *pool = f->pool;
    Id p, pp, best = 0, name = stet_solve_dep_name(f->s, dep);
    FOR_PROVIDES(p, pp, dep)
    if (usable(f, p) && (!best || better(f, name, p, best)))
        best = p;
    return best;
}

/* The first alternative that has a usable provider decides. */
static Id best_way(const struct preference *f, Id dep)
{
    while (ISRELDEP(dep) && GETRELDEP(f->pool, dep)->flags == REL_OR) {
        const Reldep *rd = GETRELDEP(f->pool, dep);
        Id p = best_way(f, rd->name);
        if (p)
            return p;
        dep = rd->evr;
    }
    return best_of(f, dep);
}

static void follow(struct preference *f, Id dep)
{
    if (satisfied(f, dep))
        return;
    int n = ways(f, dep);
    if (n == 1)
        choose(f, best_way(f, dep));
    else if (n > 1)
        queue_push(&f->open, dep);
}

static void follow_all(struct preference *f, Id p)
{
    Solvable *s = f->pool->solvables + p;
    Queue deps;
    queue_init(&deps);
    solvable_lookup_deparray(s, SOLVABLE_REQUIRES, &deps, 0);
    if (f->request->recommends) {
        Queue more;
        queue_init(&more);
        solvable_lookup_deparray(s, SOLVABLE_RECOMMENDS, &more, 0);
        queue_insertn(&deps, deps.count, more.count, more.elements);
        queue_free(&more);
    }
    for (int i = 0; i < deps.count; i++)
        if (deps.elements[i] != SOLVABLE_PREREQMARKER)
            follow(f, deps.elements[i]);
    queue_free(&deps);
}

/* Makes the first choice that is still open. False when none is. */
static bool choose_next(struct preference *f, int *next)
{
    while (*next < f->open.count) {
        Id dep = f->open.elements[(*next)++];
        if (satisfied(f, dep))
            continue;
        Id p = best_way(f, dep);
        if (!p)
            continue;
        choose(f, p);
        return true;
    }
    return false;
}

static int rank_favored(struct preference *f, struct stet_error *err)
{
    const struct stet_strv *favor = f->request->favor;
    f->rank = calloc((size_t)f->pool->ss.nstrings, sizeof *f->rank);
    if (!f->rank)
        return stet_error_oom(err, "solving");
    for (size_t i = 0; favor && i < favor->count; i++) {
        Id name = pool_str2id(f->pool, favor->items[i], 0);
        if (name && !f->rank[name])
            f->rank[name] = (int)i + 1;
    }
    return 0;
}

static int compare_names(const void *a, const void *b, void *pool)
{
    Pool *p = pool;
    return strcmp(pool_id2str(p, p->solvables[*(const Id *)a].name),
                  pool_id2str(p, p->solvables[*(const Id *)b].name));
}

int stet_solve_prefer(struct stet_solver *s, const Queue *wanted,
                      const struct stet_solve_request *request, const Map *banned, Map *chosen,
                      struct stet_error *err)
{
    struct preference f = {
        .s = s, .pool = s->pool, .request = request, .banned = banned, .chosen = chosen};
    if (rank_favored(&f, err) < 0)
        return -1;
    Queue start;
    queue_init(&f.open);
    queue_init(&f.todo);
    queue_init_clone(&start, wanted);
    solv_sort(start.elements, (size_t)start.count, sizeof(Id), compare_names, s->pool);
    for (int i = 0; i < start.count; i++)
        choose(&f, start.elements[i]);
    int done = 0, next = 0;
    do {
        for (; done < f.todo.count; done++)
            follow_all(&f, f.todo.elements[done]);
    } while (choose_next(&f, &next));
    queue_free(&start);
    queue_free(&f.todo);
    queue_free(&f.open);
    free(f.rank);
    return 0;
}
