/*
 * publish - an image, or its root, to one place. What stet_oci_write() does not know are the
 * two forms without image metadata: the bare tar and the bare tree.
 */
#include <errno.h>

#include "lib/build/internal.h"

static int publish_tar(const struct stet_tree *tree, int root, unsigned threads, const char *path,
                       struct stet_error *err)
{
    struct stet_fs_output out = STET_FS_OUTPUT_INIT;
    if (stet_fs_output_open(&out, AT_FDCWD, path, err) < 0)
        return -1;
    struct stet_fd_writer file;
    stet_fd_writer_init(&file, out.fd, path);
    int result = stet_tree_write_tar(tree, root, &file.base, threads, NULL, err);
    if (stet_writer_close(&file.base, err) < 0)
        result = -1;
    if (result == 0)
        result = stet_fs_output_publish(&out, err);
    stet_fs_output_release(&out);
    return result;
}

/* The name under which a tree is copied before it gets its own: beside the target, so that
 * a rename finishes it. */
static char *name_beside(const char *path, struct stet_error *err)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return stet_format(err, "%.*s.stet-tmp-%ld", (int)len, path, (long)getpid());
}

static int refuse_filled(const char *path, struct stet_error *err)
{
    if (rmdir(path) == 0 || errno == ENOENT)
        return 0;
    if (errno == ENOTEMPTY || errno == EEXIST)
        return stet_error_input(err,
                                "rootfs:%s: the directory is not empty; name one that is empty or "
                                "does not exist",
                                path);
    return stet_error_errno(err, "cannot replace '%s'", path);
}

static int publish_rootfs(const struct stet_tree *tree, int root, const char *path,
                          struct stet_error *err)
{
    _cleanup_free_ char *tmp = name_beside(path, err);
    if (!tmp)
        return -1;
    if (mkdir(tmp, 0700) < 0)
        return stet_error_errno(err, "cannot make '%s'", tmp);
    _cleanup_close_ int dest = stet_fs_open(AT_FDCWD, tmp, O_RDONLY | O_DIRECTORY, 0, err);
    int result = dest < 0 ? -1 : stet_tree_copy_to(tree, root, dest, err);
    if (result == 0)
        result = refuse_filled(path, err);
    if (result == 0 && rename(tmp, path) < 0)
        result = stet_error_errno(err, "cannot rename '%s' to '%s'", tmp, path);
    if (result < 0)
        stet_fs_remove(AT_FDCWD, tmp, NULL);
    return result;
}

int stet_publish(const struct stet_oci_image *image, const struct stet_tree *tree, int root,
                 unsigned threads, const struct stet_oci_place *place, struct stet_error *err)
{
    switch (place->transport) {
    case STET_OCI_TAR:
        return publish_tar(tree, root, threads, place->path, err);
    case STET_OCI_ROOTFS:
        return publish_rootfs(tree, root, place->path, err);
    case STET_OCI_LAYOUT:
    case STET_OCI_ARCHIVE:
    case STET_OCI_DOCKER_ARCHIVE:
        return stet_oci_write(image, place, err);
    }
    return stet_error_set(err, STET_ERROR_INTERNAL, 0, "unknown transport");
}
