/*
 * solve - dependency solving over libsolv. Of distributions' file formats it knows their indexes
 * only.
 *
 * A solver holds indexes added in order of preference (earlier wins for the same
 * version). Solving is deterministic: the same indexes, architecture and request give
 * the same packages in the same order, on every machine.
 */
#ifndef STET_SOLVE_SOLVE_H
#define STET_SOLVE_SOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/base.h"
#include "lib/digest/digest.h"

enum stet_solve_kind { STET_SOLVE_DEBIAN, STET_SOLVE_ARCH, STET_SOLVE_ALPINE };

struct stet_solver;
struct stet_solver *stet_solver_new(enum stet_solve_kind kind, const char *architecture,
                                    struct stet_error *err);
void stet_solver_free(struct stet_solver *s);

/* Reads an index in the ecosystem's form (Debian: the text of Packages; Arch: the tar of a
 * repository's database, not compressed) from memory; index_id is handed back with each package.
 * data is borrowed until the solver is freed: what is told of the packages of a solution is read
 * from it then. name is for errors. */
int stet_solver_add_index(struct stet_solver *s, const char *name, const char *data, size_t len,
                          unsigned index_id, struct stet_error *err);

/*
 * Appends, sorted, the names of the packages whose newest version (of this architecture) has the
 * line "field: value" in its index exactly so: "Essential", "yes". For the ecosystems' base sets.
 * Arch: field is "GROUPS" and value one of the groups of the earliest index's package of that name.
 */
int stet_solver_names_with(struct stet_solver *s, const char *field, const char *value,
                           struct stet_strv *out, struct stet_error *err);

/* The newest build date (seconds since 1970) of the packages in the index with this id; 0 when it
 * has none. Arch. */
int64_t stet_solver_index_date(const struct stet_solver *s, unsigned index_id);

/* A package as the index describes it. Strings are borrowed from the solver. */
struct stet_solve_package {
    const char *name, *version, *architecture;
    const char *location; /* path of the package file relative to the repository */
    uint64_t size;
    struct stet_digest digest; /* SHA-256 */
    bool has_digest;
    unsigned index_id;
    const char *needed_by; /* the first package in order that asked for it; NULL: requested */
    bool requested;
    const char *signature; /* Arch: %PGPSIG%, a detached OpenPGP signature in base64; NULL: none */
    unsigned stage;
};

struct stet_solve_request {
    const struct stet_strv
        *install; /* "name", "name=version", "name:arch", "name/suite" is refused */
    const struct stet_strv *favor; /* preferred among alternatives, strongest first */
    const struct stet_strv *first; /* stage 0: these and what they need */
    bool recommends;               /* install Recommends as well */
};

struct stet_solve_result {
    struct stet_solve_package
        *packages; /* install order: stages ascending; within one, what is needed
                      before (Pre-Depends, then Depends), ties by name */
    size_t count;
};
void stet_solve_result_release(struct stet_solve_result *r);

/*
 * Solves. Of alternatives ("a | b") the first that can be installed is taken unless
 * another is wanted anyway; of providers of a virtual package a favored one, then the first by
 * name. Newest versions win; a package asked for by name is installed in its newest version or not
 * at all. Nothing unneeded is installed. A virtual package may be asked for when exactly one
 * package provides it.
 *
 * Stages: 0 holds request->first with its dependencies. Every other package is in the latest of
 * as few further stages as there can be, such that whatever it pre-depends on, with the
 * dependencies of that, is in an earlier stage than itself; and what it depends on in no later one.
 * Packages that depend on each other in a circle share a stage.
 *
 * Arch: as pacman chooses and orders, into an empty root. What is asked for is a package, else what
 * is provided by one (the first in order of indexes and names), else a group: all its members.
 * Dependencies as in libalpm's resolvedeps: what is chosen already, what was asked for, the package
 * of that name (of the first index where it satisfies the dependency, whatever versions later
 * ones have), the first provider in order of indexes and names. Another provider is not tried when
 * that one cannot be had: pacman fails then, and so does this. Order as libalpm's sortbydeps
 * gives it, circles as well. favor, first and recommends are not used; there is one stage, 0. Two
 * packages of the solution that conflict are an error that names both and why each is there (also
 * where one provides the other, which pacman would leave out with a warning), and so is a
 * "name=version" whose name another version gets for a dependency.
 *
 * Unknown names and unsatisfiable dependencies are STET_ERROR_INPUT: one line that says which
 * package needs what, and why that cannot be had (with similar names for an unknown one).
 */
int stet_solve(struct stet_solver *s, const struct stet_solve_request *request,
               struct stet_solve_result *out, struct stet_error *err);

/* ---- what Arch's versions mean, for whoever else judges them ---- */

/* As vercmp(8): [epoch:]version[-release], by rpm's segments; a release counts only where both have one. Like strcmp.
 * Accepts any text. */
int stet_solve_arch_vercmp(const char *a, const char *b);

/* Does a package of this name and version satisfy the dependency ("name", "name>=1.2", "name=1:2-3", ...) by itself or by
 * what it provides? A provision without a version satisfies only a dependency without one. */
bool stet_solve_arch_satisfied(const char *dependency, const char *name, const char *version,
                               const struct stet_strv *provides);

#endif
