#include "lib/distro/arch/info.h"

#include <limits.h>

enum { LINES_MAX = 1000000, LINE_MAX_BYTES = 512 << 10 };

struct reading {
    struct stet_arch_info *info;
    const char *name; /* the package file's */
    size_t line;
};

static int bad(const struct reading *r, const char *why, struct stet_error *err)
{
    return stet_error_input(err, "%s: its .PKGINFO, line %zu: %s", r->name, r->line, why);
}

static int read_text(const struct reading *r, char **text, const char *value,
                     struct stet_error *err)
{
    (void)r;
    char *copy = stet_strdup(value, err);
    if (!copy)
        return -1;
    free(*text);
    *text = copy;
    return 0;
}

static int read_number(const struct reading *r, const char *key, const char *value, uint64_t *out,
                       struct stet_error *err)
{
    if (stet_number_parse(value, INT64_MAX, out, key, err) < 0)
        return stet_error_wrap(err, "%s: its .PKGINFO, line %zu", r->name, r->line);
    return 0;
}

static int read_backup(const struct reading *r, const char *value, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer normal = STET_BUFFER_INIT;
    if (*value == '/' || !*value || strchr(value, '\t'))
        return bad(r, "backup is no path below the root", err);
    if (stet_path_normalize(value, &normal, err) < 0)
        return stet_error_wrap(err, "%s: its .PKGINFO, line %zu: backup", r->name, r->line);
    return stet_strv_add(&r->info->backup, value, err);
}

static int read_value(const struct reading *r, const char *key, const char *value,
                      struct stet_error *err)
{
    struct stet_arch_info *info = r->info;
    const struct {
        const char *key;
        char **text;
    } texts[] = {{"pkgname", &info->name},     {"pkgver", &info->version},
                 {"pkgbase", &info->base},     {"pkgdesc", &info->description},
                 {"url", &info->url},          {"arch", &info->architecture},
                 {"packager", &info->packager}};
    const struct {
        const char *key;
        struct stet_strv *list;
    } lists[] = {{"group", &info->groups},         {"license", &info->licenses},
                 {"replaces", &info->replaces},    {"depend", &info->depends},
                 {"optdepend", &info->optdepends}, {"conflict", &info->conflicts},
                 {"provides", &info->provides}};
    uint64_t number;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(key, texts[i].key) == 0)
            return read_text(r, texts[i].text, value, err);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(key, lists[i].key) == 0)
            return stet_strv_add(lists[i].list, value, err);
    if (strcmp(key, "backup") == 0)
        return read_backup(r, value, err);
    if (strcmp(key, "size") == 0)
        return read_number(r, key, value, &info->size, err);
    if (strcmp(key, "builddate") == 0) {
        if (read_number(r, key, value, &number, err) < 0)
            return -1;
        info->build_date = (int64_t)number;
        return 0;
    }
    if (strcmp(key, "xdata") == 0) {
        if (!strchr(value, '='))
            return bad(r, "xdata without '='", err);
        return stet_strv_add(&info->xdata, value, err);
    }
    return 0;
}

/* One line, which is changed. */
static int read_line(struct reading *r, char *line, struct stet_error *err)
{
    for (const unsigned char *c = (unsigned char *)line; *c; c++)
        if ((*c < ' ' && *c != '\t') || *c == 0x7f)
            return bad(r, "a control byte", err);
    if (*line == '\0' || *line == '#')
        return 0;
    char *space = strchr(line, ' ');
    if (!space || strncmp(space, " = ", 3) != 0)
        return 0; /* as libalpm, which only has a word for its debug log */
    *space = '\0';
    return read_value(r, line, space + 3, err);
}

static int read_lines(struct reading *r, const char *text, size_t len, struct stet_error *err)
{
    const char *end = text + len;
    _cleanup_free_ char *line = NULL;
    size_t cap = 0;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((stop ? stop : end) - text);
        if (++r->line > LINES_MAX || n > LINE_MAX_BYTES)
            return bad(r, "it is too long", err);
        if (memchr(text, '\0', n))
            return bad(r, "a NUL byte", err);
        if (stet_grow(&line, &cap, n + 1, 1, err) < 0)
            return -1;
        memcpy(line, text, n);
        line[n] = '\0';
        if (read_line(r, line, err) < 0)
            return -1;
        text += n + 1;
    }
    return 0;
}

/* ---- what libalpm asks of a package (package.c, _alpm_pkg_check_meta) ---- */

static bool is_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+_.@-";
    return *name && *name != '-' && *name != '.' && name[strspn(name, allowed)] == '\0';
}

static bool is_version(const char *version)
{
    const char *release = strchr(version, '-');
    return *version && release && release != version && release[1] && !strchr(release + 1, '-') &&
           !strpbrk(version, "/\t ");
}

static int check(const struct stet_arch_info *info, const char *name, struct stet_error *err)
{
    if (!info->name)
        return stet_error_input(err, "%s: its .PKGINFO has no pkgname", name);
    if (!is_name(info->name))
        return stet_error_input(err, "%s: its .PKGINFO: \"%s\" is no name of a package", name,
                                info->name);
    if (!info->version)
        return stet_error_input(err, "%s: its .PKGINFO has no pkgver", name);
    if (!is_version(info->version))
        return stet_error_input(err, "%s: its .PKGINFO: \"%s\" is no version with a release", name,
                                info->version);
    if (strlen(info->name) + 1 + strlen(info->version) > NAME_MAX)
        return stet_error_input(err, "%s: its .PKGINFO: name and version are too long", name);
    if (!info->architecture || !*info->architecture || strpbrk(info->architecture, "/\t "))
        return stet_error_input(err, "%s: its .PKGINFO has no valid arch", name);
    return 0;
}

int stet_arch_info_parse(const char *text, size_t len, const char *name, struct stet_arch_info *out,
                         struct stet_error *err)
{
    struct reading r = {out, name, 0};
    stet_arch_info_init(out);
    if (read_lines(&r, text, len, err) == 0 && check(out, name, err) == 0)
        return 0;
    stet_arch_info_release(out);
    return -1;
}
