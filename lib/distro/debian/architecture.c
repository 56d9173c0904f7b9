#include "lib/distro/debian/architecture.h"

#include <string.h>

static const struct {
    const char *debian, *machine, *oci, *variant;
} table[] = {
    {"amd64", "x86_64", "amd64", NULL},
    {"arm64", "aarch64", "arm64", "v8"},
    {"armhf", "armv7l", "arm", "v7"},
    {"armel", "armv5tel", "arm", "v5"},
    {"i386", "i686", "386", NULL},
    {"ppc64el", "ppc64le", "ppc64le", NULL},
    {"riscv64", "riscv64", "riscv64", NULL},
    {"s390x", "s390x", "s390x", NULL},
    {"loong64", "loongarch64", "loong64", NULL},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

const char *stet_debian_oci_architecture(const char *architecture, const char **variant)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].debian, architecture) == 0) {
            *variant = table[i].variant;
            return table[i].oci;
        }
    return NULL;
}

const char *stet_debian_machine(const char *architecture)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].debian, architecture) == 0)
            return table[i].machine;
    return NULL;
}
