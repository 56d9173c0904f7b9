/*
 * build - the pipeline: resolve, fetch, unpack, configure, scrub, seal, describe, publish.
 *
 * Knows no distribution (lib/distro does) and no terminal (stet_log does). The
 * digest it returns is a function of the lock and of the format number alone; everything in
 * struct stet_build_options may change how long a build takes, and nothing else.
 */
#ifndef STET_BUILD_BUILD_H
#define STET_BUILD_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/digest/digest.h"
#include "lib/distro/distro.h"
#include "lib/oci/oci.h"
#include "lib/recipe/recipe.h"
#include "lib/store/store.h"

struct stet_resolve_options {
    struct stet_store *store;
    bool offline;
    struct stet_net_options net;
    const struct stet_log *log;
    int64_t now;              /* seconds since 1970; decides on Valid-Until alone */
    const char *machine_root; /* where the machine's package sources are read from; "" is / */
    const struct stet_lock *previous; /* an index older than its is refused; or NULL */
    bool epoch_given;                 /* SOURCE_DATE_EPOCH: goes before the recipe's epoch */
    int64_t epoch;
};

/*
 * Pins a recipe. recipe is moved into lock (which must be initialised) and completed
 * there; the caller's is empty afterwards. On failure lock holds nothing of use, but must
 * still be released.
 */
int stet_build_resolve(struct stet_recipe *recipe, const struct stet_resolve_options *options,
                       struct stet_lock *lock, struct stet_error *err);

enum stet_build_phase {
    STET_PHASE_FETCH,
    STET_PHASE_UNPACK,
    STET_PHASE_CONFIGURE,
    STET_PHASE_SCRUB,
    STET_PHASE_SEAL,
    STET_PHASE_PUBLISH,
    STET_PHASE_COUNT,
};
/* "fetch", "unpack", … */
const char *stet_build_phase_name(enum stet_build_phase phase);

struct stet_build_options {
    struct stet_store *store;
    bool offline;
    struct stet_net_options net;
    unsigned threads; /* at least 1 */
    /* Where the working directory is made; NULL: in memory when that is plenty, else in the store. */
    const char *work_parent;
    const struct stet_log *log;
    const struct stet_oci_place *places; /* at least one */
    size_t place_count;
    /* When not NULL: nothing is published unless the manifest digest is this one
     * (STET_ERROR_DIFFERS, with result filled in). */
    const struct stet_digest *expect;
};

struct stet_build_result {
    struct stet_digest manifest_digest, config_digest, layer_digest, diff_id;
    uint64_t layer_size, tar_size;
    size_t package_count, entry_count;
    uint64_t
        phase_ns[STET_PHASE_COUNT]; /* wall time; of this run, so not part of any output file */
};

/*
 * Builds what lock says and publishes it to every place. Runs in the calling
 * process, which is root or has become root (stet_sandbox_become_root()).
 * Either all places hold the image afterwards, or an error names the one that does not; no
 * working file, mount or process is left in either case.
 */
int stet_build_image(const struct stet_lock *lock, const struct stet_build_options *options,
                     struct stet_build_result *result, struct stet_error *err);

/* Annotations that stet puts on a manifest. */
#define STET_ANNOTATION_FORMAT      "dev.stet.format"
#define STET_ANNOTATION_ENCODER     "dev.stet.encoder"
#define STET_ANNOTATION_LOCK_DIGEST "dev.stet.lock.digest"
/* The lock itself, compact; left out when longer than STET_BUILD_LOCK_INLINE_MAX bytes. */
#define STET_ANNOTATION_LOCK "dev.stet.lock"
enum { STET_BUILD_LOCK_INLINE_MAX = 1 << 20 };

/* What an image is made of, for `stet inspect`. */
struct stet_build_contents {
    struct stet_strv packages; /* "name version architecture", sorted */
    const char *ecosystem;     /* static; NULL when no known package database was found */
    uint64_t entries;          /* over all layers */
    uint64_t bytes;            /* uncompressed tar bytes over all layers */
    bool has_lock;             /* the image carries its lock, and its digest is the one it names */
    struct stet_lock lock;
    char lock_digest[STET_DIGEST_TEXT_SIZE]; /* as named by the image, or "" */
};
void stet_build_contents_init(struct stet_build_contents *c);
void stet_build_contents_release(struct stet_build_contents *c);
/* Reads all layers, checking their digests and diff_ids, and the package database of the
 * highest layer that has one. */
int stet_build_contents_read(struct stet_oci_source *source, struct stet_build_contents *out,
                             struct stet_error *err);

#endif
