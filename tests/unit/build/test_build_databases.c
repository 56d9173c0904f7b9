/* Which package database the layers of an image show together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/build/internal.h"

struct entry {
    const char *path; /* one that ends in '/' is a directory */
    const char *content;
};

static void add_entry(struct stet_tar_writer *w, const struct entry *in)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_entry e;
    stet_entry_init(&e);
    size_t len = strlen(in->path);
    bool directory = in->path[len - 1] == '/';
    e.path = stet_format(NULL, "%.*s", (int)(len - directory), in->path);
    e.type = directory ? STET_ENTRY_DIRECTORY : STET_ENTRY_FILE;
    e.mode = 0755;
    e.size = directory ? 0 : strlen(in->content);
    if (stet_tar_writer_entry(w, &e, &err) < 0 ||
        (!directory && stet_tar_writer_data(w, in->content, e.size, &err) < 0))
        fail_msg("%s", err.text);
    stet_entry_release(&e);
}

/* Lays one more layer over those before. */
static void lay(struct stet_databases *d, size_t layer, const struct entry *entries)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer_writer out;
    struct stet_memory_reader in;
    const struct stet_entry *e;
    stet_buffer_writer_init(&out, &text);
    struct stet_tar_writer *w = stet_tar_writer_new(&out.base, &err);
    assert_non_null(w);
    for (; entries->path; entries++)
        add_entry(w, entries);
    assert_int_equal(stet_tar_writer_finish(w, &err), 0);
    stet_tar_writer_free(w);

    stet_memory_reader_init(&in, text.data, text.len);
    struct stet_tar_reader *r = stet_tar_reader_new(&in.base, "layer", NULL, &err);
    assert_non_null(r);
    while (stet_tar_reader_next(r, &e, &err) > 0)
        if (stet_databases_take(d, r, e, layer, &err) < 0)
            fail_msg("%s", err.text);
    stet_tar_reader_free(r);
}
#define LAY(d, layer, ...) lay(d, layer, (const struct entry[]){__VA_ARGS__, {NULL, NULL}})

static void expect(const struct stet_databases *d, const char *ecosystem, const char *packages)
{
    _cleanup_buffer_ struct stet_buffer got = STET_BUFFER_INIT;
    _cleanup_strv_ struct stet_strv list = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    const char *name;
    if (stet_databases_list(d, &list, &name, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < list.count; i++)
        stet_buffer_addf(&got, "%s%s", i ? ", " : "", list.items[i]);
    assert_string_equal(stet_buffer_str(&got), packages);
    if (ecosystem)
        assert_string_equal(name, ecosystem);
    else
        assert_null(name);
}

#define STATUS "var/lib/dpkg/status"
#define DEB(name)                                                                                  \
    "Package: " name "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
#define LOCAL      "var/lib/pacman/local/"
#define DESC(name) "%NAME%\n" name "\n\n%VERSION%\n1-1\n\n%ARCH%\nany\n\n"

static void the_highest_file_counts(void **state)
{
    (void)state;
    struct stet_databases d = {0};
    LAY(&d, 0, {"etc/motd", "x"});
    expect(&d, NULL, "");
    LAY(&d, 1, {STATUS, DEB("b") DEB("a")});
    expect(&d, "debian", "a 1 amd64, b 1 amd64");
    LAY(&d, 2, {STATUS, DEB("c")});
    expect(&d, "debian", "c 1 amd64");
    stet_databases_release(&d);
}

static void files_of_several_layers_are_one_database(void **state)
{
    (void)state;
    struct stet_databases d = {0};
    LAY(&d, 0, {LOCAL "ALPM_DB_VERSION", "9\n"}, {LOCAL "a-1-1/desc", DESC("a")},
        {LOCAL "a-1-1/files", "%FILES%\n"}, {LOCAL "b-1-1/desc", DESC("b")},
        {LOCAL "c-1-1/desc", DESC("c")});
    expect(&d, "arch", "a 1-1 any, b 1-1 any, c 1-1 any");
    LAY(&d, 1, {LOCAL ".wh.b-1-1", ""}, {LOCAL "d-1-1/desc", DESC("d")});
    expect(&d, "arch", "a 1-1 any, c 1-1 any, d 1-1 any");
    /* The rest of the layer of an opaque directory stays, whichever comes first. */
    LAY(&d, 2, {LOCAL ".wh..wh..opq", ""}, {LOCAL "e-1-1/desc", DESC("e")});
    expect(&d, "arch", "e 1-1 any");
    LAY(&d, 3, {"var/lib/.wh.pacman", ""});
    expect(&d, NULL, "");
    stet_databases_release(&d);
}

static void a_file_hides_the_directory_below_it(void **state)
{
    (void)state;
    struct stet_databases d = {0};
    LAY(&d, 0, {LOCAL "a-1-1/desc", DESC("a")}, {LOCAL "a-1-10/desc", DESC("x")});
    LAY(&d, 1, {"var/lib/pacman/local/", NULL});
    expect(&d, "arch", "a 1-1 any, x 1-1 any");
    LAY(&d, 2, {LOCAL "a-1-1", "a file"});
    expect(&d, "arch", "x 1-1 any");
    LAY(&d, 3, {"var", "a file"});
    expect(&d, NULL, "");
    stet_databases_release(&d);
}

static void of_two_databases_that_of_the_highest_layer_is_listed(void **state)
{
    (void)state;
    struct stet_databases d = {0};
    LAY(&d, 0, {LOCAL "a-1-1/desc", DESC("a")});
    LAY(&d, 1, {STATUS, DEB("b")});
    expect(&d, "debian", "b 1 amd64");
    LAY(&d, 2, {LOCAL "c-1-1/desc", DESC("c")});
    expect(&d, "arch", "a 1-1 any, c 1-1 any");
    stet_databases_release(&d);
}

static void a_damaged_file_is_named(void **state)
{
    (void)state;
    struct stet_databases d = {0};
    _cleanup_strv_ struct stet_strv list = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    const char *name;
    LAY(&d, 0, {LOCAL "a-1-1/desc", "%VERSION%\n1-1\n\n"});
    assert_int_equal(stet_databases_list(&d, &list, &name, &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_non_null(strstr(err.text, LOCAL "a-1-1/desc"));
    stet_databases_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_file_counts),
        cmocka_unit_test(files_of_several_layers_are_one_database),
        cmocka_unit_test(a_file_hides_the_directory_below_it),
        cmocka_unit_test(of_two_databases_that_of_the_highest_layer_is_listed),
        cmocka_unit_test(a_damaged_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
