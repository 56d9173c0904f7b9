/*
 * layout - writing into an OCI image layout, a directory that others may be writing too.
 *
 * Everything happens under flock(2) on the directory itself, which leaves no lock file. Blobs
 * come first and index.json last, so a reader never finds an entry whose blobs are missing.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/file.h>

#include "lib/oci/internal.h"

enum { OPEN_TRIES = 100 };

struct layout {
    const char *path;
    size_t made_from; /* length of the first prefix of path that was missing; 0: none was */
    int fd;           /* locked */
    int blobs;
    bool fresh;             /* the directory was empty: all of it is this call's */
    struct stet_strv added; /* names in it, in the order of their making */
};

/* The length of the shortest prefix of path that does not exist, or 0. */
static size_t first_missing(const char *path)
{
    size_t len = strlen(path);

    for (size_t i = 1; i <= len; i++) {
        if (i < len && path[i] != '/')
            continue;
        _cleanup_free_ char *prefix = stet_format(NULL, "%.*s", (int)i, path);
        if (!prefix)
            return 0;
        if (faccessat(AT_FDCWD, prefix, F_OK, 0) < 0 && errno == ENOENT)
            return i;
    }
    return 0;
}

/* Removes the directories that open_dir() made, as far as they are still empty. */
static void remove_made(const char *path, size_t made_from)
{
    for (size_t len = strlen(path); made_from > 0 && len >= made_from; len--) {
        if (path[len] != '/' && path[len] != '\0')
            continue;
        _cleanup_free_ char *prefix = stet_format(NULL, "%.*s", (int)len, path);
        if (!prefix)
            return;
        rmdir(prefix);
    }
}

static int lock(int fd, const char *path, struct stet_error *err)
{
    while (flock(fd, LOCK_EX) < 0) {
        if (errno == EINTR && stet_cancel_check(err) == 0)
            continue;
        /* Where directories cannot be locked (some network file systems) there is no better
         * way that leaves nothing behind: go on without. */
        if (errno == EBADF || errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS)
            return 0;
        return stet_error_errno(err, "lock %s", path);
    }
    return 0;
}

/* One try: 1 when the directory is open and locked, 0 when another process removed it in between.
 */
static int try_open_dir(struct layout *l, struct stet_error *err)
{
    struct stat st;

    if (l->made_from == 0)
        l->made_from = first_missing(l->path);
    if (stet_fs_mkdirs(AT_FDCWD, l->path, err) < 0)
        return -1;
    l->fd = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->fd < 0 && errno == ENOENT)
        return 0;
    if (l->fd < 0)
        return stet_error_errno(err, "open %s", l->path);
    if (lock(l->fd, l->path, err) < 0)
        return -1;
    if (fstat(l->fd, &st) < 0)
        return stet_error_errno(err, "stat %s", l->path);
    if (st.st_nlink > 0)
        return 1;
    close(stet_steal_fd(&l->fd));
    return 0;
}

static int open_dir(struct layout *l, struct stet_error *err)
{
    for (int i = 0; i < OPEN_TRIES; i++) {
        int rc = try_open_dir(l, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
    return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "%s: is removed as often as it is made",
                          l->path);
}

static int is_empty(int fd, const char *path, struct stet_error *err)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);

    if (!dir) {
        stet_error_errno(err, "read %s", path);
        if (copy >= 0)
            close(copy);
        return -1;
    }
    int empty = 1;
    for (struct dirent *e; empty && (e = readdir(dir));)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    closedir(dir);
    return empty;
}

static int add_dir(struct layout *l, const char *name, struct stet_error *err)
{
    if (mkdirat(l->fd, name, 0777) == 0)
        return stet_strv_add(&l->added, name, err);
    return errno == EEXIST ? 0 : stet_error_errno(err, "make %s/%s", l->path, name);
}

static int check_version(const struct layout *l, struct stet_error *err)
{
    const char *version;
    json_t *doc = stet_json_read(l->fd, STET_OCI_LAYOUT_FILE, STET_OCI_MANIFEST_MAX, err);

    if (!doc)
        return stet_error_wrap(err, "%s", l->path);
    int rc = stet_json_get_string(doc, STET_OCI_LAYOUT_FILE, "imageLayoutVersion", &version, err);
    if (rc == 0 && strcmp(version, "1.0.0") != 0)
        rc = stet_error_input(err, "%s: an OCI layout of version \"%s\", not 1.0.0", l->path,
                              version);
    json_decref(doc);
    return rc;
}

/* Makes sure that the directory is a layout, with its folders. */
static int prepare(struct layout *l, struct stet_error *err)
{
    if (faccessat(l->fd, STET_OCI_LAYOUT_FILE, F_OK, 0) == 0) {
        if (check_version(l, err) < 0)
            return -1;
    } else {
        int empty = is_empty(l->fd, l->path, err);
        if (empty < 0)
            return -1;
        if (!empty)
            return stet_error_input(err,
                                    "%s: is neither empty nor an OCI layout; name another "
                                    "directory",
                                    l->path);
        l->fresh = true;
        if (stet_strv_add(&l->added, STET_OCI_LAYOUT_FILE, err) < 0 ||
            stet_fs_write(l->fd, STET_OCI_LAYOUT_FILE, STET_OCI_LAYOUT_TEXT,
                          strlen(STET_OCI_LAYOUT_TEXT), err) < 0)
            return -1;
    }
    if (add_dir(l, "blobs", err) < 0 || add_dir(l, STET_OCI_BLOB_DIR, err) < 0)
        return -1;
    l->blobs = stet_fs_open(l->fd, STET_OCI_BLOB_DIR, O_RDONLY | O_DIRECTORY, 0, err);
    return l->blobs < 0 ? -1 : 0;
}

/* Is the blob there, whole and unharmed? A damaged one is written anew. */
static bool has_blob(const struct layout *l, const char *hex, const struct stet_digest *digest,
                     uint64_t size)
{
    _cleanup_close_ int fd = openat(l->blobs, hex, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    struct stet_digest found;

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
        return false;
    return stet_digest_of_fd(fd, hex, &found, NULL, NULL) == 0 && stet_digest_equal(&found, digest);
}

static int fill_blob(struct stet_fs_output *out, struct stet_reader *in, uint64_t size,
                     const struct stet_digest *digest, const char *name, struct stet_error *err)
{
    struct stet_fd_writer w;

    stet_fd_writer_init(&w, out->fd, name);
    int rc = stet_oci_copy_checked(in, &w.base, size, digest, name, err);
    if (stet_writer_close(&w.base, err) < 0)
        rc = -1;
    return rc;
}

static int add_blob(struct layout *l, struct stet_reader *in, uint64_t size,
                    const struct stet_digest *digest, struct stet_error *err)
{
    struct stet_fs_output out = STET_FS_OUTPUT_INIT;
    char hex[STET_DIGEST_HEX_SIZE];

    stet_digest_hex(digest, hex);
    if (has_blob(l, hex, digest, size))
        return 0;
    if (stet_strv_addf(&l->added, err, STET_OCI_BLOB_DIR "/%s", hex) < 0 ||
        stet_fs_output_open(&out, l->blobs, hex, err) < 0)
        return -1;
    int rc = fill_blob(&out, in, size, digest, hex, err);
    if (rc == 0)
        rc = stet_fs_output_publish(&out, err);
    stet_fs_output_release(&out);
    return rc;
}

static int add_bytes(struct layout *l, const struct stet_buffer *data,
                     const struct stet_digest *digest, struct stet_error *err)
{
    struct stet_memory_reader r;

    stet_memory_reader_init(&r, data->data, data->len);
    return add_blob(l, &r.base, data->len, digest, err);
}

static int add_blobs(struct layout *l, const struct stet_oci_image *image, struct stet_error *err)
{
    struct stet_oci_range r;

    stet_oci_range_init(&r, image->layer.fd, 0, image->layer.size, "the layer");
    if (add_blob(l, &r.base, image->layer.size, &image->layer.digest, err) < 0 ||
        add_bytes(l, &image->config, &image->config_digest, err) < 0 ||
        add_bytes(l, &image->manifest, &image->manifest_digest, err) < 0)
        return -1;
    return 0;
}

static int replace_index(struct layout *l, const struct stet_oci_image *image,
                         const struct stet_oci_platform *platform, const char *reference,
                         struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    json_t *old = NULL;
    int rc = 0;

    if (faccessat(l->fd, STET_OCI_INDEX_FILE, F_OK, 0) == 0) {
        old = stet_json_read(l->fd, STET_OCI_INDEX_FILE, STET_OCI_MANIFEST_MAX, err);
        if (!old || stet_oci_check_index(old, STET_OCI_INDEX_FILE, NULL, err) < 0)
            rc = -1;
    }
    if (rc == 0)
        rc = stet_oci_index_write(old, image, platform, reference, &text, err);
    json_decref(old);
    if (rc == 0 && text.len > STET_OCI_MANIFEST_MAX)
        rc = stet_error_input(err, "%s: too many entries", STET_OCI_INDEX_FILE);
    if (rc == 0)
        rc = stet_fs_write(l->fd, STET_OCI_INDEX_FILE, text.data, text.len, err);
    return rc;
}

/* In a layout that was there before, blobs stay: another tool may have begun to count on them. */
static void undo(struct layout *l)
{
    for (size_t i = l->added.count; l->fresh && i > 0; i--)
        if (unlinkat(l->fd, l->added.items[i - 1], 0) < 0 && errno == EISDIR)
            unlinkat(l->fd, l->added.items[i - 1], AT_REMOVEDIR);
    remove_made(l->path, l->made_from);
}

int stet_oci_write_layout(const struct stet_oci_image *image,
                          const struct stet_oci_platform *platform,
                          const struct stet_oci_place *place, struct stet_error *err)
{
    struct layout l = {.path = place->path, .fd = -1, .blobs = -1, .added = STET_STRV_INIT};
    int rc = open_dir(&l, err);

    if (rc == 0)
        rc = prepare(&l, err);
    if (rc == 0)
        rc = add_blobs(&l, image, err);
    if (rc == 0)
        rc = replace_index(&l, image, platform, place->reference, err);
    if (rc < 0)
        undo(&l);
    stet_cleanup_close(&l.blobs);
    stet_cleanup_close(&l.fd);
    stet_strv_release(&l.added);
    return rc;
}
