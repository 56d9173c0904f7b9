#include "tests/unit/debian/deb_fixture.h"

#include <archive.h>
#include <archive_entry.h>

int fixture_setup(void **state)
{
    struct fixture *f = fixture_new("debian");
    f->lock.recipe.architecture = stet_strdup("amd64", &f->err);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    stet_debian_state_free(f->ctx.state);
    fixture_free(f);
    return 0;
}

/* ---- packages ---- */

static la_ssize_t append(struct archive *a, void *ctx, const void *data, size_t len)
{
    (void)a;
    stet_buffer_add(ctx, data, len);
    return (la_ssize_t)len;
}

static struct archive *tar_new(struct stet_buffer *out)
{
    struct archive *a = archive_write_new();
    assert_non_null(a);
    assert_int_equal(archive_write_set_format_gnutar(a), ARCHIVE_OK);
    assert_int_equal(archive_write_open(a, out, NULL, append, NULL), ARCHIVE_OK);
    return a;
}

static void tar_add(struct archive *a, const char *path, unsigned type, unsigned mode,
                    const char *text, const char *hardlink, const char *symlink)
{
    struct archive_entry *e = archive_entry_new();
    size_t len = text ? strlen(text) : 0;
    archive_entry_set_pathname(e, path);
    archive_entry_set_filetype(e, type);
    archive_entry_set_perm(e, (mode_t)mode);
    archive_entry_set_size(e, (la_int64_t)len);
    archive_entry_set_mtime(e, 1500000000, 0);
    if (hardlink)
        archive_entry_set_hardlink(e, hardlink);
    if (symlink)
        archive_entry_set_symlink(e, symlink);
    assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
    if (len > 0)
        assert_int_equal(archive_write_data(a, text, len), (la_ssize_t)len);
    archive_entry_free(e);
}

void deb_begin(struct deb *d, const char *name, const char *fields)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    memset(d, 0, sizeof *d);
    snprintf(d->name, sizeof d->name, "%s", name);
    snprintf(d->version, sizeof d->version, "1.0-1");
    snprintf(d->architecture, sizeof d->architecture, "amd64");
    d->control = tar_new(&d->control_tar);
    d->data = tar_new(&d->data_tar);
    stet_buffer_addf(
        &b,
        "Package: %s\nVersion: 1.0-1\nArchitecture: amd64\n%sMaintainer: T <t@example.org>\n"
        "Description: test\n more\n",
        name, fields);
    tar_add(d->control, "./", AE_IFDIR, 0755, NULL, NULL, NULL);
    deb_control(d, "control", stet_buffer_str(&b), 0644);
    stet_buffer_release(&b);
    deb_directory(d, "./", 0755);
}

void deb_control(struct deb *d, const char *name, const char *text, unsigned mode)
{
    char path[300];
    snprintf(path, sizeof path, "./%s", name);
    tar_add(d->control, path, AE_IFREG, mode, text, NULL, NULL);
}

void deb_directory(struct deb *d, const char *path, unsigned mode)
{
    tar_add(d->data, path, AE_IFDIR, mode, NULL, NULL, NULL);
}

void deb_file(struct deb *d, const char *path, const char *text, unsigned mode)
{
    tar_add(d->data, path, AE_IFREG, mode, text, NULL, NULL);
}

void deb_link(struct deb *d, const char *path, const char *target, bool hard)
{
    tar_add(d->data, path, hard ? AE_IFREG : AE_IFLNK, hard ? 0644 : 0777, NULL,
            hard ? target : NULL, hard ? NULL : target);
}

void deb_fifo(struct deb *d, const char *path)
{
    tar_add(d->data, path, AE_IFIFO, 0644, NULL, NULL, NULL);
}

void ar_member(struct stet_buffer *out, const char *name, const void *data, size_t len)
{
    stet_buffer_addf(out, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0, 0, 0, 0100644u, len);
    stet_buffer_add(out, data, len);
    if (len % 2)
        stet_buffer_add_char(out, '\n');
}

void deb_end(struct deb *d, struct stet_buffer *out)
{
    assert_int_equal(archive_write_free(d->control), ARCHIVE_OK);
    assert_int_equal(archive_write_free(d->data), ARCHIVE_OK);
    stet_buffer_init(out);
    stet_buffer_add_str(out, "!<arch>\n");
    ar_member(out, "debian-binary", "2.0\n", 4);
    ar_member(out, "control.tar", d->control_tar.data, d->control_tar.len);
    ar_member(out, "data.tar", d->data_tar.data, d->data_tar.len);
    stet_buffer_release(&d->control_tar);
    stet_buffer_release(&d->data_tar);
    assert_false(out->failed);
}

size_t add_deb(struct fixture *f, struct deb *d, unsigned stage)
{
    struct stet_buffer bytes;
    deb_end(d, &bytes);
    size_t i = add_bytes(f, &bytes, d->name, d->version, d->architecture, stage);
    stet_buffer_release(&bytes);
    return i;
}

/* ---- unpacking ---- */

int unpack_all(struct fixture *f)
{
    unsigned last = f->lock.packages[f->lock.package_count - 1].stage;
    if (!f->ctx.state && stet_debian_prepare_root(&f->ctx, &f->err) < 0)
        return -1;
    for (unsigned stage = 0; stage <= last; stage++)
        if (stet_debian_read_stage(&f->ctx, stage, &f->err) < 0 ||
            stet_debian_unpack_stage(&f->ctx, stage, &f->err) < 0)
            return -1;
    return 0;
}

void unpack_ok(struct fixture *f)
{
    if (unpack_all(f) < 0)
        fail_msg("%s", f->err.text);
}

void unpack_refused(struct fixture *f, const char *part)
{
    assert_int_equal(unpack_all(f), -1);
    assert_refused(f, part);
}
