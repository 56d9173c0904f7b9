#include <string.h>

#include "lib/distro/arch/hook_private.h"
#include "lib/distro/arch/pattern.h"

/* What one trigger is judged by. */
struct match {
    const struct stet_build_context *ctx;
    const struct stet_arch_trigger *trigger;
    struct stet_strv *targets; /* NULL: the first match is enough */
};

/* 1 when nothing more need be looked at, 0, -1. */
static int take_match(struct match *m, const char *target, bool *matched, struct stet_error *err)
{
    *matched = true;
    if (!m->targets)
        return 1;
    return stet_strv_add(m->targets, target, err);
}

/* NoExtract is asked last: few paths come that far, and both have to hold. */
static int match_paths(struct match *m, const struct stet_arch_package *p, bool *matched,
                       struct stet_error *err)
{
    const struct stet_strv *noextract = &m->ctx->lock->recipe.noextract;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->files.count; i++) {
        const char *path = p->files.items[i];
        if (stet_arch_match(&m->trigger->targets, path) && !stet_arch_match(noextract, path))
            rc = take_match(m, path, matched, err);
    }
    return rc;
}

static int match_package(struct match *m, const struct stet_arch_package *p, bool *matched,
                         struct stet_error *err)
{
    if (!stet_arch_match(&m->trigger->targets, p->locked->name))
        return 0;
    return take_match(m, p->locked->name, matched, err);
}

static int match_trigger(struct match *m, unsigned stage, bool *matched, struct stet_error *err)
{
    const struct stet_arch_state *state = m->ctx->state;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < state->count; i++) {
        const struct stet_arch_package *p = &state->packages[i];
        if (p->locked->stage != stage)
            continue;
        if (stet_cancel_check(err) < 0)
            return -1;
        rc = m->trigger->is_path ? match_paths(m, p, matched, err)
                                 : match_package(m, p, matched, err);
    }
    return rc < 0 ? -1 : 0;
}

int stet_arch_hook_match(const struct stet_build_context *ctx, const struct stet_arch_hook *h,
                         unsigned stage, struct stet_strv *targets, struct stet_error *err)
{
    bool matched = false;
    for (size_t i = 0; i < h->trigger_count && (h->needs_targets || !matched); i++) {
        struct match m = {ctx, &h->triggers[i], h->needs_targets ? targets : NULL};
        /* Nothing is there before a stage that it could replace or remove. */
        if (!(m.trigger->operations & STET_ARCH_INSTALL))
            continue;
        if (match_trigger(&m, stage, &matched, err) < 0)
            return -1;
    }
    if (h->needs_targets)
        stet_strv_sort_unique(targets);
    return matched;
}
