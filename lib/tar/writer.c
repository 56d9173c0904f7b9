/*
 * The canonical tar, section 2 of docs/format-1.md. What these functions put into a byte is
 * frozen: a change here is a new format number.
 */
#include "lib/tar/pathset.h"
#include "lib/tar/tar.h"
#include "lib/tar/ustar.h"

enum {
    PENDING_SIZE = 64 * 1024, /* small writes are gathered up to this */
    DIRECT_SIZE = 16 * 1024,  /* pieces of at least this size go out uncopied */
};

struct stet_tar_writer {
    struct stet_writer *out;
    struct stet_error error;    /* the first failure */
    struct stet_buffer path;    /* of the last entry */
    struct stet_buffer name;    /* its name as the archive has it */
    struct stet_buffer records; /* its pax records */
    struct stet_buffer check;   /* for the normal form of a path */
    struct tar_pathset files;   /* what a hard link may point to */
    uint64_t left;              /* content bytes still to come */
    size_t padding;             /* zero bytes after them */
    bool any, finished;
    size_t pending_len;
    char pending[PENDING_SIZE];
};

struct stet_tar_writer *stet_tar_writer_new(struct stet_writer *out, struct stet_error *err)
{
    struct stet_tar_writer *w = malloc(sizeof(*w));
    if (w == NULL) {
        stet_error_oom(err, "starting an archive");
        return NULL;
    }
    /* Everything but the large buffer, which is written before it is read. */
    memset(w, 0, offsetof(struct stet_tar_writer, pending));
    w->out = out;
    return w;
}

void stet_tar_writer_free(struct stet_tar_writer *w)
{
    if (w == NULL)
        return;
    stet_buffer_release(&w->path);
    stet_buffer_release(&w->name);
    stet_buffer_release(&w->records);
    stet_buffer_release(&w->check);
    stet_tar_pathset_release(&w->files);
    free(w);
}

/* ---- output ---- */

static int flush(struct stet_tar_writer *w)
{
    size_t len = w->pending_len;
    w->pending_len = 0;
    if (len == 0)
        return 0;
    return stet_writer_write(w->out, w->pending, len, &w->error);
}

static int put(struct stet_tar_writer *w, const void *data, size_t len)
{
    if (len > PENDING_SIZE - w->pending_len || len >= DIRECT_SIZE) {
        if (flush(w) < 0)
            return -1;
        if (len >= DIRECT_SIZE)
            return stet_writer_write(w->out, data, len, &w->error);
    }
    if (len > 0)
        memcpy(w->pending + w->pending_len, data, len);
    w->pending_len += len;
    return 0;
}

static int put_zeros(struct stet_tar_writer *w, size_t len)
{
    static const char zeros[2 * TAR_BLOCK];
    return put(w, zeros, len);
}

/* ---- the header ---- */

/* All of the field but its last byte, which is NUL, in octal digits. value fits. */
static void put_octal(char *field, size_t size, uint64_t value)
{
    field[--size] = '\0';
    while (size > 0) {
        field[--size] = (char)('0' + (value & 7));
        value >>= 3;
    }
}

/* The field's number, or 0 in the field when it does not fit (a pax record has it then). */
static void put_octal_or_zero(char *field, size_t size, uint64_t value, uint64_t max)
{
    put_octal(field, size, value <= max ? value : 0);
}

/* Up to the whole field, without a NUL when it is full. */
static void put_text(char *field, const char *text, size_t len)
{
    memcpy(field, text, len < TAR_NAME_SIZE ? len : TAR_NAME_SIZE);
}

static void put_checksum(struct ustar *h)
{
    memset(h->checksum, ' ', sizeof(h->checksum));
    const unsigned char *bytes = (const unsigned char *)h;
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof(*h); i++)
        sum += bytes[i];
    /* Six digits and a NUL; the eighth byte stays a space. */
    put_octal(h->checksum, TAR_CHECKSUM_SIZE - 1, sum);
}

static void init_header(struct ustar *h, char type)
{
    memset(h, 0, sizeof(*h));
    h->type = type;
    memcpy(h->magic, "ustar", sizeof(h->magic));
    memcpy(h->version, "00", sizeof(h->version));
}

/* The extended header whose content the records are. Its device fields stay empty. */
static int put_records(struct stet_tar_writer *w)
{
    static const char name[] = "././@PaxHeader";
    struct ustar h;
    init_header(&h, 'x');
    put_text(h.name, name, sizeof(name) - 1);
    put_octal(h.mode, sizeof(h.mode), 0644);
    put_octal(h.uid, sizeof(h.uid), 0);
    put_octal(h.gid, sizeof(h.gid), 0);
    put_octal(h.size, sizeof(h.size), w->records.len);
    put_octal(h.mtime, sizeof(h.mtime), 0);
    put_checksum(&h);
    if (put(w, &h, sizeof(h)) < 0 || put(w, w->records.data, w->records.len) < 0)
        return -1;
    return put_zeros(w, tar_padding(w->records.len));
}

static char type_flag(enum stet_entry_type type)
{
    switch (type) {
    case STET_ENTRY_FILE:
        return '0';
    case STET_ENTRY_HARDLINK:
        return '1';
    case STET_ENTRY_SYMLINK:
        return '2';
    case STET_ENTRY_CHAR:
        return '3';
    case STET_ENTRY_BLOCK:
        return '4';
    case STET_ENTRY_DIRECTORY:
        return '5';
    case STET_ENTRY_FIFO:
        return '6';
    }
    return '\0';
}

static bool is_link(const struct stet_entry *e)
{
    return e->type == STET_ENTRY_SYMLINK || e->type == STET_ENTRY_HARDLINK;
}

static bool is_device(const struct stet_entry *e)
{
    return e->type == STET_ENTRY_CHAR || e->type == STET_ENTRY_BLOCK;
}

static bool mtime_fits(int64_t mtime)
{
    return mtime >= 0 && (uint64_t)mtime <= TAR_OCTAL11_MAX;
}

static int put_header(struct stet_tar_writer *w, const struct stet_entry *e)
{
    struct ustar h;
    init_header(&h, type_flag(e->type));
    put_text(h.name, w->name.data, w->name.len);
    put_octal(h.mode, sizeof(h.mode), e->mode);
    put_octal_or_zero(h.uid, sizeof(h.uid), e->uid, TAR_OCTAL7_MAX);
    put_octal_or_zero(h.gid, sizeof(h.gid), e->gid, TAR_OCTAL7_MAX);
    put_octal_or_zero(h.size, sizeof(h.size), e->size, TAR_OCTAL11_MAX);
    put_octal(h.mtime, sizeof(h.mtime), mtime_fits(e->mtime) ? (uint64_t)e->mtime : 0);
    if (is_link(e))
        put_text(h.linkname, e->link, strlen(e->link));
    put_octal(h.devmajor, sizeof(h.devmajor), is_device(e) ? e->major : 0);
    put_octal(h.devminor, sizeof(h.devminor), is_device(e) ? e->minor : 0);
    put_checksum(&h);
    return put(w, &h, sizeof(h));
}

/* ---- pax records ---- */

static size_t decimal_digits(size_t n)
{
    size_t digits = 1;
    while (n >= 10) {
        n /= 10;
        digits++;
    }
    return digits;
}

/* "LENGTH KEYWORD=VALUE\n"; the length counts its own digits too. */
static void add_record(struct stet_buffer *b, const char *prefix, const char *keyword,
                       const void *value, size_t len)
{
    size_t rest = strlen(prefix) + strlen(keyword) + len + 3;
    size_t total = rest + decimal_digits(rest);
    if (decimal_digits(total) != decimal_digits(rest))
        total = rest + decimal_digits(total);
    stet_buffer_addf(b, "%zu %s%s=", total, prefix, keyword);
    stet_buffer_add(b, value, len);
    stet_buffer_add_char(b, '\n');
}

static void add_decimal(struct stet_buffer *b, const char *keyword, bool negative, uint64_t value)
{
    char text[24];
    int len =
        snprintf(text, sizeof(text), "%s%llu", negative ? "-" : "", (unsigned long long)value);
    add_record(b, "", keyword, text, (size_t)len);
}

static int add_xattr(struct stet_tar_writer *w, const struct stet_entry *e, size_t i)
{
    const struct stet_xattr *x = &e->xattrs[i];
    if (i > 0 && strcmp(e->xattrs[i - 1].name, x->name) >= 0)
        return stet_error_set(&w->error, STET_ERROR_INTERNAL, 0,
                              "%s: extended attributes are not sorted at %s", e->path, x->name);
    for (const char *p = x->name; *p != '\0'; p++) {
        if (*p == '=' || (unsigned char)*p < 0x20 || *p == 0x7f)
            return stet_error_input(&w->error,
                                    "%s: the extended attribute \"%s\" has a byte in its name ('=' "
                                    "or a control byte) that a tar cannot hold; remove it",
                                    e->path, x->name);
    }
    if (x->name[0] == '\0' || x->len > TAR_HEADER_MAX)
        return stet_error_input(&w->error, "%s: the extended attribute \"%s\" has no valid size",
                                e->path, x->name);
    add_record(&w->records, TAR_XATTR_PREFIX, x->name, x->value, x->len);
    return 0;
}

static int collect_records(struct stet_tar_writer *w, const struct stet_entry *e)
{
    struct stet_buffer *b = &w->records;
    stet_buffer_clear(b);
    if (w->name.len > TAR_NAME_SIZE)
        add_record(b, "", "path", w->name.data, w->name.len);
    if (is_link(e) && strlen(e->link) > TAR_NAME_SIZE)
        add_record(b, "", "linkpath", e->link, strlen(e->link));
    if (e->size > TAR_OCTAL11_MAX)
        add_decimal(b, "size", false, e->size);
    if (e->uid > TAR_OCTAL7_MAX)
        add_decimal(b, "uid", false, e->uid);
    if (e->gid > TAR_OCTAL7_MAX)
        add_decimal(b, "gid", false, e->gid);
    if (!mtime_fits(e->mtime))
        add_decimal(b, "mtime", e->mtime < 0,
                    e->mtime < 0 ? -(uint64_t)e->mtime : (uint64_t)e->mtime);
    for (size_t i = 0; i < e->xattr_count && b->len <= TAR_HEADER_MAX; i++) {
        if (add_xattr(w, e, i) < 0)
            return -1;
    }
    if (b->len > TAR_HEADER_MAX)
        return stet_error_input(&w->error,
                                "%s: its extended attributes take more than 1 MiB, which readers "
                                "of tar archives refuse; remove some",
                                e->path);
    return stet_buffer_check(b, "collecting pax records", &w->error);
}

/* ---- what the writer refuses ---- */

static int check_normal(struct stet_tar_writer *w, const char *path, const char *what)
{
    stet_buffer_clear(&w->check);
    if (stet_path_normalize(path, &w->check, &w->error) < 0)
        return -1;
    if (stet_buffer_check(&w->check, "checking a path", &w->error) < 0)
        return -1;
    if (strcmp(stet_buffer_str(&w->check), path) != 0)
        return stet_error_set(&w->error, STET_ERROR_INTERNAL, 0, "the %s \"%s\" is not normalised",
                              what, path);
    return 0;
}

static int check_path(struct stet_tar_writer *w, const struct stet_entry *e)
{
    if (e->path[0] == '\0') {
        if (e->type != STET_ENTRY_DIRECTORY)
            return stet_error_input(&w->error, "the root of the archive is a %s, not a directory",
                                    stet_entry_type_name(e->type));
    } else if (check_normal(w, e->path, "path") < 0) {
        return -1;
    }
    int order = w->any ? stet_path_compare(stet_buffer_str(&w->path), e->path) : -1;
    if (order < 0)
        return 0;
    return stet_error_set(&w->error, STET_ERROR_INTERNAL, 0,
                          order == 0 ? "%s: occurs twice in the archive%s"
                                     : "%s: out of order in the archive, after %s",
                          e->path, order == 0 ? "" : stet_buffer_str(&w->path));
}

static int check_link(struct stet_tar_writer *w, const struct stet_entry *e)
{
    if (!is_link(e))
        return 0;
    size_t len = e->link == NULL ? 0 : strlen(e->link);
    if (len == 0 || len > TAR_PATH_MAX)
        return stet_error_input(&w->error, "%s: the %s's target is %s", e->path,
                                stet_entry_type_name(e->type),
                                len == 0 ? "empty" : "longer than 4095 bytes");
    if (e->type == STET_ENTRY_HARDLINK && !stet_tar_pathset_has(&w->files, e->link))
        return stet_error_set(&w->error, STET_ERROR_INTERNAL, 0,
                              "%s: hard link to %s, which is no earlier file of the archive",
                              e->path, e->link);
    return 0;
}

static int check_numbers(struct stet_tar_writer *w, const struct stet_entry *e)
{
    if (e->mode > 07777 || (e->size != 0 && e->type != STET_ENTRY_FILE))
        return stet_error_set(&w->error, STET_ERROR_INTERNAL, 0,
                              "%s: mode %o or size %llu is not one of a %s", e->path, e->mode,
                              (unsigned long long)e->size, stet_entry_type_name(e->type));
    if (e->uid == UINT32_MAX || e->gid == UINT32_MAX)
        return stet_error_input(&w->error, "%s: owner %u:%u is not a valid user and group", e->path,
                                e->uid, e->gid);
    if (e->size > INT64_MAX - TAR_BLOCK)
        return stet_error_input(&w->error, "%s: %llu bytes are too many", e->path,
                                (unsigned long long)e->size);
    if (is_device(e) && (e->major > TAR_OCTAL7_MAX || e->minor > TAR_OCTAL7_MAX))
        return stet_error_input(&w->error, "%s: device number %u:%u does not fit into a tar",
                                e->path, e->major, e->minor);
    return 0;
}

static int check_state(struct stet_tar_writer *w)
{
    if (w->error.kind != STET_ERROR_NONE)
        return -1;
    if (w->finished)
        return stet_error_set(&w->error, STET_ERROR_INTERNAL, 0, "the archive is finished already");
    if (w->left > 0)
        return stet_error_set(&w->error, STET_ERROR_INTERNAL, 0,
                              "%s: %llu bytes of its content were not written",
                              stet_buffer_str(&w->path), (unsigned long long)w->left);
    return 0;
}

/* ---- entries ---- */

static int set_name(struct stet_tar_writer *w, const struct stet_entry *e)
{
    stet_buffer_clear(&w->path);
    stet_buffer_add_str(&w->path, e->path);
    stet_buffer_clear(&w->name);
    stet_buffer_add_str(&w->name, e->path[0] == '\0' ? "." : e->path);
    if (e->type == STET_ENTRY_DIRECTORY)
        stet_buffer_add_char(&w->name, '/');
    w->any = true;
    if (stet_buffer_check(&w->path, "writing an archive", &w->error) < 0)
        return -1;
    return stet_buffer_check(&w->name, "writing an archive", &w->error);
}

static int write_entry(struct stet_tar_writer *w, const struct stet_entry *e)
{
    if (check_state(w) < 0 || check_path(w, e) < 0 || check_link(w, e) < 0 ||
        check_numbers(w, e) < 0)
        return -1;
    if (set_name(w, e) < 0 || collect_records(w, e) < 0)
        return -1;
    if (e->type == STET_ENTRY_FILE && stet_tar_pathset_add(&w->files, e->path, &w->error) < 0)
        return -1;
    if (w->records.len > 0 && put_records(w) < 0)
        return -1;
    w->left = e->size;
    w->padding = tar_padding(e->size);
    return put_header(w, e);
}

/* What the caller is told: the sticky error. */
static int result(struct stet_tar_writer *w, int rc, struct stet_error *err)
{
    if (rc < 0 && err != NULL && err->kind == STET_ERROR_NONE)
        stet_error_copy(err, &w->error);
    return rc;
}

int stet_tar_writer_entry(struct stet_tar_writer *w, const struct stet_entry *e,
                          struct stet_error *err)
{
    return result(w, write_entry(w, e), err);
}

static int write_data(struct stet_tar_writer *w, const void *data, size_t len)
{
    if (w->error.kind != STET_ERROR_NONE)
        return -1;
    if (len > w->left)
        return stet_error_set(&w->error, STET_ERROR_INTERNAL, 0,
                              "%s: more content than its header says", stet_buffer_str(&w->path));
    if (len == 0)
        return 0;
    if (put(w, data, len) < 0)
        return -1;
    w->left -= len;
    return w->left == 0 ? put_zeros(w, w->padding) : 0;
}

int stet_tar_writer_data(struct stet_tar_writer *w, const void *data, size_t len,
                         struct stet_error *err)
{
    return result(w, write_data(w, data, len), err);
}

static int write_end(struct stet_tar_writer *w)
{
    if (check_state(w) < 0)
        return -1;
    w->finished = true;
    if (put_zeros(w, (size_t)2 * TAR_BLOCK) < 0)
        return -1;
    return flush(w);
}

int stet_tar_writer_finish(struct stet_tar_writer *w, struct stet_error *err)
{
    return result(w, write_end(w), err);
}
