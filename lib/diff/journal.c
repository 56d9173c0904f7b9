/*
 * journal - two journals of systemd, entry by entry. Entries of one message belong together, then those of one program.
 */
#include "lib/diff/journal.h"

#include <inttypes.h>

#include "lib/diff/region.h"

static const char format_name[] = "systemd journal";

enum { LABEL_MAX = 60, TEXT_MAX = 120, NAMES_MAX = 256 };

/* What differs in two entries: a field of both or of one; or a property that is none. */
enum property { FIELD, REALTIME, MONOTONIC, BOOT, SEQUENCE, PROPERTIES };
struct difference {
    enum property property;
    const struct diff_journal_field *x, *y; /* NULL: that side has none */
    size_t i, j;                            /* entries */
    size_t order;                           /* as it was found */
};
struct journals {
    const struct diff_pair *p;
    const struct diff_journal *a, *b;
    size_t *partner; /* of each of a; SIZE_MAX: none */
    size_t *of;      /* the same of b */
    struct difference *items;
    size_t count, cap;
    uint64_t left; /* bytes that may yet be compared */
};

/* ---- which entries belong together ---- */

static struct diff_text message_of(const struct diff_journal *j, const struct diff_journal_entry *e)
{
    return stet_diff_journal_value(j, e, "MESSAGE");
}

static struct diff_text program_of(const struct diff_journal *j, const struct diff_journal_entry *e)
{
    struct diff_text t = stet_diff_journal_value(j, e, "SYSLOG_IDENTIFIER");
    return t.s ? t : stet_diff_journal_value(j, e, "_COMM");
}

typedef struct diff_text key_of(const struct diff_journal *j, const struct diff_journal_entry *e);

/* Those that belong to none yet. */
static int add_records(const struct diff_journal *j, const size_t *partner, key_of *key,
                       struct diff_records *out, struct stet_error *err)
{
    const struct diff_text none = {"", 0};

    for (size_t i = 0; i < j->count; i++) {
        struct diff_text k = key(j, &j->entries[i]);
        if (partner[i] == SIZE_MAX && stet_diff_records_add(out, k.s ? k : none, none, i, err) < 0)
            return -1;
    }
    return 0;
}

static int pair_by(struct journals *s, key_of *key, struct stet_error *err)
{
    struct diff_records a = {0}, b = {0};
    struct diff_record_pairs pairs = {0};
    int rc = -1;

    if (add_records(s->a, s->partner, key, &a, err) == 0 &&
        add_records(s->b, s->of, key, &b, err) == 0)
        rc = stet_diff_records_match(&a, &b, &pairs, err);
    for (size_t i = 0; rc == 0 && i < pairs.count; i++) {
        const struct diff_record_pair *one = &pairs.items[i];
        if (one->a && one->b) {
            s->partner[one->a->at] = (size_t)one->b->at;
            s->of[one->b->at] = (size_t)one->a->at;
        }
    }
    stet_diff_record_pairs_release(&pairs);
    stet_diff_records_release(&a);
    stet_diff_records_release(&b);
    return rc;
}

/* ---- what differs in two ---- */

static int note(struct journals *s, struct difference d, struct stet_error *err)
{
    if (stet_grow(&s->items, &s->cap, s->count + 1, sizeof *s->items, err) < 0)
        return -1;
    d.order = s->count;
    s->items[s->count++] = d;
    return 0;
}

static bool same_field(struct journals *s, const struct diff_journal_field *x,
                       const struct diff_journal_field *y)
{
    if (x->len != y->len)
        return false;
    if (x->s == y->s || x->len == 0)
        return true;
    /* Hostile entries share long values: past the budget their lengths have to do. */
    if (x->len > s->left)
        return true;
    s->left -= x->len;
    return memcmp(x->s, y->s, x->len) == 0;
}

static int compare_names(const struct diff_journal_field *x, const struct diff_journal_field *y)
{
    uint32_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
    int order = n ? memcmp(x->s, y->s, n) : 0;

    return order ? order : (x->name_len > y->name_len) - (x->name_len < y->name_len);
}

static bool is_named(const struct diff_journal_field *f, const char *name)
{
    return f->name_len == strlen(name) && memcmp(f->s, name, f->name_len) == 0;
}

static int note_fields(struct journals *s, size_t i, size_t j, struct stet_error *err)
{
    const struct diff_journal_entry *e = &s->a->entries[i], *f = &s->b->entries[j];

    for (size_t k = 0, l = 0; k < e->count || l < f->count;) {
        const struct diff_journal_field *x = k < e->count ? &s->a->fields[e->first + k] : NULL;
        const struct diff_journal_field *y = l < f->count ? &s->b->fields[f->first + l] : NULL;
        int order = !x ? 1 : !y ? -1 : compare_names(x, y);
        k += order <= 0;
        l += order >= 0;
        /* journald writes the entry's own id once more. */
        if (order == 0 && (is_named(x, "_BOOT_ID") || same_field(s, x, y)))
            continue;
        if (note(s, (struct difference){FIELD, order <= 0 ? x : NULL, order >= 0 ? y : NULL, i, j},
                 err) < 0)
            return -1;
    }
    return 0;
}

static int note_entries(struct journals *s, size_t i, size_t j, struct stet_error *err)
{
    const struct diff_journal_entry *e = &s->a->entries[i], *f = &s->b->entries[j];
    const bool differs[PROPERTIES] = {
        [REALTIME] = e->realtime != f->realtime,
        [MONOTONIC] = e->monotonic != f->monotonic,
        [BOOT] = memcmp(e->boot, f->boot, 16) != 0,
        [SEQUENCE] = e->sequence != f->sequence,
    };

    for (enum property k = REALTIME; k < PROPERTIES; k++)
        if (differs[k] && note(s, (struct difference){k, NULL, NULL, i, j}, err) < 0)
            return -1;
    return note_fields(s, i, j, err);
}

/* ---- telling ---- */

static const struct diff_journal_field *name_of(const struct difference *d)
{
    return d->x ? d->x : d->y;
}

/* By property, then by name, then as they come. */
static int compare_differences(const void *pa, const void *pb)
{
    const struct difference *a = pa, *b = pb;
    int order = (a->property > b->property) - (a->property < b->property);

    if (order == 0 && a->property == FIELD)
        order = compare_names(name_of(a), name_of(b));
    if (order == 0)
        order = (a->i > b->i) - (a->i < b->i);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static int add_value(const struct diff_journal_entry *e, const struct diff_journal_field *f,
                     enum property property, struct stet_buffer *out, struct stet_error *err)
{
    switch (property) {
    case REALTIME:
        return stet_diff_add_microseconds(out, e->realtime, err);
    case MONOTONIC:
        stet_buffer_addf(out, "%" PRIu64, e->monotonic);
        break;
    case BOOT:
        for (size_t i = 0; i < 16; i++)
            stet_buffer_addf(out, "%02x", e->boot[i]);
        break;
    case SEQUENCE:
        stet_buffer_addf(out, "%" PRIu64, e->sequence);
        break;
    case FIELD:
    case PROPERTIES: {
        size_t skip = f->name_len < f->len ? f->name_len + 1 : f->len;
        if (f->len > skip)
            return stet_diff_printable(f->s + skip, f->len - skip, TEXT_MAX, out, err);
    }
    }
    return stet_buffer_check(out, "a journal", err);
}

/* "entry 12 (cron: the message)" */
static int add_label(const struct diff_journal *j, size_t i, struct stet_buffer *out,
                     struct stet_error *err)
{
    struct diff_text program = program_of(j, &j->entries[i]),
                     message = message_of(j, &j->entries[i]);

    stet_buffer_addf(out, "entry %zu", i + 1);
    if (!program.s && !message.s)
        return stet_buffer_check(out, "a journal", err);
    stet_buffer_add_str(out, " (");
    if (stet_diff_printable(program.s, program.len, LABEL_MAX, out, err) < 0)
        return -1;
    stet_buffer_add_str(out, program.s && message.s ? ": " : "");
    if (stet_diff_printable(message.s, message.len, LABEL_MAX, out, err) < 0)
        return -1;
    stet_buffer_add_char(out, ')');
    return stet_buffer_check(out, "a journal", err);
}

static int add_line(struct diff_details *details, char sign, const struct diff_journal *j, size_t i,
                    const struct stet_buffer *value, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer line = STET_BUFFER_INIT;

    if (!stet_diff_details_room(details, 1))
        return 0;
    if (add_label(j, i, &line, err) < 0)
        return -1;
    if (value)
        stet_buffer_addf(&line, ": %s", stet_buffer_str(value));
    if (stet_buffer_check(&line, "a journal", err) < 0)
        return -1;
    return stet_diff_detail(details->f, sign, stet_buffer_str(&line), line.len, err);
}

/* What journald itself writes into each entry. */
static int explain_field(const struct diff_journal_field *name, struct stet_finding *f,
                         struct stet_error *err)
{
    if (is_named(name, "_MACHINE_ID"))
        return stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err,
                                 "a machine id is drawn at random where it is first needed");
    if (is_named(name, "_HOSTNAME"))
        return stet_diff_because(f, STET_CAUSE_HOST, STET_DIFF_CERTAIN, err,
                                 "journald writes the host name into each entry");
    return 0;
}

static int explain(const struct journals *s, const struct difference *d, struct stet_finding *f,
                   struct stet_error *err)
{
    uint64_t a = s->a->entries[d->i].realtime / 1000000, b = s->b->entries[d->j].realtime / 1000000;

    if (d->property == REALTIME && a <= INT64_MAX && b <= INT64_MAX)
        return stet_diff_because_time(s->p, f, (int64_t)a, (int64_t)b, "time of entries", err);
    if (d->property == BOOT)
        return stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err,
                                 "the kernel draws an id at random for each boot");
    if (d->property == MONOTONIC)
        return stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY, err,
                                 "it counts from the boot of the machine to the entry");
    return d->property == FIELD ? explain_field(name_of(d), f, err) : 0;
}

/* One finding for a run of differences of one name. */
static int tell_run(const struct journals *s, const struct difference *run, size_t count,
                    struct stet_error *err)
{
    static const char *const names[] = {
        [FIELD] = "field ",
        [REALTIME] = "time of entries",
        [MONOTONIC] = "monotonic time of entries (microseconds)",
        [BOOT] = "boot id of entries",
        [SEQUENCE] = "sequence numbers of entries",
    };
    _cleanup_buffer_ struct stet_buffer what = STET_BUFFER_INIT;
    struct diff_details details = {NULL, 0, 0};

    stet_buffer_add_str(&what, names[run->property]);
    if (run->property == FIELD &&
        stet_diff_printable(name_of(run)->s, name_of(run)->name_len, LABEL_MAX, &what, err) < 0)
        return -1;
    if (stet_buffer_check(&what, "a journal", err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct difference *d = &run[i];
        _cleanup_buffer_ struct stet_buffer x = STET_BUFFER_INIT, y = STET_BUFFER_INIT;
        bool has_x = d->property != FIELD || d->x, has_y = d->property != FIELD || d->y;
        stet_buffer_add_str(&x, "");
        stet_buffer_add_str(&y, "");
        if ((has_x && add_value(&s->a->entries[d->i], d->x, d->property, &x, err) < 0) ||
            (has_y && add_value(&s->b->entries[d->j], d->y, d->property, &y, err) < 0))
            return -1;
        if (i == 0)
            details.f = stet_diff_add(s->p, format_name, has_x ? x.data : NULL,
                                      has_y ? y.data : NULL, err, "%s", what.data);
        if (!details.f || (has_x && add_line(&details, '-', s->a, d->i, &x, err) < 0) ||
            (has_y && add_line(&details, '+', s->b, d->j, &y, err) < 0))
            return -1;
    }
    return stet_diff_details_end(&details, err) < 0 ? -1 : explain(s, run, details.f, err);
}

static bool is_run(const struct difference *a, const struct difference *b)
{
    return a->property == b->property &&
           (a->property != FIELD || compare_names(name_of(a), name_of(b)) == 0);
}

static int tell_differences(struct journals *s, struct stet_error *err)
{
    int told = 0;

    if (s->count > 1)
        qsort(s->items, s->count, sizeof *s->items, compare_differences);
    for (size_t i = 0, end; i < s->count; i = end, told++) {
        for (end = i + 1; end < s->count && is_run(&s->items[i], &s->items[end]);)
            end++;
        if (told == NAMES_MAX)
            end = s->count;
        if (tell_run(s, &s->items[i], end - i, err) < 0)
            return -1;
    }
    return told;
}

/* Entries that only one side has. */
static int tell_alone(const struct journals *s, struct stet_error *err)
{
    const struct diff_journal *sides[] = {s->a, s->b};
    const size_t *partners[] = {s->partner, s->of};
    size_t alone[2] = {0, 0};
    char texts[2][64];
    struct diff_details details = {NULL, 0, 0};

    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < sides[side]->count; i++)
            alone[side] += partners[side][i] == SIZE_MAX;
        snprintf(texts[side], sizeof texts[side], "%zu, %zu only here", sides[side]->count,
                 alone[side]);
    }
    if (alone[0] + alone[1] == 0)
        return 0;
    details.f = stet_diff_add(s->p, format_name, texts[0], texts[1], err, "entries");
    if (!details.f)
        return -1;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < sides[side]->count; i++)
            if (partners[side][i] == SIZE_MAX &&
                add_line(&details, side ? '+' : '-', sides[side], i, NULL, err) < 0)
                return -1;
    return stet_diff_details_end(&details, err) < 0 ? -1 : 1;
}

/* That not all could be read. */
static int tell_limits(const struct journals *s, struct stet_error *err)
{
    char x[64] = "whole", y[64] = "whole";

    if (s->a->damage)
        snprintf(x, sizeof x, "damaged at byte %" PRIu64, s->a->damage);
    if (s->b->damage)
        snprintf(y, sizeof y, "damaged at byte %" PRIu64, s->b->damage);
    if (strcmp(x, y) != 0)
        return stet_diff_add(s->p, format_name, x, y, err, "objects") ? 1 : -1;
    if (!s->a->full && !s->b->full)
        return 0;
    snprintf(x, sizeof x, "%zu entries", s->a->count);
    snprintf(y, sizeof y, "%zu entries", s->b->count);
    s->p->diff->result->cut_short = true;
    return stet_diff_add(s->p, format_name, x, y, err,
                         "budget of entries: those that come after "
                         "are not compared")
               ? 1
               : -1;
}

static int compare_all(struct journals *s, struct stet_error *err)
{
    for (size_t i = 0; i < s->a->count; i++)
        s->partner[i] = SIZE_MAX;
    for (size_t i = 0; i < s->b->count; i++)
        s->of[i] = SIZE_MAX;
    if (pair_by(s, message_of, err) < 0 || pair_by(s, program_of, err) < 0)
        return -1;
    for (size_t i = 0; i < s->a->count; i++)
        if (s->partner[i] != SIZE_MAX && note_entries(s, i, s->partner[i], err) < 0)
            return -1;
    int limits = tell_limits(s, err), alone = limits < 0 ? -1 : tell_alone(s, err);
    /* Numbers follow from entries that one side does not have. */
    for (size_t i = 0; alone > 0 && i < s->count; i++)
        if (s->items[i].property == SEQUENCE)
            s->items[i--] = s->items[--s->count];
    int told = alone < 0 ? -1 : tell_differences(s, err);
    return told < 0 ? -1 : limits + alone + told;
}

int stet_diff_journal_entries(const struct diff_pair *p, const struct diff_journal *a,
                              const struct diff_journal *b, struct stet_error *err)
{
    struct journals s = {.p = p, .a = a, .b = b};
    int told = -1;

    s.left = 8 * ((uint64_t)p->a.len + p->b.len);
    s.partner = calloc(a->count + 1, sizeof *s.partner);
    s.of = calloc(b->count + 1, sizeof *s.of);
    if (s.partner && s.of)
        told = compare_all(&s, err);
    else
        stet_error_oom(err, "a journal");
    free(s.partner);
    free(s.of);
    free(s.items);
    return told;
}
