/*
 * html_finding - a finding as an element that opens, and the list of a group.
 */
#include "lib/report/html.h"

enum { FINDINGS_MAX = 20000, DETAIL_MAX = 4 * 1024 * 1024 };

size_t stet_report_html_shown(const struct stet_report *r, const struct stet_diff_group *g)
{
    return r->options.full || g->count <= FINDINGS_MAX ? g->count : FINDINGS_MAX;
}

/* The directory faint, the name strong, members of a content after it. */
static void path(struct stet_report *r, const struct stet_finding *f)
{
    const char *text = f->path ? f->path : "";
    size_t file = strcspn(text, "!"), name = file;

    stet_buffer_add_str(&r->text, "<span class=\"p\">");
    if (!*text) {
        stet_buffer_addf(&r->text, "<i>the %s itself</i>",
                         f->level == STET_DIFF_IMAGE ? "image"
                         : f->layer > 0              ? "layer"
                                                     : "artifact");
    } else {
        while (name > 0 && text[name - 1] != '/')
            name--;
        stet_report_show_html_n(&r->text, text, name);
        stet_buffer_add_str(&r->text, "<b>");
        stet_report_show_html_n(&r->text, text + name, file - name);
        stet_buffer_add_str(&r->text, "</b>");
        stet_report_show_html(&r->text, text + file);
    }
    stet_buffer_add_str(&r->text, "</span> ");
}

static void value(struct stet_report *r, const char *letter, const char *text)
{
    stet_buffer_addf(&r->text, "<span class=\"v %s\"><span class=\"tag %s\">%c</span> ", letter,
                     letter, letter[0] - 'a' + 'A');
    if (text && *text)
        stet_report_show_html(&r->text, text);
    else
        stet_buffer_addf(&r->text, "<i>%s</i>", text ? "empty" : "not there");
    stet_buffer_add_str(&r->text, "</span> ");
}

static void fact(struct stet_report *r, const char *before, const char *text)
{
    if (!text || !*text)
        return;
    stet_buffer_addf(&r->text, "<span>%s", before);
    stet_report_show_html(&r->text, text);
    stet_buffer_add_str(&r->text, "</span> ");
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static void facts(struct stet_report *r, const struct stet_finding *f)
{
    stet_buffer_add_str(&r->text, "<p class=\"facts\">");
    fact(r, "", stet_diff_level_name(f->level));
    if (f->layer > 0)
        stet_buffer_addf(&r->text, "<span>layer %u</span> ", f->layer);
    fact(r, "", f->format);
    fact(r, "package ", f->package);
    stet_buffer_add_str(&r->text, "</p>");
    if (f->cause == STET_CAUSE_UNEXPLAINED)
        return;
    const char *title = stet_diff_cause_info(f->cause)->title;
    stet_buffer_addf(&r->text, "<p class=\"why\"><b>%c%s, %s:</b> ", upper(title[0]), title + 1,
                     stet_diff_sureness_name(f->sure));
    stet_report_show_html(&r->text, f->evidence);
    stet_buffer_add_str(&r->text, "</p>");
}

/* Lines under each other; the script puts them side by side. */
static void detail(struct stet_report *r, const struct stet_finding *f, size_t *budget)
{
    const char *text = f->detail, *line;
    size_t len = text ? strlen(text) : 0;

    if (len == 0)
        return;
    if (!r->options.full && len > *budget) {
        stet_buffer_add_str(&r->text, "<p class=\"left-out\">The lines are left out, as the file "
                                      "would become too large; --full puts them in.</p>");
        return;
    }
    *budget -= len < *budget ? len : *budget;
    stet_buffer_addf(&r->text, "<div class=\"lines%s\">", stet_report_is_hex(f) ? " hex" : "");
    while ((line = stet_report_line(&text, &len))) {
        const char *element = line[0] == '-'   ? "del"
                              : line[0] == '+' ? "ins"
                              : line[0] == '@' ? "b"
                                               : "span";
        size_t sign = len > 0 && line[0] != '@' ? 1 : 0;

        stet_buffer_addf(&r->text, "<%s>", element);
        stet_report_show_html_n(&r->text, line + sign, len - sign);
        stet_buffer_addf(&r->text, "</%s>", element);
    }
    stet_buffer_add_str(&r->text, "</div>");
}

static void finding(struct stet_report *r, const struct stet_finding *f, size_t id, size_t *budget)
{
    stet_buffer_addf(&r->text, "<details class=\"f\" id=\"f%zu\"><summary>", id);
    path(r, f);
    stet_buffer_add_str(&r->text, "<span class=\"w\">");
    stet_report_show_html(&r->text, f->what);
    stet_buffer_add_str(&r->text, "</span> ");
    if (f->a || f->b) {
        value(r, "a", f->a);
        value(r, "b", f->b);
    }
    stet_buffer_add_str(&r->text, "</summary><div class=\"more\">");
    facts(r, f);
    detail(r, f, budget);
    stet_buffer_add_str(&r->text, "</div></details>\n");
}

int stet_report_html_list(struct stet_report *r, const struct stet_diff_group *g, size_t *id,
                          struct stet_error *err)
{
    size_t shown = stet_report_html_shown(r, g), budget = DETAIL_MAX;

    stet_buffer_add_str(&r->text, "<div class=\"list\">\n");
    for (size_t i = 0; i < shown; i++) {
        if (i % STET_REPORT_PART == 0)
            stet_buffer_add_str(&r->text, i == 0 ? "<div class=\"part\">\n" : "<noscript>\n");
        finding(r, &r->result->findings[g->indexes[i]], (*id)++, &budget);
        if (i + 1 == shown || (i + 1) % STET_REPORT_PART == 0)
            stet_buffer_add_str(&r->text, i < STET_REPORT_PART ? "</div>\n" : "</noscript>\n");
        if (stet_report_flush(r, err) < 0)
            return -1;
    }
    stet_buffer_add_str(&r->text, "</div>\n");
    if (shown < g->count) {
        stet_buffer_add_str(&r->text, "<p class=\"left-out\">");
        stet_report_plural(&r->text, g->count - shown, "finding", "findings");
        stet_buffer_add_str(&r->text, " more, left out of this file; --full puts all in.</p>\n");
    }
    return 0;
}
