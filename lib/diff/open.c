/*
 * open - what an artifact is: by its transport, or by what is there.
 */
#include <errno.h>

#include "lib/diff/sides.h"
#include "lib/json/json.h"

enum { PEEK = 1024 };

static const char *const transports[] = {
    "oci:", "oci-archive:", "docker-archive:", "rootfs:", "tar:"};

static bool has_transport(const char *name)
{
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++)
        if (strncmp(name, transports[i], strlen(transports[i])) == 0)
            return true;
    return false;
}

/* ---- by content ---- */

/* The first bytes of what is in the file, decoded where it is compressed. */
static size_t peek(const struct diff_bytes *b, unsigned char out[PEEK], enum stet_codec_kind *kind)
{
    struct stet_memory_reader memory;
    size_t len = 0;

    *kind = STET_CODEC_NONE;
    stet_memory_reader_init(&memory, b->data, b->len);
    struct stet_reader *r =
        stet_codec_decoder_new(&memory.base, "the file", UINT64_MAX, kind, NULL);
    for (ssize_t n = 1; r && n > 0 && len<PEEK; len += n> 0 ? (size_t)n : 0)
        n = stet_reader_read(r, out + len, PEEK - len, NULL);
    stet_codec_decoder_free(r);
    return len;
}

static const char *compressed_name(enum stet_codec_kind kind)
{
    switch (kind) {
    case STET_CODEC_GZIP:
        return "tar (gzip)";
    case STET_CODEC_XZ:
        return "tar (xz)";
    case STET_CODEC_ZSTD:
        return "tar (zstd)";
    case STET_CODEC_NONE:
        break;
    }
    return "tar";
}

static bool begins(const unsigned char *data, size_t len, const char *text)
{
    return len >= strlen(text) && memcmp(data, text, strlen(text)) == 0;
}

/* Arch's packages begin with one of these files. */
static bool is_arch(const unsigned char *first)
{
    return begins(first, 100, ".PKGINFO") || begins(first, 100, ".BUILDINFO") ||
           begins(first, 100, ".MTREE");
}

static bool has_entry(const struct diff_tar *t, const char *path, struct diff_map *content)
{
    size_t entry;

    return stet_diff_tar_find(t, path, &entry) &&
           stet_diff_tar_content(t, entry, content, NULL) > 0;
}

static bool is_docker(const struct diff_tar *t)
{
    struct diff_map content;

    if (!has_entry(t, "manifest.json", &content))
        return false;
    json_t *doc = stet_json_parse((const char *)content.bytes.data, content.bytes.len, 8 << 20,
                                  "manifest.json", NULL);
    bool is = json_is_array(doc) && json_object_get(json_array_get(doc, 0), "Layers");
    json_decref(doc);
    return is;
}

static int open_as_tar(struct diff_artifact *a, enum stet_codec_kind kind, struct stet_error *err)
{
    a->kind = DIFF_ARTIFACT_TAR;
    a->kind_text = compressed_name(kind);
    a->stream.name = stet_strdup(a->place.path, err);
    stet_diff_map_part(&a->file, 0, UINT64_MAX, &a->stream.blob);
    return a->stream.name ? 0 : -1;
}

/* A tar that is not compressed may be an image. */
static int look_inside(const struct diff *d, struct diff_artifact *a, struct stet_error *err)
{
    struct diff_map content;

    if (stet_diff_stream_open(d, &a->stream, err) < 0)
        return -1;
    const struct diff_tar *t = &a->stream.index;
    if (has_entry(t, "oci-layout", &content) && has_entry(t, "index.json", &content))
        a->place.transport = STET_OCI_ARCHIVE;
    else if (is_docker(t))
        a->place.transport = STET_OCI_DOCKER_ARCHIVE;
    else
        return 0;
    stet_diff_stream_release(&a->stream);
    a->kind = DIFF_ARTIFACT_IMAGE;
    return 0;
}

static int recognise_file(const struct diff *d, struct diff_artifact *a, struct stet_error *err)
{
    unsigned char first[PEEK];
    enum stet_codec_kind kind;
    const struct diff_bytes *b = &a->file.bytes;
    size_t len = peek(b, first, &kind);

    a->kind = DIFF_ARTIFACT_FILE;
    a->kind_text = "file";
    if (len >= DIFF_BLOCK && stet_diff_tar_header_holds(first)) {
        if (kind == STET_CODEC_GZIP && begins(first, len, ".SIGN.")) {
            a->kind_text = "Alpine package";
            return 0;
        }
        if (open_as_tar(a, kind, err) < 0)
            return -1;
        if (is_arch(first))
            a->kind_text = "Arch package";
        return kind == STET_CODEC_NONE ? look_inside(d, a, err) : 0;
    }
    if (begins(b->data, b->len, "!<arch>\ndebian-binary"))
        a->kind_text = "Debian package";
    else if (begins(b->data, b->len, "ADB"))
        a->kind_text = "Alpine package";
    return 0;
}

/* ---- */

static int map_file(const struct diff *d, struct diff_artifact *a, struct stet_error *err)
{
    if (stat(a->place.path, &a->file_was) < 0)
        a->file_was = (struct stat){0};
    int rc = stet_diff_map_file(d->guard, a->place.path, &a->file, err);
    if (rc == -2)
        return stet_error_input(err, "%s: is no file that can be compared", a->place.path);
    return rc;
}

static int recognise(const struct diff *d, struct diff_artifact *a, struct stet_error *err)
{
    struct stat st;
    _cleanup_free_ char *layout = stet_format(err, "%s/oci-layout", a->place.path);

    if (!layout)
        return -1;
    if (stat(a->place.path, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? stet_error_input(err, "%s: there is no such file or directory", a->place.path)
                   : stet_error_errno(err, "look at %s", a->place.path);
    if (!S_ISDIR(st.st_mode))
        return map_file(d, a, err) < 0 ? -1 : recognise_file(d, a, err);
    a->kind = DIFF_ARTIFACT_DIRECTORY;
    a->kind_text = "directory";
    if (access(layout, F_OK) == 0) {
        a->kind = DIFF_ARTIFACT_IMAGE;
        a->place.transport = STET_OCI_LAYOUT;
    }
    return 0;
}

static int open_transport(const struct diff *d, struct diff_artifact *a, struct stet_error *err)
{
    unsigned char first[PEEK];
    enum stet_codec_kind kind;
    struct stat st;

    switch (a->place.transport) {
    case STET_OCI_ROOTFS:
        a->kind = DIFF_ARTIFACT_DIRECTORY;
        a->kind_text = "directory";
        break;
    case STET_OCI_TAR:
        if (map_file(d, a, err) < 0)
            return -1;
        (void)peek(&a->file.bytes, first, &kind);
        return open_as_tar(a, kind, err);
    case STET_OCI_ARCHIVE:
    case STET_OCI_DOCKER_ARCHIVE:
        a->kind = DIFF_ARTIFACT_IMAGE;
        return map_file(d, a, err);
    case STET_OCI_LAYOUT:
        a->kind = DIFF_ARTIFACT_IMAGE;
        break;
    }
    if (stat(a->place.path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    return stet_error_input(err, "%s: there is no such directory", a->place.path);
}

static int open_image(const struct diff *d, struct diff_artifact *a, struct stet_error *err)
{
    a->kind_text = a->place.transport == STET_OCI_LAYOUT    ? "OCI layout"
                   : a->place.transport == STET_OCI_ARCHIVE ? "OCI archive"
                                                            : "docker archive";
    return stet_diff_image_open(d, a, err);
}

int stet_diff_artifact_open(const struct diff *d, const char *name, struct diff_artifact *a,
                            struct stet_error *err)
{
    int rc;

    *a = (struct diff_artifact){.name = name};
    if (has_transport(name)) {
        rc = stet_oci_place_parse(name, &a->place, err);
        if (rc == 0)
            rc = open_transport(d, a, err);
    } else {
        a->place.path = stet_strdup(name, err);
        rc = a->place.path ? recognise(d, a, err) : -1;
    }
    if (rc == 0 && a->kind == DIFF_ARTIFACT_IMAGE)
        rc = open_image(d, a, err);
    if (rc < 0)
        stet_diff_artifact_release(a);
    return rc;
}

int stet_diff_artifact_check(const struct diff_artifact *a, struct stet_error *err)
{
    const struct stat *was = &a->file_was;
    struct stat is;

    /* A file that another one took the place of is still the one that was mapped. */
    if (!a->file.base || stat(a->place.path, &is) < 0 || is.st_dev != was->st_dev ||
        is.st_ino != was->st_ino)
        return 0;
    if (is.st_size == was->st_size && is.st_mtim.tv_sec == was->st_mtim.tv_sec &&
        is.st_mtim.tv_nsec == was->st_mtim.tv_nsec)
        return 0;
    return stet_error_input(err, "%s changed while it was read; stop what is changing it",
                            a->place.path);
}

void stet_diff_artifact_release(struct diff_artifact *a)
{
    stet_diff_image_free(a->image);
    stet_diff_stream_release(&a->stream);
    stet_diff_map_release(&a->file);
    stet_oci_place_release(&a->place);
    *a = (struct diff_artifact){0};
}
