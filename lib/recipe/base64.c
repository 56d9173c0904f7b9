#include "lib/recipe/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void stet_recipe_base64_encode(const void *data, size_t len, struct stet_buffer *out)
{
    const unsigned char *p = data;
    stet_buffer_reserve(out, len / 3 * 4 + 4);
    for (; len > 0; p += 3) {
        size_t n = len < 3 ? len : 3;
        uint32_t v = (uint32_t)p[0] << 16;
        v |= n > 1 ? (uint32_t)p[1] << 8 : 0;
        v |= n > 2 ? p[2] : 0;
        char quad[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63],
                        n > 1 ? alphabet[v >> 6 & 63] : '=', n > 2 ? alphabet[v & 63] : '='};
        stet_buffer_add(out, quad, sizeof quad);
        len -= n;
    }
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters to n bytes; -1 unless exactly so. */
static int decode_quad(const char *q, size_t n, unsigned char out[3])
{
    uint32_t v = 0;
    for (size_t i = 0; i < 4; i++) {
        int x = i <= n ? value_of(q[i]) : q[i] == '=' ? 0 : -1;
        if (x < 0)
            return -1;
        v = v << 6 | (uint32_t)x;
    }
    out[0] = (unsigned char)(v >> 16);
    out[1] = (unsigned char)(v >> 8);
    out[2] = (unsigned char)v;
    /* Bits behind the last byte would give the same value a second text. */
    return (n < 3 && out[2]) || (n < 2 && out[1]) ? -1 : 0;
}

int stet_recipe_base64_decode(const char *text, size_t len, struct stet_buffer *out,
                              struct stet_error *err)
{
    if (len % 4 != 0)
        return stet_error_input(err, "not base64: its length is not a multiple of 4");
    stet_buffer_reserve(out, len / 4 * 3);
    for (size_t i = 0; i < len; i += 4) {
        unsigned char bytes[3];
        size_t n = 3;
        if (i + 4 == len && text[i + 3] == '=')
            n = text[i + 2] == '=' ? 1 : 2;
        if (decode_quad(text + i, n, bytes) < 0)
            return stet_error_input(err, "not base64 at byte %zu", i);
        stet_buffer_add(out, bytes, n);
    }
    return stet_buffer_check(out, "decoding base64", err);
}
