/*
 * seal - the root becomes a layer in one pass: tar, its SHA-256, gzip, its SHA-256.
 */
#include <errno.h>

#include "lib/build/internal.h"
#include "lib/codec/codec.h"

/* A file without a name in the working directory. */
static int open_blob(int work, struct stet_error *err)
{
    int fd = openat(work, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
        return stet_error_errno(err, "cannot make a temporary file in the working directory");
    fd = openat(work, "layer", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return stet_error_errno(err, "cannot make a temporary file in the working directory");
    unlinkat(work, "layer", 0);
    return fd;
}

/* The chain, from its end to its beginning: file <- digest <- gzip <- diff_id <- tar. */
struct chain {
    struct stet_fd_writer file;
    struct stet_digest_writer digest;
    struct stet_writer *gzip;
    struct stet_digest_writer diff_id;
};

static int close_chain(struct chain *c, struct stet_error *err)
{
    int result = stet_writer_close(&c->diff_id.base, err);
    if (stet_writer_close(c->gzip, err) < 0)
        result = -1;
    if (stet_writer_close(&c->digest.base, err) < 0)
        result = -1;
    if (stet_writer_close(&c->file.base, err) < 0)
        result = -1;
    return result;
}

static int open_chain(struct chain *c, int fd, unsigned threads, struct stet_error *err)
{
    memset(c, 0, sizeof(*c));
    stet_fd_writer_init(&c->file, fd, "the layer");
    if (stet_digest_writer_init(&c->digest, &c->file.base, err) < 0)
        return -1;
    c->gzip = stet_codec_gzip_new(&c->digest.base, threads, err);
    if (!c->gzip) {
        stet_writer_close(&c->digest.base, NULL);
        return -1;
    }
    if (stet_digest_writer_init(&c->diff_id, c->gzip, err) < 0) {
        stet_writer_close(c->gzip, NULL);
        stet_codec_gzip_free(c->gzip);
        stet_writer_close(&c->digest.base, NULL);
        return -1;
    }
    return 0;
}

int stet_seal(const struct stet_tree *tree, int root, int work, unsigned threads,
              const struct stet_log *log, struct stet_sealed *out, struct stet_error *err)
{
    _cleanup_close_ int fd = open_blob(work, err);
    if (fd < 0)
        return -1;
    struct chain c;
    if (open_chain(&c, fd, threads, err) < 0)
        return -1;
    int result = stet_tree_write_tar(tree, root, &c.diff_id.base, threads, log, err);
    if (close_chain(&c, err) < 0)
        result = -1;
    stet_codec_gzip_free(c.gzip);
    if (result < 0)
        return -1;
    out->layer = (struct stet_oci_layer){
        .media_type = STET_OCI_MEDIA_LAYER_GZIP,
        .digest = c.digest.digest,
        .diff_id = c.diff_id.digest,
        .size = c.file.base.written,
        .tar_size = c.diff_id.base.written,
    };
    out->fd = stet_steal_fd(&fd);
    out->layer.fd = out->fd;
    return 0;
}
