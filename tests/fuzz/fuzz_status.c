/* Any bytes as the dpkg status of an image: refused with one line, or a sorted list of lines. */
#include <stdint.h>

#include "lib/distro/debian/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_strv out = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    if (stet_debian_list_packages((const char *)data, size, &out, &err) == 0) {
        for (size_t i = 0; i < out.count; i++)
            if (strchr(out.items[i], '\n') ||
                (i > 0 && strcmp(out.items[i - 1], out.items[i]) >= 0))
                abort();
    } else if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n')) {
        abort();
    }
    stet_strv_release(&out);
    return 0;
}
