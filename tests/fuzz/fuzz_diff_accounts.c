/* Any bytes as two lists of accounts. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {stet_diff_accounts, "etc/shadow"},
    {stet_diff_accounts, "etc/group"},
    {stet_diff_accounts, "etc/subuid"},
    {stet_diff_accounts, "etc/other"},
};

FUZZ_DIFF_AT(places)
