/* The rows of a table on two sides, by their rowids. */
#include "lib/diff/sqlite.h"

enum {
    SHOWN = 20,            /* findings of a table */
    PAYLOAD_MAX = 1 << 20, /* bytes of a payload that are put together */
};

/* ---- values ---- */

static bool is_text(const struct diff_sqlite_value *v)
{
    return v->type >= 13 && v->type % 2 == 1;
}

static void value_text(const struct diff_sqlite_value *v, struct stet_buffer *out)
{
    struct stet_error ignored = STET_ERROR_INIT;
    int64_t number = 0;
    uint64_t bits = 0;
    if (v->type == 0) {
        stet_buffer_add_str(out, "NULL");
    } else if (v->type == 8 || v->type == 9) {
        stet_buffer_add_str(out, v->type == 8 ? "0" : "1");
    } else if (v->type <= 7) {
        for (size_t i = 0; i < v->bytes.len; i++)
            bits = bits << 8 | v->bytes.data[i];
        unsigned unused = (unsigned)(64 - 8 * v->bytes.len);
        number = unused < 64 ? (int64_t)(bits << unused) >> unused : 0;
        if (v->type == 7)
            stet_buffer_addf(out, "float 0x%016llx", (unsigned long long)bits);
        else
            stet_buffer_addf(out, "%lld", (long long)number);
    } else if (is_text(v)) {
        stet_diff_printable(v->bytes.data, v->bytes.len, 200, out, &ignored);
    } else {
        stet_buffer_add_str(out, "x'");
        for (size_t i = 0; i < v->bytes.len && i < 40; i++)
            stet_buffer_addf(out, "%02x", v->bytes.data[i]);
        stet_buffer_add_str(out, v->bytes.len > 40 ? "…'" : "'");
    }
}

/* The payload with what is on overflow pages, in own when it had to be put together; at most *left_all bytes of that. */
static int whole_payload(const struct stet_diff_sqlite *s, uint64_t *left_all,
                         const struct diff_sqlite_row *row, struct stet_buffer *own,
                         struct diff_bytes *out, struct stet_error *err)
{
    uint64_t size = row->size < PAYLOAD_MAX ? row->size : PAYLOAD_MAX;
    size = size < *left_all ? size : *left_all;
    uint32_t number = row->overflow, taken = 0;
    *out = row->payload;
    if (row->overflow == 0 || size <= row->payload.len)
        return 0;
    *left_all -= size;
    stet_buffer_add(own, row->payload.data, row->payload.len);
    for (; own->len < size && taken < s->pages; taken++) {
        struct diff_bytes page = stet_diff_sqlite_page(s, number);
        if (!page.data)
            break;
        uint64_t left = size - own->len;
        stet_buffer_add(own, page.data + 4, left < s->usable - 4 ? (size_t)left : s->usable - 4);
        number = diff_get32(page.data, true);
    }
    *out = (struct diff_bytes){(const unsigned char *)stet_buffer_str(own), own->len};
    return stet_buffer_check(own, "a row", err);
}

/* ---- rows ---- */

struct side {
    const struct stet_diff_sqlite *db;
    struct diff_sqlite_rows rows;
};
struct table {
    const struct diff_pair *pair;
    struct stet_error *err;
    struct side a, b;
    const struct diff_sqlite_object *ta, *tb;
    char *name;
    size_t shown, differing;
    uint64_t
        left; /* bytes of payloads that may be put together: pages could be used by many rows */
};

static int row_text(struct table *t, const struct side *side, const struct diff_sqlite_row *row,
                    struct stet_buffer *out)
{
    _cleanup_buffer_ struct stet_buffer own = STET_BUFFER_INIT;
    struct diff_sqlite_record record;
    struct diff_sqlite_value value;
    struct diff_bytes payload;
    if (whole_payload(side->db, &t->left, row, &own, &payload, t->err) < 0)
        return -1;
    if (stet_diff_sqlite_record_begin(&record, payload))
        for (bool first = true; out->len < 400 && stet_diff_sqlite_record_next(&record, &value);
             first = false) {
            if (!first)
                stet_buffer_add_str(out, " | ");
            value_text(&value, out);
        }
    return stet_buffer_check(out, "a row", t->err);
}

static int add_one_sided(struct table *t, const struct side *side,
                         const struct diff_sqlite_row *row)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    t->differing++;
    if (t->shown >= SHOWN)
        return 0;
    t->shown++;
    if (row_text(t, side, row, &text) < 0)
        return -1;
    bool is_a = side == &t->a;
    return stet_diff_add(t->pair, "sqlite", is_a ? stet_buffer_str(&text) : NULL,
                         is_a ? NULL : stet_buffer_str(&text), t->err, "%s, row %lld", t->name,
                         (long long)row->id)
               ? 0
               : -1;
}

/* Its name where both sides have that, or one has no such column; else its number, from 1. */
static int column_text(const struct table *t, unsigned column, bool has_a, bool has_b,
                       struct stet_buffer *out)
{
    struct diff_bytes a = stet_diff_sqlite_column(t->ta->sql, column);
    struct diff_bytes b = stet_diff_sqlite_column(t->tb->sql, column);
    struct diff_bytes name = has_a ? a : b;
    if (name.len > 0 && (!has_a || !has_b || diff_same(a, b)))
        return stet_diff_printable(name.data, name.len, 60, out, t->err);
    stet_buffer_addf(out, "%u", column + 1);
    return stet_buffer_check(out, "a column", t->err);
}

static int add_column(struct table *t, int64_t id, unsigned column,
                      const struct diff_sqlite_value *x, const struct diff_sqlite_value *y)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT,
                                        name = STET_BUFFER_INIT;
    t->shown++;
    if (column_text(t, column, x != NULL, y != NULL, &name) < 0)
        return -1;
    if (x && y && is_text(x) && is_text(y))
        return stet_diff_add_bytes(t->pair, "sqlite", x->bytes, y->bytes, t->err,
                                   "%s, row %lld, column %s", t->name, (long long)id,
                                   stet_buffer_str(&name))
                   ? 1
                   : -1;
    if (x)
        value_text(x, &a);
    if (y)
        value_text(y, &b);
    if (stet_buffer_check(&a, "a value", t->err) < 0 ||
        stet_buffer_check(&b, "a value", t->err) < 0)
        return -1;
    return stet_diff_add(t->pair, "sqlite", x ? stet_buffer_str(&a) : NULL,
                         y ? stet_buffer_str(&b) : NULL, t->err, "%s, row %lld, column %s", t->name,
                         (long long)id, stet_buffer_str(&name))
               ? 1
               : -1;
}

/* The columns that differ. Their number, or -1. */
static int compare_columns(struct table *t, int64_t id, struct diff_bytes a, struct diff_bytes b)
{
    struct diff_sqlite_record ra, rb;
    int added = 0;
    if (!stet_diff_sqlite_record_begin(&ra, a) || !stet_diff_sqlite_record_begin(&rb, b))
        return 0;
    for (unsigned column = 0; t->shown < SHOWN; column++) {
        struct diff_sqlite_value x, y;
        bool has_a = stet_diff_sqlite_record_next(&ra, &x),
             has_b = stet_diff_sqlite_record_next(&rb, &y);
        if (!has_a && !has_b)
            break;
        if (has_a && has_b && x.type == y.type && diff_same(x.bytes, y.bytes))
            continue;
        if (add_column(t, id, column, has_a ? &x : NULL, has_b ? &y : NULL) < 0)
            return -1;
        added++;
    }
    return added;
}

/* Are two rows of the schema of one type and name? */
static bool same_object(struct diff_bytes a, struct diff_bytes b)
{
    struct diff_sqlite_record ra, rb;
    struct diff_sqlite_value x, y;
    if (!stet_diff_sqlite_record_begin(&ra, a) || !stet_diff_sqlite_record_begin(&rb, b))
        return true;
    for (int i = 0; i < 2; i++)
        if (stet_diff_sqlite_record_next(&ra, &x) && stet_diff_sqlite_record_next(&rb, &y) &&
            !diff_same(x.bytes, y.bytes))
            return false;
    return true;
}

static int compare_row(struct table *t, const struct diff_sqlite_row *a,
                       const struct diff_sqlite_row *b)
{
    _cleanup_buffer_ struct stet_buffer own_a = STET_BUFFER_INIT, own_b = STET_BUFFER_INIT;
    struct diff_bytes pa, pb;
    if (a->size == b->size && !a->overflow && !b->overflow && diff_same(a->payload, b->payload))
        return 0;
    if (whole_payload(t->a.db, &t->left, a, &own_a, &pa, t->err) < 0 ||
        whole_payload(t->b.db, &t->left, b, &own_b, &pb, t->err) < 0)
        return -1;
    if (a->size == b->size && diff_same(pa, pb))
        return 0;
    /* What takes the place of something else in the schema is not the same thing changed. */
    if (t->ta == t->a.db->objects && !same_object(pa, pb))
        return add_one_sided(t, &t->a, a) < 0 || add_one_sided(t, &t->b, b) < 0 ? -1 : 0;
    t->differing++;
    if (t->shown >= SHOWN)
        return 0;
    int added = compare_columns(t, a->id, pa, pb);
    if (added != 0)
        return added < 0 ? -1 : 0;
    /* Damaged, or longer than is put together. */
    struct diff_region region = {
        .pair = t->pair, .format = "sqlite", .name = t->name, .of = "", .a = pa, .b = pb};
    t->shown++;
    return stet_diff_region_compare(&region, t->err) < 0 ? -1 : 0;
}

static int compare_ids(const void *x, const void *y)
{
    const struct diff_sqlite_row *a = x, *b = y;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->payload.data > b->payload.data) - (a->payload.data < b->payload.data);
}

static int merge_rows(struct table *t)
{
    size_t i = 0, j = 0;
    while (i < t->a.rows.count || j < t->b.rows.count) {
        const struct diff_sqlite_row *x = i < t->a.rows.count ? &t->a.rows.items[i] : NULL;
        const struct diff_sqlite_row *y = j < t->b.rows.count ? &t->b.rows.items[j] : NULL;
        int status;
        if (x && y && x->id == y->id) {
            status = compare_row(t, x, y);
            i++;
            j++;
        } else if (x && (!y || x->id < y->id)) {
            status = add_one_sided(t, &t->a, x);
            i++;
        } else {
            status = add_one_sided(t, &t->b, y);
            j++;
        }
        if (status < 0)
            return -1;
    }
    return 0;
}

static int add_counts(struct table *t)
{
    _cleanup_free_ char *a = stet_format(t->err, "%zu rows", t->a.rows.count);
    _cleanup_free_ char *b = stet_format(t->err, "%zu rows", t->b.rows.count);
    return a && b &&
                   stet_diff_add(t->pair, "sqlite", a, b, t->err, "%s: %zu rows differ", t->name,
                                 t->differing)
               ? 0
               : -1;
}

static int compare_tables(struct table *t)
{
    if (t->a.rows.count > 0)
        qsort(t->a.rows.items, t->a.rows.count, sizeof *t->a.rows.items, compare_ids);
    if (t->b.rows.count > 0)
        qsort(t->b.rows.items, t->b.rows.count, sizeof *t->b.rows.items, compare_ids);
    if (merge_rows(t) < 0)
        return -1;
    /* Where not each could be told. */
    if (t->differing >= SHOWN && add_counts(t) < 0)
        return -1;
    return t->differing > 0;
}

int stet_diff_sqlite_compare_rows(const struct diff_pair *p, const struct stet_diff_sqlite *a,
                                  const struct diff_sqlite_object *ta,
                                  const struct stet_diff_sqlite *b,
                                  const struct diff_sqlite_object *tb, struct stet_error *err)
{
    struct table t = {.pair = p, .err = err, .a = {.db = a}, .b = {.db = b}, .ta = ta, .tb = tb};
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT;
    t.left = 2 * ((uint64_t)a->file.len + b->file.len);
    stet_buffer_add_str(&name, "table ");
    if (stet_diff_printable(ta->name.data, ta->name.len, 100, &name, err) < 0)
        return -1;
    t.name = name.data;
    int status = stet_diff_sqlite_rows_read(a, ta, &t.a.rows, err);
    if (status > 0)
        status = stet_diff_sqlite_rows_read(b, tb, &t.b.rows, err);
    if (status > 0)
        status = compare_tables(&t);
    free(t.a.rows.items);
    free(t.b.rows.items);
    return status;
}
