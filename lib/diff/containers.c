/*
 * containers - readers of ar and cpio archives, and the comparators of what has a reader.
 */
#include "lib/diff/formats.h"
#include "lib/diff/members.h"

/* ---- ar (of GNU and of BSD) ---- */

enum { AR_MAGIC = 8, AR_HEADER = 60 };

/* Digits, then spaces, in a field. */
static bool digits(const unsigned char *s, size_t size, unsigned base, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;

    for (; i < size && s[i] >= '0' && s[i] < '0' + base; i++)
        v = v * base + (unsigned)(s[i] - '0');
    *out = v;
    for (size_t k = i; k < size; k++)
        if (s[k] != ' ')
            return false;
    return true;
}

static void set_number(struct diff_archived *m, enum diff_number_field field,
                       const unsigned char *s, size_t size, unsigned base)
{
    uint64_t v;

    if (digits(s, size, base, &v) && size > 0 && s[0] != ' ')
        m->number[field] = (int64_t)v;
}

/* The name: in the header, in the table of long names, or before the content. */
static struct diff_bytes ar_name(const unsigned char *h, const struct diff_bytes *table,
                                 struct diff_bytes *content)
{
    struct diff_bytes name = {h, 16};
    uint64_t n;

    while (name.len > 0 && h[name.len - 1] == ' ')
        name.len--;
    if (memcmp(h, "#1/", 3) == 0 && digits(h + 3, 13, 10, &n) && n <= content->len) {
        name = (struct diff_bytes){content->data, (size_t)n};
        content->data += n;
        content->len -= (size_t)n;
    } else if (h[0] == '/' && h[1] >= '0' && h[1] <= '9' && digits(h + 1, 15, 10, &n) &&
               n < table->len) {
        const unsigned char *s = table->data + n, *end = memchr(s, '\n', table->len - (size_t)n);
        name = (struct diff_bytes){s, end ? (size_t)(end - s) : table->len - (size_t)n};
    }
    if (name.len > 1 && name.data[name.len - 1] == '/' && name.data[0] != '/')
        name.len--;
    return name;
}

/* Debian's packages name their archives by the compression. */
static int ar_key(struct diff_container *c, struct diff_archived *m, struct stet_error *err)
{
    static const char *const stems[] = {"control.tar", "data.tar"};
    const char *name = c->names.data + m->name;

    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        size_t len = strlen(stems[i]);
        if (strncmp(name, stems[i], len) != 0 || name[len] != '.')
            continue;
        m->key = c->names.len;
        stet_buffer_add(&c->names, stems[i], len + 1);
    }
    return stet_buffer_check(&c->names, "the names of an archive", err);
}

int stet_diff_read_ar(const struct diff_bytes *data, struct diff_container *c,
                      struct stet_error *err)
{
    struct diff_bytes table = {NULL, 0};
    size_t at = AR_MAGIC;

    stet_diff_container_init(c, "ar");
    if (data->len < AR_MAGIC + AR_HEADER || memcmp(data->data, "!<arch>\n", AR_MAGIC) != 0)
        return 0;
    while (data->len - at >= AR_HEADER) {
        const unsigned char *h = data->data + at;
        uint64_t size;
        if (memcmp(h + 58, "`\n", 2) != 0 || !digits(h + 48, 10, 10, &size) ||
            size > data->len - at - AR_HEADER)
            return 0;
        struct diff_bytes content = {h + AR_HEADER, (size_t)size};
        size_t end = at + AR_HEADER + (size_t)size;
        if (memcmp(h, "// ", 3) == 0)
            table = content;
        struct diff_bytes name = ar_name(h, &table, &content);
        struct diff_archived *m = stet_diff_container_add(c, name.data, name.len, err);
        if (!m || ar_key(c, m, err) < 0)
            return -1;
        m->content = content;
        m->size = content.len;
        m->has_content = true;
        m->header = (struct diff_bytes){h, AR_HEADER};
        m->padding = (struct diff_bytes){data->data + end, end % 2 && end < data->len};
        set_number(m, DIFF_N_MTIME, h + 16, 12, 10);
        set_number(m, DIFF_N_UID, h + 28, 6, 10);
        set_number(m, DIFF_N_GID, h + 34, 6, 10);
        set_number(m, DIFF_N_MODE, h + 40, 8, 8);
        at = end + m->padding.len;
    }
    c->after = (struct diff_bytes){data->data + at, data->len - at};
    return 1;
}

/* ---- cpio ("newc", "crc", "odc") ---- */

enum { NEWC_HEADER = 110, ODC_HEADER = 76 };

static bool take(const unsigned char *s, size_t size, unsigned base, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < size; i++) {
        unsigned char c = s[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 99;
        if (digit >= base)
            return false;
        v = v * base + digit;
    }
    *out = v;
    return true;
}

struct cpio {
    uint64_t ino, mode, uid, gid, nlink, mtime, size, fs, device, name;
    size_t header, align;
};

static bool cpio_newc(const unsigned char *h, struct cpio *f)
{
    uint64_t v[13];

    for (size_t i = 0; i < 13; i++)
        if (!take(h + 6 + 8 * i, 8, 16, &v[i]))
            return false;
    *f = (struct cpio){
        v[0],  v[1],        v[2], v[3], v[4], v[5], v[6], v[7] << 32 | v[8], v[9] << 32 | v[10],
        v[11], NEWC_HEADER, 4};
    return true;
}

static bool cpio_odc(const unsigned char *h, struct cpio *f)
{
    *f = (struct cpio){.header = ODC_HEADER, .align = 1};
    return take(h + 6, 6, 8, &f->fs) && take(h + 12, 6, 8, &f->ino) &&
           take(h + 18, 6, 8, &f->mode) && take(h + 24, 6, 8, &f->uid) &&
           take(h + 30, 6, 8, &f->gid) && take(h + 36, 6, 8, &f->nlink) &&
           take(h + 42, 6, 8, &f->device) && take(h + 48, 11, 8, &f->mtime) &&
           take(h + 59, 6, 8, &f->name) && take(h + 65, 11, 8, &f->size);
}

static bool cpio_header(const struct diff_bytes *data, size_t at, struct cpio *f)
{
    size_t left = data->len - at;

    if (left < ODC_HEADER)
        return false;
    const unsigned char *h = data->data + at;
    if (left >= NEWC_HEADER && (memcmp(h, "070701", 6) == 0 || memcmp(h, "070702", 6) == 0))
        return cpio_newc(h, f);
    return memcmp(h, "070707", 6) == 0 && cpio_odc(h, f);
}

static size_t align_up(size_t n, size_t align)
{
    return n + (align - n % align) % align;
}

static void cpio_fields(struct diff_archived *m, const struct cpio *f)
{
    m->number[DIFF_N_MODE] = (int64_t)f->mode;
    m->number[DIFF_N_UID] = (int64_t)f->uid;
    m->number[DIFF_N_GID] = (int64_t)f->gid;
    m->number[DIFF_N_MTIME] = (int64_t)f->mtime;
    m->number[DIFF_N_LINKS] = (int64_t)f->nlink;
    m->number[DIFF_N_INODE] = (int64_t)f->ino;
    m->number[DIFF_N_FS] = (int64_t)f->fs;
    m->number[DIFF_N_DEVICE] = (int64_t)f->device;
    m->size = f->size;
    m->has_content = true;
}

/* Sizes are below 2^33: no sum of them overflows. */
int stet_diff_read_cpio(const struct diff_bytes *data, struct diff_container *c,
                        struct stet_error *err)
{
    size_t at = 0;
    struct cpio f;

    stet_diff_container_init(c, "cpio");
    for (bool last = false; !last;) {
        if (!cpio_header(data, at, &f))
            return 0;
        size_t left = data->len - at, name_end = align_up(f.header + (size_t)f.name, f.align);
        if (f.name == 0 || name_end > left || f.size > left - name_end)
            return 0;
        const unsigned char *h = data->data + at;
        size_t end = align_up(name_end + (size_t)f.size, f.align);
        end = end < left ? end : left;
        last = f.name == 11 && memcmp(h + f.header, "TRAILER!!!", 10) == 0;
        struct diff_archived *m = stet_diff_container_add(c, h + f.header, (size_t)f.name, err);
        if (!m)
            return -1;
        cpio_fields(m, &f);
        m->content = (struct diff_bytes){h + name_end, (size_t)f.size};
        m->header = (struct diff_bytes){h, name_end};
        m->padding = (struct diff_bytes){h + name_end + f.size, end - name_end - (size_t)f.size};
        at += end;
    }
    c->after = (struct diff_bytes){data->data + at, data->len - at};
    return 1;
}

/* ---- comparators ---- */

int stet_diff_compare_with(const struct diff_pair *p, diff_container_reader *read,
                           diff_container_check *check, struct stet_error *err)
{
    struct diff_container a, b;
    int rc = read(&p->a, &a, err), done = 0;

    stet_diff_container_init(&b, a.format);
    if (rc > 0) {
        stet_diff_container_release(&b);
        rc = read(&p->b, &b, err);
    }
    if (rc > 0 && check)
        done = check(p, &a, &b, err);
    if (rc > 0 && done == 0)
        done = stet_diff_containers(p, &a, &b, err);
    stet_diff_container_release(&a);
    stet_diff_container_release(&b);
    return rc < 0 || done < 0 ? -1 : done > 0;
}

int stet_diff_cpio_compare(const struct diff_pair *p, struct stet_error *err)
{
    return stet_diff_compare_with(p, stet_diff_read_cpio, NULL, err);
}

int stet_diff_zip_compare(const struct diff_pair *p, struct stet_error *err)
{
    return stet_diff_compare_with(p, stet_diff_read_zip, NULL, err);
}
