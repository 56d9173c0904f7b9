#include "tests/unit/arch/package_fixture.h"

#include <sched.h>

static int write_map(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

int become_root(void)
{
    char uid[32], gid[32];
    if (geteuid() == 0)
        return 0;
    snprintf(uid, sizeof uid, "0 %u 1", (unsigned)geteuid());
    snprintf(gid, sizeof gid, "0 %u 1", (unsigned)getegid());
    if (unshare(CLONE_NEWUSER) < 0 || write_map("/proc/self/setgroups", "deny") < 0 ||
        write_map("/proc/self/uid_map", uid) < 0 || write_map("/proc/self/gid_map", gid) < 0)
        return 77;
    return 0;
}

static int keep(void *ctx, int64_t mtime, struct stet_error *err)
{
    struct fixture *f = ctx;
    (void)err;
    if (f->kept_count < sizeof f->kept / sizeof *f->kept)
        f->kept[f->kept_count++] = mtime;
    return 0;
}

static void on_message(void *ctx, enum stet_log_level level, const char *text)
{
    struct fixture *f = ctx;
    (void)level;
    stet_buffer_addf(&f->logged, "%s\n", text);
    if (f->on_message)
        f->on_message(f, text);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char path[128];
    assert_non_null(f);
    snprintf(f->dir, sizeof f->dir, "/tmp/stet-arch-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(path, sizeof path, "%s/root", f->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    stet_lock_init(&f->lock);
    f->lock.epoch = EPOCH;
    f->log = (struct stet_log){.ctx = f, .message = on_message};
    f->ctx = (struct stet_build_context){.lock = &f->lock,
                                         .threads = 3,
                                         .keep_mtime = keep,
                                         .keep_ctx = f,
                                         .sandbox = &f->sandbox,
                                         .log = &f->log};
    f->ctx.root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->ctx.work = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "%s/store", f->dir);
    f->ctx.store = stet_store_open(path, NULL, &f->err);
    assert_non_null(f->ctx.store);
    f->sandbox.root = f->ctx.root;
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    stet_arch_state_free(f->ctx.state);
    stet_store_free(f->ctx.store);
    stet_lock_release(&f->lock);
    stet_buffer_release(&f->logged);
    close(f->ctx.root);
    close(f->ctx.work);
    assert_int_equal(stet_fs_remove(AT_FDCWD, f->dir, NULL), 0);
    free(f);
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

size_t add_bytes(struct fixture *f, const struct stet_buffer *bytes, const char *name,
                 const char *version, const char *architecture, unsigned stage)
{
    struct stet_lock_package *p = stet_lock_add_package(&f->lock, &f->err);
    assert_non_null(p);
    p->name = stet_strdup(name, &f->err);
    p->version = stet_strdup(version, &f->err);
    p->architecture = stet_strdup(architecture, &f->err);
    p->size = bytes->len;
    p->stage = stage;
    assert_int_equal(stet_store_put(f->ctx.store, bytes->data, bytes->len, &p->digest, &f->err), 0);
    return f->lock.package_count - 1;
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
    if (f->err.kind != STET_ERROR_INPUT || !strstr(f->err.text, part) || strchr(f->err.text, '\n'))
        fail_msg("expected \"%s\", got kind %d: %s", part, f->err.kind, f->err.text);
}

const char *content(struct fixture *f, const char *path)
{
    static char text[65536];
    struct stet_buffer b = STET_BUFFER_INIT;
    int rc = stet_fs_read_in(f->ctx.root, path, sizeof text - 1, &b, &f->err);
    if (rc == 0)
        snprintf(text, sizeof text, "%s", stet_buffer_str(&b));
    stet_buffer_release(&b);
    return rc == 0 ? text : NULL;
}

bool lookup(struct fixture *f, const char *path, struct stat *st)
{
    return fstatat(f->ctx.root, path, st, AT_SYMLINK_NOFOLLOW) == 0;
}

unsigned mode_of(struct fixture *f, const char *path)
{
    struct stat st;
    assert_true(lookup(f, path, &st));
    return st.st_mode & 07777;
}

void put(struct fixture *f, const char *path, const char *text)
{
    assert_int_equal(stet_fs_write_in(f->ctx.root, path, text, strlen(text), 0644, 0, 0, &f->err),
                     0);
}
