/*
 * zip - the members of a zip file by its central directory (PKWARE's APPNOTE, 4.3).
 */
#include "lib/diff/members.h"

enum {
    END = 22, /* end of central directory, without its comment */
    END64_LOCATOR = 20,
    END64 = 56,
    ENTRY = 46, /* in the central directory, without what is of variable length */
    LOCAL = 30,
    COMMENT_MAX = 65535,
};

static uint64_t little(const unsigned char *p, size_t n)
{
    uint64_t v = 0;

    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

static bool has(const struct diff_bytes *data, uint64_t at, uint64_t len)
{
    return at <= data->len && len <= data->len - at;
}

/* ---- where things are ---- */

struct zip {
    struct diff_bytes data;
    uint64_t entries, directory, directory_len;
    uint64_t end;   /* of the central directory, where the records of the end begin */
    uint64_t first; /* local header */
};

static bool find_end(const struct diff_bytes *data, size_t *out)
{
    if (data->len < END)
        return false;
    size_t lowest = data->len - END > COMMENT_MAX ? data->len - END - COMMENT_MAX : 0;
    for (size_t at = data->len - END + 1; at-- > lowest;) {
        const unsigned char *p = data->data + at;
        if (memcmp(p, "PK\5\6", 4) == 0 && little(p + 20, 2) == data->len - END - at) {
            *out = at;
            return true;
        }
    }
    return false;
}

/* 4.3.14 and 4.3.15 */
static bool read_end64(struct zip *z, size_t end)
{
    const unsigned char *locator = z->data.data + end - END64_LOCATOR;

    if (end < END64_LOCATOR || memcmp(locator, "PK\6\7", 4) != 0)
        return false;
    uint64_t at = little(locator + 8, 8);
    if (!has(&z->data, at, END64) || memcmp(z->data.data + at, "PK\6\6", 4) != 0)
        return false;
    z->entries = little(z->data.data + at + 32, 8);
    z->directory_len = little(z->data.data + at + 40, 8);
    z->directory = little(z->data.data + at + 48, 8);
    return true;
}

static bool open_zip(const struct diff_bytes *data, struct zip *z)
{
    size_t end;

    *z = (struct zip){.data = *data};
    if (!find_end(data, &end))
        return false;
    const unsigned char *p = data->data + end;
    z->entries = little(p + 10, 2);
    z->directory_len = little(p + 12, 4);
    z->directory = little(p + 16, 4);
    bool large =
        z->entries == 0xffff || z->directory == 0xffffffff || z->directory_len == 0xffffffff;
    if (large && end >= END64_LOCATOR)
        read_end64(z, end);
    if (!has(data, z->directory, z->directory_len) || z->directory + z->directory_len > end)
        return false;
    z->end = z->directory + z->directory_len;
    z->first = z->directory;
    return true;
}

/* ---- members ---- */

/* The data of an extra field of this kind. */
static struct diff_bytes find_extra(const struct diff_bytes *extra, uint64_t id)
{
    for (size_t at = 0; extra->len - at >= 4;) {
        size_t len = (size_t)little(extra->data + at + 2, 2);
        if (extra->len - at - 4 < len)
            break;
        if (little(extra->data + at, 2) == id)
            return (struct diff_bytes){extra->data + at + 4, len};
        at += 4 + len;
    }
    return (struct diff_bytes){NULL, 0};
}

/* Without what fields of their own are made of, if it comes first: a time of modification, large sizes. */
static struct diff_bytes other_extra(const struct diff_bytes *extra)
{
    struct diff_bytes x = *extra;

    while (x.len >= 4) {
        uint64_t id = little(x.data, 2), len = little(x.data + 2, 2);
        if (x.len - 4 < len || !((id == 0x5455 && len == 5) || id == 1))
            break;
        x.data += 4 + len;
        x.len -= 4 + (size_t)len;
    }
    return x.len ? x : (struct diff_bytes){NULL, 0};
}

/* 4.5.3: of the values that did not fit, in this order, those that are there. */
static void take64(struct diff_bytes *x, uint64_t *value)
{
    if (*value != 0xffffffff || x->len < 8)
        return;
    *value = little(x->data, 8);
    x->data += 8;
    x->len -= 8;
}

static void set_fields(struct diff_archived *m, const unsigned char *e,
                       const struct diff_bytes *extra)
{
    struct diff_bytes time = find_extra(extra, 0x5455);

    m->number[DIFF_N_VERSIONS] = (int64_t)(little(e + 4, 2) << 16 | little(e + 6, 2));
    m->number[DIFF_N_FLAGS] = (int64_t)(little(e + 8, 2) & ~UINT64_C(6));
    m->number[DIFF_N_LEVEL] = (int64_t)(little(e + 8, 2) >> 1 & 3);
    m->number[DIFF_N_METHOD] = (int64_t)little(e + 10, 2);
    m->number[DIFF_N_DOS_TIME] = (int64_t)(little(e + 14, 2) << 16 | little(e + 12, 2));
    m->number[DIFF_N_ATTRIBUTES] = (int64_t)(little(e + 36, 2) << 32 | little(e + 38, 4));
    /* The high half of the attributes of Unix is a mode. */
    if (e[5] == 3) {
        m->number[DIFF_N_MODE] = (int64_t)little(e + 40, 2);
        m->number[DIFF_N_ATTRIBUTES] = (int64_t)(little(e + 36, 2) << 32 | little(e + 38, 2));
    }
    if (time.len >= 5 && (time.data[0] & 1))
        m->number[DIFF_N_MTIME] = (int64_t)(int32_t)(uint32_t)little(time.data + 1, 4);
    m->packed = m->number[DIFF_N_METHOD] == 8;
    m->locked = m->number[DIFF_N_METHOD] != 0 && !m->packed;
    m->locked = m->locked || (m->number[DIFF_N_FLAGS] & 1);
}

/* The content, by the local header. */
static bool find_content(struct zip *z, uint64_t local, uint64_t packed, struct diff_archived *m)
{
    if (!has(&z->data, local, LOCAL) || memcmp(z->data.data + local, "PK\3\4", 4) != 0)
        return false;
    const unsigned char *p = z->data.data + local;
    uint64_t head = LOCAL + little(p + 26, 2) + little(p + 28, 2);
    if (!has(&z->data, local, head) || !has(&z->data, local + head, packed))
        return false;
    m->header = (struct diff_bytes){p, (size_t)head};
    m->content = (struct diff_bytes){p + head, (size_t)packed};
    if (local < z->first)
        z->first = local;
    return true;
}

/* One entry of the central directory: its length, 0 when it is damaged, -1 with err. */
static int64_t read_entry(struct zip *z, uint64_t at, struct diff_container *c,
                          struct stet_error *err)
{
    const unsigned char *e = z->data.data + at;
    uint64_t left = z->end - at;

    if (left < ENTRY || memcmp(e, "PK\1\2", 4) != 0)
        return 0;
    uint64_t name = little(e + 28, 2), extra = little(e + 30, 2), comment = little(e + 32, 2);
    if (left - ENTRY < name + extra + comment)
        return 0;
    struct diff_bytes more = {e + ENTRY + name, (size_t)extra};
    struct diff_bytes large = find_extra(&more, 1);
    uint64_t packed = little(e + 20, 4), size = little(e + 24, 4), local = little(e + 42, 4);
    take64(&large, &size);
    take64(&large, &packed);
    take64(&large, &local);

    struct diff_archived *m = stet_diff_container_add(c, e + ENTRY, (size_t)name, err);
    if (!m)
        return -1;
    m->size = size;
    m->has_content = true;
    set_fields(m, e, &more);
    m->bytes[DIFF_B_EXTRA] = other_extra(&more);
    if (comment > 0)
        m->bytes[DIFF_B_COMMENT] = (struct diff_bytes){e + ENTRY + name + extra, (size_t)comment};
    if (!find_content(z, local, packed, m))
        return 0;
    return (int64_t)(ENTRY + name + extra + comment);
}

/* ---- overlaps ---- */

static const unsigned char *end_of(const struct diff_archived *m)
{
    return m->content.data + m->content.len;
}

static int by_place(const void *x, const void *y, void *members)
{
    const struct diff_archived *all = members;
    const struct diff_archived *a = &all[*(const uint32_t *)x], *b = &all[*(const uint32_t *)y];

    return (a->header.data > b->header.data) - (a->header.data < b->header.data);
}

static void mark(struct diff_container *c, uint32_t i)
{
    c->overlapping += !c->members[i].overlaps;
    c->members[i].overlaps = true;
}

/* One stream of bytes under many names is how small files unpack to large ones. */
static int mark_overlaps(struct diff_container *c, struct stet_error *err)
{
    _cleanup_free_ uint32_t *index = calloc(c->count, sizeof *index);

    if (!index)
        return stet_error_oom(err, "the members of a zip");
    for (uint32_t i = 0; i < c->count; i++)
        index[i] = i;
    qsort_r(index, c->count, sizeof *index, by_place, c->members);
    uint32_t longest = index[0]; /* of those before, the one that ends last */
    for (size_t i = 1; i < c->count; i++) {
        if (c->members[index[i]].header.data < end_of(&c->members[longest])) {
            mark(c, index[i]);
            mark(c, longest);
        }
        if (end_of(&c->members[index[i]]) > end_of(&c->members[longest]))
            longest = index[i];
    }
    return 0;
}

int stet_diff_read_zip(const struct diff_bytes *data, struct diff_container *c,
                       struct stet_error *err)
{
    struct zip z;

    stet_diff_container_init(c, "zip");
    if (!open_zip(data, &z))
        return 0;
    uint64_t at = z.directory;
    for (uint64_t i = 0; i < z.entries; i++) {
        int64_t len = read_entry(&z, at, c, err);
        if (len <= 0)
            return (int)len;
        at += (uint64_t)len;
    }
    if (c->count == 0)
        return 0;
    if (mark_overlaps(c, err) < 0)
        return -1;
    c->before = (struct diff_bytes){data->data, (size_t)z.first};
    /* The comment, and nothing that counts or points. */
    for (size_t end = 0; find_end(data, &end);) {
        c->after = (struct diff_bytes){data->data + end + END, data->len - end - END};
        break;
    }
    return 1;
}
