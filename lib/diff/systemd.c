/*
 * systemd - files in systemd's formats: the catalog of messages (systemd, catalog.c), headers of journals
 * (https://systemd.io/JOURNAL_FILE_FORMAT/; their entries: journal.c), the hardware database (systemd, hwdb-internal.h).
 */
#include <inttypes.h>

#include "lib/diff/formats.h"
#include "lib/diff/journal.h"
#include "lib/diff/records.h"
#include "lib/diff/region.h"

static const char catalog_name[] = "systemd catalog", journal_name[] = "systemd journal",
                  hwdb_name[] = "hwdb";

static bool has_magic(const struct diff_bytes *c, const char *magic, size_t size)
{
    return c->len >= size && memcmp(c->data, magic, 8) == 0;
}

static uint64_t get64(const struct diff_bytes *c, size_t at)
{
    return diff_get64(c->data + at, false);
}

/* ---- numbers of a header ---- */

enum value_kind { NUMBER, ID, MICROSECONDS, WORD };
struct value {
    const char *name;
    size_t at;
    enum value_kind kind;
    const char *random; /* why it is random, or NULL */
    bool follows;       /* told only where nothing else differs */
};

static size_t size_of(const struct value *v)
{
    return v->kind == ID ? 16 : v->kind == WORD ? 4 : 8;
}

static int value_text(const struct diff_bytes *c, const struct value *v, struct stet_buffer *out,
                      struct stet_error *err)
{
    uint64_t number;
    if (v->kind == ID) {
        for (size_t i = 0; i < 16; i++)
            stet_buffer_addf(out, "%02x", c->data[v->at + i]);
        return stet_buffer_check(out, "a header", err);
    }
    number = v->kind == WORD ? diff_get32(c->data + v->at, false) : get64(c, v->at);
    if (v->kind == MICROSECONDS)
        return stet_diff_add_microseconds(out, number, err);
    stet_buffer_addf(out, "%" PRIu64, number);
    return stet_buffer_check(out, "a header", err);
}

static int add_value(const struct diff_pair *p, const char *format, const struct value *v,
                     struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct stet_finding *f;
    if (value_text(&p->a, v, &ta, err) < 0 || value_text(&p->b, v, &tb, err) < 0)
        return -1;
    f = stet_diff_add(p, format, stet_buffer_str(&ta), stet_buffer_str(&tb), err, "%s", v->name);
    if (!f)
        return -1;
    if (v->random &&
        stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err, "%s", v->random) < 0)
        return -1;
    if (v->kind == MICROSECONDS && get64(&p->a, v->at) <= INT64_MAX &&
        get64(&p->b, v->at) <= INT64_MAX)
        return stet_diff_because_time(p, f, (int64_t)(get64(&p->a, v->at) / 1000000),
                                      (int64_t)(get64(&p->b, v->at) / 1000000), v->name, err);
    return 0;
}

/* Those of the values that both headers have and that differ. told: something was, from which values may follow. The
 * number of findings, or -1. */
static int compare_values(const struct diff_pair *p, const char *format, const struct value *values,
                          size_t count, size_t header, bool told_before, struct stet_error *err)
{
    int told = 0;
    for (size_t i = 0; i < count; i++) {
        const struct value *v = &values[i];
        if (v->at + size_of(v) > header || (v->follows && (told_before || told > 0)) ||
            memcmp(p->a.data + v->at, p->b.data + v->at, size_of(v)) == 0)
            continue;
        if (add_value(p, format, v, err) < 0)
            return -1;
        told++;
    }
    return told;
}

/* ---- the catalog ---- */

enum { CATALOG_HEADER = 40, CATALOG_ITEM = 56, LANGUAGE = 32 };

/* Messages by "ID LANGUAGE"; value: text; at: its offset. */
struct catalog {
    struct diff_records messages;
    struct stet_strv owned;
    size_t texts_left; /* of texts: hostile messages share a long one */
};

static void catalog_release(struct catalog *c)
{
    stet_diff_records_release(&c->messages);
    stet_strv_release(&c->owned);
}

static int add_message(struct catalog *out, const struct diff_bytes *c, size_t at, uint64_t texts,
                       struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer key = STET_BUFFER_INIT;
    uint64_t offset = get64(c, at + 16 + LANGUAGE);
    const char *language = (const char *)c->data + at + 16, *text, *end;
    if (offset >= c->len - texts)
        return 0;
    text = (const char *)c->data + texts + offset;
    end = memchr(text, '\0', c->len - (size_t)(texts + offset));
    if (!end || (size_t)(end - text) > out->texts_left)
        return 0;
    out->texts_left -= (size_t)(end - text);
    for (size_t i = 0; i < 16; i++)
        stet_buffer_addf(&key, "%02x", c->data[at + i]);
    if (*language)
        stet_buffer_addf(&key, " %.*s", (int)strnlen(language, LANGUAGE), language);
    if (stet_buffer_check(&key, "a catalog", err) < 0 ||
        stet_strv_add(&out->owned, stet_buffer_str(&key), err) < 0 ||
        stet_diff_records_add(&out->messages,
                              stet_diff_text_str(out->owned.items[out->owned.count - 1]),
                              (struct diff_text){text, (size_t)(end - text)}, offset, err) < 0)
        return -1;
    return 1;
}

/* 1; 0 when it is damaged; -1 with err. */
static int read_catalog(struct catalog *out, const struct diff_bytes *c, struct stet_error *err)
{
    uint64_t header, count, size, items;
    if (!has_magic(c, "RHHHKSLP", CATALOG_HEADER))
        return 0;
    header = get64(c, 16);
    count = get64(c, 24);
    size = get64(c, 32);
    if (header < CATALOG_HEADER || header > c->len || size < CATALOG_ITEM ||
        __builtin_mul_overflow(count, size, &items) || items > c->len - header)
        return 0;
    out->texts_left = c->len <= SIZE_MAX / 8 ? c->len * 8 : SIZE_MAX;
    for (uint64_t i = 0; i < count && !out->messages.full; i++) {
        int status = add_message(out, c, (size_t)(header + i * size), header + items, err);
        if (status <= 0)
            return status;
    }
    return !out->messages.full;
}

/* Texts of messages that both have, line by line. The number of findings, or -1. */
static int compare_message(const struct diff_pair *p, const struct diff_record_pair *one,
                           struct stet_error *err)
{
    _cleanup_free_ char *what = NULL;
    if (!one->a || !one->b || stet_diff_text_equal(one->a->value, one->b->value))
        return 0;
    what = stet_format(err, "message %s", one->a->key.s);
    return what ? stet_diff_add_value(p, catalog_name, what, one->a->value, one->b->value, err)
                : -1;
}

/* Messages that only one side has, and their order. The number of findings, or -1. */
static int compare_keys(const struct diff_pair *p, const struct catalog *a, const struct catalog *b,
                        struct stet_error *err)
{
    struct diff_records ka = {0}, kb = {0};
    const struct diff_records *from[2] = {&a->messages, &b->messages};
    struct diff_records *to[2] = {&ka, &kb};
    const struct diff_text empty = {"", 0};
    int count = 0;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; count == 0 && i < from[side]->count; i++)
            count = stet_diff_records_add(to[side], from[side]->items[i].key, empty, 0, err);
    if (count == 0)
        count = stet_diff_records_compare(p, catalog_name, "messages", &ka, &kb, err);
    stet_diff_records_release(&ka);
    stet_diff_records_release(&kb);
    return count;
}

/* The same messages, stored in another order. The number of findings, or -1. */
static int compare_offsets(const struct diff_pair *p, const struct diff_record_pairs *pairs,
                           struct stet_error *err)
{
    char ta[64], tb[64];
    const struct diff_record_pair *first = NULL;
    size_t count = 0;
    struct stet_finding *f;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct diff_record_pair *one = &pairs->items[i];
        if (one->a && one->b && one->a->at != one->b->at) {
            count++;
            first = first ? first : one;
        }
    }
    if (!first)
        return 0;
    snprintf(ta, sizeof ta, "%zu texts elsewhere, first at %" PRIu64, count, first->a->at);
    snprintf(tb, sizeof tb, "there at %" PRIu64, first->b->at);
    f = stet_diff_add(p, catalog_name, ta, tb, err, "places of the texts");
    return f && stet_diff_because(
                    f, STET_CAUSE_FILE_ORDER, STET_DIFF_LIKELY, err,
                    "the same texts are stored in another order, as their files were read") == 0
               ? 1
               : -1;
}

static int compare_catalogs(const struct diff_pair *p, const struct catalog *a,
                            const struct catalog *b, struct stet_error *err)
{
    struct diff_record_pairs pairs;
    int count = compare_keys(p, a, b, err);
    if (count < 0 || stet_diff_records_match(&a->messages, &b->messages, &pairs, err) < 0)
        return -1;
    for (size_t i = 0; count >= 0 && i < pairs.count; i++) {
        int more = compare_message(p, &pairs.items[i], err);
        count = more < 0 ? -1 : count + more;
    }
    if (count == 0)
        count = compare_offsets(p, &pairs, err);
    stet_diff_record_pairs_release(&pairs);
    return count;
}

int stet_diff_catalog(const struct diff_pair *p, struct stet_error *err)
{
    struct catalog a = {0}, b = {0};
    int status = read_catalog(&a, &p->a, err);
    if (status > 0)
        status = read_catalog(&b, &p->b, err);
    if (status > 0)
        status = compare_catalogs(p, &a, &b, err);
    catalog_release(&a);
    catalog_release(&b);
    return status > 0 ? 1 : status;
}

/* ---- journals ---- */

static const struct value journal_ids[] = {
    {"file id", 24, ID, "journald draws an id at random for each file", false},
    {"machine id", 40, ID, "a machine id is drawn at random where it is first needed", false},
    {"boot id", 56, ID, "the kernel draws an id at random for each boot", false},
    {"sequence number id", 72, ID, "journald draws an id at random for each file", false},
    {"compatible flags", 8, WORD, NULL, false},
    {"incompatible flags", 12, WORD, NULL, false},
    {"state", 16, NUMBER, NULL, false},
    {"size of the header", 88, NUMBER, NULL, false},
};
/* Of the entries: told where it is not told how those differ. */
static const struct value journal_values[] = {
    {"number of objects", 144, NUMBER, NULL, false},
    {"number of entries", 152, NUMBER, NULL, false},
    {"first sequence number", 168, NUMBER, NULL, false},
    {"last sequence number", 160, NUMBER, NULL, false},
    {"time of the first entry", 184, MICROSECONDS, NULL, false},
    {"time of the last entry", 192, MICROSECONDS, NULL, false},
    {"monotonic time of the last entry (microseconds)", 200, NUMBER, NULL, false},
    {"number of data objects", 208, NUMBER, NULL, false},
    {"number of field objects", 216, NUMBER, NULL, false},
    {"number of tags", 224, NUMBER, NULL, false},
    {"number of entry arrays", 232, NUMBER, NULL, false},
    {"size of the arena", 96, NUMBER, NULL, false},
    {"place of the last object", 136, NUMBER, NULL, true},
};

static size_t journal_header(const struct diff_bytes *c)
{
    uint64_t size = get64(c, 88);
    return size < DIFF_JOURNAL_HEADER || size > c->len ? DIFF_JOURNAL_HEADER : (size_t)size;
}

/* The number of findings, or -1. */
static int compare_entries(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_journal a = {0}, b = {0};
    int told = -1;
    if (stet_diff_journal_read(&p->a, &a, err) == 0 && stet_diff_journal_read(&p->b, &b, err) == 0)
        told = stet_diff_journal_entries(p, &a, &b, err);
    stet_diff_journal_release(&a);
    stet_diff_journal_release(&b);
    return told;
}

int stet_diff_journal(const struct diff_pair *p, struct stet_error *err)
{
    size_t header, other;
    int ids, entries, values = 0;
    if (!has_magic(&p->a, "LPKSHHRH", DIFF_JOURNAL_HEADER) ||
        !has_magic(&p->b, "LPKSHHRH", DIFF_JOURNAL_HEADER))
        return 0;
    header = journal_header(&p->a);
    other = journal_header(&p->b);
    header = header < other ? header : other;
    ids = compare_values(p, journal_name, journal_ids, sizeof journal_ids / sizeof journal_ids[0],
                         header, false, err);
    entries = ids < 0 ? -1 : compare_entries(p, err);
    if (entries == 0)
        values =
            compare_values(p, journal_name, journal_values,
                           sizeof journal_values / sizeof journal_values[0], header, ids > 0, err);
    return entries < 0 || values < 0 ? -1 : ids + entries + values > 0;
}

/* ---- the hardware database ---- */

enum { HWDB_HEADER = 80 };

static const struct value hwdb_values[] = {
    {"systemd version", 8, NUMBER, NULL, false},
    {"size of nodes", 32, NUMBER, NULL, false},
    {"size of values", 48, NUMBER, NULL, false},
    {"length of the nodes", 64, NUMBER, NULL, false},
    {"length of the strings", 72, NUMBER, NULL, false},
};

/* The header's values, then the bytes: where both have one length, they are told where they differ. */
int stet_diff_hwdb(const struct diff_pair *p, struct stet_error *err)
{
    int count, more = 0;
    if (!has_magic(&p->a, "KSLPHHRH", HWDB_HEADER) || !has_magic(&p->b, "KSLPHHRH", HWDB_HEADER))
        return 0;
    count = compare_values(p, hwdb_name, hwdb_values, sizeof hwdb_values / sizeof hwdb_values[0],
                           HWDB_HEADER, false, err);
    if (count >= 0 && p->a.len == p->b.len)
        more = stet_diff_raw(p, hwdb_name, err);
    return count < 0 || more < 0 ? -1 : count + more > 0;
}
