/*
 * header - two headers of one entry: what no field of the entry shows. Dialect, notation of numbers, records, padding.
 */
#include "lib/diff/region.h"
#include "lib/diff/sides.h"

enum { RECORDS_MAX = 256, OFF_CHECKSUM = 148, OFF_MAGIC = 257, TIME_MAX = 64 };

struct headers {
    struct diff_habits *habits;
    struct diff *d;
    unsigned layer;
    const char *path;
    unsigned told;
};

static const struct field {
    const char *name;
    size_t offset, size;
    unsigned bit; /* of what is told of the entry */
    enum kind {
        SAYS_NOTHING, /* but what is told of the entry, or nothing at all */
        TEXT,
        OCTAL,
        DECIMAL,
        TIME,
    } kind;
} fields[] = {
    {"name", 0, 100, DIFF_FIELD_NAME, SAYS_NOTHING},
    {"mode", 100, 8, DIFF_FIELD_MODE, OCTAL},
    {"uid", 108, 8, DIFF_FIELD_UID, DECIMAL},
    {"gid", 116, 8, DIFF_FIELD_GID, DECIMAL},
    {"size", 124, 12, DIFF_FIELD_SIZE, DECIMAL},
    {"mtime", 136, 12, DIFF_FIELD_MTIME, TIME},
    {"typeflag", 156, 1, DIFF_FIELD_TYPE, SAYS_NOTHING},
    {"linkname", 157, 100, DIFF_FIELD_LINK, SAYS_NOTHING},
    {"magic", 257, 8, 0, SAYS_NOTHING},
    {"uname", 265, 32, 0, TEXT},
    {"gname", 297, 32, 0, TEXT},
    {"devmajor", 329, 8, DIFF_FIELD_DEVICE, DECIMAL},
    {"devminor", 337, 8, DIFF_FIELD_DEVICE, DECIMAL},
    {"prefix", 345, 155, DIFF_FIELD_NAME, SAYS_NOTHING},
    {"unused bytes", 500, 12, 0, SAYS_NOTHING},
};

/* ---- telling ---- */

static size_t trimmed(const struct diff_bytes *b)
{
    size_t len = b->len;

    while (len > 0 && b->data[len - 1] == '\0')
        len--;
    return len;
}

/* A text for either side, NULL where it has none. habit: the headers say the same. */
static int tell_texts(const struct headers *h, const char *a, const char *b, bool habit,
                      const char *what, struct stet_error *err)
{
    if (habit)
        return stet_diff_habit(h->habits, h->path, a, b, what, err);
    return stet_diff_add_at(h->d, STET_DIFF_ARCHIVE, h->layer, h->path, "tar", a, b, err, "%s",
                            what)
               ? 0
               : -1;
}

/* Two values as text, without NULs at their ends where they differ without them too. data NULL: none. */
static int tell(const struct headers *h, struct diff_bytes a, struct diff_bytes b, bool habit,
                struct stet_error *err, const char *prefix, const char *what)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT;
    _cleanup_free_ char *name = stet_format(err, "%s%s", prefix, what);
    size_t na = trimmed(&a), nb = trimmed(&b);

    if (na != nb || (na > 0 && memcmp(a.data, b.data, na) != 0)) {
        a.len = na;
        b.len = nb;
    }
    if (!name || (a.data && stet_diff_printable(a.data, a.len, 200, &ta, err) < 0) ||
        (b.data && stet_diff_printable(b.data, b.len, 200, &tb, err) < 0))
        return -1;
    return tell_texts(h, a.data ? stet_buffer_str(&ta) : NULL, b.data ? stet_buffer_str(&tb) : NULL,
                      habit, name, err);
}

/* ---- one block ---- */

/* The form of a number: where digits, spaces and NULs stand. */
static bool same_form(const unsigned char *a, const unsigned char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool digit_a = a[i] >= '0' && a[i] <= '7', digit_b = b[i] >= '0' && b[i] <= '7';
        if (digit_a != digit_b || (!digit_a && a[i] != b[i]))
            return false;
    }
    return true;
}

static int checksum(const struct headers *h, const unsigned char *a, const unsigned char *b,
                    const char *prefix, struct stet_error *err)
{
    bool holds_a = stet_diff_tar_header_holds(a), holds_b = stet_diff_tar_header_holds(b);
    const unsigned char *ca = a + OFF_CHECKSUM, *cb = b + OFF_CHECKSUM;
    bool others = memcmp(a, b, OFF_CHECKSUM) != 0 ||
                  memcmp(ca + 8, cb + 8, DIFF_BLOCK - OFF_CHECKSUM - 8) != 0;
    static const char *const words[] = {"does not hold", "holds"};

    if (holds_a != holds_b) {
        _cleanup_free_ char *what = stet_format(err, "%sheader.checksum", prefix);
        return what ? tell_texts(h, words[holds_a], words[holds_b], false, what, err) : -1;
    }
    /* It follows from the rest of the header, but the way it is written does not. */
    if (memcmp(ca, cb, 8) == 0 || (others && holds_a && same_form(ca, cb, 8)))
        return 0;
    return tell(h, (struct diff_bytes){ca, 8}, (struct diff_bytes){cb, 8}, holds_a, err, prefix,
                "header.checksum");
}

static void number_text(enum kind kind, int64_t value, char out[STET_TIME_TEXT_MAX])
{
    if (kind == TIME && value >= 0 && value <= INT64_C(253402300799))
        stet_time_format(value, out);
    else
        snprintf(out, STET_TIME_TEXT_MAX, kind == OCTAL ? "%04jo" : "%jd", (intmax_t)value);
}

/* Two fields that differ. own: of an entry's own header, of which more is told than of an extended one's. */
static int compare_field(const struct headers *h, const struct field *f, const unsigned char *a,
                         const unsigned char *b, bool own, const char *prefix,
                         struct stet_error *err)
{
    struct diff_bytes fa = {a + f->offset, f->size}, fb = {b + f->offset, f->size};
    char ta[STET_TIME_TEXT_MAX], tb[STET_TIME_TEXT_MAX];
    int64_t va, vb;
    bool habit = f->kind == SAYS_NOTHING && own;
    _cleanup_free_ char *what = stet_format(err, "header.%s", f->name);
    _cleanup_free_ char *whole = what ? stet_format(err, "%s%s", prefix, what) : NULL;

    if (!whole)
        return -1;
    /* Headers of v7 have no names. */
    if (f->kind == TEXT)
        habit = !a[OFF_MAGIC] != !b[OFF_MAGIC];
    if (f->kind < OCTAL || !stet_diff_tar_number(fa.data, f->size, &va) ||
        !stet_diff_tar_number(fb.data, f->size, &vb))
        return tell(h, fa, fb, habit, err, prefix, what);
    /* Some programs write the type into the mode. */
    if (va == vb || (f->kind == OCTAL && own && (va & 07777) == (vb & 07777)))
        return tell(h, fa, fb, true, err, prefix, what);
    number_text(f->kind, va, ta);
    number_text(f->kind, vb, tb);
    return tell_texts(h, ta, tb, false, whole, err);
}

static int block(const struct headers *h, const unsigned char *a, const unsigned char *b,
                 const char *prefix, unsigned told, struct stet_error *err)
{
    if (memcmp(a, b, DIFF_BLOCK) == 0)
        return 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const struct field *f = &fields[i];
        if (memcmp(a + f->offset, b + f->offset, f->size) != 0 && !(f->bit & told) &&
            compare_field(h, f, a, b, !*prefix, prefix, err) < 0)
            return -1;
    }
    return checksum(h, a, b, prefix, err);
}

/* ---- records ---- */

struct records {
    struct diff_pax_record items[RECORDS_MAX];
    bool paired[RECORDS_MAX];
    size_t count;
    struct diff_bytes rest; /* what is no record, or one too many */
};

static void read_records(const struct diff_bytes *content, struct records *r)
{
    r->count = 0;
    r->rest = *content;
    memset(r->paired, 0, sizeof r->paired);
    while (r->count < RECORDS_MAX && stet_diff_pax_next(&r->rest, &r->items[r->count]) > 0)
        r->count++;
}

static unsigned bit_of(const struct diff_bytes *key)
{
    static const struct {
        const char *key;
        unsigned bit;
    } keys[] = {{"path", DIFF_FIELD_NAME}, {"linkpath", DIFF_FIELD_LINK},
                {"size", DIFF_FIELD_SIZE}, {"uid", DIFF_FIELD_UID},
                {"gid", DIFF_FIELD_GID},   {"mtime", DIFF_FIELD_MTIME}};
    static const char xattr[] = "SCHILY.xattr.";

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (key->len == strlen(keys[i].key) && memcmp(key->data, keys[i].key, key->len) == 0)
            return keys[i].bit;
    if (key->len >= sizeof xattr && memcmp(key->data, xattr, sizeof xattr - 1) == 0)
        return DIFF_FIELD_XATTRS;
    return 0;
}

/* A time as records hold it, "1732371341.5", as "2024-11-23T14:15:41.5Z"; data NULL and what is none stay as they are. */
static void show_time(struct diff_bytes *value, char out[TIME_MAX])
{
    char seconds[STET_TIME_TEXT_MAX];
    int64_t t = 0;
    size_t i = 0;

    for (; i < value->len && i < 11 && value->data[i] >= '0' && value->data[i] <= '9'; i++)
        t = t * 10 + (value->data[i] - '0');
    size_t rest = value->len - i;
    if (i == 0 || rest > 20 || (rest > 0 && value->data[i] != '.'))
        return;
    stet_time_format(t, seconds);
    size_t len = strlen(seconds) - 1; /* without its Z */
    snprintf(out, TIME_MAX, "%.*s%.*sZ", (int)len, seconds, (int)rest,
             (const char *)value->data + i);
    *value = (struct diff_bytes){(const unsigned char *)out, strlen(out)};
}

static bool is_time(const struct diff_bytes *key)
{
    static const char *const keys[] = {"atime", "ctime", "mtime", "LIBARCHIVE.creationtime"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (key->len == strlen(keys[i]) && memcmp(key->data, keys[i], key->len) == 0)
            return true;
    return false;
}

static int tell_record(const struct headers *h, const struct diff_pax_record *a,
                       const struct diff_pax_record *b, const char *prefix, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer what = STET_BUFFER_INIT;
    const struct diff_bytes *key = a ? &a->key : &b->key;
    const struct diff_bytes none = {NULL, 0};
    /* What one side alone writes says nothing that differs; nor does what is told of the entry, and is not. */
    bool habit = !a || !b || bit_of(key) != 0;

    if (bit_of(key) & h->told)
        return 0;
    stet_buffer_add_str(&what, "record ");
    if (stet_diff_printable(key->data, key->len, 200, &what, err) < 0)
        return -1;
    struct diff_bytes va = a ? a->value : none, vb = b ? b->value : none;
    char ta[TIME_MAX], tb[TIME_MAX];
    if (is_time(key)) {
        show_time(&va, ta);
        show_time(&vb, tb);
    }
    return tell(h, va, vb, habit, err, prefix, stet_buffer_str(&what));
}

/* The first record of b with this key that has no other yet; count: none. */
static size_t partner(const struct diff_pax_record *r, const struct records *b)
{
    size_t i = 0;

    while (i < b->count && (b->paired[i] || !diff_same(r->key, b->items[i].key)))
        i++;
    return i;
}

/* "path, mtime" */
static int add_keys(const struct records *r, struct stet_buffer *out, struct stet_error *err)
{
    for (size_t i = 0; i < r->count; i++) {
        stet_buffer_add_str(out, i ? ", " : "");
        stet_buffer_add(out, r->items[i].key.data, r->items[i].key.len);
    }
    return stet_buffer_check(out, "the records of a header", err);
}

static int tell_order(const struct headers *h, const struct records *a, const struct records *b,
                      const char *prefix, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ka = STET_BUFFER_INIT, kb = STET_BUFFER_INIT;

    if (add_keys(a, &ka, err) < 0 || add_keys(b, &kb, err) < 0)
        return -1;
    _cleanup_free_ char *what = stet_format(err, "%sorder of records", prefix);
    return what ? tell_texts(h, stet_buffer_str(&ka), stet_buffer_str(&kb), true, what, err) : -1;
}

static int pair_records(const struct headers *h, struct records *a, struct records *b,
                        const char *prefix, struct stet_error *err)
{
    size_t last = 0;
    bool moved = false;

    for (size_t i = 0; i < a->count; i++) {
        size_t j = partner(&a->items[i], b);
        bool found = j < b->count;
        if (found) {
            b->paired[j] = true;
            moved = moved || j < last;
            last = j;
        }
        if (found && diff_same(a->items[i].value, b->items[j].value))
            continue;
        if (tell_record(h, &a->items[i], found ? &b->items[j] : NULL, prefix, err) < 0)
            return -1;
    }
    for (size_t j = 0; j < b->count; j++)
        if (!b->paired[j] && tell_record(h, NULL, &b->items[j], prefix, err) < 0)
            return -1;
    return moved ? tell_order(h, a, b, prefix, err) : 0;
}

static int compare_records(const struct headers *h, const struct diff_tar_extended *xa,
                           const struct diff_tar_extended *xb, const char *prefix,
                           struct stet_error *err)
{
    struct records *r = calloc(2, sizeof *r);
    int rc;

    if (!r)
        return stet_error_oom(err, "the records of a header");
    read_records(&xa->content, &r[0]);
    read_records(&xb->content, &r[1]);
    rc = pair_records(h, &r[0], &r[1], prefix, err);
    if (rc == 0 && !diff_same(r[0].rest, r[1].rest))
        rc = tell(h, r[0].rest, r[1].rest, false, err, prefix, "what is no record");
    free(r);
    return rc;
}

/* ---- extended headers ---- */

static int compare_extended(const struct headers *h, const struct diff_tar_extended *a,
                            const struct diff_tar_extended *b, struct stet_error *err)
{
    bool records = a->type == 'x' || a->type == 'X' || a->type == 'g';
    const char *prefix = a->type == 'g'   ? "global pax "
                         : records        ? "pax "
                         : a->type == 'L' ? "long name "
                                          : "long link ";
    bool differ = !diff_same(a->content, b->content);
    unsigned told = a->content.len != b->content.len ? DIFF_FIELD_SIZE : 0;

    if (differ && records && compare_records(h, a, b, prefix, err) < 0)
        return -1;
    if (differ && !records && !(h->told & (a->type == 'K' ? DIFF_FIELD_LINK : DIFF_FIELD_NAME)) &&
        tell(h, a->content, b->content, false, err, prefix, "content") < 0)
        return -1;
    if (block(h, a->header, b->header, prefix, told, err) < 0)
        return -1;
    /* Of contents of different length it has another length: as long as it is zero, it says nothing. */
    if (trimmed(&a->padding) == 0 && trimmed(&b->padding) == 0)
        return 0;
    if (diff_same(a->padding, b->padding))
        return 0;
    return tell(h, a->padding, b->padding, false, err, prefix, "padding");
}

/* The kinds of an entry's extended headers: "x", "LK". */
static size_t kinds(const struct diff_tar *t, const struct diff_tar_entry *e, char out[65])
{
    struct diff_tar_extended x;
    uint64_t pos = e->start;
    size_t n = 0;

    while (n < 64 && stet_diff_tar_extended_next(t, e, &pos, &x))
        out[n++] = x.type;
    out[n] = '\0';
    return n;
}

static int extended_headers(const struct headers *h, const struct diff_tar *a, size_t i,
                            const struct diff_tar *b, size_t j, struct stet_error *err)
{
    char kinds_a[65], kinds_b[65];
    const struct diff_tar_entry *ea = &a->entries[i], *eb = &b->entries[j];
    uint64_t pos_a = ea->start, pos_b = eb->start;
    struct diff_tar_extended xa, xb;

    kinds(a, ea, kinds_a);
    kinds(b, eb, kinds_b);
    if (strcmp(kinds_a, kinds_b) == 0) {
        while (stet_diff_tar_extended_next(a, ea, &pos_a, &xa) &&
               stet_diff_tar_extended_next(b, eb, &pos_b, &xb))
            if (compare_extended(h, &xa, &xb, err) < 0)
                return -1;
        return 0;
    }
    if (tell_texts(h, kinds_a[0] ? kinds_a : NULL, kinds_b[0] ? kinds_b : NULL, true,
                   "extended headers", err) < 0)
        return -1;
    /* Where one of them has none, what the other's say is told. */
    xa = xb = (struct diff_tar_extended){0};
    if (strcmp(kinds_a, "x") == 0 && !kinds_b[0] && stet_diff_tar_extended_next(a, ea, &pos_a, &xa))
        return compare_records(h, &xa, &xb, "pax ", err);
    if (strcmp(kinds_b, "x") == 0 && !kinds_a[0] && stet_diff_tar_extended_next(b, eb, &pos_b, &xb))
        return compare_records(h, &xa, &xb, "pax ", err);
    return 0;
}

/* ---- an entry ---- */

static struct diff_bytes padding(const struct diff_tar *t, size_t entry)
{
    const struct diff_tar_entry *e = &t->entries[entry];
    uint64_t from = e->content + e->size, end = stet_diff_tar_entry_end(t, entry);

    return (struct diff_bytes){t->map->bytes.data + from, (size_t)(end - from)};
}

static int tell_cut(const struct headers *h, const struct diff_tar_entry *a,
                    const struct diff_tar_entry *b, struct stet_error *err)
{
    static const char *const words[] = {"whole", "the archive ends in it"};

    if (a->cut == b->cut)
        return 0;
    return tell_texts(h, words[a->cut], words[b->cut], false, "content", err);
}

int stet_diff_headers(struct diff_habits *habits, const char *path, const struct diff_tar *a,
                      size_t i, const struct diff_tar *b, size_t j, unsigned told,
                      struct stet_error *err)
{
    struct headers h = {.habits = habits, .path = path, .told = told};
    const struct diff_tar_entry *ea = &a->entries[i], *eb = &b->entries[j];
    uint64_t len_a = ea->content - ea->start, len_b = eb->content - eb->start;
    const unsigned char *da = a->map->bytes.data + ea->start, *db = b->map->bytes.data + eb->start;

    h.d = stet_diff_habits_of(habits, &h.layer);
    if (len_a != len_b || memcmp(da, db, (size_t)len_a) != 0) {
        const unsigned char *ha = da + (uint64_t)ea->header * DIFF_BLOCK;
        const unsigned char *hb = db + (uint64_t)eb->header * DIFF_BLOCK;
        struct diff_bytes map_a = {ha + DIFF_BLOCK, (size_t)(da + len_a - ha) - DIFF_BLOCK};
        struct diff_bytes map_b = {hb + DIFF_BLOCK, (size_t)(db + len_b - hb) - DIFF_BLOCK};
        if (extended_headers(&h, a, i, b, j, err) < 0 || block(&h, ha, hb, "", told, err) < 0)
            return -1;
        if (!diff_same(map_a, map_b) &&
            tell(&h, map_a, map_b, false, err, "", "map of a sparse file") < 0)
            return -1;
    }
    struct diff_bytes pa = padding(a, i), pb = padding(b, j);
    if (tell_cut(&h, ea, eb, err) < 0)
        return -1;
    if ((trimmed(&pa) == 0 && trimmed(&pb) == 0 && !(pa.len != pb.len && ea->size == eb->size)) ||
        diff_same(pa, pb))
        return 0;
    return tell(&h, pa, pb, false, err, "", "padding");
}
