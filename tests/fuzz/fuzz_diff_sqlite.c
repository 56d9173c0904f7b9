/* Any bytes as two SQLite contents, of which each is a half. */
#include "tests/fuzz/fuzz_diff.h"

FUZZ_DIFF(stet_diff_sqlite)
