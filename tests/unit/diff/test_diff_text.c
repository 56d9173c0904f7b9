/* Texts by lines. */
#include "lib/diff/lines.h"
#include "tests/unit/diff/content_fixture.h"

static struct comparing c;

static void compare(const char *a, const char *b, int status, size_t findings)
{
    compare_strings(&c, stet_diff_text_compare, a, b, status, findings);
}

static void changed_lines(void **state)
{
    (void)state;
    compare("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", 1, 1);
    assert_finding(&c, 0, "f", "text", "line 5", "5", "five");
    assert_detail(&c, 0, " 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    comparing_release(&c);
}

static void runs_are_told_one_by_one(void **state)
{
    (void)state;
    compare("a\nb\nc\nd\ne\nf\n", "a\nB\nc\nd\nX\nY\ne\n", 1, 3);
    assert_finding(&c, 0, "f", "text", "line 2", "b", "B");
    assert_finding(&c, 1, "f", "text", "lines 5-6", NULL, "X (and 1 more line)");
    assert_finding(&c, 2, "f", "text", "line 6", "f", NULL);
    /* Context does not reach into other runs. */
    assert_detail(&c, 0, " a\n-b\n+B\n c\n d\n");
    assert_detail(&c, 1, " c\n d\n+X\n+Y\n e\n");
    assert_detail(&c, 2, " e\n-f\n");
    comparing_release(&c);
}

static void empty_and_whole(void **state)
{
    (void)state;
    compare("", "a\nb\n", 1, 1);
    assert_finding(&c, 0, "f", "text", "lines 1-2", NULL, "a (and 1 more line)");
    comparing_release(&c);
    compare("a", "", 1, 1);
    assert_finding(&c, 0, "f", "text", "line 1", "a", NULL);
    assert_detail(&c, 0, "-a\n@no newline at the end of the first\n");
    comparing_release(&c);
}

static void final_newline(void **state)
{
    (void)state;
    compare("a\nb\n", "a\nb", 1, 1);
    assert_finding(&c, 0, "f", "text", "final newline", "one", "none");
    comparing_release(&c);
    compare("a\nb\n", "a\nb\n\n\n", 1, 1);
    assert_finding(&c, 0, "f", "text", "final newlines", "1", "3");
    comparing_release(&c);
    /* With another difference it is part of that. */
    compare("a\nb\n", "a\nc", 1, 1);
    assert_finding(&c, 0, "f", "text", "line 2", "b", "c");
    assert_detail(&c, 0, " a\n-b\n+c\n@no newline at the end of the second\n");
    comparing_release(&c);
}

static void line_ends_and_encoding(void **state)
{
    (void)state;
    compare("a\nb\n", "a\r\nb\r\n", 1, 1);
    assert_finding(&c, 0, "f", "text", "line ends", "LF", "CR LF");
    comparing_release(&c);
    compare("a\nb\n", "a\r\nb\n", 1, 1);
    assert_finding(&c, 0, "f", "text", "line ends", "LF", "CR LF (1 lines), LF (1 lines)");
    comparing_release(&c);
    compare("caf\xe9\n", "caf\xc3\xa9\n", 1, 1);
    assert_finding(&c, 0, "f", "text", "encoding", "ISO 8859-1", "UTF-8");
    comparing_release(&c);
    compare("a\n",
            "\xef\xbb\xbf"
            "a\n",
            1, 1);
    assert_finding(&c, 0, "f", "text", "encoding", "UTF-8", "UTF-8 with a byte order mark");
    comparing_release(&c);
    compare("caf\xe9\n", "caf\xc3\xa9\r\n", 1, 2);
    assert_string_equal(c.result.findings[1].what, "line ends");
    comparing_release(&c);
    /* Something else differs as well: lines. */
    compare("a\nb\n", "a\r\nc\r\n", 1, 1);
    assert_string_equal(c.result.findings[0].what, "lines 1-2");
    comparing_release(&c);
}

static void order_of_lines(void **state)
{
    (void)state;
    compare("h\na\nb\nc\nd\nt\n", "h\nc\na\nb\nd\nt\n", 1, 1);
    assert_finding(&c, 0, "f", "text", "order of lines", "line 2: a", "line 2: c");
    assert_detail(&c, 0,
                  "@1 of the lines stand elsewhere; the lines themselves are the same\n"
                  "@line 2\n+c\n@line 4\n-c\n");
    comparing_release(&c);
    /* One of them twice: not the same lines. */
    compare("a\nb\n", "b\nb\n", 1, 1);
    assert_finding(&c, 0, "f", "text", "line 1", "a", "b");
    comparing_release(&c);
}

static void no_text(void **state)
{
    (void)state;
    comparing_run(&c, stet_diff_text_compare, "f", "a\0b", 3, "a\0c", 3);
    assert_int_equal(c.status, 0);
    comparing_release(&c);
    compare("\x1f\x8b\x08\x01\x02", "a", 0, 0);
    comparing_release(&c);
    compare("\xff\xfe\xfd\xfc", "a", 0, 0);
    comparing_release(&c);
}

static void long_lines_are_shown_where_they_differ(void **state)
{
    (void)state;
    static char a[5001], b[5001];
    memset(a, 'x', 5000);
    memcpy(b, a, sizeof b);
    memcpy(a + 3000, "left", 4);
    memcpy(b + 3000, "right", 5);
    compare(a, b, 1, 1);
    assert_non_null(strstr(c.result.findings[0].a, "left"));
    assert_non_null(strstr(c.result.findings[0].b, "right"));
    assert_non_null(strstr(c.result.findings[0].detail, "left"));
    assert_in_range(strlen(c.result.findings[0].detail), 500, 1000);
    comparing_release(&c);
}

static void many_runs_are_counted(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    for (int i = 0; i < 500; i++) {
        stet_buffer_addf(&a, "%d\nsame\n", i);
        stet_buffer_addf(&b, "%d!\nsame\n", i);
    }
    compare(a.data, b.data, 1, 201);
    assert_finding(&c, 200, "f", "text", "300 more places where lines differ", "300 lines",
                   "300 lines");
    comparing_release(&c);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

/* ---- the script ---- */

/* A small generator of numbers, the same everywhere. */
static uint32_t next_number(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

static void random_text(uint32_t *seed, unsigned lines, unsigned letters, struct stet_buffer *out)
{
    stet_buffer_clear(out);
    for (unsigned i = 0; i < lines; i++)
        stet_buffer_addf(out, "%c\n", (char)('a' + next_number(seed) % letters));
}

static void append(struct stet_buffer *out, const struct diff_lined *t, size_t i)
{
    stet_buffer_add(out, t->data + t->starts[i], t->starts[i + 1] - t->starts[i]);
}

/* Does the script make b out of a? */
static void check_runs(const struct stet_diff_lines *l, const struct diff_line_runs *runs)
{
    struct stet_buffer made = STET_BUFFER_INIT;
    size_t at = 0;

    for (size_t r = 0; r < runs->count; r++) {
        const struct diff_line_run *run = &runs->items[r];
        for (; at < run->a; at++)
            append(&made, &l->a, at);
        for (size_t i = 0; i < run->b_count; i++)
            append(&made, &l->b, run->b + i);
        at += run->a_count;
    }
    for (; at < l->a.count; at++)
        append(&made, &l->a, at);
    assert_int_equal(made.len, l->b.len);
    assert_memory_equal(stet_buffer_str(&made), l->b.len ? l->b.data : "", l->b.len);
    stet_buffer_release(&made);
}

static size_t count_edits(const struct diff_line_runs *runs)
{
    size_t n = 0;
    for (size_t i = 0; i < runs->count; i++)
        n += runs->items[i].a_count + runs->items[i].b_count;
    return n;
}

/* The fewest edits there are, by the table of all beginnings. */
static size_t fewest_edits(const struct stet_diff_lines *l)
{
    size_t n = l->a.count, m = l->b.count;
    size_t *row = calloc(m + 1, sizeof *row);
    assert_non_null(row);
    for (size_t k = 0; k <= m; k++)
        row[k] = k;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= m; k++) {
            size_t above = row[k];
            size_t least = above < row[k - 1] ? above + 1 : row[k - 1] + 1;
            row[k] = l->a.ids[i - 1] == l->b.ids[k - 1] ? diagonal : least;
            diagonal = above;
        }
    }
    size_t edits = row[m];
    free(row);
    return edits;
}

static void scripts_are_right_and_short(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    uint32_t seed = 7;
    for (unsigned round = 0; round < 2000; round++) {
        random_text(&seed, next_number(&seed) % 30, 1 + round % 8, &a);
        random_text(&seed, next_number(&seed) % 30, 1 + round % 8, &b);
        struct diff_bytes x = {(unsigned char *)a.data, a.len},
                          y = {(unsigned char *)b.data, b.len};
        struct stet_diff_lines l;
        struct diff_line_runs runs = {0};
        assert_int_equal(stet_diff_lines_split(&l, &x, &y, NULL), 0);
        assert_int_equal(stet_diff_lines_runs(&l, &runs, NULL), 0);
        check_runs(&l, &runs);
        assert_int_equal(count_edits(&runs), fewest_edits(&l));
        free(runs.items);
        stet_diff_lines_release(&l);
    }
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

/* Far more edits than are searched for in one go. */
static void long_scripts_are_right(void **state)
{
    (void)state;
    struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    uint32_t seed = 11;
    random_text(&seed, 30000, 26, &a);
    random_text(&seed, 30000, 26, &b);
    struct diff_bytes x = {(unsigned char *)a.data, a.len}, y = {(unsigned char *)b.data, b.len};
    struct stet_diff_lines l;
    struct diff_line_runs runs = {0};
    assert_int_equal(stet_diff_lines_split(&l, &x, &y, NULL), 0);
    assert_int_equal(stet_diff_lines_runs(&l, &runs, NULL), 0);
    check_runs(&l, &runs);
    free(runs.items);
    stet_diff_lines_release(&l);
    stet_buffer_release(&a);
    stet_buffer_release(&b);
}

static void too_many_lines_are_one_finding(void **state)
{
    (void)state;
    size_t len = DIFF_LINES_MAX;
    char *a = malloc(len), *b = malloc(len);
    assert_true(a && b);
    for (size_t i = 0; i < len; i++) {
        a[i] = i % 2 ? '\n' : 'a';
        b[i] = i % 2 ? '\n' : 'b';
    }
    memcpy(b + len - 2, "\n\n", 2);
    comparing_run(&c, stet_diff_text_compare, "f", a, len, b, len);
    assert_int_equal(c.result.count, 1);
    assert_string_equal(c.result.findings[0].what, "lines 1-524288");
    assert_non_null(strstr(c.result.findings[0].detail, "too many lines"));
    comparing_release(&c);
    free(a);
    free(b);
}

#define LITTLE "\xff\xfe"
#define BIG    "\xfe\xff"

static void compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len, int status,
                          size_t findings)
{
    comparing_run(&c, stet_diff_text_compare, "f", a, a_len, b, b_len);
    assert_int_equal(c.status, status);
    assert_int_equal(c.result.count, findings);
}
#define COMPARE(a, b, status, findings)                                                            \
    compare_bytes(a, sizeof a - 1, b, sizeof b - 1, status, findings)

static void utf16_is_text(void **state)
{
    (void)state;
    COMPARE(LITTLE "a\0\n\0b\0", LITTLE "a\0\n\0\x3d\xd8\x00\xde", 1, 1);
    assert_finding(&c, 0, "f", "text", "line 2", "b", "\xf0\x9f\x98\x80");
    comparing_release(&c);
    COMPARE(LITTLE "a\0\xfc\0", BIG "\0a\0\xfc", 1, 1);
    assert_finding(&c, 0, "f", "text", "encoding", "UTF-16, least significant byte first",
                   "UTF-16, most significant byte first");
    comparing_release(&c);
    /* Half of a pair, a NUL, half of a character. */
    COMPARE(LITTLE "a\0\x3d\xd8", LITTLE "a\0b\0", 0, 0);
    comparing_release(&c);
    COMPARE(LITTLE "a\0b\0", LITTLE "a\0\x3d\xd8z\0", 0, 0);
    comparing_release(&c);
    COMPARE(LITTLE "a\0\0\0", LITTLE "a\0b\0", 0, 0);
    comparing_release(&c);
    COMPARE(LITTLE "a\0b", LITTLE "a\0b\0", 0, 0);
    comparing_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_lines),
        cmocka_unit_test(runs_are_told_one_by_one),
        cmocka_unit_test(empty_and_whole),
        cmocka_unit_test(final_newline),
        cmocka_unit_test(line_ends_and_encoding),
        cmocka_unit_test(utf16_is_text),
        cmocka_unit_test(order_of_lines),
        cmocka_unit_test(no_text),
        cmocka_unit_test(long_lines_are_shown_where_they_differ),
        cmocka_unit_test(many_runs_are_counted),
        cmocka_unit_test(scripts_are_right_and_short),
        cmocka_unit_test(long_scripts_are_right),
        cmocka_unit_test(too_many_lines_are_one_finding),
    };
    return cmocka_run_group_tests_name("diff/text", tests, NULL, NULL);
}
