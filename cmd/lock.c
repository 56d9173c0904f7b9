/*
 * stet lock RECIPE [-o LOCK] - resolve and pin.
 */
#include "cmd/input.h"

struct options {
    struct common_options common;
    const char *recipe, *output, *previous;
    enum stet_compression compression;
};

static int parse_options(int argc, char **argv, struct options *o, struct stet_error *err)
{
    enum { OPT_COMPRESSION = OPT_COMMAND, OPT_PREVIOUS };
    static const struct option long_options[] = {
        {"output", required_argument, NULL, 'o'},
        {"compression", required_argument, NULL, OPT_COMPRESSION},
        {"previous", required_argument, NULL, OPT_PREVIOUS},
        COMMON_LONG_OPTIONS,
        {0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":j:o:qv", long_options, NULL)) != -1) {
        int taken = common_option(&o->common, c, optarg, err);
        if (taken < 0)
            return -1;
        if (c == OPT_COMPRESSION &&
            stet_compression_parse(optarg, "--compression", &o->compression, err) < 0)
            return -1;
        if (c == 'o')
            o->output = optarg;
        else if (c == OPT_PREVIOUS)
            o->previous = optarg;
        else if (!taken && c != OPT_COMPRESSION)
            return usage_error(argv, c, "lock", err);
    }
    if (argc - optind != 1)
        return stet_error_input(err, "stet lock needs exactly one recipe; see stet lock --help");
    o->recipe = argv[optind];
    return 0;
}

static int write_lock(const struct stet_lock *lock, const char *path, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (stet_lock_print(lock, STET_JSON_INDENTED, &text, err) < 0)
        return -1;
    if (path && strcmp(path, "-") != 0)
        return stet_fs_write(AT_FDCWD, path, text.data, text.len, err);
    if (fwrite(text.data, 1, text.len, stdout) != text.len)
        return stet_error_errno(err, "cannot write to standard output");
    return 0;
}

static int run(const struct options *o, const struct stet_log *log, struct stet_recipe *recipe,
               struct stet_lock *lock, struct stet_lock *previous, struct stet_error *err)
{
    if (stet_recipe_read(o->recipe, recipe, err) < 0)
        return -1;
    if (o->previous && read_lock(o->previous, previous, err) < 0)
        return -1;
    _cleanup_store_ struct stet_store *store = open_store(&o->common, getuid(), log, err);
    if (!store)
        return -1;
    if (resolve(recipe, &o->common, store, o->previous ? previous : NULL, log, lock, err) < 0)
        return -1;
    lock->compression = o->compression;
    stet_log_message(log, STET_LOG_INFO, "locked %zu packages from %zu indexes",
                     lock->package_count, lock->index_count);
    return write_lock(lock, o->output, err);
}

int cmd_lock(int argc, char **argv)
{
    struct options o = {.common = {.jobs = stet_pool_cpus()}};
    struct stet_error err = STET_ERROR_INIT;
    if (parse_options(argc, argv, &o, &err) < 0)
        return report_failure(&err);
    _cleanup_progress_ struct progress *progress = progress_new(o.common.quiet, o.common.verbose);
    struct stet_recipe recipe;
    struct stet_lock lock, previous;
    stet_recipe_init(&recipe);
    stet_lock_init(&lock);
    stet_lock_init(&previous);
    int result = run(&o, progress_log(progress), &recipe, &lock, &previous, &err);
    stet_recipe_release(&recipe);
    stet_lock_release(&lock);
    stet_lock_release(&previous);
    progress_clear(progress);
    return result < 0 ? report_failure(&err) : finish_stdout(STET_EXIT_OK);
}
