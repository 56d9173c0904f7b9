#include "lib/distro/debian/control.h"

#include <ctype.h>

enum { NAME_MAX_LEN = 50 }; /* dpkg's MAXCONTROLFILENAME */

static int fail(const struct stet_debian_package *p, const char *what, struct stet_error *err)
{
    return stet_error_input(err, "package %s: %s", p->locked->name, what);
}

/* dpkg leaves out names with a dot, and they become parts of file names. */
static bool is_name(const char *s)
{
    size_t n = strlen(s);
    for (const char *c = s; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return false;
    return n > 0 && n <= NAME_MAX_LEN;
}

static int read_content(struct stet_deb_reader *r, struct stet_debian_control_file *f, size_t size,
                        struct stet_error *err)
{
    const void *data;
    size_t len;
    int rc;
    if (!(f->data = malloc(size + 1)))
        return stet_error_oom(err, "reading a control member");
    while ((rc = stet_deb_reader_block(r, &data, &len, err)) > 0) {
        memcpy(f->data + f->len, data, len); /* the reader delivers size bytes and no more */
        f->len += len;
    }
    f->data[f->len] = '\0';
    return rc;
}

static int add_file(struct stet_deb_reader *r, const struct stet_entry *e, int64_t epoch,
                    struct stet_debian_package *p, struct stet_error *err)
{
    if (strchr(e->path, '.') && !strchr(e->path, '/'))
        return 0;
    if (e->type != STET_ENTRY_FILE || !is_name(e->path))
        return stet_error_input(
            err, "package %s: its control.tar holds \"%s\", which is no control file",
            p->locked->name, e->path);
    for (size_t i = 0; i < p->file_count; i++)
        if (strcmp(p->files[i].name, e->path) == 0)
            return stet_error_input(err, "package %s: its control.tar holds \"%s\" twice",
                                    p->locked->name, e->path);
    if (e->size > STET_DEB_CONTROL_MAX)
        return fail(p, "its control.tar is too large", err);
    if (stet_grow(&p->files, &p->file_cap, p->file_count + 1, sizeof *p->files, err) < 0)
        return -1;
    struct stet_debian_control_file *f = &p->files[p->file_count++];
    *f = (struct stet_debian_control_file){.mode = e->mode & 0777,
                                           .mtime = e->mtime < epoch ? e->mtime : epoch};
    if (!(f->name = stet_strdup(e->path, err)))
        return -1;
    return read_content(r, f, (size_t)e->size, err);
}

static int read_files(const struct stet_deb *deb, int64_t epoch, struct stet_debian_package *p,
                      struct stet_error *err)
{
    struct stet_entry e;
    int rc;
    struct stet_deb_reader *r = stet_deb_reader_new(deb, &deb->control, STET_DEB_CONTROL_MAX, err);
    if (!r)
        return -1;
    stet_entry_init(&e);
    while ((rc = stet_deb_reader_next(r, &e, err)) > 0)
        if (*e.path && add_file(r, &e, epoch, p, err) < 0) {
            rc = -1;
            break;
        }
    stet_entry_release(&e);
    stet_deb_reader_free(r);
    return rc;
}

static const struct stet_debian_control_file *find(const struct stet_debian_package *p,
                                                   const char *name)
{
    for (size_t i = 0; i < p->file_count; i++)
        if (strcmp(p->files[i].name, name) == 0)
            return &p->files[i];
    return NULL;
}

static int check_field(const struct stet_debian_package *p, const char *field, const char *locked,
                       struct stet_error *err)
{
    const char *have = stet_deb822_get(&p->control, field);
    if (have && strcmp(have, locked) == 0)
        return 0;
    return stet_error_input(
        err,
        "package %s %s: the file that the lock names says \"%s: %s\" inside, the lock says %s; the "
        "repository's index is wrong: lock again, from another mirror if it stays",
        p->locked->name, p->locked->version, field, have ? have : "(nothing)", locked);
}

static int parse_control(struct stet_debian_package *p, struct stet_error *err)
{
    const struct stet_debian_control_file *c = find(p, "control");
    size_t pos = 0;
    unsigned line = 1;
    if (!c)
        return fail(p, "its control.tar has no control file", err);
    stet_deb822_release(&p->control);
    int rc = stet_deb822_next((const char *)c->data, c->len, &pos, &line, false, "control",
                              &p->control, err);
    if (rc < 0)
        return stet_error_wrap(err, "package %s", p->locked->name);
    if (rc == 0)
        return fail(p, "its control file is empty", err);
    if (check_field(p, "Package", p->locked->name, err) < 0 ||
        check_field(p, "Version", p->locked->version, err) < 0)
        return -1;
    return check_field(p, "Architecture", p->locked->architecture, err);
}

static int set_infix(struct stet_debian_package *p, struct stet_error *err)
{
    const char *multi_arch = stet_deb822_get(&p->control, "Multi-Arch");
    bool same = multi_arch && strcasecmp(multi_arch, "same") == 0;
    free(p->infix);
    p->infix = stet_format(err, "%s%s%s", p->locked->name, same ? ":" : "",
                           same ? p->locked->architecture : "");
    return p->infix ? 0 : -1;
}

/* Lines are absolute paths; one with "remove-on-upgrade" before it names no file of the package. */
static int add_conffile(struct stet_debian_package *p, const char *line, size_t len,
                        struct stet_error *err)
{
    static const char flag[] = "remove-on-upgrade ";
    _cleanup_buffer_ struct stet_buffer normal = STET_BUFFER_INIT;
    if (len == 0 || (len > sizeof flag - 1 && memcmp(line, flag, sizeof flag - 1) == 0))
        return 0;
    if (*line != '/')
        return fail(p, "its conffiles names a path that is not absolute", err);
    _cleanup_free_ char *path = stet_format(err, "%.*s", (int)(len - 1), line + 1);
    if (!path)
        return -1;
    if (stet_path_normalize(path, &normal, err) < 0)
        return stet_error_wrap(err, "package %s: conffiles", p->locked->name);
    return stet_strv_addf(&p->conffiles, err, "/%s", stet_buffer_str(&normal));
}

static int parse_conffiles(struct stet_debian_package *p, struct stet_error *err)
{
    const struct stet_debian_control_file *c = find(p, "conffiles");
    for (size_t pos = 0; c && pos < c->len;) {
        const char *line = (const char *)c->data + pos;
        const char *end = memchr(line, '\n', c->len - pos);
        size_t len = end ? (size_t)(end - line) : c->len - pos;
        pos += len + 1;
        if (len > 4096 || memchr(line, '\0', len))
            return fail(p, "its conffiles has an impossible line", err);
        while (len > 0 && isspace((unsigned char)line[len - 1]))
            len--;
        if (add_conffile(p, line, len, err) < 0)
            return -1;
    }
    return 0;
}

static int note_scripts(struct stet_debian_package *p, struct stet_error *err)
{
    static const char *const names[] = {"preinst", "postinst", "prerm", "postrm", "config"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (find(p, names[i]) && stet_strv_add(&p->scripts, names[i], err) < 0)
            return -1;
    return 0;
}

int stet_deb_read_control(const struct stet_deb *deb, int64_t epoch, struct stet_debian_package *p,
                          struct stet_error *err)
{
    if (read_files(deb, epoch, p, err) < 0 || parse_control(p, err) < 0 || set_infix(p, err) < 0)
        return -1;
    if (parse_conffiles(p, err) < 0)
        return -1;
    return note_scripts(p, err);
}
