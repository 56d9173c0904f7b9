/* Two GNU gettext catalogues (.mo; gettext manual, "The Format of GNU MO Files"): the header line by line, then messages. */
#include "lib/diff/formats.h"
#include "lib/diff/region.h"

enum { HEADER = 28, MESSAGES_MAX = 1 << 18, MESSAGES_SHOWN = 30 };

struct message {
    struct diff_bytes id, text;
};

struct catalogue {
    struct diff_bytes file;
    bool big;
    uint32_t revision, count, ids_at, texts_at, hash_size, hash_at;
    struct message *messages;
};

/* ---- reading ---- */

static bool read_string(const struct catalogue *c, uint64_t table, uint32_t i,
                        struct diff_bytes *out)
{
    const unsigned char *p = c->file.data + table + 8 * (uint64_t)i;
    uint32_t len = diff_get32(p, c->big), at = diff_get32(p + 4, c->big);
    *out = diff_part(c->file, at, len);
    /* The NUL after it is not counted. */
    return out->data && diff_has(c->file, at + (uint64_t)len, 1) && out->data[len] == 0;
}

static int read_messages(struct catalogue *c, struct stet_error *err)
{
    uint64_t total = 0;
    if (c->count > MESSAGES_MAX || !diff_has(c->file, c->ids_at, 8 * (uint64_t)c->count) ||
        !diff_has(c->file, c->texts_at, 8 * (uint64_t)c->count))
        return 0;
    c->messages = calloc(c->count ? c->count : 1, sizeof *c->messages);
    if (!c->messages)
        return stet_error_oom(err, "reading a message catalogue");
    for (uint32_t i = 0; i < c->count; i++) {
        struct message *m = &c->messages[i];
        if (!read_string(c, c->ids_at, i, &m->id) || !read_string(c, c->texts_at, i, &m->text))
            return 0;
        /* Sorted, each once, and not laid over each other, which would multiply the work. */
        if (i > 0 && stet_diff_bytes_order(c->messages[i - 1].id, m->id) >= 0)
            return 0;
        total += (uint64_t)m->id.len + m->text.len;
        if (total > 2 * (uint64_t)c->file.len)
            return 0;
    }
    return 1;
}

static int catalogue_read(struct diff_bytes file, struct catalogue *c, struct stet_error *err)
{
    memset(c, 0, sizeof *c);
    c->file = file;
    if (file.len < HEADER)
        return 0;
    c->big = file.data[0] == 0x95;
    if (diff_get32(file.data, c->big) != 0x950412de)
        return 0;
    c->revision = diff_get32(file.data + 4, c->big);
    c->count = diff_get32(file.data + 8, c->big);
    c->ids_at = diff_get32(file.data + 12, c->big);
    c->texts_at = diff_get32(file.data + 16, c->big);
    c->hash_size = diff_get32(file.data + 20, c->big);
    c->hash_at = diff_get32(file.data + 24, c->big);
    return read_messages(c, err);
}

/* ---- the header entry: fields as in a mail ---- */

static bool next_line(struct diff_bytes *rest, struct diff_bytes *line)
{
    if (rest->len == 0)
        return false;
    const unsigned char *end = memchr(rest->data, '\n', rest->len);
    line->data = rest->data;
    line->len = end ? (size_t)(end - rest->data) : rest->len;
    size_t taken = line->len + (end != NULL);
    rest->data += taken;
    rest->len -= taken;
    return true;
}

static bool split_field(struct diff_bytes line, struct diff_bytes *name, struct diff_bytes *value)
{
    const unsigned char *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
    if (!colon)
        return false;
    *name = (struct diff_bytes){line.data, (size_t)(colon - line.data)};
    *value = (struct diff_bytes){colon + 1, line.len - name->len - 1};
    while (value->len > 0 && *value->data == ' ') {
        value->data++;
        value->len--;
    }
    return true;
}

static struct diff_bytes find_field(struct diff_bytes header, struct diff_bytes wanted)
{
    struct diff_bytes line, name, value;
    while (next_line(&header, &line))
        if (split_field(line, &name, &value) && diff_same(name, wanted))
            return value;
    return (struct diff_bytes){NULL, 0};
}

static int add_field(const struct diff_pair *p, struct diff_bytes name, struct diff_bytes a,
                     struct diff_bytes b, struct stet_error *err)
{
    static const char created[] = "POT-Creation-Date";
    _cleanup_buffer_ struct stet_buffer text = STET_BUFFER_INIT;
    if (stet_diff_printable(name.data, name.len, 80, &text, err) < 0)
        return -1;
    struct stet_finding *f =
        stet_diff_add_bytes(p, "mo", a, b, err, "header: %s", stet_buffer_str(&text));
    if (!f)
        return -1;
    if (a.len == 0 || b.len == 0 || strcmp(stet_buffer_str(&text), created) != 0)
        return 1;
    return stet_diff_because(f, STET_CAUSE_BUILD_TIME, STET_DIFF_LIKELY, err,
                             "POT-Creation-Date is when xgettext wrote the template") < 0
               ? -1
               : 1;
}

/* The fields that differ. Their number, or -1. */
static int compare_header(const struct diff_pair *p, struct diff_bytes a, struct diff_bytes b,
                          struct stet_error *err)
{
    struct diff_bytes rest = a, line, name, value;
    int added = 0;
    /* Each field of one is looked for in all of the other. */
    if (a.len > 16384 || b.len > 16384)
        return 0;
    while (next_line(&rest, &line)) {
        if (!split_field(line, &name, &value))
            continue;
        struct diff_bytes other = find_field(b, name);
        if (other.data && diff_same(value, other))
            continue;
        if (add_field(p, name, value, other, err) < 0)
            return -1;
        added++;
    }
    for (rest = b; next_line(&rest, &line);)
        if (split_field(line, &name, &value) && !find_field(a, name).data) {
            if (add_field(p, name, (struct diff_bytes){NULL, 0}, value, err) < 0)
                return -1;
            added++;
        }
    return added;
}

/* ---- messages ---- */

struct walk {
    const struct diff_pair *pair;
    struct stet_error *err;
    size_t shown, differing;
};

/* The singular alone, and the context as such. */
static int id_text(struct diff_bytes id, struct stet_buffer *out, struct stet_error *err)
{
    size_t len = strnlen((const char *)id.data, id.len), context = 0;
    while (context < len && id.data[context] != 4)
        context++;
    size_t begin = context < len ? context + 1 : 0;
    stet_buffer_add_char(out, '"');
    if (stet_diff_printable(id.data + begin, len - begin, 100, out, err) < 0)
        return -1;
    stet_buffer_add_char(out, '"');
    if (begin == 0)
        return stet_buffer_check(out, "a message", err);
    stet_buffer_add_str(out, " in context \"");
    if (stet_diff_printable(id.data, context, 60, out, err) < 0)
        return -1;
    stet_buffer_add_char(out, '"');
    return stet_buffer_check(out, "a message", err);
}

static int add_message(struct walk *w, const struct message *a, const struct message *b)
{
    _cleanup_buffer_ struct stet_buffer id = STET_BUFFER_INIT;
    struct diff_bytes none = {NULL, 0};
    w->differing++;
    if (a && b && a->id.len == 0) {
        int added = compare_header(w->pair, a->text, b->text, w->err);
        if (added != 0)
            return added < 0 ? -1 : 0;
    }
    if (w->shown++ >= MESSAGES_SHOWN)
        return 0;
    if (id_text(a ? a->id : b->id, &id, w->err) < 0)
        return -1;
    return stet_diff_add_bytes(w->pair, "mo", a ? a->text : none, b ? b->text : none, w->err,
                               "message %s", stet_buffer_str(&id))
               ? 0
               : -1;
}

/* Both are sorted by their ids. */
static int compare_messages(struct walk *w, const struct catalogue *a, const struct catalogue *b)
{
    for (uint32_t i = 0, j = 0; i < a->count || j < b->count;) {
        const struct message *x = i < a->count ? &a->messages[i] : NULL;
        const struct message *y = j < b->count ? &b->messages[j] : NULL;
        int order = !x ? 1 : !y ? -1 : stet_diff_bytes_order(x->id, y->id);
        if (order < 0)
            y = NULL;
        if (order > 0)
            x = NULL;
        i += x != NULL;
        j += y != NULL;
        if ((!x || !y || !diff_same(x->text, y->text)) && add_message(w, x, y) < 0)
            return -1;
    }
    if (w->shown <= MESSAGES_SHOWN)
        return 0;
    _cleanup_free_ char *va = stet_format(w->err, "%u messages", a->count);
    _cleanup_free_ char *vb = stet_format(w->err, "%u messages", b->count);
    return va && vb &&
                   stet_diff_add(w->pair, "mo", va, vb, w->err, "%zu messages differ", w->differing)
               ? 0
               : -1;
}

/* ---- the file's own header ---- */

static int compare_numbers(const struct diff_pair *p, const struct catalogue *a,
                           const struct catalogue *b, struct stet_error *err)
{
    const struct {
        const char *what;
        uint32_t a, b;
    } fields[] = {
        {"byte order", a->big, b->big},
        {"revision", a->revision, b->revision},
        {"number of messages", a->count, b->count},
        {"size of the hash table", a->hash_size, b->hash_size},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].a == fields[i].b)
            continue;
        _cleanup_free_ char *va = stet_format(err, "%u", fields[i].a);
        _cleanup_free_ char *vb = stet_format(err, "%u", fields[i].b);
        if (i == 0) {
            free(va);
            free(vb);
            va = stet_format(err, "%s",
                             a->big ? "most significant first" : "least significant first");
            vb = stet_format(err, "%s",
                             b->big ? "most significant first" : "least significant first");
        }
        if (!va || !vb || !stet_diff_add(p, "mo", va, vb, err, "%s", fields[i].what))
            return -1;
    }
    return 0;
}

int stet_diff_mo(const struct diff_pair *p, struct stet_error *err)
{
    struct catalogue a, b = {.count = 0};
    struct walk w = {.pair = p, .err = err};
    size_t first = p->diff->result->count;
    int status = catalogue_read(p->a, &a, err);
    if (status > 0)
        status = catalogue_read(p->b, &b, err);
    if (status > 0 && (compare_numbers(p, &a, &b, err) < 0 || compare_messages(&w, &a, &b) < 0))
        status = -1;
    free(a.messages);
    free(b.messages);
    /* The same messages, laid out otherwise: as bytes. */
    return status > 0 ? p->diff->result->count > first : status;
}
