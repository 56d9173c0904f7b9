#include "lib/distro/arch/localdb.h"

#include <inttypes.h>

static void add_text(struct stet_buffer *out, const char *key, const char *value)
{
    if (value)
        stet_buffer_addf(out, "%%%s%%\n%s\n\n", key, value);
}

static void add_number(struct stet_buffer *out, const char *key, uint64_t value)
{
    if (value)
        stet_buffer_addf(out, "%%%s%%\n%" PRIu64 "\n\n", key, value);
}

static void add_list(struct stet_buffer *out, const char *key, const struct stet_strv *values)
{
    if (values->count == 0)
        return;
    stet_buffer_addf(out, "%%%s%%\n", key);
    for (size_t i = 0; i < values->count; i++) {
        stet_buffer_add_str(out, values->items[i]);
        stet_buffer_add_char(out, '\n');
    }
    stet_buffer_add_char(out, '\n');
}

int stet_arch_localdb_desc(const struct stet_arch_package *p, int64_t install_date,
                           struct stet_buffer *out, struct stet_error *err)
{
    const struct stet_arch_info *i = &p->info;
    const char *reason = p->locked->reason;
    add_text(out, "NAME", i->name);
    add_text(out, "VERSION", i->version);
    add_text(out, "BASE", i->base);
    add_text(out, "DESC", i->description);
    add_text(out, "URL", i->url);
    add_text(out, "ARCH", i->architecture);
    add_number(out, "BUILDDATE", (uint64_t)i->build_date);
    add_number(out, "INSTALLDATE", (uint64_t)install_date);
    add_text(out, "PACKAGER", i->packager);
    add_number(out, "SIZE", i->size);
    add_number(out, "REASON", reason && strcmp(reason, "dependency") == 0);
    add_list(out, "GROUPS", &i->groups);
    add_list(out, "LICENSE", &i->licenses);
    if (p->locked->validation.count > 0)
        add_list(out, "VALIDATION", &p->locked->validation);
    else
        add_text(out, "VALIDATION", "sha256");
    add_list(out, "REPLACES", &i->replaces);
    add_list(out, "DEPENDS", &i->depends);
    add_list(out, "OPTDEPENDS", &i->optdepends);
    add_list(out, "CONFLICTS", &i->conflicts);
    add_list(out, "PROVIDES", &i->provides);
    add_list(out, "XDATA", &i->xdata);
    return stet_buffer_check(out, "writing the local database", err);
}

int stet_arch_localdb_files(const struct stet_arch_package *p, const char *const *hashes,
                            struct stet_buffer *out, struct stet_error *err)
{
    const struct stet_strv *backup = &p->info.backup;
    add_list(out, "FILES", &p->files);
    if (backup->count > 0)
        stet_buffer_add_str(out, "%BACKUP%\n");
    for (size_t i = 0; i < backup->count; i++)
        stet_buffer_addf(out, "%s\t%s\n", backup->items[i], hashes[i] ? hashes[i] : "(null)");
    if (backup->count > 0)
        stet_buffer_add_char(out, '\n');
    return stet_buffer_check(out, "writing the local database", err);
}

/* ---- reading ---- */

/* The line at text, which is moved on; its length without the newline. */
static size_t next_line(const char **text, const char *end, const char **line)
{
    const char *stop = memchr(*text, '\n', (size_t)(end - *text));
    size_t n = (size_t)((stop ? stop : end) - *text);
    *line = *text;
    *text += stop ? n + 1 : n;
    return n;
}

static bool is_word(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)line[i] <= ' ' || (unsigned char)line[i] == 0x7f)
            return false;
    return n > 0;
}

/* The line after "%KEY%", which must be one word without control bytes; copied. */
static char *find_value(const char *text, size_t len, const char *key, const char *name,
                        struct stet_error *err)
{
    const char *end = text + len, *line;
    bool first = true; /* of a block: a value may look like a key */
    while (text < end) {
        size_t n = next_line(&text, end, &line);
        bool found = first && n == strlen(key) && memcmp(line, key, n) == 0;
        first = n == 0;
        if (!found)
            continue;
        n = next_line(&text, end, &line);
        if (is_word(line, n) && n < 4096)
            return stet_format(err, "%.*s", (int)n, line);
        break;
    }
    stet_error_input(err, "%s: it has no valid %s", name, key);
    return NULL;
}

int stet_arch_localdb_read_desc(const char *text, size_t len, const char *name,
                                struct stet_strv *out, struct stet_error *err)
{
    _cleanup_free_ char *package = find_value(text, len, "%NAME%", name, err);
    _cleanup_free_ char *version = package ? find_value(text, len, "%VERSION%", name, err) : NULL;
    _cleanup_free_ char *architecture = version ? find_value(text, len, "%ARCH%", name, err) : NULL;
    if (!architecture)
        return -1;
    return stet_strv_addf(out, err, "%s %s %s", package, version, architecture);
}
