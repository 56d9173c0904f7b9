/*
 * Databases of Arch repositories, byte by byte: a tar of NAME-VERSION/desc.
 */
#ifndef TESTS_UNIT_SOLVE_ARCH_DB_H
#define TESTS_UNIT_SOLVE_ARCH_DB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/base.h"

enum { DB_BLOCK = 512 };

static inline void db_add_entry(struct stet_buffer *tar, const char *path, char type,
                                const char *data, size_t len)
{
    static const char zeros[DB_BLOCK];
    char h[DB_BLOCK] = {0};
    unsigned sum = 0;
    assert_true(strlen(path) < 100);
    memcpy(h, path, strlen(path));
    memcpy(h + 100, "0000644", 7);
    memcpy(h + 108, "0000000", 7);
    memcpy(h + 116, "0000000", 7);
    snprintf(h + 124, 12, "%011o", (unsigned)len & 0777777777);
    memcpy(h + 136, "00000000000", 11);
    h[156] = type;
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < sizeof h; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum & 0777777);
    stet_buffer_add(tar, h, sizeof h);
    stet_buffer_add(tar, data, len);
    stet_buffer_add(tar, zeros, (DB_BLOCK - len % DB_BLOCK) % DB_BLOCK);
}

static inline void db_add_text(struct stet_buffer *tar, const char *path, const char *text)
{
    db_add_entry(tar, path, '0', text, strlen(text));
}

static inline void db_end(struct stet_buffer *tar)
{
    static const char zeros[2 * DB_BLOCK];
    stet_buffer_add(tar, zeros, sizeof zeros);
    assert_false(tar->failed);
}

#endif
