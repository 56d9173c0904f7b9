/*
 * unpack - packages into a root by libalpm's rules, and pacman's local database as pacman 7.1 writes it.
 *
 * Packages are installed one after the other in the order of the lock: its pre_install scriptlet, its files, its
 * entry in the local database, its post_install scriptlet. Nothing of a package appears in the root before the SHA-256
 * of its file matched the lock. As in libalpm's add.c:
 *   - a directory that exists is not extracted again: the first package that ships it decides its mode and owner;
 *   - a path that matches the recipe's noextract stays in the database's list and is not extracted;
 *   - a backup file that a scriptlet left in the root already stays, and the package's own becomes NAME.pacnew unless
 *     they are equal; any other file is replaced; a file never replaces a directory (STET_ERROR_INPUT);
 *   - a path, no directory, that two packages of the lock ship is STET_ERROR_INPUT and names both. (pacman asks the
 *     same of the whole transaction before it begins, and so does stet_arch_read_stage().)
 * Times are the package's, clamped to the lock's epoch; each is reported by ctx->keep_mtime. Owner, mode, set-id bits
 * and extended attributes (security.capability and user.*) are the package's; access control lists and file flags are
 * left out, as libalpm does. Symbolic links are never followed on the way to a file. A hard link to a file that
 * noextract leaves out is STET_ERROR_INPUT (pacman has a warning then, and no file).
 */
#ifndef STET_ARCH_UNPACK_H
#define STET_ARCH_UNPACK_H

#include "lib/distro/arch/state.h"

/*
 * Makes an empty root the way pacstrap does: var/cache/pacman/pkg, var/lib/pacman, var/log, dev, run and etc/pacman.d
 * (0755), tmp (1777), proc and sys (0555); then var/lib/pacman/local with ALPM_DB_VERSION ("9").
 * ctx->state is made if it is NULL.
 */
int stet_arch_prepare_root(struct stet_build_context *ctx, struct stet_error *err);

/*
 * Reads the metadata of all packages of a stage, in parallel: checks that size and SHA-256 equal the lock's (a content
 * that does not is discarded from the store), and that name, version and architecture inside do, too; fills
 * ctx->state->packages (all but installed). The list of files comes from .MTREE where there is one, as in libalpm,
 * else from the archive. Then checks for paths shipped twice, over all stages up to this one. Writes nothing.
 */
int stet_arch_read_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err);

/* Installs the packages of a stage (read before). Decodes ahead on ctx->threads; what it writes does not depend on
 * their number. Runs scriptlets by stet_arch_scriptlet_run(). */
int stet_arch_install_stage(struct stet_build_context *ctx, unsigned stage, struct stet_error *err);

#endif
