#include "lib/diff/scopes.h"

#include "lib/diff/evidence.h"

struct diff_scope *stet_diff_scope_add(const struct diff_pair *p, struct stet_error *err)
{
    struct diff *d = p->diff;

    if (!d->scopes)
        d->scopes = calloc(1, sizeof *d->scopes);
    if (!d->scopes) {
        stet_error_oom(err, p->path);
        return NULL;
    }
    if (d->scopes->count == DIFF_SCOPES_MAX)
        return NULL;
    struct diff_scope *s = &d->scopes->items[d->scopes->count];
    s->layer = p->layer;
    s->place = stet_strdup(p->path, err);
    d->scopes->count += s->place != NULL;
    return s->place ? s : NULL;
}

int stet_diff_scope_finish(struct diff_scope *s, struct stet_error *err)
{
    return stet_diff_evidence_finish(&s->side[0], err) < 0 ||
                   stet_diff_evidence_finish(&s->side[1], err) < 0
               ? -1
               : 0;
}

void stet_diff_scopes_free(struct diff_scopes *all)
{
    for (size_t i = 0; all && i < all->count; i++) {
        free(all->items[i].place);
        stet_diff_side_release(&all->items[i].side[0]);
        stet_diff_side_release(&all->items[i].side[1]);
    }
    free(all);
}

const struct diff_scope *stet_diff_scope_of(const struct diff *d, unsigned layer, const char *path)
{
    const struct diff_scope *best = NULL;
    size_t longest = 0;

    for (size_t i = 0; d->scopes && i < d->scopes->count; i++) {
        const struct diff_scope *s = &d->scopes->items[i];
        size_t len = strlen(s->place);
        if (s->layer == layer && len >= longest && strncmp(path, s->place, len) == 0 &&
            path[len] == '!') {
            best = s;
            longest = len;
        }
    }
    return best;
}

static void overlay(struct diff_side *to, const struct diff_side *from, bool times)
{
    if (times) {
        to->time_min = from->time_min;
        to->time_max = from->time_max;
    }
    to->hosts = from->hosts.count ? from->hosts : to->hosts;
    to->users = from->users.count ? from->users : to->users;
    to->build_paths = from->build_paths.count ? from->build_paths : to->build_paths;
}

void stet_diff_scope_enter(struct diff *d, const struct diff_scope *s, struct diff_side outer[2])
{
    /* One time for both builds is one that was given to them. */
    bool times = s && s->side[0].time_max && s->side[1].time_max &&
                 s->side[0].time_max != s->side[1].time_max;

    for (int i = 0; i < 2; i++) {
        outer[i] = d->side[i];
        if (s)
            overlay(&d->side[i], &s->side[i], times);
    }
}

void stet_diff_scope_leave(struct diff *d, const struct diff_side outer[2])
{
    d->side[0] = outer[0];
    d->side[1] = outer[1];
}
