/* What is in an ELF file outside of its headers and sections: padding, and what was put there. */
#include "lib/diff/elf.h"

struct range {
    uint64_t begin, end;
    struct diff_bytes name; /* of the section; empty: a header */
};

struct gap {
    struct diff_bytes bytes;
    uint64_t at;
    struct diff_bytes after; /* the name of the section before it */
};
struct gaps {
    struct gap *items;
    size_t count, cap;
};

static int compare_ranges(const void *x, const void *y)
{
    const struct range *a = x, *b = y;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    /* Pointers into one content: its order. */
    return (a->name.data > b->name.data) - (a->name.data < b->name.data);
}

static size_t list_ranges(const struct stet_diff_elf *e, struct range *out)
{
    size_t n = 0;
    out[n++] = (struct range){0, e->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), {NULL, 0}};
    if (e->segment_count > 0)
        out[n++] = (struct range){
            e->segments_at, e->segments_at + e->segment_count * e->segment_size, {NULL, 0}};
    if (e->section_count > 0)
        out[n++] = (struct range){
            e->sections_at, e->sections_at + e->section_count * e->section_size, {NULL, 0}};
    for (size_t i = 0; i < e->section_count; i++) {
        const struct diff_elf_section *s = &e->sections[i];
        if (s->content.len > 0)
            out[n++] = (struct range){s->offset, s->offset + s->size, s->name};
    }
    qsort(out, n, sizeof *out, compare_ranges);
    return n;
}

static int add_gap(const struct stet_diff_elf *e, uint64_t begin, uint64_t end,
                   struct diff_bytes after, struct gaps *out, struct stet_error *err)
{
    if (begin >= end)
        return 0;
    if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return -1;
    out->items[out->count++] = (struct gap){diff_part(e->file, begin, end - begin), begin, after};
    return 0;
}

static int list_gaps(const struct stet_diff_elf *e, struct gaps *out, struct stet_error *err)
{
    _cleanup_free_ struct range *ranges = calloc(e->section_count + 3, sizeof *ranges);
    struct diff_bytes after = {NULL, 0};
    uint64_t at = 0;
    if (!ranges)
        return stet_error_oom(err, "comparing ELF files");
    size_t count = list_ranges(e, ranges);
    for (size_t i = 0; i < count; i++) {
        if (add_gap(e, at, ranges[i].begin, after, out, err) < 0)
            return -1;
        if (ranges[i].end > at) {
            at = ranges[i].end;
            after = ranges[i].name;
        }
    }
    return add_gap(e, at, e->file.len, after, out, err);
}

static bool is_zero(struct diff_bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.data[i] != 0)
            return false;
    return true;
}

static int compare_gap(const struct diff_elf_pair *e, const struct gap *a, const struct gap *b,
                       struct stet_error *err)
{
    static const struct gap none = {{NULL, 0}, 0, {NULL, 0}};
    if (!a)
        a = &none;
    if (!b)
        b = &none;
    if (diff_same(a->bytes, b->bytes))
        return 0;
    const struct gap *named = a->bytes.data ? a : b;
    _cleanup_buffer_ struct stet_buffer after = STET_BUFFER_INIT;
    if (stet_diff_printable(named->after.data, named->after.len, 60, &after, err) < 0)
        return -1;
    _cleanup_free_ char *name = stet_format(err, "bytes outside of any section, after %s",
                                            after.len ? stet_buffer_str(&after) : "the headers");
    if (!name)
        return -1;
    struct diff_region region = {
        .pair = e->pair,
        .format = "elf",
        .name = name,
        .of = " outside of any section",
        .a = a->bytes,
        .b = b->bytes,
        .base = named->at,
        .big = e->a.big,
        .strings = true,
    };
    return stet_diff_region_compare(&region, err);
}

/* Padding that is longer or shorter than before follows from where the sections are, which has been told. */
static bool is_told(const struct diff_elf_pair *e, const struct gap *a, const struct gap *b)
{
    return e->pair->diff->result->count > e->first && (!a || is_zero(a->bytes)) &&
           (!b || is_zero(b->bytes));
}

int stet_diff_elf_compare_gaps(const struct diff_elf_pair *e, struct stet_error *err)
{
    struct gaps a = {NULL, 0, 0}, b = {NULL, 0, 0};
    int status = list_gaps(&e->a, &a, err);
    if (status == 0)
        status = list_gaps(&e->b, &b, err);
    /* In their order: those that follow the same section belong together. */
    for (size_t i = 0, j = 0; status >= 0 && (i < a.count || j < b.count);) {
        const struct gap *x = i < a.count ? &a.items[i] : NULL;
        const struct gap *y = j < b.count ? &b.items[j] : NULL;
        if (x && y && !diff_same(x->after, y->after)) {
            if (a.count - i >= b.count - j)
                y = NULL;
            else
                x = NULL;
        }
        if (!is_told(e, x, y))
            status = compare_gap(e, x, y, err);
        i += x != NULL;
        j += y != NULL;
    }
    free(a.items);
    free(b.items);
    return status < 0 ? -1 : 0;
}
