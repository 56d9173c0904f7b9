/*
 * mtree - the list of files in .MTREE. Of the forms of mtree(5) only the one that bsdtar writes for makepkg: full paths
 * ("./usr/bin"), one entry a line, /set and /unset. Of the keywords only type matters.
 */
#include "lib/codec/codec.h"
#include "lib/distro/arch/unpack_private.h"

enum { MTREE_MAX = 64 << 20, PATHS_MAX = 2000000, LINE_SIZE = 64 << 10 };

struct mtree {
    const char *name; /* the package's */
    size_t line;
    bool set_directory; /* what /set says of type */
    struct stet_strv *out;
};

static int bad(const struct mtree *m, const char *why, struct stet_error *err)
{
    return stet_error_input(err, "package %s: its .MTREE, line %zu: %s", m->name, m->line, why);
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* "\303\244" and the like, as vis(3) and bsdtar write them; in place. What is no escape stays as it is. */
static void unescape(char *s)
{
    static const char letters[] = "abfnrstv\\#", bytes[] = "\a\b\f\n\r \t\v\\#";
    char *out = s;
    while (*s) {
        const char *letter = s[0] == '\\' && s[1] ? strchr(letters, s[1]) : NULL;
        if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && is_octal(s[2]) && is_octal(s[3])) {
            *out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
            s += 4;
        } else if (letter) {
            *out++ = bytes[letter - letters];
            s += 2;
        } else {
            *out++ = *s++;
        }
    }
    *out = '\0';
}

/* Reads the keywords after a path, /set or /unset. */
static void read_type(char *words, bool *directory)
{
    char *save = NULL;
    for (char *w = strtok_r(words, " \t", &save); w; w = strtok_r(NULL, " \t", &save))
        if (strncmp(w, "type=", 5) == 0)
            *directory = strcmp(w + 5, "dir") == 0;
}

static int add_path(const struct mtree *m, const char *path, bool directory, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer normal = STET_BUFFER_INIT;
    if (stet_path_normalize(path, &normal, err) < 0)
        return stet_error_wrap(err, "package %s: its .MTREE, line %zu", m->name, m->line);
    const char *text = stet_buffer_str(&normal);
    /* The root itself, and metadata; as libalpm tells them. */
    if (*text == '\0' || *text == '.')
        return 0;
    if (m->out->count >= PATHS_MAX)
        return bad(m, "too many paths", err);
    return stet_strv_addf(m->out, err, "%s%s", text, directory ? "/" : "");
}

static int read_line(struct mtree *m, char *line, struct stet_error *err)
{
    line += strspn(line, " \t");
    size_t len = strlen(line), first = strcspn(line, " \t");
    if (len == 0 || *line == '#')
        return 0;
    if (line[len - 1] == '\\')
        return bad(m, "a line that goes on in the next is not supported", err);
    char *words = line + first + (line[first] != '\0');
    line[first] = '\0';
    if (strcmp(line, "/set") == 0) {
        read_type(words, &m->set_directory);
        return 0;
    }
    if (strcmp(line, "/unset") == 0) {
        if (strstr(words, "type") || strstr(words, "all"))
            m->set_directory = false;
        return 0;
    }
    bool directory = m->set_directory;
    read_type(words, &directory);
    if (strcmp(line, ".") != 0 && strncmp(line, "./", 2) != 0)
        return bad(m, "a path that does not begin with \"./\"", err);
    char escaped_nul[] = "\\000";
    if (strstr(line, escaped_nul))
        return bad(m, "a NUL byte in a path", err);
    unescape(line);
    return add_path(m, line, directory, err);
}

static int read_lines(struct mtree *m, const struct stet_buffer *text, struct stet_error *err)
{
    static const char magic[] = "#mtree";
    const char *p = stet_buffer_str(text), *end = p + text->len;
    char line[LINE_SIZE];
    m->line = 1;
    if (strncmp(p, magic, strlen(magic)) != 0)
        return bad(m, "it does not begin with \"#mtree\"", err);
    for (; p < end; m->line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((stop ? stop : end) - p);
        if (n >= sizeof line || memchr(p, '\0', n))
            return bad(m, n >= sizeof line ? "it is too long" : "a NUL byte", err);
        memcpy(line, p, n);
        line[n] = '\0';
        if (read_line(m, line, err) < 0)
            return -1;
        p += n + 1;
    }
    return 0;
}

static int decode(const void *data, size_t len, const char *name, struct stet_buffer *out,
                  struct stet_error *err)
{
    struct stet_memory_reader raw;
    char block[16 << 10];
    ssize_t n;
    stet_memory_reader_init(&raw, data, len);
    struct stet_reader *in = stet_codec_decoder_new(&raw.base, ".MTREE", MTREE_MAX, NULL, err);
    if (!in)
        return stet_error_wrap(err, "package %s", name);
    while ((n = stet_reader_read(in, block, sizeof block, err)) > 0)
        stet_buffer_add(out, block, (size_t)n);
    stet_codec_decoder_free(in);
    if (n < 0)
        return stet_error_wrap(err, "package %s", name);
    return stet_buffer_check(out, "reading .MTREE", err);
}

int stet_arch_mtree_files(const void *data, size_t len, const char *name, struct stet_strv *out,
                          struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    struct mtree m = {.name = name, .out = out};
    if (decode(data, len, name, &text, err) < 0)
        return -1;
    return read_lines(&m, &text, err);
}
