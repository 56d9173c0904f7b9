/* Any bytes as two texts, of which each is a half. */
#include "tests/fuzz/fuzz_diff.h"

FUZZ_DIFF(stet_diff_text_compare)
