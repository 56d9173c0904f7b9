/* Numbers, times and UTF-8. What is accepted means what it says: it is written back and read as
 * the same. */
#include "lib/base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_numbers(const char *text)
{
    uint64_t value;
    char back[32];
    if (stet_number_parse(text, UINT64_MAX, &value, "fuzz", NULL) == 0) {
        snprintf(back, sizeof back, "%llu", (unsigned long long)value);
        if (strcmp(text + strspn(text, "0"), value ? back : "") != 0)
            abort();
    }
    if (stet_number_parse_octal(text, UINT64_MAX, &value, "fuzz", NULL) == 0) {
        snprintf(back, sizeof back, "%llo", (unsigned long long)value);
        if (strcmp(text + strspn(text, "0"), value ? back : "") != 0)
            abort();
    }
}

static void try_time(int parse(const char *, int64_t *, struct stet_error *), const char *text)
{
    struct stet_error err = STET_ERROR_INIT;
    char back[STET_TIME_TEXT_MAX];
    int64_t seconds, again;
    if (parse(text, &seconds, &err) < 0) {
        if (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n'))
            abort();
        return;
    }
    stet_time_format(seconds, back);
    if (stet_time_parse_rfc3339(back, &again, NULL) < 0 || again != seconds)
        abort();
}

static void try_utf8(const char *text, size_t len)
{
    bool valid = stet_utf8_valid(text, len);
    size_t pos = 0, n;
    uint32_t c;
    while ((n = stet_utf8_decode(text + pos, len - pos, &c)) > 0) {
        if (n > 4 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            abort();
        pos += n;
    }
    if (valid != (pos == len))
        abort();
    char *shown = stet_strdup(text, NULL);
    if (!shown)
        return;
    stet_utf8_make_printable(shown);
    size_t shown_len = strlen(shown);
    if (shown_len > strlen(text) || !stet_utf8_valid(shown, shown_len))
        abort();
    for (const char *p = shown; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            abort();
    free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_buffer text = STET_BUFFER_INIT;
    stet_buffer_add(&text, data, size);
    try_numbers(stet_buffer_str(&text));
    try_time(stet_time_parse_rfc3339, stet_buffer_str(&text));
    try_time(stet_time_parse_rfc2822, stet_buffer_str(&text));
    try_utf8(stet_buffer_str(&text), text.len);
    stet_buffer_release(&text);
    return 0;
}
