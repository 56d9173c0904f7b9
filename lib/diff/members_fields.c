/*
 * members_fields - in which fields members of archives differ.
 */
#include "lib/diff/members_private.h"

/* ---- fields ---- */

static const char *const field_names[DIFF_M_COUNT] = {
    [DIFF_N_TYPE] = "type",
    [DIFF_N_MODE] = "mode",
    [DIFF_N_UID] = "uid",
    [DIFF_N_GID] = "gid",
    [DIFF_N_MTIME] = "mtime",
    [DIFF_N_NS] = "mtime",
    [DIFF_N_DOS_TIME] = "date and time",
    [DIFF_N_DEVICE] = "device",
    [DIFF_N_LINKS] = "number of links",
    [DIFF_N_INODE] = "inode",
    [DIFF_N_FS] = "device of the file system",
    [DIFF_N_METHOD] = "compression method",
    [DIFF_N_FLAGS] = "flags",
    [DIFF_N_LEVEL] = "compression level",
    [DIFF_N_VERSIONS] = "version made by and needed",
    [DIFF_N_ATTRIBUTES] = "attributes",
    [DIFF_N_COUNT + DIFF_B_UNAME] = "user name",
    [DIFF_N_COUNT + DIFF_B_GNAME] = "group name",
    [DIFF_N_COUNT + DIFF_B_DIALECT] = "header dialect",
    [DIFF_N_COUNT + DIFF_B_EXTRA] = "extra field",
    [DIFF_N_COUNT + DIFF_B_COMMENT] = "comment",
    [DIFF_M_LINK] = "link",
    [DIFF_M_NAME] = "name",
    [DIFF_M_HEADER] = "header",
    [DIFF_M_PADDING] = "padding",
    [DIFF_M_PACKING] = "compression",
};

static void time_text(const struct diff_archived *m, struct stet_buffer *out)
{
    char text[STET_TIME_TEXT_MAX];
    int64_t value = m->number[DIFF_N_MTIME], ns = m->number[DIFF_N_NS];

    /* Years 1970 to 9999. */
    if (value < 0 || value > INT64_C(253402300799)) {
        stet_buffer_addf(out, "%lld", (long long)value);
        return;
    }
    stet_time_format(value, text);
    size_t len = strlen(text);
    if (ns > 0 && len > 0)
        stet_buffer_addf(out, "%.*s.%09lldZ", (int)len - 1, text, (long long)ns);
    else
        stet_buffer_add_str(out, text);
}

/* APPNOTE 4.4.6: as MS-DOS has it. */
static void dos_time_text(int64_t v, struct stet_buffer *out)
{
    unsigned date = (unsigned)(v >> 16) & 0xffff, clock = (unsigned)v & 0xffff;

    stet_buffer_addf(out, "%04u-%02u-%02u %02u:%02u:%02u", 1980 + (date >> 9), date >> 5 & 15,
                     date & 31, clock >> 11, clock >> 5 & 63, (clock & 31) * 2);
}

static void number_text(const struct diff_archived *m, size_t field, struct stet_buffer *out)
{
    int64_t v = m->number[field];

    switch (field) {
    case DIFF_N_TYPE:
        stet_buffer_addf(out, "'%c'", v >= 0x20 && v < 0x7f ? (char)v : '?');
        break;
    case DIFF_N_MODE:
        stet_buffer_addf(out, "%04llo", (unsigned long long)v);
        break;
    case DIFF_N_MTIME:
    case DIFF_N_NS:
        time_text(m, out);
        break;
    case DIFF_N_DOS_TIME:
        dos_time_text(v, out);
        break;
    case DIFF_N_DEVICE:
    case DIFF_N_FS:
        stet_buffer_addf(out, "%lld:%lld", (long long)(v >> 32), (long long)(v & 0xffffffff));
        break;
    case DIFF_N_VERSIONS:
        stet_buffer_addf(out, "made by %u (system %u), needed %u", (unsigned)(v >> 16) & 255,
                         (unsigned)(v >> 24) & 255, (unsigned)v & 0xffff);
        break;
    case DIFF_N_LEVEL: {
        /* APPNOTE 4.4.4 */
        static const char *const levels[] = {"normal", "maximum", "fast", "super fast"};
        stet_buffer_add_str(out, levels[v & 3]);
        break;
    }
    case DIFF_N_FLAGS:
    case DIFF_N_ATTRIBUTES:
        stet_buffer_addf(out, "%#llx", (unsigned long long)v);
        break;
    default:
        stet_buffer_addf(out, "%lld", (long long)v);
    }
}

static bool is_text(const struct diff_bytes *x)
{
    for (size_t i = 0; i < x->len; i++)
        if (x->data[i] < 0x20 || x->data[i] == 0x7f)
            return false;
    return true;
}

static int bytes_text(const struct diff_bytes *x, struct stet_buffer *out, struct stet_error *err)
{
    if (is_text(x))
        return stet_diff_printable(x->data, x->len, 150, out, err);
    for (size_t i = 0; i < x->len && i < 40; i++)
        stet_buffer_addf(out, "%s%02x", i ? " " : "", x->data[i]);
    if (x->len > 40)
        stet_buffer_addf(out, " … (%zu bytes)", x->len);
    return stet_buffer_check(out, "a field of an archive", err);
}

/* Only the part of a that is not as in b is of interest. */
static int odd_bytes(const struct diff_bytes *a, const struct diff_bytes *b,
                     struct stet_buffer *out, struct stet_error *err)
{
    size_t from = 0, to = a->len;

    while (from < a->len && from < b->len && a->data[from] == b->data[from])
        from++;
    if (a->len == b->len)
        while (to > from && a->data[to - 1] == b->data[to - 1])
            to--;
    stet_buffer_addf(out, "at %zu: ", from);
    struct diff_bytes part = {a->data + from, to - from};
    for (size_t i = 0; i < part.len && i < 40; i++)
        stet_buffer_addf(out, "%s%02x", i ? " " : "", part.data[i]);
    if (part.len > 40)
        stet_buffer_addf(out, " … (%zu bytes)", part.len);
    return stet_buffer_check(out, "a field of an archive", err);
}

/* The value of a field of x as text; other is its counterpart. 1; 0 when there is none. */
static int field_text(const struct diff_container *c, const struct diff_archived *x,
                      const struct diff_archived *other, size_t field, struct stet_buffer *out,
                      struct stet_error *err)
{
    if (field < DIFF_N_COUNT) {
        if (x->number[field] == DIFF_NO_NUMBER)
            return 0;
        number_text(x, field, out);
    } else if (field < DIFF_M_LINK) {
        const struct diff_bytes *b = &x->bytes[field - DIFF_N_COUNT];
        if (!b->data)
            return 0;
        if (bytes_text(b, out, err) < 0)
            return -1;
    } else if (field == DIFF_M_LINK) {
        if (!x->link)
            return 0;
        const char *link = c->names.data + x->link;
        if (stet_diff_printable(link, strlen(link), 150, out, err) < 0)
            return -1;
    } else if (field == DIFF_M_NAME) {
        const char *name = c->names.data + x->name;
        if (stet_diff_printable(name, strlen(name), 150, out, err) < 0)
            return -1;
    } else if (field == DIFF_M_HEADER) {
        if (odd_bytes(&x->header, &other->header, out, err) < 0)
            return -1;
    } else if (field == DIFF_M_PADDING) {
        if (odd_bytes(&x->padding, &other->padding, out, err) < 0)
            return -1;
    } else {
        stet_buffer_addf(out, "%zu bytes compressed", x->content.len);
    }
    return stet_buffer_check(out, "a field of an archive", err) < 0 ? -1 : 1;
}

void stet_diff_members_note(struct diff_members *c, size_t field, uint32_t i, uint32_t k)
{
    struct diff_member_group *g = &c->groups[field];

    if (g->count < DIFF_GROUP_SHOWN) {
        g->a[g->count] = i;
        g->b[g->count] = k;
    }
    g->count++;
}

void stet_diff_members_fields(struct diff_members *c, uint32_t i, uint32_t k)
{
    const struct diff_archived *x = &c->a->members[i], *y = &c->b->members[k];
    bool same = true;

    for (size_t n = 0; n < DIFF_N_COUNT; n++) {
        if (x->number[n] == y->number[n] ||
            (n == DIFF_N_NS && x->number[DIFF_N_MTIME] != y->number[DIFF_N_MTIME]))
            continue;
        /* Whole seconds and their parts are one property. */
        stet_diff_members_note(c, n == DIFF_N_NS ? DIFF_N_MTIME : n, i, k);
        same = false;
    }
    for (size_t n = 0; n < DIFF_B_COUNT; n++) {
        if (!x->bytes[n].data == !y->bytes[n].data &&
            stet_diff_bytes_equal(&x->bytes[n], &y->bytes[n]))
            continue;
        stet_diff_members_note(c, DIFF_N_COUNT + n, i, k);
        same = false;
    }
    if (!x->link != !y->link ||
        (x->link && strcmp(c->a->names.data + x->link, c->b->names.data + y->link) != 0)) {
        stet_diff_members_note(c, DIFF_M_LINK, i, k);
        same = false;
    }
    if (strcmp(stet_diff_container_name(c->a, i), stet_diff_container_name(c->b, k)) != 0) {
        stet_diff_members_note(c, DIFF_M_NAME, i, k);
        same = false;
    }
    /* Lengths and sums of a content that differs stand in the header too. */
    if (!same || !stet_diff_bytes_equal(&x->content, &y->content))
        return;
    if (!stet_diff_bytes_equal(&x->header, &y->header))
        stet_diff_members_note(c, DIFF_M_HEADER, i, k);
    if (!stet_diff_bytes_equal(&x->padding, &y->padding))
        stet_diff_members_note(c, DIFF_M_PADDING, i, k);
}
/* ---- telling them ---- */

int stet_diff_members_path(const struct diff_pair *p, const char *name, struct stet_buffer *out,
                           struct stet_error *err)
{
    stet_buffer_add_str(out, p->path);
    stet_buffer_add_char(out, '!');
    return stet_diff_printable(name, strlen(name), 1000, out, err);
}

static int group_detail(const struct diff_members *c, const struct diff_member_group *g,
                        size_t field, struct stet_finding *f, struct stet_error *err)
{
    for (size_t i = 0; i < g->count && i < DIFF_GROUP_SHOWN; i++) {
        _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
        const struct diff_archived *x = &c->a->members[g->a[i]], *y = &c->b->members[g->b[i]];
        const char *name = stet_diff_container_name(c->a, g->a[i]);
        int has_a = field_text(c->a, x, y, field, &a, err);
        int has_b = field_text(c->b, y, x, field, &b, err);
        if (has_a < 0 || has_b < 0 || stet_diff_detail(f, '@', name, strlen(name), err) < 0 ||
            (has_a && stet_diff_detail(f, '-', a.data, a.len, err) < 0) ||
            (has_b && stet_diff_detail(f, '+', b.data, b.len, err) < 0))
            return -1;
    }
    if (g->count <= DIFF_GROUP_SHOWN)
        return 0;
    _cleanup_free_ char *more = stet_format(err, "%zu more members", g->count - DIFF_GROUP_SHOWN);
    return more ? stet_diff_detail(f, '@', more, strlen(more), err) : -1;
}

int stet_diff_members_tell(const struct diff_members *c, size_t field, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT,
                                        path = STET_BUFFER_INIT;
    const struct diff_member_group *g = &c->groups[field];
    const struct diff_archived *x = &c->a->members[g->a[0]], *y = &c->b->members[g->b[0]];
    int has_a = field_text(c->a, x, y, field, &a, err);
    int has_b = field_text(c->b, y, x, field, &b, err);
    struct diff_pair p = *c->p;
    struct stet_finding *f;

    if (has_a < 0 || has_b < 0)
        return -1;
    const char *a_text = has_a ? stet_buffer_str(&a) : NULL;
    const char *b_text = has_b ? stet_buffer_str(&b) : NULL;
    if (g->count == 1) {
        if (stet_diff_members_path(c->p, stet_diff_container_name(c->a, g->a[0]), &path, err) < 0)
            return -1;
        p.path = stet_buffer_str(&path);
        f = stet_diff_add(&p, c->a->format, a_text, b_text, err, "%s", field_names[field]);
    } else {
        f = stet_diff_add(&p, c->a->format, a_text, b_text, err, "%s of %zu members",
                          field_names[field], g->count);
    }
    if (!f || (g->count > 1 && group_detail(c, g, field, f, err) < 0))
        return -1;
    if (field != DIFF_M_PACKING && field != DIFF_M_NAME && field != DIFF_N_METHOD &&
        field != DIFF_N_LEVEL)
        return 0;
    return stet_diff_because(f, STET_CAUSE_COMPRESSOR, STET_DIFF_CERTAIN, err,
                             "this says how members are compressed, not what they hold");
}
