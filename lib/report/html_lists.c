/*
 * html_lists - the findings of a group as elements: each series one that opens, with a list of its findings, then a list
 * of those that are in none.
 *
 * A finding is one line of markup, which page.js relies on.
 */
#include "lib/report/html.h"

enum {
    FINDINGS_MAX = 20000,
    MARKUP_MAX = 16 * 1024 * 1024,
    DETAIL_MAX = 8 * 1024 * 1024,
};

/* ---- how much of each list is in the page ---- */

static uint64_t sum_of_lists(const struct stet_report_groups *g, uint32_t list_max)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < g->series_count; i++)
        sum += g->series[i].count < list_max ? g->series[i].count : list_max;
    for (size_t i = 0; i < g->count; i++) {
        uint32_t singles = g->items[i].start + g->items[i].count - g->items[i].singles;

        sum += singles < list_max ? singles : list_max;
    }
    return sum;
}

/* Small lists are whole; large ones share what is left in equal parts. */
void stet_report_page_init(struct stet_report_page *p, struct stet_report *r)
{
    uint32_t low = 1, high = UINT32_MAX;

    *p = (struct stet_report_page){.report = r, .list_max = UINT32_MAX};
    p->markup_left = r->options.full ? SIZE_MAX : MARKUP_MAX;
    p->detail_left = r->options.full ? SIZE_MAX : DETAIL_MAX;
    if (r->options.full || sum_of_lists(&r->groups, high) <= FINDINGS_MAX)
        return;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (sum_of_lists(&r->groups, middle) <= FINDINGS_MAX)
            low = middle;
        else
            high = middle;
    }
    p->list_max = low;
}

/* ---- a finding ---- */

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

static void value(struct stet_report *r, char letter, const char *text)
{
    stet_buffer_addf(&r->text, "<span class=\"v %c\">", letter);
    if (text && *text)
        stet_report_show_html(&r->text, text);
    else
        stet_buffer_addf(&r->text, "<i>%s</i>", text ? "empty" : "not there");
    stet_buffer_add_str(&r->text, "</span> ");
}

static void values(struct stet_report *r, const struct stet_finding *f)
{
    if (!f->a && !f->b)
        return;
    value(r, 'a', f->a);
    value(r, 'b', f->b);
}

/* The layer where it is not that of the whole list, and the package. */
static void origin(struct stet_report *r, const struct stet_finding *f, unsigned same)
{
    bool own = !(same & STET_REPORT_SAME_LAYER), layer = f->layer > 0 && own,
         image = f->image && own, package = f->package && *f->package;

    if (!layer && !image && !package)
        return;
    stet_buffer_add_str(&r->text, "<span class=\"k\">");
    if (layer)
        stet_buffer_addf(&r->text, "layer %u%s", f->layer, image || package ? " · " : "");
    if (image) {
        stet_buffer_add_str(&r->text, "image ");
        stet_report_show_html(&r->text, f->image);
        stet_buffer_add_str(&r->text, package ? " · " : "");
    }
    if (package)
        stet_buffer_add_str(&r->text, "package ");
    stet_report_show_html(&r->text, f->package);
    stet_buffer_add_str(&r->text, "</span> ");
}

static void fact(struct stet_report *r, const char *text)
{
    if (!text || !*text)
        return;
    stet_buffer_add_str(&r->text, "<span>");
    stet_report_show_html(&r->text, text);
    stet_buffer_add_str(&r->text, "</span> ");
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The cause is named besides: by paths, it does not stand above. */
static void reason(struct stet_report *r, const struct stet_finding *f)
{
    const char *title = stet_diff_cause_info(f->cause)->title;

    if (f->cause == STET_CAUSE_UNEXPLAINED)
        return;
    stet_buffer_addf(&r->text, "<p class=\"why\"><b>%c%s, %s:</b> ", upper(title[0]), title + 1,
                     stet_diff_sureness_name(f->sure));
    stet_report_show_html(&r->text, f->evidence);
    stet_buffer_add_str(&r->text, "</p>");
}

/* Lines under each other; the script puts them side by side. */
static void detail(struct stet_report_page *p, const struct stet_finding *f)
{
    struct stet_report *r = p->report;
    const char *text = f->detail, *line;
    size_t len = text ? strlen(text) : 0;

    if (len == 0)
        return;
    if (len > p->group_left) {
        stet_buffer_add_str(&r->text, "<p class=\"left-out\">The lines are left out, as the file "
                                      "would become too large; --full puts them in.</p>");
        return;
    }
    p->group_left -= len;
    p->detail_left -= len;
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

/* What a list's findings have in common stands above it: the level and format of a series, and what same says. */
static void finding(struct stet_report_page *p, const struct stet_finding *f,
                    const struct stet_report_series *s)
{
    struct stet_report *r = p->report;
    unsigned same = s ? s->same : 0;
    bool opens = !s || f->detail || !(same & STET_REPORT_SAME_REASON);

    if (!s)
        stet_buffer_addf(&r->text, "<details class=\"f\" data-level=\"%s\"><summary>",
                         stet_diff_level_name(f->level));
    else
        stet_buffer_add_str(&r->text,
                            opens ? "<details class=\"f\"><summary>" : "<div class=\"f\">");
    path(r, f);
    if (!(same & STET_REPORT_SAME_WHAT)) {
        stet_buffer_add_str(&r->text, "<span class=\"w\">");
        stet_report_show_html(&r->text, f->what);
        stet_buffer_add_str(&r->text, "</span> ");
    }
    if (!(same & STET_REPORT_SAME_VALUES))
        values(r, f);
    origin(r, f, same);
    if (!opens) {
        stet_buffer_add_str(&r->text, "</div>\n");
        return;
    }
    stet_buffer_add_str(&r->text, "</summary><div class=\"more\">");
    if (!s) {
        stet_buffer_add_str(&r->text, "<p class=\"facts\">");
        fact(r, stet_diff_level_name(f->level));
        fact(r, f->format);
        stet_buffer_add_str(&r->text, "</p>");
    }
    if (!(same & STET_REPORT_SAME_REASON))
        reason(r, f);
    detail(p, f);
    stet_buffer_add_str(&r->text, "</div></details>\n");
}

/* ---- lists ---- */

static int list(struct stet_report_page *p, uint32_t start, uint32_t count,
                const struct stet_report_series *s, struct stet_error *err)
{
    struct stet_report *r = p->report;
    uint32_t most = count < p->list_max ? count : p->list_max, shown = 0;

    stet_buffer_addf(&r->text, "<div class=\"list\" data-total=\"%u\">\n", (unsigned)count);
    while (shown < most && p->markup_left > 0) {
        size_t before = r->text.len;

        if (shown % STET_REPORT_PART == 0)
            stet_buffer_add_str(&r->text, shown == 0 ? "<div class=\"part\">\n" : "<noscript>\n");
        finding(p, stet_report_at(r, start + shown), s);
        size_t taken = r->text.len - before;
        p->markup_left -= taken < p->markup_left ? taken : p->markup_left;
        shown++;
        if (shown == most || p->markup_left == 0 || shown % STET_REPORT_PART == 0)
            stet_buffer_add_str(&r->text, shown <= STET_REPORT_PART ? "</div>\n" : "</noscript>\n");
        if (stet_report_flush(r, err) < 0)
            return -1;
    }
    stet_buffer_add_str(&r->text, "</div>\n");
    if (shown < count) {
        stet_buffer_add_str(&r->text, "<p class=\"left-out\">");
        stet_report_plural(&r->text, count - shown, "finding", "findings");
        stet_buffer_add_str(&r->text, " more, left out of this file; --full puts all in.</p>\n");
    }
    return 0;
}

/* What is the same in all of a series, and where it is. */
static void series_facts(struct stet_report *r, const struct stet_report_series *s)
{
    const struct stet_finding *f = stet_report_at(r, s->start);

    stet_buffer_add_str(&r->text, "<div class=\"about\"><p class=\"facts\">");
    fact(r, stet_diff_level_name(f->level));
    fact(r, f->format);
    if (f->layer > 0 && (s->same & STET_REPORT_SAME_LAYER))
        stet_buffer_addf(&r->text, "<span>layer %u</span> ", f->layer);
    if (f->image && (s->same & STET_REPORT_SAME_LAYER))
        fact(r, f->image);
    stet_buffer_add_str(&r->text, "</p>");
    if (s->same & STET_REPORT_SAME_REASON)
        reason(r, f);
    stet_buffer_add_str(&r->text, "</div>\n");
}

static void series_where(struct stet_report *r, const struct stet_report_series *s)
{
    const struct stet_finding *f = stet_report_at(r, s->start);
    struct stet_report_where where;
    struct stet_buffer text = STET_BUFFER_INIT;

    if (s->same & STET_REPORT_SAME_PLACE) {
        path(r, f);
        return;
    }
    stet_report_where(r, s, &where);
    stet_report_where_text(&text, &where, s->count);
    if (text.len > 0) {
        stet_buffer_add_str(&r->text, "<span class=\"where\">");
        stet_report_show_html(&r->text, stet_buffer_str(&text));
        stet_buffer_add_str(&r->text, "</span> ");
    }
    if (text.failed)
        r->text.failed = true;
    stet_buffer_release(&text);
}

static int series(struct stet_report_page *p, const struct stet_report_series *s, bool open,
                  struct stet_error *err)
{
    struct stet_report *r = p->report;
    const struct stet_finding *f = stet_report_at(r, s->start);
    struct stet_buffer property = STET_BUFFER_INIT;

    stet_report_property(&property, f, s->same);
    stet_buffer_addf(&r->text, "<details class=\"series\" data-level=\"%s\"%s><summary><h3>",
                     stet_diff_level_name(f->level), open ? " open" : "");
    stet_report_show_html(&r->text, stet_buffer_str(&property));
    stet_buffer_add_str(&r->text, "</h3> <span class=\"n\">");
    stet_report_number(&r->text, s->count);
    stet_buffer_add_str(&r->text, "</span> ");
    series_where(r, s);
    if ((s->same & STET_REPORT_SAME_VALUES) && (f->a || f->b)) {
        stet_buffer_add_str(&r->text, "<span class=\"where\">in all of them:</span> ");
        values(r, f);
    }
    stet_buffer_add_str(&r->text, "</summary>\n");
    series_facts(r, s);
    if (property.failed)
        r->text.failed = true;
    stet_buffer_release(&property);
    if (list(p, s->start, s->count, s, err) < 0)
        return -1;
    stet_buffer_add_str(&r->text, "</details>\n");
    return 0;
}

int stet_report_page_group(struct stet_report_page *p, const struct stet_report_group *g,
                           struct stet_error *err)
{
    uint32_t end = g->start + g->count;
    bool alone = g->series_count == 1 && g->singles == end;

    p->group_left = p->report->options.full ? p->detail_left : p->detail_left / 2;
    for (uint32_t i = g->series; i < g->series + g->series_count; i++)
        if (series(p, &p->report->groups.series[i], alone, err) < 0)
            return -1;
    return g->singles < end ? list(p, g->singles, end - g->singles, NULL, err) : 0;
}
