/*
 * comparing - one comparator run over two contents, as the tests and fuzz targets of formats need it. Header only, so that
 * a test stays one source.
 */
#ifndef STET_TESTS_DIFF_COMPARING_H
#define STET_TESTS_DIFF_COMPARING_H

#include "lib/diff/formats.h"
#include "lib/diff/private.h"
#include "lib/diff/scopes.h"

struct comparing {
    struct stet_diff_options options;
    struct stet_diff_result result;
    struct diff diff;
    struct stet_error err;
    int status; /* of the comparator */
};

/* Both builds took place in the year 2026, whatever is compared. */
static inline void comparing_run(struct comparing *c, diff_comparator *compare, const char *path,
                                 const void *a, size_t a_len, const void *b, size_t b_len)
{
    memset(c, 0, sizeof *c);
    stet_diff_result_init(&c->result);
    c->diff.options = &c->options;
    c->diff.result = &c->result;
    c->diff.bytes_left = 64 << 20;
    c->diff.temporary = -1;
    for (size_t i = 0; i < 2; i++) {
        c->diff.side[i].time_min = 1767225600; /* 2026-01-01 */
        c->diff.side[i].time_max = 1798761599; /* 2026-12-31 */
    }
    struct diff_pair p = {
        .diff = &c->diff, .path = path, .file = path, .a = {a, a_len}, .b = {b, b_len}};
    c->status = compare(&p, &c->err);
}

/* The number of findings with this property; f (may be NULL) is the first. */
static inline size_t comparing_find(const struct comparing *c, const char *what,
                                    const struct stet_finding **f)
{
    size_t found = 0;
    for (size_t i = 0; i < c->result.count; i++)
        if (strcmp(c->result.findings[i].what, what) == 0 && found++ == 0 && f)
            *f = &c->result.findings[i];
    return found;
}

static inline void comparing_print(const struct comparing *c, FILE *out)
{
    for (size_t i = 0; i < c->result.count; i++) {
        const struct stet_finding *f = &c->result.findings[i];
        fprintf(out, "%s: %s: %s\n  - %s\n  + %s\n", f->path, f->format, f->what,
                f->a ? f->a : "(none)", f->b ? f->b : "(none)");
        if (f->cause != STET_CAUSE_UNEXPLAINED)
            fprintf(out, "  cause %d (%d): %s\n", (int)f->cause, (int)f->sure,
                    f->evidence ? f->evidence : "(no evidence)");
        if (f->detail)
            fprintf(out, "%s", f->detail);
    }
}

static inline void comparing_release(struct comparing *c)
{
    stet_diff_result_release(&c->result);
    stet_diff_recent_release(&c->diff.recent);
    stet_diff_scopes_free(c->diff.scopes);
    c->diff.scopes = NULL;
}

#endif
