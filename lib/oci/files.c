/*
 * files - the files of a layout or of an archive by name, as spans of descriptors.
 *
 * A layout is untrusted: names are resolved below its directory and lead nowhere else.
 * An archive is read through once for the offsets of its members; nothing is unpacked.
 */
#include <errno.h>

#include "lib/oci/internal.h"
#include "lib/tar/tar.h"

enum { ENTRIES_MAX = 65536, LINK_HOPS_MAX = 8, BLOCK = 512, AHEAD = 64 << 10 };

/* A member of an archive. */
struct stet_oci_file {
    char *path;
    char *link; /* of a symlink or hard link: the member it stands for, in normal form */
    uint64_t offset, size;
};

/* ---- the archive's members ---- */

/*
 * Gives the tar reader one block a read: it asks again only when it needs the next one,
 * so what it has consumed when an entry is returned is where the entry's content begins.
 */
struct blocks {
    struct stet_reader base;
    struct stet_oci_range range;
    size_t pos, len;
    char ahead[AHEAD];
};

static ssize_t blocks_read(void *ctx, void *data, size_t len, struct stet_error *err)
{
    struct blocks *b = ctx;

    if (b->pos == b->len) {
        ssize_t n = stet_reader_read(&b->range.base, b->ahead, AHEAD, err);
        if (n <= 0)
            return n;
        b->pos = 0;
        b->len = (size_t)n;
    }
    size_t block = BLOCK - (size_t)(b->base.consumed % BLOCK);
    size_t n = b->len - b->pos;
    n = n < block ? n : block;
    n = n < len ? n : len;
    memcpy(data, b->ahead + b->pos, n);
    b->pos += n;
    return (ssize_t)n;
}

static const struct stet_reader_ops blocks_ops = {blocks_read, NULL};

/* A symlink's target as a member of the archive: relative to the link's directory, ".." and all. */
static int resolve_link(const char *path, const char *target, struct stet_buffer *out,
                        struct stet_error *err)
{
    const char *slash = strrchr(path, '/');

    stet_buffer_clear(out);
    stet_buffer_add(out, path, slash ? (size_t)(slash - path) : 0);
    if (target[0] == '/')
        return stet_error_input(err, "%s: a link to the absolute path %s", path, target);
    while (*target) {
        size_t n = strcspn(target, "/");
        if (n == 2 && memcmp(target, "..", 2) == 0) {
            if (out->len == 0)
                return stet_error_input(err, "%s: a link that leads out of the archive", path);
            const char *cut = strrchr(out->data, '/');
            out->len = cut ? (size_t)(cut - out->data) : 0;
            out->data[out->len] = '\0';
        } else if (n > 0 && !(n == 1 && target[0] == '.')) {
            if (out->len > 0)
                stet_buffer_add_char(out, '/');
            stet_buffer_add(out, target, n);
        }
        target += n + (target[n] == '/');
    }
    return stet_buffer_check(out, path, err);
}

static int add_member(struct stet_oci_files *files, const struct stet_entry *e, uint64_t offset,
                      struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer link = STET_BUFFER_INIT;

    if (e->type != STET_ENTRY_FILE && e->type != STET_ENTRY_HARDLINK &&
        e->type != STET_ENTRY_SYMLINK)
        return 0;
    if (e->type == STET_ENTRY_SYMLINK && resolve_link(e->path, e->link, &link, err) < 0)
        return -1;
    if (e->type == STET_ENTRY_HARDLINK)
        stet_buffer_add_str(&link, e->link);
    if (stet_grow(&files->entries, &files->cap, files->count + 1, sizeof(*files->entries), err) < 0)
        return -1;
    struct stet_oci_file *f = &files->entries[files->count];
    *f = (struct stet_oci_file){stet_strdup(e->path, err), NULL, offset, e->size};
    if (!f->path)
        return -1;
    files->count++;
    if (e->type != STET_ENTRY_FILE) {
        f->link = stet_strdup(stet_buffer_str(&link), err);
        return f->link ? 0 : -1;
    }
    return 0;
}

static int compare_files(const void *a, const void *b)
{
    const struct stet_oci_file *x = a, *y = b;

    return strcmp(x->path, y->path);
}

/* Which of two members of a name counts would be up to the reader: there must be one of each. */
static int sort_members(struct stet_oci_files *files, struct stet_error *err)
{
    if (files->count > 1)
        qsort(files->entries, files->count, sizeof(*files->entries), compare_files);
    for (size_t i = 1; i < files->count; i++)
        if (strcmp(files->entries[i - 1].path, files->entries[i].path) == 0)
            return stet_error_input(err, "%s: holds \"%s\" twice", files->path,
                                    files->entries[i].path);
    return 0;
}

static int scan(struct stet_oci_files *files, struct blocks *blocks, struct stet_error *err)
{
    static const struct stet_tar_limits limits = {.entries = ENTRIES_MAX};
    const struct stet_entry *e;
    struct stet_tar_reader *tar = stet_tar_reader_new(&blocks->base, files->path, &limits, err);
    int rc = -1;

    while (tar && (rc = stet_tar_reader_next(tar, &e, err)) == 1) {
        rc = add_member(files, e, blocks->base.consumed, err);
        if (rc < 0 || (rc = stet_cancel_check(err)) < 0)
            break;
    }
    stet_tar_reader_free(tar);
    return rc < 0 ? -1 : sort_members(files, err);
}

int stet_oci_span_kind(const struct stet_oci_span *span, const char *name,
                       enum stet_codec_kind *kind, struct stet_error *err)
{
    struct stet_oci_range r;

    stet_oci_range_init(&r, span->fd, span->offset, span->size, name);
    struct stet_reader *decoder = stet_codec_decoder_new(&r.base, name, UINT64_MAX, kind, err);
    stet_codec_decoder_free(decoder);
    return decoder ? 0 : -1;
}

/* Members are reached by offset, which a compressed archive does not have. */
static int check_plain(const struct stet_oci_files *files, uint64_t size, struct stet_error *err)
{
    struct stet_oci_span all = {files->fd, 0, size};
    enum stet_codec_kind kind;

    if (stet_oci_span_kind(&all, files->path, &kind, err) < 0)
        return -1;
    if (kind != STET_CODEC_NONE)
        return stet_error_input(err, "%s: is compressed by %s: decompress it first", files->path,
                                stet_codec_kind_name(kind));
    return 0;
}

static int open_archive(struct stet_oci_files *files, struct stet_error *err)
{
    struct stat st;

    files->fd = stet_fs_open(AT_FDCWD, files->path, O_RDONLY | O_NONBLOCK, 0, err);
    if (files->fd < 0)
        return -1;
    if (fstat(files->fd, &st) < 0)
        return stet_error_errno(err, "stat %s", files->path);
    if (!S_ISREG(st.st_mode))
        return stet_error_input(err, "%s: is not a regular file", files->path);
    if (check_plain(files, (uint64_t)st.st_size, err) < 0)
        return -1;
    struct blocks *blocks = malloc(sizeof(*blocks));
    if (!blocks)
        return stet_error_oom(err, files->path);
    stet_reader_init(&blocks->base, &blocks_ops, blocks);
    stet_oci_range_init(&blocks->range, files->fd, 0, (uint64_t)st.st_size, files->path);
    blocks->pos = blocks->len = 0;
    int rc = scan(files, blocks, err);
    free(blocks);
    return rc;
}

/* ---- both ---- */

int stet_oci_files_open(struct stet_oci_files *files, const char *path, bool archive,
                        struct stet_error *err)
{
    *files = (struct stet_oci_files){.path = path, .fd = -1, .archive = archive};
    if (archive)
        return open_archive(files, err);
    files->fd = stet_fs_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
    return files->fd < 0 ? -1 : 0;
}

void stet_oci_files_release(struct stet_oci_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->entries[i].path);
        free(files->entries[i].link);
    }
    free(files->entries);
    files->entries = NULL;
    files->count = files->cap = 0;
    stet_cleanup_close(&files->fd);
}

static int find_in_layout(const struct stet_oci_files *files, const char *path,
                          struct stet_oci_span *out, struct stet_error *err)
{
    struct stat st;
    _cleanup_close_ int fd = stet_fs_try_open_in(files->fd, path, O_RDONLY | O_NONBLOCK, err);

    if (fd < 0)
        return fd == -2 ? 0 : stet_error_wrap(err, "%s", files->path);
    if (fstat(fd, &st) < 0)
        return stet_error_errno(err, "stat %s/%s", files->path, path);
    if (!S_ISREG(st.st_mode))
        return stet_error_input(err, "%s/%s: is not a regular file", files->path, path);
    *out = (struct stet_oci_span){stet_steal_fd(&fd), 0, (uint64_t)st.st_size};
    return 1;
}

static const struct stet_oci_file *find_member(const struct stet_oci_files *files, const char *path)
{
    struct stet_oci_file key = {.path = (char *)path};

    if (files->count == 0)
        return NULL;
    return bsearch(&key, files->entries, files->count, sizeof(key), compare_files);
}

static int find_in_archive(const struct stet_oci_files *files, const char *path,
                           struct stet_oci_span *out, struct stet_error *err)
{
    const struct stet_oci_file *f = find_member(files, path);

    for (int hops = 0; f && f->link; hops++) {
        if (hops == LINK_HOPS_MAX)
            return stet_error_input(err, "%s: \"%s\" is a chain of links that does not end",
                                    files->path, path);
        f = find_member(files, f->link);
    }
    if (!f)
        return 0;
    int fd = fcntl(files->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return stet_error_errno(err, "open %s", files->path);
    *out = (struct stet_oci_span){fd, f->offset, f->size};
    return 1;
}

int stet_oci_files_find(const struct stet_oci_files *files, const char *path,
                        struct stet_oci_span *out, struct stet_error *err)
{
    return files->archive ? find_in_archive(files, path, out, err)
                          : find_in_layout(files, path, out, err);
}

int stet_oci_files_need(const struct stet_oci_files *files, const char *path,
                        struct stet_oci_span *out, struct stet_error *err)
{
    int rc = stet_oci_files_find(files, path, out, err);

    if (rc == 0)
        return stet_error_input(err, "%s: has no %s", files->path, path);
    return rc < 0 ? -1 : 0;
}

static int read_span(const struct stet_oci_span *span, const char *name, struct stet_buffer *out,
                     struct stet_error *err)
{
    struct stet_oci_range r;
    size_t size = (size_t)span->size;

    stet_buffer_clear(out);
    stet_buffer_reserve(out, size);
    if (stet_buffer_check(out, name, err) < 0)
        return -1;
    stet_oci_range_init(&r, span->fd, span->offset, span->size, name);
    if (size > 0 && stet_reader_read_full(&r.base, out->data, size, err) < 0)
        return -1;
    out->len = size;
    out->data[size] = '\0';
    return 0;
}

int stet_oci_files_read(const struct stet_oci_files *files, const char *path, size_t max,
                        struct stet_buffer *out, struct stet_error *err)
{
    struct stet_oci_span span;

    if (stet_oci_files_need(files, path, &span, err) < 0)
        return -1;
    int rc = span.size > max
                 ? stet_error_input(err, "is larger than the %zu bytes it may have", max)
                 : read_span(&span, path, out, err);
    close(span.fd);
    return rc < 0 ? stet_error_wrap(err, "%s: %s", files->path, path) : 0;
}

int stet_oci_files_read_blob(const struct stet_oci_files *files, const struct stet_digest *digest,
                             uint64_t size, size_t max, struct stet_buffer *out,
                             struct stet_error *err)
{
    char hex[STET_DIGEST_HEX_SIZE], path[sizeof(STET_OCI_BLOB_DIR) + STET_DIGEST_HEX_SIZE];
    struct stet_digest found;

    stet_digest_hex(digest, hex);
    snprintf(path, sizeof(path), STET_OCI_BLOB_DIR "/%s", hex);
    if (stet_oci_files_read(files, path, max, out, err) < 0 ||
        stet_digest_of(out->data, out->len, &found, err) < 0)
        return -1;
    if (size != UINT64_MAX && out->len != size)
        return stet_error_input(err, "%s: %s has %zu bytes, its descriptor says %ju", files->path,
                                path, out->len, (uintmax_t)size);
    if (!stet_digest_equal(&found, digest))
        return stet_error_input(err, "%s: %s is damaged: its content has another digest",
                                files->path, path);
    return 0;
}
