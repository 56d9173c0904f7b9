/*
 * base64 - RFC 4648 section 4, strictly: the one encoding of the bytes and no other.
 *
 * Private to lib/recipe. Decoding accepts what encoding gives and nothing else: no white space,
 * padding complete, unused bits zero. So a text has one value and a value has one text.
 */
#ifndef STET_RECIPE_BASE64_H
#define STET_RECIPE_BASE64_H

#include <stddef.h>

#include "lib/base/base.h"

/* Appends the encoding of data; a failed allocation is the buffer's sticky failure. */
void stet_recipe_base64_encode(const void *data, size_t len, struct stet_buffer *out);

/* Appends the decoded bytes. STET_ERROR_INPUT when text is not base64. */
int stet_recipe_base64_decode(const char *text, size_t len, struct stet_buffer *out,
                              struct stet_error *err);

#endif
