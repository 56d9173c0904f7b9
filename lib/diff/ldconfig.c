/*
 * ldconfig - /etc/ld.so.cache in its old and new format (glibc, sysdeps/generic/dl-cache.h), and the auxiliary cache of
 * ldconfig (glibc, elf/cache.c), whose entries are keyed by the inode of each library.
 */
#include <inttypes.h>

#include "lib/diff/formats.h"
#include "lib/diff/records.h"
#include "lib/diff/region.h"

static const char cache_name[] = "ldconfig cache", aux_name[] = "ldconfig aux-cache";

static const char old_magic[] = "ld.so-1.7.0", new_magic[] = "glibc-ld.so.cache1.1",
                  aux_magic[] = "glibc-ld.so.auxcache-";

/* Sizes and offsets of the structures. */
enum {
    OLD_HEADER = 16,
    OLD_ENTRY = 12,
    NEW_HEADER = 48,
    NEW_ENTRY = 24,
    NEW_ALIGN = 8,
    AT_OLD_COUNT = 12,
    AT_COUNT = 20,
    AT_FLAGS = 28,
    AT_EXTENSIONS = 32,
    SECTION = 16,
    AUX_HEADER = 32,
    AUX_ENTRY = 48,
    AUX_MAGIC_LEN = 24,
    STRING_MAX = 4096,
};
static const uint32_t extension_magic = 0xeaa42174;
enum { TAG_GENERATOR = 0, TAG_HWCAPS = 1 };
/* In an entry's hwcap: the low half is an index into the section of hwcaps. */
static const uint64_t hwcap_extension = UINT64_C(1) << 62;

/* The old or new part of a cache, or an auxiliary cache. */
struct part {
    const unsigned char *data; /* from its magic on */
    size_t len;
    size_t offset; /* of data in the file */
    bool big;
    struct diff_records
        entries;            /* key: soname and kind; value: path; at: the entry's place in data */
    struct stet_strv owned; /* keys */
    size_t strings_left;    /* budget of copied strings: hostile entries share one long string */
    struct diff_text generator;
    size_t hwcaps, hwcap_count; /* where the section stands */
    unsigned flags;
};

static void part_release(struct part *p)
{
    stet_diff_records_release(&p->entries);
    stet_strv_release(&p->owned);
}

static void part_init(struct part *p, const struct diff_bytes *content, size_t offset)
{
    *p = (struct part){
        .data = content->data + offset, .len = content->len - offset, .offset = offset};
    p->strings_left = p->len <= SIZE_MAX / 8 ? p->len * 8 + STRING_MAX : SIZE_MAX;
}

static uint32_t word(const struct part *p, size_t at)
{
    return diff_get32(p->data + at, p->big);
}

static uint64_t long_word(const struct part *p, size_t at)
{
    return diff_get64(p->data + at, p->big);
}

/* The string at offset at, which must end within the content. */
static bool string_at(struct part *p, uint64_t at, struct diff_text *out)
{
    const char *s, *end;
    size_t max;
    if (at >= p->len)
        return false;
    s = (const char *)p->data + at;
    max = p->len - (size_t)at < STRING_MAX ? p->len - (size_t)at : STRING_MAX;
    end = memchr(s, '\0', max);
    if (!end || (size_t)(end - s) > p->strings_left)
        return false;
    *out = (struct diff_text){s, (size_t)(end - s)};
    p->strings_left -= out->len;
    return true;
}

/* As ldconfig -p says it. */
static void add_kind(struct stet_buffer *out, uint32_t flags)
{
    static const char *const types[] = {"libc4", "ELF", "libc5", "libc6"};
    static const struct {
        unsigned id;
        const char *name;
    } machines[] = {
        {0x00, ""},         {0x01, ",64bit"},      {0x02, ",IA-64"},        {0x03, ",x86-64"},
        {0x04, ",64bit"},   {0x05, ",64bit"},      {0x08, ",x32"},          {0x09, ",hard-float"},
        {0x0a, ",AArch64"}, {0x0b, ",soft-float"}, {0x10, ",double-float"},
    };
    unsigned type = flags & 0xff, machine = flags >> 8;
    for (size_t i = 0; type < 4 && i < sizeof machines / sizeof machines[0]; i++)
        if (machines[i].id == machine) {
            stet_buffer_addf(out, "%s%s", types[type], machines[i].name);
            return;
        }
    stet_buffer_addf(out, "flags 0x%04" PRIx32, flags);
}

static bool add_hwcap(struct part *p, struct stet_buffer *out, uint64_t hwcap)
{
    struct diff_text name;
    if (hwcap == 0)
        return true;
    if ((hwcap & hwcap_extension) && (uint32_t)hwcap < p->hwcap_count) {
        if (!string_at(p, word(p, p->hwcaps + (size_t)(uint32_t)hwcap * 4), &name))
            return false;
        stet_buffer_add_str(out, ", hwcap: ");
        stet_buffer_add(out, name.s, name.len);
    } else {
        stet_buffer_addf(out, ", hwcap: 0x%016" PRIx64, hwcap);
    }
    return true;
}

/* An item with the key "SONAME (KIND…)", of which what stands behind the name is in tail. 1, or -1 with err. */
static int add_entry(struct part *p, struct diff_text soname, const struct stet_buffer *tail,
                     struct diff_text value, uint64_t at, struct stet_error *err)
{
    struct diff_text key;
    if (stet_buffer_check(tail, "a library cache", err) < 0 ||
        stet_strv_addf(&p->owned, err, "%.*s (%s)", (int)soname.len, soname.s,
                       stet_buffer_str(tail)) < 0)
        return -1;
    key = stet_diff_text_str(p->owned.items[p->owned.count - 1]);
    return stet_diff_records_add(&p->entries, key, value, at, err) < 0 ? -1 : 1;
}

/* ---- the cache ---- */

/* An offset in the file as one in the part; false when it lies before it, or size bytes from it on are not there. */
static bool place_in_part(const struct part *p, uint32_t at, uint32_t size, size_t *out)
{
    if (at < p->offset || at - p->offset > p->len || size > p->len - (at - p->offset))
        return false;
    *out = at - p->offset;
    return true;
}

/* Sections: the generator's name, and the names of subdirectories for processors. Their offsets are those in the file. */
static bool read_extensions(struct part *p)
{
    size_t at, offset;
    uint32_t count;
    if (word(p, AT_EXTENSIONS) == 0)
        return true;
    if (!place_in_part(p, word(p, AT_EXTENSIONS), 8, &at) || word(p, at) != extension_magic)
        return false;
    count = word(p, at + 4);
    if (count > (p->len - at - 8) / SECTION)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        size_t section = at + 8 + (size_t)i * SECTION;
        uint32_t tag = word(p, section), size = word(p, section + 12);
        if (!place_in_part(p, word(p, section + 8), size, &offset))
            return false;
        if (tag == TAG_GENERATOR)
            p->generator = (struct diff_text){(const char *)p->data + offset, size};
        if (tag == TAG_HWCAPS) {
            p->hwcaps = offset;
            p->hwcap_count = size / 4;
        }
    }
    return true;
}

/* Are there count entries behind the header? */
static bool entries_fit(const struct part *p, uint32_t count, size_t header, size_t size)
{
    return p->len >= header && count <= (p->len - header) / size;
}

/* 1, 0 when it is damaged, -1 with err. */
static int read_entries(struct part *p, uint32_t count, size_t header, size_t size, size_t strings,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer tail = STET_BUFFER_INIT;
    for (uint32_t i = 0; i < count && !p->entries.full; i++) {
        size_t at = header + (size_t)i * size;
        struct diff_text soname, path;
        if (!string_at(p, strings + (uint64_t)word(p, at + 4), &soname) ||
            !string_at(p, strings + (uint64_t)word(p, at + 8), &path))
            return 0;
        stet_buffer_clear(&tail);
        add_kind(&tail, word(p, at));
        if (size == NEW_ENTRY && word(p, at + 12) != 0)
            stet_buffer_addf(&tail, ", OS ABI: 0x%08" PRIx32, word(p, at + 12));
        if (size == NEW_ENTRY && !add_hwcap(p, &tail, long_word(p, at + 16)))
            return 0;
        if (add_entry(p, soname, &tail, path, at, err) < 0)
            return -1;
    }
    return !p->entries.full;
}

/* The part of the new format. Its flags say the order of bytes; caches of old ones say nothing. */
static int read_new(struct part *p, struct stet_error *err)
{
    if (p->len < NEW_HEADER)
        return 0;
    p->flags = p->data[AT_FLAGS];
    p->big = (p->flags & 3) == 3 ||
             ((p->flags & 3) == 0 && !entries_fit(p, word(p, AT_COUNT), NEW_HEADER, NEW_ENTRY));
    if (!entries_fit(p, word(p, AT_COUNT), NEW_HEADER, NEW_ENTRY) || !read_extensions(p))
        return 0;
    return read_entries(p, word(p, AT_COUNT), NEW_HEADER, NEW_ENTRY, 0, err);
}

/* The part of the old format, and where the new one can follow it. */
static int read_old(struct part *p, size_t *end, struct stet_error *err)
{
    size_t strings;
    if (p->len < OLD_HEADER)
        return 0;
    p->big = !entries_fit(p, word(p, AT_OLD_COUNT), OLD_HEADER, OLD_ENTRY);
    if (!entries_fit(p, word(p, AT_OLD_COUNT), OLD_HEADER, OLD_ENTRY))
        return 0;
    strings = OLD_HEADER + (size_t)word(p, AT_OLD_COUNT) * OLD_ENTRY;
    *end = (strings + NEW_ALIGN - 1) & ~(size_t)(NEW_ALIGN - 1);
    return read_entries(p, word(p, AT_OLD_COUNT), OLD_HEADER, OLD_ENTRY, strings, err);
}

/* A whole cache. */
struct cache {
    struct part old, new;
    bool has_old, has_new;
};

static bool has_magic(const struct diff_bytes *c, size_t at, const char *magic)
{
    size_t len = strlen(magic);
    return at <= c->len && c->len - at >= len && memcmp(c->data + at, magic, len) == 0;
}

static int read_cache(struct cache *c, const struct diff_bytes *content, struct stet_error *err)
{
    size_t at = 0;
    c->has_old = has_magic(content, 0, old_magic);
    if (c->has_old) {
        part_init(&c->old, content, 0);
        int status = read_old(&c->old, &at, err);
        if (status <= 0)
            return status;
    }
    c->has_new = has_magic(content, at, new_magic);
    if (!c->has_new)
        return c->has_old;
    part_init(&c->new, content, at);
    return read_new(&c->new, err);
}

static int compare_generators(const struct diff_pair *p, const struct cache *a,
                              const struct cache *b, struct stet_error *err)
{
    struct stet_finding *f;
    if (stet_diff_text_equal(a->new.generator, b->new.generator))
        return 0;
    f = stet_diff_add_text(p, cache_name, a->new.generator, b->new.generator, err, "generator");
    if (!f)
        return -1;
    if (a->new.generator.len > 0 && b->new.generator.len > 0 &&
        stet_diff_because(
            f, STET_CAUSE_PACKAGE_VERSION, STET_DIFF_CERTAIN, err,
            "ldconfig writes its own version into the cache, and the versions differ") < 0)
        return -1;
    return 1;
}

static const char *format_of(const struct cache *c)
{
    return c->has_old ? c->has_new ? "old and new" : "old" : "new";
}

/* The number of findings, or -1. */
static int compare_caches(const struct diff_pair *p, const struct cache *a, const struct cache *b,
                          struct stet_error *err)
{
    int count = 0, more;
    if ((a->has_old != b->has_old || a->has_new != b->has_new) && ++count &&
        !stet_diff_add(p, cache_name, format_of(a), format_of(b), err, "format"))
        return -1;
    more = compare_generators(p, a, b, err);
    if (more < 0)
        return -1;
    count += more;
    if (a->has_new && b->has_new) {
        more = stet_diff_records_compare(p, cache_name, "entries", &a->new.entries, &b->new.entries,
                                         err);
        if (more < 0)
            return -1;
        count += more;
    }
    if (a->has_old && b->has_old) {
        more = stet_diff_records_compare(p, cache_name, "entries of the old format",
                                         &a->old.entries, &b->old.entries, err);
        if (more < 0)
            return -1;
        count += more;
    }
    return count;
}

int stet_diff_ldconfig(const struct diff_pair *p, struct stet_error *err)
{
    struct cache a = {0}, b = {0};
    int status = 0;
    if ((has_magic(&p->a, 0, old_magic) || has_magic(&p->a, 0, new_magic)) &&
        (has_magic(&p->b, 0, old_magic) || has_magic(&p->b, 0, new_magic))) {
        status = read_cache(&a, &p->a, err);
        if (status > 0)
            status = read_cache(&b, &p->b, err);
        if (status > 0)
            status = compare_caches(p, &a, &b, err);
    }
    part_release(&a.old);
    part_release(&a.new);
    part_release(&b.old);
    part_release(&b.new);
    return status > 0 ? 1 : status;
}

/* ---- the auxiliary cache ---- */

static bool is_aux(const struct diff_bytes *c)
{
    return has_magic(c, 0, aux_magic) && c->len >= AUX_HEADER;
}

/* 1, 0 when it is damaged, -1 with err. Libraries of one name are told apart by their size. */
static int read_aux(struct part *p, const struct diff_bytes *content, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer tail = STET_BUFFER_INIT;
    uint32_t count;
    size_t strings;
    part_init(p, content, 0);
    p->big = !entries_fit(p, word(p, AUX_MAGIC_LEN), AUX_HEADER, AUX_ENTRY);
    count = word(p, AUX_MAGIC_LEN);
    if (!entries_fit(p, count, AUX_HEADER, AUX_ENTRY))
        return 0;
    strings = AUX_HEADER + (size_t)count * AUX_ENTRY;
    for (uint32_t i = 0; i < count && !p->entries.full; i++) {
        size_t at = AUX_HEADER + (size_t)i * AUX_ENTRY;
        struct diff_text soname;
        if (!string_at(p, strings + (uint64_t)word(p, at + 36), &soname))
            return 0;
        stet_buffer_clear(&tail);
        add_kind(&tail, word(p, at + 32));
        stet_buffer_addf(&tail, ", %" PRIu64 " bytes", long_word(p, at + 16));
        if (add_entry(p, soname, &tail, (struct diff_text){"", 0}, at, err) < 0)
            return -1;
    }
    return !p->entries.full;
}

/* What is compared of each library that both sides have. */
static const struct field {
    const char *name;
    size_t at, size;
    bool is_time;
    const char *evidence;
} aux_fields[] = {
    {"inode numbers", 0, 8, false, "the cache is keyed by the inode numbers of the libraries"},
    {"change times", 8, 8, true,
     "the cache is keyed by the times at which the libraries' inodes changed"},
    {"devices", 24, 8, false, "the cache is keyed by the number of the device with the libraries"},
    {"ISA levels", 40, 4, false, "the auxiliary cache is of use to the machine that wrote it only"},
    {"last words", 44, 4, false, "ldconfig writes the unused end of an entry as memory has it"},
};

static uint64_t field_of(const struct part *p, const struct diff_record *item,
                         const struct field *f)
{
    size_t at = (size_t)item->at + f->at;
    return f->size == 8 ? long_word(p, at) : word(p, at);
}

static int field_text(const struct part *p, const struct diff_record *item, const struct field *f,
                      struct stet_buffer *out, struct stet_error *err)
{
    uint64_t value = field_of(p, item, f);
    stet_buffer_clear(out);
    if (stet_diff_printable(item->key.s, item->key.len, 150, out, err) < 0)
        return -1;
    stet_buffer_add_str(out, ": ");
    if (f->is_time && value <= INT64_MAX)
        return stet_diff_add_time_text(out, (int64_t)value, err);
    stet_buffer_addf(out, "%" PRIu64, value);
    return stet_buffer_check(out, "a finding", err);
}

/* One finding for a field, with all libraries in whose entries it differs. 1, 0 when there is none, or -1. */
static int compare_field(const struct diff_pair *p, const struct part *a, const struct part *b,
                         const struct diff_record_pairs *m, const struct field *field,
                         struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    struct diff_details details = {NULL, 0, 0};
    for (size_t i = 0; i < m->count; i++) {
        const struct diff_record_pair *one = &m->items[i];
        if (!one->a || !one->b || field_of(a, one->a, field) == field_of(b, one->b, field))
            continue;
        if (!stet_diff_details_room(&details, 2))
            continue;
        if (field_text(a, one->a, field, &ta, err) < 0 ||
            field_text(b, one->b, field, &tb, err) < 0)
            return -1;
        if (!details.f)
            details.f = stet_diff_add(p, aux_name, stet_buffer_str(&ta), stet_buffer_str(&tb), err,
                                      "%s", field->name);
        if (!details.f || stet_diff_detail(details.f, '-', ta.data, ta.len, err) < 0 ||
            stet_diff_detail(details.f, '+', tb.data, tb.len, err) < 0)
            return -1;
    }
    if (!details.f)
        return 0;
    if (stet_diff_details_end(&details, err) < 0 ||
        stet_diff_because(details.f, STET_CAUSE_INODE_CACHE, STET_DIFF_CERTAIN, err, "%s",
                          field->evidence) < 0)
        return -1;
    return 1;
}

static int compare_aux(const struct diff_pair *p, const struct part *a, const struct part *b,
                       struct stet_error *err)
{
    struct diff_record_pairs m;
    size_t before = p->diff->result->count;
    int count;
    if (stet_diff_records_match(&a->entries, &b->entries, &m, err) < 0)
        return -1;
    count = 0;
    for (size_t i = 0; count >= 0 && i < sizeof aux_fields / sizeof aux_fields[0]; i++) {
        int more = compare_field(p, a, b, &m, &aux_fields[i], err);
        count = more < 0 ? -1 : count + more;
    }
    stet_diff_record_pairs_release(&m);
    if (count < 0)
        return -1;
    before = p->diff->result->count;
    int more = stet_diff_records_compare(p, aux_name, "entries", &a->entries, &b->entries, err);
    if (more < 0)
        return -1;
    for (size_t i = before; i < p->diff->result->count; i++) {
        struct stet_finding *f = &p->diff->result->findings[i];
        bool order = strncmp(f->what, "order", 5) == 0;
        if (stet_diff_because(
                f, STET_CAUSE_INODE_CACHE, order ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY, err,
                order ? "entries stand in the order of a hash of inode numbers and times"
                      : "the cache remembers the libraries by their inodes and sizes") < 0)
            return -1;
    }
    return count + more;
}

int stet_diff_ldconfig_aux(const struct diff_pair *p, struct stet_error *err)
{
    struct part a = {0}, b = {0};
    int status = is_aux(&p->a) && is_aux(&p->b);
    if (status > 0)
        status = read_aux(&a, &p->a, err);
    if (status > 0)
        status = read_aux(&b, &p->b, err);
    if (status > 0)
        status = compare_aux(p, &a, &b, err);
    part_release(&a);
    part_release(&b);
    return status > 0 ? 1 : status;
}
