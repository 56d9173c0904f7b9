/*
 * frames - what the headers of zstd (RFC 8878), xz and bzip2 streams tell of how they were made.
 */
#include <lzma.h>

#include "lib/diff/compressed_private.h"

/* "8 MiB", "1000 bytes". */
static void add_size(struct stet_buffer *out, uint64_t n)
{
    if (n >= 1 << 20 && n % (1 << 20) == 0)
        stet_buffer_addf(out, "%llu MiB", (unsigned long long)(n >> 20));
    else if (n >= 1 << 10 && n % (1 << 10) == 0)
        stet_buffer_addf(out, "%llu KiB", (unsigned long long)(n >> 10));
    else
        stet_buffer_addf(out, "%llu bytes", (unsigned long long)n);
}

static uint64_t little(const unsigned char *p, size_t n)
{
    uint64_t v = 0;

    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

/* ---- zstd ---- */

struct zstd {
    uint64_t frames, skippable;
    /* of the first frame */
    uint64_t window, size, dictionary;
    bool single, has_size, has_checksum, has_dictionary;
    /* of all */
    uint64_t raw, rle, compressed;
    uint64_t largest; /* block, as stored */
};

/* RFC 8878, 3.1.1.1. The length of the header, with the magic number; 0: none. */
static size_t zstd_header(struct zstd *z, const unsigned char *p, size_t len, bool *checksum)
{
    static const size_t dictionary_len[] = {0, 1, 2, 4}, size_len[] = {0, 2, 4, 8};
    size_t at = 5;

    if (len < at)
        return 0;
    unsigned descriptor = p[4];
    bool single = descriptor & 0x20;
    size_t dict = dictionary_len[descriptor & 3], size = size_len[descriptor >> 6];
    if (size == 0 && single)
        size = 1;
    if (len - at < !single + dict + size)
        return 0;
    *checksum = descriptor & 4;
    if (z->frames > 0)
        return at + !single + dict + size;
    z->single = single;
    z->has_checksum = *checksum;
    if (!single) {
        unsigned exponent = p[at] >> 3, mantissa = p[at] & 7;
        uint64_t base = UINT64_C(1) << (10 + exponent);
        z->window = base + base / 8 * mantissa;
        at++;
    }
    z->has_dictionary = dict > 0;
    z->dictionary = little(p + at, dict);
    at += dict;
    z->has_size = size > 0;
    z->size = little(p + at, size) + (size == 2 ? 256 : 0);
    return at + size;
}

/* RFC 8878, 3.1.1.2. Where the last block ends; 0: the frame is damaged. */
static size_t zstd_blocks(struct zstd *z, const unsigned char *p, size_t len, size_t at)
{
    for (bool last = false; !last;) {
        if (len - at < 3)
            return 0;
        uint32_t header = (uint32_t)little(p + at, 3);
        unsigned type = header >> 1 & 3;
        size_t size = type == 1 ? 1 : header >> 3;
        last = header & 1;
        at += 3;
        if (type == 3 || len - at < size)
            return 0;
        at += size;
        z->raw += type == 0;
        z->rle += type == 1;
        z->compressed += type == 2;
        z->largest = size > z->largest ? size : z->largest;
    }
    return at;
}

/* One frame of either kind from at on: where it ends, or 0. */
static size_t zstd_frame(struct zstd *z, const struct diff_bytes *data, size_t at)
{
    const unsigned char *p = data->data + at;
    size_t len = data->len - at;
    bool checksum = false;

    if (len >= 8 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0 && p[0] >= 0x50 && p[0] <= 0x5f) {
        uint64_t size = little(p + 4, 4);
        z->skippable++;
        return len - 8 < size ? 0 : at + 8 + (size_t)size;
    }
    if (len < 5 || memcmp(p, "\x28\xb5\x2f\xfd", 4) != 0)
        return 0;
    size_t end = zstd_header(z, p, len, &checksum);
    if (end > 0)
        end = zstd_blocks(z, p, len, end);
    if (end == 0 || (checksum && len - end < 4))
        return 0;
    z->frames++;
    return at + end + (checksum ? 4 : 0);
}

int stet_diff_zstd_describe(const struct diff_bytes *data, struct stet_buffer *out,
                            struct stet_error *err)
{
    struct zstd z = {0};

    for (size_t at = 0; at < data->len;)
        if ((at = zstd_frame(&z, data, at)) == 0)
            return 0;
    stet_buffer_addf(out, "zstd: %llu frame%s", (unsigned long long)z.frames,
                     z.frames == 1 ? "" : "s");
    if (z.skippable)
        stet_buffer_addf(out, " and %llu skippable", (unsigned long long)z.skippable);
    if (z.frames > 0) {
        stet_buffer_add_str(out, z.single ? ", single segment" : ", window ");
        if (!z.single)
            add_size(out, z.window);
        stet_buffer_add_str(out, z.has_checksum ? ", checksum" : ", no checksum");
        if (z.has_size)
            stet_buffer_addf(out, ", content size %llu", (unsigned long long)z.size);
        else
            stet_buffer_add_str(out, ", no content size");
        if (z.has_dictionary)
            stet_buffer_addf(out, ", dictionary %llu", (unsigned long long)z.dictionary);
        stet_buffer_addf(out, ", blocks: %llu compressed, %llu raw, %llu RLE",
                         (unsigned long long)z.compressed, (unsigned long long)z.raw,
                         (unsigned long long)z.rle);
    }
    return stet_buffer_check(out, "describing a compression", err) < 0 ? -1 : 1;
}

/* ---- xz ---- */

static const char *check_name(lzma_check check)
{
    switch (check) {
    case LZMA_CHECK_NONE:
        return "none";
    case LZMA_CHECK_CRC32:
        return "CRC32";
    case LZMA_CHECK_CRC64:
        return "CRC64";
    case LZMA_CHECK_SHA256:
        return "SHA-256";
    }
    return "unknown";
}

static void add_filter(struct stet_buffer *out, const lzma_filter *f)
{
    if (f->id == LZMA_FILTER_LZMA2 && f->options) {
        const lzma_options_lzma *o = f->options;
        stet_buffer_add_str(out, ", LZMA2 dictionary ");
        add_size(out, o->dict_size);
    } else if (f->id == LZMA_FILTER_X86) {
        stet_buffer_add_str(out, ", filter x86");
    } else if (f->id == LZMA_FILTER_DELTA) {
        stet_buffer_add_str(out, ", filter delta");
    } else {
        stet_buffer_addf(out, ", filter %#llx", (unsigned long long)f->id);
    }
}

/* What the header of the first block says. */
static void describe_block(const struct diff_bytes *data, lzma_check check, struct stet_buffer *out)
{
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    lzma_block block = {.version = 1, .check = check, .filters = filters};
    const unsigned char *p = data->data + LZMA_STREAM_HEADER_SIZE;

    if (data->len <= LZMA_STREAM_HEADER_SIZE || p[0] == 0)
        return;
    block.header_size = lzma_block_header_size_decode(p[0]);
    if (data->len - LZMA_STREAM_HEADER_SIZE < block.header_size ||
        lzma_block_header_decode(&block, NULL, p) != LZMA_OK)
        return;
    for (size_t i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++) {
        add_filter(out, &filters[i]);
        free(filters[i].options);
    }
    stet_buffer_add_str(out, block.uncompressed_size == LZMA_VLI_UNKNOWN
                                 ? ", no sizes in block headers"
                                 : ", sizes in block headers");
}

static void describe_index(const lzma_index *index, struct stet_buffer *out)
{
    lzma_index_iter iter;
    uint64_t largest = 0, blocks = lzma_index_block_count(index);

    lzma_index_iter_init(&iter, index);
    while (!lzma_index_iter_next(&iter, LZMA_INDEX_ITER_BLOCK))
        if (iter.block.uncompressed_size > largest)
            largest = iter.block.uncompressed_size;
    stet_buffer_addf(out, ", %llu block%s", (unsigned long long)blocks, blocks == 1 ? "" : "s");
    if (blocks > 1) {
        stet_buffer_add_str(out, " of up to ");
        add_size(out, largest);
    }
}

/* The index of the last stream. */
static void describe_blocks(const struct diff_bytes *data, struct stet_buffer *out)
{
    size_t end = data->len, pos = 0;
    lzma_stream_flags flags;
    uint64_t memory = 32 << 20;
    lzma_index *index = NULL;

    while (end >= 4 && end % 4 == 0 && memcmp(data->data + end - 4, "\0\0\0", 4) == 0)
        end -= 4;
    if (end < 2 * LZMA_STREAM_HEADER_SIZE ||
        lzma_stream_footer_decode(&flags, data->data + end - LZMA_STREAM_HEADER_SIZE) != LZMA_OK)
        return;
    end -= LZMA_STREAM_HEADER_SIZE;
    if (flags.backward_size > end)
        return;
    if (lzma_index_buffer_decode(&index, &memory, NULL, data->data + end - flags.backward_size,
                                 &pos, (size_t)flags.backward_size) != LZMA_OK)
        return;
    describe_index(index, out);
    lzma_index_end(index, NULL);
}

int stet_diff_xz_describe(const struct diff_bytes *data, struct stet_buffer *out,
                          struct stet_error *err)
{
    lzma_stream_flags flags;

    if (data->len < LZMA_STREAM_HEADER_SIZE ||
        lzma_stream_header_decode(&flags, data->data) != LZMA_OK)
        return 0;
    stet_buffer_addf(out, "xz: check %s", check_name(flags.check));
    describe_block(data, flags.check, out);
    describe_blocks(data, out);
    return stet_buffer_check(out, "describing a compression", err) < 0 ? -1 : 1;
}

/* ---- bzip2 ---- */

int stet_diff_bzip2_describe(const struct diff_bytes *data, struct stet_buffer *out,
                             struct stet_error *err)
{
    stet_buffer_addf(out, "bzip2: blocks of up to %c00 kB, %zu bytes compressed", data->data[3],
                     data->len);
    return stet_buffer_check(out, "describing a compression", err) < 0 ? -1 : 1;
}
