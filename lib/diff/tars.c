/*
 * tars - tars as contents, packages made of them, and Debian's packages, which are ar archives with two of them.
 */
#include "lib/diff/evidence.h"
#include "lib/diff/formats.h"
#include "lib/diff/members.h"
#include "lib/diff/scopes.h"
#include "lib/diff/sides.h"
#include "lib/diff/spool.h"

/* ---- tar ---- */

static void tar_number(struct diff_archived *m, enum diff_number_field field,
                       const struct diff_number *n)
{
    if (n->ok)
        m->number[field] = n->value;
}

static struct diff_bytes tar_string(const unsigned char *field, size_t size)
{
    return (struct diff_bytes){field, strnlen((const char *)field, size)};
}

static int tar_fields(const struct diff_tar *t, size_t i, struct diff_meta *meta,
                      struct diff_container *c, struct diff_archived *m, struct stet_error *err)
{
    const struct diff_tar_entry *e = &t->entries[i];
    const unsigned char *data = t->map->bytes.data;
    const unsigned char *h = data + e->start + (uint64_t)e->header * DIFF_BLOCK;

    if (stet_diff_tar_meta(t, i, meta, err) < 0)
        return -1;
    m->number[DIFF_N_TYPE] = e->type ? e->type : '0';
    tar_number(m, DIFF_N_MODE, &meta->mode);
    tar_number(m, DIFF_N_UID, &meta->uid);
    tar_number(m, DIFF_N_GID, &meta->gid);
    tar_number(m, DIFF_N_MTIME, &meta->mtime);
    m->number[DIFF_N_NS] = meta->mtime_ns;
    if (meta->type == STET_ENTRY_CHAR || meta->type == STET_ENTRY_BLOCK)
        m->number[DIFF_N_DEVICE] =
            (int64_t)((uint64_t)meta->major.value << 32 | (uint32_t)meta->minor.value);
    m->bytes[DIFF_B_DIALECT] = (struct diff_bytes){h + 257, 8};
    m->bytes[DIFF_B_UNAME] = tar_string(h + 265, 32);
    m->bytes[DIFF_B_GNAME] = tar_string(h + 297, 32);
    m->content = (struct diff_bytes){data + e->content, (size_t)e->size};
    m->size = e->size;
    m->has_content = e->size > 0 || meta->type == STET_ENTRY_FILE;
    m->header = (struct diff_bytes){data + e->start, (size_t)(e->content - e->start)};
    uint64_t end = e->content + e->size;
    m->padding = (struct diff_bytes){data + end, (size_t)(stet_diff_tar_entry_end(t, i) - end)};
    if (!meta->link)
        return 0;
    return stet_diff_container_link(c, m, meta->link, strlen(meta->link), err);
}

static int tar_members(const struct diff_tar *t, struct diff_container *c, struct stet_error *err)
{
    struct diff_meta meta = {0};
    int rc = 1;

    for (size_t i = 0; rc > 0 && i < t->count; i++) {
        const char *path = *stet_diff_tar_path(t, i) ? stet_diff_tar_path(t, i) : ".";
        struct diff_archived *m = stet_diff_container_add(c, path, strlen(path), err);
        if (!m || tar_fields(t, i, &meta, c, m, err) < 0)
            rc = -1;
    }
    stet_diff_meta_release(&meta);
    c->after =
        (struct diff_bytes){t->map->bytes.data + t->end, (size_t)(t->map->bytes.len - t->end)};
    return rc;
}

/* What is no tar to its end is rather something else. */
static bool is_tar(const struct diff_bytes *data)
{
    return data->len >= DIFF_BLOCK && stet_diff_tar_header_holds(data->data);
}

static int find_description(const struct diff_tar *t, const char *name, struct diff_bytes *out)
{
    size_t i;

    if (!stet_diff_tar_find(t, name, &i))
        return 0;
    *out =
        (struct diff_bytes){t->map->bytes.data + t->entries[i].content, (size_t)t->entries[i].size};
    return 1;
}

/* pacman's and Alpine's packages are tars that hold a description. It is told at the package's own place. */
static int compare_packages(const struct diff_pair *p, const struct diff_tar *a,
                            const struct diff_tar *b, struct stet_error *err)
{
    struct diff_bytes x, y;
    const struct diff_pair *at = p;

    if (!find_description(a, ".PKGINFO", &x) || !find_description(b, ".PKGINFO", &y))
        return 0;
    size_t len = strlen(p->path), inner = strlen("!(content)");
    if (p->outer && len >= inner && strcmp(p->path + len - inner, "!(content)") == 0)
        at = p->outer;
    return stet_diff_package_versions(at, "package", &x, &y, err);
}

/* What a member of the package tells of its build. */
static int tell_member(struct diff_side *side, const struct diff_tar *t, const char *name,
                       struct stet_error *err)
{
    struct diff_bytes content;

    return find_description(t, name, &content) ? stet_diff_evidence_file(side, name, &content, err)
                                               : 0;
}

/* A package in something else was built apart from it: what it tells. NULL with rc 0 where it is none. */
static struct diff_scope *add_scope(const struct diff_pair *p, const struct diff_tar *a,
                                    const struct diff_tar *b, struct stet_error *err)
{
    const struct diff_tar *tars[] = {a, b};
    struct diff_scope *s = stet_diff_scope_add(p, err);
    int rc = 0;

    for (int i = 0; s && rc == 0 && i < 2; i++)
        rc = tell_member(&s->side[i], tars[i], ".BUILDINFO", err) < 0 ||
                     tell_member(&s->side[i], tars[i], ".PKGINFO", err) < 0
                 ? -1
                 : 0;
    return s && rc == 0 && stet_diff_scope_finish(s, err) == 0 ? s : NULL;
}

static int compare_members(const struct diff_pair *p, const struct diff_container *a,
                           const struct diff_container *b, const struct diff_scope *scope,
                           struct stet_error *err)
{
    struct diff_side outer[2];

    stet_diff_scope_enter(p->diff, scope, outer);
    int rc = stet_diff_containers(p, a, b, err);
    stet_diff_scope_leave(p->diff, outer);
    return rc;
}

static bool is_package(const struct diff_tar *t)
{
    struct diff_bytes unused;
    return find_description(t, ".PKGINFO", &unused);
}

static int compare_tars(const struct diff_pair *p, const struct diff_tar *a,
                        const struct diff_tar *b, struct stet_error *err)
{
    struct diff_container x, y;
    struct diff_scope *scope = NULL;
    struct stet_error why = STET_ERROR_INIT;

    /* Damage is told better by bytes. */
    if (a->gap_count > 0 || b->gap_count > 0 || a->cut_short || b->cut_short)
        return 0;
    int rc = compare_packages(p, a, b, err);
    if (rc != 0)
        return rc;
    if (is_package(a) && is_package(b))
        scope = add_scope(p, a, b, &why);
    if (why.kind) {
        stet_error_copy(err, &why);
        return -1;
    }
    stet_diff_container_init(&x, "tar");
    stet_diff_container_init(&y, "tar");
    rc = tar_members(a, &x, err);
    if (rc > 0)
        rc = tar_members(b, &y, err);
    if (rc > 0)
        rc = compare_members(p, &x, &y, scope, err);
    stet_diff_container_release(&x);
    stet_diff_container_release(&y);
    return rc < 0 ? -1 : rc > 0;
}

int stet_diff_tar_compare(const struct diff_pair *p, struct stet_error *err)
{
    struct diff_map x = {.bytes = p->a}, y = {.bytes = p->b};
    struct diff_tar a, b;

    if (!is_tar(&p->a) || !is_tar(&p->b))
        return 0;
    if (stet_diff_tar_index(p->diff, &x, &a, err) < 0)
        return -1;
    int rc = stet_diff_tar_index(p->diff, &y, &b, err);
    if (rc == 0) {
        rc = compare_tars(p, &a, &b, err);
        stet_diff_tar_release(&b);
    }
    stet_diff_tar_release(&a);
    return rc;
}

/* ---- Debian packages ---- */

enum { CONTROL_MAX = 16 << 20 };

/* The file "control" of control.tar.*, decoded into spool. 1, 0 there is none. */
static int deb_control(const struct diff_container *c, struct diff_spool *spool,
                       struct diff_bytes *out, struct stet_error *err)
{
    struct stet_error why = STET_ERROR_INIT;
    struct diff_map map = {0};
    struct diff_tar t;

    if (c->count < 2 || strcmp(stet_diff_container_name(c, 0), "debian-binary") != 0 ||
        strncmp(stet_diff_container_name(c, 1), "control.tar", 11) != 0)
        return 0;
    map.bytes = c->members[1].content;
    if (strcmp(stet_diff_container_name(c, 1), "control.tar") != 0) {
        int rc = stet_diff_spool_decode(spool, &map.bytes, CONTROL_MAX, &why, err);
        if (rc <= 0)
            return rc;
        if (stet_diff_spool_bytes(spool, &map.bytes, err) < 0)
            return -1;
    }
    if (!is_tar(&map.bytes))
        return 0;
    if (stet_diff_tar_index(spool->diff, &map, &t, err) < 0)
        return -1;
    int found = find_description(&t, "control", out);
    stet_diff_tar_release(&t);
    return found;
}

/* Debian's packages say of their build when it packed them. */
static int add_times(const struct diff_pair *p, const struct diff_container *a,
                     const struct diff_container *b, struct stet_error *err)
{
    const struct diff_container *sides[] = {a, b};
    struct stet_error why = STET_ERROR_INIT;
    struct diff_scope *s = stet_diff_scope_add(p, &why);

    for (int i = 0; s && i < 2; i++)
        for (size_t k = 0; k < sides[i]->count; k++)
            stet_diff_evidence_mtime(&s->side[i], sides[i]->members[k].number[DIFF_N_MTIME]);
    if (why.kind)
        stet_error_copy(err, &why);
    return why.kind || (s && stet_diff_scope_finish(s, err) < 0) ? -1 : 0;
}

static int compare_debs(const struct diff_pair *p, const struct diff_container *a,
                        const struct diff_container *b, struct stet_error *err)
{
    _cleanup_spool_ struct diff_spool s, t;
    struct diff_bytes x, y;

    stet_diff_spool_init(&s, p->diff);
    stet_diff_spool_init(&t, p->diff);
    int rc = deb_control(a, &s, &x, err);
    if (rc > 0)
        rc = deb_control(b, &t, &y, err);
    if (rc > 0)
        rc = stet_diff_package_versions(p, "deb", &x, &y, err);
    return rc != 0 ? rc : add_times(p, a, b, err);
}

int stet_diff_ar_compare(const struct diff_pair *p, struct stet_error *err)
{
    return stet_diff_compare_with(p, stet_diff_read_ar, compare_debs, err);
}
