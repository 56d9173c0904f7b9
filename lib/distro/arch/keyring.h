/*
 * keyring - whose signatures count for a recipe.
 */
#ifndef STET_ARCH_KEYRING_H
#define STET_ARCH_KEYRING_H

#include "lib/distro/distro.h"
#include "lib/openpgp/openpgp.h"

struct stet_arch_keyring {
    struct stet_openpgp_keyring keys;
    struct stet_strv revoked; /* full fingerprints, upper-case hex */
};
#define STET_ARCH_KEYRING_INIT                                                                     \
    {                                                                                              \
        {NULL, 0, 0}, STET_STRV_INIT                                                               \
    }
void stet_arch_keyring_release(struct stet_arch_keyring *k);

/*
 * Opens the recipe's keyring. A name without '/' is looked for in the recipe's directory, then where pacman and Debian
 * keep keyrings (below ctx->apt_root). Beside NAME.gpg, NAME-revoked lists keys that never count: a fingerprint a line,
 * '#' begins a comment. k is as after init before.
 */
int stet_arch_keyring_open(const struct stet_resolve_context *ctx, const struct stet_recipe *recipe,
                           struct stet_arch_keyring *k, struct stet_error *err);

/* The text of such a list, which is overwritten: the fingerprints are appended to out. What is none is STET_ERROR_INPUT
 * with path: a key that should not count must not be let in by a slip of the pen. */
int stet_arch_keyring_parse_revoked(struct stet_buffer *text, const char *path,
                                    struct stet_strv *out, struct stet_error *err);

/* What is asked of a signature in a repository whose snapshot is of that date (INT64_MIN: none). Borrows k; the
 * fingerprints of keys that count although they have expired since are appended to expired. */
struct stet_openpgp_policy stet_arch_keyring_policy(const struct stet_arch_keyring *k,
                                                    int64_t as_of, struct stet_strv *expired);

#endif
