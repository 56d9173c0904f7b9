/*
 * stet_number - strict numbers and times.
 *
 * No function skips white space, accepts a sign unasked, or saturates: anything
 * but the whole string being one number in range is STET_ERROR_INPUT.
 */
#ifndef STET_BASE_NUMBER_H
#define STET_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* Decimal digits only, at most max. what names the value in the error. */
int stet_number_parse(const char *s, uint64_t max, uint64_t *out, const char *what,
                      struct stet_error *err);
/* Octal digits only ("0644" or "644"), at most max. */
int stet_number_parse_octal(const char *s, uint64_t max, uint64_t *out, const char *what,
                            struct stet_error *err);

enum { STET_TIME_TEXT_MAX = 32 };

/* Seconds since 1970 as RFC 3339 in UTC, "2026-09-12T07:55:41Z". Years 1970 to 9999. */
void stet_time_format(int64_t seconds, char out[STET_TIME_TEXT_MAX]);
/* RFC 3339 with "Z" or a numeric offset; whole seconds. */
int stet_time_parse_rfc3339(const char *s, int64_t *out, struct stet_error *err);
/* The date form of Debian's Release files: "Sat, 12 Sep 2026 07:55:41 UTC"
 * (RFC 2822 as Debian policy restricts it; UTC, GMT, Z or +0000). Locale-independent. */
int stet_time_parse_rfc2822(const char *s, int64_t *out, struct stet_error *err);

#endif
