/* Any bytes as two JSON texts, of which each is a half. */
#include "tests/fuzz/fuzz_diff.h"

FUZZ_DIFF(stet_diff_json_compare)
