/*
 * Stages and install order of a solution. Packages that depend on each other in a circle form a
 * group; between groups the dependencies have no circles, so that stages and order follow from one
 * walk.
 */
#include "lib/solve/internal.h"

struct node {
    Id id;
    Queue needs;     /* nodes that it pre-depends or depends on */
    Queue pre_needs; /* those of them that it pre-depends on */
    int group;
    bool emitted;
};

struct group {
    unsigned stage;
    int least;   /* lowest member: groups that are equally ready go by name */
    int waiting; /* needed groups not emitted yet */
    Queue members;
    Queue users; /* groups that need this one, once for each need */
    bool emitted;
};

struct graph {
    struct stet_solver *s;
    struct node *nodes; /* by name */
    int count;
    int *node_of;         /* by solvable id, plus one; 0: not in the solution */
    struct group *groups; /* what is needed before what needs it */
    int group_count;
};

/* ---- making the graph ---- */

static int compare_nodes(const void *ap, const void *bp, void *pool)
{
    const struct node *a = ap, *b = bp;
    Pool *p = pool;
    int c =
        strcmp(pool_id2str(p, p->solvables[a->id].name), pool_id2str(p, p->solvables[b->id].name));
    return c ? c : (a->id > b->id) - (a->id < b->id);
}

static void add_needs(struct graph *g, int from, int marker, Queue *out)
{
    Pool *pool = g->s->pool;
    Queue deps;
    queue_init(&deps);
    solvable_lookup_deparray(pool->solvables + g->nodes[from].id, SOLVABLE_REQUIRES, &deps, marker);
    for (int i = 0; i < deps.count; i++) {
        Id p, pp;
        if (deps.elements[i] == SOLVABLE_PREREQMARKER)
            continue;
        FOR_PROVIDES(p, pp, deps.elements[i])
        {
            int to = g->node_of[p] - 1;
            if (to >= 0 && to != from)
                queue_pushunique(out, to);
        }
    }
    queue_free(&deps);
}

static int graph_init(struct graph *g, struct stet_solver *s, const Queue *solution,
                      struct stet_error *err)
{
    *g = (struct graph){.s = s};
    size_t n = (size_t)solution->count + 1; /* calloc(0) may be NULL */
    g->nodes = calloc(n, sizeof *g->nodes);
    g->groups = calloc(n, sizeof *g->groups);
    g->node_of = calloc((size_t)s->pool->nsolvables, sizeof *g->node_of);
    if (!g->nodes || !g->groups || !g->node_of)
        return stet_error_oom(err, "ordering packages");
    g->count = solution->count;
    for (int i = 0; i < g->count; i++)
        g->nodes[i].id = solution->elements[i];
    solv_sort(g->nodes, (size_t)g->count, sizeof *g->nodes, compare_nodes, s->pool);
    for (int i = 0; i < g->count; i++)
        g->node_of[g->nodes[i].id] = i + 1;
    for (int i = 0; i < g->count; i++) {
        struct node *node = &g->nodes[i];
        node->group = -1;
        queue_init(&node->needs);
        queue_init(&node->pre_needs);
        add_needs(g, i, 0, &node->needs);
        add_needs(g, i, 1, &node->pre_needs);
    }
    return 0;
}

static void graph_release(struct graph *g)
{
    for (int i = 0; i < g->count; i++) {
        queue_free(&g->nodes[i].needs);
        queue_free(&g->nodes[i].pre_needs);
    }
    for (int i = 0; i < g->group_count; i++) {
        queue_free(&g->groups[i].members);
        queue_free(&g->groups[i].users);
    }
    free(g->nodes);
    free(g->groups);
    free(g->node_of);
}

/* ---- groups: Tarjan's strongly connected components, without recursion ---- */

struct visit {
    int node, next; /* next of its needs to look at */
};

struct walk {
    struct visit *path;
    int depth;
    int *number, *low; /* by node; number 0: not visited */
    Queue stack;
    int counter;
};

static void enter(struct walk *w, int node)
{
    w->number[node] = w->low[node] = ++w->counter;
    queue_push(&w->stack, node);
    w->path[w->depth++] = (struct visit){node, 0};
}

static void close_group(struct graph *g, struct walk *w, int root)
{
    struct group *group = &g->groups[g->group_count];
    int node;
    queue_init(&group->members);
    queue_init(&group->users);
    group->least = root;
    do {
        node = queue_pop(&w->stack);
        g->nodes[node].group = g->group_count;
        queue_push(&group->members, node);
        if (node < group->least)
            group->least = node;
    } while (node != root);
    g->group_count++;
}

static void step(struct graph *g, struct walk *w)
{
    struct visit *top = &w->path[w->depth - 1];
    int node = top->node;
    if (top->next < g->nodes[node].needs.count) {
        int to = g->nodes[node].needs.elements[top->next++];
        if (!w->number[to])
            enter(w, to);
        else if (g->nodes[to].group < 0 && w->number[to] < w->low[node])
            w->low[node] = w->number[to];
        return;
    }
    if (w->low[node] == w->number[node])
        close_group(g, w, node);
    w->depth--;
    if (w->depth > 0) {
        int parent = w->path[w->depth - 1].node;
        if (w->low[node] < w->low[parent])
            w->low[parent] = w->low[node];
    }
}

static int find_groups(struct graph *g, struct stet_error *err)
{
    size_t n = (size_t)g->count + 1;
    struct walk w = {.path = calloc(n, sizeof *w.path),
                     .number = calloc(n, sizeof *w.number),
                     .low = calloc(n, sizeof *w.low)};
    bool ok = w.path && w.number && w.low;
    queue_init(&w.stack);
    for (int i = 0; ok && i < g->count; i++) {
        if (!w.number[i])
            enter(&w, i);
        while (w.depth > 0)
            step(g, &w);
    }
    queue_free(&w.stack);
    free(w.path);
    free(w.number);
    free(w.low);
    return ok ? 0 : stet_error_oom(err, "ordering packages");
}

/* ---- stages ---- */

static void mark_group(const struct graph *g, int group, bool *in_first, Queue *todo)
{
    const Queue *members = &g->groups[group].members;
    if (in_first[group])
        return;
    in_first[group] = true;
    queue_insertn(todo, todo->count, members->count, members->elements);
}

static void mark_first(const struct graph *g, const struct stet_strv *first, bool *in_first)
{
    Queue todo;
    queue_init(&todo);
    for (int i = 0; first && i < g->count; i++) {
        const char *name = pool_id2str(g->s->pool, g->s->pool->solvables[g->nodes[i].id].name);
        if (stet_strv_contains(first, name))
            mark_group(g, g->nodes[i].group, in_first, &todo);
    }
    while (todo.count > 0) {
        const Queue *needs = &g->nodes[queue_pop(&todo)].needs;
        for (int i = 0; i < needs->count; i++)
            mark_group(g, g->nodes[needs->elements[i]].group, in_first, &todo);
    }
    queue_free(&todo);
}

static bool contains(const Queue *q, Id what)
{
    for (int i = 0; i < q->count; i++)
        if (q->elements[i] == what)
            return true;
    return false;
}

static unsigned stage_of_group(const struct graph *g, int number)
{
    unsigned stage = 1;
    const Queue *members = &g->groups[number].members;
    for (int i = 0; i < members->count; i++) {
        const struct node *node = &g->nodes[members->elements[i]];
        for (int k = 0; k < node->needs.count; k++) {
            int to = node->needs.elements[k], group = g->nodes[to].group;
            unsigned other = g->groups[group].stage;
            if (group == number || other == 0)
                continue;
            bool before = contains(&node->pre_needs, to);
            if (other + before > stage)
                stage = other + before;
        }
    }
    return stage;
}

/* Moves what a group needs down to where the group finds it ready. */
static void lower_needs(const struct graph *g, int number)
{
    const Queue *members = &g->groups[number].members;
    for (int i = 0; i < members->count; i++) {
        const struct node *node = &g->nodes[members->elements[i]];
        for (int k = 0; k < node->needs.count; k++) {
            int to = node->needs.elements[k];
            struct group *needed = &g->groups[g->nodes[to].group];
            unsigned latest = g->groups[number].stage - contains(&node->pre_needs, to);
            if (g->nodes[to].group != number && needed->stage > latest)
                needed->stage = latest;
        }
    }
}

/*
 * How many stages there must be follows from the longest chain of Pre-Depends; within that, each
 * package goes as late as it can, because what is configured early runs without
 * seeing the rest: apt, too, configures early only what another package pre-depends on.
 */
static int set_stages(struct graph *g, const struct stet_strv *first, struct stet_error *err)
{
    bool *in_first = calloc((size_t)g->group_count + 1, sizeof *in_first);
    unsigned last = 0;
    if (!in_first)
        return stet_error_oom(err, "ordering packages");
    mark_first(g, first, in_first);
    /* Tarjan's groups come out needed ones first, so the others' stages are known. */
    for (int i = 0; i < g->group_count; i++) {
        g->groups[i].stage = in_first[i] ? 0 : stage_of_group(g, i);
        if (g->groups[i].stage > last)
            last = g->groups[i].stage;
    }
    for (int i = 0; i < g->group_count; i++)
        g->groups[i].stage = in_first[i] ? 0 : last;
    for (int i = g->group_count - 1; i >= 0; i--)
        if (!in_first[i])
            lower_needs(g, i);
    free(in_first);
    return 0;
}

/* ---- order ---- */

static void connect_groups(struct graph *g)
{
    for (int i = 0; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].needs.count; k++) {
            int from = g->nodes[i].group, to = g->nodes[g->nodes[i].needs.elements[k]].group;
            if (from == to)
                continue;
            g->groups[from].waiting++;
            queue_push(&g->groups[to].users, from);
        }
}

static int next_group(const struct graph *g)
{
    int best = -1;
    for (int i = 0; i < g->group_count; i++) {
        const struct group *x = &g->groups[i];
        if (x->emitted || x->waiting > 0)
            continue;
        const struct group *b = best < 0 ? NULL : &g->groups[best];
        if (!b || x->stage < b->stage || (x->stage == b->stage && x->least < b->least))
            best = i;
    }
    return best;
}

static int count_open(const struct graph *g, int group, const Queue *needs)
{
    int n = 0;
    for (int i = 0; i < needs->count; i++) {
        const struct node *to = &g->nodes[needs->elements[i]];
        n += to->group == group && !to->emitted;
    }
    return n;
}

/* In a circle: what has no open Pre-Depends inside it, then the fewest open Depends, then by name.
 */
static int next_member(const struct graph *g, int group)
{
    const Queue *members = &g->groups[group].members;
    int best = -1, best_pre = 0, best_needs = 0;
    for (int i = 0; i < members->count; i++) {
        int m = members->elements[i];
        const struct node *node = &g->nodes[m];
        if (node->emitted)
            continue;
        int pre = count_open(g, group, &node->pre_needs);
        int needs = count_open(g, group, &node->needs);
        if (best < 0 || pre < best_pre || (pre == best_pre && needs < best_needs) ||
            (pre == best_pre && needs == best_needs && m < best)) {
            best = m;
            best_pre = pre;
            best_needs = needs;
        }
    }
    return best;
}

static void emit_group(struct graph *g, int group, Queue *order)
{
    int m;
    while ((m = next_member(g, group)) >= 0) {
        g->nodes[m].emitted = true;
        queue_push(order, m);
    }
    g->groups[group].emitted = true;
    for (int i = 0; i < g->groups[group].users.count; i++)
        g->groups[g->groups[group].users.elements[i]].waiting--;
}

/* ---- the result ---- */

static const char *keep_string(struct stet_solver *s, const char *text, struct stet_error *err)
{
    return stet_strv_add(&s->strings, text, err) < 0 ? NULL
                                                     : s->strings.items[s->strings.count - 1];
}

static int describe(struct stet_solver *s, Id p, struct stet_solve_package *out,
                    struct stet_error *err)
{
    const Solvable *solvable = s->pool->solvables + p;
    const struct index *index = NULL;
    const struct paragraph *paragraph = stet_solve_paragraph(s, p, &index);
    if (!paragraph)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "a package that is in no index");
    out->name = keep_string(s, pool_id2str(s->pool, solvable->name), err);
    out->version = keep_string(s, pool_id2str(s->pool, solvable->evr), err);
    out->architecture = keep_string(s, pool_id2str(s->pool, solvable->arch), err);
    if (!out->name || !out->version || !out->architecture)
        return -1;
    out->index_id = index->id;
    return stet_solve_debian_describe(s, paragraph, out, err);
}

static void set_needed_by(const struct graph *g, const Queue *order, struct stet_solve_result *out,
                          int *place)
{
    for (int i = 0; i < order->count; i++)
        place[order->elements[i]] = i;
    for (int i = 0; i < order->count; i++) {
        const Queue *needs = &g->nodes[order->elements[i]].needs;
        for (int k = 0; k < needs->count; k++) {
            struct stet_solve_package *needed = &out->packages[place[needs->elements[k]]];
            if (!needed->needed_by && !needed->requested)
                needed->needed_by = out->packages[i].name;
        }
    }
}

static int fill(const struct graph *g, const Queue *order, const Queue *wanted,
                struct stet_solve_result *out, struct stet_error *err)
{
    _cleanup_free_ int *place = calloc((size_t)g->count + 1, sizeof *place);
    out->packages = calloc((size_t)g->count + 1, sizeof *out->packages);
    if (!out->packages || !place)
        return stet_error_oom(err, "ordering packages");
    out->count = (size_t)order->count;
    for (int i = 0; i < order->count; i++) {
        const struct node *node = &g->nodes[order->elements[i]];
        struct stet_solve_package *p = &out->packages[i];
        if (describe(g->s, node->id, p, err) < 0)
            return -1;
        p->stage = g->groups[node->group].stage;
        p->requested = contains(wanted, node->id);
    }
    set_needed_by(g, order, out, place);
    return 0;
}

int stet_solve_order(struct stet_solver *s, const Queue *solution, const Queue *wanted,
                     const struct stet_solve_request *request, struct stet_solve_result *out,
                     struct stet_error *err)
{
    struct graph g;
    Queue order;
    queue_init(&order);
    int result = graph_init(&g, s, solution, err);
    if (result == 0)
        result = find_groups(&g, err);
    if (result == 0)
        result = set_stages(&g, request->first, err);
    if (result == 0) {
        int group;
        connect_groups(&g);
        while ((group = next_group(&g)) >= 0)
            emit_group(&g, group, &order);
        result = fill(&g, &order, wanted, out, err);
    }
    queue_free(&order);
    graph_release(&g);
    return result;
}
