/*
 * keys - what the comparators of keys share.
 */
#ifndef STET_DIFF_KEYS_H
#define STET_DIFF_KEYS_H

#include "lib/diff/records.h"

/* Compares two sequences of OpenPGP packets (RFC 9580, section 4): as diff_comparator, with p for the place. */
int diff_openpgp_packets(const struct diff_pair *p, const struct diff_bytes *a,
                         const struct diff_bytes *b, struct stet_error *err);

#endif
