#include <inttypes.h>

#include "cmd/command.h"

enum { JOBS_MAX = 256 };

int common_option(struct common_options *o, int option, const char *value, struct stet_error *err)
{
    uint64_t number;
    switch (option) {
    case OPT_STORE:
        o->store_dir = value;
        return 1;
    case OPT_OFFLINE:
        o->offline = true;
        return 1;
    case 'j':
        if (stet_number_parse(value, JOBS_MAX, &number, "--jobs", err) < 0)
            return -1;
        if (number == 0)
            return stet_error_input(err, "--jobs: at least 1 is needed");
        o->jobs = (unsigned)number;
        return 1;
    case 'q':
        o->quiet = true;
        return 1;
    case 'v':
        o->verbose = true;
        return 1;
    default:
        return 0;
    }
}

int usage_error(char **argv, int option, const char *command, struct stet_error *err)
{
    const char *word = argv[optind - 1];
    if (option == ':')
        return stet_error_input(err, "option '%s' needs a value; see stet %s --help", word,
                                command);
    return stet_error_input(err, "unknown option '%s'; see stet %s --help", word, command);
}

int refuse_terminal(const char *what, struct stet_error *err)
{
    if (!isatty(STDOUT_FILENO))
        return 0;
    return stet_error_input(err, "%s is not written to a terminal; send it to a file or a pipe",
                            what);
}

int source_date_epoch(int64_t *epoch, struct stet_error *err)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds;
    if (!text || !*text)
        return 0;
    /* The end of the year 9999: what RFC 3339 can write. */
    if (stet_number_parse(text, UINT64_C(253402300799), &seconds, "SOURCE_DATE_EPOCH", err) < 0)
        return -1;
    *epoch = (int64_t)seconds;
    return 1;
}

static const char *get_environment(const char *name)
{
    return getenv(name);
}

struct stet_store *open_store(const struct common_options *o, unsigned uid,
                              const struct stet_log *log, struct stet_error *err)
{
    if (o->store_dir)
        return stet_store_open(o->store_dir, log, err);
    _cleanup_free_ char *dir = stet_store_default_dir(get_environment, uid, err);
    return dir ? stet_store_open(dir, log, err) : NULL;
}

int report_failure(const struct stet_error *err)
{
    fprintf(stderr, "stet: %s\n", err->text);
    switch (err->kind) {
    case STET_ERROR_DIFFERS:
        return STET_EXIT_DIFFERS;
    case STET_ERROR_INPUT:
        return STET_EXIT_INPUT;
    case STET_ERROR_INTERRUPTED:
        return 128 + stet_cancel_requested();
    default:
        return STET_EXIT_ENVIRONMENT;
    }
}

int finish_stdout(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "stet: cannot write to standard output\n");
        return STET_EXIT_ENVIRONMENT;
    }
    return status;
}

void print_help(const char *const *lines)
{
    for (; *lines; lines++)
        puts(*lines);
}

void format_bytes(uint64_t bytes, char *out, size_t size)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    unsigned unit = 0;
    if (bytes < 1000) {
        snprintf(out, size, "%" PRIu64 " B", bytes);
        return;
    }
    uint64_t divisor = 1;
    while (bytes / divisor >= 1000 && unit < 6) {
        divisor *= 1000;
        unit++;
    }
    /* Cut, not rounded: 999999 bytes are no 1000.0 kB. */
    uint64_t tenths = bytes / divisor * 10 + (bytes % divisor) / (divisor / 10);
    snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
}
