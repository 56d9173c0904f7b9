#include "lib/distro/debian/deb.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>

enum { AR_MAGIC_LEN = 8, AR_HEADER_LEN = 60, AR_NAME_LEN = 16 };

/* ---- the outer ar ---- */

static int bad(const struct stet_deb *deb, const char *what, struct stet_error *err)
{
    return stet_error_input(err, "%s is not a valid Debian package: %s", deb->name, what);
}

static int read_at(const struct stet_deb *deb, uint64_t offset, void *data, size_t len,
                   struct stet_error *err)
{
    unsigned char *p = data;
    while (len > 0) {
        ssize_t n = pread(deb->fd, p, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return stet_error_errno(err, "reading %s", deb->name);
        if (n == 0)
            return bad(deb, "it is truncated", err);
        p += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

struct ar_member {
    char name[AR_NAME_LEN + 1];
    uint64_t offset, size;
};

/* A field of an ar header: its text without the padding. */
static void ar_field(const char *header, size_t offset, size_t len, char *out)
{
    memcpy(out, header + offset, len);
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
}

static int ar_next(const struct stet_deb *deb, uint64_t file_size, uint64_t *pos,
                   struct ar_member *m, struct stet_error *err)
{
    char header[AR_HEADER_LEN], size[11];
    if (file_size - *pos < AR_HEADER_LEN)
        return bad(deb, "a member is missing", err);
    if (read_at(deb, *pos, header, sizeof header, err) < 0)
        return -1;
    if (memcmp(header + 58, "`\n", 2) != 0)
        return bad(deb, "an ar header without its end mark", err);
    ar_field(header, 0, AR_NAME_LEN, m->name);
    size_t n = strlen(m->name);
    if (n > 1 && m->name[n - 1] == '/') /* as GNU ar writes names */
        m->name[n - 1] = '\0';
    ar_field(header, 48, 10, size);
    if (stet_number_parse(size, UINT64_C(9999999999), &m->size, "the size of an ar member", err) <
        0)
        return stet_error_wrap(err, "%s", deb->name);
    m->offset = *pos + AR_HEADER_LEN;
    if (m->size > file_size - m->offset)
        return bad(deb, "a member reaches past the end of the file", err);
    *pos = m->offset + m->size;
    if (*pos % 2 == 1 && *pos < file_size) /* members start at even offsets */
        (*pos)++;
    return 0;
}

static int ar_next_known(const struct stet_deb *deb, uint64_t file_size, uint64_t *pos,
                         struct ar_member *m, struct stet_error *err)
{
    do {
        if (ar_next(deb, file_size, pos, m, err) < 0)
            return -1;
    } while (m->name[0] == '_');
    return 0;
}

static int check_version(const struct stet_deb *deb, const struct ar_member *m,
                         struct stet_error *err)
{
    char text[33] = "";
    if (strcmp(m->name, "debian-binary") != 0)
        return bad(deb, "the first member is not debian-binary", err);
    if (m->size < 4 || m->size >= sizeof text)
        return bad(deb, "debian-binary has an impossible size", err);
    if (read_at(deb, m->offset, text, (size_t)m->size, err) < 0)
        return -1;
    /* "2." minor newline; a newer minor is compatible by definition (deb(5)). */
    size_t digits = strspn(text + 2, "0123456789");
    if (strncmp(text, "2.", 2) != 0 || digits == 0 || text[2 + digits] != '\n')
        return bad(deb, "debian-binary does not say 2.x", err);
    return 0;
}

/* Is m "BASE.tar" with a known suffix? */
static int check_tar_member(const struct stet_deb *deb, const struct ar_member *m, const char *base,
                            struct stet_deb_member *out, struct stet_error *err)
{
    static const struct {
        const char *suffix;
        enum stet_codec_kind kind;
    } kinds[] = {{"", STET_CODEC_NONE},
                 {".gz", STET_CODEC_GZIP},
                 {".xz", STET_CODEC_XZ},
                 {".zst", STET_CODEC_ZSTD}};
    size_t n = strlen(base);
    if (strncmp(m->name, base, n) != 0 || strncmp(m->name + n, ".tar", 4) != 0)
        return stet_error_input(err,
                                "%s is not a valid Debian package: expected %s.tar, found \"%s\"",
                                deb->name, base, m->name);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(m->name + n + 4, kinds[i].suffix) == 0) {
            *out = (struct stet_deb_member){m->offset, m->size, kinds[i].kind};
            return 0;
        }
    return stet_error_input(
        err, "%s: %s is compressed in a way that is not supported (supported: none, gz, xz, zst)",
        deb->name, m->name);
}

int stet_deb_open(struct stet_deb *deb, int fd, uint64_t size, const char *name,
                  struct stet_error *err)
{
    char magic[AR_MAGIC_LEN];
    struct ar_member m;
    uint64_t pos = AR_MAGIC_LEN;
    *deb = (struct stet_deb){.fd = fd, .name = name};
    if (size < AR_MAGIC_LEN)
        return bad(deb, "it is truncated", err);
    if (read_at(deb, 0, magic, sizeof magic, err) < 0)
        return -1;
    if (memcmp(magic, "!<arch>\n", AR_MAGIC_LEN) != 0)
        return bad(deb, "it is no ar archive", err);
    if (ar_next(deb, size, &pos, &m, err) < 0 || check_version(deb, &m, err) < 0)
        return -1;
    if (ar_next_known(deb, size, &pos, &m, err) < 0 ||
        check_tar_member(deb, &m, "control", &deb->control, err) < 0)
        return -1;
    if (ar_next_known(deb, size, &pos, &m, err) < 0)
        return -1;
    return check_tar_member(deb, &m, "data", &deb->data, err);
}

/* ---- the tar inside ---- */

enum { RAW_BUFFER = 64 << 10, TAR_BUFFER = 128 << 10 };

struct stet_deb_reader {
    const struct stet_deb *deb;
    const char *what;       /* "control.tar" */
    struct stet_reader raw; /* of the member's bytes */
    uint64_t raw_pos, raw_end;
    struct stet_reader *decoder;
    struct archive *archive;
    struct stet_error error; /* of the decoder, hidden behind libarchive */
    uint64_t entries, delivered, expected;
    unsigned char buffer[TAR_BUFFER];
};

static ssize_t raw_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct stet_deb_reader *r = ctx;
    if (len > r->raw_end - r->raw_pos)
        len = (size_t)(r->raw_end - r->raw_pos);
    if (len == 0)
        return 0;
    if (read_at(r->deb, r->raw_pos, data, len, err) < 0)
        return -1;
    r->raw_pos += len;
    return (ssize_t)len;
}

static const struct stet_reader_ops raw_ops = {raw_read, NULL};

static la_ssize_t tar_read(struct archive *a, void *ctx, const void **data)
{
    struct stet_deb_reader *r = ctx;
    ssize_t n = stet_reader_read(r->decoder, r->buffer, sizeof r->buffer, &r->error);
    *data = r->buffer;
    if (n < 0)
        archive_set_error(a, EIO, "decoding failed");
    return n;
}

static int tar_fail(struct stet_deb_reader *r, struct stet_error *err)
{
    if (r->error.kind != STET_ERROR_NONE) {
        stet_error_copy(err, &r->error);
        return stet_error_wrap(err, "%s", r->deb->name);
    }
    const char *text = archive_error_string(r->archive);
    return stet_error_input(err, "%s: its %s is damaged: %s", r->deb->name, r->what,
                            text ? text : "unknown reason");
}

static int tar_open(struct stet_deb_reader *r, struct stet_error *err)
{
    r->archive = archive_read_new();
    if (!r->archive)
        return stet_error_oom(err, "reading a package");
    if (archive_read_support_format_tar(r->archive) != ARCHIVE_OK ||
        archive_read_support_format_empty(r->archive) != ARCHIVE_OK ||
        archive_read_open(r->archive, r, NULL, tar_read, NULL) != ARCHIVE_OK)
        return tar_fail(r, err);
    return 0;
}

struct stet_deb_reader *stet_deb_reader_new(const struct stet_deb *deb,
                                            const struct stet_deb_member *member,
                                            uint64_t max_bytes, struct stet_error *err)
{
    enum stet_codec_kind kind;
    struct stet_deb_reader *r = calloc(1, sizeof *r);
    if (!r) {
        stet_error_oom(err, "reading a package");
        return NULL;
    }
    r->deb = deb;
    r->what = member == &deb->control ? "control.tar" : "data.tar";
    r->raw_pos = member->offset;
    r->raw_end = member->offset + member->size;
    stet_reader_init(&r->raw, &raw_ops, r);
    r->decoder = stet_codec_decoder_new(&r->raw, deb->name, max_bytes, &kind, err);
    if (!r->decoder)
        goto fail;
    if (kind != member->kind) {
        stet_error_input(err, "%s: its %s is %s by content and %s by name", deb->name, r->what,
                         stet_codec_kind_name(kind), stet_codec_kind_name(member->kind));
        goto fail;
    }
    if (tar_open(r, err) < 0)
        goto fail;
    return r;
fail:
    stet_deb_reader_free(r);
    return NULL;
}

void stet_deb_reader_free(struct stet_deb_reader *r)
{
    if (!r)
        return;
    if (r->archive)
        archive_read_free(r->archive);
    if (r->decoder)
        stet_codec_decoder_free(r->decoder);
    free(r);
}

/* After the tar's end: decodes what is left, so that checksums at the end of the member are
 * checked. */
static int drain(struct stet_deb_reader *r, struct stet_error *err)
{
    ssize_t n;
    do
        n = stet_reader_read(r->decoder, r->buffer, sizeof r->buffer, err);
    while (n > 0);
    return n < 0 ? stet_error_wrap(err, "%s", r->deb->name) : 0;
}

static int refuse(const struct stet_deb_reader *r, const char *path, const char *why,
                  struct stet_error *err)
{
    return stet_error_input(err, "%s: \"%s\" in its %s %s", r->deb->name, path, r->what, why);
}

static int convert_path(const struct stet_deb_reader *r, const char *path, char **out,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (!path)
        return stet_error_input(err, "%s: a path in its %s cannot be decoded", r->deb->name,
                                r->what);
    if (stet_path_normalize(path, &b, err) < 0)
        return stet_error_wrap(err, "%s: its %s", r->deb->name, r->what);
    *out = stet_strdup(stet_buffer_str(&b), err);
    return *out ? 0 : -1;
}

static int convert_type(const struct stet_deb_reader *r, struct archive_entry *a,
                        struct stet_entry *e, struct stet_error *err)
{
    const char *link = archive_entry_hardlink(a);
    if (!link)
        link = archive_entry_hardlink_utf8(a);
    if (link) {
        e->type = STET_ENTRY_HARDLINK;
        if (archive_entry_size(a) != 0)
            return refuse(r, e->path, "is a hard link with content", err);
        return convert_path(r, link, &e->link, err);
    }
    switch (archive_entry_filetype(a)) {
    case AE_IFREG:
        e->type = STET_ENTRY_FILE;
        if (archive_entry_sparse_count(a) > 0)
            return refuse(r, e->path, "is a sparse file, which packages must not hold", err);
        if (!archive_entry_size_is_set(a) || archive_entry_size(a) < 0)
            return refuse(r, e->path, "has no valid size", err);
        e->size = (uint64_t)archive_entry_size(a);
        return 0;
    case AE_IFDIR:
        e->type = STET_ENTRY_DIRECTORY;
        return 0;
    case AE_IFLNK:
        e->type = STET_ENTRY_SYMLINK;
        link = archive_entry_symlink(a);
        if (!link)
            link = archive_entry_symlink_utf8(a);
        if (!link || !*link || strlen(link) > 4095)
            return refuse(r, e->path, "is a symlink without a valid target", err);
        e->link = stet_strdup(link, err);
        return e->link ? 0 : -1;
    default:
        return refuse(r, e->path, "is a device, fifo or socket, which packages must not hold", err);
    }
}

static int convert_xattrs(const struct stet_deb_reader *r, struct archive_entry *a,
                          struct stet_entry *e, struct stet_error *err)
{
    const char *name;
    const void *value;
    size_t len;
    archive_entry_xattr_reset(a);
    while (archive_entry_xattr_next(a, &name, &value, &len) == ARCHIVE_OK) {
        if (strcmp(name, "security.capability") != 0 && strncmp(name, "user.", 5) != 0)
            return refuse(r, e->path,
                          "carries an extended attribute other than security.capability and user.*",
                          err);
        if (stet_entry_set_xattr(e, name, value, len, err) < 0)
            return -1;
    }
    return 0;
}

static int convert(const struct stet_deb_reader *r, struct archive_entry *a, struct stet_entry *e,
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

int stet_deb_reader_next(struct stet_deb_reader *r, struct stet_entry *e, struct stet_error *err)
{
    struct archive_entry *a;
    stet_entry_release(e);
    r->delivered = r->expected = 0;
    int rc = archive_read_next_header(r->archive, &a);
    if (rc == ARCHIVE_EOF)
        return r->error.kind != STET_ERROR_NONE ? tar_fail(r, err) : drain(r, err);
    /* A warning means that libarchive guessed; packages give no reason to. */
    if (rc != ARCHIVE_OK)
        return tar_fail(r, err);
    if (++r->entries > STET_DEB_ENTRIES_MAX)
        return stet_error_input(err, "%s: its %s has more than %d entries", r->deb->name, r->what,
                                STET_DEB_ENTRIES_MAX);
    if (convert(r, a, e, err) < 0)
        return -1;
    r->expected = e->size;
    return 1;
}

int stet_deb_reader_block(struct stet_deb_reader *r, const void **data, size_t *len,
                          struct stet_error *err)
{
    la_int64_t offset;
    int rc;
    do
        rc = archive_read_data_block(r->archive, data, len, &offset);
    while (rc == ARCHIVE_OK && *len == 0);
    if (rc == ARCHIVE_EOF) {
        if (r->delivered != r->expected)
            return tar_fail(r, err);
        return 0;
    }
    if (rc != ARCHIVE_OK)
        return tar_fail(r, err);
    if (offset < 0 || (uint64_t)offset != r->delivered || *len > r->expected - r->delivered)
        return stet_error_input(err, "%s: its %s holds a file with holes", r->deb->name, r->what);
    r->delivered += *len;
    return 1;
}
