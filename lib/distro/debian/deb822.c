#include "lib/distro/debian/deb822.h"

/* More than any real paragraph has; keeps the search for a repeated field cheap. */
enum { FIELDS_MAX = 1000 };

struct line {
    const char *start;
    size_t len; /* without the newline */
};

struct parser {
    const char *text, *name;
    size_t len, *pos;
    unsigned *number;
    bool comments;
};

/* The field being collected: name is borrowed from the text. */
struct pending {
    struct line name;
    struct stet_buffer value, raw;
};

void stet_deb822_init(struct stet_deb822 *p)
{
    *p = (struct stet_deb822){NULL, 0, 0};
}

void stet_deb822_release(struct stet_deb822 *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->fields[i].name);
        free(p->fields[i].value);
        free(p->fields[i].raw);
    }
    free(p->fields);
    stet_deb822_init(p);
}

const char *stet_deb822_get(const struct stet_deb822 *p, const char *field)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcasecmp(p->fields[i].name, field) == 0)
            return p->fields[i].value;
    return NULL;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct line trim(struct line l)
{
    while (l.len > 0 && is_space(l.start[0])) {
        l.start++;
        l.len--;
    }
    while (l.len > 0 && is_space(l.start[l.len - 1]))
        l.len--;
    return l;
}

/* The line at *pos without moving; false at the end of the text. */
static bool peek_line(const struct parser *p, struct line *out)
{
    if (*p->pos >= p->len)
        return false;
    out->start = p->text + *p->pos;
    const char *end = memchr(out->start, '\n', p->len - *p->pos);
    out->len = end ? (size_t)(end - out->start) : p->len - *p->pos;
    return true;
}

static void take_line(const struct parser *p, struct line l)
{
    *p->pos += l.len;
    if (*p->pos < p->len)
        (*p->pos)++;
    (*p->number)++;
}

static int fail(const struct parser *p, const char *what, struct stet_error *err)
{
    return stet_error_input(err, "%s:%u: %s", p->name, *p->number, what);
}

/* Policy 5.1: printable ASCII without space and ':', not starting with '#' or '-'. */
static bool is_field_name(struct line l)
{
    if (l.len == 0 || l.start[0] == '#' || l.start[0] == '-')
        return false;
    for (size_t i = 0; i < l.len; i++)
        if (l.start[i] <= ' ' || l.start[i] > '~')
            return false;
    return true;
}

/* strndup would do, but for its errno-only failure. */
static char *copy(struct line l, struct stet_error *err)
{
    char *s = malloc(l.len + 1);
    if (!s) {
        stet_error_oom(err, "reading a control paragraph");
        return NULL;
    }
    memcpy(s, l.start, l.len);
    s[l.len] = '\0';
    return s;
}

static int flush(const struct parser *p, struct pending *f, struct stet_deb822 *out,
                 struct stet_error *err)
{
    if (f->name.len == 0)
        return 0;
    if (stet_buffer_check(&f->value, "reading a control paragraph", err) < 0 ||
        stet_buffer_check(&f->raw, "reading a control paragraph", err) < 0)
        return -1;
    if (out->count >= FIELDS_MAX)
        return fail(p, "a paragraph with more than 1000 fields", err);
    if (stet_grow(&out->fields, &out->cap, out->count + 1, sizeof *out->fields, err) < 0)
        return -1;
    struct stet_deb822_field *field = &out->fields[out->count];
    field->name = copy(f->name, err);
    field->value = copy((struct line){stet_buffer_str(&f->value), f->value.len}, err);
    field->raw = copy((struct line){stet_buffer_str(&f->raw), f->raw.len}, err);
    out->count++; /* before the check, so that release frees what there is */
    if (!field->name || !field->value || !field->raw)
        return -1;
    f->name.len = 0;
    stet_buffer_clear(&f->value);
    stet_buffer_clear(&f->raw);
    return 0;
}

static bool has_field(const struct stet_deb822 *out, struct line name)
{
    for (size_t i = 0; i < out->count; i++) {
        const char *have = out->fields[i].name;
        if (strlen(have) == name.len && strncasecmp(have, name.start, name.len) == 0)
            return true;
    }
    return false;
}

static int begin_field(const struct parser *p, struct line l, struct pending *f,
                       struct stet_deb822 *out, struct stet_error *err)
{
    const char *colon = memchr(l.start, ':', l.len);
    if (!colon)
        return fail(p, "a line without ':' where \"Field: value\" is expected", err);
    struct line name = {l.start, (size_t)(colon - l.start)};
    if (!is_field_name(name))
        return fail(p, "not a valid field name before ':'", err);
    if (has_field(out, name))
        return stet_error_input(err, "%s:%u: field %.*s appears twice in one paragraph", p->name,
                                *p->number, (int)(name.len > 80 ? 80 : name.len), name.start);
    struct line rest = {colon + 1, l.len - name.len - 1};
    f->name = name;
    stet_buffer_add(&f->raw, rest.start, rest.len);
    rest = trim(rest);
    stet_buffer_add(&f->value, rest.start, rest.len);
    return 0;
}

static int continue_field(const struct parser *p, struct line l, struct pending *f,
                          struct stet_error *err)
{
    if (f->name.len == 0)
        return fail(p, "a continuation line without a field before it", err);
    stet_buffer_add_char(&f->raw, '\n');
    stet_buffer_add(&f->raw, l.start, l.len);
    /* Only the one marking space goes: further ones mean "verbatim" in a Description. */
    struct line rest = {l.start + 1, l.len - 1};
    while (rest.len > 0 && is_space(rest.start[rest.len - 1]))
        rest.len--;
    stet_buffer_add_char(&f->value, '\n');
    stet_buffer_add(&f->value, rest.start, rest.len);
    return 0;
}

static int parse_line(const struct parser *p, struct line l, struct pending *f,
                      struct stet_deb822 *out, struct stet_error *err)
{
    if (memchr(l.start, '\0', l.len))
        return fail(p, "a NUL byte", err);
    if (l.start[0] == ' ' || l.start[0] == '\t')
        return continue_field(p, l, f, err);
    if (flush(p, f, out, err) < 0)
        return -1;
    return begin_field(p, l, f, out, err);
}

static int parse_paragraph(const struct parser *p, struct pending *f, struct stet_deb822 *out,
                           struct stet_error *err)
{
    struct line l;
    while (peek_line(p, &l)) {
        bool comment = p->comments && l.len > 0 && l.start[0] == '#';
        bool blank = trim(l).len == 0;
        if (blank && f->name.len > 0)
            break;
        if (!comment && !blank && parse_line(p, l, f, out, err) < 0)
            return -1;
        take_line(p, l);
    }
    if (flush(p, f, out, err) < 0)
        return -1;
    return out->count > 0;
}

int stet_deb822_next(const char *text, size_t len, size_t *pos, unsigned *line, bool comments,
                     const char *name, struct stet_deb822 *out, struct stet_error *err)
{
    struct parser p = {text, name, len, pos, line, comments};
    struct pending f = {{NULL, 0}, STET_BUFFER_INIT, STET_BUFFER_INIT};
    stet_deb822_release(out);
    int got = parse_paragraph(&p, &f, out, err);
    stet_buffer_release(&f.value);
    stet_buffer_release(&f.raw);
    if (got <= 0)
        stet_deb822_release(out);
    return got;
}
