/*
 * The order of installing, as libalpm's sortbydeps gives it: a walk in depth over the packages in
 * the order in which they were chosen, what a package needs before itself. In a circle what is
 * reached first comes last.
 */
#include "lib/solve/arch.h"

/* What is walked: packages by their places in the choice from 0. */
struct graph {
    struct stet_solver *s;
    const struct arch_choice *choice;
    Queue *needs; /* of each, places ascending; empty until it is entered */
    int count;
    Queue order;
};

struct visit {
    int package, next;
};

static int compare_places(const void *a, const void *b, void *unused)
{
    (void)unused;
    return *(const Id *)a < *(const Id *)b ? -1 : *(const Id *)a > *(const Id *)b;
}

/* Everything chosen that satisfies a dependency counts, not only what was chosen for it. */
static void find_needs(const struct graph *g, int package, Queue *out)
{
    Pool *pool = g->s->pool;
    const Solvable *s = pool->solvables + g->choice->packages.elements[package];
    if (!s->requires)
        return;
    for (const Id *id = s->repo->idarraydata + s->requires; *id; id++) {
        struct arch_relation r = stet_solve_arch_relation(pool, *id);
        Id p, pp;
        FOR_PROVIDES(p, pp, r.name)
        if (g->choice->place[p] && stet_solve_arch_satisfies(pool, p, &r))
            queue_push(out, g->choice->place[p] - 1);
    }
    solv_sort(out->elements, (size_t)out->count, sizeof(Id), compare_places, NULL);
}

/* ---- the walk ---- */

static void visit_from(struct graph *g, int start, struct visit *path, bool *entered)
{
    int depth = 0;
    entered[start] = true;
    path[depth++] = (struct visit){start, 0};
    while (depth > 0) {
        struct visit *top = &path[depth - 1];
        const Queue *needs = &g->needs[top->package];
        if (top->next == needs->count) {
            queue_push(&g->order, top->package);
            depth--;
            continue;
        }
        int next = needs->elements[top->next++];
        if (entered[next])
            continue;
        entered[next] = true;
        path[depth++] = (struct visit){next, 0};
    }
}

static int sort_by_needs(struct graph *g, struct stet_error *err)
{
    size_t n = (size_t)g->count + 1;
    _cleanup_free_ struct visit *path = calloc(n, sizeof *path);
    _cleanup_free_ bool *entered = calloc(n, sizeof *entered);
    if (!path || !entered)
        return stet_error_oom(err, "ordering packages");
    for (int i = 0; i < g->count; i++)
        if (!entered[i])
            visit_from(g, i, path, entered);
    return 0;
}

/* ---- the result ---- */

static int describe(const struct stet_solver *s, Id id, struct stet_solve_package *out,
                    struct stet_error *err)
{
    const struct index *index = NULL;
    const struct arch_package *p = stet_solve_arch_package(s, id, &index);
    if (!p)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "a package that is in no index");
    out->name = stet_solve_arch_string(index, p->name);
    out->version = stet_solve_arch_string(index, p->version);
    out->architecture = stet_solve_arch_string(index, p->architecture);
    out->location = stet_solve_arch_string(index, p->filename);
    out->size = p->size;
    out->digest = p->digest;
    out->has_digest = p->has_digest;
    out->index_id = index->id;
    out->signature = p->signature ? stet_solve_arch_string(index, p->signature) : NULL;
    return 0;
}

static void set_needed_by(const struct graph *g, const int *line, struct stet_solve_result *out)
{
    for (int i = 0; i < g->count; i++) {
        const Queue *needs = &g->needs[g->order.elements[i]];
        for (int k = 0; k < needs->count; k++) {
            int at = line[needs->elements[k]];
            struct stet_solve_package *needed = &out->packages[at];
            if (at != i && !needed->requested && !needed->needed_by)
                needed->needed_by = out->packages[i].name;
        }
    }
}

static int fill(const struct graph *g, const Queue *wanted, struct stet_solve_result *out,
                struct stet_error *err)
{
    size_t n = (size_t)g->count + 1;
    _cleanup_free_ int *line = calloc(n, sizeof *line);
    out->packages = calloc(n, sizeof *out->packages);
    if (!line || !out->packages)
        return stet_error_oom(err, "ordering packages");
    out->count = (size_t)g->count;
    for (int i = 0; i < g->count; i++) {
        int place = g->order.elements[i];
        line[place] = i;
        if (describe(g->s, g->choice->packages.elements[place], &out->packages[i], err) < 0)
            return -1;
    }
    for (int i = 0; i < wanted->count; i++)
        out->packages[line[g->choice->place[wanted->elements[i]] - 1]].requested = true;
    set_needed_by(g, line, out);
    return 0;
}

int stet_solve_arch_order(struct stet_solver *s, const Queue *wanted,
                          const struct arch_choice *choice, struct stet_solve_result *out,
                          struct stet_error *err)
{
    struct graph g = {.s = s, .choice = choice, .count = choice->packages.count};
    g.needs = calloc((size_t)g.count + 1, sizeof *g.needs);
    if (!g.needs)
        return stet_error_oom(err, "ordering packages");
    queue_init(&g.order);
    for (int i = 0; i < g.count; i++) {
        queue_init(&g.needs[i]);
        find_needs(&g, i, &g.needs[i]);
    }
    int result = sort_by_needs(&g, err);
    if (result == 0)
        result = fill(&g, wanted, out, err);
    for (int i = 0; i < g.count; i++)
        queue_free(&g.needs[i]);
    queue_free(&g.order);
    free(g.needs);
    return result;
}

int stet_solve_arch(struct stet_solver *s, const struct stet_solve_request *request,
                    struct stet_solve_result *out, struct stet_error *err)
{
    struct arch_choice choice = {.place = NULL};
    Queue wanted;
    queue_init(&wanted);
    queue_init(&choice.packages);
    int result = stet_solve_arch_wanted(s, request->install, &wanted, err);
    if (result == 0)
        result = stet_solve_arch_choose(s, &wanted, &choice, err);
    if (result == 0)
        result = stet_solve_arch_settle(s, request->install, &choice, &wanted, err);
    if (result == 0)
        result = stet_solve_arch_order(s, &wanted, &choice, out, err);
    queue_free(&choice.packages);
    queue_free(&wanted);
    free(choice.place);
    free(choice.why);
    return result;
}
