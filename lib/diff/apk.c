/*
 * apk - the database of installed packages (apk-tools, apk-package and lib/apk/db/installed): records of lines "X:value",
 * an empty line after each. After a package's own fields come its directories (F:) and their files (R:), each followed by
 * its attributes (M:, a:, Z:).
 */
#include "lib/diff/formats.h"
#include "lib/diff/records.h"

static const char format_name[] = "apk database";

static const struct letter {
    char letter;
    const char *name;
} letters[] = {
    {'C', "checksum"},
    {'V', "version"},
    {'A', "architecture"},
    {'S', "size"},
    {'I', "installed size"},
    {'T', "description"},
    {'U', "URL"},
    {'L', "license"},
    {'o', "origin"},
    {'m', "maintainer"},
    {'t', "build time"},
    {'c', "commit"},
    {'D', "dependencies"},
    {'p', "provides"},
    {'i', "installed if"},
    {'r', "replaces"},
    {'q', "replaces priority"},
    {'k', "provider priority"},
    {'s', "repository tag"},
    {'f', "broken"},
};

static bool is_letter_line(struct diff_text line, char letter)
{
    return line.len >= 2 && line.s[0] == letter && line.s[1] == ':';
}

/* Records by P:. 1, 0 when a record has none, -1 with err. */
static int read_packages(struct diff_records *out, struct diff_text rest, struct stet_error *err)
{
    struct diff_text line, name = {NULL, 0}, record = {NULL, 0};
    bool more = true;
    if (!stet_diff_text_plain(rest))
        return 0;
    while (!out->full && more) {
        more = stet_diff_text_line(&rest, &line);
        if (more && line.len > 0) {
            if (line.len < 2 || line.s[1] != ':')
                return 0;
            if (!record.s)
                record.s = line.s;
            record.len = (size_t)(line.s + line.len - record.s);
            if (!name.s && is_letter_line(line, 'P'))
                name = (struct diff_text){line.s + 2, line.len - 2};
        } else if (record.s) {
            if (!name.s)
                return 0;
            if (stet_diff_records_add(out, name, record, 0, err) < 0)
                return -1;
            name = record = (struct diff_text){NULL, 0};
        }
    }
    return !out->full;
}

/* A package: its own fields by letter, and its files and directories by path with their attributes as values. */
struct package {
    struct diff_records fields, files;
    struct stet_strv owned;
};

static void package_release(struct package *p)
{
    stet_diff_records_release(&p->fields);
    stet_diff_records_release(&p->files);
    stet_strv_release(&p->owned);
}

static int add_path(struct package *p, struct diff_text directory, struct diff_text name,
                    struct stet_error *err)
{
    if (stet_strv_addf(&p->owned, err, "%.*s/%.*s", (int)directory.len, directory.s, (int)name.len,
                       name.s) < 0)
        return -1;
    return stet_diff_records_add(&p->files, stet_diff_text_str(p->owned.items[p->owned.count - 1]),
                                 (struct diff_text){name.s + name.len, 0}, 0, err);
}

enum { NAME_MAX_ = 4096 };

static int read_package(struct package *p, struct diff_text rest, struct stet_error *err)
{
    struct diff_text line, directory = {NULL, 0}, empty = {"", 0};
    size_t paths = rest.len * 4; /* directories are copied for each of their files */
    while (!p->fields.full && !p->files.full && stet_diff_text_line(&rest, &line)) {
        struct diff_text value = {line.s + 2, line.len - 2};
        int status;
        if (is_letter_line(line, 'F') || (directory.s && is_letter_line(line, 'R'))) {
            bool is_file = line.s[0] == 'R';
            if (!is_file)
                directory = value;
            if (value.len > NAME_MAX_ || directory.len + value.len > paths)
                return 0;
            paths -= directory.len + value.len;
            status = add_path(p, directory, is_file ? value : empty, err);
            if (status == 0 && !p->files.full)
                p->files.items[p->files.count - 1].value = (struct diff_text){rest.s, 0};
        } else if (directory.s) {
            struct diff_record *last = &p->files.items[p->files.count - 1];
            last->value.len = (size_t)(line.s + line.len - last->value.s);
            status = 0;
        } else {
            status =
                stet_diff_records_add(&p->fields, (struct diff_text){line.s, 1}, value, 0, err);
        }
        if (status < 0)
            return -1;
    }
    return !p->fields.full && !p->files.full;
}

/* ---- findings ---- */

static int add_field(const struct diff_pair *p, const char *name,
                     const struct diff_record_pair *one, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    const struct diff_text none = {NULL, 0};
    struct diff_text key = one->a ? one->a->key : one->b->key, a = one->a ? one->a->value : none,
                     b = one->b ? one->b->value : none;
    const char *label = NULL;
    uint64_t na, nb;
    struct stet_finding *f;
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i].letter == key.s[0])
            label = letters[i].name;
    if (key.s[0] == 't' && stet_diff_text_number(a, INT64_MAX, &na) &&
        stet_diff_text_number(b, INT64_MAX, &nb)) {
        if (stet_diff_add_time_text(&ta, (int64_t)na, err) < 0 ||
            stet_diff_add_time_text(&tb, (int64_t)nb, err) < 0)
            return -1;
        a = (struct diff_text){ta.data, ta.len};
        b = (struct diff_text){tb.data, tb.len};
    }
    f = stet_diff_add_text(p, format_name, a, b, err, "%s: %s%s%c:%s", name, label ? label : "",
                           label ? " (" : "", key.s[0], label ? ")" : "");
    if (!f)
        return -1;
    if (one->a && one->b && (key.s[0] == 't' || key.s[0] == 'V' || key.s[0] == 'C'))
        return stet_diff_because(f, STET_CAUSE_PACKAGE_VERSION,
                                 key.s[0] == 'V' ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY, err,
                                 "the database names another build of the package");
    return 0;
}

static int compare_fields(const struct diff_pair *p, const char *name, const struct package *a,
                          const struct package *b, struct stet_error *err)
{
    _cleanup_free_ char *noun = stet_format(err, "fields of %s", name);
    struct diff_record_pairs pairs;
    bool failed = false;
    if (!noun || stet_diff_records_match(&a->fields, &b->fields, &pairs, err) < 0)
        return -1;
    for (size_t i = 0; !failed && i < pairs.count; i++) {
        const struct diff_record_pair *one = &pairs.items[i];
        if (!one->a || !one->b || !stet_diff_text_equal(one->a->value, one->b->value))
            failed = add_field(p, name, one, err) < 0;
    }
    if (!failed)
        stet_diff_records_order(p, format_name, noun, &a->fields, &b->fields, &pairs, &failed, err);
    stet_diff_record_pairs_release(&pairs);
    return failed ? -1 : 0;
}

/* A package that only one side has. */
static int add_package(const struct diff_pair *p, const char *name,
                       const struct diff_record_pair *one, struct stet_error *err)
{
    struct diff_text rest = one->a ? one->a->value : one->b->value, line, none = {NULL, 0};
    struct diff_text version = stet_diff_text_str("there");
    while (stet_diff_text_line(&rest, &line))
        if (is_letter_line(line, 'V')) {
            version = (struct diff_text){line.s + 2, line.len - 2};
            break;
        }
    return stet_diff_add_text(p, format_name, one->a ? version : none, one->a ? none : version, err,
                              "package %s", name)
               ? 1
               : -1;
}

/* 1, 0 when one is damaged, -1 with err. */
static int compare_packages(const struct diff_pair *p, const struct diff_record_pair *one,
                            struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT;
    struct diff_text key = one->a ? one->a->key : one->b->key;
    struct package a = {0}, b = {0};
    int status;
    stet_buffer_add_str(&name, "");
    if (stet_diff_printable(key.s, key.len, 100, &name, err) < 0)
        return -1;
    if (!one->a || !one->b)
        return add_package(p, stet_buffer_str(&name), one, err);
    if (stet_diff_text_equal(one->a->value, one->b->value))
        return 1;
    status = read_package(&a, one->a->value, err);
    if (status > 0)
        status = read_package(&b, one->b->value, err);
    if (status > 0 && compare_fields(p, stet_buffer_str(&name), &a, &b, err) < 0)
        status = -1;
    if (status > 0) {
        stet_buffer_add_str(&name, ": files");
        if (stet_buffer_check(&name, "a finding", err) < 0 ||
            stet_diff_records_compare(p, format_name, stet_buffer_str(&name), &a.files, &b.files,
                                      err) < 0)
            status = -1;
    }
    package_release(&a);
    package_release(&b);
    return status;
}

static int compare_all(const struct diff_pair *p, const struct diff_records *a,
                       const struct diff_records *b, struct stet_error *err)
{
    struct diff_record_pairs pairs;
    bool failed = false;
    int status = 1;
    if (stet_diff_records_match(a, b, &pairs, err) < 0)
        return -1;
    for (size_t i = 0; status > 0 && i < pairs.count; i++)
        status = compare_packages(p, &pairs.items[i], err);
    if (status > 0)
        stet_diff_records_order(p, format_name, "packages", a, b, &pairs, &failed, err);
    stet_diff_record_pairs_release(&pairs);
    return failed ? -1 : status;
}

int stet_diff_apk(const struct diff_pair *p, struct stet_error *err)
{
    size_t before = p->diff->result->count;
    struct diff_records a = {0}, b = {0};
    int status;
    if (!stet_diff_file_is(p, "lib/apk/db/installed"))
        return 0;
    status = read_packages(&a, stet_diff_text_of(&p->a), err);
    if (status > 0)
        status = read_packages(&b, stet_diff_text_of(&p->b), err);
    if (status > 0)
        status = compare_all(p, &a, &b, err);
    stet_diff_records_release(&a);
    stet_diff_records_release(&b);
    return status > 0 ? p->diff->result->count > before : status;
}
