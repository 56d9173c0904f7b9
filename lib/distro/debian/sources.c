#include "lib/distro/debian/sources.h"

#include <dirent.h>
#include <errno.h>

#include "lib/distro/debian/deb822.h"

enum { SOURCES_MAX = 1 << 20, MIRROR_LIST_MAX = 64 << 10, ENTRIES_MAX = 10000 };

static void signers_release(struct stet_debian_signers *s)
{
    stet_strv_release(&s->files);
    free(s->key);
    s->key = NULL;
}

static void entry_release(struct stet_debian_entry *e)
{
    stet_strv_release(&e->uris);
    stet_strv_release(&e->suites);
    stet_strv_release(&e->architectures);
    signers_release(&e->signers);
}

void stet_debian_entries_release(struct stet_debian_entries *e)
{
    for (size_t i = 0; i < e->count; i++)
        entry_release(&e->items[i]);
    free(e->items);
    *e = (struct stet_debian_entries){NULL, 0, 0};
}

/* A new element, freed with the list. */
static struct stet_debian_entry *add_entry(struct stet_debian_entries *out, struct stet_error *err)
{
    if (out->count >= ENTRIES_MAX) {
        stet_error_input(err, "apt's sources have more than %d entries", ENTRIES_MAX);
        return NULL;
    }
    if (stet_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items, err) < 0)
        return NULL;
    out->items[out->count] = (struct stet_debian_entry){0};
    return &out->items[out->count++];
}

/* ---- words and URIs ---- */

static int add_slice(struct stet_strv *out, const char *p, size_t len, struct stet_error *err)
{
    return stet_strv_addf(out, err, "%.*s", (int)len, p);
}

/* Appends the parts of text between any of the separators. */
static int split(const char *text, const char *separators, struct stet_strv *out,
                 struct stet_error *err)
{
    while (*text) {
        size_t len = strcspn(text, separators);
        if (len > 0 && add_slice(out, text, len, err) < 0)
            return -1;
        text += len;
        text += strspn(text, separators);
    }
    return 0;
}

/* Appends a URI that stet can fetch from, in its normal form; others ("cdrom:") are passed over. */
static int add_plain_uri(const char *uri, struct stet_strv *out, struct stet_error *err)
{
    size_t len = strlen(uri);
    while (len > 0 && uri[len - 1] == '/')
        len--;
    if (strncmp(uri, "http://", 7) == 0 || strncmp(uri, "https://", 8) == 0 ||
        strncmp(uri, "file:///", 8) == 0)
        return add_slice(out, uri, len, err);
    if (strncmp(uri, "file:/", 6) == 0)
        return stet_strv_addf(out, err, "file://%.*s", (int)(len - 5), uri + 5);
    return 0;
}

/* apt-transport-mirror(1): a file with one URI a line, and more words that stet does not use. */
static int add_mirror_list(const char *path, const char *root, struct stet_strv *out,
                           struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    _cleanup_strv_ struct stet_strv lines = STET_STRV_INIT;
    while (path[0] == '/' && path[1] == '/')
        path++;
    _cleanup_free_ char *full = stet_format(err, "%s%s", root, path);
    if (!full || stet_fs_read(AT_FDCWD, full, MIRROR_LIST_MAX, &text, err) < 0 ||
        split(stet_buffer_str(&text), "\r\n", &lines, err) < 0)
        return -1;
    for (size_t i = 0; i < lines.count; i++) {
        char *line = lines.items[i];
        if (line[0] == '#')
            continue;
        line[strcspn(line, " \t")] = '\0';
        if (add_plain_uri(line, out, err) < 0)
            return -1;
    }
    return 0;
}

static int add_uri(const char *uri, const char *root, struct stet_strv *out, struct stet_error *err)
{
    if (strncmp(uri, "mirror+file:", 12) == 0)
        return add_mirror_list(uri + 12, root, out, err);
    return add_plain_uri(uri, out, err);
}

/* ---- sources.list ---- */

struct line_reader {
    const char *name, *root;
    unsigned number;
};

static int bad_line(const struct line_reader *r, const char *what, struct stet_error *err)
{
    return stet_error_input(err, "%s:%u: %s", r->name, r->number, what);
}

static int parse_option(const char *option, struct stet_debian_entry *e, struct stet_error *err)
{
    if (strncmp(option, "arch=", 5) == 0)
        return split(option + 5, ",", &e->architectures, err);
    if (strncmp(option, "signed-by=", 10) == 0)
        return split(option + 10, ",", &e->signers.files, err);
    return 0;
}

/* "[ a=b c=d ]" in words from *i on; leaves *i after it. The brackets may touch the words. */
static int parse_options(const struct line_reader *r, struct stet_strv *words, size_t *i,
                         struct stet_debian_entry *e, struct stet_error *err)
{
    if (*i >= words->count || words->items[*i][0] != '[')
        return 0;
    bool open = true;
    for (bool first = true; open; first = false, (*i)++) {
        if (*i >= words->count)
            return bad_line(r, "'[' without ']'", err);
        char *word = words->items[*i] + first;
        size_t len = strlen(word);
        open = len == 0 || word[len - 1] != ']';
        if (!open)
            word[len - 1] = '\0';
        if (parse_option(word, e, err) < 0)
            return -1;
    }
    return 0;
}

static int parse_line(const struct line_reader *r, const char *line,
                      struct stet_debian_entries *out, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv words = STET_STRV_INIT;
    if (split(line, " \t\r", &words, err) < 0)
        return -1;
    if (words.count == 0 || strcmp(words.items[0], "deb-src") == 0)
        return 0;
    if (strcmp(words.items[0], "deb") != 0)
        return bad_line(r, "expected \"deb\" or \"deb-src\"", err);
    struct stet_debian_entry *e = add_entry(out, err);
    size_t i = 1;
    if (!e || parse_options(r, &words, &i, e, err) < 0)
        return -1;
    if (words.count < i + 2)
        return bad_line(r, "expected \"deb URI SUITE COMPONENT...\"", err);
    if (add_uri(words.items[i], r->root, &e->uris, err) < 0)
        return -1;
    return stet_strv_add(&e->suites, words.items[i + 1], err);
}

int stet_debian_sources_parse_list(const char *text, size_t len, const char *name, const char *root,
                                   struct stet_debian_entries *out, struct stet_error *err)
{
    struct line_reader r = {name, root, 1};
    for (const char *p = text, *stop = text + len; p < stop; r.number++) {
        const char *end = memchr(p, '\n', (size_t)(stop - p));
        end = end ? end : stop;
        if (memchr(p, '\0', (size_t)(end - p)))
            return bad_line(&r, "a NUL byte", err);
        const char *comment = memchr(p, '#', (size_t)(end - p));
        _cleanup_free_ char *line =
            stet_format(err, "%.*s", (int)((comment ? comment : end) - p), p);
        if (!line || parse_line(&r, line, out, err) < 0)
            return -1;
        p = end + (end < stop);
    }
    return 0;
}

/* ---- deb822 ---- */

static bool is_false(const char *value)
{
    static const char *const words[] = {"no", "false", "without", "off", "disable", "0", NULL};
    for (size_t i = 0; value && words[i]; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

/* An embedded key: the lines of the field, where "." stands for an empty one. */
static int copy_key(const char *value, struct stet_debian_signers *out, struct stet_error *err)
{
    struct stet_buffer key = STET_BUFFER_INIT;
    while (*value) {
        size_t len = strcspn(value, "\n");
        if (!(len == 1 && *value == '.'))
            stet_buffer_add(&key, value, len);
        stet_buffer_add_char(&key, '\n');
        value += len + (value[len] == '\n');
    }
    out->key = stet_buffer_detach(&key);
    return out->key ? 0 : stet_error_oom(err, "reading apt's sources");
}

static int parse_signers(const char *value, struct stet_debian_signers *out, struct stet_error *err)
{
    if (!value)
        return 0;
    if (strstr(value, "-----BEGIN PGP PUBLIC KEY BLOCK-----"))
        return copy_key(value + strspn(value, " \t\r\n"), out, err);
    return split(value, " \t\r\n", &out->files, err);
}

static int add_uris(const char *value, const char *root, struct stet_strv *out,
                    struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv words = STET_STRV_INIT;
    if (split(value, " \t\r\n", &words, err) < 0)
        return -1;
    for (size_t i = 0; i < words.count; i++)
        if (add_uri(words.items[i], root, out, err) < 0)
            return -1;
    return 0;
}

static int parse_paragraph(const struct stet_deb822 *p, const struct line_reader *r,
                           struct stet_debian_entries *out, struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv types = STET_STRV_INIT;
    const char *type = stet_deb822_get(p, "Types"), *uris = stet_deb822_get(p, "URIs");
    const char *suites = stet_deb822_get(p, "Suites");
    const char *architectures = stet_deb822_get(p, "Architectures");
    if (is_false(stet_deb822_get(p, "Enabled")))
        return 0;
    if (!type || !uris || !suites)
        return stet_error_input(err, "%s:%u: the paragraph before has no %s", r->name, r->number,
                                !type   ? "Types"
                                : !uris ? "URIs"
                                        : "Suites");
    if (split(type, " \t\r\n", &types, err) < 0)
        return -1;
    if (!stet_strv_contains(&types, "deb"))
        return 0;
    struct stet_debian_entry *e = add_entry(out, err);
    if (!e || add_uris(uris, r->root, &e->uris, err) < 0 ||
        split(suites, " \t\r\n", &e->suites, err) < 0)
        return -1;
    if (architectures && split(architectures, " \t\r\n,", &e->architectures, err) < 0)
        return -1;
    return parse_signers(stet_deb822_get(p, "Signed-By"), &e->signers, err);
}

int stet_debian_sources_parse_deb822(const char *text, size_t len, const char *name,
                                     const char *root, struct stet_debian_entries *out,
                                     struct stet_error *err)
{
    struct line_reader r = {name, root, 1};
    struct stet_deb822 p;
    size_t pos = 0;
    int got;
    stet_deb822_init(&p);
    while ((got = stet_deb822_next(text, len, &pos, &r.number, true, name, &p, err)) > 0)
        if (parse_paragraph(&p, &r, out, err) < 0) {
            got = -1;
            break;
        }
    stet_deb822_release(&p);
    return got;
}

/* ---- files ---- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

static int read_file(const char *path, const char *root, struct stet_debian_entries *out,
                     struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (stet_fs_read(AT_FDCWD, path, SOURCES_MAX, &text, err) < 0)
        return -1;
    const char *data = stet_buffer_str(&text);
    if (ends_with(path, ".sources"))
        return stet_debian_sources_parse_deb822(data, text.len, path, root, out, err);
    return stet_debian_sources_parse_list(data, text.len, path, root, out, err);
}

/* sources.list(5): letters, digits, '_', '-' and '.' only, and one of two endings; anything else is
 * ignored. */
static bool is_source_name(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
              strchr("_-.", *p)))
            return false;
    return name[0] != '.' && (ends_with(name, ".list") || ends_with(name, ".sources"));
}

static int list_parts(const char *dir, struct stet_strv *out, struct stet_error *err)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    int result = 0;
    if (!d)
        return errno == ENOENT ? 0 : stet_error_errno(err, "%s", dir);
    while (result == 0 && (entry = readdir(d)))
        if (is_source_name(entry->d_name))
            result = stet_strv_add(out, entry->d_name, err);
    closedir(d);
    stet_strv_sort_unique(out);
    return result;
}

int stet_debian_sources_read(const char *root, struct stet_debian_entries *out,
                             struct stet_error *err)
{
    _cleanup_strv_ struct stet_strv parts = STET_STRV_INIT;
    _cleanup_free_ char *list = stet_format(err, "%s/etc/apt/sources.list", root);
    _cleanup_free_ char *dir = stet_format(err, "%s/etc/apt/sources.list.d", root);
    if (!list || !dir)
        return -1;
    if (access(list, F_OK) == 0 && read_file(list, root, out, err) < 0)
        return -1;
    if (list_parts(dir, &parts, err) < 0)
        return -1;
    for (size_t i = 0; i < parts.count; i++) {
        _cleanup_free_ char *path = stet_format(err, "%s/%s", dir, parts.items[i]);
        if (!path || read_file(path, root, out, err) < 0)
            return -1;
    }
    return 0;
}
