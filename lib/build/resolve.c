/*
 * resolve - from a recipe to a lock, for any ecosystem.
 */
#include "lib/build/internal.h"
#include "lib/codec/codec.h"

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool share_a_signer(const struct stet_lock_index *a, const struct stet_lock_index *b)
{
    for (size_t i = 0; i < a->signed_by.count; i++)
        if (stet_strv_contains(&b->signed_by, a->signed_by.items[i]))
            return true;
    return false;
}

/* Do they show states of one index? A mirror is only where it was read; who signed it says whose it is. */
static bool same_index(const struct stet_lock_index *a, const struct stet_lock_index *b)
{
    return strcmp(a->release_url, b->release_url) == 0 ||
           (same_text(a->suite, b->suite) && same_text(a->component, b->component) &&
            share_a_signer(a, b));
}

/* The newest of previous that shows the same index, or NULL. */
static const struct stet_lock_index *find_index(const struct stet_lock *previous,
                                                const struct stet_lock_index *index)
{
    const struct stet_lock_index *newest = NULL;
    for (size_t i = 0; i < previous->index_count; i++) {
        const struct stet_lock_index *p = &previous->indexes[i];
        if (same_index(p, index) && (!newest || p->release_date > newest->release_date))
            newest = p;
    }
    return newest;
}

static int refuse_older(const struct stet_lock *lock, const struct stet_lock *previous,
                        struct stet_error *err)
{
    for (size_t i = 0; i < lock->index_count; i++) {
        const struct stet_lock_index *now = &lock->indexes[i];
        const struct stet_lock_index *then = find_index(previous, now);
        if (!then || now->release_date >= then->release_date)
            continue;
        char a[STET_TIME_TEXT_MAX], b[STET_TIME_TEXT_MAX];
        stet_time_format(now->release_date, a);
        stet_time_format(then->release_date, b);
        return stet_error_input(err,
                                "'%s' is of %s, older than %s in the previous lock; the mirror is "
                                "behind or someone replays an old state: try another mirror",
                                now->release_url, a, b);
    }
    return 0;
}

int stet_build_resolve(struct stet_recipe *recipe, const struct stet_resolve_options *options,
                       struct stet_lock *lock, struct stet_error *err)
{
    const struct stet_distro *distro = stet_distro_find(recipe->ecosystem, err);
    if (!distro)
        return -1;
    stet_recipe_release(&lock->recipe);
    lock->recipe = *recipe;
    stet_recipe_init(recipe);
    if (options->epoch_given) {
        lock->recipe.epoch_auto = false;
        lock->recipe.epoch = options->epoch;
    }
    lock->format = STET_CODEC_FORMAT;
    lock->epoch = lock->recipe.epoch;
    if (distro->complete_recipe(&lock->recipe, err) < 0)
        return -1;
    struct stet_resolve_context context = {
        .store = options->store,
        .offline = options->offline,
        .net = options->net,
        .log = options->log,
        .now = options->now,
        .apt_root = options->machine_root,
    };
    if (distro->resolve(&context, lock, err) < 0)
        return -1;
    return options->previous ? refuse_older(lock, options->previous, err) : 0;
}
