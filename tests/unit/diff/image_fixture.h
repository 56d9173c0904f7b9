/*
 * A small image in memory, written as an OCI layout. Header only, so that a test stays one source.
 */
#ifndef STET_TESTS_DIFF_IMAGE_FIXTURE_H
#define STET_TESTS_DIFF_IMAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "lib/diff/sides.h"
#include "lib/tar/tar.h"

/* ---- bytes ---- */

static inline void put(struct stet_buffer *out, const void *data, size_t len)
{
    stet_buffer_add(out, data, len);
    assert_int_equal(stet_buffer_check(out, "a test", NULL), 0);
}

static inline void copy_bytes(struct stet_buffer *out, const struct stet_buffer *in)
{
    stet_buffer_clear(out);
    put(out, in->data, in->len);
}

/* The sum that a header must hold. */
static inline void fix_checksum(char *header)
{
    unsigned sum = 0;

    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum & 0777777);
    header[155] = ' ';
}

static inline void gzip_bytes(const struct stet_buffer *in, int level, int memory, int strategy,
                              struct stet_buffer *out)
{
    z_stream z = {.next_in = (Bytef *)in->data, .avail_in = (uInt)in->len};
    Bytef piece[4096];
    int rc;

    stet_buffer_clear(out);
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 31, memory, strategy), Z_OK);
    do {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        rc = deflate(&z, Z_FINISH);
        assert_true(rc == Z_OK || rc == Z_STREAM_END);
        put(out, piece, sizeof piece - z.avail_out);
    } while (rc != Z_STREAM_END);
    deflateEnd(&z);
}

/* ---- a tar with an entry of each type ---- */

static inline void add_entry(struct stet_tar_writer *w, struct stet_entry *e, const char *content)
{
    struct stet_error err = STET_ERROR_INIT;

    e->size = content ? strlen(content) : 0;
    assert_int_equal(stet_tar_writer_entry(w, e, &err), 0);
    if (content)
        assert_int_equal(stet_tar_writer_data(w, content, strlen(content), &err), 0);
}

static inline void make_tar(struct stet_buffer *out)
{
    static unsigned char capability[20] = {1, 0, 0, 2, 0, 32};
    static char capability_name[] = "security.capability";
    static struct stet_xattr xattr = {capability_name, capability, sizeof capability};
    static char lines[4000];
    struct stet_buffer_writer buffer;
    struct stet_error err = STET_ERROR_INIT;

    for (size_t i = 0; i + 20 < sizeof lines; i += 20)
        snprintf(lines + i, 21, "line %04zu of a file\n", i / 20);
    stet_buffer_writer_init(&buffer, out);
    struct stet_tar_writer *w = stet_tar_writer_new(&buffer.base, &err);
    assert_non_null(w);
#define ENTRY(name, kind, ...)                                                                     \
    (&(struct stet_entry){.path = (char *)(uintptr_t)(name),                                       \
                          .type = STET_ENTRY_##kind,                                               \
                          .mtime = 1790000000,                                                     \
                          __VA_ARGS__})
    add_entry(w, ENTRY("bin", SYMLINK, .mode = 0777, .link = (char *)(uintptr_t) "usr/bin"), NULL);
    add_entry(w, ENTRY("dev", DIRECTORY, .mode = 0755), NULL);
    add_entry(w, ENTRY("dev/loop0", BLOCK, .mode = 0660, .gid = 6, .major = 7), NULL);
    add_entry(w, ENTRY("dev/null", CHAR, .mode = 0666, .major = 1, .minor = 3), NULL);
    add_entry(w, ENTRY("etc", DIRECTORY, .mode = 0755), NULL);
    add_entry(w, ENTRY("etc/empty", FILE, .mode = 0644), NULL);
    add_entry(w, ENTRY("etc/hosts", FILE, .mode = 0644), "127.0.0.1 localhost\n");
    add_entry(
        w,
        ENTRY("etc/hosts.linked", HARDLINK, .mode = 0644, .link = (char *)(uintptr_t) "etc/hosts"),
        NULL);
    add_entry(w, ENTRY("run", DIRECTORY, .mode = 0755), NULL);
    add_entry(w, ENTRY("run/pipe", FIFO, .mode = 0600, .uid = 100), NULL);
    add_entry(w, ENTRY("usr", DIRECTORY, .mode = 0755), NULL);
    add_entry(w, ENTRY("usr/bin", DIRECTORY, .mode = 0755), NULL);
    add_entry(w, ENTRY("usr/bin/ping", FILE, .mode = 0755, .xattrs = &xattr, .xattr_count = 1),
              "not a program");
    add_entry(w, ENTRY("usr/lines", FILE, .mode = 0644, .uid = 1000, .gid = 1000), lines);
    add_entry(w,
              ENTRY("usr/share/a-very-long-directory-name-of-more-than-a-hundred-characters-which-"
                    "does-not-fit-into-the-field-for-names-of-ustar-because-its-last-component-is-"
                    "too-long",
                    FILE, .mode = 0644),
              "long");
#undef ENTRY
    assert_int_equal(stet_tar_writer_finish(w, &err), 0);
    stet_tar_writer_free(w);
    assert_int_equal(stet_writer_close(&buffer.base, &err), 0);
}

/* ---- an image ---- */

struct image {
    struct stet_buffer tar, gzip, config, manifest, index;
    /* What the documents say that these are. */
    char gzip_digest[STET_DIGEST_TEXT_SIZE], config_digest[STET_DIGEST_TEXT_SIZE],
        manifest_digest[STET_DIGEST_TEXT_SIZE];
};

static inline void image_release(struct image *i)
{
    stet_buffer_release(&i->tar);
    stet_buffer_release(&i->gzip);
    stet_buffer_release(&i->config);
    stet_buffer_release(&i->manifest);
    stet_buffer_release(&i->index);
}

static inline void digest_text(const struct stet_buffer *b, char out[STET_DIGEST_TEXT_SIZE])
{
    struct stet_digest digest;

    assert_int_equal(stet_digest_of(b->data ? b->data : "", b->len, &digest, NULL), 0);
    stet_digest_text(&digest, out);
}

static inline void make_config(struct image *i)
{
    char diff_id[STET_DIGEST_TEXT_SIZE];

    digest_text(&i->tar, diff_id);
    stet_buffer_clear(&i->config);
    stet_buffer_addf(&i->config,
                     "{\"created\":\"2026-09-21T14:13:20Z\",\"architecture\":\"amd64\",\"os\":"
                     "\"linux\",\"config\":{\"Env\":[\"PATH=/usr/bin\",\"LANG=C.UTF-8\"],\"Cmd\":["
                     "\"bash\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]},"
                     "\"history\":[{\"created\":\"2026-09-21T14:13:20Z\",\"created_by\":\"a "
                     "test\"}]}",
                     diff_id);
}

static inline void make_manifest(struct image *i)
{
    digest_text(&i->config, i->config_digest);
    digest_text(&i->gzip, i->gzip_digest);
    stet_buffer_clear(&i->manifest);
    stet_buffer_addf(&i->manifest,
                     "{\"schemaVersion\":2,\"mediaType\":\"" STET_OCI_MEDIA_MANIFEST
                     "\",\"config\":{\"mediaType\":\"" STET_OCI_MEDIA_CONFIG
                     "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[{\"mediaType\":"
                     "\"" STET_OCI_MEDIA_LAYER_GZIP
                     "\",\"digest\":\"%s\",\"size\":%zu}],\"annotations\":{\"org.example\":"
                     "\"test\"}}",
                     i->config_digest, i->config.len, i->gzip_digest, i->gzip.len);
}

static inline void make_index(struct image *i)
{
    digest_text(&i->manifest, i->manifest_digest);
    stet_buffer_clear(&i->index);
    stet_buffer_addf(&i->index,
                     "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" STET_OCI_MEDIA_MANIFEST
                     "\",\"digest\":\"%s\",\"size\":%zu,\"annotations\":{\"org.opencontainers."
                     "image.ref.name\":\"test\"}}]}",
                     i->manifest_digest, i->manifest.len);
}

/* Documents for the tar and the gzip that are there. */
static inline void make_documents(struct image *i)
{
    make_config(i);
    make_manifest(i);
    make_index(i);
}

static inline void make_image(struct image *i)
{
    memset(i, 0, sizeof *i);
    make_tar(&i->tar);
    gzip_bytes(&i->tar, 6, 8, Z_DEFAULT_STRATEGY, &i->gzip);
    make_documents(i);
}

/* Where the content of a file of the tar begins. */
static inline size_t tar_offset(const struct image *i, const char *path)
{
    const struct diff_map map = {.bytes = {(const unsigned char *)i->tar.data, i->tar.len}};
    struct diff_tar tar;
    size_t entry, offset;

    assert_int_equal(stet_diff_tar_index(&(struct diff){.temporary = -1}, &map, &tar, NULL), 0);
    assert_true(stet_diff_tar_find(&tar, path, &entry));
    offset = (size_t)tar.entries[entry].content;
    stet_diff_tar_release(&tar);
    return offset;
}

static inline void copy_image(struct image *out, const struct image *in)
{
    copy_bytes(&out->tar, &in->tar);
    copy_bytes(&out->gzip, &in->gzip);
    copy_bytes(&out->config, &in->config);
    copy_bytes(&out->manifest, &in->manifest);
    copy_bytes(&out->index, &in->index);
    memcpy(out->gzip_digest, in->gzip_digest, sizeof out->gzip_digest);
    memcpy(out->config_digest, in->config_digest, sizeof out->config_digest);
    memcpy(out->manifest_digest, in->manifest_digest, sizeof out->manifest_digest);
}

/* ---- on disk ---- */

static inline void write_file(const char *dir, const char *name, const void *data, size_t len)
{
    char path[4096];
    struct stet_error err = STET_ERROR_INIT;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = stet_fs_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644, &err);
    assert_true(fd >= 0);
    assert_int_equal(stet_fs_write_fd(fd, path, data, len, &err), 0);
    close(fd);
}

static inline void write_blob(const char *dir, const char *digest, const struct stet_buffer *b)
{
    char name[200];

    snprintf(name, sizeof name, "blobs/sha256/%.64s", digest + strlen("sha256:"));
    write_file(dir, name, b->data, b->len);
}

/* Takes the place of what is in the directory. */
static inline void write_image(const char *dir, const struct image *i)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
    char path[4096];

    assert_int_equal(stet_fs_remove(AT_FDCWD, dir, NULL), 0);
    snprintf(path, sizeof path, "%s/blobs/sha256", dir);
    assert_int_equal(stet_fs_mkdirs(AT_FDCWD, path, NULL), 0);
    write_file(dir, "oci-layout", layout, strlen(layout));
    write_file(dir, "index.json", i->index.data, i->index.len);
    write_blob(dir, i->manifest_digest, &i->manifest);
    write_blob(dir, i->config_digest, &i->config);
    write_blob(dir, i->gzip_digest, &i->gzip);
}

#endif
