#include <openssl/evp.h>

#include "tests/unit/report/fixture.h"

/* What stands between begin and the next end. The caller frees it. */
static char *between(const char *text, const char *begin, const char *end)
{
    const char *from = strstr(text, begin);

    assert_non_null(from);
    from += strlen(begin);
    const char *to = strstr(from, end);
    assert_non_null(to);
    return strndup(from, (size_t)(to - from));
}

/* ---- markup: every tag that is there is one that the report writes ---- */

static bool is_listed(const char *word, size_t len, const char *const *list)
{
    for (; *list; list++)
        if (strlen(*list) == len && memcmp(*list, word, len) == 0)
            return true;
    return false;
}

static const char *const elements[] = {
    "html",   "head", "body",    "title",   "meta",     "link",   "style",  "script",
    "header", "main", "footer",  "div",     "p",        "span",   "strong", "b",
    "i",      "h1",   "h2",      "h3",      "dl",       "dt",     "dd",     "ul",
    "li",     "code", "kbd",     "del",     "ins",      "button", "input",  "select",
    "svg",    "rect", "details", "summary", "noscript", "option", NULL};
/* None of them holds anything that came from an artifact, save by class names and numbers of our own. */
static const char *const attributes[] = {"lang",        "charset",      "http-equiv",
                                         "content",     "name",         "rel",
                                         "href",        "class",        "id",
                                         "role",        "aria-label",   "aria-pressed",
                                         "type",        "data-level",   "data-part",
                                         "data-total",  "disabled",     "hidden",
                                         "placeholder", "autocomplete", "autocapitalize",
                                         "spellcheck",  "value",        "width",
                                         "height",      "aria-hidden",  "open",
                                         NULL};

/* The attributes from at to the end of the tag; what follows it. */
static const char *check_attributes(const char *at)
{
    while (*at == ' ') {
        size_t name = strcspn(++at, " =>\"'");

        if (*at == '\0' || !is_listed(at, name, attributes))
            fail_msg("an attribute that is not ours: %.60s", at);
        at += name;
        if (*at == '=') {
            assert_int_equal(at[1], '"');
            at = strchr(at + 2, '"');
            assert_non_null(at);
            at++;
        }
    }
    if (*at == '/')
        at++;
    if (*at != '>')
        fail_msg("a tag that does not end: %.60s", at);
    return at + 1;
}

/* One tag; what follows it, and after style and script what follows their text. */
static const char *check_tag(const char *at)
{
    bool ends = at[1] == '/';
    const char *name = at + 1 + ends;
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");

    if (!is_listed(name, len, elements))
        fail_msg("an element that is not ours: %.60s", at);
    const char *after = check_attributes(name + len);
    if (!ends && (strncmp(name, "style>", 6) == 0 || strncmp(name, "script", 6) == 0)) {
        after = strstr(after, *name == 's' && name[1] == 't' ? "</style>" : "</script>");
        assert_non_null(after);
    }
    return after;
}

static void assert_our_markup(const char *html)
{
    static const char doctype[] = "<!DOCTYPE html>\n";

    assert_int_equal(strncmp(html, doctype, strlen(doctype)), 0);
    html += strlen(doctype);
    while (*html) {
        if (*html == '<')
            html = check_tag(html);
        else if (*html == '>')
            fail_msg("a bare >: %.60s", html);
        else
            html++;
    }
}

static void test_hostile_strings_are_no_markup(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_of(&html, report_fixture_hostile, STET_REPORT_HTML, NULL);
    assert_our_markup(stet_buffer_str(&html));
    assert_int_equal(occurrences(stet_buffer_str(&html), "<script"), 1);
    assert_int_equal(occurrences(stet_buffer_str(&html), "</script"), 1);
    assert_int_equal(occurrences(stet_buffer_str(&html), "<style"), 1);
    assert_int_equal(occurrences(stet_buffer_str(&html), "</style"), 1);
    assert_hasnt(stet_buffer_str(&html), "<!--");
    assert_hasnt(stet_buffer_str(&html), "]]>");
    assert_has(stet_buffer_str(&html), "&lt;script&gt;alert(1)&lt;/<b>script&gt;</b>");
    assert_has(stet_buffer_str(&html), "<b>&quot; onload=&quot;alert(2)</b>");
    stet_buffer_release(&html);
}

static void test_markup_of_all(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_of(&html, report_fixture_all, STET_REPORT_HTML, NULL);
    assert_our_markup(stet_buffer_str(&html));
    stet_buffer_release(&html);
    report_of(&html, report_fixture_equal, STET_REPORT_HTML, NULL);
    assert_our_markup(stet_buffer_str(&html));
    assert_has(stet_buffer_str(&html), "<h1>The same, byte for byte</h1>");
    assert_int_equal(occurrences(stet_buffer_str(&html), "<script"), 0);
    stet_buffer_release(&html);
}

static void test_nothing_hidden_is_left(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_of(&html, report_fixture_hostile, STET_REPORT_HTML, NULL);
    assert_hasnt(stet_buffer_str(&html), "\xe2\x80\xae");
    assert_hasnt(stet_buffer_str(&html), "\xe2\x80\x8b");
    assert_hasnt(stet_buffer_str(&html), "\xe2\x81\xa6");
    assert_hasnt(stet_buffer_str(&html), "\x1b");
    assert_has(stet_buffer_str(&html), "a\\u{202e}txt.exe");
    stet_buffer_release(&html);
}

/* The policy of the page names exactly its own style and script, by hashes that OpenSSL computes here. */
static void assert_hash_is_named(const char *html, const char *directive, char *content)
{
    unsigned char hash[EVP_MAX_MD_SIZE], text[64];
    char expected[160];
    unsigned len = 0;

    assert_int_equal(EVP_Digest(content, strlen(content), hash, &len, EVP_sha256(), NULL), 1);
    EVP_EncodeBlock(text, hash, (int)len);
    snprintf(expected, sizeof(expected), "; %s 'sha256-%s'", directive, (const char *)text);
    char *policy = between(html, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert_has(policy, expected);
    assert_has(policy, "default-src 'none';");
    assert_hasnt(policy, "unsafe");
    free(policy);
    free(content);
}

static void test_policy(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_of(&html, report_fixture_all, STET_REPORT_HTML, NULL);
    assert_hash_is_named(stet_buffer_str(&html), "style-src",
                         between(stet_buffer_str(&html), "<style>", "</style>"));
    assert_hash_is_named(stet_buffer_str(&html), "script-src",
                         between(stet_buffer_str(&html), "<script>", "</script>"));
    stet_buffer_release(&html);
}

static void test_no_reference_to_anything(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_of(&html, report_fixture_all, STET_REPORT_HTML, NULL);
    assert_hasnt(stet_buffer_str(&html), "http:");
    assert_hasnt(stet_buffer_str(&html), "https:");
    assert_hasnt(stet_buffer_str(&html), "src=");
    assert_hasnt(stet_buffer_str(&html), "url(");
    assert_hasnt(stet_buffer_str(&html), "@import");
    assert_hasnt(stet_buffer_str(&html), "style=");
    /* The empty icon alone. */
    assert_int_equal(occurrences(stet_buffer_str(&html), "href="), 1);
    stet_buffer_release(&html);
}

/* Each finding is in the page once, on a line of its own: the script goes by lines. */
static void test_a_line_for_each_finding(void **state)
{
    static make_result *const makers[] = {report_fixture_all, report_fixture_hostile};
    static const size_t counts[] = {58, 8};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stet_buffer html;
        size_t lines = 0;

        report_of(&html, makers[i], STET_REPORT_HTML, NULL);
        for (const char *at = stet_buffer_str(&html); (at = strstr(at, " class=\"f\"")); at++) {
            const char *begin = at, *end = strchr(at, '\n');

            while (begin[-1] != '\n')
                begin--;
            assert_true(strncmp(begin, "<details class=\"f\"", 18) == 0 ||
                        strncmp(begin, "<div class=\"f\">", 15) == 0);
            assert_true(strncmp(end - 10, "</details>", 10) == 0 ||
                        strncmp(end - 6, "</div>", 6) == 0);
            lines++;
        }
        assert_int_equal(lines, counts[i]);
        stet_buffer_release(&html);
    }
}

/* What all of a series have in common stands in its head and in none of its rows. */
static void test_series(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_of(&html, report_fixture_series, STET_REPORT_HTML, NULL);
    assert_our_markup(stet_buffer_str(&html));
    char *head = between(stet_buffer_str(&html),
                         "<details class=\"series\" data-level=\"entry\"><summary><h3>mode</h3> ",
                         "<div class=\"list\"");
    assert_has(head, "<span class=\"n\">30</span> <span class=\"where\">in usr 20, var 6, etc 4");
    assert_has(head, "<span class=\"v a\">0644</span> <span class=\"v b\">0600</span>");
    assert_has(head, "<p class=\"why\"><b>Owner or umask, likely:</b> By the umask alone.</p>");
    free(head);
    assert_int_equal(occurrences(stet_buffer_str(&html), "By the umask alone."), 1);
    assert_has(stet_buffer_str(&html),
               "\n<div class=\"f\"><span class=\"p\">etc/<b>c0</b></span> </div>\n");
    /* Values of their own, and properties that differ by their numbers. */
    assert_has(stet_buffer_str(&html), "<h3>pax record ctime</h3> <span class=\"n\">5</span>");
    assert_has(stet_buffer_str(&html), "<span class=\"v a\">1795457910</span>");
    assert_has(stet_buffer_str(&html), "<h3>…: last change (days)</h3> <span class=\"n\">6</span> "
                                       "<span class=\"p\">etc/<b>shadow</b></span>");
    assert_has(stet_buffer_str(&html), "<span class=\"w\">user3: last change (days)</span>");
    stet_buffer_release(&html);
}

static void test_summary(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_of(&html, report_fixture_all, STET_REPORT_HTML, NULL);
    assert_has(stet_buffer_str(&html), "<h1>They differ in 58 places</h1>");
    assert_has(stet_buffer_str(&html), "55 have a named cause, 3 have none.");
    assert_has(stet_buffer_str(&html), "2 may be a secret in an image.");
    assert_has(stet_buffer_str(&html), "<details class=\"group loud\" id=\"g-random\" open>");
    assert_has(stet_buffer_str(&html), "<details class=\"group\" id=\"g-build-time\">");
    assert_has(stet_buffer_str(&html), "<span class=\"cure\">Set SOURCE_DATE_EPOCH");
    assert_has(stet_buffer_str(&html), "<code>var/log/**</code> 3");
    assert_has(stet_buffer_str(&html), "<del>LANG=C.UTF-8</del><ins>LANG=de_DE.UTF-8</ins>");
    stet_buffer_release(&html);
}

static void report_large(struct stet_buffer *html, size_t count, bool full)
{
    struct stet_report_options options = {.full = full};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;

    assert_int_equal(report_fixture_large(count, &result, &err), 0);
    report_into(html, &result, STET_REPORT_HTML, &options);
    stet_diff_result_release(&result);
}

/* After the first 50 of a group the rest is text until it is needed. */
static void test_parts(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_large(&html, 1000, false);
    assert_our_markup(stet_buffer_str(&html));
    /* Series of 600, 200 and 200. */
    assert_int_equal(occurrences(stet_buffer_str(&html), "<div class=\"part\">"), 3);
    assert_int_equal(occurrences(stet_buffer_str(&html), "<noscript>"), 11 + 3 + 3);
    assert_int_equal(occurrences(stet_buffer_str(&html), "</noscript>"), 11 + 3 + 3);
    assert_int_equal(occurrences(stet_buffer_str(&html), "<details class=\"f\""), 1000);
    stet_buffer_release(&html);
}

/* The findings of a list, as numbers of them: what is left out and what is there is all. */
static void test_limits_and_full(void **state)
{
    struct stet_buffer html;

    (void)state;
    report_large(&html, 34000, false);
    /* 20,400, 6,800 and 6,800: two of them whole, and the rest for the first. */
    assert_int_equal(occurrences(stet_buffer_str(&html), "<details class=\"f\""), 2 * 6666 + 6666);
    assert_has(stet_buffer_str(&html), "13,734 findings more, left out of this file; --full");
    assert_int_equal(occurrences(stet_buffer_str(&html), "134 findings more, left out"), 2);
    stet_buffer_release(&html);

    report_large(&html, 30000, false);
    assert_int_equal(occurrences(stet_buffer_str(&html), "<details class=\"f\""), 20000);
    assert_int_equal(occurrences(stet_buffer_str(&html), "10,000 findings more, left out"), 1);
    stet_buffer_release(&html);

    report_large(&html, 34000, true);
    assert_int_equal(occurrences(stet_buffer_str(&html), "<details class=\"f\""), 34000);
    assert_hasnt(stet_buffer_str(&html), "left out");
    stet_buffer_release(&html);
}

/* However long paths are, the page is of a size that a browser takes. */
static void test_budget_of_markup(void **state)
{
    enum { LINE = 64 * 1024, COUNT = 500 };
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer html;

    (void)state;
    assert_int_equal(report_fixture_large(COUNT, &result, &err), 0);
    char *path = calloc(LINE + 1, 1);
    assert_non_null(path);
    memset(path, 'x', LINE);
    for (size_t i = 0; i < result.count; i++) {
        stet_diff_shared_release(result.findings[i].path);
        result.findings[i].path = stet_diff_shared_new(path, &err);
        assert_non_null(result.findings[i].path);
    }
    report_into(&html, &result, STET_REPORT_HTML, NULL);
    assert_our_markup(stet_buffer_str(&html));
    assert_in_range(html.len, 16 << 20, (16 << 20) + 256 * 1024);
    assert_has(stet_buffer_str(&html), "findings more, left out of this file");
    stet_buffer_release(&html);
    free(path);
    stet_diff_result_release(&result);
}

/* Details beyond half of 8 MiB are left out of the first group, and that is said in their place. */
static void test_budget_of_detail(void **state)
{
    enum { LINE = 100 * 1024, COUNT = 50 };
    struct stet_report_options options = {.full = false};
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer html;

    (void)state;
    assert_int_equal(report_fixture_large(COUNT * 5, &result, &err), 0);
    for (size_t i = 0; i < result.count; i++) {
        if (result.findings[i].cause != STET_CAUSE_UNEXPLAINED)
            continue;
        free(result.findings[i].detail);
        result.findings[i].detail = calloc(LINE + 1, 1);
        assert_non_null(result.findings[i].detail);
        memset(result.findings[i].detail, '-', LINE);
    }
    report_into(&html, &result, STET_REPORT_HTML, &options);
    assert_int_equal(occurrences(stet_buffer_str(&html), "The lines are left out"), COUNT - 40);
    stet_buffer_release(&html);
    options.full = true;
    report_into(&html, &result, STET_REPORT_HTML, &options);
    assert_int_equal(occurrences(stet_buffer_str(&html), "The lines are left out"), 0);
    stet_buffer_release(&html);
    stet_diff_result_release(&result);
}

static void test_deterministic(void **state)
{
    struct stet_buffer one, two;

    (void)state;
    report_of(&one, report_fixture_all, STET_REPORT_HTML, NULL);
    report_of(&two, report_fixture_all, STET_REPORT_HTML, NULL);
    assert_string_equal(stet_buffer_str(&one), stet_buffer_str(&two));
    stet_buffer_release(&one);
    stet_buffer_release(&two);
}

static void test_write_error(void **state)
{
    (void)state;
    assert_write_error_is_told(STET_REPORT_HTML);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_strings_are_no_markup),
        cmocka_unit_test(test_markup_of_all),
        cmocka_unit_test(test_nothing_hidden_is_left),
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_no_reference_to_anything),
        cmocka_unit_test(test_a_line_for_each_finding),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_limits_and_full),
        cmocka_unit_test(test_budget_of_markup),
        cmocka_unit_test(test_budget_of_detail),
        cmocka_unit_test(test_deterministic),
        cmocka_unit_test(test_write_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
