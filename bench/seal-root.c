/*
 * seal-root ROOT LAYER JOBS - a root on disk becomes a layer: what `stet build` does in its phase "seal", alone.
 * For bench/seal. Writes the compressed layer to the file LAYER; prints its digest and its diff_id.
 */
#include <stdio.h>

#include "lib/build/internal.h"

static int store_layer(const struct stet_sealed *sealed, const char *path, struct stet_error *err)
{
    struct stet_fs_output out = STET_FS_OUTPUT_INIT;
    int result = stet_fs_output_open(&out, AT_FDCWD, path, err);

    if (result == 0 && lseek(sealed->fd, 0, SEEK_SET) < 0)
        result = stet_error_errno(err, "seeking");
    if (result == 0)
        result = stet_fs_copy_fd(sealed->fd, out.fd, UINT64_MAX, path, err);
    if (result == 0)
        result = stet_fs_output_publish(&out, err);
    stet_fs_output_release(&out);
    return result;
}

static int seal(int root, const char *layer, unsigned jobs, struct stet_error *err)
{
    struct stet_sealed sealed = {.fd = -1};
    struct stet_tree_scan_options scan = {.threads = jobs};
    char digest[STET_DIGEST_TEXT_SIZE];
    struct stet_tree tree;
    _cleanup_close_ int work = stet_fs_open(AT_FDCWD, "/tmp", O_RDONLY | O_DIRECTORY, 0, err);

    stet_tree_init(&tree);
    int result = work < 0 ? -1 : stet_tree_scan(root, "root", &scan, NULL, &tree, err);
    if (result == 0)
        result = stet_seal(&tree, root, work, STET_COMPRESSION_GZIP, jobs, NULL, &sealed, err);
    if (result == 0)
        result = store_layer(&sealed, layer, err);
    if (result == 0) {
        stet_digest_text(&sealed.layer.digest, digest);
        printf("%s\n", digest);
        stet_digest_text(&sealed.layer.diff_id, digest);
        printf("%s\n", digest);
    }
    if (sealed.fd >= 0)
        close(sealed.fd);
    stet_tree_release(&tree);
    return result;
}

int main(int argc, char **argv)
{
    struct stet_error err = STET_ERROR_INIT;
    uint64_t jobs;

    if (argc != 4 || stet_number_parse(argv[3], 256, &jobs, "JOBS", &err) < 0) {
        fprintf(stderr, "usage: seal-root ROOT LAYER JOBS\n");
        return 2;
    }
    _cleanup_close_ int root = stet_fs_open(AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY, 0, &err);
    if (root < 0 || seal(root, argv[2], (unsigned)jobs, &err) < 0) {
        fprintf(stderr, "seal-root: %s\n", err.text);
        return 3;
    }
    return 0;
}
