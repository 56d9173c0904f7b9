/*
 * report - which format, and what they share.
 */
#include "lib/report/private.h"

enum { FLUSH_AT = 64 * 1024 };

bool stet_report_format_find(const char *name, enum stet_report_format *out)
{
    static const char *const names[] = {
        [STET_REPORT_TEXT] = "text",
        [STET_REPORT_JSON] = "json",
        [STET_REPORT_HTML] = "html",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum stet_report_format)i;
            return true;
        }
    }
    return false;
}

static int pass_on(struct stet_report *r, struct stet_error *err)
{
    if (stet_buffer_check(&r->text, "a report", err) < 0)
        return -1;
    if (r->text.len > 0 && stet_writer_write(r->out, r->text.data, r->text.len, err) < 0)
        return -1;
    stet_buffer_clear(&r->text);
    return 0;
}

int stet_report_flush(struct stet_report *r, struct stet_error *err)
{
    if (r->text.failed || r->text.len >= FLUSH_AT)
        return pass_on(r, err);
    return 0;
}

void stet_report_count(const struct stet_report *r, struct stet_report_counts *out)
{
    const struct stet_diff_result *result = r->result;

    *out = (struct stet_report_counts){0};
    for (size_t i = 0; i < result->count; i++) {
        const struct stet_finding *f = &result->findings[i];

        if ((unsigned)f->level < STET_DIFF_LEVELS)
            out->levels[f->level]++;
        if (f->cause == STET_CAUSE_UNEXPLAINED)
            out->unexplained++;
        if (stet_diff_cause_info(f->cause)->loud)
            out->loud++;
    }
    for (size_t i = 0; i < result->ignored_count; i++)
        out->ignored += result->ignored[i].count;
}

static int write_format(struct stet_report *r, enum stet_report_format format,
                        struct stet_error *err)
{
    int status = -1;

    switch (format) {
    case STET_REPORT_TEXT:
        status = stet_report_text(r, err);
        break;
    case STET_REPORT_JSON:
        status = stet_report_json(r, err);
        break;
    case STET_REPORT_HTML:
        status = stet_report_html(r, err);
        break;
    }
    return status < 0 ? -1 : pass_on(r, err);
}

int stet_report_diff(const struct stet_diff_result *result, enum stet_report_format format,
                     const struct stet_report_options *options, struct stet_writer *out,
                     struct stet_error *err)
{
    struct stet_report r = {.result = result, .out = out};

    if (options)
        r.options = *options;
    if (stet_report_groups_make(result, &r.groups, err) < 0)
        return -1;
    stet_buffer_init(&r.text);
    int status = write_format(&r, format, err);
    stet_buffer_release(&r.text);
    stet_report_groups_release(&r.groups);
    return status;
}
