/* Runs the folders given as arguments; their form is in tests/data/apt-sources/README.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/distro/debian/sources.h"

static void write_pocket(const struct stet_debian_pocket *p, struct stet_buffer *out)
{
    stet_buffer_addf(out, "%s %s", p->suite, p->required ? "required" : "optional");
    for (size_t i = 0; i < p->mirrors.count; i++)
        stet_buffer_addf(out, " %s", p->mirrors.items[i]);
    stet_buffer_add_char(out, '\n');
    for (size_t i = 0; i < p->signers.files.count; i++)
        stet_buffer_addf(out, "signed-by %s\n", p->signers.files.items[i]);
    if (p->signers.key)
        stet_buffer_addf(out, "signed-by key of %zu bytes\n", strlen(p->signers.key));
}

/* The error's text with the folder's own path replaced. */
static void write_error(const char *text, const char *root, struct stet_buffer *out)
{
    const char *hit = strstr(text, root);
    stet_buffer_add_str(out, "error ");
    if (hit) {
        stet_buffer_add(out, text, (size_t)(hit - text));
        stet_buffer_add_str(out, "ROOT");
        text = hit + strlen(root);
    }
    stet_buffer_addf(out, "%s\n", text);
}

static void parse_recipe(char *line, struct stet_recipe *r)
{
    struct stet_error err = STET_ERROR_INIT;
    char *save = NULL;
    char *word = strtok_r(line, " ", &save);
    assert_string_equal(word, "recipe");
    r->suite = stet_strdup(strtok_r(NULL, " ", &save), &err);
    r->architecture = stet_strdup(strtok_r(NULL, " ", &save), &err);
    assert_non_null(r->architecture);
    assert_int_equal(stet_strv_add(&r->mirrors, "system", &err), 0);
    while ((word = strtok_r(NULL, " ", &save))) {
        assert_true(word[0] == '+');
        r->suites_given = true;
        if (word[1])
            assert_int_equal(stet_strv_add(&r->suites, word + 1, &err), 0);
    }
}

static void run_recipe(const char *root, char *line, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_debian_entries entries = {NULL, 0, 0};
    struct stet_debian_pockets pockets = {NULL, 0, 0};
    struct stet_recipe r;
    stet_recipe_init(&r);
    stet_buffer_addf(out, "%s\n", line);
    parse_recipe(line, &r);
    if (stet_debian_sources_read(root, &entries, &err) < 0 ||
        stet_debian_pockets_of(&r, &entries, &pockets, &err) < 0)
        write_error(err.text, root, out);
    else
        for (size_t i = 0; i < pockets.count; i++)
            write_pocket(&pockets.items[i], out);
    stet_debian_pockets_release(&pockets);
    stet_debian_entries_release(&entries);
    stet_recipe_release(&r);
}

static void run_folder(void **state)
{
    const char *root = *state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer expect = STET_BUFFER_INIT, got = STET_BUFFER_INIT;
    char *path = stet_format(&err, "%s/expect", root);
    assert_int_equal(stet_fs_read(AT_FDCWD, path, 1 << 16, &expect, &err), 0);
    char *lines = stet_strdup(expect.data, &err), *save = NULL;
    for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (strncmp(line, "recipe ", 7) == 0)
            run_recipe(root, line, &got);
    assert_string_equal(stet_buffer_str(&got), expect.data);
    free(lines);
    free(path);
    stet_buffer_release(&got);
    stet_buffer_release(&expect);
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc((size_t)argc, sizeof *tests);
    int n = argc - 1;
    if (!tests || n < 1) {
        fprintf(stderr, "usage: %s FOLDER...\n", argv[0]);
        return 2;
    }
    for (int i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){argv[i + 1], run_folder, NULL, NULL, argv[i + 1]};
    int failed = _cmocka_run_group_tests("debian/sources", tests, (size_t)n, NULL, NULL);
    free(tests);
    return failed;
}
