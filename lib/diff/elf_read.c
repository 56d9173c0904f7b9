/* Reading ELF: header, program headers, section headers, each with its bounds checked. */
#include "lib/diff/elf.h"

/* Sections of a file as linked do not overlap; what does would multiply the work. */
enum { OVERLAP_MAX = 4 };

uint64_t stet_diff_elf_word(const struct stet_diff_elf *e, const unsigned char *p)
{
    return e->wide ? diff_get64(p, e->big) : diff_get32(p, e->big);
}

struct diff_bytes stet_diff_elf_string(struct diff_bytes table, uint64_t offset)
{
    struct diff_bytes s = {(const unsigned char *)"", 0};
    if (offset >= table.len)
        return s;
    s.data = table.data + offset;
    size_t max = table.len - offset < DIFF_ELF_NAME_MAX ? table.len - offset : DIFF_ELF_NAME_MAX;
    s.len = strnlen((const char *)s.data, max);
    return s;
}

/* Fields in their order, as the class has them. */
struct cursor {
    const unsigned char *p;
    bool wide, big;
};

static uint16_t half(struct cursor *c)
{
    c->p += 2;
    return diff_get16(c->p - 2, c->big);
}

static uint32_t word(struct cursor *c)
{
    c->p += 4;
    return diff_get32(c->p - 4, c->big);
}

static uint64_t native(struct cursor *c)
{
    if (!c->wide)
        return word(c);
    c->p += 8;
    return diff_get64(c->p - 8, c->big);
}

static int read_header(struct stet_diff_elf *e)
{
    const unsigned char *d = e->file.data;
    if (e->file.len < DIFF_ELF_IDENT || memcmp(d, ELFMAG, SELFMAG) != 0 ||
        (d[EI_CLASS] != ELFCLASS32 && d[EI_CLASS] != ELFCLASS64) ||
        (d[EI_DATA] != ELFDATA2LSB && d[EI_DATA] != ELFDATA2MSB))
        return 0;
    e->wide = d[EI_CLASS] == ELFCLASS64;
    e->big = d[EI_DATA] == ELFDATA2MSB;
    if (e->file.len < (e->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
        return 0;
    struct cursor c = {d + DIFF_ELF_IDENT, e->wide, e->big};
    e->type = half(&c);
    e->machine = half(&c);
    e->version = word(&c);
    e->entry = native(&c);
    e->segments_at = native(&c);
    e->sections_at = native(&c);
    e->flags = word(&c);
    e->header_size = half(&c);
    e->segment_size = half(&c);
    e->raw_segments = half(&c);
    e->section_size = half(&c);
    e->raw_sections = half(&c);
    e->raw_names = half(&c);
    return 1;
}

static void read_section(const struct stet_diff_elf *e, const unsigned char *p,
                         struct diff_elf_section *s)
{
    struct cursor c = {p, e->wide, e->big};
    s->name_at = word(&c);
    s->type = word(&c);
    s->flags = native(&c);
    s->address = native(&c);
    s->offset = native(&c);
    s->size = native(&c);
    s->link = word(&c);
    s->info = word(&c);
    s->align = native(&c);
    s->entry_size = native(&c);
}

/* What the header says of it is compared with this. */
static size_t section_header_size(const struct stet_diff_elf *e)
{
    return e->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
}

/* Counts that do not fit into the header are in section 0. */
static void read_counts(struct stet_diff_elf *e, size_t *sections)
{
    struct diff_elf_section zero;
    *sections = e->raw_sections;
    e->names = e->raw_names;
    e->segment_count = e->raw_segments;
    if (e->sections_at == 0 || !diff_has(e->file, e->sections_at, section_header_size(e)))
        return;
    read_section(e, e->file.data + e->sections_at, &zero);
    if (e->raw_sections == 0)
        *sections = zero.size < SIZE_MAX ? (size_t)zero.size : 0;
    if (e->raw_names == SHN_XINDEX)
        e->names = zero.link;
    if (e->raw_segments == PN_XNUM)
        e->segment_count = zero.info;
}

static int read_contents(struct stet_diff_elf *e)
{
    uint64_t total = 0;
    for (size_t i = 0; i < e->section_count; i++) {
        struct diff_elf_section *s = &e->sections[i];
        if (s->type == SHT_NOBITS || s->type == SHT_NULL || s->size == 0)
            continue;
        if (!diff_has(e->file, s->offset, s->size))
            return 0;
        s->content = diff_part(e->file, s->offset, s->size);
        total += s->size;
        if (total / OVERLAP_MAX > e->file.len)
            return 0;
    }
    struct diff_bytes names = {NULL, 0};
    if (e->names < e->section_count)
        names = e->sections[e->names].content;
    for (size_t i = 0; i < e->section_count; i++)
        e->sections[i].name = stet_diff_elf_string(names, e->sections[i].name_at);
    return 1;
}

static int read_sections(struct stet_diff_elf *e, size_t count, struct stet_error *err)
{
    size_t size = section_header_size(e);
    if (e->sections_at == 0 || count == 0)
        return 1;
    if (e->section_size != size || count > e->file.len / size ||
        !diff_has(e->file, e->sections_at, count * size))
        return 0;
    e->sections = calloc(count, sizeof *e->sections);
    if (!e->sections)
        return stet_error_oom(err, "reading an ELF file");
    e->section_count = count;
    for (size_t i = 0; i < count; i++)
        read_section(e, e->file.data + e->sections_at + i * size, &e->sections[i]);
    return read_contents(e);
}

static void read_segment(const struct stet_diff_elf *e, const unsigned char *p,
                         struct diff_elf_segment *s)
{
    struct cursor c = {p, e->wide, e->big};
    s->type = word(&c);
    if (e->wide)
        s->flags = word(&c);
    s->offset = native(&c);
    s->address = native(&c);
    s->physical = native(&c);
    s->file_size = native(&c);
    s->memory_size = native(&c);
    if (!e->wide)
        s->flags = word(&c);
    s->align = native(&c);
}

static int read_segments(struct stet_diff_elf *e, struct stet_error *err)
{
    size_t size = e->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), count = e->segment_count;
    e->segment_count = 0;
    if (e->segments_at == 0 || count == 0)
        return 1;
    if (e->segment_size != size || count > e->file.len / size ||
        !diff_has(e->file, e->segments_at, count * size))
        return 0;
    e->segments = calloc(count, sizeof *e->segments);
    if (!e->segments)
        return stet_error_oom(err, "reading an ELF file");
    e->segment_count = count;
    for (size_t i = 0; i < count; i++)
        read_segment(e, e->file.data + e->segments_at + i * size, &e->segments[i]);
    return 1;
}

int stet_diff_elf_read(struct diff_bytes file, struct stet_diff_elf *out, struct stet_error *err)
{
    size_t sections = 0;
    memset(out, 0, sizeof *out);
    out->file = file;
    if (!read_header(out))
        return 0;
    read_counts(out, &sections);
    int status = read_segments(out, err);
    if (status > 0)
        status = read_sections(out, sections, err);
    return status > 0 ? stet_diff_elf_places_read(out, err) : status;
}

void stet_diff_elf_release(struct stet_diff_elf *e)
{
    free(e->segments);
    free(e->sections);
    stet_diff_elf_symbols_release(&e->places);
    memset(e, 0, sizeof *e);
}
