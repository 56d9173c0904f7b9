/*
 * stet - reproducible container base images. The command table, and what is set up once.
 */
#include <signal.h>

#include "cmd/command.h"

static const struct command commands[] = {
    {"build", cmd_build, help_build}, {"diff", cmd_diff, help_diff},
    {"gzip", cmd_gzip, help_gzip},    {"inspect", cmd_inspect, help_inspect},
    {"lock", cmd_lock, help_lock},    {"tar", cmd_tar, help_tar},
};

static void on_signal(int signum)
{
    stet_cancel_request(signum);
}

/* The first signal asks the work to stop and clean up; a second one of its kind ends the program.
 */
static void install_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Descriptors 0 to 2 must be there, or a file that is opened later would take their place. Those that
 * were closed are opened the wrong way round, so that using them still is an error. */
static void ensure_standard_fds(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int run_global_option(const char *option)
{
    if (strcmp(option, "--version") == 0 || strcmp(option, "-V") == 0) {
        printf("stet %s\n", STET_VERSION);
        return finish_stdout(STET_EXIT_OK);
    }
    if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
        print_help(help_stet);
        return finish_stdout(STET_EXIT_OK);
    }
    fprintf(stderr, "stet: unknown option '%s'; see stet --help\n", option);
    return STET_EXIT_INPUT;
}

int main(int argc, char **argv)
{
    ensure_standard_fds();
    install_signals();
    /* getopt would stop at the first operand: the command line must not depend on it. */
    unsetenv("POSIXLY_CORRECT");
    if (argc < 2) {
        fprintf(stderr, "stet: a command is needed: build, diff, gzip, inspect, lock or tar; see "
                        "stet --help\n");
        return STET_EXIT_INPUT;
    }
    if (argv[1][0] == '-')
        return run_global_option(argv[1]);
    const struct command *command = find_command(argv[1]);
    if (!command) {
        fprintf(stderr,
                "stet: unknown command '%s'; there are build, diff, gzip, inspect, lock and tar\n",
                argv[1]);
        return STET_EXIT_INPUT;
    }
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) {
            print_help(command->help);
            return finish_stdout(STET_EXIT_OK);
        }
    return command->run(argc - 1, argv + 1);
}
