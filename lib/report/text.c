/*
 * text - the report for a terminal: the summary, then the findings of one cause after those of another.
 */
#include "lib/report/text.h"

enum { FINDINGS_SHOWN = 10, DETAIL_SHOWN = 12, INDENT = 4, HEX_COLUMNS = 79 };

/* Columns for something after taken columns; 0: as many as it needs. */
static unsigned room(const struct stet_report *r, unsigned taken)
{
    if (r->options.width == 0 || r->options.full)
        return 0;
    return r->options.width > taken + 16 ? r->options.width - taken : 16;
}

static void more(struct stet_report *r, unsigned indent, size_t count, const char *what)
{
    stet_report_style(r, STET_REPORT_FAINT);
    stet_buffer_addf(&r->text, "%*s… ", (int)indent, "");
    stet_report_number(&r->text, count);
    stet_buffer_addf(&r->text, " more %s%s; --full shows all\n", what, count == 1 ? "" : "s");
    stet_report_plain(r);
}

static void heading(struct stet_report *r, const struct stet_diff_group *g)
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

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_place(const struct stet_finding *f, const struct stet_finding *before)
{
    return before && f->layer == before->layer && same_text(f->path, before->path) &&
           same_text(f->package, before->package);
}

static void place(struct stet_report *r, const struct stet_finding *f)
{
    const char *between = "  (";

    stet_report_style(r, STET_REPORT_PLACE);
    if (f->path && *f->path)
        stet_report_show(&r->text, f->path);
    else if (f->layer > 0)
        stet_buffer_addf(&r->text, "layer %u", f->layer);
    else
        stet_buffer_addf(&r->text, "the %s itself",
                         f->level == STET_DIFF_IMAGE ? "image" : "artifact");
    stet_report_plain(r);
    stet_report_style(r, STET_REPORT_FAINT);
    if (f->layer > 0 && f->path && *f->path) {
        stet_buffer_addf(&r->text, "%slayer %u", between, f->layer);
        between = ", ";
    }
    if (f->package && *f->package) {
        stet_buffer_addf(&r->text, "%spackage ", between);
        stet_report_show(&r->text, f->package);
        between = ", ";
    }
    if (between[0] == ',')
        stet_buffer_add_char(&r->text, ')');
    stet_report_plain(r);
    stet_buffer_add_char(&r->text, '\n');
}

static void value(struct stet_report *r, enum stet_report_style style, const char *text,
                  unsigned columns)
{
    stet_report_style(r, style);
    stet_report_show_cut(&r->text, text, strlen(text), columns);
    stet_report_plain(r);
}

static void value_line(struct stet_report *r, char sign, enum stet_report_style style,
                       const char *text)
{
    if (!text)
        return;
    stet_buffer_addf(&r->text, "%*s%c ", INDENT + 2, "", sign);
    value(r, style, text, room(r, INDENT + 4));
    stet_buffer_add_char(&r->text, '\n');
}

/* "what: a → b" where that fits on a line, else the values on lines of their own. */
static void what(struct stet_report *r, const struct stet_finding *f)
{
    unsigned width = r->options.width > 0 ? r->options.width : 100;
    unsigned taken = INDENT + 5 + stet_report_columns(f->what, width) +
                     stet_report_columns(f->a, width) + stet_report_columns(f->b, width);

    stet_buffer_addf(&r->text, "%*s", INDENT, "");
    stet_report_show(&r->text, f->what);
    if (!f->a != !f->b)
        stet_buffer_addf(&r->text, ", only in %s", f->a ? "a" : "b");
    if (f->a && f->b && taken <= width) {
        stet_buffer_add_str(&r->text, ": ");
        value(r, STET_REPORT_A, f->a, 0);
        stet_buffer_add_str(&r->text, " → ");
        value(r, STET_REPORT_B, f->b, 0);
    } else if (!f->a != !f->b && taken + 12 <= width) {
        stet_buffer_add_str(&r->text, ": ");
        value(r, f->a ? STET_REPORT_A : STET_REPORT_B, f->a ? f->a : f->b, 0);
    } else {
        stet_buffer_add_char(&r->text, '\n');
        value_line(r, '-', STET_REPORT_A, f->a);
        value_line(r, '+', STET_REPORT_B, f->b);
        return;
    }
    stet_buffer_add_char(&r->text, '\n');
}

/* Said once where several findings in a row have the same. */
static void evidence(struct stet_report *r, const struct stet_finding *f,
                     const struct stet_finding *before)
{
    struct stet_buffer prose = STET_BUFFER_INIT;

    if (f->cause == STET_CAUSE_UNEXPLAINED || !f->evidence)
        return;
    if (!r->options.full && before && f->sure == before->sure &&
        same_text(f->evidence, before->evidence))
        return;
    stet_buffer_addf(&prose, "%s: ", stet_diff_sureness_name(f->sure));
    stet_report_show(&prose, f->evidence);
    stet_report_style(r, STET_REPORT_FAINT);
    stet_report_wrap(&r->text, stet_buffer_str(&prose), INDENT + 2, stet_report_prose(r), 0);
    stet_report_plain(r);
    if (prose.failed)
        r->text.failed = true;
    stet_buffer_release(&prose);
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

static void detail(struct stet_report *r, const struct stet_finding *f)
{
    const char *text = f->detail, *line;
    size_t len, shown = 0, hidden = 0;
    unsigned indent = INDENT + 2;

    /* Rows of bytes are 79 columns wide, and better whole than indented. */
    if (stet_report_is_hex(f) && r->options.width > 0 && r->options.width < indent + HEX_COLUMNS)
        indent = 0;
    while ((line = stet_report_line(&text, &len))) {
        if (r->options.full || shown < DETAIL_SHOWN) {
            detail_line(r, line, len, indent);
            shown++;
        } else {
            hidden++;
        }
    }
    if (hidden > 0)
        more(r, INDENT + 2, hidden, "line");
}

static int group(struct stet_report *r, const struct stet_diff_group *g, struct stet_error *err)
{
    const struct stet_finding *before = NULL;
    size_t shown = r->options.full || g->count <= FINDINGS_SHOWN ? g->count : FINDINGS_SHOWN;

    heading(r, g);
    for (size_t i = 0; i < shown; i++) {
        const struct stet_finding *f = &r->result->findings[g->indexes[i]];

        if (!same_place(f, before)) {
            stet_buffer_add_char(&r->text, '\n');
            place(r, f);
        }
        what(r, f);
        evidence(r, f, before);
        detail(r, f);
        before = f;
        if (stet_report_flush(r, err) < 0)
            return -1;
    }
    if (shown < g->count) {
        stet_buffer_add_char(&r->text, '\n');
        more(r, 0, g->count - shown, "finding");
    }
    return 0;
}

int stet_report_text(struct stet_report *r, struct stet_error *err)
{
    stet_report_summary(r);
    for (size_t i = 0; i < r->groups->count; i++)
        if (group(r, &r->groups->items[i], err) < 0)
            return -1;
    return 0;
}
