/*
 * groups - findings of one cause together.
 */
#include "lib/diff/diff.h"

/* Loud ones first, then by size; the caller's order is that of the causes. */
static bool goes_before(const struct stet_diff_group *a, const struct stet_diff_group *b)
{
    bool loud_a = stet_diff_cause_info(a->cause)->loud,
         loud_b = stet_diff_cause_info(b->cause)->loud;
    return loud_a != loud_b ? loud_a : a->count > b->count;
}

static void sort(struct stet_diff_groups *g)
{
    for (size_t i = 1; i < g->count; i++) {
        struct stet_diff_group item = g->items[i];
        size_t k = i;
        for (; k > 0 && goes_before(&item, &g->items[k - 1]); k--)
            g->items[k] = g->items[k - 1];
        g->items[k] = item;
    }
}

int stet_diff_groups_make(const struct stet_diff_result *r, struct stet_diff_groups *out,
                          struct stet_error *err)
{
    size_t counts[STET_CAUSE_COUNT] = {0};

    *out = (struct stet_diff_groups){0};
    for (size_t i = 0; i < r->count; i++)
        counts[r->findings[i].cause]++;
    for (int c = 0; c < STET_CAUSE_COUNT; c++) {
        if (counts[c] == 0)
            continue;
        struct stet_diff_group *group = &out->items[out->count];
        group->cause = (enum stet_diff_cause)c;
        group->indexes = calloc(counts[c], sizeof *group->indexes);
        if (!group->indexes) {
            stet_diff_groups_release(out);
            return stet_error_oom(err, "group the findings");
        }
        out->count++;
        for (size_t i = 0; i < r->count; i++)
            if (r->findings[i].cause == group->cause)
                group->indexes[group->count++] = i;
    }
    sort(out);
    return 0;
}

void stet_diff_groups_release(struct stet_diff_groups *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->items[i].indexes);
    *g = (struct stet_diff_groups){0};
}
