/*
 * What is asked for, as pacman reads its targets: a package, else what one provides, else a
 * group.
 */
#include "lib/solve/arch.h"

static int read_request(Pool *pool, const char *text, struct arch_relation *out,
                        struct stet_error *err)
{
    const char *end;
    size_t len = stet_solve_arch_split(text, &out->flags, &out->version, &end);
    if (len == 0 || strpbrk(text, "/<> \t\n") || (out->version && !*out->version))
        return stet_error_input(err, "\"%s\" does not name a package; write NAME or NAME=VERSION",
                                text);
    out->name = pool_strn2id(pool, text, (unsigned)len, 0);
    return 0;
}

static int add_wanted(struct stet_solver *s, Id p, Queue *wanted, struct stet_error *err)
{
    Pool *pool = s->pool;
    for (int i = 0; i < wanted->count; i++) {
        Id other = wanted->elements[i];
        if (other == p)
            return 0;
        if (pool->solvables[other].name == pool->solvables[p].name)
            return stet_error_input(err, "package %s is asked for in two versions, %s and %s",
                                    pool_id2str(pool, pool->solvables[p].name),
                                    pool_id2str(pool, pool->solvables[other].evr),
                                    pool_id2str(pool, pool->solvables[p].evr));
    }
    queue_push(wanted, p);
    return 0;
}

/* The first in order of indexes and names, which is the order of ids; 0: none. */
static Id find_package(Pool *pool, const struct arch_relation *r)
{
    Id p, pp, package = 0, provider = 0;
    if (!r->name)
        return 0;
    FOR_PROVIDES(p, pp, r->name)
    {
        if (pool->solvables[p].name == r->name) {
            if (stet_solve_arch_is(pool, p, r) && (!package || p < package))
                package = p;
        } else if (stet_solve_arch_satisfies(pool, p, r) && (!provider || p < provider)) {
            provider = p;
        }
    }
    return package ? package : provider;
}

static bool has_name(const Pool *pool, const Queue *q, Id name)
{
    for (int i = 0; i < q->count; i++)
        if (pool->solvables[q->elements[i]].name == name)
            return true;
    return false;
}

static void find_members(struct stet_solver *s, const char *group, Queue *out)
{
    for (size_t i = 0; i < s->index_count; i++) {
        const struct index *index = &s->indexes[i];
        for (size_t k = 0; k < index->count; k++) {
            Id p = index->first + (Id)k;
            if (stet_solve_arch_in_group(index, &index->packages[k], group) &&
                stet_solve_installable(s, p) && !has_name(s->pool, out, s->pool->solvables[p].name))
                queue_push(out, p);
        }
    }
}

static int add_request(struct stet_solver *s, const char *text, Queue *wanted,
                       struct stet_error *err)
{
    struct arch_relation r;
    if (read_request(s->pool, text, &r, err) < 0)
        return -1;
    Id p = find_package(s->pool, &r);
    if (p)
        return add_wanted(s, p, wanted, err);
    Queue members;
    queue_init(&members);
    find_members(s, text, &members);
    int result = 0;
    if (members.count == 0)
        result = stet_solve_arch_explain_wanted(s, text, &r, err);
    for (int i = 0; i < members.count && result == 0; i++)
        result = add_wanted(s, members.elements[i], wanted, err);
    queue_free(&members);
    return result;
}

int stet_solve_arch_wanted(struct stet_solver *s, const struct stet_strv *install, Queue *wanted,
                           struct stet_error *err)
{
    for (size_t i = 0; install && i < install->count; i++)
        if (add_request(s, install->items[i], wanted, err) < 0)
            return -1;
    return 0;
}

int stet_solve_arch_settle(struct stet_solver *s, const struct stet_strv *install,
                           const struct arch_choice *choice, Queue *wanted, struct stet_error *err)
{
    Pool *pool = s->pool;
    for (int i = 0; i < wanted->count; i++)
        wanted->elements[i] =
            stet_solve_arch_chosen(pool, choice, pool->solvables[wanted->elements[i]].name);
    for (size_t i = 0; install && i < install->count; i++) {
        struct arch_relation r;
        if (read_request(pool, install->items[i], &r, err) < 0)
            return -1;
        Id p = r.version ? find_package(pool, &r) : 0;
        if (!p || choice->place[p])
            continue;
        Id got = stet_solve_arch_chosen(pool, choice, pool->solvables[p].name);
        if (!stet_solve_arch_satisfies(pool, got, &r))
            return stet_solve_arch_explain_other(s, choice, p, err);
    }
    return 0;
}
