/*
 * info - the text of .PKGINFO.
 */
#ifndef STET_ARCH_INFO_H
#define STET_ARCH_INFO_H

#include "lib/distro/arch/state.h"

/*
 * Reads the text as libalpm does: lines "key = value", '#' and empty lines left out; of a key that is no list the last
 * one counts; keys that libalpm does not know are ignored. What cannot be (no name, a version without a release, a
 * number that is none, a name or version that is no single path component, control bytes, an absolute path or ".." in
 * backup) is STET_ERROR_INPUT; name is the package file's for errors. On failure out is as after init.
 */
int stet_arch_info_parse(const char *text, size_t len, const char *name, struct stet_arch_info *out,
                         struct stet_error *err);

#endif
