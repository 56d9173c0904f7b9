/* Arch packages from any bytes: the archive by itself, and the head of the package as a build reads it. */
#include "lib/distro/arch/package_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DECODED_MAX = 1 << 24 };

static void check(bool condition)
{
    if (!condition)
        abort();
}

static void check_error(const struct stet_error *err)
{
    check((err->kind == STET_ERROR_INPUT || err->kind == STET_ERROR_ENVIRONMENT) && err->text[0] &&
          !strchr(err->text, '\n'));
}

/* The archive alone. */
static void read_archive(const uint8_t *data, size_t size)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_memory_reader in;
    struct stet_entry e;
    const void *block;
    size_t len;
    uint64_t offset;
    int more = -1;
    stet_memory_reader_init(&in, data, size);
    struct stet_archive *r = stet_arch_archive_new(&in.base, "fuzz", &err);
    stet_entry_init(&e);
    while (r && (more = stet_archive_next(r, &e, &err)) > 0) {
        uint64_t end = 0;
        check(e.path[0] && e.path[0] != '/' && e.mode <= 07777 && e.mtime >= 0);
        check(e.size == 0 || e.type == STET_ENTRY_FILE);
        if (e.type != STET_ENTRY_FILE || e.size > 1 << 22)
            continue;
        while ((more = stet_archive_block(r, &block, &len, &offset, &err)) > 0) {
            check(offset >= end && len <= e.size - offset);
            end = offset + len;
        }
        if (more < 0)
            break;
    }
    if (more < 0)
        check_error(&err);
    stet_entry_release(&e);
    stet_archive_free(r);
}

static void check_package(const struct stet_arch_package *p)
{
    for (size_t i = 0; i < p->files.count; i++) {
        const char *file = p->files.items[i];
        check(*file && *file != '/' && *file != '.' && !strstr(file, "/../"));
        check(i == 0 || strcmp(p->files.items[i - 1], file) < 0);
    }
    check(strlen(p->install ? p->install : "") == p->install_len);
}

/* The head of the package, as a build reads it. */
static void read_head(const uint8_t *data, size_t size)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_memory_reader raw;
    struct stet_lock lock;
    stet_lock_init(&lock);
    struct stet_lock_package *locked = stet_lock_add_package(&lock, NULL);
    check(locked != NULL);
    locked->name = stet_strdup("a", NULL);
    locked->version = stet_strdup("1-1", NULL);
    locked->architecture = stet_strdup("any", NULL);
    struct stet_arch_state *state = stet_arch_state_new(&lock, NULL);
    stet_memory_reader_init(&raw, data, size);
    struct stet_reader *in = stet_codec_decoder_new(&raw.base, "fuzz", DECODED_MAX, NULL, &err);
    check(state != NULL);
    if (!in || stet_arch_read_metadata(&state->packages[0], in, &err) < 0)
        check_error(&err);
    else
        check_package(&state->packages[0]);
    if (in)
        stet_codec_decoder_free(in);
    stet_arch_state_free(state);
    stet_lock_release(&lock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_archive(data, size);
    read_head(data, size);
    return 0;
}
