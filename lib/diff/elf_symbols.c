/* Symbol tables: naming addresses, and two tables compared by name. */
#include "lib/diff/elf.h"

enum {
    SHOWN = 20, /* symbols of a kind in detail */
    SYMBOLS_MAX = 1 << 19,
    NAMES_FACTOR = 8, /* names together are not longer than so many times the file */
    PLACE_NAME_MAX = 60,
};

/* ---- reading ---- */

static void read_symbol(const struct stet_diff_elf *e, const unsigned char *p,
                        struct diff_elf_symbol *s)
{
    if (e->wide) {
        s->info = p[4];
        s->other = p[5];
        s->section = diff_get16(p + 6, e->big);
        s->value = diff_get64(p + 8, e->big);
        s->size = diff_get64(p + 16, e->big);
    } else {
        s->value = diff_get32(p + 4, e->big);
        s->size = diff_get32(p + 8, e->big);
        s->info = p[12];
        s->other = p[13];
        s->section = diff_get16(p + 14, e->big);
    }
}

int stet_diff_elf_symbols_read(const struct stet_diff_elf *e, const struct diff_elf_section *table,
                               struct diff_elf_symbols *out, struct stet_error *err)
{
    size_t size = e->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    uint64_t names = 0;
    memset(out, 0, sizeof *out);
    if (table->entry_size != size || table->content.len % size != 0 ||
        table->content.len / size > SYMBOLS_MAX || table->link >= e->section_count)
        return 0;
    struct diff_bytes strings = e->sections[table->link].content;
    size_t count = table->content.len / size;
    out->items = calloc(count ? count : 1, sizeof *out->items);
    if (!out->items)
        return stet_error_oom(err, "reading symbols");
    for (size_t i = 0; i < count; i++) {
        const unsigned char *p = table->content.data + i * size;
        struct diff_elf_symbol *s = &out->items[i];
        read_symbol(e, p, s);
        s->index = (uint32_t)i;
        s->name = stet_diff_elf_string(strings, diff_get32(p, e->big));
        names += s->name.len;
        out->count = i + 1;
        if (names / NAMES_FACTOR > e->file.len) {
            stet_diff_elf_symbols_release(out);
            return 0;
        }
    }
    return 1;
}

void stet_diff_elf_symbols_release(struct diff_elf_symbols *s)
{
    free(s->items);
    memset(s, 0, sizeof *s);
}

/* ---- naming addresses ---- */

static int compare_places(const void *x, const void *y)
{
    const struct diff_elf_symbol *a = x, *b = y;
    if (a->section != b->section)
        return a->section < b->section ? -1 : 1;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static bool is_place(const struct stet_diff_elf *e, const struct diff_elf_symbol *s)
{
    unsigned type = ELF64_ST_TYPE(s->info);
    return s->name.len > 0 && s->section != SHN_UNDEF && s->section < e->section_count &&
           (type == STT_FUNC || type == STT_OBJECT || type == STT_GNU_IFUNC ||
            (type == STT_NOTYPE && ELF64_ST_BIND(s->info) == STB_GLOBAL));
}

static const struct diff_elf_section *find_type(const struct stet_diff_elf *e, uint32_t type)
{
    for (size_t i = 0; i < e->section_count; i++)
        if (e->sections[i].type == type && e->sections[i].content.len > 0)
            return &e->sections[i];
    return NULL;
}

int stet_diff_elf_places_read(struct stet_diff_elf *e, struct stet_error *err)
{
    const struct diff_elf_section *table = find_type(e, SHT_SYMTAB);
    struct diff_elf_symbols all;
    if (!table)
        table = find_type(e, SHT_DYNSYM);
    if (!table)
        return 1;
    /* A table that is damaged names nothing; its section is compared as bytes. */
    int status = stet_diff_elf_symbols_read(e, table, &all, err);
    if (status <= 0)
        return status < 0 ? -1 : 1;
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (is_place(e, &all.items[i]))
            all.items[count++] = all.items[i];
    all.count = count;
    if (count > 0)
        qsort(all.items, count, sizeof *all.items, compare_places);
    e->places = all;
    return 1;
}

void stet_diff_elf_place(const struct stet_diff_elf *e, uint64_t value, uint32_t section,
                         struct stet_buffer *out)
{
    size_t low = 0, high = e->places.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct diff_elf_symbol *s = &e->places.items[middle];
        if (s->section < section || (s->section == section && s->value <= value))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return;
    const struct diff_elf_symbol *s = &e->places.items[low - 1];
    /* Behind its end there is other code, of which no name is known. */
    if (s->section != section || (s->size > 0 && value - s->value >= s->size))
        return;
    struct stet_error ignored = STET_ERROR_INIT;
    stet_buffer_add_str(out, " (");
    stet_diff_printable(s->name.data, s->name.len, PLACE_NAME_MAX, out, &ignored);
    stet_buffer_addf(out, "+0x%llx)", (unsigned long long)(value - s->value));
}

/* ---- two tables ---- */

static int compare_names(const void *x, const void *y)
{
    const struct diff_elf_symbol *const *a = x, *const *b = y;
    int order = stet_diff_bytes_order((*a)->name, (*b)->name);
    return order ? order : ((*a)->index > (*b)->index) - ((*a)->index < (*b)->index);
}

struct sorted {
    const struct stet_diff_elf *elf;
    const struct diff_elf_symbols *symbols;
    const struct diff_elf_symbol **items;
};

static int sort_names(const struct stet_diff_elf *elf, const struct diff_elf_symbols *symbols,
                      struct sorted *out, struct stet_error *err)
{
    out->elf = elf;
    out->symbols = symbols;
    out->items = calloc(symbols->count ? symbols->count : 1, sizeof *out->items);
    if (!out->items)
        return stet_error_oom(err, "comparing symbols");
    for (size_t i = 0; i < symbols->count; i++)
        out->items[i] = &symbols->items[i];
    qsort(out->items, symbols->count, sizeof *out->items, compare_names);
    return 0;
}

static struct diff_bytes section_name(const struct stet_diff_elf *e, uint32_t index)
{
    if (index > 0 && index < e->section_count)
        return e->sections[index].name;
    const char *name = index == SHN_UNDEF    ? "undefined"
                       : index == SHN_ABS    ? "absolute"
                       : index == SHN_COMMON ? "common"
                                             : "special section";
    return (struct diff_bytes){(const unsigned char *)name, strlen(name)};
}

static bool same_symbol(const struct sorted *ta, const struct diff_elf_symbol *a,
                        const struct sorted *tb, const struct diff_elf_symbol *b)
{
    /* Sections are the same by name: their numbers shift when one is added. */
    return a->value == b->value && a->size == b->size && a->info == b->info &&
           a->other == b->other && (a->section >= SHN_LORESERVE) == (b->section >= SHN_LORESERVE) &&
           (a->section < SHN_LORESERVE || a->section == b->section) &&
           diff_same(section_name(ta->elf, a->section), section_name(tb->elf, b->section));
}

static void symbol_text(const struct sorted *t, const struct diff_elf_symbol *s,
                        struct stet_buffer *out)
{
    static const char *const types[] = {"no type", "object", "function", "section",
                                        "file",    "common", "TLS",      NULL,
                                        NULL,      NULL,     "ifunc"};
    static const char *const bindings[] = {"local", "global", "weak"};
    static const char *const visibilities[] = {"default", "internal", "hidden", "protected"};
    struct stet_error ignored = STET_ERROR_INIT;
    unsigned type = ELF64_ST_TYPE(s->info), binding = ELF64_ST_BIND(s->info);
    struct diff_bytes section = section_name(t->elf, s->section);
    if (s->name.len > 0)
        stet_diff_printable(s->name.data, s->name.len, 80, out, &ignored);
    else
        stet_buffer_add_str(out, "(no name)");
    stet_buffer_addf(out, " 0x%llx, size %llu, ", (unsigned long long)s->value,
                     (unsigned long long)s->size);
    if (binding < sizeof bindings / sizeof *bindings)
        stet_buffer_addf(out, "%s ", bindings[binding]);
    else
        stet_buffer_addf(out, "binding %u ", binding);
    if (type < sizeof types / sizeof *types && types[type])
        stet_buffer_addf(out, "%s", types[type]);
    else
        stet_buffer_addf(out, "type %u", type);
    if (s->other > 0 && s->other < sizeof visibilities / sizeof *visibilities)
        stet_buffer_addf(out, ", %s", visibilities[s->other]);
    else if (s->other)
        stet_buffer_addf(out, ", visibility 0x%x", s->other);
    stet_buffer_add_str(out, ", ");
    stet_diff_printable(section.data, section.len, 60, out, &ignored);
}

static int symbol_detail(struct stet_finding *f, char sign, const struct sorted *t,
                         const struct diff_elf_symbol *s, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    symbol_text(t, s, &text);
    if (stet_buffer_check(&text, "a symbol", err) < 0)
        return -1;
    return stet_diff_detail(f, sign, stet_buffer_str(&text), text.len, err);
}

static struct stet_finding *add_symbols(const struct diff_elf_pair *e, const char *table,
                                        const char *kind, const struct sorted *ta,
                                        const struct diff_elf_symbol *a, const struct sorted *tb,
                                        const struct diff_elf_symbol *b, size_t count,
                                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    if (a)
        symbol_text(ta, a, &va);
    if (b)
        symbol_text(tb, b, &vb);
    if (stet_buffer_check(&va, "a symbol", err) < 0 || stet_buffer_check(&vb, "a symbol", err) < 0)
        return NULL;
    return stet_diff_add(e->pair, "elf", a ? stet_buffer_str(&va) : NULL,
                         b ? stet_buffer_str(&vb) : NULL, err, "symbols of %s: %zu %s", table,
                         count, kind);
}

enum kind { REMOVED, ADDED, CHANGED, KINDS };

/* The next pair of one name, or one alone; false at the end. */
static bool next_pair(const struct sorted *a, const struct sorted *b, size_t *i, size_t *j,
                      const struct diff_elf_symbol **x, const struct diff_elf_symbol **y)
{
    *x = *i < a->symbols->count ? a->items[*i] : NULL;
    *y = *j < b->symbols->count ? b->items[*j] : NULL;
    if (!*x && !*y)
        return false;
    int order = !*x ? 1 : !*y ? -1 : stet_diff_bytes_order((*x)->name, (*y)->name);
    if (order < 0)
        *y = NULL;
    if (order > 0)
        *x = NULL;
    *i += *x != NULL;
    *j += *y != NULL;
    return true;
}

static bool is_kind(enum kind kind, const struct sorted *a, const struct diff_elf_symbol *x,
                    const struct sorted *b, const struct diff_elf_symbol *y)
{
    if (kind == CHANGED)
        return x && y && !same_symbol(a, x, b, y);
    return kind == REMOVED ? x && !y : y && !x;
}

static int add_kind(const struct diff_elf_pair *e, const char *table, enum kind kind,
                    const struct sorted *a, const struct sorted *b, struct stet_error *err)
{
    static const char *const names[KINDS] = {"removed", "added", "changed"};
    const struct diff_elf_symbol *x, *y, *first_x = NULL, *first_y = NULL;
    size_t count = 0, shown = 0;
    for (size_t i = 0, j = 0; next_pair(a, b, &i, &j, &x, &y);)
        if (is_kind(kind, a, x, b, y) && count++ == 0) {
            first_x = x;
            first_y = y;
        }
    if (count == 0)
        return 0;
    struct stet_finding *f = add_symbols(e, table, names[kind], a, first_x, b, first_y, count, err);
    if (!f)
        return -1;
    for (size_t i = 0, j = 0; shown < SHOWN && next_pair(a, b, &i, &j, &x, &y);) {
        if (!is_kind(kind, a, x, b, y))
            continue;
        shown++;
        if ((x && symbol_detail(f, '-', a, x, err) < 0) ||
            (y && symbol_detail(f, '+', b, y, err) < 0))
            return -1;
    }
    if (count > shown && stet_diff_detailf(f, ' ', err, "… %zu more", count - shown) < 0)
        return -1;
    return 1;
}

/* Tables with the same symbols. */
static int add_order(const struct diff_elf_pair *e, const char *table, const struct sorted *a,
                     const struct sorted *b, struct stet_error *err)
{
    size_t count = a->symbols->count;
    for (size_t i = 0; i < count && count == b->symbols->count; i++) {
        const struct diff_elf_symbol *x = &a->symbols->items[i], *y = &b->symbols->items[i];
        if (diff_same(x->name, y->name) && same_symbol(a, x, b, y))
            continue;
        _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
        stet_buffer_addf(&va, "%zu: ", i);
        stet_buffer_addf(&vb, "%zu: ", i);
        symbol_text(a, x, &va);
        symbol_text(b, y, &vb);
        if (stet_buffer_check(&va, "a symbol", err) < 0 ||
            stet_buffer_check(&vb, "a symbol", err) < 0)
            return -1;
        return stet_diff_add(e->pair, "elf", stet_buffer_str(&va), stet_buffer_str(&vb), err,
                             "order of symbols in %s", table)
                   ? 1
                   : -1;
    }
    return 0;
}

int stet_diff_elf_compare_symbols(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                                  const struct diff_elf_section *b, struct stet_error *err)
{
    const char *table = a->type == SHT_DYNSYM ? ".dynsym" : ".symtab";
    struct diff_elf_symbols sa = {NULL, 0}, sb = {NULL, 0};
    struct sorted ta = {NULL}, tb = {NULL};
    int added = 0, status = stet_diff_elf_symbols_read(&e->a, a, &sa, err);
    if (status > 0)
        status = stet_diff_elf_symbols_read(&e->b, b, &sb, err);
    if (status > 0 &&
        (sort_names(&e->a, &sa, &ta, err) < 0 || sort_names(&e->b, &sb, &tb, err) < 0))
        status = -1;
    for (enum kind kind = 0; kind < KINDS && status > 0; kind++) {
        status = add_kind(e, table, kind, &ta, &tb, err);
        added += status > 0;
        status = status < 0 ? -1 : 1;
    }
    if (status > 0 && added == 0) {
        status = add_order(e, table, &ta, &tb, err);
        added += status > 0;
    }
    free(ta.items);
    free(tb.items);
    stet_diff_elf_symbols_release(&sa);
    stet_diff_elf_symbols_release(&sb);
    return status < 0 ? -1 : added;
}
