#include "lib/distro/debian/deb822.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int next(const char *text, size_t len, size_t *pos, unsigned *line, bool comments,
                struct stet_deb822 *p, struct stet_error *err)
{
    return stet_deb822_next(text, len, pos, line, comments, "control", p, err);
}

static void reads_paragraphs(void **state)
{
    (void)state;
    static const char text[] = "\n \t\nPackage:  bash \nVersion:5.2\r\n\n\n\nPackage: dash\n";
    struct stet_deb822 p;
    struct stet_error err = STET_ERROR_INIT;
    size_t pos = 0;
    unsigned line = 1;
    stet_deb822_init(&p);
    assert_int_equal(next(text, strlen(text), &pos, &line, false, &p, &err), 1);
    assert_int_equal(p.count, 2);
    assert_string_equal(p.fields[0].name, "Package");
    assert_string_equal(p.fields[0].value, "bash");
    assert_string_equal(p.fields[0].raw, "  bash ");
    assert_string_equal(p.fields[1].value, "5.2");
    assert_string_equal(p.fields[1].raw, "5.2\r");
    assert_int_equal(line, 5);
    assert_int_equal(next(text, strlen(text), &pos, &line, false, &p, &err), 1);
    assert_int_equal(p.count, 1);
    assert_string_equal(stet_deb822_get(&p, "package"), "dash");
    assert_null(stet_deb822_get(&p, "Version"));
    assert_int_equal(next(text, strlen(text), &pos, &line, false, &p, &err), 0);
    assert_int_equal(p.count, 0);
    assert_int_equal(next(text, strlen(text), &pos, &line, false, &p, &err), 0);
    stet_deb822_release(&p);
}

static void keeps_continuations(void **state)
{
    (void)state;
    static const char text[] = "Description: short\n long \n .\n  verbatim\n\tafter a tab\nNext: x";
    struct stet_deb822 p;
    struct stet_error err = STET_ERROR_INIT;
    size_t pos = 0;
    unsigned line = 1;
    stet_deb822_init(&p);
    assert_int_equal(next(text, strlen(text), &pos, &line, false, &p, &err), 1);
    assert_string_equal(p.fields[0].value, "short\nlong\n.\n verbatim\nafter a tab");
    assert_string_equal(p.fields[0].raw, " short\n long \n .\n  verbatim\n\tafter a tab");
    assert_string_equal(p.fields[1].value, "x");
    assert_string_equal(p.fields[1].raw, " x");
    stet_deb822_release(&p);
}

static void empty_first_line(void **state)
{
    (void)state;
    static const char text[] = "SHA256:\n a\n b\nEmpty:\n";
    struct stet_deb822 p;
    struct stet_error err = STET_ERROR_INIT;
    size_t pos = 0;
    unsigned line = 1;
    stet_deb822_init(&p);
    assert_int_equal(next(text, strlen(text), &pos, &line, false, &p, &err), 1);
    assert_string_equal(p.fields[0].value, "\na\nb");
    assert_string_equal(p.fields[0].raw, "\n a\n b");
    assert_string_equal(p.fields[1].value, "");
    assert_string_equal(p.fields[1].raw, "");
    stet_deb822_release(&p);
}

static void drops_comments_when_allowed(void **state)
{
    (void)state;
    static const char text[] = "# before\nA: 1\n# between\n 2\n#\nB: 3 # not a comment\n";
    struct stet_deb822 p;
    struct stet_error err = STET_ERROR_INIT;
    size_t pos = 0;
    unsigned line = 1;
    stet_deb822_init(&p);
    assert_int_equal(next(text, strlen(text), &pos, &line, true, &p, &err), 1);
    assert_string_equal(p.fields[0].value, "1\n2");
    assert_string_equal(p.fields[1].value, "3 # not a comment");
    pos = 0;
    assert_int_equal(next(text, strlen(text), &pos, &line, false, &p, &err), -1);
    assert_int_equal(p.count, 0);
    stet_deb822_release(&p);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *error;
    } cases[] = {
#define CASE(text, error) {text, sizeof(text) - 1, error}
        CASE("A: 1\nno colon\n",
             "control:2: a line without ':' where \"Field: value\" is expected"),
        CASE(" a: 1\n", "control:1: a continuation line without a field before it"),
        CASE("A: 1\nb: 2\na: 3\n", "control:3: field a appears twice in one paragraph"),
        CASE("A: 1\n\0\n", "control:2: a NUL byte"),
        CASE("A: 1\n b\0c\n", "control:2: a NUL byte"),
        CASE(": 1\n", "control:1: not a valid field name before ':'"),
        CASE("A b: 1\n", "control:1: not a valid field name before ':'"),
        CASE("A : 1\n", "control:1: not a valid field name before ':'"),
        CASE("-A: 1\n", "control:1: not a valid field name before ':'"),
        CASE("#A: 1\n", "control:1: not a valid field name before ':'"),
        CASE("\x80: 1\n", "control:1: not a valid field name before ':'"),
        CASE("\n\n\nA: 1\nA: 1", "control:5: field A appears twice in one paragraph"),
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_deb822 p;
        struct stet_error err = STET_ERROR_INIT;
        size_t pos = 0;
        unsigned line = 1;
        stet_deb822_init(&p);
        assert_int_equal(next(cases[i].text, cases[i].len, &pos, &line, false, &p, &err), -1);
        assert_string_equal(err.text, cases[i].error);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        assert_null(p.fields);
    }
}

static void limits_fields(void **state)
{
    (void)state;
    struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_deb822 p;
    struct stet_error err = STET_ERROR_INIT;
    size_t pos = 0;
    unsigned line = 1;
    stet_deb822_init(&p);
    for (int i = 0; i < 1000; i++)
        stet_buffer_addf(&text, "F%d: x\n", i);
    assert_int_equal(next(text.data, text.len, &pos, &line, false, &p, &err), 1);
    assert_int_equal(p.count, 1000);
    stet_buffer_add_str(&text, "More: x\n");
    pos = 0;
    assert_int_equal(next(text.data, text.len, &pos, &line, false, &p, &err), -1);
    stet_deb822_release(&p);
    stet_buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_paragraphs), cmocka_unit_test(keeps_continuations),
        cmocka_unit_test(empty_first_line), cmocka_unit_test(drops_comments_when_allowed),
        cmocka_unit_test(refuses),          cmocka_unit_test(limits_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
