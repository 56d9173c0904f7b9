#include "lib/distro/distro.h"

#include "lib/distro/arch/arch.h"
#include "lib/distro/debian/debian.h"

static const struct stet_distro *const all[] = {&stet_debian, &stet_arch, NULL};

const struct stet_distro *const *stet_distro_all(void)
{
    return all;
}

const struct stet_distro *stet_distro_find(const char *ecosystem, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer known = STET_BUFFER_INIT;
    for (const struct stet_distro *const *d = all; *d; d++) {
        if (strcmp((*d)->name, ecosystem) == 0)
            return *d;
        stet_buffer_addf(&known, "%s%s", known.len ? ", " : "", (*d)->name);
    }
    stet_error_input(err, "ecosystem '%s' is not known; this stet knows: %s", ecosystem,
                     stet_buffer_str(&known));
    return NULL;
}
