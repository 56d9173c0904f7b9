/*
 * scriptlet - programs of the target, run as libalpm runs them (util.c, trans.c), in the sandbox.
 */
#ifndef STET_ARCH_SCRIPTLET_H
#define STET_ARCH_SCRIPTLET_H

#include "lib/distro/arch/state.h"

/*
 * Runs function ("pre_install", "post_install") of the package's .INSTALL with the version as argument:
 * SHELL -c ". /tmp/alpm_stet/.INSTALL; FUNCTION VERSION", where SHELL is /usr/bin/bash, or /bin/sh in a root without.
 * Nothing when the package has no .INSTALL or its text does not have the function's name (libalpm's test). In a root
 * without any shell it does not run: a warning, as pacman goes on then, too. A scriptlet that fails is
 * STET_ERROR_INPUT with package, function, exit status and the last lines it printed.
 */
int stet_arch_scriptlet_run(struct stet_build_context *ctx, const struct stet_arch_package *p,
                            const char *function, struct stet_error *err);

/* Runs "ldconfig" when the root has etc/ld.so.conf and an executable ldconfig (usr/bin/ldconfig, else sbin/ldconfig).
 * That it fails is a warning, since libalpm does not mind. */
int stet_arch_ldconfig(struct stet_build_context *ctx, struct stet_error *err);

/*
 * Runs one program of the root with the fixed environment. input may be NULL. Its output goes to the log as verbose
 * lines. *status as stet_sandbox_run()'s; *last (may be NULL; the caller frees it) its last lines in one, or "it
 * printed nothing". A program that is not there or is not one, on any machine, has the status 127, and *last is the
 * reason; one that only this machine cannot execute is a failure, as is all else of the sandbox's.
 */
int stet_arch_run(struct stet_build_context *ctx, const char *const *argv, const void *input,
                  size_t input_len, int *status, char **last, struct stet_error *err);

#endif
