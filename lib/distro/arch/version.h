/*
 * version - alpm's versions and dependencies.
 */
#ifndef STET_ARCH_VERSION_H
#define STET_ARCH_VERSION_H

#include "lib/distro/arch/state.h"

/* As vercmp(8): [epoch:]version[-release], by rpm's segments; a release counts only where both have one. Like
 * strcmp. Accepts any text. */
int stet_arch_version_compare(const char *a, const char *b);

/* Does package p satisfy the dependency ("name", "name>=1.2", "name=1:2-3", …) by itself or by what it provides? A
 * provision without a version satisfies only a dependency without one. */
bool stet_arch_satisfies(const struct stet_arch_info *p, const char *dependency);

/*
 * Does path (or a package's name) match a list of pacman's patterns: fnmatch(3) without flags, so that '*' matches '/';
 * a leading '!' takes a match back; the last pattern that matches decides; "\!" is a '!' that is meant.
 */
bool stet_arch_match(const struct stet_strv *patterns, const char *path);

#endif
