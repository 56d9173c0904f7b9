#include "lib/diff/journal.h"

#include "lib/codec/codec.h"
#include "lib/diff/region.h"

enum {
    ENTRIES_MAX = 1 << 18,
    FIELDS_MAX = 1 << 20,
    UNPACKED_MAX = 64 << 20, /* bytes of contents that were compressed */
    OBJECT = 16,             /* bytes of an object's header */
    ENTRY = 64,              /* and of an entry's, with it */
    DATA = 64,
    DATA_COMPACT = 72,
    IS_COMPACT = 16, /* in the header's incompatible flags */
    TYPE_DATA = 1,
    TYPE_ENTRY = 3,
    FLAG_XZ = 1,
    FLAG_LZ4 = 2,
    FLAG_ZSTD = 4,
};

static uint64_t get64(const struct diff_bytes *c, uint64_t at)
{
    return diff_get64(c->data + at, false);
}

void stet_diff_journal_release(struct diff_journal *j)
{
    for (size_t i = 0; i < j->unpacked_count; i++)
        free(j->unpacked[i]);
    free(j->unpacked);
    free(j->entries);
    free(j->fields);
    *j = (struct diff_journal){0};
}

/* Is there an object at this place? Its size. */
static bool has_object(const struct diff_bytes *c, uint64_t at, uint64_t *size)
{
    if (at % 8 != 0 || at < DIFF_JOURNAL_HEADER || at > c->len || c->len - at < OBJECT)
        return false;
    *size = get64(c, at + 8);
    return *size >= OBJECT && *size <= c->len - at;
}

/* ---- fields ---- */

/* 1; 0 when it cannot be unpacked, or the budget is spent; -1 with err. */
static int unpack(struct diff_journal *j, struct diff_bytes *payload, struct stet_error *err)
{
    struct stet_memory_reader memory;
    _cleanup_buffer_ struct stet_buffer out = STET_BUFFER_INIT;
    struct stet_error why = STET_ERROR_INIT;
    char piece[4096];
    ssize_t n = 1;

    if (stet_grow(&j->unpacked, &j->unpacked_cap, j->unpacked_count + 1, sizeof(char *), err) < 0)
        return -1;
    stet_memory_reader_init(&memory, payload->data, payload->len);
    struct stet_reader *r =
        stet_codec_decoder_new(&memory.base, "a field", j->unpacked_left, NULL, &why);
    while (r && n > 0) {
        n = stet_reader_read(r, piece, sizeof piece, &why);
        if (n > 0)
            stet_buffer_add(&out, piece, (size_t)n);
    }
    stet_codec_decoder_free(r);
    if (stet_buffer_check(&out, "a journal", err) < 0)
        return -1;
    if (!r || n < 0 || out.len == 0)
        return 0;
    j->unpacked_left -= out.len < j->unpacked_left ? out.len : j->unpacked_left;
    *payload = (struct diff_bytes){(unsigned char *)out.data, out.len};
    j->unpacked[j->unpacked_count++] = stet_buffer_detach(&out);
    return 1;
}

static int add_field(struct diff_journal *j, const struct diff_bytes *c, uint64_t at, bool compact,
                     struct stet_error *err)
{
    uint64_t size, header = compact ? DATA_COMPACT : DATA;

    if (!has_object(c, at, &size) || c->data[at] != TYPE_DATA || size < header)
        return 0;
    struct diff_bytes payload = {c->data + at + header, (size_t)(size - header)};
    if (c->data[at + 1] & (FLAG_XZ | FLAG_ZSTD) && unpack(j, &payload, err) < 0)
        return -1;
    if (payload.len > UINT32_MAX)
        return 0;
    if (stet_grow(&j->fields, &j->field_cap, j->field_count + 1, sizeof *j->fields, err) < 0)
        return -1;
    const char *s = (const char *)payload.data;
    const char *sign = payload.len ? memchr(s, '=', payload.len) : NULL;
    size_t name = sign ? (size_t)(sign - s) : payload.len;
    j->fields[j->field_count++] =
        (struct diff_journal_field){s, (uint32_t)name, (uint32_t)payload.len};
    return 1;
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    enum { LOOK = 4096 }; /* what comes after it does not change the order */
    size_t n = a_len < b_len ? a_len : b_len;
    int order = n ? memcmp(a, b, n < LOOK ? n : LOOK) : 0;

    return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_fields(const void *pa, const void *pb)
{
    const struct diff_journal_field *a = pa, *b = pb;
    int order = compare_bytes(a->s, a->name_len, b->s, b->name_len);

    return order ? order : compare_bytes(a->s, a->len, b->s, b->len);
}

/* ---- entries ---- */

/* 1; 0 when it is damaged; -1 with err. */
static int add_entry(struct diff_journal *j, const struct diff_bytes *c, uint64_t at, uint64_t size,
                     bool compact, struct stet_error *err)
{
    uint64_t step = compact ? 4 : 16, items = size < ENTRY ? 0 : (size - ENTRY) / step;

    if (size < ENTRY)
        return 0;
    if (j->count == ENTRIES_MAX || items > FIELDS_MAX - j->field_count) {
        j->full = true;
        return 1;
    }
    if (stet_grow(&j->entries, &j->cap, j->count + 1, sizeof *j->entries, err) < 0)
        return -1;
    struct diff_journal_entry *e = &j->entries[j->count++];
    *e = (struct diff_journal_entry){.sequence = get64(c, at + 16),
                                     .realtime = get64(c, at + 24),
                                     .monotonic = get64(c, at + 32),
                                     .boot = c->data + at + 40,
                                     .first = j->field_count};
    for (uint64_t i = 0; i < items; i++) {
        const unsigned char *item = c->data + at + ENTRY + i * step;
        uint64_t data = compact ? diff_get32(item, false) : diff_get64(item, false);
        int rc = add_field(j, c, data, compact, err);
        if (rc <= 0)
            return rc;
    }
    e->count = j->field_count - e->first;
    if (e->count > 1)
        qsort(j->fields + e->first, e->count, sizeof *j->fields, compare_fields);
    return 1;
}

int stet_diff_journal_read(const struct diff_bytes *c, struct diff_journal *out,
                           struct stet_error *err)
{
    bool compact = diff_get32(c->data + 12, false) & IS_COMPACT;
    uint64_t at = get64(c, 88), last = get64(c, 136), size = 0;

    *out = (struct diff_journal){.unpacked_left = UNPACKED_MAX};
    /* Objects follow each other up to the last. */
    for (bool more = last > 0; more && !out->full; at += (size + 7) / 8 * 8) {
        if (stet_cancel_check(err) < 0)
            return -1;
        int rc = has_object(c, at, &size);
        if (rc > 0 && c->data[at] == TYPE_ENTRY)
            rc = add_entry(out, c, at, size, compact, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            out->damage = at;
        more = rc > 0 && at < last;
    }
    return 0;
}

struct diff_text stet_diff_journal_value(const struct diff_journal *j,
                                         const struct diff_journal_entry *e, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < e->count; i++) {
        const struct diff_journal_field *f = &j->fields[e->first + i];
        if (f->name_len == len && f->len > len && memcmp(f->s, name, len) == 0)
            return (struct diff_text){f->s + len + 1, f->len - len - 1};
    }
    return (struct diff_text){NULL, 0};
}
