/* Any bytes as two caches of ldconfig. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {stet_diff_ldconfig, "etc/ld.so.cache"},
    {stet_diff_ldconfig_aux, "var/cache/ldconfig/aux-cache"},
};

FUZZ_DIFF_AT(places)
