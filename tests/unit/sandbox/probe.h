/* What the files of the probe share. */
#ifndef STET_TEST_SANDBOX_PROBE_H
#define STET_TEST_SANDBOX_PROBE_H

/* "EPERM" for EPERM. */
const char *probe_error(int errnum);
/* Prints what was tried and "ok", or errno's name where result is negative. */
void probe_say(const char *what, long result);

/* Subcommands: arguments up to a NULL, and the exit status. */
int probe_bad_pointers(char **args);
int probe_clocks(char **args);
int probe_deny(char **args);
int probe_is_epoch(char **args);
int probe_machine(char **args);
int probe_monotonic(char **args);

#endif
