/*
 * What the sources of lib/openpgp share.
 */
#ifndef STET_OPENPGP_INTERNAL_H
#define STET_OPENPGP_INTERNAL_H

#include "lib/openpgp/openpgp.h"

/* A new anonymous file with these bytes, read from its start. */
int stet_openpgp_anonymous_file(const char *name, const void *data, size_t len,
                                struct stet_error *err);

/* The armored blocks of this type ("PUBLIC KEY BLOCK", "SIGNATURE") in text, appended to out in binary: their number,
 * or -1 with err when one is damaged. */
int stet_openpgp_dearmor_blocks(const char *type, const char *text, size_t len, const char *name,
                                struct stet_buffer *out, struct stet_error *err);

/* Is this a sequence of whole OpenPGP signature packets, at least one, and nothing else (RFC 9580, section 4.2)? */
bool stet_openpgp_is_signatures(const unsigned char *data, size_t len);

#endif
