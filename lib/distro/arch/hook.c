#include <string.h>

#include "lib/distro/arch/hook_private.h"
#include "lib/distro/arch/scriptlet.h"
#include "lib/solve/solve.h"

/* A hook that is triggered, and by what. */
struct triggered {
    const struct stet_arch_hook *hook; /* borrowed */
    struct stet_strv targets;
};

struct triggered_list {
    struct triggered *items;
    size_t count, cap;
};

static void triggered_release(struct triggered_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        stet_strv_release(&list->items[i].targets);
    free(list->items);
    *list = (struct triggered_list){0};
}

static int find_triggered(struct stet_build_context *ctx, const struct stet_arch_hooks *hooks,
                          unsigned stage, enum stet_arch_when when, struct triggered_list *out,
                          struct stet_error *err)
{
    for (size_t i = 0; i < hooks->count; i++) {
        if (hooks->items[i].when != when)
            continue;
        if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
            return -1;
        struct triggered *t = &out->items[out->count++];
        *t = (struct triggered){.hook = &hooks->items[i]};
        int matched = stet_arch_hook_match(ctx, t->hook, stage, &t->targets, err);
        if (matched < 0)
            return -1;
        if (!matched)
            stet_strv_release(&out->items[--out->count].targets);
    }
    return 0;
}

/* ---- running one ---- */

/* A dependency that no installed package satisfies, or NULL. */
static const char *missing_dependency(const struct stet_arch_state *state,
                                      const struct stet_arch_hook *h)
{
    for (size_t i = 0; i < h->depends.count; i++) {
        bool found = false;
        for (size_t j = 0; j < state->count && !found; j++) {
            const struct stet_arch_info *p = &state->packages[j].info;
            found =
                state->packages[j].installed &&
                stet_solve_arch_satisfied(h->depends.items[i], p->name, p->version, &p->provides);
        }
        if (!found)
            return h->depends.items[i];
    }
    return NULL;
}

/* The hook's failure: a warning, or the end. */
static int report(const struct stet_build_context *ctx, const struct stet_arch_hook *h,
                  const char *what, struct stet_error *err)
{
    if (h->when == STET_ARCH_PRE_TRANSACTION && h->abort_on_fail)
        return stet_error_input(err, "hook %s (AbortOnFail): %s", h->name, what);
    stet_log_message(ctx->log, STET_LOG_WARNING, "hook %s: %s", h->name, what);
    return 0;
}

/* The command with an absolute program: libalpm starts it in the root directory, and looks for it in no other. */
static int make_command(const struct stet_arch_hook *h, struct stet_strv *argv,
                        struct stet_error *err)
{
    for (size_t i = 0; i < h->command.count; i++) {
        const char *word = h->command.items[i];
        if (stet_strv_addf(argv, err, "%s%s", i == 0 && *word != '/' ? "/" : "", word) < 0)
            return -1;
    }
    return 0;
}

static int join_targets(const struct stet_strv *targets, struct stet_buffer *out,
                        struct stet_error *err)
{
    for (size_t i = 0; i < targets->count; i++) {
        stet_buffer_add_str(out, targets->items[i]);
        stet_buffer_add_char(out, '\n');
    }
    return stet_buffer_check(out, "the targets of a hook", err);
}

static int run_command(struct stet_build_context *ctx, const struct triggered *t,
                       struct stet_error *err)
{
    const struct stet_arch_hook *h = t->hook;
    _cleanup_strv_ struct stet_strv argv = STET_STRV_INIT;
    _cleanup_buffer_ struct stet_buffer input = STET_BUFFER_INIT;
    _cleanup_free_ char *last = NULL, *what = NULL;
    int status;
    if (make_command(h, &argv, err) < 0 || join_targets(&t->targets, &input, err) < 0)
        return -1;
    if (argv.count == 0)
        return report(ctx, h, "its Exec names no program", err);
    if (stet_arch_run(ctx, (const char *const *)argv.items, input.data, input.len, &status, &last,
                      err) < 0)
        return stet_error_wrap(err, "hook %s", h->name);
    if (status == 0)
        return 0;
    what = stet_format(err, "%s failed with exit status %d; %s", argv.items[0], status, last);
    return what ? report(ctx, h, what, err) : -1;
}

static int run_hook(struct stet_build_context *ctx, const struct triggered *t,
                    struct stet_error *err)
{
    const char *missing = missing_dependency(ctx->state, t->hook);
    if (!missing)
        return run_command(ctx, t, err);
    _cleanup_free_ char *what =
        stet_format(err, "it was not run, as nothing installed satisfies \"%s\"", missing);
    return what ? report(ctx, t->hook, what, err) : -1;
}

/* ---- running them ---- */

static int run_triggered(struct stet_build_context *ctx, const struct triggered_list *list,
                         struct stet_error *err)
{
    int rc = 0;
    if (list->count == 0)
        return 0;
    stet_log_phase_begin(ctx->log, "configure", list->count, 0);
    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        stet_log_phase_advance(ctx->log, 1, 0, list->items[i].hook->name);
        rc = run_hook(ctx, &list->items[i], err);
    }
    stet_log_phase_end(ctx->log, "configure");
    return rc;
}

int stet_arch_hooks_run(struct stet_build_context *ctx, unsigned stage, enum stet_arch_when when,
                        struct stet_error *err)
{
    struct stet_arch_hooks hooks = {0};
    struct triggered_list list = {0};
    int rc = stet_arch_hooks_read(ctx, &hooks, err);
    if (rc == 0)
        rc = find_triggered(ctx, &hooks, stage, when, &list, err);
    if (rc == 0)
        rc = run_triggered(ctx, &list, err);
    triggered_release(&list);
    stet_arch_hooks_release(&hooks);
    return rc;
}
