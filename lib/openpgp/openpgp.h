/*
 * openpgp - who signed a document or a file, by gpgv and a keyring.
 *
 * gpgv verifies; the verdict over what it says (its --status-fd) is this module's: which signatures count, and why
 * there is none that does. Nothing here reads the user's own keyrings or options.
 */
#ifndef STET_OPENPGP_OPENPGP_H
#define STET_OPENPGP_OPENPGP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/base.h"

/* Keys in OpenPGP's binary form, in an anonymous file each. */
struct stet_openpgp_keyring {
    int *fds;
    size_t count, cap;
};
void stet_openpgp_keyring_release(struct stet_openpgp_keyring *k);
/* A keyring file, binary or armored. A path that ends in ".gpg" and is not there is looked for as
 * ".pgp". package is Debian's that brings it, for the error where it is missing. */
int stet_openpgp_keyring_add_file(struct stet_openpgp_keyring *k, const char *path,
                                  const char *package, struct stet_error *err);
/* The text of a keyring, binary or armored; name is for errors. */
int stet_openpgp_keyring_add(struct stet_openpgp_keyring *k, const char *data, size_t len,
                             const char *name, struct stet_error *err);

/* All armored key blocks of text as one binary keyring (RFC 9580, section 6), appended to out. */
int stet_openpgp_dearmor(const char *text, size_t len, const char *name, struct stet_buffer *out,
                         struct stet_error *err);

/* One line of base64 (RFC 4648, section 4: with padding, without white space), appended to out in binary. Databases of
 * packages hold detached signatures so. STET_ERROR_INPUT with name when it is none, or empty. */
int stet_openpgp_from_base64(const char *text, const char *name, struct stet_buffer *out,
                             struct stet_error *err);

/*
 * Which signatures count, beyond good ones of keys in the keyring. A wrong signature is always an error, whatever else
 * there is. Signatures that expired, those of revoked keys, and those over a hash weaker than SHA-256 never count.
 */
struct stet_openpgp_policy {
    bool allow_expired; /* keys that expired count, whenever that was */
    /* A snapshot's date in seconds since 1970, INT64_MIN: none. Keys that expired count when they had not at that
     * date and the signature says that it was made before they did. */
    int64_t as_of;
    /* Full fingerprints, upper-case hex, of keys that never count: signing keys or their primary keys. May be NULL. */
    const struct stet_strv *revoked;
    /* What to do about a key that expired, for the error: "use a newer keyring". NULL: this. */
    const char *expired_cure;
    /* The primary keys' fingerprints of signatures that counted only because of allow_expired or as_of are appended
     * here (not sorted). May be NULL. */
    struct stet_strv *expired;
};
#define STET_OPENPGP_POLICY_INIT                                                                   \
    {                                                                                              \
        false, INT64_MIN, NULL, NULL, NULL                                                         \
    }

/*
 * Checks a clear-signed document. The signed text alone is appended to text, and the full
 * fingerprints of the primary keys of all signatures that count to signed_by (sorted). Keys not in the
 * keyring do not matter as long as one signature counts.
 */
int stet_openpgp_verify_clearsigned(const struct stet_openpgp_keyring *keyring,
                                    const char *document, size_t len, const char *name,
                                    const struct stet_openpgp_policy *policy,
                                    struct stet_buffer *text, struct stet_strv *signed_by,
                                    struct stet_error *err);

/*
 * Checks a detached signature (binary or armored) of the regular or anonymous file data_fd, the whole of it
 * whatever its current offset, which stays. What is no signature, or has anything beside signatures in it, is an error.
 * name is the signed file's, for errors; signed_by as above.
 */
int stet_openpgp_verify_detached(const struct stet_openpgp_keyring *keyring, const void *signature,
                                 size_t signature_len, int data_fd, const char *name,
                                 const struct stet_openpgp_policy *policy,
                                 struct stet_strv *signed_by, struct stet_error *err);

/* The verdict over the lines of gpgv's --status-fd alone; see above. */
int stet_openpgp_judge_status(const char *status, const char *name,
                              const struct stet_openpgp_policy *policy, struct stet_strv *signed_by,
                              struct stet_error *err);

#endif
