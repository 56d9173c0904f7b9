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

/* The chain, from its end to its beginning: file <- digest <- gzip <- diff_id <- tar. A layer that is not
 * compressed has no two in the middle. */
struct chain {
    struct stet_fd_writer file;
    struct stet_digest_writer digest;
    struct stet_writer *gzip; /* or NULL */
    struct stet_digest_writer diff_id;
};

static int open_gzip(struct chain *c, unsigned threads, struct stet_error *err)
{
    if (stet_digest_writer_init(&c->digest, &c->file.base, err) < 0)
        return -1;
    c->gzip = stet_codec_gzip_new(&c->digest.base, threads, err);
    if (c->gzip)
        return 0;
    stet_writer_close(&c->digest.base, NULL);
    return -1;
}

static int close_gzip(struct chain *c, struct stet_error *err)
{
    if (!c->gzip)
        return 0;
    int result = stet_writer_close(c->gzip, err);
    if (stet_writer_close(&c->digest.base, err) < 0)
        result = -1;
    stet_codec_gzip_free(c->gzip);
    c->gzip = NULL;
    return result;
}

static int open_chain(struct chain *c, int fd, enum stet_compression compression, unsigned threads,
                      struct stet_error *err)
{
    memset(c, 0, sizeof(*c));
    stet_fd_writer_init(&c->file, fd, "the layer");
    if (compression == STET_COMPRESSION_GZIP && open_gzip(c, threads, err) < 0)
        return -1;
    if (stet_digest_writer_init(&c->diff_id, c->gzip ? c->gzip : &c->file.base, err) == 0)
        return 0;
    close_gzip(c, NULL);
    return -1;
}

static int close_chain(struct chain *c, struct stet_error *err)
{
    int result = stet_writer_close(&c->diff_id.base, err);
    if (close_gzip(c, err) < 0)
        result = -1;
    if (stet_writer_close(&c->file.base, err) < 0)
        result = -1;
    return result;
}

int stet_seal(const struct stet_tree *tree, int root, int work, enum stet_compression compression,
              unsigned threads, const struct stet_log *log, struct stet_sealed *out,
              struct stet_error *err)
{
    _cleanup_close_ int fd = open_blob(work, err);
    if (fd < 0)
        return -1;
    struct chain c;
    if (open_chain(&c, fd, compression, threads, err) < 0)
        return -1;
    int result = stet_tree_write_tar(tree, root, &c.diff_id.base, threads, log, err);
    if (close_chain(&c, err) < 0)
        result = -1;
    if (result < 0)
        return -1;
    bool gzip = compression == STET_COMPRESSION_GZIP;
    out->layer = (struct stet_oci_layer){
        .media_type = gzip ? STET_OCI_MEDIA_LAYER_GZIP : STET_OCI_MEDIA_LAYER_TAR,
        .digest = gzip ? c.digest.digest : c.diff_id.digest,
        .diff_id = c.diff_id.digest,
        .size = c.file.base.written,
        .tar_size = c.diff_id.base.written,
    };
    out->fd = stet_steal_fd(&fd);
    out->layer.fd = out->fd;
    return 0;
}
