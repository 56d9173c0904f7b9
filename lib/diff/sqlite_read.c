/* Reading SQLite: pages, trees, and the schema. Every page belongs to one tree, so that work is bounded by their number. */
#include "lib/diff/sqlite.h"

enum {
    INDEX_INTERIOR = 2,
    TABLE_INTERIOR = 5,
    INDEX_LEAF = 10,
    TABLE_LEAF = 13,
};

struct diff_bytes stet_diff_sqlite_page(const struct stet_diff_sqlite *s, uint32_t number)
{
    if (number == 0 || number > s->pages)
        return (struct diff_bytes){NULL, 0};
    return diff_part(s->file, (uint64_t)(number - 1) * s->page_size, s->page_size);
}

size_t stet_diff_sqlite_varint(struct diff_bytes b, size_t at, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 9 && diff_has(b, at, i + 1); i++) {
        unsigned char c = b.data[at + i];
        value = i == 8 ? value << 8 | c : value << 7 | (c & 0x7f);
        if (i == 8 || !(c & 0x80)) {
            *out = value;
            return i + 1;
        }
    }
    return 0;
}

/* ---- records ---- */

static uint64_t type_size(uint64_t type)
{
    static const unsigned char sizes[12] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    return type < 12 ? sizes[type] : (type - 12) / 2;
}

bool stet_diff_sqlite_record_begin(struct diff_sqlite_record *r, struct diff_bytes payload)
{
    uint64_t header;
    size_t len = stet_diff_sqlite_varint(payload, 0, &header);
    *r = (struct diff_sqlite_record){.payload = payload, .header = len};
    if (len == 0 || header > payload.len || header < len)
        return false;
    r->header_end = r->body = (size_t)header;
    return true;
}

bool stet_diff_sqlite_record_next(struct diff_sqlite_record *r, struct diff_sqlite_value *out)
{
    struct diff_bytes header = {r->payload.data, r->header_end};
    size_t len = stet_diff_sqlite_varint(header, r->header, &out->type);
    if (len == 0)
        return false;
    r->header += len;
    uint64_t size = type_size(out->type), left = r->payload.len - r->body;
    out->bytes = diff_part(r->payload, r->body, size < left ? size : left);
    r->body += out->bytes.len;
    return true;
}

/* ---- pages of trees ---- */

struct page {
    uint32_t number;
    struct diff_bytes bytes;
    unsigned char type;
    size_t header; /* 100 on page 1 */
    size_t cells, pointers;
};

static bool read_page(const struct stet_diff_sqlite *s, uint32_t number, struct page *out)
{
    out->number = number;
    out->bytes = stet_diff_sqlite_page(s, number);
    out->header = number == 1 ? DIFF_SQLITE_HEADER : 0;
    if (!out->bytes.data || out->bytes.len < out->header + 12)
        return false;
    const unsigned char *d = out->bytes.data + out->header;
    out->type = d[0];
    bool interior = out->type == INDEX_INTERIOR || out->type == TABLE_INTERIOR;
    out->cells = diff_get16(d + 3, true);
    out->pointers = out->header + (interior ? 12 : 8);
    return (interior || out->type == INDEX_LEAF || out->type == TABLE_LEAF) &&
           diff_has(out->bytes, out->pointers, out->cells * 2);
}

static size_t cell_at(const struct page *p, size_t i)
{
    return diff_get16(p->bytes.data + p->pointers + 2 * i, true);
}

/* How much of a payload stays on the page (file format, 1.6). */
static uint64_t local_size(const struct stet_diff_sqlite *s, bool table, uint64_t size)
{
    uint64_t usable = s->usable, least = (usable - 12) * 32 / 255 - 23;
    uint64_t most = table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    if (size <= most)
        return size;
    uint64_t kept = least + (size - least) % (usable - 4);
    return kept <= most ? kept : least;
}

/* A cell's payload; of an interior page of an index too. false: damaged, or it has none. */
static bool read_cell(const struct stet_diff_sqlite *s, const struct page *p, size_t at,
                      struct diff_sqlite_row *out)
{
    uint64_t id = 0;
    size_t len;
    if (p->type == TABLE_INTERIOR)
        return false;
    if (p->type == INDEX_INTERIOR)
        at += 4;
    if (at >= p->bytes.len || !(len = stet_diff_sqlite_varint(p->bytes, at, &out->size)))
        return false;
    at += len;
    if (p->type == TABLE_LEAF) {
        if (!(len = stet_diff_sqlite_varint(p->bytes, at, &id)))
            return false;
        at += len;
    }
    uint64_t local = local_size(s, p->type == TABLE_LEAF, out->size);
    out->id = (int64_t)id;
    out->payload = diff_part(p->bytes, at, local);
    out->overflow = 0;
    if (!out->payload.data)
        return false;
    if (local < out->size) {
        if (!diff_has(p->bytes, at + local, 4))
            return false;
        out->overflow = diff_get32(p->bytes.data + at + local, true);
    }
    return true;
}

/* ---- owners ---- */

static bool claim(struct stet_diff_sqlite *s, uint32_t number, int32_t owner)
{
    if (number == 0 || number > s->pages || s->owners[number - 1] != DIFF_SQLITE_UNKNOWN)
        return false;
    s->owners[number - 1] = owner;
    if (owner >= 0)
        s->objects[owner].pages++;
    return true;
}

static void claim_overflow(struct stet_diff_sqlite *s, uint32_t number, int32_t owner)
{
    while (claim(s, number, owner))
        number = diff_get32(stet_diff_sqlite_page(s, number).data, true);
}

struct pages {
    uint32_t *items;
    size_t count, cap;
};

static int push(struct pages *p, uint32_t number, struct stet_error *err)
{
    if (stet_grow(&p->items, &p->cap, p->count + 1, sizeof *p->items, err) < 0)
        return -1;
    p->items[p->count++] = number;
    return 0;
}

/* The children of an interior page, so that the first is taken first. */
static int push_children(const struct page *p, struct pages *todo, struct stet_error *err)
{
    if (p->type != INDEX_INTERIOR && p->type != TABLE_INTERIOR)
        return 0;
    if (push(todo, diff_get32(p->bytes.data + p->header + 8, true), err) < 0)
        return -1;
    for (size_t i = p->cells; i-- > 0;) {
        size_t at = cell_at(p, i);
        if (diff_has(p->bytes, at, 4) && push(todo, diff_get32(p->bytes.data + at, true), err) < 0)
            return -1;
    }
    return 0;
}

/* All pages of a tree are the object's. What is damaged stays unknown. */
static int claim_tree(struct stet_diff_sqlite *s, int32_t owner, struct stet_error *err)
{
    struct pages todo = {NULL, 0, 0};
    int status = push(&todo, s->objects[owner].root, err);
    while (status == 0 && todo.count > 0) {
        struct page page;
        struct diff_sqlite_row cell;
        uint32_t number = todo.items[--todo.count];
        if (!claim(s, number, owner) || !read_page(s, number, &page))
            continue;
        for (size_t i = 0; i < page.cells; i++)
            if (read_cell(s, &page, cell_at(&page, i), &cell) && cell.overflow)
                claim_overflow(s, cell.overflow, owner);
        status = push_children(&page, &todo, err);
    }
    free(todo.items);
    return status;
}

static void claim_free(struct stet_diff_sqlite *s)
{
    uint32_t trunk = diff_get32(s->file.data + 32, true);
    while (claim(s, trunk, DIFF_SQLITE_FREE)) {
        struct diff_bytes page = stet_diff_sqlite_page(s, trunk);
        uint32_t count = diff_get32(page.data + 4, true);
        for (uint32_t i = 0; i < count && diff_has(page, 8 + 4 * (uint64_t)i, 4); i++)
            claim(s, diff_get32(page.data + 8 + 4 * i, true), DIFF_SQLITE_FREE);
        trunk = diff_get32(page.data, true);
    }
}

/* With auto-vacuum page 2, and one after each run of pages that it has entries for. */
static void claim_pointers(struct stet_diff_sqlite *s)
{
    if (diff_get32(s->file.data + 52, true) == 0)
        return;
    for (uint64_t number = 2; number <= s->pages; number += s->usable / 5 + 1)
        claim(s, (uint32_t)number, DIFF_SQLITE_POINTERS);
}

/* ---- rows ---- */

static int add_row(struct diff_sqlite_rows *out, const struct diff_sqlite_row *row,
                   struct stet_error *err)
{
    if (out->count >= DIFF_SQLITE_ROWS_MAX)
        return 0;
    if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    out->items[out->count++] = *row;
    return 1;
}

static int leaf_rows(const struct stet_diff_sqlite *s, const struct page *page,
                     struct diff_sqlite_rows *out, struct stet_error *err)
{
    struct diff_sqlite_row row;
    for (size_t i = 0; i < page->cells; i++) {
        int status = read_cell(s, page, cell_at(page, i), &row) ? add_row(out, &row, err) : 0;
        if (status <= 0)
            return status;
    }
    return 1;
}

/* owner: whose the pages have to be, or DIFF_SQLITE_UNKNOWN; no more pages than most: more are a loop. */
static int read_rows(const struct stet_diff_sqlite *s, uint32_t root, int32_t owner, uint32_t most,
                     struct diff_sqlite_rows *out, struct stet_error *err)
{
    struct pages todo = {NULL, 0, 0};
    int status = push(&todo, root, err) < 0 ? -1 : 1;
    memset(out, 0, sizeof *out);
    for (uint32_t taken = 0; status > 0 && todo.count > 0; taken++) {
        struct page page;
        uint32_t number = todo.items[--todo.count];
        if (taken >= most || todo.count > 2 * (size_t)most + UINT16_MAX ||
            !read_page(s, number, &page) || s->owners[number - 1] != owner ||
            (page.type != TABLE_LEAF && page.type != TABLE_INTERIOR))
            status = 0;
        else if (page.type == TABLE_LEAF)
            status = leaf_rows(s, &page, out, err);
        else
            status = push_children(&page, &todo, err) < 0 ? -1 : 1;
    }
    free(todo.items);
    return status;
}

int stet_diff_sqlite_rows_read(const struct stet_diff_sqlite *s,
                               const struct diff_sqlite_object *table, struct diff_sqlite_rows *out,
                               struct stet_error *err)
{
    return read_rows(s, table->root, (int32_t)(table - s->objects), table->pages, out, err);
}

/* ---- the schema ---- */

/* type, name, tbl_name, rootpage, sql */
static bool read_object(const struct diff_sqlite_row *row, struct diff_sqlite_object *out)
{
    struct diff_sqlite_record record;
    struct diff_sqlite_value type, name, table, root, sql;
    if (!stet_diff_sqlite_record_begin(&record, row->payload) ||
        !stet_diff_sqlite_record_next(&record, &type) ||
        !stet_diff_sqlite_record_next(&record, &name) ||
        !stet_diff_sqlite_record_next(&record, &table) ||
        !stet_diff_sqlite_record_next(&record, &root))
        return false;
    out->name = name.bytes;
    out->sql =
        stet_diff_sqlite_record_next(&record, &sql) ? sql.bytes : (struct diff_bytes){NULL, 0};
    out->table = type.bytes.len == 5 && memcmp(type.bytes.data, "table", 5) == 0;
    out->pages = 0;
    out->told = false;
    out->root = root.type == 9 ? 1 : 0;
    for (size_t i = 0; root.type >= 1 && root.type <= 4 && i < root.bytes.len; i++)
        out->root = out->root << 8 | root.bytes.data[i];
    return name.bytes.data && out->root > 0;
}

static int read_schema(struct stet_diff_sqlite *s, struct stet_error *err)
{
    static const char columns[] = "(type, name, tbl_name, rootpage, sql)";
    static const struct diff_sqlite_object schema = {
        .table = true,
        .name = {(const unsigned char *)"sqlite_schema", 13},
        .sql = {(const unsigned char *)columns, sizeof columns - 1},
        .root = 1,
    };
    struct diff_sqlite_rows rows;
    int status = read_rows(s, 1, DIFF_SQLITE_UNKNOWN, s->pages, &rows, err);
    if (status > 0 &&
        stet_grow(&s->objects, &s->object_cap, rows.count + 1, sizeof *s->objects, err) < 0)
        status = -1;
    if (status > 0)
        s->objects[s->object_count++] = schema;
    for (size_t i = 0; status > 0 && i < rows.count; i++) {
        if (s->object_count >= DIFF_SQLITE_OBJECTS_MAX)
            status = 0;
        /* Views and triggers have no pages. */
        else if (read_object(&rows.items[i], &s->objects[s->object_count]))
            s->object_count++;
    }
    free(rows.items);
    return status;
}

static bool read_header(struct stet_diff_sqlite *s)
{
    const unsigned char *d = s->file.data;
    if (s->file.len < 512 || memcmp(d, "SQLite format 3", 16) != 0)
        return false;
    s->page_size = diff_get16(d + 16, true);
    if (s->page_size == 1)
        s->page_size = 65536;
    if (s->page_size < 512 || (s->page_size & (s->page_size - 1)) != 0 ||
        d[20] > s->page_size - 480)
        return false;
    s->usable = s->page_size - d[20];
    uint64_t pages = s->file.len / s->page_size;
    s->pages = pages < INT32_MAX ? (uint32_t)pages : 0;
    return s->pages > 0;
}

int stet_diff_sqlite_read(struct diff_bytes file, struct stet_diff_sqlite *out,
                          struct stet_error *err)
{
    memset(out, 0, sizeof *out);
    out->file = file;
    if (!read_header(out))
        return 0;
    out->owners = malloc(out->pages * sizeof *out->owners);
    if (!out->owners)
        return stet_error_oom(err, "reading a database");
    for (uint32_t i = 0; i < out->pages; i++)
        out->owners[i] = DIFF_SQLITE_UNKNOWN;
    int status = read_schema(out, err);
    if (status <= 0)
        return status;
    claim_pointers(out);
    claim_free(out);
    for (size_t i = 0; i < out->object_count; i++)
        if (claim_tree(out, (int32_t)i, err) < 0)
            return -1;
    return 1;
}

void stet_diff_sqlite_release(struct stet_diff_sqlite *s)
{
    free(s->owners);
    free(s->objects);
    memset(s, 0, sizeof *s);
}
