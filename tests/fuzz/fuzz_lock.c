/* Any bytes as a lock: refused with one line, or read, and then its canonical text is a fixed
 * point. */
#include <stdint.h>
#include <string.h>

#include "lib/recipe/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer first = STET_BUFFER_INIT, second = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock l, again;
    (void)stet_lock_looks_like((const char *)data, size);
    if (stet_lock_parse((const char *)data, size, "fuzz", 1, &l, &err) < 0) {
        if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n'))
            abort();
        return 0;
    }
    if (stet_lock_print(&l, STET_JSON_INDENTED, &first, &err) < 0 ||
        stet_lock_parse(first.data, first.len, "again", 1, &again, &err) < 0 ||
        stet_lock_print(&again, STET_JSON_INDENTED, &second, &err) < 0)
        abort();
    if (strcmp(first.data, second.data) != 0)
        abort();
    stet_lock_release(&l);
    stet_lock_release(&again);
    stet_buffer_release(&first);
    stet_buffer_release(&second);
    return 0;
}
