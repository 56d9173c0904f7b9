/* Reading indexes: what is told of packages, base sets, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/solve/solve.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct stet_solver *new_solver(void)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_solver *s = stet_solver_new(STET_SOLVE_DEBIAN, "amd64", &err);
    assert_non_null(s);
    return s;
}

/* Solves for "a" over one index; the error's text, or "" (static). */
static const char *solve_a(const char *text, struct stet_solve_package *out)
{
    static struct stet_error err;
    struct stet_strv install = STET_STRV_INIT;
    struct stet_solve_request request = {.install = &install};
    struct stet_solve_result result = {NULL, 0};
    struct stet_solver *s = new_solver();
    stet_error_clear(&err);
    assert_int_equal(stet_strv_add(&install, "a", &err), 0);
    if (stet_solver_add_index(s, "Packages", text, strlen(text), 3, &err) == 0 &&
        stet_solve(s, &request, &result, &err) == 0) {
        assert_int_equal(result.count, 1);
        *out = result.packages[0];
        out->name = out->version = out->architecture = out->location = NULL;
    }
    stet_solve_result_release(&result);
    stet_solver_free(s);
    stet_strv_release(&install);
    if (err.kind != STET_ERROR_NONE)
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    return err.text;
}

static void describes(void **state)
{
    (void)state;
    static const char text[] = "Package: a\nVersion: 1:2-3\nArchitecture: all\n"
                               "Installed-Size: 99\nFilename: ./pool/a_2-3_all.deb\nSize: 12345\n"
                               "MD5sum: 00\nSHA256: " HASH "\nDescription: x\n Size: 7\n";
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv install = STET_STRV_INIT;
    struct stet_solve_request request = {.install = &install};
    struct stet_solve_result r;
    char hex[STET_DIGEST_HEX_SIZE];
    struct stet_solver *s = new_solver();
    assert_int_equal(stet_strv_add(&install, "a", &err), 0);
    assert_int_equal(stet_solver_add_index(s, "Packages", text, strlen(text), 42, &err), 0);
    assert_int_equal(stet_solve(s, &request, &r, &err), 0);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.packages[0].name, "a");
    assert_string_equal(r.packages[0].version, "1:2-3");
    assert_string_equal(r.packages[0].architecture, "all");
    assert_string_equal(r.packages[0].location, "pool/a_2-3_all.deb");
    assert_int_equal(r.packages[0].size, 12345);
    assert_int_equal(r.packages[0].index_id, 42);
    assert_true(r.packages[0].requested);
    assert_true(r.packages[0].has_digest);
    stet_digest_hex(&r.packages[0].digest, hex);
    assert_string_equal(hex, HASH);
    stet_solve_result_release(&r);
    stet_solver_free(s);
    stet_strv_release(&install);
}

#define HEAD  "Package: a\nVersion: 1\nArchitecture: all\n"
#define PLACE "Filename: pool/a.deb\n"

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"Version: 1\nArchitecture: all\n",
         "index Packages: package \"\": a paragraph without Package"},
        {"Package: a\nArchitecture: all\n", "index Packages: package \"a\": it has no Version"},
        {"Package: a\nVersion: 1\n", "index Packages: package \"a\": it has no Architecture"},
        {"Package:\nVersion: 1\nArchitecture: all\n",
         "index Packages: package \"\": a paragraph without Package"},
        {HEAD "Size: 1\n", "package a: its index names no file"},
        {HEAD "Filename: /etc/passwd\nSize: 1\n",
         "package a: its index names an impossible file, /etc/passwd"},
        {HEAD "Filename: pool/../../x\nSize: 1\n",
         "package a: its index names an impossible file, pool/../../x"},
        {HEAD "Filename: pool//x\nSize: 1\n",
         "package a: its index names an impossible file, pool//x"},
        {HEAD PLACE, "package a: its index gives no size"},
        {HEAD PLACE "Size: 99999999999999999999999999\n", "package a: its index gives no size"},
        {HEAD PLACE "Size: 1\nSHA256: abc\n", "package a: its SHA256 is not 64 digits"},
    };
    struct stet_solve_package p;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(solve_a(cases[i].text, &p), cases[i].error);
    assert_string_not_equal(solve_a(HEAD PLACE "Size: -1\n", &p), "");
    assert_string_not_equal(solve_a(HEAD PLACE "Size: 18446744073709551615\n", &p), "");
    assert_string_not_equal(solve_a(HEAD PLACE "Size: 1\nSHA256: z"
                                               "23456789abcdef0123456789abcdef"
                                               "0123456789abcdef0123456789abcdef0\n",
                                    &p),
                            "");
}

static void accepts_without_digest(void **state)
{
    (void)state;
    struct stet_solve_package p;
    assert_string_equal(solve_a(HEAD PLACE "Size: 5", &p), "");
    assert_false(p.has_digest);
    assert_int_equal(p.size, 5);
    assert_int_equal(p.index_id, 3);
}

static void refuses_nul(void **state)
{
    (void)state;
    static const char text[] = "Package: a\nVersion: 1\0\nArchitecture: all\n";
    struct stet_error err = STET_ERROR_INIT;
    struct stet_solver *s = new_solver();
    assert_int_equal(stet_solver_add_index(s, "Packages", text, sizeof text - 1, 0, &err), -1);
    assert_string_equal(err.text, "index Packages: it has a NUL byte");
    stet_solver_free(s);
}

/* libsolv's reader recurses for each '|': without a limit this ends the process. */
static void refuses_endless_alternatives(void **state)
{
    (void)state;
    struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_solve_package p;
    stet_buffer_add_str(&text, HEAD PLACE "Size: 1\nDepends: a");
    for (int i = 0; i < 200000; i++)
        stet_buffer_add_str(&text, "|a");
    stet_buffer_add_str(&text, "\n");
    assert_string_equal(solve_a(text.data, &p),
                        "index Packages: package \"a\": a field with more than 2000 alternatives");
    stet_buffer_release(&text);
}

static void refuses_giant_field(void **state)
{
    (void)state;
    struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_solve_package p;
    stet_buffer_add_str(&text, HEAD PLACE "Size: 1\nProvides: a");
    for (int i = 0; i < 300000; i++)
        stet_buffer_add_str(&text, ", bcd");
    stet_buffer_add_str(&text, "\n");
    assert_string_equal(solve_a(text.data, &p),
                        "index Packages: package \"a\": a field of more than 1 MiB");
    stet_buffer_release(&text);
}

static void empty_index(void **state)
{
    (void)state;
    struct stet_solve_package p;
    assert_string_equal(solve_a("", &p), "there is no package a for amd64 in the indexes");
    assert_string_equal(solve_a("\n\n\n", &p), "there is no package a for amd64 in the indexes");
}

static void names_with(void **state)
{
    (void)state;
    static const char one[] =
        "Package: b\nVersion: 1\nArchitecture: amd64\nEssential: yes\nPriority: required\n\n"
        "Package: a\nVersion: 1\nArchitecture: all\nPriority: required\n\n"
        "Package: c\nVersion: 1\nArchitecture: arm64\nPriority: required\n\n"
        "Package: d\nVersion: 1\nArchitecture: amd64\nEssential: no\nPriority: requiredx\n\n"
        "Package: gone\nVersion: 1\nArchitecture: amd64\nPriority: required\n\n"
        "Package: e\nVersion: 1\nArchitecture: amd64\nSection: required\n\n";
    static const char two[] =
        "Package: gone\nVersion: 2\nArchitecture: amd64\nPriority: optional\n\n"
        "Package: b\nVersion: 1\nArchitecture: amd64\nPriority: optional\n";
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv names = STET_STRV_INIT;
    struct stet_solver *s = new_solver();
    assert_int_equal(stet_solver_add_index(s, "one", one, strlen(one), 0, &err), 0);
    assert_int_equal(stet_solver_names_with(s, "Priority", "required", &names, &err), 0);
    assert_int_equal(names.count, 3);
    /* A newer version counts alone, also of an index added later; of the same version the first. */
    assert_int_equal(stet_solver_add_index(s, "two", two, strlen(two), 1, &err), 0);
    stet_strv_release(&names);
    assert_int_equal(stet_solver_names_with(s, "Priority", "required", &names, &err), 0);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.items[0], "a");
    assert_string_equal(names.items[1], "b");
    stet_strv_release(&names);
    assert_int_equal(stet_solver_names_with(s, "Essential", "yes", &names, &err), 0);
    assert_int_equal(names.count, 1);
    stet_strv_release(&names);
    assert_int_equal(stet_solver_names_with(s, "Section", "required", &names, &err), 0);
    assert_int_equal(names.count, 1);
    assert_string_equal(names.items[0], "e");
    stet_strv_release(&names);
    stet_solver_free(s);
}

static void refuses_architectures(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "all", "amd64:i386", "a>b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct stet_error err = STET_ERROR_INIT;
        assert_null(stet_solver_new(STET_SOLVE_DEBIAN, bad[i], &err));
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    }
}

static void refuses_requests(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "=1", "a=", "a/trixie", ":amd64"};
    static const char text[] = HEAD PLACE "Size: 1\n";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct stet_error err = STET_ERROR_INIT;
        struct stet_strv install = STET_STRV_INIT;
        struct stet_solve_request request = {.install = &install};
        struct stet_solve_result r;
        struct stet_solver *s = new_solver();
        assert_int_equal(stet_strv_add(&install, bad[i], &err), 0);
        assert_int_equal(stet_solver_add_index(s, "Packages", text, strlen(text), 0, &err), 0);
        assert_int_equal(stet_solve(s, &request, &r, &err), -1);
        assert_non_null(strstr(err.text, "does not name a package"));
        stet_solver_free(s);
        stet_strv_release(&install);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(accepts_without_digest),
        cmocka_unit_test(refuses_nul),
        cmocka_unit_test(refuses_endless_alternatives),
        cmocka_unit_test(refuses_giant_field),
        cmocka_unit_test(empty_index),
        cmocka_unit_test(names_with),
        cmocka_unit_test(refuses_architectures),
        cmocka_unit_test(refuses_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
