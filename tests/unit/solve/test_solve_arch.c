/* Databases of Arch repositories: what is told of packages, what is refused; requests, versions.
 * Argument: a database that repo-add 6.0.2 made (decompressed). */
#include "lib/solve/solve.h"
#include "tests/unit/solve/arch_db.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *repo_add_db;

static struct stet_solver *new_solver(void)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_solver *s = stet_solver_new(STET_SOLVE_ARCH, "x86_64", &err);
    assert_non_null(s);
    return s;
}

static void add_db(struct stet_solver *s, const struct stet_buffer *db, unsigned id)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_solver_add_index(s, "core", db->data, db->len, id, &err) < 0)
        fail_msg("%s", err.text);
}

/* The names in install order with a space after each, or the error (static). */
static const char *solve(struct stet_solver *s, const char *target)
{
    static struct stet_error err;
    static char names[1024];
    struct stet_strv install = STET_STRV_INIT;
    struct stet_solve_request request = {.install = &install};
    struct stet_solve_result r;
    struct stet_buffer text = STET_BUFFER_INIT;
    stet_error_clear(&err);
    assert_int_equal(stet_strv_add(&install, target, &err), 0);
    int result = stet_solve(s, &request, &r, &err);
    for (size_t i = 0; i < r.count; i++)
        stet_buffer_addf(&text, "%s ", r.packages[i].name);
    snprintf(names, sizeof names, "%s", stet_buffer_str(&text));
    stet_solve_result_release(&r);
    stet_strv_release(&install);
    stet_buffer_release(&text);
    if (result < 0)
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    return result < 0 ? err.text : names;
}

/* Why the database is refused, or "" (static); it is released. */
static const char *read_db(struct stet_buffer *db)
{
    static struct stet_error err;
    struct stet_solver *s = new_solver();
    stet_error_clear(&err);
    int result = stet_solver_add_index(s, "core", db->data, db->len, 0, &err);
    assert_int_equal(result, err.kind == STET_ERROR_NONE ? 0 : -1);
    /* A solver that refused an index has nothing of it. */
    if (result < 0)
        assert_string_equal(solve(s, "a"), "there is no package a for x86_64 in the indexes");
    stet_solver_free(s);
    stet_buffer_release(db);
    return err.text;
}

#define FIELD(name, value) "%" name "%\n" value "\n\n"
#define PLACE              FIELD("FILENAME", "a-1-1-any.pkg.tar.zst") FIELD("CSIZE", "5")
#define HEAD               FIELD("NAME", "a") FIELD("VERSION", "1-1") FIELD("ARCH", "any") FIELD("BUILDDATE", "7")

static const char *read_desc(const char *desc)
{
    struct stet_buffer db = STET_BUFFER_INIT;
    db_add_entry(&db, "a-1-1/", '5', "", 0);
    db_add_text(&db, "a-1-1/desc", desc);
    db_end(&db);
    return read_db(&db);
}

static void add_field(struct stet_buffer *desc, const char *field, const char *value)
{
    stet_buffer_addf(desc, "%%%s%%\n%s\n\n", field, value);
}

/* A package in short; more: further fields. */
static void add_package(struct stet_buffer *db, const char *name, const char *version,
                        const char *more)
{
    struct stet_buffer desc = STET_BUFFER_INIT;
    _cleanup_free_ char *path = stet_format(NULL, "%s-%s/desc", name, version);
    add_field(&desc, "NAME", name);
    add_field(&desc, "VERSION", version);
    add_field(&desc, "FILENAME", name);
    add_field(&desc, "CSIZE", "1");
    stet_buffer_add_str(&desc, more);
    if (!strstr(more, "%ARCH%"))
        stet_buffer_add_str(&desc, FIELD("ARCH", "x86_64"));
    db_add_text(db, path, stet_buffer_str(&desc));
    stet_buffer_release(&desc);
}

/* ---- what is told ---- */

static void describes(void **state)
{
    (void)state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv install = STET_STRV_INIT;
    struct stet_solve_request request = {.install = &install, .recommends = true};
    struct stet_solve_result r;
    struct stet_buffer db = STET_BUFFER_INIT;
    char hex[STET_DIGEST_HEX_SIZE];
    struct stet_solver *s = new_solver();
    db_add_text(&db, "a-1:2.5-3/desc",
                FIELD("NAME", "a") FIELD("VERSION", "1:2.5-3") FIELD("ARCH", "any")
                    FIELD("FILENAME", "a-1:2.5-3-any.pkg.tar.zst") FIELD("CSIZE", "12345")
                        FIELD("SHA256SUM", HASH) FIELD("PGPSIG", "aGVsbG8=")
                            FIELD("BUILDDATE", "1700000000") FIELD("URL", "")
                                FIELD("DESC", "any \x01 text, \xff") "\n\n"
                                                                     "%UNKNOWN%\n%NAME%\nb\n");
    db_end(&db);
    add_db(s, &db, 42);
    assert_int_equal(stet_strv_add(&install, "a", &err), 0);
    assert_int_equal(stet_solve(s, &request, &r, &err), 0);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.packages[0].name, "a");
    assert_string_equal(r.packages[0].version, "1:2.5-3");
    assert_string_equal(r.packages[0].architecture, "any");
    assert_string_equal(r.packages[0].location, "a-1:2.5-3-any.pkg.tar.zst");
    assert_string_equal(r.packages[0].signature, "aGVsbG8=");
    assert_int_equal(r.packages[0].size, 12345);
    assert_int_equal(r.packages[0].index_id, 42);
    assert_int_equal(r.packages[0].stage, 0);
    assert_true(r.packages[0].requested);
    assert_null(r.packages[0].needed_by);
    assert_true(r.packages[0].has_digest);
    stet_digest_hex(&r.packages[0].digest, hex);
    assert_string_equal(hex, HASH);
    assert_int_equal(stet_solver_index_date(s, 42), 1700000000);
    assert_int_equal(stet_solver_index_date(s, 41), 0);
    stet_solve_result_release(&r);
    stet_solver_free(s);
    stet_strv_release(&install);
    stet_buffer_release(&db);
}

static void describes_without_digest_and_signature(void **state)
{
    (void)state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv install = STET_STRV_INIT;
    struct stet_solve_request request = {.install = &install};
    struct stet_solve_result r;
    struct stet_buffer db = STET_BUFFER_INIT;
    struct stet_solver *s = new_solver();
    add_package(&db, "a", "1-1", "");
    db_end(&db);
    add_db(s, &db, 0);
    assert_int_equal(stet_strv_add(&install, "a", &err), 0);
    assert_int_equal(stet_solve(s, &request, &r, &err), 0);
    assert_false(r.packages[0].has_digest);
    assert_null(r.packages[0].signature);
    assert_int_equal(stet_solver_index_date(s, 0), 0);
    stet_solve_result_release(&r);
    stet_solver_free(s);
    stet_strv_release(&install);
    stet_buffer_release(&db);
}

static void reads_what_repo_add_makes(void **state)
{
    (void)state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer db = STET_BUFFER_INIT;
    struct stet_solver *s = new_solver();
    assert_int_equal(stet_fs_read(AT_FDCWD, repo_add_db, 1 << 20, &db, &err), 0);
    add_db(s, &db, 3);
    assert_string_equal(solve(s, "bash"), "glibc filesystem bash ");
    assert_string_equal(solve(s, "sh"), "glibc filesystem bash ");
    assert_string_equal(solve(s, "base"), "filesystem glibc ");
    assert_int_equal(stet_solver_index_date(s, 3), 1700000000);
    stet_solver_free(s);
    stet_buffer_release(&db);
}

static void reads_other_forms(void **state)
{
    (void)state;
    struct stet_buffer db = STET_BUFFER_INIT;
    struct stet_solver *s = new_solver();
    static const char pax[] = "24 SCHILY.fflags=nodump\n20 atime=1700000000\n";
    /* Old: depends beside desc. With lists of files. With headers as bsdtar writes them. */
    db_add_entry(&db, "PaxHeader/a-1-1", 'x', pax, sizeof pax - 1);
    db_add_entry(&db, "a-1-1/", '5', "", 0);
    db_add_text(&db, "a-1-1/depends", FIELD("DEPENDS", "b"));
    db_add_entry(&db, "PaxHeader/desc", 'x', pax, sizeof pax - 1);
    db_add_text(&db, "a-1-1/desc", HEAD PLACE);
    db_add_text(&db, "a-1-1/files", "%FILES%\nusr/\n%NAME%\n");
    add_package(&db, "b", "2-1", "");
    db_add_text(&db, "b-2-1/depends", "");
    db_end(&db);
    add_db(s, &db, 0);
    assert_string_equal(solve(s, "a"), "b a ");
    stet_solver_free(s);
    stet_buffer_release(&db);
    db_end(&db);
    assert_string_equal(read_db(&db), ""); /* an empty repository */
}

static void newest_date_of_an_index(void **state)
{
    (void)state;
    struct stet_buffer one = STET_BUFFER_INIT, two = STET_BUFFER_INIT;
    struct stet_solver *s = new_solver();
    add_package(&one, "a", "1-1", FIELD("BUILDDATE", "50"));
    add_package(&one, "b", "1-1", FIELD("BUILDDATE", "70"));
    add_package(&one, "c", "1-1", FIELD("BUILDDATE", "60"));
    db_end(&one);
    add_package(&two, "a", "1-1", FIELD("BUILDDATE", "90"));
    db_end(&two);
    add_db(s, &one, 5);
    add_db(s, &two, 6);
    assert_int_equal(stet_solver_index_date(s, 5), 70);
    assert_int_equal(stet_solver_index_date(s, 6), 90);
    assert_int_equal(stet_solver_index_date(s, 7), 0);
    stet_solver_free(s);
    stet_buffer_release(&one);
    stet_buffer_release(&two);
}

/* ---- what is refused ---- */

#define AT "index core: package \"a-1-1\": "

static void refuses_descriptions(void **state)
{
    (void)state;
    static const struct {
        const char *desc, *error;
    } cases[] = {
        {"", AT "it has no %NAME%"},
        {FIELD("NAME", "a"), AT "it has no %VERSION%"},
        {FIELD("NAME", "a") FIELD("VERSION", "1-1"), AT "it has no %ARCH%"},
        {HEAD, AT "it has no %FILENAME%"},
        {HEAD FIELD("FILENAME", "a"), AT "it has no %CSIZE%"},
        {HEAD HEAD, AT "%NAME% twice"},
        {HEAD PLACE FIELD("DEPENDS", "b") FIELD("DEPENDS", "c"), AT "%DEPENDS% twice"},
        {HEAD PLACE "what is this\n", AT "a line outside of a field: what is this"},
        {HEAD PLACE "%%\n", AT "a line outside of a field: %%"},
        {FIELD("NAME", "a\nb"), AT "%NAME% has two values"},
        {"%NAME%\n\n", AT "%NAME% has no value"},
        {"%NAME%\n", AT "%NAME% has no value"},
        {"%NAME%\na", AT "its description ends in the middle of a line"},
        {HEAD PLACE "%DEPENDS%\nb\n", AT "its description ends in the middle of %DEPENDS%"},
        {FIELD("NAME", "a\x1b[0m"), AT "%NAME% has a control character"},
        {HEAD PLACE FIELD("DEPENDS", "b\x7f"), AT "%DEPENDS% has a control character"},
        {HEAD PLACE FIELD("GROUPS", "b\tc"), AT "%GROUPS% has a control character"},
        {HEAD PLACE FIELD("PROVIDES", "\xff"), AT "%PROVIDES% is not UTF-8"},
        {HEAD PLACE FIELD("DEPENDS", "=1"), AT "a relation without a name, =1"},
        {HEAD PLACE FIELD("CONFLICTS", "<a"), AT "a relation without a name, <a"},
        {HEAD FIELD("FILENAME", "a") FIELD("CSIZE", "-1"), AT "%CSIZE% is not a number: -1"},
        {HEAD FIELD("FILENAME", "a") FIELD("CSIZE", "9223372036854775808"),
         AT "%CSIZE% is not a number: 9223372036854775808"},
        {FIELD("BUILDDATE", "Mon Jan 1"), AT "%BUILDDATE% is not a number: Mon Jan 1"},
        {FIELD("SHA256SUM", "abc"), AT "%SHA256SUM% is not 64 lower-case hexadecimal digits"},
        {FIELD("PGPSIG", "a b="), AT "%PGPSIG% is not base64"},
        {FIELD("PGPSIG", "abcde"), AT "%PGPSIG% is not base64"},
        {HEAD FIELD("FILENAME", "../x") FIELD("CSIZE", "1"), AT "an impossible file name, ../x"},
        {HEAD FIELD("FILENAME", "x/y") FIELD("CSIZE", "1"), AT "an impossible file name, x/y"},
        {HEAD FIELD("FILENAME", "-x") FIELD("CSIZE", "1"), AT "an impossible file name, -x"},
        {HEAD FIELD("FILENAME", "a b") FIELD("CSIZE", "1"), AT "an impossible file name, a b"},
        {FIELD("NAME", "b") FIELD("VERSION", "1-1") FIELD("ARCH", "any") PLACE,
         AT "it is b-1-1 inside"},
        {FIELD("NAME", "a") FIELD("VERSION", "2-1") FIELD("ARCH", "any") PLACE,
         AT "it is a-2-1 inside"},
        {FIELD("NAME", "a/b") FIELD("VERSION", "1-1") FIELD("ARCH", "any") PLACE,
         AT "an impossible name, a/b"},
        {FIELD("NAME", "-a") FIELD("VERSION", "1-1") FIELD("ARCH", "any") PLACE,
         AT "an impossible name, -a"},
        {FIELD("NAME", "a=1") FIELD("VERSION", "1-1") FIELD("ARCH", "any") PLACE,
         AT "an impossible name, a=1"},
        {FIELD("NAME", "a") FIELD("VERSION", "1") FIELD("ARCH", "any") PLACE,
         AT "an impossible version, 1"},
        {FIELD("NAME", "a") FIELD("VERSION", "1-1-1") FIELD("ARCH", "any") PLACE,
         AT "an impossible version, 1-1-1"},
        {FIELD("NAME", "a") FIELD("VERSION", "1/2-1") FIELD("ARCH", "any") PLACE,
         AT "an impossible version, 1/2-1"},
        {FIELD("NAME", "a") FIELD("VERSION", "1-1") FIELD("ARCH", "x/y") PLACE,
         AT "an impossible architecture, x/y"},
    };
    assert_string_equal(read_desc(HEAD PLACE), "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(read_desc(cases[i].desc), cases[i].error);
}

static void refuses_nul(void **state)
{
    (void)state;
    static const char desc[] = "%NAME%\na\0b\n\n";
    struct stet_buffer db = STET_BUFFER_INIT;
    db_add_entry(&db, "a-1-1/desc", '0', desc, sizeof desc - 1);
    db_end(&db);
    assert_string_equal(read_db(&db), AT "its description has a NUL byte");
}

static void refuses_archives(void **state)
{
    (void)state;
    struct stet_buffer db = STET_BUFFER_INIT;
    add_package(&db, "a", "1-1", "");
    add_package(&db, "b", "1-1", "");
    add_package(&db, "a", "2-1", "");
    db_end(&db);
    assert_string_equal(read_db(&db), "index core: package a is in it twice");
    add_package(&db, "a", "1-1", "");
    add_package(&db, "b", "1-1", "");
    add_package(&db, "a", "1-1", "");
    db_end(&db);
    assert_string_equal(read_db(&db), "index core: package a is in it twice");
    db_add_text(&db, "desc", HEAD PLACE);
    db_end(&db);
    assert_string_equal(read_db(&db), "index core: desc does not belong into a package database");
    db_add_text(&db, "a-1-1/x/desc", HEAD PLACE);
    db_end(&db);
    assert_string_equal(read_db(&db),
                        "index core: a-1-1/x/desc does not belong into a package database");
    db_add_entry(&db, "a-1-1/desc", '2', "", 0);
    db_end(&db);
    assert_string_not_equal(read_db(&db), "");
    db_add_text(&db, "../a-1-1/desc", HEAD PLACE);
    db_end(&db);
    assert_string_not_equal(read_db(&db), "");
}

static void refuses_damaged_archives(void **state)
{
    (void)state;
    struct stet_buffer whole = STET_BUFFER_INIT, db = STET_BUFFER_INIT;
    add_package(&whole, "a", "1-1", "");
    add_package(&whole, "b", "1-1", "");
    db_end(&whole);
    /* Cut short anywhere before the second block of zeros. */
    for (size_t len = 0; len < whole.len - DB_BLOCK; len += 100) {
        stet_buffer_add(&db, whole.data, len);
        if (len == 0)
            stet_buffer_reserve(&db, 1);
        assert_non_null(strstr(read_db(&db), "index core: "));
    }
    stet_buffer_add(&db, whole.data, whole.len);
    db.data[0] ^= 1;
    assert_non_null(strstr(read_db(&db), "index core: "));
    stet_buffer_add_str(&db, "Package: a\nVersion: 1\n\n");
    assert_non_null(strstr(read_db(&db), "index core: "));
    stet_buffer_release(&whole);
}

static void refuses_a_giant_description(void **state)
{
    (void)state;
    struct stet_buffer db = STET_BUFFER_INIT, desc = STET_BUFFER_INIT;
    stet_buffer_add_str(&desc, HEAD PLACE "%DEPENDS%\n");
    while (desc.len <= 1 << 20)
        stet_buffer_add_str(&desc, "b\n");
    db_add_text(&db, "a-1-1/desc", desc.data);
    db_end(&db);
    assert_string_equal(read_db(&db), "index core: a-1-1/desc has more than 1 MiB");
    stet_buffer_release(&desc);
}

static void refuses_architectures(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "any", "x86_64:v3", "a>b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct stet_error err = STET_ERROR_INIT;
        assert_null(stet_solver_new(STET_SOLVE_ARCH, bad[i], &err));
        assert_int_equal(err.kind, STET_ERROR_INPUT);
    }
}

/* ---- requests ---- */

static void refuses_requests(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "=1", "a=", "core/a", "a b", "a>=1", "a<2", "a\n"};
    struct stet_buffer db = STET_BUFFER_INIT;
    struct stet_solver *s = new_solver();
    add_package(&db, "a", "1-1", "");
    db_end(&db);
    add_db(s, &db, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(strstr(solve(s, bad[i]), "does not name a package"));
    assert_string_equal(solve(s, "a"), "a ");
    stet_solver_free(s);
    stet_buffer_release(&db);
}

static void names_with(void **state)
{
    (void)state;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_strv names = STET_STRV_INIT;
    struct stet_buffer one = STET_BUFFER_INIT, two = STET_BUFFER_INIT;
    struct stet_solver *s = new_solver();
    add_package(&one, "b", "1-1", FIELD("GROUPS", "base\nother"));
    add_package(&one, "a", "1-1", FIELD("GROUPS", "base"));
    add_package(&one, "foreign", "1-1", FIELD("GROUPS", "base") FIELD("ARCH", "riscv64"));
    add_package(&one, "hidden", "1-1", FIELD("GROUPS", "basement"));
    db_end(&one);
    add_package(&two, "hidden", "2-1", FIELD("GROUPS", "base"));
    add_package(&two, "c", "1-1", FIELD("GROUPS", "base"));
    db_end(&two);
    add_db(s, &one, 0);
    add_db(s, &two, 1);
    assert_int_equal(stet_solver_names_with(s, "GROUPS", "base", &names, &err), 0);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.items[0], "a");
    assert_string_equal(names.items[1], "b");
    assert_string_equal(names.items[2], "c");
    assert_int_equal(stet_solver_names_with(s, "Essential", "yes", &names, &err), -1);
    stet_strv_release(&names);
    stet_solver_free(s);
    stet_buffer_release(&one);
    stet_buffer_release(&two);
}

/* ---- versions ---- */

/* Of the packages "lt", "eq" and "gt", which need p below, at and above version, which install? */
static int compare(const char *has, const char *version)
{
    static const struct {
        const char *name, *sign;
        int means;
    } signs[] = {{"lt", "<", -1}, {"eq", "=", 0}, {"gt", ">", 1}};
    struct stet_buffer db = STET_BUFFER_INIT;
    struct stet_solver *s = new_solver();
    int found = 0, result = 0;
    add_package(&db, "p", has, "");
    for (size_t i = 0; i < 3; i++) {
        _cleanup_free_ char *more =
            stet_format(NULL, "%%DEPENDS%%\np%s%s\n\n", signs[i].sign, version);
        add_package(&db, signs[i].name, "1-1", more);
    }
    db_end(&db);
    add_db(s, &db, 0);
    for (size_t i = 0; i < 3; i++)
        if (strncmp(solve(s, signs[i].name), "p ", 2) == 0) {
            found++;
            result = signs[i].means;
        }
    assert_int_equal(found, 1);
    stet_solver_free(s);
    stet_buffer_release(&db);
    return result;
}

/* The third column is what vercmp of pacman 6.0.2 prints. */
static void compares_versions(void **state)
{
    (void)state;
    static const struct {
        const char *has, *version;
        int order;
    } cases[] = {
        {"1.2-3", "1.2", 0},     {"1.2-3", "1.2-3", 0},
        {"1.2-3", "1.2-4", -1},  {"1.2-3", "1.2-10", -1},
        {"1.2-3.1", "1.2-3", 1}, {"1.0rc1-1", "1.0", -1},
        {"1.0-1", "1.0rc1", 1},  {"1.0a-1", "1.0b", -1},
        {"1.0.a-1", "1.0", 1},   {"1.0-1", "1.0.1", -1},
        {"1.10-1", "1.9", 1},    {"1.010-1", "1.10", 0},
        {"1_0-1", "1.0", 0},     {"1..0-1", "1.0", 1},
        {"1.-1", "1", 1},        {"1.0~rc1-1", "1.0", 1},
        {"1.0^git-1", "1.0", 1}, {"1.0+r5-1", "1.0", 1},
        {"1:1-1", "2", 1},       {"1:1-1", "1:1", 0},
        {"0:1-1", "1", 0},       {"1:1-1", "01:1", 0},
        {"2-1", "1:1", -1},      {"a-1", "1", -1},
        {"1-1", "1.a", -1},      {"20230101-1", "2023.01.01", 1},
        {"1.0.0-1", "1.0", 1},   {"1-1", "1-1rc", 1},
        {"5.001-1", "5.1", 0},   {"1Z-1", "1a", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (compare(cases[i].has, cases[i].version) != cases[i].order)
            fail_msg("%s and %s do not compare to %d", cases[i].has, cases[i].version,
                     cases[i].order);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes),
        cmocka_unit_test(describes_without_digest_and_signature),
        cmocka_unit_test(reads_what_repo_add_makes),
        cmocka_unit_test(reads_other_forms),
        cmocka_unit_test(newest_date_of_an_index),
        cmocka_unit_test(refuses_descriptions),
        cmocka_unit_test(refuses_nul),
        cmocka_unit_test(refuses_archives),
        cmocka_unit_test(refuses_damaged_archives),
        cmocka_unit_test(refuses_a_giant_description),
        cmocka_unit_test(refuses_architectures),
        cmocka_unit_test(refuses_requests),
        cmocka_unit_test(names_with),
        cmocka_unit_test(compares_versions),
    };
    if (argc != 2)
        return 2;
    repo_add_db = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
