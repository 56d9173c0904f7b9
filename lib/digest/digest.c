#include "lib/digest/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

enum { READ_STEP = 131072 };

static const char hex_digits[] = "0123456789abcdef";

static int failed(struct stet_error *err)
{
    return stet_error_set(err, STET_ERROR_INTERNAL, 0, "libcrypto cannot compute a digest");
}

static EVP_MD_CTX *begin(const EVP_MD *type, struct stet_error *err)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (md && EVP_DigestInit_ex(md, type, NULL) == 1)
        return md;
    EVP_MD_CTX_free(md);
    failed(err);
    return NULL;
}

int stet_digest_begin(struct stet_digest_state *s, struct stet_error *err)
{
    s->md = begin(EVP_sha256(), err);
    return s->md ? 0 : -1;
}

int stet_digest_update(struct stet_digest_state *s, const void *data, size_t len,
                       struct stet_error *err)
{
    return EVP_DigestUpdate(s->md, data, len) == 1 ? 0 : failed(err);
}

int stet_digest_finish(struct stet_digest_state *s, struct stet_digest *out, struct stet_error *err)
{
    unsigned len = 0;
    int ok = EVP_DigestFinal_ex(s->md, out->bytes, &len) == 1 && len == STET_DIGEST_SIZE;

    stet_digest_release(s);
    return ok ? 0 : failed(err);
}

void stet_digest_release(struct stet_digest_state *s)
{
    EVP_MD_CTX_free(s->md);
    s->md = NULL;
}

int stet_digest_of(const void *data, size_t len, struct stet_digest *out, struct stet_error *err)
{
    unsigned size = 0;

    if (EVP_Digest(data, len, out->bytes, &size, EVP_sha256(), NULL) != 1 ||
        size != STET_DIGEST_SIZE)
        return failed(err);
    return 0;
}

/* Feeds md with fd's bytes to its end. */
static int update_from_fd(EVP_MD_CTX *md, int fd, const char *name, uint64_t *size,
                          struct stet_error *err)
{
    _cleanup_free_ unsigned char *block = malloc(READ_STEP);
    uint64_t total = 0;

    if (!block)
        return stet_error_oom(err, "digest");
    for (;;) {
        ssize_t n = read(fd, block, READ_STEP);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return stet_error_errno(err, "cannot read '%s'", name);
        if (n == 0)
            break;
        total += (uint64_t)n;
        if (EVP_DigestUpdate(md, block, (size_t)n) != 1)
            return failed(err);
        if (stet_cancel_check(err) < 0)
            return -1;
    }
    if (size)
        *size = total;
    return 0;
}

int stet_digest_of_fd(int fd, const char *name, struct stet_digest *out, uint64_t *size,
                      struct stet_error *err)
{
    struct stet_digest_state s;

    if (stet_digest_begin(&s, err) < 0)
        return -1;
    if (update_from_fd(s.md, fd, name, size, err) == 0)
        return stet_digest_finish(&s, out, err);
    stet_digest_release(&s);
    return -1;
}

static void to_hex(const unsigned char *bytes, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = hex_digits[bytes[i] >> 4];
        out[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
    out[2 * count] = '\0';
}

int stet_digest_md5_hex(const void *data, size_t len, char out[33], struct stet_error *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_Digest(data, len, bytes, &size, EVP_md5(), NULL) != 1 || size != 16)
        return failed(err);
    to_hex(bytes, size, out);
    return 0;
}

int stet_digest_md5_hex_fd(int fd, const char *name, char out[33], struct stet_error *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_MD_CTX *md = begin(EVP_md5(), err);
    int result = md ? update_from_fd(md, fd, name, NULL, err) : -1;

    if (result == 0 && (EVP_DigestFinal_ex(md, bytes, &size) != 1 || size != 16))
        result = failed(err);
    EVP_MD_CTX_free(md);
    if (result == 0)
        to_hex(bytes, size, out);
    return result;
}

bool stet_digest_equal(const struct stet_digest *a, const struct stet_digest *b)
{
    return memcmp(a->bytes, b->bytes, STET_DIGEST_SIZE) == 0;
}

void stet_digest_hex(const struct stet_digest *d, char out[STET_DIGEST_HEX_SIZE])
{
    to_hex(d->bytes, STET_DIGEST_SIZE, out);
}

void stet_digest_text(const struct stet_digest *d, char out[STET_DIGEST_TEXT_SIZE])
{
    memcpy(out, "sha256:", 7);
    stet_digest_hex(d, out + 7);
}

static int digit_value(char c)
{
    const char *at = c ? strchr(hex_digits, c) : NULL;

    return at ? (int)(at - hex_digits) : -1;
}

int stet_digest_parse_hex(const char *s, struct stet_digest *out, const char *what,
                          struct stet_error *err)
{
    struct stet_digest d;

    for (size_t i = 0; i < STET_DIGEST_SIZE; i++) {
        int high = digit_value(s[2 * i]);
        int low = high < 0 ? -1 : digit_value(s[2 * i + 1]);
        if (low < 0)
            return stet_error_input(err, "%s: '%.80s' is not 64 lower-case hexadecimal digits",
                                    what, s);
        d.bytes[i] = (unsigned char)(high << 4 | low);
    }
    if (s[2 * STET_DIGEST_SIZE])
        return stet_error_input(err, "%s: '%.80s' is not 64 lower-case hexadecimal digits", what,
                                s);
    *out = d;
    return 0;
}

int stet_digest_parse_text(const char *s, struct stet_digest *out, const char *what,
                           struct stet_error *err)
{
    if (strncmp(s, "sha256:", 7) != 0)
        return stet_error_input(err, "%s: '%.80s' is not 'sha256:' and 64 hexadecimal digits", what,
                                s);
    return stet_digest_parse_hex(s + 7, out, what, err);
}

/* ---- filter ---- */

static int filter_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct stet_digest_writer *w = ctx;

    if (stet_digest_update(&w->state, data, len, err) < 0)
        return -1;
    return w->below ? stet_writer_write(w->below, data, len, err) : 0;
}

static int filter_close(void *ctx, bool is_failed, struct stet_error *err)
{
    struct stet_digest_writer *w = ctx;

    if (!is_failed)
        return stet_digest_finish(&w->state, &w->digest, err);
    stet_digest_release(&w->state);
    return 0;
}

static const struct stet_writer_ops filter_ops = {filter_write, filter_close};

int stet_digest_writer_init(struct stet_digest_writer *w, struct stet_writer *below,
                            struct stet_error *err)
{
    memset(w, 0, sizeof(*w));
    if (stet_digest_begin(&w->state, err) < 0)
        return -1;
    stet_writer_init(&w->base, &filter_ops, w);
    w->below = below;
    return 0;
}
