/* Two SQLite databases: header, rows of tables, and what else is on pages. */
#include "lib/diff/sqlite.h"
#include "lib/diff/formats.h"

enum {
    PAGES_SHOWN = 8, /* of an object, as bytes */
    TAIL_SHOWN = 16, /* of those that one side alone has */
};

struct pair {
    const struct diff_pair *pair;
    struct stet_diff_sqlite a, b;
    struct stet_error *err;
};

/* ---- header ---- */

static const struct {
    unsigned at, width;
    const char *name;
} fields[] = {
    {16, 2, "page size"},
    {18, 1, "write version"},
    {19, 1, "read version"},
    {20, 1, "reserved bytes of a page"},
    {21, 1, "maximum embedded payload fraction"},
    {22, 1, "minimum embedded payload fraction"},
    {23, 1, "leaf payload fraction"},
    {24, 4, "file change counter"},
    {28, 4, "size in pages"},
    {32, 4, "first freelist page"},
    {36, 4, "number of freelist pages"},
    {40, 4, "schema cookie"},
    {44, 4, "schema format"},
    {48, 4, "default cache size"},
    {52, 4, "largest root page"},
    {56, 4, "text encoding"},
    {60, 4, "user version"},
    {64, 4, "incremental vacuum"},
    {68, 4, "application id"},
    {92, 4, "version-valid-for"},
    {96, 4, "SQLite version"},
};
enum { FIELDS = sizeof fields / sizeof *fields, VERSION_AT = 96 };

static uint32_t field(struct diff_bytes file, size_t i)
{
    const unsigned char *p = file.data + fields[i].at;
    return fields[i].width == 1   ? *p
           : fields[i].width == 2 ? diff_get16(p, true)
                                  : diff_get32(p, true);
}

static void field_text(size_t i, uint32_t value, struct stet_buffer *out)
{
    if (fields[i].at == VERSION_AT)
        stet_buffer_addf(out, "%u.%u.%u", value / 1000000, value / 1000 % 1000, value % 1000);
    else
        stet_buffer_addf(out, "%u", value);
}

/* Up to len bytes from there. */
static struct diff_bytes part_or_rest(struct diff_bytes file, size_t at, size_t len)
{
    if (at > file.len)
        return (struct diff_bytes){NULL, 0};
    return diff_part(file, at, len < file.len - at ? len : file.len - at);
}

static int compare_part(struct pair *db, const char *name, size_t at, size_t len)
{
    struct diff_region region = {.pair = db->pair,
                                 .format = "sqlite",
                                 .name = name,
                                 .of = "",
                                 .a = part_or_rest(db->a.file, at, len),
                                 .b = part_or_rest(db->b.file, at, len),
                                 .base = at,
                                 .big = true};
    return stet_diff_region_compare(&region, db->err) < 0 ? -1 : 0;
}

static int compare_header(struct pair *db)
{
    for (size_t i = 0; i < FIELDS; i++) {
        _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
        uint32_t a = field(db->a.file, i), b = field(db->b.file, i);
        if (a == b)
            continue;
        field_text(i, a, &va);
        field_text(i, b, &vb);
        if (stet_buffer_check(&va, "a header", db->err) < 0 ||
            stet_buffer_check(&vb, "a header", db->err) < 0 ||
            !stet_diff_add(db->pair, "sqlite", stet_buffer_str(&va), stet_buffer_str(&vb), db->err,
                           "header: %s", fields[i].name))
            return -1;
    }
    return compare_part(db, "header: reserved", 72, 20);
}

/* ---- objects ---- */

static int find_object(const struct stet_diff_sqlite *s, const struct diff_sqlite_object *like)
{
    for (size_t i = 0; i < s->object_count; i++)
        if (s->objects[i].table == like->table && diff_same(s->objects[i].name, like->name))
            return (int)i;
    return -1;
}

/* Without what is in the header of page 1, which is told with the header. */
static struct diff_bytes page_content(const struct stet_diff_sqlite *s, uint32_t number)
{
    struct diff_bytes page = stet_diff_sqlite_page(s, number);
    return number == 1 ? diff_part(page, DIFF_SQLITE_HEADER, page.len - DIFF_SQLITE_HEADER) : page;
}

/* What a page is of: "table files", "freelist". */
static int owner_text(const struct stet_diff_sqlite *s, int32_t owner, struct stet_buffer *out,
                      struct stet_error *err)
{
    if (owner < 0) {
        stet_buffer_add_str(out, owner == DIFF_SQLITE_FREE       ? "freelist"
                                 : owner == DIFF_SQLITE_POINTERS ? "pointer map"
                                                                 : "page of no known table");
        return stet_buffer_check(out, "a page", err);
    }
    const struct diff_sqlite_object *o = &s->objects[owner];
    stet_buffer_add_str(out, o->table ? "table " : "index ");
    return stet_diff_printable(o->name.data, o->name.len, 100, out, err);
}

static int compare_page(struct pair *db, const struct stet_diff_sqlite *named, uint32_t number)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT;
    if (owner_text(named, named->owners[number - 1], &name, db->err) < 0)
        return -1;
    stet_buffer_addf(&name, ", page %u", number);
    _cleanup_free_ char *of = stet_format(db->err, " in page %u", number);
    if (!of || stet_buffer_check(&name, "a page", db->err) < 0)
        return -1;
    struct diff_region region = {.pair = db->pair,
                                 .format = "sqlite",
                                 .name = stet_buffer_str(&name),
                                 .of = of,
                                 .a = page_content(&db->a, number),
                                 .b = page_content(&db->b, number),
                                 .base = number == 1 ? DIFF_SQLITE_HEADER : 0,
                                 .big = true};
    /* Free pages still hold what was once in them. What is in an index is in its table too. */
    int32_t owner = named->owners[number - 1];
    region.strings = owner < 0 || named->objects[owner].table;
    return stet_diff_region_compare(&region, db->err) < 0 ? -1 : 0;
}

static int compare_owner(struct pair *db, uint32_t number)
{
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    if (owner_text(&db->a, db->a.owners[number - 1], &va, db->err) < 0 ||
        owner_text(&db->b, db->b.owners[number - 1], &vb, db->err) < 0)
        return -1;
    if (va.len == vb.len && memcmp(stet_buffer_str(&va), stet_buffer_str(&vb), va.len) == 0)
        return 0;
    return stet_diff_add(db->pair, "sqlite", stet_buffer_str(&va), stet_buffer_str(&vb), db->err,
                         "what page %u is for", number)
               ? 1
               : -1;
}

static int add_more(struct pair *db, int32_t owner, size_t count)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT;
    _cleanup_free_ char *value = stet_format(db->err, "%zu pages", count);
    if (!value || owner_text(&db->a, owner, &name, db->err) < 0)
        return -1;
    return stet_diff_add(db->pair, "sqlite", value, value, db->err, "%s: pages that differ",
                         stet_buffer_str(&name))
               ? 0
               : -1;
}

/* The pages that are of owner in a, and differ. */
static int compare_pages(struct pair *db, int32_t owner, const uint32_t *pages, size_t count)
{
    for (size_t i = 0; i < count && i < PAGES_SHOWN; i++) {
        int status = compare_owner(db, pages[i]);
        if (status < 0 || (status == 0 && compare_page(db, &db->a, pages[i]) < 0))
            return -1;
    }
    return count > PAGES_SHOWN ? add_more(db, owner, count) : 0;
}

struct differing {
    uint32_t number;
    int32_t owner;
};

static int compare_differing(const void *x, const void *y)
{
    const struct differing *a = x, *b = y;
    if (a->owner != b->owner)
        return a->owner < b->owner ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* Those of one owner: by rows where it is a table, else, and where the rows are the same, by pages. */
static int compare_object(struct pair *db, const struct differing *items, size_t count)
{
    int32_t owner = items[0].owner;
    if (owner >= 0 && db->a.objects[owner].table) {
        int other = find_object(&db->b, &db->a.objects[owner]);
        int added = other < 0
                        ? 0
                        : stet_diff_sqlite_compare_rows(db->pair, &db->a, &db->a.objects[owner],
                                                        &db->b, &db->b.objects[other], db->err);
        if (added > 0)
            db->a.objects[owner].told = db->b.objects[other].told = true;
        if (added != 0)
            return added < 0 ? -1 : 0;
    }
    _cleanup_free_ uint32_t *pages = calloc(count, sizeof *pages);
    if (!pages)
        return stet_error_oom(db->err, "comparing databases");
    for (size_t i = 0; i < count; i++)
        pages[i] = items[i].number;
    return compare_pages(db, owner, pages, count);
}

static int compare_all_pages(struct pair *db)
{
    uint32_t pages = db->a.pages < db->b.pages ? db->a.pages : db->b.pages;
    _cleanup_free_ struct differing *list = calloc(pages, sizeof *list);
    size_t count = 0;
    if (!list)
        return stet_error_oom(db->err, "comparing databases");
    for (uint32_t i = 1; i <= pages; i++)
        if (!diff_same(page_content(&db->a, i), page_content(&db->b, i)))
            list[count++] = (struct differing){i, db->a.owners[i - 1]};
    if (count > 0)
        qsort(list, count, sizeof *list, compare_differing);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && list[end].owner == list[i].owner;)
            end++;
        if (compare_object(db, list + i, end - i) < 0)
            return -1;
    }
    return 0;
}

/* What is behind the pages that both have, page by page, then what is no page. */
static int compare_tail(struct pair *db)
{
    uint32_t common = db->a.pages < db->b.pages ? db->a.pages : db->b.pages, shown = 0;
    bool in_a = db->a.pages > common;
    const struct stet_diff_sqlite *longer = in_a ? &db->a : &db->b;
    for (uint32_t i = common + 1; i <= longer->pages && shown < TAIL_SHOWN; i++) {
        int32_t owner = longer->owners[i - 1];
        if (owner >= 0 && longer->objects[owner].told)
            continue;
        shown++;
        if (compare_page(db, longer, i) < 0)
            return -1;
    }
    size_t rest = (size_t)longer->pages * db->a.page_size;
    if (db->a.pages == db->b.pages)
        return compare_part(db, "bytes after the last page", rest, SIZE_MAX);
    return shown == TAIL_SHOWN ? compare_part(db, "pages that one side alone has",
                                              (size_t)common * db->a.page_size, SIZE_MAX)
                               : 0;
}

/* With another page size no page belongs to another: by tables alone. */
static int compare_tables(struct pair *db)
{
    for (size_t i = 0; i < db->a.object_count; i++) {
        int other = find_object(&db->b, &db->a.objects[i]);
        if (other >= 0 && db->a.objects[i].table &&
            stet_diff_sqlite_compare_rows(db->pair, &db->a, &db->a.objects[i], &db->b,
                                          &db->b.objects[other], db->err) < 0)
            return -1;
    }
    return 0;
}

static int compare_all(struct pair *db)
{
    if (compare_header(db) < 0)
        return -1;
    if (db->a.page_size != db->b.page_size)
        return compare_tables(db);
    if (compare_all_pages(db) < 0)
        return -1;
    return compare_tail(db);
}

int stet_diff_sqlite(const struct diff_pair *p, struct stet_error *err)
{
    struct pair db = {.pair = p, .err = err};
    size_t first = p->diff->result->count;
    int status = stet_diff_sqlite_read(p->a, &db.a, err);
    if (status > 0)
        status = stet_diff_sqlite_read(p->b, &db.b, err);
    if (status > 0)
        status = compare_all(&db) < 0 ? -1 : p->diff->result->count > first;
    stet_diff_sqlite_release(&db.a);
    stet_diff_sqlite_release(&db.b);
    return status;
}
