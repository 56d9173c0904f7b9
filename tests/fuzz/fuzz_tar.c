/*
 * The tar reader on any bytes. What it accepts must also hold together: entries in normal
 * form, and an archive that is in canonical order must be taken by the writer and
 * read back as the same entries.
 */
#include <stdint.h>

#include "lib/tar/tar.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static struct stet_tar_reader *open_bytes(struct stet_memory_reader *in, const void *data,
                                          size_t len)
{
    static const struct stet_tar_limits limits = {
        .entries = 1000, .bytes = 1 << 24, .header_bytes = 1 << 16};
    stet_memory_reader_init(in, data, len);
    struct stet_tar_reader *r = stet_tar_reader_new(&in->base, "fuzz", &limits, NULL);
    require(r != NULL);
    return r;
}

/* Copies entries and contents as long as the writer takes them; the number taken. */
static size_t copy(struct stet_tar_reader *r, struct stet_tar_writer *w)
{
    const struct stet_entry *e;
    char piece[4096];
    size_t taken = 0;
    bool writing = true;
    while (stet_tar_reader_next(r, &e, NULL) > 0) {
        struct stet_buffer normal = STET_BUFFER_INIT;
        require(e->path[0] == '\0' || stet_path_normalize(e->path, &normal, NULL) == 0);
        require(strcmp(stet_buffer_str(&normal), e->path) == 0);
        stet_buffer_release(&normal);
        require(e->mode <= 07777 && e->mtime_ns < 1000000000);
        require(e->size == 0 || e->type == STET_ENTRY_FILE);
        writing = writing && stet_tar_writer_entry(w, e, NULL) == 0;
        uint64_t sum = 0;
        ssize_t n;
        while ((n = stet_tar_reader_read(r, piece, sizeof(piece), NULL)) > 0) {
            sum += (uint64_t)n;
            if (writing)
                require(stet_tar_writer_data(w, piece, (size_t)n, NULL) == 0);
        }
        if (n < 0)
            return 0;
        require(sum == e->size);
        taken += writing;
    }
    return writing && stet_tar_writer_finish(w, NULL) == 0 ? taken : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct stet_memory_reader in;
    struct stet_buffer bytes = STET_BUFFER_INIT;
    struct stet_buffer_writer out;
    stet_buffer_writer_init(&out, &bytes);
    struct stet_tar_writer *w = stet_tar_writer_new(&out.base, NULL);
    struct stet_tar_reader *r = open_bytes(&in, data, len);
    require(w != NULL);
    size_t taken = copy(r, w);
    stet_tar_reader_free(r);
    stet_tar_writer_free(w);
    if (taken > 0) {
        struct stet_buffer again = STET_BUFFER_INIT;
        struct stet_buffer_writer out2;
        stet_buffer_writer_init(&out2, &again);
        w = stet_tar_writer_new(&out2.base, NULL);
        r = open_bytes(&in, bytes.data, bytes.len);
        require(w != NULL && copy(r, w) == taken);
        require(again.len == bytes.len && memcmp(again.data, bytes.data, bytes.len) == 0);
        stet_tar_reader_free(r);
        stet_tar_writer_free(w);
        stet_writer_close(&out2.base, NULL);
        stet_buffer_release(&again);
    }
    stet_writer_close(&out.base, NULL);
    stet_buffer_release(&bytes);
    return 0;
}
