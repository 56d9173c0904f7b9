/*
 * result - the list of findings, and the names of its enumerations.
 */
#include "lib/diff/private.h"

const char *stet_diff_level_name(enum stet_diff_level level)
{
    static const char *const names[STET_DIFF_LEVELS] = {
        [STET_DIFF_IMAGE] = "image",     [STET_DIFF_LAYER] = "layer",
        [STET_DIFF_ARCHIVE] = "archive", [STET_DIFF_ENTRY] = "entry",
        [STET_DIFF_CONTENT] = "content",
    };

    return (unsigned)level < STET_DIFF_LEVELS ? names[level] : "unknown";
}

const char *stet_diff_sureness_name(enum stet_diff_sureness sure)
{
    switch (sure) {
    case STET_DIFF_POSSIBLE:
        return "possible";
    case STET_DIFF_LIKELY:
        return "likely";
    case STET_DIFF_CERTAIN:
        return "certain";
    }
    return "unknown";
}

void stet_diff_result_init(struct stet_diff_result *r)
{
    *r = (struct stet_diff_result){0};
}

void stet_diff_finding_release(struct stet_finding *f)
{
    stet_diff_shared_release(f->image);
    stet_diff_shared_release(f->path);
    stet_diff_shared_release(f->format);
    stet_diff_shared_release(f->what);
    stet_diff_shared_release(f->a);
    stet_diff_shared_release(f->b);
    free(f->detail);
    stet_diff_shared_release(f->evidence);
    stet_diff_shared_release(f->package);
    *f = (struct stet_finding){0};
}

void stet_diff_result_release(struct stet_diff_result *r)
{
    /* What lies behind count is zero, or was added past the budget (stet_diff_add_at()). */
    for (size_t i = 0; i < r->cap; i++)
        stet_diff_finding_release(&r->findings[i]);
    free(r->findings);
    for (size_t i = 0; i < r->ignored_count; i++)
        free(r->ignored[i].rule);
    free(r->ignored);
    free(r->a);
    free(r->b);
    free(r->a_kind);
    free(r->b_kind);
    stet_diff_result_init(r);
}
