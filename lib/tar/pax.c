#include "lib/tar/parse.h"
#include "lib/tar/ustar.h"

enum {
    XATTRS_MAX = 4096, /* of one entry; Linux' list of names holds fewer of any real length */
    NAME_TEXT = 64,    /* bytes of a keyword that an error shows */
};

/* A record's parts, in the extended header. */
struct record {
    const char *key, *value;
    size_t key_len, value_len;
};

void stet_tar_pax_release(struct tar_pax *p)
{
    stet_buffer_release(&p->path);
    stet_buffer_release(&p->linkpath);
}

void stet_tar_pax_begin(struct tar_pax *p, const struct tar_pax *global)
{
    struct stet_buffer path = p->path, linkpath = p->linkpath;
    stet_buffer_clear(&path);
    stet_buffer_clear(&linkpath);
    *p = *global;
    p->path = path;
    p->linkpath = linkpath;
    p->has_path = p->has_linkpath = p->has_size = false;
}

/* ---- values ---- */

static int refuse(const struct record *r, struct stet_error *err, const char *reason)
{
    int shown = (int)(r->key_len < NAME_TEXT ? r->key_len : NAME_TEXT);
    return stet_error_input(err, "the extended header's %.*s %s", shown, r->key, reason);
}

static int parse_decimal(const char *text, size_t len, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (len == 0)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value) || value > max)
            return -1;
    }
    *out = value;
    return 0;
}

/* Digits after the point, of which nine count. */
static int parse_fraction(const char *text, size_t len, uint32_t *ns)
{
    uint32_t value = 0, unit = 100000000;
    for (size_t i = 0; i < len; i++, unit /= 10) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value += (uint32_t)(text[i] - '0') * unit;
    }
    *ns = value;
    return 0;
}

static int parse_time(const char *text, size_t len, int64_t *seconds, uint32_t *ns)
{
    bool negative = len > 0 && text[0] == '-';
    if (negative) {
        text++;
        len--;
    }
    const char *point = memchr(text, '.', len);
    size_t whole = point == NULL ? len : (size_t)(point - text);
    uint64_t value;
    *ns = 0;
    if (parse_decimal(text, whole, (uint64_t)INT64_MAX + (negative ? 1 : 0), &value) < 0)
        return -1;
    if (point != NULL && parse_fraction(point + 1, len - whole - 1, ns) < 0)
        return -1;
    *seconds = (int64_t)(negative ? -value : value);
    if (!negative || *ns == 0)
        return 0;
    /* Nanoseconds count forwards from the second below. */
    *ns = 1000000000 - *ns;
    return __builtin_sub_overflow(*seconds, 1, seconds) ? -1 : 0;
}

static int set_text(struct stet_buffer *b, bool *has, const struct record *r,
                    struct stet_error *err)
{
    stet_buffer_clear(b);
    *has = r->value_len > 0;
    if (memchr(r->value, '\0', r->value_len) != NULL)
        return refuse(r, err, "has a NUL in its value");
    stet_buffer_add(b, r->value, r->value_len);
    return stet_buffer_check(b, "reading an extended header", err);
}

static int set_size(struct tar_pax *p, const struct record *r, struct stet_error *err)
{
    p->has_size = r->value_len > 0;
    if (p->has_size && parse_decimal(r->value, r->value_len, INT64_MAX - TAR_BLOCK, &p->size) < 0)
        return refuse(r, err, "is not a number of bytes");
    return 0;
}

/* The highest number means "leave it" to chown(2) and is nobody's. */
static int set_id(uint32_t *id, bool *has, const struct record *r, struct stet_error *err)
{
    uint64_t value = 0;
    *has = r->value_len > 0;
    if (*has && parse_decimal(r->value, r->value_len, UINT32_MAX - 1, &value) < 0)
        return refuse(r, err, "is not a user or group number");
    *id = (uint32_t)value;
    return 0;
}

static int set_mtime(struct tar_pax *p, const struct record *r, struct stet_error *err)
{
    p->has_mtime = r->value_len > 0;
    if (p->has_mtime && parse_time(r->value, r->value_len, &p->mtime, &p->mtime_ns) < 0)
        return refuse(r, err, "is not a time");
    return 0;
}

static int set_xattr(struct stet_entry *e, const struct record *r, struct stet_error *err)
{
    size_t prefix = sizeof(TAR_XATTR_PREFIX) - 1;
    size_t len = r->key_len - prefix;
    char name[256];
    if (len == 0 || len >= sizeof(name))
        return refuse(r, err, "names no possible extended attribute");
    if (e->xattr_count >= XATTRS_MAX)
        return refuse(r, err, "is one extended attribute too many");
    memcpy(name, r->key + prefix, len);
    name[len] = '\0';
    return stet_entry_set_xattr(e, name, r->value, r->value_len, err);
}

/* ---- records ---- */

static bool key_is(const struct record *r, const char *key)
{
    return r->key_len == strlen(key) && memcmp(r->key, key, r->key_len) == 0;
}

static bool key_starts(const struct record *r, const char *prefix)
{
    size_t len = strlen(prefix);
    return r->key_len >= len && memcmp(r->key, prefix, len) == 0;
}

/* What belongs to one file and has no meaning for all that follow. */
static bool is_of_one_entry(const struct record *r)
{
    return key_is(r, "path") || key_is(r, "linkpath") || key_is(r, "size") ||
           key_starts(r, TAR_XATTR_PREFIX);
}

static int take_record(struct tar_pax *p, struct stet_entry *e, const struct record *r,
                       struct stet_error *err)
{
    if (key_starts(r, "GNU.sparse."))
        return refuse(r, err, "marks a sparse file, which is not supported; archive it whole");
    if (e == NULL && is_of_one_entry(r))
        return refuse(r, err, "stands in a global header, where it cannot be meant");
    if (key_is(r, "path"))
        return set_text(&p->path, &p->has_path, r, err);
    if (key_is(r, "linkpath"))
        return set_text(&p->linkpath, &p->has_linkpath, r, err);
    if (key_is(r, "size"))
        return set_size(p, r, err);
    if (key_is(r, "uid"))
        return set_id(&p->uid, &p->has_uid, r, err);
    if (key_is(r, "gid"))
        return set_id(&p->gid, &p->has_gid, r, err);
    if (key_is(r, "mtime"))
        return set_mtime(p, r, err);
    if (key_starts(r, TAR_XATTR_PREFIX))
        return set_xattr(e, r, err);
    return 0;
}

/* The record at the start of data: its whole length, or 0 when it is malformed. */
static size_t split_record(const char *data, size_t len, struct record *r)
{
    const char *space = memchr(data, ' ', len < 21 ? len : 21);
    uint64_t total;
    if (space == NULL || data[0] == '0' ||
        parse_decimal(data, (size_t)(space - data), len, &total) < 0)
        return 0;
    size_t start = (size_t)(space - data) + 1;
    if (total <= start || data[total - 1] != '\n')
        return 0;
    r->key = data + start;
    size_t rest = (size_t)total - start - 1;
    const char *equals = memchr(r->key, '=', rest);
    if (equals == NULL || equals == r->key)
        return 0;
    r->key_len = (size_t)(equals - r->key);
    r->value = equals + 1;
    r->value_len = rest - r->key_len - 1;
    return memchr(r->key, '\0', r->key_len) != NULL ? 0 : (size_t)total;
}

int stet_tar_pax_parse(struct tar_pax *p, struct stet_entry *e, const char *data, size_t len,
                       struct stet_error *err)
{
    for (size_t at = 0; at < len;) {
        struct record r;
        size_t n = split_record(data + at, len - at, &r);
        if (n == 0)
            return stet_error_input(err, "the extended header's record at byte %zu is malformed",
                                    at);
        if (take_record(p, e, &r, err) < 0)
            return -1;
        at += n;
    }
    return 0;
}
