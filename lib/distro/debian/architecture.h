/*
 * architecture - Debian's names of architectures, and what others call them.
 */
#ifndef STET_DEBIAN_ARCHITECTURE_H
#define STET_DEBIAN_ARCHITECTURE_H

/* Go's GOARCH and variant ("arm64", "v8"); *variant is NULL where there is none. NULL: unknown. */
const char *stet_debian_oci_architecture(const char *architecture, const char **variant);
/* What uname -m says on it. NULL: unknown. */
const char *stet_debian_machine(const char *architecture);

#endif
