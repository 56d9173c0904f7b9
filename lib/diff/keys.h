/*
 * keys - what the comparators of keys share.
 */
#ifndef STET_DIFF_KEYS_H
#define STET_DIFF_KEYS_H

#include <openssl/x509.h>

#include "lib/diff/records.h"

/* Compares two sequences of OpenPGP packets (RFC 9580, section 4): as diff_comparator, with p for the place. */
int stet_diff_openpgp_packets(const struct diff_pair *p, const struct diff_bytes *a,
                              const struct diff_bytes *b, struct stet_error *err);

/* Appends the first 16 digits of the SHA-256 of data. */
int stet_diff_digest_text(const void *data, size_t len, struct stet_buffer *out,
                          struct stet_error *err);
/* Replaces out by the name of c's subject ("O = Example, CN = Root"). */
int stet_diff_certificate_subject(X509 *c, struct stet_buffer *out, struct stet_error *err);
/* Two certificates of one subject: at least one finding. 0, or -1 with err. */
int stet_diff_certificates(const struct diff_pair *p, X509 *a, X509 *b, struct stet_error *err);

#endif
