/*
 * hook - alpm-hooks(5): reading them from the root, matching them against the packages of a stage, running them.
 */
#ifndef STET_ARCH_HOOK_H
#define STET_ARCH_HOOK_H

#include "lib/distro/arch/state.h"

enum stet_arch_when { STET_ARCH_PRE_TRANSACTION = 1, STET_ARCH_POST_TRANSACTION };
enum stet_arch_operation {
    STET_ARCH_INSTALL = 1,
    STET_ARCH_UPGRADE = 2,
    STET_ARCH_REMOVE = 4,
};

struct stet_arch_trigger {
    unsigned operations; /* of enum stet_arch_operation */
    bool is_path;        /* else a package */
    struct stet_strv targets;
};

struct stet_arch_hook {
    char *name; /* "30-update-mime.hook" */
    char *description;
    enum stet_arch_when when; /* 0: a hook without triggers, which masks another of its name */
    struct stet_arch_trigger *triggers;
    size_t trigger_count, trigger_cap;
    struct stet_strv depends;
    struct stet_strv command;
    bool abort_on_fail, needs_targets;
};
void stet_arch_hook_init(struct stet_arch_hook *h);
void stet_arch_hook_release(struct stet_arch_hook *h);

/*
 * Reads one hook's text; path is for errors. out has no name, and is initialised here. What libalpm 7.1 calls an error
 * in it is STET_ERROR_INPUT, "hook PATH line N: …"; so is an option without the value that it needs, a line of more
 * than 4094 bytes, and a NUL byte. On failure out is as after init.
 */
int stet_arch_hook_parse(const char *text, size_t len, const char *path, struct stet_arch_hook *out,
                         struct stet_error *err);

/*
 * Is the hook triggered by the packages of stage, all of which are newly installed? 1, 0, -1. targets (sorted, each
 * once; only where the hook needs them) are appended.
 */
int stet_arch_hook_match(const struct stet_build_context *ctx, const struct stet_arch_hook *h,
                         unsigned stage, struct stet_strv *targets, struct stet_error *err);

/*
 * Runs the hooks of the root that are triggered: etc/pacman.d/hooks go before usr/share/libalpm/hooks of the same
 * name; a link to /dev/null disables; in the order of their names without ".hook". As in libalpm all triggers are
 * judged before the first hook runs. A hook that fails, or whose Depends are not installed, is a warning and the next
 * one runs; a PreTransaction hook with AbortOnFail that fails is STET_ERROR_INPUT. Only regular files are read,
 * through links inside of the root; files that do not end in ".hook" and directories are passed over.
 *
 * Stricter than libalpm: any hook of the root that cannot be read or parsed is STET_ERROR_INPUT, for both kinds of
 * hooks (libalpm goes on without it after a transaction). Budgets: 1 MiB for a file, 4096 hooks.
 */
int stet_arch_hooks_run(struct stet_build_context *ctx, unsigned stage, enum stet_arch_when when,
                        struct stet_error *err);

#endif
