/* Untrusted text that the sandbox reads: a program's output; and the range files of the host. */
#include <stddef.h>
#include <stdint.h>

#include "lib/sandbox/private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(void *ctx, const char *text)
{
    size_t len = strlen(text);

    (void)ctx;
    if (len >= sizeof(((struct stet_sandbox_lines *)NULL)->text))
        abort();
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x20 || c == 0x7f)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stet_sandbox_lines lines;
    struct stet_buffer text = STET_BUFFER_INIT, map = STET_BUFFER_INIT;
    uint64_t start;
    bool all;

    lines.call = check_line;
    stet_sandbox_lines_add(&lines, (const char *)data, size);
    stet_sandbox_lines_end(&lines);
    stet_buffer_add(&text, data, size);
    stet_sandbox_find_range(stet_buffer_str(&text), "ann", 1001, 65535, &start);
    stet_sandbox_identity_map(stet_buffer_str(&text), &map, &all, NULL);
    stet_buffer_release(&text);
    stet_buffer_release(&map);
    return 0;
}
