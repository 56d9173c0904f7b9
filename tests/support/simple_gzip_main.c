/* stet-test-simple-gzip <in >out: simple_gzip() as a program. */
#include <stdio.h>
#include <unistd.h>

#include "lib/base/base.h"
#include "tests/support/simple_gzip.h"

static int read_all(struct stet_buffer *in, struct stet_error *err)
{
    static char part[1 << 16];
    struct stet_fd_reader r;
    ssize_t n;

    stet_fd_reader_init(&r, STDIN_FILENO, "standard input");
    while ((n = stet_reader_read(&r.base, part, sizeof part, err)) > 0)
        stet_buffer_add(in, part, (size_t)n);
    stet_reader_close(&r.base);
    return n < 0 ? -1 : stet_buffer_check(in, "standard input", err);
}

static int write_all(const struct stet_buffer *out, struct stet_error *err)
{
    struct stet_fd_writer w;

    stet_fd_writer_init(&w, STDOUT_FILENO, "standard output");
    stet_writer_write(&w.base, out->data, out->len, NULL);
    return stet_writer_close(&w.base, err);
}

int main(void)
{
    _cleanup_buffer_ struct stet_buffer in = STET_BUFFER_INIT, out = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;

    if (read_all(&in, &err) != 0 ||
        simple_gzip((const unsigned char *)stet_buffer_str(&in), in.len, &out, &err) != 0 ||
        write_all(&out, &err) != 0) {
        fprintf(stderr, "stet-test-simple-gzip: %s\n", err.text);
        return 1;
    }
    return 0;
}
