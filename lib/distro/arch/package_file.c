#include "lib/distro/arch/package_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <sys/sysmacros.h>

/* ---- the file ---- */

static int open_content(struct stet_build_context *ctx, const struct stet_lock_package *l,
                        struct stet_error *err)
{
    int fd = stet_store_open_content(ctx->store, &l->digest, (int64_t)l->size, err);
    if (fd == -2)
        return stet_error_input(
            err, "package %s %s is not in the store; run again, without --offline, to fetch it",
            l->name, l->version);
    return fd < 0 ? stet_error_wrap(err, "package %s", l->name) : fd;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int fail_damaged(struct stet_build_context *ctx, const struct stet_lock_package *l,
                        const struct stet_digest *have, struct stet_error *err)
{
    char want[STET_DIGEST_HEX_SIZE], hex[STET_DIGEST_HEX_SIZE];
    stet_digest_hex(&l->digest, want);
    stet_digest_hex(have, hex);
    stet_store_discard(ctx->store, &l->digest);
    return stet_error_input(err,
                            "package %s %s: its file in the store, sha256/%.2s/%s, is damaged (it "
                            "now has SHA-256 %s); it was removed: run again to fetch it anew",
                            l->name, l->version, want, want, hex);
}

static int verify(struct stet_build_context *ctx, size_t i, int fd, struct stet_error *err)
{
    struct stet_arch_state *state = ctx->state;
    const struct stet_lock_package *l = state->packages[i].locked;
    struct stet_digest have;
    struct stat st;
    uint64_t size;
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "looking at the file of package %s", l->name);
    if (st.st_ino != 0 && is_same(&st, &state->unpack->verified[i]))
        return 0;
    if (stet_digest_of_fd(fd, l->name, &have, &size, err) < 0)
        return -1;
    if (size != l->size || !stet_digest_equal(&have, &l->digest))
        return fail_damaged(ctx, l, &have, err);
    if (lseek(fd, 0, SEEK_SET) < 0)
        return stet_error_errno(err, "reading the file of package %s", l->name);
    state->unpack->verified[i] = st;
    return 0;
}

int stet_arch_open_package(struct stet_build_context *ctx, size_t i, struct stet_error *err)
{
    const struct stet_arch_state *state = ctx->state;
    _cleanup_close_ int fd = open_content(ctx, state->packages[i].locked, err);
    if (fd < 0 || verify(ctx, i, fd, err) < 0)
        return -1;
    return stet_steal_fd(&fd);
}

int stet_arch_decoder_open(struct stet_arch_decoder *d, int fd, const char *name,
                           struct stet_error *err)
{
    snprintf(d->name, sizeof d->name, "package %s", name);
    stet_fd_reader_init(&d->raw, fd, d->name);
    d->decoded = stet_codec_decoder_new(&d->raw.base, d->name, STET_ARCH_PACKAGE_MAX, NULL, err);
    return d->decoded ? 0 : -1;
}

void stet_arch_decoder_close(struct stet_arch_decoder *d)
{
    if (d->decoded)
        stet_codec_decoder_free(d->decoded);
    d->decoded = NULL;
}

/* ---- the tar inside ---- */

enum { TAR_BUFFER = 128 << 10, XATTRS_MAX = 256 };

struct stet_arch_reader {
    struct stet_reader *in;
    const char *name;
    struct archive *archive;
    locale_t utf8; /* for libarchive, which turns names of pax headers into the locale's */
    struct stet_error error; /* of in, hidden behind libarchive */
    uint64_t entries, bytes; /* of all so far */
    uint64_t position, size; /* in the content of the entry, and of it */
    unsigned char buffer[TAR_BUFFER];
};

static la_ssize_t tar_read(struct archive *a, void *ctx, const void **data)
{
    struct stet_arch_reader *r = ctx;
    ssize_t n = stet_reader_read(r->in, r->buffer, sizeof r->buffer, &r->error);
    *data = r->buffer;
    if (n < 0)
        archive_set_error(a, EIO, "decoding failed");
    return n;
}

static int damaged(const struct stet_arch_reader *r, struct stet_error *err)
{
    if (r->error.kind != STET_ERROR_NONE) {
        stet_error_copy(err, &r->error);
        return -1;
    }
    const char *text = archive_error_string(r->archive);
    return stet_error_input(err, "package %s: its archive is damaged: %s", r->name,
                            text ? text : "unknown reason");
}

struct stet_arch_reader *stet_arch_reader_new(struct stet_reader *in, const char *name,
                                              struct stet_error *err)
{
    struct stet_arch_reader *r = calloc(1, sizeof *r);
    if (!r) {
        stet_error_oom(err, "reading a package");
        return NULL;
    }
    r->in = in;
    r->name = name;
    r->archive = archive_read_new();
    if (!r->archive)
        stet_error_oom(err, "reading a package");
    else if (archive_read_support_format_tar(r->archive) == ARCHIVE_OK &&
             archive_read_open(r->archive, r, NULL, tar_read, NULL) == ARCHIVE_OK)
        return r;
    else
        damaged(r, err);
    stet_arch_reader_free(r);
    return NULL;
}

void stet_arch_reader_free(struct stet_arch_reader *r)
{
    if (!r)
        return;
    if (r->archive)
        archive_read_free(r->archive);
    free(r);
}

static int refuse(const struct stet_arch_reader *r, const char *path, const char *why,
                  struct stet_error *err)
{
    return stet_error_input(err, "package %s: \"/%s\" %s", r->name, path, why);
}

static int convert_path(const struct stet_arch_reader *r, const char *path, char **out,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (!path)
        return stet_error_input(err, "package %s: it has a path that cannot be decoded", r->name);
    if (path[0] == '.' && (path[1] == '/' || path[1] == '\0'))
        return stet_error_input(
            err, "package %s: the path \"%s\" begins with \"./\", which pacman would leave out",
            r->name, path);
    if (stet_path_normalize(path, &b, err) < 0)
        return stet_error_wrap(err, "package %s", r->name);
    *out = stet_strdup(stet_buffer_str(&b), err);
    return *out ? 0 : -1;
}

static int convert_link(const struct stet_arch_reader *r, const char *target, char **out,
                        const char *path, struct stet_error *err)
{
    if (!target || !*target || strlen(target) > 4095)
        return refuse(r, path, "is a symlink without a valid target", err);
    *out = stet_strdup(target, err);
    return *out ? 0 : -1;
}

static int convert_file(struct stet_arch_reader *r, struct archive_entry *a, struct stet_entry *e,
                        struct stet_error *err)
{
    if (!archive_entry_size_is_set(a) || archive_entry_size(a) < 0)
        return refuse(r, e->path, "has no valid size", err);
    e->size = (uint64_t)archive_entry_size(a);
    /* The sum, as a file may be all holes. */
    if (e->size > STET_ARCH_PACKAGE_MAX - r->bytes)
        return stet_error_input(err, "package %s: its files are too big", r->name);
    r->bytes += e->size;
    return 0;
}

static int convert_device(const struct stet_arch_reader *r, struct archive_entry *a,
                          struct stet_entry *e, struct stet_error *err)
{
    uint64_t number_major = (uint64_t)archive_entry_rdevmajor(a);
    uint64_t number_minor = (uint64_t)archive_entry_rdevminor(a);
    if (number_major > UINT32_MAX || number_minor > UINT32_MAX)
        return refuse(r, e->path, "has a device number out of range", err);
    e->major = (uint32_t)number_major;
    e->minor = (uint32_t)number_minor;
    return 0;
}

static int convert_type(struct stet_arch_reader *r, struct archive_entry *a, struct stet_entry *e,
                        struct stet_error *err)
{
    const char *link = archive_entry_hardlink(a);
    if (!link)
        link = archive_entry_hardlink_utf8(a);
    if (link) {
        e->type = STET_ENTRY_HARDLINK;
        if (archive_entry_size_is_set(a) && archive_entry_size(a) != 0)
            return refuse(r, e->path, "is a hard link with content", err);
        return convert_path(r, link, &e->link, err);
    }
    switch (archive_entry_filetype(a)) {
    case AE_IFREG:
        e->type = STET_ENTRY_FILE;
        return convert_file(r, a, e, err);
    case AE_IFDIR:
        e->type = STET_ENTRY_DIRECTORY;
        return 0;
    case AE_IFLNK:
        e->type = STET_ENTRY_SYMLINK;
        link = archive_entry_symlink(a);
        return convert_link(r, link ? link : archive_entry_symlink_utf8(a), &e->link, e->path, err);
    case AE_IFCHR:
        e->type = STET_ENTRY_CHAR;
        return convert_device(r, a, e, err);
    case AE_IFBLK:
        e->type = STET_ENTRY_BLOCK;
        return convert_device(r, a, e, err);
    case AE_IFIFO:
        e->type = STET_ENTRY_FIFO;
        return 0;
    default:
        return refuse(r, e->path, "is of a type that packages must not hold", err);
    }
}

static int convert_xattrs(const struct stet_arch_reader *r, struct archive_entry *a,
                          struct stet_entry *e, struct stet_error *err)
{
    const char *name;
    const void *value;
    size_t len;
    if (archive_entry_xattr_reset(a) > XATTRS_MAX)
        return refuse(r, e->path, "carries too many extended attributes", err);
    while (archive_entry_xattr_next(a, &name, &value, &len) == ARCHIVE_OK) {
        if (e->type != STET_ENTRY_FILE && e->type != STET_ENTRY_DIRECTORY)
            return refuse(r, e->path, "carries an extended attribute and is no file or directory",
                          err);
        if (strcmp(name, "security.capability") != 0 && strncmp(name, "user.", 5) != 0)
            return refuse(r, e->path,
                          "carries an extended attribute other than security.capability and user.*",
                          err);
        if (stet_entry_set_xattr(e, name, value, len, err) < 0)
            return -1;
    }
    return 0;
}

static int convert(struct stet_arch_reader *r, struct archive_entry *a, struct stet_entry *e,
                   struct stet_error *err)
{
    const char *path = archive_entry_pathname(a);
    if (convert_path(r, path ? path : archive_entry_pathname_utf8(a), &e->path, err) < 0)
        return -1;
    int64_t uid = archive_entry_uid(a), gid = archive_entry_gid(a);
    if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
        return refuse(r, e->path, "has an owner out of range", err);
    e->uid = (uint32_t)uid;
    e->gid = (uint32_t)gid;
    e->mode = (uint32_t)archive_entry_mode(a) & 07777;
    e->mtime = archive_entry_mtime(a);
    if (e->mtime < 0)
        return refuse(r, e->path, "has a time before 1970", err);
    if (convert_type(r, a, e, err) < 0)
        return -1;
    return convert_xattrs(r, a, e, err);
}

/* After the tar's end: decodes what is left, so that checksums at the end are checked. */
static int drain(struct stet_arch_reader *r, struct stet_error *err)
{
    ssize_t n;
    do
        n = stet_reader_read(r->in, r->buffer, sizeof r->buffer, err);
    while (n > 0);
    return n < 0 ? -1 : 0;
}

/* libarchive turns the names of pax headers, which are UTF-8, into the thread's locale's. */
static locale_t utf8;

static void make_locale(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static int next_header(struct stet_arch_reader *r, struct archive_entry **a)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_locale);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    int rc = archive_read_next_header(r->archive, a);
    if (before)
        uselocale(before);
    return rc;
}

int stet_arch_reader_next(struct stet_arch_reader *r, struct stet_entry *e, struct stet_error *err)
{
    struct archive_entry *a;
    stet_entry_release(e);
    int rc = next_header(r, &a);
    if (rc == ARCHIVE_EOF)
        return r->error.kind != STET_ERROR_NONE ? damaged(r, err) : drain(r, err);
    /* A warning means that libarchive guessed; packages give no reason to. */
    if (rc != ARCHIVE_OK)
        return damaged(r, err);
    if (++r->entries > STET_ARCH_ENTRIES_MAX)
        return stet_error_input(err, "package %s: it has more than %d entries", r->name,
                                STET_ARCH_ENTRIES_MAX);
    if (convert(r, a, e, err) < 0)
        return -1;
    r->position = 0;
    r->size = e->size;
    return 1;
}

int stet_arch_reader_block(struct stet_arch_reader *r, const void **data, size_t *len,
                           uint64_t *offset, struct stet_error *err)
{
    la_int64_t at;
    int rc;
    do
        rc = archive_read_data_block(r->archive, data, len, &at);
    while (rc == ARCHIVE_OK && *len == 0);
    if (rc == ARCHIVE_EOF)
        return 0;
    if (rc != ARCHIVE_OK)
        return damaged(r, err);
    if (at < 0 || (uint64_t)at < r->position || (uint64_t)at > r->size ||
        *len > r->size - (uint64_t)at)
        return stet_error_input(err, "package %s: the pieces of a file in it make no whole",
                                r->name);
    *offset = (uint64_t)at;
    r->position = (uint64_t)at + *len;
    return 1;
}
