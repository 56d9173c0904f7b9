#include "tests/unit/arch/package_fixture.h"

int fixture_setup(void **state)
{
    *state = fixture_new("arch");
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    stet_arch_state_free(f->ctx.state);
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

void package_begin(struct package *p, const char *name, const char *info)
{
    memset(p, 0, sizeof *p);
    snprintf(p->name, sizeof p->name, "%s", name);
    snprintf(p->version, sizeof p->version, "1.0-1");
    snprintf(p->architecture, sizeof p->architecture, "any");
    p->filter = ARCHIVE_FILTER_GZIP;
    stet_buffer_addf(&p->info, "pkgname = %s\npkgver = 1.0-1\narch = any\n%s", name, info);
    stet_buffer_add_str(&p->mtree, "#mtree\n/set type=file uid=0 gid=0 mode=644\n"
                                   "./.PKGINFO time=1500000000.0 size=1\n");
}

static struct archive_entry *entry_new(const char *path, unsigned type, unsigned mode, size_t len)
{
    struct archive_entry *e = archive_entry_new();
    archive_entry_set_pathname(e, path);
    archive_entry_set_filetype(e, type);
    archive_entry_set_perm(e, (mode_t)mode);
    archive_entry_set_size(e, (la_int64_t)len);
    archive_entry_set_mtime(e, PACKAGE_TIME, 0);
    return e;
}

struct archive_entry *package_add(struct package *p, const char *path, unsigned type, unsigned mode,
                                  const void *data, size_t len)
{
    assert_true(p->count < MEMBERS_MAX);
    struct archive_entry *e = entry_new(path, type, mode, len);
    p->members[p->count++] = (struct member){e, data, len, false};
    stet_buffer_add_str(&p->mtree, "./");
    size_t n = strlen(path);
    if (type == AE_IFDIR && n > 0 && path[n - 1] == '/')
        n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)path[i];
        if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#')
            stet_buffer_addf(&p->mtree, "\\%03o", (unsigned)c);
        else
            stet_buffer_add_char(&p->mtree, (char)c);
    }
    stet_buffer_addf(&p->mtree, " time=1500000000.0 mode=%o%s\n", mode,
                     type == AE_IFDIR   ? " type=dir"
                     : type == AE_IFLNK ? " type=link"
                                        : "");
    return e;
}

void package_directory(struct package *p, const char *path, unsigned mode)
{
    package_add(p, path, AE_IFDIR, mode, NULL, 0);
}

struct archive_entry *package_file(struct package *p, const char *path, const char *text,
                                   unsigned mode)
{
    return package_add(p, path, AE_IFREG, mode, text, strlen(text));
}

void package_link(struct package *p, const char *path, const char *target, bool hard)
{
    struct archive_entry *e =
        package_add(p, path, hard ? AE_IFREG : AE_IFLNK, hard ? 0644 : 0777, NULL, 0);
    if (hard)
        archive_entry_set_hardlink(e, target);
    else
        archive_entry_set_symlink(e, target);
}

void package_metadata(struct package *p, const char *path, const char *text)
{
    assert_true(p->count < MEMBERS_MAX);
    struct archive_entry *e = entry_new(path, AE_IFREG, 0644, strlen(text));
    p->members[p->count++] = (struct member){e, text, strlen(text), true};
}

static void write_member(struct archive *a, const struct member *m)
{
    /* A warning: bytes above 127 are written as they are, with hdrcharset=BINARY, as by makepkg. */
    assert_true(archive_write_header(a, m->entry) >= ARCHIVE_WARN);
    if (m->len > 0)
        assert_int_equal(archive_write_data(a, m->data, m->len), (la_ssize_t)m->len);
    archive_entry_free(m->entry);
}

static void write_text(struct archive *a, const char *path, const struct stet_buffer *text)
{
    struct member m = {entry_new(path, AE_IFREG, 0644, text->len), text->data, text->len, true};
    write_member(a, &m);
}

static void compress(const struct stet_buffer *text, struct stet_buffer *out)
{
    struct archive *a = archive_write_new();
    assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
    assert_int_equal(archive_write_set_options(a, "gzip:!timestamp"), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open(a, out, NULL, append, NULL), ARCHIVE_OK);
    write_text(a, "mtree", text);
    assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

void package_end(struct package *p, struct stet_buffer *out)
{
    struct stet_buffer mtree = STET_BUFFER_INIT;
    struct archive *a = archive_write_new();
    stet_buffer_init(out);
    assert_int_equal(archive_write_set_format_pax_restricted(a), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter(a, p->filter), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open(a, out, NULL, append, NULL), ARCHIVE_OK);
    if (!p->without_info)
        write_text(a, ".PKGINFO", &p->info);
    if (p->without_gzip)
        stet_buffer_add(&mtree, p->mtree.data, p->mtree.len);
    else
        compress(&p->mtree, &mtree);
    if (!p->without_mtree)
        write_text(a, ".MTREE", &mtree);
    for (int head = 1; head >= 0; head--)
        for (size_t i = 0; i < p->count; i++)
            if (p->members[i].head == (head == 1))
                write_member(a, &p->members[i]);
    assert_int_equal(archive_write_free(a), ARCHIVE_OK);
    stet_buffer_release(&mtree);
    stet_buffer_release(&p->info);
    stet_buffer_release(&p->mtree);
    assert_false(out->failed);
}

size_t add_package(struct fixture *f, struct package *p, unsigned stage)
{
    struct stet_buffer bytes;
    package_end(p, &bytes);
    size_t i = add_bytes(f, &bytes, p->name, p->version, p->architecture, stage);
    stet_buffer_release(&bytes);
    return i;
}

/* ---- installing ---- */

void prepare(struct fixture *f)
{
    if (stet_arch_prepare_root(&f->ctx, &f->err) < 0)
        fail_msg("%s", f->err.text);
    f->prepared = true;
}

int install_all(struct fixture *f)
{
    unsigned last = f->lock.packages[f->lock.package_count - 1].stage;
    if (!f->prepared)
        prepare(f);
    for (unsigned stage = 0; stage <= last; stage++)
        if (stet_arch_read_stage(&f->ctx, stage, &f->err) < 0 ||
            stet_arch_install_stage(&f->ctx, stage, &f->err) < 0)
            return -1;
    return 0;
}

void install_ok(struct fixture *f)
{
    if (install_all(f) < 0)
        fail_msg("%s", f->err.text);
}

void install_refused(struct fixture *f, const char *part)
{
    assert_int_equal(install_all(f), -1);
    assert_refused(f, part);
}
