/*
 * blocks - what is shown of a group: which of its series and places, where a series is, and examples of it.
 */
#include "lib/report/private.h"

/* ---- which blocks ---- */

/* How many blocks there were of a kind of findings. */
enum { KINDS_MAX = 64 };
struct kind {
    const char *format;
    enum stet_diff_level level;
    uint32_t blocks;
};
struct choice {
    struct stet_report_block *out;
    size_t count;
    uint32_t ranks[STET_REPORT_BLOCKS]; /* of out */
    struct kind kinds[KINDS_MAX];
    size_t kind_count;
};

/* How many blocks of the kind of f there were before. Kinds beyond the table are as one. */
static uint32_t next_rank(struct choice *c, const struct stet_finding *f)
{
    const char *format = f->format ? f->format : "";
    size_t i;

    for (i = 0; i < c->kind_count; i++)
        if (c->kinds[i].level == f->level && strcmp(c->kinds[i].format, format) == 0)
            break;
    if (i == KINDS_MAX)
        i--;
    else if (i == c->kind_count)
        c->kinds[c->kind_count++] = (struct kind){format, f->level, 0};
    return c->kinds[i].blocks++;
}

/* Keeps the block when it is among the first by rank; those of one rank stay in the order in which they come. */
static void offer(struct choice *c, const struct stet_finding *f, struct stet_report_block block)
{
    uint32_t rank = next_rank(c, f);
    size_t at = c->count;

    while (at > 0 && c->ranks[at - 1] > rank)
        at--;
    if (at == STET_REPORT_BLOCKS)
        return;
    if (c->count < STET_REPORT_BLOCKS)
        c->count++;
    for (size_t i = c->count - 1; i > at; i--) {
        c->out[i] = c->out[i - 1];
        c->ranks[i] = c->ranks[i - 1];
    }
    c->out[at] = block;
    c->ranks[at] = rank;
}

bool stet_report_same_place(const struct stet_finding *a, const struct stet_finding *b)
{
    return a->layer == b->layer && stet_report_same_text(a->image, b->image) &&
           stet_report_same_text(a->path, b->path) && stet_report_same_text(a->package, b->package);
}

uint32_t stet_report_place_end(const struct stet_report *r, const struct stet_report_group *g,
                               uint32_t at)
{
    const struct stet_finding *first = stet_report_at(r, at);

    do
        at++;
    while (at < g->start + g->count && stet_report_same_place(first, stet_report_at(r, at)));
    return at;
}

size_t stet_report_blocks(const struct stet_report *r, const struct stet_report_group *g,
                          struct stet_report_block out[STET_REPORT_BLOCKS])
{
    struct choice c = {.out = out};

    for (uint32_t i = g->series; i < g->series + g->series_count; i++) {
        const struct stet_report_series *s = &r->groups.series[i];

        offer(&c, stet_report_at(r, s->start), (struct stet_report_block){s->start, s->count, s});
    }
    for (uint32_t at = g->singles, end; at < g->start + g->count; at = end) {
        end = stet_report_place_end(r, g, at);
        offer(&c, stet_report_at(r, at), (struct stet_report_block){at, end - at, NULL});
    }
    return c.count;
}

/* ---- where ---- */

/* Bytes of the directories that path and other begin with, both; with the last '/'. */
static size_t common_directories(const char *path, size_t len, const char *other)
{
    size_t common = 0;

    for (size_t i = 0; i < len && path[i] == other[i]; i++)
        if (path[i] == '/')
            common = i + 1;
    return common;
}

/* The first one of a directory is the first in it, and the directory itself only where there is nothing else. */
static void count_top(struct stet_report_where *w, const char *path, uint32_t at)
{
    size_t len = strcspn(path, "/!");
    bool inside = path[len] != '\0';

    for (size_t i = 0; i < w->count; i++) {
        struct stet_report_top *top = &w->tops[i];

        if (top->len != len || memcmp(top->name, path, len) != 0)
            continue;
        top->count++;
        if (inside && !top->inside) {
            top->inside = true;
            top->first = at;
        }
        return;
    }
    if (w->count < STET_REPORT_TOPS)
        w->tops[w->count++] = (struct stet_report_top){path, len, 1, at, inside};
    else
        w->many = true;
}

static const char *path_at(const struct stet_report *r, uint32_t at)
{
    const char *path = stet_report_at(r, at)->path;

    return path ? path : "";
}

void stet_report_where(const struct stet_report *r, const struct stet_report_series *s,
                       struct stet_report_where *out)
{
    uint32_t end = s->start + s->count;

    *out = (struct stet_report_where){.below = path_at(r, s->start)};
    out->below_len = strlen(out->below);
    for (uint32_t i = s->start; i < end && out->below_len > 0; i++)
        out->below_len = common_directories(out->below, out->below_len, path_at(r, i));
    for (uint32_t i = s->start; i < end; i++)
        count_top(out, path_at(r, i) + out->below_len, i);
    /* By insertion: the first ones stay first. */
    for (size_t i = 1; i < out->count; i++) {
        struct stet_report_top item = out->tops[i];
        size_t k = i;

        for (; k > 0 && item.count > out->tops[k - 1].count; k--)
            out->tops[k] = out->tops[k - 1];
        out->tops[k] = item;
    }
}

void stet_report_where_text(struct stet_buffer *out, const struct stet_report_where *w,
                            uint32_t total)
{
    enum { SHOWN = 6, BELOW_COLUMNS = 60, NAME_COLUMNS = 20 };
    uint32_t left = total;

    if (w->below_len > 1) {
        stet_buffer_add_str(out, "below ");
        stet_report_show_middle_n(out, w->below, w->below_len - 1, BELOW_COLUMNS);
    } else if (w->count > 1 && w->tops[0].count > 1) {
        stet_buffer_add_str(out, "in");
    }
    if (w->many || w->count < 2 || w->tops[0].count < 2)
        return;
    if (w->below_len > 1)
        stet_buffer_add_char(out, ':');
    for (size_t i = 0; i < w->count && i < SHOWN; i++) {
        stet_buffer_add_str(out, i == 0 ? " " : ", ");
        if (w->tops[i].len == 0)
            stet_buffer_add_str(out, "the root");
        stet_report_show_middle_n(out, w->tops[i].name, w->tops[i].len, NAME_COLUMNS);
        stet_buffer_add_char(out, ' ');
        stet_report_number(out, w->tops[i].count);
        left -= w->tops[i].count;
    }
    if (left > 0) {
        stet_buffer_add_str(out, " and ");
        stet_report_number(out, left);
        stet_buffer_add_str(out, " elsewhere");
    }
}

/* ---- examples ---- */

static bool has(const uint32_t *items, size_t count, uint32_t item)
{
    for (size_t i = 0; i < count; i++)
        if (items[i] == item)
            return true;
    return false;
}

size_t stet_report_examples(const struct stet_report_series *s, const struct stet_report_where *w,
                            uint32_t out[STET_REPORT_EXAMPLES])
{
    size_t count = 0;

    for (size_t i = 0; i < w->count && count < STET_REPORT_EXAMPLES; i++)
        out[count++] = w->tops[i].first;
    for (uint32_t i = s->start; i < s->start + s->count && count < STET_REPORT_EXAMPLES; i++)
        if (!has(out, count, i))
            out[count++] = i;
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && out[k] < out[k - 1]; k--) {
            uint32_t item = out[k];

            out[k] = out[k - 1];
            out[k - 1] = item;
        }
    return count;
}
