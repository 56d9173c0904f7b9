#include "lib/tar/parse.h"
#include "lib/tar/tar.h"
#include "lib/tar/ustar.h"

enum { INPUT_SIZE = 64 * 1024 };

enum format {
    FORMAT_V7,
    FORMAT_POSIX, /* ustar and pax */
    FORMAT_GNU,
};

struct stet_tar_reader {
    struct stet_reader *in;
    char *name;
    struct stet_tar_limits limits;
    struct stet_error error; /* the first failure */

    struct stet_entry entry;
    uint64_t header_at; /* offset of the header being read */
    uint64_t left;      /* content not read yet */
    size_t padding;     /* and what follows it */
    uint64_t entries, header_bytes;
    bool ended;

    struct tar_pax global, pax;
    struct stet_buffer long_name, long_link;
    bool has_pax, has_long_name, has_long_link;
    struct stet_buffer ext;  /* content of an extended header */
    struct stet_buffer text; /* scratch */

    uint64_t offset; /* in the archive, of buf[pos] */
    size_t pos, len;
    char buf[INPUT_SIZE];
};

struct stet_tar_reader *stet_tar_reader_new(struct stet_reader *in, const char *name,
                                            const struct stet_tar_limits *limits,
                                            struct stet_error *err)
{
    struct stet_tar_reader *r = malloc(sizeof(*r));
    if (r == NULL) {
        stet_error_oom(err, "opening an archive");
        return NULL;
    }
    memset(r, 0, offsetof(struct stet_tar_reader, buf));
    r->in = in;
    stet_entry_init(&r->entry);
    if (limits != NULL)
        r->limits = *limits;
    if (r->limits.entries == 0)
        r->limits.entries = 4000000;
    if (r->limits.bytes == 0)
        r->limits.bytes = UINT64_C(1) << 40;
    if (r->limits.header_bytes == 0)
        r->limits.header_bytes = TAR_HEADER_MAX;
    r->name = stet_strdup(name, err);
    if (r->name == NULL) {
        stet_tar_reader_free(r);
        return NULL;
    }
    return r;
}

void stet_tar_reader_free(struct stet_tar_reader *r)
{
    if (r == NULL)
        return;
    stet_entry_release(&r->entry);
    stet_tar_pax_release(&r->global);
    stet_tar_pax_release(&r->pax);
    stet_buffer_release(&r->long_name);
    stet_buffer_release(&r->long_link);
    stet_buffer_release(&r->ext);
    stet_buffer_release(&r->text);
    free(r->name);
    free(r);
}

/* ---- input ---- */

static int truncated(struct stet_tar_reader *r, const char *where)
{
    return stet_error_input(&r->error, "ends in the middle of %s; it is truncated", where);
}

/* More bytes into the empty buffer: 1, or 0 at the end. */
static int fill(struct stet_tar_reader *r)
{
    ssize_t n = stet_reader_read(r->in, r->buf, sizeof(r->buf), &r->error);
    if (n < 0)
        return -1;
    if ((uint64_t)n > r->limits.bytes - r->offset)
        return stet_error_input(&r->error, "is larger than the limit of %llu bytes",
                                (unsigned long long)r->limits.bytes);
    r->pos = 0;
    r->len = (size_t)n;
    return n > 0;
}

/* Exactly len bytes (NULL: dropped): 1; 0 when the archive ends before the first; -1. */
static int take(struct stet_tar_reader *r, void *data, uint64_t len, const char *where)
{
    char *out = data;
    for (uint64_t done = 0; done < len;) {
        if (r->pos == r->len) {
            int rc = fill(r);
            if (rc < 0)
                return -1;
            if (rc == 0)
                return done == 0 ? 0 : truncated(r, where);
        }
        size_t n = r->len - r->pos;
        if (n > len - done)
            n = (size_t)(len - done);
        if (out != NULL)
            memcpy(out + done, r->buf + r->pos, n);
        r->pos += n;
        r->offset += n;
        done += n;
    }
    return 1;
}

static int take_all(struct stet_tar_reader *r, void *data, uint64_t len, const char *where)
{
    int rc = len == 0 ? 1 : take(r, data, len, where);
    if (rc == 0)
        return truncated(r, where);
    return rc < 0 ? -1 : 0;
}

static bool is_zero(const void *data, size_t len)
{
    const char *bytes = data;
    return len == 0 || (bytes[0] == '\0' && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* After the first zero block: another, or the end of the input; then only zeros. */
static int take_end(struct stet_tar_reader *r)
{
    char block[TAR_BLOCK];
    if (r->has_pax || r->has_long_name || r->has_long_link)
        return stet_error_input(&r->error, "an extended header has no entry after it");
    int rc = take(r, block, sizeof(block), "its end mark");
    if (rc < 0)
        return -1;
    if (rc > 0 && !is_zero(block, sizeof(block)))
        return stet_error_input(&r->error, "a lone zero block is followed by other data");
    while (rc > 0) {
        if (!is_zero(r->buf + r->pos, r->len - r->pos))
            return stet_error_input(&r->error, "has data after its end mark");
        r->offset += r->len - r->pos;
        r->pos = r->len;
        rc = fill(r);
    }
    r->ended = rc == 0;
    return rc;
}

/* ---- headers ---- */

/* Old archives summed signed bytes. */
static int check_checksum(struct stet_tar_reader *r, const struct ustar *h)
{
    const unsigned char *bytes = (const unsigned char *)h;
    int64_t plain = 0, with_sign = 0, expected;
    for (size_t i = 0; i < sizeof(*h); i++) {
        bool sum = i >= TAR_CHECKSUM_OFFSET && i < TAR_CHECKSUM_OFFSET + TAR_CHECKSUM_SIZE;
        unsigned char byte = sum ? ' ' : bytes[i];
        plain += byte;
        with_sign += (signed char)byte;
    }
    if (stet_tar_field_number(h->checksum, sizeof(h->checksum), &expected, "checksum", &r->error) <
        0)
        return -1;
    if (expected != plain && expected != with_sign)
        return stet_error_input(&r->error,
                                "the checksum field does not match the header; it is no tar "
                                "archive, or damaged");
    return 0;
}

static int find_format(struct stet_tar_reader *r, const struct ustar *h, enum format *format)
{
    if (memcmp(h->magic, "ustar", 6) == 0)
        *format = FORMAT_POSIX;
    else if (memcmp(h->magic, "ustar  ", 8) == 0)
        *format = FORMAT_GNU;
    else if (is_zero(h->magic, sizeof(h->magic) + sizeof(h->version)))
        *format = FORMAT_V7;
    else
        return stet_error_input(&r->error, "the magic field is of no known tar format");
    return 0;
}

/* The size that the header itself says, for the content of an extended header. */
static int header_size(struct stet_tar_reader *r, const struct ustar *h, uint64_t *size)
{
    int64_t value;
    if (stet_tar_field_range(h->size, sizeof(h->size), 0, INT64_MAX - TAR_BLOCK, &value, "size",
                             &r->error) < 0)
        return -1;
    *size = (uint64_t)value;
    return 0;
}

static int read_extended(struct stet_tar_reader *r, const struct ustar *h)
{
    uint64_t size;
    if (header_size(r, h, &size) < 0)
        return -1;
    if (size > r->limits.header_bytes - r->header_bytes)
        return stet_error_input(&r->error, "extended headers of more than %llu bytes",
                                (unsigned long long)r->limits.header_bytes);
    r->header_bytes += size;
    stet_buffer_clear(&r->ext);
    stet_buffer_reserve(&r->ext, (size_t)size);
    if (stet_buffer_check(&r->ext, "reading an extended header", &r->error) < 0)
        return -1;
    if (take_all(r, r->ext.data, size, "an extended header") < 0)
        return -1;
    r->ext.len = (size_t)size;
    return take_all(r, NULL, tar_padding(size), "an extended header");
}

static int read_pax(struct stet_tar_reader *r, const struct ustar *h)
{
    if (r->has_pax)
        return stet_error_input(&r->error, "two extended headers for one entry");
    r->has_pax = true;
    if (read_extended(r, h) < 0)
        return -1;
    return stet_tar_pax_parse(&r->pax, &r->entry, stet_buffer_str(&r->ext), r->ext.len, &r->error);
}

static int read_global(struct stet_tar_reader *r, const struct ustar *h)
{
    if (r->has_pax || r->has_long_name || r->has_long_link)
        return stet_error_input(&r->error,
                                "a global header stands between an extended header and its entry");
    if (read_extended(r, h) < 0 ||
        stet_tar_pax_parse(&r->global, NULL, stet_buffer_str(&r->ext), r->ext.len, &r->error) < 0)
        return -1;
    stet_tar_pax_begin(&r->pax, &r->global);
    return 0;
}

/* GNU's long name or link: the content is the text, with a NUL at its end. */
static int read_long(struct stet_tar_reader *r, const struct ustar *h, struct stet_buffer *text,
                     bool *has)
{
    if (*has)
        return stet_error_input(&r->error, "two long names for one entry");
    *has = true;
    if (read_extended(r, h) < 0)
        return -1;
    const char *data = stet_buffer_str(&r->ext);
    size_t len = strnlen(data, r->ext.len);
    if (len == 0 || !is_zero(data + len, r->ext.len - len))
        return stet_error_input(&r->error, "a long name is empty or has a NUL in it");
    stet_buffer_clear(text);
    stet_buffer_add(text, data, len);
    return stet_buffer_check(text, "reading a long name", &r->error);
}

/* A header that only says something about the next: 1; an entry's own: 0. */
static int take_extension(struct stet_tar_reader *r, const struct ustar *h)
{
    int rc;
    switch (h->type) {
    case 'x':
        rc = read_pax(r, h);
        break;
    case 'g':
        rc = read_global(r, h);
        break;
    case 'L':
        rc = read_long(r, h, &r->long_name, &r->has_long_name);
        break;
    case 'K':
        rc = read_long(r, h, &r->long_link, &r->has_long_link);
        break;
    default:
        return 0;
    }
    return rc < 0 ? -1 : 1;
}

/* ---- the entry ---- */

static int find_type(struct stet_tar_reader *r, char flag, bool slash)
{
    static const struct {
        char flag;
        enum stet_entry_type type;
    } types[] = {
        {'0', STET_ENTRY_FILE},     {'\0', STET_ENTRY_FILE},     {'7', STET_ENTRY_FILE},
        {'1', STET_ENTRY_HARDLINK}, {'2', STET_ENTRY_SYMLINK},   {'3', STET_ENTRY_CHAR},
        {'4', STET_ENTRY_BLOCK},    {'5', STET_ENTRY_DIRECTORY}, {'6', STET_ENTRY_FIFO},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].flag != flag)
            continue;
        r->entry.type = types[i].type;
        /* Before ustar a directory was a file whose name ends in a slash, and still is to most. */
        if (slash && types[i].type == STET_ENTRY_FILE)
            r->entry.type = STET_ENTRY_DIRECTORY;
        return 0;
    }
    if (flag == 'S')
        return stet_error_input(&r->error,
                                "the type field marks a sparse file, which is not supported; "
                                "archive it whole");
    return stet_error_input(&r->error, "the type field's 0x%02x is not supported",
                            (unsigned char)flag);
}

/* The path as the headers have it, into r->text. */
static int raw_path(struct stet_tar_reader *r, const struct ustar *h, enum format format)
{
    struct stet_buffer *text = &r->text;
    stet_buffer_clear(text);
    if (r->pax.has_path && r->has_long_name)
        return stet_error_input(&r->error, "two long names for one entry");
    if (r->pax.has_path) {
        stet_buffer_add(text, r->pax.path.data, r->pax.path.len);
    } else if (r->has_long_name) {
        stet_buffer_add(text, r->long_name.data, r->long_name.len);
    } else {
        if (format == FORMAT_POSIX && h->prefix[0] != '\0') {
            /* star keeps times in the end of the prefix, under a mark of its own. */
            bool star = memcmp(h->pad + sizeof(h->pad) - 4, "tar", 4) == 0;
            stet_buffer_add(text, h->prefix, strnlen(h->prefix, star ? 131 : sizeof(h->prefix)));
            stet_buffer_add_char(text, '/');
        }
        stet_buffer_add(text, h->name, strnlen(h->name, sizeof(h->name)));
    }
    return stet_buffer_check(text, "reading an entry's path", &r->error);
}

static int set_path(struct stet_tar_reader *r, const struct ustar *h, enum format format)
{
    if (raw_path(r, h, format) < 0)
        return -1;
    const char *raw = stet_buffer_str(&r->text);
    bool slash = r->text.len > 0 && raw[r->text.len - 1] == '/';
    struct stet_buffer path = STET_BUFFER_INIT;
    if (find_type(r, h->type, slash) < 0)
        return -1;
    if (stet_path_normalize(raw, &path, &r->error) < 0) {
        stet_buffer_release(&path);
        return stet_error_wrap(&r->error, "the path field");
    }
    /* The root's normal form is empty, for which a buffer may not have memory. */
    stet_buffer_add(&path, "", 0);
    r->entry.path = path.data == NULL ? stet_strdup("", &r->error) : stet_buffer_detach(&path);
    if (r->entry.path == NULL)
        return stet_error_oom(&r->error, "reading an entry's path");
    if (r->entry.path[0] == '\0' && r->entry.type != STET_ENTRY_DIRECTORY)
        return stet_error_input(&r->error, "the root is a %s, not a directory",
                                stet_entry_type_name(r->entry.type));
    return 0;
}

/* The normal form of a hard link's target. */
static int normalize_target(struct stet_tar_reader *r)
{
    stet_buffer_clear(&r->ext);
    if (stet_path_normalize(stet_buffer_str(&r->text), &r->ext, &r->error) < 0)
        return stet_error_wrap(&r->error, "%s: the link name field", r->entry.path);
    if (r->ext.len == 0 || strcmp(stet_buffer_str(&r->ext), r->entry.path) == 0)
        return stet_error_input(&r->error, "%s: a hard link to itself or to the root",
                                r->entry.path);
    r->entry.link = stet_strdup(stet_buffer_str(&r->ext), &r->error);
    return r->entry.link == NULL ? -1 : 0;
}

static int set_link(struct stet_tar_reader *r, const struct ustar *h)
{
    if (r->entry.type != STET_ENTRY_HARDLINK && r->entry.type != STET_ENTRY_SYMLINK)
        return 0;
    if (r->pax.has_linkpath && r->has_long_link)
        return stet_error_input(&r->error, "%s: two long link names", r->entry.path);
    stet_buffer_clear(&r->text);
    if (r->pax.has_linkpath)
        stet_buffer_add(&r->text, r->pax.linkpath.data, r->pax.linkpath.len);
    else if (r->has_long_link)
        stet_buffer_add(&r->text, r->long_link.data, r->long_link.len);
    else
        stet_buffer_add(&r->text, h->linkname, strnlen(h->linkname, sizeof(h->linkname)));
    if (stet_buffer_check(&r->text, "reading a link", &r->error) < 0)
        return -1;
    if (r->text.len == 0 || r->text.len > TAR_PATH_MAX)
        return stet_error_input(&r->error, "%s: the link name field is empty or too long",
                                r->entry.path);
    if (r->entry.type == STET_ENTRY_HARDLINK)
        return normalize_target(r);
    r->entry.link = stet_strdup(stet_buffer_str(&r->text), &r->error);
    return r->entry.link == NULL ? -1 : 0;
}

/*
 * Readers that disagree about a size disagree about where the next header is (CVE-2025-62518),
 * so the two places must say the same, unless the size does not fit into the header: writers
 * put 0 or the highest number there then.
 */
static int set_size(struct stet_tar_reader *r, const struct ustar *h)
{
    uint64_t size;
    if (header_size(r, h, &size) < 0)
        return -1;
    if (r->pax.has_size && r->pax.size != size) {
        if (r->pax.size <= TAR_OCTAL11_MAX || (size != 0 && size != TAR_OCTAL11_MAX))
            return stet_error_input(
                &r->error, "%s: the size field says %llu and the extended header %llu",
                r->entry.path, (unsigned long long)size, (unsigned long long)r->pax.size);
        size = r->pax.size;
    }
    if (size > 0 && r->entry.type != STET_ENTRY_FILE)
        return stet_error_input(&r->error, "%s: the size field gives a %s %llu bytes of content",
                                r->entry.path, stet_entry_type_name(r->entry.type),
                                (unsigned long long)size);
    if (size > r->limits.bytes - r->offset)
        return stet_error_input(&r->error, "%s: is larger than the limit of %llu bytes",
                                r->entry.path, (unsigned long long)r->limits.bytes);
    r->entry.size = r->left = size;
    r->padding = tar_padding(size);
    return 0;
}

static int set_owner(struct stet_tar_reader *r, const struct ustar *h)
{
    struct stet_entry *e = &r->entry;
    int64_t uid = r->pax.uid, gid = r->pax.gid, mode;
    if (stet_tar_field_range(h->mode, sizeof(h->mode), 0, UINT32_MAX, &mode, "mode", &r->error) < 0)
        return -1;
    if (!r->pax.has_uid &&
        stet_tar_field_range(h->uid, sizeof(h->uid), 0, UINT32_MAX - 1, &uid, "uid", &r->error) < 0)
        return -1;
    if (!r->pax.has_gid &&
        stet_tar_field_range(h->gid, sizeof(h->gid), 0, UINT32_MAX - 1, &gid, "gid", &r->error) < 0)
        return -1;
    e->mode = (uint32_t)mode & 07777;
    e->uid = (uint32_t)uid;
    e->gid = (uint32_t)gid;
    return 0;
}

static int set_mtime(struct stet_tar_reader *r, const struct ustar *h)
{
    if (r->pax.has_mtime) {
        r->entry.mtime = r->pax.mtime;
        r->entry.mtime_ns = r->pax.mtime_ns;
        return 0;
    }
    return stet_tar_field_number(h->mtime, sizeof(h->mtime), &r->entry.mtime, "mtime", &r->error);
}

static int set_device(struct stet_tar_reader *r, const struct ustar *h)
{
    int64_t major, minor;
    if (r->entry.type != STET_ENTRY_CHAR && r->entry.type != STET_ENTRY_BLOCK)
        return 0;
    if (stet_tar_field_range(h->devmajor, sizeof(h->devmajor), 0, UINT32_MAX, &major, "devmajor",
                             &r->error) < 0 ||
        stet_tar_field_range(h->devminor, sizeof(h->devminor), 0, UINT32_MAX, &minor, "devminor",
                             &r->error) < 0)
        return -1;
    r->entry.major = (uint32_t)major;
    r->entry.minor = (uint32_t)minor;
    return 0;
}

static int make_entry(struct stet_tar_reader *r, const struct ustar *h, enum format format)
{
    if (set_path(r, h, format) < 0)
        return -1;
    if (set_link(r, h) < 0 || set_size(r, h) < 0)
        return -1;
    if (set_owner(r, h) < 0 || set_mtime(r, h) < 0 || set_device(r, h) < 0)
        return stet_error_wrap(&r->error, "%s", r->entry.path);
    return 0;
}

/* ---- the sequence of entries ---- */

static int begin_entry(struct stet_tar_reader *r)
{
    r->header_at = r->offset;
    if (take_all(r, NULL, r->left, "an entry's content") < 0 ||
        take_all(r, NULL, r->padding, "the padding of an entry") < 0)
        return -1;
    r->left = 0;
    r->padding = 0;
    stet_entry_release(&r->entry);
    r->has_pax = r->has_long_name = r->has_long_link = false;
    r->header_bytes = 0;
    stet_tar_pax_begin(&r->pax, &r->global);
    return 0;
}

/* One header: 2 when more of the entry follows, 1 when it is complete, 0 at the end. */
static int take_header(struct stet_tar_reader *r)
{
    struct ustar h;
    enum format format = FORMAT_V7;
    r->header_at = r->offset;
    int rc = take(r, &h, sizeof(h), "a header");
    if (rc < 0)
        return -1;
    if (rc == 0)
        return stet_error_input(&r->error, "ends without an end mark; it is truncated");
    if (is_zero(&h, sizeof(h)))
        return take_end(r);
    if (++r->entries > r->limits.entries)
        return stet_error_input(&r->error, "has more than %llu entries",
                                (unsigned long long)r->limits.entries);
    if (check_checksum(r, &h) < 0 || find_format(r, &h, &format) < 0)
        return -1;
    rc = take_extension(r, &h);
    if (rc != 0)
        return rc < 0 ? -1 : 2;
    return make_entry(r, &h, format) < 0 ? -1 : 1;
}

/* The sticky error, with where it happened, for the caller. */
static int fail(struct stet_tar_reader *r, bool wrap, struct stet_error *err)
{
    if (wrap)
        stet_error_wrap(&r->error, "%s: offset %llu", r->name, (unsigned long long)r->header_at);
    if (err != NULL && err->kind == STET_ERROR_NONE)
        stet_error_copy(err, &r->error);
    return -1;
}

int stet_tar_reader_next(struct stet_tar_reader *r, const struct stet_entry **e,
                         struct stet_error *err)
{
    if (r->error.kind != STET_ERROR_NONE)
        return fail(r, false, err);
    if (r->ended)
        return 0;
    int rc = begin_entry(r);
    if (rc == 0) {
        do
            rc = take_header(r);
        while (rc == 2);
    }
    if (rc < 0)
        return fail(r, true, err);
    *e = &r->entry;
    return rc;
}

ssize_t stet_tar_reader_read(struct stet_tar_reader *r, void *data, size_t len,
                             struct stet_error *err)
{
    if (r->error.kind != STET_ERROR_NONE)
        return fail(r, false, err);
    if (len > r->left)
        len = (size_t)r->left;
    if (len == 0)
        return 0;
    if (r->pos == r->len) {
        int rc = fill(r);
        if (rc == 0)
            truncated(r, "an entry's content");
        if (rc <= 0)
            return fail(r, true, err);
    }
    size_t n = r->len - r->pos < len ? r->len - r->pos : len;
    memcpy(data, r->buf + r->pos, n);
    r->pos += n;
    r->offset += n;
    r->left -= n;
    return (ssize_t)n;
}
