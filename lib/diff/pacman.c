/*
 * pacman - the files desc and files of pacman's local database: blocks of "%KEY%" and lines.
 */
#include "lib/diff/formats.h"
#include "lib/diff/records.h"

static const char format_name[] = "pacman database";

static bool is_key(struct diff_text line)
{
    return line.len > 2 && line.s[0] == '%' && line.s[line.len - 1] == '%';
}

/* Blocks: the key without its signs, and the lines up to an empty one. 1, 0 when there is anything else, -1 with err. */
static int read_blocks(struct diff_records *out, struct diff_text rest, struct stet_error *err)
{
    struct diff_text line;
    if (!stet_diff_text_plain(rest))
        return 0;
    while (!out->full && stet_diff_text_line(&rest, &line)) {
        struct diff_text key = {line.s + 1, line.len - 2}, value = {rest.s, 0};
        if (line.len == 0)
            continue;
        if (!is_key(line))
            return 0;
        while (stet_diff_text_line(&rest, &line) && line.len > 0)
            value.len = (size_t)(line.s + line.len - value.s);
        if (stet_diff_records_add(out, key, value, 0, err) < 0)
            return -1;
    }
    return !out->full;
}

/* Does the database hold times under this key, and what does a difference of them mean? */
static const struct time_key {
    const char *key;
    enum stet_diff_cause cause;
    enum stet_diff_sureness sure;
    const char *evidence;
} time_keys[] = {
    {"INSTALLDATE", STET_CAUSE_DATABASE_TIME, STET_DIFF_CERTAIN,
     "pacman writes the time at which it installs a package into its database"},
    {"BUILDDATE", STET_CAUSE_PACKAGE_VERSION, STET_DIFF_LIKELY,
     "the package was built at another time, so it is another package"},
};

static int add_time(const struct diff_pair *p, const struct time_key *key, struct diff_text a,
                    struct diff_text b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    uint64_t na, nb;
    struct stet_finding *f;
    if (!stet_diff_text_number(a, INT64_MAX, &na) || !stet_diff_text_number(b, INT64_MAX, &nb))
        return stet_diff_add_text(p, format_name, a, b, err, "%%%s%%", key->key) ? 0 : -1;
    if (stet_diff_add_time_text(&ta, (int64_t)na, err) < 0 ||
        stet_diff_add_time_text(&tb, (int64_t)nb, err) < 0)
        return -1;
    f = stet_diff_add(p, format_name, stet_buffer_str(&ta), stet_buffer_str(&tb), err, "%%%s%%",
                      key->key);
    return f ? stet_diff_because(f, key->cause, key->sure, err, "%s", key->evidence) : -1;
}

/* "path<TAB>hash" lines by path. */
static int add_backup(const struct diff_pair *p, struct diff_text a, struct diff_text b,
                      struct stet_error *err)
{
    struct diff_records ra = {0}, rb = {0};
    struct diff_text texts[2] = {a, b}, line;
    struct diff_records *records[2] = {&ra, &rb};
    int status = 0;
    for (int i = 0; status == 0 && i < 2; i++)
        while (status == 0 && stet_diff_text_line(&texts[i], &line)) {
            struct diff_text path = stet_diff_text_field(&line, '\t');
            status = stet_diff_records_add(records[i], path, line, 0, err);
        }
    if (status == 0)
        status = stet_diff_records_compare(p, format_name, "%BACKUP%", &ra, &rb, err);
    if (status == 0)
        status = stet_diff_add_text(p, format_name, a, b, err, "%%BACKUP%%") ? 0 : -1;
    stet_diff_records_release(&ra);
    stet_diff_records_release(&rb);
    return status < 0 ? -1 : 0;
}

static int add_block(const struct diff_pair *p, const struct diff_record_pair *one,
                     struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer what = STET_BUFFER_INIT;
    struct diff_text key = one->a ? one->a->key : one->b->key, none = {NULL, 0};
    struct stet_finding *f;
    stet_buffer_add_char(&what, '%');
    if (stet_diff_printable(key.s, key.len, 100, &what, err) < 0)
        return -1;
    stet_buffer_add_char(&what, '%');
    if (stet_buffer_check(&what, "a finding", err) < 0)
        return -1;
    if (!one->a || !one->b)
        return stet_diff_add_text(p, format_name, one->a ? one->a->value : none,
                                  one->b ? one->b->value : none, err, "%s", stet_buffer_str(&what))
                   ? 0
                   : -1;
    for (size_t i = 0; i < sizeof time_keys / sizeof time_keys[0]; i++)
        if (stet_diff_text_is(key, time_keys[i].key))
            return add_time(p, &time_keys[i], one->a->value, one->b->value, err);
    if (stet_diff_text_is(key, "BACKUP"))
        return add_backup(p, one->a->value, one->b->value, err);
    if (!stet_diff_text_is(key, "VERSION"))
        return stet_diff_add_value(p, format_name, stet_buffer_str(&what), one->a->value,
                                   one->b->value, err) < 0
                   ? -1
                   : 0;
    f = stet_diff_add_text(p, format_name, one->a->value, one->b->value, err, "%s",
                           stet_buffer_str(&what));
    return f ? stet_diff_because(f, STET_CAUSE_PACKAGE_VERSION, STET_DIFF_CERTAIN, err,
                                 "the database names another version of the package")
             : -1;
}

static int compare_blocks(const struct diff_pair *p, const struct diff_records *a,
                          const struct diff_records *b, struct stet_error *err)
{
    struct diff_record_pairs pairs;
    bool failed = false;
    if (stet_diff_records_match(a, b, &pairs, err) < 0)
        return -1;
    for (size_t i = 0; !failed && i < pairs.count; i++) {
        const struct diff_record_pair *one = &pairs.items[i];
        if (!one->a || !one->b || !stet_diff_text_equal(one->a->value, one->b->value))
            failed = add_block(p, one, err) < 0;
    }
    if (!failed)
        stet_diff_records_order(p, format_name, "keys", a, b, &pairs, &failed, err);
    stet_diff_record_pairs_release(&pairs);
    return failed ? -1 : 1;
}

int stet_diff_pacman(const struct diff_pair *p, struct stet_error *err)
{
    size_t before = p->diff->result->count;
    struct diff_records a = {0}, b = {0};
    struct diff_text ta = stet_diff_text_of(&p->a), tb = stet_diff_text_of(&p->b);
    int status;
    if (!stet_diff_file_matches(p, "var/lib/pacman/local/*/desc") &&
        !stet_diff_file_matches(p, "var/lib/pacman/local/*/files") &&
        !((stet_diff_file_is(p, "desc") || stet_diff_file_is(p, "files")) &&
          stet_diff_text_begins(ta, "%") && stet_diff_text_begins(tb, "%")))
        return 0;
    status = read_blocks(&a, ta, err);
    if (status > 0)
        status = read_blocks(&b, tb, err);
    if (status > 0)
        status = compare_blocks(p, &a, &b, err);
    stet_diff_records_release(&a);
    stet_diff_records_release(&b);
    return status > 0 ? p->diff->result->count > before : status;
}
