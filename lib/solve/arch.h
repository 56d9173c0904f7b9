/*
 * The Arch side of lib/solve. libsolv's pool holds the packages and finds providers by name. The
 * rest is decided here, because both of libsolv's own answers differ from pacman's: it orders
 * versions as rpm does ("1.0rc1" after "1.0"), and where pacman's choice cannot be installed
 * it would find another one, where pacman stops.
 */
#ifndef STET_SOLVE_ARCH_H
#define STET_SOLVE_ARCH_H

#include "lib/solve/internal.h"

/* Strings one after the other in the index's text, each ended by a NUL. */
struct arch_list {
    uint32_t start, count;
};

/* A package as a database describes it. Strings are places in the index's text; 0: absent. */
struct arch_package {
    uint32_t directory; /* of its entries: NAME-VERSION */
    uint32_t name, version, architecture, filename, signature;
    uint64_t size;
    int64_t built; /* seconds since 1970; 0 when not said */
    struct stet_digest digest;
    bool has_digest;
    struct arch_list groups, depends, conflicts, provides;
    uint32_t seen; /* a bit for each field read */
};

/* A dependency, conflict or provision: NAME, or NAME and a version with an operator. */
struct arch_relation {
    Id name;             /* 0: no package or provision has it */
    int flags;           /* REL_LT, REL_EQ, REL_GT together; 0: any version */
    const char *version; /* NULL when any */
};

/* ---- arch_desc.c: reading one desc ---- */

static inline const char *stet_solve_arch_string(const struct index *index, uint32_t place)
{
    return index->text.data + place;
}
/* Adds what a desc (or the depends of old databases) says to p. */
int stet_solve_arch_desc(struct index *index, struct arch_package *p, const char *text, size_t len,
                         struct stet_error *err);
/* Has p all it must have, and may its strings be used in paths? */
int stet_solve_arch_check(const struct index *index, const struct arch_package *p,
                          struct stet_error *err);
/* "index I: package "D": what", as a format. Returns -1. */
int stet_solve_arch_bad(const struct index *index, const struct arch_package *p,
                        struct stet_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- arch.c: databases ---- */

int stet_solve_arch_add(struct stet_solver *s, struct index *index, const char *data, size_t len,
                        struct stet_error *err);
/* The package p and its index; p is one of the pool's. */
const struct arch_package *stet_solve_arch_package(const struct stet_solver *s, Id p,
                                                   const struct index **index);
bool stet_solve_arch_in_group(const struct index *index, const struct arch_package *p,
                              const char *group);
int stet_solve_arch_names_with(struct stet_solver *s, const char *field, const char *value,
                               struct stet_strv *out, struct stet_error *err);

/* ---- arch_version.c ---- */

/* Takes "NAME", "NAME=VERSION", "NAME>=VERSION" and so on apart: how long NAME is. A description
 * after ": " is left out: *end is where the version ends. */
size_t stet_solve_arch_split(const char *text, int *flags, const char **version, const char **end);
struct arch_relation stet_solve_arch_relation(Pool *pool, Id dep);
/* Is p the package that r names, in a version that r accepts? */
bool stet_solve_arch_is(Pool *pool, Id p, const struct arch_relation *r);
/* Is it, or does it provide that? */
bool stet_solve_arch_satisfies(Pool *pool, Id p, const struct arch_relation *r);

/* ---- arch_wanted.c, arch_choose.c, arch_order.c: solving ---- */

/* The packages to install, in the order in which they were chosen. */
struct arch_choice {
    Queue packages;
    int *place; /* by solvable: its place in packages from 1; 0: not chosen */
    Id *why;    /* by solvable: the package that it was chosen for; 0: asked for */
};

/* The packages asked for, in the order of the request. */
int stet_solve_arch_wanted(struct stet_solver *s, const struct stet_strv *install, Queue *wanted,
                           struct stet_error *err);
/* Chooses what wanted needs; fails when that cannot be had or conflicts. */
int stet_solve_arch_choose(struct stet_solver *s, const Queue *wanted, struct arch_choice *out,
                           struct stet_error *err);
/* The chosen package of this name; 0: none. */
Id stet_solve_arch_chosen(Pool *pool, const struct arch_choice *c, Id name);
/* Was a package asked for whose name another version got, for a dependency? Without a version in
 * the request that one is as good, and takes its place in wanted. With one it is an error. */
int stet_solve_arch_settle(struct stet_solver *s, const struct stet_strv *install,
                           const struct arch_choice *choice, Queue *wanted, struct stet_error *err);
int stet_solve_arch_order(struct stet_solver *s, const Queue *wanted,
                          const struct arch_choice *choice, struct stet_solve_result *out,
                          struct stet_error *err);
/* All of it. */
int stet_solve_arch(struct stet_solver *s, const struct stet_solve_request *request,
                    struct stet_solve_result *out, struct stet_error *err);

/* ---- arch_explain.c: fill err and return -1 ---- */

/* text is what was asked for. */
int stet_solve_arch_explain_wanted(struct stet_solver *s, const char *text,
                                   const struct arch_relation *r, struct stet_error *err);
/* p needs dep, which nothing gives. */
int stet_solve_arch_explain_missing(struct stet_solver *s, const struct arch_choice *c, Id p,
                                    Id dep, struct stet_error *err);
/* p names q by its conflict. */
int stet_solve_arch_explain_conflict(struct stet_solver *s, const struct arch_choice *c, Id p, Id q,
                                     Id conflict, struct stet_error *err);
/* Another version of p, which was asked for, was chosen for a dependency. */
int stet_solve_arch_explain_other(struct stet_solver *s, const struct arch_choice *c, Id p,
                                  struct stet_error *err);

#endif
