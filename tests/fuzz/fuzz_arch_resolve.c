/* Any bytes as a list of revoked keys, as a mirror with a date, and as the name of a file on it. */
#include <stdint.h>

#include "lib/distro/arch/repository.h"
#include "lib/distro/common/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void revoked(struct stet_buffer *text)
{
    struct stet_strv out = STET_STRV_INIT;
    struct stet_error err = STET_ERROR_INIT;
    if (stet_arch_keyring_parse_revoked(text, "fuzz", &out, &err) == 0) {
        for (size_t i = 0; i < out.count; i++) {
            size_t len = strlen(out.items[i]);
            if (strspn(out.items[i], "0123456789ABCDEF") != len || (len != 40 && len != 64))
                abort();
        }
    } else if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n')) {
        abort();
    }
    stet_strv_release(&out);
}

static void mirror(const char *text)
{
    enum { DAY = 86400 };
    struct stet_error err = STET_ERROR_INIT;
    int64_t date = stet_arch_snapshot_date(text);
    if (date != INT64_MIN && (date < 0 || date % DAY != DAY - 1))
        abort();
    char *url = stet_distro_url("https://mirror.example.org", text, &err);
    if (!url)
        abort();
    for (const char *p = url; *p; p++)
        if (*p <= ' ' || *p >= 127 || strchr("\"#<>?\\^`{|}", *p))
            abort();
    free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer text = STET_BUFFER_INIT;
    stet_buffer_add(&text, data, size);
    mirror(stet_buffer_str(&text));
    revoked(&text);
    stet_buffer_release(&text);
    return 0;
}
