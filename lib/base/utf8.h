/*
 * stet_utf8 - the little of UTF-8 that formats and messages need (RFC 3629).
 */
#ifndef STET_BASE_UTF8_H
#define STET_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of the character that s (of len bytes) begins with, and the character in
 * *out (may be NULL); 0 when len is 0 or it is no valid UTF-8 (overlong, surrogate,
 * above U+10FFFF, cut short). */
size_t stet_utf8_decode(const char *s, size_t len, uint32_t *out);

/* Is all of it valid UTF-8? */
bool stet_utf8_valid(const char *s, size_t len);

/* Makes s safe to show on one line of a terminal, in place and never longer: control
 * characters (C0, U+007F, C1) and each byte that is not UTF-8 become '?'. */
void stet_utf8_make_printable(char *s);

#endif
