/*
 * stet_memory - how much memory there is for use.
 */
#ifndef STET_BASE_MEMORY_H
#define STET_BASE_MEMORY_H

#include <stdint.h>

/*
 * Bytes that can be had without swapping and without reaching a limit: MemAvailable of proc(5), and what the
 * memory limits of the calling process's control group and of those above it (both versions) leave; the least of
 * them. What caches hold counts as used in a limited group, so the figure is rather too low. 0 when
 * nothing is known. root is put before /proc and /sys ("" for the machine's own).
 */
uint64_t stet_memory_available(const char *root);

#endif
