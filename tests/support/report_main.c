/*
 * stet-test-report - writes the report of a result made by hand (see report_fixture.h) to standard output.
 *
 *   stet-test-report equal|all|hostile|series|NUMBER text|json|html [color] [full] [WIDTH]
 */
#include <unistd.h>

#include "lib/report/report.h"
#include "tests/support/report_fixture.h"

static int make(const char *name, struct stet_diff_result *out, struct stet_error *err)
{
    uint64_t count;

    if (strcmp(name, "equal") == 0)
        return report_fixture_equal(out, err);
    if (strcmp(name, "all") == 0)
        return report_fixture_all(out, err);
    if (strcmp(name, "hostile") == 0)
        return report_fixture_hostile(out, err);
    if (strcmp(name, "series") == 0)
        return report_fixture_series(out, err);
    if (stet_number_parse(name, 10000000, &count, "the number of findings", err) < 0)
        return -1;
    return report_fixture_large(count, out, err);
}

static int parse_options(char **argv, struct stet_report_options *out, struct stet_error *err)
{
    uint64_t width;

    for (; *argv; argv++) {
        if (strcmp(*argv, "color") == 0)
            out->color = true;
        else if (strcmp(*argv, "full") == 0)
            out->full = true;
        else if (stet_number_parse(*argv, 1000, &width, "the width", err) < 0)
            return -1;
        else
            out->width = (unsigned)width;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_diff_result result = {0};
    struct stet_report_options options = {0};
    enum stet_report_format format;
    struct stet_fd_writer out;

    if (argc < 3 || !stet_report_format_find(argv[2], &format)) {
        fprintf(stderr,
                "usage: stet-test-report equal|all|hostile|series|NUMBER text|json|html [color] "
                "[full] [WIDTH]\n");
        return 2;
    }
    stet_fd_writer_init(&out, STDOUT_FILENO, "standard output");
    int status = make(argv[1], &result, &err);
    if (status == 0)
        status = parse_options(argv + 3, &options, &err);
    if (status == 0)
        status = stet_report_diff(&result, format, &options, &out.base, &err);
    if (stet_writer_close(&out.base, status < 0 ? NULL : &err) < 0)
        status = -1;
    stet_diff_result_release(&result);
    if (status < 0)
        fprintf(stderr, "stet-test-report: %s\n", err.text);
    return status < 0 ? 1 : 0;
}
