/* Any bytes as JSON: refused with one line, or read, and then written and read again the same. */
#include <stdint.h>
#include <string.h>

#include "lib/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Can the writer, which knows no null and no fraction, say this? */
static bool is_writable(const json_t *value)
{
    json_t *part;
    const char *key;
    size_t i;

    json_array_foreach(value, i, part)
    {
        if (!is_writable(part))
            return false;
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, part)
    {
        if (!is_writable(part))
            return false;
    }
    return !json_is_null(value) && !json_is_real(value);
}

static void write_again(const json_t *value, enum stet_json_layout layout)
{
    struct stet_buffer text = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_json_writer w;
    json_t *back;

    stet_json_writer_init(&w, layout, &text);
    stet_json_value(&w, value);
    if (stet_json_writer_finish(&w, &err) < 0)
        abort();
    back = stet_json_parse(text.data, text.len, text.len, "again", &err);
    if (back == NULL || !json_equal(value, back))
        abort();
    json_decref(back);
    stet_buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_error err = STET_ERROR_INIT;
    json_t *value = stet_json_parse((const char *)data, size, 1 << 16, "fuzz", &err);

    if (value == NULL) {
        if (err.kind != STET_ERROR_INPUT || err.text[0] == '\0' || strchr(err.text, '\n') != NULL)
            abort();
        return 0;
    }
    if (is_writable(value)) {
        write_again(value, STET_JSON_COMPACT);
        write_again(value, STET_JSON_INDENTED);
    }
    json_decref(value);
    return 0;
}
