/*
 * ustar - the 512 bytes of a tar header (POSIX.1-2017, pax, "ustar Interchange Format"),
 * as writer and reader of this module share them. Private to lib/tar.
 */
#ifndef STET_TAR_USTAR_H
#define STET_TAR_USTAR_H

#include <stddef.h>
#include <stdint.h>

enum {
    TAR_BLOCK = 512,
    TAR_NAME_SIZE = 100,
    TAR_PATH_MAX = 4095,          /* bytes of a path or a link's target */
    TAR_HEADER_MAX = 1024 * 1024, /* of one entry's extended headers */
    TAR_CHECKSUM_OFFSET = 148,
    TAR_CHECKSUM_SIZE = 8,
};

#define TAR_OCTAL7_MAX  UINT64_C(07777777)
#define TAR_OCTAL11_MAX UINT64_C(077777777777)

#define TAR_XATTR_PREFIX "SCHILY.xattr."

struct ustar {
    char name[TAR_NAME_SIZE];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[TAR_CHECKSUM_SIZE];
    char type;
    char linkname[TAR_NAME_SIZE];
    char magic[6];
    char version[2];
    char uname[32];
    char gname[32];
    char devmajor[8];
    char devminor[8];
    char prefix[155];
    char pad[12];
};

_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is one block");
_Static_assert(offsetof(struct ustar, checksum) == TAR_CHECKSUM_OFFSET, "checksum's place");

/* Bytes from size to the next multiple of the block. */
static inline size_t tar_padding(uint64_t size)
{
    return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

#endif
