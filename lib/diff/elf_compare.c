/* Two ELF files: headers, and the sections that belong together. */
#include "lib/diff/elf.h"
#include "lib/diff/formats.h"

enum { MOVED_SHOWN = 60 };

/* ---- names of the specification's numbers ---- */

struct named {
    uint32_t value;
    const char *name;
};

static const struct named types[] = {
    {ET_REL, "relocatable"},
    {ET_EXEC, "executable"},
    {ET_DYN, "shared object"},
    {ET_CORE, "core"},
    {0, NULL},
};
static const struct named machines[] = {
    {EM_386, "i386"},
    {EM_MIPS, "MIPS"},
    {EM_PPC, "PowerPC"},
    {EM_PPC64, "PowerPC64"},
    {EM_S390, "S/390"},
    {EM_ARM, "ARM"},
    {EM_X86_64, "x86-64"},
    {EM_AARCH64, "AArch64"},
    {EM_RISCV, "RISC-V"},
    {258, "LoongArch"},
    {0, NULL},
};
static const struct named segment_types[] = {
    {PT_LOAD, "LOAD"},
    {PT_DYNAMIC, "DYNAMIC"},
    {PT_INTERP, "INTERP"},
    {PT_NOTE, "NOTE"},
    {PT_PHDR, "PHDR"},
    {PT_TLS, "TLS"},
    {PT_GNU_EH_FRAME, "GNU_EH_FRAME"},
    {PT_GNU_STACK, "GNU_STACK"},
    {PT_GNU_RELRO, "GNU_RELRO"},
    {PT_GNU_PROPERTY, "GNU_PROPERTY"},
    {0, NULL},
};

static const char *name_of(const struct named *names, uint32_t value)
{
    for (; names->name; names++)
        if (names->value == value)
            return names->name;
    return NULL;
}

static void add_named(struct stet_buffer *out, const struct named *names, uint32_t value)
{
    const char *name = names ? name_of(names, value) : NULL;
    if (name)
        stet_buffer_add_str(out, name);
    else
        stet_buffer_addf(out, "0x%x", value);
}

/* ---- the file's header ---- */

static int add_texts(const struct diff_elf_pair *e, struct stet_buffer *a, struct stet_buffer *b,
                     const char *what, struct stet_error *err)
{
    if (stet_buffer_check(a, "a header", err) < 0 || stet_buffer_check(b, "a header", err) < 0)
        return -1;
    return stet_diff_add(e->pair, "elf", stet_buffer_str(a), stet_buffer_str(b), err, "%s", what)
               ? 1
               : -1;
}

static int compare_number(const struct diff_elf_pair *e, const char *what, bool hex, uint64_t a,
                          uint64_t b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    if (a == b)
        return 0;
    stet_buffer_addf(&va, hex ? "0x%llx" : "%llu", (unsigned long long)a);
    stet_buffer_addf(&vb, hex ? "0x%llx" : "%llu", (unsigned long long)b);
    return add_texts(e, &va, &vb, what, err);
}

static int compare_named(const struct diff_elf_pair *e, const char *what, const struct named *names,
                         uint32_t a, uint32_t b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    if (a == b)
        return 0;
    add_named(&va, names, a);
    add_named(&vb, names, b);
    return add_texts(e, &va, &vb, what, err);
}

static int compare_ident(const struct diff_elf_pair *e, struct stet_error *err)
{
    static const char *const names[DIFF_ELF_IDENT] = {
        [EI_CLASS] = "header: class",
        [EI_DATA] = "header: byte order",
        [EI_VERSION] = "header: ident version",
        [EI_OSABI] = "header: OS ABI",
        [EI_ABIVERSION] = "header: ABI version",
    };
    static const struct named classes[] = {{ELFCLASS32, "ELF32"}, {ELFCLASS64, "ELF64"}, {0, NULL}};
    static const struct named orders[] = {{ELFDATA2LSB, "least significant byte first"},
                                          {ELFDATA2MSB, "most significant byte first"},
                                          {0, NULL}};
    for (size_t i = EI_CLASS; i < DIFF_ELF_IDENT; i++)
        if (compare_named(e, names[i] ? names[i] : "header: padding of ident",
                          i == EI_CLASS  ? classes
                          : i == EI_DATA ? orders
                                         : NULL,
                          e->a.file.data[i], e->b.file.data[i], err) < 0)
            return -1;
    return 0;
}

static uint32_t section_of(const struct stet_diff_elf *e, uint64_t address)
{
    for (size_t i = 0; i < e->section_count; i++) {
        const struct diff_elf_section *s = &e->sections[i];
        if ((s->flags & SHF_ALLOC) && address >= s->address && address - s->address < s->size)
            return (uint32_t)i;
    }
    return SHN_UNDEF;
}

static int compare_entry(const struct diff_elf_pair *e, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    if (e->a.entry == e->b.entry)
        return 0;
    stet_buffer_addf(&va, "0x%llx", (unsigned long long)e->a.entry);
    stet_buffer_addf(&vb, "0x%llx", (unsigned long long)e->b.entry);
    stet_diff_elf_place(&e->a, e->a.entry, section_of(&e->a, e->a.entry), &va);
    stet_diff_elf_place(&e->b, e->b.entry, section_of(&e->b, e->b.entry), &vb);
    return add_texts(e, &va, &vb, "header: entry point", err);
}

static int compare_header(const struct diff_elf_pair *e, struct stet_error *err)
{
    const struct stet_diff_elf *a = &e->a, *b = &e->b;
    if (compare_ident(e, err) < 0 || compare_entry(e, err) < 0 ||
        compare_named(e, "header: type", types, a->type, b->type, err) < 0 ||
        compare_named(e, "header: machine", machines, a->machine, b->machine, err) < 0)
        return -1;
    const struct number {
        const char *what;
        uint64_t a, b;
    } numbers[] = {
        {"header: version", a->version, b->version},
        {"header: flags", a->flags, b->flags},
        {"header: offset of the program headers", a->segments_at, b->segments_at},
        {"header: offset of the section headers", a->sections_at, b->sections_at},
    };
    const struct number counts[] = {
        {"header: its size", a->header_size, b->header_size},
        {"header: size of a program header", a->segment_size, b->segment_size},
        {"header: size of a section header", a->section_size, b->section_size},
        {"header: number of program headers", a->raw_segments, b->raw_segments},
        {"header: number of section headers", a->raw_sections, b->raw_sections},
        {"header: section with the names", a->raw_names, b->raw_names},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (compare_number(e, numbers[i].what, true, numbers[i].a, numbers[i].b, err) < 0)
            return -1;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (compare_number(e, counts[i].what, false, counts[i].a, counts[i].b, err) < 0)
            return -1;
    return 0;
}

/* ---- fields of tables: those alone that differ, on one line ---- */

struct field {
    const char *name;
    uint64_t a, b;
};

static void add_fields(struct stet_buffer *a, struct stet_buffer *b, const struct field *fields,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].a == fields[i].b)
            continue;
        const char *comma = a->len ? ", " : "";
        stet_buffer_addf(a, "%s%s 0x%llx", comma, fields[i].name, (unsigned long long)fields[i].a);
        stet_buffer_addf(b, "%s%s 0x%llx", comma, fields[i].name, (unsigned long long)fields[i].b);
    }
}

static int compare_segment(const struct diff_elf_pair *e, size_t i, struct stet_error *err)
{
    const struct diff_elf_segment *a = &e->a.segments[i], *b = &e->b.segments[i];
    const struct field fields[] = {
        {"type", a->type, b->type},
        {"flags", a->flags, b->flags},
        {"offset", a->offset, b->offset},
        {"address", a->address, b->address},
        {"physical address", a->physical, b->physical},
        {"file size", a->file_size, b->file_size},
        {"memory size", a->memory_size, b->memory_size},
        {"alignment", a->align, b->align},
    };
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT,
                                        what = STET_BUFFER_INIT;
    add_fields(&va, &vb, fields, sizeof fields / sizeof *fields);
    if (va.len == 0)
        return 0;
    stet_buffer_addf(&what, "program header %zu (", i);
    add_named(&what, segment_types, a->type);
    stet_buffer_add_char(&what, ')');
    if (stet_buffer_check(&what, "a header", err) < 0)
        return -1;
    return add_texts(e, &va, &vb, stet_buffer_str(&what), err);
}

static int compare_segments(const struct diff_elf_pair *e, struct stet_error *err)
{
    size_t a = e->a.segment_count, b = e->b.segment_count;
    for (size_t i = 0; i < a && i < b; i++)
        if (compare_segment(e, i, err) < 0)
            return -1;
    for (size_t i = a < b ? a : b; i < a || i < b; i++) {
        _cleanup_buffer_ struct stet_buffer value = STET_BUFFER_INIT;
        add_named(&value, segment_types, i < a ? e->a.segments[i].type : e->b.segments[i].type);
        if (stet_buffer_check(&value, "a header", err) < 0 ||
            !stet_diff_add(e->pair, "elf", i < a ? stet_buffer_str(&value) : NULL,
                           i < b ? stet_buffer_str(&value) : NULL, err, "program header %zu", i))
            return -1;
    }
    return 0;
}

/* ---- which sections belong together ---- */

struct match {
    struct diff_elf_section *a, *b;
};

static int compare_names(const void *x, const void *y)
{
    const struct diff_elf_section *const *a = x, *const *b = y;
    int order = stet_diff_bytes_order((*a)->name, (*b)->name);
    return order ? order : (*a > *b) - (*a < *b);
}

/* By name, those of one name in their order. */
static struct diff_elf_section **sort_sections(struct stet_diff_elf *e, struct stet_error *err)
{
    struct diff_elf_section **sorted =
        calloc(e->section_count ? e->section_count : 1, sizeof *sorted);
    if (!sorted) {
        stet_error_oom(err, "comparing sections");
        return NULL;
    }
    for (size_t i = 0; i < e->section_count; i++)
        sorted[i] = &e->sections[i];
    qsort(sorted, e->section_count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < e->section_count; i++)
        if (diff_same(sorted[i]->name, sorted[i - 1]->name))
            sorted[i]->occurrence = sorted[i - 1]->occurrence + 1;
    return sorted;
}

/* matches has an element for each section of a, in its order; b is NULL where it has none. */
static int match_sections(struct diff_elf_pair *e, struct match *matches, struct stet_error *err)
{
    _cleanup_free_ struct diff_elf_section **a = sort_sections(&e->a, err);
    _cleanup_free_ struct diff_elf_section **b = sort_sections(&e->b, err);
    if (!a || !b)
        return -1;
    for (size_t i = 0; i < e->a.section_count; i++)
        matches[i].a = &e->a.sections[i];
    for (size_t i = 0, j = 0; i < e->a.section_count && j < e->b.section_count;) {
        int order = stet_diff_bytes_order(a[i]->name, b[j]->name);
        if (order == 0 && a[i]->occurrence == b[j]->occurrence) {
            matches[a[i] - e->a.sections].b = b[j];
            a[i++]->matched = b[j++]->matched = true;
        } else if (order < 0 || (order == 0 && a[i]->occurrence < b[j]->occurrence)) {
            i++;
        } else {
            j++;
        }
    }
    return 0;
}

static int add_unmatched(const struct diff_elf_pair *e, const struct stet_diff_elf *side, bool is_a,
                         struct stet_error *err)
{
    for (size_t i = 0; i < side->section_count; i++) {
        const struct diff_elf_section *s = &side->sections[i];
        if (s->matched)
            continue;
        _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT;
        _cleanup_free_ char *value = stet_diff_length_text(s->size, err);
        if (!value || stet_diff_printable(s->name.data, s->name.len, 60, &name, err) < 0 ||
            !stet_diff_add(e->pair, "elf", is_a ? value : NULL, is_a ? NULL : value, err,
                           "section %s", name.len ? stet_buffer_str(&name) : "(no name)"))
            return -1;
    }
    return 0;
}

/* Is the order of those that both have the same? */
static int compare_order(const struct diff_elf_pair *e, const struct match *matches,
                         struct stet_error *err)
{
    const struct diff_elf_section *last = NULL, *last_a = NULL;
    for (size_t i = 0; i < e->a.section_count; i++) {
        if (!matches[i].b)
            continue;
        if (!last || matches[i].b > last) {
            last = matches[i].b;
            last_a = matches[i].a;
            continue;
        }
        _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
        if (stet_diff_printable(last_a->name.data, last_a->name.len, 60, &va, err) < 0 ||
            stet_diff_printable(last_a->name.data, last_a->name.len, 60, &vb, err) < 0)
            return -1;
        stet_buffer_add_str(&va, " before ");
        stet_buffer_add_str(&vb, " after ");
        if (stet_diff_printable(matches[i].a->name.data, matches[i].a->name.len, 60, &va, err) <
                0 ||
            stet_diff_printable(matches[i].a->name.data, matches[i].a->name.len, 60, &vb, err) < 0)
            return -1;
        return add_texts(e, &va, &vb, "order of sections", err);
    }
    return 0;
}

/* ---- section headers ---- */

/* A number of a section, as that section is called: numbers shift when one is added. */
static bool same_section(const struct diff_elf_pair *e, uint32_t a, uint32_t b)
{
    if (a >= e->a.section_count || b >= e->b.section_count)
        return a == b;
    return diff_same(e->a.sections[a].name, e->b.sections[b].name);
}

static bool same_names(const struct diff_elf_pair *e)
{
    return e->a.names < e->a.section_count && e->b.names < e->b.section_count &&
           diff_same(e->a.sections[e->a.names].content, e->b.sections[e->b.names].content);
}

static int compare_section_header(const struct diff_elf_pair *e, const struct match *m,
                                  bool names_same, struct stet_error *err)
{
    const struct diff_elf_section *a = m->a, *b = m->b;
    bool info_is_section = (a->flags & b->flags & SHF_INFO_LINK) != 0;
    const struct field fields[] = {
        {"offset of the name", names_same ? a->name_at : 0, names_same ? b->name_at : 0},
        {"type", a->type, b->type},
        {"flags", a->flags, b->flags},
        {"link", a->link, same_section(e, a->link, b->link) ? a->link : b->link},
        {"info", a->info, info_is_section && same_section(e, a->info, b->info) ? a->info : b->info},
        {"alignment", a->align, b->align},
        {"entry size", a->entry_size, b->entry_size},
        /* Of a section with content the size shows with the content. */
        {"size", a->content.data && b->content.data ? 0 : a->size,
         a->content.data && b->content.data ? 0 : b->size},
    };
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT,
                                        name = STET_BUFFER_INIT;
    add_fields(&va, &vb, fields, sizeof fields / sizeof *fields);
    if (va.len == 0)
        return 0;
    if (stet_diff_printable(a->name.data, a->name.len, 60, &name, err) < 0)
        return -1;
    _cleanup_free_ char *what =
        stet_format(err, "header of section %s", name.len ? stet_buffer_str(&name) : "(no name)");
    return what ? add_texts(e, &va, &vb, what, err) : -1;
}

static void moved_text(const struct diff_elf_section *s, struct stet_buffer *out)
{
    struct stet_error ignored = STET_ERROR_INIT;
    stet_diff_printable(s->name.data, s->name.len, 60, out, &ignored);
    stet_buffer_addf(out, " at 0x%llx, offset 0x%llx", (unsigned long long)s->address,
                     (unsigned long long)s->offset);
}

static bool is_moved(const struct match *m)
{
    return m->b && (m->a->address != m->b->address || m->a->offset != m->b->offset);
}

/* One section that grows moves all behind it: one finding. */
static int compare_positions(const struct diff_elf_pair *e, const struct match *matches,
                             struct stet_error *err)
{
    struct stet_finding *f = NULL;
    size_t count = 0;
    for (size_t i = 0; i < e->a.section_count; i++) {
        if (!is_moved(&matches[i]))
            continue;
        _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
        moved_text(matches[i].a, &va);
        moved_text(matches[i].b, &vb);
        if (stet_buffer_check(&va, "a section", err) < 0 ||
            stet_buffer_check(&vb, "a section", err) < 0)
            return -1;
        if (!f && !(f = stet_diff_add(e->pair, "elf", stet_buffer_str(&va), stet_buffer_str(&vb),
                                      err, "position of sections")))
            return -1;
        if (count++ < MOVED_SHOWN &&
            (stet_diff_detail(f, '-', stet_buffer_str(&va), va.len, err) < 0 ||
             stet_diff_detail(f, '+', stet_buffer_str(&vb), vb.len, err) < 0))
            return -1;
    }
    if (count > MOVED_SHOWN &&
        stet_diff_detailf(f, ' ', err, "… %zu more", count - MOVED_SHOWN) < 0)
        return -1;
    return 0;
}

/* ---- contents ---- */

/* Entries that are the same bytes, but mean other strings. */
static bool strings_differ(const struct diff_elf_pair *e, const struct match *m)
{
    uint32_t a = m->a->link, b = m->b->link;
    return (m->a->type == SHT_DYNAMIC || m->a->type == SHT_SYMTAB || m->a->type == SHT_DYNSYM) &&
           a < e->a.section_count && b < e->b.section_count &&
           !diff_same(e->a.sections[a].content, e->b.sections[b].content);
}

static int compare_contents(const struct diff_elf_pair *e, const struct match *matches,
                            struct stet_error *err)
{
    bool names_same = same_names(e);
    for (size_t i = 0; i < e->a.section_count; i++) {
        const struct match *m = &matches[i];
        if (!m->b)
            continue;
        if (stet_cancel_check(err) < 0 || compare_section_header(e, m, names_same, err) < 0)
            return -1;
        if ((!diff_same(m->a->content, m->b->content) || strings_differ(e, m)) &&
            stet_diff_elf_compare_section(e, m->a, m->b, err) < 0)
            return -1;
    }
    return 0;
}

/* Everything but the build-id and the debug link is the same: what made the difference is not in the file any more. */
static int note_build_id(const struct diff_elf_pair *e, struct stet_error *err)
{
    struct stet_diff_result *r = e->pair->diff->result;
    struct stet_finding *id = NULL;
    for (size_t i = e->first; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        if (strcmp(f->what, "build-id") == 0)
            id = f;
        else if (!strstr(f->what, ".gnu_debuglink"))
            return 0;
    }
    if (!id)
        return 0;
    return stet_diff_detailf(
        id, ' ', err,
        "all else is the same but for .gnu_debuglink: the build-id comes from what is not "
        "in the file any more, such as debug information with another directory "
        "(or is random: ld --build-id=uuid)");
}

/* ---- what follows from other directories alone ---- */

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Is all text that differs a path, and nothing told that another length of paths does not bring about? */
static bool is_only_paths(const struct diff_elf_pair *e)
{
    static const char *const follows[] = {"header: offset of",    "program header ", "position of",
                                          "header of section ",   "section ",        "build-id",
                                          "CRC in .gnu_debuglink"};
    const struct stet_diff_result *r = e->pair->diff->result;
    bool any = false;
    for (size_t i = e->first; i < r->count; i++) {
        const struct stet_finding *f = &r->findings[i];
        bool known = f->cause == STET_CAUSE_BUILD_PATH;
        any = any || known;
        for (size_t k = 0; k < sizeof follows / sizeof *follows && !known; k++)
            known = begins(f->what, follows[k]);
        if (!known || !f->a || !f->b || strcmp(f->what, "section .comment") == 0)
            return false;
    }
    return any;
}

/* Code and tables could differ for reasons of their own: not those. */
static bool follows_from_paths(const struct stet_finding *f)
{
    return f->cause == STET_CAUSE_UNEXPLAINED &&
           (begins(f->what, "header: offset of") || begins(f->what, "program header ") ||
            begins(f->what, "position of") || begins(f->what, "section .debug_") ||
            begins(f->what, "header of section .debug_") || begins(f->what, "build-id") ||
            begins(f->what, "CRC in .gnu_debuglink"));
}

static int explain_by_paths(const struct diff_elf_pair *e, struct stet_error *err)
{
    struct stet_diff_result *r = e->pair->diff->result;
    if (!is_only_paths(e))
        return 0;
    for (size_t i = e->first; i < r->count; i++)
        if (follows_from_paths(&r->findings[i]) &&
            stet_diff_because(&r->findings[i], STET_CAUSE_BUILD_PATH, STET_DIFF_LIKELY, err,
                              "all text that differs in the file is paths, by one directory; this "
                              "follows from them") < 0)
            return -1;
    return 0;
}

static int compare_parts(struct diff_elf_pair *e, struct stet_error *err)
{
    size_t count = e->a.section_count;
    _cleanup_free_ struct match *matches = calloc(count ? count : 1, sizeof *matches);
    if (!matches)
        return stet_error_oom(err, "comparing sections");
    if (match_sections(e, matches, err) < 0 || compare_header(e, err) < 0 ||
        compare_segments(e, err) < 0 || add_unmatched(e, &e->a, true, err) < 0 ||
        add_unmatched(e, &e->b, false, err) < 0 || compare_order(e, matches, err) < 0 ||
        compare_positions(e, matches, err) < 0 || compare_contents(e, matches, err) < 0 ||
        stet_diff_elf_compare_gaps(e, err) < 0 || note_build_id(e, err) < 0)
        return -1;
    if (stet_diff_build_paths(e->pair, e->first, false, err) < 0)
        return -1;
    return explain_by_paths(e, err);
}

int stet_diff_elf(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_elf_pair e = {.pair = p, .first = p->diff->result->count};
    int status = stet_diff_elf_read(p->a, &e.a, err);
    if (status > 0)
        status = stet_diff_elf_read(p->b, &e.b, err);
    if (status > 0)
        status = compare_parts(&e, err) < 0 ? -1 : p->diff->result->count > e.first;
    stet_diff_elf_release(&e.a);
    stet_diff_elf_release(&e.b);
    return status;
}
