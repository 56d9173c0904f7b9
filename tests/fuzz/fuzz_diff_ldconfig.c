/* Any bytes as two caches of ldconfig. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {diff_ldconfig, "etc/ld.so.cache"},
    {diff_ldconfig_aux, "var/cache/ldconfig/aux-cache"},
};

FUZZ_DIFF_AT(places)
