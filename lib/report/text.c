/*
 * text - the report for a terminal: the summary, then the findings of one cause after those of another.
 */
#include "lib/report/text.h"

/* Without --full: findings of one place, lines of a detail, and of a detail in a series. */
enum { FINDINGS_SHOWN = 10, DETAIL_SHOWN = 12, DETAIL_IN_SERIES = 6 };
enum { INDENT = 4, HEX_COLUMNS = 79 };

/* Columns for something after taken columns; 0: as many as it needs. */
static unsigned room(const struct stet_report *r, unsigned taken)
{
    if (r->options.width == 0 || r->options.full)
        return 0;
    return r->options.width > taken + 16 ? r->options.width - taken : 16;
}

static void more(struct stet_report *r, unsigned indent, size_t count, const char *which)
{
    stet_report_style(r, STET_REPORT_FAINT);
    stet_buffer_addf(&r->text, "%*s… ", (int)indent, "");
    stet_report_number(&r->text, count);
    stet_buffer_addf(&r->text, " more%s%s; --full shows all\n", *which ? " " : "", which);
    stet_report_plain(r);
}

static void heading(struct stet_report *r, const struct stet_report_group *g)
{
    const struct stet_diff_cause_info *info = stet_diff_cause_info(g->cause);

    stet_buffer_add_char(&r->text, '\n');
    stet_report_style(r, info->loud ? STET_REPORT_LOUD : STET_REPORT_STRONG);
    stet_buffer_addf(&r->text, "%s%s: ", info->loud ? "! " : "", info->title);
    stet_report_plural(&r->text, g->count, "finding", "findings");
    stet_report_plain(r);
    stet_buffer_add_char(&r->text, '\n');
    if (!info->cure)
        return;
    stet_report_style(r, STET_REPORT_FAINT);
    stet_report_wrap(&r->text, info->cure, 2, stet_report_prose(r), 0);
    stet_report_plain(r);
}

/* What stands for the path of what has none. */
static const char *path_of(const struct stet_finding *f)
{
    if (f->path && *f->path)
        return f->path;
    return f->level == STET_DIFF_IMAGE ? "the image itself"
           : f->layer > 0              ? "the layer itself"
                                       : "the artifact itself";
}

/* "  (text, layer 1, image debian:trixie linux/amd64, package base-files)", as far as there is something to tell. Layer and
 * image are those of f, which may be NULL. */
static void facts(struct stet_report *r, const char *format, const struct stet_finding *f,
                  const char *package)
{
    const char *between = "  (";

    stet_report_style(r, STET_REPORT_FAINT);
    if (format && *format) {
        stet_buffer_add_str(&r->text, between);
        stet_report_show(&r->text, format);
        between = ", ";
    }
    if (f && f->layer > 0) {
        stet_buffer_addf(&r->text, "%slayer %u", between, f->layer);
        between = ", ";
    }
    if (f && f->image) {
        stet_buffer_addf(&r->text, "%simage ", between);
        stet_report_show(&r->text, f->image);
        between = ", ";
    }
    if (package && *package) {
        stet_buffer_addf(&r->text, "%spackage ", between);
        stet_report_show(&r->text, package);
        between = ", ";
    }
    if (between[0] == ',')
        stet_buffer_add_char(&r->text, ')');
    stet_report_plain(r);
    stet_buffer_add_char(&r->text, '\n');
}

static void place(struct stet_report *r, const struct stet_finding *f)
{
    stet_report_style(r, STET_REPORT_PLACE);
    stet_report_show(&r->text, path_of(f));
    stet_report_plain(r);
    facts(r, NULL, f, f->package);
}

static void value(struct stet_report *r, enum stet_report_style style, const char *text,
                  unsigned columns)
{
    stet_report_style(r, style);
    stet_report_show_cut(&r->text, text, strlen(text), columns);
    stet_report_plain(r);
}

static void value_line(struct stet_report *r, unsigned indent, char sign,
                       enum stet_report_style style, const char *text)
{
    if (!text)
        return;
    stet_buffer_addf(&r->text, "%*s%c ", (int)indent, "", sign);
    value(r, style, text, room(r, indent + 2));
    stet_buffer_add_char(&r->text, '\n');
}

static void change(struct stet_report *r, const struct stet_finding *f)
{
    if (f->a)
        value(r, STET_REPORT_A, f->a, 0);
    if (f->a && f->b)
        stet_buffer_add_str(&r->text, " → ");
    if (f->b)
        value(r, STET_REPORT_B, f->b, 0);
}

/* Has the detail a line of this sign that begins as the value does? */
static bool has_line(const struct stet_finding *f, char sign, const char *text)
{
    enum { ENOUGH = 24 };
    const char *rest = f->detail, *line;
    size_t len, enough = text ? strnlen(text, ENOUGH) : 0;

    if (!text)
        return true;
    while ((line = stet_report_line(&rest, &len)))
        if (len > enough && line[0] == sign && memcmp(line + 1, text, enough) == 0)
            return true;
    return false;
}

/* "label: a → b" where that fits on a line, else the values on lines of their own, unless the detail has them. */
static void labelled(struct stet_report *r, const struct stet_finding *f, const char *label,
                     unsigned indent)
{
    unsigned width = r->options.width > 0 ? r->options.width : 100;
    unsigned taken = indent + 5 + stet_report_columns(label, width) +
                     stet_report_columns(f->a, width) + stet_report_columns(f->b, width);

    stet_buffer_addf(&r->text, "%*s", (int)indent, "");
    stet_report_show(&r->text, label);
    if ((f->a || f->b) && taken <= width) {
        stet_buffer_add_str(&r->text, ": ");
        change(r, f);
        stet_buffer_add_char(&r->text, '\n');
        return;
    }
    stet_buffer_add_char(&r->text, '\n');
    if (f->detail && has_line(f, '-', f->a) && has_line(f, '+', f->b))
        return;
    value_line(r, indent + 2, '-', STET_REPORT_A, f->a);
    value_line(r, indent + 2, '+', STET_REPORT_B, f->b);
}

static const char *only(const struct stet_finding *f)
{
    return f->a && !f->b ? ", only in a" : f->b && !f->a ? ", only in b" : "";
}

static void own_text(struct stet_report *r, struct stet_buffer *text)
{
    if (text->failed)
        r->text.failed = true;
    stet_buffer_release(text);
}

static void what(struct stet_report *r, const struct stet_finding *f)
{
    struct stet_buffer label = STET_BUFFER_INIT;

    stet_buffer_addf(&label, "%s%s", f->what ? f->what : "", only(f));
    labelled(r, f, stet_buffer_str(&label), INDENT);
    own_text(r, &label);
}

/* Said once where several findings in a row have the same. */
static void evidence(struct stet_report *r, const struct stet_finding *f,
                     const struct stet_finding *before, unsigned indent)
{
    struct stet_buffer prose = STET_BUFFER_INIT;

    if (f->cause == STET_CAUSE_UNEXPLAINED || !f->evidence)
        return;
    if (before && f->sure == before->sure && stet_report_same_text(f->evidence, before->evidence))
        return;
    stet_buffer_addf(&prose, "%s: ", stet_diff_sureness_name(f->sure));
    stet_report_show(&prose, f->evidence);
    stet_report_style(r, STET_REPORT_FAINT);
    stet_report_wrap(&r->text, stet_buffer_str(&prose), indent, stet_report_prose(r), 0);
    stet_report_plain(r);
    own_text(r, &prose);
}

static void detail_line(struct stet_report *r, const char *line, size_t len, unsigned indent)
{
    char sign = len > 0 ? line[0] : ' ';

    if (sign == '-')
        stet_report_style(r, STET_REPORT_A);
    else if (sign == '+')
        stet_report_style(r, STET_REPORT_B);
    else
        stet_report_style(r, STET_REPORT_FAINT);
    stet_buffer_addf(&r->text, "%*s", (int)indent, "");
    stet_report_show_cut(&r->text, line, len, room(r, indent));
    stet_report_plain(r);
    stet_buffer_add_char(&r->text, '\n');
}

static void detail(struct stet_report *r, const struct stet_finding *f, unsigned indent,
                   size_t most)
{
    const char *text = f->detail, *line;
    size_t len, shown = 0, hidden = 0;

    /* Rows of bytes are 79 columns wide, and better whole than indented. */
    if (stet_report_is_hex(f) && r->options.width > 0 && r->options.width < indent + HEX_COLUMNS)
        indent = 0;
    while ((line = stet_report_line(&text, &len))) {
        if (r->options.full || shown < most) {
            detail_line(r, line, len, indent);
            shown++;
        } else {
            hidden++;
        }
    }
    if (hidden > 0)
        more(r, indent, hidden, hidden == 1 ? "line" : "lines");
}

/* ---- series ---- */

/* "mtime in 762 places: 0 → 1 in all of them", or the place and below it what differs there so many times. */
static void series_heading(struct stet_report *r, const struct stet_report_series *s,
                           const struct stet_finding *f)
{
    struct stet_buffer property = STET_BUFFER_INIT;
    bool one_place = s->same & STET_REPORT_SAME_PLACE;

    if (one_place) {
        place(r, f);
        stet_buffer_addf(&r->text, "%*s", INDENT, "");
    } else {
        stet_report_style(r, STET_REPORT_PLACE);
    }
    stet_report_property(&property, f, s->same);
    stet_report_show(&r->text, stet_buffer_str(&property));
    stet_report_plain(r);
    stet_buffer_add_str(&r->text, one_place ? ", " : " in ");
    stet_report_plural(&r->text, s->count, "place", one_place ? "times" : "places");
    stet_buffer_add_str(&r->text, only(f));
    if (one_place)
        stet_buffer_add_char(&r->text, '\n');
    else
        facts(r, f->level == STET_DIFF_CONTENT ? f->format : NULL,
              s->same & STET_REPORT_SAME_LAYER ? f : NULL, NULL);
    own_text(r, &property);
}

/* Where it is, and what is the same everywhere. */
static void series_facts(struct stet_report *r, const struct stet_report_series *s,
                         const struct stet_report_where *where)
{
    struct stet_buffer text = STET_BUFFER_INIT;

    if (!(s->same & STET_REPORT_SAME_PLACE))
        stet_report_where_text(&text, where, s->count);
    if (text.len > 0) {
        stet_report_style(r, STET_REPORT_FAINT);
        stet_report_wrap(&r->text, stet_buffer_str(&text), INDENT, stet_report_prose(r), 0);
        stet_report_plain(r);
    }
    own_text(r, &text);
    if (s->same & STET_REPORT_SAME_VALUES)
        labelled(r, stet_report_at(r, s->start), "in all of them", INDENT);
}

static void example(struct stet_report *r, const struct stet_report_series *s,
                    const struct stet_finding *f)
{
    struct stet_finding shown = *f;
    struct stet_buffer label = STET_BUFFER_INIT;
    bool one_place = s->same & STET_REPORT_SAME_PLACE;

    if (!one_place)
        stet_buffer_add_str(&label, path_of(f));
    if (!one_place && f->layer > 0 && !(s->same & STET_REPORT_SAME_LAYER))
        stet_buffer_addf(&label, " (layer %u%s%s)", f->layer, f->image ? " of " : "",
                         f->image ? f->image : "");
    if (one_place || !(s->same & STET_REPORT_SAME_WHAT))
        stet_buffer_addf(&label, "%s%s", one_place ? "" : ", ", f->what ? f->what : "");
    if (s->same & STET_REPORT_SAME_VALUES)
        shown.a = shown.b = NULL;
    labelled(r, &shown, stet_buffer_str(&label), INDENT + 2);
    own_text(r, &label);
}

static int series(struct stet_report *r, const struct stet_report_series *s, struct stet_error *err)
{
    uint32_t examples[STET_REPORT_EXAMPLES];
    struct stet_report_where where;
    const struct stet_finding *first = stet_report_at(r, s->start), *before = NULL;

    stet_report_where(r, s, &where);
    series_heading(r, s, first);
    series_facts(r, s, &where);
    if (s->same & STET_REPORT_SAME_REASON)
        evidence(r, first, NULL, INDENT);
    /* That there is one more is as long as that one. */
    bool all = r->options.full || s->count <= STET_REPORT_EXAMPLES + 1;
    size_t shown = all ? s->count : stet_report_examples(s, &where, examples);
    for (size_t i = 0; i < shown; i++) {
        const struct stet_finding *f =
            stet_report_at(r, all ? s->start + (uint32_t)i : examples[i]);

        example(r, s, f);
        if (!(s->same & STET_REPORT_SAME_REASON))
            evidence(r, f, before, INDENT + 4);
        detail(r, f, INDENT + 4, DETAIL_IN_SERIES);
        before = f;
        if (stet_report_flush(r, err) < 0)
            return -1;
    }
    if (shown < s->count)
        more(r, INDENT + 2, s->count - shown, "");
    return 0;
}

/* ---- groups ---- */

static int singles(struct stet_report *r, uint32_t start, uint32_t end, struct stet_error *err)
{
    const struct stet_finding *before = NULL;
    uint32_t last = r->options.full || end - start <= FINDINGS_SHOWN ? end : start + FINDINGS_SHOWN;

    place(r, stet_report_at(r, start));
    for (uint32_t i = start; i < last; i++) {
        const struct stet_finding *f = stet_report_at(r, i);

        what(r, f);
        evidence(r, f, before, INDENT + 2);
        detail(r, f, INDENT + 2, DETAIL_SHOWN);
        before = f;
        if (stet_report_flush(r, err) < 0)
            return -1;
    }
    if (last < end)
        more(r, INDENT, end - last, "here");
    return 0;
}

static int block(struct stet_report *r, const struct stet_report_block *b, struct stet_error *err)
{
    stet_buffer_add_char(&r->text, '\n');
    if (b->series)
        return series(r, b->series, err);
    return singles(r, b->start, b->start + b->count, err);
}

static int whole_group(struct stet_report *r, const struct stet_report_group *g,
                       struct stet_error *err)
{
    for (uint32_t i = g->series; i < g->series + g->series_count; i++) {
        const struct stet_report_series *s = &r->groups.series[i];

        if (block(r, &(struct stet_report_block){s->start, s->count, s}, err) < 0)
            return -1;
    }
    for (uint32_t at = g->singles, end; at < g->start + g->count; at = end) {
        end = stet_report_place_end(r, g, at);
        if (block(r, &(struct stet_report_block){at, end - at, NULL}, err) < 0)
            return -1;
    }
    return 0;
}

static int compare_blocks(const void *a, const void *b)
{
    const struct stet_report_block *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

static int group(struct stet_report *r, const struct stet_report_group *g, struct stet_error *err)
{
    struct stet_report_block blocks[STET_REPORT_BLOCKS];
    uint32_t left = g->count;

    heading(r, g);
    if (r->options.full)
        return whole_group(r, g, err);
    size_t count = stet_report_blocks(r, g, blocks);
    qsort(blocks, count, sizeof(blocks[0]), compare_blocks);
    for (size_t i = 0; i < count; i++) {
        if (block(r, &blocks[i], err) < 0)
            return -1;
        left -= blocks[i].count;
    }
    if (left > 0) {
        stet_buffer_add_char(&r->text, '\n');
        more(r, 0, left, "in other places");
    }
    return 0;
}

int stet_report_text(struct stet_report *r, struct stet_error *err)
{
    stet_report_summary(r);
    for (size_t i = 0; i < r->groups.count; i++)
        if (group(r, &r->groups.items[i], err) < 0)
            return -1;
    return 0;
}
