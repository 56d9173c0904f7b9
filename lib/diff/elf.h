/*
 * elf - an ELF file as read for comparison (System V ABI, "Object Files"; both classes and byte orders).
 *
 * elf_read.c reads, elf_compare.c compares headers and matches sections, elf_section.c compares what is in them,
 * elf_symbols.c symbols. All bytes are borrowed from the content.
 */
#ifndef STET_DIFF_ELF_H
#define STET_DIFF_ELF_H

#include "lib/diff/region.h"

#include <elf.h>

enum {
    DIFF_ELF_IDENT = 16,
    DIFF_ELF_NAME_MAX = 1024, /* bytes of a name that are looked at */
};

struct diff_elf_section {
    struct diff_bytes name;
    uint32_t name_at, type, link, info;
    uint64_t flags, address, offset, size, align, entry_size;
    struct diff_bytes content; /* none for SHT_NOBITS */
    unsigned occurrence;       /* of this name before it */
    bool matched;
};

struct diff_elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, align;
};

struct diff_elf_symbol {
    struct diff_bytes name;
    uint64_t value, size;
    unsigned char info, other;
    uint32_t section; /* index, or SHN_… */
    uint32_t index;   /* in its table */
};
struct diff_elf_symbols {
    struct diff_elf_symbol *items;
    size_t count;
};

struct stet_diff_elf {
    struct diff_bytes file;
    bool wide, big; /* 64 bits; most significant byte first */
    uint16_t type, machine, header_size, segment_size, section_size, raw_segments, raw_sections,
        raw_names;
    uint32_t version, flags;
    uint64_t entry, segments_at, sections_at;
    struct diff_elf_segment *segments;
    size_t segment_count;
    struct diff_elf_section *sections;
    size_t section_count;
    uint32_t names; /* the section with the sections' names */
    /* Functions and objects by section and value, for naming addresses. */
    struct diff_elf_symbols places;
};

/* What a comparison of two ELF files carries along. */
struct diff_elf_pair {
    const struct diff_pair *pair;
    struct stet_diff_elf a, b;
    size_t first; /* finding of this pair */
};

/* 1; 0: none, or damaged; -1 with err. out is to be released in any case. */
int stet_diff_elf_read(struct diff_bytes file, struct stet_diff_elf *out, struct stet_error *err);
void stet_diff_elf_release(struct stet_diff_elf *e);

/* The NUL-terminated string at offset of a string table; empty when there is none. */
struct diff_bytes stet_diff_elf_string(struct diff_bytes table, uint64_t offset);
/* A word of the class's size. */
uint64_t stet_diff_elf_word(const struct stet_diff_elf *e, const unsigned char *p);

/* All symbols of a table in its order. 1; 0: damaged; -1 with err. */
int stet_diff_elf_symbols_read(const struct stet_diff_elf *e, const struct diff_elf_section *table,
                               struct diff_elf_symbols *out, struct stet_error *err);
void stet_diff_elf_symbols_release(struct diff_elf_symbols *s);
/* Fills e->places from .symtab, else .dynsym. */
int stet_diff_elf_places_read(struct stet_diff_elf *e, struct stet_error *err);
/* Appends " (main+0x10)" for a value in a section (any section of executables). */
void stet_diff_elf_place(const struct stet_diff_elf *e, uint64_t value, uint32_t section,
                         struct stet_buffer *out);

/* The findings added, or -1. Sections are a's and b's of one name; their contents differ. */
int stet_diff_elf_compare_symbols(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                                  const struct diff_elf_section *b, struct stet_error *err);
int stet_diff_elf_compare_section(const struct diff_elf_pair *e, const struct diff_elf_section *a,
                                  const struct diff_elf_section *b, struct stet_error *err);
/* What is in the file outside of headers and sections. */
int stet_diff_elf_compare_gaps(const struct diff_elf_pair *e, struct stet_error *err);

#endif
