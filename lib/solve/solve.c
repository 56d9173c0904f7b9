#include <solv/poolarch.h>

#include "lib/solve/arch.h"
#include "lib/solve/internal.h"

/* Rounds of "prefer, solve, leave out what could not be had" before any solution is taken. */
enum { ROUNDS_MAX = 24 };

/* ---- the solver ---- */

static Pool *new_pool(enum stet_solve_kind kind, const char *architecture, struct stet_error *err)
{
    Pool *pool = pool_create();
    bool arch = kind == STET_SOLVE_ARCH;
    if (pool_setdisttype(pool, arch ? DISTTYPE_ARCH : DISTTYPE_DEB) < 0) {
        pool_free(pool);
        stet_error_set(err, STET_ERROR_ENVIRONMENT, 0,
                       "this libsolv was built without %s support; install Debian's libsolv1",
                       arch ? "Arch" : "Debian");
        return NULL;
    }
    pool_setarchpolicy(pool, architecture);
    return pool;
}

struct stet_solver *stet_solver_new(enum stet_solve_kind kind, const char *architecture,
                                    struct stet_error *err)
{
    if (kind != STET_SOLVE_DEBIAN && kind != STET_SOLVE_ARCH) {
        stet_error_set(err, STET_ERROR_INTERNAL, 0, "no solver for this ecosystem yet");
        return NULL;
    }
    const char *every = kind == STET_SOLVE_ARCH ? "any" : "all";
    if (!*architecture || strcmp(architecture, every) == 0 || strpbrk(architecture, ":=>")) {
        stet_error_input(err, "\"%s\" is not an architecture", architecture);
        return NULL;
    }
    struct stet_solver *s = calloc(1, sizeof *s);
    if (!s) {
        stet_error_oom(err, "making a solver");
        return NULL;
    }
    s->kind = kind;
    s->architecture = stet_strdup(architecture, err);
    s->pool = s->architecture ? new_pool(kind, architecture, err) : NULL;
    if (!s->pool) {
        stet_solver_free(s);
        return NULL;
    }
    return s;
}

void stet_solver_free(struct stet_solver *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->index_count; i++) {
        free(s->indexes[i].name);
        free(s->indexes[i].paragraphs);
        free(s->indexes[i].packages);
        stet_buffer_release(&s->indexes[i].text);
    }
    free(s->indexes);
    stet_strv_release(&s->strings);
    if (s->pool)
        pool_free(s->pool);
    free(s->architecture);
    free(s);
}

int stet_solver_add_index(struct stet_solver *s, const char *name, const char *data, size_t len,
                          unsigned index_id, struct stet_error *err)
{
    if (stet_grow(&s->indexes, &s->index_cap, s->index_count + 1, sizeof *s->indexes, err) < 0)
        return -1;
    struct index *index = &s->indexes[s->index_count];
    *index = (struct index){.id = index_id};
    index->name = stet_strdup(name, err);
    if (!index->name)
        return -1;
    index->repo = repo_create(s->pool, index->name);
    s->index_count++; /* freed with the solver from here on */
    s->prepared = false;
    if (s->kind == STET_SOLVE_ARCH)
        return stet_solve_arch_add(s, index, data, len, err);
    return stet_solve_debian_add(s, index, data, len, err);
}

int stet_solver_names_with(struct stet_solver *s, const char *field, const char *value,
                           struct stet_strv *out, struct stet_error *err)
{
    stet_solve_prepare(s);
    int result = s->kind == STET_SOLVE_ARCH
                     ? stet_solve_arch_names_with(s, field, value, out, err)
                     : stet_solve_debian_names_with(s, field, value, out, err);
    stet_strv_sort_unique(out);
    return result;
}

/* ---- what the other files ask ---- */

void stet_solve_prepare(struct stet_solver *s)
{
    if (s->prepared)
        return;
    pool_createwhatprovides(s->pool);
    s->prepared = true;
}

bool stet_solve_installable(const struct stet_solver *s, Id p)
{
    return p != SYSTEMSOLVABLE && pool_installable(s->pool, s->pool->solvables + p);
}

Id stet_solve_newest(struct stet_solver *s, Id name, const char *version)
{
    Pool *pool = s->pool;
    Id p, pp, best = 0;
    FOR_PROVIDES(p, pp, name)
    {
        const Solvable *candidate = pool->solvables + p;
        if (candidate->name != name || !stet_solve_installable(s, p))
            continue;
        if (version && strcmp(pool_id2str(pool, candidate->evr), version) != 0)
            continue;
        int c =
            best ? pool_evrcmp(pool, candidate->evr, pool->solvables[best].evr, EVRCMP_COMPARE) : 1;
        if (c > 0 || (c == 0 && p < best))
            best = p;
    }
    return best;
}

const struct paragraph *stet_solve_paragraph(const struct stet_solver *s, Id p,
                                             const struct index **index)
{
    for (size_t i = 0; i < s->index_count; i++) {
        const struct index *x = &s->indexes[i];
        if (p >= x->first && (size_t)(p - x->first) < x->count) {
            if (index)
                *index = x;
            return &x->paragraphs[p - x->first];
        }
    }
    return NULL;
}

/* ---- what is asked for ---- */

/* The only package name among the providers of a virtual package: its newest; 0 when none or
 * several. */
static Id sole_provider(struct stet_solver *s, Id name)
{
    Pool *pool = s->pool;
    Id p, pp, found = 0;
    FOR_PROVIDES(p, pp, name)
    {
        Id provider = pool->solvables[p].name;
        if (!stet_solve_installable(s, p) || provider == found)
            continue;
        if (found)
            return 0;
        found = provider;
    }
    return found ? stet_solve_newest(s, found, NULL) : 0;
}

static int no_such_version(struct stet_solver *s, const char *text, Id newest,
                           struct stet_error *err)
{
    return stet_error_input(err, "package %s is not in any index; the newest there is %s", text,
                            pool_id2str(s->pool, s->pool->solvables[newest].evr));
}

/* Takes a request apart in place: "name", "name=version", "name:arch", "name:arch=version". */
static int split_request(const struct stet_solver *s, const char *text, char *name, char **version,
                         struct stet_error *err)
{
    *version = strchr(name, '=');
    if (*version)
        *(*version)++ = '\0';
    char *arch = strchr(name, ':');
    if (arch)
        *arch++ = '\0';
    if (arch && strcmp(arch, s->architecture) != 0 && strcmp(arch, "all") != 0 &&
        strcmp(arch, "native") != 0)
        return stet_error_input(err, "package %s: this image has packages of %s only", text,
                                s->architecture);
    if (!*name || strpbrk(name, "/ \t\n") || (*version && !**version))
        return stet_error_input(err, "\"%s\" does not name a package; write NAME or NAME=VERSION",
                                text);
    return 0;
}

static int find_wanted(struct stet_solver *s, const char *text, Id *out, struct stet_error *err)
{
    _cleanup_free_ char *name = stet_strdup(text, err);
    char *version;
    if (!name || split_request(s, text, name, &version, err) < 0)
        return -1;
    Id id = pool_str2id(s->pool, name, 0);
    if (!id)
        return stet_solve_explain_unknown(s, name, err);
    *out = stet_solve_newest(s, id, version);
    if (*out)
        return 0;
    Id newest = stet_solve_newest(s, id, NULL);
    if (newest)
        return no_such_version(s, text, newest, err);
    *out = version ? 0 : sole_provider(s, id);
    return *out ? 0 : stet_solve_explain_unknown(s, name, err);
}

static bool has_name(const struct stet_solver *s, const Queue *q, Id name)
{
    for (int i = 0; i < q->count; i++)
        if (s->pool->solvables[q->elements[i]].name == name)
            return true;
    return false;
}

/* Those with a version come first: a plain "apt" (of a base set) is content with "apt=2.6.1". */
static int find_all_wanted(struct stet_solver *s, const struct stet_strv *install, Queue *out,
                           struct stet_error *err)
{
    for (int plain = 0; plain <= 1; plain++)
        for (size_t i = 0; i < install->count; i++) {
            const char *text = install->items[i];
            Id p;
            if ((strchr(text, '=') == NULL) != plain)
                continue;
            if (find_wanted(s, text, &p, err) < 0)
                return -1;
            if (!plain || !has_name(s, out, s->pool->solvables[p].name))
                queue_pushunique(out, p);
        }
    return 0;
}

/* ---- solving ---- */

static int run_solver(struct stet_solver *s, const Queue *wanted, const Map *chosen,
                      bool recommends, Queue *solution, struct stet_error *err)
{
    Solver *solver = solver_create(s->pool);
    solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, !recommends);
    Queue jobs;
    int result = 0;
    queue_init(&jobs);
    for (int i = 0; i < wanted->count; i++)
        queue_push2(&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, wanted->elements[i]);
    Queue favored; /* one job, so that all are favored equally */
    queue_init(&favored);
    for (Id p = 1; p < s->pool->nsolvables; p++)
        if (MAPTST(chosen, p))
            queue_push(&favored, p);
    if (favored.count > 0)
        queue_push2(&jobs, SOLVER_FAVOR | SOLVER_SOLVABLE_ONE_OF,
                    pool_queuetowhatprovides(s->pool, &favored));
    if (solver_solve(solver, &jobs) != 0)
        result = stet_solve_explain_problem(s, solver, err);
    else
        solver_get_decisionqueue(solver, solution);
    queue_free(&favored);
    queue_free(&jobs);
    solver_free(solver);
    return result;
}

/* Keeps the packages of a decision queue, ids ascending. */
static int compare_ids(const void *a, const void *b, void *unused)
{
    (void)unused;
    return *(const Id *)a < *(const Id *)b ? -1 : *(const Id *)a > *(const Id *)b;
}

static void keep_installed(Queue *q)
{
    int n = 0;
    for (int i = 0; i < q->count; i++)
        if (q->elements[i] > SYSTEMSOLVABLE)
            q->elements[n++] = q->elements[i];
    queue_truncate(q, n);
    solv_sort(q->elements, (size_t)n, sizeof(Id), compare_ids, NULL);
}

/* Leaves only what is reached from the wanted packages: a choice taken back can leave something
 * behind. */
static void prune(struct stet_solver *s, const Queue *wanted, Queue *solution)
{
    Pool *pool = s->pool;
    Map have, reached;
    Queue todo, deps;
    map_init(&have, pool->nsolvables);
    map_init(&reached, pool->nsolvables);
    queue_init(&deps);
    queue_init_clone(&todo, wanted);
    for (int i = 0; i < solution->count; i++)
        MAPSET(&have, solution->elements[i]);
    while (todo.count > 0) {
        Id from = queue_pop(&todo), p, pp;
        if (MAPTST(&reached, from) || !MAPTST(&have, from))
            continue;
        MAPSET(&reached, from);
        queue_empty(&deps);
        solvable_lookup_deparray(pool->solvables + from, SOLVABLE_REQUIRES, &deps, 0);
        for (int i = 0; i < deps.count; i++)
            FOR_PROVIDES(p, pp, deps.elements[i])
        if (MAPTST(&have, p))
            queue_push(&todo, p);
    }
    int n = 0;
    for (int i = 0; i < solution->count; i++)
        if (MAPTST(&reached, solution->elements[i]))
            solution->elements[n++] = solution->elements[i];
    queue_truncate(solution, n);
    queue_free(&deps);
    queue_free(&todo);
    map_free(&reached);
    map_free(&have);
}

/* Does the solution lack something chosen, or have something that is not? Bans what it lacks. */
static bool compare_choice(const Pool *pool, const Queue *solution, const Map *chosen, Map *banned)
{
    bool extra = false, lacks = false;
    Map have;
    map_init(&have, pool->nsolvables);
    for (int i = 0; i < solution->count; i++) {
        MAPSET(&have, solution->elements[i]);
        if (!MAPTST(chosen, solution->elements[i]))
            extra = true;
    }
    for (Id p = 1; extra && p < pool->nsolvables; p++)
        if (MAPTST(chosen, p) && !MAPTST(&have, p) && !MAPTST(banned, p)) {
            MAPSET(banned, p);
            lacks = true;
        }
    map_free(&have);
    return extra && lacks;
}

/*
 * libsolv chooses among alternatives by rules of its own. So the documented
 * preference is computed first (prefer.c) as if nothing conflicted, and libsolv is told to favor
 * those packages: it then departs from them only where it must. When it does, what it could not use
 * is left out and the preference computed anew, so that the second choice follows the same rules as
 * the first.
 */
static int solve_rounds(struct stet_solver *s, const Queue *wanted,
                        const struct stet_solve_request *request, Queue *solution,
                        struct stet_error *err)
{
    Map banned, chosen;
    int result = 0;
    map_init(&banned, s->pool->nsolvables);
    map_init(&chosen, s->pool->nsolvables);
    for (int round = 0; result == 0; round++) {
        map_empty(&chosen);
        queue_empty(solution);
        result = stet_solve_prefer(s, wanted, request, &banned, &chosen, err);
        if (result == 0)
            result = run_solver(s, wanted, &chosen, request->recommends, solution, err);
        keep_installed(solution);
        if (result != 0 || round >= ROUNDS_MAX ||
            !compare_choice(s->pool, solution, &chosen, &banned))
            break;
    }
    if (result == 0 && !request->recommends)
        prune(s, wanted, solution);
    map_free(&chosen);
    map_free(&banned);
    return result;
}

static int solve_debian(struct stet_solver *s, const struct stet_solve_request *request,
                        struct stet_solve_result *out, struct stet_error *err)
{
    Queue wanted, solution;
    queue_init(&wanted);
    queue_init(&solution);
    int result = find_all_wanted(s, request->install, &wanted, err);
    if (result == 0)
        result = solve_rounds(s, &wanted, request, &solution, err);
    if (result == 0)
        result = stet_solve_order(s, &solution, &wanted, request, out, err);
    queue_free(&solution);
    queue_free(&wanted);
    return result;
}

int stet_solve(struct stet_solver *s, const struct stet_solve_request *request,
               struct stet_solve_result *out, struct stet_error *err)
{
    *out = (struct stet_solve_result){NULL, 0};
    stet_solve_prepare(s);
    int result = s->kind == STET_SOLVE_ARCH ? stet_solve_arch(s, request, out, err)
                                            : solve_debian(s, request, out, err);
    if (result != 0)
        stet_solve_result_release(out);
    return result;
}

void stet_solve_result_release(struct stet_solve_result *r)
{
    free(r->packages);
    *r = (struct stet_solve_result){NULL, 0};
}
