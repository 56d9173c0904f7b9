/* Any bytes as a Release document. */
#include <stdint.h>

#include "lib/distro/debian/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need_reason(const struct stet_error *err)
{
    if (err->kind != STET_ERROR_INPUT || !err->text[0] || strchr(err->text, '\n'))
        abort();
}

static void release(const char *text, size_t size)
{
    static const char *const paths[] = {"main/binary-amd64/Packages", "P", ""};
    struct stet_debian_release r;
    struct stet_error err = STET_ERROR_INIT;
    if (stet_debian_release_parse(text, size, "fuzz", &r, &err) < 0) {
        need_reason(&err);
        return;
    }
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct stet_error found = STET_ERROR_INIT;
        struct stet_digest digest;
        uint64_t length;
        if (stet_debian_release_find(&r, paths[i], &length, &digest, &found) < 0)
            need_reason(&found);
    }
    (void)stet_debian_release_check_suite(&r, "trixie", "fuzz", &err);
    (void)stet_debian_release_check_time(&r, 1800000000, "fuzz", &err);
    stet_debian_release_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer text = STET_BUFFER_INIT;
    stet_buffer_add(&text, data, size);
    release(stet_buffer_str(&text), size);
    stet_buffer_release(&text);
    return 0;
}
