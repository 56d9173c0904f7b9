/*
 * Why there is no solution, in one sentence. libsolv names the rules that contradict each other; of
 * those the most telling is picked, and the way to it from what was asked for is added.
 */
#include "lib/solve/internal.h"

enum { SIMILAR_MAX = 3, NAME_MAX_COMPARED = 64, CHAIN_MAX = 8, PROVIDERS_SHOWN = 5 };

/* ---- texts ---- */

/* "name:ANY" is how lib/solve/debian.c writes "name:any". */
static void add_text(struct stet_buffer *out, const char *text)
{
    const char *p;
    while ((p = strstr(text, ":ANY"))) {
        stet_buffer_add(out, text, (size_t)(p - text));
        stet_buffer_add_str(out, ":any");
        text = p + 4;
    }
    stet_buffer_add_str(out, text);
}

/* "name version" */
static void add_package(struct stet_buffer *out, const struct stet_solver *s, Id p)
{
    const Solvable *x = s->pool->solvables + p;
    add_text(out, pool_id2str(s->pool, x->name));
    stet_buffer_add_char(out, ' ');
    add_text(out, pool_id2str(s->pool, x->evr));
}

/* One of alternatives. pool_dep2str writes "a >= 1"; control files write "a (>= 1)". */
static void add_alternative(struct stet_buffer *out, const struct stet_solver *s, Id dep)
{
    static const char *const operators[] = {"!", ">>", "=", ">=", "<<", "<>", "<=", "<=>"};
    const Reldep *rd = ISRELDEP(dep) ? GETRELDEP(s->pool, dep) : NULL;
    if (!rd || rd->flags > 7 || ISRELDEP(rd->name)) {
        add_text(out, pool_dep2str(s->pool, dep));
        return;
    }
    add_text(out, pool_id2str(s->pool, rd->name));
    stet_buffer_addf(out, " (%s ", operators[rd->flags]);
    add_text(out, pool_id2str(s->pool, rd->evr));
    stet_buffer_add_char(out, ')');
}

/* A dependency as its author wrote it. A loop and a buffer, not the pool's temporary strings: only
 * 16 of those live at a time, and there may be any number of alternatives. */
static void add_dep(struct stet_buffer *out, const struct stet_solver *s, Id dep)
{
    while (ISRELDEP(dep) && GETRELDEP(s->pool, dep)->flags == REL_OR) {
        const Reldep *rd = GETRELDEP(s->pool, dep);
        add_alternative(out, s, rd->name);
        stet_buffer_add_str(out, " | ");
        dep = rd->evr;
    }
    add_alternative(out, s, dep);
}

Id stet_solve_dep_name(const struct stet_solver *s, Id dep)
{
    while (ISRELDEP(dep))
        dep = GETRELDEP(s->pool, dep)->name;
    return dep;
}

/* ---- unknown names ---- */

/* Levenshtein's distance, with a limit on lengths; large when out of it. */
static unsigned distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    unsigned row[NAME_MAX_COMPARED + 1];
    if (la > NAME_MAX_COMPARED || lb > NAME_MAX_COMPARED)
        return NAME_MAX_COMPARED;
    for (size_t j = 0; j <= lb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < least ? change : least;
        }
    }
    return row[lb];
}

struct similar {
    const char *name;
    unsigned distance;
};

static void keep_similar(struct similar *best, const char *name, unsigned d)
{
    struct similar x = {name, d};
    for (int i = 0; i < SIMILAR_MAX; i++) {
        if (best[i].name && strcmp(best[i].name, x.name) == 0)
            return;
        if (!best[i].name || x.distance < best[i].distance ||
            (x.distance == best[i].distance && strcmp(x.name, best[i].name) < 0)) {
            struct similar moved = best[i];
            best[i] = x;
            x = moved;
            if (!x.name)
                return;
        }
    }
}

static void find_similar(const struct stet_solver *s, const char *name, struct similar *best)
{
    size_t len = strlen(name);
    unsigned limit = len <= 4 ? 1 : len <= 8 ? 2 : 3;
    Id last = 0;
    for (Id p = 2; p < s->pool->nsolvables; p++) {
        Id id = s->pool->solvables[p].name;
        if (!id || id == last || !stet_solve_installable(s, p))
            continue;
        last = id;
        const char *other = pool_id2str(s->pool, id);
        size_t other_len = strlen(other);
        if (other_len > len + limit || len > other_len + limit)
            continue;
        unsigned d = distance(name, other);
        if (d <= limit)
            keep_similar(best, other, d);
    }
}

/* Appends the names of packages that provide name; how many there are. */
static size_t find_providers(struct stet_solver *s, const char *name, struct stet_strv *out,
                             struct stet_error *err)
{
    Pool *pool = s->pool;
    Id p, pp, id = pool_str2id(pool, name, 0);
    if (!id)
        return 0;
    FOR_PROVIDES(p, pp, id)
    if (stet_solve_installable(s, p) &&
        stet_strv_add(out, pool_id2str(pool, pool->solvables[p].name), err) < 0)
        break;
    stet_strv_sort_unique(out);
    return out->count;
}

static void add_list(struct stet_buffer *out, const struct stet_strv *names)
{
    for (size_t i = 0; i < names->count && i < PROVIDERS_SHOWN; i++)
        stet_buffer_addf(out, "%s%s", i ? ", " : "", names->items[i]);
    if (names->count > PROVIDERS_SHOWN)
        stet_buffer_addf(out, " and %zu more", names->count - PROVIDERS_SHOWN);
}

int stet_solve_explain_unknown(struct stet_solver *s, const char *name, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv providers = STET_STRV_INIT;
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (find_providers(s, name, &providers, err) > 0) {
        add_list(&text, &providers);
        return stet_error_input(err, "%s is a virtual package; name one of its providers: %s", name,
                                stet_buffer_str(&text));
    }
    struct similar best[SIMILAR_MAX] = {{NULL, 0}};
    find_similar(s, name, best);
    for (int i = 0; i < SIMILAR_MAX && best[i].name; i++)
        stet_buffer_addf(&text, "%s%s", i ? ", " : "; similar names: ", best[i].name);
    return stet_error_input(err, "there is no package %s for %s in the indexes%s", name,
                            s->architecture, stet_buffer_str(&text));
}

/* ---- contradictions ---- */

struct rule {
    SolverRuleinfo type;
    Id source, target, dep;
};

static int weight(SolverRuleinfo type)
{
    switch (type) {
    case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
        return 5;
    case SOLVER_RULE_PKG_CONFLICTS:
    case SOLVER_RULE_PKG_SELF_CONFLICT:
        return 4;
    case SOLVER_RULE_PKG_SAME_NAME:
        return 3;
    case SOLVER_RULE_PKG_NOT_INSTALLABLE:
        return 2;
    case SOLVER_RULE_PKG_REQUIRES:
        return 1;
    default:
        return 0;
    }
}

/* What exists of a name that a dependency asks for in another version. */
static void add_why_missing(struct stet_buffer *out, struct stet_solver *s, Id dep)
{
    Id name = stet_solve_dep_name(s, dep), newest;
    bool simple = ISRELDEP(dep) && GETRELDEP(s->pool, dep)->flags <= 7;
    newest = simple ? stet_solve_newest(s, name, NULL) : 0;
    if (newest)
        stet_buffer_addf(out, ", but the newest there is %s",
                         pool_id2str(s->pool, s->pool->solvables[newest].evr));
    else
        stet_buffer_add_str(out, ", which no index has");
}

static void add_rule(struct stet_buffer *out, struct stet_solver *s, const struct rule *r)
{
    add_package(out, s, r->source);
    switch (r->type) {
    case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
        stet_buffer_add_str(out, " needs ");
        add_dep(out, s, r->dep);
        add_why_missing(out, s, r->dep);
        break;
    case SOLVER_RULE_PKG_CONFLICTS:
        stet_buffer_add_str(out, " conflicts with ");
        add_package(out, s, r->target);
        stet_buffer_add_str(out, " by its Conflicts or Breaks: ");
        add_dep(out, s, r->dep);
        break;
    case SOLVER_RULE_PKG_SELF_CONFLICT:
        stet_buffer_add_str(out, " conflicts with itself: ");
        add_dep(out, s, r->dep);
        break;
    case SOLVER_RULE_PKG_SAME_NAME:
        stet_buffer_add_str(out, " and ");
        add_package(out, s, r->target);
        stet_buffer_add_str(out, " are both needed, but only one can be installed");
        break;
    case SOLVER_RULE_PKG_REQUIRES:
        stet_buffer_add_str(out, " needs ");
        add_dep(out, s, r->dep);
        stet_buffer_add_str(out, ", which cannot be installed");
        break;
    default:
        stet_buffer_add_str(out, " cannot be installed");
        break;
    }
}

/* libsolv's rules of the first problem; the array is the caller's. */
static struct rule *problem_rules(struct stet_solver *s, Solver *solver, Queue *jobs, size_t *count,
                                  struct stet_error *err)
{
    Queue rids;
    queue_init(&rids);
    solver_findallproblemrules(solver, 1, &rids);
    struct rule *rules = calloc((size_t)rids.count + 1, sizeof *rules);
    *count = 0;
    for (int i = 0; rules && i < rids.count; i++) {
        struct rule *r = &rules[*count];
        r->type = solver_ruleinfo(solver, rids.elements[i], &r->source, &r->target, &r->dep);
        Id what = 0;
        if (r->type == SOLVER_RULE_JOB && (solver_rule2job(solver, rids.elements[i], &what) &
                                           SOLVER_SELECTMASK) == SOLVER_SOLVABLE)
            queue_pushunique(jobs, what);
        if (r->type == SOLVER_RULE_PKG_SAME_NAME && r->source > r->target) {
            Id larger = r->source; /* the rule has no direction */
            r->source = r->target;
            r->target = larger;
        }
        if (weight(r->type) > 0)
            (*count)++;
    }
    queue_free(&rids);
    if (!rules)
        stet_error_oom(err, "explaining a contradiction");
    (void)s;
    return rules;
}

/* A total order that does not depend on ids. */
static int compare_rules(const struct stet_solver *s, const struct rule *a, const struct rule *b)
{
    int c = weight(b->type) - weight(a->type);
    if (c)
        return c;
    _cleanup_buffer_ struct stet_buffer left = STET_BUFFER_INIT, right = STET_BUFFER_INIT;
    add_package(&left, s, a->source);
    add_package(&right, s, b->source);
    c = strcmp(stet_buffer_str(&left), stet_buffer_str(&right));
    if (c || !a->dep || !b->dep)
        return c;
    stet_buffer_clear(&left);
    stet_buffer_clear(&right);
    add_dep(&left, s, a->dep);
    add_dep(&right, s, b->dep);
    return strcmp(stet_buffer_str(&left), stet_buffer_str(&right));
}

static bool provides(Pool *pool, Id dep, Id package)
{
    Id p, pp;
    FOR_PROVIDES(p, pp, dep)
    if (p == package)
        return true;
    return false;
}

/* The way from a wanted package to target over the problem's requirements, target first. */
static void find_chain(struct stet_solver *s, const struct rule *rules, size_t count,
                       const Queue *wanted, Id target, Queue *chain)
{
    queue_push(chain, target);
    while (chain->count < CHAIN_MAX) {
        Id last = chain->elements[chain->count - 1], before = 0;
        for (int i = 0; i < wanted->count; i++)
            if (wanted->elements[i] == last)
                return;
        for (size_t i = 0; i < count && !before; i++) {
            if (rules[i].type != SOLVER_RULE_PKG_REQUIRES || !provides(s->pool, rules[i].dep, last))
                continue;
            before = rules[i].source;
            for (int k = 0; k < chain->count; k++)
                if (chain->elements[k] == before)
                    before = 0;
        }
        if (!before)
            return;
        queue_push(chain, before);
    }
}

static void add_chain(struct stet_buffer *out, const struct stet_solver *s, const Queue *chain)
{
    if (chain->count < 2)
        return;
    stet_buffer_add_str(out, " (");
    for (int i = chain->count - 1; i >= 0; i--) {
        stet_buffer_add_str(out, pool_id2str(s->pool, s->pool->solvables[chain->elements[i]].name));
        if (i > 0)
            stet_buffer_add_str(out, i == chain->count - 1 ? " needs " : ", which needs ");
    }
    stet_buffer_add_str(out, ")");
}

int stet_solve_explain_problem(struct stet_solver *s, Solver *solver, struct stet_error *err)
{
    Queue wanted, chain;
    size_t count;
    queue_init(&wanted);
    queue_init(&chain);
    struct rule *rules = problem_rules(s, solver, &wanted, &count, err);
    const struct rule *worst = NULL;
    for (size_t i = 0; rules && i < count; i++)
        if (!worst || compare_rules(s, &rules[i], worst) < 0)
            worst = &rules[i];
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (worst) {
        add_rule(&text, s, worst);
        find_chain(s, rules, count, &wanted, worst->source, &chain);
        add_chain(&text, s, &chain);
        if (worst->type == SOLVER_RULE_PKG_CONFLICTS || worst->type == SOLVER_RULE_PKG_SAME_NAME) {
            queue_empty(&chain);
            find_chain(s, rules, count, &wanted, worst->target, &chain);
            add_chain(&text, s, &chain);
        }
        stet_error_input(err, "these packages cannot be installed together: %s",
                         stet_buffer_str(&text));
    } else if (rules) {
        stet_error_input(err, "these packages cannot be installed together: %s",
                         solver_problem2str(solver, 1));
    }
    free(rules);
    queue_free(&chain);
    queue_free(&wanted);
    return -1;
}
