/*
 * The program's output, cut into lines that are safe to show: what a root prints ends on
 * terminals, and a terminal obeys control bytes.
 */
#include "lib/sandbox/private.h"

static void flush(struct stet_sandbox_lines *l)
{
    l->text[l->len] = '\0';
    if (l->call != NULL)
        l->call(l->ctx, l->text);
    l->len = 0;
}

static void put(struct stet_sandbox_lines *l, unsigned char c)
{
    /* A C1 control is C2 80..9F in UTF-8; terminals obey these like ESC sequences. */
    if (c >= 0x80 && c <= 0x9f && l->len > 0 && (unsigned char)l->text[l->len - 1] == 0xc2) {
        l->text[l->len - 1] = '?';
        return;
    }
    if (c == '\t')
        c = ' ';
    if (c < 0x20 || c == 0x7f)
        c = '?';
    l->text[l->len++] = (char)c;
    if (l->len == sizeof(l->text) - 1)
        flush(l);
}

void stet_sandbox_lines_add(struct stet_sandbox_lines *l, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n')
            flush(l);
        else
            put(l, (unsigned char)data[i]);
    }
}

void stet_sandbox_lines_end(struct stet_sandbox_lines *l)
{
    if (l->len > 0)
        flush(l);
}
