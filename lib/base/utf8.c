#include "lib/base/utf8.h"

#include <string.h>

static bool is_continuation(const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t stet_utf8_decode(const char *s, size_t len, uint32_t *out)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n;
    uint32_t c;

    if (len == 0)
        return 0;
    c = (unsigned char)s[0];
    if (c < 0x80)
        n = 1;
    else if (c >= 0xc2 && c < 0xe0)
        n = 2, c &= 0x1f;
    else if (c >= 0xe0 && c < 0xf0)
        n = 3, c &= 0x0f;
    else if (c >= 0xf0 && c < 0xf5)
        n = 4, c &= 0x07;
    else
        return 0;
    if (n > len || !is_continuation(s, n))
        return 0;
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3f);
    if (c < lowest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    if (out != NULL)
        *out = c;
    return n;
}

bool stet_utf8_valid(const char *s, size_t len)
{
    while (len > 0) {
        size_t n = stet_utf8_decode(s, len, NULL);

        if (n == 0)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

void stet_utf8_make_printable(char *s)
{
    size_t len = strlen(s);
    char *to = s;

    while (len > 0) {
        uint32_t c = 0;
        size_t n = stet_utf8_decode(s, len, &c);

        if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            *to++ = '?';
            n = n == 0 ? 1 : n;
        } else {
            memmove(to, s, n);
            to += n;
        }
        s += n;
        len -= n;
    }
    *to = '\0';
}
