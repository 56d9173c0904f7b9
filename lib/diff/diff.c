/*
 * diff - two artifacts opened, compared, explained, and put in order.
 */
#include "lib/diff/evidence.h"
#include "lib/diff/scopes.h"
#include "lib/diff/sides.h"

/* ---- two artifacts of whatever kinds ---- */

static int finish_evidence(struct diff *d, struct stet_error *err)
{
    return stet_diff_evidence_finish(&d->side[0], err) < 0 ||
                   stet_diff_evidence_finish(&d->side[1], err) < 0
               ? -1
               : 0;
}

static int compare_lists(struct diff *d, struct diff_list *a, struct diff_list *b, bool strict,
                         struct stet_error *err)
{
    if (stet_diff_list_evidence(&d->side[0], a, err) < 0 ||
        stet_diff_list_evidence(&d->side[1], b, err) < 0 || finish_evidence(d, err) < 0)
        return -1;
    return stet_diff_entries(d, 0, a, b, strict, err);
}

static int compare_streams(struct diff *d, struct diff_stream *a, struct diff_stream *b,
                           bool compression, struct stet_error *err)
{
    struct diff_stream *both[] = {a, b};
    struct diff_list la, lb;

    if (stet_diff_map_equal(&a->blob, &b->blob)) {
        d->result->bytes += a->blob.bytes.len + b->blob.bytes.len;
        return 0;
    }
    if (stet_diff_streams_open(d, both, 2, err) < 0 ||
        stet_diff_list_tar(&a->index, &la, err) < 0 ||
        stet_diff_list_tar(&b->index, &lb, err) < 0 ||
        stet_diff_list_evidence(&d->side[0], &la, err) < 0 ||
        stet_diff_list_evidence(&d->side[1], &lb, err) < 0 || finish_evidence(d, err) < 0)
        return -1;
    return stet_diff_streams(d, 0, a, b, compression, err);
}

/* The tars that a side consists of, open. */
static int streams_of(struct diff *d, struct diff_artifact *a, struct diff_stream ***out,
                      size_t *count, struct stet_error *err)
{
    if (a->kind == DIFF_ARTIFACT_IMAGE)
        return stet_diff_image_streams(d, a->image, out, count, err);
    *out = calloc(1, sizeof(struct diff_stream *));
    if (!*out)
        return stet_error_oom(err, a->name);
    (*out)[0] = &a->stream;
    *count = 1;
    return stet_diff_streams_open(d, *out, 1, err);
}

static int list_of(struct diff *d, struct diff_artifact *a, struct diff_list *out,
                   struct stet_error *err)
{
    struct diff_stream **streams = NULL;
    size_t count = 0;

    if (a->kind == DIFF_ARTIFACT_DIRECTORY)
        return stet_diff_list_directory(d, a->place.path, out, err);
    int rc = streams_of(d, a, &streams, &count, err);
    _cleanup_free_ struct diff_tar **tars = calloc(count + 1, sizeof(struct diff_tar *));
    if (rc == 0 && !tars)
        rc = stet_error_oom(err, a->name);
    for (size_t i = 0; rc == 0 && i < count; i++)
        tars[i] = &streams[i]->index;
    if (rc == 0)
        rc = stet_diff_list_flat(tars, count, out, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        out->damaged = out->damaged || streams[i]->damage.kind;
    free(streams);
    return rc;
}

static int compare_as_lists(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                            struct stet_error *err)
{
    bool strict = a->kind == b->kind;
    struct diff_list la = {0}, lb = {0};
    int rc = -1;

    if (list_of(d, a, &la, err) == 0 && list_of(d, b, &lb, err) == 0)
        rc = compare_lists(d, &la, &lb, strict, err);
    stet_diff_list_free(&la);
    stet_diff_list_free(&lb);
    return rc;
}

/* A tar against an image: against its layer, when it has one. */
static int compare_with_image(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                              struct stet_error *err)
{
    struct diff_artifact *image = a->kind == DIFF_ARTIFACT_IMAGE ? a : b;
    struct diff_stream **streams = NULL;
    size_t count = 0;

    if (stet_diff_image_streams(d, image->image, &streams, &count, err) < 0)
        return -1;
    struct diff_stream *only = count == 1 ? streams[0] : NULL;
    free(streams);
    if (!only || d->options->flatten)
        return compare_as_lists(d, a, b, err);
    return compare_streams(d, image == a ? only : &a->stream, image == b ? only : &b->stream, false,
                           err);
}

/* Kinds that have nothing in common. */
static int tell_kinds(struct diff *d, const struct diff_artifact *a, const struct diff_artifact *b,
                      struct stet_error *err)
{
    return stet_diff_add_at(d, STET_DIFF_ENTRY, 0, "", "file", a->kind_text, b->kind_text, err,
                            "type")
               ? 0
               : -1;
}

static int compare(struct diff *d, struct diff_artifact *a, struct diff_artifact *b,
                   struct stet_error *err)
{
    bool is_file = a->kind == DIFF_ARTIFACT_FILE || b->kind == DIFF_ARTIFACT_FILE;
    bool is_image = a->kind == DIFF_ARTIFACT_IMAGE || b->kind == DIFF_ARTIFACT_IMAGE;
    bool is_directory = a->kind == DIFF_ARTIFACT_DIRECTORY || b->kind == DIFF_ARTIFACT_DIRECTORY;

    if (is_file && a->file.bytes.data && b->file.bytes.data)
        return stet_diff_files(d, a, b, err);
    if (is_file)
        return tell_kinds(d, a, b, err);
    if (is_directory)
        return compare_as_lists(d, a, b, err);
    if (a->kind == b->kind && is_image)
        return stet_diff_images(d, a, b, err);
    if (is_image)
        return compare_with_image(d, a, b, err);
    return compare_streams(d, &a->stream, &b->stream, true, err);
}

/* ---- order ---- */

static int compare_findings(const void *pa, const void *pb, void *ctx)
{
    const struct stet_finding *findings = ctx;
    const size_t i = *(const size_t *)pa, j = *(const size_t *)pb;
    const struct stet_finding *a = &findings[i], *b = &findings[j];
    int order = (a->level > b->level) - (a->level < b->level);

    if (order == 0)
        order = strcmp(a->image ? a->image : "", b->image ? b->image : "");
    if (order == 0)
        order = (a->layer > b->layer) - (a->layer < b->layer);
    if (order == 0)
        order = stet_path_compare(a->path, b->path);
    return order ? order : (i > j) - (i < j);
}

/* Brings each finding to its place, along the cycles of the permutation; there may be a million of them. */
static void permute(struct stet_finding *findings, size_t *order, size_t count)
{
    for (size_t start = 0; start < count; start++) {
        struct stet_finding first = findings[start];
        size_t i = start;
        while (order[i] != start) {
            size_t from = order[i];
            findings[i] = findings[from];
            order[i] = i;
            i = from;
        }
        findings[i] = first;
        order[i] = i;
    }
}

static int sort_findings(struct stet_diff_result *r, struct stet_error *err)
{
    _cleanup_free_ size_t *order = calloc(r->count + 1, sizeof *order);
    bool sorted = true;

    if (!order)
        return stet_error_oom(err, "sorting what differs");
    for (size_t i = 0; i < r->count; i++) {
        order[i] = i;
        sorted = sorted && (i == 0 || compare_findings(&order[i - 1], &order[i], r->findings) <= 0);
    }
    if (sorted)
        return 0;
    qsort_r(order, r->count, sizeof *order, compare_findings, r->findings);
    permute(r->findings, order, r->count);
    return 0;
}

/* ---- what is to be ignored ---- */

static bool glob_matches(const char *glob, const char *path)
{
    const char *mark = strchr(path, '!');

    if (stet_path_match(glob, path, false))
        return true;
    if (!mark || (size_t)(mark - path) >= 4096)
        return false;
    /* What is in a file is the file's. */
    char file[4096];
    memcpy(file, path, (size_t)(mark - path));
    file[mark - path] = '\0';
    return stet_path_match(glob, file, false);
}

static bool rule_matches(const char *rule, const struct stet_finding *f)
{
    enum stet_diff_cause cause;

    if (stet_diff_cause_find(rule, &cause))
        return f->cause == cause;
    return f->path[0] && glob_matches(rule + strspn(rule, "/"), f->path);
}

static struct stet_diff_ignored *find_rule(struct stet_diff_result *r, const struct stet_finding *f)
{
    for (size_t i = 0; i < r->ignored_count; i++)
        if (rule_matches(r->ignored[i].rule, f))
            return &r->ignored[i];
    return NULL;
}

static int apply_rules(struct diff *d, struct stet_error *err)
{
    const struct stet_strv *rules = d->options->ignore;
    struct stet_diff_result *r = d->result;
    size_t kept = 0;

    if (!rules || rules->count == 0)
        return 0;
    r->ignored = calloc(rules->count, sizeof *r->ignored);
    if (!r->ignored)
        return stet_error_oom(err, "rules of what is ignored");
    for (size_t i = 0; i < rules->count; i++) {
        r->ignored[i].rule = stet_strdup(rules->items[i], err);
        if (!r->ignored[i].rule)
            return -1;
        r->ignored_count++;
    }
    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding f = r->findings[i];
        struct stet_diff_ignored *rule = find_rule(r, &f);
        memset(&r->findings[i], 0, sizeof f);
        if (rule) {
            rule->count++;
            stet_diff_finding_release(&f);
        } else {
            r->findings[kept++] = f;
        }
    }
    r->count = kept;
    return 0;
}

/* ---- */

static int name_sides(struct diff *d, const struct diff_artifact *a, const struct diff_artifact *b,
                      struct stet_error *err)
{
    struct stet_diff_result *r = d->result;

    r->a = stet_strdup(a->name, err);
    r->b = stet_strdup(b->name, err);
    r->a_kind = stet_strdup(a->kind_text, err);
    r->b_kind = stet_strdup(b->kind_text, err);
    r->partial = d->options->flatten || a->kind != b->kind ||
                 (a->kind == DIFF_ARTIFACT_IMAGE && a->place.transport != b->place.transport);
    return r->a && r->b && r->a_kind && r->b_kind ? 0 : -1;
}

static int compare_names(struct diff *d, const char *a_name, const char *b_name,
                         struct stet_error *err)
{
    struct diff_artifact *a = calloc(2, sizeof *a), *b = a ? a + 1 : NULL;
    int rc = -1;

    if (!a)
        return stet_error_oom(err, a_name);
    if (stet_diff_artifact_open(d, a_name, a, err) == 0 &&
        stet_diff_artifact_open(d, b_name, b, err) == 0 && name_sides(d, a, b, err) == 0)
        rc = compare(d, a, b, err);
    if (rc == 0)
        rc = stet_diff_tell_left_out(d, err);
    if (rc == 0 && (stet_diff_artifact_check(a, err) < 0 || stet_diff_artifact_check(b, err) < 0))
        rc = -1;
    /* What is not told elsewhere; asks for nothing where it was. */
    if (rc == 0)
        rc = finish_evidence(d, err);
    if (rc == 0)
        rc = sort_findings(d->result, err);
    if (rc == 0)
        rc = stet_diff_explain(d, err);
    if (rc == 0)
        rc = stet_diff_hide_hashes(d->result, err);
    /* Packages took the place of what is in them. */
    if (rc == 0)
        rc = sort_findings(d->result, err);
    if (rc == 0)
        rc = apply_rules(d, err);
    stet_diff_artifact_release(a);
    stet_diff_artifact_release(b);
    free(a);
    return rc;
}

/* What is mapped is watched: a file that becomes shorter meanwhile is why it failed, or would have. */
static int compare_guarded(struct diff *d, const char *a, const char *b, struct stet_error *err)
{
    struct diff_guard guard;

    if (stet_diff_guard_begin(&guard, err) < 0)
        return -1;
    d->guard = &guard;
    int rc = compare_names(d, a, b, err);
    return stet_diff_guard_end(&guard, err) < 0 ? -1 : rc;
}

int stet_diff(const char *a, const char *b, const struct stet_diff_options *options,
              struct stet_diff_result *out, struct stet_error *err)
{
    const char *temporary = options->temporary ? options->temporary : "/var/tmp";
    struct diff *d = calloc(1, sizeof *d);

    stet_diff_result_init(out);
    if (!d)
        return stet_error_oom(err, "compare");
    d->options = options;
    d->result = out;
    d->bytes_left = options->budget_bytes ? options->budget_bytes : DIFF_BUDGET_FIRST;
    d->bytes_later = options->budget_bytes ? 0 : DIFF_BUDGET_BYTES - DIFF_BUDGET_FIRST;
    d->temporary = stet_fs_open(AT_FDCWD, temporary, O_RDONLY | O_DIRECTORY, 0, err);
    int rc = d->temporary < 0 ? -1 : compare_guarded(d, a, b, err);
    stet_diff_side_release(&d->side[0]);
    stet_diff_side_release(&d->side[1]);
    stet_diff_scopes_free(d->scopes);
    stet_diff_recent_release(&d->recent);
    stet_cleanup_close(&d->temporary);
    free(d);
    if (rc < 0)
        stet_diff_result_release(out);
    return rc;
}
