/*
 * The canonical writer. Its output is part of every digest that stet prints.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "lib/json/json.h"

enum { IN_OBJECT = 1, HAS_MEMBER = 2 };

void stet_json_writer_init(struct stet_json_writer *w, enum stet_json_layout layout,
                           struct stet_buffer *out)
{
    memset(w, 0, sizeof(*w));
    w->layout = layout;
    w->out = out;
}

static void misuse(struct stet_json_writer *w, const char *what)
{
    stet_error_set(&w->error, STET_ERROR_INTERNAL, 0, "JSON writer: %s", what);
}

static bool is_failed(const struct stet_json_writer *w)
{
    return w->error.kind != STET_ERROR_NONE;
}

static void add_newline(struct stet_json_writer *w)
{
    if (w->layout != STET_JSON_INDENTED)
        return;
    stet_buffer_add_char(w->out, '\n');
    for (unsigned i = 0; i < w->depth; i++)
        stet_buffer_add_str(w->out, "  ");
}

/* What stands before a member of an object or an element of an array. */
static void begin_member(struct stet_json_writer *w)
{
    if (w->state[w->depth] & HAS_MEMBER)
        stet_buffer_add_char(w->out, ',');
    w->state[w->depth] |= HAS_MEMBER;
    add_newline(w);
}

/* What stands before a value. False when none may stand here. */
static bool begin_value(struct stet_json_writer *w)
{
    if (is_failed(w))
        return false;
    if (w->depth == 0) {
        if (w->state[0] & HAS_MEMBER)
            misuse(w, "a second value at the top");
        w->state[0] |= HAS_MEMBER;
    } else if (w->state[w->depth] & IN_OBJECT) {
        if (!w->after_key)
            misuse(w, "a value without a key");
        w->after_key = false;
    } else {
        begin_member(w);
    }
    return !is_failed(w);
}

static void add_escaped(struct stet_json_writer *w, unsigned char c)
{
    static const char shorts[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

    if (c == '"' || c == '\\')
        stet_buffer_addf(w->out, "\\%c", c);
    else if (c < sizeof(shorts) && shorts[c])
        stet_buffer_addf(w->out, "\\%c", shorts[c]);
    else
        stet_buffer_addf(w->out, "\\u%04x", c);
}

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

static void add_quoted(struct stet_json_writer *w, const char *s)
{
    if (!stet_utf8_valid(s, strlen(s))) {
        stet_error_input(&w->error, "'%s' is not valid UTF-8 and cannot be written as JSON", s);
        return;
    }
    stet_buffer_add_char(w->out, '"');
    while (*s) {
        size_t plain = 0;
        while (s[plain] && !needs_escape((unsigned char)s[plain]))
            plain++;
        stet_buffer_add(w->out, s, plain);
        s += plain;
        if (*s)
            add_escaped(w, (unsigned char)*s++);
    }
    stet_buffer_add_char(w->out, '"');
}

static void begin_container(struct stet_json_writer *w, char c, unsigned char state)
{
    if (!begin_value(w))
        return;
    if (w->depth == STET_JSON_DEPTH_MAX) {
        misuse(w, "nested too deeply");
        return;
    }
    stet_buffer_add_char(w->out, c);
    w->state[++w->depth] = state;
}

static void end_container(struct stet_json_writer *w, char c, unsigned char state)
{
    if (is_failed(w))
        return;
    if (w->depth == 0 || (w->state[w->depth] & IN_OBJECT) != state || w->after_key) {
        misuse(w, "an end that does not belong here");
        return;
    }
    bool filled = w->state[w->depth--] & HAS_MEMBER;
    if (filled)
        add_newline(w);
    stet_buffer_add_char(w->out, c);
}

void stet_json_object_begin(struct stet_json_writer *w)
{
    begin_container(w, '{', IN_OBJECT);
}

void stet_json_object_end(struct stet_json_writer *w)
{
    end_container(w, '}', IN_OBJECT);
}

void stet_json_array_begin(struct stet_json_writer *w)
{
    begin_container(w, '[', 0);
}

void stet_json_array_end(struct stet_json_writer *w)
{
    end_container(w, ']', 0);
}

void stet_json_key(struct stet_json_writer *w, const char *key)
{
    if (is_failed(w))
        return;
    if (w->depth == 0 || !(w->state[w->depth] & IN_OBJECT) || w->after_key) {
        misuse(w, "a key that does not belong here");
        return;
    }
    begin_member(w);
    add_quoted(w, key);
    stet_buffer_add_str(w->out, w->layout == STET_JSON_INDENTED ? ": " : ":");
    w->after_key = true;
}

void stet_json_string(struct stet_json_writer *w, const char *value)
{
    if (!value)
        misuse(w, "a string that is NULL");
    if (begin_value(w))
        add_quoted(w, value);
}

void stet_json_integer(struct stet_json_writer *w, int64_t value)
{
    if (begin_value(w))
        stet_buffer_addf(w->out, "%" PRId64, value);
}

void stet_json_boolean(struct stet_json_writer *w, bool value)
{
    if (begin_value(w))
        stet_buffer_add_str(w->out, value ? "true" : "false");
}

void stet_json_value(struct stet_json_writer *w, const json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        stet_json_object_begin(w);
        json_object_foreach((json_t *)value, key, item)
        {
            stet_json_key(w, key);
            stet_json_value(w, item);
        }
        stet_json_object_end(w);
        break;
    case JSON_ARRAY:
        stet_json_array_begin(w);
        json_array_foreach((json_t *)value, i, item)
        {
            stet_json_value(w, item);
        }
        stet_json_array_end(w);
        break;
    case JSON_STRING:
        stet_json_string(w, json_string_value(value));
        break;
    case JSON_INTEGER:
        stet_json_integer(w, (int64_t)json_integer_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        stet_json_boolean(w, json_is_true(value));
        break;
    default:
        stet_error_input(&w->error,
                         "only objects, lists, strings, integers and booleans are written");
    }
}

void stet_json_key_string(struct stet_json_writer *w, const char *key, const char *value)
{
    if (!value)
        return;
    stet_json_key(w, key);
    stet_json_string(w, value);
}

void stet_json_key_integer(struct stet_json_writer *w, const char *key, int64_t value)
{
    stet_json_key(w, key);
    stet_json_integer(w, value);
}

void stet_json_key_boolean(struct stet_json_writer *w, const char *key, bool value)
{
    stet_json_key(w, key);
    stet_json_boolean(w, value);
}

void stet_json_key_strings(struct stet_json_writer *w, const char *key, const struct stet_strv *v)
{
    stet_json_key(w, key);
    stet_json_array_begin(w);
    for (size_t i = 0; i < v->count; i++)
        stet_json_string(w, v->items[i]);
    stet_json_array_end(w);
}

int stet_json_writer_finish(struct stet_json_writer *w, struct stet_error *err)
{
    if (!is_failed(w) && (w->depth > 0 || !(w->state[0] & HAS_MEMBER)))
        misuse(w, "the document is not complete");
    if (!is_failed(w) && w->layout == STET_JSON_INDENTED)
        stet_buffer_add_char(w->out, '\n');
    if (!is_failed(w) && stet_buffer_check(w->out, "JSON", &w->error) == 0)
        return 0;
    if (err && err->kind == STET_ERROR_NONE)
        stet_error_copy(err, &w->error);
    return -1;
}
