#include "lib/distro/arch/resolve.h"

static const struct {
    const char *arch, *machine, *oci, *variant;
} table[] = {
    {"x86_64", "x86_64", "amd64", NULL},     {"aarch64", "aarch64", "arm64", "v8"},
    {"armv7h", "armv7l", "arm", "v7"},       {"i686", "i686", "386", NULL},
    {"riscv64", "riscv64", "riscv64", NULL}, {"loong64", "loongarch64", "loong64", NULL},
};
enum { COUNT = sizeof table / sizeof *table };

const char *stet_arch_oci_architecture(const char *architecture, const char **variant)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].arch, architecture) == 0) {
            *variant = table[i].variant;
            return table[i].oci;
        }
    return NULL;
}

const char *stet_arch_machine(const char *architecture)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].arch, architecture) == 0)
            return table[i].machine;
    return NULL;
}

const char *stet_arch_of_machine(const char *machine)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].machine, machine) == 0)
            return table[i].arch;
    /* A 32-bit process on a 64-bit kernel. */
    return strncmp(machine, "armv8", 5) == 0 ? "armv7h" : NULL;
}
