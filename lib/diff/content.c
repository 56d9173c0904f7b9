/*
 * content - who compares a content, and adding findings.
 */
#include <stdarg.h>

#include "lib/diff/guard.h"
#include "lib/diff/private.h"

enum {
    VALUE_MAX = 200,  /* characters of a value */
    WHAT_MAX = 300,   /* and of a property */
    PATH_MAX_ = 8192, /* and of a place */
    MEMBER_MAX = 1024,
    EVIDENCE_MAX = 500,
    LINE_MAX_ = 400,        /* characters of a line of detail */
    LINES_MAX = 400,        /* lines of a finding's detail */
    DETAIL_MAX = 64 << 10,  /* bytes of a finding's detail */
    DETAILS_MAX = 24 << 20, /* and of all findings' */
    TEXTS_MAX = 160 << 20,  /* bytes that other texts of findings may take */
    FINDINGS_MAX = 1000000, /* by default */
    DEPTH_MAX = 16,         /* by default */
    DEPTH_LIMIT = 100,      /* whatever was asked for: comparators call each other */
    FORGET = 64 << 20,      /* bytes of members, then their pages leave the memory */
};

/* ---- text that may stand in a finding ---- */

/* Is it a control character, or one that changes how the text around it is laid out? */
static bool is_unseen(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void add_printable(struct stet_buffer *out, const char *s, size_t len, size_t max, bool tabs)
{
    size_t shown = 0;

    for (size_t i = 0; i < len; shown++) {
        uint32_t c = 0;
        size_t n = stet_utf8_decode(s + i, len - i, &c);
        if (shown >= max) {
            stet_buffer_add_str(out, "…");
            return;
        }
        if (n > 0 && (!is_unseen(c) || (tabs && c == '\t'))) {
            stet_buffer_add(out, s + i, n);
        } else {
            n = n > 0 ? n : 1;
            for (size_t k = 0; k < n; k++)
                stet_buffer_addf(out, "\\x%02x", (unsigned char)s[i + k]);
        }
        i += n;
    }
}

int stet_diff_printable(const void *data, size_t len, size_t max, struct stet_buffer *out,
                        struct stet_error *err)
{
    add_printable(out, data, len, max, false);
    return stet_buffer_check(out, "the text of a finding", err);
}

/* Is it printable ASCII of at most max characters? */
static bool is_plain(const char *s, size_t max)
{
    size_t n = 0;

    while (n <= max && s[n] >= ' ' && s[n] <= '~')
        n++;
    return n <= max && s[n] == '\0';
}

/* s made printable, as a text of a finding; NULL with err. */
static char *printable(struct diff *d, const char *s, size_t max, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;

    if (is_plain(s, max))
        return stet_diff_recent(&d->recent, s, err);
    add_printable(&b, s, strlen(s), max, false);
    if (stet_buffer_check(&b, "the text of a finding", err) < 0)
        return NULL;
    return stet_diff_recent(&d->recent, stet_buffer_str(&b), err);
}

/* ---- adding findings ---- */

void stet_diff_take_back(struct stet_diff_result *r, size_t count)
{
    for (size_t i = count; i < r->count; i++)
        stet_diff_finding_release(&r->findings[i]);
    if (count < r->count)
        r->count = count;
}

/* The finding before is complete: its evidence and what its detail took are known now. */
static int settle_last(struct diff *d, struct stet_error *err)
{
    struct stet_diff_result *r = d->result;

    if (d->settled >= r->count) { /* some were taken back, or the last was not kept */
        d->settled = r->count;
        return 0;
    }
    struct stet_finding *last = &r->findings[r->count - 1];
    d->settled = r->count;
    stet_diff_recent_replace(&d->recent, &last->evidence);
    if (!last->detail)
        return 0;
    size_t len = strlen(last->detail);
    if (d->details + len > DETAILS_MAX) {
        free(last->detail);
        last->detail =
            stet_strdup("@the details of all findings together are too long to be kept\n", err);
        return last->detail ? 0 : -1;
    }
    d->details += len;
    return 0;
}

static int fill(struct diff *d, struct stet_finding *f, const char *path, const char *format,
                const char *a, const char *b, const char *what, struct stet_error *err)
{
    f->path = printable(d, path, PATH_MAX_, err);
    f->format = printable(d, format, VALUE_MAX, err);
    f->what = printable(d, what, WHAT_MAX, err);
    f->a = a ? printable(d, a, VALUE_MAX, err) : NULL;
    f->b = b ? printable(d, b, VALUE_MAX, err) : NULL;
    f->image =
        d->image && f->level != STET_DIFF_IMAGE ? printable(d, d->image, PATH_MAX_, err) : NULL;
    return f->path && f->format && f->what && (f->a || !a) && (f->b || !b) &&
                   (f->image || !d->image || f->level == STET_DIFF_IMAGE)
               ? 0
               : -1;
}

/* The place behind the last one, empty. */
static struct stet_finding *slot(struct stet_diff_result *r, struct stet_error *err)
{
    if (stet_grow(&r->findings, &r->cap, r->count + 1, sizeof *r->findings, err) < 0)
        return NULL;
    struct stet_finding *f = &r->findings[r->count];
    stet_diff_finding_release(f);
    return f;
}

/*
 * May one more of this level be kept? What is said of entries, over and over, leaves room for what differs in contents:
 * an eighth of the budget.
 */
static bool has_room(const struct diff *d, enum stet_diff_level level)
{
    size_t budget = d->options->budget_findings ? d->options->budget_findings : FINDINGS_MAX;
    size_t texts = TEXTS_MAX;

    if (level == STET_DIFF_ARCHIVE || level == STET_DIFF_ENTRY) {
        budget -= budget / 8;
        texts -= texts / 8;
    }
    return d->result->count < budget && d->recent.made <= texts;
}

/* A new one at the end of the list, empty. Past the budget it is always the same, behind the end. */
static struct stet_finding *new_finding(struct diff *d, enum stet_diff_level level,
                                        struct stet_error *err)
{
    struct stet_finding *f = settle_last(d, err) < 0 ? NULL : slot(d->result, err);

    if (!f)
        return NULL;
    if (has_room(d, level)) {
        d->result->count++;
    } else {
        d->left_out++;
        d->result->cut_short = true;
    }
    return f;
}

int stet_diff_tell_left_out(struct diff *d, struct stet_error *err)
{
    if (d->left_out == 0)
        return 0;
    _cleanup_free_ char *text = stet_format(err, "%zu more", d->left_out);
    struct stet_finding *f = !text || settle_last(d, err) < 0 ? NULL : slot(d->result, err);
    if (!f)
        return -1;
    d->result->count++;
    f->level = STET_DIFF_CONTENT;
    return fill(d, f, "", "findings", text, text, "budget of findings: the rest is not listed",
                err);
}

static struct stet_finding *add(struct diff *d, enum stet_diff_level level, unsigned layer,
                                const char *path, const char *format, const char *a, const char *b,
                                struct stet_error *err, const char *what, va_list ap)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;

    stet_buffer_addv(&text, what, ap);
    if (stet_buffer_check(&text, "a finding", err) < 0)
        return NULL;
    struct stet_finding *f = new_finding(d, level, err);
    if (!f)
        return NULL;
    f->level = level;
    f->layer = layer;
    return fill(d, f, path, format, a, b, stet_buffer_str(&text), err) < 0 ? NULL : f;
}

struct stet_finding *stet_diff_add_at(struct diff *d, enum stet_diff_level level, unsigned layer,
                                      const char *path, const char *format, const char *a,
                                      const char *b, struct stet_error *err, const char *what, ...)
{
    va_list ap;

    va_start(ap, what);
    struct stet_finding *f = add(d, level, layer, path, format, a, b, err, what, ap);
    va_end(ap);
    return f;
}

struct stet_finding *stet_diff_add(const struct diff_pair *p, const char *format, const char *a,
                                   const char *b, struct stet_error *err, const char *what, ...)
{
    va_list ap;

    va_start(ap, what);
    struct stet_finding *f =
        add(p->diff, STET_DIFF_CONTENT, p->layer, p->path, format, a, b, err, what, ap);
    va_end(ap);
    return f;
}

int stet_diff_because(struct stet_finding *f, enum stet_diff_cause cause,
                      enum stet_diff_sureness sure, struct stet_error *err, const char *evidence,
                      ...)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT, shown = STET_BUFFER_INIT;
    va_list ap;

    va_start(ap, evidence);
    stet_buffer_addv(&text, evidence, ap);
    va_end(ap);
    if (stet_buffer_check(&text, "the evidence of a finding", err) < 0)
        return -1;
    add_printable(&shown, stet_buffer_str(&text), text.len, EVIDENCE_MAX, false);
    if (stet_buffer_check(&shown, "the evidence of a finding", err) < 0)
        return -1;
    char *shared = stet_diff_shared_new(stet_buffer_str(&shown), err);
    if (!shared)
        return -1;
    stet_diff_shared_release(f->evidence);
    f->evidence = shared;
    f->cause = cause;
    f->sure = sure;
    return 0;
}

/* ---- detail ---- */

static const char MORE[] = " more lines\n";

/* Of the last line of a full detail: how many more it speaks of, and where it begins; 0: it is not full. */
static uint64_t lines_left_out(const char *detail, size_t len, size_t *begin)
{
    uint64_t n = 0;
    size_t i = len - (sizeof MORE - 1);

    if (len < sizeof MORE + 1 || memcmp(detail + i, MORE, sizeof MORE - 1) != 0)
        return 0;
    size_t digits = i;
    while (digits > 0 && detail[digits - 1] >= '0' && detail[digits - 1] <= '9')
        digits--;
    if (digits == i || i - digits > 18 || digits == 0 || detail[digits - 1] != '@')
        return 0;
    *begin = digits - 1;
    while (digits < i)
        n = n * 10 + (uint64_t)(detail[digits++] - '0');
    return n;
}

static size_t count_lines(const char *s, size_t len)
{
    size_t n = 0;
    const char *end = s + len;

    for (const char *p = s; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

int stet_diff_detail(struct stet_finding *f, char sign, const char *text, size_t len,
                     struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    size_t have = f->detail ? strlen(f->detail) : 0, begin = have;
    uint64_t left_out = have ? lines_left_out(f->detail, have, &begin) : 0;

    stet_buffer_add(&out, f->detail, begin);
    if (left_out > 0 || have > DETAIL_MAX || (have && count_lines(f->detail, have) >= LINES_MAX)) {
        stet_buffer_addf(&out, "@%llu%s", (unsigned long long)left_out + 1, MORE);
    } else {
        stet_buffer_add_char(&out, sign);
        add_printable(&out, text, len, LINE_MAX_, true);
        stet_buffer_add_char(&out, '\n');
    }
    if (stet_buffer_check(&out, "the detail of a finding", err) < 0)
        return -1;
    free(f->detail);
    f->detail = stet_buffer_detach(&out);
    return 0;
}

/* ---- dispatch ---- */

/* A content that is no member of another one brings its part of the budget. */
static void add_budget(const struct diff_pair *p)
{
    struct diff *d = p->diff;
    uint64_t more = ((uint64_t)p->a.len + p->b.len) * DIFF_BUDGET_RATIO;

    more = more < d->bytes_later ? more : d->bytes_later;
    d->bytes_later -= more;
    d->bytes_left += more;
}

int stet_diff_content(const struct diff_pair *pair, struct stet_error *err)
{
    static const unsigned char none[1];
    struct diff_pair whole = *pair, *p = &whole;

    /* Comparators may add to where a content begins. */
    p->a.data = p->a.data ? p->a.data : none;
    p->b.data = p->b.data ? p->b.data : none;
    struct stet_diff_result *r = p->diff->result;

    if (stet_diff_is_large(p))
        return stet_diff_large(p, err);
    if (!p->outer)
        add_budget(p);
    for (const struct diff_format *f = stet_diff_formats; f->name; f++) {
        size_t before = r->count;
        struct stet_error why = STET_ERROR_INIT;
        if (stet_cancel_check(err) < 0)
            return -1;
        int rc = f->compare(p, &why);
        if (rc < 0 && why.kind != STET_ERROR_INPUT) {
            stet_error_copy(err, &why);
            return -1;
        }
        /* Past the budget none is kept. */
        if (rc > 0 && (r->count > before || r->cut_short))
            return 0;
        /* What is damaged, or not of this format after all, is told by the next one. */
        stet_diff_take_back(r, before);
    }
    return stet_error_set(err, STET_ERROR_INTERNAL, 0, "%s: no comparator found the difference",
                          p->path);
}

/* ---- members ---- */

static int add_missing(const struct diff_pair *p, bool has_a, struct stet_error *err)
{
    _cleanup_free_ char *text = stet_diff_length_text(has_a ? p->a.len : p->b.len, err);
    if (!text)
        return -1;
    struct stet_finding *f =
        stet_diff_add(p, "member", has_a ? text : NULL, has_a ? NULL : text, err, "member");
    if (!f)
        return -1;
    return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err, "only the %s has it",
                             has_a ? "first" : "second");
}

/* Why p is not opened; NULL: it may be. */
static const char *spent_budget(const struct diff_pair *p)
{
    unsigned depth = p->diff->options->budget_depth ? p->diff->options->budget_depth : DEPTH_MAX;

    if (p->depth > (depth < DEPTH_LIMIT ? depth : DEPTH_LIMIT))
        return "budget of depth: it differs, and is nested too deep to be opened";
    if (p->a.len > p->diff->bytes_left || p->b.len > p->diff->bytes_left - p->a.len)
        return "budget of bytes: it differs, and is not opened";
    return NULL;
}

static int add_spent(const struct diff_pair *p, const char *why, struct stet_error *err)
{
    _cleanup_free_ char *a = stet_diff_length_text(p->a.len, err);
    _cleanup_free_ char *b = stet_diff_length_text(p->b.len, err);

    if (!a || !b || !stet_diff_add(p, "member", a, b, err, "%s", why))
        return -1;
    p->diff->result->cut_short = true;
    return 0;
}

static bool is_equal(struct diff *d, const struct diff_bytes *a, const struct diff_bytes *b)
{
    if (!a || !b)
        return false;
    /* What was looked at before is not needed any more. */
    d->looked_at += a->len + b->len;
    if (d->looked_at > FORGET) {
        stet_diff_guard_forget(d->guard);
        d->looked_at = 0;
    }
    return stet_diff_bytes_equal(a, b);
}

int stet_diff_member(const struct diff_pair *outer, const char *member, const struct diff_bytes *a,
                     const struct diff_bytes *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer path = STET_BUFFER_INIT;
    struct stet_diff_result *r = outer->diff->result;
    size_t before = r->count;

    if (is_equal(outer->diff, a, b))
        return 0;
    stet_buffer_add_str(&path, outer->path);
    stet_buffer_add_char(&path, '!');
    add_printable(&path, member, strlen(member), MEMBER_MAX, false);
    if (stet_buffer_check(&path, "the path of a member", err) < 0)
        return -1;

    struct diff_pair p = {outer->diff, outer,           outer->layer, stet_buffer_str(&path),
                          outer->file, outer->depth + 1};
    if (a)
        p.a = *a;
    if (b)
        p.b = *b;
    const char *spent = a && b ? spent_budget(&p) : NULL;
    if (!a || !b) {
        if (add_missing(&p, a != NULL, err) < 0)
            return -1;
    } else if (spent) {
        if (add_spent(&p, spent, err) < 0)
            return -1;
    } else {
        outer->diff->bytes_left -= p.a.len + p.b.len;
        r->contents++;
        r->bytes += p.a.len + p.b.len;
        if (stet_diff_content(&p, err) < 0)
            return -1;
    }
    return (int)(r->count - before);
}
