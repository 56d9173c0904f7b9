/*
 * What servers and lock files bring into net as text: URLs and Content-Range headers.
 * The first byte chooses which.
 */
#include "lib/net/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_url(const char *text)
{
    struct stet_net_url u;
    struct stet_error err = STET_ERROR_INIT;
    if (stet_net_url_parse(text, &u, &err) < 0) {
        if (err.kind == STET_ERROR_NONE || u.clean != NULL)
            abort();
        return;
    }
    if (u.clean == NULL || u.shown == NULL || u.origin == NULL)
        abort();
    if ((u.scheme == STET_NET_FILE) != (u.path != NULL))
        abort();
    stet_net_url_release(&u);
}

static void try_range(const char *text)
{
    int64_t first;
    int64_t last;
    int64_t total;
    if (stet_net_parse_content_range(text, &first, &last, &total) < 0)
        return;
    if (first < 0 || last < first || total < -1 || (total >= 0 && last >= total))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 8192)
        return 0;
    char *text = malloc(size);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] == 'r')
        try_range(text);
    else
        try_url(text);
    free(text);
    return 0;
}
