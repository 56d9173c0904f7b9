/*
 * seal-root ROOT LAYER JOBS - a root on disk becomes a layer: what `stet build` does in its phase "seal", alone.
 * For bench/seal. The compressed layer becomes the file LAYER, which must not exist; prints its digest and its diff_id.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>

#include "lib/build/internal.h"

/* Gives the unnamed file its name. */
static int name_layer(const struct stet_sealed *sealed, const char *path, struct stet_error *err)
{
    char from[32];

    snprintf(from, sizeof(from), "/proc/self/fd/%d", sealed->fd);
    if (linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0)
        return stet_error_errno(err, "cannot make %s", path);
    return 0;
}

static int seal(int root, int work, const char *layer, unsigned jobs, struct stet_error *err)
{
    struct stet_sealed sealed = {.fd = -1};
    struct stet_tree_scan_options scan = {.threads = jobs};
    char digest[STET_DIGEST_TEXT_SIZE];
    struct stet_tree tree;

    stet_tree_init(&tree);
    int result = stet_tree_scan(root, "root", &scan, NULL, &tree, err);
    if (result == 0)
        result = stet_seal(&tree, root, work, STET_COMPRESSION_GZIP, jobs, NULL, &sealed, err);
    if (result == 0)
        result = name_layer(&sealed, layer, err);
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
    _cleanup_free_ char *copy = stet_strdup(argv[2], &err);
    _cleanup_close_ int work =
        copy ? stet_fs_open(AT_FDCWD, dirname(copy), O_RDONLY | O_DIRECTORY, 0, &err) : -1;
    if (root < 0 || work < 0 || seal(root, work, argv[2], (unsigned)jobs, &err) < 0) {
        fprintf(stderr, "seal-root: %s\n", err.text);
        return 3;
    }
    return 0;
}
