#include "lib/distro/debian/deb.h"

#include <errno.h>
#include <unistd.h>

#include "lib/archive/archive.h"

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

struct stet_deb_reader {
    const struct stet_deb *deb;
    struct stet_reader raw; /* of the member's bytes */
    uint64_t raw_pos, raw_end;
    struct stet_reader *decoder;
    struct stet_archive *archive;
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

static int open_tar(struct stet_deb_reader *r, const char *what, struct stet_error *err)
{
    const struct stet_archive_options options = {
        .name = r->deb->name,
        .part = what,
        .max_entries = STET_DEB_ENTRIES_MAX,
        .max_bytes = UINT64_MAX, /* without holes it is less than what is decoded */
        .may_be_empty = true,
    };
    r->archive = stet_archive_new(r->decoder, &options, err);
    return r->archive ? 0 : -1;
}

static int open_member(struct stet_deb_reader *r, const struct stet_deb_member *member,
                       uint64_t max_bytes, struct stet_error *err)
{
    const char *what = member == &r->deb->control ? "control.tar" : "data.tar";
    enum stet_codec_kind kind;
    r->raw_pos = member->offset;
    r->raw_end = member->offset + member->size;
    stet_reader_init(&r->raw, &raw_ops, r);
    r->decoder = stet_codec_decoder_new(&r->raw, r->deb->name, max_bytes, &kind, err);
    if (!r->decoder)
        return -1;
    if (kind != member->kind)
        return stet_error_input(err, "%s: its %s is %s by content and %s by name", r->deb->name,
                                what, stet_codec_kind_name(kind),
                                stet_codec_kind_name(member->kind));
    return open_tar(r, what, err);
}

/* An error of the decoder does not say which package it met. */
static int pass(const struct stet_deb_reader *r, int rc, struct stet_error *err)
{
    if (rc < 0 && r->decoder && r->decoder->error.kind != STET_ERROR_NONE)
        return stet_error_wrap(err, "%s", r->deb->name);
    return rc;
}

struct stet_deb_reader *stet_deb_reader_new(const struct stet_deb *deb,
                                            const struct stet_deb_member *member,
                                            uint64_t max_bytes, struct stet_error *err)
{
    struct stet_deb_reader *r = calloc(1, sizeof *r);
    if (!r) {
        stet_error_oom(err, "reading a package");
        return NULL;
    }
    r->deb = deb;
    if (pass(r, open_member(r, member, max_bytes, err), err) == 0)
        return r;
    stet_deb_reader_free(r);
    return NULL;
}

void stet_deb_reader_free(struct stet_deb_reader *r)
{
    if (!r)
        return;
    stet_archive_free(r->archive);
    if (r->decoder)
        stet_codec_decoder_free(r->decoder);
    free(r);
}

int stet_deb_reader_next(struct stet_deb_reader *r, struct stet_entry *e, struct stet_error *err)
{
    return pass(r, stet_archive_next(r->archive, e, err), err);
}

int stet_deb_reader_block(struct stet_deb_reader *r, const void **data, size_t *len,
                          struct stet_error *err)
{
    uint64_t offset; /* of no interest, as there are no holes */
    return pass(r, stet_archive_block(r->archive, data, len, &offset, err), err);
}
