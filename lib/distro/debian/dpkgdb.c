#include "lib/distro/debian/dpkgdb.h"

#include <errno.h>

#include "lib/distro/debian/registry.h"

const struct stet_debian_control_file *stet_debian_control_find(const struct stet_debian_package *p,
                                                                const char *name)
{
    for (size_t i = 0; i < p->file_count; i++)
        if (strcmp(p->files[i].name, name) == 0)
            return &p->files[i];
    return NULL;
}

/* ---- the empty database ---- */

/* The multilib links that base-files has for an architecture; "lib", "bin" and "sbin" are
 * everywhere. */
static const char *multilib_link(const char *architecture)
{
    static const char *const lib64[] = {"amd64", "loong64", "mips64el",
                                        "ppc64", "ppc64el", "sparc64"};
    for (size_t i = 0; i < sizeof lib64 / sizeof *lib64; i++)
        if (strcmp(architecture, lib64[i]) == 0)
            return "lib64";
    return strcmp(architecture, "x32") == 0 ? "libx32" : NULL;
}

static int make_link(int root, const char *name, struct stet_error *err)
{
    char target[16];
    snprintf(target, sizeof target, "usr/%s", name);
    if (stet_fs_mkdirs_in(root, target, err) < 0)
        return -1;
    if (symlinkat(target, root, name) < 0)
        return stet_error_errno(err, "linking /%s to %s in the root", name, target);
    return 0;
}

/* bookworm's packages ship /bin, /lib, … as directories; the links must be there before. */
static bool needs_links(const struct stet_lock *lock)
{
    for (size_t i = 0; i < lock->package_count; i++)
        if (strcmp(lock->packages[i].name, "usr-is-merged") == 0 ||
            strcmp(lock->packages[i].name, "usrmerge") == 0)
            return true;
    return false;
}

static int make_links(struct stet_build_context *ctx, struct stet_error *err)
{
    const char *names[] = {"bin", "lib", "sbin", multilib_link(ctx->lock->recipe.architecture)};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i] && make_link(ctx->root, names[i], err) < 0)
            return -1;
    return 0;
}

static int make_database(struct stet_build_context *ctx, struct stet_error *err)
{
    static const char *const directories[] = {"var/lib/dpkg/alternatives", "var/lib/dpkg/info",
                                              "var/lib/dpkg/triggers", "var/lib/dpkg/updates"};
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        if (stet_fs_mkdirs_in(ctx->root, directories[i], err) < 0)
            return -1;
    _cleanup_free_ char *arch = stet_format(err, "%s\n", ctx->lock->recipe.architecture);
    if (!arch)
        return -1;
    if (stet_fs_write_in(ctx->root, "var/lib/dpkg/status", "", 0, 0644, 0, 0, err) < 0 ||
        stet_fs_write_in(ctx->root, "var/lib/dpkg/info/format", "1\n", 2, 0644, 0, 0, err) < 0)
        return -1;
    return stet_fs_write_in(ctx->root, "var/lib/dpkg/arch", arch, strlen(arch), 0644, 0, 0, err);
}

int stet_debian_prepare_root(struct stet_build_context *ctx, struct stet_error *err)
{
    if (!ctx->state && !(ctx->state = stet_debian_state_new(ctx->lock, err)))
        return -1;
    if (!ctx->lock->recipe.architecture)
        return stet_error_set(err, STET_ERROR_INTERNAL, 0, "a lock without an architecture");
    if (fchownat(ctx->root, ".", 0, 0, 0) < 0 || fchmodat(ctx->root, ".", 0755, 0) < 0)
        return stet_error_errno(err, "setting owner and mode of the new root");
    if (needs_links(ctx->lock) && make_links(ctx, err) < 0)
        return -1;
    return make_database(ctx, err);
}

/* ---- info/ ---- */

struct info_file {
    const char *infix, *suffix;
    const void *data;
    size_t len;
    mode_t mode;
    int64_t mtime; /* -1: as it comes */
};

static int write_info_file(int info, const struct info_file *f, struct stet_error *err)
{
    _cleanup_free_ char *name = stet_format(err, "%s.%s", f->infix, f->suffix);
    _cleanup_close_ int fd = -1;
    if (!name)
        return -1;
    if (unlinkat(info, name, 0) < 0 && errno != ENOENT)
        return stet_error_errno(err, "replacing /var/lib/dpkg/info/%s in the root", name);
    fd = stet_fs_open(info, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, f->mode, err);
    if (fd < 0 || stet_fs_write_fd(fd, name, f->data, f->len, err) < 0)
        return -1;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = f->mtime}};
    if (fchmod(fd, f->mode) < 0 || (f->mtime >= 0 && futimens(fd, times) < 0))
        return stet_error_errno(err, "setting mode and time of /var/lib/dpkg/info/%s in the root",
                                name);
    return 0;
}

int stet_dpkgdb_write_info(struct stet_build_context *ctx, int info,
                           const struct stet_debian_package *p, struct stet_error *err)
{
    for (size_t i = 0; i < p->file_count; i++) {
        const struct stet_debian_control_file *c = &p->files[i];
        /* dpkg keeps "control" in status, and writes list itself. */
        if (strcmp(c->name, "control") == 0 || strcmp(c->name, "list") == 0)
            continue;
        struct info_file f = {p->infix, c->name, c->data, c->len, c->mode, c->mtime};
        if (write_info_file(info, &f, err) < 0)
            return -1;
        if (ctx->keep_mtime && ctx->keep_mtime(ctx->keep_ctx, c->mtime, err) < 0)
            return -1;
    }
    return 0;
}

/* Lines to write, less those about the paths in drop. offset: of the path in a line. */
static int add_lines(const struct stet_strv *lines, size_t offset, const struct stet_strv *drop,
                     struct stet_buffer *out, struct stet_error *err)
{
    struct stet_path_map dropped = {NULL, 0, 0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < drop->count; i++)
        if (!stet_path_map_find(&dropped, drop->items[i]) &&
            !stet_path_map_add(&dropped, drop->items[i], err))
            rc = -1;
    for (size_t i = 0; rc == 0 && i < lines->count; i++)
        if (!stet_path_map_find(&dropped, lines->items[i] + offset)) {
            stet_buffer_add_str(out, lines->items[i]);
            stet_buffer_add_char(out, '\n');
        }
    stet_path_map_release(&dropped);
    return rc < 0 ? -1 : stet_buffer_check(out, "writing dpkg's database", err);
}

int stet_dpkgdb_write_list(int info, const struct stet_debian_package *p, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (add_lines(&p->list, 0, &p->lost, &b, err) < 0)
        return -1;
    struct info_file f = {p->infix, "list", stet_buffer_str(&b), b.len, 0644, -1};
    return write_info_file(info, &f, err);
}

int stet_dpkgdb_write_md5sums(int info, const struct stet_debian_package *p, struct stet_error *err)
{
    enum { HASH_LEN = 32 + 2 };
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    if (stet_debian_control_find(p, "md5sums"))
        return 0;
    if (add_lines(&p->md5sums, HASH_LEN, &p->unhashed, &b, err) < 0)
        return -1;
    struct info_file f = {p->infix, "md5sums", stet_buffer_str(&b), b.len, 0644, -1};
    return write_info_file(info, &f, err);
}

/* ---- status ---- */

/* Fields in dpkg's order; what is not here follows in the order of the package. Those that dpkg
 * makes itself have no value in a package. */
static const char *const status_fields[] = {
    "Package",         "Essential",      "Protected", "Status",      "Priority",
    "Section",         "Installed-Size", "Origin",    "Maintainer",  "Bugs",
    "Architecture",    "Multi-Arch",     "Source",    "Version",     "Config-Version",
    "Replaces",        "Provides",       "Depends",   "Pre-Depends", "Recommends",
    "Suggests",        "Breaks",         "Conflicts", "Enhances",    "Conffiles",
    "Filename",        "Size",           "MD5sum",    "Description", "Triggers-Pending",
    "Triggers-Awaited"};
enum { STATUS_FIELDS = sizeof status_fields / sizeof *status_fields };

static bool made_by_dpkg(const char *field)
{
    static const char *const names[] = {
        "Status", "Config-Version", "Conffiles",        "Filename",
        "Size",   "MD5sum",         "Triggers-Pending", "Triggers-Awaited"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(field, names[i]) == 0)
            return true;
    return false;
}

static bool is_status_field(const char *field)
{
    for (size_t i = 0; i < STATUS_FIELDS; i++)
        if (strcasecmp(field, status_fields[i]) == 0)
            return true;
    return false;
}

static const struct stet_deb822_field *find_field(const struct stet_deb822 *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcasecmp(p->fields[i].name, name) == 0)
            return &p->fields[i];
    return NULL;
}

/* dpkg writes "no", the default, not at all. */
static bool is_default(const char *name, const struct stet_deb822_field *f)
{
    return (strcmp(name, "Essential") == 0 || strcmp(name, "Protected") == 0 ||
            strcmp(name, "Multi-Arch") == 0) &&
           strcasecmp(f->value, "no") == 0;
}

/* "remove-on-upgrade /path" becomes "/path newconffile remove-on-upgrade". */
static void add_conffiles(const struct stet_debian_package *p, struct stet_buffer *out)
{
    static const char flag[] = "remove-on-upgrade ";
    const struct stet_debian_control_file *c = stet_debian_control_find(p, "conffiles");
    size_t pos = 0;
    bool any = false;
    while (c && pos < c->len) {
        const char *line = (const char *)c->data + pos;
        const char *end = memchr(line, '\n', c->len - pos);
        size_t len = end ? (size_t)(end - line) : c->len - pos;
        pos += len + 1;
        while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
            len--;
        bool remove = len > sizeof flag - 1 && memcmp(line, flag, sizeof flag - 1) == 0;
        if (remove) {
            line += sizeof flag - 1;
            len -= sizeof flag - 1;
        }
        if (len == 0)
            continue;
        if (!any)
            stet_buffer_add_str(out, "Conffiles:\n");
        any = true;
        stet_buffer_addf(out, " %.*s newconffile%s\n", (int)len, line,
                         remove ? " remove-on-upgrade" : "");
    }
}

int stet_dpkgdb_add_status(const struct stet_debian_package *p, struct stet_buffer *out,
                           struct stet_error *err)
{
    for (size_t i = 0; i < STATUS_FIELDS; i++) {
        const char *name = status_fields[i];
        const struct stet_deb822_field *f = find_field(&p->control, name);
        if (strcmp(name, "Status") == 0)
            stet_buffer_add_str(out, "Status: install ok unpacked\n");
        else if (strcmp(name, "Conffiles") == 0)
            add_conffiles(p, out);
        else if (f && !made_by_dpkg(name) && !is_default(name, f))
            stet_buffer_addf(out, "%s:%s\n", name, f->raw);
    }
    for (size_t i = 0; i < p->control.count; i++) {
        const struct stet_deb822_field *f = &p->control.fields[i];
        if (!is_status_field(f->name))
            stet_buffer_addf(out, "%s:%s\n", f->name, f->raw);
    }
    stet_buffer_add_char(out, '\n');
    return stet_buffer_check(out, "writing dpkg's status", err);
}
