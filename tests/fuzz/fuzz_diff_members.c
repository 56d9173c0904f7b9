/* Any bytes as two archives of one kind, of which each is a half. */
#include "tests/fuzz/fuzz_diff.h"

static int compare_archives(const struct diff_pair *p, struct stet_error *err)
{
    static diff_comparator *const all[] = {stet_diff_ar_compare, stet_diff_tar_compare,
                                           stet_diff_cpio_compare, stet_diff_zip_compare};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof all / sizeof *all; i++) {
        size_t before = p->diff->result->count;
        rc = all[i](p, err);
        if (rc == 0)
            stet_diff_take_back(p->diff->result, before);
    }
    return rc;
}

FUZZ_DIFF(compare_archives)
