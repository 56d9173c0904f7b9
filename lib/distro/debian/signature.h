/*
 * signature - who signed an InRelease document, by gpgv and a keyring.
 */
#ifndef STET_DEBIAN_SIGNATURE_H
#define STET_DEBIAN_SIGNATURE_H

#include "lib/base/base.h"

/* Keys in OpenPGP's binary form, in an anonymous file each. */
struct stet_debian_keyring {
    int *fds;
    size_t count, cap;
};
void stet_debian_keyring_release(struct stet_debian_keyring *k);
/* A keyring file, binary or armored. A path that ends in ".gpg" and is not there is looked for as
 * ".pgp". */
int stet_debian_keyring_add_file(struct stet_debian_keyring *k, const char *path,
                                 struct stet_error *err);
/* The text of a keyring, binary or armored; name is for errors. */
int stet_debian_keyring_add(struct stet_debian_keyring *k, const char *data, size_t len,
                            const char *name, struct stet_error *err);

/* All armored key blocks of text as one binary keyring (RFC 9580, section 6), appended to out. */
int stet_debian_dearmor(const char *text, size_t len, const char *name, struct stet_buffer *out,
                        struct stet_error *err);

/*
 * Checks a clear-signed document. The signed text alone is appended to text, and the full
 * fingerprints of the primary keys of all good signatures to signed_by (sorted). Keys not in the
 * keyring do not matter as long as one signature is good; a wrong signature always does. Expired
 * and revoked keys and signatures count for nothing; with allow_expired (dated snapshots) expired
 * keys do count.
 */
int stet_debian_verify(const struct stet_debian_keyring *keyring, const char *document, size_t len,
                       const char *name, bool allow_expired, struct stet_buffer *text,
                       struct stet_strv *signed_by, struct stet_error *err);

/* The verdict over the lines of gpgv's --status-fd alone; see stet_debian_verify(). */
int stet_debian_judge_status(const char *status, const char *name, bool allow_expired,
                             struct stet_strv *signed_by, struct stet_error *err);

#endif
