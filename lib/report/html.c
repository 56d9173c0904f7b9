/*
 * html - the report as one page: what is around the findings.
 */
#include "lib/report/html.h"
#include "lib/digest/digest.h"

/* The source expression of a Content-Security-Policy for one inline text. */
static int add_hash(struct stet_report *r, const char *text, struct stet_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct stet_digest digest;

    if (stet_digest_of(text, strlen(text), &digest, err) < 0)
        return -1;
    stet_buffer_add_str(&r->text, "'sha256-");
    /* 32 bytes are ten groups of three, and two bytes more. */
    for (size_t i = 0; i < STET_DIGEST_SIZE; i += 3) {
        bool last = i + 2 == STET_DIGEST_SIZE;
        uint32_t v = (uint32_t)digest.bytes[i] << 16 | (uint32_t)digest.bytes[i + 1] << 8 |
                     (last ? 0 : digest.bytes[i + 2]);

        stet_buffer_add_char(&r->text, digits[v >> 18]);
        stet_buffer_add_char(&r->text, digits[v >> 12 & 63]);
        stet_buffer_add_char(&r->text, digits[v >> 6 & 63]);
        stet_buffer_add_char(&r->text, last ? '=' : digits[v & 63]);
    }
    stet_buffer_add_char(&r->text, '\'');
    return 0;
}

static int head(struct stet_report *r, struct stet_error *err)
{
    struct stet_buffer *out = &r->text;

    stet_buffer_add_str(out,
                        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta http-equiv=\"Content-Security-Policy\" content=\""
                        "default-src 'none'; img-src data:; base-uri 'none'; "
                        "form-action 'none'; style-src ");
    if (add_hash(r, stet_report_page_css, err) < 0)
        return -1;
    stet_buffer_add_str(out, "; script-src ");
    if (add_hash(r, stet_report_page_js, err) < 0)
        return -1;
    stet_buffer_add_str(
        out, "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n"
             /* Keeps a browser from asking a server for one. */
             "<link rel=\"icon\" href=\"data:,\">\n<title>stet diff: ");
    stet_report_show_html(out, r->result->a);
    stet_buffer_add_str(out, " | ");
    stet_report_show_html(out, r->result->b);
    stet_buffer_add_str(out, "</title>\n<style>");
    stet_buffer_add_str(out, stet_report_page_css);
    stet_buffer_add_str(out, "</style>\n</head>\n");
    return 0;
}

static void side(struct stet_report *r, const char *letter, const char *name, const char *kind)
{
    stet_buffer_addf(&r->text, "<div><dt class=\"tag %s\">%c</dt><dd><span class=\"name\">", letter,
                     letter[0] - 'a' + 'A');
    stet_report_show_html(&r->text, name);
    stet_buffer_add_str(&r->text, "</span> <span class=\"kind\">");
    stet_report_show_html(&r->text, kind);
    stet_buffer_add_str(&r->text, "</span></dd></div>\n");
}

static void verdict(struct stet_report *r, const struct stet_report_counts *counts)
{
    struct stet_buffer *out = &r->text;

    stet_buffer_add_str(out, "<h1>");
    if (r->result->count > 0) {
        stet_buffer_add_str(out, "They differ in ");
        stet_report_plural(out, r->result->count, "place", "places");
    } else if (counts->ignored > 0) {
        stet_buffer_add_str(out, "Nothing differs but what was ignored");
    } else if (r->result->partial) {
        stet_buffer_add_str(out, "The same entries and contents");
    } else {
        stet_buffer_add_str(out, "The same, byte for byte");
    }
    stet_buffer_add_str(out, "</h1>\n<p class=\"lead\">");
    if (r->result->count > 0 && counts->unexplained == 0)
        stet_buffer_add_str(out, "Each difference has a named cause. ");
    else if (r->result->count > 0) {
        stet_report_number(out, r->result->count - counts->unexplained);
        stet_buffer_add_str(out, " have a named cause, ");
        stet_report_number(out, counts->unexplained);
        stet_buffer_add_str(out, counts->unexplained == 1 ? " has none. " : " have none. ");
    }
    if (counts->loud > 0) {
        stet_buffer_add_str(out, "<strong class=\"loud\">");
        stet_report_number(out, counts->loud);
        stet_buffer_add_str(out, " may be a secret in an image.</strong> ");
    }
    if (r->result->cut_short)
        stet_buffer_add_str(out, "<strong class=\"loud\">Not all was compared: a limit was "
                                 "reached; a finding says where.</strong>");
    stet_buffer_add_str(out, "</p>\n");
}

/* A card for each level; with a script they are switches of a filter. */
static void levels(struct stet_report *r, const struct stet_report_counts *counts)
{
    stet_buffer_add_str(&r->text, "<div class=\"levels\" role=\"group\" aria-label=\"Levels\">\n");
    for (unsigned i = 0; i < STET_DIFF_LEVELS; i++) {
        stet_buffer_addf(&r->text,
                         "<button type=\"button\" disabled data-level=\"%s\"%s>"
                         "<span class=\"n\">",
                         stet_diff_level_name((enum stet_diff_level)i),
                         counts->levels[i] == 0 ? " class=\"zero\"" : "");
        stet_report_number(&r->text, counts->levels[i]);
        stet_buffer_addf(&r->text, "</span> <span class=\"l\">%s</span></button>\n",
                         stet_diff_level_name((enum stet_diff_level)i));
    }
    stet_buffer_add_str(&r->text, "</div>\n");
}

/* What works with a script only is hidden until that shows it. */
static void tools(struct stet_report *r)
{
    struct stet_buffer *out = &r->text;

    stet_buffer_add_str(
        out, "<div id=\"tools\" role=\"search\" hidden>\n"
             "<input id=\"q\" type=\"search\" placeholder=\"Search paths and values\" "
             "aria-label=\"Search paths and values\" autocomplete=\"off\" autocapitalize=\"none\" "
             "spellcheck=\"false\">\n"
             "<select id=\"cause\" aria-label=\"Cause\"><option value=\"\">All causes</option>");
    for (size_t i = 0; i < r->groups.count; i++) {
        const struct stet_diff_cause_info *info = stet_diff_cause_info(r->groups.items[i].cause);

        stet_buffer_addf(out, "<option value=\"%s\">", info->name);
        stet_report_show_html(out, info->title);
        stet_buffer_add_str(out, "</option>");
    }
    stet_buffer_add_str(
        out, "</select>\n<div class=\"switch\" role=\"group\" aria-label=\"Arrange by\">"
             "<button type=\"button\" id=\"by-cause\" aria-pressed=\"true\">Causes</button>"
             "<button type=\"button\" id=\"by-path\" aria-pressed=\"false\">Paths</button></div>\n"
             "<div class=\"switch\"><button type=\"button\" id=\"expand\">Expand<span "
             "class=\"wide\"> all</span></button>"
             "<button type=\"button\" id=\"collapse\">Collapse<span class=\"wide\"> "
             "all</span></button></div>\n"
             "<p id=\"status\" role=\"status\"></p>\n</div>\n");
}

static void group_summary(struct stet_report *r, const struct stet_report_group *g)
{
    const struct stet_diff_cause_info *info = stet_diff_cause_info(g->cause);
    struct stet_buffer *out = &r->text;
    uint64_t share = (uint64_t)g->count * 1000 / r->result->count;

    stet_buffer_add_str(out, "<summary><h2>");
    stet_report_show_html(out, info->title);
    stet_buffer_add_str(out, "</h2>");
    if (info->loud)
        stet_buffer_add_str(out, "<span class=\"badge\">may be a secret</span>");
    stet_buffer_add_str(out, "<span class=\"n\">");
    stet_report_number(out, g->count);
    stet_buffer_addf(out,
                     "</span><svg class=\"bar\" aria-hidden=\"true\"><rect width=\"100%%\" "
                     "height=\"100%%\"/><rect class=\"part\" width=\"%u.%u%%\" "
                     "height=\"100%%\"/></svg>",
                     (unsigned)(share / 10), (unsigned)(share % 10));
    if (info->cure) {
        stet_buffer_add_str(out, "<span class=\"cure\">");
        stet_report_show_html(out, info->cure);
        stet_buffer_add_str(out, "</span>");
    }
    stet_buffer_add_str(out, "</summary>\n");
}

static int groups(struct stet_report *r, struct stet_error *err)
{
    enum { FEW = 40 };
    struct stet_report_page page;

    stet_report_page_init(&page, r);
    stet_buffer_addf(&r->text, "<div id=\"groups\" data-part=\"%d\">\n", STET_REPORT_PART);
    for (size_t i = 0; i < r->groups.count; i++) {
        const struct stet_report_group *g = &r->groups.items[i];
        const struct stet_diff_cause_info *info = stet_diff_cause_info(g->cause);
        bool open = info->loud || r->result->count <= FEW;

        stet_buffer_addf(&r->text, "<details class=\"group%s\" id=\"g-%s\"%s>",
                         info->loud ? " loud" : "", info->name, open ? " open" : "");
        group_summary(r, g);
        if (stet_report_page_group(&page, g, err) < 0)
            return -1;
        stet_buffer_add_str(&r->text, "</details>\n");
    }
    stet_buffer_add_str(&r->text, "</div>\n<div id=\"tree\" hidden></div>\n"
                                  "<p id=\"none\" hidden>Nothing matches.</p>\n");
    return 0;
}

static void foot(struct stet_report *r, const struct stet_report_counts *counts)
{
    const struct stet_diff_result *result = r->result;
    struct stet_buffer *out = &r->text;

    stet_buffer_add_str(out, "<footer>\n");
    if (result->ignored_count > 0) {
        stet_buffer_add_str(out, "<h2>Ignored, as asked</h2>\n<ul class=\"ignored\">");
        for (size_t i = 0; i < result->ignored_count; i++) {
            stet_buffer_add_str(out, "<li><code>");
            stet_report_show_html(out, result->ignored[i].rule);
            stet_buffer_add_str(out, "</code> ");
            stet_report_number(out, result->ignored[i].count);
            stet_buffer_add_str(out, "</li>");
        }
        stet_buffer_add_str(out, "</ul>\n");
    }
    stet_buffer_add_str(out, "<p>Looked at ");
    stet_report_plural(out, result->entries, "entry", "entries");
    stet_buffer_add_str(out, " and ");
    stet_report_plural(out, result->contents, "content", "contents");
    stet_buffer_add_str(out, ", ");
    stet_report_size(out, result->bytes);
    stet_buffer_add_str(out, counts->ignored > 0 ? ". Ignored findings are counted above.</p>\n"
                                                 : ". Nothing was ignored.</p>\n");
    if (result->count > 0)
        stet_buffer_add_str(
            out, "<p id=\"keys\" hidden><kbd>/</kbd> search, <kbd>Esc</kbd> clear; on a line "
                 "<kbd>↑</kbd> <kbd>↓</kbd> move, <kbd>→</kbd> opens, <kbd>←</kbd> closes.</p>\n");
    stet_buffer_add_str(out, "</footer>\n");
}

static int body(struct stet_report *r, struct stet_error *err)
{
    struct stet_report_counts counts;

    stet_report_count(r, &counts);
    stet_buffer_add_str(&r->text,
                        "<body>\n<header>\n<p class=\"mark\"><span>stet</span> diff</p>\n");
    verdict(r, &counts);
    stet_buffer_add_str(&r->text, "<dl class=\"sides\">\n");
    side(r, "a", r->result->a, r->result->a_kind);
    side(r, "b", r->result->b, r->result->b_kind);
    stet_buffer_add_str(&r->text, "</dl>\n</header>\n<main>\n");
    if (r->result->count > 0) {
        levels(r, &counts);
        tools(r);
        if (groups(r, err) < 0)
            return -1;
    }
    stet_buffer_add_str(&r->text, "</main>\n");
    foot(r, &counts);
    return 0;
}

int stet_report_html(struct stet_report *r, struct stet_error *err)
{
    if (head(r, err) < 0 || body(r, err) < 0)
        return -1;
    if (r->result->count > 0) {
        stet_buffer_add_str(&r->text, "<script>");
        stet_buffer_add_str(&r->text, stet_report_page_js);
        stet_buffer_add_str(&r->text, "</script>\n");
    }
    stet_buffer_add_str(&r->text, "</body>\n</html>\n");
    return 0;
}
