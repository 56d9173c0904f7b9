/*
 * json - the report for programs: docs/diff-report.md.
 */
#include "lib/json/json.h"
#include "lib/base/utf8.h"
#include "lib/report/private.h"

enum { SCHEMA = 1 };

struct view {
    struct stet_report *report;
    struct stet_json_writer json;
    struct stet_buffer scratch;
};

/* A string that is certainly UTF-8. Names from the command line may not be. */
static const char *as_utf8(struct view *v, const char *s, size_t len)
{
    stet_buffer_clear(&v->scratch);
    while (len > 0) {
        size_t n = stet_utf8_decode(s, len, NULL);

        if (n > 0)
            stet_buffer_add(&v->scratch, s, n);
        else
            stet_buffer_addf(&v->scratch, "\\x%02x", (unsigned char)*s);
        s += n > 0 ? n : 1;
        len -= n > 0 ? n : 1;
    }
    return stet_buffer_str(&v->scratch);
}

static void key_text(struct view *v, const char *key, const char *s)
{
    if (s)
        stet_json_key_string(&v->json, key, as_utf8(v, s, strlen(s)));
}

static void key_count(struct view *v, const char *key, uint64_t n)
{
    stet_json_key_integer(&v->json, key, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static void side(struct view *v, const char *key, const char *name, const char *kind)
{
    stet_json_key(&v->json, key);
    stet_json_object_begin(&v->json);
    key_text(v, "name", name ? name : "");
    key_text(v, "kind", kind ? kind : "");
    stet_json_object_end(&v->json);
}

static void levels(struct view *v, const struct stet_report_counts *counts)
{
    stet_json_key(&v->json, "levels");
    stet_json_object_begin(&v->json);
    for (unsigned i = 0; i < STET_DIFF_LEVELS; i++)
        key_count(v, stet_diff_level_name((enum stet_diff_level)i), counts->levels[i]);
    stet_json_object_end(&v->json);
}

static int series(struct view *v, const struct stet_report_group *g, struct stet_error *err)
{
    const struct stet_report *r = v->report;
    struct stet_buffer property = STET_BUFFER_INIT;
    int status = 0;

    stet_json_key(&v->json, "series");
    stet_json_array_begin(&v->json);
    for (uint32_t i = g->series; i < g->series + g->series_count && status == 0; i++) {
        const struct stet_report_series *s = &r->groups.series[i];
        const struct stet_finding *first = stet_report_at(r, s->start);

        stet_buffer_clear(&property);
        stet_report_property(&property, first, s->same);
        stet_json_object_begin(&v->json);
        key_text(v, "level", stet_diff_level_name(first->level));
        key_text(v, "format", first->format ? first->format : "");
        key_text(v, "what", stet_buffer_str(&property));
        key_count(v, "count", s->count);
        key_count(v, "first", r->groups.order[s->start]);
        stet_json_object_end(&v->json);
        status = stet_report_flush(v->report, err);
    }
    stet_json_array_end(&v->json);
    if (status == 0)
        status = stet_buffer_check(&property, "a report", err);
    stet_buffer_release(&property);
    return status;
}

static int group(struct view *v, const struct stet_report_group *g, struct stet_error *err)
{
    const struct stet_diff_result *r = v->report->result;
    const struct stet_diff_cause_info *info = stet_diff_cause_info(g->cause);

    stet_json_object_begin(&v->json);
    key_text(v, "cause", info->name);
    key_text(v, "title", info->title);
    key_text(v, "cure", info->cure);
    stet_json_key_boolean(&v->json, "loud", info->loud);
    key_count(v, "count", g->count);
    if (series(v, g, err) < 0)
        return -1;
    stet_json_key(&v->json, "findings");
    stet_json_array_begin(&v->json);
    for (size_t i = 0; i < r->count; i++) {
        if (r->findings[i].cause != g->cause)
            continue;
        stet_json_integer(&v->json, (int64_t)i);
        if (stet_report_flush(v->report, err) < 0)
            return -1;
    }
    stet_json_array_end(&v->json);
    stet_json_object_end(&v->json);
    return 0;
}

static int groups(struct view *v, struct stet_error *err)
{
    const struct stet_report_groups *all = &v->report->groups;

    stet_json_key(&v->json, "groups");
    stet_json_array_begin(&v->json);
    for (size_t i = 0; i < all->count; i++)
        if (group(v, &all->items[i], err) < 0)
            return -1;
    stet_json_array_end(&v->json);
    return 0;
}

static void ignored(struct view *v)
{
    const struct stet_diff_result *r = v->report->result;

    stet_json_key(&v->json, "ignored");
    stet_json_array_begin(&v->json);
    for (size_t i = 0; i < r->ignored_count; i++) {
        stet_json_object_begin(&v->json);
        key_text(v, "rule", r->ignored[i].rule ? r->ignored[i].rule : "");
        key_count(v, "count", r->ignored[i].count);
        stet_json_object_end(&v->json);
    }
    stet_json_array_end(&v->json);
}

static void examined(struct view *v)
{
    const struct stet_diff_result *r = v->report->result;

    stet_json_key(&v->json, "examined");
    stet_json_object_begin(&v->json);
    key_count(v, "entries", r->entries);
    key_count(v, "contents", r->contents);
    key_count(v, "bytes", r->bytes);
    stet_json_object_end(&v->json);
}

static void detail(struct view *v, const char *text)
{
    const char *line;
    size_t len;

    if (!text)
        return;
    stet_json_key(&v->json, "detail");
    stet_json_array_begin(&v->json);
    while ((line = stet_report_line(&text, &len)))
        stet_json_string(&v->json, as_utf8(v, line, len));
    stet_json_array_end(&v->json);
}

static void finding(struct view *v, const struct stet_finding *f)
{
    stet_json_object_begin(&v->json);
    key_text(v, "level", stet_diff_level_name(f->level));
    if (f->image)
        key_text(v, "image", f->image);
    if (f->layer > 0)
        key_count(v, "layer", f->layer);
    key_text(v, "path", f->path ? f->path : "");
    key_text(v, "format", f->format ? f->format : "");
    key_text(v, "what", f->what ? f->what : "");
    key_text(v, "a", f->a);
    key_text(v, "b", f->b);
    detail(v, f->detail);
    key_text(v, "cause", stet_diff_cause_info(f->cause)->name);
    if (f->cause != STET_CAUSE_UNEXPLAINED) {
        key_text(v, "sure", stet_diff_sureness_name(f->sure));
        key_text(v, "evidence", f->evidence);
    }
    key_text(v, "package", f->package);
    stet_json_object_end(&v->json);
}

static int findings(struct view *v, struct stet_error *err)
{
    const struct stet_diff_result *r = v->report->result;

    stet_json_key(&v->json, "findings");
    stet_json_array_begin(&v->json);
    for (size_t i = 0; i < r->count; i++) {
        finding(v, &r->findings[i]);
        if (stet_report_flush(v->report, err) < 0)
            return -1;
    }
    stet_json_array_end(&v->json);
    return 0;
}

static int document(struct view *v, struct stet_error *err)
{
    const struct stet_diff_result *r = v->report->result;
    struct stet_report_counts counts;

    stet_report_count(v->report, &counts);
    stet_json_object_begin(&v->json);
    stet_json_key_integer(&v->json, "schema", SCHEMA);
    side(v, "a", r->a, r->a_kind);
    side(v, "b", r->b, r->b_kind);
    key_text(v, "verdict", r->count > 0 ? "differs" : counts.ignored > 0 ? "ignored" : "same");
    key_count(v, "count", r->count);
    levels(v, &counts);
    if (groups(v, err) < 0)
        return -1;
    ignored(v);
    examined(v);
    stet_json_key_boolean(&v->json, "cutShort", r->cut_short);
    if (findings(v, err) < 0)
        return -1;
    stet_json_object_end(&v->json);
    return stet_json_writer_finish(&v->json, err);
}

int stet_report_json(struct stet_report *r, struct stet_error *err)
{
    struct view v = {.report = r};

    stet_json_writer_init(&v.json, STET_JSON_INDENTED, &r->text);
    stet_buffer_init(&v.scratch);
    int status = document(&v, err);
    if (status == 0)
        status = stet_buffer_check(&v.scratch, "a report", err);
    stet_buffer_release(&v.scratch);
    return status;
}
