#include "lib/base/number.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int parse(const char *s, unsigned base, uint64_t max, uint64_t *out, const char *what,
                 struct stet_error *err)
{
    const char *kind = base == 8 ? "an octal number" : "a whole number";
    uint64_t value = 0;

    if (*s == '\0')
        return stet_error_input(err, "%s is empty: %s is needed", what, kind);
    for (const char *p = s; *p != '\0'; p++) {
        unsigned digit = (unsigned)((unsigned char)*p - '0');

        if (digit >= base)
            return stet_error_input(err, "%s is \"%s\": %s is needed, digits only", what, s, kind);
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > max)
            return stet_error_input(err,
                                    base == 8 ? "%s is \"%s\": at most 0%llo is allowed"
                                              : "%s is \"%s\": at most %llu is allowed",
                                    what, s, (unsigned long long)max);
    }
    *out = value;
    return 0;
}

int stet_number_parse(const char *s, uint64_t max, uint64_t *out, const char *what,
                      struct stet_error *err)
{
    return parse(s, 10, max, out, what, err);
}

int stet_number_parse_octal(const char *s, uint64_t max, uint64_t *out, const char *what,
                            struct stet_error *err)
{
    return parse(s, 8, max, out, what, err);
}
