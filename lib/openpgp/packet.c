#include "lib/openpgp/internal.h"

enum { TAG_SIGNATURE = 2 };

/* The number in n bytes, most significant first. */
static size_t big_endian(const unsigned char *p, size_t n)
{
    size_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

/*
 * The length of the packet's header (its first byte and the length's), and of its body into *body; 0 when there is no
 * whole header, or the length is partial or left open, which signatures never are.
 */
static size_t header(const unsigned char *p, size_t len, size_t *body)
{
    size_t size;
    if (len < 2)
        return 0;
    if (!(p[0] & 0x40)) {
        size = (size_t)1 << (p[0] & 3);
        if (size > 4 || len < 1 + size)
            return 0;
        *body = big_endian(p + 1, size);
        return 1 + size;
    }
    size = p[1] < 192 ? 1 : p[1] < 224 ? 2 : p[1] == 255 ? 5 : 0;
    if (size == 0 || len < 1 + size)
        return 0;
    *body = size == 1   ? p[1]
            : size == 2 ? (((size_t)p[1] - 192) << 8) + p[2] + 192
                        : big_endian(p + 2, 4);
    return 1 + size;
}

bool stet_openpgp_is_signatures(const unsigned char *data, size_t len)
{
    if (len == 0)
        return false;
    while (len > 0) {
        size_t body = 0, before = header(data, len, &body);
        unsigned tag = data[0] & 0x40 ? data[0] & 0x3fU : data[0] >> 2 & 0xfU;
        if (!(data[0] & 0x80) || before == 0 || tag != TAG_SIGNATURE || body > len - before)
            return false;
        data += before + body;
        len -= before + body;
    }
    return true;
}
