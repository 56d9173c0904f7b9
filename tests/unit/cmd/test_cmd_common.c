/* What the subcommands share. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio_ext.h>
#include <sys/mman.h>

#include <cmocka.h>
#undef fail /* the program has a function of this name */

#include "cmd/command.h"

/* ---- sizes ---- */

/* Powers of ten, cut after one digit: a size never looks bigger than it is. */
static void formats_bytes(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1, "1 B"},
        {999, "999 B"},
        {1000, "1.0 kB"},
        {1024, "1.0 kB"},
        {1099, "1.0 kB"},
        {1100, "1.1 kB"},
        {999949, "999.9 kB"},
        {999999, "999.9 kB"},
        {1000000, "1.0 MB"},
        {52123456, "52.1 MB"},
        {999999999, "999.9 MB"},
        {1000000000, "1.0 GB"},
        {UINT64_C(1500000000000), "1.5 TB"},
        {UINT64_C(2000000000000000), "2.0 PB"},
        {UINT64_C(999999999999999999), "999.9 PB"},
        {UINT64_C(1000000000000000000), "1.0 EB"},
        {UINT64_MAX, "18.4 EB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        format_bytes(cases[i].bytes, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void formats_bytes_into_little_room(void **state)
{
    (void)state;
    char text[8];
    memset(text, 'x', sizeof text);
    format_bytes(123456, text, 4);
    assert_string_equal(text, "123");
    assert_int_equal(text[4], 'x');
    format_bytes(5, text, 2);
    assert_string_equal(text, "5");
}

/* ---- SOURCE_DATE_EPOCH ---- */

static int epoch_of(const char *value, int64_t *epoch, struct stet_error *err)
{
    stet_error_clear(err);
    *epoch = -7;
    assert_int_equal(value ? setenv("SOURCE_DATE_EPOCH", value, 1) : unsetenv("SOURCE_DATE_EPOCH"),
                     0);
    int rc = source_date_epoch(epoch, err);
    unsetenv("SOURCE_DATE_EPOCH");
    return rc;
}

static void takes_an_epoch(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t epoch;
    } cases[] = {{"0", 0}, {"1", 1}, {"1789199741", 1789199741}, {"253402300799", 253402300799}};
    struct stet_error err = STET_ERROR_INIT;
    int64_t epoch;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(epoch_of(cases[i].value, &epoch, &err), 1);
        assert_true(epoch == cases[i].epoch);
    }
}

static void has_no_epoch(void **state)
{
    (void)state;
    struct stet_error err = STET_ERROR_INIT;
    int64_t epoch;
    assert_int_equal(epoch_of(NULL, &epoch, &err), 0);
    assert_true(epoch == -7);
    assert_int_equal(epoch_of("", &epoch, &err), 0);
    assert_true(epoch == -7);
    assert_int_equal(err.kind, STET_ERROR_NONE);
}

/* Never taken for unset: that would give an image of another time than the caller asked for. */
static void refuses_an_epoch(void **state)
{
    (void)state;
    static const char *const values[] = {"-1",
                                         "+1",
                                         " 1",
                                         "1 ",
                                         "1\n",
                                         "0x10",
                                         "1.5",
                                         "1e9",
                                         "now",
                                         "@0",
                                         "253402300800",
                                         "18446744073709551616",
                                         "99999999999999999999999999"};
    struct stet_error err = STET_ERROR_INIT;
    int64_t epoch;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_int_equal(epoch_of(values[i], &epoch, &err), -1);
        assert_true(epoch == -7);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        assert_non_null(strstr(err.text, "SOURCE_DATE_EPOCH"));
    }
}

/* ---- options ---- */

static void takes_common_options(void **state)
{
    (void)state;
    struct common_options o = {0};
    struct stet_error err = STET_ERROR_INIT;
    assert_int_equal(common_option(&o, OPT_STORE, "/srv/store", &err), 1);
    assert_string_equal(o.store_dir, "/srv/store");
    assert_false(o.offline || o.quiet || o.verbose || o.jobs);
    assert_int_equal(common_option(&o, OPT_OFFLINE, NULL, &err), 1);
    assert_true(o.offline && !o.quiet && !o.verbose);
    assert_int_equal(common_option(&o, 'q', NULL, &err), 1);
    assert_true(o.quiet && !o.verbose);
    assert_int_equal(common_option(&o, 'v', NULL, &err), 1);
    assert_true(o.verbose);
    assert_int_equal(common_option(&o, 'j', "1", &err), 1);
    assert_int_equal(o.jobs, 1);
    assert_int_equal(common_option(&o, 'j', "256", &err), 1);
    assert_int_equal(o.jobs, 256);
    assert_int_equal(err.kind, STET_ERROR_NONE);
}

static void leaves_other_options(void **state)
{
    (void)state;
    static const int options[] = {'?', ':', 'h', 'o', OPT_HELP, OPT_COMMAND, OPT_COMMAND + 1, -1};
    static const struct common_options none;
    struct common_options o = {0};
    struct stet_error err = STET_ERROR_INIT;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(common_option(&o, options[i], "x", &err), 0);
    assert_true(o.store_dir == none.store_dir && !o.offline && !o.quiet && !o.verbose && !o.jobs);
    assert_int_equal(err.kind, STET_ERROR_NONE);
}

static void refuses_jobs(void **state)
{
    (void)state;
    static const char *const values[] = {"",   "0",  "00",   "257",
                                         "-1", "1 ", "four", "18446744073709551617"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct common_options o = {.jobs = 9};
        struct stet_error err = STET_ERROR_INIT;
        assert_int_equal(common_option(&o, 'j', values[i], &err), -1);
        assert_int_equal(o.jobs, 9);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        assert_non_null(strstr(err.text, "--jobs"));
    }
}

/* As the commands do it: getopt_long with this table. */
static void parses_a_command_line(void **state)
{
    (void)state;
    static const struct option table[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};
    char *argv[] = {(char *)"stet", (char *)"--jobs=3",  (char *)"-q", (char *)"--store",
                    (char *)"/s",   (char *)"--offline", NULL};
    struct common_options o = {0};
    struct stet_error err = STET_ERROR_INIT;
    int option;
    optind = 0;
    while ((option = getopt_long(6, argv, ":qv", table, NULL)) != -1)
        assert_int_equal(common_option(&o, option, optarg, &err), 1);
    assert_int_equal(o.jobs, 3);
    assert_true(o.quiet && o.offline && !o.verbose);
    assert_string_equal(o.store_dir, "/s");
}

/* What getopt_long says of the one word after the program's name, as an error. */
static void assert_usage(const char *word, const char *expected)
{
    static const struct option table[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};
    char *argv[] = {(char *)"stet", (char *)word, NULL};
    struct stet_error err = STET_ERROR_INIT;
    optind = 0;
    opterr = 0;
    int option = getopt_long(2, argv, ":qv", table, NULL);
    assert_int_equal(usage_error(argv, option, "build", &err), -1);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    assert_string_equal(err.text, expected);
}

static void tells_wrong_usage(void **state)
{
    (void)state;
    assert_usage("--jobs", "option '--jobs' needs a value; see stet build --help");
    assert_usage("--nonsense", "unknown option '--nonsense'; see stet build --help");
}

/* ---- exit statuses and output ---- */

/* A file in place of a standard descriptor. */
struct redirected {
    int which, saved, file;
};

static struct redirected redirect(FILE *stream, int file)
{
    struct redirected r = {fileno(stream), -1, file};
    assert_true(file >= 0);
    fflush(stream);
    r.saved = dup(r.which);
    assert_true(r.saved >= 0 && dup2(file, r.which) >= 0);
    return r;
}

static void restore(struct redirected *r)
{
    assert_true(dup2(r->saved, r->which) >= 0);
    close(r->saved);
    close(r->file);
}

static int status_of(enum stet_error_kind kind)
{
    struct stet_error err = {kind, 0, "a reason"};
    char said[64] = "";
    struct redirected r = redirect(stderr, memfd_create("stderr", MFD_CLOEXEC));
    int status = report_failure(&err);
    ssize_t n = pread(r.file, said, sizeof said - 1, 0);
    restore(&r);
    assert_int_equal(n, strlen("stet: a reason\n"));
    assert_string_equal(said, "stet: a reason\n");
    return status;
}

static void fails_with_the_status_of_the_reason(void **state)
{
    (void)state;
    assert_int_equal(status_of(STET_ERROR_DIFFERS), 1);
    assert_int_equal(status_of(STET_ERROR_INPUT), 2);
    assert_int_equal(status_of(STET_ERROR_ENVIRONMENT), 3);
    assert_int_equal(status_of(STET_ERROR_INTERNAL), 3);
    stet_cancel_request(SIGTERM);
    assert_int_equal(status_of(STET_ERROR_INTERRUPTED), 128 + SIGTERM);
}

static void notices_that_output_is_lost(void **state)
{
    (void)state;
    assert_int_equal(finish_stdout(1), 1);
    struct redirected err = redirect(stderr, memfd_create("stderr", MFD_CLOEXEC));
    struct redirected out = redirect(stdout, open("/dev/full", O_WRONLY | O_CLOEXEC));
    puts("a result");
    int status = finish_stdout(STET_EXIT_OK);
    __fpurge(stdout);
    clearerr(stdout);
    restore(&out);
    restore(&err);
    assert_int_equal(status, STET_EXIT_ENVIRONMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_bytes),
        cmocka_unit_test(formats_bytes_into_little_room),
        cmocka_unit_test(takes_an_epoch),
        cmocka_unit_test(has_no_epoch),
        cmocka_unit_test(refuses_an_epoch),
        cmocka_unit_test(takes_common_options),
        cmocka_unit_test(leaves_other_options),
        cmocka_unit_test(refuses_jobs),
        cmocka_unit_test(parses_a_command_line),
        cmocka_unit_test(tells_wrong_usage),
        cmocka_unit_test(notices_that_output_is_lost),
        cmocka_unit_test(fails_with_the_status_of_the_reason),
    };
    return cmocka_run_group_tests_name("cmd/common", tests, NULL, NULL);
}
