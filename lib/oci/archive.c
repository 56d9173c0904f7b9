/*
 * archive - an image as one canonical tar: an OCI layout, or what `docker load` reads.
 */
#include "lib/oci/internal.h"
#include "lib/tar/tar.h"

enum { NAME_SIZE = 96, MEMBERS_MAX = 8 };

/* A member of the archive: a directory, bytes, or the layer. */
struct member {
    char name[NAME_SIZE];
    bool directory;
    const struct stet_buffer *data; /* NULL for a directory and for the layer */
};

struct archive {
    const struct stet_oci_image *image;
    int64_t mtime;
    bool plain; /* the layer is written uncompressed */
    struct member members[MEMBERS_MAX];
    size_t count;
    struct stet_tar_writer *tar;
};

static struct member *add_member(struct archive *a, const struct stet_buffer *data,
                                 const char *before, const struct stet_digest *digest,
                                 const char *after)
{
    struct member *m = &a->members[a->count++];
    char hex[STET_DIGEST_HEX_SIZE] = "";

    if (digest)
        stet_digest_hex(digest, hex);
    snprintf(m->name, sizeof(m->name), "%s%s%s", before, hex, after);
    m->directory = false;
    m->data = data;
    return m;
}

static int compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return stet_path_compare(x->name, y->name);
}

/* ---- the layer ---- */

/* What copy_checked() writes goes on as the content of the tar's current entry. */
static int content_write(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    return stet_tar_writer_data(ctx, data, len, err);
}

static const struct stet_writer_ops content_ops = {content_write, NULL};

static int copy_layer(struct archive *a, struct stet_reader *in, uint64_t size,
                      const struct stet_digest *digest, struct stet_error *err)
{
    struct stet_writer content;

    stet_writer_init(&content, &content_ops, a->tar);
    int rc = stet_oci_copy_checked(in, &content, size, digest, "the layer", err);
    if (stet_writer_close(&content, err) < 0)
        rc = -1;
    return rc;
}

static int write_layer(struct archive *a, struct stet_error *err)
{
    const struct stet_oci_layer *layer = &a->image->layer;
    struct stet_oci_range blob;

    stet_oci_range_init(&blob, layer->fd, 0, layer->size, "the layer");
    if (!a->plain || strcmp(layer->media_type, STET_OCI_MEDIA_LAYER_TAR) == 0)
        return copy_layer(a, &blob.base, layer->size, &layer->digest, err);
    struct stet_reader *decoder =
        stet_codec_decoder_new(&blob.base, "the layer", layer->tar_size, NULL, err);
    if (!decoder)
        return -1;
    int rc = copy_layer(a, decoder, layer->tar_size, &layer->diff_id, err);
    stet_codec_decoder_free(decoder);
    return rc;
}

/* ---- the tar ---- */

static int write_member(struct archive *a, struct member *m, struct stet_error *err)
{
    struct stet_entry e;

    stet_entry_init(&e);
    e.path = m->name; /* borrowed: e is never released */
    e.type = m->directory ? STET_ENTRY_DIRECTORY : STET_ENTRY_FILE;
    e.mode = m->directory ? 0755 : 0644;
    e.mtime = a->mtime;
    if (!m->directory)
        e.size = m->data    ? m->data->len
                 : a->plain ? a->image->layer.tar_size
                            : a->image->layer.size;
    if (stet_tar_writer_entry(a->tar, &e, err) < 0)
        return -1;
    if (m->directory)
        return 0;
    return m->data ? stet_tar_writer_data(a->tar, m->data->data, m->data->len, err)
                   : write_layer(a, err);
}

static int write_tar(struct archive *a, struct stet_writer *out, struct stet_error *err)
{
    qsort(a->members, a->count, sizeof(a->members[0]), compare_members);
    a->tar = stet_tar_writer_new(out, err);
    if (!a->tar)
        return -1;
    int rc = 0;
    for (size_t i = 0; i < a->count && rc == 0; i++)
        rc = write_member(a, &a->members[i], err);
    if (rc == 0)
        rc = stet_tar_writer_finish(a->tar, err);
    stet_tar_writer_free(a->tar);
    return rc;
}

static int publish(struct archive *a, const char *path, struct stet_error *err)
{
    struct stet_fs_output out = STET_FS_OUTPUT_INIT;
    struct stet_fd_writer w;

    if (stet_fs_output_open(&out, AT_FDCWD, path, err) < 0)
        return -1;
    stet_fd_writer_init(&w, out.fd, path);
    int rc = write_tar(a, &w.base, err);
    if (stet_writer_close(&w.base, err) < 0)
        rc = -1;
    if (rc == 0)
        rc = stet_fs_output_publish(&out, err);
    stet_fs_output_release(&out);
    return rc;
}

/* ---- the two kinds ---- */

static int write_oci(struct archive *a, const struct stet_oci_platform *platform,
                     const struct stet_oci_place *place, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer index = STET_BUFFER_INIT, layout = STET_BUFFER_INIT;
    const struct stet_oci_image *image = a->image;

    stet_buffer_add_str(&layout, STET_OCI_LAYOUT_TEXT);
    if (stet_buffer_check(&layout, STET_OCI_LAYOUT_FILE, err) < 0 ||
        stet_oci_index_write(NULL, image, platform, place->reference, &index, err) < 0)
        return -1;
    add_member(a, NULL, "blobs", NULL, "")->directory = true;
    add_member(a, NULL, STET_OCI_BLOB_DIR, NULL, "")->directory = true;
    add_member(a, NULL, STET_OCI_BLOB_DIR "/", &image->layer.digest, "");
    add_member(a, &image->config, STET_OCI_BLOB_DIR "/", &image->config_digest, "");
    add_member(a, &image->manifest, STET_OCI_BLOB_DIR "/", &image->manifest_digest, "");
    add_member(a, &index, STET_OCI_INDEX_FILE, NULL, "");
    add_member(a, &layout, STET_OCI_LAYOUT_FILE, NULL, "");
    return publish(a, place->path, err);
}

static int write_docker(struct archive *a, const struct stet_oci_place *place,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer index = STET_BUFFER_INIT;

    if (stet_oci_docker_index_write(a->image, place->reference, &index, err) < 0)
        return -1;
    add_member(a, NULL, "", &a->image->layer.diff_id, ".tar");
    add_member(a, &a->image->config, "", &a->image->config_digest, ".json");
    add_member(a, &index, STET_OCI_DOCKER_INDEX_FILE, NULL, "");
    a->plain = true;
    return publish(a, place->path, err);
}

int stet_oci_write_archive(const struct stet_oci_image *image,
                           const struct stet_oci_platform *platform,
                           const struct stet_oci_place *place, struct stet_error *err)
{
    struct archive a = {.image = image, .mtime = platform->created};

    return place->transport == STET_OCI_ARCHIVE ? write_oci(&a, platform, place, err)
                                                : write_docker(&a, place, err);
}
