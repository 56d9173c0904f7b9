/* Any bytes as two compressed contents, of which each is a half. They are described even if they are damaged. */
#include "lib/diff/compressed.h"
#include "tests/fuzz/fuzz_diff.h"

static void describe(const struct diff_bytes *x)
{
    struct stet_buffer out = STET_BUFFER_INIT;
    int rc = stet_diff_compression_describe(x, &out, NULL);

    if (rc < 0 || (rc > 0) != (out.len > 0))
        abort();
    fuzz_check_text(stet_buffer_str(&out), false);
    stet_buffer_release(&out);
}

static int compare(const struct diff_pair *p, struct stet_error *err)
{
    describe(&p->a);
    describe(&p->b);
    return stet_diff_compressed_compare(p, err);
}

FUZZ_DIFF(compare)
