/*
 * accounts - passwd, group, shadow, gshadow, subuid, subgid and their backup copies (passwd(5), shadow(5), …), by account
 * and field.
 *
 * A hash of a password is never shown, neither whole nor in part: only its kind and length. So the files that hold
 * hashes are never left to the comparators of text, whatever is wrong with them.
 */
#include <inttypes.h>

#include "lib/diff/formats.h"
#include "lib/diff/records.h"

static const char format_name[] = "accounts";

enum { FIELDS_MAX = 9, DAY = 86400 };

enum field_kind { PLAIN, SECRET, DAYS, CHANGED };
struct field {
    const char *name;
    enum field_kind kind;
};
struct file {
    const char *path, *copy;
    size_t count;
    struct field fields[FIELDS_MAX];
};
static const struct file files[] = {
    {"etc/passwd",
     "etc/passwd-",
     7,
     {{"name", PLAIN},
      {"password", SECRET},
      {"user id", PLAIN},
      {"group id", PLAIN},
      {"comment", PLAIN},
      {"home directory", PLAIN},
      {"shell", PLAIN}}},
    {"etc/group",
     "etc/group-",
     4,
     {{"name", PLAIN}, {"password", SECRET}, {"group id", PLAIN}, {"members", PLAIN}}},
    {"etc/shadow",
     "etc/shadow-",
     9,
     {{"name", PLAIN},
      {"password", SECRET},
      {"last change (days)", CHANGED},
      {"minimum age (days)", PLAIN},
      {"maximum age (days)", PLAIN},
      {"warning period (days)", PLAIN},
      {"inactivity period (days)", PLAIN},
      {"expiration (days)", DAYS},
      {"reserved", PLAIN}}},
    {"etc/gshadow",
     "etc/gshadow-",
     4,
     {{"name", PLAIN}, {"password", SECRET}, {"administrators", PLAIN}, {"members", PLAIN}}},
    {"etc/subuid",
     "etc/subuid-",
     3,
     {{"name", PLAIN}, {"first id", PLAIN}, {"number of ids", PLAIN}}},
    {"etc/subgid",
     "etc/subgid-",
     3,
     {{"name", PLAIN}, {"first id", PLAIN}, {"number of ids", PLAIN}}},
};

/* ---- lines ---- */

/* The fields of a line; their number, or max + 1 when there are more. */
static size_t split(struct diff_text line, struct diff_text *fields, size_t max)
{
    const char *end = line.s + line.len;
    for (size_t n = 0; n < max; n++) {
        fields[n] = stet_diff_text_field(&line, ':');
        if (fields[n].s + fields[n].len == end)
            return n + 1;
    }
    return max + 1;
}

static bool is_number_or_empty(struct diff_text t)
{
    uint64_t value;
    return t.len == 0 || stet_diff_text_number(t, INT64_MAX, &value);
}

/* Is it shadow(5), wherever it is stored: nine fields, the third to the eighth numbers? */
static bool looks_like_shadow(const struct diff_bytes *content)
{
    struct diff_text rest = stet_diff_text_of(content), line, fields[9];
    bool any = false;
    while (stet_diff_text_line(&rest, &line)) {
        if (split(line, fields, 9) != 9 || fields[0].len == 0 || fields[2].len == 0)
            return false;
        for (size_t i = 2; i < 8; i++)
            if (!is_number_or_empty(fields[i]))
                return false;
        any = true;
    }
    return any;
}

static const struct file *file_of(const struct diff_pair *p)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (stet_diff_file_is(p, files[i].path) || stet_diff_file_is(p, files[i].copy))
            return &files[i];
        if (strcmp(files[i].path, "etc/shadow") == 0 && looks_like_shadow(&p->a) &&
            looks_like_shadow(&p->b))
            return &files[i];
    }
    return NULL;
}

/* One side: records by account; lines that have another number of fields by their number. */
struct side {
    struct diff_records lines;
    struct stet_strv owned;
    bool damaged; /* lines with another number of fields */
};

static void side_release(struct side *s)
{
    stet_diff_records_release(&s->lines);
    stet_strv_release(&s->owned);
}

static int read_lines(struct side *s, const struct file *file, const struct diff_bytes *content,
                      struct stet_error *err)
{
    struct diff_text rest = stet_diff_text_of(content), line, fields[FIELDS_MAX];
    for (uint64_t n = 1; !s->lines.full && stet_diff_text_line(&rest, &line); n++) {
        bool whole = split(line, fields, file->count) == file->count;
        struct diff_text key = fields[0];
        if (!whole) {
            s->damaged = true;
            if (stet_strv_addf(&s->owned, err, "line %" PRIu64, n) < 0)
                return -1;
            key = stet_diff_text_str(s->owned.items[s->owned.count - 1]);
        }
        if (stet_diff_records_add(&s->lines, key, line, whole, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- values ---- */

static const struct {
    const char *begin, *kind;
} hashes[] = {
    {"$1$", "MD5 crypt"},     {"$2", "bcrypt"},          {"$5$", "SHA-256 crypt"},
    {"$6$", "SHA-512 crypt"}, {"$7$", "scrypt"},         {"$gy$", "gost-yescrypt"},
    {"$md5", "Sun MD5"},      {"$sha1$", "SHA-1 crypt"}, {"$y$", "yescrypt"},
};

static bool is_des(struct diff_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!strchr("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", t.s[i]) ||
            t.s[i] == '\0')
            return false;
    return t.len == 13;
}

/* Words by which accounts are locked, and no secrets. */
static bool is_word(struct diff_text t)
{
    static const char *const words[] = {"",     "x",    "*",  "!",  "!!", "!*",
                                        "*LK*", "*NP*", "NP", "LK", "U"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (stet_diff_text_is(t, words[i]))
            return true;
    return false;
}

/* What a password field holds, without it. */
static void describe_secret(struct stet_buffer *out, struct diff_text t)
{
    const char *kind = NULL;
    if (is_word(t)) {
        stet_buffer_add(out, t.s, t.len);
        return;
    }
    if (t.s[0] == '!') {
        stet_buffer_add_str(out, "locked, ");
        while (t.len > 0 && t.s[0] == '!') {
            t.s++;
            t.len--;
        }
    }
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0] && !kind; i++)
        if (stet_diff_text_begins(t, hashes[i].begin))
            kind = hashes[i].kind;
    if (!kind)
        kind = is_des(t) ? "DES crypt" : "unknown kind";
    stet_buffer_addf(out, "a password hash (%s, %zu characters)", kind, t.len);
}

/* "20415 (2025-11-23)". */
static void describe_days(struct stet_buffer *out, struct diff_text t)
{
    char text[STET_TIME_TEXT_MAX];
    uint64_t days;
    stet_buffer_add(out, t.s, t.len);
    if (!stet_diff_text_number(t, 2932896, &days))
        return;
    stet_time_format((int64_t)days * DAY, text);
    stet_buffer_addf(out, " (%.10s)", text);
}

static void describe(struct stet_buffer *out, const struct field *field, struct diff_text value)
{
    stet_buffer_add_str(out, "");
    if (field->kind == SECRET)
        describe_secret(out, value);
    else if (field->kind == DAYS || field->kind == CHANGED)
        describe_days(out, value);
    else
        stet_buffer_add(out, value.s, value.len);
}

/* The whole line, as far as it may be shown. */
static void describe_line(struct stet_buffer *out, const struct file *file,
                          const struct diff_record *line)
{
    struct diff_text fields[FIELDS_MAX];
    if (!line->at) {
        stet_buffer_addf(out, "%zu bytes that are not %zu fields", line->value.len, file->count);
        return;
    }
    split(line->value, fields, file->count);
    for (size_t i = 0; i < file->count; i++) {
        if (i > 0)
            stet_buffer_add_char(out, ':');
        if (file->fields[i].kind == SECRET)
            describe_secret(out, fields[i]);
        else
            stet_buffer_add(out, fields[i].s, fields[i].len);
    }
}

/* ---- findings ---- */

static int because_secret(struct stet_finding *f, struct diff_text a, struct diff_text b,
                          struct stet_error *err)
{
    if (is_word(a) && is_word(b))
        return 0;
    if (is_word(a) || is_word(b))
        return stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY, err,
                                 "one side holds a password hash, which has a random salt");
    return stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err,
                             "both sides hold a password hash, which has a random salt");
}

/* The day on which the password was set: that of the build, when programs like useradd set it. */
static int because_changed(const struct diff_pair *p, struct stet_finding *f, struct diff_text a,
                           struct diff_text b, struct stet_error *err)
{
    uint64_t da, db;
    if (!stet_diff_text_number(a, 2932896, &da) || !stet_diff_text_number(b, 2932896, &db))
        return 0;
    if (stet_diff_because_time(p, f, (int64_t)da * DAY, (int64_t)db * DAY, "day", err) < 0)
        return -1;
    if (f->cause != STET_CAUSE_UNEXPLAINED || p->diff->side[0].time_max ||
        p->diff->side[1].time_max)
        return 0;
    return stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY, err,
                             "programs that add accounts write the day on which they run");
}

static int add_field(const struct diff_pair *p, const struct field *field, struct diff_text name,
                     struct diff_text a, struct diff_text b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct stet_finding *f;
    describe(&ta, field, a);
    describe(&tb, field, b);
    if (stet_buffer_check(&ta, "an account", err) < 0 ||
        stet_buffer_check(&tb, "an account", err) < 0)
        return -1;
    f = stet_diff_add_text(p, format_name, (struct diff_text){stet_buffer_str(&ta), ta.len},
                           (struct diff_text){stet_buffer_str(&tb), tb.len}, err, "%.*s: %s",
                           (int)(name.len < 100 ? name.len : 100), name.s, field->name);
    if (!f)
        return -1;
    if (field->kind == SECRET)
        return because_secret(f, a, b, err);
    return field->kind == CHANGED ? because_changed(p, f, a, b, err) : 0;
}

/* A line that only one side has, or that has not the fields on one of them. */
static int add_line(const struct diff_pair *p, const struct file *file,
                    const struct diff_record_pair *one, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct diff_text none = {NULL, 0}, key = one->a ? one->a->key : one->b->key;
    if (one->a)
        describe_line(&ta, file, one->a);
    if (one->b)
        describe_line(&tb, file, one->b);
    if (stet_buffer_check(&ta, "an account", err) < 0 ||
        stet_buffer_check(&tb, "an account", err) < 0)
        return -1;
    return stet_diff_add_text(p, format_name,
                              one->a ? (struct diff_text){stet_buffer_str(&ta), ta.len} : none,
                              one->b ? (struct diff_text){stet_buffer_str(&tb), tb.len} : none, err,
                              "%s%.*s", (one->a ? one->a : one->b)->at ? "account " : "",
                              (int)(key.len < 100 ? key.len : 100), key.s)
               ? 0
               : -1;
}

static int compare_lines(const struct diff_pair *p, const struct file *file,
                         const struct diff_record_pair *one, struct stet_error *err)
{
    struct diff_text a[FIELDS_MAX], b[FIELDS_MAX];
    if (!one->a || !one->b || !one->a->at || !one->b->at)
        return add_line(p, file, one, err);
    split(one->a->value, a, file->count);
    split(one->b->value, b, file->count);
    for (size_t i = 1; i < file->count; i++)
        if (!stet_diff_text_equal(a[i], b[i]) &&
            add_field(p, &file->fields[i], one->a->key, a[i], b[i], err) < 0)
            return -1;
    return 0;
}

static int compare_sides(const struct diff_pair *p, const struct file *file, const struct side *a,
                         const struct side *b, struct stet_error *err)
{
    struct diff_record_pairs pairs;
    bool failed = false;
    if (stet_diff_records_match(&a->lines, &b->lines, &pairs, err) < 0)
        return -1;
    for (size_t i = 0; !failed && i < pairs.count; i++) {
        const struct diff_record_pair *one = &pairs.items[i];
        if (!one->a || !one->b || !stet_diff_text_equal(one->a->value, one->b->value))
            failed = compare_lines(p, file, one, err) < 0;
    }
    if (!failed)
        stet_diff_records_order(p, format_name, "lines", &a->lines, &b->lines, &pairs, &failed,
                                err);
    stet_diff_record_pairs_release(&pairs);
    return failed ? -1 : 0;
}

static bool ends_in_newline(const struct diff_bytes *c)
{
    return c->len > 0 && c->data[c->len - 1] == '\n';
}

int stet_diff_accounts(const struct diff_pair *p, struct stet_error *err)
{
    const struct file *file = file_of(p);
    struct side a = {0}, b = {0};
    size_t before = p->diff->result->count;
    int status;
    if (!file)
        return 0;
    status = read_lines(&a, file, &p->a, err) < 0 || read_lines(&b, file, &p->b, err) < 0 ? -1 : 1;
    if (status > 0 && (a.damaged || b.damaged) && file->fields[1].kind != SECRET)
        status = 0;
    else if (status > 0 && (a.lines.full || b.lines.full))
        status = stet_diff_add(p, format_name, a.lines.full ? "too many lines" : "",
                               b.lines.full ? "too many lines" : "", err, "lines")
                     ? 1
                     : -1;
    else if (status > 0 && compare_sides(p, file, &a, &b, err) < 0)
        status = -1;
    /* Lines are equal then, one by one. */
    if (status > 0 && p->diff->result->count == before && !p->diff->result->cut_short &&
        !stet_diff_add(p, format_name, ends_in_newline(&p->a) ? "there" : "not there",
                       ends_in_newline(&p->b) ? "there" : "not there", err, "newline at the end"))
        status = -1;
    side_release(&a);
    side_release(&b);
    return status;
}
