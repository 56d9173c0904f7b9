/*
 * unpack_read - what a package says of itself, and which paths it brings.
 */
#include "lib/distro/arch/info.h"
#include "lib/distro/arch/package_file.h"

enum { METADATA_MAX = 64 << 20 };

/* The head of one package. */
struct head {
    struct stet_arch_package *package;
    struct stet_archive *reader;
    const char *name;
    struct stet_buffer info;
    bool has_info, has_install, has_mtree, has_changelog, has_build;
};

static int fail(const struct head *h, const char *path, const char *why, struct stet_error *err)
{
    return stet_error_input(err, "package %s: %s %s", h->name, path, why);
}

static int read_content(const struct head *h, const struct stet_entry *e, struct stet_buffer *out,
                        struct stet_error *err)
{
    const void *data;
    size_t len;
    uint64_t offset;
    int rc;
    if (e->size > METADATA_MAX)
        return fail(h, e->path, "is too big", err);
    while ((rc = stet_archive_block(h->reader, &data, &len, &offset, err)) > 0) {
        if (offset != out->len)
            return fail(h, e->path, "has holes", err);
        stet_buffer_add(out, data, len);
    }
    if (rc == 0 && out->len != e->size)
        return fail(h, e->path, "has holes", err);
    return rc < 0 ? -1 : stet_buffer_check(out, "reading a package", err);
}

/* Into memory that the package owns. */
static int keep_content(const struct head *h, const struct stet_entry *e, char **text, size_t *len,
                        struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (read_content(h, e, &b, err) < 0)
        return -1;
    stet_buffer_add(&b, "", 0);
    *len = b.len;
    *text = b.data ? stet_buffer_detach(&b) : stet_strdup("", err);
    return *text ? 0 : -1;
}

static int once(const struct head *h, const struct stet_entry *e, bool *seen,
                struct stet_error *err)
{
    if (e->type != STET_ENTRY_FILE)
        return fail(h, e->path, "is no regular file", err);
    if (*seen)
        return fail(h, e->path, "is in it twice", err);
    *seen = true;
    return 0;
}

static int read_install(struct head *h, const struct stet_entry *e, struct stet_error *err)
{
    struct stet_arch_package *p = h->package;
    if (keep_content(h, e, &p->install, &p->install_len, err) < 0)
        return -1;
    return memchr(p->install, '\0', p->install_len) ? fail(h, e->path, "has a NUL byte", err) : 0;
}

/* A member whose path begins with '.'. Unknown ones are for what is to come, as in libalpm. */
static int read_metadata(struct head *h, const struct stet_entry *e, struct stet_error *err)
{
    struct stet_arch_package *p = h->package;
    if (strcmp(e->path, ".PKGINFO") == 0)
        return once(h, e, &h->has_info, err) < 0 ? -1 : read_content(h, e, &h->info, err);
    if (strcmp(e->path, ".BUILDINFO") == 0)
        return once(h, e, &h->has_build, err);
    if (strcmp(e->path, ".INSTALL") == 0)
        return once(h, e, &h->has_install, err) < 0 ? -1 : read_install(h, e, err);
    if (strcmp(e->path, ".MTREE") == 0)
        return once(h, e, &h->has_mtree, err) < 0
                   ? -1
                   : keep_content(h, e, &p->mtree, &p->mtree_len, err);
    if (strcmp(e->path, ".CHANGELOG") == 0)
        return once(h, e, &h->has_changelog, err) < 0
                   ? -1
                   : keep_content(h, e, &p->changelog, &p->changelog_len, err);
    return 0;
}

static int add_entry(const struct head *h, const struct stet_entry *e, struct stet_error *err)
{
    return stet_strv_addf(&h->package->files, err, "%s%s", e->path,
                          e->type == STET_ENTRY_DIRECTORY ? "/" : "");
}

/* Reads up to the first entry that is no metadata; without .MTREE all, for the list of files. */
static int read_entries(struct head *h, struct stet_error *err)
{
    struct stet_entry e;
    int rc;
    stet_entry_init(&e);
    while ((rc = stet_archive_next(h->reader, &e, err)) > 0 && e.path[0] == '.')
        if ((rc = read_metadata(h, &e, err)) < 0)
            break;
    if (rc >= 0 && !h->has_info)
        rc = fail(h, ".PKGINFO", "is not among its first members", err);
    for (; rc > 0 && !h->has_mtree; rc = stet_archive_next(h->reader, &e, err))
        if (e.path[0] != '.' && add_entry(h, &e, err) < 0) {
            rc = -1;
            break;
        }
    stet_entry_release(&e);
    return rc < 0 ? -1 : 0;
}

/* ---- what it must be ---- */

static int compare(const struct head *h, const char *what, const char *have, const char *locked,
                   struct stet_error *err)
{
    if (strcmp(have, locked) == 0)
        return 0;
    return stet_error_input(err, "package %s: its %s is %s by its .PKGINFO and %s by the lock",
                            h->name, what, have, locked);
}

static int check_identity(const struct head *h, struct stet_error *err)
{
    const struct stet_arch_info *info = &h->package->info;
    const struct stet_lock_package *l = h->package->locked;
    if (compare(h, "name", info->name, l->name, err) < 0 ||
        compare(h, "version", info->version, l->version, err) < 0)
        return -1;
    return compare(h, "architecture", info->architecture, l->architecture, err);
}

static int read_files(const struct head *h, struct stet_error *err)
{
    struct stet_arch_package *p = h->package;
    if (h->has_mtree && stet_arch_mtree_files(p->mtree, p->mtree_len, h->name, &p->files, err) < 0)
        return -1;
    size_t count = p->files.count;
    stet_strv_sort_unique(&p->files);
    return count == p->files.count ? 0 : fail(h, "a path", "is in its list of files twice", err);
}

static int read_head(struct head *h, struct stet_error *err)
{
    if (read_entries(h, err) < 0 || stet_arch_info_parse(stet_buffer_str(&h->info), h->info.len,
                                                         h->name, &h->package->info, err) < 0)
        return -1;
    return check_identity(h, err) < 0 ? -1 : read_files(h, err);
}

int stet_arch_read_metadata(struct stet_arch_package *p, struct stet_reader *in,
                            struct stet_error *err)
{
    struct head h = {.package = p, .name = p->locked->name};
    h.reader = stet_arch_archive_new(in, h.name, err);
    int rc = h.reader ? read_head(&h, err) : -1;
    stet_archive_free(h.reader);
    stet_buffer_release(&h.info);
    return rc;
}

int stet_arch_read_package(struct stet_build_context *ctx, size_t i, struct stet_error *err)
{
    struct stet_arch_state *state = ctx->state;
    struct stet_arch_decoder d;
    _cleanup_close_ int fd = stet_arch_open_package(ctx, i, err);
    if (fd < 0 || stet_arch_decoder_open(&d, fd, state->packages[i].locked->name, err) < 0)
        return -1;
    int rc = stet_arch_read_metadata(&state->packages[i], d.decoded, err);
    stet_arch_decoder_close(&d);
    return rc;
}

/* ---- paths of two packages ---- */

static uint64_t hash(const char *s, size_t len)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * UINT64_C(1099511628211);
    return h ^ (h >> 32);
}

/* The owner of the path, or the free slot where it belongs. */
static struct stet_arch_owner *find(struct stet_arch_owner *owners, size_t size, const char *path,
                                    size_t len)
{
    size_t i = (size_t)hash(path, len) & (size - 1);
    while (owners[i].path && (owners[i].len != len || memcmp(owners[i].path, path, len) != 0))
        i = (i + 1) & (size - 1);
    return &owners[i];
}

static int grow(struct stet_arch_unpack *u, struct stet_error *err)
{
    size_t size = u->owner_size ? u->owner_size * 2 : 4096;
    struct stet_arch_owner *owners = calloc(size, sizeof *owners);
    if (!owners)
        return stet_error_oom(err, "unpacking");
    for (size_t i = 0; i < u->owner_size; i++)
        if (u->owners[i].path)
            *find(owners, size, u->owners[i].path, u->owners[i].len) = u->owners[i];
    free(u->owners);
    u->owners = owners;
    u->owner_size = size;
    return 0;
}

static int conflict(const struct stet_arch_state *state, const struct stet_arch_owner *o, size_t i,
                    bool directory, struct stet_error *err)
{
    const char *name = state->packages[i].locked->name;
    if (o->package == i)
        return stet_error_input(err, "package %s: \"/%.*s\" is in its list of files twice", name,
                                (int)o->len, o->path);
    return stet_error_input(err, "packages %s and %s both ship /%.*s%s; leave one of them out",
                            state->packages[o->package].locked->name, name, (int)o->len, o->path,
                            o->directory == directory ? ""
                                                      : ", as a directory and as something else");
}

int stet_arch_claim_paths(struct stet_arch_state *state, size_t i, struct stet_error *err)
{
    struct stet_arch_unpack *u = state->unpack;
    const struct stet_strv *files = &state->packages[i].files;
    for (size_t f = 0; f < files->count; f++) {
        const char *path = files->items[f];
        size_t len = strlen(path);
        bool directory = path[len - 1] == '/';
        len -= directory;
        if (u->owner_count >= u->owner_size / 2 && grow(u, err) < 0)
            return -1;
        struct stet_arch_owner *o = find(u->owners, u->owner_size, path, len);
        if (o->path && o->package != i && o->directory && directory)
            continue;
        if (o->path)
            return conflict(state, o, i, directory, err);
        *o = (struct stet_arch_owner){path, len, i, directory};
        u->owner_count++;
    }
    return 0;
}
