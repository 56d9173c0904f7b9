/*
 * Reading one package's description in a database: lines "%FIELD%", each followed by its values,
 * one a line, and an empty line.
 */
#include "lib/solve/arch.h"

enum { SHOWN_MAX = 60, COMPONENT_MAX = 255 };

enum field {
    NAME,
    VERSION,
    ARCH,
    FILENAME,
    CSIZE,
    SHA256SUM,
    PGPSIG,
    BUILDDATE,
    GROUPS,
    DEPENDS,
    CONFLICTS,
    PROVIDES,
    FIELD_COUNT /* any other: not kept */
};

static const char *const field_names[FIELD_COUNT] = {
    [NAME] = "NAME",         [VERSION] = "VERSION",     [ARCH] = "ARCH",
    [FILENAME] = "FILENAME", [CSIZE] = "CSIZE",         [SHA256SUM] = "SHA256SUM",
    [PGPSIG] = "PGPSIG",     [BUILDDATE] = "BUILDDATE", [GROUPS] = "GROUPS",
    [DEPENDS] = "DEPENDS",   [CONFLICTS] = "CONFLICTS", [PROVIDES] = "PROVIDES",
};

struct desc {
    struct index *index;
    struct arch_package *package;
    struct stet_error *err;
    bool inside; /* of a field */
    enum field field;
    uint32_t values; /* of this field so far */
};

int stet_solve_arch_bad(const struct index *index, const struct arch_package *p,
                        struct stet_error *err, const char *format, ...)
{
    struct stet_buffer what = STET_BUFFER_INIT;
    va_list ap;
    va_start(ap, format);
    stet_buffer_addv(&what, format, ap);
    va_end(ap);
    stet_error_input(err, "index %s: package \"%s\": %s", index->name,
                     stet_solve_arch_string(index, p->directory), stet_buffer_str(&what));
    stet_buffer_release(&what);
    return -1;
}

#define bad(d, ...) stet_solve_arch_bad((d)->index, (d)->package, (d)->err, __VA_ARGS__)

static bool is_list(enum field field)
{
    return field >= GROUPS && field < FIELD_COUNT;
}

static struct arch_list *list_of(struct arch_package *p, enum field field)
{
    switch (field) {
    case GROUPS:
        return &p->groups;
    case DEPENDS:
        return &p->depends;
    case CONFLICTS:
        return &p->conflicts;
    default:
        return &p->provides;
    }
}

/* ---- values ---- */

static int check_value(const struct desc *d, const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
            return bad(d, "%%%s%% has a control character", field_names[d->field]);
    if (!stet_utf8_valid(value, len))
        return bad(d, "%%%s%% is not UTF-8", field_names[d->field]);
    return 0;
}

static int set_number(const struct desc *d, const char *text, uint64_t *out)
{
    struct stet_error why = STET_ERROR_INIT;
    if (stet_number_parse(text, INT64_MAX, out, field_names[d->field], &why) == 0)
        return 0;
    return bad(d, "%%%s%% is not a number: %s", field_names[d->field], text);
}

static int set_digest(const struct desc *d, const char *text)
{
    struct stet_error why = STET_ERROR_INIT;
    d->package->has_digest =
        stet_digest_parse_hex(text, &d->package->digest, "%SHA256SUM%", &why) == 0;
    return d->package->has_digest ? 0
                                  : bad(d, "%%SHA256SUM%% is not 64 lower-case hexadecimal digits");
}

static int set_signature(const struct desc *d, const char *text, uint32_t place)
{
    size_t len = strlen(text);
    if (len % 4 != 0 || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789+/=") != len)
        return bad(d, "%%PGPSIG%% is not base64");
    d->package->signature = place;
    return 0;
}

/* A value is in the index's text at place already. */
static int set_single(const struct desc *d, uint32_t place)
{
    struct arch_package *p = d->package;
    const char *text = stet_solve_arch_string(d->index, place);
    uint64_t seconds = 0;
    switch (d->field) {
    case NAME:
        p->name = place;
        return 0;
    case VERSION:
        p->version = place;
        return 0;
    case ARCH:
        p->architecture = place;
        return 0;
    case FILENAME:
        p->filename = place;
        return 0;
    case CSIZE:
        return set_number(d, text, &p->size);
    case SHA256SUM:
        return set_digest(d, text);
    case PGPSIG:
        return set_signature(d, text, place);
    default:
        if (set_number(d, text, &seconds) < 0)
            return -1;
        p->built = (int64_t)seconds;
        return 0;
    }
}

static bool is_relation(const char *text)
{
    const char *version, *end;
    int flags;
    return stet_solve_arch_split(text, &flags, &version, &end) > 0;
}

static int add_value(struct desc *d, const char *value, size_t len)
{
    struct stet_buffer *text = &d->index->text;
    uint32_t place = (uint32_t)text->len;
    d->values++;
    if (d->field == FIELD_COUNT)
        return 0;
    if (check_value(d, value, len) < 0)
        return -1;
    if (!is_list(d->field) && d->values > 1)
        return bad(d, "%%%s%% has two values", field_names[d->field]);
    stet_buffer_add(text, value, len);
    stet_buffer_add_char(text, '\0');
    if (stet_buffer_check(text, "reading a package database", d->err) < 0)
        return -1;
    if (!is_list(d->field))
        return set_single(d, place);
    if (d->field != GROUPS && !is_relation(stet_solve_arch_string(d->index, place)))
        return bad(d, "a relation without a name, %s", stet_solve_arch_string(d->index, place));
    struct arch_list *list = list_of(d->package, d->field);
    if (list->count++ == 0)
        list->start = place;
    return 0;
}

/* ---- lines ---- */

static int begin_field(struct desc *d, const char *line, size_t len)
{
    if (len < 3 || line[0] != '%' || line[len - 1] != '%')
        return bad(d, "a line outside of a field: %.*s", (int)(len < SHOWN_MAX ? len : SHOWN_MAX),
                   line);
    int i = 0;
    while (i < FIELD_COUNT &&
           (strlen(field_names[i]) != len - 2 || memcmp(field_names[i], line + 1, len - 2) != 0))
        i++;
    d->inside = true;
    d->field = (enum field)i;
    d->values = 0;
    if (i == FIELD_COUNT)
        return 0;
    if (d->package->seen & (1U << i))
        return bad(d, "%%%s%% twice", field_names[i]);
    d->package->seen |= 1U << i;
    return 0;
}

static int end_field(struct desc *d)
{
    d->inside = false;
    if (d->values == 0 && d->field < FIELD_COUNT && !is_list(d->field))
        return bad(d, "%%%s%% has no value", field_names[d->field]);
    return 0;
}

static int read_line(struct desc *d, const char *line, size_t len)
{
    if (len == 0)
        return d->inside ? end_field(d) : 0;
    return d->inside ? add_value(d, line, len) : begin_field(d, line, len);
}

int stet_solve_arch_desc(struct index *index, struct arch_package *p, const char *text, size_t len,
                         struct stet_error *err)
{
    struct desc d = {.index = index, .package = p, .err = err};
    const char *line = text, *stop = text + len;
    if (memchr(text, '\0', len))
        return bad(&d, "its description has a NUL byte");
    while (line < stop) {
        const char *end = memchr(line, '\n', (size_t)(stop - line));
        if (!end)
            return bad(&d, "its description ends in the middle of a line");
        if (read_line(&d, line, (size_t)(end - line)) < 0)
            return -1;
        line = end + 1;
    }
    /* Of a list that does not end nobody knows whether it is whole; libalpm says so, too. */
    if (d.inside && is_list(d.field))
        return bad(&d, "its description ends in the middle of %%%s%%", field_names[d.field]);
    return d.inside ? end_field(&d) : 0;
}

/* ---- the whole package ---- */

static bool all_of(const char *text, const char *more)
{
    for (; *text; text++)
        if (!(*text >= '0' && *text <= '9') && !(*text >= 'a' && *text <= 'z') &&
            !(*text >= 'A' && *text <= 'Z') && !strchr(more, *text))
            return false;
    return true;
}

/* Can text be one component of a path, and an argument that is no option? */
static bool is_component(const char *text)
{
    if (strlen(text) > COMPONENT_MAX || *text == '.' || *text == '-')
        return false;
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '/')
            return false;
    return true;
}

/* VERSION-RELEASE: with one '-', as the directory's name is cut at the last two. */
static bool is_version(const char *text)
{
    const char *dash = strchr(text, '-');
    return is_component(text) && dash && dash != text && dash[1] && !strchr(dash + 1, '-');
}

static bool is_directory_of(const char *directory, const char *name, const char *version)
{
    size_t n = strlen(name);
    return strncmp(directory, name, n) == 0 && directory[n] == '-' &&
           strcmp(directory + n + 1, version) == 0;
}

int stet_solve_arch_check(const struct index *index, const struct arch_package *p,
                          struct stet_error *err)
{
    static const enum field required[] = {NAME, VERSION, ARCH, FILENAME, CSIZE};
    const char *name = stet_solve_arch_string(index, p->name);
    const char *version = stet_solve_arch_string(index, p->version);
    const char *arch = stet_solve_arch_string(index, p->architecture);
    const char *filename = stet_solve_arch_string(index, p->filename);
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!(p->seen & (1U << required[i])))
            return stet_solve_arch_bad(index, p, err, "it has no %%%s%%", field_names[required[i]]);
    if (!is_component(name) || !all_of(name, "@._+-"))
        return stet_solve_arch_bad(index, p, err, "an impossible name, %s", name);
    if (!is_version(version))
        return stet_solve_arch_bad(index, p, err, "an impossible version, %s", version);
    if (!is_component(arch) || !all_of(arch, "_-"))
        return stet_solve_arch_bad(index, p, err, "an impossible architecture, %s", arch);
    if (!is_component(filename))
        return stet_solve_arch_bad(index, p, err, "an impossible file name, %s", filename);
    if (!is_directory_of(stet_solve_arch_string(index, p->directory), name, version))
        return stet_solve_arch_bad(index, p, err, "it is %s-%s inside", name, version);
    return 0;
}
