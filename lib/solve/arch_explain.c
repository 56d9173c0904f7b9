/*
 * Why a request for Arch packages cannot be had, in one sentence.
 */
#include "lib/solve/arch.h"

enum { CHAIN_MAX = 8 };

static void add_package(struct stet_buffer *out, const Pool *pool, Id p)
{
    const Solvable *s = pool->solvables + p;
    stet_buffer_addf(out, "%s %s", pool_id2str(pool, s->name), pool_id2str(pool, s->evr));
}

/* As it is written in a PKGBUILD. */
static void add_relation(struct stet_buffer *out, Pool *pool, const struct arch_relation *r)
{
    stet_buffer_add_str(out, pool_id2str(pool, r->name));
    if (r->flags & REL_LT)
        stet_buffer_add_char(out, '<');
    if (r->flags & REL_GT)
        stet_buffer_add_char(out, '>');
    if (r->flags & REL_EQ)
        stet_buffer_add_char(out, '=');
    if (r->version)
        stet_buffer_add_str(out, r->version);
}

/* " (a needs b, which needs c)": how package came to be chosen; nothing when it was asked for. */
static void add_chain(struct stet_buffer *out, const Pool *pool, const struct arch_choice *c,
                      Id package)
{
    Id chain[CHAIN_MAX] = {package};
    int n = 1;
    while (n < CHAIN_MAX && c->why[chain[n - 1]]) {
        chain[n] = c->why[chain[n - 1]];
        n++;
    }
    for (int i = n - 1; i >= 0 && n > 1; i--)
        stet_buffer_addf(out, "%s%s",
                         i == n - 1   ? " ("
                         : i == n - 2 ? " needs "
                                      : ", which needs ",
                         pool_id2str(pool, pool->solvables[chain[i]].name));
    if (n > 1)
        stet_buffer_add_char(out, ')');
}

/* The provision of p that has this name. */
static struct arch_relation provision(Pool *pool, Id p, Id name)
{
    const Solvable *s = pool->solvables + p;
    struct arch_relation r = {0, 0, NULL};
    for (const Id *id = s->repo->idarraydata + s->provides; *id && r.name != name; id++)
        r = stet_solve_arch_relation(pool, *id);
    return r;
}

/* What there is of a name that is asked for in another version: the first package that has the name
 * or provides it. */
static void add_why_missing(struct stet_buffer *out, Pool *pool, Id name)
{
    Id p, pp, package = 0, provider = 0;
    if (name) {
        FOR_PROVIDES(p, pp, name)
        {
            Id *best = pool->solvables[p].name == name ? &package : &provider;
            if (!*best || p < *best)
                *best = p;
        }
    }
    if (package) {
        stet_buffer_add_str(out, ", but there is only ");
        add_package(out, pool, package);
    } else if (provider) {
        struct arch_relation r = provision(pool, provider, name);
        stet_buffer_add_str(out, ", but there is only ");
        add_relation(out, pool, &r);
        stet_buffer_add_str(out, " of ");
        add_package(out, pool, provider);
    } else {
        stet_buffer_add_str(out, ", which no index has");
    }
}

static int together(struct stet_buffer *text, struct stet_error *err)
{
    return stet_error_input(err, "these packages cannot be installed together: %s",
                            stet_buffer_str(text));
}

int stet_solve_arch_explain_wanted(struct stet_solver *s, const char *text,
                                   const struct arch_relation *r, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer why = STET_BUFFER_INIT;
    if (!r->version)
        return stet_solve_explain_unknown(s, text, err);
    add_why_missing(&why, s->pool, r->name);
    return stet_error_input(err, "package %s was asked for%s", text, stet_buffer_str(&why));
}

int stet_solve_arch_explain_missing(struct stet_solver *s, const struct arch_choice *c, Id p,
                                    Id dep, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    struct arch_relation r = stet_solve_arch_relation(s->pool, dep);
    Id other = stet_solve_arch_chosen(s->pool, c, r.name);
    add_package(&text, s->pool, p);
    stet_buffer_add_str(&text, " needs ");
    add_relation(&text, s->pool, &r);
    if (other) {
        stet_buffer_add_str(&text, ", but ");
        add_package(&text, s->pool, other);
        stet_buffer_add_str(&text, " is chosen already");
        add_chain(&text, s->pool, c, other);
    } else {
        add_why_missing(&text, s->pool, r.name);
    }
    add_chain(&text, s->pool, c, p);
    return together(&text, err);
}

int stet_solve_arch_explain_conflict(struct stet_solver *s, const struct arch_choice *c, Id p, Id q,
                                     Id conflict, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    struct arch_relation r = stet_solve_arch_relation(s->pool, conflict);
    add_package(&text, s->pool, p);
    stet_buffer_add_str(&text, " conflicts with ");
    add_package(&text, s->pool, q);
    stet_buffer_add_str(&text, " by its conflicts: ");
    add_relation(&text, s->pool, &r);
    add_chain(&text, s->pool, c, p);
    add_chain(&text, s->pool, c, q);
    return together(&text, err);
}

int stet_solve_arch_explain_other(struct stet_solver *s, const struct arch_choice *c, Id p,
                                  struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    Id other = stet_solve_arch_chosen(s->pool, c, s->pool->solvables[p].name);
    add_package(&text, s->pool, p);
    stet_buffer_add_str(&text, " was asked for, but ");
    add_package(&text, s->pool, other);
    stet_buffer_add_str(&text, " is chosen already");
    add_chain(&text, s->pool, c, other);
    return together(&text, err);
}
