/* Any bytes as two PNG contents, of which each is a half. */
#include "tests/fuzz/fuzz_diff.h"

FUZZ_DIFF(stet_diff_png)
