/* What is in two sections of one name. */
#include "lib/diff/elf.h"

#include <zlib.h>

enum { INFLATED_MAX = 32 << 20 };

static bool is_name(const struct diff_elf_section *s, const char *name)
{
    return s->name.len == strlen(name) && memcmp(s->name.data, name, s->name.len) == 0;
}

static bool begins(const struct diff_elf_section *s, const char *name)
{
    return s->name.len >= strlen(name) && memcmp(s->name.data, name, strlen(name)) == 0;
}

/* ---- as bytes and strings ---- */

struct placing {
    const struct stet_diff_elf *elf;
    const struct diff_elf_section *section;
};

static void place(void *ctx, uint64_t address, struct stet_buffer *out)
{
    const struct placing *p = ctx;
    stet_diff_elf_place(p->elf, address, (uint32_t)(p->section - p->elf->sections), out);
}

/* The section's name as it may be shown. */
static int name_text(const struct diff_elf_section *s, struct stet_buffer *out,
                     struct stet_error *err)
{
    if (s->name.len == 0)
        stet_buffer_add_str(out, "(no name)");
    if (stet_diff_printable(s->name.data, s->name.len, 60, out, err) < 0)
        return -1;
    if (s->occurrence > 0)
        stet_buffer_addf(out, " (no. %u of this name)", s->occurrence + 1);
    return stet_buffer_check(out, "a section's name", err);
}

static int compare_bytes(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                         struct diff_bytes bytes_a, struct diff_bytes bytes_b, const char *how,
                         struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer plain = STET_BUFFER_INIT;
    if (name_text(a, &plain, err) < 0)
        return -1;
    _cleanup_free_ char *name = stet_format(err, "section %s%s", stet_buffer_str(&plain), how);
    _cleanup_free_ char *of = stet_format(err, " in %s", stet_buffer_str(&plain));
    if (!name || !of)
        return -1;
    struct placing placing = {&e->a, a};
    struct diff_region region = {
        .pair = e->pair,
        .format = "elf",
        .name = name,
        .of = of,
        .a = bytes_a,
        .b = bytes_b,
        .base = a->flags & SHF_ALLOC ? a->address : 0,
        .big = e->a.big,
        /* Code is no text, and names of symbols are told with the symbols. */
        .strings = !(a->flags & SHF_EXECINSTR) && a->type != SHT_STRTAB && a->type != SHT_SYMTAB &&
                   a->type != SHT_DYNSYM && a->type != SHT_RELA && a->type != SHT_REL,
        .list = (a->flags & SHF_STRINGS) != 0,
        .place = place,
        .ctx = &placing,
    };
    return stet_diff_region_compare(&region, err);
}

/* ---- compressed debug information ---- */

/* The content, inflated into own where it is SHF_COMPRESSED with zlib. 1, 0: it cannot be told, -1. */
static int decompress(const struct diff_elf_pair *e, const struct stet_diff_elf *elf,
                      const struct diff_elf_section *s, struct diff_bytes *own,
                      struct diff_bytes *out, struct stet_error *err)
{
    size_t header = elf->wide ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr), used;
    *out = s->content;
    if (!(s->flags & SHF_COMPRESSED))
        return 1;
    if (s->content.len < header || diff_get32(s->content.data, elf->big) != ELFCOMPRESS_ZLIB)
        return 0;
    uint64_t size = stet_diff_elf_word(elf, s->content.data + (elf->wide ? 8 : 4));
    struct diff_bytes in = diff_part(s->content, header, s->content.len - header);
    if (size > INFLATED_MAX)
        return 0;
    int status = stet_diff_inflate(e->pair, in, (size_t)size, own, &used, err);
    *out = *own;
    return status > 0 && (out->len != size || used != in.len) ? 0 : status;
}

static int compressed_alike(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                            const struct diff_elf_section *b, size_t len, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer name = STET_BUFFER_INIT;
    if (name_text(a, &name, err) < 0)
        return -1;
    _cleanup_free_ char *va = stet_format(err, "%zu bytes for %zu", a->content.len, len);
    _cleanup_free_ char *vb = stet_format(err, "%zu bytes for %zu", b->content.len, len);
    if (!va || !vb)
        return -1;
    struct stet_finding *f = stet_diff_add(e->pair, "elf", va, vb, err, "compression of section %s",
                                           stet_buffer_str(&name));
    if (!f || stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err,
                                "the content is the same %zu bytes, once inflated", len) < 0)
        return -1;
    return 1;
}

static int compare_compressed(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                              const struct diff_elf_section *b, struct stet_error *err)
{
    struct diff_bytes ia, ib, own_a = {NULL, 0}, own_b = {NULL, 0};
    int status = decompress(e, &e->a, a, &own_a, &ia, err);
    if (status > 0)
        status = decompress(e, &e->b, b, &own_b, &ib, err);
    if (status > 0)
        status = diff_same(ia, ib) ? compressed_alike(e, a, b, ia.len, err)
                                   : compare_bytes(e, a, ia, ib, ", inflated", err);
    diff_bytes_free(&own_a);
    diff_bytes_free(&own_b);
    return status;
}

/* ---- notes ---- */

struct note {
    struct diff_bytes name, desc;
    uint32_t type;
};

static bool next_note(const struct stet_diff_elf *e, const struct diff_elf_section *s, size_t *at,
                      struct note *out)
{
    size_t align = s->align == 8 ? 8 : 4;
    if (s->content.len < *at || s->content.len - *at < 12)
        return false;
    const unsigned char *p = s->content.data + *at;
    uint64_t name = diff_get32(p, e->big), desc = diff_get32(p + 4, e->big);
    uint64_t desc_at = (*at + 12 + name + align - 1) / align * align;
    if (!diff_has(s->content, *at + 12, name) || !diff_has(s->content, desc_at, desc))
        return false;
    out->type = diff_get32(p + 8, e->big);
    out->name = diff_part(s->content, *at + 12, name);
    out->desc = diff_part(s->content, desc_at, desc);
    *at = (size_t)((desc_at + desc + align - 1) / align * align);
    return true;
}

/* The build-id, when the section is nothing but that note. */
static bool build_id(const struct stet_diff_elf *e, const struct diff_elf_section *s,
                     struct diff_bytes *out)
{
    struct note note;
    size_t at = 0;
    if (!next_note(e, s, &at, &note) || at < s->content.len || note.type != NT_GNU_BUILD_ID ||
        note.name.len != 4 || memcmp(note.name.data, "GNU", 4) != 0)
        return false;
    *out = note.desc;
    return note.desc.len > 0;
}

static void compact_hex(struct diff_bytes b, struct stet_buffer *out)
{
    for (size_t i = 0; i < b.len && i < 64; i++)
        stet_buffer_addf(out, "%02x", b.data[i]);
    if (b.len > 64)
        stet_buffer_add_str(out, "…");
}

static int compare_build_id(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                            const struct diff_elf_section *b, struct stet_error *err)
{
    struct diff_bytes ia, ib;
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    if (!build_id(&e->a, a, &ia) || !build_id(&e->b, b, &ib) || diff_same(ia, ib))
        return 0;
    compact_hex(ia, &va);
    compact_hex(ib, &vb);
    if (stet_buffer_check(&va, "a build-id", err) < 0 ||
        stet_buffer_check(&vb, "a build-id", err) < 0)
        return -1;
    return stet_diff_add(e->pair, "elf", stet_buffer_str(&va), stet_buffer_str(&vb), err,
                         "build-id")
               ? 1
               : -1;
}

/* ---- .comment ---- */

static int compare_comment(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                           const struct diff_elf_section *b, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
    const struct diff_elf_section *sides[2] = {a, b};
    struct stet_buffer *values[2] = {&va, &vb};
    for (size_t side = 0; side < 2; side++)
        for (size_t at = 0; at < sides[side]->content.len;) {
            struct diff_bytes s = stet_diff_elf_string(sides[side]->content, at);
            if (values[side]->len > 0)
                stet_buffer_add_str(values[side], "; ");
            stet_buffer_add(values[side], s.data, s.len);
            at += s.len + 1;
        }
    if (stet_buffer_check(&va, "a comment", err) < 0 ||
        stet_buffer_check(&vb, "a comment", err) < 0)
        return -1;
    /* The same strings, cut or padded otherwise: that is for the bytes to tell. */
    if (va.len == vb.len && (va.len == 0 || memcmp(va.data, vb.data, va.len) == 0))
        return 0;
    struct diff_bytes ta = {(const unsigned char *)stet_buffer_str(&va), va.len},
                      tb = {(const unsigned char *)stet_buffer_str(&vb), vb.len};
    return stet_diff_add_bytes(e->pair, "elf", ta, tb, err, "section .comment") ? 1 : -1;
}

/* ---- .gnu_debuglink: a file name, padded to 4, and the CRC-32 of that file ---- */

static bool debug_link(const struct stet_diff_elf *e, const struct diff_elf_section *s,
                       struct diff_bytes *name, uint32_t *crc)
{
    *name = stet_diff_elf_string(s->content, 0);
    size_t at = (name->len + 4) & ~(size_t)3;
    if (s->content.len != at + 4)
        return false;
    *crc = diff_get32(s->content.data + at, e->big);
    return true;
}

static int compare_debug_link(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                              const struct diff_elf_section *b, struct stet_error *err)
{
    struct diff_bytes name_a, name_b;
    uint32_t crc_a, crc_b;
    int added = 0;
    if (!debug_link(&e->a, a, &name_a, &crc_a) || !debug_link(&e->b, b, &name_b, &crc_b))
        return 0;
    if (!diff_same(name_a, name_b)) {
        if (!stet_diff_add_bytes(e->pair, "elf", name_a, name_b, err, "name in .gnu_debuglink"))
            return -1;
        added++;
    }
    if (crc_a != crc_b) {
        _cleanup_free_ char *va = stet_format(err, "%08x", crc_a);
        _cleanup_free_ char *vb = stet_format(err, "%08x", crc_b);
        if (!va || !vb || !stet_diff_add(e->pair, "elf", va, vb, err, "CRC in .gnu_debuglink"))
            return -1;
        added++;
    }
    return added;
}

/* ---- .dynamic ---- */

static const struct {
    int64_t tag;
    const char *name;
    bool text;
} tags[] = {
    {DT_NEEDED, "NEEDED", true},
    {DT_SONAME, "SONAME", true},
    {DT_RPATH, "RPATH", true},
    {DT_RUNPATH, "RUNPATH", true},
    {DT_AUXILIARY, "AUXILIARY", true},
    {DT_FILTER, "FILTER", true},
    {DT_PLTRELSZ, "PLTRELSZ", false},
    {DT_PLTGOT, "PLTGOT", false},
    {DT_HASH, "HASH", false},
    {DT_STRTAB, "STRTAB", false},
    {DT_SYMTAB, "SYMTAB", false},
    {DT_RELA, "RELA", false},
    {DT_RELASZ, "RELASZ", false},
    {DT_RELAENT, "RELAENT", false},
    {DT_STRSZ, "STRSZ", false},
    {DT_SYMENT, "SYMENT", false},
    {DT_INIT, "INIT", false},
    {DT_FINI, "FINI", false},
    {DT_SYMBOLIC, "SYMBOLIC", false},
    {DT_REL, "REL", false},
    {DT_RELSZ, "RELSZ", false},
    {DT_RELENT, "RELENT", false},
    {DT_PLTREL, "PLTREL", false},
    {DT_DEBUG, "DEBUG", false},
    {DT_TEXTREL, "TEXTREL", false},
    {DT_JMPREL, "JMPREL", false},
    {DT_BIND_NOW, "BIND_NOW", false},
    {DT_INIT_ARRAY, "INIT_ARRAY", false},
    {DT_FINI_ARRAY, "FINI_ARRAY", false},
    {DT_INIT_ARRAYSZ, "INIT_ARRAYSZ", false},
    {DT_FINI_ARRAYSZ, "FINI_ARRAYSZ", false},
    {DT_FLAGS, "FLAGS", false},
    {DT_GNU_HASH, "GNU_HASH", false},
    {DT_VERSYM, "VERSYM", false},
    {DT_RELACOUNT, "RELACOUNT", false},
    {DT_RELCOUNT, "RELCOUNT", false},
    {DT_FLAGS_1, "FLAGS_1", false},
    {DT_VERDEF, "VERDEF", false},
    {DT_VERDEFNUM, "VERDEFNUM", false},
    {DT_VERNEED, "VERNEED", false},
    {DT_VERNEEDNUM, "VERNEEDNUM", false},
};
enum { TAGS = sizeof tags / sizeof *tags, DYNAMIC_MAX = 4096 };

/* All values of one tag, in their order; of the tags that have no name, all together. */
static bool tag_value(const struct stet_diff_elf *e, const struct diff_elf_section *s, size_t tag,
                      struct stet_buffer *out)
{
    size_t word = e->wide ? 8 : 4, size = 2 * word, count = s->content.len / size;
    struct diff_bytes strings = {NULL, 0};
    bool any = false;
    if (s->link < e->section_count)
        strings = e->sections[s->link].content;
    for (size_t i = 0; i < count; i++) {
        const unsigned char *p = s->content.data + i * size;
        uint64_t raw = stet_diff_elf_word(e, p), value = stet_diff_elf_word(e, p + word);
        int64_t is = e->wide ? (int64_t)raw : (int32_t)(uint32_t)raw;
        size_t known = 0;
        while (known < TAGS && tags[known].tag != is)
            known++;
        if (known != tag)
            continue;
        if (any)
            stet_buffer_add_str(out, ", ");
        any = true;
        if (tag == TAGS) {
            stet_buffer_addf(out, "0x%llx: 0x%llx", (unsigned long long)raw,
                             (unsigned long long)value);
        } else if (tags[tag].text) {
            struct diff_bytes text = stet_diff_elf_string(strings, value);
            stet_buffer_add(out, text.data, text.len);
        } else {
            stet_buffer_addf(out, "0x%llx", (unsigned long long)value);
        }
    }
    return any;
}

static int compare_dynamic(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                           const struct diff_elf_section *b, struct stet_error *err)
{
    int added = 0;
    /* Some dozens in practice; each is looked at once for every tag. */
    if (a->content.len > DYNAMIC_MAX * 16 || b->content.len > DYNAMIC_MAX * 16)
        return 0;
    for (size_t tag = 0; tag <= TAGS; tag++) {
        _cleanup_buffer_ struct stet_buffer va = STET_BUFFER_INIT, vb = STET_BUFFER_INIT;
        bool in_a = tag_value(&e->a, a, tag, &va), in_b = tag_value(&e->b, b, tag, &vb);
        if (stet_buffer_check(&va, ".dynamic", err) < 0 ||
            stet_buffer_check(&vb, ".dynamic", err) < 0)
            return -1;
        struct diff_bytes ta = {(const unsigned char *)stet_buffer_str(&va), va.len},
                          tb = {(const unsigned char *)stet_buffer_str(&vb), vb.len};
        if (in_a == in_b && diff_same(ta, tb))
            continue;
        if (!in_a)
            ta.data = NULL;
        if (!in_b)
            tb.data = NULL;
        if (!stet_diff_add_bytes(e->pair, "elf", ta, tb, err, "%s in .dynamic",
                                 tag < TAGS ? tags[tag].name : "other entries"))
            return -1;
        added++;
    }
    return added;
}

/* ---- by what the section is ---- */

static int compare_known(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                         const struct diff_elf_section *b, struct stet_error *err)
{
    if (a->type != b->type)
        return 0;
    if (a->type == SHT_NOTE && begins(a, ".note.gnu.build-id"))
        return compare_build_id(e, a, b, err);
    if (is_name(a, ".comment"))
        return compare_comment(e, a, b, err);
    if (is_name(a, ".gnu_debuglink"))
        return compare_debug_link(e, a, b, err);
    if (a->type == SHT_DYNAMIC)
        return compare_dynamic(e, a, b, err);
    if (a->type == SHT_SYMTAB || a->type == SHT_DYNSYM)
        return stet_diff_elf_compare_symbols(e, a, b, err);
    if ((a->flags | b->flags) & SHF_COMPRESSED)
        return compare_compressed(e, a, b, err);
    return 0;
}

int stet_diff_elf_compare_section(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                                  const struct diff_elf_section *b, struct stet_error *err)
{
    int added = compare_known(e, a, b, err);
    /* What is not known, or looks equal in its own terms, is told as bytes. */
    return added ? added : compare_bytes(e, a, a->content, b->content, "", err);
}
