/*
 * Decoders on any bytes: no crash, no endless loop, never more than the budget. And the
 * encoder on the same bytes: what it writes decodes to them.
 */
#include "lib/codec/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BUDGET = 1 << 20 };

static void decode(const uint8_t *data, size_t size)
{
    struct stet_memory_reader in;
    struct stet_error err = STET_ERROR_INIT;
    char piece[4096];
    uint64_t total = 0;
    ssize_t n;

    stet_memory_reader_init(&in, data, size);
    struct stet_reader *r = stet_codec_decoder_new(&in.base, "fuzz", BUDGET, NULL, &err);
    if (!r)
        return;
    while ((n = stet_reader_read(r, piece, sizeof(piece), &err)) > 0)
        total += (uint64_t)n;
    if (total > BUDGET || (n < 0) != (err.kind != STET_ERROR_NONE))
        abort();
    stet_codec_decoder_free(r);
}

static void round_trip(const uint8_t *data, size_t size)
{
    struct stet_buffer gz = STET_BUFFER_INIT, back = STET_BUFFER_INIT;
    struct stet_buffer_writer below;
    struct stet_memory_reader in;
    struct stet_error err = STET_ERROR_INIT;
    enum stet_codec_kind kind;
    char piece[4096];
    ssize_t n;

    stet_buffer_writer_init(&below, &gz);
    struct stet_writer *w = stet_codec_gzip_new(&below.base, 1, &err);
    if (!w || stet_writer_write(w, data, size, &err) < 0 || stet_writer_close(w, &err) < 0)
        abort();
    stet_codec_gzip_free(w);
    stet_memory_reader_init(&in, gz.data, gz.len);
    struct stet_reader *r = stet_codec_decoder_new(&in.base, "fuzz", size, &kind, &err);
    if (!r || kind != STET_CODEC_GZIP)
        abort();
    while ((n = stet_reader_read(r, piece, sizeof(piece), &err)) > 0)
        stet_buffer_add(&back, piece, (size_t)n);
    if (n < 0 || back.len != size || (size > 0 && memcmp(back.data, data, size) != 0))
        abort();
    stet_codec_decoder_free(r);
    stet_buffer_release(&gz);
    stet_buffer_release(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode(data, size);
    round_trip(data, size);
    return 0;
}
