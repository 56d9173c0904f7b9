/*
 * What the subcommands share: the command table, common options, output.
 *
 * A command parses its arguments, calls the library, prints the result. stdout carries results
 * only; everything else goes to stderr. Commands return the program's exit status.
 */
#ifndef STET_CMD_COMMAND_H
#define STET_CMD_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/base.h"
#include "lib/net/net.h"
#include "lib/store/store.h"

enum {
    STET_EXIT_OK = 0,
    STET_EXIT_DIFFERS = 1,
    STET_EXIT_INPUT = 2,
    STET_EXIT_ENVIRONMENT = 3,
};

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *const *help; /* lines, made from the command's man page; ended by NULL */
};

int cmd_build(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_gzip(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_lock(int argc, char **argv);
int cmd_tar(int argc, char **argv);

extern const char *const help_stet[];
extern const char *const help_build[];
extern const char *const help_diff[];
extern const char *const help_gzip[];
extern const char *const help_inspect[];
extern const char *const help_lock[];
extern const char *const help_tar[];

/* Options that several commands have. */
struct common_options {
    const char *store_dir; /* NULL: the default */
    bool offline;
    bool quiet;
    bool verbose;
    unsigned jobs;
};

/* getopt_long values of the common long options. */
enum { OPT_STORE = 256, OPT_OFFLINE, OPT_HELP, OPT_COMMAND };
#define COMMON_LONG_OPTIONS                                                                        \
    {"store", required_argument, NULL, OPT_STORE}, {"offline", no_argument, NULL, OPT_OFFLINE},    \
        {"jobs", required_argument, NULL, 'j'}, {"quiet", no_argument, NULL, 'q'},                 \
        {"verbose", no_argument, NULL, 'v'},                                                       \
    {                                                                                              \
        "help", no_argument, NULL, OPT_HELP                                                        \
    }

/* Takes a common option: 1 taken, 0 not one of them, -1 with err. */
int common_option(struct common_options *o, int option, const char *value, struct stet_error *err);
/* The error for an option that getopt_long refused. Returns -1. */
int usage_error(char **argv, int option, const char *command, struct stet_error *err);

/* The error when standard output, where what goes, is a terminal; else 0. */
int refuse_terminal(const char *what, struct stet_error *err);

/* SOURCE_DATE_EPOCH: 1 and *epoch, 0 when unset or empty, -1 with err when it is no number of
 * seconds. */
int source_date_epoch(int64_t *epoch, struct stet_error *err);

/* Opens the store that the options or the environment name. uid is who called, before any change of
 * it. */
struct stet_store *open_store(const struct common_options *o, unsigned uid,
                              const struct stet_log *log, struct stet_error *err);

/* Prints "stet: error" and gives the exit status of err's kind. */
int report_failure(const struct stet_error *err);
/* Ends the output on stdout: an error in writing it is a failure of the command. */
int finish_stdout(int status);
void print_help(const char *const *lines);

/* Messages and progress on stderr (progress.c). */
struct progress;
struct progress *progress_new(bool quiet, bool verbose);
const struct stet_log *progress_log(const struct progress *p);
/* Takes a drawn bar off the terminal. */
void progress_clear(struct progress *p);
void progress_free(struct progress *p);

/* "1.2 kB", "52.1 MB" (powers of ten) into out. */
void format_bytes(uint64_t bytes, char *out, size_t size);

static inline void cleanup_progress(struct progress **p)
{
    progress_free(*p);
}
static inline void cleanup_store(struct stet_store **s)
{
    stet_store_free(*s);
}
#define _cleanup_progress_ __attribute__((cleanup(cleanup_progress)))
#define _cleanup_store_    __attribute__((cleanup(cleanup_store)))

#endif
