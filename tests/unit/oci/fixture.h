/*
 * fixture - images, layouts and tars made for the tests of oci.
 */
#ifndef STET_TESTS_OCI_FIXTURE_H
#define STET_TESTS_OCI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/codec/codec.h"
#include "lib/oci/oci.h"

/* A temporary directory, and the working directory of the test that uses it. */
static inline int enter_temporary(void **state)
{
    static char path[64];

    snprintf(path, sizeof(path), "/tmp/stet-test-oci-XXXXXX");
    if (!mkdtemp(path) || chdir(path) < 0)
        return -1;
    *state = path;
    return 0;
}

static inline int leave_temporary(void **state)
{
    struct stet_error err = STET_ERROR_INIT;

    if (chdir("/") < 0)
        return -1;
    return stet_fs_remove(AT_FDCWD, *state, &err);
}

static inline void need(int rc, const struct stet_error *err)
{
    if (rc < 0)
        fail_msg("%s", err->text);
}

static inline void put_file(const char *path, const void *data, size_t len)
{
    struct stet_error err = STET_ERROR_INIT;

    need(stet_fs_write(AT_FDCWD, path, data, len, &err), &err);
}

static inline void put_text(const char *path, const char *text)
{
    put_file(path, text, strlen(text));
}

static inline void get_file(const char *path, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;

    stet_buffer_clear(out);
    need(stet_fs_read(AT_FDCWD, path, 1 << 26, out, &err), &err);
}

static inline void assert_file_is(const char *path, const char *text)
{
    struct stet_buffer b = STET_BUFFER_INIT;

    get_file(path, &b);
    assert_string_equal(stet_buffer_str(&b), text);
    stet_buffer_release(&b);
}

/* An image with a layer of this content (a tar or not: oci does not look into it). */
struct fixture {
    struct stet_oci_image image;
    struct stet_buffer tar, blob;
    int fd;
};

static inline int memory_file(const void *data, size_t len)
{
    FILE *f = tmpfile();

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fflush(f), 0);
    int fd = dup(fileno(f));
    fclose(f);
    return fd;
}

static inline void gzip_into(struct stet_buffer *out, const void *data, size_t len)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_buffer_writer below;

    stet_buffer_writer_init(&below, out);
    struct stet_writer *w = stet_codec_gzip_new(&below.base, 1, &err);
    assert_non_null(w);
    need(stet_writer_write(w, data, len, &err), &err);
    need(stet_writer_close(w, &err), &err);
    stet_codec_gzip_free(w);
}

static inline struct stet_oci_description plain_description(void)
{
    struct stet_oci_description d = {
        .architecture = "amd64",
        .os = "linux",
        .created = 1789199741, /* 2026-09-12T07:55:41Z */
        .history = "stet build",
    };
    return d;
}

static inline void make_image(struct fixture *f, const struct stet_oci_description *d,
                              const void *content, size_t len, bool gzip)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_oci_layer layer = {0};

    memset(f, 0, sizeof(*f));
    stet_oci_image_init(&f->image);
    stet_buffer_add(&f->tar, content, len);
    if (gzip)
        gzip_into(&f->blob, content, len);
    else
        stet_buffer_add(&f->blob, content, len);
    f->fd = memory_file(f->blob.data, f->blob.len);
    layer.media_type = gzip ? STET_OCI_MEDIA_LAYER_GZIP : STET_OCI_MEDIA_LAYER_TAR;
    layer.size = f->blob.len;
    layer.tar_size = len;
    layer.fd = f->fd;
    need(stet_digest_of(f->blob.data, f->blob.len, &layer.digest, &err), &err);
    need(stet_digest_of(content, len, &layer.diff_id, &err), &err);
    need(stet_oci_describe(d, &layer, &f->image, &err), &err);
}

static inline void make_plain_image(struct fixture *f, const char *content)
{
    struct stet_oci_description d = plain_description();

    make_image(f, &d, content, strlen(content), true);
}

static inline void release_image(struct fixture *f)
{
    stet_oci_image_release(&f->image);
    stet_buffer_release(&f->tar);
    stet_buffer_release(&f->blob);
    close(f->fd);
}

static inline int write_to(const struct stet_oci_image *image, const char *where,
                           struct stet_error *err)
{
    struct stet_oci_place place;

    need(stet_oci_place_parse(where, &place, err), err);
    int rc = stet_oci_write(image, &place, err);
    stet_oci_place_release(&place);
    return rc;
}

static inline void must_write(const struct stet_oci_image *image, const char *where)
{
    struct stet_error err = STET_ERROR_INIT;

    need(write_to(image, where, &err), &err);
}

static inline struct stet_oci_source *open_at(const char *where, struct stet_error *err)
{
    struct stet_oci_place place;

    need(stet_oci_place_parse(where, &place, err), err);
    struct stet_oci_source *s = stet_oci_source_open(&place, err);
    stet_oci_place_release(&place);
    return s;
}

static inline struct stet_oci_source *must_open(const char *where)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_oci_source *s = open_at(where, &err);

    if (!s)
        fail_msg("%s", err.text);
    return s;
}

static inline void must_not_open(const char *where, const char *why)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_oci_source *s = open_at(where, &err);

    assert_null(s);
    assert_int_equal(err.kind, STET_ERROR_INPUT);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

/* A member of a tar, written without any check. */
static inline void add_member(struct stet_buffer *tar, const char *name, char type,
                              const char *link, const void *data, size_t len)
{
    char h[512] = {0};
    unsigned sum = 0;

    snprintf(h, 100, "%s", name);
    snprintf(h + 100, 8, "%07o", 0644);
    snprintf(h + 108, 8, "%07o", 0);
    snprintf(h + 116, 8, "%07o", 0);
    snprintf(h + 124, 12, "%011zo", len);
    snprintf(h + 136, 12, "%011o", 0);
    h[156] = type;
    snprintf(h + 157, 100, "%s", link);
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < sizeof(h); i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    stet_buffer_add(tar, h, sizeof(h));
    if (len > 0)
        stet_buffer_add(tar, data, len);
    while (tar->len % 512)
        stet_buffer_add_char(tar, '\0');
}

static inline void add_text(struct stet_buffer *tar, const char *name, const char *text)
{
    add_member(tar, name, '0', "", text, strlen(text));
}

static inline void put_tar(const char *path, struct stet_buffer *tar)
{
    char zeros[1024] = {0};

    stet_buffer_add(tar, zeros, sizeof(zeros));
    put_file(path, tar->data, tar->len);
    stet_buffer_release(tar);
}

/* "sha256:…" of data, in a static buffer that four calls share in turn. */
static inline const char *digest_of(const void *data, size_t len)
{
    static char text[4][STET_DIGEST_TEXT_SIZE];
    static unsigned next;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_digest d;

    need(stet_digest_of(data, len, &d, &err), &err);
    char *out = text[next++ % 4];
    stet_digest_text(&d, out);
    return out;
}

#endif
