/*
 * Images from any bytes: no crash, no endless loop, no memory beyond the limits.
 *
 * The first byte says what the rest is, since digests and tar checksums would keep mutated
 * documents from being looked at: an archive as it is, or one document of an image whose other
 * parts are made to fit it.
 */
#include <sys/mman.h>

#include "lib/oci/oci.h"
#include "lib/tar/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum mode { RAW_OCI, RAW_DOCKER, INDEX, MANIFEST, CONFIG, DOCKER, PLACE, MODES };

static const char layer[] = "layer";

static void check(int rc)
{
    if (rc < 0)
        abort();
}

static void digest_of(const void *data, size_t len, char text[STET_DIGEST_TEXT_SIZE])
{
    struct stet_digest d;

    check(stet_digest_of(data, len, &d, NULL));
    stet_digest_text(&d, text);
}

static void add(struct stet_tar_writer *tar, const char *path, const void *data, size_t len)
{
    struct stet_entry e;

    stet_entry_init(&e);
    e.path = (char *)path;
    e.mode = 0644;
    e.size = len;
    check(stet_tar_writer_entry(tar, &e, NULL));
    check(stet_tar_writer_data(tar, data, len, NULL));
}

static void descriptor(struct stet_buffer *out, const char *media_type, const void *data,
                       size_t len)
{
    char text[STET_DIGEST_TEXT_SIZE];

    digest_of(data, len, text);
    stet_buffer_addf(out, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu}", media_type, text,
                     len);
}

struct blob {
    char path[128];
    const void *data;
    size_t len;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct blob *)a)->path, ((const struct blob *)b)->path);
}

static struct blob make_blob(const void *data, size_t len)
{
    struct blob b = {.data = data, .len = len};
    char text[STET_DIGEST_TEXT_SIZE];

    digest_of(data, len, text);
    snprintf(b.path, sizeof(b.path), "blobs/sha256/%s", text + 7);
    return b;
}

static void make_manifest(struct stet_buffer *out, const void *config, size_t len)
{
    stet_buffer_add_str(out, "{\"schemaVersion\":2,\"config\":");
    descriptor(out, STET_OCI_MEDIA_CONFIG, config, len);
    stet_buffer_add_str(out, ",\"layers\":[");
    descriptor(out, STET_OCI_MEDIA_LAYER_TAR, layer, strlen(layer));
    stet_buffer_add_str(out, "]}");
}

static void make_config(struct stet_buffer *out)
{
    char text[STET_DIGEST_TEXT_SIZE];

    digest_of(layer, strlen(layer), text);
    stet_buffer_addf(out,
                     "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
                     "\"diff_ids\":[\"%s\"]}}",
                     text);
}

static void make_oci(struct stet_tar_writer *tar, enum mode mode, const uint8_t *data, size_t size)
{
    struct stet_buffer config = STET_BUFFER_INIT, manifest = STET_BUFFER_INIT,
                       index = STET_BUFFER_INIT;
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

    if (mode == CONFIG)
        stet_buffer_add(&config, data, size);
    else
        make_config(&config);
    if (mode == MANIFEST)
        stet_buffer_add(&manifest, data, size);
    else
        make_manifest(&manifest, stet_buffer_str(&config), config.len);
    if (mode == INDEX) {
        stet_buffer_add(&index, data, size);
    } else {
        stet_buffer_add_str(&index, "{\"schemaVersion\":2,\"manifests\":[");
        descriptor(&index, STET_OCI_MEDIA_MANIFEST, stet_buffer_str(&manifest), manifest.len);
        stet_buffer_add_str(&index, "]}");
    }
    struct blob blobs[] = {make_blob(stet_buffer_str(&config), config.len),
                           make_blob(stet_buffer_str(&manifest), manifest.len),
                           make_blob(layer, strlen(layer))};
    qsort(blobs, 3, sizeof(blobs[0]), compare);
    for (int i = 0; i < 3; i++)
        if (i == 0 || strcmp(blobs[i - 1].path, blobs[i].path) != 0)
            add(tar, blobs[i].path, blobs[i].data, blobs[i].len);
    add(tar, "index.json", stet_buffer_str(&index), index.len);
    add(tar, "oci-layout", layout, strlen(layout));
    stet_buffer_release(&config);
    stet_buffer_release(&manifest);
    stet_buffer_release(&index);
}

static void make_docker(struct stet_tar_writer *tar, const uint8_t *data, size_t size)
{
    struct stet_buffer config = STET_BUFFER_INIT;

    make_config(&config);
    add(tar, "c.json", config.data, config.len);
    add(tar, "l.tar", layer, strlen(layer));
    add(tar, "manifest.json", data, size);
    stet_buffer_release(&config);
}

static void read_layers(struct stet_oci_source *s)
{
    const struct stet_oci_source_info *info = stet_oci_source_info(s);
    char piece[4096];

    for (size_t i = 0; i < info->layer_count; i++) {
        struct stet_error err = STET_ERROR_INIT;
        uint64_t total = 0;
        ssize_t n = -1;
        struct stet_reader *r = stet_oci_source_layer(s, i, &err);
        while (r && (n = stet_reader_read(r, piece, sizeof(piece), &err)) > 0)
            total += (uint64_t)n;
        if (n == 0 && total != info->layers[i].descriptor.size)
            abort();
        stet_oci_source_layer_close(r);
    }
}

static void open_archive(int fd, bool docker)
{
    char path[64];
    struct stet_error err = STET_ERROR_INIT;
    struct stet_oci_place place = {docker ? STET_OCI_DOCKER_ARCHIVE : STET_OCI_ARCHIVE, path, NULL};

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct stet_oci_source *s = stet_oci_source_open(&place, &err);
    if ((s == NULL) != (err.kind != STET_ERROR_NONE))
        abort();
    if (s)
        read_layers(s);
    stet_oci_source_free(s);
}

static void parse_place(const uint8_t *data, size_t size)
{
    struct stet_oci_place place;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer text = STET_BUFFER_INIT;

    stet_buffer_add(&text, data, size);
    if (stet_oci_place_parse(stet_buffer_str(&text), &place, &err) == 0)
        stet_oci_place_release(&place);
    stet_buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum mode mode = data[0] % MODES;
    data++;
    size--;
    if (mode == PLACE) {
        parse_place(data, size);
        return 0;
    }
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    check(fd);
    if (mode == RAW_OCI || mode == RAW_DOCKER) {
        check(stet_fs_write_fd(fd, "fuzz", data, size, NULL));
    } else {
        struct stet_fd_writer out;
        stet_fd_writer_init(&out, fd, "fuzz");
        struct stet_tar_writer *tar = stet_tar_writer_new(&out.base, NULL);
        if (!tar)
            abort();
        if (mode == DOCKER)
            make_docker(tar, data, size);
        else
            make_oci(tar, mode, data, size);
        check(stet_tar_writer_finish(tar, NULL));
        stet_tar_writer_free(tar);
    }
    open_archive(fd, mode == RAW_DOCKER || mode == DOCKER);
    close(fd);
    return 0;
}
