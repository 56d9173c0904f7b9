/*
 * hook_private - what the sources behind hook.h share.
 */
#ifndef STET_ARCH_HOOK_PRIVATE_H
#define STET_ARCH_HOOK_PRIVATE_H

#include "lib/distro/arch/hook.h"

/* stet_arch_hook_parse(), which also tells log what libalpm warns of. */
int stet_arch_hook_parse_logged(const struct stet_log *log, const char *text, size_t len,
                                const char *path, struct stet_arch_hook *out,
                                struct stet_error *err);

/* Splits what Exec says into words appended to out: at white space, but for what is between ' or ", of which '\'
 * before it takes the meaning; any other '\' is itself. 1, 0 where a quote has no end, -1. */
int stet_arch_hook_split(const char *text, struct stet_strv *out, struct stet_error *err);

/* Hooks in the order in which they run; each name once. */
struct stet_arch_hooks {
    struct stet_arch_hook *items;
    size_t count, cap;
};
void stet_arch_hooks_release(struct stet_arch_hooks *hooks);

/* Reads the hooks of both directories of the root. out is empty before, and on failure. */
int stet_arch_hooks_read(struct stet_build_context *ctx, struct stet_arch_hooks *out,
                         struct stet_error *err);

#endif
