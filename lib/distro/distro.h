/*
 * distro - the ecosystem interface. One table per distribution; the pipeline in lib/build calls it
 * in the order of its members. Adding a distribution adds one folder and one line in
 * distro.c.
 */
#ifndef STET_DISTRO_DISTRO_H
#define STET_DISTRO_DISTRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/entry/entry.h"
#include "lib/recipe/recipe.h"
#include "lib/sandbox/sandbox.h"
#include "lib/store/store.h"

struct stet_resolve_context {
    struct stet_store *store;
    bool offline; /* use remembered indexes and stored contents only */
    struct stet_net_options net;
    const struct stet_log *log;
    int64_t now; /* seconds since 1970, for Valid-Until */
    const char
        *apt_root; /* where the machine's own configuration is: "" normally; tests pass a folder */
};

struct stet_build_context {
    struct stet_store *store;
    const struct stet_lock *lock;
    unsigned threads;
    const struct stet_log *log;
    int root; /* directory descriptor of the root being built */
    int work; /* directory descriptor of the private working directory */
    const struct stet_sandbox *sandbox;
    /* Tells the pipeline that mtime (seconds) came with a package: entries of the finished root that
     * carry it (with nanoseconds 0) keep it; all others get the epoch. Thread-safe. */
    int (*keep_mtime)(void *ctx, int64_t mtime, struct stet_error *err);
    void *keep_ctx;
    void *state; /* the ecosystem's own, made by begin and freed by end */
};

/* One cleaning rule; see lib/build/scrub. Rules run in the order of the table. */
struct stet_scrub_rule {
    const char *name; /* "apt-lists": printed with --verbose and documented */
    const char *why;
    const char *const *remove;   /* NULL-terminated globs of paths to remove, or NULL */
    const char *const *keep;     /* globs excepted from remove, or NULL */
    const char *const *truncate; /* globs of files to empty, or NULL */
    int (*run)(struct stet_build_context *ctx, struct stet_error *err); /* or NULL */
};

struct stet_distro {
    const char *name; /* recipe's ecosystem */

    /* Checks what only this ecosystem knows and fills in defaults (base, keyring, components, architecture). */
    int (*complete_recipe)(struct stet_recipe *recipe, struct stet_error *err);
    /* Fetches and verifies indexes, solves; fills lock->indexes, packages, and epoch when the recipe says auto.
     * lock->recipe is already there. */
    int (*resolve)(const struct stet_resolve_context *ctx, struct stet_lock *lock,
                   struct stet_error *err);

    /* Prepares an empty root: links, package database. */
    int (*begin)(struct stet_build_context *ctx, struct stet_error *err);
    /* Unpacks the packages of one stage. All are in the store. */
    int (*unpack)(struct stet_build_context *ctx, unsigned stage, struct stet_error *err);
    /* Runs what must run for one stage, in the sandbox. */
    int (*configure)(struct stet_build_context *ctx, unsigned stage, struct stet_error *err);
    /* After the last stage: undo what was neutralised, write the package manager's configuration. */
    int (*finish)(struct stet_build_context *ctx, struct stet_error *err);
    /* Frees ctx->state; on every path. */
    void (*end)(struct stet_build_context *ctx);

    const struct stet_scrub_rule *scrub_rules; /* ends with a rule whose name is NULL */
    /* Does a package ship path (no leading or final '/')? What it ships is left alone by the rules for all roots; NULL:
     * they apply to everything. Valid until end. */
    bool (*owns)(const struct stet_build_context *ctx, const char *path);

    /* The files of the package database of a finished image, as a glob (stet_path_match(): "var/lib/dpkg/status"). */
    const char *database_glob;
    /* Appends the packages that one of these files tells of, as "name version architecture", to out. */
    int (*list_packages)(const char *text, size_t len, struct stet_strv *out,
                         struct stet_error *err);
    /* OCI (Go) name and variant of a distribution architecture; NULL when unknown. */
    const char *(*oci_architecture)(const char *architecture, const char **variant);
    /* uname -m of it. */
    const char *(*machine)(const char *architecture);
};

/* By the recipe's ecosystem; NULL with err (which lists the known ones). */
const struct stet_distro *stet_distro_find(const char *ecosystem, struct stet_error *err);
/* All, ended by NULL. */
const struct stet_distro *const *stet_distro_all(void);

#endif
