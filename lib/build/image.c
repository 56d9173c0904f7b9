/*
 * image - the pipeline from a lock to published images.
 */
#include <errno.h>

#include "lib/build/internal.h"
#include "lib/codec/codec.h"

/* What the root believes about the machine it is built on. Part of the promise: never taken from
 * the host. */
#define BUILD_HOST_NAME   "stet"
#define BUILD_KERNEL_NAME "6.1.0-stet"

static const char *const phase_names[STET_PHASE_COUNT] = {"fetch", "unpack", "configure",
                                                          "scrub", "seal",   "publish"};

const char *stet_build_phase_name(enum stet_build_phase phase)
{
    return phase_names[phase];
}

/* A build under way. */
struct build {
    const struct stet_lock *lock;
    const struct stet_build_options *options;
    struct stet_build_result *result;
    const struct stet_distro *distro;
    struct stet_store_work work;
    int root;
    struct stet_mtimes mtimes;
    struct stet_sandbox sandbox;
    struct stet_build_context context;
    struct stet_tree tree;
    struct stet_sealed sealed;
    struct stet_oci_image image;
};

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- setting up and taking down ---- */

static int check_lock(struct build *b, struct stet_error *err)
{
    const struct stet_recipe *recipe = &b->lock->recipe;
    if (b->lock->format != STET_CODEC_FORMAT)
        return stet_error_input(err,
                                "the lock asks for output format %u, this stet writes format %d; "
                                "lock the recipe again with this stet, or build with the other",
                                b->lock->format, STET_CODEC_FORMAT);
    b->distro = stet_distro_find(recipe->ecosystem, err);
    if (!b->distro)
        return -1;
    if (!b->distro->machine(recipe->architecture))
        return stet_error_input(err, "architecture '%s' is not known", recipe->architecture);
    return 0;
}

static void begin(struct build *b)
{
    b->root = -1;
    b->work.fd = b->work.lock_fd = -1;
    b->sealed.fd = -1;
    stet_mtimes_init(&b->mtimes);
    stet_tree_init(&b->tree);
    stet_oci_image_init(&b->image);
    b->sandbox.machine = b->distro->machine(b->lock->recipe.architecture);
    b->sandbox.host_name = BUILD_HOST_NAME;
    b->sandbox.release = BUILD_KERNEL_NAME;
    b->sandbox.epoch = b->lock->epoch;
    b->context = (struct stet_build_context){
        .store = b->options->store,
        .lock = b->lock,
        .threads = b->options->threads,
        .log = b->options->log,
        .root = -1,
        .work = -1,
        .sandbox = &b->sandbox,
        .keep_mtime = stet_mtimes_add,
        .keep_ctx = &b->mtimes,
    };
}

static int release(struct build *b, struct stet_error *err)
{
    b->distro->end(&b->context);
    stet_oci_image_release(&b->image);
    stet_tree_release(&b->tree);
    stet_mtimes_release(&b->mtimes);
    if (b->sealed.fd >= 0)
        close(b->sealed.fd);
    if (b->root >= 0)
        close(b->root);
    return b->work.fd >= 0 ? stet_store_work_remove(&b->work, err) : 0;
}

/* ---- fetch ---- */

static int fetch(struct build *b, struct stet_error *err)
{
    const struct stet_lock *lock = b->lock;
    struct stet_store_item *items = calloc(lock->package_count + 1, sizeof(*items));
    if (!items)
        return stet_error_oom(err, "fetch");
    for (size_t i = 0; i < lock->package_count; i++) {
        const struct stet_lock_package *p = &lock->packages[i];
        items[i] = (struct stet_store_item){
            .digest = p->digest,
            .size = (int64_t)p->size,
            .urls = (const char *const *)p->urls.items,
            .name = p->name,
        };
    }
    int result = stet_store_fetch(b->options->store, items, lock->package_count,
                                  b->options->offline, &b->options->net, b->options->log, err);
    free(items);
    return result;
}

/* ---- unpack and configure, stage by stage ---- */

static int begin_root(struct build *b, struct stet_error *err)
{
    if (mkdirat(b->work.fd, "root", 0755) < 0)
        return stet_error_errno(err, "cannot make the root in '%s'", b->work.path);
    b->root = stet_fs_open(b->work.fd, "root", O_RDONLY | O_DIRECTORY, 0, err);
    if (b->root < 0)
        return -1;
    if (fchmod(b->root, 0755) < 0 || fchown(b->root, 0, 0) < 0)
        return stet_error_errno(err, "cannot set the owner of the root in '%s'", b->work.path);
    b->sandbox.root = b->root;
    b->context.root = b->root;
    b->context.work = b->work.fd;
    return b->distro->begin(&b->context, err);
}

/* Runs step(stage) as part of phase, adding its time to the phase's. */
static int timed_stage(struct build *b, enum stet_build_phase phase, unsigned stage,
                       int (*step)(struct stet_build_context *, unsigned, struct stet_error *),
                       struct stet_error *err)
{
    if (stet_cancel_check(err) < 0)
        return -1;
    uint64_t start = now_ns();
    int result = step(&b->context, stage, err);
    b->result->phase_ns[phase] += now_ns() - start;
    return result;
}

static unsigned stage_count(const struct stet_lock *lock)
{
    return lock->package_count ? lock->packages[lock->package_count - 1].stage + 1 : 0;
}

static int assemble(struct build *b, struct stet_error *err)
{
    uint64_t start = now_ns();
    if (begin_root(b, err) < 0)
        return -1;
    b->result->phase_ns[STET_PHASE_UNPACK] += now_ns() - start;
    for (unsigned stage = 0; stage < stage_count(b->lock); stage++)
        if (timed_stage(b, STET_PHASE_UNPACK, stage, b->distro->unpack, err) < 0 ||
            timed_stage(b, STET_PHASE_CONFIGURE, stage, b->distro->configure, err) < 0)
            return -1;
    return b->distro->finish(&b->context, err);
}

/* ---- the phases after ---- */

static int scrub(struct build *b, struct stet_error *err)
{
    if (stet_scrub(&b->context, b->distro->scrub_rules, NULL, err) < 0 ||
        stet_scrub(&b->context, stet_scrub_general, b->distro->owns, err) < 0)
        return -1;
    /* After the rules, so that a recipe may place what a rule would take away. */
    return stet_place_files(b->root, &b->lock->recipe, err);
}

static int seal(struct build *b, struct stet_error *err)
{
    if (stet_finished_tree(b->root, b->lock, &b->mtimes, b->options->threads, b->options->log,
                           &b->tree, err) < 0 ||
        stet_seal(&b->tree, b->root, b->work.fd, b->lock->compression, b->options->threads,
                  b->options->log, &b->sealed, err) < 0)
        return -1;
    b->result->entry_count = b->tree.count;
    return stet_describe(b->lock, b->distro, &b->sealed.layer, &b->image, err);
}

static void report(struct build *b)
{
    struct stet_build_result *r = b->result;
    r->manifest_digest = b->image.manifest_digest;
    r->config_digest = b->image.config_digest;
    r->layer_digest = b->sealed.layer.digest;
    r->diff_id = b->sealed.layer.diff_id;
    r->layer_size = b->sealed.layer.size;
    r->tar_size = b->sealed.layer.tar_size;
    r->package_count = b->lock->package_count;
}

static int check_expected(struct build *b, struct stet_error *err)
{
    const struct stet_digest *expect = b->options->expect;
    if (!expect || stet_digest_equal(expect, &b->image.manifest_digest))
        return 0;
    char want[STET_DIGEST_TEXT_SIZE], got[STET_DIGEST_TEXT_SIZE];
    stet_digest_text(expect, want);
    stet_digest_text(&b->image.manifest_digest, got);
    return stet_error_set(err, STET_ERROR_DIFFERS, 0,
                          "the image is %s, but %s was expected; nothing was published", got, want);
}

static int publish(struct build *b, struct stet_error *err)
{
    for (size_t i = 0; i < b->options->place_count; i++) {
        const struct stet_oci_place *place = &b->options->places[i];
        if (stet_cancel_check(err) < 0)
            return -1;
        if (stet_publish(&b->image, &b->tree, b->root, b->options->threads, place, err) < 0)
            return stet_error_wrap(err, "cannot publish to '%s'", place->path);
    }
    return 0;
}

static int run_phase(struct build *b, enum stet_build_phase phase,
                     int (*step)(struct build *, struct stet_error *), struct stet_error *err)
{
    if (stet_cancel_check(err) < 0)
        return -1;
    uint64_t start = now_ns();
    int result = step(b, err);
    b->result->phase_ns[phase] += now_ns() - start;
    return result;
}

/* All that is written in these phases is in the working directory; the error names a file in it. */
static int make_layer(struct build *b, struct stet_error *err)
{
    if (assemble(b, err) == 0 && run_phase(b, STET_PHASE_SCRUB, scrub, err) == 0 &&
        run_phase(b, STET_PHASE_SEAL, seal, err) == 0)
        return 0;
    if (err->errnum == ENOSPC || err->errnum == EDQUOT)
        stet_error_wrap(err,
                        "the working directory '%s' is full (another is taken with --work-dir)",
                        b->work.path);
    return -1;
}

/* In memory, if that is enough after all. */
static int make_layer_somewhere(struct build *b, struct stet_error *err)
{
    if (stet_work_begin(b->lock, b->options, false, &b->work, err) < 0)
        return -1;
    if (make_layer(b, err) == 0)
        return 0;
    if (err->kind == STET_ERROR_INTERRUPTED || !stet_work_is_full(&b->work))
        return -1;
    stet_log_message(b->options->log, STET_LOG_INFO,
                     "the build needs more memory than it was given; it starts again on disk");
    stet_error_clear(err);
    int released = release(b, err);
    begin(b); /* also after a failure: nothing is released twice */
    if (released < 0 || stet_work_begin(b->lock, b->options, true, &b->work, err) < 0)
        return -1;
    return make_layer(b, err);
}

static int run_all(struct build *b, struct stet_error *err)
{
    if (run_phase(b, STET_PHASE_FETCH, fetch, err) < 0 || make_layer_somewhere(b, err) < 0)
        return -1;
    report(b);
    if (check_expected(b, err) < 0)
        return -1;
    return run_phase(b, STET_PHASE_PUBLISH, publish, err);
}

int stet_build_image(const struct stet_lock *lock, const struct stet_build_options *options,
                     struct stet_build_result *result, struct stet_error *err)
{
    struct build b = {.lock = lock, .options = options, .result = result};
    memset(result, 0, sizeof(*result));
    if (check_lock(&b, err) < 0)
        return -1;
    begin(&b);
    int status = run_all(&b, err);
    struct stet_error cleanup = STET_ERROR_INIT;
    if (release(&b, &cleanup) < 0)
        stet_log_message(options->log, STET_LOG_WARNING, "%s", cleanup.text);
    return status;
}
