#include "lib/archive/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>

enum { BUFFER = 128 << 10, LINK_MAX_LEN = 4095 };

struct stet_archive {
    struct stet_archive_options options; /* name and part are ours */
    char *name, *part;
    struct stet_reader *in;
    struct archive *archive;
    struct stet_error error; /* of in, hidden behind libarchive */
    uint64_t entries, bytes; /* of all so far */
    uint64_t position, size; /* in the content of the entry, and of it */
    unsigned char buffer[BUFFER];
};

/* ---- errors ---- */

static int damaged(const struct stet_archive *a, struct stet_error *err)
{
    if (a->error.kind != STET_ERROR_NONE) {
        stet_error_copy(err, &a->error);
        return -1;
    }
    const char *text = archive_error_string(a->archive);
    return stet_error_input(err, "%s: its %s is damaged: %s", a->name,
                            a->part ? a->part : "archive", text ? text : "unknown reason");
}

/* "package bash: it …", "libc6: its data.tar …". */
static int fail(const struct stet_archive *a, const char *why, struct stet_error *err)
{
    if (a->part)
        return stet_error_input(err, "%s: its %s %s", a->name, a->part, why);
    return stet_error_input(err, "%s: it %s", a->name, why);
}

static int refuse(const struct stet_archive *a, const char *path, const char *why,
                  struct stet_error *err)
{
    if (a->part)
        return stet_error_input(err, "%s: \"%s\" in its %s %s", a->name, path, a->part, why);
    return stet_error_input(err, "%s: \"/%s\" %s", a->name, path, why);
}

/* ---- opening ---- */

static la_ssize_t tar_read(struct archive *archive, void *ctx, const void **data)
{
    struct stet_archive *a = ctx;
    ssize_t n = stet_reader_read(a->in, a->buffer, sizeof a->buffer, &a->error);
    *data = a->buffer;
    if (n < 0)
        archive_set_error(archive, EIO, "decoding failed");
    return n;
}

static int copy_names(struct stet_archive *a, struct stet_error *err)
{
    a->name = stet_strdup(a->options.name, err);
    if (a->options.part)
        a->part = stet_strdup(a->options.part, err);
    a->options.name = a->name;
    a->options.part = a->part;
    return a->name && (a->part || !a->options.part) ? 0 : -1;
}

static int open_tar(struct stet_archive *a, struct stet_error *err)
{
    a->archive = archive_read_new();
    if (!a->archive)
        return stet_error_oom(err, "reading a package");
    if (archive_read_support_format_tar(a->archive) != ARCHIVE_OK ||
        (a->options.may_be_empty && archive_read_support_format_empty(a->archive) != ARCHIVE_OK) ||
        archive_read_open(a->archive, a, NULL, tar_read, NULL) != ARCHIVE_OK)
        return damaged(a, err);
    return 0;
}

struct stet_archive *stet_archive_new(struct stet_reader *in,
                                      const struct stet_archive_options *options,
                                      struct stet_error *err)
{
    struct stet_archive *a = calloc(1, sizeof *a);
    if (!a) {
        stet_error_oom(err, "reading a package");
        return NULL;
    }
    a->in = in;
    a->options = *options;
    if (copy_names(a, err) == 0 && open_tar(a, err) == 0)
        return a;
    stet_archive_free(a);
    return NULL;
}

void stet_archive_free(struct stet_archive *a)
{
    if (!a)
        return;
    if (a->archive)
        archive_read_free(a->archive);
    free(a->name);
    free(a->part);
    free(a);
}

/* ---- one entry ---- */

static int convert_path(const struct stet_archive *a, const char *path, char **out,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (!path && a->part)
        return stet_error_input(err, "%s: a path in its %s cannot be decoded", a->name, a->part);
    if (!path)
        return fail(a, "has a path that cannot be decoded", err);
    if (a->options.check_path && a->options.check_path(a->name, path, err) < 0)
        return -1;
    if (stet_path_normalize(path, &b, err) < 0)
        return a->part ? stet_error_wrap(err, "%s: its %s", a->name, a->part)
                       : stet_error_wrap(err, "%s", a->name);
    *out = stet_strdup(stet_buffer_str(&b), err);
    return *out ? 0 : -1;
}

static int convert_file(struct stet_archive *a, struct archive_entry *from, struct stet_entry *e,
                        struct stet_error *err)
{
    if (!a->options.may_have_holes && archive_entry_sparse_count(from) > 0)
        return refuse(a, e->path, "is a sparse file, which packages must not hold", err);
    if (!archive_entry_size_is_set(from) || archive_entry_size(from) < 0)
        return refuse(a, e->path, "has no valid size", err);
    e->size = (uint64_t)archive_entry_size(from);
    /* The sum, as a file may be all holes. */
    if (e->size > a->options.max_bytes - a->bytes)
        return stet_error_input(err, "%s: its files are too big", a->name);
    a->bytes += e->size;
    return 0;
}

static int convert_symlink(const struct stet_archive *a, struct archive_entry *from,
                           struct stet_entry *e, struct stet_error *err)
{
    const char *target = archive_entry_symlink(from);
    if (!target)
        target = archive_entry_symlink_utf8(from);
    if (!target || !*target || strlen(target) > LINK_MAX_LEN)
        return refuse(a, e->path, "is a symlink without a valid target", err);
    e->link = stet_strdup(target, err);
    return e->link ? 0 : -1;
}

/* A device, fifo, or what else there is. */
static int convert_special(const struct stet_archive *a, struct archive_entry *from,
                           struct stet_entry *e, struct stet_error *err)
{
    unsigned type = archive_entry_filetype(from);
    if (!a->options.may_have_devices)
        return refuse(a, e->path, "is a device, fifo or socket, which packages must not hold", err);
    if (type != AE_IFCHR && type != AE_IFBLK && type != AE_IFIFO)
        return refuse(a, e->path, "is of a type that packages must not hold", err);
    e->type = type == AE_IFIFO   ? STET_ENTRY_FIFO
              : type == AE_IFCHR ? STET_ENTRY_CHAR
                                 : STET_ENTRY_BLOCK;
    if (type == AE_IFIFO)
        return 0;
    uint64_t number_major = (uint64_t)archive_entry_rdevmajor(from);
    uint64_t number_minor = (uint64_t)archive_entry_rdevminor(from);
    if (number_major > UINT32_MAX || number_minor > UINT32_MAX)
        return refuse(a, e->path, "has a device number out of range", err);
    e->major = (uint32_t)number_major;
    e->minor = (uint32_t)number_minor;
    return 0;
}

static int convert_type(struct stet_archive *a, struct archive_entry *from, struct stet_entry *e,
                        struct stet_error *err)
{
    const char *link = archive_entry_hardlink(from);
    if (!link)
        link = archive_entry_hardlink_utf8(from);
    if (link) {
        e->type = STET_ENTRY_HARDLINK;
        if (archive_entry_size(from) != 0)
            return refuse(a, e->path, "is a hard link with content", err);
        return convert_path(a, link, &e->link, err);
    }
    switch (archive_entry_filetype(from)) {
    case AE_IFREG:
        e->type = STET_ENTRY_FILE;
        return convert_file(a, from, e, err);
    case AE_IFDIR:
        e->type = STET_ENTRY_DIRECTORY;
        return 0;
    case AE_IFLNK:
        e->type = STET_ENTRY_SYMLINK;
        return convert_symlink(a, from, e, err);
    default:
        return convert_special(a, from, e, err);
    }
}

static int convert_xattrs(const struct stet_archive *a, struct archive_entry *from,
                          struct stet_entry *e, struct stet_error *err)
{
    const char *name;
    const void *value;
    size_t len;
    if (archive_entry_xattr_reset(from) > STET_ARCHIVE_XATTRS_MAX)
        return refuse(a, e->path, "carries too many extended attributes", err);
    while (archive_entry_xattr_next(from, &name, &value, &len) == ARCHIVE_OK) {
        if (e->type != STET_ENTRY_FILE && e->type != STET_ENTRY_DIRECTORY)
            return refuse(a, e->path, "carries an extended attribute and is no file or directory",
                          err);
        if (strcmp(name, "security.capability") != 0 && strncmp(name, "user.", 5) != 0)
            return refuse(a, e->path,
                          "carries an extended attribute other than security.capability and user.*",
                          err);
        if (stet_entry_set_xattr(e, name, value, len, err) < 0)
            return -1;
    }
    return 0;
}

static int convert(struct stet_archive *a, struct archive_entry *from, struct stet_entry *e,
                   struct stet_error *err)
{
    const char *path = archive_entry_pathname(from);
    if (convert_path(a, path ? path : archive_entry_pathname_utf8(from), &e->path, err) < 0)
        return -1;
    int64_t uid = archive_entry_uid(from), gid = archive_entry_gid(from);
    if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
        return refuse(a, e->path, "has an owner out of range", err);
    e->uid = (uint32_t)uid;
    e->gid = (uint32_t)gid;
    e->mode = (uint32_t)archive_entry_mode(from) & 07777;
    e->mtime = archive_entry_mtime(from);
    if (e->mtime < 0)
        return refuse(a, e->path, "has a time before 1970", err);
    if (convert_type(a, from, e, err) < 0)
        return -1;
    return convert_xattrs(a, from, e, err);
}

/* ---- one after the other ---- */

/* After the tar's end: reads what is left, so that checksums at the end are checked. */
static int drain(struct stet_archive *a, struct stet_error *err)
{
    ssize_t n;
    do
        n = stet_reader_read(a->in, a->buffer, sizeof a->buffer, err);
    while (n > 0);
    return n < 0 ? -1 : 0;
}

/* libarchive turns the names of pax headers, which are UTF-8, into the thread's locale's. */
static locale_t utf8;

static void make_locale(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static int next_header(struct stet_archive *a, struct archive_entry **entry)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_locale);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    int rc = archive_read_next_header(a->archive, entry);
    if (before)
        uselocale(before);
    return rc;
}

int stet_archive_next(struct stet_archive *a, struct stet_entry *e, struct stet_error *err)
{
    struct archive_entry *from;
    stet_entry_release(e);
    a->position = a->size = 0;
    int rc = next_header(a, &from);
    if (rc == ARCHIVE_EOF)
        return a->error.kind != STET_ERROR_NONE ? damaged(a, err) : drain(a, err);
    /* A warning means that libarchive guessed; packages give no reason to. */
    if (rc != ARCHIVE_OK)
        return damaged(a, err);
    if (++a->entries > a->options.max_entries) {
        char why[64];
        snprintf(why, sizeof why, "has more than %ju entries", (uintmax_t)a->options.max_entries);
        return fail(a, why, err);
    }
    if (convert(a, from, e, err) < 0)
        return -1;
    a->size = e->size;
    return 1;
}

int stet_archive_block(struct stet_archive *a, const void **data, size_t *len, uint64_t *offset,
                       struct stet_error *err)
{
    const bool holes = a->options.may_have_holes;
    la_int64_t at;
    int rc;
    do
        rc = archive_read_data_block(a->archive, data, len, &at);
    while (rc == ARCHIVE_OK && *len == 0);
    if (rc == ARCHIVE_EOF && (holes || a->position == a->size))
        return 0;
    if (rc != ARCHIVE_OK)
        return damaged(a, err);
    if (at < 0 || (uint64_t)at < a->position || (uint64_t)at > a->size ||
        *len > a->size - (uint64_t)at || (!holes && (uint64_t)at != a->position))
        return holes
                   ? stet_error_input(err, "%s: the pieces of a file in it make no whole", a->name)
                   : fail(a, "holds a file with holes", err);
    *offset = (uint64_t)at;
    a->position = (uint64_t)at + *len;
    return 1;
}
