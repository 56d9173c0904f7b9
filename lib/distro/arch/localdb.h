/*
 * localdb - the entry of one package in var/lib/pacman/local, as libalpm 7.1 writes it (be_local.c).
 */
#ifndef STET_ARCH_LOCALDB_H
#define STET_ARCH_LOCALDB_H

#include "lib/distro/arch/state.h"

/*
 * Appends the text of desc: NAME VERSION BASE DESC URL ARCH BUILDDATE INSTALLDATE PACKAGER SIZE REASON GROUPS LICENSE
 * VALIDATION REPLACES DEPENDS OPTDEPENDS CONFLICTS PROVIDES XDATA, each "%KEY%", its values, an empty line; empty ones
 * left out. REASON 1 where the lock's reason is "dependency". VALIDATION is the lock's, sha256 where it says nothing. install_date in seconds since 1970.
 */
int stet_arch_localdb_desc(const struct stet_arch_package *p, int64_t install_date,
                           struct stet_buffer *out, struct stet_error *err);

/* Appends the text of files: %FILES%, then %BACKUP% with "path<TAB>md5". hashes[i] is the MD5 (hex) of backup file i of
 * p->info.backup as extracted, or NULL where it was not extracted, which libalpm writes as "(null)". */
int stet_arch_localdb_files(const struct stet_arch_package *p, const char *const *hashes,
                            struct stet_buffer *out, struct stet_error *err);

/* Reads a desc text back: appends "name version architecture" to out. For images whose packages are listed. */
int stet_arch_localdb_read_desc(const char *text, size_t len, const char *name,
                                struct stet_strv *out, struct stet_error *err);

#endif
