/*
 * The pipeline's own parts. Each fills one phase; image.c calls them in order.
 */
#ifndef STET_BUILD_INTERNAL_H
#define STET_BUILD_INTERNAL_H

#include <pthread.h>

#include "lib/build/build.h"
#include "lib/tar/tar.h"
#include "lib/tree/tree.h"

/* The modification times that came with packages: a set of seconds. Adding is thread-safe. */
struct stet_mtimes {
    pthread_mutex_t lock;
    int64_t *slots; /* open addressing; INT64_MIN is free */
    size_t size;    /* a power of two, or 0 */
    size_t used;
};
void stet_mtimes_init(struct stet_mtimes *m);
void stet_mtimes_release(struct stet_mtimes *m);
/* Has the form of stet_build_context.keep_mtime; ctx is a struct stet_mtimes. */
int stet_mtimes_add(void *ctx, int64_t mtime, struct stet_error *err);
/* Not to be called while another thread adds. */
bool stet_mtimes_has(const struct stet_mtimes *m, int64_t mtime);

/*
 * Makes the working directory of a build of lock: a tmpfs when the caller did not ask for a place of his own, on_disk is
 * false, and half of the memory available is more than the build is likely to need.
 */
int stet_work_begin(const struct stet_lock *lock, const struct stet_build_options *options,
                    bool on_disk, struct stet_store_work *out, struct stet_error *err);
/* Is it one in memory that ran full, or nearly so? */
bool stet_work_is_full(const struct stet_store_work *work);

/*
 * Makes every path under root that a rule names go away, then runs the rule's function. Rules of
 * the ecosystem first, then the general ones (scrub.c). Each thing done is a verbose line: "scrub
 * NAME: path". Of owns see struct stet_distro; NULL: nothing is left alone.
 */
int stet_scrub(struct stet_build_context *ctx, const struct stet_scrub_rule *rules,
               bool (*owns)(const struct stet_build_context *ctx, const char *path),
               struct stet_error *err);

/* The general rules, for any root. */
extern const struct stet_scrub_rule stet_scrub_general[];

/* Puts the recipe's files into the root. */
int stet_place_files(int root, const struct stet_recipe *recipe, struct stet_error *err);

/* Scans the finished root: the recipe's exclude and include globs, and the rule for times
 * (docs/format-1.md). */
int stet_finished_tree(int root, const struct stet_lock *lock, const struct stet_mtimes *mtimes,
                       unsigned threads, const struct stet_log *log, struct stet_tree *out,
                       struct stet_error *err);

/* A sealed layer: the blob is in fd (no name, below work). */
struct stet_sealed {
    struct stet_oci_layer layer;
    int fd;
};
int stet_seal(const struct stet_tree *tree, int root, int work, enum stet_compression compression,
              unsigned threads, const struct stet_log *log, struct stet_sealed *out,
              struct stet_error *err);

/* Config and manifest of a sealed layer. */
int stet_describe(const struct stet_lock *lock, const struct stet_distro *distro,
                  const struct stet_oci_layer *layer, struct stet_oci_image *out,
                  struct stet_error *err);

/*
 * The files of package databases that a stack of layers shows (databases.c): what a higher layer replaces or deletes
 * with a whiteout (OCI image-spec, layer.md) is gone.
 */
struct stet_database_file {
    char *path;
    struct stet_buffer text;
    size_t layer;
    const struct stet_distro *distro;
};
struct stet_databases {
    struct stet_database_file *files;
    size_t count, cap;
    uint64_t bytes;
};
/* Takes notice of an entry of a layer, layers from the lowest, and reads its content if it is part of a database. */
int stet_databases_take(struct stet_databases *d, struct stet_tar_reader *tar,
                        const struct stet_entry *e, size_t layer, struct stet_error *err);
/* The packages, sorted, each once, and the name of their ecosystem (that of the highest layer with a database); NULL
 * where there is no database. */
int stet_databases_list(const struct stet_databases *d, struct stet_strv *packages,
                        const char **ecosystem, struct stet_error *err);
void stet_databases_release(struct stet_databases *d);

/* Writes one place. */
int stet_publish(const struct stet_oci_image *image, const struct stet_tree *tree, int root,
                 unsigned threads, const struct stet_oci_place *place, struct stet_error *err);

#endif
