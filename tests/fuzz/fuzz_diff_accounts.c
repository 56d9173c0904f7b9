/* Any bytes as two lists of accounts. */
#include "tests/fuzz/fuzz_diff_at.h"

static const struct fuzz_place places[] = {
    {diff_accounts, "etc/shadow"},
    {diff_accounts, "etc/group"},
    {diff_accounts, "etc/subuid"},
    {diff_accounts, "etc/other"},
};

FUZZ_DIFF_AT(places)
