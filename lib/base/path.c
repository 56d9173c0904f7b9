#include <stdint.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/utf8.h"

enum { COMPONENT_MAX = 255, NORMAL_PATH_MAX = 4095 };

static bool has_control(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return true;
    return false;
}

static int check_component(const char *path, const char *name, size_t len, struct stet_error *err)
{
    if (len == 2 && memcmp(name, "..", 2) == 0)
        return stet_error_input(err, "the path \"%s\" has a \"..\" component", path);
    if (len > COMPONENT_MAX)
        return stet_error_input(err, "the path \"%s\" has a component over %d bytes", path,
                                COMPONENT_MAX);
    return 0;
}

static int normalize(const char *path, struct stet_buffer *out, struct stet_error *err)
{
    size_t start = out->len;

    if (*path == '\0')
        return stet_error_input(err, "an empty path");
    if (*path == '/')
        return stet_error_input(err, "the path \"%s\" is absolute", path);
    if (has_control(path, strlen(path)))
        return stet_error_input(err, "the path \"%s\" has a control character", path);
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, "/");

        if (len > 0 && !(len == 1 && *p == '.')) {
            if (check_component(path, p, len, err) < 0)
                return -1;
            if (out->len > start)
                stet_buffer_add_char(out, '/');
            stet_buffer_add(out, p, len);
            if (out->len - start > NORMAL_PATH_MAX)
                return stet_error_input(err, "the path \"%.64s...\" is over %d bytes", path,
                                        NORMAL_PATH_MAX);
        }
        p += len;
        p += strspn(p, "/");
    }
    stet_buffer_reserve(out, 0);
    return stet_buffer_check(out, "cannot keep a path", err);
}

int stet_path_normalize(const char *path, struct stet_buffer *out, struct stet_error *err)
{
    size_t start = out->len;

    if (normalize(path, out, err) == 0)
        return 0;
    out->len = start;
    if (out->data != NULL)
        out->data[start] = '\0';
    return -1;
}

/* The rank of a byte: the end lowest, then '/', then all others by value. */
static int rank(char c)
{
    if (c == '\0')
        return 0;
    return c == '/' ? 1 : (unsigned char)c + 1;
}

int stet_path_compare(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return rank(*a) - rank(*b);
}

/* ---- globs ---- */

struct span {
    const char *at;
    const char *end;
};

/* The next character; a byte that is not UTF-8 counts as one of its own. */
static uint32_t next_char(struct span *s)
{
    uint32_t c = 0;
    size_t n = stet_utf8_decode(s->at, (size_t)(s->end - s->at), &c);

    if (n == 0) {
        c = 0x110000 + (unsigned char)*s->at;
        n = 1;
    }
    s->at += n;
    return c;
}

static bool in_named_class(const char *name, size_t len, uint32_t c)
{
    bool upper = c >= 'A' && c <= 'Z';
    bool lower = c >= 'a' && c <= 'z';
    bool digit = c >= '0' && c <= '9';
    bool visible = c > 0x20 && c < 0x7f;
    const struct {
        const char *name;
        bool holds;
    } classes[] = {
        {"alnum", upper || lower || digit},
        {"alpha", upper || lower},
        {"blank", c == ' ' || c == '\t'},
        {"cntrl", c < 0x20 || c == 0x7f},
        {"digit", digit},
        {"graph", visible},
        {"lower", lower},
        {"print", visible || c == ' '},
        {"punct", visible && !upper && !lower && !digit},
        {"space", c == ' ' || (c >= '\t' && c <= '\r')},
        {"upper", upper},
        {"xdigit", digit || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f')},
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strlen(classes[i].name) == len && memcmp(classes[i].name, name, len) == 0)
            return classes[i].holds;
    return false;
}

/* "[:name:]" at p: moves behind it and says whether c is in it. */
static bool take_named_class(struct span *p, uint32_t c, bool *holds)
{
    const char *name = p->at + 2;
    const char *stop;

    if (p->end - p->at < 4 || p->at[0] != '[' || p->at[1] != ':')
        return false;
    stop = memmem(name, (size_t)(p->end - name), ":]", 2);
    if (stop == NULL)
        return false;
    *holds = in_named_class(name, (size_t)(stop - name), c);
    p->at = stop + 2;
    return true;
}

/* One character of a class, '\\' quoting the next. */
static uint32_t class_char(struct span *p)
{
    if (*p->at == '\\' && p->end - p->at > 1)
        p->at++;
    return next_char(p);
}

/*
 * A class whose '[' is just before p. Returns false when it has no end: then '[' means
 * itself. Otherwise p moves behind the ']' and *holds says whether c is in it.
 */
static bool take_class(struct span *p, uint32_t c, bool *holds)
{
    struct span s = *p;
    bool negated = s.at < s.end && (*s.at == '!' || *s.at == '^');
    bool found = false;
    bool first = true;

    if (negated)
        s.at++;
    for (; s.at < s.end && (first || *s.at != ']'); first = false) {
        bool in = false;

        if (!take_named_class(&s, c, &in)) {
            uint32_t low = class_char(&s);
            uint32_t high = low;

            if (s.end - s.at > 1 && s.at[0] == '-' && s.at[1] != ']') {
                s.at++;
                high = class_char(&s);
            }
            in = c >= low && c <= high;
        }
        found = found || in;
    }
    if (s.at >= s.end)
        return false;
    p->at = s.at + 1;
    *holds = found != negated;
    return true;
}

/* Does the pattern's next item (no '*') match the text's next character? Both move. */
static bool match_one(struct span *pattern, struct span *text)
{
    uint32_t c;
    uint32_t p;
    bool holds = false;

    if (pattern->at >= pattern->end || text->at >= text->end)
        return false;
    c = next_char(text);
    p = next_char(pattern);
    if (p == '?')
        return true;
    if (p == '[' && take_class(pattern, c, &holds))
        return holds;
    if (p == '\\') {
        if (pattern->at >= pattern->end)
            return false;
        p = next_char(pattern);
    }
    return p == c;
}

/*
 * '*' takes as little as it can, and only the last '*' is ever widened: what stands
 * before it has matched at its earliest place, which leaves most to the rest. So the
 * time is at most the product of the two lengths.
 */
static bool match_text(struct span pattern, struct span text)
{
    struct span star = {NULL, NULL};
    struct span from = {NULL, NULL};

    while (text.at < text.end || pattern.at < pattern.end) {
        if (pattern.at < pattern.end && *pattern.at == '*') {
            pattern.at++;
            star = pattern;
            from = text;
            continue;
        }
        if (match_one(&pattern, &text))
            continue;
        if (star.at == NULL || from.at >= from.end)
            return false;
        (void)next_char(&from);
        pattern = star;
        text = from;
    }
    return true;
}

/* Cuts the first component off s. */
static struct span take_component(struct span *s)
{
    struct span part = *s;
    const char *slash = memchr(s->at, '/', (size_t)(s->end - s->at));

    if (slash == NULL) {
        s->at = s->end;
    } else {
        part.end = slash;
        s->at = slash + 1;
    }
    return part;
}

/* As match_text(), with components for characters and "**" for '*'. */
static bool match_components(struct span pattern, struct span text)
{
    struct span star = {NULL, NULL};
    struct span from = {NULL, NULL};

    while (text.at < text.end || pattern.at < pattern.end) {
        struct span rest = pattern;
        struct span part = take_component(&rest);

        if (part.end - part.at == 2 && memcmp(part.at, "**", 2) == 0) {
            /* At the end it means what is in a directory, not the directory itself. */
            if (rest.at >= rest.end)
                return text.at < text.end;
            pattern = rest;
            star = rest;
            from = text;
            continue;
        }
        if (pattern.at < pattern.end && text.at < text.end) {
            struct span next = text;

            if (match_text(part, take_component(&next))) {
                pattern = rest;
                text = next;
                continue;
            }
        }
        if (star.at == NULL || from.at >= from.end)
            return false;
        (void)take_component(&from);
        pattern = star;
        text = from;
    }
    return true;
}

bool stet_path_match(const char *glob, const char *path, bool dpkg_style)
{
    struct span pattern = {glob, glob + strlen(glob)};
    struct span text = {path, path + strlen(path)};

    return dpkg_style ? match_text(pattern, text) : match_components(pattern, text);
}
