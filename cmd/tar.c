/*
 * stet tar DIR - the canonical tar of a directory, alone.
 */
#include "cmd/command.h"
#include "lib/tree/tree.h"

struct options {
    struct common_options common;
    const char *dir;
};

static int parse_options(int argc, char **argv, struct options *o, struct stet_error *err)
{
    static const struct option long_options[] = {{"jobs", required_argument, NULL, 'j'},
                                                 {"quiet", no_argument, NULL, 'q'},
                                                 {"verbose", no_argument, NULL, 'v'},
                                                 {"help", no_argument, NULL, OPT_HELP},
                                                 {0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":j:qv", long_options, NULL)) != -1) {
        int taken = common_option(&o->common, c, optarg, err);
        if (taken < 0)
            return -1;
        if (!taken)
            return usage_error(argv, c, "tar", err);
    }
    if (argc - optind != 1)
        return stet_error_input(err, "stet tar needs exactly one directory; see stet tar --help");
    o->dir = argv[optind];
    return refuse_terminal("the archive", err);
}

static int write_tree(const struct options *o, int root, const struct stet_tree *tree,
                      const struct stet_log *log, struct stet_error *err)
{
    struct stet_fd_writer out;
    stet_fd_writer_init(&out, STDOUT_FILENO, "standard output");
    int result = stet_tree_write_tar(tree, root, &out.base, o->common.jobs, log, err);
    return stet_writer_close(&out.base, result < 0 ? NULL : err) < 0 ? -1 : result;
}

static int run(const struct options *o, const struct stet_log *log, struct stet_error *err)
{
    struct stet_tree_scan_options scan = {.threads = o->common.jobs};
    struct stet_tree tree;
    _cleanup_close_ int root = stet_fs_open(AT_FDCWD, o->dir, O_RDONLY | O_DIRECTORY, 0, err);
    if (root < 0)
        return -1;
    stet_tree_init(&tree);
    int result = stet_tree_scan(root, o->dir, &scan, log, &tree, err);
    if (result == 0)
        result = write_tree(o, root, &tree, log, err);
    stet_tree_release(&tree);
    return result;
}

int cmd_tar(int argc, char **argv)
{
    struct options o = {.common = {.jobs = stet_pool_cpus()}};
    struct stet_error err = STET_ERROR_INIT;
    if (parse_options(argc, argv, &o, &err) < 0)
        return report_failure(&err);
    _cleanup_progress_ struct progress *progress = progress_new(o.common.quiet, o.common.verbose);
    int result = run(&o, progress_log(progress), &err);
    progress_clear(progress);
    return result < 0 ? report_failure(&err) : STET_EXIT_OK;
}
