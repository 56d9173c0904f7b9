/*
 * digest - SHA-256 and MD5 over libcrypto, and the text form of digests.
 */
#ifndef STET_DIGEST_DIGEST_H
#define STET_DIGEST_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/base.h"

enum { STET_DIGEST_SIZE = 32, STET_DIGEST_HEX_SIZE = 65, STET_DIGEST_TEXT_SIZE = 72 };

/* A SHA-256 value. */
struct stet_digest {
    unsigned char bytes[STET_DIGEST_SIZE];
};

/* A running SHA-256. Opaque content; release frees it. */
struct stet_digest_state {
    void *md;
};
int stet_digest_begin(struct stet_digest_state *s, struct stet_error *err);
int stet_digest_update(struct stet_digest_state *s, const void *data, size_t len,
                       struct stet_error *err);
/* Ends and releases s. */
int stet_digest_finish(struct stet_digest_state *s, struct stet_digest *out,
                       struct stet_error *err);
void stet_digest_release(struct stet_digest_state *s);

int stet_digest_of(const void *data, size_t len, struct stet_digest *out, struct stet_error *err);
/* Of fd from its current offset to its end; *size (may be NULL) is set to the bytes read. */
int stet_digest_of_fd(int fd, const char *name, struct stet_digest *out, uint64_t *size,
                      struct stet_error *err);
/* MD5 as 32 lower-case hexadecimal digits: for dpkg's database only, proves nothing. */
int stet_digest_md5_hex(const void *data, size_t len, char out[33], struct stet_error *err);
int stet_digest_md5_hex_fd(int fd, const char *name, char out[33], struct stet_error *err);

bool stet_digest_equal(const struct stet_digest *a, const struct stet_digest *b);
/* 64 lower-case hexadecimal digits and NUL. */
void stet_digest_hex(const struct stet_digest *d, char out[STET_DIGEST_HEX_SIZE]);
/* "sha256:" and the digits. */
void stet_digest_text(const struct stet_digest *d, char out[STET_DIGEST_TEXT_SIZE]);
/* Exactly 64 lower-case hexadecimal digits; anything else is STET_ERROR_INPUT naming what. */
int stet_digest_parse_hex(const char *s, struct stet_digest *out, const char *what,
                          struct stet_error *err);
/* Exactly "sha256:" and 64 lower-case hexadecimal digits. Only a parsed digest may be used in a
 * path. */
int stet_digest_parse_text(const char *s, struct stet_digest *out, const char *what,
                           struct stet_error *err);

/* A filter: passes bytes on to below (borrowed, may be NULL) and hashes them. Closing
 * it does not close below. After a successful close, digest holds the value. */
struct stet_digest_writer {
    struct stet_writer base;
    struct stet_writer *below;
    struct stet_digest_state state;
    struct stet_digest digest;
};
int stet_digest_writer_init(struct stet_digest_writer *w, struct stet_writer *below,
                            struct stet_error *err);

#endif
