/*
 * stet gzip - the encoder of the layer alone, from standard input to standard output.
 */
#include "cmd/command.h"
#include "lib/codec/codec.h"

static int parse_options(int argc, char **argv, struct common_options *o, struct stet_error *err)
{
    static const struct option long_options[] = {
        {"jobs", required_argument, NULL, 'j'}, {"help", no_argument, NULL, OPT_HELP}, {0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":j:", long_options, NULL)) != -1) {
        int taken = common_option(o, c, optarg, err);
        if (taken < 0)
            return -1;
        if (!taken)
            return usage_error(argv, c, "gzip", err);
    }
    if (argc != optind)
        return stet_error_input(err, "stet gzip reads standard input and takes no file; see stet "
                                     "gzip --help");
    return refuse_terminal("compressed data", err);
}

static int copy(struct stet_reader *in, struct stet_writer *out, struct stet_error *err)
{
    static char data[1 << 18];
    ssize_t n;
    while ((n = stet_reader_read(in, data, sizeof(data), err)) > 0)
        if (stet_cancel_check(err) < 0 || stet_writer_write(out, data, (size_t)n, err) < 0)
            return -1;
    return n < 0 ? -1 : 0;
}

static int run(unsigned threads, struct stet_error *err)
{
    struct stet_fd_reader in;
    struct stet_fd_writer out;
    stet_fd_reader_init(&in, STDIN_FILENO, "standard input");
    stet_fd_writer_init(&out, STDOUT_FILENO, "standard output");
    struct stet_writer *gzip = stet_codec_gzip_new(&out.base, threads, err);
    int result = gzip ? copy(&in.base, gzip, err) : -1;
    if (gzip && result == 0)
        result = stet_writer_close(gzip, err);
    else if (gzip) {
        /* No trailer: what is cut off must not look whole. */
        stet_error_copy(&gzip->error, err);
        stet_writer_close(gzip, NULL);
    }
    stet_codec_gzip_free(gzip);
    if (stet_writer_close(&out.base, result < 0 ? NULL : err) < 0)
        result = -1;
    stet_reader_close(&in.base);
    return result;
}

int cmd_gzip(int argc, char **argv)
{
    struct common_options o = {.jobs = stet_pool_cpus()};
    struct stet_error err = STET_ERROR_INIT;
    if (parse_options(argc, argv, &o, &err) < 0 || run(o.jobs, &err) < 0)
        return report_failure(&err);
    return STET_EXIT_OK;
}
