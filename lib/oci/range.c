/*
 * range - a part of a file as a stream, and copying with the digest checked on the way.
 */
#include <errno.h>

#include "lib/oci/internal.h"

enum { COPY_SIZE = 256 << 10 };

static ssize_t range_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct stet_oci_range *r = ctx;
    size_t want = len < r->left ? len : (size_t)r->left;
    ssize_t n;

    if (want == 0)
        return 0;
    do
        n = pread(r->fd, data, want, (off_t)r->offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return stet_error_errno(err, "read %s", r->name);
    if (n == 0)
        return stet_error_input(err, "%s: ends %ju bytes too early", r->name, (uintmax_t)r->left);
    r->offset += (uint64_t)n;
    r->left -= (uint64_t)n;
    return n;
}

static const struct stet_reader_ops range_ops = {range_read, NULL};

void stet_oci_range_init(struct stet_oci_range *r, int fd, uint64_t offset, uint64_t len,
                         const char *name)
{
    stet_reader_init(&r->base, &range_ops, r);
    r->fd = fd;
    r->offset = offset;
    r->left = len;
    r->name = name;
}

static int copy(struct stet_reader *in, struct stet_writer *out, uint64_t len, const char *name,
                struct stet_error *err)
{
    _cleanup_free_ char *buffer = malloc(COPY_SIZE);
    uint64_t done = 0;

    if (!buffer)
        return stet_error_oom(err, name);
    for (;;) {
        ssize_t n = stet_reader_read(in, buffer, COPY_SIZE, err);
        if (n < 0 || stet_cancel_check(err) < 0)
            return -1;
        if ((uint64_t)n > len - done)
            return stet_error_input(err, "%s: is longer than the %ju bytes it should have", name,
                                    (uintmax_t)len);
        if (n == 0)
            break;
        done += (uint64_t)n;
        if (stet_writer_write(out, buffer, (size_t)n, err) < 0)
            return -1;
    }
    if (done < len)
        return stet_error_input(err, "%s: has %ju bytes instead of %ju", name, (uintmax_t)done,
                                (uintmax_t)len);
    return 0;
}

int stet_oci_copy_checked(struct stet_reader *in, struct stet_writer *out, uint64_t len,
                          const struct stet_digest *digest, const char *name,
                          struct stet_error *err)
{
    struct stet_digest_writer hash;

    if (stet_digest_writer_init(&hash, out, err) < 0)
        return -1;
    int rc = copy(in, &hash.base, len, name, err);
    if (stet_writer_close(&hash.base, rc < 0 ? NULL : err) < 0)
        rc = -1;
    if (rc == 0 && !stet_digest_equal(&hash.digest, digest)) {
        char want[STET_DIGEST_TEXT_SIZE], got[STET_DIGEST_TEXT_SIZE];
        stet_digest_text(digest, want);
        stet_digest_text(&hash.digest, got);
        return stet_error_input(err, "%s: its digest is %s, not %s", name, got, want);
    }
    return rc;
}

int stet_oci_digest_reader(struct stet_reader *in, struct stet_digest *out, struct stet_error *err)
{
    struct stet_digest_state state;
    _cleanup_free_ char *buffer = malloc(COPY_SIZE);
    ssize_t n;

    if (!buffer)
        return stet_error_oom(err, "hashing");
    if (stet_digest_begin(&state, err) < 0)
        return -1;
    while ((n = stet_reader_read(in, buffer, COPY_SIZE, err)) > 0)
        if (stet_digest_update(&state, buffer, (size_t)n, err) < 0 || stet_cancel_check(err) < 0)
            break;
    if (n != 0) {
        stet_digest_release(&state);
        return -1;
    }
    return stet_digest_finish(&state, out, err);
}
