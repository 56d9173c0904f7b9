/*
 * databases - the databases of dpkg, apt and debconf that are made of paragraphs of fields (deb-control(5)), and dpkg's
 * lists of files, checksums and triggers.
 */
#include "lib/diff/formats.h"
#include "lib/diff/records.h"

/* ---- recognition ---- */

static const struct database {
    const char *glob;
    const char *format;
    const char *key;    /* the field that names a paragraph */
    const char *second; /* and one more, or NULL */
    const char *noun, *nouns;
    const char *secret; /* a field whose value is not shown, or NULL */
} databases[] = {
    {"var/lib/dpkg/status", "dpkg status", "Package", "Architecture", "package", "packages", NULL},
    {"var/lib/dpkg/status-old", "dpkg status", "Package", "Architecture", "package", "packages",
     NULL},
    {"var/backups/dpkg.status.*", "dpkg status", "Package", "Architecture", "package", "packages",
     NULL},
    {"var/lib/dpkg/status.d/*", "dpkg status", "Package", "Architecture", "package", "packages",
     NULL},
    {"var/lib/dpkg/available", "dpkg available", "Package", "Architecture", "package", "packages",
     NULL},
    {"var/lib/dpkg/available-old", "dpkg available", "Package", "Architecture", "package",
     "packages", NULL},
    {"var/lib/apt/extended_states", "apt extended states", "Package", "Architecture", "package",
     "packages", NULL},
    {"var/cache/debconf/config.dat*", "debconf database", "Name", NULL, "question", "questions",
     NULL},
    {"var/cache/debconf/templates.dat*", "debconf database", "Name", NULL, "template", "templates",
     NULL},
    {"var/cache/debconf/passwords.dat*", "debconf database", "Name", NULL, "question", "questions",
     "Value"},
};

static const struct database *database_of(const struct diff_pair *p)
{
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++)
        if (stet_diff_file_matches(p, databases[i].glob) ||
            (!strchr(databases[i].glob, '*') && stet_diff_file_is(p, databases[i].glob)))
            return &databases[i];
    return NULL;
}

/* ---- paragraphs ---- */

/* A database: its paragraphs by key; value is the paragraph. */
struct side {
    struct diff_records paragraphs;
    struct stet_strv owned;
};

static void side_release(struct side *s)
{
    stet_diff_records_release(&s->paragraphs);
    stet_strv_release(&s->owned);
}

static bool is_separator(struct diff_text line)
{
    return stet_diff_text_trim(line).len == 0;
}

/* The next paragraph, without the empty lines around it; false at the end. */
static bool next_paragraph(struct diff_text *rest, struct diff_text *paragraph)
{
    struct diff_text line;
    *paragraph = (struct diff_text){NULL, 0};
    while (stet_diff_text_line(rest, &line)) {
        if (is_separator(line)) {
            if (paragraph->s)
                return true;
            continue;
        }
        if (!paragraph->s)
            paragraph->s = line.s;
        paragraph->len = (size_t)(line.s + line.len - paragraph->s);
    }
    return paragraph->s != NULL;
}

/* Takes the next field and its further lines off rest. False, with rest as it was, at the end and where there is no field. */
static bool next_field(struct diff_text *rest, struct diff_text *name, struct diff_text *value)
{
    struct diff_text line, ahead = *rest;
    const char *colon;
    if (!stet_diff_text_line(&ahead, &line))
        return false;
    colon = line.len > 0 ? memchr(line.s, ':', line.len) : NULL;
    if (!colon || colon == line.s || line.s[0] == ' ' || line.s[0] == '\t')
        return false;
    *name = (struct diff_text){line.s, (size_t)(colon - line.s)};
    *value = (struct diff_text){colon + 1, line.len - name->len - 1};
    for (*rest = ahead; stet_diff_text_line(&ahead, &line); *rest = ahead) {
        if (line.len == 0 || (line.s[0] != ' ' && line.s[0] != '\t'))
            break;
        value->len = (size_t)(line.s + line.len - value->s);
    }
    while (value->len > 0 && (value->s[0] == ' ' || value->s[0] == '\t')) {
        value->s++;
        value->len--;
    }
    return true;
}

/* Do a and b differ only in case? Names of fields do not depend on it. */
static bool same_name(struct diff_text a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.s, b, a.len) == 0;
}

/* The value of a field; s is NULL when there is none. */
static struct diff_text field_of(struct diff_text paragraph, const char *wanted)
{
    struct diff_text name, value;
    while (next_field(&paragraph, &name, &value))
        if (same_name(name, wanted))
            return value;
    return (struct diff_text){NULL, 0};
}

/* 1, 0 when a paragraph has no name or a line is no field, -1 with err. */
static int read_fields(struct diff_records *out, struct diff_text paragraph, struct stet_error *err)
{
    struct diff_text name, value;
    while (next_field(&paragraph, &name, &value))
        if (stet_diff_records_add(out, name, value, 0, err) < 0)
            return -1;
    return paragraph.len == 0 && !out->full;
}

static int read_paragraphs(struct side *s, const struct database *d,
                           const struct diff_bytes *content, struct stet_error *err)
{
    struct diff_text rest = stet_diff_text_of(content), paragraph;
    if (!stet_diff_text_plain(rest))
        return 0;
    while (!s->paragraphs.full && next_paragraph(&rest, &paragraph)) {
        struct diff_text key = field_of(paragraph, d->key);
        struct diff_text second = {NULL, 0};
        if (d->second)
            second = field_of(paragraph, d->second);
        if (!key.s || key.len == 0 || key.len > 4096 || second.len > 4096)
            return 0;
        if (second.s) {
            if (stet_strv_addf(&s->owned, err, "%.*s:%.*s", (int)key.len, key.s, (int)second.len,
                               second.s) < 0)
                return -1;
            key = stet_diff_text_str(s->owned.items[s->owned.count - 1]);
        }
        if (stet_diff_records_add(&s->paragraphs, key, paragraph, 0, err) < 0)
            return -1;
    }
    return !s->paragraphs.full;
}

/* ---- findings ---- */

static const struct diff_text none = {NULL, 0};

/* The name of a paragraph or field in what a finding is about. */
static int name_text(struct stet_buffer *out, struct diff_text t, struct stet_error *err)
{
    return stet_diff_printable(t.s, t.len, 100, out, err);
}

/* A paragraph that only one side has. Of packages, with version. */
static int add_paragraph(const struct diff_pair *p, const struct database *d,
                         const struct diff_record_pair *one, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT;
    const struct diff_record *record = one->a ? one->a : one->b;
    struct diff_text version = field_of(record->value, "Version");
    if (!version.s)
        version = stet_diff_text_str("there");
    if (name_text(&name, record->key, err) < 0)
        return -1;
    return stet_diff_add_text(p, d->format, one->a ? version : none, one->a ? none : version, err,
                              "%s %s", d->noun, stet_buffer_str(&name))
               ? 0
               : -1;
}

/* "-Field: first line" of a field that differs, in the detail of the finding about the version. */
static int detail_field(struct diff_details *details, char sign, const struct diff_record *field,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer line = STET_BUFFER_INIT;
    struct diff_text rest = field->value, first = {NULL, 0};
    if (!stet_diff_details_room(details, 1))
        return 0;
    if (name_text(&line, field->key, err) < 0)
        return -1;
    stet_buffer_add_str(&line, ": ");
    if (stet_diff_text_line(&rest, &first) &&
        stet_diff_printable(first.s, first.len, 300, &line, err) < 0)
        return -1;
    if (rest.len > 0)
        stet_buffer_add_str(&line, " …");
    if (stet_buffer_check(&line, "a finding", err) < 0)
        return -1;
    return stet_diff_detail(details->f, sign, line.data, line.len, err);
}

static bool differs(const struct diff_record_pair *one)
{
    return !one->a || !one->b || !stet_diff_text_equal(one->a->value, one->b->value);
}

/* Another version of the package: one finding; the other fields that differ are its detail. */
static int add_version(const struct diff_pair *p, const struct database *d, const char *name,
                       struct diff_text a, struct diff_text b,
                       const struct diff_record_pairs *fields, struct stet_error *err)
{
    struct diff_details details = {NULL, 0, 0};
    details.f = stet_diff_add_text(p, d->format, a, b, err, "%s: Version", name);
    if (!details.f)
        return -1;
    for (size_t i = 0; i < fields->count; i++) {
        const struct diff_record_pair *one = &fields->items[i];
        if (differs(one) && ((one->a && detail_field(&details, '-', one->a, err) < 0) ||
                             (one->b && detail_field(&details, '+', one->b, err) < 0)))
            return -1;
    }
    if (stet_diff_details_end(&details, err) < 0)
        return -1;
    return stet_diff_because(details.f, STET_CAUSE_PACKAGE_VERSION, STET_DIFF_CERTAIN, err,
                             "the database names another version of the package");
}

static int add_secret(const struct diff_pair *p, const struct database *d, const char *what,
                      const struct diff_record_pair *one, struct stet_error *err)
{
    char a[64], b[64];
    struct stet_finding *f;
    if (one->a)
        snprintf(a, sizeof a, "a value of %zu characters", one->a->value.len);
    if (one->b)
        snprintf(b, sizeof b, "a value of %zu characters", one->b->value.len);
    f = stet_diff_add(p, d->format, one->a ? a : NULL, one->b ? b : NULL, err, "%s", what);
    return f ? stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY, err,
                                 "the answers to questions of type password are stored here")
             : -1;
}

static int add_field(const struct diff_pair *p, const struct database *d, const char *name,
                     const struct diff_record_pair *one, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer what = STET_BUFFER_INIT;
    const struct diff_text key = one->a ? one->a->key : one->b->key;
    stet_buffer_addf(&what, "%s: ", name);
    if (name_text(&what, key, err) < 0)
        return -1;
    if (d->secret && same_name(key, d->secret))
        return add_secret(p, d, stet_buffer_str(&what), one, err);
    if (!one->a || !one->b)
        return stet_diff_add_text(p, d->format, one->a ? one->a->value : none,
                                  one->b ? one->b->value : none, err, "%s", stet_buffer_str(&what))
                   ? 0
                   : -1;
    return stet_diff_add_value(p, d->format, stet_buffer_str(&what), one->a->value, one->b->value,
                               err) < 0
               ? -1
               : 0;
}

static int add_fields(const struct diff_pair *p, const struct database *d, struct diff_text key,
                      const struct diff_records *fa, const struct diff_records *fb,
                      const struct diff_record_pairs *fields, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT, order = STET_BUFFER_INIT;
    bool failed = false;
    if (name_text(&name, key, err) < 0)
        return -1;
    for (size_t i = 0; i < fields->count; i++) {
        const struct diff_record_pair *one = &fields->items[i];
        if (one->a && one->b && differs(one) && same_name(one->a->key, "Version"))
            return add_version(p, d, stet_buffer_str(&name), one->a->value, one->b->value, fields,
                               err);
    }
    for (size_t i = 0; i < fields->count; i++)
        if (differs(&fields->items[i]) &&
            add_field(p, d, stet_buffer_str(&name), &fields->items[i], err) < 0)
            return -1;
    stet_buffer_addf(&order, "fields of %s", stet_buffer_str(&name));
    if (stet_buffer_check(&order, "a finding", err) < 0)
        return -1;
    stet_diff_records_order(p, d->format, stet_buffer_str(&order), fa, fb, fields, &failed, err);
    return failed ? -1 : 0;
}

/* 1, 0 when a line of them is no field, -1 with err. */
static int compare_paragraphs(const struct diff_pair *p, const struct database *d,
                              const struct diff_record_pair *one, struct stet_error *err)
{
    struct diff_records a = {0}, b = {0};
    struct diff_record_pairs fields = {0};
    int status = 1;
    if (!one->a || !one->b)
        return add_paragraph(p, d, one, err) < 0 ? -1 : 1;
    if (stet_diff_text_equal(one->a->value, one->b->value))
        return 1;
    status = read_fields(&a, one->a->value, err);
    if (status > 0)
        status = read_fields(&b, one->b->value, err);
    if (status > 0 && (stet_diff_records_match(&a, &b, &fields, err) < 0 ||
                       add_fields(p, d, one->a->key, &a, &b, &fields, err) < 0))
        status = -1;
    stet_diff_record_pairs_release(&fields);
    stet_diff_records_release(&a);
    stet_diff_records_release(&b);
    return status;
}

static int compare_databases(const struct diff_pair *p, const struct database *d,
                             const struct side *a, const struct side *b, struct stet_error *err)
{
    struct diff_record_pairs pairs;
    int status = 1;
    bool failed = false;
    if (stet_diff_records_match(&a->paragraphs, &b->paragraphs, &pairs, err) < 0)
        return -1;
    for (size_t i = 0; status > 0 && i < pairs.count; i++)
        status = compare_paragraphs(p, d, &pairs.items[i], err);
    if (status > 0)
        stet_diff_records_order(p, d->format, d->nouns, &a->paragraphs, &b->paragraphs, &pairs,
                                &failed, err);
    stet_diff_record_pairs_release(&pairs);
    return failed ? -1 : status;
}

int stet_diff_paragraphs(const struct diff_pair *p, struct stet_error *err)
{
    const struct database *d = database_of(p);
    size_t before = p->diff->result->count;
    struct side a = {0}, b = {0};
    int status;
    if (!d)
        return 0;
    status = read_paragraphs(&a, d, &p->a, err);
    if (status > 0)
        status = read_paragraphs(&b, d, &p->b, err);
    if (status > 0)
        status = compare_databases(p, d, &a, &b, err);
    side_release(&a);
    side_release(&b);
    return status > 0 ? p->diff->result->count > before : status;
}

/* ---- dpkg's lists ---- */

static const struct list {
    const char *glob, *format, *noun;
    bool sums; /* "MD5  PATH" */
} lists[] = {
    {"var/lib/dpkg/info/*.list", "dpkg file list", "paths", false},
    {"var/lib/dpkg/info/*.md5sums", "dpkg checksums", "checksums", true},
    {"var/lib/dpkg/status.d/*.md5sums", "dpkg checksums", "checksums", true},
    {"var/lib/dpkg/info/*.conffiles", "dpkg conffiles", "conffiles", false},
    {"var/lib/dpkg/triggers/*", "dpkg triggers", "triggers", false},
};

/* 1, 0 when a line is no checksum, -1 with err. */
static int read_sums(struct diff_records *out, struct diff_text text, struct stet_error *err)
{
    struct diff_text line;
    while (!out->full && stet_diff_text_line(&text, &line)) {
        if (line.len < 35 || line.s[32] != ' ')
            return 0;
        if (stet_diff_records_add(out, (struct diff_text){line.s + 34, line.len - 34},
                                  (struct diff_text){line.s, 32}, 0, err) < 0)
            return -1;
    }
    return 1;
}

int stet_diff_dpkg_list(const struct diff_pair *p, struct stet_error *err)
{
    const struct list *list = NULL;
    struct diff_records a = {0}, b = {0};
    struct diff_text ta = stet_diff_text_of(&p->a), tb = stet_diff_text_of(&p->b);
    int status;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && !list; i++)
        if (stet_diff_file_matches(p, lists[i].glob))
            list = &lists[i];
    if (!list || !stet_diff_text_plain(ta) || !stet_diff_text_plain(tb))
        return 0;
    if (list->sums) {
        status = read_sums(&a, ta, err);
        if (status > 0)
            status = read_sums(&b, tb, err);
    } else {
        status =
            stet_diff_records_lines(&a, ta, err) < 0 || stet_diff_records_lines(&b, tb, err) < 0
                ? -1
                : 1;
    }
    if (status > 0)
        status = stet_diff_records_compare(p, list->format, list->noun, &a, &b, err);
    stet_diff_records_release(&a);
    stet_diff_records_release(&b);
    return status > 0 ? 1 : status;
}
