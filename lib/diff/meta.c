/*
 * meta - what a tar says of one entry: its header, overlaid by extended headers.
 */
#include "lib/diff/sides.h"

enum {
    ATTRIBUTES_MAX = 1024, /* of one entry; what comes after them is compared as records alone */
    GLOBALS_MAX = 16,      /* global headers that are looked at for an entry: the last ones */
};
#define XATTR_PREFIX "SCHILY.xattr."

void stet_diff_meta_release(struct diff_meta *m)
{
    stet_buffer_release(&m->text);
    free(m->list);
    *m = (struct diff_meta){0};
}

static struct diff_number field(const unsigned char *h, size_t offset, size_t size)
{
    struct diff_number n;

    n.ok = stet_diff_tar_number(h + offset, size, &n.value);
    return n;
}

static void set_type(char flag, const unsigned char *h, struct diff_meta *m)
{
    static const enum stet_entry_type types[] = {
        STET_ENTRY_FILE,  STET_ENTRY_HARDLINK,  STET_ENTRY_SYMLINK, STET_ENTRY_CHAR,
        STET_ENTRY_BLOCK, STET_ENTRY_DIRECTORY, STET_ENTRY_FIFO,    STET_ENTRY_FILE};
    size_t len = strnlen((const char *)h, 100);

    m->flag = 0;
    m->type = STET_ENTRY_FILE;
    if (flag >= '0' && flag <= '7')
        m->type = types[flag - '0'];
    else if (flag == '\0' && len > 0 && h[len - 1] == '/')
        m->type = STET_ENTRY_DIRECTORY; /* as in v7 */
    else if (flag != '\0' && flag != 'S')
        m->flag = flag;
}

static struct diff_number decimal(const struct diff_bytes *b)
{
    struct diff_number n = {0, b->len > 0};
    size_t i = b->len > 0 && b->data[0] == '-';

    for (; n.ok && i < b->len; i++)
        n.ok = b->data[i] >= '0' && b->data[i] <= '9' &&
               !__builtin_mul_overflow(n.value, INT64_C(10), &n.value) &&
               !__builtin_add_overflow(n.value, (int64_t)(b->data[i] - '0'), &n.value);
    if (b->len > 0 && b->data[0] == '-')
        n.value = -n.value;
    return n;
}

/* "1732371341.123456789" */
static void set_time(const struct diff_bytes *b, struct diff_meta *m)
{
    const unsigned char *dot = b->len ? memchr(b->data, '.', b->len) : NULL;
    struct diff_bytes whole = {b->data, dot ? (size_t)(dot - b->data) : b->len};
    uint32_t ns = 0, unit = 100000000;

    m->mtime = decimal(&whole);
    for (const unsigned char *p = dot ? dot + 1 : NULL; p && p < b->data + b->len; p++) {
        if (*p < '0' || *p > '9')
            break;
        ns += (uint32_t)(*p - '0') * unit;
        unit /= 10;
    }
    m->mtime_ns = ns;
}

static bool is(const struct diff_bytes *key, const char *name)
{
    return key->len == strlen(name) && memcmp(key->data, name, key->len) == 0;
}

static int add_attribute(const struct diff_pax_record *r, struct diff_meta *m,
                         struct stet_error *err)
{
    size_t skip = strlen(XATTR_PREFIX);

    if (m->xattr_count == ATTRIBUTES_MAX)
        return 0;
    if (stet_grow(&m->list, &m->cap, m->xattr_count + 1, sizeof *m->list, err) < 0)
        return -1;
    m->list[m->xattr_count++] =
        (struct diff_attribute){(const char *)r->key.data + skip, r->key.len - skip, r->value};
    return 0;
}

static int apply(const struct diff_pax_record *r, struct diff_meta *m, struct diff_bytes *link,
                 struct stet_error *err)
{
    if (is(&r->key, "linkpath"))
        *link = r->value;
    else if (is(&r->key, "mtime"))
        set_time(&r->value, m);
    else if (is(&r->key, "uid"))
        m->uid = decimal(&r->value);
    else if (is(&r->key, "gid"))
        m->gid = decimal(&r->value);
    else if (r->key.len > strlen(XATTR_PREFIX) &&
             memcmp(r->key.data, XATTR_PREFIX, strlen(XATTR_PREFIX)) == 0)
        return add_attribute(r, m, err);
    return 0;
}

static int apply_all(struct diff_bytes rest, struct diff_meta *m, struct diff_bytes *link,
                     struct stet_error *err)
{
    struct diff_pax_record r;

    while (stet_diff_pax_next(&rest, &r) > 0)
        if (apply(&r, m, link, err) < 0)
            return -1;
    return 0;
}

static int apply_globals(const struct diff_tar *t, const struct diff_tar_entry *e,
                         struct diff_meta *m, struct diff_bytes *link, struct stet_error *err)
{
    uint32_t from = e->globals > GLOBALS_MAX ? e->globals - GLOBALS_MAX : 0;

    for (uint32_t i = from; i < e->globals; i++) {
        const unsigned char *h = t->map->bytes.data + t->globals[i];
        int64_t size = 0;
        (void)stet_diff_tar_number(h + 124, 12, &size);
        if (apply_all((struct diff_bytes){h + DIFF_BLOCK, (size_t)size}, m, link, err) < 0)
            return -1;
    }
    return 0;
}

static int compare_attributes(const void *pa, const void *pb)
{
    const struct diff_attribute *a = pa, *b = pb;
    size_t n = a->name_len < b->name_len ? a->name_len : b->name_len;
    int order = memcmp(a->name, b->name, n);

    return order ? order : (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

static int set_link(const struct diff_bytes *link, struct diff_meta *m, struct stet_error *err)
{
    m->link = NULL;
    if (m->type != STET_ENTRY_SYMLINK && m->type != STET_ENTRY_HARDLINK)
        return 0;
    stet_buffer_clear(&m->text);
    stet_buffer_add(&m->text, link->data, strnlen((const char *)link->data, link->len));
    m->link = stet_buffer_str(&m->text);
    return stet_buffer_check(&m->text, "the target of a link", err);
}

int stet_diff_tar_meta(const struct diff_tar *t, size_t entry, struct diff_meta *m,
                       struct stet_error *err)
{
    const struct diff_tar_entry *e = &t->entries[entry];
    const unsigned char *h = t->map->bytes.data + e->start + (uint64_t)e->header * DIFF_BLOCK;
    struct diff_bytes link = {h + 157, 100};
    struct diff_tar_extended x;
    uint64_t pos = e->start;

    m->path = stet_diff_tar_path(t, entry);
    m->mode = field(h, 100, 8);
    m->uid = field(h, 108, 8);
    m->gid = field(h, 116, 8);
    m->mtime = field(h, 136, 12);
    m->major = field(h, 329, 8);
    m->minor = field(h, 337, 8);
    m->mtime_ns = 0;
    m->size = e->size;
    m->xattr_count = 0;
    set_type(e->type, h, m);
    if (apply_globals(t, e, m, &link, err) < 0)
        return -1;
    while (stet_diff_tar_extended_next(t, e, &pos, &x)) {
        if (x.type == 'K')
            link = x.content;
        else if ((x.type == 'x' || x.type == 'X') && apply_all(x.content, m, &link, err) < 0)
            return -1;
    }
    if (m->xattr_count > 1)
        qsort(m->list, m->xattr_count, sizeof *m->list, compare_attributes);
    m->xattrs = m->list;
    return set_link(&link, m, err);
}

/* ---- content ---- */

enum { LINKS_MAX = 8 };

int stet_diff_meta_target(const struct diff_meta *m, struct stet_buffer *out,
                          struct stet_error *err)
{
    struct stet_error why = STET_ERROR_INIT;
    const char *link = m->link ? m->link : "";

    stet_buffer_clear(out);
    if (m->type != STET_ENTRY_HARDLINK ||
        stet_path_normalize(link + strspn(link, "/"), out, &why) < 0) {
        stet_buffer_clear(out);
        stet_buffer_add_str(out, link);
    }
    return stet_buffer_check(out, "a link", err);
}

static bool leads_on(const struct diff_tar *t, size_t *entry, struct diff_meta *m,
                     struct stet_buffer *target, struct stet_error *err)
{
    return stet_diff_tar_meta(t, *entry, m, err) == 0 &&
           stet_diff_meta_target(m, target, err) == 0 &&
           stet_diff_tar_find(t, stet_buffer_str(target), entry);
}

bool stet_diff_tar_leader(const struct diff_tar *t, size_t entry, size_t *out,
                          struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer target = STET_BUFFER_INIT;
    struct diff_meta m = {0};
    bool found = true;

    for (unsigned i = 0; found && i < LINKS_MAX && t->entries[entry].type == '1'; i++)
        found = leads_on(t, &entry, &m, &target, err);
    stet_diff_meta_release(&m);
    *out = entry;
    return found && t->entries[entry].type != '1';
}

int stet_diff_tar_content(const struct diff_tar *t, size_t entry, struct diff_map *out,
                          struct stet_error *err)
{
    if (!stet_diff_tar_leader(t, entry, &entry, err)) {
        if (!err || err->kind == STET_ERROR_NONE)
            stet_error_input(err, "the file that the hard link leads to is not in the archive");
        return err && err->kind != STET_ERROR_INPUT ? -1 : 0;
    }
    const struct diff_tar_entry *e = &t->entries[entry];
    stet_diff_map_part(t->map, e->content, e->size, out);
    return 1;
}
