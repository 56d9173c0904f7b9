/*
 * stet diff A B - where two images, layers, archives, trees or files differ, and why.
 */
#include <sys/ioctl.h>

#include "cmd/command.h"
#include "lib/diff/diff.h"
#include "lib/report/report.h"

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    struct common_options common;
    enum stet_report_format format;
    enum color color;
    const char *output; /* NULL: standard output */
    bool flatten, full;
    struct stet_strv ignore;
    const char *a, *b;
};

static int parse_color(const char *value, enum color *out, struct stet_error *err)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(value, names[i]) == 0) {
            *out = (enum color)i;
            return 0;
        }
    return stet_error_input(err, "--color: \"%s\" is none of auto, always and never", value);
}

enum { OPT_FORMAT = OPT_COMMAND, OPT_JSON, OPT_FLATTEN, OPT_IGNORE, OPT_FULL, OPT_COLOR };

/* 1 taken, 0 not one of them, -1 with err. */
static int take_option(struct options *o, int c, const char *value, struct stet_error *err)
{
    switch (c) {
    case OPT_FORMAT:
        if (stet_report_format_find(value, &o->format))
            return 1;
        return stet_error_input(err, "--format: \"%s\" is none of text, json and html", value);
    case OPT_JSON:
        o->format = STET_REPORT_JSON;
        return 1;
    case OPT_FLATTEN:
        o->flatten = true;
        return 1;
    case OPT_IGNORE:
        return stet_strv_add(&o->ignore, value, err) < 0 ? -1 : 1;
    case OPT_FULL:
        o->full = true;
        return 1;
    case OPT_COLOR:
        return parse_color(value, &o->color, err) < 0 ? -1 : 1;
    case 'o':
        o->output = strcmp(value, "-") == 0 ? NULL : value;
        return 1;
    default:
        return common_option(&o->common, c, value, err);
    }
}

static int parse_options(int argc, char **argv, struct options *o, struct stet_error *err)
{
    static const struct option long_options[] = {{"format", required_argument, NULL, OPT_FORMAT},
                                                 {"json", no_argument, NULL, OPT_JSON},
                                                 {"output", required_argument, NULL, 'o'},
                                                 {"flatten", no_argument, NULL, OPT_FLATTEN},
                                                 {"ignore", required_argument, NULL, OPT_IGNORE},
                                                 {"full", no_argument, NULL, OPT_FULL},
                                                 {"color", required_argument, NULL, OPT_COLOR},
                                                 {"jobs", required_argument, NULL, 'j'},
                                                 {"quiet", no_argument, NULL, 'q'},
                                                 {"verbose", no_argument, NULL, 'v'},
                                                 {"help", no_argument, NULL, OPT_HELP},
                                                 {0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":j:o:qv", long_options, NULL)) != -1) {
        int taken = c == ':' || c == '?' ? 0 : take_option(o, c, optarg, err);
        if (taken < 0)
            return -1;
        if (!taken)
            return usage_error(argv, c, "diff", err);
    }
    if (argc - optind != 2)
        return stet_error_input(err, "stet diff needs two things to compare; see stet diff --help");
    o->a = argv[optind];
    o->b = argv[optind + 1];
    return 0;
}

/* ---- the report ---- */

static bool is_terminal(const struct options *o)
{
    const char *term = getenv("TERM");
    return !o->output && isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

static int write_report(const struct options *o, const struct stet_diff_result *result, int fd,
                        const char *name, struct stet_error *err)
{
    struct stet_report_options report = {.full = o->full};
    struct stet_fd_writer out;
    struct winsize size;
    const char *no_color = getenv("NO_COLOR");
    if (is_terminal(o) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        report.width = size.ws_col;
    report.color = o->color == COLOR_ALWAYS ||
                   (o->color == COLOR_AUTO && is_terminal(o) && !(no_color && *no_color));
    stet_fd_writer_init(&out, fd, name);
    int status = stet_report_diff(result, o->format, &report, &out.base, err);
    return stet_writer_close(&out.base, status < 0 ? NULL : err) < 0 ? -1 : status;
}

static int print_result(const struct options *o, const struct stet_diff_result *result,
                        struct stet_error *err)
{
    struct stet_fs_output file = STET_FS_OUTPUT_INIT;
    if (!o->output)
        return write_report(o, result, STDOUT_FILENO, "standard output", err);
    int status = stet_fs_output_open(&file, AT_FDCWD, o->output, err);
    if (status == 0)
        status = write_report(o, result, file.fd, o->output, err);
    if (status == 0)
        status = stet_fs_output_publish(&file, err);
    stet_fs_output_release(&file);
    return status;
}

/* ---- */

/* The exit status, or -1 with err. */
static int run(const struct options *o, struct progress *progress, struct stet_error *err)
{
    const char *temporary = getenv("TMPDIR");
    struct stet_diff_options options = {.flatten = o->flatten,
                                        .ignore = &o->ignore,
                                        .threads = o->common.jobs,
                                        .temporary = temporary && *temporary ? temporary : NULL,
                                        .log = progress_log(progress)};
    struct stet_diff_result result;
    if (stet_diff(o->a, o->b, &options, &result, err) < 0)
        return -1;
    progress_clear(progress);
    int status = print_result(o, &result, err);
    if (status == 0)
        status = result.count > 0 ? STET_EXIT_DIFFERS : STET_EXIT_OK;
    stet_diff_result_release(&result);
    return status;
}

int cmd_diff(int argc, char **argv)
{
    struct options o = {.common = {.jobs = stet_pool_cpus()}};
    struct stet_error err = STET_ERROR_INIT;
    stet_strv_init(&o.ignore);
    int status = parse_options(argc, argv, &o, &err);
    if (status == 0) {
        _cleanup_progress_ struct progress *progress =
            progress_new(o.common.quiet, o.common.verbose);
        status = run(&o, progress, &err);
        progress_clear(progress);
    }
    stet_strv_release(&o.ignore);
    return status < 0 ? report_failure(&err) : status;
}
