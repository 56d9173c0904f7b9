/* Any bytes as two .mo contents, of which each is a half. */
#include "tests/fuzz/fuzz_diff.h"

FUZZ_DIFF(stet_diff_mo)
