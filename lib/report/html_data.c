/*
 * html_data - what the script of the page works on, as JSON in a script element.
 *
 * {"part": 50, "levels": ["image", …], "groups": [{"cause": …, "first": 0, "count": 12, "total": 12}, …],
 *  "findings": [[level, layer, path, what, a, b, package], …]} - findings in the order of the page; values that are not
 * there are "".
 */
#include "lib/json/json.h"
#include "lib/report/html.h"

struct view {
    struct stet_report *report;
    struct stet_json_writer json;
    struct stet_buffer made, shown;
};

/* Moves what was made to the page. In JSON these characters occur in strings only, so that an escape may stand for them:
 * no content can end the element or begin another. */
static int move(struct view *v, struct stet_error *err)
{
    struct stet_buffer *out = &v->report->text;

    if (stet_buffer_check(&v->made, "a report", err) < 0 ||
        stet_buffer_check(&v->shown, "a report", err) < 0)
        return -1;
    for (size_t i = 0; i < v->made.len; i++) {
        char c = v->made.data[i];

        if (c == '<' || c == '>' || c == '&')
            stet_buffer_addf(out, "\\u%04x", (unsigned)c);
        else
            stet_buffer_add_char(out, c);
    }
    stet_buffer_clear(&v->made);
    return stet_report_flush(v->report, err);
}

static void text(struct view *v, const char *s)
{
    stet_buffer_clear(&v->shown);
    stet_report_show(&v->shown, s);
    stet_json_string(&v->json, stet_buffer_str(&v->shown));
}

static void levels(struct view *v)
{
    stet_json_key(&v->json, "levels");
    stet_json_array_begin(&v->json);
    for (unsigned i = 0; i < STET_DIFF_LEVELS; i++)
        stet_json_string(&v->json, stet_diff_level_name((enum stet_diff_level)i));
    stet_json_array_end(&v->json);
}

static void groups(struct view *v)
{
    const struct stet_diff_groups *all = v->report->groups;
    size_t first = 0;

    stet_json_key(&v->json, "groups");
    stet_json_array_begin(&v->json);
    for (size_t i = 0; i < all->count; i++) {
        size_t count = stet_report_html_shown(v->report, &all->items[i]);

        stet_json_object_begin(&v->json);
        stet_json_key_string(&v->json, "cause", stet_diff_cause_info(all->items[i].cause)->name);
        stet_json_key_integer(&v->json, "first", (int64_t)first);
        stet_json_key_integer(&v->json, "count", (int64_t)count);
        stet_json_key_integer(&v->json, "total", (int64_t)all->items[i].count);
        stet_json_object_end(&v->json);
        first += count;
    }
    stet_json_array_end(&v->json);
}

static void finding(struct view *v, const struct stet_finding *f)
{
    stet_json_array_begin(&v->json);
    stet_json_integer(&v->json, (int64_t)f->level);
    stet_json_integer(&v->json, (int64_t)f->layer);
    text(v, f->path);
    text(v, f->what);
    text(v, f->a);
    text(v, f->b);
    text(v, f->package);
    stet_json_array_end(&v->json);
}

static int findings(struct view *v, struct stet_error *err)
{
    const struct stet_diff_groups *all = v->report->groups;

    stet_json_key(&v->json, "findings");
    stet_json_array_begin(&v->json);
    for (size_t i = 0; i < all->count; i++) {
        const struct stet_diff_group *g = &all->items[i];

        for (size_t j = 0; j < stet_report_html_shown(v->report, g); j++) {
            finding(v, &v->report->result->findings[g->indexes[j]]);
            if (move(v, err) < 0)
                return -1;
        }
    }
    stet_json_array_end(&v->json);
    return 0;
}

static int document(struct view *v, struct stet_error *err)
{
    stet_json_object_begin(&v->json);
    stet_json_key_integer(&v->json, "part", STET_REPORT_PART);
    levels(v);
    groups(v);
    if (findings(v, err) < 0)
        return -1;
    stet_json_object_end(&v->json);
    if (stet_json_writer_finish(&v->json, err) < 0)
        return -1;
    return move(v, err);
}

int stet_report_html_data(struct stet_report *r, struct stet_error *err)
{
    struct view v = {.report = r};

    stet_buffer_init(&v.made);
    stet_buffer_init(&v.shown);
    stet_json_writer_init(&v.json, STET_JSON_COMPACT, &v.made);
    stet_buffer_add_str(&r->text, "<script type=\"application/json\" id=\"data\">");
    int status = document(&v, err);
    stet_buffer_add_str(&r->text, "</script>\n");
    stet_buffer_release(&v.made);
    stet_buffer_release(&v.shown);
    return status;
}
