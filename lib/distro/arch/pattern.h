/*
 * pattern - pacman's patterns: of NoExtract, and of the targets of hooks.
 */
#ifndef STET_ARCH_PATTERN_H
#define STET_ARCH_PATTERN_H

#include "lib/base/base.h"

/*
 * Does path (or a package's name) match a list of pacman's patterns: fnmatch(3) without flags, so that '*' matches '/';
 * a leading '!' takes a match back; the last pattern that matches decides; "\!" is a '!' that is meant.
 */
bool stet_arch_match(const struct stet_strv *patterns, const char *path);

#endif
