#include "lib/tar/parse.h"

/* Two's complement, big-endian, of which the top bit of the first byte is the mark. */
static int parse_base256(const unsigned char *field, size_t size, int64_t *out)
{
    bool negative = field[0] & 0x40;
    uint64_t value = negative ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = field[i];
        if (i == 0)
            byte = negative ? byte | 0x80 : byte & 0x7f;
        /* What is shifted out must be nothing but the sign. */
        if (value >> 55 != (negative ? UINT64_MAX >> 55 : 0))
            return -1;
        value = value << 8 | byte;
    }
    *out = (int64_t)value;
    return 0;
}

static int parse_octal(const char *field, size_t size, int64_t *out)
{
    size_t i = 0;
    uint64_t value = 0;
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
        if (value >> 60 != 0)
            return -1;
        value = value << 3 | (uint64_t)(field[i] - '0');
    }
    for (; i < size; i++) {
        if (field[i] != ' ' && field[i] != '\0')
            return -1;
    }
    *out = (int64_t)value;
    return 0;
}

int stet_tar_field_number(const char *field, size_t size, int64_t *out, const char *what,
                          struct stet_error *err)
{
    const unsigned char *bytes = (const unsigned char *)field;
    int rc = bytes[0] & 0x80 ? parse_base256(bytes, size, out) : parse_octal(field, size, out);
    return rc < 0 ? stet_error_input(err, "the %s field is not a number", what) : 0;
}

int stet_tar_field_range(const char *field, size_t size, int64_t min, int64_t max, int64_t *out,
                         const char *what, struct stet_error *err)
{
    if (stet_tar_field_number(field, size, out, what, err) < 0)
        return -1;
    if (*out < min || *out > max)
        return stet_error_input(err, "the %s field's %lld is out of range", what, (long long)*out);
    return 0;
}
