/* Any bytes as two archives of one kind, of which each is a half. */
#include "tests/fuzz/fuzz_diff.h"

static int compare_archives(const struct diff_pair *p, struct stet_error *err)
{
    static diff_comparator *const all[] = {diff_ar_compare, diff_tar_compare, diff_cpio_compare,
                                           diff_zip_compare};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof all / sizeof *all; i++) {
        size_t before = p->diff->result->count;
        rc = all[i](p, err);
        if (rc == 0)
            diff_take_back(p->diff->result, before);
    }
    return rc;
}

FUZZ_DIFF(compare_archives)
