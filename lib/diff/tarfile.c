/*
 * tarfile - a lenient index of a tar in memory: every block of it belongs to an entry, to a gap, or to the end.
 *
 * Nothing is refused. A block that is no header begins a gap, which lasts until the next header whose checksum holds; so
 * one damaged header does not hide what comes after it.
 */
#include "lib/diff/sides.h"

enum {
    ENTRIES_MAX = 4000000,
    EXTENDED_MAX = 64,        /* extended headers of one entry */
    EXTENDED_SIZE = 16 << 20, /* bytes of one of them */
    FORGET = 8 << 20,         /* bytes read between two calls to forget what was read */
    OFF_SIZE = 124,
    OFF_CHECKSUM = 148,
    OFF_TYPE = 156,
    OFF_MAGIC = 257,
    OFF_PREFIX = 345,
    OFF_SPARSE_MORE = 482, /* of GNU's old sparse files, and in the blocks that follow */
    OFF_SPARSE_NEXT = 504,
};
#define NAMES_MAX ((size_t)UINT32_MAX)

/* ---- fields ---- */

static bool base256(const unsigned char *f, size_t size, int64_t *out)
{
    /* The first bit says that it is a number in two's complement, of which the second is the sign. */
    bool negative = f[0] & 0x40;
    uint64_t value = negative ? UINT64_MAX : 0;

    for (size_t i = 0; i < size; i++) {
        unsigned char c = i == 0 ? (unsigned char)((f[0] & 0x3f) | (negative ? 0xc0 : 0)) : f[i];
        if (value >> 55 != (negative ? UINT64_MAX >> 55 : 0))
            return false;
        value = value << 8 | c;
    }
    *out = (int64_t)value;
    return (*out < 0) == negative;
}

bool stet_diff_tar_number(const void *field, size_t size, int64_t *out)
{
    const unsigned char *f = field;
    uint64_t value = 0;
    size_t i = 0;

    *out = 0;
    if (size > 0 && f[0] & 0x80)
        return base256(f, size, out);
    while (i < size && f[i] == ' ')
        i++;
    for (; i < size && f[i] >= '0' && f[i] <= '7'; i++) {
        if (value >> 60)
            return false;
        value = value << 3 | (uint64_t)(f[i] - '0');
    }
    *out = (int64_t)value;
    return i == size || f[i] == ' ' || f[i] == '\0';
}

/* The sum of all bytes, or of all as signed ones, as if the field of the sum held spaces. */
static int64_t sum_of(const unsigned char *h, bool with_signs)
{
    unsigned sum = 0, high = 0, own = 0, own_high = 0;

    for (size_t i = 0; i < DIFF_BLOCK; i++) {
        sum += h[i];
        high += h[i] >> 7;
    }
    for (size_t i = OFF_CHECKSUM; i < OFF_CHECKSUM + 8; i++) {
        own += h[i];
        own_high += h[i] >> 7;
    }
    return (int64_t)(sum - own) + 8 * ' ' - (with_signs ? 256 * (int64_t)(high - own_high) : 0);
}

bool stet_diff_tar_header_holds(const unsigned char *h)
{
    int64_t said;

    if (!stet_diff_tar_number(h + OFF_CHECKSUM, 8, &said) || said == 0)
        return false;
    /* Some old programs add signed characters up. */
    return said == sum_of(h, false) || said == sum_of(h, true);
}

static bool is_zero(const unsigned char *h)
{
    return h[0] == 0 && memcmp(h, h + 1, DIFF_BLOCK - 1) == 0;
}

/* Is it a header, be it a damaged one? */
static bool looks_like_header(const unsigned char *h)
{
    return stet_diff_tar_header_holds(h) || (memcmp(h + OFF_MAGIC, "ustar", 5) == 0 && h[0]);
}

static bool is_extended(char type)
{
    return type == 'x' || type == 'X' || type == 'g' || type == 'L' || type == 'K';
}

/* Links, devices, directories and pipes have no content, whatever their size says. */
static bool has_content(char type)
{
    return !(type >= '1' && type <= '6');
}

static uint64_t round_up(uint64_t n)
{
    return (n + DIFF_BLOCK - 1) / DIFF_BLOCK * DIFF_BLOCK;
}

/* ---- extended headers ---- */

int stet_diff_pax_next(struct diff_bytes *rest, struct diff_pax_record *out)
{
    const unsigned char *p = rest->data;
    size_t len = 0, i = 0;

    if (rest->len == 0)
        return 0;
    for (; i < rest->len && i < 10 && p[i] >= '0' && p[i] <= '9'; i++)
        len = len * 10 + (size_t)(p[i] - '0');
    if (i == 0 || i >= rest->len || p[i] != ' ' || len > rest->len || len < i + 3 ||
        p[len - 1] != '\n')
        return -1;
    const unsigned char *key = p + i + 1, *end = p + len - 1;
    const unsigned char *equals = memchr(key, '=', (size_t)(end - key));
    if (!equals)
        return -1;
    out->key = (struct diff_bytes){key, (size_t)(equals - key)};
    out->value = (struct diff_bytes){equals + 1, (size_t)(end - equals - 1)};
    rest->data += len;
    rest->len -= len;
    return 1;
}

bool stet_diff_tar_extended_next(const struct diff_tar *t, const struct diff_tar_entry *e,
                                 uint64_t *pos, struct diff_tar_extended *out)
{
    const unsigned char *data = t->map->bytes.data;
    int64_t size;

    if (*pos >= e->start + (uint64_t)e->header * DIFF_BLOCK)
        return false;
    out->header = data + *pos;
    out->type = (char)out->header[OFF_TYPE];
    /* Was found to be right when the entry was read. */
    (void)stet_diff_tar_number(out->header + OFF_SIZE, 12, &size);
    out->content = (struct diff_bytes){out->header + DIFF_BLOCK, (size_t)size};
    out->padding = (struct diff_bytes){out->content.data + size,
                                       (size_t)(round_up((uint64_t)size) - (uint64_t)size)};
    *pos += DIFF_BLOCK + round_up((uint64_t)size);
    return true;
}

static bool key_is(const struct diff_pax_record *r, const char *key)
{
    return r->key.len == strlen(key) && memcmp(r->key.data, key, r->key.len) == 0;
}

static bool decimal(const struct diff_bytes *b, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] < '0' || b->data[i] > '9' ||
            __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(b->data[i] - '0'), &value))
            return false;
    *out = value;
    return b->len > 0;
}

/* ---- names ---- */

struct name {
    struct diff_bytes path; /* the last that was said in an extended header; data NULL: none */
    uint64_t size;
    bool has_size;
};

/* Room for one more entry, and a name of len bytes. */
static int reserve(const struct diff *d, struct diff_tar *t, size_t len, struct stet_error *err)
{
    if (stet_diff_table_reserve(d, &t->entry_table, (t->count + 1) * sizeof *t->entries, err) < 0 ||
        stet_diff_table_reserve(d, &t->name_table, t->names_len + len, err) < 0)
        return -1;
    t->entries = t->entry_table.data;
    t->names = t->name_table.data;
    return 0;
}

/* Appends a component; "" and "." are none. */
static void add_component(struct diff_tar *t, size_t begin, const unsigned char *s, size_t len)
{
    if (len == 0 || (len == 1 && s[0] == '.'))
        return;
    if (t->names_len > begin)
        t->names[t->names_len++] = '/';
    memcpy(t->names + t->names_len, s, len);
    t->names_len += len;
}

static void add_path(struct diff_tar *t, size_t begin, const unsigned char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        const unsigned char *slash = memchr(s + i, '/', len - i);
        size_t n = slash ? (size_t)(slash - (s + i)) : len - i;
        add_component(t, begin, s + i, n);
        i += n + 1;
    }
}

/* Room for the path was made. */
static uint32_t add_name(struct diff_tar *t, const unsigned char *header, const struct name *n)
{
    size_t begin = t->names_len;

    if (n->path.data) {
        add_path(t, begin, n->path.data, strnlen((const char *)n->path.data, n->path.len));
    } else {
        /* Of GNU's headers the prefix holds other things. */
        if (memcmp(header + OFF_MAGIC, "ustar\0", 6) == 0)
            add_path(t, begin, header + OFF_PREFIX,
                     strnlen((const char *)header + OFF_PREFIX, 155));
        add_path(t, begin, header, strnlen((const char *)header, 100));
    }
    t->names[t->names_len++] = '\0';
    return (uint32_t)begin;
}

const char *stet_diff_tar_path(const struct diff_tar *t, size_t entry)
{
    return t->names + t->entries[entry].path;
}

/* ---- reading ---- */

static void read_records(struct diff_bytes rest, struct name *n)
{
    struct diff_pax_record r;

    while (stet_diff_pax_next(&rest, &r) > 0) {
        if (key_is(&r, "path"))
            n->path = r.value.len ? r.value : (struct diff_bytes){NULL, 0};
        else if (key_is(&r, "size"))
            n->has_size = decimal(&r.value, &n->size);
    }
}

/* Extended headers from pos on, up to the entry's own: its offset, or UINT64_MAX when there is none. */
static uint64_t read_extended(struct diff_tar *t, uint64_t pos, struct name *n,
                              struct stet_error *err)
{
    struct diff_bytes all = t->map->bytes;
    int64_t size;

    for (unsigned i = 0; i <= EXTENDED_MAX; i++) {
        if (all.len < DIFF_BLOCK || pos > all.len - DIFF_BLOCK)
            return UINT64_MAX;
        const unsigned char *h = all.data + pos;
        char type = (char)h[OFF_TYPE];
        if (!looks_like_header(h) || is_zero(h))
            return UINT64_MAX;
        if (!is_extended(type))
            return pos;
        uint64_t left = all.len - pos - DIFF_BLOCK;
        if (!stet_diff_tar_number(h + OFF_SIZE, 12, &size) || size < 0 || size > EXTENDED_SIZE ||
            round_up((uint64_t)size) > left)
            return UINT64_MAX;
        struct diff_bytes content = {h + DIFF_BLOCK, (size_t)size};
        if (type == 'L')
            n->path = content;
        else if (type == 'x' || type == 'X')
            read_records(content, n);
        if (type == 'g') {
            if (stet_grow(&t->globals, &t->global_cap, t->global_count + 1, sizeof *t->globals,
                          err) < 0)
                return UINT64_MAX;
            t->globals[t->global_count++] = pos;
        }
        pos += DIFF_BLOCK + round_up((uint64_t)size);
    }
    return UINT64_MAX;
}

/* Could an entry end here? */
static bool is_boundary(const struct diff_tar *t, uint64_t pos)
{
    struct diff_bytes all = t->map->bytes;

    if (pos + DIFF_BLOCK > all.len)
        return pos == all.len;
    return is_zero(all.data + pos) || stet_diff_tar_header_holds(all.data + pos);
}

/* The next header that holds, at or after pos; the end without one. */
static uint64_t next_header(const struct diff_tar *t, uint64_t pos)
{
    struct diff_bytes all = t->map->bytes;

    for (; pos + DIFF_BLOCK <= all.len; pos += DIFF_BLOCK)
        if (stet_diff_tar_header_holds(all.data + pos))
            return pos;
    /* What is zero at the very end is no part of the damage. */
    pos = all.len;
    while (pos > 0 && all.data[pos - 1] == 0)
        pos--;
    return round_up(pos) < all.len ? round_up(pos) : all.len;
}

/* Of GNU's old sparse files, the blocks with the map. */
static uint64_t skip_sparse(const struct diff_tar *t, const unsigned char *header, uint64_t pos)
{
    bool more = header[OFF_TYPE] == 'S' && header[OFF_SPARSE_MORE] != 0;

    while (more && pos + DIFF_BLOCK <= t->map->bytes.len) {
        more = t->map->bytes.data[pos + OFF_SPARSE_NEXT] != 0;
        pos += DIFF_BLOCK;
    }
    return pos;
}

static void set_content(const struct diff_tar *t, struct diff_tar_entry *e, uint64_t size)
{
    uint64_t left = t->map->bytes.len - e->content;

    e->size = has_content(e->type) ? size : 0;
    /* Of a damaged header the size may be what is damaged. */
    if (e->bad && (e->size > left || !is_boundary(t, e->content + round_up(e->size)))) {
        uint64_t to = next_header(t, e->content);
        e->size = to > e->content ? to - e->content : 0;
    }
    e->cut = e->size > left;
    if (e->cut)
        e->size = left;
}

static unsigned dialect_of(const struct diff_tar *t, uint64_t start, const unsigned char *h)
{
    char first = (char)t->map->bytes.data[start + OFF_TYPE];

    if (memcmp(h + OFF_MAGIC, "ustar  ", 8) == 0)
        return DIFF_DIALECT_GNU;
    if (memcmp(h + OFF_MAGIC, "ustar\0", 6) != 0)
        return DIFF_DIALECT_V7;
    return first == 'x' || first == 'X' || first == 'g' ? DIFF_DIALECT_PAX : DIFF_DIALECT_USTAR;
}

/* The entry that begins at pos: 1, 0 when there is none. */
static int read_entry(const struct diff *d, struct diff_tar *t, uint64_t pos,
                      struct stet_error *err)
{
    struct name n = {0};
    size_t globals = t->global_count;
    struct stet_error failed = STET_ERROR_INIT;
    uint64_t at = read_extended(t, pos, &n, &failed);
    int64_t size;

    if (failed.kind) {
        stet_error_copy(err, &failed);
        return -1;
    }
    if (at == UINT64_MAX || (at - pos) / DIFF_BLOCK > UINT32_MAX) {
        t->global_count = globals;
        return 0;
    }
    const unsigned char *h = t->map->bytes.data + at;
    size_t room = (n.path.data ? n.path.len : 256) + 2;
    if (t->count == ENTRIES_MAX || room > NAMES_MAX - t->names_len) {
        t->cut_short = true;
        return 0;
    }
    if (reserve(d, t, room, err) < 0)
        return -1;
    struct diff_tar_entry *e = &t->entries[t->count++];
    *e = (struct diff_tar_entry){
        .start = pos,
        .header = (uint32_t)((at - pos) / DIFF_BLOCK),
        .content = skip_sparse(t, h, at + DIFF_BLOCK),
        .globals = (uint32_t)t->global_count,
        .type = (char)h[OFF_TYPE],
        .bad = !stet_diff_tar_header_holds(h),
    };
    e->path = add_name(t, h, &n);
    t->dialects |= dialect_of(t, pos, h);
    bool known = stet_diff_tar_number(h + OFF_SIZE, 12, &size) && size >= 0;
    set_content(t, e, n.has_size ? n.size : known ? (uint64_t)size : 0);
    return 1;
}

uint64_t stet_diff_tar_entry_end(const struct diff_tar *t, size_t entry)
{
    const struct diff_tar_entry *e = &t->entries[entry];
    uint64_t end = e->content + round_up(e->size);

    return end < t->map->bytes.len ? end : t->map->bytes.len;
}

static int add_gap(struct diff_tar *t, uint64_t from, uint64_t to, struct stet_error *err)
{
    if (stet_grow(&t->gaps, &t->gap_cap, t->gap_count + 1, sizeof *t->gaps, err) < 0)
        return -1;
    t->gaps[t->gap_count++] = (struct diff_tar_gap){from, to, t->count};
    return 0;
}

static int read_all(const struct diff *d, struct diff_tar *t, struct stet_error *err)
{
    uint64_t pos = 0, forgotten = 0, len = t->map->bytes.len;

    while (pos + DIFF_BLOCK <= len && !is_zero(t->map->bytes.data + pos)) {
        if (stet_cancel_check(err) < 0)
            return -1;
        int rc = read_entry(d, t, pos, err);
        if (rc < 0)
            return -1;
        if (rc == 0 && t->cut_short)
            break; /* what is too much is no damage */
        uint64_t next =
            rc ? stet_diff_tar_entry_end(t, t->count - 1) : next_header(t, pos + DIFF_BLOCK);
        if (rc == 0 && add_gap(t, pos, next, err) < 0)
            return -1;
        pos = next;
        if (pos - forgotten > FORGET) {
            stet_diff_map_forget(t->map, (size_t)forgotten, (size_t)(pos - forgotten));
            forgotten = pos;
        }
        if (t->count % DIFF_TAR_FORGET == 0)
            stet_diff_tar_forget(t);
    }
    t->end = pos;
    stet_diff_map_forget(t->map, (size_t)forgotten, SIZE_MAX);
    return 0;
}

/* ---- by path ---- */

static int compare_entries(const void *pa, const void *pb, void *ctx)
{
    const struct diff_tar *t = ctx;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    int order = stet_path_compare(stet_diff_tar_path(t, a), stet_diff_tar_path(t, b));

    return order ? order : (a > b) - (a < b);
}

static int sort_entries(const struct diff *d, struct diff_tar *t, struct stet_error *err)
{
    bool sorted = true;

    if (stet_diff_table_reserve(d, &t->order_table, (t->count + 1) * sizeof *t->order, err) < 0)
        return -1;
    t->order = t->order_table.data;
    for (uint32_t i = 0; i < t->count; i++) {
        if (i % DIFF_TAR_FORGET == 0)
            stet_diff_tar_forget(t);
        t->order[i] = i;
        sorted = sorted && (i == 0 || stet_path_compare(stet_diff_tar_path(t, i - 1),
                                                        stet_diff_tar_path(t, i)) <= 0);
    }
    if (!sorted)
        qsort_r(t->order, t->count, sizeof *t->order, compare_entries, t);
    stet_diff_tar_forget(t);
    return 0;
}

bool stet_diff_tar_find(const struct diff_tar *t, const char *path, size_t *entry)
{
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stet_path_compare(stet_diff_tar_path(t, t->order[middle]), path) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || strcmp(stet_diff_tar_path(t, t->order[low - 1]), path) != 0)
        return false;
    *entry = t->order[low - 1];
    return true;
}

int stet_diff_tar_index(const struct diff *d, const struct diff_map *map, struct diff_tar *out,
                        struct stet_error *err)
{
    *out = (struct diff_tar){.map = map};
    if (read_all(d, out, err) < 0 || sort_entries(d, out, err) < 0) {
        stet_diff_tar_release(out);
        return -1;
    }
    return 0;
}

void stet_diff_tar_forget(const struct diff_tar *t)
{
    stet_diff_table_forget(&t->entry_table);
    stet_diff_table_forget(&t->order_table);
    stet_diff_table_forget(&t->name_table);
}

void stet_diff_tar_release(struct diff_tar *t)
{
    stet_diff_table_release(&t->entry_table);
    stet_diff_table_release(&t->order_table);
    stet_diff_table_release(&t->name_table);
    free(t->globals);
    free(t->gaps);
    *t = (struct diff_tar){0};
}
