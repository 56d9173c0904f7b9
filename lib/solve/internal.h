/*
 * What the sources of lib/solve share.
 */
#ifndef STET_SOLVE_INTERNAL_H
#define STET_SOLVE_INTERNAL_H

#include <solv/pool.h>
#include <solv/repo.h>

/* After those two: libsolv's headers do not include what they need. */
#include <solv/evr.h>
#include <solv/repo_deb.h>
#include <solv/solver.h>

#include "lib/solve/solve.h"

/* The fields that are looked at for every package of an index, in the order they are handed to
 * libsolv. */
enum kept_field {
    KEPT_PACKAGE,
    KEPT_VERSION,
    KEPT_ARCHITECTURE,
    KEPT_DEPENDS,
    KEPT_PRE_DEPENDS,
    KEPT_RECOMMENDS,
    KEPT_CONFLICTS,
    KEPT_BREAKS,
    KEPT_PROVIDES,
    KEPT_MULTI_ARCH,
    KEPT_ESSENTIAL,
    KEPT_PRIORITY,
    KEPT_COUNT
};

/* One package's description in an index: a slice of its text, and where the kept fields' values are
 * in it. */
struct paragraph {
    const char *text;
    uint32_t len;
    struct {
        uint32_t start, len; /* len 0: absent or empty */
    } kept[KEPT_COUNT];
};

struct index {
    char *name;
    unsigned id;
    Repo *repo;
    struct paragraph *paragraphs;  /* paragraphs[i] describes solvable first + i (Debian) */
    struct arch_package *packages; /* the same (Arch), see arch.h */
    struct stet_buffer text;       /* the packages' strings (Arch) */
    size_t count, cap;
    Id first;
};

struct stet_solver {
    enum stet_solve_kind kind;
    char *architecture;
    Pool *pool;
    struct index *indexes;
    size_t index_count, index_cap;
    struct stet_strv strings; /* what results borrow */
    bool prepared;            /* the pool's provides table is up to date */
};

/* solve.c: builds the provides table when indexes were added since. */
void stet_solve_prepare(struct stet_solver *s);
/* Is p a package of this architecture (or of none)? */
bool stet_solve_installable(const struct stet_solver *s, Id p);
/* The newest installable package with exactly this name, the earliest index first; 0 when there is
 * none. version: NULL, or the only one accepted. */
Id stet_solve_newest(struct stet_solver *s, Id name, const char *version);
/* The name in a simple dependency without its version ("libc6" of "libc6 (>= 2.36)"). */
Id stet_solve_dep_name(const struct stet_solver *s, Id dep);

/* debian.c: reads a Packages file. */
int stet_solve_debian_add(struct stet_solver *s, struct index *index, const char *data, size_t len,
                          struct stet_error *err);
/* Location, size and digest of a package, from its paragraph. */
int stet_solve_debian_describe(struct stet_solver *s, const struct paragraph *p,
                               struct stet_solve_package *out, struct stet_error *err);

int stet_solve_debian_names_with(struct stet_solver *s, const char *field, const char *value,
                                 struct stet_strv *out, struct stet_error *err);

/* The paragraph of p and its index (may be NULL). */
const struct paragraph *stet_solve_paragraph(const struct stet_solver *s, Id p,
                                             const struct index **index);

/*
 * prefer.c: which packages the documented preferences would choose if nothing conflicted. banned
 * has a bit for every package that a solution could not use. Sets a bit in chosen for
 * each package of the choice.
 */
int stet_solve_prefer(struct stet_solver *s, const Queue *wanted,
                      const struct stet_solve_request *request, const Map *banned, Map *chosen,
                      struct stet_error *err);

/* order.c: out->packages of the solution (ids ascending), with stages, in install order. */
int stet_solve_order(struct stet_solver *s, const Queue *solution, const Queue *wanted,
                     const struct stet_solve_request *request, struct stet_solve_result *out,
                     struct stet_error *err);

/* explain.c: fill err and return -1. */
int stet_solve_explain_unknown(struct stet_solver *s, const char *name, struct stet_error *err);
int stet_solve_explain_problem(struct stet_solver *s, Solver *solver, struct stet_error *err);

#endif
