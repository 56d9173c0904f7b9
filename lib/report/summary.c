/*
 * summary - the first screen of the report for a terminal.
 */
#include "lib/report/text.h"

/* Lines that are always there: the names, the verdict, the levels, what was looked at, and the empty ones between. */
enum { OTHER_LINES = 8, COUNT_WIDTH = 9 };

void stet_report_style(struct stet_report *r, enum stet_report_style style)
{
    static const char *const codes[] = {
        [STET_REPORT_STRONG] = "\x1b[1m",  [STET_REPORT_FAINT] = "\x1b[2m",
        [STET_REPORT_LOUD] = "\x1b[1;33m", [STET_REPORT_A] = "\x1b[31m",
        [STET_REPORT_B] = "\x1b[32m",      [STET_REPORT_PLACE] = "\x1b[1;36m",
    };

    if (r->options.color)
        stet_buffer_add_str(&r->text, codes[style]);
}

void stet_report_plain(struct stet_report *r)
{
    if (r->options.color)
        stet_buffer_add_str(&r->text, "\x1b[0m");
}

unsigned stet_report_prose(const struct stet_report *r)
{
    unsigned width = r->options.width;

    if (width == 0)
        return 80;
    return width < 40 ? 40 : width > 100 ? 100 : width;
}

/* The bytes of the longest run of words that fits. */
static size_t fitting_words(const char *s, unsigned columns)
{
    size_t fits = 0;

    for (size_t i = 0;; i++) {
        if (s[i] != ' ' && s[i] != '\0')
            continue;
        /* Prose is ours, nearly all ASCII: its bytes are its columns, or a few more. */
        if (i > columns && fits > 0)
            return fits;
        fits = i;
        if (s[i] == '\0' || i > columns)
            return fits;
    }
}

unsigned stet_report_wrap(struct stet_buffer *out, const char *prose, unsigned indent,
                          unsigned width, unsigned max)
{
    unsigned lines = 0, columns = width > indent + 20 ? width - indent : 20;

    while (*prose) {
        size_t n = fitting_words(prose, columns);
        bool last = max > 0 && lines + 1 == max;

        if (out) {
            stet_buffer_addf(out, "%*s", (int)indent, "");
            stet_report_show_cut(out, prose, last ? strlen(prose) : n, last ? columns : 0);
            stet_buffer_add_char(out, '\n');
        }
        lines++;
        if (last)
            break;
        prose += n;
        while (*prose == ' ')
            prose++;
    }
    return lines;
}

static void side(struct stet_report *r, const char *letter, const char *name, const char *kind)
{
    unsigned room = 0, taken = stet_report_columns(kind, 60) + 6;

    if (r->options.width > 0)
        room = r->options.width > taken + 20 ? r->options.width - taken : 20;
    stet_report_style(r, STET_REPORT_FAINT);
    stet_buffer_addf(&r->text, "%s  ", letter);
    stet_report_plain(r);
    stet_report_show_middle(&r->text, name, room);
    if (kind && *kind) {
        stet_report_style(r, STET_REPORT_FAINT);
        stet_buffer_add_str(&r->text, " (");
        stet_report_show_cut(&r->text, kind, strlen(kind), 60);
        stet_buffer_add_str(&r->text, ")");
        stet_report_plain(r);
    }
    stet_buffer_add_char(&r->text, '\n');
}

static void verdict(struct stet_report *r, const struct stet_report_counts *counts)
{
    size_t count = r->result->count;

    stet_report_style(r, STET_REPORT_STRONG);
    if (count > 0) {
        stet_buffer_add_str(&r->text, "They differ: ");
        stet_report_plural(&r->text, count, "finding", "findings");
    } else if (counts->ignored > 0) {
        stet_buffer_add_str(&r->text, "Nothing differs but what was ignored.");
    } else if (r->result->partial) {
        stet_buffer_add_str(&r->text,
                            "The same entries and contents; how they are packed was not compared.");
    } else {
        stet_buffer_add_str(&r->text, "The same, byte for byte.");
    }
    stet_report_plain(r);
    if (count > 0 && counts->unexplained > 0) {
        stet_buffer_add_str(&r->text, ", ");
        stet_report_number(&r->text, counts->unexplained);
        stet_buffer_add_str(&r->text, " of them unexplained");
    }
    stet_buffer_add_str(&r->text, count > 0 ? ".\n" : "\n");
}

static void levels(struct stet_report *r, const struct stet_report_counts *counts)
{
    const char *between = "";

    for (unsigned i = 0; i < STET_DIFF_LEVELS; i++) {
        if (counts->levels[i] == 0)
            continue;
        stet_buffer_addf(&r->text, "%s%s ", between, stet_diff_level_name((enum stet_diff_level)i));
        stet_report_number(&r->text, counts->levels[i]);
        between = " · ";
    }
    stet_buffer_add_char(&r->text, '\n');
}

/* ---- groups: a line each, and the cures that there is room for ---- */

/* "mtime (762)", "etc/shadow": what a block is, in as few words as there are. */
static void hint(const struct stet_report *r, const struct stet_report_block *b,
                 struct stet_buffer *out)
{
    enum { PATH_COLUMNS = 40 };
    const struct stet_finding *f = stet_report_at(r, b->start);

    if (b->series && !(b->series->same & STET_REPORT_SAME_PLACE)) {
        struct stet_buffer property = STET_BUFFER_INIT;

        stet_report_property(&property, f, b->series->same);
        stet_report_show(out, stet_buffer_str(&property));
        stet_buffer_add_str(out, " (");
        stet_report_number(out, b->count);
        stet_buffer_add_char(out, ')');
        if (property.failed)
            out->failed = true;
        stet_buffer_release(&property);
    } else if (f->path && *f->path) {
        stet_report_show_middle(out, f->path, PATH_COLUMNS);
    } else {
        stet_report_show_middle(out, f->what, PATH_COLUMNS);
    }
}

/* As many hints as fit, those first that tell most. */
static void hints(struct stet_report *r, const struct stet_report_group *g, unsigned columns)
{
    struct stet_report_block blocks[STET_REPORT_BLOCKS];
    struct stet_buffer text = STET_BUFFER_INIT;
    size_t count = stet_report_blocks(r, g, blocks);
    const char *before = ": ";
    uint32_t told = 0;

    for (size_t i = 0; i < count; i++) {
        /* ", …" must fit where something is left untold. */
        unsigned rest = told + blocks[i].count < g->count ? 3 : 0;

        stet_buffer_clear(&text);
        hint(r, &blocks[i], &text);
        unsigned taken = 2 + stet_report_columns(stet_buffer_str(&text), columns);
        if (text.len == 0 || taken + rest > columns)
            continue;
        stet_buffer_add_str(&r->text, before);
        stet_buffer_add(&r->text, text.data, text.len);
        columns -= taken;
        before = ", ";
        told += blocks[i].count;
    }
    if (told > 0 && told < g->count)
        stet_buffer_add_str(&r->text, ", …");
    if (text.failed)
        r->text.failed = true;
    stet_buffer_release(&text);
}

static void group_title(struct stet_report *r, const struct stet_report_group *g)
{
    const struct stet_diff_cause_info *info = stet_diff_cause_info(g->cause);
    struct stet_buffer count = STET_BUFFER_INIT;
    const char *secret = info->loud ? ", may be a secret" : "";

    stet_report_number(&count, g->count);
    stet_report_style(r, info->loud ? STET_REPORT_LOUD : STET_REPORT_STRONG);
    stet_buffer_addf(&r->text, "%c%*s  %s%s", info->loud ? '!' : ' ', COUNT_WIDTH - 1,
                     stet_buffer_str(&count), info->title, secret);
    stet_report_plain(r);
    unsigned taken = COUNT_WIDTH + 2 + (unsigned)strlen(info->title) + (unsigned)strlen(secret);
    if (taken < stet_report_prose(r))
        hints(r, g, stet_report_prose(r) - taken);
    stet_buffer_add_char(&r->text, '\n');
    if (count.failed)
        r->text.failed = true;
    stet_buffer_release(&count);
}

/* A full stop before another sentence; "$PWD=. for C" has none. */
static bool ends_sentence(const char *s)
{
    return s[0] == '.' && s[1] == ' ' && s[2] >= 'A' && s[2] <= 'Z';
}

/* The cure in *lines lines, wrapped into out unless that is NULL: whole, or its whole sentences that have room in so many
 * lines, or nothing. */
static void cure(struct stet_report *r, const struct stet_report_group *g, struct stet_buffer *out,
                 unsigned *lines)
{
    const char *text = stet_diff_cause_info(g->cause)->cure;
    struct stet_buffer part = STET_BUFFER_INIT;
    size_t len = text ? strlen(text) : 0;
    unsigned taken = 0;

    while (len > 0) {
        stet_buffer_clear(&part);
        stet_buffer_add(&part, text, len);
        taken = stet_report_wrap(NULL, stet_buffer_str(&part), COUNT_WIDTH + 2,
                                 stet_report_prose(r), 0);
        if (taken <= *lines)
            break;
        do
            len--;
        while (len > 0 && !ends_sentence(text + len - 1));
    }
    *lines = len > 0 ? taken : 0;
    if (len > 0 && out)
        stet_report_wrap(out, stet_buffer_str(&part), COUNT_WIDTH + 2, stet_report_prose(r), 0);
    if (part.failed)
        r->text.failed = true;
    stet_buffer_release(&part);
}

/* What differs most is told first of how it is cured. */
static void groups(struct stet_report *r, unsigned room)
{
    size_t count = r->groups.count, shown = count > room ? room - 1 : count;
    unsigned left = room - (unsigned)shown - (count > shown ? 1 : 0);

    for (size_t i = 0; i < shown; i++) {
        unsigned lines = left;

        group_title(r, &r->groups.items[i]);
        stet_report_style(r, STET_REPORT_FAINT);
        cure(r, &r->groups.items[i], &r->text, &lines);
        stet_report_plain(r);
        left -= lines;
    }
    if (count > shown)
        stet_buffer_addf(&r->text, "%*s  and %zu causes more, below\n", COUNT_WIDTH, "",
                         count - shown);
}

static void ignored(struct stet_report *r, size_t total)
{
    const struct stet_diff_result *result = r->result;
    struct stet_buffer line = STET_BUFFER_INIT;

    if (result->ignored_count == 0)
        return;
    stet_buffer_add_str(&line, "Ignored: ");
    stet_report_plural(&line, total, "finding", "findings");
    for (size_t i = 0; i < result->ignored_count; i++) {
        stet_buffer_add_str(&line, i == 0 ? " (" : ", ");
        stet_report_show(&line, result->ignored[i].rule);
        stet_buffer_add_char(&line, ' ');
        stet_report_number(&line, result->ignored[i].count);
    }
    stet_buffer_add_char(&line, ')');
    stet_report_show_cut(&r->text, stet_buffer_str(&line), line.len, r->options.width);
    stet_buffer_add_char(&r->text, '\n');
    if (line.failed)
        r->text.failed = true;
    stet_buffer_release(&line);
}

static void examined(struct stet_report *r)
{
    const struct stet_diff_result *result = r->result;

    stet_report_style(r, STET_REPORT_FAINT);
    stet_buffer_add_str(&r->text, "Looked at ");
    stet_report_plural(&r->text, result->entries, "entry", "entries");
    stet_buffer_add_str(&r->text, " and ");
    stet_report_plural(&r->text, result->contents, "content", "contents");
    stet_buffer_add_str(&r->text, ", ");
    stet_report_size(&r->text, result->bytes);
    stet_buffer_add_str(&r->text, ".\n");
    stet_report_plain(r);
    if (result->cut_short) {
        stet_report_style(r, STET_REPORT_LOUD);
        stet_buffer_add_str(&r->text,
                            "Not all was compared: a limit was reached; a finding says where.\n");
        stet_report_plain(r);
    }
}

void stet_report_summary(struct stet_report *r)
{
    struct stet_report_counts counts;

    stet_report_count(r, &counts);
    side(r, "a", r->result->a, r->result->a_kind);
    side(r, "b", r->result->b, r->result->b_kind);
    stet_buffer_add_char(&r->text, '\n');
    verdict(r, &counts);
    if (r->result->count > 0) {
        levels(r, &counts);
        stet_buffer_add_char(&r->text, '\n');
        groups(r, STET_REPORT_SCREEN - OTHER_LINES - (r->result->ignored_count > 0) -
                      r->result->cut_short);
    }
    stet_buffer_add_char(&r->text, '\n');
    ignored(r, counts.ignored);
    examined(r);
}
