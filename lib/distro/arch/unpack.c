#include "lib/distro/arch/unpack_private.h"

#include <stdlib.h>

void stet_arch_unpack_free(struct stet_arch_unpack *u)
{
    free(u);
}
