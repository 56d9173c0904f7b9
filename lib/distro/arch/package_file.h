/*
 * package_file - the file of a locked package: opened from the store and verified, and read as what it is, a tar
 * (plain, gzip, xz or zstd by content) whose first members, named with a '.', are about the package.
 *
 * Input is untrusted: what no package of makepkg holds is STET_ERROR_INPUT.
 */
#ifndef STET_ARCH_PACKAGE_FILE_H
#define STET_ARCH_PACKAGE_FILE_H

#include "lib/archive/archive.h"
#include "lib/codec/codec.h"
#include "lib/distro/arch/unpack_private.h"

/* Budgets: far above any real package, far below what would hurt. */
#define STET_ARCH_PACKAGE_MAX (UINT64_C(64) << 30) /* bytes decoded, and bytes of all files */
enum { STET_ARCH_ENTRIES_MAX = 2000000 };

/*
 * Opens the file of package number i, whose SHA-256 is checked unless it was before and the file is as it was then. The
 * descriptor, which is the caller's, or -1 with err. A file that does not match is also discarded from the store.
 */
int stet_arch_open_package(struct stet_build_context *ctx, size_t i, struct stet_error *err);

/* The decoded content of fd (borrowed), the file of the package called name. Must not move while it is open. */
struct stet_arch_decoder {
    char name[512]; /* for errors */
    struct stet_fd_reader raw;
    struct stet_reader *decoded;
};
int stet_arch_decoder_open(struct stet_arch_decoder *d, int fd, const char *name,
                           struct stet_error *err);
void stet_arch_decoder_close(struct stet_arch_decoder *d);

/*
 * The tar in, decoded already and borrowed, of the package called name, for errors. NULL with err. It may have holes,
 * devices and fifos, as libalpm extracts them; a path that begins with '.' is metadata, and one that begins with "./" is
 * refused.
 */
struct stet_archive *stet_arch_archive_new(struct stet_reader *in, const char *name,
                                           struct stet_error *err);

#endif
