/*
 * stet build RECIPE|LOCK -o DEST [-o DEST]... - build an image.
 */
#include <inttypes.h>

#include "cmd/input.h"
#include "lib/sandbox/sandbox.h"

struct options {
    struct common_options common;
    const char *input, *lock_out, *work_dir;
    struct stet_oci_place *places;
    size_t place_count, place_cap;
    struct stet_digest expect;
    bool has_expect;
    enum stet_compression compression;
    bool has_compression;
};

static int add_place(struct options *o, const char *text, struct stet_error *err)
{
    if (stet_grow(&o->places, &o->place_cap, o->place_count + 1, sizeof(*o->places), err) < 0)
        return -1;
    if (stet_oci_place_parse(text, &o->places[o->place_count], err) < 0)
        return -1;
    o->place_count++;
    return 0;
}

enum { OPT_COMPRESSION = OPT_COMMAND, OPT_EXPECT, OPT_LOCK_OUT, OPT_WORK_DIR };

static int build_option(struct options *o, int option, const char *value, struct stet_error *err)
{
    switch (option) {
    case 'o':
        return add_place(o, value, err) < 0 ? -1 : 1;
    case OPT_COMPRESSION:
        o->has_compression = true;
        return stet_compression_parse(value, "--compression", &o->compression, err) < 0 ? -1 : 1;
    case OPT_EXPECT:
        o->has_expect = true;
        return stet_digest_parse_text(value, &o->expect, "--expect", err) < 0 ? -1 : 1;
    case OPT_LOCK_OUT:
        o->lock_out = value;
        return 1;
    case OPT_WORK_DIR:
        o->work_dir = value;
        return 1;
    default:
        return common_option(&o->common, option, value, err);
    }
}

static int parse_options(int argc, char **argv, struct options *o, struct stet_error *err)
{
    static const struct option long_options[] = {
        {"output", required_argument, NULL, 'o'},
        {"compression", required_argument, NULL, OPT_COMPRESSION},
        {"expect", required_argument, NULL, OPT_EXPECT},
        {"lock-out", required_argument, NULL, OPT_LOCK_OUT},
        {"work-dir", required_argument, NULL, OPT_WORK_DIR},
        COMMON_LONG_OPTIONS,
        {0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":j:o:qv", long_options, NULL)) != -1) {
        int taken = build_option(o, c, optarg, err);
        if (taken < 0)
            return -1;
        if (!taken)
            return usage_error(argv, c, "build", err);
    }
    if (argc - optind != 1)
        return stet_error_input(
            err, "stet build needs exactly one recipe or lock; see stet build --help");
    if (o->place_count == 0)
        return stet_error_input(err, "stet build needs a destination: -o oci:DIR:TAG, for example");
    o->input = argv[optind];
    return 0;
}

static void print_summary(const struct stet_build_result *r, const struct stet_log *log)
{
    char layer[24], tar[24], digest[STET_DIGEST_TEXT_SIZE];
    _cleanup_buffer_ struct stet_buffer times = STET_BUFFER_INIT;
    format_bytes(r->layer_size, layer, sizeof(layer));
    format_bytes(r->tar_size, tar, sizeof(tar));
    uint64_t total = 0;
    for (unsigned i = 0; i < STET_PHASE_COUNT; i++) {
        uint64_t ms = r->phase_ns[i] / 1000000;
        total += ms;
        stet_buffer_addf(&times, "%s%s %" PRIu64 ".%02" PRIu64, i ? ", " : "",
                         stet_build_phase_name((enum stet_build_phase)i), ms / 1000,
                         ms % 1000 / 10);
    }
    stet_log_message(log, STET_LOG_INFO, "packages  %zu", r->package_count);
    stet_log_message(log, STET_LOG_INFO, "layer     %s (%s as tar, %zu entries)", layer, tar,
                     r->entry_count);
    stet_digest_text(&r->config_digest, digest);
    stet_log_message(log, STET_LOG_INFO, "config    %s", digest);
    stet_log_message(log, STET_LOG_INFO, "seconds   %" PRIu64 ".%02" PRIu64 " (%s)", total / 1000,
                     total % 1000 / 10, stet_buffer_str(&times));
}

static int write_used_lock(const char *path, const struct stet_lock *lock, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (stet_lock_print(lock, STET_JSON_INDENTED, &text, err) < 0)
        return -1;
    return stet_fs_write(AT_FDCWD, path, text.data, text.len, err);
}

static int run(const struct options *o, const struct stet_log *log, struct stet_recipe *recipe,
               struct stet_lock *lock, struct stet_build_result *result, struct stet_error *err)
{
    bool is_lock;
    unsigned uid = getuid();
    if (read_recipe_or_lock(o->input, recipe, lock, &is_lock, err) < 0)
        return -1;
    /* Before anything starts a thread: the kernel moves only single-threaded processes. */
    if (stet_sandbox_become_root(err) < 0)
        return -1;
    _cleanup_store_ struct stet_store *store = open_store(&o->common, uid, log, err);
    if (!store)
        return -1;
    if (!is_lock && resolve(recipe, &o->common, store, NULL, log, lock, err) < 0)
        return -1;
    if (o->has_compression)
        lock->compression = o->compression;
    struct stet_build_options b = {
        .store = store,
        .offline = o->common.offline,
        .threads = o->common.jobs,
        .work_parent = o->work_dir,
        .log = log,
        .places = o->places,
        .place_count = o->place_count,
        .expect = o->has_expect ? &o->expect : NULL,
    };
    if (stet_build_image(lock, &b, result, err) < 0)
        return -1;
    return o->lock_out ? write_used_lock(o->lock_out, lock, err) : 0;
}

static int report(int status, const struct stet_build_result *result, const struct stet_log *log,
                  const struct stet_error *err)
{
    if (status < 0)
        return report_failure(err);
    char digest[STET_DIGEST_TEXT_SIZE];
    print_summary(result, log);
    stet_digest_text(&result->manifest_digest, digest);
    puts(digest);
    return finish_stdout(STET_EXIT_OK);
}

int cmd_build(int argc, char **argv)
{
    struct options o = {.common = {.jobs = stet_pool_cpus()}};
    struct stet_error err = STET_ERROR_INIT;
    struct stet_build_result result = {0};
    struct stet_recipe recipe;
    struct stet_lock lock;
    stet_recipe_init(&recipe);
    stet_lock_init(&lock);
    int status = parse_options(argc, argv, &o, &err);
    _cleanup_progress_ struct progress *progress = progress_new(o.common.quiet, o.common.verbose);
    if (status == 0)
        status = run(&o, progress_log(progress), &recipe, &lock, &result, &err);
    progress_clear(progress);
    status = report(status, &result, progress_log(progress), &err);
    stet_recipe_release(&recipe);
    stet_lock_release(&lock);
    for (size_t i = 0; i < o.place_count; i++)
        stet_oci_place_release(&o.places[i]);
    free(o.places);
    return status;
}
