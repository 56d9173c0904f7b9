/*
 * resolve_fixture - small Arch repositories with keys and signatures, and recipes that are resolved over them. Whatever
 * fails here fails the test.
 */
#ifndef STET_TESTS_UNIT_ARCH_RESOLVE_FIXTURE_H
#define STET_TESTS_UNIT_ARCH_RESOLVE_FIXTURE_H

#include "lib/distro/arch/resolve.h"

enum { FIXTURE_NOW = 1780000000 }; /* 2026-05-28 */

/* The folder with everything; made by fixture_begin(). */
extern char *fixture_dir;

/* For cmocka's group: the folder with
 *   good/      core.db with base (needs lib; signed in the database) and lib, extra.db with tool (needs lib)
 *   keyring.gpg and NAME.fpr of the keys Good, Other, Old (until 2021), Gone (revoked); Stranger is not in it */
int fixture_begin(void **state);
int fixture_end(void **state);
/* For each test: an empty store. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/*
 * Runs a shell script in the folder. It has the functions of tests/support/gpg.h, and
 *   pkg FOLDER NAME VERSION [DEPENDENCY]...   a package file and its entry; $inside_name, $inside_version and
 *                                             $inside_arch are what its .PKGINFO says, $built its build date
 *   edit FOLDER NAME SED-SCRIPT               changes the entry
 *   embed FOLDER NAME                         puts the signature of the file into the entry
 *   db FOLDER REPOSITORY [NAME]...            makes FOLDER/REPOSITORY.db of these packages' entries
 *   signs KEY FOLDER NAME                     signs the package file, in March 2020
 */
void fixture_run(const char *script);

struct fixture_recipe {
    const char *mirrors;      /* words; "%" stands for the folder; NULL: "%/good" */
    const char *repositories; /* words; NULL: "core extra" */
    const char *packages;     /* words; NULL: "base" */
    const char *keyring;      /* NULL: "keyring.gpg", beside the recipe */
    enum stet_siglevel siglevel, database;
    bool offline;
    const struct stet_log *log;
};
/* 0, or -1 with err; the lock is the caller's to release in either case. */
int fixture_resolve(const struct fixture_recipe *r, struct stet_lock *lock, struct stet_error *err);
/* It resolves to exactly these packages: "name version reason needed-by signers" each line. */
void fixture_expect(const struct fixture_recipe *r, const char *packages);
void fixture_refuse(const struct fixture_recipe *r, const char *error);

#endif
