/*
 * stet-test-vectors [NAME THREADS WRITE] - the encoder's output for the input NAME of the corpus, with so many
 * threads and in writes of so many bytes, on standard output. Without arguments: the names. Needs nothing but the
 * encoder and base, so that it can be built for any machine; see scripts/check-vectors.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/codec/codec.h"
#include "tests/support/corpus.h"

static const struct corpus_input *find(const char *name)
{
    for (size_t i = 0; i < corpus_count; i++)
        if (strcmp(corpus_inputs[i].name, name) == 0)
            return &corpus_inputs[i];
    return NULL;
}

static int write_all(struct stet_writer *w, const unsigned char *data, size_t len, size_t step,
                     struct stet_error *err)
{
    for (size_t at = 0; at < len; at += step)
        if (stet_writer_write(w, data + at, len - at < step ? len - at : step, err) < 0)
            return -1;
    return 0;
}

static int encode(const struct corpus_input *input, unsigned threads, size_t step,
                  struct stet_error *err)
{
    struct stet_fd_writer out;
    unsigned char *data = corpus_make(input);

    stet_fd_writer_init(&out, 1, "standard output");
    struct stet_writer *gzip = stet_codec_gzip_new(&out.base, threads, err);
    int result = gzip ? write_all(gzip, data, input->len, step, err) : -1;
    if (gzip && stet_writer_close(gzip, err) < 0)
        result = -1;
    stet_codec_gzip_free(gzip);
    if (stet_writer_close(&out.base, err) < 0)
        result = -1;
    free(data);
    return result;
}

int main(int argc, char **argv)
{
    struct stet_error err = STET_ERROR_INIT;
    uint64_t threads, step;

    if (argc == 1) {
        for (size_t i = 0; i < corpus_count; i++)
            puts(corpus_inputs[i].name);
        return 0;
    }
    const struct corpus_input *input = argc == 4 ? find(argv[1]) : NULL;
    if (!input || stet_number_parse(argv[2], 64, &threads, "THREADS", &err) < 0 ||
        stet_number_parse(argv[3], 1 << 30, &step, "WRITE", &err) < 0 || step == 0) {
        fprintf(stderr, "usage: stet-test-vectors [NAME THREADS WRITE]\n");
        return 2;
    }
    if (encode(input, (unsigned)threads, (size_t)step, &err) < 0) {
        fprintf(stderr, "stet-test-vectors: %s\n", err.text);
        return 3;
    }
    return 0;
}
