/*
 * entries - two lists of entries, paired by path: what each entry is, and what is in it.
 */
#include "lib/diff/evidence.h"
#include "lib/diff/links.h"
#include "lib/diff/region.h"
#include "lib/diff/sides.h"

enum { LOST_MAX = 20, VALUE_MAX = 256 };
#define FORGET (UINT64_C(16) << 20)
/* Reading one header brings the pages around it as well: with large folios many of them. */
#define HEADER_COST (UINT64_C(512) << 10)

struct comparison {
    struct diff *d;
    unsigned layer;
    struct diff_list *a, *b;
    bool strict;
    struct diff_habits *habits; /* of the headers of two tars; NULL: not compared */
    size_t pairs;
    bool led_otherwise; /* the entry at hand is one of a file's names, of which another is first */
    struct diff_links links[2]; /* where headers of tars are not compared, which say them */
    struct diff_meta ma, mb;
    uint64_t looked_at; /* bytes since memory was given back */
    size_t lost[2];     /* entries that a side does not show, being damaged or too long */
    struct stet_buffer lost_names[2];
};

/* ---- a tar as a list ---- */

static const char *tar_path(struct diff_list *l, size_t i)
{
    return stet_diff_tar_path(l->tar, l->tar->order[i]);
}

static int tar_meta(struct diff_list *l, size_t i, struct diff_meta *out, struct stet_error *err)
{
    return stet_diff_tar_meta(l->tar, l->tar->order[i], out, err);
}

static int tar_content(struct diff_list *l, size_t i, struct diff_map *out, struct stet_error *err)
{
    return stet_diff_tar_content(l->tar, l->tar->order[i], out, err);
}

static const struct diff_list_ops tar_ops = {tar_path, tar_meta, tar_content, NULL};

int stet_diff_list_tar(struct diff_tar *t, struct diff_list *out, struct stet_error *err)
{
    (void)err;
    *out = (struct diff_list){
        .ops = &tar_ops, .format = "tar", .count = t->count, .tar = t, .damaged = t->cut_short};
    return 0;
}

void stet_diff_list_free(struct diff_list *l)
{
    if (l->ops && l->ops->free)
        l->ops->free(l);
    *l = (struct diff_list){0};
}

int stet_diff_list_evidence(struct diff_side *side, struct diff_list *l, struct stet_error *err)
{
    struct diff_meta m = {0};
    int rc = 0;

    for (size_t i = 0; i < l->count && rc == 0; i++) {
        struct diff_map content = {0};
        if (l->tar && i % (FORGET / HEADER_COST) == 0)
            stet_diff_map_forget(l->tar->map, 0, SIZE_MAX);
        if (l->tar && i % DIFF_TAR_FORGET == 0)
            stet_diff_tar_forget(l->tar);
        const char *path = l->ops->path(l, i);
        rc = stet_cancel_check(err) < 0 || l->ops->meta(l, i, &m, err) < 0 ? -1 : 0;
        if (rc == 0 && m.mtime.ok && !m.flag)
            stet_diff_evidence_mtime(side, m.mtime.value);
        if (rc == 0 && m.type == STET_ENTRY_FILE && m.size <= DIFF_EVIDENCE_FILE_MAX &&
            stet_diff_evidence_wants(path) && l->ops->content(l, i, &content, NULL) > 0) {
            rc = stet_diff_evidence_file(side, path, &content.bytes, err);
            stet_diff_map_release(&content);
        }
    }
    if (l->tar)
        stet_diff_map_forget(l->tar->map, 0, SIZE_MAX);
    stet_diff_meta_release(&m);
    return rc;
}

/* ---- values as text ---- */

static const char *type_text(const struct diff_meta *m, char out[VALUE_MAX])
{
    if (!m->flag)
        return stet_entry_type_name(m->type);
    snprintf(out, VALUE_MAX, "type '%c'", m->flag);
    return out;
}

static void time_text(const struct diff_number *n, uint32_t ns, char out[VALUE_MAX])
{
    char seconds[STET_TIME_TEXT_MAX];

    if (!n->ok) {
        snprintf(out, VALUE_MAX, "not a number");
    } else if (n->value < 0 || n->value > INT64_C(253402300799)) {
        snprintf(out, VALUE_MAX, "%jd", (intmax_t)n->value);
    } else {
        stet_time_format(n->value, seconds);
        size_t len = strlen(seconds);
        if (ns && len > 0)
            snprintf(out, VALUE_MAX, "%.*s.%09uZ", (int)len - 1, seconds, ns);
        else
            snprintf(out, VALUE_MAX, "%s", seconds);
    }
}

static void number_text(const struct diff_number *n, const char *format, char out[VALUE_MAX])
{
    if (n->ok)
        snprintf(out, VALUE_MAX, format, (intmax_t)n->value);
    else
        snprintf(out, VALUE_MAX, "not a number");
}

/* Of an entry that one side alone has: "file, mode 0644, 0:0, 123 bytes". */
static void entry_text(const struct diff_meta *m, char out[VALUE_MAX])
{
    char type[VALUE_MAX], mode[VALUE_MAX];

    number_text(&m->mode, "%04jo", mode);
    if (m->link)
        snprintf(out, VALUE_MAX, "%.40s to %.200s", type_text(m, type), m->link);
    else if (m->type == STET_ENTRY_FILE)
        snprintf(out, VALUE_MAX, "%.40s, mode %.20s, %ju byte%s", type_text(m, type), mode,
                 (uintmax_t)m->size, m->size == 1 ? "" : "s");
    else
        snprintf(out, VALUE_MAX, "%.40s, mode %.20s", type_text(m, type), mode);
}

/* ---- fields ---- */

static int tell(const struct comparison *c, const char *path, const char *what, const char *a,
                const char *b, struct stet_error *err)
{
    const char *format = c->a->format;

    if (strcmp(format, c->b->format) != 0)
        format = "entry";
    return stet_diff_add_at(c->d, STET_DIFF_ENTRY, c->layer, path, format, a, b, err, "%s", what)
               ? 0
               : -1;
}

/* Are they the same as far as they can be read? What is no number on both sides is told with the header. */
static bool same_number(const struct diff_number *a, const struct diff_number *b)
{
    return a->ok == b->ok && (!a->ok || a->value == b->value);
}

static int compare_number(const struct comparison *c, const char *path, const char *what,
                          const struct diff_number *a, const struct diff_number *b,
                          const char *format, unsigned bit, unsigned *told, struct stet_error *err)
{
    char ta[VALUE_MAX], tb[VALUE_MAX];

    if (same_number(a, b))
        return 0;
    number_text(a, format, ta);
    number_text(b, format, tb);
    *told |= bit;
    return tell(c, path, what, ta, tb, err);
}

static int compare_mode(const struct comparison *c, const char *path, unsigned *told,
                        struct stet_error *err)
{
    struct diff_number a = c->ma.mode, b = c->mb.mode;

    /* Links have none of their own on a disk. */
    if (!c->strict && c->ma.type == STET_ENTRY_SYMLINK)
        return 0;
    a.value &= 07777;
    b.value &= 07777;
    return compare_number(c, path, "mode", &a, &b, "%04jo", DIFF_FIELD_MODE, told, err);
}

static int compare_mtime(const struct comparison *c, const char *path, unsigned *told,
                         struct stet_error *err)
{
    uint32_t ns_a = c->strict ? c->ma.mtime_ns : 0, ns_b = c->strict ? c->mb.mtime_ns : 0;
    char ta[VALUE_MAX], tb[VALUE_MAX];

    bool same = same_number(&c->ma.mtime, &c->mb.mtime);

    if (same && ns_a == ns_b)
        return 0;
    time_text(&c->ma.mtime, ns_a, ta);
    time_text(&c->mb.mtime, ns_b, tb);
    *told |= DIFF_FIELD_MTIME;
    /* Not all formats have room for it. */
    if (same && c->habits && (!ns_a || !ns_b))
        return stet_diff_habit(c->habits, path, ta, tb, "mtime, fraction of a second", err);
    return tell(c, path, "mtime", ta, tb, err);
}

static int compare_link(const struct comparison *c, const char *path, unsigned *told,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    bool loose = !c->strict && c->ma.type != STET_ENTRY_SYMLINK;

    if (loose || stet_diff_meta_target(&c->ma, &a, err) < 0 ||
        stet_diff_meta_target(&c->mb, &b, err) < 0)
        return loose ? 0 : -1;
    if (strcmp(stet_buffer_str(&a), stet_buffer_str(&b)) == 0)
        return 0;
    *told |= DIFF_FIELD_LINK;
    return tell(c, path, "link", c->ma.link ? stet_buffer_str(&a) : NULL,
                c->mb.link ? stet_buffer_str(&b) : NULL, err);
}

static int compare_device(const struct comparison *c, const char *path, unsigned *told,
                          struct stet_error *err)
{
    const struct diff_meta *a = &c->ma, *b = &c->mb;
    char ta[VALUE_MAX], tb[VALUE_MAX], x[VALUE_MAX], y[VALUE_MAX];

    if ((a->type != STET_ENTRY_CHAR && a->type != STET_ENTRY_BLOCK) ||
        (same_number(&a->major, &b->major) && same_number(&a->minor, &b->minor)))
        return 0;
    number_text(&a->major, "%jd", x);
    number_text(&a->minor, "%jd", y);
    snprintf(ta, sizeof ta, "%.60s, %.60s", x, y);
    number_text(&b->major, "%jd", x);
    number_text(&b->minor, "%jd", y);
    snprintf(tb, sizeof tb, "%.60s, %.60s", x, y);
    *told |= DIFF_FIELD_DEVICE;
    return tell(c, path, "device", ta, tb, err);
}

/* ---- extended attributes ---- */

static int attribute_text(const struct diff_attribute *x, struct stet_buffer *out,
                          struct stet_error *err)
{
    bool text = x->value.len == 0 || (stet_utf8_valid((const char *)x->value.data, x->value.len) &&
                                      !memchr(x->value.data, 0, x->value.len));

    if (text)
        return stet_diff_printable(x->value.data, x->value.len, 200, out, err);
    for (size_t i = 0; i < x->value.len && i < 64; i++)
        stet_buffer_addf(out, "%02x", x->value.data[i]);
    return stet_buffer_check(out, "an extended attribute", err);
}

static int tell_attribute(const struct comparison *c, const char *path,
                          const struct diff_attribute *a, const struct diff_attribute *b,
                          struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer ta = STET_BUFFER_INIT, tb = STET_BUFFER_INIT,
                                        what = STET_BUFFER_INIT;
    const struct diff_attribute *x = a ? a : b;

    stet_buffer_add_str(&what, "xattr ");
    if (stet_diff_printable(x->name, x->name_len, 200, &what, err) < 0 ||
        (a && attribute_text(a, &ta, err) < 0) || (b && attribute_text(b, &tb, err) < 0))
        return -1;
    return tell(c, path, stet_buffer_str(&what), a ? stet_buffer_str(&ta) : NULL,
                b ? stet_buffer_str(&tb) : NULL, err);
}

static int compare_names(const struct diff_attribute *a, const struct diff_attribute *b)
{
    size_t n = a->name_len < b->name_len ? a->name_len : b->name_len;
    int order = memcmp(a->name, b->name, n);

    return order ? order : (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

static int compare_attributes(const struct comparison *c, const char *path, unsigned *told,
                              struct stet_error *err)
{
    const struct diff_meta *a = &c->ma, *b = &c->mb;

    for (size_t i = 0, j = 0; i < a->xattr_count || j < b->xattr_count;) {
        const struct diff_attribute *x = i < a->xattr_count ? &a->xattrs[i] : NULL;
        const struct diff_attribute *y = j < b->xattr_count ? &b->xattrs[j] : NULL;
        int order = !x ? 1 : !y ? -1 : compare_names(x, y);
        i += order <= 0;
        j += order >= 0;
        if (order == 0 && diff_same(x->value, y->value))
            continue;
        *told |= DIFF_FIELD_XATTRS;
        if (tell_attribute(c, path, order <= 0 ? x : NULL, order >= 0 ? y : NULL, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- an entry on both sides ---- */

static bool is_file(const struct diff_meta *m, bool strict)
{
    return m->type == STET_ENTRY_FILE || (!strict && m->type == STET_ENTRY_HARDLINK);
}

static bool same_type(const struct comparison *c)
{
    if (c->ma.flag != c->mb.flag)
        return false;
    return c->ma.type == c->mb.type || (is_file(&c->ma, c->strict) && is_file(&c->mb, c->strict));
}

/* Does entry lead to leader, which is another name of the same file in t? */
static bool leads_to(const struct diff_tar *t, size_t leader, const char *path)
{
    size_t entry;
    return stet_diff_tar_find(t, path, &entry) && stet_diff_tar_leader(t, entry, &entry, NULL) &&
           entry == leader;
}

/*
 * Of the names of one file, an archive holds the content under the first that it meets. Is it another one on each side,
 * while on both the two names are one file?
 */
static bool is_led_otherwise(const struct comparison *c, size_t x, size_t y)
{
    const struct diff_tar *a = c->a->tar, *b = c->b->tar;
    size_t la, lb;

    if ((c->ma.type != STET_ENTRY_HARDLINK && c->mb.type != STET_ENTRY_HARDLINK) || c->ma.flag ||
        c->mb.flag || !stet_diff_tar_leader(a, x, &la, NULL) ||
        !stet_diff_tar_leader(b, y, &lb, NULL))
        return false;
    const char *pa = stet_diff_tar_path(a, la), *pb = stet_diff_tar_path(b, lb);
    return strcmp(pa, pb) != 0 && leads_to(a, la, pb) && leads_to(b, lb, pa);
}

static int compare_leaders(struct comparison *c, size_t i, size_t j, const char *path,
                           unsigned *told, struct stet_error *err)
{
    static const char *const words[] = {"it holds the content", "it is a link to another name"};

    c->led_otherwise = c->habits && is_led_otherwise(c, c->a->tar->order[i], c->b->tar->order[j]);
    if (!c->led_otherwise)
        return 0;
    *told |= DIFF_FIELD_TYPE | DIFF_FIELD_LINK | DIFF_FIELD_SIZE;
    if (c->ma.type == c->mb.type)
        return stet_diff_habit(c->habits, path, c->ma.link, c->mb.link,
                               "first of the names of a file", err);
    return stet_diff_habit(c->habits, path, words[c->ma.type == STET_ENTRY_HARDLINK],
                           words[c->mb.type == STET_ENTRY_HARDLINK], "first of the names of a file",
                           err);
}

static int compare_type(const struct comparison *c, const char *path, unsigned *told,
                        struct stet_error *err)
{
    char ta[VALUE_MAX], tb[VALUE_MAX];

    if (same_type(c) || c->led_otherwise)
        return 0;
    *told |= DIFF_FIELD_TYPE;
    return tell(c, path, "type", type_text(&c->ma, ta), type_text(&c->mb, tb), err);
}

static int compare_fields(const struct comparison *c, const char *path, unsigned *told,
                          struct stet_error *err)
{
    if (compare_type(c, path, told, err) < 0 || compare_mode(c, path, told, err) < 0 ||
        compare_number(c, path, "uid", &c->ma.uid, &c->mb.uid, "%jd", DIFF_FIELD_UID, told, err) <
            0 ||
        compare_number(c, path, "gid", &c->ma.gid, &c->mb.gid, "%jd", DIFF_FIELD_GID, told, err) <
            0 ||
        compare_mtime(c, path, told, err) < 0)
        return -1;
    if (!(*told & DIFF_FIELD_TYPE) && compare_device(c, path, told, err) < 0)
        return -1;
    if (!c->led_otherwise && compare_link(c, path, told, err) < 0)
        return -1;
    return compare_attributes(c, path, told, err);
}

static int tell_unreadable(const struct comparison *c, const char *path,
                           const struct stet_error *why_a, const struct stet_error *why_b,
                           struct stet_error *err)
{
    return stet_diff_add_at(c->d, STET_DIFF_CONTENT, c->layer, path, "bytes",
                            why_a->kind ? why_a->text : NULL, why_b->kind ? why_b->text : NULL, err,
                            "content cannot be read")
               ? 0
               : -1;
}

static int compare_bytes(struct comparison *c, const char *path, const struct diff_map *a,
                         const struct diff_map *b, unsigned *told, struct stet_error *err)
{
    struct diff_pair p = {c->d, NULL, c->layer, path, path, 0, a->bytes, b->bytes};

    c->looked_at += a->bytes.len + b->bytes.len;
    if (stet_diff_map_equal(a, b))
        return 0;
    if (a->bytes.len != b->bytes.len)
        *told |= DIFF_FIELD_SIZE;
    c->d->result->contents++;
    c->d->result->bytes += a->bytes.len + b->bytes.len;
    return stet_diff_map_content(&p, a, b, err);
}

static int compare_content(struct comparison *c, size_t i, size_t j, const char *path,
                           unsigned *told, struct stet_error *err)
{
    struct stet_error why_a = STET_ERROR_INIT, why_b = STET_ERROR_INIT;
    struct diff_map a = {0}, b = {0};
    int rc;

    bool files = is_file(&c->ma, c->strict) && is_file(&c->mb, c->strict);

    /* Of the names of one file, one is enough. */
    if (c->led_otherwise)
        files = c->ma.type == STET_ENTRY_FILE;
    if (!files || c->ma.flag != c->mb.flag)
        return 0;
    int has_a = c->a->ops->content(c->a, i, &a, &why_a);
    int has_b = c->b->ops->content(c->b, j, &b, &why_b);
    if (has_a < 0 || has_b < 0) {
        stet_error_copy(err, has_a < 0 ? &why_a : &why_b);
        rc = -1;
    } else if (!has_a || !has_b) {
        rc = tell_unreadable(c, path, &why_a, &why_b, err);
    } else {
        rc = compare_bytes(c, path, &a, &b, told, err);
    }
    stet_diff_map_release(&a);
    stet_diff_map_release(&b);
    return rc;
}

/* All bytes of an entry of a tar: headers, content, padding. */
static void raw_of(const struct diff_tar *t, size_t entry, struct diff_map *out)
{
    uint64_t start = t->entries[entry].start;
    stet_diff_map_part(t->map, start, stet_diff_tar_entry_end(t, entry) - start, out);
}

static void give_back(struct comparison *c)
{
    bool indexes = c->d->result->entries % DIFF_TAR_FORGET == 0;

    if (indexes && c->a->tar)
        stet_diff_tar_forget(c->a->tar);
    if (indexes && c->b->tar)
        stet_diff_tar_forget(c->b->tar);
    if (c->looked_at < FORGET)
        return;
    c->looked_at = 0;
    if (c->a->tar)
        stet_diff_map_forget(c->a->tar->map, 0, SIZE_MAX);
    if (c->b->tar)
        stet_diff_map_forget(c->b->tar->map, 0, SIZE_MAX);
}

static int compare_semantics(struct comparison *c, size_t i, size_t j, const char *path,
                             unsigned *told, struct stet_error *err)
{
    if (c->a->ops->meta(c->a, i, &c->ma, err) < 0 || c->b->ops->meta(c->b, j, &c->mb, err) < 0)
        return -1;
    if (!c->strict && (stet_diff_links_see(&c->links[0], i, &c->ma, err) < 0 ||
                       stet_diff_links_see(&c->links[1], j, &c->mb, err) < 0))
        return -1;
    if (compare_leaders(c, i, j, path, told, err) < 0 || compare_fields(c, path, told, err) < 0)
        return -1;
    return compare_content(c, i, j, path, told, err);
}

/* What is known of an entry without looking at its header. */
static unsigned known_of(struct diff_list *l, size_t i)
{
    return l->ops->told ? l->ops->told(l, i) : 0;
}

static int compare_pair(struct comparison *c, size_t i, size_t j, const char *path,
                        struct stet_error *err)
{
    struct stet_diff_result *r = c->d->result;
    size_t before = r->count, habits = c->habits ? stet_diff_habits_count(c->habits) : 0;
    unsigned told = 0;
    struct diff_map a, b;

    r->entries++;
    c->pairs++;
    give_back(c);
    if (!c->habits)
        return compare_semantics(c, i, j, path, &told, err);
    size_t x = c->a->tar->order[i], y = c->b->tar->order[j];
    raw_of(c->a->tar, x, &a);
    raw_of(c->b->tar, y, &b);
    c->looked_at += a.bytes.len + b.bytes.len + HEADER_COST;
    if (stet_diff_map_equal(&a, &b))
        return 0;
    if (compare_semantics(c, i, j, path, &told, err) < 0)
        return -1;
    unsigned known = known_of(c->a, i) | known_of(c->b, j);
    if (stet_diff_headers(c->habits, path, c->a->tar, x, c->b->tar, y, told | known, err) < 0)
        return -1;
    if (r->count > before || r->cut_short || stet_diff_habits_count(c->habits) > habits || known)
        return 0;
    return stet_diff_bytes_at(c->d, STET_DIFF_ARCHIVE, c->layer, path, "tar", "header", &a.bytes,
                              &b.bytes, err);
}

/* ---- an entry on one side ---- */

static int lose(struct comparison *c, int side, const char *path, struct stet_error *err)
{
    if (c->lost[side]++ < LOST_MAX)
        stet_buffer_addf(&c->lost_names[side], "%s\n", path);
    return stet_buffer_check(&c->lost_names[side], "names", err);
}

static int because_missing(struct stet_finding *f, int side, bool many, struct stet_error *err)
{
    return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err, "only the %s has %s",
                             side == 0 ? "first" : "second", many ? "them" : "it");
}

static int read_missing(struct comparison *c, int side, size_t i, char text[VALUE_MAX],
                        struct stet_error *err)
{
    struct diff_list *l = side == 0 ? c->a : c->b;
    struct diff_meta *m = side == 0 ? &c->ma : &c->mb;

    c->looked_at += l->tar ? HEADER_COST : 0;
    if (l->ops->meta(l, i, m, err) < 0 ||
        (!c->strict && stet_diff_links_see(&c->links[side], i, m, err) < 0))
        return -1;
    entry_text(m, text);
    return 0;
}

/* Entries from i on, all of one path that came before: one finding, however many there are. */
static int tell_duplicates(struct comparison *c, int side, size_t i, size_t n, const char *path,
                           struct stet_error *err)
{
    struct diff_list *l = side == 0 ? c->a : c->b;
    _cleanup_free_ char *count = stet_format(err, "%zu", n);
    struct stet_finding *f =
        !count ? NULL
               : stet_diff_add_at(c->d, STET_DIFF_ARCHIVE, c->layer, path, l->format,
                                  side == 0 ? count : NULL, side == 0 ? NULL : count, err,
                                  "more entries of this path");
    char text[VALUE_MAX];

    if (!f)
        return -1;
    for (size_t k = 0; k < n && k < LOST_MAX; k++)
        if (read_missing(c, side, i + k, text, err) < 0 ||
            stet_diff_detail(f, side == 0 ? '-' : '+', text, strlen(text), err) < 0)
            return -1;
    if (n > LOST_MAX) {
        snprintf(text, sizeof text, "and %zu more", n - LOST_MAX);
        if (stet_diff_detail(f, '@', text, strlen(text), err) < 0)
            return -1;
    }
    return because_missing(f, side, true, err);
}

static int tell_missing(struct comparison *c, int side, size_t i, bool duplicate, const char *path,
                        struct stet_error *err)
{
    struct diff_list *l = side == 0 ? c->a : c->b;
    char text[VALUE_MAX];

    if (read_missing(c, side, i, text, err) < 0)
        return -1;
    struct stet_finding *f =
        stet_diff_add_at(c->d, duplicate ? STET_DIFF_ARCHIVE : STET_DIFF_ENTRY, c->layer, path,
                         l->format, side == 0 ? text : NULL, side == 0 ? NULL : text, err,
                         duplicate ? "one more entry of this path" : "entry");
    return f ? because_missing(f, side, false, err) : -1;
}

/* Is it an entry of a tar whose path is that of the one before? */
static bool is_duplicate(struct diff_list *l, size_t i)
{
    return l->tar && i > 0 && strcmp(l->ops->path(l, i - 1), l->ops->path(l, i)) == 0;
}

/* The entry at *i and, where they are many, those of its path behind it: *i moves over them. */
static int missing(struct comparison *c, int side, size_t *i, const char *path,
                   struct stet_error *err)
{
    struct diff_list *l = side == 0 ? c->a : c->b, *other = side == 0 ? c->b : c->a;
    size_t first = (*i)++;

    if (!c->strict && path[0] == '\0')
        return 0; /* not every archive has an entry for the root */
    c->d->result->entries++;
    give_back(c);
    if (other->damaged)
        return lose(c, 1 - side, path, err);
    bool duplicate = is_duplicate(l, first);
    for (; duplicate && *i < l->count && is_duplicate(l, *i); (*i)++)
        c->d->result->entries++;
    return *i - first > 1 ? tell_duplicates(c, side, first, *i - first, path, err)
                          : tell_missing(c, side, first, duplicate, path, err);
}

static int tell_lost(struct comparison *c, struct stet_error *err)
{
    for (int side = 0; side < 2; side++) {
        if (c->lost[side] == 0)
            continue;
        _cleanup_free_ char *text = stet_format(err, "%zu", c->lost[side]);
        struct stet_finding *f =
            !text ? NULL
                  : stet_diff_add_at(
                        c->d, STET_DIFF_ARCHIVE, c->layer, "", "tar", side == 0 ? NULL : text,
                        side == 0 ? text : NULL, err,
                        "entries that the side which could not be read to its end does not show");
        if (!f)
            return -1;
        const char *line = stet_buffer_str(&c->lost_names[side]);
        for (const char *end; (end = strchr(line, '\n')); line = end + 1)
            if (stet_diff_detail(f, side == 0 ? '+' : '-', line, (size_t)(end - line), err) < 0)
                return -1;
    }
    return 0;
}

/* ---- */

static int walk(struct comparison *c, struct stet_error *err)
{
    struct diff_list *a = c->a, *b = c->b;
    int rc = 0;

    for (size_t i = 0, j = 0; rc == 0 && (i < a->count || j < b->count);) {
        const char *pa = i < a->count ? a->ops->path(a, i) : NULL;
        const char *pb = j < b->count ? b->ops->path(b, j) : NULL;
        int order = !pa ? 1 : !pb ? -1 : stet_path_compare(pa, pb);
        if (stet_cancel_check(err) < 0)
            return -1;
        if (order == 0)
            rc = compare_pair(c, i++, j++, pa, err);
        else
            rc = order < 0 ? missing(c, 0, &i, pa, err) : missing(c, 1, &j, pb, err);
    }
    if (rc < 0 || stet_diff_links_compare(c->d, c->layer, &c->links[0], &c->links[1], err) < 0)
        return -1;
    return tell_lost(c, err);
}

int stet_diff_entries(struct diff *d, unsigned layer, struct diff_list *a, struct diff_list *b,
                      bool strict, struct stet_error *err)
{
    struct comparison c = {.d = d,
                           .layer = layer,
                           .a = a,
                           .b = b,
                           .strict = strict,
                           .links = {{.list = a}, {.list = b}}};
    int rc = 0;

    if (strict && a->tar && b->tar) {
        c.habits = stet_diff_habits_new(d, layer, a->tar, b->tar, err);
        rc = c.habits ? 0 : -1;
    }
    if (rc == 0)
        rc = walk(&c, err);
    if (rc == 0 && c.habits)
        rc = stet_diff_habits_finish(c.habits, c.pairs, err);
    stet_diff_habits_free(c.habits);
    stet_diff_links_release(&c.links[0]);
    stet_diff_links_release(&c.links[1]);
    stet_diff_meta_release(&c.ma);
    stet_diff_meta_release(&c.mb);
    stet_buffer_release(&c.lost_names[0]);
    stet_buffer_release(&c.lost_names[1]);
    return rc;
}
