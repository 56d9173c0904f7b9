/*
 * members - two lists of members, compared by name.
 */
#define ZLIB_CONST /* next_in points to const */
#include "lib/diff/members_private.h"

#include <zlib.h>

#include "lib/diff/spool.h"

enum {
    MISSING_SHOWN = 100, /* findings of members that one side has */
    NONE = UINT32_MAX,
    PIECE = 64 << 10,
};

/* ---- containers ---- */

void stet_diff_container_init(struct diff_container *c, const char *format)
{
    *c = (struct diff_container){.format = format};
    /* Offset 0 is no name. */
    stet_buffer_add_char(&c->names, '\0');
}

void stet_diff_container_release(struct diff_container *c)
{
    free(c->members);
    stet_buffer_release(&c->names);
    *c = (struct diff_container){.format = c->format};
}

struct diff_archived *stet_diff_container_add(struct diff_container *c, const void *name,
                                              size_t len, struct stet_error *err)
{
    if (c->count == DIFF_MEMBERS_MAX) {
        stet_error_input(err, "more than %d members", DIFF_MEMBERS_MAX);
        return NULL;
    }
    if (stet_grow(&c->members, &c->cap, c->count + 1, sizeof *c->members, err) < 0)
        return NULL;
    struct diff_archived *m = &c->members[c->count];
    *m = (struct diff_archived){.name = c->names.len, .key = c->names.len};
    for (size_t i = 0; i < DIFF_N_COUNT; i++)
        m->number[i] = DIFF_NO_NUMBER;
    stet_buffer_add(&c->names, name, len ? strnlen(name, len) : 0);
    stet_buffer_add_char(&c->names, '\0');
    if (stet_buffer_check(&c->names, "the names of an archive", err) < 0)
        return NULL;
    c->count++;
    return m;
}

int stet_diff_container_link(struct diff_container *c, struct diff_archived *m, const void *link,
                             size_t len, struct stet_error *err)
{
    m->link = c->names.len;
    stet_buffer_add(&c->names, link, len ? strnlen(link, len) : 0);
    stet_buffer_add_char(&c->names, '\0');
    return stet_buffer_check(&c->names, "the names of an archive", err);
}

const char *stet_diff_container_name(const struct diff_container *c, size_t member)
{
    return c->names.data + c->members[member].name;
}

/* ---- who belongs to whom ---- */

static const char *key_of(const struct diff_container *c, size_t member)
{
    return c->names.data + c->members[member].key;
}

static int by_key(const void *x, const void *y, void *ctx)
{
    const struct diff_container *c = ctx;
    uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
    int order = strcmp(key_of(c, i), key_of(c, k));

    return order ? order : (i > k) - (i < k);
}

static uint32_t *sorted(const struct diff_container *c, struct stet_error *err)
{
    uint32_t *index = calloc(c->count + 1, sizeof *index);

    if (!index) {
        stet_error_oom(err, "comparing archives");
        return NULL;
    }
    for (uint32_t i = 0; i < c->count; i++)
        index[i] = i;
    qsort_r(index, c->count, sizeof *index, by_key, (void *)(uintptr_t)c);
    return index;
}

/* The nth of a name belongs to the nth of that name. */
static int match(struct diff_members *c, struct stet_error *err)
{
    _cleanup_free_ uint32_t *x = sorted(c->a, err), *y = x ? sorted(c->b, err) : NULL;

    if (!x || !y)
        return -1;
    memset(c->of_a, 0xff, c->a->count * sizeof *c->of_a);
    memset(c->of_b, 0xff, c->b->count * sizeof *c->of_b);
    for (size_t i = 0, k = 0; i < c->a->count && k < c->b->count;) {
        int order = strcmp(key_of(c->a, x[i]), key_of(c->b, y[k]));
        if (order == 0) {
            c->of_a[x[i]] = y[k];
            c->of_b[y[k]] = x[i];
        }
        i += order <= 0;
        k += order >= 0;
    }
    return 0;
}

/* ---- order ---- */

/* How many of n numbers are not in the longest ascending row of them. */
static int count_moved(const uint32_t *numbers, size_t n, size_t *out, struct stet_error *err)
{
    _cleanup_free_ uint32_t *tails = calloc(n + 1, sizeof *tails);
    size_t len = 0;

    if (!tails)
        return stet_error_oom(err, "comparing archives");
    for (size_t i = 0; i < n; i++) {
        size_t low = 0, high = len;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (tails[middle] < numbers[i])
                low = middle + 1;
            else
                high = middle;
        }
        tails[low] = numbers[i];
        len += low == len;
    }
    *out = n - len;
    return 0;
}

static int add_order(struct diff_members *c, size_t n, size_t moved, struct stet_error *err)
{
    size_t i = 0, k = 0;

    /* The first place where the other side has another of those that both have. */
    for (size_t at = 0; at < n; at++, i++, k++) {
        while (c->of_a[i] == NONE)
            i++;
        while (c->of_b[k] == NONE)
            k++;
        if (c->of_a[i] != k)
            break;
    }
    struct stet_finding *f =
        stet_diff_add(c->p, c->a->format, stet_diff_container_name(c->a, i),
                      stet_diff_container_name(c->b, k), err, "order of members");
    if (!f)
        return -1;
    _cleanup_free_ char *text = stet_format(
        err, "%zu of %zu members stand elsewhere; the first place is member %zu", moved, n, i + 1);
    return text ? stet_diff_detail(f, '@', text, strlen(text), err) : -1;
}

static int compare_order(struct diff_members *c, struct stet_error *err)
{
    _cleanup_free_ uint32_t *order = calloc(c->a->count + 1, sizeof *order);
    size_t n = 0, moved = 0;

    if (!order)
        return stet_error_oom(err, "comparing archives");
    for (size_t i = 0; i < c->a->count; i++)
        if (c->of_a[i] != NONE)
            order[n++] = c->of_a[i];
    if (count_moved(order, n, &moved, err) < 0)
        return -1;
    return moved ? add_order(c, n, moved, err) : 0;
}
/* ---- missing members ---- */

static int because_missing(struct stet_finding *f, bool of_a, struct stet_error *err)
{
    return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err, "only the %s has it",
                             of_a ? "first" : "second");
}

static int add_one_missing(const struct diff_members *c, const struct diff_container *x, size_t i,
                           bool of_a, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer path = STET_BUFFER_INIT;
    const struct diff_archived *m = &x->members[i];
    _cleanup_free_ char *text = m->link ? stet_format(err, "link to %s", x->names.data + m->link)
                                        : stet_diff_length_text(m->size, err);
    struct diff_pair p = *c->p;

    if (!text || stet_diff_members_path(c->p, stet_diff_container_name(x, i), &path, err) < 0)
        return -1;
    p.path = stet_buffer_str(&path);
    struct stet_finding *f =
        stet_diff_add(&p, x->format, of_a ? text : NULL, of_a ? NULL : text, err, "member");
    return f ? because_missing(f, of_a, err) : -1;
}

static int add_missing(const struct diff_members *c, bool of_a, struct stet_error *err)
{
    const struct diff_container *x = of_a ? c->a : c->b;
    const uint32_t *other = of_a ? c->of_a : c->of_b;
    size_t n = 0;

    for (size_t i = 0; i < x->count; i++)
        if (other[i] == NONE && n++ < MISSING_SHOWN && add_one_missing(c, x, i, of_a, err) < 0)
            return -1;
    if (n <= MISSING_SHOWN)
        return 0;
    _cleanup_free_ char *text = stet_format(err, "%zu more members", n - MISSING_SHOWN);
    struct stet_finding *f = text ? stet_diff_add(c->p, x->format, of_a ? text : NULL,
                                                  of_a ? NULL : text, err, "members")
                                  : NULL;
    return f ? because_missing(f, of_a, err) : -1;
}

/* ---- contents ---- */

/* 1; 0 when it is damaged or too long. */
static int inflate_all(z_stream *z, const struct diff_archived *m, uint64_t max,
                       struct diff_spool *out, bool *too_long, struct stet_error *err)
{
    unsigned char piece[PIECE];
    uint64_t made = 0;
    size_t used = 0;

    for (int rc = Z_OK; rc != Z_STREAM_END;) {
        size_t left = m->content.len - used;
        uInt in = left < UINT32_MAX / 2 ? (uInt)left : UINT32_MAX / 2;
        z->next_in = m->content.data + used;
        z->avail_in = in;
        z->next_out = piece;
        z->avail_out = sizeof piece;
        rc = inflate(z, Z_NO_FLUSH);
        size_t n = sizeof piece - z->avail_out;
        used += in - z->avail_in;
        if ((rc != Z_OK && rc != Z_STREAM_END) || (n == 0 && in == z->avail_in && rc == Z_OK))
            return 0;
        *too_long = (made += n) > max;
        if (*too_long)
            return 0;
        if (stet_diff_spool_add(out, piece, n, err) < 0)
            return -1;
    }
    return used == m->content.len;
}

static int unpack(const struct diff_pair *p, const struct diff_archived *m,
                  struct diff_spool *spool, struct diff_bytes *out, bool *too_long,
                  struct stet_error *err)
{
    z_stream z = {0};

    if (m->locked)
        return 0;
    if (!m->packed) {
        *out = m->content;
        return 1;
    }
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return stet_error_oom(err, "unpacking a member");
    int rc = inflate_all(&z, m, p->diff->bytes_left / 2, spool, too_long, err);
    inflateEnd(&z);
    uint64_t made = spool->written + spool->memory.len;
    if (rc <= 0) {
        p->diff->bytes_left -= made < p->diff->bytes_left ? made : p->diff->bytes_left;
        return rc;
    }
    return stet_diff_spool_bytes(spool, out, err) < 0 ? -1 : 1;
}

static int add_too_long(const struct diff_members *c, uint32_t i, uint32_t k,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer path = STET_BUFFER_INIT;
    _cleanup_free_ char *a = stet_diff_length_text(c->a->members[i].size, err);
    _cleanup_free_ char *b = stet_diff_length_text(c->b->members[k].size, err);
    struct diff_pair p = *c->p;

    if (!a || !b || stet_diff_members_path(c->p, stet_diff_container_name(c->a, i), &path, err) < 0)
        return -1;
    p.path = stet_buffer_str(&path);
    c->p->diff->result->cut_short = true;
    return stet_diff_add(&p, c->a->format, a, b, err,
                         "budget of bytes: it differs, and is too long to be opened")
               ? 0
               : -1;
}

/* Once for all of them. */
static int tell_overlaps(const struct diff_members *c, struct stet_error *err)
{
    _cleanup_free_ char *a = stet_format(err, "%zu of %zu", c->a->overlapping, c->a->count);
    _cleanup_free_ char *b = stet_format(err, "%zu of %zu", c->b->overlapping, c->b->count);

    if (!a || !b)
        return -1;
    if (c->a->overlapping == 0 && c->b->overlapping == 0)
        return 0;
    c->p->diff->result->cut_short = true;
    return stet_diff_add(c->p, c->a->format, a, b, err,
                         "members that share bytes with others: they are not opened")
               ? 0
               : -1;
}

static int compare_content(struct diff_members *c, uint32_t i, uint32_t k, struct stet_error *err)
{
    const struct diff_archived *x = &c->a->members[i], *y = &c->b->members[k];
    _cleanup_spool_ struct diff_spool s, t;
    struct diff_bytes a = x->content, b = y->content;
    bool too_long = false;

    stet_diff_spool_init(&s, c->p->diff);
    stet_diff_spool_init(&t, c->p->diff);
    if (x->overlaps || y->overlaps ||
        (x->packed == y->packed && x->locked == y->locked && stet_diff_bytes_equal(&a, &b)))
        return 0;
    int rc = unpack(c->p, x, &s, &a, &too_long, err);
    if (rc > 0)
        rc = unpack(c->p, y, &t, &b, &too_long, err);
    if (rc < 0)
        return -1;
    if (rc > 0 && stet_diff_bytes_equal(&a, &b)) {
        c->p->diff->bytes_left -=
            a.len + b.len < c->p->diff->bytes_left ? a.len + b.len : c->p->diff->bytes_left;
        stet_diff_members_note(c, DIFF_M_PACKING, i, k);
        return 0;
    }
    if (rc == 0 && too_long)
        return add_too_long(c, i, k, err);
    /* What cannot be unpacked is compared as it is. */
    if (rc == 0) {
        a = x->content;
        b = y->content;
    }
    return stet_diff_member(c->p, stet_diff_container_name(c->a, i), &a, &b, err) < 0 ? -1 : 0;
}

static int compare_contents(struct diff_members *c, struct stet_error *err)
{
    for (uint32_t i = 0; i < c->a->count; i++) {
        if (c->of_a[i] == NONE)
            continue;
        if (stet_cancel_check(err) < 0 || compare_content(c, i, c->of_a[i], err) < 0)
            return -1;
    }
    return 0;
}

/* ---- what is no member ---- */

static struct diff_bytes without_zeroes(struct diff_bytes x)
{
    while (x.len > 0 && x.data[0] == 0) {
        x.data++;
        x.len--;
    }
    return x;
}

static int compare_around(const struct diff_members *c, struct stet_error *err)
{
    struct diff_bytes x = without_zeroes(c->a->after), y = without_zeroes(c->b->after);

    if (!stet_diff_bytes_equal(&c->a->before, &c->b->before) &&
        stet_diff_member(c->p, "(before the first member)", &c->a->before, &c->b->before, err) < 0)
        return -1;
    if (stet_diff_bytes_equal(&c->a->after, &c->b->after))
        return 0;
    if (c->a->after.len - x.len != c->b->after.len - y.len) {
        _cleanup_free_ char *a = stet_format(err, "%zu", c->a->after.len - x.len);
        _cleanup_free_ char *b = stet_format(err, "%zu", c->b->after.len - y.len);
        if (!a || !b ||
            !stet_diff_add(c->p, c->a->format, a, b, err, "zero bytes after the last member"))
            return -1;
    }
    if (stet_diff_bytes_equal(&x, &y))
        return 0;
    return stet_diff_member(c->p, "(after the last member)", &x, &y, err) < 0 ? -1 : 0;
}

/* ---- all ---- */

static int compare_all(struct diff_members *c, struct stet_error *err)
{
    if (match(c, err) < 0 || compare_order(c, err) < 0)
        return -1;
    for (uint32_t i = 0; i < c->a->count; i++)
        if (c->of_a[i] != NONE)
            stet_diff_members_fields(c, i, c->of_a[i]);
    for (size_t field = 0; field < DIFF_M_PACKING; field++)
        if (c->groups[field].count > 0 && stet_diff_members_tell(c, field, err) < 0)
            return -1;
    if (tell_overlaps(c, err) < 0 || add_missing(c, true, err) < 0 ||
        add_missing(c, false, err) < 0 || compare_contents(c, err) < 0)
        return -1;
    if (c->groups[DIFF_M_PACKING].count > 0 && stet_diff_members_tell(c, DIFF_M_PACKING, err) < 0)
        return -1;
    return compare_around(c, err);
}

int stet_diff_containers(const struct diff_pair *p, const struct diff_container *a,
                         const struct diff_container *b, struct stet_error *err)
{
    size_t before = p->diff->result->count;
    struct diff_members *c = calloc(1, sizeof *c);
    int rc = -1;

    if (c) {
        c->p = p;
        c->a = a;
        c->b = b;
        c->of_a = calloc(a->count + 1, sizeof *c->of_a);
        c->of_b = calloc(b->count + 1, sizeof *c->of_b);
        rc = c->of_a && c->of_b ? compare_all(c, err) : stet_error_oom(err, "comparing archives");
        free(c->of_a);
        free(c->of_b);
    } else {
        stet_error_oom(err, "comparing archives");
    }
    free(c);
    return rc < 0 ? -1 : (int)(p->diff->result->count - before);
}
